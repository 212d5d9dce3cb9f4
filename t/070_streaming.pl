# Rows are returned before the reply is complete, and a scan that ends early ends its
# transfer: with and without compression, in both JSON formats, by GET and by POST.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";

use DataConnectTest;
use Test::More;

use constant ROWS => 100_000;

my $dc = DataConnectTest->new;
my %kind = (
	plain => {},
	gzip => {},
	deflate => {},
	'plain JsonDataTable' => { format => 'jsondatatable' },
	'gzip JsonDataTable' => { format => 'jsondatatable' },
	'gzip POST' => { method => 'post' });

# If the sandbox hangs, these time-outs let the test fail.
$dc->make_server('plain', compression => 'off', idle_timeout => '20s');
$dc->make_server('gzip', idle_timeout => '20s');

# Creates the table for one kind of reply.
sub make_table
{
	my ($name) = @_;
	my $server = $name =~ /plain/ ? 'plain' : 'gzip';
	my %option = (endpoint => '/test/rows', %{ $kind{$name} });
	my $options = join ', ', map { "$_ '$option{$_}'" } sort keys %option;
	$dc->sql(qq{CREATE FOREIGN TABLE "$name" (
		id integer OPTIONS (name 'Id'),
		name text OPTIONS (name 'Name'),
		n integer OPTIONS (param 'Count', required 'true'))
		SERVER $server OPTIONS ($options)});
	return;
}

make_table($_) for keys %kind;

# The bytes of a whole reply on the wire, from a scan that reads it.
sub whole_size
{
	my ($name, $rows) = @_;
	$dc->clear_log;
	is($dc->sql(qq{SELECT count(*) FROM "$name" WHERE n = $rows}), $rows,
		"$name: the whole reply has all rows");
	$dc->wait(in_flight => 0);
	return $dc->log->[0]{BytesSent};
}

# A fault for the next request for rows; $name is not needed.
sub fault_for
{
	my ($name, %fault) = @_;
	return { path => '/test/rows', %fault };
}

my $session = $dc->session;
my %whole;
for my $name (sort keys %kind)
{
	$whole{$name} = whole_size($name, ROWS);
	my $half = int($whole{$name} / 2);
	my $early = int(ROWS * 0.4);

	$dc->clear_log;
	$dc->fault({ hold_after => { bytes => $half } });
	$session->query('BEGIN');
	$session->query(
		qq{DECLARE c CURSOR FOR SELECT id FROM "$name" WHERE n = } . ROWS);
	is_deeply($dc->log, [], "$name: opening a cursor sends nothing");

	is($session->query('FETCH 1 FROM c'), '1',
		"$name: the first row is there before the reply is");
	$session->query('MOVE FORWARD ' . ($early - 1) . ' IN c');
	is($session->query('FETCH 1 FROM c'), $early + 1,
		"$name: 40 % of the rows are there with half of the reply");
	$dc->wait(held => 1, in_flight => 1, timeout => 1);
	cmp_ok($dc->log->[0]{BytesSent}, '<', $half + 64 * 1024,
		"$name: all that without the second half");

	$session->send('FETCH ALL FROM c');
	$dc->wait_until_it_waits($session->pid, 'Reply');
	$dc->release;
	my @rest = split /\n/, $session->finish->{out};
	is(scalar @rest, ROWS - $early - 1, "$name: then come the rest");
	is_deeply([ @rest[ 0, -1 ] ], [ $early + 2, ROWS ],
		"$name: in order, to the last");
	$session->query('COMMIT');
	$dc->clear_faults;
}

# COPY also sends rows to the client early.
$dc->fault({ hold_after => { bytes => int($whole{plain} / 2) } });
$session->send('COPY (SELECT id FROM plain WHERE n = ' . ROWS . ') TO STDOUT');
$dc->wait(held => 1);
my $seen = $session->wait_for_output(qr/^30000$/m);
like($seen->{out}, qr/^30000$/m,
	'COPY hands over rows while the reply is under way');
$dc->release;
my @copied = split /\n/, $session->finish->{out};
is(scalar @copied, ROWS, 'and then the rest');

# A scan that ends early ends its transfer. Socket buffers take some MB that nobody
# reads, so the reply must be far larger.
use constant MANY => 1_000_000;
my $large = int($whole{plain} / ROWS * MANY);
my $large_gzip = int($whole{gzip} / ROWS * MANY);

sub sent_by
{
	my ($sql) = @_;
	$dc->clear_log;
	$session->send($sql);
	my $result = $session->finish;
	$dc->wait(in_flight => 0);
	my $log = $dc->log;
	is(scalar @$log, 1, "one request for: $sql");
	return ($log->[0]{BytesSent}, $result);
}

my ($sent, $result) = sent_by('SELECT id FROM plain WHERE n = ' . MANY . ' LIMIT 3');
is($result->{out}, "1\n2\n3", 'LIMIT gives its rows');
cmp_ok($sent, '<', $large / 5, 'LIMIT ends the transfer');
($sent, $result) = sent_by('SELECT id FROM gzip WHERE n = ' . MANY . ' LIMIT 3');
is($result->{out}, "1\n2\n3", 'LIMIT gives its rows of a compressed reply');
cmp_ok($sent, '<', $large_gzip / 2, 'LIMIT ends a compressed transfer');
($sent, $result) = sent_by('SELECT EXISTS (SELECT FROM plain WHERE n = ' . MANY . ')');
is($result->{out}, 't', 'EXISTS is answered');
cmp_ok($sent, '<', $large / 5, 'EXISTS ends the transfer');
($sent, $result) = sent_by('SELECT 1 / (id - 3) FROM plain WHERE n = ' . MANY);
like($result->{err}, qr/ERROR:  22012:/, 'an error in the query is its own');
cmp_ok($sent, '<', $large / 5, 'an error in the query ends the transfer');

# Closing a cursor also ends the transfer, even while it is paused.
for my $end ('CLOSE c', 'ROLLBACK')
{
	$dc->clear_log;
	$session->query('BEGIN');
	$session->query('DECLARE c CURSOR FOR SELECT id FROM plain WHERE n = ' . MANY);
	is($session->query('FETCH 1 FROM c'), '1', "a row before $end");
	$session->query($end);
	$dc->wait(in_flight => 0);
	cmp_ok($dc->log->[0]{BytesSent}, '<', $large / 5, "$end ends the transfer");
	$session->query('COMMIT') if $end ne 'ROLLBACK';
}

is($session->query('SELECT count(*) FROM plain WHERE n = 10'), '10',
	'the session is fit for more');
$session->quit;

done_testing();
