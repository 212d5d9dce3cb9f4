# Which failures are retried, how often, and after which wait; and which are never
# retried.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";

use DataConnectTest;
use MIME::Base64 qw(encode_base64);
use POSIX qw(strftime);
use Test::More;
use Time::HiRes qw(time);

my $dc = DataConnectTest->new(conf => "log_statement = none\n");
my $listener = $dc->listener;
my $session = $dc->session;

# A server and its table of the same name.
sub make
{
	my ($name, %option) = @_;
	my $method = delete $option{method} || 'auto';
	$dc->make_server($name, connect_timeout => '10s', %option);
	$session->query("CREATE FOREIGN TABLE $name (id integer OPTIONS (name 'Id'),
		n integer OPTIONS (param 'Count')) SERVER $name
		OPTIONS (endpoint '/test/rows', method '$method')");
	return;
}

# One request at a time, so that their order shows which was retried.
my %quick = (max_retries => 2, retry_max_wait => '20ms', max_concurrency => 1);
make('get', %quick);
make('post', %quick, method => 'post');
make('plain', %quick, compression => 'off');
make('patient', max_retries => 3);

# The requests for this number of rows, in order.
sub requests_for
{
	my ($n) = @_;
	return [ grep { $_->{Params} =~ /\bCount=$n\b/ } @{ $dc->log } ];
}

# Run a query into faults, over new connections: an altered server has no idle
# connections, and for another connect_timeout no outage is known. Returns the result
# and the number of requests.
my $connect_timeout = 10_000;
sub ask
{
	my ($table, @faults) = @_;
	$connect_timeout++;
	$session->query("ALTER SERVER $table OPTIONS (SET connect_timeout '${connect_timeout}ms')");
	$dc->clear_log;
	$dc->fault(@faults);
	my $result = $session->attempt("SELECT count(id) FROM $table WHERE n = 70");
	$dc->wait(in_flight => 0);
	$dc->clear_faults;
	return ($result, scalar @{ requests_for(70) });
}

# The counts in EXPLAIN ANALYZE.
sub counts
{
	my ($table, $values) = @_;
	my $plan = $session->query("EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF)
		SELECT id FROM $table WHERE n IN ($values)");
	return { $plan =~ /^ +(Requests|Retries|Records): (\d+)$/mg };
}

# Failures for which another try may succeed.
my %passing = (
	429 => [ { status => 429, body => { Message => 'busy' } }, '53400', 'after 3 tries' ],
	502 => [ { status => 502 }, 'HV000', 'after 3 tries' ],
	503 => [ { status => 503, body => 'x' x 100_000 }, 'HV000', 'after 3 tries' ],
	504 => [ { status => 504 }, 'HV000', 'after 3 tries' ],
	'no body' => [ { body => '' }, 'HV00M', 'after 3 tries' ],
	'a blank body' => [ { body => "\x{FEFF} \r\n" }, 'HV00M', 'after 3 tries' ],
	'an empty XML table' => [
		{ body => '<Table />', content_type => 'text/xml' }, 'HV00M', 'an empty XML table, after 3 tries' ],
	'an empty XML table with a declaration' => [
		{ body => qq{\x{FEFF}<?xml version="1.0" encoding="utf-16"?>\r\n<Table></Table>\n} },
		'HV00M', 'an empty XML table, after 3 tries' ],
	'an empty XML table in pieces' => [
		{ body => '<Table />', drip => { bytes => 1, every => 0 } }, 'HV00M', 'an empty XML table, after 3 tries' ],
	'a page of the gateway' => [ { gateway => 502 }, 'HV000', 'with the title "502 Bad Gateway"' ],
	'a page of the gateway, too late' => [ { gateway => 504 }, 'HV000', 'with the title "504 Gateway Time-out"' ],
	'a page of another status' => [
		{ status => 500, body => "\r\n<html><title>Runtime\r\n Error</title></html>" },
		'HV000', 'with the title "Runtime Error"' ],
	'no length and no body' => [
		{ body => '', cut => { how => 'close_delimited' } }, 'HV00M', 'after 3 tries' ],
	close => [ { raw_reply => '' }, 'HV00M', 'after 3 tries: Empty reply' ],
	reset => [ { raw_reply => '', cut => { how => 'reset' } }, 'HV00M', 'after 3 tries: Recv failure: Connection reset' ],
	'half a head' => [
		{ raw_reply => encode_base64("HTTP/1.1 200 OK\r\nContent-", '') },
		'HV00M', 'after 3 tries: the connection was closed inside the head' ]);
for my $name (sort keys %passing)
{
	my ($fault, $state, $words) = @{ $passing{$name} };
	for my $table (qw(get post plain))
	{
		my ($result, $tries) = ask($table, { %$fault, count => 0 });
		is($result->{state}, $state, "$name, $table: it stays an error");
		like($result->{err}, qr/^DETAIL: .*\Q$words\E/m, "$name, $table: which");
		is($tries, 3, "$name, $table: max_retries times, no more");

		($result, $tries) = ask($table, { %$fault, count => 2 });
		is_deeply($result, { out => '70', err => '', state => '' },
			"$name, $table: it passes, and nothing is said of it");
		is($tries, 3, "$name, $table: as often as needed, no more");
	}
}
my ($result, $tries) = ask('post', { status => 503, count => 2 });
is_deeply([ map { "$_->{Method} $_->{Body}" } @{ requests_for(70) } ],
	[ ('POST Count=70&Response=Json') x 3 ], 'each try has the whole request');

# Failures that are final.
my %lasting = (
	(map { $_->[0] => [ { status => $_->[0] }, $_->[1] ] }
		[ 204, 'HV000' ], [ 302, 'HV000' ], [ 400, 'HV024' ], [ 401, '28000' ],
		[ 403, '42501' ], [ 404, 'HV00R' ], [ 408, 'HV000' ], [ 413, '54000' ],
		[ 500, 'HV000' ], [ 501, 'HV000' ]),
	'a page to log in' => [ { body => '<!DOCTYPE html><title>Log in</title>' }, 'HV00M' ],
	'a page to log in, called JSON' => [
		{ body => "\n<html></html>", content_type => 'application/json' }, 'HV00M' ],
	'records as XML' => [ { body => '<Table><Record><Id>1</Id></Record></Table>' }, 'HV00M' ],
	'no JSON' => [ { body => 'nonsense' }, 'HV00M' ],
	'no records' => [ { body => '{"Error":true}' }, 'HV00M' ],
	'no HTTP' => [ { raw_reply => encode_base64('nonsense', '') }, 'HV00M' ],
	'a head without an end' => [
		{
			raw_reply => encode_base64("HTTP/1.1 200 OK\r\n"
				  . join('', map { "X-$_: " . 'x' x 1000 . "\r\n" } 1 .. 200), '')
		}, 'HV00M' ],
	'a trailer without an end' => [
		{
			raw_reply => encode_base64("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
				  . "4\r\n[ ] \r\n0\r\n"
				  . join('', map { "X-$_: " . 'x' x 1000 . "\r\n" } 1 .. 200) . "\r\n", '')
		}, 'HV00M' ],
	'a head alone' => [ { cut => { how => 'close' } }, 'HV00M' ],
	'half a document' => [ { cut => { after => 300, how => 'truncate' } }, 'HV00M' ],
	'half a body' => [ { cut => { after => 300, how => 'close' } }, 'HV00M' ],
	'a body and a reset' => [ { cut => { after => 300, how => 'reset' } }, 'HV00M' ]);
for my $name (sort keys %lasting)
{
	my ($fault, $state) = @{ $lasting{$name} };
	($result, $tries) = ask('plain', { %$fault, count => 0 });
	is($result->{state}, $state, "$name: an error");
	is($tries, 1, "$name: at once");
}

# A reply that is not JSON is described by its title, or else by its start; however
# late the rest comes, and in every coding.
for my $table (qw(get plain))
{
	for my $late (0, 1, 2)
	{
		for my $page (
			[ qq{ <!DOCTYPE html>\r\n<html><head><title>\r\n  Sign in &amp; go\t on </title></head></html>},
				qr{and a page with the title "Sign in &amp; go on"\.$} ],
			[ '<Error><Code>7</Code></Error>', qr{and a text that begins with: <Error><Code>7</Code></Error>$} ],
			[ '<title>token sandbox-token</title>', qr{and a page with the title "token \*+"\.$} ])
		{
			my ($body, $words) = @$page;
			my $fault = { path => '/test/rows', body => $body, content_type => 'text/html' };
			$fault->{hold_after} = { bytes => $late } if $late;
			$session->query("ALTER SERVER $table OPTIONS (SET url '@{[$dc->url]}')");
			$dc->fault($fault);
			$session->send("SELECT count(id) FROM $table WHERE n = 70");
			if ($late)
			{
				$dc->wait(held => 1);
				$dc->wait_until_it_waits($session->pid, 'Reply');
				$dc->release;
			}
			my $told = $session->finish;
			$dc->clear_faults;
			is($told->{state}, 'HV00M', "$table, held after $late bytes: a page is an error");
			like($told->{err}, qr/ERROR:  (?:HV00M: )?service sent markup instead of JSON$/m, 'in words of its own');
			like($told->{err} =~ /^DETAIL:  (.*)$/m && $1, $words, 'and those of the page');
		}
	}
}

# If the service does so now and then, retries succeed, in every way of reading. If it
# always does, the error says so.
$dc->set(xml_table_for_json => 2);
$session->query("ALTER SERVER get OPTIONS (SET url '@{[$dc->url]}')");
$dc->clear_log;
is($session->query('SELECT count(id) FROM get WHERE n IN (71, 72, 73, 74)'), 71 + 72 + 73 + 74,
	'every other reply an empty table: all rows');
is(scalar @{ $dc->log }, 7, 'by asking again for each of these');
$dc->set(xml_table_for_json => 0);

# Nothing is retried after the first row was returned.
for my $how (qw(close reset short_length chunk truncate))
{
	$dc->clear_log;
	$dc->fault({ hold_after => { bytes => 5000 },
		cut => { after => 9000, how => $how } });
	$session->query('BEGIN');
	$session->query('DECLARE c CURSOR FOR SELECT id FROM plain WHERE n = 200');
	is($session->query('FETCH 2 FROM c'), "1\n2", "$how: rows before the end");
	$dc->release;
	is($session->attempt('FETCH ALL FROM c')->{state}, 'HV00M',
		"$how: then an error");
	$session->query('ROLLBACK');
	is(scalar @{ $dc->log }, 1, "$how: and no other try");
	$dc->clear_faults;
}

# No connection: a TLS peer that hangs up, and a port where nobody listens until
# later.
make('hangs_up', %quick, url => 'https://127.0.0.1:' . $listener->sockport);
$session->send('SELECT * FROM hangs_up');
for my $try (1 .. 3)
{
	my $connection = $dc->connection($listener, 30);
	ok($connection, "a try to connect: $try");
	close $connection;
}
my $nobody = $session->finish;
is($nobody->{state}, 'HV00N', 'no connection is an error');
like($nobody->{err}, qr/^DETAIL:  libcurl reported after 3 tries: /m, 'which counts them');
ok(!$dc->connection($listener, 0), 'after max_retries more tries, no more');

my $late = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Proto => 'tcp');
make('late', max_retries => 100, retry_max_wait => '50ms',
	url => 'http://127.0.0.1:' . $late->sockport);
$session->send('SELECT id FROM late');
$dc->wait_until_it_waits($session->pid, 'Retry');
$late->listen(5);
my $connection = $dc->connection($late, 30);
sysread $connection, my $request, 4096;
like($request, qr{\AGET /test/rows\?}, 'a try comes when somebody is there');
print {$connection} "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n[{\"Id\":42}]";
close $connection;
is($session->finish->{out}, '42', 'and its reply is read');

# The service may have closed an idle connection of an earlier query. That is no
# failure of the service: the connection is replaced at once, and nothing is counted.
make('none', max_retries => 0);
$session->query('SELECT count(id) FROM none WHERE n = 1');
$dc->clear_log;
$dc->fault({ raw_reply => '' });
is_deeply(counts('none', '7'), { Requests => 1, Retries => 0, Records => 7 },
	'a kept connection that is dead is replaced');
is(scalar @{ $dc->log }, 2, 'once');
$session->query('SELECT count(id) FROM none WHERE n = 1');
$dc->clear_log;
$dc->fault({ raw_reply => '', count => 2 });
is($session->attempt('SELECT count(id) FROM none WHERE n = 7')->{state}, 'HV00M',
	'the one in its place is not replaced');
is(scalar @{ $dc->log }, 2, 'so there is no third request');

# Each of several requests in one scan has its own tries, and EXPLAIN counts them.
sub faults_for
{
	my ($n, $count) = @_;
	return { status => 503, param => { Count => $n }, count => $count };
}
$dc->fault(map { faults_for($_, 2) } 3 .. 5);
$dc->clear_log;
is_deeply(counts('get', '3, 4, 5'), { Requests => 3, Retries => 6, Records => 12 },
	'EXPLAIN counts the retries of all requests');
is_deeply([ map { $_->{Params} =~ /\bCount=(\d+)/ } @{ $dc->log } ],
	[ 3, 3, 3, 4, 4, 4, 5, 5, 5 ], 'each request has max_retries of its own');
is_deeply(counts('get', '6'), { Requests => 1, Retries => 0, Records => 6 },
	'EXPLAIN counts no retry where there was none');

$dc->fault(faults_for(3, 2), faults_for(4, 3));
$dc->clear_log;
is($session->attempt('SELECT id FROM get WHERE n IN (3, 4, 5)')->{state}, 'HV000',
	'one of them fails for good');
is_deeply([ map { $_->{Params} =~ /\bCount=(\d+)/ } @{ $dc->log } ],
	[ 3, 3, 3, 4, 4, 4 ], 'and no other follows');

# A wait that the service requests is observed, in whichever header it comes;
# otherwise the waits grow. All run at once, told apart by the number of rows.
my %then = (14 => int time + 3, 15 => int time + 4);
my %wait = (
	11 => { 'Retry-After' => 1 },
	12 => { 'X-RateLimit-ResetSeconds' => '1.2' },
	13 => { 'Retry-After' => 0, 'X-RateLimit-ResetSeconds' => 1 },
	14 => { 'Retry-After' => strftime('%a, %d %b %Y %H:%M:%S GMT', gmtime $then{14}) },
	15 => { 'X-RateLimit-Reset' => strftime('%Y-%m-%dT%H:%M:%S.1234567Z', gmtime $then{15}) },
	# The seconds are used, not the time of the same reset.
	17 => { 'X-RateLimit-ResetSeconds' => 1,
		'X-RateLimit-Reset' => strftime('%Y-%m-%dT%H:%M:%S.1234567Z', gmtime time + 50) });
my %at_least = (11 => 1, 12 => 1.2, 13 => 1, 17 => 1);
my %asking = map { $_ => $dc->session } keys %wait, 16;
$dc->clear_log;
$dc->fault(
	(map { { status => 429, headers => $wait{$_}, param => { Count => $_ } } }
		keys %wait),
	faults_for(16, 3));
$asking{$_}->send("SELECT count(id) FROM patient WHERE n = $_") for keys %asking;

# The seconds between the requests for this number of rows.
sub gaps
{
	my ($n) = @_;
	my @at = map { $_->{At} } @{ requests_for($n) };
	return map { $at[ $_ + 1 ] - $at[$_] } 0 .. $#at - 1;
}
for my $n (sort keys %then)
{
	is($asking{$n}->finish->{out}, $n, "@{[%{ $wait{$n} }]}: a date to wait for");
	cmp_ok(time, '>=', $then{$n}, 'has come then');
	is(scalar(gaps($n)), 1, 'and there was one retry');
}
for my $n (sort keys %at_least)
{
	is($asking{$n}->finish->{out}, $n, "@{[%{ $wait{$n} }]}: seconds to wait");
	my @gaps = gaps($n);
	is(scalar @gaps, 1, 'and there was one retry');
	cmp_ok($gaps[0], '>=', $at_least{$n} - 0.002, 'after them');
	cmp_ok($gaps[0], '<', 40, 'and not after more');
}
is($asking{16}->finish->{out}, '16', 'three failures in a row');
my @gaps = gaps(16);
is(scalar @gaps, 3, 'are followed by as many retries');
cmp_ok($gaps[$_], '>=', 0.25 * 2**$_ - 0.002, "wait $_ is long enough") for 0 .. 2;

# A wait that is too long is an error. Each is tested in a session of its own, because
# a session does not ask again once it was told to wait.
for my $header ({ 'Retry-After' => 3600 },
	{ 'Retry-After' => strftime('%a, %d %b %Y %H:%M:%S GMT', gmtime time + 3600) },
	{ 'X-RateLimit-ResetSeconds' => 3600 },
	{ 'X-RateLimit-Reset' => strftime('%Y-%m-%dT%H:%M:%SZ', gmtime time + 3600) })
{
	my $name = join ': ', %$header;
	my $begun = time;
	$session = $dc->session;
	($result, $tries) = ask('patient', { status => 429, headers => $header });
	is($result->{state}, '53400', "$name: is an error");
	like($result->{err}, qr/ The service asks to wait 3\d\d\d s, longer than "retry_max_wait" /,
		'which says so');
	is($tries, 1, 'without another try');
	cmp_ok(time - $begun, '<', 30, 'and without the wait');
}
$session = $dc->session;
($result, $tries) = ask('patient', { status => 503,
	headers => { 'Retry-After' => 61 } });
is("$result->{state} $tries", 'HV000 1', 'also of an overloaded service');
($result, $tries) = ask('patient', { body => '', headers => { 'Retry-After' => 61 } });
is("$result->{state} $tries", 'HV00M 1', 'and with an empty reply');

# A secret that the service repeats is hidden in every try, and in the log.
$session->query("SET client_min_messages = debug5");
my $leak = { status => 503, body => { Message => 'not for sandbox-token' },
	headers => { Location => '/?Auth=sandbox-token' } };
$dc->fault({ %$leak, count => 5 });
$session->send('SELECT count(id) FROM get WHERE n = 9');
$result = $session->finish;
is($result->{state}, 'HV000', 'a service that tells secrets');
like($result->{err}, qr/The service says: "not for \*+"/, 'is not quoted in that');
unlike($result->{err}, qr/sandbox-token/, 'nor are they elsewhere');
$result = $session->attempt('SELECT count(id) FROM get WHERE n = 9');
is($result->{out}, '9', 'a retry that helps');
unlike($result->{err}, qr/sandbox-token/, 'tells none either');
unlike(PostgreSQL::Test::Utils::slurp_file($dc->node->logfile),
	qr/^(?!.*USER MAPPING).*sandbox-token/m, 'nor does the log of the server');

done_testing();
