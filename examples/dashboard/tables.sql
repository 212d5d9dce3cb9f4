-- What the dashboard reads, after demo/tables.sql: foreign tables, a mirror, targets,
-- and views for a role that can do nothing but read them.

-- Queries read copies of replies that are at most five minutes old. While the service
-- does not answer, copies may be a day old; a page does not wait for many retries.
ALTER SERVER dataconnect OPTIONS (ADD max_age '5min', ADD stale_if_error '1d',
    ADD max_retries '1', ADD connect_timeout '5s', ADD first_byte_timeout '30s');

ALTER FOREIGN TABLE sales_by_invoice
    ADD COLUMN region_name text OPTIONS (name 'RegionName');
ALTER FOREIGN TABLE inventory_listing
    ADD COLUMN region_name text OPTIONS (name 'RegionName'),
    ADD COLUMN category_path text OPTIONS (name 'CategoryPath'),
    ADD COLUMN fetched_at timestamptz OPTIONS (value 'fetched_at');

CREATE FOREIGN TABLE product_sales (
    start_date          date           OPTIONS (param 'StartDate', required 'true'),
    stop_date           date           OPTIONS (param 'StopDate', required 'true'),
    product_name        text           OPTIONS (name 'ProductName'),
    region_name         text           OPTIONS (name 'RegionName'),
    store_name          text           OPTIONS (name 'InvoicedAt'),
    quantity            integer        OPTIONS (name 'Quantity'),
    total_price         numeric(19,4)  OPTIONS (name 'TotalPrice'),
    fetched_at          timestamptz    OPTIONS (value 'fetched_at')
) SERVER dataconnect OPTIONS (endpoint '/reports/ProductDetailReport',
    params 'SearchMethod=3&ManufacturerID=-1&CategoryNumber=10&ReportPart=1');

CREATE FOREIGN TABLE locations (
    store_id            integer        OPTIONS (name 'StoreID'),
    store_name          text           OPTIONS (name 'StoreName'),
    region_name         text           OPTIONS (name 'RegionName'),
    district_name       text           OPTIONS (name 'DistrictName'),
    fetched_at          timestamptz    OPTIONS (value 'fetched_at')
) SERVER dataconnect OPTIONS (endpoint '/reports/locationmasterlistreport', rows '40');

-- Three years of sales are kept here; the service answers for the last seven days.
SELECT dataconnect_mirror('sales_by_invoice', target => 'sales', by => 'date_created',
    since => '2024-01-01', live => '7 days', key => '{sale_invoice_id}', fetched_at => true);

CREATE SCHEMA dashboard;

CREATE TABLE dashboard.targets (store_id integer PRIMARY KEY, monthly_sales numeric NOT NULL);
INSERT INTO dashboard.targets VALUES
    (1, 28000), (2, 24000), (3, 24000), (4, 20000), (5, 18000), (6, 18000),
    (7, 20000), (8, 17000), (9, 15000), (10, 14000), (11, 10000), (12, 10000);

-- The views ask the service as their owner, so the role of the page needs no credentials.
-- as_of: when the service sent the row. It is NULL for rows of the mirror's local days.
CREATE VIEW dashboard.sales AS
SELECT sale_invoice_id, invoice_id_by_store, date_created, store_id, store_name, region_name,
       sold_by, total_sales, total_profit,
       CASE WHEN tableoid = 'sales_live'::regclass THEN fetched_at END AS as_of
  FROM sales;
CREATE VIEW dashboard.stock AS
SELECT date_as_of, store_name, region_name, category_path, quantity, total_cost,
       fetched_at AS as_of
  FROM inventory_listing WHERE category_number = 10;
CREATE VIEW dashboard.products AS
SELECT product_name, region_name, store_name, quantity, total_price, fetched_at AS as_of
  FROM product_sales WHERE start_date = current_date - 29 AND stop_date = current_date;
CREATE VIEW dashboard.stores AS
SELECT store_id, store_name, region_name, district_name, fetched_at AS as_of
  FROM locations;

-- How far the mirror is, and the requests under way. The page's role may not read this
-- itself: the underlying views would show it the queries of all.
CREATE FUNCTION dashboard.state(OUT since date, OUT horizon date, OUT loaded boolean,
    OUT share double precision, OUT refreshed_at timestamptz, OUT result text,
    OUT scans jsonb)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
SELECT coalesce(lower(m.here), m.horizon), m.horizon, m.refreshed_at IS NOT NULL,
       coalesce((m.horizon - lower(m.here))::float8
           / ((current_date - m.live)::date - lower(m.here)), 0),
       m.refreshed_at, m.result,
       (SELECT jsonb_agg(to_jsonb(p) ORDER BY p.started_at)
          FROM (SELECT table_name, started_at, phase, phase_since, requests_done,
                       requests_planned, records
                  FROM dataconnect_progress) p)
  FROM dataconnect_mirrors m WHERE m.mirror = 'sales'::regclass
$$;
REVOKE ALL ON FUNCTION dashboard.state() FROM PUBLIC;

CREATE ROLE dashboard LOGIN;
ALTER ROLE dashboard SET default_transaction_read_only = on;
ALTER ROLE dashboard SET statement_timeout = '2min';
ALTER ROLE dashboard SET timezone = 'UTC';      -- as the service counts days
ALTER ROLE dashboard SET search_path = dashboard;
GRANT USAGE ON SCHEMA dashboard TO dashboard;
GRANT SELECT ON ALL TABLES IN SCHEMA dashboard TO dashboard;
GRANT EXECUTE ON FUNCTION dashboard.state() TO dashboard;
