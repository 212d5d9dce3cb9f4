# TLS: which certificates are trusted, which protocol versions are accepted, and
# connections through a proxy, which is never the environment's.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";

use DataConnectTest;
use DataConnectTls;
use File::Basename ();
use IO::Select ();
use IO::Socket::INET ();
use Test::More;

# Nobody listens at this address, so its use fails.
$ENV{$_} = 'http://127.0.0.1:1'
  for qw(http_proxy https_proxy HTTPS_PROXY all_proxy ALL_PROXY);
delete @ENV{qw(no_proxy NO_PROXY)};

my $dc = DataConnectTest->new(sandbox => ['--tls']);
my $directory = File::Basename::dirname($dc->ca_file);

# The backends' OpenSSL may use any protocol version, so that a refusal is the
# extension's.
my $config = "$directory/any.cnf";
PostgreSQL::Test::Utils::append_to_file($config, <<'END');
openssl_conf = init
[init]
ssl_conf = ssl
[ssl]
system_default = any
[any]
MinProtocol = TLSv1
CipherString = DEFAULT@SECLEVEL=0
END
{
	local $ENV{OPENSSL_CONF} = $config;
	$dc->node->restart;
}

make_wrong_authorities($directory);
openssl('req', @new_key, '-subj', '/CN=elsewhere.example',
	'-keyout', "$directory/elsewhere.key", '-out', "$directory/elsewhere.csr");
openssl('x509', '-req', '-days', '2', '-in', "$directory/elsewhere.csr",
	'-CA', $dc->ca_file, '-CAkey', "$directory/ca.key", '-CAcreateserial',
	'-out', "$directory/elsewhere.pem");

# A process to end, even if the test dies.
my $proxy;

END
{
	local ($?, $@);    ## no critic (RequireInitializationForLocalVars)
	kill 'KILL', $proxy if $proxy;
}

# A TLS server that answers every request with a page; returns its URL.

my $session = $dc->session;

# Run a query on a server with these options; undef removes an option.
sub ask
{
	my (%option) = @_;
	%option = (ca_file => $dc->ca_file, %option);
	my $none = !defined $option{ca_file};
	delete $option{ca_file} if $none;
	local $dc->{ca_file} = undef if $none;
	$session->query('SET client_min_messages = warning');
	$session->query('DROP SERVER IF EXISTS dc CASCADE');
	$session->query($dc->server_sql('dc', %option));
	$session->query($dc->rows_table_sql('rows', 'dc'));
	$dc->clear_log;
	return $session->attempt('SELECT count(*) FROM rows WHERE n = 3');
}

sub is_answered
{
	my ($name, %option) = @_;
	my $result = ask(%option);
	is("$result->{out}$result->{err}", '3', "$name: rows");
	is(scalar @{ $dc->log }, 1, "$name: by one request");
	return;
}

sub is_refused
{
	my ($name, $words, %option) = @_;
	my $result = ask(%option);
	like($result->{err},
		qr/ERROR:  HV00N: could not establish a secure connection to the service$/m,
		"$name: is refused");
	like($result->{err}, qr/^DETAIL:  libcurl reported: .*$words/m, "$name: for that");
	is_deeply($dc->log, [], "$name: nothing was sent");
	return;
}

# --- Certificates ------------------------------------------------------------

is_answered('by the authority that signed it');
is($session->query('SELECT count(*) FROM rows WHERE n = 2'), '2', 'more rows');
my %connections = map { $_->{Connection} => 1 } @{ $dc->log };
is(scalar keys %connections, 1, 'all on one connection');

is_refused('without ca_file', 'certificate', ca_file => undef);
is_refused('another authority', 'certificate', ca_file => "$directory/another.pem");
is_refused('a file that is not there', 'nowhere\.pem', ca_file => "$directory/nowhere.pem");
is_refused('a file of something else', 'junk\.pem', ca_file => "$directory/junk.pem");
is_answered('unchecked', ca_file => undef, tls_verify => 'off');

my $elsewhere = page_server("$directory/elsewhere");
is_refused("another host's certificate", 'name', url => $elsewhere);
like(ask(url => $elsewhere, tls_verify => 'off')->{err},
	qr/ERROR:  HV00M: service sent markup instead of JSON$/m,
	'unchecked it is taken');

# The same holds for the token service.
like(
	ask(token_url => "$elsewhere/token",
		mapping => { username => 'analyst', password => 's3cret',
			client_id => 'client', client_secret => 'client-secret' })->{err},
	qr/ERROR:  HV00N: could not establish a secure connection/,
	'a token service with the certificate of another host');

# --- Protocols -----------------------------------------------------------------

my @old = qw(-cipher DEFAULT@SECLEVEL=0 -tls1_1);
my $old = page_server("$directory/server", @old);
{
	local $ENV{OPENSSL_CONF} = $config;
	my ($host) = $old =~ m{//(.*)};
	openssl('s_client', '-connect', $host, @old);
}
pass('there is a server of TLS 1.1, which others can talk to');
for my $verify ('on', 'off')
{
	is_refused("but we do not, with tls_verify $verify", 'protocol|version',
		url => $old, tls_verify => $verify, max_retries => 100);
}
like(ask(url => page_server("$directory/server", '-tls1_2'))->{err},
	qr/ERROR:  HV00M: service sent markup instead of JSON$/m,
	'TLS 1.2 will do');
my $plain = DataConnectTest->new(without_cluster => 1);
is_refused('no TLS', 'wrong version|packet length|unexpected TLS packet',
	url => 'https://127.0.0.1:' . $plain->port, max_retries => 100);
is_deeply($plain->log, [], 'and hears nothing');

# --- Through a proxy -------------------------------------------------------------

# A proxy that forwards connections one after another, and logs the request of each.
my $listener = $dc->listener;
my $heads = "$directory/heads";
$proxy = fork // die "fork: $!\n";
if (!$proxy)
{
	while (my $client = $listener->accept)
	{
		my $head = '';
		while ($head !~ /\r\n\r\n/ && sysread $client, my $byte, 1) { $head .= $byte }
		PostgreSQL::Test::Utils::append_to_file($heads, $head);
		my ($address) = $head =~ /^CONNECT (\S+) / or next;
		my $service = IO::Socket::INET->new(PeerAddr => $address) or next;
		syswrite $client, "HTTP/1.1 200 OK\r\n\r\n";
		my $both = IO::Select->new($client, $service);
	  RELAY: while (1)
		{
			for my $from ($both->can_read)
			{
				sysread $from, my $bytes, 65536 or last RELAY;
				syswrite $from == $client ? $service : $client, $bytes;
			}
		}
	}
	POSIX::_exit(0);
}
is_answered('through a proxy', proxy => 'http://127.0.0.1:' . $listener->sockport);
my $port = $dc->port;
my $head = PostgreSQL::Test::Utils::slurp_file($heads);
like($head, qr/\ACONNECT 127\.0\.0\.1:$port HTTP/, 'which was asked for the way');
unlike($head, qr/Authorization|Cookie|sandbox-token/i, 'and told no more');
is_refused('through it, another authority', 'certificate',
	ca_file => "$directory/another.pem",
	proxy => 'http://127.0.0.1:' . $listener->sockport);

# A proxy that refuses is asked once.
my $refusing = $dc->listener;
for my $status ('407 Proxy Authentication Required', '403 Forbidden')
{
	$session->query('SET client_min_messages = warning; DROP SERVER IF EXISTS refused CASCADE');
	$session->query($dc->server_sql('refused', max_retries => 100,
			proxy => 'http://127.0.0.1:' . $refusing->sockport));
	$session->query($dc->rows_table_sql('refused', 'refused'));
	$session->send('SELECT count(*) FROM refused WHERE n = 3');
	my $client = $dc->connection($refusing, 30);
	sysread $client, my $head, 4096;
	syswrite $client, "HTTP/1.1 $status\r\nContent-Length: 0\r\n\r\n";
	my $result = $session->finish;
	my ($number) = $status =~ /^(\d+)/;
	like($result->{err}, qr/ERROR:  HV00N: proxy refused to connect to the service\nDETAIL:  libcurl reported: .*$number/,
		"a proxy that answers $number");
	ok(!$dc->connection($refusing, 0), 'is asked once');
	close $client;
}

# The proxy holds what was open when it was forked, so it ends first.
kill 'KILL', $proxy;
waitpid $proxy, 0;
$session->quit;

done_testing();
