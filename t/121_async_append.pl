# Partitions, and the branches of UNION ALL, are requested at the same time. Cancels and
# time-outs work as in other waits.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";

use DataConnectTest;
use List::Util qw(max);
use Test::More;

# Seconds from an interrupt to the end of the query; see 010_cancel.pl.
use constant SOON => 10;

my $dc = DataConnectTest->new;
my $session = $dc->session;
$dc->make_server('dc', max_retries => 0, idle_timeout => '20s');
$dc->make_server('other', max_retries => 0, mapping => { token => $dc->token });
$dc->make_server('short', max_retries => 0, first_byte_timeout => '1s');
$dc->make_server('narrow', max_concurrency => 2, mapping => { token => $dc->token });
$dc->make_rows_table("${_}_rows", $_) for qw(dc other short narrow);

# A partitioned table whose partitions make five requests.
sub make_parts
{
	my ($name, $server) = @_;
	$dc->sql("CREATE TABLE $name (id integer, n integer) PARTITION BY LIST (n)");
	$dc->sql("CREATE FOREIGN TABLE ${name}_$_ (id integer OPTIONS (name 'Id'),
		n integer OPTIONS (param 'Count', required 'true'))
		SERVER $server OPTIONS (endpoint '/test/rows');
		ALTER TABLE $name ATTACH PARTITION ${name}_$_ FOR VALUES IN ($_)") for 1 .. 5;
	return;
}
make_parts('parts', 'dc');
make_parts('few', 'narrow');

sub asked { return [ sort { $a <=> $b } map { $_->{Params} =~ /\bCount=(\d+)/ } @{ $dc->log } ] }
sub at_once { return max(map { $_->{Concurrent} } @{ $dc->log }) }
sub hold
{
	$dc->clear_log;
	$dc->fault({ path => '/test/rows', hold_headers => JSON::PP::true, count => 0 });
	return;
}

# --- At the same time ---------------------------------------------------------

my %union = (
	partitions => [ 'SELECT count(id), sum(n), sum(id) FROM parts', '15|55|35', 5 ],
	'UNION ALL' => [ 'SELECT count(id), sum(n), sum(id) FROM (SELECT id, n FROM dc_rows
		WHERE n = 4 UNION ALL SELECT id, n FROM dc_rows WHERE n = 7) u', '11|65|38', 2 ],
	'two accounts' => [ 'SELECT count(id), sum(n), sum(id) FROM (SELECT id, n FROM dc_rows
		WHERE n = 4 UNION ALL SELECT id, n FROM other_rows WHERE n = 7) u', '11|65|38', 2 ],
	'beside a local table' => [ 'SELECT count(id), sum(n), sum(id) FROM (SELECT id, n FROM dc_rows
		WHERE n = 4 UNION ALL SELECT id, n FROM dc_rows WHERE n = 7
		UNION ALL SELECT i, 2 FROM generate_series(1, 2) i) u', '13|69|41', 2 ]);
for my $name (sort keys %union)
{
	my ($sql, $expected, $requests) = @{ $union{$name} };
	like($session->query("EXPLAIN (COSTS OFF) $sql"), qr/Async Foreign Scan/, "$name: the plan");
	hold();
	$session->send($sql);
	$dc->wait(held => $requests);
	$dc->wait_until_it_waits($session->pid, 'Reply');
	$dc->release;
	is($session->finish->{out}, $expected, "$name: the rows");
	is(scalar @{ $dc->log }, $requests, "$name: each request once");
	is(at_once(), $requests, "$name: all at the same time");
	$dc->clear_faults;
}

# A reply that has stopped does not hold up the rows of others.
my @sizes = (6000, 5001, 5002);
$dc->clear_log;
$dc->fault({ hold_after => { bytes => 5_000 }, param => { Count => 6000 } });
$session->send('COPY ('
	  . join(' UNION ALL ', map { "SELECT n FROM dc_rows WHERE n = $_" } @sizes)
	  . ') TO STDOUT');
$session->wait_for_output(qr/^5002$/m);
$dc->wait(held => 1, requests => 3, timeout => 1);
pass('rows come while one reply does not');
$dc->release;
my %rows;
$rows{$_}++ for split /\n/, $session->finish->{out};
is_deeply(\%rows, { map { $_ => $_ } @sizes }, 'all come in the end');
$dc->clear_faults;

# --- No more requests than allowed, and few for few rows -------------------------

$dc->clear_log;
$dc->fault({ hold_headers => JSON::PP::true, count => 2 });
$session->send('SELECT count(*), sum(n) FROM few');
$dc->wait(held => 2);
$dc->release;
is($session->finish->{out}, '15|55', 'five where two may be: the rows');
is_deeply(asked(), [ 1 .. 5 ], 'each request once');
is(at_once(), 2, 'two at a time');
$dc->clear_log;
is($session->query('SELECT id FROM parts LIMIT 1'), '1', 'LIMIT 1');
is_deeply(asked(), [1], 'is one request');
is($session->query('SELECT n, (SELECT count(*) FROM parts p WHERE p.n >= s.n) FROM generate_series(4, 5) s(n)'),
	"4|9\n5|5", 'a scan that is repeated');

for my $level ('SERVER dc', 'FOREIGN TABLE parts_2')
{
	$session->query("ALTER $level OPTIONS (ADD async_capable 'false')");
	my $plan = $session->query('EXPLAIN (COSTS OFF) SELECT count(*) FROM parts');
	my $sync = () = $plan =~ /-> +Foreign Scan/g;
	is($sync, $level =~ /SERVER/ ? 5 : 1, "async_capable 'false' of $level");
	is($session->query('SELECT count(*), sum(n) FROM parts'), '15|55', 'the rows');
	$session->query("ALTER $level OPTIONS (DROP async_capable)");
}
$dc->clear_log;
$session->query("ALTER SERVER dc OPTIONS (ADD async_capable 'false')");
$session->query('SELECT count(*) FROM parts');
is(at_once(), 1, 'one after the other');
$session->query('ALTER SERVER dc OPTIONS (DROP async_capable)');

# --- What ends a wait ------------------------------------------------------------

sub open_files { my ($pid) = @_; return scalar(() = glob "/proc/$pid/fd/*") }
my $files = open_files($session->pid);
hold();
$session->send('SELECT count(*) FROM parts');
$dc->wait(held => 5);
$dc->wait_until_it_waits($session->pid, 'Reply');
my $since = time;
$dc->sql('SELECT pg_cancel_backend(' . $session->pid . ')');
is($session->finish->{state}, '57014', 'a cancel ends the query');
cmp_ok(time - $since, '<', SOON, 'soon');
$dc->release;
$dc->wait(in_flight => 0);
$dc->clear_faults;

my $short = 'SELECT count(*) FROM (SELECT id FROM short_rows WHERE n = 1 UNION ALL
	SELECT id FROM short_rows WHERE n = 2) u';
$dc->fault({ never => JSON::PP::true, param => { Count => 2 } });
my $result = $session->attempt($short);
is($result->{state}, 'HV00M', 'a reply that never begins is an error');
like($result->{err}, qr/phase "first byte"/, 'of the time-out');
like($result->{err}, qr/^CONTEXT:  request for foreign table "short_rows": GET \S+Count=2&/m,
	'and names its request');
$dc->release;
$dc->fault({ status => 500, param => { Count => 2 } });
is($session->attempt($short)->{state}, 'HV000', 'so is a refusal');
$dc->wait(in_flight => 0);
is($session->query($short), '3', 'the session is fit for more');
cmp_ok(open_files($session->pid), '<=', $files + 8, 'no file is left but kept connections');
$session->quit;

done_testing();
