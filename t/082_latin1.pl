# In a database with another encoding than UTF-8, names and values are sent and read as
# UTF-8.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";

use DataConnectTest;
use Encode ();
use Test::More;

my $dc = DataConnectTest->new;
$dc->sql(q{CREATE DATABASE latin1 ENCODING 'LATIN1' TEMPLATE template0
	LC_COLLATE 'C' LC_CTYPE 'C'});
my $session = $dc->session(dbname => 'latin1');
$session->query(q{SET client_encoding = 'UTF8'});
$session->query('CREATE EXTENSION dataconnect_fdw');
$session->query("CREATE SERVER dc FOREIGN DATA WRAPPER dataconnect_fdw
	OPTIONS (url '" . $dc->url . "', params 'Übrig=%C3%A9&Öl=ö')");
$session->query(q{CREATE USER MAPPING FOR CURRENT_USER SERVER dc
	OPTIONS (token 'sandbox-token')});

# Parameters are sent percent-encoded.
$session->query(q{CREATE FOREIGN TABLE echo (
	query text OPTIONS (name 'Query'),
	body text OPTIONS (name 'Body'),
	x text OPTIONS (param 'Größe'),
	preset text OPTIONS (param 'Vor', default 'größer'))
	SERVER dc OPTIONS (endpoint '/test/echo', params 'Straße=Füße')});
my $sent = 'Gr%C3%B6%C3%9Fe=na%C3%AFve&Vor=gr%C3%B6%C3%9Fer'
  . '&%C3%9Cbrig=%C3%A9&%C3%96l=%C3%B6&Stra%C3%9Fe=F%C3%BC%C3%9Fe&Response=Json';
is($session->query(q{SELECT query FROM echo WHERE x = 'naïve'}),
	$sent, 'parameters of a GET');
like(
	$session->query(q{EXPLAIN (COSTS OFF) SELECT * FROM echo WHERE x = 'naïve'}),
	qr/\QGET \/test\/echo?$sent\E/,
	'as EXPLAIN shows them');
is($session->query(q{SELECT preset FROM echo WHERE x = 'naïve'}),
	'größer', 'a default as the value of its column');
$session->query(q{ALTER FOREIGN TABLE echo OPTIONS (ADD method 'post')});
is($session->query(q{SELECT body FROM echo WHERE x = 'naïve'}),
	$sent, 'parameters of a form');
$session->query(q{ALTER SERVER dc OPTIONS (ADD post_body 'json')});
is($session->query(q{SELECT body FROM echo WHERE x = 'naïve'}),
	'{"Größe":"naïve","Vor":"größer","Übrig":"é","Öl":"ö","Straße":"Füße","Response":"Json"}',
	'parameters of a JSON body');

# The endpoint and the reply's keys.
$dc->document(Encode::decode('UTF-8', '/test/größe'),
	'[{"Größe":"naïve"},{"Größe":"na\u00efve"},{"Gr\u00f6\u00dfe":null}]');
$session->query(q{CREATE FOREIGN TABLE keys (
	"größe" text,
	again text OPTIONS (name 'Größe'))
	SERVER dc OPTIONS (endpoint '/test/größe')});
$session->query(q{ALTER FOREIGN TABLE keys RENAME "größe" TO "Größe"});
is($session->query(q{SELECT * FROM keys}),
	"naïve|naïve\nnaïve|naïve\n|", 'keys of a reply');

# A key that the encoding cannot represent cannot be a column; others are suggested.
$dc->document('/test/wide', '[{"Größe":"naïve","東京":1,"Köln":2}]');
my $import = $session->attempt(q{IMPORT FOREIGN SCHEMA "/test/wide" FROM SERVER dc INTO public});
like($import->{err}, qr/WARNING:  \w+: key "\?\?" of endpoint "\/test\/wide" cannot be a column\s+DETAIL:  The key has a character that the database encoding lacks\./,
	'a key that the encoding lacks');
is($import->{state}, '', 'does not keep the table from being imported');
is($session->query('SELECT * FROM wide'), 'naïve|2', 'with its other columns');
is($session->query(q{SELECT count(*) FROM dataconnect_check('wide')}), '0', 'which are all there can be');
$session->query(q{ALTER FOREIGN TABLE wide ALTER COLUMN "köln" OPTIONS (SET name 'Kölln')});
my $warned = $session->attempt('SELECT * FROM wide');
is($warned->{out}, 'naïve|', 'a key that is missing');
like($warned->{err}, qr/The nearest key that no column reads is "Köln"\.\s+HINT:  ALTER FOREIGN TABLE public\.wide ALTER COLUMN "köln" OPTIONS \(SET name 'Köln'\);/,
	'is told of with the nearest');

# Types with parts: JSON arrays, and literals of arrays, ranges and rows.
$session->query(q{CREATE TYPE pair AS (a text, b text[])});
$session->query(q{CREATE TYPE textrange AS RANGE (subtype = text, collation = "C")});
$dc->document('/test/parts',
	'[{"J":["ü,","\u00e9"],"L":"{ü,\"é \"}","R":"[a,ü)","P":"(ö,\"{é,ü}\")"}]');
$session->query(q{CREATE FOREIGN TABLE parts (
	j text[] OPTIONS (name 'J'), l text[] OPTIONS (name 'L'),
	r textrange OPTIONS (name 'R'), p pair OPTIONS (name 'P'))
	SERVER dc OPTIONS (endpoint '/test/parts')});
is($session->query(q{SELECT * FROM parts}),
	'{"ü,",é}|{ü,"é "}|[a,ü)|(ö,"{é,ü}")', 'parts of values');
$dc->document('/test/parts', '[{"J":["a","\u20ac"],"R":"[a,\u20ac)"}]');
for my $column (qw(j r))
{
	like($session->attempt("SELECT $column FROM parts")->{err},
		qr/no equivalent in encoding "LATIN1"\nCONTEXT:  .*column "$column": /,
		"a part that the encoding lacks: $column");
}

# A parameter that the encoding cannot represent is sent; messages show what they can.
my $unknown = $session->attempt(q{CREATE FOREIGN TABLE unknown (id integer) SERVER dc
	OPTIONS (endpoint '/lists/stores', params '%E2%82%AC%C3%A9=1')});
is($unknown->{state}, '', 'a parameter that the encoding lacks can be given');
like($unknown->{err}, qr/WARNING:  \w+: unknown parameter "\?é" of foreign table "unknown"/,
	'and is told of');
$session->quit;

# Its bytes are not mistaken for characters of a multibyte encoding.
$dc->sql(q{CREATE DATABASE euc ENCODING 'EUC_TW' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'});
$session = $dc->session(dbname => 'euc');
$session->query(q{SET client_encoding = 'UTF8'});
$session->query('CREATE EXTENSION dataconnect_fdw');
$session->query("CREATE SERVER dc FOREIGN DATA WRAPPER dataconnect_fdw OPTIONS (url '" . $dc->url . q{')});
$unknown = $session->attempt(q{CREATE FOREIGN TABLE unknown (id integer) SERVER dc
	OPTIONS (endpoint '/reports/ProductDetailReport', params 'StartDat%E6%97%8E=1')});
is($unknown->{state}, '', 'a parameter in EUC_TW');
like($unknown->{err}, qr/parameter "StartDat旎" .*Perhaps you meant "StartDate"/s, 'is told of with the nearest');

$session->quit;
done_testing();
