# What monitoring shows of requests while they are under way and after they have ended,
# whatever the way; to whom; and what of it outlives a restart, a crash and a full list.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";

use DataConnectTest;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $dc = DataConnectTest->new(conf => <<'END');
shared_preload_libraries = 'dataconnect_fdw'
restart_after_crash = on
compute_query_id = on
END
my $node = $dc->node;
my $last = 'ORDER BY started_at DESC LIMIT 1';

$dc->make_server('plain', max_concurrency => 1, retry_max_wait => '60s', queue_timeout => '60s');
$dc->make_rows_table('rows', 'plain');

# --- A request that ends well ------------------------------------------------

my $session = $dc->session;
my $pid = $session->pid;
is($session->query('SELECT count(*) FROM rows WHERE n = 10'), '10', 'a query');
is($dc->sql("SELECT database_name, user_name = current_user, pid = $pid, query_id IS NOT NULL, server_name,
		schema_name, table_name, request, outcome, status, sqlstate IS NULL, tries, backoff_ms, copy IS NULL,
		records, bytes > 0, queue_ms BETWEEN 0 AND total_ms, first_byte_ms BETWEEN 0 AND total_ms + 1,
		started_at BETWEEN now() - interval '1 min' AND now()
	FROM dataconnect_requests"),
	'postgres|t|t|t|plain|public|rows|GET /test/rows?Count=10&Response=Json|complete|200|t|1|0|t|10|t|t|t|t',
	'another session sees what it sent');
is($dc->sql('SELECT database_name, user_name = current_user, server_name, schema_name, table_name,
		requests, copies, records, bytes > 0, retries, errors, seconds > 0, since = last_request FROM dataconnect_stats'),
	'postgres|t|plain|public|rows|1|0|10|t|0|0|t|t', 'and what it has cost');
is($dc->sql('SELECT count(*) FROM dataconnect_progress'), '0', 'nothing is under way');

# --- Cancelled and killed in each phase --------------------------------------

my $port = $dc->full_port;
$dc->make_server('blocked', url => "http://127.0.0.1:$port", connect_timeout => '60s');
$dc->make_rows_table('blocked', 'blocked');
$dc->make_server('oauth', mapping => { username => 'analyst', password => 's3cret', client_id => 'client',
	client_secret => 'client-secret' }, token_url => $dc->url . '/v1/oauth2/token');
$dc->make_rows_table('oauth', 'oauth');
$dc->make_server('copies', max_age => '1h', mapping => { token => $dc->token });
$dc->make_rows_table('copied', 'copies');
$dc->make_server('wide', max_concurrency => 2);
my $other = $dc->session;

# Another session that goes first, and what the query meets.
my %phases = (
	'queue' => { table => 'rows', first => 'rows', fault => { hold_headers => 1 } },
	'backing off' => { table => 'rows', fault => { status => 503, headers => { 'Retry-After' => '30' } } },
	'connect' => { table => 'blocked' },
	'first byte' => { table => 'rows', fault => { hold_headers => 1 } },
	'reading' => { table => 'rows', fault => { hold_after => { bytes => 2000 } } },
	'logging in' => { table => 'oauth', path => '/v1/oauth2/token', fault => { hold_headers => 1 } },
	'waiting for copy' => { table => 'copied', first => 'copied', fault => { hold_headers => 1 } });
# Requests that were never sent, and replies that have begun.
my %tries = map { $_ => 0 } 'queue', 'logging in', 'waiting for copy';
my %status = ('backing off' => 503, 'reading' => 200);
my $n = 3000;
for my $phase (sort keys %phases)
{
	my %case = %{ $phases{$phase} };
	for my $end ([ pg_cancel_backend => '57014' ], [ pg_terminate_backend => '57P01' ])
	{
		my ($function, $sqlstate) = @$end;
		my $victim = $dc->session;
		my $who = $victim->pid;
		$n++;
		$dc->clear_log;
		$dc->fault({ path => $case{path} || '/test/rows', %{ $case{fault} } }) if $case{fault};
		if ($case{first})
		{
			$other->send("SELECT count(*) FROM $case{first} WHERE n = $n");
			$dc->wait(held => 1);
		}
		$victim->send("SELECT count(*) FROM $case{table} WHERE n = $n");
		ok($dc->wait_for_result("SELECT phase FROM dataconnect_progress WHERE pid = $who", $phase),
			"$phase: is shown");
		is($dc->sql("SELECT requests_done, requests_open, requests_planned, table_name,
				phase_since BETWEEN started_at AND now(), bytes > 0 FROM dataconnect_progress WHERE pid = $who"),
			"0|1|1|$case{table}|t|" . ($phase eq 'reading' ? 't' : 'f'), "$phase: with the numbers");
		$dc->sql("SELECT $function($who)");
		is($victim->finish->{state}, $sqlstate, "$phase: $function");
		ok($dc->wait_for_result("SELECT count(*) FROM dataconnect_progress WHERE pid = $who", '0'),
			"$phase: it is no longer under way");
		is($dc->sql("SELECT outcome, sqlstate, tries, status FROM dataconnect_requests WHERE pid = $who"),
			"cancelled|$sqlstate|" . ($tries{$phase} // 1) . '|' . ($status{$phase} // ''),
			"$phase: and listed");
		$dc->release;
		$other->finish if $case{first};
		$dc->clear_faults;
	}
}
is($dc->sql('SELECT sum(cancelled) FROM dataconnect_stats'), 2 * keys %phases, 'the totals count them');
is($dc->sql("SELECT bool_and(queue_ms > 0) FROM dataconnect_requests WHERE outcome = 'cancelled' AND tries = 0
		AND table_name = 'rows'"), 't', 'the time in the queue counts, though it led to nothing');

# --- Other ends --------------------------------------------------------------

# The last request's outcome, with what else is of interest.
sub outcome
{
	my ($sql, $columns) = @_;
	$session->attempt($sql);
	return $dc->sql("SELECT outcome, sqlstate, $columns FROM dataconnect_requests WHERE pid = $pid $last");
}

my $query = 'SELECT count(*) FROM rows WHERE n = 3000';
is(outcome('SELECT id FROM rows WHERE n = 50000 LIMIT 1', 'records'), 'ended early||1', 'LIMIT');
is(outcome('SELECT 1 / (id - 3) FROM rows WHERE n = 50000', 'records'), 'aborted||3', 'an error elsewhere');
is(outcome('DO $$ BEGIN PERFORM 1 / (id - 3) FROM rows WHERE n = 50000; EXCEPTION WHEN OTHERS THEN END $$',
		'records'), 'aborted||3', 'one that is caught');
$dc->fault({ path => '/test/rows', status => 400, body => 'no' });
is(outcome($query, 'status, tries, bytes > 0, first_byte_ms >= 0'), 'failed|HV024|400|1|t|t', 'a refusal, which has a body');
$dc->fault({ path => '/test/rows', status => 503, count => 2 });
is(outcome($query, 'status, tries, backoff_ms > 0, records'), 'complete||200|3|t|3000', 'retries');
$dc->fault({ path => '/test/rows', status => 429, count => 1 });
is(outcome($query, 'status, tries'), 'complete||200|2', 'a 429');
is($dc->sql("SELECT refused_429, retries FROM dataconnect_stats WHERE table_name = 'rows'"), '1|3', 'counts');
$dc->fault({ path => '/test/rows', cut => { after => 3000, how => 'close' } });
is(outcome($query, 'status, records > 0'), 'failed|HV00M|200|t', 'a reply that is cut short');
$dc->fault({ path => '/test/rows', rename => { Id => 'Other' }, record => 5 });
is(outcome('SELECT count(id) FROM rows WHERE n = 30', 'records'), 'complete||30', 'a missing key');
$dc->document('/test/rows', '[{"Id":1},{"Id":"x"}]', params => { Count => 31 });
is(outcome('SELECT count(id) FROM rows WHERE n = 31', 'records'), 'failed|22P02|2', 'a value that does not fit');
is(outcome("SET statement_timeout = '1ms'; SELECT count(*) FROM rows WHERE n = 200000; RESET statement_timeout",
		"tries <= 1"), 'cancelled|57014|t', 'a time-out');
$session->attempt('RESET statement_timeout');

my $refused = $dc->listen('refuse');
$dc->make_server('refuses', url => "http://127.0.0.1:$refused", max_retries => 0);
$dc->make_rows_table('refuses', 'refuses');
is(outcome('SELECT count(*) FROM refuses WHERE n = 1', 'status, tries'), 'failed|HV00N||1', 'no connection');
is($dc->sql("SELECT errors, errors_unreachable FROM dataconnect_stats WHERE table_name = 'refuses'"),
	'1|1', 'counts as unreachable');
is($dc->sql("SELECT errors, errors_refused, errors_reply, errors_other FROM dataconnect_stats WHERE table_name = 'rows'"),
	'3|1|1|1', 'kinds of errors');

# A try whose reply is read to be retried, and one that is not answered.
$dc->fault({ path => '/test/rows', status => 503, body => 'later', count => 1 }, { path => '/test/rows', hold_headers => 1 });
$dc->clear_log;
$session->send($query);
$dc->wait(held => 1);
$dc->sql("SELECT pg_cancel_backend($pid)");
$session->finish;
is($dc->sql("SELECT outcome, tries, first_byte_ms IS NULL, bytes FROM dataconnect_requests WHERE pid = $pid $last"),
	'cancelled|2|t|0', 'the body of an earlier try is not that of the last one');
$dc->release;
$dc->clear_faults;

# Credentials that are refused, by the service or when the session logs in.
$dc->make_server('wrong', mapping => { username => 'analyst', password => 'no', client_id => 'client',
	client_secret => 'client-secret' }, token_url => $dc->url . '/v1/oauth2/token');
$dc->make_rows_table('wrong', 'wrong');
$dc->make_rows_table('denied', 'wide');
for my $case ([ 401, '28000' ], [ 403, '42501' ], [ 404, 'HV00R' ])
{
	my ($code, $sqlstate) = @$case;
	$dc->fault({ path => '/test/rows', status => $code });
	is(outcome('SELECT count(*) FROM denied WHERE n = 1', 'status'), "failed|$sqlstate|$code", "a $code");
}
like(outcome('SELECT count(*) FROM wrong WHERE n = 1', 'tries'), qr/^failed\|28000\|0$/, 'a log-in that fails');
is($dc->sql("SELECT errors, errors_credentials, errors_refused FROM dataconnect_stats
	WHERE table_name IN ('denied', 'wrong') ORDER BY table_name"), "3|2|1\n1|1|0",
	'credentials count apart from other refusals');

# A savepoint ends the request, the transaction goes on; a cursor outlives neither.
is(outcome('BEGIN; DECLARE c CURSOR FOR SELECT id FROM rows WHERE n = 50000; FETCH 1 FROM c; SAVEPOINT s;
	SELECT 1/0; ROLLBACK TO s; CLOSE c; COMMIT', 'records'), 'ended early||1', 'a cursor that is closed');

# --- Copies ------------------------------------------------------------------

my $copied = 'SELECT count(*) FROM copied WHERE n = 300';
is(outcome($copied, 'tries, copy IS NULL, bytes > 0'), 'complete||1|t|t', 'a reply that leaves a copy');
is(outcome($copied, 'tries, copy, records, bytes, status IS NULL'), 'complete||0|hit|300|0|t', 'the copy');
is($dc->sql("SELECT copies FROM dataconnect_stats WHERE table_name = 'copied'"), '1', 'is counted');
$dc->fault({ path => '/test/rows', hold_headers => 1 });
$other->send('SELECT count(*) FROM copied WHERE n = 301');
$dc->wait(held => 1);
$session->send('SELECT count(*) FROM copied WHERE n = 301');
ok($dc->wait_for_result("SELECT phase FROM dataconnect_progress WHERE pid = $pid", 'waiting for copy'), 'one waits');
$dc->release;
$_->finish for $other, $session;
is($dc->sql("SELECT copy, tries FROM dataconnect_requests WHERE pid = $pid $last"), 'waited|0', 'for a copy');
$dc->sql("ALTER SERVER copies OPTIONS (ADD stale_if_error '1h', ADD max_retries '0')");
$dc->fault({ path => '/test/rows', status => 503, count => 1 });
is(outcome("SET dataconnect_fdw.max_age = 0; $copied; RESET dataconnect_fdw.max_age", 'tries, copy, records'),
	'complete||1|stale|300', 'a stale copy');

# --- Pauses that the service asks for ------------------------------------------

$dc->make_server('paused', max_concurrency => 1, retry_max_wait => '60s', mapping => { token => $dc->token });
$dc->make_rows_table('paused', 'paused');
my $paused = 'SELECT count(*) FROM paused WHERE n = 10';
$dc->fault({ path => '/test/rows', status => 429, headers => { 'Retry-After' => '1' }, count => 1 });
is(outcome($paused, 'tries, backoff_ms BETWEEN 900 AND total_ms, queue_ms < 500'), 'complete||2|t|t',
	'a pause is no time in the queue');
$dc->fault({ path => '/test/rows', status => 429, headers => { 'Retry-After' => '30' }, count => 1 });
$session->send($paused);
my @waiting = ($session, $other);
for my $one (@waiting)
{
	$other->send($paused) if $one == $other;
	ok($dc->wait_for_result('SELECT phase FROM dataconnect_progress WHERE pid = ' . $one->pid, 'backing off'),
		'a pause is shown as such');
}
$dc->sql('SELECT pg_cancel_backend(' . $_->pid . ')') for @waiting;
is($_->finish->{state}, '57014', 'a cancel ends the wait') for @waiting;
is($dc->sql("SELECT outcome, tries, backoff_ms > queue_ms FROM dataconnect_requests WHERE table_name = 'paused'
	ORDER BY started_at DESC LIMIT 2"), "cancelled|0|t\ncancelled|1|t", 'also for those who were not refused themselves');
$session->send($paused);
ok($dc->wait_for_result("SELECT phase FROM dataconnect_progress WHERE pid = $pid", 'backing off'), 'a third one waits');
$dc->sql("SELECT dataconnect_resume('paused')");
is($session->finish->{out}, '10', 'until the pause is ended');
is($dc->sql("SELECT backoff_ms > queue_ms FROM dataconnect_requests WHERE pid = $pid $last"), 't', 'and has backed off');
$dc->clear_faults;

# --- Several requests, and how far they are ----------------------------------

$dc->make_rows_table('wide', 'wide');
$session->query('SELECT count(*) FROM wide WHERE n = 1000');
$dc->fault({ path => '/test/rows', param => { Count => 1002 }, hold_headers => 1 });
$session->send('SELECT count(*) FROM wide WHERE n IN (1000, 1001, 1002)');
ok($dc->wait_for_result("SELECT requests_done, requests_open, requests_planned, records, phase,
		expected_records BETWEEN 2900 AND 3100, share BETWEEN 0.6 AND 0.7, eta > '0'
	FROM dataconnect_progress WHERE pid = $pid", '2|1|3|2001|first byte|t|t|t'), 'two of three requests');
$dc->release;
is($session->finish->{out}, '3003', 'all three');

# Requests that are halved, each counted once.
$dc->sql("CREATE FOREIGN TABLE sales (id integer OPTIONS (name 'Id'), date_created timestamp
	OPTIONS (name 'DateCreated', param_from 'StartDate', param_to 'StopDate'))
	SERVER wide OPTIONS (endpoint '/test/sales', split 'date_created')");
my $quarter = "SELECT count(*) FROM sales WHERE date_created >= '2026-01-01' AND date_created < '2026-04-01'";
my $sales = $session->query($quarter);
$dc->set(max_records => 20);
$dc->sql("SELECT dataconnect_forget('sales')");
$dc->clear_log;
is($session->query($quarter), $sales, 'a quarter, halved');
my $sent = @{ $dc->log };
is($dc->sql("SELECT count(*), count(*) FILTER (WHERE outcome = 'halved' AND status = 413) > 0,
		count(*) FILTER (WHERE outcome = 'complete' AND status = 200) > 1, sum(records) > 0, count(sqlstate)
	FROM (SELECT * FROM dataconnect_requests WHERE pid = $pid ORDER BY started_at DESC LIMIT $sent) l
	WHERE outcome IN ('halved', 'complete') AND table_name = 'sales'"), "$sent|t|t|t|0", 'is listed');
$dc->set(max_records => 1048576);

# One that fails ends the others.
$dc->fault({ path => '/test/rows', param => { Count => 1002 }, hold_headers => 1 },
	{ path => '/test/rows', param => { Count => 1003 }, status => 400 });
is($session->attempt('SELECT count(*) FROM wide WHERE n IN (1002, 1003)')->{state}, 'HV024', 'one of two fails');
is($dc->sql("SELECT string_agg(outcome || coalesce(sqlstate, ''), ' ' ORDER BY request) FROM (SELECT *
	FROM dataconnect_requests WHERE pid = $pid ORDER BY started_at DESC LIMIT 2) l"), 'aborted failedHV024',
	'the other is aborted');
$dc->release;

# --- Whose requests they are -------------------------------------------------

$dc->sql('CREATE ROLE alice; CREATE ROLE bob; CREATE ROLE monitor IN ROLE pg_monitor');
my %token = map { $_ => $dc->token } qw(alice bob);
$dc->sql("CREATE USER MAPPING FOR $_ SERVER wide OPTIONS (token '$token{$_}'); GRANT SELECT ON wide TO $_")
  for qw(alice bob);
$dc->sql('CREATE VIEW owned AS SELECT * FROM wide; ALTER VIEW owned OWNER TO alice; GRANT SELECT ON owned TO bob');
for my $role (qw(alice bob))
{
	$dc->sql("SET ROLE $role; SELECT count(*) FROM wide WHERE n = 7");
}
$dc->sql('SET ROLE bob; SELECT count(*) FROM owned WHERE n = 8');
my $seen = q{SELECT string_agg(DISTINCT coalesce(user_name::text, '?'), ' ') FROM};
for my $view (qw(dataconnect_requests dataconnect_stats))
{
	is($dc->sql("SET ROLE alice; $seen $view"), 'alice', "$view: alice sees hers");
	is($dc->sql("SET ROLE bob; $seen $view"), 'bob', "$view: bob his");
	like($dc->sql("SET ROLE monitor; $seen $view"), qr/^alice bob \w+$/, "$view: a monitor all");
}
is($dc->sql("SELECT string_agg(user_name || request, ' ' ORDER BY started_at) FROM dataconnect_requests WHERE request ~ 'Count=8'"),
	'aliceGET /test/rows?Count=8&Response=Json', 'a view sends as its owner');
my @both = map { $dc->session } 1 .. 2;
$dc->fault({ path => '/test/rows', hold_headers => 1, count => 2 });
$both[0]->query('SET ROLE alice');
$both[1]->query('SET ROLE bob');
$_->send('SELECT count(*) FROM wide WHERE n = 9') for @both;
$dc->wait(held => 2);
my $count = 'SELECT count(*) FROM dataconnect_progress';
is($dc->sql("SET ROLE alice; $count WHERE pid = " . $both[0]->pid), '1', 'alice sees her scan');
is($dc->sql("SET ROLE alice; $count"), '1', 'and no other');
is($dc->sql("SET ROLE monitor; $count"), '2', 'a monitor sees both');
$dc->release;
is($_->finish->{out}, '9', 'both end') for @both;
is($dc->session->attempt('SET ROLE alice; SELECT dataconnect_stats_reset()')->{state}, '42501',
	'only a superuser resets the totals');

# --- No secret ---------------------------------------------------------------

{
	$dc->sql("SET dataconnect_fdw.log_min_request_duration = 0; $query");
	my $all = $dc->sql(join '; ', map { "SELECT string_agg(v::text, E'\\n') FROM $_ v" }
			qw(dataconnect_requests dataconnect_stats dataconnect_progress));
	my $log = slurp_file($node->logfile);
	$log =~ s/^.*(?:CREATE|ALTER) USER MAPPING.*$//mg;
	like($log, qr/LOG:  dataconnect_fdw request complete in [\d.]+ ms, server "plain", table "public\.rows", status 200, SQLSTATE none, 1 try.*: GET \/test\/rows\?Count=3000&Response=Json$/m,
		'a request is logged');
	for my $secret ('sandbox-token', 's3cret', 'client-secret', values %token)
	{
		ok(index($all, $secret) < 0 && index($log, $secret) < 0, 'no secret is shown or logged');
	}
}

is($dc->sql('SELECT count(*) FROM dataconnect_requests
	WHERE queue_ms + backoff_ms + coalesce(first_byte_ms, 0) > total_ms + 0.01'), '0', 'the parts are within the whole');

# --- Restart and crash -------------------------------------------------------

my $totals = "SELECT user_name, server_name, table_name, requests, copies, records, bytes, retries, refused_429,
	cancelled, errors, seconds, since FROM dataconnect_stats ORDER BY 1, 2, 3";
my $before = $dc->sql($totals);
my $file = $node->data_dir . '/pg_stat/dataconnect_fdw.stat';
$_ = undef for $session, $other, @both;
$dc->forget_watcher;
$node->stop;
ok(-s $file, 'the totals are saved when the server stops');
is(scalar(grep { index(slurp_file($file), $_) >= 0 } 'sandbox-token', values %token), 0, 'without secrets');
$node->append_conf('postgresql.conf', 'dataconnect_fdw.track_requests = 5');
$node->start;
ok(!-e $file, 'and read when it starts');
is($dc->sql($totals), $before, 'they are the same');
is($dc->sql('SELECT count(*) FROM dataconnect_requests'), '0', 'the list starts afresh');

$dc->sql("SELECT count(*) FROM rows WHERE n = $_") for 1 .. 12;
is($dc->sql("SELECT string_agg(records::text, ' ') FROM dataconnect_requests"), '8 9 10 11 12',
	'a full list has the last ones, in their order');

$dc->fault({ path => '/test/rows', hold_after => { bytes => 2000 } });
$session = $dc->session;
$session->send('SELECT count(*) FROM rows WHERE n = 4000');
$dc->wait(held => 1);
kill 'KILL', $session->pid;
$session->finish;
$dc->forget_watcher;
$dc->release;
ok($node->poll_query_until('postgres', 'SELECT true'), 'the server is back after a crash');
is($dc->sql("SELECT (SELECT count(*) FROM dataconnect_$_)"), '0', "dataconnect_$_ is empty")
  for qw(progress requests stats);
is($dc->sql('SELECT count(*) FROM rows WHERE n = 5'), '5', 'queries work');
is($dc->sql('SELECT requests FROM dataconnect_stats'), '1', 'and count');

$node->stop;
my $bytes = slurp_file($file);
substr($bytes, 300, 1) = chr(ord(substr $bytes, 300, 1) ^ 1);
open my $handle, '>:raw', $file or die "$file: $!\n";
print {$handle} $bytes;
close $handle or die "$file: $!\n";
my $offset = -s $node->logfile;
$node->start;
like(slurp_file($node->logfile, $offset), qr/ignoring invalid data in file "pg_stat\/dataconnect_fdw\.stat"/,
	'a damaged file is reported');
is($dc->sql('SELECT count(*) FROM dataconnect_stats'), '0', 'and ignored');
is($dc->sql('SELECT count(*) FROM rows WHERE n = 5'), '5', 'a query');
$node->stop;
$bytes = slurp_file($file);
substr($bytes, 0, 4) = pack 'L', 0x44434601;
open $handle, '>:raw', $file or die "$file: $!\n";
print {$handle} $bytes;
close $handle or die "$file: $!\n";
$node->start;
is($dc->sql('SELECT count(*) FROM dataconnect_stats'), '0', 'a file of another layout is ignored, too');
is($dc->sql('SELECT count(*) FROM rows WHERE n = 5; SELECT dataconnect_stats_reset(); SELECT count(*) FROM dataconnect_stats'),
	"5\n1\n0", 'a reset forgets the totals');

done_testing();
