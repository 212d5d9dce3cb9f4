-- complain if script is sourced in psql, rather than via ALTER EXTENSION
\echo Use "ALTER EXTENSION dataconnect_fdw UPDATE TO '1.1'" to load this file. \quit

-- A later library may have other options.
ALTER FUNCTION dataconnect_options() STABLE;

COMMENT ON FUNCTION dataconnect_check(regclass, text)
IS 'compares a foreign table with what the service answers now, given a query string with the required parameters: columns that are new, gone, renamed, or of another type, and the ALTER FOREIGN TABLE that mends each; fails (P0002) where there are no records; needs SELECT on the table and USAGE on its server (42501); for example: SELECT change, column_name, command FROM dataconnect_check(''sales'', ''StartDate=2026-01-01&StopDate=2026-01-02'')';

CREATE FUNCTION dataconnect_check_schema(
    schema regnamespace,
    params text DEFAULT '',
    OUT foreign_table regclass,
    OUT column_name text,
    OUT name text,
    OUT change text,
    OUT declared text,
    OUT found text,
    OUT command text,
    OUT error text)
RETURNS SETOF record
AS 'MODULE_PATHNAME'
LANGUAGE C VOLATILE STRICT
ROWS 20;

COMMENT ON FUNCTION dataconnect_check_schema(regnamespace, text)
IS 'dataconnect_check() of each foreign table in a schema, by name, all with the same query string; a table that cannot be compared has a row with change ''error'' and the message in error, and the next one follows; for example: SELECT foreign_table, change, command, error FROM dataconnect_check_schema(''rq'', ''StartDate=2026-01-01&StopDate=2026-01-02'')';

-- It sends requests.
REVOKE EXECUTE ON FUNCTION dataconnect_check_schema(regnamespace, text) FROM PUBLIC;

COMMENT ON FUNCTION dataconnect_forget(regclass)
IS 'forgets what replies have taught of a foreign table, and returns how many rows dataconnect_learned had of it; for the table''s owner and, from PostgreSQL 17 on, who may maintain it, such as members of pg_maintain (42501); for example after the report has changed: SELECT dataconnect_forget(''sales'')';

CREATE FUNCTION dataconnect_companies(
    server name,
    relationships text DEFAULT NULL,
    OUT company_id bigint,
    OUT company_name text,
    OUT doing_business_as text,
    OUT preferred_endpoint text)
RETURNS SETOF record
AS 'MODULE_PATHNAME'
LANGUAGE C VOLATILE
ROWS 50;

COMMENT ON FUNCTION dataconnect_companies(name, text)
IS 'the companies that the caller''s log-in reaches: relationships ''partner'' asks for the companies of a partner (/partner/relationships), ''master'' for those of a log-in over several companies (/master/relationships), NULL for the first and, where that is refused or empty, the second; a company that gives no endpoint has NULL; needs USAGE on the server (42501); for example: SELECT company_id, company_name FROM dataconnect_companies(''dataconnect'')';

-- It sends requests.
REVOKE EXECUTE ON FUNCTION dataconnect_companies(name, text) FROM PUBLIC;

-- The catalogue says where it knows a thing from.  A function cannot get another
-- column, so each view gets a new one; what is built on the views stays.  So does
-- what is built on the old functions, which get another name.

ALTER FUNCTION dataconnect_catalogue_endpoints() RENAME TO dataconnect_catalogue_endpoints_1_0;

CREATE FUNCTION dataconnect_catalogue_endpoints(
    OUT endpoint text,
    OUT category text,
    OUT method text,
    OUT table_name text,
    OUT params text,
    OUT required_columns text[],
    OUT column_count integer,
    OUT source text)
RETURNS SETOF record
AS 'MODULE_PATHNAME'
LANGUAGE C STABLE STRICT
ROWS 150;

COMMENT ON FUNCTION dataconnect_catalogue_endpoints()
IS 'what the view dataconnect_endpoints shows';

CREATE OR REPLACE VIEW dataconnect_endpoints AS
SELECT * FROM dataconnect_catalogue_endpoints();

COMMENT ON COLUMN dataconnect_endpoints.source IS 'where the endpoint is known from: documented, or seen in use, that is, in public programs';

COMMENT ON FUNCTION dataconnect_catalogue_endpoints_1_0()
IS 'what the view dataconnect_endpoints showed in version 1.0, for views that were built on it then';

ALTER FUNCTION dataconnect_catalogue_parameters() RENAME TO dataconnect_catalogue_parameters_1_0;

CREATE FUNCTION dataconnect_catalogue_parameters(
    OUT endpoint text,
    OUT table_name text,
    OUT parameter text,
    OUT column_name text,
    OUT type text,
    OUT required boolean,
    OUT list boolean,
    OUT default_value text,
    OUT legal_values text[],
    OUT labels text[],
    OUT unrestricted_values text[],
    OUT lookup text,
    OUT example text,
    OUT used_when text,
    OUT required_when text,
    OUT ignored_if text,
    OUT source text)
RETURNS SETOF record
AS 'MODULE_PATHNAME'
LANGUAGE C STABLE STRICT
ROWS 1000;

COMMENT ON FUNCTION dataconnect_catalogue_parameters()
IS 'what the view dataconnect_parameters shows';

CREATE OR REPLACE VIEW dataconnect_parameters AS
SELECT * FROM dataconnect_catalogue_parameters();

COMMENT ON COLUMN dataconnect_parameters.source IS 'where the parameter is known from: documented, or seen in use';

COMMENT ON FUNCTION dataconnect_catalogue_parameters_1_0()
IS 'what the view dataconnect_parameters showed in version 1.0, for views that were built on it then';

ALTER FUNCTION dataconnect_catalogue_columns() RENAME TO dataconnect_catalogue_columns_1_0;

CREATE FUNCTION dataconnect_catalogue_columns(
    OUT endpoint text,
    OUT table_name text,
    OUT "position" integer,
    OUT name text,
    OUT column_name text,
    OUT type text,
    OUT sql_server_type text,
    OUT kind text,
    OUT example text,
    OUT source text)
RETURNS SETOF record
AS 'MODULE_PATHNAME'
LANGUAGE C STABLE STRICT
ROWS 2500;

COMMENT ON FUNCTION dataconnect_catalogue_columns()
IS 'what the view dataconnect_columns shows';

CREATE OR REPLACE VIEW dataconnect_columns AS
SELECT * FROM dataconnect_catalogue_columns();

COMMENT ON COLUMN dataconnect_columns.source IS 'where the column is known from: documented, or seen in use';

COMMENT ON FUNCTION dataconnect_catalogue_columns_1_0()
IS 'what the view dataconnect_columns showed in version 1.0, for views that were built on it then';

COMMENT ON VIEW dataconnect_endpoints
IS 'the endpoints of the catalogue, one row for each table that IMPORT FOREIGN SCHEMA makes, with the option sources ''all'' also of those that are not documented; for example: SELECT table_name, required_columns FROM dataconnect_endpoints WHERE category = ''sales''';
COMMENT ON COLUMN dataconnect_endpoints.table_name IS 'name of the imported table; NULL for an endpoint that is no table: one that writes, answers with credentials, or whose columns are not known';
COMMENT ON VIEW dataconnect_parameters
IS 'the parameters of the catalogue''s endpoints, for example: SELECT column_name, legal_values, labels FROM dataconnect_parameters WHERE endpoint ILIKE ''%inventorylisting%''';
COMMENT ON VIEW dataconnect_columns
IS 'the fields of the records of the catalogue''s endpoints, for example: SELECT table_name, column_name FROM dataconnect_columns WHERE name ILIKE ''%serial%''';

CREATE FUNCTION dataconnect_warn_parameters()
RETURNS event_trigger
AS 'MODULE_PATHNAME'
LANGUAGE C;

COMMENT ON FUNCTION dataconnect_warn_parameters()
IS 'warns of parameters in the options of a foreign table or server that the catalogue does not know, which the service would ignore; called by the event trigger dataconnect_fdw_parameters';

REVOKE EXECUTE ON FUNCTION dataconnect_warn_parameters() FROM PUBLIC;

-- The validator sees the options of one column, and not of which table.
CREATE EVENT TRIGGER dataconnect_fdw_parameters
ON ddl_command_end
WHEN TAG IN ('CREATE FOREIGN TABLE', 'ALTER FOREIGN TABLE', 'CREATE SERVER', 'ALTER SERVER')
EXECUTE FUNCTION dataconnect_warn_parameters();

COMMENT ON EVENT TRIGGER dataconnect_fdw_parameters
IS 'warns of parameters that the catalogue does not know, when foreign tables and servers of dataconnect_fdw are created or altered; the setting dataconnect_fdw.warn_unknown_parameters turns it off';

-- With a column more.
ALTER FUNCTION dataconnect_governor() RENAME TO dataconnect_governor_1_0;

CREATE FUNCTION dataconnect_governor(
    OUT database_name name,
    OUT server_name name,
    OUT user_name name,
    OUT shared boolean,
    OUT in_flight integer,
    OUT allowed integer,
    OUT waiting integer,
    OUT paused_until timestamptz,
    OUT outdated boolean,
    OUT unreachable_since timestamptz)
RETURNS SETOF record
AS 'MODULE_PATHNAME'
LANGUAGE C VOLATILE STRICT
ROWS 5;

COMMENT ON FUNCTION dataconnect_governor()
IS 'what the view dataconnect_concurrency shows';

CREATE OR REPLACE VIEW dataconnect_concurrency AS
SELECT * FROM dataconnect_governor();

COMMENT ON FUNCTION dataconnect_governor_1_0()
IS 'what the view dataconnect_concurrency showed in version 1.0, for views that were built on it then';

COMMENT ON COLUMN dataconnect_concurrency.paused_until IS 'when the next request is sent at the earliest, or NULL: the service has asked to be left alone, or refused all; dataconnect_resume() ends it before';
COMMENT ON COLUMN dataconnect_concurrency.outdated IS 'whether server and mapping have another host or other credentials by now; NULL in another database';
COMMENT ON COLUMN dataconnect_concurrency.unreachable_since IS 'since when no request of anybody has reached the host in the server''s option url, or token_url: others fail at once until a try gets through, or dataconnect_resume(); NULL where nothing of the kind is known, and in another database';

CREATE FUNCTION dataconnect_resume(server name)
RETURNS integer
AS 'MODULE_PATHNAME'
LANGUAGE C VOLATILE STRICT;

COMMENT ON FUNCTION dataconnect_resume(name)
IS 'has requests sent again at once that wait because the service asked to be left alone, or that fail at once because its host is unreachable, and returns for how many user mappings there was such a pause, for a server''s owner of all its mappings, else of the one that the caller uses; and one more if the host was unreachable; fails (42704) where there is none, and needs USAGE on the server (42501); for example: SELECT dataconnect_resume(''dataconnect'')';
