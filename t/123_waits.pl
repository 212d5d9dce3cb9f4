# Whatever one request of a scan waits for, the rows of the scan's other requests come:
# the service computes, refuses, or asks for a later try. Replies of all codings.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";

use DataConnectTest;
use DataConnectWaits qw(waits stalled replies server_options others_first
  copies_others_first same_rows at_once is_held settle rows);
use Test::More;

my $dc = DataConnectTest->new;
my $session = $dc->session;

# A server with an account of its own, and its table.
sub make
{
	my ($name, $server, $table) = @_;
	$dc->make_server($name, mapping => { token => $dc->token }, server_options(), %$server);
	$dc->make_rows_table($name, $name, %$table);
	return;
}

sub asked { return [ sort { $a <=> $b } map { $_->{Params} =~ /\bCount=(\d+)/ } @{ $dc->log } ] }

# A query with one request for each of these numbers, which is how many rows it has.
sub select_from
{
	my ($name, @numbers) = @_;
	return "SELECT n FROM $name WHERE n IN (" . join(', ', @numbers) . ')';
}

# A cursor begins with one request; the second one waits, and the third comes after that.
my @cursor = (sql => undef, param => { Count => 2 }, rows => [ rows(1, 3 .. 6) ],
	late => [ rows(2) ], pass => { Count => 1 }, hold => 1);
my @copy = (sql => undef, param => { Count => 5000 }, size => 5005);

# --- The service computes ---------------------------------------------------------

for my $kind (replies())
{
	my $name = $kind->{name};
	make($name, $kind->{server}, $kind->{table});
	others_first($dc, $session, stalled($kind->{bytes}), "$name, a cursor",
		@cursor, sql => select_from($name, 1 .. 6));
	copies_others_first($dc, $session, stalled($kind->{bytes}), $name,
		@copy, sql => select_from($name, 5000 .. 5005));
}
others_first($dc, $session, stalled(10), 'row by row',
	@cursor, sql => select_from('json_gzip', 1 .. 6), each => 1, hold => 0);

# --- Everything else that a request waits for ---------------------------------------

for my $wait (waits())
{
	others_first($dc, $session, $wait, 'a cursor',
		@cursor, sql => select_from('json_gzip', 1 .. 6));
	copies_others_first($dc, $session, $wait, 'json_gzip',
		@copy, sql => select_from('json_gzip', 5000 .. 5005));
}

# The time is kept.
$dc->clear_log;
$dc->fault({ status => 503, headers => { 'Retry-After' => 1 }, param => { Count => 2 } });
is($session->query('SELECT count(*) FROM json_gzip WHERE n IN (1, 2, 3)'), '6',
	'a request that waits is sent again');
my ($first, $second) = map { $_->{At} } grep { $_->{Params} =~ /Count=2\b/ } @{ $dc->log };
cmp_ok($second - $first, '>=', 0.998, 'after the time that the service named');

# --- Few rows take few requests, also while the first one waits ---------------------

for my $sql ('SELECT n FROM json_gzip WHERE n IN (1, 2, 3, 4) LIMIT 1',
	'SELECT 1 WHERE EXISTS (SELECT FROM json_gzip WHERE n IN (1, 2, 3, 4))')
{
	$dc->clear_log;
	$dc->fault({ hold_after => { bytes => 10 } });
	$session->send($sql);
	$dc->wait(held => 1);
	$dc->wait_until_it_waits($session->pid, 'Reply');
	is_deeply(asked(), [1], "while it waits, one request is sent for: $sql");
	$dc->release;
	is($session->finish->{out}, '1', 'which is enough');
	is_deeply(asked(), [1], 'and no other is sent');
	settle($dc);
}

# --- The first byte ---------------------------------------------------------------

# It is the first byte of the document: the head of gzip is none. So it is not idle_timeout
# that ends the wait for it, neither with a longer first_byte_timeout nor without one.
make('first', { first_byte_timeout => '2s', idle_timeout => '500ms' }, {});
make('computes', { idle_timeout => '500ms' }, {});
my $patient = $dc->session;
$dc->fault({ hold_after => { bytes => 10 }, name => 'head', param => { Count => 1 } });
$patient->send('SELECT count(id) FROM computes WHERE n = 1');
$dc->wait(held => 1);
$dc->fault({ hold_after => { bytes => 10 }, param => { Count => 2 } });
my $result = $session->attempt('SELECT count(id) FROM first WHERE n = 2');
is($result->{state}, 'HV00M', 'silence after the head of gzip is a time-out');
like($result->{err}, qr/ timed out in phase "first byte"$/m, 'of the first byte');
like($result->{err}, qr/^DETAIL:  Waited 2 s for /m, 'after its time');
ok(is_held($dc), 'without that time-out a reply may be computed for longer than idle_timeout');
$dc->release('head');
is($patient->finish->{out}, '1', 'and has its rows');
settle($dc);
$patient->quit;
$session->quit;

done_testing();
