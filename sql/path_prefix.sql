--
-- The option path_prefix: the same endpoints below another path
--
\getenv srcdir PG_ABS_SRCDIR
\set setup :srcdir '/test/regress/setup.psql'
\i :setup
\! $DATACONNECT_SANDBOX_CTL settings '{"login": "partner"}'
CREATE SCHEMA rq;
\! $DATACONNECT_SANDBOX_CTL log-clear

-- of the server: before every endpoint, except those that begin with it already or belong to no company
CREATE FOREIGN TABLE rq.stores (location_entity_id integer OPTIONS (name 'LocationEntityID')) SERVER sandbox OPTIONS (endpoint '/lists/stores');
CREATE FOREIGN TABLE rq.relationships (company_id integer OPTIONS (name 'CompanyID')) SERVER sandbox OPTIONS (endpoint '/Partner/relationships');
CREATE FOREIGN TABLE rq.groups (company_id integer OPTIONS (name 'CompanyID')) SERVER sandbox OPTIONS (endpoint '/master/relationships');
CREATE FOREIGN TABLE rq.near (id integer OPTIONS (name 'Id')) SERVER sandbox OPTIONS (endpoint '/partnership/x');
SELECT count(*) FROM rq.stores;
ALTER SERVER sandbox OPTIONS (ADD path_prefix '/partner', ADD params 'CompanyID=14205');
SELECT min(location_entity_id) FROM rq.stores;
SELECT count(*) FROM rq.relationships;
SELECT * FROM rq.groups;
SELECT * FROM rq.near;
EXPLAIN (COSTS OFF) SELECT * FROM rq.stores;
-- ALTER takes effect at once
PREPARE s AS SELECT min(location_entity_id) FROM rq.stores;
SET plan_cache_mode = force_generic_plan;
EXECUTE s;
ALTER SERVER sandbox OPTIONS (SET params 'CompanyID=16001');
EXECUTE s;
ALTER SERVER sandbox OPTIONS (SET path_prefix '/Partner');
EXECUTE s;
RESET plan_cache_mode;
-- posts, samples, functions
ALTER FOREIGN TABLE rq.stores OPTIONS (ADD method 'post');
SELECT min(location_entity_id) FROM rq.stores;
SELECT column_name FROM dataconnect_describe('sandbox', '/lists/stores');
SELECT column_name, change FROM dataconnect_check('rq.stores');
\! sh -c "$LOG"
-- the catalogue's facts about a path apply to the prefixed path
CREATE FOREIGN TABLE rq.metrix (hide_rebates integer OPTIONS (param 'HideRebates', required 'true'), day date OPTIONS (param 'DateAsOf', required 'true'),
    id integer OPTIONS (name 'ID')) SERVER sandbox OPTIONS (endpoint '/partner/reports/PerformanceMetrixReport');
SELECT * FROM rq.metrix;
-- the request for the preferred endpoint has no prefix
ALTER SERVER sandbox OPTIONS (ADD use_preferred_endpoint 'true');
SELECT count(*) FROM rq.stores;
\! sh -c "$LOG"
ALTER SERVER sandbox OPTIONS (DROP use_preferred_endpoint, DROP path_prefix, DROP params);

-- of an import: in the tables' endpoints
CREATE SCHEMA partners;
IMPORT FOREIGN SCHEMA sales LIMIT TO (product_detail_report, sales_by_invoice_report) FROM SERVER sandbox INTO partners
    OPTIONS (path_prefix '/partner', table_params 'CompanyID=14205');
IMPORT FOREIGN SCHEMA utilities LIMIT TO (ping) FROM SERVER sandbox INTO partners OPTIONS (path_prefix '/partner');
IMPORT FOREIGN SCHEMA partner LIMIT TO (partner_relationships, envysion_stores) FROM SERVER sandbox INTO partners OPTIONS (path_prefix '/partner');
IMPORT FOREIGN SCHEMA bridge LIMIT TO (iqclerk_stores) FROM SERVER sandbox INTO partners OPTIONS (path_prefix '/partner');
ALTER SERVER sandbox OPTIONS (ADD params 'CompanyID=14205', ADD remote_estimate 'true');
IMPORT FOREIGN SCHEMA bridge LIMIT TO (iqclerk_stores) FROM SERVER sandbox INTO partners OPTIONS (path_prefix '/partner');
IMPORT FOREIGN SCHEMA "/lists/stores" FROM SERVER sandbox INTO partners OPTIONS (path_prefix '/partner');
SELECT c.relname, t.ftoptions FROM pg_foreign_table t JOIN pg_class c ON c.oid = ftrelid
WHERE relnamespace = 'partners'::regnamespace ORDER BY 1;
SELECT count(*) > 0 FROM partners.sales_by_invoice_report WHERE start_date = '2026-03-01' AND stop_date = '2026-03-02' AND hide_rebates = -1;
SELECT min(location_entity_id) FROM partners.stores;
SELECT count(*) FROM partners.iqclerk_stores;
-- together with the server's, it is added once
ALTER SERVER sandbox OPTIONS (ADD path_prefix '/partner');
SELECT min(location_entity_id) FROM partners.stores;
\! sh -c "$LOG"

-- values that are not paths
ALTER SERVER sandbox OPTIONS (SET path_prefix 'partner');
ALTER SERVER sandbox OPTIONS (SET path_prefix '');
ALTER SERVER sandbox OPTIONS (SET path_prefix '/');
ALTER SERVER sandbox OPTIONS (SET path_prefix '/partner/');
ALTER SERVER sandbox OPTIONS (SET path_prefix '/partner?x=1');
ALTER SERVER sandbox OPTIONS (SET path_prefix '/a/../b');
ALTER SERVER sandbox OPTIONS (SET path_prefix '/..');
ALTER SERVER sandbox OPTIONS (SET path_prefix '/a//b');
ALTER SERVER sandbox OPTIONS (SET path_prefix '/a%2e');
ALTER SERVER sandbox OPTIONS (SET path_prefix '/a b');
ALTER SERVER sandbox OPTIONS (SET path_prefix '/session');
\echo :SQLSTATE
ALTER SERVER sandbox OPTIONS (SET path_prefix '/a/b-é');
IMPORT FOREIGN SCHEMA lists FROM SERVER sandbox INTO partners OPTIONS (path_prefix 'x');

SET client_min_messages = warning;
DROP SCHEMA rq, partners CASCADE;
\! $DATACONNECT_SANDBOX_CTL reset
