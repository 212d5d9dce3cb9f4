--
-- Values: the same in every session.  Values with parts (arrays, ranges, rows): parts
-- are read like columns of their type.
--
\getenv srcdir PG_ABS_SRCDIR
\set setup :srcdir '/test/regress/setup.psql'
\set send :srcdir '/test/regress/send.psql'
\i :setup
-- Thousands of tables: the catalogue is not searched for each.
SET dataconnect_fdw.warn_unknown_parameters = off;
\pset null (null)
SET client_min_messages = warning;
ALTER SERVER sandbox OPTIONS (ADD timezone 'America/New_York');
CREATE TABLE given (n serial, type text, value text);

CREATE TYPE visit AS (day date, at timestamptz, lasts interval, note text);
CREATE TYPE stay AS (guest text, visits visit[], days daterange);
CREATE DOMAIN small AS integer CHECK (value < 10);
CREATE DOMAIN smallest AS small NOT NULL;
CREATE DOMAIN days AS daterange CHECK (NOT isempty(value));
CREATE DOMAIN this_year AS date CHECK (value::text LIKE '2026-%');
-- a relation that must not be found, wherever its schema is in search_path
CREATE SCHEMA other;
CREATE TABLE other.pg_class ();

-- the value that a column of this type reads in a session with these settings,
-- shown under other settings; else the SQLSTATE
CREATE FUNCTION got(value text, type text, settings text[]) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    result text;
BEGIN
    EXECUTE format('CREATE FOREIGN TABLE one (v %s OPTIONS (name %L)) SERVER sandbox OPTIONS (endpoint ''/test/given'')',
                   type, value);
    PERFORM set_config(split_part(s, '=', 1), split_part(s, '=', 2), true) FROM unnest(settings) AS s;
    CREATE TEMP TABLE kept AS SELECT v FROM one;
    PERFORM set_config(split_part(s, '=', 1), split_part(s, '=', 2), true)
    FROM unnest('{"timezone=UTC","datestyle=ISO, MDY",intervalstyle=postgres,array_nulls=on,xmloption=content,timezone_abbreviations=Default,bytea_output=hex,extra_float_digits=1,"search_path=\"$user\", public"}'::text[]) AS s;
    EXECUTE 'SELECT v::text FROM kept' INTO STRICT result;
    DROP TABLE kept;
    DROP FOREIGN TABLE one;
    RETURN result;
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE;
END $$;

INSERT INTO given (type, value) SELECT 'interval', * FROM unnest(array[
    -- as .NET writes a TimeSpan
    '"00:00:00"', '"02:03:04"', '"1.02:03:04"', '"10.02:03:04"', '"0.23:00:00"', '"-02:03:04"', '"-1.02:03:04"', '"-0.00:00:01"',
    '"02:03:04.5"', '"1.02:03:04.1234567"', '"-1.02:03:04.1234565"', '"00:00:00.0000004"', '"00:00:00.9999999"', '"23:59:59.9999999"',
    '"10675199.02:48:05.4775807"', '"-10675199.02:48:05.4775808"',
    -- similar, but invalid
    '"1.24:00:00"', '"1.23:60:00"', '"1.2:03:04"', '"1.02:03"', '" 1.02:03:04"', '"1.02:03:04 "', '"+1.02:03:04"', '"--1.02:03:04"', '"1.02:03:04."',
    '"123456789.00:00:00"', '"1 day 1.02:03:04"', '"1.02.03:04:05"', '"1:02:03:04"',
    -- as PostgreSQL reads them, whatever the session's IntervalStyle
    '"1 day 02:00"', '"-1 02:03:04"', '"-1 day 02:03:04"', '"1-2"', '"-1-2 3"', '"P1Y2M"', '"P-1DT2H"', '"12:30"', '"100:00:00"', '"1.5"', '"3 days ago"', '50', '-1.5',
    -- values that would depend on the day
    '"infinity"', '"-infinity"', '"now"', '"today"', '"epoch"', '"allballs"', '"1 day tomorrow"', 'true', '[]', '""', '"null"', 'null']);
INSERT INTO given (type, value) VALUES
    ('interval(0)', '"1.02:03:04.5"'), ('interval(3)', '"-1.02:03:04.1234567"'), ('interval day to hour', '"1.02:03:04"'), ('interval minute to second', '"12:30"');
INSERT INTO given (type, value) SELECT 'time', * FROM unnest(array[
    '"0.23:00:00"', '"0.00:00:00.1234567"', '"1.00:00:00"', '"-00:00:01"', '"24:00:00"', '"now"', '"allballs"', '"infinity"']);
INSERT INTO given (type, value) SELECT t, v FROM unnest(array['date', 'timestamp', 'timestamptz']) AS t, unnest(array[
    '"today"', '"Now"', '"tomorrow"', '"yesterday"', '"epoch"', '"infinity"', '"-infinity"', '"allballs"', '"today 10:00"']) AS v;

-- ranges and multiranges
INSERT INTO given (type, value) VALUES
    ('tstzrange', '"[2026-03-01T00:00:00,2026-03-02T00:00:00)"'), ('tstzrange', '"[\"2026-03-01 00:00:00.1234567\",\"2026-03-02 00:00:00+02\"]"'),
    ('tstzrange', '"[2026-03-01T00:00:00Z,)"'), ('tstzrange', '"( , 2026-03-01 )"'), ('tstzrange', '"(,)"'), ('tstzrange', '" Empty "'),
    ('tstzrange', '"[2026-03-01 00:00:00 IST,)"'), ('tstzrange', '"[2026-03-01,infinity)"'), ('tstzrange', '"[-infinity,2026-03-01)"'),
    ('tstzrange', '"[today,tomorrow)"'), ('tstzrange', '"[now,)"'), ('tstzrange', '"(,epoch]"'), ('tstzrange', '"[\"\",)"'),
    ('tsrange', '"[2026-03-01T00:00:00,2026-03-02T00:00:00Z)"'), ('tsrange', '"[yesterday,)"'),
    ('daterange', '"[2026-01-02,2026-02-03]"'), ('daterange', '"(2026-01-02T10:00:00,2026-02-03T00:00:00Z)"'), ('daterange', '"[01/02/2026,03/02/2026)"'),
    ('daterange', '"[2026-02-03,2026-01-02)"'), ('daterange', '"[2026-01-02,2026-02-03"'), ('daterange', '"2026-01-02,2026-02-03)"'), ('daterange', '"[2026-01-02)"'),
    ('daterange', '"[2026-01-02,2026-02-03,)"'), ('daterange', '"[2026-01-02,2026-02-03)x"'), ('daterange', '"emptyx"'), ('daterange', '"["'), ('daterange', '"\""'), ('daterange', '"[\\"'), ('daterange', '""'),
    ('int4range', '"[1,5)"'), ('int4range', '"(1,5]"'), ('int4range', '[1,5]'), ('int4range', '"[1.5,5)"'), ('int4range', '5'), ('numrange', '"[1.50,NaN)"'),
    ('days', '"[2026-01-02,2026-02-03)"'), ('days', '"[2026-01-02,2026-01-02)"'),
    ('datemultirange', '"{[2026-01-01,2026-01-03),[2026-01-02,2026-01-05)}"'), ('datemultirange', '" { [2026-01-01,2026-01-03] , empty , [2026-02-01,) } "'), ('datemultirange', '"{}"'),
    ('datemultirange', '"{[today,)}"'), ('datemultirange', '"{[2026-01-01,2026-01-03) [2026-02-01,)}"'), ('datemultirange', '"{[2026-01-01,2026-01-03),}"'), ('datemultirange', '"{[2026-01-01,2026-01-03)"'),
    ('datemultirange', '"{}x"'), ('datemultirange', '"[2026-01-01,2026-01-03)"'), ('tstzmultirange', '"{[2026-03-01T00:00:00,2026-03-02T00:00:00)}"');

-- arrays: of JSON
INSERT INTO given (type, value) VALUES
    ('text[]', '["a,b","c\"d\\","","null","NULL",null, 1.50 ,true,{"a": [1,"]\"}"]}," {} ","é\u00e9\n"]'), ('text[]', '[]'), ('text[]', ' [ ] '),
    ('text[]', '[["a","b"],["c",null]]'), ('text[]', '[ [["a"]] , [["b"]] ]'), ('text[]', '[[],[]]'), ('text[]', '[["a"],["b","c"]]'), ('text[]', '[["a"],"b"]'), ('text[]', '["a",["b"]]'),
    ('text[]', '[[],["a"]]'), ('text[]', '[["a"],[]]'), ('text[]', '[["a"],null]'), ('text[]', '[null,["a"]]'), ('text[]', '[[[[[["a"]]]]]]'), ('text[]', '[[[[[[["a"]]]]]]]'),
    ('integer[]', '[1,"2",null,"","null",3.0,4e1,-0]'), ('integer[]', '[1.5]'), ('integer[]', '[3000000000]'), ('integer[]', '["x"]'), ('integer[]', '[[1,2],[3,4]]'), ('integer[]', '[{"a":1}]'), ('integer[]', '[true]'),
    ('smallint[]', '[32768]'), ('bigint[]', '[9223372036854775807]'), ('numeric[]', '[14.50,"14.50",1e3,"NaN"]'), ('numeric(5,2)[]', '[1.234,"1000"]'), ('numeric(5,2)[]', '[1.234,"999.99"]'),
    ('float8[]', '[0.1,"-Infinity",1e400]'), ('float8[]', '[0.1,"-Infinity"]'), ('varchar(3)[]', '["abc",123]'), ('varchar(3)[]', '["abcd"]'), ('boolean[]', '[0,1,true,"False",null]'), ('boolean[]', '[2]'),
    ('date[]', '["2026-03-01","2026-03-01T23:00:00Z","",null]'), ('date[]', '["today"]'), ('time[]', '["12:18:08.1234567","0.01:00:00"]'), ('time[]', '["1.01:00:00"]'),
    ('timestamp[]', '["2026-03-01T00:00:00","2026-03-01T00:00:00Z"]'), ('timestamptz[]', '["2026-03-01T00:00:00","2026-03-01T00:00:00Z","2026-03-01"]'), ('timestamptz[]', '["now"]'),
    ('timestamp(0)[]', '["2026-03-01T00:00:00.5"]'), ('interval[]', '["1.02:03:04","-1 02:03:04"]'), ('money[]', '[14.5,"14.50",0]'),
    ('uuid[]', '["6F9619FF-8B86-D011-B42D-00C04FC964FF",null]'), ('uuid[]', '["x"]'), ('bytea[]', '["AAEC","AAE",""]'), ('json[]', '[1, "a",{"a" : 1},null,true,"\u00e9"]'), ('jsonb[]', '[1, "a",{"a" : 1},null,true,"\u00e9"]'), ('jsonb[]', '[[1],[2]]'),
    ('small[]', '[5,null]'), ('small[]', '[5,12]'), ('smallest[]', '[5,null]'), ('this_year[]', '["2026-05-06"]'), ('daterange[]', '["[2026-01-02,2026-02-03)",null]'), ('visit[]', '["(2026-01-02,,,)"]'), ('visit[]', '[{"day":"2026-01-02"}]'),
    ('box[]', '["(1,1),(0,0)"]'), ('int2vector', '"1 2"'), ('int2vector', '[1,2]'),
    ('text[]', '"a"'), ('text[]', '"[1,2]"'), ('text[]', '1'), ('text[]', 'true'), ('text[]', '{"a":1}'), ('text[]', '""'), ('text[]', '"null"'), ('text[]', '"{a"'), ('text[]', '"{a}}"');
-- arrays: PostgreSQL's literals
INSERT INTO given (type, value) VALUES
    ('text[]', '"{a,NULL,\"NULL\",\"a,b\",\"c\\\"d\", e f ,\"\",null}"'), ('text[]', '"{{a,b},{c,d}}"'), ('text[]', '"{}"'), ('text[]', '"[2:3]={a,b}"'),
    ('integer[]', '"{1,NULL}"'), ('integer[]', '"{1,x}"'), ('integer[]', '"{1,3000000000}"'), ('bytea[]', '"{\"\\\\x00ff\"}"'), ('jsonb[]', '"{\"{\\\"a\\\": [1]}\",1}"'), ('money[]', '"{14.5}"'),
    ('timestamptz[]', '"{2026-03-01T00:00:00}"'), ('timestamptz[]', '"{\"2026-03-01 00:00:00+00\",NULL}"'), ('timestamptz[]', '"{today}"'), ('timestamptz[]', '"{infinity}"'), ('date[]', '"{01/02/2026}"'), ('date[]', '"{2026-01-02, 2026-01-03 }"'), ('date[]', '"{\"\"}"'),
    ('interval[]', '"{1.02:03:04,\"-1 02:03:04\"}"'), ('time[]', '"{now}"'), ('tstzrange[]', '"{\"[2026-03-01T00:00:00,)\"}"'), ('small[]', '"{5,12}"'), ('smallest[]', '"{5,NULL}"'), ('box[]', '"{(1,1),(0,0);(2,2),(1,1)}"'),
    ('visit[]', '"{\"(2026-01-02,2026-03-01T00:00:00,1.02:03:04,today)\"}"');

-- rows
INSERT INTO given (type, value) VALUES
    ('visit', '"(2026-01-02,2026-03-01T00:00:00,1.02:03:04,today)"'), ('visit', '" ( \"2026-01-02\" , 2026-03-01T00:00:00Z , \"-1 02:03:04\" , \"a,\"\"b\\\")\" ) "'), ('visit', '"(,,,)"'), ('visit', '"(,,,\"\")"'),
    ('visit', '"(today,,,)"'), ('visit', '"(,now,,)"'), ('visit', '"(01/02/2026,,,)"'), ('visit', '"(\"\",,,)"'), ('visit', '"(,,)"'), ('visit', '"(,,,,)"'), ('visit', '"(,,,"'), ('visit', '"(,,,)x"'), ('visit', '",,,)"'), ('visit', '"("'), ('visit', '{"day":"2026-01-02"}'), ('visit', '[]'),
    ('stay', '"(me,\"{\"\"(2026-01-02,2026-03-01T00:00:00,,)\"\"}\",\"[2026-01-02,2026-02-03)\")"'), ('stay', '"(me,{},\"[today,)\")"');

-- other types whose input depends on settings
INSERT INTO given (type, value) VALUES
    ('xml', '"a &amp; b"'), ('xml', '"<a/>"'), ('regclass', '"pg_class"'), ('regclass', '"other.pg_class"'), ('regclass', '"given"'), ('regclass', '"public.given"'), ('regclass[]', '["pg_class"]'),
    ('this_year', '"2026-05-06"'), ('this_year', '"2025-05-06"'), ('timetz', '"2026-03-01T12:18:08"'), ('timetz', '"12:18:08+05:30"');
\i :send

\set one '{}'
\set another '{timezone=Asia/Kolkata,"datestyle=German, DMY",intervalstyle=sql_standard,array_nulls=off,xmloption=document,timezone_abbreviations=India,bytea_output=escape,"search_path=other, pg_catalog, public"}'
SELECT type, value, got(value, type, :'one') FROM given ORDER BY n;
-- all sessions read the same
SELECT type, value, got(value, type, :'one') AS one, got(value, type, :'another') AS another FROM given
WHERE got(value, type, :'one') IS DISTINCT FROM got(value, type, :'another') ORDER BY n;
-- the session's settings are unchanged, also after an error
SET timezone = 'Asia/Kolkata'; SET datestyle = 'German, DMY'; SET intervalstyle = 'sql_standard'; SET array_nulls = off; SET xmloption = document; SET search_path = other, public;
\! $DATACONNECT_SANDBOX_CTL document '/test/misfit' '[{"A": "1.02:03:04", "B": "pg_class"}, {"A": "tomorrow", "B": "no_such"}]'
CREATE FOREIGN TABLE public.misfit ("A" interval, "B" regclass) SERVER sandbox OPTIONS (endpoint '/test/misfit');
SELECT "A" FROM misfit;
SELECT '{NULL}'::text[] AS word, timestamptz '01.02.2026 00:00' AS day, interval '-1 02:03:04' AS span, current_setting('search_path') AS path;
SELECT "B" FROM misfit;
SELECT '{NULL}'::text[] AS word, timestamptz '01.02.2026 00:00' AS day, interval '-1 02:03:04' AS span, current_setting('search_path') AS path, 'pg_class'::regclass;
SELECT xml_is_well_formed('a &amp; b') AS as_content;
RESET xmloption; RESET array_nulls; RESET intervalstyle; RESET search_path; SET datestyle = 'ISO, MDY'; SET timezone = 'UTC';
SET client_min_messages = warning;

-- whole numbers in any notation; nothing is rounded
TRUNCATE given;
INSERT INTO given (type, value) SELECT 'bigint', * FROM unnest(array[
    '1.0', '"1.0"', '1e3', '"1E+3"', '-1.50e1', '10e-1', '100000000000000000000e-19', '0.0', '-0e0', '0e999999999999999999999', '0.000e-99',
    '9223372036854775807.000', '9.223372036854775807e18', '-9.223372036854775808e18', '9.223372036854775808e18', '-9.223372036854775809e18', '1e19', '1e999999999999999999999',
    '1.5', '"0.1"', '1e-1', '15e-1', '9223372036854775807.5', '99999999999999999999.5', '1e-999999999999999999999', '"1e"', '"1.0.0"', '"NaN"', '"Infinity"']);
\i :send
SELECT value, got(value, 'bigint', '{}') AS bigint, got(value, 'integer', '{}') AS integer, got(value, 'smallint', '{}') AS smallint FROM given ORDER BY n;
-- NaN and infinity, as .NET writes them
TRUNCATE given;
INSERT INTO given (value) SELECT * FROM unnest(array['"NaN"', '"Infinity"', '"-Infinity"', '"INF"', '"-INF"', '"nan"', '"inf"', '"+Infinity"', '"-NaN"', '"infinity"', '" NaN"']);
\i :send
SELECT value, got(value, 'real', '{}') AS real, got(value, 'float8', '{}') AS float8, got(value, 'numeric', '{}') AS numeric, got(value, 'numeric(5,2)', '{}') AS "numeric(5,2)", got(value, 'money', '{}') AS money FROM given ORDER BY n;

--
-- Zones with a fixed offset, also with a large one
--
TRUNCATE given;
INSERT INTO given (value) SELECT * FROM unnest(array['"12:00:00"', '"12:00:00Z"', '"12:00:00-15:59"', '"12:00:00+15:59"', '"12:00:00+16:00"', '"12:00:00-23:59"', '"23:59:59.9999999"', '"23:59:59.9999999Z"',
    '"2026-03-01T12:00:00"', '"2026-03-01T12:00:00Z"', '"2026-03-01T12:00:00-15:59"', '"2026-03-01T12:00:00+16:00"', '"0001-01-01T00:00:00"', '"9999-12-31T23:59:59.9999999"']);
\i :send
CREATE FUNCTION times(zone text) RETURNS TABLE (value text, "time" text, timetz text, "timestamp" text, timestamptz text, date text)
LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('ALTER SERVER sandbox OPTIONS (SET timezone %L)', zone);
    RETURN QUERY SELECT g.value, got(g.value, 'time', '{}'), got(g.value, 'timetz', '{}'), got(g.value, 'timestamp', '{}'),
        got(g.value, 'timestamptz', '{}'), got(g.value, 'date', '{}') FROM given AS g ORDER BY n;
END $$;
SELECT * FROM times('UTC');
SELECT * FROM times('Etc/GMT-14');
SELECT * FROM times('<-20>+20');
SELECT * FROM times('<+30>-30');
ALTER SERVER sandbox OPTIONS (SET timezone 'America/New_York');

--
-- The same from JSON, CSV and XML
--
CREATE TABLE samples (name text, text text, types text);
INSERT INTO samples VALUES
    ('frac0', '2016-05-13T12:18:08', 'timestamp,timestamptz,date,time'), ('frac1', '2016-05-13T12:18:08.7', 'timestamp,timestamptz'), ('frac2', '2016-05-13T12:18:08.72Z', 'timestamp,timestamptz,date'),
    ('frac3', '2016-05-13T12:18:08.723', 'timestamp,time'), ('frac4', '2016-05-13T12:18:08.7231', 'timestamp'), ('frac5', '2016-05-13T12:18:08.72312Z', 'timestamptz'), ('frac6', '2016-05-13T12:18:08.723123', 'timestamp'),
    ('frac7', '2016-05-13T12:18:08.7231235Z', 'timestamp,timestamptz,time'), ('bit0', '0', 'boolean,smallint,integer,text'), ('bit1', '1', 'boolean,smallint,integer,text'), ('true', 'True', 'boolean'),
    ('base64', 'AAEC', 'bytea'), ('short1', 'AAE', 'bytea'), ('short2', 'AA', 'bytea'), ('rowversion', 'AAAAAAAAB9E=', 'bytea'), ('unpadded', 'AAAAAAAAB9E', 'bytea'), ('tooshort', 'A', 'bytea'),
    ('money1', '14.5', 'numeric,"numeric(19,4)",money,float8'), ('money2', '14.50', 'numeric,"numeric(19,4)",money'), ('money4', '14.5000', 'numeric,money'), ('money0', '0', 'numeric,money'), ('zero', '0.00', 'numeric,integer'),
    ('whole', '17.0', 'integer,bigint'), ('category', '1012030405060708', 'bigint,text,integer'), ('nan', 'NaN', 'float8,real,numeric'), ('minus', '-Infinity', 'float8,numeric'),
    ('span', '1.02:03:04.5', 'interval,time'), ('array', '{a,NULL}', 'text[]'), ('none', 'null', 'integer,numeric,float8,boolean,date,timestamp,time,interval,uuid,bytea,daterange,integer[],text'),
    ('empty', '', 'integer,numeric,float8,boolean,date,timestamp,time,interval,uuid,bytea,daterange,integer[],text');
CREATE FUNCTION read(form text, name text, type text) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    result text;
BEGIN
    EXECUTE format('CREATE FOREIGN TABLE one (v %s OPTIONS (name %L)) SERVER sandbox OPTIONS (endpoint %L, format %L)',
                   type, name, '/test/' || form, form);
    EXECUTE 'SELECT v::text FROM one' INTO STRICT result;
    DROP FOREIGN TABLE one;
    RETURN coalesce(quote_literal(result), 'NULL');
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE;
END $$;
SELECT '[{' || string_agg(to_json(name) || ':' || to_json(text), ',') || '}]' AS json,
    string_agg(name, ',') || E'\r\n' || string_agg('"' || text || '"', ',') || E'\r\n' AS csv,
    '<Table><Record>' || string_agg(format('<%s>%s</%1$s>', name, text), '') || '</Record></Table>' AS xml
FROM samples \gset
\setenv JSON :json
\setenv CSV :csv
\setenv XML :xml
\! $DATACONNECT_SANDBOX_CTL document /test/json "$JSON"
\! $DATACONNECT_SANDBOX_CTL document /test/csv "$CSV"
\! $DATACONNECT_SANDBOX_CTL document /test/xml "$XML"
SELECT text, type, read('json', name, type) AS json, read('csv', name, type) AS csv, read('xml', name, type) AS xml
FROM (SELECT name, text, regexp_replace(t[1], '"', '', 'g') AS type
      FROM samples, regexp_matches(types, '("[^"]*"|[^,]+)', 'g') AS t) AS cases
ORDER BY name, type;

--
-- Errors
--
CREATE FUNCTION says(type text) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    result text;
    state text; message text; detail text; hint text; context text;
BEGIN
    EXECUTE format('ALTER FOREIGN TABLE misfit ALTER COLUMN "A" TYPE %s', type);
    EXECUTE 'SELECT "A" FROM misfit' INTO result;
    RETURN coalesce(result, '(null)');
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT,
        detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT, context = PG_EXCEPTION_CONTEXT;
    -- only the function's own line may be shown
    RETURN format('%s %s | %s%s%s', state, message, detail, hint, regexp_replace(context, 'SQL statement .*', '', ''));
END $$;
-- a domain's check may raise any error
CREATE FUNCTION is_liked(value text, state text) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
    RAISE WARNING 'not liked: %', value;
    RAISE EXCEPTION 'not liked: %', value USING ERRCODE = state, DETAIL = value, HINT = value, CONSTRAINT = value;
END $$;
CREATE DOMAIN liked AS text CHECK (is_liked(value, 'P0001'));
CREATE DOMAIN checked AS text CHECK (is_liked(value, '23514'));
CREATE DOMAIN divided AS integer CHECK (1 / value > 0);
\! $DATACONNECT_SANDBOX_CTL document '/test/misfit' '[{"A": "a & \u0007\n(\u202e"}]'
SELECT type, says(type) FROM unnest('{tsquery,tsvector,regclass,regtype,regprocedure,jsonpath,xml,"text[]",daterange,interval,point,inet,pg_lsn,macaddr,visit,liked,checked}'::text[]) AS type;
\! $DATACONNECT_SANDBOX_CTL document '/test/misfit' '[{"A": 0}]'
SELECT says('divided'), says('smallest');
-- a notice would show the value, too
\! $DATACONNECT_SANDBOX_CTL document '/test/misfit' '[{"A": " \n "}]'
SET client_min_messages = notice;
SELECT "A" = '' AS empty FROM (SELECT says('tsquery') AS "A") AS said;
SET client_min_messages = warning;
-- the element or bound itself is shown
\! $DATACONNECT_SANDBOX_CTL document '/test/misfit' '[{"A": ["2026-01-01", "today"]}]'
SELECT says('date[]'), says('integer[]');
\! $DATACONNECT_SANDBOX_CTL document '/test/misfit' '[{"A": "[2026-01-01,today)"}]'
SELECT says('daterange');
\! $DATACONNECT_SANDBOX_CTL document '/test/misfit' '[{"A": [["a"], "b"]}]'
SELECT says('text[]');
\! $DATACONNECT_SANDBOX_CTL document '/test/misfit' '[{"A": {"a": 1}}]'
SELECT says('text[]');

DROP FUNCTION got, times, read, says;
DROP TABLE given, samples;
DROP SERVER sandbox CASCADE;
DROP DOMAIN smallest, small, days, this_year, liked, checked, divided;
DROP FUNCTION is_liked;
DROP TYPE stay, visit;
DROP SCHEMA other CASCADE;
