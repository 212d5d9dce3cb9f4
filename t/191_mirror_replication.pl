# Mirrors and logical replication: which publication sends which rows; a refresh warns of one
# that would not send new partitions. A standby asks the service for the live part itself.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";

use DataConnectTest;
use PostgreSQL::Test::Cluster;
use Test::More;

my $dc = DataConnectTest->new(init => [ allows_streaming => 'logical' ]);
my $node = $dc->node;
my $subscriber = PostgreSQL::Test::Cluster->new('subscriber');
$subscriber->init;
$subscriber->start;
my $columns = 'id integer, store_id integer, date_created timestamp, total numeric(19,4)';

# What the service answers begins in March, whatever day it is.
$dc->make_server('dc');
$dc->sql(qq{
	CREATE FOREIGN TABLE report (id integer OPTIONS (name 'Id'), store_id integer OPTIONS (name 'StoreID'),
		date_created timestamp OPTIONS (name 'DateCreated', param_from 'StartDate', param_to 'StopDate', required 'true'),
		total numeric(19,4) OPTIONS (name 'Total')) SERVER dc OPTIONS (endpoint '/test/sales');
	SELECT dataconnect_mirror('report', target => 'parts', by => 'date_created', since => '2026-01-01', key => '{id}',
		live => make_interval(days => current_date - '2026-03-01'));
	CALL dataconnect_refresh('parts');
	CREATE TABLE own ($columns, PRIMARY KEY (id));
	CREATE TABLE own_parts ($columns, PRIMARY KEY (id, date_created)) PARTITION BY RANGE (date_created);
	CREATE TABLE own_parts_2026 PARTITION OF own_parts FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
	SELECT dataconnect_mirror('report', target => target, by => 'date_created', since => '2026-01-01', key => '{id}', live => '0')
	FROM unnest('{own,own_parts,made}'::text[]) target});
$subscriber->safe_psql('postgres', qq{
	CREATE TABLE own ($columns, PRIMARY KEY (id));
	CREATE TABLE own_parts ($columns, PRIMARY KEY (id, date_created));
	CREATE TABLE parts ($columns) PARTITION BY RANGE (date_created);
	CREATE TABLE parts_p20260101 PARTITION OF parts FOR VALUES FROM ('2026-01-01') TO ('2026-02-01')});

sub subscribe
{
	my ($publication) = @_;
	my $connection = $node->connstr . ' dbname=postgres';
	$subscriber->safe_psql('postgres',
		"CREATE SUBSCRIPTION $publication CONNECTION '$connection' PUBLICATION $publication");
	synchronized($publication);
	return;
}

sub synchronized
{
	my ($publication) = @_;
	$subscriber->poll_query_until('postgres',
		q{SELECT count(*) = 0 FROM pg_subscription_rel WHERE srsubstate NOT IN ('r', 's')})
	  or die "$publication is never synchronized";
	$node->wait_for_catchup($publication);
	return;
}

my $sums = 'SELECT count(*), sum(total) FROM';

sub is_same
{
	my ($publication, $table, $where, $name) = @_;
	$node->wait_for_catchup($publication);
	is($subscriber->safe_psql('postgres', "$sums $table"), $dc->sql("$sums $table $where"), $name);
	return;
}

# --- Tables of the user's own -------------------------------------------------

$dc->sql('CREATE PUBLICATION own FOR TABLE own;
	CREATE PUBLICATION own_parts FOR TABLE own_parts WITH (publish_via_partition_root = true)');
for my $table ('own', 'own_parts')
{
	subscribe($table);
	$dc->sql("CALL dataconnect_refresh('$table')");
	is($dc->sql("SELECT count(*) FROM $table"), '60', "$table is loaded");
	is_same($table, $table, '', "$table: loaded rows are sent");
	$dc->sql("UPDATE $table SET total = 0 WHERE id = 3; DELETE FROM $table WHERE id = 4");
	is_same($table, $table, '', "$table: changes are sent");
	$dc->sql("CALL dataconnect_refresh('$table', '2026-01-01', '2026-02-01')");
	is($dc->sql("SELECT total <> 0 FROM $table WHERE id = 3"), 't', "$table: read again");
	is_same($table, $table, '', "$table: and so are those of a refresh");
}

# --- Local partitions by name -------------------------------------------------

my $local = q{WHERE date_created < '2026-03-01'};
$dc->sql('ALTER TABLE parts_p20260101 REPLICA IDENTITY FULL;
	ALTER TABLE parts_p20260201 REPLICA IDENTITY FULL;
	CREATE PUBLICATION parts FOR TABLE parts_p20260101');
subscribe('parts');
is_same('parts', 'parts', q{WHERE date_created < '2026-02-01'}, 'a partition is sent');
$dc->sql(q{UPDATE parts_p20260101 SET total = 0 WHERE id = 3});
is_same('parts', 'parts', q{WHERE date_created < '2026-02-01'}, 'its changes, too');
$dc->sql(q{CALL dataconnect_refresh('parts', '2026-01-01', '2026-02-01')});
is_same('parts', 'parts', q{WHERE date_created < '2026-02-01'}, 'and those of a refresh');
$dc->sql('ALTER PUBLICATION parts ADD TABLE parts_p20260201');
$subscriber->safe_psql('postgres', q{
	CREATE TABLE parts_p20260201 PARTITION OF parts FOR VALUES FROM ('2026-02-01') TO ('2026-03-01')});
$subscriber->safe_psql('postgres', 'ALTER SUBSCRIPTION parts REFRESH PUBLICATION');
synchronized('parts');
is_same('parts', 'parts', $local, 'a partition that is added is copied');

# --- The whole mirror ---------------------------------------------------------

is($dc->sql(q{CREATE PUBLICATION leaves FOR TABLE parts;
	SELECT bool_or(tablename = 'parts_live') FROM pg_publication_tables WHERE pubname = 'leaves'}), 't',
	'by its partitions: the foreign one is among them, and cannot be copied');
like(warning('parts'), qr/^$/, 'of that, a refresh does not warn');
$dc->sql('DROP PUBLICATION leaves; CREATE PUBLICATION made FOR TABLE made WITH (publish_via_partition_root = true)');
like(warning('made'), qr/WARNING:  publication "made" does not send the rows of new partitions of mirror "public.made"/,
	'through its root: a refresh warns');
$dc->sql('DROP PUBLICATION made');
is(warning('made'), '', 'and no longer without it');

sub warning
{
	my ($mirror) = @_;
	my (undef, undef, $err) = $node->psql('postgres', "CALL dataconnect_refresh('$mirror')");
	return $err;
}

# --- A standby ----------------------------------------------------------------

$node->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'base', has_streaming => 1);
$standby->start;
$dc->clear_log;
is($standby->safe_psql('postgres', "$sums parts $local"), $dc->sql("$sums parts $local"), 'a standby has the old days');
is(scalar @{ $dc->log }, 0, 'and asks for nothing');
is($standby->safe_psql('postgres', q{SELECT count(*) FROM parts WHERE date_created >= '2026-03-01' AND date_created < '2026-04-01'}),
	'22', 'it asks the service for the last days');
is(scalar @{ $dc->log }, 1, 'by one request');
my (undef, undef, $err) = $standby->psql('postgres', q{SET dataconnect_fdw.offline = on;
	SELECT count(*) FROM parts WHERE date_created >= '2026-03-01' AND date_created < '2026-04-01'});
like($err, qr/requests to the service are turned off/, 'unless it is offline');
is($standby->safe_psql('postgres', "SET dataconnect_fdw.offline = on; $sums parts $local"), $dc->sql("$sums parts $local"),
	'which does not concern old days');

$standby->stop;
$subscriber->stop;
done_testing();
