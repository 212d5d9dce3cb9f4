# The tools around the extension: what they start ends with them, the demo does
# what it shows, and what is missing is told by the names that doc/operations.md has.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";

use File::Basename qw(dirname);
use File::Path qw(make_path);
use HTTP::Tiny ();
use IPC::Run ();
use PostgreSQL::Test::Utils;
use Test::More;

my $root = "$FindBin::Bin/..";
my $scratch = PostgreSQL::Test::Utils::tempdir();
chdir $root or die "$root: $!\n";

# Runs a command with its output in a file: whoever keeps that open is not waited
# for. Returns the command's status and what it printed.
my $file = "$scratch/output";

sub start
{
	my ($input, @command) = @_;
	return IPC::Run::start(\@command, '<', \$input, '>&', $file,
		IPC::Run::timeout($PostgreSQL::Test::Utils::timeout_default));
}

sub run
{
	my (@arguments) = @_;
	my $run = start(@arguments);
	$run->finish;
	return ($run->result(0), PostgreSQL::Test::Utils::slurp_file($file));
}

# --- What is started ends ------------------------------------------------------

# Says where the sandbox and the cluster are, then goes on as told.
sub around
{
	my ($then) = @_;
	my $tell = 'echo "$DATACONNECT_SANDBOX_URL $PGHOST $(head -n 1 "$PGHOST/data/postmaster.pid")"';
	return ('tools/with-sandbox', 'tools/with-cluster', 'sh', '-c', "$tell; $then");
}

# What a line of the above tells of is no longer there; a kill may take a moment.
sub is_gone
{
	my ($line, $name) = @_;
	my ($url, $directory, $pid) = $line =~ m{^(http://\S+) (\S+) (\d+)$}m
	  or die "no such line: $line\n";
	my $end = time + 5;
	my $http = HTTP::Tiny->new(timeout => 5, http_proxy => undef);
	my $left = '';
	do
	{
		$left = join ' ', (kill(0, $pid) ? 'postmaster' : ()),
		  (-e $directory ? 'directory' : ()),
		  ($http->get("$url/_sandbox/log")->{status} != 599 ? 'sandbox' : ());
	} while ($left ne '' && time < $end && select(undef, undef, undef, 0.05) == 0);
	is($left, '', "$name: nothing is left");
	return;
}

for my $status (0, 3)
{
	my ($result, $output) = run('', around("exit $status"));
	is($result, $status, "a command's status $status is handed on");
	is_gone($output, "after status $status");
}

# Who runs the tests in the background may have this ignored.
$SIG{INT} = 'DEFAULT';    ## no critic (RequireLocalizedPunctuationVars)
for my $signal (qw(TERM INT))
{
	unlink $file;
	my $run = start('', around('exec sleep 600'));
	select undef, undef, undef, 0.05
	  until -e $file && PostgreSQL::Test::Utils::slurp_file($file) =~ /\n/
	  || !$run->pumpable;
	$run->signal($signal);
	$run->finish;
	my $output = PostgreSQL::Test::Utils::slurp_file($file);
	is_gone($output, "after SIG$signal");
}

# --- What is started is spoken to ----------------------------------------------

my @psql = ('tools/with-sandbox', 'tools/with-cluster', 'psql', '-X');
my ($status, $output) = run("SELECT 6 * 7;\n", @psql);
is($status, 0, 'a command with input succeeds');
like($output, qr/^ +42$/m, 'and has read it');

{
	local $ENV{DATACONNECT_CLUSTER_CONF} = "work_mem = '7MB'\nport = 5433";
	($status, $output) = run('', @psql, '-p', '5433', '-Atc', 'SHOW work_mem');
	is($output, "7MB\n", 'a cluster has the configuration that the environment adds');
}

# At a terminal: a query is cancelled by Ctrl-C, and psql goes on.
my $terminal = <<'END';
import os, pty, sys, time
child, terminal = pty.fork()
if child == 0:
    os.environ["PAGER"] = "cat"
    os.execvp(sys.argv[1], sys.argv[1:])
def await_text(text):
    seen = b""
    while text not in seen:
        seen += os.read(terminal, 4096)
begin = b"DO $$BEGIN RAISE NOTICE 'it %', 'waits'; PERFORM pg_sleep(600); END$$;\n"
for text, then in ((b"=#", begin), (b"it waits", b"\3"),
                   (b"canceling", b"SELECT 6 * 7;\n"), (b" 42", b"\\q\n")):
    await_text(text)
    os.write(terminal, then)
try:
    await_text(b"never")
except OSError:
    print("status", os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
END
($status, $output) = run('', '/usr/bin/env', 'python3', '-c', $terminal, @psql);
is($output, "status 0\n", 'psql at a terminal is used as ever');

# --- The demo --------------------------------------------------------------------

($status, $output) =
  run('', 'tools/with-sandbox', 'tools/with-cluster', 'demo/show');
is($status, 0, 'the demo succeeds');
like($output, $_, "it shows $_")
  for qr/^CREATE EXTENSION dataconnect_fdw;$/m, qr/^CREATE SERVER dataconnect /m,
  qr/^CREATE USER MAPPING /m, qr/^EXPLAIN \(ANALYZE\)$/m, qr/ JOIN targets /,
  qr/^SQLSTATE 54000$/m, qr/^HINT:  Narrow /m;
{
	local $ENV{DATACONNECT_INTERACTIVE} = 1;
	($status, $output) = run("SELECT count(*) FROM stores;\n",
		'tools/with-sandbox', 'tools/with-cluster', 'demo/show', '--shell');
}
is($status, 0, 'its shell ends well');
like($output, qr/^ +40$/m, 'and answers in between');

# --- What there is ----------------------------------------------------------------

($status, $output) = run('', 'make', 'help');
is($status, 0, 'there is help');
my ($targets) = PostgreSQL::Test::Utils::slurp_file('Makefile') =~ /^\.PHONY:((?:.*\\\n)*.*)$/m;
for my $target (grep { !/^(?:\\|FORCE|all|(?:un)?install-catalogue)$/ } split ' ', $targets)
{
	like($output, qr/^  make (?:[\w-]+, )?\Q$target\E\b(?!-)/m, "it has the target $target");
}

# --- What is rebuilt --------------------------------------------------------------

# A compiler in whose time a header changes, before it writes the object: that has the old
# one, so the next make compiles it again, and the one after that does not.
{
	my $tree = "$scratch/rebuilt";
	make_path($tree);
	PostgreSQL::Test::Utils::system_or_bail('cp', '-R', 'Makefile', 'dataconnect_fdw.control', 'src', 'include', $tree);
	my $cc = $ENV{CC} || 'cc';
	PostgreSQL::Test::Utils::append_to_file("$scratch/slow-cc", <<"END");
#!/bin/sh
$cc "\$@" || exit
case " \$* " in
	*' -c '*) echo compiled >>'$scratch/compiled' ;;
	*) exit ;;
esac
[ -f '$scratch/changed' ] || echo '/* changed */' >>'$tree/include/core/snake_case.h'
touch '$scratch/changed' '$tree/src/core/snake_case.o'
END
	chmod oct(755), "$scratch/slow-cc";
	for my $compiled (1, 2, 2)
	{
		($status, $output) = run('', 'make', '-s', '-C', $tree, "CC=$scratch/slow-cc", 'LTO=',
			'src/core/snake_case.o');
		is($status, 0, 'an object is made') or diag($output);
		is(scalar(split /\n/, PostgreSQL::Test::Utils::slurp_file("$scratch/compiled")), $compiled,
			"compiled $compiled times");
	}
}

# --- The directions of the source ------------------------------------------------

# A source of two folders in which all is as it should be, and what may be wrong
# with it. A header that others share, and a name in a comment, are no use.
my %sound = (
	'include/net/http.h' => 'extern void dcf_http_get(void);',
	'include/base/wait.h' => "extern void dcf_wait(void);\nextern int dcf_waits;",
	'src/net/http.c' => "#include \"net/http.h\"\n#include \"shared.h\"\n\n"
	  . "void\ndcf_http_get(void)\n{\n\tdcf_http_send();\n\tdcf_wait();\n}",
	'src/net/send.c' => "#include \"shared.h\"\n\nint\ndcf_http_send(void)\n{\n\treturn 0;\n}",
	'src/net/shared.h' => "extern int dcf_http_send(void);\nextern int dcf_http_other(void);",
	'src/base/wait.c' => "#include \"base/wait.h\"\n\nint dcf_waits = 0;\n\n"
	  . "/* As dcf_http_get() does. */\nvoid\ndcf_wait(void)\n{\n}");

sub check_layers
{
	my ($name, %changed) = @_;
	my %files = (%sound, %changed);
	for my $path (keys %files)
	{
		my $whole = "$scratch/$name/$path";
		make_path(dirname($whole));
		PostgreSQL::Test::Utils::append_to_file($whole, "$files{$path}\n");
	}
	return run('', 'sh', '-c', "cd '$scratch/$name' && '$root/tools/check-layers'");
}

($status, $output) = check_layers('sound');
is($status, 0, 'a source with one direction passes') or diag($output);
unlike($output, qr/^(?!ok - )/m, 'and nothing is said of it');

my %unsound = (
	'an include that points up' => [
		'src/base/wait.c' => '#include "net/http.h"',
		qr{^src/base/wait\.c includes include/net/http\.h\nnot ok - includes point down$}m ],
	'a call that points up' => [
		'src/base/up.c' => "void\ndcf_up(void)\n{\n\tdcf_http_get();\n}",
		qr{^src/base/up\.c names dcf_http_get of src/net/http\.c\nnot ok - calls point down$}m ],
	'a call that points up from a header' => [
		'src/base/up.h' => "static inline void\ndcf_up(void)\n{\n\tdcf_http_get();\n}",
		qr{^src/base/up\.h names dcf_http_get of src/net/http\.c\nnot ok - calls point down$}m ],
	'a declaration in the wrong folder' => [
		'include/base/up.h' => 'extern void dcf_http_get(void);',
		qr{^include/base/up\.h declares dcf_http_get of src/net/http\.c\nnot ok - a folder declares}m ],
	"a folder's own header in another one" => [
		'src/net/send.c' => '#include "../base/own.h"',
		'src/base/own.h' => '#define OWN 1',
		qr{^src/net/send\.c includes src/base/own\.h\nnot ok - a header in src/ }m ],
	'a circle of calls' => [
		'src/net/send.c' => "int\ndcf_http_send(void)\n{\n\tdcf_http_get();\n}",
		qr{^src/net/http\.c -> src/net/send\.c \(dcf_http_send\) -> src/net/http\.c \(dcf_http_get\)\nnot ok - no files}m ],
	'a circle by a variable' => [
		'src/base/more.c' => "int\ndcf_more(void)\n{\n\treturn dcf_waits;\n}",
		'src/base/wait.c' => "int dcf_waits = 0;\n\nvoid\ndcf_wait(void)\n{\n\tdcf_more();\n}",
		qr{^src/base/more\.c -> src/base/wait\.c \(dcf_waits\) -> src/base/more\.c \(dcf_more\)\nnot ok - no files}m ],
	'a folder without a place' => [
		'src/attic/old.c' => 'int dcf_old;', qr{has no place for src/attic/old\.c$}m ]);
for my $what (sort keys %unsound)
{
	my @changed = @{ $unsound{$what} };
	my $seen = pop @changed;
	($status, $output) = check_layers($what =~ s/\W/_/gr, @changed);
	isnt($status, 0, "$what is an error");
	like($output, $seen, 'and is shown');
	is(scalar(() = $output =~ /^not ok/mg), $what =~ /without/ ? 0 : 1, 'and is the only one');
}

# --- What is missing ---------------------------------------------------------------

# The names of a column of the table of packages in doc/operations.md.
sub documented
{
	my ($column) = @_;
	my @names;
	for my $line (split /\n/, PostgreSQL::Test::Utils::slurp_file('doc/operations.md'))
	{
		my @cells = split /\|/, $line =~ s/, and for speed[^|]*//gr;
		push @names, $cells[$column] =~ /`([^`]+)`/g
		  if $line =~ /^\| (?:building|the demo, also|the tests, also) \|/;
	}
	# pgbouncer is found at its usual place, too.
	return sort grep { !/^(?:make|python3.*|pip3 .*|pgbouncer)$/ } @names;
}

# tools/setup where there is nothing but a shell and what goes with it. Make has
# started it, and Python it finds at its usual place.
sub without
{
	my ($name, %stub) = @_;
	my $bin = "$scratch/$name";
	mkdir $bin or die "$bin: $!\n";
	for my $tool (qw(sh cat cut dirname find grep head id sed sort tr uname))
	{
		my ($path) = grep { -x } map { "$_/$tool" } split /:/, $ENV{PATH};
		symlink $path, "$bin/$tool" or die "$tool: $!\n";
	}
	for my $stub (keys %stub)
	{
		unlink "$bin/$stub";
		PostgreSQL::Test::Utils::append_to_file("$bin/$stub", "#!/bin/sh\n$stub{$stub}\n");
		chmod 0755, "$bin/$stub";
	}
	return run('', 'env', '-i', "PATH=$bin", 'sh', 'tools/setup', 'test');
}

my %system = (
	Debian => [ 1, 'apt-get install', 'apt-get' => "touch $scratch/asked" ],
	Fedora => [ 2, 'dnf install', dnf => ':' ],
	Homebrew => [ 3, 'brew install', uname => 'echo Darwin' ]);
for my $name (sort keys %system)
{
	my ($column, $command, @stub) = @{ $system{$name} };
	($status, $output) = without($name, @stub);
	isnt($status, 0, "$name: what is missing is an error");
	is(($output =~ tr/\n//), 1, "$name: of one line");
	my ($why, $missing) = $output =~ /^setup: (.*); missing: \Q$command\E (.*)$/m;
	is( $why,
		$name eq 'Debian'
		? 'not root, and there is no sudo'
		: 'this system has no apt-get',
		"$name: which says why it cannot be mended");
	my %missing = map { $_ => 1 } $missing =~ /\(then: (cpan [^)]+)\)/g;
	$missing =~ s/ \(then: [^)]+\)//g;
	$missing{$_} = 1 for grep { !/^python3/ } split / /, $missing;
	my @documented = documented($column + 1);
	is_deeply([ sort keys %missing ], \@documented, "$name: and names what doc/operations.md does");
}
ok(!-e "$scratch/asked", 'nothing was installed');

done_testing();
