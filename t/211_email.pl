# dataconnect_email(): the service takes the order once, or the caller learns that it
# may have.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";

use DataConnectTest;
use MIME::Base64 qw(encode_base64);
use Test::More;

my $dc = DataConnectTest->new;
$dc->make_server('dc', compression => 'off', max_retries => 2, retry_max_wait => '50ms');
my $session = $dc->session;
my $order = q{SELECT dataconnect_email('dc', '/lists/stores', 'Response=Excel', 'boss@example.com')};

sub mails { return $dc->control('GET', 'mail') }

sub requests
{
	my @methods = map { $_->{Method} } @{ $dc->log(path => '/lists/stores') };
	$dc->clear_log;
	return "@methods";
}

# The last request of the session.
sub listed
{
	my ($columns) = @_;
	return $session->query("SELECT $columns FROM dataconnect_requests ORDER BY started_at DESC LIMIT 1");
}

# --- What is ordered ---------------------------------------------------------

like($session->query($order), qr/"The report will be sent to boss\@example\.com\."/, 'the service acknowledges');
my $mail = mails()->[0];
is($mail->{To}, 'boss@example.com', 'who gets it');
like($mail->{ContentType}, qr/spreadsheetml/, 'what');
is(requests(), 'POST', 'it is a POST, which no gateway repeats');
is(listed('outcome, status, tries, table_name, request'),
	'complete|200|1||POST /lists/stores?Email.To=boss%40example.com&Response=Excel', 'it is listed, with who gets it');

$session->query(q{SELECT dataconnect_email('dc', '/lists/stores', 'Response=Csv&Email.Subject=a%26b',
	'a@example.com,b@example.com', cc => 'é@example.com')});
$mail = mails()->[1];
is($mail->{To}, 'a@example.com,b@example.com', 'several may get it');
is($mail->{Cc}, "\x{e9}\@example.com", 'and copies');
like($mail->{Params}, qr/Email\.Subject=a&b/, 'with other parameters of e-mails');
$dc->clear_log;

for my $case (
	[ q{'Email.To=x', 'a'}, qr/"Email.To" is not allowed(.*\n)*.*argument "to"/ ],
	[ q{'email.cc=x', 'a'}, qr/"Email.Cc" is not allowed(.*\n)*.*argument "cc"/ ],
	[ q{'Auth=x', 'a'}, qr/"Auth" is not allowed/ ],
	[ q{'', ''}, qr/option "to"(.*\n)*.*empty/ ],
	[ q{'', E'a\nb'}, qr/option "to"(.*\n)*.*control character/ ],
	[ q{'', 'a', ''}, qr/option "cc"(.*\n)*.*empty/ ])
{
	my ($arguments, $message) = @$case;
	my $result = $session->attempt("SELECT dataconnect_email('dc', '/lists/stores', $arguments)");
	is($result->{state}, 'HV024', "$arguments is refused");
	like($result->{err}, $message, 'and why');
}
is($session->query("SELECT dataconnect_email('dc', $_) IS NULL"), 't', "NULL for $_")
  for q{'/lists/stores', '', NULL}, q{NULL, '', 'a'}, q{'/lists/stores', NULL, 'a'};
is(requests(), '', 'nothing was sent');

# --- Once ----------------------------------------------------------------------

# The connection of the first order is kept, so libcurl could repeat the next.
my $bytes = encode_base64("a\xff\0b", '');
for my $case (
	# the fault, SQLSTATE or result, the requests, how many mails
	[ { status => 429 }, qr/will be sent/, 'POST POST', 1 ],
	[ { status => 429, count => 3 }, qr/^53400$/, 'POST POST POST', 0 ],
	[ { status => 503 }, qr/^HV000$/, 'POST', 0 ],
	[ { gateway => 502 }, qr/^HV000$/, 'POST', 0 ],
	[ { gateway => 504 }, qr/^HV000$/, 'POST', 0 ],
	[ { status => 500, body => '<html>' }, qr/^HV000$/, 'POST', 0 ],
	[ { status => 400 }, qr/^HV024$/, 'POST', 0 ],
	[ { expired_token => JSON::PP::true }, qr/^28000$/, 'POST', 0 ],
	[ { never => JSON::PP::true }, qr/^HV00M$/, 'POST', 0 ],
	[ { never => JSON::PP::true, cut => { how => 'reset' } }, qr/^HV00M$/, 'POST', 0 ],
	[ { raw => '' }, qr/^$/, 'POST', 0 ],
	[ { status => 202, body => 'queued' }, qr/^queued$/, 'POST', 0 ],
	[ { status => 204 }, qr/^$/, 'POST', 0 ],
	[ { body => '<html>done</html>' }, qr/^<html>done<\/html>$/, 'POST', 0 ],
	[ { body => '<Table />' }, qr/^<Table \/>$/, 'POST', 0 ],
	[ { raw => $bytes }, qr/^a\?\?b$/, 'POST', 0 ],
	[ { body => { Error => JSON::PP::true, Message => 'no such box' } }, qr/^HV000$/, 'POST', 0 ],
	[ { cut => { after => 20, how => 'short_length' } }, qr/^\{"Error": false, "Me$/, 'POST', 1 ],
	[ { cut => { after => 20, how => 'reset' } }, qr/^(\{"Error": false, "Me|HV00M)$/, 'POST', 1 ])
{
	my ($fault, $wanted, $requests, $mails) = @$case;
	my $name = join ' ', map { ref $fault->{$_} ? $_ : "$_ $fault->{$_}" } sort keys %$fault;
	my $before = @{ mails() };
	$session->query("SELECT status FROM dataconnect_fetch('dc', '/ping')");
	$dc->fault({ path => '/lists/stores', %$fault });
	$session->send($order);
	if ($fault->{never})
	{
		$dc->wait(held => 1);
		$dc->release;
	}
	my $result = $session->finish;
	like($result->{state} || $result->{out}, $wanted, "$name: the result");
	is(requests(), $requests, "$name: how often it was sent");
	is(listed('outcome, sqlstate, tries'),
		($result->{state} ? "failed|$result->{state}" : 'complete|') . '|' . (() = $requests =~ /POST/g),
		"$name: how it is listed");
	is(@{ mails() } - $before, $mails, "$name: how many e-mails follow");
	like($result->{err}, qr/no such box/, "$name: the service's words") if ref $fault->{body};
	$dc->clear_faults;
}

# Nothing was sent as long as there was no connection.
my $port = $dc->listen('refuse');
$dc->make_server('late', url => "http://127.0.0.1:$port", max_retries => 100, retry_max_wait => '200ms');
my $before = @{ mails() };
(my $late = $order) =~ s/'dc'/'late'/;
$session->send($late);
$dc->wait_until_it_waits($session->pid, 'Retry');
$dc->listen('service', $port);
like($session->finish->{out}, qr/will be sent/, 'it is sent once there is a connection');
is(@{ mails() } - $before, 1, 'and once only');

# A token that the service has revoked: it says so, so the order was not taken.
$dc->make_server(
	'oauth',
	token_url => $dc->url . '/v1/oauth2/token',
	mapping => {
		username => 'analyst', password => 's3cret', client_id => 'client', client_secret => 'client-secret'
	});
(my $oauth = $order) =~ s/'dc'/'oauth'/;
$session->query($oauth);
requests();
$dc->expire;
$before = @{ mails() };
like($session->query($oauth), qr/will be sent/, 'a new token after a 401');
is(requests(), 'POST POST', 'sends it again');
is(@{ mails() } - $before, 1, 'for one e-mail');

# --- Who may, and when -------------------------------------------------------------

$session->query('SET dataconnect_fdw.offline = on');
is($session->attempt($order)->{state}, '55000', 'not offline');
$session->query('RESET dataconnect_fdw.offline');
$dc->sql('CREATE ROLE clerk LOGIN; GRANT USAGE ON FOREIGN SERVER dc TO clerk');
is($dc->session(user => 'clerk')->attempt($order)->{state}, '42501', 'not everybody may order e-mails');

done_testing();
