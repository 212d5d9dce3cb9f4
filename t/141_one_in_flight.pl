# Sessions that ask for the same reply send one request, and never get a part of it:
# whatever becomes of the session that fetches it.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";

use DataConnectCuts qw(make_outcomes outcomes cuts);
use DataConnectTest;
use JSON::PP ();
use Test::More;

use constant OTHERS => 4;

# A body longer than all buffers on its way, so that its sender has to wait.
use constant LONG => 200_000;

my $true = JSON::PP::true;
my $dc = DataConnectTest->new(conf => "shared_preload_libraries = 'dataconnect_fdw'\n");
my %server = (max_age => '1h', max_retries => 0);
$dc->make_server('gzip', %server);
$dc->make_server('plain', %server, compression => 'off');
$dc->make_server('off');
my @formats = qw(json jsondatatable csv xml);
my @tables;
for my $format (@formats)
{
	for my $server (qw(gzip plain))
	{
		push @tables, "${format}_$server";
		$dc->make_rows_table($tables[-1], $server, format => $format);
	}
}
$dc->make_rows_table('t', 'gzip');

my $owner = $dc->session;
my @others = map { $dc->session } 1 .. OTHERS;
my $hung = $owner->hung;
$_->query("SET statement_timeout = '$hung'") for $owner, @others;

sub sums { return "SELECT count(*), sum(id), md5(string_agg(name, '' ORDER BY id)) FROM $_[0] WHERE n = $_[1]" }

sub requests { return scalar @{ $dc->log } }

# Each test asks for another number of records, so that there is no copy yet.
my $next = 1000;
sub fresh { $dc->clear_log; return ++$next }

# The owner's request is held, and the others wait for its reply.
sub all_wait
{
	my ($table, $n, %fault) = @_;
	$dc->fault({ path => '/test/rows', hold_headers => $true, %fault });
	$owner->send(sums($table, $n));
	$dc->wait(held => 1);
	$_->send(sums($table, $n)) for @others;
	$dc->wait_until_it_waits($_->pid, 'Copy') for @others;
	return;
}

sub rows_of
{
	my ($n) = @_;
	return $n . '|' . $n * ($n + 1) / 2;
}

# All others have all rows.
sub all_have
{
	my ($n, $name) = @_;
	my @results = map { $_->finish } @others;
	my $wanted = rows_of($n);
	is(scalar(grep { $_->{state} eq '' && $_->{out} =~ /^\Q$wanted\E\|/ } @results),
		OTHERS, "$name: each of the others has all rows")
	  or diag(map { "$_->{out}\n$_->{err}\n" } @results);
	my %out = map { ($_->{out} => 1) } @results;
	is(scalar keys %out, 1, "$name: and the same");
	return;
}

# --- One request -------------------------------------------------------------

for my $table (@tables)
{
	my $n = fresh();
	all_wait($table, $n);
	is(requests(), 1, "$table: one request, though all ask");
	$dc->release;
	like($owner->finish->{out}, qr/^\Q@{[rows_of($n)]}\E\|/, "$table: who sent it has all rows");
	all_have($n, $table);
	is(requests(), 1, "$table: in the end there was one");
	my $plan = $others[0]->query('EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) ' . sums($table, $n));
	like($plan, qr/^ *Requests: 0\n.*^ *Records: $n\n.*^ *Bytes Received: 0$/ms, "$table: a hit receives nothing");
	like($plan, qr/^ *Cache Hits: 1$/m, "$table: and is shown as one");
	unlike($plan, qr/Cache Waits|Stale|First Byte|at Once/, "$table: it waits for nobody");
}
$dc->clear_faults;

{
	my $n = fresh();
	$dc->fault({ hold_headers => $true });
	$owner->send('EXPLAIN (ANALYZE, COSTS OFF) ' . sums('t', $n));
	$dc->wait(held => 1);
	$others[0]->send('EXPLAIN (ANALYZE, COSTS OFF) ' . sums('t', $n));
	$dc->wait_until_it_waits($others[0]->pid, 'Copy');
	$dc->release;
	my $fetched = $owner->finish->{out};
	like($fetched, qr/^ *Requests: 1$/m, 'EXPLAIN ANALYZE of who fetches');
	like($fetched, qr/^ *Cache Hits: 0$/m, 'has no hit');
	my $waited = $others[0]->finish->{out};
	like($waited, qr/^ *Requests: 0\n.*^ *Cache Hits: 1\n.*^ *Cache Waits: 1$/ms, 'of who waits: a wait and a hit');
}

# With max_age 0 nobody waits, and the copy is replaced for all.
{
	my $n = fresh();
	all_wait('t', $n);
	my $anew = $dc->session;
	$anew->query('SET dataconnect_fdw.max_age = 0');
	like($anew->query(sums('t', $n)), qr/^$n\|/, 'max_age 0 does not wait');
	is(requests(), 2, 'but asks itself');
	all_have($n, 'one that asked anew');
	is(requests(), 2, 'and is waited for by the others');
	$dc->release;
	like($owner->finish->{out}, qr/^$n\|/, 'the one overtaken has its rows');
	$dc->clear_log;
	$anew->query(sums('t', $n)) for 1 .. 2;
	is(requests(), 2, 'it asks each time');
	$anew->query("SET dataconnect_fdw.max_age = '1h'");
	$anew->query(sums('t', $n));
	is(requests(), 2, 'and again reads what it has fetched');
	$anew->quit;
}

# Age is counted from the first byte.  A copy that was fetched while one waited is
# never too old.
{
	my $n = fresh();
	$_->query("SET dataconnect_fdw.max_age = '1ms'") for @others;
	all_wait('t', $n);
	$dc->release;
	$owner->finish;
	all_have($n, 'a max_age shorter than the reply');
	is(requests(), 1, 'a reply that was waited for is young enough');
	$others[0]->query(sums('t', $n));
	is(requests(), 2, 'but not for a later query');
	$_->query('RESET dataconnect_fdw.max_age') for @others;
}

# --- Whoever fetches stops ----------------------------------------------------

for my $how (
	[ cancelled => sub { $dc->sql('SELECT pg_cancel_backend(' . $owner->pid . ')') }, '57014' ],
	[ terminated => sub { $dc->sql('SELECT pg_terminate_backend(' . $owner->pid . ')') }, '57P01' ],
	[ refused => sub { $dc->release('refused') }, 'HV000', name => 'refused', status => 503 ])
{
	my ($name, $stop, $state, %fault) = @$how;
	my $n = fresh();
	all_wait('t', $n, %fault);
	$dc->fault({ hold_headers => $true, name => 'second' });
	$stop->();
	is($owner->finish->{state}, $state, "$name: the one that fetches fails");
	$dc->wait(requests => 2);
	is(requests(), 2, "$name: one of the others fetches");
	$dc->release;
	all_have($n, $name);
	is(requests(), 2, "$name: and that was all");
	$owner = $dc->session if $name eq 'terminated';
	$owner->query("SET statement_timeout = '$hung'");
}

# LIMIT: the fetch ends with the first row.
{
	my $n = LONG;
	$dc->clear_log;
	$dc->fault({ hold_headers => $true });
	$owner->send("SELECT id FROM t WHERE n = $n LIMIT 1");
	$dc->wait(held => 1);
	$_->send(sums('t', $n)) for @others;
	$dc->wait_until_it_waits($_->pid, 'Copy') for @others;
	$dc->release;
	is($owner->finish->{out}, '1', 'LIMIT: its row');
	all_have($n, 'LIMIT');
	is(requests(), 2, 'LIMIT: one of the others has fetched');
}

# A cursor that rests holds up nobody for longer than a second, and has its rows.
for my $server (qw(gzip plain))
{
	my $n = LONG + ($server eq 'gzip' ? 1 : 2);
	$dc->clear_log;
	$owner->open_cursor("SELECT id FROM json_$server WHERE n = $n");
	is($owner->fetch(1)->{out}, '1', "a cursor, $server: begins");
	$_->send(sums("json_$server", $n)) for @others;
	all_have($n, "a cursor that rests, $server");
	is(requests(), 2, "a cursor, $server: one of the others has fetched");
	like($owner->fetch('ALL')->{out}, qr/^$n\z/m, "a cursor, $server: goes on to its last row");
	is(requests(), 2, "a cursor, $server: by its own request");
	$owner->query('COMMIT');
	like($owner->query(sums("json_$server", $n)), qr/^$n\|/, "a cursor, $server: the copy is whole");
	is(requests(), 2, "a cursor, $server: and used");
}

# Two sessions, each of which rests with what the other one asks for.
{
	my ($one, $other) = (LONG + 3, LONG + 4);
	$dc->clear_log;
	$owner->open_cursor("SELECT id FROM t WHERE n = $one");
	$owner->fetch(1);
	$others[0]->open_cursor("SELECT id FROM t WHERE n = $other");
	$others[0]->fetch(1);
	$owner->send(sums('t', $other));
	$others[0]->send(sums('t', $one));
	like($owner->finish->{out}, qr/^$other\|/, 'across: one has its rows');
	like($others[0]->finish->{out}, qr/^$one\|/, 'across: so has the other');
	$_->query('COMMIT') for $owner, $others[0];
}

# In one session: the second scan cannot wait for the first.
{
	my $n = fresh();
	is($owner->query("SELECT count(*) FROM t a, t b WHERE a.n = $n AND b.n = $n AND a.id = b.id"),
		$n, 'a join with itself');
}

# A slot of the limiter is not waited for by those who hold one.
{
	$dc->make_server('narrow', %server, max_concurrency => 1, queue_timeout => '1h');
	$dc->make_rows_table('narrow', 'narrow');
	my $n = LONG + 5;
	my $inner = fresh();
	$owner->open_cursor("SELECT id FROM narrow WHERE n = $n");
	$owner->fetch(1);
	$others[0]->send(sums('narrow', $inner));
	$dc->wait_until_it_waits($others[0]->pid, 'Queue');
	like($owner->query(sums('narrow', $inner)), qr/^$inner\|/, 'one that queues for a slot is not waited for by its holder');
	$owner->query('COMMIT');
	like($others[0]->finish->{out}, qr/^$inner\|/, 'and has its rows afterwards');
}

# --- Whoever waits ------------------------------------------------------------

{
	my $n = fresh();
	all_wait('t', $n);
	$dc->sql('SELECT pg_cancel_backend(' . $others[0]->pid . ')');
	is($others[0]->finish->{state}, '57014', 'one that waits is cancelled');
	$dc->sql('SELECT pg_terminate_backend(' . $others[1]->pid . ')');
	is($others[1]->finish->{state}, '57P01', 'and another terminated');
	is(requests(), 1, 'the request goes on');
	$dc->release;
	like($owner->finish->{out}, qr/^$n\|/, 'with all rows');
	like($_->finish->{out}, qr/^$n\|/, 'also for those who still wait') for @others[ 2 .. $#others ];
	is(requests(), 1, 'with one request');
	$others[1] = $dc->session;
	$others[1]->query("SET statement_timeout = '$hung'");
}
{
	$dc->make_server('hasty', %server, total_timeout => '500ms');
	$dc->make_rows_table('hasty', 'hasty');
	my $n = fresh();
	$dc->fault({ hold_headers => $true });
	$owner->send(sums('t', $n));
	$dc->wait(held => 1);
	my $result = $others[0]->attempt(sums('hasty', $n));
	is($result->{state}, 'HV00M', 'the total_timeout of who waits ends its wait');
	is(requests(), 1, 'without a request');
	$dc->release;
	$owner->finish;
}

# --- Incomplete replies --------------------------------------------------------

my %document = (
	json => '[{"Id":1,"Name":"a"},{"Id":2,"Name":"b"}]',
	jsondatatable => '{"Records":[{"Id":1,"Name":"a"},{"Id":2,"Name":"b"}],"Schema":[{"Column_Name":"Id","Length":null}]}',
	csv => "Id,Name\r\n1,a\r\n2,b\r\n",
	xml => '<Table><Record><Id>1</Id><Name>a</Name></Record><Record><Id>2</Id><Name>b</Name></Record></Table>');
make_outcomes($owner);

# The bytes of a table's reply on the wire, without leaving a copy.
sub packed_length
{
	my ($table) = @_;
	my $plan = $owner->query(
		"BEGIN; ALTER FOREIGN TABLE $table OPTIONS (ADD max_age '0'); EXPLAIN (ANALYZE) SELECT * FROM $table; ROLLBACK");
	$plan =~ /Bytes Received: (\d+)/ or die $plan;
	return 0 + $1;
}

for my $format (@formats)
{
	for my $server (qw(gzip plain))
	{
		my $n = fresh();
		my $path = "/test/cut$n";
		my $table = "cut_${format}_$server";
		$owner->query("CREATE FOREIGN TABLE $table (id integer OPTIONS (name 'Id'), name text OPTIONS (name 'Name'))
			SERVER $server OPTIONS (endpoint '$path', format '$format')");
		$dc->document($path, $document{$format});
		my $length = $server eq 'plain' ? length $document{$format} : packed_length($table);
		my @faults;
		for my $how ($server eq 'plain' ? qw(close truncate short_length chunk) : qw(close gzip chunk))
		{
			# Of CSV, nobody can tell.
			next if $how eq 'truncate' && $format eq 'csv';
			push @faults, map { { path => $path, %$_ } } cuts($how, $length);
		}
		my @got = outcomes($dc, $owner, "SELECT string_agg(id || name, ' ') FROM $table", @faults);
		is(scalar(grep { $_ eq 'HV00M' } @got), scalar @faults, "$table: each of all cuts fails");
		is(requests(), scalar @faults, "$table: none leaves a copy");
		is($owner->query("SELECT string_agg(id || name, ' ') FROM $table"), '1a 2b', "$table: then it is right");
		is($others[0]->query("SELECT string_agg(id || name, ' ') FROM $table"), '1a 2b', "$table: also as a copy");
		is(requests(), @faults + 1, "$table: which is one");
	}
}

# --- The same as from the wire ---------------------------------------------------

# Errors of conversion belong to the table, not to the copy.
{
	$dc->document('/test/odd', '[{"Id":1,"Name":"a"},{"Id":"x","Name":"b"}]');
	$owner->query(<<'END');
CREATE FOREIGN TABLE texts (id text OPTIONS (name 'Id')) SERVER gzip OPTIONS (endpoint '/test/odd');
CREATE FOREIGN TABLE numbers (id integer OPTIONS (name 'Id')) SERVER gzip OPTIONS (endpoint '/test/odd');
CREATE FOREIGN TABLE other_keys (id integer OPTIONS (name 'ID of another')) SERVER gzip OPTIONS (endpoint '/test/odd');
END
	my %wire;
	$dc->clear_log;
	for my $table (qw(numbers other_keys))
	{
		$wire{$table} = $owner->attempt("SELECT * FROM $table")->{err} =~ s/psql:\S+ //gr;
		like($wire{$table}, qr/^ERROR:/m, "$table: an error");
	}
	is(requests(), 2, 'which leaves no copy');
	is($owner->query('SELECT * FROM texts'), "1\nx", 'another table reads the reply');
	is(requests(), 3, 'which is requested');
	for my $table (qw(numbers other_keys))
	{
		is($owner->attempt("SELECT * FROM $table")->{err} =~ s/psql:\S+ //gr, $wire{$table}, "$table: the same error from a copy");
	}
	is(requests(), 3, 'which sends nothing');
}

# The thread that reads, a batched join, an Append, a cursor and a prepared statement.
{
	my $columns = join ', ', "id integer OPTIONS (name 'Id')", "n integer OPTIONS (param 'Count', required 'true')",
	  map { "c$_ text OPTIONS (name '$_')" } qw(Name Amount Flag Created Note);
	my $again = join ', ', map { "d$_ text OPTIONS (name '$_')" } qw(Name Amount Flag Created Note);
	$owner->query("CREATE FOREIGN TABLE wide ($columns, $again) SERVER gzip OPTIONS (endpoint '/test/rows')");
	$owner->query("CREATE FOREIGN TABLE wide_plain ($columns, $again) SERVER plain OPTIONS (endpoint '/test/rows')");
	my $n = fresh() + 60_000;
	my $all = "md5(string_agg(w::text, '' ORDER BY id)) FROM %s w WHERE n = $n";
	my $first = $owner->query('SELECT ' . sprintf $all, 'wide');
	$owner->query('SET dataconnect_fdw.read_in_thread = on');
	for my $thread (qw(on off))
	{
		$owner->query("SET dataconnect_fdw.inflate_in_thread = $thread");
		is($owner->query('SELECT ' . sprintf $all, 'wide'), $first, "wide, thread $thread: the same from the copy");
	}
	$owner->query('SET dataconnect_fdw.inflate_in_thread = on');
	like($owner->query('EXPLAIN (ANALYZE, COSTS OFF) SELECT ' . sprintf $all, 'wide'), qr/Records Read in Thread: [1-9]/,
		'wide: a copy is read in the thread');
	$owner->query('SET dataconnect_fdw.max_age = 0');
	is($owner->query('SELECT ' . sprintf $all, 'wide_plain'), $first, 'wide: read in the thread while it is copied');
	is($others[0]->query('SELECT ' . sprintf $all, 'wide_plain'), $first, 'wide: and from that copy');
	is(requests(), 2, 'wide: by one request each');
	$owner->query('RESET ALL');
}
{
	$owner->query(<<'END');
CREATE FOREIGN TABLE visits (id integer OPTIONS (name 'Id'), store integer OPTIONS (name 'StoreID', param 'StoreIDs', list 'true'))
	SERVER gzip OPTIONS (endpoint '/test/visits', batch_size '10');
CREATE TABLE stores AS SELECT g AS store FROM generate_series(1, 50) g;
ANALYZE stores;
END
	my $join = 'SELECT count(*), sum(id) FROM stores LEFT JOIN visits USING (store)';
	$dc->clear_log;
	my $wire = $owner->query($join);
	my $sent = requests();
	cmp_ok($sent, '>', 0, 'a join: sends requests');
	is($others[0]->query($join), $wire, 'a join: the same rows from copies');
	is(requests(), $sent, 'a join: which sends none');

	my ($n, $m) = (fresh(), fresh());
	my $append = "SELECT count(*), sum(id) FROM (SELECT id FROM t WHERE n = $n UNION ALL SELECT id FROM csv_gzip WHERE n = $m) u";
	$wire = $owner->query($append);
	is(requests(), 2, 'an Append: two requests');
	is($others[0]->query($append), $wire, 'an Append: the same rows');
	is(requests(), 2, 'an Append: from copies');

	$others[0]->open_cursor("SELECT id FROM t WHERE n = $n");
	is($others[0]->fetch(2)->{out}, "1\n2", 'a cursor reads a copy');
	$owner->query("SET dataconnect_fdw.max_age = 0; SELECT * FROM t WHERE n = $n; RESET dataconnect_fdw.max_age");
	like($others[0]->fetch('ALL')->{out}, qr/^3\n.*^$n\z/ms, 'and goes on when that is replaced');
	$others[0]->query('COMMIT');

	$dc->clear_log;
	$owner->query("PREPARE p(integer) AS SELECT count(*) FROM t WHERE n = \$1");
	is($owner->query("EXECUTE p($n)"), $n, 'a prepared statement') for 1 .. 7;
	is(requests(), 0, 'hits each time');
}

# The service's times are learned from the service.
{
	$dc->make_rows_table('learned', 'gzip');
	my $n = fresh();
	$dc->fault({ hold_headers => $true });
	$owner->send(sums('learned', $n));
	$dc->wait(held => 1);
	$dc->release;
	$owner->finish;
	my $learned = "SELECT first_byte_ms, records FROM dataconnect_learned WHERE foreign_table = 'learned'::regclass";
	my $before = $owner->query($learned);
	like($before, qr/^[\d.]+\|$n\z/, 'a reply teaches its time and size');
	$owner->query(sums('learned', $n)) for 1 .. 3;
	is($owner->query($learned), $before, 'its copies teach no other');
	is(requests(), 1, 'with one request');
}

# --- Not preloaded --------------------------------------------------------------

{
	my $alone = DataConnectTest->new;
	$alone->make_server('dc', max_age => '1h');
	$alone->make_rows_table('t', 'dc');
	my ($one, $other) = map { $alone->session } 1 .. 2;
	like($one->query(sums('t', 5)), qr/^5\|/, 'not preloaded: rows') for 1 .. 2;
	is(scalar @{ $alone->log }, 1, 'not preloaded: a session reads its own copies');
	like($other->query(sums('t', 5)), qr/^5\|/, 'not preloaded: rows for another');
	is(scalar @{ $alone->log }, 2, 'not preloaded: which has none yet');
}

# --- Off -------------------------------------------------------------------------

{
	$dc->make_rows_table('off', 'off');
	my $n = fresh();
	$owner->query(sums('off', $n)) for 1 .. 2;
	is(requests(), 2, 'off: each query asks');
	unlike($owner->query('EXPLAIN (ANALYZE) ' . sums('off', $n)), qr/Cache|Stale/, 'off: EXPLAIN shows nothing');
	$dc->clear_log;
	$owner->query("SET dataconnect_fdw.max_age = '1h'");
	$owner->query(sums('off', $n)) for 1 .. 2;
	is(requests(), 1, 'off: it left no copy');
}

$_->quit for $owner, @others;
done_testing();
