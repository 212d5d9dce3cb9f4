# If the library is preloaded, the requests of all sessions are limited together: 32
# sessions share a service that allows 8; waiting queries are visible and can be
# cancelled; a pause that the service asks for holds for all.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";

use DataConnectTest;
use List::Util qw(max);
use Test::More;
use Time::HiRes qw(time);

# Most seconds from an interrupt to the end of the query; see 010_cancel.pl.
use constant SOON => 10;

my $dc = DataConnectTest->new(
	conf => "shared_preload_libraries = 'dataconnect_fdw'\n");
my $boss = $dc->session;

# Make a server and its table of the same name, with an account of its own unless it
# is given the token of another.
sub make
{
	my ($name, %option) = @_;
	my $token = delete $option{token} || $dc->token;
	$dc->make_server($name, mapping => { token => $token }, %option);
	$dc->make_rows_table($name, $name);
	return $token;
}

sub wait_for { return $dc->wait_for_concurrency(@_) }

sub look
{
	my ($server, $columns) = @_;
	return $boss->query("SELECT $columns FROM dataconnect_concurrency
		WHERE server_name = '$server'");
}

sub refused { return scalar grep { $_->{Status} == 429 } @{ $dc->log } }

# --- 32 sessions against a service that allows 8 ---------------------------

my $size = 32;
my $allowed = $dc->settings->{concurrency};
is($allowed, 8, 'the service allows 8 at once');
make('crowd', max_concurrency => $size);
my @sessions = map { $dc->session } 1 .. $size;

# All send at once. The service holds those that it accepts until the others are seen
# waiting here.
sub rush
{
	my ($name) = @_;
	$dc->clear_log;
	$dc->fault({ hold_headers => 1, count => $allowed });
	$_->send('SELECT count(id) FROM crowd WHERE n = 50') for @sessions;
	$dc->wait(held => $allowed);
	ok(wait_for('crowd', $allowed, $size - $allowed),
		"$name: so many are under way, the others wait here");
	$dc->release;
	is_deeply([ map { $_->finish } @sessions ],
		[ ({ out => '50', err => '', state => '' }) x $size ],
		"$name: all finish without an error");
	$dc->clear_faults;
	return;
}

rush('not knowing it');
cmp_ok(refused(), '>', 0, 'the service refused some of them');
like(look('crowd', "allowed BETWEEN $allowed AND $allowed + 3, shared"), qr/^t\|t$/,
	'which told how many it allows');

rush('knowing it');
cmp_ok(refused(), '<', 6, 'the service refused no more than are tried for more');
is(scalar @{ $dc->log }, $size + refused(), 'each other request was sent once');
is(look('crowd', 'in_flight, waiting, paused_until'), '0|0|',
	'nothing is left of it');

# --- The queue ------------------------------------------------------------

my $token = make('one', max_concurrency => 1);
make('hasty', max_concurrency => 1, token => $token, queue_timeout => '300ms');
make('short', max_concurrency => 1, token => $token, total_timeout => '300ms');
make('other', max_concurrency => 1);
my ($holder, @waiters) = @sessions;

$dc->clear_log;
$dc->fault({ hold_headers => 1, param => { Count => 10 } });
$holder->send('SELECT count(id) FROM one WHERE n = 10');
$dc->wait(held => 1);

$waiters[0]->send('SELECT count(id) FROM one WHERE n = 1');
ok(wait_for('one', 1, 1), 'a second request waits');
ok($dc->wait_until_it_waits($waiters[0]->pid, 'Queue'), 'which shows');

my $begun = time;
$boss->query("SELECT pg_cancel_backend(@{[$waiters[0]->pid]})");
is($waiters[0]->finish->{state}, '57014', 'it can be cancelled');
cmp_ok(time - $begun, '<', SOON, 'at once');
ok(wait_for('one', 1, 0), 'and waits no more');

my $victim = $dc->session;
$victim->send('SELECT count(id) FROM one WHERE n = 1');
ok(wait_for('one', 1, 1), 'another one waits');
$boss->query("SELECT pg_terminate_backend(@{[$victim->pid]})");
is($victim->finish->{state}, '57P01', 'it can be terminated');
ok(wait_for('one', 1, 0), 'and waits no more');

$waiters[0]->query("SET statement_timeout = '300ms'");
is($waiters[0]->attempt('SELECT count(id) FROM one WHERE n = 1')->{state}, '57014',
	'statement_timeout ends it');
$waiters[0]->query('RESET statement_timeout');

my $result = $waiters[0]->attempt('SELECT count(id) FROM hasty WHERE n = 1');
is($result->{state}, '53400', 'queue_timeout ends it');
like($result->{err}, qr/^DETAIL:  Waited 300 ms\. Requests of this account in flight: 1, allowed: 1, waiting: 1\.$/m,
	'and says how things stand');
like($result->{err}, qr/^CONTEXT:  request for foreign table "hasty": GET /m,
	'and which request it was');
$result = $waiters[0]->attempt('SELECT count(id) FROM short WHERE n = 1');
is($result->{state}, 'HV00M', 'total_timeout ends it');
like($result->{err}, qr/ timed out in phase "total"/, 'and says so');
is($waiters[0]->query('SELECT count(id) FROM other WHERE n = 1'), '1',
	'a request of another account does not wait');
is(look('one', 'count(*)'), '0', 'accounts are the same for all servers');
is(look('short', 'in_flight, waiting'), '1|0', 'that have the same credentials');

# A waiter that leaves the middle or the front does not change the order of the
# others.
for my $n (1 .. 5)
{
	$waiters[$n]->send("SELECT count(id) FROM one WHERE n = $n");
	ok(wait_for('one', 1, $n), "number $n gets into the queue");
}
for my $n (1, 3)
{
	$boss->query("SELECT pg_cancel_backend(@{[$waiters[$n]->pid]})");
	is($waiters[$n]->finish->{state}, '57014', "number $n leaves it");
}
$dc->release;
is($holder->finish->{out}, '10', 'the first request ends');
is($waiters[$_]->finish->{out}, $_, "number $_ follows") for 2, 4, 5;
is_deeply(
	[ map { $_->{Params} =~ /\bCount=(\d+)/ } grep { $_->{Auth} } @{ $dc->log } ],
	[ 10, 1, 2, 4, 5 ], 'first come, first served, and only those');
is(max(map { $_->{Concurrent} } @{ $dc->log }), 2,
	'one at a time of each account');
is(look('one', 'in_flight, waiting'), '0|0', 'nothing is left of it');
$dc->clear_faults;

# Nobody overtakes the first waiter, however slow it is.
$dc->fault({ hold_headers => 1, param => { Count => 10 } });
$holder->send('SELECT count(id) FROM one WHERE n = 10');
$dc->wait(held => 1);
$waiters[1]->send('SELECT count(id) FROM one WHERE n = 1');
ok(wait_for('one', 1, 1), 'one waits');
kill STOP => $waiters[1]->pid;
$dc->release;
is($holder->finish->{out}, '10', 'what he waits for ends');
$waiters[2]->send('SELECT count(id) FROM one WHERE n = 2');
ok(wait_for('one', 0, 2), 'another one comes and waits, too');
kill CONT => $waiters[1]->pid;
is($waiters[$_]->finish->{out}, $_, "number $_ has his turn") for 1, 2;
is_deeply([ map { $_->{Params} =~ /\bCount=([12])\b/ } @{ $dc->log } ]->[-2],
	1, 'in that order');
$dc->clear_faults;

# --- A pause for all ------------------------------------------------------

make('polite');
$dc->clear_log;
$dc->fault({ status => 429, headers => { 'Retry-After' => 2 } },
	{ hold_headers => 1, count => 5 });
$sessions[0]->send('SELECT count(id) FROM polite WHERE n = 3');
ok(wait_for('polite', 0, 1), 'who is refused waits with all the others');
$_->send('SELECT count(id) FROM polite WHERE n = 3') for @sessions[ 1 .. 5 ];
ok(wait_for('polite', 0, 6), 'who come later');
is(look('polite', "paused_until > now(), paused_until < now() + '2 s'"), 't|t',
	'until when can be seen');
$boss->query("SELECT pg_cancel_backend(@{[$sessions[0]->pid]})");
is($sessions[0]->finish->{state}, '57014', 'the first of them is cancelled');
$dc->wait(held => 5);
ok(wait_for('polite', 5, 0), 'in the end all go at once');
$dc->release;
is($sessions[$_]->finish->{out}, '3', "session $_ has its turn") for 1 .. 5;
my ($first, @others) = map { $_->{At} } @{ $dc->log };
is(scalar @others, 5, 'each asked once after that');
cmp_ok($_ - $first, '>=', 1.998, 'not before the time is over') for @others;
is(look('polite', 'allowed'), 8, 'as many are allowed as before');

# A pause that is longer than we wait: the next try is in 10 minutes, and the message
# says so in the session's time zone.
$dc->clear_log;
$dc->fault({ status => 429, headers => { 'Retry-After' => 3600 } });
$_->query("SET TimeZone = 'Asia/Kathmandu'") for @sessions[ 0, 1 ], $boss;
for my $session (@sessions[ 0, 1 ])
{
	$result = $session->attempt('SELECT count(id) FROM polite WHERE n = 3');
	is($result->{state}, '53400', 'a wait longer than retry_max_wait is an error');
	my ($until) = $result->{err} =~
	  /^DETAIL:  .*No request of this account is sent before (\S+ \S+\+05:45)\b/m;
	is(look('polite', "paused_until BETWEEN '$until'::timestamptz - interval '1 s'
			AND '$until'"), 't', 'which says until when nothing is sent');
	like($result->{err}, qr/^HINT:  .*SELECT dataconnect_resume\('polite'\)\.$/m,
		'and how to end it');
}
is(scalar @{ $dc->log }, 1, 'only the first one asked');
like(look('polite', 'paused_until - now()'), qr/^00:09:/, 'it is the time of the next try');

is($boss->query("SELECT dataconnect_resume('polite')"), '1', 'the pause is ended');
is(look('polite', 'paused_until'), '', 'which can be seen');
is($sessions[1]->query('SELECT count(id) FROM polite WHERE n = 3'), '3', 'one asks again');
is($boss->query("SELECT dataconnect_resume('polite')"), '0', 'no pause is left');

# Waiting queries continue at once.
$dc->fault({ status => 429, headers => { 'Retry-After' => 30 } });
$sessions[0]->send('SELECT count(id) FROM polite WHERE n = 3');
ok(wait_for('polite', 0, 1), 'a session waits for the end of a pause');
is($boss->query("SELECT dataconnect_resume('polite')"), '1', 'which is ended');
$begun = time;
is($sessions[0]->finish->{out}, '3', 'it goes on');
cmp_ok(time - $begun, '<', SOON, 'at once');

# Other clients keep the service busy: one request at a time tries, for all sessions.
$token = make('busy', max_retries => 20, retry_max_wait => '300ms');
make('eager', max_retries => 20, retry_max_wait => '0', token => $token);
$dc->clear_log;
$dc->fault({ status => 429, count => 6 });
$_->send('SELECT count(id) FROM busy WHERE n = 3') for @sessions[ 0 .. 2 ];
$_->send('SELECT count(id) FROM eager WHERE n = 3') for @sessions[ 3 .. 5 ];
is($sessions[$_]->finish->{out}, '3', "session $_ has its turn at last")
  for 0 .. 5;
is(refused(), 6, 'those that were refused were sent again');

# --- Who may see it -------------------------------------------------------

$boss->query('CREATE ROLE analyst LOGIN; CREATE ROLE guest LOGIN;
	CREATE ROLE watcher LOGIN IN ROLE pg_monitor;
	GRANT USAGE ON FOREIGN SERVER other TO analyst; GRANT SELECT ON other TO analyst;
	CREATE USER MAPPING FOR analyst SERVER other OPTIONS (token \'sandbox-token\')');
my %session = map { $_ => $dc->session(user => $_) } qw(analyst guest watcher);
is($session{analyst}->query('SELECT count(id) FROM other WHERE n = 1'), '1',
	'a user asks');
my $sql = 'SELECT database_name, server_name, user_name, in_flight, allowed, waiting,
	shared FROM dataconnect_concurrency';
is($session{analyst}->query($sql), 'postgres|other|analyst|0|1|0|t',
	'a user sees the account of his own mapping');
is($session{guest}->query($sql), '', 'another sees none');
is($session{watcher}->query($sql), $boss->query($sql),
	'a member of pg_monitor sees all');

done_testing();
