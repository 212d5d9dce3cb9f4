# A refresh of a mirror beside sessions that read it, beside another refresh, and one that is
# killed: readers wait no longer than a try for a lock, and what is loaded is whole.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";

use DataConnectTest;
use Test::More;

my $dc = DataConnectTest->new;
$dc->make_server('dc');
$dc->sql(q{CREATE FOREIGN TABLE source (
	id integer OPTIONS (name 'Id'),
	at timestamp OPTIONS (name 'DateCreated', param_from 'StartDate', param_to 'StopDate')
	) SERVER dc OPTIONS (endpoint '/test/sales')});
my $all = $dc->sql(q{SELECT string_agg(id::text, ',' ORDER BY id) FROM source});

# A mirror whose horizon is due on a day.
sub make_mirror
{
	my ($due) = @_;
	$dc->sql(qq{SET client_min_messages = warning; DROP TABLE IF EXISTS mirror;
		SELECT dataconnect_mirror('source', target => 'mirror', by => 'at', since => '2026-01-01',
			live => make_interval(days => (now() AT TIME ZONE 'UTC')::date - '$due'), key => '{id}')});
	return;
}

sub make_due
{
	my ($due) = @_;
	return $dc->sql(qq{UPDATE dataconnect_mirror_mine
		SET live = make_interval(days => (now() AT TIME ZONE 'UTC')::date - '$due')});
}

sub horizon { return $dc->sql('SELECT horizon FROM dataconnect_mirror_mine') }
sub ids { return $dc->sql(q{SELECT string_agg(id::text, ',' ORDER BY id) FROM mirror}) }

# Tables beside the mirror, its partitions and its source.
sub strays
{
	return $dc->sql(q{SELECT coalesce(string_agg(relname, ',' ORDER BY relname), '') FROM pg_class
		WHERE relkind IN ('r', 'f') AND relname LIKE 'mirror%' AND NOT relispartition
			AND NOT EXISTS (SELECT FROM dataconnect_mirror_pending_state WHERE pending = pg_class.oid)});
}

my ($refresh, $reader, $other) = map { $dc->session } 1 .. 3;
$_->query(q{SET statement_timeout = '60s'}) for $refresh, $reader, $other;

# --- A reader that keeps its lock -----------------------------------------------

for my $case ([ 'a new partition', '2026-02-10', '2026-03-01' ], [ 'added days', '2026-02-20', '2026-02-21' ])
{
	my ($what, $first, $due) = @$case;
	make_mirror($first);
	$refresh->query(q{CALL dataconnect_refresh('mirror')});
	make_due($due);
	$reader->query(q{BEGIN; SELECT count(*) FROM mirror WHERE at < '2026-01-05'});
	$refresh->send(q{CALL dataconnect_refresh('mirror')});
	ok($dc->wait_for_wait_event($refresh->pid, '^relation$'), "$what: the refresh waits for the lock");
	is($other->query(q{SELECT count(*) FROM mirror WHERE at < '2026-01-02'}), 4,
		"$what: another reader gets its turn");
	ok(!$refresh->is_done, "$what: while the refresh goes on trying");
	is(horizon(), $first, "$what: the horizon has not moved");
	$reader->query('COMMIT');
	is($refresh->finish->{err}, '', "$what: the refresh gets the lock in the end");
	is(horizon(), $due, "$what: the horizon has moved");
	is(ids(), $all, "$what: no row is missing or twice");
}

# One that keeps it for longer than all tries.
make_mirror('2026-02-10');
$reader->query(q{BEGIN; LOCK TABLE mirror IN ACCESS SHARE MODE});
$refresh->query(q{SET lock_timeout = '10ms'});
my $result = $refresh->attempt(q{CALL dataconnect_refresh('mirror')});
like($result->{err}, qr/WARNING:  01000: refresh of mirror "public.mirror" ended early: could not lock mirror/,
	'a warning');
is($result->{state}, '', 'and no error');
is(horizon(), '2026-01-01', 'nothing is in place');
is($dc->sql(q{SELECT string_agg(pending::text, ' ' ORDER BY period_from) FROM dataconnect_mirror_pending_mine}),
	'mirror_p20260101 mirror_p20260201', 'but all is loaded');
is(strays(), '', 'nothing else is left of the try');
$dc->clear_log;
like($dc->sql('SELECT result FROM dataconnect_mirror_mine'), qr/^55P03: /, 'the result is noted');
$reader->query('COMMIT');
is($refresh->attempt(q{CALL dataconnect_refresh('mirror')})->{err}, '', 'the next refresh');
is(scalar @{ $dc->log(path => '/test/sales') }, 1, 'asks for the late days alone');
is(horizon() . ' ' . ids(), "2026-02-10 $all", 'and does all of it');
$refresh->query('RESET lock_timeout');

# --- Two at a time ---------------------------------------------------------------

make_mirror('2026-03-10');
$dc->fault({ path => '/test/sales', param => { StartDate => '2026-02-01T00:00:00.000Z' }, hold_headers => 1 });
$refresh->send(q{CALL dataconnect_refresh('mirror')});
$dc->wait(held => 1);
is(horizon(), '2026-02-01', 'a period is in place before the next one is asked for');
like($other->attempt(q{CALL dataconnect_refresh('mirror')})->{err},
	qr/NOTICE:  00000: mirror "public.mirror" is being refreshed by another session/, 'the second one returns');
is($other->query(q{SELECT count(*) FROM mirror WHERE at < '2026-02-01'}),
	$dc->sql(q{SELECT count(*) FROM source WHERE at < '2026-02-01'}), 'readers do not wait for the service');
$dc->release;
is($refresh->finish->{err}, '', 'the first one ends');
is(horizon() . ' ' . ids(), "2026-03-10 $all", 'and has done all');

# --- Killed while it loads -------------------------------------------------------

make_mirror('2026-03-10');
$dc->fault({ path => '/test/sales', param => { StartDate => '2026-02-01T00:00:00.000Z' }, hold_headers => 1 });
$refresh->send(q{CALL dataconnect_refresh('mirror')});
$dc->wait(held => 1);
$dc->sql('SELECT pg_terminate_backend(' . $refresh->pid . ')');
$refresh->finish;
is(horizon() . ' ' . strays(), '2026-02-01 ', 'a refresh that is killed leaves whole periods');
$dc->release;
is(ids(), $all, 'and the service answers for the rest');
is($other->attempt(q{CALL dataconnect_refresh('mirror')})->{err}, '', 'the next one goes on');
is(horizon() . ' ' . ids(), "2026-03-10 $all", 'to the end');

# --- Other owners ----------------------------------------------------------------

$dc->sql(q{CREATE ROLE owner LOGIN; CREATE ROLE member LOGIN IN ROLE owner; CREATE ROLE stranger LOGIN;
	GRANT CREATE ON SCHEMA public TO owner, member; GRANT SELECT ON source TO owner, member, stranger;
	GRANT USAGE ON FOREIGN SERVER dc TO owner, member;
	CREATE USER MAPPING FOR owner SERVER dc OPTIONS (token 'sandbox-token');
	CREATE USER MAPPING FOR member SERVER dc OPTIONS (token 'sandbox-token')});
make_mirror('2026-02-10');
$dc->sql(q{ALTER TABLE mirror OWNER TO owner; SELECT dataconnect_mirror_check('mirror')});
my ($member, $stranger) = map { $dc->session(user => $_) } qw(member stranger);
is($stranger->attempt(q{CALL dataconnect_refresh('mirror')})->{state}, '42501', 'a stranger may not refresh');
is($stranger->query('SELECT count(*) FROM dataconnect_mirror_mine'), 0, 'and sees nothing of the mirror');
is($stranger->attempt('SELECT count(*) FROM dataconnect_mirror_state')->{state}, '42501', 'not in the tables, either');
is($stranger->attempt(q{INSERT INTO dataconnect_mirror_mine (target, source, managed)
	VALUES ('source', 'source', true)})->{state}, '44000', 'and cannot add what is not its own');
is($member->attempt(q{CALL dataconnect_refresh('mirror')})->{err}, '', 'a member of the owner may refresh');
is($dc->sql(q{SELECT string_agg(DISTINCT relowner::regrole::text, ',') FROM pg_class WHERE relname LIKE 'mirror%'}),
	'owner', 'and all partitions are the owner\'s');
is(horizon(), '2026-02-10', 'up to the horizon');

# Names in the caller's search_path are not used.
$dc->sql(q{CREATE SCHEMA trap; GRANT USAGE ON SCHEMA trap TO PUBLIC});
$dc->sql(q{CREATE FUNCTION trap.caught(anyelement, anyelement) RETURNS boolean LANGUAGE plpgsql AS
	$$BEGIN RAISE EXCEPTION 'caught'; END$$;
	CREATE OPERATOR trap.= (LEFTARG = anyelement, RIGHTARG = anyelement, FUNCTION = trap.caught);
	CREATE FUNCTION trap.now() RETURNS timestamptz LANGUAGE plpgsql AS $$BEGIN RAISE EXCEPTION 'caught'; END$$;
	CREATE FUNCTION trap.format(text, VARIADIC "any") RETURNS text LANGUAGE internal AS 'text_format';
	CREATE TABLE trap.pg_class (oid oid)});
make_due('2026-02-12');
$member->query('SET search_path = trap, pg_catalog, public; SET DateStyle = "SQL, DMY"; SET TimeZone = "Asia/Tokyo"');
is($member->attempt(q{CALL public.dataconnect_refresh('public.mirror')})->{err}, '', 'with another search_path');
is(horizon(), '2026-02-12', 'the same');

done_testing();
