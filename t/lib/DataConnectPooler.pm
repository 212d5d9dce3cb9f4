# A pgbouncer in transaction mode before a test's cluster.
package DataConnectPooler;

use strict;
use warnings FATAL => 'all';

use IPC::Run ();
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes ();

my @running;

# Start one with so many connections for all clients of the present user. Java has no Unix
# sockets, and its driver sends extra_float_digits.
sub new
{
	my ($class, $dc, $size) = @_;
	my ($program) = grep { -x } map { "$_/pgbouncer" } split(/:/, $ENV{PATH}), '/usr/sbin';
	die "no pgbouncer: run tools/setup test\n" unless $program;
	my $self = bless {
		directory => PostgreSQL::Test::Utils::tempdir_short(),
		port => PostgreSQL::Test::Cluster::get_free_port(),
		user => $dc->sql('SELECT current_user') }, $class;
	my ($host, $port) = ($dc->node->host, $dc->node->port);
	PostgreSQL::Test::Utils::append_to_file("$self->{directory}/ini", <<"END_OF_FILE");
[databases]
postgres = host=$host port=$port dbname=postgres user=$self->{user}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = $self->{port}
unix_socket_dir = $self->{directory}
auth_type = any
pool_mode = transaction
default_pool_size = $size
ignore_startup_parameters = extra_float_digits
END_OF_FILE
	$self->{process} = IPC::Run::start([ $program, '-q', "$self->{directory}/ini" ],
		'<', \undef, '>', \my $out, '2>', \my $err);
	push @running, $self->{process};
	for (1 .. 10 * $PostgreSQL::Test::Utils::timeout_default)
	{
		return $self if -S "$self->{directory}/.s.PGSQL.$self->{port}";
		$self->{process}->pump_nb;
		Time::HiRes::usleep(100_000);
	}
	die "the pooler does not listen: $err\n";
}

# Where clients connect to.
sub host { return $_[0]{directory} }
sub port { return $_[0]{port} }

sub connstr
{
	my ($self) = @_;
	return "host=$self->{directory} port=$self->{port} dbname=postgres user=$self->{user}";
}

END
{
	local $?;    ## no critic (RequireInitializationForLocalVars)
	$_->kill_kill for @running;
}

1;
