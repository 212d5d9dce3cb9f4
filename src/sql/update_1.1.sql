-- complain if script is sourced in psql, rather than via ALTER EXTENSION
\echo Use "ALTER EXTENSION dataconnect_fdw UPDATE" to load this file. \quit

-- Not IMMUTABLE: a later library may have other options.
ALTER FUNCTION dataconnect_options() STABLE;

COMMENT ON FUNCTION dataconnect_check(regclass, text)
IS 'compares a foreign table with a sample of its report: lists columns that are new, gone, renamed, or of another type, each with the ALTER FOREIGN TABLE that updates the table; params is a query string with the required parameters; fails if the sample has no records (P0002), or without SELECT on the table and USAGE on its server (42501); for example: SELECT change, column_name, command FROM dataconnect_check(''sales'', ''StartDate=2026-01-01&StopDate=2026-01-02'')';

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
IS 'calls dataconnect_check() for each foreign table in a schema, in the order of their names, all with the same query string; a table that cannot be compared has a row with change ''error'' and the message in error; for example: SELECT foreign_table, change, command, error FROM dataconnect_check_schema(''rq'', ''StartDate=2026-01-01&StopDate=2026-01-02'')';

-- The function sends requests: superusers decide who may call it.
REVOKE EXECUTE ON FUNCTION dataconnect_check_schema(regnamespace, text) FROM PUBLIC;

COMMENT ON FUNCTION dataconnect_forget(regclass)
IS 'forgets what was learned of a foreign table from replies, and returns how many rows dataconnect_learned had of it; only the table''s owner may call it and, from PostgreSQL 17 on, roles that may maintain the table, such as members of pg_maintain (42501); for example after the report has changed: SELECT dataconnect_forget(''sales'')';

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
IS 'lists the companies that the caller''s log-in can reach; relationships is ''partner'' for the companies of a partner (/partner/relationships), ''master'' for those of a log-in for several companies (/master/relationships), or NULL for the first and, if that is refused or empty, the second; preferred_endpoint is NULL if the company has none; needs USAGE on the server (42501); for example: SELECT company_id, company_name FROM dataconnect_companies(''dataconnect'')';

-- The function sends requests: superusers decide who may call it.
REVOKE EXECUTE ON FUNCTION dataconnect_companies(name, text) FROM PUBLIC;

CREATE FUNCTION dataconnect_fetch(
    server name,
    endpoint text,
    params text DEFAULT '',
    method text DEFAULT NULL,
    max_bytes integer DEFAULT 104857600,
    OUT status integer,
    OUT content_type text,
    OUT received_at timestamptz,
    OUT body bytea)
RETURNS record
AS 'MODULE_PATHNAME'
LANGUAGE C VOLATILE;

COMMENT ON FUNCTION dataconnect_fetch(name, text, text, text, integer)
IS 'sends one request and returns the reply as it is, in any format of the service: params is a query string that may also set Response (such as Excel, Csv or XmlDataTable), method is as the option method, or NULL for the server''s; fails as a query does for any status but 2xx, and for a reply of more than max_bytes, 100 MB by default (54000); needs USAGE on the server (42501); for example: SELECT content_type, length(body) FROM dataconnect_fetch(''dataconnect'', ''/lists/stores'', ''Response=Excel'')';

CREATE FUNCTION dataconnect_email(
    server name,
    endpoint text,
    params text,
    "to" text,
    cc text DEFAULT NULL)
RETURNS text
AS 'MODULE_PATHNAME'
LANGUAGE C VOLATILE;

COMMENT ON FUNCTION dataconnect_email(name, text, text, text, text)
IS 'has the service send a report by e-mail, and returns what the service answers: params is a query string that may also set Response (such as Excel or Csv) and parameters of e-mails but Email.To and Email.Cc, which are the last arguments; the request is sent once, and again only if the service has certainly not taken it (429, 401, no connection); ROLLBACK does not call it back; needs USAGE on the server (42501); for example: SELECT dataconnect_email(''dataconnect'', ''/lists/stores'', ''Response=Excel'', ''jo@example.com'')';

CREATE FUNCTION dataconnect_doctor(
    server name,
    OUT check_name text,
    OUT result text,
    OUT detail text,
    OUT remedy text)
RETURNS SETOF record
AS 'MODULE_PATHNAME'
LANGUAGE C VOLATILE STRICT
ROWS 20;

COMMENT ON FUNCTION dataconnect_doctor(name)
IS 'checks what a query of a server depends on, one row for each check, in the order in which one depends on another: options, network, TLS, clock, log-in, session, limits, compression, libraries, settings; result is PASS, FAIL or SKIP, remedy says what to do about a FAIL; sends GET /ping without credentials and GET /session with those of the caller''s user mapping, and a fault is a row, never an error; needs USAGE on the server (42501); for example: SELECT * FROM dataconnect_doctor(''dataconnect'')';

-- The functions send requests, and what comes back is read by no table's rules:
-- superusers decide who may call them.
REVOKE EXECUTE ON FUNCTION dataconnect_fetch(name, text, text, text, integer) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION dataconnect_email(name, text, text, text, text) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION dataconnect_doctor(name) FROM PUBLIC;

-- The views get the column source.  The result columns of a function cannot
-- change, so each view gets a new function.  The old functions are renamed and
-- kept, because views may be built on them.

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
IS 'the rows of the view dataconnect_endpoints';

CREATE OR REPLACE VIEW dataconnect_endpoints AS
SELECT * FROM dataconnect_catalogue_endpoints();

COMMENT ON COLUMN dataconnect_endpoints.source IS 'source of the endpoint: documented, or seen in use in public programs';

COMMENT ON FUNCTION dataconnect_catalogue_endpoints_1_0()
IS 'the rows of the view dataconnect_endpoints of version 1.0, for views that were built on it';

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
IS 'the rows of the view dataconnect_parameters';

CREATE OR REPLACE VIEW dataconnect_parameters AS
SELECT * FROM dataconnect_catalogue_parameters();

COMMENT ON COLUMN dataconnect_parameters.source IS 'source of the parameter: documented, or seen in use in public programs';

COMMENT ON FUNCTION dataconnect_catalogue_parameters_1_0()
IS 'the rows of the view dataconnect_parameters of version 1.0, for views that were built on it';

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
IS 'the rows of the view dataconnect_columns';

CREATE OR REPLACE VIEW dataconnect_columns AS
SELECT * FROM dataconnect_catalogue_columns();

COMMENT ON COLUMN dataconnect_columns.source IS 'source of the column: documented, or seen in use in public programs';

COMMENT ON FUNCTION dataconnect_catalogue_columns_1_0()
IS 'the rows of the view dataconnect_columns of version 1.0, for views that were built on it';

COMMENT ON VIEW dataconnect_endpoints
IS 'the endpoints of the catalogue, one row for each table that IMPORT FOREIGN SCHEMA creates; undocumented ones need the option sources ''all''; for example: SELECT table_name, required_columns FROM dataconnect_endpoints WHERE category = ''sales''';
COMMENT ON COLUMN dataconnect_endpoints.table_name IS 'name of the imported table; NULL if the endpoint is not imported, because it writes, returns credentials, or has unknown columns';
COMMENT ON VIEW dataconnect_parameters
IS 'the parameters of the catalogue''s endpoints; for example: SELECT column_name, legal_values, labels FROM dataconnect_parameters WHERE endpoint ILIKE ''%inventorylisting%''';
COMMENT ON VIEW dataconnect_columns
IS 'the fields of the records of the catalogue''s endpoints; for example: SELECT table_name, column_name FROM dataconnect_columns WHERE name ILIKE ''%serial%''';

CREATE FUNCTION dataconnect_warn_parameters()
RETURNS event_trigger
AS 'MODULE_PATHNAME'
LANGUAGE C;

COMMENT ON FUNCTION dataconnect_warn_parameters()
IS 'warns of parameters in the options of a foreign table or server that the catalogue does not know, because the service ignores unknown parameters; called by the event trigger dataconnect_fdw_parameters';

REVOKE EXECUTE ON FUNCTION dataconnect_warn_parameters() FROM PUBLIC;

-- The validator sees a column's options, but not to which table they belong.
CREATE EVENT TRIGGER dataconnect_fdw_parameters
ON ddl_command_end
WHEN TAG IN ('CREATE FOREIGN TABLE', 'ALTER FOREIGN TABLE', 'CREATE SERVER', 'ALTER SERVER')
EXECUTE FUNCTION dataconnect_warn_parameters();

COMMENT ON EVENT TRIGGER dataconnect_fdw_parameters
IS 'warns of parameters that the catalogue does not know when a foreign table or server of dataconnect_fdw is created or altered; the setting dataconnect_fdw.warn_unknown_parameters turns it off';

-- The view gets the columns outdated and unreachable_since.
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
IS 'the rows of the view dataconnect_concurrency';

CREATE OR REPLACE VIEW dataconnect_concurrency AS
SELECT * FROM dataconnect_governor();

COMMENT ON FUNCTION dataconnect_governor_1_0()
IS 'the rows of the view dataconnect_concurrency of version 1.0, for views that were built on it';

COMMENT ON COLUMN dataconnect_concurrency.paused_until IS 'earliest time of the next request, because the service asked for a wait or refused all requests; NULL if there is no pause; dataconnect_resume() ends the pause';
COMMENT ON COLUMN dataconnect_concurrency.outdated IS 'whether the server or user mapping now has another host or other credentials; NULL in another database';
COMMENT ON COLUMN dataconnect_concurrency.unreachable_since IS 'time since which no request has reached the host of the server''s url or token_url; queries fail at once until a try succeeds or dataconnect_resume() is called; NULL if no host is unreachable, and in another database';

CREATE FUNCTION dataconnect_resume(server name)
RETURNS integer
AS 'MODULE_PATHNAME'
LANGUAGE C VOLATILE STRICT;

COMMENT ON FUNCTION dataconnect_resume(name)
IS 'lets requests be sent again at once: ends the pause that the service asked for, and forgets that a host of the server or one of its preferred endpoints was unreachable; the pause is that of the caller''s user mapping, or of all mappings if the caller owns the server; returns the number of mappings that were paused, plus one if a host was unreachable; fails if there is no such server or mapping (42704), or without USAGE on the server (42501); for example: SELECT dataconnect_resume(''dataconnect'')';

-- Comments of 1.0 in clearer words.
COMMENT ON COLUMN dataconnect_endpoints.method IS 'documented HTTP method';
COMMENT ON COLUMN dataconnect_endpoints.params IS 'parameters that the table''s option params fixes, or NULL';
COMMENT ON COLUMN dataconnect_parameters.parameter IS 'name of the parameter in the request';
COMMENT ON COLUMN dataconnect_parameters.list IS 'whether one request takes several values';
COMMENT ON COLUMN dataconnect_parameters.default_value IS 'value that the service assumes if none is sent';
COMMENT ON COLUMN dataconnect_parameters.legal_values IS 'allowed values, or NULL if the documentation lists none';
COMMENT ON COLUMN dataconnect_parameters.labels IS 'meanings of the legal values, in the same order, or NULL';
COMMENT ON COLUMN dataconnect_parameters.lookup IS 'endpoint that lists the existing values, or NULL';
COMMENT ON COLUMN dataconnect_parameters.example IS 'documented example';
COMMENT ON COLUMN dataconnect_parameters.used_when IS 'value that another parameter must have for this one to have an effect, or NULL';
COMMENT ON COLUMN dataconnect_parameters.required_when IS 'value of another parameter that makes this one required, or NULL';
COMMENT ON COLUMN dataconnect_parameters.ignored_if IS 'parameter that, if sent, makes the service ignore this one, or NULL';
COMMENT ON COLUMN dataconnect_columns.sql_server_type IS 'documented SQL Server type, or NULL';
COMMENT ON COLUMN dataconnect_columns.kind IS 'documented general type';
COMMENT ON COLUMN dataconnect_columns.example IS 'value in the documented sample';
COMMENT ON VIEW dataconnect_concurrency
IS 'accounts of the service and the number of requests under way for each; only members of pg_monitor see the accounts of other users; for example: SELECT server_name, in_flight, allowed, waiting FROM dataconnect_concurrency';
COMMENT ON COLUMN dataconnect_concurrency.shared IS 'whether the requests of all sessions are counted, or only those of this session';
COMMENT ON COLUMN dataconnect_concurrency.allowed IS 'number of requests that may be under way: max_concurrency, or fewer if the service refused that many';
COMMENT ON COLUMN dataconnect_concurrency.waiting IS 'requests in the queue';
COMMENT ON FUNCTION dataconnect_describe(name, text, text)
IS 'samples an endpoint, with a query string of parameters, and returns a row for each field: the name a column would have, the key, the type in the reply''s Schema (or NULL), the PostgreSQL type, and a value; reads at most 1 MB and 1000 records; needs USAGE on the server (42501); for example: SELECT * FROM dataconnect_describe(''dataconnect'', ''/lists/stores'')';
COMMENT ON FUNCTION dataconnect_table_ddl(name, text, text, text)
IS 'returns a CREATE FOREIGN TABLE with the columns that dataconnect_describe() finds, with the parameters fixed; fails if the sample has no records (P0002); for example: SELECT dataconnect_table_ddl(''dataconnect'', ''/customizedreports/x'', ''Day=2026-01-01'')';
COMMENT ON FUNCTION dataconnect_learned_lines()
IS 'the rows of the view dataconnect_learned';
COMMENT ON VIEW dataconnect_learned
IS 'what was learned from replies of the foreign tables that the user may read, one row for each set of columns with values; learned by all sessions if the library is preloaded, or else by this session; for example: SELECT foreign_table, columns, records_per_day, first_byte_ms FROM dataconnect_learned ORDER BY last_reply DESC';
COMMENT ON COLUMN dataconnect_learned.foreign_table IS 'foreign table, with its current options';
COMMENT ON COLUMN dataconnect_learned.columns IS 'columns whose values the requests sent';
COMMENT ON COLUMN dataconnect_learned.records IS 'records of a typical reply; NULL if no reply was read to its end';
COMMENT ON COLUMN dataconnect_learned.days IS 'days in the period of a typical request; NULL without a window or period';
COMMENT ON COLUMN dataconnect_learned.list_values IS 'list values in a typical request, multiplied over its lists; 1 without lists';
COMMENT ON COLUMN dataconnect_learned.records_per_day IS 'records of a typical reply for each day; NULL without days';
COMMENT ON COLUMN dataconnect_learned.last_reply IS 'time of the last reply';

-- Copies of replies.
CREATE FUNCTION dataconnect_copies(
    OUT request text,
    OUT database_name name,
    OUT server_name name,
    OUT user_name name,
    OUT shared boolean,
    OUT fetching boolean,
    OUT bytes bigint,
    OUT records bigint,
    OUT fetched_at timestamptz,
    OUT hits bigint,
    OUT readers integer,
    OUT waiting integer)
RETURNS SETOF record
AS 'MODULE_PATHNAME'
LANGUAGE C VOLATILE STRICT
ROWS 100;

COMMENT ON FUNCTION dataconnect_copies()
IS 'the rows of the view dataconnect_cache, without their age';

CREATE VIEW dataconnect_cache AS
SELECT request, database_name, server_name, user_name, shared, fetching,
       bytes, records, fetched_at, clock_timestamp() - fetched_at AS age,
       hits, readers, waiting
FROM dataconnect_copies();

COMMENT ON VIEW dataconnect_cache
IS 'copies of replies, of all sessions if the library is preloaded, or else of this session; only members of pg_monitor see the copies of other users; for example: SELECT request, age, records, hits FROM dataconnect_cache ORDER BY hits DESC';
COMMENT ON COLUMN dataconnect_cache.request IS 'request, as EXPLAIN shows it; NULL until its reply has begun to arrive';
COMMENT ON COLUMN dataconnect_cache.database_name IS 'database of the session that fetched the reply; servers with the same url and credentials share copies';
COMMENT ON COLUMN dataconnect_cache.server_name IS 'server that the reply was fetched for; NULL in another database';
COMMENT ON COLUMN dataconnect_cache.user_name IS 'user of the mapping that the reply was fetched with, or public';
COMMENT ON COLUMN dataconnect_cache.shared IS 'whether all sessions read the copy, or only this session';
COMMENT ON COLUMN dataconnect_cache.fetching IS 'whether the reply is still being fetched';
COMMENT ON COLUMN dataconnect_cache.bytes IS 'bytes of the file, compressed';
COMMENT ON COLUMN dataconnect_cache.records IS 'records of the reply; NULL while it is fetched';
COMMENT ON COLUMN dataconnect_cache.fetched_at IS 'time at which the reply began to arrive; NULL before';
COMMENT ON COLUMN dataconnect_cache.age IS 'time since then';
COMMENT ON COLUMN dataconnect_cache.hits IS 'replies that were read from the copy in place of the service';
COMMENT ON COLUMN dataconnect_cache.readers IS 'replies that are being read from it now';
COMMENT ON COLUMN dataconnect_cache.waiting IS 'requests that wait for the reply to be complete';

GRANT SELECT ON dataconnect_cache TO PUBLIC;

CREATE FUNCTION dataconnect_cache_drop(server name DEFAULT NULL)
RETURNS bigint
AS 'MODULE_PATHNAME', 'dataconnect_cache_drop_server'
LANGUAGE C VOLATILE;

COMMENT ON FUNCTION dataconnect_cache_drop(name)
IS 'drops the copies of a server''s replies, or all if the server is NULL or missing, so that the next query sends its requests; drops the copies of the caller''s user mappings, those of all mappings of servers that the caller owns, and all if the caller is a superuser; returns the number of copies; fails if there is no such server (42704), or without USAGE on it (42501); for example: SELECT dataconnect_cache_drop(''dataconnect'')';

CREATE FUNCTION dataconnect_cache_drop(foreign_table regclass)
RETURNS bigint
AS 'MODULE_PATHNAME', 'dataconnect_cache_drop_table'
LANGUAGE C VOLATILE STRICT;

COMMENT ON FUNCTION dataconnect_cache_drop(regclass)
IS 'drops the copies of replies from a foreign table''s endpoint, whatever their parameters, as dataconnect_cache_drop(name) does for a server; fails for other tables (42809), or without SELECT on the table and USAGE on its server (42501); for example: SELECT dataconnect_cache_drop(''sales''::regclass)';

CREATE FUNCTION dataconnect_delta(foreign_table regclass, since timestamptz)
RETURNS bigint
AS 'MODULE_PATHNAME'
LANGUAGE C VOLATILE STRICT;

COMMENT ON FUNCTION dataconnect_delta(regclass, timestamptz)
IS 'asks the service how many rows of a bridge table changed at or after a time; NULL if the foreign table is not one over /bridge/current/data with a fixed Table, or if the answer is no number; fails for other tables (42809), without SELECT on the table and USAGE on its server (42501), or if the service does not answer within 10 seconds; for example: SELECT dataconnect_delta(''deposits'', now() - interval ''1 hour'')';

-- Requests: the last ones, what all have cost, and the scans under way.
CREATE FUNCTION dataconnect_request_lines(
    OUT started_at timestamptz,
    OUT database_name name,
    OUT user_name name,
    OUT pid integer,
    OUT query_id bigint,
    OUT server_name name,
    OUT schema_name name,
    OUT table_name name,
    OUT request text,
    OUT outcome text,
    OUT status integer,
    OUT sqlstate text,
    OUT tries integer,
    OUT queue_ms double precision,
    OUT backoff_ms double precision,
    OUT first_byte_ms double precision,
    OUT total_ms double precision,
    OUT bytes bigint,
    OUT records bigint,
    OUT copy text)
RETURNS SETOF record
AS 'MODULE_PATHNAME'
LANGUAGE C VOLATILE STRICT
ROWS 1000;

COMMENT ON FUNCTION dataconnect_request_lines()
IS 'the rows of the view dataconnect_requests';

CREATE VIEW dataconnect_requests AS
SELECT * FROM dataconnect_request_lines();

COMMENT ON VIEW dataconnect_requests
IS 'the last requests that have ended, of all sessions if the library is preloaded, or else of this session; as many as dataconnect_fdw.track_requests says, the oldest first; log-ins and questions about companies are not among them; only members of pg_monitor see those of other users; for example: SELECT started_at, request, outcome, status, total_ms FROM dataconnect_requests ORDER BY total_ms DESC LIMIT 10';
COMMENT ON COLUMN dataconnect_requests.started_at IS 'time at which the request was first ready to be sent';
COMMENT ON COLUMN dataconnect_requests.database_name IS 'database of the session; NULL if it was dropped';
COMMENT ON COLUMN dataconnect_requests.user_name IS 'user as whom the query ran; NULL if the role was dropped';
COMMENT ON COLUMN dataconnect_requests.pid IS 'process that sent it';
COMMENT ON COLUMN dataconnect_requests.query_id IS 'identifier of the query, as in pg_stat_statements; NULL without compute_query_id';
COMMENT ON COLUMN dataconnect_requests.server_name IS 'name of the server at that time';
COMMENT ON COLUMN dataconnect_requests.schema_name IS 'schema of the foreign table; NULL for the wrapper''s own questions';
COMMENT ON COLUMN dataconnect_requests.table_name IS 'name of the foreign table; NULL for the wrapper''s own questions';
COMMENT ON COLUMN dataconnect_requests.request IS 'request, as EXPLAIN shows it, cut at 1023 bytes';
COMMENT ON COLUMN dataconnect_requests.outcome IS 'complete; ended early (the query needed no more); halved (413); failed; cancelled; or aborted (something else failed)';
COMMENT ON COLUMN dataconnect_requests.status IS 'HTTP status of the last try; NULL if none came';
COMMENT ON COLUMN dataconnect_requests.sqlstate IS 'error of the request, or NULL';
COMMENT ON COLUMN dataconnect_requests.tries IS 'number of times it was sent; 0 for a copy, or if it never left the queue';
COMMENT ON COLUMN dataconnect_requests.queue_ms IS 'time in the queue for leave to be sent, without pauses';
COMMENT ON COLUMN dataconnect_requests.backoff_ms IS 'time between tries, and in pauses after a 429';
COMMENT ON COLUMN dataconnect_requests.first_byte_ms IS 'time from the last try to the first byte of its body; NULL if none came';
COMMENT ON COLUMN dataconnect_requests.total_ms IS 'time from started_at to the end, whoever was waited for';
COMMENT ON COLUMN dataconnect_requests.bytes IS 'bytes received, compressed';
COMMENT ON COLUMN dataconnect_requests.records IS 'records that were read';
COMMENT ON COLUMN dataconnect_requests.copy IS 'hit, waited (for another session that fetched it) or stale if a copy was read; NULL if not';

GRANT SELECT ON dataconnect_requests TO PUBLIC;

CREATE FUNCTION dataconnect_stats_lines(
    OUT database_name name,
    OUT user_name name,
    OUT server_name name,
    OUT schema_name name,
    OUT table_name name,
    OUT requests bigint,
    OUT copies bigint,
    OUT stale_copies bigint,
    OUT records bigint,
    OUT bytes bigint,
    OUT retries bigint,
    OUT refused_429 bigint,
    OUT cancelled bigint,
    OUT errors bigint,
    OUT errors_unreachable bigint,
    OUT errors_credentials bigint,
    OUT errors_refused bigint,
    OUT errors_service bigint,
    OUT errors_reply bigint,
    OUT errors_other bigint,
    OUT seconds double precision,
    OUT queue_seconds double precision,
    OUT backoff_seconds double precision,
    OUT since timestamptz,
    OUT last_request timestamptz)
RETURNS SETOF record
AS 'MODULE_PATHNAME'
LANGUAGE C VOLATILE STRICT
ROWS 100;

COMMENT ON FUNCTION dataconnect_stats_lines()
IS 'the rows of the view dataconnect_stats';

CREATE VIEW dataconnect_stats AS
SELECT * FROM dataconnect_stats_lines();

COMMENT ON VIEW dataconnect_stats
IS 'what requests have cost so far, one row for each database, user, server and foreign table; of all sessions, and kept over a restart, if the library is preloaded, or else of this session; only members of pg_monitor see the rows of other users; for example: SELECT table_name, requests, copies, records, errors, seconds FROM dataconnect_stats ORDER BY seconds DESC';
COMMENT ON COLUMN dataconnect_stats.database_name IS 'database of the sessions; NULL if it was dropped';
COMMENT ON COLUMN dataconnect_stats.user_name IS 'user as whom the queries ran; NULL if the role was dropped';
COMMENT ON COLUMN dataconnect_stats.server_name IS 'name of the server at the last request';
COMMENT ON COLUMN dataconnect_stats.schema_name IS 'schema of the foreign table; NULL for the wrapper''s own questions';
COMMENT ON COLUMN dataconnect_stats.table_name IS 'name of the foreign table; NULL for the wrapper''s own questions';
COMMENT ON COLUMN dataconnect_stats.requests IS 'requests that were sent, whatever became of them';
COMMENT ON COLUMN dataconnect_stats.copies IS 'copies that were read in place of a reply';
COMMENT ON COLUMN dataconnect_stats.stale_copies IS 'those of them that were old, because the service could not answer';
COMMENT ON COLUMN dataconnect_stats.records IS 'records that were read, also from copies';
COMMENT ON COLUMN dataconnect_stats.bytes IS 'bytes received, compressed';
COMMENT ON COLUMN dataconnect_stats.retries IS 'tries beyond each request''s first';
COMMENT ON COLUMN dataconnect_stats.refused_429 IS 'tries that were answered with status 429';
COMMENT ON COLUMN dataconnect_stats.cancelled IS 'requests that a cancel, a time-out or a shutdown ended';
COMMENT ON COLUMN dataconnect_stats.errors IS 'requests that failed';
COMMENT ON COLUMN dataconnect_stats.errors_unreachable IS 'those of them without a connection';
COMMENT ON COLUMN dataconnect_stats.errors_credentials IS 'those of them with status 401 or 403, or whose log-in failed';
COMMENT ON COLUMN dataconnect_stats.errors_refused IS 'those of them with any other status below 500, such as 400 or 429';
COMMENT ON COLUMN dataconnect_stats.errors_service IS 'those of them with a status from 500 on';
COMMENT ON COLUMN dataconnect_stats.errors_reply IS 'those of them whose reply was late, cut short or unreadable';
COMMENT ON COLUMN dataconnect_stats.errors_other IS 'all others, such as a value that does not fit its column';
COMMENT ON COLUMN dataconnect_stats.seconds IS 'time from the first readiness of each request to its end';
COMMENT ON COLUMN dataconnect_stats.queue_seconds IS 'part of it in the queue';
COMMENT ON COLUMN dataconnect_stats.backoff_seconds IS 'part of it between tries, and in pauses after a 429';
COMMENT ON COLUMN dataconnect_stats.since IS 'end of the first request that is counted';
COMMENT ON COLUMN dataconnect_stats.last_request IS 'end of the last request';

GRANT SELECT ON dataconnect_stats TO PUBLIC;

CREATE FUNCTION dataconnect_stats_reset()
RETURNS bigint
AS 'MODULE_PATHNAME'
LANGUAGE C VOLATILE STRICT;

COMMENT ON FUNCTION dataconnect_stats_reset()
IS 'sets all counters of dataconnect_stats to 0, of all databases, and returns how many rows it had; for example: SELECT dataconnect_stats_reset()';

-- It concerns all users: superusers decide who may call it.
REVOKE EXECUTE ON FUNCTION dataconnect_stats_reset() FROM PUBLIC;

CREATE FUNCTION dataconnect_progress_lines(
    OUT pid integer,
    OUT database_name name,
    OUT user_name name,
    OUT server_name name,
    OUT schema_name name,
    OUT table_name name,
    OUT query_id bigint,
    OUT started_at timestamptz,
    OUT phase text,
    OUT phase_since timestamptz,
    OUT requests_done bigint,
    OUT requests_open integer,
    OUT requests_planned double precision,
    OUT records bigint,
    OUT bytes bigint,
    OUT expected_records double precision)
RETURNS SETOF record
AS 'MODULE_PATHNAME'
LANGUAGE C VOLATILE STRICT
ROWS 10;

COMMENT ON FUNCTION dataconnect_progress_lines()
IS 'the rows of the view dataconnect_progress, without share and eta';

-- The share is that of the records, or else of the requests.
CREATE VIEW dataconnect_progress AS
SELECT l.*, s.share,
       CASE WHEN s.share > 0
           THEN (clock_timestamp() - l.started_at) * (1 / s.share - 1)
       END AS eta
FROM dataconnect_progress_lines() l,
     LATERAL (SELECT least(coalesce(l.records / nullif(l.expected_records, 0),
                                    l.requests_done / nullif(l.requests_planned, 0)), 1)) s (share);

COMMENT ON VIEW dataconnect_progress
IS 'the scans of foreign tables under way and how far each is, of all sessions if the library is preloaded, or else of this session; only members of pg_monitor see those of other users; for example: SELECT pid, table_name, phase, clock_timestamp() - phase_since AS since, requests_done, requests_planned, records, share, eta FROM dataconnect_progress';
COMMENT ON COLUMN dataconnect_progress.pid IS 'process that scans';
COMMENT ON COLUMN dataconnect_progress.database_name IS 'database of the session';
COMMENT ON COLUMN dataconnect_progress.user_name IS 'user as whom the query runs';
COMMENT ON COLUMN dataconnect_progress.server_name IS 'name of the server';
COMMENT ON COLUMN dataconnect_progress.schema_name IS 'schema of the foreign table; NULL for the wrapper''s own questions';
COMMENT ON COLUMN dataconnect_progress.table_name IS 'name of the foreign table; NULL for the wrapper''s own questions';
COMMENT ON COLUMN dataconnect_progress.query_id IS 'identifier of the query, as in pg_stat_activity; NULL without compute_query_id';
COMMENT ON COLUMN dataconnect_progress.started_at IS 'time at which the scan made its requests; a rescan begins anew';
COMMENT ON COLUMN dataconnect_progress.phase IS 'what it is at: logging in, waiting for copy, queue, backing off, connect, first byte or reading; with several requests, the furthest of them in this order';
COMMENT ON COLUMN dataconnect_progress.phase_since IS 'time at which this phase began';
COMMENT ON COLUMN dataconnect_progress.requests_done IS 'requests that have ended';
COMMENT ON COLUMN dataconnect_progress.requests_open IS 'requests under way, or waiting for leave to be sent';
COMMENT ON COLUMN dataconnect_progress.requests_planned IS 'requests in all; a request that is halved adds some';
COMMENT ON COLUMN dataconnect_progress.records IS 'records read so far';
COMMENT ON COLUMN dataconnect_progress.bytes IS 'bytes received so far, compressed';
COMMENT ON COLUMN dataconnect_progress.expected_records IS 'records in all, by what was learned of earlier replies; NULL if nothing was';
COMMENT ON COLUMN dataconnect_progress.share IS 'share that is done, from 0 to 1: of the expected records, or else of the requests';
COMMENT ON COLUMN dataconnect_progress.eta IS 'time that the rest will take at the speed so far; NULL before any';

GRANT SELECT ON dataconnect_progress TO PUBLIC;
