--
-- dataconnect_delta(): how many rows of a bridge table have changed
--
\getenv srcdir PG_ABS_SRCDIR
\set setup :srcdir '/test/regress/setup.psql'
\i :setup
\pset null (null)

CREATE FOREIGN TABLE stores ("StoreID" integer, "RowUpdated" timestamp) SERVER sandbox OPTIONS (endpoint '/bridge/current/data', params 'Table=iQclerk_Stores');
CREATE FOREIGN TABLE other ("StoreID" integer) SERVER sandbox OPTIONS (endpoint '/lists/stores');
CREATE FOREIGN TABLE each ("StoreID" integer, table_name text OPTIONS (param 'Table')) SERVER sandbox OPTIONS (endpoint '/bridge/current/data');
CREATE FOREIGN TABLE company ("StoreID" integer) SERVER sandbox OPTIONS (endpoint '/Partner/Bridge/Current/Data', params 'Table=a b&companyid=14205');

--
-- It counts as the rows do
--
SELECT count(*) AS all, max("RowUpdated") AS last FROM stores \gset
SELECT dataconnect_delta('stores', '2020-01-01') = :all AS all, dataconnect_delta('stores', :'last'), dataconnect_delta('stores', :'last'::timestamptz + interval '1 ms');
\! sh -c "$LOG"
-- the time is an instant, whatever the session's zone; before 1753 there is nothing
SET timezone = 'America/Regina';
SELECT dataconnect_delta('stores', '2026-01-01 12:00:00.123456');
SELECT dataconnect_delta('stores', '-infinity') = :all AS all, dataconnect_delta('stores', '0044-03-15 BC') = :all AS all;
SELECT dataconnect_delta('stores', 'infinity');
SELECT dataconnect_delta('stores', '10000-02-01');
SET timezone = 'UTC';
SELECT dataconnect_delta('stores', NULL);
\! sh -c "$LOG"
-- each call asks; endpoint and company are those of the table
\! $DATACONNECT_SANDBOX_CTL document /partner/bridge/current/delta '[{"Table": "a b", "DeltaCount": "7"}]'
SELECT dataconnect_delta('company', '2026-01-01'), dataconnect_delta('company', '2026-01-01');
\! sh -c "$LOG"

--
-- No count
--
SELECT dataconnect_delta('other', '2026-01-01'), dataconnect_delta('each', '2026-01-01');
\! sh -c "$LOG"
\! $DATACONNECT_SANDBOX_CTL document /bridge/current/delta '[{"DeltaCount": "many"}]'
SELECT dataconnect_delta('stores', '2026-01-01');
\! $DATACONNECT_SANDBOX_CTL document /bridge/current/delta '[{"DeltaCount": -1}]'
SELECT dataconnect_delta('stores', '2026-01-01');
\! $DATACONNECT_SANDBOX_CTL document /bridge/current/delta '[{"DeltaCount": 1e300}]'
SELECT dataconnect_delta('stores', '2026-01-01');
\! $DATACONNECT_SANDBOX_CTL document /bridge/current/delta '[]'
SELECT dataconnect_delta('stores', '2026-01-01');
\! $DATACONNECT_SANDBOX_CTL fault '{"path": "/bridge/*", "status": 404, "body": "no"}'
SELECT dataconnect_delta('stores', '2026-01-01');
SELECT dataconnect_delta('pg_class', '2026-01-01');

--
-- Privileges
--
CREATE ROLE delta_reader;
GRANT USAGE ON FOREIGN SERVER sandbox TO delta_reader;
SET ROLE delta_reader;
SELECT dataconnect_delta('stores', '2026-01-01');
RESET ROLE;
GRANT SELECT ON stores TO delta_reader;
REVOKE USAGE ON FOREIGN SERVER sandbox FROM delta_reader;
SET ROLE delta_reader;
SELECT dataconnect_delta('stores', '2026-01-01');
RESET ROLE;
DROP OWNED BY delta_reader;
DROP ROLE delta_reader;
DROP FOREIGN TABLE stores, other, each, company;
