--
-- Formats: valid and invalid replies, requests, and encodings
--
\getenv srcdir PG_ABS_SRCDIR
\set setup :srcdir '/test/regress/setup.psql'
\i :setup
\pset null (null)
ALTER SERVER sandbox OPTIONS (ADD max_retries '0');

CREATE FOREIGN TABLE json_reply (n integer OPTIONS (param 'N'), "A" text, "B" integer)
    SERVER sandbox OPTIONS (endpoint '/test/echo', missing_key 'ignore');
CREATE FOREIGN TABLE table_reply (n integer OPTIONS (param 'N'), "A" text, "B" integer)
    SERVER sandbox OPTIONS (endpoint '/test/echo', format 'jsondatatable', missing_key 'ignore');

-- Replies to try, number n to the request with N=n: a text, or bytes where it is \x…
CREATE TABLE replies (n serial, format text, body text, bytes bytea);
CREATE FUNCTION octets(body text) RETURNS bytea LANGUAGE sql
AS $$ SELECT CASE WHEN body LIKE '\\x%' THEN body::bytea ELSE convert_to(body, 'UTF8') END $$;
-- the faults that set all these replies in the sandbox
CREATE VIEW faults AS SELECT coalesce(json_agg(json_build_object('count', 0, 'param', json_build_object('N', n),
    'raw', replace(encode(bytes, 'base64'), E'\n', ''))), '[]') AS faults FROM replies;

-- the rows of a reply, or its error
CREATE FUNCTION rows_of(n integer, format text) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    result text;
    state text; message text; detail text;
BEGIN
    EXECUTE format('SELECT string_agg(format(''(%%s,%%s)'', coalesce("A", ''NULL''), coalesce("B"::text, ''NULL'')), '' '') FROM %I WHERE n = $1', format || '_reply')
        INTO result USING n;
    RETURN coalesce(result, 'no rows');
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL;
    RETURN concat_ws(' ', state, regexp_replace(message, '(reply|column "\w") (for|of) foreign table "\w+" ', ''), regexp_replace(detail, ' The reply is of type.*', ''));
END $$;

--
-- json: an array of objects
--
INSERT INTO replies (format, body) SELECT 'json', * FROM unnest(array[
    '[{"A":"x","B":1},{"A":"y","B":2}]', E' \t\r\n[ \n{ "B" : 1 , "A"\t: "x" } \r\n, {"A":"y" }\n] \r\n', '\xefbbbf' || encode('[{"A":"x"}]', 'hex'), '[]', E'\n[ ]\n',
    '[{"A":{"a":[1, {"b":2}]},"B":null}]', '[{"A":["x","y"],"C":{"A":"no","B":[{"A":"no"}]}}]', '[{"A":14.50,"B":"7"},{"A":true},{"A":"\u00e9\ud83d\ude00\"\\\/\b"}]', '[{"\u0041":"x"}]',
    -- one object is one row
    '{"A":"x","B":1}', '\xefbbbf' || encode(E'\r\n { "B" : "7", "C" : [ {"A":"no"} ] } \r\n', 'hex'), '{"A":null,"Error":null}', '{"Error":"","A":"x"}', '{"A":"x","A":"y"}', '{"A":"\u00e9","Error":{"Error":true}}',
    -- unless it has none of the table's keys, is an error, a message about the request, an envelope, or not alone
    '{"C":1}', '{"A":"x","Error":true}', '{"Error":true,"A":"x"}', '{"Error":false,"A":"x"}', '{"A":"x","Records":[]}', '{"Schema":[],"A":"x"}', '{"A":"x"}x', '{"A":"x"},', '{"A":"x"}{"A":"y"}', '{"A":"x"', '{"A":"x","B":"y"}', '{"A":"x",}', '{A:"x"}',
    -- JSON, but not records
    '{}', '{"Records":[{"A":"x"}]}', '{"Error":true,"Message":"no"}', '[[{"A":"x"}]]', '[1]', '["x"]', '[null]', '[true]', '[{"A":"x"},[]]', '[{"A":"x"},null]', '1', '"x"', 'true', 'null', '-1e5',
    -- not JSON
    '', ' ', E'\n', '<html><body>Log in</body></html>', E' \n<?xml version="1.0"?><Table></Table>', 'A,B', 'Service is busy.', '[', '[{', '[{"A":"x"}', '[{"A":"x"},', '[{"A":"x"},]', '[,]', '[{"A":"x"} {"A":"y"}]', '[{"A":"x",}]', '[{"A" "x"}]', '[{"A":}]', '[{A:"x"}]', '[{''A'':''x''}]', '[{"A":"x"}}', ']',
    '[{"A":undefined}]', '[{"A":NaN}]', '[{"A":+1}]', '[{"A":01}]', '[{"A":1.}]', '[{"A":.5}]', '[{"A":1e}]', '[{"A":-}]', '[{"A":0x1}]', '[{"A":True}]', '[{"A":nul}]', '[{"A":nulls}]', '[{"A":"x"/* no */}]',
    E'[{"A":"a\tb"}]', E'[{"A":"a\nb"}]', '[{"A":"\x"}]', '[{"A":"\u12"}]', '[{"A":"\u12g4"}]', '[{"A":"\u0000"}]', '[{"A":"x","C":"\u0000"}]', '[{"A":"x","\u0000":1}]',
    '[{"A":"\ud800"}]', '[{"A":"\ud800x"}]', '[{"A":"\ud83d\u0041"}]', '[{"A":"\ude00\ud83d"}]', '[{"A":"x","C":"\udc00"}]',
    -- followed by more
    '[{"A":"x"}]x', '[{"A":"x"}][]', '[{"A":"x"}],', '[{"A":"x"}]{"Error":true}', '[]]']);
-- bytes: invalid UTF-8 in a value, a key, a field that is not read; other encodings; a NUL at the end
INSERT INTO replies (format, body) SELECT 'json', '\x' || encode(a || b || c, 'hex') FROM (VALUES
    ('[{"A":"'::bytea, '\xff'::bytea, '"}]'::bytea), ('[{"A":"', '\xe9', '"}]'), ('[{"A":"', '\xc3', '"}]'), ('[{"A":"', '\xc080', '"}]'), ('[{"A":"', '\xeda080', '"}]'), ('[{"A":"', '\xf4908080', '"}]'),
    ('[{"A":"x","', '\xff', '":1}]'), ('[{"A":"x","C":["', '\xff', '"]}]'), ('', '\xfeff005b005d', ''), ('', '\xfffe5b005d00', ''), ('', '\xefbbbfefbbbf5b5d', ''), ('[{"A":"x"}]', '\x00', ''), ('[{"A":"x', '\x00', 'y"}]')) AS t (a, b, c);
UPDATE replies SET bytes = octets(body);
SELECT faults FROM faults \gset
\setenv FAULTS :faults
\! $DATACONNECT_SANDBOX_CTL fault "$FAULTS"
\pset format unaligned
SELECT n, CASE WHEN body LIKE '\\x%' THEN body ELSE quote_literal(body) END AS body, rows_of(n, format) FROM replies ORDER BY n;
\pset format aligned

-- a reply that is cut anywhere, or that lacks a byte, is an error
\set reply '[{"A":"caf\\u00e9","B":-10},{"A":null,"C":[{},[true,false]]}]'
\! $DATACONNECT_SANDBOX_CTL clear
TRUNCATE replies RESTART IDENTITY;
INSERT INTO replies (format, bytes) SELECT 'json', substr(octets(:'reply'), 1, i) FROM generate_series(1, length(:'reply') - 1) i;
SELECT faults FROM faults \gset
\setenv FAULTS :faults
\! $DATACONNECT_SANDBOX_CTL fault "$FAULTS"
SELECT count(*), left(rows_of(n, format), 22) AS says FROM replies GROUP BY 2;

--
-- jsondatatable: an object with the records, and more
--
\! $DATACONNECT_SANDBOX_CTL clear
TRUNCATE replies RESTART IDENTITY;
INSERT INTO replies (format, body) SELECT 'table', * FROM unnest(array[
    '{"Records":[{"A":"x","B":1},{"A":"y"}],"Schema":[{"Column_Name":"A","Type":"varchar","SafeType":"String","Length":30},{"Column_Name":"B","Type":"int","SafeType":"Int32","Length":null}]}',
    '{"Schema":[{"Column_Name":"A"}],"Records":[{"A":"x"}]}', '{"Records":[{"A":"x"}]}', '{"Schema":[],"Records":[]}', E' { "Records" : [ ] } \n', '\xefbbbf' || encode('{"Records":[]}', 'hex'),
    '{"R\u0065cords":[{"A":"x"}]}', '{"Schema":{"Records":[{"A":"no"}]},"x":[[{"Records":[]}]],"Records":[{"A":"x","Records":[{"A":"no"}]}],"Total":1}',
    -- no records
    '{}', '{"Schema":[]}', '{"records":[{"A":"x"}]}', '{"Records":null}', '{"Records":{"A":"x"}}', '{"Records":"[]"}', '{"Records":1}', '{"Records":[[]]}', '{"Records":[{"A":"x"},1]}', '{"Records":[],"Records":[]}',
    '[{"A":"x"}]', '[]', '{"Error":true,"Message":"no"}', '"x"', 'null', '1',
    -- not JSON, or followed by more
    '', '<Table/>', '{', '{"Records"', '{"Records":', '{"Records":[', '{"Records":[]', '{"Records":[{"A":"x"}]', '{"Records":[{"A":"x"}],', '{"Records":[{"A":"x"}],}', '{"Records":[{"A":"x"}],"Schema":[', '{"Records":[{"A":"x"}],"Schema":[{}}}',
    '{"Records":[{"A":"x"}],"Schema":"\u0000"}', '{"Records":[{"A":"x"}]}x', '{"Records":[]}{"Records":[]}', '{"Records":[]}]']);
UPDATE replies SET bytes = octets(body);
SELECT faults FROM faults \gset
\setenv FAULTS :faults
\! $DATACONNECT_SANDBOX_CTL fault "$FAULTS"
\pset format unaligned
SELECT n, CASE WHEN body LIKE '\\x%' THEN body ELSE quote_literal(body) END AS body, rows_of(n, format) FROM replies ORDER BY n;
\pset format aligned
\set reply '{"Records":[{"A":"x","B":1},{"A":"y"}],"Schema":[{"Column_Name":"A","Length":null}]}'
\! $DATACONNECT_SANDBOX_CTL clear
TRUNCATE replies RESTART IDENTITY;
INSERT INTO replies (format, bytes) SELECT 'table', substr(octets(:'reply'), 1, i) FROM generate_series(1, length(:'reply') - 1) i;
SELECT faults FROM faults \gset
\setenv FAULTS :faults
\! $DATACONNECT_SANDBOX_CTL fault "$FAULTS"
SELECT count(*), left(rows_of(n, format), 22) AS says FROM replies GROUP BY 2;
\! $DATACONNECT_SANDBOX_CTL clear

-- both formats have the same rows; the table's format overrides the server's
CREATE FOREIGN TABLE sales (id integer OPTIONS (name 'Id'), store_id integer OPTIONS (name 'StoreID'), total numeric OPTIONS (name 'Total'))
    SERVER sandbox OPTIONS (endpoint '/test/sales');
\! $DATACONNECT_SANDBOX_CTL log-clear
CREATE TABLE sales_json AS SELECT * FROM sales;
ALTER SERVER sandbox OPTIONS (ADD format 'jsondatatable');
CREATE TABLE sales_table AS SELECT * FROM sales;
ALTER FOREIGN TABLE sales OPTIONS (ADD format 'JSON');
SELECT count(*) FROM sales;
ALTER SERVER sandbox OPTIONS (DROP format);
ALTER FOREIGN TABLE sales OPTIONS (DROP format);
SELECT count(*) FROM (TABLE sales_json INTERSECT TABLE sales_table) AS s;
\! sh -c "$LOG"

--
-- Depth, and long records
--
\! $DATACONNECT_SANDBOX_CTL fault '{"depth": 510}'
SELECT count(*) FROM sales;
\! $DATACONNECT_SANDBOX_CTL fault '{"depth": 511}'
SELECT count(*) FROM sales;
-- max_record_size limits a record from brace to brace; text between and around records does not count
ALTER SERVER sandbox OPTIONS (ADD max_record_size '1kB');
SELECT format('[%s{"A":"%s"}%s,{"A":"y"}]', repeat(' ', 3000), repeat('x', 1024 - length('{"A":""}')), repeat(' ', 3000)) AS longest,
       format('[{"A":"y"},{"A":"%s"}]', repeat('x', 1025 - length('{"A":""}'))) AS longer \gset
\setenv LONGEST :longest
\setenv LONGER :longer
\! $DATACONNECT_SANDBOX_CTL document /test/longest "$LONGEST"
\! $DATACONNECT_SANDBOX_CTL document /test/longer "$LONGER"
CREATE FOREIGN TABLE longest ("A" text) SERVER sandbox OPTIONS (endpoint '/test/longest');
CREATE FOREIGN TABLE longer ("A" text) SERVER sandbox OPTIONS (endpoint '/test/longer');
SELECT length("A") FROM longest;
SELECT length("A") FROM longer;
\echo :SQLSTATE
SELECT count(*) FROM longer;
ALTER SERVER sandbox OPTIONS (SET max_record_size '100kB');
\! $DATACONNECT_SANDBOX_CTL fault '{"huge": 90000}'
SELECT count(*) FROM sales;
\! $DATACONNECT_SANDBOX_CTL fault '{"huge": 300000, "record": 60}'
SELECT count(*) FROM sales;
\! $DATACONNECT_SANDBOX_CTL fault '{"depth": 500, "huge": 100000000, "record": 2}'
SELECT count(*) FROM sales;
ALTER SERVER sandbox OPTIONS (DROP max_record_size);

--
-- Content-Type and Content-Encoding
--
-- the content counts, not the Content-Type
\! $DATACONNECT_SANDBOX_CTL fault '[{"content_type": "text/html"}, {"content_type": "application/xml; charset=utf-16"}, {"content_type": ""}]'
SELECT count(*) FROM sales;
SELECT count(*) FROM sales;
SELECT count(*) FROM sales;
-- a reply in another format is an error, compressed or not
\! $DATACONNECT_SANDBOX_CTL fault '[{"body": "Id,StoreID\r\n1,2\r\n", "content_type": "text/csv"}, {"body": "<Table><Record/></Table>", "content_type": "text/xml\u0007"}, {"raw": "UEsDBBQ=", "content_type": "application/vnd.ms-excel"}]'
SELECT count(*) FROM sales;
SELECT count(*) FROM sales;
SELECT count(*) FROM sales;
-- compression is requested, unless the server's option is off
\setenv CODING '$DATACONNECT_SANDBOX_CTL log --fields headers --clear | grep -o \'"Accept-Encoding": "[^"]*"\''
\! $DATACONNECT_SANDBOX_CTL log-clear
SELECT count(*) FROM sales;
ALTER SERVER sandbox OPTIONS (ADD compression 'false');
SELECT count(*) FROM sales;
\! sh -c "$CODING"
-- a coding that was not requested, or data that are not in that coding
\! $DATACONNECT_SANDBOX_CTL fault '[{"headers": {"Content-Encoding": "br"}}, {"headers": {"Content-Encoding": "gzip"}}, {"headers": {"Content-Encoding": "identity"}}]'
SELECT count(*) FROM sales;
SELECT count(*) FROM sales;
SELECT count(*) FROM sales;
ALTER SERVER sandbox OPTIONS (DROP compression);

--
-- How values travel: in the URL, in a form, in a JSON document
--
CREATE FOREIGN TABLE echo (method text OPTIONS (name 'Method'), query text OPTIONS (name 'Query'), body text OPTIONS (name 'Body'),
    params text OPTIONS (name 'Params'), x text OPTIONS (param 'X', empty 'send'), odd text OPTIONS (param 'o&d=d #+%25é'))
    SERVER sandbox OPTIONS (endpoint '/test/echo');
CREATE TABLE travellers (x text);
INSERT INTO travellers VALUES ('plain'), ('a&b=c'), ('&Auth=evil'), ('#'), ('%'), ('%41%zz%'), ('a+b c'), (E'a\r\nHost: evil\r\n\r\n'), (E'\t\x01\x7f'), ('"quoted" ''q'' \ / <>'),
    ('é日本語😀'), (E'\u00a0\u2028\u202e'), (''), ('null'), (','), (';'), ('a,b'), ('?x=1'), ('../..'), (' '), ('{"a":[1]}');
-- each value arrives unchanged either way
CREATE FUNCTION arrives(x text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    e record;
BEGIN
    SELECT * INTO STRICT e FROM echo WHERE echo.x = arrives.x;
    RETURN e.method || CASE WHEN e.params = 'Response=Json&X=' || x AND e.x = x THEN ' as sent' ELSE ' as ' || e.params END;
END $$;
SELECT arrives(x), count(*) FROM travellers GROUP BY 1;
SELECT query FROM echo WHERE odd = E'a&b=c#d%e+f "g"\r\n\\é/?,;';
ALTER FOREIGN TABLE echo OPTIONS (ADD method 'post');
SELECT arrives(x), count(*) FROM travellers GROUP BY 1;
SELECT query, body FROM echo WHERE odd = E'a&b=c#d%e+f "g"\r\n\\é/?,;';
ALTER SERVER sandbox OPTIONS (ADD post_body 'json');
SELECT arrives(x), count(*) FROM travellers GROUP BY 1;
SELECT query, body FROM echo WHERE odd = E'a&b=c#d%e+f "g"\r\n\\é/?,;';
ALTER SERVER sandbox OPTIONS (DROP post_body);

-- a URL of 2,000 bytes is a GET, one byte more a POST, unless the option method says otherwise
ALTER FOREIGN TABLE echo OPTIONS (SET method 'auto');
SELECT 2000 - length(:'sandbox_url' || '/test/echo?X=&Response=Json') AS room \gset
SELECT method, length(x) - :room AS more, query <> '' AS in_url FROM echo WHERE x = repeat('x', :room);
SELECT method, length(x) - :room AS more, query <> '' AS in_url FROM echo WHERE x = repeat('x', :room + 1);
SELECT method FROM echo WHERE x = repeat('&', :room / 3);
SELECT method FROM echo WHERE x = repeat('&', :room / 3 + 1);
ALTER FOREIGN TABLE echo OPTIONS (SET method 'get');
SELECT method FROM echo WHERE x = repeat('x', 5000);
-- the server's method applies if the table has none
ALTER FOREIGN TABLE echo OPTIONS (DROP method);
ALTER SERVER sandbox OPTIONS (ADD method 'post');
SELECT method FROM echo WHERE x = 'x';
ALTER SERVER sandbox OPTIONS (DROP method);

-- for the same parameter, the column's value overrides the table's params, and these the server's; case is ignored
ALTER SERVER sandbox OPTIONS (ADD params 'A=server&B=server&x=server', ADD language 'fr-ca');
ALTER FOREIGN TABLE echo OPTIONS (ADD params 'b=table&X=table&C=%26%23%2B+%C3%A9');
SELECT x, params FROM echo;
SELECT x, params FROM echo WHERE x = 'column';
SELECT x, params FROM echo WHERE x IS NULL;
ALTER FOREIGN TABLE echo OPTIONS (SET params 'languagecode=de');
SELECT x, params FROM echo;
ALTER FOREIGN TABLE echo ALTER COLUMN odd OPTIONS (SET param 'LanguageCode');
SELECT odd, params FROM echo WHERE odd = 'es-mx';
SELECT odd, params FROM echo;
ALTER FOREIGN TABLE echo OPTIONS (DROP params);
SELECT odd, params FROM echo;
SELECT odd, params FROM echo WHERE odd IS NULL;
ALTER SERVER sandbox OPTIONS (DROP params, DROP language);

--
-- A database in another encoding than UTF-8
--
SELECT current_database() AS database \gset
SET client_min_messages = warning;
DROP DATABASE IF EXISTS dataconnect_latin1;
CREATE DATABASE dataconnect_latin1 ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0;
\c dataconnect_latin1
\i :setup
\pset null (null)
\! $DATACONNECT_SANDBOX_CTL document '/test/größe' '[{"Größe": "é", "Preis €": 1, "Text": "ÿ\u00e4"}, {"Größe": "5 €", "Preis €": 2, "Text": "日本"}]'
\! $DATACONNECT_SANDBOX_CTL document '/test/größe?Stra%C3%9Fe=%C3%A9' '[{"Größe": "klein"}]'
CREATE FOREIGN TABLE sizes ("Größe" text, t varchar(2) OPTIONS (name 'Text'), j json OPTIONS (name 'Größe'), p text OPTIONS (param 'Straße', default 'ü'))
    SERVER sandbox OPTIONS (endpoint '/test/größe', params 'x=ö&y=%C3%A4');
-- keys and values are converted, each way
SELECT "Größe", octet_length("Größe") AS octets, t, p FROM sizes LIMIT 1;
SELECT "Größe", p FROM sizes WHERE p = 'é';
SELECT count(*) FROM sizes WHERE p IN ('ü', 'ß');
\! $DATACONNECT_SANDBOX_CTL log --fields method,query && $DATACONNECT_SANDBOX_CTL log-clear
-- a character that the database encoding lacks is an error if it is read
SELECT count(*) FROM sizes;
SELECT "Größe" FROM sizes;
\echo :SQLSTATE
SELECT t FROM sizes;
SELECT j FROM sizes;
ALTER FOREIGN TABLE sizes ALTER COLUMN "Größe" TYPE integer;
SELECT "Größe" FROM sizes;
-- in messages it becomes a question mark
\! $DATACONNECT_SANDBOX_CTL fault '{"status": 400, "body": "pas de €, désolé"}'
SELECT count(*) FROM sizes;
\! $DATACONNECT_SANDBOX_CTL document '/test/other' '[{"Prix €": 1, "Fläche": 2}]'
ALTER FOREIGN TABLE sizes OPTIONS (SET endpoint '/test/other');
SELECT count(*) FROM sizes;
ALTER FOREIGN TABLE sizes OPTIONS (SET endpoint '/test/größe', ADD null_strings 'é', ADD method 'post');
ALTER FOREIGN TABLE sizes ALTER COLUMN "Größe" TYPE text;
\! $DATACONNECT_SANDBOX_CTL log-clear
SELECT "Größe", p FROM sizes LIMIT 1;
\! $DATACONNECT_SANDBOX_CTL log --fields method,body
\c :database
DROP DATABASE dataconnect_latin1;

SET client_min_messages = warning;
DROP FUNCTION octets, rows_of, arrives CASCADE;
DROP TABLE replies, travellers, sales_json, sales_table CASCADE;
DROP SERVER sandbox CASCADE;
