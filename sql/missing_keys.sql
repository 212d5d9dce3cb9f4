--
-- Keys that no record of a reply has: a warning, not a silent NULL
--
\getenv srcdir PG_ABS_SRCDIR
\set setup :srcdir '/test/regress/setup.psql'
\i :setup
\pset null (null)

CREATE SCHEMA "key s";
SET search_path = "key s", public;
\! $DATACONNECT_SANDBOX_CTL document /doc '[{"Id": 1, "Name": "a", "total": 5, "Other": 6}, {"Id": 2, "Name": null, "total": 7, "Other": 8}]'
CREATE FOREIGN TABLE t (id integer OPTIONS (name 'Id'), "Name" text, total integer OPTIONS (name 'Total'), far integer OPTIONS (name 'Nothing like it'))
    SERVER sandbox OPTIONS (endpoint '/doc');

--
-- A warning for each column that the query reads, with the key that may be meant
--
SELECT id, total FROM t;
SELECT id, far FROM t;
SELECT * FROM t WHERE far IS NULL ORDER BY id;
SELECT count(*), count(id) FROM t;
-- the hint's command helps
ALTER FOREIGN TABLE "key s".t ALTER COLUMN total OPTIONS (SET name 'total');
SELECT id, total FROM t;
ALTER FOREIGN TABLE t ALTER COLUMN total OPTIONS (SET name 'Total');

-- NULL is not a missing key, nor is a key that some record has; without records no key is missing.
\! $DATACONNECT_SANDBOX_CTL document /doc '[{"Id": 1, "Name": null}, {"Id": 2, "Total": 7, "Nothing like it": null}]'
SELECT * FROM t;
\! $DATACONNECT_SANDBOX_CTL document /doc '[]'
SELECT * FROM t;

-- The closest key: by case, then by words, then by letters; keys that a column reads are not proposed.
\! $DATACONNECT_SANDBOX_CTL document /doc '[{"Id": 1, "store_name": 1, "StoreNames": 2, "STORENAME": 3}]'
CREATE FOREIGN TABLE near (id integer OPTIONS (name 'Id'), s integer OPTIONS (name 'StoreName'), i integer OPTIONS (name 'ID'))
    SERVER sandbox OPTIONS (endpoint '/doc');
SELECT s FROM near;
\! $DATACONNECT_SANDBOX_CTL document /doc '[{"Id": 1, "StoreNames": 2, "store_name": 1}]'
SELECT s FROM near;
\! $DATACONNECT_SANDBOX_CTL document /doc '[{"Id": 1, "StoreNames": 2, "StoreTotal": 2}]'
SELECT s, i FROM near;
-- Keys that cannot be options are not proposed.  Quotes and many keys do no harm.
\! $DATACONNECT_SANDBOX_CTL document /doc '[{"Id": 1, "Store\u0007Name": 2, "": 3, "It'\''s \"x\"": 1, "k1": 1, "k2": 1, "k3": 1, "k4": 1, "k5": 1}]'
SELECT s FROM near;
ALTER FOREIGN TABLE near ALTER COLUMN s OPTIONS (SET name 'its "x"');
SELECT s FROM near;
DROP FOREIGN TABLE near;

--
-- A renamed column without the option name, or one whose parent's column was renamed
--
\! $DATACONNECT_SANDBOX_CTL document /doc '[{"Id": 1, "Name": "a"}, {"Id": 2, "Name": "b"}]'
CREATE TABLE parent ("Id" integer, "Name" text);
CREATE FOREIGN TABLE child ("Id" integer, "Name" text) SERVER sandbox OPTIONS (endpoint '/doc');
ALTER FOREIGN TABLE child INHERIT parent;
ALTER TABLE parent RENAME COLUMN "Name" TO name;
SELECT * FROM parent;
ALTER FOREIGN TABLE "key s".child ALTER COLUMN name OPTIONS (ADD name 'Name');
SELECT * FROM parent;

--
-- Generated columns
--
CREATE FOREIGN TABLE doubled ("Id" integer, twice integer GENERATED ALWAYS AS ("Id" * 2) STORED)
    SERVER sandbox OPTIONS (endpoint '/doc');
SELECT * FROM doubled;
\echo :SQLSTATE
SELECT d FROM doubled d;
SELECT "Id" FROM doubled WHERE twice = 2;
EXPLAIN SELECT twice FROM doubled;
SELECT "Id" FROM doubled;
SELECT count(*) FROM doubled;
DROP FOREIGN TABLE doubled;

--
-- Once a statement
--
\! $DATACONNECT_SANDBOX_CTL document /doc '[{"Id": 1, "total": 5}, {"Id": 2, "total": 7}]'
SELECT a.id, b.total FROM t a JOIN t b USING (total) RIGHT JOIN t c ON a.id = c.id;
SELECT g, (SELECT sum(total) FROM t WHERE id >= g) FROM generate_series(1, 3) g;
SELECT g, s FROM generate_series(1, 3) g, LATERAL (SELECT sum(total + g * random()) AS s FROM t) x;
-- Cached rows that are read twice; several requests of a scan, in sequence and in parallel.
WITH twice AS (SELECT total FROM t) SELECT count(*) FROM twice a, twice b;
CREATE FOREIGN TABLE visits (store integer OPTIONS (name 'StoreID', param 'StoreIDs', list 'true', required 'true'), totl numeric)
    SERVER sandbox OPTIONS (endpoint '/test/visits', batch_size '2');
CREATE TEMP TABLE few AS SELECT i FROM generate_series(1, 4) i;
ANALYZE few;
\! $DATACONNECT_SANDBOX_CTL log-clear
SELECT count(*) > 0 AS found, count(totl) FROM visits JOIN few ON store = i;
\! sh -c "$LOG"
CREATE FOREIGN TABLE sales (id integer OPTIONS (name 'Id'), store integer OPTIONS (name 'StoreID', param 'StoreID'), amont numeric)
    SERVER sandbox OPTIONS (endpoint '/test/sales');
SELECT count(*), count(amont) FROM sales WHERE store IN (1, 2, 3);
ALTER SERVER sandbox OPTIONS (SET max_concurrency '4');
SELECT count(*), count(amont) FROM sales WHERE store IN (1, 2, 3);
SELECT count(*), count(amont) FROM sales s, (VALUES (1), (2)) v (i) WHERE s.store = v.i;
-- Each partition is a table of its own.
ALTER SERVER sandbox OPTIONS (SET async_capable 'true');
CREATE TABLE whole (id integer, store integer, amont numeric) PARTITION BY LIST (store);
ALTER TABLE whole ATTACH PARTITION sales FOR VALUES IN (1);
CREATE FOREIGN TABLE other_sales (id integer OPTIONS (name 'Id'), store integer OPTIONS (name 'StoreID', param 'StoreID'), amont numeric)
    SERVER sandbox OPTIONS (endpoint '/test/sales');
ALTER TABLE whole ATTACH PARTITION other_sales FOR VALUES IN (2);
SELECT id, amont FROM whole WHERE store = 2 AND id < 10 UNION ALL SELECT id, amont FROM whole WHERE store = 2 AND id > 1000;
ALTER SERVER sandbox OPTIONS (SET async_capable 'false');
-- Again in the next statement, also in a prepared one.
PREPARE p AS SELECT total FROM t WHERE id = $1;
EXECUTE p (1);
EXECUTE p (2);
SET plan_cache_mode = force_generic_plan;
EXECUTE p (2);
RESET plan_cache_mode;
-- No warning for a reply that is not read to its end; one for a cursor that is.
SELECT total FROM t LIMIT 1;
BEGIN;
DECLARE c SCROLL CURSOR FOR SELECT total FROM t;
FETCH 1 FROM c;
FETCH ALL FROM c;
MOVE ABSOLUTE 0 FROM c;
FETCH ALL FROM c;
COMMIT;
-- EXPLAIN warns of nothing, ANALYZE does.
EXPLAIN (COSTS OFF) SELECT total FROM t;
ALTER FOREIGN TABLE t OPTIONS (ADD analyze_params 'a=1');
ANALYZE t;
ALTER FOREIGN TABLE t OPTIONS (DROP analyze_params);

--
-- The option missing_key
--
ALTER FOREIGN TABLE t OPTIONS (ADD missing_key 'error');
SELECT id, total FROM t;
\echo :SQLSTATE
SELECT id FROM t;
SELECT total FROM t LIMIT 1;
BEGIN;
DECLARE c CURSOR FOR SELECT id, total FROM t;
FETCH 2 FROM c;
FETCH 1 FROM c;
ROLLBACK;
ALTER FOREIGN TABLE t OPTIONS (SET missing_key 'ignore');
SELECT id, total FROM t;
-- the table's option overrides the server's
ALTER SERVER sandbox OPTIONS (ADD missing_key 'error');
SELECT id, total FROM t;
ALTER FOREIGN TABLE t OPTIONS (DROP missing_key);
SELECT id, total FROM t;
ALTER SERVER sandbox OPTIONS (SET missing_key 'Ignore');
SELECT id, total FROM t;
ALTER SERVER sandbox OPTIONS (DROP missing_key);
ALTER FOREIGN TABLE t OPTIONS (ADD missing_key 'never');

--
-- Other formats
--
ALTER FOREIGN TABLE t OPTIONS (ADD format 'jsondatatable');
\! $DATACONNECT_SANDBOX_CTL document /doc '{"Schema": [{"Column_Name": "Total"}], "Records": [{"Id": 1, "total": 5}]}'
SELECT id, total FROM t;
ALTER FOREIGN TABLE t OPTIONS (SET format 'csv');
\! $DATACONNECT_SANDBOX_CTL fault '{"body": "Id,total\r\n1,5\r\n2,\r\n"}'
SELECT id, total FROM t;
\! $DATACONNECT_SANDBOX_CTL fault '{"body": "Id,total\r\n"}'
SELECT id, total FROM t;
\! $DATACONNECT_SANDBOX_CTL fault '{"body": "Id,Total\r\n1,\r\n"}'
SELECT id, total FROM t;
-- In XML a NULL has no element: only a key that may have been renamed gets a warning.
ALTER FOREIGN TABLE t OPTIONS (SET format 'xml');
\! $DATACONNECT_SANDBOX_CTL fault '{"body": "<Table><Record><Id>1</Id></Record></Table>"}'
SELECT id, total, far FROM t;
\! $DATACONNECT_SANDBOX_CTL fault '{"body": "<Table><Record><Id>1</Id><total>5</total></Record></Table>"}'
SELECT id, total, far FROM t;
\! $DATACONNECT_SANDBOX_CTL fault '{"body": "<Table><Record/><Record><Id>1</Id><total>5</total></Record></Table>"}'
SELECT id, total, far FROM t;
-- Records with NULL in all columns of the table come first: they are valid rows.
\! $DATACONNECT_SANDBOX_CTL fault '{"body": "<Table><Record/><Record><Other>1</Other></Record><Record><Id>3</Id></Record><Record/></Table>"}'
SELECT id, "Name" FROM t;
\! $DATACONNECT_SANDBOX_CTL fault '{"body": "<Table><Record/><Record/></Table>"}'
SELECT id, "Name" FROM t;
\! $DATACONNECT_SANDBOX_CTL fault '{"body": "<Table><Record/><Record><Other>1</Other></Record><Record><Id>3</Id></Record><Record/></Table>"}'
SELECT count(*) FROM t;
\! $DATACONNECT_SANDBOX_CTL fault '{"body": "<Table><Record/><Record><Other>1</Other></Record><Record><Id>3</Id></Record></Table>"}'
SELECT count(*) FROM (SELECT id FROM t LIMIT 2) x;
-- a reply whose records have only other keys is an error
\! $DATACONNECT_SANDBOX_CTL fault '{"body": "<Table><Record/><Record><Other>1</Other><a_x0020_b>2</a_x0020_b></Record><Record><More>1</More></Record></Table>"}'
SELECT id, "Name" FROM t;
\echo :SQLSTATE
\! $DATACONNECT_SANDBOX_CTL fault '{"body": "<Table><Record/><Record><Other>1</Other></Record></Table>"}'
SELECT count(*) FROM t;
\! $DATACONNECT_SANDBOX_CTL fault '{"body": "<Table><Record><Other>1</Other></Record></Table>"}'
SELECT id FROM t LIMIT 1;
-- each value is still checked
CREATE DOMAIN filled AS text CHECK (VALUE IS NOT NULL);
ALTER FOREIGN TABLE t ALTER COLUMN "Name" TYPE filled;
\! $DATACONNECT_SANDBOX_CTL fault '{"body": "<Table><Record/><Record><Id>3</Id><Name>x</Name></Record></Table>"}'
SELECT id, "Name" FROM t;

SET client_min_messages = warning;
DROP SCHEMA "key s" CASCADE;
