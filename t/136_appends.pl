# Appends of many kinds have the rows of all their scans, in their order where there is
# one: MergeAppend, Appends within Appends, asynchronous or not, scanned again, left early,
# and by a cursor. A failed request fails them, and nothing is left.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";

use DataConnectTest;
use DataConnectWaits qw(arrives same_rows at_once settle rows);
use JSON::PP ();
use Test::More;

my $dc = DataConnectTest->new(conf => "shared_preload_libraries = 'dataconnect_fdw'\n");
my $boss = $dc->session;
my $session = $dc->session;
my $true = JSON::PP::true;
$dc->make_server('dc', max_retries => 0, max_concurrency => 8, idle_timeout => '10min',
	mapping => { token => $dc->token });
$dc->make_rows_table('t', 'dc');

# A local table with an index makes a MergeAppend of a sorted union; parts has partitions.
$dc->sql(<<'END');
CREATE TABLE local AS SELECT i AS id, 0 AS n FROM generate_series(1, 20000) i;
CREATE INDEX ON local (id);
ANALYZE local;
CREATE TABLE parts (id integer, n integer) PARTITION BY LIST (n);
CREATE TABLE outer_rows AS SELECT i AS n FROM generate_series(1, 3) i;
ANALYZE outer_rows;
END
$dc->sql(join ';', map {
	"CREATE FOREIGN TABLE parts_$_ (id integer OPTIONS (name 'Id'),
		n integer OPTIONS (param 'Count', required 'true'))
		SERVER dc OPTIONS (endpoint '/test/rows');
		ALTER TABLE parts ATTACH PARTITION parts_$_ FOR VALUES IN ($_)" } 1 .. 6);
$session->query("SET statement_timeout = '@{[$session->hung]}'; SET cursor_tuple_fraction = 1");

sub t { return "SELECT id, n FROM t WHERE n = $_[0]" }

# A union within another stays one if it has an OFFSET.
sub inner { return '(SELECT * FROM (' . join(' UNION ALL ', map { t($_) } @_) . ') i OFFSET 0)' }

my $merged = 'SELECT n FROM (SELECT id, n FROM local UNION ALL ' . t(30) . ' UNION ALL ' . t(20)
  . ') u ORDER BY id, n LIMIT 40';
my @merged = (map { ($_ <= 20 ? (0, 20, 30) : (0, 30)) } 1 .. 30)[ 0 .. 39 ];
my $deep_merge = 'SELECT n FROM (' . inner(3, 2) . ' UNION ALL SELECT id, n FROM (SELECT id, n FROM local UNION ALL '
  . t(5) . ' ORDER BY 1, 2 LIMIT 4) m) u';

# By name: the query; its rows; what the plan has; its requests; whether the rows are in order.
my %query = (
	'a MergeAppend' => [ $merged, \@merged, qr/Merge Append/, 2, 1 ],
	'an Append of partitions' => [ 'SELECT n FROM parts', [ rows(1 .. 6) ], qr/Append\n.*Async/s, 6 ],
	'partitions in an order' => [ 'SELECT n FROM parts ORDER BY n', [ rows(1 .. 6) ], qr/Append/, 6, 1 ],
	'an Append within an Append' => [
		'SELECT n FROM (' . inner(1, 2) . ' UNION ALL ' . t(3) . ') u',
		[ rows(1 .. 3) ], qr/Append.*Append/s, 3 ],
	'Appends within an Append' => [
		'SELECT n FROM (' . inner(1, 2) . ' UNION ALL ' . inner(3, 4) . ' UNION ALL SELECT * FROM (SELECT id, n FROM parts OFFSET 0) p) u',
		[ rows(1 .. 4, 1 .. 6) ], qr/Append.*Append.*Append/s, 10 ],
	'three deep' => [
		'SELECT n FROM ((SELECT * FROM (' . inner(1, 2) . ' UNION ALL ' . t(3) . ') m OFFSET 0) UNION ALL ' . t(4) . ') u',
		[ rows(1 .. 4) ], qr/Append.*Append.*Append/s, 4 ],
	'a MergeAppend within an Append' => [
		$deep_merge, [ rows(3, 2), 0, 5, 0, 5 ], qr/Append.*Append/s, 3 ],
	'an Append as the outer side' => [
		'SELECT p.n FROM outer_rows o JOIN parts p ON p.n = o.n', [ rows(1 .. 3) ], qr/Append/, undef ],
	'an Append for each outer row' => [
		'SELECT l.n FROM outer_rows o, LATERAL (SELECT n FROM t WHERE t.n = o.n UNION ALL SELECT n FROM t WHERE t.n = o.n + 10) l',
		[ rows(1 .. 3, 11 .. 13) ], qr/Append/, 6 ]);

for my $async ('on', 'off')
{
	$session->query("SET enable_async_append = $async");
	for my $name (sort keys %query)
	{
		my ($sql, $rows, $plan, $requests, $ordered) = @{ $query{$name} };
		my $how = "$name, async $async";
		like($session->query("EXPLAIN (COSTS OFF) $sql"), $async eq 'on' ? $plan : qr/Append/, "$how: it is one");
		$dc->clear_log;
		my $result = $session->attempt($sql);
		same_rows($result, $rows, "$how: all rows");
		is($result->{out}, join("\n", @$rows), "$how: in their order") if $ordered;
		is(scalar @{ $dc->log }, $requests, "$how: so many requests") if $requests;
		cmp_ok(at_once($dc), '<=', 8, "$how: no more at once than allowed");

		# Half by a cursor, then the rest.
		my $half = int(@$rows / 2);
		$session->open_cursor($sql);
		my $begin = $session->fetch($half);
		my $rest = $session->fetch('ALL');
		same_rows({ %$rest, out => "$begin->{out}\n$rest->{out}" }, $rows, "$how: by a cursor");
		settle($dc, $session);

		# Left after a row, and failed.
		is($session->query("SELECT count(*) FROM ($sql LIMIT 1) l"), '1', "$how: left early") unless $sql =~ /LIMIT 40$/;
		$dc->wait(in_flight => 0);
		my ($last) = grep { $_ > 1 } reverse @$rows;
		$dc->fault({ status => 500, param => { Count => $last } });
		is($session->attempt($sql)->{state}, 'HV000', "$how: a request fails");
		settle($dc, $session);
		is($boss->query("SELECT coalesce(sum(in_flight + waiting), 0) FROM dataconnect_concurrency"), '0',
			"$how: nothing is left");
	}

	# One that waits: those beside it in its Append are under way meanwhile.
	my $sql = join ' UNION ALL ', map { "SELECT n FROM (SELECT * FROM parts WHERE n IN ($_) OFFSET 0) p" } '1, 2', '3, 4';
	$dc->clear_log;
	$dc->fault({ hold_headers => $true, param => { Count => 1 } });
	$session->send($sql);
	arrives($dc, "async $async: requests of an inner Append", requests => $async eq 'on' ? 2 : 1);
	$dc->wait(held => 1);
	$dc->wait_until_it_waits_somehow($session->pid);
	my $sent = scalar @{ $dc->log };
	is($sent, $async eq 'on' ? 2 : 1, "async $async: so many are sent while one waits");
	$dc->release;
	same_rows($session->finish, [ rows(1 .. 4) ], "async $async: then come all rows");
	settle($dc);
}
$_->quit for $session, $boss;

done_testing();
