# A database whose extension was updated from 1.0 has the same objects as one with a new
# extension.  Views over those of 1.0 stay, and can be dumped and restored.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";

use DataConnectTest;
use PostgreSQL::Test::Utils;
use Test::More;

my $dc = DataConnectTest->new;
my $node = $dc->node;

# Each member of the extension with its DDL, indexes, options, \dx+.
my $members = PostgreSQL::Test::Utils::slurp_file("$FindBin::Bin/../test/package/members.sql");

$node->safe_psql('postgres', 'CREATE DATABASE fresh');
$node->safe_psql('postgres', 'CREATE DATABASE updated');
$node->safe_psql('fresh', 'CREATE EXTENSION dataconnect_fdw');
$node->safe_psql('updated', q{CREATE EXTENSION dataconnect_fdw VERSION '1.0'});

# A view over each, with the columns of 1.0.
my %functions = (
	dataconnect_catalogue_endpoints => 7,
	dataconnect_catalogue_parameters => 16,
	dataconnect_catalogue_columns => 9,
	dataconnect_governor => 8);
my @views = sort keys %functions;
$node->safe_psql('updated', join ';', map {"CREATE VIEW of_$_ AS SELECT * FROM $_()"} @views);
$node->safe_psql('updated', 'CREATE VIEW of_view AS SELECT * FROM dataconnect_columns');

my $before = $node->safe_psql('updated', $members);
$node->safe_psql('updated', 'ALTER EXTENSION dataconnect_fdw UPDATE');
my $fresh = $node->safe_psql('fresh', $members);
my $updated = $node->safe_psql('updated', $members);

like($before, qr/^function dataconnect_version\(\)\|/m, '1.0 has its objects');
is($updated, $fresh, 'updated as created anew');
like($fresh, qr/^$_/m, "what is compared has: $_")
  for 'function dataconnect_mirror\(', 'index\|', 'constraint\|', 'options\|', 'event trigger\|',
  'view dataconnect_mirrors$';
like($fresh, qr/^extension\|\S+ f \{dataconnect_mirror_state,dataconnect_mirror_period_state,dataconnect_mirror_pending_state\}/m,
	'the state of mirrors is dumped');
is( $node->safe_psql('updated',
		q{SELECT extversion = default_version FROM pg_extension
		  JOIN pg_available_extensions ON name = extname
		  WHERE extname = 'dataconnect_fdw'}),
	't', 'to the version of the control file');

# Views have the same columns and rows; accounts differ by session.
sub views_are_read
{
	my ($database) = @_;
	for my $view (@views)
	{
		is($node->safe_psql($database, "SELECT count(*) FROM pg_attribute
			WHERE attrelid = 'of_$view'::regclass AND attnum > 0"),
			$functions{$view}, "$database: columns of a view on $view()");
		is($node->safe_psql($database, "SELECT count(*) > 0 FROM of_$view"), 't',
			"$database: rows of a view on $view()")
		  unless $view eq 'dataconnect_governor';
	}
	is($node->safe_psql($database, q{SELECT (SELECT count(*) FROM of_view)
		= (SELECT count(*) FROM dataconnect_columns)}), 't', "$database: a view on a view");
}

views_are_read('updated');
is( $node->safe_psql('updated', join(';', $dc->server_sql('dc'), $dc->rows_table_sql('rows', 'dc'),
			'SELECT count(*) FROM rows WHERE n = 3',
			'SELECT server_name, in_flight FROM of_dataconnect_governor')),
	"3\ndc|0", 'a row of a view on dataconnect_governor()');
my $dump = PostgreSQL::Test::Utils::tempdir() . '/dump.sql';
$node->safe_psql('postgres', 'CREATE DATABASE restored');
$node->command_ok([ 'pg_dump', '--file', $dump, 'updated' ], 'dumped');
$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '--file', $dump, 'restored' ],
	'restored');
views_are_read('restored');

done_testing();
