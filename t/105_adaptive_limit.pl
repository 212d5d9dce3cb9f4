# How many requests are sent at once to services that refuse some: at random, by a
# limit for each endpoint, by one limit for a company.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";

use DataConnectTest;
use List::Util qw(max);
use Test::More;

my $dc = DataConnectTest->new(
	conf => "shared_preload_libraries = 'dataconnect_fdw'\n");
my $boss = $dc->session;
my @sessions = map { $dc->session } 1 .. 6;

# A server with an account of its own, with a table of the same name for /test/rows
# and one for /test/sales.
sub make
{
	my ($name, %option) = @_;
	$dc->clear_log;
	$dc->make_server($name, mapping => { token => $dc->token }, %option);
	$dc->make_rows_table($name, $name);
	$dc->sql("CREATE FOREIGN TABLE ${name}_sales (id integer OPTIONS (name 'Id'))
		SERVER $name OPTIONS (endpoint '/Test/Sales')");
	return;
}

sub look
{
	my ($server, $columns) = @_;
	return $boss->query("SELECT $columns FROM dataconnect_concurrency
		WHERE server_name = '$server'");
}

sub wait_for
{
	my ($server, $in_flight, $waiting) = @_;
	return $dc->wait_for_result(
		"SELECT in_flight, waiting FROM dataconnect_concurrency
		  WHERE server_name = '$server'", "$in_flight|$waiting");
}

# The results of the sessions.
sub finish
{
	my ($out, @who) = @_;
	is_deeply([ map { $_->finish } @who ],
		[ map { { out => $out, err => '', state => '' } } @who ],
		'each session has its turn');
	return;
}

# A request that is held has no status yet.
sub refused { return scalar grep { ($_->{Status} // 0) == 429 } @{ $dc->log } }

# Let as many sessions have this number of requests of a table held.
sub hold
{
	my ($table, $count, @who) = @_;
	$dc->fault({ path => '/test/rows', hold_headers => 1, count => $count });
	$_->send("SELECT count(id) FROM $table WHERE n = 5") for @who;
	$dc->wait(held => $count);
	return;
}

# --- A limit for each endpoint ---------------------------------------------

make('each');
$dc->set(limit_by => 'resource', concurrency => 2);
hold('each', 2, @sessions[ 0 .. 3 ]);
ok(wait_for('each', 2, 2), 'two are under way, others wait');
is($sessions[4]->query('SELECT count(id) FROM each_sales'), '60',
	'and one for another resource does not wait behind them');
is(look('each', 'in_flight, waiting'), '2|2', 'which still do');
$dc->release;
finish('5', @sessions[ 0 .. 3 ]);
is(look('each', 'in_flight, waiting'), '0|0', 'nothing is left of it');

# --- A limit for all of a company -----------------------------------------

make('whole');
$dc->set(limit_by => 'company', concurrency => 3);
hold('whole', 3, @sessions[ 0 .. 2 ]);
$sessions[4]->send('SELECT count(id) FROM whole_sales');
ok(wait_for('whole', 3, 1), 'one for another resource waits, too');
is(look('whole', 'allowed'), '3', 'as so many are known to be allowed');
cmp_ok(refused(), '>', 0, 'by a refusal');
$dc->release;
finish('5', @sessions[ 0 .. 2 ]);
finish('60', $sessions[4]);

# --- Refusals until a request has ended -----------------------------------

make('until', max_retries => 3);
$dc->set(limit_by => 'resource', concurrency => 2,
	refuse_until_end => JSON::PP::true());
hold('until', 2, @sessions);
ok(wait_for('until', 2, 4), 'two are under way, others wait');
my $before = refused();
cmp_ok($before, '<=', 12, 'with few refusals');
$dc->release;
finish('5', @sessions);
cmp_ok(refused() - $before, '<=', 6, 'and few more');

# --- Random refusals ------------------------------------------------------

make('chance', max_retries => 20);
$dc->set(refused_by_chance => 50, concurrency => 8, refuse_until_end => JSON::PP::false());
is($boss->query('SELECT count(id) FROM chance
		WHERE n = ANY (ARRAY(SELECT generate_series(1, 300)))'), 300 * 301 / 2,
	'300 requests, of which some are refused');
my @log = @{ $dc->log(path => '/test/rows') };
cmp_ok(refused(), '>', 5, 'the service refused some');
is(scalar(grep { $_->{Status} == 200 } @log), 300, 'each was sent again');
cmp_ok(look('chance', 'allowed'), '>=', 4, 'which is not taken for a limit');
cmp_ok(max(map { $_->{Concurrent} } @log[ -100 .. -1 ]),
	'>=', 4, 'so that they do not go one after the other');

# --- A user with a lower limit --------------------------------------------

# Two servers with one account.
$dc->set(refused_by_chance => 0);
my @account = (mapping => { token => $dc->token }, queue_timeout => '60s');
make('wide', @account, max_concurrency => 3);
make('small', @account, max_concurrency => 1);
hold('wide', 3, @sessions[ 0 .. 2 ]);
$sessions[3]->send('SELECT count(id) FROM small WHERE n = 6');
ok(wait_for('small', 3, 1), 'one who wants to be alone waits');
$sessions[4]->send('SELECT count(id) FROM wide WHERE n = 7');
ok(wait_for('wide', 3, 2), 'so does one behind it, as long as there is no room');
sub cancel
{
	my ($who) = @_;
	$boss->query("SELECT pg_cancel_backend(@{[$who->pid]})");
	return is($who->finish->{state}, '57014', 'one ends');
}
cancel($sessions[0]);
finish('7', $sessions[4]);
is($sessions[5]->query('SELECT count(id) FROM wide_sales'), '60', 'others go on, whatever they ask for');
cancel($sessions[1]);
is($sessions[5]->query('SELECT count(id) FROM wide WHERE n = 4'), '4', 'more and more of them');
is(look('wide', 'in_flight, waiting'), '1|1', 'who wants to be alone still waits');
$dc->release;
finish('5', $sessions[2]);
finish('6', $sessions[3]);
is_deeply([ map { $_->{Concurrent} } grep { $_->{Params} =~ /\bCount=6\b/ } @{ $dc->log } ],
	[1], 'and was alone');

done_testing();
