# Limits of a role: what a statement may ask of the service. The log of the service shows
# what was sent, and that nothing was if a statement was refused before. A role cannot get
# round them: by its connection, by the protocol, by cursors, functions or caught errors.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";

use DataConnectTest;
use IO::Socket::UNIX;
use PostgreSQL::Test::Utils;
use Test::More;

my $dc = DataConnectTest->new;
my $node = $dc->node;
my $token = $dc->token;

$dc->sql('CREATE ROLE dash LOGIN');
$dc->make_server('dc', mapping => { token => $token }, retry_max_wait => '10ms', max_concurrency => 4);
$dc->sql("CREATE USER MAPPING FOR dash SERVER dc OPTIONS (token '$token'); GRANT USAGE ON FOREIGN SERVER dc TO dash");
$dc->make_rows_table('rows', 'dc');
$dc->sql('GRANT SELECT ON rows TO dash; GRANT CREATE ON SCHEMA public TO dash');

sub limit
{
	my ($name, $value) = @_;
	return $dc->sql("ALTER ROLE dash SET dataconnect_fdw.$name = '$value'");
}

# A session of dash, with options in its connection.
sub dash
{
	my ($options) = @_;
	return $dc->session(connstr => $node->connstr('postgres') . ' user=dash'
		  . ($options ? " options='$options'" : ''));
}

# The number of requests for data since the last call.
sub sent
{
	my $n = grep { $_->{Path} =~ m{^/(?:test|bridge|lists)/} } @{ $dc->log };
	$dc->clear_log;
	return $n;
}

my $three = 'SELECT count(*) FROM rows WHERE n IN (1, 2, 3)';

# --- A role, not preloaded ---------------------------------------------------

limit(max_requests_per_statement => 2);
my $session = dash();
is($session->query('SELECT count(*) FROM rows WHERE n IN (1, 2)'), '3', 'as many as allowed');
is(sent(), 2, 'were sent');
for my $run (1 .. 7)
{
	my $result = $session->attempt($three);
	is($result->{state}, '53400', "run $run: one more is refused");
	like($result->{err}, qr/Requests planned: 3, allowed: 2 .*Each value of column "n"/s, 'with the facts');
	unlike($result->{err}, qr/\Q$token/, 'and no secret');
}
is(sent(), 0, 'before anything is sent');
is($session->query('SELECT count(*) FROM (SELECT id FROM rows WHERE n IN (5, 6, 7, 8) LIMIT 8) s'), '8',
	'a query that ends early is not refused for what it does not need');
is(sent(), 2, 'and sends no more than allowed');
my $other = $dc->session;
is($other->query($three), '6', 'other roles are free');
is(sent(), 3, 'and send');

for my $sql ('SET dataconnect_fdw.max_requests_per_statement = -1',
	'SET LOCAL dataconnect_fdw.max_requests_per_statement = 100',
	'RESET dataconnect_fdw.max_requests_per_statement',
	"SELECT set_config('dataconnect_fdw.max_requests_per_statement', '-1', false)",
	'ALTER ROLE dash SET dataconnect_fdw.max_requests_per_statement = -1',
	'ALTER ROLE dash RESET dataconnect_fdw.max_requests_per_statement',
	"CREATE FUNCTION free() RETURNS void LANGUAGE sql SET dataconnect_fdw.max_requests_per_statement = -1 AS ''")
{
	is($session->attempt($sql)->{state}, '42501', "not allowed: $sql");
}
for my $sql ('RESET ALL', 'DISCARD ALL', 'SET ROLE NONE', 'SET SESSION AUTHORIZATION DEFAULT', 'ALTER ROLE dash RESET ALL')
{
	$session->query($sql);
	is($session->attempt($three)->{state}, '53400', "no way round: $sql");
}
is(sent(), 0, 'nothing was sent');
$session->quit;
is(dash()->attempt($three)->{state}, '53400', 'nor in the next session');

# Before the library is loaded, its settings do not exist yet.
$session = dash();
$session->query('SET dataconnect_fdw.max_requests_per_statement = -1');
is($session->attempt($three)->{state}, '53400', 'a SET before the library is loaded');
is($session->attempt('ALTER ROLE dash SET dataconnect_fdw.max_requests_per_statement = -1')->{state}, '42501', 'a later one');
is(dash()->attempt('ALTER ROLE dash SET dataconnect_fdw.max_requests_per_statement = -1')->{state}, '42501',
	'an ALTER ROLE before it is loaded');
$session = dash('-c dataconnect_fdw.max_requests_per_statement=-1');
for my $sql ($three, 'SELECT count(*) FROM rows WHERE n = 1', "LOAD 'dataconnect_fdw'; $three")
{
	my $result = $session->attempt($sql);
	is($result->{state}, '42501', 'a value in the connection');
	like($result->{err}, qr/permission denied to set parameter "dataconnect_fdw.max_requests_per_statement"/, 'is named');
}
$session = dash('-c dataconnect_fdw.max_days_per_request=1');
is($session->attempt('SELECT count(*) FROM rows WHERE n = 1')->{state}, '42501', 'one of another limit');
# An empty value is dropped as well, and so is what the role had.
my $result;
for my $name (qw(max_requests_per_statement max_records_per_statement max_bytes_per_statement max_days_per_request max_concurrency_share))
{
	$session = dash("-c dataconnect_fdw.$name=");
	$result = $session->attempt('SELECT count(*) FROM rows WHERE n = 1');
	is($result->{state}, '42501', "an empty value of $name");
	like($result->{err}, qr/ERROR: .*permission denied to set parameter "dataconnect_fdw.$name"/, 'is named');
}
is($session->attempt("SELECT count(*) FROM rows WHERE n = ANY ('{}')")->{state}, '42501', 'also where nothing is asked for');
# What a superuser's function sets while the library is loaded does not stand for the value that was dropped.
$dc->sql(q{CREATE FUNCTION lifted() RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER
	SET dataconnect_fdw.max_requests_per_statement = 3 AS 'BEGIN RETURN (SELECT count(*) FROM rows WHERE n = 0); END'});
$session = dash('-c dataconnect_fdw.max_requests_per_statement=-1');
is($session->attempt($_)->{state}, '42501', "a value in the connection: $_") for 'SELECT lifted()', $three;
$session = dash('-c dataconnect_fdw.learn=off');
is($session->attempt($three)->{state}, '53400', 'other settings may be set there');
is(sent(), 0, 'nothing was sent');
$session = $dc->session(connstr => $node->connstr('postgres') . " options='-c dataconnect_fdw.max_requests_per_statement=1'");
is($session->attempt($three)->{state}, '53400', 'a superuser may set it there');
$dc->sql('GRANT SET ON PARAMETER dataconnect_fdw.max_requests_per_statement TO dash');
is(dash('-c dataconnect_fdw.max_requests_per_statement=3')->query($three), '6', 'and so may a role to whom SET is granted');
$dc->sql('REVOKE SET ON PARAMETER dataconnect_fdw.max_requests_per_statement FROM dash');
is(sent(), 3, 'which sends');

# --- The protocol ------------------------------------------------------------

# A connection as dash that speaks the protocol itself.
sub connect_raw
{
	my $socket = IO::Socket::UNIX->new(Peer => $node->host . '/.s.PGSQL.' . $node->port) or die "cannot connect: $!\n";
	my $startup = pack('N', 196608) . "user\0dash\0database\0postgres\0\0";
	print {$socket} pack('N', 4 + length $startup) . $startup;
	$socket->flush;
	receive($socket);
	return $socket;
}

# Messages to ReadyForQuery, as "type: what": rows, and SQLSTATEs of errors.
sub receive
{
	my ($socket) = @_;
	my @found;
	for (;;)
	{
		read $socket, my $head, 5;
		my ($type, $length) = unpack 'aN', $head;
		my $body = '';
		read $socket, $body, $length - 4 if $length > 4;
		push @found, unpack 'x2 N/a', $body if $type eq 'D';
		push @found, $body =~ /\0C(\w{5})\0/ if $type eq 'E';
		return "@found" if $type eq 'Z';
	}
}

sub message { my ($type, $body) = @_; return $type . pack('N', 4 + length $body) . $body }

# Parse and Bind a query as a portal; with a Sync of its own, each is a message alone.
sub bind_portal
{
	my ($portal, $sql) = @_;
	return message('P', "\0$sql\0" . pack('n', 0)) . message('B', "$portal\0\0" . pack('nnn', 0, 0, 0));
}

sub execute { my ($portal, $rows) = @_; return message('E', "$portal\0" . pack('N', $rows)) }

sub exchange
{
	my ($socket, @messages) = @_;
	print {$socket} @messages, message('S', '');
	$socket->flush;
	return receive($socket);
}

sub simple
{
	my ($socket, $sql) = @_;
	print {$socket} message('Q', "$sql\0");
	$socket->flush;
	return receive($socket);
}

$dc->sql(q{CREATE FUNCTION one(which integer) RETURNS bigint LANGUAGE plpgsql AS
	'DECLARE r record; BEGIN FOR r IN SELECT id FROM rows WHERE n = which LOOP NULL; END LOOP; RETURN which; END'});
my $raw = connect_raw();
is(exchange($raw, bind_portal('', 'SELECT one(1) + one(2)'), execute('', 0)), '3', 'Bind and Execute');
is(exchange($raw, bind_portal('', 'SELECT one(1) + one(2)'), execute('', 0)), '3', 'again');
is(sent(), 4, 'are statements of their own');
is(exchange($raw, bind_portal('', 'SELECT one(1) + one(2) + one(3)'), execute('', 0)), '53400', 'functions in Execute');
is(exchange($raw, bind_portal('', 'SELECT one(2) + one(id + 2) FROM rows WHERE n = 1'), execute('', 0)), '53400', 'and what was begun in Bind are one statement');
is(sent(), 4, 'which is stopped');
my @two = map { bind_portal($_, 'SELECT one(1) + one(2)'), execute($_, 0) } 'a', 'b';
is(exchange($raw, @two), '3 3', 'two portals in one exchange');
simple($raw, 'BEGIN');
sent();
is(exchange($raw, bind_portal('p', 'SELECT one(n) FROM rows WHERE n = 2'), execute('p', 1)), '2', 'a portal that is read in parts');
is(exchange($raw, execute('p', 1)), '2', 'goes on');
is(sent(), 3, 'each part is a statement for what it runs itself');
simple($raw, 'ROLLBACK');
is(exchange($raw, bind_portal('q', 'SELECT one(1) + one(2) + one(n) FROM rows WHERE n = 1'), execute('q', 0)), '53400',
	'a named portal is no way round');
cmp_ok(sent(), '<=', 2, 'the first ones were sent');
is(simple($raw, 'SELECT one(1) + one(2); SELECT one(1) + one(2)'), '3 3',
	'statements of one message have limits of their own');
sent();
close $raw;

# --- What counts as a request ------------------------------------------------

$dc->sql('ALTER ROLE dash RESET ALL');
limit(max_requests_per_statement => 1);
$dc->fault({ path => '/test/rows', status => 503, count => 3 });
$session = dash();
is($session->query('SELECT count(*) FROM rows WHERE n = 5'), '5', 'tries are no requests');
is(sent(), 4, 'though they are sent');

my $refused = $dc->listen('refuse');
$dc->make_server('refuses', url => "http://127.0.0.1:$refused", max_retries => 0);
$dc->sql("CREATE USER MAPPING FOR dash SERVER refuses OPTIONS (token 'x')");
$dc->make_rows_table('refuses', 'refuses');
$dc->sql('GRANT SELECT ON refuses TO dash');
like($session->attempt(q{DO $$ BEGIN FOR i IN 1..3 LOOP BEGIN PERFORM FROM refuses WHERE n = i;
		EXCEPTION WHEN OTHERS THEN RAISE WARNING '%', SQLSTATE; END; END LOOP; END $$})->{err},
	qr/HV00N.*53400.*53400/s, 'a request counts even if there is no connection');

# A log-in, and the preferred endpoint.
$dc->make_server('oauth', mapping => undef, token_url => $dc->url . '/v1/oauth2/token', use_preferred_endpoint => 'on');
$dc->sql("CREATE USER MAPPING FOR dash SERVER oauth OPTIONS (username 'analyst', password 's3cret',
	client_id 'client', client_secret 'client-secret')");
$dc->make_rows_table('logged_in', 'oauth');
$dc->sql('GRANT SELECT ON logged_in TO dash');
$dc->clear_log;
is($session->query('SELECT count(*) FROM logged_in WHERE n = 5'), '5', 'a log-in is no request');
is(join(' ', map { $_->{Path} } @{ $dc->log }), '/v1/oauth2/token /session /test/rows', 'nor is a question about the endpoint');
limit(max_requests_per_statement => 0);
$session = dash();
$dc->clear_log;
is($session->attempt('SELECT count(*) FROM logged_in WHERE n = 5 LIMIT 1')->{state}, '53400', 'with 0 nothing is allowed');
is(scalar @{ $dc->log }, 0, 'not even a log-in');

# The planner's count.
$dc->make_server('counted', mapping => undef, remote_estimate => 'on');
$dc->sql("CREATE USER MAPPING FOR dash SERVER counted OPTIONS (token '$token')");
$dc->sql(q{CREATE FOREIGN TABLE store (id integer OPTIONS (name 'Id')) SERVER counted
	OPTIONS (endpoint '/bridge/current/data', params 'Table=store'); GRANT SELECT ON store TO dash});
$dc->document('/bridge/current/data', '[{"Id":1},{"Id":2}]');
$dc->document('/bridge/current/delta', '[{"Table":"store","DeltaCount":26,"DeltaTimeSec":0.1}]');
is($session->attempt('SELECT count(*) FROM store')->{state}, '53400', 'the planner asks for a count');
is(sent(), 0, 'only if requests are allowed');
limit(max_requests_per_statement => 1);
$session = dash();
is($session->query('SELECT count(*) FROM store'), '2', 'and the count is no request');
is(sent(), 2, 'of the statement');
limit(max_records_per_statement => 25);
$result = dash()->attempt('SELECT count(*) FROM store');
like($result->{err}, qr/^.*53400.*Records expected: 26, allowed: 25/s, 'records that the service has counted');
is(sent(), 1, 'are expected before they are asked for');

# Halves of a request that the service finds too large.
$dc->sql('ALTER ROLE dash RESET ALL');
limit(max_requests_per_statement => 3);
my $settings = $dc->settings;
$dc->set(max_records => 4);
$dc->sql(q{CREATE FOREIGN TABLE sales (id integer OPTIONS (name 'Id'),
	day timestamp OPTIONS (name 'DateCreated', param_from 'StartDate', param_to 'StopDate'))
	SERVER dc OPTIONS (endpoint '/test/sales', split 'day'); GRANT SELECT ON sales TO dash});
$result = dash()->attempt(q{SELECT count(*) FROM sales WHERE day >= '2026-03-01' AND day < '2026-03-17'});
is($result->{state}, '53400', 'halves count');
like($result->{err}, qr/Requests sent: 3, allowed: 3 .*Narrow the range of column "day"/s, 'and the hint names the column');
is(sent(), 3, 'no more are sent');
$dc->set(max_records => $settings->{max_records});

# Batches of a join.
$dc->sql(q{CREATE TABLE wanted AS SELECT generate_series(1, 40) AS store; ANALYZE wanted; GRANT SELECT ON wanted TO dash;
	CREATE FOREIGN TABLE stores (id integer OPTIONS (name 'Id'), store integer OPTIONS (name 'StoreID', param 'StoreIDs', list 'true'))
	SERVER dc OPTIONS (endpoint '/test/sales', batch_size '10', rows '100000'); GRANT SELECT ON stores TO dash});
$session = dash();
$session->query('SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_nestloop = off');
$result = $session->attempt('SELECT count(*) FROM wanted JOIN stores USING (store)');
like($result->{err}, qr/Requests planned: 4, allowed: 3 .*Join fewer values of column "store"/s, 'batches count');
is(sent(), 0, 'before the first one');

# --- Stopped in the middle ---------------------------------------------------

$dc->sql('ALTER ROLE dash RESET ALL');
for my $compression ('true', 'false')
{
	$dc->sql("ALTER SERVER dc OPTIONS (ADD compression '$compression')");
	for my $limit ([ max_bytes_per_statement => '64kB', 'Bytes received: \d+, allowed: 65536' ],
		[ max_records_per_statement => 5000, 'Records read: \d+, allowed: 5000' ])
	{
		my ($name, $value, $detail) = @$limit;
		limit($name => $value);
		$dc->clear_log;
		# Its end never comes, so only an early stop ends the query.
		$dc->fault({ path => '/test/rows', hold_after => { bytes => $compression eq 'true' ? 400_000 : 2_000_000 } });
		$session = dash();
		$session->query('SET statement_timeout = ' . "'" . $session->hung . "'");
		$result = $session->attempt('SELECT count(*) FROM rows WHERE n = 300000');
		is($result->{state}, '53400', "$name, compression $compression: stopped");
		like($result->{err}, qr/$detail /, "$name: by what has come");
		$dc->release;
		$dc->clear_faults;
		$result = $session->attempt('SELECT count(*) FROM rows WHERE n = 500');
		is($result->{out}, '500', "$name: the next statement counts anew");
		# Two scans together.
		$result = $session->attempt('SELECT count(*) FROM (SELECT name FROM rows WHERE n = 4000
			UNION ALL SELECT name FROM rows WHERE n = 4001 UNION ALL SELECT name FROM rows WHERE n = 12000) s');
		is($result->{state}, '53400', "$name: all scans count together");
		$dc->sql('ALTER ROLE dash RESET ALL');
	}
	$dc->sql('ALTER SERVER dc OPTIONS (DROP compression)');
}

# A cursor at rest, and a second session that uses its own.
limit(max_records_per_statement => 3000);
$session = dash();
$other = dash();
$session->query('BEGIN; DECLARE c CURSOR FOR SELECT id FROM rows WHERE n = 50000; FETCH 1000 FROM c');
is($other->query('SELECT count(*) FROM rows WHERE n = 2500'), '2500', 'another session has its own count');
is($session->query('SELECT count(*) FROM rows WHERE n = 2500'), '2500', 'so has another statement');
$result = $session->attempt('FETCH 3000 FROM c');
is($result->{state}, '53400', 'a cursor goes on counting');
$session->query('ROLLBACK');

# --- Preloaded ---------------------------------------------------------------

$dc->sql('ALTER ROLE dash RESET ALL');
limit(max_requests_per_statement => 2);
$session->quit;
$other->quit;
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'dataconnect_fdw'");
$node->restart;
sent();
$session = dash();
is($session->attempt($three)->{state}, '53400', 'preloaded: refused');
is($session->attempt('SET dataconnect_fdw.max_requests_per_statement = -1')->{state}, '42501', 'preloaded: no SET');
is(sent(), 0, 'preloaded: nothing was sent');
my ($status, $out, $err) = $node->psql('postgres', 'SELECT 1',
	connstr => $node->connstr('postgres') . " user=dash options='-c dataconnect_fdw.max_requests_per_statement=-1'");
isnt($status, 0, 'preloaded: no connection with a value of its own');
like($err, qr/permission denied to set parameter/, 'which says so');
$dc->sql('ALTER DATABASE postgres SET dataconnect_fdw.max_requests_per_statement = 1');
is($dc->session->attempt($three)->{state}, '53400', 'a limit of a database');
is(dash()->query('SELECT count(*) FROM rows WHERE n IN (1, 2)'), '3', 'and a role that may more');

done_testing();
