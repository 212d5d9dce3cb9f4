--
-- Writing: /Import/TrafficCount as a foreign table
--
\getenv srcdir PG_ABS_SRCDIR
\set setup :srcdir '/test/regress/setup.psql'
\i :setup
\pset null (null)
\set VERBOSITY default
CREATE SCHEMA traffic;
SET search_path = traffic, public;

--
-- Import
--
IMPORT FOREIGN SCHEMA import FROM SERVER sandbox INTO traffic;
SELECT attname, format_type(atttypid, atttypmod) AS type, attfdwoptions FROM pg_attribute
 WHERE attrelid = 'traffic_count'::regclass AND attnum > 0 ORDER BY attnum;
SELECT ftoptions FROM pg_foreign_table WHERE ftrelid = 'traffic_count'::regclass;
SELECT attname, col_description(attrelid, attnum) FROM pg_attribute
 WHERE attrelid = 'traffic_count'::regclass AND attnum > 0 ORDER BY attnum LIMIT 3;
-- by its path, below a prefix, and with what all requests send
IMPORT FOREIGN SCHEMA "/import/trafficcount" FROM SERVER sandbox INTO traffic OPTIONS (prefix 'partners_', path_prefix '/partner', table_params 'StoreID=7');
SELECT ftoptions FROM pg_foreign_table WHERE ftrelid = 'partners_traffic_count'::regclass;
SELECT attfdwoptions FROM pg_attribute WHERE attrelid = 'partners_traffic_count'::regclass AND attname = 'store_id';
DROP FOREIGN TABLE partners_traffic_count;
SELECT * FROM dataconnect_endpoints WHERE category = 'import' \gx
SELECT column_name, parameter, type, required, example FROM dataconnect_parameters WHERE table_name = 'traffic_count';
SELECT * FROM dataconnect_columns WHERE table_name = 'traffic_count';
-- only if it is asked for
CREATE SCHEMA reports;
IMPORT FOREIGN SCHEMA everything FROM SERVER sandbox INTO reports;
SELECT count(*) FROM pg_foreign_table WHERE 'endpoint=/Import/TrafficCount' = ANY (ftoptions) AND ftrelid <> 'traffic_count'::regclass;
SET client_min_messages = warning;
DROP SCHEMA reports CASCADE;
RESET client_min_messages;
\! sh -c "$LOG"

--
-- INSERT
--
INSERT INTO traffic_count (store_id, start_date, end_date, traffic_count)
VALUES (1, '2026-01-01 09:00', '2026-01-01 10:00', 20) RETURNING *;
INSERT INTO traffic_count (store_id, start_date, end_date, traffic_count)
SELECT n, '2026-01-01 09:00', '2026-01-01 10:00', 10 * n FROM generate_series(2, 4) n RETURNING traffic_count_id, gl_code;
COPY traffic_count (store_id, start_date, end_date, traffic_count) FROM STDIN WITH (FORMAT csv);
5,2026-01-01 09:00,2026-01-01 10:00,50
6,2026-01-01 09:00,2026-01-01 10:00,60
\.
\! sh -c "$LOG"
WITH new AS (
    INSERT INTO traffic_count (store_id, start_date, end_date, traffic_count)
    VALUES (7, '2026-01-01', '2026-01-02', 1), (8, '2026-01-01', '2026-01-02', 2) RETURNING traffic_count_id AS id, store_id)
SELECT id, store_name FROM new JOIN (VALUES (7, 'seven'), (8, 'eight')) AS stores (n, store_name) ON n = store_id;
\! $DATACONNECT_SANDBOX_CTL traffic
\! sh -c "$LOG" >/dev/null

-- values that are missing, or that cannot be sent
INSERT INTO traffic_count (store_id, start_date, end_date) VALUES (1, '2026-01-01', '2026-01-02');
\echo :SQLSTATE
INSERT INTO traffic_count VALUES (656, '2026-01-01', '2026-01-02', 3, 1);
\echo :SQLSTATE
INSERT INTO traffic_count VALUES (NULL, '2026-01-01', '2026-01-02', 3, 1, 'GL');
\echo :SQLSTATE
INSERT INTO traffic_count VALUES (NULL, '2026-01-01', 'infinity', 3, 1);
\echo :SQLSTATE
INSERT INTO traffic_count DEFAULT VALUES;
INSERT INTO traffic_count (store_id, start_date, end_date, traffic_count) VALUES (1, 'x', '2026-01-02', 3);
\! sh -c "$LOG"
-- the service refuses one
-- psql may show the rollback's warning before the error or after it
SET client_min_messages = error;
INSERT INTO traffic_count (store_id, start_date, end_date, traffic_count)
SELECT n, '2026-01-01', '2026-01-02', 1 FROM generate_series(39, 42) n;
\echo :SQLSTATE
RESET client_min_messages;
\! sh -c "$LOG"

--
-- A table written by hand: defaults, other types, parameters that the reply does not show
--
CREATE FOREIGN TABLE hand (
    id text OPTIONS (name 'TrafficCountID', param 'trafficcountid'),
    store text OPTIONS (param 'StoreID') NOT NULL DEFAULT '3',
    begin timestamptz OPTIONS (name 'StartDate', param 'StartDate', required 'true'),
    stop date OPTIONS (param 'StopDate', required 'true'),
    n numeric(5,1) OPTIONS (name 'TrafficCount', param 'TrafficCount', default '7'),
    twice numeric GENERATED ALWAYS AS (2 * n) STORED,
    CONSTRAINT few CHECK (n < 1000)
) SERVER sandbox OPTIONS (endpoint '/IMPORT/trafficcount', params 'DatePercision=True');
SET timezone = 'Asia/Tokyo';
SET datestyle = 'German, DMY';
INSERT INTO hand (begin, stop) VALUES ('01.02.2026 09:00', '02.02.2026') RETURNING *;
INSERT INTO hand (store, begin, stop, n) VALUES (4, '01.02.2026 09:00', '02.02.2026', 12.0) RETURNING *;
RESET datestyle;
SET timezone = 'UTC';
\! sh -c "$LOG"
-- constraints are checked before a row is sent
SET client_min_messages = error;
INSERT INTO hand (store, begin, stop, n) VALUES (1, '2026-02-01', '2026-02-02', 5), (NULL, '2026-02-01', '2026-02-02', 1);
\echo :SQLSTATE
RESET client_min_messages;
INSERT INTO hand (store, begin, stop, n) VALUES (1, '2026-02-01', '2026-02-02', 1000);
\echo :SQLSTATE
\! sh -c "$LOG"
DROP FOREIGN TABLE hand;
-- without a column for the id there is only INSERT
CREATE FOREIGN TABLE hand (store integer OPTIONS (param 'StoreID')) SERVER sandbox OPTIONS (endpoint '/Import/TrafficCount');
UPDATE hand SET store = 1;
SELECT table_name, is_insertable_into FROM information_schema.tables WHERE table_schema = 'traffic' ORDER BY table_name;
SELECT relname, pg_relation_is_updatable(oid, false) FROM pg_class WHERE relnamespace = 'traffic'::regnamespace ORDER BY relname;
DROP FOREIGN TABLE hand;

--
-- UPDATE
--
UPDATE traffic_count SET store_id = 2, start_date = '2026-01-01 09:00', end_date = '2026-01-01 10:00', traffic_count = 21
 WHERE traffic_count_id = 656 RETURNING *;
UPDATE traffic_count SET (store_id, start_date, end_date, traffic_count) = (2, '2026-01-01 09:00', '2026-01-01 10:00', 22)
 WHERE traffic_count_id IN (656, 657, 656, NULL);
CREATE TABLE fixes (id integer, store integer, at timestamp, n integer);
INSERT INTO fixes VALUES (658, 5, '2026-03-01 12:00', 33), (659, 6, '2026-03-01 13:00', 44);
UPDATE traffic_count t SET store_id = store, start_date = at, end_date = at + interval '1 hour', traffic_count = n + t.traffic_count_id - id
  FROM fixes WHERE traffic_count_id = id RETURNING traffic_count_id, t.traffic_count, n;
\! sh -c "$LOG"
\! $DATACONNECT_SANDBOX_CTL traffic | sed -n 1,4p
-- of an id that does not exist
UPDATE traffic_count SET (store_id, start_date, end_date, traffic_count) = (2, '2026-01-01 09:00', '2026-01-01 10:00', 22)
 WHERE traffic_count_id = 99;
\! sh -c "$LOG" >/dev/null
-- what the service has is not known
UPDATE traffic_count SET traffic_count = 5 WHERE traffic_count_id = 656;
\echo :SQLSTATE
UPDATE traffic_count SET traffic_count = traffic_count + 1 WHERE traffic_count_id = 656;
\echo :SQLSTATE
UPDATE traffic_count SET traffic_count = 1 WHERE traffic_count_id = 656 AND store_id = 1;
UPDATE traffic_count SET traffic_count = 1 WHERE traffic_count_id = 656 AND gl_code IS NULL;
UPDATE traffic_count SET traffic_count = 1;
\echo :SQLSTATE
UPDATE traffic_count SET traffic_count = 1 WHERE traffic_count_id > 656;
UPDATE traffic_count SET traffic_count_id = 1 WHERE traffic_count_id = 656;
\echo :SQLSTATE
UPDATE traffic_count t SET traffic_count = n FROM fixes WHERE t.store_id = fixes.store;
UPDATE traffic_count t SET traffic_count = 1 FROM traffic_count o WHERE t.traffic_count_id = 656 AND o.traffic_count_id = 656;
UPDATE traffic_count SET traffic_count = 1 WHERE traffic_count_id = 656 AND traffic_count.* IS NOT NULL;
UPDATE traffic_count t SET traffic_count = length(t::text) WHERE traffic_count_id = 656;
UPDATE traffic_count t SET traffic_count = n FROM fixes WHERE traffic_count_id = id AND t <> ROW(fixes.*);
UPDATE traffic_count SET traffic_count = (SELECT count(*) FROM fixes WHERE store = store_id) WHERE traffic_count_id = 656;
UPDATE traffic_count SET traffic_count = 1 WHERE traffic_count_id = 656 OR EXISTS (SELECT FROM fixes WHERE store = store_id);
-- no row
UPDATE traffic_count SET traffic_count = 1 WHERE traffic_count_id = NULL;
UPDATE traffic_count SET traffic_count = 1 WHERE traffic_count_id = 656 AND false;
\! sh -c "$LOG"

--
-- What is refused
--
SELECT * FROM traffic_count;
\echo :SQLSTATE
SELECT count(*) FROM traffic_count WHERE traffic_count_id = 656 AND store_id = 1 AND start_date = '2026-01-01' AND end_date = '2026-01-01' AND traffic_count.traffic_count = 1;
TABLE traffic_count LIMIT 0;
CREATE FOREIGN TABLE slash (id integer OPTIONS (name 'TrafficCountID')) SERVER sandbox OPTIONS (endpoint '/import/trafficcount/');
SELECT * FROM slash;
DROP FOREIGN TABLE slash;
INSERT INTO fixes SELECT traffic_count_id FROM traffic_count;
COPY traffic_count TO STDOUT;
COPY (SELECT * FROM traffic_count) TO STDOUT;
DELETE FROM traffic_count WHERE traffic_count_id = 656;
\echo :SQLSTATE
TRUNCATE traffic_count;
MERGE INTO traffic_count t USING fixes f ON t.traffic_count_id = f.id WHEN NOT MATCHED THEN INSERT (store_id) VALUES (1);
INSERT INTO traffic_count (store_id, start_date, end_date, traffic_count) VALUES (1, '2026-01-01', '2026-01-02', 3) ON CONFLICT DO NOTHING;
\echo :SQLSTATE
INSERT INTO traffic_count (store_id) VALUES (1) ON CONFLICT (store_id) DO UPDATE SET store_id = 1;
SELECT * FROM dataconnect_describe('sandbox', '/Import/TrafficCount', 'StoreID=1&StartDate=2026-01-01&StopDate=2026-01-02&TrafficCount=1');
\echo :SQLSTATE
SELECT * FROM dataconnect_check('traffic_count');
\set VERBOSITY terse
SELECT count(*) FROM dataconnect_conformance('sandbox', '/Import/TrafficCount', '2026-01-01');
\set VERBOSITY default
ALTER FOREIGN TABLE traffic_count OPTIONS (ADD analyze_params 'StoreID=1&StartDate=2026-01-01&StopDate=2026-01-02&TrafficCount=1');
ANALYZE traffic_count;
ALTER FOREIGN TABLE traffic_count OPTIONS (DROP analyze_params);
BEGIN READ ONLY;
INSERT INTO traffic_count (store_id, start_date, end_date, traffic_count) VALUES (1, '2026-01-01', '2026-01-02', 3);
\echo :SQLSTATE
ROLLBACK;
\! $DATACONNECT_SANDBOX_CTL log --fields path --clear | grep -i import
SET dataconnect_fdw.offline = on;
INSERT INTO traffic_count (store_id, start_date, end_date, traffic_count) VALUES (1, '2026-01-01', '2026-01-02', 3);
\echo :SQLSTATE
RESET dataconnect_fdw.offline;
-- tables over other endpoints are only read
CREATE FOREIGN TABLE report (id integer OPTIONS (name 'Id'), store_id integer OPTIONS (name 'StoreID', param 'StoreID')) SERVER sandbox OPTIONS (endpoint '/test/sales');
INSERT INTO report VALUES (1, 1);
\echo :SQLSTATE
UPDATE report SET id = 1;
DELETE FROM report;
COPY report FROM STDIN;
1	1
\.
\! sh -c "$LOG"

--
-- EXPLAIN sends nothing but with ANALYZE
--
EXPLAIN (COSTS OFF) INSERT INTO traffic_count (store_id, start_date, end_date, traffic_count) SELECT store, at, at, n FROM fixes;
EXPLAIN (VERBOSE, COSTS OFF) UPDATE traffic_count SET traffic_count = 5, store_id = 1 WHERE traffic_count_id = 656;
EXPLAIN (COSTS OFF) UPDATE traffic_count t SET traffic_count = n FROM fixes WHERE traffic_count_id = id;
EXPLAIN (COSTS OFF) UPDATE traffic_count SET traffic_count = 5 WHERE store_id = 1 \g | sed '/Disabled: true/d; s/(6 rows)/(5 rows)/'
EXPLAIN (COSTS OFF) UPDATE traffic_count SET traffic_count = 5 \g | sed '/Disabled: true/d; s/(5 rows)/(4 rows)/'
EXPLAIN (COSTS OFF) SELECT * FROM traffic_count \g | sed '/Disabled: true/d; s/(3 rows)/(2 rows)/'
\! sh -c "$LOG"
CREATE FUNCTION explain_run(query text) RETURNS SETOF text
LANGUAGE plpgsql AS $$
DECLARE
    line text;
BEGIN
    FOR line IN EXECUTE 'EXPLAIN (ANALYZE, BUFFERS OFF, COSTS OFF, SUMMARY OFF, TIMING OFF) ' || query LOOP
        RETURN NEXT regexp_replace(line, '(rows=\d+)\.00', '\1');
    END LOOP;
END $$;
SELECT explain_run($$INSERT INTO traffic_count (store_id, start_date, end_date, traffic_count) VALUES (1, '2026-01-01', '2026-01-02', 3), (2, '2026-01-01', '2026-01-02', 3)$$);
\! sh -c "$LOG"

--
-- Prepared statements: also from the sixth execution on
--
PREPARE add (integer, timestamp, integer) AS
 INSERT INTO traffic_count (store_id, start_date, end_date, traffic_count) VALUES ($1, $2, $2 + interval '1 hour', $3) RETURNING traffic_count.traffic_count;
PREPARE change (integer, integer, timestamp, integer) AS
 UPDATE traffic_count SET store_id = $2, start_date = $3, end_date = $3 + interval '1 hour', traffic_count = $4 WHERE traffic_count_id = $1 RETURNING traffic_count.traffic_count;
SET plan_cache_mode = force_generic_plan;
EXECUTE add (1, '2026-05-01 08:00', 71);
EXECUTE change (656, 1, '2026-05-01 08:00', 72);
RESET plan_cache_mode;
DO $$
DECLARE
    total integer := 0;
    n integer;
BEGIN
    FOR i IN 1 .. 7 LOOP
        INSERT INTO traffic_count (store_id, start_date, end_date, traffic_count)
        VALUES (i, '2026-05-01', '2026-05-02', i) RETURNING traffic_count.traffic_count INTO n;
        total := total + n;
        UPDATE traffic_count SET store_id = i, start_date = '2026-05-01', end_date = '2026-05-02', traffic_count = i + 1
         WHERE traffic_count_id = 655 + i RETURNING traffic_count.traffic_count INTO n;
        total := total + n;
    END LOOP;
    RAISE NOTICE '%', total;
END;
$$;
\! $DATACONNECT_SANDBOX_CTL log --fields method --clear | sort | uniq -c | tr -s ' '
DEALLOCATE ALL;

--
-- Triggers, views, partitions
--
CREATE FUNCTION before() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.traffic_count < 0 THEN RETURN NULL; END IF;
    NEW.end_date := coalesce(NEW.end_date, NEW.start_date + interval '1 hour');
    RETURN NEW;
END;
$$;
CREATE FUNCTION after() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE NOTICE '% % -> %', TG_OP, OLD, NEW;
    RETURN NULL;
END;
$$;
CREATE TRIGGER before BEFORE INSERT OR UPDATE ON traffic_count FOR EACH ROW EXECUTE FUNCTION before();
CREATE TRIGGER after AFTER INSERT OR UPDATE ON traffic_count FOR EACH ROW EXECUTE FUNCTION after();
\! $DATACONNECT_SANDBOX_CTL reset
INSERT INTO traffic_count (store_id, start_date, traffic_count) VALUES (1, '2026-06-01 09:00', 5), (1, '2026-06-01 09:00', -1), (1, '2026-06-01 10:00', 6);
UPDATE traffic_count SET store_id = 1, start_date = '2026-06-01 09:00', traffic_count = 7 WHERE traffic_count_id = 656;
COPY traffic_count (store_id, start_date, traffic_count) FROM STDIN;
2	2026-06-01 09:00	8
\.
\! sh -c "$LOG"
DROP TRIGGER before ON traffic_count;
DROP TRIGGER after ON traffic_count;
CREATE VIEW first_store AS SELECT * FROM traffic_count WHERE store_id = 1 WITH CHECK OPTION;
INSERT INTO first_store (store_id, start_date, end_date, traffic_count) VALUES (1, '2026-01-01', '2026-01-02', 3) RETURNING store_id;
-- PostgreSQL checks this once the row is there
SET client_min_messages = error;
INSERT INTO first_store (store_id, start_date, end_date, traffic_count) VALUES (2, '2026-01-01', '2026-01-02', 3);
\echo :SQLSTATE
RESET client_min_messages;
UPDATE first_store SET traffic_count = 3 WHERE traffic_count_id = 656;
DROP VIEW first_store;
CREATE TABLE counts (LIKE traffic_count) PARTITION BY RANGE (start_date);
CREATE TABLE counts_old PARTITION OF counts FOR VALUES FROM (MINVALUE) TO ('2026-01-01');
ALTER TABLE counts ATTACH PARTITION traffic_count FOR VALUES FROM ('2026-01-01') TO (MAXVALUE);
\! sh -c "$LOG" >/dev/null
INSERT INTO counts (store_id, start_date, end_date, traffic_count)
VALUES (1, '2025-01-01', '2025-01-02', 3), (1, '2026-01-01', '2026-01-02', 4), (2, '2026-01-01', '2026-01-02', 5) RETURNING tableoid::regclass, traffic_count_id, traffic_count;
COPY counts (store_id, start_date, end_date, traffic_count) FROM STDIN;
3	2025-01-01	2025-01-02	1
3	2026-02-01	2026-02-02	2
\.
\! sh -c "$LOG"
-- the bounds are checked before a row is sent
INSERT INTO traffic_count (store_id, start_date, end_date, traffic_count) VALUES (1, '2025-01-01', '2025-01-02', 3);
\echo :SQLSTATE
INSERT INTO counts (store_id, start_date, end_date, traffic_count) VALUES (1, '2026-01-01', '2026-01-02', 4) ON CONFLICT DO NOTHING;
-- a row that moves here is added
UPDATE counts SET start_date = '2026-04-01', end_date = '2026-04-02' WHERE start_date = '2025-01-01' AND store_id = 1 RETURNING tableoid::regclass, traffic_count_id;
UPDATE counts SET (store_id, start_date, end_date, traffic_count) = (2, '2026-03-01', '2026-03-02', 1) WHERE traffic_count_id = 656;
UPDATE counts SET (store_id, start_date, end_date, traffic_count) = (2, '2025-03-01', '2025-03-02', 1) WHERE traffic_count_id = 656;
\echo :SQLSTATE
UPDATE counts SET start_date = '2026-03-01', end_date = '2026-03-02' WHERE store_id = 1;
\! sh -c "$LOG"
SELECT count(*) FROM counts WHERE start_date < '2026-01-01';
ALTER TABLE counts DETACH PARTITION traffic_count;

--
-- A rollback does not take rows back
--
\set rowset '(store_id, start_date, end_date, traffic_count) VALUES (1, ''2026-01-01'', ''2026-01-02'', 1)'
BEGIN;
INSERT INTO traffic_count :rowset;
SAVEPOINT a;
INSERT INTO traffic_count :rowset;
SAVEPOINT b;
INSERT INTO traffic_count :rowset;
RELEASE b;
ROLLBACK TO a;
INSERT INTO traffic_count :rowset;
RELEASE a;
SAVEPOINT c;
SELECT 1;
ROLLBACK TO c;
ROLLBACK;
DO $$
BEGIN
    INSERT INTO traffic_count (store_id, start_date, end_date, traffic_count) VALUES (1, '2026-01-01', '2026-01-02', 1);
    PERFORM 1 / 0;
EXCEPTION WHEN OTHERS THEN
    RAISE NOTICE '%', SQLERRM;
END;
$$;
DO $$
BEGIN
    INSERT INTO traffic_count (store_id, start_date, end_date, traffic_count) SELECT n, '2026-01-01', '2026-01-02', 1 FROM generate_series(40, 41) n;
EXCEPTION WHEN OTHERS THEN
    RAISE NOTICE '%', SQLERRM;
END;
$$;
-- the limits of a role are looked at before a row is sent
SET client_min_messages = error;
SET dataconnect_fdw.max_requests_per_statement = 2;
INSERT INTO traffic_count (store_id, start_date, end_date, traffic_count) SELECT n, '2026-01-01', '2026-01-02', 1 FROM generate_series(1, 3) n;
\echo :SQLSTATE
RESET dataconnect_fdw.max_requests_per_statement;
SET dataconnect_fdw.max_records_per_statement = 1;
INSERT INTO traffic_count (store_id, start_date, end_date, traffic_count) SELECT n, '2026-01-01', '2026-01-02', 1 FROM generate_series(1, 3) n;
\echo :SQLSTATE
RESET dataconnect_fdw.max_records_per_statement;
RESET client_min_messages;
-- nothing was written, or all of it is committed
BEGIN;
INSERT INTO traffic_count :rowset;
COMMIT;
BEGIN;
SAVEPOINT a;
SELECT 1 / 0;
ROLLBACK;

SET client_min_messages = warning;
DROP SCHEMA traffic CASCADE;
DROP SERVER sandbox CASCADE;
