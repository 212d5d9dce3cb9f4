# Several companies: the list of a log-in's companies, and one server for each
# company, as in the cookbook.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";

use DataConnectTest;
use Test::More;

my $dc = DataConnectTest->new;
my $url = 'http://dataconnect.iqmetrix.net';

$dc->set(
	login => 'master',
	preferred_endpoint => 'http://own.iqmetrix.net',
	company_endpoints => {
		14205 => 'http://kentel.iqmetrix.net',
		16001 => 'http://prairie.iqmetrix.net' });
$dc->make_server('dc', url => $url, proxy => $dc->url, allow_insecure_http => 'on');
my $proxy = $dc->url;
$dc->sql(qq{
DO \$\$
DECLARE
    company bigint;
    name text;
BEGIN
    FOR company IN SELECT company_id FROM dataconnect_companies('dc') LOOP
        name := 'company_' || company;
        EXECUTE format(\$ddl\$
            CREATE SERVER %1\$I FOREIGN DATA WRAPPER dataconnect_fdw
                OPTIONS (url '$url', params 'CompanyID=%2\$s', use_preferred_endpoint 'on',
                         proxy '$proxy', allow_insecure_http 'on');
            CREATE USER MAPPING FOR CURRENT_USER SERVER %1\$I OPTIONS (username 'analyst', password 's3cret');
            CREATE SCHEMA %1\$I;
            IMPORT FOREIGN SCHEMA lists FROM SERVER %1\$I INTO %1\$I\$ddl\$, name, company);
    END LOOP;
END \$\$});
is($dc->sql(q{SELECT string_agg(srvname, ' ' ORDER BY srvname) FROM pg_foreign_server}),
	'company_14205 company_14300 company_16001 company_21090 dc', 'a server for each company');

my %host = (14205 => 'kentel', 14300 => 'own', 16001 => 'prairie', 21090 => 'own');
for my $company (sort keys %host)
{
	my $first = $company == 21090 ? 50001 : "${company}001";
	$dc->clear_log;
	is($dc->sql("SELECT min(location_entity_id) FROM company_$company.stores"), $first,
		"company $company has its own rows");
	my @log = @{ $dc->log(path => '/lists/stores') };
	is($dc->headers($log[0])->{host}, "$host{$company}.iqmetrix.net", 'from its own endpoint');
	like($log[0]{Params}, qr/\bCompanyID=$company\b/, 'asked for by its number');
}
$dc->clear_log;
is($dc->sql(q{
	SELECT string_agg(company || ' ' || n, ', ' ORDER BY company) FROM (
		SELECT 14205 AS company, min(location_entity_id) AS n FROM company_14205.stores
		UNION ALL
		SELECT 16001, min(location_entity_id) FROM company_16001.stores) c}),
	'14205 14205001, 16001 16001001', 'two companies in one query');
is(join(', ', sort map { $dc->headers($_)->{host} } @{ $dc->log(path => '/lists/stores') }),
	'kentel.iqmetrix.net, prairie.iqmetrix.net', 'each from its own endpoint');

done_testing();
