--
-- Origin columns: when a row was fetched, how old it is, and by which request
--
\getenv srcdir PG_ABS_SRCDIR
\set setup :srcdir '/test/regress/setup.psql'
\i :setup
\pset null (null)
SET dataconnect_fdw.learn = off;

CREATE FOREIGN TABLE sales (
    request text OPTIONS (value 'request'),
    id integer OPTIONS (name 'Id'),
    fetched_at timestamptz OPTIONS (value 'fetched_at'),
    store integer OPTIONS (name 'StoreID', param 'StoreID'),
    stores integer OPTIONS (param 'StoreIDs', list 'true'),
    day timestamp OPTIONS (name 'DateCreated', param_from 'StartDate', param_to 'StopDate'),
    age interval OPTIONS (value 'Age')
) SERVER sandbox OPTIONS (endpoint '/test/sales');

--
-- Rows of new replies
--
SELECT count(*), bool_and(fetched_at BETWEEN statement_timestamp() AND clock_timestamp()) AS now, max(age), count(DISTINCT fetched_at), min(request) FROM sales;
SELECT fetched_at = max(fetched_at) OVER () AS same, fetched_at::text = fetched_at::timestamptz::text AS shown, age, id FROM sales WHERE day < '2026-01-02';
\! sh -c "$LOG"
-- only these columns; none of them, but a condition on one
SELECT DISTINCT request, age FROM sales;
SELECT count(*) FROM sales WHERE request LIKE 'GET %';
\! sh -c "$LOG"
-- of several requests, each of its own
SELECT request, count(*), count(DISTINCT fetched_at) FROM sales WHERE store IN (1, 2) GROUP BY request ORDER BY request;
SELECT request, stores, count(*) FROM sales WHERE stores IN (2, 4) GROUP BY request, stores ORDER BY stores;
SELECT request, count(*) FROM sales WHERE stores IN (2, 4) GROUP BY request;
SELECT count(DISTINCT request), count(DISTINCT fetched_at) FROM sales WHERE day::date IN ('2026-01-01', '2026-02-01', '2026-03-31');
\! sh -c "$LOG"
-- as EXPLAIN shows them, whatever the method and the length
CREATE FUNCTION pg_temp.explained(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    plan json;
BEGIN
    EXECUTE format('EXPLAIN (FORMAT JSON) %s', query) INTO plan;
    RETURN plan #>> '{0,Plan,Request}';
END $$;
ALTER FOREIGN TABLE sales OPTIONS (ADD method 'post');
SELECT request, request = pg_temp.explained('SELECT id FROM sales WHERE store = 1') AS same FROM sales WHERE store = 1 LIMIT 1;
ALTER FOREIGN TABLE sales OPTIONS (DROP method);
SELECT string_agg(n::text, ', ') AS many FROM generate_series(1, 700) n \gset
SELECT length(request), right(request, 14), request = pg_temp.explained('SELECT id FROM sales WHERE stores IN (' || :'many' || ')') AS same
FROM sales WHERE stores IN (:many) LIMIT 1;
\! $DATACONNECT_SANDBOX_CTL log-clear

--
-- Conditions on them are checked by PostgreSQL, and not sent
--
EXPLAIN (COSTS OFF) SELECT id FROM sales WHERE store = 1 AND age < '5 min' AND fetched_at > now() - interval '1 day' AND request <> '';
SELECT count(*) FROM sales WHERE store = 1 AND age < '5 min' AND fetched_at > now() - interval '1 day' AND request <> '';
SELECT count(*) FROM sales WHERE age > '5 min';
SELECT count(*) FROM sales WHERE fetched_at IS NULL OR age IS NULL OR request IS NULL;
SELECT count(*) FROM sales WHERE store IN (1, 2) AND request LIKE '%=2%';
SELECT count(*) FROM sales WHERE age = '0' OR store = 1;
\! sh -c "$LOG"
-- they do not change how many rows are expected, also after ANALYZE
CREATE FUNCTION pg_temp.rows_expected(query text) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    plan json;
BEGIN
    EXECUTE format('EXPLAIN (FORMAT JSON) %s', query) INTO plan;
    RETURN plan #> '{0,Plan,Plan Rows}';
END $$;
ALTER FOREIGN TABLE sales OPTIONS (ADD analyze_params 'StoreID=1');
ANALYZE sales;
SELECT attname, n_distinct, null_frac FROM pg_stats WHERE tablename = 'sales' AND attname IN ('age', 'fetched_at', 'request') ORDER BY 1;
SELECT pg_temp.rows_expected('SELECT id FROM sales'), pg_temp.rows_expected($$SELECT id FROM sales WHERE age > '1 min'$$),
       pg_temp.rows_expected($$SELECT id FROM sales WHERE fetched_at > now() + interval '1 day' AND request = 'x'$$),
       pg_temp.rows_expected('SELECT id FROM sales WHERE id = 1'), pg_temp.rows_expected($$SELECT id FROM sales WHERE id = 1 AND age < '1 min'$$),
       pg_temp.rows_expected('SELECT id FROM sales WHERE id < extract(day FROM age)') < pg_temp.rows_expected('SELECT id FROM sales') AS fewer;
ALTER FOREIGN TABLE sales OPTIONS (DROP analyze_params);
\! $DATACONNECT_SANDBOX_CTL log-clear

--
-- Settings of the session, executions, cursors, roles
--
SET timezone = 'America/Regina';
SET datestyle = 'German, DMY';
SET intervalstyle = 'iso_8601';
SET search_path = pg_temp;
PREPARE origins(integer) AS SELECT count(*), bool_and(fetched_at BETWEEN statement_timestamp() AND clock_timestamp()) AS now, max(age), min(request) FROM public.sales WHERE store = $1;
EXECUTE origins(1);
EXECUTE origins(2);
EXECUTE origins(3);
EXECUTE origins(4);
EXECUTE origins(5);
EXECUTE origins(1);
EXECUTE origins(2);
RESET timezone;
RESET datestyle;
RESET intervalstyle;
RESET search_path;
SET timezone = 'UTC';
SET datestyle = 'ISO, MDY';
\! $DATACONNECT_SANDBOX_CTL log-clear
-- the age counts until the query began: for a cursor, until its declaration
BEGIN;
DECLARE c CURSOR FOR SELECT id, age, fetched_at >= statement_timestamp() AS now FROM sales WHERE store = 1 UNION ALL SELECT id, age, fetched_at >= statement_timestamp() FROM sales WHERE store = 2;
FETCH 1 FROM c;
FETCH 1 FROM c;
MOVE 10 FROM c;
FETCH 1 FROM c;
COMMIT;
\! $DATACONNECT_SANDBOX_CTL log-clear
CREATE ROLE origin_reader;
CREATE USER MAPPING FOR origin_reader SERVER sandbox OPTIONS (token 'sandbox-token');
GRANT SELECT (id, age, request) ON sales TO origin_reader;
SET ROLE origin_reader;
SELECT id, age, request FROM sales WHERE id = 1;
SELECT fetched_at FROM sales;
RESET ROLE;
\! $DATACONNECT_SANDBOX_CTL log-clear

--
-- Rows that are read again, joined, kept
--
-- the row cache keeps them with the row
SELECT count(*), bool_and(a.fetched_at = b.fetched_at) AS same, bool_and(a.request = b.request) AS same FROM sales a JOIN sales b USING (id);
SELECT count(*), count(DISTINCT s.fetched_at), count(DISTINCT s.request) FROM generate_series(1, 3) n CROSS JOIN LATERAL (SELECT * FROM sales WHERE id >= n OFFSET 0) s;
\! sh -c "$LOG"
-- the whole row, and all columns by a star
SELECT (s).request, (s).age, (s).fetched_at >= statement_timestamp() AS now FROM (SELECT s FROM sales s WHERE id = 1) q;
SELECT to_jsonb(s) - 'fetched_at' AS row FROM sales s WHERE id = 1;
\! $DATACONNECT_SANDBOX_CTL log-clear
-- batched joins
CREATE FOREIGN TABLE visits (
    fetched_at timestamptz OPTIONS (value 'fetched_at'),
    store_id integer OPTIONS (name 'StoreID', param 'StoreIDs', list 'true', required 'true'),
    request text OPTIONS (value 'request')
) SERVER sandbox OPTIONS (endpoint '/test/visits', batch_size '100');
CREATE TABLE origin_stores AS SELECT generate_series(1, 300) AS id;
ANALYZE origin_stores;
-- releases write the two sides in another order
EXPLAIN (COSTS OFF) SELECT v.request, v.fetched_at FROM origin_stores s JOIN visits v ON v.store_id = s.id \g | sed 's/(s.id = v.store_id)/(v.store_id = s.id)/'
SELECT left(v.request, 45) AS request, count(*), count(DISTINCT v.fetched_at), bool_and(v.fetched_at >= statement_timestamp()) AS now FROM origin_stores s JOIN visits v ON v.store_id = s.id GROUP BY v.request ORDER BY v.request;
\! $DATACONNECT_SANDBOX_CTL log-clear
-- partitions, asynchronously
CREATE TABLE origin_parts (id integer, store integer, fetched_at timestamptz, request text) PARTITION BY LIST (store);
CREATE FOREIGN TABLE part1 (id integer OPTIONS (name 'Id'), store integer OPTIONS (name 'StoreID', param 'StoreID'), fetched_at timestamptz OPTIONS (value 'fetched_at'), request text OPTIONS (value 'request'))
    SERVER sandbox OPTIONS (endpoint '/test/sales', async_capable 'true');
CREATE FOREIGN TABLE part2 (request text OPTIONS (value 'request'), fetched_at timestamptz OPTIONS (value 'fetched_at'), id integer OPTIONS (name 'Id'), store integer OPTIONS (name 'StoreID', param 'StoreID'))
    SERVER sandbox OPTIONS (endpoint '/test/sales', async_capable 'true');
ALTER TABLE origin_parts ATTACH PARTITION part1 FOR VALUES IN (1);
ALTER TABLE origin_parts ATTACH PARTITION part2 FOR VALUES IN (2);
EXPLAIN (COSTS OFF) SELECT request FROM origin_parts;
SELECT tableoid::regclass, request, count(*), bool_and(fetched_at >= statement_timestamp()) AS now FROM origin_parts GROUP BY 1, 2 ORDER BY 1, 2;
\! $DATACONNECT_SANDBOX_CTL log-clear
-- each format, and the reading thread
CREATE FOREIGN TABLE rows (
    fetched_at timestamptz OPTIONS (value 'fetched_at'),
    a integer OPTIONS (name 'Id'), b text OPTIONS (name 'Name'), c numeric OPTIONS (name 'Amount'), d boolean OPTIONS (name 'Flag'),
    age interval OPTIONS (value 'age'),
    e timestamp OPTIONS (name 'Created'), f text OPTIONS (name 'Note'), g text OPTIONS (name 'Id'), h text OPTIONS (name 'Created'),
    n integer OPTIONS (param 'Count'),
    request text OPTIONS (value 'request')
) SERVER sandbox OPTIONS (endpoint '/test/rows');
SET dataconnect_fdw.inflate_in_thread = on;
SET dataconnect_fdw.read_in_thread = on;
SELECT count(*), sum(a), bool_and(a::text = g AND b <> '' AND d = (a % 2 = 0)) AS rows, count(DISTINCT fetched_at), max(age), min(request) || max(request) AS request, sum(length(rows::text)) > 0 AS whole FROM rows WHERE n = 40000;
CREATE FUNCTION pg_temp.in_thread(query text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    plan json;
BEGIN
    EXECUTE format('EXPLAIN (ANALYZE, FORMAT JSON) %s', query) INTO plan;
    RETURN (plan #>> '{0,Plan,Records Read in Thread}')::integer > 0;
END $$;
SELECT pg_temp.in_thread('SELECT * FROM rows WHERE n = 40000') AS in_thread;
RESET dataconnect_fdw.inflate_in_thread;
RESET dataconnect_fdw.read_in_thread;
ALTER FOREIGN TABLE rows OPTIONS (ADD format 'csv');
SELECT a, b, fetched_at >= statement_timestamp() AS now, age, request FROM rows WHERE n = 1;
ALTER FOREIGN TABLE rows OPTIONS (SET format 'xml');
SELECT a, b, fetched_at >= statement_timestamp() AS now, age, request FROM rows WHERE n = 1;
\! $DATACONNECT_SANDBOX_CTL log-clear

--
-- What they do not change
--
-- a table of nothing else reads any reply
CREATE FOREIGN TABLE nothing (age interval OPTIONS (value 'age')) SERVER sandbox OPTIONS (endpoint '/test/sales');
SELECT count(*), max(age) FROM nothing;
-- a key of the name is not read, and no key is missing
\! $DATACONNECT_SANDBOX_CTL document '/test/keys' '[{"id": 1, "age": "5 years", "Request": "x"}]'
CREATE FOREIGN TABLE keys (id integer, age interval OPTIONS (value 'age'), "Request" text OPTIONS (value 'request')) SERVER sandbox OPTIONS (endpoint '/test/keys', missing_key 'error');
SELECT * FROM keys;
SELECT column_name, name, change, command FROM dataconnect_check('keys') ORDER BY name;
-- a generated column is neither
ALTER FOREIGN TABLE keys ADD COLUMN computed text OPTIONS (value 'age') GENERATED ALWAYS AS ("Request" || '!') STORED;
SELECT id FROM keys;

--
-- Options and types
--
-- precision
ALTER FOREIGN TABLE keys ADD COLUMN second timestamptz(0) OPTIONS (value 'fetched_at'), ADD COLUMN minutes interval minute OPTIONS (value 'age');
SELECT second = date_trunc('second', second) AS whole, abs(extract(epoch FROM second - clock_timestamp())) < 60 AS now, minutes FROM keys;
ALTER FOREIGN TABLE keys DROP COLUMN second, DROP COLUMN minutes, DROP COLUMN computed;
-- ALTER takes effect at once
ALTER FOREIGN TABLE keys ALTER COLUMN age OPTIONS (DROP value);
SELECT id, age FROM keys;
ALTER FOREIGN TABLE keys ALTER COLUMN age OPTIONS (ADD value 'request');
SELECT id FROM keys;
\echo :SQLSTATE
ALTER FOREIGN TABLE keys ALTER COLUMN age TYPE text;
SELECT id, age FROM keys;
ALTER FOREIGN TABLE keys ALTER COLUMN age OPTIONS (SET value 'fetched_at');
SELECT id, age FROM keys;
ALTER FOREIGN TABLE keys ALTER COLUMN age TYPE timestamp;
SELECT id, age FROM keys;
ALTER FOREIGN TABLE keys ALTER COLUMN age TYPE timestamptz;
SELECT id, age > statement_timestamp() AS now FROM keys;
-- a domain is another type
CREATE DOMAIN origin_short AS text CHECK (length(value) < 3);
ALTER FOREIGN TABLE keys ALTER COLUMN age OPTIONS (SET value 'request'), ALTER COLUMN age TYPE origin_short;
SELECT id, age FROM keys;
-- values and combinations
CREATE FOREIGN TABLE wrong (a text OPTIONS (value 'now')) SERVER sandbox OPTIONS (endpoint '/x');
CREATE FOREIGN TABLE wrong (a text OPTIONS (value '')) SERVER sandbox OPTIONS (endpoint '/x');
CREATE FOREIGN TABLE wrong (a text OPTIONS (value 'request', name 'a')) SERVER sandbox OPTIONS (endpoint '/x');
CREATE FOREIGN TABLE wrong (a text OPTIONS (param 'a', value 'request')) SERVER sandbox OPTIONS (endpoint '/x');
CREATE FOREIGN TABLE wrong (a date OPTIONS (value 'request', name 'a', param_from 'a')) SERVER sandbox OPTIONS (endpoint '/x');
CREATE FOREIGN TABLE wrong (a date OPTIONS (value 'request', param_to 'a')) SERVER sandbox OPTIONS (endpoint '/x');
CREATE FOREIGN TABLE wrong (a timestamptz OPTIONS (value 'fetched_at', timezone 'UTC')) SERVER sandbox OPTIONS (endpoint '/x');
CREATE FOREIGN TABLE wrong (a text OPTIONS (value 'request', required 'true')) SERVER sandbox OPTIONS (endpoint '/x');
CREATE FOREIGN TABLE wrong (a text OPTIONS (value 'request', "default" 'x')) SERVER sandbox OPTIONS (endpoint '/x');
CREATE FOREIGN TABLE wrong (a text OPTIONS (value 'request', list 'true')) SERVER sandbox OPTIONS (endpoint '/x');
CREATE FOREIGN TABLE wrong (a text OPTIONS (value 'request', empty 'send')) SERVER sandbox OPTIONS (endpoint '/x');
ALTER FOREIGN TABLE sales OPTIONS (ADD split 'request');
SELECT id FROM sales;
ALTER FOREIGN TABLE sales OPTIONS (DROP split);

DROP OWNED BY origin_reader;
DROP ROLE origin_reader;
DROP TABLE origin_stores, origin_parts;
