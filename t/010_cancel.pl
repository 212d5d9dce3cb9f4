# pg_cancel_backend(), pg_terminate_backend() and statement_timeout end a scan in
# every kind of wait, close its connection, and leave a working session.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";

use DataConnectTest;
use Test::More;
use Time::HiRes qw(time);

# Most seconds from an interrupt to the end of the query. One second is promised; the
# rest is for a busy machine.
use constant SOON => 10;

my $dc = DataConnectTest->new(silent_names => 1);
my $listener = $dc->listener;
my $held = sub { $dc->wait(held => 1) };
my $gone = sub { $dc->wait(in_flight => 0); return 1 };

# The waits of a scan: how each is caused (options of the server, faults of the
# sandbox), how the test sees that the scan waits (arrive), and that the connection
# has ended (leave).
my %phase = (
	lookup => { server => { url => $dc->silent_url }, reason => 'Connect' },
	connect => {
		server => { url => 'http://127.0.0.1:' . $dc->full_port },
		reason => 'Connect' },
	tls => {
		server => { url => 'https://127.0.0.1:' . $listener->sockport },
		reason => 'Connect',
		arrive => \&accept_hello,
		leave => \&hello_ended },
	login => {
		server => {
			token_url => $dc->url . '/v1/oauth2/token',
			mapping => {
				username => 'analyst', password => 's3cret',
				client_id => 'client', client_secret => 'client-secret' } },
		fault => { path => '/v1/oauth2/token', hold_headers => 1 } },
	endpoint => {
		server => { use_preferred_endpoint => 'true' },
		fault => { path => '/session', hold_headers => 1 } },
	head => { fault => { hold_headers => 1 } },
	first_byte => { fault => { hold_after => { bytes => 0 } } },
	gzip_head => {
		server => { compression => 'on' },
		fault => { hold_after => { bytes => 10 } } },
	body => { fault => { hold_after => { bytes => 5000 } } },
	refusal => {
		fault => {
			status => 400, body => 'No, because', hold_after => { bytes => 4 } } },
	retry => {
		fault => { status => 503, headers => { 'Retry-After' => 50 } },
		reason => 'Retry',
		arrive => sub { $dc->wait(requests => 1, in_flight => 0) } });

# This one waits until nothing is in flight, so it must precede those that hold.
my @names = ('retry', grep { $_ ne 'retry' } sort keys %phase);

# Each query requests another number of rows, so that it meets only its own faults.
my $rows = 1000;
for my $name (@names)
{
	my $phase = $phase{$name};
	$phase->{rows} = ++$rows;
	$phase->{reason} ||= 'Reply';
	if ($phase->{fault})
	{
		$phase->{fault}{param} = { Count => $rows } unless $phase->{fault}{path};
		$phase->{arrive} ||= $held;
		$phase->{leave} ||= $gone;
	}
	$dc->make_server($name, compression => 'off', %{ $phase->{server} || {} });
}
my $boss = $dc->session;
$boss->query(join ';', map {
	"CREATE FOREIGN TABLE ${_}_rows (id integer OPTIONS (name 'Id'),
		n integer OPTIONS (param 'Count')) SERVER $_
		OPTIONS (endpoint '/test/rows')" } @names);

# The first byte of TLS shows that the client has begun its handshake.
my $connection;

sub accept_hello
{
	$connection = $dc->connection($listener, 30) or die "nobody connected\n";
	is(sysread($connection, my $type, 1), 1, 'tls: the client speaks');
	is(ord $type, 22, 'tls: it begins a handshake');
	return;
}

sub hello_ended { return $dc->is_ended($connection, 30) }

# Start a scan.
sub start
{
	my ($name, $session, $sql) = @_;
	my $phase = $phase{$name};
	$sql ||= "SELECT count(id) FROM ${name}_rows WHERE n = %d";
	$dc->clear_log;
	$dc->fault($phase->{fault}) if $phase->{fault};
	$session->send(sprintf $sql, $phase->{rows});
	return;
}

# Wait until the scan is in the expected wait.
sub arrive
{
	my ($name, $session) = @_;
	my $phase = $phase{$name};
	$phase->{arrive}->() if $phase->{arrive};
	ok($dc->wait_until_it_waits($session->pid, $phase->{reason}),
		"$name: the scan waits");
	return;
}

# A query that the same server answers. If nobody listens at its address, the server
# is altered to use the sandbox.
sub answers
{
	my ($name, $session) = @_;
	my $url = $phase{$name}{server}{url};
	$boss->query("ALTER SERVER $name OPTIONS (SET url '@{[$dc->url]}')") if $url;
	is($session->query("SELECT count(id) FROM ${name}_rows WHERE n = 7"), '7',
		"$name: the next query is answered");
	$boss->query("ALTER SERVER $name OPTIONS (SET url '$url')") if $url;
	return;
}

sub left
{
	my ($name, $how) = @_;
	ok($phase{$name}{leave}->(), "$name: $how ends the connection")
	  if $phase{$name}{leave};
	$dc->clear_faults;
	return;
}

my %session = map { $_ => $dc->session } @names;
for my $name (@names)
{
	my $session = $session{$name};
	start($name, $session);
	arrive($name, $session);
	my $begun = time;
	$boss->query('SELECT pg_cancel_backend(' . $session->pid . ')');
	my $result = $session->finish;
	cmp_ok(time - $begun, '<', SOON, "$name: a cancel comes through soon");
	is($result->{state}, '57014', "$name: it is told as such");
	like($result->{err}, qr/ due to user request$/m, "$name: and its cause");
	left($name, 'a cancel');
	is(scalar @{ $dc->log }, $phase{$name}{fault} ? 1 : 0,
		"$name: nothing was sent again");
}

# A cancelled wait must not hold up anything later: run the same queries in the same
# sessions. Their time-outs take their time, so run them all at once.
$_->query("SET statement_timeout = '5s'") for values %session;
my $begun = time;
for my $name (@names)
{
	start($name, $session{$name});
	arrive($name, $session{$name});
}
for my $name (@names)
{
	my $result = $session{$name}->finish;
	is($result->{state}, '57014', "$name: statement_timeout is told as such");
	like($result->{err}, qr/ due to statement timeout$/m, "$name: and its cause");
}
cmp_ok(time - $begun, '<', 5 + SOON, 'statement_timeout comes through soon');
left($_, 'statement_timeout') for @names;
for my $name (@names)
{
	$session{$name}->query('RESET statement_timeout');
	answers($name, $session{$name});
}

# Sessions without a token or endpoint wait for these again.
for my $name (@names)
{
	my $session = $dc->session;
	start($name, $session);
	arrive($name, $session);
	my $begun = time;
	$boss->query('SELECT pg_terminate_backend(' . $session->pid . ')');
	is($session->finish->{state}, '57P01', "$name: a terminate is told as such");
	cmp_ok(time - $begun, '<', SOON, "$name: it comes through soon");
	left($name, 'a terminate');
}

# If an exception block catches the cancel, the scan has ended when the block
# continues.
my $session = $session{body};
start('body', $session, <<'END');
DO $$
BEGIN
	PERFORM count(id) FROM body_rows WHERE n = %d;
EXCEPTION WHEN query_canceled THEN
	PERFORM pg_sleep(600);
END $$
END
arrive('body', $session);
$boss->query('SELECT pg_cancel_backend(' . $session->pid . ')');
ok($dc->wait_for_wait_event($session->pid, 'PgSleep'), 'a block goes on');
left('body', 'a cancel that is caught');
$boss->query('SELECT pg_cancel_backend(' . $session->pid . ')');
is($session->finish->{state}, '57014', 'the block is cancelled');
answers('body', $session);

# The same for the end of a session whose cursor nobody reads.
$session->query('BEGIN');
$dc->fault({ hold_after => { bytes => 5000 } });
$session->query('DECLARE c CURSOR FOR SELECT id FROM body_rows WHERE n = 1000');
is($session->query('FETCH 1 FROM c'), '1', 'a cursor is read');
$dc->wait(held => 1);
$boss->query('SELECT pg_terminate_backend(' . $session->pid . ')');
$dc->wait(in_flight => 0);

done_testing();
