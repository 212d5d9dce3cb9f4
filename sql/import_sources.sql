--
-- What of the catalogue is imported: documented, or also seen in use; partners'
-- endpoints; category numbers
--
\getenv srcdir PG_ABS_SRCDIR
\set setup :srcdir '/test/regress/setup.psql'
\i :setup
CREATE SCHEMA few;
CREATE SCHEMA rq;
CREATE SCHEMA partners;

-- a name for all schemas that needs no quotes
SELECT count(*) FROM pg_get_keywords() WHERE word = 'everything';
IMPORT FOREIGN SCHEMA "all" FROM SERVER sandbox INTO few;
IMPORT FOREIGN SCHEMA everything FROM SERVER sandbox INTO rq;
SELECT count(*), count(DISTINCT relname) FROM pg_class
WHERE relnamespace IN ('few'::regnamespace, 'rq'::regnamespace) AND relkind = 'f';
SET client_min_messages = warning;
DROP SCHEMA rq CASCADE;
RESET client_min_messages;
CREATE SCHEMA rq;

-- what was only seen in use is imported on request; names stay the same
IMPORT FOREIGN SCHEMA everything FROM SERVER sandbox INTO rq OPTIONS (sources 'all');
SELECT relname FROM pg_class WHERE relnamespace = 'rq'::regnamespace AND relkind = 'f'
EXCEPT SELECT relname FROM pg_class WHERE relnamespace = 'few'::regnamespace ORDER BY 1;
SELECT relname FROM pg_class WHERE relnamespace = 'few'::regnamespace AND relkind = 'f'
EXCEPT SELECT relname FROM pg_class WHERE relnamespace = 'rq'::regnamespace;
CREATE VIEW attributes AS
SELECT relnamespace::regnamespace::text AS nspname, relname, attnum, attname, format_type(atttypid, NULL) AS type, attfdwoptions
FROM pg_attribute JOIN pg_class c ON c.oid = attrelid WHERE relkind = 'f' AND attnum > 0;
SELECT relname, attname, type, attfdwoptions FROM attributes a WHERE nspname = 'rq'
AND EXISTS (SELECT FROM pg_class WHERE relnamespace = 'few'::regnamespace AND relname = a.relname)
AND NOT EXISTS (SELECT FROM attributes b WHERE nspname = 'few' AND b.relname = a.relname AND b.attname = a.attname)
ORDER BY relname COLLATE "C", attnum;
SELECT table_name, parameter AS name, 'sent' AS kind FROM dataconnect_parameters p JOIN dataconnect_endpoints e USING (endpoint, table_name)
WHERE p.source = 'seen in use' AND e.source = 'documented'
UNION ALL SELECT table_name, name, 'read' FROM dataconnect_columns c JOIN dataconnect_endpoints e USING (endpoint, table_name)
WHERE c.source = 'seen in use' AND e.source = 'documented' ORDER BY table_name, kind, name;
IMPORT FOREIGN SCHEMA sales FROM SERVER sandbox INTO rq OPTIONS (sources 'some');
-- the views list the source; an import of everything leaves out what writes
SELECT e.table_name FROM dataconnect_endpoints e WHERE table_name IS NOT NULL AND category NOT IN ('partner', 'import')
AND required_columns IS DISTINCT FROM (SELECT coalesce(array_agg(attname::text ORDER BY attnum), '{}') FROM attributes
    WHERE nspname = 'rq' AND relname = e.table_name AND attfdwoptions::text LIKE '%required=true%');
SELECT c.table_name, c.column_name FROM dataconnect_columns c JOIN dataconnect_endpoints e USING (endpoint, table_name)
WHERE category NOT IN ('partner', 'import') AND NOT EXISTS (SELECT FROM attributes a WHERE nspname = 'rq' AND a.relname = c.table_name
    AND a.attname = c.column_name AND a.type = replace(regexp_replace(c.type, '[(].*', ''), 'timestamp', 'timestamp without time zone'));

-- partners' endpoints are a remote schema of their own
SELECT count(*) FROM pg_class WHERE relnamespace = 'rq'::regnamespace AND relname ~ 'partner|stat_flo|envysion';
IMPORT FOREIGN SCHEMA partner FROM SERVER sandbox INTO partners;
SELECT relname, substr(ftoptions::text, 2, 60) AS options FROM pg_foreign_table JOIN pg_class ON pg_class.oid = ftrelid
WHERE relnamespace = 'partners'::regnamespace ORDER BY relname COLLATE "C";
\! $DATACONNECT_SANDBOX_CTL settings '{"login": "partner"}'
SELECT company_id, company_name FROM partners.partner_relationships ORDER BY 1;
SELECT count(*), min(category_number) FROM partners.envysion_categories WHERE company_id = 14205;
-- a parameter that the requests fix is not required
IMPORT FOREIGN SCHEMA partner LIMIT TO (our_envysion_stores) FROM SERVER sandbox INTO partners
    OPTIONS (prefix 'our_', table_params 'CompanyID=14205');
\d partners.our_envysion_stores
SELECT count(*) FROM partners.our_envysion_stores;
SELECT count(*) FROM partners.our_envysion_stores WHERE company_id = 16001;
\! sh -c "$LOG"
ALTER SERVER sandbox OPTIONS (ADD params 'companyid=14300');
IMPORT FOREIGN SCHEMA partner LIMIT TO (their_envysion_stores) FROM SERVER sandbox INTO partners OPTIONS (prefix 'their_');
SELECT count(*) FROM partners.their_envysion_stores;
\! sh -c "$LOG"
ALTER SERVER sandbox OPTIONS (DROP params);
\! $DATACONNECT_SANDBOX_CTL settings '{"login": "employee"}'

-- category numbers have up to 16 digits, and the same type everywhere
SELECT relname ~ 'list_|category|identifier' AS list, type, count(*) FROM attributes
WHERE nspname IN ('rq', 'partners') AND (attname ~ 'category_number' OR relname = 'category_number' AND attname ~ 'id$') GROUP BY 1, 2 ORDER BY 1, 2;
SELECT DISTINCT type FROM dataconnect_parameters WHERE parameter ~* 'category_?number'
UNION SELECT type FROM dataconnect_columns WHERE name ~* 'category_?number' OR table_name = 'category_number' AND name ~ 'ID$';
\! $DATACONNECT_SANDBOX_CTL document /lists/categorynumber '[{"ID": "1010271011121314", "Description": "Deep", "ParentID": "10102710111213"}, {"ID": "101010", "Description": "Smartphones", "ParentID": ""}, {"ID": "101011", "Description": "Feature Phones", "ParentID": null}]'
SELECT id, parent_id FROM rq.category_number ORDER BY 1;
\! $DATACONNECT_SANDBOX_CTL log-clear
EXPLAIN (COSTS OFF) SELECT c.id, count(r.*) FROM rq.category_number c LEFT JOIN rq.product_summary_report r ON r.category_number = c.id
    AND r.start_date = '2026-03-01' AND r.stop_date = '2026-03-08' GROUP BY c.id ORDER BY c.id;
SELECT c.id, count(r.*) FROM rq.category_number c LEFT JOIN rq.product_summary_report r ON r.category_number = c.id
    AND r.start_date = '2026-03-01' AND r.stop_date = '2026-03-08' GROUP BY c.id ORDER BY c.id;
\! sh -c "$LOG"
-- joins work with a column that is read, and with other numbers
SELECT c.id, s.category_path FROM rq.category_number c JOIN rq.sales_by_category_report s ON s.category_number = c.id
WHERE s.start_date = '2026-03-01' AND s.stop_date = '2026-03-08' ORDER BY 1;
SELECT count(*) > 0 FROM rq.product_summary_report
WHERE category_number = ANY (ARRAY(SELECT n FROM unnest(ARRAY[101010, 101011]) n)) AND start_date = '2026-03-01' AND stop_date = '2026-03-08';
-- a type that replaces a documented text is not reported as a change
SELECT column_name, change, declared, found FROM dataconnect_check('rq.sales_by_category_report', 'StartDate=2026-03-01&StopDate=2026-03-08');
SELECT column_name, change, declared, found FROM dataconnect_check('rq.category_number');

SET client_min_messages = warning;
DROP VIEW attributes;
DROP SCHEMA few CASCADE;
DROP SCHEMA rq CASCADE;
DROP SCHEMA partners CASCADE;
\! $DATACONNECT_SANDBOX_CTL reset
