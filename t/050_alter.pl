# ALTER and DROP take effect at once in open sessions, also for prepared statements.
# An open cursor continues with the old options.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";

use DataConnectTest;
use Test::More;

my $dc = DataConnectTest->new;
$dc->make_server('dc', max_retries => 0);
$dc->make_rows_table('t', 'dc');
my $session = $dc->session;
$session->query('SET plan_cache_mode = force_generic_plan');
$session->query('PREPARE q (integer) AS SELECT count(*) FROM t WHERE n = $1');

# Runs a prepared and a new query; returns what $look finds in each request.
sub sent
{
	my ($look) = @_;
	$dc->clear_log;
	is($session->query('EXECUTE q(3)'), '3', 'the prepared statement has its rows');
	is($session->query('SELECT count(*) FROM t WHERE n = 4'), '4', 'and so has a new one');
	return join ' ', map { $look->($_) // '-' } @{ $dc->log };
}

sub query_of { return $_[0]{Query} }
sub authorization { return $dc->headers($_[0])->{authorization} }

is(sent(\&authorization), 'Bearer sandbox-token Bearer sandbox-token', 'at first');

# User mappings
$dc->sql(q{ALTER USER MAPPING FOR CURRENT_USER SERVER dc OPTIONS (DROP token,
	ADD username 'analyst', ADD password 's3cret')});
like(sent(\&authorization), qr/^Basic (\S+) Basic \1$/, 'other credentials');
$dc->sql(q{ALTER USER MAPPING FOR CURRENT_USER SERVER dc OPTIONS (SET password 'wrong')});
for my $sql ('EXECUTE q(3)', 'SELECT count(*) FROM t WHERE n = 4')
{
	$session->send($sql);
	like($session->finish->{err}, qr/ERROR:  28000:/, "wrong credentials: $sql");
}
$dc->sql('DROP USER MAPPING FOR CURRENT_USER SERVER dc');
for my $sql ('EXECUTE q(3)', 'SELECT count(*) FROM t WHERE n = 4')
{
	$session->send($sql);
	like($session->finish->{err}, qr/ERROR:  42704:.*user mapping not found/, "no mapping: $sql");
}
$dc->sql(q{CREATE USER MAPPING FOR PUBLIC SERVER dc OPTIONS (token 'sandbox-token')});
is(sent(\&authorization), 'Bearer sandbox-token Bearer sandbox-token', 'a mapping for all');
$dc->sql(q{CREATE USER MAPPING FOR CURRENT_USER SERVER dc OPTIONS (username 'analyst', password 's3cret')});
like(sent(\&authorization), qr/^Basic/, 'one of the user\'s own');

# Servers
$dc->sql(q{ALTER SERVER dc OPTIONS (ADD params 'CompanyID=7', ADD language 'fr-ca')});
like(sent(\&query_of), qr/^(?:\S*CompanyID=7\S*LanguageCode=fr-ca\S* ?|\S*LanguageCode=fr-ca\S*CompanyID=7\S* ?){2}$/,
	'params and language');
$dc->sql(q{ALTER SERVER dc OPTIONS (DROP params, ADD method 'post')});
is(sent(sub { return $_[0]{Method} }), 'POST POST', 'the method');
my $other = DataConnectTest->new(without_cluster => 1);
$dc->sql("ALTER SERVER dc OPTIONS (SET url '" . $other->url . "')");
is(sent(\&query_of), '', 'another url: nothing for the old');
is(scalar @{ $other->log }, 2, 'all for the new');
$dc->sql("ALTER SERVER dc OPTIONS (SET url '" . $dc->url . "', SET max_retries '1', DROP method)");
$dc->fault({ status => 503, headers => { 'Retry-After' => '0' }, count => 1 });
is(sent(sub { return $_[0]{Status} }), '503 200 200', 'the number of retries');
$dc->sql(q{ALTER SERVER dc OPTIONS (ADD first_byte_timeout '200ms')});
$dc->fault({ hold_headers => JSON::PP::true, count => 1 });
$session->send('EXECUTE q(3)');
like($session->finish->{err}, qr/ERROR:  HV00M:.*first_byte_timeout/s, 'a time-out');
$dc->release;
$dc->clear_faults;
$dc->sql('ALTER SERVER dc OPTIONS (DROP first_byte_timeout)');

# Tables and columns
$dc->sql(q{ALTER FOREIGN TABLE t OPTIONS (ADD params 'Width=5')});
like(sent(\&query_of), qr/^\S*Width=5\S* \S*Width=5\S*$/, 'the params of the table');
$dc->sql(q{ALTER FOREIGN TABLE t ALTER n OPTIONS (SET param 'Rows')});
$session->send('EXECUTE q(3)');
like($session->finish->{err}, qr/ERROR:  HV024:.*Rows=3/s, 'the parameter of a column');
$dc->sql(q{ALTER FOREIGN TABLE t ALTER n OPTIONS (SET param 'Count')});

# A cursor
$session->query('BEGIN');
$session->query('DECLARE c CURSOR FOR SELECT id FROM t WHERE n = 100000');
is($session->query('FETCH 1 FROM c'), '1', 'a cursor is open');
$dc->sql("ALTER SERVER dc OPTIONS (SET url '" . $other->url . "')");
$dc->sql('DROP USER MAPPING FOR CURRENT_USER SERVER dc');
$other->clear_log;
is($session->query('MOVE 99998 FROM c; FETCH ALL FROM c'), '100000',
	'it goes on over the change');
is_deeply($other->log, [], 'with the old server');
is($session->query('SELECT count(*) FROM t WHERE n = 5'), '5', 'a new scan beside it');
is(scalar @{ $other->log }, 1, 'goes to the new');
$session->query('COMMIT');
$session->quit;

done_testing();
