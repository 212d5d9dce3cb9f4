# A dump keeps mirrors: restored where the service is down, they are complete, ask for
# nothing, and the next refresh goes on where the last one ended.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";

use DataConnectTest;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $dc = DataConnectTest->new;
my $node = $dc->node;
my $directory = PostgreSQL::Test::Utils::tempdir();
my $other = PostgreSQL::Test::Cluster->new('other');
$other->init;
$other->start;

# Three mirrors: with and without a part that the service answers, and of a whole table.
# The schema's name needs quotes.
$dc->make_server('dc');
$dc->sql(q{
	CREATE SCHEMA "Rq";
	CREATE FOREIGN TABLE "Rq".sales (id integer OPTIONS (name 'Id'), store_id integer OPTIONS (name 'StoreID'),
			date_created timestamp OPTIONS (name 'DateCreated', param_from 'StartDate', param_to 'StopDate'),
			total numeric(19,4) OPTIONS (name 'Total'))
		SERVER dc OPTIONS (endpoint '/test/sales');
	CREATE FOREIGN TABLE "Rq".visits (id integer OPTIONS (name 'Id'), total numeric OPTIONS (name 'Total'))
		SERVER dc OPTIONS (endpoint '/test/visits');
	CREATE TABLE plain AS SELECT 1 AS x;
	SELECT dataconnect_mirror('"Rq".sales', target => 'sales', by => 'date_created', since => '2026-01-01',
		key => '{id}', indexes => '{store_id}', fetched_at => true);
	SELECT dataconnect_mirror('"Rq".sales', target => '"Rq".here', by => 'date_created', since => '2026-02-01', live => '0');
	SELECT dataconnect_mirror('"Rq".visits', target => 'visits', key => '{id}')});
$dc->sql("CALL dataconnect_refresh('$_')") for 'sales', '"Rq".here', 'visits';

# All that must be the same after a restore.
my $all = q{
	SELECT 'local', md5(string_agg(t::text, ' ' ORDER BY id)), count(*) FROM sales t WHERE date_created < '2026-04-01'
	UNION ALL SELECT 'here', md5(string_agg(t::text, ' ' ORDER BY id)), count(*) FROM "Rq".here t
	UNION ALL SELECT 'visits', md5(string_agg(t::text, ' ' ORDER BY id)), count(*) FROM visits t
	UNION ALL SELECT 'mirrors', string_agg(concat_ws(' ', mirror, source, by_column, key_columns, step, live, late, here,
		horizon, rows, refreshed_at, result, rejected, added, changed, vanished, live_table), ' ' ORDER BY mirror::text), count(*)
		FROM dataconnect_mirrors
	UNION ALL SELECT 'periods', md5(string_agg((mirror::text, p)::text, ' ' ORDER BY mirror::text, period_from)), count(*)
		FROM (SELECT mirror, period_from, loaded_at, records, rejected, request FROM dataconnect_mirror_periods) p
	UNION ALL SELECT 'state', md5(string_agg(s::text, ' ' ORDER BY s.target::text)), count(*) FROM dataconnect_mirror_state s
	UNION ALL SELECT 'partitions', string_agg(concat_ws(' ', oid::regclass, relkind, pg_get_expr(relpartbound, oid)), ' ' ORDER BY oid::regclass::text), count(*)
		FROM pg_class WHERE relispartition AND relkind IN ('r', 'f')};
my $before = $node->safe_psql('postgres', $all);
like($before, qr/^local\|\w+\|60$/m, 'the sales are here');
like($before, qr/^mirrors\|.*\|3$/m, 'three mirrors');
my $secrets = $node->safe_psql('postgres', q{SELECT count(*) FROM (SELECT s::text FROM dataconnect_mirror_state s
	UNION ALL SELECT p::text FROM dataconnect_mirror_period_state p) t WHERE s ~ 'sandbox-token'});
is($secrets, 0, 'the state has no credentials');

sub dump_ok
{
	my ($file, @options) = @_;
	$node->command_ok([ 'pg_dump', '-f', "$directory/$file", @options ], "pg_dump @options");
	return;
}

# Restores into a new database; returns the exit status, standard error and the number of requests.
my $databases = 0;

sub restore
{
	my ($cluster, @command) = @_;
	my $database = 'copy' . ++$databases;
	my ($out, $err) = ('', '');
	local $ENV{PGHOST} = $cluster->host;
	local $ENV{PGPORT} = $cluster->port;
	$cluster->safe_psql('postgres', "CREATE DATABASE $database");
	$dc->clear_log;
	IPC::Run::run([ @command, '-d', $database ], '<', '/dev/null', '>', \$out, '2>', \$err);
	return ($? >> 8) . $err . scalar @{ $dc->log };
}

dump_ok('all.dump', '-Fc', 'postgres');
dump_ok('all.sql', 'postgres');
dump_ok('schema.dump', '-Fc', '--schema-only', 'postgres');

# The service is down: each request fails, after a while.
my $down = { path => '*', status => 503, count => 0 };
$dc->fault($down);
for my $command (
	[ 'pg_restore', '--exit-on-error', "$directory/all.dump" ],
	[ 'pg_restore', '--exit-on-error', '-j', '2', "$directory/all.dump" ],
	[ 'pg_restore', '--exit-on-error', '--single-transaction', "$directory/all.dump" ],
	[ 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-f', "$directory/all.sql" ])
{
	my $name = join ' ', grep { !m{/} } @$command;
	is(restore($other, @$command), '00', "$name: no error, and nothing is asked for");
	is($other->safe_psql("copy$databases", $all), $before, "$name: the mirrors are complete");
}
{
	local $ENV{PGOPTIONS} = '-c dataconnect_fdw.offline=on';
	is(restore($other, 'pg_restore', '--exit-on-error', "$directory/all.dump"), '00', 'with the setting offline as well');
}
$dc->clear_log;
$other->safe_psql("copy$databases", "ANALYZE; SELECT count(*) FROM sales WHERE date_created < '2026-04-01'");
is(scalar @{ $dc->log }, 0, 'nor do ANALYZE and a query of the local part');

# A refresh while it is down says so, and the mirror stays.
my ($status, $out, $err) = $other->psql("copy$databases", "ALTER SERVER dc OPTIONS (ADD max_retries '0');
	CALL dataconnect_refresh('sales')");
is($status, 0, 'a refresh while the service is down is no error');
like($err, qr/WARNING:  refresh of mirror "public.sales" ended early/, 'but a warning');
is($other->safe_psql("copy$databases", q{SELECT count(*) FROM sales WHERE date_created < '2026-04-01'}), 60, 'the rows stay');

# Once it is there, only the late days are asked for.
$dc->clear_faults;
$dc->clear_log;
($status, $out, $err) = $other->psql("copy$databases", q{CALL dataconnect_refresh('sales');
	CALL dataconnect_refresh('"Rq".here'); CALL dataconnect_refresh('visits')});
is("$status$err", '0', 'then the refresh goes on');
is(scalar(grep { $_->{Params} =~ /StartDate=2026-0[1-3]/ } @{ $dc->log(path => '/test/sales') }), 0,
	'and asks for no old period');
cmp_ok(scalar @{ $dc->log }, '<=', 8, 'for little at all');
is($other->safe_psql("copy$databases", q{SELECT string_agg(mirror || ' ' || result || ' ' || lag, ', ' ORDER BY mirror::text)
	FROM dataconnect_mirrors WHERE by_column IS NOT NULL}), '"Rq".here ok 00:00:00, sales ok 00:00:00', 'up to today');

# pg_restore --clean drops one by one what is there.
$dc->fault($down);
{
	local $ENV{PGHOST} = $other->host;
	local $ENV{PGPORT} = $other->port;
	$dc->clear_log;
	for my $options ([], ['--if-exists'])
	{
		my ($output, $errors) = ('', '');
		IPC::Run::run([ 'pg_restore', '--exit-on-error', '--clean', @$options, '-d', "copy$databases", "$directory/all.dump" ],
			'>', \$output, '2>', \$errors);
		is(($? >> 8) . $errors, '0', "pg_restore --clean @$options");
		is($other->safe_psql("copy$databases", $all), $before, 'brings the same mirrors');
	}
	is(scalar @{ $dc->log }, 0, 'and asks for nothing');
}

# A dump without rows has no state: the tables are empty, and no mirrors.
is(restore($other, 'pg_restore', '--exit-on-error', "$directory/schema.dump"), '00', 'the schema alone');
is($other->safe_psql("copy$databases", 'SELECT count(*) FROM dataconnect_mirrors'), 0, 'has no mirrors');
($status, $out, $err) = $other->psql("copy$databases", "\\set VERBOSITY verbose\nCALL dataconnect_refresh('sales')");
like($err, qr/ERROR:  42809: table "public.sales" is no mirror/, 'which a refresh says');
{
	local $ENV{PGHOST} = $other->host;
	local $ENV{PGPORT} = $other->port;
	$other->command_ok([ 'pg_restore', '--exit-on-error', '--data-only', '-d', "copy$databases", "$directory/all.dump" ],
		'the rows alone, after the schema');
	is($other->safe_psql("copy$databases", $all), $before, 'bring the mirrors');
	is(scalar @{ $dc->log }, 0, 'and ask for nothing');
}

# A dump without one mirror has the others; without a source, its mirror says so.
my $known = q{SELECT string_agg(mirror::text || ' ' || result, ', ' ORDER BY mirror::text) FROM dataconnect_mirrors};
for my $case (
	[ 'visits', '"Rq".here ok, sales ok' ],
	[ 'public.sales*', '"Rq".here ok, visits ok' ],
	[ 'public.[sv]*', '"Rq".here ok' ],
	[ '"Rq".visits', '"Rq".here ok, sales ok, visits ok' ],
	[ 'sales_live', '"Rq".here ok, sales ok, visits ok' ])
{
	my ($pattern, $left) = @$case;
	dump_ok('some.dump', '-Fc', "--exclude-table=$pattern", 'postgres');
	is(restore($other, 'pg_restore', '--exit-on-error', "$directory/some.dump"), '00', "a dump without $pattern is restored");
	is($other->safe_psql("copy$databases", $known), $left, 'with the other mirrors');
	is($other->safe_psql("copy$databases", q{SELECT count(*) FROM dataconnect_mirror_period_state p
		WHERE NOT EXISTS (SELECT FROM dataconnect_mirror_state s WHERE s.target = p.target)}), 0, 'and nothing of it');
	next unless $pattern =~ m{^"|live};
	my $mirror = $pattern eq 'sales_live' ? 'sales' : 'visits';
	($status, $out, $err) = $other->psql("copy$databases", "\\set VERBOSITY verbose\nCALL dataconnect_refresh('$mirror')");
	like($err, $mirror eq 'sales' ? qr/ERROR:  55000: mirror "public.sales" has lost the part that the service answers/
		: qr/ERROR:  42P01: the foreign table of mirror "public.visits" does not exist/, 'and a refresh says what is missing');
}
($status, $out, $err) = $other->psql("copy$databases", q{UPDATE dataconnect_mirror_mine SET source = 'no_such' WHERE target = 'visits'::regclass});
like($err, qr/is not a foreign table/, 'a wrong name is refused otherwise');
$dc->clear_faults;

# A database without mirrors.
$node->safe_psql('postgres', 'CREATE DATABASE without');
$node->safe_psql('without', 'CREATE EXTENSION dataconnect_fdw; CREATE TABLE plain AS SELECT 1 AS x');
dump_ok('without.dump', '-Fc', 'without');
is(restore($other, 'pg_restore', '--exit-on-error', "$directory/without.dump"), '00', 'a database without mirrors');
is($other->safe_psql("copy$databases", 'SELECT (SELECT count(*) FROM dataconnect_mirrors), x FROM plain'), '0|1', 'is restored');

done_testing();
