
-- == The stores ==
SELECT * FROM stores ORDER BY store_id LIMIT 5;

-- == The largest sales of a week: the request is for these days only ==
SELECT invoice_id_by_store, date_created, store_name, sold_by, total_sales
  FROM sales_by_invoice
 WHERE date_created >= '2026-03-02' AND date_created < '2026-03-09'
 ORDER BY total_sales DESC
 LIMIT 5;

-- == What the query costs, and the request it sends ==
EXPLAIN (ANALYZE)
SELECT invoice_id_by_store, date_created, store_name, sold_by, total_sales
  FROM sales_by_invoice
 WHERE date_created >= '2026-03-02' AND date_created < '2026-03-09'
 ORDER BY total_sales DESC
 LIMIT 5;

-- == The most valuable phones in stock on one day ==
SELECT product_name, sum(quantity) AS in_stock, sum(total_cost) AS tied_up
  FROM inventory_listing
 WHERE category_number = 101010 AND date_as_of = '2026-03-09'
 GROUP BY product_name
 ORDER BY tied_up DESC
 LIMIT 5;

-- == A dashboard: the sales of a month by store, joined with a local table of targets ==
CREATE TABLE targets (store_id integer PRIMARY KEY, monthly_sales numeric NOT NULL);
INSERT INTO targets VALUES (1, 25000), (2, 20000), (3, 22000), (4, 24000), (5, 15000);

SELECT s.store_name,
       count(*) AS invoices,
       round(sum(s.total_sales)) AS sales,
       t.monthly_sales AS target,
       round(100 * sum(s.total_sales) / t.monthly_sales) AS percent
  FROM sales_by_invoice s
  JOIN targets t USING (store_id)
 WHERE s.date_created >= '2026-03-01' AND s.date_created < '2026-04-01'
 GROUP BY s.store_name, t.monthly_sales
 ORDER BY percent DESC;

-- == A mirror: three years of the report are kept here, one table a month; the last seven days stay with the service ==
SELECT dataconnect_mirror('sales_by_invoice', target => 'sales', by => 'date_created',
    since => '2024-01-01', live => '7 days', key => '{sale_invoice_id}');
\timing on
CALL dataconnect_refresh('sales');
\timing off
SELECT here, rows, pg_size_pretty(bytes) AS size, lag, result FROM dataconnect_mirrors;

-- == A query over old and new: one request, for the last days ==
EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF, BUFFERS OFF)
SELECT count(*), sum(total_sales) FROM sales WHERE date_created >= current_date - 45;

SELECT extract(year FROM date_created) AS year, count(*) AS invoices, round(sum(total_sales)) AS sales
  FROM sales
 WHERE date_created >= '2024-01-01'
 GROUP BY year
 ORDER BY year DESC
 LIMIT 3;

-- == A query of old days: the live part is pruned, and nothing is sent ==
EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF, BUFFERS OFF)
SELECT count(*), sum(total_sales) FROM sales
 WHERE date_created >= '2024-03-01' AND date_created < '2024-04-01';

-- == A request for too many records: the service refuses it, and the hint says what to narrow ==
\set ON_ERROR_STOP off
SELECT count(*)
  FROM sales_by_invoice
 WHERE date_created >= '1900-01-01' AND date_created < '2027-01-01';
\echo SQLSTATE :LAST_ERROR_SQLSTATE
\set ON_ERROR_STOP on
