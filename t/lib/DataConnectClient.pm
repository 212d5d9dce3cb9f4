# Programs of test/clients, which run steps and print what their drivers show.
package DataConnectClient;

use strict;
use warnings FATAL => 'all';

use IPC::Run ();
use PostgreSQL::Test::Utils;

# A program and its arguments, and where it connects to.
sub new
{
	my ($class, $dc, $command, %option) = @_;
	return bless {
		dc => $dc,
		command => $command,
		host => $option{host} || $dc->node->host,
		port => $option{port} || $dc->node->port }, $class;
}

# Start a step that waits for input; for finish().
sub start
{
	my ($self, @arguments) = @_;
	local ($ENV{PGHOST}, $ENV{PGPORT}, $ENV{PGDATABASE}) = ($self->{host}, $self->{port}, 'postgres');
	local $ENV{PGUSER} = $self->{user} ||= $self->{dc}->sql('SELECT current_user');
	$self->{in} = $self->{out} = $self->{err} = '';
	$self->{process} = IPC::Run::start([ @{ $self->{command} }, @arguments ],
		'<', \$self->{in}, '>', \$self->{out}, '2>', \$self->{err},
		IPC::Run::timeout($PostgreSQL::Test::Utils::timeout_default));
	return;
}

# Go on, by a line of input, to the end; returns the lines of output.
sub finish
{
	my ($self) = @_;
	$self->{in} = "\n";
	$self->{process}->finish or die "@{ $self->{command} }: $self->{err}\n";
	return [ map { s/\s+$//r } split /\n/, $self->{out} ];
}

sub run
{
	my ($self, @arguments) = @_;
	$self->start(@arguments);
	return $self->finish;
}

1;
