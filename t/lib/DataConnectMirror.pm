# The ledger of a sandbox, whose rows change, and a mirror of it. Each state that the
# ledger has had is remembered, so a day in the mirror can be compared with all of them.
#
#	my $mirror = DataConnectMirror->new($dc, zone => 'UTC');
#	$mirror->change(put => [ $mirror->row(1, $mirror->today - 3) ], delete => []);
#	$dc->sql($mirror->source_sql . $mirror->mirror_sql(live => '7 days'));
#	my $days = $mirror->days($session);    # { day since 1970 => its rows as text }
#	$mirror->mismatches($days, $since, $today + 1, sub { $mirror->is_state(@_, $from_version, $to_version) });
#
# Options: type of the column (timestamp, timestamptz, date), zone of the server, source
# (window or parameters), split (the source has this option), shows_version (a column shows
# the version of the ledger: then every reply differs), server, name of the mirror,
# source_name.
package DataConnectMirror;

use strict;
use warnings FATAL => 'all';
use utf8;

use POSIX ();
use Time::Local ();

use constant { DAY => 86400, SHOWN => 3 };

sub new
{
	my ($class, $dc, %option) = @_;
	my $self = bless {
		dc => $dc, type => 'timestamp', zone => 'UTC', source => 'window', server => 'dc',
		name => 'mirror', source_name => 'ledger', shows_version => 0, split => 1, key => '{id}', %option }, $class;

	$self->{rows} = {};       # { id => { day, text and what was sent } }
	$self->{version} = 0;
	$self->{history} = {};    # { day => [ [ version, text ], … ] }
	$self->{day} = {};        # { id => the day on which it was last }
	$self->{moved} = {};      # { id => whether its day has ever changed }
	return $self;
}

sub version { return $_[0]{version} }
sub ids { return sort { $a <=> $b } keys %{ $_[0]{rows} } }
sub day_of { return $_[0]{rows}{ $_[1] }{day} }
sub ids_of { my ($self, $day) = @_; return grep { $self->day_of($_) == $day } $self->ids }

sub date { return POSIX::strftime('%Y-%m-%d', gmtime($_[-1] * DAY)) }

# Today in the zone.
sub today
{
	my ($self, $session) = @_;
	my $sql = "SELECT (now() AT TIME ZONE '$self->{zone}')::date - date '1970-01-01'";
	return $session ? $session->query($sql) : $self->{dc}->sql($sql);
}

# A row with random values on a day: in its middle, at its first or its last moment.
# No time is one that a change to daylight saving time skips.
sub row
{
	my ($self, $id, $day) = @_;
	my $kind = rand;
	my $ms = $kind < 0.1 ? 0 : $kind < 0.2 ? DAY * 1000 - 3 : (4 + int rand 20) * 3_600_000 + int rand 3_600_000;
	return {
		Id => $id, StoreID => 1 + int rand 5, DateCreated => _time($day, $ms),
		Amount => sprintf('%.2f', rand 1000),
		Note => (undef, '', 'null', "it's \"q\"", 'é, ü|')[ int rand 5 ] };
}

sub _time
{
	my ($day, $ms) = @_;
	return sprintf '%sT%02d:%02d:%02d.%03d', date($day), $ms / 3_600_000, $ms / 60_000 % 60, $ms / 1000 % 60, $ms % 1000;
}

# Change the ledger, at one moment.
sub change
{
	my ($self, %change) = @_;
	my %touched;

	$self->{dc}->control('POST', 'ledger', { put => $change{put} || [], delete => $change{delete} || [] });
	$self->{version}++;
	for my $row (@{ $change{put} || [] })
	{
		my $id = $row->{Id};
		$touched{ $self->day_of($id) } = 1 if $self->{rows}{$id};
		my ($day, $text) = $self->_shown($row);
		$self->{moved}{$id} = 1 if ($self->{day}{$id} // $day) != $day;
		$self->{day}{$id} = $day;
		$self->{rows}{$id} = { day => $day, text => $text, sent => $row };
		$touched{$day} = 1;
	}
	for my $id (@{ $change{delete} || [] })
	{
		$touched{ (delete $self->{rows}{$id})->{day} } = 1;
	}
	for my $day (keys %touched)
	{
		push @{ $self->{history}{$day} }, [ $self->{version}, $self->text($day) ];
	}
	return;
}

# A row as SQL shows it (see row_text), and its day.
sub _shown
{
	my ($self, $row) = @_;
	my ($date, $time) = split /T/, $row->{DateCreated};
	my ($year, $month, $day) = split /-/, $date;
	$time = '00:00:00.000' if $self->{type} eq 'date';
	my $number = Time::Local::timegm(0, 0, 12, $day, $month - 1, $year) / DAY;
	my $text = join '|', $row->{Id}, $row->{StoreID}, "$date $time", sprintf('%.4f', $row->{Amount}), $row->{Note} // '~';
	utf8::encode($text);
	return (int $number, $text);
}

# What the rows of a day were at some moment between two versions.
sub states
{
	my ($self, $day, $from, $to) = @_;
	my $first = '';
	my @later;
	for my $state (@{ $self->{history}{$day} || [] })
	{
		my ($version, $text) = @$state;
		$first = $text if $version <= $from;
		push @later, $text if $version > $from && $version <= $to;
	}
	return ($first, @later);
}

sub is_state
{
	my ($self, $day, $text, $from, $to) = @_;
	return scalar grep { $_ eq $text } $self->states($day, $from, $to);
}

# Whether a text is one of these, but for rows that have moved to another day since: a
# mirror with a key drops them once it has read that day.
sub is_but_for_moved
{
	my ($self, $text, @states) = @_;
	return 1 if grep { $_ eq $text } @states;
	return 0 if !$self->{key};
	my %here = map { $_ => 1 } split /\n/, $text;
	for my $state (@states)
	{
		my @kept = grep { $here{$_} || !$self->{moved}{ (split /\|/)[0] } } split /\n/, $state;
		return 1 if $text eq join "\n", @kept;
	}
	return 0;
}

# The rows of a day as they are now, as text.
sub text
{
	my ($self, $day) = @_;
	return join "\n", map { $self->{rows}{$_}{text} } $self->ids_of($day);
}

# --- SQL -------------------------------------------------------------------

sub source_sql
{
	my ($self) = @_;
	my $by = "date_created $self->{type} OPTIONS (name 'DateCreated'";
	my @columns = (
		"id integer OPTIONS (name 'Id')", "store_id integer OPTIONS (name 'StoreID', param 'StoreIDs', list 'true')",
		"amount numeric(19,4) OPTIONS (name 'Amount')", "note text OPTIONS (name 'Note')");
	push @columns, "version integer OPTIONS (name 'AsOf')" if $self->{shows_version};
	push @columns, $self->{source} eq 'window'
	  ? "$by, param_from 'StartDate', param_to 'StopDate', required 'true')"
	  : ("$by)", map { "$_ timestamp OPTIONS (param '" . ($_ eq 'start_date' ? 'StartDate' : 'StopDate') . "', required 'true')" }
		  qw(start_date stop_date));
	return "CREATE FOREIGN TABLE $self->{source_name} (" . join(', ', @columns)
	  . ") SERVER $self->{server} OPTIONS (endpoint '/test/ledger', params 'Zone=$self->{zone}'"
	  . ($self->{source} eq 'window' && $self->{split} ? ", split 'date_created'" : '') . ');';
}

# The call that makes the mirror; arguments as texts.
sub mirror_sql
{
	my ($self, %argument) = @_;
	$argument{key} //= $self->{key} if $self->{key};
	return "SELECT dataconnect_mirror('$self->{source_name}', target => '$self->{name}', by => 'date_created'"
	  . join('', map { ", $_ => '$argument{$_}'" } sort keys %argument) . ');';
}

# The local time of a row's moment.
sub local_sql
{
	my ($self) = @_;
	return {
		timestamp => 'date_created', date => 'date_created::timestamp',
		timestamptz => "(date_created AT TIME ZONE '$self->{zone}')" }->{ $self->{type} };
}

sub row_text
{
	my ($self) = @_;
	return "concat_ws('|', id, store_id, to_char(" . $self->local_sql
	  . ", 'YYYY-MM-DD HH24:MI:SS.MS'), to_char(amount, 'FM999999990.0000'), coalesce(note, '~'))";
}

# A query with one row, which parse() reads. Characters that are in no row separate rows,
# days and versions.
sub days_sql
{
	my ($self, $where) = @_;
	my $version = $self->{shows_version} ? "concat(min(version), '-', max(version))" : "'-'";
	return "SELECT coalesce(string_agg(concat_ws(chr(2), day, rows, versions), chr(3)), '') FROM (
		SELECT @{[ $self->local_sql ]}::date - date '1970-01-01' AS day, $version AS versions,
			string_agg(@{[ $self->row_text ]}, chr(1) ORDER BY id) AS rows
		  FROM $self->{name} @{[ $where || '' ]} GROUP BY 1) x";
}

# The rows of each day in such a line. Rows of several replies on a day are none of the
# service's states.
sub parse
{
	my ($self, $line) = @_;
	my %days;
	for my $day (split /\x03/, $line)
	{
		my ($number, $rows, $versions) = split /\x02/, $day;
		my ($min, $max) = split /-/, $versions;
		$rows =~ tr/\x01/\n/;
		$rows = "versions $versions" if ($min // '') ne ($max // '');
		$days{$number} = $rows;
	}
	return \%days;
}

sub days
{
	my ($self, $session, $where) = @_;
	return $self->parse($session->query($self->days_sql($where)));
}

# What is wrong with the days of a mirror: a text, '' if nothing. $is_right is called with a
# day and its text. There are no rows before the first day, and from the last one on.
sub mismatches
{
	my ($self, $days, $from, $to, $is_right) = @_;
	my @wrong;
	my %all = map { $_ => 1 } keys %$days, keys %{ $self->{history} };
	for my $day (sort { $a <=> $b } keys %all)
	{
		my $text = $days->{$day} // '';
		next if $day < $from || $day >= $to ? $text eq '' : $is_right->($day, $text);
		push @wrong, 'on ' . date($day) . " there is\n$text\nand in the ledger\n" . $self->text($day);
	}
	my $number = @wrong;
	splice @wrong, SHOWN, $number, 'and on other days' if $number > SHOWN;
	return join "\n", @wrong;
}

1;
