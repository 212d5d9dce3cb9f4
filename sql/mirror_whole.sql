--
-- The mirror of a whole table
--
\getenv srcdir PG_ABS_SRCDIR
\set setup :srcdir '/test/regress/setup.psql'
\i :setup
\pset null (null)
\set SHOW_CONTEXT never
SET dataconnect_fdw.learn = off;

-- Makes a table a mirror, without the options' checks; last is when it was read.
CREATE FUNCTION pg_temp.adopt(target regclass, source regclass, key name[], modified name DEFAULT NULL, last timestamptz DEFAULT NULL)
RETURNS void LANGUAGE sql AS $$
    DELETE FROM dataconnect_mirror_mine m WHERE m.target = adopt.target;
    DELETE FROM dataconnect_mirror_period_mine m WHERE m.target = adopt.target;
    INSERT INTO dataconnect_mirror_mine (target, source, key_columns, modified_column, managed)
    VALUES (target, source, key, modified, false);
    INSERT INTO dataconnect_mirror_period_mine (target, period_from, period_to, loaded_at, records, rejected)
    SELECT target, '-infinity', 'infinity', last, 0, 0 WHERE last IS NOT NULL;
$$;

--
-- A list
--
CREATE FOREIGN TABLE stores (store_id integer OPTIONS (name 'StoreID'), store_name text OPTIONS (name 'StoreName'), fetched_at timestamptz OPTIONS (value 'fetched_at')) SERVER sandbox OPTIONS (endpoint '/lists/stores');
CREATE TABLE stores_local (store_id integer PRIMARY KEY, store_name text);
SELECT pg_temp.adopt('stores_local', 'stores', '{store_id}');
SELECT * FROM dataconnect_mirror_whole('stores_local');
SELECT count(*) FROM (SELECT store_id, store_name FROM stores EXCEPT ALL SELECT * FROM stores_local) d;
-- again, and nothing is written
CREATE TEMP TABLE before AS SELECT store_id, xmin AS x FROM stores_local;
SELECT * FROM dataconnect_mirror_whole('stores_local');
SELECT count(*) FROM stores_local s JOIN before b USING (store_id) WHERE s.xmin <> b.x;
\! $DATACONNECT_SANDBOX_CTL log-clear
\! $DATACONNECT_SANDBOX_CTL document /lists/stores '[{"StoreID":2,"StoreName":"B"},{"StoreID":1,"StoreName":"a"},{"StoreID":3,"StoreName":null}]'
SELECT * FROM dataconnect_mirror_whole('stores_local');
SELECT * FROM stores_local ORDER BY store_id;
\! $DATACONNECT_SANDBOX_CTL document /lists/stores '[{"StoreID":2,"StoreName":"B"},{"StoreID":4,"StoreName":"d"},{"StoreID":3,"StoreName":""}]'
SELECT * FROM dataconnect_mirror_whole('stores_local');
SELECT * FROM stores_local ORDER BY store_id;
-- an error leaves all as it was
\! $DATACONNECT_SANDBOX_CTL document /lists/stores '[{"StoreID":2,"StoreName":"B"},{"StoreID":2,"StoreName":"d"}]'
SELECT * FROM dataconnect_mirror_whole('stores_local');
\! $DATACONNECT_SANDBOX_CTL document /lists/stores '[{"StoreID":2,"StoreName":"B"},'
SELECT * FROM dataconnect_mirror_whole('stores_local');
\! $DATACONNECT_SANDBOX_CTL fault '{"path": "/lists/stores", "status": 413, "body": "too many"}'
SELECT * FROM dataconnect_mirror_whole('stores_local');
SELECT count(*) FROM stores_local;
-- without a key
\! $DATACONNECT_SANDBOX_CTL document /lists/stores '[{"StoreID":2,"StoreName":"B"},{"StoreID":2,"StoreName":"B"},{"StoreID":null}]'
ALTER TABLE stores_local DROP CONSTRAINT stores_local_pkey, ALTER store_id DROP NOT NULL;
SELECT pg_temp.adopt('stores_local', 'stores', NULL);
SELECT * FROM dataconnect_mirror_whole('stores_local');
SELECT * FROM dataconnect_mirror_whole('stores_local');
SELECT * FROM stores_local ORDER BY store_id;
\! $DATACONNECT_SANDBOX_CTL log-clear

--
-- A table of the bridge: the service is asked first whether it has changed
--
CREATE FOREIGN TABLE deposits (id integer OPTIONS (name 'ID'), amount numeric OPTIONS (name 'Amount')) SERVER sandbox OPTIONS (endpoint '/bridge/current/data', params 'Table=Deposits');
CREATE TABLE deposits_local (id integer PRIMARY KEY, amount numeric);
SELECT pg_temp.adopt('deposits_local', 'deposits', '{id}');
\! $DATACONNECT_SANDBOX_CTL document '/bridge/current/data?Table=Deposits' '[{"ID":1,"Amount":1.50},{"ID":2,"Amount":2}]'
\! $DATACONNECT_SANDBOX_CTL document '/bridge/current/delta?Table=Deposits' '[{"Table":"Deposits","DeltaCount":0,"DeltaTimeSec":1}]'
-- not at first
SELECT * FROM dataconnect_mirror_whole('deposits_local');
\! sh -c "$LOG"
-- from an hour before the last time on, because of clocks
\! $DATACONNECT_SANDBOX_CTL document '/bridge/current/data?Table=Deposits' '[{"ID":1,"Amount":1.5},{"ID":2,"Amount":2}]'
UPDATE dataconnect_mirror_period_mine SET loaded_at = '2026-03-01 12:00:00' WHERE target = 'deposits_local'::regclass;
\! $DATACONNECT_SANDBOX_CTL document '/bridge/current/delta?Table=Deposits' '[{"Table":"Deposits","DeltaCount":1,"DeltaTimeSec":1}]'
SELECT * FROM dataconnect_mirror_whole('deposits_local');
SELECT * FROM deposits_local ORDER BY id;
\! sh -c "$LOG"
-- nothing is to be done
UPDATE dataconnect_mirror_period_mine SET loaded_at = '2026-03-01 12:00:00' WHERE target = 'deposits_local'::regclass;
\! $DATACONNECT_SANDBOX_CTL document '/bridge/current/delta?Table=Deposits' '[{"Table":"Deposits","DeltaCount":0,"DeltaTimeSec":1}]'
SELECT * FROM dataconnect_mirror_whole('deposits_local');
SELECT records, request, added, loaded_at > now() - interval '1 min' AS now FROM dataconnect_mirror_period_mine WHERE target = 'deposits_local'::regclass;
UPDATE dataconnect_mirror_period_mine SET loaded_at = '2026-03-01 12:00:00' WHERE target = 'deposits_local'::regclass;
\! sh -c "$LOG"
-- on purpose, and where the service does not say
\! $DATACONNECT_SANDBOX_CTL document '/bridge/current/delta?Table=Deposits' '[{"Table":"Deposits","DeltaCount":0,"DeltaTimeSec":1}]'
SELECT * FROM dataconnect_mirror_whole('deposits_local', again => true);
\! sh -c "$LOG"
UPDATE dataconnect_mirror_period_mine SET loaded_at = '2026-03-01 12:00:00' WHERE target = 'deposits_local'::regclass;
\! $DATACONNECT_SANDBOX_CTL document '/bridge/current/delta?Table=Deposits' '[]'
SELECT * FROM dataconnect_mirror_whole('deposits_local');
\! $DATACONNECT_SANDBOX_CTL fault '{"path": "/bridge/current/delta", "status": 404, "body": "no"}'
UPDATE dataconnect_mirror_period_mine SET loaded_at = '2026-03-01 12:00:00' WHERE target = 'deposits_local'::regclass;
SELECT * FROM dataconnect_mirror_whole('deposits_local');
\! sh -c "$LOG"

--
-- Only what was modified
--
CREATE FOREIGN TABLE customers (id integer OPTIONS (name 'ID'), name text OPTIONS (name 'Name'),
    modified timestamp OPTIONS (name 'LastDateModified', param_from 'StartDateLastModified', param_to 'StopDateLastModified'))
    SERVER sandbox OPTIONS (endpoint '/test/customers');
CREATE TABLE customers_local (id integer PRIMARY KEY, name text, modified timestamp);
SELECT pg_temp.adopt('customers_local', 'customers', '{id}', 'modified');
\! $DATACONNECT_SANDBOX_CTL document /test/customers '[{"ID":1,"Name":"a","LastDateModified":"2026-03-01T10:00:00"},{"ID":2,"Name":"b","LastDateModified":"2026-03-05T10:00:00"},{"ID":3,"Name":"c","LastDateModified":null}]'
SELECT * FROM dataconnect_mirror_whole('customers_local');
UPDATE dataconnect_mirror_period_mine SET loaded_at = '2026-03-06 12:00:00' WHERE target = 'customers_local'::regclass;
\! $DATACONNECT_SANDBOX_CTL document '/test/customers?StartDateLastModified=2026-03-04T00:00:00.000Z' '[{"ID":4,"Name":"d","LastDateModified":"2026-03-06T12:00:00"},{"ID":1,"Name":"A","LastDateModified":"2026-03-06T10:00:00"},{"ID":2,"Name":"b","LastDateModified":"2026-03-05T10:00:00"}]'
SELECT * FROM dataconnect_mirror_whole('customers_local');
SELECT * FROM customers_local ORDER BY id;
\! sh -c "$LOG"
SELECT records, request, added, changed, vanished, loaded_at > now() - interval '1 min' AS now FROM dataconnect_mirror_period_mine WHERE target = 'customers_local'::regclass;
UPDATE dataconnect_mirror_period_mine SET loaded_at = '2026-03-06 12:00:00' WHERE target = 'customers_local'::regclass;
-- a time that is yet to come hides nothing
UPDATE customers_local SET modified = '2099-01-01' WHERE id = 3;
\! $DATACONNECT_SANDBOX_CTL document '/test/customers?StartDateLastModified=2026-03-05T00:00:00.000Z' '[{"ID":5,"Name":"e","LastDateModified":"2026-03-07T12:00:00"}]'
SELECT * FROM dataconnect_mirror_whole('customers_local');
\! sh -c "$LOG"
-- what has vanished is found when all is read
\! $DATACONNECT_SANDBOX_CTL document /test/customers '[{"ID":1,"Name":"a","LastDateModified":"2026-03-01T10:00:00"}]'
SELECT * FROM dataconnect_mirror_whole('customers_local', again => true);
SELECT * FROM customers_local ORDER BY id;
-- other types, in the column's zone
ALTER FOREIGN TABLE customers ALTER modified TYPE date, ALTER modified OPTIONS (ADD timezone 'America/Regina');
ALTER TABLE customers_local ALTER modified TYPE date;
SELECT pg_temp.adopt('customers_local', 'customers', '{id}', 'modified', '2026-03-06 04:00:00+00');
UPDATE customers_local SET modified = '2026-03-09';
\! $DATACONNECT_SANDBOX_CTL log-clear
SELECT request FROM dataconnect_mirror_whole('customers_local');
ALTER FOREIGN TABLE customers ALTER modified TYPE timestamptz;
ALTER TABLE customers_local ALTER modified TYPE timestamptz;
SET timezone = 'Asia/Tokyo';
SELECT request FROM dataconnect_mirror_whole('customers_local');
SET timezone = 'UTC';
-- a row without a key cannot be told from the one before
\! $DATACONNECT_SANDBOX_CTL document '/test/customers' '[{"ID":null,"Name":"d","LastDateModified":"2026-03-09T12:00:00"}]'
ALTER TABLE customers_local DROP CONSTRAINT customers_local_pkey, ALTER id DROP NOT NULL;
SELECT * FROM dataconnect_mirror_whole('customers_local');

-- a new table is filled at once
\! $DATACONNECT_SANDBOX_CTL document /lists/stores '[{"StoreID":2,"StoreName":"B"},{"StoreID":1,"StoreName":"a"},{"StoreID":2,"StoreName":"c"}]'
SELECT dataconnect_mirror('stores', target => 'stores_new', key => '{store_id}', modified => NULL);
SELECT * FROM dataconnect_mirror_whole('stores_new');
SELECT count(*) FROM stores_new;
\! $DATACONNECT_SANDBOX_CTL document /lists/stores '[{"StoreID":2,"StoreName":"B"},{"StoreID":1,"StoreName":"a"}]'
SELECT * FROM dataconnect_mirror_whole('stores_new');
SELECT * FROM dataconnect_mirror_whole('stores_new');
SELECT * FROM stores_new ORDER BY store_id;
-- by the refresh: all is read on purpose
\! $DATACONNECT_SANDBOX_CTL document '/bridge/current/delta?Table=Deposits' '[{"Table":"Deposits","DeltaCount":0,"DeltaTimeSec":1}]'
\! $DATACONNECT_SANDBOX_CTL log-clear
CALL dataconnect_refresh('deposits_local');
CALL dataconnect_refresh('deposits_local', '-infinity');
\! $DATACONNECT_SANDBOX_CTL log --fields path
DROP TABLE stores_new;

SELECT * FROM dataconnect_mirror_whole('pg_class');
SELECT * FROM dataconnect_mirror_whole(NULL);
DELETE FROM dataconnect_mirror_period_mine;
DELETE FROM dataconnect_mirror_mine;
DROP TABLE stores_local, deposits_local, customers_local;
DROP FOREIGN TABLE stores, deposits, customers;
