# The accounts: what the view shows of their mappings, who may end their pauses, and
# that no role can fill the table.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";

use DataConnectTest;
use PostgreSQL::Test::Utils qw(slurp_file);
use Test::More;

# As in src/net/limiter_table.c.
use constant ROLE_ACCOUNTS => 64;

my $dc = DataConnectTest->new(
	conf => "shared_preload_libraries = 'dataconnect_fdw'\n");
my $boss = $dc->session;
$boss->query('CREATE ROLE analyst LOGIN; CREATE ROLE guest LOGIN; CREATE ROLE greedy LOGIN;
	CREATE ROLE owner LOGIN;
	GRANT USAGE ON FOREIGN DATA WRAPPER dataconnect_fdw TO greedy, owner;
	GRANT CREATE ON SCHEMA public TO greedy, owner');
my %session = map { $_ => $dc->session(user => $_) } qw(analyst guest greedy owner);

# --- Mappings -----------------------------------------------------------------

$session{owner}->query($dc->server_sql('dc', mapping => undef) . ';'
	  . $dc->rows_table_sql('dc', 'dc') . ';
	CREATE USER MAPPING FOR public SERVER dc OPTIONS (token \'' . $dc->token . '\');
	CREATE USER MAPPING FOR analyst SERVER dc OPTIONS (token \'' . $dc->token . '\');
	GRANT USAGE ON FOREIGN SERVER dc TO analyst; GRANT SELECT ON dc TO analyst, guest');

sub look
{
	my ($who) = @_;
	return $session{$who}->query('SELECT user_name, outdated FROM dataconnect_concurrency
		WHERE server_name = \'dc\' ORDER BY user_name, outdated');
}

is($session{$_}->query('SELECT count(id) FROM dc WHERE n = 3'), '3', "$_ asks")
  for qw(owner analyst guest);
is(look('owner'), 'public|f', 'the mapping for public is called so');
is(look('analyst'), "analyst|f\npublic|f", 'who may use the server sees it, and his own');
is(look('guest'), '', 'others see neither');

$session{owner}->query('ALTER USER MAPPING FOR analyst SERVER dc OPTIONS (SET token \''
	  . $dc->token . '\')');
is(look('analyst'), "analyst|t\npublic|f", 'the account of old credentials is told apart');
is($session{analyst}->query('SELECT count(id) FROM dc WHERE n = 3'), '3', 'new ones');
is(look('analyst'), "analyst|f\nanalyst|t\npublic|f", 'are another account');
$session{owner}->query('DROP USER MAPPING FOR public SERVER dc');
like(look('analyst'), qr/^public\|t$/m, 'so is that of a mapping that was dropped');
$session{owner}->query('CREATE USER MAPPING FOR public SERVER dc OPTIONS (token \''
	  . $dc->token . '\')');

# --- Who may end a pause ------------------------------------------------------

sub pause
{
	for my $who (qw(analyst owner))
	{
		$dc->fault({ status => 429, headers => { 'Retry-After' => 3600 } });
		is($session{$who}->attempt('SELECT count(id) FROM dc WHERE n = 3')->{state},
			'53400', "the account of $who is left alone");
	}
	return;
}

sub resume
{
	my ($who, $server) = @_;
	my $result = $session{$who}->attempt("SELECT dataconnect_resume('"
		  . ($server // 'dc') . "')");
	return $result->{state} || $result->{out};
}
pause();
is(resume('guest'), '42501', 'without USAGE nobody ends a pause');
is(resume('guest', 'none'), '42704', 'nor of a server that does not exist');
is(resume('analyst'), '1', 'a user ends that of his own mapping');
is($session{analyst}->query('SELECT count(id) FROM dc WHERE n = 3'), '3', 'and asks');
is($session{owner}->attempt('SELECT count(id) FROM dc WHERE n = 3')->{state}, '53400',
	'that of another goes on');
is(resume('owner'), '1', 'the owner of the server ends it');
pause();
is(resume('owner'), '2', 'and those of all mappings');
pause();
is($boss->query("SELECT dataconnect_resume('dc')"), '2', 'so does a superuser');
$session{owner}->query('DROP USER MAPPING FOR public SERVER dc;
	GRANT USAGE ON FOREIGN SERVER dc TO guest');
is(resume('guest'), '42704', 'who has no mapping has no pause');

# --- A limit for each role ----------------------------------------------------

my $n = 2 * ROLE_ACCOUNTS + 2;
my $greedy = $session{greedy};
$greedy->query(join ';', map {
	$dc->server_sql("s$_", compression => 'off', mapping => { token => $dc->token }) . ';'
	  . $dc->rows_table_sql("s$_", "s$_") } 1 .. $n);

sub count_accounts
{
	return $greedy->query("SELECT count(*) FILTER (WHERE shared), count(*) FILTER (WHERE NOT shared)
		FROM dataconnect_concurrency WHERE user_name = 'greedy' AND in_flight = $_[0]");
}

# Idle accounts are replaced.
$greedy->query("SELECT id FROM s$_ WHERE n = 1") for 1 .. $n;
is(count_accounts(0), ROLE_ACCOUNTS . '|0', 'a role has so many accounts in all');
is($boss->query("SELECT count(*) FROM dataconnect_concurrency WHERE user_name = 'analyst'"),
	'2', 'those of others stay');

# Busy accounts are not.
$dc->set(concurrency => 2 * $n);
my $log = -s $dc->node->logfile;
$dc->fault({ hold_after => { bytes => 5000 }, count => 0 });
$greedy->query('BEGIN');
$greedy->query("DECLARE c$_ CURSOR FOR SELECT id FROM s$_ WHERE n = 3000; FETCH 1 FROM c$_")
  for 1 .. $n;
is(count_accounts(1), ROLE_ACCOUNTS . '|' . ($n - ROLE_ACCOUNTS),
	'further ones are counted for the session alone');
my @told = grep { /LOG:  requests of further accounts/ }
  split /\n/, slurp_file($dc->node->logfile, $log);
is(scalar @told, 1, 'the log tells of it once');
like(slurp_file($dc->node->logfile, $log),
	qr/Role "greedy" has 64 accounts with requests in flight/, 'and of whom');

$dc->make_server('late', max_concurrency => 1, mapping => { token => $dc->token });
$dc->make_rows_table('late', 'late');
is($boss->query('BEGIN; DECLARE c CURSOR FOR SELECT id FROM late WHERE n = 3000; FETCH 1 FROM c'),
	'1', 'another role asks meanwhile');
is($boss->query("SELECT shared, in_flight FROM dataconnect_concurrency
	WHERE server_name = 'late'"), 't|1', 'and is counted for all sessions');
$_->query('COMMIT') for $boss, $greedy;

done_testing();
