# Runs queries on foreign and on local tables, and compares the results. See
# DataConnectQueries for the queries.
#
#	my $judge = DataConnectJudge->new($dc, $queries);
#	my @mismatches = $judge->ask($seed, $first, $last);    # by numbers
#	my $mismatch = $judge->compare($query);                # or undef
#	diag($judge->explain($mismatches[0]));
#	$judge->{count}{compared}
package DataConnectJudge;

use strict;
use warnings FATAL => 'all';

use PostgreSQL::Test::Utils ();

# Number of queries in a row that share their settings.
use constant BLOCK => 20;

sub new
{
	my ($class, $dc, $queries) = @_;
	my $self = bless { dc => $dc, queries => $queries, count => {} }, $class;

	$self->{count}{$_} = 0 for qw(asked compared refused invalid slow with_rows rows);
	$self->{shapes} = {};
	$self->{file} = PostgreSQL::Test::Utils::tempdir() . '/batch.sql';
	return $self;
}

sub session
{
	my ($self) = @_;
	return $self->{session} ||= do
	{
		my $session = $self->{dc}->session;
		$session->query(q{\pset null (null)});
		$session;
	};
}

# Run each query both ways, and return those that differ: hashes with the query and
# both results.
sub ask
{
	my ($self, $seed, $first, $last) = @_;
	my @mismatches;

	while ($first <= $last)
	{
		my $block = int($first / BLOCK);
		my $end = ($block + 1) * BLOCK - 1;
		$end = $last if $end > $last;
		push @mismatches, $self->_ask_block($seed, $block,
			map { $self->{queries}->query($seed, $_) } $first .. $end);
		$first = $end + 1;
	}
	return @mismatches;
}

# Compare one query, which need not be random, with the present settings.
sub compare
{
	my ($self, $query) = @_;
	my %case = (query => $query, settings => [], %{ ($self->_run([], $query))[0] });
	return $self->_verdict(\%case) eq 'mismatch' ? \%case : undef;
}

sub _ask_block
{
	my ($self, $seed, $block, @queries) = @_;
	my @settings = $self->{queries}->settings($seed, $block);
	my @answers = $self->_run(\@settings, @queries);
	my @mismatches;

	for my $i (0 .. $#queries)
	{
		my %case = (query => $queries[$i], settings => \@settings, %{ $answers[$i] });
		my $verdict = $self->_verdict(\%case);
		$self->{count}{asked}++;
		$self->{count}{$verdict}++;
		$self->{shapes}{ $queries[$i]{shape} }{$_}++ for 'asked', $verdict;
		push @mismatches, \%case if $verdict eq 'mismatch';
		$self->{count}{"refused $case{far}{state}"}++ if $verdict eq 'refused';
		push @{ $self->{invalid} }, \%case if $verdict eq 'invalid' && $self->{count}{invalid} <= 5;
		next if $verdict ne 'compared';
		$self->{count}{with_rows}++ if @{ $case{near}{rows} };
		$self->{count}{rows} += @{ $case{near}{rows} };
	}
	return @mismatches;
}

# The number of queries of each kind.
sub summary
{
	my ($self) = @_;
	return join ', ', map { "$self->{count}{$_} $_" } sort keys %{ $self->{count} };
}

# For each shape, the number of queries that were compared, and the results of the
# others.
sub shares
{
	my ($self) = @_;
	my @lines;

	for my $name (sort keys %{ $self->{shapes} })
	{
		my %of = %{ $self->{shapes}{$name} };
		my $asked = delete $of{asked};
		push @lines, "$name: $asked asked, " . join ', ', map { sprintf '%d %s (%.0f %%)', $of{$_}, $_, 100 * $of{$_} / $asked } sort keys %of;
	}
	return @lines;
}

# The part of a shape's queries that the extension refused.
sub refused
{
	my ($self, $name) = @_;
	my $of = $self->{shapes}{$name} or return 0;
	return ($of->{refused} || 0) / $of->{asked};
}

# Queries that PostgreSQL itself refused, with its message.
sub invalid
{
	my ($self) = @_;
	return map { $self->_messages($_) } @{ $self->{invalid} || [] };
}

sub _messages
{
	my ($self, $case) = @_;
	$self->_run($case->{settings}, $case->{query});
	return join "\n", $self->{queries}->statements($case->{query}, 'near'),
	  grep { /ERROR|FATAL/ } split /\n/, $self->{messages};
}

sub _verdict
{
	my ($self, $case) = @_;
	my ($far, $near) = @$case{qw(far near)};
	my %refusals = $self->{queries}->refusals($case->{query});

	return 'mismatch' if $far->{state} eq 'lost' || $near->{state} eq 'lost';
	return _verdict_of_runs($case, \%refusals) if $case->{query}{mode} eq 'repeated';
	return 'slow' if $far->{state} eq '57014' || $near->{state} eq '57014';
	return $far->{state} eq $near->{state} || $refusals{ $far->{state} } ? 'invalid' : 'mismatch'
	  if $near->{state} ne '00000';
	return $refusals{ $far->{state} } ? 'refused' : 'mismatch' if $far->{state} ne '00000';
	return join("\n", @{ $far->{rows} }) eq join("\n", @{ $near->{rows} }) ? 'compared' : 'mismatch';
}

# Check a statement that was executed several times: with the same values it returns
# the same rows each time, or is refused. It also sends the same requests, if those
# depend on its values alone.
sub _verdict_of_runs
{
	my ($case, $refusals) = @_;
	my $query = $case->{query};
	my (%first, $compared);

	for my $run (0 .. $#{ $query->{runs} })
	{
		my ($far, $near) = map { $case->{$_}{runs}[$run] } qw(far near);
		my $set = join ', ', @{ $query->{sets}[ $query->{runs}[$run] ] };
		my $refused = $refusals->{ $far->{state} } || 0;

		return 'slow' if $far->{state} eq '57014' || $near->{state} eq '57014';
		$case->{why} = 'execution ' . ($run + 1) . " ($set)";
		$first{$set} = { refused => $refused, requests => $far->{requests} } unless $first{$set};
		return $far->{state} eq $near->{state} || $refused ? 'invalid' : 'mismatch' if $near->{state} ne '00000';
		return 'mismatch' if $far->{state} ne '00000' && !$refused;
		# If the other side of a join has no row, or no row can match, a scan may not
		# run at all.
		my $nothing = $query->{nothing}[ $query->{runs}[$run] ];
		return 'mismatch' if $refused != $first{$set}{refused} && !$query->{joined} && !$nothing;
		next if $refused;
		return 'mismatch' if join("\n", @{ $far->{rows} }) ne join("\n", @{ $near->{rows} });
		$case->{why} .= ", requests: $far->{requests}; at first: $first{$set}{requests}";
		my $sent_both = $far->{requests} ne '' && $first{$set}{requests} ne '';
		return 'mismatch' if $query->{steady} && $far->{requests} ne $first{$set}{requests} && ($sent_both || !$nothing);
		$compared++;
	}
	delete $case->{why};
	return $compared ? 'compared' : 'refused';
}

# Return { far => { rows => [sorted lines], state => SQLSTATE }, near => … } for each
# query; the state is 'lost' if the session ended. A repeated query also has runs: [ {
# rows, state, requests }, … ].
sub _run
{
	my ($self, $settings, @queries) = @_;
	my $script = join '', map { "$_;\n" } @$settings;
	my @answers = map { { far => { rows => [], state => 'lost' }, near => { rows => [], state => 'lost' } } } @queries;

	for my $i (0 .. $#queries)
	{
		for my $schema (qw(far near))
		{
			for my $statement ($self->{queries}->statements($queries[$i], $schema))
			{
				my ($run) = $statement =~ m{^/\*run (\d+)\*/};
				my $here = defined $run ? " $run" : '';
				$script .= _mark($i, $run) if $here && $schema eq 'far';
				$script .= $self->_send($statement) . "\\echo \@\@ $i $schema :state$here\n";
			}
			$script .= _mark($i, 'end') if $queries[$i]{steady} && $schema eq 'far';
			$script .= "ROLLBACK;\nDEALLOCATE ALL;\nCLOSE ALL;\n\\echo \@\@end\n";
			$script .= join '', map { "$_;\n" } grep { /^(?:SET|RESET) / } @$settings if %{ $queries[$i]{between} || {} };
		}
	}
	open my $file, '>', $self->{file} or die "$self->{file}: $!\n";
	print {$file} $script;
	close $file or die "$self->{file}: $!\n";
	my $steady = grep { $_->{steady} } @queries;
	$self->{dc}->clear_log if $steady;
	my $result = $self->session->attempt("\\i $self->{file}");

	my @rows;
	for my $line (split /\n/, $result->{out})
	{
		if ($line =~ /^\@\@ (\d+) (\w+) (\w+)(?: (\d+))?$/)
		{
			my ($answer, $state) = ($answers[$1]{$2}, $3);
			$answer->{runs}[$4] = { rows => [ sort @rows ], state => $state, requests => '' } if defined $4;
			push @{ $answer->{rows} }, @rows;
			$answer->{state} = $state if $answer->{state} =~ /^(lost|00000)$/;
			@rows = ();
		}
		elsif ($line eq '@@end') { @rows = () }
		else { push @rows, $line }
	}
	for my $answer (map { @$_{qw(far near)} } @answers)
	{
		$answer->{rows} = [ sort @{ $answer->{rows} } ];
	}
	$self->{messages} = $result->{err};
	$self->_assign_requests(\@answers) if $steady;
	delete $self->{session} if grep { $_->{near}{state} eq 'lost' } @answers;
	return @answers;
}

# Lines for psql that run a statement and leave its SQLSTATE in "state". psql does not
# report an error during COPY, so its output goes to a file.
sub _send
{
	my ($self, $statement) = @_;
	my $copied = "$self->{file}.copied";
	return "$statement;\n\\set state :SQLSTATE\n" if $statement !~ s/ TO STDOUT$/ TO '$copied'/;
	return "\\! rm -f '$copied'\n$statement;\n\\set state :SQLSTATE\n\\! cat '$copied'\n";
}

# Find the requests between marks, which are requests themselves.
sub _mark
{
	my ($number, $run) = @_;
	my $mark = 1_000_000 + $number * 100 + ($run eq 'end' ? 99 : $run);
	return "SELECT FROM far.plain WHERE num = $mark;\n";
}

sub _assign_requests
{
	my ($self, $answers) = @_;
	my $run;
	my %requests;

	for my $entry (@{ $self->{dc}->log })
	{
		if ($entry->{Params} =~ /\bNum=1(\d{4})(\d\d)\b/)
		{
			$run = $2 == 99 ? undef : $answers->[$1]{far}{runs}[$2];
			$requests{$run} = [] if $run;
		}
		elsif ($run)
		{
			push @{ $requests{$run} }, $entry->{Params};
			$run->{requests} = join ' | ', sort @{ $requests{$run} };
		}
	}
	return;
}

# Remove conditions and settings from a query as long as the results differ, for at
# most a minute.
sub reduce
{
	my ($self, $case) = @_;
	my $changed = 1;
	my $end = time + 60;

	while ($changed)
	{
		$changed = 0;
		my @simpler = $self->{queries}->reduced($case->{query});
		for my $query (@simpler)
		{
			return $case if time > $end;
			my %one = (%$case, query => $query, %{ ($self->_run($case->{settings}, $query))[0] });
			next if $self->_verdict(\%one) ne 'mismatch';
			$case = \%one;
			$changed = 1;
			last;
		}
	}
	for my $i (reverse 0 .. $#{ $case->{settings} })
	{
		next if $case->{settings}[$i] =~ /^RESET ALL/;
		return $case if time > $end;
		my @fewer = @{ $case->{settings} };
		splice @fewer, $i, 1;
		my %one = (%$case, settings => \@fewer, %{ ($self->_run(\@fewer, $case->{query}))[0] });
		$case = \%one if $self->_verdict(\%one) eq 'mismatch';
	}
	return $case;
}

# Everything known about a mismatch, as text.
sub explain
{
	my ($self, $case) = @_;
	my $query = $case->{query};
	my $again = $self->reduce($case);
	my $text = "seed $query->{seed}, query $query->{number} ($query->{shape}, $query->{mode}, $query->{generic})\n";

	for my $one ($case, $again == $case ? () : $again)
	{
		$text .= "\n" . ($one == $case ? 'As it came:' : 'With less:') . "\n";
		$text .= join '', map { "    $_;\n" } @{ $one->{settings} } if $one == $again;
		$text .= join '', map { "    $_;\n" } $self->{queries}->statements($one->{query}, 'far');
		$text .= "    $one->{why}\n" if $one->{why};
		$text .= _difference($one);
	}
	$self->{dc}->clear_log;
	$self->_run($again->{settings}, $again->{query});
	$text .= "Messages:\n$self->{messages}\n" if $self->{messages};
	my @log = @{ $self->{dc}->log };
	$text .= "The service was asked " . @log . " times:\n" . join '', map { "    $_->{Status} $_->{Params}\n" } grep { defined } @log[ 0 .. ($#log > 30 ? 30 : $#log) ];
	if ($again->{query}{mode} eq 'plain')
	{
		my ($statement) = $self->{queries}->statements($again->{query}, 'far');
		my $plan = $self->session->attempt(join ";\n", @{ $again->{settings} }, "EXPLAIN (VERBOSE, COSTS OFF) $statement");
		$text .= "$plan->{out}\n$plan->{err}\n";
	}
	return $text;
}

sub _difference
{
	my ($case) = @_;
	my ($far, $near) = @$case{qw(far near)};
	my %more;

	$more{$_}++ for @{ $far->{rows} };
	$more{$_}-- for @{ $near->{rows} };
	my @different = grep { $more{$_} != 0 } sort keys %more;
	my $text = sprintf "    far: %s, %d lines; near: %s, %d lines\n", $far->{state}, scalar @{ $far->{rows} }, $near->{state}, scalar @{ $near->{rows} };
	$text .= join '', map { sprintf "    %s %s\n", ($more{$_} > 0 ? "far +$more{$_}" : 'near +' . -$more{$_}), $_ } @different[ 0 .. ($#different > 20 ? 20 : $#different) ];
	return $text;
}

1;
