# Mirrors on a standby, where it was promoted, and after a crash; with the extension in a
# schema of its own, and the roles that need no superuser. No secret is in state or log.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";

use DataConnectTest;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $secret = 'Kanari-Token-7f3a';
my $dc = DataConnectTest->new(sandbox => [ '--token', $secret ], init => [ allows_streaming => 1 ],
	conf => "log_min_messages = debug1\nlog_statement = none\n");
my $node = $dc->node;
my $log = '';

# The sales of the sandbox, from January to March 2026, and a mirror of them.
sub make_mirror
{
	my ($extension, $schema, %option) = @_;
	return qq{
		CREATE FOREIGN TABLE $schema.sales_source (id integer OPTIONS (name 'Id'), store_id integer OPTIONS (name 'StoreID'),
			date_created timestamp OPTIONS (name 'DateCreated', param_from 'StartDate', param_to 'StopDate'))
			SERVER dc OPTIONS (endpoint '/test/sales');
		SELECT $extension.dataconnect_mirror('$schema.sales_source', target => '$schema.sales', by => 'date_created',
			since => '2026-01-01', key => '{id}'} . join('', map { ", $_ => $option{$_}" } sort keys %option) . ')';
}

sub count
{
	my ($of, $table) = @_;
	return $of->safe_psql('postgres', "SELECT count(*) FROM $table WHERE date_created < '2026-04-01'");
}

sub requests { return scalar @{ $dc->log } }

# The SQLSTATE of a refresh that fails, and what it asked for.
sub refresh_fails
{
	my ($of, $call) = @_;
	$dc->clear_log;
	my ($status, $out, $err) = $of->psql('postgres', "\\set VERBOSITY verbose\n$call");
	my ($state) = $err =~ /ERROR:  (\w{5}):/;
	return ($state // $err) . ' ' . requests();
}

# --- A standby -------------------------------------------------------------------

$dc->make_server('dc', max_retries => 0, mapping => { token => $secret });
$dc->sql('CREATE SCHEMA unlogged');
$dc->sql(make_mirror('public', 'public'));
$dc->sql(make_mirror('public', 'unlogged', unlogged => 'true'));
$dc->sql("CALL dataconnect_refresh('$_')") for 'public.sales', 'unlogged.sales';
is(count($node, $_), 60, "$_ is here") for 'public.sales', 'unlogged.sales';

$node->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'base', has_streaming => 1);
$standby->start;
$node->wait_for_catchup($standby);
$dc->clear_log;
is(count($standby, 'public.sales'), 60, 'a standby has the local rows');
is(requests(), 0, 'and asks for nothing');
my $view = q{SELECT mirror, here, horizon, rows, refreshed_at, result, lag, next_period FROM dataconnect_mirrors ORDER BY mirror::text};
is($standby->safe_psql('postgres', $view), $node->safe_psql('postgres', $view), 'the view says the same there');
is(refresh_fails($standby, q{CALL dataconnect_refresh('sales')}), '25006 0', 'a refresh fails, and asks for nothing');
is($standby->safe_psql('postgres', q{SELECT sum(here), sum(there) FROM dataconnect_verify('sales', '2026-01-01', '2026-02-01')}),
	'22|22', 'the rows can be verified');
is($standby->safe_psql('postgres', 'SELECT count(*) FROM sales'), 60, 'and the live part asks the service');

# Promoted: the refresh goes on. Unlogged rows were never there, and are read again.
$node->stop;
$standby->promote;
$dc->clear_log;
$standby->safe_psql('postgres', q{CALL dataconnect_refresh('sales')});
is(scalar(grep { $_->{Params} =~ /StartDate=2026-0[1-3]/ } @{ $dc->log(path => '/test/sales') }), 0,
	'promoted, the refresh goes on where it was');
my ($status, $out, $err) = $standby->psql('postgres', q{CALL dataconnect_refresh('unlogged.sales')});
like($err, qr/WARNING:  mirror "unlogged.sales" has lost rows, which are read again/, 'unlogged rows are gone');
is(count($standby, $_), 60, "$_ is complete") for 'public.sales', 'unlogged.sales';
is($standby->safe_psql('postgres', q{SELECT sum(new + changed + vanished), sum(here) FROM dataconnect_verify('unlogged.sales')}),
	'0|60', 'and equal');
$log .= slurp_file($standby->logfile);
$standby->stop;

# --- A crash ---------------------------------------------------------------------

$node->start;
is(count($node, 'unlogged.sales'), 60, 'a restart keeps unlogged rows');
$node->stop('immediate');
$node->start;
is(count($node, $_), $_ eq 'public.sales' ? 60 : 0, "$_ after a crash") for 'public.sales', 'unlogged.sales';
($status, $out, $err) = $node->psql('postgres', q{CALL dataconnect_refresh('unlogged.sales')});
like($err, qr/has lost rows, which are read again/, 'the refresh sees it');
is(count($node, 'unlogged.sales'), 60, 'and reads them again');
is($node->psql('postgres', q{CALL dataconnect_refresh('unlogged.sales')}), 0, 'once');
is($dc->sql(q{SELECT rows, result FROM dataconnect_mirrors WHERE mirror = 'unlogged.sales'::regclass}), '60|ok', 'counted once');

# --- The extension in a schema of its own, on no search path ----------------------

$dc->sql('DROP TABLE public.sales, unlogged.sales');
$dc->sql('DROP EXTENSION dataconnect_fdw CASCADE; CREATE SCHEMA "Its own"; CREATE EXTENSION dataconnect_fdw SCHEMA "Its own"');
$dc->make_server('dc', max_retries => 0, mapping => { token => $secret });
$dc->sql(q{
	CREATE ROLE keeper LOGIN;
	CREATE DATABASE kept OWNER keeper;
	CREATE SCHEMA mirrors AUTHORIZATION keeper;
	GRANT USAGE ON SCHEMA "Its own" TO keeper;
	GRANT USAGE ON FOREIGN SERVER dc TO keeper});
$dc->sql("CREATE USER MAPPING FOR keeper SERVER dc OPTIONS (token '$secret')");
my $keeper = $dc->session(user => 'keeper');
$keeper->query(make_mirror('"Its own"', 'mirrors', fetched_at => 'true'));
$keeper->query(q{CALL "Its own".dataconnect_refresh('mirrors.sales')});
is($keeper->query(q{SELECT count(*) FROM mirrors.sales WHERE date_created < '2026-04-01'}), 60, 'in another schema');
$keeper->query('ALTER FOREIGN TABLE mirrors.sales_source ADD COLUMN total numeric OPTIONS (name \'Total\')');
like($keeper->attempt(q{CALL "Its own".dataconnect_refresh('mirrors.sales', '2026-03-01', '2026-04-01')})->{err},
	qr/gets the new column "total"/, 'the source is followed');
is($keeper->query(q{SELECT count(total), count(*) FROM mirrors.sales WHERE date_created < '2026-04-01'}), '22|60', 'and read');
is($keeper->query(q{SELECT sum(new), sum(vanished), sum(here) FROM "Its own".dataconnect_verify('mirrors.sales')}), '0|0|60', 'verified');
$dc->sql('CREATE ROLE stranger; GRANT CREATE ON SCHEMA public TO stranger');
is($dc->sql('SET ROLE stranger; CREATE TABLE his (); ALTER TABLE his ADD COLUMN x text; ALTER TABLE his DROP COLUMN x; DROP TABLE his'),
	'', 'who has no right to the schema may drop his tables');
like($keeper->attempt('DROP FOREIGN TABLE mirrors.sales_source')->{err}, qr/2BP01: cannot drop .* mirror mirrors.sales needs it/, 'guarded');
is($keeper->attempt(q{ALTER EXTENSION dataconnect_fdw SET SCHEMA public})->{state}, '42501', 'not moved');
is($node->psql('postgres', 'ALTER EXTENSION dataconnect_fdw SET SCHEMA public'), 3, 'by nobody');

# --- Errors keep secrets -----------------------------------------------------------

$dc->fault({ path => '/test/sales', status => 403, body => "You sent Authorization: Bearer $secret", content_type => 'text/plain', count => 0 });
my $refused = $keeper->attempt(q{CALL "Its own".dataconnect_refresh('mirrors.sales')});
is($refused->{state}, '42501', 'a refusal that repeats the token');
like($keeper->query('SELECT result FROM "Its own".dataconnect_mirrors'), qr/^42501: /, 'is recorded');
$dc->clear_faults;
$dc->fault({ path => '/test/sales', status => 503, body => "<html>$secret</html>", content_type => 'text/html', count => 0 });
like($keeper->attempt(q{CALL "Its own".dataconnect_refresh('mirrors.sales')})->{err}, qr/WARNING:.*ended early/, 'and an outage');
my $state = $dc->sql(q{SELECT s::text FROM "Its own".dataconnect_mirror_state s UNION ALL SELECT p::text FROM "Its own".dataconnect_mirror_period_state p
	UNION ALL SELECT m::text FROM "Its own".dataconnect_mirrors m UNION ALL SELECT p::text FROM "Its own".dataconnect_mirror_periods p
	UNION ALL SELECT obj_description(oid) FROM pg_class UNION ALL SELECT ftoptions::text FROM pg_foreign_table});
like($state, qr{GET /test/sales}, 'the state has the requests');
$dc->clear_faults;
$log .= slurp_file($node->logfile);
like($log, qr/refresh of mirror "mirrors.sales" ended early/, 'the log has the warning');
unlike($_->[1], qr/Kanari/, "no secret in $_->[0]")
  for [ 'the state', $state ], [ 'the log', $log ], [ 'the error', $refused->{err} ];

# --- Dumps without a superuser --------------------------------------------------------

# Only what the role owns is in these databases, except for the extension.
$node->safe_psql('kept', 'CREATE EXTENSION dataconnect_fdw');
$node->safe_psql('kept', 'SET ROLE keeper; CREATE TABLE own AS SELECT 1 AS x');
my @as = ('-h', $node->host, '-p', $node->port, '-U', 'keeper');
$node->command_ok([ 'pg_dump', @as, '-f', '/dev/null', 'kept' ], 'the owner of a database dumps it');
$node->command_ok([ 'pg_dump', @as, '-n', 'mirrors', '-f', '/dev/null', 'postgres' ], 'a schema is dumped by its owner');
$keeper->quit;

done_testing();
