# A small reply, cut at every byte in every way, is an error every time.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";

use Compress::Zlib ();
use MIME::Base64 qw(encode_base64);

use DataConnectTest;
use Test::More;

my $records = '[{"Id":1,"Name":"a\u00e9\"]"},{"Id":2,"Name":null},{"Id":-3,"Name":"}"}]';
my %body = (
	json => $records,
	jsondatatable => qq({"Records":$records,"Schema":[{"Column_Name":"Id"}]}));

my $dc = DataConnectTest->new;
$dc->make_server('dc', max_retries => 0, idle_timeout => '20s');
for my $format (sort keys %body)
{
	$dc->sql(qq{CREATE FOREIGN TABLE $format (id integer OPTIONS (name 'Id'),
		name text OPTIONS (name 'Name')) SERVER dc
		OPTIONS (endpoint '/test/cut', format '$format')});
}
my $session = $dc->session;

# A whole reply around so many bytes of a body, in one of these ways; what is
# told of its length is true only of the whole body.
my %frame = (
	'Content-Length' => sub {
		my ($part, $whole, $coding) = @_;
		return head($coding, 'Content-Length: ' . length $whole) . $part;
	},
	'chunks' => sub {
		my ($part, $whole, $coding) = @_;
		my $chunk = sprintf("%x\r\n", length $whole) . $part;
		$chunk .= "\r\n0\r\n\r\n" if $part eq $whole;
		return head($coding, 'Transfer-Encoding: chunked') . $chunk;
	},
	'small chunks' => sub {
		my ($part, $whole, $coding) = @_;
		my $chunks = join '', map { "1\r\n$_\r\n" } split //, $part;
		$chunks .= "0\r\n\r\n" if $part eq $whole;
		return head($coding, 'Transfer-Encoding: chunked') . $chunks;
	},
	'a true length' => sub {
		my ($part, undef, $coding) = @_;
		return head($coding, 'Content-Length: ' . length $part) . $part;
	},
	'the end of the connection' => sub {
		my ($part, undef, $coding) = @_;
		return head($coding, 'Connection: close') . $part;
	});

sub head
{
	my ($coding, @lines) = @_;
	push @lines, "Content-Encoding: $coding" if $coding;
	return join "\r\n", 'HTTP/1.1 200 OK', 'Content-Type: application/json',
	  @lines, '', '';
}

# How scans of a table end, one after another: their rows or their SQLSTATE.
$session->query(q{
	CREATE FUNCTION read("table" text, times integer) RETURNS SETOF text AS $$
	DECLARE
		result text;
	BEGIN
		FOR i IN 1 .. times LOOP
			BEGIN
				EXECUTE format('SELECT string_agg(concat(id, ''|'', name), '' '') FROM %I', "table")
				INTO result;
				RETURN NEXT result;
			EXCEPTION WHEN OTHERS THEN
				RETURN NEXT SQLSTATE;
			END;
		END LOOP;
	END $$ LANGUAGE plpgsql});

# The outcomes of these replies, byte for byte.
sub read_replies
{
	my ($table, @replies) = @_;
	$dc->fault(map { { path => '/test/cut', raw_reply => encode_base64($_, '') } } @replies);
	return split /\n/, $session->query(
		"SELECT * FROM read('$table', " . scalar(@replies) . ')');
}

# Which of these replies, given by length, are not an error of the reply.
sub accepted
{
	my ($table, @replies) = @_;
	my $len = 0;
	return [ grep { !/: HV00[MN]$/ } map { $len++ . ": $_" } read_replies($table, @replies) ];
}

for my $format (sort keys %body)
{
	for my $coding ('', 'gzip')
	{
		my $whole = $coding ? Compress::Zlib::memGzip($body{$format}) : $body{$format};
		for my $frame (sort keys %frame)
		{
			my $name = "$format, " . ($coding || 'plain') . ", by $frame";
			my @cut = map { $frame{$frame}->(substr($whole, 0, $_), $whole, $coding) }
			  0 .. length($whole) - 1;
			is_deeply(
				[ read_replies($format, $frame{$frame}->($whole, $whole, $coding)) ],
				[ "1|a\xc3\xa9\"] 2| -3|}" ], "$name: the whole reply");
			is_deeply(accepted($format, @cut), [], "$name: an error at every byte");
		}
	}
}

# So is the head, cut at every byte.
my $whole = $frame{'Content-Length'}->($body{json}, $body{json}, '');
my $head = length($whole) - length $body{json};
is_deeply(accepted('json', map { substr $whole, 0, $_ } 1 .. $head - 1),
	[], 'a head that is cut is an error at every byte');

# As is a reply that ends by a reset.  (Before its first byte libcurl sends the
# request again on a new connection.)
$dc->document('/test/cut', $body{json});
$dc->fault(map { { path => '/test/cut', cut => { after => $_, how => 'reset' } } }
	1 .. length($body{json}) - 1);
is_deeply([ grep { !/^HV00[MN]$/ } split /\n/,
		$session->query("SELECT * FROM read('json', " . (length($body{json}) - 1) . ')') ],
	[], 'a reset is an error at every byte');
is($session->query('SELECT count(*) FROM json'), '3', 'the session is fit for more');
$session->quit;

done_testing();
