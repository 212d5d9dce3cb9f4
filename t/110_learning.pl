# Reply statistics are shared by all sessions if the library is preloaded, otherwise each
# session has its own. Read-only sessions add to them, too.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";

use DataConnectTest;
use Test::More;

my $dc = DataConnectTest->new;
$dc->make_server('dc');
$dc->make_rows_table('t', 'dc');
my $known = q{SELECT replies || ' ' || records FROM dataconnect_learned WHERE foreign_table = 't'::regclass};

# Without preloading: each session has its own
my ($one, $other) = ($dc->session, $dc->session);
is($one->query('SELECT count(*) FROM t WHERE n = 40'), '40', 'a scan');
is($one->query($known), '1 40', 'its session has learned');
is($other->query($known), '', 'another has not');
$_->quit for $one, $other;

# Preloaded: all sessions share them, also read-only ones
my $node = $dc->node;
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'dataconnect_fdw'");
$node->restart;
($one, $other) = ($dc->session, $dc->session);
$one->query('SET default_transaction_read_only = on');
is($one->query('SELECT count(*) FROM t WHERE n = 40'), '40', 'a scan that may not write');
is($other->query($known), '1 40', 'another session has learned');
like($other->query('EXPLAIN SELECT * FROM t WHERE n = 50'),
	qr/rows=40 .*Estimate Source: learned/s, 'and expects by it');
is($other->query(q{SELECT dataconnect_forget('t')}), '1', 'it forgets');
is($one->query($known), '', 'for all');

# In a copy of the database, tables with the same OIDs are others
$dc->sql('CREATE DATABASE source');
$node->safe_psql('source',
	join ';', 'CREATE EXTENSION dataconnect_fdw', $dc->server_sql('dc'), $dc->rows_table_sql('t', 'dc'));
$dc->sql('CREATE DATABASE copy TEMPLATE source');
$node->safe_psql('source', 'SELECT count(*) FROM t WHERE n = 40');
is($node->safe_psql('source', $known), '1 40', 'a database has learned');
is($node->safe_psql('copy', $known), '', 'a copy of it has not');

# More tables than there are entries, in a session with its own: the oldest are dropped
$_->quit for $one, $other;
$node->adjust_conf('postgresql.conf', 'shared_preload_libraries', "''");
$node->restart;
$one = $dc->session;
$one->query('SELECT count(*) FROM t WHERE n = 40');
$one->query(
	q{DO $$ BEGIN
		FOR i IN 1 .. 140 LOOP
			EXECUTE format('CREATE FOREIGN TABLE many_%s (id integer OPTIONS (name ''Id'')) SERVER dc OPTIONS (endpoint ''/test/rows'', params ''Count=1'')', i);
			EXECUTE format('SELECT count(*) FROM many_%s', i);
		END LOOP;
	END $$});
is($one->query('SELECT count(*) FROM dataconnect_learned'), '128', 'as many as there is room for');
is($one->query(q{SELECT count(*) FROM dataconnect_learned WHERE foreign_table IN ('t'::regclass, 'many_12'::regclass)}),
	'0', 'not the oldest');
is($one->query(q{SELECT count(*) FROM dataconnect_learned WHERE foreign_table IN ('many_13'::regclass, 'many_140'::regclass)}),
	'2', 'but the newest');
$one->query('DROP FOREIGN TABLE many_140');
is($one->query('SELECT count(*) FROM dataconnect_learned'), '127', 'a table that is dropped is not shown');

done_testing();
