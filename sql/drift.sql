--
-- Comparing a foreign table with the service's current records
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
-- with the table's own params, and with those passed
\! $DATACONNECT_SANDBOX_CTL log-clear
SELECT * FROM dataconnect_check('rq.product_detail_report_tax_detail', 'StartDate=2026-03-01&StopDate=2026-03-02&SearchMethod=1&ManufacturerID=-1&CategoryNumber=10');
\! sh -c "$LOG"

-- an added column gets a comment, like an imported one
ALTER FOREIGN TABLE rq.stores DROP COLUMN location_entity_id;
SELECT command FROM dataconnect_check('rq.stores') \gexec
SELECT attname, col_description(attrelid, attnum) FROM pg_attribute WHERE attrelid = 'rq.stores'::regclass AND attname = 'location_entity_id';

-- new, gone, of another type: from the Schema
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
-- running the commands removes the differences
SELECT command FROM dataconnect_check('rq."Drift %"') \gexec
SELECT * FROM dataconnect_check('rq."Drift %"');
\d rq."Drift %"
SELECT * FROM rq."Drift %";
-- the Schema's type of a new column goes into its comment, made fit to show
\! $DATACONNECT_SANDBOX_CTL document /test/noted '{"Records": [{"ID": 1, "It is \"\u202e": 2}], "Schema": [{"Column_Name": "ID", "Type": "int"}, {"Column_Name": "It is \"\u202e", "Type": "nvarchar"}]}'
CREATE FOREIGN TABLE rq.noted (id integer OPTIONS (name 'ID')) SERVER sandbox OPTIONS (endpoint '/test/noted');
SELECT command FROM dataconnect_check('rq.noted') \gexec
SELECT quote_literal(attname) || ': ' || col_description(attrelid, attnum) FROM pg_attribute WHERE attrelid = 'rq.noted'::regclass AND attnum = 2 \g (format=unaligned)

-- from the values, which say less
\! $DATACONNECT_SANDBOX_CTL document /test/values '[{"a": 1, "b": 1, "c": 1, "d": 1, "e": 1.5, "f": "x", "g": "x", "h": "2026-01-01", "i": null, "j": true, "k": "2026-01-01T00:00:00"}]'
CREATE FOREIGN TABLE rq.valued (a smallint, b boolean, c text, d bigint, e integer, f uuid, g varchar(3), h timestamp, i uuid, j integer, k date)
    SERVER sandbox OPTIONS (endpoint '/test/values');
SELECT column_name, declared, found FROM dataconnect_check('rq.valued');

-- a renamed key: the column then reads the new key, with its type
\! $DATACONNECT_SANDBOX_CTL document /test/renamed '[{"ID": 1, "store_name": "a", "TotalSale": 1.5, "Totals": 3, "qty": 4}]'
CREATE FOREIGN TABLE rq.renamed (id integer OPTIONS (name 'Id'), store text OPTIONS (name 'StoreName'), "TotalSales" integer, total integer OPTIONS (name 'Total'), "Quantity" integer)
    SERVER sandbox OPTIONS (endpoint '/test/renamed');
SELECT * FROM dataconnect_check('rq.renamed');
SELECT command FROM dataconnect_check('rq.renamed') \gexec
SELECT * FROM dataconnect_check('rq.renamed');
SELECT * FROM rq.renamed;
-- a key that cannot be a column is not reported
\! $DATACONNECT_SANDBOX_CTL document /test/renamed '[{"ID": 1, "store_name": "a", "TotalSale": 1.5, "Totals": 3, "qty": 4, "": 1, "a\tb": 2}]'
SELECT * FROM dataconnect_check('rq.renamed');

-- a whole schema, even if one of its tables fails
CREATE SCHEMA "a schema";
CREATE FOREIGN DATA WRAPPER stranger;
CREATE SERVER stranger FOREIGN DATA WRAPPER stranger;
CREATE FOREIGN TABLE "a schema".foreign_to_us (a integer) SERVER stranger;
CREATE TABLE "a schema".local (a integer);
\! $DATACONNECT_SANDBOX_CTL document /test/whole '[{"a": 1, "b": 2}]'
\! $DATACONNECT_SANDBOX_CTL document /test/empty '[]'
CREATE FOREIGN TABLE "a schema".whole (a integer, b integer) SERVER sandbox OPTIONS (endpoint '/test/whole');
CREATE FOREIGN TABLE "a schema".less (a integer) SERVER sandbox OPTIONS (endpoint '/test/whole');
CREATE FOREIGN TABLE "a schema".empty (a integer) SERVER sandbox OPTIONS (endpoint '/test/empty');
CREATE FOREIGN TABLE "a schema".nowhere (a integer) SERVER sandbox OPTIONS (endpoint '/test/nowhere');
CREATE FOREIGN TABLE "a schema".zero_times (a integer, z integer) SERVER sandbox OPTIONS (endpoint '/test/whole');
\! $DATACONNECT_SANDBOX_CTL log-clear
\x
SELECT * FROM dataconnect_check_schema('"a schema"', 'Day=2026-01-01');
\x
\! sh -c "$LOG"
SELECT foreign_table, error FROM dataconnect_check_schema('"a schema"', 'Auth=x') LIMIT 1;
SELECT * FROM dataconnect_check_schema('no_such_schema');
-- errors that end a statement are not caught
SET statement_timeout = '100ms';
\! $DATACONNECT_SANDBOX_CTL fault '{"path": "/test/*", "hold_headers": true}'
\set VERBOSITY sqlstate
SELECT * FROM dataconnect_check_schema('"a schema"');
\set VERBOSITY terse
RESET statement_timeout;
\! $DATACONNECT_SANDBOX_CTL release

-- objects that cannot be compared
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
SELECT * FROM dataconnect_check_schema('rq');
RESET ROLE;
GRANT EXECUTE ON FUNCTION dataconnect_check_schema TO dataconnect_analyst;
SET ROLE dataconnect_analyst;
SELECT foreign_table, change, error FROM dataconnect_check_schema('rq') WHERE foreign_table = 'rq.stores'::regclass;
-- only the owner may reset what was learned
SELECT dataconnect_forget('rq.stores');
\echo :SQLSTATE
RESET ROLE;
GRANT SELECT ON rq.stores TO dataconnect_analyst;
SET ROLE dataconnect_analyst;
SELECT * FROM dataconnect_check('rq.stores');
SELECT dataconnect_forget('rq.stores');
RESET ROLE;
CREATE ROLE dataconnect_owner;
GRANT dataconnect_owner TO dataconnect_analyst;
ALTER FOREIGN TABLE rq.stores OWNER TO dataconnect_owner;
SET ROLE dataconnect_analyst;
SELECT dataconnect_forget('rq.stores');
SELECT dataconnect_forget(0);
RESET ROLE;
SELECT provolatile FROM pg_proc WHERE proname = 'dataconnect_options';
SET client_min_messages = warning;
DROP OWNED BY dataconnect_analyst;
DROP ROLE dataconnect_analyst;
DROP SCHEMA rq CASCADE;
DROP SCHEMA "a schema" CASCADE;
DROP FOREIGN DATA WRAPPER stranger CASCADE;
DROP ROLE dataconnect_owner;
