--
-- dataconnect_doctor(): t/240_doctor.pl has the faults
--
\getenv srcdir PG_ABS_SRCDIR
\set setup :srcdir '/test/regress/setup.psql'
\i :setup
\pset null (none)

-- Whether the library is preloaded depends on the cluster.
SELECT check_name, result, remedy FROM dataconnect_doctor('sandbox') WHERE check_name <> 'preload';
\! sh -c "$LOG"

-- as a part of a query
SELECT s.srvname, d.check_name, d.detail FROM pg_foreign_server s
 CROSS JOIN LATERAL dataconnect_doctor(s.srvname) d
 WHERE s.srvname = 'sandbox' AND d.result = 'SKIP';

-- no server, none of ours, nothing
SELECT * FROM dataconnect_doctor('nowhere');
CREATE FOREIGN DATA WRAPPER doctor_other;
CREATE SERVER doctor_other FOREIGN DATA WRAPPER doctor_other;
SELECT * FROM dataconnect_doctor('doctor_other');
DROP FOREIGN DATA WRAPPER doctor_other CASCADE;
SELECT * FROM dataconnect_doctor(NULL);
