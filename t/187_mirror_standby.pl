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

$node->stop;
$standby->promote;
$standby->safe_psql('postgres', q{CALL dataconnect_refresh('kept', '2026-01-01', '2026-02-01')});
is($standby->safe_psql('postgres', $verify), '60|60|0|0|0', 'but after a promotion');
is($standby->safe_psql('postgres', q{SELECT result FROM dataconnect_mirrors}), 'ok', 'which is noted');
$standby->stop;

done_testing();
