# Requests that wait for their turn (max_concurrency), with all sessions counted together:
# a scan sends another request when one may go, while its first is still read; and a
# session that rests, such as one with a cursor, holds up no other.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";

use DataConnectTest;
use DataConnectWaits qw(stalled replies same_rows at_once is_held arrives settle union rows make_account make_locked);
use Test::More;

my $dc = DataConnectTest->new(conf => "shared_preload_libraries = 'dataconnect_fdw'\n");
my $boss = $dc->session;
my ($holder, $scan, $other) = map { $dc->session } 1 .. 3;
$scan->query('SET cursor_tuple_fraction = 1');

sub make { return make_account($dc, @_) }

sub state_is
{
	my ($server, $expected, $name) = @_;
	return ok($dc->wait_for_result("SELECT in_flight || '|' || waiting
		FROM dataconnect_concurrency WHERE server_name = '$server'", $expected), $name);
}

sub nothing_left
{
	my ($server, $name) = @_;
	return is($boss->query("SELECT in_flight || '|' || waiting FROM dataconnect_concurrency
		WHERE server_name = '$server'"), '0|0', "$name: nothing is left in the end");
}

# Let a session have a request under way, until it is released.
sub hold
{
	my ($server) = @_;
	$dc->clear_log;
	$dc->fault({ hold_headers => JSON::PP::true, name => 'holder', param => { Count => 10 } });
	$holder->send("SELECT count(id) FROM $server WHERE n = 10");
	$dc->wait(held => 1);
	return;
}

sub hold_no_more
{
	$dc->release('holder');
	is($holder->finish->{out}, '10', 'the request of another session ends');
	return;
}

# --- A scan goes on with what becomes free --------------------------------------------

# Its first reply is held; then another request may go, and is sent.
for my $kind (replies())
{
	my $name = $kind->{name};
	make($name, max_concurrency => 2, %{ $kind->{server} });
	if (%{ $kind->{table} })
	{
		$dc->sql("ALTER FOREIGN TABLE $name OPTIONS (" .
			  join(', ', map { "ADD $_ '$kind->{table}{$_}'" } keys %{ $kind->{table} }) . ')');
	}
	my %query = (
		'one scan' => "SELECT n FROM $name WHERE n IN (1, 2, 3)",
		'an Append' => union(map { [ $name, $_ ] } 1 .. 3));
	for my $what (sort keys %query)
	{
		my $how = "$name, $what";
		hold($name);
		$dc->fault({ param => { Count => 1 }, %{ stalled($kind->{bytes})->{fault} } });
		$scan->open_cursor($query{$what});
		$scan->send('FETCH 5 FROM c');
		$dc->wait(held => 2);
		$dc->wait_until_it_waits_somehow($scan->pid);
		is(scalar @{ $dc->log }, 2, "$how: one of two requests may go");
		hold_no_more();
		same_rows($scan->finish, [ rows(2, 3) ], "$how: the next one follows the other session's");
		ok(is_held($dc), "$how: while the first is not complete");
		cmp_ok(at_once($dc), '<=', 2, "$how: no more requests than allowed");
		$dc->release;
		same_rows($scan->fetch('ALL'), [ rows(1) ], "$how: in the end come all rows");
		settle($dc, $scan);
		nothing_left($name, $how);
	}
}

# The first reply has rows, which a cursor reads; the next request goes when a read waits.
make('reads', max_concurrency => 2, compression => 'off');
hold('reads');
$dc->fault({ param => { Count => 1000 }, hold_after => { bytes => 5_000 } });
$scan->open_cursor('SELECT n FROM reads WHERE n IN (1000, 1001, 1002)');
is($scan->fetch(1)->{out}, '1000', 'a cursor has a row of the first reply');
hold_no_more();
$scan->send('FETCH 900 FROM c');
arrives($dc, 'the next request goes while the first reply is read', requests => 3);
ok(is_held($dc), 'and is not complete');
$dc->release;
is($scan->finish->{state}, '', 'the rows of that read come');
is($scan->fetch('ALL')->{state}, '', 'and all others');
cmp_ok(at_once($dc), '<=', 2, 'with no more requests than allowed');
settle($dc, $scan);
nothing_left('reads', 'a cursor');

# Of a scan's requests only the first one waits in the queue, until it has its turn.
make('one', max_concurrency => 1);
hold('one');
$scan->send('SELECT count(*) FROM one WHERE n IN (1, 2, 3)');
state_is('one', '1|1', 'a scan without its turn waits as one');
hold_no_more();
is($scan->finish->{out}, '6', 'and then has all its rows');
is(at_once($dc), 1, 'one request at a time');
nothing_left('one', 'one at a time');

# --- Another server's scan need not wait ----------------------------------------------

make('free');
hold('one');
$scan->open_cursor(union([ one => 2 ], [ free => 3 ]));
same_rows($scan->fetch(3), [ rows(3) ], 'rows of an account that is free come');
hold_no_more();
same_rows($scan->fetch('ALL'), [ rows(2) ], 'and those of the other in its turn');
settle($dc, $scan);
nothing_left('one', 'two accounts');

# Beside a scan of another wrapper that waits, a request has its turn, too.
make_locked($dc);
$boss->query('SELECT pg_advisory_lock(1)');
hold('one');
$scan->open_cursor('SELECT n FROM far UNION ALL ' . union([ one => 2 ]));
$scan->send('FETCH 2 FROM c');
$dc->wait_until_it_waits_somehow($scan->pid);
is(scalar @{ $dc->log }, 1, 'beside another wrapper a request waits for its turn');
hold_no_more();
same_rows($scan->finish, [ rows(2) ], 'which comes while that one waits');
$boss->query('SELECT pg_advisory_unlock(1)');
same_rows($scan->fetch('ALL'), [100], 'whose row comes in the end');
settle($dc, $scan);
nothing_left('one', 'another wrapper');

# --- Time-outs in the queue --------------------------------------------------------------

# Scans that share their rows wait as one.
make('shared', max_concurrency => 1, queue_timeout => '1s');
hold('shared');
$scan->query("SET statement_timeout = '@{[$scan->hung]}'");
$scan->send(union([ shared => 1 ], [ shared => 1 ]));
like($scan->finish->{err}, qr/ request waited too long in the queue$/m,
	'shared rows: queue_timeout ends the wait');
hold_no_more();
nothing_left('shared', 'shared rows');

# A question that waits too long for its turn does not fail the query, which then has its
# own turn.
my $token = $dc->token;
$dc->make_server('holds', max_concurrency => 1, mapping => { token => $token });
$dc->make_rows_table('holds', 'holds');
$dc->make_server('asks', max_concurrency => 1, queue_timeout => '4s',
	use_preferred_endpoint => 'true', mapping => { token => $token });
$dc->make_rows_table('asks', 'asks');
hold('holds');
$scan->send('SELECT count(*) FROM asks WHERE n = 1');
ok($dc->wait_for_result("SELECT waiting FROM dataconnect_concurrency
	WHERE in_flight = 1", '1'), 'a question waits for its turn');
$dc->sql('SELECT pg_sleep(4.2)');
hold_no_more();
my $answer = $scan->finish;
is($answer->{out}, '1', 'a question that waits too long: the query goes on');
like($answer->{err}, qr/ request waited too long in the queue: /,
	'a question that waits too long: a warning says so');
$scan->query('RESET statement_timeout');
nothing_left('asks', 'a question');

# A request that is sent again needs its turn no more than the first time: while another
# one is under way it waits without a time-out, and without using the processor.
sub processor_time
{
	my ($pid) = @_;
	my @fields = split ' ',
	  PostgreSQL::Test::Utils::slurp_file("/proc/$pid/stat") =~ s/.*\) //r;
	return $fields[11] + $fields[12];
}
make('timed', max_concurrency => 2, total_timeout => '1s', retry_max_wait => '10min');
$dc->fault({ hold_headers => JSON::PP::true, param => { Count => 3 } },
	{ status => 429, headers => { 'Retry-After' => 500 }, param => { Count => 2 } });
$scan->query("SET statement_timeout = '@{[$scan->hung]}'");
$scan->open_cursor(union([ timed => 2 ], [ free => 3 ]));
$scan->send('FETCH 3 FROM c');
ok($dc->wait_for_result("SELECT paused_until > now() FROM dataconnect_concurrency
	WHERE server_name = 'timed'", 't'), 'a pause beside a request under way');
$dc->sql('SELECT pg_sleep(1.1)');
my $used = processor_time($scan->pid);
$dc->sql('SELECT pg_sleep(1)');
cmp_ok(processor_time($scan->pid) - $used, '<', 30, 'the wait takes no processor time');
$dc->release;
same_rows($scan->finish, [ rows(3) ], 'the rows under way come');
$boss->query("SELECT dataconnect_resume('timed')");
same_rows($scan->fetch('ALL'), [ rows(2) ], 'and those of the other after the pause');
$scan->query('RESET statement_timeout');
settle($dc, $scan);
nothing_left('timed', 'a pause');

# --- A session that rests holds up no other ---------------------------------------------

# The other session must have its turn although the first is before it in the queue.
sub has_its_turn
{
	my ($server, $how) = @_;
	$other->query("SET statement_timeout = '@{[$other->hung]}'");
	$other->send("SELECT count(id) FROM $server WHERE n = 7");
	$dc->wait_until_it_waits_somehow($other->pid);
	hold_no_more();
	is($other->finish->{out}, '7', "$how: another session has its turn");
	return;
}

make('rests', max_concurrency => 2, compression => 'off');
my %rests = (
	'a scan with rows left' => [ 'rests', 1,
		'SELECT n FROM rests WHERE n IN (1000, 1002, 1003)', 1000, [ rows(1000, 1002, 1003) ] ],
	'an Append with rows left' => [ 'rests', 1, union(map { [ rests => $_ ] } 1000, 1002, 1003),
		1000, [ rows(1000, 1002, 1003) ] ],
	'a scan without its turn' => [ 'one', 0,
		'SELECT n FROM one WHERE n IN (2, 3) UNION ALL SELECT 1000', 1000,
		[ 1000, rows(2, 3) ] ],
	'scans without their turn, beside another account' => [ 'one', 0,
		union([ one => 2 ], [ one => 3 ], [ free => 4 ]), 4, [ rows(2, 3, 4) ] ]);
for my $how (sort keys %rests)
{
	my ($server, $held, $sql, $first, $rows) = @{ $rests{$how} };
	hold($server);
	$dc->fault({ param => { Count => 1000 }, hold_after => { bytes => 5_000 } }) if $held;
	$scan->open_cursor($sql);
	is($scan->fetch(1)->{out}, $first, "$how: a row");
	arrives($dc, "$how: what is under way", held => 1 + $held);
	has_its_turn($server, $how);
	is(scalar(grep { $_->{Params} =~ /Count=(?:100)?[23]\b/ } @{ $dc->log }), 0,
		"$how: the session that rests sends nothing");
	$dc->release;
	my $rest = $scan->fetch('ALL');
	same_rows({ %$rest, out => "$first\n$rest->{out}" }, $rows, "$how: it has all rows in the end");
	settle($dc, $scan);
	nothing_left($server, $how);
}

# The same if it needs the turn no less than the other: both could do without, or neither.
make('third', max_concurrency => 3, compression => 'off');
my $second = $dc->session;
hold('third');
$dc->fault({ hold_headers => JSON::PP::true, name => 'second', param => { Count => 11 } },
	{ param => { Count => 1000 }, hold_after => { bytes => 5_000 } },
	{ param => { Count => 5 }, hold_headers => JSON::PP::true });
$second->send('SELECT count(id) FROM third WHERE n = 11');
$dc->wait(held => 2);
$scan->open_cursor('SELECT n FROM third WHERE n IN (1000, 1002)');
is($scan->fetch(1)->{out}, '1000', 'both could do without: a row');
arrives($dc, 'both could do without: what is under way', held => 3);
$dc->release('second');
is($second->finish->{out}, '11', 'both could do without: a request ends');
$other->query("SET statement_timeout = '@{[$other->hung]}'");
$other->send('COPY (SELECT n FROM third WHERE n IN (5, 6)) TO STDOUT');
arrives($dc, 'both could do without: another session has the turn', held => 3, requests => 4);
$dc->wait_until_it_waits_somehow($other->pid);
hold_no_more();
arrives($dc, 'both could do without: the session that waits has the next one', requests => 5);
like(($dc->log->[4] // { Params => '' })->{Params}, qr/Count=6\b/,
	'both could do without: and not the one that rests');
$dc->release;
is($other->finish->{state}, '', 'both could do without: it has its rows');
is($scan->fetch('ALL')->{state}, '', 'both could do without: and so has the other');
settle($dc, $scan);
nothing_left('third', 'both could do without');

make('single', max_concurrency => 1);
hold('one');
$dc->fault({ hold_headers => JSON::PP::true, name => 'single', param => { Count => 11 } });
$second->send('SELECT count(id) FROM single WHERE n = 11');
$dc->wait(held => 2);
$scan->open_cursor(union([ one => 2 ], [ single => 3 ]));
$scan->send('FETCH 3 FROM c');
state_is('one', '1|1', 'neither: a request waits');
state_is('single', '1|1', 'neither: and so does one of another account');
$dc->release('single');
is($second->finish->{out}, '11', 'neither: a request of the other account ends');
same_rows($scan->finish, [ rows(3) ], 'neither: the scan has rows, and rests');
has_its_turn('one', 'neither');
same_rows($scan->fetch('ALL'), [ rows(2) ], 'neither: it has all rows in the end');
settle($dc, $scan);
nothing_left('one', 'neither');
$second->quit;

# The same where the session that rests is stopped: the place of one that does not look is
# kept only while it waits.
hold('one');
$scan->open_cursor('SELECT n FROM one WHERE n IN (2, 3) UNION ALL SELECT 1000');
is($scan->fetch(1)->{out}, '1000', 'stopped: a row');
kill STOP => $scan->pid;
has_its_turn('one', 'stopped');
kill CONT => $scan->pid;
same_rows($scan->fetch('ALL'), [ rows(2, 3) ], 'stopped: it has all rows in the end');
settle($dc, $scan);
nothing_left('one', 'stopped');

# --- A pause --------------------------------------------------------------------------

# A 429 makes the account pause: what is under way comes, also of other accounts, and the
# rest after the pause. The session that rests does not hold up another one then.
my %paused = (
	'a scan' => [ 'SELECT n FROM pauses WHERE n IN (2, 3, 4)', [ 2, 2, 3, 4 ], [ rows(2, 4) ] ],
	'an Append' => [ union([ pauses => 2 ], [ free => 3 ]), [ 2, 2, 3 ], [ rows(2) ] ]);
make('pauses', retry_max_wait => '10min', max_concurrency => 2);
for my $how (sort keys %paused)
{
	my ($sql, $asked, $late) = @{ $paused{$how} };
	$dc->clear_log;
	$dc->fault({ status => 429, headers => { 'Retry-After' => 500 }, param => { Count => 2 } },
		{ hold_headers => JSON::PP::true, param => { Count => 3 } });
	$scan->open_cursor($sql);
	$scan->send('FETCH 3 FROM c');
	ok($dc->wait_for_result("SELECT paused_until > now() FROM dataconnect_concurrency
		WHERE server_name = 'pauses'", 't'), "$how: the account pauses");
	$dc->release;
	same_rows($scan->finish, [ rows(3) ], "$how: rows that are under way come");
	is(scalar @{ $dc->log }, 2, "$how: nothing is sent in the pause");
	$boss->query("SELECT dataconnect_resume('pauses')");
	is($other->query('SELECT count(id) FROM pauses WHERE n = 5'), '5',
		"$how: after it another session has its turn");
	same_rows($scan->fetch('ALL'), $late, "$how: and then the one that rests");
	is_deeply([ sort grep { $_ != 5 } map { $_->{Params} =~ /Count=(\d)\b/ } @{ $dc->log } ],
		$asked, "$how: which sends the refused request again");
	settle($dc, $scan);
	nothing_left('pauses', $how);
	$boss->query("SELECT dataconnect_resume('pauses')");
}
$_->quit for $boss, $holder, $scan, $other;

done_testing();
