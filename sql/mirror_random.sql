--
-- The mirror: whatever is here and whatever is read, the rows are equal afterwards
--
\getenv srcdir PG_ABS_SRCDIR
\set setup :srcdir '/test/regress/setup.psql'
\i :setup
\set SHOW_CONTEXT never

CREATE FOREIGN TABLE source (k integer, l text, v text, n numeric, at timestamp OPTIONS (name 'at', param_from 'StartDate', param_to 'StopDate')) SERVER sandbox OPTIONS (endpoint '/test/none');
CREATE TABLE target (k integer, l text, v text, n numeric, at timestamp) PARTITION BY RANGE (at);
SELECT format('CREATE TABLE target_%s PARTITION OF target FOR VALUES FROM (%L) TO (%L)', d, date '2026-01-01' + 2 * d, date '2026-01-03' + 2 * d) FROM generate_series(0, 4) d \gexec
INSERT INTO dataconnect_mirror_mine (target, source, by_column, since, step, live, late, managed, horizon) VALUES ('target', 'source', 'at', '2026-01-01', '2 days', '0', '1 day', false, '2026-01-11');
CREATE TEMP TABLE staged (at timestamp, n numeric, v text, l text, k integer);
CREATE TEMP TABLE before (LIKE target, rel oid, tid tid);

-- Rows with few different values, so that keys, texts and dates are often equal.
CREATE FUNCTION pg_temp.some_rows(a date, b date, number integer)
RETURNS TABLE (k integer, l text, v text, n numeric, at timestamp) LANGUAGE sql VOLATILE AS $$
    SELECT nullif(floor(random() * 7)::integer, 6), (ARRAY['a', 'A', 'a ', '', NULL])[1 + floor(random() * 5)],
        (ARRAY['x', 'X', NULL])[1 + floor(random() * 3)], (ARRAY[1, 1.0, 1.00, NULL])[1 + floor(random() * 4)],
        a + floor(random() * (b - a) * 4)::integer * interval '6 hours'
    FROM generate_series(1, number)
$$;

CREATE FUNCTION pg_temp.try(keys name[], distributed boolean) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    a date := date '2026-01-01' + floor(random() * 8)::integer;
    b date := a + 1 + floor(random() * 3)::integer;
    w record;
    wrong bigint;
    written bigint;
    new bigint;
    gone bigint;
    names text := coalesce((SELECT string_agg(format('%I', c), ', ') FROM unnest(keys) c), '1');
    keyed text := CASE WHEN keys IS NULL THEN 'false' ELSE format('ROW(%s) IS NOT NULL', names) END;
BEGIN
    UPDATE dataconnect_mirror_mine SET key_columns = keys WHERE target = 'target'::regclass;
    DELETE FROM target;
    DELETE FROM staged;
    INSERT INTO target SELECT * FROM pg_temp.some_rows('2026-01-01', '2026-01-11', (random() * 40)::integer);
    INSERT INTO target SELECT * FROM target WHERE random() < 0.3;
    IF keys IS NOT NULL THEN
        EXECUTE format('DELETE FROM target WHERE (tableoid, ctid) NOT IN (SELECT DISTINCT ON (CASE WHEN %s THEN ROW(%s)::text ELSE ROW(tableoid, ctid)::text END) tableoid, ctid FROM target)', keyed, names);
    END IF;
    -- some of the old rows, and some new ones
    INSERT INTO staged (k, l, v, n, at) SELECT k, l, v, n, at FROM target t WHERE t.at >= a AND t.at < b AND random() < 0.7;
    INSERT INTO staged (k, l, v, n, at) SELECT * FROM pg_temp.some_rows(a, b, (random() * 10)::integer);
    INSERT INTO staged SELECT * FROM staged WHERE random() < 0.3;
    IF keys IS NOT NULL THEN
        EXECUTE format('DELETE FROM staged WHERE ctid NOT IN (SELECT DISTINCT ON (CASE WHEN %s THEN ROW(%s)::text ELSE ctid::text END) ctid FROM staged)', keyed, names);
    END IF;
    IF distributed THEN
        EXECUTE format('DELETE FROM target WHERE NOT (%s)', keyed);
        EXECUTE format('DELETE FROM staged WHERE NOT (%s)', keyed);
    END IF;
    DELETE FROM before;
    INSERT INTO before SELECT t.*, t.tableoid, t.ctid FROM target t;

    SELECT * INTO w FROM dataconnect_mirror_apply('target', 'staged', a, b);

    -- in the days: the rows that were read
    SELECT count(*) INTO wrong FROM (
        (SELECT ROW(k, l, v, n, at)::text FROM target t WHERE t.at >= a AND t.at < b EXCEPT ALL SELECT ROW(k, l, v, n, at)::text FROM staged)
        UNION ALL
        (SELECT ROW(k, l, v, n, at)::text FROM staged EXCEPT ALL SELECT ROW(k, l, v, n, at)::text FROM target t WHERE t.at >= a AND t.at < b)) d;
    IF wrong > 0 THEN RETURN 'rows of the days'; END IF;
    -- in the others: what was there, without the keys that were read
    EXECUTE format('WITH old AS (
            SELECT ROW(k, l, v, n, at)::text FROM before WHERE NOT (at >= $1 AND at < $2)
                AND NOT (%1$s AND ROW(%2$s)::text IN (SELECT ROW(%2$s)::text FROM staged WHERE %1$s))
        ), new AS (
            SELECT ROW(k, l, v, n, at)::text FROM target WHERE NOT (at >= $1 AND at < $2)
        )
        SELECT count(*) FROM ((TABLE old EXCEPT ALL TABLE new) UNION ALL (TABLE new EXCEPT ALL TABLE old)) d', keyed, names) INTO wrong USING a, b;
    IF wrong > 0 THEN RETURN 'rows of other days'; END IF;
    -- only what differed was written, and that was counted
    SELECT count(*) INTO written FROM target t WHERE (t.tableoid, t.ctid) NOT IN (SELECT rel, tid FROM before);
    SELECT count(*) INTO new FROM (SELECT ROW(k, l, v, n, at)::text FROM staged EXCEPT ALL SELECT ROW(k, l, v, n, at)::text FROM before WHERE at >= a AND at < b) d;
    SELECT count(*) INTO gone FROM (SELECT ROW(k, l, v, n, at)::text FROM before WHERE at >= a AND at < b EXCEPT ALL SELECT ROW(k, l, v, n, at)::text FROM staged) d;
    IF w.added + w.changed <> new OR w.vanished + w.changed <> gone THEN RETURN 'counts'; END IF;
    IF written <> new THEN RETURN 'written rows'; END IF;
    RETURN CASE WHEN w.changed > 0 THEN 'right, with changed rows' WHEN w.added > 0 OR w.vanished > 0 THEN 'right, with other rows' ELSE 'right' END;
END $$;

SELECT setseed(0.5);
SELECT name, string_agg(DISTINCT result, ', ') FILTER (WHERE result NOT LIKE 'right%') AS wrong,
    count(*) FILTER (WHERE result LIKE '%changed%') > 0 AS changed, count(*) FILTER (WHERE result LIKE '%other%') > 0 AS other
FROM (VALUES ('no key', NULL), ('a key', '{k}'), ('a key of two', '{l,k}')) v (name, keys), generate_series(1, 60) i,
    LATERAL (SELECT pg_temp.try(CASE WHEN i > 0 THEN keys::name[] END, false) AS result) r
GROUP BY name ORDER BY name;
-- as for a table of Citus
SET allow_system_table_mods = on;
CREATE TABLE pg_catalog.pg_dist_partition AS SELECT 'target'::regclass AS logicalrelid;
SELECT name, string_agg(DISTINCT result, ', ') FILTER (WHERE result NOT LIKE 'right%') AS wrong,
    count(*) FILTER (WHERE result LIKE '%changed%') > 0 AS changed, count(*) FILTER (WHERE result LIKE '%other%') > 0 AS other
FROM (VALUES ('a key', '{k}'), ('a key of two', '{l,k}')) v (name, keys), generate_series(1, 30) i,
    LATERAL (SELECT pg_temp.try(CASE WHEN i > 0 THEN keys::name[] END, true) AS result) r
GROUP BY name ORDER BY name;
DROP TABLE pg_catalog.pg_dist_partition;
RESET allow_system_table_mods;

DELETE FROM dataconnect_mirror_mine;
DROP TABLE target;
DROP FOREIGN TABLE source;
