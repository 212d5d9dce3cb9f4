# For the tests that cut replies: servers that ask once, and the outcome of a query for
# each of many faults.
#
#	my $session = $dc->session;
#	make_cut_servers($dc, $session);
#	my @outcomes = outcomes($dc, $session, 'SELECT count(*) FROM t', cuts('close', 100));
package DataConnectCuts;

use strict;
use warnings FATAL => 'all';

use Exporter 'import';

our @EXPORT_OK = qw(make_outcomes make_cut_servers outcomes outcomes_told cuts);

# The SQL function that runs a query n times: the result of each run, or its SQLSTATE,
# followed by the message if that is to be told.
sub make_outcomes
{
	my ($session) = @_;
	$session->query(<<'END');
CREATE FUNCTION outcomes(query text, n integer, told boolean) RETURNS SETOF text
LANGUAGE plpgsql AS $$
DECLARE
	result text;
BEGIN
	FOR i IN 1 .. n LOOP
		BEGIN
			EXECUTE query INTO result;
			RETURN NEXT result;
		EXCEPTION WHEN OTHERS THEN
			RETURN NEXT SQLSTATE || CASE WHEN told THEN ' ' || SQLERRM ELSE '' END;
		END;
	END LOOP;
END $$
END
	return;
}

# That function, and two servers, "plain" and "packed", without and with compression. If
# the sandbox hangs, their time-outs let the test fail.
sub make_cut_servers
{
	my ($dc, $session) = @_;
	my %option = (max_retries => 0, idle_timeout => '20s', first_byte_timeout => '20s');
	make_outcomes($session);
	$session->query($dc->server_sql('plain', %option, compression => 'off'));
	$session->query($dc->server_sql('packed', %option));
	return;
}

# Run a query once for each fault; the log then has these requests alone.
sub outcomes { return _outcomes('false', @_) }
sub outcomes_told { return _outcomes('true', @_) }

sub _outcomes
{
	my ($told, $dc, $session, $query, @faults) = @_;
	$dc->clear_log;
	$dc->fault(@faults);
	my @outcomes = split /\n/,
	  $session->query("SELECT * FROM outcomes(\$q\$$query\$q\$, @{[ scalar @faults ]}, $told)");
	$dc->clear_faults;
	return @outcomes;
}

# Faults that cut a reply after each number of bytes below $length, from $from on.
sub cuts
{
	my ($how, $length, $from) = @_;
	return map { { cut => { how => $how, after => $_ } } } $from // 0 .. $length - 1;
}

1;
