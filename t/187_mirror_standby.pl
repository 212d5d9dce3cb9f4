# A mirror on a standby can be read and verified there, and is refreshed once the standby
# is promoted.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";

use DataConnectTest;
use PostgreSQL::Test::Cluster;
use Test::More;

my $dc = DataConnectTest->new(init => [ allows_streaming => 1 ]);
my $node = $dc->node;
$dc->make_server('t');
$dc->sql(<<'END');
CREATE FOREIGN TABLE sales (id integer OPTIONS (name 'Id'), total numeric OPTIONS (name 'Total'),
	at timestamp OPTIONS (name 'DateCreated', param_from 'StartDate', param_to 'StopDate', required 'true'))
	SERVER t OPTIONS (endpoint '/test/sales');
SELECT dataconnect_mirror('sales', target => 'kept', by => 'at', since => '2026-01-01', key => '{id}');
CALL dataconnect_refresh('kept');
UPDATE kept SET total = 0 WHERE id = 3 AND at < '2026-02-01';
END

$node->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'base', has_streaming => 1);
$standby->append_conf('postgresql.conf', "hot_standby_feedback = on\nwal_receiver_status_interval = 1");
$standby->start;

my $verify = q{SELECT sum(here), sum(there), sum(new), sum(changed), sum(vanished) FROM dataconnect_verify('kept')};
my $rows = q{SELECT day, change, here ->> 'id', here ->> 'total' FROM dataconnect_verify_rows('kept')};
is($standby->safe_psql('postgres', 'SELECT count(*) FROM kept WHERE at < \'2026-04-01\''), 60, 'a standby has the rows');
is($standby->safe_psql('postgres', $verify), '60|60|0|1|0', 'and compares them with the service');
is($standby->safe_psql('postgres', $rows), '2026-01-01|changed|3|0', 'and shows the one that differs');
$dc->fault({ path => '/test/sales', status => 413, body => 'too many' });
is($standby->safe_psql('postgres', $verify), '60|60|0|1|0', 'also if it must ask for less at a time');
my ($status, undef, $error) = $standby->psql('postgres', 'CALL dataconnect_refresh(\'kept\')');
isnt($status, 0, 'it is not refreshed there');
like($error, qr/read-only transaction/, 'and says why');

# With hot_standby_feedback, a refresh waits for the old snapshots of a standby.
$dc->sql(q{SELECT dataconnect_mirror('sales', target => 'waits', by => 'at', since => '2026-01-01', key => '{id}', late => '0 days')});
$node->wait_for_catchup($standby);
my $old = DataConnectTest::Session->new($standby);
$old->query('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1');
my ($seen) = $old->query('SELECT pg_snapshot_xmin(pg_current_snapshot())');
ok($dc->wait_for_result("SELECT count(*) FROM pg_stat_replication WHERE backend_xmin::text = '$seen'", 1), 'the primary knows of the snapshot');
my $refresher = $dc->session;
like($refresher->attempt(q{SET lock_timeout = '20ms'; CALL dataconnect_refresh('waits')})->{err}, qr/have snapshots from before the load/,
	'a refresh waits for it');
$node->wait_for_catchup($standby);
is($old->query('SELECT count(*) FROM waits'), 60, 'and its reader has all rows');
$old->query('COMMIT');
ok($dc->wait_for_result(q{SELECT dataconnect_mirror_old_snapshot(max(loaded_xid::text)::xid8) IS NULL FROM dataconnect_mirror_pending_state}, 't'),
	'until it ends');
is($refresher->attempt(q{CALL dataconnect_refresh('waits')})->{err}, '', 'then all is put in place');
$node->wait_for_catchup($standby);
is($standby->safe_psql('postgres', 'SELECT count(*), count(DISTINCT id) FROM waits'), '60|60', 'there as well');
$dc->sql('DROP TABLE waits');
$node->wait_for_catchup($standby);

$node->stop;
$standby->promote;
$standby->safe_psql('postgres', q{CALL dataconnect_refresh('kept', '2026-01-01', '2026-02-01')});
is($standby->safe_psql('postgres', $verify), '60|60|0|0|0', 'but after a promotion');
is($standby->safe_psql('postgres', q{SELECT result FROM dataconnect_mirrors}), 'ok', 'which is noted');
$standby->stop;

done_testing();
