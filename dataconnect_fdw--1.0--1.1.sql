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
IS 'the companies that the caller''s log-in reaches: relationships ''partner'' asks for the companies of a partner (/partner/relationships), ''master'' for those of a log-in over several companies (/master/relationships), NULL for the first and, where that is refused, the second; a company that gives no endpoint has NULL; needs USAGE on the server (42501); for example: SELECT company_id, company_name FROM dataconnect_companies(''dataconnect'')';

-- It sends requests.
REVOKE EXECUTE ON FUNCTION dataconnect_companies(name, text) FROM PUBLIC;
