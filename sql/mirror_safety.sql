--
-- Mirrors: who may do what, and what happens when their tables are dropped or changed
--
\getenv srcdir PG_ABS_SRCDIR
\set setup :srcdir '/test/regress/setup.psql'
\i :setup
\set SHOW_CONTEXT never
SET client_min_messages = warning;
DROP ROLE IF EXISTS regress_dataconnect_owner, regress_dataconnect_member, regress_dataconnect_reader, regress_dataconnect_other, regress_dataconnect_watcher;
RESET client_min_messages;
CREATE ROLE regress_dataconnect_owner;
CREATE ROLE regress_dataconnect_member IN ROLE regress_dataconnect_owner;
CREATE ROLE regress_dataconnect_reader;
CREATE ROLE regress_dataconnect_other;
CREATE ROLE regress_dataconnect_watcher IN ROLE pg_monitor;
GRANT USAGE ON FOREIGN SERVER sandbox TO regress_dataconnect_owner, regress_dataconnect_other;
CREATE USER MAPPING FOR PUBLIC SERVER sandbox OPTIONS (token 'sandbox-token');
CREATE SCHEMA rq AUTHORIZATION regress_dataconnect_owner;
CREATE SCHEMA local AUTHORIZATION regress_dataconnect_owner;
GRANT USAGE ON SCHEMA rq, local TO PUBLIC;

-- the outcome of a statement run as a role; it is rolled back
CREATE FUNCTION try(role text, command text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    n bigint;
    state text; message text; hint text;
BEGIN
    EXECUTE format('SET LOCAL ROLE %I', role);
    EXECUTE command;
    GET DIAGNOSTICS n = ROW_COUNT;
    RAISE EXCEPTION USING ERRCODE = 'ZZZZZ', MESSAGE = CASE WHEN n > 0 THEN n || ' rows' ELSE 'done' END;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, hint = PG_EXCEPTION_HINT;
    IF state = 'ZZZZZ' THEN
        RETURN message;
    END IF;
    RETURN concat_ws(' ', state, message, '/ ' || nullif(hint, ''));
END $$;
SELECT current_user AS superuser \gset

SET ROLE regress_dataconnect_owner;
CREATE FOREIGN TABLE rq.sales (
    id integer OPTIONS (name 'Id'),
    store_id integer OPTIONS (name 'StoreID'),
    date_created timestamp OPTIONS (name 'DateCreated', param_from 'StartDate', param_to 'StopDate'),
    total numeric(19,4) OPTIONS (name 'Total')
) SERVER sandbox OPTIONS (endpoint '/test/sales');
SELECT dataconnect_mirror('rq.sales', target => 'local.sales', by => 'date_created', since => '2026-01-01', key => '{id}');
CALL dataconnect_refresh('local.sales');
SELECT count(*) FROM local.sales WHERE date_created < '2026-04-01';
SELECT mirror, source, by_column, key_columns, step, live, late, lower(here) AS first, upper(here) = horizon AS to_horizon, rows, bytes > 0 AS bytes,
    refreshed_at IS NOT NULL AS refreshed, result, lag, next_period, rejected, added, changed, vanished, live_table
FROM dataconnect_mirrors \gx
SELECT mirror, period_from, period_to, records, rejected, request FROM dataconnect_mirror_periods WHERE period_to < '2026-04-01' ORDER BY period_from;
RESET ROLE;

--
-- Who may do what
--
GRANT SELECT ON local.sales TO regress_dataconnect_reader;
-- readers need a user mapping, but no more
SELECT role, try(role, 'SELECT FROM dataconnect_mirrors') AS mirrors, try(role, 'SELECT FROM dataconnect_mirror_periods LIMIT 1') AS periods,
    try(role, $$SELECT FROM local.sales WHERE date_created < '2026-02-01'$$) AS rows
FROM unnest('{regress_dataconnect_owner,regress_dataconnect_member,regress_dataconnect_reader,regress_dataconnect_other,regress_dataconnect_watcher}'::text[]) AS role;
-- CALL in a function cannot commit, so what it is refused for comes first
SELECT role, command, try(role, command)
FROM unnest('{regress_dataconnect_reader,regress_dataconnect_other,regress_dataconnect_watcher}'::text[]) AS role,
    unnest(ARRAY[
        $$SELECT dataconnect_mirror_next('local.sales', NULL, NULL, NULL)$$,
        $$SELECT dataconnect_mirror_check('local.sales')$$,
        $$SELECT dataconnect_mirror_follow_source('local.sales')$$,
        $$SELECT FROM dataconnect_verify('local.sales', '2026-01-01', '2026-01-02')$$,
        $$SELECT dataconnect_unmirror('local.sales')$$,
        $$SELECT FROM dataconnect_mirror_state$$,
        $$SELECT FROM dataconnect_mirror_mine$$,
        $$UPDATE dataconnect_mirror_mine SET since = '2025-01-01'$$,
        $$INSERT INTO dataconnect_mirror_mine (target, source, managed) VALUES ('local.sales', 'rq.sales', true)$$,
        $$DELETE FROM dataconnect_mirror_period_mine$$]) AS command;
SET ROLE regress_dataconnect_other;
CALL dataconnect_refresh('local.sales');
SELECT dataconnect_mirror_dropped();
RESET ROLE;
-- a member of the owner, and superusers
SET ROLE regress_dataconnect_member;
CALL dataconnect_refresh('local.sales');
CALL dataconnect_refresh('local.sales', '2026-01-01', '2026-02-01');
SELECT sum(here) AS here, sum(there) AS there, sum(new + changed + vanished) AS differ FROM dataconnect_verify('local.sales', '2026-01-01', '2026-02-01');
RESET ROLE;
CALL dataconnect_refresh('local.sales');
SELECT relowner::regrole, count(*) > 5 AS several FROM pg_class WHERE relnamespace = 'local'::regnamespace AND relkind IN ('r', 'p', 'f') GROUP BY 1;
-- tables that are no mirrors
CALL dataconnect_refresh('pg_class');
CALL dataconnect_refresh(0);
CALL dataconnect_refresh(NULL);

--
-- DROP
--
\set VERBOSITY terse
DROP FOREIGN TABLE rq.sales;
\set VERBOSITY default
DROP FOREIGN TABLE local.sales_live;
\set VERBOSITY terse
SET client_min_messages = warning;
SELECT try('regress_dataconnect_owner', 'DROP SCHEMA rq CASCADE');
SELECT try(:'superuser', 'DROP SERVER sandbox CASCADE');
SELECT try(:'superuser', 'DROP SCHEMA rq, local CASCADE');
SELECT try(:'superuser', 'DROP OWNED BY regress_dataconnect_owner');
SELECT try(:'superuser', 'DROP TABLE local.sales; DROP SERVER sandbox CASCADE');
SELECT try(:'superuser', 'DROP EXTENSION dataconnect_fdw CASCADE');
RESET client_min_messages;
-- by a role without rights to the extension's schema, with any search_path
CREATE SCHEMA other AUTHORIZATION regress_dataconnect_other;
SET ROLE regress_dataconnect_other;
SET search_path = other;
CREATE FUNCTION other.array_agg(oid) RETURNS oid[] LANGUAGE sql AS 'SELECT NULL::oid[]';
CREATE TABLE other.dataconnect_mirror_state (target regclass, source regclass);
CREATE FOREIGN TABLE other.sales (id integer OPTIONS (name 'Id'), date_created date OPTIONS (name 'DateCreated', param_from 'StartDate', param_to 'StopDate'))
    SERVER sandbox OPTIONS (endpoint '/test/sales');
SELECT public.dataconnect_mirror('sales', target => 'mine', by => 'date_created', since => '2026-01-01', step => '1 year');
CALL public.dataconnect_refresh('mine');
DROP FOREIGN TABLE sales;
DROP TABLE mine;
SELECT count(*) FROM public.dataconnect_mirrors;
DROP FOREIGN TABLE sales;
RESET search_path;
RESET ROLE;
SELECT count(*) FROM dataconnect_mirror_state;
SELECT count(DISTINCT target) FROM dataconnect_mirror_period_state;

--
-- Owners
--
\set VERBOSITY default
\set SHOW_CONTEXT never
CREATE VIEW owners AS
    SELECT relowner::regrole, relkind, count(*) > 1 AS several FROM pg_class WHERE relnamespace = 'local'::regnamespace AND relkind IN ('r', 'p', 'f') GROUP BY 1, 2;
GRANT CREATE ON SCHEMA local TO regress_dataconnect_other;
ALTER TABLE local.sales OWNER TO regress_dataconnect_other;
SET ROLE regress_dataconnect_owner;
CALL dataconnect_refresh('local.sales');
SET ROLE regress_dataconnect_other;
CALL dataconnect_refresh('local.sales');
RESET ROLE;
CALL dataconnect_refresh('local.sales');
GRANT SELECT ON rq.sales TO regress_dataconnect_other;
GRANT USAGE ON SCHEMA rq TO regress_dataconnect_other;
SET ROLE regress_dataconnect_other;
CALL dataconnect_refresh('local.sales');
SELECT result FROM dataconnect_mirrors;
RESET ROLE;
SELECT * FROM owners ORDER BY 1, 2;
SELECT dataconnect_mirror_check('local.sales');
SELECT * FROM owners ORDER BY 1, 2;
SET ROLE regress_dataconnect_other;
CALL dataconnect_refresh('local.sales');
CALL dataconnect_refresh('local.sales', '2026-01-01', '2026-02-01');
SELECT result FROM dataconnect_mirrors;
RESET ROLE;
DROP VIEW owners;

--
-- What an owner writes into the state by hand does not reach the tables of others
--
CREATE TABLE public.secret (id integer);
CREATE FOREIGN TABLE public.secret_source (id integer OPTIONS (name 'Id')) SERVER sandbox OPTIONS (endpoint '/test/sales');
SET ROLE regress_dataconnect_other;
UPDATE dataconnect_mirror_mine SET source = 'public.secret_source';
UPDATE dataconnect_mirror_mine SET live_table = 'public.secret_source';
UPDATE dataconnect_mirror_mine SET target = 'public.secret';
UPDATE dataconnect_mirror_period_mine SET target = 'public.secret';
CREATE TABLE local.forged (id integer);
INSERT INTO dataconnect_mirror_mine (target, source, managed) VALUES ('local.forged', 'public.secret_source', false);
-- texts of the state are quoted
UPDATE dataconnect_mirror_mine SET storage = '{"fillfactor=90); DROP TABLE public.secret; --"}', horizon = '2026-01-01';
RESET ROLE;
DROP FOREIGN TABLE public.secret_source;
SELECT count(*) FROM public.secret;
DROP TABLE local.sales;
SET ROLE regress_dataconnect_other;
SELECT dataconnect_mirror('rq.sales', target => 'local.sales', by => 'date_created', since => '2026-01-01');
UPDATE dataconnect_mirror_mine SET storage = '{"fillfactor=90); DROP TABLE public.secret; --"}', unlogged = true;
RESET ROLE;
CALL dataconnect_refresh('local.sales');
SELECT count(*) FROM public.secret;
SET ROLE regress_dataconnect_other;
UPDATE dataconnect_mirror_mine SET storage = '{"fillfactor) VALUES (1); DROP TABLE public.secret; --=1"}', params = 'x''); DROP TABLE public.secret; --', by_column = 'x"; DROP TABLE public.secret; --';
RESET ROLE;
CALL dataconnect_refresh('local.sales');
SELECT count(*) FROM public.secret;
DROP TABLE local.sales;

--
-- Targets that are no one's own table, and policies
--
CREATE TEMP TABLE temporary (id integer);
SELECT dataconnect_mirror('rq.sales', target => 'pg_temp.temporary');
SELECT dataconnect_mirror('rq.sales', target => 'pg_temp.new');
SELECT dataconnect_mirror('rq.sales', target => 'pg_catalog.pg_class');
SELECT dataconnect_mirror('rq.sales', target => 'public.dataconnect_mirror_state');
SET ROLE regress_dataconnect_other;
SELECT dataconnect_mirror('rq.sales', target => 'local.sales', by => 'date_created', since => '2026-01-01', step => '1 year');
SELECT dataconnect_mirror('rq.sales', target => 'local.again', by => 'date_created', since => '2026-01-01', step => '1 year', live => '0');
CALL dataconnect_refresh('local.sales');
CALL dataconnect_refresh('local.again');
SELECT dataconnect_mirror('rq.sales', target => 'local.sales_p20260101', by => 'date_created', since => '2026-01-01', live => '0');
ALTER TABLE local.sales ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY one ON local.sales USING (store_id = 1);
CALL dataconnect_refresh('local.sales', '2026-01-01', '2026-02-01');
ALTER TABLE local.sales NO FORCE ROW LEVEL SECURITY;
CALL dataconnect_refresh('local.sales', '2026-01-01', '2026-02-01');
SELECT count(*) FROM local.sales WHERE date_created < '2026-04-01';
DROP TABLE local.sales, local.again;
RESET ROLE;

--
-- Names that need quotes
--
CREATE SCHEMA "S c""h'%s";
CREATE FOREIGN TABLE "S c""h'%s"."t ""a'%I" (
    "id $1" integer OPTIONS (name 'Id'),
    "at""b '%s" timestamp OPTIONS (name 'DateCreated', param_from 'StartDate', param_to 'StopDate'),
    "tot%I al" numeric(19,4) OPTIONS (name 'Total')
) SERVER sandbox OPTIONS (endpoint '/test/sales');
SELECT dataconnect_mirror('"S c""h''%s"."t ""a''%I"', target => '"S c""h''%s"."m ""b''%s $$"', by => 'at"b ''%s', since => '2026-01-01',
    key => array['id $1']::name[], indexes => array['tot%I al']::name[], fetched_at => true);
CALL dataconnect_refresh('"S c""h''%s"."m ""b''%s $$"');
ALTER FOREIGN TABLE "S c""h'%s"."t ""a'%I" ADD COLUMN "new ""c'%s" integer OPTIONS (name 'StoreID'), OPTIONS (ADD params 'StoreID=2');
CALL dataconnect_refresh('"S c""h''%s"."m ""b''%s $$"');
ALTER FOREIGN TABLE "S c""h'%s"."t ""a'%I" OPTIONS (DROP params);
CALL dataconnect_refresh('"S c""h''%s"."m ""b''%s $$"', '2026-02-01', '2026-03-01');
SELECT mirror, by_column, key_columns, rows, result, live_table FROM dataconnect_mirrors;
SELECT sum(here) AS here, sum(new + vanished) AS differ FROM dataconnect_verify('"S c""h''%s"."m ""b''%s $$"');
DROP FOREIGN TABLE "S c""h'%s"."t ""a'%I";
SET client_min_messages = warning;
DROP SCHEMA "S c""h'%s" CASCADE;
RESET client_min_messages;
SELECT count(*) FROM dataconnect_mirror_state;

--
-- Objects that shadow functions, operators and types of PostgreSQL, on the caller's search_path
--
CREATE SCHEMA trap AUTHORIZATION regress_dataconnect_other;
SET ROLE regress_dataconnect_other;
CREATE TABLE trap.sprung (by_whom text);
CREATE FUNCTION trap.spring(text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO trap.sprung VALUES (current_user || ' ' || $1);
    RETURN true;
END $$;
GRANT ALL ON trap.sprung TO PUBLIC;
GRANT USAGE ON SCHEMA trap TO PUBLIC;
CREATE FUNCTION trap.equal(date, date) RETURNS boolean LANGUAGE sql AS $$SELECT trap.spring('=')$$;
CREATE OPERATOR trap.= (LEFTARG = date, RIGHTARG = date, FUNCTION = trap.equal);
CREATE FUNCTION trap.less(date, text) RETURNS boolean LANGUAGE sql AS $$SELECT trap.spring('<')$$;
CREATE OPERATOR trap.< (LEFTARG = date, RIGHTARG = text, FUNCTION = trap.less);
CREATE FUNCTION trap.concat(text, regclass) RETURNS text LANGUAGE sql AS $$SELECT trap.spring('||')::text$$;
CREATE OPERATOR trap.|| (LEFTARG = text, RIGHTARG = regclass, FUNCTION = trap.concat);
CREATE FUNCTION trap.format(text, regclass) RETURNS text LANGUAGE sql AS $$SELECT trap.spring('format')::text$$;
CREATE FUNCTION trap.pg_get_expr(pg_node_tree, oid) RETURNS text LANGUAGE sql AS $$SELECT trap.spring('pg_get_expr')::text$$;
CREATE FUNCTION trap.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS $$SELECT CASE WHEN trap.spring('clock_timestamp') THEN now() END$$;
CREATE TABLE trap.pg_class (LIKE pg_catalog.pg_class);
CREATE TABLE trap.pg_inherits (LIKE pg_catalog.pg_inherits);
CREATE DOMAIN trap.jsonb AS pg_catalog.jsonb CHECK (trap.spring('jsonb'));
CREATE DOMAIN trap.date AS pg_catalog.date CHECK (trap.spring('date'));
CREATE DOMAIN trap.regclass AS pg_catalog.regclass CHECK (trap.spring('regclass'));
CREATE FUNCTION trap.dataconnect_mirror_next(regclass, pg_catalog.date, pg_catalog.date, pg_catalog.jsonb) RETURNS pg_catalog.jsonb LANGUAGE sql AS $$SELECT NULL::jsonb WHERE trap.spring('next')$$;
RESET ROLE;
SET search_path = trap, pg_catalog, public;
CREATE TEMP TABLE pg_attribute (attrelid oid, attname name, attnum smallint, attisdropped boolean);
CREATE TEMP TABLE dataconnect_mirror_mine (target regclass);
CREATE DOMAIN pg_temp.interval AS pg_catalog.interval CHECK (trap.spring('interval'));
CREATE FOREIGN TABLE public.plain (id integer OPTIONS (name 'Id'), date_created pg_catalog.date OPTIONS (name 'DateCreated', param_from 'StartDate', param_to 'StopDate'))
    SERVER sandbox OPTIONS (endpoint '/test/sales');
SELECT public.dataconnect_mirror('public.plain', target => 'public.trapped', by => 'date_created', since => '2026-01-01', key => '{id}');
CALL public.dataconnect_refresh('public.trapped');
CALL public.dataconnect_refresh('public.trapped', '2026-01-01', '2026-02-01');
SELECT count(*) FROM public.dataconnect_verify('public.trapped', '2026-01-01', '2026-02-01') WHERE new + changed + vanished > 0;
SELECT rows, result FROM public.dataconnect_mirrors;
ALTER FOREIGN TABLE public.plain ADD COLUMN store integer OPTIONS (name 'StoreID');
CALL public.dataconnect_refresh('public.trapped');
SELECT public.dataconnect_unmirror('public.trapped');
DROP TABLE public.trapped;
SELECT * FROM trap.sprung;
RESET search_path;

SET client_min_messages = warning;
DROP TABLE public.secret, pg_temp.pg_attribute, pg_temp.dataconnect_mirror_mine;
DROP SCHEMA trap, local, rq, other CASCADE;
DROP FUNCTION try;
DROP SERVER sandbox CASCADE;
DROP ROLE regress_dataconnect_owner, regress_dataconnect_member, regress_dataconnect_reader, regress_dataconnect_other, regress_dataconnect_watcher;
