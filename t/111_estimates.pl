# After a first use of each of the sandbox's reports, estimates are close. The measure is
# the q-error: the factor by which an estimate is too high or too low.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";

use DataConnectTest;
use JSON::PP ();
use Test::More;

my $dc = DataConnectTest->new;
$dc->make_server('dc');
$dc->sql('CREATE SCHEMA r; IMPORT FOREIGN SCHEMA "all" FROM SERVER dc INTO r');
my $session = $dc->session;

# A condition on the columns that a report requires, for $days days.
$session->query(
	q{CREATE FUNCTION condition("table" text, start date, days integer) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(format('%I = %L', column_name,
			CASE WHEN parameter LIKE '%StartDate' THEN start::text
				WHEN parameter LIKE '%StopDate' THEN (start + days)::text
				WHEN type IN ('date', 'timestamp') THEN start::text
				ELSE coalesce(nullif(example, ''), legal_values[1]) END), ' AND ')
	FROM dataconnect_parameters WHERE table_name = "table" AND required
	$$});
my @reports = split /\n/, $session->query(
	q{SELECT table_name FROM dataconnect_endpoints WHERE endpoint ILIKE '/reports/%' AND table_name IS NOT NULL
		AND source = 'documented' ORDER BY 1});
cmp_ok(scalar @reports, '>', 50, 'there are reports');
my @lists = split /\n/, $session->query(
	q{SELECT table_name FROM dataconnect_endpoints WHERE endpoint ILIKE '/lists/%' AND table_name IS NOT NULL
		AND source = 'documented' ORDER BY 1});

my @errors;

# Runs a scan and adds its q-error.
sub compare
{
	my ($table, $condition) = @_;
	my $json = $session->query(
		"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) SELECT * FROM r.$table"
		  . ($condition ne '' ? " WHERE $condition" : ''));
	my $plan = JSON::PP->new->decode($json)->[0]{Plan};
	my ($expected, $actual) = map { $_ < 1 ? 1 : $_ } @{$plan}{ 'Plan Rows', 'Actual Rows' };
	push @errors,
	  {
		table => $table, condition => $condition, expected => $expected, actual => $actual,
		q => $expected > $actual ? $expected / $actual : $actual / $expected,
		source => $plan->{'Estimate Source'}
	  };
	return;
}

# The first use requests a week.
for my $table (@reports)
{
	my $first = $session->query("SELECT condition('$table', '2026-03-02', 7)");
	$session->query("SELECT count(*) FROM r.$table" . ($first ne '' ? " WHERE $first" : ''));
	for my $days (1, 90)
	{
		my $condition = $session->query("SELECT condition('$table', '2025-06-02', $days)");
		compare($table, $condition);
		last if $condition !~ /_date/;
	}
}
for my $table (@lists)
{
	my $condition = $session->query("SELECT condition('$table', '2026-03-02', 7)");
	$session->query("SELECT count(*) FROM r.$table" . ($condition ne '' ? " WHERE $condition" : ''));
	compare($table, $condition);
}
my @stores = map { join ',', 1 .. $_ } 1, 5, 20;
my $week = $session->query(q{SELECT condition('sales_by_invoice_report', '2026-03-02', 28)})
  . " AND location_type = 'Store'";
$session->query("SELECT count(*) FROM r.sales_by_invoice_report WHERE $week AND location_type_ids IN (1,2)");
compare('sales_by_invoice_report', "$week AND location_type_ids IN ($_)") for @stores;

my @off = grep { $_->{q} > 10 } @errors;
my @sorted = sort { $a <=> $b } map { $_->{q} } @errors;
note(sprintf '%d scans, q-error: median %.2f, 90 %% %.2f, greatest %.2f', scalar @sorted,
	$sorted[ @sorted / 2 ], $sorted[ 0.9 * @sorted ], $sorted[-1]);
note("$_->{table} $_->{condition}: $_->{expected} for $_->{actual}") for @off;
cmp_ok(scalar @errors, '>', 120, 'there are scans');
is_deeply([ grep { $_->{source} ne 'learned' } @errors ], [], 'all were estimated by what was learned');
cmp_ok(scalar @off, '<=', 0.1 * @errors, 'the q-error is at most 10 for 90 % of them');

done_testing();
