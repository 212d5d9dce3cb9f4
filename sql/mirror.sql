--
-- The mirror: history here, today there
--
\getenv srcdir PG_ABS_SRCDIR
\set setup :srcdir '/test/regress/setup.psql'
\i :setup
\set SHOW_CONTEXT never
CREATE SCHEMA rq;
CREATE FOREIGN TABLE rq.sales (
    id integer OPTIONS (name 'Id'),
    store_id integer OPTIONS (name 'StoreID', param 'StoreIDs', list 'true'),
    date_created timestamp OPTIONS (name 'DateCreated', param_from 'StartDate', param_to 'StopDate'),
    total numeric(19,4) OPTIONS (name 'Total')
) SERVER sandbox OPTIONS (endpoint '/test/sales', open_to '9999-12-31');
COMMENT ON COLUMN rq.sales.total IS 'in dollars';
-- The service answers from March 10 on, whatever day it is.
SELECT current_date - '2026-03-10' || ' days' AS live, current_date - '2026-03-08' || ' days' AS live_later \gset
CREATE VIEW partitions AS
SELECT i.inhparent::regclass AS mirror, c.relname, c.relkind, pg_get_expr(c.relpartbound, c.oid) AS bound
FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid JOIN pg_class p ON p.oid = i.inhparent AND p.relkind = 'p';

-- nothing is asked when a mirror is made
SELECT dataconnect_mirror('rq.sales', target => 'sales', by => 'date_created', since => '2026-01-15', live => :'live',
    key => '{id}', indexes => '{store_id}', fillfactor => 90, fetched_at => true);
\d sales
SELECT col_description('sales'::regclass, 4);
SELECT relname, relkind, bound FROM partitions ORDER BY relname;
SELECT ftoptions FROM pg_foreign_table WHERE ftrelid = 'sales_live'::regclass;
SELECT attname, attfdwoptions FROM pg_attribute WHERE attrelid = 'sales_live'::regclass AND attnum > 0 ORDER BY attnum;
\! sh -c "$LOG"

-- until the first refresh, the service answers for all days
SELECT count(*), sum(total) FROM sales;
SELECT count(*), sum(total) FROM rq.sales WHERE date_created >= '2026-01-15';
\! sh -c "$LOG"

-- the first refresh: one request and one partition a month
CALL dataconnect_refresh('sales');
\! sh -c "$LOG"
SELECT relname, relkind, bound FROM partitions ORDER BY relname;
SELECT c.relname, c.reloptions, (SELECT array_agg(pg_get_indexdef(indexrelid) ORDER BY indexrelid::regclass::text) FROM pg_index WHERE indrelid = c.oid) AS indexes
FROM partitions p JOIN pg_class c USING (relname) WHERE c.relkind = 'r' ORDER BY 1;
SELECT period_from, period_to, records, rejected, request, added, changed, vanished FROM dataconnect_mirror_period_mine ORDER BY 1;
SELECT target, horizon, result, refreshed_at <= clock_timestamp() AS refreshed FROM dataconnect_mirror_mine;

-- one table: no gap, no row twice, old days without a request
SELECT count(*), count(DISTINCT id), sum(total) FROM sales WHERE date_created < '2026-03-10';
\! sh -c "$LOG"
SELECT count(*), count(DISTINCT id), sum(total) FROM sales;
\! sh -c "$LOG"
SELECT count(*) FROM (SELECT id, store_id, date_created, total FROM sales EXCEPT ALL SELECT id, store_id, date_created, total FROM rq.sales WHERE date_created >= '2026-01-15') d;
SELECT count(*) FROM sales WHERE fetched_at IS NULL OR fetched_at > clock_timestamp();
EXPLAIN (COSTS OFF) SELECT * FROM sales WHERE date_created >= '2026-02-03' AND date_created < '2026-02-05';
EXPLAIN (COSTS OFF) SELECT * FROM sales WHERE date_created >= '2026-03-09' AND date_created < '2026-03-12';
EXPLAIN (COSTS OFF) SELECT * FROM sales WHERE date_created >= '2026-03-11' AND date_created < '2026-03-12';

-- nothing new: only the late days are asked for
\! $DATACONNECT_SANDBOX_CTL log-clear
CALL dataconnect_refresh('sales');
\! sh -c "$LOG"
SELECT period_from, records, added, changed, vanished FROM dataconnect_mirror_period_mine ORDER BY 1;

-- some days later: as many requests, and the month that is not over is extended
UPDATE dataconnect_mirror_mine SET live = make_interval(days => current_date - '2026-03-12') WHERE target = 'sales'::regclass;
CALL dataconnect_refresh('sales');
\! sh -c "$LOG"
SELECT relname, relkind, bound FROM partitions ORDER BY relname;
SELECT period_from, period_to, records FROM dataconnect_mirror_period_mine ORDER BY 1;
SELECT count(*), count(DISTINCT id), sum(total) FROM sales;
-- up to the end of the month, and over it
UPDATE dataconnect_mirror_mine SET live = make_interval(days => current_date - '2026-04-02') WHERE target = 'sales'::regclass;
-- what is done to the last partition, or to the mirror, lasts
ALTER TABLE sales_p20260310 SET (fillfactor = 70);
ALTER TABLE sales_p20260310 REPLICA IDENTITY FULL;
CREATE INDEX at_and_total ON sales (date_created DESC, (total * 2)) WHERE total > 1;
ALTER TABLE sales ADD CHECK (total > -1000000);
ALTER TABLE sales ADD COLUMN note text DEFAULT 'none';
CALL dataconnect_refresh('sales');
SELECT relname, relkind, bound FROM partitions ORDER BY relname;
SELECT conrelid::regclass, conname, convalidated, pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'dataconnect_mirror_bounds';
SELECT relname, reloptions, relreplident FROM pg_class WHERE relname LIKE 'sales\_p%' AND relkind = 'r' ORDER BY 1;
\d sales_p20260401
SELECT count(*), count(DISTINCT id), sum(total) FROM sales;
\! $DATACONNECT_SANDBOX_CTL log-clear

-- the days that are named are read again
CALL dataconnect_refresh('sales', "from" => '2026-02-27', "to" => '2026-03-02');
\! sh -c "$LOG"
-- one row has changed, one is new, others have vanished
\! $DATACONNECT_SANDBOX_CTL document '/test/sales?StartDate=2026-02-01T00:00:00.000Z' '[{"Id": 23, "StoreID": 3, "DateCreated": "2026-02-01T00:00:00", "Total": 1.5}, {"Id": 1000, "StoreID": 1, "DateCreated": "2026-02-01T01:00:00", "Total": 2}]'
SELECT id, total FROM sales WHERE date_created >= '2026-02-01' AND date_created < '2026-02-03' ORDER BY id;
CALL dataconnect_refresh('sales', '2026-02-01', '2026-02-03');
SELECT id, total FROM sales WHERE date_created >= '2026-02-01' AND date_created < '2026-02-03' ORDER BY id;
SELECT period_from, records, added, changed, vanished FROM dataconnect_mirror_period_mine ORDER BY 1;
CALL dataconnect_refresh('sales', '2026-04-02');
CALL dataconnect_refresh('sales', "to" => '2026-01-15');
CALL dataconnect_refresh('sales', '2026-02-03', '2026-02-03');
\echo :SQLSTATE
SELECT result FROM dataconnect_mirror_mine WHERE target = 'sales'::regclass;
\! $DATACONNECT_SANDBOX_CTL reset

-- where it cannot run
BEGIN;
CALL dataconnect_refresh('sales');
\echo :SQLSTATE
ROLLBACK;
SET default_transaction_isolation = 'repeatable read';
CALL dataconnect_refresh('sales');
\echo :SQLSTATE
RESET default_transaction_isolation;
CALL dataconnect_refresh('rq.sales');
\echo :SQLSTATE
CALL dataconnect_refresh(NULL);

-- the service is down: a warning, and all that is here answers
\! $DATACONNECT_SANDBOX_CTL fault '{"path": "/test/sales", "status": 500, "count": 0}'
\set VERBOSITY terse
CALL dataconnect_refresh('sales');
\set VERBOSITY default
SELECT result FROM dataconnect_mirror_mine WHERE target = 'sales'::regclass;
SELECT count(*) FROM sales WHERE date_created < '2026-04-01';
\! $DATACONNECT_SANDBOX_CTL clear
-- another error is one
\! $DATACONNECT_SANDBOX_CTL fault '{"path": "/test/sales", "status": 401}'
CALL dataconnect_refresh('sales');
\echo :SQLSTATE
SELECT result FROM dataconnect_mirror_mine WHERE target = 'sales'::regclass;
CALL dataconnect_refresh('sales');
SELECT result FROM dataconnect_mirror_mine WHERE target = 'sales'::regclass;

-- an imported report: the period and other values are parameter columns
IMPORT FOREIGN SCHEMA sales LIMIT TO (sales_by_invoice_report) FROM SERVER sandbox INTO rq;
SELECT dataconnect_mirror('rq.sales_by_invoice_report', target => 'rq.invoices', by => 'date_created', since => '2026-02-27', live => :'live_later');
\echo :SQLSTATE
SELECT dataconnect_mirror('rq.sales_by_invoice_report', target => 'rq.invoices', by => 'date_created', since => '2026-02-27', live => :'live_later',
    params => 'HideRebates=-1', step => '1 week', key => '{sale_invoice_id}');
SELECT ftoptions FROM pg_foreign_table WHERE ftrelid = 'rq.invoices_live'::regclass;
SELECT attname, attfdwoptions FROM pg_attribute WHERE attrelid = 'rq.invoices_live'::regclass AND attname IN ('date_created', 'store_id', 'hide_rebates');
\! $DATACONNECT_SANDBOX_CTL log-clear
CALL dataconnect_refresh('rq.invoices');
\! sh -c "$LOG"
SELECT relname, relkind, bound FROM partitions WHERE mirror = 'rq.invoices'::regclass ORDER BY relname;
SELECT count(*), count(DISTINCT sale_invoice_id) FROM rq.invoices WHERE date_created < '2026-03-12';
SELECT count(*) FROM rq.sales_by_invoice_report WHERE start_date = '2026-02-27' AND stop_date = '2026-03-11' AND hide_rebates = -1;
\! $DATACONNECT_SANDBOX_CTL log-clear

-- all days here
SELECT dataconnect_mirror('rq.sales', target => 'all_sales', by => 'date_created', since => '2026-01-01', live => '0', step => '1 year', key => '{id}');
SELECT relname, relkind, bound FROM partitions WHERE mirror = 'all_sales'::regclass ORDER BY relname;
CALL dataconnect_refresh('all_sales');
SELECT relname, relkind, bound FROM partitions WHERE mirror = 'all_sales'::regclass ORDER BY relname LIMIT 1;
SELECT horizon - current_date AS ahead FROM dataconnect_mirror_mine WHERE target = 'all_sales'::regclass;
SELECT count(*), count(DISTINCT id), sum(total) FROM all_sales;
CALL dataconnect_refresh('all_sales');
SELECT count(*), count(DISTINCT id), sum(total) FROM all_sales;

-- a table of the user's own
CREATE TABLE own (note text, id integer PRIMARY KEY, date_created timestamp NOT NULL, total numeric(19,4));
INSERT INTO own VALUES ('mine', 1, '2026-01-01', 0), ('mine', 2000, '2026-01-01', 5), ('old', 0, '2025-12-31', 0);
SELECT dataconnect_mirror('rq.sales', target => 'own', by => 'date_created', since => '2026-01-01', key => '{id}');
\echo :SQLSTATE
SELECT dataconnect_mirror('rq.sales', target => 'own', by => 'date_created', since => '2026-01-01', key => '{id}', live => '0', step => '1 year');
CALL dataconnect_refresh('own');
SELECT count(*), count(DISTINCT id), sum(total) FROM own;
SELECT * FROM own WHERE note IS NOT NULL ORDER BY id;
SELECT dataconnect_mirror('rq.sales', target => 'own', by => 'date_created', since => '2026-01-01', live => '0');
\echo :SQLSTATE

-- times with a zone, days, and unusual names
ALTER SERVER sandbox OPTIONS (ADD timezone 'America/Regina');
CREATE FOREIGN TABLE rq."Sales ""%s""" (
    "Id" integer,
    "at 'x'" timestamptz OPTIONS (name 'DateCreated', param_from 'StartDate', param_to 'StopDate', timezone 'America/New_York')
) SERVER sandbox OPTIONS (endpoint '/test/sales', split 'at ''x''', params 'Note=a%26b', stale_if_error '1h');
SELECT (now() AT TIME ZONE 'America/New_York')::date - '2026-03-10' || ' days' AS live_there \gset
SELECT dataconnect_mirror('rq."Sales ""%s"""', target => 'rq."Ünïcode % ""names"" of many bytes are cut, never in a lettér"', by => 'at ''x''', since => '2026-03-01',
    live => :'live_there', key => '{Id}', indexes => ARRAY['at ''x''']);
CALL dataconnect_refresh('rq."Ünïcode % ""names"" of many bytes are cut, never in a lettér"');
SELECT relname, octet_length(relname), relkind, bound FROM partitions WHERE relname LIKE 'Ü%' ORDER BY relname;
UPDATE dataconnect_mirror_mine SET live = live - interval '1 day' WHERE target::text LIKE '%Ü%';
SET timezone = 'Asia/Tokyo';
SET datestyle = 'German';
CALL dataconnect_refresh('rq."Ünïcode % ""names"" of many bytes are cut, never in a lettér"');
SET timezone = 'UTC';
SET datestyle = 'ISO, MDY';
SELECT relname, octet_length(relname), relkind, bound FROM partitions WHERE relname LIKE 'Ü%' ORDER BY relname;
SELECT ftoptions FROM pg_foreign_table JOIN pg_class c ON c.oid = ftrelid WHERE relname LIKE 'Ü%';
SELECT count(*), (SELECT count(*) FROM rq."Sales ""%s""" WHERE "at 'x'" >= '2026-03-01 00:00 America/New_York') FROM rq."Ünïcode % ""names"" of many bytes are cut, never in a lettér";
ALTER SERVER sandbox OPTIONS (DROP timezone);
CREATE FOREIGN TABLE rq.days (
    id integer OPTIONS (name 'Id'),
    day date OPTIONS (name 'DateCreated', param_from 'StartDate', param_to 'StopDate')
) SERVER sandbox OPTIONS (endpoint '/test/sales');
SELECT dataconnect_mirror('rq.days', target => 'days', by => 'day', since => '2026-02-10', live => :'live', step => '10 days');
CALL dataconnect_refresh('days');
SELECT relname, relkind, bound FROM partitions WHERE mirror = 'days'::regclass ORDER BY relname;
SELECT count(*), (SELECT count(*) FROM rq.days WHERE day >= '2026-02-10') FROM days;

-- what requests send beside the period: given, of the table, defaults, lists
ALTER FOREIGN TABLE rq.sales_by_invoice_report OPTIONS (ADD params 'hiderebates=0&CompanyID=%2B1');
ALTER FOREIGN TABLE rq.sales_by_invoice_report ALTER COLUMN language_code OPTIONS (ADD default 'en-us');
SELECT column_name, param, value FROM dataconnect_mirror_values('rq.sales_by_invoice_report', 'date_created', 'LocationType=Store&locationtypeids=1,2');
SELECT dataconnect_mirror_quals('rq.sales_by_invoice_report', 'date_created', 'LocationType=Store&locationtypeids=1,2');
SELECT option, value FROM dataconnect_mirror_live_table('rq.sales_by_invoice_report', 'date_created', 'HideRebates=1&LocationType=a%26b+c%C3%A9');
SELECT name, value FROM dataconnect_mirror_decode('A=1&&B=a%26b%3D+%c3%a9=c&C&D=');
SELECT dataconnect_mirror_encode(v), d.value = v AS same FROM unnest(ARRAY['', 'a b', 'é/?#&=+%', '1,2', E'\\''"']) v, dataconnect_mirror_decode('x=' || dataconnect_mirror_encode(v)) d;
-- which parameters are a period
IMPORT FOREIGN SCHEMA "all" LIMIT TO (activity_tracking_report, customer_list_report) FROM SERVER sandbox INTO rq OPTIONS (sources 'all');
CREATE FOREIGN TABLE rq.pairs (
    at timestamp OPTIONS (name 'At'),
    "FromDate" date OPTIONS (param 'FromDate'),
    "ToDate" date OPTIONS (param 'ToDate')
) SERVER sandbox OPTIONS (endpoint '/test/pairs');
SELECT c.*, p.* FROM (VALUES ('rq.activity_tracking_report', 'date_created'), ('rq.activity_tracking_report', 'date_closed'), ('rq.customer_list_report', 'date_created'),
    ('rq.customer_list_report', 'last_date_modified'), ('rq.sales', 'date_created'), ('rq.pairs', 'at')) c (source, by_column),
    dataconnect_mirror_period_columns(c.source::regclass, c.by_column) p;
ALTER FOREIGN TABLE rq.pairs ADD COLUMN a date OPTIONS (param 'OtherBeginDay'), ADD COLUMN b date OPTIONS (param 'OtherEndDay');
SELECT dataconnect_mirror('rq.pairs', target => 'x', by => 'at', since => '2026-01-01');
\echo :SQLSTATE
ALTER FOREIGN TABLE rq.pairs ALTER a OPTIONS (ADD required 'true'), ALTER b OPTIONS (ADD required 'true');
SELECT * FROM dataconnect_mirror_period_columns('rq.pairs', 'at');

-- steps
SELECT day, step, s.* FROM unnest(ARRAY['2024-02-29', '2026-12-31', '1999-12-31']::date[]) day, unnest(ARRAY['1 day', '1 week', '10 days', '1 month', '3 months', '1 year']::interval[]) step,
    dataconnect_mirror_step(day, step) s ORDER BY 1, 2;

-- wrong arguments
SELECT dataconnect_mirror('own', target => 'x', by => 'date_created', since => '2026-01-01');
\echo :SQLSTATE
SELECT dataconnect_mirror('rq.sales', target => 'x', by => 'no_such', since => '2026-01-01');
\echo :SQLSTATE
SELECT dataconnect_mirror('rq.sales', target => 'x', by => 'id', since => '2026-01-01');
\echo :SQLSTATE
SELECT dataconnect_mirror('rq.sales', target => 'x', by => 'date_created');
\echo :SQLSTATE
SELECT dataconnect_mirror('rq.sales', target => 'x', since => '2026-01-01');
SELECT dataconnect_mirror('rq.sales', target => 'x', by => 'date_created', since => '2026-01-01', key => '{id,nr}');
SELECT dataconnect_mirror('rq.sales', target => 'x', by => 'date_created', since => '2026-01-01', step => '1 month 1 day');
SELECT dataconnect_mirror('rq.sales', target => 'x', by => 'date_created', since => '2026-01-01', step => '0');
SELECT dataconnect_mirror('rq.sales', target => 'x', by => 'date_created', since => '2026-01-01', live => '90 min');
SELECT dataconnect_mirror('rq.sales', target => 'x', by => 'date_created', since => '2026-01-01', late => '-1 day');
SELECT dataconnect_mirror('rq.sales', target => 'x', by => 'date_created', since => '2026-01-01', outside => 'keep');
SELECT dataconnect_mirror('rq.sales', target => 'x', by => 'date_created', since => '2026-01-01', params => 'HideRebates=-1');
\echo :SQLSTATE
SELECT dataconnect_mirror('rq.sales', target => 'x', by => 'date_created', since => '2026-01-01', params => '%zz');
SELECT dataconnect_mirror('rq.sales', target => 'x', by => 'date_created', since => '2026-01-01', modified => 'date_created');
SELECT dataconnect_mirror('rq.sales', target => 'a.b.c', by => 'date_created', since => '2026-01-01');
\echo :SQLSTATE
SELECT dataconnect_mirror('rq.sales', target => 'partitions', by => 'date_created', since => '2026-01-01', live => '0');
\echo :SQLSTATE
SELECT dataconnect_mirror('rq.sales', target => 'x', by => 'date_created', since => '2026-01-01', fillfactor => 5);
IMPORT FOREIGN SCHEMA lists LIMIT TO (stores) FROM SERVER sandbox INTO rq;
CREATE FOREIGN TABLE rq.snapshots (at timestamp OPTIONS (name 'DateCreated')) SERVER sandbox OPTIONS (endpoint '/test/sales');
SELECT dataconnect_mirror('rq.snapshots', target => 'x', by => 'at', since => '2026-01-01');
\echo :SQLSTATE

-- a dropped mirror is forgotten
SELECT target FROM dataconnect_mirror_mine ORDER BY target::text COLLATE "C";
DROP TABLE sales, all_sales, own, days, rq.invoices, rq."Ünïcode % ""names"" of many bytes are cut, never in a lettér";
SELECT count(*) FROM dataconnect_mirror_mine;
SELECT count(*) FROM dataconnect_mirror_period_mine;
SET client_min_messages = warning;
DROP VIEW partitions;
DROP SCHEMA rq CASCADE;
DROP SERVER sandbox CASCADE;
