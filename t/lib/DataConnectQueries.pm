# Random queries that run twice: over foreign tables of the sandbox's /test/things, and
# over local tables with the same records.
#
#	my $queries = DataConnectQueries->new(url => $dc->url, options => { … });
#	$queries->setup_sql($records);        # schemas far, near and public
#	$queries->near_sql($records);         # only near
#	$queries->settings($seed, $block);    # statements that set the scene
#	my $query = $queries->query($seed, $number);
#	$queries->statements($query, 'far');  # … and 'near'
#
# Seed and number determine everything. A query is a template:
#	@name@, @name/variant@   a table, of schema far or near; in near perhaps a variant
#	                         (see below)
#	<[ … ]>                  a condition, which can be left out (see reduced)
#	<{type|value|other}>     a value, or a parameter of a prepared statement
#
# A near table has each record once for each value of a parameter column with which the
# service returns it, and once with NULL, for a request without that parameter. If a query
# does not compare a parameter column, it reads the variant of the table that has only the
# rows with NULL there.
package DataConnectQueries;

use strict;
use warnings FATAL => 'all';

use DataConnectShapes;
use List::Util qw(shuffle);

our @ISA = qw(DataConnectShapes);

# For each type the family of types that it can be compared with.
my %family = (
	integer => 'number', bigint => 'number', smallint => 'number',
	numeric => 'number', 'numeric(19,4)' => 'number',
	'double precision' => 'number',
	text => 'text', 'varchar(20)' => 'text', 'char(8)' => 'text',
	boolean => 'boolean', uuid => 'uuid',
	date => 'time', timestamp => 'time', 'timestamp(0)' => 'time',
	timestamptz => 'time');

my %zone = (utc => 'UTC', west => 'America/Los_Angeles',
	havana => 'America/Havana', east => 'Asia/Kathmandu');

my $window = "param_from 'From', param_to 'To'";
my $id = [ id => 'integer', 'Id' ];
my $group = [ group_id => 'integer', 'GroupID' ];

# The foreign tables. A column is [name, type, key, options]. A key after a ? belongs to a
# parameter column: the service compares the parameter with it. must names a column that
# each query has to restrict.
my %table = (
	plain => { server => 'utc', options => "params 'Wide=True'", columns => [
			$id,
			[ num => 'integer', 'Num', "param 'Num'" ],
			[ word => 'text', 'Word', "param 'Word'" ],
			[ amount => 'numeric(19,4)', 'Amount', "param 'Amount'" ],
			[ flag => 'boolean', 'Flag', "param 'Flag'" ],
			[ key => 'uuid', 'Key', "param 'Key'" ],
			[ day => 'date', 'Day', "param 'Day'" ],
			[ at => 'timestamp', 'At', $window ] ] },
	many => { server => 'west', options => "params 'Zone=America/Los_Angeles'",
		columns => [
			$id,
			[ num => 'bigint', 'Num', "param 'Nums', list 'true'" ],
			[ word => 'text', 'Word', "param 'Words', list 'true'" ],
			[ key => 'uuid', 'Key', "param 'Keys', list 'true'" ],
			[ flag => 'boolean', 'Flag' ],
			[ day => 'date', 'Day', "param 'Day'" ],
			[ at => 'timestamptz', 'At', $window ] ] },
	exact => { server => 'utc',
		options => "window_round 'none', params 'DatePercision=True'",
		columns => [
			$id,
			[ num => 'numeric', 'Num', "param 'Num'" ],
			[ amount => 'double precision', 'Amount', "param 'Amount'" ],
			[ word => 'varchar(20)', 'Word', "param 'Word'" ],
			[ at => 'timestamp', 'At', $window ] ] },
	east => { server => 'east', options =>
		  "window_round 'none', params 'DatePercision=True&Zone=Asia/Kathmandu'",
		columns => [
			$id,
			[ num => 'integer', 'Num', "param 'Nums', list 'true'" ],
			[ at => 'timestamptz', 'At', $window ],
			[ word => 'text', 'Word' ] ] },
	days => { server => 'havana',
		options => "params 'LastDay=Excluded&Wide=True&Zone=America/Havana'",
		columns => [
			[ at => 'date', 'At', $window ],
			[ num => 'bigint', 'Num', "param 'Num'" ],
			$id,
			[ key => 'text', 'Key', "param 'Key'" ],
			$group ] },
	moments => { server => 'utc', options => '', columns => [
			[ at => 'timestamp', 'At', "param 'Moment'" ],
			$id,
			[ num => 'integer', 'Num' ] ] },
	wide => { server => 'utc', options => "params 'Wide=True'", columns => [
			$id,
			[ num => 'integer', 'Num', "param 'Num'" ],
			[ word => 'char(8)', 'Word', "param 'Word'" ],
			[ key => 'uuid', 'Key', "param 'Keys', list 'true'" ],
			[ at => 'timestamp(0)', 'At', $window ] ] },
	halves => { server => 'west', must => 'at',
		options => "split 'at', params 'Limit=28&Zone=America/Los_Angeles'",
		columns => [
			$id,
			[ num => 'integer', 'Num', "param 'Num'" ],
			[ at => 'timestamptz', 'At', $window ],
			[ flag => 'boolean', 'Flag', "param 'Flag'" ] ] },
	seconds => { server => 'utc', must => 'at', options =>
		  "split 'at', window_round 'none', params 'Limit=24&DatePercision=True'",
		columns => [
			[ num => 'integer', 'Num', "param 'Num'" ],
			[ at => 'timestamp', 'At', $window ],
			$id ] },
	lists => { server => 'utc', must => 'num',
		options => "split 'num', params 'Limit=26'",
		columns => [
			[ num => 'bigint', 'Num', "param 'Nums', list 'true'" ],
			$id,
			[ at => 'timestamp', 'At', $window ] ] },
	needs => { server => 'utc', must => 'at',
		options => "open_from '1990-01-01', open_to '2027-01-01'",
		columns => [
			$id,
			[ at => 'timestamp', 'At', "$window, required 'true'" ],
			[ word => 'text', 'Word', "param 'Word'" ] ] },
	params => { server => 'utc', options => '', columns => [
			$id,
			[ p => 'integer', '?GroupID', "param 'Group'" ],
			[ label => 'text', '?Label', "param 'Label'" ],
			[ at => 'timestamp', 'At', $window ],
			$group ] },
	listed => { server => 'utc', options => '', columns => [
			[ p => 'bigint', '?GroupID', "param 'Groups', list 'true'" ],
			$id,
			[ num => 'integer', 'Num', "param 'Num'" ] ] },
	needed => { server => 'west', options => '', columns => [
			$id,
			[ p => 'integer', '?GroupID', "param 'Group', required 'true'" ],
			$group ] },
	preset => { server => 'utc', options => '', columns => [
			$id,
			[ p => 'integer', '?GroupID', "param 'Group', default '2'" ],
			[ num => 'integer', 'Num', "param 'Nums', list 'true'" ] ] },
	# Partitioned tables.
	parts => { server => 'utc', partitions => 'LIST (num)', of => {
			parts_few => 'FOR VALUES IN (1, 2)',
			parts_null => 'FOR VALUES IN (0, NULL)',
			parts_rest => 'DEFAULT' },
		options => '', columns => [
			$id,
			[ num => 'integer', 'Num', "param 'Num'" ],
			[ word => 'text', 'Word', "param 'Word'" ],
			[ at => 'timestamp', 'At', $window ] ] },
	ranges => { server => 'utc', partitions => 'RANGE (at)', of => {
			ranges_old => "FOR VALUES FROM (MINVALUE) TO ('2026-02-01')",
			ranges_new => "FOR VALUES FROM ('2026-02-01') TO ('2026-03-08 01:00')",
			ranges_rest => 'DEFAULT' },
		options => '', columns => [
			[ at => 'timestamp', 'At', $window ],
			[ num => 'integer', 'Num', "param 'Nums', list 'true'" ],
			$id ] },
	by_group => { server => 'utc', partitions => 'LIST (p)', of => {
			by_group_one => 'FOR VALUES IN (1)',
			by_group_rest => 'FOR VALUES IN (2, 3, 4, 5, 6)' },
		options => '', bounded => 1, columns => [
			$id,
			[ p => 'integer', '?GroupID', "param 'Group'" ],
			[ word => 'text', 'Word', "param 'Word'" ] ] },
	both => { server => 'utc', view =>
		  'SELECT id, num, word, at FROM SCHEMA.plain UNION ALL SELECT -id, num::integer, word, at FROM SCHEMA.exact',
		columns => [ $id, [ num => 'integer' ], [ word => 'text' ],
			[ at => 'timestamp' ] ] },
	sums => { server => 'utc', view =>
		  'SELECT num, flag, count(*)::integer AS id, max(at) AS at FROM SCHEMA.plain GROUP BY num, flag',
		columns => [ [ num => 'integer' ], [ flag => 'boolean' ],
			[ id => 'integer' ], [ at => 'timestamp' ] ] });

# Local tables, which both schemas use; small, so that few requests are sent.
my %local = (
	stores => [ [ id => 'integer' ], [ n => 'integer' ], [ m => 'bigint' ],
		[ w => 'text' ], [ a => 'numeric' ], [ f => 'boolean' ],
		[ k => 'uuid' ] ],
	periods => [ [ id => 'integer' ], [ since => 'timestamptz' ],
		[ until => 'timestamptz' ], [ first => 'timestamp' ],
		[ last => 'date' ] ],
	visits => [ [ id => 'integer' ], [ n => 'integer' ], [ w => 'text' ] ]);

# options: server options and the values among which each block of queries chooses;
# more_settings: SET commands for each block; copies => 1: a query may be answered
# without a request, so repeated ones need not send the same.
sub new
{
	my ($class, %option) = @_;
	return bless { options => {}, shapes => [ DataConnectShapes::shapes() ], %option }, $class;
}

# A table's parameter columns, which show the value that was sent.
sub sent_order
{
	my ($self, $name) = @_;
	return if $table{$name}{bounded};
	return map { $_->[0] } grep { ($_->[2] || '') =~ /^\?/ } @{ $table{$name}{columns} };
}

sub sent_columns
{
	my ($self, $name) = @_;
	return map { $_ => 1 } $self->sent_order($name);
}

# --- The tables ------------------------------------------------------------

# SQL that creates all tables. The near tables get $records, the reply to /test/things as
# JSON text.
sub setup_sql
{
	my ($self, $records) = @_;
	my @sql = ('CREATE SCHEMA far');

	for my $server (sort keys %zone)
	{
		push @sql,
		  "CREATE SERVER $server FOREIGN DATA WRAPPER dataconnect_fdw"
		  . " OPTIONS (url '$self->{url}', timezone '$zone{$server}'"
		  . join('', map { ", $_ '$self->{options}{$_}[0]'" } sort keys %{ $self->{options} }) . ')',
		  "CREATE USER MAPPING FOR CURRENT_USER SERVER $server OPTIONS (token 'sandbox-token')";
	}
	push @sql, map { $table{$_}{view} ? _view_sql($_, 'far') : _far_sql($_, $table{$_}) } _names();
	push @sql, $self->near_sql($records);
	push @sql, split /;\s*\n/, <<'END';
CREATE TABLE stores (id integer, n integer, m bigint, w text, a numeric, f boolean, k uuid);
INSERT INTO stores VALUES
	(1, 1, 2, 'alpha', 1.5, true, 'a1111111-2222-3333-4444-555555555550'),
	(2, 3, 3, 'ALPHA', 0, false, 'b1111111-2222-3333-4444-555555555551'),
	(3, 3, 40000, 'null', -2.250, NULL, NULL), (4, 2, 5000000000, '', NULL, true, 'c1111111-2222-3333-4444-555555555552'),
	(5, NULL, NULL, NULL, 'NaN', false, 'a1111111-2222-3333-4444-555555555550'), (6, 9, 1, 'gamma', 100.00, NULL, NULL);
CREATE TABLE periods (id integer, since timestamptz, until timestamptz, first timestamp, last date);
INSERT INTO periods VALUES (1, '2026-01-01 00:00Z', '2026-01-20 03:00Z', '2026-01-15 12:30:00.12', '2026-02-01'),
	(3, '2026-03-08 10:00Z', '2026-03-29 01:00Z', '2026-03-08 02:30', '2026-03-08'),
	(3, NULL, '2026-03-01 08:00Z', '2026-02-01', NULL), (2, '-infinity', '2026-11-01 08:30Z', '2026-11-01 01:30', 'infinity');
CREATE TABLE visits AS SELECT i AS id, (ARRAY[1, 2, NULL, 3, 5, 2, 0, 40000, 6])[i % 9 + 1] AS n,
	(ARRAY['beta', 'it''s', 'a,b', 'red', 'Blue', NULL, 'gamma  '])[i % 7 + 1] AS w FROM generate_series(1, 20) i;
CREATE TABLE scratch AS SELECT id, n, w FROM stores;
CREATE INDEX ON visits (n);
ANALYZE;
END
	return join ";\n", @sql, '';
}

# A list of statements that create schema near.
sub near_sql
{
	my ($self, $records) = @_;
	return ('CREATE SCHEMA near',
		'CREATE TABLE near.records AS SELECT value AS r FROM json_array_elements($json$' . $records . '$json$)',
		map { $table{$_}{view} ? _view_sql($_, 'near') : _near_sql($_, $table{$_}) } _names());
}

# The tables, and then the views over them.
sub _names
{
	return sort { !!$table{$a}{view} <=> !!$table{$b}{view} || $a cmp $b } keys %table;
}

sub _view_sql
{
	my ($name, $schema) = @_;
	return "CREATE VIEW $schema.$name AS " . $table{$name}{view} =~ s/SCHEMA/$schema/gr;
}

sub _far_sql
{
	my ($name, $table) = @_;
	my @columns = map {
		my ($column, $type, $key, $options) = @$_;
		"$column $type OPTIONS ("
		  . join(', ', ($key =~ /^\?/ ? () : "name '$key'"), $options || ()) . ')'
	} @{ $table->{columns} };
	my $options = join ', ', "endpoint '/test/things'", "rows '1000'", $table->{options} || ();
	my $rest = "SERVER $table->{server} OPTIONS ($options)";

	return "CREATE FOREIGN TABLE far.$name (" . join(', ', @columns) . ") $rest"
	  unless $table->{of};

	# The columns' options belong to each partition.
	my @sql = "CREATE TABLE far.$name (" . join(', ', map { "$_->[0] $_->[1]" } @{ $table->{columns} })
	  . ") PARTITION BY $table->{partitions}";
	for my $part (sort keys %{ $table->{of} })
	{
		my $gone = "gone_$part text";

		# Each partition has its columns in other places.
		push @columns, shift @columns;
		push @sql, "CREATE FOREIGN TABLE far.$part (" . join(', ', $columns[0], $gone, @columns[1 .. $#columns]) . ") $rest",
		  "ALTER FOREIGN TABLE far.$part DROP gone_$part",
		  "ALTER TABLE far.$name ATTACH PARTITION far.$part $table->{of}{$part}";
	}
	return @sql;
}

sub _near_sql
{
	my ($name, $table) = @_;
	my @columns;
	my $from = 'near.records';
	my @sent = grep { $_->[2] =~ /^\?/ } @{ $table->{columns} };

	for my $column (@{ $table->{columns} })
	{
		my ($attname, $type, $key) = @$column;
		my $text = "(r->>'" . ($key =~ s/^\?//r) . "')";
		my $value =
		    $type eq 'timestamptz' ? "$text\::timestamp AT TIME ZONE '$zone{$table->{server}}'"
		  : $type eq 'date' ? "$text\::timestamp::date"
		  : "$text\::$type";
		if ($key =~ /^\?/)
		{
			# The value with which the service returns the row, or none; '' is not sent.
			my $none = $type eq 'text' ? "(NULL), ('')" : '(NULL)';
			$from .= ", LATERAL (SELECT DISTINCT * FROM (VALUES ($value), $none) v) \"$attname\" (\"$attname\")";
			push @columns, $attname;
		}
		else
		{
			push @columns, "$value AS $attname";
		}
	}
	my @sql = "CREATE TABLE near.$name AS SELECT " . join(', ', @columns) . " FROM $from";
	if ($table->{bounded})
	{
		$sql[0] .= ' WHERE ' . join ' AND ', map { "$_->[0] IS NOT NULL" } @sent;
		@sent = ();
	}

	# Variants by the columns that a query compares; the others are not sent.
	for my $set (0 .. 2**@sent - 2)
	{
		my @unsent = grep { !($set & 1 << $_) } 0 .. $#sent;
		my $compared = join '_', map { $sent[$_][0] } grep { $set & 1 << $_ } 0 .. $#sent;
		push @sql, "CREATE VIEW near.${name}_" . ($compared || 'none') . " AS SELECT * FROM near.$name WHERE "
		  . join ' AND ', map {
			my ($default) = ($sent[$_][3] || '') =~ /default '(\w+)'/;
			$sent[$_][0] . ($default ? " = $default" : ' IS NULL')
		  } @unsent;
	}

	# Variants with the rows for which only one of the columns is sent.
	for my $one (@sent)
	{
		push @sql, "CREATE VIEW near.${name}_sent_$one->[0] AS SELECT * FROM near.$name WHERE "
		  . join ' AND ', map { "$_->[0] IS " . ($_ == $one ? 'NOT NULL' : 'NULL') } @sent;
	}
	return @sql;
}

# --- Chance ----------------------------------------------------------------

sub pick { return $_[ int rand @_ ] }
sub chance { return rand() < $_[0] }

# SQL that varies options and settings for some queries. Options that the installed
# extension does not have are left alone.
sub settings
{
	my ($self, $seed, $block) = @_;
	srand($seed * 7919 + $block * 31 + 1);
	my @sql = ('RESET ALL', q{SET client_min_messages = warning}, q{SET statement_timeout = '20s'});

	if (chance(0.75))
	{
		push @sql, map { "SET $_ = " . (chance(0.4) ? 'on' : 'off') }
		  grep { chance(0.5) } qw(enable_nestloop enable_hashjoin enable_mergejoin enable_material enable_memoize
		  enable_sort enable_hashagg enable_incremental_sort enable_partition_pruning enable_partitionwise_join
		  enable_partitionwise_aggregate enable_async_append enable_seqscan enable_indexscan enable_bitmapscan
		  enable_gathermerge geqo);
	}
	push @sql, @{ $self->{more_settings} || [] };
	push @sql, 'SET jit = off', 'SET timezone = ' . pick(map { "'$_'" } qw(UTC UTC America/Los_Angeles America/St_Johns Pacific/Auckland America/Havana Europe/Berlin));
	push @sql, 'SET datestyle = ' . pick(q{'ISO, MDY'}, q{'ISO, DMY'}, q{'SQL, DMY'}, q{'German'}, q{'Postgres, YMD'})
	  if chance(0.4);
	push @sql, 'SET join_collapse_limit = 1' if chance(0.1);
	push @sql, 'SET from_collapse_limit = 1' if chance(0.1);
	push @sql, 'SET work_mem = 64' if chance(0.15);
	push @sql, 'SET cursor_tuple_fraction = ' . pick(0.01, 1) if chance(0.3);
	push @sql, 'SET transform_null_equals = on' if chance(0.03);
	push @sql, 'SET constraint_exclusion = ' . pick(qw(on off)) if chance(0.1);
	push @sql, 'SET extra_float_digits = 0' if chance(0.1);
	push @sql, 'SET IntervalStyle = sql_standard' if chance(0.1);
	my $rows = pick(1, 60, 1000, 1_000_000, 1_000_000);
	for my $name (grep { !$table{$_}{view} } sort keys %table)
	{
		push @sql, map { "ALTER FOREIGN TABLE far.$_ OPTIONS (SET rows '" . (chance(0.7) ? $rows : pick(1, 100, 1_000_000)) . "')" }
		  $table{$name}{of} ? sort keys %{ $table{$name}{of} } : $name;
	}
	for my $server (sort keys %zone)
	{
		push @sql, map { "ALTER SERVER $server OPTIONS (SET $_ '" . pick(@{ $self->{options}{$_} }) . "')" }
		  sort keys %{ $self->{options} };
	}
	return @sql;
}

# --- Values ----------------------------------------------------------------

my %type_of = (number => 'integer', text => 'text', boolean => 'boolean', uuid => 'uuid', time => 'timestamp');

sub _constant
{
	my ($self, $family) = @_;

	return pick(qw(0 1 1 2 2 3 3 5 8 9 -1 40000 70000 3000000000 1.5 1.50 -2.25 0.0001 3.0 100)) if $family eq 'number';
	return pick(map { s/'/''/gr } 'alpha', 'ALPHA', 'beta', 'beta', q{it's}, '', 'null', 'gamma', 'gamma  ', 'a,b', 'ünï', '%', 'red', 'green', 'Blue', 'BLUE', 'red or green', 'none', 'a1111111-2222-3333-4444-555555555550')
	  if $family eq 'text';
	return pick(qw(true false)) if $family eq 'boolean';
	return pick('a1111111-2222-3333-4444-555555555550', 'B1111111-2222-3333-4444-555555555551', 'D1111111-2222-3333-4444-555555555553', '00000000-0000-0000-0000-000000000000')
	  if $family eq 'uuid';
	return $self->_moment;
}

# A time at a record's time or near one, or at the start of its hour or day.
sub _moment
{
	my $day = pick('2026-01-01', '2026-01-01', '2026-01-02', '2026-01-15', '2026-01-31', '2026-02-01', '2026-02-28',
		'2026-03-01', '2026-03-07', '2026-03-08', '2026-03-08', '2026-03-08', '2026-03-09', '2026-03-29', '2026-04-01', '2026-06-30',
		'2026-10-31', '2026-11-01', '2026-11-01', '2026-11-02', '1999-12-31', '2000-01-01', '2025-12-31');
	return $day if chance(0.35);
	return "$day " . pick('00:00:00', '00:00:00.003', '00:30:00', '01:00:00', '01:30:00', '02:00:00', '02:30:00', '03:00:00', '06:59:59.999999',
		'12:00:00', '12:30:00.12', '18:15:00', '23:59:59.997', '23:59:59.9975', '23:59:59.999999', '08:00:00');
}

my %spellings = (
	number => [ '%', '%', '%', '%', q{'%'}, '%::bigint', '%::numeric', '(SELECT %)', 'abs(%)', '(% + 0)', '(0 + %::numeric)', '%', '(SELECT %::bigint)', 'NULL', '(SELECT NULL::integer)', '%::double precision' ],
	text => [ q{'%'}, q{'%'}, q{'%'}, q{'%'::varchar}, q{'%'::char(8)}, q{(SELECT text '%')}, q{concat('%')}, q{'%'::name}, q{('%' COLLATE "C")}, 'NULL', q{lower('%')} ],
	boolean => [ '%', '%', '(SELECT %)', 'NULL', '((1 = 2) = %)' ],
	uuid => [ q{'%'}, q{'%'}, q{uuid '%'}, q{(SELECT uuid '%')}, 'NULL::uuid', q{upper('%')::uuid} ],
	time => [ q{timestamp '%'}, q{timestamp '%'}, q{timestamptz '%'}, q{date '%'}, q{'%'}, q{(SELECT timestamp '%')}, q{(SELECT timestamptz '%')},
		q{(timestamp '%' + interval '1 day')}, q{(date '%' - 1)}, q{(timestamptz '%' AT TIME ZONE 'America/Los_Angeles')}, q{timestamptz '% UTC'},
		q{timestamp 'infinity'}, q{timestamptz '-infinity'}, q{timestamp '0044-03-15 BC'}, q{date '20000-01-01'}, 'NULL::timestamp', q{date_trunc('month', timestamp '%')} ]);
my %parameter_types = (
	number => [qw(integer integer bigint numeric)],
	text => [qw(text text varchar)],
	boolean => ['boolean'],
	uuid => ['uuid'],
	time => [qw(timestamp timestamptz date)]);

sub _fit
{
	my ($self, $family, $type) = @_;
	for (1 .. 20)
	{
		my $value = $self->_constant($family);
		next if $type =~ /^(integer|bigint)$/ && $value =~ /\./;
		next if $type eq 'integer' && abs($value) > 2_000_000_000;
		return "'$value'";
	}
	return "'1'";
}

# A value of a family of types that is known before the scan.
sub _value
{
	my ($self, $family) = @_;

	if (chance(0.2))
	{
		my $type = pick(@{ $parameter_types{$family} });
		return "<{$type|" . join('|', map { chance(0.12) ? 'NULL' : $self->_fit($family, $type) } 1 .. 2) . '}>';
	}
	my $spelling = pick(@{ $spellings{$family} });
	my $value = $self->_constant($family);
	$value = 'B1111111-2222-3333-4444-555555555551' if $spelling =~ /^upper/;
	$spelling = '%' if $family eq 'number' && ($value =~ /\./ || $value > 2_000_000_000) && $spelling eq q{'%'};
	return $spelling =~ s/%/$value/r if $value !~ /^-/ || $spelling =~ /'%'/;
	return $spelling =~ s/%/($value)/r;
}

# An array of such values. All values of an untyped literal have the same type.
sub _array
{
	my ($self, $family) = @_;
	my $type = pick(@{ $parameter_types{$family} });
	my @values = map { chance(0.1) ? 'NULL' : $self->_fit($family, $type) } 1 .. pick(0, 1, 2, 2, 3, 3, 5);

	push @values, @values[ 0 .. 0 ] if @values && chance(0.2);
	if (chance(0.25))
	{
		my $literal = join ',', map { my $v = $_; $v =~ s/^'|'$//g; $v =~ s/''/'/g; $v =~ s/(["\\])/\\$1/g; $_ eq 'NULL' ? $_ : "\"$v\"" } @values;
		$literal =~ s/'/''/g;
		return "<{$type\[]|'{$literal}'|" . pick('NULL', "'{}'", "'{" . ($literal ne '' ? (split /,(?=")/, $literal)[0] : '') . "}'") . '}>';
	}
	return 'ARRAY[' . join(', ', @values) . "]::$type\[]";
}

# Conditions that restrict a column to a range of time.
sub _period
{
	my ($self, $column) = @_;
	my ($from, $to) = sort map { $self->_moment } 1 .. 2;
	return "$column BETWEEN " . "timestamp '$from' AND timestamp '$to'" if chance(0.3);
	my $type = pick(qw(timestamp timestamptz date));
	return "$column " . pick('>=', '>') . " $type '$from' AND $type '$to' " . pick('>', '>=') . " $column" if chance(0.5);
	return "$column >= <{$type|'$from'|'$to'}> AND $column < <{$type|'$to'|'2027-01-01'}>";
}

# --- Tables in a query -----------------------------------------------------

# Uses a table once more: an entry of a scope, with name, alias, columns ([name, family,
# type], …) for conditions, all (columns for the output), and musts (columns that have to
# be restricted).
sub _relation
{
	my ($self, %want) = @_;
	my $alias = 't' . ++$self->{aliases};

	if ($want{local} || !$want{far} && !$want{name} && chance(0.25))
	{
		my $name = pick(qw(stores stores periods visits));
		my @columns = map { [ $_->[0], $family{ $_->[1] }, $_->[1] ] } @{ $local{$name} };
		return { name => $name, text => $name, alias => $alias, columns => \@columns, all => \@columns, musts => [], local => 1 };
	}
	my $name = $want{name} || pick(sort keys %table);
	my $table = $table{$name};
	my %relation = (name => $name, alias => $alias, columns => [], all => [], musts => [],
		constant => scalar(($table->{options} || '') =~ /Limit=/));
	my @compared;
	my @sent = grep { ($_->[2] || '') =~ /^\?/ } @{ $table->{columns} };

	$self->{uses}{$name}++;
	for my $column (@{ $table->{columns} })
	{
		my ($attname, $type, $key, $options) = @$column;
		my $one = [ $attname, $family{$type}, $type ];
		push @{ $relation{all} }, $one;
		if (($key || '') =~ /^\?/ && !$table->{bounded})
		{
			next unless $want{all} || chance(0.75) || ($options || '') =~ /required/;
			push @compared, $attname;
			push @{ $relation{musts} }, $one;
		}
		push @{ $relation{columns} }, $one;
		push @{ $relation{musts} }, $one if ($table->{must} || '') eq $attname;
	}
	$relation{text} = "\@$name"
	  . (@compared < @sent && !$table->{bounded} ? '/' . (join('_', @compared) || 'none') : '') . '@';
	$relation{text} = "\@$name/$want{variant}\@" if $want{variant};
	if (@{ $relation{musts} } && $name eq 'preset' && !$want{bare})
	{
		# Without a value the default would be sent, and the rows would differ.
		my $where = $self->_binding({ alias => 'd', constant => 1 }, 'p', 'number');
		$relation{text} = "(SELECT * FROM $relation{text} d WHERE $where)";
		$relation{musts} = [];
	}
	return \%relation;
}

# The conditions that a relation needs, perhaps with columns of other relations.
sub _must
{
	my ($self, $relation, @others) = @_;
	@others = () if $relation->{constant};
	return map { $self->_binding($relation, @$_[ 0, 1 ], @others) } @{ $relation->{musts} };
}

sub _binding
{
	my ($self, $relation, $attname, $family, @others) = @_;
	my $column = "$relation->{alias}.$attname";

	return $self->_period($column) if $family eq 'time';
	if (@others && chance(0.6))
	{
		my @fitting = map { my $r = $_; map { "$r->{alias}.$_->[0]" } grep { $_->[1] eq $family && ($_->[2] || '') =~ /^(|integer|bigint|text|varchar.*)$/ } @{ $r->{columns} } } @others;
		return pick("$column = " . pick(@fitting), pick(@fitting) . " = $column", "$column IN (" . join(', ', pick(@fitting), pick(@fitting)) . ')')
		  if @fitting;
	}
	my $type = $family eq 'number' ? pick(qw(integer integer bigint)) : 'text';
	my @values = map { $family eq 'number' ? pick(1, 2, 2, 4, 5, 5, 7) : pick(map { "'$_'" } 'red', 'green', 'Blue', 'red or green', 'black', 'none') } 1 .. 3;
	my $subquery = $family eq 'number' ? pick('SELECT n FROM stores', 'SELECT id FROM periods', 'SELECT id FROM stores WHERE f') : q{SELECT w FROM visits WHERE n = 3};

	return pick("$column = $values[0]", "$column IN ($values[0], $values[1], $values[2])", "$column = ANY (ARRAY[" . join(', ', @values, $family eq 'number' ? (0, 40000) : ()) . '])')
	  if $relation->{constant};
	return pick(
		"$column = $values[0]", "$values[0]::$type = $column", "$column = <{$type|$values[0]|$values[1]}>",
		"$column IN ($values[0], $values[1])", "$column IN ($values[0], NULL, $values[2])", "$column = ANY (ARRAY[$values[0], $values[1], $values[0]]::$type\[])",
		"($column = $values[0] OR $column = $values[1])", "$column IS NULL", "$column IN ($subquery)", "$column = ANY (ARRAY($subquery))",
		"$column = (SELECT $values[2]::$type)", "$column = ANY (<{$type\[]|ARRAY[$values[0],$values[2]]|ARRAY[$values[1],NULL]}>)",
		"$column = $values[0] AND $column IN ($values[0], $values[1])");
}

# --- Conditions ------------------------------------------------------------

# A condition on a scope's relations. depth: how deep subqueries may be nested in it.
sub _condition
{
	my ($self, $scope, $depth) = @_;
	return '<[' . $self->_bare_condition($scope, $depth) . ']>';
}

sub _column
{
	my ($self, $scope, $family) = @_;
	my @columns = map { my $r = $_; map { [ "$r->{alias}.$_->[0]", @$_[ 1, 2 ] ] } @{ $r->{columns} } } @$scope;
	@columns = grep { $_->[1] eq $family } @columns if $family;
	return unless @columns;
	my $column = pick(@columns);
	# A column that is sent is more interesting than a record's number.
	$column = pick(@columns) if $column->[0] =~ /\.id$/ && chance(0.6);
	return @$column;
}

sub _bare_condition
{
	my ($self, $scope, $depth) = @_;
	my ($column, $family) = $self->_column($scope);
	my $kind = int rand 30;

	if ($kind == 26 || $kind == 27)
	{
		my ($at, undef, $type) = $self->_column($scope, 'time');
		return $self->_time_condition($at, $type, $scope) if $at;
	}
	return $self->_row_list($scope) if $kind == 28;
	return "$column " . pick('=', '=', '=', '<>', '<', '<=', '>', '>=') . ' ' . $self->_value($family) if $kind < 4;
	return $self->_value($family) . ' ' . pick('=', '=', '=', '<', '<=', '>', '>=', '<>') . " $column" if $kind < 6;
	return "$column " . pick('IN', 'IN', 'IN', 'NOT IN') . ' (' . join(', ', map { $self->_value($family) } 1 .. pick(1, 2, 3, 3)) . ')' if $kind < 8;
	return "$column = ANY (" . $self->_array($family) . ')' if $kind == 8;
	return "$column " . pick('<> ALL', '> ANY', '<= ANY', '= ALL') . ' (' . $self->_array($family) . ')' if $kind == 9;
	return "$column IS " . pick('NULL', 'NULL', 'NOT NULL') if $kind == 10;
	return "$column IS " . pick('', 'NOT ') . 'DISTINCT FROM ' . $self->_value($family) if $kind == 11;
	return "$column " . pick('BETWEEN', 'NOT BETWEEN', 'BETWEEN SYMMETRIC') . ' ' . $self->_value($family) . ' AND ' . $self->_value($family)
	  if $kind == 12 && $family ne 'boolean';
	return '(' . join(pick(' OR ', ' OR ', ' AND '), map { $self->_condition($scope, $depth) } 1 .. pick(2, 2, 3)) . ')' if $kind == 13;
	return 'NOT (' . $self->_bare_condition($scope, $depth) . ')' if $kind == 14;
	return $self->_subquery_condition($scope, $depth - 1) if $kind < 18 && $depth > 0;
	if ($kind == 18)
	{
		my ($flag) = $self->_column($scope, 'boolean');
		return pick($flag, "NOT $flag", "$flag IS TRUE", "$flag IS NOT TRUE", "$flag IS FALSE", "$flag IS UNKNOWN", "$flag IS NOT FALSE", "$flag = true", "false = $flag") if $flag;
	}
	if ($kind == 19)
	{
		my ($at) = $self->_column($scope, 'time');
		return $self->_period($at) if $at;
	}
	if ($kind == 20)
	{
		my ($other, $of) = $self->_column($scope, $family);
		return "$column " . pick('=', '=', '<', '>=', 'IS DISTINCT FROM') . " $other";
	}
	return "CASE WHEN " . $self->_bare_condition($scope, 0) . " THEN $column IS NULL ELSE " . $self->_bare_condition($scope, 0) . ' END' if $kind == 21;
	return "coalesce($column, " . $self->_constant_of($family) . ') ' . pick('=', '<', '>=') . ' ' . $self->_value($family) if $kind == 22;
	if ($kind == 23)
	{
		my ($other, $of) = $self->_column($scope);
		return "($column, $other) " . pick('=', '>=') . ' (' . $self->_value($family) . ', ' . $self->_value($of) . ')'
		  unless $family eq 'boolean' && $of eq 'boolean';
	}
	return "($column = " . $self->_value($family) . " OR $column = " . $self->_value($family) . ')' if $kind == 24 && chance(0.5);
	return "($column = " . $self->_constant_of($family) . " OR $column = " . $self->_constant_of($family) . ')';
}

# A condition that has a time column inside an expression.
sub _time_condition
{
	my ($self, $at, $type, $scope) = @_;
	my ($from, $to) = sort map { $self->_moment } 1 .. 2;
	my ($number) = $self->_column($scope, 'number');
	my $range = $type eq 'date' ? 'daterange' : $type eq 'timestamptz' ? 'tstzrange' : 'tsrange';
	my @ends = $type eq 'date' ? map { substr $_, 0, 10 } $from, $to : ($from, $to);
	my $cast = $type eq 'date' ? 'date' : $type eq 'timestamptz' ? 'timestamptz' : 'timestamp';
	my $unit = pick(qw(day month hour week));

	return pick(
		"date_trunc('$unit', $at) = date_trunc('$unit', timestamp '$from')", "date_trunc('$unit', $at) >= timestamptz '$from'",
		"$at\::date = date '" . substr($from, 0, 10) . "'", "$at\::date BETWEEN '$ends[0]'::timestamp::date AND '$ends[1]'::timestamp::date",
		"extract(year FROM $at) = " . pick(1999, 2025, 2026), "date_part('month', $at) IN (1, 3)", "to_char($at, 'YYYY-MM') = '2026-03'",
		"($at AT TIME ZONE 'America/Los_Angeles') >= (timestamp '$from' AT TIME ZONE 'UTC')" . ($type eq 'timestamptz' ? '::timestamp' : ''),
		"$at <@ $range('$ends[0]', '$ends[1]', '" . pick('[)', '(]', '[]', '()') . q{')}, "$range('$ends[0]', '$ends[1]') @> $at",
		"($at, $at + interval '1 day') OVERLAPS (timestamp '$from', timestamp '$to')" . ($type eq 'timestamptz' ? ' IS NOT FALSE' : ''),
		"($at, $number) " . pick('>=', '<', '=') . " ($cast '$ends[0]', 3)", "($number, $at) < (3, $cast '$ends[1]')",
		"$at + interval '1 day' > timestamp '$from'", "$at - interval '1 hour' < timestamptz '$to'",
		"(" . $self->_period($at) . ' OR ' . $self->_period($at) . ')', "($at = timestamp '$from' OR " . $self->_period($at) . ')',
		"$at IN (timestamp '$from', timestamptz '$to')", "greatest($at, $cast '$ends[0]') = $at", "$at\::text LIKE '%2026%'",
		"NOT (" . $self->_period($at) . ')', "$at > ALL (ARRAY['$ends[0]', '$ends[1]']::$cast\[])");
}

# A row compared with a list of rows.
sub _row_list
{
	my ($self, $scope) = @_;
	my @pair = map { [ $self->_column($scope) ] } 1 .. 2;
	my @rows = map { '(' . join(', ', map { $self->_constant_of($_->[1]) } @pair) . ')' } 1 .. pick(1, 2, 2, 3);

	return "($pair[0][0], $pair[1][0]) " . pick('IN', 'IN', 'NOT IN') . ' (' . join(', ', @rows) . ')';
}

sub _constant_of
{
	my ($self, $family) = @_;
	my $value = $self->_constant($family);
	return $family eq 'number' ? "($value)" : $family eq 'boolean' ? $value : "'$value'";
}

# A condition that joins two relations: mostly an equality, in either order.
sub _join_condition
{
	my ($self, $left, $right, $only_equality) = @_;
	my %have;

	push @{ $have{ $_->[1] }{left} }, $_ for map { my $r = $_; map { [ "$r->{alias}.$_->[0]", @$_[ 1, 2 ] ] } @{ $r->{columns} } } @$left;
	push @{ $have{ $_->[1] }{right} }, $_ for map { my $r = $_; map { [ "$r->{alias}.$_->[0]", @$_[ 1, 2 ] ] } @{ $r->{columns} } } @$right;
	my @families = grep { $have{$_}{left} && $have{$_}{right} && $_ ne 'boolean' } sort keys %have;
	return unless @families;
	my $family = pick(@families, grep { $_ eq 'number' } @families);
	my (@pair, $one, $other);
	for (1 .. 6)
	{
		@pair = map { pick(@{ $have{$family}{$_} }) } qw(left right);
		($one, $other) = map { $_->[0] } @pair;
		# Columns of the same name, other than the record's number, match more often.
		last if ($one =~ s/.*\.//r) eq ($other =~ s/.*\.//r) && $one !~ /\.id$/;
	}
	($one, $other) = ($other, $one) if chance(0.5);
	my $kind = int rand 12;

	# PostgreSQL's own merge join fails around a change to summer time.
	if (1 == grep { ($_->[2] || '') eq 'timestamptz' } @pair)
	{
		return if $only_equality;
		return "$one = ANY (ARRAY[$other, NULL])" if $kind < 5 || $kind > 7;
	}

	return "$one = $other" if $only_equality || $kind < 5;
	return "$one " . pick('<', '<=', '>=', '>') . " $other" if $kind == 5 || $family eq 'time' && $kind < 9;
	return "$one IN ($other, " . $self->_constant_of($family) . ')' if $kind == 6;
	return "($one = $other OR $one = " . $self->_constant_of($family) . ')' if $kind == 7;
	return "$one = $other" . ($family eq 'number' ? pick(' + 1', ($other =~ /\.(a|amount)$/ ? '::numeric' : '::bigint'), '::numeric', ' - 1') : $family eq 'text' ? '::text' : '') if $kind == 8;
	return "$one = ANY (ARRAY[$other, $other])" if $kind == 9;
	return "$one IS NOT DISTINCT FROM $other" if $kind == 10;
	return "$one = $other";
}

sub _subquery_condition
{
	my ($self, $scope, $depth) = @_;
	my ($column, $family) = $self->_column($scope);
	my ($inner, $where) = $self->_inner($scope, $depth);
	my ($own) = $self->_column([$inner], $family);
	my $kind = int rand 9;
	my $from = "$inner->{text} $inner->{alias}";

	return pick('', 'NOT ') . "EXISTS (SELECT FROM $from WHERE $where)" if $kind < 4 || !$own;
	return "$column " . pick('IN', 'IN', 'NOT IN') . " (SELECT $own FROM $from WHERE $where)" if $kind < 6;
	return "$column = ANY (ARRAY(SELECT $own FROM $from WHERE $where))" if $kind == 6;
	return "$column " . pick('=', '<', '>=') . " (SELECT " . pick('max', 'min') . "($own) FROM $from WHERE $where)" if $kind == 7 && $family !~ /boolean|uuid/;
	return "$column " . pick('= ANY', '> ALL', '<= ALL', '<> ALL') . " (SELECT $own FROM $from WHERE $where)";
}

# A relation of a subquery, with conditions, some of them on outer relations.
sub _inner
{
	my ($self, $scope, $depth) = @_;
	my $inner = $self->_relation(local => chance(0.3), far => chance(0.8));
	my @where = $self->_must($inner, chance(0.6) ? @$scope : ());
	my $joined = $self->_join_condition($scope, [$inner]);

	push @where, "<[$joined]>" if $joined && chance(0.6);
	push @where, $self->_condition([ $inner, (chance(0.3) ? @$scope : ()) ], $depth) if chance(0.6);
	return ($inner, join(' AND ', @where) || 'true');
}

# --- FROM ------------------------------------------------------------------

# Returns the text of FROM, the scope, and conditions for WHERE.
sub _from
{
	my ($self, $count, $depth, @outside) = @_;
	my @scope = $self->_relation(far => chance(0.6));
	my @where = $self->_must($scope[0], @outside);
	my $text = "$scope[0]{text} $scope[0]{alias}";

	for (2 .. $count)
	{
		my $next = $self->_relation(far => chance(0.5));
		my $kind = pick(',', 'JOIN', 'JOIN', 'JOIN', 'LEFT JOIN', 'LEFT JOIN', 'RIGHT JOIN', 'FULL JOIN', 'LATERAL', 'LEFT JOIN LATERAL');
		my $item = "$next->{text} $next->{alias}";

		if ($kind =~ /LATERAL/)
		{
			my @inside = ($self->_must($next, @scope), map { defined ? "<[$_]>" : () } $self->_join_condition(\@scope, [$next]));
			push @inside, $self->_condition([$next], 0) if chance(0.4);
			my $list = join ', ', map { "$next->{alias}.$_->[0]" } @{ $next->{all} };
			$item = "(SELECT * FROM $item WHERE " . (join(' AND ', @inside) || 'true')
			  . (chance(0.3) ? " ORDER BY $list LIMIT " . pick(1, 3) : chance(0.1) ? ' OFFSET 0' : '') . ") $next->{alias}";
			$text .= $kind eq 'LATERAL' ? " CROSS JOIN LATERAL $item" : " LEFT JOIN LATERAL $item ON true";
			push @scope, $next;
			next;
		}
		my @must = $self->_must($next, $kind eq 'FULL JOIN' || chance(0.3) ? () : @scope);
		my $joined = $self->_join_condition(\@scope, [$next], $kind eq 'FULL JOIN' || @scope > 1 && chance(0.8));
		my @on = defined $joined ? "<[$joined]>" : ();
		if ($kind eq ',')
		{
			push @where, @must, @on;
			# JOIN binds closer than a comma, so ON could not name relations before it.
			$text .= ($_ < $count ? ' CROSS JOIN ' : ', ') . $item;
			push @scope, $next;
			next;
		}
		if ($kind eq 'FULL JOIN')
		{
			$item = "(SELECT * FROM $item" . (@must ? ' WHERE ' . join(' AND ', @must) : '') . ") $next->{alias}";
			@on = defined $joined ? $joined : 'false';
		}
		elsif ($kind ne 'RIGHT JOIN' && chance(0.7)) { push @on, @must }
		else { push @where, @must }
		push @on, $self->_condition([ @scope, $next ], 0) if $kind ne 'FULL JOIN' && chance(0.3);
		$text .= " $kind $item ON " . (join(' AND ', @on) || 'true');
		push @scope, $next;
	}
	push @where, $self->_condition(\@scope, $depth) for 1 .. pick(0, 0, 1, 1, 1, 2);
	return ($text, \@scope, \@where);
}

# --- Queries ---------------------------------------------------------------

sub _outputs
{
	my ($self, $scope, $count) = @_;
	my @columns = map { my $r = $_; map { "$r->{alias}.$_->[0]" } @{ $r->{all} } } @$scope;
	my @ids = map { my $r = $_; map { "$r->{alias}.id" } grep { $_->[0] eq 'id' } @{ $r->{all} } } @$scope;
	my @chosen = ((chance(0.8) ? pick(@ids) : ()), map { pick(@columns) } 1 .. $count);

	push @chosen, pick(@$scope)->{alias} if chance(0.08);
	return @chosen ? @chosen : '1';
}

sub _aggregates
{
	my ($self, $scope) = @_;
	my @some;

	for (1 .. pick(1, 1, 2, 3))
	{
		my ($column, $family, $type) = $self->_column($scope);
		my $what = pick('count(*)', "count($column)", "count(DISTINCT $column)",
			$family =~ /boolean|uuid/ ? "count($column)" : (pick('min', 'max') . "($column)"),
			$family eq 'number' ? "sum($column\::numeric)" : "string_agg($column\::text, ',' ORDER BY $column\::text)");
		$what .= ' FILTER (WHERE ' . $self->_bare_condition($scope, 0) . ')' if chance(0.2);
		push @some, $what;
	}
	return @some;
}

# A whole SELECT. ids: with two columns of fixed types, for set operations.
sub _select
{
	my ($self, $depth, %want) = @_;
	my ($from, $scope, $where) = $self->_from($want{count} || pick(1, 1, 1, 2, 2, 2, 3), $depth, @{ $want{outside} || [] });
	my $condition = @$where ? ' WHERE ' . join ' AND ', @$where : '';
	my $kind = int rand 12;

	if ($want{ids})
	{
		my ($number) = $self->_column($scope, 'number');
		my ($any) = $self->_column($scope);
		# Which of several equal numbers is returned depends on the plan, so trim them.
		return "SELECT trim_scale($number\::numeric), $any\::text FROM $from$condition";
	}
	if ($kind < 3)
	{
		my @groups = map { ($self->_column($scope))[0] } 1 .. pick(0, 1, 1, 2);
		my $having = chance(0.25) ? ' HAVING count(*) ' . pick('> 1', '< 5', '= 1') : '';
		my $by = @groups ? ' GROUP BY ' . (chance(0.12) ? pick('ROLLUP', 'CUBE') . ' (' . join(', ', @groups) . ')' : join ', ', @groups) : '';
		return 'SELECT ' . join(', ', @groups, $self->_aggregates($scope)) . " FROM $from$condition$by$having";
	}
	my @outputs = $self->_outputs($scope, pick(0, 1, 2, 3));
	if (chance(0.12))
	{
		my ($inner, $inside) = $self->_inner($scope, 0);
		my ($own) = $self->_column([$inner]);
		push @outputs, "(SELECT " . pick('count(*)', "count(DISTINCT $own)") . " FROM $inner->{text} $inner->{alias} WHERE $inside)";
	}
	push @outputs, pick('count(*) OVER ()', 'count(*) OVER (PARTITION BY ' . ($self->_column($scope))[0] . ')', 'rank() OVER (ORDER BY ' . ($self->_column($scope))[0] . ')')
	  if chance(0.06);
	my $distinct = chance(0.12) ? 'DISTINCT ' : '';
	my $query = "SELECT $distinct" . join(', ', @outputs) . " FROM $from$condition";
	if (chance(0.25))
	{
		my $order = join ', ', map { $_ . pick('', '', ' DESC', ' NULLS FIRST') } 1 .. @outputs;
		$query .= " ORDER BY $order" . (chance(0.7) ? ' LIMIT ' . pick(0, 1, 3, 10, '<{bigint|3|7}>') : '') . (chance(0.3) ? ' OFFSET ' . pick(1, 2, 5) : '');
		$self->{ordered} = 1;
	}
	elsif (!$distinct && $query !~ /OVER \(/ && $depth > 0 && chance(0.04))
	{
		# LIMIT without an order: only the number of rows is certain.
		return "SELECT count(*) FROM ($query LIMIT " . pick(1, 5, 40) . ') q';
	}
	return $query;
}

# A join on a column of which one request can send several values.
sub _batched
{
	my ($self) = @_;
	my ($name, $attname, @keys) = @{ pick(
		[ 'many', 'num', 'n', 'm', 'id' ], [ 'many', 'num', 'n' ], [ 'many', 'word', 'w' ], [ 'many', 'key', 'k' ],
		[ 'east', 'num', 'n', 'id' ], [ 'ranges', 'num', 'n' ], [ 'wide', 'key', 'k' ],
		[ 'listed', 'p', 'n', 'id', 'm' ], [ 'listed', 'p', 'n' ], [ 'listed', 'p', 'id' ]) };
	my ($outer, $key);
	until ($key)
	{
		$outer = $self->_relation(local => chance(0.7), far => 1);
		next if @{ $outer->{musts} };
		my %outside = map { @$_[ 0, 1 ] } @{ $outer->{columns} };
		my ($type) = map { $_->[1] } grep { $_->[0] eq $attname } @{ $table{$name}{columns} };
		($key) = grep { ($outside{$_} || '') eq $family{$type} } $attname, @keys;
	}
	my $inner = $self->_relation(name => $name, far => 1);
	$inner = $self->_relation(name => $name, far => 1) until $name ne 'listed' || @{ $inner->{musts} };
	my ($one, $other) = shuffle("$outer->{alias}.$key", "$inner->{alias}.$attname");
	my $on = "$one = $other" . (chance(0.3) ? ' AND ' . $self->_condition([ $outer, $inner ], 0) : '');
	my $where = chance(0.3) ? ' AND ' . $self->_condition([$outer], 0) : '';
	my $from = "$outer->{text} $outer->{alias}";
	my $item = "$inner->{text} $inner->{alias}";
	my $outputs = join ', ', map { "$outer->{alias}.$_->[0]" } $outer->{all}[0], pick(@{ $outer->{all} });
	my $inside = join ', ', map { "$inner->{alias}.$_->[0]" } pick(@{ $inner->{all} }), grep { $_->[0] eq 'id' } @{ $inner->{all} };
	my $kind = int rand 8;

	return "SELECT $outputs FROM $from WHERE " . pick('', 'NOT ', 'NOT ') . "EXISTS (SELECT FROM $item WHERE $on)$where" if $kind < 3;
	return "SELECT $outputs, $inside FROM $from LEFT JOIN $item ON $on WHERE true$where" if $kind < 6;
	return "SELECT $outputs FROM $from WHERE $outer->{alias}.$key IN (SELECT $inner->{alias}.$attname FROM $item" . ')' . $where if $kind == 6;
	my $rest = $self->_relation(local => 1);
	return "SELECT $outputs, $inside FROM $from JOIN $item ON $on LEFT JOIN $rest->{text} $rest->{alias} ON $rest->{alias}.id = $inner->{alias}.id WHERE true$where";
}

sub _query_text
{
	my ($self) = @_;
	my $kind = int rand 20;

	return $self->_batched if chance(0.15);

	return $self->_select(2) if $kind < 13;
	return '(' . $self->_select(1, ids => 1, count => pick(1, 1, 2)) . ') '
	  . pick('UNION', 'UNION ALL', 'UNION ALL', 'EXCEPT', 'EXCEPT ALL', 'INTERSECT', 'INTERSECT ALL')
	  . ' (' . $self->_select(1, ids => 1, count => 1) . ')' . (chance(0.3) ? ' ORDER BY 1, 2 LIMIT 5' : '')
	  if $kind < 15;
	if ($kind < 17)
	{
		# A CTE, used once or twice, and joined.
		my $inside = $self->_select(1, ids => 1, count => pick(1, 1, 2));
		my ($from, $scope, $where) = $self->_from(1, 1);
		my ($number) = $self->_column($scope, 'number');
		return 'WITH c (x, y) AS ' . pick('', 'MATERIALIZED ', 'NOT MATERIALIZED ') . "($inside) SELECT $number, c.x, c.y FROM $from "
		  . pick('JOIN', 'LEFT JOIN') . " c ON c.x = $number" . (chance(0.3) ? ' JOIN c d ON d.x = c.x AND d.y >= c.y' : '')
		  . (@$where ? ' WHERE ' . join ' AND ', @$where : '');
	}
	if ($kind == 17)
	{
		my ($column, $type) = pick([ 'x', 'number' ], [ 'y', 'text' ])->@*;
		return "SELECT * FROM (" . $self->_select(1, ids => 1, count => pick(1, 2)) . ') q (x, y)' . pick('', ' OFFSET 0') =~ s/ OFFSET 0//r . " WHERE $column " . pick('=', '>', '<>') . ' ' . $self->_value($type);
	}
	if ($kind == 18)
	{
		# A statement that changes rows of a local table.
		my $relation = $self->_relation(far => 1);
		my $scratch = { alias => 's', columns => [ [ n => 'number' ], [ w => 'text' ], [ id => 'number' ] ] };
		my @where = ($self->_must($relation, $scratch), map { defined ? "<[$_]>" : () } $self->_join_condition([$scratch], [$relation]));
		push @where, $self->_condition([$relation], 0) if chance(0.5);
		$self->{changes} = 1;
		return "DELETE FROM scratch s USING $relation->{text} $relation->{alias} WHERE " . (join(' AND ', @where) || 'true') . ' RETURNING s.*';
	}
	my ($from, $scope, $where) = $self->_from(pick(1, 2), 0);
	return "SELECT s.id, q.* FROM stores s, LATERAL (" . $self->_select(0, ids => 1, count => 1, outside => [ { alias => 's', columns => [ [ n => 'number' ], [ m => 'number' ], [ w => 'text' ] ] } ]) . ') q';
}

sub query
{
	my ($self, $seed, $number) = @_;
	srand($seed * 104_729 + $number * 13 + 5);
	@$self{qw(aliases ordered changes)} = (0, 0, 0);
	$self->{uses} = {};
	my $shape = pick(@{ $self->{shapes} });
	my $method = "shape_$shape";
	my %query = $shape eq 'plain' ? (text => $self->_query_text) : $self->$method;
	delete $query{steady} if $self->{copies};
	my $mode = $self->{changes} ? 'changes' : pick(('plain') x 8, ('prepared') x 4, qw(cursor cursor function function copy hold));

	return { seed => $seed, number => $number, shape => $shape, mode => $mode,
		generic => pick(qw(auto force_custom_plan force_generic_plan force_generic_plan)),
		fetch => pick(1, 3, 20), turn => chance(0.3), uses => { %{ $self->{uses} } }, %query };
}

# --- From a template to statements -----------------------------------------

sub statements
{
	my ($self, $query, $schema) = @_;
	return _repeated_statements($query, $schema) if $query->{mode} eq 'repeated';
	my $text = $query->{text};
	my (@types, @first, @second);

	$text =~ s/<\[|\]>//g;
	$text =~ s{\@(\w+)(?:/(\w+))?\@}{ $schema eq 'near' && $2 ? "near.$1_$2" : "$schema.$1" }ge;
	if ($query->{mode} =~ /^(prepared|function)$/)
	{
		$text =~ s/<\{([^|]*)\|([^|]*)\|(.*?)\}>/push @types, $1; push @first, $2; push @second, $3; '$' . @types/ge;
	}
	else
	{
		$text =~ s/<\{([^|]*)\|([^|]*)\|(.*?)\}>/($2)::$1/g;
	}
	return ($text) if $query->{mode} eq 'plain';
	return ('BEGIN', $text, 'ROLLBACK') if $query->{mode} eq 'changes';
	return ("COPY ($text) TO STDOUT") if $query->{mode} eq 'copy';
	return ('BEGIN', 'DECLARE c ' . ($query->{turn} ? 'SCROLL ' : '') . "CURSOR FOR $text", "FETCH $query->{fetch} FROM c", "FETCH 1 FROM c", 'FETCH ALL FROM c',
		($query->{turn} ? ('MOVE ABSOLUTE 0 IN c', 'FETCH ALL FROM c') : ()), 'COMMIT')
	  if $query->{mode} eq 'cursor';
	return ('BEGIN', "DECLARE c CURSOR WITH HOLD FOR $text", 'COMMIT', 'FETCH ALL FROM c', 'CLOSE c') if $query->{mode} eq 'hold';
	if ($query->{mode} eq 'prepared')
	{
		my $list = @types ? ' (' . join(', ', @types) . ')' : '';
		return ("SET plan_cache_mode = $query->{generic}", "PREPARE q$list AS $text",
			map({ 'EXECUTE q' . (@$_ ? ' (' . join(', ', @$_) . ')' : '') } _executions($query, \@first, \@second)), 'DEALLOCATE q', 'RESET plan_cache_mode');
	}
	my $arguments = join ', ', @types;
	return ("SET plan_cache_mode = $query->{generic}",
		"CREATE FUNCTION pg_temp.q($arguments) RETURNS SETOF text LANGUAGE plpgsql AS \$body\$ BEGIN RETURN QUERY SELECT q::text FROM ($text) q; END \$body\$",
		map({ 'SELECT pg_temp.q(' . join(', ', @$_) . ')' } _executions($query, \@first, \@second)),
		"DROP FUNCTION pg_temp.q($arguments)", 'RESET plan_cache_mode');
}

# The values for each execution of a statement. If PostgreSQL chooses the plan, there are
# enough executions for a generic plan, which it makes the sixth time.
sub _executions
{
	my ($query, $first, $second) = @_;
	return ($first, $second, $first) if $query->{generic} ne 'auto';
	return ($first, $second, ($first) x 4, $second);
}

# The statements of a query that is executed several times. In far it is prepared, or
# inside a function; in near it has its values, and reads the variants for these. Each
# execution begins with its number.
sub _repeated_statements
{
	my ($query, $schema) = @_;
	my @types = @{ $query->{types} };
	my (@before, @after, $run);
	my $wrap = sub { return $query->{function} ? "SELECT q::text FROM ($_[0]) q" : $_[0] };

	if ($schema eq 'far')
	{
		my $text = $query->{text} =~ s{\@(\w+)(?:/\*)?\@}{far.$1}gr =~ s/<\[|\]>//gr;
		my $list = join ', ', @types;
		@before = $query->{function}
		  ? "CREATE FUNCTION pg_temp.q($list) RETURNS SETOF text LANGUAGE plpgsql AS \$body\$ BEGIN RETURN QUERY " . $wrap->($text) . '; END $body$'
		  : 'PREPARE q' . (@types ? " ($list)" : '') . " AS $text";
		@after = $query->{function} ? "DROP FUNCTION pg_temp.q($list)" : 'DEALLOCATE q';
		$run = sub {
			my $values = join ', ', @{ $query->{sets}[ $_[0] ] };
			return $query->{function} ? "SELECT pg_temp.q($values)" : 'EXECUTE q' . (@types ? " ($values)" : '');
		};
	}
	else
	{
		$run = sub {
			my ($set) = @_;
			my $variant = $query->{variants}[$set];
			my $text = $query->{text} =~ s{\@(\w+)/\*\@}{"near.$1" . ($variant ? "_$variant" : '')}ger =~ s/<\[|\]>//gr;
			$text =~ s/\$(\d+)/($query->{sets}[$set][$1 - 1])::$types[$1 - 1]/g;
			return $wrap->($text);
		};
	}
	my @runs = map { ($query->{between}{$_} || (), "/*run $_*/ " . $run->($query->{runs}[$_])) } 0 .. $#{ $query->{runs} };
	return (@before, @runs, @after);
}

# Simpler queries, each with one condition or other complication less.
sub reduced
{
	my ($self, $query) = @_;
	my $text = $query->{text};
	my @simpler;

	while ($text =~ /(<\[(?:[^<\]]|<(?!\[)|\](?!>)|(?1))*\]>)/g)
	{
		my ($start, $end) = ($-[0], $+[0]);
		my $one = substr($text, 0, $start) . 'true' . substr($text, $end);
		push @simpler, { %$query, text => $one };
		pos($text) = $start + 2;
	}
	push @simpler, { %$query, mode => 'plain' } if $query->{mode} !~ /^(plain|changes|repeated)$/;
	if ($query->{mode} eq 'repeated')
	{
		for my $at (keys %{ $query->{between} })
		{
			my %fewer = %{ $query->{between} };
			delete $fewer{$at};
			push @simpler, { %$query, between => \%fewer };
		}
		push @simpler, { %$query, function => 0 } if $query->{function};
	}
	return @simpler;
}

# The SQLSTATEs with which, by the documentation, a query may fail over the foreign tables
# alone.
sub refusals
{
	my ($self, $query) = @_;
	my %states;

	for my $name (keys %{ $query->{uses} })
	{
		my $table = $table{$name};
		next if $table->{view};
		$states{HV002} = 1 if grep { ($_->[2] || '') =~ /^\?/ || ($_->[3] || '') =~ /required/ } @{ $table->{columns} };
		$states{HV024} = 1 if grep { ($_->[2] || '') =~ /^\?/ } @{ $table->{columns} };
		$states{54000} = 1 if $table->{options} =~ /Limit=/;
	}
	return %states;
}

1;
