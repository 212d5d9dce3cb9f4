# A query waits for the lock of a local row, which another transaction changes.  Then
# the query's clauses are checked again, with the foreign row that was joined.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";

use DataConnectTest;
use Test::More;

my $dc = DataConnectTest->new;
$dc->make_server('dc');
$dc->sql(q{CREATE FOREIGN TABLE rows (
	id integer OPTIONS (name 'Id'),
	flag boolean OPTIONS (name 'Flag'),
	n integer OPTIONS (param 'Count', required 'true'))
	SERVER dc OPTIONS (endpoint '/test/rows')});
$dc->sql('CREATE TABLE local (id integer PRIMARY KEY, v integer)');
$dc->sql('INSERT INTO local SELECT g, g FROM generate_series(1, 3) g');
my $writer = $dc->session;
my $reader = $dc->session;

# The result of a query that waits for the change, and the requests that it sent.
sub read_behind
{
	my ($change, $query) = @_;
	$dc->clear_log;
	$writer->query('BEGIN');
	$writer->query($change);
	$reader->send($query);
	$dc->wait_for_wait_event($reader->pid, '^transactionid$');
	$writer->query('COMMIT');
	my $result = $reader->finish;
	is($result->{err}, '', "no error: $query");
	return ($result->{out}, scalar @{ $dc->log });
}

my ($out, $requests) = read_behind(
	'UPDATE local SET v = 20 WHERE id = 2',
	'SELECT l.id, l.v, r.id, r.flag, r.n FROM local l JOIN rows r USING (id) '
	  . 'WHERE r.n = 3 AND l.v < 100 ORDER BY l.id FOR UPDATE OF l');
is($out, "1|1|1|f|3\n2|20|2|t|3\n3|3|3|f|3",
	'a changed row is joined to its foreign row');
is($requests, 1, 'which is not asked for again');

($out, $requests) = read_behind(
	'UPDATE local SET v = 200 WHERE id = 2',
	'SELECT l.id, l.v, r.id FROM local l JOIN rows r USING (id) '
	  . 'WHERE r.n = 3 AND l.v < 100 ORDER BY l.id FOR UPDATE OF l');
is($out, "1|1|1\n3|3|3", 'a row that matches no longer is left out');

($out, $requests) = read_behind(
	'UPDATE local SET v = 4 WHERE id = 2',
	'SELECT l.id, l.v, (SELECT count(*) FROM rows r WHERE r.n = l.v) '
	  . 'FROM local l WHERE l.v = (SELECT max(id) FROM rows r WHERE r.n = l.v) '
	  . 'ORDER BY l.id FOR UPDATE');
is($out, "1|1|1\n2|4|4\n3|3|3",
	'a subquery is asked again with the new value');

($out, $requests) = read_behind(
	'UPDATE local SET v = 5 WHERE id = 1',
	'UPDATE local l SET v = l.v + r.n FROM rows r '
	  . 'WHERE r.id = l.id AND r.n = 3 RETURNING l.id, l.v');
is(join(' ', sort split /\n/, $out), '1|8 2|7 3|6',
	'UPDATE FROM a foreign table');
is($requests, 1, 'asks once');

# Here the foreign rows were requested by the old value.
$dc->sql('TRUNCATE local');
$dc->sql('INSERT INTO local VALUES (1, 1), (2, 2)');
my $joined = 'SELECT l.id, l.v, r.id, r.n FROM local l JOIN rows r ON r.n = l.v '
  . 'ORDER BY l.id, r.id FOR UPDATE OF l';
($out, $requests) =
  read_behind('UPDATE local SET v = 3 WHERE id = 2', $joined);
is($out, '1|1|1|1', 'a row that was joined by its old value is left out');
is($requests, 2, 'which is not asked for again');
($out, $requests) =
  read_behind('UPDATE local SET v = v, id = 4 WHERE id = 2', $joined);
is($out, "1|1|1|1\n4|3|1|3\n4|3|2|3\n4|3|3|3",
	'one that has it still is there');

# If a condition leaves a parameter column without a value, the second check of a joined
# row does not fail.
$dc->sql(q{CREATE FOREIGN TABLE sales (id integer OPTIONS (name 'Id'),
	store integer OPTIONS (param 'StoreID'))
	SERVER dc OPTIONS (endpoint '/test/sales')});
$dc->sql('TRUNCATE local');
$dc->sql('INSERT INTO local VALUES (1, 1), (2, 2)');
for my $clause ('store = coalesce(NULL, store)', 'store = store',
	'store = coalesce(nullif(current_setting(\'port\'), current_setting(\'port\'))::integer, store)',
	'(current_setting(\'port\') <> \'x\' OR store = 3)')
{
	($out, $requests) = read_behind('UPDATE local SET v = v + 1 WHERE id = 2',
		"SELECT l.id, s.id FROM local l JOIN sales s USING (id) WHERE $clause "
		  . 'ORDER BY 1 FOR UPDATE OF l');
	is($out, "1|1\n2|2", $clause);
}

$_->quit for $writer, $reader;
done_testing();
