--
-- Required parameters, defaults, and columns that are only sent
--
\getenv srcdir PG_ABS_SRCDIR
\set setup :srcdir '/test/regress/setup.psql'
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

-- each missing column is named, with a clause that would run
SELECT count(*) FROM report;
SELECT count(*) FROM report WHERE start_date = '2026-01-01';
SELECT count(*) FROM report WHERE start_date = '2026-01-01' AND stop_date IS NULL AND "Store" = 1;
EXPLAIN SELECT count(*) FROM report;
SELECT count(*) FROM report WHERE start_date = '2026-01-01' AND stop_date = '2026-02-01' AND "Store" = 1;

-- a value that is NULL when the query runs matches nothing
PREPARE p(integer) AS SELECT count(*) FROM report WHERE start_date = '2026-01-01' AND stop_date = '2026-02-01' AND "Store" = $1;
EXECUTE p(NULL);
EXECUTE p(2);
DEALLOCATE p;

-- nothing is planned where nothing can match
SELECT count(*) FROM report WHERE false;
\! sh -c "$LOG"

-- a column that is only sent, used in a way that gives no value to send
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

-- in an equality that is no plain clause, in a subquery beside it, and after grouping
SELECT count(*) FROM optional o JOIN generate_series(1, 2) s(i) ON o.store + 1 = s.i;
SELECT count(*) FROM optional o, generate_series(1, 2) s(i), generate_series(1, 2) r(i) WHERE o.store + s.i = r.i;
SELECT count(*) FROM (SELECT store FROM optional UNION ALL SELECT 2) o JOIN generate_series(1, 2) s(i) ON o.store + 0 = s.i;
SELECT count(*) FROM (SELECT store + 0 AS store FROM optional UNION ALL SELECT 2) o JOIN generate_series(1, 2) s(i) ON o.store = s.i;
SELECT count(*) FROM optional o, LATERAL (SELECT FROM generate_series(1, 2) s(i) WHERE s.i = o.store OFFSET 0) l;
SELECT store, count(*) FROM optional GROUP BY ROLLUP (store) HAVING store = 1;
SELECT count(*) FILTER (WHERE store = 1) FROM optional;
SELECT count(*) FILTER (WHERE store = 1) OVER () FROM optional;
-- as one value among others it is NULL
SELECT store, s.i, count(*) FROM optional o, LATERAL coalesce(o.store, 9) AS s(i) GROUP BY 1, 2 ORDER BY store;
\! sh -c "$LOG"

-- with a value beside it any use is fine
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

-- a required window: one open end sends the table's date
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
\! sh -c "$LOG"

-- definitions that cannot work
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

-- the table cannot be written to
INSERT INTO report (id) VALUES (1);
UPDATE report SET id = 1;
DELETE FROM report;
TRUNCATE report;

SET client_min_messages = warning;
DROP SERVER sandbox CASCADE;
