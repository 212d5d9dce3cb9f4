# Queries by chance have the same rows over foreign tables as over local ones.
# A fixed seed and number here; for other ones, see CONTRIBUTING.md:
# DATACONNECT_SEED, DATACONNECT_QUERIES (N, or N-M), DATACONNECT_SECONDS.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";

use DataConnectJudge;
use DataConnectQueries;
use DataConnectTest;
use Test::More;
use Time::HiRes qw(time);

# Nine messages of ten would say the same.
use constant SHOWN => $ENV{DATACONNECT_SHOWN} || 5;

my $dc = DataConnectTest->new;
my $queries = DataConnectQueries->new(url => $dc->url, options => options());
my $seed = $ENV{DATACONNECT_SEED} || 1;
my ($first, $last) = ($ENV{DATACONNECT_QUERIES} || '3000') =~ /^(\d+)(?:-(\d+))?$/
  or die "DATACONNECT_QUERIES is N or N-M\n";
($first, $last) = (1, $first) unless defined $last;
my $end = $ENV{DATACONNECT_SECONDS} ? time + $ENV{DATACONNECT_SECONDS} : undef;

# What the server's options may be, where there are such.
sub options
{
	my %choices = (max_concurrency => [ 1, 2, 4, 7 ], batch_size => [ 1, 2, 50 ]);
	my %known = map { $_ => 1 } split /\n/,
	  $dc->sql("SELECT name FROM dataconnect_options() WHERE context = 'server'");
	return { map { $_ => $choices{$_} } grep { $known{$_} } keys %choices };
}

sub records
{
	my ($status, $reply) = $dc->_request('GET', $dc->url . '/test/things?Auth=sandbox-token&Response=Json');
	die "records: $status $reply\n" unless $status == 200;
	return $reply;
}

my $session = $dc->session;
$session->query($queries->setup_sql(records()) . $queries->options_sql);
is($session->query('SELECT count(*) FROM near.records'), 64, 'there is something to compare');

my $judge = DataConnectJudge->new($dc, $queries);
my @mismatches;
my $requests = 0;
my $begun = time;
for (my $number = $first; $end ? time < $end : $number <= $last; $number += DataConnectJudge::BLOCK)
{
	my $to = $number + DataConnectJudge::BLOCK - 1;
	my @some = $judge->ask($seed, $number, $end || $to < $last ? $to : $last);
	for my $case (@some)
	{
		push @mismatches, $case;
		diag($judge->explain($case)) if @mismatches <= SHOWN;
	}
	note(sprintf '%d s: %s', time - $begun, join ', ', map { "$judge->{count}{$_} $_" } sort keys %{ $judge->{count} })
	  if $number % 200 < DataConnectJudge::BLOCK;
	last if @mismatches >= 20;
	$requests += @{ $dc->log } if $ENV{DEBUGQ};
	$dc->clear_log;
}
my $count = $judge->{count};
my $summary = sprintf 'seed %s: %s in %d s', $seed, join(', ', map { "$count->{$_} $_" } sort keys %$count), time - $begun;
note($summary);
note("requests $requests");
for my $case ($ENV{DEBUGQ} ? (@{ $judge->{invalid} || [] }, @{ $judge->{refused} || [] }) : ())
{
	$judge->_run($case->{settings}, $case->{query}); 
	note("$case->{far}{state} $case->{near}{state} " . join("; ", $queries->statements($case->{query}, 'far')) . "\n" . join "\n", grep { /ERROR|DETAIL/ && !/25P01|26000|34000/ } split /\n/, $judge->{messages});
}
is(scalar @mismatches, 0, 'every query has the same rows') or diag($summary);

# It was worth it.
if ($count->{asked} >= 500)
{
	cmp_ok($count->{compared}, '>', 0.9 * $count->{asked}, 'nearly all were compared') or diag($summary);
	cmp_ok($count->{with_rows}, '>', 0.5 * $count->{asked}, 'most had rows') or diag($summary);
	cmp_ok($count->{invalid}, '<', 0.02 * $count->{asked}, 'nearly all could be asked at all') or diag($summary);
}

done_testing();
