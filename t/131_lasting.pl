# Failures that do not pass are not retried: a host name that does not exist, which
# libcurl cannot tell from a name server that does not answer. Also: http to a TLS
# port.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";

use DataConnectTest;
use Test::More;
use Time::HiRes qw(time);

my $dc = DataConnectTest->new(names => 1, sandbox => ['--tls'],
	conf => "shared_preload_libraries = 'dataconnect_fdw'\n");
my ($boss, $other) = map { $dc->session } 1 .. 2;

sub make
{
	my ($name, %option) = @_;
	$dc->make_server($name, max_retries => 2, retry_max_wait => '100ms', %option);
	$dc->make_rows_table($name, $name);
	return;
}

sub ask { return ($_[1] || $boss)->attempt("SELECT count(*) FROM $_[0] WHERE n = 3") }

my $n = 0;
for my $name ('none.invalid', 'nodata.invalid')
{
	for my $option ('url', 'proxy')
	{
		my $server = 's' . ++$n;
		my $before = $dc->lookups($name);
		make($server, url => $option eq 'url' ? "https://$name" : $dc->url,
			$option eq 'proxy' ? (proxy => "http://$name:3128") : ());
		my $result = ask($server);
		is($result->{state}, 'HV00N', "$name as $option: an error");
		like($result->{err}, qr/ERROR:  HV00N: host in option "$option" of the server does not exist$/m,
			'that says so');
		like($result->{err},
			qr/^DETAIL:  The name has no address\. libcurl reported: .*\Q$name\E.*\.$/m, 'of which');
		like($result->{err}, qr/^HINT:  Check the server's option "$option"\.$/m, 'with a hint');
		is($dc->lookups($name) - $before, 2, 'after one try, and one look');
		is(ask($server, $other)->{err} =~ /does not exist/, 1, 'for others as well');
		is($dc->lookups($name) - $before, 4, 'who look themselves');
	}
}
is($boss->query('SELECT count(*) FROM dataconnect_concurrency WHERE unreachable_since IS NOT NULL'),
	'0', 'this is no outage');

for my $option ('url', 'proxy')
{
	my $before = $dc->lookups('again.invalid');
	make("again_$option", url => $option eq 'url' ? 'https://again.invalid' : $dc->url,
		$option eq 'proxy' ? (proxy => 'http://again.invalid:3128') : ());
	my $result = ask("again_$option");
	like($result->{err}, qr/ERROR:  HV00N: could not connect to the service$/m,
		"no name server for the $option: an error");
	like($result->{err}, qr/^DETAIL:  libcurl reported after 3 tries: /m, 'after all tries');
	is($dc->lookups('again.invalid') - $before, 6, 'each with a look');
}

# A name that is found is looked up by libcurl only.
make('here', url => 'https://here.invalid:' . $dc->port, tls_verify => 'off');
is(ask('here')->{out}, '3', 'a host that is there answers');
is($dc->lookups('here.invalid'), 1, 'and has been looked up once');

# A lookup that takes long holds up nobody: a cancel ends it at once, and it ends by
# itself after some seconds. If the cancel comes only then, because the machine is
# busy, it is tried again in another session.
make('hangs', url => 'https://hangs.invalid', max_retries => 0);
my ($session, $result, $begun);
my $end = time + $PostgreSQL::Test::Utils::timeout_default;
do
{
	my $before = $dc->lookups('hangs.invalid');
	$session->quit if $session;
	$session = $dc->session;
	$session->send('SELECT count(*) FROM hangs WHERE n = 3');
	1 while $dc->lookups('hangs.invalid') < $before + 2 && time < $end;
	is($dc->lookups('hangs.invalid'), $before + 2, 'a look');
	$begun = time;
	$boss->query("SELECT pg_cancel_backend(@{[$session->pid]})");
	$result = $session->finish;
} until $result->{state} eq '57014' && time - $begun < 1 || time > $end;
is($result->{state}, '57014', 'a cancel ends it');
cmp_ok(time - $begun, '<', 1, 'within a second');
is($session->query('SELECT 1'), '1', 'the session goes on');
is($session->query('SELECT count(*) FROM here WHERE n = 2'), '2', 'and asks');
is($dc->session->attempt('SELECT count(*) FROM hangs WHERE n = 3')->{state}, 'HV00N',
	'a look without an answer ends by itself');

# --- http to a TLS port -----------------------------------------------------------

make('plain', url => 'http://127.0.0.1:' . $dc->port);
$result = ask('plain');
is($result->{state}, 'HV00M', 'TLS is asked without: an error');
like($result->{err}, qr/ closed the connection without a reply\nDETAIL:  libcurl reported after 3 tries: /,
	'that cannot be told from another');
my $listener = $dc->listener;
make('alert', url => 'http://127.0.0.1:' . $listener->sockport);
$session->send('SELECT count(*) FROM alert WHERE n = 3');
my $client = $dc->connection($listener, 30);
sysread $client, my $head, 4096;
syswrite $client, "\x15\x03\x03\x00\x02\x02\x46";
close $client;
like($session->finish->{err}, qr/ERROR:  HV00M: service did not answer with a valid HTTP reply$/m,
	'but by an alert of TLS');
ok(!$dc->connection($listener, 0), 'after which there is no other try');

done_testing();
