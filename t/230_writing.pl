# Writing traffic counts: one POST for each row, which is sent again only if the service
# has certainly not taken it; and what a failed statement says of its rows. The evidence
# is what the sandbox received, and the rows that it has.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";

use DataConnectTest;
use PostgreSQL::Test::Utils;
use Test::More;

my $dc = DataConnectTest->new(conf => <<'END');
shared_preload_libraries = 'dataconnect_fdw'
log_min_messages = warning
END
my $true = JSON::PP::true;
my $path = '/Import/TrafficCount';
my %retries = (max_retries => 2, retry_max_wait => '50ms', compression => 'off');
$dc->make_server('dc', %retries);
$dc->sql('IMPORT FOREIGN SCHEMA import FROM SERVER dc INTO public');
my $session = $dc->session;
my $columns = 'traffic_count (store_id, start_date, end_date, traffic_count)';

# An INSERT of one row for each of the stores that a query gives.
sub insert
{
	my ($stores, $table) = @_;
	(my $target = $columns) =~ s/^traffic_count/$table/ if $table;
	return 'INSERT INTO ' . ($target // $columns)
	  . " SELECT n, '2026-01-01 09:00', '2026-01-01 10:00', 1 FROM $stores";
}

sub stores { my ($from, $to) = @_; return "generate_series($from, $to) n" }

# The requests since the last call: the store of each.
sub posts
{
	my @posts;
	for my $entry (@{ $dc->log(path => $path) })
	{
		is($entry->{Query}, '', 'the URL has no parameters') if $entry->{Query} ne '';
		is($entry->{Method}, 'POST', 'it is no POST') if $entry->{Method} ne 'POST';
		push @posts, $entry->{Params} =~ /StoreID=(\d+)/;
	}
	$dc->clear_log;
	return "@posts";
}

# The stores of the rows that the service has taken since the last call.
my $known = 0;

sub rows
{
	my @rows = map { $_->{StoreID} } @{ $dc->control('GET', 'traffic') };
	my @new = @rows[ $known .. $#rows ];
	$known = @rows;
	return "@new";
}

sub fresh { $dc->clear_faults; $dc->clear_log; rows(); return }

sub not_taken { my ($row, $before) = @_; return qr/Row $row was not taken by the service; rows taken before it: $before\./ }

sub unknown
{
	my ($row, $before) = @_;
	return qr/It is unknown whether the service has taken row $row; rows taken before it: $before\./;
}

# --- One POST for each row ----------------------------------------------------

$session->query(insert(stores(1, 3)));
is(posts(), '1 2 3', 'one POST for each row of INSERT');
is(rows(), '1 2 3', 'each is there once');
$session->query("COPY $columns FROM PROGRAM 'echo 4,2026-01-01,2026-01-02,1; echo 5,2026-01-01,2026-01-02,1' WITH (FORMAT csv)");
is(posts(), '4 5', 'and of COPY');
$session->query('PREPARE one (integer) AS ' . insert('(SELECT $1) AS s (n)'));
$session->query("EXECUTE one ($_)") for 1 .. 8;
is(posts(), '1 2 3 4 5 6 7 8', 'also from the sixth execution of a prepared statement on');
fresh();

$session->query(insert(stores(1, 2)));
my @entries = @{ $dc->log(path => $path) };
my $headers = $dc->headers($entries[0]);
is($headers->{'content-type'}, 'application/x-www-form-urlencoded', 'the values are in the body');
is($entries[0]{Body}, 'StartDate=2026-01-01T09:00:00.000Z&StopDate=2026-01-01T10:00:00.000Z&TrafficCount=1&StoreID=1&Response=Json',
	'as a form');
is($headers->{authorization}, 'Bearer sandbox-token', 'with the credentials of the user mapping');
# A kept connection that the service has just closed looks like a lost reply.
isnt($entries[0]{Connection}, $entries[1]{Connection}, 'each has a new connection');
$session->query("ALTER SERVER dc OPTIONS (ADD post_body 'json')");
$session->query(insert(stores(1, 1)));
like($dc->log(path => $path)->[2]{Body}, qr/"StoreID":"1"/, 'or as JSON');
$session->query('ALTER SERVER dc OPTIONS (DROP post_body)');
for my $format (qw(csv xml jsondatatable json))
{
	$session->query("ALTER FOREIGN TABLE traffic_count OPTIONS (ADD format '$format')");
	# Each once in plain, and once compressed.
	$session->query("ALTER SERVER dc OPTIONS (SET compression 'on')");
	like($session->query(insert(stores(2, 2)) . ' RETURNING traffic_count_id, start_date, gl_code'),
		qr/^\d+\|2026-01-01 09:00:00\|CO002$/, "or a compressed $format");
	$session->query("ALTER SERVER dc OPTIONS (SET compression 'off')");
	like($session->query(insert(stores(2, 2)) . ' RETURNING traffic_count_id, start_date, gl_code'),
		qr/^\d+\|2026-01-01 09:00:00\|CO002$/, "the answer may be $format");
	$session->query('ALTER FOREIGN TABLE traffic_count OPTIONS (DROP format)');
}
fresh();

# The documentation's sample sends UTC and answers with a local time.
$dc->set(traffic_timezone => 'America/Vancouver');
$session->query("ALTER SERVER dc OPTIONS (ADD timezone 'America/Vancouver')");
for my $zone ('UTC', 'Asia/Tokyo')
{
	$session->query("SET timezone = '$zone'; SET datestyle = 'SQL, DMY'");
	is($session->query(insert(stores(1, 1)) . ' RETURNING to_char(start_date, $$YYYY-MM-DD HH24:MI$$)'),
		'2026-01-01 09:00', "a time is in the server's zone in a session in $zone");
}
is($dc->control('GET', 'traffic')->[-1]{StartDate}, '2026-01-01T17:00:00', 'and sent in UTC');
$session->query('ALTER SERVER dc OPTIONS (DROP timezone); RESET timezone; RESET datestyle');
$dc->set(traffic_timezone => 'UTC');
fresh();

# --- What the service may answer ------------------------------------------------

# Each case: what becomes of the second of three rows; the SQLSTATE, how often it was
# sent, whether the service has it, and what the statement says: "no", "unknown", or
# nothing as it succeeds.
my $row = [ { TrafficCountID => 7 } ];
for my $case (
	[ { status => 429 }, '', 2, 1, '' ],
	[ { status => 429, count => 3 }, '53400', 3, 0, 'no' ],
	[ { status => 429, headers => { 'Retry-After' => '60' } }, '53400', 1, 0, 'no' ],
	[ { status => 400, body => { Error => $true, Message => 'no such day' } }, 'HV024', 1, 0, 'no', qr/no such day/ ],
	[ { expired_token => $true }, '28000', 1, 0, 'no' ],
	[ { status => 403 }, '42501', 1, 0, 'no' ],
	[ { status => 404 }, 'HV00R', 1, 0, 'no' ],
	[ { status => 413 }, '54000', 1, 0, 'no' ],
	[ { status => 408, processed => $true }, 'HV000', 1, 1, 'unknown' ],
	[ { status => 302 }, 'HV000', 1, 0, 'unknown' ],
	[ { status => 500 }, 'HV000', 1, 0, 'unknown' ],
	[ { status => 500, body => '<html>', processed => $true }, 'HV000', 1, 1, 'unknown' ],
	[ { status => 503 }, 'HV000', 1, 0, 'unknown' ],
	[ { status => 503, headers => { 'Retry-After' => '0' }, processed => $true }, 'HV000', 1, 1, 'unknown' ],
	[ { gateway => 502 }, 'HV000', 1, 0, 'unknown' ],
	[ { gateway => 504, processed => $true }, 'HV000', 1, 1, 'unknown' ],
	[ { never => $true }, 'HV00M', 1, 0, 'unknown' ],
	[ { never => $true, processed => $true, cut => { how => 'reset' } }, 'HV00M', 1, 1, 'unknown' ],
	[ { raw_reply => 'Z2FyYmFnZQ==', processed => $true }, 'HV00[MN]', 1, 1, 'unknown' ],
	[ { raw => '', processed => $true }, 'HV00M', 1, 1, 'unknown' ],
	[ { body => '[]', processed => $true }, 'HV00M', 1, 1, 'unknown', qr/no record/ ],
	[ { body => '<html>done</html>', processed => $true }, 'HV00M', 1, 1, 'unknown' ],
	[ { body => '<Table />' }, 'HV00M', 1, 0, 'unknown' ],
	[ { body => [ { Other => 1 } ] }, 'HV00M', 1, 0, 'unknown' ],
	[ { body => [ { TrafficCountID => 'x' } ], processed => $true }, '22P02', 1, 1, 'unknown' ],
	[ { body => { Error => $true, Message => 'the day is closed' } }, 'HV000', 1, 0, 'no', qr/the day is closed/ ],
	[ { body => $row->[0], processed => $true }, '', 1, 1, '' ],
	[ { status => 201, body => $row, processed => $true }, '', 1, 1, '' ],
	[ { status => 201, processed => $true }, '', 1, 1, '' ],
	[ { status => 204, processed => $true }, '', 1, 1, '' ],
	[ { status => 202, body => 'queued' }, 'HV00M', 1, 0, 'unknown' ],
	[ { cut => { after => 20, how => 'short_length' } }, 'HV00M', 1, 1, 'unknown' ],
	[ { cut => { after => 20, how => 'chunk' } }, 'HV00M', 1, 1, 'unknown' ],
	[ { cut => { after => 20, how => 'truncate' } }, 'HV00M', 1, 1, 'unknown' ],
	[ { cut => { after => 20, how => 'reset' } }, 'HV00M', 1, 1, 'unknown' ])
{
	my ($fault, $state, $sent, $taken, $says, $words) = @$case;
	my $name = join ' ', map { ref $fault->{$_} ? $_ : "$_ $fault->{$_}" } sort keys %$fault;
	my $succeeds = $says eq '';

	fresh();
	# What the service has asked to wait for is over.
	$session->query("SELECT dataconnect_resume('dc')");
	$dc->fault({ path => $path, param => { StoreID => 2 }, %$fault });
	$session->send(insert(stores(1, 3)));
	if ($fault->{never})
	{
		$dc->wait(held => 1);
		$dc->release;
	}
	my $result = $session->finish;
	like($result->{state}, qr/^$state$/, "$name: the SQLSTATE") or diag($result->{err});
	is(posts(), join(' ', 1, (2) x $sent, $succeeds ? 3 : ()), "$name: how often each row was sent");
	is(rows(), join(' ', 1, $taken ? 2 : (), $succeeds ? 3 : ()), "$name: which rows are there");
	like($result->{err}, $words, "$name: the service's words") if $words;
	if ($succeeds)
	{
		is($result->{err}, '', "$name: nothing is said") unless $fault->{body};
		next;
	}
	like($result->{err}, $says eq 'no' ? not_taken(2, 1) : unknown(2, 1), "$name: what is said of the row");
	like($result->{err}, $says eq 'no' ? qr/WARNING:  01000.*\n.*the service has taken 1 row\./ : qr/WARNING:  01000.*\n.*the service has taken 1 row, and perhaps 1 more\./,
		"$name: and of the rollback");
	like($result->{err}, $says eq 'no' ? qr/HINT: .*Do not send the rows before it again/ : qr/HINT:  Before you send the row again, find out/,
		"$name: and what not to do");
	unlike($result->{err}, qr/Try again later|Run the query again/, "$name: no advice to do it again") if $says eq 'unknown';
}
fresh();

# A row that is added twice is wrong; an update may well be sent twice.
my $update = 'UPDATE traffic_count SET store_id = 1, start_date = now(), end_date = now(), traffic_count = 2 WHERE traffic_count_id = 656';
$dc->fault({ path => $path, gateway => 502 });
my $result = $session->attempt($update);
like($result->{err}, unknown(1, 0), 'an update whose fate is unknown');
like($result->{err}, qr/Try again later/, 'may be sent again');
is(scalar split(' ', posts()), 1, 'but not by itself');
$session->query($update);
fresh();

# A record without the id: the row is there.
$session->query("ALTER FOREIGN TABLE traffic_count OPTIONS (ADD missing_key 'warn')");
$dc->fault({ path => $path, drop => ['TrafficCountID'] });
$result = $session->attempt(insert(stores(1, 1)) . ' RETURNING traffic_count_id IS NULL, store_id');
is($result->{out}, 't|1', 'an answer without the id');
like($result->{err}, qr/WARNING:  HV005.*traffic_count_id/, 'warns');
fresh();

# What else sends a request to the endpoint sends it once, too.
$dc->fault({ path => $path, status => 503, processed => $true });
is($session->attempt("SELECT * FROM dataconnect_fetch('dc', '$path', 'StoreID=6&StartDate=2026-01-01&StopDate=2026-01-02&TrafficCount=1', 'post')")->{state},
	'HV000', 'dataconnect_fetch() fails');
is(posts(), '6', 'after one request');
is(rows(), '6', 'that the service has taken');
fresh();

# --- Connections and credentials ----------------------------------------------------

my $port = $dc->listen('refuse');
$dc->make_server('late', %retries, url => "http://127.0.0.1:$port", max_retries => 100, retry_max_wait => '200ms');
$dc->sql('IMPORT FOREIGN SCHEMA import FROM SERVER late INTO public OPTIONS (prefix $$late_$$)');
$session->send(insert(stores(1, 2), 'late_traffic_count'));
$dc->wait_until_it_waits($session->pid, 'Retry');
$dc->listen('service', $port);
is($session->finish->{state}, '', 'a host that cannot be reached at first');
is(posts(), '1 2', 'gets each row once');
is(rows(), '1 2', 'and has each once');
$dc->listen('refuse', $port);
$session->query("ALTER SERVER late OPTIONS (SET max_retries '0')");
$result = $session->attempt(insert(stores(1, 2), 'late_traffic_count'));
is($result->{state}, 'HV00N', 'without a connection');
like($result->{err}, not_taken(1, 0), 'nothing is taken');
unlike($result->{err}, qr/WARNING/, 'and nothing is left by the rollback');
fresh();

$dc->make_server('oauth', %retries, token_url => $dc->url . '/v1/oauth2/token',
	mapping => { username => 'analyst', password => 's3cret', client_id => 'client', client_secret => 'client-secret' });
$dc->sql('IMPORT FOREIGN SCHEMA import FROM SERVER oauth INTO public OPTIONS (prefix $$oauth_$$)');
$session->query(insert(stores(1, 1), 'oauth_traffic_count'));
fresh();
$dc->expire;
$session->query(insert(stores(1, 2), 'oauth_traffic_count'));
is(posts(), '1 1 2', 'a row that was refused with 401 is sent again with a new token');
is(rows(), '1 2', 'and is there once');

# --- Cancelled, out of time, terminated ----------------------------------------------

my $other = $dc->session;
for my $how ('pg_cancel_backend', 'pg_terminate_backend')
{
	my $victim = $dc->session;
	my $pid = $victim->pid;
	my $offset = -s $dc->node->logfile;
	my $fatal = $how eq 'pg_terminate_backend';

	# While the answer is awaited.
	fresh();
	$dc->fault({ path => $path, param => { StoreID => 2 }, hold_headers => $true });
	$victim->send(insert(stores(1, 3)));
	$dc->wait(held => 1);
	$dc->sql("SELECT $how($pid)");
	$result = $victim->finish;
	like($result->{state}, qr/^57/, "$how while a row is sent");
	# psql may find the connection gone before it has read why.
	my $said = $fatal ? slurp_file($dc->node->logfile, $offset) : $result->{err};
	like($said, unknown(2, 1), 'it is unknown whether that row is there');
	like($said, qr/the service has taken 1 row, and perhaps 1 more\./, 'which the rollback says, too');
	$dc->release;
	is(posts(), '1 2', 'it is not sent again');
	is(rows(), '1 2', 'and the service does have it');
	next if $fatal;

	# While the answer is read.
	$dc->fault({ path => $path, param => { StoreID => 2 }, hold_after => { bytes => 10 } });
	$victim->send(insert(stores(1, 3)));
	$dc->wait(held => 1);
	$dc->sql("SELECT $how($pid)");
	like($victim->finish->{err}, unknown(2, 1), 'the same while the answer is read');
	$dc->release;
	fresh();

	# While it waits for another session's request to end.
	$dc->sql("ALTER SERVER dc OPTIONS (ADD max_concurrency '1')");
	$dc->fault({ path => $path, param => { StoreID => 9 }, hold_headers => $true });
	$other->send(insert(stores(9, 9)));
	$dc->wait(held => 1);
	$victim->send(insert(stores(1, 3)));
	$dc->wait_for_concurrency('dc', 1, 1);
	$dc->sql("SELECT $how($pid)");
	$result = $victim->finish;
	like($result->{err}, not_taken(1, 0), 'a row that waits for its turn is not taken');
	unlike($result->{err}, qr/WARNING/, 'so the rollback leaves nothing');
	$dc->release;
	is($other->finish->{state}, '', 'the other session goes on');
	is(posts(), '9', 'with the only request');
	$dc->sql('ALTER SERVER dc OPTIONS (DROP max_concurrency)');
	fresh();

	# Between two rows.
	$victim->send(insert("(SELECT n, CASE WHEN n = 3 THEN pg_sleep(60) END FROM generate_series(1, 3) n OFFSET 0) s"));
	$dc->wait_for_wait_event($pid, 'PgSleep');
	$dc->sql("SELECT $how($pid)");
	$result = $victim->finish;
	unlike($result->{err}, qr/ow \d/, 'between two rows none is meant');
	like($result->{err}, qr/the service has taken 2 rows\./, 'and the rollback says how many are there');
	is(rows(), '1 2', 'which is so');
}
for my $case ([ "SET statement_timeout = '200ms'", '57014' ], [ "ALTER SERVER dc OPTIONS (ADD first_byte_timeout '200ms')", 'HV00M' ],
	[ "ALTER SERVER dc OPTIONS (DROP first_byte_timeout, ADD total_timeout '200ms')", 'HV00M' ])
{
	my ($set, $state) = @$case;
	fresh();
	$session->query($set);
	$dc->fault({ path => $path, param => { StoreID => 2 }, never => $true, processed => $true });
	$result = $session->attempt(insert(stores(1, 3)));
	is($result->{state}, $state, "$set ends the wait");
	like($result->{err}, unknown(2, 1), 'for a row whose fate is unknown');
	$session->query('RESET statement_timeout');
	$dc->release;
	is(posts(), '1 2', 'which was sent once');
}
$session->query('ALTER SERVER dc OPTIONS (DROP total_timeout)');
fresh();

# --- Beside other requests -------------------------------------------------------------

# A statement that reads and writes does not wait for itself.
$dc->make_server('narrow', %retries, max_concurrency => 1);
$dc->make_rows_table('rows', 'narrow');
$dc->sql('IMPORT FOREIGN SCHEMA import FROM SERVER narrow INTO public OPTIONS (prefix $$narrow_$$)');
$session->query("SET statement_timeout = '@{[DataConnectTest::Session::hung()]}'");
$session->query(insert('(SELECT 1 + id % 40 AS n FROM rows WHERE rows.n = 30) s', 'narrow_traffic_count'));
$session->query('RESET statement_timeout');
is(scalar split(' ', rows()), 30, 'rows of one report are written to the same account');

# Nor for its own session's cursor, which rests and has the only place.
$session->open_cursor('SELECT id FROM rows WHERE rows.n = 20000');
$session->fetch(1);
$session->query(insert(stores(1, 2), 'narrow_traffic_count'));
is(rows(), '1 2', 'rows are written beside a cursor that rests');
is($session->fetch('ALL')->{state}, '', 'which goes on');
$session->query('COMMIT');

# Two sessions at once.
$_->send(insert(stores(1, 20))) for $session, $other;
is($_->finish->{state}, '', 'two sessions write') for $session, $other;
is(join(' ', sort { $a <=> $b } split ' ', rows()), join(' ', map { ($_, $_) } 1 .. 20), 'and each row is there once');

# --- Monitoring ----------------------------------------------------------------------------

fresh();
$session->query("SELECT dataconnect_stats_reset(); SET dataconnect_fdw.log_min_request_duration = 0");
my $offset = -s $dc->node->logfile;
$dc->fault({ path => $path, param => { StoreID => 2 }, hold_headers => $true });
$session->send(insert(stores(1, 2)));
$dc->wait(held => 1);
is($dc->sql('SELECT server_name, table_name, phase, requests_done, requests_open FROM dataconnect_progress'),
	'dc|traffic_count|first byte|1|1', 'a statement that writes is under way');
$dc->release;
$session->finish;
is($dc->sql('SELECT count(*) FROM dataconnect_progress'), '0', 'until it ends');
is($dc->sql("SELECT request, outcome, status, records FROM dataconnect_requests WHERE table_name = 'traffic_count' ORDER BY started_at DESC LIMIT 1"),
	"POST $path?StartDate=2026-01-01T09:00:00.000Z&StopDate=2026-01-01T10:00:00.000Z&TrafficCount=1&StoreID=2&Response=Json|complete|200|1",
	'its requests are listed');
is($dc->sql("SELECT requests, records, errors FROM dataconnect_stats WHERE table_name = 'traffic_count'"), '2|2|0', 'and counted');
$dc->fault({ path => $path, status => 400 }, { path => $path, body => '[]' });
$session->attempt(insert(stores(1, 1))) for 1 .. 2;
is($dc->sql("SELECT outcome, status, sqlstate FROM dataconnect_requests WHERE table_name = 'traffic_count' ORDER BY started_at DESC LIMIT 2"),
	"failed|200|HV00M\nfailed|400|HV024", 'also those that fail');
my $log = slurp_file($dc->node->logfile, $offset);
like($log, qr/dataconnect_fdw request complete in .*StoreID=1/, 'and logged');

# --- Who may -----------------------------------------------------------------------------------

fresh();
$dc->sql(q{CREATE ROLE clerk LOGIN; GRANT USAGE ON FOREIGN SERVER dc TO clerk;
	CREATE VIEW mine AS SELECT * FROM traffic_count; GRANT INSERT ON mine TO clerk});
my $clerk = $dc->session(user => 'clerk');
is($clerk->attempt(insert(stores(1, 1)))->{state}, '42501', 'INSERT needs the privilege');
$dc->sql('GRANT INSERT ON traffic_count TO clerk');
is($clerk->attempt(insert(stores(1, 1)))->{state}, '42704', 'and a user mapping');
is($clerk->attempt(insert(stores(1, 1), 'mine'))->{state}, '', "a view writes with its owner's");
is(posts(), '1', 'which is sent');
$dc->sql(q{CREATE USER MAPPING FOR clerk SERVER dc OPTIONS (token 'wrong-canary')});
$result = $clerk->attempt(insert(stores(1, 1)));
is($result->{state}, '28000', "the role's own mapping counts");
like($result->{err}, not_taken(1, 0), 'also if it is wrong');
# The test cluster logs statements, and with them what creates user mappings.
my @lines = grep { !/statement: / } split /\n/, slurp_file($dc->node->logfile);
is(join("\n", grep { /sandbox-token|wrong-canary|s3cret|client-secret/ } $result->{err}, @lines), '', 'no message has a secret');
unlike($session->query('EXPLAIN (VERBOSE, ANALYZE) ' . insert(stores(1, 1))), qr/sandbox-token/, 'nor has EXPLAIN');

# --- Errors that are not the row's -------------------------------------------------------

# A question that fails on the way is a warning, which says nothing of the row.
$dc->make_server('asks', use_preferred_endpoint => 'true', max_retries => 0, compression => 'off');
$dc->sql('CREATE SCHEMA asks; IMPORT FOREIGN SCHEMA import FROM SERVER asks INTO asks');
fresh();
$dc->fault({ path => '/session', cut => { how => 'reset' }, count => 0 });
my $asked = $session->attempt(insert(stores(1, 1), 'asks.traffic_count'));
is($asked->{state}, '', 'a question for the preferred endpoint fails, and the row goes on');
like($asked->{err}, qr/WARNING:.*preferred endpoint/, 'with a warning');
unlike($asked->{err}, qr/was not taken|is unknown/, 'that says nothing of the row');
is(rows(), '1', 'the service has taken it');
fresh();

done_testing();
