# For the tests that nothing that waits holds up anything else: what one request of a
# query may wait for, and queries whose other rows have to come in the meantime.
#
#	for my $wait (waits())
#	{
#		others_first($dc, $session, $wait, 'a scan', sql => …, param => …,
#			rows => [ … ], late => [ … ]);
#	}
package DataConnectWaits;

use strict;
use warnings FATAL => 'all';

use Exporter 'import';
use JSON::PP ();
use List::Util qw(max);
use Test::More;

our @EXPORT_OK = qw(waits stalled replies server_options others_first
  copies_others_first same_rows at_once is_held
  arrives settle rows union make_account make_loop_back make_locked);

# Bytes of the head of a gzip stream, as the sandbox sends it.
use constant GZIP_HEAD => 10;

# Options of a server with which all these waits last until the test ends them.
sub server_options
{
	return (max_concurrency => 4, max_retries => 100, retry_max_wait => '10min',
		idle_timeout => '10min');
}

# Kinds of replies: options of the server and of the table, and how many bytes may
# come before the service computes, without being a part of a record.
sub replies
{
	my %plain = (compression => 'off');
	my %csv = (format => 'csv');
	return (
		{ name => 'json_gzip', server => {}, table => {}, bytes => GZIP_HEAD },
		{ name => 'json_plain', server => \%plain, table => {}, bytes => 0 },
		{ name => 'csv_gzip', server => {}, table => \%csv, bytes => GZIP_HEAD },
		{ name => 'csv_plain', server => \%plain, table => \%csv, bytes => 0 });
}

# A reply that begins and then is computed.
sub stalled
{
	my ($bytes) = @_;
	return { name => $bytes ? 'a head of gzip' : 'a head', end => 'rows',
		fault => { hold_after => { bytes => $bytes } } };
}

# What a request may wait for: a fault, and what ends the wait: after a release come
# its rows, or an error; or it lasts ('never').
sub waits
{
	my %refusal = (body => 'No, because', hold_after => { bytes => 4 });
	return (
		stalled(GZIP_HEAD),
		{ name => 'the head of a reply', end => 'rows',
			fault => { hold_headers => JSON::PP::true } },
		{ name => 'the end of a refusal', end => 'error',
			fault => { status => 400, %refusal } },
		{ name => 'the end of a 503', end => 'rows',
			fault => { status => 503, %refusal, headers => { 'Retry-After' => 0 } } },
		{ name => 'Retry-After of a 503', end => 'never',
			fault => { status => 503, headers => { 'Retry-After' => 500 } } },
		{ name => 'its turn after many a 503', end => 'never',
			fault => { status => 503, count => 0 } },
		{ name => 'its turn after many an empty reply', end => 'never',
			fault => { body => '', count => 0 } });
}

# How many requests were answered at once since the log was cleared.
sub at_once
{
	my ($dc) = @_;
	return max(0, map { $_->{Concurrent} // 0 } @{ $dc->log });
}

# Whether so many requests are held, in flight or logged soon (see DataConnectTest).
sub arrives
{
	my ($dc, $name, %counts) = @_;
	return ok(eval { $dc->wait(timeout => 10, %counts); 1 }, $name);
}

sub is_held
{
	my ($dc, $n) = @_;
	return eval { $dc->wait(held => $n // 1, timeout => 1); 1 };
}

# The rows of requests for so many rows each: each row is that number.
sub rows { return map { ($_) x $_ } @_ }

# A query of several branches: [ table, number of rows ].
sub union
{
	my (@branches) = @_;
	return join ' UNION ALL ', map { "SELECT n FROM $_->[0] WHERE n = $_->[1]" } @branches;
}

# A server with its table of the same name, and an account of its own. Nothing in a test
# takes so long that the limiter doubts its knowledge.
sub make_account
{
	my ($dc, $name, %option) = @_;
	$dc->make_server($name, idle_timeout => '10min', mapping => { token => $dc->token },
		%option);
	$dc->make_rows_table($name, $name);
	return;
}

# The server "back" of postgres_fdw, which leads back here and scans asynchronously.
sub make_loop_back
{
	my ($dc) = @_;
	my $node = $dc->node;
	$dc->sql(<<"END");
CREATE EXTENSION postgres_fdw;
CREATE SERVER back FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '@{[$node->host]}',
	port '@{[$node->port]}', dbname 'postgres', async_capable 'true');
CREATE USER MAPPING FOR CURRENT_USER SERVER back;
END
	return;
}

# There, the table "far": its row, 100, comes once nobody holds the advisory lock 1.
sub make_locked
{
	my ($dc) = @_;
	make_loop_back($dc);
	$dc->sql(<<'END');
CREATE FUNCTION locked() RETURNS SETOF integer LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_advisory_xact_lock_shared(1);
	RETURN NEXT 100;
END $$;
CREATE VIEW locked AS SELECT n FROM public.locked() n;
CREATE FOREIGN TABLE far (n integer) SERVER back OPTIONS (table_name 'locked');
END
	return;
}

# The same rows, in any order.
sub same_rows
{
	my ($result, $rows, $name) = @_;
	return is_deeply([ $result->{state}, sort split /\n/, $result->{out} ],
		[ '', sort @$rows ], $name);
}

# End a query whose transaction may have failed.
sub settle
{
	my ($dc, $session) = @_;
	$session->attempt('ROLLBACK') if $session;
	$dc->clear_faults;
	$dc->wait(in_flight => 0);
	return;
}

# The fault of a wait for the requests with these parameters.
sub _fault
{
	my ($wait, $case) = @_;
	return { path => $case->{path} || '/test/rows', param => $case->{param} || {},
		%{ $wait->{fault} }, $case->{fault} ? %{ $case->{fault} } : () };
}

# Wait until a request has been answered, or is held: it now has what it waits for. Or
# until the query has ended.
sub _await
{
	my ($dc, $session, $case) = @_;
	my ($name, $value) = %{ $case->{param} || {} };
	my $path = $case->{path} || '/test/rows';
	until ($session->is_done)
	{
		my @log = grep { $_->{Path} eq $path } @{ $dc->log };
		@log = grep { $_->{Params} =~ /\b$name=\Q$value\E(?:&|$)/ } @log if defined $name;
		last if grep { defined $_->{Status} } @log;
		last if @log && is_held($dc, 1 + ($case->{hold} || 0));
	}
	$dc->wait_until_it_waits_somehow($session->pid);
	return;
}

# By a cursor, a query has the rows of all its other requests while one waits. %case:
# sql; path and param, by which to know the request that waits; rows, those of all others;
# late, its own; hold, how many of the others (whose path is others) are answered only once
# that one waits; pass, the parameter of a request that is not held. With each, the rows
# are fetched one by one.
sub others_first
{
	my ($dc, $session, $wait, $name, %case) = @_;
	$name .= ": $wait->{name}";
	my $n = @{ $case{rows} };
	my $path = $case{others} || '/test/rows';

	$dc->clear_log;
	$dc->fault(_fault($wait, \%case),
		$case{pass} ? { path => $path, param => $case{pass} } : (),
		$case{hold}
		? { path => $path, hold_headers => JSON::PP::true, name => 'others',
			count => $case{hold} }
		: ());
	$session->open_cursor($case{sql});
	my $seen = { out => '', state => '' };
	for my $size ($case{each} ? (1) x $n : $n)
	{
		$session->send("FETCH $size FROM c");
		if ($case{hold} && $seen->{out} eq '')
		{
			_await($dc, $session, \%case);
			$dc->release('others');
		}
		my $some = $session->finish;
		$seen->{out} .= "$some->{out}\n";
		last if $seen->{state} = $some->{state};
	}
	my $came = same_rows($seen, $case{rows}, "$name: the rows of others come");
	_end($dc, $session, $wait, $name, $came, %case);
	cmp_ok(at_once($dc), '<=', $case{limit} // 4, "$name: no more requests than allowed");
	settle($dc, $session);
	return;
}

# What a wait's end brings.
sub _end
{
	my ($dc, $session, $wait, $name, $came, %case) = @_;
	return fail("$name: the end of the wait") unless $came;
	return if $wait->{end} eq 'never';
	ok(is_held($dc), "$name: while it waits");
	$dc->release;
	my $rest = $session->fetch('ALL');
	return same_rows($rest, $case{late}, "$name: its own rows come in the end")
	  if $wait->{end} eq 'rows';
	return isnt($rest->{state}, '', "$name: its error comes in the end");
}

# The same by COPY, which sends all requests at once. %case: sql, param, and size, the
# number of rows of the last other request, which is its value in each; there must be
# more than PostgreSQL's output buffer holds.
sub copies_others_first
{
	my ($dc, $session, $wait, $name, %case) = @_;
	$name = "$name by COPY: $wait->{name}";

	$dc->clear_log;
	$dc->fault(_fault($wait, \%case));
	$session->query("SET statement_timeout = '@{[$session->hung]}'");
	$session->send("COPY ($case{sql}) TO STDOUT");
	my $seen = $session->wait_for_output(qr/^$case{size}$/m);
	my $came = ok($seen->{out} =~ /^$case{size}$/m, "$name: the rows of others come");
	if ($came && $wait->{end} ne 'never')
	{
		ok(is_held($dc), "$name: while it waits");
		$dc->release;
	}
	else
	{
		$dc->sql('SELECT pg_cancel_backend(' . $session->pid . ')');
	}
	my $state = $session->finish->{state};
	is($state, '', "$name: then all come") if $wait->{end} eq 'rows';
	isnt($state, '', "$name: then comes its error") if $wait->{end} eq 'error';
	cmp_ok(at_once($dc), '<=', $case{limit} // 4, "$name: no more requests than allowed");
	$session->query('RESET statement_timeout');
	settle($dc);
	return;
}

1;
