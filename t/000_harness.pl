# The harness itself: the sandbox answers and can be told to misbehave, the
# cluster has the extension, and sessions can be watched while they wait.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";

use DataConnectTest;
use Test::More;

my $dc = DataConnectTest->new;

# The sandbox
like($dc->url, qr{^http://127\.0\.0\.1:\d+$}, 'the sandbox listens');
is_deeply($dc->log, [], 'its log is empty at first');

sub status_of
{
	my ($path) = @_;
	my $url = $dc->url . $path;
	return `curl -s -o /dev/null -w '%{http_code}' -H 'Authorization: Bearer sandbox-token' '$url'`;
}

is(status_of('/lists/stores'), '200', 'it answers a list');
my $log = $dc->log;
is(scalar @$log, 1, 'and logs the request');
is($log->[0]{Path}, '/lists/stores', 'with its path');
is($dc->headers($log->[0])->{authorization} // '', 'Bearer sandbox-token',
	'and its headers');
$dc->clear_log;
is_deeply($dc->log, [], 'the log can be cleared');

$dc->fault({ path => '/lists/*', status => 503 });
is(status_of('/lists/stores'), '503', 'it misbehaves when told to');
is(status_of('/lists/stores'), '200', 'once');
$dc->document('/lists/stores', '[]');
is(`curl -s -H 'Authorization: Bearer sandbox-token' '@{[$dc->url]}/lists/stores'`,
	'[]', 'it answers with a document it was given');
ok(!eval { $dc->fault({ nonsense => 1 }); 1 }, 'a bad order is refused');
$dc->reset;
is_deeply($dc->log, [], 'it can be reset');

# The cluster
is($dc->sql("SELECT count(*) FROM pg_extension WHERE extname = 'dataconnect_fdw'"),
	'1', 'the cluster has the extension');
$dc->make_server('dc');
is($dc->sql("SELECT count(*) FROM pg_user_mappings WHERE srvname = 'dc'"),
	'1', 'make_server makes a server and a mapping');

# Sessions
my $session = $dc->session;
is($session->query('SELECT 1'), '1', 'a session answers');
$session->send('SELECT pg_sleep(600)');
$dc->wait_for_wait_event($session->pid, 'PgSleep');
$dc->sql('SELECT pg_cancel_backend(' . $session->pid . ')');
like($session->finish->{err}, qr/ERROR:  57014:/, 'a cancel reaches it');
is($session->query('SELECT 2'), '2', 'and it lives on');
$session->quit;

$session = $dc->session;
$session->send('SELECT pg_sleep(600)');
$dc->wait_for_wait_event($session->pid, 'PgSleep');
$dc->sql('SELECT pg_terminate_backend(' . $session->pid . ')');
like($session->finish->{err}, qr/FATAL:  57P01:/, 'a termination reaches it');

# TLS
my $tls = DataConnectTest->new(sandbox => ['--tls'], without_cluster => 1);
like($tls->url, qr{^https://}, 'a sandbox can speak TLS');
ok(-f $tls->ca_file, 'and shows its certificate');
is_deeply($tls->log, [], 'and is under control');

# Another world: the arguments of all sandboxes, over those of one
my @names = qw(session_lock limit_by concurrency);
local $ENV{DATACONNECT_SANDBOX_ARGS} =
  '--set session_lock=true --set limit_by=company --set concurrency=5';
my $world = DataConnectTest->new(sandbox => [ '--set', 'concurrency=3' ], without_cluster => 1);
is_deeply([ @{ $world->settings }{@names} ], [ JSON::PP::true(), 'company', 5 ],
	'DATACONNECT_SANDBOX_ARGS come behind the arguments of the test');
$world->set(session_lock => JSON::PP::false(), limit_by => 'resource', concurrency => 4);
$world->reset;
is_deeply([ @{ $world->settings }{@names} ], [ JSON::PP::true(), 'company', 5 ],
	'and a reset leads back to them');

done_testing();
