# Transactions whose snapshot is older than a load, and that read the mirror only later, see
# each row once: a table is loaded, committed, and attached once no snapshot is older.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";

use DataConnectMirror;
use DataConnectTest;
use PostgreSQL::Test::Utils;
use Test::More;

my $dc = DataConnectTest->new;
my $node = $dc->node;
$dc->make_server('dc');
$dc->sql(q{CREATE TABLE first_table (x integer);
	CREATE ROLE other;
	CREATE FOREIGN TABLE source (
		id integer OPTIONS (name 'Id'),
		at timestamp OPTIONS (name 'DateCreated', param_from 'StartDate', param_to 'StopDate')
	) SERVER dc OPTIONS (endpoint '/test/sales')});
my $all = $dc->sql(q{SELECT string_agg(id::text, ',' ORDER BY id) FROM source});
my $ids = q{SELECT string_agg(id::text, ',' ORDER BY id) FROM mirror};
my ($refresher, $between) = map { $dc->session } 1, 2;

sub make_mirror
{
	my ($due) = @_;
	$dc->sql(qq{SET client_min_messages = warning; DROP TABLE IF EXISTS mirror;
		SELECT dataconnect_mirror('source', target => 'mirror', by => 'at', since => '2026-01-01', late => '0 days',
			live => make_interval(days => (now() AT TIME ZONE 'UTC')::date - '$due'), key => '{id}')});
	return;
}

sub make_due
{
	my ($due) = @_;
	$dc->sql(qq{UPDATE dataconnect_mirror_mine SET live = make_interval(days => (now() AT TIME ZONE 'UTC')::date - '$due')});
	return;
}

sub horizon { return $dc->sql('SELECT horizon FROM dataconnect_mirror_mine') }

sub pending
{
	return $dc->sql(q{SELECT coalesce(string_agg(to_char(period_from, 'MMDD') || '-' || to_char(period_to, 'MMDD'), ' ' ORDER BY period_from, period_to), '')
		FROM dataconnect_mirror_pending_mine});
}

sub partitions
{
	return $dc->sql(q{SELECT string_agg(to_char(from_day, 'MMDD') || '-' || to_char(to_day, 'MMDD'), ' ' ORDER BY from_day)
		FROM dataconnect_mirror_partitions('mirror') WHERE to_day < 'infinity'});
}

# Tables that are neither partitions nor pending.
sub strays
{
	return $dc->sql(q{SELECT count(*) FROM pg_class c WHERE relkind IN ('r', 'f') AND relname LIKE 'mirror%' AND NOT relispartition
		AND NOT EXISTS (SELECT FROM dataconnect_mirror_pending_state p WHERE p.pending = c.oid)});
}

sub refresh { return $refresher->attempt(q{CALL dataconnect_refresh('mirror')}) }

# The waits are 15 times as long.
$refresher->query(q{SET lock_timeout = '20ms'});

sub is_put_off
{
	my ($name) = @_;
	my $result = refresh();
	is($result->{state}, '', "$name: the refresh is no error");
	like($result->{err}, qr/WARNING:  01000: refresh of mirror "public.mirror" ended early: transactions have snapshots from before the load.*One is that of process \d+\./s,
		'but says what it waits for');
	like($dc->sql('SELECT result FROM dataconnect_mirror_mine'), qr/^55P03: /, 'and so does the state');
	return;
}

# Attaches what is pending, and asks for none of its days.
sub goes_on
{
	my ($name, $horizon) = @_;
	$dc->clear_log;
	is(refresh()->{err}, '', "$name: the next refresh");
	is(scalar @{ $dc->log }, 0, 'asks for nothing');
	is(horizon() . ' ' . pending() . strays(), "$horizon 0", 'and puts all in place');
	is($dc->sql($ids), $all, 'with every row once');
	return;
}

# A session whose snapshot is of now, and that has not read the mirror.
sub old_session
{
	my $session = $dc->session;
	$session->query('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1');
	return $session;
}

# --- Whole steps ---------------------------------------------------------------

make_mirror('2026-04-01');
my $old = old_session();
is_put_off('whole steps');
is(horizon() . ' ' . pending(), '2026-01-01 0101-0201 0201-0301 0301-0401', 'all steps are loaded, none is in place');
is($dc->sql(q{SELECT here FROM dataconnect_mirrors}), 'empty', 'and the view says so');
is($dc->sql($ids), $all, 'a new session has all rows');
$between->query('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1');
is($old->query($ids), $all, 'and so has the old one');
$old->query('COMMIT');
goes_on('whole steps', '2026-04-01');
is($between->query($ids), $all, 'a snapshot from between load and exchange has all rows');
$between->query('COMMIT');
is($dc->sql('SELECT sum(records) FROM dataconnect_mirror_periods'), 60, 'all are counted');

# --- Added days, and the fold ----------------------------------------------------

make_mirror('2026-02-10');
is(refresh()->{err}, '', 'a month and some days');
is(partitions(), '0101-0201 0201-0210', 'in two partitions');
make_due('2026-02-20');
$old = old_session();
is_put_off('added days');
is(pending(), '0210-0220', 'they are beside');
make_due('2026-03-05');
is_put_off('later days');
is(horizon() . ' ' . pending(), '2026-02-10 0210-0220 0220-0301 0301-0305', 'they are beside as well');
is($old->query($ids), $all, 'the old session has all rows');
$old->query('COMMIT');

$old = old_session();
is_put_off('a complete step');
is(partitions() . ' | ' . pending(), '0101-0201 0201-0210 0210-0220 0220-0301 0301-0305 | 0201-0301',
	'what was loaded before is in place, but not the whole step');
is($old->query($ids), $all, 'the old session has all rows');
$old->query('COMMIT');
goes_on('a complete step', '2026-03-05');
is(partitions(), '0101-0201 0201-0301 0301-0305', 'it is one partition');
is($dc->sql(q{SELECT string_agg(to_char(period_from, 'MMDD') || '-' || to_char(period_to, 'MMDD'), ' ' ORDER BY period_from) FROM dataconnect_mirror_periods}),
	'0101-0201 0201-0301 0301-0305', 'and one period');
is($dc->sql(q{SELECT string_agg(c.relname, ' ' ORDER BY c.relname) FROM pg_class c WHERE relkind = 'r' AND relispartition}),
	'mirror_p20260101 mirror_p20260201 mirror_p20260301', 'with the name of a step');

# Rows that were written since a copy are not lost.
make_due('2026-03-20');
is(refresh()->{err}, '', 'more days');
make_due('2026-04-02');
$old = old_session();
is_put_off('more days');
$old->query('COMMIT');
$old = old_session();
is_put_off('another step');
is(pending(), '0301-0401', 'is copied');
my ($kept, $gone) = split /,/, $dc->sql(q{SELECT string_agg(id::text, ',') FROM mirror WHERE at >= '2026-03-01' AND at < '2026-04-01'});
$dc->sql("UPDATE mirror SET id = -1 WHERE id = $kept AND at < '2026-04-01'; DELETE FROM mirror WHERE id = $gone AND at < '2026-04-01';
	INSERT INTO mirror VALUES (-2, '2026-03-30')");
$old->query('COMMIT');
is(refresh()->{err}, '', 'after rows were written');
is(partitions() . pending(), '0101-0201 0201-0301 0301-0401 0401-0402', 'the step is whole');
is($dc->sql("SELECT count(*), count(*) FILTER (WHERE id < 0), count(*) FILTER (WHERE id IN ($kept, $gone)) FROM mirror WHERE at < '2026-04-01'"),
	'60|2|0', 'with what was written');

# --- A statement that goes on, and a dump ----------------------------------------

make_mirror('2026-04-01');
$dc->sql(q{CREATE FUNCTION rows_of_mirror() RETURNS bigint STABLE LANGUAGE plpgsql AS 'BEGIN RETURN (SELECT count(*) FROM mirror); END'});
my ($holder, $reader) = map { $dc->session } 1, 2;
$holder->query('SELECT pg_advisory_lock(1)');
$reader->send('SELECT rows_of_mirror() FROM pg_advisory_lock(1)');
ok($dc->wait_for_wait_event($reader->pid, '^advisory$'), 'a statement waits');
is_put_off('a long statement');
$holder->query('SELECT pg_advisory_unlock(1)');
is($reader->finish->{out}, 60, 'a stable function in it has all rows');
goes_on('a long statement', '2026-04-01');

# A refresh of another mirror is not waited for.
make_mirror('2026-04-01');
$dc->sql(q{CREATE FOREIGN TABLE visits (id integer OPTIONS (name 'Id')) SERVER dc OPTIONS (endpoint '/test/visits');
	SELECT dataconnect_mirror('visits', target => 'visits_here', key => '{id}')});
$dc->fault({ path => '/test/visits', hold_headers => 1 });
$reader->send(q{CALL dataconnect_refresh('visits_here')});
$dc->wait(held => 1);
is(refresh()->{err}, '', 'a refresh beside that of another mirror');
is($dc->sql(q{SELECT horizon, result FROM dataconnect_mirrors WHERE mirror = 'mirror'::regclass}), '2026-04-01|ok', 'does not wait for it');
$dc->release;
is($reader->finish->{err}, '', 'which goes on');
$dc->sql('DROP TABLE visits_here; DROP FOREIGN TABLE visits');

make_mirror('2026-04-01');
$holder->query('BEGIN; LOCK TABLE first_table');
my $file = PostgreSQL::Test::Utils::tempdir() . '/dump';
my ($out, $err) = ('', '');
my $dump = IPC::Run::start([ $node->installed_command('pg_dump'), '-f', $file, '-d', $node->connstr('postgres') ], '>', \$out, '2>', \$err);
ok($dc->wait_for_result(q{SELECT count(*) > 0 FROM pg_locks WHERE relation = 'first_table'::regclass AND NOT granted}, 't'), 'a dump has its snapshot');
is_put_off('a dump');
$holder->query('COMMIT');
$dump->finish;
is($err, '', 'it ends well');

# --- Dump and restore with pending tables ----------------------------------------

is(pending(), '0101-0201 0201-0301 0301-0401', 'tables are pending');
$node->command_ok([ 'pg_dump', '-Fc', '-f', $file, 'postgres' ], 'a dump with them');
$dc->clear_log;
$dc->sql('CREATE DATABASE copy');
$node->command_ok([ 'pg_restore', '--exit-on-error', '-d', 'copy', $file ], 'is restored');
my ($status, undef, $errors) = $node->psql('copy', q{CALL dataconnect_refresh('mirror')});
is("$status$errors" . scalar @{ $dc->log }, '00', 'a refresh there asks for nothing');
is($node->safe_psql('copy', "SELECT horizon FROM dataconnect_mirror_state; SELECT count(*) FROM dataconnect_mirror_pending_state;
	SELECT count(*), count(DISTINCT id) FROM mirror WHERE at < '2026-04-01'"), "2026-04-01\n0\n60|60", 'and puts them in place');

# --- A crash ---------------------------------------------------------------------

$node->stop('immediate');
$node->start;
$dc->forget_watcher;
($refresher, $between) = map { $dc->session } 1, 2;
$refresher->query(q{SET lock_timeout = '20ms'});
is(pending(), '0101-0201 0201-0301 0301-0401', 'after a crash the tables are still pending');
goes_on('a crash', '2026-04-01');

# --- A row that moves while tables are pending -------------------------------------

my $ledger = DataConnectMirror->new($dc, name => 'mirror', source_name => 'ledger', server => 'dc');
my $today = $ledger->today;
$dc->sql('DROP TABLE mirror');
$ledger->change(put => [ $ledger->row(1, $today - 40), $ledger->row(2, $today - 40), $ledger->row(3, $today - 12) ]);
$dc->sql($ledger->source_sql . $ledger->mirror_sql(since => $ledger->date($today - 45), step => '10 days', live => '15 days', late => '0 days'));
$old = old_session();
is_put_off('a row that will move');
$ledger->change(put => [ $ledger->row(1, $today - 12) ]);
$dc->sql(q{UPDATE dataconnect_mirror_mine SET live = '10 days'});
is_put_off('a row that has moved');
$old->query('COMMIT');
is(refresh()->{err}, '', 'a row that has moved');
is($dc->sql(q{SELECT string_agg(id::text, ' ' ORDER BY id) FROM mirror}), '1 2 3', 'is there once');
is($dc->sql(q{SELECT sum(records) FROM dataconnect_mirror_periods}), 3, 'and is counted once');
# Days that were loaded by an earlier refresh are read again if they are late.
$dc->sql(q{UPDATE dataconnect_mirror_mine SET live = '8 days', late = '3 days'});
$old = old_session();
is_put_off('late days');
$old->query('COMMIT');
$ledger->change(put => [ $ledger->row(4, $today - 9) ]);
is(refresh()->{err}, '', 'late days');
is($dc->sql("SELECT count(*) FROM mirror WHERE id = 4 AND date_created < '@{[ $ledger->date($today - 8) ]}'"), 1, 'are read again once they are in place');

# --- Pending tables that are dropped or altered -----------------------------------

sub make_pending
{
	make_mirror('2026-04-01');
	my $session = old_session();
	refresh();
	$session->query('COMMIT');
	$dc->clear_log;
	return;
}

sub asked { return join ' ', sort map { $_->{Query} =~ /StartDate=2026-(\d\d)/ ? $1 : () } @{ $dc->log } }

for my $case (
	[ 'DROP TABLE mirror_p20260201', '', '02' ],
	[ 'ALTER TABLE mirror_p20260201 ADD COLUMN x integer', 'was altered', '02' ],
	[ 'ALTER TABLE mirror_p20260201 DROP CONSTRAINT dataconnect_mirror_bounds', 'was altered', '02' ],
	[ 'TRUNCATE mirror_p20260201', 'has lost its rows', '02' ],
	[ 'ALTER TABLE mirror ADD COLUMN own text', 'was loaded before', '01 02 03' ],
	[ 'CREATE INDEX ON mirror (at)', 'was loaded before', '01 02 03' ],
	[ q{ALTER FOREIGN TABLE source OPTIONS (ADD max_age '1s')}, 'was loaded before', '01 02 03' ],
	[ 'ALTER FOREIGN TABLE source OPTIONS (DROP max_age)', '', '' ],
	[ 'ALTER TABLE mirror RENAME TO mirror_2; ALTER TABLE mirror_2 RENAME TO mirror', '', '' ],
	[ 'ALTER TABLE mirror_p20260201 RENAME TO mirror_of_february', '', '' ],
	[ q{UPDATE dataconnect_mirror_pending_mine SET loaded_xid = '99999999999', table_oid = 1}, '', '' ])
{
	my ($sql, $notice, $months) = @$case;
	make_pending();
	$dc->sql($sql);
	my $result = refresh();
	is($result->{state}, '', "$sql: no error");
	like($result->{err}, $notice ? qr/NOTICE:.* is given up: they are loaded again.*$notice/s : qr/^$/, "said: $notice") unless $sql =~ /max_age\)$/;
	is(asked(), $months, 'asked again for these months') unless $sql =~ /max_age\)$/;
	is($dc->sql($ids) . ' ' . horizon() . pending() . strays(), "$all 2026-04-010", 'everything is in place');
}

make_pending();
$dc->sql('ALTER TABLE mirror OWNER TO other');
is(refresh()->{state}, '42501', 'the new owner may not read the source');
$dc->sql('GRANT SELECT ON source TO other');
is(refresh()->{err}, '', 'a new owner');
is($dc->sql(q{SELECT string_agg(DISTINCT relowner::regrole::text, ' ') FROM pg_class WHERE relname LIKE 'mirror%'}), 'other', 'owns all partitions');

# What is known of transactions is that of another server: they are pending from now on.
for my $changes ("loaded_xid = '99999999999'", "loaded_xid = '3', table_oid = 1")
{
	make_pending();
	$dc->sql("UPDATE dataconnect_mirror_pending_mine SET $changes");
	$old = old_session();
	is_put_off($changes);
	$between->query('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1');
	$old->query('COMMIT');
	goes_on($changes, '2026-04-01');
	$between->query('COMMIT');
}

# A new column of the source.
make_pending();
$dc->sql(q{ALTER FOREIGN TABLE source ADD COLUMN total numeric OPTIONS (name 'Total')});
like(refresh()->{err}, qr/gets the new column "total".*is given up/s, 'a new column of the source');
is($dc->sql(q{SELECT count(total) FROM mirror WHERE at < '2026-04-01'}), 60, 'is loaded');

# The mirror goes.
make_pending();
$dc->sql('DROP TABLE mirror');
is(strays() . $dc->sql('SELECT count(*) FROM dataconnect_mirror_pending_state'), '00', 'dropped with the mirror');
make_pending();
$dc->sql(q{SELECT dataconnect_unmirror('mirror')});
is($dc->sql(q{SELECT count(*) FROM pg_class WHERE relname LIKE 'mirror\_p%' AND relkind = 'r'})
	. $dc->sql('SELECT count(*) FROM dataconnect_mirror_pending_state'), '00', 'and where the mirror ends');
$dc->sql('DROP TABLE mirror');

# The state names tables of others.
make_pending();
$dc->sql(q{CREATE ROLE owner LOGIN; GRANT SELECT ON source TO owner; ALTER TABLE mirror OWNER TO owner});
my $owner = $dc->session(user => 'owner');
is($owner->attempt(q{INSERT INTO dataconnect_mirror_pending_mine SELECT target, 'first_table', 'first_table'::regclass, period_from, period_to,
	loaded_at, loaded_xid, records, rejected, request, shape FROM dataconnect_mirror_pending_mine LIMIT 1})->{state}, '42501', 'not in the state of an owner');
is($owner->attempt(q{SELECT dataconnect_mirror_goes_with('first_table', 'mirror')})->{state}, '42501', 'nor by a dependency');
is($owner->query(q{SELECT dataconnect_mirror_old_snapshot('3')}), '', 'everyone sees snapshots');

done_testing();
