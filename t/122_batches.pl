# The batches of a batched join are under way together, up to max_concurrency. Each row
# is joined as it arrives, and once; a query for few rows sends few requests.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";

use DataConnectTest;
use List::Util qw(max);
use Test::More;

my $dc = DataConnectTest->new;
my $session = $dc->session;

# The service has s % 4 visits of store s, so every fourth store has none.
$dc->make_server('dc', mapping => { token => $dc->token }, max_concurrency => 8,
	max_retries => 0, compression => 'off');
$dc->sql(q{
	CREATE FOREIGN TABLE visits (id integer OPTIONS (name 'Id'),
		store integer OPTIONS (name 'StoreID', param 'StoreIDs', list 'true'))
		SERVER dc OPTIONS (endpoint '/test/visits', batch_size '10');
	CREATE FOREIGN TABLE whole (id integer OPTIONS (name 'Id'), store integer OPTIONS (name 'StoreID'))
		SERVER dc OPTIONS (endpoint '/test/visits');
	CREATE TABLE near AS SELECT * FROM whole;
	CREATE TABLE stores AS SELECT i AS id FROM generate_series(1, 400) i;
	CREATE TABLE without AS SELECT i * 4 AS id FROM generate_series(1, 100) i;
	CREATE TABLE calls AS SELECT i AS id, i % 100 + 1 AS store, repeat('x', 100) AS filler
		FROM generate_series(1, 3000) i;
	ANALYZE near, stores, without, calls});
$session->query("SET $_ = off") for qw(enable_hashjoin enable_mergejoin enable_nestloop jit);

# The keys of each request, in the order of the requests.
sub sent
{
	return [ map { (split /&|\bStoreIDs=/, $_->{Query} =~ s/%2C/,/gr)[1] } @{ $dc->log(path => '/test/visits') } ];
}
sub batch { my ($n) = @_; return join ',', $n * 10 - 9 .. $n * 10 }
sub forget_documents { return $dc->control('DELETE', 'document') }
sub at_once { return max(map { $_->{Concurrent} } @{ $dc->log }) }

# The output and the keys that a query has sent.
sub sent_by
{
	my ($sql) = @_;
	$dc->clear_log;
	my $out = $session->query($sql);
	$dc->wait(in_flight => 0);
	return ($out, sent());
}

# The query's result is the same as that over the local copy.
sub same
{
	my ($sql, $name) = @_;
	return is($session->query($sql), $session->query($sql =~ s/\bvisits\b/near/gr), $name);
}

# --- Up to max_concurrency ------------------------------------------------------

my $all = 'SELECT count(*), count(DISTINCT v.id), sum(s.id) FROM stores s JOIN visits v ON v.store = s.id';
$dc->clear_log;
$dc->fault({ path => '/test/visits', hold_headers => JSON::PP::true, count => 0 });
$session->send($all);
$dc->wait(held => 8);
$dc->wait_until_it_waits($session->pid, 'Reply');
is_deeply([ sort @{ sent() } ], [ sort map { batch($_) } 1 .. 8 ], 'the first eight are sent, and no more');
$dc->release;
is($session->finish->{out}, '600|600|120200', 'all rows come, each once');
is_deeply([ sort @{ sent() } ], [ sort map { batch($_) } 1 .. 40 ], 'each batch is sent once');
is(at_once(), 8, 'never more than eight at a time');
$dc->clear_faults;

like($session->query("EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) $all"),
	qr/Batches: 40\n.*^ +Requests: 40\n.*^ +Requests at Once: 8$/ms, 'EXPLAIN says so');

# --- None holds up another ------------------------------------------------------

# Neither rows with a match nor those without; store 398 has visits, store 396 has none.
# Long rows, because the server and psql keep what does not fill their buffers.
$dc->fault({ hold_headers => JSON::PP::true, param => { StoreIDs => batch(3) } });
$session->send(q{COPY (SELECT s.id, v.id IS NULL, CASE WHEN s.id > 390 THEN repeat('x', 20000) END
	FROM stores s LEFT JOIN visits v ON v.store = s.id) TO STDOUT});
$session->wait_for_output(qr/^398\tf\t/m);
my $before = $session->wait_for_output(qr/^396\tt\t/m);
$dc->wait(held => 1, timeout => 1);
pass('rows of all other batches come while one reply does not');
unlike($before->{out}, qr/^2[1-9]\t/m, 'and none of its own');
$dc->release;
my %rows;
$rows{$_}++ for $session->finish->{out} =~ /^(\d+)\t/mg;
is_deeply(\%rows, { map { $_ => $_ % 4 || 1 } 1 .. 400 }, 'all come in the end');
$dc->clear_faults;

# A semi join needs no more of a batch once all of its keys have a match.
my @records = map { qq({"Id": $_, "StoreID": $_}) } 11 .. 20;
$dc->document('/test/visits', '[' . join(',', @records, (qq({"Id": 0, "StoreID": 11})) x 9_000) . ']',
	params => { StoreIDs => batch(2) });
$dc->fault({ hold_after => { bytes => 100_000 }, param => { StoreIDs => batch(2) } });
$dc->clear_log;
is($session->query('SELECT count(*) FROM stores s WHERE s.id <= 40
	AND EXISTS (SELECT FROM visits v WHERE v.store = s.id)'), '33', 'a reply that is not needed is left');
is(scalar(grep { $_ eq batch(2) } @{ sent() }), 1, 'which had been requested');
$dc->release;
$dc->clear_faults;
forget_documents();

# --- Few requests for few rows ----------------------------------------------------

is_deeply([ sent_by('SELECT s.id > 0 FROM stores s JOIN visits v ON v.store = s.id LIMIT 1') ],
	[ 't', [ batch(1) ] ], 'LIMIT 1 sends one request');
is_deeply([ sent_by('SELECT EXISTS (SELECT FROM stores s JOIN visits v ON v.store = s.id)') ],
	[ 't', [ batch(1) ] ], 'and so does EXISTS');
is_deeply([ sent_by('SELECT count(*) FROM (SELECT FROM without s LEFT JOIN visits v ON v.store = s.id LIMIT 10) l') ],
	[ 10, [ join ',', map { $_ * 4 } 1 .. 10 ] ], 'and so does LIMIT over a left join without a match');
is(scalar(@{ (sent_by('SELECT count(*) FROM (SELECT FROM without s
	WHERE NOT EXISTS (SELECT FROM visits v WHERE v.store = s.id) LIMIT 11) l'))[1] }), 3,
	'with the end of a reply two more may go');
$session->query('BEGIN');
$session->query('DECLARE c CURSOR FOR SELECT s.id, v.id FROM stores s JOIN visits v ON v.store = s.id');
$dc->clear_log;
$session->query('FETCH 1 FROM c');
is_deeply(sent(), [ batch(1) ], 'a cursor begins with one');
$session->query('FETCH 20 FROM c');
cmp_ok(scalar @{ sent() }, '>', 2, 'goes on with more');
cmp_ok(scalar @{ sent() }, '<', 8, 'but not with all');
$session->query('CLOSE c; COMMIT');

# --- Each row once ----------------------------------------------------------------

# Every request returns rows of several batches, of no key, and of a key that is not there.
$dc->document('/test/visits', '[{"Id": 1, "StoreID": 1}, {"Id": 2, "StoreID": 35}, {"Id": 3, "StoreID": 35},
	{"Id": 4, "StoreID": null}, {"Id": 5, "StoreID": 999}]');
is($session->query('SELECT s.id, array_agg(v.id ORDER BY v.id) FROM stores s JOIN visits v ON v.store = s.id
	GROUP BY 1 ORDER BY 1'), "1|{1}\n35|{2,3}", 'rows that several requests return are joined once');
is($session->query('SELECT count(*), count(v.id) FROM stores s LEFT JOIN visits v ON v.store = s.id'),
	'401|3', 'also by a left join');
is($session->query('SELECT count(*) FROM stores s WHERE NOT EXISTS (SELECT FROM visits v WHERE v.store = s.id)'),
	'398', 'and by an anti join');
forget_documents();

# --- Halves, memory, rescans --------------------------------------------------------

my $settings = $dc->settings;
$dc->set(max_records => 4);
$dc->clear_log;
same('SELECT s.id, count(v.id), sum(v.id) FROM stores s LEFT JOIN visits v ON v.store = s.id
	GROUP BY 1 ORDER BY 1', 'batches that are refused are asked in halves');
cmp_ok(scalar(grep { $_->{Status} == 413 } @{ $dc->log }), '>=', 40, 'each was refused');
cmp_ok(at_once(), '<=', 8, 'never more than eight at a time');
$dc->set(max_records => $settings->{max_records});

# Outer rows that do not fit in memory are joined in several chunks.
$session->query("SET work_mem = '64kB'; SET hash_mem_multiplier = 1");
for my $join ('JOIN visits v ON v.store = c.store', 'LEFT JOIN visits v ON v.store = c.store AND v.id % 2 = c.id % 2')
{
	$dc->clear_log;
	same("SELECT count(*), sum(c.id), sum(v.id), sum(length(filler)) FROM calls c $join", $join);
	is_deeply([ sort { $a <=> $b } map { split /,/ } @{ sent() } ], [ 1 .. 100 ], 'each key is requested once');
}
$session->query('RESET work_mem; RESET hash_mem_multiplier');

same('SELECT r.i, l.* FROM generate_series(1, 3) r(i), LATERAL (SELECT s.id, sum(v.id) FROM stores s
	JOIN visits v ON v.store = s.id WHERE s.id > r.i * 100 GROUP BY 1 ORDER BY 1 LIMIT 20) l', 'once for each outer row');
$dc->clear_log;
is($session->query('SELECT count(*) FROM generate_series(1, 3) r(i), LATERAL (SELECT FROM stores s
	JOIN visits v ON v.store = s.id WHERE s.id > r.i * 100 LIMIT 1) l'), '3', 'a row of each, and no more');
is(scalar @{ sent() }, 3, 'with a request each');
$session->quit;

done_testing();
