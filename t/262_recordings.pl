# Queries over recordings, each of which was once a fault: t/recordings/NAME has the
# files of a recording, query.sql, which finds the service's address in the variable
# url, and expected.out, what psql prints. CONTRIBUTING.md shows how to add one.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";

use DataConnectTest;
use File::Basename qw(basename);
use IPC::Run ();
use PostgreSQL::Test::Utils qw(slurp_file);
use Test::More;

my @directories = sort grep { -d } glob "$FindBin::Bin/recordings/*";
my $dc = DataConnectTest->new;
my $node = $dc->node;

# What psql prints, errors among the rest.
sub run_queries
{
	my ($database, $url, $file) = @_;
	my $out = '';
	IPC::Run::run([ $node->installed_command('psql'), '-Xqa', '-v', "url=$url", '-d', $node->connstr($database), '-f', $file ],
		'>&', \$out);
	$out =~ s/^psql:\S+: //mg;
	return $out;
}

for my $directory (@directories)
{
	my $name = basename($directory);
	$dc->sql("CREATE DATABASE $name");
	$node->safe_psql($name, 'CREATE EXTENSION dataconnect_fdw');
	my $replay = DataConnectTest->new(without_cluster => 1, sandbox => [ '--replay', $directory ]);
	my $out = run_queries($name, $replay->url, "$directory/query.sql");
	is($out, slurp_file("$directory/expected.out"), $name);
	is_deeply([ map { "$_->{Path}?$_->{Query}" } grep { $_->{Status} == 404 } @{ $replay->log } ], [],
		"$name: all that it asks for was recorded");
}
isnt(scalar @directories, 0, 'there are recordings');
done_testing();
