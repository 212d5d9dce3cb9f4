# A report has the same rows in every format. CSV and XML are streamed in bounded
# memory, like JSON, and a reply that was cut short is never a result.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";

use DataConnectCuts qw(make_outcomes outcomes_told);
use DataConnectTest;
use JSON::PP ();
use Test::More;

my $dc = DataConnectTest->new;
my @formats = qw(json jsondatatable csv xml);
my %response = (json => 'Json', jsondatatable => 'JsonDataTable', csv => 'Csv', xml => 'Xml');

# If the sandbox hangs, these time-outs let the test fail.
$dc->make_server('dc', idle_timeout => '20s', max_retries => 0);

sub literal
{
	my ($text) = @_;
	$text =~ s/'/''/g;
	return "'$text'";
}

sub make_table
{
	my ($name, $columns, %option) = @_;
	$dc->sql("CREATE FOREIGN TABLE $name ($columns) SERVER dc OPTIONS ("
		  . join(', ', map { "$_ " . literal($option{$_}) } sort keys %option) . ')');
	return;
}

# --- Real reports, with all their columns -----------------------------------

my $catalogue = do
{
	local $/;
	open my $file, '<', "$FindBin::Bin/../catalogue/endpoints.json" or die $!;
	JSON::PP->new->utf8->decode(scalar <$file>);
};
my %columns = map { $_->{path} => $_->{columns} } @$catalogue;

my @reports = (
	[ '/reports/employeemasterlistreport', 'EnabledStatus=2' ],
	[ '/reports/SalesByInvoiceReport',
		'StartDate=2026-03-02&StopDate=2026-03-09&HideRebates=-1' ],
	[ '/reports/consignmenthistoryreport', 'StartDate=2026-03-02&StopDate=2026-03-09' ],
	[ '/reports/inventoryavailabilitysummaryreport', 'CategoryNumber=-1' ]);

# The type for each kind of value.
my %type = (
	integer => 'bigint', byte => 'smallint', decimal => 'numeric', boolean => 'boolean',
	datetime => 'timestamp', guid => 'uuid');

# In CSV the sandbox writes an empty text like a NULL, so null_strings contains it.
for my $i (0 .. $#reports)
{
	my ($endpoint, $params) = @{ $reports[$i] };
	my @names = map { $_->{name} } @{ $columns{$endpoint} };
	my %kind = map { $_->{name} => $_->{kind} || '' } @{ $columns{$endpoint} };
	for my $as ('text', 'typed')
	{
		my $list = join ', ', map {
			"c$_ " . ($as eq 'typed' && $type{ $kind{ $names[$_] } } || 'text')
			  . ' OPTIONS (name ' . literal($names[$_]) . ')'
		} 0 .. $#names;
		my %rows;
		for my $format (@formats)
		{
			make_table("t${i}_${as}_$format", $list, endpoint => $endpoint,
				params => $params, format => $format, null_strings => '""');
			$dc->clear_log;
			$rows{$format} = $dc->sql(
				"SELECT count(*) || ' ' || string_agg(t::text, E'\\n') FROM t${i}_${as}_$format t");
			is($dc->log->[0]{Params} =~ /\bResponse=(\w+)/ && $1, $response{$format},
				"$endpoint asked for as $format");
		}
		cmp_ok($rows{json} =~ /^(\d+) / && $1, '>', 10, "$endpoint as $as has rows");
		is($rows{$_}, $rows{json}, "$endpoint as $as: $_ is like JSON")
		  for grep { $_ ne 'json' } @formats;
	}
}

# The reports contain unusual names and texts, and NULLs.
my $all = join ' ', map { $dc->sql("SELECT string_agg(t::text, ' ') FROM t${_}_text_json t") } 0 .. $#reports;
like($all, $_, "there are values like $_")
  for qr/\\\\/, qr/""/, qr/[^\x00-\x7F]/, qr/\n/, qr/O'Hare/, qr/&/, qr/,,/;
like(join("\n", map { $_->{name} } map { @{ $columns{ $_->[0] } } } @reports), $_,
	"there are names like $_") for qr/ /, qr/#/, qr{/};

# --- JsonDataTable, whichever part comes first ------------------------------

make_table('parts', 'a integer, b text', endpoint => '/test/parts', format => 'jsondatatable');
my $records = '"Records":[{"a":1,"b":"x"},{"a":2,"b":null}]';
my $schema = '"Schema":[{"a":7,"Column_Name":"a","Records":[{"a":8}]},{"Column_Name":"b"}]';
for my $document ("{$records,$schema}", "{$schema,$records}", "{\"a\":9,$schema,$records,\"Count\":2}")
{
	$dc->document('/test/parts', $document);
	is($dc->sql('SELECT a, b FROM parts'), "1|x\n2|", "JsonDataTable as $document");
}

# --- Streaming ---------------------------------------------------------------

use constant ROWS => 40_000;

my $session = $dc->session;
for my $format ('csv', 'xml')
{
	make_table("rows_$format",
		q{id integer OPTIONS (name 'Id'), name text OPTIONS (name 'Name'),
		note text OPTIONS (name 'Note'),
		n integer OPTIONS (param 'Count', required 'true'),
		w integer OPTIONS (param 'Width', default '0')},
		endpoint => '/test/rows', format => $format);
	$dc->clear_log;
	is($dc->sql("SELECT count(*), count(note), sum(id) FROM rows_$format WHERE n = " . ROWS),
		join('|', ROWS, ROWS - int(ROWS / 3), ROWS * (ROWS + 1) / 2),
		"$format: the whole reply has all rows");
	$dc->wait(in_flight => 0);
	my $whole = $dc->log->[0]{BytesSent};

	my $early = int(ROWS * 0.4);
	$dc->clear_log;
	$dc->fault({ hold_after => { bytes => int($whole / 2) } });
	$session->query('BEGIN');
	$session->query("DECLARE c CURSOR FOR SELECT id FROM rows_$format WHERE n = " . ROWS);
	is($session->query('FETCH 1 FROM c'), '1', "$format: the first row is there before the reply is");
	$session->query('MOVE FORWARD ' . ($early - 1) . ' IN c');
	is($session->query('FETCH 1 FROM c'), $early + 1,
		"$format: 40 % of the rows are there with half of the reply");
	$dc->wait(held => 1, in_flight => 1, timeout => 1);
	$session->send('FETCH ALL FROM c');
	$dc->wait_until_it_waits($session->pid, 'Reply');
	$dc->release;
	my @rest = split /\n/, $session->finish->{out};
	is_deeply([ scalar @rest, @rest[ 0, -1 ] ], [ ROWS - $early - 1, $early + 2, ROWS ],
		"$format: then come the rest, to the last");
	$session->query('COMMIT');

	# A scan that ends early ends its transfer.
	$dc->clear_log;
	is($session->query("SELECT id FROM rows_$format WHERE n = 1000000 AND w = 100 LIMIT 2"), "1\n2",
		"$format: LIMIT gives its rows");
	$dc->wait(in_flight => 0);
	cmp_ok($dc->log->[0]{BytesSent}, '<', 20_000_000, "$format: and ends the transfer");
}
$session->quit;

# The backend's peak memory in kB, including expat's.
my $peak = q{SELECT substring(pg_read_file('/proc/self/status') FROM 'VmHWM:\s*(\d+)')};
for my $format ('csv', 'xml')
{
	my $backend = $dc->session;
	$backend->query('SET jit = off');    # it would load LLVM if the service is slow
	my $query = "SELECT count(*), sum(length(name)) > 0 FROM rows_$format WHERE w = 2000 AND n = ";

	is($backend->query($query . 500), '500|t', "$format: a reply of a megabyte");
	my $small = $backend->query($peak);
	is($backend->query($query . 20_000), '20000|t', "$format: a reply of 40 megabytes");
	cmp_ok($backend->query($peak) - $small, '<', 4096, "$format: took no more memory");
	$backend->quit;
}

# --- Cut at each byte ---------------------------------------------------------

my $cutter = $dc->session;
make_outcomes($cutter);

my %whole = (
	csv => qq{a,"b"\r\n1,"x\r\ny"\r\n,"""z"""\r\n3,\xC3\xA9\r\n},
	xml => qq{<?xml version="1.0"?><Table><Record><a>1</a><b>x&amp;y</b></Record>}
	  . qq{<Record><b><![CDATA[z]]></b></Record><Record a="1"/><Schema><a>a</a></Schema></Table>\n});

for my $format ('csv', 'xml')
{
	my $whole = $whole{$format};
	my @cuts = 1 .. length($whole) - 1;
	make_table("cut_$format", 'a text, b text', endpoint => '/test/cut', format => $format);
	my $query = "SELECT count(*) || ' rows' FROM cut_$format";

	# CSV cut behind a line with all fields is valid, even without the line end. A
	# quoted line end is none, nor is the first half of one.
	my %rows = ($format eq 'csv' ?
		  map { my $n = $_->[0]; map { ($_ => "$n rows") } @{ $_->[1] } }
		  [ 0, [ 1, 2, 5, 7 ] ], [ 1, [ 9, 15, 17 ] ], [ 2, [ 18, 20, 23, 25, 27 ] ], [ 3, [ 29, 31 ] ] :
		  (length($whole) - 1 => '3 rows'));
	my @outcomes = outcomes_told($dc, $cutter, $query,
		map { { path => '/test/cut', raw => _base64(substr $whole, 0, $_) } } @cuts);
	is_deeply({ map { $outcomes[ $_ - 1 ] =~ /rows$/ ? ($_ => $outcomes[ $_ - 1 ]) : () } @cuts },
		\%rows, "$format: cut at each byte, it is whole only where it may be");
	my @wrong = grep { !/rows$/ && !/^HV00M reply for foreign table "cut_$format" was cut short$/ } @outcomes;
	is_deeply(\@wrong, [], "$format: and else an error says that it was cut");
	is(scalar @outcomes, scalar @cuts, "$format: at each of them");
}

# What a query of a table's records gives for a fault.
sub outcome
{
	my ($table, %fault) = @_;
	my ($outcome) = outcomes_told($dc, $cutter, "SELECT count(*) FROM $table",
		{ path => '/test/cut', %fault });
	return $outcome;
}

# A cut that CSV does not show is found by the transfer.
my $complete = qq{a,"b"\r\n1,"x\r\ny"\r\n};
for my $how ('close', 'reset', 'short_length', 'chunk', 'gzip')
{
	like(outcome('cut_csv', raw => _base64($whole{csv}),
			cut => { after => $how eq 'gzip' ? 20 : length($complete), how => $how }), qr/^HV00[MN] /,
		"a CSV cut by $how" . ($how eq 'gzip' ? '' : ' where a line ends'));
}

# The same after a last line without its line end.
for my $body (map { $complete . $_ } '2,"z"', '2,z', '2,')
{
	my @outcomes = map { outcome('cut_csv', raw => _base64($body), %$_) }
	  (map { { cut => { how => $_, after => length $body } } } qw(short_length chunk)), {};
	like(join("\n", @outcomes), qr/^HV00[MN] .*\nHV00[MN] .*\n2$/,
		'a CSV that ends with ' . substr($body, -3) . ', as the transfer says');
}

# Pieces end within line ends, quotes and quoted line ends. The last line ends with the
# reply. The second run in the session must not depend on the first.
$dc->make_server('plain', compression => 'off', idle_timeout => '20s', max_retries => 0);
$dc->sql(q{CREATE FOREIGN TABLE cut_plain (a text, b text) SERVER plain
	OPTIONS (endpoint '/test/cut', format 'csv')});
my $pieces = $dc->session;
for my $piece ([ 1, 100 ], [ 2, 100 ], [ 8191, 30_000 ], [ 65_536, 30_000 ])
{
	my ($bytes, $n) = @$piece;
	my $lines = join '', map { sprintf qq{%d,"%s\r\n""%s"""\r\n}, $_, 'x' x ($_ % 7), 'y' x ($_ % 11) } 1 .. $n;
	my $texts = join '', map { 'x' x ($_ % 7) . qq{\r\n"} . 'y' x ($_ % 11) . '"' } 1 .. $n;
	$dc->document('/test/cut', qq{\xEF\xBB\xBFa,b\r\n} . $lines =~ s/\r\n\z//r);
	for my $table (qw(cut_csv cut_plain))
	{
		for my $run ('once', 'and again')
		{
			$dc->fault({ path => '/test/cut', drip => { bytes => $bytes, every => 0 } });
			is($pieces->query("SELECT count(*), max(a::int), sum(length(b)) FROM $table"),
				join('|', $n, $n, length $texts), "$table in pieces of $bytes bytes, $run");
		}
	}
}
$pieces->quit;

# If the transfer does not mark its end, CSV is refused, cut or not.
$dc->sql(q{CREATE FOREIGN TABLE bare (a text, b text) SERVER plain
	OPTIONS (endpoint '/test/cut', format 'csv')});
sub bare
{
	my ($head, $body) = @_;
	return outcome('bare', raw_reply => _base64("HTTP/1.$head\r\n\r\n$body"));
}
my $chunks = sprintf "%x\r\n%s\r\n0\r\n\r\n", length $complete, $complete;
my $length = 'Content-Length: ' . length $complete;
# libcurl refuses some of these itself, depending on its release.
my $cut = length $complete;
like(bare($_, $complete . qq{2,"z"\r\n}),
	qr/^HV00M (reply for foreign table "bare" may have been cut short|service did not answer with a valid HTTP reply)$/,
	"refused: $_")
  for "0 200 OK", "1 200 OK\r\nConnection: close", "1 200 OK\r\nTransfer-Encoding: identity",
  "1 200 OK\r\n$length\r\nContent-Length: 7", "1 200 OK\r\nContent-Length: 7\r\n$length",
  (map { "1 200 OK\r\nTransfer-Encoding: $_" }
	  'xchunked', 'x-chunked', 'chunkedx', 'chunked, identity', 'gzip, xchunked', '"chunked"'),
  (map { "1 200 OK\r\nContent-Length: $_" }
	  "$cut, " . ($cut + 7), "+$cut", "${cut}x", "$cut.0", "$cut 4", "-1", '');
is(bare("0 200 OK\r\n$length", $complete), '1', 'a length is enough');
is(bare("1 200 OK\r\n$length\r\n$length", $complete), '1', 'also twice the same');
is(bare("1 200 OK\r\ntransfer-encoding: Chunked", $chunks), '1', 'chunks are');
is(outcome('cut_csv', raw => _base64($complete), cut => { how => 'close_delimited' }), '1', 'compression is');

sub _base64
{
	require MIME::Base64;
	return MIME::Base64::encode_base64($_[0], '');
}

done_testing();
