# Random queries have the same rows over foreign tables as over local ones.
# DATACONNECT_SEED, DATACONNECT_QUERIES (N or N-M), DATACONNECT_SECONDS and
# DATACONNECT_SHAPES select other queries than the default: see CONTRIBUTING.md.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";

use DataConnectJudge;
use DataConnectQueries;
use DataConnectTest;
use Test::More;
use Time::HiRes qw(time);

# Many mismatches have one cause: so many are shown, and so many end the test.
use constant { SHOWN => 5, ENOUGH => 20 };

my $dc = DataConnectTest->new;
my $seed = $ENV{DATACONNECT_SEED} || 1;
my ($first, $last) = ($ENV{DATACONNECT_QUERIES} || '2000') =~ /^(\d+)(?:-(\d+))?$/
  or die "DATACONNECT_QUERIES is N or N-M\n";
($first, $last) = (1, $first) unless defined $last;
my $end = $ENV{DATACONNECT_SECONDS} ? time + $ENV{DATACONNECT_SECONDS} : undef;

# Server options to vary; the first value of each is used at first.
my %choices = (
	max_concurrency => [ 4, 1, 2, 7 ],
	batch_size => [ 50, 1, 2 ],
	async_capable => [qw(on on off)],
	format => [ 'json', 'json', 'jsondatatable', 'xml' ],
	method => [qw(auto get post)],
	compression => [qw(on off)]);
my %known = map { $_ => 1 } split /\n/,
  $dc->sql("SELECT name FROM dataconnect_options() WHERE context = 'server'");
my $queries = DataConnectQueries->new(url => $dc->url,
	options => { map { $_ => $choices{$_} } grep { $known{$_} } keys %choices });
my $judge = DataConnectJudge->new($dc, $queries);
my $session = $judge->session;
$session->query($queries->setup_sql($dc->reply('/test/things?Response=Json')));
# It reads the catalogue at each ALTER of the settings, and says nothing of these tables.
$session->query('ALTER EVENT TRIGGER dataconnect_fdw_parameters DISABLE');
is($session->query('SELECT count(*) FROM near.records'), 64, 'there is something to compare');

my @mismatches;
my $begun = time;
for (my $number = $first; ($end ? time < $end : $number <= $last) && @mismatches < ENOUGH;
	$number += DataConnectJudge::BLOCK)
{
	my $to = $number + DataConnectJudge::BLOCK - 1;
	for my $case ($judge->ask($seed, $number, $end || $to < $last ? $to : $last))
	{
		push @mismatches, $case;
		diag($judge->explain($case)) if @mismatches <= SHOWN;
	}
	note(sprintf '%d s: %s', time - $begun, $judge->summary) if $number / DataConnectJudge::BLOCK % 10 == 0;
	$dc->clear_log;
}
my $summary = sprintf 'seed %s, %d s: %s', $seed, time - $begun, $judge->summary;
note($summary);
note($_) for $judge->shares, $judge->invalid;
is(scalar @mismatches, 0, 'every query has the same rows') or diag($summary);

# The queries were worth running.
my $count = $judge->{count};
if ($count->{asked} >= 500)
{
	cmp_ok($count->{compared}, '>', 0.95 * $count->{asked}, 'nearly all were compared') or diag($summary);
	cmp_ok($count->{with_rows}, '>', 0.4 * $count->{asked}, 'many had rows') or diag($summary);
	cmp_ok($count->{slow}, '<', 0.02 * $count->{asked}, 'nearly all came to an end') or diag($summary);
	cmp_ok($count->{invalid}, '<', 0.02 * $count->{asked}, 'nearly all are queries at all') or diag($summary);
	cmp_ok($judge->refused($_), '<', 0.25, "few of the shape $_ were refused") or diag($judge->shares)
	  for DataConnectShapes::names();
}

# The comparison finds a wrong value, a missing or repeated row, an error, a crash.
my %query = (seed => 0, number => 0, shape => 'plain', mode => 'plain', generic => 'auto', fetch => 3, turn => 0,
	uses => { plain => 1 },
	text => 'SELECT t.id, t.num FROM @plain@ t WHERE <[t.id < 30]> AND <[t.num = <{integer|3|4}>]>');

sub seen
{
	my ($what, %change) = @_;
	my $case = $judge->compare({ %query, %change });
	ok($case, "$what is seen");
	return $case ? $judge->explain($case) : '';
}

is($judge->compare(\%query), undef, 'nothing is seen where nothing is wrong');
for my $mode (qw(plain prepared cursor function copy hold))
{
	$dc->sql('UPDATE near.plain SET num = 3 WHERE id = 1');
	like(seen("a value, $mode", mode => $mode), qr/near \+\d \(?1\b.*With less/s, 'and shown, with less of the query');
	$dc->sql('UPDATE near.plain SET num = 0 WHERE id = 1');
}

# The same in a statement that is executed seven times: a mismatch in one execution, and
# other requests than in the executions before.
my %repeated = (mode => 'repeated', shape => 'repeated', types => ['integer'], sets => [ [3] ], runs => [ (0) x 7 ],
	variants => [''], between => {}, steady => 1,
	text => 'SELECT t.id, t.num FROM @many/*@ t WHERE t.id < 30 AND t.num = $1');
my @asked = map { "ALTER FOREIGN TABLE far.many OPTIONS (SET params 'Zone=America/Los_Angeles$_')" } '', '&Wide=True';
is($judge->compare({ %query, %repeated }), undef, 'nothing is seen where nothing is wrong seven times');
like(seen('another request, the sixth time', %repeated, between => { 5 => $asked[1] }), qr/execution 6 .*Wide=True.*at first: /, 'and shown');
$dc->sql($asked[0]);
$dc->sql('UPDATE near.many SET num = 3 WHERE id = 1');
like(seen('a value, repeated', %repeated), qr/near \+7 1\|3/, 'and shown');
$dc->sql('UPDATE near.many SET num = 0 WHERE id = 1');

$dc->sql('INSERT INTO near.plain SELECT * FROM near.plain WHERE num = 3 AND id < 30 LIMIT 1');
seen('a row that should come twice');
$dc->sql('DELETE FROM near.plain WHERE num = 3 AND id < 30');
like(seen('a row too many'), qr/far \+1 \d+\|3/, 'and shown');
$dc->fault({ path => '/test/things', status => 400, count => 0 });
like(seen('an error'), qr/HV024.*The service was asked 1 times/s, 'and shown');
$dc->clear_faults;
seen('a crash', text => 'SELECT pg_terminate_backend(pg_backend_pid()) FROM @plain@ t WHERE t.id = 1');
is($judge->session->query('SELECT 1'), '1', 'after which another session goes on');

done_testing();
