# A dump with materialized views over foreign tables is restored, with and without
# requests to the service; and the setting that forbids sending.  A restore does not warn
# of unknown parameters again.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";

use DataConnectTest;
use PostgreSQL::Test::Utils;
use Test::More;

my $dc = DataConnectTest->new;
my $node = $dc->node;
my $directory = PostgreSQL::Test::Utils::tempdir();
$ENV{PGHOST} = $node->host;
$ENV{PGPORT} = $node->port;

$dc->make_server('dc', remote_estimate => 'on', use_preferred_endpoint => 'on', max_retries => 5,
	total_timeout => '10s');
$dc->make_rows_table('rows', 'dc');
$dc->sql(q{
	CREATE TABLE kept AS SELECT 1 AS x;
	CREATE FOREIGN TABLE bridge (id integer OPTIONS (name 'Id')) SERVER dc
		OPTIONS (endpoint '/bridge/current/data', params 'Table=T');
	CREATE FOREIGN TABLE misspelt (company text OPTIONS (param 'ComplanyID')) SERVER dc
		OPTIONS (endpoint '/lists/stores');
	CREATE MATERIALIZED VIEW first AS SELECT id, name FROM rows WHERE n = 5;
	CREATE UNIQUE INDEX ON first (id);
	CREATE MATERIALIZED VIEW second AS SELECT count(*) AS n FROM first;
	CREATE MATERIALIZED VIEW own AS SELECT x FROM kept});
$dc->document('/bridge/current/data', '[{"Id":1}]');

sub run_ok
{
	my ($name, @command) = @_;
	my ($out, $err) = ('', '');
	ok(IPC::Run::run(\@command, '>', \$out, '2>', \$err), $name) or diag($err);
	return $out;
}

# Restores into a new database; returns exit status, standard error and requests.
my $databases = 0;

sub restore
{
	my (@command) = @_;
	my $database = 'copy' . ++$databases;
	my ($out, $err) = ('', '');
	$node->safe_psql('postgres', "CREATE DATABASE $database");
	$dc->clear_log;
	IPC::Run::run([ map { $_ eq 'DATABASE' ? $database : $_ } @command ], '>', \$out, '2>', \$err);
	return ($? >> 8, $err, scalar @{ $dc->log });
}

# "name populated" of each materialized view in the last restored database.
sub views
{
	return $node->safe_psql("copy$databases", q{
		SELECT string_agg(relname || ' ' || relispopulated, ', ' ORDER BY relname)
		FROM pg_class WHERE relkind = 'm'});
}

# Checks that the last restored database lacks only the rows.
sub check_unpopulated
{
	my ($name) = @_;
	is($node->safe_psql("copy$databases", q{SELECT count(*) FROM kept, pg_foreign_table, pg_indexes
			WHERE indexname = 'first_id_idx'}), '3', "$name: the rest is there");
	my ($status, $out, $err) = $node->psql("copy$databases", 'SELECT * FROM first');
	like($err, qr/materialized view "first" has not been populated/, "$name: what is missing is no empty result");
	$node->safe_psql("copy$databases", q{SELECT format('REFRESH MATERIALIZED VIEW %s', oid::regclass) FROM pg_class
		WHERE relkind = 'm' AND NOT relispopulated ORDER BY oid \gexec});
	is($node->safe_psql("copy$databases", 'SELECT (SELECT count(*) FROM first), n FROM second'), '5|5',
		"$name: refreshed when the service may be asked");
	return;
}

my $dump = "$directory/sales.dump";
run_ok('pg_dump', 'pg_dump', '-Fc', '-f', $dump, 'postgres');
run_ok('pg_dump, plain', 'pg_dump', '-Fp', '-f', "$directory/sales.sql", 'postgres');
run_ok('pg_dump without one', 'pg_dump', '-Fc', '--exclude-table-data=first',
	'--exclude-table-data=second', '-f', "$directory/part.dump", 'postgres');

# A plain restore sends requests.
my ($status, $err, $requests) = restore('pg_restore', '-d', 'DATABASE', $dump);
is("$status$err", '0', 'pg_restore');
cmp_ok($requests, '>', 0, 'asks the service');
is(views(), 'first true, own true, second true', 'for the rows of materialized views');

# Without requests: pg_restore with a list that has no refresh.
my @list = split /^/, run_ok('a list', 'pg_restore', '-l', $dump);
my @kept = grep { !/MATERIALIZED VIEW DATA/ } @list;
is(@list - @kept, 3, 'has an entry for each refresh');
PostgreSQL::Test::Utils::append_to_file("$directory/sales.list", join '', @kept);
($status, $err, $requests) =
  restore('pg_restore', '-d', 'DATABASE', '--exit-on-error', '-L', "$directory/sales.list", $dump);
is("$status$err", '0', 'pg_restore by the list: no error');
is($requests, 0, 'nothing is asked for');
is(views(), 'first false, own false, second false', 'nothing is refreshed');
check_unpopulated('by the list');

# Without requests: a dump that leaves the views' data out.
($status, $err, $requests) = restore('pg_restore', '-d', 'DATABASE', "$directory/part.dump");
is("$status$err$requests", '00', 'a dump without them: no error, no request');
is(views(), 'first false, own true, second false', 'only these are not refreshed');
check_unpopulated('a dump without them');

# Without requests: the setting, while the service would let everybody wait.
{
	local $ENV{PGOPTIONS} = '-c dataconnect_fdw.offline=on';
	$dc->fault({ never => JSON::PP::true, count => 0 });
	for my $options ([], [ '-j', '2' ])
	{
		($status, $err, $requests) = restore('pg_restore', '-d', 'DATABASE', @$options, $dump);
		is($status, 1, "pg_restore @$options with the setting");
		is($requests, 0, 'asks for nothing');
		like($err, qr/ERROR:  requests to the service are turned off$/m, 'says why');
		like($err, qr/^pg_restore: warning: errors ignored on restore: \d$/m, 'and goes on');
		is(views(), 'first false, own true, second false', 'what needs no service is refreshed');
	}
	$dc->clear_faults;
}
check_unpopulated('with the setting');
{
	local $ENV{PGOPTIONS} = '-c dataconnect_fdw.offline=on';
	($status, $err, $requests) = restore('psql', '-Xq', '-d', 'DATABASE', '-f', "$directory/sales.sql");
	is("$status $requests", '0 0', 'psql with the setting');
	is(views(), 'first false, own true, second false', 'goes on as well');
}
check_unpopulated('psql');

# --- The setting ---------------------------------------------------------------

my $session = $dc->session;
$session->query('SET client_min_messages = warning');
$session->query('SET dataconnect_fdw.offline = on');
$dc->clear_log;
for my $sql ('SELECT * FROM rows WHERE n = 3', 'SELECT * FROM bridge',
	'REFRESH MATERIALIZED VIEW first',
	q{SELECT * FROM dataconnect_describe('dc', '/lists/stores')},
	q{SELECT * FROM dataconnect_companies('dc')},
	'IMPORT FOREIGN SCHEMA bridge FROM SERVER dc INTO public')
{
	my $result = $session->attempt($sql);
	is($result->{state}, '55000', $sql);
	unlike($result->{err}, qr/WARNING/, 'one message is enough');
}
is($session->attempt('EXPLAIN SELECT * FROM bridge')->{err}, '', 'EXPLAIN needs no reply');
is($session->attempt('SELECT * FROM rows WHERE n = 3 LIMIT 0')->{err}, '', 'nor does LIMIT 0');
is($session->query('SELECT count(*) FROM first'), '5', 'a failed refresh keeps the rows');
is_deeply($dc->log, [], 'nothing was sent');
$session->query('SET dataconnect_fdw.offline = off');
is($session->query('SELECT count(*) FROM rows WHERE n = 3'), '3', 'and off again');
$session->query('BEGIN; DECLARE c CURSOR FOR SELECT id FROM rows WHERE n = 100000');
$session->query('FETCH 1 FROM c');
$session->query('SET LOCAL dataconnect_fdw.offline = on');
is($session->attempt('MOVE ALL FROM c')->{err}, '', 'a reply that has begun goes on');
$session->query('ROLLBACK');

# With OAuth: nothing is sent to the token service, and no refresh token is lost.
$session->query($dc->server_sql('oauth', token_url => $dc->url . '/v1/oauth2/token', use_preferred_endpoint => 'on',
	mapping => { username => 'analyst', password => 's3cret', client_id => 'client', client_secret => 'client-secret' }));
$session->query($dc->rows_table_sql('by_token', 'oauth'));
$session->query('SELECT count(*) FROM by_token WHERE n = 3');
$dc->expire;
is($session->attempt('SELECT count(*) FROM by_token WHERE n = 3')->{out}, '3', 'a token that is renewed');
$dc->expire;
$dc->fault({ path => '/v1/*', drop => 'expires_in', add => { expires_in => 0 } });
$session->query('SELECT count(*) FROM by_token WHERE n = 3');
$session->query('SET dataconnect_fdw.offline = on');
$dc->clear_log;
is($session->attempt('SELECT count(*) FROM by_token WHERE n = 3')->{state}, '55000', 'a token to be renewed');
is_deeply($dc->log, [], 'is not, offline');
$session->query('SET dataconnect_fdw.offline = off');
is($session->query('SELECT count(*) FROM by_token WHERE n = 3'), '3', 'but then');
like($dc->log(path => '/v1/*')->[0]{Body}, qr/grant_type=refresh_token/, 'by the refresh token');

$session->quit;
done_testing();
