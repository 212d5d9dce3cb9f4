--
-- Columns: names and keys, kinds, and their use in PostgreSQL
--
\getenv srcdir PG_ABS_SRCDIR
\set setup :srcdir '/test/regress/setup.psql'
\i :setup
\pset null (null)

--
-- Keys
--
-- any text may be a key; keys are compared exactly, after unescaping
\! $DATACONNECT_SANDBOX_CTL document '/test/keys' '[{"plain": 1, "ID #": 2, "State \/ Prov": 3, "q\"u'\''o": 4, "back\\slash": 5, "Gr\u00f6\u00dfe": 6, "東京": 7, "\ud83d\ude00": 8, "\u0050lain": 9, "PLAIN": 10, " plain": 11, "a.b": 12, "": 13, "nu\u006cl": 14}]'
CREATE FOREIGN TABLE keys (
    plain integer,
    id_no integer OPTIONS (name 'ID #'),
    "State / Prov" integer,
    "q""u'o" integer,
    back integer OPTIONS (name 'back\slash'),
    "Größe" integer,
    tokyo integer OPTIONS (name '東京'),
    smile integer OPTIONS (name '😀'),
    "Plain" integer,
    upper integer OPTIONS (name 'PLAIN'),
    " plain" integer,
    "a.b" integer,
    "null" integer,
    again integer OPTIONS (name 'ID #')
) SERVER sandbox OPTIONS (endpoint '/test/keys');
\x
SELECT * FROM keys;
\x
SELECT id_no, again FROM keys;
SELECT again FROM keys;

-- texts that fit a short varlena header, and longer ones; two columns that read the same bytes
SELECT format('[%s]', string_agg(format('{"T": "%s", "U": "%s"}', repeat('é', i) || 'x', repeat('y', i)), ', ')) AS texts
FROM unnest(ARRAY[0, 62, 63, 125, 126, 127]) i \gset
\setenv TEXTS :texts
\! $DATACONNECT_SANDBOX_CTL document '/test/texts' "$TEXTS"
CREATE FOREIGN TABLE texts (
    t text OPTIONS (name 'T'), u varchar(200) OPTIONS (name 'U'),
    j1 json OPTIONS (name 'T'), t2 text OPTIONS (name 'T'), j2 json OPTIONS (name 'T')
) SERVER sandbox OPTIONS (endpoint '/test/texts');
SELECT length(u), u = repeat('y', length(u)) AS u, t = repeat('é', length(t) - 1) || 'x' AS t, t2 = t AS t2,
       j1::text = to_json(t)::text AS j1, j2::text = to_json(t)::text AS j2
FROM texts;
-- the value outlives its record if a query keeps it
CREATE TEMP TABLE copied AS SELECT u FROM texts;
SELECT count(*) FROM copied c JOIN texts t ON c.u = t.u;
SELECT count(*), count(DISTINCT a.u), min(length(b.u)), max(length(b.u))
FROM texts a JOIN texts b ON a.u <= b.u WHERE a.t <> '' AND b.t <> '';
SELECT array_agg(u ORDER BY u) = (SELECT array_agg(u ORDER BY u) FROM copied) AS array, string_agg(u, ',' ORDER BY u DESC) = (SELECT string_agg(u, ',' ORDER BY u DESC) FROM copied) AS sorted
FROM texts;
SELECT length(first_value(u) OVER w), length(lag(u) OVER w) FROM texts WINDOW w AS (ORDER BY length(u));

-- the last value of a repeated key counts; a missing key is NULL; other keys are ignored
\! $DATACONNECT_SANDBOX_CTL document '/test/record' '[{"A": 1, "B": "x", "A": 2}, {"B": "y", "C": [{"A": 3}], "D": {"A": 4}}, {"A": 5, "\u0041": 6, "a": 7}, {}, {"A": 8, "A": null}]'
CREATE FOREIGN TABLE record ("A" integer, "B" text) SERVER sandbox OPTIONS (endpoint '/test/record');
SELECT * FROM record;
SELECT "B" FROM record WHERE "A" IS NULL;
SELECT count(*), count("A"), count("B") FROM record;

-- a reply whose first record has none of the table's keys is an error
\! $DATACONNECT_SANDBOX_CTL document '/test/other' '[{"a": 1, "b\u0007\u202e\"": 2, "東京": 3}, {"A": 1}]'
CREATE FOREIGN TABLE other ("A" integer, "B" text) SERVER sandbox OPTIONS (endpoint '/test/other');
SELECT * FROM other;
\echo :SQLSTATE
SELECT count(*) FROM other;
-- one key is enough, even if the query does not read it
ALTER FOREIGN TABLE other ADD COLUMN a integer;
SELECT * FROM other;
SELECT "A" FROM other;
ALTER FOREIGN TABLE other DROP COLUMN a;
-- an empty record has no key, either; lists of keys and long keys are cut
\! $DATACONNECT_SANDBOX_CTL document '/test/other' '[{}, {"A": 1}]'
SELECT * FROM other;
SELECT format('[{%s, "%s": 0}]', string_agg(format('"k%s": 0', i), ', '), repeat('x', 300)) AS many FROM generate_series(1, 19) i \gset
\setenv MANY :many
\! $DATACONNECT_SANDBOX_CTL document '/test/other' "$MANY"
SELECT * FROM other;
SELECT format('[{%s}]', string_agg(format('"k%s": 0', i), ', ')) AS many FROM generate_series(1, 21) i \gset
\setenv MANY :many
\! $DATACONNECT_SANDBOX_CTL document '/test/other' "$MANY"
SELECT * FROM other;
-- no records, no error
\! $DATACONNECT_SANDBOX_CTL document '/test/other' '[]'
SELECT * FROM other;

--
-- Kinds of column: response, parameter, filtered, window
--
\! $DATACONNECT_SANDBOX_CTL document '/test/kinds' '[{"Id": 1, "Store": "7", "Day": "2026-03-01T10:00:00"}, {"Id": 2, "Store": "8", "Day": "2026-03-01T11:00:00"}, {"Id": 3, "Store": null, "Day": "2026-03-02T00:00:00"}, {"Id": 4, "Store": "7", "Day": null}]'
\! $DATACONNECT_SANDBOX_CTL log-clear
CREATE DOMAIN positive AS integer CHECK (value > 0);
CREATE FOREIGN TABLE kinds (
    id integer OPTIONS (name 'Id'),
    employee positive OPTIONS (param 'EmployeeID'),
    language text OPTIONS (param 'Lang', default 'fr'),
    price numeric(6,2) OPTIONS (param 'Price'),
    store integer OPTIONS (name 'Store', param 'StoreID'),
    day timestamp OPTIONS (name 'Day', param_from 'From', param_to 'To')
) SERVER sandbox OPTIONS (endpoint '/test/kinds');

-- a parameter's value in the rows: the value sent, the default, or NULL if none was sent
SELECT id, employee, language, price FROM kinds;
SELECT id, employee, language, price FROM kinds WHERE employee = 5 AND language = 'de' AND price = 1.5;
SELECT id, language FROM kinds WHERE language IS NULL;
SELECT id, employee FROM kinds WHERE employee IN (5, 6) ORDER BY 1, 2;
\! sh -c "$LOG"
-- it is sent even if the query does not read the column
SELECT id FROM kinds WHERE employee = 5 LIMIT 1;
SELECT count(*) FROM kinds WHERE employee = 5;
\! sh -c "$LOG"
-- a default that does not fit the column's type is an error only for queries that read the column
ALTER FOREIGN TABLE kinds ALTER COLUMN employee OPTIONS (ADD "default" '*');
SELECT count(*) FROM kinds;
SELECT employee FROM kinds;
\echo :SQLSTATE
ALTER FOREIGN TABLE kinds ALTER COLUMN employee OPTIONS (SET "default" '0');
SELECT count(*) FROM kinds;
SELECT employee FROM kinds;
\echo :SQLSTATE
ALTER FOREIGN TABLE kinds ALTER COLUMN employee OPTIONS (DROP "default");
\! sh -c "$LOG"

-- this service does not filter, so PostgreSQL does
SELECT id, store FROM kinds WHERE store = 7;
SELECT id, store FROM kinds WHERE store IN (7, 8, 9) ORDER BY id;
SELECT id, day FROM kinds WHERE day >= '2026-03-01 10:30' AND day < '2026-03-02';
SELECT id, day FROM kinds WHERE day = '2026-03-02';
SELECT id, store, day FROM kinds WHERE store = 7 AND day = '2026-03-01 10:00';
\! sh -c "$LOG"
-- a default is sent if the query gives no value, whatever else it says about the column
ALTER FOREIGN TABLE kinds ALTER COLUMN store OPTIONS (ADD "default" '7');
SELECT id, store FROM kinds;
SELECT id, store FROM kinds WHERE store = 8;
SELECT id, store FROM kinds WHERE store > 7;
ALTER FOREIGN TABLE kinds ALTER COLUMN store OPTIONS (DROP "default");
\! sh -c "$LOG"

--
-- Tables of few columns
--
-- no column of the reply, or no column at all: records are counted
CREATE FOREIGN TABLE only_param (x text OPTIONS (param 'X')) SERVER sandbox OPTIONS (endpoint '/test/kinds');
CREATE FOREIGN TABLE no_columns () SERVER sandbox OPTIONS (endpoint '/test/kinds');
SELECT * FROM only_param WHERE x = 'a';
SELECT count(*) FROM only_param;
SELECT count(*) FROM no_columns;
SELECT 1 AS one FROM no_columns LIMIT 2;
SELECT EXISTS (SELECT FROM no_columns), (SELECT count(*) FROM (SELECT * FROM no_columns) s);
-- but they must be records
\! $DATACONNECT_SANDBOX_CTL fault '{"body": "[{}, 1]"}'
SELECT count(*) FROM no_columns;

--
-- The whole row, and system columns
--
SELECT k FROM kinds k WHERE id = 1 AND price = 2;
SELECT row_to_json(k) FROM kinds k WHERE id < 3 ORDER BY id DESC;
SELECT (k).store, (k).language FROM (SELECT k FROM kinds k OFFSET 0) s WHERE (k).id = 2;
SELECT count(k) FROM kinds k;
SELECT tableoid::regclass, id, ctid FROM kinds WHERE id = 1;
SELECT DISTINCT tableoid = 'no_columns'::regclass FROM no_columns;
-- its rows in an UPDATE, and with row locks
CREATE TABLE local (id integer PRIMARY KEY, store integer, whole text);
INSERT INTO local VALUES (1), (2), (9);
UPDATE local l SET store = k.store, whole = k::text FROM kinds k WHERE k.id = l.id AND k.price = 3;
SELECT * FROM local ORDER BY id;
SELECT k.id FROM kinds k JOIN local USING (id) ORDER BY 1 FOR UPDATE;

--
-- Tables that change
--
CREATE FOREIGN TABLE changing (
    gone integer,
    "Id" integer,
    gone_too integer OPTIONS (param 'P', required 'true'),
    store integer OPTIONS (name 'Store')
) SERVER sandbox OPTIONS (endpoint '/test/kinds');
PREPARE whole AS SELECT c, c.* FROM changing c WHERE "Id" = 1;
ALTER FOREIGN TABLE changing DROP COLUMN gone, DROP COLUMN gone_too;
EXECUTE whole;
SELECT c, c.* FROM changing c WHERE "Id" = 1;
-- statements prepared before the options changed
PREPARE stores AS SELECT store, count(*) FROM changing WHERE store = 8 GROUP BY 1;
\! $DATACONNECT_SANDBOX_CTL log-clear
EXECUTE stores;
ALTER FOREIGN TABLE changing ALTER COLUMN store OPTIONS (ADD param 'StoreID');
EXECUTE stores;
ALTER FOREIGN TABLE changing OPTIONS (ADD params 'A=b');
EXECUTE stores;
ALTER SERVER sandbox OPTIONS (ADD params 'A=c&C=d');
EXECUTE stores;
ALTER SERVER sandbox OPTIONS (DROP params);
\! sh -c "$LOG"
-- a column's key is its name, unless option name says otherwise
ALTER FOREIGN TABLE changing ADD COLUMN "Day" date, ADD COLUMN p text OPTIONS (param 'P');
SELECT * FROM changing WHERE p = 'x' AND "Day" = '2026-03-02';
ALTER FOREIGN TABLE changing RENAME COLUMN store TO "Store no.";
ALTER FOREIGN TABLE changing RENAME COLUMN "Day" TO day;
SELECT * FROM changing WHERE p = 'x' AND "Id" = 1;
ALTER FOREIGN TABLE changing ALTER COLUMN day OPTIONS (ADD name 'Day');
ALTER FOREIGN TABLE changing ALTER COLUMN "Store no." TYPE text;
SELECT * FROM changing WHERE p = 'x' AND "Store no." = '7' ORDER BY "Id";

--
-- Constraints declared here do not bind the service
--
CREATE DOMAIN store_no AS integer CHECK (value <> 8);
CREATE FOREIGN TABLE declared (
    id integer OPTIONS (name 'Id') DEFAULT 100,
    store integer OPTIONS (name 'Store') NOT NULL,
    double integer GENERATED ALWAYS AS (store * 2) STORED,
    "Day" date DEFAULT '2000-01-01',
    absent integer DEFAULT 5,
    CHECK (id < 3)
) SERVER sandbox OPTIONS (endpoint '/test/kinds');
SELECT * FROM declared;
SELECT id, store, "Day", absent FROM declared;
-- a domain's check is part of the type
ALTER FOREIGN TABLE declared DROP COLUMN double;
ALTER FOREIGN TABLE declared ALTER COLUMN store TYPE store_no;
SELECT id FROM declared;
SELECT * FROM declared;
\echo :SQLSTATE

--
-- Partitions and inheritance
--
CREATE TABLE by_year (day timestamp, note text, store integer) PARTITION BY RANGE (day);
CREATE TABLE year_2025 PARTITION OF by_year FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
INSERT INTO by_year VALUES ('2025-05-05', 'here', 7);
-- its columns are in another order
CREATE FOREIGN TABLE year_2026 (
    store integer OPTIONS (name 'Store', param 'StoreID'),
    dropped integer,
    note text OPTIONS (param 'Note', default 'there'),
    day timestamp OPTIONS (name 'Day', param_from 'From', param_to 'To')
) SERVER sandbox OPTIONS (endpoint '/test/kinds');
ALTER FOREIGN TABLE year_2026 DROP COLUMN dropped;
ALTER TABLE by_year ATTACH PARTITION year_2026 FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
\! $DATACONNECT_SANDBOX_CTL log-clear
SELECT tableoid::regclass, * FROM by_year WHERE store = 7 ORDER BY day;
SELECT b FROM by_year b WHERE day >= '2026-03-01 10:30' AND day < '2026-04-01';
\! sh -c "$LOG"
-- no request is sent for a partition that cannot match, at plan time or run time
SELECT * FROM by_year WHERE day < '2025-12-31';
PREPARE before(timestamp) AS SELECT count(*) FROM by_year WHERE day < $1;
SET plan_cache_mode = force_generic_plan;
EXECUTE before('2025-12-31');
EXECUTE before('2026-03-02');
RESET plan_cache_mode;
\! sh -c "$LOG"
INSERT INTO by_year VALUES ('2026-05-05', 'here', 7);
DROP TABLE by_year;
-- rows beyond a partition's bounds are left out, and the bounds are sent
CREATE TABLE by_month (id integer, day timestamp) PARTITION BY RANGE (day);
CREATE FOREIGN TABLE january (id integer OPTIONS (name 'Id'), day timestamp OPTIONS (name 'DateCreated', param_from 'StartDate', param_to 'StopDate', required 'true'))
    SERVER sandbox OPTIONS (endpoint '/test/sales');
CREATE FOREIGN TABLE later (day timestamp OPTIONS (name 'DateCreated'), id integer OPTIONS (name 'Id'))
    SERVER sandbox OPTIONS (endpoint '/test/sales');
ALTER TABLE by_month ATTACH PARTITION january FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
ALTER TABLE by_month ATTACH PARTITION later FOR VALUES FROM ('2026-02-01') TO (MAXVALUE);
SELECT tableoid::regclass, count(*), min(day), max(day) FROM by_month GROUP BY 1 ORDER BY 1;
SELECT count(*), count(DISTINCT id) FROM by_month WHERE day >= '2026-01-20';
SELECT count(*) FROM january;
DROP TABLE by_month;
\! sh -c "$LOG"
CREATE TABLE by_store (id integer, store integer) PARTITION BY LIST (store);
CREATE FOREIGN TABLE stores_1_2 (id integer OPTIONS (name 'Id'), store integer OPTIONS (param 'StoreID'))
    SERVER sandbox OPTIONS (endpoint '/test/sales');
CREATE FOREIGN TABLE store_3 (id integer OPTIONS (name 'Id'), store integer OPTIONS (param 'StoreID'))
    SERVER sandbox OPTIONS (endpoint '/test/sales');
ALTER TABLE by_store ATTACH PARTITION stores_1_2 FOR VALUES IN (1, 2);
ALTER TABLE by_store ATTACH PARTITION store_3 FOR VALUES IN (3);
SELECT store, count(*) FROM by_store WHERE store IN (2, 3, 4) GROUP BY 1 ORDER BY 1;
SELECT store, count(*) FROM by_store GROUP BY 1 ORDER BY 1;
SELECT count(*) FROM store_3 WHERE store = 1;
DROP TABLE by_store;
\! sh -c "$LOG"

CREATE TABLE parent (id integer, store integer);
INSERT INTO parent VALUES (100, 7);
CREATE FOREIGN TABLE child (extra text OPTIONS (param 'Extra')) INHERITS (parent)
    SERVER sandbox OPTIONS (endpoint '/test/kinds');
ALTER FOREIGN TABLE child ALTER COLUMN id OPTIONS (ADD name 'Id');
ALTER FOREIGN TABLE child ALTER COLUMN store OPTIONS (ADD name 'Store', ADD param 'StoreID');
SELECT tableoid::regclass, * FROM parent WHERE store = 7 ORDER BY id;
SELECT * FROM ONLY parent;
SELECT * FROM child WHERE extra = 'x' AND id = 2;
ALTER TABLE parent RENAME COLUMN store TO store_id;
SELECT tableoid::regclass, * FROM parent WHERE store_id = 8 ORDER BY id;
\! sh -c "$LOG"

--
-- Views over foreign tables
--
CREATE VIEW week AS SELECT id, store, day::date AS day, language FROM kinds
 WHERE day >= '2026-03-01' AND day < '2026-03-08';
SELECT * FROM week WHERE store = 7 AND language = 'de';
SELECT * FROM week WHERE day = '2026-03-02';
\! sh -c "$LOG"
-- with security_barrier a leaky function sees only the view's rows; = may be sent
CREATE FUNCTION tell(integer) RETURNS boolean LANGUAGE plpgsql COST 0.0001
AS $$ BEGIN RAISE NOTICE 'told of %', $1; RETURN true; END $$;
CREATE VIEW guarded WITH (security_barrier) AS SELECT id, store, employee FROM kinds WHERE store = 7;
SELECT id FROM guarded WHERE tell(id);
SELECT id FROM guarded WHERE tell(id) AND store = 8;
SELECT id FROM guarded WHERE tell(id) AND employee = 5;
\! sh -c "$LOG"

SET client_min_messages = warning;
DROP TABLE local, parent CASCADE;
DROP FUNCTION tell;
DROP SERVER sandbox CASCADE;
DROP DOMAIN positive, store_no;
