# Whatever one scan of an Append waits for, the rows of its other scans come: beside scans
# of the same server, of another one, and of another wrapper.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";

use DataConnectTest;
use DataConnectWaits qw(waits stalled replies server_options others_first
  copies_others_first same_rows is_held arrives settle union rows make_loop_back);
use Test::More;
use Time::HiRes ();

my $dc = DataConnectTest->new(names => 1);
my $session = $dc->session;
# The scans are asynchronous if all rows are wanted, which a cursor does not say by itself.
$session->query('SET cursor_tuple_fraction = 1');
my $listener = $dc->listener;

# A server with an account of its own unless %option has a mapping.
sub make
{
	my ($name, %option) = @_;
	$dc->make_server($name, server_options(), max_concurrency => 8,
		mapping => { token => $dc->token }, %option);
	return;
}

# A partitioned table whose partitions make five requests, of 1 to 5 rows.
sub make_parts
{
	my ($name, $server, %option) = @_;
	$dc->sql("CREATE TABLE $name (id integer, n integer) PARTITION BY LIST (n)");
	for my $n (1 .. 5)
	{
		$dc->make_rows_table("${name}_$n", $server, %option);
		$dc->sql("ALTER FOREIGN TABLE ${name}_$n DROP COLUMN name;
			ALTER TABLE $name ATTACH PARTITION ${name}_$n FOR VALUES IN ($n)");
	}
	return;
}

make('good');
$dc->make_rows_table('good', 'good');
my %beside = (param => { Count => 2 }, rows => [ rows(1, 3, 4, 5) ], late => [ rows(2) ],
	hold => 4, limit => 8);

# --- Partitions: the service computes -------------------------------------------------

for my $kind (replies())
{
	my $name = $kind->{name};
	make($name, %{ $kind->{server} });
	make_parts("parts_$name", $name, %{ $kind->{table} });
	$dc->make_rows_table($name, $name, %{ $kind->{table} });
	others_first($dc, $session, stalled($kind->{bytes}), "$name, partitions",
		%beside, sql => "SELECT n FROM parts_$name");
	copies_others_first($dc, $session, stalled($kind->{bytes}), "$name, UNION ALL",
		sql => union(map { [ $name, $_ ] } 5000 .. 5005), param => { Count => 5000 },
		size => 5005, limit => 8);
}
like($session->query('EXPLAIN (COSTS OFF) DECLARE c CURSOR FOR SELECT n FROM parts_json_gzip'),
	qr/Async Foreign Scan/, 'the plan of such a cursor is asynchronous');
others_first($dc, $session, stalled(10), 'row by row', %beside,
	sql => 'SELECT n FROM parts_json_gzip', each => 1);

# --- Everything else that a scan waits for --------------------------------------------

for my $wait (waits())
{
	others_first($dc, $session, $wait, 'partitions', %beside,
		sql => 'SELECT n FROM parts_json_gzip');
	others_first($dc, $session, $wait, 'another server', %beside, hold => 1,
		rows => [ rows(3) ], sql => union([ json_gzip => 2 ], [ good => 3 ]));
}

# Beside a scan that has several requests itself, one of which waits.
others_first($dc, $session, $_, 'several requests and another server', %beside,
	rows => [ rows(1, 3, 4, 7) ],
	sql => 'SELECT n FROM json_gzip WHERE n IN (1, 2, 3, 4) UNION ALL ' . union([ good => 7 ]))
  for stalled(10), waits();

# --- Connections ------------------------------------------------------------------------

# Rows of one scan, while another cannot connect. The held reply of the good scan comes
# once the other one is in its wait.
sub beside_connection
{
	my ($name, $arrive, $end, %server) = @_;
	make($name, %server);
	$dc->make_rows_table($name, $name);
	$dc->clear_log;
	$dc->fault({ hold_headers => JSON::PP::true, param => { Count => 3 } });
	$session->open_cursor(union([ $name => 2 ], [ good => 3 ]));
	$session->send('FETCH 3 FROM c');
	arrives($dc, "$name: beside a request", held => 1);
	$arrive->();
	$dc->release;
	same_rows($session->finish, [ rows(3) ], "$name: the rows of others come");
	same_rows($session->fetch('ALL'), [ rows(2) ], "$name: its own come in the end")
	  if $end && $end->();
	settle($dc, $session);
	return;
}

beside_connection('full_port', sub { $dc->wait_until_it_waits_somehow($session->pid) },
	undef, url => 'http://127.0.0.1:' . $dc->full_port, connect_timeout => '10min');
my $kept;
beside_connection('handshake', sub { ok($kept = $dc->connection($listener, 30), 'it connects') },
	undef, url => 'https://127.0.0.1:' . $listener->sockport, connect_timeout => '10min');

# Nobody listens at first.
my $port = $dc->listen('refuse');
beside_connection('refused', sub { $dc->wait_until_it_waits_somehow($session->pid) },
	sub { $dc->listen('service', $port); return 1 }, url => "http://127.0.0.1:$port");

# Several hosts at once, one of them for two scans.
my @ports = map { $dc->listen('refuse') } 1 .. 2;
make("refused_$_", url => "http://127.0.0.1:$ports[$_]") for 0 .. 1;
$dc->make_rows_table("refused_$_", "refused_$_") for 0 .. 1;
$dc->clear_log;
$dc->fault({ hold_headers => JSON::PP::true, param => { Count => 3 } });
$session->open_cursor(union([ refused_0 => 2 ], [ refused_1 => 4 ], [ good => 3 ], [ refused_0 => 5 ]));
$session->send('FETCH 3 FROM c');
arrives($dc, 'several refused: beside a request', held => 1);
$dc->wait_until_it_waits_somehow($session->pid);
$dc->release;
same_rows($session->finish, [ rows(3) ], 'several refused: the rows of others come');
$dc->listen('service', $ports[1]);
same_rows($session->fetch(4), [ rows(4) ], 'several refused: then those of the first host that is there');
$dc->listen('service', $ports[0]);
same_rows($session->fetch('ALL'), [ rows(2, 5) ], 'several refused: and then the others');
settle($dc, $session);

# A name that does not exist is an error at once, whatever another scan waits for.
for my $name (qw(none nodata))
{
	make($name, url => "https://$name.invalid");
	$dc->make_rows_table($name, $name);
	for my $sql (union([ $name => 2 ], [ good => 3 ]), union([ good => 3 ], [ $name => 2 ]))
	{
		$dc->clear_log;
		$dc->fault({ hold_headers => JSON::PP::true, param => { Count => 3 } });
		$session->open_cursor($sql);
		my $seen = $session->fetch(3);
		is($seen->{state}, 'HV00N', "$name: an error");
		like($seen->{err}, qr{does not exist}, "$name: of the name");
		arrives($dc, "$name: and nothing is under way", in_flight => 0);
		settle($dc, $session);
	}
}

# A name for which the first look-up finds no name server, and the second one, by which
# the wrapper finds out whether the name exists, no answer. It waits some seconds for it.
sub looked_up
{
	my ($name, $times) = @_;
	my $end = time + $PostgreSQL::Test::Utils::timeout_default;
	Time::HiRes::sleep(0.01) until $dc->lookups($name) >= $times || time > $end;
	return $dc->lookups($name);
}
beside_connection('look_up',
	sub { is(looked_up('hangs.invalid', 2), 2, 'the name is looked up again') },
	undef, url => 'https://hangs.invalid', max_retries => 0);

# --- Beside another wrapper -------------------------------------------------------------

# A foreign table of postgres_fdw whose rows come once a lock is free.
make_loop_back($dc);
$dc->sql(<<"END");
CREATE FUNCTION locked(key integer) RETURNS SETOF integer LANGUAGE plpgsql AS \$\$
BEGIN
	PERFORM pg_advisory_xact_lock_shared(key);
	RETURN QUERY SELECT generate_series(100, 102);
END \$\$;
CREATE VIEW locked_1 AS SELECT n FROM public.locked(1) n;
CREATE VIEW locked_2 AS SELECT n FROM public.locked(2) n;
CREATE FOREIGN TABLE far_1 (n integer) SERVER back OPTIONS (table_name 'locked_1');
CREATE FOREIGN TABLE far_2 (n integer) SERVER back OPTIONS (table_name 'locked_2');
END
my $locker = $dc->session;

# Whichever of the two wrappers waits longer, the rows of the other come.
sub begin_both
{
	my ($name, $sql, $rows) = @_;
	$locker->query('SELECT pg_advisory_lock(1)');
	$dc->fault({ hold_headers => JSON::PP::true, path => '/test/rows', param => { Count => 3 } });
	$session->open_cursor($sql);
	$session->send("FETCH $rows FROM c");
	ok($dc->wait_for_result("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'
		AND objid = 1 AND NOT granted", '1'), "$name: the other one waits");
	$dc->wait(held => 1);
	return;
}

for my $case (
	[ 'one scan', union([ good => 3 ]), [ rows(3) ] ],
	[ 'several scans', union(map { [ good => $_ ] } 3 .. 5), [ rows(3 .. 5) ] ],
	[ 'a scan of several requests', 'SELECT n FROM good WHERE n IN (1, 2, 3)', [ rows(1 .. 3) ] ])
{
	my ($name, $ours, $rows) = @$case;
	for my $places ([ 'before', "SELECT n FROM far_1 UNION ALL $ours" ],
		[ 'behind', "$ours UNION ALL SELECT n FROM far_1" ])
	{
		my ($place, $sql) = @$places;
		my $how = "$name, $place another wrapper's";

		begin_both($how, $sql, scalar @$rows);
		$dc->release;
		same_rows($session->finish, $rows, "$how: our rows come");
		$locker->query('SELECT pg_advisory_unlock(1)');
		same_rows($session->fetch('ALL'), [ 100 .. 102 ], "$how: then come the others");
		settle($dc, $session);

		my @early = grep { $_ != 3 } @$rows;    # all but those of the held request
		begin_both($how, $sql, @early + 3);
		$locker->query('SELECT pg_advisory_unlock(1)');
		same_rows($session->finish, [ @early, 100 .. 102 ], "$how: its rows come");
		ok(is_held($dc), "$how: while our request waits");
		$dc->release;
		same_rows($session->fetch('ALL'), [ rows(3) ], "$how: then come its rows");
		settle($dc, $session);
	}
}
$dc->fault({ hold_after => { bytes => 10 }, param => { Count => 2 } });
$session->open_cursor('SELECT n FROM far_1 UNION ALL SELECT n FROM far_2 UNION ALL '
	  . union([ json_gzip => 2 ], [ good => 3 ]));
$locker->query('SELECT pg_advisory_lock(2)');
same_rows($session->fetch(6), [ 100 .. 102, rows(3) ],
	'rows of both wrappers come while a scan of each waits');
ok(is_held($dc), 'ours');
$locker->query('SELECT pg_advisory_unlock(2)');
same_rows($session->fetch(3), [ 100 .. 102 ], 'then the rest of the other wrapper');
ok(is_held($dc), 'while ours still waits');
$dc->release;
same_rows($session->fetch('ALL'), [ rows(2) ], 'then ours');
settle($dc, $session);
# Beside a scan of the other wrapper that waits, our waits end as they do alone: by time,
# by a time-out, by the reply to another session, and by an interrupt.
make('brief', first_byte_timeout => '1s', max_retries => 0);
$dc->make_rows_table('brief', 'brief');
sub begin_locked
{
	my ($sql, @faults) = @_;
	$locker->query('SELECT pg_advisory_lock(1)');
	$dc->clear_log;
	$dc->fault(@faults);
	$session->open_cursor("SELECT n FROM far_1 UNION ALL $sql");
	$session->send('FETCH 2 FROM c');
	return;
}
sub end_locked
{
	$locker->query('SELECT pg_advisory_unlock(1)');
	settle($dc, $session);
	return;
}
begin_locked(union([ good => 2 ]),
	{ status => 503, headers => { 'Retry-After' => 1 }, param => { Count => 2 } });
same_rows($session->finish, [ rows(2) ], 'beside another wrapper: a request is sent again in time');
end_locked();
begin_locked(union([ brief => 2 ]), { never => JSON::PP::true, param => { Count => 2 } });
like($session->finish->{err}, qr/ timed out in phase "first byte"$/m,
	'beside another wrapper: a time-out ends the query');
end_locked();
begin_locked(union([ good => 2 ]), { hold_headers => JSON::PP::true, param => { Count => 2 } });
$dc->wait(held => 1);
$dc->wait_until_it_waits_somehow($session->pid);
$dc->sql('SELECT pg_cancel_backend(' . $session->pid . ')');
like($session->finish->{err}, qr/ due to user request$/m,
	'beside another wrapper: a cancel ends the query');
end_locked();

# Time in which the client rests counts for no time-out, wherever the scan stands.
for my $sql ('SELECT n FROM far_1 UNION ALL ' . union([ brief => 2 ]),
	union([ brief => 2 ]) . ' UNION ALL SELECT n FROM far_1')
{
	$dc->fault({ hold_headers => JSON::PP::true, param => { Count => 2 } });
	$session->open_cursor($sql);
	same_rows($session->fetch(3), [ 100 .. 102 ], 'beside another wrapper: its rows come first');
	$session->query('SELECT pg_sleep(1.2)');
	$dc->release;
	same_rows($session->fetch('ALL'), [ rows(2) ],
		'beside another wrapper: a rest longer than the time-out does no harm');
	settle($dc, $session);
}
$locker->quit;

# --- Few rows take few requests -----------------------------------------------------------

$dc->clear_log;
$dc->fault({ hold_after => { bytes => 10 } });
$session->send('SELECT n FROM parts_json_gzip LIMIT 1');
$dc->wait(held => 1);
$dc->wait_until_it_waits_somehow($session->pid);
is(scalar @{ $dc->log }, 1, 'while it waits, LIMIT 1 of partitions is one request');
$dc->release;
is($session->finish->{out}, '1', 'which is enough');
is(scalar @{ $dc->log }, 1, 'and no other is sent');
$session->quit;

done_testing();
