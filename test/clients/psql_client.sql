\pset format unaligned
\pset tuples_only on
\echo - gdesc
SELECT id, amount, moment FROM exact, rows WHERE n = 2 \gdesc
\echo - crosstabview
SELECT n % 2 AS odd, id % 3 AS third, count(*) FROM rows WHERE n IN (4, 5) GROUP BY 1, 2 ORDER BY 1, 2 \crosstabview odd third
\echo - foreign tables
\det+ public.*
\echo - comment
\d+ rows
\echo - fetch
\set FETCH_COUNT 5
SELECT id FROM rows WHERE n = 7;
