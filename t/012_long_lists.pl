# Building and encoding a long list takes time and memory; a cancel ends that.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";

use DataConnectTest;
use Test::More;
use Time::HiRes ();

use constant MB => 1024;    # kB

my $dc = DataConnectTest->new;
$dc->make_server('dc');
# 40 MB, encoded 120 MB.
$dc->sql(q{
	CREATE FOREIGN TABLE listed (id integer OPTIONS (name 'Id'), v text OPTIONS (param 'Values', list 'true'),
		n integer OPTIONS (param 'Count')) SERVER dc OPTIONS (endpoint '/test/rows');
	CREATE TABLE long AS SELECT i || repeat('%', 1000000) AS v FROM generate_series(1, 40) i});
my $query = 'SELECT count(id) FROM listed WHERE v = ANY (ARRAY(SELECT v FROM long)) AND n = 1';
my $boss = $dc->session;

# In kB: the backend's present memory, and its maximum so far.
sub memory
{
	my ($session) = @_;
	open my $file, '<', '/proc/' . $session->pid . '/status'
	  or die "this test needs /proc: $!\n";
	my %value = map { /^(\w+):\s+(\d+) kB/ ? ($1 => $2) : () } <$file>;
	close $file;
	return @value{qw(RssAnon VmHWM)};
}

my $session = $dc->session;
is($session->attempt($query)->{state}, '54000', 'the service refuses as much');
my (undef, $whole) = memory($session);
cmp_ok($whole, '>', 400 * MB, 'that took memory');
$session->quit;

# The amount of memory shows the progress: here the list is being encoded.
$session = $dc->session;
$dc->clear_log;
$session->send($query);
my $enough = $whole * 0.45;
Time::HiRes::sleep(0.01) until (memory($session))[0] > $enough;
$boss->query('SELECT pg_cancel_backend(' . $session->pid . ')');
is($session->finish->{state}, '57014', 'a cancel is told as such');
my (undef, $peak) = memory($session);
cmp_ok($peak, '<', $whole * 0.85, sprintf 'it comes before all is done: after %d MB of %d', $peak / MB, $whole / MB);
is_deeply($dc->log, [], 'nothing was sent');
is($session->query('SELECT count(id) FROM listed WHERE v IN (\'a\', \'b\') AND n = 7'), '7', 'the session works');

# A single value of that length is refused at once.
$dc->clear_log;
my $result = $session->attempt("SELECT count(id) FROM listed WHERE v = (SELECT string_agg(v, '') FROM long) AND n = 1");
is($result->{state}, 'HV024', 'a long value cannot be sent');
like($result->{err}, qr/The value has 40000071 bytes, and at most 1048576 can be sent/, 'it is told how long it is');
is_deeply($dc->log, [], 'nor is it');

done_testing();
