# A long compressed reply is decompressed in a thread. Rows and errors are the same as
# without the thread, and the thread ends with the reply.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";

use Compress::Zlib ();
use Digest::MD5 qw(md5_hex);
use IO::Compress::Deflate qw(deflate);
use IO::Compress::RawDeflate qw(rawdeflate);
use MIME::Base64 qw(encode_base64);

use DataConnectTest;
use Test::More;

use constant RECORDS => 40_000;
use constant MARGIN => 64 * 1024;    # DCF_INFLATE_THREAD_MARGIN in include/net/inflate_thread.h

my $dc = DataConnectTest->new;
$dc->make_server('dc', max_retries => 0, max_record_size => '1MB');
$dc->sql(q{CREATE FOREIGN TABLE t (id integer OPTIONS (name 'Id'),
	name text OPTIONS (name 'Name'))
	SERVER dc OPTIONS (endpoint '/test/sales')});

# Some MB, with records shorter and longer than the margin in front of a piece.
my %long = (30_000 => MARGIN - 100, 31_000 => MARGIN + 100, 32_000 => 900_000, 32_001 => 900_000);
my @names = map { join ' ', 'name', map { $_ * 7919 % 100_003 } $_ .. $_ + 9 } 1 .. RECORDS;
$names[$_] = 'long' x ($long{$_} / 4) for keys %long;
my $plain = '['
  . join(',', map { qq({"Id":$_,"Name":"$names[$_ - 1]"}) } 1 .. RECORDS) . ']';
my $whole = join '|', RECORDS, md5_hex(join ',', @names);
my %packed = (gzip => Compress::Zlib::memGzip($plain));
deflate(\$plain => \$packed{zlib}) or die "cannot compress\n";
rawdeflate(\$plain => \$packed{raw}) or die "cannot compress\n";
$packed{members} = join '', map { Compress::Zlib::memGzip($_) }
  unpack '(a700000)*', $plain;

sub offer
{
	my ($packing, $bytes, $length) = @_;
	my $coding = $packing =~ /gzip|members/ ? 'gzip' : 'deflate';
	my $head = join "\r\n", 'HTTP/1.1 200 OK', 'Content-Type: application/json',
	  "Content-Encoding: $coding", 'Content-Length: ' . ($length // length $bytes),
	  '', '';
	$dc->fault({ raw_reply => encode_base64($head . $bytes, '') });
	return;
}

sub outcome
{
	my ($session) = @_;
	$session->send(q{SELECT count(*), md5(string_agg(name, ',' ORDER BY id)) FROM t});
	my $result = $session->finish;
	return $result->{out} if $result->{err} eq '';
	return $result->{err} =~ /ERROR:  (\w{5}): (.*)/ ? "$1 $2" : $result->{err};
}

# The number of the backend's threads.
sub threads
{
	my ($session) = @_;
	my $pid = $session->pid;
	return scalar(() = glob "/proc/$pid/task/*");
}

my $session = $dc->session;
my ($built_with) = $session->query('SELECT dataconnect_version()') =~ /(ISA-L|zlib)/;
for my $library ($built_with eq 'ISA-L' ? qw(isa-l zlib) : qw(zlib))
{
	$session->query("SET dataconnect_fdw.inflate_library = '$library'");
	for my $thread (qw(on off))
	{
		$session->query("SET dataconnect_fdw.inflate_in_thread = $thread");
		for my $packing (sort keys %packed)
		{
			offer($packing, $packed{$packing});
			is(outcome($session), $whole, "$library, thread $thread, $packing: all rows");
		}
	}

	# Cut while the thread works, within the compressed stream and in transit.
	$session->query('SET dataconnect_fdw.inflate_in_thread = on');
	for my $packing (sort keys %packed)
	{
		my $length = length $packed{$packing};
		for my $at (int($length * 0.6), int($length * 0.9), $length - 1)
		{
			my $cut = substr $packed{$packing}, 0, $at;
			offer($packing, $cut);
			is(outcome($session), 'HV00M reply from the service was cut short',
				"$library, $packing cut at $at of $length");
			offer($packing, $cut, $length);
			is(outcome($session), 'HV00M reply from the service was cut short',
				"$library, $packing ends at $at of $length");
		}
		next if $packing eq 'raw';    # raw deflate has no check sum
		my $damaged = $packed{$packing};
		substr($damaged, int($length * 0.8), 1) ^= "\x10";
		offer($packing, $damaged);
		like(outcome($session), qr/^HV00M /, "$library, $packing damaged");
	}
	offer('gzip', Compress::Zlib::memGzip(substr $plain, 0, int(length($plain) * 0.8)));
	is(outcome($session), 'HV00M reply for foreign table "t" was cut short',
		"$library, a document cut before it was compressed");
}

# Longer than max_record_size.
my $too_long = $plain;
$too_long =~ s/(?<="Id":35000,"Name":")/'x' x (1024 * 1024)/e or die;
offer('gzip', Compress::Zlib::memGzip($too_long));
is(outcome($session), q{54000 record in the service's reply is too long}, 'a record too long');

# There is a thread only for a long compressed reply, and only as long as it is read.
for my $thread (qw(off on))
{
	my $alone = threads($session);
	offer('gzip', $packed{gzip});
	$session->query("SET dataconnect_fdw.inflate_in_thread = $thread;
		BEGIN; DECLARE c CURSOR FOR SELECT * FROM t");
	$session->query('MOVE 10 FROM c');
	is(threads($session) - $alone, 0, "$thread: no thread for the start of a reply");
	$session->query('MOVE 25000 FROM c');
	is(threads($session) - $alone, $thread eq 'on' ? 1 : 0, "$thread: so many threads");
	$session->query('CLOSE c; COMMIT');
	is(threads($session), $alone, "$thread: none is left after a cursor");
}

# Several requests at once have a thread each; after an error all have ended.
my $alone = threads($session);
offer('gzip', $packed{gzip});
$session->query('BEGIN; DECLARE a CURSOR FOR SELECT * FROM t; MOVE 25000 FROM a');
offer('members', $packed{members});
$session->query('DECLARE b CURSOR FOR SELECT * FROM t; MOVE 25000 FROM b');
is(threads($session) - $alone, 2, 'two scans, two threads');
is($session->query('FETCH 1 FROM a'), '25001|' . $names[25_000], 'one goes on');
is($session->query('FETCH 1 FROM b'), '25001|' . $names[25_000], 'so does the other');
$session->send('SELECT 1 / 0');
$session->finish;
$session->query('ROLLBACK');
is(threads($session), $alone, 'no thread is left after an error');

# The service sends nothing more: the thread waits, and a cancel ends both.
$dc->make_rows_table('rows', 'dc');
$dc->fault({ hold_after => { bytes => 400_000 } });
$session->query('BEGIN; DECLARE c CURSOR FOR SELECT name FROM rows WHERE n = 200000; MOVE 25000 FROM c');
$dc->wait(held => 1);
is(threads($session) - $alone, 1, 'a thread at work on what came');
$session->send('MOVE ALL FROM c');
$dc->wait_until_it_waits($session->pid, 'Reply');
$dc->sql('SELECT pg_cancel_backend(' . $session->pid . ')');
like($session->finish->{err}, qr/57014/, 'a cancel while the service stands still');
$session->query('ROLLBACK');
is(threads($session), $alone, 'no thread is left after a cancel');
$dc->release;

# Terminating a backend that has a thread harms no other backend.
my $other = $dc->session;
offer('gzip', $packed{gzip});
$other->query('BEGIN; DECLARE a CURSOR FOR SELECT * FROM t; MOVE 25000 FROM a');
my $pid = $other->pid;
is($session->query("SELECT pg_terminate_backend($pid, 10000)"), 't', 'terminated');
offer('gzip', $packed{gzip});
is(outcome($session), $whole, 'the other sessions go on');

$session->quit;
done_testing();
