--
-- The mirror: what is read of the source, and what is written of it
--
\getenv srcdir PG_ABS_SRCDIR
\set setup :srcdir '/test/regress/setup.psql'
\i :setup
\pset null (null)
\set SHOW_CONTEXT never
SET dataconnect_fdw.learn = off;

-- Makes a table a mirror, without the options' checks.
CREATE FUNCTION pg_temp.adopt(target regclass, source regclass, key name[] DEFAULT NULL, outside text DEFAULT 'refuse', params text DEFAULT '', fetched_at name DEFAULT NULL)
RETURNS void LANGUAGE sql AS $$
    DELETE FROM dataconnect_mirror_mine m WHERE m.target = adopt.target;
    INSERT INTO dataconnect_mirror_mine (target, source, by_column, since, step, live, late, key_columns, params, outside, managed, horizon, fetched_at_column)
    VALUES (target, source, 'at', '2026-01-01', '1 month', '0', '3 days', key, params, outside, false, '2026-04-01', fetched_at);
$$;

--
-- Reading a window
--
CREATE FOREIGN TABLE sales (
    id integer OPTIONS (name 'Id'),
    store integer OPTIONS (name 'StoreID', param 'StoreID'),
    at timestamp OPTIONS (name 'DateCreated', param_from 'StartDate', param_to 'StopDate', required 'true'),
    total numeric OPTIONS (name 'Total')
) SERVER sandbox OPTIONS (endpoint '/test/sales');
CREATE TABLE kept (total numeric, own text DEFAULT 'own', at timestamp, id integer, store integer);
SELECT pg_temp.adopt('kept', 'sales');
CREATE TEMP TABLE staged (LIKE kept);
SELECT * FROM dataconnect_mirror_read('kept', '2026-01-01', '2026-02-01', 'staged');
SELECT count(*), min(at) >= '2026-01-01' AND max(at) < '2026-02-01' AS inside, count(own) AS own FROM staged;
SELECT count(*) FROM (SELECT id, store, at, total FROM staged EXCEPT ALL SELECT id, store, at, total FROM sales WHERE at >= '2026-01-01' AND at < '2026-02-01') AS more;
SELECT count(*) FROM (SELECT id, store, at, total FROM sales WHERE at >= '2026-01-01' AND at < '2026-02-01' EXCEPT ALL SELECT id, store, at, total FROM staged) AS missing;
\! $DATACONNECT_SANDBOX_CTL log-clear
-- a request that is too large is halved at a midnight, again and again
TRUNCATE staged;
\! $DATACONNECT_SANDBOX_CTL fault '{"path": "/test/sales", "status": 413, "count": 2, "body": "too many"}'
SELECT * FROM dataconnect_mirror_read('kept', '2026-01-01', '2026-01-08', 'staged');
SELECT count(*) = (SELECT count(*) FROM sales WHERE at >= '2026-01-01' AND at < '2026-01-08') AS all FROM staged;
\! sh -c "$LOG"
-- down to a day
\! $DATACONNECT_SANDBOX_CTL fault '{"path": "/test/sales", "status": 413, "count": 0, "body": "too many"}'
SELECT * FROM dataconnect_mirror_read('kept', '2026-01-01', '2026-01-03', 'staged');
\! $DATACONNECT_SANDBOX_CTL clear
\! sh -c "$LOG"
-- other errors are errors; the staged rows are as before
\! $DATACONNECT_SANDBOX_CTL fault '{"path": "/test/sales", "status": 404, "count": 0, "body": "no"}'
SELECT * FROM dataconnect_mirror_read('kept', '2026-01-01', '2026-01-08', 'staged');
\! $DATACONNECT_SANDBOX_CTL clear
\! $DATACONNECT_SANDBOX_CTL log-clear

-- copies are not read, and a stale one is no answer; none is kept where none is read
ALTER SERVER sandbox OPTIONS (ADD max_age '1h', ADD stale_if_error '1h', ADD max_retries '0');
SELECT count(*) FROM sales WHERE at >= '2026-01-01' AND at < '2026-01-02';
TRUNCATE staged;
SELECT * FROM dataconnect_mirror_read('kept', '2026-01-01', '2026-01-02', 'staged');
\! $DATACONNECT_SANDBOX_CTL fault '{"path": "/test/sales", "status": 500, "count": 0}'
SELECT * FROM dataconnect_mirror_read('kept', '2026-01-01', '2026-01-02', 'staged');
SELECT count(*) > 0 AS copy FROM sales WHERE at >= '2026-01-01' AND at < '2026-01-02';
\! $DATACONNECT_SANDBOX_CTL clear
\! sh -c "$LOG"
SHOW dataconnect_fdw.max_age;
ALTER SERVER sandbox OPTIONS (DROP max_age, DROP stale_if_error, DROP max_retries);
SELECT dataconnect_cache_drop() > 0 AS copies;
TRUNCATE staged;
SELECT records FROM dataconnect_mirror_read('kept', '2026-01-01', '2026-01-02', 'staged');
SELECT count(*) AS copies FROM dataconnect_cache;

-- the time of the reply, from the source or from the clock
CREATE TABLE timed (at timestamp, id integer, fetched_at timestamptz);
SELECT pg_temp.adopt('timed', 'sales', fetched_at => 'fetched_at');
CREATE TEMP TABLE staged_timed (LIKE timed);
SELECT records FROM dataconnect_mirror_read('timed', '2026-01-01', '2026-01-02', 'staged_timed');
SELECT count(DISTINCT fetched_at), min(fetched_at) > now() - interval '1 min' AND max(fetched_at) < clock_timestamp() AS now FROM staged_timed;
ALTER FOREIGN TABLE sales ADD COLUMN "when" timestamptz OPTIONS (value 'Fetched_At'), ADD COLUMN age interval OPTIONS (value 'age');
TRUNCATE staged_timed;
SELECT records FROM dataconnect_mirror_read('timed', '2026-01-01', '2026-01-02', 'staged_timed');
SELECT count(DISTINCT fetched_at), min(fetched_at) > now() - interval '1 min' AND max(fetched_at) < clock_timestamp() AS now FROM staged_timed;
\! $DATACONNECT_SANDBOX_CTL log-clear

--
-- Reading by parameter columns: strays
--
\! $DATACONNECT_SANDBOX_CTL document '/test/report' '[{"Id":1,"At":"2026-01-01T00:00:00"},{"Id":2,"At":"2026-01-02T23:59:59.997"},{"Id":3,"At":"2026-01-03T00:00:00"},{"Id":4,"At":"2026-01-03T23:59:59"},{"Id":5,"At":"2026-01-04T00:00:00"},{"Id":6,"At":"2025-12-31T23:59:59"},{"Id":7,"At":null},{"Id":8,"At":"2026-01-02T12:00:00"}]'
CREATE FOREIGN TABLE report (
    id integer OPTIONS (name 'Id'),
    at timestamp OPTIONS (name 'At'),
    start_date date OPTIONS (param 'StartDate', required 'true'),
    stop_date date OPTIONS (param 'StopDate', required 'true'),
    hide integer OPTIONS (param 'HideRebates', required 'true'),
    stores integer OPTIONS (param 'Stores', list 'true')
) SERVER sandbox OPTIONS (endpoint '/test/report');
CREATE TABLE reported (id integer, at timestamp);
SELECT pg_temp.adopt('reported', 'report', params => 'HideRebates=-1&Stores=1,2');
CREATE TEMP TABLE staged_report (LIKE reported);
-- days 1 and 2: those of day 3 are the next period's, the others belong to none that was asked for
SELECT * FROM dataconnect_mirror_read('reported', '2026-01-01', '2026-01-03', 'staged_report');
SELECT * FROM staged_report ORDER BY id;
\! sh -c "$LOG"
TRUNCATE staged_report;
SELECT pg_temp.adopt('reported', 'report', params => 'HideRebates=-1', outside => 'error');
SELECT * FROM dataconnect_mirror_read('reported', '2026-01-01', '2026-01-03', 'staged_report');
SELECT count(*) FROM staged_report;
\! $DATACONNECT_SANDBOX_CTL document '/test/report' '[{"Id":1,"At":"2026-01-01T00:00:00"},{"Id":3,"At":"2026-01-03T00:00:00"}]'
SELECT records, rejected FROM dataconnect_mirror_read('reported', '2026-01-01', '2026-01-03', 'staged_report');
-- halves do not count each other's days
SELECT pg_temp.adopt('reported', 'report', params => 'HideRebates=-1');
\! $DATACONNECT_SANDBOX_CTL fault '{"path": "/test/report", "status": 413, "body": "too many"}'
\! $DATACONNECT_SANDBOX_CTL document '/test/report?StopDate=2026-01-02T00:00:00.000Z' '[{"Id":1,"At":"2026-01-01T01:00:00"},{"Id":2,"At":"2026-01-02T02:00:00"},{"Id":9,"At":null}]'
\! $DATACONNECT_SANDBOX_CTL document '/test/report?StopDate=2026-01-03T00:00:00.000Z' '[{"Id":2,"At":"2026-01-02T02:00:00"},{"Id":3,"At":"2026-01-03T03:00:00"},{"Id":9,"At":null}]'
TRUNCATE staged_report;
\! $DATACONNECT_SANDBOX_CTL log-clear
SELECT * FROM dataconnect_mirror_read('reported', '2026-01-01', '2026-01-03', 'staged_report');
SELECT * FROM staged_report ORDER BY id;
\! sh -c "$LOG"

-- a window has strays as well: the foreign table drops them, and they are counted
\! $DATACONNECT_SANDBOX_CTL document '/test/windowed' '[{"Id":1,"At":"2026-01-01T00:00:00"},{"Id":2,"At":"2026-01-02T23:59:59.997"},{"Id":3,"At":"2026-01-03T00:00:00"},{"Id":4,"At":"2026-01-03T23:59:59"},{"Id":5,"At":"2026-01-04T00:00:00"},{"Id":6,"At":"2025-12-31T23:59:59"},{"Id":7,"At":null},{"Id":8,"At":"2026-01-02T12:00:00"}]'
CREATE FOREIGN TABLE windowed (
    id integer OPTIONS (name 'Id'),
    at timestamp OPTIONS (name 'At', param_from 'StartDate', param_to 'StopDate', required 'true')
) SERVER sandbox OPTIONS (endpoint '/test/windowed');
SELECT pg_temp.adopt('reported', 'windowed');
TRUNCATE staged_report;
SELECT * FROM dataconnect_mirror_read('reported', '2026-01-01', '2026-01-03', 'staged_report');
SELECT * FROM staged_report ORDER BY id;
SELECT pg_temp.adopt('reported', 'windowed', outside => 'error');
SELECT * FROM dataconnect_mirror_read('reported', '2026-01-01', '2026-01-03', 'staged_report');
-- as EXPLAIN shows them, for each form of a bound
CREATE FUNCTION pg_temp.outside(condition text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    plan jsonb;
BEGIN
    EXECUTE format('EXPLAIN (ANALYZE, FORMAT JSON, TIMING OFF) SELECT id FROM windowed WHERE %s', condition) INTO plan;
    RETURN concat_ws(' ', plan #>> '{0,Plan,Records}', 'records,', coalesce(plan #>> '{0,Plan,Records Outside}', 'none'), 'outside');
END $$;
SELECT c, pg_temp.outside(c) FROM unnest(ARRAY[
    'at >= ''2026-01-01'' AND at < ''2026-01-03''',
    'at >= ''2026-01-01'' AND at <= ''2026-01-02''',
    'at >= ''2026-01-01 12:00'' AND at < ''2026-01-02 23:00''',
    'at >= ''2026-01-02''',
    'at < ''2026-01-03''',
    'at = ''2026-01-04''',
    'at::date IN (''2026-01-01'', ''2026-01-03'')']) c;
ALTER FOREIGN TABLE windowed OPTIONS (ADD window_round 'none');
SELECT pg_temp.outside('at >= ''2026-01-01'' AND at < ''2026-01-03''');
ALTER FOREIGN TABLE windowed OPTIONS (DROP window_round), ALTER COLUMN at TYPE date;
SELECT pg_temp.outside('at >= ''2026-01-01'' AND at < ''2026-01-03''');
ALTER FOREIGN TABLE windowed ALTER COLUMN at TYPE timestamptz, ALTER COLUMN at OPTIONS (ADD timezone 'America/Regina');
SELECT pg_temp.outside('at >= ''2026-01-01 06:00Z'' AND at < ''2026-01-03 06:00Z''');
-- the halves of a table with the option split count what is outside of theirs
ALTER FOREIGN TABLE windowed OPTIONS (ADD split 'at'), ALTER COLUMN at TYPE timestamp, ALTER COLUMN at OPTIONS (DROP timezone);
SELECT pg_temp.adopt('reported', 'windowed');
\! $DATACONNECT_SANDBOX_CTL fault '{"path": "/test/windowed", "status": 413, "body": "too many"}'
\! $DATACONNECT_SANDBOX_CTL document '/test/windowed?StopDate=2026-01-02T00:00:00.000Z' '[{"Id":1,"At":"2026-01-01T01:00:00"},{"Id":2,"At":"2026-01-02T02:00:00"},{"Id":9,"At":null}]'
\! $DATACONNECT_SANDBOX_CTL document '/test/windowed?StopDate=2026-01-03T00:00:00.000Z' '[{"Id":1,"At":"2026-01-01T01:00:00"},{"Id":2,"At":"2026-01-02T02:00:00"},{"Id":3,"At":"2026-01-03T03:00:00"},{"Id":9,"At":null}]'
TRUNCATE staged_report;
SELECT records, rejected FROM dataconnect_mirror_read('reported', '2026-01-01', '2026-01-03', 'staged_report');
SELECT * FROM staged_report ORDER BY id;
\! $DATACONNECT_SANDBOX_CTL log-clear

-- days are those of the column's zone, whatever the session's
\! $DATACONNECT_SANDBOX_CTL document '/test/zone' '[{"Id":1,"At":"2026-01-01T00:00:00"},{"Id":2,"At":"2025-12-31T23:59:59"},{"Id":3,"At":"2026-01-01T23:59:59"},{"Id":4,"At":"2026-01-02T00:00:00"},{"Id":5,"At":"2026-01-02T05:59:00Z"}]'
CREATE FOREIGN TABLE zone (
    id integer OPTIONS (name 'Id'),
    at timestamptz OPTIONS (name 'At', timezone 'America/Regina'),
    start_date timestamptz OPTIONS (param 'StartDate', timezone 'America/Regina', required 'true'),
    stop_date timestamp OPTIONS (param 'StopDate', timezone 'America/Regina', required 'true')
) SERVER sandbox OPTIONS (endpoint '/test/zone');
CREATE TABLE zoned (id integer, at timestamptz);
SELECT pg_temp.adopt('zoned', 'zone');
CREATE TEMP TABLE staged_zone (LIKE zoned);
SET timezone = 'Asia/Tokyo';
SET datestyle = 'German, DMY';
SELECT records, rejected, request FROM dataconnect_mirror_read('zoned', '2026-01-01', '2026-01-02', 'staged_zone');
SHOW timezone;
SHOW datestyle;
SET timezone = 'UTC';
SET datestyle = 'ISO, MDY';
SELECT * FROM staged_zone ORDER BY id;
\! sh -c "$LOG"

--
-- Writing the differences: with a key
--
CREATE TABLE target (id integer, word text, amount numeric, at timestamp, own text DEFAULT 'own', UNIQUE (id));
CREATE FOREIGN TABLE things (id integer OPTIONS (name 'Id'), word text OPTIONS (name 'Word'), amount numeric OPTIONS (name 'Amount'),
    at timestamp OPTIONS (name 'At', param_from 'StartDate', param_to 'StopDate')) SERVER sandbox OPTIONS (endpoint '/test/things');
SELECT pg_temp.adopt('target', 'things', '{id}');
INSERT INTO target VALUES (1, 'same', 1.0, '2026-01-01'), (2, 'word', 1, '2026-01-01'), (3, 'word', 1, '2026-01-01'), (4, 'word', 1.0, '2026-01-01'),
    (5, NULL, 1, '2026-01-01'), (6, 'gone', 1, '2026-01-01'), (7, 'before', 1, '2025-12-31 23:59'), (8, 'after', 1, '2026-01-03'), (9, 'no date', 1, NULL),
    (10, 'same', NULL, '2026-01-02 23:59:59.999');
CREATE TEMP TABLE given (at timestamp, amount numeric, word text, id integer);
INSERT INTO given VALUES ('2026-01-01', 1.0, 'same', 1), ('2026-01-01', 1, 'Word', 2), ('2026-01-01', 1, 'word ', 3), ('2026-01-01', 1.00, 'word', 4),
    ('2026-01-01', 1, '', 5), ('2026-01-02 23:59:59.999', NULL, 'same', 10), ('2026-01-02', 0, 'new', 11);
CREATE TEMP TABLE before AS SELECT id, xmin AS x FROM target;
SELECT * FROM dataconnect_mirror_apply('target', 'given', '2026-01-01', '2026-01-03');
SELECT t.*, coalesce(b.x = t.xmin, false) AS untouched FROM target t LEFT JOIN before b USING (id) ORDER BY id;
-- nothing is written where nothing differs
SELECT * FROM dataconnect_mirror_apply('target', 'given', '2026-01-01', '2026-01-03');
-- an empty reply empties the days, and no others
CREATE TEMP TABLE nothing (LIKE given);
BEGIN;
SELECT * FROM dataconnect_mirror_apply('target', 'nothing', '2026-01-01', '2026-01-03');
SELECT id FROM target ORDER BY id;
ROLLBACK;
-- a row whose date has changed is in one period only, before, after or within
INSERT INTO given VALUES ('2026-01-02', 1, 'moved', 7), ('2026-01-02', 1, 'moved', 8), ('2026-01-02', 1, 'moved', 9);
UPDATE given SET at = '2026-01-02' WHERE id = 1;
SELECT * FROM dataconnect_mirror_apply('target', 'given', '2026-01-01', '2026-01-03');
SELECT id, word, at FROM target ORDER BY id, at;
SELECT count(*) FROM (SELECT at, amount, word, id FROM given EXCEPT ALL SELECT at, amount, word, id FROM target) d;
-- a key that is not unique
INSERT INTO given VALUES ('2026-01-02', 1, 'twice', 10);
SELECT * FROM dataconnect_mirror_apply('target', 'given', '2026-01-01', '2026-01-03');
DELETE FROM given WHERE word = 'twice';
INSERT INTO given SELECT * FROM given WHERE id = 10;
SELECT * FROM dataconnect_mirror_apply('target', 'given', '2026-01-01', '2026-01-03');
-- NULL is no key: such rows are told by their texts
TRUNCATE given;
INSERT INTO given VALUES ('2026-01-01', 1, 'a', NULL), ('2026-01-01', 1, 'a', NULL), ('2026-01-01', 1, 'b', NULL), ('2026-01-01', 1, 'key', 1);
DELETE FROM target;
SELECT * FROM dataconnect_mirror_apply('target', 'given', '2026-01-01', '2026-01-03');
SELECT * FROM dataconnect_mirror_apply('target', 'given', '2026-01-01', '2026-01-03');
DELETE FROM given WHERE ctid = (SELECT min(ctid) FROM given WHERE word = 'a');
UPDATE given SET word = 'c' WHERE word = 'b';
SELECT * FROM dataconnect_mirror_apply('target', 'given', '2026-01-01', '2026-01-03');
SELECT id, word FROM target ORDER BY id, word;
-- what the target has twice, because nothing forbids it
ALTER TABLE target DROP CONSTRAINT target_id_key;
INSERT INTO target SELECT * FROM target WHERE id = 1;
INSERT INTO target SELECT * FROM target WHERE id = 1;
SELECT * FROM dataconnect_mirror_apply('target', 'given', '2026-01-01', '2026-01-03');
SELECT id, word FROM target ORDER BY id, word;
-- several columns
SELECT pg_temp.adopt('target', 'things', '{word,id}');
TRUNCATE given;
DELETE FROM target;
INSERT INTO target VALUES (1, 'a', 1, '2026-01-01'), (1, 'b', 1, '2026-01-01'), (2, 'a', 1, '2026-01-01'), (2, 'b', 1, '2026-02-01');
INSERT INTO given VALUES ('2026-01-01', 1, 'a', 1), ('2026-01-01', 2, 'b', 1), ('2026-01-01', 1, 'b', 2), ('2026-01-01', 1, 'c', 1), ('2026-01-01', 1, NULL, 1);
SELECT * FROM dataconnect_mirror_apply('target', 'given', '2026-01-01', '2026-01-03');
SELECT id, word, amount, at FROM target ORDER BY id, word;
INSERT INTO given VALUES ('2026-01-01', 1, 'a', 1);
SELECT * FROM dataconnect_mirror_apply('target', 'given', '2026-01-01', '2026-01-03');
-- the time of the reply is no difference, but that of a changed row is new
ALTER TABLE target ADD COLUMN fetched_at timestamptz DEFAULT '2026-01-01';
ALTER TABLE given ADD COLUMN fetched_at timestamptz DEFAULT '2026-11-11';
SELECT pg_temp.adopt('target', 'things', '{id}', fetched_at => 'fetched_at');
DELETE FROM given WHERE word <> 'a' OR word IS NULL OR ctid = (SELECT max(ctid) FROM given);
DELETE FROM target WHERE word <> 'a' OR word IS NULL;
INSERT INTO given VALUES ('2026-01-02', 1, 'new', 3);
INSERT INTO target VALUES (4, 'old', 1, '2026-01-01');
INSERT INTO given VALUES ('2026-01-01', 1, 'changed', 4);
SELECT * FROM dataconnect_mirror_apply('target', 'given', '2026-01-01', '2026-01-03');
SELECT id, word, fetched_at FROM target ORDER BY id;

--
-- Without a key: rows are told by their texts, equal ones are counted
--
SELECT pg_temp.adopt('target', 'things');
TRUNCATE given;
DELETE FROM target;
INSERT INTO target SELECT 1, 'three', 1, '2026-01-01' FROM generate_series(1, 3);
INSERT INTO target SELECT 1, 'one', 1, '2026-01-01';
INSERT INTO target SELECT NULL, NULL, NULL, '2026-01-02' FROM generate_series(1, 2);
INSERT INTO target VALUES (1, 'three', 1, '2026-01-03'), (1, 'one', 1, NULL);
INSERT INTO given SELECT '2026-01-01', 1, 'three', 1 FROM generate_series(1, 2);
INSERT INTO given SELECT '2026-01-01', 1, 'one', 1 FROM generate_series(1, 4);
INSERT INTO given SELECT '2026-01-02' FROM generate_series(1, 2);
INSERT INTO given VALUES ('2026-01-02', 1.0, 'x', 1), ('2026-01-02', 1.00, 'x', 1);
SELECT * FROM dataconnect_mirror_apply('target', 'given', '2026-01-01', '2026-01-03');
SELECT id, word, amount, at, count(*) FROM target GROUP BY 1, 2, 3, 4 ORDER BY 4, 2, 3;
SELECT * FROM dataconnect_mirror_apply('target', 'given', '2026-01-01', '2026-01-03');

--
-- A partitioned target, whose last partition is the service's
--
DROP TABLE target;
CREATE TABLE target (id integer, word text, amount numeric, at timestamp) PARTITION BY RANGE (at);
CREATE TABLE target_1 PARTITION OF target FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
CREATE TABLE target_2 PARTITION OF target FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');
CREATE TABLE target_3 (at timestamp, amount numeric, dropped text, id integer, word text);
ALTER TABLE target_3 DROP COLUMN dropped;
ALTER TABLE target ATTACH PARTITION target_3 FOR VALUES FROM ('2026-03-01') TO ('2026-04-01');
CREATE UNIQUE INDEX ON target_1 (id);
CREATE UNIQUE INDEX ON target_2 (id);
CREATE UNIQUE INDEX ON target_3 (id);
CREATE FOREIGN TABLE target_live PARTITION OF target FOR VALUES FROM ('2026-04-01') TO (MAXVALUE) SERVER sandbox OPTIONS (endpoint '/test/live');
SELECT pg_temp.adopt('target', 'things', '{id}');
INSERT INTO target VALUES (1, 'same', 1, '2026-01-01'), (2, 'old', 1, '2026-01-31'), (3, 'gone', 1, '2026-02-01'), (4, 'moves', 1, '2026-02-02'), (5, 'moves', 1, '2026-03-03'), (6, 'stays', 1, '2026-03-03');
TRUNCATE given;
INSERT INTO given VALUES ('2026-01-01', 1, 'same', 1), ('2026-02-02', 1, 'changed', 2), ('2026-01-05', 1, 'moved', 4), ('2026-02-05', 1, 'moved', 5), ('2026-02-05', 1, 'new', 7);
\! $DATACONNECT_SANDBOX_CTL log-clear
SELECT * FROM dataconnect_mirror_apply('target', 'given', '2026-01-01', '2026-03-01');
SELECT tableoid::regclass, * FROM ONLY target_1 UNION ALL SELECT tableoid::regclass, * FROM target_2 UNION ALL SELECT tableoid::regclass, id, word, amount, at FROM target_3 ORDER BY 1, 2;
SELECT pg_temp.adopt('target', 'things');
DROP INDEX target_1_id_idx, target_2_id_idx;
DELETE FROM given WHERE id = 7;
INSERT INTO given SELECT * FROM given WHERE id = 5;
SELECT * FROM dataconnect_mirror_apply('target', 'given', '2026-01-01', '2026-03-01');
SELECT id, word, count(*) FROM target WHERE at < '2026-04-01' GROUP BY 1, 2 ORDER BY 1;
\! sh -c "$LOG"
-- a loaded period takes the keys that others have
SELECT pg_temp.adopt('target', 'things', '{id}');
CREATE TABLE loaded (LIKE target);
INSERT INTO loaded VALUES (1, 'moved', 1, '2026-03-03'), (6, 'same period', 1, '2026-03-04'), (99, 'new', 1, '2026-03-05'), (NULL, 'no key', 1, '2026-03-05');
INSERT INTO dataconnect_mirror_period_mine (target, period_from, period_to, loaded_at, records, rejected)
VALUES ('target', '2026-01-01', '2026-02-01', now(), 10, 0), ('target', '2026-02-01', '2026-03-01', now(), 10, 0), ('target', '2026-03-01', '2026-04-01', now(), 10, 0);
SELECT dataconnect_mirror_moved('target', 'loaded', '2026-03-01', '2026-04-01');
SELECT period_from, records FROM dataconnect_mirror_period_mine ORDER BY period_from;
DELETE FROM dataconnect_mirror_period_mine;
SELECT id, word FROM target WHERE at < '2026-04-01' AND id IN (1, 6) ORDER BY 1;
TRUNCATE loaded;
SELECT dataconnect_mirror_moved('target', 'loaded', '2026-03-01', '2026-04-01');

--
-- A target of Citus, whose rows have no ctid: they are found by their key
--
DROP TABLE target;
CREATE TABLE target (id integer, word text, amount numeric, at timestamp);
SET allow_system_table_mods = on;
CREATE TABLE pg_catalog.pg_dist_partition (logicalrelid regclass);
INSERT INTO pg_dist_partition VALUES ('target');
SELECT pg_temp.adopt('target', 'things', '{id,word}');
INSERT INTO target VALUES (1, 'same', 1, '2026-01-01'), (2, 'changed', 1, '2026-01-01'), (3, 'gone', 1, '2026-01-01'), (4, 'moves', 1, '2026-02-02'), (5, 'other day', 1, '2026-02-02'), (6, 'twice', 1, '2026-01-01'), (6, 'twice', 1, '2026-01-01');
TRUNCATE given;
INSERT INTO given VALUES ('2026-01-01', 1, 'same', 1), ('2026-01-01', 2, 'changed', 2), ('2026-01-01', 1, 'moves', 4), ('2026-01-01', 1, 'twice', 6), ('2026-01-01', 1, 'new', 7);
SELECT * FROM dataconnect_mirror_apply('target', 'given', '2026-01-01', '2026-01-03');
SELECT * FROM target ORDER BY id;
SELECT * FROM dataconnect_mirror_apply('target', 'given', '2026-01-01', '2026-01-03');
INSERT INTO given VALUES ('2026-01-01', 1, NULL, 8);
SELECT * FROM dataconnect_mirror_apply('target', 'given', '2026-01-01', '2026-01-03');
SELECT pg_temp.adopt('target', 'things');
SELECT * FROM dataconnect_mirror_apply('target', 'given', '2026-01-01', '2026-01-03');
DROP TABLE pg_catalog.pg_dist_partition;
RESET allow_system_table_mods;

--
-- Types whose texts depend on settings, and keys of any type
--
DROP TABLE target;
CREATE FOREIGN TABLE typed (k numeric, at timestamptz, f float8, i interval, b bytea, d date, m money, j json, a text[], u uuid, "Odd ""name" text) SERVER sandbox OPTIONS (endpoint '/test/typed');
CREATE TABLE target (k numeric, at timestamptz, f float8, i interval, b bytea, d date, m money, j json, a text[], u uuid, "Odd ""name" text);
CREATE TEMP TABLE many (LIKE target);
INSERT INTO many SELECT g, '2026-01-01'::timestamptz + g * interval '1 min', random(), g * interval '1 day 2 hours', decode(md5(g::text), 'hex'), '2026-01-01', g, '{"a": 1,  "a": 2}', ARRAY[NULL, '', g::text], md5(g::text)::uuid, '",(' FROM generate_series(1, 200) g;
INSERT INTO target SELECT * FROM many;
SET extra_float_digits = -10;
SET datestyle = 'SQL, DMY';
SET intervalstyle = 'iso_8601';
SET bytea_output = 'escape';
SET timezone = 'America/New_York';
SELECT pg_temp.adopt('target', 'typed', '{k}');
SELECT * FROM dataconnect_mirror_apply('target', 'many', '2026-01-01', '2026-01-03');
UPDATE many SET f = f + 1e-15 WHERE k = 1;
UPDATE many SET k = 2.0 WHERE k = 2;
UPDATE many SET j = '{"a": 1, "a": 2}' WHERE k = 3;
UPDATE many SET at = at - interval '1 us' WHERE k = 4;
SELECT * FROM dataconnect_mirror_apply('target', 'many', '2026-01-01', '2026-01-03');
SELECT count(*) FROM target t JOIN many s ON t.k = s.k AND t::text = s::text;
SELECT pg_temp.adopt('target', 'typed', '{u,b,d,a}');
UPDATE many SET at = '2026-02-01' WHERE k = 5;
UPDATE target SET at = '2026-02-01' WHERE k = 6;
SELECT * FROM dataconnect_mirror_apply('target', 'many', '2026-01-01', '2026-01-03');
SHOW extra_float_digits;
RESET extra_float_digits;
RESET intervalstyle;
RESET bytea_output;
SET datestyle = 'ISO, MDY';
SET timezone = 'UTC';
-- names of functions and operators are those of pg_catalog
SELECT * FROM dataconnect_mirror_read('pg_class', '2026-01-01', '2026-01-03', 'given');

DELETE FROM dataconnect_mirror_mine;
DROP TABLE target, loaded, kept, timed, reported, zoned;
DROP FOREIGN TABLE sales, report, zone, things, typed;
