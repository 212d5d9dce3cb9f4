--
-- A mirror's live part over the report and the list of the documentation: what a call needs, and
-- a query without an end.
--
\getenv srcdir PG_ABS_SRCDIR
\set setup :srcdir '/test/regress/setup.psql'
\i :setup
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE SCHEMA live_rq;
IMPORT FOREIGN SCHEMA sales LIMIT TO (sales_by_invoice_report) FROM SERVER sandbox INTO live_rq;

-- what is missing, with a value from the catalogue
SELECT dataconnect_mirror('live_rq.sales_by_invoice_report', target => 'live_sales', by => 'date_created', since => '2024-01-01');
SELECT dataconnect_mirror('live_rq.sales_by_invoice_report', target => 'live_sales', by => 'date_created', since => '2024-01-01',
    params => 'HideRebates=-1');

-- a query without an end asks for the days up to now: the service refuses more (413)
SELECT count(*) >= 0 AS answered FROM live_sales WHERE date_created >= current_date - 30;
SELECT count(*) > 0 AS answered FROM live_sales;
\! $DATACONNECT_SANDBOX_CTL log --fields path,status && $DATACONNECT_SANDBOX_CTL log-clear
-- one with an end gets what there is, though it be in the future
SELECT count(*) FROM live_sales WHERE date_created >= '2040-12-01' AND date_created < '2041-01-01';
SELECT ftoptions FROM pg_foreign_table WHERE ftrelid = 'live_sales_live'::regclass;

-- the source's own choice stays
ALTER FOREIGN TABLE live_rq.sales_by_invoice_report OPTIONS (ADD open_to '+2d');
SELECT dataconnect_mirror('live_rq.sales_by_invoice_report', target => 'live_other', by => 'date_created', since => '2024-01-01',
    params => 'HideRebates=-1');
SELECT ftoptions FROM pg_foreign_table WHERE ftrelid = 'live_other_live'::regclass;

-- a window that is required, but is not the one by which rows are placed
IMPORT FOREIGN SCHEMA customers LIMIT TO (customer_list_report) FROM SERVER sandbox INTO live_rq
    OPTIONS (sources 'all', windows 'infer');
SELECT dataconnect_mirror('live_rq.customer_list_report', target => 'live_customers', key => '{customer_id}',
    modified => 'last_date_modified', params => 'TypeOfCustomer=-1&FilterBy=0&StoreIDLoggedIn=1');
ALTER FOREIGN TABLE live_rq.customer_list_report ALTER COLUMN date_created OPTIONS (DROP required),
    OPTIONS (ADD params 'StartDate=1990-01-01&StopDate=2099-12-31');
SELECT dataconnect_mirror('live_rq.customer_list_report', target => 'live_customers', key => '{customer_id}',
    modified => 'last_date_modified', params => 'TypeOfCustomer=-1&FilterBy=0&StoreIDLoggedIn=1');
CALL dataconnect_refresh('live_customers');
SELECT count(*) FROM live_customers;

-- a key that is none
SELECT dataconnect_mirror('live_rq.sales_by_invoice_report', target => 'live_twice', by => 'date_created', since => '2024-01-01',
    key => '{store_id}', params => 'HideRebates=-1');
\set VERBOSITY sqlstate
CALL dataconnect_refresh('live_twice');
\set VERBOSITY default
SELECT count(*) FROM dataconnect_mirror_periods WHERE mirror = 'live_twice'::regclass;

DROP TABLE live_sales, live_other, live_customers, live_twice;
DROP SCHEMA live_rq CASCADE;
