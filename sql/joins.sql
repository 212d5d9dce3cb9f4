--
-- Values supplied by a join: paths parameterised by the other side
--
\getenv srcdir PG_ABS_SRCDIR
\set setup :srcdir '/test/regress/setup.psql'
\i :setup
SET dataconnect_fdw.learn = off;
\pset null (null)

-- the service filters by store and date; parameter columns send the values
CREATE FOREIGN TABLE sales (
    id integer OPTIONS (name 'Id'),
    store_id integer OPTIONS (name 'StoreID'),
    date_created timestamp OPTIONS (name 'DateCreated'),
    store integer OPTIONS (param 'StoreID', required 'true'),
    since timestamptz OPTIONS (param 'StartDate'),
    until timestamptz OPTIONS (param 'StopDate')
) SERVER sandbox OPTIONS (endpoint '/test/sales');
-- the same with filtered columns, which PostgreSQL checks again
CREATE FOREIGN TABLE filtered (
    id integer OPTIONS (name 'Id'),
    store_id integer OPTIONS (name 'StoreID', param 'StoreID'),
    date_created timestamp OPTIONS (name 'DateCreated', param_from 'StartDate', param_to 'StopDate')
) SERVER sandbox OPTIONS (endpoint '/test/sales');
CREATE TABLE local AS SELECT * FROM filtered;
CREATE TABLE stores (id integer, name text, region integer);
INSERT INTO stores VALUES (1, 'one', 1), (2, 'two', 1), (3, 'three', 2), (NULL, 'none', 2), (99, 'empty', 2);
CREATE TABLE regions (id integer, chosen integer);
INSERT INTO regions VALUES (1, 2), (2, 3);
CREATE TABLE periods (id integer, start timestamptz, stop timestamptz);
INSERT INTO periods VALUES (1, '2026-01-05', '2026-01-20'), (2, '2026-02-01', '2026-02-10'), (3, NULL, '2026-03-01');
ANALYZE stores, regions, periods;
\! $DATACONNECT_SANDBOX_CTL log-clear

-- only the join supplies the required parameter: a request for each value, none for NULL
CREATE FUNCTION plan_of(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    line text;
BEGIN
    -- which side of an equality stands first differs between releases
    FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP
        RETURN NEXT regexp_replace(line, '\((\$0|s\.id) = (store|store_id)\)', '(\2 = \1)');
    END LOOP;
END $$;
SELECT plan_of('SELECT count(*) FROM stores s JOIN sales r ON r.store = s.id');
SELECT s.name, count(*), count(*) = (SELECT count(*) FROM local WHERE store_id = s.id) AS same, min(r.store) AS store
  FROM stores s JOIN sales r ON r.store = s.id GROUP BY s.id, s.name ORDER BY s.id;
\! sh -c "$LOG"

-- operands swapped, an expression, an additional restriction, a cast
SELECT count(*) FROM sales r, stores s WHERE s.id + 1 = r.store AND s.region = 1;
SELECT count(*) FROM sales r JOIN stores s ON r.store = s.id AND r.store > 1 WHERE s.region = 1;
SELECT count(*) FROM sales r JOIN (SELECT id::bigint FROM stores WHERE id = 3) s ON r.store = s.id;
\! sh -c "$LOG"

-- outer, semi and anti joins, subqueries, LATERAL
SELECT s.name, count(r.id) FROM stores s LEFT JOIN sales r ON r.store = s.id GROUP BY s.id, s.name ORDER BY s.id;
SELECT name FROM stores s WHERE EXISTS (SELECT FROM sales r WHERE r.store = s.id) ORDER BY id;
SELECT name FROM stores s WHERE NOT EXISTS (SELECT FROM sales r WHERE r.store = s.id) ORDER BY id;
SELECT count(*) FROM sales WHERE store IN (SELECT id FROM stores WHERE region = 1);
SELECT s.name, l.id FROM stores s, LATERAL (SELECT id FROM sales WHERE store = s.id ORDER BY id LIMIT 1) l ORDER BY s.id;
SELECT s.name, (SELECT count(*) FROM sales WHERE store = s.id) FROM stores s ORDER BY s.id;
WITH chosen AS MATERIALIZED (SELECT id FROM stores WHERE region = 2) SELECT count(*) FROM chosen c JOIN sales r ON r.store = c.id;
\! sh -c "$LOG"

-- values of two tables, joined in whatever order supplies them
SELECT count(*) FROM stores s JOIN sales r ON r.store = s.id JOIN periods p ON r.since = p.start AND r.until = p.stop WHERE s.region = 1;
SELECT count(*) FROM regions g JOIN stores s ON s.region = g.id JOIN sales r ON r.store = g.chosen AND r.store_id = s.id;
SELECT (SELECT count(*) FROM regions g JOIN stores s ON s.region = g.id JOIN local r ON r.store_id = g.chosen AND r.store_id = s.id) AS should_be;
\! sh -c "$LOG"

-- whichever plan types are disabled
SET enable_nestloop = off;
SELECT count(*) FROM stores s JOIN sales r ON r.store = s.id WHERE s.region = 1;
SET enable_material = off;
SET enable_memoize = off;
SELECT count(*) FROM stores s JOIN sales r ON r.store = s.id WHERE s.region = 1;
RESET enable_nestloop;
RESET enable_material;
RESET enable_memoize;

\! $DATACONNECT_SANDBOX_CTL log-clear

-- equal values share one request if the planner uses Memoize
CREATE TABLE visits AS SELECT 1 + i % 2 AS id FROM generate_series(1, 100) i;
ANALYZE visits;
SELECT count(*) FROM visits v JOIN sales r ON r.store = v.id;
\! sh -c "$LOG"

-- filtered columns: a small table is fetched whole; of a large one only the rows that match
SELECT plan_of('SELECT count(*) FROM stores s JOIN filtered r ON r.store_id = s.id');
ALTER FOREIGN TABLE filtered OPTIONS (ADD rows '1000000');
SELECT plan_of('SELECT count(*) FROM stores s JOIN filtered r ON r.store_id = s.id');
SELECT s.name, count(*), count(*) = (SELECT count(*) FROM local WHERE store_id = s.id) AS same
  FROM stores s JOIN filtered r ON r.store_id = s.id GROUP BY s.id, s.name ORDER BY s.id;
SELECT p.id, count(*), count(*) = (SELECT count(*) FROM local WHERE date_created >= p.start AND date_created < p.stop) AS same
  FROM periods p JOIN filtered r ON r.date_created >= p.start AND r.date_created < p.stop GROUP BY p.id, p.start, p.stop ORDER BY p.id;
SELECT count(*), count(*) = (SELECT count(*) FROM stores s JOIN periods p ON true JOIN local r ON r.store_id = s.id AND r.date_created > p.start AND r.date_created <= p.stop) AS same
  FROM stores s JOIN periods p ON p.id < 3 JOIN filtered r ON r.store_id = s.id AND r.date_created > p.start AND r.date_created <= p.stop;
\! sh -c "$LOG"
ALTER FOREIGN TABLE filtered OPTIONS (DROP rows);

-- partitions and UNION ALL
CREATE TABLE parent (id integer, store_id integer, date_created timestamp, store integer, since timestamptz, until timestamptz)
    PARTITION BY LIST (store);
ALTER TABLE parent ATTACH PARTITION sales FOR VALUES IN (1, 2, 3);
SELECT s.name, count(*) FROM stores s JOIN parent r ON r.store = s.id GROUP BY s.id, s.name ORDER BY s.id;
ALTER TABLE parent DETACH PARTITION sales;
DROP TABLE parent;
SELECT s.name, count(*)
  FROM stores s JOIN (SELECT store, id FROM sales UNION ALL SELECT store, -id FROM sales) r ON r.store = s.id
 GROUP BY s.id, s.name ORDER BY s.id;

-- prepared, with a custom and a generic plan
PREPARE by_region(integer) AS SELECT count(*) FROM stores s JOIN sales r ON r.store = s.id WHERE s.region = $1 AND r.since = '2026-01-10' AND r.until = '2026-02-10';
EXECUTE by_region(1);
SET plan_cache_mode = force_generic_plan;
EXECUTE by_region(1);
RESET plan_cache_mode;
DEALLOCATE by_region;

-- a join's value replaces the default, however the join is planned
CREATE FOREIGN TABLE preset (
    id integer OPTIONS (name 'Id'),
    store integer OPTIONS (param 'StoreID', default '1'),
    stores integer OPTIONS (param 'StoreIDs', list 'true')
) SERVER sandbox OPTIONS (endpoint '/test/sales');
CREATE FOREIGN TABLE always (
    id integer OPTIONS (name 'Id'),
    store_id integer OPTIONS (name 'StoreID', param 'StoreID'),
    date_created timestamp OPTIONS (name 'DateCreated', param_from 'StartDate', param_to 'StopDate')
) SERVER sandbox OPTIONS (endpoint '/test/sales', params 'StoreID=1&StopDate=2026-01-31');
\! $DATACONNECT_SANDBOX_CTL log-clear
SELECT s.name, count(*) FROM stores s JOIN preset r ON r.store = s.id GROUP BY s.id, s.name ORDER BY s.id;
SELECT s.name, count(*) FROM stores s JOIN always r ON r.store_id = s.id GROUP BY s.id, s.name ORDER BY s.id;
SET enable_nestloop = off;
SELECT s.name, count(*) FROM stores s JOIN preset r ON r.store = s.id GROUP BY s.id, s.name ORDER BY s.id;
SELECT s.name, count(*) FROM stores s JOIN always r ON r.store_id = s.id GROUP BY s.id, s.name ORDER BY s.id;
RESET enable_nestloop;
\! sh -c "$LOG"
-- if no join can supply a value, the default is not sent either; nor for one end of a window
SELECT s.name, count(*) FROM preset r LEFT JOIN stores s ON r.store = s.id GROUP BY s.id, s.name ORDER BY s.id;
SELECT count(*) FROM periods p JOIN always r ON r.date_created >= p.start WHERE p.id = 1 AND r.store_id = 2;
SELECT count(*) FROM preset a JOIN preset b ON a.store = b.store;
\! sh -c "$LOG"
-- also equal to another column, which the planner compares with the join's instead
\! $DATACONNECT_SANDBOX_CTL log-clear
SELECT count(*) FROM stores s JOIN sales r ON r.store_id = s.id AND r.store = s.id;
SELECT count(*) FROM stores s JOIN sales r ON r.store = s.id AND r.store_id = r.store AND r.store = s.region;
SELECT count(*) FROM stores s JOIN regions g ON g.chosen = s.id JOIN sales r ON r.store_id = g.chosen AND r.store = r.store_id;
\! sh -c "$LOG"

-- if no join could supply it, the error names the column
SELECT count(*) FROM sales r JOIN stores s ON r.store < s.id;
SELECT count(*) FROM sales r JOIN stores s ON r.store_id = s.id;
SELECT count(*) FROM sales r LEFT JOIN stores s ON r.store = s.id;
SELECT count(*) FROM sales r FULL JOIN stores s ON r.store = s.id;
SELECT count(*) FROM sales a JOIN sales b ON a.store = b.store;
SELECT count(*) FROM sales r JOIN stores s ON r.store = r.id + s.id;
SELECT count(*) FROM sales r JOIN stores s ON r.store = s.id + (random() * 0)::integer;

DROP TABLE local, stores, regions, periods, visits;
SET client_min_messages = warning;
DROP FUNCTION plan_of;
DROP SERVER sandbox CASCADE;
