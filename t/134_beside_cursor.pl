# While a cursor of the session has a reply half read, everything else that asks the
# service works in the same session, and the cursor has all its rows in the end: with room
# for one request only, with a token for each request, whether the library is preloaded or
# not.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";

use DataConnectTest;
use DataConnectWaits qw(same_rows settle union rows);
use Test::More;

my %account = (username => 'analyst', password => 's3cret', client_id => 'client',
	client_secret => 'client-secret');

sub run
{
	my ($world, $conf) = @_;
	my $dc = DataConnectTest->new(conf => $conf);
	my $session = $dc->session;
	$dc->set(login => 'master');

	# To all that this session knows, the tokens of one server end at once.
	$dc->make_server('brief', max_concurrency => 1, compression => 'off',
		token_url => $dc->url . '/v1/oauth2/token', mapping => \%account);
	$dc->make_rows_table('brief', 'brief');
	$dc->make_server('one', max_concurrency => 1, compression => 'off',
		mapping => { token => $dc->token });
	$dc->make_rows_table('one', 'one');
	$dc->sql(<<'END');
CREATE FOREIGN TABLE sampled (id integer OPTIONS (name 'Id'), name text OPTIONS (name 'Name'))
	SERVER one OPTIONS (endpoint '/test/rows', analyze_params 'Count=70');
CREATE TABLE numbers AS SELECT i AS n FROM generate_series(1, 5) i;
CREATE FUNCTION counted() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	result text := '';
	found bigint;
BEGIN
	FOR i IN 1 .. 4 LOOP
		BEGIN
			SELECT count(id) INTO found FROM one WHERE n = i;
			IF i % 2 = 0 THEN
				RAISE EXCEPTION 'undone' USING ERRCODE = 'P0002';
			END IF;
			result := result || found;
		EXCEPTION WHEN no_data_found THEN
			result := result || '-';
		END;
	END LOOP;
	RETURN result;
END $$;
CREATE FUNCTION broken_off() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	result text := '';
	row record;
BEGIN
	FOR i IN 1 .. 3 LOOP
		BEGIN
			FOR row IN SELECT n FROM one WHERE n = 5000 LOOP
				PERFORM 1 / (i % 2);
				EXIT;
			END LOOP;
			result := result || 'l';
		EXCEPTION WHEN division_by_zero THEN
			result := result || 'f';
		END;
	END LOOP;
	RETURN result;
END $$;
END
	$dc->fault({ path => '/v1/oauth2/token', drop => 'expires_in', add => { expires_in => 0 },
			count => 0 });

	my $companies = $session->query("SELECT string_agg(company_id::text, ' ' ORDER BY company_id)
		FROM dataconnect_companies('one')");
	like($companies, qr/^\d+ \d+/, "$world: the companies of a log-in");

	for my $server (qw(one brief))
	{
		my $how = "$world, $server";
		$session->query("SET statement_timeout = '@{[$session->hung]}'");
		$session->query("BEGIN; DECLARE c CURSOR FOR SELECT n FROM $server WHERE n IN (20000, 3)");
		my $n = $session->fetch(1)->{out};
		my $sure = sub {
			my ($what, $sql, $expected) = @_;
			my $result = $session->attempt($sql);
			is($result->{state} . $result->{out}, $expected, "$how: $what");
			return;
		};
		$sure->('another scan', "SELECT count(id) FROM $server WHERE n = 7", '7');
		$sure->('several requests of a scan', "SELECT count(id) FROM $server WHERE n IN (1, 2, 3)", '6');
		$sure->('an Append', 'SELECT count(*) FROM (' . union(map { [ $server => $_ ] } 4, 5, 6) . ') u', '15');
		$sure->('a nested loop', "SELECT count(*) FROM numbers JOIN $server t USING (n)", '15');
		$sure->('a nested loop of both', 'SELECT count(*) FROM one a JOIN brief b ON b.n = a.id
			WHERE a.n = 3', '6');
		$sure->('a sample', 'ANALYZE sampled; SELECT reltuples FROM pg_class WHERE relname = \'sampled\'', '70');
		$sure->('an import', "CREATE SCHEMA s; IMPORT FOREIGN SCHEMA \"/test/things\" FROM SERVER $server INTO s;
			SELECT count(*) > 0 FROM pg_foreign_table JOIN pg_class ON oid = ftrelid
			WHERE relnamespace = 's'::regnamespace; DROP SCHEMA s CASCADE", 't');
		$sure->('the companies of a log-in', "SELECT string_agg(company_id::text, ' ' ORDER BY company_id)
			FROM dataconnect_companies('$server')", $companies);
		$sure->('a loop whose iterations fail', 'SELECT counted()', '1-3-');
		$sure->('loops that are left, or fail, in the midst of a reply', 'SELECT broken_off()', 'lfl');
		$sure->('a savepoint', "SAVEPOINT s; DECLARE d CURSOR FOR SELECT n FROM $server WHERE n = 20001;
			FETCH 1 FROM d", '20001');
		$sure->('which is rolled back', "ROLLBACK TO s; SELECT count(id) FROM $server WHERE n = 8", '8');
		$sure->('an error in a savepoint', "SAVEPOINT s; SELECT 1 / (count(id) - 2) FROM $server WHERE n = 2", '22012');
		$session->query('ROLLBACK TO s');
		my $rest = $session->fetch('ALL');
		is($rest->{state}, '', "$how: the cursor comes to its end");
		my @rows = ($n, split /\n/, $rest->{out});
		is(join(' ', scalar @rows, scalar grep { $_ == 3 } @rows), '20003 3', "$how: with all its rows");
		$session->query('COMMIT');
		$dc->wait(in_flight => 0);
	}
	is($session->query("SELECT coalesce(sum(in_flight + waiting), 0) FROM dataconnect_concurrency"), '0',
		"$world: nothing is left in the end");
	$session->quit;
	return;
}

run('preloaded', "shared_preload_libraries = 'dataconnect_fdw'\n");
run('not preloaded', '');

done_testing();
