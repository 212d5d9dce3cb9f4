# A log-in, and a question for the preferred endpoint, hold up nothing but the requests that
# need them, and are sent once for all of these.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";

use DataConnectTest;
use DataConnectWaits qw(waits server_options others_first same_rows is_held arrives settle union rows);
use Test::More;

my $dc = DataConnectTest->new;
my $token_path = '/v1/oauth2/token';
my %account = (username => 'analyst', password => 's3cret', client_id => 'client',
	client_secret => 'client-secret');
my $session;

# Another session, which has no token.
sub start
{
	$session->quit if $session;
	$session = $dc->session;
	$session->query('SET cursor_tuple_fraction = 1; SET client_min_messages = error');
	return $session;
}

sub make
{
	my ($name, %option) = @_;
	$dc->make_server($name, server_options(), max_concurrency => 8, %option);
	$dc->make_rows_table($name, $name);
	return;
}

sub count_of { my ($path) = @_; return scalar @{ $dc->log(path => $path) } }

make('good', mapping => { token => $dc->token });
make('login', token_url => $dc->url . $token_path, mapping => \%account);
make('asks', use_preferred_endpoint => 'true', mapping => { token => $dc->token });
make('logs_in_and_asks', use_preferred_endpoint => 'true', token_url => $dc->url . $token_path,
	mapping => \%account);
make('away', token_url => 'http://127.0.0.1:' . $dc->full_port . '/', mapping => \%account,
	connect_timeout => '10min');
my %beside = (rows => [ rows(3) ], late => [ rows(2) ], hold => 1, limit => 8);

# --- Beside another server ----------------------------------------------------------

# After some of these a log-in is refused for good, and others last: no empty reply.
for my $wait (grep { $_->{name} !~ /empty reply/ } waits())
{
	start();
	others_first($dc, $session, $wait, 'a log-in', %beside, path => $token_path,
		sql => union([ login => 2 ], [ good => 3 ]));
}

# A question that is not answered counts as answered after some time; the request goes on.
for my $wait (grep { $_->{end} eq 'rows' && $_->{name} !~ /503/ } waits())
{
	start();
	others_first($dc, $session, $wait, 'a question', %beside, path => '/session',
		sql => union([ asks => 2 ], [ good => 3 ]));
	start();
	others_first($dc, $session, $wait, 'a question after a log-in', %beside, path => '/session',
		sql => union([ logs_in_and_asks => 2 ], [ good => 3 ]));
	start();
	others_first($dc, $session, $wait, 'a log-in for a question', %beside, path => $token_path,
		sql => union([ logs_in_and_asks => 2 ], [ good => 3 ]));
}

# The token service cannot be reached.
start();
$session->open_cursor(union([ away => 2 ], [ good => 3 ]));
same_rows($session->fetch(3), [ rows(3) ],
	'a token service that cannot be reached: the rows of others come');
settle($dc, $session);

# --- While the server has a token -----------------------------------------------------

# A token that has ended is renewed, here by the refresh token.
start();
$dc->fault({ path => $token_path, drop => 'expires_in', add => { expires_in => 0 } });
$session->query('SELECT count(*) FROM login WHERE n = 1');
$dc->clear_faults;
others_first($dc, $session, { name => 'the head of a reply', end => 'rows',
		fault => { hold_headers => JSON::PP::true } },
	'a renewal', %beside, path => $token_path, sql => union([ login => 2 ], [ good => 3 ]));

# A token that the service has revoked, as one request of a scan finds out: the others
# have their rows.
start();
$session->query('SELECT count(*) FROM login WHERE n = 1');
$dc->clear_log;
$dc->fault(
	{ param => { Count => 2 }, expired_token => JSON::PP::true, hold_headers => JSON::PP::true,
		name => 'refusal' },
	{ path => '/test/rows', hold_headers => JSON::PP::true, name => 'others', count => 2 },
	{ path => $token_path, hold_headers => JSON::PP::true });
$session->open_cursor('SELECT n FROM login WHERE n IN (2, 3, 4)');
$session->send('FETCH 7 FROM c');
arrives($dc, 'a revoked token: all requests are sent', held => 3);
$dc->release($_) for 'refusal', 'others';
same_rows($session->finish, [ rows(3, 4) ], 'a revoked token: the rows of others come');
ok(is_held($dc, 1), 'a revoked token: while it is renewed');
$dc->release;
same_rows($session->fetch('ALL'), [ rows(2) ], 'a revoked token: in the end come its rows');
is(count_of($token_path), 1, 'a revoked token: one other is asked for');
settle($dc, $session);

# --- Once for all -----------------------------------------------------------------------

my %all = (
	'scans of one server' => [ union(map { [ XX => $_ ] } 1 .. 5), [ rows(1 .. 5) ] ],
	'requests of one scan' => [ 'SELECT n FROM XX WHERE n IN (1, 2, 3)', [ rows(1 .. 3) ] ],
	'scans and requests' => [ 'SELECT n FROM XX WHERE n IN (1, 2) UNION ALL '
		  . union([ XX => 3 ], [ XX => 4 ]), [ rows(1 .. 4) ] ]);
for my $name (sort keys %all)
{
	my ($sql, $rows) = @{ $all{$name} };
	for my $case ([ login => $token_path ], [ asks => '/session' ], [ logs_in_and_asks => $token_path ],
		[ logs_in_and_asks => '/session' ])
	{
		my ($server, $path) = @$case;
		my $how = "$server, $path: $name";
		my $beside = $sql =~ s/XX/$server/gr . ' UNION ALL ' . union([ good => 7 ]);
		start();
		$dc->clear_log;
		$dc->fault({ path => $path, hold_headers => JSON::PP::true });
		$session->open_cursor($beside);
		same_rows($session->fetch(7), [ rows(7) ], "$how: rows of another server");
		ok(is_held($dc), "$how: while it waits");
		is(count_of($path), 1, "$how: one is sent");
		is(count_of('/test/rows'), 1, "$how: and none that needs its answer");
		$dc->release;
		same_rows($session->fetch('ALL'), $rows, "$how: then come the rows of all");
		is(count_of($token_path), $server eq 'asks' ? 0 : 1, "$how: with one token");
		is(count_of('/session'), $server eq 'login' ? 0 : 1, "$how: with one question");
		settle($dc, $session);
	}
}

# A scan that ends while it asks does not take the answer from others: a second cursor that
# waits for it has its rows, and so has a later query.
for my $case ([ login => $token_path ], [ asks => '/session' ], [ logs_in_and_asks => $token_path ],
	[ logs_in_and_asks => '/session' ])
{
	my ($server, $path) = @$case;
	for my $end ('CLOSE c', 'ROLLBACK TO s')
	{
		my $how = "$server, $path, $end";
		start();
		$dc->clear_log;
		$dc->fault({ path => $path, hold_headers => JSON::PP::true });
		$session->query("BEGIN; SET LOCAL statement_timeout = '@{[$session->hung]}';
			DECLARE d CURSOR FOR @{[union([ $server => 4 ], [ good => 5 ])]}; SAVEPOINT s;
			DECLARE c CURSOR FOR @{[union([ $server => 2 ], [ good => 3 ])]}");
		same_rows($session->fetch(3), [ rows(3) ], "$how: a cursor that asks");
		same_rows($session->attempt('FETCH 5 FROM d'), [ rows(5) ], "$how: another one");
		is(count_of($path), 1, "$how: which does not ask again");
		$session->query($end);
		$dc->release;
		same_rows($session->attempt('FETCH ALL FROM d'), [ rows(4) ],
			"$how: the other one has its rows");
		is($session->query("SELECT count(*) FROM $server WHERE n = 1"), '1',
			"$how: and so has a later query");
		cmp_ok(count_of($path), '<=', 2, "$how: with one other question at most");
		settle($dc, $session);
	}
}

# What another cursor sent for it goes on after that one is rolled back.
start();
$dc->fault({ path => $token_path, status => 503, headers => { 'Retry-After' => 1 } },
	{ path => $token_path, hold_headers => JSON::PP::true });
$session->query("BEGIN; SET LOCAL statement_timeout = '@{[$session->hung]}';
	DECLARE d CURSOR FOR @{[union([ login => 4 ], [ good => 5 ])]}; FETCH 5 FROM d; SAVEPOINT s;
	DECLARE c CURSOR FOR @{[union([ login => 2 ], [ good => 3 ])]}; FETCH 3 FROM c");
$session->send('FETCH 1 FROM c');
arrives($dc, 'two cursors: the second one sends again', held => 1);
$dc->wait_until_it_waits_somehow($session->pid);
$dc->sql('SELECT pg_cancel_backend(' . $session->pid . ')');
is($session->finish->{state}, '57014', 'two cursors: the second one is cancelled');
$session->query('ROLLBACK TO s');
$dc->release;
same_rows($session->attempt('FETCH ALL FROM d'), [ rows(4) ], 'two cursors: the first has its rows');
settle($dc, $session);

# A later query has a time of its own.
make('timed', total_timeout => '2s', token_url => $dc->url . $token_path, mapping => \%account);
start();
$dc->fault({ path => $token_path, hold_headers => JSON::PP::true });
$session->open_cursor(union([ timed => 2 ], [ good => 3 ]));
same_rows($session->fetch(3), [ rows(3) ], 'a log-in that lasts: rows of another server');
$session->query('CLOSE c; SELECT pg_sleep(2.1)');
is($session->attempt('SELECT count(*) FROM timed WHERE n = 1')->{out}, '1',
	'a log-in that lasts: a later query does not fail by its time-out');
$dc->release;
settle($dc, $session);

# The transaction's end ends what nobody waits for any more.
for my $case ([ login => $token_path ], [ asks => '/session' ])
{
	my ($server, $path) = @$case;
	start();
	$dc->clear_log;
	$dc->fault({ path => $path, hold_headers => JSON::PP::true });
	$session->open_cursor(union([ $server => 2 ], [ good => 3 ]));
	same_rows($session->fetch(3), [ rows(3) ], "$path: rows of another server");
	ok(is_held($dc), "$path: while it waits");
	$session->query('COMMIT');
	arrives($dc, "$path: nothing is under way after the transaction", in_flight => 0);
	ok((grep { $_->{Path} eq $path && $_->{Ended} } @{ $dc->log }), "$path: it was given up");
	$dc->release;
	settle($dc);
}

# A token may end while a question is asked.
start();
make('short', use_preferred_endpoint => 'true', token_url => $dc->url . $token_path,
	mapping => \%account);
$dc->set(expires_in => 1);
$dc->clear_log;
$dc->fault({ path => '/session', hold_headers => JSON::PP::true, name => 'question' });
$session->query("SET statement_timeout = '@{[$session->hung]}'");
$session->send('SELECT count(*) FROM short WHERE n = 1');
$dc->wait(held => 1);
$dc->set(expires_in => 3600);
$dc->fault({ path => $token_path, hold_headers => JSON::PP::true });
$dc->sql('SELECT pg_sleep(1.1)');
is(count_of($token_path), 1, 'a token that ends: no other one is asked for during the question');
$dc->release('question');
arrives($dc, 'a token that ends: but after it', held => 1);
$dc->wait_until_it_waits_somehow($session->pid);
$dc->release;
is($session->finish->{out}, '1', 'a token that ends: then come the rows');
settle($dc);

# A refusal is the error of all, and is not asked for again.
start();
$dc->clear_log;
$dc->fault({ path => $token_path, status => 400, body => { error => 'invalid_grant' },
		count => 0 });
my $result = $session->attempt('SELECT sum(n) FROM (' . union(map { [ login => $_ ] } 1 .. 5)
	  . ') u');
is($result->{state}, '28000', 'a refused log-in is an error');
is(count_of($token_path), 1, 'which is asked for once');
is(count_of('/test/rows'), 0, 'and nothing is sent without it');
settle($dc);
$session->quit;

done_testing();
