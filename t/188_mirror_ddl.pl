# DDL of other sessions while a refresh runs: it ends with the old or the new definition,
# loads no period by half of each, and the next refresh goes on.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";

use DataConnectTest;
use Test::More;

my $dc = DataConnectTest->new;
my ($refresher, $other) = ($dc->session, $dc->session);
$dc->make_server('dc', max_retries => 0);
$dc->sql(q{
	CREATE ROLE heir;
	CREATE FOREIGN TABLE source (id integer OPTIONS (name 'Id'),
			at timestamp OPTIONS (name 'DateCreated', param_from 'StartDate', param_to 'StopDate'),
			total numeric OPTIONS (name 'Total'))
		SERVER dc OPTIONS (endpoint '/test/sales')});

sub count_rows { return $dc->sql(q{SELECT count(*), count(total) FROM mirror WHERE at < '2026-04-01'}) }

# Makes a mirror, and runs SQL while its refresh waits for the rows of February. Returns what
# became of the SQL, and of the refresh.
sub run_beside
{
	my ($sql) = @_;
	$dc->sql(q{SET client_min_messages = warning; DROP TABLE IF EXISTS mirror;
		SELECT dataconnect_mirror('source', target => 'mirror', by => 'at', since => '2026-01-01', key => '{id}')});
	$dc->fault({ path => '/test/sales', param => { StartDate => '2026-02-01T00:00:00.000Z' }, hold_headers => 1 });
	$refresher->send(q{CALL dataconnect_refresh('mirror')});
	$dc->wait(held => 1);
	$other->send($sql);
	ok($dc->wait_for_wait_event($other->pid, '^(relation|advisory)$'), "$sql: waits for the period");
	$dc->release;
	my ($done, $refreshed) = ($other->finish, $refresher->finish);
	$dc->clear_faults;
	return ($done->{state}, $refreshed->{state}, $refreshed->{err});
}

sub refresh { return $refresher->attempt(q{CALL dataconnect_refresh('mirror')}) }

# --- The target --------------------------------------------------------------------

my ($done, $refreshed, $err) = run_beside('DROP TABLE mirror');
is("$done $refreshed", ' 42P01', 'a mirror that is dropped');
like($err, qr/ERROR:  42P01: (the mirror|relation "public.mirror") does not exist/, 'in words for users');
is($dc->sql(q{SELECT count(*) FROM pg_class WHERE relname ~ '^mirror'}), 0, 'leaves nothing');
is($dc->sql('SELECT (SELECT count(*) FROM dataconnect_mirror_state), (SELECT count(*) FROM dataconnect_mirror_period_state)'),
	'0|0', 'and no state');

($done, $refreshed, $err) = run_beside('ALTER TABLE mirror RENAME TO mirror_2; ALTER TABLE mirror_2 RENAME TO mirror');
is("$done$refreshed$err", '', 'a mirror that is renamed');
is(count_rows(), '60|60', 'is loaded');

($done, $refreshed, $err) = run_beside('ALTER TABLE mirror ADD COLUMN note text');
is("$done$refreshed", '', 'a mirror that gets a column');
like($err, qr/NOTICE:.*loaded again.*from 2026-02-01 to before 2026-03-01/s, 'the period is loaded again');
is(count_rows(), '60|60', 'is loaded');

($done, $refreshed, $err) = run_beside('ALTER TABLE mirror DETACH PARTITION mirror_live');
is("$done $refreshed", ' 55000', 'a mirror whose live part is detached');
like($err, qr/has lost the part that the service answers/, 'says so at the next period');
is(count_rows(), '22|22', 'and has what was in place');
my ($attach) = $err =~ /HINT:\s+(ALTER TABLE \S+ ATTACH PARTITION .*?;)/;
$dc->sql($attach);
is(refresh()->{err}, '', 'attached as the hint says, it goes on');
is(count_rows(), '60|60', 'to the end');

($done, $refreshed, $err) = run_beside('ALTER TABLE mirror OWNER TO heir');
is("$done $refreshed", ' 42501', 'a mirror that gets another owner');
like($err, qr/the owner of mirror .* may not read foreign table/, 'ends if he may not read the source');
$dc->sql('GRANT SELECT ON source TO heir');
is(refresh()->{err}, '', 'and goes on if he may');
is($dc->sql(q{SELECT DISTINCT relowner::regrole FROM pg_class WHERE relname ~ '^mirror' AND relkind IN ('r', 'p', 'f')}), 'heir',
	'with partitions that are his');
is(count_rows(), '60|60', 'all of them');

# --- The source --------------------------------------------------------------------

($done, $refreshed, $err) = run_beside('ALTER FOREIGN TABLE source DROP COLUMN total');
is("$done $refreshed", ' 55000', 'a column of the source is dropped');
like($err, qr/no longer reads column "total"/, 'the refresh ends');
is($dc->sql('SELECT rows FROM dataconnect_mirrors'), 22, 'with no period without the column');
is(count_rows(), '60|60', 'the live part answers the others');
$dc->sql(q{ALTER FOREIGN TABLE source ADD COLUMN total numeric OPTIONS (name 'Total')});
is(refresh()->{err}, '', 'once it is there again, it goes on');
is(count_rows(), '60|60', 'all periods have it');

($done, $refreshed, $err) = run_beside(q{ALTER FOREIGN TABLE source ADD COLUMN store integer OPTIONS (name 'StoreID')});
is("$done $refreshed", ' ', 'a column of the source is added');
like($err, qr/NOTICE:.*gets the new column "store"/, 'the mirror gets it');
is($dc->sql(q{SELECT count(store), min(at) < '2026-02-01' FROM mirror WHERE store IS NOT NULL AND at < '2026-04-01'}),
	'38|f', 'from the period on that was not in place');
is(count_rows(), '60|60', 'all is loaded');

($done, $refreshed, $err) = run_beside(q{ALTER FOREIGN TABLE source OPTIONS (ADD params 'StoreID=2')});
is("$done$refreshed", '', 'an option of the source is changed');
like($err, qr/NOTICE:.*loaded again.*from 2026-02-01 to before 2026-03-01/s, 'the period is loaded again');
is($dc->sql(q{SELECT 'params=StoreID=2' = ANY (ftoptions) FROM pg_foreign_table WHERE ftrelid = 'mirror_live'::regclass}), 't',
	'the live part has it');
$dc->sql('ALTER FOREIGN TABLE source OPTIONS (DROP params)');

($done, $refreshed, $err) = run_beside('DROP FOREIGN TABLE source');
is("$done$refreshed$err", '2BP01', 'the source is dropped: refused');
is(count_rows(), '60|60', 'and the refresh loads all');

# --- The mirror's end ----------------------------------------------------------------

($done, $refreshed, $err) = run_beside(q{SELECT dataconnect_unmirror('mirror')});
like("$done $refreshed", qr/^ (42809)?$/, 'a mirror that ends');
is($dc->sql(q{SELECT count(*) FROM dataconnect_mirrors}), 0, 'is none any more');
is($dc->sql(q{SELECT count(*) FROM pg_class WHERE relname = 'mirror_live'}), 0, 'and has no live part');
is(count_rows(), '22|22', 'but the periods that were in place');

$_->quit for $refresher, $other;
done_testing();
