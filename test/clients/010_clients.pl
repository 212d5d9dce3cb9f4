# Drivers and tools that people use see foreign tables with their comments, and have all
# rows and values, also past the sixth execution, if they close early, and when they cancel.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/../../t/lib";

use DataConnectClient;
use DataConnectPooler;
use DataConnectTest;
use JSON::PP ();
use PostgreSQL::Test::Utils;
use Test::More;

my $here = $FindBin::Bin;
my $dc = DataConnectTest->new(conf => <<"END");
shared_preload_libraries = 'dataconnect_fdw'
listen_addresses = '127.0.0.1'
END
append_to_file($dc->node->data_dir . '/pg_hba.conf', "host all all 127.0.0.1/32 trust\n");
$dc->node->reload;
$dc->make_server('dc');
$dc->make_rows_table('rows', 'dc');
$dc->document('/test/exact', JSON::PP->new->utf8->encode([ {
	Amount => 'EXACT', Moment => '2026-07-01T12:00:00.123456Z', Nothing => undef, Flag => JSON::PP::true,
	Name => "Caf\x{e9}" } ]) =~ s/"EXACT"/12345678901234567890.123456789/r);
$dc->sql(q{
	CREATE FOREIGN TABLE exact (amount numeric OPTIONS (name 'Amount'), moment timestamptz OPTIONS (name 'Moment'),
		nothing text OPTIONS (name 'Nothing'), flag boolean OPTIONS (name 'Flag'), name text OPTIONS (name 'Name'))
		SERVER dc OPTIONS (endpoint '/test/exact');
	COMMENT ON FOREIGN TABLE rows IS 'Rows to count';
	COMMENT ON COLUMN rows.n IS 'How many'});

my %expected = (
	metadata => [ 'table exact (null)', 'table rows Rows to count', 'column id (null)',
		'column name (null)', 'column n How many' ],
	prepared => [ map {"count $_ $_"} 1 .. 8 ],
	early => [ (map {"id $_"} 1 .. 10), 'after 3' ],
	values => [ 'amount 12345678901234567890.123456789', 'moment 2026-07-01T08:00:00.123456-04:00',
		'nothing (null)', 'flag true', "name Caf\xc3\xa9" ],
	cancel => ['state 57014']);

# Each step of a program.
sub check
{
	my ($name, $client, @steps) = @_;

	for my $step (@steps)
	{
		$dc->clear_log;
		if ($step eq 'cancel')
		{
			$dc->fault({ param => { Count => 40 }, hold_headers => JSON::PP::true });
			$client->start($step);
			$dc->wait(held => 1);
			is_deeply($client->finish, $expected{$step}, "$name: $step");
			$dc->wait(in_flight => 0);
			pass("$name: and its request ends");
			$dc->clear_faults;
			next;
		}
		is_deeply($client->run($step), $expected{$step}, "$name: $step");
		is(scalar @{ $dc->log(path => '/test/rows') }, 8, "$name: by one request each") if $step eq 'prepared';
	}
	return;
}

# R cannot cancel. In transaction mode this pgbouncer has no prepared statements.
my @most = qw(metadata prepared early values);
my $python = DataConnectTest::_python();
my $pooler = DataConnectPooler->new($dc, 2);
my @pooled = (host => $pooler->host, port => $pooler->port);
my @psycopg2 = ($python, "$here/psycopg2_client.py");
my @pg = ('node', "$here/pg_client.mjs");

check('psycopg2', DataConnectClient->new($dc, \@psycopg2), @most, 'cancel');
check('psycopg2 through pgbouncer', DataConnectClient->new($dc, \@psycopg2, @pooled), @most[ 0, 2, 3 ], 'cancel');
check('node pg', DataConnectClient->new($dc, \@pg), @most, 'cancel');
check('node pg through pgbouncer', DataConnectClient->new($dc, \@pg, @pooled), @most[ 0, 2, 3 ], 'cancel');
check('JDBC', DataConnectClient->new($dc, [ 'java', '-cp', '/usr/share/java/postgresql.jar', "$here/JdbcClient.java" ]),
	@most, 'cancel');
check('R', DataConnectClient->new($dc, [ 'Rscript', '--vanilla', "$here/r_client.R" ]), @most);

# --- psql ------------------------------------------------------------------------------

is_deeply(
	DataConnectClient->new($dc, [ 'psql', '-Xq', '-f', "$here/psql_client.sql" ])->run,
	[
		'- gdesc', 'id|integer', 'amount|numeric', 'moment|timestamp with time zone',
		'- crosstabview', '0|1|2|1', '1|1|2|2',
		'- foreign tables', "public|exact|dc|(endpoint '/test/exact')|",
		"public|rows|dc|(endpoint '/test/rows')|Rows to count",
		'- comment', "id|integer||||(name 'Id')|plain||", "name|text||||(name 'Name')|extended||",
		"n|integer||||(param 'Count', required 'true')|plain||How many",
		'- fetch', 1 .. 7 ],
	'psql');

# --- PostGraphile ----------------------------------------------------------------------

my $postgraphile = DataConnectClient->new($dc, [ 'node', "$here/postgraphile_client.mjs" ]);
my $query = '{ allRows(condition: {n: 3}) { nodes { id n } } allExacts { nodes { amount moment nothing flag } } }';
$dc->clear_log;
is_deeply(
	JSON::PP::decode_json($postgraphile->run($query)->[0]),
	{
		allRows => { nodes => [ map { { id => $_, n => 3 } } 1 .. 3 ] },
		allExacts => { nodes => [ {
			amount => '12345678901234567890.123456789', moment => '2026-07-01T12:00:00.123456+00:00',
			nothing => undef, flag => JSON::PP::true } ] } },
	'PostGraphile');
is_deeply([ map { $_->{Params} } @{ $dc->log(path => '/test/rows') } ], ['Count=3&Response=Json'],
	'PostGraphile: sends its condition, once');

done_testing();
