# Through a pooler that gives each transaction any of its connections (pgbouncer), sessions
# have the right rows, share log-ins, and can be cancelled.  A query whose client is gone
# ends, with and without a pooler, if PostgreSQL looks for that.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";

use DataConnectPooler;
use DataConnectTest;
use JSON::PP ();
use Test::More;

# Connections of the pool, and clients.
use constant { POOL => 2, CLIENTS => 6 };

my $dc = DataConnectTest->new(conf => "shared_preload_libraries = 'dataconnect_fdw'\n");
my $node = $dc->node;
my $token_path = '/v1/oauth2/token';
$dc->make_server('pooled', token_url => $dc->url . $token_path,
	mapping => { username => 'analyst', password => 's3cret', client_id => 'client',
		client_secret => 'client-secret' });
$dc->make_rows_table('rows', 'pooled');

my $connstr = DataConnectPooler->new($dc, POOL)->connstr;

# --- Rows and log-ins ------------------------------------------------------------------

my @clients = map { $dc->session(connstr => $connstr) } 1 .. CLIENTS;
$dc->clear_log;
$dc->fault({ path => '/test/rows', hold_headers => JSON::PP::true, count => POOL });
$_->send("SELECT count(*), sum(id) FROM rows WHERE n = 30") for @clients;
$dc->wait(held => POOL);
$dc->clear_faults;
$dc->release;
is($_->finish->{out}, '30|465', 'a client has its rows') for @clients;
is(scalar @{ $dc->log(path => '/test/rows') }, CLIENTS, 'by one request each');
cmp_ok(scalar @{ $dc->log(path => $token_path) }, '<=', POOL, 'each connection of the pool logs in once');

# A transaction keeps its connection, so a cursor goes on.
$clients[0]->open_cursor('SELECT id FROM rows WHERE n = 20');
is($clients[0]->fetch(2)->{out}, "1\n2", 'a cursor begins');
is($clients[1]->query('SELECT count(*) FROM rows WHERE n = 7'), '7', 'another client asks meanwhile');
is($clients[0]->fetch(1)->{out}, '3', 'and goes on');
$clients[0]->query('COMMIT');

# --- Clients that give up --------------------------------------------------------------

sub backends
{
	return "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%n = 40%' AND pid <> pg_backend_pid()";
}

sub client_holds
{
	my ($connect) = @_;
	my $client = $dc->session(connstr => $connect);
	$dc->fault({ param => { Count => 40 }, hold_headers => JSON::PP::true });
	$client->send('SELECT count(*) FROM rows WHERE n = 40');
	$dc->wait(held => 1);
	return $client;
}

# psql passes the signal on as a cancel request, through the pooler.
my $client = client_holds($connstr);
$client->signal('INT');
is($client->finish->{state}, '57014', 'a cancel goes through the pooler');
$dc->wait(in_flight => 0);
pass('and ends the request');
$dc->clear_faults;

$node->safe_psql('postgres', "ALTER SYSTEM SET client_connection_check_interval = '100ms'");
$node->reload;
for my $case ([ 'without a pooler', $node->connstr('postgres') ], [ 'through the pooler', $connstr ])
{
	my ($name, $connect) = @$case;

	$client = client_holds($connect);
	$client->signal('KILL');
	ok($dc->wait_for_result(backends(), '0'), "$name: a query whose client is gone ends");
	$dc->wait(in_flight => 0);
	pass("$name: and so does its request");
	$dc->clear_faults;
	$client = undef;
}
is($clients[1]->query('SELECT count(*) FROM rows WHERE n = 8'), '8', 'other clients go on');

$_->quit for @clients;
done_testing();
