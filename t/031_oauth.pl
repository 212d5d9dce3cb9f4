# Tokens of the OAuth token service: requested once, renewed in time and after a 401,
# never in a loop, with any characters in the credentials.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";

use DataConnectTest;
use MIME::Base64 qw(encode_base64);
use Test::More;
use Time::HiRes ();

# In UTF-8, the encoding of this file.
my %secret = (
	username => 'jo+1&x=%41 é@example.com',
	password => 'p&a=s+s%26 "w"\\ö\'€',
	client_id => 'client&=+%ü',
	client_secret => 's=e&c+r%e?t/;#ß');
my $dc = DataConnectTest->new(
	sandbox => [
		'--user' => $secret{username},
		map { my $o = $_; $o =~ tr/_/-/; ("--$o" => $secret{$_}) }
		  qw(password client_id client_secret)
	]);
my $token_path = '/v1/oauth2/token';
my $token_url = $dc->url . $token_path;

$dc->sql(q{CREATE DATABASE utf8 ENCODING 'UTF8' LOCALE 'C' TEMPLATE template0});
my $session;

# A new session, with nothing in the sandbox's log.
sub start
{
	my ($dbname) = @_;
	$session->quit if $session;
	$session = $dc->session(dbname => $dbname || 'utf8');
	$session->query("SET client_encoding = 'UTF8'");
	$dc->clear_log;
	return;
}

sub make_objects
{
	my ($token_url) = @_;
	$session->query('SET client_min_messages = warning');
	$session->query('CREATE EXTENSION IF NOT EXISTS dataconnect_fdw');
	$session->query('DROP SERVER IF EXISTS dc CASCADE');
	$session->query(
		$dc->server_sql(
			'dc',
			max_retries => 0,
			($token_url ? (token_url => $token_url) : ()),
			mapping => \%secret));
	$session->query($dc->rows_table_sql('rows', 'dc'));
	return;
}

sub count
{
	my ($n) = @_;
	$session->send("SELECT count(*) FROM rows WHERE n = $n");
	return $session->finish;
}

sub count_is
{
	my ($n, $name) = @_;
	my $result = count($n);
	is($result->{out} . $result->{err}, $n, $name);
	return;
}

# The requests that the sandbox got since the last call: "password", "refresh_token",
# or "rows" with the status.
sub requests
{
	my @requests;
	for my $entry (@{ $dc->log })
	{
		my ($grant) = ($entry->{Body} // '') =~ /\bgrant_type=(\w+)/;
		push @requests,
		  ($entry->{Path} eq $token_path ? $grant : 'rows') . " $entry->{Status}";
	}
	$dc->clear_log;
	return join ', ', @requests;
}

# --- Once ------------------------------------------------------------------

start();
make_objects($token_url);
$session->query('EXPLAIN SELECT * FROM rows WHERE n = 3');
is(requests(), '', 'EXPLAIN asks for no token');
count_is($_, "statement $_") for 1 .. 3;
my @log = @{ $dc->log };
my ($asked, @used) = map { $dc->headers($_) } @log;
is($log[0]{Method}, 'POST', 'a token is asked for by POST');
is($log[0]{Query}, '', 'with nothing in its URL');
is($asked->{'content-type'}, 'application/x-www-form-urlencoded', 'as a form');
is($asked->{authorization}, undef, 'without other credentials');
like($_->{authorization}, qr/^Bearer [0-9a-f-]{36}$/, 'a statement has a token')
  for @used;
is($used[$_]{authorization}, $used[0]{authorization}, 'the same one') for 1, 2;
is(requests(), 'password 200, rows 200, rows 200, rows 200',
	'one token for three statements');
start();
count_is(4, 'another session');
is(requests(), 'password 200, rows 200', 'asks for a token of its own');

# --- Renewed in time ---------------------------------------------------------

# A token with a lifetime of 0.
start();
$dc->fault({ path => $token_path, drop => 'expires_in', add => { expires_in => 0 } });
count_is($_, "statement $_") for 5 .. 7;
is( requests(),
	'password 200, rows 200, refresh_token 200, rows 200, rows 200',
	'a token at its end is renewed before it is used');

# A token that really expires.
start();
$dc->set(expires_in => 2);
my $until = time + 60;
my @grants;
while (@grants < 3 && time < $until)
{
	my $result = count(8);
	is($result->{out}, '8', 'a statement') if $result->{out} ne '8';
	@grants = grep { $_->{Path} eq $token_path } @{ $dc->log };
	Time::HiRes::sleep(0.05);
}
my $requests = requests();
like($requests,
	qr/^password 200,( rows 200,)+ refresh_token 200,( rows 200,)+ refresh_token 200,/,
	'a token that ends is renewed, and so is the next');
unlike($requests, qr/ 401/, 'before anything is refused');
$dc->reset;

# While a token is valid, a failure to renew it fails no statement.
start();
$dc->fault({ path => $token_path, drop => 'expires_in', add => { expires_in => 8 } },
	{ path => $token_path, status => 503, count => 0 });
sub until_log
{
	my ($wanted) = @_;
	my $result;
	my $until = time + 60;
	do
	{
		Time::HiRes::sleep(0.05);
		$result = count(8);
	} until time > $until || $wanted->($result);
	return $result;
}
my $result = until_log(sub { $_[0]{err} || grep { ($_->{Status} // 0) == 503 } @{ $dc->log } });
is($result->{out} . $result->{err}, '8', 'a token that cannot be renewed before its end is used');
is(count(9)->{out}, '9', 'and used again');
like(requests(), qr/^password 200,( rows 200,)+ refresh_token 503, password 503, rows 200, rows 200$/,
	'each grant is tried once');
$result = until_log(sub { $_[0]{err} });
like($result->{err}, qr/ERROR:  HV000: service is overloaded/, 'at its end that is an error');
$dc->clear_faults;
requests();
count_is(10, 'until the token service is back');
is(requests(), 'password 200, rows 200', 'which gives another');
$dc->reset;

# --- Renewed after a 401 -----------------------------------------------------

start();
count_is(1, 'a statement');
requests();
$dc->expire;
count_is(9, 'a statement after the end of its token');
is(requests(), 'rows 401, refresh_token 200, rows 200', 'which is renewed once');
$dc->fault({ param => { Count => 2 }, expired_token => JSON::PP::true });
is($session->query('SELECT count(*) FROM rows WHERE n IN (1, 2, 3)'),
	'6', 'also in the middle of a scan');
is(join(', ', sort split /, /, requests()),
	'refresh_token 200, rows 200, rows 200, rows 200, rows 401',
	'for the request that was refused');
$dc->expire;
# No one is refused before all are sent.
$dc->fault({ path => '/test/rows', hold_headers => JSON::PP::true, count => 3 });
$session->send('SELECT count(*) FROM rows WHERE n IN (1, 2, 3)');
$dc->wait(held => 3);
$dc->release;
is($session->finish->{out}, '6', 'where several requests are refused at the same time');
$dc->clear_faults;
is(join(', ', sort split /, /, requests()),
	'refresh_token 200, rows 200, rows 200, rows 200, rows 401, rows 401, rows 401',
	'one of them gets a new token for all');

$dc->fault({ path => '/test/rows', count => 0, expired_token => JSON::PP::true });
$result = count(10);
like($result->{err}, qr/ERROR:  28000: service did not accept the credentials/,
	'a new token that is refused, too, is an error');
is(requests(), 'rows 401, refresh_token 200, rows 401', 'and no loop');
$dc->clear_faults;
count_is(11, 'the next statement');

# --- The refresh token is refused --------------------------------------------

$dc->reset;    # all tokens end
count_is(12, 'a statement where the refresh token is refused');
is(requests(), 'rows 401, refresh_token 400, password 200, rows 200',
	'has the password get a token');
my %failures = (
	(map { ("status $_" => { status => $_ }) } 401, 403, 429, 500, 502, 503),
	'an empty reply' => { body => '' },
	'a page' => { body => '<html>Log in</html>', content_type => 'text/html' },
	'no token' => { body => {} },
	'a cut reply' => { cut => { after => 30, how => 'short_length' } });
$session->query(q{ALTER SERVER dc OPTIONS (SET max_retries '5')});
count_is(13, 'a first token');
for my $failure (sort keys %failures)
{
	$dc->expire;
	requests();
	$dc->fault({ path => $token_path, param => { grant_type => 'refresh_token' }, count => 0, %{ $failures{$failure} } });
	count_is(13, "a refresh grant that ends with $failure");
	my $status = $failures{$failure}{status} || 200;
	is(requests(), "rows 401, refresh_token $status, password 200, rows 200",
		"is asked once, then the password: $failure");
	$dc->clear_faults;
}
$dc->set(refuse_refresh => JSON::PP::true);
for (1, 2)
{
	$dc->expire;
	count_is(13, 'a service that refuses all refresh grants');
	is(requests(), 'rows 401, refresh_token 400, password 200, rows 200', 'gets the password');
}
$dc->set(refuse_refresh => JSON::PP::false);

# A cancel is not treated as a failure of the refresh token.
$dc->expire;
$dc->fault({ path => $token_path, never => JSON::PP::true });
$session->query(q{SET statement_timeout = '1s'});
is($session->attempt('SELECT count(*) FROM rows WHERE n = 13')->{state}, '57014',
	'statement_timeout ends a refresh grant');
$session->query('RESET statement_timeout');
$dc->clear_faults;
$dc->clear_log;
count_is(13, 'the next statement');
is(requests(), 'password 200, rows 200', 'does not ask with that refresh token');
$session->query(q{ALTER SERVER dc OPTIONS (SET max_retries '0')});
count_is(13, 'a token again');
requests();
$dc->expire;
$dc->fault({ path => $token_path, status => 400 },
	{ path => $token_path, status => 400 });
$result = count(14);
like($result->{err}, qr/ERROR:  28000:/, 'both grants refused');
is(requests(), 'rows 401, refresh_token 400, password 400', 'is the end');

count_is(15, 'both grants work again');
requests();
$dc->expire;
$dc->fault({ path => $token_path, body => {}, count => 2 });
like(count(16)->{err}, qr/ERROR:  HV00M: token service did not answer with a token/,
	'two grants without a token');
is(requests(), 'rows 401, refresh_token 200, password 200', 'are the end');
count_is(17, 'the next statement');
is(requests(), 'password 200, rows 200', 'begins with the password');

# A statement may log in for several reasons: for the service's count, for /session.
# Refused credentials are sent only once.
$session->query('DROP SERVER IF EXISTS wrong CASCADE');
$session->query($dc->server_sql('wrong', max_retries => 3, token_url => $token_url,
		remote_estimate => 'on', use_preferred_endpoint => 'on',
		mapping => { %secret, password => 'wrong' }));
$session->query(q{CREATE FOREIGN TABLE counted (id integer OPTIONS (name 'Id'))
	SERVER wrong OPTIONS (endpoint '/bridge/current/data', params 'Table=Store')});
requests();
my $refused = $session->attempt('SELECT count(*) FROM counted');
is($refused->{state}, '28000', 'wrong credentials');
is(requests(), 'password 400', 'are sent once in a statement');
like($refused->{err}, qr/^CONTEXT:  request for foreign table "counted"/m, 'by whichever request');
$session->query(q{ALTER SERVER wrong OPTIONS (SET max_retries '2')});
$session->query('EXPLAIN SELECT count(*) FROM counted');
is(requests(), 'password 400', 'and do not fail EXPLAIN');
$session->query('BEGIN');
$session->query('SAVEPOINT a');
$session->attempt('SELECT count(*) FROM counted');
$session->query('ROLLBACK TO a');
is($session->attempt('SELECT count(*) FROM counted')->{state}, '28000', 'a second statement of a transaction');
$session->query('ROLLBACK');
is(requests(), 'password 400', 'does not repeat them');
$session->query('DROP SERVER wrong CASCADE');

# --- Credentials that cannot be renewed --------------------------------------

$session->query($dc->server_sql('fixed', max_retries => 0, token_url => $token_url));
$session->query($dc->rows_table_sql('fixed', 'fixed'));
is($session->query('SELECT count(*) FROM fixed WHERE n = 3'), '3', 'a token');
requests();
$dc->fault({ expired_token => JSON::PP::true });
$session->send('SELECT count(*) FROM fixed WHERE n = 3');
like($session->finish->{err}, qr/ERROR:  28000:/, 'that ends is an error');
is(requests(), 'rows 401', 'at once');

# --- A token service that fails ------------------------------------------------

my $bad = 'HV00M: token service did not answer with a token';
my $good = { access_token => 'sandbox-token' };
my @nonsense = (
	[ 'a page', { body => '<html>Log in</html>' }, $bad, 'is not a JSON object' ],
	[ 'a page with a title', { body => "<html><title>Sign\n in</title></html>" }, $bad,
		'is a page with the title "Sign in"' ],
	[ 'an array', { body => [$good] }, $bad, 'is not a JSON object' ],
	[ 'half an object', { body => '{"access_token":"sandbox-token"' }, $bad,
		'is not a JSON object' ],
	[ 'an empty object', { body => {} }, $bad, 'has no "access_token"' ],
	[ 'no token', { body => { token => 'x' } }, $bad, 'has no "access_token"' ],
	[ 'an empty token', { body => { access_token => '' } }, $bad, 'has no "access_token"' ],
	[ 'null', { body => { access_token => undef } }, $bad, 'has no "access_token"' ],
	[ 'a number', { body => { access_token => 12345 } }, $bad, 'has no "access_token"' ],
	[ 'a line break', { body => { access_token => "x\r\nX-Evil: 1" } }, $bad,
		'has an "access_token" with characters that cannot be sent' ],
	[ 'a letter', { body => { access_token => "x\x{e9}" } }, $bad,
		'has an "access_token" with characters that cannot be sent' ],
	[ 'too much', { body => { %$good, more => 'x' x 1_000_000 } }, $bad, 'is too long' ],
	[ 'negative life', { body => { %$good, expires_in => -1 } }, $bad,
		'has an invalid "expires_in"' ],
	[ 'life in words', { body => { %$good, expires_in => 'soon' } }, $bad,
		'has an invalid "expires_in"' ],
	[ 'nothing', { body => '' }, 'HV00M: reply from the service was empty', '' ],
	[ 'half a reply', { cut => { after => 30, how => 'short_length' } },
		'HV00M: reply from the service was cut short', '' ],
	[ 'a failure', { status => 500, body => $good },
		'HV000: service failed on the request', 'status 500' ],
	[ 'overload', { status => 503 }, 'HV000: service is overloaded', 'status 503' ],
	[ 'a redirect', { status => 302, headers => { Location => $token_url } },
		'HV000: service redirects the request', 'status 302' ],
	[ 'a refusal', { status => 400, body => { error => 'invalid_grant', error_description => 'Unknown user.' } },
		'28000: service did not accept the credentials', 'Unknown user\.' ],
	[ 'another refusal', { status => 401, body => { error => 'invalid_request' } },
		'28000: service did not accept the credentials', 'invalid_request' ],
	[ 'a ban', { status => 403 }, '28000: service did not accept the credentials', 'status 403' ]);

for my $case (@nonsense)
{
	my ($name, $fault, $message, $detail) = @$case;
	start();
	$dc->fault({ path => $token_path, %$fault });
	$result = count(3);
	like($result->{err}, qr/ERROR:  $message/, "a token service says: $name");
	like($result->{err}, qr/^DETAIL:  .*$detail/m, "$name: details");
	my $status = $fault->{status} || 200;
	is(requests(), "password $status", "$name: nothing goes to the service");
	count_is(4, "$name: it may be right the next time");
}

# A long lifetime, one in digits, an unknown one.
for my $life (1e300, '3600', 3600.5, undef)
{
	start();
	$dc->fault({ path => $token_path, drop => 'expires_in', add => { expires_in => $life } });
	count_is($_, 'a life of ' . ($life // 'null')) for 5, 6;
	is(requests(), 'password 200, rows 200, rows 200', 'is no reason to renew');
}

# A byte order mark is skipped.
start();
$dc->fault({ path => $token_path, bom => JSON::PP::true });
count_is(5, 'a byte order mark');

# Nobody listens; unknown host; credentials not allowed there.
my %places = (
	'http://127.0.0.1:1/token' => 'HV00N: could not connect to the service',
	'http://accounts.example.org/token' =>
	  'HV024: credentials would go to host "accounts.example.org" without encryption',
	'' => 'HV00J: option "token_url" is required');
for my $place (sort keys %places)
{
	start();
	make_objects($place);
	$result = count(3);
	like($result->{err}, qr/ERROR:  $places{$place}/, "token_url '$place'");
	is(requests(), '', "token_url '$place': nothing is sent");
}

# --- Every character ---------------------------------------------------------

# Earlier tests have shown the form. Here: Basic, and a database that is not in UTF-8:
start();
make_objects($token_url);
$session->query(
	'ALTER USER MAPPING FOR CURRENT_USER SERVER dc OPTIONS (DROP client_id, DROP client_secret)');
count_is(3, 'Basic');
is($dc->headers($dc->log->[0])->{authorization},
	'Basic ' . encode_base64("$secret{username}:$secret{password}", ''),
	'has the credentials in UTF-8');
is(requests(), 'rows 200', 'which are right');

$dc->sql(q{CREATE DATABASE latin9 ENCODING 'LATIN9' LOCALE 'C' TEMPLATE template0});
start('latin9');
make_objects($token_url);
my $characters = 0;
for my $name (keys %secret)
{
	my $text = "$name=$secret{$name}";
	utf8::decode($text);
	$characters += length $text;
}
is( $session->query(
		'SELECT sum(octet_length(option)) FROM pg_user_mappings, unnest(umoptions) option'),
	$characters,
	'in another encoding each character is one byte');
count_is(3, 'from a database in another encoding');
is(requests(), 'password 200, rows 200', 'the credentials arrive the same');

$session->quit;
done_testing();
