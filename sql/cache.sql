--
-- Copies of replies as SQL shows and drops them: dataconnect_cache, dataconnect_cache_drop()
--
\getenv srcdir PG_ABS_SRCDIR
\set setup :srcdir '/test/regress/setup.psql'
\i :setup
\pset null (null)
ALTER SERVER sandbox OPTIONS (ADD max_age '1h');
CREATE FOREIGN TABLE numbers (
    id integer OPTIONS (name 'Id'),
    n integer OPTIONS (param 'Count', required 'true')
) SERVER sandbox OPTIONS (endpoint '/test/rows');
CREATE FOREIGN TABLE again (
    id integer OPTIONS (name 'Id'),
    n integer OPTIONS (param 'Count', required 'true')
) SERVER sandbox OPTIONS (endpoint '/test/rows');
CREATE FOREIGN TABLE sales (
    id integer OPTIONS (name 'Id'),
    store integer OPTIONS (param 'StoreID')
) SERVER sandbox OPTIONS (endpoint '/test/sales');
CREATE TABLE local (id integer);
CREATE ROLE regress_cache_reader;
CREATE ROLE regress_cache_owner;
CREATE ROLE regress_cache_monitor IN ROLE pg_monitor;
CREATE ROLE regress_cache_nobody;
GRANT USAGE ON FOREIGN SERVER sandbox TO regress_cache_reader;
GRANT SELECT ON numbers, again, sales TO regress_cache_reader, regress_cache_nobody;
CREATE USER MAPPING FOR regress_cache_reader SERVER sandbox
    OPTIONS (username 'analyst', password 's3cret');
\set look 'SELECT request, user_name, records, hits FROM dataconnect_cache ORDER BY user_name COLLATE "C" DESC, request COLLATE "C"'
SELECT dataconnect_cache_drop() >= 0 AS emptied;

--
-- The view
--
SELECT count(*) FROM dataconnect_cache;
SELECT count(*) FROM numbers WHERE n = 3;
SELECT count(*) FROM again WHERE n = 3;
SELECT count(*) FROM numbers WHERE n = 0;
SELECT count(*) FROM sales WHERE store = 1;
SELECT request, database_name = current_database() AS here, server_name, user_name = current_user AS mine,
    shared, fetching, bytes BETWEEN 50 AND 10000 AS has_bytes, records, fetched_at BETWEEN now() - interval '1 min' AND clock_timestamp() AS has_time,
    age BETWEEN '0' AND '1 min' AS has_age, hits, readers, waiting
 FROM dataconnect_cache ORDER BY request COLLATE "C" \gx
-- one request for each, however often it is asked
SELECT count(*) FROM numbers WHERE n = 3;
\! sh -c "$LOG"

--
-- Each role sees its own copies, a member of pg_monitor all
--
SET ROLE regress_cache_reader;
:look;
SELECT count(*) FROM numbers WHERE n = 3;
:look;
RESET ROLE;
\! sh -c "$LOG"
SET ROLE regress_cache_nobody;
:look;
SET ROLE regress_cache_monitor;
SELECT user_name = 'regress_cache_reader' AS of_reader, count(*) FROM dataconnect_cache GROUP BY 1 ORDER BY 1;
RESET ROLE;

--
-- A copy is being read, or made, as long as a cursor is open
--
BEGIN;
DECLARE c CURSOR FOR SELECT id FROM numbers WHERE n = 3;
DECLARE d CURSOR FOR SELECT id FROM numbers WHERE n = 20000;
FETCH 1 FROM c;
FETCH 1 FROM d;
SELECT request, fetching, records, readers FROM dataconnect_cache WHERE fetching OR readers > 0 ORDER BY request COLLATE "C";
-- who asks for what the session itself is fetching does not wait for it
SELECT count(*) FROM numbers WHERE n = 20000;
COMMIT;
SELECT request, fetching, records, readers FROM dataconnect_cache WHERE fetching OR readers > 0 OR records = 20000;
\! $DATACONNECT_SANDBOX_CTL log-clear

--
-- To drop them: of a table's endpoint, of a server, or all that one may drop
--
SELECT dataconnect_cache_drop('sales'::regclass);
SELECT dataconnect_cache_drop('sales'::regclass);
SELECT count(*) FROM sales WHERE store = 1;
SELECT count(*) FROM numbers WHERE n = 3;
\! sh -c "$LOG"
SET ROLE regress_cache_reader;
SELECT dataconnect_cache_drop('again'::regclass);
:look;
SELECT dataconnect_cache_drop();
SELECT count(*) FROM numbers WHERE n = 3;
SELECT count(*) FROM sales WHERE store = 1;
SELECT dataconnect_cache_drop('sandbox');
SELECT count(*) FROM numbers WHERE n = 3;
SET ROLE regress_cache_monitor;
SELECT dataconnect_cache_drop(NULL);
RESET ROLE;
-- the owner of the server drops those of all
ALTER SERVER sandbox OWNER TO regress_cache_owner;
SET ROLE regress_cache_owner;
SELECT dataconnect_cache_drop('sandbox');
RESET ROLE;
:look;
-- and a superuser all
SELECT count(*) FROM numbers WHERE n = 1;
SET ROLE regress_cache_reader;
SELECT count(*) FROM numbers WHERE n = 1;
RESET ROLE;
SELECT dataconnect_cache_drop(NULL);
-- who leaves a transaction has dropped them all the same
SELECT count(*) FROM numbers WHERE n = 1;
BEGIN;
SELECT dataconnect_cache_drop('sandbox');
ROLLBACK;
:look;
-- those of another server with the same url count, too
CREATE SERVER other FOREIGN DATA WRAPPER dataconnect_fdw OPTIONS (url :'sandbox_url');
SELECT count(*) FROM numbers WHERE n = 1;
SELECT dataconnect_cache_drop('other');
DROP SERVER other;

--
-- Errors
--
SELECT dataconnect_cache_drop('missing');
SELECT dataconnect_cache_drop('local'::regclass);
SELECT dataconnect_cache_drop(0::regclass);
SELECT dataconnect_cache_drop(NULL::regclass);
SET ROLE regress_cache_nobody;
SELECT dataconnect_cache_drop('sandbox');
SELECT dataconnect_cache_drop('numbers'::regclass);
SELECT dataconnect_cache_drop();
RESET ROLE;
SET ROLE regress_cache_monitor;
SELECT dataconnect_cache_drop('numbers'::regclass);
RESET ROLE;

SET client_min_messages = warning;
DROP SERVER sandbox CASCADE;
DROP TABLE local;
DROP ROLE regress_cache_reader, regress_cache_owner, regress_cache_monitor, regress_cache_nobody;
