# use_preferred_endpoint: the service is asked once at /session, and requests
# and credentials go to the host it names only if that can be trusted.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";

use DataConnectTest;
use Test::More;

my $dc = DataConnectTest->new;
my $session = $dc->session;
$session->query('SET client_min_messages = warning');
my $warning = qr/^psql:.*WARNING:  HV000: preferred endpoint of the service is not used$/m;

# A server that leads through the sandbox as a proxy: so every host exists,
# and the log tells which was meant.
sub make_server
{
	my ($url, %option) = @_;
	$session->query('DROP SERVER IF EXISTS dc CASCADE');
	$session->query(
		$dc->server_sql(
			'dc',
			url => $url,
			use_preferred_endpoint => 'on',
			max_retries => 0,
			%option));
	$session->query($dc->rows_table_sql('rows', 'dc'));
	$dc->clear_log;
	return;
}

sub through_proxy
{
	my ($url, %option) = @_;
	make_server(
		$url,
		proxy => $dc->url,
		allow_insecure_http => 'on',
		%option);
	return;
}

# "host path" of each request since the last call, all with the token.
sub requests
{
	my @requests;
	for my $entry (@{ $dc->log })
	{
		my $headers = $dc->headers($entry);
		is($headers->{authorization}, 'Bearer sandbox-token',
			"$headers->{host} got the token");
		push @requests, "$headers->{host} $entry->{Path}";
	}
	$dc->clear_log;
	return \@requests;
}

sub count
{
	my ($n) = @_;
	$session->send("SELECT count(*) FROM rows WHERE n = $n");
	return $session->finish;
}

# --- Which hosts are used ---------------------------------------------------

my $url = 'http://dataconnect.iqmetrix.net';
my %used = (
	'a host of the same domain' => [ $url, 'http://dc7.iqmetrix.net' ],
	'a host deeper in it' => [ $url, 'http://a.b.iqmetrix.net/' ],
	'the domain itself' => [ $url, 'HTTP://IQmetrix.NET' ],
	'another port of the same host' => [ $url, "$url:8080" ],
	'the same host' => [ $url, $url ],
	'an address, the same' => [ 'http://192.0.2.1', 'http://192.0.2.1:81' ],
	'a host below co.uk' =>
	  [ 'http://dc.shop.co.uk', 'http://near.shop.co.uk' ],
	'an allowed host' =>
	  [ $url, 'http://near.example.org', 'other.org, near.example.org' ]);

for my $name (sort keys %used)
{
	my ($from, $to, $allowed) = @{ $used{$name} };
	through_proxy($from, $allowed ? (allowed_hosts => $allowed) : ());
	$dc->set(preferred_endpoint => $to);
	my ($from_host) = $from =~ m{//([^/]+)};
	my ($to_host) = $to =~ m{//([^/]+)};

	my $result = count(3);
	is($result->{out}, '3', "$name: rows");
	is($result->{err}, '', "$name: no warning");
	is(count(4)->{out}, '4', "$name: rows of the next statement");
	is_deeply(
		[ map { lc } @{ requests() } ],
		[
			lc "$from_host /session",
			map { lc "$to_host /test/rows" } 1, 2
		],
		"$name is used, and the service asked once");
}

my %unused = (
	'another domain' => [ $url, 'http://dc7.iqmetrix.com' ],
	'a domain that begins like it' => [ $url, 'http://iqmetrix.net.example.org' ],
	'a domain that ends like it' => [ $url, 'http://evil-iqmetrix.net' ],
	'another company below co.uk' => [ 'http://dc.co.uk', 'http://evil.co.uk' ],
	'another customer of a hoster' =>
	  [ 'http://dc.github.io', 'http://evil.github.io' ],
	'another address' => [ 'http://192.0.2.1', 'http://192.0.2.2' ],
	'an address that ends like it' => [ 'http://192.0.2.1', 'http://198.0.2.1' ],
	'a host behind a user name' => [ $url, "$url\@evil.example.org" ],
	'a host before a fragment' => [ $url, 'http://evil.example.org#.iqmetrix.net' ],
	'a host before a query' => [ $url, 'http://evil.example.org?.iqmetrix.net' ],
	'a host before a backslash' => [ $url, 'http://evil.example.org\\.iqmetrix.net' ],
	'a host below an allowed one' =>
	  [ $url, 'http://evil.example.org', 'example.org, iqmetrix.com' ],
	'no URL' => [ $url, 'dc7.iqmetrix.net' ],
	'another protocol' => [ $url, 'ftp://dc7.iqmetrix.net' ]);

for my $name (sort keys %unused)
{
	my ($from, $to, $allowed) = @{ $unused{$name} };
	through_proxy($from, $allowed ? (allowed_hosts => $allowed) : ());
	$dc->set(preferred_endpoint => $to);
	my ($from_host) = $from =~ m{//([^/]+)};

	my $result = count(3);
	is($result->{out}, '3', "$name: rows");
	like($result->{err}, $warning, "$name: a warning");
	like($result->{err}, qr/^DETAIL:  The service names "\Q$to\E"/m,
		"$name: which says where");
	$result = count(4);
	is($result->{out} . $result->{err}, '4', "$name: no more warnings");
	is_deeply(
		requests(),
		[ "$from_host /session", map { "$from_host /test/rows" } 1, 2 ],
		"$name is not used, and gets no credentials");
}

# Plain http to another machine, even if it is an allowed one.
make_server($dc->url, allowed_hosts => 'near.example.org');
$dc->set(preferred_endpoint => 'http://near.example.org');
my $result = count(3);
is($result->{out}, '3', 'a host without encryption: rows');
like($result->{err}, $warning, 'a host without encryption: a warning');
is(scalar @{ requests() }, 2, 'a host without encryption is not used');

# --- A machine that is really another ---------------------------------------

my $other = DataConnectTest->new(without_cluster => 1);
my $other_url = 'http://localhost:' . $other->port;
$dc->set(preferred_endpoint => $other_url);
make_server($dc->url);
$result = count(3);
is($result->{out}, '3', 'an unknown machine: rows');
like($result->{err}, $warning, 'an unknown machine: a warning');
is_deeply($other->log, [], 'an unknown machine hears nothing');
$dc->sql(q{ALTER SERVER dc OPTIONS (ADD allowed_hosts 'localhost')});
$dc->clear_log;
$result = count(4);
is($result->{out} . $result->{err}, '4', 'once allowed, it answers');
is_deeply([ map { $_->{Path} } @{ $dc->log } ],
	['/session'], 'the service is asked again');
is_deeply([ map { $_->{Path} } @{ $other->log } ],
	['/test/rows'], 'and the machine once');

# --- How the service is asked -----------------------------------------------

make_server($dc->url, params => 'CompanyID=14205');
$dc->set(preferred_endpoint => undef);
count(3);
is($dc->log->[0]{Method}, 'GET', '/session is asked by GET');
like($dc->log->[0]{Query}, qr/\bCompanyID=14205\b/, 'with the parameters of the server');
$session->quit;
$session = $dc->session;
$dc->clear_log;
$session->query('EXPLAIN SELECT * FROM rows WHERE n = 3');
is_deeply($dc->log, [], 'but not by EXPLAIN');
count(3);
is_deeply([ map { $_->{Path} } @{ $dc->log } ],
	[ '/session', '/test/rows' ], 'and again by a new session');

# Answers that name nothing, with and without a warning.
my %silent = (
	'no such member' => { body => { isValid => JSON::PP::true } },
	'null' => { body => { PreferredEndpoint => undef } },
	'an empty text' => { body => { PreferredEndpoint => '' } });
my %wrong = (
	'a page' => { body => '<html></html>', content_type => 'text/html' },
	'an array' => { body => [$other_url] },
	'too much' => { body => { PreferredEndpoint => $dc->url, Rest => 'x' x 70_000 } },
	'not found' => { status => 404 },
	'a failure' => { status => 500, body => { PreferredEndpoint => $other_url } },
	'a redirect' => { status => 302, headers => { Location => "$other_url/session" } },
	'out of order' => { status => 503 },
	'not authorized' => { expired_token => JSON::PP::true });

$other->clear_log;
for my $name (sort keys(%silent), sort keys(%wrong))
{
	make_server($dc->url);
	$dc->fault({ path => '/session', %{ $silent{$name} || $wrong{$name} } });
	$result = count(5);
	is($result->{out}, '5', "answer \"$name\": rows");
	if ($wrong{$name}) { like($result->{err}, $warning, "answer \"$name\": a warning"); }
	else { is($result->{err}, '', "answer \"$name\": no warning"); }
	$result = count(6);
	is($result->{out} . $result->{err}, '6', "answer \"$name\" is taken once");
	is_deeply([ map { $_->{Path} } @{ $dc->log } ],
		[ '/session', '/test/rows', '/test/rows' ],
		"answer \"$name\": no more questions");
}
is_deeply($other->log, [], 'none leads to another machine');

$session->quit;
done_testing();
