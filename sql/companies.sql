--
-- Companies: dataconnect_companies()
--
\getenv srcdir PG_ABS_SRCDIR
\set setup :srcdir '/test/regress/setup.psql'
\i :setup
\pset null (none)

-- an employee's login has none
SELECT * FROM dataconnect_companies('sandbox');
\! sh -c "$LOG"

-- a partner's
\! $DATACONNECT_SANDBOX_CTL settings '{"login": "partner", "company_endpoints": {"14205": "https://near.iqmetrix.net"}, "preferred_endpoint": "https://dc.iqmetrix.net"}'
SELECT * FROM dataconnect_companies('sandbox');
SELECT count(*) FROM dataconnect_companies('sandbox', 'partner');
SELECT count(*) FROM dataconnect_companies('sandbox', 'master');
SELECT count(*) FROM dataconnect_companies('sandbox', 'friends');
SELECT count(*) FROM dataconnect_companies(NULL);

-- a login over several companies
\! $DATACONNECT_SANDBOX_CTL settings '{"login": "master"}'
SELECT * FROM dataconnect_companies('sandbox');
SELECT count(*) FROM dataconnect_companies('sandbox', relationships => 'MASTER');
-- also if the other list exists and is empty
\! $DATACONNECT_SANDBOX_CTL fault '{"path": "/partner/relationships", "body": []}'
SELECT count(*) FROM dataconnect_companies('sandbox');

-- in a join
SELECT c.company_id, c.company_name FROM dataconnect_companies('sandbox') c
 JOIN (VALUES (14205), (16001)) v (id) ON v.id = c.company_id ORDER BY 1;

-- replies that are not a list, or a list of another shape
\! $DATACONNECT_SANDBOX_CTL settings '{"login": "partner"}'
\! $DATACONNECT_SANDBOX_CTL fault '{"path": "/partner/relationships", "body": {"CompanyID": "7", "CompanyName": "", "DoingBusinessAs": null}}'
SELECT * FROM dataconnect_companies('sandbox');
\! $DATACONNECT_SANDBOX_CTL fault '{"path": "/partner/relationships", "body": []}'
SELECT * FROM dataconnect_companies('sandbox');
\! $DATACONNECT_SANDBOX_CTL fault '{"path": "/partner/relationships", "body": {"Error": true, "Message": "no"}}'
SELECT * FROM dataconnect_companies('sandbox');
\! $DATACONNECT_SANDBOX_CTL fault '{"path": "/partner/relationships", "body": [{"CompanyID": 1.5}]}'
SELECT * FROM dataconnect_companies('sandbox');
\! $DATACONNECT_SANDBOX_CTL fault '{"path": "/partner/relationships", "body": [{"CompanyID": -1}]}'
SELECT * FROM dataconnect_companies('sandbox');
\! $DATACONNECT_SANDBOX_CTL fault '{"path": "/partner/relationships", "body": [3]}'
SELECT * FROM dataconnect_companies('sandbox');
\! $DATACONNECT_SANDBOX_CTL fault '{"path": "/partner/relationships", "body": "7"}'
SELECT * FROM dataconnect_companies('sandbox');
\! $DATACONNECT_SANDBOX_CTL fault '{"path": "/partner/relationships", "body": "[{"}'
SELECT * FROM dataconnect_companies('sandbox');
\! $DATACONNECT_SANDBOX_CTL fault '{"path": "/partner/relationships", "status": 500}'
SELECT * FROM dataconnect_companies('sandbox');

-- markup: an empty table is retried, a login page is not
ALTER SERVER sandbox OPTIONS (ADD retry_max_wait '10ms');
\! $DATACONNECT_SANDBOX_CTL fault '{"path": "/partner/relationships", "body": "<Table />", "content_type": "text/xml", "count": 2}'
SELECT count(*) FROM dataconnect_companies('sandbox');
\! $DATACONNECT_SANDBOX_CTL fault '{"path": "/partner/relationships", "body": "<html><title>Log in</title></html>", "content_type": "text/html"}'
SELECT * FROM dataconnect_companies('sandbox');
ALTER SERVER sandbox OPTIONS (DROP retry_max_wait);

-- privileges
CREATE ROLE regress_dcf_caller;
SET ROLE regress_dcf_caller;
SELECT count(*) FROM dataconnect_companies('sandbox');
RESET ROLE;
GRANT EXECUTE ON FUNCTION dataconnect_companies TO regress_dcf_caller;
SET ROLE regress_dcf_caller;
SELECT count(*) FROM dataconnect_companies('sandbox');
RESET ROLE;
GRANT USAGE ON FOREIGN SERVER sandbox TO regress_dcf_caller;
SET ROLE regress_dcf_caller;
\set VERBOSITY sqlstate
SELECT count(*) FROM dataconnect_companies('sandbox');
\set VERBOSITY default
CREATE USER MAPPING FOR CURRENT_USER SERVER sandbox OPTIONS (token 'sandbox-token');
SELECT count(*) FROM dataconnect_companies('sandbox');
RESET ROLE;
CREATE FOREIGN DATA WRAPPER other;
CREATE SERVER other FOREIGN DATA WRAPPER other;
SELECT count(*) FROM dataconnect_companies('other');
SELECT count(*) FROM dataconnect_companies('nowhere');

DROP SERVER other;
DROP FOREIGN DATA WRAPPER other;
DROP OWNED BY regress_dcf_caller;
DROP ROLE regress_dcf_caller;
\! $DATACONNECT_SANDBOX_CTL reset
