--
-- A refresh looks at each column and partition of a mirror once for each of its transactions
--
\getenv srcdir PG_ABS_SRCDIR
\set setup :srcdir '/test/regress/setup.psql'
\i :setup
\set SHOW_CONTEXT never
SET track_functions = 'all';

-- a foreign table with so many columns, and its mirror with so many months
CREATE PROCEDURE make(name text, columns integer, months integer) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE FOREIGN TABLE %s_source (id integer OPTIONS (name ''Id''), at timestamp OPTIONS (name ''DateCreated'', param_from ''StartDate'', param_to ''StopDate'')%s)
        SERVER sandbox OPTIONS (endpoint ''/test/sales'', missing_key ''ignore'')', name,
        (SELECT string_agg(format(', c%1$s text OPTIONS (name ''C%1$s'')', n), '') FROM generate_series(1, columns) n));
    PERFORM dataconnect_mirror(format('%s_source', name), name, by => 'at', since => (date_trunc('month', current_date - 7) - make_interval(months => months))::date, key => '{id}');
END $$;

-- how often what looks at columns and bounds was called
CREATE VIEW calls AS SELECT sum(calls) AS n FROM pg_stat_user_functions
WHERE funcname = ANY (ARRAY['dataconnect_mirror_columns', 'dataconnect_mirror_bounds', 'dataconnect_mirror_bound']);
CALL make('narrow', 1, 2);
CALL make('wide', 60, 2);
CALL make('long', 1, 10);
CALL make('longer', 1, 20);
DO 'BEGIN PERFORM pg_stat_force_next_flush(); END';
SELECT n AS before FROM calls \gset
CALL dataconnect_refresh('narrow');
DO 'BEGIN PERFORM pg_stat_force_next_flush(); END';
SELECT n - :before AS narrow FROM calls \gset
DO 'BEGIN PERFORM pg_stat_force_next_flush(); END';
SELECT n AS before FROM calls \gset
CALL dataconnect_refresh('wide');
DO 'BEGIN PERFORM pg_stat_force_next_flush(); END';
SELECT n - :before AS wide FROM calls \gset
DO 'BEGIN PERFORM pg_stat_force_next_flush(); END';
SELECT n AS before FROM calls \gset
CALL dataconnect_refresh('long');
DO 'BEGIN PERFORM pg_stat_force_next_flush(); END';
SELECT n - :before AS long FROM calls \gset
DO 'BEGIN PERFORM pg_stat_force_next_flush(); END';
SELECT n AS before FROM calls \gset
CALL dataconnect_refresh('longer');
DO 'BEGIN PERFORM pg_stat_force_next_flush(); END';
SELECT n - :before AS longer FROM calls \gset
SELECT mirror, result FROM dataconnect_mirrors ORDER BY mirror::text COLLATE "C";
SELECT :wide < 1.5 * :narrow AS as_often;
-- twice as many months, twice as often
SELECT :longer < 2.5 * :long AS linear;

SET client_min_messages = warning;
DROP VIEW calls;
DROP TABLE narrow, wide, long, longer;
DROP PROCEDURE make;
DROP SERVER sandbox CASCADE;
