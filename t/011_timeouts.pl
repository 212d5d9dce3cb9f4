# The time-out options: each ends the wait that it limits, names itself, leaves a
# working session, and does not run at other times.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";

use DataConnectTest;
use IO::Compress::Gzip qw(gzip);
use MIME::Base64 qw(encode_base64);
use Test::More;
use Time::HiRes qw(time);

# Seconds that a busy machine may need beyond a time-out.
use constant SLACK => 10;

my $dc = DataConnectTest->new(silent_names => 1);
my $session = $dc->session;
my $listener = $dc->listener;
my %oauth = (
	token_url => $dc->url . '/v1/oauth2/token',
	mapping => {
		username => 'analyst', password => 's3cret',
		client_id => 'client', client_secret => 'client-secret' });

# A server and its table of the same name.
sub make
{
	my ($name, %option) = @_;
	$dc->make_server($name, %option);
	$session->query("CREATE FOREIGN TABLE $name (id integer OPTIONS (name 'Id'),
		n integer OPTIONS (param 'Count')) SERVER $name
		OPTIONS (endpoint '/test/rows')");
	return;
}

# A query for 1,000 rows must end with a time-out.
sub times_out
{
	my ($name, $phase, $option, $ms, $fault) = @_;
	my $waited = $ms % 1000 ? "$ms ms" : $ms / 1000 . ' s';
	$dc->clear_log;
	$dc->fault($fault) if $fault;
	my $begun = time;
	my $result = $session->attempt("SELECT count(id) FROM $name WHERE n = 1000");
	my $took = time - $begun;

	is($result->{state}, 'HV00M', "$name: a time-out");
	like($result->{err}, qr/ timed out in phase "$phase"$/m, "$name: its phase");
	like($result->{err}, qr/^DETAIL:  Waited $waited for /m, "$name: its length");
	like($result->{err}, qr/^HINT:  Raise the server's option "$option", /m,
		"$name: its option");
	cmp_ok($took, '>=', $ms / 1000, "$name: not too early");
	cmp_ok($took, '<', $ms / 1000 + SLACK, "$name: nor too late");
	$dc->wait(in_flight => 0);
	$dc->clear_faults;
	return;
}

sub answers
{
	my ($name) = @_;
	is($session->query("SELECT count(id) FROM $name WHERE n = 7"), '7',
		"$name: the next query is answered");
	return;
}

# Connecting: name lookup, TCP and TLS. There is no second try.
make('lookup', url => $dc->silent_url, connect_timeout => '500ms');
make('tcp', url => 'http://127.0.0.1:' . $dc->full_port,
	connect_timeout => '500ms');
make('tls', url => 'https://127.0.0.1:' . $listener->sockport,
	connect_timeout => '500ms');
for my $name (qw(lookup tcp tls))
{
	times_out($name, 'connect', 'connect_timeout', 500);
	$session->query("ALTER SERVER $name OPTIONS (SET url '@{[$dc->url]}')");
	answers($name);
}
my $connection = $dc->connection($listener, 0);
ok($connection, 'tls: there was a connection');
ok($dc->is_ended($connection, 10), 'tls: it has ended');
ok(!$dc->connection($listener, 0), 'tls: there was no other');

$dc->fault({ delay_headers => 1 });
answers('tcp');    # connect_timeout is over once there is a connection

# The first byte of the body, not of the head, nor of a gzip head; also of a log-in.
gzip \'[{"Id":1},{"Id":2}]' => \my $gzip, -Name => 'x' x 300;
my %gzip = (
	raw => encode_base64($gzip, ''),
	headers => { 'Content-Encoding' => 'gzip' });
make('first', first_byte_timeout => '500ms');
make('login', first_byte_timeout => '500ms', %oauth);
for my $fault (
	{ hold_headers => 1 },
	{ hold_after => { bytes => 0 } },
	{ %gzip, hold_after => { bytes => 10 } },
	{ %gzip, drip => { bytes => 1, every => 0.1 } })
{
	times_out('first', 'first byte', 'first_byte_timeout', 500, $fault);
	is(scalar @{ $dc->log }, 1, 'first: without another try');
	answers('first');
}
times_out('login', 'first byte', 'first_byte_timeout', 500,
	{ path => '/v1/oauth2/token', hold_headers => 1 });
is_deeply([ map { $_->{Path} } @{ $dc->log } ], ['/v1/oauth2/token'],
	'login: nothing but the login was sent');
answers('login');

# Silence within a body.
make('idle', idle_timeout => '500ms');
for my $compression ('off', 'on')
{
	$session->query("ALTER SERVER idle OPTIONS (ADD compression '$compression')");
	times_out('idle', 'idle', 'idle_timeout', 500,
		{ hold_after => { bytes => 500 } });
	is(scalar @{ $dc->log }, 1, 'idle: without another try');
	answers('idle');
	$session->query('ALTER SERVER idle OPTIONS (DROP compression)');
}

# The time-out does not run while nobody reads rows.
$session->query('BEGIN');
$dc->fault({ hold_after => { bytes => 500 } });
$session->query('DECLARE c CURSOR FOR SELECT id FROM idle WHERE n = 1000');
is($session->query('FETCH 1 FROM c'), '1', 'idle: a cursor has a row');
$session->query('SELECT pg_sleep(1)');
$dc->release;
is(scalar(split /\n/, $session->query('FETCH ALL FROM c')), 999,
	'idle: and the others after a pause of its own');
$session->query('COMMIT');
$dc->clear_faults;

# Neither time-out ends a reply that trickles in, though it takes far longer than
# both. While the head of a gzip file trickles, only the first one runs.
my %trickle = (plain => { bytes => 80 }, gzip => { bytes => 20 });
my %slow;
for my $name (sort keys %trickle)
{
	make($name, compression => 'off', idle_timeout => '2500ms',
		first_byte_timeout => $name eq 'gzip' ? '60s' : '2500ms');
	$slow{$name} = $dc->session;
}
my $begun = time;
for my $name (sort keys %trickle)
{
	$dc->fault({
		drip => { bytes => $trickle{$name}{bytes}, every => 0.25 },
		$name eq 'gzip' ? %gzip : () });
	$dc->clear_log;
	$slow{$name}->send("SELECT count(id) FROM $name WHERE n = 11");
	$dc->wait(requests => 1);
}
is($slow{plain}->finish->{out}, '11', 'plain: all rows of a reply that trickles');
cmp_ok(time - $begun, '>', 2.5, 'plain: and it took longer than the time-outs');
is($slow{gzip}->finish->{out}, '2', 'gzip: all rows of a reply that trickles');

# The total time-out, whatever the time is spent on.
make('total', total_timeout => '1s', retry_max_wait => '50s');
make('total_connect', url => 'http://127.0.0.1:' . $dc->full_port,
	total_timeout => '1s');
make('total_login', total_timeout => '1s', %oauth);
make('total_retries', total_timeout => '1s', max_retries => 100,
	retry_max_wait => '50ms');
my %fault = (
	'the head' => { hold_headers => 1 },
	'the body' => { hold_after => { bytes => 500 } },
	'a body that trickles' => { drip => { bytes => 1, every => 0.1 } },
	'a sleep before a retry' =>
	  { status => 503, headers => { 'Retry-After' => 40 } },
	'a refusal' => { status => 503, body => 'No, because',
		headers => { 'Retry-After' => 40 }, hold_after => { bytes => 4 } });
for my $what (sort keys %fault)
{
	times_out('total', 'total', 'total_timeout', 1000, $fault{$what});
	is(scalar @{ $dc->log }, 1, "total: without another try: $what");
	answers('total');
}
times_out('total_connect', 'total', 'total_timeout', 1000);
times_out('total_login', 'total', 'total_timeout', 1000,
	{ path => '/v1/oauth2/token', hold_headers => 1 });
answers('total_login');
times_out('total_retries', 'total', 'total_timeout', 1000,
	{ status => 503, count => 0 });
cmp_ok(scalar @{ $dc->log }, '>', 3, 'total_retries: there were some');
answers('total_retries');

done_testing();
