--
-- What is sent for a value: a value of the column's type, in one form, in every session
--
\getenv srcdir PG_ABS_SRCDIR
\set setup :srcdir '/test/regress/setup.psql'
\i :setup
\pset null (null)

CREATE DOMAIN positive AS integer CHECK (VALUE > 0);
CREATE DOMAIN small_positive AS positive CHECK (VALUE < 10);
CREATE DOMAIN needed AS text NOT NULL;
CREATE DOMAIN word AS varchar(5) CHECK (VALUE <> 'no');
CREATE FOREIGN TABLE f (
    id integer OPTIONS (name 'Id'),
    v varchar(3) OPTIONS (param 'PVarchar'),
    c char(3) OPTIONS (param 'PChar'),
    n numeric(5,2) OPTIONS (param 'PNumeric'),
    h numeric(3,-2) OPTIONS (param 'PHundreds'),
    num numeric OPTIONS (param 'PPlain'),
    f8 double precision OPTIONS (param 'PFloat8'),
    f4 real OPTIONS (param 'PFloat4'),
    m money OPTIONS (param 'PMoney'),
    t timestamp(0) OPTIONS (param 'PTimestamp'),
    tz timestamptz(0) OPTIONS (param 'PTimestamptz'),
    ti time(1) OPTIONS (param 'PTime'),
    i interval(0) OPTIONS (param 'PInterval'),
    day date OPTIONS (param 'PDay'),
    b bit(3) OPTIONS (param 'PBit'),
    vb varbit(3) OPTIONS (param 'PVarbit'),
    d positive OPTIONS (param 'PDomain'),
    sd small_positive OPTIONS (param 'PSmall'),
    w word OPTIONS (param 'PWord'),
    nn needed OPTIONS (param 'PNeeded'),
    a varchar(3)[] OPTIONS (param 'PArray'),
    net cidr OPTIONS (param 'PCidr'),
    s smallint OPTIONS (param 'PSmallint'),
    by bytea OPTIONS (param 'PBytea'),
    fs real[] OPTIONS (param 'PReals')
) SERVER sandbox OPTIONS (endpoint '/doc');
\! $DATACONNECT_SANDBOX_CTL document /doc '[{"Id":1}]'

-- A row for each comparison, and the values in the rows it returns.
CREATE TABLE cases (n serial, attname text, comparison text);
INSERT INTO cases (attname, comparison) VALUES
    ('v', $$= 'abc'$$), ('v', $$= 'abcdef'$$), ('v', $$= 'abc  '$$), ('v', $$IN ('abcdef', 'ab', 'xyz', 'wxyz')$$),
    ('v', $$= ANY ('{abcd,NULL}')$$), ('v', $$= (SELECT 'abcdef'::text)$$), ('v', $$= 'abc' AND v = 'abcd'$$),
    ('c', $$= 'a'::char(6)$$), ('c', $$= 'abcd'::char(6)$$),
    ('n', '= 7.0'), ('n', '= 999.9900'), ('n', '= 12345.6789'), ('n', '= 1000'), ('n', '= 0.001'), ('n', '= -999.99'), ('n', $$= 'Infinity'$$), ('n', $$= 'NaN'$$),
    ('h', '= 1200'), ('h', '= 1250'), ('h', '= 99900'), ('h', '= 100000'),
    ('num', 'IN (7.00, 7.0, 7, -0.00, 1e30, 0.000100, -2.50)'), ('num', $$= 'NaN'$$), ('num', $$= '-Infinity'$$),
    ('f8', $$IN ('1e20', 0.1, '-0', 1e-7, 12345678901234567890, 7)$$), ('f8', $$= 'NaN'$$), ('f8', $$= '-Infinity'$$),
    ('f4', $$IN ('1e20'::real, 0.1::real, '-0'::real, 16777216::real)$$),
    ('m', $$IN ('7'::money, '7.50'::money, '-1234.05'::money)$$),
    ('t', $$= timestamp '2026-01-01 00:00:01'$$), ('t', $$= timestamp '2026-01-01 00:00:00.5'$$), ('t', $$= date '2026-01-02'$$),
    ('t', $$= timestamptz '2026-01-01 00:00:00+00'$$), ('t', $$= (timestamptz '2026-01-01 00:00:00+00' AT TIME ZONE 'UTC')$$),
    ('tz', $$= timestamptz '2026-01-01 00:00:00+00'$$), ('tz', $$= timestamptz '2026-01-01 00:00:00.25+00'$$),
    ('ti', $$= time '10:00:00.2'$$), ('ti', $$= time '10:00:00.25'$$),
    ('i', $$IN (interval '2 s', interval '26 hours', interval '-1 day')$$), ('i', $$= interval '1.5 s'$$),
    ('day', $$= date '2026-03-01'$$), ('day', $$= timestamp '2026-03-01'$$), ('day', $$= timestamp '2026-03-01 08:00'$$),
    ('day', $$= timestamptz '2026-03-01 00:00+00'$$), ('day', $$IN (timestamptz '2026-03-01 05:00+00', NULL)$$), ('day', $$= ANY (ARRAY[NULL]::timestamptz[])$$), ('day', $$= now()$$),
    ('day', $$= (timestamptz '2026-03-01 03:00+00' AT TIME ZONE 'UTC')::date$$), ('day', $$= timestamptz '2026-03-01 00:00+00' AND day = date '2026-03-02'$$),
    ('b', $$= B'101'$$), ('b', $$= B'10101'$$), ('b', $$= B'1'$$), ('vb', $$= B'1'$$), ('vb', $$= B'10101'$$),
    ('d', '= 5'), ('d', '= -5'), ('d', 'IN (-1, 0, 1)'), ('d', '= 5::bigint'), ('sd', 'IN (-5, 5, 50)'), ('sd', '= 3000000000'),
    ('w', $$IN ('no', 'yes', 'too long', 'maybe')$$), ('nn', $$= 'x'$$), ('nn', 'IS NULL'), ('d', 'IS NULL'),
    ('a', $$= '{abc,NULL}'::varchar[]$$), ('a', $$= '{abc,abcd}'::varchar[]$$),
    ('net', $$= inet '10.0.0.0/8'$$), ('net', $$= inet '10.1.2.3/8'$$),
    ('s', '= 100000'), ('s', '= 100::bigint'), ('by', $$= '\x00ff'$$), ('fs', $$= '{0.1,1e20}'::real[]$$);
CREATE FUNCTION asked(attname text, comparison text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    result text;
BEGIN
    EXECUTE format('SELECT coalesce(string_agg(coalesce(%1$I::text, ''NULL''), '' | ''), ''no row'') FROM f WHERE %1$I %2$s', attname, comparison) INTO result;
    RETURN result;
EXCEPTION WHEN fdw_error OR fdw_invalid_attribute_value THEN
    GET STACKED DIAGNOSTICS result = PG_EXCEPTION_DETAIL;
    RETURN SQLSTATE || ': ' || result;
END $$;
CREATE TABLE first AS SELECT n, asked(attname, comparison) AS result FROM cases ORDER BY n;
SELECT attname, comparison, result FROM cases JOIN first USING (n) ORDER BY n;
-- its requests: none for a comparison without a row
\! sh -c "$DATACONNECT_SANDBOX_CTL log --fields params > results/sent_values.first; $DATACONNECT_SANDBOX_CTL log-clear; cat results/sent_values.first"

-- the same in a session with other settings
SET timezone = 'Asia/Kathmandu';
SET datestyle = 'SQL, DMY';
SET intervalstyle = 'sql_standard';
SET extra_float_digits = -10;
SET bytea_output = 'escape';
SET lc_monetary = 'C';
SET quote_all_identifiers = on;
SET search_path = pg_temp, public;
CREATE TABLE second AS SELECT n, asked(attname, comparison) AS result FROM cases ORDER BY n;
\! sh -c "$DATACONNECT_SANDBOX_CTL log --fields params > results/sent_values.second; $DATACONNECT_SANDBOX_CTL log-clear; diff results/sent_values.first results/sent_values.second && echo the same"
-- the rows are the same, too; their output format is the session's
SELECT attname, comparison, first.result, second.result FROM cases JOIN first USING (n) JOIN second USING (n)
WHERE first.result IS DISTINCT FROM second.result ORDER BY n;
DROP TABLE first, second;
SET timezone = 'UTC';
SET datestyle = 'ISO, MDY';
RESET intervalstyle;
RESET extra_float_digits;
RESET bytea_output;
RESET lc_monetary;
RESET quote_all_identifiers;
RESET search_path;
\! rm results/sent_values.first results/sent_values.second

-- custom plans, and the generic one from the sixth execution on
PREPARE by_text(text) AS SELECT v FROM f WHERE v = $1;
EXECUTE by_text('abcdef'); EXECUTE by_text('abc'); EXECUTE by_text('abcdef'); EXECUTE by_text('abc');
EXECUTE by_text('abcdef'); EXECUTE by_text('abcdef'); EXECUTE by_text('abc'); EXECUTE by_text(NULL);
PREPARE by_number(numeric[]) AS SELECT n FROM f WHERE n = ANY ($1) ORDER BY n;
SELECT format('EXECUTE by_number(''{7.000,7,0.001,%s}'')', i) FROM generate_series(1, 7) i \gexec
SELECT format('EXECUTE by_number(''{%s00}'')', i) FROM generate_series(8, 11) i \gexec
SELECT name, generic_plans > 0 AS generic, custom_plans > 0 AS custom FROM pg_prepared_statements WHERE name = 'by_text';
PREPARE by_time(timestamptz) AS SELECT day FROM f WHERE day = $1;
SET plan_cache_mode = force_generic_plan;
EXECUTE by_time('2026-01-01');
EXECUTE by_time(NULL);
EXECUTE by_text('abcdef');
EXECUTE by_text('abc');
EXECUTE by_number('{7.000,0.001,7}');
EXPLAIN (COSTS OFF) EXECUTE by_text('abcdef');
RESET plan_cache_mode;
DEALLOCATE ALL;
EXPLAIN (COSTS OFF) SELECT v FROM f WHERE v = 'abcdef';
EXPLAIN (COSTS OFF) SELECT id FROM f WHERE n = 7.00;
EXPLAIN (COSTS OFF) SELECT id FROM f WHERE day = timestamptz '2026-01-01';
\! sh -c "$LOG"

-- by a join: no row and no request for values that the column cannot hold; one for equal values
CREATE TABLE vals (n integer, v text, num numeric, d integer);
INSERT INTO vals VALUES (1, 'abc', 7.00, 5), (2, 'abcdef', 0.001, -5), (3, 'xyz', 7.0, 0), (4, NULL, 1000, NULL);
ANALYZE vals;
SELECT vals.n, f.v FROM vals JOIN f ON f.v = vals.v ORDER BY 1;
SELECT vals.n, f.n FROM vals JOIN f ON f.n = vals.num ORDER BY 1;
SELECT vals.n, f.d FROM vals LEFT JOIN f ON f.d = vals.d ORDER BY 1;
SELECT n, (SELECT d FROM f WHERE f.d = vals.d) FROM vals ORDER BY 1;
SELECT n FROM f WHERE n = ANY (ARRAY(SELECT num FROM vals));
\! sh -c "$LOG"

-- rows that are exported and read back are the same
CREATE TABLE copied AS SELECT v, n, d FROM f WHERE v IN ('abc', 'abcdef') AND n IN (7, 12345.6789) AND d IN (-5, 5);
CREATE TABLE restored (LIKE copied);
\copy copied TO 'results/sent_values.copied'
\copy restored FROM 'results/sent_values.copied'
\! rm results/sent_values.copied
TABLE restored;

-- a value that is sent because the query gives none
SELECT nn FROM f;
\echo :SQLSTATE
SELECT count(*) FROM f;
ALTER FOREIGN TABLE f ALTER nn OPTIONS (ADD default 'as it is');
SELECT nn FROM f;
\! sh -c "$LOG"
ALTER FOREIGN TABLE f ALTER nn OPTIONS (DROP default), ALTER n OPTIONS (ADD default '7.125'), ALTER v OPTIONS (ADD default 'abcdef'),
    ALTER t OPTIONS (ADD default '2026-01-01T00:00:00.500Z'), ALTER d OPTIONS (ADD default '-5'), ALTER w OPTIONS (ADD default 'no');
SELECT n FROM f;
\echo :SQLSTATE
SELECT v FROM f;
SELECT t FROM f;
SELECT d FROM f;
SELECT w FROM f;
SELECT count(*) FROM f;
SELECT n, v FROM f WHERE n = 7.12 AND v = 'abc';
ALTER FOREIGN TABLE f ALTER n OPTIONS (SET default '7.1200'), ALTER t OPTIONS (DROP default), ALTER d OPTIONS (DROP default), ALTER w OPTIONS (DROP default), ALTER v OPTIONS (DROP default);
SELECT n FROM f;
\! sh -c "$LOG"
ALTER FOREIGN TABLE f ALTER n OPTIONS (DROP default);

-- a column of the reply: a value it cannot hold matches no row, even if the reply has it
\! $DATACONNECT_SANDBOX_CTL document /narrow '[{"Word":"abc","Amount":7.00,"At":"2026-01-01T00:00:00"}]'
CREATE FOREIGN TABLE narrow (
    word varchar(3) OPTIONS (name 'Word', param 'Word'),
    amount numeric(5,2) OPTIONS (name 'Amount', param 'Amount'),
    rate double precision OPTIONS (name 'Amount', param 'Rate'),
    at timestamp(0) OPTIONS (name 'At', param 'At')
) SERVER sandbox OPTIONS (endpoint '/narrow');
SELECT word, amount FROM narrow WHERE word = 'abc' AND amount = 7;
SELECT count(*) FROM narrow WHERE word = 'abcdef';
SELECT count(*) FROM narrow WHERE amount = 7.001;
SELECT count(*) FROM narrow WHERE at = '2026-01-01 00:00:00.1';
SELECT count(*) FROM narrow WHERE amount IN (7.0, 7.001, 10000);
-- times that the column rounds cannot be found in the service by the rounded value
\! $DATACONNECT_SANDBOX_CTL document '/narrow?At=2026-01-01T00:00:01.000Z' '[]'
\! $DATACONNECT_SANDBOX_CTL document /narrow '[{"Word":"abc","Amount":7.00,"At":"2026-01-01T00:00:00.997"}]'
SELECT at FROM narrow WHERE at = '2026-01-01 00:00:01';
ALTER FOREIGN TABLE narrow ALTER at TYPE timestamp(3);
SELECT at FROM narrow WHERE at = '2026-01-01 00:00:00.997';
SELECT at FROM narrow WHERE at = '2026-01-01 00:00:01';
-- a value that cannot be sent: PostgreSQL filters
SELECT count(*) FROM narrow WHERE rate = 'NaN';
SELECT count(*) FROM narrow WHERE rate IN ('Infinity', 7);
\! sh -c "$LOG"
ALTER FOREIGN TABLE narrow ALTER rate OPTIONS (ADD required 'true');
SELECT count(*) FROM narrow WHERE rate = 'NaN';
ALTER FOREIGN TABLE narrow ALTER rate OPTIONS (DROP required);

-- batches: the service knows "7", and refuses "7.00"
CREATE FOREIGN TABLE visits (
    id integer OPTIONS (name 'Id'),
    store_id numeric(10,2) OPTIONS (name 'StoreID', param 'StoreIDs', list 'true', required 'true')
) SERVER sandbox OPTIONS (endpoint '/test/visits', batch_size '40');
CREATE FOREIGN TABLE whole (id integer OPTIONS (name 'Id'), store_id numeric(10,2) OPTIONS (name 'StoreID'))
    SERVER sandbox OPTIONS (endpoint '/test/visits');
CREATE TABLE near AS SELECT * FROM whole;
CREATE TABLE keys AS SELECT i AS n, (i % 30 + 1)::numeric(10,2) AS exact, round(i % 30 + 1, i % 6) AS scaled,
        CASE WHEN i % 4 = 0 THEN i + 0.001 ELSE i % 30 + 1 END AS odd FROM generate_series(1, 180) i;
ANALYZE near, keys;
\! $DATACONNECT_SANDBOX_CTL log-clear
SELECT count(*), sum(v.id), sum(k.n) FROM keys k JOIN near v ON v.store_id = k.exact;
SELECT count(*), sum(v.id), sum(k.n) FROM keys k JOIN visits v ON v.store_id = k.exact;
-- keys that differ only in scale are requested once
SELECT count(*), sum(v.id), sum(k.n) FROM keys k JOIN visits v ON v.store_id = k.scaled;
\! sh -c "$LOG"
SELECT count(*), sum(v.id), sum(k.n) FROM keys k LEFT JOIN near v ON v.store_id = k.odd;
SELECT count(*), sum(v.id), sum(k.n) FROM keys k LEFT JOIN visits v ON v.store_id = k.odd;
\! sh -c "$LOG"
SELECT count(*), sum(v.id) FROM visits v WHERE v.store_id IN (SELECT odd FROM keys WHERE n % 4 = 0);
\! sh -c "$LOG"
-- and as it is joined by other ways
SET enable_nestloop = off;
SELECT count(*), sum(v.id), sum(k.n) FROM keys k JOIN visits v ON v.store_id = k.scaled WHERE v.store_id = ANY (ARRAY(SELECT scaled FROM keys));
RESET enable_nestloop;
\! sh -c "$LOG"

-- imported reports request the same days in each session
CREATE SCHEMA rq;
IMPORT FOREIGN SCHEMA sales LIMIT TO (refund_summary_report) FROM SERVER sandbox INTO rq;
SELECT count(*) > 0 AS found FROM rq.refund_summary_report WHERE start_date = '2026-03-01' AND stop_date = '2026-03-08' AND filter = 0;
SET timezone = 'America/Los_Angeles';
SELECT count(*) > 0 AS found FROM rq.refund_summary_report WHERE start_date = '2026-03-01' AND stop_date = '2026-03-08' AND filter = 0;
SELECT count(*) FROM rq.refund_summary_report WHERE start_date = now() - interval '7 days' AND stop_date = current_date AND filter = 0;
SET timezone = 'UTC';
\! sh -c "$LOG"
-- and still count as days
CREATE FUNCTION days_of(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    line text;
BEGIN
    FOR line IN EXECUTE 'EXPLAIN (VERBOSE) ' || query LOOP
        IF line ~ 'Estimate' THEN RETURN NEXT trim(line); END IF;
    END LOOP;
END $$;
SELECT days_of($$SELECT * FROM rq.refund_summary_report WHERE start_date = '2026-03-01' AND stop_date = '2026-03-15' AND filter = 0$$);

-- a value that no service reads
ALTER FOREIGN TABLE f ALTER v TYPE text, ALTER by TYPE bytea;
SELECT id FROM f WHERE v = repeat('x', 1048577);
\echo :SQLSTATE
SELECT id FROM f WHERE by = decode(repeat('00', 1000000), 'hex');
SELECT id FROM f WHERE v = repeat('x', 1048576);
ALTER FOREIGN TABLE narrow ALTER word TYPE text;
SELECT count(*) FROM narrow WHERE word = repeat('x', 2000000);
\! sh -c "{ $LOG; } | cut -c 1-60"

SET client_min_messages = warning;
DROP SCHEMA rq CASCADE;
DROP SERVER sandbox CASCADE;
DROP TABLE copied, restored, cases, vals, near, keys;
DROP FUNCTION asked, days_of;
DROP DOMAIN small_positive, positive, needed, word;
