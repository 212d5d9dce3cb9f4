--
-- Mirrors whose source or target is altered
--
\getenv srcdir PG_ABS_SRCDIR
\set setup :srcdir '/test/regress/setup.psql'
\i :setup
\set VERBOSITY default
\set SHOW_CONTEXT never
CREATE SCHEMA rq;
CREATE FOREIGN TABLE rq.sales (
    id integer OPTIONS (name 'Id'),
    date_created timestamp OPTIONS (name 'DateCreated', param_from 'StartDate', param_to 'StopDate'),
    total numeric(19,4) OPTIONS (name 'Total')
) SERVER sandbox OPTIONS (endpoint '/test/sales');
SELECT dataconnect_mirror('rq.sales', target => 'sales', by => 'date_created', since => '2026-01-01', key => '{id}', fetched_at => true);
SELECT dataconnect_mirror('rq.sales', target => 'here', by => 'date_created', since => '2026-01-01', key => '{id}', live => '0');
CALL dataconnect_refresh('sales');
CALL dataconnect_refresh('here');
CREATE VIEW live AS
    SELECT ftoptions::text AS options FROM pg_foreign_table WHERE ftrelid = (SELECT live_table FROM dataconnect_mirrors WHERE mirror::text = 'sales')
    UNION ALL
    SELECT concat_ws(' ', attname, format_type(atttypid, atttypmod), attfdwoptions) FROM pg_attribute
    WHERE attrelid = (SELECT live_table FROM dataconnect_mirrors WHERE mirror::text = 'sales') AND attnum > 0 AND NOT attisdropped;
SELECT * FROM live;

--
-- New columns of the source
--
ALTER FOREIGN TABLE rq.sales ADD COLUMN store integer OPTIONS (name 'StoreID'), ADD COLUMN note text COLLATE "C";
COMMENT ON COLUMN rq.sales.store IS 'the store';
CALL dataconnect_refresh('sales');
CALL dataconnect_refresh('here');
SELECT count(*), count(store) FROM sales WHERE date_created < '2026-02-01';
SELECT * FROM live;
SELECT col_description('sales'::regclass, attnum), attcollation::regcollation FROM pg_attribute WHERE attrelid = 'sales'::regclass AND attname IN ('store', 'note') ORDER BY attnum;
-- rows that are read again get the value
CALL dataconnect_refresh('sales', '2026-01-01', '2026-02-01');
SELECT count(*), count(store) FROM sales WHERE date_created < '2026-02-01';
SELECT changed FROM dataconnect_mirror_periods WHERE mirror = 'sales'::regclass AND period_from = '2026-01-01';
-- a parameter is no column of a mirror
ALTER FOREIGN TABLE rq.sales ADD COLUMN stores integer OPTIONS (param 'StoreIDs');
CALL dataconnect_refresh('sales');
SELECT * FROM live;
-- one that the user drops stays away
ALTER TABLE sales DROP COLUMN note;
CALL dataconnect_refresh('sales');
SELECT * FROM live;
ALTER FOREIGN TABLE rq.sales DROP COLUMN note;
ALTER TABLE here DROP COLUMN note;

--
-- Options of the source
--
ALTER FOREIGN TABLE rq.sales OPTIONS (ADD params 'StoreID=2', ADD rows '7', SET endpoint '/test/Sales'),
    ALTER COLUMN total OPTIONS (SET name 'total'), ALTER COLUMN store OPTIONS (DROP name);
CALL dataconnect_refresh('sales');
SELECT * FROM live;
ALTER FOREIGN TABLE rq.sales OPTIONS (DROP params, DROP rows, SET endpoint '/test/sales'),
    ALTER COLUMN total OPTIONS (SET name 'Total'), ALTER COLUMN store OPTIONS (ADD name 'StoreID');
-- another server
SELECT url.option_value AS url FROM pg_foreign_server, pg_options_to_table(srvoptions) AS url WHERE srvname = 'sandbox' AND option_name = 'url' \gset
CREATE SERVER another FOREIGN DATA WRAPPER dataconnect_fdw OPTIONS (url :'url');
CREATE USER MAPPING FOR CURRENT_USER SERVER another OPTIONS (token 'sandbox-token');
CREATE FOREIGN TABLE rq.moved (
    id integer OPTIONS (name 'Id'), store integer OPTIONS (name 'StoreID'),
    date_created timestamp OPTIONS (name 'DateCreated', param_from 'StartDate', param_to 'StopDate'), total numeric(19,4) OPTIONS (name 'Total')
) SERVER another OPTIONS (endpoint '/test/sales');
UPDATE dataconnect_mirror_mine SET source = 'rq.moved' WHERE target = 'sales'::regclass;
CALL dataconnect_refresh('sales');
SELECT * FROM live;
SELECT live_table, srvname FROM dataconnect_mirrors JOIN pg_foreign_table ON ftrelid = live_table JOIN pg_foreign_server s ON s.oid = ftserver;
SELECT count(*) FROM sales;
UPDATE dataconnect_mirror_mine SET source = 'rq.sales' WHERE target = 'sales'::regclass;
CALL dataconnect_refresh('sales');
SELECT live_table, srvname FROM dataconnect_mirrors JOIN pg_foreign_table ON ftrelid = live_table JOIN pg_foreign_server s ON s.oid = ftserver;
DROP SERVER another CASCADE;

--
-- Types, and columns that are gone
--
ALTER FOREIGN TABLE rq.sales ALTER COLUMN total TYPE float8;
CALL dataconnect_refresh('sales');
SELECT result FROM dataconnect_mirrors WHERE mirror = 'sales'::regclass;
ALTER TABLE sales ALTER COLUMN total TYPE float8;
CALL dataconnect_refresh('sales');
-- a type to which no cast leads by itself: the hint's commands do it
ALTER FOREIGN TABLE rq.sales ALTER COLUMN total TYPE text;
ALTER TABLE sales ALTER COLUMN total TYPE text;
CALL dataconnect_refresh('sales');
ALTER FOREIGN TABLE rq.sales ALTER COLUMN total TYPE numeric(19,4);
CREATE FUNCTION hint() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    hint text;
BEGIN
    PERFORM dataconnect_mirror_follow_source('sales');
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
    RETURN hint;
END $$;
SELECT regexp_replace(hint(), '\d{4}-\d\d-\d\d 00:00:00', '(the horizon)'), hint() AS commands \gset the_
\echo :the_regexp_replace
\set ECHO none
:the_commands
\set ECHO all
CALL dataconnect_refresh('sales');
SELECT sum(total) FROM sales WHERE date_created < '2026-04-01';
DROP FUNCTION hint;
ALTER FOREIGN TABLE rq.sales ALTER COLUMN date_created TYPE timestamptz;
CALL dataconnect_refresh('sales');
ALTER FOREIGN TABLE rq.sales ALTER COLUMN date_created TYPE timestamp;
ALTER FOREIGN TABLE rq.sales DROP COLUMN total;
CALL dataconnect_refresh('sales');
ALTER TABLE sales DROP COLUMN total;
CALL dataconnect_refresh('sales');
ALTER FOREIGN TABLE rq.sales DROP COLUMN id;
CALL dataconnect_refresh('sales');
ALTER FOREIGN TABLE rq.sales ADD COLUMN id integer OPTIONS (name 'Id'), ADD COLUMN total numeric(19,4) OPTIONS (name 'Total');
CALL dataconnect_refresh('sales');
CALL dataconnect_refresh('here');

--
-- Renames
--
ALTER FOREIGN TABLE rq.sales RENAME COLUMN id TO number;
CALL dataconnect_refresh('sales');
ALTER TABLE sales RENAME COLUMN id TO number;
CALL dataconnect_refresh('sales');
SELECT key_columns FROM dataconnect_mirrors WHERE mirror = 'sales'::regclass;
ALTER TABLE sales RENAME COLUMN total TO sum;
CALL dataconnect_refresh('sales');
ALTER FOREIGN TABLE rq.sales RENAME COLUMN total TO sum;
CALL dataconnect_refresh('sales');
ALTER TABLE sales RENAME COLUMN date_created TO at;
CALL dataconnect_refresh('sales');
ALTER FOREIGN TABLE rq.sales RENAME COLUMN date_created TO at;
CALL dataconnect_refresh('sales');
CALL dataconnect_refresh('here');
DROP TABLE here;
SELECT * FROM live;
SELECT mirror, by_column, result FROM dataconnect_mirrors;
-- several at once
ALTER FOREIGN TABLE rq.sales RENAME COLUMN number TO a;
ALTER FOREIGN TABLE rq.sales RENAME COLUMN at TO b;
ALTER FOREIGN TABLE rq.sales RENAME COLUMN sum TO c;
ALTER TABLE sales RENAME COLUMN at TO b;
ALTER TABLE sales RENAME COLUMN number TO a;
ALTER TABLE sales RENAME COLUMN sum TO c;
CALL dataconnect_refresh('sales');
SELECT mirror, by_column, key_columns, result FROM dataconnect_mirrors;
SELECT count(*), count(a) FROM sales WHERE b < '2026-04-01';
ALTER FOREIGN TABLE rq.sales RENAME COLUMN a TO number;
ALTER FOREIGN TABLE rq.sales RENAME COLUMN b TO at;
ALTER FOREIGN TABLE rq.sales RENAME COLUMN c TO sum;
ALTER TABLE sales RENAME COLUMN a TO number;
ALTER TABLE sales RENAME COLUMN b TO at;
ALTER TABLE sales RENAME COLUMN c TO sum;
CALL dataconnect_refresh('sales');
ALTER TABLE sales RENAME COLUMN fetched_at TO read_at;
CALL dataconnect_refresh('sales');
ALTER TABLE sales RENAME COLUMN read_at TO fetched_at;
-- the tables themselves
CREATE SCHEMA archive;
ALTER FOREIGN TABLE rq.sales RENAME TO "Sold ""x""";
ALTER SCHEMA rq RENAME TO "R q";
ALTER TABLE sales RENAME TO "It's";
ALTER TABLE "It's" SET SCHEMA archive;
ALTER TABLE sales_live RENAME TO now;
CALL dataconnect_refresh('archive."It''s"');
CALL dataconnect_refresh('archive."It''s"', '2026-01-01', '2026-02-01');
SELECT mirror, source, result, live_table FROM dataconnect_mirrors;
-- a new mirror with the old name, beside partitions with the old names
SELECT dataconnect_mirror('"R q"."Sold ""x"""', target => 'sales', by => 'at', since => '2026-01-01');
CALL dataconnect_refresh('sales');
SELECT count(*) FROM sales WHERE at < '2026-04-01';
SELECT mirror, result FROM dataconnect_mirrors ORDER BY mirror::text;
DROP TABLE sales;

--
-- Partitions by hand
--
ALTER SCHEMA "R q" RENAME TO rq;
ALTER FOREIGN TABLE rq."Sold ""x""" RENAME TO sales;
DROP TABLE archive."It's";
SELECT dataconnect_mirror('rq.sales', target => 'sales', by => 'at', since => '2026-01-01');
SELECT dataconnect_mirror('rq.sales', target => 'here', by => 'at', since => '2026-01-01', live => '0');
CALL dataconnect_refresh('sales');
CALL dataconnect_refresh('here');
-- older rows of the user's own
CREATE TABLE old PARTITION OF sales FOR VALUES FROM ('2020-01-01') TO ('2025-07-01');
CREATE TABLE older PARTITION OF sales FOR VALUES FROM (MINVALUE) TO ('2020-01-01');
INSERT INTO sales (number, at) VALUES (-1, '2020-05-05'), (-2, '2019-05-05');
CALL dataconnect_refresh('sales');
SELECT lower(here), rows, result FROM dataconnect_mirrors WHERE mirror = 'sales'::regclass;
-- a partition that is detached
ALTER TABLE sales DETACH PARTITION sales_p20260201;
CALL dataconnect_refresh('sales');
ALTER TABLE sales ATTACH PARTITION sales_p20260201 FOR VALUES FROM ('2026-02-01') TO ('2026-02-25');
CALL dataconnect_refresh('sales');
ALTER TABLE sales DETACH PARTITION sales_p20260201;
DROP TABLE sales_p20260201;
CREATE TABLE again PARTITION OF sales FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');
CALL dataconnect_refresh('sales', '2026-02-01', '2026-03-01');
SELECT count(*) FROM sales WHERE number > 0 AND at < '2026-04-01';
SELECT records, added FROM dataconnect_mirror_periods WHERE mirror = 'sales'::regclass AND period_from = '2026-02-01';
-- two that become one
BEGIN;
CREATE TABLE two (LIKE sales);
INSERT INTO two SELECT * FROM sales WHERE at >= '2026-01-01' AND at < '2026-03-01';
DROP TABLE sales_p20260101, again;
ALTER TABLE sales ATTACH PARTITION two FOR VALUES FROM ('2026-01-01') TO ('2026-03-01');
COMMIT;
CALL dataconnect_refresh('sales');
CALL dataconnect_refresh('sales', '2026-01-15', '2026-02-15');
SELECT count(*) FROM sales WHERE number > 0 AND at < '2026-04-01';
-- the oldest rows are no longer wanted
DROP TABLE two;
CALL dataconnect_refresh('sales');
SELECT lower(here), rows, result FROM dataconnect_mirrors WHERE mirror = 'sales'::regclass;
SELECT min(period_from) FROM dataconnect_mirror_periods WHERE mirror = 'sales'::regclass;
\set VERBOSITY terse
CALL dataconnect_refresh('sales', '2026-02-01', '2026-03-01');
\set VERBOSITY default
-- a default partition, and one whose bounds are no days
CREATE TABLE rest PARTITION OF here DEFAULT;
CALL dataconnect_refresh('here');
DROP TABLE rest;
ALTER TABLE here DETACH PARTITION here_p20260401;
ALTER TABLE here ATTACH PARTITION here_p20260401 FOR VALUES FROM ('2026-04-01 00:00:01') TO ('2026-05-01');
CALL dataconnect_refresh('here');
ALTER TABLE here DETACH PARTITION here_p20260401;
CALL dataconnect_refresh('here');
ALTER TABLE here ATTACH PARTITION here_p20260401 FOR VALUES FROM ('2026-04-01') TO ('2026-05-01');
CALL dataconnect_refresh('here');
-- the part that the service answers
ALTER TABLE sales DETACH PARTITION sales_live;
\set VERBOSITY terse
CALL dataconnect_refresh('sales');
ALTER TABLE sales ATTACH PARTITION sales_live FOR VALUES FROM ('2200-01-01') TO (MAXVALUE);
DO $$
BEGIN
    PERFORM dataconnect_mirror_check('sales');
EXCEPTION WHEN OTHERS THEN
    RAISE NOTICE '% %', SQLSTATE, regexp_replace(SQLERRM, '[-0-9]+$', '(the horizon)');
END $$;
\set VERBOSITY default
ALTER TABLE sales DETACH PARTITION sales_live;
SELECT horizon FROM dataconnect_mirrors WHERE mirror = 'sales'::regclass \gset
ALTER TABLE sales ATTACH PARTITION sales_live FOR VALUES FROM (:'horizon') TO (MAXVALUE);
CALL dataconnect_refresh('sales');
SELECT mirror, result FROM dataconnect_mirrors ORDER BY mirror::text;
-- all local partitions at once
SET client_min_messages = warning;
SELECT format('DROP TABLE %s', string_agg(inhrelid::regclass::text, ', ')) AS drop FROM pg_inherits WHERE inhparent = 'sales'::regclass AND inhrelid <> 'sales_live'::regclass \gset
\set ECHO none
:drop;
\set ECHO all
CALL dataconnect_refresh('sales');
RESET client_min_messages;
SELECT lower(here) = horizon AS moved, isempty(here), rows, result FROM dataconnect_mirrors WHERE mirror = 'sales'::regclass;

--
-- Rows that are gone
--
DROP TABLE sales;
SELECT dataconnect_mirror('rq.sales', target => 'sales', by => 'at', since => '2026-01-01', key => '{number}');
SELECT dataconnect_mirror('rq.sales', target => 'whole', key => '{number}');
CALL dataconnect_refresh('sales');
CALL dataconnect_refresh('whole');
TRUNCATE sales_p20260301, whole;
\! $DATACONNECT_SANDBOX_CTL log-clear
CALL dataconnect_refresh('sales');
\! $DATACONNECT_SANDBOX_CTL log --fields params | grep 2026-0
CALL dataconnect_refresh('whole');
SELECT (SELECT count(*) FROM sales WHERE at < '2026-04-01') AS sales, (SELECT count(*) FROM whole) AS whole;
SELECT mirror, rows, result FROM dataconnect_mirrors WHERE mirror IN ('sales'::regclass, 'whole'::regclass) ORDER BY mirror::text;
CALL dataconnect_refresh('sales');
CALL dataconnect_refresh('whole');
-- a refresh that ends after the first of several lost periods does not forget the others
BEGIN;
CREATE TABLE joined (LIKE sales);
DROP TABLE sales_p20260201, sales_p20260301;
ALTER TABLE sales ATTACH PARTITION joined FOR VALUES FROM ('2026-02-01') TO ('2026-04-01');
COMMIT;
SET client_min_messages = error;
\! $DATACONNECT_SANDBOX_CTL fault '{"path": "/test/sales", "param": {"StartDate": "2026-03-01T00:00:00.000Z"}, "status": 500}'
CALL dataconnect_refresh('sales');
SELECT result IS NOT NULL AND result <> 'ok' AS ended, rows FROM dataconnect_mirrors WHERE mirror = 'sales'::regclass;
SELECT period_from, loaded_at IS NULL AS lost, records FROM dataconnect_mirror_periods WHERE mirror = 'sales'::regclass AND period_from < '2026-04-01' ORDER BY 1;
CALL dataconnect_refresh('sales');
RESET client_min_messages;
SELECT count(*), (SELECT rows FROM dataconnect_mirrors WHERE mirror = 'sales'::regclass) FROM sales WHERE at < '2026-04-01';
-- a table of the user's own is compared in any case
CREATE TABLE own (LIKE whole);
SELECT dataconnect_mirror('rq.sales', target => 'own', key => '{number}');
CALL dataconnect_refresh('own');
TRUNCATE own;
CALL dataconnect_refresh('own');
SELECT rows, result, (SELECT count(*) FROM own) FROM dataconnect_mirrors WHERE mirror = 'own'::regclass;
DROP TABLE own;
-- of a whole table, all rows get the value of a new column
ALTER FOREIGN TABLE rq.sales ADD COLUMN store_id integer OPTIONS (name 'StoreID');
CALL dataconnect_refresh('whole');
SELECT count(*), count(store_id) FROM whole;
DROP TABLE whole;

--
-- Settings that the owner changes
--
\set VERBOSITY terse
UPDATE dataconnect_mirror_mine SET step = '0' WHERE target = 'sales'::regclass;
UPDATE dataconnect_mirror_mine SET step = '1 day 1 hour' WHERE target = 'sales'::regclass;
UPDATE dataconnect_mirror_mine SET live = NULL WHERE target = 'sales'::regclass;
UPDATE dataconnect_mirror_mine SET late = '-1 day' WHERE target = 'sales'::regclass;
UPDATE dataconnect_mirror_mine SET horizon = NULL WHERE target = 'sales'::regclass;
UPDATE dataconnect_mirror_mine SET since = '-infinity' WHERE target = 'sales'::regclass;
UPDATE dataconnect_mirror_mine SET outside = 'place' WHERE target = 'sales'::regclass;
\set VERBOSITY default
-- none of these asks for what is here
UPDATE dataconnect_mirror_mine SET step = '7 days', live = '30 days', late = '0' WHERE target = 'sales'::regclass;
\! $DATACONNECT_SANDBOX_CTL log-clear
CALL dataconnect_refresh('sales');
\! sh -c "$LOG"
-- periods stay as they were loaded
CALL dataconnect_refresh('sales', '2026-01-10', '2026-03-10');
SELECT period_from, period_to, records FROM dataconnect_mirror_periods WHERE mirror = 'sales'::regclass AND period_from < '2026-04-01' ORDER BY 1;
\! $DATACONNECT_SANDBOX_CTL log-clear
UPDATE dataconnect_mirror_mine SET step = '1 year', live = '3 days' WHERE target = 'sales'::regclass;
CALL dataconnect_refresh('sales');
\! $DATACONNECT_SANDBOX_CTL log --fields params | grep -c 2026-0
SELECT upper(here) = current_date - 3 AS moved, lag, rows, result FROM dataconnect_mirrors WHERE mirror = 'sales'::regclass;
-- a new parameter that needs a value
SET dataconnect_fdw.warn_unknown_parameters = off;
ALTER FOREIGN TABLE rq.sales ADD COLUMN shop text OPTIONS (param 'StoreID', required 'true');
CALL dataconnect_refresh('sales');
UPDATE dataconnect_mirror_mine SET params = 'StoreID=2' WHERE target = 'sales'::regclass;
CALL dataconnect_refresh('sales', '2026-01-01', '2026-02-01');
SELECT vanished > 0 AS only_one_store FROM dataconnect_mirror_periods WHERE mirror = 'sales'::regclass AND period_from = '2026-01-01';
ALTER FOREIGN TABLE rq.sales DROP COLUMN shop;
CALL dataconnect_refresh('sales');
UPDATE dataconnect_mirror_mine SET params = '' WHERE target = 'sales'::regclass;
CALL dataconnect_refresh('sales', '2026-01-01', '2026-02-01');

--
-- Two mirrors of a source, and a target that is mirrored twice
--
SELECT dataconnect_mirror('rq.sales', target => 'sales', by => 'at', since => '2026-01-01');
SELECT dataconnect_mirror('rq.sales', target => 'here', by => 'at', since => '2026-01-01', live => '0');
SELECT dataconnect_unmirror('here');
SELECT count(*) FROM here WHERE at < '2026-04-01';
SELECT dataconnect_mirror('rq.sales', target => 'here', by => 'at', since => '2026-01-01', live => '0');
CALL dataconnect_refresh('here');
SELECT managed, added, changed, vanished FROM dataconnect_mirror_mine s, LATERAL (SELECT sum(added) AS added, sum(changed) AS changed, sum(vanished) AS vanished FROM dataconnect_mirror_periods p WHERE p.mirror = s.target) p WHERE target = 'here'::regclass;
-- its columns are its owner's
ALTER FOREIGN TABLE rq.sales ADD COLUMN other text OPTIONS (name 'StoreID');
CALL dataconnect_refresh('here');
CALL dataconnect_refresh('here');
SELECT dataconnect_unmirror('sales');
SELECT DISTINCT relkind FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid WHERE inhparent = 'sales'::regclass;
SELECT count(*) FROM sales;

SET client_min_messages = warning;
DROP TABLE sales, here;
DROP SCHEMA rq CASCADE;
DROP SCHEMA archive;
DROP VIEW live;
DROP SERVER sandbox CASCADE;
