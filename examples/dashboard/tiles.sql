-- The queries of the page, each below a line "-- tile NAME".
--
-- Parameters: $1 is a region and $2 a store, or NULL for all. $3 is the day before which
-- rows are wanted: NULL for all up to today, or the first day that the mirror does not have
-- here, while the service does not answer.
--
-- All tiles of a report ask for the same period at its end, and for one that begins before
-- the mirror's last seven days. So they need the same request, and share its reply. What a
-- tile shows of it is a FILTER, not another period.
--
-- as_of is the time at which the service has sent the rows. NULL: they were here.

-- tile sales
SELECT sum(total_sales) FILTER (WHERE date_created >= coalesce($3::date, current_date + 1) - 30) AS value,
       sum(total_sales) FILTER (WHERE date_created < coalesce($3::date, current_date + 1) - 30) AS before,
       min(as_of) AS as_of
  FROM sales
 WHERE date_created >= coalesce($3::date, current_date + 1) - 60 AND date_created < coalesce($3::date, current_date + 1)
   AND ($1::text IS NULL OR region_name = $1) AND ($2::text IS NULL OR store_name = $2)

-- tile profit
SELECT sum(total_profit) FILTER (WHERE date_created >= coalesce($3::date, current_date + 1) - 30) AS value,
       sum(total_profit) FILTER (WHERE date_created < coalesce($3::date, current_date + 1) - 30) AS before,
       min(as_of) AS as_of
  FROM sales
 WHERE date_created >= coalesce($3::date, current_date + 1) - 60 AND date_created < coalesce($3::date, current_date + 1)
   AND ($1::text IS NULL OR region_name = $1) AND ($2::text IS NULL OR store_name = $2)

-- tile invoices
SELECT count(*) FILTER (WHERE date_created >= coalesce($3::date, current_date + 1) - 30) AS value,
       count(*) FILTER (WHERE date_created < coalesce($3::date, current_date + 1) - 30) AS before,
       min(as_of) AS as_of
  FROM sales
 WHERE date_created >= coalesce($3::date, current_date + 1) - 60 AND date_created < coalesce($3::date, current_date + 1)
   AND ($1::text IS NULL OR region_name = $1) AND ($2::text IS NULL OR store_name = $2)

-- tile average
SELECT avg(total_sales) FILTER (WHERE date_created >= coalesce($3::date, current_date + 1) - 30) AS value,
       avg(total_sales) FILTER (WHERE date_created < coalesce($3::date, current_date + 1) - 30) AS before,
       min(as_of) AS as_of
  FROM sales
 WHERE date_created >= coalesce($3::date, current_date + 1) - 60 AND date_created < coalesce($3::date, current_date + 1)
   AND ($1::text IS NULL OR region_name = $1) AND ($2::text IS NULL OR store_name = $2)

-- tile last_day
SELECT sum(total_sales) FILTER (WHERE date_created::date = coalesce($3::date, current_date) - 1) AS value,
       sum(total_sales) FILTER (WHERE date_created::date = coalesce($3::date, current_date) - 8) AS before,
       min(as_of) AS as_of
  FROM sales
 WHERE date_created >= coalesce($3::date, current_date + 1) - 30 AND date_created < coalesce($3::date, current_date + 1)
   AND ($1::text IS NULL OR region_name = $1) AND ($2::text IS NULL OR store_name = $2)

-- tile on_target
SELECT count(*) FILTER (WHERE sales >= monthly_sales) AS value, count(*) AS of, min(as_of) AS as_of
  FROM (SELECT t.monthly_sales, sum(s.total_sales) AS sales, least(min(s.as_of), min(l.as_of)) AS as_of
          FROM targets t LEFT JOIN stores l USING (store_id)
          LEFT JOIN sales s ON s.store_id = t.store_id
           AND s.date_created >= coalesce($3::date, current_date + 1) - 30 AND s.date_created < coalesce($3::date, current_date + 1)
         WHERE ($1::text IS NULL OR l.region_name = $1) AND ($2::text IS NULL OR l.store_name = $2)
         GROUP BY t.store_id) s

-- tile stock_value
SELECT sum(total_cost) AS value, min(as_of) AS as_of
  FROM stock
 WHERE date_as_of = current_date
   AND ($1::text IS NULL OR region_name = $1) AND ($2::text IS NULL OR store_name = $2)

-- tile stock_pieces
SELECT sum(quantity) AS value, min(as_of) AS as_of
  FROM stock
 WHERE date_as_of = current_date
   AND ($1::text IS NULL OR region_name = $1) AND ($2::text IS NULL OR store_name = $2)

-- tile daily
SELECT date_created::date AS day, sum(total_sales) AS sales,
       avg(sum(total_sales)) OVER (ORDER BY date_created::date ROWS 27 PRECEDING) AS mean,
       min(as_of) AS as_of
  FROM sales
 WHERE date_created >= '2024-01-01' AND date_created < coalesce($3::date, current_date + 1)
   AND ($1::text IS NULL OR region_name = $1) AND ($2::text IS NULL OR store_name = $2)
 GROUP BY 1 ORDER BY 1

-- tile targets
-- A store that sold nothing is the one to look for. So each target has a row, even if the
-- service does not list its store.
SELECT coalesce(l.store_name, 'Store ' || t.store_id) AS store, coalesce(sum(s.total_sales), 0) AS sales,
       t.monthly_sales AS target, floor(100 * coalesce(sum(s.total_sales), 0) / t.monthly_sales) AS percent,
       least(min(s.as_of), min(l.as_of)) AS as_of
  FROM targets t LEFT JOIN stores l USING (store_id)
  LEFT JOIN sales s ON s.store_id = t.store_id
   AND s.date_created >= coalesce($3::date, current_date + 1) - 30 AND s.date_created < coalesce($3::date, current_date + 1)
 WHERE ($1::text IS NULL OR l.region_name = $1) AND ($2::text IS NULL OR l.store_name = $2)
 GROUP BY t.store_id, l.store_name ORDER BY t.store_id

-- tile stock
SELECT regexp_replace(category_path, '^.*>> ', '') AS category, sum(total_cost) AS value,
       sum(quantity) AS pieces, min(as_of) AS as_of
  FROM stock
 WHERE date_as_of = current_date
   AND ($1::text IS NULL OR region_name = $1) AND ($2::text IS NULL OR store_name = $2)
 GROUP BY category_path ORDER BY value DESC

-- tile stock_change
SELECT regexp_replace(category_path, '^.*>> ', '') AS category, sum(today) - sum(earlier) AS change,
       sum(today) AS today, sum(earlier) AS earlier, min(as_of) AS as_of
  FROM (SELECT category_path, region_name, store_name, quantity AS today, 0 AS earlier, as_of
          FROM stock WHERE date_as_of = current_date
        UNION ALL
        SELECT category_path, region_name, store_name, 0, quantity, as_of
          FROM stock WHERE date_as_of = current_date - 30) s
 WHERE ($1::text IS NULL OR region_name = $1) AND ($2::text IS NULL OR store_name = $2)
 GROUP BY category_path ORDER BY 1

-- tile monthly
SELECT extract(year FROM date_created)::int AS year, extract(month FROM date_created)::int AS month,
       sum(total_sales) AS sales, min(as_of) AS as_of
  FROM sales
 WHERE date_created >= '2024-01-01' AND date_created < coalesce($3::date, current_date + 1)
   AND ($1::text IS NULL OR region_name = $1) AND ($2::text IS NULL OR store_name = $2)
 GROUP BY 1, 2 ORDER BY 1, 2

-- tile regions
SELECT region_name AS region, sum(total_sales) AS sales, sum(total_profit) AS profit, min(as_of) AS as_of
  FROM sales
 WHERE date_created >= coalesce($3::date, current_date + 1) - 30 AND date_created < coalesce($3::date, current_date + 1)
   AND ($1::text IS NULL OR region_name = $1) AND ($2::text IS NULL OR store_name = $2)
 GROUP BY 1 ORDER BY 2 DESC

-- tile weekdays
SELECT to_char(day, 'Dy') AS weekday, avg(sales) AS sales, min(as_of) AS as_of
  FROM (SELECT date_created::date AS day, sum(total_sales) AS sales, min(as_of) AS as_of
          FROM sales
         WHERE date_created >= coalesce($3::date, current_date + 1) - 364 AND date_created < coalesce($3::date, current_date + 1)
           AND ($1::text IS NULL OR region_name = $1) AND ($2::text IS NULL OR store_name = $2)
         GROUP BY 1) d
 GROUP BY extract(isodow FROM day), 1 ORDER BY extract(isodow FROM day)

-- tile hours
SELECT extract(hour FROM date_created)::int AS hour, count(*) AS invoices, min(as_of) AS as_of
  FROM sales
 WHERE date_created >= coalesce($3::date, current_date + 1) - 90 AND date_created < coalesce($3::date, current_date + 1)
   AND ($1::text IS NULL OR region_name = $1) AND ($2::text IS NULL OR store_name = $2)
 GROUP BY 1 ORDER BY 1

-- tile sellers
SELECT sold_by AS seller, sum(total_sales) AS sales, count(*) AS invoices, min(as_of) AS as_of
  FROM sales
 WHERE date_created >= coalesce($3::date, current_date + 1) - 30 AND date_created < coalesce($3::date, current_date + 1)
   AND ($1::text IS NULL OR region_name = $1) AND ($2::text IS NULL OR store_name = $2)
 GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 8

-- tile products
SELECT product_name AS product, sum(total_price) AS sales, sum(quantity) AS pieces, min(as_of) AS as_of
  FROM products
 WHERE ($1::text IS NULL OR region_name = $1) AND ($2::text IS NULL OR store_name = $2)
 GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 8

-- tile latest
SELECT to_char(date_created, 'YYYY-MM-DD HH24:MI') AS time, store_name AS store, sold_by AS seller,
       total_sales AS sales, as_of
  FROM sales
 WHERE date_created >= coalesce($3::date, current_date + 1) - 30 AND date_created < coalesce($3::date, current_date + 1)
   AND ($1::text IS NULL OR region_name = $1) AND ($2::text IS NULL OR store_name = $2)
 ORDER BY date_created DESC, sale_invoice_id DESC LIMIT 8

-- tile idle
SELECT l.store_name AS store, l.region_name AS region, l.district_name AS district, l.as_of
  FROM stores l
 WHERE ($1::text IS NULL OR l.region_name = $1) AND ($2::text IS NULL OR l.store_name = $2)
   AND NOT EXISTS (SELECT FROM sales s
                    WHERE s.store_id = l.store_id AND s.date_created >= coalesce($3::date, current_date + 1) - 10
                      AND s.date_created < coalesce($3::date, current_date + 1))
 ORDER BY l.store_id

-- tile choices
-- Those of the filter.
SELECT region_name AS region, store_name AS store FROM stores ORDER BY store_id
