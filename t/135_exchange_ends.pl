# statement_timeout and pg_terminate_backend() end a request within a second, in each of
# its states, and leave nothing: neither its slot or place in the queue, nor its
# connection. The session's next request has its cookie, unless the service may still hold
# the lock of the session that the cookie names.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";

use DataConnectTest;
use JSON::PP ();
use List::Util qw(min);
use Test::More;
use Time::HiRes qw(time);

# Seconds from an interrupt to the end of the query. On a busy machine, one of several
# attempts has to be that quick.
use constant { SOON => 1, ATTEMPTS => 3, TIMEOUT => 1 };

my $true = JSON::PP::true;
my $dc = DataConnectTest->new(conf => "shared_preload_libraries = 'dataconnect_fdw'\n");
my $boss = $dc->session;
my $token_path = '/v1/oauth2/token';
my %account = (username => 'analyst', password => 's3cret', client_id => 'client',
	client_secret => 'client-secret');
my $full_port = $dc->full_port;

# The states: options of the server; the fault that the request for so many rows meets;
# what is seen when it is there; its wait event; and whether its cookie can be used again. The service stays silent until the
# test ends.
my $silent = { idle_timeout => '10min', retry_max_wait => '10min', compression => 'off' };
my %state = (
	'in the queue' => { server => { max_concurrency => 1 }, holder => 1, event => 'Queue', cookie => 1 },
	'waiting for a token' => {
		server => { token_url => $dc->url . $token_path, mapping => \%account },
		fault => { path => $token_path, hold_headers => $true }, seen => { held => 1 } },
	'connecting' => { server => { connect_timeout => '10min' }, moved => 1, event => 'Connect' },
	'sent' => { fault => { hold_headers => $true }, seen => { held => 1 } },
	'before the first byte' => { fault => { hold_after => { bytes => 0 } }, seen => { held => 1 } },
	'within a head of gzip' => {
		server => { compression => 'on' },
		fault => { hold_after => { bytes => 10 } }, seen => { held => 1 } },
	'reading' => { fault => { hold_after => { bytes => 20_000 } }, seen => { held => 1 } },
	'backing off' => {
		fault => { status => 503, headers => { 'Retry-After' => 500 } }, event => 'Retry',
		seen => { requests => 1, in_flight => 0 }, cookie => 1 },
	'pausing after a 429' => {
		fault => { status => 429, headers => { 'Retry-After' => 500 } }, event => 'Retry',
		seen => { requests => 1, in_flight => 0 }, cookie => 1 },
	'draining a refusal' => {
		fault => { status => 400, body => 'No, because', hold_after => { bytes => 4 } },
		seen => { held => 1 } });

my $servers = 0;
for my $name (sort keys %state)
{
	my $state = $state{$name};
	$state->{table} = 's' . ++$servers;
	$dc->make_server($state->{table}, %$silent, mapping => { token => $dc->token },
		%{ $state->{server} || {} });
	$dc->make_rows_table($state->{table}, $state->{table});
}

# Sockets that a backend has open, by which it may wait for the service.
sub sockets
{
	my ($session) = @_;
	return scalar grep { (readlink $_ // '') =~ /^socket:/ } glob '/proc/' . $session->pid . '/fd/*';
}

sub cookie { return $_[0]{Cookie} =~ /DataConnectState=([^;]*)/ ? $1 : '' }

# The cookie of a request that succeeds.
sub cookie_now
{
	my ($session, $table) = @_;
	$dc->clear_log;
	is($session->query("SELECT count(id) FROM $table WHERE n = 5"), '5', "$table: a query is answered");
	return cookie($dc->log(path => '/test/rows')->[0]);
}

# Bring a new session's request into a state. Returns the session, its cookie, and how many
# sockets it has without the request.
sub start
{
	my ($name, $timeout) = @_;
	my $state = $state{$name};
	my $table = $state->{table};
	my $session = $dc->session;
	my ($cookie, $sockets);

	# The first reply sets the cookie. A session that waits for a token must have none.
	if ($table ne $state{'waiting for a token'}{table})
	{
		cookie_now($session, $table);
		$cookie = cookie_now($session, $table);
		isnt($cookie, '', "$name: the session has a cookie");
	}
	# Then it begins anew, with other connections and cookies.
	$cookie = undef if $state->{moved};
	$session->query("ALTER SERVER $table OPTIONS (SET url 'http://127.0.0.1:$full_port')") if $state->{moved};
	$sockets = sockets($session);
	$dc->clear_log;
	if ($state->{holder})
	{
		$dc->fault({ hold_headers => $true, name => 'holder', param => { Count => 7 } });
		$state->{session} = $dc->session;
		$state->{session}->send("SELECT count(id) FROM $table WHERE n = 7");
		$dc->wait(held => 1);
	}
	$dc->fault({ ($state->{fault}{path} ? () : (param => { Count => 2000 })), %{ $state->{fault} } })
	  if $state->{fault};
	$session->query("SET statement_timeout = '${timeout}s'") if $timeout;
	my $begun = time;
	$session->send("SELECT count(id) FROM $table WHERE n = 2000");
	$dc->wait(%{ $state->{seen} }) if $state->{seen};
	if ($timeout)
	{
		return ($session, $cookie, $sockets, $begun + $timeout);
	}
	ok($dc->wait_until_it_waits($session->pid, $state->{event} || 'Reply'), "$name: it waits");
	return ($session, $cookie, $sockets);
}

# What is to be as if the request had never been.
sub nothing_left
{
	my ($name, $how) = @_;
	my $state = $state{$name};
	my $wanted = $state->{holder} ? '1|0' : '0|0';
	is($boss->query("SELECT coalesce(sum(in_flight), 0), coalesce(sum(waiting), 0)
			FROM dataconnect_concurrency WHERE server_name = '$state->{table}'"), $wanted, "$name: $how: no slot and no place is left");
	ok(eval { $dc->wait(in_flight => $state->{holder} ? 1 : 0, timeout => SOON); 1 },
		"$name: $how: no connection is left");
	return;
}

sub settle
{
	my ($name) = @_;
	my $state = $state{$name};
	if (my $holder = delete $state->{session})
	{
		$dc->release('holder');
		is($holder->finish->{out}, '7', "$name: the request before it ends");
		$holder->quit;
	}
	$dc->clear_faults;
	$boss->query("SELECT dataconnect_resume('$state->{table}')");
	$boss->query("ALTER SERVER $state->{table} OPTIONS (SET url '@{[$dc->url]}')") if $state->{moved};
	return;
}

# Each returns the seconds that the end took.
sub time_out
{
	my ($name) = @_;
	my ($session, $cookie, $sockets, $due) = start($name, TIMEOUT);
	my $result = $session->finish;
	my $took = time - $due;
	is($result->{state}, '57014', "$name: statement_timeout ends it");
	nothing_left($name, 'statement_timeout');
	cmp_ok(sockets($session), '<=', $sockets, "$name: statement_timeout: and no socket") if defined $cookie;
	settle($name);
	$session->query('RESET statement_timeout');
	my $next = cookie_now($session, $state{$name}{table});
	is($next, $state{$name}{cookie} ? $cookie : '', "$name: the next request has its cookie, or a new one")
	  if defined $cookie;
	$session->quit;
	return $took;
}

sub terminate
{
	my ($name) = @_;
	my ($session) = start($name);
	my $begun = time;
	$boss->query('SELECT pg_terminate_backend(' . $session->pid . ')');
	my $result = $session->finish;
	my $took = time - $begun;
	is($result->{state}, '57P01', "$name: pg_terminate_backend() ends it");
	nothing_left($name, 'pg_terminate_backend()');
	settle($name);
	$session->quit;
	return $took;
}

for my $name (sort keys %state)
{
	for my $how ([ statement_timeout => \&time_out ], [ 'pg_terminate_backend()' => \&terminate ])
	{
		my @took;
		do { push @took, $how->[1]->($name) } until $took[-1] < SOON || @took == ATTEMPTS;
		cmp_ok(min(@took), '<', SOON, "$name: $how->[0] takes less than a second");
	}
}
is($boss->query('SELECT coalesce(sum(in_flight + waiting), 0) FROM dataconnect_concurrency'), '0',
	'nothing is left in the end');
$boss->quit;

done_testing();
