# The batches of a batched join are under way together, up to max_concurrency, and whatever
# one waits for, the rows of the others come. A query for few rows begins with one.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";

use DataConnectTest;
use DataConnectWaits qw(waits stalled replies server_options others_first same_rows at_once
  is_held arrives settle);
use Test::More;

use constant { KEYS => 40, BATCH => 5 };

my $dc = DataConnectTest->new;
my $session = $dc->session;
$session->query('SET cursor_tuple_fraction = 1');
$session->query('CREATE TABLE stores AS SELECT i AS id FROM generate_series(1, ' . KEYS . ') i;
	ANALYZE stores');
for my $kind (replies())
{
	my $name = $kind->{name};
	$dc->make_server($name, mapping => { token => $dc->token }, server_options(),
		batch_size => BATCH, %{ $kind->{server} });
	my $format = $kind->{table}{format} || 'json';
	$dc->sql("CREATE FOREIGN TABLE $name (id integer OPTIONS (name 'Id'),
		store_id integer OPTIONS (name 'StoreID', param 'StoreIDs', list 'true', required 'true'))
		SERVER $name OPTIONS (endpoint '/test/visits', format '$format')");
}

sub join_of { return "SELECT s.id FROM stores s JOIN $_[0] v ON v.store_id = s.id" }

# Store s has s mod 4 rows.
sub rows { return map { ($_) x ($_ % 4) } @_ }
sub asked { return [ map { /StoreIDs=([\d%C,]*)/ ? $1 =~ s/%2C/,/gr : () } map { $_->{Params} } @{ $dc->log } ] }

like($session->query('EXPLAIN (COSTS OFF) DECLARE c CURSOR FOR ' . join_of('json_gzip')),
	qr/Custom Scan/, 'the join is batched');
my $whole = $session->query('SELECT count(*) FROM (' . join_of('json_gzip') . ') j');
is($whole, scalar(rows(1 .. KEYS)), 'the rows of all stores');

# --- Together ---------------------------------------------------------------------------

$dc->clear_log;
$dc->fault({ path => '/test/visits', hold_headers => JSON::PP::true, count => 0 });
$session->query("SET statement_timeout = '@{[$session->hung]}'");
$session->send('SELECT count(*) FROM (' . join_of('json_gzip') . ') j');
arrives($dc, 'as many batches as allowed are under way together', held => 4);
$dc->wait_until_it_waits_somehow($session->pid);
is(scalar @{ $dc->log }, 4, 'and no more');
$dc->release;
is($session->finish->{out}, $whole, 'the same rows');
is(at_once($dc), 4, 'never more than allowed');
is_deeply([ sort @{ asked() } ], [ sort map { join ',', ($_ * BATCH + 1) .. ($_ + 1) * BATCH }
	0 .. KEYS / BATCH - 1 ], 'each key in one request');
$session->query('RESET statement_timeout');
settle($dc);

# --- Whatever one waits for -------------------------------------------------------------

my %second = (path => '/test/visits', others => '/test/visits', hold => 3,
	param => { StoreIDs => '6,7,8,9,10' }, rows => [ rows(1 .. 5, 11 .. KEYS) ],
	late => [ rows(6 .. 10) ]);
others_first($dc, $session, stalled($_->{bytes}), $_->{name}, %second,
	sql => join_of($_->{name}))
  for replies();
others_first($dc, $session, $_, 'a batch', %second, sql => join_of('json_gzip')) for waits();
others_first($dc, $session, stalled(10), 'row by row', %second, sql => join_of('json_gzip'),
	each => 1);
others_first($dc, $session, stalled(10), 'a left join', %second,
	sql => 'SELECT s.id FROM stores s LEFT JOIN json_gzip v ON v.store_id = s.id
		WHERE v.id IS NOT NULL OR s.id < 0');

# --- Few rows take few requests -----------------------------------------------------------

for my $sql (join_of('json_gzip') . ' LIMIT 1',
	'SELECT 1 WHERE EXISTS (' . join_of('json_gzip') . ')')
{
	$dc->clear_log;
	$dc->fault({ path => '/test/visits', hold_after => { bytes => 10 } });
	$session->send($sql);
	$dc->wait(held => 1);
	$dc->wait_until_it_waits_somehow($session->pid);
	is(scalar @{ $dc->log }, 1, "while it waits, one request is sent for: $sql");
	$dc->release;
	is($session->finish->{out}, '1', 'which is enough');
	is(scalar @{ $dc->log }, 1, 'and no other is sent');
	settle($dc);
}

# LIMIT in many places: as many rows as of a local table, and few requests for others.
$session->query('CREATE TABLE visits AS SELECT v.* FROM stores s JOIN json_gzip v ON v.store_id = s.id;
	CREATE TABLE outer_stores AS SELECT * FROM (VALUES (0), (3)) o (id);
	ANALYZE visits; ANALYZE outer_stores');
$session->query("SET statement_timeout = '@{[$session->hung]}'");
my %limited = (
	'a limit' => sub { join_of($_[0]) },
	'an order' => sub { join_of($_[0]) . ' ORDER BY s.id' },
	'a subquery' => sub { 'SELECT s.id FROM outer_stores o, LATERAL (SELECT s.id FROM stores s
		JOIN ' . $_[0] . ' v ON v.store_id = s.id WHERE s.id > o.id LIMIT 7) s' },
	'a semi join' => sub { "SELECT s.id FROM stores s WHERE EXISTS (SELECT FROM $_[0] v
		WHERE v.store_id = s.id)" },
	'a left join' => sub { "SELECT s.id FROM stores s LEFT JOIN $_[0] v ON v.store_id = s.id" },
	'an anti join' => sub { "SELECT s.id FROM stores s WHERE NOT EXISTS (SELECT FROM $_[0] v
		WHERE v.store_id = s.id)" },
	'an offset' => sub { join_of($_[0]) . ' OFFSET 5' });
for my $name (sort keys %limited)
{
	for my $n (0, 1, 8, 9, 31, 1000)
	{
		my ($ours, $local) = map { 'SELECT count(*), max(id) > 0 FROM (' . $limited{$name}->($_) . " LIMIT $n) l" }
		  qw(json_gzip visits);
		$dc->clear_log;
		is($session->query($ours), $session->query($local), "$name, LIMIT $n: its rows");
		my @keys = map { split /,/ } @{ asked() };
		my %seen;
		is(scalar(grep { $seen{$_}++ } @keys), 0, "$name, LIMIT $n: no key twice") if $name ne 'a subquery';
		is(scalar @keys, 0, "$name, LIMIT 0: nothing is asked") if $n == 0;
		# Those that were begun in advance are no more than may be under way.
		my $needed = 1 + $n / (BATCH * 3 / 2);
		cmp_ok(scalar @{ asked() }, '<=', $needed + 4, "$name, LIMIT $n: few requests") if $name eq 'a limit';
		ok(eval { $dc->wait(in_flight => 0, timeout => 5); 1 }, "$name, LIMIT $n: no request is left");
	}
}
$session->query('RESET statement_timeout');
settle($dc);

# A batch that waits for its turn, and is never sent, is not counted. Another reply of the
# session takes one of two turns.
$dc->make_server('two', mapping => { token => $dc->token }, server_options(),
	max_concurrency => 2, batch_size => BATCH, compression => 'off');
$dc->sql("CREATE FOREIGN TABLE two (id integer OPTIONS (name 'Id'),
	store_id integer OPTIONS (name 'StoreID', param 'StoreIDs', list 'true', required 'true'))
	SERVER two OPTIONS (endpoint '/test/visits')");
$dc->make_rows_table('many', 'two');
$dc->clear_log;
$dc->fault({ param => { Count => 1000 }, hold_after => { bytes => 5_000 } });
$session->open_cursor('SELECT n FROM many WHERE n = 1000');
is($session->fetch(1)->{out}, '1000', 'another reply is read');
# The second batch is not complete when the query has its rows.
$dc->fault({ path => '/test/visits', param => { StoreIDs => '6,7,8,9,10' }, hold_after => { bytes => 200 } });
my $n = scalar(rows(1 .. BATCH)) + 1;
like($session->query("EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) @{[join_of('two')]} LIMIT $n"),
	qr/Batches: 2\n.*^ +Requests: 2\n/ms, 'a batch that is not sent is not counted');
is(scalar @{ asked() }, 2, 'two were sent');
$dc->release;
settle($dc, $session);
$session->quit;

done_testing();
