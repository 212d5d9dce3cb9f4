# Kinds of random queries that DataConnectQueries mixes in. Each is a method that
# returns a query's fields.
#
#	shape_places      a subquery wherever an expression may stand
#	shape_repeated    seven executions of one statement, with other values and
#	                  settings: the sixth plans for any values
#	shape_with        WITH, used once or twice, and asked from outside
#	shape_rows        whole rows
#
# DATACONNECT_SHAPES names those that are asked ("places,rows"); "-" in front
# leaves them out ("-with"). Without it those that have a weight are asked.
package DataConnectShapes;

use strict;
use warnings FATAL => 'all';

use List::Util qw(shuffle);

my %weight = (plain => 30, places => 25, repeated => 20, with => 10, rows => 10);

sub pick { return $_[ int rand @_ ] }
sub chance { return rand() < $_[0] }

# The shapes to choose from, each as often as its weight.
sub shapes
{
	my @named = split /,/, $ENV{DATACONNECT_SHAPES} || '';
	my %without = map { /^-(.*)/ ? ($1 => 1) : () } @named;
	my %only = map { /^-/ ? () : ($_ => 1) } @named;
	for my $name (keys %without, keys %only)
	{
		die "DATACONNECT_SHAPES: no shape \"$name\"\n" unless $weight{$name};
	}
	return map { ($_) x $weight{$_} }
	  grep { !$without{$_} && (!%only || $only{$_}) } sort keys %weight;
}

# Their names, without duplicates.
sub names
{
	my %names = map { $_ => 1 } shapes();
	return sort keys %names;
}

# --- Subqueries anywhere -----------------------------------------------------

my @asked = qw(params params listed needed preset preset plain many wide parts by_group both sums);

# A relation for a subquery, with its conditions. What the relation requires comes
# mostly from outside.
sub _probed
{
	my ($self, $scope) = @_;
	my $inner = $self->_relation(name => pick(@asked), bare => 1);
	my @where;

	for my $must (@{ $inner->{musts} })
	{
		my ($name, $family) = @$must;
		my @outside = grep { $_->[1] eq $family && $_->[2] =~ /^(?:integer|bigint|text)$/ }
		  map { my $r = $_; map { [ "$r->{alias}.$_->[0]", @$_[ 1, 2 ] ] } @{ $r->{columns} } } @$scope;
		push @where,
		  @outside && chance(0.85)
		  ? join ' = ', shuffle("$inner->{alias}.$name", pick(@outside)->[0])
		  : $self->_binding({ alias => $inner->{alias}, constant => 1 }, $name, $family);
	}
	if (!@where || chance(0.3))
	{
		my $joined = $self->_join_condition($scope, [$inner]);
		push @where, "<[$joined]>" if $joined;
	}
	push @where, $self->_condition([$inner], 0) if chance(0.25);
	return ($inner, join(' AND ', @where) || 'true');
}

# A subquery over a parameter column that no condition inside compares: x IN (SELECT p
# …) supplies its values, or is refused.
sub _in_parameter
{
	my ($self, $scope) = @_;
	my ($number) = $self->_column($scope, 'number');
	my ($table, $attname) = @{ pick([ 'params', 'p' ], [ 'listed', 'p' ], [ 'needed', 'p' ], [ 'preset', 'p' ]) };
	my $alias = 't' . ++$self->{aliases};

	$self->{uses}{$table}++;
	return unless defined $number;
	return "($number " . pick('IN', 'IN', '= ANY') . " (SELECT $alias.$attname FROM \@$table/sent_$attname\@ $alias)) IS TRUE";
}

# A subquery as a boolean.
sub _probe
{
	my ($self, $scope) = @_;
	if (chance(0.12))
	{
		my $probe = $self->_in_parameter($scope);
		return $probe if $probe;
	}
	my ($inner, $where) = $self->_probed($scope);
	my $from = "$inner->{text} $inner->{alias}";
	my ($column, $family) = $self->_column($scope);
	my ($own) = $self->_column([$inner], $family);
	my $kind = int rand 10;

	return pick('', '', 'NOT ') . "EXISTS (SELECT FROM $from WHERE $where)" if $kind < 5 || !$own;
	return "$column " . pick('IN', 'IN', 'NOT IN', '= ANY', '<> ALL') . " (SELECT $own FROM $from WHERE $where)" if $kind < 8;
	return "$column = ANY (ARRAY(SELECT $own FROM $from WHERE $where))" if $kind == 8;
	return '(SELECT count(*) FROM ' . "$from WHERE $where) " . pick('> 2', '= 0', '<= 5');
}

# A subquery as a number.
sub _probe_number
{
	my ($self, $scope) = @_;
	my ($inner, $where) = $self->_probed($scope);
	my ($own) = $self->_column([$inner], 'number');

	return '(SELECT ' . ($own ? pick('count(*)', "max($own)::bigint", "min($own)::bigint", "count(DISTINCT $own)") : 'count(*)')
	  . " FROM $inner->{text} $inner->{alias} WHERE $where)";
}

sub shape_places
{
	my ($self) = @_;
	my $outer = $self->_relation(local => chance(0.75), far => 1);
	$outer = $self->_relation(local => chance(0.75), far => 1) while @{ $outer->{musts} };
	my $scope = [$outer];
	my $alias = $outer->{alias};
	my $from = "$outer->{text} $alias";
	my $list = join ', ', map { "$alias.$_->[0]" } @{ $outer->{all} };
	my ($column) = $self->_column($scope);
	my $probe = sub { return $self->_probe($scope) };
	my $number = sub { return $self->_probe_number($scope) };
	my $scratch = { alias => 's', columns => [ [ n => 'number', 'integer' ], [ w => 'text', 'text' ], [ id => 'number', 'integer' ] ] };
	my $inside = sub { return $self->_probe([$scratch]) };
	my $other = sub {
		my $one = $self->_relation(local => 1);
		my $on = $self->_join_condition($scope, [$one], 1) || 'true';
		return ($one, "$one->{text} $one->{alias}", $on);
	};

	my @places = (
		sub { "SELECT $list, " . $probe->() . " FROM $from" },
		sub { "SELECT $list, " . $number->() . ' + coalesce(' . $number->() . ", 0) FROM $from" },
		sub { "SELECT $list FROM $from WHERE " . $probe->() . ' OR ' . $self->_condition($scope, 0) },
		sub { "SELECT $list FROM $from WHERE " . $probe->() . ' OR ' . $probe->() },
		sub { "SELECT $list FROM $from WHERE NOT (" . $probe->() . ' AND ' . $self->_condition($scope, 0) . ')' },
		sub { "SELECT $list FROM $from WHERE (" . $probe->() . ') IS ' . pick('TRUE', 'NOT TRUE', 'UNKNOWN', 'NOT FALSE') },
		sub { "SELECT $list, CASE WHEN " . $probe->() . ' THEN ' . $number->() . ' WHEN ' . $probe->() . " THEN -1 END FROM $from" },
		sub { "SELECT $list FROM $from WHERE CASE WHEN " . $self->_condition($scope, 0) . ' THEN ' . $probe->() . ' ELSE ' . $probe->() . ' END' },
		sub { 'SELECT count(*), count(*) FILTER (WHERE ' . $probe->() . "), sum($alias.id) FILTER (WHERE " . $probe->() . ") FROM $from" },
		sub { "SELECT $column, count(*) FROM $from GROUP BY $column HAVING "
			  . $self->_probe([ { alias => $alias, columns => [ grep { "$alias.$_->[0]" eq $column } @{ $outer->{columns} } ] } ]) },
		sub { 'SELECT ' . $probe->() . ", count(*) FROM $from GROUP BY 1" },
		sub { 'SELECT sum((' . $probe->() . ")::integer), max(" . $number->() . ") FROM $from" },
		sub { $self->{ordered} = 1; "SELECT $list FROM $from ORDER BY " . $probe->() . ", $list LIMIT " . pick(2, 5, 20) },
		sub { $self->{ordered} = 1; "SELECT $list FROM $from ORDER BY " . $number->() . " DESC NULLS LAST, $list LIMIT 4" },
		sub { $self->{ordered} = 1; "SELECT $list FROM $from ORDER BY $list LIMIT (SELECT count(*) % 7 FROM \@plain\@ x WHERE x.num = " . pick(1, 2, 3) . ')' },
		sub { my ($one, $item, $on) = $other->(); "SELECT $list, $one->{alias}.id FROM $from " . pick('JOIN', 'LEFT JOIN') . " $item ON $on AND "
			  . $self->_probe([ $outer, $one ]) },
		sub { my ($one, $item, $on) = $other->(); "SELECT $list, $one->{alias}.id FROM $from LEFT JOIN $item ON $on OR " . $self->_probe([$outer]) },
		sub { "SELECT $list, v.* FROM $from, LATERAL (VALUES (" . $probe->() . ', ' . $number->() . '), (false, ' . $number->() . ')) v (x, y)' },
		sub { "SELECT $list, row_number() OVER (PARTITION BY " . $probe->() . " ORDER BY $list) FROM $from" },
		sub { "SELECT $list FROM $from WHERE coalesce(" . $probe->() . ', false) = (' . $probe->() . ')' },
		sub { "SELECT $list, ARRAY(SELECT x.id FROM \@plain\@ x WHERE x.num = " . ($self->_column($scope, 'number'))[0] . " ORDER BY 1) FROM $from" },
		sub { $self->{changes} = 1; 'UPDATE scratch s SET n = ' . $self->_probe_number([$scratch]) . ', w = CASE WHEN ' . $inside->() . " THEN 'yes' ELSE 'no' END RETURNING s.*" },
		sub { $self->{changes} = 1; 'UPDATE scratch s SET n = s.n + 0 WHERE ' . $inside->() . ' OR s.id = 2 RETURNING s.*, ' . $inside->() },
		sub { $self->{changes} = 1; 'DELETE FROM scratch s WHERE ' . $inside->() . ' OR s.id = 4 RETURNING s.*, ' . $self->_probe_number([$scratch]) },
		sub { $self->{changes} = 1; 'INSERT INTO scratch AS s VALUES (' . $self->_probe_number([]) . ', 1, ' . "'x'), (2, (" . $self->_probe_number([])
			  . " % 3)::integer, 'y') RETURNING s.*, " . $inside->() },
		sub { $self->{changes} = 1; "INSERT INTO scratch AS s SELECT $alias.id, 1, CASE WHEN " . $probe->() . " THEN 'a' END FROM $from RETURNING s.*" });
	return (text => pick(@places)->());
}

# --- One statement, seven times -------------------------------------------------

my %parameter_values = (
	integer => [ 1, 2, 3, 3, 5, 40000 ],
	text => [ "'beta'", "'alpha'", "'it''s'", "'green'", "'red'" ],
	boolean => [ 'true', 'false' ],
	uuid => [ "'a1111111-2222-3333-4444-555555555550'", "'b1111111-2222-3333-4444-555555555551'" ],
	timestamp => [ map { "'$_'" } '2026-01-01', '2026-02-01 00:00', '2026-03-08 02:00', '2026-03-09', '2026-11-01 01:00', '2027-01-01' ]);

# Sets of values; records which values each set compares with a parameter column.
sub _parameter
{
	my ($query, $type, $null) = @_;
	push @{ $query->{types} }, $type;
	for my $set (@{ $query->{sets} })
	{
		push @$set, chance($null) ? 'NULL' : $type =~ /^(.*)\[\]$/
		  ? 'ARRAY[' . join(', ', map { pick(@{ $parameter_values{$1} }) } 1 .. 2) . "]::$type"
		  : pick(@{ $parameter_values{$type} });
	}
	return '$' . @{ $query->{types} };
}

sub _compare
{
	my ($query, $attname, @sets) = @_;
	$query->{compared}[$_]{$attname} = 1 for @sets;
	return;
}

# If the value is known, a comparison with NULL leaves nothing to run. The last n
# parameters are compared.
sub _note_nothing
{
	my ($query, $n) = @_;
	for my $set (0 .. $#{ $query->{sets} })
	{
		$query->{nothing}[$set] = 1 if grep { $_ eq 'NULL' } @{ $query->{sets}[$set] }[ -$n .. -1 ];
	}
	return;
}

# A condition that constrains a column only for some values.
sub _optional
{
	my ($self, $query, $column, $attname, $type, $sent) = @_;
	my @all = 0 .. $#{ $query->{sets} };
	my $kind = int rand 9;

	if ($kind == 0)
	{
		my $switch = _parameter($query, 'text', 0);
		$_->[-1] = chance(0.4) ? "'any'" : "'one'" for @{ $query->{sets} };
		_compare($query, $attname, grep { $query->{sets}[$_][-1] ne "'any'" } @all);
		my $value = _parameter($query, $type, 0);
		# A CASE is sent if its value is known; for a filtered column that does not
		# change the rows.
		return "($switch = 'any' OR $column = $value)" if chance(0.6);
		$query->{unsteady} = 1 unless $sent;
		return "CASE WHEN $switch = 'any' THEN true ELSE $column = $value END";
	}
	if ($kind == 1)
	{
		my $value = _parameter($query, "$type\[]", 0.3);
		_compare($query, $attname, grep { $query->{sets}[$_][-1] ne 'NULL' } @all);
		return pick("($value IS NULL OR $column = ANY ($value))", "($column = ANY ($value) OR $value IS NULL)");
	}
	if ($kind < 6)
	{
		my $value = _parameter($query, $type, 0.35);
		_compare($query, $attname, grep { $query->{sets}[$_][-1] ne 'NULL' } @all);
		return pick("($value IS NULL OR $column = $value)", "($column = $value OR $value IS NULL)");
	}
	_compare($query, $attname, @all);
	if ($kind == 6)
	{
		my $value = _parameter($query, $type, 0.1);
		_note_nothing($query, 1);
		return "$column = $value";
	}
	return "$column IS NOT DISTINCT FROM " . _parameter($query, $type, 0.2) if $kind == 7;
	return "$column = coalesce(" . _parameter($query, $type, $sent ? 0 : 0.3) . ", $column)";
}

sub _optional_period
{
	my ($query, $column, $required) = @_;
	my $null = $required ? 0 : 0.3;
	my ($from, $to) = map { _parameter($query, 'timestamp', $null) } 1 .. 2;
	for my $set (@{ $query->{sets} })
	{
		@$set[ -2, -1 ] = sort @$set[ -2, -1 ] if "@$set[ -2, -1 ]" !~ /NULL/;
	}
	if (chance(0.4))
	{
		_note_nothing($query, 2);
		return pick("$column >= $from AND $column < $to", "$column BETWEEN $from AND $to");
	}
	return pick("($from IS NULL OR $column >= $from) AND ($to IS NULL OR $column < $to)", "($column >= $from OR $from IS NULL) AND $column <= coalesce($to, '2027-01-01')",
		"$column >= coalesce($from, '2025-01-01') AND $column < coalesce($to, '2026-06-01')");
}

my @settings = (
	"SET timezone = 'Asia/Tokyo'", "SET timezone = 'America/New_York'", "SET timezone = 'UTC'",
	"SET datestyle = 'SQL, DMY'", "SET datestyle = 'German'", "SET intervalstyle = 'iso_8601'",
	"SET search_path = pg_catalog", "SET search_path = ''", "SET search_path = near, far, public",
	map { ("SET $_ = off", "SET $_ = on") } qw(enable_partitionwise_join enable_partitionwise_aggregate enable_memoize
	  enable_hashagg enable_hashjoin enable_nestloop jit));

sub shape_repeated
{
	my ($self) = @_;
	my $name = pick(qw(plain many exact east days moments wide needs params params params listed listed needed preset preset preset parts ranges by_group));
	my $relation = $self->_relation(name => $name, bare => 1);
	my $alias = $relation->{alias};
	my %sent = $self->sent_columns($name);
	my %query = (sets => [ [], [], [] ], types => [], compared => [ {}, {}, {} ]);
	my @where;
	my $from;
	my $stars = join ', ', map { "$alias.$_->[0]" } @{ $relation->{all} };
	my $bounded = !%sent;

	for my $column (shuffle(@{ $relation->{all} }))
	{
		my ($attname, $family, $type) = @$column;
		my $one = "$alias.$attname";
		if ($family eq 'time')
		{
			push @where, _optional_period(\%query, $one, $name eq 'needs' && chance(0.8)) if chance(0.6) || $name eq 'needs';
			next;
		}
		next if $type =~ /^(?:numeric.*|double.*|char.*)$/;
		next unless $sent{$attname} ? chance(0.9) : @where < 2 && chance(0.4);
		push @where, $self->_optional(\%query, $one, $attname, $family eq 'number' ? 'integer' : $type =~ /^varchar/ ? 'text' : $type, $sent{$attname});
	}
	my $joined = chance(0.25);
	if ($joined)
	{
		# A parameter that the other side of a join supplies.
		my $value = _parameter(\%query, 'integer', 0.3);
		$from = "public.stores s JOIN \@$name/*\@ $alias ON $alias.id = s.id";
		push @where, "($value IS NULL OR s.n = $value)";
	}
	else { $from = "\@$name/*\@ $alias" }
	my $text = (chance(0.7) ? "SELECT $stars" : 'SELECT count(*), ' . join(', ', map { "count($alias.$_->[0])" } @{ $relation->{all} })) . " FROM $from"
	  . (@where ? ' WHERE ' . join ' AND ', @where : '');

	# The values of each execution; the first ones are mostly the same.
	my @runs = chance(0.6) ? (0, 0, 0, 0, 0, 0, 0) : chance(0.5) ? (0, 1, 0, 1, 0, 1, 0) : (0, 1, 2, 0, 1, 2, 0);
	my %between = chance(0.4) ? map { 1 + int rand 6 => pick(@settings) } 1 .. 3 : ();
	$query{variants} = [ map { my $set = $_; $bounded ? '' : join('_', grep { $query{compared}[$set]{$_} } $self->sent_order($name)) || 'none' } 0 .. 2 ];
	$query{variants} = [ map { $_ eq join('_', $self->sent_order($name)) ? '' : $_ } @{ $query{variants} } ];
	return (%query, text => $text, mode => 'repeated', function => chance(0.3), runs => \@runs, between => \%between, joined => $joined,
		# The plan alone skips partitions if the values are known.
		steady => !$joined && !%between && !$query{unsteady} && $name !~ /^(?:parts|ranges|by_group)$/);
}

# --- WITH -----------------------------------------------------------------------

sub shape_with
{
	my ($self) = @_;
	my $name = pick(qw(plain many days moments params params listed listed preset needed parts));
	my $how = pick('', '', 'NOT MATERIALIZED ', 'MATERIALIZED ');
	my %sent = $self->sent_columns($name);
	# Either each use compares the parameter columns, or none does.
	my $asked = %sent && ($name eq 'needed' || chance(0.6));
	my $relation = $self->_relation(name => $name, bare => 1, %sent && !$asked ? (variant => 'none') : (all => 1));
	my $own = $relation->{alias};
	my $inside = %sent ? 'true' : $self->_condition([$relation], 0);
	my @columns = grep { $asked || !$sent{ $_->[0] } } @{ $relation->{all} };
	my $list = join ', ', map { $_->[0] } @columns;
	my $with = "WITH c AS $how(SELECT $list FROM $relation->{text} $own WHERE $inside)";
	my ($c, $d) = map { { alias => $_, columns => \@columns } } qw(c d);
	my ($of_c, $of_d) = map { my $use = $_; join ' AND ', ($asked ? map { $self->_binding({ alias => $use->{alias}, constant => 1 }, @$_[ 0, 1 ]) }
		grep { $sent{ $_->[0] } } @columns : ()), $self->_condition([$use], 0) } $c, $d;
	my $kind = int rand 5;

	return (text => "$with SELECT * FROM c WHERE $of_c") if $kind == 0;
	return (text => "$with SELECT * FROM c WHERE $of_c UNION ALL SELECT * FROM c d WHERE $of_d") if $kind == 1;
	return (text => "$with SELECT c.id, d.id FROM c JOIN c d ON d.id = c.id AND $of_d WHERE $of_c") if $kind == 2;
	return (text => "$with SELECT s.id, (SELECT count(*) FROM c WHERE $of_c AND c.id > s.id), EXISTS (SELECT FROM c d WHERE d.id = s.n AND $of_d) FROM stores s") if $kind == 3;
	return (text => "$with, e AS (SELECT id FROM c WHERE $of_c) SELECT e.id, (SELECT count(*) FROM c d WHERE $of_d) FROM e LEFT JOIN stores s ON s.id = e.id");
}

# --- Whole rows -----------------------------------------------------------------

sub shape_rows
{
	my ($self) = @_;
	my $name = pick(qw(plain many days moments wide params listed needed by_group parts));
	my $relation = $self->_relation(name => $name, bare => 1);
	my $t = $relation->{alias};
	my @must = $self->_must({ %$relation, constant => 1 });
	my $from = "$relation->{text} $t";
	my ($column, $family) = $self->_column([$relation]);
	my ($key) = $column =~ /\.(\w+)$/;
	my $constant = $self->_constant_of($family);
	my $where = join ' AND ', @must, chance(0.5) ? $self->_condition([$relation], 0) : ();
	my $and = $where ? " AND $where" : '';
	my $only = $where ? " WHERE $where" : '';
	my $number = pick(1, 2, 3, 5);
	my @kinds = (
		sub { "SELECT $t FROM $from$only" },
		sub { "SELECT ($t).*, $t IS NULL FROM $from$only" },
		sub { "SELECT to_jsonb($t) - 'amount' FROM $from$only" },
		sub { "SELECT to_jsonb($t)->>'$key' FROM $from WHERE to_jsonb($t)->>'id' = '$number'$and" },
		sub { "SELECT $t.id FROM $from WHERE (to_jsonb($t)->>'$key') IS NOT NULL$and" },
		sub { "SELECT $t.id FROM $from WHERE $t = (SELECT u FROM $relation->{text} u WHERE u.id = $number" . ($and =~ s/\b$t\./u./gr) . ' LIMIT 1)' . $and },
		sub { "SELECT $t.id FROM $from WHERE ($t).id = $number$and" },
		sub { "SELECT $t.id FROM $from WHERE $t IS " . pick('NULL', 'NOT NULL') . $and },
		sub { "SELECT count($t), count(DISTINCT $t) FROM $from$only" },
		sub { "SELECT DISTINCT $t FROM $from$only" },
		sub { "SELECT $t, count(*) FROM $from$only GROUP BY $t" },
		sub { "SELECT s.id, $t FROM stores s LEFT JOIN $from ON $t.id = s.id$and" },
		sub { "SELECT s.id, (SELECT array_agg($t ORDER BY $t.id) FROM $from WHERE $t.id < s.id$and) FROM stores s" },
		sub { "SELECT q.r FROM (SELECT $t AS r FROM $from$only OFFSET 0) q WHERE (q.r).id > $number" });
	return (text => pick(@kinds)->());
}

1;
