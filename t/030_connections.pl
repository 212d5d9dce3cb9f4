# A session keeps connections and cookies from statement to statement, separately for
# each user mapping, and replies are never mixed up.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";

use DataConnectTest;
use MIME::Base64 qw(encode_base64);
use Socket qw(IPPROTO_TCP TCP_NODELAY);
use Test::More;

my $dc = DataConnectTest->new;

# No retries of ours: only replaced connections are repeated.
# Requests at the same time have a connection each.
$dc->make_server('one', max_retries => 0, idle_timeout => '20s',
	max_concurrency => 1);
$dc->make_server('two', max_retries => 0, idle_timeout => '20s');
$dc->make_rows_table('one', 'one');
$dc->make_rows_table('one_post', 'one', method => 'post');
$dc->make_rows_table('two', 'two');
$dc->sql(q{
	CREATE ROLE other;
	GRANT SELECT ON one TO other;
	CREATE USER MAPPING FOR other SERVER one
		OPTIONS (username 'analyst', password 's3cret');
	CREATE FUNCTION count_of(name text, n integer) RETURNS bigint
	LANGUAGE plpgsql AS $$
	DECLARE result bigint;
	BEGIN
		EXECUTE format('SELECT count(*) FROM %I WHERE n = $1', name)
			INTO result USING n;
		RETURN result;
	END $$});

# The values of a field in the log since the last call.
sub logged
{
	my ($field) = @_;
	my @values = map { $_->{$field} } @{ $dc->log };
	$dc->clear_log;
	return @values;
}

sub distinct { return keys %{ { map { $_ => 1 } @_ } } }

my $session = $dc->session;

# Count the rows of a request for this number, and check that the request came once.
sub count_is
{
	my ($table, $n, $name) = @_;
	is($session->query("SELECT count(*) FROM $table WHERE n = $n"), $n, $name);
	return;
}

# --- Statements that follow each other share a connection ------------------

count_is('one', 3, 'a statement');
count_is('one', 4, 'and the next');
count_is('one_post', 5, 'and one by POST');
is($session->query('SELECT count(*) FROM one WHERE n IN (1, 2, 3)'), '6',
	'several requests of one scan');
is( $session->query(
		'SELECT count(*) FROM one a JOIN one_post b USING (id) WHERE a.n = 7 AND b.n = 9'),
	'7',
	'several scans of one statement');
is($session->query("SELECT count_of('one', 11) + count_of('one_post', 12)"),
	'23', 'statements in a function');
$dc->fault({ status => 404, body => { Message => 'gone' } });
$session->send('SELECT count(*) FROM one WHERE n = 3');
like($session->finish->{err}, qr/ERROR:  HV00R:/, 'a refused statement');
$session->send('SELECT name::integer FROM one WHERE n = 3');
like($session->finish->{err}, qr/ERROR:  22P02:/, 'a statement that fails');
count_is('one', 13, 'and one after these');
my @connections = logged('Connection');
is(scalar @connections, 13, 'each has sent its requests');
is(scalar distinct(@connections), 1, 'all of them on one connection');
my ($connection) = @connections;

# Scans that are open together have a connection each, and return it.
$session->query('BEGIN');
$session->query("DECLARE c$_ CURSOR FOR SELECT id FROM one WHERE n = 100000")
  for 1, 2;
is($session->query('FETCH 1 FROM c1'), '1', 'a row of a cursor');
is($session->query('FETCH 2 FROM c2'), "1\n2", 'rows of a second');
is($session->query('FETCH 1 FROM c1'), '2', 'the first goes on');
$session->query('MOVE 99997 IN c2');
is($session->query('FETCH 2 FROM c2'), '100000', 'the second to its end');
$session->query('MOVE ALL IN c1');
$session->query('COMMIT');
@connections = logged('Connection');
is(scalar @connections, 2, 'two cursors send two requests');
is(scalar distinct(@connections), 2, 'on two connections');
count_is('one', 3, 'a statement after the cursors');
my ($next) = logged('Connection');
ok((grep { $_ == $next } @connections), 'takes one of their connections');

# --- Cookies ---------------------------------------------------------------

my $cookies = qr/^DataConnectState=([0-9a-f-]{36}); ARRAffinity=[0-9a-f]{32}$/;

$session->quit;
$session = $dc->session;
count_is('one', $_, "a new session's statement $_") for 1 .. 3;
my @cookies = logged('Cookie');
is($cookies[0], '', 'begins without cookies');
like($cookies[1], $cookies, "then sends the service's back");
is($cookies[2], $cookies[1], 'and again');

$dc->fault({ set_cookie => 'DataConnectState=changed; Path=/' });
count_is('one', 4, 'a reply that changes a cookie');
count_is('one', 5, 'the statement after it');
count_is('one', 6, 'and another one');
@cookies = logged('Cookie');
like($cookies[1], qr/\bDataConnectState=changed\b/, 'the new value is sent');
is(() = $cookies[1] =~ /DataConnectState/g, 1, 'and no longer the old');
like($cookies[2], $cookies, 'as is the one that the service gives then');

$dc->fault(
	{
		status => 503,
		set_cookie =>
		  [ 'ARRAffinity=; Path=/; Max-Age=0', 'Elsewhere=1; Path=/lists' ]
	});
$session->send('SELECT count(*) FROM one WHERE n = 7');
like($session->finish->{err}, qr/ERROR:  HV000:/, 'an error with cookies');
count_is('one', 8, 'the statement after it');
@cookies = logged('Cookie');
like($cookies[1], qr/^DataConnectState=[0-9a-f-]{36}$/,
	'a cookie that has ended is not sent, nor one for another path');

# --- What is not shared ----------------------------------------------------

$dc->reset;
count_is('one', 1, "one's first statement");
my $one = $dc->log->[-1];
count_is('two', 2, 'a statement on another server');
my $two = $dc->log->[-1];
$session->query('SET ROLE other');
count_is('one', 3, 'a statement of another user');
my $other = $dc->log->[-1];
$session->query('RESET ROLE');
is($other->{Auth}, 'basic', "with the other's credentials");
is(scalar distinct(map { $_->{Connection} } $one, $two, $other),
	3, 'all three have connections of their own');
is_deeply([ map { $_->{Cookie} } $two, $other ],
	[ '', '' ], 'and begin without cookies');

$dc->clear_log;
count_is('one', 1, 'one again');
count_is('two', 2, 'the other server again');
$session->query('SET ROLE other');
count_is('one', 3, 'the other user again');
$session->query('RESET ROLE');
my @again = @{ $dc->log };
is_deeply(
	[ map { $_->{Connection} } @again ],
	[ map { $_->{Connection} } $one, $two, $other ],
	'each goes on with its connection');
is_deeply([ grep { $_->{Cookie} !~ $cookies } @again ], [], 'and has cookies');
is(scalar distinct(map { $_->{Cookie} } @again), 3, 'of its own');

# --- Connections that the service has closed --------------------------------

# After a reply, without announcing it.
$dc->clear_log;
$dc->fault({ cut => { how => 'close', after => 1_000_000 } });
count_is('one', 3, 'a reply, after which the service closes the connection');
count_is('one', 4, 'the next statement does not notice');
@connections = logged('Connection');
is(scalar @connections, 2, 'and has sent its request once');
isnt($connections[1], $connections[0], 'on a new connection');

# While the next request is being sent.
for my $table ('one', 'one_post')
{
	$dc->fault({ raw_reply => '' });
	count_is($table, 5, "$table: nor one whose request was on its way");
	my @two = logged('Connection');
	is($two[0], $connections[1], "$table: it had used the old connection");
	is(scalar @two, 2, "$table: and once more");
	isnt($two[1], $two[0], "$table: a new one");
	@connections = @two;
}
$dc->fault({ raw_reply => '' }, { raw_reply => '' });
$session->send('SELECT count(*) FROM one WHERE n = 6');
like($session->finish->{err}, qr/ERROR:  HV00M:/,
	'but a new connection that is closed is an error');
is(scalar logged('Connection'), 2, 'at once');

# --- Replies that are not read to their end ---------------------------------

my $end = 'SELECT id FROM one WHERE n = 100000';
my @early = (
	[ 'LIMIT', "$end LIMIT 2", qr/^1\n2$/ ],
	[ 'an error', "SELECT 1 / (id - 30000) FROM one WHERE n = 100000", qr/22012/ ],
	[ 'a value that does not fit', "SELECT name::date FROM one WHERE n = 100000", qr/22007/ ],
	[ 'a cursor', "BEGIN; DECLARE c CURSOR FOR $end; FETCH 1 FROM c; COMMIT", qr/^1$/ ]);
for my $early (@early)
{
	my ($name, $sql, $expected) = @$early;
	$dc->clear_log;
	$session->send($sql);
	my $result = $session->finish;
	like($result->{out} . $result->{err}, $expected, "a reply ended by $name");
	is($session->query('SELECT string_agg(id::text, \',\') FROM one WHERE n = 4'),
		'1,2,3,4', 'leaves the next reply alone');
	@connections = logged('Connection');
	is(scalar @connections, 2, 'two requests');
	isnt($connections[1], $connections[0], 'on two connections');
}

# A second, unrequested reply right behind the first.
sub reply
{
	my ($body) = @_;
	return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
	  . 'Content-Length: '
	  . length($body)
	  . "\r\n\r\n$body";
}
$dc->fault(
	{
		raw_reply => encode_base64(
			reply('[{"Id":1}]') . reply('[{"Id":666},{"Id":667}]'), '')
	});
is($session->query('SELECT id FROM one WHERE n = 1'), '1', 'a reply and a half');
is($session->query('SELECT id FROM one WHERE n = 2'), "1\n2",
	'what was too much is not taken for the next');

# An unrequested reply that arrives later, while the connection is idle.
my $listener = $dc->listener;
$session->query($dc->server_sql('unasked', url => 'http://127.0.0.1:' . $listener->sockport,
		max_retries => 0, idle_timeout => '20s'));
$session->query($dc->rows_table_sql('unasked', 'unasked'));

# Answer the next request on a connection, or on a new one if none is given; returns
# the connection.
sub answer
{
	my ($on, $body) = @_;
	$on ||= $dc->connection($listener, 10) or return;

	# Send at once what is written, whatever is still unacknowledged.
	setsockopt $on, IPPROTO_TCP, TCP_NODELAY, 1;
	my $request = '';
	1 while $request !~ /\r\n\r\n/ && sysread $on, $request, 4096, length $request;
	syswrite $on, reply($body);
	return $on;
}
$session->send('SELECT id FROM unasked WHERE n = 1');
my $first = answer(undef, '[{"Id":1}]');
is($session->finish->{out}, '1', 'a first reply');
$session->send('SELECT id FROM unasked WHERE n = 2');
answer($first, '[{"Id":2}]');
is($session->finish->{out}, '2', 'a second on the same connection');
syswrite $first, reply('[{"Id":666}]');
$session->send('SELECT id FROM unasked WHERE n = 3');
my $second = answer(undef, '[{"Id":3}]');
is($session->finish->{out}, '3', 'one that nobody asked for is not taken for the next');
ok($second, 'which has a connection of its own');
ok($dc->is_ended($first, 10), 'and ends the old one');

# The library may be loaded before there are sessions; each has its own.
$session->quit;
$dc->node->append_conf('postgresql.conf', "shared_preload_libraries = 'dataconnect_fdw'");
$dc->node->restart;
$dc->clear_log;
my @sessions = ($dc->session, $dc->session);
is($_->query('SELECT id FROM one WHERE n = 2'), "1\n2", 'with the library preloaded') for @sessions;
my @log = map { $_->{Connection} } @{ $dc->log };
is(scalar @log, 2, 'each session sends its request');
isnt($log[0], $log[1], 'on a connection of its own');
$_->quit for @sessions;

done_testing();
