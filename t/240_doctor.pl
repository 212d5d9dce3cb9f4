# dataconnect_doctor(): each fault between here and the service is a row that says what to
# do, and the checks that need what is missing are skipped.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";

use DataConnectTest;
use DataConnectTls;
use File::Basename ();
use IO::Socket::INET ();
use JSON::PP ();
use POSIX ();
use PostgreSQL::Test::Utils qw(slurp_file);
use Test::More;
use Time::HiRes qw(time);

# Most seconds that a doctor whose service is silent may take: connect_timeout is 1 s
# here, and a question takes at most 10.
use constant SOON => 14;

my $dc = DataConnectTest->new(sandbox => ['--tls'], names => 1,
	conf => "shared_preload_libraries = 'dataconnect_fdw'\nlog_statement = none\nlog_min_messages = debug5\n");
my $directory = File::Basename::dirname($dc->ca_file);
my $session = $dc->session;
my $port = $dc->port;
my $json = JSON::PP->new->utf8;

my @checks = (
	'server options', 'name resolution', 'TCP connection', 'TLS', 'certificate',
	'reply', 'clock', 'user mapping', 'token service', 'log-in', 'token', 'session cookie',
	'preferred endpoint', 'limiter', 'circuit breaker', 'compression', 'libraries',
	'preload', 'catalogue', 'time zone');

# Make server dc anew, with these options.
sub make
{
	my (%option) = @_;
	$session->query('SET client_min_messages = warning; DROP SERVER IF EXISTS dc CASCADE');
	$session->query($dc->server_sql('dc', connect_timeout => '1s', %option));
	$session->query($dc->rows_table_sql('rows', 'dc'));
	$dc->clear_log;
	return;
}

# The rows of a session's doctor, by check; undef for an error.
sub rows
{
	my ($asker) = @_;
	my $result = ($asker || $session)->attempt(
		q{SELECT json_agg(d) FROM dataconnect_doctor('dc') d});
	# An error that became a row is rolled back nowhere, so what it held would be left.
	unlike($result->{err}, qr/WARNING: /, 'nothing is left open');
	return unless $result->{state} eq '';
	return $json->decode($result->{out});
}

sub doctor
{
	my $rows = rows(@_) or return {};
	return { map { $_->{check_name} => $_ } @$rows };
}

# That one check has failed, for a reason and with a remedy; the others that are given
# were skipped, and all that are not named passed or were skipped for their own reasons.
sub fails
{
	my ($name, $check, $detail, $remedy, %option) = @_;
	my $rows = delete $option{rows};
	if (!$rows)
	{
		my $skipped = delete $option{skips};
		my $begin = time;
		make(%option);
		$rows = doctor();
		cmp_ok(time - $begin, '<', SOON, "$name: soon");
		$option{skips} = $skipped;
	}
	is($rows->{$check}{result}, 'FAIL', "$name: $check fails");
	like($rows->{$check}{detail}, $detail, "$name: it says why");
	like($rows->{$check}{remedy}, $remedy, "$name: and what to do");
	my @failed = grep { $rows->{$_}{result} eq 'FAIL' && $_ ne $check } @checks;
	is("@failed", '', "$name: nothing else fails");
	if (my $first = $option{skips})
	{
		# The checks from this one to the log-in's need the one that failed.
		my ($at) = grep { $checks[$_] eq $first } 0 .. $#checks;
		my %own = map { $_ => 1 } 'user mapping', 'limiter', 'circuit breaker';
		my @wanted = grep { !$own{$_} } @checks[ $at .. 15 ];
		is_deeply(
			[ map { "$_: $rows->{$_}{result} $rows->{$_}{detail}" } @wanted ],
			[ map { qq{$_: SKIP The check "$check" did not pass.} } @wanted ],
			"$name: what needs it is skipped");
	}
	return $rows;
}

sub is_row
{
	my ($rows, $check, $result, $detail, $name) = @_;
	my $row = $rows->{$check} || {};
	is($row->{result} // 'none', $result, "$name: $check is $result");
	like($row->{detail} // '', $detail, "$name: and says it");
	is($row->{remedy}, undef, "$name: without a remedy") if $result ne 'FAIL';
	return;
}

# --- Nothing is wrong ----------------------------------------------------------

my %oauth = (
	token_url => $dc->url . '/v1/oauth2/token',
	mapping => { username => 'analyst', password => 's3cret',
		client_id => 'client', client_secret => 'client-secret' });
my $elsewhere = 'https://localhost:' . $port;
$dc->set(preferred_endpoint => $elsewhere, expires_in => 7200);
make(%oauth, use_preferred_endpoint => 'on', allowed_hosts => 'localhost',
	timezone => 'America/Toronto');
my $rows = rows();
is_deeply([ map { $_->{check_name} } @$rows ], \@checks, 'one row for each check, in this order');
is_deeply([ grep { $_->{result} ne 'PASS' } @$rows ], [], 'all pass');
is_deeply([ grep { defined $_->{remedy} } @$rows ], [], 'without a remedy');
my %fine = (
	'server options' => qr{^Requests go to https://127\.0\.0\.1:$port\.$},
	'name resolution' => qr/^"127\.0\.0\.1" is an address\.$/,
	'TCP connection' => qr/^Connected to 127\.0\.0\.1 port $port in \d+ ms\.$/,
	'TLS' => qr/^TLSv1\.3, agreed in \d+ ms\.$/,
	'certificate' => qr/^The certificate is that of "CN = localhost", signed by "CN = Sandbox CA"; it ends in (?:29|30) days, on 20\d\d-\d\d-\d\d\.$/,
	'reply' => qr{^GET /ping was answered in \d+ ms\.$},
	'clock' => qr/^The service's clock and this machine's differ by at most [12] s\.$/,
	'user mapping' => qr/^The mapping of "\S+" has a user name and a password for the token service\.$/,
	'token service' => qr/^TLSv1\.3\. The certificate is that of "CN = localhost"/,
	'log-in' => qr{^The service accepts the credentials: GET /session was answered in \d+ ms\.$},
	'token' => qr/^Issued [0-9] s ago; it ends in 119 min and is renewed in 11\d min, with a refresh token\.$/,
	'session cookie' => qr/^Kept for the next request: DataConnectState, ARRAffinity\.$/,
	'preferred endpoint' => qr{^"\Q$elsewhere\E": TLSv1\.3\. The certificate is},
	'limiter' => qr/^No request is under way; 8 may be at once\.$/,
	'circuit breaker' => qr/^It is closed: requests are sent\.$/,
	'compression' => qr/^The service compresses its replies \(gzip\)\.$/,
	'libraries' => qr/^dataconnect_fdw \d\S*, libcurl \d\S*, .*\bexpat \d\S*, jansson \d\S*\.$/,
	'preload' => qr/^The library is in shared_preload_libraries\.$/,
	'catalogue' => qr/^1\d\d endpoints, those of version \S+\.$/,
	'time zone' => qr/^Times without zone are read as of "America\/Toronto" \(now UTC-0[45]:00\); this session shows times in "\S+" \(now UTC\S+\)\.$/);
like($_->{detail}, $fine{ $_->{check_name} }, "the detail of $_->{check_name}") for @$rows;
is_deeply([ map { "$_->{Method} $_->{Path} $_->{Auth}" } @{ $dc->log } ],
	[ 'GET /ping none', 'POST /v1/oauth2/token none', 'GET /session bearer' ],
	'three requests, the first without credentials');
unlike(join('', map { $_->{Cookie} } @{ $dc->log(path => '/ping') }), qr/./, 'and without a cookie');

# Again, in the same session: with the token that it has.
$dc->clear_log;
$session->query("SET TimeZone = 'Asia/Kolkata'; SET DateStyle = 'German, DMY'; SET search_path = ''");
$session->query(q{PREPARE ask AS SELECT count(*), count(*) FILTER (WHERE result = 'PASS')
	FROM public.dataconnect_doctor('dc')});
is($session->query('EXECUTE ask'), '20|20', 'again, by a prepared statement') for 1 .. 7;
$session->query('RESET search_path; RESET DateStyle; DEALLOCATE ask');
is(scalar @{ $dc->log(path => '/v1/*') }, 0, 'the token is used again');
like(doctor()->{'time zone'}{detail}, qr{shows times in "Asia/Kolkata" \(now UTC\+05:30\)\.$},
	'the time zone of the session');
like(doctor()->{token}{detail}, qr/^Issued \d+ s ago; it ends in 11\d min/, 'the age of its token');
$session->query('RESET TimeZone');

# Beside a cursor at rest, and in two sessions at once.
$session->open_cursor('SELECT id FROM rows WHERE n IN (20000)');
$session->fetch(1);
is_row(doctor(), 'limiter', 'PASS', qr/^\d requests are under way; 8 may be at once\.$/, 'beside a cursor');
is(scalar(split /\n/, $session->fetch('ALL')->{out}), 19999, 'which goes on');
$session->query('COMMIT');
my $other = $dc->session;
$other->send(q{SELECT count(*) FROM dataconnect_doctor('dc') WHERE result = 'PASS'});
is(scalar(grep { $_->{result} eq 'PASS' } @{ rows() }), 20, 'two at once: the one');
is($other->finish->{out}, '20', 'and the other');
$dc->reset;

# --- The network ---------------------------------------------------------------

my $gone = $dc->listen('refuse');
fails('a port at which nobody listens', 'TCP connection',
	qr/^libcurl reported: .*127\.0\.0\.1(?: port |:)$gone.*\.$/, qr/port .*firewalls/,
	url => "https://127.0.0.1:$gone", skips => 'TLS');
fails('a port that does not answer', 'TCP connection', qr/libcurl reported: .*time/i, qr/firewalls/,
	url => 'https://127.0.0.1:' . $dc->full_port, skips => 'TLS');
fails('a host that does not exist', 'name resolution', qr/libcurl reported: .*none\.invalid/,
	qr/^The name does not exist\. Check the server's option "url"\.$/,
	url => 'https://none.invalid', skips => 'TCP connection');
fails('no name server', 'name resolution', qr/libcurl reported: .*again\.invalid/,
	qr/^Check the name servers of this machine/, url => 'https://again.invalid', skips => 'TCP connection');
fails('a name server that is silent', 'name resolution', qr/libcurl reported: .*(?:hangs\.invalid|Resolving timed out)/,
	qr/^Check the name servers/, url => 'https://hangs.invalid', skips => 'TCP connection')
  for 1 .. 2;
fails('a proxy that does not exist', 'name resolution', qr/libcurl reported: .*proxy.*none\.invalid/,
	qr/Check the server's option "proxy"/, proxy => 'http://none.invalid:8080', skips => 'TCP connection');
fails('a proxy that is not there', 'TCP connection', qr/libcurl reported: .*(?:$gone|over proxy 127\.0\.0\.1)/,
	qr/options "proxy" and "url"/, proxy => "http://127.0.0.1:$gone", skips => 'TLS');
# A proxy that refuses.
my $refusing = $dc->listener;
make(proxy => 'http://127.0.0.1:' . $refusing->sockport);
$session->send(q{SELECT json_agg(d) FROM dataconnect_doctor('dc') d});
my $client = $dc->connection($refusing, 30);
sysread $client, my $head, 4096;
syswrite $client, "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n";
close $client;
fails('a proxy that refuses', 'TCP connection', qr/^libcurl reported: .*403/, qr/options "proxy" and "url"/,
	rows => { map { $_->{check_name} => $_ } @{ $json->decode($session->finish->{out}) } }, skips => 'TLS');
like($head, qr/\ACONNECT 127\.0\.0\.1:$port HTTP/, 'which was asked for the way');
unlike($head, qr/Authorization|Cookie|sandbox-token/i, 'and told no more');
is_deeply($dc->log, [], 'nothing was sent');

# --- TLS -------------------------------------------------------------------------

# Make a certificate that the sandbox's authority has signed, from and until so many days
# from now.
PostgreSQL::Test::Utils::append_to_file("$directory/signed.txt", '');
PostgreSQL::Test::Utils::append_to_file("$directory/ca.cnf", <<"END");
[ca]
default_ca = sandbox
[sandbox]
database = $directory/signed.txt
new_certs_dir = $directory
rand_serial = yes
unique_subject = no
default_md = sha256
policy = any
[any]
commonName = supplied
END

sub certify    # from and until: so many days from now, less an hour
{
	my ($name, @days) = @_;
	my ($start, $end) = map { POSIX::strftime('%Y%m%d%H%M%SZ', gmtime time + 86400 * $_ - 3600) } @days;
	openssl('req', @new_key, '-subj', '/CN=localhost',
		'-keyout', "$directory/$name.key", '-out', "$directory/$name.csr");
	openssl('ca', '-batch', '-notext', '-config', "$directory/ca.cnf", '-cert', $dc->ca_file,
		'-keyfile', "$directory/ca.key", '-in', "$directory/$name.csr", '-out', "$directory/$name.pem",
		'-extfile', "$directory/server.ext", '-startdate', $start, '-enddate', $end);
	return;
}

certify('expired', -60, -1);
certify('early', 2, 60);
certify('near', -80, 10);
certify('short', -1, 3);
make_wrong_authorities($directory);

$rows = fails('a certificate that has ended', 'certificate',
	qr/^libcurl reported: .*expired.*\. The certificate is that of "CN = localhost", signed by "CN = Sandbox CA"; it ended on 20\d\d-\d\d-\d\d\.$/,
	qr/has to replace it/, url => page_server("$directory/expired"), skips => 'reply');
is_row($rows, 'TLS', 'PASS', qr/^TLSv1\.3, agreed/, 'a certificate that has ended');
fails('the name of another host', 'certificate',
	qr/^libcurl reported: .*here\.invalid.*\. The certificate is that of "CN = localhost", .*; it ends in (?:29|30) days/,
	qr/that of another host/, url => "https://here.invalid:$port", skips => 'reply');
fails('an authority that is not known', 'certificate', qr/^libcurl reported: .*issuer.*\. The certificate is/,
	qr/"ca_file"/, ca_file => "$directory/another.pem", skips => 'reply');
for my $file ('nowhere', 'junk')
{
	fails("$file in ca_file", 'certificate', qr/^libcurl reported: .*$file\.pem/,
		qr/^Check the file that the server's option "ca_file" names/, ca_file => "$directory/$file.pem",
		skips => 'reply');
}
is_deeply($dc->log, [], 'nothing was sent to a host that is not trusted');

fails('a certificate of the future', 'certificate', qr/^libcurl reported: .*not yet valid.*\. .*; it begins on 20/,
	qr/this machine's clock/, url => page_server("$directory/early"), skips => 'reply');

make(url => page_server("$directory/near"));
$rows = doctor();
is_row($rows, 'certificate', 'FAIL', qr/; it ends in 9 days, on 20\d\d-\d\d-\d\d\.$/, 'near its end');
like($rows->{certificate}{remedy}, qr/^Tell whoever runs the service to renew it\./, 'near its end: with a remedy');
isnt($rows->{reply}{result}, 'SKIP', 'near its end: the service is asked');

make(url => page_server("$directory/short", '-tls1_2'));
$rows = doctor();
is_row($rows, 'certificate', 'PASS', qr/; it ends in 2 days/, 'a short life');
like($rows->{TLS}{detail}, qr/^TLSv1\.2, agreed/, 'TLS 1.2 is named');
is_row($rows, 'reply', 'FAIL', qr/^service sent markup instead of JSON: /, 'a page in place of the service');
like($rows->{reply}{remedy}, qr/"url"/, 'with a remedy');

make(tls_verify => 'off');
$rows = doctor();
is_row($rows, 'certificate', 'FAIL', qr/^The option "tls_verify" is off, .* The certificate is that of/, 'unchecked');
is_row($rows, 'log-in', 'PASS', qr/./, 'unchecked');

my $plain = DataConnectTest->new(without_cluster => 1);
fails('no TLS at the port', 'TLS', qr/^libcurl reported: /, qr/scheme and the port/,
	url => 'https://127.0.0.1:' . $plain->port, skips => 'certificate');
my $silent = $dc->listen('silent');
fails('TLS that is not answered', 'TLS', qr/^libcurl reported: .*time/i, qr/scheme and the port/,
	url => "https://127.0.0.1:$silent", skips => 'certificate');
fails('a port that closes', 'TLS', qr/^libcurl reported: /, qr/TLS 1\.2/,
	url => 'https://127.0.0.1:' . $dc->listen('close'), skips => 'certificate');

# Plain http, to this machine and to another.
make(url => $plain->url);
$rows = doctor();
is_row($rows, 'TLS', 'SKIP', qr/^The option "url" is of plain http, to this machine\.$/, 'plain http');
is_row($rows, 'certificate', 'SKIP', qr/^There is no TLS\.$/, 'plain http');
is_row($rows, 'log-in', 'PASS', qr/./, 'plain http');
make(url => 'http://here.invalid:' . $plain->port);
$plain->clear_log;
$rows = doctor();
is_row($rows, 'name resolution', 'PASS', qr/^"here\.invalid" was found in \d+ ms\.$/, 'http elsewhere');
is_row($rows, 'TLS', 'FAIL', qr/anybody on the way can read/, 'http elsewhere');
is_row($rows, 'log-in', 'FAIL', qr/^credentials would go to host "here\.invalid" without encryption/, 'http elsewhere');
is_deeply([ map { $_->{Auth} } @{ $plain->log } ], ['none'], 'and they do not');
make(url => 'http://127.0.0.1:' . $port);
is_row(doctor(), 'reply', 'FAIL', qr/./, 'http to a port of TLS');

# --- Replies and the clock -----------------------------------------------------------

for my $case ([ 3600, '(?:59 min|60 min) ahead of' ], [ -7200, '(?:119 min|2 h) behind' ], [ 864_000, '(?:9|10) days ahead of' ])
{
	my ($offset, $words) = @$case;
	$dc->set(clock_offset => $offset);
	fails("a clock off by $offset s", 'clock', qr/^The service's clock is $words this machine's\.$/, qr/NTP/);
}
$dc->set(clock_offset => 50);
make();
is_row(doctor(), 'clock', 'PASS', qr/^The service's clock and this machine's differ by at most 5[0-3] s\.$/, 'a clock off by 50 s');
$dc->set(clock_offset => undef);
is_row(doctor(), 'clock', 'SKIP', qr{^The answer to GET /ping has no valid header Date\.$}, 'no Date');
$dc->reset;
for my $date ('yesterday', 'Sun, 31 Feb 2026 00:00:00 GMT', "Kanari \x{202e}", 'x' x 300)
{
	$dc->fault({ path => '/ping', headers => { Date => $date } });
	is_row(doctor(), 'clock', 'SKIP', qr/no valid header Date\.$/, 'a Date that is none');
}

for my $case ([ 503, 'service is overloaded' ], [ 404, 'service has no such endpoint' ], [ 302, 'service redirects' ])
{
	my ($status, $words) = @$case;
	$dc->fault({ path => '/ping', status => $status });
	$rows = doctor();
	is_row($rows, 'reply', 'FAIL', qr{^$words.*: GET /ping was answered with status $status\.}, "status $status");
	ok($rows->{reply}{remedy}, "status $status: with a remedy");
	is_row($rows, 'clock', 'PASS', qr/./, "status $status");
	is_row($rows, 'log-in', 'PASS', qr/./, "status $status");
}
$dc->fault({ path => '/ping', body => [] });
is_row(doctor(), 'reply', 'FAIL', qr/not answered with a JSON object\.$/, 'another shape');
for my $fault ({ never => 1, cut => { how => 'reset' } }, { cut => { how => 'close', after => 5 } })
{
	$dc->fault({ path => '/ping', %$fault });
	my $begin = time;
	$dc->set(compression => JSON::PP::false);
	$session->send(q{SELECT json_agg(d) FROM dataconnect_doctor('dc') d});
	if ($fault->{never}) { $dc->wait(held => 1); $dc->release }
	my $result = $session->finish;
	is($result->{state}, '', 'a reply that breaks off is no error');
	like($result->{out}, qr/"reply","result":"FAIL"/, 'but a row');
	cmp_ok(time - $begin, '<', SOON, 'soon');
}
$dc->reset;

# --- Log-in -----------------------------------------------------------------------------

fails('no user mapping', 'user mapping', qr/^user mapping not found/, qr/^CREATE USER MAPPING FOR \S+ SERVER dc OPTIONS/,
	mapping => undef);
fails('a wrong password', 'log-in',
	qr{^service did not accept the credentials: GET /session was answered with status 401\.},
	qr/^Check the options of the user mapping; a token may have expired\.$/,
	mapping => { username => 'analyst', password => 'Kanari-Wrong' }, skips => 'token');
is(scalar @{ $dc->log(path => '/session') }, 1, 'it is sent once');
my $token = $dc->token;
$dc->expire;
fails('a token that has expired', 'log-in', qr/status 401/, qr/may have expired/, mapping => { token => $token },
	skips => 'token');
make(mapping => {});
$rows = doctor();
is_row($rows, 'user mapping', 'PASS', qr/ has no credentials\.$/, 'a mapping without credentials');
is_row($rows, 'log-in', 'FAIL', qr/status 401/, 'a mapping without credentials');

# Files of secrets: each remedy names the file, and none makes the mapping anew.
PostgreSQL::Test::Utils::append_to_file("$directory/token", 'sandbox-token');
PostgreSQL::Test::Utils::append_to_file("$directory/$_->[0]", $_->[1])
  for [ 'empty', '' ], [ 'long', 'Kanari' x 3000 ], [ 'nul', "Kanari\0" ], [ 'spaces', 'Kanari Vogel' ], [ 'bytes', "Kanari\xff" ], [ 'closed', 'Kanari' ];
chmod oct(644), "$directory/token";
chmod oct(600), map { "$directory/$_" } qw(empty long nul spaces bytes);
chmod 0, "$directory/closed";
mkdir "$directory/folder";
for my $case (
	[ 'token', qr/has group or world access/, qr/chmod 0600/ ],
	[ 'folder', qr/is not a regular file/, qr/regular file/ ],
	[ 'closed', qr/cannot be opened: Permission denied/, qr/chown.*chmod 0600/ ],
	[ 'nowhere', qr/cannot be opened: No such file/, qr/^Write the secret/ ],
	[ 'empty', qr/is empty/, qr/^Write the secret/ ],
	[ 'long', qr/is too long/, qr/^Write only the secret/ ],
	[ 'nul', qr/has a NUL byte/, qr/^Write only the secret/ ],
	[ 'spaces', qr/"token"/, qr/^Correct the contents/ ],
	[ 'bytes', qr/encoding/, qr/^Correct the contents/ ])
{
	my ($file, $detail, $remedy) = @$case;
	my $found = fails("file $file", 'user mapping', $detail, $remedy, mapping => { token_file => "$directory/$file" });
	like($found->{'user mapping'}{remedy}, qr/"\Q$directory\E\/$file"/, "file $file: the remedy names it");
}
make(mapping => { token_file => "$directory/token" });
chmod oct(600), "$directory/token";
$rows = doctor();
is_row($rows, 'user mapping', 'PASS', qr/ has a token, by "token_file"\.$/, 'a token in a file');
is_row($rows, 'token', 'SKIP', qr/^It is in a file, which is read again/, 'a token in a file');
unlink "$directory/token";
is_row(doctor(), 'user mapping', 'FAIL', qr/token/, 'a file that is gone');
make(mapping => { token => 'sandbox-token' });
is_row(doctor(), 'token', 'SKIP', qr/not renewed, and its end is not known\.$/, 'a token of the mapping');
make(mapping => { username => 'analyst', password => 's3cret' });
is_row(doctor(), 'token', 'SKIP', qr/^The user mapping logs in without one\.$/, 'Basic');

# The token service.
fails('no token_url', 'token service', qr/^The server has no option "token_url"\.$/,
	qr/^ALTER SERVER dc OPTIONS \(ADD token_url '\.\.\.'\);$/, mapping => $oauth{mapping}, skips => 'log-in');
$rows = do { make(%oauth, token_url => "https://127.0.0.1:$gone/token"); doctor() };
is_row($rows, 'token service', 'FAIL', qr/^libcurl reported: .*$gone/, 'a token service that is not there');
is_row($rows, 'log-in', 'SKIP', qr/^The check "token service" did not pass\.$/, 'a token service that is not there');
$rows = do { make(%oauth, token_url => "https://here.invalid:$port/v1/oauth2/token"); doctor() };
is_row($rows, 'token service', 'FAIL', qr/^libcurl reported: .*here\.invalid.*The certificate is/, 'a token service with another name');
is_row($rows, 'log-in', 'SKIP', qr/^The check "token service" did not pass\.$/, 'a token service with another name');
$rows = do { make(%oauth, token_url => "https://127.0.0.1:$port/v1/nothing"); doctor() };
is_row($rows, 'token service', 'PASS', qr/^TLSv1\.3/, 'another path');
is_row($rows, 'log-in', 'FAIL', qr/The request to the token service was answered with status 40\d/, 'another path');
make(%oauth, mapping => { %{ $oauth{mapping} }, client_secret => 'Kanari-Wrong' });
$rows = doctor();
is_row($rows, 'token service', 'PASS', qr/^TLSv1\.3/, 'a wrong secret of the client');
is_row($rows, 'log-in', 'FAIL', qr/^service did not accept the credentials: The request to the token service was answered with status 401/, 'a wrong secret of the client');
$dc->set(expires_in => 30);
make(%oauth);
is_row(doctor(), 'token', 'PASS', qr/^Issued \d s ago; it ends in (?:29|30) s and is renewed in 2[67] s, with a refresh token\.$/, 'a short life');
$dc->fault({ path => '/v1/oauth2/token', body => { access_token => 'sandbox-token' } });
make(%oauth);
is_row(doctor(), 'token', 'PASS', qr/^Issued \d s ago; the token service does not tell when it ends\.$/, 'an unknown life');
$dc->reset;

# What GET /session may answer.
make();
$dc->fault({ path => '/session', body => { isValid => JSON::PP::false } });
is_row(doctor(), 'log-in', 'FAIL', qr/not valid/, 'a session that is not valid');
$dc->fault({ path => '/session', body => [1] });
is_row(doctor(), 'log-in', 'FAIL', qr/JSON object/, 'another shape');
$dc->fault({ path => '/session', status => 403, body => { Message => 'not an employee' } });
is_row(doctor(), 'log-in', 'FAIL', qr/^service denied permission: .*"not an employee"/, 'a 403');

# --- After the log-in -----------------------------------------------------------------------

$dc->set(session_cookies => JSON::PP::false);
fails('no cookie', 'session cookie', qr/set no cookie/, qr/Set-Cookie/);
$dc->reset;

$dc->set(preferred_endpoint => 'https://other.example');
fails('an endpoint elsewhere', 'preferred endpoint', qr{^The service prefers "https://other\.example", which is not known to belong to it\.$},
	qr/"allowed_hosts"/);
$rows = fails('another endpoint, not used', 'preferred endpoint', qr{^The service prefers "https://other\.example", but requests go to the option "url"\.$},
	qr/ALTER SERVER dc OPTIONS \(ADD use_preferred_endpoint 'on'\);$/, allowed_hosts => 'other.example');
$dc->set(preferred_endpoint => "https://localhost:$gone");
my %prefers = (use_preferred_endpoint => 'off', allowed_hosts => 'localhost');
$rows = fails('the same', 'preferred endpoint', qr/localhost/, qr/\(SET use_preferred_endpoint 'on'\);$/, %prefers);
my ($command) = $rows->{'preferred endpoint'}{remedy} =~ /(ALTER .*)$/;
$session->query($command);
fails('one that cannot be reached', 'preferred endpoint', qr/^"https:\S+": libcurl reported: .*$gone/, qr/firewalls/,
	rows => doctor());
$dc->fault({ path => '/session', drop => ['PreferredEndpoint'] });
is_row(doctor(), 'preferred endpoint', 'PASS', qr/^The service names none\.$/, 'no endpoint');
$dc->reset;

$dc->set(compression => JSON::PP::false);
make();
is_row(doctor(), 'compression', 'SKIP', qr/not compressed, perhaps because it has only \d+ bytes\.$/, 'a short reply');
$dc->fault({ path => '/session', add => { Filling => 'x' x 2000 } });
fails('a longer one', 'compression', qr/^The service did not compress a reply of 2\d\d\d bytes\.$/, qr/Accept-Encoding/,
	rows => doctor());
$dc->reset;
make(compression => 'off');
is_row(doctor(), 'compression', 'SKIP', qr/^The option "compression" is off\.$/, 'not asked for');

# --- Limiter and circuit breaker ----------------------------------------------------------------

make(max_concurrency => 1);
$dc->fault({ path => '/test/rows', hold_headers => 1 });
$other->send('SELECT count(*) FROM rows WHERE n = 3');
$dc->wait(held => 1);
$rows = fails('no slot is free', 'limiter', qr/^All 1 requests that may be under way are, and 0 more wait\.$/,
	qr/dataconnect_requests.*max_concurrency/, rows => doctor());
is_row($rows, 'reply', 'PASS', qr/./, 'no slot is free');
is_row($rows, 'log-in', 'SKIP', qr/see the check "limiter"/, 'no slot is free');
is_row($rows, 'compression', 'SKIP', qr/^The check "log-in" did not pass\.$/, 'no slot is free');
$dc->release;
is($other->finish->{out}, '3', 'the request under way goes on');
is_row(doctor(), 'limiter', 'PASS', qr/^0 requests are under way; 1 may be at once\.$/, 'a free slot');

$dc->set(rate_limit_headers => { 'Retry-After' => 300 });
make(max_retries => 0);
$dc->fault({ path => '/test/rows', status => 429, headers => { 'Retry-After' => 300 } });
is($session->attempt('SELECT count(*) FROM rows WHERE n = 3')->{state}, '53400', 'the service asks for a pause');
$rows = doctor();
is_row($rows, 'limiter', 'FAIL', qr/^The service asked for a pause: nothing is sent for another [45] min\.$/, 'a pause');
is_row($rows, 'log-in', 'SKIP', qr/^The service asked for a pause: see the check "limiter"\.$/, 'a pause');
($command) = $rows->{limiter}{remedy} =~ /(SELECT [^;]*;)/;
is($session->query($command), '1', 'the remedy ends it');
is(join(' ', map { $_->{detail} } grep { $_->{result} eq 'FAIL' } @{ rows() }), '', 'and then all is well');
$dc->reset;

my $host = $dc->listen('refuse');
make(url => "https://127.0.0.1:$host", max_retries => 0);
is($session->attempt('SELECT count(*) FROM rows WHERE n = 3')->{state}, 'HV00N', 'an outage');
$rows = doctor();
is_row($rows, 'TCP connection', 'FAIL', qr/./, 'an outage');
is_row($rows, 'circuit breaker', 'FAIL', qr/^It is open: .* since 20\d\d-/, 'an outage');
$dc->control('POST', 'listen', { mode => 'service', port => 0 + $host });
$dc->set(preferred_endpoint => "https://127.0.0.1:$host");
$rows = fails('an outage that has ended', 'circuit breaker', qr/^It is open/, qr/dataconnect_resume\('dc'\);$/,
	rows => doctor());
is_row($rows, 'certificate', 'PASS', qr/./, 'an outage that has ended');
is_row($rows, 'reply', 'SKIP', qr/^The circuit breaker is open\.$/, 'an outage that has ended');
($command) = $rows->{'circuit breaker'}{remedy} =~ /(SELECT .*)$/;
is($session->query($command), '1', 'the remedy ends it');
is(join(' ', map { $_->{detail} } grep { $_->{result} eq 'FAIL' } @{ rows() }), '', 'and then all is well');
$dc->reset;

# --- This machine ----------------------------------------------------------------------------------

make();
$session->query('SET dataconnect_fdw.offline = on');
$dc->clear_log;
$rows = doctor();
is_row($rows, $_, 'SKIP', qr/^The setting dataconnect_fdw\.offline is on\.$/, 'offline')
  for 'name resolution', 'TCP connection', 'TLS', 'certificate', 'reply', 'clock', 'log-in', 'compression';
is_deeply($dc->log, [], 'offline: nothing is sent');
$session->query('RESET dataconnect_fdw.offline');

PostgreSQL::Test::Utils::append_to_file("$directory/catalogue.json", '{"endpoints": [7]}');
chmod oct(755), $directory;
chmod oct(644), "$directory/catalogue.json";
$session->query("SET dataconnect_fdw.catalogue_file = '$directory/catalogue.json'");
fails('a catalogue that is wrong', 'catalogue', qr/catalogue\.json/, qr/catalogue_file/, rows => doctor());
unlink "$directory/catalogue.json";
PostgreSQL::Test::Utils::append_to_file("$directory/catalogue.json",
	'[{"path": "/mine", "category": "lists", "method": "GET", "parameters": [], "columns": []}]');
is_row(doctor(), 'catalogue', 'PASS', qr/^133 endpoints, those of version \S+ and of dataconnect_fdw\.catalogue_file\.$/, 'an own catalogue');
$session->query("SET dataconnect_fdw.catalogue_file = '$directory/folder'");
is_row(doctor(), 'catalogue', 'FAIL', qr/folder/, 'a directory');
$session->query('RESET dataconnect_fdw.catalogue_file');

# Options that were valid once.
$session->query(q{UPDATE pg_foreign_server SET srvoptions = srvoptions || '{timezone=Mars/Olympus}' WHERE srvname = 'dc'});
$rows = doctor();
is_row($rows, 'server options', 'FAIL', qr/timezone/, 'a time zone that is gone');
is_row($rows, 'time zone', 'FAIL', qr{does not know the time zone "Mars/Olympus"}, 'a time zone that is gone');
like($rows->{'time zone'}{remedy}, qr/ALTER SERVER dc OPTIONS \(SET timezone/, 'with a remedy');
is_row($rows, 'TCP connection', 'SKIP', qr/^The check "server options" did not pass\.$/, 'a time zone that is gone');
is(scalar keys %$rows, 20, 'all rows are there');

# --- Cancels ----------------------------------------------------------------------------------------

make();
for my $path ('/ping', '/session')
{
	$dc->fault({ path => $path, never => 1 });
	$session->send(q{SELECT count(*) FROM dataconnect_doctor('dc')});
	$dc->wait(held => 1);
	$dc->sql('SELECT pg_cancel_backend(' . $session->pid . ')');
	is($session->finish->{state}, '57014', "a cancel while $path is not answered");
	$dc->reset;
	$dc->fault({ path => $path, never => 1 });
	is($session->attempt(q{SET statement_timeout = '300ms'; SELECT count(*) FROM dataconnect_doctor('dc')})->{state},
		'57014', "statement_timeout while $path is not answered");
	$session->query('RESET statement_timeout');
	$dc->reset;
}
make(url => 'https://127.0.0.1:' . $dc->listen('silent'), connect_timeout => '1min');
$session->send(q{SELECT count(*) FROM dataconnect_doctor('dc')});
ok($dc->wait_until_it_waits($session->pid, 'Connect'), 'it waits for a connection');
$dc->sql('SELECT pg_cancel_backend(' . $session->pid . ')');
is($session->finish->{state}, '57014', 'a cancel while there is no TLS');
make();
$dc->fault({ path => '/session', never => 1 });
my $begin = time;
is_row(doctor(), 'log-in', 'FAIL', qr/timed out in phase "total": Waited 10 s/, 'no answer');
cmp_ok(time - $begin, '<', SOON, 'no answer: soon');
$dc->reset;
is(scalar(grep { $_->{result} eq 'FAIL' } @{ rows() }), 0, 'and then all is well');
make(%oauth);
$dc->fault({ path => '/v1/*', never => 1 });
is_row(doctor(), 'log-in', 'FAIL', qr/timed out in phase "total": Waited 10 s/, 'no answer of the token service');
$dc->reset;

# --- Privileges -----------------------------------------------------------------------------------------

$session->query('CREATE ROLE clerk LOGIN');
my $clerk = $dc->session(user => 'clerk');
my $call = q{SELECT count(*) FROM dataconnect_doctor('dc')};
like($clerk->attempt($call)->{err}, qr/42501: permission denied for function dataconnect_doctor/, 'not for everybody');
$session->query('GRANT EXECUTE ON FUNCTION dataconnect_doctor TO clerk');
like($clerk->attempt($call)->{err}, qr/42501: permission denied for foreign server dc/, 'nor for every server');
$session->query('GRANT USAGE ON FOREIGN SERVER dc TO clerk');
is_row(doctor($clerk), 'user mapping', 'FAIL', qr/not found for (?:user )?"clerk"/, 'the mapping is the caller\'s');
$session->query('CREATE USER MAPPING FOR clerk SERVER dc');
$rows = doctor($clerk);
is_row($rows, 'user mapping', 'FAIL', qr/^credentials are required/, 'a mapping that needs credentials');
$session->query(q{ALTER USER MAPPING FOR clerk SERVER dc OPTIONS (token 'sandbox-token')});
is(scalar(grep { $_->{result} eq 'FAIL' } @{ rows($clerk) }), 0, 'with its own mapping');
is($session->attempt(q{SELECT * FROM dataconnect_doctor('nowhere')})->{state}, '42704', 'no such server');
is($session->query('SELECT count(*) FROM dataconnect_doctor(NULL)'), '0', 'no server');
$clerk->quit;

# --- Secrets, and foreign bytes ---------------------------------------------------------------------------

my %canary = (password => 'Kanari-Pass-7f3a', client_secret => 'Kanari-Secret-7f3a', token => 'Kanari-Token-7f3a+/=',
	refresh => 'Kanari-Refresh-7f3a', cookie => 'Kanari-Cookie-7f3a-7f3a');
make(%oauth, mapping => { username => 'Kanari-User', password => $canary{password},
	client_id => 'Kanari-Client', client_secret => $canary{client_secret} });
my $all = join ' ', 'Kanari-User', 'Kanari-Client', values %canary;
my $log_start = -s $dc->node->logfile;
my $shown = '';
my @grant = ({ path => '/v1/*', body => { access_token => $canary{token}, refresh_token => $canary{refresh}, expires_in => 600 } });
my %answers = (
	good => { body => { isValid => JSON::PP::true, access_token => $canary{token}, basic_token => $canary{password} } },
	endpoint => { body => { PreferredEndpoint => "https://x.example/$canary{token}", access_token => $canary{token} } },
	none => { body => { isValid => JSON::PP::false, Message => $all } },
	refusal => { status => 401, body => { Message => $all } },
	unavailable => { status => 503, body => $all },
	page => { body => "<html><title>$all</title></html>", content_type => 'text/html' },
	redirect => { status => 302, headers => { Location => "https://x/$canary{token}" } },
	coding => { headers => { 'Content-Encoding' => $canary{token} } });
for my $name (sort keys %answers)
{
	$session->query(q{ALTER SERVER dc OPTIONS (SET connect_timeout '2s')});
	$dc->clear_faults;
	$dc->fault(@grant, { path => '/session', set_cookie => [ "DataConnectState=$canary{cookie}", "$canary{password}=1" ], %{ $answers{$name} } });
	$dc->fault({ path => '/ping', headers => { Date => $canary{token} }, body => { Message => $all } });
	my $result = $session->attempt(q{SELECT * FROM dataconnect_doctor('dc')});
	is($result->{state}, '', "$name: no error");
	$shown .= "$result->{out}\n$result->{err}\n";
}
$dc->clear_faults;
# Another session, which knows only the mapping's secrets.
$dc->fault({ path => '/v1/*', status => 401,
	body => { error_description => "Kanari-User Kanari-Client $canary{password} $canary{client_secret}" } });
$session->query(q{ALTER SERVER dc OPTIONS (SET connect_timeout '3s')});
$shown .= $session->attempt(q{SELECT * FROM dataconnect_doctor('dc')})->{out};
unlike($shown, qr/.{0,80}Kanari.{0,40}/, 'no row shows a secret');
like($shown, qr/DataConnectState/, 'though rows were there');
like($shown, qr/\*\*\*/, 'some with stars in their place');
my $logged = substr slurp_file($dc->node->logfile), $log_start;
# psql's own statements are not logged: log_statement is none.
unlike($logged, qr/.{0,80}Kanari.{0,40}/, 'nor does the log');
$dc->reset;

make();
$dc->fault({ path => '/session', set_cookie => "A\x{1b}B\x{202e}C=1",
	body => { PreferredEndpoint => "https://x.example/\x{202e}\n\x{7}" } });
$rows = doctor();
unlike(join('', map { $_->{detail} } values %$rows), qr/[\x{00}-\x{1f}\x{7f}\x{202e}]/, 'no control characters');
like($rows->{'preferred endpoint'}{detail}, qr/x\.example/, 'of an endpoint');
$dc->reset;

# A recording of it has its requests alone, and none of the credentials in the answer.
my $records = "$directory/records";
mkdir $records, oct(700) or die "$records: $!\n";
make();
$session->query("SET dataconnect_fdw.record_directory = '$records'");
$dc->fault({ path => '/session', body => { access_token => $canary{token}, basic_token => $canary{password} } });
is_row(doctor(), 'log-in', 'PASS', qr/./, 'recorded');
$session->query('RESET dataconnect_fdw.record_directory');
is(scalar(my @sent = glob "$records/*.request.json"), 2, 'two requests are recorded');
unlike(join('', map { slurp_file($_) } glob "$records/*"), qr/Kanari|sandbox-token/, 'without a secret');
$dc->reset;

# --- Without preloading ----------------------------------------------------------------------------------------

$other->quit;
$session->quit;
$dc->node->append_conf('postgresql.conf', "shared_preload_libraries = ''\n");
$dc->node->restart;
$session = $dc->session;
fails('not preloaded', 'preload', qr/^The library is not in shared_preload_libraries, so each session has/,
	qr/Add dataconnect_fdw to shared_preload_libraries .*restart/);
is($session->query('SELECT count(*) FROM rows WHERE n = 2'), '2', 'a query');
is_row(doctor(), 'limiter', 'PASS', qr/^0 requests of this session are under way; 8 may be at once\.$/, 'a session\'s own limiter');
$session->quit;

done_testing();
