# A session may wait for several slots at once. Requests that a query needs go before
# those without which it has others under way, and a query that waits for nothing, as a
# cursor that is not read, holds up nobody.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";

use DataConnectTest;
use Test::More;

my $dc = DataConnectTest->new(
	conf => "shared_preload_libraries = 'dataconnect_fdw'\n");
my ($boss, $holder, $wide, $single, $last, $cursor) = map { $dc->session } 1 .. 6;

# Servers of one account each, except that hasty shares that of two.
my $token = $dc->token;
for my $server ([ 'three', max_concurrency => 3, mapping => { token => $dc->token } ],
	[ 'two', max_concurrency => 2, mapping => { token => $token } ],
	[ 'hasty', max_concurrency => 2, queue_timeout => '300ms', mapping => { token => $token } ])
{
	my ($name, %option) = @$server;
	$dc->make_server($name, compression => 'off', queue_timeout => '60s', %option);
	$dc->make_rows_table($name, $name);
}

sub wait_for { return $dc->wait_for_concurrency(@_) }

# The reply for a number of rows is held until that name is released.
sub hold
{
	my ($rows, $how) = @_;
	$dc->fault({ name => "r$rows", param => { Count => $rows },
			%{ $how || { hold_headers => JSON::PP::true } } });
	return;
}

sub release
{
	my ($rows) = @_;
	return $dc->release("r$rows");
}

sub count
{
	my ($session, $server, @rows) = @_;
	local $" = ', ';
	$session->send("SELECT count(id) FROM $server WHERE n IN (@rows)");
	return;
}

sub begin
{
	$dc->wait(in_flight => 0);
	$dc->clear_faults;
	$dc->clear_log;
	return;
}

# The numbers of rows in the order in which they were requested.
sub asked { return join ' ', map { $_->{Params} =~ /\bCount=(\d+)/ } @{ $dc->log } }

# --- Needed before optional -----------------------------------------------------

begin();
hold($_) for 10, 12;
count($holder, 'two', 10);
$dc->wait(held => 1);
count($wide, 'two', 12, 13);
ok(wait_for('two', 2, 1), 'the second request of a query waits');
count($single, 'two', 5);
ok(wait_for('two', 2, 2), 'and the only one of another');
release(10);
is($holder->finish->{out}, '10', 'a slot is free');
is($single->finish->{out}, '5', 'for the query that has no other');
release(12);
is($wide->finish->{out}, '25', 'the first query ends');
is(asked(), '10 12 5 13', 'in this order');

# --- Optional becomes needed ----------------------------------------------------

begin();
hold($_) for 10, 12, 5;
count($holder, 'two', 10);
$dc->wait(held => 1);
count($wide, 'two', 12, 13);
ok(wait_for('two', 2, 1), 'a second request waits');
count($single, 'two', 5);
ok(wait_for('two', 2, 2), 'and one that is needed');
release(12);
ok(wait_for('two', 2, 1), 'which goes when there is room');
ok($dc->wait_until_it_waits($wide->pid, 'Queue'), 'then the second request is needed, too');
count($last, 'two', 6);
ok(wait_for('two', 2, 2), 'and goes before one that comes later');
release(10);
is($holder->finish->{out}, '10', 'when there is room');
is($wide->finish->{out}, '25', 'the query ends');
is($last->finish->{out}, '6', 'and so does the later one');
release(5);
is($single->finish->{out}, '5', 'and the other');
is(asked(), '10 12 5 13 6', 'in this order');

# --- queue_timeout --------------------------------------------------------------

begin();
hold($_) for 10, 12;
count($holder, 'two', 10);
$dc->wait(held => 1);
count($wide, 'hasty', 12, 13);
ok(wait_for('hasty', 2, 1), 'a second request waits');
count($single, 'hasty', 5);
is($single->finish->{state}, '53400', 'queue_timeout ends a query that came later');
ok(wait_for('hasty', 2, 1), 'but not one that has another request under way');
release(12);
is($wide->finish->{out}, '25', 'which ends');
release(10);
is($holder->finish->{out}, '10', 'as the first one does');

# --- At rest --------------------------------------------------------------------

begin();
hold($_) for 10, 11, 12, 13, 3002;
hold(3001, { hold_after => { bytes => 5000 } });
count($holder, 'three', 10);
$dc->wait(held => 1);
count($single, 'three', 11);
$dc->wait(held => 2);
$cursor->query('BEGIN; DECLARE c CURSOR FOR SELECT n, id FROM three WHERE n IN (1, 3001, 3002)');
is($cursor->query('FETCH 2 FROM c'), "1|1\n3001|1", 'a cursor is read');
ok(wait_for('three', 3, 1), 'it has a request under way, and waits for another slot');
release(11);
is($single->finish->{out}, '11', 'a slot becomes free');
ok(wait_for('three', 2, 1), 'which a cursor that is not read does not take');
count($wide, 'three', 12, 13);
ok(wait_for('three', 3, 2), 'another query has it, and waits behind the cursor for one more');
release(10);
is($holder->finish->{out}, '10', 'another slot becomes free');
ok(wait_for('three', 3, 1), 'and goes to the query');
$dc->wait(requests => 6);
is(asked(), '10 11 1 3001 12 13', 'with its second request');
$cursor->send('FETCH ALL FROM c');
ok($dc->wait_until_it_waits($cursor->pid, 'Reply'), 'the cursor is read again');
release(13);
ok(wait_for('three', 3, 0), 'and is woken when a slot is free');
$dc->wait(requests => 7);
is(asked(), '10 11 1 3001 12 13 3002', 'it has kept its place');
release($_) for 3001, 3002;
is(scalar split(/\n/, $cursor->finish->{out}), 3001 + 3002 - 1, 'and ends');
release(12);
is($wide->finish->{out}, '25', 'as the query does');
$cursor->query('COMMIT');
is($boss->query('SELECT sum(in_flight), sum(waiting) FROM dataconnect_concurrency'), '0|0',
	'nothing is left');

done_testing();
