# The recipe in doc/upkeep.md: a secret in DDL is neither in the server log nor in
# pg_stat_statements.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";

use DataConnectTest;
use PostgreSQL::Test::Utils;
use Test::More;

my $canary = 'Canary-7c1d';
my $dc = DataConnectTest->new(conf => <<'END');
shared_preload_libraries = 'dataconnect_fdw, pg_stat_statements'
log_statement = 'all'
log_min_duration_statement = 0
log_min_error_statement = 'info'
pg_stat_statements.track_utility = on
END
my $node = $dc->node;
$dc->sql('CREATE EXTENSION pg_stat_statements');
$dc->make_server('dc', mapping => undef);

my $page = slurp_file("$FindBin::Bin/../doc/upkeep.md");
my ($recipe) = $page =~ /^```sql\n(BEGIN;\nSET LOCAL log_statement.*?)^```/ms
  or die "no recipe in the page\n";
like($recipe, qr/:'token'/, 'the secret is a variable of psql');
my $mapping = qr/^CREATE USER MAPPING.*?;\n/ms;
my ($create) = $recipe =~ /($mapping)/ or die "no mapping in the recipe\n";

# What is logged and kept; a statement that fails, too.
sub shown
{
	my ($sql) = @_;
	my $offset = -s $node->logfile;
	my $session = $dc->session;
	$session->query('SELECT pg_stat_statements_reset()');
	$session->attempt("\\set token '$canary'\n$sql");
	$session->attempt('ROLLBACK');
	$session->quit;
	my $kept = $dc->sql("SELECT count(*) FROM pg_stat_statements WHERE strpos(query, 'Canary') > 0");
	return [ $kept, slurp_file($node->logfile, $offset) =~ /\Q$canary/ ? 'logged' : 'not logged' ];
}

is_deeply(shown($create), [ 1, 'logged' ], 'alone, the statement is seen in both');
$dc->sql('DROP USER MAPPING FOR CURRENT_USER SERVER dc');
is_deeply(shown($recipe), [ 0, 'not logged' ], 'by the recipe, in none');
is($dc->sql("SELECT strpos(array_to_string(umoptions, ' '), '$canary') > 0 FROM pg_user_mappings WHERE srvname = 'dc'"),
	't', 'but it is the mapping\'s');
is_deeply(shown($recipe), [ 0, 'not logged' ], 'nor if it fails');

done_testing();
