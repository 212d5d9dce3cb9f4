# Beside a scan of another wrapper that waits, a request has its turn in the queue of its
# account, also if that is never free; and it loses its turn if the session rests.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";

use DataConnectTest;
use DataConnectWaits qw(same_rows arrives settle union rows make_account make_locked);
use JSON::PP ();
use Test::More;

my $dc = DataConnectTest->new(conf => "shared_preload_libraries = 'dataconnect_fdw'\n");
my ($boss, $scan, @busy) = map { $dc->session } 1 .. 4;
$scan->query('SET cursor_tuple_fraction = 1');

make_locked($dc);

# Let a session want a row of a server; the request is held by its number.
sub want
{
	my ($session, $server, $n) = @_;
	$dc->fault({ hold_headers => JSON::PP::true, name => "row $n", param => { Count => $n } });
	$session->send("SELECT count(id) FROM $server WHERE n = $n");
	return;
}

sub is_waiting
{
	my ($session) = @_;
	return $dc->wait_until_it_waits($session->pid, 'Queue');
}

# Two sessions keep the account full: whenever a request ends, the session has the next
# one in the queue before another one ends. Returns after how many of them another request
# is sent.
sub turns
{
	my ($server) = @_;
	my $n = 11;
	my ($holder, $next) = @busy;
	want($next, $server, $n);
	is_waiting($next);
	for my $turn (1 .. 12)
	{
		$dc->release('row ' . ($n - 1));
		$holder->finish;
		arrives($dc, "turn $turn", requests => $turn + 1) or return 0;
		my ($count) = $dc->log->[$turn]{Params} =~ /Count=(\d+)/;
		if ($count != $n)
		{
			$dc->release("row $n");
			$next->finish;
			return $turn;
		}
		($holder, $next) = ($next, $holder);
		want($next, $server, ++$n);
		is_waiting($next);
	}
	$dc->release;
	$holder->finish;
	$next->finish;
	return 'never';
}

for my $case (
	[ 'a scan', union([ crowded => 2 ]), [ rows(2) ] ],
	[ 'several scans', union(map { [ crowded => $_ ] } 2 .. 4), [ rows(2 .. 4) ] ])
{
	my ($name, $ours, $rows) = @$case;
	make_account($dc, 'crowded', max_concurrency => 1) if $name eq 'a scan';
	for my $sql ("SELECT n FROM far UNION ALL $ours", "$ours UNION ALL SELECT n FROM far")
	{
		$boss->query('SELECT pg_advisory_lock(1)');
		$dc->clear_log;
		want($busy[0], 'crowded', 10);
		$dc->wait(held => 1);
		$scan->open_cursor($sql);
		$scan->send('FETCH ' . @$rows . ' FROM c');
		$dc->wait_for_wait_event($scan->pid, '^AppendReady$');
		# The first in the queue; if the machine is so slow that its turn is lost, then soon.
		cmp_ok(turns('crowded'), '<=', 4, "$name: it has its turn");
		same_rows($scan->finish, $rows, "$name: and its rows");
		$boss->query('SELECT pg_advisory_unlock(1)');
		same_rows($scan->fetch('ALL'), [100], "$name: the other's row comes in the end");
		settle($dc, $scan);
	}
}

# A cursor that the other wrapper has given a row rests: then the request has no turn.
$boss->query('SELECT pg_advisory_lock(1)');
$dc->clear_log;
want($busy[0], 'crowded', 10);
$dc->wait(held => 1);
$scan->open_cursor('SELECT n FROM far UNION ALL ' . union([ crowded => 2 ]));
$scan->send('FETCH 1 FROM c');
$dc->wait_for_wait_event($scan->pid, '^AppendReady$');
ok($dc->wait_for_concurrency('crowded', 1, 1), 'a request waits for its turn');
want($busy[1], 'crowded', 11);
is_waiting($busy[1]);
$boss->query('SELECT pg_advisory_unlock(1)');
same_rows($scan->finish, [100], 'the session has the row of the other wrapper, and rests');
$dc->release('row 10');
is($busy[0]->finish->{out}, '10', 'a request ends');
arrives($dc, 'another session has its turn', held => 1);
like($dc->log->[1]{Params}, qr/Count=11\b/, 'and not the one that rests');
$dc->release('row 11');
is($busy[1]->finish->{out}, '11', 'which has its row');
same_rows($scan->fetch('ALL'), [ rows(2) ], 'and then the one that rested');
settle($dc, $scan);
is($boss->query("SELECT in_flight || '|' || waiting FROM dataconnect_concurrency
	WHERE server_name = 'crowded'"), '0|0', 'nothing is left in the end');
$_->quit for $boss, $scan, @busy;

done_testing();
