# What a DBA may do to a mirror, in random order: each refresh is right, or fails with a hint
# that mends it; and in the end the mirror has each row once. DATACONNECT_SEED repeats a run.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";

use DataConnectTest;
use Test::More;

use constant STEPS => 60;

my $seed = $ENV{DATACONNECT_SEED} || 1;
srand($seed);
my $dc = DataConnectTest->new;
my $session = $dc->session;
$session->query($dc->server_sql('dc', max_retries => 0));
$session->query(q{
	SET client_min_messages = error;
	CREATE SCHEMA other; CREATE ROLE heir; GRANT ALL ON SCHEMA public, other TO heir;
	CREATE FOREIGN TABLE source (id integer OPTIONS (name 'Id'), store integer OPTIONS (name 'StoreID'),
			at timestamp OPTIONS (name 'DateCreated', param_from 'StartDate', param_to 'StopDate'),
			total numeric OPTIONS (name 'Total'))
		SERVER dc OPTIONS (endpoint '/test/sales');
	GRANT SELECT ON source TO heir;
	SELECT dataconnect_mirror('source', target => 'mirror', by => 'at', since => '2026-01-01', key => '{id}')});

sub one { return $session->query("SELECT $_[0] FROM dataconnect_mirrors") }
sub mirror { return one('mirror') }
sub pick { return @_ ? $_[ int rand @_ ] : '' }

# A partition or column by chance, or ''.
sub partition
{
	return $session->query(q{SELECT inhrelid::regclass FROM pg_inherits, dataconnect_mirrors
		WHERE inhparent = mirror AND inhrelid <> live_table ORDER BY inhrelid LIMIT 1 OFFSET } . int rand 12);
}

sub column
{
	my ($pattern) = @_;
	return pick(split /\n/, $session->query("SELECT attname FROM pg_attribute WHERE attrelid = 'source'::regclass
		AND attnum > 0 AND NOT attisdropped AND attname ~ '$pattern' ORDER BY attnum"));
}

my $number = 0;
my %action = (
	refresh => sub { return q{CALL dataconnect_refresh('} . mirror() . q{')} },
	# A mirror begins later once its first partitions are gone.
	again => sub {
		return unless $session->query(q{SELECT since < '2026-03-10' AND horizon > '2026-01-10' FROM dataconnect_mirror_state}) eq 't';
		return q{CALL dataconnect_refresh('} . mirror() . q{', '2026-01-10', '2026-03-10')};
	},
	'new column' => sub { return 'ALTER FOREIGN TABLE source ADD COLUMN c' . ++$number . q{ text OPTIONS (name 'StoreID')} },
	'no column' => sub {
		my $column = column('^c') or return;
		return ("ALTER FOREIGN TABLE source DROP COLUMN $column",
			int(rand 2) ? 'ALTER TABLE ' . mirror() . " DROP COLUMN IF EXISTS $column" : ());
	},
	'no column here' => sub {
		my $column = column('^c') or return;
		return 'ALTER TABLE ' . mirror() . " DROP COLUMN IF EXISTS $column";
	},
	# Beside dropped columns, renamed ones might not be told apart.
	'renamed columns' => sub {
		my @renames = map {
			my $column = column($_);
			my $new = $column =~ s/x$//r;
			$new .= 'x' if $new eq $column;
			("ALTER FOREIGN TABLE source RENAME COLUMN $column TO $new", 'ALTER TABLE ' . mirror() . " RENAME COLUMN $column TO $new")
		} grep { int rand 2 } '^id', '^at', '^total';
		my $refresh = q{CALL dataconnect_refresh('} . mirror() . q{')};
		return ($refresh, $refresh, @renames, $refresh);
	},
	type => sub {
		my ($column, $type) = (column('^total'), pick('numeric', 'float8', 'numeric(19,4)'));
		return ("ALTER FOREIGN TABLE source ALTER COLUMN $column TYPE $type",
			'ALTER TABLE ' . mirror() . " ALTER COLUMN $column TYPE $type");
	},
	'renamed' => sub { return 'ALTER TABLE ' . mirror() . ' RENAME TO ' . (mirror() =~ /mirror2$/ ? 'mirror' : 'mirror2') },
	schema => sub { return 'ALTER TABLE ' . mirror() . ' SET SCHEMA ' . pick('other', 'public') },
	owner => sub { return 'ALTER TABLE ' . mirror() . ' OWNER TO ' . pick('heir', 'CURRENT_USER') },
	detach => sub {
		my $partition = partition() or return;
		return 'ALTER TABLE ' . mirror() . " DETACH PARTITION $partition";
	},
	truncate => sub {
		my $partition = partition() or return;
		return "TRUNCATE $partition";
	},
	step => sub { return q{UPDATE dataconnect_mirror_mine SET step = '} . pick('1 month', '7 days', '1 year', '2 months') . q{'} },
	live => sub {
		return q{UPDATE dataconnect_mirror_mine SET late = '} . int(rand 5) . q{ days', live = '}
		  . pick('3 days', '7 days', '100 days', '1 month') . q{'};
	});

# Runs SQL; returns '' or the error, if no hint has mended what it says.
sub run
{
	my ($sql) = @_;
	my $result = $session->attempt($sql);
	return '' if $result->{err} eq '';
	my ($hint) = $result->{err} =~ /^HINT:\s+(.*)/m;
	if ($result->{state} eq '55000' && $result->{err} =~ /has no partition for/ && $hint =~ /(FOR VALUES FROM \(.*?\) TO \(.*?\))\)/)
	{
		my $created = $session->attempt('CREATE TABLE made' . ++$number . ' PARTITION OF ' . mirror() . " $1");
		return $created->{err};
	}
	elsif ($result->{state} eq '55000' && $hint =~ /(ALTER TABLE \S+ DROP COLUMN \S+;)/)
	{
		return $session->attempt($1)->{err};
	}
	return $result->{err};
}

my @history;
for my $step (1 .. STEPS)
{
	my $name = int(rand 3) ? pick(sort keys %action) : 'refresh';
	for my $sql ($action{$name}->())
	{
		push @history, $sql;
		my $error = run($sql);
		is($error, '', "step $step: $sql") if $error ne '';
	}
}
push @history, 'the end';
run($action{refresh}->()) for 1 .. 3;
is(one('result'), 'ok', 'the last refresh is well');
is(one('lag'), '00:00:00', 'and leaves nothing to load');

my ($at, $key) = (one('by_column'), one('key_columns[1]'));
my $since = $session->query('SELECT since FROM dataconnect_mirror_state');
my $rows = $session->query("SELECT count(*) FROM source WHERE $at >= '$since' AND $at < '2026-04-01'");
is($session->query('SELECT count(*), count(DISTINCT ' . $key . ') FROM ' . mirror() . " WHERE $at >= '$since' AND $at < '2026-04-01'"),
	"$rows|$rows", 'each row is there once');
is(one('rows'), $session->query('SELECT count(*) FROM ' . mirror() . " WHERE $at >= '$since' AND $at < '" . one('horizon') . q{'}),
	'rows are counted right');
is($session->query(q{SELECT coalesce(sum(new + vanished), 0) FROM dataconnect_verify('} . mirror() . q{')}), 0, 'the service agrees');
diag("DATACONNECT_SEED=$seed\n" . join("\n", @history)) unless Test::More->builder->is_passing;

$session->quit;
done_testing();
