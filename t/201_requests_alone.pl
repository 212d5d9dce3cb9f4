# What monitoring shows without preloading, which is the session's own; the settings; and
# the lines in the server log.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";

use DataConnectTest;
use PostgreSQL::Test::Utils;
use Test::More;

my $dc = DataConnectTest->new;
my $node = $dc->node;

$dc->make_server('plain', max_retries => 0);
$dc->make_rows_table('rows', 'plain');
my ($one, $two) = map { $dc->session } 1 .. 2;

# --- Each session has its own ------------------------------------------------

is($_->query('SELECT count(*) FROM rows WHERE n = 10'), '10', 'two sessions') for $one, $one, $two;
my $counts = q{SELECT (SELECT count(*) FROM dataconnect_requests), (SELECT sum(requests) FROM dataconnect_stats)};
is($one->query($counts), '2|2', 'the first sees its requests');
is($two->query($counts), '1|1', 'the second its own');
is($dc->sql($counts), '0|', 'a new one none');
is($one->query(q{BEGIN; DECLARE c CURSOR FOR SELECT id FROM rows WHERE n = 50000;
	DECLARE d CURSOR FOR SELECT id FROM rows WHERE n = 1; FETCH 1 FROM c; FETCH 1 FROM d;
	SELECT phase, requests_open, query_id IS NULL FROM dataconnect_progress;
	CLOSE c; SELECT count(*) FROM dataconnect_progress; COMMIT; SELECT count(*) FROM dataconnect_progress}),
	"1\n1\nreading|1|t\nreading|1|t\n1\n0", 'and its cursors');

# --- The settings ------------------------------------------------------------

is($one->query('SET dataconnect_fdw.track_requests = 0; SELECT count(*) FROM rows WHERE n = 10;'
		. 'SELECT count(*) FROM dataconnect_requests; RESET dataconnect_fdw.track_requests;'
		. 'SELECT count(*) FROM dataconnect_requests'), "10\n0\n4", 'track_requests = 0 keeps nothing');
is($one->query('SELECT sum(requests) FROM dataconnect_stats'), '4', 'nor counts');
my $small = $dc->session;
is($small->query('SET dataconnect_fdw.track_requests = 3;' . join ';',
		(map {"SELECT count(*) FROM rows WHERE n = $_"} 1 .. 7),
		q{SELECT string_agg(records::text, ' ') FROM dataconnect_requests}),
	"1\n2\n3\n4\n5\n6\n7\n5 6 7", 'a full list has the last ones');
is($one->attempt('SET dataconnect_fdw.track_requests = -1')->{state}, '22023', 'there is no negative number');
$dc->sql('CREATE ROLE alice');
is($one->attempt('SET ROLE alice; SET dataconnect_fdw.log_min_request_duration = 0')->{state}, '42501',
	'only superusers change what is logged');
$one->query('RESET ROLE');

# --- The log -----------------------------------------------------------------

# What a query logs of requests.
sub logged
{
	my ($sql, $session) = @_;
	my $offset = -s $node->logfile;
	($session || $one)->attempt($sql);
	my @lines = slurp_file($node->logfile, $offset) =~ /LOG:  (dataconnect_fdw request .*)$/mg;
	s/\d+(?:\.\d+)? (ms|bytes)/N $1/g for @lines;
	return join "\n", @lines;
}

my $query = 'SELECT count(*) FROM rows WHERE n = 20';
my $line = 'server "plain", table "public.rows"';
my $costs = 'queue N ms, backoff N ms, first byte N ms, N bytes';
is(logged($query), '', 'by default nothing is logged');
is(logged("SET dataconnect_fdw.log_min_request_duration = 0; $query"),
	"dataconnect_fdw request complete in N ms, $line, status 200, SQLSTATE none, 1 try, $costs, 20 records: GET /test/rows?Count=20&Response=Json",
	'0 logs each request');
is(logged("SET dataconnect_fdw.log_min_request_duration = '1h'; $query"), '', 'a fast one is not logged');
$dc->fault({ path => '/test/rows', status => 400 });
like(logged($query), qr/^\Qdataconnect_fdw request failed in N ms, $line, status 400, SQLSTATE HV024, 1 try\E/,
	'one that fails is');
$dc->fault({ path => '/test/rows', delay_headers => 0.2 });
like(logged("SET dataconnect_fdw.log_min_request_duration = '150ms'; $query"), qr/^dataconnect_fdw request complete/,
	'a slow one is');
is(logged(q{SET client_min_messages = log; SET dataconnect_fdw.track_requests = 0;
	SET dataconnect_fdw.log_min_request_duration = 0; } . $query) =~ tr/\n//, 0, 'without a list, too');
unlike($one->attempt($query)->{err}, qr/dataconnect_fdw request/, 'the client does not see the line');
$one->query('RESET ALL');
is(logged("$query; SET dataconnect_fdw.log_min_request_duration = 0; " . <<'END'), '', 'what was sent before is not logged');
SELECT 1
END

# A cancel that comes while the line is written does not disturb.
$one->query('SET dataconnect_fdw.log_min_request_duration = 0');
$dc->fault({ path => '/test/rows', hold_headers => 1 });
my $offset = -s $node->logfile;
$one->send('SELECT count(*) FROM rows WHERE n = 21');
$dc->wait(held => 1);
kill 'INT', $one->pid for 1 .. 20;
is($one->finish->{state}, '57014', 'a cancel');
like(slurp_file($node->logfile, $offset), qr/request cancelled in [\d.]+ ms, .* SQLSTATE 57014/, 'is logged');
$dc->release;
is($one->query($query), '20', 'and the session goes on');

# A line in the log that has an SQLSTATE is no error of the request.
{
	my $full = $dc->session;
	$dc->make_server('copies', max_age => '1h');
	$dc->make_rows_table('copied', 'copies');
	$full->query('SELECT count(*) FROM copied WHERE n = 5');
	DataConnectTest::limit_files($full->pid, 100);
	my $from = -s $node->logfile;
	is($full->query('SELECT count(*) FROM (SELECT id FROM copied WHERE n = 200000 LIMIT 100000) l'), '100000',
		'a copy cannot be written');
	is($full->query('SELECT outcome, sqlstate, records >= 100000 FROM dataconnect_requests ORDER BY started_at DESC LIMIT 1'),
		'ended early||t', 'and the request has not failed');
}

# The wrapper's own questions have no table.
$one->query("SELECT count(*) FROM dataconnect_describe('plain', '/test/things')");
is($one->query(q{SELECT server_name, schema_name IS NULL, table_name IS NULL, request, outcome FROM dataconnect_requests
	ORDER BY started_at DESC LIMIT 1}), 'plain|t|t|GET /test/things?Response=JsonDataTable|ended early', 'a question');

done_testing();
