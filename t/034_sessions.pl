# A service may answer the requests of one session, which a cookie names, one after
# another. So each open request has its own cookie jar, and unused jars are used
# again. Everything is tested with a service that does so, and with one that does not.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";

use DataConnectTest;
use List::Util qw(max sum uniq);
use Test::More;

my $dc = DataConnectTest->new;
my $session = $dc->session;
my $large = 60_000;    # rows of 25 MB, more than any buffers hold
my $servers = 0;

# A server with an account and session of its own, and its tables.
sub make
{
	my (%option) = @_;
	my $name = 's' . ++$servers;
	$dc->make_server($name, mapping => { token => $dc->token }, compression => 'off', %option);
	$dc->make_rows_table("large_$name", $name, params => 'Width=300');
	$dc->make_rows_table($name, $name);
	$dc->clear_log;
	return $name;
}

sub column { return map { $_->{ $_[0] } } @{ $dc->log } }
sub state_of { return $_[0] =~ /DataConnectState=([^;]*)/ ? $1 : '' }
sub states { return map { state_of($_) } column('Cookie') }

# Ended tells which request had come last by then.
sub is_open_beside { return !defined $_[0]{Ended} || $_[0]{Ended} >= $_[1]{Seq} }

# Hanging is a failure.
sub begin
{
	my (%settings) = @_;
	$dc->reset;
	$dc->set(%settings);
	$session->query("SET statement_timeout = '60s'");
	return;
}

for my $lock (JSON::PP::false, JSON::PP::true)
{
	my $how = $lock ? 'with the lock' : 'without the lock';
	begin(session_lock => $lock);

	# --- One statement after the other ------------------------------------------

	my $name = make(max_concurrency => 8);
	is($session->query("SELECT count(id) FROM $name WHERE n = $_"), $_, "$how: statement $_")
	  for 1 .. 4;
	is(scalar(uniq(column('Session'))), 1, 'consecutive statements have one session');
	is_deeply([ map { $_ eq '' ? 0 : 1 } states() ], [ 0, 1, 1, 1 ],
		'whose cookie all but the first send');

	# --- A nested loop whose outer reply is larger than the buffers --------------

	$dc->clear_log;
	my $loop = "SELECT b.id, (SELECT count(s.id) FROM $name s WHERE s.n = b.id / 1000)
		FROM large_$name b WHERE b.n = $large AND b.id % 5000 = 0 AND b.id < 20000";
	is($session->query($loop), "5000|5\n10000|10\n15000|15", "$how: a nested loop");
	my ($outer, @inner) = @{ $dc->log };
	is(scalar @inner, 3, 'asks thrice');
	ok(is_open_beside($outer, $inner[2]), 'beside a reply that is still read');
	is(scalar(uniq(map { $_->{Session} } @inner)), 1, 'in one session');
	isnt($inner[0]{Session}, $outer->{Session}, 'which is another than that reply\'s');

	# --- A query beside an open cursor ----------------------------------------------

	$dc->clear_log;
	$session->query("BEGIN; DECLARE c CURSOR FOR SELECT id FROM large_$name WHERE n = $large");
	is($session->query('FETCH 1 FROM c'), '1', "$how: a cursor");
	is($session->query("SELECT count(id) FROM $name WHERE n = 7"), '7', 'a query beside it');
	is($session->query('FETCH 1 FROM c'), '2', 'the cursor goes on');
	$session->query('COMMIT');
	my ($cursor, $query) = @{ $dc->log };
	ok(is_open_beside($cursor, $query), 'they were open at once');
	isnt($query->{Session}, $cursor->{Session}, 'in sessions of their own');

	# --- Eight requests in one scan ---------------------------------------------------

	$dc->clear_log;
	$dc->fault({ path => '/test/rows', hold_headers => JSON::PP::true, count => 0 });
	$session->send("SELECT count(id) FROM $name WHERE n IN (1, 2, 3, 4, 5, 6, 7, 8)");
	$dc->wait(held => 8);
	$dc->release;
	is($session->finish->{out}, '36', "$how: eight requests are answered at the same time");
	is_deeply([ column('Concurrent') ], [ 1 .. 8 ], 'by the log, too');
	my @sent = grep { $_ ne '' } states();
	cmp_ok(scalar @sent, '>', 0, 'some with the cookie of a session');
	is(scalar(uniq(@sent)), scalar @sent, 'each with another');
	$dc->clear_faults;
	$dc->clear_log;
	is($session->query("SELECT count(id) FROM $name WHERE n IN (1, 2, 3, 4, 5, 6, 7, 8)"), '36',
		'the same again');
	is(scalar(grep { $_ eq '' } states()), 0, 'has sessions for all');

	# --- How many are kept --------------------------------------------------------------

	$name = make(max_concurrency => 2);
	my $cursors = sub {
		$dc->clear_log;
		$dc->fault({ path => '/test/rows', hold_after => { bytes => 20_000 }, count => 0 });
		$session->query('BEGIN');
		$session->query("DECLARE c$_ CURSOR FOR SELECT id FROM $name WHERE n = 1000"),
		  is($session->query("FETCH 1 FROM c$_"), '1', "cursor $_ begins")
		  for 1 .. 4;
	};
	$cursors->();
	my @sessions = column('Session');
	is(scalar(uniq(@sessions)), 4, "$how: four cursors have four sessions");
	$dc->release;
	is(scalar(split /\n/, $session->query("FETCH ALL FROM c$_")), 999, "cursor $_ ends")
	  for 1 .. 4;
	$session->query('COMMIT');
	$dc->clear_faults;
	$cursors->();
	my @kept = grep { $_ ne '' } states();
	is(scalar(uniq(@kept)), 2, 'as many as max_concurrency were kept');
	is_deeply([ map { $_ eq '' ? 0 : 1 } states() ], [ 1, 1, 0, 0 ], 'which are used first');
	$session->query('COMMIT');
	$dc->release;
	$dc->clear_faults;

	$session->query("SELECT count(id) FROM $name WHERE n = 1");
	$dc->fault({ path => '/test/rows', hold_after => { bytes => 20_000 } });
	$session->query("BEGIN; DECLARE c CURSOR FOR SELECT id FROM $name WHERE n = 1000");
	$dc->clear_log;
	$session->query('FETCH 1 FROM c');
	$session->query("SELECT count(id) FROM $name WHERE n = 1");
	$dc->release;
	$session->query('FETCH ALL FROM c');
	$session->query('COMMIT');
	$session->query("SELECT count(id) FROM $name WHERE n = 1");
	my @order = column('Session');
	isnt($order[1], $order[0], 'two sessions are used');
	is($order[2], $order[0], 'the one that was used last is used again');

	# --- Replies that are not read to their end -------------------------------------------

	# The service may notice the end late.
	$dc->set(session_lock_stays => JSON::PP::true);
	$name = make(max_concurrency => 4);
	my %aborted = (
		'LIMIT' => [ "SELECT id FROM large_$name WHERE n = $large LIMIT 1", '' ],
		'an error' =>
		  [ "SELECT 1 / (id - 2) FROM large_$name WHERE n = $large AND id > 1", '22012' ]);
	for my $end (sort keys %aborted)
	{
		my ($sql, $state) = @{ $aborted{$end} };
		$session->query("SELECT count(id) FROM $name WHERE n = 1");
		$dc->clear_log;
		is($session->attempt($sql)->{state} // '', $state, "$how: $end ends a reply");
		is($session->query("SELECT count(id) FROM $name WHERE n = 2"), '2',
			'which does not hold up the next');
		my ($first, $second) = @{ $dc->log };
		isnt($second->{Session}, $first->{Session}, 'as that has another session');
	}
	$dc->set(session_lock_stays => JSON::PP::false);
	$dc->release;

	# A gateway that gives up waiting, in front of a service that goes on.
	$name = make(max_retries => 1, retry_max_wait => '10ms');
	for ([ 429, 1 ], [ 503, 1 ], [ 502, 0 ], [ 504, 0 ])
	{
		my ($status, $keeps) = @$_;
		$session->query("SELECT count(id) FROM $name WHERE n = 1");
		$dc->clear_log;
		$dc->fault({ status => $status, body => 'x' });
		is($session->query("SELECT count(id) FROM $name WHERE n = 2"), '2',
			"$how: a try after $status");
		my ($first, $second) = states();
		isnt($first, '', 'the first has a session');
		is($second, $keeps ? $first : '', 'the second ' . ($keeps ? 'has the same' : 'has it not'));
	}

	# --- Stale and unknown sessions
	# -------------------------------------------------------------

	# A token that stays valid after a reset.
	$name = make(mapping => { token => 'sandbox-token' });
	my $ask = sub { is($session->query("SELECT count(id) FROM $name WHERE n = 3"), '3', $_[0]) };
	$ask->('a first statement');
	begin(session_lock => $lock);
	$ask->("$how: a stale session");
	$ask->('and another statement');
	my ($stale, $new) = states();
	isnt($stale, '', 'a session that has ended is no error');
	is($new, ($dc->log)->[0]{Session}, 'and is replaced by the one that the service gives');
	isnt($new, $stale, 'which is new');
	$dc->fault({ set_cookie => 'DataConnectState=unknown; Path=/' });
	$ask->('a cookie changes');
	$ask->('to one that the service does not know');
	$ask->('which it replaces');
	is((states())[3], 'unknown', 'that is sent once');
	is((states())[4], ($dc->log)->[3]{Session}, 'and then what the service gave for it');

	$session->query("CREATE FOREIGN TABLE abandon_$name (message text OPTIONS (name 'Message'))
		SERVER $name OPTIONS (endpoint '/session/abandon')");
	$session->attempt("SELECT message FROM abandon_$name");
	$ask->("$how: a session that was abandoned");
	my ($abandoned, $next) = @{ $dc->log }[ -2, -1 ];
	is(state_of($next->{Cookie}), $abandoned->{Session}, 'its cookie is no error');
	isnt($next->{Session}, $abandoned->{Session}, 'but a new session');
	$session->query('RESET statement_timeout');
}

# --- A cookie goes to no other account or host ----------------------------------

begin(session_lock => JSON::PP::true);

my $name = make();
$session->query("SELECT count(id) FROM $name WHERE n = 1");
$dc->clear_log;
$session->query("ALTER USER MAPPING FOR CURRENT_USER SERVER $name OPTIONS (SET token '"
	  . $dc->token . q{')});
$dc->clear_log;
$session->query("SELECT count(id) FROM $name WHERE n = 1");
is_deeply([ states() ], [''], 'other credentials have no session yet');

# Even if a cursor still reads under the old session.
$session->query("BEGIN; DECLARE c CURSOR FOR SELECT id FROM large_$name WHERE n = $large");
$session->query('FETCH 1 FROM c');
$session->query("SELECT count(id) FROM $name WHERE n = 1");
my $other = $dc->token;
$session->query("ALTER USER MAPPING FOR CURRENT_USER SERVER $name OPTIONS (SET token '$other')");
$dc->clear_log;
$session->query("SELECT count(id) FROM $name WHERE n = 2");
is_deeply([ map { [ state_of($_->{Cookie}), $dc->headers($_)->{authorization} ] } @{ $dc->log } ],
	[ [ '', "Bearer $other" ] ], 'new credentials beside an open cursor: neither');
is($session->query('FETCH 1 FROM c'), '2', 'which goes on');
$session->query('COMMIT');

my $token_path = '/v1/oauth2/token';
$name = make(
	token_url => $dc->url . $token_path,
	mapping => { username => 'analyst', password => 's3cret', client_id => 'client',
		client_secret => 'client-secret' });
$dc->clear_log;
$dc->fault({ path => $token_path, set_cookie => 'DataConnectState=set-by-the-token-service; Path=/' });
$session->query("SELECT count(id) FROM $name WHERE n = 1");
$dc->expire;
$session->query("SELECT count(id) FROM $name WHERE n = 2");
my @log = map { [ $_->{Path}, state_of($_->{Cookie}) eq '' ? 0 : 1 ] } @{ $dc->log };
is_deeply(\@log,
	[ [ $token_path, 0 ], [ '/test/rows', 0 ], [ '/test/rows', 1 ], [ $token_path, 0 ], [ '/test/rows', 1 ] ],
	'the token service gets no cookie of the service, and the service none of its');

# All hosts exist through the sandbox as a proxy.
for my $set ('Domain=iqmetrix.net; Path=/', 'Path=/')
{
	$name = make(
		url => 'http://dataconnect.iqmetrix.net',
		proxy => $dc->url,
		allow_insecure_http => 'on',
		use_preferred_endpoint => 'on');
	$dc->set(preferred_endpoint => 'http://near.iqmetrix.net', session_cookies => JSON::PP::false);
	$dc->clear_log;
	$dc->fault({ path => '/session', set_cookie => "DataConnectState=of-the-first-host; $set" },
		{ path => '/test/rows', set_cookie => "DataConnectState=of-the-second-host; $set" });
	$session->query("SELECT count(id) FROM $name WHERE n = $_") for 1, 2;
	is_deeply(
		[ map { [ $dc->headers($_)->{host}, state_of($_->{Cookie}) ] } @{ $dc->log } ],
		[
			[ 'dataconnect.iqmetrix.net', '' ],
			[ 'near.iqmetrix.net', '' ],
			[ 'near.iqmetrix.net', 'of-the-second-host' ]
		],
		"a cookie ($set) stays with its host");
}

# --- How many, and how large ------------------------------------------------------

begin();
$name = make();
my $flood = 0;
for my $reply (1 .. 8)
{
	$dc->fault({ set_cookie => [ map { 'c' . $flood++ . '=v; Path=/' } 1 .. 50 ] });
	$session->query("SELECT count(id) FROM $name WHERE n = 1");
}
$dc->clear_log;
is($session->query("SELECT count(id) FROM $name WHERE n = 2"), '2', 'of 400 cookies');
my ($sent) = column('Cookie');
unlike($sent, qr/\bc(?:\d|\d\d|[01]\d\d)=/, 'the first are no longer kept');
like($sent, qr/\bc3\d\d=/, 'but the last');

$dc->fault({ set_cookie => 'Large=' . 'x' x 4097 . '; Path=/' });
$session->query("SELECT count(id) FROM $name WHERE n = 1");
$session->query("SELECT count(id) FROM $name WHERE n = 2");
unlike($_, qr/Large/, 'one of more than 4 kB is not kept') for (column('Cookie'))[-1];

$dc->fault({ set_cookie => [ map { "d$_=v; Path=/" } 1 .. 40_000 ] });
my $since = time;
like($session->attempt("SELECT count(id) FROM $name WHERE n = 1")->{err},
	qr/HV00M: header of the service's reply is too long/, '40,000 in one reply are too many');
cmp_ok(time - $since, '<', 10, 'which is known at once');
$session->quit;

done_testing();
