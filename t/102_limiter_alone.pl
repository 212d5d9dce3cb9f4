# If the library is not preloaded, each session limits only its own requests.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";

use DataConnectTest;
use Test::More;

my $dc = DataConnectTest->new;
my ($first, $second) = map { $dc->session } 1 .. 2;
$dc->make_server('one', max_concurrency => 1, compression => 'off');
$dc->make_rows_table('one', 'one');
my $state = 'SELECT in_flight, allowed, waiting, shared FROM dataconnect_concurrency';
my $rows = 100_000;

is($first->query($state), '', 'a session that has asked nothing knows nothing');

# Each session has one request in flight, and one beyond the limit.
$dc->fault({ hold_after => { bytes => 5000 }, count => 2 });
for my $session ($first, $second)
{
	$session->query("BEGIN; DECLARE c CURSOR FOR SELECT id FROM one WHERE n = $rows");
	is($session->query('FETCH 1 FROM c'), '1', 'a cursor is read');
	is($session->query($state), '1|1|0|f', 'and its request counted, alone');
}
is($first->query('SELECT count(id) FROM one WHERE n = 5'), '5',
	'the session that holds a slot does not wait for another');
$first->query('COMMIT');
is($first->query($state), '0|1|0|f', 'its slot is free again');
is($second->query($state), '1|1|0|f', 'that of the other session is not');
$second->query('COMMIT');
$dc->wait(in_flight => 0);

# A pause holds for all requests of a session, and for no other session.
$dc->make_server('same');
$dc->make_rows_table('same', 'same');
$dc->clear_faults;
$dc->clear_log;
$dc->fault({ status => 429, headers => { 'Retry-After' => 3600 } });
is($first->attempt('SELECT count(id) FROM one WHERE n = 5')->{state}, '53400',
	'a service that wants to be left alone');
is($first->attempt('SELECT count(id) FROM same WHERE n = 5')->{state}, '53400',
	'is, also by the other server with the same credentials');
is(scalar @{ $dc->log }, 1, 'to which nothing was sent');
is($second->query('SELECT count(id) FROM same WHERE n = 5'), '5',
	'another session does not know');
is($second->query("SELECT dataconnect_resume('one')"), '0', 'nor ends it');
is($first->query("SELECT dataconnect_resume('one')"), '1', 'the session itself does');
is($first->query('SELECT count(id) FROM same WHERE n = 5'), '5', 'and asks again');
my $new = $dc->session;
$dc->fault({ status => 429 });
is($new->query('SELECT count(id) FROM same WHERE n = 5'), '5',
	'a request that was refused is sent again');

done_testing();
