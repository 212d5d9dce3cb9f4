# Many sessions that ask for the same reply at once send one request; who may not send it
# does not get it; and what becomes of copies after a crash, a restart, on a standby.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";

use DataConnectTest;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use constant { SESSIONS => 32, ROWS => 3000 };

my $dc = DataConnectTest->new(init => [ allows_streaming => 1 ], conf => <<'END');
shared_preload_libraries = 'dataconnect_fdw'
restart_after_crash = on
max_connections = 60
END
my $node = $dc->node;
my $digest = 'count(*), md5(string_agg(t::text, E\'\n\' ORDER BY id))';

sub requests { return scalar @{ $dc->log } }

# The files of copies, and of those that are being written.
sub files
{
	my ($of) = @_;
	my $directory = ($of || $node)->data_dir . '/pgsql_tmp_dataconnect_fdw';
	return -d $directory ? grep { !/^\./ } slurp_dir($directory) : ();
}

sub wait_until_all_wait
{
	my ($number, @sessions) = @_;
	my $pids = join ', ', map { $_->pid } @sessions;
	return $dc->wait_for_result("SELECT count(*) FROM pg_stat_activity WHERE pid IN ($pids)
		AND wait_event ~ '^(Extension|Dataconnect.*)\$'", $number);
}

# --- One request for all -----------------------------------------------------

my %formats = (
	json => {}, plain => { compression => 'off' }, post => { method => 'post' },
	csv => { format => 'csv' }, xml => { format => 'xml' },
	jsondatatable => { format => 'jsondatatable' });
my @sessions = map { $dc->session } 1 .. SESSIONS;

my $rows = ROWS;
for my $name (sort keys %formats)
{
	# Neither the method nor the compression makes another request.
	$rows++;
	my @options = %{ $formats{$name} };
	$dc->make_server($name, @options);
	$dc->make_rows_table("t_$name", $name);
	my $asked = "SELECT $digest FROM t_$name t WHERE n = $rows";
	my $expected = $dc->sql($asked);
	$dc->sql("ALTER SERVER $name OPTIONS (ADD max_age '1h')");
	$dc->clear_log;

	$dc->fault({ path => '/test/rows', hold_headers => 1 });
	$_->send($asked) for @sessions;
	ok(wait_until_all_wait(SESSIONS, @sessions), "$name: all wait");
	ok($dc->wait_for_result('SELECT sum(waiting) FROM dataconnect_cache WHERE fetching', SESSIONS - 1),
		"$name: all but one for that one");
	$dc->release;
	is_deeply([ map { $_->finish } @sessions ],
		[ map { { out => $expected, err => '', state => '' } } @sessions ],
		"$name: each has all rows");
	is(requests(), 1, "$name: of one request");
	is($dc->sql($asked), $expected, "$name: so has a later one");
	is(requests(), 1, "$name: of the same");
}

# --- A fetch that is overtaken -----------------------------------------------

# One session has begun to receive when another one asks anew, and is complete first.
$dc->fault({ path => '/test/rows', hold_after => { bytes => 2000 } });
my @overtaken = @sessions[ 0, 1 ];
$dc->clear_log;
$overtaken[0]->send('SELECT count(*) FROM t_json WHERE n = 4000');
$dc->wait(held => 1);
is($overtaken[1]->query('SET dataconnect_fdw.max_age = 0; SELECT count(*) FROM t_json WHERE n = 4000'),
	'4000', 'one that asks anew overtakes');
$dc->release;
is($overtaken[0]->finish->{out}, '4000', 'the other has its rows, too');
$overtaken[1]->query('RESET dataconnect_fdw.max_age');
is(requests(), 2, 'two requests');
is($dc->sql("SET statement_timeout = '20s'; SELECT count(*) FROM t_json WHERE n IN (4000, 4001, 4002, 4003)"),
	4000 + 4001 + 4002 + 4003, "later ones ($_)") for 1 .. 3;
is(requests(), 5, 'read the newer copy, and make others');

# The one that is kept is the one that began last, not the one that ended last.
$dc->sql("CREATE FOREIGN TABLE changing (id integer OPTIONS (name 'Id')) SERVER json OPTIONS (endpoint '/test/things')");
$dc->clear_log;
$dc->fault({ path => '/test/things', hold_after => { bytes => 10 } });
$overtaken[0]->send('SELECT count(*) FROM changing');
$dc->wait(held => 1);
$dc->set(edition => 1);
is($overtaken[1]->query('SET dataconnect_fdw.max_age = 0; SELECT count(*) FROM changing'), '51', 'the data have changed');
$overtaken[1]->query('RESET dataconnect_fdw.max_age');
$dc->release;
is($overtaken[0]->finish->{out}, '64', 'the one that was overtaken has the old ones');
is($dc->sql('SELECT count(*) FROM changing'), '51', 'later ones have the new ones');
is(requests(), 2, 'from a copy');

# --- Who may not send the request does not get the reply --------------------

$dc->reset;
$dc->sql('CREATE ROLE alice; CREATE ROLE bob; CREATE ROLE carol');
$dc->make_server('accounts', max_age => '1h', mapping => undef);
my %token = map { $_ => $dc->token } qw(alice bob);
$dc->sql("CREATE USER MAPPING FOR $_ SERVER accounts OPTIONS (token '$token{$_}')") for qw(alice bob);
$dc->sql("CREATE FOREIGN TABLE things (id integer OPTIONS (name 'Id'), num integer OPTIONS (name 'Num'))
	SERVER accounts OPTIONS (endpoint '/test/things')");
$dc->sql('GRANT SELECT ON things TO alice, bob, carol');
$dc->sql("CREATE VIEW owned AS SELECT * FROM things; ALTER VIEW owned OWNER TO alice; GRANT SELECT ON owned TO bob, carol");
my $things = 'SELECT count(*), sum(id * coalesce(num, -1)) FROM';
my $session = $dc->session;

# The answer of one user, with the number of requests for it.
sub ask
{
	my ($role, $from) = @_;
	$dc->clear_log;
	my $result = $session->attempt("SET ROLE $role; $things $from");
	$session->query('RESET ROLE');
	return $result->{state} || "$result->{out}, " . requests();
}

my $first = ask('alice', 'things');
like($first, qr/^64\|.*, 1$/, 'alice sends a request');
my $kept = $first =~ s/1$/0/r;
is(ask('alice', 'things'), $kept, 'once');
$dc->set(edition => 1);
my $second = ask('bob', 'things');
like($second, qr/^51\|.*, 1$/, 'bob, with another account, sends his own');
is(ask('alice', 'things'), $kept, 'which replaces nothing of hers');
is(ask('bob', 'owned'), $kept, 'a view of hers reads hers');
is(ask('bob', 'things'), $second =~ s/1$/0/r, 'his table does not');
is(ask('carol', 'things'), '42704', 'who has no mapping gets nothing');
is(ask('carol', 'owned'), $kept, 'except by her view');
$dc->sql('CREATE USER MAPPING FOR carol SERVER accounts');
is(ask('carol', 'things'), '2F003', 'who has no credentials gets nothing');
$dc->sql('REVOKE SELECT ON things FROM bob');
is(ask('bob', 'things'), '42501', 'nor who may no longer read the table');
$dc->sql("ALTER USER MAPPING FOR alice SERVER accounts OPTIONS (SET token '$token{bob}')");
is(ask('alice', 'things'), $second =~ s/1$/0/r, 'with the same credentials she has his account, and his copy');
$dc->sql("ALTER USER MAPPING FOR alice SERVER accounts OPTIONS (SET token '$token{alice}')");
is(ask('alice', 'things'), $kept, 'with her own, her own');

# The directory has no secret, in no name and in no file.
{
	my $directory = $node->data_dir . '/pgsql_tmp_dataconnect_fdw';
	my $all = join "\n", map { $_, slurp_file("$directory/$_") } files();
	cmp_ok(scalar files(), '>=', 2, 'there are files');
	is(scalar(grep { index($all, $_) >= 0 } 'sandbox-token', values %token), 0, 'without credentials');
}

# --- ALTER -------------------------------------------------------------------

# Each of these asks for another reply, and back again for the one that there is.
for my $change (
	[ 'a parameter', "ALTER FOREIGN TABLE things OPTIONS (ADD params 'Num=3')",
		'ALTER FOREIGN TABLE things OPTIONS (DROP params)' ],
	[ 'a parameter of the server', "ALTER SERVER accounts OPTIONS (ADD params 'Num=5')",
		'ALTER SERVER accounts OPTIONS (DROP params)' ],
	[ 'the format', "ALTER SERVER accounts OPTIONS (ADD format 'csv')",
		'ALTER SERVER accounts OPTIONS (DROP format)' ],
	[ 'the endpoint', "ALTER FOREIGN TABLE things OPTIONS (SET endpoint '/test/things/')",
		"ALTER FOREIGN TABLE things OPTIONS (SET endpoint '/test/things')", '404' ])
{
	my ($what, $there, $back, $status) = @$change;
	$dc->sql($there);
	my $other = ask('alice', 'things');
	like($other, $status ? qr/^HV00R$/ : qr/, 1$/, "$what: another request");
	$dc->sql($back);
	is(ask('alice', 'things'), $kept, "$what: and back");
}
# These do not change what is asked for.
for my $option ([ method => 'post' ], [ timezone => 'Asia/Kathmandu' ], [ compression => 'off' ])
{
	$dc->sql("ALTER SERVER accounts OPTIONS (ADD $option->[0] '$option->[1]')");
	is(ask('alice', 'things'), $kept, "$option->[0]: the same");
	$dc->sql("ALTER SERVER accounts OPTIONS (DROP $option->[0])");
}

# --- kill -9 -------------------------------------------------------------------

$dc->reset;
my $asked = 'SELECT count(*), sum(id) FROM t_json WHERE n = 5000';
$dc->fault({ path => '/test/rows', hold_after => { bytes => 2000 } });
my $owner = $sessions[0];
$owner->send($asked);
$dc->wait(held => 1);
cmp_ok(scalar files(), '>=', 1, 'a copy is being written');
kill 9, $owner->pid;
ok($node->poll_query_until('postgres', 'SELECT true'), 'the cluster starts again');
$dc->forget_watcher;
is_deeply([ files() ], [], 'nothing is left of the copies');
$dc->release;
$dc->clear_log;
is($dc->sql($asked), '5000|12502500', 'a query asks anew');
is($dc->sql($asked), '5000|12502500', 'and another reads the copy');
is(requests(), 1, 'of one request');
@sessions = ();

# --- A standby, and a restart ---------------------------------------------------

$node->backup('base');
my $backup = $node->backup_dir . '/base';
ok(-d $backup, 'there is a backup');
ok(!-e "$backup/pgsql_tmp_dataconnect_fdw" || !slurp_dir("$backup/pgsql_tmp_dataconnect_fdw"),
	'without the copies');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'base', has_streaming => 1);
$standby->start;
is_deeply([ files($standby) ], [], 'a standby begins without copies');
$dc->clear_log;
for (1 .. 2)
{
	is($standby->safe_psql('postgres', $asked), '5000|12502500', 'it reads');
}
is(requests(), 1, 'once from the service');
is(scalar files($standby), 1, 'and keeps a copy of its own');
is($dc->sql($asked), '5000|12502500', 'the primary still reads');
is(requests(), 1, 'its own');
is($standby->safe_psql('postgres', 'SELECT dataconnect_cache_drop(NULL)'), 1, 'what the standby drops');
is($dc->sql('SELECT count(*) FROM dataconnect_cache'), 1, 'the primary keeps');
$standby->stop;

$node->restart;
is_deeply([ files() ], [], 'a restart removes the copies');
$dc->clear_log;
is($dc->sql($asked), '5000|12502500', 'a query asks anew');
is(requests(), 1, 'once');

done_testing();
