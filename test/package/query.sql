-- With every version of the extension: the sandbox's stores.
\set ON_ERROR_STOP on
CREATE EXTENSION IF NOT EXISTS dataconnect_fdw;
CREATE SERVER sandbox FOREIGN DATA WRAPPER dataconnect_fdw OPTIONS (url :'url');
CREATE USER MAPPING FOR CURRENT_USER SERVER sandbox OPTIONS (token 'sandbox-token');
CREATE FOREIGN TABLE stores (
    store_id integer OPTIONS (name 'StoreID'),
    store_name text OPTIONS (name 'StoreName')
) SERVER sandbox OPTIONS (endpoint '/lists/stores');
CREATE VIEW stores_in_view AS SELECT count(*) AS n, min(store_name) AS first FROM stores;
CREATE VIEW columns_in_view AS SELECT * FROM dataconnect_columns;
SELECT * FROM stores_in_view;
