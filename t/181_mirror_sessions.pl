# Refreshes of a mirror beside each other, beside readers, ended in each phase, and in
# sessions with other settings.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";

use DataConnectMirror;
use DataConnectTest;
use PostgreSQL::Test::Utils;
use Test::More;

use constant { BEFORE => 40, LIVE => 20, LATE => 2, ROWS => 3 };

my $dc = DataConnectTest->new;
my $node = $dc->node;
my $number = 0;
my ($mirror, $today, $since, $live);

# A new mirror of a new ledger, with nothing loaded, whose steps are of five days.
sub make
{
	my (%argument) = @_;
	my $id = 0;
	$mirror->change(delete => [ map { 0 + $_ } $mirror->ids ]) if $mirror && $mirror->ids;
	$number++;
	$mirror = DataConnectMirror->new($dc, name => "m$number", source_name => "s$number", server => "dc$number");
	$today = $mirror->today;
	$since = $today - BEFORE;
	$live = LIVE;
	$mirror->change(put => [ map { my $day = $_; map { $mirror->row(++$id, $day) } 1 .. ROWS } $since .. $today ]);
	$dc->sql($dc->server_sql("dc$number", max_retries => 0) . ';' . $mirror->source_sql
		  . $mirror->mirror_sql(since => $mirror->date($since), step => '5 days', live => "$live days",
			  late => LATE . ' days', %argument));
	return;
}

sub call { return "CALL dataconnect_refresh('$mirror->{name}')" }
sub call_briefly { return "SET lock_timeout = '50ms'; @{[ call() ]}; RESET lock_timeout" }
sub horizon { return $dc->sql("SELECT horizon - date '1970-01-01' FROM dataconnect_mirror_mine WHERE target = '$mirror->{name}'::regclass") }
sub result { return $dc->sql("SELECT result FROM dataconnect_mirror_mine WHERE target = '$mirror->{name}'::regclass") }

# Some days pass.
sub let_days_pass
{
	my ($days) = @_;
	$live -= $days;
	$dc->sql("UPDATE dataconnect_mirror_mine SET live = '$live days' WHERE target = '$mirror->{name}'::regclass");
	return;
}

sub is_right
{
	my ($name, $session) = @_;
	my $version = $mirror->version;
	is($mirror->mismatches($mirror->days($session || $dc->session), $since, $today + 1000,
			sub { return $mirror->is_state(@_, $version, $version) }), '', "$name: every row once");
	return;
}

sub is_complete
{
	my ($name, $session) = @_;
	is($mirror->date(horizon()), $mirror->date($today - $live), "$name: up to the horizon");
	is(result(), 'ok', "$name: and well");
	is_right($name, $session);
	return;
}

sub hold
{
	my ($nth) = @_;
	my %which = (path => '/test/ledger');
	$dc->clear_log;
	$dc->fault(($nth > 1 ? { %which, count => $nth - 1 } : ()), { %which, hold_headers => JSON::PP::true });
	return;
}

sub waits_for_lock
{
	my ($session, $type) = @_;
	$type ||= '.*';
	return $dc->wait_for_result("SELECT count(*) > 0 FROM pg_locks WHERE pid = @{[ $session->pid ]}
		AND NOT granted AND locktype ~ '$type'", 't');
}

# --- Two refreshes are one ---------------------------------------------------

my ($first, $second) = map { $dc->session } 1, 2;
make();
hold(2);
$first->send(call());
$dc->wait(held => 1);
my $other = $second->attempt("SET statement_timeout = '20s'; @{[ call() ]}; RESET statement_timeout");
is($other->{state}, '', 'another refresh meanwhile is no error');
like($other->{err}, qr/NOTICE:  \S+:? .*refresh/i, 'but says why it does nothing');
ok(!$first->is_done, 'while the first one goes on');
$dc->release;
is($first->finish->{err}, '', 'which then ends');
is_complete('two at once');
{
	my %asked;
	$asked{ $_->{Query} }++ for @{ $dc->log };
	is(join(', ', grep { $asked{$_} > 1 } sort keys %asked), '', 'nothing was asked twice');
}

# --- Beside readers ----------------------------------------------------------

# A transaction that has read the table keeps the refresh from putting a period in place.
# Readers that come then wait for the refresh, which gives up before them.
make();
$first->query(call());
let_days_pass(7);
my ($holder, $reader) = map { $dc->session } 1, 2;
my $early = "SELECT count(*) FROM $mirror->{name} WHERE date_created < '@{[ $mirror->date($since + 2) ]}'";
$holder->query("BEGIN; $early");
my $before = horizon();
$first->send(call_briefly());
ok(waits_for_lock($first, 'relation'), 'a refresh waits for a reader');
$reader->send("SET lock_timeout = '20s'; $early");
is($reader->finish->{out}, 2 * ROWS, 'a reader that comes then gets its rows, though the first still reads');
my $result = $first->finish;
is($result->{state}, '', 'the refresh gives up without an error');
like($result->{err}, qr/WARNING/, 'but with a warning');
is(horizon(), $before, 'and changes nothing');
isnt(result(), 'ok', 'which the state says');
is_right('meanwhile', $holder);
$holder->query('COMMIT');
$first->query(call());
is_complete('after the reader');

# pgbench beside a refresh: none of its queries waits longer than the refresh tries.
make();
{
	my $script = PostgreSQL::Test::Utils::tempdir() . '/read.sql';
	append_to_file($script, "SELECT count(*) FROM $mirror->{name} WHERE date_created < '@{[ $mirror->date($since + 2) ]}';\n");
	my ($out, $err) = ('', '');
	my $pgbench = do
	{
		local @ENV{qw(PGOPTIONS PGAPPNAME)} = ('-c lock_timeout=5s -c log_statement=none', 'pgbench');
		IPC::Run::start([ $node->installed_command('pgbench'), '-n', '-c', 2, '-T', 60, '-f', $script,
		'-d', $node->connstr('postgres') ], '>', \$out, '2>', \$err);
	};
	ok($dc->wait_for_result("SELECT count(*) > 1 FROM pg_stat_activity WHERE application_name = 'pgbench'", 't'), 'pgbench runs');
	for (1 .. 3)
	{
		$first->query(call());
		let_days_pass(5);
	}
	my $ends = $dc->sql("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'pgbench'");
	$pgbench->finish;
	is($ends, 2, 'pgbench was still there');
	is(join("\n", grep { /ERROR|55P03/ } split /\n/, $err), '', 'and no query of it failed');
	$first->query(call());
	is_complete('beside pgbench');
}

# A cursor rests in the middle of the mirror.
make();
$first->query(call());
let_days_pass(3);
$reader->open_cursor("SELECT id, date_created FROM $mirror->{name}");
my @read = split /\n/, $reader->fetch(10)->{out};
$result = $first->attempt(call_briefly());
like("$result->{state}|$result->{err}", qr/^\|.*WARNING/, 'a cursor at rest: the refresh gives up');
push @read, split /\n/, $reader->fetch('ALL')->{out};
$reader->query('COMMIT');
is(scalar(@read), scalar(my @ids = $mirror->ids), 'the cursor has each row');
is(scalar(keys %{ { map { $_ => 1 } @read } }), scalar(@read), 'once');
$first->query(call());
is_complete('after the cursor');

# --- Ended in each phase -----------------------------------------------------

# While it fetches, while it waits for a reader, while it writes its state.
my %phase = (
	'before the first reply' => sub { hold(1); return sub { $dc->wait(held => 1); } },
	'before the third reply' => sub { hold(3); return sub { $dc->wait(held => 1); } },
	'in the middle of a reply' => sub {
		$dc->fault({ path => '/test/ledger', hold_after => { bytes => 20 } });
		return sub { $dc->wait(held => 1) };
	},
	'while it waits for a reader' => sub {
		$holder->query("BEGIN; $early");
		return sub { waits_for_lock($first, 'relation') };
	},
	'while it writes its state' => sub {
		$holder->query("BEGIN; SELECT FROM dataconnect_mirror_state WHERE target = '$mirror->{name}'::regclass FOR UPDATE");
		return sub { waits_for_lock($first, 'transactionid|tuple') };
	});
for my $phase (sort keys %phase)
{
	for my $how (qw(cancel terminate))
	{
		make();
		$early = "SELECT count(*) FROM $mirror->{name} WHERE date_created < '@{[ $mirror->date($since + 2) ]}'";
		$first->query(call()) if $phase =~ /reader/;
		let_days_pass(4) if $phase =~ /reader/;
		my $reached = $phase{$phase}->();
		$first->send(call());
		ok($reached->() // 1, "$phase, $how: reached");
		$dc->sql("SELECT pg_${how}_backend(@{[ $first->pid ]})");
		like($first->finish->{state}, qr/^57/, "$phase, $how: ended");
		$dc->release;
		$dc->clear_faults;
		$holder->query('ROLLBACK');
		is_right("$phase, $how");
		is($dc->sql("SELECT count(*) FROM pg_class c WHERE relkind IN ('r', 'f') AND relname ~ '^$mirror->{name}_'
			AND NOT EXISTS (SELECT FROM pg_inherits WHERE inhrelid = c.oid)
			AND NOT EXISTS (SELECT FROM dataconnect_mirror_pending_state WHERE pending = c.oid)"), 0, "$phase, $how: nothing is left over");
		$first = $dc->session if $how eq 'terminate';
		is($first->attempt(call())->{err}, '', "$phase, $how: the next one goes on");
		is_complete("$phase, $how");
	}
}

# --- Where it is called ------------------------------------------------------

make();
$result = $first->attempt('BEGIN; ' . call());
is($result->{state}, '25001', 'not in a transaction block');
$first->query('ROLLBACK');
$dc->sql("CREATE FUNCTION refresh() RETURNS void LANGUAGE plpgsql AS \$\$ BEGIN @{[ call() ]}; END \$\$");
$result = $first->attempt('SELECT refresh()');
is($result->{state}, '2D000', 'nor in a function');
is($dc->sql("SELECT count(*) FROM dataconnect_mirror_period_mine WHERE target = '$mirror->{name}'::regclass"), 0,
	'and nothing is loaded then');
is($first->attempt("DO \$\$ BEGIN @{[ call() ]}; END \$\$")->{err}, '', 'but in DO');
is_complete('in DO');
let_days_pass(2);
is($first->attempt(call())->{err}, '', 'and again in the same session');
is_complete('again');
$result = $first->attempt("SET default_transaction_isolation = 'repeatable read'; @{[ call() ]}");
is($result->{state}, '25000', 'not with the snapshot of a transaction');
$first->query('RESET default_transaction_isolation');

# Settings of the session change nothing.
for my $settings (
	"SET TimeZone = 'Pacific/Auckland'; SET DateStyle = 'German, DMY'; SET IntervalStyle = 'sql_standard'",
	"SET TimeZone = 'America/St_Johns'; SET DateStyle = 'SQL, MDY'; SET extra_float_digits = 0",
	"SET search_path = ''", "SET dataconnect_fdw.max_age = '1h'",
	"SET session_replication_role = 'replica'", "SET enable_partition_pruning = off",
	"SET constraint_exclusion = off", "SET lock_timeout = '1h'; SET statement_timeout = '1h'",
	"SET quote_all_identifiers = on; SET array_nulls = off; @{[ $dc->escapes_in_strings ]}",
	"SET plpgsql.variable_conflict = 'use_column'; SET plpgsql.extra_errors = 'all'", "SET transform_null_equals = on",
	'SET ' . ($dc->{node}->pg_version >= 16 ? 'debug_parallel_query' : 'force_parallel_mode') . ' = on',
	"SET client_min_messages = error", "SET default_table_access_method = heap; SET default_tablespace = ''",
	"CREATE SCHEMA IF NOT EXISTS trap; CREATE TABLE IF NOT EXISTS trap.dataconnect_mirror_mine (x int); SET search_path = trap, public")
{
	make();
	my $session = $dc->session;
	my ($where) = $settings =~ /^(.{1,60})/;
	is($session->attempt("$settings; CALL public.dataconnect_refresh('public.$mirror->{name}')")->{err}, '', "$where: loads");
	$mirror->change(put => [ $mirror->row(1, $today - LIVE - 1), $mirror->row(2, $today - LIVE - 2) ]);
	let_days_pass(3);
	is($session->attempt("CALL public.dataconnect_refresh('public.$mirror->{name}')")->{err}, '', "$where: goes on");
	is_complete($where);
	is($dc->sql("SELECT count(*) FROM $mirror->{name} WHERE id IN (1, 2) AND date_created < '@{[ $mirror->date($today - $live) ]}'"),
		2, "$where: moved rows are there once");
}

# --- Plans that are kept -----------------------------------------------------

make();
$first->query(call());
$reader = $dc->session;
my $all = ROWS * (BEFORE + 1);
my %prepared = (
	everything => [ "SELECT count(*), count(DISTINCT id) FROM $mirror->{name}", '', "$all|$all" ],
	'a range' => [ "SELECT count(*), count(DISTINCT id) FROM $mirror->{name} WHERE date_created >= \$1 AND date_created < \$2",
		"('@{[ $mirror->date($since) ]}', '@{[ $mirror->date($today + 1) ]}')", "$all|$all" ],
	'around the horizon' => [ "SELECT count(*), count(DISTINCT id) FROM $mirror->{name} WHERE date_created >= \$1 AND date_created < \$2",
		"('@{[ $mirror->date($today - LIVE - 3) ]}', '@{[ $mirror->date($today - LIVE + 12) ]}')", 15 * ROWS . '|' . 15 * ROWS ]);
my %name = map { my $name = $_; (my $short = $name) =~ s/ /_/g; $name => $short } keys %prepared;
$reader->query("PREPARE $name{$_}" . ($prepared{$_}[1] ? '(timestamp, timestamp)' : '') . " AS $prepared{$_}[0]") for keys %prepared;
for my $round (1 .. 9)
{
	is($reader->query("EXECUTE $name{$_}$prepared{$_}[1]"), $prepared{$_}[2], "$_, execution $round") for sort keys %prepared;
	next if $round < 6;
	let_days_pass(3);
	$first->query(call());
}
is($reader->query('SELECT min(generic_plans) > 0 FROM pg_prepared_statements'), 't', 'with generic plans');

# --- With the library preloaded ----------------------------------------------

$dc->node->append_conf('postgresql.conf', "shared_preload_libraries = 'dataconnect_fdw'\n");
$node->restart;
$dc->forget_watcher;
$first = $dc->session;
make();
hold(2);
$first->send(call());
$dc->wait(held => 1);
like($dc->session->attempt(call())->{err}, qr/NOTICE/, 'preloaded: another refresh returns');
$dc->release;
is($first->finish->{err}, '', 'preloaded: the first ends');
let_days_pass(6);
is($first->attempt(call())->{err}, '', 'preloaded: another run');
is_complete('preloaded');

done_testing();
