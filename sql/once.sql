--
-- A statement sends each distinct request once: rescans with the same values, and scans that send the same
--
\getenv srcdir PG_ABS_SRCDIR
\set setup :srcdir '/test/regress/setup.psql'
\i :setup
-- plans do not matter here
SET dataconnect_fdw.learn = off;

CREATE FOREIGN TABLE rows (
    id integer OPTIONS (name 'Id'),
    name text OPTIONS (name 'Name'),
    created timestamp OPTIONS (name 'Created'),
    n integer OPTIONS (param 'Count', required 'true')
) SERVER sandbox OPTIONS (endpoint '/test/rows');
CREATE FOREIGN TABLE sales (
    id integer OPTIONS (name 'Id'),
    store_id integer OPTIONS (name 'StoreID', param 'StoreID'),
    total numeric OPTIONS (name 'Total'),
    date_created timestamp OPTIONS (name 'DateCreated')
) SERVER sandbox OPTIONS (endpoint '/test/sales');
CREATE TABLE local AS SELECT * FROM sales;
\! $DATACONNECT_SANDBOX_CTL log-clear

-- self-joins of each kind, with other columns on each side
SELECT count(*), sum(a.total) = sum(b.total) AS same FROM sales a JOIN sales b ON a.id = b.id;
\! sh -c "$LOG"
SET enable_hashjoin = off;
SELECT a.n, b.name FROM rows a JOIN rows b ON a.id = b.id WHERE a.n = 3 AND b.n = 3 ORDER BY b.name;
\! sh -c "$LOG"
SET enable_mergejoin = off;
SET enable_material = off;
EXPLAIN (COSTS OFF) SELECT count(*) FROM rows a JOIN rows b ON a.id = b.id WHERE a.n = 30 AND b.n = 20;
SELECT count(*) FROM rows a JOIN rows b ON a.id = b.id WHERE a.n = 30 AND b.n = 20;
SELECT count(*) FROM rows a JOIN rows b ON a.id = b.id WHERE a.n = 30 AND b.n = 30;
SELECT count(*), count(b.id) FROM rows a LEFT JOIN rows b ON a.id = b.id AND b.n = 2 WHERE a.n = 4;
\! sh -c "$LOG"
RESET enable_hashjoin;
RESET enable_mergejoin;
RESET enable_material;

-- set operations, subqueries, CTEs
SELECT id FROM rows WHERE n = 2 UNION ALL SELECT id FROM rows WHERE n = 2 ORDER BY 1;
SELECT (SELECT count(*) FROM rows WHERE n = 3), (SELECT max(name) FROM rows WHERE n = 3), (SELECT count(*) FROM rows WHERE n = 4);
WITH a AS (SELECT id FROM rows WHERE n = 5), b AS (SELECT name FROM rows WHERE n = 5) SELECT count(*) FROM a, b;
SELECT count(*) FROM rows WHERE n = 6 AND created = (SELECT max(created) FROM rows WHERE n = 6);
\! sh -c "$LOG"

-- different requests are all sent
SELECT count(*) FROM rows a JOIN rows b ON a.id = b.id WHERE a.n = 3 AND b.n = 4;
SELECT count(*) FROM sales a JOIN sales b ON a.id = b.id WHERE b.store_id = 1;
SELECT count(*) FROM rows WHERE n = 2;
SELECT count(*) FROM rows WHERE n = 2;
\! sh -c "$LOG"

-- parameters with equal and with different values
PREPARE two(integer, integer) AS SELECT count(*) FROM rows a JOIN rows b ON a.id = b.id WHERE a.n = $1 AND b.n = $2;
SET plan_cache_mode = force_generic_plan;
EXECUTE two(7, 7);
EXECUTE two(7, 8);
RESET plan_cache_mode;
DEALLOCATE two;
\! sh -c "$LOG"

-- correlated subqueries: one request for each value
SELECT g, (SELECT sum(id) FROM rows WHERE n = g % 3 + 1) FROM generate_series(1, 9) g;
\! sh -c "$LOG"
SELECT count(*) FROM generate_series(1, 300) g WHERE (SELECT count(*) FROM rows WHERE n = g % 2 + 1 AND id < g) > 0;
\! sh -c "$LOG"
-- that do not read to the end
SELECT g FROM generate_series(1, 4) g WHERE EXISTS (SELECT FROM rows WHERE n = 100000 AND id > g * 10 OFFSET 0);
\! $DATACONNECT_SANDBOX_CTL wait in_flight=0
\! sh -c "$LOG"
SELECT g, v FROM generate_series(1, 6) g, LATERAL (SELECT name FROM rows WHERE n = g % 2 + 2 LIMIT 1 OFFSET g / 2 - 1 + (g = 1)::integer) AS l(v);
\! sh -c "$LOG"
-- not correlated, and not hashed
SELECT count(*) FROM local l WHERE (l.id, l.store_id) NOT IN (SELECT id, store_id FROM sales WHERE store_id = 2);
SELECT count(*) FROM local l WHERE l.id < ALL (SELECT id + 30 FROM sales WHERE store_id = 2);
\! sh -c "$LOG"

-- joins that give a value, with Memoize and without
CREATE FOREIGN TABLE of_store (
    id integer OPTIONS (name 'Id'),
    store integer OPTIONS (param 'StoreID', required 'true')
) SERVER sandbox OPTIONS (endpoint '/test/sales');
SET enable_hashjoin = off;
SET enable_mergejoin = off;
ANALYZE local;
SELECT count(*) FROM local l JOIN of_store s ON s.store = l.store_id;
\! $DATACONNECT_SANDBOX_CTL log --fields params | sort && $DATACONNECT_SANDBOX_CTL log-clear
SET enable_memoize = off;
SELECT count(*) FROM local l JOIN of_store s ON s.store = l.store_id;
RESET enable_memoize;
RESET enable_hashjoin;
RESET enable_mergejoin;
\! $DATACONNECT_SANDBOX_CTL log --fields params | sort && $DATACONNECT_SANDBOX_CTL log-clear

-- EXPLAIN shows the number of requests; the estimate may differ
CREATE FUNCTION run_facts(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    line text;
BEGIN
    FOR line IN EXECUTE 'EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) ' || query LOOP
        CONTINUE WHEN line !~ 'Foreign Scan|Requests|Replays|Records';
        RETURN NEXT replace(btrim(line), '.00 loops', ' loops');
    END LOOP;
END $$;
SELECT run_facts('SELECT g, (SELECT sum(id) FROM rows WHERE n = g % 3 + 1) FROM generate_series(1, 9) g');
SELECT run_facts('SELECT count(*) FROM sales a JOIN sales b ON a.id = b.id');
SELECT run_facts('SELECT count(*) FROM rows WHERE n = 5');
\! $DATACONNECT_SANDBOX_CTL log-clear

-- LIMIT and cursors read no more than they need, and the other scan continues from there
SELECT a.id FROM rows a JOIN rows b ON true WHERE a.n = 1000000 AND b.n = 1000000 LIMIT 2;
\! $DATACONNECT_SANDBOX_CTL wait in_flight=0
\! $DATACONNECT_SANDBOX_CTL log --fields bytessent | awk '{ print ($1 < 20000000 ? "closed early" : "sent " $1) }'
\! $DATACONNECT_SANDBOX_CTL log-clear
BEGIN;
DECLARE c CURSOR FOR SELECT id FROM rows WHERE n = 50000 UNION ALL SELECT id FROM rows WHERE n = 50000;
FETCH 2 FROM c;
MOVE FORWARD 49998 IN c;
FETCH 2 FROM c;
MOVE FORWARD ALL IN c;
FETCH 1 FROM c;
COMMIT;
\! sh -c "$LOG"
BEGIN;
DECLARE c SCROLL CURSOR WITH HOLD FOR SELECT a.id FROM rows a JOIN rows b USING (id) WHERE a.n = 5 AND b.n = 5 ORDER BY 1;
FETCH 3 FROM c;
FETCH BACKWARD 2 FROM c;
COMMIT;
FETCH ALL FROM c;
CLOSE c;
\! sh -c "$LOG"

-- more than work_mem: spilled to a file, with the same rows
SET work_mem = '64kB';
SELECT count(*), sum(a.id), min(b.name), max(length(b.name)) FROM rows a JOIN rows b ON a.id = b.id WHERE a.n = 20000 AND b.n = 20000;
SELECT count(*) FROM (SELECT id, name FROM rows WHERE n = 20000 EXCEPT ALL SELECT id, name FROM rows WHERE n = 20000) d;
\! $DATACONNECT_SANDBOX_CTL log --fields params | sort | uniq -c | sed 's/^ *//' && $DATACONNECT_SANDBOX_CTL log-clear
SET enable_hashjoin = off;
SET enable_mergejoin = off;
SET enable_material = off;
SELECT count(*), bool_and(a.name = 'Name ' || a.id || ' é "q"') AS good FROM rows a JOIN rows b ON b.id = 3000 - a.id WHERE a.n = 2999 AND b.n = 2999;
\! sh -c "$LOG"
RESET enable_hashjoin;
RESET enable_mergejoin;
RESET enable_material;
-- too many sets of rows to keep: those read again soon are there
SELECT count(DISTINCT n), sum(n) FROM (SELECT (SELECT count(name) FROM rows WHERE n = 1000 + g / 3) AS n FROM generate_series(0, 59) g OFFSET 0) l;
\! $DATACONNECT_SANDBOX_CTL log --fields params | sort | uniq -c | awk '{ n++ } $1 > 1 { print "too often: " $2 } END { print n }' && $DATACONNECT_SANDBOX_CTL log-clear
-- and the others are requested again
SELECT count(DISTINCT n), sum(n) FROM (SELECT (SELECT count(name) FROM rows WHERE n = 1000 + g % 20) AS n FROM generate_series(0, 59) g OFFSET 0) l;
\! $DATACONNECT_SANDBOX_CTL log --fields params | sort | uniq -c | awk '{ n++ } $1 < 2 { print "kept: " $2 } END { print n }' && $DATACONNECT_SANDBOX_CTL log-clear
RESET work_mem;

-- whole rows and system columns of cached rows
SELECT a, b.tableoid::regclass FROM sales a JOIN sales b USING (id) WHERE a.store_id = 1 AND b.store_id = 1 ORDER BY a.id LIMIT 2;
\! sh -c "$LOG"

-- each user sends requests of its own, as in views
CREATE ROLE regress_other;
CREATE USER MAPPING FOR regress_other SERVER sandbox OPTIONS (token 'canary-wrong');
GRANT SELECT ON sales TO regress_other;
CREATE VIEW theirs AS SELECT id FROM sales;
ALTER VIEW theirs OWNER TO regress_other;
\set VERBOSITY terse
SELECT count(*) FROM sales a JOIN theirs b USING (id);
\set VERBOSITY default
\! $DATACONNECT_SANDBOX_CTL log --fields status && $DATACONNECT_SANDBOX_CTL log-clear
DROP VIEW theirs;
DROP OWNED BY regress_other;
DROP ROLE regress_other;

-- an error while rows are cached fails the statement, and nothing remains
\! $DATACONNECT_SANDBOX_CTL fault '{"path": "/test/sales", "cut": {"after": 400, "how": "short_length"}}'
\set VERBOSITY terse
SELECT count(*) FROM sales a JOIN sales b USING (id);
\set VERBOSITY default
SELECT count(*) FROM sales a JOIN sales b USING (id);
\! $DATACONNECT_SANDBOX_CTL log --fields status && $DATACONNECT_SANDBOX_CTL log-clear

DROP FUNCTION run_facts;
DROP TABLE local;
SET client_min_messages = warning;
DROP SERVER sandbox CASCADE;
