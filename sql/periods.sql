--
-- Periods that clauses on a window column imply, and the requests for them
--
\getenv srcdir PG_ABS_SRCDIR
\set setup :srcdir '/test/regress/setup.psql'
\i :setup

CREATE FOREIGN TABLE sales (
    id integer OPTIONS (name 'Id'),
    store_id integer OPTIONS (name 'StoreID', param 'StoreID'),
    at timestamp OPTIONS (name 'DateCreated', param_from 'StartDate', param_to 'StopDate')
) SERVER sandbox OPTIONS (endpoint '/test/sales');
CREATE FOREIGN TABLE instants (
    id integer OPTIONS (name 'Id'),
    at timestamptz OPTIONS (name 'DateCreated', param_from 'StartDate', param_to 'StopDate')
) SERVER sandbox OPTIONS (endpoint '/test/sales');
CREATE FOREIGN TABLE days (
    id integer OPTIONS (name 'Id'),
    at date OPTIONS (name 'DateCreated', param_from 'StartDate', param_to 'StopDate')
) SERVER sandbox OPTIONS (endpoint '/test/sales');
CREATE FOREIGN TABLE exact (
    id integer OPTIONS (name 'Id'),
    at timestamp OPTIONS (name 'DateCreated', param_from 'StartDate', param_to 'StopDate')
) SERVER sandbox OPTIONS (endpoint '/test/sales', window_round 'none', params 'DatePercision=True');

-- what EXPLAIN says is sent, without what is always sent, and the number of requests
CREATE FUNCTION sent(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    line text;
    result text;
BEGIN
    FOR line IN EXECUTE 'EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) ' || query LOOP
        IF line ~ '^ *Request:' THEN
            result := regexp_replace(line, '^.*[?]|&?Response=Json|&?DatePercision=True|T00:00:00.000Z|Date(?==)', '', 'g');
        ELSIF line ~ '^ *Requests:' THEN
            result := concat(result, ' (', substring(line FROM '\d+'), ')');
        END IF;
    END LOOP;
    RETURN CASE WHEN result ~ '[1-9]\d*\)$' THEN result ELSE 'nothing' END;
END $$;
CREATE TABLE conditions (id integer GENERATED ALWAYS AS IDENTITY, name text, clause text);
CREATE FUNCTION show(of text) RETURNS TABLE (clause text, sent text) LANGUAGE sql
BEGIN ATOMIC
    SELECT c.clause, sent(format('SELECT id FROM %s WHERE %s', of, c.clause)) FROM conditions c WHERE name = of ORDER BY c.id;
END;

-- casts and truncation
INSERT INTO conditions (name, clause) SELECT 'sales', unnest(ARRAY[
    $$at::date = '2026-03-02'$$, $$CAST(at AS date) >= '2026-03-02'$$, $$at::date > '2026-03-02'$$, $$at::date <= '2026-03-02'$$,
    $$at::date < '2026-03-02'$$, $$'2026-03-02' > at::date$$, $$at::date BETWEEN '2026-03-02' AND '2026-03-04'$$, $$at::date < timestamp '2026-03-02 12:00'$$,
    $$date_trunc('month', at) = '2026-02-01'$$, $$date_trunc('month', at) = '2026-02-02'$$, $$date_trunc('week', at) >= '2026-03-05'$$, $$date_trunc('quarter', at) < '2026-01-02'$$,
    $$date_trunc('year', at) <= '2025-06-01'$$, $$date_trunc('decade', at) = '2020-01-01'$$, $$date_trunc('century', at) = '2001-01-01'$$, $$date_trunc('millennium', at) > '1001-01-01'$$,
    $$date_trunc('hour', at) = '2026-03-02 23:00'$$, $$date_trunc('Minute', at::date) = '2026-03-02'$$, $$date_trunc('month', date_trunc('day', at + interval '2 hours')) = '2026-02-01'$$,
    $$date_trunc('month', at) IN ('2026-02-01', '2026-03-01')$$, $$date_trunc('month', at) IN ('2026-01-01', '2026-03-01', NULL)$$,
    $$date_trunc('month', at) = '2026-01-01' OR date_trunc('day', at) = '2026-03-02'$$,
    $$date_trunc('century', at) = '9901-01-01'$$, $$date_trunc('millennium', at) <= 'infinity'$$, $$at::date = '-infinity'$$, $$date_trunc('year', at) >= '200000-01-01'$$, $$at::date = NULL::date$$]);
-- years
INSERT INTO conditions (name, clause) SELECT 'sales', unnest(ARRAY[
    $$extract(year FROM at) = 2026$$, $$date_part('year', at) > 2025$$, $$extract(year FROM at::date)::integer >= 2026$$, $$extract(year FROM at) < 2026$$, $$extract(year FROM at) <= 2025$$,
    $$extract(year FROM at) BETWEEN 2024 AND 2025$$, $$extract(year FROM at) IN (2023, 2026)$$, $$2026.5 > extract(year FROM at)$$, $$extract(year FROM at) > 2025.99999999999999999999$$,
    $$extract(year FROM at) < 2026.00000000000000000001$$, $$extract(year FROM at) = 'NaN'$$, $$date_part('year', at) <= 'NaN'$$, $$extract(year FROM at) < 20000$$, $$extract(year FROM at) = -5$$,
    $$extract(year FROM at) = 2026 AND extract(month FROM at) = 3$$]);
-- ranges, rows, shifts
INSERT INTO conditions (name, clause) SELECT 'sales', unnest(ARRAY[
    $$at <@ tsrange('2026-01-05', '2026-01-10')$$, $$at <@ tsrange('2026-01-05', '2026-01-10', '(]')$$, $$tsrange('2026-01-05', NULL) @> at$$, $$at <@ tsrange(NULL, '2026-01-05')$$,
    $$at <@ 'empty'::tsrange$$, $$at <@ NULL::tsrange$$, $$at <@ tsrange('-infinity', 'infinity')$$, $$at::date <@ daterange('2026-01-05', '2026-01-06', '[]')$$,
    $$at <@ '{[2026-01-05,2026-01-06),[2026-03-01,2026-03-02]}'::tsmultirange$$, $$'{}'::tsmultirange @> at$$,
    $$(at, id) >= ('2026-03-01', 3)$$, $$(at, id) < ('2026-03-01', 3)$$, $$('2026-03-01', 3) < (at, id)$$, $$('2026-03-01', 3) > (at, id)$$, $$(at, id) > (NULL, 3)$$, $$(at, id) > ('2026-03-01', NULL)$$, $$(id, at) > (3, '2026-03-01')$$,
    $$at BETWEEN SYMMETRIC '2026-03-03' AND '2026-03-01'$$, $$at - interval '1 day' >= '2026-03-01'$$, $$at + interval '36 hours' < '2026-03-01'$$, $$interval '1 day' + at = '2026-03-01'$$,
    $$at + interval '1 month' >= '2026-03-31'$$, $$at + interval '100000 years' >= '2026-03-31'$$, $$at::date + 7 >= '2026-03-10'$$, $$at::date - 7 = '2026-03-10'$$]);
-- time zones, and the session's
INSERT INTO conditions (name, clause) SELECT 'sales', unnest(ARRAY[
    $$at AT TIME ZONE 'America/New_York' >= '2026-02-02 00:00-05'$$, $$at AT TIME ZONE 'America/New_York' < '2026-03-08 03:00-04'$$, $$timezone('UTC', at) = '2026-02-02 00:00+00'$$,
    $$(at AT TIME ZONE 'UTC' AT TIME ZONE 'America/New_York')::date = '2026-02-02'$$, $$date_trunc('month', at::timestamptz) = '2026-02-01'$$, $$at AT TIME ZONE NULL = '2026-02-02 00:00+00'$$]);
-- other expressions imply nothing
INSERT INTO conditions (name, clause) SELECT 'sales', unnest(ARRAY[
    $$extract(dow FROM at) = 1$$, $$extract(month FROM at) = 3$$, $$to_char(at, 'YYYY-MM') = '2026-03'$$, $$date_trunc(left('day', id + 3), at) = '2026-03-02'$$, $$at::date <> '2026-03-02'$$,
    $$NOT at::date = '2026-03-02'$$, $$(at, at + interval '1 day') OVERLAPS (timestamp '2026-03-01', timestamp '2026-03-02')$$, $$at::time > '12:00'$$, $$at - timestamp '2026-03-01' > interval '1 day'$$,
    $$at <@ tsrange('2026-01-05', '2026-01-10') OR id = 3$$, $$at::date = '2026-03-02' OR at IS NULL$$, $$(at::date = '2026-03-02') IS NOT FALSE$$, $$coalesce(at::date, '2026-03-02') = '2026-03-02'$$]);
SELECT * FROM show('sales');

-- adjacent, nested and separate periods; other conditions in the arms
TRUNCATE conditions;
INSERT INTO conditions (name, clause) SELECT 'sales', unnest(ARRAY[
    $$(at >= '2026-01-05' AND at < '2026-01-10') OR (at >= '2026-03-02' AND at < '2026-03-05')$$, $$at BETWEEN '2026-03-02' AND '2026-03-04' OR at BETWEEN '2026-01-05' AND '2026-01-09'$$,
    $$(at >= '2026-01-05' AND at < '2026-01-10') OR (at >= '2026-01-07' AND at < '2026-01-12')$$, $$(at >= '2026-01-05' AND at < '2026-01-10 12:00') OR (at >= '2026-01-10 18:00' AND at < '2026-01-12')$$,
    $$(at >= '2026-01-05' AND at < '2026-01-10') OR (at >= '2026-01-10' AND at < '2026-01-12')$$, $$(at >= '2026-01-05' AND at < '2026-01-10') OR (at >= '2026-01-11' AND at < '2026-01-12')$$,
    $$at < '2026-01-10' OR at >= '2026-03-20'$$, $$at < '2026-03-10' OR at >= '2026-03-01'$$, $$at < '2026-01-10' OR at > 'infinity'$$,
    $$(store_id = 1 AND at >= '2026-01-05' AND at < '2026-01-25') OR (store_id = 2 AND at::date = '2026-03-02')$$, $$store_id IN (1, 2) AND (at::date = '2026-01-05' OR at::date = '2026-03-02')$$,
    $$(at::date = '2026-01-05' OR at::date = '2026-03-02' OR at::date = NULL) AND at > '2026-02-01'$$, $$(at::date = '2026-01-05' OR at::date = '2026-01-15') AND at > '2026-02-01'$$,
    $$(at::date = '2026-01-05' OR at::date = '2026-03-02') AND (at < '2026-01-15' OR at >= '2026-03-02')$$, $$(at >= '2026-01-05' AND (at < '2026-01-06' OR at >= '2026-03-02')) OR at::date = '2025-03-02'$$,
    $$at IN ('2026-01-05', '2026-01-07', '2026-03-02')$$, $$at = ANY ('{2026-01-05,NULL,infinity}')$$, $$at IN ('2026-01-05', '2026-01-07') OR (at::date = '2026-03-02' AND id > 3)$$,
    (SELECT string_agg(format('at::date = %L', date '2024-01-01' + 10 * g), ' OR ') FROM generate_series(1, 30) g)]);
SELECT left(clause, 170) AS clause, sent FROM show('sales');
-- these meet once they are widened to days, but not without
SELECT sent($$SELECT id FROM exact WHERE (at >= '2026-01-05' AND at < '2026-01-10 12:00') OR (at >= '2026-01-10 18:00' AND at < '2026-01-12')$$);
-- a timestamptz column, in the session's time zone and in others
TRUNCATE conditions;
INSERT INTO conditions (name, clause) SELECT 'instants', unnest(ARRAY[
    $$at::date = '2026-02-02'$$, $$at::timestamp >= '2026-02-02'$$, $$date_trunc('month', at) = '2026-02-01'$$, $$date_trunc('hour', at) <= '2026-02-02 10:00'$$, $$date_trunc('day', at, 'Asia/Tokyo') = '2026-02-02 00:00+09'$$,
    $$date_trunc('day', at AT TIME ZONE 'Asia/Tokyo') = '2026-02-02'$$, $$at AT TIME ZONE 'America/New_York' BETWEEN '2026-03-08' AND '2026-03-09'$$, $$extract(year FROM at) = 2026$$,
    $$extract(year FROM at AT TIME ZONE 'Asia/Tokyo') = 2026$$, $$at <@ tstzrange('2026-02-02', '2026-02-04')$$, $$at + interval '1 day' >= '2026-02-02'$$, $$at + interval '1 hour' >= '2026-02-02'$$, $$at + interval '-1 month' < '2026-02-02'$$,
    $$at::date IN ('2026-02-02', '2026-03-02')$$]);
SELECT * FROM show('instants');
SET timezone = 'America/St_Johns';
SELECT * FROM show('instants');
SET timezone = 'UTC';
TRUNCATE conditions;
INSERT INTO conditions (name, clause) SELECT 'days', unnest(ARRAY[
    $$date_trunc('month', at) = '2026-02-01'$$, $$extract(year FROM at) = 2026$$, $$at <@ daterange('2026-02-02', '2026-02-04')$$, $$at + 1 = '2026-02-02'$$, $$at + interval '1 day' = '2026-02-02'$$,
    $$at::timestamp >= '2026-02-02 12:00'$$, $$at IN ('2026-02-02', '2026-03-02')$$, $$at - 7 BETWEEN '2026-02-02' AND '2026-02-03'$$]);
SELECT * FROM show('days');
SET timezone = 'Pacific/Auckland';
SELECT * FROM show('days');
SET timezone = 'UTC';

-- as many rows as from a local copy, for each type and each time zone of the session
CREATE TABLE local_sales AS SELECT * FROM sales;
CREATE TABLE local_instants AS SELECT * FROM instants;
CREATE TABLE local_days AS SELECT * FROM days;
TRUNCATE conditions;
INSERT INTO conditions (name, clause)
SELECT 'all', format(clause, op, at) FROM
    (VALUES ('at::date %s %L'), ('date_trunc(''day'', at) %s %L'), ('date_trunc(''month'', at) %s %L'), ('date_trunc(''hour'', at) %s %L'), ('at AT TIME ZONE ''America/New_York'' %s %L'),
        ('date_trunc(''day'', at, ''America/New_York'') %s %L'), ('(at AT TIME ZONE ''Asia/Tokyo'')::date %s %L'), ('at + interval ''1 month'' %s %L'), ('at - interval ''25 hours'' %s %L'), ('(at, id) %s (%L, 20)')) c (clause),
    unnest('{<,<=,=,>=,>}'::text[]) op, unnest('{2026-03-01,2026-03-02,2026-03-08,2026-03-08 03:00,2026-03-31}'::text[]) at
WHERE NOT (clause ~ '^\(at, id' AND op = '=') AND NOT (clause ~ '::date' AND at ~ ':');
CREATE FUNCTION differences() RETURNS TABLE (of text, clause text, missing integer[], too_many integer[]) LANGUAGE plpgsql AS $$
BEGIN
    FOR of, clause IN SELECT u, c.clause FROM conditions c, unnest('{sales,instants,days}'::text[]) u LOOP
        EXECUTE format('SELECT array_agg(id) FROM (SELECT id FROM local_%1$s WHERE %2$s EXCEPT ALL SELECT id FROM %1$s WHERE %2$s) d', of, clause) INTO missing;
        EXECUTE format('SELECT array_agg(id) FROM (SELECT id FROM %1$s WHERE %2$s EXCEPT ALL SELECT id FROM local_%1$s WHERE %2$s) d', of, clause) INTO too_many;
        IF missing IS NOT NULL OR too_many IS NOT NULL THEN
            RETURN NEXT;
        END IF;
    END LOOP;
END $$;
SELECT count(*) FROM conditions;
SELECT * FROM differences();
SET timezone = 'America/St_Johns';
SELECT * FROM differences();
SET timezone = 'Pacific/Auckland';
SELECT * FROM differences();
SET timezone = 'UTC';
-- a row in two periods is returned once, even if the service returns more than was requested
\! $DATACONNECT_SANDBOX_CTL log-clear
ALTER FOREIGN TABLE sales ALTER at OPTIONS (SET param_from 'IgnoredFrom', SET param_to 'IgnoredTo');
SELECT count(*), count(DISTINCT id) FROM sales WHERE at < '2026-02-15' OR at >= '2026-03-01';
SELECT count(*) FROM local_sales WHERE at < '2026-02-15' OR at >= '2026-03-01';
ALTER FOREIGN TABLE sales ALTER at OPTIONS (SET param_from 'StartDate', SET param_to 'StopDate');
\! sh -c "$LOG"

-- executed six times with two parameters: first by custom plans, then by a generic one
PREPARE two(date, timestamp) AS SELECT count(*) FROM sales WHERE at::date = $1 OR date_trunc('month', at) = $2;
EXECUTE two('2026-01-15', '2026-03-01');
EXECUTE two('2026-01-15', '2026-03-01');
EXECUTE two('2026-01-15', '2026-03-01');
EXECUTE two('2026-01-15', '2026-03-01');
EXECUTE two('2026-01-15', '2026-03-01');
EXECUTE two('2026-01-15', '2026-03-01');
EXECUTE two(NULL, '2026-03-01');
EXECUTE two('2026-03-15', '2026-03-01');
EXECUTE two(NULL, NULL);
EXPLAIN (COSTS OFF) EXECUTE two('2026-01-15', '2026-03-01');
SELECT count(*) FROM local_sales WHERE at::date = '2026-01-15' OR date_trunc('month', at) = '2026-03-01';
\! sh -c "$LOG"
SET plan_cache_mode = force_generic_plan;
PREPARE in_range(tsrange) AS SELECT count(*) FROM sales WHERE at <@ $1;
EXECUTE in_range('[2026-03-01,2026-03-03)');
EXECUTE in_range('empty');
EXECUTE in_range(NULL);
EXECUTE in_range('(,)');
PREPARE one_of(timestamp[]) AS SELECT count(*) FROM sales WHERE date_trunc('month', at) = ANY ($1);
EXECUTE one_of('{2026-01-01,2026-03-01}');
EXECUTE one_of('{}');
EXECUTE one_of(NULL);
EXPLAIN (COSTS OFF) EXECUTE one_of('{2026-01-01}');
-- a period under a condition
PREPARE optional(date) AS SELECT count(*) FROM sales WHERE $1 IS NULL OR at::date = $1 OR date_trunc('month', at) = '2026-03-01';
EXECUTE optional('2026-01-15');
EXECUTE optional(NULL);
-- a cached plan uses the session's time zone at the time when it runs
PREPARE by_day(date) AS SELECT count(*) FROM instants WHERE at::date = $1;
EXECUTE by_day('2026-03-08');
SET timezone = 'Pacific/Auckland';
EXECUTE by_day('2026-03-08');
SELECT count(*) FROM local_instants WHERE at::date = '2026-03-08';
SET timezone = 'UTC';
RESET plan_cache_mode;
DEALLOCATE ALL;
\! sh -c "$LOG"

-- stable expressions, subqueries and joins also supply required windows
ALTER FOREIGN TABLE sales ALTER at OPTIONS (ADD required 'true');
SELECT count(*) FROM sales WHERE at::date >= date '2026-03-29' + (current_date - current_date);
CREATE TABLE months (first timestamp, last timestamp);
INSERT INTO months VALUES ('2026-01-01', '2026-03-01'), ('2026-02-01', '2026-02-01'), (NULL, NULL);
SELECT count(*) FROM sales WHERE date_trunc('month', at) = (SELECT min(first) FROM months);
SELECT count(*) FROM sales WHERE date_trunc('month', at) = ANY (ARRAY(SELECT first FROM months));
SELECT first, count(*) FROM months JOIN sales ON date_trunc('month', at) = first GROUP BY 1 ORDER BY 1;
SELECT first, count(*) FROM months JOIN sales ON at::date = first + interval '14 days' GROUP BY 1 ORDER BY 1;
SELECT first, count(id) FROM months LEFT JOIN sales ON extract(year FROM at) = extract(year FROM first) GROUP BY 1 ORDER BY 1;
SELECT first, count(id) FROM months LEFT JOIN sales ON date_trunc('month', at) = first OR date_trunc('month', at) = last GROUP BY 1 ORDER BY 1;
SELECT first, count(*) FROM months, LATERAL (SELECT * FROM sales WHERE at <@ tsrange(first, last, '[]')) s GROUP BY 1 ORDER BY 1;
\! sh -c "$LOG"

-- a required period that does not follow: the error shows the clause
SELECT count(*) FROM sales WHERE extract(dow FROM at) = 1;
SELECT count(*) FROM sales WHERE id = 3 AND (at::date = '2026-03-02' OR to_char(at, 'YYYY') = '2026');
SELECT count(*) FROM sales WHERE id = 3;
SELECT count(*) FROM sales s JOIN months ON extract(month FROM s.at) = extract(month FROM first);
\! sh -c "$LOG"

-- a window with one parameter cannot have separate periods
ALTER FOREIGN TABLE sales ALTER at OPTIONS (DROP param_to, DROP required);
SELECT sent($$SELECT id FROM sales WHERE at::date = '2026-01-05' OR at::date = '2026-03-02'$$);
SELECT count(*) FROM sales WHERE at::date = '2026-01-15' OR at::date = '2026-03-08';
SELECT count(*) FROM local_sales WHERE at::date = '2026-01-15' OR at::date = '2026-03-08';
ALTER FOREIGN TABLE sales ALTER at OPTIONS (ADD param_to 'StopDate');
-- halved periods
\! $DATACONNECT_SANDBOX_CTL settings '{"max_records": 8}' && $DATACONNECT_SANDBOX_CTL log-clear
ALTER FOREIGN TABLE sales OPTIONS (ADD split 'at');
SELECT count(*), count(DISTINCT id) FROM sales WHERE at BETWEEN '2026-01-01' AND '2026-01-20' OR at::date = '2026-02-01' OR date_trunc('month', at) = '2026-03-01';
SELECT count(*) FROM local_sales WHERE at BETWEEN '2026-01-01' AND '2026-01-20' OR at::date = '2026-02-01' OR date_trunc('month', at) = '2026-03-01';
\! $DATACONNECT_SANDBOX_CTL log --fields status,params && $DATACONNECT_SANDBOX_CTL log-clear && $DATACONNECT_SANDBOX_CTL settings '{"max_records": 1000}'
ALTER FOREIGN TABLE sales OPTIONS (DROP split);

-- pairs of parameters: one request for each pair, none for other combinations
CREATE FOREIGN TABLE report (
    id integer OPTIONS (name 'Id'),
    start_date date OPTIONS (param 'StartDate', required 'true'),
    stop_date date OPTIONS (param 'StopDate', required 'true'),
    store_id integer OPTIONS (name 'StoreID', param 'StoreID')
) SERVER sandbox OPTIONS (endpoint '/test/sales');
SELECT start_date, stop_date, count(*) FROM report WHERE (start_date, stop_date) IN (('2026-01-01', '2026-02-01'), ('2026-03-01', '2026-04-01')) GROUP BY 1, 2 ORDER BY 1;
SELECT count(*) FROM report WHERE (start_date = '2026-01-01' AND stop_date = '2026-02-01') OR (stop_date = '2026-04-01' AND start_date = date '2026-02-01' + 28);
SELECT start_date, stop_date, count(*) FROM report WHERE (start_date, stop_date) IN (('2026-01-01', '2026-02-01'), ('2026-01-01', '2026-03-01'), ('2026-01-01', '2026-02-01'), ('2026-01-01', NULL), (NULL, '2026-02-01')) GROUP BY 1, 2 ORDER BY 1, 2;
SELECT count(*) FROM report WHERE (start_date, stop_date) IN (('2026-01-01', NULL), (NULL, '2026-02-01'));
SELECT count(*) FROM report WHERE (start_date, stop_date) IN (('2026-01-01', '2026-02-01'), ('2026-03-01', '2026-04-01')) AND stop_date = '2026-02-01';
SELECT count(*) FROM report WHERE (start_date, stop_date) IN (('2026-01-01', '2026-02-01'), ('2026-03-01', '2026-04-01')) AND start_date = '2026-01-01' AND stop_date = '2026-04-01';
SELECT count(*) FROM report WHERE (start_date, stop_date) IN (('2026-01-01', '2026-02-01'), ('2026-03-01', '2026-04-01')) AND (start_date, stop_date) IN (('2026-03-01', '2026-04-01'), ('2026-01-01', '2026-03-01'));
\! sh -c "$LOG"
-- they multiply with lists of other columns; a third column can belong to them
SELECT count(*) FROM report WHERE (start_date, stop_date) IN (('2026-01-01', '2026-02-01'), ('2026-03-01', '2026-04-01')) AND store_id IN (1, 2);
SELECT start_date, stop_date, store_id, count(*) FROM report WHERE (start_date, stop_date, store_id) IN (('2026-01-01', '2026-02-01', 1), ('2026-03-01', '2026-04-01', 2)) GROUP BY 1, 2, 3 ORDER BY 1;
SELECT count(*) FROM report WHERE (start_date = '2026-01-01' AND stop_date = '2026-02-01' AND id > 30) OR (start_date = '2026-03-01' AND stop_date = '2026-04-01');
SELECT sent($$SELECT id FROM report WHERE (start_date, stop_date) IN (('2026-01-01', '2026-01-01'), ('2026-03-01', '2026-03-01'))$$);
-- if an alternative lacks a column, that column has no value
SELECT count(*) FROM report WHERE (start_date = '2026-01-01' AND stop_date = '2026-02-01') OR start_date = '2026-03-01';
\! sh -c "$LOG"
PREPARE pairs(date, date, date, date) AS SELECT start_date, stop_date, count(*) FROM report WHERE (start_date, stop_date) IN (($1, $2), ($3, $4)) GROUP BY 1, 2 ORDER BY 1;
SET plan_cache_mode = force_generic_plan;
EXECUTE pairs('2026-01-01', '2026-02-01', '2026-03-01', '2026-04-01');
EXECUTE pairs('2026-01-01', '2026-02-01', '2026-01-01', '2026-02-01');
EXECUTE pairs('2026-01-01', NULL, '2026-03-01', '2026-04-01');
EXPLAIN (COSTS OFF) EXECUTE pairs('2026-01-01', '2026-02-01', '2026-03-01', '2026-04-01');
PREPARE optional(date, date) AS SELECT count(*) FROM report WHERE ($1 IS NULL OR (start_date = $1 AND stop_date = $2)) AND store_id = 1;
EXECUTE optional('2026-01-01', '2026-02-01');
EXECUTE optional(NULL, '2026-02-01');
RESET plan_cache_mode;
DEALLOCATE ALL;
SELECT first, start_date, stop_date, count(*) FROM months JOIN report ON (start_date, stop_date) IN ((first::date, last::date), (last::date, first::date)) GROUP BY 1, 2, 3 ORDER BY 1, 2, 3;
\! sh -c "$LOG"

SET client_min_messages = warning;
DROP FUNCTION sent, show, differences CASCADE;
DROP TABLE conditions, months, local_sales, local_instants, local_days;
DROP SERVER sandbox CASCADE;
