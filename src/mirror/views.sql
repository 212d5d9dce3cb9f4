-- The mirror, part 10: the views for whoever reads the mirrors or watches over them.
--
-- They read the state with the rights of the extension's owner, and show the mirrors that the
-- caller may read, or all to members of pg_monitor.  They are cheap: rows are counted by the
-- loads, and bytes are those of files.

-- What a table and its partitions take on this machine.
CREATE FUNCTION dataconnect_mirror_bytes(mirror regclass)
RETURNS bigint
LANGUAGE sql STABLE STRICT
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT sum(pg_total_relation_size(c.oid))::bigint
    FROM (SELECT mirror AS relid UNION SELECT relid FROM pg_partition_tree(mirror)) AS p
        JOIN pg_class AS c ON c.oid = p.relid
    WHERE c.relkind = 'r'
$$;

COMMENT ON FUNCTION dataconnect_mirror_bytes(regclass)
IS 'bytes on disk of a table with its partitions, indexes and TOAST; those of foreign partitions do not count';

-- Owners may write the state by hand. What they write must not fail in others' queries.
CREATE FUNCTION dataconnect_mirror_total(total numeric)
RETURNS bigint
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT least(greatest(total, -9223372036854775808), 9223372036854775807)::bigint WHERE total IS NOT NULL
$$;

COMMENT ON FUNCTION dataconnect_mirror_total(numeric)
IS 'a sum as bigint, or the nearest one';

CREATE VIEW dataconnect_mirrors WITH (security_barrier) AS
SELECT
    s.target::regclass AS mirror,
    s.source::regclass,
    s.by_column,
    s.key_columns,
    s.step,
    s.live,
    s.late,
    CASE WHEN s.by_column IS NOT NULL THEN daterange(s.since, s.horizon) END AS here,
    s.horizon,
    p.records AS rows,
    @extschema@.dataconnect_mirror_bytes(s.target) AS bytes,
    s.refreshed_at,
    s.result,
    CASE WHEN s.by_column IS NULL
        THEN CASE WHEN isfinite(w.compared_at) THEN now() - w.compared_at END
        ELSE make_interval(days => greatest(d.due - s.horizon, 0)) END AS lag,
    CASE WHEN d.due > s.horizon
        THEN daterange(s.horizon, least(d.due, n.step_to)) END AS next_period,
    p.rejected,
    p.added,
    p.changed,
    p.vanished,
    s.live_table::regclass
FROM @extschema@.dataconnect_mirror_state AS s
    CROSS JOIN LATERAL (
        SELECT @extschema@.dataconnect_mirror_total(coalesce(sum(p.records), 0)) AS records,
            @extschema@.dataconnect_mirror_total(sum(p.rejected)) AS rejected,
            @extschema@.dataconnect_mirror_total(sum(p.added)) AS added,
            @extschema@.dataconnect_mirror_total(sum(p.changed)) AS changed,
            @extschema@.dataconnect_mirror_total(sum(p.vanished)) AS vanished,
            max(p.loaded_at) AS loaded_at
        FROM @extschema@.dataconnect_mirror_period_state AS p
        WHERE p.target = s.target) AS p
    CROSS JOIN LATERAL (
        SELECT greatest(p.loaded_at, CASE WHEN s.result = 'ok' THEN s.refreshed_at END)) AS w (compared_at)
    LEFT JOIN LATERAL (
        SELECT CASE WHEN s.live = '0' THEN t.today + 1 ELSE (t.today - s.live)::date END AS due
        FROM @extschema@.dataconnect_mirror_today(s.source, s.by_column) AS t (today)
        WHERE s.by_column IS NOT NULL) AS d ON true
    LEFT JOIN LATERAL (
        SELECT n.step_to
        FROM @extschema@.dataconnect_mirror_step(s.horizon, s.step) AS n
        WHERE s.by_column IS NOT NULL) AS n ON true
WHERE has_table_privilege(s.target, 'SELECT') OR pg_has_role('pg_monitor', 'USAGE');

COMMENT ON VIEW dataconnect_mirrors
IS 'the mirrors that one may read, or all for members of pg_monitor; for example: SELECT mirror, lag, result FROM dataconnect_mirrors WHERE lag > interval ''1 day'' OR result <> ''ok''';
COMMENT ON COLUMN dataconnect_mirrors.mirror IS 'local table';
COMMENT ON COLUMN dataconnect_mirrors.source IS 'foreign table that it mirrors';
COMMENT ON COLUMN dataconnect_mirrors.by_column IS 'column by which rows are placed in periods; NULL for the mirror of a whole table';
COMMENT ON COLUMN dataconnect_mirrors.key_columns IS 'columns by which changed rows are told from new ones; NULL if there are none';
COMMENT ON COLUMN dataconnect_mirrors.step IS 'length of a period, in days or months';
COMMENT ON COLUMN dataconnect_mirrors.live IS 'days, counted back from today, that the service answers; 0: none';
COMMENT ON COLUMN dataconnect_mirrors.late IS 'days before the horizon that each refresh reads again';
COMMENT ON COLUMN dataconnect_mirrors.here IS 'days that are in local partitions, in the time zone of the column; NULL for a whole table';
COMMENT ON COLUMN dataconnect_mirrors.horizon IS 'first day that is not in local partitions; NULL for a whole table';
COMMENT ON COLUMN dataconnect_mirrors.rows IS 'local rows, as the loads counted them';
COMMENT ON COLUMN dataconnect_mirrors.bytes IS 'bytes on disk of the local rows, with indexes and TOAST';
COMMENT ON COLUMN dataconnect_mirrors.refreshed_at IS 'time at which the last refresh ended; NULL before the first';
COMMENT ON COLUMN dataconnect_mirrors.result IS '''ok'', or SQLSTATE and message of the error that ended the last refresh; NULL before the first';
COMMENT ON COLUMN dataconnect_mirrors.lag IS 'how far the mirror is behind: whole days that should be here and are not, 0 if there are none; for a whole table, the time since it was last compared, NULL before the first refresh';
COMMENT ON COLUMN dataconnect_mirrors.next_period IS 'days that the next refresh loads first; NULL if none are missing';
COMMENT ON COLUMN dataconnect_mirrors.rejected IS 'rows that the service returned outside of the asked periods, and that were left out; NULL before the first load';
COMMENT ON COLUMN dataconnect_mirrors.added IS 'rows that were new when days were last read again, in all periods; NULL before';
COMMENT ON COLUMN dataconnect_mirrors.changed IS 'rows that had changed then';
COMMENT ON COLUMN dataconnect_mirrors.vanished IS 'rows that had vanished then';
COMMENT ON COLUMN dataconnect_mirrors.live_table IS 'partition that the service answers; NULL if there is none';

CREATE VIEW dataconnect_mirror_periods WITH (security_barrier) AS
SELECT
    p.target::regclass AS mirror,
    nullif(p.period_from, '-infinity') AS period_from,
    nullif(p.period_to, 'infinity') AS period_to,
    nullif(p.loaded_at, '-infinity') AS loaded_at,
    p.records,
    p.rejected,
    p.request,
    p.added,
    p.changed,
    p.vanished
FROM @extschema@.dataconnect_mirror_period_state AS p
WHERE has_table_privilege(p.target, 'SELECT') OR pg_has_role('pg_monitor', 'USAGE');

COMMENT ON VIEW dataconnect_mirror_periods
IS 'the periods that are here of each mirror that one may read, or of all for members of pg_monitor; for example: SELECT period_from, records, changed, loaded_at FROM dataconnect_mirror_periods WHERE mirror = ''sales''::regclass ORDER BY 1';
COMMENT ON COLUMN dataconnect_mirror_periods.mirror IS 'local table';
COMMENT ON COLUMN dataconnect_mirror_periods.period_from IS 'first day; NULL for a whole table';
COMMENT ON COLUMN dataconnect_mirror_periods.period_to IS 'day after the last; NULL for a whole table';
COMMENT ON COLUMN dataconnect_mirror_periods.loaded_at IS 'time at which rows of the period were last read from the service; NULL if they were lost and not read since';
COMMENT ON COLUMN dataconnect_mirror_periods.records IS 'rows of the period that are here';
COMMENT ON COLUMN dataconnect_mirror_periods.rejected IS 'rows that the service returned outside of the asked period, and that were left out';
COMMENT ON COLUMN dataconnect_mirror_periods.request IS 'last request of the period, or the first of several, as EXPLAIN shows it';
COMMENT ON COLUMN dataconnect_mirror_periods.added IS 'rows that were new when days of the period were last read again; NULL before';
COMMENT ON COLUMN dataconnect_mirror_periods.changed IS 'rows that had changed then';
COMMENT ON COLUMN dataconnect_mirror_periods.vanished IS 'rows that had vanished then';

GRANT SELECT ON dataconnect_mirrors, dataconnect_mirror_periods TO PUBLIC;
