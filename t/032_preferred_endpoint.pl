# use_preferred_endpoint: the service is asked once at /session, and requests and
# credentials go to the named host only if it is trusted.
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

# A server that uses the sandbox as a proxy, so that every host exists, and the log
# shows which one was requested.
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

# "host path" of each request since the last call; all must have the token.
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

# Plain http to another machine, even to an allowed one.
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
like($dc->log->[0]{Query}, qr/\bResponse=/, 'with the parameters of a request');
unlike($dc->log->[0]{Query}, qr/\bCompanyID\b/, 'but of no other company');
make_server($dc->url);
$session->quit;
$session = $dc->session;
$dc->clear_log;
$session->query('EXPLAIN SELECT * FROM rows WHERE n = 3');
is_deeply($dc->log, [], 'but not by EXPLAIN');
count(3);
is_deeply([ map { $_->{Path} } @{ $dc->log } ],
	[ '/session', '/test/rows' ], 'and again by a new session');

# Replies that name no endpoint, with and without a warning.
my %silent = (
	'no such member' => { body => { isValid => JSON::PP::true } },
	'a byte order mark' => { bom => JSON::PP::true, body => { PreferredEndpoint => undef } },
	'null' => { body => { PreferredEndpoint => undef } },
	'an empty text' => { body => { PreferredEndpoint => '' } });
my %wrong = (
	'a page' => { body => '<html></html>', content_type => 'text/html' },
	'nothing' => { body => '' },
	'half of it' => { cut => { after => 30, how => 'short_length' } },
	'a broken connection' => { never => JSON::PP::true, cut => { how => 'reset' } },
	'silence' => { never => JSON::PP::true },
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
	make_server($dc->url, first_byte_timeout => '2s', max_retries => 5);
	$dc->fault({ path => '/session', %{ $silent{$name} || $wrong{$name} } });
	$dc->release if $name eq 'a broken connection';
	$result = count(5);
	is($result->{out}, '5', "answer \"$name\": rows");
	if ($wrong{$name}) { like($result->{err}, $warning, "answer \"$name\": a warning"); }
	else { is($result->{err}, '', "answer \"$name\": no warning"); }
	like($result->{err}, qr/^DETAIL: .*markup instead of JSON/m, 'with words of its own') if $name eq 'a page';
	$result = count(6);
	is($result->{out} . $result->{err}, '6', "answer \"$name\" is taken once");
	is_deeply([ map { $_->{Path} } @{ $dc->log } ],
		[ '/session', '/test/rows', '/test/rows' ],
		"answer \"$name\": no more questions");
}
is_deeply($other->log, [], 'none leads to another machine');

# An error that ends the statement ends it here, too.
make_server($dc->url);
$dc->fault({ path => '/session', never => JSON::PP::true });
$session->query(q{SET statement_timeout = '1s'});
is($session->attempt('SELECT count(*) FROM rows WHERE n = 3')->{state}, '57014',
	'statement_timeout ends the wait for an answer');
$session->query('RESET statement_timeout');
is(count(3)->{out}, '3', 'and leaves the session fit for the next statement');

# --- Companies ----------------------------------------------------------------

# The hosts of requests to /test/rows, each with the company of the request, and the
# questions before them.
sub places
{
	my (@rows, @questions);
	for my $entry (@{ $dc->log })
	{
		my $host = $dc->headers($entry)->{host};
		my ($company) = $entry->{Params} =~ /\bCompanyID=([^&]*)/i;
		$host =~ s/\.iqmetrix\.net$//;
		if ($entry->{Path} =~ m{/test/rows}) { push @rows, ($company // 'none') . " $host"; }
		else { push @questions, "$host $entry->{Path}"; }
	}
	$dc->clear_log;
	return (join(', ', sort @rows), join(', ', @questions));
}

sub make_companies
{
	my ($login, %option) = @_;
	$dc->reset;
	$dc->set(
		login => $login,
		preferred_endpoint => 'http://own.iqmetrix.net',
		company_endpoints => {
			14205 => 'http://kentel.iqmetrix.net',
			14300 => 'http://evil.example.org',
			16001 => 'http://prairie.iqmetrix.net' });
	through_proxy($url, %option);
	$session->query(q{CREATE FOREIGN TABLE company_rows (id integer OPTIONS (name 'Id'),
		n integer OPTIONS (param 'Count', required 'true'),
		company text OPTIONS (param 'CompanyID')) SERVER dc OPTIONS (endpoint '/test/rows')});
	return;
}

sub ask
{
	my ($where) = @_;
	return $session->attempt("SELECT count(*) FROM company_rows WHERE n = 3 AND $where");
}
my $lists = 'dataconnect /partner/relationships, dataconnect /master/relationships';

make_companies('master');
is(count(3)->{err}, '', 'the own company');
is_deeply([places()], [ 'none own', 'dataconnect /session' ], 'has the endpoint of /session');
ask(q{company = '21090'});
is_deeply([places()], [ '21090 own', '' ], 'also where its number is sent');
$result = ask(q{company = '14205'});
is_deeply([places()], [ '14205 kentel', $lists ], 'another company has that of the list');
like($result->{err}, qr/evil\.example\.org/, 'of which one is not used');
unlike($result->{err}, qr/WARNING.*WARNING/s, 'with one warning');
ask(q{company IN ('14205', '16001', '21090', '14300')});
is_deeply([places()],
	[ '14205 kentel, 14300 dataconnect, 16001 prairie, 21090 own', '' ],
	'each request goes to the endpoint of its own company');
for my $company ('99', '14205,16001', 'x', '014205x', '99999999999999999999', '-14205')
{
	ask("company = '$company'");
	is_deeply([places()], [ "$company dataconnect", '' ], "company '$company' has none");
}
$session->query('PREPARE one(text) AS SELECT count(*) FROM company_rows WHERE n = 3 AND company = $1');
for (1 .. 4)
{
	$session->query("EXECUTE one('14205')");
	$session->query("EXECUTE one('16001')");
}
is((places())[0], join(', ', ('14205 kentel') x 4, ('16001 prairie') x 4), 'in a generic plan as well');
$session->query('DEALLOCATE one');

# All requests of the server are about one company.
make_companies('master', params => 'companyid=14205');
count(3);
is_deeply([places()], [ '14205 kentel', "dataconnect /session, $lists" ],
	'a company by the server\'s params');

# One of the questions gets no reply.
make_companies('master');
$dc->fault({ path => '/session', status => 500 });
$result = ask(q{company = '21090'});
is_deeply([places()], [ '21090 own', "dataconnect /session, $lists" ],
	'without /session the list tells the own one, too');
is(count(3)->{out}, '3', 'which without its number');
is_deeply([places()], [ 'none dataconnect', '' ], 'is not known');

make_companies('employee');
$result = ask(q{company = '14205'});
is($result->{out}, '3', 'no lists for this log-in: rows');
like($result->{err}, $warning, 'a warning');
is_deeply([places()], [ '14205 dataconnect', "dataconnect /session, $lists" ], 'and the option url');
$result = ask(q{company = '16001'});
is("$result->{out}$result->{err}", '3', 'once');
is_deeply([places()], [ '16001 dataconnect', '' ], 'without more questions');
for my $fault ({ status => 503 }, { body => '<html>' }, { body => '' }, { body => [ { CompanyName => 'x' } ] },
	{ body => 'null' }, { body => [3] }, { never => JSON::PP::true })
{
	make_companies('master', first_byte_timeout => '2s', max_retries => 5);
	$dc->fault({ path => '/*/relationships', %$fault });
	$result = ask(q{company = '14205'});
	my $name = join ' ', %$fault;
	is($result->{out}, '3', "a list that is no list: rows ($name)");
	like($result->{err}, $warning, 'a warning');
	is((places())[0], '14205 dataconnect', 'the option url');
}
make_companies('master');
$dc->fault({ path => '/master/relationships', body => { CompanyID => '14205', PreferredEndpoint => 'http://one.iqmetrix.net/' } });
ask(q{company = '14205'});
is((places())[0], '14205 one', 'a list of one may come as one object');

$session->quit;
done_testing();
