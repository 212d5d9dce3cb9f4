# Mirrors are refreshed on a schedule, by the lines for cron and systemd in
# doc/mirror-operations.md.
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

# The commands of the page, for this database.
sub commands
{
	my ($pattern) = @_;
	my @commands = map {s/-d sales/-d postgres/gr} $schedules->page =~ /$pattern/g;
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
$schedules->refreshed('sales', 'and refreshes');
is($dc->sql('SELECT count(*) FROM sales'), '60', 'there are the rows');
is(run_line($all), '0', 'the line for all mirrors');
$schedules->refreshed('sales', 'refreshes one');
$schedules->refreshed('stores_local', 'and the other');

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
	$schedules->note_time($mirror);
	is(run_line($command) =~ s/^0CALL\n/0/r, '0', "the timer's command for $mirror");
	$schedules->refreshed($mirror, 'refreshes it');
}

done_testing();
