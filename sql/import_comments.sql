--
-- Comments on imported tables
--
\getenv srcdir PG_ABS_SRCDIR
\set setup :srcdir '/test/regress/setup.psql'
\i :setup
-- also if the import is the first command of a session
\c
CREATE SCHEMA rq;
CREATE SCHEMA partners;
CREATE VIEW objects AS
SELECT c.oid, relnamespace::regnamespace::text AS nspname, relname, attnum, attname,
    col_description(c.oid, attnum) AS comment, atttypid::regtype AS type
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND attnum > 0
WHERE relkind = 'f'
UNION ALL SELECT oid, relnamespace::regnamespace::text, relname, 0, NULL, obj_description(oid, 'pg_class'), NULL
FROM pg_class WHERE relkind = 'f';

-- each table and each column has one
IMPORT FOREIGN SCHEMA everything FROM SERVER sandbox INTO rq OPTIONS (sources 'all');
IMPORT FOREIGN SCHEMA partner FROM SERVER sandbox INTO partners OPTIONS (sources 'all');
SELECT count(*) > 2500 AS many, count(comment) = count(*) AS "all", min(length(comment)) > 15 AS say_something, max(length(comment)) < 1000 AS are_short
FROM objects WHERE nspname IN ('rq', 'partners');
SELECT coalesce(attname, '(table)') AS name, comment FROM objects
WHERE nspname = 'rq' AND relname = 'product_detail_report' AND (attnum < 6 OR attnum > 52) ORDER BY attnum;
SELECT relname, attname, comment FROM objects
WHERE nspname = 'rq' AND (relname, attname) IN (('category_number', 'id'), ('category_number', 'parent_id'), ('for_who_ids', 'for_who'),
    ('performance_metrix_report', 'hide_rebates'), ('purchase_history_report', 'product_identifier'), ('sales_by_employee_report', 'commission_group_id'),
    ('auto_ordering_report', 'category_number')) ORDER BY 1, 2;
SELECT relname, comment FROM objects WHERE attnum = 0
AND relname IN ('trade_in_activity_report', 'employees', 'data', 'envysion_categories', 'product_detail_report_tax_detail') ORDER BY 1;
-- the comments of required columns say so
SELECT count(*) FROM objects o JOIN pg_attribute a ON a.attrelid = o.oid AND a.attnum = o.attnum
WHERE (attfdwoptions::text LIKE '%required=true%') IS DISTINCT FROM (comment ~ ', required') AND attfdwoptions::text LIKE '%param%';

-- windows are read and sent
IMPORT FOREIGN SCHEMA sales LIMIT TO (w_sales_by_invoice_report) FROM SERVER sandbox INTO rq OPTIONS (windows 'infer', prefix 'w_');
SELECT comment FROM objects WHERE relname = 'w_sales_by_invoice_report' AND attname = 'date_created';
-- one path, the bridge, the function
IMPORT FOREIGN SCHEMA "/lists/stores" FROM SERVER sandbox INTO rq OPTIONS (prefix 'path_');
IMPORT FOREIGN SCHEMA "/test/things" FROM SERVER sandbox INTO rq OPTIONS (prefix 'path_', table_params 'Num=1');
IMPORT FOREIGN SCHEMA bridge LIMIT TO (iqclerk_stores) FROM SERVER sandbox INTO rq;
SELECT relname, coalesce(attname, '(table)') AS name, comment FROM objects
WHERE relname ~ '^path_' OR relname = 'iqclerk_stores' AND attnum < 5 ORDER BY relname, attnum;
\pset format unaligned
\pset tuples_only on
SELECT dataconnect_table_ddl('sandbox', '/lists/stores', '', 'it''s "so"') AS ddl \gset
\echo :ddl
:ddl
\pset format aligned
\pset tuples_only off
SELECT count(*), count(comment) FROM objects WHERE relname ~ '^it''s';

-- without comments
CREATE SCHEMA bare;
IMPORT FOREIGN SCHEMA sales FROM SERVER sandbox INTO bare OPTIONS (comments 'false');
SELECT count(*) > 100 AS many, count(comment) FROM objects WHERE nspname = 'bare';
IMPORT FOREIGN SCHEMA sales FROM SERVER sandbox INTO bare OPTIONS (comments 'perhaps');
-- only on imported tables: not on others created in the same statement, nor later
CREATE FOREIGN TABLE bare.by_hand (id integer) SERVER sandbox OPTIONS (endpoint '/lists/stores');
SELECT count(comment) FROM objects WHERE relname = 'by_hand';

-- a failed import leaves nothing behind, and the next one works
IMPORT FOREIGN SCHEMA lists FROM SERVER sandbox INTO rq;
DO $$ BEGIN
    CREATE SCHEMA twice;
    FOR i IN 1..3 LOOP
        BEGIN
            EXECUTE format('IMPORT FOREIGN SCHEMA lists FROM SERVER sandbox INTO twice OPTIONS (prefix %L)', 'n' || least(i, 2) || '_');
        EXCEPTION WHEN duplicate_table THEN RAISE NOTICE '%', SQLERRM;
        END;
    END LOOP;
END $$;
SELECT count(*), count(comment), count(DISTINCT relname) FROM objects WHERE nspname = 'twice';
BEGIN;
IMPORT FOREIGN SCHEMA lists LIMIT TO (r_stores) FROM SERVER sandbox INTO rq OPTIONS (prefix 'r_');
ROLLBACK;
SELECT count(*) FROM pg_description d WHERE classoid = 'pg_class'::regclass AND NOT EXISTS (SELECT FROM pg_class WHERE oid = d.objoid);

-- another role, a schema and names that need quotes, event triggers
CREATE ROLE dataconnect_analyst;
GRANT USAGE ON FOREIGN SERVER sandbox TO dataconnect_analyst;
CREATE SCHEMA "An ""odd"" one" AUTHORIZATION dataconnect_analyst;
CREATE FUNCTION tell() RETURNS event_trigger LANGUAGE plpgsql AS $$
DECLARE line text;
BEGIN
    FOR line IN SELECT command_tag || ' ' || object_identity FROM pg_event_trigger_ddl_commands() LOOP
        RAISE NOTICE '% by %', line, current_user;
    END LOOP;
END $$;
CREATE EVENT TRIGGER tell ON ddl_command_end EXECUTE FUNCTION tell();
SET ROLE dataconnect_analyst;
SET search_path = '';
IMPORT FOREIGN SCHEMA lists LIMIT TO ("x"".languages") FROM SERVER sandbox INTO "An ""odd"" one" OPTIONS (prefix 'x".');
RESET search_path;
RESET ROLE;
DROP EVENT TRIGGER tell;
SELECT relname, attname, comment FROM objects WHERE nspname ~ 'odd' ORDER BY attnum;

-- text from the DBA's own file is made fit to show
CREATE FUNCTION catalogue(content text) RETURNS void AS $$
DECLARE file text := current_setting('data_directory') || '/dataconnect_catalogue.json';
BEGIN
    EXECUTE format('COPY (SELECT %L) TO PROGRAM %L (FORMAT csv, QUOTE E''\x01'', DELIMITER E''\x02'')',
                   replace(content, E'\n', ' '), 'cat >"' || file || '"');
    PERFORM set_config('dataconnect_fdw.catalogue_file', file, false);
END $$ LANGUAGE plpgsql;
SELECT catalogue(replace('[{"path": "/custom/xy", "category": "custom", "resource": "Zoë''s; DROP TABLE #u202Ex", "source": "seen in use", "parameters": [
    {"name": "P", "required": true, "type": "enum", "values": ["a''b", "#u001b[31m"], "labels": ["#u2066l", "two"], "all": ["*"],
     "used_when": {"Q#u0007": ["1"]}}],
    "columns": [{"name": "c", "type": "VARCHAR(#u202E5)", "kind": "string", "example": "' || repeat('long ', 100) || '"},
        {"name": "d", "type": "TEXT", "kind": "string", "example": "12 Hello St."}]}]', '#', '\'));
ALTER SERVER sandbox OPTIONS (ADD path_prefix '/partner');
IMPORT FOREIGN SCHEMA custom FROM SERVER sandbox INTO rq OPTIONS (sources 'all', table_params 'X=a%27b');
SELECT relname, attname, comment FROM objects WHERE relname = 'xy' ORDER BY attnum;
ALTER SERVER sandbox OPTIONS (DROP path_prefix);
RESET dataconnect_fdw.catalogue_file;
DO $$ BEGIN
    EXECUTE format('COPY (SELECT WHERE false) TO PROGRAM %L', 'rm "' || current_setting('data_directory') || '/dataconnect_catalogue.json"');
END $$;

SET client_min_messages = warning;
DROP OWNED BY dataconnect_analyst;
DROP ROLE dataconnect_analyst;
DROP FUNCTION tell, catalogue;
DROP VIEW objects;
DROP FOREIGN TABLE "it's ""so""";
DROP SCHEMA rq, partners, bare, twice CASCADE;
