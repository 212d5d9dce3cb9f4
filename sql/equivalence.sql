--
-- A query has the rows that it has over a local copy, whatever is sent for it
--
\getenv srcdir PG_ABS_SRCDIR
\set setup :srcdir '/test/regress/setup.psql'
\i :setup

SET jit = off;

-- one report in several forms: with times as they are, as instants and as days, with
-- a request for each store, with one for all and with batches; halved, and so many rows that joins give values
CREATE FOREIGN TABLE far_plain (
    id integer OPTIONS (name 'Id'),
    store_id integer OPTIONS (name 'StoreID', param 'StoreID'),
    at timestamp OPTIONS (name 'DateCreated', param_from 'StartDate', param_to 'StopDate'),
    total numeric(19,4) OPTIONS (name 'Total')
) SERVER sandbox OPTIONS (endpoint '/test/sales', split 'at', rows '1000000');
CREATE FOREIGN TABLE far_list (
    id integer OPTIONS (name 'Id'),
    store_id smallint OPTIONS (name 'StoreID', param 'StoreIDs', list 'true'),
    at timestamptz OPTIONS (name 'DateCreated', param_from 'StartDate', param_to 'StopDate'),
    total numeric OPTIONS (name 'Total')
) SERVER sandbox OPTIONS (endpoint '/test/sales', split 'store_id', rows '1000000', batch_size '2');
CREATE FOREIGN TABLE far_days (
    id integer OPTIONS (name 'Id'),
    store_id bigint OPTIONS (name 'StoreID', param 'StoreID'),
    at date OPTIONS (name 'DateCreated', param_from 'StartDate', param_to 'StopDate'),
    total numeric OPTIONS (name 'Total')
) SERVER sandbox OPTIONS (endpoint '/test/sales', split 'at', rows '1000000');
CREATE FOREIGN TABLE far_exact (
    id integer OPTIONS (name 'Id'),
    store_id integer OPTIONS (name 'StoreID', param 'StoreID'),
    at timestamp OPTIONS (name 'DateCreated', param_from 'StartDate', param_to 'StopDate'),
    total real OPTIONS (name 'Total')
) SERVER sandbox OPTIONS (endpoint '/test/sales', window_round 'none', params 'DatePercision=True', split 'at');
CREATE TABLE near_plain AS SELECT * FROM far_plain;
CREATE TABLE near_list AS SELECT * FROM far_list;
CREATE TABLE near_days AS SELECT * FROM far_days;
CREATE TABLE near_exact AS SELECT * FROM far_exact;
CREATE TABLE stores AS SELECT * FROM unnest('{1,3,3,7,NULL}'::integer[]) AS store;
CREATE TABLE periods (id integer, since timestamptz, until timestamptz, first timestamp, last date);
INSERT INTO periods VALUES (1, '2026-01-05', '2026-01-20 03:00', '2026-01-15 12:30:00.12', '2026-02-01'),
    (3, '2026-03-08 06:59:59.997', '2026-03-29 01:00', '2026-03-08 02:30', '2026-03-29'),
    (3, NULL, '2026-03-01', '2026-02-01', NULL), (4, '-infinity', '2026-01-10', '2026-03-31 23:59:59.997', 'infinity');
ANALYZE;

CREATE FUNCTION pick(choices text[]) RETURNS text LANGUAGE sql VOLATILE
AS $$ SELECT choices[1 + floor(random() * cardinality(choices))::integer] $$;
CREATE FUNCTION some_zone() RETURNS text LANGUAGE sql VOLATILE
AS $$ SELECT pick(array['UTC', 'America/New_York', 'Pacific/Auckland', 'EST', '+05:30']) $$;
CREATE FUNCTION some_unit() RETURNS text LANGUAGE sql VOLATILE
AS $$ SELECT pick(array['second', 'minute', 'hour', 'day', 'week', 'month', 'quarter', 'year', 'Century']) $$;
CREATE FUNCTION some_store() RETURNS text LANGUAGE sql VOLATILE
AS $$ SELECT pick(array['1', '2', '3', '4', '5', '9', 'NULL', '3::smallint', '4::bigint', '(SELECT 2)', 'length(current_setting(''timezone''))']) $$;
-- at an event, beside one, at the start of its hour or day; of each type
CREATE FUNCTION some_time() RETURNS text LANGUAGE sql VOLATILE
AS $$
SELECT format(pick(array['timestamp %L', 'timestamp %L', 'timestamptz %L', 'date %L', '(SELECT timestamp %L)', '(SELECT timestamptz %L)']),
    date_trunc(pick(array['microseconds', 'microseconds', 'day', 'hour']), at)
    + pick(array['0', '0', '1 millisecond', '-1 microsecond', '1 day', '1 hour'])::interval)
FROM near_plain ORDER BY random() LIMIT 1
$$;
CREATE FUNCTION some_operator() RETURNS text LANGUAGE sql VOLATILE
AS $$ SELECT pick(array['<', '<=', '=', '>=', '>']) $$;
-- something over the time that keeps its order, and more such
CREATE FUNCTION some_expression() RETURNS text LANGUAGE sql VOLATILE
AS $$
SELECT CASE floor(random() * 8)::integer
    WHEN 0 THEN 't.at::date'
    WHEN 1 THEN 't.at::timestamp'
    WHEN 2 THEN format('(t.at AT TIME ZONE %L)', some_zone())
    WHEN 3 THEN format('date_trunc(%L, t.at, %L)', some_unit(), some_zone())
    WHEN 4 THEN format('date_trunc(%L, t.at)', some_unit())
    WHEN 5 THEN format('date_trunc(%L, t.at AT TIME ZONE %L)', some_unit(), some_zone())
    WHEN 6 THEN format('(t.at AT TIME ZONE %L)::date', some_zone())
    ELSE format('(t.at %s interval %L)', pick(array['+', '-']), pick(array['1 day', '36 hours', '1 month -2 days', '-1 month', '20 minutes', '13 months 5 days']))
END
$$;
CREATE FUNCTION some_period() RETURNS text LANGUAGE sql VOLATILE
AS $$
SELECT CASE floor(random() * 9)::integer
    WHEN 0 THEN format('extract(year FROM t.at) %s %s', some_operator(), pick(array['2025', '2026', '2026.5', 'NULL']))
    WHEN 1 THEN format('date_part(''year'', t.at) IN (%s, 2027)', pick(array['2025', '2026']))
    WHEN 2 THEN format('(t.at, t.store_id) %s (%s, 3)', pick(array['<', '<=', '>=', '>']), some_time())
    WHEN 3 THEN format('t.at BETWEEN SYMMETRIC %s AND %s', some_time(), some_time())
    WHEN 4 THEN format('t.at::timestamp <@ tsrange(least(%1$s, %2$s)::timestamp, greatest(%1$s, %2$s)::timestamp, %3$L)', some_time(), some_time(), pick(array['[]', '()', '[)']))
    WHEN 5 THEN format('tstzmultirange(tstzrange(''2026-01-05'', ''2026-01-09''), tstzrange(%s, NULL)) @> t.at::timestamptz', some_time())
    WHEN 6 THEN format('%s IN (%s, %s)', some_expression(), some_time(), some_time())
    WHEN 7 THEN format('(t.at >= %s AND t.at < %s OR t.at >= %s AND t.at <= %s)', some_time(), some_time(), some_time(), some_time())
    ELSE format('%s %s %s', some_expression(), some_operator(), some_time())
END
$$;
CREATE FUNCTION some_condition() RETURNS text LANGUAGE sql VOLATILE
AS $$
SELECT CASE floor(random() * 16)::integer
    WHEN 0 THEN format('t.store_id = %s', some_store())
    WHEN 1 THEN format('%s = t.store_id', some_store())
    WHEN 2 THEN format('t.store_id IN (%s, %s, %s)', some_store(), some_store(), some_store())
    WHEN 3 THEN format('t.store_id = ANY (ARRAY[%s, %s]::bigint[])', some_store(), some_store())
    WHEN 4 THEN format('t.store_id %s %s', pick(array['<>', '<', '>=', 'IS DISTINCT FROM']), some_store())
    WHEN 5 THEN format('%s %s t.at', some_time(), pick(array['<', '<=', '=', '>=', '>']))
    WHEN 6 THEN format('t.at BETWEEN %s AND %s', some_time(), some_time())
    WHEN 7 THEN format('t.at IN (%s, %s)', some_time(), some_time())
    WHEN 8 THEN format('(%s OR %s)', some_condition(), some_condition())
    WHEN 9 THEN format('NOT (%s)', some_condition())
    WHEN 10 THEN format('t.total > %s', floor(random() * 500))
    WHEN 11 THEN format('t.at %s %s', pick(array['<', '<=', '>=', '>']), some_time())
    WHEN 12 THEN format('(t.store_id = %s AND %s OR t.store_id = %s AND %s)', some_store(), some_period(), some_store(), some_period())
    WHEN 13 THEN format('(t.store_id, t.id) IN ((%s, 3), (%s, 17), (2, 20))', some_store(), some_store())
    ELSE some_period()
END
$$;
-- with %1$s for the table and %2$s, %3$s for conditions on t
CREATE FUNCTION some_query() RETURNS text LANGUAGE sql VOLATILE
AS $$
SELECT pick(array[
    'SELECT id FROM %1$s t WHERE %2$s',
    'SELECT id FROM %1$s t WHERE %2$s AND %3$s',
    'SELECT t.id FROM %1$s t JOIN stores s ON s.store = t.store_id WHERE %2$s',
    'SELECT t.id FROM %1$s t LEFT JOIN stores s ON s.store = t.store_id AND %2$s WHERE %3$s',
    'SELECT t.id FROM stores s LEFT JOIN %1$s t ON s.store = t.store_id AND %2$s',
    'SELECT t.id FROM stores s FULL JOIN (SELECT * FROM %1$s t WHERE %2$s) t ON s.store = t.store_id',
    'SELECT t.id FROM %1$s t JOIN %1$s u ON u.id = t.id + 1 AND u.at >= t.at WHERE %2$s',
    'SELECT t.id FROM %1$s t WHERE t.store_id IN (SELECT store FROM stores) AND %2$s',
    'SELECT t.id FROM %1$s t WHERE NOT EXISTS (SELECT FROM stores s WHERE s.store = t.store_id) AND %2$s',
    'SELECT (SELECT sum(t.id) FROM %1$s t WHERE t.store_id = s.store AND %2$s) AS id FROM stores s',
    'SELECT t.id FROM stores s, LATERAL (SELECT id FROM %1$s t WHERE t.store_id >= s.store AND %2$s ORDER BY id LIMIT 3) t',
    'SELECT t.id FROM periods p JOIN %1$s t ON t.at >= p.since AND t.at < p.until WHERE %2$s',
    'SELECT t.id FROM periods p LEFT JOIN %1$s t ON t.at BETWEEN p.first AND p.last AND (t.store_id = p.id OR t.store_id = p.id + 1)',
    'SELECT t.id FROM periods p JOIN stores s ON s.store = p.id JOIN %1$s t ON t.store_id = s.store AND t.at > p.first AND %2$s',
    'SELECT t.id FROM periods p, stores s, %1$s t WHERE t.store_id IN (s.store, p.id) AND t.at <= p.last',
    'SELECT p.id FROM periods p WHERE NOT EXISTS (SELECT FROM %1$s t WHERE t.at = p.first AND %2$s)',
    'SELECT count(*) AS id FROM %1$s t WHERE %2$s GROUP BY t.store_id'])
$$;
CREATE FUNCTION rows_of(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    result text;
BEGIN
    EXECUTE format('SELECT coalesce(string_agg(id::text, '' '' ORDER BY id), ''none'') FROM (%s) q', query) INTO result;
    RETURN result;
EXCEPTION WHEN program_limit_exceeded THEN
    RETURN 'refused';
END $$;

-- Queries by chance, but always the same; over a session's time zones and plans.
CREATE TABLE compared (query text, far text, near text);
CREATE PROCEDURE compare(count integer, seed float8, bounds text) LANGUAGE plpgsql AS $$
DECLARE
    form text; query text; conditions text[];
    settings text[] := '{enable_hashjoin,enable_mergejoin,enable_nestloop,enable_material,enable_memoize}';
BEGIN
    PERFORM setseed(seed);
    FOR i IN 1 .. count LOOP
        form := pick('{plain,list,days,exact}');
        query := some_query();
        conditions := array[some_condition(), some_condition()];
        PERFORM set_config('timezone', pick('{UTC,America/St_Johns,Pacific/Auckland}'), true);
        PERFORM set_config(s, pick('{on,off}'), true) FROM unnest(settings) AS s;
        INSERT INTO compared VALUES (format(query, form, conditions[1], conditions[2]),
            rows_of(format(query, format('(SELECT * FROM far_%s t WHERE %s)', form, bounds), conditions[1], conditions[2])),
            rows_of(format(query, format('(SELECT * FROM near_%s t WHERE %s)', form, bounds), conditions[1], conditions[2])));
    END LOOP;
END $$;
CALL compare(800, 0.5, 'true');
SELECT * FROM compared WHERE far <> near;
SELECT count(*), count(DISTINCT query) > 200 AS different, count(*) FILTER (WHERE near <> 'none') > 100 AS with_rows FROM compared;
-- it was worth it: most of them were sent with conditions
\! $DATACONNECT_SANDBOX_CTL log --fields params | awk '/Store|Date/ { sent++ } END { print (sent > NR / 2 ? "most" : sent " of " NR) }'

-- others in halves, but for what cannot be asked in halves
TRUNCATE compared;
\! $DATACONNECT_SANDBOX_CTL settings '{"max_records": 16}' && $DATACONNECT_SANDBOX_CTL log-clear
CALL compare(500, 0.25, 't.at >= ''2025-12-01'' AND t.at < ''2026-05-01''');
SELECT * FROM compared WHERE far <> near AND far <> 'refused';
SELECT count(*), count(*) FILTER (WHERE far <> 'refused') > 100 AS answered FROM compared;
\! $DATACONNECT_SANDBOX_CTL log --fields status | awk '/413/ { halved++ } END { print (halved > 200 ? "halved" : halved " halved") }'

SET client_min_messages = warning;
DROP PROCEDURE compare;
DROP FUNCTION pick, some_zone, some_unit, some_operator, some_store, some_time, some_expression, some_period, some_condition, some_query, rows_of;
DROP TABLE compared, stores, periods, near_plain, near_list, near_days, near_exact;
DROP SERVER sandbox CASCADE;
