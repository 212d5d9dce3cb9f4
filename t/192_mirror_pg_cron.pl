# Mirrors are refreshed on a schedule by pg_cron, over a connection and in a background
# worker, as doc/mirror-operations.md says. tools/run-tests names this file as not run
# where PostgreSQL has no pg_cron.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";

use DataConnectSchedules;
use DataConnectTest;
use Test::More;

my $dc = DataConnectTest->new;
my $node = $dc->node;
my $schedules = DataConnectSchedules->new($dc);

$node->append_conf('postgresql.conf', "shared_preload_libraries = 'pg_cron,dataconnect_fdw'
cron.database_name = 'postgres'
cron.host = '" . $node->host . "'\n");
$dc->forget_watcher;
$node->restart;
my ($schedule) = $schedules->page =~ /^(CREATE EXTENSION pg_cron;.*?)^```/ms;
$dc->sql($schedule);
is($dc->sql('SELECT count(*) FROM cron.job'), '2', 'jobs for both mirrors');

# Jobs with this schedule run when the server starts, so nobody waits for an hour.
$dc->sql(q{SELECT cron.alter_job(jobid, schedule => '@reboot') FROM cron.job});

sub run_jobs
{
	my ($what) = @_;
	$dc->sql('DELETE FROM cron.job_run_details');
	$dc->forget_watcher;
	$node->restart;
	ok($dc->wait_for_result('SELECT count(*) FROM cron.job_run_details WHERE end_time IS NOT NULL', '2'),
		"$what: the jobs end");
	is($dc->sql('SELECT string_agg(DISTINCT status, \', \') FROM cron.job_run_details'), 'succeeded',
		"$what: without an error")
	  or diag($dc->sql('SELECT * FROM cron.job_run_details'));
	return;
}

for my $workers ('off', 'on')
{
	my $what = "pg_cron, background workers $workers";
	$node->append_conf('postgresql.conf', "cron.use_background_workers = $workers");
	$dc->sql('DELETE FROM stores_local WHERE store_id <= 7');
	$schedules->note_time('sales');
	run_jobs($what);
	$schedules->refreshed('sales', "$what: the mirror is refreshed");
	is($dc->sql('SELECT count(*) FROM stores_local'), '40', "$what: and the list");
}

# A refresh that fails is a job that failed, and the page's query shows it.
$dc->sql('ALTER FOREIGN TABLE report OPTIONS (SET endpoint \'/reports/Gone\')');
$dc->sql('DELETE FROM cron.job_run_details');
$dc->forget_watcher;
$node->restart;
my ($failures) = $schedules->page =~ /^(SELECT jobname, status.*?;)/ms;
ok($dc->wait_for_result("SELECT count(*) FROM ($failures) failures" =~ s/;\)/)/r, '1'), 'a failed job is seen');
like($dc->sql($failures), qr/^refresh sales\|failed\|.*Gone/s, 'with its error');

done_testing();
