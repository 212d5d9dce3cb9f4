--
-- Inferring the columns of an endpoint
--
\getenv srcdir PG_ABS_SRCDIR
\set setup :srcdir '/test/regress/setup.psql'
\i :setup
\set VERBOSITY terse

-- types from the reply's Schema
SELECT * FROM dataconnect_describe('sandbox', '/reports/donationssummaryreport', 'StartDate=2026-03-01&StopDate=2026-03-08');
\! sh -c "$LOG"
SELECT dataconnect_table_ddl('sandbox', '/lists/cardtypes');
SELECT dataconnect_table_ddl('sandbox', '/lists/LocationIDs', 'LocationType=Region', 'Regions "here"');
\! sh -c "$LOG"
-- the DDL can be run
SELECT dataconnect_table_ddl('sandbox', '/reports/DonationsSummaryReport', 'StartDate=2026-03-01&StopDate=2026-03-08', 'donations') AS ddl \gset
:ddl
SELECT count(*), count(date_created) FROM donations;
IMPORT FOREIGN SCHEMA "/reports/DonationsSummaryReport" FROM SERVER sandbox INTO public
    OPTIONS (prefix 'my_', column_names 'preserve', table_params 'StartDate=2026-03-01&StopDate=2026-03-08');
SELECT count(*), count("DateCreated") FROM my_donations_summary_report;

-- Without a Schema, types from the values.  A type must take all of them.
\! $DATACONNECT_SANDBOX_CTL document /test/x '[{"int": 1, "big": 1, "num": 1, "dec": 1.5, "huge": 123456789012345678901, "exp": 1e3, "bool": true, "mixed": 1}, {"int": -999999999, "big": 1234567890, "num": 2.5, "dec": null, "bool": null, "mixed": true}]'
SELECT column_name, name, type, sample FROM dataconnect_describe('sandbox', '/test/x');
\! $DATACONNECT_SANDBOX_CTL document /test/x '[{"uuid": "0E984725-C51C-4BF4-9960-E1C80E27ABA0", "date": "2026-01-31", "ts": "2026-01-31T10:00:00.123", "tz": "2026-01-31T10:00:00Z", "dt": "2026-01-31", "code": "007", "not a date": "2026-02-30"}, {"uuid": "null", "date": "", "ts": "2026-01-31", "tz": "2026-01-31T10:00:00", "dt": "soon"}]'
SELECT column_name, name, type, sample FROM dataconnect_describe('sandbox', '/test/x');
\! $DATACONNECT_SANDBOX_CTL document /test/x '[{"object": {"a": 1}, "array": [1], "nothing": null, "empty": "", "Empty": "null", "line\n\u0001": "a\nb \ud83d\ude00 \u202e", "": 1, "some\u00e9": "x"}]'
SELECT column_name, name, type, sample FROM dataconnect_describe('sandbox', '/test/x');
-- a Schema before the records, with types of .NET, unknown ones, and columns without values
\! $DATACONNECT_SANDBOX_CTL document /test/x '{"Schema": [{"Column_Name": "b", "Type": "System.Int64"}, {"Column_Name": "a", "Type": "nonsense", "SafeType": "Guid"}, {"Column_Name": "c", "Type": "nonsense"}, {"Column_Name": null}, {"Other": 1}], "Records": [{"a": 1, "c": 2, "d": 3}]}'
SELECT * FROM dataconnect_describe('sandbox', '/test/x');
\! $DATACONNECT_SANDBOX_CTL document /test/x '{"Records": [], "Schema": [{"Column_Name": "Only", "Type": "money"}]}'
SELECT * FROM dataconnect_describe('sandbox', '/test/x');
\! $DATACONNECT_SANDBOX_CTL document /test/x '[]'
SELECT * FROM dataconnect_describe('sandbox', '/test/x');
SELECT dataconnect_table_ddl('sandbox', '/test/x');
\echo :SQLSTATE
IMPORT FOREIGN SCHEMA "/test/x" FROM SERVER sandbox INTO public;
\echo :SQLSTATE
-- one object is one record, unless it contains records
SELECT * FROM dataconnect_describe('sandbox', '/ping');
\! $DATACONNECT_SANDBOX_CTL document /test/x ' {"Schema": [{"Column_Name": "Id", "Type": "int"}], "Records": [{"Id": 1}]}' && $DATACONNECT_SANDBOX_CTL fault '{"path": "/test/x", "bom": true}'
SELECT * FROM dataconnect_describe('sandbox', '/test/x');
IMPORT FOREIGN SCHEMA "/ping" FROM SERVER sandbox INTO public;
SELECT * FROM ping;
-- whatever the credentials
ALTER USER MAPPING FOR CURRENT_USER SERVER sandbox OPTIONS (SET token 'wrong');
SELECT application_name FROM ping;
ALTER USER MAPPING FOR CURRENT_USER SERVER sandbox OPTIONS (SET token 'sandbox-token');
DROP FOREIGN TABLE ping;
-- replies that are not records
\! $DATACONNECT_SANDBOX_CTL document /test/x '[{"a": 1}, {"a": '
SELECT * FROM dataconnect_describe('sandbox', '/test/x');
\! $DATACONNECT_SANDBOX_CTL document /test/x '{"Error": true, "Message": "no"}'
SELECT * FROM dataconnect_describe('sandbox', '/test/x');
\! $DATACONNECT_SANDBOX_CTL fault '{"path": "/test/x", "body": "<html><title>Log in</title></html>"}'
SELECT * FROM dataconnect_describe('sandbox', '/test/x');
\! $DATACONNECT_SANDBOX_CTL document /test/x '[1]'
SELECT * FROM dataconnect_describe('sandbox', '/test/x');
\! $DATACONNECT_SANDBOX_CTL fault '{"path": "/test/x", "cut": {"after": 2, "how": "reset"}}'
SELECT * FROM dataconnect_describe('sandbox', '/test/x');
SELECT * FROM dataconnect_describe('sandbox', '/nowhere');

-- the sample ends after the thousandth record
SELECT json_agg(json_build_object('a', CASE WHEN i < 1000 THEN 1 WHEN i = 1000 THEN 3000000000 END,
                                  'b', CASE WHEN i < 1001 THEN to_json(true) ELSE to_json('x'::text) END)) AS many
FROM generate_series(1, 1001) i \gset
\setenv MANY :many
\! $DATACONNECT_SANDBOX_CTL document /test/x "$MANY"
SELECT column_name, type FROM dataconnect_describe('sandbox', '/test/x');
-- and after the first megabyte
SELECT format('[{"a": 1, "x": "%s"}, {"a": 1}, {"a": "x"}]', repeat('x', 1024 * 1024 - 30)) AS longer,
       format('[{"a": 1, "x": "%s"}, {"a": "x"}]', repeat('x', 1024 * 1024 - 100)) AS shorter \gset
\pset tuples_only on
\pset format unaligned
\o results/describe.json
SELECT :'longer';
\o
\! $DATACONNECT_SANDBOX_CTL document /test/x @results/describe.json
SELECT column_name, type FROM dataconnect_describe('sandbox', '/test/x');
\o results/describe.json
SELECT :'shorter';
\o
\! $DATACONNECT_SANDBOX_CTL document /test/x @results/describe.json
SELECT column_name, type FROM dataconnect_describe('sandbox', '/test/x');
\pset tuples_only off
\pset format aligned
-- as many fields as a table can have columns, and one more
SELECT '[' || json_object_agg('k' || i, i) || ']' AS records FROM generate_series(1, 1600) i \gset
\setenv RECORDS :records
\! $DATACONNECT_SANDBOX_CTL document /test/x "$RECORDS"
SELECT count(*) FROM dataconnect_describe('sandbox', '/test/x');
SELECT '[' || json_object_agg('k' || i, i) || ']' AS records FROM generate_series(1, 1601) i \gset
\setenv RECORDS :records
\! $DATACONNECT_SANDBOX_CTL document /test/x "$RECORDS"
SELECT count(*) FROM dataconnect_describe('sandbox', '/test/x');

-- Keys that cannot be columns: the table is made without them.
\! $DATACONNECT_SANDBOX_CTL document /test/unnamed '[{"": 5, "Id": 1, "a\tb": 6, "\u0085x": 7, "Last": 2}]'
SELECT column_name, name, type FROM dataconnect_describe('sandbox', '/test/unnamed');
SELECT dataconnect_table_ddl('sandbox', '/test/unnamed') AS ddl \gset
:ddl
SELECT * FROM unnamed;
DROP FOREIGN TABLE unnamed;
\set VERBOSITY default
IMPORT FOREIGN SCHEMA "/test/unnamed" FROM SERVER sandbox INTO public OPTIONS (column_names 'preserve');
\set VERBOSITY terse
SELECT * FROM unnamed;
DROP FOREIGN TABLE unnamed;
-- keys of the maximum length, and longer ones; a name in another alphabet
SELECT format('[{"Id": 1, "%s": 2, "%sb": 3, "%s": 4}]', repeat('a', 2000), repeat('a', 2000), '東京') AS long \gset
\setenv LONG :long
\! $DATACONNECT_SANDBOX_CTL document /test/unnamed "$LONG"
IMPORT FOREIGN SCHEMA "/test/unnamed" FROM SERVER sandbox INTO public;
SELECT attname, length(attfdwoptions::text) FROM pg_attribute WHERE attrelid = 'unnamed'::regclass AND attnum > 0;
TABLE unnamed;
DROP FOREIGN TABLE unnamed;

-- a large reply is not read to its end
\! $DATACONNECT_SANDBOX_CTL log-clear
ALTER SERVER sandbox OPTIONS (compression 'off');
SELECT type, count(*) FROM dataconnect_describe('sandbox', '/test/rows', 'Count=1000000') GROUP BY 1 ORDER BY 1;
\! $DATACONNECT_SANDBOX_CTL wait in_flight=0
\! $DATACONNECT_SANDBOX_CTL log --fields bytessent | awk '{ print ($1 < 20000000 ? "closed early" : "sent " $1) }'

-- arguments
SELECT * FROM dataconnect_describe('nobody', '/test/x');
SELECT * FROM dataconnect_describe('sandbox', 'test/x');
SELECT * FROM dataconnect_describe('sandbox', '/session');
SELECT * FROM dataconnect_describe('sandbox', '/test/x', 'Auth=me');
SELECT * FROM dataconnect_describe('sandbox', '/test/x', 'a=%');
SELECT * FROM dataconnect_describe('sandbox', '/test/x', NULL);
SELECT dataconnect_table_ddl('sandbox', NULL) IS NULL;
CREATE FOREIGN DATA WRAPPER stranger;
CREATE SERVER stranger FOREIGN DATA WRAPPER stranger;
SELECT * FROM dataconnect_describe('stranger', '/test/x');
DROP FOREIGN DATA WRAPPER stranger CASCADE;

-- privileges
CREATE ROLE dataconnect_analyst;
SET ROLE dataconnect_analyst;
SELECT * FROM dataconnect_describe('sandbox', '/lists/stores');
SELECT dataconnect_table_ddl('sandbox', '/lists/stores');
SELECT * FROM dataconnect_check('donations');
RESET ROLE;
GRANT EXECUTE ON FUNCTION dataconnect_describe, dataconnect_check TO dataconnect_analyst;
SET ROLE dataconnect_analyst;
SELECT * FROM dataconnect_describe('sandbox', '/lists/stores');
SELECT * FROM dataconnect_check('donations');
RESET ROLE;
GRANT USAGE ON FOREIGN SERVER sandbox TO dataconnect_analyst;
SET ROLE dataconnect_analyst;
\set VERBOSITY sqlstate
SELECT * FROM dataconnect_describe('sandbox', '/lists/stores');
\set VERBOSITY terse
RESET ROLE;
CREATE USER MAPPING FOR dataconnect_analyst SERVER sandbox OPTIONS (token 'sandbox-token');
SET ROLE dataconnect_analyst;
SELECT count(*) FROM dataconnect_describe('sandbox', '/lists/stores');
RESET ROLE;
SET client_min_messages = warning;
DROP OWNED BY dataconnect_analyst;
DROP ROLE dataconnect_analyst;
DROP FOREIGN TABLE donations, my_donations_summary_report;
