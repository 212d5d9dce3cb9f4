--
-- dataconnect_verify(), dataconnect_verify_rows(): a mirror is compared with the service
--
\getenv srcdir PG_ABS_SRCDIR
\set setup :srcdir '/test/regress/setup.psql'
\i :setup
\pset null (null)
\set SHOW_CONTEXT never
SET dataconnect_fdw.learn = off;

CREATE FUNCTION pg_temp.adopt(target regclass, source regclass, key name[] DEFAULT NULL, by_column name DEFAULT 'at', step interval DEFAULT '1 month', horizon date DEFAULT '2026-03-15')
RETURNS void LANGUAGE sql AS $$
    DELETE FROM dataconnect_mirror_mine m WHERE m.target = adopt.target;
    INSERT INTO dataconnect_mirror_mine (target, source, by_column, since, step, live, late, key_columns, managed, horizon)
    VALUES (target, source, by_column, '2026-01-01', step, '0', '3 days', key, false, horizon);
$$;
CREATE FUNCTION pg_temp.short(mirror regclass, a date DEFAULT NULL, b date DEFAULT NULL)
RETURNS TABLE (day date, here bigint, there bigint, new bigint, changed bigint, vanished bigint, same boolean) LANGUAGE sql AS $$
    SELECT day, here, there, new, changed, vanished, hash_here IS NOT DISTINCT FROM hash_there FROM dataconnect_verify(mirror, a, b)
$$;

--
-- Periods
--
CREATE FOREIGN TABLE sales (
    id integer OPTIONS (name 'Id'),
    store integer OPTIONS (name 'StoreID', param 'StoreID'),
    at timestamp OPTIONS (name 'DateCreated', param_from 'StartDate', param_to 'StopDate', required 'true'),
    total numeric OPTIONS (name 'Total')
) SERVER sandbox OPTIONS (endpoint '/test/sales');
CREATE TABLE kept (own text DEFAULT 'own', total numeric, at timestamp, id integer, store integer);
SELECT pg_temp.adopt('kept', 'sales', '{id}');
INSERT INTO kept (id, store, at, total) SELECT id, store, at, total FROM sales WHERE at >= '2026-01-01' AND at < '2026-03-15';
\! $DATACONNECT_SANDBOX_CTL log-clear
-- one request for each step, up to the horizon
SELECT count(*) AS days, sum(here) = (SELECT count(*) FROM kept) AS all, sum(there) AS there, sum(new + changed + vanished) AS differences, bool_and(hash_here = hash_there) AS same FROM dataconnect_verify('kept');
\! sh -c "$LOG"
SELECT count(*) FROM dataconnect_verify_rows('kept');
\! $DATACONNECT_SANDBOX_CTL log-clear
SELECT * FROM pg_temp.short('kept', '2026-01-30', '2026-02-03');
SELECT * FROM pg_temp.short('kept', '2026-03-14', '2027-01-01');
SELECT * FROM pg_temp.short('kept', '2026-03-15');
SELECT * FROM pg_temp.short('kept', '2020-01-01', '2026-01-02');
\! sh -c "$LOG"
-- differences of each kind
SELECT string_agg(id::text, ',' ORDER BY id) AS ids FROM kept WHERE at >= '2026-01-01' AND at < '2026-01-03';
UPDATE kept SET total = total + 1 WHERE id = 1;
DELETE FROM kept WHERE id = 2;
INSERT INTO kept (id, at) VALUES (1000, '2026-01-02'), (NULL, '2026-01-02');
UPDATE kept SET at = at + interval '1 day' WHERE id = 3;
SELECT * FROM pg_temp.short('kept', '2026-01-01', '2026-01-04');
SELECT * FROM dataconnect_verify_rows('kept', '2026-01-01', '2026-01-04');
-- nothing is written
BEGIN READ ONLY;
SELECT * FROM pg_temp.short('kept', '2026-01-01', '2026-01-04');
SELECT count(*) FROM dataconnect_verify_rows('kept', '2026-01-01', '2026-01-04');
COMMIT;
\! $DATACONNECT_SANDBOX_CTL log-clear
-- a request that is too large is halved, and nothing is counted twice
\! $DATACONNECT_SANDBOX_CTL fault '{"path": "/test/sales", "status": 413, "count": 2, "body": "too many"}'
SELECT * FROM pg_temp.short('kept', '2026-01-01', '2026-01-06');
\! $DATACONNECT_SANDBOX_CTL fault '{"path": "/test/sales", "status": 413, "count": 1, "body": "too many"}'
-- of a row whose date differs, each half knows one side
SELECT count(*) FROM dataconnect_verify_rows('kept', '2026-01-01', '2026-01-04');
\! $DATACONNECT_SANDBOX_CTL fault '{"path": "/test/sales", "status": 413, "count": 0, "body": "too many"}'
SELECT * FROM pg_temp.short('kept', '2026-01-01', '2026-01-04');
\! $DATACONNECT_SANDBOX_CTL clear
\! sh -c "$LOG"
-- copies are no answer
ALTER SERVER sandbox OPTIONS (ADD max_age '1h', ADD stale_if_error '1h', ADD max_retries '0');
SELECT count(*) > 0 AS rows FROM sales WHERE at >= '2026-01-01' AND at < '2026-01-02';
SELECT count(*) FROM dataconnect_verify('kept', '2026-01-01', '2026-01-02');
\! $DATACONNECT_SANDBOX_CTL fault '{"path": "/test/sales", "status": 500, "count": 0}'
SELECT count(*) FROM dataconnect_verify('kept', '2026-01-01', '2026-01-02');
\! $DATACONNECT_SANDBOX_CTL clear
\! sh -c "$LOG"
ALTER SERVER sandbox OPTIONS (DROP max_age, DROP stale_if_error, DROP max_retries);
-- other steps
SELECT pg_temp.adopt('kept', 'sales', step => '20 days');
SELECT count(*) > 0 AS rows FROM dataconnect_verify('kept', '2026-01-05', '2026-02-12');
\! sh -c "$LOG"

--
-- By texts, and in a zone of the column's
--
\! $DATACONNECT_SANDBOX_CTL document '/test/zone' '[{"Id":1,"At":"2026-01-01T00:00:00","Word":"a"},{"Id":1,"At":"2026-01-01T23:59:59","Word":"a "},{"Id":1,"At":"2026-01-02T00:00:00","Word":"a"},{"Id":1,"At":"2026-01-02T00:00:00","Word":"a"},{"Id":null,"At":null,"Word":"stray"}]'
CREATE FOREIGN TABLE zone (id integer OPTIONS (name 'Id'), word text OPTIONS (name 'Word'), fetched_at timestamptz OPTIONS (value 'fetched_at'),
    at timestamptz OPTIONS (name 'At', timezone 'America/Regina'),
    start_date date OPTIONS (param 'StartDate', required 'true'), stop_date date OPTIONS (param 'StopDate', required 'true')) SERVER sandbox OPTIONS (endpoint '/test/zone');
CREATE TABLE zoned (id integer, word text, at timestamptz, fetched_at timestamptz);
SELECT pg_temp.adopt('zoned', 'zone');
UPDATE dataconnect_mirror_mine SET fetched_at_column = 'fetched_at' WHERE target = 'zoned'::regclass;
INSERT INTO zoned VALUES (1, 'a', '2026-01-01 06:00:00+00'), (1, 'A ', '2026-01-02 05:59:59+00'), (1, 'a', '2026-01-02 06:00:00+00');
SET timezone = 'Asia/Tokyo';
SELECT * FROM pg_temp.short('zoned', '2026-01-01', '2026-01-03');
SELECT * FROM dataconnect_verify_rows('zoned', '2026-01-01', '2026-01-03');
SET timezone = 'UTC';
-- hashes are the same in each cluster
SELECT day, hash_here, hash_there FROM dataconnect_verify('zoned', '2026-01-01', '2026-01-03');
-- a key that is twice in the reply is a new row
SELECT pg_temp.adopt('zoned', 'zone', '{id}');
SELECT * FROM pg_temp.short('zoned', '2026-01-02', '2026-01-03');
\! $DATACONNECT_SANDBOX_CTL log-clear

--
-- A table with types of its own
--
\! $DATACONNECT_SANDBOX_CTL document /test/other '[{"Id":1,"At":"2026-01-01T00:00:00","Total":1.005},{"Id":2,"At":"2026-01-01T00:00:00","Total":2}]'
CREATE FOREIGN TABLE other (id integer OPTIONS (name 'Id'), at timestamp OPTIONS (name 'At', param_from 'StartDate', param_to 'StopDate'), total numeric OPTIONS (name 'Total')) SERVER sandbox OPTIONS (endpoint '/test/other');
CREATE TABLE own_types (total numeric(10, 2), id text, at timestamp);
SELECT pg_temp.adopt('own_types', 'other', '{id}');
SET timezone = 'Asia/Tokyo';
SELECT records FROM dataconnect_mirror_read('own_types', '2026-01-01', '2026-01-02', 'own_types');
SET timezone = 'UTC';
SELECT * FROM own_types ORDER BY id;
SELECT * FROM pg_temp.short('own_types', '2026-01-01', '2026-01-02');
DROP TABLE own_types;
DROP FOREIGN TABLE other;
\! $DATACONNECT_SANDBOX_CTL log-clear

--
-- A whole table
--
\! $DATACONNECT_SANDBOX_CTL document /lists/stores '[{"StoreID":2,"StoreName":"B"},{"StoreID":1,"StoreName":"a"},{"StoreID":3,"StoreName":null}]'
CREATE FOREIGN TABLE stores (store_id integer OPTIONS (name 'StoreID'), store_name text OPTIONS (name 'StoreName')) SERVER sandbox OPTIONS (endpoint '/lists/stores');
CREATE TABLE stores_local (store_id integer PRIMARY KEY, store_name text);
INSERT INTO stores_local VALUES (1, 'a'), (2, 'b'), (4, 'd');
SELECT pg_temp.adopt('stores_local', 'stores', '{store_id}', by_column => NULL);
SELECT * FROM pg_temp.short('stores_local');
SELECT * FROM dataconnect_verify_rows('stores_local');
SELECT * FROM dataconnect_verify('stores_local', '2026-01-01');
\! sh -c "$LOG"

--
-- Whose it is
--
CREATE ROLE mirror_reader;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO mirror_reader;
SET ROLE mirror_reader;
SELECT * FROM dataconnect_verify('stores_local');
SELECT * FROM dataconnect_verify_rows('stores_local');
RESET ROLE;
DROP OWNED BY mirror_reader;
DROP ROLE mirror_reader;

DELETE FROM dataconnect_mirror_mine;
DROP TABLE kept, zoned, stores_local;
DROP FOREIGN TABLE sales, zone, stores;
