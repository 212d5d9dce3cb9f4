# The folders of the C code below the current directory, and what its files use of
# each other. Used by check-layers and doc-map.
package Layers;
use strict;
use warnings;
use FindBin;

# The folders of src/ and include/ from top to bottom, and the purpose of each. A
# folder may use those below it.
our @layers = (
	[ sql => 'functions that are called from SQL' ],
	[ planner => 'paths and plans, clauses, estimates' ],
	[ executor => 'scans, batched joins, EXPLAIN, ANALYZE' ],
	[ discovery => 'IMPORT FOREIGN SCHEMA, sampling, type checks' ],
	[ reply => 'replies into rows' ],
	[ net => 'HTTP: sessions, tokens, retries, limits' ],
	[ request => "a query's values into requests" ],
	[ convert => 'fields into Datums, Datums into parameters' ],
	[ catalogue => 'the documented endpoints' ],
	[ options => 'options of servers, tables and columns' ],
	[ base => 'errors, waits, foreign resources, memory' ],
	[ core => 'pure C: no PostgreSQL, no library, no I/O, no allocation' ]);

# The folder of a file; '' for the entry points, which are above all folders.
sub folder
{
	my ($file) = @_;
	return $file =~ m{^(?:src|include)/([^/]+)/} ? $1 : '';
}

# The level of a folder, 0 for the lowest; undef for an unknown folder.
sub rank
{
	my ($folder) = @_;
	return scalar @layers if $folder eq '';
	my ($place) = grep { $layers[$_][0] eq $folder } 0 .. $#layers;
	return defined $place ? $#layers - $place : undef;
}

# The text of each file, without comments and without the contents of literals.
sub read_source
{
	my @files = sort glob '*.c src/*/*.[ch] include/*/*.h';
	my @unknown = grep { !defined rank(folder($_)) } @files;
	die "tools/Layers.pm has no place for @unknown\n" if @unknown;
	my %text;
	open my $lines, '-|', 'awk', '-f', "$FindBin::Bin/strip-c.awk", @files
	  or die "awk: $!\n";
	while (my $line = <$lines>)
	{
		$text{$1} .= "$2\n" if $line =~ /^([^:]+):\d+:(.*)$/;
	}
	close $lines or die "strip-c.awk failed\n";
	return \%text;
}

# The files of the project that a file includes.
sub includes
{
	my ($text, $file) = @_;
	my @found;
	for my $name ($text->{$file} =~ /^\s*#\s*include\s+"([^"]+)"/mg)
	{
		my $beside = $file =~ s{[^/]*$}{}r . $name;
		1 while $beside =~ s{[^/]+/\.\./}{};
		my ($header) = grep { exists $text->{$_} } $beside, "include/$name";
		push @found, $header if defined $header;
	}
	return @found;
}

# The functions and variables dcf_… that a file declares, defines and uses. Static
# ones have no such prefix.
sub names
{
	my ($text, $file) = @_;
	my $rest = $text->{$file};
	my (%declared, %defined, %used);
	while ($rest =~ s/^(?:pg_noreturn )?extern\b([^;{]*);//m)
	{
		$declared{$1} = 1 if $1 =~ /\b(dcf_\w+)/;
	}
	$defined{$_} = 1
	  for $rest =~ /^(dcf_\w+)\s*\([^;{}]*\)\s*\{/mg,
	  $rest =~ /^(?!typedef|static)\w[\w *]*\b(dcf_\w+)(?:\[\w*\])*(?: =|;)/mg;
	$used{$_} = 1 for grep { !$defined{$_} } $rest =~ /\b(dcf_\w+)/g;
	return (\%declared, \%defined, \%used);
}

1;
