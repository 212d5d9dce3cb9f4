# A session keeps the definitions of foreign tables. Whatever changes one, here
# or in another session, takes effect with the next statement, also in a generic
# plan; what runs goes on with what it began with.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";

use DataConnectTest;
use Test::More;

my $dc = DataConnectTest->new;
$dc->make_server('dc', max_retries => 0);
$dc->sql('CREATE DOMAIN short AS varchar(4)');
my $session = $dc->session;
$session->query('SET plan_cache_mode = force_generic_plan');

# How many definitions of a table the session has in memory.
sub kept
{
	my ($name) = @_;
	return $session->query(qq{SELECT count(*) FROM pg_backend_memory_contexts
		WHERE name = 'dataconnect_fdw relation' AND ident = '$name'});
}

# What a plan would send; or the error's SQLSTATE.
sub asked
{
	my ($sql) = @_;
	my $result = $session->attempt("EXPLAIN (COSTS OFF) $sql");
	return $result->{state} if $result->{state};
	return $result->{out} =~ /Request: (.*)/ ? $1 =~ s/\$1/3/r : 'none';
}

# Each change is made by the session and rolled back, and then by another: what is
# sent has to follow at once, by an old plan and by a new one.
my ($ad_hoc, $prepared) = ('SELECT id, name FROM t WHERE n = 3', 'EXECUTE q(3)');

sub follows
{
	my ($change, $pattern, $name) = @_;
	my $before = asked($prepared);

	unlike($before, $pattern, "$name: not yet");
	$session->query('BEGIN');
	for my $sql ($ad_hoc, $prepared)
	{
		$session->query("SAVEPOINT s; $change");
		like(asked($sql), $pattern, "$name: in the transaction: $sql");
		$session->query('ROLLBACK TO s');
		is(asked($sql), $before, "$name: its subtransaction is rolled back: $sql");
	}
	$session->query($change);
	like(asked($ad_hoc), $pattern, "$name: once more");
	$session->query('ROLLBACK');
	is(asked($_), $before, "$name: rolled back: $_") for $prepared, $ad_hoc;
	$dc->sql($change);
	like(asked($_), $pattern, "$name: by another session: $_") for $prepared, $ad_hoc;
	return;
}

$dc->make_rows_table('t', 'dc');
is(kept('t'), 0, 'nothing is known');
$session->query('PREPARE q (integer) AS SELECT id, name FROM t WHERE n = $1');
asked($prepared) for 1 .. 3;
asked($ad_hoc) for 1 .. 3;
is($session->query('SELECT count(*) FROM t a JOIN t b USING (id) WHERE a.n = 3 AND b.n = 3'),
	3, 'a query with two scans');
is(kept('t'), 1, 'all have used one definition');

follows("ALTER SERVER dc OPTIONS (ADD params 'Server=1')", qr/Server=1/, 'the server');
follows("ALTER SERVER dc OPTIONS (ADD path_prefix '/prefix')", qr/^GET \/prefix/, 'its path');
$dc->sql('ALTER SERVER dc OPTIONS (DROP path_prefix)');
follows("ALTER FOREIGN TABLE t OPTIONS (ADD params 'Table=1')", qr/Table=1/, 'the table');
follows("ALTER FOREIGN TABLE t ALTER n OPTIONS (SET param 'Number')", qr/Number=3/, 'a column');
follows("ALTER FOREIGN TABLE t ALTER n OPTIONS (SET param 'Count')", qr/Count=3/, 'and back');
follows("ALTER FOREIGN TABLE t ADD d text OPTIONS (param 'Added', default '1')", qr/Added=1/,
	'a column that is added');
follows('ALTER FOREIGN TABLE t DROP d', qr/^(?!.*Added)/, 'and dropped');
follows("ALTER FOREIGN TABLE t ALTER n TYPE text", qr/^42883$/, 'a type without the operator');
$dc->sql('ALTER FOREIGN TABLE t ALTER n TYPE integer');
follows("ALTER FOREIGN TABLE t ALTER id OPTIONS (ADD param 'count')", qr/^42601$/,
	'a definition that contradicts itself');
$dc->sql('ALTER FOREIGN TABLE t ALTER id OPTIONS (DROP param)');
like(asked($_), qr/Count=3/, "that is mended: $_") for $prepared, $ad_hoc;
follows('ALTER FOREIGN TABLE t RENAME TO u', qr/^42P01$/, 'a name');
$dc->sql('ALTER FOREIGN TABLE u RENAME TO t');
follows(q{UPDATE pg_foreign_table SET ftoptions = '{endpoint=/test/other}'},
	qr/^GET \/test\/other/, 'the catalog itself');
$dc->sql(q{UPDATE pg_foreign_table SET ftoptions = '{endpoint=/test/rows}'});

# --- What the rows are -------------------------------------------------------

my $row = 'SELECT name FROM t WHERE n = 1';
my $name = $session->query($row);
cmp_ok(length $name, '>', 4, 'a name');
$session->query('PREPARE r AS SELECT name FROM t WHERE n = 1');
$dc->sql('ALTER FOREIGN TABLE t ALTER name TYPE short');
is($session->attempt($row)->{state}, '22001', 'a domain that the name is too long for');
$dc->sql('ALTER FOREIGN TABLE t ALTER name TYPE text');
is($session->query($row), $name, 'a type that it fits');
$dc->sql('ALTER DOMAIN short ADD CONSTRAINT longer CHECK (length(value) > 9)');
$dc->sql('CREATE DOMAIN word AS text; ALTER FOREIGN TABLE t ALTER name TYPE word');
is($session->query($row), $name, 'a domain');
$dc->sql(q{ALTER DOMAIN word ADD CONSTRAINT none CHECK (value = '')});
is($session->attempt($row)->{state}, '23514', 'with a constraint');
$dc->sql('ALTER DOMAIN word DROP CONSTRAINT none');
is($session->query($row), $name, 'without it');
$dc->sql('ALTER FOREIGN TABLE t ALTER name TYPE text');
$dc->sql(q{ALTER FOREIGN TABLE t ALTER name OPTIONS (SET name 'Id')});
is($session->query('EXECUTE r'), '1', 'another key, in a plan');

# A warning comes once a statement, and again in the next.
$dc->sql(q{ALTER FOREIGN TABLE t ALTER name OPTIONS (SET name 'Nmae')});
for my $time (1, 2)
{
	my $err = $session->attempt('SELECT a.name FROM t a, t b WHERE a.n = 1 AND b.n = 2')->{err};
	is(scalar(() = $err =~ /was in no record of the reply/g), 1, "one warning, time $time");
}
$dc->sql(q{ALTER FOREIGN TABLE t ALTER name OPTIONS (SET name 'Name')});

# --- Who asks ----------------------------------------------------------------

$dc->sql('CREATE ROLE other; GRANT SELECT ON t TO other');
is($session->query($row), $name, 'the definition is known');
$session->query('SET ROLE other');
is($session->attempt($row)->{state}, '42704', 'another role has no mapping');
$dc->sql(q{CREATE USER MAPPING FOR other SERVER dc OPTIONS (token 'other-token')});
is($session->attempt($row)->{state}, '28000', 'its own, which is wrong');
$dc->sql(q{ALTER USER MAPPING FOR other SERVER dc OPTIONS (SET token 'sandbox-token')});
is($session->query($row), $name, 'and right');
$session->query('RESET ROLE');
is($session->query($row), $name, 'the first role again');

# --- What runs ---------------------------------------------------------------

$session->query('BEGIN; DECLARE c CURSOR FOR SELECT id FROM t WHERE n = 5; FETCH 1 FROM c');
is(kept('t'), 1, 'a cursor holds the definition');
$dc->sql(q{ALTER SERVER dc OPTIONS (SET params 'Server=2')});
like(asked($ad_hoc), qr/Server=2/, 'another statement has the new one');
is(kept('t'), 2, 'and there are two');
is($session->query('FETCH ALL FROM c'), join("\n", 2 .. 5), 'the cursor goes on');
$session->query('COMMIT');
is(kept('t'), 1, 'the old one goes with the cursor');

$session->query('BEGIN; DECLARE c CURSOR FOR SELECT id FROM t WHERE n = 5; FETCH 1 FROM c');
$dc->sql(q{ALTER SERVER dc OPTIONS (SET params 'Server=3')});
is($session->attempt('SELECT 1 / 0 FROM t WHERE n = 1')->{state}, '22012', 'an error');
$session->query('ROLLBACK');
asked($ad_hoc);
is(kept('t'), 1, 'and with an error');

$session->query('BEGIN');
$dc->make_rows_table('gone', 'dc');
asked('SELECT id FROM gone WHERE n = 3');
is(kept('gone'), 1, 'another table');
$session->query('SAVEPOINT s; DROP FOREIGN TABLE gone');
is(kept('gone'), 0, 'that is dropped');
$session->query('ROLLBACK TO s');
like(asked('SELECT id FROM gone WHERE n = 3'), qr/Count=3/, 'or is not');
$session->query('COMMIT');
$dc->sql('DROP FOREIGN TABLE gone');
is(asked('SELECT id FROM gone WHERE n = 3'), '42P01', 'another session drops it');
is(kept('gone'), 0, 'the definition goes');

$session->query('SET client_min_messages = warning');
$session->query('BEGIN; ' . $dc->rows_table_sql('made', 'dc'));
like(asked('SELECT id FROM made WHERE n = 3'), qr/Count=3/, 'a table of the transaction');
$session->query('ROLLBACK');
is(kept('made'), 0, 'is forgotten with it');

# --- Partitions --------------------------------------------------------------

my $parts = 'SELECT id FROM whole WHERE n = 3';
$dc->sql('CREATE TABLE whole (id integer, name text, n integer) PARTITION BY LIST (n)');
$dc->sql('ALTER TABLE whole ATTACH PARTITION t FOR VALUES IN (3)');
like(asked($parts), qr/Count=3/, 'a partition');
$dc->sql('ALTER TABLE whole DETACH PARTITION t');
is(asked($parts), 'none', 'that is detached');
$dc->sql('ALTER TABLE whole ATTACH PARTITION t FOR VALUES IN (4)');
is(asked($parts), 'none', 'and has other bounds');
like(asked('SELECT id FROM whole'), qr/Count=4/, 'which are sent');

$dc->sql('DROP SERVER dc CASCADE');
is(asked($ad_hoc), '42P01', 'the server is dropped');
is(kept('t'), 0, 'with all that was kept of it');
$session->quit;

done_testing();
