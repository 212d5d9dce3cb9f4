# What replies teach: shared by sessions where the library is preloaded, else each
# session's own; also in sessions that may not write; and how far estimates over
# the sandbox's reports are off after a first use.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";

use DataConnectTest;
use JSON::PP ();
use Test::More;

my $dc = DataConnectTest->new;
$dc->make_server('dc');
$dc->make_rows_table('t', 'dc');
my $known = q{SELECT replies || ' ' || records FROM dataconnect_learned WHERE foreign_table = 't'::regclass};

# Each session for itself
my ($one, $other) = ($dc->session, $dc->session);
is($one->query('SELECT count(*) FROM t WHERE n = 40'), '40', 'a scan');
is($one->query($known), '1 40', 'its session has learned');
is($other->query($known), '', 'another has not');
$_->quit for $one, $other;

# All together, read-only ones as well
my $node = $dc->node;
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'dataconnect_fdw'");
$node->restart;
($one, $other) = ($dc->session, $dc->session);
$one->query('SET default_transaction_read_only = on');
is($one->query('SELECT count(*) FROM t WHERE n = 40'), '40', 'a scan that may not write');
is($other->query($known), '1 40', 'another session has learned');
like($other->query('EXPLAIN SELECT * FROM t WHERE n = 50'),
	qr/rows=40 .*Estimate Source: learned/s, 'and expects by it');
is($other->query(q{SELECT dataconnect_forget('t')}), '1', 'it forgets');
is($one->query($known), '', 'for all');

# Other databases' tables are others, whatever their numbers
$dc->sql('CREATE DATABASE copy TEMPLATE template0');
$node->safe_psql('copy', 'CREATE EXTENSION dataconnect_fdw');
$one->query('SELECT count(*) FROM t WHERE n = 40');
is($node->safe_psql('copy', 'SELECT count(*) FROM dataconnect_learned'), '0',
	'another database knows nothing of it');

# More tables than there is room for: the oldest give way
$one->query('SET default_transaction_read_only = off');
$one->query(
	q{CREATE FUNCTION teach(first integer, last integer) RETURNS void LANGUAGE plpgsql AS $$
	BEGIN
		FOR i IN first .. last LOOP
			EXECUTE format('CREATE FOREIGN TABLE many_%s (id integer OPTIONS (name ''Id'')) SERVER dc OPTIONS (endpoint ''/test/rows'', params ''Count=1'')', i);
			EXECUTE format('SELECT count(*) FROM many_%s', i);
		END LOOP;
	END $$});
$one->query('SELECT teach(1, 1100)');
is($other->query('SELECT count(*) FROM dataconnect_learned'), '1024', 'as many as there is room for');
is($other->query(q{SELECT count(*) FROM dataconnect_learned WHERE foreign_table IN ('t'::regclass, 'many_76'::regclass)}),
	'0', 'not the oldest');
is($other->query(q{SELECT count(*) FROM dataconnect_learned WHERE foreign_table IN ('many_77'::regclass, 'many_1100'::regclass)}),
	'2', 'but the newest');
$one->query('DROP FOREIGN TABLE many_1100');
is($other->query('SELECT count(*) FROM dataconnect_learned'), '1023', 'a table that is dropped is not shown');
$_->quit for $one, $other;
$node->restart;

# After a first use of each report, for a week, other periods and lists are
# estimated. The q-error is how many times too high or too low.
$dc->sql('CREATE SCHEMA r; IMPORT FOREIGN SCHEMA "all" FROM SERVER dc INTO r');
my $session = $dc->session;

# A condition for what a report requires, from a day on for so many days.
$session->query(
	q{CREATE FUNCTION condition("table" text, start date, days integer) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(format('%I = %L', column_name,
			CASE WHEN parameter LIKE '%StartDate' THEN start::text
				WHEN parameter LIKE '%StopDate' THEN (start + days)::text
				WHEN type = 'timestamptz' THEN start::text
				ELSE coalesce(nullif(example, ''), legal_values[1]) END), ' AND ')
	FROM dataconnect_parameters WHERE table_name = "table" AND required
	$$});
my @reports = split /\n/, $session->query(
	q{SELECT table_name FROM dataconnect_endpoints WHERE endpoint ILIKE '/reports/%' AND table_name IS NOT NULL ORDER BY 1});
cmp_ok(scalar @reports, '>', 50, 'there are reports');
my @lists = split /\n/, $session->query(
	q{SELECT table_name FROM dataconnect_endpoints WHERE endpoint ILIKE '/lists/%' AND table_name IS NOT NULL ORDER BY 1});

my @errors;

# Runs a scan, and notes how far the plan was off.
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

for my $table (@reports)
{
	my $first = $session->query("SELECT condition('$table', '2026-03-02', 7)");
	$session->query("SELECT count(*) FROM r.$table" . ($first ne '' ? " WHERE $first" : ''));
	for my $days (1, 28, 92, 365)
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
cmp_ok(scalar @errors, '>', 150, 'there are scans');
is_deeply([ grep { $_->{source} ne 'learned' } @errors ], [], 'all were estimated by what was learned');
cmp_ok(scalar @off, '<=', 0.1 * @errors, 'the q-error is at most 10 for 90 % of them');

done_testing();
