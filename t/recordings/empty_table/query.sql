CREATE SERVER service FOREIGN DATA WRAPPER dataconnect_fdw OPTIONS (url :'url');
CREATE USER MAPPING FOR CURRENT_USER SERVER service OPTIONS (token 'any');
CREATE FOREIGN TABLE stores (id integer OPTIONS (name 'StoreID'), name text OPTIONS (name 'StoreName'))
  SERVER service OPTIONS (endpoint '/lists/stores');
SELECT count(*), count(DISTINCT name) FROM stores;
