# Where the service cannot answer, a copy that is not too old is read in place of the
# reply, with a warning.  An answer is never replaced.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";

use DataConnectTest;
use JSON::PP ();
use Test::More;

my $true = JSON::PP::true;
my $dc = DataConnectTest->new(conf => "shared_preload_libraries = 'dataconnect_fdw'\n");
my %server = (stale_if_error => '1h', max_retries => 1, retry_max_wait => '1s');
my $session = $dc->session;
$session->query("SET statement_timeout = '@{[$session->hung]}'");

my $port = $dc->listen('service');
sub mode { return $dc->listen($_[0], $port) }

sub make
{
	my ($name, %option) = @_;
	$dc->make_server($name, %server, url => "http://127.0.0.1:$port", %option);
	$dc->make_rows_table($name, $name);
	return;
}
make('t');
make('strict', stale_if_error => 0);

sub count { return "SELECT count(*), sum(id) FROM $_[0] WHERE n = $_[1]" }

sub requests { return scalar @{ $dc->log } }

# A copy of a reply with n records is made.
sub copy
{
	my ($table, $n) = @_;
	$session->query(count($table, $n));
	$dc->clear_log;
	return;
}

sub is_stale
{
	my ($result, $n, $why, $name) = @_;
	is("$result->{state} $result->{out}", ' ' . $n . '|' . $n * ($n + 1) / 2, "$name: the rows of the copy");
	like($result->{err}, qr{WARNING:  01000: rows of foreign table "\w+" are from a copy that is \d+ s old\nDETAIL:  The service could not answer(?: GET /test/rows\?Count=$n&Response=Json)?: $why},
		"$name: the warning says why");
	is(scalar(() = $result->{err} =~ /WARNING/g), 1, "$name: once");
	return;
}

# --- What is no answer -----------------------------------------------------------

copy('t', 10);
for my $status (500, 501, 502, 503, 504, 507, 429)
{
	$dc->fault({ status => $status, count => 0 });
	my $result = $session->attempt(count('t', 10));
	is_stale($result, 10, qr/.*was answered with status $status\b/, $status);
	cmp_ok(requests(), '>=', 1, "$status: the service was asked");
	is($session->attempt(count('t', 11))->{state}, $status == 429 ? '53400' : 'HV000', "$status: without a copy it is an error");
	is($session->attempt(count('strict', 10))->{state}, $status == 429 ? '53400' : 'HV000', "$status: without the option, too");
	$dc->clear_faults;
	$session->query("SELECT dataconnect_resume('t')");
	$dc->clear_log;
	my $fine = $session->attempt(count('t', 10));
	is($fine->{err}, '', "$status: afterwards it is asked again");
	is(requests(), 1, "$status: once");
	$dc->clear_log;
}

{
	$dc->fault({ status => 503, count => 0 });
	my $plan = $session->attempt('EXPLAIN (ANALYZE, COSTS OFF) ' . count('t', 10))->{out};
	like($plan, qr/^ *Requests: 1\n.*^ *Retries: 1\n.*^ *Cache Hits: 0\n.*^ *Stale Replies: 1\n.*^ *Records: 10\n.*^ *Bytes Received: 0$/ms,
		'EXPLAIN ANALYZE shows it');
	$dc->clear_faults;
}

for my $case (
	[ 'an empty body', qr/.*/, { body => '' } ],
	[ 'an error page', qr/.*/, { body => '<html><title>Maintenance</title></html>', content_type => 'text/html' } ])
{
	my ($name, $why, $fault) = @$case;
	$dc->fault({ count => 0, %$fault });
	is_stale($session->attempt(count('t', 10)), 10, $why, $name);
	$dc->clear_faults;
}

# --- Time-outs ---------------------------------------------------------------------

make('quick', first_byte_timeout => '300ms');
make('total', total_timeout => '300ms');
for my $table (qw(quick total))
{
	copy($table, 10);
	$dc->fault({ hold_headers => $true, count => 0 });
	is_stale($session->attempt(count($table, 10)), 10, qr/.*time-?out.*|.*in time.*|.*/, "a time-out of $table");
	is($session->attempt(count($table, 11))->{state}, 'HV00M', "a time-out of $table without a copy");
	$dc->clear_faults;
	$dc->release;
}

# A cancel is no time-out of the service.
{
	copy('t', 10);
	$dc->fault({ hold_headers => $true });
	$session->send(count('t', 10));
	$dc->wait(held => 1);
	$dc->sql('SELECT pg_cancel_backend(' . $session->pid . ')');
	my $result = $session->finish;
	is($result->{state}, '57014', 'a cancel');
	unlike($result->{err}, qr/WARNING/, 'gives no stale rows');
	$dc->release;
	$session->query("SET statement_timeout = '300ms'");
	$dc->fault({ hold_headers => $true });
	is($session->attempt(count('t', 10))->{state}, '57014', 'nor does statement_timeout');
	$session->query("SET statement_timeout = '@{[$session->hung]}'");
	$dc->release;
	$dc->clear_faults;
}

# --- Unreachable ---------------------------------------------------------------------

copy('t', 10);
for my $mode (qw(close garbage refuse))
{
	mode($mode);
	# One without a connection that is open already.
	my $fresh = $dc->session;
	is_stale($fresh->attempt(count('t', 10)), 10, qr/\S/, "a host that does: $mode");
	isnt($fresh->attempt(count('strict', 10))->{state}, '', "a host that does: $mode, without the option");
	$fresh->quit;
}
# The circuit breaker is open: no try is made.
{
	my $fresh = $dc->session;
	is_stale($fresh->attempt(count('t', 10)), 10, qr/.*: The service has been unreachable since /, 'an outage that is known');
	$fresh->quit;
}
mode('service');
$session->query("SELECT dataconnect_resume('t')");
$dc->clear_log;
is($session->attempt(count('t', 10))->{err}, '', 'after the outage');
is(requests(), 1, 'the service is asked again');

# --- The queue --------------------------------------------------------------------------

make('narrow', max_concurrency => 1, queue_timeout => '300ms');
{
	copy('narrow', 10);
	my $other = $dc->session;
	$dc->fault({ hold_headers => $true, param => { Count => 12 } });
	$other->send(count('narrow', 12));
	$dc->wait(held => 1);
	is_stale($session->attempt(count('narrow', 10)), 10, qr/request waited too long in the queue: Waited 300 ms/, 'a full queue');
	$dc->release;
	is($other->finish->{state}, '', 'the other is not disturbed');
	$other->quit;
	$dc->clear_faults;
}

# --- Answers ----------------------------------------------------------------------------

copy('t', 10);
for my $case ([ 400, 'HV024' ], [ 401, '28000' ], [ 403, '42501' ], [ 404, 'HV00R' ], [ 413, '54000' ], [ 405, 'HV000' ], [ 302, 'HV000' ])
{
	my ($status, $state) = @$case;
	$dc->fault({ status => $status, body => 'no' });
	my $result = $session->attempt(count('t', 10));
	is($result->{state}, $state, "$status: is an answer");
	unlike($result->{err}, qr/WARNING/, "$status: without stale rows");
	$dc->clear_faults;
}

# An error after the first rows have come, and a reply that is not well-formed.
make('plain', compression => 'off');
copy('plain', 50_000);
$dc->fault({ cut => { how => 'close', after => 2_000_000 } });
is($session->attempt(count('plain', 50_000))->{state}, 'HV00M', 'a reply that is cut later is an error');
$dc->clear_faults;
is($session->attempt(count('plain', 50_000))->{err}, '', 'and leaves the copy to the next');

# --- The log-in -----------------------------------------------------------------------------

make('oauth', token_url => "http://127.0.0.1:$port/v1/oauth2/token",
	mapping => { username => 'analyst', password => 's3cret', client_id => 'client', client_secret => 'client-secret' });
copy('oauth', 10);
for my $case ([ 503, '' ], [ 400, '28000' ])
{
	my ($status, $state) = @$case;
	my $fresh = $dc->session;
	$dc->fault({ path => '/v1/oauth2/token', status => $status, count => 0 });
	my $result = $fresh->attempt(count('oauth', 10));
	is($result->{state}, $state, "a log-in that is answered with $status");
	is($result->{out}, '10|55', 'its rows are those of the copy') if $state eq '';
	like($result->{err}, qr/WARNING:  01000: rows of foreign table "oauth"/, 'with a warning') if $state eq '';
	$dc->clear_faults;
	$fresh->quit;
}

# --- How old ------------------------------------------------------------------------------------

$dc->sql("ALTER SERVER t OPTIONS (SET stale_if_error '1ms')");
copy('t', 10);
$dc->fault({ status => 503, count => 0 });
is($session->attempt(count('t', 10))->{state}, 'HV000', 'a copy that is too old is not read');
$dc->clear_faults;
$dc->sql("ALTER SERVER t OPTIONS (SET stale_if_error '1h')");

# With max_age, too.  The table's option counts.
$dc->sql("ALTER FOREIGN TABLE strict OPTIONS (max_age '1ms', stale_if_error '1h')");
copy('strict', 10);
$dc->fault({ status => 503, count => 0 });
is_stale($session->attempt(count('strict', 10)), 10, qr/.*503/, 'a max_age that is over');
$dc->clear_faults;

# The setting replaces the option, in both directions.
make('never', stale_if_error => 0);
$session->query("SET dataconnect_fdw.stale_if_error = '1h'");
copy('never', 10);
copy('t', 10);
$dc->fault({ status => 503, count => 0 });
is_stale($session->attempt(count('never', 10)), 10, qr/.*503/, 'a setting that allows it');
$session->query('SET dataconnect_fdw.stale_if_error = 0');
is($session->attempt(count('t', 10))->{state}, 'HV000', 'a setting that forbids it');
$session->query('RESET dataconnect_fdw.stale_if_error');
is_stale($session->attempt(count('t', 10)), 10, qr/.*503/, 'without the setting, the option counts again');
$dc->clear_faults;

# --- One warning for each reply of a statement ------------------------------------------------------

copy('t', 10);
copy('t', $_) for 20, 3000 .. 3002;
$session->query('SET work_mem = \'64kB\'; SET hash_mem_multiplier = 1; SET enable_memoize = off');
$dc->fault({ status => 503, count => 0 });
for my $case (
	[ 'twice the same', 'SELECT count(*) FROM t a, t b WHERE a.n = 10 AND b.n = 10 AND a.id = b.id', '10', 1 ],
	[ 'two replies', 'SELECT count(*) FROM t WHERE n IN (10, 20)', '30', 2 ],
	# The statement keeps too few rows, and so asks for the first reply again.
	[
		'rescans', q{SELECT sum(x.c) FROM (VALUES (1, 3000), (2, 3001), (3, 3002), (4, 3000)) v(i, n),
			LATERAL (SELECT count(name) AS c FROM t WHERE t.n = v.n) x}, '12003', 3
	])
{
	my ($name, $sql, $out, $warnings) = @$case;
	$dc->clear_log;
	my $result = $session->attempt($sql);
	is("$result->{state} $result->{out}", " $out", "$name: the rows");
	cmp_ok(requests(), '>', 2 * $warnings, "$name: a reply is requested again") if $name eq 'rescans';
	is(scalar(() = $result->{err} =~ /WARNING/g), $warnings, "$name: so many warnings");
}
$dc->clear_faults;

# --- Some of the requests of a query ------------------------------------------------------------------

copy('t', $_) for 10, 20;
$dc->fault({ status => 503, count => 0, param => { Count => 20 } });
{
	my $result = $session->attempt('SELECT count(*), sum(id) FROM t WHERE n IN (10, 20)');
	is("$result->{state} $result->{out}", ' 30|265', 'one of two requests fails: all rows');
	like($result->{err}, qr/Count=20&/, 'the warning names it');
	is(scalar(() = $result->{err} =~ /WARNING/g), 1, 'and no other');
}
$dc->clear_faults;

# A batch, and one half of a batch that is too large.
$session->query(<<'END');
CREATE FOREIGN TABLE visits (id integer OPTIONS (name 'Id'), store integer OPTIONS (name 'StoreID', param 'StoreIDs', list 'true'))
	SERVER t OPTIONS (endpoint '/test/visits', batch_size '4');
CREATE TABLE stores AS SELECT g AS store FROM generate_series(1, 12) g;
ANALYZE stores;
SET enable_hashjoin = off;
SET enable_mergejoin = off;
SET enable_nestloop = off;
END
my $join = 'SELECT count(*), sum(id) FROM stores JOIN visits USING (store)';
my $rows = $session->query($join);
for my $fails ('5,6,7,8', '5,6')
{
	$dc->fault({ status => 413, count => 0, param => { StoreIDs => '5,6,7,8' } }) if $fails eq '5,6';
	is($session->query($join), $rows, "a join, before $fails fails");
	$dc->fault({ status => 503, count => 0, param => { StoreIDs => $fails } });
	my $result = $session->attempt($join);
	is("$result->{state} $result->{out}", " $rows", "a join, $fails fails: all rows");
	like($result->{err}, qr/StoreIDs=$fails&/, "a join, $fails fails: the warning names the batch");
	is(scalar(() = $result->{err} =~ /WARNING/g), 1, "a join, $fails fails: and no other");
	$dc->clear_faults;
}
$session->query('RESET enable_hashjoin; RESET enable_mergejoin; RESET enable_nestloop');

# --- Those who wait ------------------------------------------------------------------------------------

# The one that fetches gets a 503; then each has stale rows.
{
	make('tiles', max_age => '1ms', max_retries => 0);
	copy('tiles', 10);
	my @others = map { $dc->session } 1 .. 3;
	$dc->fault({ status => 503, hold_headers => $true, count => 0 });
	$session->send(count('tiles', 10));
	$dc->wait(held => 1);
	$_->send(count('tiles', 10)) for @others;
	$dc->wait_until_it_waits($_->pid, 'Copy') for @others;
	$dc->release;
	is_stale($_->finish, 10, qr/.*503/, 'of several, each') for $session, @others;
	$dc->clear_faults;
	$_->quit for @others;
}

$session->quit;
done_testing();
