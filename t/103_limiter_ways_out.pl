# Whenever a query ends or fails, its place in the queue, its slot and its connection
# are released at once, even if the memory of what failed stays, as that of a cursor
# that fails behind a savepoint. What did not fail continues.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";

use DataConnectTest;
use Test::More;

my $rows = 3000;
my ($dc, $boss, $session, $preloaded);

sub make
{
	$dc = DataConnectTest->new(
		conf => $preloaded ? "shared_preload_libraries = 'dataconnect_fdw'\n" : '');
	for my $name (qw(one two narrow))
	{
		$dc->make_server($name, max_concurrency => $name eq 'narrow' ? 1 : 4,
			max_retries => 0, queue_timeout => '60s', compression => 'off',
			mapping => { token => $dc->token });
		$dc->make_rows_table($name, $name);
	}
	$dc->sql(<<"END");
CREATE TABLE keys AS SELECT g AS id FROM generate_series(5, 7) g;
ANALYZE keys;
CREATE FOREIGN TABLE visits (id integer OPTIONS (name 'Id'), store integer
	OPTIONS (name 'StoreID', param 'StoreIDs', list 'true', required 'true'))
	SERVER one OPTIONS (endpoint '/test/visits');

CREATE FUNCTION held(server name) RETURNS text LANGUAGE sql AS
	'SELECT coalesce(max(in_flight || '','' || waiting), ''0,0'')
	   FROM dataconnect_concurrency WHERE server_name = server';

-- As an expression of PL/pgSQL it has memory that lasts as long as the
-- transaction does.
CREATE FUNCTION count_rows() RETURNS bigint LANGUAGE sql AS
	'SELECT count(id) FROM one WHERE n = $rows';

CREATE FUNCTION catch_expression() RETURNS text LANGUAGE plpgsql AS \$\$
DECLARE n bigint;
BEGIN
	n := count_rows();
	RETURN 'no error';
EXCEPTION WHEN query_canceled THEN
	RETURN 'caught: ' || held('one');
END \$\$;

CREATE FUNCTION catch_query() RETURNS text LANGUAGE plpgsql AS \$\$
BEGIN
	PERFORM count(id) FROM one WHERE n = $rows;
	RETURN 'no error';
EXCEPTION WHEN query_canceled THEN
	RETURN 'caught: ' || held('one');
END \$\$;

CREATE FUNCTION catch_cursor(c refcursor) RETURNS text LANGUAGE plpgsql AS \$\$
DECLARE x integer;
BEGIN
	LOOP
		FETCH c INTO x;
		EXIT WHEN NOT FOUND;
	END LOOP;
	RETURN 'no error';
EXCEPTION WHEN query_canceled THEN
	RETURN 'caught: ' || held('one');
END \$\$;

CREATE PROCEDURE roll_back(INOUT told text) LANGUAGE plpgsql AS \$\$
DECLARE
	c CURSOR FOR SELECT id FROM one WHERE n = $rows;
	x integer;
BEGIN
	OPEN c;
	FETCH c INTO x;
	told := held('one');
	ROLLBACK;
	told := told || ', then ' || held('one');
END \$\$;
END
	$boss = $dc->session;
	$session = $dc->session;
	return;
}

# The sandbox holds the rest of each long reply until it is released, unless a fault
# comes first.
sub hold_rest
{
	my (@before) = @_;
	$dc->clear_faults;
	$dc->fault(@before,
		{ path => '/test/rows', hold_after => { bytes => 5000 }, count => 0 },
		{ path => '/test/visits', hold_headers => 1, count => 0 });
	return;
}

# Wait for these numbers of requests in flight and waiting.
sub wait_for
{
	my ($server, $in_flight, $waiting) = @_;
	return $dc->wait_for_result("SELECT held('$server')", "$in_flight,$waiting");
}

# At once, whether or not the session's transaction has failed.
sub is_free
{
	my ($what) = @_;
	ok(eval { $dc->wait(in_flight => 0); 1 }, "$what: no connection is left");
	ok(wait_for('one', 0, 0), 'and no slot') if $preloaded;
	return;
}

# State that only the session itself knows, if nothing is shared.
sub is_free_here
{
	return is($session->query("SELECT held('one')"), '0,0', 'nothing is under way here');
}

sub interrupt
{
	my ($how, $who) = @_;
	$boss->query("SELECT pg_${how}_backend(@{[$who->pid]})");
	return $who->finish;
}

sub cancel
{
	return is(interrupt('cancel', $session)->{state}, '57014', 'a cancel');
}

sub has_failed
{
	is($session->attempt('FETCH c')->{state}, '55000', 'the cursor has failed');
	$session->query('ROLLBACK');
	return;
}

# --- Places in the queue ----------------------------------------------------

# A cursor waits in the queue behind a savepoint, and is interrupted there.
sub leave_queue
{
	my ($how) = @_;
	my ($holder, $next) = map { $dc->session } 1 .. 2;

	$dc->clear_faults;
	$dc->fault({ hold_headers => 1, param => { Count => 10 } });
	$holder->send('SELECT count(id) FROM narrow WHERE n = 10');
	$dc->wait(held => 1);
	$session->query('BEGIN; DECLARE c CURSOR FOR SELECT id FROM narrow WHERE n = 3;
		SAVEPOINT s');
	$session->query("SET LOCAL statement_timeout = '2s'") if $how eq 'statement_timeout';
	$session->send('FETCH c');
	ok(wait_for('narrow', 1, 1), 'a cursor waits for its turn');
	$next->send('SELECT count(id) FROM narrow WHERE n = 5');
	ok(wait_for('narrow', 1, 2), 'and another session behind it') if $how ne 'statement_timeout';
	my $result = $how eq 'statement_timeout' ? $session->finish : interrupt($how, $session);
	is($result->{state}, $how eq 'terminate' ? '57P01' : '57014', $how);
	ok(wait_for('narrow', 1, 1), 'the cursor has left the queue');
	$dc->release;
	is($holder->finish->{out}, '10', 'there is room');
	is($next->finish->{out}, '5', 'for the next in the queue');
	if ($how eq 'terminate')
	{
		$session = $dc->session;
		return;
	}
	$session->query('ROLLBACK TO s');
	has_failed();
	return;
}

# A cursor holds the slot for which another session waits.
sub leave_slot
{
	my $next = $dc->session;

	hold_rest();
	$session->query("BEGIN; DECLARE c CURSOR FOR SELECT id FROM narrow WHERE n = $rows");
	is($session->query('FETCH 1 FROM c'), '1', 'a cursor is read');
	$next->send('SELECT count(id) FROM narrow WHERE n = 5');
	ok(wait_for('narrow', 1, 1), 'another session waits for its slot');
	$session->query('SAVEPOINT s');
	$session->send('FETCH ALL FROM c');
	$dc->wait_until_it_waits($session->pid, 'Reply');
	cancel();
	is($next->finish->{out}, '5', 'and has it, though nothing is rolled back yet');
	$session->query('ROLLBACK TO s');
	has_failed();
	return;
}

# --- Cursors that fail behind a savepoint -----------------------------------

# The number of requests in flight, and the query.
my %cursor = (
	'a scan' => [ 1, "SELECT id FROM one WHERE n = $rows" ],
	'several requests' =>
	  [ 3, "SELECT sum(id) FROM one WHERE n IN ($rows, $rows + 1, $rows + 2)" ],
	'an Append' => [ 2, "SELECT sum(id), sum(n) FROM (SELECT id, n FROM one WHERE n = $rows
			UNION ALL SELECT id, n FROM two WHERE n = $rows) u" ],
	'a join' => [ 1, "SELECT a.id FROM keys k, one a WHERE a.n = $rows AND a.id > k.id" ],
	'a batched join' => [ 1, 'SELECT v.id FROM keys k JOIN visits v ON v.store = k.id' ],
	'an SQL function' => [ 1, 'SELECT count_rows() + id FROM keys' ]);

sub fail_behind_savepoint
{
	my ($what, $hold) = @_;
	my ($requests, $query) = @{ $cursor{$what} };

	hold_rest();
	$session->query("BEGIN; DECLARE c CURSOR $hold FOR $query; SAVEPOINT s");
	$session->send('FETCH ALL FROM c');
	$dc->wait(held => $requests);
	cancel();
	is_free("$what $hold");
	$session->query('ROLLBACK TO s');
	is_free_here();
	has_failed();
	return;
}

# The same with the savepoints of a driver, or of psql.
sub fail_in_psql
{
	hold_rest();
	$session->query("\\set ON_ERROR_ROLLBACK on
		BEGIN; DECLARE c CURSOR FOR SELECT id FROM one WHERE n = $rows; FETCH 1 FROM c");
	$session->send('FETCH ALL FROM c');
	$dc->wait_until_it_waits($session->pid, 'Reply');
	cancel();
	is_free("psql's ON_ERROR_ROLLBACK");
	is_free_here();
	has_failed();
	$session->query('\unset ON_ERROR_ROLLBACK');
	return;
}

# Another plan node raises an error while the reply is read.
sub fail_elsewhere
{
	my %fault = (
		'another request' => [ 'HV000', 'SELECT a.id FROM one a, LATERAL
			(SELECT id FROM two WHERE n = a.id OFFSET 0) b' ],
		'an expression' => [ '22012', 'SELECT 1 / (3 - id) FROM one a' ]);

	for my $what (sort keys %fault)
	{
		my ($code, $query) = @{ $fault{$what} };

		hold_rest({ param => { Count => 3 }, status => 500 });
		$session->query("BEGIN; DECLARE c CURSOR FOR $query WHERE a.n = $rows;
			FETCH 1 FROM c; SAVEPOINT s");
		is($session->attempt('FETCH 5 FROM c')->{state}, $code, "$what raises");
		is_free($what);
		$session->query('ROLLBACK TO s');
		is_free_here();
		has_failed();
	}
	return;
}

# WITH HOLD: the rest is read when the transaction commits.
sub fail_in_commit
{
	hold_rest();
	$session->query("BEGIN; DECLARE c CURSOR WITH HOLD FOR SELECT id FROM one
		WHERE n = $rows; SAVEPOINT s; FETCH 1 FROM c; RELEASE s");
	$session->send('COMMIT');
	$dc->wait_until_it_waits($session->pid, 'Reply');
	cancel();
	is_free('a cursor WITH HOLD that is read by COMMIT');
	is_free_here();
	return;
}

sub terminate_behind_savepoint
{
	hold_rest();
	$session->query("BEGIN; DECLARE c CURSOR FOR SELECT id FROM one WHERE n = $rows;
		SAVEPOINT s; FETCH 1 FROM c");
	$session->send('FETCH ALL FROM c');
	$dc->wait_until_it_waits($session->pid, 'Reply');
	is(interrupt('terminate', $session)->{state}, '57P01', 'a terminate');
	is_free('a session that was terminated');
	$session = $dc->session;
	return;
}

# --- PL/pgSQL ---------------------------------------------------------------

sub fail_in_function
{
	my %call = (
		'an expression' => 'SELECT catch_expression()',
		'a query' => 'SELECT catch_query()',
		'a cursor' => "DECLARE c CURSOR FOR SELECT id FROM one WHERE n = $rows;
			SELECT catch_cursor('c')");

	for my $what (sort keys %call)
	{
		hold_rest();
		$session->send("BEGIN; $call{$what}");
		$dc->wait(held => 1);
		# Between two FETCHes a cancel would leave a cursor that only rests.
		$dc->wait_until_it_waits($session->pid, 'Reply');
		is(interrupt('cancel', $session)->{out}, 'caught: 0,0',
			"$what fails in a block that catches it: nothing is under way");
		is_free($what);
		$session->query('COMMIT');
	}
	return;
}

sub roll_back_in_procedure
{
	hold_rest();
	is($session->query('CALL roll_back(NULL)'), '1,0, then 0,0', 'ROLLBACK in a procedure');
	is_free('a cursor of a procedure');
	return;
}

# --- What continues ---------------------------------------------------------

my %between = (
	'ROLLBACK TO' => 'SAVEPOINT s; SELECT 1 / 0; ROLLBACK TO s',
	'ROLLBACK TO, after it was read' => 'SAVEPOINT s; FETCH 2 FROM c; SELECT 1 / 0; ROLLBACK TO s',
	'ROLLBACK TO, after it was begun' => 'SAVEPOINT s; FETCH 2 FROM c; ROLLBACK TO s',
	'RELEASE' => 'SAVEPOINT s; FETCH 2 FROM c; RELEASE s',
	'two savepoints' => 'SAVEPOINT s; SAVEPOINT t; FETCH 2 FROM c; RELEASE t; ROLLBACK TO s',
	'the error of another' => "DECLARE d CURSOR FOR SELECT id FROM one WHERE n = 3; SAVEPOINT s;
		FETCH 2 FROM c; FETCH d; SELECT 1 / 0; ROLLBACK TO s");

sub go_on
{
	for my $how (sort keys %between)
	{
		hold_rest();
		$session->query("BEGIN; DECLARE c CURSOR FOR SELECT id FROM one WHERE n = $rows");
		$session->query('FETCH 2 FROM c') unless $how =~ /begun/;
		$session->attempt($between{$how});
		is($session->query("SELECT held('one')"), '1,0', "$how: the slot stays taken");
		$dc->release;
		my @rest = split /\n/, $session->query('FETCH ALL FROM c');
		my $first = $between{$how} =~ /FETCH 2/ && $how !~ /begun/ ? 5 : 3;
		is("$rest[0] $rest[-1] " . @rest, "$first $rows " . ($rows - $first + 1),
			'and the cursor goes on to its end');
		is_free_here();
		$session->query('COMMIT');
	}
	return;
}

for (1, 0)
{
	$preloaded = $_;
	note $preloaded ? 'preloaded' : 'not preloaded';
	make();
	if ($preloaded)
	{
		leave_queue($_) for qw(cancel statement_timeout terminate);
		leave_slot();
	}
	fail_behind_savepoint($_, '') for sort keys %cursor;
	fail_behind_savepoint($_, 'WITH HOLD') for 'a scan', 'several requests';
	fail_in_psql();
	fail_elsewhere();
	fail_in_commit();
	terminate_behind_savepoint();
	fail_in_function();
	roll_back_in_procedure();
	go_on();
}

done_testing();
