--
-- The catalogue: its views, a file of the DBA's own, and hints in errors
--
\getenv srcdir PG_ABS_SRCDIR
\set setup :srcdir '/test/regress/setup.psql'
\i :setup

-- the views
SELECT table_name, endpoint, required_columns, column_count
FROM dataconnect_endpoints WHERE category = 'commission' ORDER BY table_name;
SELECT * FROM dataconnect_endpoints WHERE table_name IS NULL ORDER BY endpoint;
SELECT endpoint, table_name, params FROM dataconnect_endpoints WHERE params IS NOT NULL ORDER BY table_name;
SELECT parameter, column_name, type, required, list, unrestricted_values, lookup, ignored_if
FROM dataconnect_parameters WHERE endpoint ILIKE '%inventorylisting%';
SELECT DISTINCT column_name, legal_values, labels FROM dataconnect_parameters
WHERE parameter IN ('HideRebates', 'EnabledStatus', 'OrderBy') ORDER BY 1, 2;
SELECT DISTINCT table_name, parameter, default_value, used_when, required_when FROM dataconnect_parameters
WHERE used_when IS NOT NULL AND parameter IN ('SearchCriteria', 'ProductIdentifier') ORDER BY 1, 2;
SELECT "position", name, column_name, type, sql_server_type, kind, example
FROM dataconnect_columns WHERE table_name = 'employee_master_list_report' AND name ~ '[^A-Za-z]' ORDER BY 1;
SELECT type, sql_server_type, count(*) FROM (SELECT DISTINCT endpoint, name, type, sql_server_type
    FROM dataconnect_columns WHERE sql_server_type !~ 'CHAR') AS c GROUP BY 1, 2 ORDER BY 1, 2;
-- a column documented as a time, but with an example that is not one, is text
SELECT DISTINCT name, example FROM dataconnect_columns WHERE sql_server_type = 'DATETIME' AND type = 'text' ORDER BY name;
-- anyone may read the views
SELECT count(*) FROM information_schema.table_privileges
WHERE table_name LIKE 'dataconnect\_%' AND grantee = 'PUBLIC' AND privilege_type = 'SELECT';
SELECT relname, obj_description(oid) IS NOT NULL FROM pg_class WHERE relname LIKE 'dataconnect\_%' AND relkind = 'v' ORDER BY 1;
SELECT attrelid::regclass, attname FROM pg_attribute a JOIN pg_class c ON c.oid = attrelid
WHERE relname LIKE 'dataconnect\_%' AND relname NOT LIKE '%\_mine' AND relkind = 'v' AND col_description(attrelid, attnum) IS NULL;
SELECT proname FROM pg_proc WHERE proname LIKE 'dataconnect%' AND obj_description(oid, 'pg_proc') IS NULL;

-- a file of the DBA's own adds endpoints, and replaces those with the same path
\set extra :srcdir '/test/regress/catalogue/extra.json'
SET dataconnect_fdw.catalogue_file = :'extra';
SELECT category, table_name, endpoint, required_columns, column_count FROM dataconnect_endpoints
WHERE category IN ('custom', 'per-day') ORDER BY table_name;
CREATE SCHEMA rq;
IMPORT FOREIGN SCHEMA custom FROM SERVER sandbox INTO rq;
\d rq.*
IMPORT FOREIGN SCHEMA "all" LIMIT TO (custom_stores, per_day_stores) FROM SERVER sandbox INTO rq;
SELECT count(*) FROM rq.footfall WHERE day = '2026-01-01';
SET dataconnect_fdw.catalogue_file = '';
SELECT table_name FROM dataconnect_endpoints WHERE category = 'custom';

-- a session keeps what it has read, until the file is another
CREATE FUNCTION bytes_read() RETURNS bigint LANGUAGE sql AS
    $$ SELECT substring(pg_read_file('/proc/self/io') FROM 'rchar: (\d+)')::bigint $$;
CREATE FUNCTION link_to(target text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('COPY (SELECT WHERE false) TO PROGRAM %L',
                   format('ln -sfn "%s" "%s/dataconnect_link.json"', target, current_setting('data_directory')));
    PERFORM set_config('dataconnect_fdw.catalogue_file', current_setting('data_directory') || '/dataconnect_link.json', false);
END $$;
SELECT count(*) > 100 AS found FROM dataconnect_endpoints;
SELECT bytes_read() AS before \gset
SELECT count(*) > 100 AS found FROM dataconnect_endpoints;
SELECT bytes_read() - :before < 100000 AS "not read again";
SELECT link_to(:'extra');
SELECT count(*) > 0 AS found FROM dataconnect_endpoints WHERE category = 'custom';
\set VERBOSITY sqlstate
SELECT link_to('/etc/hostname');
SELECT count(*) > 0 AS found FROM dataconnect_endpoints WHERE category = 'custom';
\set VERBOSITY default
SELECT link_to(:'extra');
SELECT count(*) > 0 AS found FROM dataconnect_endpoints WHERE category = 'custom';
DO $$ BEGIN
    EXECUTE format('COPY (SELECT WHERE false) TO PROGRAM %L', 'rm "' || current_setting('data_directory') || '/dataconnect_link.json"');
END $$;
DROP FUNCTION bytes_read, link_to;
SET dataconnect_fdw.catalogue_file = '';

-- after a change, an import adds the tables that do not exist yet
CREATE SCHEMA again;
IMPORT FOREIGN SCHEMA "all" FROM SERVER sandbox INTO again;
CREATE TABLE before AS SELECT relname FROM pg_class WHERE relnamespace = 'again'::regnamespace;
SET dataconnect_fdw.catalogue_file = :'extra';
DROP FOREIGN TABLE again.product_detail_report;
DO $$ BEGIN
    EXECUTE (SELECT format('IMPORT FOREIGN SCHEMA "all" EXCEPT (%s) FROM SERVER sandbox INTO again',
                           string_agg(quote_ident(relname), ', '))
             FROM pg_class WHERE relnamespace = 'again'::regnamespace);
END $$;
SELECT relname, relname IN (TABLE before) AS was_before FROM pg_class
WHERE relnamespace = 'again'::regnamespace AND (relname = 'product_detail_report' OR relname NOT IN (TABLE before)) ORDER BY 1;
SET client_min_messages = warning;
DROP SCHEMA again CASCADE;
DROP TABLE before;
RESET client_min_messages;
SET dataconnect_fdw.catalogue_file = '';

-- errors name the required columns
IMPORT FOREIGN SCHEMA "all" LIMIT TO (performance_metrix_report, auto_ordering_report, purchase_history_report)
    FROM SERVER sandbox INTO rq;
SELECT * FROM rq.performance_metrix_report;
SELECT * FROM rq.performance_metrix_report WHERE hide_rebates = 1;
SELECT * FROM rq.auto_ordering_report WHERE order_by = 'Priority';
SELECT * FROM rq.purchase_history_report;
-- by the names of the table's columns
ALTER FOREIGN TABLE rq.performance_metrix_report RENAME hide_rebates TO "Rebates?";
ALTER FOREIGN TABLE rq.performance_metrix_report OPTIONS (SET endpoint '/REPORTS/performancemetrixreport');
SELECT * FROM rq.performance_metrix_report WHERE date_as_of = '2026-01-01';

-- errors in a file name the place
CREATE ROLE dataconnect_analyst;
SET ROLE dataconnect_analyst;
SET dataconnect_fdw.catalogue_file = '/etc/hostname';
SELECT count(*) > 0 FROM dataconnect_endpoints;
RESET ROLE;
DROP ROLE dataconnect_analyst;
SET dataconnect_fdw.nonsense = 1;
CREATE FUNCTION load(content text) RETURNS text AS $$
DECLARE
    file text := current_setting('data_directory') || '/dataconnect_catalogue.json';
    message text;
    detail text;
BEGIN
    EXECUTE format('COPY (SELECT %L) TO PROGRAM %L', replace(content, E'\n', ' '), 'cat >"' || file || '"');
    PERFORM set_config('dataconnect_fdw.catalogue_file', file, true);
    PERFORM count(*) FROM dataconnect_endpoints;
    RETURN 'accepted';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL;
    RETURN concat_ws(' ', SQLSTATE, replace(message, current_setting('data_directory'), 'DATA'), '/', detail);
END $$ LANGUAGE plpgsql;
SELECT load(content) FROM unnest(ARRAY[
    '[]', '{}', '[1]', '', '[{"path": "/a"}]', '[{"path": "a", "category": "x"}]', '[{"path": 1}]',
    '[{"path": "/a", "category": "x", "parameters": {}}]',
    '[{"path": "/a", "category": "x", "parameters": [{"name": "N"}]}]',
    '[{"path": "/a", "category": "x", "parameters": [{"name": "N", "type": "int", "required": "yes"}]}]',
    '[{"path": "/a", "category": "x", "parameters": [{"name": "N", "type": "enum", "values": ["1"], "labels": ["a", "b"]}]}]',
    '[{"path": "/a", "category": "x", "parameters": [{"name": "N", "type": "int", "used_when": []}]}]',
    '[{"path": "/a", "category": "x", "parameters": [{"name": "N", "type": "int", "values": [1]}]}]',
    '[{"path": "/a", "path": "/b", "category": "x"}]',
    '[{"path": "/ok", "category": "x"}, {"path": "/a", "category": "x", "columns": [{}]}]']) AS content;
SET dataconnect_fdw.catalogue_file = '/nowhere/endpoints.json';
SELECT count(*) FROM dataconnect_endpoints;
\echo :SQLSTATE
RESET dataconnect_fdw.catalogue_file;
DO $$ BEGIN
    EXECUTE format('COPY (SELECT WHERE false) TO PROGRAM %L', 'rm "' || current_setting('data_directory') || '/dataconnect_catalogue.json"');
END $$;
SET client_min_messages = warning;
DROP SCHEMA rq CASCADE;
