# A cancel in the midst of a step that several scans share, here of a log-in and of a
# question for the preferred endpoint: whoever needs it next begins anew, and the slot,
# the connection and the cookie of what was cancelled are free at once.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";

use DataConnectTest;
use DataConnectWaits qw(server_options same_rows arrives settle union rows);
use JSON::PP ();
use Test::More;

# A library by which a backend is cancelled when it begins the next transfer, or gets no
# memory for it, if a file is there: after all looks for interrupts of the executor, and in
# the midst of a step.
my $directory = PostgreSQL::Test::Utils::tempdir_short();
my %trigger = map { $_ => "$directory/$_" } qw(cancel memory);
PostgreSQL::Test::Utils::append_to_file("$directory/cancel.c", <<'END');
#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

void *
curl_easy_init(void)
{
	void *(*next)(void) = (void *(*)(void)) dlsym(RTLD_NEXT, "curl_easy_init");
	const char *cancel = getenv("TRIGGER_CANCEL");
	const char *memory = getenv("TRIGGER_MEMORY");

	if (memory != NULL && unlink(memory) == 0)
		return NULL;
	if (cancel != NULL && unlink(cancel) == 0)
		raise(SIGINT);
	return next();
}
END
PostgreSQL::Test::Utils::system_or_bail($ENV{CC} || 'cc', '-shared', '-fPIC',
	'-o', "$directory/cancel.so", "$directory/cancel.c", '-ldl');

my $dc;
{
	local $ENV{LD_PRELOAD} = "$directory/cancel.so";
	local ($ENV{TRIGGER_CANCEL}, $ENV{TRIGGER_MEMORY}) = @trigger{qw(cancel memory)};
	$dc = DataConnectTest->new(conf => "shared_preload_libraries = 'dataconnect_fdw'\n");
}
my $token_path = '/v1/oauth2/token';
my %account = (username => 'analyst', password => 's3cret', client_id => 'client',
	client_secret => 'client-secret');
my $session;

sub start
{
	$session->quit if $session;
	$session = $dc->session;
	$session->query('SET cursor_tuple_fraction = 1; SET client_min_messages = error');
	return;
}

sub make
{
	my ($name, %option) = @_;
	$dc->make_server($name, server_options(), max_concurrency => 8, %option);
	$dc->make_rows_table($name, $name);
	return;
}

sub fail_next_transfer { my ($by) = @_; return PostgreSQL::Test::Utils::append_to_file($trigger{$by}, '') }
sub count_of { my ($path) = @_; return scalar @{ $dc->log(path => $path) } }

make('good', mapping => { token => $dc->token });
make('login', token_url => $dc->url . $token_path, mapping => \%account);
make('asks', use_preferred_endpoint => 'true', mapping => { token => $dc->token });

for my $case ([ login => $token_path, 'cancel', '57014' ], [ login => $token_path, 'memory', 'HV001' ],
	[ asks => '/session', 'cancel', '57014' ], [ asks => '/session', 'memory', 'HV001' ])
{
	my ($server, $path, $by, $state) = @$case;
	my $both = union([ $server => 2 ], [ $server => 3 ]);
	my $name = "$server, $by";

	# It ends while the first of two scans begins it.
	start();
	$session->query("SET statement_timeout = '@{[$session->hung]}'");
	$dc->clear_log;
	fail_next_transfer($by);
	is($session->attempt("SELECT sum(n) FROM ($both) u")->{state}, $state, "$name: it ends as it begins");
	ok(!-e $trigger{$by}, "$name: by that");
	arrives($dc, "$name: nothing is under way after it", in_flight => 0);
	is($session->attempt("SELECT sum(n) FROM ($both) u")->{out}, '13', "$name: the next statement has all rows");
	cmp_ok(count_of($path), '<=', 2, "$name: with one other question at most");

	# It ends while the second of two cursors sends it again for both. The first one has its
	# rows then, and so has a later statement. A question is sent only once.
	next if $server eq 'asks';
	start();
	$dc->clear_log;
	$dc->fault({ path => $path, status => 503, headers => { 'Retry-After' => 1 } });
	$session->query("BEGIN; SET LOCAL statement_timeout = '@{[$session->hung]}';
		DECLARE d CURSOR FOR @{[union([ $server => 4 ], [ good => 5 ])]}; FETCH 5 FROM d; SAVEPOINT s;
		DECLARE c CURSOR FOR @{[union([ $server => 2 ], [ good => 3 ])]}; FETCH 3 FROM c");
	is(count_of($path), 1, "$name: one is under way for two cursors");
	fail_next_transfer($by);
	is($session->attempt('FETCH 1 FROM c')->{state}, $state, "$name: it ends for the second cursor");
	ok(!-e $trigger{$by}, "$name: as it was sent again");
	$session->query('ROLLBACK TO s');
	same_rows($session->attempt('FETCH ALL FROM d'), [ rows(4) ], "$name: the first has its rows");
	is($session->attempt("SELECT count(*) FROM $server WHERE n = 6")->{out}, '6', "$name: and so has a later statement");
	cmp_ok(count_of($path), '<=', 3, "$name: with one other question at most");
	settle($dc, $session);
}
is($dc->sql('SELECT coalesce(sum(in_flight + waiting), 0) FROM dataconnect_concurrency'), '0',
	'nothing is left in the end');

# --- The slot of a request whose token was refused ------------------------------------

# It is free during the log-in, for another session with the same account, and taken again
# after it.
make('narrow', token_url => $dc->url . $token_path, mapping => \%account, max_concurrency => 1);
my $other = $dc->session;
start();
for my $each ($session, $other)
{
	is($each->query('SELECT count(*) FROM narrow WHERE n = 1'), '1', 'both have a token');
	$each->query("SET statement_timeout = '@{[$each->hung]}'");
}
$dc->clear_log;
$dc->fault({ param => { Count => 2 }, expired_token => JSON::PP::true },
	{ path => $token_path, hold_headers => JSON::PP::true, name => 'log-in' });
$session->send('SELECT count(*) FROM narrow WHERE n = 2');
arrives($dc, 'a token was refused: another one is asked for', held => 1);
ok($dc->wait_for_concurrency('narrow', 0, 0), 'meanwhile its slot is free');
is($other->attempt('SELECT count(*) FROM narrow WHERE n = 3')->{out}, '3',
	'for another session');
$dc->fault({ param => { Count => 4 }, hold_headers => JSON::PP::true, name => 'other' });
$other->send('SELECT count(*) FROM narrow WHERE n = 4');
$dc->wait(held => 2);
$dc->release('log-in');
ok($dc->wait_for_concurrency('narrow', 1, 1), 'after the log-in it queues for the slot again');
is(count_of('/test/rows'), 3, 'and is not sent before it has it');
$dc->release('other');
is($other->finish->{out}, '4', 'the other session ends');
is($session->finish->{out}, '2', 'then it has its rows');
ok($dc->wait_for_concurrency('narrow', 0, 0), 'nothing is left in the end');
$_->quit for $session, $other;

done_testing();
