# A database in which the extension was created as 1.0, and then updated, has
# the same objects as one in which it was created as it is now.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";

use DataConnectTest;
use Test::More;

my $dc = DataConnectTest->new;
my $node = $dc->node;

# Every member of the extension as its DDL and comment, a line each.
my $members = q{
	SELECT pg_describe_object(classid, objid, 0),
		obj_description(objid, classid::regclass::text::name),
		CASE WHEN classid = 'pg_proc'::regclass
			THEN pg_get_functiondef(objid)
			WHEN classid = 'pg_class'::regclass
			THEN pg_get_viewdef(objid)
				|| (SELECT string_agg(attname || ' '
						|| format_type(atttypid, atttypmod) || ' '
						|| coalesce(col_description(attrelid, attnum), ''),
						E'\n' ORDER BY attnum)
					FROM pg_attribute WHERE attrelid = objid)
			ELSE '' END,
		CASE classid WHEN 'pg_proc'::regclass
			THEN (SELECT proacl::text FROM pg_proc WHERE oid = objid)
			WHEN 'pg_class'::regclass
			THEN (SELECT relacl::text FROM pg_class WHERE oid = objid) END
	FROM pg_depend
	WHERE refclassid = 'pg_extension'::regclass AND deptype = 'e'
		AND refobjid = (SELECT oid FROM pg_extension
			WHERE extname = 'dataconnect_fdw')
	ORDER BY pg_describe_object(classid, objid, 0) COLLATE "C"};

$node->safe_psql('postgres', 'CREATE DATABASE fresh');
$node->safe_psql('postgres', 'CREATE DATABASE updated');
$node->safe_psql('fresh', 'CREATE EXTENSION dataconnect_fdw');
$node->safe_psql('updated', q{CREATE EXTENSION dataconnect_fdw VERSION '1.0'});

my $before = $node->safe_psql('updated', $members);
$node->safe_psql('updated', 'ALTER EXTENSION dataconnect_fdw UPDATE');
my $fresh = $node->safe_psql('fresh', $members);
my $updated = $node->safe_psql('updated', $members);

like($before, qr/^function dataconnect_version\(\)\|/m, '1.0 has its objects');
is($updated, $fresh, 'updated as created anew');
is( $node->safe_psql('updated',
		q{SELECT extversion = default_version FROM pg_extension
		  JOIN pg_available_extensions ON name = extname
		  WHERE extname = 'dataconnect_fdw'}),
	't', 'to the version of the control file');

done_testing();
