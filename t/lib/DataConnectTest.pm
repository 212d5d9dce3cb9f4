# For the TAP tests: a sandbox, a cluster with the extension, and sessions that can be
# watched while they wait. For PostgreSQL 15 to 19.
#
#	my $dc = DataConnectTest->new;                  # or ->new(sandbox => ['--tls'])
#	$dc->make_server('dc');                         # with a user mapping
#	$dc->fault({ path => '/lists/*', status => 503 });
#	my $session = $dc->session;
#	$session->send('SELECT * FROM stores');
#	$dc->wait(requests => 1);
#	my $result = $session->finish;                  # { out, err, state }
#	is($dc->log(path => '/lists/*')->[0]{Status}, 503);
#
# Everything ends with the object, or with the test, whichever comes first.
#
# A test fails if a session's cookie was ever in two requests that were open together:
# the sandbox records that, and the test's exit status reports it.
#
# DATACONNECT_SANDBOX_ARGS adds arguments behind the test's own, so with "--set
# session_lock=true" each test runs against another service.
package DataConnectTest;

use strict;
use warnings FATAL => 'all';

use Cwd ();
use File::Basename ();
use HTTP::Tiny ();
use IO::Select ();
use IO::Socket::INET ();
use IPC::Run ();
use JSON::PP ();
use POSIX ();
use Scalar::Util ();
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes ();

my $json = JSON::PP->new->utf8->canonical->allow_nonref;
my $root = Cwd::abs_path(File::Basename::dirname(__FILE__) . '/../..');
my $count = 0;
my %running;    # sandboxes to end when the test does
my $has_overlaps = 0;

# Options: sandbox => [arguments of python3 -m sandbox], conf => lines for
# postgresql.conf, init => [arguments of the cluster's init], without_cluster => 1,
# silent_names => 1 (see silent_url), names => 1 (see lookups).
sub new
{
	my ($class, %option) = @_;
	my $self = bless {}, $class;

	$self->_start_sandbox(@{ $option{sandbox} || [] });
	return $self if $option{without_cluster};

	my $node = PostgreSQL::Test::Cluster->new('node' . ++$count);
	{
		local $ENV{DATACONNECT_INITDB} =
		  (grep { -x } map { "$_/initdb" } split /:/, $ENV{PATH})[0];
		local $ENV{PATH} = "$root/t/lib/bin:$ENV{PATH}";
		$node->init(@{ $option{init} || [] });
	}
	$node->append_conf('postgresql.conf', $option{conf}) if $option{conf};
	local $ENV{HOSTALIASES} = _fifo() if $option{silent_names};
	local $ENV{LD_PRELOAD} = $self->_make_names if $option{names};
	local $ENV{LOOKUPS} = $self->{lookups} if $option{names};
	$node->start;
	$node->safe_psql('postgres', 'CREATE EXTENSION dataconnect_fdw');
	$self->{node} = $node;
	return $self;
}

sub node { return $_[0]{node} }

# The sandbox's URL, and its port.
sub url { return $_[0]{url} }
sub port { return ($_[0]{url} =~ /:(\d+)$/)[0] }

# The certificate by which a sandbox with --tls can be verified.
sub ca_file { return $_[0]{ca_file} }

# --- The sandbox -----------------------------------------------------------

sub _python
{
	return $ENV{DATACONNECT_PYTHON} ||= _find_python();
}

sub _find_python
{
	for my $python (grep { defined } $ENV{PYTHON}, 'python3',
		'/usr/bin/python3')
	{
		return $python
		  if eval { IPC::Run::run([ $python, '-c', 'import aiohttp' ],
				'>', \my $out, '2>', \my $err) };
	}
	die "no python3 with aiohttp: install python3-aiohttp\n";
}

sub _start_sandbox
{
	my ($self, @arguments) = @_;

	if (grep { $_ eq '--tls' } @arguments)
	{
		my $directory = PostgreSQL::Test::Utils::tempdir();
		push @arguments, '--tls-dir', $directory;
		$self->{ca_file} = "$directory/ca.pem";
	}
	push @arguments, split ' ', $ENV{DATACONNECT_SANDBOX_ARGS} // '';
	local $ENV{PYTHONPATH} = $root;
	local $ENV{PYTHONDONTWRITEBYTECODE} = 1;
	$self->{in} = $self->{out} = $self->{err} = '';
	$self->{sandbox} = IPC::Run::start(
		[ _python(), '-m', 'sandbox', '--until-eof', @arguments ],
		'<', \$self->{in}, '>', \$self->{out}, '2>', \$self->{err},
		my $timeout = IPC::Run::timeout(60));
	$self->{sandbox}->pump
	  until $self->{out} =~ /^listening on (\S+)\n/
	  || !$self->{sandbox}->pumpable;
	$self->{out} =~ /^listening on (\S+)\n/
	  or die "the sandbox did not start: $self->{err}\n";
	$self->{url} = $1;
	$timeout->reset;
	$running{$self} = $self;
	Scalar::Util::weaken($running{$self});
	return;
}

sub stop_sandbox
{
	my ($self) = @_;
	delete $running{$self} or return;
	$self->_note_overlaps;
	$self->{sandbox}->kill_kill(grace => 5);
	return;
}

# One request to a control path. body: bytes, or a structure to send as JSON;
# query: { name => value }. Returns the decoded reply, undef where it is empty.
sub control
{
	my ($self, $method, $what, $body, $query, $content_type) = @_;

	$content_type ||= 'application/json';
	$body = $json->encode($body) if ref $body;
	my $pairs = join '&',
	  map { _escape($_) . '=' . _escape($query->{$_}) } sort keys %{ $query || {} };
	my ($status, $reply) = $self->_request($method,
		"$self->{url}/_sandbox/$what" . ($pairs ne '' ? "?$pairs" : ''),
		$body, $content_type);
	die "sandbox control $method $what: $status $reply\n"
	  unless $status =~ /^2/;
	return $reply eq '' ? undef : $json->decode($reply);
}

# The body of the service's own reply to a path, as a client would get it.
sub reply
{
	my ($self, $path) = @_;
	my ($status, $body) = $self->_request('GET',
		"$self->{url}$path" . ($path =~ /\?/ ? '&' : '?') . 'Auth=sandbox-token');
	die "GET $path: $status $body\n" unless $status eq '200';
	return $body;
}

# Perl alone has no TLS; without TLS no process need be started.
sub _request
{
	my ($self, $method, $url, $body, $content_type) = @_;
	return _request_by_curl(@_[ 1 .. $#_ ]) if $url =~ /^https/;

	$self->{http} ||= HTTP::Tiny->new(timeout => 120, http_proxy => undef);
	my $response = $self->{http}->request($method, $url,
		defined $body
		? { content => $body, headers => { 'Content-Type' => $content_type } }
		: {});
	return ($response->{status}, $response->{content} // '');
}

sub _request_by_curl
{
	my ($method, $url, $body, $content_type) = @_;
	my @command = (
		'curl', '-sS', '-k', '--noproxy', '*', '--max-time', '120',
		'-X', $method, '-w', '\n%{http_code}',
		(defined $body
			? ('--data-binary', '@-', '-H', "Content-Type: $content_type")
			: ()),
		$url);
	my $input = defined $body ? $body : '';
	my ($out, $err) = ('', '');
	IPC::Run::run(\@command, '<', \$input, '>', \$out, '2>', \$err)
	  or die "$method $url: $err";
	my ($reply, $status) = $out =~ /\A(.*)\n(\d+)\z/s;
	return ($status, $reply);
}

sub _escape
{
	my ($text) = @_;
	utf8::encode($text) if utf8::is_utf8($text);
	$text =~ s/([^A-Za-z0-9._~-])/sprintf '%%%02X', ord $1/ge;
	return $text;
}

# The requests so far, as hashes (Method, Path, Query, Params, Headers, …);
# path => a pattern with * picks some.
sub log    ## no critic (ProhibitBuiltinHomonyms)
{
	my ($self, %option) = @_;
	return $self->control('GET', 'log', undef, \%option);
}

# Cookies of sessions that came while another request with them was open, since the
# sandbox started, whatever was cleared.
sub overlaps { return $_[0]->control('GET', 'overlaps') }

sub _note_overlaps
{
	my ($self) = @_;
	my $overlaps = eval { $self->overlaps } || [];
	for my $overlap (@$overlaps)
	{
		diag('one cookie in two open requests: ' . $json->encode($overlap));
		$has_overlaps = 1;
	}
	return;
}

sub clear_log { return $_[0]->control('DELETE', 'log') }

# The headers of a log entry, names in lower case.
sub headers
{
	my ($self, $entry) = @_;
	my $headers = $json->decode(_bytes($entry->{Headers}));
	return { map { lc($_) => $headers->{$_} } keys %$headers };
}

sub _bytes
{
	my ($text) = @_;
	utf8::encode($text);
	return $text;
}

# Misbehaviour for the next matching request; several apply in that order.
sub fault
{
	my ($self, @faults) = @_;
	return $self->control('POST', 'fault', \@faults);
}

sub clear_faults { return $_[0]->control('DELETE', 'fault') }

# Continue all held replies, or those of the faults with a name.
sub release
{
	my ($self, $name) = @_;
	return $self->control('POST', 'release', undef, defined $name ? { name => $name } : {});
}
sub reset    ## no critic (ProhibitBuiltinHomonyms)
{
	return $_[0]->control('POST', 'reset');
}
sub expire { return $_[0]->control('POST', 'expire') }
sub settings { return $_[0]->control('GET', 'settings') }

sub set
{
	my ($self, %settings) = @_;
	return $self->control('POST', 'settings', \%settings);
}

# Wait until this many requests are held, in_flight or logged (requests).
sub wait    ## no critic (ProhibitBuiltinHomonyms)
{
	my ($self, %counts) = @_;
	$counts{timeout} //= 30;
	return $self->control('GET', 'wait', undef, \%counts);
}

# An access token that no other server's mapping has, so an account of its own.
sub token
{
	my ($self) = @_;
	my ($status, $reply) = $self->_request('POST',
		"$self->{url}/v1/oauth2/token",
		'grant_type=password&client_id=client&client_secret=client-secret'
		  . '&username=analyst&password=s3cret',
		'application/x-www-form-urlencoded');
	die "no token: $status $reply\n" unless $status eq '200';
	return $json->decode($reply)->{access_token};
}

# Bytes with which a path is answered, perhaps only for some parameters.
sub document
{
	my ($self, $path, $body, %option) = @_;
	return $self->control('PUT', 'document', $body,
		{ path => $path, %{ $option{params} || {} } },
		$option{content_type} || 'application/json; charset=utf-8');
}

# Open another port, or change what one does: it accepts and is silent, closes, or
# sends garbage; refuses; or leads to the service.
sub listen    ## no critic (ProhibitBuiltinHomonyms)
{
	my ($self, $mode, $port) = @_;
	return $self->control('POST', 'listen',
		{ mode => $mode, $port ? (port => $port + 0) : () })->{port};
}

# The number of connections that such a port has had.
sub connections
{
	my ($self, $port) = @_;
	return $self->control('GET', 'listen', undef, { port => $port })->{connections};
}

# --- Names and ports without an answer -------------------------------------

# The lookup of this URL's host never ends, in a cluster with silent_names: glibc
# opens the file $HOSTALIASES for a name without a dot, and opening a FIFO without a
# writer blocks getaddrinfo(), as a silent name server does.
sub silent_url { return 'https://silent' }

sub _fifo
{
	my $name = PostgreSQL::Test::Utils::tempdir_short() . '/aliases';
	POSIX::mkfifo($name, oct(600)) or die "mkfifo $name: $!\n";
	local $ENV{HOSTALIASES} = $name;
	IPC::Run::run([ 'timeout', '2', 'getent', 'ahosts', 'silent' ],
		'>', \my $out, '2>', \my $err);
	die "getent does not read HOSTALIASES here: does 'hosts:' in "
	  . "/etc/nsswitch.conf reach 'dns'?\n"
	  unless $? >> 8 == 124;
	return $name;
}

# In a cluster with names, names under .invalid answer as they are called,
# whatever the network: none.invalid does not exist, nodata.invalid has no
# address, again.invalid finds no name server; and hangs.invalid at first finds
# none, then never an answer. here.invalid is this machine. This is how often
# each was looked up. libcurl 8.23 looks up each family of addresses by itself;
# that counts once.
sub lookups
{
	my ($self, $name) = @_;
	return scalar grep { $_ eq $name } split /\n/,
	  PostgreSQL::Test::Utils::slurp_file($self->{lookups});
}

# A library whose getaddrinfo() does that.
sub _make_names
{
	my ($self) = @_;
	my $directory = PostgreSQL::Test::Utils::tempdir_short();
	$self->{lookups} = "$directory/lookups";
	PostgreSQL::Test::Utils::append_to_file($self->{lookups}, '');
	chmod oct(666), $self->{lookups};
	PostgreSQL::Test::Utils::append_to_file("$directory/names.c", <<'END');
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef int Function(const char *, const char *, const struct addrinfo *, struct addrinfo **);

int
getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
			struct addrinfo **found)
{
	static int hangs;
	Function *next = (Function *) dlsym(RTLD_NEXT, "getaddrinfo");
	FILE *log;

	if (name == NULL || strstr(name, ".invalid") == NULL)
		return next(name, service, hints, found);
	if (hints != NULL && hints->ai_family == AF_INET6)
		return EAI_AGAIN;
	log = fopen(getenv("LOOKUPS"), "a");
	fprintf(log, "%s\n", name);
	fclose(log);
	if (strncmp(name, "here.", 5) == 0)
		return next("127.0.0.1", service, hints, found);
	if (strncmp(name, "none.", 5) == 0)
		return EAI_NONAME;
	if (strncmp(name, "nodata.", 7) == 0)
		return EAI_NODATA;
	if (strncmp(name, "hangs.", 6) == 0 && hangs++)
		for (;;)
			pause();
	return EAI_AGAIN;
}
END
	PostgreSQL::Test::Utils::system_or_bail($ENV{CC} || 'cc', '-shared', '-fPIC',
		'-o', "$directory/names.so", "$directory/names.c", '-ldl');
	return "$directory/names.so";
}

# A port to which connecting never ends: its queue of connections is full, so the
# kernel drops all further attempts. Closed with the object.
sub full_port
{
	my ($self) = @_;
	my $listener = _listener(1);
	my $port = $listener->sockport;
	push @{ $self->{sockets} }, $listener,
	  map { IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port,
			Blocking => 0) } 1 .. 8;
	return $port;
}

# A port that the test serves itself; connection() accepts.
sub listener { return _listener(16) }

sub _listener
{
	my ($queue) = @_;
	my $socket = IO::Socket::INET->new(
		LocalAddr => '127.0.0.1', Listen => $queue, Proto => 'tcp')
	  or die "cannot listen: $@\n";
	return $socket;
}

# The next connection to a listener, undef if none comes within some seconds.
sub connection
{
	my ($self, $listener, $seconds) = @_;
	return unless IO::Select->new($listener)->can_read($seconds);
	return $listener->accept;
}

# Whether the other side closes a connection within some seconds (default: now).
sub is_ended
{
	my ($self, $connection, $seconds) = @_;
	my $end = time + $seconds;
	while (IO::Select->new($connection)->can_read($end - time))
	{
		return 1 unless sysread $connection, my $bytes, 4096;
	}
	return 0;
}

# Let a process find no free descriptor from a number on; it keeps those it has. Or
# let it write no file beyond so many bytes, as if the disk were full.
sub limit_descriptors { return _limit('RLIMIT_NOFILE', @_) }
sub limit_files { return _limit('RLIMIT_FSIZE', @_) }

sub _limit
{
	my ($resource, $pid, $number) = @_;
	IPC::Run::run([ _python(), '-c', <<'END', $resource, $pid, $number ]) or die "no limit for $pid\n";
import resource, sys
which = getattr(resource, sys.argv[1])
pid, number = map(int, sys.argv[2:])
hard = resource.prlimit(pid, which)[1]
resource.prlimit(pid, which, (number, hard))
END
	return;
}

# --- The cluster -----------------------------------------------------------

sub sql
{
	my ($self, $sql) = @_;
	return $self->{node}->safe_psql('postgres', $sql);
}

# Make a foreign server that leads to the sandbox, and a mapping for the current user.
# %option has server options; mapping => { … } replaces the token, and mapping =>
# undef leaves the mapping out.
sub make_server
{
	my ($self, @arguments) = @_;
	return $self->sql($self->server_sql(@arguments));
}

# The same as SQL text, for a session that runs it.
sub server_sql
{
	my ($self, $name, %option) = @_;

	my $mapping = { token => 'sandbox-token' };
	$mapping = delete $option{mapping} if exists $option{mapping};
	%option = (url => $self->{url}, %option);
	$option{ca_file} //= $self->{ca_file} if $self->{ca_file};
	my $sql = "CREATE SERVER $name FOREIGN DATA WRAPPER dataconnect_fdw "
	  . _options(\%option);
	$sql .= ";\nCREATE USER MAPPING FOR CURRENT_USER SERVER $name "
	  . _options($mapping)
	  if $mapping;
	return $sql;
}

# Make a foreign table of the records 1 to n of the sandbox's /test/rows, with columns
# id, name and n. %option has table options.
sub make_rows_table
{
	my ($self, @arguments) = @_;
	return $self->sql($self->rows_table_sql(@arguments));
}

sub rows_table_sql
{
	my ($self, $name, $server, %option) = @_;
	return "CREATE FOREIGN TABLE $name (
		id integer OPTIONS (name 'Id'), name text OPTIONS (name 'Name'),
		n integer OPTIONS (param 'Count', required 'true'))
		SERVER $server "
	  . _options({ endpoint => '/test/rows', %option });
}

sub _options
{
	my ($option) = @_;
	return '' unless %$option;
	return 'OPTIONS ('
	  . join(', ', map { "$_ " . _literal($option->{$_}) } sort keys %$option)
	  . ')';
}

sub _literal
{
	my ($text) = @_;
	$text =~ s/'/''/g;
	return "'$text'" unless $text =~ /\\/;
	$text =~ s/\\/\\\\/g;
	return " E'$text'";
}

# Start a psql whose queries can be sent and awaited separately.
sub session
{
	my ($self, %option) = @_;
	return DataConnectTest::Session->new($self->{node}, %option);
}

# Wait until a backend's wait event has a name that matches a pattern.
sub wait_for_wait_event
{
	my ($self, $pid, $pattern) = @_;
	return $self->_poll("wait_event ~ '$pattern'", $pid);
}

# Wait until a backend waits for a request, be it in a scan or in an Append, or has
# finished.
sub wait_until_it_waits_somehow
{
	my ($self, $pid) = @_;
	return $self->_poll("state <> 'active'
		OR wait_event ~ '^(Extension|Dataconnect.*|AppendReady)\$'", $pid);
}

# Wait until a backend waits in one of the extension's wait events: 'Connect',
# 'Reply', 'Retry' or 'Queue'. Before PostgreSQL 17 all of them have one name.
sub wait_until_it_waits
{
	my ($self, $pid, $reason) = @_;
	my $name =
	  $self->{node}->pg_version >= 17 ? "Dataconnect$reason" : 'Extension';
	return $self->wait_for_wait_event($pid, "^$name\$");
}

# The setting with which a backslash in '…' is an escape. PostgreSQL 19 has only 'on'.
sub escapes_in_strings
{
	my ($self) = @_;
	return 'SET standard_conforming_strings = ' . ($self->{node}->pg_version >= '19devel' ? 'on' : 'off');
}

# Wait until a backend is idle, active, …
sub wait_for_state
{
	my ($self, $pid, $state) = @_;
	return $self->_poll("state = '$state'", $pid);
}

# True once a backend's row of pg_stat_activity is as expected.
sub _poll
{
	my ($self, $condition, $pid) = @_;
	return $self->wait_for_result(
		"SELECT $condition FROM pg_stat_activity WHERE pid = $pid", 't');
}

# Wait until a query has a result. One session runs all these queries, because
# starting a psql for each is slow.
sub wait_for_result
{
	my ($self, $sql, $wanted) = @_;
	my $end = time + $PostgreSQL::Test::Utils::timeout_default;
	my $result;
	$self->{watcher} ||= $self->session;
	while (time < $end)
	{
		$result = $self->{watcher}->query($sql);
		return 1 if $result eq $wanted;
		Time::HiRes::sleep(0.02);
	}
	diag("never '$wanted', in the end '$result': $sql");
	return 0;
}

# Wait until the view shows these numbers for a server: requests in flight, waiting.
sub wait_for_concurrency
{
	my ($self, $server, $in_flight, $waiting) = @_;
	return $self->wait_for_result(
		"SELECT in_flight, waiting FROM dataconnect_concurrency
		  WHERE server_name = '$server'", "$in_flight|$waiting");
}

# That session ended with the server: start another.
sub forget_watcher
{
	my ($self) = @_;
	delete $self->{watcher};
	return;
}

sub DESTROY
{
	my ($self) = @_;
	local ($?, $@, $!);
	delete $self->{watcher};
	eval { $self->stop_sandbox; 1 };
	return;
}

END
{
	local $?;    ## no critic (RequireInitializationForLocalVars)
	for my $test (grep { defined } values %running)
	{
		eval { $test->stop_sandbox; 1 };
	}
}

END
{
	$? ||= 1 if $has_overlaps;    ## no critic (RequireLocalizedPunctuationVars)
}

# --- Sessions --------------------------------------------------------------

package DataConnectTest::Session;

use strict;
use warnings FATAL => 'all';

use IO::Handle ();

# Options: user, dbname, or connstr instead. Errors are shown with their SQLSTATE.
sub new
{
	my ($class, $node, %option) = @_;
	my $self = bless { out => '', err => '', number => 0 }, $class;
	my $dbname = $option{dbname} || 'postgres';
	my $connect = $option{connstr} || $node->connstr($dbname)
	  . ($option{user} ? " user=$option{user}" : '');

	$self->{timer} = IPC::Run::timeout(
		$PostgreSQL::Test::Utils::timeout_default);
	$self->{psql} = IPC::Run::start(
		[
			$node->installed_command('psql'), '-XAtq',
			'-v', 'VERBOSITY=verbose',
			'-d', $connect, '-f', '-'
		],
		'<pipe', my $in = IO::Handle->new,
		'>', \$self->{out}, '2>', \$self->{err}, $self->{timer});
	$self->{in} = $in;
	$self->{pid} = $self->query('SELECT pg_backend_pid()');
	die "no session: $self->{err}\n" unless $self->{pid} =~ /^\d+$/;
	return $self;
}

# The backend's process id.
sub pid { return $_[0]{pid} }

# Send a signal to psql.
sub signal { my ($self, $name) = @_; return $self->{psql}->signal($name) }

# Send SQL (or psql commands) and return at once.
sub send    ## no critic (ProhibitBuiltinHomonyms)
{
	my ($self, $sql) = @_;
	die "the session is busy\n" if $self->{marker};
	$self->{marker} = 'end-of-reply-' . ++$self->{number};
	$self->{timer}->start;
	$self->_write("$sql\n;\n\\echo $self->{marker}\n\\warn $self->{marker}\n");
	return;
}

sub _write
{
	my ($self, $text) = @_;
	local $SIG{PIPE} = 'IGNORE';    # the session may have been terminated
	print { $self->{in} } $text;
	$self->{in}->flush;
	return;
}

# Wait for what was sent; returns { out => …, err => …, state => … }, where state is
# the SQLSTATE of an error, or ''. For a session that was terminated, this is what
# came before its end.
sub finish
{
	my ($self) = @_;
	my $marker = delete $self->{marker} or die "nothing was sent\n";
	$self->{psql}->pump
	  until ($self->{out} =~ /^$marker\n/m && $self->{err} =~ /^$marker\n/m)
	  || !$self->{psql}->pumpable;
	my %result = (out => $self->{out}, err => $self->{err});
	s/^$marker\n//m for values %result;
	$result{state} =
	  $result{err} =~ /^(?:psql:\S+ )?(?:ERROR|FATAL|PANIC):  (\w{5}):/m
	  ? $1
	  : '';
	chomp for values %result;
	$self->{out} = $self->{err} = '';
	return \%result;
}

# The output so far of a running query: { out => …, err => … }.
sub so_far
{
	my ($self) = @_;
	$self->{psql}->pump_nb;
	return { out => $self->{out}, err => $self->{err} };
}

# Whether the running query has ended.
sub is_done
{
	my ($self) = @_;
	return $self->so_far->{out} =~ /^\Q$self->{marker}\E$/m;
}

# Wait until a running query has printed a pattern, or has ended; returns the output
# so far.
sub wait_for_output
{
	my ($self, $pattern) = @_;
	$self->{psql}->pump
	  until $self->{out} =~ $pattern
	  || $self->{out} =~ /^\Q$self->{marker}\E$/m
	  || !$self->{psql}->pumpable;
	return { out => $self->{out}, err => $self->{err} };
}

# Run SQL that may fail; returns the same as finish.
sub attempt
{
	my ($self, $sql) = @_;
	$self->send($sql);
	return $self->finish;
}

# Run SQL that must succeed; returns its output.
sub query
{
	my ($self, $sql) = @_;
	$self->send($sql);
	my $result = $self->finish;
	die "failed: $sql\n$result->{err}\n" if $result->{err} =~ /^(psql:.*)?(ERROR|FATAL|PANIC)/m;
	return $result->{out};
}

# The statement_timeout of statements that hang if what they test is broken.
sub hung { return ($ENV{DATACONNECT_HUNG} || 20) . 's' }

# Begin a transaction with a cursor, c. Its statements fail if they hang.
sub open_cursor
{
	my ($self, $sql) = @_;
	$self->query("BEGIN; SET LOCAL statement_timeout = '@{[hung()]}';
		DECLARE c NO SCROLL CURSOR FOR $sql");
	return;
}

# The next rows of the cursor: a number, or 'ALL'.
sub fetch
{
	my ($self, $number) = @_;
	return $self->attempt("FETCH $number FROM c");
}

sub quit
{
	my ($self) = @_;
	my $psql = delete $self->{psql} or return;
	close $self->{in};
	eval { $psql->finish; 1 } or $psql->kill_kill(grace => 5);
	return;
}

sub DESTROY
{
	my ($self) = @_;
	my $psql = delete $self->{psql} or return;
	local ($?, $@, $!);
	eval { $psql->kill_kill(grace => 5); 1 };
	return;
}

1;
