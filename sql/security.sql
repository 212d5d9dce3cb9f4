--
-- Security: privileges, use of credentials, injection
--
\getenv srcdir PG_ABS_SRCDIR
\set setup :srcdir '/test/regress/setup.psql'
\i :setup
\pset null (null)
SET client_min_messages = warning;
DROP ROLE IF EXISTS regress_dataconnect_owner, regress_dataconnect_reader, regress_dataconnect_other;
RESET client_min_messages;
ALTER SERVER sandbox OPTIONS (ADD max_retries '0');
-- owns a server; may read; has no privileges
CREATE ROLE regress_dataconnect_owner;
CREATE ROLE regress_dataconnect_reader;
CREATE ROLE regress_dataconnect_other;
GRANT CREATE, USAGE ON SCHEMA public TO regress_dataconnect_owner;
SELECT current_user AS superuser \gset

-- the outcome of a statement run as a role; it is rolled back
CREATE FUNCTION try(role text, command text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    n bigint;
    state text; message text; detail text;
BEGIN
    EXECUTE format('SET LOCAL ROLE %I', role);
    EXECUTE command;
    GET DIAGNOSTICS n = ROW_COUNT;
    RAISE EXCEPTION USING ERRCODE = 'ZZZZZ', MESSAGE = CASE WHEN n > 0 THEN n || ' rows' ELSE 'done' END;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL;
    IF state = 'ZZZZZ' THEN
        RETURN message;
    END IF;
    -- releases word this error differently
    RETURN concat_ws(' ', state, CASE WHEN state = '42704' THEN 'no user mapping' ELSE message END, '/ ' || nullif(detail, ''));
END $$;
\setenv WHO '$DATACONNECT_SANDBOX_CTL log --fields auth,path --clear'

--
-- Who may create what
--
SELECT try('regress_dataconnect_owner', $$CREATE SERVER s FOREIGN DATA WRAPPER dataconnect_fdw OPTIONS (url 'http://localhost')$$);
GRANT USAGE ON FOREIGN DATA WRAPPER dataconnect_fdw TO regress_dataconnect_owner;
SELECT try('regress_dataconnect_owner', $$CREATE SERVER s FOREIGN DATA WRAPPER dataconnect_fdw OPTIONS (url 'http://localhost')$$);
-- options for superusers only, in any spelling; anyone may set a boolean's default
SELECT name, try(role, format('CREATE SERVER s FOREIGN DATA WRAPPER dataconnect_fdw OPTIONS (url ''http://localhost'', %I %L)', name, value))
FROM (VALUES ('ca_file', '/etc/ca.pem'), ('tls_verify', 'false'), ('tls_verify', 'off'), ('tls_verify', 'true'), ('tls_verify', 'on'), ('proxy', 'http://localhost:3128'),
    ('allow_insecure_http', 'true'), ('allow_insecure_http', 'no'), ('allowed_hosts', 'evil.example')) AS t (name, value), unnest('{regress_dataconnect_owner}'::text[]) AS role;
SELECT name FROM dataconnect_options() WHERE superuser_only AND context <> 'server';
SELECT try(:'superuser', $$CREATE SERVER s FOREIGN DATA WRAPPER dataconnect_fdw OPTIONS (url 'http://localhost', allowed_hosts 'a.example', tls_verify 'false', allow_insecure_http 'on', proxy 'http://localhost', ca_file '/x')$$);
-- only a superuser may alter an object with such an option, until it is dropped
CREATE SERVER owned FOREIGN DATA WRAPPER dataconnect_fdw OPTIONS (url 'http://localhost', tls_verify 'off');
ALTER SERVER owned OWNER TO regress_dataconnect_owner;
SELECT try('regress_dataconnect_owner', $$ALTER SERVER owned OPTIONS (SET url 'http://localhost:2')$$);
SELECT try('regress_dataconnect_owner', $$ALTER SERVER owned OPTIONS (SET tls_verify 'on', SET url 'http://localhost:2')$$);
SELECT try('regress_dataconnect_owner', $$ALTER SERVER owned OPTIONS (DROP tls_verify, SET url 'http://localhost:2')$$);
SELECT try('regress_dataconnect_owner', $$DROP SERVER owned$$);
DROP SERVER owned;

-- credentials are options of user mappings only, and are not shown in messages
SELECT context, name, try(:'superuser', replace(command, '?', name || ' ''c4n4ry'''))
FROM unnest('{token,username,password,client_id,client_secret,password_required}'::text[]) AS name, (VALUES
    ('server', $$CREATE SERVER s FOREIGN DATA WRAPPER dataconnect_fdw OPTIONS (url 'http://localhost', ?)$$),
    ('table', $$CREATE FOREIGN TABLE s (a integer) SERVER sandbox OPTIONS (endpoint '/x', ?)$$),
    ('column', $$CREATE FOREIGN TABLE s (a integer OPTIONS (?)) SERVER sandbox OPTIONS (endpoint '/x')$$),
    ('wrapper', $$ALTER FOREIGN DATA WRAPPER dataconnect_fdw OPTIONS (?)$$)) AS t (context, command)
WHERE name IN ('token', 'password_required') OR context = 'server';
-- nor in a URL
SELECT name, try(:'superuser', format('CREATE SERVER s FOREIGN DATA WRAPPER dataconnect_fdw OPTIONS (url ''http://localhost'', %s)', name))
FROM unnest(array[$$token_url 'https://me:c4n4ry@localhost'$$, $$proxy 'http://me:c4n4ry@localhost'$$, $$params 'Auth=c4n4ry'$$, $$params 'x=1&%41UTH=c4n4ry'$$]) AS name;

--
-- Who may use what
--
CREATE FOREIGN TABLE sales (id integer OPTIONS (name 'Id'), store_id integer OPTIONS (name 'StoreID', param 'StoreID'))
    SERVER sandbox OPTIONS (endpoint '/test/sales');
SELECT try('regress_dataconnect_reader', 'SELECT * FROM sales');
SELECT try('regress_dataconnect_reader', $$CREATE FOREIGN TABLE s (a integer) SERVER sandbox OPTIONS (endpoint '/x')$$);
SELECT try('regress_dataconnect_reader', $$CREATE USER MAPPING FOR CURRENT_USER SERVER sandbox OPTIONS (token 'x')$$);
SELECT try('regress_dataconnect_reader', $$CREATE USER MAPPING FOR public SERVER sandbox OPTIONS (token 'x')$$);
SELECT try('regress_dataconnect_reader', $$ALTER SERVER sandbox OPTIONS (SET url 'http://localhost:2')$$);
SELECT try('regress_dataconnect_owner', $$CREATE FOREIGN TABLE s (a integer) SERVER sandbox OPTIONS (endpoint '/x')$$);
GRANT USAGE ON FOREIGN SERVER sandbox TO regress_dataconnect_owner, regress_dataconnect_reader;
SELECT try('regress_dataconnect_owner', $$CREATE FOREIGN TABLE s (a integer) SERVER sandbox OPTIONS (endpoint '/x')$$);
SELECT try('regress_dataconnect_reader', $$CREATE USER MAPPING FOR CURRENT_USER SERVER sandbox OPTIONS (token 'x')$$);
-- columns
GRANT SELECT (id) ON sales TO regress_dataconnect_reader;
SELECT try('regress_dataconnect_reader', 'SELECT store_id FROM sales');
SELECT try('regress_dataconnect_reader', 'SELECT id FROM sales WHERE store_id = 1');
SELECT try('regress_dataconnect_reader', 'SELECT id FROM sales');
GRANT SELECT ON sales TO regress_dataconnect_owner, regress_dataconnect_reader, regress_dataconnect_other;

--
-- Whose credentials
--
\! sh -c "$WHO"
-- no mapping; a mapping without credentials, which only superusers may use
SELECT try('regress_dataconnect_reader', 'SELECT * FROM sales');
CREATE USER MAPPING FOR regress_dataconnect_reader SERVER sandbox;
SELECT try('regress_dataconnect_reader', 'SELECT * FROM sales');
SELECT try('regress_dataconnect_reader', $$DO 'BEGIN EXECUTE ''EXPLAIN SELECT * FROM sales''; END'$$);
SELECT try('regress_dataconnect_reader', 'SELECT * FROM sales WHERE store_id = NULL');
\! sh -c "$WHO"
-- other users cannot change that
SELECT try('regress_dataconnect_reader', $$ALTER USER MAPPING FOR CURRENT_USER SERVER sandbox OPTIONS (ADD password_required 'false')$$);
SELECT try('regress_dataconnect_reader', $$ALTER USER MAPPING FOR CURRENT_USER SERVER sandbox OPTIONS (ADD password_required '0')$$);
SELECT try('regress_dataconnect_reader', $$ALTER USER MAPPING FOR CURRENT_USER SERVER sandbox OPTIONS (ADD password_required 'true')$$);
SELECT try('regress_dataconnect_other', $$ALTER USER MAPPING FOR regress_dataconnect_reader SERVER sandbox OPTIONS (ADD token 'x')$$);
-- a superuser can; requests then have no credentials
ALTER USER MAPPING FOR regress_dataconnect_reader SERVER sandbox OPTIONS (ADD password_required 'false');
SELECT try('regress_dataconnect_reader', 'SELECT * FROM sales');
SELECT try('regress_dataconnect_reader', $$ALTER USER MAPPING FOR CURRENT_USER SERVER sandbox OPTIONS (ADD username 'analyst', ADD password 's3cret')$$);
SELECT try('regress_dataconnect_reader', $$ALTER USER MAPPING FOR CURRENT_USER SERVER sandbox OPTIONS (DROP password_required, ADD username 'analyst', ADD password 's3cret')$$);
\! sh -c "$WHO"
-- with the user's own credentials
ALTER USER MAPPING FOR regress_dataconnect_reader SERVER sandbox OPTIONS (DROP password_required, ADD username 'analyst', ADD password 's3cret');
SELECT try('regress_dataconnect_reader', 'SELECT * FROM sales');
SELECT try(:'superuser', 'SELECT * FROM sales');
\! sh -c "$WHO"

-- a mapping for public: all may use its credentials; without any, only superusers may use it
SELECT try('regress_dataconnect_other', 'SELECT * FROM sales');
CREATE USER MAPPING FOR public SERVER sandbox;
DROP USER MAPPING FOR CURRENT_USER SERVER sandbox;
SELECT try(:'superuser', 'SELECT * FROM sales');
SELECT try('regress_dataconnect_other', 'SELECT * FROM sales');
ALTER USER MAPPING FOR public SERVER sandbox OPTIONS (ADD token 'sandbox-token');
SELECT try('regress_dataconnect_other', 'SELECT * FROM sales');
SELECT try(:'superuser', 'SELECT * FROM sales');
SELECT try('regress_dataconnect_reader', 'SELECT * FROM sales');
\! sh -c "$WHO"
DROP USER MAPPING FOR public SERVER sandbox;
CREATE USER MAPPING FOR CURRENT_USER SERVER sandbox OPTIONS (token 'sandbox-token');

-- one plan in one session, but each role uses its own mapping
PREPARE count_sales AS SELECT count(*) FROM sales WHERE store_id = 1;
SET plan_cache_mode = force_generic_plan;
EXECUTE count_sales;
SET ROLE regress_dataconnect_reader;
EXECUTE count_sales;
RESET ROLE;
SELECT try('regress_dataconnect_other', 'EXECUTE count_sales');
RESET plan_cache_mode;
\! sh -c "$WHO"

-- a view uses its owner's mapping, with security_invoker the reader's
CREATE VIEW by_view AS SELECT * FROM sales WHERE store_id = 2;
CREATE VIEW by_invoker WITH (security_invoker) AS SELECT * FROM sales WHERE store_id = 2;
CREATE VIEW over_view AS SELECT count(*) FROM by_view;
CREATE VIEW over_invoker AS SELECT count(*) FROM by_invoker;
GRANT SELECT ON by_view, by_invoker, over_view, over_invoker TO regress_dataconnect_reader, regress_dataconnect_other;
REVOKE SELECT ON sales FROM regress_dataconnect_other;
SELECT view, role, try('regress_dataconnect_' || role, 'SELECT * FROM ' || view)
FROM unnest('{by_view,by_invoker,over_view,over_invoker}'::text[]) AS view, unnest('{reader,other}'::text[]) AS role;
\! sh -c "$WHO"
-- a view whose owner has no mapping fails for every reader
CREATE VIEW by_owner AS SELECT * FROM sales;
ALTER VIEW by_owner OWNER TO regress_dataconnect_owner;
SELECT try(:'superuser', 'SELECT * FROM by_owner');
CREATE USER MAPPING FOR regress_dataconnect_owner SERVER sandbox;
SELECT try(:'superuser', 'SELECT * FROM by_owner');
-- functions: by SECURITY DEFINER or INVOKER
CREATE FUNCTION by_definer() RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN RETURN (SELECT count(*) FROM sales WHERE store_id = 2); END $$;
CREATE FUNCTION by_caller() RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT count(*) FROM sales WHERE store_id = 2); END $$;
SELECT try('regress_dataconnect_reader', 'SELECT by_definer()'), try('regress_dataconnect_reader', 'SELECT by_caller()'), try('regress_dataconnect_other', 'SELECT by_definer()'), try('regress_dataconnect_other', 'SELECT by_caller()');
\! sh -c "$WHO"
-- refreshing a materialized view uses its owner's mapping
CREATE MATERIALIZED VIEW kept AS SELECT * FROM sales WHERE store_id = 2 WITH NO DATA;
ALTER MATERIALIZED VIEW kept OWNER TO regress_dataconnect_reader;
REFRESH MATERIALIZED VIEW kept;
\! sh -c "$WHO"
DROP MATERIALIZED VIEW kept;
-- partitions and children use the mapping of the parent's reader
CREATE TABLE parent (id integer, store_id integer);
ALTER FOREIGN TABLE sales INHERIT parent;
GRANT SELECT ON parent TO regress_dataconnect_reader;
REVOKE SELECT ON sales FROM regress_dataconnect_reader;
REVOKE SELECT (id) ON sales FROM regress_dataconnect_reader;
SELECT try('regress_dataconnect_reader', 'SELECT * FROM parent'), try('regress_dataconnect_reader', 'SELECT * FROM sales');
\! sh -c "$WHO"
-- the parent's policies apply: a leaky function sees no other rows
\! $DATACONNECT_SANDBOX_CTL document '/test/all' '[{"Id": 1, "StoreID": 2}, {"Id": 2, "StoreID": 3}, {"Id": 3, "StoreID": 2}]'
ALTER FOREIGN TABLE sales OPTIONS (SET endpoint '/test/all');
ALTER TABLE parent ENABLE ROW LEVEL SECURITY;
CREATE POLICY store_2 ON parent USING (store_id = 2);
CREATE FUNCTION tell(integer) RETURNS boolean LANGUAGE plpgsql COST 0.0001
AS $$ BEGIN RAISE NOTICE 'told of %', $1; RETURN true; END $$;
SET ROLE regress_dataconnect_reader;
SELECT * FROM parent WHERE tell(id);
RESET ROLE;
\! $DATACONNECT_SANDBOX_CTL log --fields auth,path,params && $DATACONNECT_SANDBOX_CTL log-clear
ALTER FOREIGN TABLE sales OPTIONS (SET endpoint '/test/sales');
ALTER FOREIGN TABLE sales NO INHERIT parent;
GRANT SELECT ON sales TO regress_dataconnect_reader;

--
-- Who sees the credentials
--
CREATE USER MAPPING FOR public SERVER sandbox OPTIONS (token 'c4n4ry');
ALTER SERVER sandbox OWNER TO regress_dataconnect_owner;
CREATE FUNCTION seen(role text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    result text;
BEGIN
    EXECUTE format('SET LOCAL ROLE %I', role);
    SELECT string_agg(usename || ': ' || coalesce(array_to_string(umoptions, ', '), 'hidden'), '; ' ORDER BY usename)
        INTO result FROM pg_user_mappings WHERE srvname = 'sandbox' AND usename IN ('public', 'regress_dataconnect_reader');
    RESET ROLE;
    RETURN result;
END $$;
SELECT role, seen(role) FROM unnest('{regress_dataconnect_reader,regress_dataconnect_other,regress_dataconnect_owner}'::text[]) AS role;
REVOKE USAGE ON FOREIGN SERVER sandbox FROM regress_dataconnect_reader;
SELECT seen('regress_dataconnect_reader');
GRANT USAGE ON FOREIGN SERVER sandbox TO regress_dataconnect_reader;
DROP USER MAPPING FOR public SERVER sandbox;
SELECT try('regress_dataconnect_reader', 'SELECT * FROM pg_user_mapping');
-- not in a plan
EXPLAIN (VERBOSE, COSTS OFF) SELECT * FROM sales;

--
-- Where credentials go: not over plain http to another machine
--
SELECT 'http://0.0.0.0:' || split_part(:'sandbox_url', ':', 3) AS elsewhere \gset
CREATE SERVER plain FOREIGN DATA WRAPPER dataconnect_fdw OPTIONS (url 'http://192.0.2.1', max_retries '0');
CREATE USER MAPPING FOR CURRENT_USER SERVER plain OPTIONS (token 'sandbox-token');
CREATE FOREIGN TABLE plain_sales (id integer OPTIONS (name 'Id')) SERVER plain OPTIONS (endpoint '/test/sales');
CREATE FUNCTION try_url(url text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    n bigint;
    state text; message text;
BEGIN
    EXECUTE format('ALTER SERVER plain OPTIONS (SET url %L)', url);
    SELECT count(*) INTO n FROM plain_sales;
    RETURN n || ' rows';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT;
    RETURN state || ' ' || message;
END $$;
SELECT url, try_url(url) FROM unnest(array['http://192.0.2.1', 'HTTP://192.0.2.1', 'http://dataconnect.invalid', 'http://localhost.invalid', 'http://127.0.0.1.invalid', 'http://127.0.0.1x', 'http://0.0.0.0',
    'http://[2001:db8::1]', 'http://[::ffff:192.0.2.1]', 'http://192.0.2.1#@127.0.0.1', 'http://127.0.0.1@192.0.2.1', 'http://192.0.2.1\@127.0.0.1']) AS url;
-- this machine, by any of its names
SELECT url, try_url(url) FROM unnest(array['http://127.0.0.1:1', 'http://localhost:1', 'http://LOCALHOST:1', 'http://[::1]:1']) AS url;
-- not over a proxy on another machine, for which "localhost" is another machine
ALTER SERVER plain OPTIONS (ADD proxy 'http://proxy.invalid:3128');
SELECT try_url('http://127.0.0.1:1');
ALTER SERVER plain OPTIONS (SET proxy :'sandbox_url');
SELECT try_url('http://127.0.0.1:1');
ALTER SERVER plain OPTIONS (DROP proxy);
-- unless a superuser allows it, or there are no credentials
SELECT replace(try_url(:'elsewhere'), :'elsewhere', 'elsewhere');
ALTER SERVER plain OPTIONS (ADD allow_insecure_http 'true');
SELECT try_url(:'elsewhere');
ALTER SERVER plain OPTIONS (SET allow_insecure_http 'false');
ALTER USER MAPPING FOR CURRENT_USER SERVER plain OPTIONS (DROP token);
SELECT try_url(:'elsewhere');
\! sh -c "$WHO"
-- the token service is no exception
ALTER USER MAPPING FOR CURRENT_USER SERVER plain OPTIONS (ADD username 'analyst', ADD password 's3cret', ADD client_id 'client', ADD client_secret 'client-secret');
ALTER SERVER plain OPTIONS (ADD token_url 'http://192.0.2.1/v1/oauth2/token');
SELECT try_url(:'sandbox_url');
\! sh -c "$WHO"

--
-- Injection
--
-- parameters with a special meaning
SELECT name, count(*), min(answer), max(answer) FROM unnest('{Auth,Response,Email.To,eMAIL.x,LanguageCode}'::text[]) AS name, LATERAL (
    SELECT split_part(try(:'superuser', format(command, name)), ' /', 1) AS answer FROM unnest(array[
        $$ALTER SERVER sandbox OPTIONS (ADD params '%s=x')$$, $$ALTER FOREIGN TABLE sales OPTIONS (ADD params 'a=b&%s=x')$$,
        $$ALTER FOREIGN TABLE sales ADD COLUMN c text OPTIONS (param '%s')$$, $$ALTER FOREIGN TABLE sales ADD COLUMN c date OPTIONS (name 'C', param_from '%s')$$]) AS command) AS t
GROUP BY name, answer ORDER BY name, answer;
-- a value remains a value, a name a name
CREATE FOREIGN TABLE echo (params text OPTIONS (name 'Params'), query text OPTIONS (name 'Query'), v text OPTIONS (param 'V'), w text OPTIONS (param 'W&Auth'), d date OPTIONS (param 'D', default '1&Email.To=x'))
    SERVER sandbox OPTIONS (endpoint '/test/echo', params 'p=1%26Auth=x%0Ay');
CREATE FOREIGN TABLE echo (params text OPTIONS (name 'Params'), query text OPTIONS (name 'Query'), v text OPTIONS (param 'V'), w text OPTIONS (param 'W&Auth'), d date OPTIONS (param 'D', default '1&Email.To=x'))
    SERVER sandbox OPTIONS (endpoint '/test/echo', params 'p=1%26Auth=x%23');
SELECT query FROM echo WHERE v = E'1&Response=Csv&Email.To=evil@example.com#\r\nAuthorization: Bearer evil\r\n\r\nGET /evil HTTP/1.1' AND w = '?Auth=evil';
\! $DATACONNECT_SANDBOX_CTL log --fields auth,method,path && $DATACONNECT_SANDBOX_CTL mail && $DATACONNECT_SANDBOX_CTL log-clear
ALTER FOREIGN TABLE echo OPTIONS (SET endpoint '/test/echo&Auth=x;y=z/é');
SELECT count(*) FROM echo;
\! $DATACONNECT_SANDBOX_CTL log --fields auth,path && $DATACONNECT_SANDBOX_CTL log-clear

--
-- Foreign tables are read-only, with PostgreSQL's own errors
--
SELECT command, try(:'superuser', command) FROM unnest(array['INSERT INTO sales VALUES (1, 1)', 'INSERT INTO sales SELECT * FROM sales', 'UPDATE sales SET id = 1', 'UPDATE sales SET id = 1 WHERE store_id = 1',
    'DELETE FROM sales', 'DELETE FROM sales USING parent WHERE sales.id = parent.id', 'TRUNCATE sales', 'LOCK TABLE sales', 'INSERT INTO sales VALUES (1, 1) ON CONFLICT DO NOTHING']) AS command;
MERGE INTO sales s USING parent p ON s.id = p.id WHEN MATCHED THEN DELETE;
COPY sales FROM STDIN;
1	1
\.
COPY sales TO STDOUT;
COPY (SELECT id FROM sales WHERE store_id = 1 ORDER BY id LIMIT 2) TO STDOUT;
\! sh -c "$WHO"

SET client_min_messages = warning;
DROP FUNCTION try, try_url, seen, tell, by_definer, by_caller;
DROP TABLE parent;
DROP SERVER sandbox, plain CASCADE;
REVOKE ALL ON FOREIGN DATA WRAPPER dataconnect_fdw FROM regress_dataconnect_owner;
REVOKE ALL ON SCHEMA public FROM regress_dataconnect_owner;
DROP ROLE regress_dataconnect_owner, regress_dataconnect_reader, regress_dataconnect_other;
