--
-- LIMIT, rescans, cursors, several scans at once, subtransactions
--
\getenv srcdir PG_ABS_SRCDIR
\set setup :srcdir '/test/regress/setup.psql'
\i :setup

CREATE FOREIGN TABLE rows (
    id integer OPTIONS (name 'Id'),
    name text OPTIONS (name 'Name'),
    n integer OPTIONS (param 'Count', required 'true')
) SERVER sandbox OPTIONS (endpoint '/test/rows');
CREATE FOREIGN TABLE sales (
    id integer OPTIONS (name 'Id'),
    store_id integer OPTIONS (name 'StoreID', param 'StoreID')
) SERVER sandbox OPTIONS (endpoint '/test/sales');

-- LIMIT ends the transfer early: far less than the whole was sent
SELECT id FROM rows WHERE n = 1000000 LIMIT 3;
\! $DATACONNECT_SANDBOX_CTL wait in_flight=0
\! $DATACONNECT_SANDBOX_CTL log --fields bytessent | awk '{ print ($1 < 20000000 ? "closed early" : "sent " $1) }'
\! $DATACONNECT_SANDBOX_CTL log-clear
SELECT id FROM rows WHERE n = 10 LIMIT 0;
SELECT EXISTS (SELECT 1 FROM rows WHERE n = 10);
\! sh -c "$LOG"

-- a cursor: the request waits for the first FETCH, rows come as asked for
BEGIN;
DECLARE c CURSOR FOR SELECT id FROM rows WHERE n = 100000;
\! sh -c "$LOG"
FETCH 2 FROM c;
FETCH 2 FROM c;
MOVE FORWARD 50000 IN c;
FETCH 1 FROM c;
CLOSE c;
\! sh -c "$LOG"
COMMIT;

-- scrollable, and held
BEGIN;
DECLARE c SCROLL CURSOR WITH HOLD FOR SELECT id FROM rows WHERE n = 5;
FETCH 3 FROM c;
FETCH BACKWARD 2 FROM c;
COMMIT;
FETCH ALL FROM c;
CLOSE c;
\! sh -c "$LOG"

-- two cursors over one table, read in turn
BEGIN;
DECLARE a CURSOR FOR SELECT id FROM rows WHERE n = 100000;
DECLARE b CURSOR FOR SELECT id, n FROM rows WHERE n = 50000;
FETCH 1 FROM a;
FETCH 1 FROM b;
MOVE FORWARD 70000 IN a;
MOVE FORWARD 49998 IN b;
FETCH 1 FROM a;
FETCH 2 FROM b;
MOVE FORWARD ALL IN a;
FETCH 1 FROM a;
COMMIT;

-- a cursor outlives a subtransaction that fails, and one that was opened in it goes
BEGIN;
DECLARE a CURSOR FOR SELECT id FROM rows WHERE n = 100000;
FETCH 1 FROM a;
SAVEPOINT s;
DECLARE b CURSOR FOR SELECT id FROM rows WHERE n = 100000;
FETCH 1 FROM b;
SELECT 1 / (id - 3) FROM rows WHERE n = 100000;
ROLLBACK TO s;
FETCH 1 FROM b;
ROLLBACK TO s;
FETCH 1 FROM a;
\! $DATACONNECT_SANDBOX_CTL fault '{"cut": {"after": 400, "how": "short_length"}}'
\set VERBOSITY terse
SELECT count(*) FROM sales;
\set VERBOSITY default
ROLLBACK TO s;
MOVE FORWARD ALL IN a;
COMMIT;
SELECT count(*) FROM sales;

-- a cursor asks as the user who opened it, whoever fetches
CREATE ROLE regress_opener;
CREATE ROLE regress_fetcher;
GRANT SELECT ON sales TO regress_opener;
CREATE USER MAPPING FOR regress_opener SERVER sandbox OPTIONS (token 'sandbox-token');
CREATE USER MAPPING FOR regress_fetcher SERVER sandbox OPTIONS (token 'canary-wrong');
\! $DATACONNECT_SANDBOX_CTL log-clear
BEGIN;
SET LOCAL ROLE regress_opener;
DECLARE c CURSOR FOR SELECT id FROM sales WHERE store_id = 1;
SET LOCAL ROLE regress_fetcher;
FETCH 1 FROM c;
COMMIT;
CREATE FUNCTION open_sales() RETURNS refcursor LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    c refcursor := 'c';
BEGIN
    OPEN c FOR SELECT id FROM sales WHERE store_id = 1;
    RETURN c;
END $$;
ALTER FUNCTION open_sales OWNER TO regress_opener;
SET ROLE regress_fetcher;
BEGIN;
SELECT open_sales();
FETCH 1 FROM c;
COMMIT;
RESET ROLE;
DROP FUNCTION open_sales;
DROP OWNED BY regress_opener, regress_fetcher;
DROP ROLE regress_opener, regress_fetcher;
\! $DATACONNECT_SANDBOX_CTL log --fields status
\! $DATACONNECT_SANDBOX_CTL log-clear

-- errors caught in PL/pgSQL, many times over
\! $DATACONNECT_SANDBOX_CTL fault '{"path": "/test/sales", "body": "[{\"Id\": \"x\"}]", "count": 20}'
DO $$
DECLARE
    failed integer := 0;
BEGIN
    FOR i IN 1..20 LOOP
        BEGIN
            PERFORM id FROM sales;
        EXCEPTION WHEN invalid_text_representation THEN
            failed := failed + 1;
        END;
    END LOOP;
    RAISE INFO '% failed', failed;
END $$;
SELECT count(*) FROM sales;

-- self-joins of every kind
SET enable_material = off;
SET enable_hashjoin = off;
SET enable_mergejoin = off;
SELECT count(*) FROM rows a JOIN rows b ON a.id = b.id + 1 WHERE a.n = 4 AND b.n = 3;
SELECT count(*) FROM rows a LEFT JOIN rows b ON a.id = b.id WHERE a.n = 4 AND b.n = 2;
RESET enable_hashjoin;
SELECT count(*) FROM rows a JOIN rows b ON a.id = b.id WHERE a.n = 100000 AND b.n = 50000;
RESET enable_hashjoin;
RESET enable_mergejoin;
SET enable_hashjoin = off;
SELECT count(*) FROM rows a JOIN rows b ON a.id = b.id WHERE a.n = 1000 AND b.n = 500;
RESET enable_hashjoin;
RESET enable_material;

-- rescans with other parameters
SELECT g, (SELECT sum(id) FROM rows WHERE n = g) FROM generate_series(1, 4) g;
SELECT g, (SELECT count(*) FROM sales WHERE store_id = g.v) FROM (VALUES (1), (NULL), (2)) AS g(v);

-- recursion, CTEs, set operations
WITH RECURSIVE r(i, c) AS (
    SELECT 1, (SELECT count(*) FROM rows WHERE n = 1)
    UNION ALL
    SELECT i + 1, (SELECT count(*) FROM rows WHERE n = r.i + 1) FROM r WHERE i < 3)
SELECT * FROM r;
WITH once AS MATERIALIZED (SELECT id FROM rows WHERE n = 3) SELECT count(*) FROM once a, once b;
SELECT id FROM rows WHERE n = 2 UNION ALL SELECT id FROM rows WHERE n = 1 ORDER BY 1;
SELECT id FROM rows WHERE n = 3 EXCEPT SELECT id FROM rows WHERE n = 1 ORDER BY 1;

-- whole rows, system columns, row locks, no columns at all
SELECT r FROM rows r WHERE n = 2;
SELECT tableoid::regclass, id FROM rows WHERE n = 1;
SELECT id FROM rows WHERE n = 2 FOR UPDATE;
SELECT FROM rows WHERE n = 2;
SELECT count(*) FROM rows WHERE n = 1000;

-- CREATE TABLE AS, INSERT SELECT, COPY
CREATE TABLE copied AS SELECT id, name FROM rows WHERE n = 100;
INSERT INTO copied SELECT id, name FROM rows WHERE n = 100;
SELECT count(*), count(DISTINCT id) FROM copied;
COPY (SELECT id, n FROM rows WHERE n = 2) TO STDOUT;

-- an open session sees what ALTER has changed, also in a prepared plan
PREPARE p AS SELECT count(*) FROM rows WHERE n = 3;
EXECUTE p;
ALTER FOREIGN TABLE rows OPTIONS (SET endpoint '/test/sales');
EXECUTE p;
ALTER FOREIGN TABLE rows OPTIONS (SET endpoint '/test/rows');
EXECUTE p;
DEALLOCATE p;

DROP TABLE copied;
SET client_min_messages = warning;
DROP SERVER sandbox CASCADE;
