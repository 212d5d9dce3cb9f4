# A mirror shows what the service shows, whatever happens: the data change, rows move to
# other days, time passes, replies are cut or refused, refreshes are cancelled or killed,
# the server crashes. After each step each day is compared with all that it ever was; a
# reader beside it never sees a part of a day. DATACONNECT_SEED and DATACONNECT_MIRROR_STEPS
# (of each of three worlds) select other steps, which then take as long as they take.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";

use DataConnectMirror;
use DataConnectTest;
use List::Util qw(max min);
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep time);

use constant { BEFORE => 40, LATE => 3, ENOUGH => 3 };

my $seed = $ENV{DATACONNECT_SEED} || 1;
my $steps = $ENV{DATACONNECT_MIRROR_STEPS} || 16;
my $seconds = $ENV{DATACONNECT_MIRROR_STEPS} ? 1e9 : 11;    # for the steps of a world
my %count;

my $dc = DataConnectTest->new(conf => <<'END');
shared_preload_libraries = 'dataconnect_fdw'
restart_after_crash = on
timezone = 'Europe/Berlin'
END
my $node = $dc->node;
my $port = $dc->listen('service');
$dc->sql(<<'END');
CREATE ROLE reader LOGIN;
CREATE TABLE stop (pid integer);
GRANT SELECT ON stop TO reader;
-- Reads until it is told to stop, each time in a transaction of its own, and says what it sees
-- when that differs from what it saw before.
CREATE PROCEDURE read_on(query text) LANGUAGE plpgsql AS $$
DECLARE
	line text;
	said text;
	reads integer := 0;
BEGIN
	LOOP
		BEGIN
			EXECUTE query INTO line;
			line := 'read ' || line;
			reads := reads + 1;
		EXCEPTION WHEN OTHERS THEN
			line := format('failed %s: %s', SQLSTATE, SQLERRM);
		END;
		IF line IS DISTINCT FROM said THEN
			RAISE NOTICE '%', line;
			said := line;
		END IF;
		COMMIT;
		EXIT WHEN EXISTS (SELECT FROM stop WHERE pid = pg_backend_pid());
	END LOOP;
	RAISE NOTICE 'reads %', reads;
END $$;
END

# What a refresh may end with when the service misbehaves; its warnings have none.
my %outage = map { $_ => 1 } qw(HV000 HV00N HV00M 53400 54000);

# --- A world -----------------------------------------------------------------

my ($world, $mirror, $today, $since, $next, $reader, $session, %known);

sub pick { return $_[ int rand @_ ] }

sub make_world
{
	my ($number) = @_;
	srand($seed * 1000 + $number);
	$world = {
		type => pick(qw(timestamp timestamp timestamptz date)), zone => pick('UTC', 'America/New_York', 'Asia/Tokyo'),
		source => pick(qw(window window parameters)), split => pick(0, 1), shows_version => pick(0, 0, 1),
		step => pick('1 day', '4 days', '7 days', '1 month'), live => pick(0, BEFORE, BEFORE),
		key => pick('{id}', '{id}', undef) };
	$world->{what} = "seed $seed, world $number: " . join ', ',
	  map { "$_ " . ($world->{$_} // 'none') } sort keys %$world;
	note($world->{what});
	$mirror = DataConnectMirror->new($dc, %$world, server => "dc$number", name => "mirror$number",
		source_name => "ledger$number");
	$dc->control('POST', 'ledger', { delete => [ map { 0 + $_ } @{ $world->{old} } ] }) if $world->{old};
	$today = $mirror->today;
	$since = $today - BEFORE - 12;
	$next = 0;
	$mirror->change(put => [ map { new_row($_) } map { ($_) x int rand 5 } $since - 2 .. $today ]);
	$dc->sql($dc->server_sql("dc$number", url => "http://127.0.0.1:$port", timezone => $world->{zone},
			max_concurrency => 4, max_retries => 0, connect_timeout => '5s', idle_timeout => '20s')
		  . ";\nCREATE USER MAPPING FOR reader SERVER dc$number OPTIONS (username 'analyst', password 's3cret');\n"
		  . $mirror->source_sql
		  . $mirror->mirror_sql(since => $mirror->date($since), step => $world->{step}, live => "$world->{live} days",
			  late => LATE . ' days', indexes => '{store_id}')
		  . ";\nGRANT SELECT ON $mirror->{name} TO reader");
	%known = ();
	$reader = undef;
	return;
}

sub new_row { return $mirror->row(++$next, $_[0]) }
sub horizon { return $dc->sql("SELECT horizon - date '1970-01-01' FROM dataconnect_mirror_mine WHERE target = '$mirror->{name}'::regclass") }
sub live { return $world->{live} }

# The day after the last that a query shows.
sub last_day { return live() ? $today + 1000 : horizon() }

# --- The data ----------------------------------------------------------------

# Most changes are where a refresh looks. A query that names no end does not see the rows
# of days that are to come.
sub some_day
{
	my $horizon = $today - live() + 1;
	return min($today, pick($horizon - 1 - int rand LATE, $horizon + int rand 4, $since + int rand($today + 1 - $since)));
}

sub change
{
	my (%put, %delete);
	for (1 .. 1 + int rand 4)
	{
		my $day = some_day();
		my @ids = grep { !$put{$_} && !$delete{$_} } $mirror->ids_of($day);
		my $do = pick(qw(add add edit edit all move drop empty));
		if ($do eq 'add') { my $row = new_row($day); $put{ $row->{Id} } = $row }
		next unless @ids;
		my $id = pick(@ids);
		if ($do eq 'edit') { $put{$id} = $mirror->row($id, $day) }
		if ($do eq 'all') { $put{$_} = $mirror->row($_, $day) for @ids }
		if ($do eq 'move') { $put{$id} = $mirror->row($id, some_day()) }
		if ($do eq 'drop') { $delete{$id} = 1 }
		if ($do eq 'empty') { $delete{$_} = 1 for @ids }
		$count{$do}++;
	}
	$mirror->change(put => [ values %put ], delete => [ map { 0 + $_ } keys %delete ]);
	return;
}

# Days pass: the part that the service answers becomes shorter.
sub let_days_pass
{
	return if live() < 3;
	my $days = 1 + int rand(live() > 12 ? 9 : 2);
	$world->{live} -= $days;
	$dc->sql("UPDATE dataconnect_mirror_mine SET live = '$world->{live} days' WHERE target = '$mirror->{name}'::regclass");
	$count{days} += $days;
	return;
}

# --- The reader --------------------------------------------------------------

# A session that reads the whole mirror all the time. Its requests have other credentials,
# so faults that are meant for refreshes do not meet it; and a limit of its own, so that the
# service's, of eight requests at once, is that of two.
sub read_on
{
	my ($is_over) = @_;
	my @wrong;
	if ($reader)
	{
		$dc->sql('INSERT INTO stop VALUES (' . $reader->pid . ')');
		my $err = $reader->finish->{err};
		push @wrong, judge($_, $reader->{horizon}) for $err =~ /NOTICE:  00000: read (.*)/g;
		$count{reads} += $_ for $err =~ /NOTICE:  00000: reads (\d+)/g;
		for my $state ($err =~ /NOTICE:  00000: failed (\w{5})/g, $err =~ /(?:ERROR|FATAL|PANIC):  (\w{5}):/g)
		{
			push @wrong, "the reader has an error: $err"
			  unless $outage{$state} || $state =~ /^57P0/ || $err =~ /server closed the connection/;
			$count{'reads that failed'}++;
		}
		$reader = undef if $err =~ /FATAL|server closed the connection|connection to server was lost/;
	}
	return @wrong if $is_over;
	if ($reader) { $dc->sql('DELETE FROM stop') }
	else { $reader = $dc->session(user => 'reader') }
	$reader->{horizon} = horizon();
	$reader->send('CALL read_on($query$' . $mirror->days_sql . '$query$)');
	return @wrong;
}

# What is wrong with a line of the reader's. The first version has all days that there are; only
# without a live part, days may not be here yet.
sub judge
{
	my ($line, $horizon) = @_;
	$count{'different reads'}++;
	return map { "a reader saw that $_" } grep { $_ ne '' } $mirror->mismatches($mirror->parse($line), $since, $today + (live() ? 1000 : 1), sub {
		my ($day, $text) = @_;
		return 1 if $text eq '' && $world->{live} == 0 && $day >= $horizon;
		return $mirror->is_but_for_moved($text, $mirror->states($day, 1, $mirror->version));
	});
}

# --- Steps -------------------------------------------------------------------

my @faults = (
	[ 'a 503', { status => 503 } ], [ 'a 500', { status => 500 } ], [ 'a 429', { status => 429 } ],
	[ 'a gateway', { gateway => 504 } ],
	map { my $how = $_; map { [ "a cut ($how)", { cut => { after => $_, how => $how } } ] } 0, 30, 200 } qw(close reset truncate gzip chunk));

# As many rows as a request for a day may return, which may count the day after it, too.
# So longer periods are refused, and days are not.
sub busiest
{
	my %rows;
	$rows{ $mirror->day_of($_) }++ for $mirror->ids;
	return max(1, map { $rows{$_} + ($rows{ $_ + 1 } // 0) } keys %rows);
}

# Let the n-th request of the next refresh meet a fault.
sub spoil
{
	my ($n, $fault) = @_;
	my %which = (path => '/test/ledger', auth => 'bearer');
	$dc->fault(($n > 1 ? { %which, count => $n - 1 } : ()), { %which, %$fault });
	return;
}

# Wait until the refresh is where it should be, or has ended.
sub wait_for
{
	my ($is_there) = @_;
	my $end = time + $PostgreSQL::Test::Utils::timeout_default;
	sleep(0.005) until $session->is_done || $is_there->() || time > $end;
	return;
}

sub is_held { return eval { $dc->control('GET', 'wait', undef, { held => 1, timeout => 0 }); 1 } }

sub waits_for_lock
{
	my ($watcher) = @_;
	return $watcher->query("SELECT count(*) FROM pg_locks WHERE pid = @{[ $session->pid ]} AND NOT granted") > 0;
}

my $crashes = 0;

# End the refresh; returns whether the server went down with it.
sub interrupt
{
	my ($how) = @_;
	my $pid = $session->pid;
	$count{$how}++;
	if ($how eq 'cancel' || $how eq 'terminate')
	{
		$dc->sql("SELECT pg_${how}_backend($pid)");
		return 0;
	}
	if ($how eq 'SIGKILL')
	{
		# All sessions end. This one shows when the server has begun to recover.
		my $other = $dc->session;
		return 0 if $session->is_done;
		kill 'KILL', $pid;
		$other->attempt('SELECT pg_sleep(60)');
	}
	else
	{
		$node->stop('immediate');
		$node->start;
	}
	$node->poll_query_until('postgres', 'SELECT 1', '1');
	$dc->forget_watcher;
	return 1;
}

# One refresh, with what goes wrong; returns what is wrong then.
sub step
{
	my @wrong = read_on();
	change() for 1 .. int rand 3;
	let_days_pass() if int rand 2;
	my ($ends, $at) = int rand 3 ? ('nothing', 'hold') : (pick(qw(cancel terminate SIGKILL immediate)), pick(qw(hold lock random)));
	# Each crash takes a second.
	$ends = 'terminate' if $ends =~ /SIGKILL|immediate/ && ++$crashes > 1 + $steps / 6;
	my $trouble = pick(qw(none none fault limit refused strays hold));
	my $range = int rand($trouble eq 'limit' ? 2 : 5) ? undef : pick(0, 1) ? [ $since, $today + 1 ] : [ sort { $a <=> $b } map { some_day() } 1, 2 ];
	my $n = 1 + int rand 4;
	my $before = horizon();
	$range = undef if $range && ($range->[0] < $since || $range->[0] >= $range->[1] || $range->[0] >= $before);
	my $what = "$trouble at request $n, $ends at $at" . ($range ? ', range' : '');
	my ($blocker, $watcher);

	$count{$trouble}++;
	if ($trouble eq 'fault') { my $fault = pick(@faults); $what = "$fault->[0], $what"; spoil($n, $fault->[1]) }
	if ($trouble eq 'limit') { $dc->set(max_records => busiest()) }
	if ($trouble eq 'refused') { $dc->listen('refuse', $port) }
	if ($trouble eq 'strays') { $dc->set(stray_days => 1 + int rand 40) }
	if ($trouble eq 'hold' || $ends ne 'nothing' && $at eq 'hold')
	{
		spoil($n, { hold_headers => JSON::PP::true });
	}
	if ($ends ne 'nothing' && $at eq 'lock')
	{
		$watcher = $dc->session;
		$blocker = $dc->session;
		$blocker->query("BEGIN; SELECT count(*) FROM $mirror->{name} WHERE false");
	}
	$session = $dc->session;
	my $version = $mirror->version;
	$session->send("CALL dataconnect_refresh('$mirror->{name}'"
		  . ($range ? sprintf(", '%s', '%s'", map { $mirror->date($_) } @$range) : '') . ')');
	my $fell = 0;
	if ($trouble eq 'hold')
	{
		wait_for(\&is_held);
		change();
		$dc->release if $at ne 'hold';
	}
	if ($ends ne 'nothing')
	{
		wait_for($at eq 'hold' ? \&is_held : sub { waits_for_lock($watcher) }) if $at ne 'random';
		sleep(rand 0.3) if $at eq 'random';
		$fell = interrupt($ends);
	}
	$blocker->query('ROLLBACK') if $blocker && !$fell;
	$dc->release if !$fell;
	my $result = $session->finish;
	if ($fell)
	{
		push @wrong, read_on(1);
		$reader = undef;
	}
	$dc->clear_faults;
	$dc->set(max_records => 1_048_576, stray_days => 0);
	$dc->listen('service', $port);
	$dc->sql("SELECT dataconnect_resume('$mirror->{server}')");
	my $is_done = $result->{state} eq '' && $result->{err} !~ /ended early|closed the connection/;
	push @wrong, "unexpected: $result->{err}"
	  if $result->{state} && !$outage{ $result->{state} } && $result->{state} !~ /^57/
	  || !$is_done && $trouble =~ /none|strays|hold|limit/ && $ends eq 'nothing';
	push @wrong, check($version, $before, $range, $is_done, $trouble eq 'hold');
	push @wrong, 'a key is here twice' if $world->{key} && $dc->sql("SELECT count(*) <> count(DISTINCT id) FROM $mirror->{name}
		WHERE @{[ $mirror->local_sql ]} < '@{[ $mirror->date(horizon()) ]}'") eq 't';
	push @wrong, read_on();
	return map { "$what: $_" } @wrong;
}

# Each day must be as it was, or as the service had it since `version`. After a refresh
# that met no trouble, days that it had to read must be as the service had them since. But
# for rows that were moved: days that were read have them, others no longer, nor days that
# were read before the move.
sub check
{
	my ($version, $before, $range, $is_done, $has_changed) = @_;
	my $horizon = horizon();
	my $days = $mirror->days($dc->session);
	my $now = $mirror->version;
	my @wrong = $mirror->mismatches($days, $since, last_day(), sub {
		my ($day, $text) = @_;
		return $mirror->is_state($day, $text, $now, $now) if $day >= $horizon;
		my @states = $mirror->states($day, $version, $now);
		my $must = $range ? $day >= $range->[0] && $day < $range->[1] : $day >= $before - LATE;
		return $mirror->is_state($day, $text, $now, $now) if $is_done && $must && !$has_changed;
		push @states, $known{$day} // '' unless $is_done && $must || $day >= $before;
		return $mirror->is_but_for_moved($text, @states);
	});
	push @wrong, "the horizon is " . $mirror->date($horizon)
	  if $is_done && !$range && $horizon != (live() ? $today - live() : $today + 1);
	push @wrong, 'periods count other rows' if $dc->sql("SELECT coalesce(sum(records), 0) FROM dataconnect_mirror_period_mine
		WHERE target = '$mirror->{name}'::regclass") != $dc->sql("SELECT count(*) FROM $mirror->{name}
		WHERE @{[ $mirror->local_sql ]} < '@{[ $mirror->date($horizon) ]}'");
	%known = map { $_ => $days->{$_} } grep { $_ < $horizon } keys %$days;
	return grep { $_ ne '' } @wrong;
}

# Without any trouble everything is as the service has it.
sub settle
{
	$dc->sql("CALL dataconnect_refresh('$mirror->{name}')");
	my $result = $dc->session->attempt("CALL dataconnect_refresh('$mirror->{name}', '@{[ $mirror->date($since) ]}',
		'@{[ $mirror->date(horizon()) ]}')");
	return "at the end: $result->{err}" if $result->{err} =~ /WARNING|ERROR/;
	my $now = $mirror->version;
	return grep { $_ ne '' } $mirror->mismatches($mirror->days($dc->session), $since, last_day(),
		sub { return $mirror->is_state(@_, $now, $now) });
}

for my $number (1 .. 3)
{
	my @wrong;
	make_world($number);
	my $end = time + $seconds;
	for my $step (1 .. $steps)
	{
		push @wrong, map { "step $step: $_" } step();
		last if @wrong >= ENOUGH || time > $end || $mirror->today != $today;
	}
	push @wrong, read_on(1), settle() if !@wrong;
	is(join("\n", @wrong), '', $world->{what});
	$mirror->change(delete => [ map { 0 + $_ } $mirror->ids ]);
}
note(join ', ', map { "$count{$_} $_" } sort keys %count);
cmp_ok($count{reads}, '>', 20, 'the reader read');

done_testing();
