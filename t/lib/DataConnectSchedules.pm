# For the tests of schedules: two mirrors, and the page that says how they are refreshed.
#
#	my $schedules = DataConnectSchedules->new($dc);
#	$schedules->refreshed('sales', 'and refreshes');
package DataConnectSchedules;

use strict;
use warnings FATAL => 'all';

use FindBin;
use PostgreSQL::Test::Utils qw(slurp_file);
use Test::More;

sub new
{
	my ($class, $dc) = @_;
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
	return bless {
		dc => $dc,
		page => slurp_file("$FindBin::Bin/../doc/mirror-operations.md"),
		last => ''
	}, $class;
}

sub page { return $_[0]{page} }

# Note the time of the last refresh.
sub note_time
{
	my ($self, $mirror) = @_;
	$self->{last} = $self->{dc}->sql(
		"SELECT refreshed_at FROM dataconnect_mirrors WHERE mirror = '$mirror'::regclass");
	return;
}

# Wait until the last refresh is another one than noted, and note it.
sub refreshed
{
	my ($self, $mirror, $what) = @_;
	ok($self->{dc}->wait_for_result(
		"SELECT refreshed_at::text <> '$self->{last}' FROM dataconnect_mirrors WHERE mirror = '$mirror'::regclass",
		't'), $what);
	$self->note_time($mirror);
	return;
}

1;
