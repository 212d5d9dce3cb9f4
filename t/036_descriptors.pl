# If no file descriptor is left, a request reports that, and nothing else.  Programs that
# the backend starts inherit none.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";

use DataConnectTest;
use Test::More;

my $dc = DataConnectTest->new;
$dc->make_server('dc', max_retries => 0, max_concurrency => 100, compression => 'off');
$dc->make_rows_table('rows', 'dc');
my $session = $dc->session;

# Let the session find no free descriptor from this number on.
sub limit
{
	my ($number) = @_;
	DataConnectTest::limit_descriptors($session->pid, $number);
	return;
}

sub first_free
{
	die "this test needs /proc\n" unless -d '/proc/' . $session->pid . '/fd';
	my $number = 0;
	$number++ while -l '/proc/' . $session->pid . "/fd/$number";
	return $number;
}

# How many connections over TCP a program finds that the backend starts.
sub inherited
{
	$session->query('CREATE TEMP TABLE IF NOT EXISTS seen (line text); TRUNCATE seen');
	$session->query(q{COPY seen FROM PROGRAM 'ls -l /proc/self/fd' WITH (DELIMITER E'\x01')});
	my $seen = $session->query('SELECT line FROM seen');
	open my $file, '<', '/proc/net/tcp' or die "this test needs /proc: $!\n";
	my @inodes = map { (split)[9] } <$file>;
	close $file;
	return scalar grep { $seen =~ /socket:\[\Q$_\E\]/ } @inodes;
}

is($session->query("SELECT count(id) FROM rows WHERE n = 1"), '1', 'the first request');
is(inherited(), 0, 'no program inherits its connection, which is kept');

# PostgreSQL closes files that it keeps open for later.
is($session->query("SELECT count(id) FROM rows WHERE n = 1"), '1', 'a request');
$session->query("SELECT count(*) FROM pg_class, pg_proc LIMIT 1");
my $free = first_free();
limit($free);
is($session->query("SELECT count(id) FROM rows WHERE n = 2"), '2', 'one where none is free');

# It cannot close those of open cursors.
limit($free + 4);
$dc->set(concurrency => 200);
$dc->fault({ path => '/test/rows', hold_after => { bytes => 20_000 }, count => 0 });
$session->query('BEGIN');
my ($opened, $result) = (0);
while ($opened < 90)
{
	$result = $session->attempt(
		"DECLARE c$opened CURSOR FOR SELECT id FROM rows WHERE n = 1000; FETCH 1 FROM c$opened");
	last if $result->{state};
	$opened++;
}
cmp_ok($opened, '<', 90, "after $opened cursors");
is($result->{state}, '53000', 'the next is refused');
like($result->{err}, qr/53000: out of file descriptors for requests to the service$/m, 'with the cause');
$session->query('ROLLBACK');
$dc->release;
$dc->clear_faults;
is($session->query("SELECT count(id) FROM rows WHERE n = 3"), '3', 'later all is well');
$session->quit;

# The same if the session has no descriptor left at all.
$session = $dc->session;
$session->query("SELECT id FROM rows WHERE n = 1 LIMIT 0");
limit(2);
$result = $session->attempt("SELECT count(id) FROM rows WHERE n = 4");
is($result->{state}, '53000', 'where there never was one');
limit(1024);
is($session->query("SELECT count(id) FROM rows WHERE n = 5"), '5', 'until there is');
$session->quit;

# 200 partitions, with a limit of 64 descriptors: those that are under way together have
# enough, and few that are read row by row.
$dc->make_server('parts', max_retries => 0, mapping => { token => $dc->token });
$dc->sql('CREATE TABLE parts (id integer, n integer) PARTITION BY LIST (n)');
$dc->sql(join ';', map {
	"CREATE FOREIGN TABLE parts_$_ (id integer OPTIONS (name 'Id'),
		n integer OPTIONS (param 'Count', required 'true'))
		SERVER parts OPTIONS (endpoint '/test/rows');
		ALTER TABLE parts ATTACH PARTITION parts_$_ FOR VALUES IN ($_)" } 1 .. 200);
for my $requests (4, 40)
{
	$dc->sql("ALTER SERVER parts OPTIONS (@{[$requests == 4 ? 'ADD' : 'SET']} max_concurrency '$requests')");
	$session = $dc->session;
	limit(64);
	$dc->clear_log;
	is($session->query('SELECT count(id), count(DISTINCT n) FROM parts'), '20100|200',
		"200 partitions, $requests at once, with 64 descriptors");
	is(scalar @{ $dc->log }, 200, 'in as many requests');
	$session->query('BEGIN; DECLARE c CURSOR FOR SELECT n FROM parts');
	is(scalar(split /\n/, $session->query('FETCH 1000 FROM c')), 1000, 'some by a cursor');
	is($session->query("SELECT count(id) FROM parts WHERE n = 7"), '7', 'and beside it one more');
	$session->query('ROLLBACK');
	$dc->wait(in_flight => 0);
	$session->quit;
}

# More at once than there are descriptors for.
$dc->sql("ALTER SERVER parts OPTIONS (SET max_concurrency '100')");
$session = $dc->session;
limit(64);
is($session->attempt('SELECT count(id) FROM parts')->{state}, '53000', '100 at once are too many');
$dc->wait(in_flight => 0);
limit(1024);
is($session->query('SELECT count(id) FROM parts'), '20100', 'with enough descriptors they are not');
$session->quit;

done_testing();
