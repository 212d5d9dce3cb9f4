--
-- Which requests follow from a WHERE clause, and whether the rows are right
--
\getenv srcdir PG_ABS_SRCDIR
\set setup :srcdir '/test/regress/setup.psql'
\i :setup

CREATE FOREIGN TABLE sales (
    id integer OPTIONS (name 'Id'),
    store_id integer OPTIONS (name 'StoreID', param 'StoreID'),
    date_created timestamp OPTIONS (name 'DateCreated',
        param_from 'StartDate', param_to 'StopDate'),
    total numeric(19,4) OPTIONS (name 'Total')
) SERVER sandbox OPTIONS (endpoint '/test/sales');

-- the same report with parameter columns
CREATE FOREIGN TABLE sales_p (
    id integer OPTIONS (name 'Id'),
    store_id integer OPTIONS (name 'StoreID'),
    store integer OPTIONS (param 'StoreID'),
    stores integer OPTIONS (param 'StoreIDs', list 'true'),
    start_date timestamptz OPTIONS (param 'StartDate'),
    stop_date timestamptz OPTIONS (param 'StopDate')
) SERVER sandbox OPTIONS (endpoint '/test/sales');

-- a local copy, to compare with
CREATE TABLE local_sales AS SELECT * FROM sales;
SELECT count(*), min(date_created), max(date_created) FROM local_sales;
\! $DATACONNECT_SANDBOX_CTL log-clear

-- equality, with the column on either side
SELECT count(*) FROM sales WHERE store_id = 3;
SELECT count(*) FROM sales WHERE 3 = store_id;
SELECT count(*) FROM sales WHERE store_id = 3::smallint;
SELECT count(*) FROM sales WHERE store_id = 3::bigint;
\! sh -c "$LOG"

-- a value that the column cannot hold: no request
SELECT count(*) FROM sales WHERE store_id = 3000000000;
SELECT count(*) FROM sales WHERE store_id = NULL::integer;
\! sh -c "$LOG"

-- not an equality: nothing is sent
SELECT count(*) FROM sales WHERE store_id <> 3;
SELECT count(*) FROM sales WHERE store_id + 0 = 3;
SELECT count(*) FROM sales WHERE store_id = id;
SELECT count(*) FROM sales WHERE NOT store_id = 3;
SELECT count(*) FROM sales WHERE store_id = 3 OR store_id = 4 AND id > 30;
SELECT count(*) FROM sales WHERE store_id = (random() * 0)::integer + 3;
\! sh -c "$LOG"

-- lists: a request for each value, duplicates once, NULLs never
SELECT store_id, count(*) FROM sales WHERE store_id IN (4, 2, 2) GROUP BY 1 ORDER BY 1;
SELECT count(*) FROM sales WHERE store_id = 3 OR 4 = store_id OR store_id = 3;
SELECT count(*) FROM sales WHERE store_id = ANY ('{5,NULL,5}');
SELECT count(*) FROM sales WHERE store_id = ANY ('{}');
SELECT count(*) FROM sales WHERE store_id = ANY (NULL::integer[]);
SELECT count(*) FROM sales WHERE store_id = ANY ('{NULL}'::integer[]);
SELECT count(*) FROM sales WHERE store_id IN (1, 2, 3) AND store_id IN (2, 3, 4) AND store_id = ANY (ARRAY[3, 9]);
SELECT count(*) FROM sales WHERE store_id IN (1, 2) AND store_id = ANY (ARRAY[3, 4]);
SELECT count(*) FROM sales WHERE store_id NOT IN (1, 2);
SELECT count(*) FROM sales WHERE store_id = ALL (ARRAY[1, 1]);
\! sh -c "$LOG"

-- the service may match more than was sent: each row is still returned once
\! $DATACONNECT_SANDBOX_CTL document '/test/loose' '[{"Name":"a"},{"Name":"A"},{"Name":"b"}]'
CREATE FOREIGN TABLE loose (name text OPTIONS (name 'Name', param 'Name'))
    SERVER sandbox OPTIONS (endpoint '/test/loose');
SELECT name FROM loose WHERE name = 'a';
SELECT name FROM loose WHERE name IN ('a', 'A') ORDER BY name COLLATE "C";
\! sh -c "$LOG"

-- where equal values may differ, the service does not filter
\! $DATACONNECT_SANDBOX_CTL document '/test/equal' '[{"Code":"x","Span":"24:00:00","Name":"A","At":"2026-03-08T07:30:00Z","LocalAt":"2026-03-08T02:30:00"}]'
CREATE COLLATION no_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE FOREIGN TABLE equal (
    code char(5) OPTIONS (name 'Code', param 'Code'),
    span interval OPTIONS (name 'Span', param 'Span'),
    name text OPTIONS (name 'Name', param 'Name'),
    any_case text OPTIONS (name 'Name', param 'AnyCase') COLLATE no_case,
    at timestamptz OPTIONS (name 'At', param 'At'),
    local_at timestamp OPTIONS (name 'LocalAt', param 'LocalAt'),
    sent_code char(5) OPTIONS (param 'SentCode'),
    sent_case text OPTIONS (param 'SentCase') COLLATE no_case,
    sent_day date OPTIONS (param 'SentDay')
) SERVER sandbox OPTIONS (endpoint '/test/equal');
SELECT count(*) FROM equal WHERE code = 'x  '::char(3);
SELECT count(*) FROM equal WHERE span = '1 day';
SELECT count(*) FROM equal WHERE name COLLATE no_case = 'a';
SELECT count(*) FROM equal WHERE any_case = 'a';
SELECT count(*) FROM equal WHERE any_case COLLATE "C" IN ('a', 'A');
\! sh -c "$LOG"
SELECT count(*) FROM equal WHERE name COLLATE "POSIX" = 'A';
SELECT count(*) FROM equal WHERE sent_code = 'x  '::char(3);
SELECT sent_case FROM equal WHERE sent_case IN ('a', 'A');
SELECT sent_case FROM equal WHERE sent_case COLLATE "C" IN ('a', 'A');
\! sh -c "$LOG"

-- times of other types, local times that clocks skip, times out of range
SET timezone = 'America/New_York';
SELECT at FROM equal WHERE at = timestamp '2026-03-08 02:30';
SELECT local_at FROM equal WHERE local_at = timestamptz '2026-03-08 07:30+00';
SELECT count(*) FROM equal WHERE at = date '5874897-12-31';
SELECT count(*) FROM equal WHERE local_at = date '5874897-12-31';
-- a time that cannot be sent: PostgreSQL filters
SELECT count(*) FROM equal WHERE at = 'infinity';
SELECT count(*) FROM equal WHERE local_at IN ('-infinity', '2026-03-08 02:30');
SELECT count(*) FROM equal WHERE at = '0044-03-15 BC';
SELECT sent_day FROM equal WHERE sent_day = timestamptz '2026-03-08 05:00+00';
SELECT sent_day FROM equal WHERE sent_day = (timestamptz '2026-03-08 05:00+00' AT TIME ZONE 'America/New_York')::date;
SELECT count(*) FROM equal WHERE sent_day = timestamp '2026-03-08 01:00';
SET timezone = 'UTC';
\! sh -c "$LOG"

-- a local time that occurs twice is two instants, and only one could be sent
ALTER SERVER sandbox OPTIONS (ADD timezone 'America/Los_Angeles');
\! $DATACONNECT_SANDBOX_CTL document '/test/twice' '[{"At":"2026-11-01T08:30:00Z"},{"At":"2026-11-01T09:30:00Z"},{"At":"2026-11-01T10:30:00Z"}]'
CREATE FOREIGN TABLE twice (at timestamp OPTIONS (name 'At', param 'At')) SERVER sandbox OPTIONS (endpoint '/test/twice');
SELECT count(*) FROM twice WHERE at = '2026-11-01 01:30';
SELECT count(*) FROM twice WHERE at IN ('2026-11-01 00:59:59', '2026-11-01 02:00');
ALTER SERVER sandbox OPTIONS (DROP timezone);
\! sh -c "$LOG"

-- a value that a list cannot hold is not sent if PostgreSQL can check it
\! $DATACONNECT_SANDBOX_CTL document '/test/list' '[{"Name":"a"},{"Name":""},{"Name":"b,c"}]'
CREATE FOREIGN TABLE list (name text OPTIONS (name 'Name', param 'Names', list 'true'))
    SERVER sandbox OPTIONS (endpoint '/test/list');
SELECT count(*) FROM list WHERE name IN ('a', 'b');
SELECT count(*) FROM list WHERE name IN ('a', '');
SELECT count(*) FROM list WHERE name IN ('a', 'b,c');
\! sh -c "$LOG"

-- the service may write a missing value as a text, but not find it by that text
\! $DATACONNECT_SANDBOX_CTL document '/test/missing' '[{"Name":"a"},{"Name":""},{"Name":"null"}]'
CREATE FOREIGN TABLE missing (name text OPTIONS (name 'Name', param 'Name'))
    SERVER sandbox OPTIONS (endpoint '/test/missing');
SELECT count(*) FROM missing WHERE name = '';
SELECT count(*) FROM missing WHERE name IN ('a', 'null');
-- then what every request sends is left out as well, because it would exclude the row
ALTER FOREIGN TABLE missing OPTIONS (ADD params 'Name=a');
SELECT count(*) FROM missing WHERE name = '';
SELECT count(*) FROM missing WHERE name = 'a';
ALTER FOREIGN TABLE missing OPTIONS (DROP params);
ALTER FOREIGN TABLE missing ALTER COLUMN name OPTIONS (ADD required 'true');
SELECT count(*) FROM missing WHERE name = '';
SELECT count(*) FROM missing WHERE name = 'a';
\! sh -c "$LOG"

-- windows: widened to whole days, and checked again by PostgreSQL
SELECT count(*) FROM sales WHERE date_created >= '2026-02-01' AND date_created < '2026-03-01';
SELECT count(*) FROM local_sales WHERE date_created >= '2026-02-01' AND date_created < '2026-03-01';
SELECT count(*) FROM sales WHERE date_created BETWEEN '2026-02-01 10:00' AND '2026-02-10 09:00';
SELECT count(*) FROM local_sales WHERE date_created BETWEEN '2026-02-01 10:00' AND '2026-02-10 09:00';
SELECT count(*) FROM sales WHERE '2026-02-01' < date_created AND '2026-02-10' >= date_created;
SELECT count(*) FROM local_sales WHERE '2026-02-01' < date_created AND '2026-02-10' >= date_created;
SELECT count(*) FROM sales WHERE date_created > '2026-03-30 23:59:59.999';
SELECT count(*) FROM local_sales WHERE date_created > '2026-03-30 23:59:59.999';
SELECT count(*) FROM sales WHERE date_created = '2026-02-01';
SELECT count(*) FROM local_sales WHERE date_created = '2026-02-01';
\! sh -c "$LOG"

-- the tightest of several bounds; a contradiction needs no request
SELECT count(*) FROM sales WHERE date_created >= '2026-02-01' AND date_created >= '2026-03-01' AND date_created < '2026-03-02';
SELECT count(*) FROM sales WHERE date_created > '2026-02-02' AND date_created < '2026-02-01';
SELECT count(*) FROM sales WHERE date_created > '2026-02-01' AND date_created <= '2026-02-01';
SELECT count(*) FROM sales WHERE date_created < NULL;
SELECT count(*) FROM sales WHERE date_created IN ('2026-02-01', '2026-01-15', '2026-01-20');
SELECT count(*) FROM sales WHERE date_created >= '-infinity' AND date_created < 'infinity';
\! sh -c "$LOG"

-- bounds of another type
SELECT count(*) FROM sales WHERE date_created >= date '2026-03-01';
SELECT count(*) FROM local_sales WHERE date_created >= date '2026-03-01';
SELECT count(*) FROM sales WHERE date_created >= timestamptz '2026-03-01 00:00+00';
SELECT count(*) FROM local_sales WHERE date_created >= timestamptz '2026-03-01 00:00+00';
SET timezone = 'America/Los_Angeles';
SELECT count(*) FROM sales WHERE date_created >= timestamptz '2026-03-01 00:00+00';
SELECT count(*) FROM local_sales WHERE date_created >= timestamptz '2026-03-01 00:00+00';
SET timezone = 'UTC';
\! sh -c "$LOG"

-- a local time that clocks skip is a later instant than the time shown next
CREATE FOREIGN TABLE moments (id integer OPTIONS (name 'Id'), at timestamptz OPTIONS (name 'DateCreated', param_from 'StartDate', param_to 'StopDate'))
    SERVER sandbox OPTIONS (endpoint '/test/sales');
SET timezone = 'America/New_York';
SELECT * FROM moments WHERE at = ANY (ARRAY[timestamp '2026-03-08 02:30', timestamp '2026-03-08 03:00']);
SET timezone = 'UTC';
\! sh -c "$LOG"

-- a value that the column's precision rounds up to the next day
CREATE FOREIGN TABLE rounded (
    id integer OPTIONS (name 'Id'),
    date_created timestamp(0) OPTIONS (name 'DateCreated', param_from 'StartDate', param_to 'StopDate')
) SERVER sandbox OPTIONS (endpoint '/test/sales');
SELECT * FROM rounded WHERE date_created >= '2026-04-01';
SELECT count(*) FROM rounded WHERE date_created < '2026-04-01';
SELECT count(*) FROM rounded WHERE date_created <= '2026-03-31 23:59:59.8';
\! sh -c "$LOG"

-- window_round 'none' sends instants; an exclusive bound like an inclusive one
ALTER FOREIGN TABLE sales OPTIONS (ADD window_round 'none', ADD params 'DatePercision=True');
SELECT count(*) FROM sales WHERE date_created >= '2026-02-01 10:00' AND date_created < '2026-02-10 09:00:00.0004';
SELECT count(*) FROM local_sales WHERE date_created >= '2026-02-01 10:00' AND date_created < '2026-02-10 09:00:00.0004';
\! sh -c "$LOG"
ALTER FOREIGN TABLE sales OPTIONS (DROP window_round, DROP params);

-- days are those of the server's time zone
ALTER SERVER sandbox OPTIONS (ADD timezone 'America/Los_Angeles');
EXPLAIN (COSTS OFF) SELECT * FROM sales WHERE date_created >= '2026-02-01' AND date_created < '2026-02-02';
EXPLAIN (COSTS OFF) SELECT * FROM sales WHERE date_created >= '2026-03-08' AND date_created < '2026-03-09';

-- a zone where clocks were set back from 00:01 to the day before
ALTER SERVER sandbox OPTIONS (SET timezone 'America/St_Johns');
CREATE FOREIGN TABLE instants (at timestamptz OPTIONS (name 'At', param_from 'From', param_to 'To'))
    SERVER sandbox OPTIONS (endpoint '/test/echo');
EXPLAIN (COSTS OFF) SELECT * FROM instants WHERE at >= '2006-10-29 02:30:30+00';
EXPLAIN (COSTS OFF) SELECT * FROM instants WHERE at >= '2006-10-29 02:31+00';
EXPLAIN (COSTS OFF) SELECT * FROM instants WHERE at < '2006-10-29 02:30+00';
EXPLAIN (COSTS OFF) SELECT * FROM instants WHERE at < '2006-10-29 03:15:30+00';
EXPLAIN (COSTS OFF) SELECT * FROM instants WHERE at < '2006-10-30 03:30+00';
ALTER SERVER sandbox OPTIONS (DROP timezone);

-- parameter columns: rows show the value that was sent
SELECT DISTINCT store, start_date, stop_date FROM sales_p
 WHERE store = 2 AND start_date = '2026-01-01' AND stop_date = '2026-01-31 08:00-08';
SELECT store, count(*) FROM sales_p WHERE store IN (1, 2) GROUP BY 1 ORDER BY 1;
SELECT count(*) FROM sales_p WHERE store IS NULL;
SELECT count(*) FROM sales_p WHERE store IS NULL AND store = 1;
SELECT DISTINCT store FROM sales_p;
\! sh -c "$LOG"

-- a list in one request, unless the query reads the value
SELECT count(*) FROM sales_p WHERE stores IN (3, 1, 2);
SELECT stores, store_id, count(*) FROM sales_p WHERE stores IN (3, 1) GROUP BY 1, 2 ORDER BY 1, 2;
SELECT count(*) FROM sales_p WHERE stores IN (3, 1) AND stores > 2;
SELECT count(*) FROM sales_p WHERE stores = 4;
\! sh -c "$LOG"

-- two lists multiply
SELECT count(*) FROM sales_p WHERE store IN (1, 2) AND start_date IN ('2026-01-01', '2026-02-01');
\! sh -c "$LOG"

-- a query parameter, custom and generic plans, stable functions, InitPlans
PREPARE by_store(integer, timestamp) AS SELECT count(*) FROM sales WHERE store_id = $1 AND date_created >= $2;
SET plan_cache_mode = force_custom_plan;
EXECUTE by_store(2, '2026-02-01');
SET plan_cache_mode = force_generic_plan;
EXPLAIN (COSTS OFF) EXECUTE by_store(2, '2026-02-01');
EXECUTE by_store(2, '2026-02-01');
EXECUTE by_store(NULL, '2026-02-01');
RESET plan_cache_mode;
DEALLOCATE by_store;
SELECT count(*) FROM sales WHERE store_id = (SELECT max(store_id) FROM local_sales);
SELECT count(*) FROM sales WHERE store_id = ANY (ARRAY(SELECT DISTINCT store_id FROM local_sales WHERE store_id > 3));
SELECT count(*) FROM sales WHERE store_id = length(current_setting('timezone'));
SELECT s.id, (SELECT count(*) FROM sales_p p WHERE p.store = s.id) FROM generate_series(1, 2) AS s(id);
\! sh -c "$LOG"

-- joins are right
SELECT s.name, count(*), sum(f.total) = (SELECT sum(total) FROM local_sales WHERE store_id = s.id) AS same
  FROM (VALUES (1, 'one'), (4, 'four')) AS s(id, name) JOIN sales f ON f.store_id = s.id
 GROUP BY s.id, s.name ORDER BY s.id;
SELECT count(*) FROM sales a JOIN sales b ON a.id = b.id WHERE a.store_id = 1 AND b.store_id = 1;
SELECT count(*) FROM sales a LEFT JOIN sales b ON a.id = b.id AND b.store_id = 1 WHERE a.store_id IN (1, 2);
\! sh -c "$LOG"

-- nothing in a value can inject
CREATE FOREIGN TABLE echo (
    query text OPTIONS (name 'Query'),
    params text OPTIONS (name 'Params'),
    method text OPTIONS (name 'Method'),
    body text OPTIONS (name 'Body'),
    x text OPTIONS (param 'X y&z=1'),
    list text OPTIONS (param 'L', list 'true'),
    flag boolean OPTIONS (param 'Flag'),
    day date OPTIONS (param 'Day'),
    preset text OPTIONS (param 'Preset', default 'a b+c%20&d=e')
) SERVER sandbox OPTIONS (endpoint '/test/echo', params 'CSV.Comment=a%26b');
SELECT query FROM echo WHERE x = E'a&b=c#d%e+f g\r\nHost: evil/?é';
SELECT params FROM echo WHERE x = E'a&b=c#d%e+f g/?é' AND flag AND day = '2026-07-01';
SELECT params FROM echo WHERE x = 'x' AND NOT flag;
SELECT params FROM echo WHERE flag IS TRUE AND preset = 'mine';
SELECT preset FROM echo WHERE x = 'x';
SELECT params FROM echo WHERE preset IS NULL;
SELECT params FROM echo WHERE list IN ('a', 'b c');
SELECT params FROM echo WHERE list IN ('a', 'b,c');
SELECT params FROM echo WHERE list IN ('a', '');
SELECT params FROM echo WHERE list = '';

-- GET and POST
ALTER FOREIGN TABLE echo OPTIONS (ADD method 'post');
SELECT method, query, body FROM echo WHERE x = 'a&b "c"';
ALTER SERVER sandbox OPTIONS (ADD post_body 'json', ADD params 'CompanyID=14205', ADD language 'fr-ca');
SELECT method, query, body FROM echo WHERE x = 'a&b "c"';
ALTER FOREIGN TABLE echo OPTIONS (SET method 'auto');
SELECT method FROM echo WHERE x = repeat('x', 1500);
SELECT method FROM echo WHERE x = repeat('x', 2000);
SELECT method FROM echo WHERE list = ANY (ARRAY(SELECT i::text FROM generate_series(1, 900) i));
ALTER SERVER sandbox OPTIONS (DROP post_body, DROP params, DROP language);

DROP TABLE local_sales;
SET client_min_messages = warning;
DROP SERVER sandbox CASCADE;
DROP COLLATION no_case;
