-- The mirror, part 8: the service is asked again, and what it says is compared. Nothing is
-- written, not even a temporary table, so this also works in a read-only transaction and on a
-- standby.

CREATE FUNCTION dataconnect_mirror_pieces(mirror regclass, "from" date, "to" date)
RETURNS TABLE (a date, b date)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m @extschema@.dataconnect_mirror_mine := @extschema@.dataconnect_mirror_get(mirror);
BEGIN
    IF m.by_column IS NULL THEN
        IF "from" IS NOT NULL OR "to" IS NOT NULL THEN
            RAISE EXCEPTION 'mirror "%" is of a whole table and has no days', mirror
                USING ERRCODE = 'invalid_parameter_value', HINT = 'Leave "from" and "to" out.';
        END IF;
        RETURN NEXT;
        RETURN;
    END IF;
    b := greatest(m.since, "from");
    WHILE b < least(m.horizon, "to") LOOP
        a := b;
        b := least((SELECT s.step_to FROM @extschema@.dataconnect_mirror_step(a, m.step) s), m.horizon, "to");
        RETURN NEXT;
    END LOOP;
END $$;

COMMENT ON FUNCTION dataconnect_mirror_pieces(regclass, date, date)
IS 'the days of a mirror that are here, in pieces that one request each may ask for; NULL stands for its beginning and end, and for a whole table; fails if a whole table is asked for days (22023)';

CREATE FUNCTION dataconnect_mirror_pairs(mirror regclass, a date, b date, select_list text)
RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m @extschema@.dataconnect_mirror_mine := @extschema@.dataconnect_mirror_get(mirror);
    here text;
    there text;
    day CONSTANT text := coalesce(@extschema@.dataconnect_mirror_day(mirror), 'NULL::date');
    materialized text := 'NOT MATERIALIZED';
    side text := 'r AS whole';
BEGIN
    -- A table that existed may have other types than the source. Its own count.
    SELECT string_agg(format('r.%I', s.column_name), ', '),
        string_agg(format('r.%I::%s AS %1$I', s.column_name, format_type(t.atttypid, t.atttypmod)), ', ')
    INTO here, there
    FROM @extschema@.dataconnect_mirror_stored(mirror) s
        JOIN pg_attribute t ON t.attrelid = m.target AND t.attname = s.column_name
    WHERE NOT s.fetched_at;
    -- Of rows that Citus keeps, the texts are made here as well, under the settings of this
    -- session. Citus cannot hand over a row without a type, so it is JSON from the start.
    IF @extschema@.dataconnect_mirror_is_distributed(mirror) THEN
        materialized := 'MATERIALIZED';
        side := 'to_jsonb(r) AS whole';
    END IF;
    side := concat_ws(', ', side, day || ' AS day');
    RETURN format('WITH there AS MATERIALIZED (%s), here AS %s (SELECT %s FROM %s r WHERE %s), pairs AS (%s)',
        @extschema@.dataconnect_mirror_query(mirror, a, b, there), materialized, here, m.target,
        @extschema@.dataconnect_mirror_range(mirror, a, b),
        @extschema@.dataconnect_mirror_join(mirror, 'here r WHERE true', 'there r WHERE true', side, side, select_list));
END $$;

COMMENT ON FUNCTION dataconnect_mirror_pairs(regclass, date, date, text)
IS 'the beginning of a query that asks the service for a mirror''s days: "pairs" are the rows here and there; select_list may use day and whole (the row) of h and t';

-- A result of a function is complete before the query around it reads it. So nothing of a
-- request that was refused is left when its days are asked for in two.
CREATE FUNCTION dataconnect_mirror_days(mirror regclass, a date, b date)
RETURNS TABLE (day date, here bigint, there bigint, new bigint, changed bigint, vanished bigint, hash_here text, hash_there text)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN QUERY EXECUTE @extschema@.dataconnect_mirror_pairs(mirror, a, b, 'h.day AS here_day, t.day AS there_day') || $q$,
        days AS (
            SELECT here_day, there_day, count(here_line) AS here, count(there_line) AS there,
                count(*) FILTER (WHERE here_line IS NULL) AS new,
                count(*) FILTER (WHERE here_line <> there_line) AS changed,
                count(*) FILTER (WHERE there_line IS NULL) AS vanished,
                sum(('x' || left(md5(here_line), 16))::bit(64)::bigint) AS hash_here,
                sum(('x' || left(md5(there_line), 16))::bit(64)::bigint) AS hash_there
            FROM pairs GROUP BY here_day, there_day)
        SELECT s.day, sum(s.here)::bigint, sum(s.there)::bigint, sum(s.new)::bigint, sum(s.changed)::bigint, sum(s.vanished)::bigint,
            md5(sum(s.hash_here)::text), md5(sum(s.hash_there)::text)
        FROM days d, LATERAL (VALUES
            (d.here_day, d.here, 0, 0, 0, d.vanished, d.hash_here, NULL),
            (d.there_day, 0, d.there, d.new, d.changed, 0, NULL, d.hash_there)) s (day, here, there, new, changed, vanished, hash_here, hash_there)
        WHERE s.here > 0 OR s.there > 0
        GROUP BY s.day ORDER BY s.day$q$;
END $$;

COMMENT ON FUNCTION dataconnect_mirror_days(regclass, date, date)
IS 'the rows of dataconnect_verify() for days that one request asks for';

CREATE FUNCTION dataconnect_mirror_rows(mirror regclass, a date, b date)
RETURNS TABLE (day date, change text, here jsonb, there jsonb)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN QUERY EXECUTE @extschema@.dataconnect_mirror_pairs(mirror, a, b, 'h.day AS here_day, t.day AS there_day, h.whole AS here, t.whole AS there') || $q$
        SELECT coalesce(there_day, here_day),
            CASE WHEN here_line IS NULL THEN 'new' WHEN there_line IS NULL THEN 'vanished' ELSE 'changed' END, to_jsonb(here), to_jsonb(there)
        FROM pairs WHERE here_line IS DISTINCT FROM there_line
        ORDER BY 1, coalesce(there_line, here_line)$q$;
END $$;

COMMENT ON FUNCTION dataconnect_mirror_rows(regclass, date, date)
IS 'the rows of dataconnect_verify_rows() for days that one request asks for';

-- Days of one request that the service refuses as too many are asked for in two. The settings are
-- those of dataconnect_mirror_apply() and dataconnect_mirror_read().
CREATE FUNCTION dataconnect_mirror_compared(mirror regclass, "from" date, "to" date, answer name)
RETURNS SETOF record
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
SET DateStyle = 'ISO, YMD'
SET TimeZone = 'UTC'
SET IntervalStyle = 'postgres'
SET extra_float_digits = 1
SET bytea_output = 'hex'
SET lc_monetary = 'C'
SET dataconnect_fdw.max_age = 0
SET dataconnect_fdw.stale_if_error = 0
AS $$
DECLARE
    a date;
    b date;
    middle date;
    rest date[];    -- ends of what is left of a piece
BEGIN
    PERFORM @extschema@.dataconnect_mirror_anew(mirror);
    PERFORM @extschema@.dataconnect_mirror_hold(mirror);
    FOR a, b IN SELECT p.a, p.b FROM @extschema@.dataconnect_mirror_pieces(mirror, "from", "to") p LOOP
        rest := ARRAY[b];
        WHILE cardinality(rest) > 0 LOOP
            b := rest[1];
            BEGIN
                RETURN QUERY EXECUTE format('SELECT * FROM @extschema@.%I($1, $2, $3)', answer) USING mirror, a, b;
                a := b;
                rest := rest[2:];
            EXCEPTION WHEN program_limit_exceeded THEN
                middle := a + (b - a) / 2;
                IF middle > a IS NOT TRUE THEN
                    RAISE;
                END IF;
                rest := middle || rest;
            END;
        END LOOP;
    END LOOP;
END $$;

COMMENT ON FUNCTION dataconnect_mirror_compared(regclass, date, date, name)
IS 'the rows of a function, which is asked for days that one request can return, for all these days of a mirror: dataconnect_mirror_days or dataconnect_mirror_rows';

CREATE FUNCTION dataconnect_verify(
    mirror regclass,
    "from" date DEFAULT NULL,
    "to" date DEFAULT NULL)
RETURNS TABLE (day date, here bigint, there bigint, new bigint, changed bigint, vanished bigint, hash_here text, hash_there text)
LANGUAGE sql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT * FROM @extschema@.dataconnect_mirror_compared(mirror, "from", "to", 'dataconnect_mirror_days')
        AS v (day date, here bigint, there bigint, new bigint, changed bigint, vanished bigint, hash_here text, hash_there text)
$$;

COMMENT ON FUNCTION dataconnect_verify(regclass, date, date)
IS 'asks the service again for a mirror''s days (from, and before to; without them, all that are here) or for a whole table, and compares, with nothing written; a row for each day that has rows: their number and a hash of them here and there, and how many are new, changed and vanished there; hashes are equal if all rows are, whatever their order; day is NULL for a whole table; fails for tables that are no mirrors (42809) and for others'' mirrors (42501); for example: SELECT * FROM dataconnect_verify(''sales'', ''2026-01-01'', ''2026-02-01'') WHERE hash_here IS DISTINCT FROM hash_there';

CREATE FUNCTION dataconnect_verify_rows(
    mirror regclass,
    "from" date DEFAULT NULL,
    "to" date DEFAULT NULL)
RETURNS TABLE (day date, change text, here jsonb, there jsonb)
LANGUAGE sql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT * FROM @extschema@.dataconnect_mirror_compared(mirror, "from", "to", 'dataconnect_mirror_rows')
        AS v (day date, change text, here jsonb, there jsonb)
$$;

COMMENT ON FUNCTION dataconnect_verify_rows(regclass, date, date)
IS 'asks the service again as dataconnect_verify() does, and returns the rows that differ: change is ''new'', ''changed'' or ''vanished'', here and there the row as it is here and at the service, or NULL; day is that of the row there, or else here; for example: SELECT * FROM dataconnect_verify_rows(''sales'', ''2026-01-05'', ''2026-01-06'')';
