--
-- Limits of a role: what a statement may ask of the service
--
\getenv srcdir PG_ABS_SRCDIR
\set setup :srcdir '/test/regress/setup.psql'
\i :setup
\set SHOW_CONTEXT never
SET dataconnect_fdw.learn = off;

CREATE FOREIGN TABLE rows (
    id integer OPTIONS (name 'Id'),
    n integer OPTIONS (param 'Count', required 'true')
) SERVER sandbox OPTIONS (endpoint '/test/rows');
CREATE FOREIGN TABLE sales (
    id integer OPTIONS (name 'Id'),
    store integer OPTIONS (name 'StoreID', param 'StoreID'),
    stores integer OPTIONS (param 'StoreIDs', list 'true'),
    day timestamp OPTIONS (name 'DateCreated', param_from 'StartDate', param_to 'StopDate')
) SERVER sandbox OPTIONS (endpoint '/test/sales');
-- the error of a statement, as SQLSTATE, message, detail and hint; NULL if there is none
CREATE FUNCTION refused(query text) RETURNS TABLE (what text) LANGUAGE plpgsql AS $$
DECLARE
    detail text;
    hint text;
BEGIN
    EXECUTE query;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
    RETURN QUERY VALUES (SQLSTATE || ': ' || SQLERRM), (detail), (hint);
END $$;
-- how many requests the service got since the last use
\setenv COUNT '$DATACONNECT_SANDBOX_CTL log --fields path --clear | grep -c "^/test/" || true'
\! sh -c "$LOG" >/dev/null

--
-- Off by default, -1 is off, 0 is none
--
SELECT name, setting, unit, context, min_val, max_val FROM pg_settings
 WHERE name ~ '^dataconnect_fdw\.max_(requests|records|bytes|days)_per' ORDER BY name;
SELECT count(*) FROM rows WHERE n IN (1, 2, 3);
SET dataconnect_fdw.max_requests_per_statement = 0;
SELECT * FROM refused('SELECT FROM rows WHERE n = 1');
SET dataconnect_fdw.max_requests_per_statement = -1;
SELECT count(*) FROM rows WHERE n = 1;
\! sh -c "$COUNT"

--
-- Requests that are planned: refused before any is sent
--
SET dataconnect_fdw.max_requests_per_statement = 2;
SELECT count(*) FROM rows WHERE n IN (1, 2);
\! sh -c "$COUNT"
SELECT * FROM refused('SELECT FROM rows WHERE n IN (1, 2, 3)');
SELECT * FROM refused($$SELECT FROM sales WHERE store = ANY ('{101,102,103}') AND stores IN (101, 102)$$);
-- all scans together: an Append, a join
SELECT * FROM refused('SELECT FROM rows WHERE n = 1 UNION ALL SELECT FROM rows WHERE n = 2 UNION ALL SELECT FROM rows WHERE n = 3');
SELECT * FROM refused('SELECT FROM rows a JOIN rows b USING (id) WHERE a.n IN (3, 4) AND b.n = 5');
SELECT * FROM refused('SELECT id, count(*) FROM (SELECT id FROM rows WHERE n IN (1, 2) UNION ALL SELECT id FROM rows WHERE n = 3) s GROUP BY id ORDER BY 2 LIMIT 1');
-- both sides of a join count, though the second is not read if the first turns out to be empty
SET enable_nestloop = off;
SET enable_mergejoin = off;
SELECT * FROM refused('SELECT FROM rows a JOIN rows b USING (id) WHERE a.n = 0 AND b.n IN (3, 4)');
SET enable_hashjoin = off;
SET enable_mergejoin = on;
SELECT * FROM refused('SELECT FROM rows a JOIN rows b USING (id) WHERE a.n = 0 AND b.n IN (3, 4)');
RESET enable_hashjoin;
RESET enable_mergejoin;
RESET enable_nestloop;
-- a scan counts even if it repeats one that may never run
SELECT * FROM refused('SELECT CASE WHEN count(*) > 99 THEN (SELECT count(*) FROM rows WHERE n IN (1, 2)) END
 FROM (SELECT id FROM rows WHERE n IN (1, 2) UNION ALL SELECT id FROM rows WHERE n = 3) s');
-- but not what may never run
SELECT count(*) FROM rows WHERE n IN (1, 2) UNION ALL SELECT count(*) FROM rows WHERE n IN (3, 4) LIMIT 1;
SELECT id, CASE WHEN id > 1 THEN (SELECT count(*) FROM rows WHERE n IN (3, 4)) END FROM rows WHERE n = 1;
-- partitions
CREATE TABLE parts (id integer, n integer) PARTITION BY LIST (n);
CREATE FOREIGN TABLE part1 PARTITION OF parts FOR VALUES IN (1, 2) SERVER sandbox OPTIONS (endpoint '/test/rows');
CREATE FOREIGN TABLE part2 PARTITION OF parts FOR VALUES IN (3, 4) SERVER sandbox OPTIONS (endpoint '/test/rows');
ALTER FOREIGN TABLE part1 ALTER n OPTIONS (param 'Count'), ALTER id OPTIONS (name 'Id');
ALTER FOREIGN TABLE part2 ALTER n OPTIONS (param 'Count'), ALTER id OPTIONS (name 'Id');
SELECT * FROM refused('SELECT FROM parts');
-- equal scans send one request
SELECT count(*) FROM (SELECT id FROM rows WHERE n = 1 UNION ALL SELECT id FROM rows WHERE n = 1 UNION ALL SELECT id FROM rows WHERE n = 1) s;
SELECT * FROM refused('EXPLAIN (ANALYZE) SELECT FROM rows WHERE n IN (1, 2, 3)');
SELECT * FROM refused('CREATE TABLE taken AS SELECT id FROM rows WHERE n IN (1, 2, 3)');
-- only the first ones are sent
\! sh -c "$COUNT"

--
-- Requests that only turn out: counted, and stopped in the middle
--
CREATE TABLE wanted AS SELECT generate_series(1, 5) AS n;
SET enable_hashjoin = off;
SET enable_mergejoin = off;
SELECT * FROM refused('SELECT FROM wanted w JOIN rows r ON r.n = w.n');
\! sh -c "$COUNT"
RESET enable_hashjoin;
RESET enable_mergejoin;
-- scans that may end early
SELECT id FROM rows WHERE n IN (5, 6, 7, 8) LIMIT 3;
SELECT id FROM rows WHERE n IN (5, 6, 7, 8) LIMIT 8;
SELECT * FROM refused('SELECT id FROM rows WHERE n IN (5, 6, 7, 8) LIMIT 12');
\! sh -c "$COUNT"
-- functions, loops, subqueries and caught errors are of the same statement
CREATE FUNCTION one(which integer) RETURNS bigint LANGUAGE sql VOLATILE AS 'SELECT count(*) FROM rows WHERE n = which';
SELECT one(1), one(2);
SELECT one(1), one(2), one(3);
DO $$
DECLARE
    r record;
BEGIN
    FOR i IN 1..3 LOOP
        FOR r IN SELECT id FROM rows WHERE n = i LOOP
            NULL;
        END LOOP;
    END LOOP;
END $$;
DO $$
BEGIN
    FOR i IN 1..5 LOOP
        BEGIN
            PERFORM FROM rows WHERE n = i;
            RAISE NOTICE 'sent %', i;
        EXCEPTION WHEN configuration_limit_exceeded THEN
            RAISE NOTICE 'refused %', i;
        END;
    END LOOP;
END $$;
-- a transaction of a procedure is no new statement
DO $$
BEGIN
    FOR i IN 1..3 LOOP
        PERFORM FROM rows WHERE n = i;
        COMMIT;
    END LOOP;
END $$;
\! sh -c "$COUNT"
-- requests that the service refuses count, too
DO $$
BEGIN
    FOR i IN 1..4 LOOP
        BEGIN
            PERFORM FROM rows WHERE n = -i;
        EXCEPTION WHEN configuration_limit_exceeded THEN
            RAISE NOTICE 'limit %', i;
        WHEN OTHERS THEN
            RAISE NOTICE '% %', SQLSTATE, i;
        END;
    END LOOP;
END $$;
-- several statements in one message are several
SELECT one(1), one(2)\; SELECT one(3), one(4);
\! sh -c "$COUNT"

--
-- Cursors count for the statement that opened them, and for the one that reads
--
BEGIN;
DECLARE c CURSOR FOR SELECT id FROM rows WHERE n IN (2, 3, 4);
FETCH 2 FROM c;
FETCH 3 FROM c;
SAVEPOINT s;
FETCH 1 FROM c;
ROLLBACK TO s;
COMMIT;
BEGIN;
DECLARE c1 CURSOR FOR SELECT id FROM rows WHERE n IN (1, 2);
DECLARE c2 CURSOR FOR SELECT id FROM rows WHERE n IN (1, 2);
DO $$
BEGIN
    FOR i IN 1..2 LOOP
        EXECUTE 'FETCH 1 FROM c1';
        EXECUTE 'FETCH 1 FROM c2';
    END LOOP;
END $$;
ROLLBACK;
\! sh -c "$COUNT"
BEGIN;
DECLARE c CURSOR FOR SELECT (SELECT count(*) FROM rows r WHERE r.n = w.n) FROM wanted w;
FETCH 1 FROM c;
FETCH 1 FROM c;
FETCH 1 FROM c;
ROLLBACK;
\! sh -c "$COUNT"
-- a rescan asks anew for other values
SELECT * FROM refused('SELECT (SELECT count(*) FROM rows r WHERE r.n = w.n) FROM wanted w');
SELECT count(c) FROM (SELECT (SELECT count(*) FROM rows r WHERE r.n = w.n % 2 + 1) c FROM wanted w) s;
\! sh -c "$COUNT"
-- a generic plan
SET plan_cache_mode = force_generic_plan;
PREPARE chosen(integer[]) AS SELECT count(*) FROM rows WHERE n = ANY ($1);
EXECUTE chosen('{1,2}');
EXECUTE chosen('{1,2,3}');
EXPLAIN (COSTS OFF) EXECUTE chosen('{1,2,3}');
RESET plan_cache_mode;
EXPLAIN (COSTS OFF) EXECUTE chosen('{1,2,3}');
\! sh -c "$COUNT"

--
-- EXPLAIN says what would be refused
--
EXPLAIN (COSTS OFF) SELECT FROM rows WHERE n IN (1, 2);
EXPLAIN (COSTS OFF) SELECT FROM rows WHERE n IN (1, 2, 3);
EXPLAIN (COSTS OFF) SELECT FROM rows WHERE n IN (1, 2, 3) LIMIT 1;
EXPLAIN (COSTS OFF) SELECT FROM rows WHERE n IN (1, 2) UNION ALL SELECT FROM rows WHERE n IN (3, 4);
-- Other properties differ between releases.
CREATE FUNCTION exceeds(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE plan json;
BEGIN
    EXECUTE 'EXPLAIN (FORMAT JSON, COSTS OFF) ' || query INTO plan;
    RETURN plan #>> '{0,Plan,Exceeds}';
END $$;
SELECT exceeds('SELECT FROM rows WHERE n IN (1, 2, 3)');
DROP FUNCTION exceeds;
\! sh -c "$COUNT"
RESET dataconnect_fdw.max_requests_per_statement;

--
-- Records: expected, then counted
--
SET dataconnect_fdw.max_records_per_statement = 100;
SELECT count(*) FROM rows WHERE n = 100;
SELECT count(*) FROM rows WHERE n IN (49, 51);
SELECT count(*) FROM rows WHERE n = 101;
SELECT count(*) FROM rows WHERE n IN (50, 51);
-- in the middle
SELECT id FROM rows WHERE n = 100000 LIMIT 1;
SELECT * FROM refused('SELECT FROM rows WHERE n = 100000');
\! sh -c "$COUNT"
ALTER FOREIGN TABLE rows OPTIONS (ADD rows '60');
SELECT count(*) FROM rows WHERE n = 1;
SELECT count(*) FROM rows WHERE n IN (1, 2);
SELECT id FROM rows WHERE n IN (1, 2) LIMIT 1;
EXPLAIN (COSTS OFF) SELECT FROM rows WHERE n IN (1, 2);
ALTER FOREIGN TABLE rows OPTIONS (DROP rows);
SET dataconnect_fdw.learn = on;
SELECT count(*) FROM dataconnect_forget('rows') f;
SELECT count(*) FROM rows WHERE n = 80;
SELECT count(*) FROM rows WHERE n IN (1, 2);
SET dataconnect_fdw.learn = off;
RESET dataconnect_fdw.max_records_per_statement;
\! sh -c "$COUNT"

--
-- Bytes, as received
--
SET dataconnect_fdw.max_bytes_per_statement = '4kB';
SELECT count(*) FROM rows WHERE n = 30;
SELECT * FROM refused('SELECT FROM rows WHERE n = 200000')
 WHERE what !~ '^Bytes received: \d{4,7}, allowed: 4096 ';
ALTER SERVER sandbox OPTIONS (ADD compression 'false');
SELECT what ~ '53400|^Bytes received: \d{4,7}, allowed: 4096 ' FROM refused('SELECT FROM rows WHERE n = 200000') LIMIT 2;
ALTER SERVER sandbox OPTIONS (DROP compression);
SELECT what FROM refused($$SELECT FROM dataconnect_fetch('sandbox', '/test/rows', 'Count=20000')$$) LIMIT 1;
RESET dataconnect_fdw.max_bytes_per_statement;
\! sh -c "$COUNT"

--
-- Days of a request
--
SET dataconnect_fdw.max_days_per_request = 7;
SELECT count(*) > 0 AS ok FROM sales WHERE day >= '2026-03-01' AND day < '2026-03-08';
SELECT * FROM refused($$SELECT FROM sales WHERE day >= '2026-03-01' AND day <= '2026-03-08'$$);
-- an open end counts as 2000 or tomorrow
SELECT what FROM refused($$SELECT FROM sales WHERE day < '2026-03-08'$$);
SELECT what FROM refused('SELECT FROM sales WHERE store = 101') OFFSET 2;
SELECT what FROM refused($$SELECT FROM sales WHERE day >= '2026-03-01' AND day < '2026-03-09' LIMIT 1$$) LIMIT 2;
-- periods of their own
SELECT count(*) >= 0 AS ok FROM sales WHERE day >= '2026-03-01' AND day < '2026-03-08' OR day >= '2026-05-01' AND day < '2026-05-02';
-- other settings change nothing
SET timezone = 'Pacific/Auckland';
SET datestyle = 'SQL, DMY';
SELECT count(*) > 0 AS ok FROM sales WHERE day >= '01/03/2026' AND day < '08/03/2026';
SET timezone = 'UTC';
SET datestyle = 'ISO, MDY';
-- the ends of a required window, and the options for them
CREATE FOREIGN TABLE required (
    day timestamp OPTIONS (name 'DateCreated', param_from 'StartDate', param_to 'StopDate', required 'true')
) SERVER sandbox OPTIONS (endpoint '/test/sales');
SELECT what FROM refused($$SELECT FROM required WHERE day >= now() - interval '2 days'$$) OFFSET 2;
ALTER FOREIGN TABLE required OPTIONS (ADD open_to 'tomorrow');
SELECT count(*) >= 0 AS ok FROM required WHERE day >= now() - interval '2 days';
-- two parameters of dates
CREATE FOREIGN TABLE echo (
    start_date date OPTIONS (param 'StartDate'),
    stop_date date OPTIONS (param 'StopDate')
) SERVER sandbox OPTIONS (endpoint '/test/echo', missing_key 'ignore');
SELECT count(*) > 0 AS ok FROM echo WHERE start_date = '2026-03-01' AND stop_date = '2026-03-08';
SELECT * FROM refused($$SELECT FROM echo WHERE start_date = '2026-03-01' AND stop_date = '2026-03-09'$$);
SELECT count(*) > 0 AS ok FROM echo
 WHERE start_date = '2026-03-01' AND stop_date = '2026-03-08' OR start_date = '2026-05-01' AND stop_date = '2026-05-08';
SELECT * FROM refused($$SELECT FROM echo WHERE start_date IN ('2026-03-01', '2026-03-03') AND stop_date IN ('2026-03-02', '2026-03-09')$$) OFFSET 1 LIMIT 1;
EXPLAIN (COSTS OFF) SELECT FROM sales WHERE day >= '2026-03-01' AND day < '2026-03-09';
RESET dataconnect_fdw.max_days_per_request;
\! sh -c "$COUNT"

--
-- Copies are no requests
--
SET dataconnect_fdw.max_age = '1h';
SET dataconnect_fdw.max_requests_per_statement = 2;
SELECT count(*) FROM rows WHERE n IN (11, 12);
SELECT count(*) FROM rows WHERE n IN (11, 12, 13, 14);
SELECT * FROM refused('SELECT FROM rows WHERE n IN (11, 12, 13, 14, 15, 16, 17)');
SET dataconnect_fdw.max_requests_per_statement = 0;
SELECT count(*) FROM rows WHERE n IN (11, 12, 13, 14);
EXPLAIN (COSTS OFF) SELECT FROM rows WHERE n IN (11, 12, 13, 14);
-- and an older copy is no way round
SET dataconnect_fdw.max_age = '0';
SET dataconnect_fdw.stale_if_error = '1h';
SELECT FROM rows WHERE n = 11;
SELECT FROM rows WHERE n = 11 LIMIT 1;
RESET dataconnect_fdw.stale_if_error;
SET dataconnect_fdw.max_age = '1h';
SET dataconnect_fdw.max_records_per_statement = 10;
SELECT count(*) FROM rows WHERE n = 11;
RESET dataconnect_fdw.max_records_per_statement;
RESET dataconnect_fdw.max_age;
\! sh -c "$COUNT"

--
-- Other ways to the data
--
SET dataconnect_fdw.max_requests_per_statement = 0;
SELECT what FROM refused($$SELECT dataconnect_describe('sandbox', '/test/rows', 'Count=1')$$);
SELECT what FROM refused($$SELECT FROM dataconnect_fetch('sandbox', '/test/rows', 'Count=1')$$);
SELECT what FROM refused($$SELECT dataconnect_email('sandbox', '/test/rows', 'Count=1', 'a@example.com')$$) LIMIT 1;
ALTER FOREIGN TABLE rows OPTIONS (ADD analyze_params 'Count=5');
ANALYZE rows;
IMPORT FOREIGN SCHEMA bridge FROM SERVER sandbox INTO public;
IMPORT FOREIGN SCHEMA lists LIMIT TO (stores) FROM SERVER sandbox INTO public;
\! sh -c "$COUNT"
RESET dataconnect_fdw.max_requests_per_statement;

-- a refresh of a mirror keeps what it has, and goes on the next time
CREATE FOREIGN TABLE history (
    id integer OPTIONS (name 'Id'),
    at timestamp OPTIONS (name 'DateCreated', param_from 'StartDate', param_to 'StopDate')
) SERVER sandbox OPTIONS (endpoint '/test/sales');
SELECT current_date - '2026-03-10' || ' days' AS live \gset
SELECT dataconnect_mirror('history', target => 'kept', by => 'at', since => '2026-01-15', live => :'live');
SET dataconnect_fdw.max_requests_per_statement = 2;
CALL dataconnect_refresh('kept');
\! sh -c "$COUNT"
CALL dataconnect_refresh('kept');
SELECT period_from, period_to, records > 0 AS records FROM dataconnect_mirror_period_mine ORDER BY 1;
\! sh -c "$COUNT"
SELECT dataconnect_unmirror('kept');
-- each row that is written is a request; those that were sent are not undone
IMPORT FOREIGN SCHEMA import FROM SERVER sandbox INTO public;
-- psql may show the rollback's warning before the error or after it
SET client_min_messages = error;
INSERT INTO traffic_count (store_id, start_date, end_date, traffic_count)
 SELECT 1, day, day + interval '1 hour', 7 FROM generate_series(timestamp '2026-03-01', '2026-03-03', '1 day') day;
RESET client_min_messages;
\! $DATACONNECT_SANDBOX_CTL log --fields method,path --clear
-- but the rows of VALUES are known: none is sent
EXPLAIN (COSTS OFF) INSERT INTO traffic_count (store_id, start_date, end_date, traffic_count)
VALUES (1, '2026-03-01', '2026-03-02', 1), (2, '2026-03-01', '2026-03-02', 2), (3, '2026-03-01', '2026-03-02', 3);
INSERT INTO traffic_count (store_id, start_date, end_date, traffic_count)
VALUES (1, '2026-03-01', '2026-03-02', 1), (2, '2026-03-01', '2026-03-02', 2), (3, '2026-03-01', '2026-03-02', 3);
\! $DATACONNECT_SANDBOX_CTL log --fields method,path --clear
-- unless a trigger may leave rows out
CREATE FUNCTION only_first() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN IF NEW.store_id = 1 THEN RETURN NEW; END IF; RETURN NULL; END';
CREATE TRIGGER only_first BEFORE INSERT ON traffic_count FOR EACH ROW EXECUTE FUNCTION only_first();
INSERT INTO traffic_count (store_id, start_date, end_date, traffic_count)
VALUES (1, '2026-03-01', '2026-03-02', 1), (2, '2026-03-01', '2026-03-02', 2), (3, '2026-03-01', '2026-03-02', 3);
\! $DATACONNECT_SANDBOX_CTL log --fields method,path --clear
DROP TRIGGER only_first ON traffic_count;
RESET dataconnect_fdw.max_requests_per_statement;

--
-- Whom they bind
--
CREATE ROLE regress_dash;
GRANT SELECT ON rows TO regress_dash;
GRANT USAGE ON FOREIGN SERVER sandbox TO regress_dash;
CREATE USER MAPPING FOR regress_dash SERVER sandbox OPTIONS (token 'sandbox-token');
SET dataconnect_fdw.max_requests_per_statement = 1;
SET ROLE regress_dash;
SELECT count(*) FROM rows WHERE n = 1;
SELECT count(*) FROM rows WHERE n IN (1, 2);
SET dataconnect_fdw.max_requests_per_statement = 2;
SELECT set_config('dataconnect_fdw.max_requests_per_statement', '-1', true);
RESET dataconnect_fdw.max_requests_per_statement;
ALTER ROLE regress_dash SET dataconnect_fdw.max_requests_per_statement = 5;
RESET ROLE;
GRANT CREATE ON SCHEMA public TO regress_dash;
SET ROLE regress_dash;
CREATE FUNCTION lifted() RETURNS bigint LANGUAGE sql SECURITY DEFINER SET dataconnect_fdw.max_requests_per_statement = 2
    AS 'SELECT count(*) FROM rows WHERE n IN (1, 2)';
RESET ROLE;
-- a superuser's function may allow more for what it does
CREATE FUNCTION lifted() RETURNS bigint LANGUAGE sql SECURITY DEFINER SET dataconnect_fdw.max_requests_per_statement = 2
    AS 'SELECT count(*) FROM rows WHERE n IN (1, 2)';
SET ROLE regress_dash;
SELECT lifted();
SELECT count(*) FROM rows WHERE n IN (1, 2);
RESET ROLE;
-- and one to whom SET is granted
GRANT SET ON PARAMETER dataconnect_fdw.max_requests_per_statement TO regress_dash;
SET ROLE regress_dash;
SET dataconnect_fdw.max_requests_per_statement = 2;
SELECT count(*) FROM rows WHERE n IN (1, 2);
RESET ROLE;
RESET dataconnect_fdw.max_requests_per_statement;
REVOKE SET ON PARAMETER dataconnect_fdw.max_requests_per_statement FROM regress_dash;

\set ECHO none
SET client_min_messages = warning;
REVOKE CREATE ON SCHEMA public FROM regress_dash;
DROP SERVER sandbox CASCADE;
DROP TABLE kept, parts, wanted;
DROP FUNCTION refused, one, lifted;
DROP OWNED BY regress_dash;
DROP ROLE regress_dash;
