# A role's share of max_concurrency: the requests of all its sessions together take no
# more, others have the rest, and nobody waits behind a role that has its share.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";

use DataConnectTest;
use PostgreSQL::Test::Utils;
use Test::More;

# Make roles, a server and its table, with one account for all roles.
sub prepare
{
	my ($dc, %option) = @_;
	my $token = $dc->token;
	$dc->make_server('dc', mapping => { token => $token }, max_concurrency => 4, %option);
	$dc->make_rows_table('rows', 'dc');
	$dc->sql("CREATE ROLE $_ LOGIN; GRANT SELECT ON rows TO $_; CREATE USER MAPPING FOR $_ SERVER dc OPTIONS (token '$token')")
	  for qw(dash other);
	return;
}

my $dc = DataConnectTest->new(conf => "shared_preload_libraries = 'dataconnect_fdw'\n");
my $node = $dc->node;
my $n = 100;
prepare($dc);
$dc->sql('ALTER ROLE dash SET dataconnect_fdw.max_concurrency_share = 50');

# A query that no other has asked.
sub query { return 'SELECT count(id) FROM rows WHERE n = ' . ++$n }

# Sessions of a role that each send a query whose reply is held.
sub begin
{
	my ($role, $count) = @_;
	my @sessions = map { $dc->session(user => $role) } 1 .. $count;
	$_->send(query()) for @sessions;
	return @sessions;
}

sub finish
{
	my ($name, @sessions) = @_;
	is(join(' ', map { $_->finish->{state} } @sessions), ' ' x $#sessions, $name);
	return;
}

# --- Several sessions --------------------------------------------------------

$dc->fault({ path => '/test/rows', hold_headers => 1, count => 0 });
my @dash = begin('dash', 5);
ok($dc->wait_for_concurrency('dc', 2, 3), 'two of four are under way, the others of the role wait');
my @other = begin('other', 2);
ok($dc->wait_for_concurrency('dc', 4, 3), 'another role passes them');
push @other, begin('other', 1);
ok($dc->wait_for_concurrency('dc', 4, 4), 'and waits for room of its own');
my $victim = shift @other;
$dc->sql('SELECT pg_cancel_backend(' . $victim->pid . ')');
is($victim->finish->{state}, '57014', 'one ends');
ok($dc->wait_for_concurrency('dc', 4, 3), 'the other role has its place, though others wait longer');
$victim = shift @dash;
$dc->sql('SELECT pg_terminate_backend(' . $victim->pid . ')');
$victim->finish;
ok($dc->wait_for_concurrency('dc', 4, 2), 'if a session of the role ends, another one goes');
$dc->clear_faults;
$dc->release;
finish('all end', @dash, @other);
ok($dc->wait_for_concurrency('dc', 0, 0), 'and leave nothing');

# --- One session -------------------------------------------------------------

# The most requests that the service had at once during a query of many.
sub at_once
{
	my ($service, $session) = @_;
	$service->clear_log;
	$session->query('SELECT count(id) FROM rows WHERE n IN (' . join(', ', map { ++$n } 1 .. 10) . ')');
	return (sort { $b <=> $a } map { $_->{Concurrent} } @{ $service->log })[0];
}

$dc->fault({ path => '/test/rows', hold_headers => 1, count => 0 });
my $session = $dc->session(user => 'dash');
$session->send('SELECT count(id) FROM rows WHERE n IN (1, 2, 3, 4, 5)');
ok($dc->wait_for_concurrency('dc', 2, 1), 'one query has no more');
$dc->clear_faults;
$dc->release;
is($session->finish->{out}, '15', 'and has all rows');
cmp_ok(at_once($dc, $session), '<=', 2, 'the service sees no more');
is($session->attempt('SET dataconnect_fdw.max_concurrency_share = 100')->{state}, '42501', 'the role cannot raise it');
is($session->attempt('RESET dataconnect_fdw.max_concurrency_share')->{state}, '42501', 'nor reset it');
my ($status, $out, $err) = $node->psql('postgres', 'SELECT 1',
	connstr => $node->connstr('postgres') . " user=dash options='-c dataconnect_fdw.max_concurrency_share=100'");
isnt($status, 0, 'nor set it in its connection');
for my $case ([ 1, 1 ], [ 74, 2 ], [ 75, 3 ])
{
	my ($share, $max) = @$case;
	$dc->sql("ALTER ROLE dash SET dataconnect_fdw.max_concurrency_share = $share");
	$dc->fault({ path => '/test/rows', hold_headers => 1, count => 0 });
	my @sessions = begin('dash', 4);
	ok($dc->wait_for_concurrency('dc', $max, 4 - $max), "$share % of 4 are $max");
	$dc->clear_faults;
	$dc->release;
	finish("$share %: all end", @sessions);
}

# --- It waits no longer than it may ------------------------------------------

$dc->sql("ALTER ROLE dash SET dataconnect_fdw.max_concurrency_share = 50; ALTER SERVER dc OPTIONS (ADD queue_timeout '300ms')");
$dc->fault({ path => '/test/rows', hold_headers => 1, count => 0 });
@dash = begin('dash', 2);
ok($dc->wait_for_concurrency('dc', 2, 0), 'the share is taken');
my $result = $dc->session(user => 'dash')->attempt(query());
is($result->{state}, '53400', 'queue_timeout ends the wait');
like($result->{err}, qr/Waited 300 ms\. Requests of role "dash" in flight: 2, allowed: 2 \(setting "dataconnect_fdw\.max_concurrency_share"\)/,
	'and the error says for what');
@other = begin('other', 1);
ok($dc->wait_for_concurrency('dc', 3, 0), 'the other role need not wait');
$dc->clear_faults;
$dc->release;
finish('all end', @dash, @other);
$dc->sql('ALTER SERVER dc OPTIONS (DROP queue_timeout)');

# A cursor at rest keeps its request under way; what the session needs meanwhile goes beyond.
my @cursors = map { $dc->session(user => 'dash') } 1 .. 2;
$_->query('BEGIN; DECLARE c CURSOR FOR SELECT id FROM rows WHERE n = 200000; FETCH 1 FROM c') for @cursors;
ok($dc->wait_for_concurrency('dc', 2, 0), 'two cursors rest');
is($cursors[0]->query('SELECT count(id) FROM rows WHERE n = 3'), '3', 'their sessions do not wait for themselves');
my ($waiting) = begin('dash', 1);
ok($dc->wait_for_concurrency('dc', 2, 1), 'another session waits');
$cursors[0]->query('COMMIT');
is($waiting->finish->{state}, '', 'until one is closed');
$cursors[1]->query('ROLLBACK');

# --- A transaction's role does not matter, and the share follows the setting --

$session = $dc->session;
$session->query('SET ROLE dash');
$dc->fault({ path => '/test/rows', hold_headers => 1, count => 0 });
@dash = begin('dash', 2);
ok($dc->wait_for_concurrency('dc', 2, 0), 'the role has its share');
$session->send(query());
ok($dc->wait_for_concurrency('dc', 3, 0), 'a session of another role with SET ROLE has its own');
$dc->clear_faults;
$dc->release;
finish('all end', @dash, $session);

# --- Not preloaded -----------------------------------------------------------

my $alone = DataConnectTest->new;
prepare($alone);
$alone->sql('ALTER ROLE dash SET dataconnect_fdw.max_concurrency_share = 50');
cmp_ok(at_once($alone, $alone->session(user => 'dash')), '<=', 2, 'not preloaded, each session has the share');
is($alone->session(connstr => $alone->node->connstr('postgres') . " user=dash options='-c dataconnect_fdw.max_concurrency_share=100'")
	  ->attempt('SELECT count(id) FROM rows WHERE n = 1')->{state}, '42501', 'and cannot set it in its connection');

done_testing();
