# A service that is unreachable: after one session has found out, the others fail at
# once, and one of them probes whether the service is back.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";

use DataConnectTest;
use Test::More;

use constant TILES => 20;

my $dc = DataConnectTest->new(sandbox => ['--tls'],
	conf => "shared_preload_libraries = 'dataconnect_fdw'\n");
my $boss = $dc->session;
my @tiles = map { $dc->session } 1 .. TILES;

# A server that leads to a port, with its table of the same name.
sub make
{
	my ($name, $url, %option) = @_;
	$dc->make_server($name, url => $url, %option);
	$dc->make_rows_table($name, $name);
	return;
}

sub select_from { return "SELECT count(*) FROM $_[0] WHERE n = 3" }

sub ask
{
	my ($name, $session) = @_;
	return ($session || $boss)->attempt(select_from($name));
}

# Run all at once; returns their results.
sub ask_all
{
	my ($name) = @_;
	$_->send(select_from($name)) for @tiles;
	return map { $_->finish } @tiles;
}

# The detail of an outage that is known.
my $away = qr/^DETAIL:  The service has been unreachable since 20\d\d-\d\d-\d\d \d\d:\d\d:\d\d\S*; (?:the next try is in \d+ s|a try is under way)\. libcurl reported: \S.*\.$/m;

# --- Many at once ------------------------------------------------------------

make('gone', 'https://127.0.0.1:' . $dc->listen('refuse'), max_retries => 3);
my @results = ask_all('gone');
is_deeply([ map { $_->{state} } @results ], [ ('HV00N') x TILES ],
	'nobody there: each has the error');
is(scalar(grep { $_->{err} =~ /ERROR:  HV00N: could not connect to the service$/m } @results),
	TILES, 'in the same words');
is(scalar(grep { $_->{err} =~ /^HINT:  Check the server's option "url" and the network\.$/m } @results),
	TILES, 'with the same hint');
cmp_ok(scalar(grep { $_->{err} =~ $away } @results), '>', TILES / 2,
	'most by what another one has met');

# Connections that are accepted and closed can be counted.
my $port = $dc->listen('close');
make('closes', "http://127.0.0.1:$port", max_retries => 3);
is_deeply([ map { $_->{state} } ask_all('closes') ], [ ('HV00M') x TILES ],
	'broken connections: each has the error');
my $connections = $dc->connections($port);
cmp_ok($connections, '<=', TILES + 3, 'each tries once, and one goes on for all');
cmp_ok($connections, '>=', 4, 'as often as max_retries says');

# --- Who fails at once, and who does not --------------------------------------

# While a probe connects, nobody else does. So timing does not matter: the probe stays
# in its TLS handshake until it is ended.
$port = $dc->listen('close');
my %patience = (max_retries => 1, connect_timeout => '1h');
make('one', "https://127.0.0.1:$port", %patience);

# Whether a session with a query connects, or else has finished the query. An idle
# state proves nothing: the session may not have begun yet.
sub connects
{
	my ($session) = @_;
	my $until = time + $PostgreSQL::Test::Utils::timeout_default;
	while (time < $until)
	{
		return 1 if $boss->query("SELECT count(*) FROM pg_stat_activity
			WHERE pid = @{[$session->pid]} AND state = 'active'
			AND wait_event IN ('DataconnectConnect', 'Extension')") eq '1';
		return 0 if $session->so_far->{err} =~ /ERROR/;
	}
	die "a query neither connects nor ends\n";
}

# A session that probes.
sub begin_probe
{
	my ($name) = @_;
	my $prober = $dc->session;
	my $end = time + $PostgreSQL::Test::Utils::timeout_default;
	while (time < $end)
	{
		$prober->send(select_from($name));
		return $prober if connects($prober);
		like($prober->finish->{err}, $away, 'before the end of the pause');
	}
	die "no probe\n";
}

# Wait until a port has had this many connections; returns how many.
sub await_connections
{
	my ($to, $n, $seconds) = @_;
	my $until = time + ($seconds || $PostgreSQL::Test::Utils::timeout_default);
	my $have;
	do { $have = $dc->connections($to) } until $have >= $n || time > $until;
	return $have;
}

sub cancel
{
	my ($session) = @_;
	$boss->query("SELECT pg_cancel_backend(@{[$session->pid]})");
	return $session->finish->{state};
}

my $result = ask('one');
is($result->{state}, 'HV00N', 'an outage is met');
like($result->{err}, qr/^DETAIL:  libcurl reported after 2 tries: /m, 'by all tries');
$dc->listen('silent', $port);
my $prober = begin_probe('one');
$connections = $dc->connections($port);
$result = ask('one', $tiles[0]);
is($result->{state}, 'HV00N', 'another session has the same error');
like($result->{err}, qr/ERROR:  HV00N: could not connect to the service$/m,
	'in the same words');
like($result->{err}, $away, 'with since when it is');
like($result->{err}, qr/; a try is under way\. libcurl reported: /, 'and what is done');
like($result->{err}, qr/^CONTEXT:  request for foreign table "one": GET /m,
	'and for what');
@results = grep { $_->{err} =~ $away } ask_all('one');
is(scalar @results, TILES, 'and so have all at once');
make('same', "https://127.0.0.1:$port", %patience);
like(ask('same')->{err}, $away, 'by another server of that host, too');
is($dc->connections($port), $connections, 'without a connection');

make('sandbox', $dc->url, %patience);
is($tiles[0]->query(select_from('sandbox')), '3', 'another host is left alone');
for my $option ([ max_retries => 2 ], [ connect_timeout => '59min' ], [ retry_max_wait => '9s' ],
	[ proxy => "http://127.0.0.1:$port" ])
{
	make('other', "https://127.0.0.1:$port", %patience, @$option);
	$tiles[1]->send(select_from('other'));
	ok(connects($tiles[1]), "a server with another $option->[0] meets it by itself");
	is(cancel($tiles[1]), '57014', 'until it is cancelled');
	$boss->query('SET client_min_messages = warning; DROP SERVER other CASCADE');
}

# --- The end of a probe --------------------------------------------------------

$boss->query(<<'END');
CREATE FUNCTION caught() RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	RETURN (SELECT count(*) FROM one WHERE n = 3);
EXCEPTION WHEN query_canceled THEN
	PERFORM pg_advisory_lock(1);
	RETURN 'caught';
END $$
END
my $select = select_from('one');

# The statement that probes, the SQL before it, and how it ends.
my %probe = (
	'was cancelled' => [ $select, '', sub { is(cancel($_[0]), '57014', 'a cancel') } ],
	'was terminated' => [ $select, '', sub {
			$boss->query("SELECT pg_terminate_backend(@{[$_[0]->pid]})");
			is($_[0]->finish->{state}, '57P01', 'a terminate');
		} ],
	'was in a subtransaction' => [ 'FETCH c', "BEGIN; DECLARE c CURSOR FOR $select; SAVEPOINT s",
		sub {
			is(cancel($_[0]), '57014', 'a cancel');
			$_[0]->query('ROLLBACK TO s');
		} ],
	'was caught' => [ 'SELECT caught()', '', sub {
			$boss->query("SELECT pg_cancel_backend(@{[$_[0]->pid]})");
			ok($dc->wait_for_wait_event($_[0]->pid, 'advisory'), 'an exception');
		} ]);
$boss->query('SELECT pg_advisory_lock(1)');
cancel($prober);
for my $how (sort keys %probe)
{
	my ($statement, $before, $end) = @{ $probe{$how} };
	my $session = $dc->session;
	$session->query($before) if $before;
	$session->send($statement);
	ok(connects($session), "$how: a probe");
	$connections = $dc->connections($port);
	like(ask('one')->{err}, qr/; a try is under way\. /, "$how: others are refused");
	is($dc->connections($port), $connections, "$how: without a connection");
	$end->($session);
	my $next = $dc->session;
	$next->send($select);
	ok(connects($next), "a probe that $how makes room for the next");
	cancel($next);
}

# --- Reachable again -------------------------------------------------------------

$dc->listen('service', $port);
$dc->clear_log;
is($tiles[2]->query(select_from('one')), '3', 'a probe finds the service');
is(scalar @{ $dc->log }, 1, 'by one request');
is_deeply([ map { "$_->{out}$_->{err}" } ask_all('one') ], [ ('3') x TILES ],
	'then all do');

# Rows that have begun to arrive are returned.
my $rows = 100_000;
$dc->fault({ hold_after => { bytes => 5000 }, param => { Count => $rows } });
$tiles[0]->query("BEGIN; DECLARE c CURSOR FOR SELECT id FROM one WHERE n = $rows");
is($tiles[0]->query('FETCH 1 FROM c'), '1', 'a cursor is read');
$dc->listen('close', $port);
is(ask('one', $dc->session)->{state}, 'HV00N', 'the service goes away');
$dc->listen('silent', $port);
$prober = begin_probe('one');
like(ask('one', $tiles[2])->{err}, $away, 'as all know, with connections or without');
$dc->release;
is(scalar(split /\n/, $tiles[0]->query('FETCH ALL FROM c')), $rows - 1,
	'the cursor has the other rows');
$tiles[0]->query('COMMIT');

# Several scans of the query that probes: its own probe does not block them.
cancel($prober);
$dc->listen('service', $port);
is($tiles[2]->query('SELECT count(*) FROM (SELECT id FROM one WHERE n = 3
	UNION ALL SELECT id FROM same WHERE n = 2
	UNION ALL SELECT id FROM one WHERE n IN (4, 5, 6)) a'), '20',
	'a query of several scans finds it, too');

# --- The token service -------------------------------------------------------------

my %oauth = (
	mapping => {
		username => 'analyst', password => 's3cret',
		client_id => 'client', client_secret => 'client-secret' });
$dc->listen('close', $port);
make('login', $dc->url, %patience, %oauth, token_url => "https://127.0.0.1:$port/token");
is(ask('login', $tiles[0])->{state}, 'HV00N', 'a token service is away');
$dc->listen('silent', $port);
$prober = begin_probe('login');
$dc->clear_log;
like(ask('login', $tiles[1])->{err}, $away, 'for others as well');
is($tiles[1]->query(select_from('sandbox')), '3', 'the service is not');
cancel($prober);

# --- Reset by hand ---------------------------------------------------------------

$port = $dc->listen('close');
make('lifted', "https://127.0.0.1:$port", %patience);
my $since = "SELECT unreachable_since FROM dataconnect_concurrency WHERE server_name = 'lifted'";
is($boss->query($since), '', 'of a host that nobody has asked nothing is known');
is($boss->query("SELECT dataconnect_resume('lifted')"), '0', 'there is nothing to lift');
is(ask('lifted', $tiles[0])->{state}, 'HV00N', 'an outage is met');
$dc->listen('silent', $port);
$prober = begin_probe('lifted');
my ($told) = ask('lifted', $tiles[1])->{err} =~ /unreachable since ([^;]+);/;
is($boss->query("SELECT unreachable_since = '$told'
	FROM dataconnect_concurrency WHERE server_name = 'lifted'"), 't', 'the view shows since when');
is($boss->query("SELECT count(*) FROM dataconnect_concurrency
	WHERE server_name = 'sandbox' AND unreachable_since IS NULL"), '1', 'and of no other host');
$boss->query('CREATE ROLE analyst; CREATE ROLE guest;
	GRANT USAGE ON FOREIGN SERVER lifted TO analyst;
	CREATE USER MAPPING FOR analyst SERVER lifted OPTIONS (token $$t$$)');
is($tiles[1]->attempt("SET ROLE guest; SELECT dataconnect_resume('lifted')")->{state}, '42501',
	'who may not use the server cannot end it');
like(ask('lifted', $tiles[0])->{err}, $away, 'it goes on');
is($tiles[1]->query("SET ROLE analyst; SELECT dataconnect_resume('lifted')"), '1', 'who may ends it');
is($boss->query($since), '', 'the view has forgotten it');
$connections = $dc->connections($port);
$tiles[0]->send(select_from('lifted'));
is(await_connections($port, $connections + 1), $connections + 1, 'the next query tries at once');
is(cancel($tiles[0]), '57014', 'until it is cancelled');
cancel($prober);
is($boss->query($since), '', 'and nothing is left');
$tiles[1]->query('RESET ROLE');

# The preferred endpoint belongs to the server as well.
$port = $dc->listen('close');
$dc->set(preferred_endpoint => "https://127.0.0.1:$port");
make('prefers', $dc->url, %patience, use_preferred_endpoint => 'on');
$since =~ s/lifted/prefers/;
is(ask('prefers', $tiles[0])->{state}, 'HV00N', 'a preferred endpoint is away');
$dc->listen('silent', $port);
$prober = begin_probe('prefers');
like(ask('prefers', $tiles[1])->{err}, $away, 'as others hear');
like($boss->query($since), qr/^20/, 'the view shows since when');
is($boss->query("SELECT dataconnect_resume('prefers')"), '1', 'that is ended');
is($boss->query($since), '', 'and forgotten');
$connections = $dc->connections($port);
$tiles[0]->send(select_from('prefers'));
is(await_connections($port, $connections + 1), $connections + 1, 'so that the next query tries');
cancel($_) for $tiles[0], $prober;
$dc->set(preferred_endpoint => undef);

# Waiting requests continue. One of these tries, and the other waits for it.
$dc->listen('close', $port);
make('waits', "https://127.0.0.1:$port", max_retries => 100, retry_max_wait => '100ms',
	connect_timeout => '1h');
$_->send(select_from('waits')) for @tiles[ 0, 1 ];
$dc->wait_for_result("SELECT count(*) FROM pg_stat_activity WHERE state = 'active'
	AND pid IN (@{[join ', ', map { $_->pid } @tiles[ 0, 1 ]]})
	AND wait_event IN ('DataconnectConnect', 'DataconnectRetry', 'Extension')", '2');
await_connections($port, $dc->connections($port) + 5);
# The reply to this request says how many there were when the port fell silent.
$connections = $dc->control('POST', 'listen', { mode => 'silent', port => $port + 0 })->{connections};
is(await_connections($port, ++$connections), $connections, 'one tries');
is($boss->query("SELECT dataconnect_resume('waits')"), '0', 'no outage yet');
is(await_connections($port, $connections + 1, 20), $connections + 1,
	'but who waits goes on at once');
cancel($_) for @tiles[ 0, 1 ];

# --- Without shared memory -----------------------------------------------------------

my $alone = DataConnectTest->new;
$port = $alone->listen('close');
$alone->make_server('one', url => "http://127.0.0.1:$port", max_retries => 1);
$alone->make_rows_table('one', 'one');
my ($first, $second) = map { $alone->session } 1 .. 2;
my $end = time + $PostgreSQL::Test::Utils::timeout_default;
do { $result = ask('one', $first) } until $result->{err} =~ $away || time > $end;
like($result->{err}, $away, 'a session knows what it has met itself');
$since = 'SELECT unreachable_since IS NOT NULL FROM dataconnect_concurrency';
is($first->query($since), 't', 'its view shows it');
is($second->query($since), '', 'that of another does not');
$connections = $alone->connections($port);
is($second->query("SELECT dataconnect_resume('one')"), '0', 'who knows of none lifts none');
is($first->query("SELECT dataconnect_resume('one')"), '1', 'who does lifts it for itself');
is($first->query($since), 'f', 'it is forgotten');
is(ask('one', $first)->{state}, 'HV00M', 'and met anew');
is($alone->connections($port), $connections + 2, 'by tries that are made at once');
$connections = $alone->connections($port);
is(ask('one', $second)->{state}, 'HV00M', 'another meets it, too');
is($alone->connections($port), $connections + 2, 'by its own tries');
$alone->listen('service', $port);
do { $result = ask('one', $first) } until $result->{err} eq '' || time > $end;
is($result->{out}, '3', 'and it is found when it is back');

done_testing();
