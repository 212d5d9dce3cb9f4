# A long reply that is cut short, after any byte of its end, is an error and never a
# result, whether a thread decompresses it, reads its records, or neither.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";

use Compress::Zlib ();
use DataConnectCuts qw(make_cut_servers outcomes);
use DataConnectTest;
use MIME::Base64 qw(encode_base64);
use Test::More;

use constant RECORDS => 15_000;    # 1.4 MB and more
use constant COLUMNS => 12;
use constant CUTS => 100;          # about one record and the end of the reply

my $dc = DataConnectTest->new;
my $session = $dc->session;
make_cut_servers($dc, $session);

# All records are alike but the last ones, so that gzip's last bytes are those of few
# records.
srand 86;
my @names = map { "c$_" } 1 .. COLUMNS;
my @records = map {
	my $id = $_;
	[ map { $id < RECORDS - 20 ? 1_000_000 + $_ : int rand 10_000_000 } 1 .. COLUMNS ]
} 1 .. RECORDS;
my %document = (
	json => '[' . join(',', map { my $r = $_; '{' . join(',', map { qq("$names[$_]":$r->[$_]) } 0 .. $#names) . '}' } @records) . ']',
	csv => join("\r\n", join(',', @names), map { join ',', @$_ } @records) . "\r\n",
	xml => '<Table>' . join('', map { my $r = $_; '<Record>' . join('', map { "<$names[$_]>$r->[$_]</$names[$_]>" } 0 .. $#names) . '</Record>' } @records) . '</Table>');
my $sum = 0;
for my $record (@records) { $sum += $_ for @$record }
my $whole = RECORDS . " $sum";
my $query = q{SELECT concat(count(*), ' ', sum(} . join(' + ', map { "$_\::bigint" } @names) . ')) FROM ';

for my $format (sort keys %document)
{
	$dc->document("/test/$format", $document{$format});
	for my $server (qw(plain packed))
	{
		$session->query("CREATE FOREIGN TABLE ${format}_$server (" . join(', ', map { "$_ integer" } @names)
			  . ") SERVER $server OPTIONS (endpoint '/test/$format', format '$format')");
	}
}

sub plan_of
{
	my ($table) = @_;
	return $session->query('EXPLAIN (ANALYZE, VERBOSE, COSTS OFF) ' . $query . $table);
}

# The thread begins after 1 MB, of a reply of which more is to come.
sub plan_in_two_parts
{
	my ($table) = @_;
	$dc->fault({ hold_after => { bytes => 1_100_000 } });
	$session->send('EXPLAIN (ANALYZE, VERBOSE, COSTS OFF) ' . $query . $table);
	$dc->wait(held => 1);
	$dc->wait_until_it_waits($session->pid, 'Reply');
	$dc->release;
	my $plan = $session->finish->{out};
	$dc->clear_faults;
	return $plan;
}

# The last bytes of something so long, from which on it is cut.
sub ends { my ($length) = @_; return $length - CUTS .. $length - 1 }

# Cuts of a reply: by the connection's end; of the document, in a complete transfer; of
# the compressed stream.
sub faults
{
	my ($format, $table, $how) = @_;
	my $document = $document{$format};
	return map { { raw => encode_base64(Compress::Zlib::memGzip(substr $document, 0, $_), ''),
			headers => { 'Content-Encoding' => 'gzip' } } } ends(length $document)
	  if $how eq 'document';
	my ($length) = plan_of($table) =~ /Bytes Received: (\d+)/;
	return map { { cut => { how => $how, after => $_ } } } ends($length);
}

my %mode = (
	'no thread' => [qw(off off)],
	'decompressed in the thread' => [qw(on off)],
	'read in the thread' => [qw(on on)]);

for my $format (sort keys %document)
{
	my %reference;
	for my $mode ('no thread', 'decompressed in the thread', 'read in the thread')
	{
		# Records of XML are not read there.
		next if $format eq 'xml' && $mode eq 'read in the thread';
		my ($inflate, $read) = @{ $mode{$mode} };
		$session->query("SET dataconnect_fdw.inflate_in_thread = $inflate; SET dataconnect_fdw.read_in_thread = $read");
		for my $table ("${format}_plain", "${format}_packed")
		{
			my $name = "$table, $mode";
			is_deeply([ outcomes($dc, $session, $query . $table, {}) ], [$whole], "$name: whole, it is right");
			my $packed = $table =~ /packed/;
			if ($read eq 'on')
			{
				like($packed ? plan_of($table) : plan_in_two_parts($table), qr/Records Read in Thread: [1-9]/,
					"$name: it is");
			}
			for my $how ($packed ? qw(gzip document) : qw(short_length truncate))
			{
				my @faults = faults($format, $table, $how);
				my @outcomes = outcomes($dc, $session, $query . $table, @faults);
				is(scalar @outcomes, scalar @faults, "$name, $how: so many cuts");
				is(scalar @{ $dc->log }, scalar @faults, "$name, $how: each of one request");
				# CSV that ends with a record is complete for all that it shows.
				my $may_be_whole = $format eq 'csv' && $how =~ /^(?:document|truncate)$/;
				my @bad = grep { $outcomes[$_] ne 'HV00M' && !$may_be_whole } 0 .. $#outcomes;
				is_deeply([ map { "$_: $outcomes[$_]" } @bad ], [], "$name, $how: each is an error");
				$reference{ $packed, $how } ||= \@outcomes;
				is_deeply(\@outcomes, $reference{ $packed, $how }, "$name, $how: as without a thread");
			}
		}
	}
}
is_deeply([ outcomes($dc, $session, $query . 'json_packed', {}) ], [$whole], 'after all that it is right');
$session->quit;

done_testing();
