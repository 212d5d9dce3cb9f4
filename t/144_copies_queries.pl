# Copies of replies show what the service answered at the right moment: random queries
# while the data change, against local tables, and single requests against a model of
# what is kept. DATACONNECT_SEED and DATACONNECT_QUERIES (N) select other queries.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";

use DataConnectJudge;
use DataConnectQueries;
use DataConnectTest;
use Test::More;
use Time::HiRes qw(time);

use constant { EDITIONS => 4, SHOWN => 3, ENOUGH => 10 };

my $seed = $ENV{DATACONNECT_SEED} || 1;
my $number = $ENV{DATACONNECT_QUERIES} || 600;
my %choices = (
	max_age => [ '1h', '1h', '1h', 0 ],
	stale_if_error => [ 0, '1h' ],
	format => [ 'json', 'json', 'jsondatatable', 'xml' ],
	method => [qw(auto get post)],
	compression => [qw(on off)]);

# --- Random queries ----------------------------------------------------------

# Near tables for each edition of the data; one of them is in schema near.
sub make_editions
{
	my ($dc, $queries, $session) = @_;
	for my $edition (reverse 1 .. EDITIONS - 1)
	{
		$dc->set(edition => $edition);
		$session->query(join ";\n", $queries->near_sql($dc->reply('/test/things?Response=Json')),
			"ALTER SCHEMA near RENAME TO near_$edition");
	}
	$dc->set(edition => 0);
	$session->query($queries->setup_sql($dc->reply('/test/things?Response=Json')));
	return;
}

sub change_edition
{
	my ($dc, $from, $to) = @_;
	return if $from == $to;
	$dc->set(edition => $to);
	$dc->sql("ALTER SCHEMA near RENAME TO near_$from; ALTER SCHEMA near_$to RENAME TO near");
	return;
}

# The data change before some of the blocks. Then queries ask for new replies, by requests
# that are new, or by the setting.
sub random_queries
{
	my ($what, $dc, $first, $last) = @_;
	my $queries = DataConnectQueries->new(url => $dc->url, options => \%choices, copies => 1);
	my $judge = DataConnectJudge->new($dc, $queries);
	my ($edition, $generation) = (0, 0);
	my $was_anew = 0;    # then there are copies of the edition before, too
	my @mismatches;

	$queries->{options}{params} = ['Generation=0'];
	make_editions($dc, $queries, $judge->session);
	for (my $from = $first; $from <= $last && @mismatches < ENOUGH; $from += DataConnectJudge::BLOCK)
	{
		srand($seed * 31 + $from);
		my $do = (qw(keep keep other anew))[ int rand 4 ];
		my $next = $do eq 'keep' ? $edition : ($edition + 1 + int rand(EDITIONS - 1)) % EDITIONS;
		change_edition($dc, $edition, $next);
		$edition = $next;
		$queries->{options}{params} = [ 'Generation=' . ++$generation ] if $do eq 'other' || $was_anew;
		$was_anew = $do eq 'anew';
		$queries->{more_settings} = [ 'SET dataconnect_fdw.max_age = ' . ($do eq 'anew' ? 0 : -1) ];
		my $to = $from + DataConnectJudge::BLOCK - 1;
		for my $case ($judge->ask($seed, $from, $to < $last ? $to : $last))
		{
			push @mismatches, $case;
			diag("$what, edition $edition, $do: " . $judge->explain($case)) if @mismatches <= SHOWN;
		}
		$dc->clear_log;
	}
	change_edition($dc, $edition, 0);
	my $summary = "seed $seed: " . $judge->summary;
	note($summary);
	is(scalar @mismatches, 0, "$what: every query has the rows of that moment") or diag($summary);
	cmp_ok($judge->{count}{compared}, '>', 0.9 * $judge->{count}{asked}, "$what: nearly all were compared")
	  or diag($summary)
	  if $judge->{count}{asked} >= 200;
	my $same = 'SELECT count(*) FROM far.exact';
	$judge->session->query("RESET ALL; SET dataconnect_fdw.max_age = '1h'; $same");
	$dc->clear_log;
	$judge->session->query($same);
	is(scalar @{ $dc->log }, 0, "$what: copies are read");
	return;
}

my $dc = DataConnectTest->new(conf => "shared_preload_libraries = 'dataconnect_fdw'\n");
random_queries('shared', $dc, 1, $number);
{
	my $alone = DataConnectTest->new;
	random_queries('of one session', $alone, $number + 1, $number + $number / 4);
}

# --- Against a model ---------------------------------------------------------

# Tables with other columns and another method, which share the copies of what they ask
# for. A step asks for some numbers, each of which is one request, with some max_age.
my @numbers = (0, 1, 2, 3, 5, 8, 40000);
my %copy;    # for each number that has one: edition, asked and answered (times)
my %what;    # what happened how often
my $edition = 0;
my @tables = qw(plain_get plain_post other);
my @ages = (-1, 0, 20, 200, 3_600_000);
my @sessions = map { $dc->session } 1 .. 3;
my %rows = map { $_ => local_rows($_) } 0 .. EDITIONS - 1;

# Lines "id|num" for each number in an edition.
sub local_rows
{
	my ($of) = @_;
	change_edition($dc, 0, $of);
	my %found = map { $_ => [] } @numbers;
	for my $line (split /\n/, $dc->sql('SELECT id, num FROM near.exact WHERE num IS NOT NULL'))
	{
		push @{ $found{ (split /\|/, $line)[1] } }, $line;
	}
	change_edition($dc, $of, 0);
	return \%found;
}

# What is true of the ages of a number's copy, whatever the clocks did meanwhile.
sub is_surely_older { my ($n, $ms, $begin) = @_; return ($begin - $copy{$n}{answered}) * 1000 > $ms }
sub is_surely_younger { my ($n, $ms, $end) = @_; return ($end - $copy{$n}{asked}) * 1000 < $ms }

sub step
{
	my ($table, $session, $age, $fails, @asked) = @_;
	my $limit = $age < 0 ? 300 : $age;    # the server's option
	$dc->clear_log;
	$dc->fault({ path => '/test/things', status => 503, count => 0 }) if $fails;
	my $begin = time;
	my $result = $session->attempt("SET dataconnect_fdw.max_age = $age;
		SELECT id, num FROM $table WHERE num IN (" . join(', ', @asked) . ')');
	my $end = time;
	$dc->clear_faults if $fails;
	my %sent;
	for my $entry (@{ $dc->log })
	{
		$sent{$1}++ if $entry->{Params} =~ /\bNum=(\d+)/;
	}

	return 'one that was not asked for' if grep { my $n = $_; !grep { $_ == $n } @asked } keys %sent;
	return 'one twice' if !$fails && grep { $_ > 1 } values %sent;
	if ($fails && grep { $sent{$_} && !$copy{$_} } @asked)
	{
		$what{failed}++;
		# Replies of the same statement that came meanwhile are all failures.
		return $result->{state} eq 'HV000' ? undef : "no error, but '$result->{state}'";
	}
	return "error $result->{err}" if $result->{state};
	my @expected;
	for my $n (@asked)
	{
		return "$n is missing" if !$sent{$n} && !$copy{$n};
		return sprintf '%s is too old: answered %.0f ms before, rows of it %s', $n, ($begin - $copy{$n}{answered}) * 1000, $result->{out}
		  if !$sent{$n} && is_surely_older($n, $limit, $begin);
		return "$n was sent, but is young" if $sent{$n} && $copy{$n} && is_surely_younger($n, $limit, $end);
		$what{ $sent{$n} ? $fails ? 'stale' : 'fetched' : 'hit' }++;
		$copy{$n} = { edition => $edition, asked => $begin, answered => $end } if $sent{$n} && !$fails;
		push @expected, @{ $rows{ $copy{$n}{edition} }{$n} };
	}
	my $stale = grep { $sent{$_} && $fails } @asked;
	my $warnings = () = $result->{err} =~ /WARNING/g;
	return "$warnings warnings of $stale" if $warnings != $stale;
	my $got = join "\n", sort split /\n/, $result->{out};
	return "rows\n$got\nnot\n" . join "\n", sort @expected if $got ne join "\n", sort @expected;
	return;
}

my $things = "SERVER model OPTIONS (endpoint '/test/things'";
$dc->make_server('model', params => 'Generation=0', max_age => '300ms', stale_if_error => '1h', max_retries => 0);
$dc->sql("CREATE FOREIGN TABLE plain_get (id integer OPTIONS (name 'Id'),
	num integer OPTIONS (name 'Num', param 'Num')) $things, method 'get')");
$dc->sql("CREATE FOREIGN TABLE plain_post (num bigint OPTIONS (name 'Num', param 'Num'),
	id integer OPTIONS (name 'Id')) $things, method 'post')");
$dc->sql("CREATE FOREIGN TABLE other (word text OPTIONS (name 'Word'), id text OPTIONS (name 'Id'),
	num numeric OPTIONS (name 'Num', param 'Num')) $things)");
srand($seed);
my @wrong;
for my $step (1 .. 600)
{
	my $kind = int rand 12;
	if ($kind == 0)
	{
		my $next = int rand EDITIONS;
		$dc->set(edition => $next);
		$edition = $next;
		next;
	}
	if ($kind == 1 && int rand 4 == 0)
	{
		# Now all requests are others, of which there are no copies.
		$dc->sql("ALTER SERVER model OPTIONS (SET params 'Generation=$step')");
		%copy = ();
		next;
	}
	my %asked = map { $numbers[ int rand @numbers ] => 1 } 1 .. 1 + int rand 3;
	my @step = ($tables[ int rand @tables ], $sessions[ int rand @sessions ], $ages[ int rand @ages ], int rand 8 == 0, sort keys %asked);
	my $wrong = step(@step);
	push @wrong, "step $step (" . join(', ', $step[0], @step[ 2 .. $#step ]) . ", edition $edition): $wrong" if $wrong;
	last if @wrong >= ENOUGH;
}
is(join("\n", @wrong), '', 'each request is answered as the model says');
note(join ', ', map { "$what{$_} $_" } sort keys %what);
cmp_ok($what{$_} || 0, '>', 5, "some: $_") for qw(hit fetched stale failed);

done_testing();
