--
-- Copies of replies: max_age and its setting, what EXPLAIN and the planner know of copies
--
\getenv srcdir PG_ABS_SRCDIR
\set setup :srcdir '/test/regress/setup.psql'
\i :setup
\pset null (null)
SET dataconnect_fdw.learn = off;

CREATE FOREIGN TABLE sales (
    id integer OPTIONS (name 'Id'),
    store integer OPTIONS (name 'StoreID', param 'StoreID'),
    stores integer OPTIONS (param 'StoreIDs', list 'true'),
    day timestamp OPTIONS (name 'DateCreated', param_from 'StartDate', param_to 'StopDate'),
    fetched_at timestamptz OPTIONS (value 'fetched_at'),
    age interval OPTIONS (value 'age'),
    request text OPTIONS (value 'request')
) SERVER sandbox OPTIONS (endpoint '/test/sales');
-- what EXPLAIN says of copies, without seconds; NULL if it says nothing
CREATE FUNCTION pg_temp.cache(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    plan json;
BEGIN
    EXECUTE format('EXPLAIN (FORMAT JSON) %s', query) INTO plan;
    RETURN regexp_replace(plan #>> '{0,Plan,Cache}', '\d+ s', 'N s');
END $$;
-- the start-up and total costs, in hundreds: a request costs 1000
CREATE FUNCTION pg_temp.costs(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    plan json;
BEGIN
    EXECUTE format('EXPLAIN (FORMAT JSON) %s', query) INTO plan;
    RETURN format('%s and %s', round((plan #>> '{0,Plan,Startup Cost}')::numeric, -2), round((plan #>> '{0,Plan,Total Cost}')::numeric, -2));
END $$;

-- the lines of a plan, without seconds
CREATE FUNCTION pg_temp.lines(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    line text;
BEGIN
    FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP
        RETURN NEXT trim(regexp_replace(line, '\d+ s', 'N s'));
    END LOOP;
END $$;

--
-- Off by default: no copy is kept, looked for, or mentioned
--
SELECT count(*) FROM sales WHERE store = 1;
SELECT pg_temp.cache('SELECT id FROM sales WHERE store = 1'), pg_temp.costs('SELECT id FROM sales WHERE store = 1');
SET dataconnect_fdw.max_age = '1h';
SELECT pg_temp.cache('SELECT id FROM sales WHERE store = 1'), pg_temp.costs('SELECT id FROM sales WHERE store = 1');
RESET dataconnect_fdw.max_age;
\! sh -c "$LOG"

--
-- The option, and the setting instead of it
--
ALTER SERVER sandbox OPTIONS (ADD max_age '1h');
SELECT count(*), max(age) FROM sales WHERE store = 1;
SELECT count(*), max(age) > '0' AS old, bool_and(age = statement_timestamp() - fetched_at) AS same FROM sales WHERE store = 1;
\! sh -c "$LOG"
-- the table's
ALTER FOREIGN TABLE sales OPTIONS (ADD max_age '0');
SELECT count(*), max(age) FROM sales WHERE store = 1;
\! sh -c "$LOG"
ALTER FOREIGN TABLE sales OPTIONS (SET max_age '1d');
SELECT count(*), max(age) > '0' AS old FROM sales WHERE store = 1;
\! sh -c "$LOG"
-- the setting: 0 asks anew, and replaces the copy for all
SELECT max(fetched_at) AS before FROM sales WHERE store = 1 \gset
BEGIN;
SET LOCAL dataconnect_fdw.max_age = 0;
SELECT max(age) AS age, max(fetched_at) > :'before' AS newer FROM sales WHERE store = 1;
COMMIT;
SELECT max(age) > '0' AS old, max(fetched_at) > :'before' AS newer FROM sales WHERE store = 1;
\! sh -c "$LOG"
-- also where the options keep nothing
ALTER SERVER sandbox OPTIONS (DROP max_age);
ALTER FOREIGN TABLE sales OPTIONS (DROP max_age);
SET dataconnect_fdw.max_age = 0;
SELECT max(age) FROM sales WHERE store = 2;
SET dataconnect_fdw.max_age = '1min';
SELECT max(age) > '0' AS old FROM sales WHERE store = 2;
-- in milliseconds, and of a function
SET dataconnect_fdw.max_age = 1500;
SHOW dataconnect_fdw.max_age;
RESET dataconnect_fdw.max_age;
CREATE FUNCTION pg_temp.tile() RETURNS bigint LANGUAGE sql SET dataconnect_fdw.max_age = '1h' AS 'SELECT count(*) FROM public.sales WHERE store = 2 AND age > ''0''';
SELECT pg_temp.tile(), count(*) FROM sales WHERE store = 2 AND age = '0';
\! sh -c "$LOG"
\set VERBOSITY sqlstate
SET dataconnect_fdw.max_age = -2;
\set VERBOSITY default
SET dataconnect_fdw.max_age = '25d';
SET dataconnect_fdw.max_age = 'now';
SHOW dataconnect_fdw.max_age;

--
-- What is the same copy
--
SET dataconnect_fdw.max_age = '1h';
\! $DATACONNECT_SANDBOX_CTL log-clear
-- not the table, its columns or the method
CREATE FOREIGN TABLE other (age interval OPTIONS (value 'age'), "Total" numeric, request text OPTIONS (value 'request'))
    SERVER sandbox OPTIONS (endpoint '/test/sales', params 'StoreID=2', method 'post');
SELECT count(*), sum("Total") > 0 AS read, max(age) > '0' AS old, max(request) AS request FROM other;
\! sh -c "$LOG"
-- but what the request says
ALTER FOREIGN TABLE other OPTIONS (ADD format 'csv');
SELECT count(*), max(age), max(request) AS request FROM other;
ALTER FOREIGN TABLE other OPTIONS (SET params 'StoreID=3', SET format 'json');
SELECT count(*), max(age), max(request) AS request FROM other;
ALTER SERVER sandbox OPTIONS (ADD language 'fr');
SELECT count(*), max(age), max(request) AS request FROM other;
\! sh -c "$LOG"
ALTER SERVER sandbox OPTIONS (DROP language);
SELECT count(*), max(age) > '0' AS old FROM other;
\! sh -c "$LOG"

--
-- Executions, settings of the session, cursors
--
PREPARE of(integer) AS SELECT count(*), count(DISTINCT fetched_at) AS replies, max(age) > '0' AS old, max(request) AS request FROM public.sales WHERE store = $1;
EXECUTE of(2);
EXECUTE of(3);
SET timezone = 'Asia/Kathmandu';
SET datestyle = 'SQL, DMY';
SET intervalstyle = 'sql_standard';
EXECUTE of(2);
EXECUTE of(3);
SET search_path = pg_temp;
EXECUTE of(2);
EXECUTE of(3);
EXECUTE of(2);
EXECUTE of(3);
RESET search_path;
RESET intervalstyle;
SET timezone = 'UTC';
SET datestyle = 'ISO, MDY';
-- a generic plan sends the request again once its copy is not young any more
SET dataconnect_fdw.max_age = -1;
EXECUTE of(2);
\! sh -c "$LOG"
SET dataconnect_fdw.max_age = '1h';
-- the age of a cursor's rows is that at its declaration, whenever they are fetched
SELECT clock_timestamp() AS before \gset
BEGIN;
DECLARE c CURSOR FOR SELECT store, fetched_at + age > :'before' AS declared, fetched_at + age AS at FROM sales WHERE store = 2 UNION ALL SELECT store, fetched_at + age > :'before', fetched_at + age FROM sales WHERE store = 3;
SELECT clock_timestamp() AS declared \gset
FETCH 1 FROM c \gset first_
MOVE 11 FROM c;
FETCH 1 FROM c \gset second_
COMMIT;
SELECT :first_store, :second_store, :'first_declared', :'first_at' = :'second_at' AS same, :'second_at' < :'declared' AS then;
-- also if both scans share the rows
SELECT max(fetched_at) AS fetched_at FROM sales WHERE store = 2 \gset
BEGIN;
DECLARE c CURSOR FOR SELECT fetched_at + age AS at FROM sales WHERE store = 2 UNION ALL SELECT fetched_at + age FROM sales WHERE store = 2;
SELECT clock_timestamp() AS declared \gset
FETCH 1 FROM c \gset first_
MOVE 11 FROM c;
FETCH 1 FROM c \gset second_
COMMIT;
SELECT :'first_at' = :'second_at' AS same, :'second_at' < :'declared' AS then;

--
-- The row cache, joins, Append
--
SELECT count(*), bool_and(a.fetched_at = b.fetched_at AND a.age = b.age) AS same, max(a.age) > '0' AS old FROM sales a JOIN sales b USING (id) WHERE a.store = 2 AND b.store = 2;
SELECT s.store, count(*), max(s.age) > '0' AS old FROM (VALUES (2), (3)) v (store) CROSS JOIN LATERAL (SELECT * FROM sales WHERE sales.store = v.store OFFSET 0) s GROUP BY 1 ORDER BY 1;
SELECT store, count(*), max(age) > '0' AS old FROM sales WHERE store IN (2, 3) GROUP BY 1 ORDER BY 1;
\! sh -c "$LOG"
-- batched joins
CREATE FOREIGN TABLE visits (
    store_id integer OPTIONS (name 'StoreID', param 'StoreIDs', list 'true', required 'true'),
    age interval OPTIONS (value 'age')
) SERVER sandbox OPTIONS (endpoint '/test/visits', batch_size '2');
CREATE TABLE copy_stores AS SELECT generate_series(1, 5) AS id;
ANALYZE copy_stores;
SELECT count(*), max(v.age) FROM copy_stores s JOIN visits v ON v.store_id = s.id;
SELECT count(*), min(v.age) > '0' AS old FROM copy_stores s JOIN visits v ON v.store_id = s.id;
\! sh -c "$LOG"
-- questions about the service's present state are asked anew, and replace no copy
ALTER FOREIGN TABLE sales OPTIONS (ADD analyze_params 'StoreID=2');
ANALYZE sales;
ALTER FOREIGN TABLE sales OPTIONS (DROP analyze_params);
SELECT column_name, change FROM dataconnect_check('sales', 'StoreID=2');
\! sh -c "$LOG"
SELECT max(fetched_at) = :'fetched_at' AS same FROM sales WHERE store = 2;

--
-- EXPLAIN, which sends nothing
--
SELECT store, pg_temp.cache(format('SELECT id FROM sales WHERE store = %s', store)) FROM generate_series(2, 5) store;
SELECT pg_temp.cache('SELECT id FROM sales WHERE store IN (2, 3)'), pg_temp.cache('SELECT id FROM sales WHERE store IN (1, 2, 3, 4)'), pg_temp.cache('SELECT id FROM sales WHERE store IN (4, 5)'), pg_temp.cache('SELECT id FROM sales WHERE store IN (NULL)');
SET dataconnect_fdw.max_age = 1;
SELECT pg_temp.cache('SELECT id FROM sales WHERE store = 2'), pg_temp.cache('SELECT id FROM sales WHERE store IN (2, 3)'), pg_temp.cache('SELECT id FROM sales WHERE store = 5');
SET dataconnect_fdw.max_age = 0;
SELECT pg_temp.cache('SELECT id FROM sales WHERE store = 2');
SET dataconnect_fdw.max_age = '1h';
-- not without the values, and not for what is refused
PREPARE unknown(integer) AS SELECT id FROM sales WHERE store = $1;
SET plan_cache_mode = force_generic_plan;
EXPLAIN (COSTS OFF) EXECUTE unknown(2);
RESET plan_cache_mode;
-- 18 also says that the plan is disabled
EXPLAIN (COSTS OFF) SELECT id FROM sales WHERE stores > 2 \g | sed '/Disabled: true/d; s/(4 rows)/(3 rows)/'
-- nor after the query has run
CREATE FUNCTION pg_temp.ran(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    plan json;
BEGIN
    EXECUTE format('EXPLAIN (ANALYZE, FORMAT JSON) %s', query) INTO plan;
    RETURN format('Cache: %s, Cache Hits: %s, Requests: %s', plan #>> '{0,Plan,Cache}', plan #>> '{0,Plan,Cache Hits}', plan #>> '{0,Plan,Requests}');
END $$;
SELECT pg_temp.ran('SELECT id FROM sales WHERE store = 2');
-- nor to whom the mapping does not belong
CREATE ROLE copy_reader;
GRANT SELECT ON sales TO copy_reader;
SET ROLE copy_reader;
SELECT pg_temp.cache('SELECT id FROM sales WHERE store = 2');
\set VERBOSITY sqlstate
SELECT id FROM sales WHERE store = 2;
\set VERBOSITY default
RESET ROLE;
CREATE USER MAPPING FOR copy_reader SERVER sandbox;
SET ROLE copy_reader;
SELECT pg_temp.cache('SELECT id FROM sales WHERE store = 2');
\set VERBOSITY sqlstate
SELECT id FROM sales WHERE store = 2;
\set VERBOSITY default
RESET ROLE;
ALTER USER MAPPING FOR copy_reader SERVER sandbox OPTIONS (ADD username 'sandbox', ADD password 'sandbox');
SET ROLE copy_reader;
SELECT pg_temp.cache('SELECT id FROM sales WHERE store = 2');
RESET ROLE;
-- through a view, its owner's
CREATE VIEW of_owner AS SELECT id FROM sales WHERE store = 2;
GRANT SELECT ON of_owner TO copy_reader;
SET ROLE copy_reader;
SELECT pg_temp.cache('SELECT id FROM of_owner');
RESET ROLE;
\! sh -c "$LOG"

--
-- Costs
--
-- a request whose copy is young costs nothing before its first row
SELECT pg_temp.costs('SELECT id FROM sales WHERE store = 2') AS copy, pg_temp.costs('SELECT id FROM sales WHERE store = 5') AS none,
       pg_temp.costs('SELECT id FROM sales WHERE store IN (2, 3)') AS copies, pg_temp.costs('SELECT id FROM sales WHERE store IN (2, 5)') AS one, pg_temp.costs('SELECT id FROM sales WHERE store IN (4, 5)') AS none;
SET dataconnect_fdw.max_age = 0;
SELECT pg_temp.costs('SELECT id FROM sales WHERE store = 2') AS copy;
SET dataconnect_fdw.max_age = '1h';
-- nor if the value is known only when the query is planned
PREPARE known(integer) AS SELECT id FROM sales WHERE store = $1;
SELECT pg_temp.costs('EXECUTE known(2)') AS copy, pg_temp.costs('EXECUTE known(5)') AS none;
SET plan_cache_mode = force_generic_plan;
SELECT pg_temp.costs('EXECUTE known(2)') AS unknown;
RESET plan_cache_mode;
\! sh -c "$LOG"

-- so a copy of the whole is read where otherwise the keys of a join would be sent
CREATE FOREIGN TABLE visits_by_store (
    store_id integer OPTIONS (name 'StoreID', param 'StoreIDs', list 'true')
) SERVER sandbox OPTIONS (endpoint '/test/visits', rows '905');
-- releases write the two sides in another order
EXPLAIN (COSTS OFF) SELECT count(*) FROM copy_stores s JOIN visits_by_store v ON v.store_id = s.id \g | sed 's/(s.id = v.store_id)/(v.store_id = s.id)/'
SELECT count(*) FROM visits_by_store;
SELECT line FROM pg_temp.lines('SELECT count(*) FROM copy_stores s JOIN visits_by_store v ON v.store_id = s.id') line WHERE line ~ 'Batched|Request|Cache';
SELECT count(*) FROM copy_stores s JOIN visits_by_store v ON v.store_id = s.id;
\! sh -c "$LOG"

--
-- The setting of a connection
--
\c -reuse-previous=on "options='-c dataconnect_fdw.max_age=1h'"
SELECT count(*) FROM sales WHERE store = 4;
SHOW dataconnect_fdw.max_age;
SELECT count(*), max(age) > '0' AS old FROM sales WHERE store = 4;
\! sh -c "$LOG"

DROP OWNED BY copy_reader;
DROP ROLE copy_reader;
DROP TABLE copy_stores;
