-- == The service, and the credentials for it ==
CREATE EXTENSION dataconnect_fdw;

\getenv sandbox_url DATACONNECT_SANDBOX_URL
CREATE SERVER dataconnect FOREIGN DATA WRAPPER dataconnect_fdw
    OPTIONS (url :'sandbox_url');
CREATE USER MAPPING FOR CURRENT_USER SERVER dataconnect
    OPTIONS (token 'sandbox-token');

-- == A report: one row for each invoice of the requested days ==
CREATE FOREIGN TABLE sales_by_invoice (
    sale_invoice_id     integer        OPTIONS (name 'SaleInvoiceID'),
    invoice_id_by_store text           OPTIONS (name 'InvoiceIDByStore'),
    date_created        timestamp      OPTIONS (name 'DateCreated',
        param_from 'StartDate', param_to 'StopDate', required 'true'),
    store_id            integer        OPTIONS (name 'StoreID'),
    store_name          text           OPTIONS (name 'StoreName'),
    sold_by             text           OPTIONS (name 'SoldBy'),
    total_sales         numeric(19,4)  OPTIONS (name 'TotalSales'),
    total_profit        numeric(19,4)  OPTIONS (name 'TotalProfit'),
    hide_rebates        smallint       OPTIONS (param 'HideRebates', default '-1'),
    location_type       text           OPTIONS (param 'LocationType'),
    location_type_ids   integer        OPTIONS (param 'LocationTypeIDs', list 'true')
) SERVER dataconnect OPTIONS (endpoint '/reports/SalesByInvoiceReport');

-- == A list ==
CREATE FOREIGN TABLE stores (
    store_id            integer        OPTIONS (name 'StoreID'),
    location_entity_id  integer        OPTIONS (name 'LocationEntityID'),
    store_name          text           OPTIONS (name 'StoreName')
) SERVER dataconnect OPTIONS (endpoint '/lists/stores', rows '40');

-- == The inventory listing: what is in stock, by category ==
CREATE FOREIGN TABLE inventory_listing (
    category_number     bigint         OPTIONS (param 'CategoryNumber', required 'true'),
    p_bin_status        smallint       OPTIONS (param 'BinStatus', default '1'),
    qty_status          smallint       OPTIONS (param 'QtyStatus', default '2'),
    blind_inventory     smallint       OPTIONS (param 'BlindInventory', default '0'),
    date_as_of          timestamp      OPTIONS (param 'DateAsOf', required 'true'),
    product_identifier  text           OPTIONS (name 'ProductIdentifier'),
    product_name        text           OPTIONS (name 'ProductName'),
    store_name          text           OPTIONS (name 'StoreName'),
    quantity            integer        OPTIONS (name 'Quantity'),
    total_cost          numeric(19,4)  OPTIONS (name 'TotalCost')
) SERVER dataconnect OPTIONS (endpoint '/reports/inventorylistingreport');
