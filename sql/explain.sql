--
-- EXPLAIN
--
\getenv srcdir PG_ABS_SRCDIR
\set setup :srcdir '/test/regress/setup.psql'
\i :setup
SET dataconnect_fdw.learn = off;

CREATE FOREIGN TABLE sales (
    id integer OPTIONS (name 'Id'),
    store_id integer OPTIONS (name 'StoreID', param 'StoreID'),
    stores integer OPTIONS (param 'StoreIDs', list 'true'),
    date_created timestamp OPTIONS (name 'DateCreated',
        param_from 'StartDate', param_to 'StopDate'),
    total numeric(19,4) OPTIONS (name 'Total')
) SERVER sandbox OPTIONS (endpoint '/test/sales');

-- EXPLAIN output without costs and times that differ from run to run
CREATE FUNCTION explain_rows(query text) RETURNS SETOF text
LANGUAGE plpgsql AS $$
DECLARE
    line text;
BEGIN
    FOR line IN EXECUTE 'EXPLAIN ' || query LOOP
        RETURN NEXT regexp_replace(line, 'cost=\S+ (rows=\d+) width=\d+', '\1');
    END LOOP;
END $$;
CREATE FUNCTION explain_run(query text) RETURNS SETOF text
LANGUAGE plpgsql AS $$
DECLARE
    line text;
BEGIN
    FOR line IN EXECUTE 'EXPLAIN (ANALYZE, BUFFERS OFF, COSTS OFF, SUMMARY OFF, TIMING OFF) ' || query LOOP
        CONTINUE WHEN line ~ 'Buffers:|Memory|Storage:';
        RETURN NEXT regexp_replace(line, '(rows=\d+)\.00', '\1');
    END LOOP;
END $$;
-- EXPLAIN output as PostgreSQL 15 writes it
CREATE FUNCTION explain_plan(query text, options text DEFAULT 'COSTS OFF') RETURNS SETOF text
LANGUAGE plpgsql AS $$
DECLARE
    line text;
BEGIN
    FOR line IN EXECUTE format('EXPLAIN (%s) %s', options, query) LOOP
        line := regexp_replace(line, ' \(returns \$\d+\)|\n *"Disabled": false,', '');
        line := regexp_replace(line, '\m(InitPlan|SubPlan) expr_(\d)', '\1 \2', 'g');
        RETURN NEXT replace(replace(line, '(InitPlan 1).col1', '$0'), '(InitPlan 2).col1', '$1');
    END LOOP;
END $$;

-- the request, what the service filters, what is left
EXPLAIN (COSTS OFF) SELECT * FROM sales;
EXPLAIN (COSTS OFF) SELECT * FROM sales
 WHERE store_id = 3 AND date_created >= '2026-02-01' AND date_created < '2026-03-01' AND total > 10;
EXPLAIN (COSTS OFF) SELECT id FROM sales WHERE stores IN (1, 2, 3);
EXPLAIN (COSTS OFF) SELECT id, stores FROM sales WHERE stores IN (1, 2, 3);
EXPLAIN (COSTS OFF) SELECT id FROM sales WHERE store_id = ANY (ARRAY[1, 2, 3, 4, 5, 6, 7]);
EXPLAIN (COSTS OFF) SELECT id FROM sales WHERE store_id IN (1, 2) AND store_id IN (3, 4);
EXPLAIN (COSTS OFF, VERBOSE) SELECT id FROM sales s WHERE s.store_id = 1;
SELECT explain_plan('SELECT id FROM sales WHERE store_id = (SELECT 1 + 1)');
SELECT explain_plan('SELECT count(*) FROM sales WHERE store_id = (SELECT 1 + 1) AND stores = ANY (ARRAY[1, (SELECT 1 + 1)])');
SELECT explain_plan('SELECT (SELECT max(id) FROM sales WHERE store_id = s.a) FROM (VALUES (1), (2)) AS s(a)');
EXPLAIN (COSTS OFF) SELECT id FROM sales WHERE store_id = length('abc' || current_setting('timezone'));
SELECT explain_plan('SELECT id FROM sales WHERE store_id IN (1, 2)', 'COSTS OFF, FORMAT JSON');
EXPLAIN (COSTS OFF) SELECT * FROM sales a JOIN sales b USING (id) WHERE a.store_id = 1 AND b.store_id = 2;
PREPARE p(integer, timestamp) AS SELECT id FROM sales WHERE store_id = $1 AND date_created > $2;
SET plan_cache_mode = force_generic_plan;
EXPLAIN (COSTS OFF) EXECUTE p(1, '2026-02-01');
RESET plan_cache_mode;
DEALLOCATE p;

-- what a join, an outer query or an InitPlan gives is named, wherever the scan stands
CREATE FUNCTION explain_sent(query text) RETURNS SETOF text
LANGUAGE sql AS $$
    -- releases differ in the order of a join's operands
    SELECT regexp_replace(trim(line), '\((\w+\.id) = ((\w+\.)?store)\)', '(\2 = \1)', 'g') FROM explain_plan(query) AS line WHERE line ~ 'Request:|Service Filter:'
$$;
CREATE TABLE l AS SELECT i AS id, i AS other FROM generate_series(1, 3) i;
ANALYZE l;
CREATE FOREIGN TABLE p (
    id integer OPTIONS (name 'Id'),
    store integer OPTIONS (param 'StoreID', required 'true'),
    at timestamp OPTIONS (name 'DateCreated', param_from 'StartDate', param_to 'StopDate')
) SERVER sandbox OPTIONS (endpoint '/test/sales');
SET enable_hashjoin = off;
SET enable_mergejoin = off;
SELECT explain_sent('SELECT * FROM l JOIN p ON p.store = l.id');
SELECT explain_sent('SELECT count(*) FROM l JOIN p ON p.store = l.id');
SELECT explain_sent('SELECT * FROM l JOIN p ON p.store = l.id JOIN p q ON q.store = p.id ORDER BY 1 LIMIT 3');
SELECT explain_sent('SELECT * FROM l JOIN (SELECT * FROM p UNION ALL SELECT * FROM p q) u ON u.store = l.id');
SELECT explain_sent('SELECT * FROM l, LATERAL (SELECT * FROM p WHERE p.store = l.id OFFSET 0) s');
SELECT explain_sent('WITH c AS MATERIALIZED (SELECT p.id FROM l JOIN p ON p.store = l.id) SELECT count(*) FROM c, c d');
SELECT explain_sent('SELECT * FROM l LIMIT (SELECT count(*) FROM l k JOIN p ON p.store = k.id)');
SELECT explain_sent('SELECT count(*) FROM l, LATERAL (SELECT sum(p.id) FROM l k JOIN p ON p.store = k.id AND p.id + l.id = 2 AND p.at > timestamp ''2026-01-01'' + make_interval(l.id)) x');
-- in subqueries, in each place where a plan has expressions
SELECT explain_sent('SELECT (SELECT count(*) FROM p WHERE p.store = l.id) FROM l');
SELECT explain_sent('SELECT (SELECT (SELECT max(p.id) FROM p WHERE p.store = k.id + l.other) FROM l k WHERE k.id = l.id) FROM l');
SELECT explain_sent('SELECT (SELECT count(*) FROM l k JOIN p ON p.store = k.id AND p.at > timestamp ''2026-01-01'' + make_interval(l.id)) FROM l');
SELECT explain_sent('SELECT 1 FROM l WHERE (SELECT count(*) FROM p WHERE p.store = l.id) > 1');
SELECT explain_sent('SELECT 1 FROM l WHERE (SELECT EXISTS (SELECT FROM l k WHERE (SELECT count(*) FROM p WHERE p.store = l.id) > 0))');
SELECT explain_sent('SELECT 1 FROM l WHERE id = ANY (SELECT p.id FROM p WHERE p.store = l.other)');
SELECT explain_sent('SELECT 1 FROM l GROUP BY id HAVING (SELECT count(*) FROM p WHERE p.store = l.id) > 1');
SELECT explain_sent('SELECT sum(id) OVER (ORDER BY id) + (SELECT count(*) FROM p WHERE p.store = l.id) FROM l');
SELECT explain_sent('SELECT 1 FROM l LEFT JOIN l k ON k.id = (SELECT count(*) FROM p WHERE p.store = l.id)');
SELECT explain_sent('SELECT 1 FROM l, l k WHERE CASE WHEN l.id > 1 THEN (SELECT max(p.id) FROM p WHERE p.store = k.id) END > l.id');
SELECT explain_sent('SELECT 1 FROM l, generate_series(1, (SELECT count(*) FROM p WHERE p.store = l.id)) s');
SELECT explain_sent('SELECT 1 FROM l, LATERAL (VALUES ((SELECT count(*) FROM p WHERE p.store = l.id)), (1)) s');
SELECT explain_sent('SELECT (SELECT k.id FROM l k LIMIT (SELECT count(*) FROM p WHERE p.store = l.id)) FROM l');
SELECT explain_sent('SELECT (SELECT k.id FROM l k TABLESAMPLE system ((SELECT count(*) FROM p WHERE p.store = l.id)) LIMIT 1) FROM l');
SELECT explain_sent('SELECT (SELECT k.id FROM l k WHERE k.ctid = (SELECT ''(0,1)''::tid FROM p WHERE p.store = l.id)) FROM l');
SELECT explain_sent('UPDATE l SET (id, other) = (SELECT max(p.id), min(p.id) FROM p WHERE p.store = l.id)');
SELECT explain_sent('DELETE FROM l RETURNING (SELECT max(p.id) FROM p WHERE p.store = l.id)');
SELECT explain_sent('MERGE INTO l USING l k ON k.id = l.id WHEN MATCHED THEN UPDATE SET other = (SELECT max(p.id) FROM p WHERE p.store = k.id)');
SELECT explain_sent('SELECT ARRAY(SELECT p.id FROM p WHERE p.store = (SELECT max(id) FROM l) AND p.at > (SELECT timestamp ''2026-01-01''))');
CREATE INDEX ON l (id);
SET enable_seqscan = off;
SET enable_bitmapscan = off;
SELECT explain_sent('SELECT 1 FROM l, LATERAL (SELECT other FROM l k WHERE k.id = (SELECT max(p.id) FROM p WHERE p.store = l.id)) k');
SELECT explain_sent('SELECT 1 FROM l, LATERAL (SELECT id FROM l k WHERE k.id = (SELECT max(p.id) FROM p WHERE p.store = l.id)) k');
SET enable_indexscan = off;
RESET enable_bitmapscan;
SELECT explain_sent('SELECT 1 FROM l, LATERAL (SELECT other FROM l k WHERE k.id = (SELECT max(p.id) FROM p WHERE p.store = l.id)) k');
RESET enable_indexscan;
RESET enable_seqscan;
-- below a batched join
ALTER FOREIGN TABLE p ALTER store OPTIONS (DROP required, ADD name 'StoreID', ADD list 'true');
SET enable_nestloop = off;
SELECT explain_plan('SELECT (SELECT count(*) FROM l k JOIN p ON p.store = k.id AND p.at > timestamp ''2026-01-01'' + make_interval(l.id)) FROM l');
RESET enable_nestloop;
RESET enable_hashjoin;
RESET enable_mergejoin;
DROP FOREIGN TABLE p;
DROP TABLE l;
DROP FUNCTION explain_sent;

-- nothing was sent for any of these
\! sh -c "$LOG"

-- with ANALYZE, what it took
SELECT explain_run('SELECT id FROM sales WHERE store_id IN (1, 2)');
SELECT explain_run('SELECT id FROM sales WHERE store_id IN (1, 2) AND store_id IN (3, 4)');
\! $DATACONNECT_SANDBOX_CTL fault '{"status": 503, "headers": {"Retry-After": "0"}}'
SELECT explain_run('SELECT id FROM sales WHERE store_id = 1');
-- and how long, unless it is not to be told
CREATE FUNCTION explain_times(options text) RETURNS SETOF text
LANGUAGE plpgsql AS $$
DECLARE
    line text;
BEGIN
    FOR line IN EXECUTE 'EXPLAIN (' || options || ') SELECT id FROM sales WHERE store_id = 1' LOOP
        CONTINUE WHEN line !~ 'First Byte';
        RETURN NEXT regexp_replace(trim(line), '\d+ ms$', 'N ms');
    END LOOP;
END $$;
SELECT explain_times('ANALYZE');
SELECT explain_times('ANALYZE, TIMING OFF');
ALTER SERVER sandbox OPTIONS (ADD compression 'off');
SELECT explain_run('SELECT id FROM sales LIMIT 1');
ALTER SERVER sandbox OPTIONS (DROP compression);

-- estimates and where they come from
SELECT explain_rows('SELECT * FROM sales');
SELECT explain_rows('SELECT * FROM sales WHERE store_id IN (1, 2, 3)');
ALTER FOREIGN TABLE sales OPTIONS (ADD rows '50000');
SELECT explain_rows('SELECT * FROM sales');
SELECT explain_rows('SELECT * FROM sales WHERE store_id = 1');
ALTER FOREIGN TABLE sales OPTIONS (SET rows '3e6');
SELECT explain_rows('SELECT * FROM sales');
ALTER SERVER sandbox OPTIONS (ADD max_rows '4000000');
SELECT explain_rows('SELECT * FROM sales');
ALTER SERVER sandbox OPTIONS (DROP max_rows);
ALTER FOREIGN TABLE sales OPTIONS (DROP rows);
UPDATE pg_class SET reltuples = 7000, relpages = 70 WHERE oid = 'sales'::regclass;
SELECT explain_rows('SELECT * FROM sales');

-- costs prefer the local table outside the loop, and one request to many
UPDATE pg_class SET reltuples = -1, relpages = 0 WHERE oid = 'sales'::regclass;
CREATE TABLE stores AS SELECT g AS id FROM generate_series(1, 100) g;
ANALYZE stores;
EXPLAIN (COSTS OFF) SELECT * FROM stores s, sales f WHERE s.id < f.total;

-- a plan may be explained when no function can run any more: as a transaction ends that has left a cursor open
CREATE FUNCTION first_store() RETURNS integer LANGUAGE sql STABLE AS $$ SELECT min(id) FROM stores $$;
CREATE FUNCTION is_store(id integer) RETURNS boolean LANGUAGE sql STABLE AS $$ SELECT EXISTS (SELECT FROM stores s WHERE s.id = $1) $$;
CREATE DOMAIN store_number AS integer CHECK (is_store(VALUE));
CREATE FOREIGN TABLE preset (store store_number OPTIONS (param 'StoreID', default '1'), id integer OPTIONS (name 'Id'))
    SERVER sandbox OPTIONS (endpoint '/test/sales');
LOAD 'auto_explain';
SET auto_explain.log_min_duration = 0;
SET auto_explain.log_level = 'debug5';
BEGIN;
DECLARE c CURSOR FOR SELECT id FROM sales WHERE store_id = first_store();
FETCH 1 FROM c;
COMMIT;
BEGIN;
DECLARE c CURSOR FOR SELECT store FROM preset;
FETCH 1 FROM c;
COMMIT;
SET auto_explain.log_min_duration = -1;
SELECT count(*) FROM sales WHERE store_id = first_store();

DROP FOREIGN TABLE preset;
DROP DOMAIN store_number;
DROP FUNCTION first_store, is_store;
DROP TABLE stores;
DROP FUNCTION explain_rows, explain_run, explain_times, explain_plan;
SET client_min_messages = warning;
DROP SERVER sandbox CASCADE;
