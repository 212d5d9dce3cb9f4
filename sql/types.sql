--
-- Types: which JSON values each type takes, and which not
--
\getenv srcdir PG_ABS_SRCDIR
\set setup :srcdir '/test/regress/setup.psql'
\set send :srcdir '/test/regress/send.psql'
\i :setup
-- Thousands of tables: the catalogue is not searched for each.
SET dataconnect_fdw.warn_unknown_parameters = off;
\pset null (null)
ALTER SERVER sandbox OPTIONS (ADD timezone 'America/New_York');

-- JSON values, as written in the reply
CREATE TABLE given (n serial, kind text, value text);

-- what a column of this type reads from a JSON value, as text; else the SQLSTATE
CREATE FUNCTION got(value text, type text) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    result text;
BEGIN
    EXECUTE format('CREATE FOREIGN TABLE one (v %s OPTIONS (name %L)) SERVER sandbox OPTIONS (endpoint ''/test/given'')',
                   type, value);
    EXECUTE 'SELECT v::text FROM one' INTO STRICT result;
    DROP FOREIGN TABLE one;
    RETURN result;
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE;
END $$;

-- what PostgreSQL's own JSON functions make of it, with the type's input function
CREATE FUNCTION input(value text, type text) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    result text;
BEGIN
    EXECUTE format('SELECT v::text FROM json_to_record(%L) AS t (v %s)', format('{"v": %s}', value), type)
        INTO STRICT result;
    RETURN result;
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE;
END $$;

--
-- Numbers
--
INSERT INTO given (kind, value) SELECT 'integer', * FROM unnest(array[
    '0', '-0', '14', '"14"', '"+14"', '"014"', '"-7"',
    '32767', '32768', '-32768', '-32769', '2147483647', '2147483648', '-2147483648', '-2147483649',
    '9223372036854775807', '9223372036854775808', '-9223372036854775808', '-9223372036854775809', '1234567890123456789012345',
    '14.0', '"14.0"', '1.4e1', '1e2', '"1e2"', '" 14"', '"14 "', '"1 4"', '"1,400"', '"$14"', '"-"', '"14a"',
    'true', '[1]', '{"a":1}']);
-- later releases of PostgreSQL accept these, but columns do not
INSERT INTO given (kind, value) SELECT 'later', * FROM unnest(array['"0x1F"', '"0b1"', '"1_000"']);
\i :send
SELECT value, got(value, 'smallint') AS smallint, got(value, 'integer') AS integer, got(value, 'bigint') AS bigint
FROM given WHERE kind IN ('integer', 'later') ORDER BY n;
SELECT value, got(value, 'numeric') AS numeric, got(value, 'numeric(19,4)') AS "numeric(19,4)"
FROM given WHERE kind = 'later' ORDER BY n;

-- numeric is never converted through a float: SQL Server's money, 28 and more digits
INSERT INTO given (kind, value) SELECT 'numeric', * FROM unnest(array[
    '0', '-0.0', '14.50', '"14.50"', '0.1', '0.10000000000000000001', '1234567890123456.789012345678', '"1234567890123456.789012345678"',
    '9999999999999999999999999999', '922337203685477.5807', '-922337203685477.5808', '922337203685477.58075',
    '99999999999999.99995', '999999999999999.99995', '9999999999999999.5', '214748.3647', '-214748.3648', '214748.3648', '999999.99995',
    '1e3', '1.5E-3', '"1.5e+3"', '".5"', '"5."', '1e30', '"NaN"', '"Infinity"', '"1,5"', '"1 000"', '"(5)"', '"."', '"1e"', 'false']);
\i :send
SELECT value, got(value, 'numeric') AS numeric, got(value, 'numeric(19,4)') AS "numeric(19,4)", got(value, 'numeric(10,4)') AS "numeric(10,4)"
FROM given WHERE kind = 'numeric' ORDER BY n;

-- floats, money
INSERT INTO given (kind, value) SELECT 'float', * FROM unnest(array[
    '0', '-0.0', '0.1', '"0.1"', '1e10', '3.4028235e38', '3.5e38', '1.7976931348623157e308', '1.8e308', '1e-40', '1e-60', '1e-400',
    '9007199254740993', '123456789.123456789', '"NaN"', '"-Infinity"', '"1e2"', '"0x1p3"', '92233720368547758.07', '92233720368547758.08',
    '1e100', '0.005', '-0.015', '"$1.00"', '"1,000.00"', 'true']);
\i :send
SELECT value, got(value, 'real') AS real, got(value, 'double precision') AS "double precision", got(value, 'money') AS money
FROM given WHERE kind = 'float' ORDER BY n;

--
-- boolean: BIT comes as true and false, and as 0 and 1
--
INSERT INTO given (kind, value) SELECT 'boolean', * FROM unnest(array[
    'true', 'false', '0', '1', '"0"', '"1"', '"true"', '"False"', '"t"', '"YES"', '"off"', '"o"', '2', '-1', '1.0',
    '"maybe"', '" true"', '[]', '{}']);
\i :send
SELECT value, got(value, 'boolean') AS boolean, got(value, 'text') AS text, got(value, 'integer') AS integer
FROM given WHERE kind = 'boolean' ORDER BY n;

--
-- Dates and times; those without zone are in the server's timezone (America/New_York)
--
INSERT INTO given (kind, value) SELECT 'time', * FROM unnest(array[
    '"2016-05-13T12:18:08"', '"2016-05-13T12:18:08.72"', '"2016-05-13T12:18:08.723"', '"2016-05-13 12:18:08.7234567"', '"2016-05-13T12:18"',
    '"2016-05-13T12:18:08.723Z"', '"2016-05-13T00:18:08Z"', '"2016-05-13T12:18:08+05:30"', '"2016-05-13T12:18:08-0700"', '"2016-05-13T12:18:08+02"',
    '"2016-05-13"', '"12:18:08.723"', '"12:18"', '"12:18:08Z"',
    '"2016-12-31T23:59:59.997"', '"2016-12-31T23:59:59.9999999"', '"23:59:59.9999999"',
    '"2016-02-29"', '"2000-02-29"', '"0001-01-01T00:00:00"', '"1753-01-01T00:00:00"', '"9999-12-31T23:59:59.997"',
    '"2015-02-29"', '"1900-02-29"', '"2016-04-31"', '"2016-13-01"', '"2016-00-10"', '"2016-01-00"', '"0000-01-01"', '"10000-01-01"', '"-0001-01-01"',
    '"2016-05-13T24:00:00"', '"2016-05-13T23:60:00"', '"2016-05-13T23:59:60"', '"2016-05-13T1:00:00"', '"2016-05-13T12:18:08.7234567891"', '"2016-05-13T12:18:08."',
    '"5/13/2016"', '"13 May 2016"', '"20160513"', '"2016-5-13"', '" 2016-05-13"', '"2016-05-13T12:18:08 "', '"2016-05-13T12:18:08 America/Denver"', '"2016-05-13T12:18:08+24:00"',
    '"now"', '"today"', '"infinity"', '"epoch"', '"/Date(1463141888723)/"', '1463141888', '20160513', 'true']);
\i :send
SELECT value, got(value, 'timestamp') AS timestamp, got(value, 'timestamptz') AS timestamptz, got(value, 'date') AS date, got(value, 'time') AS time
FROM given WHERE kind = 'time' ORDER BY n;
-- types with fewer digits round
SELECT value, got(value, 'timestamp(2)') AS "timestamp(2)", got(value, 'timestamptz(0)') AS "timestamptz(0)", got(value, 'time(1)') AS "time(1)"
FROM given WHERE value IN ('"2016-05-13T12:18:08.723"', '"2016-12-31T23:59:59.997"', '"2016-05-13T12:18:08+05:30"') ORDER BY n;
-- timetz: without a date, a zone whose offset changes has none
SELECT value, got(value, 'timetz') AS timetz
FROM given WHERE value IN ('"2016-05-13T12:18:08"', '"2016-05-13T12:18:08+05:30"', '"12:18"', '"12:18:08Z"') ORDER BY n;

-- changes of clocks: a skipped time, a repeated one, and the times around them
INSERT INTO given (kind, value) SELECT 'clocks', * FROM unnest(array[
    '"2026-03-08T01:59:59.997"', '"2026-03-08T02:00:00"', '"2026-03-08T02:30:00"', '"2026-03-08T03:00:00"',
    '"2026-11-01T00:59:59.997"', '"2026-11-01T01:00:00"', '"2026-11-01T01:30:00"', '"2026-11-01T02:00:00"',
    '"2026-11-01T05:30:00Z"', '"2026-11-01T06:30:00Z"', '"2026-03-08T06:59:59.997Z"', '"2026-03-08T07:00:00Z"']);
\i :send
SELECT value, got(value, 'timestamptz') AS timestamptz, got(value, 'timestamp') AS timestamp, got(value, 'time') AS time
FROM given WHERE kind = 'clocks' ORDER BY n;
-- PostgreSQL itself reads them the same in that zone
SET timezone = 'America/New_York';
SELECT value, got(value, 'timestamptz'), input(value, 'timestamptz') FROM given
WHERE kind = 'clocks' AND got(value, 'timestamptz') IS DISTINCT FROM input(value, 'timestamptz');
-- the session's settings have no effect
SET timezone = 'Asia/Kolkata';
SET datestyle = 'German, DMY';
SET intervalstyle = 'sql_standard';
SELECT got('"2016-05-13T12:18:08"', 'timestamptz'), got('"2016-05-13T00:18:08Z"', 'timestamp'), got('"2016-05-13T00:18:08Z"', 'date');
RESET intervalstyle;
SET datestyle = 'ISO, MDY';
SET timezone = 'UTC';

--
-- Texts
--
-- a value that is not a string is stored as written
INSERT INTO given (kind, value) SELECT 'text', * FROM unnest(array[
    '"a"', '"abc"', '"abcd"', '"abc  "', '" "', '"日本語x"', '"a\"b\\c\/\u00e9\ud83d\ude00"', '14.50', '-0', '1E2', 'true',
    '[1, 2.0,"x"]', '{"a" : null}']);
\i :send
SELECT value, quote_literal(got(value, 'text')) AS text, quote_literal(got(value, 'varchar(3)')) AS "varchar(3)", quote_literal(got(value, 'char(3)')) AS "char(3)",
    quote_literal(got(value, 'bpchar')) AS bpchar, quote_literal(got(value, 'name')) AS name, quote_literal(got(value, '"char"')) AS """char"""
FROM given WHERE kind = 'text' ORDER BY n;
-- control characters
INSERT INTO given (kind, value) VALUES ('lines', '"a\r\n\tb\b\f\u0001\u007f\u2028"');
\i :send
SELECT got(value, 'text') = E'a\r\n\tb\b\f\x01\x7f\u2028' AS same FROM given WHERE kind = 'lines';
-- a name is not cut
INSERT INTO given (kind, value) VALUES ('name', to_json(repeat('n', 63))), ('name', to_json(repeat('n', 64)));
\i :send
SELECT length(value), left(got(value, 'name'), 5) AS name FROM given WHERE kind = 'name' ORDER BY n;

--
-- JSON
--
INSERT INTO given (kind, value) SELECT 'json', * FROM unnest(array[
    '{"b": [1, {"c": null}], "a": 1.50, "a": "\u00e9"}', '[ ]', '"text"', '"quo\"te \u00e9"', '"{\"not\": parsed}"', '12.50', '1e30', 'true', '"NULL"', '" "']);
\i :send
SELECT value, got(value, 'json') AS json, got(value, 'jsonb') AS jsonb, got(value, 'text') AS text
FROM given WHERE kind = 'json' ORDER BY n;

--
-- Binary: base64, padded or not, and nothing else
--
INSERT INTO given (kind, value) SELECT 'bytea', * FROM unnest(array[
    '"AA=="', '"AAE="', '"AAEC"', '"AAAAAAAAB9E="', '"+/+/"', '"\/w=="', '"AAE"', '"AA="', '"AA"', '"A"', '"A==="', '"===="', '"AA==AA=="',
    '"-_-_"', '"AA EC"', '"AAE\n"', '" AAEC"', '"AAé="', '"\\\\x00"', '1234', '[0]', 'true']);
\i :send
SELECT value, got(value, 'bytea') AS bytea FROM given WHERE kind = 'bytea' ORDER BY n;

--
-- uuid, and other types by their own input
--
CREATE TYPE mood AS ENUM ('sad', 'happy');
CREATE TYPE pair AS (n smallint, t varchar(3));
CREATE DOMAIN small AS integer CHECK (value < 10);
CREATE DOMAIN smaller AS small CHECK (value < 6) NOT NULL;
CREATE DOMAIN code AS varchar(4) CHECK (value <> 'sad');
INSERT INTO given (kind, value) VALUES
    ('uuid', '"6F9619FF-8B86-D011-B42D-00C04FC964FF"'), ('uuid', '"{6f9619ff-8b86-d011-b42d-00c04fc964ff}"'),
    ('uuid', '"6f9619ff8b86d011b42d00c04fc964ff"'), ('uuid', '"6f9619ff-8b86-d011-b42d-00c04fc964f"'), ('uuid', '5'),
    ('xml', '"<a>b</a>"'), ('xml', '"a &amp; b"'), ('xml', '"<a>"'),
    ('mood', '"sad"'), ('mood', '"SAD"'),
    ('integer[]', '"{1,2}"'), ('integer[]', '"{1,x}"'), ('integer[]', '"{1,3000000000}"'), ('integer[]', '[1,2]'),
    ('pair', '"(1,\"x y\")"'), ('pair', '"(1)"'), ('pair', '"(1,long)"'), ('pair', '"(99999,x)"'), ('pair', '{"n":1,"t":"x"}'),
    ('inet', '"10.0.0.1/24"'), ('inet', '"10.0.0.256"'),
    ('interval', '"1 day 02:00"'), ('interval', '"P1Y2M"'), ('interval', '"1 fortnight"'), ('interval', '50'),
    ('bit(3)', '"101"'), ('bit(3)', '"12"'), ('varbit(2)', '"101"'), ('varbit(2)', '"12"'),
    ('int4range', '"[1,5)"'), ('int4range', '"[5,1)"'), ('int4range', '[1,2]'),
    ('tsquery', '"a & b"'), ('tsquery', '"a &"'), ('regclass', '"pg_class"'), ('regclass', '"no_such"'),
    ('small', '5'), ('small', '"5"'), ('small', '12'), ('small', '"x"'), ('smaller', '5'), ('smaller', '7'), ('smaller', '12'),
    ('code', '"a"'), ('code', '"sad"'), ('code', '"happy"');
\i :send
SELECT kind AS type, value, got(value, kind)
FROM given WHERE kind = ANY ('{uuid,xml,mood,integer[],pair,inet,interval,bit(3),varbit(2),int4range,tsquery,regclass,small,smaller,code}') ORDER BY n;
-- NULL in a domain with NOT NULL
\! $DATACONNECT_SANDBOX_CTL document '/test/misfit' '[{"A": 5}, {"A": null}]'
CREATE FOREIGN TABLE misfit ("A" small) SERVER sandbox OPTIONS (endpoint '/test/misfit');
SELECT "A" FROM misfit;
ALTER FOREIGN TABLE misfit ALTER COLUMN "A" TYPE smaller;
SELECT "A" FROM misfit;
\echo :SQLSTATE
DROP FOREIGN TABLE misfit;

--
-- All differences from PostgreSQL's own JSON functions
--
SET timezone = 'America/New_York';
CREATE TABLE compared AS
SELECT n, type, value, input(value, type), got(value, type)
FROM given JOIN (VALUES
    ('integer', 'smallint'), ('integer', 'integer'), ('integer', 'bigint'), ('integer', 'numeric'), ('integer', 'double precision'),
    ('numeric', 'numeric'), ('numeric', 'numeric(19,4)'), ('numeric', 'numeric(10,4)'), ('numeric', 'integer'),
    ('float', 'real'), ('float', 'double precision'), ('float', 'numeric'), ('boolean', 'boolean'), ('boolean', 'text'), ('boolean', 'smallint'),
    ('time', 'timestamp'), ('time', 'timestamptz'), ('time', 'date'), ('time', 'time'), ('time', 'timestamp(2)'),
    ('clocks', 'timestamptz'), ('clocks', 'timestamp'), ('text', 'text'), ('text', 'varchar(3)'), ('text', 'char(3)'),
    ('json', 'json'), ('json', 'jsonb'), ('lines', 'text'), ('lines', 'json'), ('lines', 'jsonb')) AS t (kind, type) USING (kind)
UNION ALL
SELECT n, kind, value, input(value, kind), got(value, kind)
FROM given WHERE kind = ANY ('{uuid,xml,mood,integer[],pair,inet,interval,bit(3),varbit(2),int4range,tsquery,regclass,small,smaller,code}');
SET timezone = 'UTC';
SELECT count(*) FROM compared WHERE got = input;
-- converted to another value
SELECT type, value, got, input FROM compared
WHERE got <> input AND got !~ '^2[0-9A-Z]{4}$' ORDER BY type, n;
-- refused, although the input function takes it
SELECT value, string_agg(DISTINCT type, ', ' ORDER BY type) AS types FROM compared
WHERE got ~ '^2[0-9A-Z]{4}$' AND input !~ '^2[0-9A-Z]{4}$' GROUP BY value ORDER BY min(n);

--
-- Errors name table, column, record, value (cut, fit to show) and type
--
\! $DATACONNECT_SANDBOX_CTL document '/test/misfit' '[{"A": 1}, {"A": "x\u0007\u202e\n\"é"}]'
CREATE FOREIGN TABLE misfit ("A" numeric(3,1)) SERVER sandbox OPTIONS (endpoint '/test/misfit');
SELECT "A" FROM misfit;
SELECT count(*) FROM misfit;
\! $DATACONNECT_SANDBOX_CTL document '/test/misfit' '[{"A": 1}, {"A": 2}, {"A": 1000}]'
SELECT "A" FROM misfit;
ALTER FOREIGN TABLE misfit ALTER COLUMN "A" TYPE varchar(3);
SELECT "A" FROM misfit;
SELECT format('[{"A": "%s"}]', repeat('é', 300)) AS long \gset
\setenv LONG :long
\! $DATACONNECT_SANDBOX_CTL document '/test/misfit' "$LONG"
SELECT "A" FROM misfit;
ALTER FOREIGN TABLE misfit ALTER COLUMN "A" TYPE uuid;
SELECT "A" FROM misfit;
\! $DATACONNECT_SANDBOX_CTL document '/test/misfit' '[{"A": 1e400}]'
ALTER FOREIGN TABLE misfit ALTER COLUMN "A" TYPE double precision;
SELECT "A" FROM misfit;
ALTER FOREIGN TABLE misfit ALTER COLUMN "A" TYPE money;
SELECT "A" FROM misfit;
ALTER FOREIGN TABLE misfit ALTER COLUMN "A" TYPE date;
SELECT "A" FROM misfit;
-- a domain's check, and errors of other classes, with the same message
ALTER FOREIGN TABLE misfit ALTER COLUMN "A" TYPE small;
\! $DATACONNECT_SANDBOX_CTL document '/test/misfit' '[{"A": 1}, {"A": 11}]'
SELECT "A" FROM misfit;
ALTER FOREIGN TABLE misfit ALTER COLUMN "A" TYPE regclass;
\! $DATACONNECT_SANDBOX_CTL document '/test/misfit' '[{"A": "no_such_table"}]'
SELECT "A" FROM misfit;
-- a cursor returns the rows before the wrong value, then raises the error
ALTER FOREIGN TABLE misfit ALTER COLUMN "A" TYPE date;
\! $DATACONNECT_SANDBOX_CTL document '/test/misfit' '[{"A": "2026-01-01"}, {"A": "2026-01-32"}]'
BEGIN;
DECLARE c CURSOR FOR SELECT * FROM misfit;
FETCH c;
FETCH c;
ROLLBACK;

SET client_min_messages = warning;
DROP FUNCTION got, input;
DROP TABLE given, compared;
DROP SERVER sandbox CASCADE;
DROP TYPE mood, pair, smaller, small, code;
