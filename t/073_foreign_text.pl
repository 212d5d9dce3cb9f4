# A reply's value reaches client and log only shortened, made safe and without
# secrets, whatever messages the type's functions would write.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";

use DataConnectTest;
use Test::More;

my $dc = DataConnectTest->new(conf => <<'CONF');
log_min_messages = debug1
log_error_verbosity = verbose
log_statement = none
CONF
$dc->make_server('dc');
$dc->sql(<<'SQL');
CREATE FUNCTION refuses(value text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
	RAISE LOG '%', length(value);
	RAISE WARNING 'CANARY %', value;
	RAISE EXCEPTION 'CANARY %', value USING DETAIL = value, HINT = value, CONSTRAINT = value,
		DATATYPE = value, TABLE = value, COLUMN = value, SCHEMA = value;
END $$;
CREATE DOMAIN refused AS text CHECK (refuses(value));
CREATE DOMAIN refused_state AS text CHECK (refuses(value) IS NULL);
CREATE TYPE parts AS (n integer, query tsquery);
SQL

# Types. The input functions of some raise errors of other classes than 22.
my @types = (
	qw(tsquery tsvector regclass regtype regproc regprocedure regoperator regcollation regrole
	  regnamespace regconfig jsonpath xml jsonb interval date timestamptz daterange tstzmultirange
	  point polygon inet macaddr pg_lsn bit uuid numeric integer boolean money name "char" refused
	  parts aclitem), 'text[]', 'integer[]', 'tsquery[]', 'regclass[]');

# Checks that the value ends in our error, and that nothing matching $wrong is shown.
sub check
{
	my ($what, $value, $wrong, @of) = @_;

	for my $type (@of)
	{
		my $at = -s $dc->node->logfile;

		$dc->document('/values', '[{"V":' . $value . '}]');
		$dc->sql("DROP FOREIGN TABLE IF EXISTS t; CREATE FOREIGN TABLE t (v $type OPTIONS (name 'V'))
			SERVER dc OPTIONS (endpoint '/values')");
		my $session = $dc->session;
		$session->query('SET client_min_messages = debug1');
		my $result = $session->attempt('SELECT v IS NULL FROM t');
		$session->quit;

		my $log = PostgreSQL::Test::Utils::slurp_file($dc->node->logfile, $at);
		my $said = $result->{err} . $log;

		like($result->{err}, qr/invalid value for column "v" of foreign table "t"/,
			"$what, $type: refused in our words");
		unlike($said, $wrong, "$what, $type: nothing of it in client or log");
		cmp_ok(length $log, '<', 20_000, "$what, $type: little is logged");
	}
	return;
}

# No type accepts this: unclosed quotes and brackets, and no name of an object.
my $head = q[{(\" & !<];
check('control characters', qq{"$head a \\u0007\\u001b[2J\\nFATAL:  forged\\r\\u202e"},
	qr/\a|\e|\r|\x{e2}\x{80}\x{ae}|^FATAL|^\s*FATAL:  forged|CANARY/m,
	grep { !/^(?:name|tsvector|date|jsonb)$/ } @types);
check('a secret', qq{"$head a sandbox-token sandbox-\\u0074oken"}, qr/sandbox-token|CANARY/,
	grep { !/^(?:name|tsvector|jsonb)$/ } @types);
check('a megabyte', '"' . $head . ('x' x (1024 * 1024)) . '"', qr/x{250}|CANARY/,
	grep { !/^(?:tsvector|jsonb)$/ } @types);

# Input functions that would quote the value in a notice.
for my $case ([ 'tsquery', '"' . (' \\n\\t' x 1000) . '"' ], [ 'regtype', '"' . ('n' x 300) . '"' ])
{
	my ($type, $value) = @$case;
	my $at = -s $dc->node->logfile;

	$dc->document('/values', '[{"V":' . $value . '}]');
	$dc->sql("DROP FOREIGN TABLE IF EXISTS t; CREATE FOREIGN TABLE t (v $type OPTIONS (name 'V'))
		SERVER dc OPTIONS (endpoint '/values')");
	my $result = $dc->session->attempt('SELECT count(v) FROM t');
	my $said = $result->{err} . PostgreSQL::Test::Utils::slurp_file($dc->node->logfile, $at);
	unlike($said, qr/NOTICE:/, "$type: no notice");
	unlike($said, qr/n{250}|(?: \n\t){10}/, "$type: nothing of the value");
}

# Settings are restored after an error, also within one transaction.
$dc->document('/values', '[{"V":"no such"}]');
my $session = $dc->session;
$session->query('SET client_min_messages = notice');
$session->attempt($_)
  for 'BEGIN', 'SAVEPOINT s', 'SELECT v FROM t', 'ROLLBACK TO s';
like($session->attempt(q{DO $$ BEGIN RAISE NOTICE 'heard'; END $$})->{err}, qr/heard/,
	'notices are heard again after an error');
is($session->query('SHOW search_path'), '"$user", public', 'search_path is as it was');

done_testing();
