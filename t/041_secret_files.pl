# Secrets in files: what a file must be, and that a new secret needs no DDL.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";

use DataConnectTest;
use MIME::Base64 qw(encode_base64);
use POSIX ();
use PostgreSQL::Test::Utils qw(slurp_file);
use Test::More;

my $dc = DataConnectTest->new(
	conf => "shared_preload_libraries = 'dataconnect_fdw'\nlog_statement = none\nlog_min_messages = debug5\n");
my $directory = PostgreSQL::Test::Utils::tempdir_short();
my $session = $dc->session;

sub path { return "$directory/$_[0]" }

# Put a file in the place of another, with one rename, as those do that renew secrets.
sub put
{
	my ($name, $contents, $mode) = @_;
	my $new = path("$name.new");
	open my $file, '>', $new or die "$new: $!\n";
	chmod $mode // oct(600), $new;
	print {$file} $contents;
	close $file or die "$new: $!\n";
	rename $new, path($name) or die "$new: $!\n";
	return;
}

# A server and its table, both called $name, with a mapping that names files.
sub make
{
	my ($name, $mapping, %option) = @_;
	$dc->make_server($name, max_retries => 0, mapping => $mapping, %option);
	$dc->make_rows_table("t_$name", $name);
	return;
}

sub count { return "SELECT count(*) FROM t_$_[0] WHERE n = " . ($_[1] // 3) }

# What the log has of Authorization headers since the last call.
sub sent
{
	my @sent = map { $dc->headers($_)->{authorization} } @{ $dc->log(path => '/test/rows') };
	$dc->clear_log;
	return \@sent;
}

sub basic { return 'Basic ' . encode_base64("analyst:$_[0]", '') }

# --- A token ---------------------------------------------------------------

my $first = $dc->token;
put('token', "$first\n");
make('bearer', { token_file => path('token') }, max_concurrency => 1);
is($session->query(count('bearer')), '3', 'the token in a file logs in');
is_deeply(sent(), ["Bearer $first"], 'without its line break');

put('token', "$first\r\n");
is($session->query(count('bearer')), '3', 'nor that of another system');
is_deeply(sent(), ["Bearer $first"], 'which is the same token');

$dc->expire;
my $second = $dc->token;
put('token', $second);
is($session->query(count('bearer')), '3', 'a new token counts in the same session');
is_deeply(sent(), ["Bearer $second"], 'and the old one is not sent again');
is( $session->query("SELECT outdated FROM dataconnect_concurrency WHERE server_name = 'bearer' ORDER BY 1"),
	"f\nt", 'it is another account');

# A request is under way while the token changes.
my $third = $dc->token;
$dc->fault({ path => '/test/rows', expired_token => JSON::PP::true, hold_headers => JSON::PP::true });
$session->send(count('bearer'));
$dc->wait(held => 1);
put('token', $third);
$dc->release;
is($session->finish->{out}, '3', 'after a 401 the file is read again');
is_deeply(sent(), [ "Bearer $second", "Bearer $third" ], 'and the request sent once more');

my $fourth = $dc->token;
$dc->fault({ path => '/test/rows', expired_token => JSON::PP::true });
my $result = $session->attempt(count('bearer'));
is($result->{state}, '28000', 'a 401 without a new token is final');
is_deeply(sent(), ["Bearer $third"], 'after one request');

# One scan with several requests.
$session->open_cursor('SELECT n FROM t_bearer WHERE n IN (1, 2, 4)');
$session->fetch(1);
$dc->expire;
my $fifth = $dc->token;
put('token', $fifth);
is(scalar(split /\n/, $session->fetch('ALL')->{out}), 6, 'a scan goes on with the new token');
$session->query('COMMIT');
my $sent = sent();
is($sent->[-1], "Bearer $fifth", 'that its last request was sent with');
is(scalar @$sent, 3, 'without a refusal');

# As Kubernetes mounts secrets: the directory is a link, and another one replaces it.
mkdir path("data$_") for 1, 2;
put('data1/token', $fifth);
put('data2/token', $fourth);
symlink 'data1', path('..data');
symlink '..data/token', path('link');
make('link', { token_file => path('link') });
$session->query(count('link'));
is_deeply(sent(), ["Bearer $fifth"], 'links are followed');
symlink 'data2', path('..new');
rename path('..new'), path('..data');
$dc->fault({ path => '/test/rows', body => '[]' });
$session->query(count('link'));
is_deeply(sent(), ["Bearer $fourth"], 'also when they lead elsewhere');

# --- A password, and a client's secret --------------------------------------

put('password', "Kanari-Wrong\n");
make('basic', { username => 'analyst', password_file => path('password') });
$result = $session->attempt(count('basic'));
is($result->{state}, '28000', 'a wrong password is refused');
put('password', "s3cret\n");
is($session->query(count('basic')), '3', 'and the right one accepted at once');
is_deeply(sent(), [ basic('Kanari-Wrong'), basic('s3cret') ], 'each sent once');

put('secret', "client-secret\n");
make(
	'oauth',
	{
		username => 'analyst',
		password_file => path('password'),
		client_id => 'client',
		client_secret_file => path('secret')
	},
	token_url => $dc->url . '/v1/oauth2/token');
is($session->query(count('oauth')), '3', 'the token service gets both secrets');
put('secret', "Kanari-Other\n");
$result = $session->attempt(count('oauth'));
is($result->{state}, '28000', 'and a new one at the next log-in');
put('secret', "client-secret\n");
is($session->query(count('oauth')), '3', 'until it is right again');

# --- Copies ------------------------------------------------------------------

put('token', $fifth);
$dc->clear_log;
make('copies', { token_file => path('token') }, max_age => '1h');
$session->query(count('copies')) for 1, 2;
is(scalar @{ sent() }, 1, 'a copy is read');
my $sixth = $dc->token;
put('token', $sixth);
$session->query(count('copies')) for 1, 2;
is_deeply(sent(), ["Bearer $sixth"], 'but not with another token');

$dc->fault({ path => '/test/rows', expired_token => JSON::PP::true, hold_headers => JSON::PP::true });
$session->send(count('copies', 5));
$dc->wait(held => 1);
put('token', $fifth);
$dc->release;
is($session->finish->{out}, '5', 'the token changes under way');
put('token', $sixth);
$dc->clear_log;
$session->query(count('copies', 5));
is_deeply(sent(), ["Bearer $sixth"], 'and the reply is no copy for the old one');

# --- What the file must be ----------------------------------------------------

make('file', { token_file => path('file') });
POSIX::mkfifo(path('fifo'), oct(600)) or die "mkfifo: $!\n";
mkdir path('directory');
my $long = 'Kanari' x 3000;
for my $case (
	[ 'a missing file', sub { unlink path('file') }, 'F0000', qr/cannot be opened: No such file/ ],
	[ 'a directory', sub { symlink 'directory', path('file') }, 'F0000', qr/is not a regular file/ ],
	[ 'a FIFO', sub { unlink path('file'); symlink 'fifo', path('file') }, 'F0000', qr/is not a regular file/ ],
	[ 'a loop', sub { unlink path('file'); symlink 'file', path('file') }, 'F0000', qr/cannot be opened: / ],
	[ 'a file for others', sub { put('file', 'Kanari', oct(604)) }, 'F0000', qr/has group or world access.*\n.*0600/ ],
	[ 'a file for a group', sub { put('file', 'Kanari', oct(640)) }, 'F0000', qr/has group or world access/ ],
	[ "root's file for all", sub { unlink path('file'); symlink '/etc/passwd', path('file') }, 'F0000', qr/has group or world access/ ],
	[ 'an unreadable file', sub { unlink path('file'); put('file', 'Kanari', 0) }, 'F0000', qr/cannot be opened: Permission denied/ ],
	[ 'an empty file', sub { put('file', '') }, 'F0000', qr/is empty/ ],
	[ 'an empty line', sub { put('file', "\n") }, 'F0000', qr/is empty/ ],
	[ 'a long file', sub { put('file', $long) }, 'F0000', qr/is too long.*\n.*16384/ ],
	[ 'a NUL byte', sub { put('file', "Kanari\0more") }, 'F0000', qr/has a NUL byte/ ],
	[ 'two lines', sub { put('file', "Kanari\nmore") }, 'HV024', qr/option "token"\n.*control character/ ],
	[ 'a space', sub { put('file', 'Kanari Vogel') }, 'HV024', qr/without spaces(.*\n)*.*contents of file/ ],
	[ 'other bytes', sub { put('file', "Kanari\xff") }, 'HV024', qr/encoding of the database/ ])
{
	my ($name, $make, $state, $message) = @$case;
	$make->();
	$session->query('SET statement_timeout = ' . "'" . $session->hung . "'");
	$result = $session->attempt(count('file'));
	$session->query('RESET statement_timeout');
	is($result->{state}, $state, "$name is refused");
	like($result->{err}, $message, 'and why');
	like($result->{err}, qr/\Q$directory\E\/file/, 'with its name');
	unlike($result->{err}, qr/Kanari/, 'but not its contents');
}
is(scalar @{ sent() }, 0, 'nothing was sent');
put('file', $fifth, oct(400));
is($session->query(count('file')), '3', 'the same session goes on once the file is right');
$dc->fault({ path => '/test/rows', status => 400, body => { Message => "not for $fifth" } });
$result = $session->attempt(count('file'));
like($result->{err}, qr/not for \*+/, 'the service repeats the secret');
unlike($result->{err}, qr/\Q$fifth\E/, 'which is not shown');
chmod oct(644), path('file');
is($session->attempt(count('file'))->{state}, 'F0000', 'until it is open to others');
is($session->query('EXPLAIN (COSTS OFF) ' . count('file')) =~ /Request/, 1, 'EXPLAIN needs no file');

# --- Whose options they are -----------------------------------------------------

put('file', $fifth);
$dc->sql('CREATE ROLE clerk LOGIN; GRANT USAGE ON FOREIGN SERVER file TO clerk; GRANT SELECT ON t_file TO clerk');
my $clerk = $dc->session(user => 'clerk');
my $mapping = "USER MAPPING FOR clerk SERVER file OPTIONS";
for my $options ("token_file '/etc/x'", "username 'a', password_file '/etc/x'",
	"username 'a', password 'b', client_id 'c', client_secret_file '/etc/x'")
{
	$result = $clerk->attempt("CREATE $mapping ($options)");
	is($result->{state}, '42501', "only superusers may set $options");
}
$dc->sql("CREATE $mapping (token_file '" . path('file') . "')");
is($clerk->query(count('file')), '3', 'others may use it, which counts as credentials');
is($clerk->attempt("ALTER $mapping (SET token_file '/etc/x')")->{state}, '42501', 'but not change it');
is($clerk->attempt("ALTER $mapping (ADD username 'x')")->{state}, '42501', 'nor add to it');
is($clerk->query("SELECT umoptions FROM pg_user_mappings WHERE usename = 'clerk'"),
	'{token_file=' . path('file') . '}', 'the catalog shows only the name');
is( $session->attempt("ALTER $mapping (SET token_file 'relative')")->{state},
	'HV024', 'the path must be absolute');
put('other', $sixth);
$dc->clear_log;
$session->query("ALTER $mapping (SET token_file '" . path('other') . "')");
$clerk->query(count('file'));
is_deeply(sent(), ["Bearer $sixth"], 'ALTER takes effect at once');

# --- Dumps ------------------------------------------------------------------------

my $dump = path('dump.sql');
$dc->node->command_ok([ 'pg_dump', '-f', $dump, $dc->node->connstr('postgres') ], 'a dump is made');
like(slurp_file($dump), qr/token_file '\Q$directory\E/, 'a dump has the names');
unlike(slurp_file($dump), qr/Kanari|\Q$fifth\E|\Q$sixth\E/, 'and no secret');
$dc->sql('CREATE DATABASE restored');
unlink path('file'), path('other');
$dc->node->command_ok([ 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-d', $dc->node->connstr('restored'), '-f', $dump ],
	'it is restored where the files are missing');
$result = $dc->session(dbname => 'restored')->attempt(count('file'));
is($result->{state}, 'F0000', 'a query misses them');

unlike(slurp_file($dc->node->logfile), qr/Kanari|s3cret|client-secret|\Q$fifth\E/, 'the log has no secret');
undef $session;
undef $clerk;
done_testing();
