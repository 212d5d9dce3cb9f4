# dataconnect_conformance(): whatever the service does, it says what it saw, sends little,
# and shows nothing of anybody's.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";

use DataConnectTest;
use JSON::PP ();
use Test::More;
use Time::HiRes ();

my $dc = DataConnectTest->new(conf => "shared_preload_libraries = 'dataconnect_fdw'\n");
$dc->make_server('dc');
my $session = $dc->session;
my $report = '/reports/ProductDetailReport';
my $payments = '/reports/paymentintegrationtransactionbydatereport';
my $most = 38;
my @names = split /\n/, $session->query('SELECT name FROM dataconnect_conformance_checks()');

# The result of a run: { name => [result, seen] }, and all that was sent.
sub run
{
	my ($arguments, $in) = @_;
	$dc->clear_log;
	return parse(($in // $session)->query(stmt($arguments)));
}

sub stmt
{
	my ($arguments) = @_;
	return "SELECT check_name, result, seen FROM dataconnect_conformance('dc'"
	  . ($arguments && $arguments =~ /day/ ? '' : ", day => '2026-03-02'")
	  . ($arguments ? ", $arguments" : '') . ')';
}

sub parse
{
	my ($out) = @_;
	return { map { my ($name, $result, $seen) = split /\|/, $_, 3; $name => [ $result, $seen ] } split /\n/, $out };
}

# Run with settings, and compare some of the checks: [result, pattern]. All others pass
# or are skipped.
sub check
{
	my ($settings, $arguments, %wanted) = @_;
	my $name = join ' ', map { my $v = $settings->{$_}; "$_ " . (ref $v ? JSON::PP->new->canonical->encode($v) : $v // 'null') } sort keys %$settings;
	$name .= " $arguments" if $arguments;
	$dc->reset;
	$dc->set(%$settings) if %$settings;
	# Another session has no cookies yet.
	my $seen = run($arguments, $dc->session);
	my @failed = grep { $seen->{$_}[0] eq 'FAIL' && !$wanted{$_} } @names;
	is_deeply(\@failed, [], "$name: nothing else fails")
	  or diag(map { "$_: $seen->{$_}[1]\n" } @failed);
	for my $check (sort keys %wanted)
	{
		my ($result, $pattern) = @{ $wanted{$check} };
		is($seen->{$check}[0], $result, "$name: $check") or diag($seen->{$check}[1]);
		like($seen->{$check}[1], $pattern, "$name: $check");
	}
	return $seen;
}

# Two runs saw the same. Why the times of session_lock do not tell depends on how busy this
# machine is.
sub is_same
{
	my ($got, $expected, $name) = @_;
	my @both = map { { %$_, session_lock => $_->{session_lock}[0] } } $got, $expected;
	is_deeply(@both, $name);
	return;
}

# --- As documented -------------------------------------------------------------

my $seen = check({}, '',
	ping => [ 'PASS', qr/^a JSON object$/ ],
	report => [ 'PASS', qr{^status 200, application/json; charset=utf-8, JSON array of up to 1000 records$} ],
	compression => [ 'PASS', qr/^gzip$/ ],
	columns => [ 'PASS', qr/^53 of 53 documented columns, no others$/ ],
	times => [ 'PASS', qr/^"9999-99-99T99:99:99\.999"/ ],
	money => [ 'PASS', qr/^0 to 4 decimals$/ ],
	booleans => [ 'PASS', qr/^false, true$/ ],
	missing_values => [ 'PASS', qr/^"" in other columns, "" in texts, null in other columns, null in texts$/ ],
	empty_result => [ 'PASS', qr/JSON array of no records$/ ],
	whole_days => [ 'PASS', qr/^all records, by 2 of 2 times$/ ],
	last_day => [ 'PASS', qr/^counted$/ ],
	date_precision => [ 'PASS', qr/^the time of day counts$/ ],
	equal_filter => [ 'PASS', qr/^equal values$/ ],
	filter_case => [ 'PASS', qr/^the case of letters matters$/ ],
	filter_part => [ 'PASS', qr/^none: the whole value counts$/ ],
	list_filter => [ 'SKIP', qr/^not asked$/ ],
	location_list => [ 'PASS', qr/^equal values$/ ],
	path_case => [ 'PASS', qr/^it does not matter$/ ],
	parameter_case => [ 'PASS', qr/^it does not matter$/ ],
	unknown_parameter => [ 'PASS', qr/^ignored$/ ],
	post => [ 'SKIP', qr/sends no POST/ ],
	schema_types => [ 'PASS', qr/\bmoney, nvarchar, String\b/ ],
	csv => [ 'PASS', qr{^the keys of the records, text/csv; charset=utf-8, CRLF$} ],
	xml => [ 'PASS', qr/^Table, Record, / ],
	session_cookie => [ 'PASS', qr/^ARRAffinity, DataConnectState$/ ],
	session_lock => [ 'SKIP', qr/too quick|differ too much/ ],
	ended_session => [ 'PASS', qr/^a new session$/ ],
	bad_value => [ 'PASS', qr/^status 400, .*JSON object with Error \(boolean\), Message \(up to 100 characters\)$/ ],
	unknown_endpoint => [ 'PASS', qr/^status 404, .*JSON object with Error/ ],
	too_much => [ 'SKIP', qr/too_much is false/ ],
	rate_limit => [ 'SKIP', qr/not provoked/ ],
	other_refusals => [ 'PASS', qr/^none$/ ],
	failed_replies => [ 'PASS', qr/^none$/ ],
	bridge_schema => [ 'PASS', qr/^TableName, Column_Name, Type, / ],
	bridge_delta => [ 'PASS', qr/^DeltaCount is a number$/ ],
	companies => [ 'SKIP', qr/^master: status 403.*partner: status 403/ ]);
is_deeply([ sort keys %$seen ], [ sort @names ], 'each check has a row');

my @log = @{ $dc->log };
cmp_ok(scalar @log, '<=', $most, 'few requests');
is_deeply([ grep { $_->{Method} ne 'GET' } @log ], [], 'and no POST');
my $bytes = 0;
$bytes += $_->{BytesSent} for @log;
cmp_ok($bytes, '<', 1_000_000, 'and few bytes');
is($session->query(q{SELECT count(*), count(sqlstate) FROM dataconnect_requests WHERE server_name = 'dc'}),
	scalar @log . '|0', 'and all of them are listed');

# A cursor that rests keeps its session of the service to itself.
$dc->make_rows_table('rows', 'dc');
my $other = $dc->session;
$other->open_cursor('SELECT * FROM rows WHERE n = 100000');
$other->fetch(1);
is_same(run('', $other), $seen, 'beside a cursor it sees the same');
is($other->attempt('MOVE ALL FROM c; COMMIT')->{state}, '', 'and the cursor goes on');

# A generic plan, and no preloaded library.
my $plain_dc = DataConnectTest->new;
$plain_dc->make_server('dc', method => 'post');
my $alone = $plain_dc->session;
$alone->query(q{PREPARE p (text, date) AS SELECT check_name, result, seen FROM dataconnect_conformance($1, day => $2)});
$alone->query(q{EXECUTE p ('dc', '2026-03-02')}) for 1 .. 5;
is_same(parse($alone->query(q{EXECUTE p ('dc', '2026-03-02')})), $seen, 'the sixth execution, without shared memory, sees the same');
is_deeply([ grep { $_->{Method} ne 'GET' } @{ $plain_dc->log } ], [], q{and no POST, whatever the server's method});
is_deeply($plain_dc->overlaps, [], 'and no cookie was in two requests');
$plain_dc->stop_sandbox;

# The same again, with its cookies, and whatever the session's settings.
$session->query(qq{SET TimeZone = 'Pacific/Auckland'; SET DateStyle = 'SQL, DMY'; SET IntervalStyle = 'iso_8601';
	SET search_path = ''; @{[ $dc->escapes_in_strings ]}; SET extra_float_digits = 0});
my $again = parse($session->query(stmt('') =~ s/dataconnect_conformance/public.$&/r));
is_same($again, $seen, 'a second run sees the same');
$session->query('RESET ALL');

$seen = check({}, "day => '2999-01-01'", report => [ 'PASS', qr/ of no records: choose another day$/ ]);

# --- Where the service differs ---------------------------------------------------

check({ session_cookies => JSON::PP::false }, '',
	session_cookie => [ 'PASS', qr/^no cookie$/ ],
	session_lock => [ 'SKIP', qr/no cookie/ ]);
check({ last_day => 'excluded' }, '',
	last_day => [ 'PASS', qr/^not counted$/ ], whole_days => [ 'PASS', qr/^all records/ ]);
check({ period_shift => 12 }, '', whole_days => [ 'FAIL', qr/^records of the day are missing$/ ]);
check({ stray_days => 1 }, '', other_days => [ 'PASS', qr/^other days, too$/ ], whole_days => [ 'PASS', qr/^all records/ ]);
check({ time_of_day => 'counts' }, '',
	time_of_day => [ 'PASS', qr/^the time of day counts$/ ], date_precision => [ 'SKIP', qr/always counts/ ]);
check({ date_precision => JSON::PP::false }, '', date_precision => [ 'PASS', qr/^it has no effect$/ ]);
check({ date_form => 'full' }, '', date_form => [ 'PASS', qr/^status 400/ ]);
check({ unknown_parameters => 'refused' }, '', unknown_parameter => [ 'PASS', qr/^refused: status 400/ ]);
check({ path_case => 'exact' }, '', path_case => [ 'PASS', qr/^it matters: status 404/ ]);
check({ parameter_case => 'exact' }, '', parameter_case => [ 'FAIL', qr/^it matters: status 400/ ]);
check({ filters => 'any_case' }, '', filter_case => [ 'PASS', qr/does not matter$/ ]);
check({ filters => 'contains' }, '', filter_part => [ 'PASS', qr/^records of longer values, too$/ ], equal_filter => [ 'PASS', qr/./ ]);
check({ filters => 'ignored' }, '', equal_filter => [ 'PASS', qr/has no effect/ ], filter_case => [ 'PASS', qr/has no effect/ ]);
check({}, "report => '$payments'", list_filter => [ 'PASS', qr/^equal values$/ ], columns => [ 'PASS', qr/^26 of 26/ ]);
check({ filters => 'first_only' }, "report => '$payments'", list_filter => [ 'FAIL', qr/^records are missing$/ ]);
check({ empty_result => 'blank' }, '', empty_result => [ 'FAIL', qr/empty body$/ ], failed_replies => [ 'PASS', qr/^empty with status 200/ ]);
check({ empty_result => 'table' }, '', empty_result => [ 'FAIL', qr/empty XML table$/ ]);
check({ empty_result => 'null' }, '', empty_result => [ 'FAIL', qr/text of up to 10 characters$/ ]);
check({ time_format => 'zulu', fraction_digits => 7 }, '', times => [ 'PASS', qr/"9999-99-99T99:99:99\.9999999Z"/ ]);
check({ time_format => 'slashes' }, '', times => [ 'FAIL', qr{^"99/99/9999 99:99:99[."]} ]);
check({ time_format => 'net' }, '', times => [ 'FAIL', qr{^"/Date\(\.\.\.\)/"$} ]);
check({ nulls => 'empty' }, '', missing_values => [ 'PASS', qr/^"" in other columns, "" in texts$/ ]);
check({ nulls => 'absent', null_text => JSON::PP::true }, '',
	missing_values => [ 'PASS', qr/"null" in texts/ ], keys => [ 'PASS', qr/^some keys are not in all records$/ ]);
check({ booleans => 'digits' }, '', booleans => [ 'PASS', qr/^0, 1$/ ]);
check({ numbers => 'texts' }, '', numbers => [ 'PASS', qr/^texts of numbers$/ ]);
check({ numbers => 'commas' }, '', numbers => [ 'FAIL', qr/text that is no number/ ], money => [ 'FAIL', qr/./ ]);
check({ money_scale => 'varied' }, '', money => [ 'PASS', qr/with trailing zeros/ ]);
check({ stale_session => 'refused' }, '',
	ended_session => [ 'FAIL', qr/^status 401/ ], other_refusals => [ 'FAIL', qr/^status 401/ ]);
check({ new_keys => { AcmeColumn => 1 }, renamed_keys => { UnitCost => 'AcmeCost' } }, '',
	columns => [ 'PASS', qr/^52 of 53 documented columns, up to 10 others$/ ]);
check({ xml_table_for_json => 6 }, '', failed_replies => [ 'PASS', qr/^empty XML table with status 200$/ ]);
check({ xml_table_for_json => 1 }, '', report => [ 'FAIL', qr/empty XML table$/ ], failed_replies => [ 'PASS', qr/^empty XML table/ ]);
cmp_ok(scalar @{ $dc->log }, '<=', 20, 'a service that only fails is soon left alone');
check({ login => 'partner' }, "report => '/partner/reports/productdetailreport', params => 'CompanyID=14205'", companies => [ 'PASS', qr/partner: CompanyID, CompanyName/ ]);
check({ login => 'master' }, '', companies => [ 'PASS', qr/master: CompanyID/ ]);
check({}, 'too_much => true', too_much => [ 'PASS', qr/^status 413, .*JSON object with Error/ ]);
cmp_ok(scalar @{ $dc->log }, '<=', $most, 'still few requests');
check({ max_records => 2_000_000_000 }, 'too_much => true', too_much => [ 'SKIP', qr/^status 200/ ]);

# Faults of single replies.
for my $case (
	[ { path => $report, param => { Response => 'Csv' }, prefix => { base64 => '77u/' } }, encoding => [ 'PASS', qr/byte order mark/ ] ],
	[ { path => $report, invalid_utf8 => JSON::PP::true }, encoding => [ 'FAIL', qr/^not UTF-8$/ ] ],
	[ { path => $report, add => { Acme => "\x{0}\x{1F600}" } }, report => [ 'PASS', qr/JSON array/ ], columns => [ 'PASS', qr/up to 10 others|1 other$/ ] ],
	[ { path => $report, duplicate => ['UnitCost'] }, keys => [ 'FAIL', qr/same key twice/ ] ],
	[ { path => $report, add => { Acme => { Deep => 1 } } }, report => [ 'PASS', qr/nested values/ ] ],
	[ { path => '/reports/dataconnect_fdw_check', status => 200, body => '<html><title>Acme</title></html>' },
		unknown_endpoint => [ 'FAIL', qr/HTML page$/ ], failed_replies => [ 'PASS', qr/HTML page/ ] ],
	[ { path => '/reports/dataconnect_fdw_check', status => 429, body => 'Acme is busy',
			headers => { 'Retry-After' => 0, 'X-RateLimit-Reset' => '2026-11-30T12:00:00.1234567Z', 'X-RateLimit-Limit' => 'Acme 8' } },
		rate_limit => [ 'PASS', qr/^status 429, .*text of up to 100 characters, Retry-After: 9, X-RateLimit-Limit: aaaa 9, X-RateLimit-Reset: 9999-99-99a99:99:99\.9999999a$/ ] ],
	[ { path => $report, param => { StartDate => 'no date' }, gateway => 502 },
		bad_value => [ 'FAIL', qr/^status 502, .*HTML page$/ ], other_refusals => [ 'FAIL', qr/^status 502/ ] ],
	[ { path => '/ping', status => 404 }, ping => [ 'SKIP', qr/^status 404/ ] ],
	[ { path => '/session/abandon', status => 404 }, ended_session => [ 'SKIP', qr/^status 404/ ] ],
	[ { path => '/bridge/current/schema', status => 403 }, bridge_schema => [ 'SKIP', qr/^status 403/ ], bridge_delta => [ 'SKIP', qr/^not asked$/ ] ],
	[ { path => $report, param => { Response => 'JsonDataTable' }, body => [] }, json_datatable => [ 'FAIL', qr/JSON array/ ] ],
	[ { path => $report, param => { Response => 'Xml' }, body => '{}' }, xml => [ 'FAIL', qr/JSON object/ ] ],
	[ { path => '/session/abandon', cut => { after => 5, how => 'short_length' } },
		ended_session => [ 'SKIP', qr/HV00M/ ], other_refusals => [ 'FAIL', qr/HV00M/ ] ],
	[ { path => $report, param => { Response => 'Csv' }, cut => { after => 50, how => 'gzip' } }, csv => [ 'SKIP', qr/HV00M/ ] ],
	[ { path => $report, param => { StopDate => '2026-03-04T00:00:00.000Z' }, status => 503 },
		whole_days => [ 'SKIP', qr/^status 503/ ], other_refusals => [ 'FAIL', qr/^status 503/ ] ],
	[ { path => $report, param => { StopDate => '2026-03-04T00:00:00.000Z' }, cut => { after => 20000, how => 'gzip' } },
		whole_days => [ 'SKIP', qr/HV00M/ ] ])
{
	my ($fault, %wanted) = @$case;
	$dc->reset;
	$dc->fault($fault);
	my $found = run('');
	my $name = JSON::PP->new->canonical->ascii->encode($fault);
	for my $check (sort keys %wanted)
	{
		is($found->{$check}[0], $wanted{$check}[0], "$check with $name") or diag($found->{$check}[1]);
		like($found->{$check}[1], $wanted{$check}[1], "$check with $name");
	}
}

$dc->reset;
$dc->make_server('plain', compression => 'false');
$dc->fault({ path => $report, param => { Response => 'Csv' }, cut => { how => 'close_delimited' } });
my $plain = parse($session->query(stmt('') =~ s/'dc'/'plain'/r));
is_deeply($plain->{compression}, [ 'PASS', 'none' ], 'no compression');
is_deeply($plain->{end_marked}, [ 'FAIL', 'not in all replies' ], 'and a reply whose end is not marked');

is($session->query(q{SELECT outcome, status, sqlstate FROM dataconnect_requests
	WHERE server_name = 'dc' AND request LIKE '%StopDate=2026-03-04%' ORDER BY started_at DESC LIMIT 1}), 'failed|200|HV00M', 'a reply that was cut is listed with its error');

# --- A locked session -----------------------------------------------------------------

# The two requests come before the end of the session, but only the first one is sent, as it
# is too quick. Which is it?
$dc->reset;
run('');
@log = @{ $dc->log };
my ($end) = grep { $log[$_]{Path} eq '/bridge/current/delta' } 0 .. $#log;
my $first = $end - 1;
my $before = grep { lc $log[$_]{Path} eq lc $report } 0 .. $first - 1;
is($log[$first]{Params} =~ s/\w+=//gr, $log[1]{Params} =~ s/\w+=//gr, 'the report itself is asked again');

for my $lock (0, 1)
{
	$dc->reset;
	$dc->set(session_lock => $lock ? JSON::PP::true : JSON::PP::false);
	$dc->fault({ path => $report, count => $before }, { path => $report, hold_headers => JSON::PP::true });
	$dc->clear_log;
	$session->send(stmt(''));
	$dc->wait(held => 1);
	$dc->wait(requests => $first + 2);
	my $second;
	# It is the time that tells, so some of it has to pass.
	my $until = Time::HiRes::time() + 1;
	do
	{
		Time::HiRes::sleep(0.02);
		$second = $dc->log->[ $first + 1 ];
	} until $lock ? Time::HiRes::time() > $until : defined $second->{Ended};
	is($second->{Cookie}, $dc->log->[$first]{Cookie}, 'both have one cookie');
	isnt($second->{Cookie}, '', 'which there is');
	$dc->release;
	is($session->finish->{out} =~ /^session_lock\|(.*)$/m ? $1 : '',
		$lock ? 'PASS|one after another' : 'PASS|at the same time', 'session_lock ' . ($lock ? 'on' : 'off'));
}

# Where each request takes the same time, whatever it asks for.
for my $lock (0, 1)
{
	$dc->reset;
	$dc->set(session_lock => $lock ? JSON::PP::true : JSON::PP::false);
	$dc->fault({ path => $report, delay_headers => 0.6, count => 0 });
	is_deeply(run('')->{session_lock}, [ 'PASS', $lock ? 'one after another' : 'at the same time' ],
		'session_lock ' . ($lock ? 'on' : 'off') . ', with a fixed cost');
}

# What the times say: what other requests took alone, then when the first reply was there, when
# the second request was sent, and when its reply came.
for my $case (
	[ '{10,12}', 90, 'NULL', 'NULL', 'SKIP', qr/too quick/ ],
	[ '{10,12}', 140, 100, 150, 'SKIP', qr/too quick/ ],
	[ '{600,620}', 600, 100, 710, 'PASS', qr/^at the same time/ ],
	[ '{600,620}', 600, 100, 1210, 'PASS', qr/^one after another/ ],
	[ '{20,900}', 600, 100, 700, 'SKIP', qr/differ too much/ ],
	[ '{20,900}', 600, 100, 300, 'PASS', qr/^at the same time/ ])
{
	my ($alone, $ended, $begun, $answered, $result, $seen_text) = @$case;
	my $out = $session->query("SELECT v->>0, v->>1 FROM jsonb_extract_path(dataconnect_conformance_check_lock(
		(SELECT array_agg(jsonb_populate_record(NULL::dataconnect_conformance_answer,
			jsonb_build_object('name', 'narrow', 'status', 200, 'ms', m, 'cookies', '[\"c\"]'::jsonb))) FROM unnest('$alone'::bigint[]) m),
		$ended, $begun, $answered), 'session_lock') v");
	like($out, qr/^$result\|/, "$alone $ended $begun $answered: $result");
	like($out =~ s/^\w+\|//r, $seen_text, "$alone $ended $begun $answered: what was seen");
}

# All cookies but those two are in one open request at a time.
my @overlaps = @{ $dc->overlaps };
is_deeply([ grep { lc $_->{Paths}[0] ne lc $report || $_->{Paths}[0] ne $_->{Paths}[1] } @overlaps ], [], 'no other cookie is in two requests');
$dc->control('DELETE', 'overlaps');

# --- No reply at all ---------------------------------------------------------------------

$dc->reset;
my $port = $dc->listen('refuse');
$dc->make_server('refused', url => "http://127.0.0.1:$port", max_retries => 0);
$seen = parse($session->query(stmt('') =~ s/'dc'/'refused'/r));
is_deeply($seen->{report}, [ 'FAIL', 'no connection (HV00N)' ], 'a host that refuses is a row');
is((grep { $_->[0] eq 'SKIP' } values %$seen) + 2, scalar @names, 'and nearly all others are skipped')
  or diag(map { "$_: @{$seen->{$_}}\n" } sort keys %$seen);

$port = $dc->listen('close');
$dc->make_server('broken', url => "http://127.0.0.1:$port", max_retries => 3, retry_max_wait => '1ms');
$seen = parse($session->query(stmt('') =~ s/'dc'/'broken'/r));
like($seen->{report}[1], qr/HV00M/, 'a host that breaks off is a row');
is($dc->connections($port), 2, 'and is not tried again');

$dc->fault({ path => $report, never => JSON::PP::true, count => 0 });
$seen = run("timeout => '300 ms'");
is_deeply($seen->{report}, [ 'FAIL', 'no reply in time, or one that was cut or not decoded (HV00M)' ], 'so is a report that takes too long');
cmp_ok(scalar @{ $dc->log }, '<', 12, 'and what needs it is not asked');
$dc->clear_faults;

$dc->make_server('wrong', mapping => { token => 'wrong-canary-token' });
$dc->clear_log;
$seen = parse($session->query(stmt('') =~ s/'dc'/'wrong'/r));
is($seen->{report}[0], 'FAIL', 'a wrong token is a row');
like($seen->{other_refusals}[1], qr/^status 401/, 'which says so');
cmp_ok(scalar @{ $dc->log }, '<=', 3, 'and is sent no more');

$dc->fault({ path => $report, hold_headers => JSON::PP::true });
$session->send(stmt(''));
$dc->wait(held => 1);
$dc->sql('SELECT pg_cancel_backend(' . $session->pid . ')');
is($session->finish->{state}, '57014', 'it can be cancelled');
$dc->release;
$dc->fault({ path => $report, count => 8 }, { path => $report, hold_headers => JSON::PP::true });
is($session->attempt("SET statement_timeout = '2s'; " . stmt(''))->{state}, '57014', 'and statement_timeout ends it');
$session->query('RESET statement_timeout');
$dc->release;
ok($dc->wait_for_concurrency('dc', 0, 0), 'which frees its slots');

is(run("report => '/test/rows', params => 'Count=60000'")->{report}[1] =~ /narrow the report by params$/, 1, 'a long report is not read whole');
is($dc->log->[1]{BytesSent} < 8_000_000, 1, 'nor sent whole');

# --- What is refused ------------------------------------------------------------------------

for my $case (
	[ "report => '/session'", 'HV024' ], [ "report => 'x'", 'HV024' ], [ "params => 'Auth=x'", 'HV024' ],
	[ "params => '%'", '22023' ], [ "timeout => '0'", '22023' ], [ "timeout => '2 days'", '22023' ],
	[ "day => 'infinity'", '22023' ], [ "day => '1600-01-01'", '22023' ])
{
	my ($arguments, $state) = @$case;
	my $result = $session->attempt(stmt($arguments));
	is($result->{state}, $state, "$arguments is refused") or diag($result->{err});
	unlike($result->{err}, qr/\S {3,}|\n {3,}/, 'and what is shown of the code is short');
}
is($session->query(stmt('report => NULL')), '', 'NULL has no rows');
like($session->query("SELECT dataconnect_conformance_text('dc')"), qr/PASS ping/, 'yesterday is the default');
is($session->attempt(stmt('') =~ s/'dc'/'none'/r)->{state}, '42704', 'nor is there a server "none"');
for my $arguments (q{'dc', '/test/echo', '', 0, 1000}, q{'dc', '/test/echo', '', 1, 0}, q{'dc', '/test/echo', '', 100000000, 1000})
{
	is($session->attempt("SELECT * FROM dataconnect_conformance_ask($arguments)")->{state}, '22023', "$arguments are out of range");
}
$session->query('SET dataconnect_fdw.offline = on');
is($session->attempt(stmt(''))->{state}, '55000', 'not offline');
$session->query('RESET dataconnect_fdw.offline');

$dc->sql('CREATE ROLE clerk LOGIN');
my $clerk = $dc->session(user => 'clerk');
like($clerk->attempt(stmt(''))->{err}, qr/42501: permission denied for function dataconnect_conformance/, 'not everybody may call it');
$dc->sql('GRANT EXECUTE ON FUNCTION dataconnect_conformance, dataconnect_conformance_text,
	dataconnect_conformance_ask, dataconnect_conformance_overlap TO clerk');
like($clerk->attempt(stmt(''))->{err}, qr/42501: permission denied for foreign server/, 'nor without USAGE');
$dc->sql('GRANT USAGE ON FOREIGN SERVER dc TO clerk');
is($clerk->attempt(stmt(''))->{state}, '42704', 'nor without a mapping');
$dc->sql("CREATE USER MAPPING FOR clerk SERVER dc OPTIONS (token 'sandbox-token')");
is(run('', $clerk)->{ping}[0], 'PASS', 'or else it works');

$dc->sql('ALTER ROLE clerk SET dataconnect_fdw.max_requests_per_statement = 5');
$dc->clear_log;
my $limited = $dc->session(user => 'clerk')->attempt(stmt(''));
like($limited->{err}, qr/53400: .* exceeds .*max_requests_per_statement/, 'a limit of the role is an error');
is(scalar @{ $dc->log }, 5, 'and holds');
$dc->sql(q{ALTER ROLE clerk RESET ALL; ALTER ROLE clerk SET dataconnect_fdw.max_bytes_per_statement = '20kB'});
like($dc->session(user => 'clerk')->attempt(stmt(''))->{err}, qr/53400: .*max_bytes_per_statement/, 'so is one of bytes');
$dc->sql('ALTER ROLE clerk RESET ALL');

# A pause that the service asks for is not.
$dc->fault({ path => $report, param => { Response => 'Csv' }, status => 429, headers => { 'Retry-After' => 3000 } });
my $paused = run('');
is_deeply($paused->{xml}, [ 'SKIP', 'no reply (53400)' ], 'a pause that the service asks for is a row');
like($paused->{rate_limit}[1], qr/^status 429, .*Retry-After: 9999$/, 'and its reason another');
$dc->sql("SELECT dataconnect_resume('dc')");

# --- In another encoding ----------------------------------------------------------------------

$dc->sql("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0");
my $latin = $dc->session(dbname => 'latin');
$latin->query('CREATE EXTENSION dataconnect_fdw');
$latin->query($dc->server_sql('dc'));
$dc->reset;
$seen = run('', $latin);
is_deeply([ grep { $seen->{$_}[0] eq 'FAIL' } @names ], [], 'a database with another encoding sees no fault');
is($seen->{encoding}[1], 'UTF-8', 'nor another encoding');

# --- Nothing of anybody's ---------------------------------------------------------------------

# Everything that the replies say, and what surrounds them. Words that the text has anyway
# are no canaries.
my $own = join "\n", $session->query(q{SELECT name || assumption || expected FROM dataconnect_conformance_checks()}),
  qw(text null Table Record Records Schema Store money int uniqueidentifier datetime varchar nvarchar decimal bigint);
my %canary = map { $_ => 1 } qw(sandbox-token analyst s3cret 127.0.0.1 21090 CompanyID=14205), $dc->port;
for my $path ("$report?StartDate=2026-03-01&StopDate=2026-03-04&SearchMethod=3&ManufacturerID=-1&CategoryNumber=10&ReportPart=1",
	'/lists/stores', '/bridge/current/schema')
{
	for my $record (@{ JSON::PP->new->utf8->decode($dc->reply($path)) })
	{
		for my $value (grep { defined && !ref && length > 4 } values %$record)
		{
			$canary{$value} = 1 if index($own, $value) < 0 && $value !~ /^[\d.,-]{1,7}$/;
		}
	}
}
cmp_ok(scalar keys %canary, '>', 500, 'there are many canaries');

sub betray
{
	my ($what, $out) = @_;
	utf8::decode($out);
	my @seen = grep { index($out, $_) >= 0 } keys %canary;
	is_deeply(\@seen, [], "$what: no canary") or diag($out);
	unlike($out, qr/acme/i, "$what: nor the planted ones");
	return;
}

$canary{$_} = 1 for map { $_->{Cookie} =~ /=([\w-]{16,})/g } @{ $dc->log };
my @planted = (
	{ path => '/ping', body => { AcmeApplication => 'Acme' }, headers => { 'X-Acme' => 'Acme' } },
	{ path => $report, content_type => 'application/x-acme', set_cookie => 'AcmeCookie=AcmeValueThatIsLong; Path=/',
		headers => { 'X-Acme-Limit' => 'Acme' }, add => { SoldAsUsed => 'AcmeYes', UnitCost => 'Acme', Acme => { Acme => 'Acme' }, DateCreatedUTC => 'Acme' } },
	{ path => $report, param => { Response => 'JsonDataTable' },
		body => { Records => [ { Acme => 'Acme' } ], Schema => [ { Column_Name => 'Acme', Type => 'AcmeType(12)', SafeType => 'System.Acme' } ], Acme => 1 } },
	{ path => $report, param => { Response => 'Csv' }, body => "Acme,AcmeName\nAcme" },
	{ path => $report, param => { Response => 'Xml' }, body => '<Acme><AcmeRecord>Acme</AcmeRecord></Acme>' },
	{ path => $report, param => { StartDate => 'no date' }, status => 400, body => { Message => 'Acme', AcmeKey => 'Acme' } },
	{ path => '/reports/dataconnect_fdw_check', status => 429, body => 'Acme',
		headers => { 'X-RateLimit-Limit' => 'Acme', 'X-RateLimit-Acme' => 'Acme', 'Retry-After' => 0 } },
	{ path => '/partner/relationships', body => [ { CompanyID => 1, CompanyName => 'Acme', AcmeKey => 'Acme' } ] },
	{ path => '/bridge/current/schema', body => [ { TableName => 'Acme', Column_Name => 'Acme', Type => 'acme', AcmeKey => 'Acme' } ] },
	{ path => '/session/abandon', status => 500, body => '<html><title>Acme</title></html>' });
for my $settings ({}, { filters => 'contains', null_text => JSON::PP::true, time_format => 'slashes' },
	{ new_keys => { AcmeColumn => 'Acme', AcmeTime => '12/31/2026 Acme', AcmeFlag => JSON::PP::true }, renamed_keys => { DateCreated => 'AcmeCreated' } })
{
	$dc->reset;
	$dc->set(%$settings);
	$dc->fault(@planted) if %$settings;
	betray('the table', $session->query(
		"SELECT c::text FROM dataconnect_conformance('dc', day => '2026-03-02', too_much => true) c"));
	$dc->fault(@planted) if %$settings;
	betray('the text', $session->query("SELECT dataconnect_conformance_text('dc', day => '2026-03-02')"));
}
# The cookies themselves are not shown, either, by the function that asks.
$dc->reset;
my $asked = join "\n", map { $session->query("SELECT a::text FROM dataconnect_conformance_ask('dc', '/lists/languages', '', 1000, 10000) a") } 1 .. 2;
like($asked, qr/Set-Cookie/, 'a cookie was set');
like($asked, qr/\{(?:\w+,)*DataConnectState,ARRAffinity\b/, 'and has a name');
my ($value) = $dc->log->[1]{Cookie} =~ /DataConnectState=([\w-]{16,})/;
is(index($asked, $value), -1, 'but its value is not shown');
betray('a refusal', $session->query("SELECT dataconnect_conformance_text('refused', report => '/reports/Acme', params => 'CompanyID=14205')"));
betray('another', $session->query("SELECT dataconnect_conformance_text('wrong')"));
$dc->control('DELETE', 'overlaps');

# --- The text ------------------------------------------------------------------------------------

$dc->reset;
$dc->set(period_shift => 12, session_lock => JSON::PP::true);
my $text = $session->query("SELECT dataconnect_conformance_text('dc', day => '2026-03-02')");
$dc->control('DELETE', 'overlaps');
like($text, qr{\Adataconnect_fdw \S+ \(libcurl.*\)\nPostgreSQL \d+\S*\nreport: /reports/ProductDetailReport\n\d+ PASS, 1 FAIL, \d+ SKIP\nPASS ping: },
	'it begins with versions and counts');
like($text, qr/^FAIL whole_days: records of the day are missing\n {5}expected: all records \(a request for a day/m, 'and shows what was expected');
is(scalar(() = $text =~ /^(?:PASS|FAIL|SKIP) /mg), scalar @names, 'each check has a line');

done_testing();
