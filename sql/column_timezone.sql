--
-- Columns whose times are in another zone than the server's
--
\getenv srcdir PG_ABS_SRCDIR
\set setup :srcdir '/test/regress/setup.psql'
\i :setup
\pset null (null)

ALTER SERVER sandbox OPTIONS (ADD timezone 'America/Regina');

--
-- Local times and times in UTC in the same row
--
\! $DATACONNECT_SANDBOX_CTL document /doc '[{"At": "2026-03-01T20:30:00.5", "AtUTC": "2026-03-02T02:30:00.5000000", "Z": "2026-03-02T02:30:00.5Z", "Clock": "20:30:00", "Array": "{2026-03-02T02:30:00,2026-03-02T02:30:00Z}", "Range": "[2026-03-02T02:30:00,2026-03-02T02:30:00Z]"}]'
CREATE FOREIGN TABLE doc (
    at timestamptz OPTIONS (name 'At'),
    at_utc timestamptz OPTIONS (name 'AtUTC', timezone 'UTC'),
    z timestamptz OPTIONS (name 'Z', timezone 'Asia/Tokyo'),
    local timestamp OPTIONS (name 'At'),
    utc timestamp OPTIONS (name 'AtUTC', timezone 'UTC'),
    z_local timestamp OPTIONS (name 'Z'),
    z_utc timestamp OPTIONS (name 'Z', timezone 'UTC'),
    day date OPTIONS (name 'Z'),
    day_utc date OPTIONS (name 'Z', timezone 'UTC'),
    clock time OPTIONS (name 'Z'),
    clock_utc time OPTIONS (name 'Z', timezone 'UTC'),
    clock_tz timetz OPTIONS (name 'Clock', timezone 'Etc/GMT-5'),
    several timestamptz[] OPTIONS (name 'Array', timezone 'Asia/Tokyo'),
    several_local timestamp[] OPTIONS (name 'Array', timezone 'Asia/Tokyo'),
    range tstzrange OPTIONS (name 'Range', timezone 'Asia/Tokyo'),
    word text OPTIONS (name 'AtUTC', timezone 'UTC')
) SERVER sandbox OPTIONS (endpoint '/doc');
\x on
SELECT * FROM doc;
SELECT at = at_utc AND at = z AS all_the_same FROM doc;
-- The session's settings affect only how values are shown.
SET timezone = 'Pacific/Auckland'; SET datestyle = 'SQL, DMY';
SELECT at = at_utc AND at = z AS all_the_same, utc, z_utc, day_utc, several FROM doc;
SET timezone = 'UTC'; SET datestyle = 'ISO, MDY';
\x off
-- A change of the server's zone does not affect columns in UTC.
ALTER SERVER sandbox OPTIONS (SET timezone 'Europe/Berlin');
SELECT at, at_utc, z_utc, z_local FROM doc;
ALTER SERVER sandbox OPTIONS (SET timezone 'America/Regina');
-- The zone is checked.  Setting, changing and dropping it take effect at once.
ALTER FOREIGN TABLE doc ALTER COLUMN at OPTIONS (ADD timezone 'Regina');
\echo :SQLSTATE
PREPARE utc AS SELECT at_utc FROM doc;
EXECUTE utc;
ALTER FOREIGN TABLE doc ALTER COLUMN at_utc OPTIONS (SET timezone 'Asia/Tokyo');
EXECUTE utc;
ALTER FOREIGN TABLE doc ALTER COLUMN at_utc OPTIONS (DROP timezone);
EXECUTE utc;
DEALLOCATE utc;

--
-- What is sent: days and open ends are in the column's zone
--
\! $DATACONNECT_SANDBOX_CTL document /doc '[]'
CREATE FOREIGN TABLE windows (
    local timestamp OPTIONS (name 'At', param_from 'From', param_to 'To'),
    utc timestamp OPTIONS (name 'AtUTC', param_from 'FromUTC', param_to 'ToUTC', timezone 'UTC'),
    instant timestamptz OPTIONS (name 'Z', param_from 'FromZ', param_to 'ToZ', timezone 'Asia/Tokyo'),
    day date OPTIONS (name 'D', param_from 'FromD', param_to 'ToD', timezone 'Asia/Tokyo')
) SERVER sandbox OPTIONS (endpoint '/doc');
\! $DATACONNECT_SANDBOX_CTL log-clear
SELECT local FROM windows WHERE local BETWEEN '2026-03-01 20:00' AND '2026-03-02 20:00';
SELECT utc FROM windows WHERE utc BETWEEN '2026-03-01 20:00' AND '2026-03-02 20:00';
SELECT instant FROM windows WHERE instant >= '2026-03-01 20:00+00' AND instant < '2026-03-02 15:00+00';
SELECT day FROM windows WHERE day = '2026-03-01';
SELECT utc FROM windows WHERE extract(year FROM utc) = 2025 AND utc::date IN ('2025-07-01', '2025-12-24');
\setenv LOG '$DATACONNECT_SANDBOX_CTL log --fields params --clear'
\! eval "$LOG"
EXPLAIN (COSTS OFF) SELECT utc FROM windows WHERE utc >= '2026-03-01' AND instant >= '2026-03-01 00:00+00';
-- The sixth execution has a generic plan.
SET plan_cache_mode = force_generic_plan;
PREPARE since(timestamptz) AS SELECT instant FROM windows WHERE instant >= $1;
EXECUTE since('2026-03-01 20:00+00');
\! eval "$LOG"
RESET plan_cache_mode;
ALTER FOREIGN TABLE windows OPTIONS (ADD window_round 'none');
SELECT utc FROM windows WHERE utc >= '2026-03-01 20:30' AND local < '2026-03-01 20:30';
\! eval "$LOG"
ALTER FOREIGN TABLE windows OPTIONS (DROP window_round);
-- A required window's open end, and a request that is halved
ALTER FOREIGN TABLE windows ALTER COLUMN utc OPTIONS (ADD required 'true');
ALTER FOREIGN TABLE windows OPTIONS (ADD open_to '2026-12-31', ADD open_from '2020-01-01');
SELECT utc FROM windows WHERE utc >= '2026-03-01';
SELECT utc FROM windows WHERE utc < '2026-03-01';
\! eval "$LOG"
DROP FOREIGN TABLE windows;

--
-- Parameters: the instant that is sent is in the column's zone
--
CREATE FOREIGN TABLE parameters (
    id integer OPTIONS (name 'Id'),
    day date OPTIONS (param 'Day', timezone 'Asia/Tokyo'),
    moment timestamp OPTIONS (param 'Moment', timezone 'UTC'),
    preset timestamptz OPTIONS (param 'Preset', default '2026-03-01T12:00:00', timezone 'Asia/Tokyo')
) SERVER sandbox OPTIONS (endpoint '/doc');
\! $DATACONNECT_SANDBOX_CTL document /doc '[{"Id": 1}]'
SELECT * FROM parameters WHERE day = '2026-03-01' AND moment = '2026-03-01 08:00';
\! eval "$LOG"
SELECT * FROM parameters WHERE moment = '2026-03-01 08:00+00'::timestamptz;
DROP FOREIGN TABLE parameters;

--
-- Each query returns the same rows as from a local copy
--
ALTER SERVER sandbox OPTIONS (SET timezone 'UTC');
CREATE FOREIGN TABLE things (
    id integer OPTIONS (name 'Id'),
    at timestamp OPTIONS (name 'At', param_from 'From', param_to 'To', timezone 'America/Los_Angeles'),
    day date OPTIONS (name 'Day', param 'Day', timezone 'America/Los_Angeles')
) SERVER sandbox OPTIONS (endpoint '/test/things', params 'Zone=America/Los_Angeles');
CREATE FOREIGN TABLE instants (
    id integer OPTIONS (name 'Id'),
    at timestamptz OPTIONS (name 'At', param_from 'From', param_to 'To', timezone 'America/Los_Angeles')
) SERVER sandbox OPTIONS (endpoint '/test/things', params 'Zone=America/Los_Angeles');
CREATE TABLE local_things AS SELECT * FROM things;
CREATE TABLE local_instants AS SELECT * FROM instants;
SELECT count(*), min(at), max(at) FROM local_instants;
SELECT condition FROM unnest('{
    at >= ''2026-03-08'', at < ''2026-03-08'', at <= ''2026-02-01'', at = ''2026-03-01'', at > ''2026-10-31 23:00'',
    at BETWEEN ''2026-03-07 23:00'' AND ''2026-03-08 03:00'', at::date = ''2026-11-01'', at > ''2026-12-31''}'::text[]) AS condition,
    LATERAL (SELECT query_to_xml(format('SELECT id FROM %s WHERE %s ORDER BY id', t, condition), false, false, '')::text AS rows
        FROM unnest('{things,instants}'::text[]) t) remote,
    LATERAL (SELECT query_to_xml(format('SELECT id FROM local_%s WHERE %s ORDER BY id', t, condition), false, false, '')::text AS rows
        FROM unnest('{things,instants}'::text[]) t) local
GROUP BY condition HAVING array_agg(DISTINCT remote.rows) <> array_agg(DISTINCT local.rows);
SELECT id FROM things WHERE day = '2026-03-08' EXCEPT SELECT id FROM local_things WHERE day = '2026-03-08';
SELECT id FROM local_things WHERE day = '2026-03-08' EXCEPT SELECT id FROM things WHERE day = '2026-03-08';
\! $DATACONNECT_SANDBOX_CTL log --path /test/things --fields params | sort -u | head -4

--
-- Columns whose names end in UTC are imported with the option
--
\! $DATACONNECT_SANDBOX_CTL document /bridge/current/schema '[{"TableName": "T", "Column_Name": "DateCreatedUTC", "Type": "datetime"}, {"TableName": "T", "Column_Name": "DateCreated", "Type": "datetime"}, {"TableName": "T", "Column_Name": "InUTC", "Type": "bit"}, {"TableName": "T", "Column_Name": "Outcutc", "Type": "datetime"}, {"TableName": "T", "Column_Name": "modified_utc", "Type": "date"}, {"TableName": "T", "Column_Name": "CHANGEDUTC", "Type": "datetime"}, {"TableName": "T", "Column_Name": "UTC", "Type": "datetime"}]'
CREATE SCHEMA imported;
IMPORT FOREIGN SCHEMA bridge FROM SERVER sandbox INTO imported;
IMPORT FOREIGN SCHEMA "all" LIMIT TO (paymentintegrationtransactionbydatereport) FROM SERVER sandbox INTO imported;
SELECT attrelid::regclass, attname, attfdwoptions FROM pg_attribute
    WHERE attrelid::regclass::text ~ '^imported' AND attname ~ 'utc' ORDER BY 1, 2;
\! $DATACONNECT_SANDBOX_CTL document /doc '[{"DateCreatedUTC": "2026-03-02T02:30:00", "DateCreated": "2026-03-01T20:30:00"}]'
SELECT dataconnect_table_ddl('sandbox', '/doc');
CREATE FOREIGN TABLE checked (date_created timestamp OPTIONS (name 'DateCreated')) SERVER sandbox OPTIONS (endpoint '/doc');
SELECT command FROM dataconnect_check('checked');

SET client_min_messages = warning;
DROP SERVER sandbox CASCADE;
DROP SCHEMA imported;
DROP TABLE local_things, local_instants;
