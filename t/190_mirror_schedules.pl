# Mirrors are refreshed on a schedule: by pg_cron, over a connection and in a background
# worker, and by the lines for cron and systemd in doc/mirror-operations.md.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";

use DataConnectTest;
use PostgreSQL::Test::Utils qw(slurp_file);
use Test::More;

my $dc = DataConnectTest->new;
my $node = $dc->node;
my $page = slurp_file("$FindBin::Bin/../doc/mirror-operations.md");

$dc->make_server('dc');
$dc->sql(q{
	CREATE FOREIGN TABLE report (
		id integer OPTIONS (name 'Id'),
		date_created timestamp OPTIONS (name 'DateCreated', param_from 'StartDate', param_to 'StopDate',
			required 'true'),
		total numeric(19,4) OPTIONS (name 'Total')
	) SERVER dc OPTIONS (endpoint '/test/sales');
	SELECT dataconnect_mirror('report', target => 'sales', by => 'date_created', since => '2026-01-01',
		key => '{id}');
	CREATE FOREIGN TABLE stores (store_id integer OPTIONS (name 'StoreID'),
		store_name text OPTIONS (name 'StoreName')) SERVER dc OPTIONS (endpoint '/lists/stores');
	SELECT dataconnect_mirror('stores', target => 'stores_local', key => '{store_id}')});

# The time of the last refresh; waits until it is another one than before.
my $last = '';

sub refreshed
{
	my ($mirror, $what) = @_;
	ok($dc->wait_for_result(
		"SELECT refreshed_at::text <> '$last' FROM dataconnect_mirrors WHERE mirror = '$mirror'::regclass", 't'), $what);
	$last = $dc->sql("SELECT refreshed_at FROM dataconnect_mirrors WHERE mirror = '$mirror'::regclass");
	return;
}

# The commands of the page, for this database.
sub commands
{
	my ($pattern) = @_;
	my @commands = map {s/-d sales/-d postgres/gr} $page =~ /$pattern/g;
	die "the page has no such commands: $pattern" unless @commands;
	return @commands;
}

# What a command of the page prints, with its exit status.
sub run_line
{
	my ($command) = @_;
	local $ENV{PGHOST} = $node->host;
	local $ENV{PGPORT} = $node->port;
	IPC::Run::run([ 'sh', '-c', $command ], '>', \my $out, '2>', \my $err);
	return ($? >> 8) . ($out // '') . ($err // '');
}

# --- cron ------------------------------------------------------------------

# cron itself turns \% into %.
my ($one, $all) = map {s/\\%/%/gr} commands(qr/^    10 \* \* \* \*  (.*)$/m);
is(run_line($one), '0', 'the line for cron prints nothing');
refreshed('sales', 'and refreshes');
is($dc->sql('SELECT count(*) FROM sales'), '60', 'there are the rows');
is(run_line($all), '0', 'the line for all mirrors');
refreshed('sales', 'refreshes one');
refreshed('stores_local', 'and the other');

$dc->fault({ path => '/*', status => 503, count => 0 });
$dc->sql('ALTER SERVER dc OPTIONS (ADD max_retries \'0\')');
like(run_line($one), qr/^0WARNING:  /, 'a service that is down: a warning, which cron mails');
is($dc->sql('SELECT count(*) FROM sales WHERE date_created < \'2026-03-01\''), '38', 'old rows are still there');
$dc->clear_faults;
$dc->sql('ALTER FOREIGN TABLE report OPTIONS (SET endpoint \'/reports/Gone\')');
like(run_line($one), qr/^1.*ERROR:  /s, 'an error is one for cron as well');
$dc->sql('ALTER FOREIGN TABLE report OPTIONS (SET endpoint \'/test/sales\')');

# --- systemd ---------------------------------------------------------------

for my $command (commands(qr/^ExecStart=(.*)$/m))
{
	$command =~ s{^/usr/bin/}{};
	my ($mirror) = $command =~ /refresh\('(\w+)'\)/;
	$last = $dc->sql("SELECT refreshed_at FROM dataconnect_mirrors WHERE mirror = '$mirror'::regclass");
	is(run_line($command) =~ s/^0CALL\n/0/r, '0', "the timer's command for $mirror");
	refreshed($mirror, 'refreshes it');
}

# --- pg_cron ---------------------------------------------------------------

$node->append_conf('postgresql.conf', "shared_preload_libraries = 'pg_cron,dataconnect_fdw'
cron.database_name = 'postgres'
cron.host = '" . $node->host . "'\n");
$dc->forget_watcher;
$node->restart;
my ($schedule) = $page =~ /^(CREATE EXTENSION pg_cron;.*?)^```/ms;
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
	$last = $dc->sql(q{SELECT refreshed_at FROM dataconnect_mirrors WHERE mirror = 'sales'::regclass});
	run_jobs($what);
	refreshed('sales', "$what: the mirror is refreshed");
	is($dc->sql('SELECT count(*) FROM stores_local'), '40', "$what: and the list");
}

# A refresh that fails is a job that failed, and the page's query shows it.
$dc->sql('ALTER FOREIGN TABLE report OPTIONS (SET endpoint \'/reports/Gone\')');
$dc->sql('DELETE FROM cron.job_run_details');
$dc->forget_watcher;
$node->restart;
my ($failures) = $page =~ /^(SELECT jobname, status.*?;)/ms;
ok($dc->wait_for_result("SELECT count(*) FROM ($failures) failures" =~ s/;\)/)/r, '1'), 'a failed job is seen');
like($dc->sql($failures), qr/^refresh sales\|failed\|.*Gone/s, 'with its error');

done_testing();
