--
-- IMPORT FOREIGN SCHEMA from the catalogue
--
\getenv srcdir PG_ABS_SRCDIR
\set setup :srcdir '/test/regress/setup.psql'
\i :setup
CREATE SCHEMA rq;
CREATE SCHEMA other;

-- a whole table: names, types, kinds of column
IMPORT FOREIGN SCHEMA sales LIMIT TO (sales_by_invoice_report) FROM SERVER sandbox INTO rq;
\d rq.sales_by_invoice_report

-- each category, and all of them
SELECT category, count(DISTINCT endpoint) AS endpoints, count(table_name) AS tables
FROM dataconnect_endpoints GROUP BY category ORDER BY category;
DROP FOREIGN TABLE rq.sales_by_invoice_report;
IMPORT FOREIGN SCHEMA "performance-metrix" FROM SERVER sandbox INTO rq;
SELECT relname FROM pg_class WHERE relnamespace = 'rq'::regnamespace ORDER BY relname COLLATE "C";
IMPORT FOREIGN SCHEMA "all" EXCEPT (performance_metrix_report, performance_metrix_reports, no_such_table, card_type) FROM SERVER sandbox INTO other;
SELECT count(*) FROM pg_class WHERE relnamespace = 'other'::regnamespace AND relkind = 'f';
SET client_min_messages = warning;
DROP SCHEMA rq CASCADE;
DROP SCHEMA other CASCADE;
RESET client_min_messages;
CREATE SCHEMA rq;
IMPORT FOREIGN SCHEMA "all" FROM SERVER sandbox INTO rq;
-- the import creates the tables and columns that the views list as documented
SELECT table_name FROM dataconnect_endpoints WHERE table_name IS NOT NULL AND source = 'documented' AND category NOT IN ('partner', 'import')
EXCEPT SELECT relname FROM pg_class WHERE relnamespace = 'rq'::regnamespace;
SELECT relname FROM pg_class WHERE relnamespace = 'rq'::regnamespace AND relkind = 'f'
EXCEPT SELECT table_name FROM dataconnect_endpoints WHERE source = 'documented' AND category NOT IN ('partner', 'import');
-- again: the tables already exist
IMPORT FOREIGN SCHEMA lists FROM SERVER sandbox INTO rq;

-- dates are sent as days, or as times without zone if the name says so, the same in every session
SELECT p.parameter, p.type, count(*), bool_and(format_type(a.atttypid, NULL) = CASE p.type WHEN 'date' THEN 'date' ELSE 'timestamp without time zone' END) AS imported
FROM dataconnect_parameters p JOIN pg_attribute a ON a.attrelid = to_regclass(format('rq.%I', p.table_name)) AND a.attname = p.column_name
WHERE p.type ~ 'date|time' GROUP BY 1, 2 ORDER BY 1;
-- times of day are sent if the requests have DatePercision
CREATE SCHEMA times;
IMPORT FOREIGN SCHEMA sales LIMIT TO (refund_summary_report) FROM SERVER sandbox INTO times OPTIONS (table_params 'datepercision=True');
ALTER SERVER sandbox OPTIONS (ADD params 'DatePercision=True');
IMPORT FOREIGN SCHEMA inventory LIMIT TO (inventory_listing_report) FROM SERVER sandbox INTO times;
IMPORT FOREIGN SCHEMA sales LIMIT TO (discount_summary_report) FROM SERVER sandbox INTO times OPTIONS (table_params 'DatePercision=False');
ALTER SERVER sandbox OPTIONS (DROP params);
SELECT attrelid::regclass, attname, format_type(atttypid, NULL) FROM pg_attribute
WHERE attrelid::regclass::text LIKE 'times.%' AND attfdwoptions::text LIKE '%param=%Date%' ORDER BY 1, 2;
SET client_min_messages = warning;
DROP SCHEMA times CASCADE;
RESET client_min_messages;

-- wrong names
IMPORT FOREIGN SCHEMA nonsense FROM SERVER sandbox INTO rq;
\echo :SQLSTATE
IMPORT FOREIGN SCHEMA "Sales" FROM SERVER sandbox INTO rq;
IMPORT FOREIGN SCHEMA lists LIMIT TO (stores_of_old) FROM SERVER sandbox INTO rq;
IMPORT FOREIGN SCHEMA sales LIMIT TO (salesbyinvoicereport, "SalesByInvoiceReport", refund_sumary_report) FROM SERVER sandbox INTO rq;
IMPORT FOREIGN SCHEMA lists LIMIT TO (store) FROM SERVER sandbox INTO rq;
IMPORT FOREIGN SCHEMA "/lists/stores" LIMIT TO (storess) FROM SERVER sandbox INTO rq;
\! $DATACONNECT_SANDBOX_CTL log-clear

-- options
CREATE SCHEMA opt;
IMPORT FOREIGN SCHEMA employees LIMIT TO ("x y_employee_list_report") FROM SERVER sandbox INTO opt
    OPTIONS (prefix 'x y_', column_names 'preserve', table_params 'CompanyID=1%262');
\d opt.*
IMPORT FOREIGN SCHEMA sales LIMIT TO (product_detail_report_tax_column, discount_summary_report)
    FROM SERVER sandbox INTO opt OPTIONS (windows 'infer', table_params 'CompanyID=7');
SELECT c.relname, t.ftoptions FROM pg_foreign_table t JOIN pg_class c ON c.oid = t.ftrelid
WHERE c.relnamespace = 'opt'::regnamespace ORDER BY 1;
-- reports with a date make it the window column, others keep both parameter columns
IMPORT FOREIGN SCHEMA "all" FROM SERVER sandbox INTO opt OPTIONS (windows 'infer', prefix 'w_', sources 'all');
SELECT substr(c.relname, 3) AS relname, a.attname
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
WHERE c.relnamespace = 'opt'::regnamespace AND c.relname LIKE 'w\_%' AND a.attfdwoptions::text LIKE '%param_from=StartDate%'
ORDER BY c.relname COLLATE "C";
SELECT count(*) FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
WHERE c.relnamespace = 'opt'::regnamespace AND c.relname LIKE 'w\_%' AND a.attname LIKE '%start_date';
IMPORT FOREIGN SCHEMA lists FROM SERVER sandbox INTO opt OPTIONS (colum_names 'snake');
IMPORT FOREIGN SCHEMA lists FROM SERVER sandbox INTO opt OPTIONS (endpoint '/x');
IMPORT FOREIGN SCHEMA lists FROM SERVER sandbox INTO opt OPTIONS (windows 'maybe');
IMPORT FOREIGN SCHEMA lists FROM SERVER sandbox INTO opt OPTIONS (table_params 'Auth=x');
-- options and names cannot inject SQL
IMPORT FOREIGN SCHEMA lists LIMIT TO (stores, "a""; DROP TABLE x; --stores") FROM SERVER sandbox INTO opt
    OPTIONS (prefix 'a"; DROP TABLE x; --', table_params 'X=a''b\c');
SELECT relname, ftoptions FROM pg_foreign_table t JOIN pg_class c ON c.oid = t.ftrelid
WHERE c.relnamespace = 'opt'::regnamespace AND relname LIKE 'a"%';
\! sh -c "$LOG"

-- Every table can be read.  empty: columns that are NULL in all rows.
CREATE FUNCTION read("table" text, OUT records bigint, OUT empty text) AS $$
DECLARE
    conditions text;
    counts text;
BEGIN
    SELECT coalesce(' WHERE ' || string_agg(format('%I = %L', column_name,
               CASE WHEN parameter LIKE '%StartDate' THEN '2026-03-01'
                    WHEN parameter LIKE '%StopDate' THEN '2026-03-08'
                    WHEN type IN ('date', 'timestamp') THEN '2026-03-08'
                    ELSE coalesce(nullif(example, ''), legal_values[1], '1') END), ' AND '), '')
    INTO conditions FROM dataconnect_parameters WHERE table_name = "table" AND required AND source = 'documented';
    SELECT string_agg(format('CASE WHEN count(%I) = 0 THEN %L END', column_name, column_name), ', ' ORDER BY position)
    INTO counts FROM dataconnect_columns WHERE table_name = "table" AND source = 'documented';
    EXECUTE format('SELECT count(*), concat_ws('' '', %s) FROM rq.%I%s', counts, "table", conditions)
    INTO records, empty;
END $$ LANGUAGE plpgsql;
SELECT table_name, records, CASE WHEN records > 0 THEN empty END AS empty
FROM dataconnect_endpoints, read(table_name) WHERE table_name IS NOT NULL AND to_regclass(format('rq.%I', table_name)) IS NOT NULL ORDER BY table_name COLLATE "C";

SET client_min_messages = warning;
DROP SCHEMA rq CASCADE;
DROP SCHEMA opt CASCADE;
