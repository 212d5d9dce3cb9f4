# For the tests that look for secrets: secrets that can be recognized, the notations in
# which the service may repeat them, and the search.
#
#	my %canary = canaries();                   # { token => …, password => …, … }
#	my %written = notations();                 # { json => sub { … }, … }
#	is(leak($text), '', 'there is none');
package DataConnectCanary;

use strict;
use warnings FATAL => 'all';

use Exporter 'import';
use JSON::PP ();

our @EXPORT_OK = qw(canaries decode leak notations);

# Each contains the word Kanari, and characters that can be written in several ways.
my %canary = (
	token => 'Kanari-Token-7f3a+/=%41&"\\~',
	username => 'Kanari-User &é"@example.com',
	password => 'Kanari-Pass &%41+"\\/\'<é€>',
	client_id => 'Kanari-Client &+é"',
	client_secret => 'Kanari-Secret /\\"%26€𝄞',
	refresh => 'Kanari-Refresh-7f3a+/=&');

sub canaries { return %canary }

my %written = (
	plain => sub { return $_[0] },
	# as in a URL or a form
	percent => sub {
		my ($text) = @_;
		$text =~ s/([^A-Za-z0-9._~-])/sprintf '%%%02X', ord $1/ge;
		return $text;
	},
	form => sub {
		my ($text) = @_;
		$text =~ s/([^A-Za-z0-9._ -])/sprintf '%%%02x', ord $1/ge;
		$text =~ tr/ /+/;
		return $text;
	},
	'all percent' => sub { return join '', map { sprintf '%%%02X', ord } split //, $_[0] },
	json => sub {
		my $json = JSON::PP->new->ascii->allow_nonref->encode(decode($_[0]));
		$json =~ s{/}{\\/}g;
		return substr $json, 1, -1;
	},
	'all json' => sub {
		return join '', map { sprintf '\u%04x', $_ } unpack 'n*',
		  utf16(decode($_[0]));
	},
	csv => sub { return $_[0] =~ s/"/""/gr },
	html => sub {
		my ($text) = @_;
		my %name = ('&' => 'amp', '<' => 'lt', '>' => 'gt', '"' => 'quot', "'" => '#39');
		$text =~ s/([&<>"'])/&$name{$1};/g;
		return $text;
	},
	'all html' => sub { return join '', map { "&#x" . sprintf('%X', ord) . ';' } split //, decode($_[0]) });

sub notations { return %written }

# Its characters.
sub decode
{
	my ($text) = @_;
	utf8::decode($text);
	return $text;
}

sub utf16
{
	return join '', map {
		my $code = ord;
		$code < 0x10000
		  ? pack('n', $code)
		  : pack('nn', 0xd800 + (($code - 0x10000) >> 10), 0xdc00 + ($code & 0x3ff))
	} split //, $_[0];
}

# The secret in a text, in whatever notation; '' if there is none.
sub leak
{
	my ($text) = @_;
	my @readings = ($text);
	(my $reading = $text) =~ s/%([0-9A-Fa-f]{2})/chr hex $1/ge;
	push @readings, $reading;
	($reading = $text) =~ s/\\u([0-9A-Fa-f]{4})/chr hex $1/ge;
	push @readings, $reading;
	($reading = $text) =~ s/&#x([0-9A-Fa-f]+);/chr hex $1/ge;
	push @readings, $reading;
	for (@readings)
	{
		# S2FuYXJp is Kanari in base64.
		return $1 if /(.{0,20}(?:Kanari|S2FuYXJp).{0,40})/s;
	}
	return '';
}

1;
