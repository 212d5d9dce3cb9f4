# remote_estimate: if the service does not return a count, the plan has a worse estimate,
# but no statement fails.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";

use DataConnectTest;
use Test::More;

my $dc = DataConnectTest->new;
my $path = '/bridge/current/delta';
my $session;

# Discards all known counts and failures.
sub start
{
	my (%option) = @_;
	$session->quit if $session;
	$session = $dc->session;
	$session->query('SET client_min_messages = warning');
	$session->query('DROP SERVER IF EXISTS dc CASCADE');
	$session->query(
		$dc->server_sql('dc', remote_estimate => 'on', max_retries => 5, %option));
	$session->query(qq{CREATE FOREIGN TABLE $_ (id integer OPTIONS (name 'Id'))
		SERVER dc OPTIONS (endpoint '/bridge/current/data', params 'Table=$_', rows '77')})
	  for qw(store other);
	$dc->reset;
	$dc->document('/bridge/current/data', '[{"Id":1},{"Id":2}]');
	$dc->document($path, '[{"Table":"store","DeltaCount":26,"DeltaTimeSec":0.1}]');
	return;
}

sub rows
{
	my ($table) = @_;
	my $result = $session->attempt("EXPLAIN SELECT * FROM $table");
	return $result->{err} || ($result->{out} =~ /\brows=(\d+)/)[0];
}

sub questions
{
	my $n = @{ $dc->log(path => $path) };
	$dc->clear_log;
	return $n;
}

start();
is(rows('store'), 26, 'the service counts');
is(rows('store'), 26, 'and what it has counted');
is(questions(), 1, 'is not asked for again');

my %failures = (
	(map { ("status $_" => { status => $_ }) } 400, 401, 403, 404, 413, 429, 500, 502, 503, 504),
	'an empty reply' => { body => '' },
	'a page' => { body => '<html></html>', content_type => 'text/html' },
	'a gateway\'s page' => { status => 502, body => '<html>', content_type => 'text/html' },
	'a wrong key' => { body => [ { Count => 3 } ] },
	'no record' => { body => [] },
	'a word' => { body => [ { DeltaCount => 'many' } ] },
	'less than nothing' => { body => [ { DeltaCount => -3 } ] },
	'half a reply' => { cut => { after => 20, how => 'short_length' } },
	'a broken connection' => { cut => { after => 0, how => 'reset' } },
	'silence' => { never => JSON::PP::true });
for my $name (sort keys %failures)
{
	start(first_byte_timeout => '2s');
	$dc->fault({ path => $path, count => 0, %{ $failures{$name} } });
	is(rows('store'), 77, "$name: EXPLAIN has the next best estimate");
	my $result = $session->attempt('SELECT count(*) FROM store');
	is("$result->{out}$result->{err}", '2', "$name: a query its rows");
	is(questions(), 1, "$name: the service is asked once");
}

# A failure about one table does not affect the counts of others; other failures do.
start();
$dc->fault({ path => $path, status => 404, param => { Table => 'store' } });
is(rows('store'), 77, 'a table that is not counted');
is(rows('other'), 26, 'and one that is');
start();
$dc->fault({ path => $path, count => 0, body => '' });
is(rows($_), 77, 'no reply') for qw(store other);
is(questions(), 1, 'is waited for once, whatever table is asked about');
$dc->clear_faults;
$session->query(q{ALTER SERVER dc OPTIONS (SET max_retries '4')});
is(rows('other'), 26, 'ALTER SERVER begins anew');

# The failure is reported at level DEBUG1, without secrets.
start();
$dc->fault({ path => $path, status => 403, body => { Message => 'not for sandbox-token' } });
$session->query('SET client_min_messages = debug1');
my $told = $session->attempt('EXPLAIN SELECT * FROM store')->{err};
like($told, qr/DEBUG:.*estimating rows without the service's count: service denied permission: .* status 403/,
	'a DEBUG line says why');
unlike($told, qr/sandbox-token/, 'without secrets');

# A service that cannot be reached, one that refuses the log-in, and no user mapping.
start(url => 'http://127.0.0.1:1', connect_timeout => '2s');
is(rows('store'), 77, 'nobody there');
start();
$session->query('DROP USER MAPPING FOR CURRENT_USER SERVER dc');
is(rows('store'), 77, 'no user mapping');
start(use_preferred_endpoint => 'on');
$dc->fault({ path => $path, status => 500 }, { path => '/session', status => 500 });
like(rows('store'), qr/WARNING:.*preferred endpoint.*is not used/, 'no preferred endpoint either');
is(rows('store'), 77, 'EXPLAIN all the same');

# The wait is bounded, even if no option bounds it.
start();
$dc->fault({ path => $path, never => JSON::PP::true });
my $begun = time;
is(rows('store'), 77, 'a service that is silent');
cmp_ok(time - $begun, '<', 60, 'holds up a plan for some seconds');
start();
$dc->fault({ path => $path, status => 503, headers => { 'Retry-After' => 30 }, count => 0 });
$begun = time;
is(rows('store'), 77, 'one that asks to come again');
cmp_ok(time - $begun, '<', 25, 'is not waited for');

# A cancel or time-out of the statement ends the wait.
start();
$dc->fault({ path => $path, never => JSON::PP::true });
$session->query(q{SET statement_timeout = '1s'});
is($session->attempt('EXPLAIN SELECT * FROM store')->{state}, '57014', 'statement_timeout');
$session->query('RESET statement_timeout');
is(rows('store'), 26, 'is no failure of the count');
start();
$dc->fault({ path => $path, never => JSON::PP::true });
$session->send('EXPLAIN SELECT * FROM store');
$dc->wait(requests => 1);
$dc->sql('SELECT pg_cancel_backend(' . $session->pid . ')');
is($session->finish->{state}, '57014', 'a cancel');
is(rows('store'), 26, 'neither');

# Rows of another company's table are counted with that company's endpoint.
start();
$session->query(q{ALTER FOREIGN TABLE store OPTIONS (SET params 'Table=store&CompanyID=14205')});
rows('store');
like($dc->log(path => $path)->[0]{Params}, qr/\bCompanyID=14205\b/, 'the count is of the table\'s company');

$session->quit;
done_testing();
