# Two clusters each mirror their stores, and a third database reads both by postgres_fdw:
# rows are right wherever they are, old days cost no request, today's one each, both at once.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";

use DataConnectMirror;
use DataConnectTest;
use PostgreSQL::Test::Cluster;
use Test::More;

use constant { BEFORE => 30, LIVE => 5 };

my %stores = (1 => [ 1, 2 ], 2 => [ 3, 4, 5 ]);
my $dc = DataConnectTest->new;
my $mirror = DataConnectMirror->new($dc, name => 'sales', source_name => 'asked', server => 'dc');
my $today = $mirror->today;
my $since = $today - BEFORE;

srand(18);
my $id = 0;
$mirror->change(put => [ map { my $day = $_; map { $mirror->row(++$id, $day) } 1 .. 6 } $since .. $today ]);

my %node = (1 => $dc->node, 2 => PostgreSQL::Test::Cluster->new('second'));
$node{2}->init;
$node{2}->start;
$node{2}->safe_psql('postgres', 'CREATE EXTENSION dataconnect_fdw');
for my $shard (1, 2)
{
	my $ids = join ',', @{ $stores{$shard} };
	$node{$shard}->safe_psql('postgres', $dc->server_sql('dc') . ';' . $mirror->source_sql
		  . "ALTER FOREIGN TABLE asked OPTIONS (SET params 'StoreIDs=$ids');"
		  . $mirror->mirror_sql(since => $mirror->date($since), step => '10 days', live => LIVE . ' days',
			  late => '1 day', indexes => '{store_id}'));
	$node{$shard}->safe_psql('postgres', q{CALL dataconnect_refresh('sales')});
	is($node{$shard}->safe_psql('postgres', "SELECT array_agg(DISTINCT store_id ORDER BY store_id) FROM sales"),
		"{$ids}", "shard $shard has its stores");
}

$dc->sql('CREATE DATABASE front');
my $front = $dc->session(dbname => 'front');
$front->query('CREATE EXTENSION postgres_fdw;
	CREATE TABLE sales (id integer, store_id integer, amount numeric(19,4), note text, date_created timestamp)
	PARTITION BY LIST (store_id)');
for my $shard (1, 2)
{
	my $node = $node{$shard};
	$front->query("CREATE SERVER shard$shard FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '@{[ $node->host ]}',
			port '@{[ $node->port ]}', dbname 'postgres', async_capable 'true');
		CREATE USER MAPPING FOR CURRENT_USER SERVER shard$shard;
		CREATE FOREIGN TABLE sales_$shard PARTITION OF sales FOR VALUES IN (" . join(', ', @{ $stores{$shard} }) . ")
		SERVER shard$shard OPTIONS (schema_name 'public', table_name 'sales')");
}

# The requests that a query sends, with what must be true of all of them.
sub asked
{
	my ($sql) = @_;
	$dc->clear_log;
	my $out = $front->query($sql);
	return ($out, scalar @{ $dc->log });
}

# All of a period, which has these rows of the ledger.
sub is_right
{
	my ($name, $requests, $from, $to) = @_;
	my $where = sprintf "WHERE date_created >= '%s' AND date_created < '%s'", map { $mirror->date($_) } $from, $to;
	my ($line, $sent) = asked($mirror->days_sql($where));
	my $version = $mirror->version;
	is($mirror->mismatches($mirror->parse($line), $from, $to,
			sub { return $mirror->is_state(@_, $version, $version) }), '', "$name: the rows");
	is($sent, $requests, "$name: the requests");
	return;
}

my $horizon = $today - LIVE;
is_right('old days', 0, $since, $horizon);
is_right('the days of the service', 2, $horizon, $today + 1);
is_right('both', 2, $since, $today + 1);
is_right('a year from today', 2, $today, $today + 366);

# --- At once ------------------------------------------------------------------

my $all = 'SELECT id, store_id, date_created, amount, note FROM sales WHERE date_created >= '
  . "'@{[ $mirror->date($horizon - 3) ]}'";
is(() = $front->query("EXPLAIN (COSTS OFF) $all") =~ /Async Foreign Scan on sales_\d/g, 2, 'both are asynchronous');
$dc->clear_log;
$dc->fault({ path => '/test/ledger', hold_headers => JSON::PP::true, count => 0 });
# From 16 on, DISTINCT would have its input sorted, and a MergeAppend asks in turn.
$front->send("WITH x AS MATERIALIZED ($all) SELECT count(*), count(DISTINCT id) FROM x");
$dc->wait(held => 2);
is(scalar @{ $dc->log }, 2, 'both shards ask before either is answered');
$dc->release;
my $expected = 6 * (LIVE + 4);
is($front->finish->{out}, "$expected|$expected", 'and the rows are right');
$dc->clear_faults;

# One shard's stores ask one service.
my ($out, $sent) = asked("SELECT count(*) FROM ($all) x WHERE store_id = 4");
is("$out|$sent", scalar(grep { $mirror->day_of($_) >= $horizon - 3 && $mirror->{rows}{$_}{sent}{StoreID} == 4 } $mirror->ids)
	  . '|1', 'a store concerns one shard');

# --- The shards go on by themselves -------------------------------------------

$mirror->change(put => [ map { $mirror->row(++$id, $today) } 1 .. 6 ]);
is_right('new rows', 2, $horizon, $today + 1);
for my $shard (1, 2)
{
	$node{$shard}->safe_psql('postgres', q{UPDATE dataconnect_mirror_mine SET live = '2 days';
		CALL dataconnect_refresh('sales')});
	is_right("shard $shard has more days", 2, $since, $today + 1);
	is_right("shard $shard has more days: of one", 2 - $shard, $horizon, $today - 2);
}

# One shard's service is down: an error, and no part of the rows.
$dc->fault({ path => '/test/ledger', param => { StoreIDs => '3,4,5' }, status => 404, count => 0 });
my $result = $front->attempt("SELECT count(*) FROM ($all) x");
like("$result->{state}|$result->{out}", qr/^HV00R\|$/, 'an error of one shard is the query\'s');
is($front->query("SELECT count(*) FROM sales WHERE date_created < '@{[ $mirror->date($today - 2) ]}'"),
	6 * (BEFORE - 2), 'old days do not need the service');

$node{2}->stop;
done_testing();
