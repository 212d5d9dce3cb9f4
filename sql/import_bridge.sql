--
-- IMPORT FOREIGN SCHEMA bridge: the tables that the service lists
--
\getenv srcdir PG_ABS_SRCDIR
\set setup :srcdir '/test/regress/setup.psql'
\i :setup
CREATE SCHEMA rq;

-- what the sandbox has
IMPORT FOREIGN SCHEMA bridge FROM SERVER sandbox INTO rq;
SELECT c.relname, t.ftoptions FROM pg_foreign_table t JOIN pg_class c ON c.oid = t.ftrelid
WHERE relnamespace = 'rq'::regnamespace ORDER BY relname COLLATE "C";
SELECT attname, format_type(atttypid, atttypmod), attfdwoptions FROM pg_attribute
WHERE attrelid = 'rq.iqclerk_stores'::regclass AND (attnum BETWEEN 1 AND 4 OR attnum > 39) ORDER BY attnum;
SELECT count(*), count(row_thumbprint), min(row_inserted) IS NOT NULL FROM rq.iqclerk_stores;
\! sh -c "$LOG"

-- LIMIT TO and EXCEPT use the local names
SET client_min_messages = warning;
DROP SCHEMA rq CASCADE;
RESET client_min_messages;
CREATE SCHEMA rq;
IMPORT FOREIGN SCHEMA bridge LIMIT TO (rq_iqclerk_stores, iqclerk_stores) FROM SERVER sandbox INTO rq
    OPTIONS (prefix 'rq_', column_names 'preserve', table_params 'CompanyID=7');
SELECT c.relname, t.ftoptions, (SELECT array_agg(attname ORDER BY attnum) FROM pg_attribute WHERE attrelid = c.oid AND attnum BETWEEN 1 AND 3)
FROM pg_foreign_table t JOIN pg_class c ON c.oid = t.ftrelid WHERE relnamespace = 'rq'::regnamespace;

-- unusual names and types, and another order than in the reply
CREATE TABLE listed (n serial, "TableName" text, "Column_Name" text, "Type" text, "Length" integer, "ORDINAL_POSITION" integer);
INSERT INTO listed ("TableName", "Column_Name", "Type", "ORDINAL_POSITION") VALUES
    ('Second', 'b', 'int', 2), ('Second', 'a', 'varchar', 1), ('Second', 'c', 'DateTime2', 3),
    ('first table', 'ID #', 'int', 1), ('first table', 'id no', 'int', 2), ('first table', 'select', 'bit', 3),
    ('first table', 'ctid', 'bigint', 4), ('first table', 'a"b''c\d', 'money', 5),
    ('First Table', 'x', 'uniqueidentifier', 1),
    ('dbo."Quo''te; DROP TABLE listed; --', 'x', 'int', 1),
    ('Größen & 店舗', 'Größe', 'decimal', 1), ('Größen & 店舗', '店舗', 'nvarchar', 2),
    ('user', 'x', 'rowversion', 1), ('user', 'y', 'hierarchyid', 2), ('user', 'z', NULL, NULL),
    (repeat('LongName', 13), repeat('Column', 20), 'float', 1), (repeat('LongName', 13), repeat('Column', 20) || '2', 'real', 2),
    ('a=b&c=d%20e+f#g?', 'x', 'int', 1),
    ('Types', 'a', 'bit', 1), ('Types', 'b', 'tinyint', 2), ('Types', 'c', 'smallint', 3), ('Types', 'd', 'int', 4),
    ('Types', 'e', 'bigint', 5), ('Types', 'f', 'money', 6), ('Types', 'g', 'smallmoney', 7), ('Types', 'h', 'decimal(18, 3)', 8),
    ('Types', 'i', 'numeric(5)', 9), ('Types', 'j', 'decimal', 10), ('Types', 'k', 'float', 11), ('Types', 'l', 'real', 12),
    ('Types', 'm', 'datetime', 13), ('Types', 'n', 'smalldatetime', 14), ('Types', 'o', 'datetime2(7)', 15),
    ('Types', 'p', 'datetimeoffset', 16), ('Types', 'q', 'date', 17), ('Types', 'r', 'time', 18), ('Types', 's', 'UniqueIdentifier', 19),
    ('Types', 't', 'varchar(max)', 20), ('Types', 'u', 'nchar', 21), ('Types', 'v', 'ntext', 22), ('Types', 'w', 'varbinary', 23),
    ('Types', 'x', 'image', 24), ('Types', 'y', 'timestamp', 25), ('Types', 'z', 'xml', 26), ('Types', 'aa', 'System.Int32', 27),
    ('Types', 'ab', 'String', 28), ('Types', 'ac', 'decimal(99,1)', 29), ('Types', 'ad', 'geography', 30),
    ('Bad', 'x', 'int', 1), ('Bad', '', 'int', 2),
    ('Worse', E'x\ty', 'int', 1),
    ('Twice', 'x', 'int', 1), ('Twice', 'x', 'int', 2),
    (E'Control\x01', 'x', 'int', 1),
    (NULL, 'x', 'int', 1);
INSERT INTO listed ("TableName", "Column_Name", "Type", "ORDINAL_POSITION") SELECT 'Wide', 'c' || i, 'int', i FROM generate_series(1, 1601) i;
\pset tuples_only on
\pset format unaligned
\o results/bridge_schema.json
SELECT json_agg(to_jsonb(listed) - 'n' ORDER BY n) FROM listed;
\o
\pset tuples_only off
\pset format aligned
\! $DATACONNECT_SANDBOX_CTL document /bridge/current/schema @results/bridge_schema.json
IMPORT FOREIGN SCHEMA bridge EXCEPT (second) FROM SERVER sandbox INTO rq;
SELECT relname, attname, format_type(atttypid, atttypmod), attfdwoptions
FROM pg_attribute a JOIN pg_class c ON c.oid = attrelid
WHERE relnamespace = 'rq'::regnamespace AND attnum > 0 AND relname !~ 'rq_' ORDER BY relname COLLATE "C", attnum;
SELECT relname, ftoptions FROM pg_foreign_table t JOIN pg_class c ON c.oid = t.ftrelid
WHERE relnamespace = 'rq'::regnamespace AND relname !~ 'rq_' ORDER BY relname COLLATE "C";
SELECT 1 FROM rq."user";
\! $DATACONNECT_SANDBOX_CTL log --fields path,params

-- thousands of tables, of which a few are imported
TRUNCATE listed;
INSERT INTO listed ("TableName", "Column_Name", "Type", "ORDINAL_POSITION")
SELECT 'Table' || t, 'Column' || c, 'int', c FROM generate_series(1, 3000) t, generate_series(1, 10) c;
\pset tuples_only on
\pset format unaligned
\o results/bridge_schema.json
SELECT json_agg(to_jsonb(listed) - 'n' ORDER BY md5(n::text)) FROM listed;
\o
\pset tuples_only off
\pset format aligned
\! $DATACONNECT_SANDBOX_CTL document /bridge/current/schema @results/bridge_schema.json
IMPORT FOREIGN SCHEMA bridge LIMIT TO (table7, table2999, table3001) FROM SERVER sandbox INTO rq;
SELECT relname, ftoptions, relnatts FROM pg_foreign_table t JOIN pg_class c ON c.oid = t.ftrelid
WHERE relnamespace = 'rq'::regnamespace AND relname LIKE 'table%' ORDER BY 1;

-- replies that list no tables
\! $DATACONNECT_SANDBOX_CTL document /bridge/current/schema '[]'
IMPORT FOREIGN SCHEMA bridge FROM SERVER sandbox INTO rq;
\! $DATACONNECT_SANDBOX_CTL document /bridge/current/schema '[{"Table": "x"}]'
IMPORT FOREIGN SCHEMA bridge FROM SERVER sandbox INTO rq;
\! $DATACONNECT_SANDBOX_CTL document /bridge/current/schema '[{"TableName": "x", "Column_Name": "y"}, {'
IMPORT FOREIGN SCHEMA bridge FROM SERVER sandbox INTO rq;
\! $DATACONNECT_SANDBOX_CTL fault '{"path": "/bridge/*", "status": 403, "body": "no"}'
IMPORT FOREIGN SCHEMA bridge FROM SERVER sandbox INTO rq;
\! $DATACONNECT_SANDBOX_CTL reset

-- the service's count is requested once
IMPORT FOREIGN SCHEMA bridge LIMIT TO (iqclerk_stores) FROM SERVER sandbox INTO rq;
\! $DATACONNECT_SANDBOX_CTL log-clear
EXPLAIN SELECT * FROM rq.iqclerk_stores;
\! sh -c "$LOG"
ALTER SERVER sandbox OPTIONS (ADD remote_estimate 'on');
EXPLAIN SELECT * FROM rq.iqclerk_stores;
EXPLAIN SELECT * FROM rq.iqclerk_stores WHERE store_id = 1;
\! sh -c "$LOG"
-- the reply may be one object
CREATE FOREIGN TABLE rq.one (x integer) SERVER sandbox OPTIONS (endpoint '/bridge/current/data', params 'Table=One');
\! $DATACONNECT_SANDBOX_CTL fault '{"path": "/bridge/current/delta", "body": {"Table": "One", "DeltaCount": 4321, "DeltaTimeSec": 0}}'
EXPLAIN SELECT * FROM rq.one;
\! $DATACONNECT_SANDBOX_CTL log-clear
-- there is no count of other tables
CREATE FOREIGN TABLE rq.stores (store_id integer OPTIONS (name 'StoreID')) SERVER sandbox OPTIONS (endpoint '/lists/stores');
EXPLAIN SELECT * FROM rq.stores;
CREATE FOREIGN TABLE rq.missing (x integer) SERVER sandbox OPTIONS (endpoint '/bridge/current/data', params 'Table=Missing');
EXPLAIN SELECT * FROM rq.missing;
\! sh -c "$LOG"
SET client_min_messages = warning;
DROP SCHEMA rq CASCADE;
DROP TABLE listed;
