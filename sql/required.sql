--
-- Required parameters, defaults, and parameter columns
--
\getenv srcdir PG_ABS_SRCDIR
\set setup :srcdir '/test/regress/setup.psql'
\set explained :srcdir '/test/regress/explained.psql'
\i :setup
\set VERBOSITY verbose
\set SHOW_CONTEXT never

CREATE FOREIGN TABLE report (
    id integer OPTIONS (name 'Id'),
    date_created timestamp OPTIONS (name 'DateCreated'),
    start_date timestamptz OPTIONS (param 'StartDate', required 'true'),
    stop_date timestamptz OPTIONS (param 'StopDate', required 'true'),
    "Store" integer OPTIONS (param 'StoreID', required 'true'),
    stores integer OPTIONS (param 'StoreIDs', list 'true')
) SERVER sandbox OPTIONS (endpoint '/test/sales');
\set VERBOSITY default

-- the error names each missing column, and shows a clause that would run
SELECT count(*) FROM report;
SELECT count(*) FROM report WHERE start_date = '2026-01-01';
SELECT count(*) FROM report WHERE start_date = '2026-01-01' AND stop_date IS NULL AND "Store" = 1;
\i :explained
SELECT explained('SELECT count(*) FROM report');
DROP FUNCTION explained;
SELECT count(*) FROM report WHERE start_date = '2026-01-01' AND stop_date = '2026-02-01' AND "Store" = 1;

-- a value that is NULL at run time matches nothing
PREPARE p(integer) AS SELECT count(*) FROM report WHERE start_date = '2026-01-01' AND stop_date = '2026-02-01' AND "Store" = $1;
EXECUTE p(NULL);
EXECUTE p(2);
DEALLOCATE p;

-- nothing is planned if nothing can match
SELECT count(*) FROM report WHERE false;
\! sh -c "$LOG"

-- a parameter column in a comparison that gives no value to send
CREATE FOREIGN TABLE optional (
    id integer OPTIONS (name 'Id'),
    store integer OPTIONS (param 'StoreID')
) SERVER sandbox OPTIONS (endpoint '/test/sales');
SELECT count(*) FROM optional WHERE store > 1;
SELECT count(*) FROM optional WHERE store <> 1;
SELECT count(*) FROM optional WHERE store IS NOT NULL;
SELECT count(*) FROM optional WHERE store = 1 OR id = 1;
SELECT count(*) FROM optional WHERE store = id;
SELECT count(*) FROM optional WHERE store = 1.5;
SELECT count(*) FROM optional WHERE coalesce(store, 1) = 1;
SELECT count(*) FROM optional o JOIN generate_series(1, 2) s(i) ON o.store = s.i;
SELECT count(*) FROM optional o JOIN generate_series(1, 2) s(i) ON o.store < s.i;
SELECT count(*) FROM optional o LEFT JOIN generate_series(1, 2) s(i) ON o.store = s.i;
SELECT count(*) FROM generate_series(1, 2) s(i) LEFT JOIN optional o ON o.store = s.i;
SELECT count(*) FROM optional WHERE store IN (SELECT generate_series(1, 2));
SELECT count(*) FROM optional WHERE store NOT IN (SELECT generate_series(1, 2));
SELECT count(*) FROM generate_series(1, 2) s(i), LATERAL (SELECT * FROM optional WHERE store = s.i) o;

-- in an equality inside another expression, in a subquery, and in HAVING
SELECT count(*) FROM optional o JOIN generate_series(1, 2) s(i) ON o.store + 1 = s.i;
SELECT count(*) FROM optional o, generate_series(1, 2) s(i), generate_series(1, 2) r(i) WHERE o.store + s.i = r.i;
SELECT count(*) FROM (SELECT store FROM optional UNION ALL SELECT 2) o JOIN generate_series(1, 2) s(i) ON o.store + 0 = s.i;
SELECT count(*) FROM (SELECT store + 0 AS store FROM optional UNION ALL SELECT 2) o JOIN generate_series(1, 2) s(i) ON o.store = s.i;
SELECT count(*) FROM optional o, LATERAL (SELECT FROM generate_series(1, 2) s(i) WHERE s.i = o.store OFFSET 0) l;
SELECT store, count(*) FROM optional GROUP BY ROLLUP (store) HAVING store = 1;
SELECT count(*) FILTER (WHERE store = 1) FROM optional;
SELECT count(*) FILTER (WHERE store = 1) OVER () FROM optional;
-- if it is only returned, it is NULL
SELECT store, s.i, count(*) FROM optional o, LATERAL coalesce(o.store, 9) AS s(i) GROUP BY 1, 2 ORDER BY store;
\! sh -c "$LOG"

--
-- Comparisons outside the clauses of the table itself
--
CREATE TABLE l AS SELECT i AS id FROM generate_series(1, 7) i;
INSERT INTO l VALUES (NULL);
ANALYZE l;
-- by way of the whole row
SELECT count(*) FROM optional o WHERE o = ROW(5, 1)::optional;
SELECT count(*) FROM optional o WHERE (to_jsonb(o) ->> 'store')::integer = 1;
SELECT o = ROW(5, 1)::optional FROM optional o LIMIT 1;
SELECT count(*) FROM (SELECT o FROM optional o OFFSET 0) s WHERE (s.o).store = 1;
SELECT count(*) FROM (SELECT o FROM optional o OFFSET 0) s WHERE (s.o).id = 1;
-- in the target list
SELECT sum(CASE WHEN store = 1 THEN id END), sum(CASE WHEN store = 2 THEN id END) FROM optional;
SELECT sum(CASE store WHEN 1 THEN id END) FROM optional;
SELECT bool_or(store = 1) FROM optional;
SELECT count(nullif(store, 1)) FROM optional;
SELECT store = ANY ('{1,2}') FROM optional LIMIT 1;
SELECT store BETWEEN 1 AND 2, id FROM optional ORDER BY id LIMIT 1;
SELECT (SELECT l.id FROM l WHERE l.id = o.store) FROM optional o LIMIT 1;
SELECT store, count(*) OVER (PARTITION BY store = 1) FROM optional LIMIT 1;
SELECT count(*) FROM optional GROUP BY store > 1;
SELECT id FROM optional ORDER BY store <> 1, id LIMIT 1;
SELECT id FROM optional LIMIT (SELECT count(*) FROM optional o WHERE o.store > 4);
-- in an outer query that the subquery is not merged into
SELECT count(*) FROM (SELECT * FROM optional ORDER BY id LIMIT 5) s WHERE store = 1;
SELECT count(*) FROM (SELECT DISTINCT ON (id) id, store FROM optional) s WHERE store = 1;
SELECT count(*) FROM (SELECT store, row_number() OVER (ORDER BY id) FROM optional) s WHERE store = 1;
SELECT count(*) FROM (SELECT max(store) AS last FROM optional) s WHERE last = 1;
SELECT count(*) FROM (SELECT store + 0 AS s0 FROM optional OFFSET 0) s JOIN l ON l.id = s.s0;
SELECT CASE WHEN s.store = 1 THEN 'one' END FROM (SELECT store FROM optional LIMIT 1) s;
SELECT count(*) FROM (SELECT * FROM (SELECT * FROM optional LIMIT 5) a OFFSET 0) b WHERE store = 1;
SELECT (SELECT max(store) FROM optional) = 1;
SELECT count(*) FROM l WHERE id > ALL (SELECT store FROM optional);
SELECT count(*) FROM l WHERE id IN (SELECT store + 1 FROM optional) OR id = 99;
SELECT count(*) FROM l WHERE id IN (SELECT store FROM optional LIMIT 1) OR id = 99;
SELECT count(*) FROM l WHERE EXISTS (SELECT FROM optional o WHERE o.store > l.id) OR id = 99;
SELECT store FROM optional INTERSECT SELECT 1;
SELECT store FROM optional EXCEPT SELECT 1;
SELECT count(*) FROM (SELECT store FROM optional UNION SELECT 1) s WHERE store + 0 = 1;
-- in the uses of a WITH query, if one of them needs all rows, or filters by another column
WITH s AS MATERIALIZED (SELECT * FROM optional) SELECT (SELECT count(*) FROM s WHERE store = 1), (SELECT count(*) FROM s);
WITH s AS MATERIALIZED (SELECT * FROM optional) SELECT count(*) FROM s WHERE store > 1;
WITH s AS MATERIALIZED (SELECT * FROM optional LIMIT 5) SELECT count(*) FROM s WHERE store = 1;
WITH s AS (SELECT * FROM optional) SELECT count(*) FROM s a JOIN s b ON a.store = b.store;
WITH s AS MATERIALIZED (SELECT * FROM optional) SELECT l.id FROM l LEFT JOIN s ON s.store = l.id WHERE s.store IS NULL ORDER BY 1;
WITH s AS MATERIALIZED (SELECT * FROM optional), t AS MATERIALIZED (SELECT store FROM s) SELECT count(*) FROM t WHERE store = 1;
\! sh -c "$LOG"

-- a column that is only returned, grouped by or computed with is NULL, and so is its maximum
SELECT store IS NULL, store, store + 1, to_jsonb(o) ->> 'store' FROM optional o LIMIT 1;
SELECT store, count(*) FROM (SELECT DISTINCT store, id FROM optional) s GROUP BY store;
SELECT max(store), min(store), count(store), sum(store) FROM optional;
SELECT count(*) FROM (SELECT store FROM optional UNION SELECT 1) s;
WITH s AS MATERIALIZED (SELECT * FROM optional) SELECT store, count(*) FROM s GROUP BY store;
\! sh -c "$LOG"

-- a value that follows from the outer query is sent
SELECT count(*) FROM (SELECT store, count(*) FROM optional GROUP BY store) s WHERE store = 1;
SELECT count(*) FROM (SELECT store, row_number() OVER (PARTITION BY store) FROM optional) s WHERE store = 1;
WITH s AS MATERIALIZED (SELECT * FROM optional) SELECT count(*) FROM s WHERE store IN (1, 3);
\! sh -c "$LOG"
WITH s AS (SELECT * FROM optional) SELECT store, count(*) FROM s WHERE store = 1 GROUP BY store UNION ALL SELECT store, count(*) FROM s WHERE store IN (2, 3) GROUP BY store ORDER BY store;
WITH s AS MATERIALIZED (SELECT store, count(*) AS n FROM optional GROUP BY store) SELECT l.id, s.n FROM l LEFT JOIN s ON s.store = 2 AND l.id = s.store WHERE l.id < 4 ORDER BY 1;
\! sh -c "$LOG"
WITH s AS (SELECT * FROM optional) SELECT store, count(*) FROM s WHERE store = 1 AND store < 1.5 GROUP BY store UNION ALL SELECT store, count(*) FROM s WHERE store = 5 GROUP BY store ORDER BY store;
\! sh -c "$LOG"
SELECT l.id, l.id IN (SELECT store FROM optional) FROM l ORDER BY 1;
SELECT l.id FROM l WHERE l.id NOT IN (SELECT store FROM optional) OR l.id = 1 ORDER BY 1;
SELECT l.id FROM l WHERE (l.id + 1, true) IN (SELECT o.store, o.id > 0 FROM optional o) OR l.id = 99 ORDER BY 1;
\! sh -c "$LOG" | sort | uniq -c | sed 's/^ *//'
DROP TABLE l;

-- with a value elsewhere, any use is allowed
SELECT count(*) FROM optional WHERE store IN (1, 2, 3) AND store > 1;
SELECT s.i, count(*) FROM optional o JOIN generate_series(2, 3) s(i) ON o.store = s.i WHERE o.store IN (1, 2) GROUP BY 1;
SELECT count(*), count(*) FILTER (WHERE store = 1) FROM optional o JOIN generate_series(2, 3) s(i) ON o.store + 1 = s.i WHERE o.store IN (1, 2);
SELECT count(*) FROM optional o JOIN generate_series(2, 3) s(i) ON o.store = s.i WHERE s.i = 2;
\! sh -c "$LOG"

-- through views, partitions and inheritance
CREATE VIEW v AS SELECT id, start_date, stop_date, "Store" FROM report;
SELECT count(*) FROM v;
SELECT count(*) FROM v WHERE start_date = '2026-01-01' AND stop_date = '2026-02-01' AND "Store" = 1;
CREATE TABLE parent (id integer, store integer) PARTITION BY LIST (id);
ALTER FOREIGN TABLE optional DROP COLUMN store;
ALTER FOREIGN TABLE optional ADD COLUMN store integer OPTIONS (param 'StoreID');
ALTER TABLE parent ATTACH PARTITION optional DEFAULT;
SELECT count(*) FROM parent WHERE store = 2;
SELECT count(*) FROM parent p JOIN generate_series(1, 2) s(i) ON p.store = s.i;
SELECT count(*) FROM parent p JOIN generate_series(1, 2) s(i) ON p.store + 1 = s.i;
SELECT count(*) FROM parent p, generate_series(1, 2) s(i), generate_series(1, 2) r(i) WHERE p.store + s.i = r.i;
SELECT count(*) FROM parent p, LATERAL (SELECT FROM generate_series(1, 2) s(i) WHERE s.i = p.store OFFSET 0) l;
SELECT count(*) FILTER (WHERE store = 1) FROM parent;
ALTER TABLE parent DETACH PARTITION optional;
DROP TABLE parent;

-- defaults
CREATE FOREIGN TABLE preset (
    params text OPTIONS (name 'Params'),
    hide_rebates integer OPTIONS (param 'HideRebates', default '-1'),
    ids integer OPTIONS (param 'LocationTypeIDs', default '*', list 'true'),
    language text OPTIONS (param 'LanguageCode', default 'fr-ca')
) SERVER sandbox OPTIONS (endpoint '/test/echo', params 'LocationType=Store');
SELECT params FROM preset;
SELECT params, hide_rebates FROM preset;
SELECT params, ids FROM preset;
SELECT params, hide_rebates FROM preset WHERE hide_rebates = 1 AND ids IN (1, 2);
SELECT params, hide_rebates FROM preset WHERE hide_rebates IS NULL;

-- a required window: for an open end, the table's date is sent
CREATE FOREIGN TABLE windowed (
    id integer OPTIONS (name 'Id'),
    date_created timestamp OPTIONS (name 'DateCreated', param_from 'StartDate', param_to 'StopDate', required 'true')
) SERVER sandbox OPTIONS (endpoint '/test/sales');
\! $DATACONNECT_SANDBOX_CTL log-clear
SELECT count(*) FROM windowed;
SELECT count(*) FROM windowed WHERE date_created IS NOT NULL;
SELECT count(*) FROM windowed WHERE date_created >= '2026-03-01';
ALTER FOREIGN TABLE windowed OPTIONS (ADD open_from '2026-01-01', ADD open_to '2027-01-01');
SELECT count(*) FROM windowed WHERE date_created >= '2026-03-01';
SELECT count(*) FROM windowed WHERE date_created < '2026-03-01';
-- but not if that would leave nothing of the query's range
SELECT count(*) FROM windowed WHERE date_created < '2026-01-01';
SELECT count(*) FROM windowed WHERE date_created <= '2026-01-01';
SELECT count(*) FROM windowed WHERE date_created >= '2027-01-01';
SELECT count(*) FROM windowed WHERE date_created >= '2026-12-31';
\! sh -c "$LOG"

-- it may be relative to today, which is the server's when the transaction starts
CREATE FUNCTION sent(clause text, relation text DEFAULT 'windowed') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    line text;
BEGIN
    FOR line IN EXECUTE format('EXPLAIN (COSTS OFF) SELECT 1 FROM %I WHERE %s', relation, clause) LOOP
        IF line ~ 'Request: ' THEN
            RETURN substring(line, '[?](.*)&Response');
        END IF;
    END LOOP;
END $$;
-- how many days the time sent is from the server's today, and whether it is a midnight
CREATE FUNCTION days(sent text, zone text, param text) RETURNS text LANGUAGE sql AS $$
    SELECT local::date - (transaction_timestamp() AT TIME ZONE zone)::date || CASE WHEN local <> local::date THEN ', ' || local::time ELSE '' END
      FROM (SELECT replace(substring(sent, param || '=([^&]*)'), '%3A', ':')::timestamptz AT TIME ZONE zone AS local) AS s
$$;
CREATE FUNCTION sent_days(open_from text, open_to text, zone text DEFAULT 'UTC') RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('ALTER FOREIGN TABLE windowed OPTIONS (SET open_from %L, SET open_to %L)', open_from, open_to);
    EXECUTE format('ALTER SERVER sandbox OPTIONS (SET timezone %L)', zone);
    RETURN format('from %s, to %s', days(sent('date_created < ''9000-01-01'''), zone, 'StartDate'), days(sent('date_created > ''1900-01-01'''), zone, 'StopDate'));
END $$;
ALTER SERVER sandbox OPTIONS (ADD timezone 'UTC');
SELECT sent_days('today', 'today');
SELECT sent_days('yesterday', 'tomorrow');
SELECT sent_days('-90d', '+30D');
SELECT sent_days('-2w', '+0d');
SELECT sent_days('-2w', '-1d');
-- not the session's today
SET timezone = 'Pacific/Pago_Pago';
SELECT sent_days('today', 'tomorrow', 'Pacific/Kiritimati');
SET timezone = 'Pacific/Kiritimati';
SELECT sent_days('today', 'tomorrow', 'Pacific/Pago_Pago');
SET timezone = 'UTC';
SELECT sent_days('today', 'today', 'UTC');
-- types and roundings of the column
ALTER FOREIGN TABLE windowed OPTIONS (ADD window_round 'none');
SELECT sent_days('today', 'today');
SELECT sent_days('today', 'tomorrow', 'Pacific/Kiritimati');
ALTER FOREIGN TABLE windowed ALTER date_created TYPE timestamptz;
SELECT sent_days('today', 'tomorrow', 'Pacific/Kiritimati');
ALTER FOREIGN TABLE windowed OPTIONS (DROP window_round);
SELECT sent_days('today', 'tomorrow', 'Pacific/Kiritimati');
ALTER FOREIGN TABLE windowed ALTER date_created TYPE date;
SELECT sent_days('today', 'tomorrow', 'Pacific/Kiritimati');
ALTER FOREIGN TABLE windowed ALTER date_created TYPE timestamp(0);
SELECT sent_days('today', 'tomorrow', 'UTC');
-- a cached plan sends the day on which it runs, not that on which it was made
SET plan_cache_mode = force_generic_plan;
PREPARE since(timestamp) AS SELECT count(*) FROM windowed WHERE date_created >= $1;
\! $DATACONNECT_SANDBOX_CTL log-clear
BEGIN;
EXECUTE since('2026-03-01');
SELECT current_date + 1 AS tomorrow \gset
COMMIT;
\setenv TOMORROW :tomorrow
\! $DATACONNECT_SANDBOX_CTL log --fields params | sed "s/$TOMORROW/TOMORROW/"
DEALLOCATE since;
RESET plan_cache_mode;
-- estimates count the days up to that end, and halving divides them
CREATE FUNCTION expected_days(clause text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    line text;
BEGIN
    PERFORM dataconnect_forget('windowed');
    EXECUTE 'SELECT count(*) FROM windowed WHERE ' || clause;
    FOR line IN EXECUTE 'EXPLAIN SELECT 1 FROM windowed WHERE ' || clause LOOP
        IF line ~ 'Estimated Days: ' THEN
            RETURN trim(line);
        END IF;
    END LOOP;
END $$;
ALTER FOREIGN TABLE windowed ALTER date_created TYPE timestamp;
SELECT sent_days('-30d', '+20d');
SELECT expected_days('date_created >= current_date - 10'), expected_days('date_created < current_date - 10');
SELECT sent_days('-30d', 'today');
SELECT expected_days('date_created >= current_date - 10'), expected_days('date_created < current_date - 10');
DROP FUNCTION expected_days;
-- 'today' includes the whole day, and a query can still ask for later rows
SELECT sent_days('-30d', 'today');
SELECT days(sent('date_created >= current_date'), 'UTC', 'StopDate'), substring(sent('date_created >= current_date + 1'), 'StopDate.*') AS later,
       sent('date_created >= ''9000-01-01'''), sent('date_created < ''2000-01-01''');
ALTER FOREIGN TABLE windowed OPTIONS (SET open_from '0001-01-01', SET open_to '9999-12-31');
ALTER SERVER sandbox OPTIONS (SET timezone 'Europe/Berlin');
SELECT sent('date_created < ''2026-01-01''');
ALTER SERVER sandbox OPTIONS (DROP timezone);
ALTER FOREIGN TABLE windowed OPTIONS (DROP open_from, DROP open_to);
DROP FUNCTION sent_days, days, sent;

-- invalid definitions
CREATE FOREIGN TABLE twice (
    a integer OPTIONS (param 'StoreID'),
    b integer OPTIONS (param 'storeid')
) SERVER sandbox OPTIONS (endpoint '/test/sales');
SELECT * FROM twice;
\echo :SQLSTATE
CREATE FOREIGN TABLE no_time (
    a integer OPTIONS (name 'Id', param_from 'From')
) SERVER sandbox OPTIONS (endpoint '/test/sales');
SELECT * FROM no_time;
\echo :SQLSTATE

-- the table is read-only
INSERT INTO report (id) VALUES (1);
UPDATE report SET id = 1;
DELETE FROM report;
TRUNCATE report;

SET client_min_messages = warning;
DROP SERVER sandbox CASCADE;
