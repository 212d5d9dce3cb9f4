--
-- NULL: which values of a reply are NULL, and what clauses about NULL send
--
\getenv srcdir PG_ABS_SRCDIR
\set setup :srcdir '/test/regress/setup.psql'
\i :setup
\pset null (null)

--
-- NULL in a reply: null, a missing key, and, except in text columns, "null" and ""
--
\! $DATACONNECT_SANDBOX_CTL document '/test/nulls' '[{"null": null, "text null": "null", "empty": "", "escaped": "n\u0075ll", "upper": "NULL", "space": " ", "padded": " null", "na": "n/a", "comma": "a,b", "zero": 0, "false": false, "list": [], "object": {}}]'
CREATE DOMAIN note AS text;
CREATE TYPE mood AS ENUM ('null', 'good');
-- what a column of this type reads for a key
CREATE FUNCTION got(key text, type text, options text DEFAULT '') RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    result text;
BEGIN
    EXECUTE format('CREATE FOREIGN TABLE one (v %s OPTIONS (name %L), other text OPTIONS (name ''zero'')) SERVER sandbox OPTIONS (endpoint ''/test/nulls'', missing_key ''ignore''%s)',
                   type, key, options);
    EXECUTE 'SELECT CASE WHEN v IS NULL THEN ''NULL'' ELSE quote_literal(v::text) END FROM one' INTO STRICT result;
    DROP FOREIGN TABLE one;
    RETURN result;
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE;
END $$;
SELECT type, got('null', type) AS "null", got('no such key', type) AS missing, got('text null', type) AS """null""",
    got('empty', type) AS """""", got('escaped', type) AS escaped, got('upper', type) AS """NULL""", got('space', type) AS """ """, got('padded', type) AS """ null"""
FROM unnest('{smallint,integer,bigint,numeric,"numeric(19,4)",real,double precision,money,boolean,date,time,timestamp,timestamptz,uuid,bytea,xml,json,jsonb,inet,interval,integer[],mood,"\"char\"",text,varchar,varchar(10),char(6),name,note}'::text[]) AS type;

-- null_strings: which strings are NULL, in columns of text types only
SELECT type, got('text null', type, opt) AS """null""", got('empty', type, opt) AS """""", got('escaped', type, opt) AS escaped, got('upper', type, opt) AS """NULL""",
    got('na', type, opt) AS "n/a", got('comma', type, opt) AS "a,b", got('space', type, opt) AS """ """, got('zero', type, opt) AS zero, got('false', type, opt) AS false, got('list', type, opt) AS list
FROM unnest('{text,varchar(10),char(6),note,name,integer,json}'::text[]) AS type,
    (SELECT $$, null_strings 'null,"",n/a,"a,b"," ",0,false,[]'$$) AS o (opt);
-- without it, or if it is empty, no string is NULL
SELECT got('text null', 'text', $$, null_strings ''$$) AS """null""", got('empty', 'text', $$, null_strings ''$$) AS """""", got('null', 'text', $$, null_strings ''$$) AS "null";
SELECT got('empty', 'text', $$, null_strings '""'$$) AS """""", got('text null', 'text', $$, null_strings '""'$$) AS """null""";

--
-- Clauses about NULL, for each kind of column
--
\! $DATACONNECT_SANDBOX_CTL document '/test/few' '[{"Id": 1, "Store": 7, "Day": "2026-03-01T00:00:00", "Flag": true}, {"Id": 2, "Store": "null", "Day": null, "Flag": false}, {"Id": 3, "Day": "2026-03-03T00:00:00", "Flag": null}, {"Id": 4, "Store": 8, "Day": "", "Flag": ""}]'
CREATE FOREIGN TABLE few (
    id integer OPTIONS (name 'Id'),
    store integer OPTIONS (name 'Store', param 'StoreID'),
    day timestamp OPTIONS (name 'Day', param_from 'From', param_to 'To'),
    flag boolean OPTIONS (name 'Flag', param 'Flag'),
    plain integer OPTIONS (name 'Store'),
    p integer OPTIONS (param 'P'),
    b boolean OPTIONS (param 'B')
) SERVER sandbox OPTIONS (endpoint '/test/few');
SELECT * FROM few;
-- a local copy; p and b are NULL, as if nothing is sent
CREATE TABLE here AS SELECT * FROM few;
\! $DATACONNECT_SANDBOX_CTL log-clear

-- the ids that a WHERE clause leaves, or what it raises; they must be those of the local table
CREATE FUNCTION ids(clause text) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    there text;
    here text;
BEGIN
    EXECUTE 'SELECT array_agg(id ORDER BY id) FROM few WHERE ' || clause INTO there;
    EXECUTE 'SELECT array_agg(id ORDER BY id) FROM here WHERE ' || clause INTO here;
    IF there IS DISTINCT FROM here THEN
        RAISE 'few has %, here has %', there, here;
    END IF;
    RETURN coalesce(there, '{}');
EXCEPTION WHEN fdw_dynamic_parameter_value_needed THEN
    RETURN SQLSTATE || ' ' || SQLERRM;
END $$;

-- no row can match: no request
SELECT clause, ids(clause) FROM unnest(array[
    'store = NULL', 'NULL = store', 'store = NULL::smallint', 'store IN (NULL)', 'store IN (NULL, NULL)', 'store = ANY (NULL)', 'store = ANY (NULL::integer[])',
    'store = ANY (''{}'')', 'store = ANY (''{NULL,NULL}'')', 'store = ANY (ARRAY[]::integer[])', 'store = 7 AND store = NULL',
    'day = NULL', 'day > NULL', 'day <= NULL', 'day BETWEEN NULL AND NULL', 'day BETWEEN ''2026-01-01'' AND NULL', 'day IN (NULL)', 'day = ANY (''{}'')',
    'plain = NULL', 'plain IN (NULL)', 'flag = NULL', 'NOT flag = NULL', 'p = NULL', 'p IN (NULL)', 'p = ANY (NULL)', 'p = ANY (''{}'')', 'b = NULL', 'p IS NULL AND p = 1', 'NULL', 'NULL AND store = 7']) AS clause;
\! sh -c "$LOG"

-- here PostgreSQL finds that only after the reply
SELECT clause, ids(clause) FROM unnest(array[
    'plain NOT IN (NULL, 1)', 'store NOT IN (NULL, 1)', 'day NOT IN (NULL, ''2026-03-01'')', 'store <> ALL (''{NULL}'')', 'day >= ANY (''{}'')']) AS clause;
\! sh -c "$LOG"

-- a NULL in a list is skipped; the other values are sent
SELECT clause, ids(clause) FROM unnest(array[
    'store IN (7, NULL)', 'store = ANY (''{NULL,8,NULL,7}'')', 'day IN (''2026-03-01'', NULL)', 'plain IN (8, NULL)']) AS clause;
SELECT id, p FROM few WHERE p IN (1, NULL) AND id < 3;
\! sh -c "$LOG"

-- IS NULL and the like: nothing is sent, PostgreSQL filters
SELECT clause, ids(clause) FROM unnest(array[
    'store IS NULL', 'store IS NOT NULL', 'day IS NULL', 'day IS NOT NULL', 'plain IS NULL', 'plain IS NOT NULL', 'id IS NULL',
    'store IS DISTINCT FROM 7', 'store IS DISTINCT FROM NULL', 'store IS NOT DISTINCT FROM 7', 'store IS NOT DISTINCT FROM NULL',
    'day IS DISTINCT FROM ''2026-03-01''', 'day IS NOT DISTINCT FROM NULL', 'flag IS UNKNOWN', 'flag IS NOT UNKNOWN', 'flag IS NOT TRUE', 'flag IS NOT FALSE',
    'store NOT IN (8, 9)', 'store <> 7', 'NOT store = 7', 'NOT (store IN (7) AND id > 0)', 'coalesce(store, 7) = 7', 'nullif(store, 7) IS NULL',
    'store IS NULL OR store = 7', '(store = 7) IS NULL', '(store = 7) IS NOT TRUE', 'row(store, day) IS NULL']) AS clause;
\! sh -c "$LOG" | sort | uniq -c | sed 's/^ *//'
-- but these give a value
SELECT clause, ids(clause) FROM unnest(array['flag', 'NOT flag', 'flag IS TRUE', 'flag IS FALSE', 'flag = true', 'store = 7 AND store IS NOT NULL', 'store IN (7, 8) AND store IS NULL']) AS clause;
\! sh -c "$LOG"

-- a parameter that is not sent is NULL; only IS NULL may ask for that, other comparisons fail
SELECT clause, ids(clause) FROM unnest(array[
    'p IS NULL', 'b IS NULL', 'p IS NOT NULL', 'b IS NOT NULL', 'p IS DISTINCT FROM 1', 'p IS DISTINCT FROM NULL', 'p IS NOT DISTINCT FROM NULL',
    'p NOT IN (1, NULL)', 'p <> 1', 'b IS UNKNOWN', 'b IS NOT TRUE', 'NOT (b IS TRUE)', 'coalesce(p, 1) = 1', 'p IS NULL OR p = 1', '(p = 1) IS NULL', 'row(p, b) IS NULL']) AS clause;
SELECT id, p, b FROM few WHERE p IS NULL AND b IS NULL AND id = 1;
\! sh -c "$LOG"
-- with a value elsewhere, PostgreSQL checks each of them
SELECT count(*) FROM few WHERE p = 1 AND p IS NOT NULL;
SELECT count(*) FROM few WHERE p IN (1, 2) AND p IS DISTINCT FROM 2;
SELECT count(*) FROM few WHERE p IS NOT DISTINCT FROM 1;
SELECT count(*) FROM few WHERE p IN (1, 2) AND p IS NOT DISTINCT FROM NULL;
SELECT count(*) FROM few WHERE p IN (1, 2) AND p NOT IN (3, NULL);
\! sh -c "$LOG"

-- values that are NULL only at run time
PREPARE one(integer) AS SELECT count(*) FROM few WHERE store = $1;
PREPARE any_of(integer[]) AS SELECT count(*) FROM few WHERE store = ANY ($1);
PREPARE from_to(timestamp, timestamp) AS SELECT count(*) FROM few WHERE day >= $1 AND day < $2;
SET plan_cache_mode = force_generic_plan;
EXECUTE one(NULL);
EXECUTE any_of(NULL);
EXECUTE any_of('{}');
EXECUTE any_of('{NULL}');
EXECUTE from_to('2026-01-01', NULL);
SELECT count(*) FROM few WHERE store = (SELECT NULL::integer);
SELECT count(*) FROM few WHERE store = (SELECT store FROM here WHERE false);
SELECT count(*) FROM few WHERE store = ANY (ARRAY(SELECT store FROM here WHERE store IS NULL));
SELECT count(*) FROM few WHERE p = nullif(current_setting('server_version_num')::integer, current_setting('server_version_num')::integer);
\! sh -c "$LOG"
EXECUTE one(7);
EXECUTE any_of('{NULL,7,8}');
EXECUTE from_to('2026-03-01', '2026-03-02');
RESET plan_cache_mode;
\! sh -c "$LOG"

--
-- Outer joins
--
SELECT s.i, f.id, f.store FROM (VALUES (7), (9), (NULL)) s(i) LEFT JOIN few f ON f.store = s.i ORDER BY 1;
SELECT f.id, f.store, s.i FROM few f LEFT JOIN (VALUES (7), (NULL)) s(i) ON f.store = s.i ORDER BY 1;
SELECT count(*), count(f.id), count(s.i) FROM few f FULL JOIN (VALUES (7), (9), (NULL)) s(i) ON f.store = s.i;
-- a clause above the join is not a clause on the table
SELECT s.i FROM (VALUES (7), (9)) s(i) LEFT JOIN few f ON f.store = s.i WHERE f.store IS NULL;
SELECT s.i FROM (VALUES (7), (9)) s(i) LEFT JOIN few f ON f.store = s.i WHERE f.store IS DISTINCT FROM 7;
SELECT f.id FROM few f LEFT JOIN (VALUES (7)) s(i) ON f.store = s.i WHERE s.i IS NULL ORDER BY 1;
\! sh -c "$LOG" | sort | uniq -c | sed 's/^ *//'
-- a clause in the join is, if the table is on the nullable side
SELECT s.i, f.id FROM (VALUES (7), (9)) s(i) LEFT JOIN few f ON f.store = 7 AND f.id = s.i - 6 ORDER BY 1;
SELECT s.i, f.id, f.p FROM (VALUES (1), (9)) s(i) LEFT JOIN few f ON f.p = 5 AND f.id = s.i ORDER BY 1;
SELECT s.i, f.id, f.p FROM (VALUES (1), (9)) s(i) LEFT JOIN few f ON f.p = 5 AND f.id = s.i WHERE f.p IS NULL ORDER BY 1;
SELECT s.i, f.id FROM (VALUES (1), (9)) s(i) LEFT JOIN few f ON f.store = NULL AND f.id = s.i ORDER BY 1;
\! sh -c "$LOG"
-- on the other side, it belongs to the join
SELECT f.id, s.i FROM few f LEFT JOIN (VALUES (7)) s(i) ON f.store = 7 ORDER BY 1;
SELECT f.id, s.i FROM few f LEFT JOIN (VALUES (7)) s(i) ON f.p = 7 ORDER BY 1;
\! sh -c "$LOG"
-- NOT IN and NOT EXISTS
SELECT count(*) FROM here WHERE store NOT IN (SELECT store FROM few);
SELECT count(*) FROM here WHERE store NOT IN (SELECT store FROM few WHERE store = 8);
SELECT count(*) FROM here h WHERE NOT EXISTS (SELECT FROM few f WHERE f.store = h.store);
SELECT count(*) FROM few WHERE store NOT IN (SELECT store FROM here);
SELECT count(*) FROM few WHERE (store IN (SELECT store FROM here)) IS NOT TRUE;
\! sh -c "$LOG" | sort | uniq -c | sed 's/^ *//'

SET client_min_messages = warning;
DROP FUNCTION got, ids;
DROP TABLE here;
DROP SERVER sandbox CASCADE;
DROP TYPE note, mood;
