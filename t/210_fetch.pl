# dataconnect_fetch(): a reply as it is, in any format, and what becomes of one that is
# none.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";

use DataConnectTest;
use Digest::MD5 qw(md5_hex);
use IPC::Run ();
use PostgreSQL::Test::Utils ();
use Test::More;

my $dc = DataConnectTest->new(conf => "shared_preload_libraries = 'dataconnect_fdw'\n");
$dc->make_server('dc', max_retries => 2, retry_max_wait => '50ms');
my $session = $dc->session;
my $directory = PostgreSQL::Test::Utils::tempdir_short();

sub fetch
{
	my ($arguments, $columns) = @_;
	return 'SELECT ' . ($columns // 'status, content_type, length(body)') . " FROM dataconnect_fetch($arguments)";
}

sub methods { my @methods = map { $_->{Method} } @{ $dc->log }; $dc->clear_log; return \@methods }

# The last request of the session, as another session sees it.
sub listed
{
	my ($columns) = @_;
	return $dc->sql("SELECT $columns FROM dataconnect_requests WHERE pid = " . $session->pid
		  . ' ORDER BY started_at DESC LIMIT 1');
}

# --- What comes back ---------------------------------------------------------

my $stores = $dc->reply('/lists/stores');
$dc->clear_log;
is($session->query(fetch("'dc', '/lists/stores'")),
	'200|application/json; charset=utf-8|' . length $stores,
	'status, type and length');
is($session->query(fetch("'dc', '/lists/stores'", 'md5(body)')), md5_hex($stores), 'and bytes');
is($session->query(fetch("'dc', '/lists/stores'", 'received_at BETWEEN now() AND clock_timestamp()')),
	't', 'and time');

# Long enough for a thread that decompresses.
my $rows = $dc->reply('/test/rows?Count=60000');
cmp_ok(length $rows, '>', 5_000_000, 'a long reply');
for my $compression ('on', 'off')
{
	$session->query("ALTER SERVER dc OPTIONS ("
		  . ($compression eq 'on' ? 'ADD' : 'SET') . " compression '$compression')");
	is($session->query(fetch("'dc', '/test/rows', 'Count=60000'", 'md5(body)')),
		md5_hex($rows), "comes whole with compression $compression");
}
for my $format (qw(JsonDataTable Csv Xml XmlDataTable))
{
	is( $session->query(fetch("'dc', '/lists/stores', 'Response=$format'", 'md5(body)')),
		md5_hex($dc->reply("/lists/stores?Response=$format")), "Response may be $format");
}
like($session->query(fetch("'dc', '/lists/stores', 'Response=Csv&CSV.Delimiter=%3B'", q{convert_from(body, 'UTF8')})),
	qr/^\w+;\w+/, 'and CSV have another delimiter');

# --- What is listed and counted --------------------------------------------------

my $offset = -s $dc->node->logfile;
$session->query('SET dataconnect_fdw.log_min_request_duration = 0');
$session->query(fetch("'dc', '/lists/stores', 'Response=Excel'", 'status'));
$session->query('RESET dataconnect_fdw.log_min_request_duration');
is(listed('outcome, status, sqlstate, tries, user_name = current_user, server_name, table_name, request, bytes > 0'),
	'complete|200||1|t|dc||GET /lists/stores?Response=Excel|t', 'a fetch is listed');
like(PostgreSQL::Test::Utils::slurp_file($dc->node->logfile, $offset),
	qr/dataconnect_fdw request complete in [\d.]+ ms, server "dc", status 200, .*, 1 try, .*first byte .*: GET \/lists/,
	'and logged, without a table');
is($dc->sql("SELECT requests > 10, bytes > 0 FROM dataconnect_stats WHERE server_name = 'dc' AND table_name IS NULL"),
	't|t', 'and counted');

# --- A workbook, with psql ------------------------------------------------------

my $workbook = "$directory/stores.xlsx";
$session->query("SELECT encode(body, 'base64') FROM dataconnect_fetch('dc', '/lists/stores', 'Response=Excel')"
	  . " \\g (format=unaligned tuples_only=on) | base64 -d > $workbook");
IPC::Run::run([ DataConnectTest::_python(), '-c', <<'END', $workbook ], '>', \my $cells) or die "no workbook\n";
import sys, zipfile
from xml.etree import ElementTree
main = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
archive = zipfile.ZipFile(sys.argv[1])
assert archive.testzip() is None
sheet = ElementTree.fromstring(archive.read("xl/worksheets/sheet1.xml"))
rows = list(sheet.iter(main + "row"))
print(len(rows), rows[0].find(".//%st" % main).text)
END
is($cells, "41 StoreID\n", 'psql writes a workbook that can be opened') or diag($cells);

# --- What is sent -----------------------------------------------------------------

$dc->clear_log;
$session->query(fetch("'dc', '/test/echo', 'A=1', $_")) for "'get'", "'POST'", 'NULL', "method => 'auto'";
is_deeply(methods(), [qw(GET POST GET GET)], 'the method is the argument or the option');
$session->query("ALTER SERVER dc OPTIONS (ADD params 'A=server&B=server', ADD language 'fr-ca', ADD method 'post')");
$session->query(fetch("'dc', '/test/echo', 'a=2&LanguageCode=en-us'"));
is($dc->log->[0]{Params}, 'B=server&LanguageCode=en-us&Response=Json&a=2', 'params replace those of the server');
is_deeply(methods(), ['POST'], 'whose method is the default');
$session->query('ALTER SERVER dc OPTIONS (DROP params, DROP language, DROP method)');

for my $case (
	[ "'dc', '/lists/stores', 'Auth=x'", 'HV024', qr/"Auth" is not allowed/ ],
	[ "'dc', '/lists/stores', 'Email.To=x'", 'HV024', qr/dataconnect_email/ ],
	[ "'dc', '/lists/stores', 'a'", 'HV024', qr/no "="/ ],
	[ "'dc', '/lists/stores', '', 'put'", 'HV024', qr/"method": "put"/ ],
	[ "'dc', '/session'", 'HV024', qr/answers with credentials/ ],
	[ "'dc', 'lists'", 'HV024', qr/must start with/ ],
	[ "'none', '/lists/stores'", '42704', qr/"none" does not exist/ ],
	[ "'dc', '/lists/stores', max_bytes => -1", '22023', qr/max_bytes: -1/ ],
	[ "'dc', '/lists/stores', max_bytes => 2147483647", '22023', qr/max_bytes: 2147483647/ ])
{
	my ($arguments, $state, $message) = @$case;
	my $result = $session->attempt(fetch($arguments));
	is($result->{state}, $state, "$arguments is refused");
	like($result->{err}, $message, 'and why');
}
is_deeply(methods(), [], 'nothing was sent');
is($session->query(fetch($_)), '||', "NULL for $_")
  for 'NULL, NULL', "'dc', NULL", "'dc', '/x', NULL", "'dc', '/x', max_bytes => NULL";
is_deeply(methods(), [], 'sends nothing, either');

# --- How much ----------------------------------------------------------------------

my $length = length $stores;
is($session->query(fetch("'dc', '/lists/stores', max_bytes => $length", 'length(body)')), $length, 'as much as allowed');
for my $max ($length - 1, 0)
{
	my $result = $session->attempt(fetch("'dc', '/lists/stores', max_bytes => $max"));
	is($result->{state}, '54000', 'but not more');
	is(listed('outcome, sqlstate'), 'failed|54000', 'which is listed');
	like($result->{err}, qr/max_bytes \($max\)(.*\n)*.*request: GET \/lists\/stores/, 'with the size and the request');
}
is($session->attempt(fetch("'dc', '/test/rows', 'Count=60000', max_bytes => 3000000"))->{state},
	'54000', 'nor of a long reply');
is($session->query(fetch("'dc', '/lists/stores'", 'status')), '200', 'the session goes on');

# --- Replies that are none ----------------------------------------------------------

$dc->clear_log;
my $page = '<html><title>Log in</title></html>';
for my $case (
	# the faults, the arguments, SQLSTATE or result, the number of requests
	[ [ { status => 404 } ], '', 'HV00R', 1 ],
	[ [ { status => 400 } ], '', 'HV024', 1 ],
	[ [ { status => 403 } ], '', '42501', 1 ],
	[ [ { status => 413 } ], '', '54000', 1 ],
	[ [ { status => 500 } ], '', 'HV000', 1 ],
	[ [ { status => 302 } ], '', 'HV000', 1 ],
	[ [ { status => 503, count => 3 } ], '', 'HV000', 3 ],
	[ [ { status => 429 }, { status => 503 } ], '', "200|$length", 3 ],
	[ [ { status => 202, body => 'later' } ], '', '202|5', 1 ],
	[ [ { status => 204 } ], '', '204|0', 1 ],
	[ [ { raw => '' } ], '', "200|$length", 2 ],
	[ [ { raw => '', count => 3 } ], '', 'HV00M', 3 ],
	[ [ { body => $page } ], '', 'HV00M', 1 ],
	[ [ { body => $page } ], 'Response=Excel', 'HV00M', 1 ],
	[ [ { body => $page } ], 'Response=Xml', '200|' . length $page, 1 ],
	[ [ { body => '<Table />' } ], '', "200|$length", 2 ],
	[ [ { body => '<Table />' } ], 'Response=xmldatatable', '200|9', 1 ],
	[ [ { cut => { after => 100, how => 'short_length' } } ], '', 'HV00M', 1 ],
	[ [ { cut => { after => 100, how => 'chunk' } } ], '', 'HV00M', 1 ],
	[ [ { cut => { how => 'close_delimited' } } ], '', 'HV00M', 1 ])
{
	my ($faults, $params, $wanted, $requests) = @$case;
	my $name = join ' ', map { join ',', map { ref $_ ? 'cut' : $_ } %$_ } @$faults;
	$dc->clear_faults;
	$dc->fault(map { { path => '/lists/stores', %$_ } } @$faults);
	my $result = $session->attempt(fetch("'dc', '/lists/stores', '$params'", 'status, length(body)'));
	is($result->{state} || $result->{out}, $wanted, "$name $params");
	is(scalar @{ methods() }, $requests, "after $requests requests");
	is(listed('outcome, sqlstate, tries'), ($result->{state} ? "failed|$result->{state}" : 'complete|') . "|$requests",
		'as it is listed');
}
$dc->clear_faults;

# --- With all the rest ----------------------------------------------------------------

$session->query('SET dataconnect_fdw.offline = on');
is($session->attempt(fetch("'dc', '/lists/stores'"))->{state}, '55000', 'not offline');
$session->query('RESET dataconnect_fdw.offline');

$dc->fault({ path => '/lists/stores', hold_headers => JSON::PP::true });
$session->send(fetch("'dc', '/lists/stores'"));
$dc->wait(held => 1);
ok($dc->wait_for_concurrency('dc', 1, 0), 'the limiter counts it');
$dc->sql('SELECT pg_cancel_backend(' . $session->pid . ')');
is($session->finish->{state}, '57014', 'it can be cancelled');
is(listed('outcome, sqlstate'), 'cancelled|57014', 'and is listed so');
$dc->release;
ok($dc->wait_for_concurrency('dc', 0, 0), 'which frees its slot');

my $port = $dc->listen('close');
$dc->make_server('broken', url => "http://127.0.0.1:$port", max_retries => 1, retry_max_wait => '1ms');
is($session->attempt(fetch("'broken', '/x'"))->{state}, 'HV00M', 'a host that breaks off');
is($dc->connections($port), 2, 'is tried again');
$port = $dc->listen('refuse');
$dc->make_server('refused', url => "http://127.0.0.1:$port", max_retries => 0);
$session->attempt(fetch("'refused', '/x'"));
like($session->attempt(fetch("'refused', '/x'"))->{err}, qr/HV00N(.*\n)*.*since/, 'and one that cannot be reached is an outage');

# --- Who may -----------------------------------------------------------------------------

$dc->sql('CREATE ROLE clerk LOGIN');
my $clerk = $dc->session(user => 'clerk');
my $stmt = fetch("'dc', '/lists/stores'", 'status');
like($clerk->attempt($stmt)->{err}, qr/42501: permission denied for function/, 'not everybody may call it');
$dc->sql('GRANT EXECUTE ON FUNCTION dataconnect_fetch TO clerk');
like($clerk->attempt($stmt)->{err}, qr/42501: permission denied for foreign server/, 'nor without USAGE');
$dc->sql('GRANT USAGE ON FOREIGN SERVER dc TO clerk');
is($clerk->attempt($stmt)->{state}, '42704', 'nor without a mapping');
$dc->sql("CREATE USER MAPPING FOR clerk SERVER dc OPTIONS (token 'sandbox-token')");
is($clerk->query($stmt), '200', 'or else it works');
$dc->sql(q{CREATE FOREIGN DATA WRAPPER other; CREATE SERVER other FOREIGN DATA WRAPPER other});
is($session->attempt(fetch("'other', '/x'"))->{state}, '42809', 'only servers of this wrapper');

done_testing();
