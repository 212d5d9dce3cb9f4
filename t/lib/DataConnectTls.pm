# TLS servers that are not the sandbox, and what they need.
package DataConnectTls;

use strict;
use warnings FATAL => 'all';

use Exporter qw(import);
use IPC::Run ();
use PostgreSQL::Test::Utils ();

our @EXPORT = qw(@new_key openssl page_server make_wrong_authorities);

# What makes openssl make a key, too.
our @new_key = qw(-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes);

# Processes to end, even if the test dies.
my @servers;

END
{
	local ($?, $@);    ## no critic (RequireInitializationForLocalVars)
	eval { $_->kill_kill; 1 } for @servers;
}

sub openssl
{
	my (@arguments) = @_;
	my $output = '';
	IPC::Run::run([ 'openssl', @arguments ], '<', \undef, '>&', \$output)
	  or die "openssl @arguments: $output\n";
	return;
}

# Make files for ca_file with which no certificate of the sandbox is accepted: another.pem,
# of an authority that has not signed it, and junk.pem, which has none.
sub make_wrong_authorities
{
	my ($directory) = @_;
	openssl('req', '-x509', @new_key, '-days', '2', '-subj', '/CN=Another CA',
		'-keyout', "$directory/another.key", '-out', "$directory/another.pem");
	PostgreSQL::Test::Utils::append_to_file("$directory/junk.pem", "no certificate\n");
	return;
}

# A TLS server that answers every request with a page. $name is the path of its certificate
# (.pem) and key (.key) without the ending. Returns its URL.
sub page_server
{
	my ($name, @options) = @_;
	my $output = '';
	my $server = IPC::Run::start(
		[ 'openssl', 's_server', '-accept', '127.0.0.1:0', '-www',
			'-cert', "$name.pem", '-key', "$name.key", @options ],
		'<', \undef, '>&', \$output, my $timeout = IPC::Run::timeout(60));
	push @servers, $server;
	$server->pump until $output =~ /^ACCEPT \S+:(\d+)$/m || !$server->pumpable;
	$output =~ /^ACCEPT \S+:(\d+)$/m or die "openssl s_server: $output\n";
	my $port = $1;
	$timeout->reset;
	return "https://127.0.0.1:$port";
}

1;
