# Each endpoint of the catalogue is imported and read with the documentation's example
# parameters. Its rows are the same in each of its formats, and a dump restores.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";

use DataConnectTest;
use Test::More;
use Time::HiRes qw(time);

my @formats = qw(json jsondatatable csv xml);
my $dc = DataConnectTest->new;

# Values in each notation that was seen.
$dc->set(null_text => 1, fraction_digits => 7, money_scale => 'varied');

# CSV writes an empty text like a NULL, and the service may write a NULL as "null": the
# query reads all of these as NULL.
for my $format (@formats)
{
	$dc->make_server($format, format => $format);
	$dc->sql(qq{
		CREATE SCHEMA $format;
		IMPORT FOREIGN SCHEMA everything FROM SERVER $format INTO $format OPTIONS (sources 'all');
		IMPORT FOREIGN SCHEMA partner FROM SERVER $format INTO $format OPTIONS (sources 'all');
		DO \$\$
		DECLARE name regclass;
		BEGIN
			FOR name IN SELECT oid FROM pg_class
				WHERE relnamespace = '$format'::regnamespace AND relkind = 'f'
			LOOP
				EXECUTE format('ALTER FOREIGN TABLE %s OPTIONS (ADD null_strings %L)', name, 'null, ""');
			END LOOP;
		END \$\$});
}

# A query for the rows of a table as one text, in the order of the reply.
$dc->sql(q{
	CREATE FUNCTION read("schema" text, "table" text, OUT records bigint, OUT digest text) AS $$
	DECLARE
		conditions text;
	BEGIN
		SELECT coalesce(' WHERE ' || string_agg(format('%I = %L', column_name,
				CASE WHEN parameter LIKE '%StartDate' THEN '2026-03-01'
					WHEN parameter LIKE '%StopDate' THEN '2026-03-08'
					WHEN type IN ('date', 'timestamp') THEN '2026-03-08'
					ELSE coalesce(nullif(example, ''), legal_values[1], '1') END), ' AND '), '')
		INTO conditions FROM dataconnect_parameters WHERE table_name = "table" AND required;
		EXECUTE format('SELECT count(*), md5(string_agg(t::text, E''\n'')) FROM (SELECT * FROM %I.%I%s) t',
			"schema", "table", conditions)
		INTO records, digest;
	END $$ LANGUAGE plpgsql});

my $session = $dc->session;
my %login = map { split /\|/ } split /\n/, $session->query(
	q{SELECT table_name, coalesce(substring(endpoint, '^/(partner|master)/'), 'employee')
		FROM dataconnect_endpoints WHERE table_name IS NOT NULL AND category <> 'import'});
my @tables = sort { $login{$a} cmp $login{$b} || $a cmp $b } keys %login;
cmp_ok(scalar @tables, '>=', 134, 'there are tables to read');
my $login = '';
for my $table (@tables)
{
	$dc->set(login => $login = $login{$table}) if $login ne $login{$table};
	# This endpoint returns one JSON object, in whatever format it was requested.
	my @here = $table eq 'ping' ? ('json') : @formats;
	my @lines = split /\n/, $session->query(
		"SELECT r.* FROM unnest(ARRAY['" . join("','", @here)
		  . "']) WITH ORDINALITY f (format, n), read(f.format, '$table') r ORDER BY n");
	is(scalar @lines, @here, "$table can be read in every format");
	is_deeply(\@lines, [ ($lines[0]) x @here ], "$table is the same in every format");
}
$session->quit;
my %asked = map { $_->{Query} =~ /\bResponse=(\w+)/ => 1 } @{ $dc->log };
is_deeply([ sort keys %asked ], [ sort qw(Json JsonDataTable Csv Xml) ],
	'every format was asked for');

# One statement imports all. The documentation promises 2 s; the rest is for a busy
# machine.
my $begun = time;
$dc->sql('CREATE SCHEMA again; IMPORT FOREIGN SCHEMA "all" FROM SERVER json INTO again');
cmp_ok(time - $begun, '<', 10, 'all are imported soon');

$dc->set(login => 'employee');

# A dump of all tables can be restored.
my $node = $dc->node;
my $file = PostgreSQL::Test::Utils::tempdir() . '/dump.sql';
$node->command_ok(
	[ 'pg_dump', '--no-sync', '-f', $file, '-n', 'json', '-d', $node->connstr('postgres') ],
	'the schema can be dumped');
$node->safe_psql('postgres', 'CREATE DATABASE copy');
$node->safe_psql('copy', 'CREATE EXTENSION dataconnect_fdw; CREATE SERVER json FOREIGN DATA WRAPPER dataconnect_fdw'
	  . " OPTIONS (url '" . $dc->url . "'); CREATE USER MAPPING FOR CURRENT_USER SERVER json OPTIONS (token 'sandbox-token')");
$node->command_ok(
	[ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', $file, '-d', $node->connstr('copy') ],
	'and restored');
my $definitions = q{SELECT c.relname, (SELECT array_agg(o ORDER BY o) FROM unnest(t.ftoptions) o), a.attname, a.atttypid::regtype, a.atttypmod,
		(SELECT array_agg(o ORDER BY o) FROM unnest(a.attfdwoptions) o),
		obj_description(c.oid, 'pg_class'), col_description(c.oid, a.attnum)
	FROM pg_foreign_table t JOIN pg_class c ON c.oid = t.ftrelid JOIN pg_attribute a ON a.attrelid = c.oid AND attnum > 0
	WHERE c.relnamespace = 'json'::regnamespace ORDER BY c.relname COLLATE "C", a.attnum};
is_deeply(
	[ split /\n/, $node->safe_psql('copy', $definitions) ],
	[ split /\n/, $node->safe_psql('postgres', $definitions) ],
	'with the same tables and comments');
is($node->safe_psql('copy', 'SELECT count(*) FROM json.stores'), '40', 'which can be read');

done_testing();
