--
-- Requests for too many records are halved: no row is lost, none is returned twice
--
\getenv srcdir PG_ABS_SRCDIR
\set setup :srcdir '/test/regress/setup.psql'
\i :setup

CREATE FOREIGN TABLE sales (
    id integer OPTIONS (name 'Id'),
    store_id integer OPTIONS (name 'StoreID', param 'StoreIDs', list 'true'),
    date_created timestamp OPTIONS (name 'DateCreated', param_from 'StartDate', param_to 'StopDate')
) SERVER sandbox OPTIONS (endpoint '/test/sales');
CREATE TABLE local AS SELECT * FROM sales;
ALTER FOREIGN TABLE sales OPTIONS (ADD split 'date_created');

-- the columns that the option accepts
ALTER FOREIGN TABLE sales OPTIONS (SET split 'no_such');
SELECT count(*) FROM sales;
ALTER FOREIGN TABLE sales OPTIONS (SET split 'id');
SELECT count(*) FROM sales;
ALTER FOREIGN TABLE sales OPTIONS (SET split 'date_created');

-- a request that fits is sent whole
\! $DATACONNECT_SANDBOX_CTL log-clear
SELECT count(*) FROM sales WHERE date_created >= '2026-01-01' AND date_created < '2026-04-01';
\! sh -c "$LOG"

-- a quarter, of which 20 records fit into a reply
\! $DATACONNECT_SANDBOX_CTL settings '{"max_records": 20}'
SELECT count(*), count(DISTINCT id) FROM sales WHERE date_created >= '2026-01-01' AND date_created < '2026-04-01';
\! $DATACONNECT_SANDBOX_CTL log --fields status,params && $DATACONNECT_SANDBOX_CTL log-clear
CREATE FUNCTION run_facts(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    line text;
BEGIN
    FOR line IN EXECUTE 'EXPLAIN (ANALYZE) ' || query LOOP
        CONTINUE WHEN line !~ 'Request|Retries|Records';
        RETURN NEXT btrim(line);
    END LOOP;
END $$;
SELECT run_facts('SELECT store_id FROM sales WHERE date_created >= ''2026-01-01'' AND date_created < ''2026-04-01''');

-- the same rows as from a local copy, for all bounds, limits, types and time zones
CREATE FUNCTION differences() RETURNS TABLE (query text, missing integer[], too_many integer[]) LANGUAGE plpgsql AS $$
DECLARE
    clause text;
BEGIN
    FOREACH clause IN ARRAY ARRAY[
        'date_created >= ''2026-01-01'' AND date_created < ''2026-04-01''',
        'date_created > ''2026-01-01'' AND date_created <= ''2026-02-28 23:59:59.997''',
        'date_created BETWEEN ''2026-03-08'' AND ''2026-03-09''',
        'date_created >= ''2026-02-01''', 'date_created < ''2026-03-01''',
        'date_created >= ''2026-03-08 06:59:59.997'' AND date_created < ''2026-03-29 01:00''',
        'date_created >= ''2025-01-01'' AND date_created < ''20000-01-01''', 'date_created >= ''4714-11-24 BC'' AND date_created < ''2027-01-01''', 'date_created > ''-infinity''',
        'date_created IN (''2026-01-01'', ''2026-03-31 23:59:59.997'')',
        'date_created >= ''2026-01-01'' AND date_created < ''2026-04-01'' AND store_id IN (1, 2, 4)']
    LOOP
        query := clause;
        EXECUTE format('SELECT array_agg(id ORDER BY id) FROM (SELECT id FROM local WHERE %1$s EXCEPT ALL SELECT id FROM sales WHERE %1$s) d', clause) INTO missing;
        EXECUTE format('SELECT array_agg(id ORDER BY id) FROM (SELECT id FROM sales WHERE %1$s EXCEPT ALL SELECT id FROM local WHERE %1$s) d', clause) INTO too_many;
        IF missing IS NOT NULL OR too_many IS NOT NULL THEN
            RETURN NEXT;
        END IF;
    END LOOP;
END $$;
SELECT * FROM differences();
\! $DATACONNECT_SANDBOX_CTL settings '{"max_records": 6}'
SELECT * FROM differences();
ALTER SERVER sandbox OPTIONS (ADD timezone 'America/Los_Angeles');
SELECT * FROM differences();
ALTER SERVER sandbox OPTIONS (SET timezone 'Asia/Kathmandu');
SELECT * FROM differences();
ALTER FOREIGN TABLE sales ALTER date_created TYPE timestamptz;
ALTER TABLE local ALTER date_created TYPE timestamptz USING date_created AT TIME ZONE 'Asia/Kathmandu';
SELECT * FROM differences();
ALTER SERVER sandbox OPTIONS (SET timezone 'Europe/Berlin');
ALTER TABLE local ALTER date_created TYPE timestamptz USING (date_created AT TIME ZONE 'Asia/Kathmandu') AT TIME ZONE 'Europe/Berlin';
SELECT * FROM differences();
SET timezone = 'America/St_Johns';
SELECT * FROM differences();
SET timezone = 'UTC';
-- halved down to seconds; the sandbox's times are in UTC
ALTER SERVER sandbox OPTIONS (DROP timezone);
ALTER TABLE local ALTER date_created TYPE timestamp USING date_created AT TIME ZONE 'Europe/Berlin';
ALTER FOREIGN TABLE sales OPTIONS (ADD window_round 'none', ADD params 'DatePercision=True');
\! $DATACONNECT_SANDBOX_CTL settings '{"max_records": 2}'
SELECT * FROM differences();
ALTER FOREIGN TABLE sales ALTER date_created TYPE timestamp;
SELECT * FROM differences();
ALTER FOREIGN TABLE sales ALTER date_created TYPE timestamp(0);
ALTER TABLE local ALTER date_created TYPE timestamp(0);
\! $DATACONNECT_SANDBOX_CTL settings '{"max_records": 4}'
SELECT * FROM differences();
ALTER FOREIGN TABLE sales OPTIONS (DROP window_round, DROP params);
ALTER FOREIGN TABLE sales ALTER date_created TYPE date;
DROP TABLE local;
\! $DATACONNECT_SANDBOX_CTL settings '{"max_records": 60}'
CREATE TABLE local AS SELECT * FROM sales;
\! $DATACONNECT_SANDBOX_CTL settings '{"max_records": 6}'
SELECT * FROM differences();

-- a part that cannot be halved further fails; so does a query without a bound
\! $DATACONNECT_SANDBOX_CTL settings '{"max_records": 1}'
SELECT count(*) FROM sales WHERE date_created >= '2026-01-01' AND date_created < '2026-01-03';
SELECT count(*) FROM sales;

-- a list is halved; each row belongs to the half with its value
ALTER FOREIGN TABLE sales OPTIONS (SET split 'store_id');
\! $DATACONNECT_SANDBOX_CTL settings '{"max_records": 30}'
\! $DATACONNECT_SANDBOX_CTL log-clear
SELECT count(*), count(DISTINCT id), array_agg(DISTINCT store_id) FROM sales WHERE store_id IN (1, 2, 3, 5);
SELECT count(*) FROM sales WHERE store_id = 2;
SELECT count(*) FROM sales;
\! $DATACONNECT_SANDBOX_CTL log --fields status,params && $DATACONNECT_SANDBOX_CTL log-clear

-- a list whose values the reply does not show
CREATE FOREIGN TABLE listed (
    id integer OPTIONS (name 'Id'),
    stores integer OPTIONS (param 'StoreIDs', list 'true')
) SERVER sandbox OPTIONS (endpoint '/test/sales', split 'stores');
SELECT count(*), count(DISTINCT id) FROM listed WHERE stores IN (1, 2, 3, 5);
\! $DATACONNECT_SANDBOX_CTL log --fields status,params && $DATACONNECT_SANDBOX_CTL log-clear

-- LIMIT, cursors and rescans that start or stop between halves
ALTER FOREIGN TABLE sales OPTIONS (SET split 'date_created');
ALTER FOREIGN TABLE sales ALTER date_created TYPE timestamp;
SELECT count(*) FROM (SELECT FROM sales WHERE date_created >= '2026-01-01' AND date_created < '2026-04-01' LIMIT 35) l;
BEGIN;
DECLARE c CURSOR FOR SELECT id FROM sales WHERE date_created >= '2026-01-01' AND date_created < '2026-04-01';
MOVE FORWARD 40 IN c;
FETCH 1 FROM c;
CLOSE c;
COMMIT;
SELECT n, (SELECT count(*) FROM sales WHERE date_created >= '2026-01-01' AND date_created < timestamp '2026-03-01' + n * interval '15 days') FROM generate_series(1, 2) n;

DROP TABLE local;
SET client_min_messages = warning;
DROP FUNCTION differences, run_facts;
DROP SERVER sandbox CASCADE;
