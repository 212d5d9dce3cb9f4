# A compressed reply that ends exactly where its buffer is full is complete. One that
# is cut there is not.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";

use Compress::Zlib ();
use IO::Compress::Deflate qw(deflate);
use IO::Compress::Gzip qw(gzip);
use IO::Compress::RawDeflate qw(rawdeflate);
use MIME::Base64 qw(encode_base64);

use DataConnectTest;
use Test::More;

use constant BUFFER => 256 * 1024;    # FIRST_WINDOW in src/net/http_begin.c

my $dc = DataConnectTest->new;
$dc->make_server('dc');
$dc->sql(q{CREATE FOREIGN TABLE t (id integer OPTIONS (name 'Id'),
	name text OPTIONS (name 'Name'))
	SERVER dc OPTIONS (endpoint '/test/sales')});
my $session = $dc->session;

# A reply of $size bytes with one record.
sub reply_of
{
	my ($size) = @_;
	my ($start, $end) = ('[{"Id":1,"Name":"', '"}]');
	return $start . 'x' x ($size - length($start . $end)) . $end;
}

# The result of a query for which the service sends these bytes.
sub read_reply
{
	my ($coding, $bytes) = @_;
	my $head = join "\r\n", 'HTTP/1.1 200 OK',
	  'Content-Type: application/json', "Content-Encoding: $coding",
	  'Content-Length: ' . length $bytes, '', '';
	$dc->fault({ raw_reply => encode_base64($head . $bytes, '') });
	$session->send('SELECT id, length(name) FROM t');
	my $result = $session->finish;
	return { map { $_ => $result->{$_} } qw(out err) };
}

my @codings = (
	[ 'gzip', 'gzip', \&gzip ],
	[ 'deflate', 'deflate', \&deflate ],
	[ 'deflate without wrapper', 'deflate', \&rawdeflate ]);

# Both decompression libraries, if the extension was built with both.
my ($built_with) = $session->query('SELECT dataconnect_version()') =~ /(ISA-L|zlib)/;
for my $library ($built_with eq 'ISA-L' ? qw(isa-l zlib) : qw(zlib))
{
	$session->query("SET dataconnect_fdw.inflate_library = '$library'");
	for my $size (BUFFER - 1, BUFFER, BUFFER + 1)
	{
		my $plain = reply_of($size);
		my $length = $size - length(reply_of(20));
		for my $case (@codings)
		{
			my ($name, $coding, $compress) = @$case;
			my $packed;
			$compress->(\$plain => \$packed) or die "cannot compress\n";
			is_deeply(
				read_reply($coding, $packed),
				{ out => '1|' . $length, err => '' },
				"$library: $size bytes as $name");

			# Without its last byte the reply is incomplete.
			like(
				read_reply($coding, substr($packed, 0, -1))->{err},
				qr/^.*ERROR:  HV00M: reply from the service was cut short/m,
				"$library: $size bytes as $name, cut");
			like(
				read_reply($coding, $packed . 'x')->{err},
				qr/^.*ERROR:  HV00M: invalid compressed data in reply from the service/m,
				"$library: $size bytes as $name, with more behind")
			  if $coding eq 'deflate';
		}
	}

	# gzip may have several members; here the second begins where the buffer is full.
	my $plain = reply_of(BUFFER + 1000);
	my $packed = Compress::Zlib::memGzip(substr($plain, 0, BUFFER))
	  . Compress::Zlib::memGzip(substr($plain, BUFFER));
	is_deeply(
		read_reply('gzip', $packed),
		{ out => '1|' . (BUFFER + 1000 - 20), err => '' },
		"$library: a second member of gzip");
}

$session->quit;
done_testing();
