--
-- Comparing a foreign table with what the service answers now
--
\getenv srcdir PG_ABS_SRCDIR
\set setup :srcdir '/test/regress/setup.psql'
\i :setup
\set VERBOSITY terse

-- nothing has changed
CREATE SCHEMA rq;
IMPORT FOREIGN SCHEMA "all" LIMIT TO (stores, donations_summary_report, product_detail_report_tax_detail) FROM SERVER sandbox INTO rq;
SELECT * FROM dataconnect_check('rq.stores');
SELECT * FROM dataconnect_check('rq.donations_summary_report', 'StartDate=2026-03-01&StopDate=2026-03-08');
-- with the parameters that the table fixes, and those that are given
\! $DATACONNECT_SANDBOX_CTL log-clear
SELECT * FROM dataconnect_check('rq.product_detail_report_tax_detail', 'StartDate=2026-03-01&StopDate=2026-03-02&SearchMethod=1&ManufacturerID=-1&CategoryNumber=10');
\! sh -c "$LOG"

-- new, gone, of another type: by the Schema
CREATE FOREIGN TABLE rq."Drift %" (
    id integer OPTIONS (name 'ID'),
    "Old ""one""" text OPTIONS (name 'Old'),
    price money OPTIONS (name 'Price'),
    narrow smallint OPTIONS (name 'Narrow'),
    wide numeric(19,4) OPTIONS (name 'Wide'),
    label varchar(5) OPTIONS (name 'Label'),
    sold timestamptz OPTIONS (name 'Sold'),
    day date OPTIONS (name 'Day'),
    unread text OPTIONS (param 'Unread')
) SERVER sandbox OPTIONS (endpoint '/test/drift', params 'A=1', format 'jsondatatable');
\! $DATACONNECT_SANDBOX_CTL document /test/drift '{"Records": [{"ID": 1, "Price": 1.5, "Narrow": 1, "Wide": 2, "Label": "x", "Sold": "2026-01-01", "Day": "2026-01-01T10:00:00", "New Key": 7, "id": 1}], "Schema": [{"Column_Name": "ID", "Type": "bigint"}, {"Column_Name": "Price", "Type": "money"}, {"Column_Name": "Narrow", "Type": "tinyint"}, {"Column_Name": "Wide", "Type": "int"}, {"Column_Name": "Label", "Type": "nvarchar"}, {"Column_Name": "Sold", "Type": "datetime"}, {"Column_Name": "Day", "Type": "datetime"}]}'
SELECT column_name, name, change, declared, found FROM dataconnect_check('rq."Drift %"');
-- the commands can be run, and mend it
SELECT command FROM dataconnect_check('rq."Drift %"') \gexec
SELECT * FROM dataconnect_check('rq."Drift %"');
\d rq."Drift %"
SELECT * FROM rq."Drift %";

-- by the values, which say less
\! $DATACONNECT_SANDBOX_CTL document /test/values '[{"a": 1, "b": 1, "c": 1, "d": 1, "e": 1.5, "f": "x", "g": "x", "h": "2026-01-01", "i": null, "j": true, "k": "2026-01-01T00:00:00"}]'
CREATE FOREIGN TABLE rq.valued (a smallint, b boolean, c text, d bigint, e integer, f uuid, g varchar(3), h timestamp, i uuid, j integer, k date)
    SERVER sandbox OPTIONS (endpoint '/test/values');
SELECT column_name, declared, found FROM dataconnect_check('rq.valued');

-- what cannot be compared
\! $DATACONNECT_SANDBOX_CTL document /test/values '[]'
SELECT * FROM dataconnect_check('rq.valued');
\echo :SQLSTATE
SELECT * FROM dataconnect_check('rq.donations_summary_report');
SELECT * FROM dataconnect_check('pg_class');
SELECT * FROM dataconnect_check('rq.stores', 'Auth=x');
SELECT * FROM dataconnect_check('rq.stores', 'a=%z');
CREATE ROLE dataconnect_analyst;
GRANT EXECUTE ON FUNCTION dataconnect_check TO dataconnect_analyst;
GRANT USAGE ON SCHEMA rq TO dataconnect_analyst;
SET ROLE dataconnect_analyst;
SELECT * FROM dataconnect_check('rq.stores');
RESET ROLE;
GRANT SELECT ON rq.stores TO dataconnect_analyst;
SET ROLE dataconnect_analyst;
SELECT * FROM dataconnect_check('rq.stores');
RESET ROLE;
SET client_min_messages = warning;
DROP OWNED BY dataconnect_analyst;
DROP ROLE dataconnect_analyst;
DROP SCHEMA rq CASCADE;
