--
-- Plans that PostgreSQL makes only to compare costs: none raises an error, and none
-- runs with a value missing
--
\getenv srcdir PG_ABS_SRCDIR
\set setup :srcdir '/test/regress/setup.psql'
\set explained :srcdir '/test/regress/explained.psql'
\i :setup
\pset tuples_only on
\pset format unaligned
\set VERBOSITY terse

CREATE TABLE l AS SELECT i AS id FROM generate_series(1, 5) i;
ANALYZE l;
CREATE FOREIGN TABLE optional (id integer OPTIONS (name 'Id'), store integer OPTIONS (param 'StoreID'))
    SERVER sandbox OPTIONS (endpoint '/test/sales');
CREATE FOREIGN TABLE preset (id integer OPTIONS (name 'Id'), store integer OPTIONS (param 'StoreID', default '2'))
    SERVER sandbox OPTIONS (endpoint '/test/sales');
CREATE FOREIGN TABLE filtered (id integer OPTIONS (name 'Id'), store integer OPTIONS (name 'StoreID', param 'StoreID', default '2'))
    SERVER sandbox OPTIONS (endpoint '/test/sales');
CREATE FOREIGN TABLE required (id integer OPTIONS (name 'Id'), store integer OPTIONS (param 'StoreID', required 'true'))
    SERVER sandbox OPTIONS (endpoint '/test/sales');
CREATE FOREIGN TABLE dated (id integer OPTIONS (name 'Id'),
    sold timestamp OPTIONS (name 'DateCreated', param_from 'StartDate', param_to 'StopDate', required 'true'))
    SERVER sandbox OPTIONS (endpoint '/test/sales');
CREATE FOREIGN TABLE fixed (id integer OPTIONS (name 'Id'),
    sold timestamp OPTIONS (name 'DateCreated', param_from 'StartDate', param_to 'StopDate'))
    SERVER sandbox OPTIONS (endpoint '/test/sales', params 'StartDate=2026-03-01');

\i :explained

--
-- A subquery in an expression is planned a second time, for hashing
--
SELECT l.id, EXISTS (SELECT FROM optional r WHERE r.store = l.id), EXISTS (SELECT FROM preset r WHERE r.store = l.id),
    EXISTS (SELECT FROM filtered r WHERE r.store = l.id), EXISTS (SELECT FROM required r WHERE r.store = l.id) FROM l ORDER BY id;
SELECT l.id, id IN (SELECT r.store FROM optional r), id IN (SELECT r.store FROM preset r),
    id IN (SELECT r.store FROM filtered r), id IN (SELECT r.store FROM required r) FROM l ORDER BY id;
-- the number of rows in l decides on the plan, but not on the result
SELECT l.id, EXISTS (SELECT FROM optional r WHERE r.store = l.id), id IN (SELECT r.store FROM preset r) FROM (SELECT * FROM l ORDER BY id LIMIT 1) l;
-- wherever the subquery stands
SELECT count(*) FROM l WHERE EXISTS (SELECT FROM optional r WHERE r.store = l.id) OR id = 99;
SELECT count(*) FROM l WHERE NOT EXISTS (SELECT FROM optional r WHERE r.store = l.id) OR id = 99;
SELECT count(*) FROM l WHERE CASE WHEN EXISTS (SELECT FROM preset r WHERE r.store = l.id) THEN id < 4 END;
SELECT count(*) FILTER (WHERE EXISTS (SELECT FROM required r WHERE r.store = l.id)) FROM l;
SELECT id FROM l GROUP BY id HAVING id IN (SELECT r.store FROM optional r) ORDER BY 1 LIMIT 2;
SELECT id FROM l ORDER BY NOT EXISTS (SELECT FROM optional r WHERE r.store = l.id), id LIMIT 2;
SELECT a.id, b.id FROM l a LEFT JOIN l b ON a.id = b.id AND (EXISTS (SELECT FROM optional r WHERE r.store = a.id) OR b.id = 99) WHERE a.id > 3 ORDER BY 1;
SELECT ARRAY(SELECT (SELECT count(*) FROM required r WHERE r.store = l.id AND EXISTS (SELECT FROM optional o WHERE o.store = l.id)) FROM l ORDER BY l.id);
-- a copy of all makes hashing cheap
SET dataconnect_fdw.max_age = '1h';
SELECT count(*) > 0 FROM optional;
SELECT id, x FROM l, LATERAL (VALUES (EXISTS (SELECT FROM optional r WHERE r.store = l.id), 1), (false, 2)) v (x, y) WHERE y = 1 ORDER BY id;
SELECT id, x FROM l, XMLTABLE('/a' PASSING '<a/>' COLUMNS x boolean PATH 'b' DEFAULT EXISTS (SELECT FROM optional r WHERE r.store = l.id)) ORDER BY id;
RESET dataconnect_fdw.max_age;
SELECT count(*) FROM optional o, LATERAL (VALUES (o.store), (0)) v (s) WHERE s = 3;
ALTER TABLE l ADD sold boolean;
UPDATE l SET sold = EXISTS (SELECT FROM optional r WHERE r.store = l.id) RETURNING id IN (SELECT r.store FROM preset r), sold;
-- the log contains every requested value, and no other
\! $DATACONNECT_SANDBOX_CTL log-clear
SELECT count(*) FROM l WHERE id > 2 AND (EXISTS (SELECT FROM preset r WHERE r.store = l.id) OR id = 99);
SELECT count(*) FROM l WHERE id > 2 AND (id IN (SELECT r.store FROM preset r) OR id = 99);
\! sh -c "$LOG"

--
-- The sixth execution makes a generic plan, to compare its costs with those of
-- the others; each execution gives the same rows by the same request
--
CREATE FUNCTION seven(query text) RETURNS TABLE (result text) LANGUAGE plpgsql AS $$
BEGIN
    FOR i IN 1..7 LOOP
        EXECUTE query INTO result;
        RETURN NEXT;
    END LOOP;
END $$;
PREPARE value_or_all(integer) AS SELECT count(*) FROM required WHERE $1 IS NULL OR store = $1;
PREPARE value_or_default(text, integer) AS SELECT count(*) FROM preset WHERE $1 = 'any' OR store = $2;
PREPARE list_or_all(integer[]) AS SELECT count(*) FROM optional WHERE store = ANY ($1) OR $1 IS NULL;
PREPARE not_distinct(integer) AS SELECT count(*) FROM optional WHERE store IS NOT DISTINCT FROM $1;
PREPARE coalesced(integer) AS SELECT count(*) FROM optional WHERE store = coalesce($1, store);
PREPARE flt(integer) AS SELECT count(*) FROM filtered WHERE store IS NOT DISTINCT FROM $1;
PREPARE from_or_all(timestamp, timestamp) AS SELECT count(*) FROM dated WHERE ($1 IS NULL OR sold >= $1) AND sold < $2;
PREPARE from_or_fixed(timestamp) AS SELECT count(*) FROM fixed WHERE $1 IS NULL OR sold >= $1;
PREPARE from_coalesced(timestamp) AS SELECT count(*) FROM fixed WHERE sold >= coalesce($1, sold);
-- with a value
SELECT DISTINCT result FROM seven('EXECUTE value_or_all(1)');
SELECT DISTINCT result FROM seven($$EXECUTE value_or_default('one', 1)$$);
SELECT DISTINCT result FROM seven($$EXECUTE list_or_all('{1,2}')$$);
SELECT DISTINCT result FROM seven('EXECUTE not_distinct(1)');
SELECT DISTINCT result FROM seven('EXECUTE coalesced(1)');
SELECT DISTINCT result FROM seven('EXECUTE flt(1)');
\! sh -c "$LOG" | sort | uniq -c | sed 's/^ *//'
SELECT DISTINCT result FROM seven($$EXECUTE from_or_all('2026-02-01', '2026-02-11')$$);
SELECT DISTINCT result FROM seven($$EXECUTE from_or_fixed('2026-02-01')$$);
SELECT DISTINCT result FROM seven($$EXECUTE from_coalesced('2026-02-01')$$);
\! sh -c "$LOG" | sort | uniq -c | sed 's/^ *//'
-- with none, by generic plans
SET plan_cache_mode = force_generic_plan;
SELECT DISTINCT result FROM seven($$EXECUTE value_or_default('any', 1)$$);
SELECT DISTINCT result FROM seven('EXECUTE list_or_all(NULL)');
SELECT DISTINCT result FROM seven('EXECUTE not_distinct(NULL)');
SELECT DISTINCT result FROM seven('EXECUTE coalesced(NULL)');
SELECT DISTINCT result FROM seven('EXECUTE flt(NULL)');
\! sh -c "$LOG" | sort | uniq -c | sed 's/^ *//'
SELECT DISTINCT result FROM seven($$EXECUTE from_or_all(NULL, '2026-02-11')$$);
SELECT DISTINCT result FROM seven('EXECUTE from_or_fixed(NULL)');
SELECT DISTINCT result FROM seven('EXECUTE from_coalesced(NULL)');
\! sh -c "$LOG" | sort | uniq -c | sed 's/^ *//'
EXECUTE value_or_all(NULL);
-- the same by plans with values, from the start
SET plan_cache_mode = force_custom_plan;
EXECUTE value_or_default('any', 1);
EXECUTE list_or_all(NULL);
EXECUTE not_distinct(NULL);
EXECUTE coalesced(NULL);
EXECUTE flt(NULL);
\! sh -c "$LOG"
EXECUTE from_or_all(NULL, '2026-02-11');
EXECUTE from_or_fixed(NULL);
EXECUTE from_coalesced(NULL);
\! sh -c "$LOG"
EXECUTE value_or_all(NULL);
RESET plan_cache_mode;
-- a clause that can be sent only with known values never gets a generic plan
PREPARE by_case(boolean, integer) AS SELECT count(*) FROM required WHERE CASE WHEN $1 THEN store = $2 ELSE id = 1 END;
SELECT seven('EXECUTE by_case(false, 1)');
EXECUTE by_case(false, 1);
EXECUTE by_case(false, 1);
EXECUTE by_case(false, 1);
EXECUTE by_case(false, 1);
EXECUTE by_case(false, 1);
EXECUTE by_case(false, 1);
EXECUTE by_case(true, 1);
SET plan_cache_mode = force_generic_plan;
EXECUTE by_case(true, 1);
SELECT explained($q$EXECUTE by_case(true, 1)$q$);
SELECT explained($q$EXECUTE value_or_all(1)$q$);
RESET plan_cache_mode;
-- a condition that leaves a column without a value although it is compared elsewhere: an error only if it is true
PREPARE and_more(integer) AS SELECT count(*) FROM optional WHERE ($1 IS NULL OR store = $1) AND store > 1;
PREPARE and_not(integer) AS SELECT count(*) FROM optional WHERE store = coalesce($1, store) AND store <> 1;
PREPARE and_filter(integer) AS SELECT count(*) FILTER (WHERE store = 3) FROM optional WHERE $1 IS NULL OR store = $1;
PREPARE and_above(integer) AS SELECT count(*) FROM (SELECT * FROM optional WHERE $1 IS NULL OR store = $1 OFFSET 0) s WHERE store = 3;
PREPARE and_itself(integer) AS SELECT count(*) FROM optional a JOIN optional b ON a.store = b.store AND a.id = b.id WHERE $1 IS NULL OR a.store = $1;
PREPARE and_default(integer) AS SELECT count(*) FROM preset WHERE ($1 IS NULL OR store = $1) AND store > 2;
PREPARE and_with(integer) AS WITH s AS MATERIALIZED (SELECT * FROM optional) SELECT (SELECT count(*) FROM s WHERE $1 IS NULL OR store = $1), (SELECT count(*) FROM s WHERE store = 3);
PREPARE and_another(integer, integer) AS SELECT count(*) FROM optional WHERE ($1 IS NULL OR store = $1) AND ($2 IS NULL OR store = $2);
SELECT DISTINCT result FROM seven('EXECUTE and_more(3)');
SELECT DISTINCT result FROM seven('EXECUTE and_not(3)');
SELECT DISTINCT result FROM seven('EXECUTE and_filter(3)');
SELECT DISTINCT result FROM seven('EXECUTE and_above(3)');
SELECT DISTINCT result FROM seven('EXECUTE and_itself(3)');
SELECT DISTINCT result FROM seven('EXECUTE and_default(3)');
SELECT DISTINCT result FROM seven('EXECUTE and_with(3)');
SET plan_cache_mode = force_generic_plan;
EXECUTE and_more(3);
EXECUTE and_not(3);
EXECUTE and_filter(3);
EXECUTE and_above(3);
EXECUTE and_itself(3);
EXECUTE and_default(3);
EXECUTE and_with(3);
EXECUTE and_another(3, NULL);
EXECUTE and_another(NULL, 3);
EXECUTE and_another(NULL, NULL);
EXECUTE and_more(NULL);
EXECUTE and_not(NULL);
EXECUTE and_filter(NULL);
EXECUTE and_above(NULL);
EXECUTE and_itself(NULL);
EXECUTE and_default(NULL);
EXECUTE and_with(NULL);
SELECT explained($q$EXECUTE and_more(NULL)$q$);
SET plan_cache_mode = force_custom_plan;
EXECUTE and_more(NULL);
EXECUTE and_not(NULL);
EXECUTE and_filter(NULL);
EXECUTE and_above(NULL);
EXECUTE and_itself(NULL);
EXECUTE and_default(NULL);
EXECUTE and_with(NULL);
EXECUTE and_another(NULL, NULL);
RESET plan_cache_mode;
SELECT count(*) FROM optional WHERE (now() > '2000-01-01' OR store = 2) AND store > 1;
-- a join gives the value that is missing under the condition
PREPARE and_join(integer) AS SELECT count(*) FROM optional o JOIN l ON l.id = o.store WHERE $1 IS NULL OR o.store = $1;
SET plan_cache_mode = force_generic_plan;
EXECUTE and_join(NULL);
EXECUTE and_join(3);
RESET plan_cache_mode;
-- "NULL IN (SELECT ...)" is NULL if there is any row, which is not known if the column is compared
SELECT s.n, s.n IN (SELECT r.store FROM optional r) FROM (VALUES (1), (9), (NULL)) s(n);
SELECT s.n, s.n IN (SELECT r.store FROM optional r WHERE r.store < 4) FROM (VALUES (1), (5), (9)) s(n);
SELECT s.n, s.n IN (SELECT r.store FROM optional r WHERE r.store < 4) FROM (VALUES (1), (5), (NULL)) s(n);
-- in a function
CREATE FUNCTION of_store(s integer) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN RETURN (SELECT count(*) FROM required WHERE s IS NULL OR store = s); END $$;
SELECT DISTINCT result FROM seven('SELECT of_store(1)');

--
-- min() and max() are planned again as ORDER BY with LIMIT
--
SELECT max(store), min(store) FROM optional;
SELECT max(store), min(store) FROM preset;
SELECT max(store), min(store) FROM optional WHERE store IN (1, 2);
SELECT l.id, (SELECT max(r.id) FROM required r WHERE r.store = l.id) FROM l WHERE id < 3 ORDER BY 1;
SELECT max(id) FROM optional WHERE store IS NOT NULL;
SELECT * FROM (SELECT max(store) AS last FROM optional) s WHERE last = 1;

--
-- A path that is reparameterised for a partition keeps its values
--
CREATE TABLE whole (k integer) PARTITION BY LIST (k);
CREATE TABLE whole1 PARTITION OF whole FOR VALUES IN (1, 2);
CREATE TABLE whole2 PARTITION OF whole FOR VALUES IN (3, 4);
INSERT INTO whole VALUES (1), (3);
ANALYZE whole;
CREATE TABLE parts (id integer, k integer, p integer) PARTITION BY LIST (k);
CREATE FOREIGN TABLE parts1 (id integer OPTIONS (name 'Id'), k integer OPTIONS (name 'StoreID'), p integer OPTIONS (param 'StoreID', required 'true'))
    SERVER sandbox OPTIONS (endpoint '/test/sales');
ALTER TABLE parts ATTACH PARTITION parts1 FOR VALUES IN (1, 2);
CREATE FOREIGN TABLE parts2 (id integer OPTIONS (name 'Id'), k integer OPTIONS (name 'StoreID'), p integer OPTIONS (param 'StoreID', required 'true'))
    SERVER sandbox OPTIONS (endpoint '/test/sales');
ALTER TABLE parts ATTACH PARTITION parts2 FOR VALUES IN (3, 4);
\! $DATACONNECT_SANDBOX_CTL log-clear
SELECT count(*) FROM whole w JOIN parts f ON f.k = w.k AND f.p = w.k;
SELECT count(*) FROM whole w JOIN parts f ON f.k = w.k AND f.p = f.k;
SELECT count(*) FROM whole w WHERE EXISTS (SELECT FROM parts f WHERE f.k = w.k AND f.p = w.k);
\! sh -c "$LOG" | sort | uniq -c | sed 's/^ *//'
SET enable_partitionwise_join = on;
SELECT count(*) FROM whole w JOIN parts f ON f.k = w.k AND f.p = w.k;
SELECT count(*) FROM whole w JOIN parts f ON f.k = w.k AND f.p = f.k;
SELECT count(*) FROM whole w WHERE EXISTS (SELECT FROM parts f WHERE f.k = w.k AND f.p = w.k);
\! sh -c "$LOG" | sort | uniq -c | sed 's/^ *//'
RESET enable_partitionwise_join;

-- each partition's column reaches the outer query by way of another subquery
ALTER FOREIGN TABLE parts1 ALTER p OPTIONS (DROP required);
ALTER FOREIGN TABLE parts2 ALTER p OPTIONS (DROP required);
SELECT k, k IN (SELECT l.p FROM parts f, LATERAL (SELECT f.p OFFSET 0) l) FROM whole ORDER BY k;
\! sh -c "$LOG" | sort | uniq -c | sed 's/^ *//'

-- bounds that become several clauses once simplified
CREATE TABLE stores (id integer, store integer) PARTITION BY LIST (store);
CREATE TABLE stores_here PARTITION OF stores FOR VALUES IN (0, NULL);
CREATE FOREIGN TABLE stores_there (id integer OPTIONS (name 'Id'), store integer OPTIONS (name 'StoreID', param 'StoreID'))
    SERVER sandbox OPTIONS (endpoint '/test/sales');
ALTER TABLE stores ATTACH PARTITION stores_there DEFAULT;
SELECT explained($q$SELECT count(*) FROM stores$q$);
SELECT count(*) FROM stores;

--
-- A plan that never runs raises no error
--
\! $DATACONNECT_SANDBOX_CTL log-clear
SELECT id FROM required LIMIT 0;
SELECT id FROM optional WHERE store > 1 LIMIT 0;
CREATE TABLE copied AS SELECT * FROM required WITH NO DATA;
CREATE MATERIALIZED VIEW kept AS SELECT * FROM required WITH NO DATA;
SELECT id, store FROM required \gdesc
PREPARE described AS SELECT * FROM required;
SELECT explained($q$SELECT * FROM required$q$);
SELECT explained($q$SELECT * FROM optional WHERE store > 1$q$);
SELECT explained($q$SELECT * FROM dated$q$);
SELECT explained($q$EXECUTE described$q$);
SELECT count(*) FROM l WHERE false AND EXISTS (SELECT FROM required);
BEGIN;
DECLARE c CURSOR FOR SELECT * FROM required;
FETCH 0 FROM c;
FETCH 1 FROM c;
ROLLBACK;
EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) SELECT * FROM required;
REFRESH MATERIALIZED VIEW kept;
\! sh -c "$LOG"

SET client_min_messages = warning;
DROP TABLE l, whole, parts, stores, copied;
DROP MATERIALIZED VIEW kept;
DROP FUNCTION seven, of_store, explained;
DROP SERVER sandbox CASCADE;
