# Copies of replies in files: where they lie, how much room they take, and that whatever
# happens to them, queries have the rows of the service.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";

use DataConnectTest;
use File::Path qw(remove_tree);
use PostgreSQL::Test::Utils qw(slurp_file);
use Test::More;

my $directory = 'pgsql_tmp_dataconnect_fdw';
my ($token, $password, $secret) = map {"Kanari-$_"} qw(token password secret);
my $dc = DataConnectTest->new(
	sandbox => [ '--token', $token, '--password', $password, '--client-secret', $secret ],
	init => [ allows_streaming => 1 ],
	conf => "shared_preload_libraries = 'dataconnect_fdw'\nrestart_after_crash = on\n");
my $node = $dc->node;
my $files = $node->data_dir . "/$directory";

# The service's answer to any number: one record with this text.
sub answer
{
	my ($name) = @_;
	$dc->document('/test/rows', qq([{"Id":1,"Name":"$name"}]));
	return;
}

$dc->make_server('dc', max_age => '1h', max_retries => 0, mapping => { token => $token });
$dc->make_rows_table('t', 'dc');
my $session = $dc->session;

sub ask { return $session->query("SELECT name FROM t WHERE n = $_[0]") }
sub requests { return scalar @{ $dc->log } }

sub list
{
	opendir my $dir, $files or return ();
	my @names = sort grep { !/^\.\.?$/ } readdir $dir;
	closedir $dir;
	return map {"$files/$_"} @names;
}

sub nfiles
{
	my @names = list();
	return scalar @names;
}

# What the server logged since the last call.
my $seen = 0;

sub logged
{
	my $log = slurp_file($node->logfile, $seen);
	$seen += length $log;
	return join "\n", grep {/ LOG: .*(copy of a reply|pgsql_tmp_dataconnect)/} split /\n/, $log;
}

# The service now gives the text $new; whether a query reads it, or still a copy of $old.
sub is_asked
{
	my ($n, $old, $name) = @_;
	my $new = "$old, again";
	answer($new);
	$dc->clear_log;
	is(ask($n), $new, "$name: the service is asked");
	is(requests(), 1, "$name: with one request");
	is(ask($n), $new, "$name: and there is a new copy");
	is(requests(), 1, "$name: which sends nothing");
	return;
}

sub is_kept
{
	my ($n, $old, $name) = @_;
	answer("$old, again");
	$dc->clear_log;
	is(ask($n), $old, $name);
	is(requests(), 0, "$name: nothing is sent");
	return;
}

# Overwrite bytes of the only file from a position on (negative: from the end).
sub overwrite
{
	my ($position, $bytes) = @_;
	my ($path) = list();
	open my $file, '+<:raw', $path or die "$path: $!\n";
	seek $file, $position, $position < 0 ? 2 : 0;
	print $file $bytes;
	close $file;
	return;
}

sub forget_all { return $session->query('SELECT dataconnect_cache_drop()') }

# --- Files -------------------------------------------------------------------

is(nfiles(), 0, 'no file before the first copy');
ok(!-e $files, 'and no directory');
answer('one');
is(ask(1), 'one', 'the first query asks');
is_kept(1, 'one', 'the second reads the copy');
is(nfiles(), 1, 'which is a file');
is(sprintf('%o', (stat $files)[2] & oct 7777), '700', 'in a directory of the owner alone');
is(sprintf('%o', (stat((list())[0]))[2] & oct 7777), '600', 'that the owner alone can read');
$node->backup('base');
ok(!-e $node->backup_dir . "/base/$directory", 'a base backup leaves it out');

# --- Damaged files -----------------------------------------------------------

my ($path) = list();
my $size = -s $path;
logged();
for my $position (0, 40, int($size / 2), $size - 9, -1)
{
	my $name = "a flipped bit at $position";
	forget_all();
	answer($name);
	ask(1);
	my $bytes = slurp_file((list())[0]);
	overwrite($position, substr($bytes, $position, 1) ^ "\x04");
	is_asked(1, $name, $name);
	like(logged(), qr/\A.*copy of a reply in file "$directory\/\d+" is damaged\z/, "$name: is logged once");
	is(nfiles(), 1, "$name: the damaged file is removed");
}
for my $length (0, 10, $size - 1)
{
	my $name = "a file of $length bytes";
	forget_all();
	answer($name);
	ask(1);
	truncate((list())[0], $length) or die "truncate: $!\n";
	is_asked(1, $name, $name);
	like(logged(), qr/\A.*is damaged\z/, "$name: is logged once");
}
forget_all();
answer('longer');
ask(1);
overwrite($size + 100, 'more');
is_asked(1, 'longer', 'a longer file');
like(logged(), qr/\A.*is damaged\z/, 'a longer file: is logged once');

# A file of another request, whole, in the place of this one's.
{
	forget_all();
	answer('first');
	ask(1);
	my $other = slurp_file((list())[0]);
	answer('other');
	forget_all();
	ask(2);
	open my $file, '>:raw', (list())[0] or die $!;
	print $file $other;
	close $file;
	is_asked(2, 'other', 'the file of another request');
	like(logged(), qr/\A.*is damaged\z/, 'it is logged');
}

# A copy of several chunks is checked to its last byte before its first row is read.
{
	my @rows = map { join '', map { sprintf '%08x', rand 2**32 } 1 .. 30 } 1 .. 1500;
	my $long = '[' . join(',', map {qq({"Id":1,"Name":"$_"})} @rows) . ']';
	forget_all();
	$dc->document('/test/rows', $long);
	$dc->clear_log;
	my $sum = 'SELECT count(*), sum(hashtext(name)) FROM t WHERE n = 7';
	my $first = $session->query($sum);
	cmp_ok(-s((list())[0]), '>', 3 * 64 * 1024, 'a long file');
	is($session->query($sum), $first, 'its rows are the same');
	is(requests(), 1, 'with one request');
	overwrite(-20, '?');
	answer('short');
	is($session->query('SELECT name FROM t WHERE n = 7'), 'short', 'a long file that is damaged: no row of it');
	like(logged(), qr/\A.*is damaged\z/, 'it is logged');

	# A file that is cut while it is read, after its check.
	{
		my $row = '[' . join(',', map {qq({"Id":$_,"Name":"$rows[$_ % @rows]"})} 1 .. 6000) . ']';
		my $reader = $dc->session;
		forget_all();
		$dc->document('/test/rows', $row);
		is($reader->query('SELECT count(*) FROM t WHERE n = 8'), '6000', 'a file of many chunks');
		$reader->open_cursor('SELECT id FROM t WHERE n = 8');
		is($reader->fetch(1)->{out}, '1', 'the first row is read from it');
		truncate((list())[0], 1000) or die "truncate: $!\n";
		logged();
		my $result = $reader->fetch('ALL');
		is($result->{state}, '58030', 'a file that is cut while it is read is an error');
		like($result->{err}, qr/could not read the copy of a reply\n/, 'which says so');
		unlike($result->{out}, qr/^6000$/m, 'not an end of the rows');
		like(logged(), qr/\A.*is damaged\z/, 'it is logged');
		$reader->query('ROLLBACK');
		$reader->quit;
	}

	# The disk has no room for it.
	my $small = $dc->session;
	DataConnectTest::limit_files($small->pid, 100_000);
	forget_all();
	$dc->document('/test/rows', $long);
	is($small->query($sum), $first, 'a full disk: the query has all rows');
	like(logged(), qr/\A.*could not write file "$directory\/\d+": File too large\z/, 'it is logged once');
	is(nfiles(), 0, 'a full disk: no file is left');
	is($session->query('SELECT count(*) FROM dataconnect_cache'), '0', 'and no copy');
	is($session->query($sum), $first, 'who has room');
	is(nfiles(), 1, 'makes one');
	$small->quit;
}

# --- A directory that cannot be used ------------------------------------------

forget_all();
answer('gone');
ask(1);
remove_tree($files);
is_asked(1, 'gone', 'a directory that is gone');
$session->quit;
$node->restart;
$session = $dc->session;
$seen = -s $node->logfile;
answer('unreadable');
ask(1);
chmod 0, list();
is_asked(1, 'unreadable', 'a file that cannot be read');
like(logged(), qr/\A.*could not open file "$directory\/\d+": Permission denied\z/, 'it is logged once');
$session->quit;
$node->restart;
$session = $dc->session;
$seen = -s $node->logfile;
is(nfiles(), 0, 'a restart removes the files');
remove_tree($files);
open my $obstacle, '>', $files or die $!;
close $obstacle;
$dc->clear_log;
is(ask($_), 'unreadable, again', 'no directory: rows') for 1, 1;
is(requests(), 2, 'no directory: no copies');
like(logged(), qr/\A.*could not create file "$directory\/\d+": Not a directory\z/, 'it is logged once');
unlink $files or die $!;
is(ask(1), 'unreadable, again', 'once the directory can be made');
is_kept(1, 'unreadable, again', 'there are copies again');

# --- Restart and crash ---------------------------------------------------------

$session->quit;
$node->restart;
$session = $dc->session;
is(nfiles(), 0, 'a restart removes the files');
is_asked(1, 'unreadable, again', 'after a restart');

# A session that is killed while it fetches takes all others with it.
{
	my $killed = $dc->session;
	$dc->document('/test/rows', '[' . join(',', map {qq({"Id":$_,"Name":"x"})} 1 .. 20000) . ']');
	$killed->open_cursor('SELECT name FROM t WHERE n = 3');
	$killed->fetch(1);
	is($session->query('SELECT fetching FROM dataconnect_cache ORDER BY 1'), "f\nt", 'one is fetched');
	is(nfiles(), 2, 'into a file');
	kill 'KILL', $killed->pid;
	$_->quit for $killed, $session;
	$dc->forget_watcher;
	ok($node->poll_query_until('postgres', 'SELECT true'), 'the server starts again');
	is(nfiles(), 0, 'a crash leaves no files');
	$session = $dc->session;
	is($session->query('SELECT count(*) FROM dataconnect_cache'), '0', 'and no copies');
}

# --- cache_size ------------------------------------------------------------------

sub set_size
{
	my ($kilobytes) = @_;
	$dc->sql("ALTER SYSTEM SET dataconnect_fdw.cache_size = '${kilobytes}kB'");
	$dc->sql('SELECT pg_reload_conf()');
	ok($dc->wait_for_result("SELECT setting::int = $kilobytes FROM pg_settings
		WHERE name = 'dataconnect_fdw.cache_size'", 't'), "cache_size is $kilobytes kB");
	ok($session->query('SELECT pg_sleep(0)') eq '', 'and known to the session');
	return;
}

sub total
{
	my $sum = 0;
	$sum += -s $_ for list();
	return $sum;
}

answer('small');
ask($_) for 1 .. 3;
my $each = total() / 3;
is($session->query('SELECT DISTINCT bytes FROM dataconnect_cache'), $each, 'the view has the sizes of the files');
set_size(1);
my $room = int(1024 / $each);
cmp_ok($room, '>=', 3, 'there is room for three');
ask($_) for 1 .. $room;
is(nfiles(), $room, 'as many as there is room for');
ask(1);
ask($room + 1);
is(nfiles(), $room, 'one more makes room');
cmp_ok(total(), '<=', 1024, 'all fit');
is_kept(1, 'small', 'the one that was used last is kept');
is_asked(2, 'small', 'the one that was not used for longest is gone');

# A copy larger than the whole is not kept.
{
	my $text = join '', map { sprintf '%08x', rand 2**32 } 1 .. 500;
	$dc->document('/test/rows', qq([{"Id":1,"Name":"$text"}]));
	$dc->clear_log;
	is(ask(900), $text, 'a reply larger than all') for 1, 2;
	is(requests(), 2, 'it has no copy');
	cmp_ok(total(), '<=', 1024, 'and takes no room');
}

# What comes to nothing takes no room in the end.
sub fits
{
	my ($name) = @_;
	forget_all();
	answer('small');
	ask($_) for 1 .. $room + 1;
	is(nfiles(), $room, "$name: then there is room for as many as before");
	return;
}

# Replies that are asked for again have begun a copy each.
$dc->make_server('retried', max_age => '1h', max_retries => 5, mapping => { token => $token });
$dc->make_rows_table('retried', 'retried');
answer('small');
$dc->clear_log;
$dc->fault({ body => '', headers => { 'Retry-After' => 0 } }) for 1 .. 4;
is($session->query('SELECT name FROM retried WHERE n = 77'), 'small', 'a reply after empty ones');
is(requests(), 5, 'four of them');
fits('empty replies');

# A copy that is read stays until it is closed.
{
	set_size(64);
	forget_all();
	my $text = join '', map { sprintf '%08x', rand 2**32 } 1 .. 100;
	$dc->document('/test/rows', '[' . join(',', map {qq({"Id":$_,"Name":"$text"})} 1 .. 3000) . ']');
	my $reader = $dc->session;
	is($reader->query('SELECT count(*) FROM t WHERE n = 1'), '3000', 'one is made');
	$reader->open_cursor('SELECT id FROM t WHERE n = 1');
	is($reader->fetch(1)->{out}, '1', 'and read by a cursor');
	is($session->query('SELECT readers FROM dataconnect_cache'), '1', 'which the view counts');
	set_size(1);
	is($session->query('SELECT readers FROM dataconnect_cache'), '1', 'it stays beyond cache_size');
	ask($_) for 10 .. 15;
	is(nfiles(), 1, 'beside it there is room for no other');
	is($session->query('SELECT dataconnect_cache_drop()'), '1', 'it can be dropped');
	is($session->query('SELECT count(*) FROM dataconnect_cache'), '0', 'and nobody finds it');
	is(nfiles(), 1, 'but its file stays');
	is(scalar(split /\n/, $reader->fetch('ALL')->{out}), 2999, 'and is read to its end');
	$reader->query('COMMIT');
	is(nfiles(), 0, 'then it is gone');
	fits('a copy that was read');
	$reader->quit;
}

set_size(1024);
answer('off');
ask(1);
set_size(0);
is($session->query('SELECT count(*) FROM dataconnect_cache'), '0', 'cache_size 0 removes all');
is(nfiles(), 0, 'with the files');
$dc->clear_log;
ask(1) for 1, 2;
is(requests(), 2, 'and makes none');
is(nfiles(), 0, 'no file either');
set_size(1024);
ask(1);
is_kept(1, 'off', 'until it is on again');

# --- Secrets ------------------------------------------------------------------

$dc->make_server('oauth', max_age => '1h', token_url => $dc->url . '/v1/oauth2/token',
	mapping => { username => 'analyst', password => $password, client_id => 'client', client_secret => $secret });
$dc->make_rows_table('by_oauth', 'oauth');
forget_all();
is(ask(1), 'off, again', 'a copy of a reply to a token');
is($session->query('SELECT name FROM by_oauth WHERE n = 1'), 'off, again', 'and of one to a log-in');
is(nfiles(), 2, 'are two');
my $everything = join "\n", list(), map { slurp_file($_) } list();
unlike($everything, qr/Kanari/, 'no secret in a file or its name');
unlike($session->query('SELECT c::text FROM dataconnect_cache c'), qr/Kanari/, 'nor in the view');

# --- Not preloaded ------------------------------------------------------------

$session->quit;
$node->append_conf('postgresql.conf', "shared_preload_libraries = ''\n");
$node->restart;
$dc->forget_watcher;
answer('alone');
my ($one, $other) = map { $dc->session } 1, 2;
my $query = 'SELECT name FROM t WHERE n = 1';
$dc->clear_log;
is($one->query($query), 'alone', 'without preloading') for 1, 2;
is(requests(), 1, 'a session has copies');
is($other->query($query), 'alone', 'of its own');
is(requests(), 2, 'that others do not read');
is($other->query('SELECT shared FROM dataconnect_cache'), 'f', 'as the view says');
is(nfiles(), 2, 'each in a file');
is($one->query('SELECT dataconnect_cache_drop()'), '1', 'a session drops its own');
is(nfiles(), 1, 'file');
$one->query($query);
my $pid = $other->pid;
$other->quit;
ok($dc->wait_for_result("SELECT count(*) FROM pg_stat_activity WHERE pid = $pid", '0'), 'a session that ends');
is(join(' ', list()) =~ /\/$pid\./ ? 'left' : 'removed', 'removed', 'removes its files');

# What a crash has left is removed by the next session that makes a copy.
kill 'KILL', $one->pid;
$one->quit;
$dc->forget_watcher;
ok($node->poll_query_until('postgres', 'SELECT true'), 'the server starts again');
is(nfiles(), 1, 'a crash leaves a file');
my ($left) = list();
$session = $dc->session;
is(ask(1), 'alone', 'the next session');
ok(!-e $left, 'removes it');
is(nfiles(), 1, 'and has its own');

done_testing();
