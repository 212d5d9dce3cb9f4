# Recording exchanges, and replaying them: the same rows and errors, and no secret in
# any file. Recording never changes what a query returns.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";

use DataConnectTest;
use Fcntl qw(S_IMODE);
use IPC::Run ();
use JSON::PP ();
use MIME::Base64 qw(encode_base64);
use PostgreSQL::Test::Utils qw(slurp_file);
use Test::More;

my $json = JSON::PP->new->utf8;
my $dc = DataConnectTest->new;

# The group of the server's user may read its files, if the data directory is open to it.
$dc->node->stop;
chmod oct(750), $dc->node->data_dir;
$dc->node->start;
my $session = $dc->session;
$session->query("SET statement_timeout = '@{[$session->hung]}'");
my $parent = PostgreSQL::Test::Utils::tempdir_short();
my $number = 0;
my $directory;

# Begin to record in a new directory, in this session or another one.
sub record
{
	$directory = "$parent/recording" . ++$number;
	mkdir $directory, oct(700) or die "$directory: $!\n";
	record_in($directory, @_);
	return;
}

sub record_in
{
	my ($where, @sessions) = @_;
	$_->query("SET dataconnect_fdw.record_directory = '$where'") for @sessions ? @sessions : $session;
	return;
}

sub stop_recording { return $session->query('RESET dataconnect_fdw.record_directory') }

# The names of the recording's files that end so, in order; or all.
sub files
{
	my ($suffix) = @_;
	my @files = sort glob "$directory/*" . ($suffix // '');
	return @files;
}

# What was recorded of each exchange: { request, head, body, end }.
sub exchanges
{
	my @exchanges;
	for my $file (files('.request.json'))
	{
		my $name = $file =~ s/\.request\.json$//r;
		push @exchanges,
		  { request => $json->decode(slurp_file($file)),
			map({ my $part = "$name.reply.$_"; $_ => -e $part ? slurp_file($part) : undef } qw(head body)),
			end => -e "$name.reply.json" ? $json->decode(slurp_file("$name.reply.json")) : undef };
	}
	return @exchanges;
}

sub ends { return [ map { $_->{end} && $_->{end}{ended} } exchanges() ] }

# --- Recorded and replayed: the same results -------------------------------------

my $service = $dc->url;
my %server = (
	json => { format => 'json' },
	csv => { format => 'csv' },
	xml => { format => 'xml' },
	oauth => {
		token_url => "$service/v1/oauth2/token",
		mapping => { username => 'analyst', password => 's3cret', client_id => 'client',
			client_secret => 'client-secret' }
	},
	basic => { mapping => { username => 'analyst', password => 's3cret' } },
	form => { method => 'post' },
	body => { method => 'post', post_body => 'json' },
	slow => { first_byte_timeout => '1s', idle_timeout => '1s' });
my @variants = map { my $name = $_; map { [ $name, $_ ] } qw(on off) } sort keys %server;
for (@variants)
{
	my ($name, $compression) = @$_;
	$dc->make_server("${name}_$compression", max_retries => 1, compression => $compression, %{ $server{$name} });
	$dc->make_rows_table("t_${name}_$compression", "${name}_$compression");
}

# libcurl itself sends a request again if a kept connection is closed; this one is new.
$dc->make_server('lone', max_retries => 1);
$dc->make_rows_table('t_lone', 'lone');

# A query with the fault that it meets.
my @queries;
for (@variants)
{
	my $table = join '_', 't', @$_;
	push @queries, [ "SELECT * FROM $table WHERE n IN (3, 5) ORDER BY 3, 1" ],
	  [ "SELECT count(*), sum(id), max(name) FROM $table WHERE n = 5000" ];
}
for (qw(json_on json_off csv_on xml_on))
{
	push @queries,
	  [ "SELECT count(*) FROM t_$_ WHERE n = 3001", { cut => { after => 20000, how => 'close' } } ],
	  [ "SELECT count(*) FROM t_$_ WHERE n = 11", { cut => { after => 50, how => 'short_length' } } ],
	  [ "SELECT * FROM t_$_ WHERE n = 12", { drip => { bytes => 20, every => 0.001 } } ];
}
push @queries, map { [ "SELECT * FROM $_ WHERE n = 12", { hold_after => { bytes => 40 } } ] } qw(t_slow_on t_slow_off);
push @queries,
  [ 'SELECT * FROM t_json_on WHERE n = 7', { status => 429, headers => { 'Retry-After' => '0' } } ],
  [ 'SELECT * FROM t_json_on WHERE n = 8', { status => 503, body => 'later' } ],
  [ 'SELECT * FROM t_json_on WHERE n = 9', { status => 413, body => { Error => 1, Message => 'Too many records' } } ],
  [ 'SELECT * FROM t_json_on WHERE n = 10', { status => 400, content_type => 'text/html', body => '<html><title>No</title>' } ],
  [ 'SELECT * FROM t_lone WHERE n = 13', { never => 1 }, 'no reply' ],
  [ 'SELECT * FROM t_json_off WHERE n = 14', { raw_reply => encode_base64("HTTP/1.1 200 OK\r\nX: ", '') } ],
  [ 'SELECT * FROM t_json_off WHERE n = 15', { cut => { how => 'close_delimited' } } ],
  [ 'SELECT * FROM t_csv_on WHERE n = 2000000', undef, 'too many' ];

# The results of all queries; the faults are for the service alone.
sub results
{
	my ($with_faults) = @_;
	my @results;
	for (@queries)
	{
		my ($query, $fault, $about) = @$_;
		$dc->fault({ path => '/test/rows', %$fault }) if $with_faults && $fault;
		my $release = $with_faults && ($about // '') eq 'no reply';
		$session->send($query);
		if ($release)
		{
			$dc->wait(held => 1);
			$dc->release;
		}
		my $result = $session->finish;
		# libcurl names the port, and how the connection broke.
		s/^psql:<stdin>:\d+: //mg for values %$result;
		s/127\.0\.0\.1:\d+|port \d+/PORT/g for values %$result;
		push @results, { query => $query, %$result };
		$dc->clear_faults if $with_faults;
	}
	return \@results;
}

$dc->set(max_records => 1000000);
record();
my $recorded = results(1);
stop_recording();
is(scalar(grep { $_->{state} eq '' } @$recorded), 2 * @variants + 9, 'the queries that should, succeed');
my $sent = @{ $dc->log };
is(scalar files('.request.json'), $sent, 'each request has its record');
is(scalar files('.reply.json'), $sent, 'with its end');
$session->query('SELECT * FROM t_json_on WHERE n = 3');
is(scalar files('.request.json'), $sent, 'none is recorded after the end');
my %ends;
$ends{$_}++ for @{ ends() };
is_deeply([ sort keys %ends ], [ 'complete', 'cut', 'no reply', 'timed out' ], 'it ended in all ways');
is_deeply([ grep { S_IMODE((stat)[2]) != oct(600) } files() ], [], 'only the owner may read the files');

my $replay = DataConnectTest->new(without_cluster => 1, sandbox => [ '--replay', $directory ]);
for (@variants, ['lone'])
{
	my $name = join '_', @$_;
	$session->query("ALTER SERVER $name OPTIONS (SET url '@{[$replay->url]}')");
	$session->query("ALTER SERVER $name OPTIONS (SET token_url '@{[$replay->url]}/v1/oauth2/token')")
	  if $_->[0] eq 'oauth';
}
$session->query('SELECT dataconnect_resume(srvname) FROM pg_foreign_server');
my $replayed = results(0);
for my $i (0 .. $#$recorded)
{
	is_deeply($replayed->[$i], $recorded->[$i], "replayed: $queries[$i][0]");
}
is(scalar @{ $replay->log }, $sent, 'with as many requests');
my $other = $session->attempt('SELECT * FROM t_json_on WHERE n = 99');
is($other->{state}, 'HV00R', 'another request is refused');
like($other->{err}, qr/Not recorded: GET \/test\/rows\. Recorded with other parameters: Count was \d+\./,
	'and why');
$replay->reset;
$session->query('SELECT dataconnect_resume(srvname) FROM pg_foreign_server');
is_deeply(results(0), $recorded, 'a second time from the start');
undef $replay;

# --- With other values -----------------------------------------------------------

my @formats = map { my $name = $_; map { "${name}_$_" } qw(on off) } qw(json csv xml);
for my $name (@formats)
{
	$session->query("ALTER SERVER $name OPTIONS (SET url '$service')");
	$session->query("CREATE FOREIGN TABLE m_$name (id integer OPTIONS (name 'Id'), name text OPTIONS (name 'Name'),
		amount numeric OPTIONS (name 'Amount'), flag boolean OPTIONS (name 'Flag'),
		created timestamptz OPTIONS (name 'Created'), note text OPTIONS (name 'Note'),
		n integer OPTIONS (param 'Count')) SERVER $name OPTIONS (endpoint '/test/rows')");
}

# What stays of a table, and its values.
sub facts
{
	my ($name) = @_;
	return $session->query("SELECT count(*), count(note), count(DISTINCT note), count(DISTINCT name),
		count(*) FILTER (WHERE flag), count(DISTINCT created), max(created) - min(created),
		count(DISTINCT amount), min(scale(amount)), min(length(name)), max(length(name)), max(length(note))
		FROM m_$name WHERE n = 50");
}

sub values_of
{
	my ($name) = @_;
	return map { $_ => 1 } split /\n/, $session->query("SELECT unnest(ARRAY[name, note, amount::text, created::date::text])
		FROM m_$name WHERE n = 50");
}

record();
my %facts = map { $_ => facts($_) } @formats;
my %values = map { $_ => { values_of($_) } } @formats;
stop_recording();
{
	local $ENV{PYTHONPATH} = "$FindBin::Bin/..";
	my @command = (split(' ', $ENV{DATACONNECT_PYTHON}), '-m', 'sandbox.anonymise', $directory, "$directory.new");
	my ($said, $err) = ('', '');
	IPC::Run::run(\@command, '>', \$said, '2>', \$err) or die $err;
	is($said, (2 * @formats) . " exchanges\n", 'a recording is anonymised');
}
$replay = DataConnectTest->new(without_cluster => 1, sandbox => [ '--replay', "$directory.new" ]);
for my $name (@formats)
{
	$session->query("ALTER SERVER $name OPTIONS (SET url '@{[$replay->url]}')");
	is(facts($name), $facts{$name}, "$name: anonymised, it has the same form");
	my %new = values_of($name);
	is_deeply([ grep { $values{$name}{$_} && $_ ne '' } keys %new ], [], "$name: and no value of before");
}
undef $replay;
undef $session;
done_testing();
