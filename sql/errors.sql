--
-- Refusals of the service, and invalid replies
--
\getenv srcdir PG_ABS_SRCDIR
\set setup :srcdir '/test/regress/setup.psql'
\i :setup
ALTER SERVER sandbox OPTIONS (ADD max_retries '0');
\set VERBOSITY verbose
\set SHOW_CONTEXT always
\pset format unaligned

-- messages without the source's line numbers
CREATE FUNCTION try(query text) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    n bigint;
    state text; message text; detail text; hint text;
BEGIN
    EXECUTE query INTO n;
    RETURN n || ' rows';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT,
        detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
    RETURN format(E'%s %s\n  detail: %s\n  hint: %s', state, message, detail, hint);
END $$;

CREATE FOREIGN TABLE sales (
    id integer OPTIONS (name 'Id'),
    store_id integer OPTIONS (name 'StoreID', param 'StoreID'),
    date_created timestamp OPTIONS (name 'DateCreated', param_from 'StartDate', param_to 'StopDate')
) SERVER sandbox OPTIONS (endpoint '/test/sales');

-- statuses
\! $DATACONNECT_SANDBOX_CTL fault '{"status": 400, "body": {"Error": true, "Message": "StoreID is bad"}}'
SELECT try('SELECT count(*) FROM sales');
\! $DATACONNECT_SANDBOX_CTL fault '{"status": 401, "body": {"Error": true, "Message": "who are you"}}'
SELECT try('SELECT count(*) FROM sales');
\! $DATACONNECT_SANDBOX_CTL fault '{"status": 403, "body": "no entry", "content_type": "text/plain"}'
SELECT try('SELECT count(*) FROM sales');
\! $DATACONNECT_SANDBOX_CTL fault '{"status": 404, "body": ""}'
SELECT try('SELECT count(*) FROM sales');
\! $DATACONNECT_SANDBOX_CTL fault '{"status": 413, "body": {"Error": true, "Message": "too many records: 2000000"}}'
SELECT try('SELECT count(*) FROM sales WHERE store_id = 1 AND date_created >= ''2026-01-01'' AND date_created < ''2026-02-01''');
-- the message says that an end was left open
\! $DATACONNECT_SANDBOX_CTL fault '{"status": 413, "body": "", "count": 3}'
SELECT split_part(try('SELECT count(*) FROM sales WHERE date_created ' || bounds), 'hint: ', 2) AS hint
  FROM unnest(array['>= ''2026-01-01''', '< ''2026-01-01''', 'IS NOT NULL']) AS bounds;
CREATE FOREIGN TABLE windowed (
    id integer OPTIONS (name 'Id'),
    date_created timestamp OPTIONS (name 'DateCreated', param_from 'StartDate', param_to 'StopDate', required 'true')
) SERVER sandbox OPTIONS (endpoint '/test/sales');
\! $DATACONNECT_SANDBOX_CTL fault '{"status": 413, "body": "", "count": 4}'
SELECT split_part(try('SELECT count(*) FROM windowed WHERE date_created ' || bounds), 'hint: ', 2) AS hint
  FROM unnest(array['>= ''2026-01-01''', '< ''2026-01-01''']) AS bounds;
ALTER FOREIGN TABLE windowed OPTIONS (ADD open_from '-90d', ADD open_to 'today');
SELECT split_part(try('SELECT count(*) FROM windowed WHERE date_created ' || bounds), 'hint: ', 2) AS hint
  FROM unnest(array['>= ''2026-01-01''', '< ''2026-01-01''']) AS bounds;
DROP FOREIGN TABLE windowed;
\! $DATACONNECT_SANDBOX_CTL fault '{"status": 429, "body": {"Error": true, "Message": "Rate Limiting Applied. 8 active requests are already in progress."}}'
SELECT try('SELECT count(*) FROM sales');
\! $DATACONNECT_SANDBOX_CTL fault '{"status": 500, "body": "<html><body>stack trace</body></html>", "content_type": "text/html"}'
SELECT try('SELECT count(*) FROM sales');
\! $DATACONNECT_SANDBOX_CTL fault '{"status": 503, "body": ""}'
SELECT try('SELECT count(*) FROM sales');
\! $DATACONNECT_SANDBOX_CTL fault '{"status": 302, "body": "", "headers": {"Location": "https://elsewhere.example/login"}}'
SELECT try('SELECT count(*) FROM sales');
\! $DATACONNECT_SANDBOX_CTL fault '{"status": 204, "body": ""}'
SELECT try('SELECT count(*) FROM sales');
\! $DATACONNECT_SANDBOX_CTL fault '{"status": 418, "body": "\u202eevil\u0007 text\nsecond line"}'
SELECT try('SELECT count(*) FROM sales');
-- 101 is not a provisional reply before another reply
\! $DATACONNECT_SANDBOX_CTL fault '{"raw_reply": "SFRUUC8xLjEgMTAxIFN3aXRjaGluZyBQcm90b2NvbHMNClVwZ3JhZGU6IHgNCkNvbm5lY3Rpb246IFVwZ3JhZGUNCg0KW3siSWQiOjF9XQ=="}'
SELECT try('SELECT count(*) FROM sales');

-- a long request is shown in part
CREATE FOREIGN TABLE long (id integer OPTIONS (name 'Id'), ids integer OPTIONS (param 'Ids', list 'true')) SERVER sandbox OPTIONS (endpoint '/nowhere');
SELECT length(answer), right(answer, 240) FROM try($$SELECT count(*) FROM long WHERE ids = ANY (ARRAY(SELECT generate_series(1000, 9999)))$$) AS answer;
DROP FOREIGN TABLE long;

-- the sandbox's own refusals
CREATE FOREIGN TABLE product_detail (
    sale_invoice_id integer OPTIONS (name 'SaleInvoiceID'),
    start_date timestamptz OPTIONS (param 'StartDate', required 'true'),
    stop_date timestamptz OPTIONS (param 'StopDate', required 'true')
) SERVER sandbox OPTIONS (endpoint '/reports/ProductDetailReport', params 'SearchMethod=3&ManufacturerID=-1&CategoryNumber=10&ReportPart=1');
SELECT try('SELECT count(*) FROM product_detail WHERE start_date = ''1996-01-01'' AND stop_date = ''2026-12-31''');
CREATE FOREIGN TABLE nowhere (id integer) SERVER sandbox OPTIONS (endpoint '/reports/NoSuchReport');
SELECT try('SELECT count(*) FROM nowhere');
CREATE FOREIGN TABLE incomplete (id integer) SERVER sandbox OPTIONS (endpoint '/reports/SalesByInvoiceReport');
SELECT try('SELECT count(*) FROM incomplete');

-- what the catalogue knows about the values sent; those that are not legal come first
CREATE FUNCTION refused(query text) RETURNS text LANGUAGE sql AS $$
    SELECT split_part(try(query), 'hint: ', 2)
$$;
CREATE FOREIGN TABLE invoices (
    id integer OPTIONS (name 'SaleInvoiceID'),
    start_date date OPTIONS (param 'StartDate', default '2026-03-01'),
    stop_date date OPTIONS (param 'StopDate', default '2026-03-01'),
    "Hide" text OPTIONS (param 'hiderebates', default '-1'),
    location text OPTIONS (param 'LocationType'),
    locations text OPTIONS (param 'LocationTypeIDs', list 'true')
) SERVER sandbox OPTIONS (endpoint '/reports/salesbyinvoicereport');
SELECT refused('SELECT count(*) FROM invoices WHERE "Hide" = ''0''');
\! $DATACONNECT_SANDBOX_CTL fault '{"status": 400, "body": "", "path": "/reports/salesbyinvoicereport", "count": 7}'
SELECT refused('SELECT count(*) FROM invoices');
SELECT refused('SELECT count(*) FROM invoices WHERE "Hide" IS NULL');
SELECT refused('SELECT count(*) FROM invoices WHERE location = ''store'' AND locations = ''7''');
SELECT refused('SELECT count(*) FROM invoices WHERE location = ''Shop''');
SELECT refused(format('SELECT count(*) FROM invoices WHERE location = %L', E'S\u202e\n' || repeat('x', 1000)));
SELECT refused('SELECT count(*) FROM invoices WHERE location = ''sandbox-token''');
ALTER FOREIGN TABLE invoices OPTIONS (ADD params 'LocationType=Shop,Store');
SELECT refused('SELECT count(*) FROM invoices');
ALTER FOREIGN TABLE invoices OPTIONS (SET endpoint '/reports/nosuchreport');
\! $DATACONNECT_SANDBOX_CTL fault '{"status": 400, "body": "", "path": "/reports/nosuchreport"}'
SELECT refused('SELECT count(*) FROM invoices');
ALTER FOREIGN TABLE invoices OPTIONS (SET endpoint '/reports/salesbyinvoicereport', SET params 'HideRebates=2', ADD analyze_params 'StartDate=2026-03-01&StopDate=2026-03-01');
ALTER FOREIGN TABLE invoices DROP "Hide";
\! $DATACONNECT_SANDBOX_CTL fault '{"status": 400, "body": "", "path": "/reports/salesbyinvoicereport"}'
\set VERBOSITY default
ANALYZE invoices;
\set VERBOSITY verbose
DROP FOREIGN TABLE invoices;
DROP FUNCTION refused;
\! $DATACONNECT_SANDBOX_CTL reset
ALTER USER MAPPING FOR CURRENT_USER SERVER sandbox OPTIONS (SET token 'canary-wrong');
SELECT try('SELECT count(*) FROM sales');
ALTER USER MAPPING FOR CURRENT_USER SERVER sandbox OPTIONS (SET token 'sandbox-token');

-- a byte order mark before the message
\! $DATACONNECT_SANDBOX_CTL fault '{"status": 400, "bom": true, "body": {"Error": true, "Message": "sorry"}}'
SELECT try('SELECT count(*) FROM sales');

-- a page of the gateway has a title
\! $DATACONNECT_SANDBOX_CTL fault '{"gateway": 502, "count": 0}'
SELECT try('SELECT count(*) FROM sales');
\! $DATACONNECT_SANDBOX_CTL clear

-- status 200, but no records
\! $DATACONNECT_SANDBOX_CTL fault '{"body": ""}'
SELECT try('SELECT count(*) FROM sales');
\! $DATACONNECT_SANDBOX_CTL fault '{"body": "<html><title>Log in</title></html>", "content_type": "text/html"}'
SELECT try('SELECT count(*) FROM sales');
\! $DATACONNECT_SANDBOX_CTL fault '{"body": {"Error": true, "Message": "sorry"}}'
SELECT try('SELECT count(*) FROM sales');
\! $DATACONNECT_SANDBOX_CTL fault '{"body": "[1, 2]"}'
SELECT try('SELECT count(*) FROM sales');
\! $DATACONNECT_SANDBOX_CTL fault '{"body": "null"}'
SELECT try('SELECT count(*) FROM sales');
CREATE FOREIGN TABLE rows (id integer OPTIONS (name 'Id'), n integer OPTIONS (param 'Count')) SERVER sandbox OPTIONS (endpoint '/test/rows');
\! $DATACONNECT_SANDBOX_CTL fault '{"invalid_utf8": true}'
SELECT try('SELECT count(*) FROM rows WHERE n = 3');
\! $DATACONNECT_SANDBOX_CTL fault '{"suffix": "x"}'
SELECT try('SELECT count(*) FROM sales');
\! $DATACONNECT_SANDBOX_CTL fault '{"suffix": " \n"}'
SELECT try('SELECT count(*) FROM sales');
\! $DATACONNECT_SANDBOX_CTL fault '{"bom": true}'
SELECT try('SELECT count(*) FROM sales');
\! $DATACONNECT_SANDBOX_CTL fault '{"depth": 100}'
SELECT try('SELECT count(*) FROM sales');
\! $DATACONNECT_SANDBOX_CTL fault '{"depth": 1000}'
SELECT try('SELECT count(*) FROM sales');
\! $DATACONNECT_SANDBOX_CTL fault '{"cut": {"after": 200, "how": "truncate"}}'
SELECT try('SELECT count(*) FROM sales');
\! $DATACONNECT_SANDBOX_CTL fault '{"cut": {"after": 200, "how": "chunk"}}'
SELECT try('SELECT count(*) FROM sales');
\! $DATACONNECT_SANDBOX_CTL fault '{"cut": {"after": 200, "how": "gzip"}}'
SELECT try('SELECT count(*) FROM sales');

-- keys: none of the table's, new, missing, repeated
\! $DATACONNECT_SANDBOX_CTL fault '{"rename": {"Id": "A", "StoreID": "B \"q\"", "DateCreated": "C"}}'
SELECT try('SELECT count(*) FROM sales');
\! $DATACONNECT_SANDBOX_CTL fault '{"add": {"New": [1, {"x": null}]}}'
SELECT try('SELECT count(id) FROM sales');
\! $DATACONNECT_SANDBOX_CTL fault '{"drop": ["Id"], "record": 2}'
SELECT try('SELECT count(id) FROM sales');
\! $DATACONNECT_SANDBOX_CTL fault '{"duplicate": {"Id": 7}}'
SELECT try('SELECT count(DISTINCT id) FROM sales');

-- an error among the records, as a service may write if it fails half-way
\! $DATACONNECT_SANDBOX_CTL fault '{"body": [{"Id": 1, "StoreID": 2}, {"Id": 2}, {"Message": "An error has occurred."}]}'
SELECT try('SELECT count(*) FROM sales');

-- one record may be large, up to max_record_size
\! $DATACONNECT_SANDBOX_CTL fault '{"huge": 300000, "count": 2}'
SELECT try('SELECT count(*) FROM sales');
ALTER SERVER sandbox OPTIONS (ADD max_record_size '200kB');
SELECT try('SELECT count(*) FROM sales');
ALTER SERVER sandbox OPTIONS (DROP max_record_size);

-- values that cannot be sent
SELECT try($$SELECT count(*) FROM product_detail WHERE start_date = 'infinity' AND stop_date = '2026-01-01'$$);

-- nothing listens
CREATE SERVER closed FOREIGN DATA WRAPPER dataconnect_fdw OPTIONS (url 'http://127.0.0.1:1', max_retries '0');
CREATE USER MAPPING FOR CURRENT_USER SERVER closed OPTIONS (token 'canary');
CREATE FOREIGN TABLE closed_table (id integer) SERVER closed OPTIONS (endpoint '/x');
SELECT regexp_replace(try('SELECT count(*) FROM closed_table'), '127\.0\.0\.1.*\.$', '127.0.0.1 …', 'n');
CREATE SERVER remote FOREIGN DATA WRAPPER dataconnect_fdw OPTIONS (url 'http://dataconnect.invalid', max_retries '0');
CREATE USER MAPPING FOR CURRENT_USER SERVER remote OPTIONS (token 'canary');
CREATE FOREIGN TABLE remote_table (id integer) SERVER remote OPTIONS (endpoint '/x');
SELECT try('SELECT count(*) FROM remote_table');

-- after all this, a correct query works
SELECT try('SELECT count(*) FROM sales');

DROP FUNCTION try;
SET client_min_messages = warning;
DROP SERVER sandbox, closed, remote CASCADE;
