# A request's slot is released however the request ends, and a backend that holds a
# slot does not wait for another: with max_concurrency 1 nothing deadlocks.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";

use DataConnectTest;
use List::Util qw(max);
use Test::More;

my $dc = DataConnectTest->new(
	conf => "shared_preload_libraries = 'dataconnect_fdw'
restart_after_crash = on\n");
my $boss = $dc->session;

# Servers, each with its table of the same name.
for my $name (qw(one two))
{
	$dc->make_server($name, max_concurrency => 1, max_retries => 0,
		queue_timeout => '20s', compression => 'off',
		mapping => { token => $dc->token });
	$dc->make_rows_table($name, $name);
}

# Wait until this many requests are in flight for a server.
sub wait_for
{
	my ($server, $in_flight) = @_;
	return $dc->wait_for_result(
		"SELECT in_flight FROM dataconnect_concurrency
		  WHERE server_name = '$server'", $in_flight);
}

# For this number of rows, the sandbox holds the rest of the reply until it is
# released.
my $rows = 100_000;
sub hold_rest
{
	my ($count) = @_;
	$dc->clear_faults;
	$dc->fault({ hold_after => { bytes => 5000 }, param => { Count => $rows },
			count => $count || 1 });
	return;
}
my $select = "SELECT id FROM one WHERE n = $rows";

# --- Released ---------------------------------------------------------------

my $session = $dc->session;
sub open_cursor
{
	hold_rest();
	$session->query("BEGIN; DECLARE c CURSOR FOR $select");
	is($session->query('FETCH 1 FROM c'), '1', 'a cursor is read');
	ok(wait_for('one', 1), 'its request is under way');
	return;
}

my %end = (
	'is closed' => sub { $session->query('CLOSE c') },
	'ends with its transaction' => sub { $session->query('COMMIT') },
	'is rolled back' => sub { $session->query('ROLLBACK') },
	'is left by an error' => sub {
		is($session->attempt('SELECT 1/0')->{state}, '22012', 'an error');
	},
	'is rolled back to a savepoint' => sub {
		$session->query('SAVEPOINT s; CLOSE c');
		hold_rest();
		$session->query("DECLARE d CURSOR FOR $select");
		$session->query('FETCH 1 FROM d');
		ok(wait_for('one', 1), 'and another one');
		$session->query('ROLLBACK TO s');
	},
	'is cancelled' => sub {
		$session->send('FETCH ALL FROM c');
		$dc->wait_until_it_waits($session->pid, 'Reply');
		$boss->query("SELECT pg_cancel_backend(@{[$session->pid]})");
		is($session->finish->{state}, '57014', 'a cancel');
	},
	'is terminated' => sub {
		$session->send('FETCH ALL FROM c');
		$dc->wait_until_it_waits($session->pid, 'Reply');
		$boss->query("SELECT pg_terminate_backend(@{[$session->pid]})");
		is($session->finish->{state}, '57P01', 'a terminate');
		$session = $dc->session;
	},
	'is terminated while nobody reads' => sub {
		$boss->query("SELECT pg_terminate_backend(@{[$session->pid]})");
		$session = $dc->session;
	},
	'is left by its session' => sub {
		$session->quit;
		$session = $dc->session;
	});
for my $how (sort keys %end)
{
	open_cursor();
	$end{$how}->();
	ok(wait_for('one', 0), "it $how: the slot is free");
	$session->query('ROLLBACK') unless $how =~ /session/;
}

hold_rest();
is($session->query("$select LIMIT 1"), '1', 'a LIMIT ends a request');
ok(wait_for('one', 0), 'and frees the slot');

my %wrong = (
	'500' => { status => 500 },
	'429' => { status => 429 },
	'malformed' => { body => '[{"Id":1},' },
	'empty' => { body => '' },
	'cut' => { cut => { after => 300, how => 'close' } },
	'gone' => { raw_reply => '' });
for my $how (sort keys %wrong)
{
	$dc->fault({ %{ $wrong{$how} }, count => 0 });
	isnt($session->attempt('SELECT count(id) FROM one WHERE n = 5')->{state}, '',
		"an error: $how");
	$dc->clear_faults;
	ok(wait_for('one', 0), 'frees the slot');
}
$session->query(<<'END');
CREATE FUNCTION try() RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	PERFORM count(id) FROM one WHERE n = 5;
	RETURN 'no error';
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE || ' ' || (SELECT in_flight FROM dataconnect_concurrency
		WHERE server_name = 'one');
END $$
END
$dc->fault({ status => 500 });
is($session->query('SELECT try()'), 'HV000 0', 'also one that is caught');

# A request that planning sends.
$dc->make_server('counted', remote_estimate => 'true',
	mapping => { token => $dc->token });
$session->query("CREATE FOREIGN TABLE counted (x text) SERVER counted
	OPTIONS (endpoint '/bridge/current/data', params 'Table=iQclerk_Stores')");
for my $end (qw(cancel terminate))
{
	$dc->fault({ path => '/bridge/current/delta', hold_headers => 1 });
	$session->send('SELECT * FROM counted');
	$dc->wait(held => 1);
	is($boss->query("SELECT in_flight FROM dataconnect_concurrency
		WHERE server_name = 'counted'"), '1', 'planning sends a request');
	$boss->query("SELECT pg_${end}_backend(@{[$session->pid]})");
	isnt($session->finish->{state}, '', $end);
	ok(wait_for('counted', 0), 'frees the slot');
	$dc->wait(in_flight => 0);
}
$session = $dc->session;

# A reply that was received completely is not in flight, whoever reads it when.
$dc->clear_faults;
$session->query('BEGIN; DECLARE c CURSOR FOR SELECT id FROM one WHERE n = 5');
is($session->query('FETCH 1 FROM c'), '1', 'a short reply is read in part');
ok(wait_for('one', 0), 'its slot is free');
is($session->query('FETCH ALL FROM c'), "2\n3\n4\n5", 'all the same it is whole');
$session->query('COMMIT');

# --- No deadlock ------------------------------------------------------------

# The inner requests of a nested loop, while the outer request is in flight.
hold_rest();
$dc->clear_log;
is($session->query("SELECT sum(b.id) FROM ($select LIMIT 3) a
		JOIN one b ON b.n = a.id"), '10', 'a nested loop comes to its end');
is_deeply([ map { $_->{Params} =~ /\bCount=(\d+)/ } @{ $dc->log } ],
	[ $rows, 1, 2, 3 ], 'by these requests');
is(max(map { $_->{Concurrent} } @{ $dc->log }), 2,
	'of which the inner ones go beyond the limit, one at a time');
ok(wait_for('one', 0), 'nothing is left of them');

# Other sessions wait in the meantime.
open_cursor();
my $other = $dc->session;
$other->send('SELECT count(id) FROM one WHERE n = 5');
ok($dc->wait_for_result("SELECT waiting FROM dataconnect_concurrency
		WHERE server_name = 'one'", '1'), 'another session waits');
is($session->query('SELECT count(id) FROM one WHERE n = 7'), '7',
	'who holds the slot does not');
ok(wait_for('one', 1), 'the slot stays taken');
$session->query('CLOSE c; COMMIT');
is($other->finish->{out}, '5', 'then it is the turn of the other');

# Each of two sessions holds what the other wants next.
$dc->wait(in_flight => 0);
hold_rest(2);
my %has = ($session->pid => 'one', $other->pid => 'two');
for my $each ($session, $other)
{
	my $name = $has{ $each->pid };
	$each->query("BEGIN; DECLARE c CURSOR FOR SELECT id FROM $name WHERE n = $rows");
	is($each->query('FETCH 1 FROM c'), '1', 'a cursor is read');
	ok(wait_for($name, 1), "a request is under way for $name");
}
is($session->query('SELECT count(id) FROM two WHERE n = 5'), '5',
	'one session asks what the other one does');
is($other->query('SELECT count(id) FROM one WHERE n = 5'), '5', 'and vice versa');
$_->query('COMMIT') for $session, $other;
ok(wait_for($_, 0), "nothing is left for $_") for qw(one two);

# --- A crash --------------------------------------------------------------

open_cursor();
kill KILL => $session->pid;
$dc->forget_watcher;
$dc->node->poll_query_until('postgres',
	"SELECT count(*) = 0 FROM dataconnect_concurrency")
  or die "no server after the crash\n";
is($dc->node->safe_psql('postgres', 'SELECT count(id) FROM one WHERE n = 5'), '5',
	'a crash leaves no slot taken');

done_testing();
