--
-- Joins whose keys are sent in batches
--
\getenv srcdir PG_ABS_SRCDIR
\set setup :srcdir '/test/regress/setup.psql'
\i :setup
\pset null (null)
-- how many values each request sent
\setenv KEYS '$DATACONNECT_SANDBOX_CTL log --fields method,params --clear | sed "s/%2C/,/g" | awk \'{ n = gsub(/,/, ","); print $1, n + 1 }\' | sort | uniq -c | sed "s/^ *//"'

CREATE FOREIGN TABLE visits (
    id integer OPTIONS (name 'Id'),
    store_id integer OPTIONS (name 'StoreID', param 'StoreIDs', list 'true', required 'true'),
    code text OPTIONS (name 'Code'),
    day date OPTIONS (name 'Day', param_from 'StartDate', param_to 'StopDate'),
    total numeric(19,4) OPTIONS (name 'Total')
) SERVER sandbox OPTIONS (endpoint '/test/visits');
-- the same by codes, which are not required
CREATE FOREIGN TABLE coded (
    id integer OPTIONS (name 'Id'),
    store_id bigint OPTIONS (name 'StoreID', param 'StoreIDs', list 'true'),
    code text OPTIONS (name 'Code', param 'Codes', list 'true'),
    day date OPTIONS (name 'Day', param_from 'StartDate', param_to 'StopDate')
) SERVER sandbox OPTIONS (endpoint '/test/visits', rows '1000000');
CREATE FOREIGN TABLE whole (
    id integer OPTIONS (name 'Id'),
    store_id integer OPTIONS (name 'StoreID'),
    code text OPTIONS (name 'Code'),
    day date OPTIONS (name 'Day'),
    total numeric(19,4) OPTIONS (name 'Total')
) SERVER sandbox OPTIONS (endpoint '/test/visits');
CREATE TABLE near AS SELECT * FROM whole;
CREATE TABLE stores AS
    SELECT i AS id, CASE i % 50 WHEN 1 THEN format('Nr. %s, ä', i) ELSE 'S' || i END AS code, i % 7 AS region, i::bigint AS big
      FROM generate_series(1, 500) i;
-- each key several times, some without a row, some NULL
CREATE TABLE calls AS
    SELECT i AS id, CASE WHEN i % 11 > 0 THEN i * 7 % 300 + 400 END AS store, i % 5 AS grade FROM generate_series(1, 2000) i;
CREATE TABLE periods AS SELECT i AS id, date '2026-01-01' + i * 20 AS since, date '2026-01-15' + i * 20 AS until FROM generate_series(0, 2) i;
ANALYZE near, stores, calls, periods;

CREATE FUNCTION rows_of(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    result text;
BEGIN
    EXECUTE format('SELECT string_agg(q::text, '' '' ORDER BY q::text) FROM (%s) q', query) INTO result;
    RETURN coalesce(result, 'none');
END $$;
CREATE FUNCTION batches_of(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    line text;
    result text[];
BEGIN
    FOR line IN EXECUTE 'EXPLAIN (ANALYZE) ' || query LOOP
        result := result || (regexp_match(line, 'Batches: (\d+)$'))[1] || (regexp_match(line, ' (Requests: \d+)$'))[1];
    END LOOP;
    RETURN array_to_string(result, ', ');
END $$;
-- the query over the named foreign table, in batches, and over the local copy
CREATE FUNCTION compare(query text, tablename text DEFAULT 'visits') RETURNS TABLE (same boolean, chars integer, batches text) LANGUAGE plpgsql AS $$
DECLARE
    far text := rows_of(query);
    near text := rows_of(regexp_replace(query, '\m' || tablename || '\M', 'near', 'g'));
BEGIN
    RETURN QUERY SELECT far = near, length(far), batches_of(query);
END $$;
-- releases differ in the order of an equality's sides
CREATE FUNCTION plan_of(query text, options text DEFAULT 'COSTS OFF') RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    line text;
BEGIN
    FOR line IN EXECUTE format('EXPLAIN (%s) %s', options, query) LOOP
        CONTINUE WHEN line ~ 'Bytes|Memory|Storage:|Buffers:|^ {8,}Output:';
        line := regexp_replace(line, '(rows=\d+)\.00|,\n *"Disabled": false(?=\n)|\n *"Disabled": false,', '\1', 'g');
        RETURN NEXT regexp_replace(line, '\((s\.\w+) = ((v\.)?store_id)\)', '(\2 = \1)', 'g');
    END LOOP;
END $$;
\! $DATACONNECT_SANDBOX_CTL log-clear

-- 500 stores, 100 of them in a request
SELECT count(*), sum(v.id) FROM stores s JOIN visits v ON v.store_id = s.id;
\! sh -c "$KEYS"
SELECT count(*), sum(v.id) FROM stores s JOIN near v ON v.store_id = s.id;
SELECT plan_of('SELECT s.code, v.total FROM stores s JOIN visits v ON v.store_id = s.id AND v.total > s.region WHERE v.day > ''2026-01-10''');
SELECT plan_of('SELECT s.code, v.total FROM stores s LEFT JOIN visits v ON v.store_id = s.id AND v.total > 10 * s.region WHERE s.region > 1 OR v.id IS NULL',
    'ANALYZE, VERBOSE, COSTS OFF, TIMING OFF, SUMMARY OFF');
SELECT plan_of('SELECT 1 FROM stores s JOIN visits v ON v.store_id = s.id', 'COSTS OFF, FORMAT JSON');
\! sh -c "$KEYS"

-- each kind of join; keys that are repeated, NULL, or without a row
SELECT * FROM compare('SELECT s.*, v.* FROM stores s JOIN visits v ON v.store_id = s.id');
SELECT * FROM compare('SELECT c.*, v.* FROM calls c JOIN visits v ON v.store_id = c.store');
SELECT * FROM compare('SELECT c.*, v.* FROM calls c LEFT JOIN visits v ON v.store_id = c.store');
SELECT * FROM compare('SELECT c.*, v.* FROM visits v RIGHT JOIN calls c ON v.store_id = c.store AND v.id % 3 = c.grade');
SELECT * FROM compare('SELECT c.* FROM calls c WHERE EXISTS (SELECT FROM visits v WHERE v.store_id = c.store)');
SELECT * FROM compare('SELECT c.* FROM calls c WHERE EXISTS (SELECT FROM visits v WHERE v.store_id = c.store AND v.id % 5 = c.grade)');
SELECT * FROM compare('SELECT c.* FROM calls c WHERE NOT EXISTS (SELECT FROM visits v WHERE v.store_id = c.store)');
SELECT * FROM compare('SELECT c.* FROM calls c WHERE NOT EXISTS (SELECT FROM visits v WHERE v.store_id = c.store AND v.id % 5 = c.grade)');
SELECT * FROM compare('SELECT c.* FROM calls c LEFT JOIN visits v ON v.store_id = c.store AND v.total > 450 WHERE v.id IS NULL');
SELECT * FROM compare('SELECT v.* FROM visits v WHERE v.store_id IN (SELECT store FROM calls)');
SELECT * FROM compare('SELECT c.*, v.id FROM calls c LEFT JOIN visits v ON v.store_id = c.store AND c.grade = 1 WHERE c.grade < 3 AND (v.id IS NULL OR v.id % 2 = 0)');

-- other conditions, on either side; other types; expressions; two keys
SELECT * FROM compare('SELECT s.*, v.* FROM stores s JOIN visits v ON v.store_id = s.id WHERE s.region = 3 AND v.day BETWEEN ''2026-01-10'' AND ''2026-02-10'' AND v.total > 100');
SELECT * FROM compare('SELECT s.*, v.* FROM stores s JOIN visits v ON v.store_id = s.big AND v.store_id BETWEEN 17 AND 220');
SELECT * FROM compare('SELECT s.*, v.* FROM stores s JOIN visits v ON v.store_id = s.big * 10000000 / 20000000');
SELECT * FROM compare('SELECT s.*, v.* FROM stores s JOIN visits v ON s.id - 1 = v.store_id AND s.code > v.code');
SELECT * FROM compare('SELECT s.*, v.* FROM stores s JOIN visits v ON v.store_id = s.id AND v.store_id IN (3, 5, 7, 250)');
SELECT * FROM compare('SELECT s.*, v.id FROM stores s JOIN visits v ON v.store_id = s.id AND v.id % 7 = s.region');
SELECT * FROM compare('SELECT s.id FROM (SELECT (1000000000000 + i) AS id FROM generate_series(1, 300) i) s LEFT JOIN visits v ON v.store_id = s.id');
\! $DATACONNECT_SANDBOX_CTL log-clear

-- texts: a value with a comma cannot be sent in a list, so the whole table is requested
SELECT * FROM compare('SELECT v.id, v.code, s.id FROM (SELECT * FROM stores WHERE id BETWEEN 2 AND 49) s JOIN coded v ON v.code = s.code', 'coded');
\! sh -c "$KEYS"
SELECT * FROM compare('SELECT v.id, v.code, s.id FROM (SELECT * FROM stores WHERE id BETWEEN 2 AND 51) s JOIN coded v ON v.code = s.code', 'coded');
SELECT * FROM compare('SELECT v.id, v.code, s.id FROM (SELECT id, nullif(code, ''S3'') AS code FROM stores WHERE id < 20) s LEFT JOIN coded v ON v.code = s.code', 'coded');
SELECT * FROM compare('SELECT v.id, s.id FROM (SELECT * FROM stores WHERE id < 40) s JOIN coded v ON v.code = s.code AND v.store_id = s.id', 'coded');
SELECT * FROM compare('SELECT v.id, s.code FROM (SELECT code::varchar FROM stores WHERE id < 40) s JOIN coded v ON v.code = s.code', 'coded');

-- no batches for one row, if batch_size turns them off, or if the parameter is no list
SELECT plan_of('SELECT * FROM stores s JOIN visits v ON v.store_id = s.id WHERE s.id = 7');
ALTER FOREIGN TABLE visits OPTIONS (ADD batch_size '1');
\! $DATACONNECT_SANDBOX_CTL log-clear
SELECT * FROM compare('SELECT s.*, v.* FROM (SELECT * FROM stores WHERE id < 8) s JOIN visits v ON v.store_id = s.id');
\! sh -c "$KEYS"
ALTER FOREIGN TABLE visits OPTIONS (DROP batch_size);
ALTER SERVER sandbox OPTIONS (ADD batch_size '1');
SELECT plan_of('SELECT s.* FROM stores s JOIN visits v ON v.store_id = s.id');
ALTER FOREIGN TABLE visits OPTIONS (ADD batch_size '3');
SELECT * FROM compare('SELECT s.*, v.* FROM (SELECT * FROM stores WHERE id < 8) s JOIN visits v ON v.store_id = s.id');
\! sh -c "$KEYS"
ALTER SERVER sandbox OPTIONS (DROP batch_size);
ALTER FOREIGN TABLE visits ALTER store_id OPTIONS (DROP list);
SELECT plan_of('SELECT s.* FROM stores s JOIN visits v ON v.store_id = s.id');
ALTER FOREIGN TABLE visits ALTER store_id OPTIONS (ADD list 'true');
ALTER FOREIGN TABLE visits OPTIONS (DROP batch_size);
-- no batches if rows are locked or changed
SELECT substring(line FROM 'Batched|Nested') FROM plan_of('SELECT s.* FROM stores s JOIN visits v ON v.store_id = s.id FOR UPDATE OF s') AS line WHERE line ~ 'Batched|Nested';
SELECT substring(line FROM 'Batched|Nested') FROM plan_of('UPDATE stores s SET region = 0 FROM visits v WHERE v.store_id = s.id') AS line WHERE line ~ 'Batched|Nested';
SELECT substring(line FROM 'Batched|Nested') FROM plan_of('DELETE FROM stores s USING visits v WHERE v.store_id = s.id') AS line WHERE line ~ 'Batched|Nested';
CREATE TABLE kept (store integer, visit integer);
INSERT INTO kept SELECT s.id, v.id FROM stores s JOIN visits v ON v.store_id = s.id;
SELECT count(*), sum(visit) FROM kept;
\! sh -c "$KEYS"

-- above and below: grouping, LIMIT, subqueries, LATERAL, another foreign table, two batched joins
SELECT * FROM compare('SELECT s.region, count(*), sum(v.total) FROM stores s JOIN visits v ON v.store_id = s.id GROUP BY s.region');
\! $DATACONNECT_SANDBOX_CTL log-clear
SELECT count(*) FROM (SELECT FROM stores s JOIN visits v ON v.store_id = s.id LIMIT 3) q;
SELECT count(*) FROM (SELECT DISTINCT ON (s.region) s.region, v.id FROM stores s JOIN visits v ON v.store_id = s.id ORDER BY 1, 2) q;
\! sh -c "$KEYS"
SELECT * FROM compare('SELECT r.region, l.* FROM (SELECT DISTINCT region FROM stores) r, LATERAL (SELECT s.id, v.id AS visit FROM stores s JOIN visits v ON v.store_id = s.id WHERE s.region = r.region AND v.total > r.region ORDER BY 1, 2 LIMIT 5) l');
SELECT * FROM compare('SELECT p.id, (SELECT count(*) FROM stores s JOIN visits v ON v.store_id = s.id AND v.day >= p.since AND v.day < p.until) FROM periods p');
SELECT * FROM compare('SELECT p.id, s.id, v.id FROM periods p JOIN stores s ON true JOIN visits v ON v.store_id = s.id AND v.day >= p.since AND v.day < p.until');
ALTER FOREIGN TABLE visits ALTER day OPTIONS (ADD required 'true');
SELECT * FROM compare('SELECT p.id, s.id, v.id FROM periods p JOIN stores s ON true JOIN visits v ON v.store_id = s.id AND v.day >= p.since AND v.day < p.until');
ALTER FOREIGN TABLE visits ALTER day OPTIONS (DROP required);
SELECT * FROM compare('SELECT p.id, c.id, v.id FROM periods p LEFT JOIN (calls c JOIN visits v ON v.store_id = c.store) ON v.day = p.since');
SELECT * FROM compare('SELECT w.id, v.id FROM whole w JOIN visits v ON v.store_id = w.store_id');
SELECT * FROM compare('SELECT v.id, u.id FROM stores s JOIN visits v ON v.store_id = s.id JOIN visits u ON u.store_id = v.store_id + 1 AND u.total < v.total + 10 * s.region');
SELECT * FROM compare('SELECT c.id, s.id, v.id FROM calls c LEFT JOIN stores s ON s.id = c.store LEFT JOIN visits v ON v.store_id = s.id AND s.region < 5');
SELECT * FROM compare('SELECT c.id, q.store, q.id FROM calls c LEFT JOIN (SELECT s.id AS store, coalesce(v.id, -1) AS id FROM stores s LEFT JOIN visits v ON v.store_id = s.id) q ON q.store = c.store');
SELECT * FROM compare('SELECT c.id, q.* FROM calls c LEFT JOIN (SELECT s.id, coalesce(v.id, 0) + s.region AS a, v.id AS b, v.total > s.region AS c FROM stores s LEFT JOIN visits v ON v.store_id = s.id AND v.total > 100) q ON q.id = c.store AND q.a % 2 = 0');
SELECT * FROM compare('SELECT s.id, q.* FROM stores s LEFT JOIN (SELECT v.store_id, coalesce(v.code, ''none'') AS code FROM visits v WHERE v.total > 200) q ON q.store_id = s.id AND q.code <> s.code || q.code WHERE q.code IS NULL OR s.id % 2 = 0');
SELECT * FROM compare('SELECT s.id, q.* FROM (SELECT c.store, coalesce(s.id, 3) AS id FROM calls c LEFT JOIN stores s ON s.id = c.store + 50) s LEFT JOIN (SELECT v.store_id, coalesce(v.code, ''none'') AS code FROM visits v) q ON q.store_id = s.id AND q.code > ''S''');
SELECT * FROM compare('SELECT s.id, v FROM stores s LEFT JOIN visits v ON v.store_id = s.id WHERE s.region IN (SELECT grade FROM calls)');
SELECT * FROM compare('SELECT s.id FROM stores s WHERE s.id < 30 AND s.region * 20 > (SELECT count(*) FROM visits v JOIN stores t ON t.id = v.store_id AND t.region = s.region WHERE v.total > s.id)');
SELECT * FROM compare('SELECT s.id, (SELECT max(c.id) FROM calls c WHERE c.store = v.store_id AND v.total > c.id) FROM stores s LEFT JOIN visits v ON v.store_id = s.id AND v.id > (SELECT min(c.id) FROM calls c WHERE c.store = s.id)');

-- clauses of a security barrier view are checked first, and the user's own mapping is used
CREATE ROLE regress_batches;
GRANT SELECT ON stores, visits, near TO regress_batches;
CREATE USER MAPPING FOR regress_batches SERVER sandbox OPTIONS (token 'sandbox-token');
ALTER TABLE stores ENABLE ROW LEVEL SECURITY;
CREATE POLICY few ON stores USING (region < 2);
SET ROLE regress_batches;
SELECT * FROM compare('SELECT s.id, v.*, v.tableoid > 0 FROM stores s JOIN visits v ON v.store_id = s.id AND v.total > s.region AND v.code <> s.code || s.region');
RESET ROLE;
DROP POLICY few ON stores;
ALTER TABLE stores DISABLE ROW LEVEL SECURITY;
DROP OWNED BY regress_batches;
DROP ROLE regress_batches;

-- prepared, with a custom and a generic plan; from PL/pgSQL; by cursors
PREPARE by_region(integer, numeric) AS SELECT count(*), sum(v.id) FROM stores s JOIN visits v ON v.store_id = s.id WHERE s.region = $1 AND v.total > $2;
EXECUTE by_region(3, 100);
SET plan_cache_mode = force_generic_plan;
EXECUTE by_region(3, 100);
EXECUTE by_region(4, 100);
ALTER FOREIGN TABLE visits OPTIONS (ADD batch_size '50');
\! $DATACONNECT_SANDBOX_CTL log-clear
EXECUTE by_region(4, 100);
\! sh -c "$KEYS"
ALTER FOREIGN TABLE visits OPTIONS (DROP batch_size);
RESET plan_cache_mode;
SELECT region, count(*), sum(id) FROM (SELECT s.region, v.id FROM stores s JOIN near v ON v.store_id = s.id WHERE s.region IN (3, 4) AND v.total > 100) q GROUP BY region ORDER BY region;
DO $$
DECLARE
    r record;
    n integer := 0;
    total bigint := 0;
BEGIN
    FOR i IN 1 .. 2 LOOP
        FOR r IN SELECT s.id, v.id AS visit FROM stores s JOIN visits v ON v.store_id = s.id WHERE s.region = i LOOP
            n := n + 1;
            total := total + r.visit;
        END LOOP;
    END LOOP;
    RAISE NOTICE '% rows, %', n, total;
END $$;
SELECT count(*), sum(v.id) FROM stores s JOIN near v ON v.store_id = s.id WHERE s.region IN (1, 2);
BEGIN;
DECLARE forwards CURSOR FOR SELECT s.id FROM stores s JOIN visits v ON v.store_id = s.id;
FETCH FORWARD 1 FROM forwards;
DECLARE scrolled SCROLL CURSOR WITH HOLD FOR SELECT count(*) OVER (), s.id FROM stores s LEFT JOIN visits v ON v.store_id = s.id ORDER BY s.id, v.id;
FETCH FORWARD 3 FROM scrolled;
FETCH BACKWARD 2 FROM scrolled;
\! $DATACONNECT_SANDBOX_CTL log-clear
CLOSE forwards;
COMMIT;
FETCH LAST FROM scrolled;
CLOSE scrolled;
\! sh -c "$KEYS"

-- memory for few rows: repeated keys are not requested again, unless there are very many
CREATE TABLE many AS
    SELECT i AS id, i % 120 + 1 AS store, i % 1100 + 1 AS distant, CASE i % 3 WHEN 0 THEN 5.0 WHEN 1 THEN 5.00 ELSE i % 7 END AS number, repeat('x', 100) AS filler
      FROM generate_series(1, 3000) i;
ANALYZE many;
CREATE FOREIGN TABLE numbered (id integer OPTIONS (name 'Id'), total numeric OPTIONS (name 'Total', param 'Totals', list 'true', required 'true'))
    SERVER sandbox OPTIONS (endpoint '/test/visits', batch_size '2');
SET work_mem = '64kB';
SET hash_mem_multiplier = 1;
-- with assertions, PostgreSQL's memory is counted otherwise, and a row more or less fits
SELECT same, chars, batches IN ('2, Requests: 2', '3, Requests: 3') AS none_again
  FROM compare('SELECT m.*, v.* FROM many m JOIN visits v ON v.store_id = m.store AND v.id % 2 = m.id % 2');
SELECT * FROM compare('SELECT m.id, v.id FROM many m LEFT JOIN visits v ON v.store_id = m.store');
SELECT * FROM compare('SELECT m.id FROM many m WHERE EXISTS (SELECT FROM visits v WHERE v.store_id = m.store)');
SELECT * FROM compare('SELECT m.id FROM many m WHERE NOT EXISTS (SELECT FROM visits v WHERE v.store_id = m.store AND v.id < m.id)');
ALTER FOREIGN TABLE visits OPTIONS (ADD batch_size '2');
SELECT * FROM compare('SELECT m.* FROM many m WHERE m.store % 4 = 3 AND EXISTS (SELECT FROM visits v WHERE v.store_id = m.store AND (v.id + 2) % 3 = m.id / 1000)');
ALTER FOREIGN TABLE visits OPTIONS (DROP batch_size);
SELECT * FROM compare('SELECT m.id, v.id FROM many m LEFT JOIN numbered v ON v.total = m.number', 'numbered');
SELECT * FROM compare('SELECT p.id, m.* FROM periods p, LATERAL (SELECT count(*), sum(v.id) FROM many m JOIN visits v ON v.store_id = m.store AND m.id % 3 > p.id) m');
SELECT same, chars, (regexp_match(batches, '^\d+'))[1]::integer BETWEEN 13 AND 60 AS some_again
  FROM compare('SELECT m.id, v.id FROM many m LEFT JOIN visits v ON v.store_id = m.distant');
RESET work_mem;
RESET hash_mem_multiplier;
SELECT * FROM compare('SELECT m.id, v.id FROM many m LEFT JOIN visits v ON v.store_id = m.distant');

-- a batch that is refused as too large is halved, without the option split
\! $DATACONNECT_SANDBOX_CTL settings '{"max_records": 40}'
SELECT * FROM compare('SELECT s.*, v.* FROM (SELECT * FROM stores WHERE id < 90) s LEFT JOIN visits v ON v.store_id = s.id');
ALTER FOREIGN TABLE visits OPTIONS (ADD split 'day');
SELECT * FROM compare('SELECT s.*, v.* FROM (SELECT * FROM stores WHERE id < 90) s LEFT JOIN visits v ON v.store_id = s.id AND v.day < ''2026-05-01''');
SELECT * FROM compare('SELECT s.*, v.* FROM (SELECT * FROM stores WHERE id < 90) s LEFT JOIN visits v ON v.store_id = s.id');
\! $DATACONNECT_SANDBOX_CTL settings '{"max_records": 2}'
SELECT s.id, v.id FROM (SELECT * FROM stores WHERE id < 9) s JOIN visits v ON v.store_id = s.id;
ALTER FOREIGN TABLE visits OPTIONS (DROP split);

-- rows that were not requested join nothing, even if their key is in a later batch
\! $DATACONNECT_SANDBOX_CTL reset
\! $DATACONNECT_SANDBOX_CTL document /test/visits '[{"Id": 1, "StoreID": 1}, {"Id": 2, "StoreID": 5}, {"Id": 3, "StoreID": 90}, {"Id": 4, "StoreID": null}, {"Id": 5}]'
ALTER FOREIGN TABLE visits OPTIONS (ADD batch_size '2');
SELECT s.id, v.id AS visit FROM (SELECT * FROM stores WHERE id < 7) s LEFT JOIN visits v ON v.store_id = s.id ORDER BY 1;

DROP TABLE near, stores, calls, periods, many, kept;
SET client_min_messages = warning;
DROP FUNCTION rows_of, batches_of, compare, plan_of;
DROP SERVER sandbox CASCADE;
