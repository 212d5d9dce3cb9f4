--
-- Parameters that are not in the catalogue
--
\getenv srcdir PG_ABS_SRCDIR
\set setup :srcdir '/test/regress/setup.psql'
\i :setup

-- The first command of a session that loads the library
\c
CREATE FOREIGN TABLE t (
    id integer OPTIONS (name 'Id'),
    at timestamp OPTIONS (name 'At', param_from 'StartDate', param_to 'StopDat'),
    rebates integer OPTIONS (param 'Hide_Rebates'),
    company integer OPTIONS (param 'companyid'),
    far text OPTIONS (param 'NothingLikeIt')
) SERVER sandbox OPTIONS (endpoint '/Reports/salesbyinvoicereport', params 'ComplanyID=14205&DatePercision=True&LanguageCode=en-us&CSV.FileExtension=x&locationtype=Store');
ALTER FOREIGN TABLE t ALTER COLUMN at OPTIONS (SET param_to 'StopDate'), ALTER COLUMN rebates OPTIONS (SET param 'hiderebates'),
    DROP COLUMN far, OPTIONS (SET params 'CompanyID=14205');
ALTER FOREIGN TABLE t ADD COLUMN other integer OPTIONS (param 'ForWhoID');
ALTER FOREIGN TABLE t ALTER COLUMN other OPTIONS (SET param 'ForWhoIDs');
ALTER FOREIGN TABLE t OPTIONS (ADD analyze_params 'StartDate=2026-01-01&EndDate=2026-01-02');
ALTER FOREIGN TABLE t OPTIONS (DROP analyze_params);
-- Names are shown safely, and as they are decoded.
ALTER FOREIGN TABLE t OPTIONS (SET params 'Start%20Date=1&%E2%80%AEx=2');
ALTER FOREIGN TABLE t OPTIONS (DROP params);
-- A server's parameters may belong to any endpoint.
ALTER SERVER sandbox OPTIONS (ADD params 'ComplanyID=14205&LocationType=Store&BinStatus=1');
ALTER SERVER sandbox OPTIONS (SET params 'CompanyID=14205');
-- An endpoint that is not in the catalogue is the DBA's own.  All parameters of a table are checked.
CREATE FOREIGN TABLE own (id integer OPTIONS (name 'Id'), p text OPTIONS (param 'ComplanyID')) SERVER sandbox OPTIONS (endpoint '/my/own');
-- No warnings for imported or restored tables and other wrappers, nor if they are turned off.
IMPORT FOREIGN SCHEMA sales LIMIT TO (sales_by_invoice_report) FROM SERVER sandbox INTO public OPTIONS (table_params 'ComplanyID=1');
SET check_function_bodies = off;
ALTER FOREIGN TABLE own OPTIONS (SET endpoint '/lists/stores');
RESET check_function_bodies;
ALTER FOREIGN TABLE own RENAME TO stores;
SET dataconnect_fdw.warn_unknown_parameters = off;
ALTER FOREIGN TABLE stores RENAME TO own;
RESET dataconnect_fdw.warn_unknown_parameters;
CREATE FOREIGN DATA WRAPPER stranger;
CREATE SERVER stranger FOREIGN DATA WRAPPER stranger OPTIONS (params 'ComplanyID=1');
CREATE FOREIGN TABLE strange (id integer OPTIONS (param 'ComplanyID')) SERVER stranger OPTIONS (endpoint '/lists/stores');
DROP FOREIGN DATA WRAPPER stranger CASCADE;
-- A catalogue file that cannot be read is not an error here.
SET dataconnect_fdw.catalogue_file = '/nowhere/at.all';
ALTER FOREIGN TABLE own OPTIONS (SET endpoint '/lists/districts');
RESET dataconnect_fdw.catalogue_file;
-- Another role, another search_path, several commands, and one that fails
CREATE ROLE maker;
GRANT USAGE ON FOREIGN SERVER sandbox TO maker;
CREATE SCHEMA made AUTHORIZATION maker;
SET ROLE maker;
SET search_path = made;
BEGIN;
CREATE FOREIGN TABLE m (id integer OPTIONS (param 'Wrong')) SERVER sandbox OPTIONS (endpoint '/lists/stores');
SAVEPOINT s;
CREATE FOREIGN TABLE m (id integer OPTIONS (param 'Wrong')) SERVER sandbox OPTIONS (endpoint '/lists/stores');
ROLLBACK TO s;
ALTER FOREIGN TABLE m OPTIONS (ADD rows '7');
COMMIT;
SELECT public.dataconnect_warn_parameters();
RESET ROLE;
RESET search_path;
SELECT dataconnect_warn_parameters();

SET client_min_messages = warning;
DROP SERVER sandbox CASCADE;
DROP SCHEMA made;
DROP ROLE maker;
