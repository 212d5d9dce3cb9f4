--
-- Keys of a reply that no column reads: warnings on request
--
\getenv srcdir PG_ABS_SRCDIR
\set setup :srcdir '/test/regress/setup.psql'
\i :setup

CREATE SCHEMA "key s";
SET search_path = "key s", public;
\! $DATACONNECT_SANDBOX_CTL document /doc '[{"Id": 1, "Name": "a", "Fresh": 5}, {"Id": 2, "Name": "b", "Fresh": 8}]'
CREATE FOREIGN TABLE t (id integer OPTIONS (name 'Id'), "Name" text) SERVER sandbox OPTIONS (endpoint '/doc');
SELECT * FROM t;
ALTER SERVER sandbox OPTIONS (ADD new_keys 'notice');
SELECT * FROM t;
-- once in a session, whichever columns the query reads
SELECT * FROM t; SELECT id FROM t; SELECT count(*) FROM t;
-- another key gets another warning; the hint's command helps
\! $DATACONNECT_SANDBOX_CTL document /doc '[{"Id": 1, "Name": "a", "Fresh": 5, "Fresher": 6}]'
SELECT count(*) FROM t;
SELECT command FROM dataconnect_check('"key s".t');
ALTER FOREIGN TABLE "key s".t ADD COLUMN fresh integer OPTIONS (name 'Fresh');
ALTER FOREIGN TABLE "key s".t ADD COLUMN fresher integer OPTIONS (name 'Fresher');
\c
SET search_path = "key s", public;
SELECT fresh FROM t;
ALTER FOREIGN TABLE t DROP COLUMN fresh;
SELECT id FROM t LIMIT 1;
-- a table with an option of its own
CREATE FOREIGN TABLE quiet (id integer OPTIONS (name 'Id')) SERVER sandbox OPTIONS (endpoint '/doc', new_keys 'ignore');
SELECT * FROM quiet;
ALTER FOREIGN TABLE quiet OPTIONS (SET new_keys 'sometimes');
\echo :SQLSTATE
-- the wrapper's own requests cause none
SELECT dataconnect_table_ddl('sandbox', '/doc');

-- Several scans, requests and cached rows of a statement
CREATE FOREIGN TABLE several (id integer OPTIONS (name 'Id'), p integer OPTIONS (param 'P')) SERVER sandbox OPTIONS (endpoint '/doc');
SELECT count(*) FROM several a JOIN several b USING (id) WHERE a.p IN (1, 2, 3) AND b.p IN (1, 2);
SELECT g, (SELECT count(*) FROM several WHERE id >= g AND p = 4) FROM generate_series(1, 2) g;

-- Formats
CREATE FOREIGN TABLE formats (id integer OPTIONS (name 'Id')) SERVER sandbox OPTIONS (endpoint '/doc', format 'csv');
\! $DATACONNECT_SANDBOX_CTL document /doc --base64 SWQsSW4gQ1NWLCJBICIicXVvdGVkIiIgb25lIg0KMSwyLDMNCg== --type text/csv
SELECT * FROM formats;
ALTER FOREIGN TABLE formats OPTIONS (SET format 'xml');
\! $DATACONNECT_SANDBOX_CTL document /doc '<Table><Record><Id>1</Id><First>1</First></Record><Record><Id>2</Id><Second>2</Second></Record></Table>' --type text/xml
SELECT * FROM formats;
ALTER FOREIGN TABLE formats OPTIONS (SET format 'jsondatatable');
\! $DATACONNECT_SANDBOX_CTL document /doc '{"Records": [{"Id": 1, "InTable": 2}]}'
SELECT * FROM formats;

-- Foreign names are made fit to show; of many only the number is given.
CREATE FOREIGN TABLE many ("Id" integer) SERVER sandbox OPTIONS (endpoint '/doc');
\! $DATACONNECT_SANDBOX_CTL document /doc '[{"Id": 1, "Bell\u0007\u202e": 2, "sandbox-token": 3, "": 4}]'
SELECT * FROM many;
\! $DATACONNECT_SANDBOX_CTL document /doc "[{\"Id\": 1$(seq -f ', "Key %g": 1' 500 | tr -d '\n')}]"
SELECT * FROM many;
SELECT * FROM many;

-- Replies that a thread reads: the backend reads the first record.
CREATE FOREIGN TABLE ahead ("Id" integer, a integer OPTIONS (name 'Id'), b integer OPTIONS (name 'Id'), c integer OPTIONS (name 'Id'),
    d integer OPTIONS (name 'Id'), e integer OPTIONS (name 'Id'), f integer OPTIONS (name 'Id'), g integer OPTIONS (name 'Id'),
    h integer OPTIONS (name 'Id'), i integer OPTIONS (name 'Id'), j integer OPTIONS (name 'Id'), k integer OPTIONS (name 'Id'),
    "Note" text) SERVER sandbox OPTIONS (endpoint '/test/rows', params 'Count=60000');
SELECT count(*), sum(a + b + c + d + e + f + g + h + i + j + k) FROM ahead WHERE "Note" IS NOT NULL AND "Id" > 0;

SET client_min_messages = warning;
DROP SERVER sandbox CASCADE;
DROP SCHEMA "key s";
