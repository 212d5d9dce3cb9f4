# Rows that belong to another request of the scan are skipped in bounded memory, even if
# many follow one another.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";

use DataConnectTest;
use Test::More;

use constant ROWS => 20_000;
use constant WIDTH => 10_000;
use constant LIMIT_KB => 64 * 1024;

my $dc = DataConnectTest->new;
$dc->make_server('dc');
$dc->sql(q{CREATE FOREIGN TABLE rows (
	id integer OPTIONS (name 'Id'),
	name text OPTIONS (name 'Name', param 'NotHeeded'),
	n integer OPTIONS (param 'Count'),
	width integer OPTIONS (param 'Width'))
	SERVER dc OPTIONS (endpoint '/test/rows')});
my $session = $dc->session;

# The backend's peak memory so far.
sub peak_kb
{
	my $status = PostgreSQL::Test::Utils::slurp_file('/proc/' . $session->pid . '/status');
	$status =~ /^VmHWM:\s+(\d+) kB$/m or die "no VmHWM\n";
	return $1;
}

my $query = 'SELECT count(*) FROM rows WHERE n = %d AND width = %d '
  . "AND name IN ('a', 'b')";
is($session->query(sprintf $query, 10, 10), '0', 'no row has such a name');
my $before = peak_kb();
$dc->clear_log;
is($session->query(sprintf $query, ROWS, WIDTH), '0', 'nor of many');
my @log = @{ $dc->log };
is(scalar @log, 2, 'a request for each name');
cmp_ok(peak_kb() - $before, '<', LIMIT_KB, 'memory stays as it was');

$session->quit;
done_testing();
