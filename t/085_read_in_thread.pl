# Records of a long reply with many columns are also read in the thread, whether it is
# compressed or not. Rows and errors are the same as without the thread.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";

use Compress::Zlib ();
use List::Util qw(shuffle);
use MIME::Base64 qw(encode_base64);

use DataConnectTest;
use Test::More;

use constant RECORDS => 30_000;
use constant BAD => 20_000;          # index of the wrong record
use constant MARGIN => 64 * 1024;    # DCF_INFLATE_THREAD_MARGIN in include/net/inflate_thread.h

my $dc = DataConnectTest->new;
$dc->make_server('dc', max_retries => 0, max_record_size => '1MB', missing_key => 'ignore');
$dc->sql('CREATE DOMAIN positive AS integer CHECK (VALUE > 0)');

# Columns: name, type, and JSON texts that the service may write.
my @columns = (
	[ id => 'integer', undef ],
	[ small => 'smallint', [qw(0 -1 32767 -32768 "12" null "" "null")] ],
	[ big => 'bigint', [qw(0 -9223372036854775808 9223372036854775807 "+7" null)] ],
	[ flag => 'boolean', [qw(true false "true" "0" 1 null)] ],
	[ num => 'numeric', [qw(0 -0.0 1.50 123456789012345678901234567890.5 1e3 "2.5" null)] ],
	[ price => 'numeric(12,2)', [qw(0 1.5 -99999.99 2.345 12345678.9 "7" null)] ],
	[ ratio => 'double precision', [qw(0 -0.0 0.1 1e308 -5e-324 "0.5" 12345678901234567890 null)] ],
	[
		name => 'text',
		[
			'""', '"null"', 'null', '"plain"', '"Zürich 東京 😀"', '"a \"quoted\" \\\\ one"',
			'"\u00e4\ud83d\ude00"', '"line\nbreak"', 'true', 'false', '1.50', '[1, "x"]', '{"a": {}}',
			(map { '"' . 'x' x $_ . '"' } 125 .. 128, 1000)
		]
	],
	[ code => 'varchar(8)', [qw("" "ABC" "12345678" "ÄÖÜäöüßé" null)] ],
	[ day => 'date', [qw("2024-02-29" "0001-01-01T23:59:59" "2024-03-31T23:30:00Z" "" null)] ],
	[ at => 'timestamp', [qw("2024-02-29T12:34:56.789" "9999-12-31" "2024-07-01T00:00:00+02:00" null)] ],
	[ zoned => 'timestamptz', [qw("2024-02-29T12:34:56" "2024-10-27T02:30:00" "2024-07-01T00:00:00Z" null)] ],
	[ doc => 'json', [ '"text"', '1.0', '{"a" : [1]}', '[]', 'true', 'null', '"es\u0041caped"' ] ],
	[ uid => 'uuid', [qw("6f9619ff-8b86-d011-b42d-00c04fc964ff" "{6F9619FF8B86D011B42D00C04FC964FF}" null)] ],
	[ rank => 'positive', [qw(1 2147483647 "3" null)] ],
	[ never => 'text', [] ],
);
my $list = join ', ', map { "$_->[0] $_->[1] OPTIONS (name '$_->[0]')" } @columns;
$dc->sql("CREATE FOREIGN TABLE t ($list, again json OPTIONS (name 'name'))
	SERVER dc OPTIONS (endpoint '/test/sales')");
$dc->sql("CREATE FOREIGN TABLE enveloped ($list)
	SERVER dc OPTIONS (endpoint '/test/sales', format 'jsondatatable')");
$dc->sql("CREATE FOREIGN TABLE separated ($list)
	SERVER dc OPTIONS (endpoint '/test/sales', format 'csv')");

srand 20_241;

sub any_of { return $_[ int rand @_ ] }

# Some keys are left out, some are unknown.
sub members
{
	my ($id) = @_;
	my @members = (qq("id":$id));
	for my $column (@columns)
	{
		my ($key, undef, $values) = @$column;
		push @members, qq("$key":) . any_of(@$values) if $values && @$values && rand() > 0.03;
	}
	push @members, '"unknown":[{"name":"none"}]' if rand() < 0.05;
	return @members;
}

my @records = map { [ members($_) ] } 1 .. RECORDS;

# Records as JSON texts. One is replaced, or with a sub each is changed.
sub document
{
	my (%change) = @_;
	my @texts = map { '{' . join(',', @$_) . '}' } @records;
	$texts[$_] = $change{$_} for keys %change;
	return '[' . join(',', @texts) . ']';
}

sub offer
{
	my ($plain, %given) = @_;
	my $bytes = $given{plain} ? $plain : Compress::Zlib::memGzip($plain);
	$bytes = substr $bytes, 0, $given{cut} if $given{cut};
	my $head = join "\r\n", 'HTTP/1.1 200 OK', 'Content-Type: ' . ($given{type} // 'application/json'),
	  ($given{plain} ? () : 'Content-Encoding: gzip'), 'Content-Length: ' . length $bytes, '', '';
	$dc->fault({ raw_reply => encode_base64($head . $bytes, '') });
	return;
}

my $session = $dc->session;

# The query's result, or its error with detail and context, without the line of the
# script.
sub outcome
{
	my ($query) = @_;
	$session->send($query);
	my $result = $session->finish;
	return $result->{out} if $result->{err} eq '';
	return $result->{err} =~ s/^psql:<stdin>:\d+: |^LOCATION: .*//gmr;
}

sub rows_of
{
	my ($table) = @_;
	return "SELECT count(*), md5(string_agg(t::text, E'\\n' ORDER BY id, name, num)) FROM $table t";
}

# Checks that the result is the same with and without the thread; returns it.
sub same
{
	my ($what, $plain, %given) = @_;
	my %outcome;
	for my $coding (qw(plain gzip))
	{
		for my $setting (qw(off auto on))
		{
			$session->query("SET dataconnect_fdw.read_in_thread = $setting");
			offer($plain, %given, plain => $coding eq 'plain');
			$outcome{$setting} = outcome($given{query} // rows_of($given{table} // 't'));
		}
		is($outcome{$_}, $outcome{off}, "$what, $coding, $_") for qw(auto on);
	}
	return $outcome{on};
}

# How many records the thread has read.
sub read_in_thread
{
	my ($plain, %given) = @_;
	offer($plain, %given);
	my $plan = $session->query('EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) SELECT * FROM ' . ($given{table} // 't'));
	return $plan =~ /Records Read in Thread: (\d+)/ ? $1 : 0;
}

# The thread really reads records, so the comparisons below mean something.
my $whole = document();
$session->query('SET dataconnect_fdw.read_in_thread = off');
is(read_in_thread($whole), 0, 'off: nothing is read in the thread');
$session->query('SET dataconnect_fdw.read_in_thread = on');
cmp_ok(read_in_thread($whole), '>', BAD - 2000, 'on: most records are');
cmp_ok(read_in_thread($whole), '<', RECORDS, 'but not those of the first megabyte');
cmp_ok(read_in_thread($whole, plain => 1), '>', BAD - 2000, 'nor does it need compression');
$session->query('SET dataconnect_fdw.inflate_in_thread = off');
is(read_in_thread($whole), 0, 'without a thread there is none to read');
$session->query('SET dataconnect_fdw.inflate_in_thread = on');
offer($whole);
unlike($session->query('EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) SELECT id, name FROM t'),
	qr/in Thread/, 'nor are few columns read there');
offer($whole, plain => 1);
like($session->query('EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) SELECT count(*) FROM t'),
	qr/Records Read in Thread: 2\d{4}/, 'but they are without compression');

# Records of any form.
like(same('all rows', $whole), qr/^30000\|/, 'all there');
same('white space', "[\n" . join(",\n ", map { "{ \n\t" . join(" ,\r\n", @$_) . ' }' } @records) . "\n]\n \n");
same('keys in any order', '[' . join(',', map { '{' . join(',', shuffle(@$_)) . '}' } @records) . ']');
same('keys twice', '[' . join(',', map { '{' . join(',', @$_, '"name":"again","num":7') . '}' } @records) . ']');
like(same('records with next to nothing', '[' . join(',', map { qq({"id":$_}) } 1 .. 300_000) . ']'),
	qr/^300000\|/, 'all of them');
like(same('records without keys', document(map { $_ => '{}' } BAD .. BAD + 100)), qr/^30000\|/, 'are rows of NULLs');
for my $length (MARGIN - 200, MARGIN + 200, 3 * MARGIN, 5 * MARGIN + 200, 900_000)
{
	my $long = document(BAD, qq({"id":0,"name":") . 'long' x ($length / 4) . '"}', BAD + 500,
		qq({"id":0,"num":5,"unknown":") . 'l\u00f6ng' x ($length / 9) . '"}');
	like(same("a record of $length bytes", $long), qr/^30000\|/, 'it is there');
	cmp_ok(read_in_thread($long), '>', 10_000, 'up to there the thread reads');
}
same('only the columns asked for', $whole,
	query => 'SELECT md5(string_agg(concat_ws(chr(10), id, small, big, flag, num, price, ratio, code, day,
		zoned, uid, rank, never), chr(10) ORDER BY id)) FROM t');
like(same('one key for two columns', $whole,
	query => q{SELECT count(*) FROM (SELECT * FROM t OFFSET 0) t WHERE name = 'plain' AND again::text = '"plain"'}),
	qr/^[1-9]/, 'each has its value');
same('a filter', $whole, query => "SELECT count(*), min(at), max(doc::text), sum(num), sum(price), min(ratio), max(uid::text),
	max(big), max(small), count(day), count(zoned) FROM t WHERE name = 'plain' AND code <> '' AND flag AND rank > 1");

# Other formats.
my $tables = '{"Schema":[1],"Records":' . $whole . ',"After":{"Records":3}}';
like(same('in an envelope', $tables, table => 'enveloped'), qr/^30000\|/, 'all there');
cmp_ok(read_in_thread($tables, table => 'enveloped'), '>', BAD - 2000, 'and read in the thread');
my $csv = join '', map { "$_\r\n" } 'id,small,big,flag,num,price,ratio,name,code,day,at,unknown,rank',
  map { join ',', $_, $_ % 100, $_ * 1e6, any_of(qw(True False 0 1), ''), "$_.25", $_ / 4, any_of(qw(1e5 .5 0.1)),
	any_of('"quoted, ""so"""', 'plain', '', '"', 'Zürich', 'x' x 200) =~ s/^"$/""""/r, any_of('A', '', '"B"'),
	'2024-01-31', '2024-01-31T10:00:00.123', 'zzz', $_ } 1 .. RECORDS;
like(same('CSV', $csv, table => 'separated', type => 'text/csv'), qr/^30000\|/, 'all there');
cmp_ok(read_in_thread($csv, table => 'separated', type => 'text/csv'), '>', BAD - 2000, 'and read in the thread');
my $text_first = join "\n", 'name,code,id',
  map { join ',', any_of('"a ""b"""', '"', 'c', '', 'x' x 125, 'y' x 126, 'z' x 127) =~ s/^"$/"d"/r, any_of('A', '""'), $_ } 1 .. 2 * RECORDS;
like(same('CSV without the last line end', $text_first, table => 'separated', type => 'text/csv'), qr/^60000\|/m, 'all there');
cmp_ok(read_in_thread($text_first, table => 'separated', type => 'text/csv'), '>', BAD - 2000, 'and read in the thread');
same('CSV, a line with a column too many', $csv =~ s/\r\n20000,/\r\n0,20000,/r, table => 'separated', type => 'text/csv');

# Errors have the same words, and no error comes before the wrong record.
my %wrong = (
	'an integer out of range' => '{"id":99999999999}',
	'no integer' => '{"id":"x"}',
	'no number' => '{"id":0,"num":"abc"}',
	'numeric too great' => '{"id":0,"price":12345678901.5}',
	'a text too long' => '{"id":0,"code":"123456789"}',
	'no date' => '{"id":0,"day":"2023-02-29"}',
	'no time' => '{"id":0,"at":"yesterday"}',
	'no boolean' => '{"id":0,"flag":"maybe"}',
	'an object for an integer' => '{"id":{}}',
	'a domain refuses' => '{"id":0,"rank":-1}',
	'a record with other keys' => '{"error":"out of luck"}',
	'a record that is none' => '"record"',
	'a key without a value' => '{"id":}',
	'a word' => '{"id":nul}',
	'invalid UTF-8' => qq({"id":0,"name":"\xff"}),
	'a lone surrogate' => '{"id":0,"name":"\ud800"}',
	'a control character' => qq({"id":0,"unknown":"\x01"}),
	'a record too long' => '{"id":0,"name":"' . 'x' x (1024 * 1024) . '"}',
	'the end' => '{"id":0}]',
);
for my $what (sort keys %wrong)
{
	like(same($what, document(BAD, $wrong{$what})), qr/ERROR: /, 'an error');
}
like(same('two errors', document(BAD, '{"id":0,"num":"first"}', BAD + 1, '{"id":"second"}')), qr/first/, 'the first one');
like(same('an error behind another', document(BAD, '{"id":0,"rank":0}', BAD + 1, '{"id":}')), qr/positive/, 'the first one');
like(same('a cut document', substr $whole, 0, -20), qr/cut short/, 'an error');
like(same('a cut reply', $whole, cut => 300_000), qr/cut short/, 'an error');
like(same('something behind the end', "$whole {"), qr/ERROR: /, 'an error');
same('white space behind the end', $whole . ' ' x 400_000);

# Many records that are next to nothing, of which no column is read.
like(same('empty records', '[' . join(',', ('{}') x 1_000_000) . ']', query => 'SELECT count(*) FROM (SELECT FROM t) t'),
	qr/does not match/, 'are no records of the table');
is(same('records counted', '[' . join(',', map { qq({"id":$_}) } 1 .. 300_000) . ']', query => 'SELECT count(*) FROM t'),
	300_000, 'all of them');

$dc->sql("ALTER SERVER dc OPTIONS (SET max_record_size '100kB')");
like(same('a record too long that fits a piece', document(BAD, '{"id":0,"name":"' . 'x' x 150_000 . '"}')),
	qr/too long/, 'an error');
$dc->sql("ALTER SERVER dc OPTIONS (SET max_record_size '1MB')");

# The rows before the wrong record are returned.
for my $setting (qw(off on))
{
	$session->query("SET dataconnect_fdw.read_in_thread = $setting");
	offer(document(BAD, '{"id":"x"}'));
	$session->query('BEGIN; DECLARE c CURSOR FOR SELECT * FROM t');
	is($session->query('MOVE 19999 FROM c; FETCH 1 FROM c') =~ s/\|.*//sr, BAD, "$setting: the row before");
	like(outcome('MOVE 1 FROM c'), qr/Record 20001 has "x"/, "$setting: and then the error");
	$session->query('ROLLBACK');
}

# One object in place of an array. White space in front of it makes the reply long
# enough for the thread.
my $blank = ' ' x 1_500_000;
my $one = join ',', @{ $records[0] };
like(same('one object', "{$one}"), qr/^1\|/, 'is a row');
like(same('one object far behind', "$blank\n{$one} $blank"), qr/^1\|/, 'is a row');
is(read_in_thread("$blank\n{$one}"), 1, 'that the thread reads');
like(same("one object far behind, $_->[0]", $blank . $_->[1]), $_->[2], 'an error')
  for [ 'that tells of an error', qq({"Error":true,$one}), qr/found an error/ ],
  [ 'with records inside', qq({$one,"Records":[{$one}]}), qr/that holds them/ ],
  [ 'of another table', '{"Message":"x"}', qr/reply does not match foreign table "t"/ ],
  [ 'cut', "{$one", qr/cut short/ ],
  [ 'and another', "{$one}{$one}", qr/something follows the end/ ];

# Scans that end early, and several scans at the same time.
sub threads
{
	my $pid = $session->pid;
	return scalar(() = glob "/proc/$pid/task/*");
}
my $alone = threads();
same('a limit', $whole, query => 'SELECT md5(string_agg(t::text, chr(10))) FROM (SELECT * FROM t LIMIT 25000) t');
is(threads(), $alone, 'no thread is left after a limit');
offer($whole);
$session->query('BEGIN; DECLARE a CURSOR FOR SELECT * FROM t; MOVE 25000 FROM a');
offer($whole);
$session->query('DECLARE b CURSOR FOR SELECT * FROM t; MOVE 24000 FROM b');
is(threads() - $alone, 2, 'two scans, two threads');
is($session->query('FETCH 1 FROM a') =~ s/\|.*//sr, 25_001, 'one goes on');
is($session->query('FETCH 1 FROM b') =~ s/\|.*//sr, 24_001, 'so does the other');
$session->send('SELECT 1 / 0');
$session->finish;
$session->query('ROLLBACK');
is(threads(), $alone, 'no thread is left after an error');

# The service sends nothing more of a reply without compression: the thread waits, what
# has come is read, and a cancel ends both.
$dc->make_server('plain', max_retries => 0, compression => 'off');
$dc->make_rows_table('rows', 'plain');
$dc->fault({ hold_after => { bytes => 4_000_000 } });
$session->query('BEGIN; DECLARE c CURSOR FOR SELECT id FROM rows WHERE n = 200000; MOVE 25000 FROM c');
$dc->wait(held => 1);
is(threads() - $alone, 1, 'a thread at work on what came');
is($session->query('FETCH 1 FROM c'), 25_001, 'rows that came before are returned');
$session->send('MOVE ALL FROM c');
$dc->wait_until_it_waits($session->pid, 'Reply');
$dc->sql('SELECT pg_cancel_backend(' . $session->pid . ')');
like($session->finish->{err}, qr/57014/, 'a cancel while the service stands still');
$session->query('ROLLBACK');
is(threads(), $alone, 'no thread is left after a cancel');
$dc->release;

# --- A key that no record has ------------------------------------------------

$dc->sql("ALTER FOREIGN TABLE t OPTIONS (ADD missing_key 'error')");
my $missing = qr/ERROR:  HV005: column "never" of foreign table "t" was in no record of the reply/;
like(same('a key that no record has', document()), $missing, 'is missing');
for my $at (0, 1, BAD, $#records)
{
	my $seen = join ',', @{ $records[$at] }, '"never":null';
	like(same("a key of record $at alone", document($at => "{$seen}")), qr/^@{[RECORDS]}\|/, 'is seen');
}

$session->quit;
done_testing();
