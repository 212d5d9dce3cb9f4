# pg_cancel_backend(), pg_terminate_backend() and statement_timeout end an Append soon,
# whatever its scans wait for, and leave a working session (see 010_cancel.pl for one scan).
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";

use DataConnectTest;
use DataConnectWaits qw(waits server_options settle);
use Test::More;
use Time::HiRes qw(time);

# Most seconds from an interrupt to the end of the query; see 010_cancel.pl.
use constant SOON => 10;

my $dc = DataConnectTest->new(names => 1, conf => "shared_preload_libraries = 'dataconnect_fdw'\n");
my $boss = $dc->session;
my $listener = $dc->listener;
my $token_path = '/v1/oauth2/token';
my %account = (username => 'analyst', password => 's3cret', client_id => 'client',
	client_secret => 'client-secret');
my $true = JSON::PP::true;
my $refused = $dc->listen('refuse');

# What one scan waits for: options of its server, and the fault that it meets.
my %phase = (
	(map { $_->{name} => { fault => $_->{fault} } } waits()),
	'a log-in' => {
		server => { token_url => $dc->url . $token_path, mapping => \%account },
		fault => { path => $token_path, hold_headers => $true } },
	'a log-in after many a 503' => {
		server => { token_url => $dc->url . $token_path, mapping => \%account },
		fault => { path => $token_path, status => 503, count => 0 } },
	'a question' => {
		server => { use_preferred_endpoint => 'true' },
		fault => { path => '/session', hold_headers => $true } },
	'a pause' => { fault => { status => 429, headers => { 'Retry-After' => 500 } } },
	'its turn' => { server => { max_concurrency => 1 }, holder => 1 },
	'a connection' => {
		server => { url => 'http://127.0.0.1:' . $dc->full_port, connect_timeout => '10min' } },
	'a handshake' => {
		server => { url => 'https://127.0.0.1:' . $listener->sockport,
			connect_timeout => '10min' } },
	'a host that refuses' => { server => { url => "http://127.0.0.1:$refused" } },
	'a name' => {
		server => { url => 'https://again.invalid' } },
	'a name that is looked up again' => { server => { url => 'https://hangs.invalid' } });

# The good scan beside it is held; each phase has its own number of rows.
$dc->make_server('good', server_options(), max_concurrency => 100,
	mapping => { token => $dc->token });
$dc->make_rows_table('good', 'good');
my $rows = 1000;
my $servers = 0;
for my $name (sort keys %phase)
{
	my $phase = $phase{$name};
	$phase->{rows} = ++$rows;
	$phase->{table} = 's' . ++$servers;
	$dc->make_server($phase->{table}, server_options(), mapping => { token => $dc->token },
		%{ $phase->{server} || {} });
	$dc->make_rows_table($phase->{table}, $phase->{table});
}
$dc->set(concurrency => 1000);

# Start an Append of which both scans wait; returns once it does.
sub start
{
	my ($name, $session) = @_;
	my $phase = $phase{$name};
	my $fault = $phase->{fault};
	$dc->clear_log;
	$dc->fault({ path => '/test/rows', hold_headers => $true, param => { Count => 3 } });
	$dc->fault({ ($fault->{path} ? () : (path => '/test/rows', param => { Count => $phase->{rows} })),
			%$fault }) if $fault;
	if ($phase->{holder})
	{
		$dc->fault({ hold_headers => $true, name => 'holder', param => { Count => 10 } });
		$phase->{holder} = $dc->session;
		$phase->{holder}->send("SELECT count(*) FROM $phase->{table} WHERE n = 10");
		$dc->wait_until_it_waits_somehow($phase->{holder}->pid);
	}
	$session->send("SELECT sum(n) FROM (SELECT n FROM $phase->{table}
		WHERE n = $phase->{rows} UNION ALL SELECT n FROM good WHERE n = 3) u");
	# A handshake gets a connection, which is to stay open.
	$phase->{connection} = $dc->connection($listener, 30) if $name eq 'a handshake';
	my $asked = sub { scalar grep { $_->{Params} =~ /Count=3\b/ } @{ $dc->log } };
	my $end = time + 5;
	Time::HiRes::sleep(0.01) until $asked->() || $session->is_done || time > $end;
	is($asked->(), 1, "$name: the request of the other scan is sent");
	ok($dc->wait_until_it_waits_somehow($session->pid), "$name: the query waits");
	return;
}

sub end_holder
{
	my ($phase) = @_;
	ref $phase->{holder} or return;
	$dc->release('holder');
	is($phase->{holder}->finish->{out}, '10', 'the request before it ends');
	return;
}

my %interrupt = (
	'a cancel' => [ '57014', sub { $boss->query("SELECT pg_cancel_backend($_[0])") } ],
	'a terminate' => [ '57P01', sub { $boss->query("SELECT pg_terminate_backend($_[0])") } ],
	'statement_timeout' => [ '57014', sub { } ]);

for my $name (sort keys %phase)
{
	for my $how (sort keys %interrupt)
	{
		my ($state, $interrupt) = @{ $interrupt{$how} };
		my $session = $dc->session;
		$session->query("SET statement_timeout = '1s'") if $how eq 'statement_timeout';
		start($name, $session);
		my $begun = time;
		$interrupt->($session->pid);
		is($session->finish->{state}, $state, "$name: $how ends the query");
		cmp_ok(time - $begun, '<', SOON, "$name: $how comes through soon");
		end_holder($phase{$name});
		settle($dc);
		$boss->query("SELECT dataconnect_resume('$phase{$name}{table}')");
		if ($how ne 'a terminate')
		{
			$session->query('RESET statement_timeout');
			is($session->query('SELECT count(*) FROM good WHERE n = 5'), '5',
				"$name: the session is fit for more");
		}
		$session->quit;
	}
}
is($boss->query('SELECT max(in_flight), max(waiting) FROM dataconnect_concurrency'), '0|0',
	'no request is left under way or waiting');
$boss->quit;

done_testing();
