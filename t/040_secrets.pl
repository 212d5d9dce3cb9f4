# Credentials appear in no message, plan, log line or URL, even if the service
# repeats them, in whatever notation.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";

use DataConnectCanary qw(canaries decode leak notations);
use DataConnectTest;
use MIME::Base64 qw(encode_base64);
use Test::More;

my %canary = canaries();
my %written = notations();
my $basic = encode_base64("$canary{username}:$canary{password}", '');

# leak() finds the secrets in each notation.
for my $writing (sort keys %written)
{
	my @missed =
	  grep { leak("before $written{$writing}->($canary{$_}) after") eq '' }
	  keys %canary;
	is_deeply(\@missed, [], "the search finds secrets written as $writing");
}
isnt(leak("Basic $basic"), '', 'and those of Basic');

my $dc = DataConnectTest->new(
	sandbox => [
		'--user', $canary{username}, '--password', $canary{password},
		'--client-id', $canary{client_id},
		'--client-secret', $canary{client_secret},
		'--token', $canary{token}
	],
	conf => "log_statement = none\nlog_min_messages = debug5\nlog_error_verbosity = verbose\n");
$dc->sql(q{CREATE DATABASE secrets ENCODING 'UTF8' LOCALE 'C' TEMPLATE template0});
$dc->sql('CREATE ROLE watcher LOGIN');

my $session = $dc->session(dbname => 'secrets');
$session->query("SET client_encoding = 'UTF8'; SET client_min_messages = warning; CREATE EXTENSION dataconnect_fdw");

my $token_path = '/v1/oauth2/token';
my %mapping = (
	bearer => { token => $canary{token} },
	basic => { map { $_ => $canary{$_} } qw(username password) },
	oauth => { map { $_ => $canary{$_} } qw(username password client_id client_secret) });

# The secrets that the requests of each kind of log-in contain.
$canary{'base64 pair'} = $basic;
my %sent = (
	bearer => ['token'],
	basic => [ 'base64 pair', 'username', 'password' ],
	oauth => [qw(token refresh username password client_id client_secret)]);

sub make_objects
{
	my ($name, $kind, %option) = @_;
	$session->query("DROP SERVER IF EXISTS $name CASCADE");
	$session->query(
		$dc->server_sql(
			$name,
			max_retries => 0,
			compression => 'off',
			token_url => $dc->url . $token_path,
			mapping => $mapping{$kind},
			%option));
	$session->query($dc->rows_table_sql($name, $name));
	return;
}

# The token that the service gives out is a canary, too.
sub grant
{
	return {
		path => $token_path,
		body => { access_token => $canary{token}, expires_in => 3600, refresh_token => $canary{refresh} }
	};
}

sub log_in
{
	my ($kind) = @_;
	$dc->fault(grant()) if $kind eq 'oauth';
	is($session->query("SELECT count(*) FROM $kind WHERE n = 3"), '3', "$kind: logged in");
	return;
}

for my $kind (sort keys %mapping)
{
	make_objects($kind, $kind);
	log_in($kind);
}
is(scalar(grep { leak($_->{Headers}) ne '' } @{ $dc->log }), 3,
	'the service got the credentials');

# --- Plans -----------------------------------------------------------------

$session->query('SET debug_print_parse = on; SET debug_print_rewritten = on; SET debug_print_plan = on');
for my $kind (sort keys %mapping)
{
	for my $options ('VERBOSE', 'VERBOSE, FORMAT JSON', 'VERBOSE, FORMAT XML', 'VERBOSE, FORMAT YAML',
		'ANALYZE, VERBOSE, BUFFERS, SETTINGS', 'ANALYZE, VERBOSE, FORMAT JSON')
	{
		my $plan = $session->query("EXPLAIN ($options) SELECT * FROM $kind WHERE n = 2");
		like($plan, qr{/test/rows}, "$kind: EXPLAIN ($options) shows the request");
		is(leak($plan), '', "$kind: and no secret");
	}
}
$session->query('RESET debug_print_parse; RESET debug_print_rewritten; RESET debug_print_plan');

# --- What others see ---------------------------------------------------------

my $watcher = $dc->session(dbname => 'secrets', user => 'watcher');
for my $kind (sort keys %mapping)
{
	$dc->fault({ hold_headers => JSON::PP::true });
	$session->send("SELECT count(*) FROM $kind WHERE n = 2");
	$dc->wait(held => 1);
	my $seen = $watcher->query("SELECT a FROM pg_stat_activity a; SELECT l FROM pg_locks l;
		SELECT m FROM pg_user_mappings m; SELECT s FROM pg_foreign_server s");
	like($seen, qr/\b@{[ $session->pid ]}\b/, "$kind: another user sees the session at work");
	is(leak($seen), '', "$kind: but no secret");
	$dc->release;
	is($session->finish->{out}, '2', "$kind: it goes on");
	$dc->clear_faults;
}
is(leak($session->query('SELECT c FROM pg_backend_memory_contexts c')), '',
	'names of memory contexts have no secret');

# --- Refusals that repeat what was sent --------------------------------------

sub error_is_clean
{
	my ($sql, $name, $pattern) = @_;
	$session->send($sql);
	my $result = $session->finish;
	like($result->{err}, $pattern || qr/ERROR:  /, "$name: an error");
	is(leak($result->{err}), '', "$name: without a secret");
	return;
}

for my $kind (sort keys %sent)
{
	my $query = "SELECT count(*) FROM $kind WHERE n = 4";
	for my $which (@{ $sent{$kind} })
	{
		my $secret = $canary{$which};
		for my $writing (sort keys %written)
		{
			my $text = decode($written{$writing}->($secret));
			$dc->fault({ status => 403, content_type => 'text/plain', body => $text });
			error_is_clean($query, "$kind: $which repeated as $writing");
		}
		my $name = "$kind: $which";
		my $text = decode($secret);
		$dc->fault({ status => 400, body => { Message => "Not right: $text." } });
		error_is_clean($query, "$name in a message");
		$dc->fault({ status => 413, body => { Rest => [$text] } });
		error_is_clean($query, "$name in other JSON");
		$dc->fault({ status => 302, headers => { Location => "https://elsewhere.example/$text" } });
		error_is_clean($query, "$name in a redirect");
		$dc->fault({ body => "Internal error: $text", content_type => 'text/plain' });
		error_is_clean($query, "$name in a reply that is no JSON");
		$dc->fault({ body => "Internal error: $text", hold_after => { bytes => 26 } });
		error_is_clean($query, "$name in the beginning of one");
		$dc->fault({ body => [ { $text => 1 } ] });
		error_is_clean($query, "$name as a key");
		$dc->fault({ body => [ { Id => $text } ] });
		error_is_clean("SELECT id FROM $kind WHERE n = 4", "$name as a value");
		$dc->fault({ body => '[1]', content_type => "text/$text" });
		error_is_clean($query, "$name in the content type");
		# The name of a coding is stored in a small buffer, which ends within the secret.
		$dc->fault({ raw_reply => encode_base64("HTTP/1.1 200 OK\r\nContent-Encoding: of-the-service-$secret\r\nContent-Length: 2\r\n\r\n[]", '') });
		error_is_clean($query, "$name in the coding");
		$dc->fault({ raw_reply => encode_base64("what about $secret?\r\n\r\n", '') });
		error_is_clean($query, "$name in a reply that is no HTTP");
		$dc->fault({ raw_reply => encode_base64("HTTP/1.1 200 OK\r\n$secret\r\n\r\n[]", '') });
		error_is_clean($query, "$name in a bad header");
	}
}

# The service refuses the credentials and repeats the header.
for my $kind (sort keys %sent)
{
	my $header = $kind eq 'basic' ? "Basic $basic" : "Bearer $canary{token}";
	my @faults = ({ path => '/test/rows', status => 401, body => "You sent Authorization: $header", content_type => 'text/plain' }) x 2;
	$dc->fault(@faults, $kind eq 'oauth' ? grant() : ());
	error_is_clean("SELECT count(*) FROM $kind WHERE n = 4", "$kind: the header repeated", qr/ERROR:  28000:.*You sent/s);
	$dc->clear_faults;
}

# The service repeats its cookies. One is too short to count as a secret.
make_objects('cookies', 'bearer');
$dc->fault({ set_cookie => [ 'Session=Kanari-Cookie-7f3a%2b/=; Path=/', 'Language=en-us; Path=/' ] });
$session->query('SELECT count(*) FROM cookies WHERE n = 3');
$dc->fault({ status => 403, content_type => 'text/plain', body => 'en-us: Kanari-Cookie-7f3a%2b/=' });
error_is_clean('SELECT count(*) FROM cookies WHERE n = 4', 'a cookie repeated', qr/says: "en-us: \*+"/);

# --- The token service -------------------------------------------------------

for my $writing (sort keys %written)
{
	my $form = decode(join '&', 'grant_type=password',
		map { "$_=" . $written{$writing}->($canary{$_}) }
		  qw(password client_secret username client_id));
	for my $fault (
		{ status => 400, body => $form, content_type => 'text/plain' },
		{ status => 401, body => { error => 'invalid_client', error_description => $form } },
		{ status => 500, body => { form => $form } },
		{ status => 307, headers => { Location => "https://elsewhere.example/?$form" } })
	{
		make_objects('oauth', 'oauth');
		$dc->fault({ path => $token_path, %$fault });
		error_is_clean('SELECT count(*) FROM oauth WHERE n = 4', "token service: $fault->{status} $writing");
	}
}

# A new token, in a reply from the token service that is not accepted.
my $fresh = { access_token => 'Kanari-Fresh', refresh_token => 'Kanari-Fresher', expires_in => 3600 };
for my $fault (
	{ status => 201, body => $fresh },
	{ status => 400, body => { Rest => $fresh } },
	{ status => 403, body => 'access_token=Kanari-Fresh', content_type => 'text/plain' },
	{ status => 500, body => '"Kanari-Fresh"' },
	{ prefix => ',', body => $fresh },
	{ body => { %$fresh, expires_in => 'Kanari' } })
{
	make_objects('oauth', 'oauth');
	$dc->fault({ path => $token_path, %$fault });
	error_is_clean('SELECT count(*) FROM oauth WHERE n = 4',
		'a fresh token with status ' . ($fault->{status} || 200));
}
make_objects('oauth', 'oauth');
$dc->fault({ path => $token_path, status => 400,
	body => { error => 'invalid_grant', error_description => 'Try again.' } });
error_is_clean('SELECT count(*) FROM oauth WHERE n = 4',
	'what OAuth says of an error', qr/The service says: "Try again\."/);

# OAuth error codes are shown, even if a secret is part of one. In other text it is hidden.
for my $words ('invalid_client', 'invalid_grant', 'unauthorized_client', 'invalid_client!', 'bad client')
{
	make_objects('oauth', 'oauth');
	$session->query(q{ALTER USER MAPPING FOR CURRENT_USER SERVER oauth OPTIONS (SET client_id 'client')});
	$dc->fault({ path => $token_path, status => 401, body => { error => $words } });
	my $shown = $words =~ /^\w+$/ ? $words : $words =~ s/client/******/r;
	error_is_clean('SELECT count(*) FROM oauth WHERE n = 4', "the error code $words",
		qr/28000:.*The service says: "\Q$shown\E"/s);
}

# --- The way to the service --------------------------------------------------

for my $kind (sort keys %mapping)
{
	for my $url ($dc->url, 'https://dataconnect.example.org')
	{
		my %proxy = (
			closed => 'http://127.0.0.1:1',
			silent => 'http://127.0.0.1:' . $dc->listen('silent'),
			garbage => 'http://127.0.0.1:' . $dc->listen('garbage'),
			refusing => $dc->url);
		for my $proxy (sort keys %proxy)
		{
			next if $proxy eq 'refusing' && $url eq $dc->url;
			make_objects('way', $kind, url => $url, proxy => $proxy{$proxy},
				connect_timeout => '300ms', first_byte_timeout => '300ms');
			error_is_clean('SELECT count(*) FROM way WHERE n = 4', "$kind: $url, $proxy proxy");
		}
	}
	make_objects('way', $kind, url => 'http://127.0.0.1:1', token_url => 'http://127.0.0.1:1/token');
	error_is_clean('SELECT count(*) FROM way WHERE n = 4', "$kind: nobody there");
}
my @connects = grep { $_->{Method} eq 'CONNECT' } @{ $dc->log };
isnt(scalar @connects, 0, 'a proxy was asked for a way');
is(leak(join ' ', map { $_->{Headers} } @connects), '', 'and heard no secret');

# A preferred endpoint that is not trusted.
make_objects('way', 'bearer', use_preferred_endpoint => 'on');
$dc->fault({ path => '/session', body => { PreferredEndpoint => "http://elsewhere.example/$canary{token}" } });
$session->send('SELECT count(*) FROM way WHERE n = 4');
my $result = $session->finish;
like($result->{err}, qr/WARNING:  HV000: preferred endpoint/, 'a preferred endpoint: a warning');
is(leak($result->{err}), '', 'a preferred endpoint: without a secret');

# --- Options that are refused ------------------------------------------------

# The server itself logs statements that fail.
$session->query('SET log_min_error_statement = panic');
my @options = (
	[ "token E'$canary{token}\\n'", 'a line break' ],
	[ "token 'Kanari token'", 'a space in a token' ],
	[ "username 'Kanari:user', password 'Kanari'", 'a colon' ],
	[ "username 'Kanari'", 'no password' ],
	[ "token 'Kanari', password 'Kanari'", 'two kinds' ],
	[ "passwort 'Kanari'", 'an unknown option' ]);
for my $case (@options)
{
	my ($options, $name) = @$case;
	$options =~ s/(?<=7f3a[+])(.*)(?=\\n)//s;
	error_is_clean("CREATE USER MAPPING FOR watcher SERVER bearer OPTIONS ($options)", "mapping with $name");
}
error_is_clean("CREATE SERVER x FOREIGN DATA WRAPPER dataconnect_fdw OPTIONS ($_)", "server with $_")
  for "url 'http://Kanari:Kanari\@127.0.0.1'", "url 'http://127.0.0.1', token 'Kanari'",
  "url 'http://127.0.0.1', proxy 'http://Kanari:Kanari\@127.0.0.1'",
  "url 'http://127.0.0.1', params 'Auth=Kanari'", "url 'http://127.0.0.1?Auth=Kanari'";
$session->query('RESET log_min_error_statement');

# --- URLs, and the server's log ----------------------------------------------

# Only the bodies of requests to the token service contain secrets.
is(leak(join "\n", map { "$_->{Method} $_->{Path}?$_->{Query}" } @{ $dc->log }), '',
	'no URL has a secret');
is(leak(join "\n", map { $_->{Body} . $_->{Cookie} =~ s/\bSession=Kanari-Cookie[^;]*//r } grep { $_->{Path} ne $token_path } @{ $dc->log }), '',
	'and no other body');

$session->quit;
$watcher->quit;
my $log = PostgreSQL::Test::Utils::slurp_file($dc->node->logfile);
my $pid = $session->pid;
like($log, qr/ERROR:  28000: service did not accept the credentials/, "the server's log has the errors");
like($log, qr/ DEBUG:  /, 'and what PostgreSQL says for debugging');
like($log, qr/ :fdw_private /, 'and plans');
is(leak($log), '', 'but no secret');
$dc->sql("DO \$\$ BEGIN RAISE LOG 'this is Kanari: %', 'planted'; END \$\$");
isnt(leak(PostgreSQL::Test::Utils::slurp_file($dc->node->logfile)), '',
	'in which the search finds one that was planted');

done_testing();
