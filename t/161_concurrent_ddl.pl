# Functions about foreign tables while other sessions change the tables: a table dropped
# meanwhile is no error, and users without the privilege wait for no lock.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";

use DataConnectTest;
use Test::More;

my $dc = DataConnectTest->new;
my $node = $dc->node;
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'dataconnect_fdw'");
$node->restart;

sub make_table
{
	$dc->make_server('dc');
	$dc->make_rows_table('t', 'dc');
	$dc->sql('SELECT count(*) FROM t WHERE n = 4');
	return;
}

# --- The view dataconnect_learned --------------------------------------------

# The view reads these one after the other, and waits for the one that is locked.
my %drop = (
	pg_foreign_table => 'DROP FOREIGN TABLE t',
	pg_foreign_server => 'DROP SERVER dc CASCADE');
for my $catalog (sort keys %drop)
{
	my ($dropper, $looker) = ($dc->session, $dc->session);
	my $look = q{SELECT count(*) FROM dataconnect_learned};

	is($looker->query($look), 0, "$catalog: nothing is known");
	make_table();
	$dropper->query("BEGIN; LOCK TABLE $catalog IN ACCESS EXCLUSIVE MODE");
	$looker->send($look);
	ok($dc->wait_for_wait_event($looker->pid, '^relation$'), "$catalog: it waits");
	$dropper->query("SET client_min_messages = warning; $drop{$catalog}; COMMIT");
	my $result = $looker->finish;
	is("$result->{out}$result->{err}", 0, "$catalog: what is gone has no line");
	$dc->sql('DROP SERVER IF EXISTS dc CASCADE');
	$_->quit for $dropper, $looker;
}

# --- Users without the privilege --------------------------------------------

make_table();
$dc->sql('CREATE ROLE nosy');
$dc->sql('GRANT EXECUTE ON FUNCTION dataconnect_check, dataconnect_check_schema TO nosy');
my ($changer, $nosy) = ($dc->session, $dc->session);
$nosy->query('SET ROLE nosy');
# If a call waits for the lock after all, the time-out lets the test fail.
$nosy->query(q{SET statement_timeout = '60s'});
$changer->query('BEGIN; ALTER FOREIGN TABLE t ADD COLUMN one text');

is($nosy->attempt(q{SELECT * FROM dataconnect_check('t'::regclass)})->{state},
	'42501', 'dataconnect_check() without SELECT');
is($nosy->query(q{SELECT error FROM dataconnect_check_schema('public')}),
	'permission denied for foreign table t', 'dataconnect_check_schema()');
is($nosy->attempt(q{SELECT dataconnect_forget('t'::regclass)})->{state},
	'42501', 'dataconnect_forget()');
$changer->query('ROLLBACK');
$dc->sql('GRANT SELECT ON t TO nosy');
$changer->query('BEGIN; ALTER FOREIGN TABLE t ADD COLUMN two text');
my $refused = $nosy->attempt(q{SELECT * FROM dataconnect_check('t'::regclass)});
like($refused->{err}, qr/42501: permission denied for foreign server dc/, 'without USAGE on the server');

# A user with the privilege waits, and then sees what became of the table.
$dc->sql('GRANT USAGE ON FOREIGN SERVER dc TO nosy');
$nosy->send(q{SELECT * FROM dataconnect_check('t'::regclass)});
ok($dc->wait_for_wait_event($nosy->pid, '^relation$'), 'with both it waits');
$changer->query('REVOKE SELECT ON t FROM nosy; COMMIT');
is($nosy->finish->{state}, '42501', 'for permissions that are gone');
$dc->sql('GRANT SELECT ON t TO nosy');
$changer->query('BEGIN; ALTER FOREIGN TABLE t ADD COLUMN three text');
$nosy->send(q{SELECT * FROM dataconnect_check('t'::regclass)});
ok($dc->wait_for_wait_event($nosy->pid, '^relation$'), 'it waits again');
$changer->query('DROP FOREIGN TABLE t; COMMIT');
my $gone = $nosy->finish;
is($gone->{state}, '42P01', 'for a table that is gone');
unlike($gone->{err}, qr/cache lookup failed/, 'in words for users');

$_->quit for $changer, $nosy;
done_testing();
