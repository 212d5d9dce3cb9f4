# What a recording must not do: hold a secret, write where others can read, or change
# what a query returns.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";

use Compress::Zlib ();
use DataConnectCanary qw(canaries decode leak notations);
use DataConnectTest;
use Digest::MD5 qw(md5_hex);
use HTTP::Tiny ();
use JSON::PP ();
use MIME::Base64 qw(encode_base64);
use PostgreSQL::Test::Utils qw(slurp_file);
use Test::More;

my $json = JSON::PP->new->utf8;
my %canary = canaries();
my %written = notations();
my $dc = DataConnectTest->new(
	sandbox => [
		'--user', $canary{username}, '--password', $canary{password},
		'--client-id', $canary{client_id}, '--client-secret', $canary{client_secret},
		'--token', $canary{token}
	],
	conf => "shared_preload_libraries = 'dataconnect_fdw'\nlog_statement = none\n");
$dc->sql(q{CREATE DATABASE recorded ENCODING 'UTF8' LOCALE 'C' TEMPLATE template0});
my $parent = PostgreSQL::Test::Utils::tempdir_short();
my $number = 0;
my $directory;

sub new_session
{
	my $new = $dc->session(dbname => 'recorded');
	$new->query("SET client_encoding = 'UTF8'; SET statement_timeout = '@{[$new->hung]}'");
	return $new;
}
my $session = new_session();
$session->query('CREATE EXTENSION dataconnect_fdw');

sub make
{
	my ($name, $mapping, %option) = @_;
	$session->query($dc->server_sql($name, max_retries => 0, mapping => $mapping,
		token_url => $dc->url . '/v1/oauth2/token', %option));
	$session->query($dc->rows_table_sql("t_$name", $name));
	return;
}

sub record
{
	my @sessions = @_ ? @_ : $session;
	$directory = "$parent/recording" . ++$number;
	mkdir $directory, oct(700) or die "$directory: $!\n";
	$_->query("SET dataconnect_fdw.record_directory = '$directory'") for @sessions;
	return;
}

sub files
{
	my ($suffix) = @_;
	my @files = sort glob "$directory/*" . ($suffix // '');
	return @files;
}

sub part
{
	my ($name, $part) = @_;
	my $text = -e "$name$part" ? slurp_file("$name$part") : return undef;    ## no critic (ProhibitExplicitReturnUndef)
	return $part =~ /json$/ ? $json->decode($text) : $text;
}

# What was recorded of each exchange: { request, head, body, end }.
sub exchanges
{
	return map {
		my $name = s/\.request\.json$//r;
		+{ request => part($name, '.request.json'), head => part($name, '.reply.head'),
			body => part($name, '.reply.body'), end => part($name, '.reply.json') }
	} files('.request.json');
}

# A body as a reader sees it.
sub decoded
{
	my ($exchange) = @_;
	my $body = $exchange->{body} // return '';
	my $form = $exchange->{end} ? $exchange->{end}{body} : $body =~ /^\x1f/ ? 'received' : 'decoded';
	return $body unless $form eq 'received' && $exchange->{head} =~ /^Content-Encoding: gzip/mi;
	my $inflate = Compress::Zlib::inflateInit(-WindowBits => Compress::Zlib::WANT_GZIP());
	my ($text) = $inflate->inflate($body);
	return $text // '';
}

# The first secret in the recording, wherever it stands, or ''.
sub find_leak
{
	for my $file (files())
	{
		my $found = leak(slurp_file($file));
		return "$file: $found" if $found ne '';
	}
	for my $exchange (exchanges())
	{
		my $found = leak(decoded($exchange));
		return "decoded: $found" if $found ne '';
	}
	return '';
}

# --- Secrets -----------------------------------------------------------------

my %mapping = (
	bearer => { token => $canary{token} },
	basic => { map { $_ => $canary{$_} } qw(username password) },
	oauth => { map { $_ => $canary{$_} } qw(username password client_id client_secret) });
my %sent = (
	bearer => { token => $canary{token} },
	basic => {
		username => $canary{username}, password => $canary{password},
		pair => encode_base64("$canary{username}:$canary{password}", '')
	},
	oauth => { map { $_ => $canary{$_} } qw(token refresh username password client_id client_secret) });

# Files with the same secrets.
for my $name (qw(token password client_secret))
{
	open my $file, '>', "$parent/$name" or die "$name: $!\n";
	chmod oct(600), "$parent/$name";
	print {$file} $canary{$name};
	close $file or die "$name: $!\n";
}
$mapping{bearer_file} = { token_file => "$parent/token" };
$mapping{oauth_file} = {
	username => $canary{username}, password_file => "$parent/password",
	client_id => $canary{client_id}, client_secret_file => "$parent/client_secret"
};
$sent{"${_}_file"} = $sent{$_} for qw(bearer oauth);

sub grant
{
	return { path => '/v1/oauth2/token', body => { access_token => $canary{token}, expires_in => 3600,
		refresh_token => $canary{refresh}, more => { token => $canary{token} } } };
}

for my $kind (sort keys %mapping)
{
	for my $compression (qw(on off))
	{
		my $name = "${kind}_$compression";
		make($name, $mapping{$kind}, compression => $compression);
		record();
		$dc->fault(grant()) if $kind =~ /oauth/;
		my $cookie = "Session=Kanari-Cookie-0123456789; Path=/";
		my $header = { 'X-Auth-Token' => 'Kanari-Header', 'X-Echo' => "a $sent{$kind}{(sort keys %{ $sent{$kind} })[0]} b",
			Location => '/x?a=1&Token=Kanari-Query&b=Kanari' };
		delete $header->{'X-Echo'} if $header->{'X-Echo'} =~ /[^ -~]/;
		$header->{Location} =~ s/&b=Kanari//;
		$dc->fault({ path => '/test/rows', set_cookie => $cookie, headers => $header });
		is($session->query("SELECT count(*) FROM t_$name WHERE n = 3"), '3', "$name: logged in");
		is($session->query("SELECT count(*) FROM t_$name WHERE n = 4"), '4', "$name: with cookies");
		my @exchanges = exchanges();
		is(scalar @exchanges, $kind =~ /oauth/ ? 3 : 2, "$name: all requests are recorded");
		is(find_leak(), '', "$name: no file has a secret");
		like($exchanges[-1]{request}{headers}[3][1], $kind eq 'basic' ? qr/^Basic REPLACED$/ : qr/^Bearer REPLACED$/,
			"$name: but that credentials were sent");
		is($exchanges[-1]{request}{headers}[4][1], 'REPLACED', "$name: and cookies");
		like($exchanges[-2]{head}, qr/^Set-Cookie: Session=REPLACED; Path=\/\r$/m, "$name: which were set");
		like($exchanges[-2]{head}, qr{^Location: /x\?a=1&Token=REPLACED\r$}m, "$name: and where to go");
		next unless $kind =~ /oauth/;
		is($exchanges[0]{request}{body}, join('&', 'grant_type=password', map { "$_=REPLACED" }
			  qw(client_id client_secret username password)), "$name: the form has no secrets");
		is_deeply($json->decode($exchanges[0]{body}),
			{ access_token => 'REPLACED', refresh_token => 'REPLACED', more => 'REPLACED', expires_in => 3600 },
			"$name: nor the reply");
	}
}

# The service repeats each of them, in each notation, in data and in refusals; whatever
# the pieces in which that comes.
my $checked = 0;
for my $kind (qw(bearer basic oauth))
{
	for my $compression (qw(on off))
	{
		my $name = "${kind}_$compression";
		record();
		for my $secret (sort keys %{ $sent{$kind} })
		{
			my @texts = map { $written{$_}->($sent{$kind}{$secret}) } sort keys %written;
			for my $status (200, 400)
			{
				my $body = '[' . join(',', map { my $text = $_; $text =~ s/(["\\])/\\$1/g; qq({"Id": 1, "Name": "$text"}) } @texts) . ']';
				for my $bytes (1, 7, 100000)
				{
					$dc->fault({ path => '/test/rows', status => $status,
						body => { base64 => encode_base64($body, '') },
						drip => { bytes => $bytes, every => 0 } });
					my $result = $session->attempt("SELECT count(*) FROM t_$name WHERE n = 3");
					is($result->{state}, $status == 200 ? '' : 'HV024', "$name: $secret, status $status, $bytes bytes at once")
					  or diag($result->{err});
					$checked++;
				}
				# Cut within the secret, the file has no part of it.
				$dc->fault({ path => '/test/rows', status => $status,
					body => { base64 => encode_base64("[{\"Name\": \"$sent{$kind}{$secret}", '') },
					cut => { how => 'truncate', after => 18 } }) if $compression eq 'off';
				$session->attempt("SELECT count(*) FROM t_$name WHERE n = 3") if $compression eq 'off';
			}
		}
		is(find_leak(), '', "$name: the files have none of what the service repeats");
		my @decoded = grep { $_->{end}{body} eq 'decoded' } exchanges();
		is(scalar @decoded > 0, $compression eq 'on', "$name: a compressed body is written anew");
		my @broken = grep { !eval { $json->decode(decoded($_)) } && $_->{end}{ended} eq 'complete' && $_->{end}{received} > 100 } exchanges();
		is(scalar @broken, 0, "$name: what is left is a document");
	}
}
cmp_ok($checked, '>', 50, "$checked replies had secrets");

# Secrets that follow each other stay together, however many there are.
for my $compression (qw(on off))
{
	record();
	my $many = ($canary{token} =~ s/(["\\])/\\$1/gr) x 8000;
	$dc->fault({ path => '/test/rows', body => { base64 => encode_base64(qq([{"Id": 1, "Name": "$many"}]), '') } });
	is($session->query("SELECT count(*) FROM t_bearer_$compression WHERE n = 3"), '1', "compression $compression: 8000 secrets in a row");
	my ($exchange) = exchanges();
	is(find_leak(), '', 'none is recorded');
	like(decoded($exchange), qr/^\[\{"Id": 1, "Name": "[x9]+"\}\]$/, 'the rest is');
	cmp_ok(length decoded($exchange), '>', 8000 * length $canary{token}, 'with its length');
}

# A log-in that is refused, or answered by something else.
for my $reply (
	{ status => 400, body => { error => 'invalid_grant', error_description => decode("not $canary{password}") } },
	{ status => 401, content_type => 'text/html', body => decode("<html><title>No $canary{client_id}</title>") },
	{ body => decode("access_token=$canary{token}") })
{
	record();
	$dc->fault({ path => '/v1/oauth2/token', %$reply });
	my $other = new_session();
	$other->query("SET dataconnect_fdw.record_directory = '$directory'");
	isnt($other->attempt('SELECT count(*) FROM t_oauth_on WHERE n = 3')->{state}, '', 'a failed log-in');
	my ($exchange) = exchanges();
	is($exchange->{end}{ended}, 'complete', 'is recorded');
	is(find_leak(), '', 'without a secret');
	like($exchange->{body}, ref $reply->{body} ? qr/"error":"invalid_grant","error_description":"not x/ : qr/^[^a-wyzA-Z0-8]+$/,
		'as far as it may be known');
	$other->quit;
}

# GET /session answers with credentials that nobody knows yet, whoever asks, also
# where the option "url" hides what is asked.
for my $compression (qw(on off))
{
	make("session_$compression", { token => $canary{token} }, compression => $compression, use_preferred_endpoint => 'on');
	make("hidden_$compression", { token => $canary{token} }, compression => $compression);
	$session->query("ALTER SERVER hidden_$compression OPTIONS (SET url '@{[$dc->url]}/%53ession')");
	my %ask = (
		use_preferred_endpoint => "SELECT count(*) FROM t_session_$compression WHERE n = 3",
		doctor => "SELECT count(*) FROM dataconnect_doctor('hidden_$compression')",
		fetch => "SELECT status FROM dataconnect_fetch('hidden_$compression', '/')");
	$ask{doctor} =~ s/hidden/session/;
	for my $who (sort keys %ask)
	{
		for my $text (
			'{"access_token":"Kanari-New-Token","basic_token":"Kanari-New-Pair","isValid":true,"ParentEntityId":21090,'
			  . '"PreferredEndpoint":"http://near.iqmetrix.net"}',
			'[{"access_token":"Kanari-New-Token"}]', 'access_token=Kanari-New-Token')
		{
			for my $cut ('', 'cut ')
			{
				my $other = new_session();
				record($other);
				$dc->fault({ path => '/*ession*', count => 0, body => { base64 => encode_base64($text, '') },
					$cut ? (cut => { how => 'truncate', after => 40 }) : () });
				$other->attempt($ask{$who});
				$other->quit;
				$dc->clear_faults;
				my ($exchange) = grep { $_->{request}{url} =~ m{/(?:%53|s)ession/?(?:\?|$)} } exchanges();
				my $name = "$who, compression $compression: ${cut}reply " . substr $text, 0, 15;
				isnt($exchange, undef, "$name: recorded");
				is(scalar(grep { slurp_file($_) =~ /Kanari|near\.iq/i } files()) + scalar(grep { decoded($_) =~ /Kanari|near\.iq/i } exchanges()), 0,
					"$name: without new credentials");
				is_deeply(eval { $json->decode(decoded($exchange)) },
					{ access_token => 'REPLACED', basic_token => 'REPLACED', isValid => JSON::PP::true, ParentEntityId => 21090,
						PreferredEndpoint => 'REPLACED' }, "$name: but what else it says")
				  if $text =~ /^\{/ && !$cut;
			}
		}
	}
}
record();
isnt($session->attempt("SELECT status FROM dataconnect_fetch('session_on', '/session')")->{state}, '',
	'dataconnect_fetch() does not ask for it by its name');
is(scalar files(), 0, 'so nothing is recorded');

# Secrets that are too short to be searched for are known by their names.
make('short', { username => 'a', password => 'pw1', client_id => 'b', client_secret => 'cs1' });
record();
isnt($session->attempt('SELECT count(*) FROM t_short WHERE n = 3')->{state}, '', 'short credentials are refused');
is((exchanges())[0]{request}{body}, 'grant_type=password&client_id=REPLACED&client_secret=REPLACED&username=REPLACED&password=REPLACED',
	'and not recorded');

# --- What the setting accepts ------------------------------------------------------

make('plain', { token => $canary{token} }, max_concurrency => 4);
my $query = 'SELECT count(*) FROM t_plain WHERE n = 3';
sub set { return "SET dataconnect_fdw.record_directory = '$_[0]'" }

mkdir "$parent/open", oct(700) or die $!;
chmod oct(750), "$parent/open";
symlink 'recording1', "$parent/link" or die $!;
for my $case (
	[ 'recording', qr/must be absolute/, 'a relative path' ],
	[ "$parent/missing", qr/cannot be opened: No such file/, 'a missing directory' ],
	[ "$parent/token", qr/must be a directory itself/, 'a file' ],
	[ "$parent/link", qr/not a file or a symbolic link/, 'a link' ],
	[ "$parent/open", qr/has group or world access/, 'a directory that others may read' ],
	[ '/', qr/must be owned by the database user/, 'the directory of somebody else' ])
{
	my ($path, $detail, $name) = @$case;
	my $result = $session->attempt(set($path));
	is($result->{state}, $path =~ m{^/} ? 'F0000' : '22023', "$name is refused");
	like($result->{err}, $detail, 'and why');
}
$dc->sql('CREATE ROLE clerk LOGIN');
my $clerk = $dc->session(dbname => 'recorded', user => 'clerk');
is($clerk->attempt(set($directory))->{state}, '42501', 'only a superuser may set it');
is($clerk->attempt("ALTER ROLE clerk SET dataconnect_fdw.record_directory = '$directory'")->{state}, '42501',
	'also for later');
$clerk->quit;

# --- Others' recordings -------------------------------------------------------------

# Where it is set for a role, only the role's sessions record; a directory that is no
# longer there keeps nobody out, and changes no rows.
record();
$session->query('RESET dataconnect_fdw.record_directory');
$session->query("GRANT USAGE ON FOREIGN SERVER plain TO clerk; GRANT SELECT ON t_plain TO clerk;
	CREATE USER MAPPING FOR clerk SERVER plain OPTIONS (token '@{[$canary{token} =~ s/'/''/gr]}');
	ALTER ROLE clerk SET dataconnect_fdw.record_directory = '$directory'");
$clerk = $dc->session(dbname => 'recorded', user => 'clerk');
$session->query($query);
is($clerk->query($query), '3', "a role's sessions");
is(scalar files('.request.json'), 1, 'are recorded alone');
$clerk->quit;
rename $directory, "$directory.old" or die $!;
$clerk = $dc->session(dbname => 'recorded', user => 'clerk');
my $result = $clerk->attempt("$query; $query");
is($result->{out}, "3\n3", 'a directory that is missing changes no rows');
is_deeply([ $result->{err} =~ /^(?:psql:\S+ )?(WARNING:  \w{5}: .*|DETAIL: .*)$/mg ],
	[ 'WARNING:  58030: requests to the service are no longer recorded',
		qq{DETAIL:  Could not write to directory "$directory": No such file or directory.} ],
	'and is warned of once');
$clerk->quit;
$session->query('ALTER ROLE clerk RESET ALL');

# Sessions that record in one directory at once.
my $second = new_session();
record($session, $second);
for (1 .. 5)
{
	$_->send('SELECT count(*) FROM t_plain WHERE n IN (3, 5, 7, 11)') for $session, $second;
	is($_->finish->{out}, '26', 'two sessions at once') for $session, $second;
}
my @exchanges = exchanges();
is(scalar @exchanges, 40, 'each request of both is recorded');
is(scalar(grep { $_->{end}{ended} eq 'complete' && decoded($_) =~ /\}\]$/ } @exchanges), 40, 'whole');
is_deeply([ sort { $a cmp $b } map { $_->{request}{at} } @exchanges ], [ map { $_->{request}{at} } @exchanges ],
	'and their names are in order');

# --- A file that cannot be written ------------------------------------------------

record($second);
$second->query($query);
my $before = files();
$second->query('CREATE TEMP TABLE t (n integer)');
DataConnectTest::limit_files($second->pid, 10_000);
$result = $second->attempt('SELECT count(*), sum(id) FROM t_plain WHERE n = 20000');
is($result->{out}, '20000|200010000', 'a full disk changes no rows');
is_deeply([ $result->{err} =~ /^(?:psql:\S+ )?(WARNING:  \w{5}): .*\n(DETAIL:.*)$/mg ],
	[ 'WARNING:  58030', qq{DETAIL:  Could not write to directory "$directory": File too large.} ], 'and is warned of once');
is($second->query($query), '3', 'the session goes on');
cmp_ok(scalar files(), '<=', $before + 3, 'and records no more');
DataConnectTest::limit_files($second->pid, 1_000_000_000);
$second->query(set($directory) . "; $query");
cmp_ok(scalar files('.reply.json'), '==', 2, 'until it is set again');
chmod oct(500), $directory;
$result = $second->attempt("$query; $query");
is($result->{out}, "3\n3", 'a directory that cannot be written changes no rows');
like($result->{err}, qr/WARNING:  58030: (?!.*WARNING)/s, 'and is warned of once');
chmod oct(755), $directory;
$result = $second->attempt(set($directory));
is($result->{state}, 'F0000', 'one that others may read is refused');
chmod oct(700), $directory;
$second->query(set($directory));
chmod oct(755), $directory;
$result = $second->attempt($query);
like($result->{err}, qr/WARNING:  F0000: .*\n.*has group or world access/, 'also if that changes later');
$second->quit;

# Wait until the only body has so many bytes.
sub wait_for_bytes
{
	my ($bytes) = @_;
	return $dc->wait_for_result(
		"SELECT sum((pg_stat_file('$directory/' || name)).size)
		   FROM pg_ls_dir('$directory') AS name WHERE name LIKE '%.reply.body'", $bytes);
}

# --- However a reply ends, and whoever reads it -----------------------------------------

record();
$dc->fault({ path => '/test/rows', hold_after => { bytes => 100 } });
$session->send('SELECT count(*) FROM t_plain WHERE n = 3000');
$dc->wait(held => 1);
wait_for_bytes(100);
$dc->sql('SELECT pg_cancel_backend(' . $session->pid . ')');
is($session->finish->{state}, '57014', 'a query that is cancelled');
$dc->release;
$dc->clear_faults;
@exchanges = exchanges();
is($exchanges[0]{end}{ended}, 'given up', 'was given up');
is(length $exchanges[0]{body}, 100, 'with the bytes that had come');

record();
$session->query("ALTER SERVER plain OPTIONS (SET url 'http://127.0.0.1:1')");
$session->attempt($query);
@exchanges = exchanges();
is($exchanges[0]{end}{ended}, 'no reply', 'a refused connection is recorded');
like($exchanges[0]{end}{reason}, qr{^Could(?:n't| not) connect to server$}, 'and why');
is($exchanges[0]{head}, undef, 'it has no head');
$session->query("ALTER SERVER plain OPTIONS (SET url '@{[$dc->url]}')");

# Backends that die leave what they had.
record();
my $doomed = new_session();
$doomed->query(set($directory));
$dc->fault({ path => '/test/rows', hold_after => { bytes => 100 } });
$doomed->send('SELECT count(*) FROM t_plain WHERE n = 3000');
$dc->wait(held => 1);
wait_for_bytes(100);
is(find_leak(), '', 'no secret is in the files of a reply that comes');
@exchanges = exchanges();
is(length $exchanges[0]{body}, 100, 'the bytes are in its file as they come');
is($exchanges[0]{end}, undef, 'before it has an end');
$dc->release;
$doomed->finish;
$doomed->quit;
$dc->clear_faults;

my $long_reply;

sub long_reply
{
	$long_reply ||= do
	{
		my $reply = HTTP::Tiny->new->get($dc->url . '/test/rows?Count=60000&Response=Json',
			{ headers => { Authorization => "Bearer $canary{token}" } });
		die "no reply: $reply->{status}\n" unless $reply->{success};
		$reply->{content};
	};
	return $long_reply;
}

# A secret is in no file while its reply comes, either.
record();
my $text = join ',', qq({"Id": 0, "Name": "$canary{username}"}), map { sprintf '{"Id": %d, "Name": "%s"}', $_, md5_hex($_) } 1 .. 200;
$text =~ s/é"/é\\"/;
$session->query("CREATE FOREIGN TABLE t_name (id integer OPTIONS (name 'Id'), name text OPTIONS (name 'Name'))
	SERVER basic_on OPTIONS (endpoint '/test/rows', params 'ApiKey=Kanari-Key&User=@{[$written{percent}->($canary{username})]}&Count=3')");
$dc->fault({ path => '/test/rows', body => { base64 => encode_base64("[$text]", '') }, hold_after => { bytes => 3000 } });
$session->send('SELECT count(*) FROM t_name');
$dc->wait(held => 1);
$dc->wait_for_result("SELECT count(*) > 0 FROM pg_ls_dir('$directory') AS name WHERE name LIKE '%.reply.body'", 't');
@exchanges = exchanges();
like(decoded($exchanges[0]), qr/^\[\{"Id": 0, "Name": "x+/, 'the body is written as it comes, decompressed');
is(find_leak(), '', 'and without the secret that it has');
like($exchanges[0]{request}{url}, qr/\?ApiKey=REPLACED&User=REPLACED&Count=3&/, "the request's parameters have none, either");
$dc->release;
is($session->finish->{out}, '201', 'the query goes on');
is(find_leak(), '', 'to the end');
$dc->clear_faults;

# With threads, the bytes are those that came.
make('long', { token => $canary{token} }, max_age => '1h');
make('long_plain', { token => $canary{token} }, compression => 'off');
for my $threads ('on', 'off')
{
	$session->query("SET dataconnect_fdw.inflate_in_thread = '$threads'; SET dataconnect_fdw.read_in_thread = '$threads'");
	for my $table (qw(t_long t_long_plain))
	{
		record();
		$session->query("SELECT dataconnect_cache_drop('long')");
		is($session->query("SELECT count(*), sum(id) FROM $table WHERE n = 60000"), '60000|1800030000',
			"$table, threads $threads: the rows");
		@exchanges = exchanges();
		is(length $exchanges[0]{body}, $exchanges[0]{end}{received}, 'all bytes are recorded');
		is($exchanges[0]{end}{body}, 'received', 'as they came');
		is(decoded($exchanges[0]) eq long_reply(), 1, 'which are those of the service');
		next unless $table eq 't_long';
		$session->query("SELECT count(*) FROM $table WHERE n = 60000");
		is(scalar exchanges(), 1, 'a copy is no exchange');
	}
}
like(slurp_file($dc->node->logfile), qr/WARNING:  requests to the service are no longer recorded/, 'the log has the warnings');
is(leak(slurp_file($dc->node->logfile)), '', 'and no secret');
undef $session;
done_testing();
