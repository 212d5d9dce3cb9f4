# A reply that is cut short, after any byte and in any way, is an error and never a
# result.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";

use Compress::Zlib;
use DataConnectCuts qw(make_cut_servers outcomes cuts);
use DataConnectTest;
use MIME::Base64 qw(encode_base64);
use Test::More;

my $records = '{"Id":1,"Name":"a\u00e9b"},{"Id":2,"Name":null},{"Id":30,"Name":"c"}';
my %document = (
	json => "[$records]",
	object => '{"Id":1,"Name":"a\u00e9b"}',
	jsondatatable =>
	  qq({"Records":[$records],"Schema":[{"Column_Name":"Id","Length":null}]}),
	xml => '<Table><Record><Id>1</Id><Name>a&#233;b</Name></Record>'
	  . '<Record><Id>2</Id></Record><Record><Id>30</Id><Name>c</Name></Record></Table>');
my %whole = map { $_ => "1=a\x{e9}b" . ($_ eq 'object' ? '' : ', 2=, 30=c') } keys %document;
utf8::encode($_) for values %whole;
my $whole = $whole{json};

my $dc = DataConnectTest->new;
my $session = $dc->session;
$session->query("SET client_encoding = 'UTF8'");

make_cut_servers($dc, $session);

for my $format (sort keys %document)
{
	my $asked = $format eq 'object' ? 'json' : $format;
	$dc->document("/test/$format", $document{$format});
	$session->query(
		qq{CREATE FOREIGN TABLE ${format}_$_ (
		"Id" integer, "Name" text) SERVER $_
		OPTIONS (endpoint '/test/$format', format '$asked')}) for qw(plain packed);
}
# Records whose Id is 0 only make a document long.
sub outcomes_of
{
	my ($table, @faults) = @_;
	return outcomes($dc, $session, qq{SELECT string_agg(concat("Id", '=', "Name"), ', ')
		FILTER (WHERE "Id" > 0) FROM $table}, @faults);
}

# Checks that each fault makes one request, which ends in an error.
sub all_fail
{
	my ($table, $name, @faults) = @_;
	my @outcomes = outcomes_of($table, @faults);
	my @bad = grep { $outcomes[$_] ne 'HV00M' } 0 .. $#outcomes;
	is(scalar @outcomes, scalar @faults, "$table, $name: so many cuts");
	is(scalar @{ $dc->log }, scalar @faults, "$table, $name: each of one request");
	is_deeply([ map { "$_: $outcomes[$_]" } @bad ],
		[], "$table, $name: each is an error");
	return;
}

# The bytes of the reply on the wire.
sub encoded_length
{
	my ($table) = @_;
	my $plan = $session->query("EXPLAIN (ANALYZE) SELECT * FROM $table");
	$plan =~ /Bytes Received: (\d+)/ or die $plan;
	return 0 + $1;
}

# --- The body ----------------------------------------------------------------

for my $format (sort keys %document)
{
	for my $table ("${format}_plain", "${format}_packed")
	{
		is_deeply([ outcomes_of($table, {}) ], [ $whole{$format} ], "$table: whole, it is right");
		my $length = encoded_length($table);
		is($length, length $document{$format}, "$table: as it was put")
		  if $table =~ /plain/;

		for my $how (qw(close reset short_length chunk close_delimited truncate))
		{
			# With compression, truncate does the same as gzip.
			next if $how eq 'truncate' && $table =~ /packed/;
			all_fail($table, $how, cuts($how, $length));
		}
		all_fail($table, 'gzip', cuts('gzip', $length)) if $table =~ /packed/;

		# All bytes arrive, but the head announced more.
		all_fail($table, 'more promised',
			map { { cut => { how => $_, after => $length } } } qw(short_length chunk));

		# All announced bytes arrive before the connection is closed.
		is_deeply(
			[
				outcomes_of($table,
					map { { cut => { how => $_, after => $length } } } qw(close close_delimited))
			],
			[ ($whole{$format}) x 2 ],
			"$table: complete, it is right");
	}
}

# The end of a long body, which a thread reads; XML is not read in one.
my @fill = ('x' x 1000) x 2500;
my %long = (
	json => [ '[' . join('', map { qq({"Id":0,"Name":"$_"},) } @fill), "$records]" ],
	jsondatatable => [ '{"Records":[' . join('', map { qq({"Id":0,"Name":"$_"},) } @fill), qq($records],"Schema":[1]}) ],
	xml => [
		'<Table>' . join('', map { "<Record><Id>0</Id><Name>$_</Name></Record>" } @fill),
		$document{xml} =~ s/<Table>//r ],
	csv => [ "Id,Name\r\n" . join('', map { "0,$_\r\n" } @fill), qq(1,"a\x{c3}\x{a9}b"\r\n2,\r\n30,"c"\r\n) ]);
for my $format (sort keys %long)
{
	my ($start, $end) = @{ $long{$format} };
	my $length = length $start . $end;
	my $table = "long_$format";
	$dc->document("/test/$table", $start . $end);
	$session->query(qq{CREATE FOREIGN TABLE $table ("Id" integer, "Name" text) SERVER plain
		OPTIONS (endpoint '/test/$table', format '$format')});
	for my $setting (qw(off on))
	{
		$session->query("SET dataconnect_fdw.inflate_in_thread = on; SET dataconnect_fdw.read_in_thread = $setting");
		my $plan = $session->query("EXPLAIN (ANALYZE) SELECT * FROM $table");
		my $read = $plan =~ /Records Read in Thread: (\d+)/ ? $1 : 0;
		my $least = $setting eq 'on' && $format ne 'xml' ? 1000 : 0;
		cmp_ok($read, $least ? '>' : '==', $least, "$table, thread $setting: so many records are read there");
		is_deeply([ outcomes_of($table, {}) ], [$whole], "$table, thread $setting: whole, it is right");
		# CSV has no end of its own, but for the last line's.
		my @how = $format eq 'csv' ? qw(close chunk) : qw(close chunk truncate);
		all_fail($table, "$_, thread $setting", cuts($_, $length, length($start) - 20)) for @how;
	}
}
$session->query(q{RESET ALL; SET client_encoding = 'UTF8'});

# deflate, in zlib's format and raw.
my %deflated;
for my $bits (MAX_WBITS, -MAX_WBITS)
{
	my $packer = deflateInit(-WindowBits => $bits);
	$deflated{ $bits > 0 ? 'zlib' : 'raw' } =
	  $packer->deflate($document{json}) . $packer->flush;
}
for my $name (sort keys %deflated)
{
	my @faults = map {
		{
			raw => encode_base64(substr($deflated{$name}, 0, $_), ''),
			headers => { 'Content-Encoding' => 'deflate' }
		}
	} 0 .. length $deflated{$name};
	is_deeply([ outcomes_of('json_plain', pop @faults) ],
		[$whole], "deflate, $name: whole, it is right");
	all_fail('json_plain', "deflate, $name", @faults);
}

# --- The head ------------------------------------------------------------------

my $body = $document{json};
my @heads = (
	"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
	  . length($body) . "\r\n\r\n",
	"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
	  . sprintf("%x\r\n", length $body));
my @ends = ('', "\r\n0\r\n\r\n");
for my $i (0 .. 1)
{
	my $reply = $heads[$i] . $body . $ends[$i];

	# A cut within the last line end does no harm.
	my $length = length($reply) - ($i ? 2 : 0);
	my @faults =
	  map { { raw_reply => encode_base64(substr($reply, 0, $_), '') } } 1 .. $length;
	is_deeply([ outcomes_of('json_plain', { raw_reply => encode_base64($reply, '') }) ],
		[$whole], "reply $i: whole, it is right");
	pop @faults;
	all_fail('json_plain', "reply $i with its head", @faults);
}

# --- Complete replies, and others that are no cuts ----------------------------

# Runs a query; returns its result, or all parts of its error.
$session->query(
	q{CREATE FUNCTION told(query text) RETURNS text
	LANGUAGE plpgsql AS $$
	DECLARE
		result text; message text; detail text; hint text;
	BEGIN
		EXECUTE query INTO result;
		RETURN result;
	EXCEPTION WHEN OTHERS THEN
		GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL,
			hint = PG_EXCEPTION_HINT;
		RETURN concat_ws(' / ', SQLSTATE, message, detail, hint);
	END $$});

sub told
{
	my ($head, $bytes) = @_;
	$dc->fault({ raw_reply => encode_base64("HTTP/1.1 200 OK\r\n$head\r\n$bytes", '') });
	return $session->query(q{SELECT told('SELECT count(*) FROM json_packed')});
}

# Zeros may follow gzip data, as in the gzip program; nothing else may.
sub told_of_gzip
{
	my $bytes = shift;
	return told("Content-Encoding: gzip\r\nContent-Length: " . length($bytes) . "\r\n", $bytes);
}

my $long = Compress::Zlib::memGzip('[' . join(',', map { sprintf '{"Id":%d,"Name":"%s"}', $_, rand } 1 .. 60_000) . ']');
my $short = Compress::Zlib::memGzip($document{json});
my $follows = qr{^HV00M / invalid compressed data in reply from the service / After \d+ bytes, the gzip data are followed by something else\. / Set the};
for my $library (split ' ', $session->query(
	q{SELECT replace(trim(enumvals::text, '{}'), ',', ' ') FROM pg_settings WHERE name = 'dataconnect_fdw.inflate_library'}))
{
	for my $thread ('on', 'off')
	{
		$session->query("SET dataconnect_fdw.inflate_library = '$library'");
		$session->query("SET dataconnect_fdw.inflate_in_thread = $thread");
		my $by = "by $library, thread $thread";
		is(told_of_gzip($short . "\0" x $_), 3, "$_ zeros behind a reply, $by") for 1, 8, 600, 200_000;
		is(told_of_gzip($long . "\0" x $_), 60_000, "$_ zeros behind a long reply, $by") for 1, 600, 200_000;
		like(told_of_gzip($_->[0] . $_->[1]), $follows, "$_->[2] behind a reply, $by")
		  for [ $short, 'x', 'a byte' ], [ $short, "\0\0x", 'zeros and a byte' ], [ $long, 'junk', 'bytes' ],
		  [ $long, "\0" x 100_000 . 'junk', 'many zeros and bytes' ];
	}
}
$session->query('RESET ALL');

# A head or trailer longer than libcurl's limit, or than ours.
my $chunked = "Transfer-Encoding: chunked\r\n";
my $chunks = sprintf "%x\r\n%s\r\n0\r\n", length $body, $body;
for (
	[ 'a header', "X-Long: " . 'x' x 120_000 . "\r\n", '' ],
	[ 'a header longer than all may be', "X-Long: " . 'x' x 400_000 . "\r\n", '' ],
	[ 'headers', join('', map { "X-$_: " . 'x' x 10_000 . "\r\n" } 1 .. 40), '' ],
	[ 'a trailer', $chunked, $chunks . 'X-Long: ' . 'x' x 8000 . "\r\n\r\n" ],
	[ 'trailers', $chunked, $chunks . join('', map { "X-$_: " . 'x' x 1000 . "\r\n" } 1 .. 400) . "\r\n" ])
{
	my ($what, $head, $bytes) = @$_;
	like(told($head, $bytes),
		qr{^HV00M / header of the service's reply is too long / .*(?:\((?:100|300|4) kB\)|128 kB)\. / Check },
		"$what that is too long");
}

is_deeply([ outcomes_of('json_plain', {}) ], [$whole], 'after all that it is right');
is($session->query('SELECT count(*) FROM json_plain'), '3', 'in this session');
$session->quit;

done_testing();
