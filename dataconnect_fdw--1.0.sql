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
