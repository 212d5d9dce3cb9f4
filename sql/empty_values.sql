--
-- Values that are empty, which count as not sent; and what an imported table can do without
--
\getenv srcdir PG_ABS_SRCDIR
\set setup :srcdir '/test/regress/setup.psql'
\i :setup
\pset null (null)
\setenv LOG '$DATACONNECT_SANDBOX_CTL log --fields params --clear'

CREATE FOREIGN TABLE echo (
    params text OPTIONS (name 'Params'),
    skipped text OPTIONS (param 'Skipped'),
    sent text OPTIONS (param 'Sent', empty 'send'),
    list text OPTIONS (param 'List', list 'true'),
    preset text OPTIONS (param 'Preset', default ''),
    preset_sent text OPTIONS (param 'PresetSent', default '', empty 'send'),
    number integer OPTIONS (param 'Number', default ''),
    padded char(3) OPTIONS (param 'Padded')
) SERVER sandbox OPTIONS (endpoint '/test/echo');

--
-- A row has the value that the query gives, whatever is sent
--
SELECT params, skipped FROM echo WHERE skipped = '';
SELECT params, sent FROM echo WHERE sent = '';
SELECT params, padded FROM echo WHERE padded = ' ';
SELECT params, skipped FROM echo WHERE skipped IS NULL AND sent IS NULL;
-- Defaults: an empty one is no number.
SELECT params, preset, preset_sent, number FROM echo;
SELECT params, preset, preset_sent, number FROM echo WHERE preset = 'x' AND preset_sent IS NULL AND number = 7;
-- Several values are a request each, one of them without the parameter.
SELECT params, skipped FROM echo WHERE skipped IN ('', 'a') ORDER BY skipped;
SELECT params, sent FROM echo WHERE sent IN ('', 'a') ORDER BY sent;
SELECT params, list FROM echo WHERE list IN ('', 'a', 'b') ORDER BY list;
SELECT params FROM echo WHERE list IN ('', 'a', 'b') ORDER BY 1;
SELECT params FROM echo WHERE list IN ('a', 'b');
SELECT params FROM echo WHERE list = '';
-- Joins
SELECT v, params, skipped, sent FROM (VALUES ('a'), ('')) values (v), echo WHERE skipped = v AND sent = v ORDER BY v;
SELECT v, params, list FROM (VALUES ('a'), ('')) values (v) LEFT JOIN echo ON list = v ORDER BY v;
-- Generic plans, and EXPLAIN
PREPARE by(text) AS SELECT params, skipped, sent FROM echo WHERE skipped = $1 AND sent = $1;
EXECUTE by(''); EXECUTE by('a'); EXECUTE by(''); EXECUTE by(''); EXECUTE by(''); EXECUTE by(''); EXECUTE by('');
SET plan_cache_mode = force_generic_plan;
EXECUTE by(''); EXECUTE by('a'); EXECUTE by(NULL);
EXPLAIN (COSTS OFF) EXECUTE by('');
RESET plan_cache_mode;
EXPLAIN (COSTS OFF) SELECT * FROM echo WHERE skipped = '' AND sent = '';
DEALLOCATE by;

--
-- A column that is read, too: its empty value is sent where the option says that the service finds such rows by it
--
CREATE FOREIGN TABLE things (
    id integer OPTIONS (name 'Id'),
    word text OPTIONS (name 'Word', param 'Word'),
    words text OPTIONS (name 'Word', param 'Words', list 'true')
) SERVER sandbox OPTIONS (endpoint '/test/things');
SELECT count(*) FROM things WHERE word = '';
ALTER FOREIGN TABLE things ALTER COLUMN word OPTIONS (ADD empty 'send'), ALTER COLUMN words OPTIONS (ADD empty 'send');
\! eval "$LOG" > /dev/null
SELECT count(*) FROM things WHERE word = '';
SELECT word, count(*) FROM things WHERE word IN ('', 'beta') GROUP BY word ORDER BY word;
SELECT word, count(*) FROM things WHERE words IN ('', 'beta') GROUP BY word ORDER BY word;
SELECT count(*) FROM (VALUES ('beta'), ('')) v (w) JOIN things ON words = w;
\! eval "$LOG"
DROP FOREIGN TABLE things;

--
-- The options params: what is empty there is not sent either, but for a column that sends it
--
ALTER SERVER sandbox OPTIONS (ADD params 'A=1&B=2&Sent=3&Skipped=4&Empty=');
SELECT params, skipped, sent FROM echo;
ALTER FOREIGN TABLE echo OPTIONS (ADD params 'A=&Sent=&Skipped=');
SELECT params, skipped, sent FROM echo;
SELECT params, skipped FROM echo WHERE skipped = '';
ALTER FOREIGN TABLE echo OPTIONS (SET params 'Skipped=9');
SELECT params, skipped FROM echo WHERE skipped = '';
ALTER SERVER sandbox OPTIONS (ADD post_body 'json');
ALTER FOREIGN TABLE echo OPTIONS (ADD method 'post', SET params 'A=&Sent=&Skipped=');
\! eval "$LOG" > /dev/null
SELECT count(*) FROM echo WHERE preset = '';
\! $DATACONNECT_SANDBOX_CTL log --fields body
ALTER SERVER sandbox OPTIONS (DROP post_body, DROP params);
ALTER FOREIGN TABLE echo OPTIONS (DROP method, DROP params);
ALTER FOREIGN TABLE echo OPTIONS (ADD analyze_params 'Skipped=&Sent=&List=x');
\! eval "$LOG" > /dev/null
ANALYZE echo;
\! eval "$LOG"
SELECT attname, null_frac, most_common_vals::text FROM pg_stats WHERE tablename = 'echo' ORDER BY attname COLLATE "C";

-- The option
ALTER FOREIGN TABLE echo ALTER COLUMN params OPTIONS (ADD empty 'send');
\echo :SQLSTATE
ALTER FOREIGN TABLE echo ALTER COLUMN skipped OPTIONS (ADD empty 'null');
\echo :SQLSTATE
PREPARE empties AS SELECT params FROM echo WHERE skipped = '';
EXECUTE empties;
ALTER FOREIGN TABLE echo ALTER COLUMN skipped OPTIONS (ADD empty 'send');
EXECUTE empties;
DEALLOCATE empties;

--
-- An imported table without values for what is documented as required
--
CREATE SCHEMA imported;
IMPORT FOREIGN SCHEMA inventory LIMIT TO (inventory_listing_report) FROM SERVER sandbox INTO imported;
IMPORT FOREIGN SCHEMA sales LIMIT TO (sales_by_invoice_report) FROM SERVER sandbox INTO imported;
\! eval "$LOG" > /dev/null
SELECT count(*) > 100 AS many FROM imported.inventory_listing_report WHERE p_bin_status = 10 AND qty_status = 4;
\! eval "$LOG"
-- The service as documented: it refuses, and says what is missing.
SELECT count(*) FROM imported.sales_by_invoice_report WHERE start_date = '2026-01-01' AND stop_date = '2026-01-01';
ALTER FOREIGN TABLE imported.sales_by_invoice_report ALTER COLUMN hide_rebates OPTIONS (DROP required);
SELECT count(*) FROM imported.sales_by_invoice_report WHERE start_date = '2026-01-01' AND stop_date = '2026-01-01';
\! eval "$LOG"
-- As it is seen to be: it does without.
\! $DATACONNECT_SANDBOX_CTL document /reports/SalesByInvoiceReport '[{"InvoiceIDByStore": "1"}]'
SELECT invoice_id_by_store, hide_rebates FROM imported.sales_by_invoice_report WHERE start_date = '2026-01-01' AND stop_date = '2026-01-01';
ALTER FOREIGN TABLE imported.sales_by_invoice_report ALTER COLUMN stop_date OPTIONS (SET required 'false');
SELECT invoice_id_by_store, stop_date FROM imported.sales_by_invoice_report WHERE start_date = '2026-01-01';
SELECT invoice_id_by_store, hide_rebates FROM imported.sales_by_invoice_report WHERE start_date = '2026-01-01' AND hide_rebates = -1;
\! eval "$LOG"
-- A required column, too, can be said to be empty.
ALTER FOREIGN TABLE imported.sales_by_invoice_report ALTER COLUMN location_type OPTIONS (ADD required 'true');
SELECT invoice_id_by_store, location_type FROM imported.sales_by_invoice_report WHERE start_date = '2026-01-01';
SELECT invoice_id_by_store, location_type FROM imported.sales_by_invoice_report WHERE start_date = '2026-01-01' AND location_type = '';
SELECT invoice_id_by_store, location_type FROM imported.sales_by_invoice_report WHERE start_date = '2026-01-01' AND location_type IS NULL;
\! eval "$LOG"

SET client_min_messages = warning;
DROP SERVER sandbox CASCADE;
DROP SCHEMA imported;
