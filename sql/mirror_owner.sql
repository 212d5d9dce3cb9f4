--
-- Mirrors: what their owners have written runs with the owner's rights, whoever refreshes
--
\getenv srcdir PG_ABS_SRCDIR
\set setup :srcdir '/test/regress/setup.psql'
\i :setup
\set SHOW_CONTEXT never
SET client_min_messages = warning;
DROP ROLE IF EXISTS regress_dataconnect_owner, regress_dataconnect_member;
CREATE ROLE regress_dataconnect_owner;
CREATE ROLE regress_dataconnect_member IN ROLE regress_dataconnect_owner;
GRANT USAGE ON FOREIGN SERVER sandbox TO regress_dataconnect_owner;
CREATE USER MAPPING FOR regress_dataconnect_owner SERVER sandbox OPTIONS (username 'analyst', password 's3cret');
CREATE USER MAPPING FOR regress_dataconnect_member SERVER sandbox OPTIONS (token 'sandbox-token');
CREATE SCHEMA local AUTHORIZATION regress_dataconnect_owner;
CREATE TABLE secret (word text);
SELECT current_user AS superuser \gset

SET ROLE regress_dataconnect_owner;
CREATE TABLE local.seen (what text, who name, PRIMARY KEY (what, who));
CREATE FUNCTION local.see(what text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO local.seen VALUES (what, current_user) ON CONFLICT DO NOTHING;
    RETURN true;
END $$;
-- said to be immutable, which it is not
CREATE FUNCTION local.made(id integer) RETURNS text IMMUTABLE LANGUAGE plpgsql AS $$
BEGIN
    PERFORM local.see('generated');
    RETURN 'row ' || id;
END $$;
CREATE FUNCTION local.defaulted() RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM local.see('default');
    RETURN 'own';
END $$;
CREATE FUNCTION local.watch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM local.see(concat_ws(' ', 'trigger', lower(TG_WHEN), lower(TG_LEVEL), lower(TG_OP)));
    RETURN coalesce(NEW, OLD);
END $$;
CREATE FOREIGN TABLE local.source (
    id integer OPTIONS (name 'Id'),
    date_created timestamp OPTIONS (name 'DateCreated', param_from 'StartDate', param_to 'StopDate'),
    total numeric(19,4) OPTIONS (name 'Total')
) SERVER sandbox OPTIONS (endpoint '/test/sales');
CREATE TABLE local.bait (id integer);
CREATE FUNCTION local.bite() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM local.see('deferred');
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER bite AFTER INSERT ON local.bait DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION local.bite();
-- what would run later, or as the caller
CREATE FUNCTION local.attack() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    command text;
BEGIN
    FOREACH command IN ARRAY ARRAY['SET ROLE ' || quote_ident((SELECT rolname FROM pg_roles WHERE oid = 10)), 'RESET ROLE',
        'SET SESSION AUTHORIZATION DEFAULT', 'CREATE TEMP TABLE left_behind ()', 'DECLARE c CURSOR WITH HOLD FOR SELECT local.see(''cursor'')',
        'INSERT INTO local.bait VALUES (1)', 'SELECT * FROM public.secret', 'SET search_path = local']
    LOOP
        BEGIN
            EXECUTE command;
            PERFORM local.see('did: ' || split_part(command, ' ', 1) || ' ' || split_part(command, ' ', 2));
        EXCEPTION WHEN OTHERS THEN
            PERFORM local.see(SQLSTATE || ': ' || split_part(command, ' ', 1) || ' ' || split_part(command, ' ', 2));
        END;
    END LOOP;
    RETURN NULL;
END $$;

SELECT dataconnect_mirror('local.source', target => 'sales', schema => 'local', by => 'date_created', since => (SELECT min(date_created)::date FROM local.source),
    step => '1000 years', live => '0', key => '{id}');
ALTER TABLE local.sales ADD COLUMN own text DEFAULT local.defaulted(), ADD COLUMN made text GENERATED ALWAYS AS (local.made(id)) STORED;
CREATE TRIGGER watch BEFORE INSERT OR UPDATE OR DELETE ON local.sales FOR EACH ROW EXECUTE FUNCTION local.watch();
CREATE TRIGGER watch_statement AFTER INSERT OR UPDATE OR DELETE ON local.sales FOR EACH STATEMENT EXECUTE FUNCTION local.watch();
RESET ROLE;
TRUNCATE local.seen;

-- the first load, by a superuser, with the superuser's user mapping
\! $DATACONNECT_SANDBOX_CTL fault '{"path": "/test/sales", "auth": "basic", "status": 500}'
CALL dataconnect_refresh('local.sales');
SELECT count(*) = (SELECT count(*) FROM local.source) AS all, count(own) = count(*) AS own, count(*) FILTER (WHERE made = 'row ' || id) = count(*) AS made FROM local.sales;
SELECT * FROM local.seen ORDER BY what COLLATE "C";
SELECT result FROM dataconnect_mirrors;

-- rows that have changed, vanished, moved and are new
SELECT min(id) AS first FROM local.sales \gset
SET ROLE regress_dataconnect_owner;
SELECT date_created::date AS day FROM local.sales WHERE id = :first \gset
DELETE FROM local.sales WHERE id = :first;
UPDATE local.sales SET total = total + 1 WHERE id = :first + 1;
UPDATE local.sales SET date_created = date_created + interval '60 days' WHERE id = :first + 2;
INSERT INTO local.sales (id, date_created) VALUES (-1, :'day');
CREATE TRIGGER attack AFTER INSERT OR UPDATE OR DELETE ON local.sales FOR EACH STATEMENT EXECUTE FUNCTION local.attack();
RESET ROLE;
TRUNCATE local.seen;
SHOW search_path;
CALL dataconnect_refresh('local.sales', :'day', (:'day'::date + 30)::date);
SHOW search_path;
SELECT to_regclass('left_behind') AS left_behind, count(*) AS cursors FROM pg_cursors;
SELECT added, changed, vanished FROM dataconnect_mirror_periods WHERE period_from <= :'day' AND period_to > :'day';
SELECT * FROM local.seen ORDER BY what COLLATE "C";
SELECT sum(new + changed + vanished) AS differ FROM dataconnect_verify('local.sales');

-- a member of the owner as well
SET ROLE regress_dataconnect_owner;
DROP TRIGGER attack ON local.sales;
UPDATE local.sales SET total = total + 1 WHERE id = :first;
RESET ROLE;
TRUNCATE local.seen;
SET ROLE regress_dataconnect_member;
CALL dataconnect_refresh('local.sales', :'day', (:'day'::date + 1)::date);
RESET ROLE;
SELECT DISTINCT who FROM local.seen;
SELECT sum(new + changed + vanished) AS differ FROM dataconnect_verify('local.sales');

-- the owner runs them without limits, by the owner's user mapping
SET ROLE regress_dataconnect_owner;
CREATE CONSTRAINT TRIGGER bite AFTER INSERT ON local.sales DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION local.bite();
DELETE FROM local.sales WHERE id = :first;
\! $DATACONNECT_SANDBOX_CTL clear
CALL dataconnect_refresh('local.sales', :'day', (:'day'::date + 1)::date);
SELECT * FROM local.seen WHERE what = 'deferred';
DELETE FROM local.sales WHERE id = :first;
RESET ROLE;
-- for others, what is deferred is refused
CALL dataconnect_refresh('local.sales', :'day', (:'day'::date + 1)::date);

-- a whole table
SET ROLE regress_dataconnect_owner;
CREATE FOREIGN TABLE local.list (id integer OPTIONS (name 'Id'), total numeric OPTIONS (name 'Total')) SERVER sandbox OPTIONS (endpoint '/test/sales');
SELECT dataconnect_mirror('local.list', target => 'whole', schema => 'local', key => '{id}');
ALTER TABLE local.whole ADD COLUMN own text DEFAULT local.defaulted();
RESET ROLE;
TRUNCATE local.seen;
CALL dataconnect_refresh('local.whole');
SELECT count(*) > 0 AS rows FROM local.whole;
SELECT * FROM local.seen;

-- the constraints of a domain would run as the caller, who reads
SET ROLE regress_dataconnect_owner;
CREATE DOMAIN local.amount AS numeric CHECK (local.see('domain'));
ALTER TABLE local.whole ALTER total TYPE local.amount;
ALTER FOREIGN TABLE local.list ALTER total TYPE local.amount;
RESET ROLE;
TRUNCATE local.seen;
\set VERBOSITY default
CALL dataconnect_refresh('local.whole');
\set VERBOSITY terse
-- nor is such a column added
SET ROLE regress_dataconnect_owner;
ALTER FOREIGN TABLE local.source ADD COLUMN store local.amount OPTIONS (name 'StoreID');
RESET ROLE;
CALL dataconnect_refresh('local.sales');
SET ROLE regress_dataconnect_owner;
ALTER FOREIGN TABLE local.source DROP COLUMN store;
RESET ROLE;
SELECT * FROM local.seen WHERE what = 'domain';
SELECT * FROM dataconnect_verify('local.whole');
SET ROLE regress_dataconnect_owner;
CALL dataconnect_refresh('local.whole');
RESET ROLE;
SELECT * FROM local.seen WHERE what = 'domain';

-- and casts
SET ROLE regress_dataconnect_owner;
CREATE TYPE local.label AS ENUM ('a');
CREATE FUNCTION local.to_label(numeric) RETURNS local.label LANGUAGE plpgsql AS $$
BEGIN
    PERFORM local.see('cast');
    RETURN 'a';
END $$;
CREATE CAST (numeric AS local.label) WITH FUNCTION local.to_label AS ASSIGNMENT;
CREATE TABLE local.labelled (id integer, total local.label);
SELECT dataconnect_mirror('local.source', target => 'labelled', schema => 'local', key => '{id}');
RESET ROLE;
CALL dataconnect_refresh('local.labelled');
SELECT * FROM dataconnect_verify('local.labelled');
SELECT * FROM local.seen WHERE what = 'cast';
SET ROLE regress_dataconnect_owner;
CALL dataconnect_refresh('local.labelled');
SELECT * FROM local.seen WHERE what = 'cast';
DROP TABLE local.labelled;
RESET ROLE;

-- what the planner and ATTACH PARTITION evaluate would run as the caller: a sequence counts also what is rolled back
SET ROLE regress_dataconnect_owner;
CREATE SEQUENCE local.as_another;
CREATE FUNCTION local.note() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF current_user <> 'regress_dataconnect_owner' THEN
        PERFORM nextval('local.as_another');
    END IF;
    PERFORM local.see('folded');
END $$;
CREATE FUNCTION local.fold(n integer) RETURNS integer IMMUTABLE LANGUAGE plpgsql AS $$
BEGIN
    PERFORM local.note();
    RETURN n;
END $$;
CREATE FUNCTION local.fold(a integer, b integer) RETURNS boolean IMMUTABLE LANGUAGE plpgsql AS $$
BEGIN
    PERFORM local.note();
    RETURN true;
END $$;
CREATE OPERATOR local.=== (FUNCTION = local.fold, LEFTARG = integer, RIGHTARG = integer);
SELECT dataconnect_mirror('local.source', target => 'folded', schema => 'local', by => 'date_created', since => (SELECT min(date_created)::date FROM local.source),
    step => '1000 years', live => '0', key => '{id}');
CALL dataconnect_refresh('local.folded');
SELECT format('ALTER TABLE %s RENAME TO part', max(partition::text)) AS rename FROM dataconnect_mirror_partitions('local.folded') \gset
\o /dev/null
:rename;
\o
RESET ROLE;
CREATE FUNCTION folded() RETURNS TABLE (as_another boolean, who name[]) LANGUAGE sql AS $$
    SELECT is_called, ARRAY(SELECT s.who FROM local.seen s WHERE what = 'folded' ORDER BY 1) FROM local.as_another
$$;
SELECT c.command
FROM (VALUES
    (1, 'CREATE INDEX made ON %s ((id + local.fold(1)))', 'DROP INDEX local.made'),
    (2, 'CREATE INDEX made ON %s (id) WHERE id > local.fold(1)', 'DROP INDEX local.made'),
    (3, 'ALTER TABLE %s ADD CONSTRAINT made CHECK (local.fold(1) = 1)', 'ALTER TABLE %s DROP CONSTRAINT made'),
    (4, 'ALTER TABLE %s ADD CONSTRAINT made CHECK (1 OPERATOR(local.===) 1)', 'ALTER TABLE %s DROP CONSTRAINT made'),
    (5, 'CREATE STATISTICS local.made ON (id + local.fold(1)) FROM %s', 'DROP STATISTICS local.made')) k (n, make, unmake)
    CROSS JOIN (VALUES (1, 'local.folded'), (2, 'local.part')) t (m, relation)
    CROSS JOIN LATERAL (VALUES
        (1, 'SET ROLE regress_dataconnect_owner'), (2, format(make, relation)), (3, 'RESET ROLE; TRUNCATE local.seen; ALTER SEQUENCE local.as_another RESTART'),
        (4, $$SELECT sum(new + changed + vanished) AS differ FROM dataconnect_verify('local.folded')$$),
        (5, $$SELECT count(*) AS differ FROM dataconnect_verify_rows('local.folded')$$),
        (6, $$CALL dataconnect_refresh('local.folded')$$),
        (7, 'SELECT * FROM folded()'),
        (8, format(unmake, relation))) c (o, command)
ORDER BY n, m, o \gexec
-- as well of the table that is asked, and of one that a foreign key refers to
SET ROLE regress_dataconnect_owner;
CREATE STATISTICS local.made ON (id + local.fold(1)), id FROM local.source;
RESET ROLE;
TRUNCATE local.seen;
ALTER SEQUENCE local.as_another RESTART;
CALL dataconnect_refresh('local.folded');
SELECT count(*) AS differ FROM dataconnect_verify_rows('local.folded');
SELECT * FROM folded();
DROP STATISTICS local.made;
CREATE TABLE local.referred (id integer PRIMARY KEY);
ALTER TABLE local.referred OWNER TO regress_dataconnect_owner;
SET ROLE regress_dataconnect_owner;
ALTER TABLE local.folded ADD COLUMN refers integer REFERENCES local.referred;
CREATE INDEX made ON local.referred ((id + local.fold(1)));
RESET ROLE;
CALL dataconnect_refresh('local.folded');
SELECT * FROM folded();
DROP INDEX local.made;
ALTER TABLE local.folded DROP COLUMN refers;
-- the message; the owner may; and so may functions of a superuser, and those of PostgreSQL
SET ROLE regress_dataconnect_owner;
CREATE INDEX made ON local.folded ((id + local.fold(1)));
RESET ROLE;
TRUNCATE local.seen;
ALTER SEQUENCE local.as_another RESTART;
\set VERBOSITY default
CALL dataconnect_refresh('local.folded');
\set VERBOSITY terse
SET ROLE regress_dataconnect_member;
CALL dataconnect_refresh('local.folded');
SET ROLE regress_dataconnect_owner;
CALL dataconnect_refresh('local.folded');
SELECT sum(new + changed + vanished) AS differ FROM dataconnect_verify('local.folded');
RESET ROLE;
SELECT * FROM folded();
DROP INDEX local.made;
-- policies hold for members, if they are forced
SET ROLE regress_dataconnect_owner;
CREATE POLICY made ON local.folded USING (local.fold(1) = 1);
ALTER TABLE local.folded ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
RESET ROLE;
TRUNCATE local.seen;
ALTER SEQUENCE local.as_another RESTART;
CALL dataconnect_refresh('local.folded');
SELECT sum(new + changed + vanished) AS differ FROM dataconnect_verify('local.folded');
SET ROLE regress_dataconnect_member;
CALL dataconnect_refresh('local.folded');
SELECT sum(new + changed + vanished) AS differ FROM dataconnect_verify('local.folded');
RESET ROLE;
SELECT * FROM folded();
DROP POLICY made ON local.folded;
ALTER TABLE local.folded DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY;
CREATE FUNCTION own(n integer) RETURNS integer IMMUTABLE LANGUAGE sql AS 'SELECT n';
CREATE INDEX ON local.folded ((id + own(1)), abs(id)) WHERE id > own(-1);
ALTER TABLE local.folded ADD CHECK (own(1) = 1 AND abs(1) = 1);
CALL dataconnect_refresh('local.folded');
SELECT sum(new + changed + vanished) AS differ FROM dataconnect_verify('local.folded');
SELECT dataconnect_unmirror('local.folded');
DROP TABLE local.folded;
-- nor does a superuser make a mirror of such a table
SET ROLE regress_dataconnect_owner;
CREATE TABLE local.folded (id integer CHECK (id > local.fold(1)));
CREATE INDEX ON local.folded ((id + local.fold(1)));
RESET ROLE;
TRUNCATE local.seen;
ALTER SEQUENCE local.as_another RESTART;
SELECT dataconnect_mirror('local.list', target => 'folded', schema => 'local', key => '{id}');
SELECT * FROM folded();
SET ROLE regress_dataconnect_owner;
SELECT dataconnect_mirror('local.list', target => 'folded', schema => 'local', key => '{id}');
RESET ROLE;
DROP TABLE local.folded;
DROP FUNCTION folded, own;

-- an empty table can be made a view, before PostgreSQL 16: its functions would run as the reader
SET ROLE regress_dataconnect_owner;
CREATE FUNCTION local.look() RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    PERFORM local.see('view');
    RETURN true;
END $$;
CREATE TABLE local.bare (id integer, total numeric(19,4));
SELECT dataconnect_mirror('local.source', target => 'bare', schema => 'local');
DO $$
BEGIN
    CREATE RULE "_RETURN" AS ON SELECT TO local.bare DO INSTEAD SELECT 1 AS id, 1::numeric(19,4) AS total WHERE local.look();
EXCEPTION WHEN wrong_object_type THEN
    NULL;
END $$;
RESET ROLE;
TRUNCATE local.seen;
DO $$
BEGIN
    PERFORM dataconnect_mirror_next('local.bare', NULL, NULL, dataconnect_mirror_next('local.bare', NULL, NULL, NULL));
EXCEPTION WHEN wrong_object_type THEN
    NULL;
END $$;
DO $$
BEGIN
    PERFORM dataconnect_verify_rows('local.bare');
EXCEPTION WHEN wrong_object_type THEN
    NULL;
END $$;
SELECT * FROM local.seen WHERE what = 'view';
SELECT dataconnect_unmirror('local.bare');

-- nor can what an owner writes into the state break the views that others watch
SET ROLE regress_dataconnect_owner;
DO $$
DECLARE
    forged text;
BEGIN
    FOREACH forged IN ARRAY ARRAY['step = ''400000 years''', 'live = ''400000 years''', 'late = ''400000 years''', 'since = ''4000-01-01 BC''',
        'horizon = ''5000000-01-01''', 'key_columns = ''{}''', 'key_columns = ''{id,NULL}''']
    LOOP
        BEGIN
            EXECUTE format('UPDATE public.dataconnect_mirror_mine SET %s WHERE target = ''local.sales''::regclass', forged);
            RAISE WARNING 'wrote %', forged;
        EXCEPTION WHEN check_violation THEN
            NULL;
        END;
    END LOOP;
END $$;
SELECT dataconnect_mirror('local.source', target => 'far', schema => 'local', by => 'date_created', since => '2026-01-01', step => '400000 years');
SELECT dataconnect_mirror('local.source', target => 'far', schema => 'local', by => 'date_created', since => '4000-01-01 BC');
UPDATE dataconnect_mirror_period_mine SET records = 9223372036854775807, rejected = 9223372036854775807, added = 9223372036854775807,
    changed = 9223372036854775807, vanished = 9223372036854775807;
INSERT INTO dataconnect_mirror_period_mine SELECT target, '1999-01-01', '1999-01-02', loaded_at, records, rejected, request, added, changed, vanished
FROM dataconnect_mirror_period_mine WHERE target = 'local.sales'::regclass LIMIT 1;
UPDATE dataconnect_mirror_period_mine SET loaded_at = 'infinity' WHERE target = 'local.whole'::regclass;
UPDATE dataconnect_mirror_mine SET refreshed_at = 'infinity', result = 'ok';
RESET ROLE;
SELECT mirror, rows, rejected, added, changed, vanished, lag FROM dataconnect_mirrors ORDER BY 1::text;
SELECT count(*) FROM dataconnect_mirror_periods;

-- only who has the owner's rights may write as the owner
SET ROLE regress_dataconnect_member;
SELECT processed, returned FROM dataconnect_mirror_write('local.whole', 'SELECT current_user');
SELECT * FROM dataconnect_mirror_write('secret', 'SELECT current_user');
RESET ROLE;

SET client_min_messages = warning;
DROP SCHEMA local CASCADE;
DROP TABLE secret;
DROP SERVER sandbox CASCADE;
DROP ROLE regress_dataconnect_owner, regress_dataconnect_member;
