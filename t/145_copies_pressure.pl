# Copies of replies where there is no room for all: sessions that read more of them at once
# than cache_size allows, and a disk that is full.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";

use DataConnectTest;
use IPC::Run ();
use PostgreSQL::Test::Utils qw(slurp_dir slurp_file);
use Test::More;

# The copies of all replies would take almost four times the room of CACHE.
use constant { SESSIONS => 16, REPLIES => 200, CACHE => 128 * 1024, DISK => 64 * 1024 };

my $directory = 'pgsql_tmp_dataconnect_fdw';
my $dc = DataConnectTest->new(conf => <<'END');
shared_preload_libraries = 'dataconnect_fdw'
dataconnect_fdw.cache_size = '128kB'
max_connections = 40
END
my $node = $dc->node;
my $files = $node->data_dir . "/$directory";
my $session = $dc->session;

$dc->make_server('fresh');
$dc->make_rows_table('service', 'fresh');
$dc->make_server('dc', max_age => '1h');
$dc->make_rows_table('t', 'dc');

# The service's answer to a number: so many records, of which a copy takes about half the bytes.
sub make_reply
{
	my ($n, $nrecords) = @_;
	my @names = map { join '', map { sprintf '%08x', rand 2**32 } 1 .. 4 } 1 .. $nrecords;
	my @records = map {qq({"Id":$_,"Name":"$names[$_ - 1]"})} 1 .. $nrecords;
	$dc->document('/test/rows', '[' . join(',', @records) . ']', params => { Count => $n });
	return join "\n", @names;
}

sub requests { return scalar @{ $dc->log } }

# The sizes of the files, as of the copies that the view shows.
sub sizes
{
	return join "\n", sort { $a <=> $b } map { -s "$files/$_" } grep { !/^\./ } slurp_dir($files);
}

sub shown { return $session->query('SELECT bytes FROM dataconnect_cache ORDER BY bytes') }

sub sum
{
	my ($numbers) = @_;
	my $sum = 0;
	$sum += $_ for split /\n/, $numbers;
	return $sum;
}

# What the server logged about copies since the last call.
my $seen = 0;

sub logged
{
	my $log = slurp_file($node->logfile, $seen);
	$seen += length $log;
	return join "\n", grep {/ LOG: .*(copy of a reply|$directory)/} split /\n/, $log;
}

# --- cache_size --------------------------------------------------------------

my $answer = 'count(*), sum(id), md5(string_agg(name, \',\' ORDER BY id))';

sub asked
{
	my ($table, @numbers) = @_;
	return join ";\n", map {"SELECT n, $answer FROM $table WHERE n = $_ GROUP BY n"} @numbers;
}

make_reply($_, $_) for 1 .. REPLIES;
my %expected = map { (split /\|/)[0] => $_ } split /\n/, $session->query(asked('service', 1 .. REPLIES));
is_deeply([ map { join '|', (split /\|/, $expected{$_})[ 0 .. 2 ] } 1 .. REPLIES ],
	[ map { join '|', $_, $_, $_ * ($_ + 1) / 2 } 1 .. REPLIES ],
	'without copies: all rows');

sub answers
{
	return join "\n", map { $expected{$_} } @_;
}

# Each session reads all of them, from another one on, and the first one again and again.
my @orders;
for my $i (0 .. SESSIONS - 1)
{
	my @order = map { ($i * 37 + $_ * 7) % REPLIES + 1 } 1 .. REPLIES;
	push @orders, [ map { $_ % 8 ? $order[$_] : ($order[$_], 1) } 0 .. $#order ];
}
my @sessions = map { $dc->session } @orders;
$dc->clear_log;
logged();
$sessions[$_]->send(asked('t', @{ $orders[$_] })) for 0 .. $#sessions;
is_deeply([ map { $_->finish } @sessions ],
	[ map { { out => answers(@$_), err => '', state => '' } } @orders ],
	'each session has all rows of all replies');

# The files first, as the view removes what is too much.
my $sizes = sizes();
cmp_ok(sum($sizes), '<=', CACHE, 'all files together take no more than cache_size');
is($sizes, shown(), 'each is that of a copy, and as long as that');
cmp_ok(sum($sizes), '>', CACHE / 2, 'much of the room is used');
is($session->query('SELECT count(*) FROM dataconnect_cache WHERE fetching OR readers > 0 OR waiting > 0'),
	'0', 'nobody uses any');
cmp_ok(requests(), '>', REPLIES, 'some replies had to be asked for again');
cmp_ok(requests(), '<', SESSIONS * REPLIES, 'some were read from their copies');
is(logged(), '', 'nothing is logged');

# What is there is what is found.
my @kept = split /\n/,
	$session->query(q(SELECT substring(request FROM 'Count=(\d+)') FROM dataconnect_cache ORDER BY hits DESC));
$dc->clear_log;
is($session->query(asked('t', @kept)), answers(@kept), 'the copies have all rows');
is(requests(), 0, 'without a request');
my ($gone) = grep {
	my $n = $_;
	!grep { $_ == $n } @kept
} 1 .. REPLIES;
is($session->query(asked('t', $gone, $gone)), answers($gone, $gone), 'one that has no copy');
is(requests(), 1, 'gets one');

$_->quit for @sessions;

# --- A full disk -------------------------------------------------------------

# A small file system that needs no privileges: a process mounts it for itself, and has it
# as long as it runs. Others reach it by that process's root directory.
sub mount_small
{
	my $mounted = PostgreSQL::Test::Utils::tempdir();
	my ($in, $out, $err) = ('', '', '');
	my $timeout = IPC::Run::timeout(60);
	my $script = 'mount -t tmpfs -o size=' . DISK . ',mode=700 none "$1" && echo $$ && exec cat';
	my $holder = eval {
		IPC::Run::start([ 'unshare', '-rm', 'sh', '-c', $script, 'sh', $mounted ],
			'<', \$in, '>', \$out, '2>', \$err, $timeout);
	} or return;
	$holder->pump until $out =~ /\n/ || !$holder->pumpable;
	$timeout->reset;
	return ($holder, "/proc/$1/root$mounted") if $out =~ /^(\d+)\n/;
	diag($err);
	$holder->finish;
	return;
}

SKIP:
{
	my ($holder, $disk) = mount_small();
	skip 'no file system can be mounted here; t/140_copies.pl limits the size of files instead', 9
		unless $holder && -w $disk;

	$session->query('SELECT dataconnect_cache_drop()');
	is(sizes(), '', 'all copies are dropped');
	rmdir $files or die "rmdir $files: $!\n";
	symlink $disk, $files or die "symlink $files: $!\n";

	# Its copy has room in cache_size, but not on the disk.
	my $names = make_reply(REPLIES + 1, 4000);
	is($session->query('SELECT name FROM t WHERE n = ' . (REPLIES + 1)), $names, 'a full disk: all rows');
	like(logged(), qr/\A.*could not write file "$directory\/\d+": No space left on device\z/, 'one line of log');
	is(sizes(), '', 'no file is left');
	is(shown(), '', 'and no copy');

	# Small ones until nothing fits any more.
	my @numbers = (1 .. 40, 1 .. 40);
	is($session->query(asked('t', @numbers)), answers(@numbers), 'a disk that becomes full: all rows');
	isnt(sizes(), '', 'there are files');
	is(sizes(), shown(), 'each is that of a copy, and as long as that');
	is(logged(), '', 'nothing more is logged for a minute');
	$holder->finish;
}

done_testing();
