# A scan has several requests under way at the same time, up to max_concurrency. Each is
# streamed, each row is returned once, and a query for few rows sends few.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";

use DataConnectTest;
use List::Util qw(max sum);
use Test::More;

# Seconds from an interrupt to the end of the query; see 010_cancel.pl.
use constant SOON => 10;
use constant MB => 1024;    # kB

my $dc = DataConnectTest->new;
my $session = $dc->session;

# Creates a server with its own account, and a table of the same name.
sub make
{
	my ($name, %option) = @_;
	$dc->make_server($name, mapping => { token => $dc->token },
		idle_timeout => '20s', %option);
	$dc->make_rows_table($name, $name);
	return;
}

sub wide { return join ', ', @_ }
sub asked { return [ sort { $a <=> $b } map { $_->{Params} =~ /\bCount=(\d+)/ } @{ $dc->log } ] }
sub at_once { return max(map { $_->{Concurrent} } @{ $dc->log }) }

make('four', max_concurrency => 4, max_retries => 0);
my $twenty = wide(1 .. 20);

# --- Up to max_concurrency --------------------------------------------------

$dc->fault({ path => '/test/rows', hold_headers => JSON::PP::true, count => 0 });
$session->send("SELECT count(*), count(DISTINCT (n, id)), sum(n) FROM four WHERE n IN ($twenty)");
$dc->wait(held => 4);
$dc->wait_until_it_waits($session->pid, 'Reply');
is_deeply(asked(), [ 1 .. 4 ], 'the first four are sent, and no more');
$dc->release;
is($session->finish->{out}, '210|210|2870', 'all rows come, each once');
is_deeply(asked(), [ 1 .. 20 ], 'each request is sent once');
is(at_once(), 4, 'never more than four at a time');
$dc->clear_faults;

my $plan = $session->query("EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF)
	SELECT * FROM four WHERE n IN ($twenty)");
like($plan, qr/^ +Requests: 20\n +Requests at Once: 4$/m, 'EXPLAIN says so');
like($plan, qr/^ +Records: 210$/m, 'and counts the records of all');

# --- Each is streamed ---------------------------------------------------------

# A reply that has not begun, or has stopped, does not hold up the rows of others.
my @sizes = map { 5000 + $_ } 0 .. 8;
for my $fault ({ hold_headers => JSON::PP::true }, { hold_after => { bytes => 5_000 } })
{
	my ($how) = keys %$fault;
	$dc->clear_log;
	$dc->fault({ %$fault, param => { Count => 5000 } });
	$session->send('COPY (SELECT n FROM four WHERE n IN (' . wide(@sizes) . ')) TO STDOUT');
	$session->wait_for_output(qr/^5008$/m);
	$dc->wait(held => 1, requests => 9, timeout => 1);
	pass("$how: rows of all others come while one reply does not");
	$dc->release;
	my %rows;
	$rows{$_}++ for split /\n/, $session->finish->{out};
	is_deeply(\%rows, { map { $_ => $_ } @sizes }, "$how: all come in the end");
	$dc->clear_faults;
}

# The rows of one request keep their order.
my (%last, $disordered);
for (split /\n/, $session->query(
		'COPY (SELECT n, id FROM four WHERE n IN (3000, 4000, 5000, 6000)) TO STDOUT'))
{
	my ($n, $id) = split /\t/;
	$disordered++ if $id != ($last{$n} // 0) + 1;
	$last{$n} = $id;
}
is_deeply(\%last, { map { $_ => $_ } 3000, 4000, 5000, 6000 }, 'four requests');
is($disordered, undef, 'the order of rows within a request is kept');

# --- Few requests for few rows --------------------------------------------------

sub sent_by
{
	my ($sql) = @_;
	$dc->clear_log;
	my $out = $session->query($sql);
	$dc->wait(in_flight => 0);
	return ($out, asked());
}

is_deeply([ sent_by("SELECT id FROM four WHERE n IN ($twenty) LIMIT 1") ], [ 1, [1] ],
	'LIMIT 1 sends one request');
is_deeply([ sent_by("SELECT EXISTS (SELECT FROM four WHERE n IN ($twenty))") ], [ 't', [1] ],
	'and so does EXISTS');
is_deeply([ sent_by("SELECT count(*) FROM (SELECT FROM four WHERE n IN ($twenty) LIMIT 3) l") ],
	[ 3, [ 1 .. 3 ] ], 'with the end of a reply two more may go');
$session->query('BEGIN');
$session->query("DECLARE c CURSOR FOR SELECT n, id FROM four WHERE n IN ($twenty)");
$dc->clear_log;
$session->query('FETCH 1 FROM c');
is_deeply(asked(), [1], 'a cursor begins with one');
$session->query('FETCH 5 FROM c');
cmp_ok(scalar @{ asked() }, '>', 2, 'goes on with more');
cmp_ok(scalar @{ asked() }, '<', 8, 'but not with all');
$session->query('CLOSE c; COMMIT');

# --- If one request fails, all end ------------------------------------------------

sub held_query
{
	$dc->clear_log;
	$dc->fault({ path => '/test/rows', hold_after => { bytes => 10 }, count => 0 });
	$session->send("SELECT count(*) FROM four WHERE n IN ($twenty)");
	$dc->wait(held => 4);
	$dc->wait_until_it_waits($session->pid, 'Reply');
	return;
}

held_query();
my $since = time;
$dc->sql('SELECT pg_cancel_backend(' . $session->pid . ')');
is($session->finish->{state}, '57014', 'a cancel ends the query');
cmp_ok(time - $since, '<', SOON, 'soon');
$dc->release;
$dc->wait(in_flight => 0);
is_deeply(asked(), [ 1 .. 4 ], 'and no other request is sent');
$dc->clear_faults;

my %failing = (
	'a refusal' => [ { status => 500 }, 'HV000' ],
	'a cut' => [ { cut => { after => 90, how => 'short_length' } }, 'HV00M' ],
	'a value that does not fit' => [ { body => '[{"Id": "x"}]' }, '22P02' ],
	'a silence' => [ { never => JSON::PP::true }, 'HV00M', 'phase "first byte"' ],
	'a silence later' => [ { hold_after => { bytes => 90 } }, 'HV00M', 'phase "idle"' ]);
make('short', max_concurrency => 4, max_retries => 0, first_byte_timeout => '3s',
	idle_timeout => '3s');
for my $name (sort keys %failing)
{
	my ($fault, $state, $words) = @{ $failing{$name} };
	$dc->clear_log;
	$dc->fault({ %$fault, param => { Count => 7 } });
	my $result = $session->attempt("SELECT count(id) FROM short WHERE n IN ($twenty)");
	is($result->{state}, $state, "$name of one request is the query's error");
	like($result->{err}, qr/$words/, "$name: which") if $words;
	like($result->{err}, qr/^CONTEXT:  request for foreign table "short": GET \S+Count=7&/m,
		"$name: and names that request")
	  if $state eq 'HV00M';
	$dc->release;
	$dc->wait(in_flight => 0);
	$dc->clear_faults;
}
is($session->query("SELECT count(id) FROM short WHERE n IN ($twenty)"), '210',
	'the session is fit for more');

# A first byte that arrived in time, while nobody waited, counts.
$session->query('BEGIN');
$session->query("DECLARE c CURSOR FOR SELECT n, id FROM short WHERE n IN ($twenty)");
$session->query('FETCH 2 FROM c');
$session->query('SELECT pg_sleep(3.5)');
is(scalar(split /\n/, $session->query('FETCH ALL FROM c')), 208,
	'a cursor that rests for longer than a time-out has all rows');
$session->query('COMMIT');

# --- Retries and halves ------------------------------------------------------------

make('again', max_concurrency => 4, max_retries => 2, retry_max_wait => '50ms');
$dc->fault({ status => 503, param => { Count => 2 }, count => 2 },
	{ status => 429, param => { Count => 5 } },
	{ body => '', param => { Count => 6 } });
$dc->clear_log;
is($session->query("SELECT count(*) FROM again WHERE n IN ($twenty)"), '210',
	'requests are sent again beside others');
is_deeply(asked(), [ sort { $a <=> $b } 1 .. 20, 2, 2, 5, 6 ], 'those that it takes');

$dc->sql(q{CREATE FOREIGN TABLE sales (id integer OPTIONS (name 'Id'),
	store_id integer OPTIONS (name 'StoreID', param 'StoreID'),
	at timestamp OPTIONS (name 'DateCreated', param_from 'StartDate', param_to 'StopDate'))
	SERVER four OPTIONS (endpoint '/test/sales', split 'at')});
my $sales = q{SELECT count(*), count(DISTINCT id), sum(id) FROM sales
	WHERE store_id IN (1, 2, 3, 4, 5) AND at >= '2026-01-01' AND at < '2026-04-01'};
my $expected = $session->query($sales);
is($expected, '60|60|1830', 'sales of five stores');
$dc->set(max_records => 4);
$dc->clear_log;
is($session->query($sales), $expected, 'the same where requests are refused and asked in halves');
my @statuses = map { $_->{Status} } @{ $dc->log };
cmp_ok(scalar(grep { $_ == 413 } @statuses), '>=', 5, 'each store was refused');
cmp_ok(at_once(), '<=', 4, 'never more than four at a time');
$dc->reset;

# --- Memory ------------------------------------------------------------------------

make('eight', compression => 'off');
sub peak
{
	my ($pid) = @_;
	open my $file, '<', "/proc/$pid/status" or die "this test needs /proc: $!\n";
	my ($peak) = map { /^VmHWM:\s+(\d+) kB/ ? $1 : () } <$file>;
	close $file;
	return $peak;
}
my $fresh = $dc->session;
$fresh->query('SET jit = off');    # LLVM takes 60 MB, and slow replies make the plan expensive
$fresh->query('SELECT count(id) FROM eight WHERE n = 1000');
my $before = peak($fresh->pid);
my @large = map { 70_000 + $_ } 1 .. 8;
$dc->clear_log;
is($fresh->query('SELECT count(id) FROM eight WHERE n IN (' . wide(@large) . ')'), sum(@large),
	'eight large replies');
is(at_once(), 8, 'at the same time');
cmp_ok(sum(map { $_->{BytesSent} } @{ $dc->log }), '>', 60 * MB * 1024, 'have more than 60 MB');
# One of them at a time is read in a thread. Assertions need some memory, too.
my $most = ($fresh->query('SHOW debug_assertions') eq 'on' ? 15 : 12) * MB;
cmp_ok(peak($fresh->pid) - $before, '<', $most, 'and take less than 1 MB each, and 4 MB for a thread');
$fresh->quit;
$session->quit;

done_testing();
