# Memory is bounded, whatever the size of a reply, and however often a scan runs or
# fails.  The test measures the backend's private resident memory (RssAnon in /proc),
# without shared buffers.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";

use DataConnectTest;
use Test::More;

use constant ROWS => 1_000_000;
use constant MB => 1024;    # kB

my $dc = DataConnectTest->new;
$dc->make_server('gzip');
$dc->make_server('plain', compression => 'off');
$dc->make_rows_table($_, $_) for qw(gzip plain);
$dc->make_rows_table('datatable', 'gzip', format => 'jsondatatable');
$dc->make_rows_table('csv', 'gzip', format => 'csv');
$dc->make_rows_table('xml', 'gzip', format => 'xml');

# The backend's private memory and its peak of all resident memory, in kB.
sub memory
{
	my ($pid) = @_;
	open my $file, '<', "/proc/$pid/status"
	  or die "this test needs /proc: $!\n";
	my %value = map { /^(\w+):\s+(\d+) kB/ ? ($1 => $2) : () } <$file>;
	close $file;
	return @value{qw(RssAnon VmHWM)};
}

# Checks how much a large reply raises a new session's peak after a small one.
sub growth
{
	my ($what, $sql, $expected) = @_;
	my $session = $dc->session;
	my ($table) = $sql =~ /FROM (\w+)/;
	$session->query('SET jit = off');    # it would load LLVM if the service is slow
	$session->query("SELECT count(id) FROM $table WHERE n = 1000");
	my (undef, $before) = memory($session->pid);
	is($session->query($sql), $expected, "$what: the rows");
	my (undef, $after) = memory($session->pid);
	cmp_ok($after - $before, '<', 32 * MB, "$what: less than 32 MB more");
	$session->quit;
	return;
}

growth($_, "SELECT count(id) FROM $_ WHERE n = " . ROWS, ROWS)
  for qw(gzip plain datatable csv xml);
growth('texts', "SELECT sum(length(name)) > 0 FROM gzip WHERE n = " . ROWS, 't');
growth('a cursor', 'BEGIN; DECLARE c CURSOR FOR SELECT id FROM gzip WHERE n = ' . ROWS
	  . '; MOVE 500000 FROM c; FETCH 1 FROM c; MOVE ALL FROM c; COMMIT', '500001');

sub open_files
{
	my ($pid) = @_;
	return scalar(() = glob "/proc/$pid/fd/*");
}

# Checks that many scans, or failures, leave neither memory nor files behind.
sub kept
{
	my ($what, $sql) = @_;
	my $session = $dc->session;
	my $many = "DO \$\$ BEGIN FOR i IN 1 .. %d LOOP $sql END LOOP; END \$\$";
	$session->query(sprintf $many, 50);
	my ($before) = memory($session->pid);
	my $files = open_files($session->pid);
	$session->query(sprintf $many, 500);
	my ($after) = memory($session->pid);
	cmp_ok($after - $before, '<', 2 * MB, "$what: nothing is kept");
	cmp_ok(open_files($session->pid), '<=', $files + 2, "$what: nor left open");
	$session->quit;
	return;
}

kept('500 scans', 'PERFORM count(name) FROM gzip WHERE n = 10;');
kept('500 scans that end early', 'PERFORM FROM plain WHERE n = 2000 LIMIT 1;');
kept('500 scans that fail',
	q{BEGIN PERFORM 1 / (id - 5) FROM gzip WHERE n = 10; EXCEPTION WHEN division_by_zero THEN NULL; END;});
$dc->document('/test/rows', '[{"Id": 1}, {"Id": "x"}]', params => { Count => 7 });
kept('500 replies that do not fit',
	q{BEGIN PERFORM id FROM gzip WHERE n = 7; EXCEPTION WHEN invalid_text_representation THEN NULL; END;});

# A batched join whose outer side does not fit into work_mem reads its inner rows
# many times. The memory that comparing them needs is released.
$dc->sql(q{CREATE FOREIGN TABLE keyed (id numeric OPTIONS (name 'Id', param 'Ids', list 'true', required 'true'),
	n integer OPTIONS (param 'Count')) SERVER plain OPTIONS (endpoint '/test/rows', batch_size '100000')});
{
	my $session = $dc->session;
	my $join = q{SELECT count(k.filler) FROM (SELECT (i % 800 + 1)::numeric(10,2) AS key, repeat('x', 1000) AS filler
		FROM generate_series(1, %d) i OFFSET 0) k JOIN keyed f ON f.id = k.key WHERE f.n = 800};
	$join =~ s/% 800/%% 800/;
	$session->query("SET work_mem = '256kB'");
	like($session->query('EXPLAIN ' . sprintf $join, 200_000), qr/Batched Join/, 'numeric keys: the join is batched');
	is($session->query(sprintf $join, 5000), 5000, 'numeric keys: few rows');
	my (undef, $before) = memory($session->pid);
	is($session->query(sprintf $join, 200_000), 200_000, 'numeric keys: the rows');
	my (undef, $after) = memory($session->pid);
	cmp_ok($after - $before, '<', 4 * MB, 'numeric keys: less than 4 MB more');
	$session->quit;
}

done_testing();
