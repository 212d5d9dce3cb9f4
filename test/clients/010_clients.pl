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
		# A client that reads on after ten rows waits for the rest until it times out.
		$dc->fault({ param => { Count => 100000 }, hold_after => { bytes => 100_000 } }) if $step eq 'early';
		is_deeply($client->run($step), $expected{$step}, "$name: $step");
		if ($step eq 'early')
		{
			$dc->wait(in_flight => 0);
			pass("$name: and its request ends");
			$dc->clear_faults;
		}
		is_deeply([ map { $_->{Params} } @{ $dc->log(path => '/test/rows') } ],
			[ map {"Count=$_&Response=Json"} 1 .. 8 ], "$name: by one request each") if $step eq 'prepared';
	}
	return;
}

# What a client cannot do is in README.md. In transaction mode this pgbouncer has no prepared
# statements: JDBC and PostGraphile are told to do without, the others skip the step.
my @most = qw(metadata prepared early values);
my @pooled = qw(metadata early values);
my $python = DataConnectTest::_python();
my $pooler = DataConnectPooler->new($dc, 2);

sub direct { return DataConnectClient->new($dc, [@_]) }
sub pooled { return DataConnectClient->new($dc, [@_], host => $pooler->host, port => $pooler->port) }

my @psycopg2 = ($python, "$here/psycopg2_client.py");
my @pg = ('node', "$here/pg_client.mjs");
my @jdbc = ('-cp', '/usr/share/java/postgresql.jar', "$here/JdbcClient.java");
my @r = ('Rscript', '--vanilla', "$here/r_client.R");
my @psql = ('sh', "$here/psql_client.sh");
my @postgraphile = ('node', "$here/postgraphile_client.mjs");

check('psycopg2', direct(@psycopg2), @most, 'cancel');
check('psycopg2 through pgbouncer', pooled(@psycopg2), @pooled, 'cancel');
check('node pg', direct(@pg), @most, 'cancel');
check('node pg through pgbouncer', pooled(@pg), @pooled, 'cancel');
check('JDBC', direct('java', @jdbc), @most, 'cancel');
check('JDBC through pgbouncer', pooled('java', '-DprepareThreshold=0', @jdbc), @most, 'cancel');
check('R', direct(@r), @most);
check('R through pgbouncer', pooled(@r), @pooled);
check('psql', direct(@psql), @most, 'cancel');
check('psql through pgbouncer', pooled(@psql), @pooled, 'cancel');
check('PostGraphile', direct(@postgraphile), @most);
{
	local $ENV{POSTGRAPHILE_PREPARED_STATEMENT_CACHE_SIZE} = 0;
	check('PostGraphile through pgbouncer', pooled(@postgraphile), @most);
}

# --- psql's own commands ---------------------------------------------------------------

is_deeply(
	direct('psql', '-Xq', '-f', "$here/psql_client.sql")->run,
	[
		'- gdesc', 'id|integer', 'amount|numeric', 'moment|timestamp with time zone',
		'- crosstabview', '0|1|2|1', '1|1|2|2',
		'- foreign tables', "public|exact|dc|(endpoint '/test/exact')|",
		"public|rows|dc|(endpoint '/test/rows')|Rows to count",
		'- comment', "id|integer||||(name 'Id')|plain||", "name|text||||(name 'Name')|extended||",
		"n|integer||||(param 'Count', required 'true')|plain||How many",
		'- fetch', 1 .. 7 ],
	'psql: its commands');

done_testing();
