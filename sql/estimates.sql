--
-- Estimates: what replies teach, by window and by list, and what ANALYZE does
--
\getenv srcdir PG_ABS_SRCDIR
\set setup :srcdir '/test/regress/setup.psql'
\i :setup
\pset null (null)

CREATE FOREIGN TABLE sales (
    id integer OPTIONS (name 'Id'),
    store_id integer OPTIONS (name 'StoreID', param 'StoreID'),
    stores integer OPTIONS (param 'StoreIDs', list 'true'),
    date_created timestamp OPTIONS (name 'DateCreated', param_from 'StartDate', param_to 'StopDate'),
    total numeric(19,4) OPTIONS (name 'Total')
) SERVER sandbox OPTIONS (endpoint '/test/sales');
CREATE TABLE local AS SELECT * FROM sales;
SELECT dataconnect_forget('sales');

-- rows that are expected of the scan, where they are from, and what else EXPLAIN says of it
CREATE FUNCTION expected(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    line text;
BEGIN
    FOR line IN EXECUTE 'EXPLAIN ' || query LOOP
        IF line ~ 'Foreign Scan' THEN
            RETURN NEXT substring(line FROM 'rows=\d+');
        ELSIF line ~ 'Estimate|Warning' THEN
            RETURN NEXT btrim(line);
        END IF;
    END LOOP;
END $$;

-- before a reply, and after the first
SELECT expected('SELECT * FROM sales');
SELECT count(*) FROM sales;
SELECT expected('SELECT * FROM sales');
-- what PostgreSQL filters counts on top
SELECT expected('SELECT * FROM sales WHERE id = 7');
-- a filter that no reply has told of counts by its selectivity; then replies tell
SELECT expected('SELECT * FROM sales WHERE store_id = 1');
SELECT count(*) FROM sales WHERE store_id = 1;
SELECT expected('SELECT * FROM sales WHERE store_id = 2');
SELECT expected('SELECT * FROM sales WHERE store_id IN (2, 3, 4)');
SELECT expected('SELECT * FROM sales s JOIN (VALUES (1), (2)) v(id) ON s.store_id = v.id WHERE stores IS NULL');
SELECT expected('SELECT * FROM sales');

-- the length of a list; one whose length nobody knows is as long as others were
SELECT count(*) FROM sales WHERE stores IN (1, 2);
SELECT expected('SELECT id FROM sales WHERE stores IN (1, 2)');
SELECT expected('SELECT id FROM sales WHERE stores IN (1, 2, 3, 4, 5)');
SELECT expected('SELECT id FROM sales WHERE stores = 1');
SELECT expected('SELECT id FROM sales WHERE stores = ANY (string_to_array(current_setting(''extra_float_digits'') || '',1,2'', '','')::integer[])');
SELECT expected('SELECT id FROM sales WHERE stores = ANY (ARRAY(SELECT 1))');

-- the length of a window: what four weeks had tells of twelve, of a day, and of half of one
CREATE FOREIGN TABLE invoices (
    id text OPTIONS (name 'InvoiceIDByStore'),
    date_created timestamp OPTIONS (name 'DateCreated', param_from 'StartDate', param_to 'StopDate', required 'true'),
    rebates integer OPTIONS (param 'HideRebates', default '-1')
) SERVER sandbox OPTIONS (endpoint '/reports/SalesByInvoiceReport');
SELECT count(*) FROM invoices WHERE date_created >= '2026-03-02' AND date_created < '2026-03-30';
SELECT expected('SELECT * FROM invoices WHERE date_created >= ''2026-03-02'' AND date_created < ''2026-03-30''');
SELECT expected('SELECT * FROM invoices WHERE date_created >= ''2026-03-02'' AND date_created < ''2026-05-25''');
SELECT expected('SELECT * FROM invoices WHERE date_created >= ''2026-03-02'' AND date_created < ''2026-03-03''');
SELECT expected('SELECT * FROM invoices WHERE date_created BETWEEN ''2026-03-02 06:00'' AND ''2026-03-02 18:00''');
-- with a column that no request has given a value for so far; from the first of some values to the last
SELECT expected('SELECT * FROM invoices WHERE date_created >= ''2026-03-02'' AND date_created < ''2026-05-25'' AND rebates = 1');
SELECT expected('SELECT * FROM invoices WHERE date_created = ANY (''{2026-03-02,2026-03-15 12:00}'')');
-- by a stable expression; by a parameter, of which only the usual is known
SELECT expected('SELECT * FROM invoices WHERE date_created >= current_date - 84 AND date_created < current_date');
PREPARE p(timestamp, timestamp) AS SELECT * FROM invoices WHERE date_created >= $1 AND date_created < $2;
SELECT expected('EXECUTE p(''2026-01-01'', ''2026-03-26'')');
SET plan_cache_mode = force_generic_plan;
SELECT expected('EXECUTE p(''2026-01-01'', ''2026-03-26'')');
RESET plan_cache_mode;
DEALLOCATE p;

-- the view
SELECT foreign_table, columns, replies, records, days, list_values, records_per_day, bytes_per_record BETWEEN 70 AND 1000 AS bytes, first_byte_ms >= 0 AS first_byte, now() - last_reply < interval '1 hour' AS lately FROM dataconnect_learned ORDER BY foreign_table::text, columns;

-- a scan that ends early tells how long a record is and how long the first byte takes, not how many there are
CREATE FOREIGN TABLE early (id integer OPTIONS (name 'Id'), name text OPTIONS (name 'Name'), n integer OPTIONS (param 'Count'))
    SERVER sandbox OPTIONS (endpoint '/test/rows');
SELECT count(*) FROM (SELECT FROM early WHERE n = 5000 LIMIT 10) l;
SELECT expected('SELECT * FROM early WHERE n = 5000');
SELECT replies, records, bytes_per_record BETWEEN 50 AND 300 AS bytes, first_byte_ms >= 0 AS first_byte FROM dataconnect_learned WHERE foreign_table = 'early'::regclass;
-- nor does one that fails
\! $DATACONNECT_SANDBOX_CTL fault '{"path": "/test/rows", "cut": {"after": 400, "how": "truncate"}}'
SELECT count(*) FROM early WHERE n = 100;
SELECT replies FROM dataconnect_learned WHERE foreign_table = 'early'::regclass;

-- a report that sums up has as many rows for any period, once two have told
CREATE FOREIGN TABLE by_store (
    store_id integer OPTIONS (name 'StoreID'),
    sold numeric OPTIONS (name 'Total'),
    start_date timestamp OPTIONS (param 'StartDate'),
    stop_date timestamp OPTIONS (param 'StopDate')
) SERVER sandbox OPTIONS (endpoint '/test/by_store');
\! $DATACONNECT_SANDBOX_CTL document /test/by_store '[{"StoreID": 1, "Total": 1}, {"StoreID": 2, "Total": 2}, {"StoreID": 3, "Total": 3}, {"StoreID": 4, "Total": 4}]'
SELECT count(*) FROM by_store WHERE start_date = '2026-01-01' AND stop_date = '2026-01-08';
SELECT expected('SELECT * FROM by_store WHERE start_date = ''2026-01-01'' AND stop_date = ''2026-12-31''');
SELECT count(*) FROM by_store WHERE start_date = '2026-01-01' AND stop_date = '2026-12-31';
SELECT expected('SELECT * FROM by_store WHERE start_date = ''2026-01-01'' AND stop_date = ''2026-04-01''');

-- costs: the first byte's time counts, and at least a round trip
CREATE FUNCTION start_up(query text) RETURNS numeric LANGUAGE plpgsql AS $$
DECLARE
    plan json;
BEGIN
    EXECUTE 'EXPLAIN (FORMAT JSON) ' || query INTO plan;
    RETURN plan #>> '{0,Plan,Startup Cost}';
END $$;
CREATE FOREIGN TABLE slow (id integer OPTIONS (name 'Id')) SERVER sandbox OPTIONS (endpoint '/test/rows', params 'Count=3');
SELECT start_up('SELECT * FROM slow');
\! $DATACONNECT_SANDBOX_CTL fault '{"path": "/test/rows", "delay_body": 0.2}'
SELECT count(*) FROM slow;
SELECT start_up('SELECT * FROM slow') >= 20000 AS counts;

-- ALTER forgets where it makes a difference to requests and replies, and only there
ALTER FOREIGN TABLE sales OPTIONS (ADD rows '77', ADD null_strings 'x');
SELECT expected('SELECT * FROM sales');
ALTER FOREIGN TABLE sales ALTER stores OPTIONS (ADD default '1');
SELECT expected('SELECT * FROM sales');
SELECT count(*) FROM dataconnect_learned WHERE foreign_table = 'sales'::regclass;
SELECT count(*) FROM sales;
SELECT expected('SELECT * FROM sales');
ALTER FOREIGN TABLE sales ALTER stores OPTIONS (DROP default);
SELECT expected('SELECT * FROM sales');
SELECT count(*) FROM sales;
ALTER SERVER sandbox OPTIONS (ADD params 'CompanyID=1');
SELECT expected('SELECT * FROM sales');
ALTER SERVER sandbox OPTIONS (DROP params, ADD path_prefix '/elsewhere');
SELECT expected('SELECT * FROM sales');
ALTER SERVER sandbox OPTIONS (DROP path_prefix);
ALTER FOREIGN TABLE sales OPTIONS (DROP rows, DROP null_strings);

-- it can be turned off, and forgotten
SELECT expected('SELECT * FROM sales');
SET dataconnect_fdw.learn = off;
SELECT expected('SELECT * FROM sales');
SELECT dataconnect_forget('sales');
SELECT count(*) FROM sales;
RESET dataconnect_fdw.learn;
SELECT expected('SELECT * FROM sales');
SELECT count(*) FROM sales;
SELECT dataconnect_forget('sales'), dataconnect_forget('sales'), dataconnect_forget('local');

-- who may not read a table learns nothing of it
SELECT count(*) FROM sales;
CREATE ROLE regress_dcf_nosy;
SET ROLE regress_dcf_nosy;
SELECT count(*) FROM dataconnect_learned;
SELECT dataconnect_forget('sales');
RESET ROLE;
GRANT SELECT ON sales TO regress_dcf_nosy;
SET ROLE regress_dcf_nosy;
SELECT foreign_table, replies FROM dataconnect_learned;
RESET ROLE;
REVOKE SELECT ON sales FROM regress_dcf_nosy;
DROP ROLE regress_dcf_nosy;

-- a column that was dropped keeps its options, but no request gives it a value
CREATE FOREIGN TABLE shorter (gone integer OPTIONS (param 'Gone'), store_id integer OPTIONS (param 'StoreID'), id integer OPTIONS (name 'Id'))
    SERVER sandbox OPTIONS (endpoint '/test/sales');
ALTER FOREIGN TABLE shorter DROP COLUMN gone;
SELECT count(*) FROM shorter WHERE store_id = 1;
SELECT columns FROM dataconnect_learned WHERE foreign_table = 'shorter'::regclass;
DROP FOREIGN TABLE shorter;

-- what is expected to be refused is known before it is sent: an open end as it is sent
ALTER SERVER sandbox OPTIONS (ADD max_rows '50');
ALTER FOREIGN TABLE sales ALTER date_created OPTIONS (ADD required 'true');
SELECT count(*) FROM sales WHERE date_created >= '2026-01-01' AND date_created < '2026-01-29';
SELECT expected('SELECT * FROM sales WHERE date_created >= ''2026-01-01'' AND date_created < ''2026-03-26''');
SELECT regexp_replace(expected('SELECT * FROM sales WHERE date_created >= ''2024-01-01'''), '(?<=return )\d{7}(?= records)|(?<=Days: )\d+(\.\d)?', 'N');
ALTER FOREIGN TABLE sales ALTER date_created OPTIONS (DROP required);

-- with the option split it is asked in halves at once; nothing else is different
ALTER FOREIGN TABLE sales OPTIONS (ADD split 'date_created');
SELECT count(*) FROM sales WHERE date_created >= '2026-01-01' AND date_created < '2026-01-29';
SELECT expected('SELECT * FROM sales WHERE date_created >= ''2026-01-01'' AND date_created < ''2026-03-26''');
\! $DATACONNECT_SANDBOX_CTL settings '{"max_records": 50}'
\! $DATACONNECT_SANDBOX_CTL log-clear
SELECT count(*), count(DISTINCT id), (SELECT count(*) FROM local WHERE date_created >= '2026-01-01' AND date_created < '2026-03-26') AS should_be FROM sales WHERE date_created >= '2026-01-01' AND date_created < '2026-03-26';
\! $DATACONNECT_SANDBOX_CTL log --fields status,params && $DATACONNECT_SANDBOX_CTL log-clear
CREATE FUNCTION run_facts(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    line text;
BEGIN
    FOR line IN EXECUTE 'EXPLAIN (ANALYZE) ' || query LOOP
        CONTINUE WHEN line !~ 'Requests|Retries';
        RETURN NEXT btrim(line);
    END LOOP;
END $$;
SELECT run_facts('SELECT * FROM sales WHERE date_created >= ''2026-01-01'' AND date_created < ''2026-03-26''');
-- as it would be without
SET dataconnect_fdw.learn = off;
SELECT run_facts('SELECT * FROM sales WHERE date_created >= ''2026-01-01'' AND date_created < ''2026-03-26''');
RESET dataconnect_fdw.learn;
-- an estimate may be wrong: what cannot be halved is asked as it is
\! $DATACONNECT_SANDBOX_CTL settings '{"max_records": 1048576}'
ALTER SERVER sandbox OPTIONS (SET max_rows '1');
\! $DATACONNECT_SANDBOX_CTL log-clear
SELECT count(*) = (SELECT count(*) FROM local WHERE date_created >= '2026-01-01' AND date_created < '2026-01-05') AS same FROM sales WHERE date_created >= '2026-01-01' AND date_created < '2026-01-05';
SELECT count(*) FROM sales;
\! $DATACONNECT_SANDBOX_CTL log --fields status,params && $DATACONNECT_SANDBOX_CTL log-clear
-- a list
ALTER FOREIGN TABLE sales OPTIONS (SET split 'stores');
ALTER SERVER sandbox OPTIONS (SET max_rows '30');
SELECT count(*) FROM sales WHERE stores IN (1, 2);
SELECT expected('SELECT id FROM sales WHERE stores IN (1, 2, 3, 5)');
\! $DATACONNECT_SANDBOX_CTL log-clear
SELECT count(*) FROM sales WHERE stores IN (1, 2, 3, 5);
\! $DATACONNECT_SANDBOX_CTL log --fields status,params && $DATACONNECT_SANDBOX_CTL log-clear
ALTER SERVER sandbox OPTIONS (DROP max_rows);
ALTER FOREIGN TABLE sales OPTIONS (DROP split);

-- ANALYZE asks for nothing by itself
SELECT dataconnect_forget('sales');
\! $DATACONNECT_SANDBOX_CTL log-clear
ANALYZE sales;
SELECT reltuples FROM pg_class WHERE oid = 'sales'::regclass;
-- where nothing else is known, it takes what replies have taught, of the fewest conditions
SELECT count(*) FROM sales WHERE store_id = 1;
SELECT count(*) FROM sales;
\! $DATACONNECT_SANDBOX_CTL log-clear
ANALYZE sales;
SELECT reltuples FROM pg_class WHERE oid = 'sales'::regclass;
SELECT count(*) FROM pg_stats WHERE tablename = 'sales';
\! sh -c "$LOG"
SELECT dataconnect_forget('sales');
SELECT expected('SELECT * FROM sales');
SELECT expected('SELECT * FROM sales WHERE store_id = 1 AND date_created >= ''2026-01-01''');
-- with the option it samples that request, sent once
ALTER FOREIGN TABLE sales OPTIONS (ADD analyze_params 'StartDate=2026-01-01&StopDate=2026-02-28&StoreIDs=1,2', ADD rows '5');
ALTER FOREIGN TABLE sales ALTER store_id OPTIONS (ADD default '-1');
ANALYZE sales;
\! sh -c "$LOG"
SELECT reltuples, (SELECT count(*) FROM local WHERE store_id <= 2 AND date_created < '2026-03-01') AS should_be FROM pg_class WHERE oid = 'sales'::regclass;
SELECT attname, null_frac, n_distinct FROM pg_stats WHERE tablename = 'sales' ORDER BY attname;
SELECT expected('SELECT * FROM sales');
SELECT expected('SELECT * FROM sales WHERE id < 100');
ALTER FOREIGN TABLE sales ALTER store_id OPTIONS (DROP default);
-- columns that are sent have the value; a reply longer than the sample
CREATE FOREIGN TABLE long (id integer OPTIONS (name 'Id'), name text OPTIONS (name 'Name'), n integer OPTIONS (param 'Count', required 'true'))
    SERVER sandbox OPTIONS (endpoint '/test/rows', analyze_params 'Count=50000');
SET default_statistics_target = 10;
ANALYZE long;
SELECT reltuples FROM pg_class WHERE oid = 'long'::regclass;
SELECT attname, null_frac, n_distinct, (most_common_vals::text::text[])[1] AS most_common FROM pg_stats WHERE tablename = 'long' AND attname <> 'name' ORDER BY attname;
-- the sample is of the whole reply, not of its beginning or end
SELECT h[1] < 2500 AND h[11] > 47500 AND h[6] BETWEEN 15000 AND 35000 AS even FROM (SELECT histogram_bounds::text::integer[] AS h FROM pg_stats WHERE tablename = 'long' AND attname = 'id') s;
RESET default_statistics_target;
-- of a partition, for itself and for the whole
CREATE TABLE parent (id integer, name text, n integer) PARTITION BY LIST (n);
ALTER TABLE parent ATTACH PARTITION long FOR VALUES IN (50000);
CREATE TABLE other PARTITION OF parent FOR VALUES IN (1);
INSERT INTO other SELECT i, 'local', 1 FROM generate_series(1, 100) i;
\! $DATACONNECT_SANDBOX_CTL log-clear
ANALYZE parent;
\! sh -c "$LOG"
SELECT reltuples FROM pg_class WHERE oid = 'parent'::regclass;
SELECT inherited, n_distinct FROM pg_stats WHERE tablename = 'parent' AND attname = 'n';
-- the reply's rows outside of a partition's bounds are no rows of it
CREATE TABLE divided (id integer, store_id integer) PARTITION BY LIST (store_id);
CREATE FOREIGN TABLE store_2 (store_id integer OPTIONS (name 'StoreID', param 'StoreIDs', list 'true'), id integer OPTIONS (name 'Id'))
    SERVER sandbox OPTIONS (endpoint '/test/sales', analyze_params 'StoreIDs=1,2,3');
CREATE FOREIGN TABLE other_stores (id integer OPTIONS (name 'Id'), store_id integer OPTIONS (name 'StoreID'))
    SERVER sandbox OPTIONS (endpoint '/test/sales', analyze_params 'StoreIDs=1,2,3');
ALTER TABLE divided ATTACH PARTITION store_2 FOR VALUES IN (2, NULL);
ALTER TABLE divided ATTACH PARTITION other_stores DEFAULT;
ANALYZE divided;
SELECT c.relname, reltuples, (SELECT count(*) FROM local WHERE store_id <= 3 AND CASE c.relname WHEN 'store_2' THEN store_id = 2 WHEN 'other_stores' THEN store_id <> 2 ELSE true END) AS should_be,
    (SELECT most_common_vals::text::integer[] FROM pg_stats s WHERE s.tablename = c.relname AND attname = 'store_id') <@ CASE c.relname WHEN 'store_2' THEN '{2}' WHEN 'other_stores' THEN '{1,3}' ELSE '{1,2,3}'::integer[] END AS only_these
FROM pg_class c WHERE c.relname IN ('divided', 'store_2', 'other_stores') ORDER BY 1;
-- PostgreSQL 18 tells of its time as well
\setenv PGDATABASE :DBNAME
\! psql -X -c 'ANALYZE VERBOSE store_2' 2>&1 | grep -A1 'reply contains'
-- of the reply to a request that no query has made nothing is learned
SELECT dataconnect_forget('long');
-- errors are the request's
\! $DATACONNECT_SANDBOX_CTL fault '{"status": 413, "body": ""}'
ANALYZE long;
ALTER FOREIGN TABLE long OPTIONS (SET analyze_params 'Count=x');
ANALYZE long;
ALTER FOREIGN TABLE long OPTIONS (SET analyze_params 'Auth=x');

DROP TABLE local, parent, divided CASCADE;
SET client_min_messages = warning;
DROP FUNCTION expected, start_up, run_facts;
DROP SERVER sandbox CASCADE;
