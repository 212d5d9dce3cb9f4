--
-- Requests as SQL shows them: dataconnect_requests, dataconnect_stats, dataconnect_progress
--
\getenv srcdir PG_ABS_SRCDIR
\set setup :srcdir '/test/regress/setup.psql'
\i :setup
\pset null (null)
CREATE SCHEMA "Odd ""name";
CREATE FOREIGN TABLE "Odd ""name"."a.b" (
    id integer OPTIONS (name 'Id'),
    n integer OPTIONS (param 'Count', required 'true')
) SERVER sandbox OPTIONS (endpoint '/test/rows');
SELECT count(*) >= 0 AS ok FROM (SELECT dataconnect_stats_reset()) s;
-- the session's own since here
SELECT clock_timestamp() AS since \gset
\set look 'SELECT schema_name, table_name, request, outcome, status, sqlstate, tries, records, copy FROM dataconnect_requests WHERE pid = pg_backend_pid() AND started_at > ' :'since' ' ORDER BY started_at, request COLLATE "C"'

--
-- How requests end
--
SELECT count(*) FROM "Odd ""name"."a.b" WHERE n = 3;
SELECT count(*) FROM "Odd ""name"."a.b" WHERE n = 0;
SELECT count(*) FROM "Odd ""name"."a.b" WHERE n IN (2, 3);
SELECT id FROM "Odd ""name"."a.b" WHERE n = 20000 LIMIT 2;
SELECT count(*) FROM "Odd ""name"."a.b" WHERE n = -1;
SELECT 1 / (id - 1) FROM "Odd ""name"."a.b" WHERE n = 20000;
SELECT count(*) FROM dataconnect_describe('sandbox', '/test/rows', 'Count=2');
-- nothing is sent, and nothing listed
EXPLAIN (COSTS OFF) SELECT count(*) FROM "Odd ""name"."a.b" WHERE n = 3;
SELECT count(*) FROM "Odd ""name"."a.b" WHERE n = 3 AND n = 4;
SELECT count(*) FROM "Odd ""name"."a.b";
:look;
SELECT bool_and(database_name = current_database()), bool_and(user_name = current_user), bool_and(server_name = 'sandbox'),
    bool_and(queue_ms >= 0 AND backoff_ms = 0 AND total_ms > 0), bool_and(first_byte_ms >= 0),
    bool_and(bytes > 0), bool_and(started_at <= clock_timestamp())
 FROM dataconnect_requests WHERE pid = pg_backend_pid();

--
-- What they have cost
--
SELECT server_name, schema_name, table_name, requests, copies, stale_copies, records > 5 AS records, bytes > 0 AS bytes, retries, refused_429,
    cancelled, errors, errors_unreachable, errors_credentials, errors_refused, errors_service, errors_reply, errors_other,
    seconds > 0 AS seconds, queue_seconds >= 0 AS queue, backoff_seconds, since <= last_request AS since
 FROM dataconnect_stats WHERE user_name = current_user AND database_name = current_database()
 ORDER BY table_name \gx

--
-- Under way: a cursor at rest
--
BEGIN;
DECLARE c CURSOR FOR SELECT id FROM "Odd ""name"."a.b" WHERE n = 20000;
SELECT count(*) FROM dataconnect_progress WHERE pid = pg_backend_pid();
FETCH 2000 FROM c \g /dev/null
SELECT database_name = current_database() AS here, user_name = current_user AS mine, server_name, schema_name, table_name, phase,
    requests_done, requests_open, requests_planned, records BETWEEN 1000 AND 2000 AS records, bytes > 0 AS bytes,
    started_at <= phase_since AS since, share >= 0 AND share <= 1 AS share
 FROM dataconnect_progress WHERE pid = pg_backend_pid();
COMMIT;
SELECT count(*) FROM dataconnect_progress WHERE pid = pg_backend_pid();

--
-- New names, of the table, its schema and its server
--
SELECT clock_timestamp() AS since \gset
\set names 'SELECT server_name, schema_name, table_name FROM dataconnect_requests WHERE pid = pg_backend_pid() AND started_at > ' :'since' ' ORDER BY started_at'
SELECT count(*) FROM "Odd ""name"."a.b" WHERE n = 1;
ALTER TABLE "Odd ""name"."a.b" RENAME TO "c.d";
SELECT count(*) FROM "Odd ""name"."c.d" WHERE n = 1;
ALTER SCHEMA "Odd ""name" RENAME TO even;
SELECT count(*) FROM even."c.d" WHERE n = 1;
ALTER SERVER sandbox RENAME TO moved;
SELECT count(*) FROM even."c.d" WHERE n = 1;
:names;
ALTER SERVER moved RENAME TO sandbox;
ALTER SCHEMA even RENAME TO "Odd ""name";
ALTER TABLE "Odd ""name"."c.d" RENAME TO "a.b";

--
-- A long request is cut, at a whole character
--
CREATE FOREIGN TABLE echo (
    method text OPTIONS (name 'Method'),
    v text OPTIONS (param 'V', required 'true')
) SERVER sandbox OPTIONS (endpoint '/test/echo');
SELECT count(*) > 0 AS ok FROM echo WHERE v = repeat('é', 400);
SELECT octet_length(request) BETWEEN 1000 AND 1023 AS cut, left(request, 40) AS start
 FROM dataconnect_requests WHERE table_name = 'echo';

--
-- Each role sees its own
--
CREATE ROLE regress_requests_nobody;
SET ROLE regress_requests_nobody;
SELECT (SELECT count(*) FROM dataconnect_requests), (SELECT count(*) FROM dataconnect_stats), (SELECT count(*) FROM dataconnect_progress);
SELECT dataconnect_stats_reset();
RESET ROLE;
GRANT pg_read_all_stats TO regress_requests_nobody;
SET ROLE regress_requests_nobody;
SELECT (SELECT count(*) > 0 FROM dataconnect_requests), (SELECT count(*) > 0 FROM dataconnect_stats);
RESET ROLE;
DROP ROLE regress_requests_nobody;
SELECT dataconnect_stats_reset() > 0 AS reset;
SELECT count(*) FROM dataconnect_stats;
