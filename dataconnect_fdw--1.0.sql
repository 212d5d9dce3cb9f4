-- complain if script is sourced in psql, rather than via CREATE EXTENSION
\echo Use "CREATE EXTENSION dataconnect_fdw" to load this file. \quit

CREATE FUNCTION dataconnect_fdw_handler()
RETURNS fdw_handler
AS 'MODULE_PATHNAME'
LANGUAGE C STRICT;

COMMENT ON FUNCTION dataconnect_fdw_handler()
IS 'DataConnect foreign-data wrapper handler';

CREATE FUNCTION dataconnect_fdw_validator(text[], oid)
RETURNS void
AS 'MODULE_PATHNAME'
LANGUAGE C STRICT;

COMMENT ON FUNCTION dataconnect_fdw_validator(text[], oid)
IS 'checks the options of DataConnect servers, user mappings, tables and columns';

CREATE FOREIGN DATA WRAPPER dataconnect_fdw
    HANDLER dataconnect_fdw_handler
    VALIDATOR dataconnect_fdw_validator;

COMMENT ON FOREIGN DATA WRAPPER dataconnect_fdw
IS 'iQmetrix DataConnect: reports over HTTP as tables';

CREATE FUNCTION dataconnect_version()
RETURNS text
AS 'MODULE_PATHNAME'
LANGUAGE C STABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION dataconnect_version()
IS 'version of dataconnect_fdw and of the libraries it runs with, as text, for example in a bug report: SELECT dataconnect_version()';

CREATE FUNCTION dataconnect_options(
    OUT context text,
    OUT name text,
    OUT type text,
    OUT unit text,
    OUT min_value text,
    OUT max_value text,
    OUT default_value text,
    OUT enum_values text[],
    OUT secret boolean,
    OUT superuser_only boolean,
    OUT description text)
RETURNS SETOF record
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
ROWS 50;

COMMENT ON FUNCTION dataconnect_options()
IS 'the options of DataConnect servers, user mappings, tables and columns, for example: SELECT name, default_value, description FROM dataconnect_options() WHERE context = ''server''';

CREATE FUNCTION dataconnect_catalogue_endpoints(
    OUT endpoint text,
    OUT category text,
    OUT method text,
    OUT table_name text,
    OUT params text,
    OUT required_columns text[],
    OUT column_count integer)
RETURNS SETOF record
AS 'MODULE_PATHNAME'
LANGUAGE C STABLE STRICT
ROWS 100;

COMMENT ON FUNCTION dataconnect_catalogue_endpoints()
IS 'what the view dataconnect_endpoints shows';

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
    OUT ignored_if text)
RETURNS SETOF record
AS 'MODULE_PATHNAME'
LANGUAGE C STABLE STRICT
ROWS 700;

COMMENT ON FUNCTION dataconnect_catalogue_parameters()
IS 'what the view dataconnect_parameters shows';

CREATE FUNCTION dataconnect_catalogue_columns(
    OUT endpoint text,
    OUT table_name text,
    OUT "position" integer,
    OUT name text,
    OUT column_name text,
    OUT type text,
    OUT sql_server_type text,
    OUT kind text,
    OUT example text)
RETURNS SETOF record
AS 'MODULE_PATHNAME'
LANGUAGE C STABLE STRICT
ROWS 1700;

COMMENT ON FUNCTION dataconnect_catalogue_columns()
IS 'what the view dataconnect_columns shows';

CREATE VIEW dataconnect_endpoints AS
SELECT * FROM dataconnect_catalogue_endpoints();

COMMENT ON VIEW dataconnect_endpoints
IS 'the documented endpoints, one row for each table that IMPORT FOREIGN SCHEMA "all" makes, for example: SELECT table_name, required_columns FROM dataconnect_endpoints WHERE category = ''sales''';
COMMENT ON COLUMN dataconnect_endpoints.endpoint IS 'path below the server''s url';
COMMENT ON COLUMN dataconnect_endpoints.category IS 'category, which is also the name of a remote schema';
COMMENT ON COLUMN dataconnect_endpoints.method IS 'HTTP method of the documentation';
COMMENT ON COLUMN dataconnect_endpoints.table_name IS 'name of the imported table; NULL for an endpoint that is no table: one that writes, or answers with credentials';
COMMENT ON COLUMN dataconnect_endpoints.params IS 'parameters that the table fixes, or NULL';
COMMENT ON COLUMN dataconnect_endpoints.required_columns IS 'columns that a query must give a value for';
COMMENT ON COLUMN dataconnect_endpoints.column_count IS 'number of columns that are read from the reply';

CREATE VIEW dataconnect_parameters AS
SELECT * FROM dataconnect_catalogue_parameters();

COMMENT ON VIEW dataconnect_parameters
IS 'the parameters of the documented endpoints, for example: SELECT column_name, legal_values, labels FROM dataconnect_parameters WHERE endpoint ILIKE ''%inventorylisting%''';
COMMENT ON COLUMN dataconnect_parameters.endpoint IS 'path below the server''s url';
COMMENT ON COLUMN dataconnect_parameters.table_name IS 'name of the imported table';
COMMENT ON COLUMN dataconnect_parameters.parameter IS 'name as it is sent';
COMMENT ON COLUMN dataconnect_parameters.column_name IS 'name of the imported column';
COMMENT ON COLUMN dataconnect_parameters.type IS 'type of the imported column';
COMMENT ON COLUMN dataconnect_parameters.required IS 'whether a query must give a value';
COMMENT ON COLUMN dataconnect_parameters.list IS 'whether several values go into one request';
COMMENT ON COLUMN dataconnect_parameters.default_value IS 'what the service takes where nothing is sent';
COMMENT ON COLUMN dataconnect_parameters.legal_values IS 'the values that are allowed, or NULL where the documentation lists none';
COMMENT ON COLUMN dataconnect_parameters.labels IS 'what the legal values mean, in the same order, or NULL';
COMMENT ON COLUMN dataconnect_parameters.unrestricted_values IS 'values that mean no restriction, or NULL';
COMMENT ON COLUMN dataconnect_parameters.lookup IS 'endpoint that lists the values there are, or NULL';
COMMENT ON COLUMN dataconnect_parameters.example IS 'value of the documentation''s example';
COMMENT ON COLUMN dataconnect_parameters.used_when IS 'what another parameter must be for this one to count, or NULL';
COMMENT ON COLUMN dataconnect_parameters.required_when IS 'what another parameter must be for this one to be required, or NULL';
COMMENT ON COLUMN dataconnect_parameters.ignored_if IS 'parameter with which this one has no effect, or NULL';

CREATE VIEW dataconnect_columns AS
SELECT * FROM dataconnect_catalogue_columns();

COMMENT ON VIEW dataconnect_columns
IS 'the fields of the documented endpoints'' records, for example: SELECT table_name, column_name FROM dataconnect_columns WHERE name ILIKE ''%serial%''';
COMMENT ON COLUMN dataconnect_columns.endpoint IS 'path below the server''s url';
COMMENT ON COLUMN dataconnect_columns.table_name IS 'name of the imported table';
COMMENT ON COLUMN dataconnect_columns."position" IS 'position in the imported table, from 1';
COMMENT ON COLUMN dataconnect_columns.name IS 'key in the reply';
COMMENT ON COLUMN dataconnect_columns.column_name IS 'name of the imported column';
COMMENT ON COLUMN dataconnect_columns.type IS 'type of the imported column';
COMMENT ON COLUMN dataconnect_columns.sql_server_type IS 'type of the documentation, or NULL';
COMMENT ON COLUMN dataconnect_columns.kind IS 'the documentation''s general type';
COMMENT ON COLUMN dataconnect_columns.example IS 'value of the documentation''s sample';

GRANT SELECT ON dataconnect_endpoints, dataconnect_parameters, dataconnect_columns TO PUBLIC;

CREATE FUNCTION dataconnect_governor(
    OUT database_name name,
    OUT server_name name,
    OUT user_name name,
    OUT shared boolean,
    OUT in_flight integer,
    OUT allowed integer,
    OUT waiting integer,
    OUT paused_until timestamptz)
RETURNS SETOF record
AS 'MODULE_PATHNAME'
LANGUAGE C VOLATILE STRICT
ROWS 5;

COMMENT ON FUNCTION dataconnect_governor()
IS 'what the view dataconnect_concurrency shows';

CREATE VIEW dataconnect_concurrency AS
SELECT * FROM dataconnect_governor();

COMMENT ON VIEW dataconnect_concurrency
IS 'accounts of the service that requests were sent for, and how many requests are under way for each; those of other users only for members of pg_monitor; for example: SELECT server_name, in_flight, allowed, waiting FROM dataconnect_concurrency';
COMMENT ON COLUMN dataconnect_concurrency.database_name IS 'database of the last request; servers with the same host and credentials share an account';
COMMENT ON COLUMN dataconnect_concurrency.server_name IS 'server of the last request; NULL in another database';
COMMENT ON COLUMN dataconnect_concurrency.user_name IS 'user of the mapping of the last request, or public';
COMMENT ON COLUMN dataconnect_concurrency.shared IS 'whether all sessions are counted, or this one alone';
COMMENT ON COLUMN dataconnect_concurrency.in_flight IS 'requests under way';
COMMENT ON COLUMN dataconnect_concurrency.allowed IS 'how many may be: max_concurrency, or fewer where the service refused that many';
COMMENT ON COLUMN dataconnect_concurrency.waiting IS 'requests that wait for their turn';
COMMENT ON COLUMN dataconnect_concurrency.paused_until IS 'until when the service has asked to be left alone, or NULL';

GRANT SELECT ON dataconnect_concurrency TO PUBLIC;

CREATE FUNCTION dataconnect_describe(
    server name,
    endpoint text,
    params text DEFAULT '',
    OUT column_name text,
    OUT name text,
    OUT sql_server_type text,
    OUT type text,
    OUT sample text)
RETURNS SETOF record
AS 'MODULE_PATHNAME'
LANGUAGE C VOLATILE STRICT
ROWS 30;

COMMENT ON FUNCTION dataconnect_describe(name, text, text)
IS 'asks an endpoint for records, with a query string of parameters, and tells their fields: the name a column would have, the key, the type by the reply''s Schema (or NULL), the PostgreSQL type, a value; reads at most 1 MB and 1000 records; for example: SELECT * FROM dataconnect_describe(''dataconnect'', ''/lists/stores'')';

CREATE FUNCTION dataconnect_table_ddl(
    server name,
    endpoint text,
    params text DEFAULT '',
    table_name text DEFAULT NULL)
RETURNS text
AS 'MODULE_PATHNAME'
LANGUAGE C VOLATILE;

COMMENT ON FUNCTION dataconnect_table_ddl(name, text, text, text)
IS 'the CREATE FOREIGN TABLE for what dataconnect_describe() tells, the parameters fixed in it; fails (P0002) where there are no records; for example: SELECT dataconnect_table_ddl(''dataconnect'', ''/customizedreports/x'', ''Day=2026-01-01'')';

CREATE FUNCTION dataconnect_check(
    foreign_table regclass,
    params text DEFAULT '',
    OUT column_name text,
    OUT name text,
    OUT change text,
    OUT declared text,
    OUT found text,
    OUT command text)
RETURNS SETOF record
AS 'MODULE_PATHNAME'
LANGUAGE C VOLATILE STRICT
ROWS 5;

COMMENT ON FUNCTION dataconnect_check(regclass, text)
IS 'compares a foreign table with what the service answers now, given a query string with the required parameters: columns that are new, gone, or of another type, and the ALTER FOREIGN TABLE that mends each; fails (P0002) where there are no records; for example: SELECT change, column_name, command FROM dataconnect_check(''sales'', ''StartDate=2026-01-01&StopDate=2026-01-02'')';

-- These send requests.
REVOKE EXECUTE ON FUNCTION dataconnect_describe(name, text, text) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION dataconnect_table_ddl(name, text, text, text) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION dataconnect_check(regclass, text) FROM PUBLIC;

CREATE FUNCTION dataconnect_learned_lines(
    OUT foreign_table regclass,
    OUT columns text[],
    OUT replies bigint,
    OUT records double precision,
    OUT days double precision,
    OUT list_values double precision,
    OUT records_per_day double precision,
    OUT bytes_per_record double precision,
    OUT first_byte_ms double precision,
    OUT last_reply timestamptz)
RETURNS SETOF record
AS 'MODULE_PATHNAME'
LANGUAGE C VOLATILE STRICT
ROWS 50;

COMMENT ON FUNCTION dataconnect_learned_lines()
IS 'what the view dataconnect_learned shows';

CREATE VIEW dataconnect_learned AS
SELECT * FROM dataconnect_learned_lines();

COMMENT ON VIEW dataconnect_learned
IS 'what replies have taught of the foreign tables that one may read, a row for each set of columns that queries gave values for; of this session, or of all where the library is preloaded; for example: SELECT foreign_table, columns, records_per_day, first_byte_ms FROM dataconnect_learned ORDER BY last_reply DESC';
COMMENT ON COLUMN dataconnect_learned.foreign_table IS 'the foreign table, as its options are now';
COMMENT ON COLUMN dataconnect_learned.columns IS 'columns that the requests gave values for';
COMMENT ON COLUMN dataconnect_learned.replies IS 'replies that were read to their end';
COMMENT ON COLUMN dataconnect_learned.records IS 'records of a usual reply; NULL where none was read to its end';
COMMENT ON COLUMN dataconnect_learned.days IS 'days that a usual request asked for; NULL without a window or period';
COMMENT ON COLUMN dataconnect_learned.list_values IS 'values of lists that a usual request asked for, multiplied; 1 without';
COMMENT ON COLUMN dataconnect_learned.records_per_day IS 'records of a usual reply for each day; NULL without days';
COMMENT ON COLUMN dataconnect_learned.bytes_per_record IS 'length of a record in the reply, decompressed, or NULL';
COMMENT ON COLUMN dataconnect_learned.first_byte_ms IS 'milliseconds from sending a request to its reply''s first byte, or NULL';
COMMENT ON COLUMN dataconnect_learned.last_reply IS 'when the last reply was';

GRANT SELECT ON dataconnect_learned TO PUBLIC;

CREATE FUNCTION dataconnect_forget(foreign_table regclass)
RETURNS integer
AS 'MODULE_PATHNAME'
LANGUAGE C VOLATILE STRICT;

COMMENT ON FUNCTION dataconnect_forget(regclass)
IS 'forgets what replies have taught of a foreign table, and returns how many rows dataconnect_learned had of it, for example after the report has changed: SELECT dataconnect_forget(''sales'')';
