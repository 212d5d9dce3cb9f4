-- The mirror, part 6: CALL dataconnect_refresh() loads what is missing, and reads again what
-- may have changed.
--
-- The procedure commits after each piece of work. dataconnect_mirror_next() does one piece, in
-- one transaction, so that it may be cut short anywhere: a piece is done or not. Rows are always
-- read before the transaction takes a lock that readers would wait for.

-- Steps are counted from the first day of a century that began with a Monday, so weeks begin with
-- Mondays, and months and years with their first day.
CREATE FUNCTION dataconnect_mirror_step(day date, step interval, OUT step_from date, OUT step_to date)
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    origin CONSTANT date := '2001-01-01';
    months integer := extract(year FROM step) * 12 + extract(month FROM step);
    days integer := extract(day FROM step);
    n integer;
BEGIN
    IF months > 0 THEN
        n := floor(((extract(year FROM day) - 2001) * 12 + extract(month FROM day) - 1) / months);
        step_from := origin + make_interval(months => n * months);
        step_to := origin + make_interval(months => (n + 1) * months);
    ELSE
        n := floor((day - origin) / days::numeric);
        step_from := origin + n * days;
        step_to := step_from + days;
    END IF;
END $$;

COMMENT ON FUNCTION dataconnect_mirror_step(date, interval)
IS 'the step in which a day lies: its first day, and the day after its last';

CREATE FUNCTION dataconnect_mirror_bounds(mirror regclass, a date, b date, form text)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT format(form, m.by_column,
        @extschema@.dataconnect_mirror_bound(a, t.atttypid, z.zone),
        @extschema@.dataconnect_mirror_bound(b, t.atttypid, z.zone))
    FROM @extschema@.dataconnect_mirror_mine m
    JOIN pg_attribute t ON t.attrelid = m.target AND t.attname = m.by_column,
        LATERAL @extschema@.dataconnect_mirror_zone(m.source, m.by_column) z (zone)
    WHERE m.target = mirror
$$;

COMMENT ON FUNCTION dataconnect_mirror_bounds(regclass, date, date, text)
IS 'form, with the column by which a mirror''s rows are placed and the beginnings of two days filled in, as format() does';

-- The partition before says how the next one is stored, so an ALTER of it lasts.
CREATE FUNCTION dataconnect_mirror_new_partition(mirror regclass, a date, b date)
RETURNS regclass
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
SET TimeZone = 'UTC'
SET DateStyle = 'ISO, YMD'
AS $$
DECLARE
    m @extschema@.dataconnect_mirror_mine := @extschema@.dataconnect_mirror_get(mirror);
    place record;
    model record;
    ends_at CONSTANT timestamptz := @extschema@.dataconnect_mirror_bounds(mirror, b, b, '%2$s');
    partition_name text;
    partition regclass;
BEGIN
    SELECT n.oid, n.nspname, c.relname, c.reltablespace INTO STRICT place
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = mirror;
    SELECT c.reloptions, c.relpersistence = 'u' AS unlogged, c.reltablespace AS tablespace, c.relreplident AS identity, w.amname
    INTO model
    FROM pg_inherits i
    JOIN pg_class c ON c.oid = i.inhrelid AND c.relkind = 'r'
    LEFT JOIN pg_am w ON w.oid = c.relam
    WHERE i.inhparent = mirror
        AND substring(pg_get_expr(c.relpartbound, c.oid), 'TO \(''(.*)''\)')::timestamptz <= ends_at
    ORDER BY substring(pg_get_expr(c.relpartbound, c.oid), 'TO \(''(.*)''\)')::timestamptz DESC NULLS LAST
    LIMIT 1;
    IF NOT FOUND THEN
        SELECT m.storage AS reloptions, m.unlogged, place.reltablespace AS tablespace, 'd'::"char" AS identity, NULL::name AS amname
        INTO model;
    END IF;

    partition_name := @extschema@.dataconnect_mirror_free_name(place.oid, place.relname, to_char(a, '"_p"YYYYMMDD'));
    EXECUTE concat_ws(' ',
        CASE WHEN model.unlogged THEN 'CREATE UNLOGGED TABLE' ELSE 'CREATE TABLE' END,
        format('%I.%I (LIKE %s INCLUDING ALL EXCLUDING INDEXES EXCLUDING IDENTITY)', place.nspname, partition_name, mirror),
        'USING ' || quote_ident(model.amname),
        (SELECT 'WITH (' || string_agg(format('%I = %L', option_name, option_value), ', ') || ')' FROM pg_options_to_table(model.reloptions)),
        'TABLESPACE ' || quote_ident((SELECT spcname FROM pg_tablespace WHERE oid = model.tablespace)));
    partition := format('%I.%I', place.nspname, partition_name)::regclass;
    -- At once: functions in indexes then run with the owner's rights, whoever refreshes.
    PERFORM @extschema@.dataconnect_mirror_give_to_owner(partition, mirror);
    EXECUTE format('ALTER TABLE %s ADD CONSTRAINT dataconnect_mirror_bounds CHECK (%s)', partition,
        @extschema@.dataconnect_mirror_bounds(mirror, a, b, '%1$I IS NOT NULL AND %1$I >= %2$L AND %1$I < %3$L'));
    IF model.identity = 'f' THEN
        EXECUTE format('ALTER TABLE %s REPLICA IDENTITY FULL', partition);
    END IF;
    RETURN partition;
END $$;

COMMENT ON FUNCTION dataconnect_mirror_new_partition(regclass, date, date)
IS 'creates a table for the rows of some days of a mirror, stored as its last partition, without indexes, not attached';

-- After the load, which is faster than before it.
CREATE FUNCTION dataconnect_mirror_complete_partition(mirror regclass, partition regclass)
RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m @extschema@.dataconnect_mirror_mine := @extschema@.dataconnect_mirror_get(mirror);
    statement text;
    tail text;
BEGIN
    FOR statement IN
        SELECT format('ALTER TABLE %s ADD %s', partition, pg_get_constraintdef(o.oid))
        FROM pg_constraint o WHERE o.conrelid = mirror AND o.contype IN ('p', 'u', 'x')
    LOOP
        EXECUTE statement;
    END LOOP;
    FOR statement, tail IN
        SELECT CASE WHEN i.indisunique THEN 'CREATE UNIQUE INDEX' ELSE 'CREATE INDEX' END,
            regexp_replace(pg_get_indexdef(i.indexrelid), '^.*? ON (?:ONLY )?' || regexp_replace(mirror::text, '(\W)', '\\\1', 'g') || ' USING ', '')
        FROM pg_index i
        WHERE i.indrelid = mirror AND NOT EXISTS (SELECT FROM pg_constraint o WHERE o.conindid = i.indexrelid)
    LOOP
        EXECUTE format('%s ON %s USING %s', statement, partition, tail);
    END LOOP;
    IF m.key_columns IS NOT NULL THEN
        EXECUTE format('CREATE UNIQUE INDEX ON %s (%s)', partition,
            (SELECT string_agg(quote_ident(k.name), ', ' ORDER BY k.n) FROM unnest(m.key_columns) WITH ORDINALITY AS k (name, n)));
    END IF;
    EXECUTE format('ANALYZE %s', partition);
END $$;

COMMENT ON FUNCTION dataconnect_mirror_complete_partition(regclass, regclass)
IS 'gives a loaded table the indexes of a mirror, its key and statistics';

-- Tries again while others hold locks, because all that is read would be lost otherwise. Between
-- two tries, those who wait behind this transaction get their turn. A try waits for two locks, that
-- of the mirror and that of its live part, and then works: with a third of lock_timeout for each,
-- no reader waits longer than lock_timeout.
CREATE FUNCTION dataconnect_mirror_locked(mirror regclass, statements text[])
RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
SET TimeZone = 'UTC'
SET DateStyle = 'ISO, YMD'
AS $$
DECLARE
    tries CONSTANT integer := 12;
    given CONSTANT integer := (    -- milliseconds
        SELECT coalesce(nullif(setting::integer, 0), 1000) FROM pg_settings WHERE name = 'lock_timeout');
    longest CONSTANT integer := greatest(given / 3, 1);
    pause CONSTANT double precision := least(0.1, given / 1000.0);
    statement text;
BEGIN
    FOR try IN 1 .. tries LOOP
        BEGIN
            PERFORM set_config('lock_timeout', longest::text, true);
            FOREACH statement IN ARRAY statements LOOP
                EXECUTE statement;
            END LOOP;
            RETURN;
        EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
            IF try = tries THEN
                RAISE EXCEPTION 'could not lock mirror "%"', mirror
                    USING ERRCODE = 'lock_not_available',
                          DETAIL = format('%s tries waited %s ms each for transactions that use it.', tries, longest);
            END IF;
        END;
        PERFORM pg_sleep(pause * least(try, 5));
    END LOOP;
END $$;

COMMENT ON FUNCTION dataconnect_mirror_locked(regclass, text[])
IS 'executes statements that lock a mirror, all or none; waits at most a third of lock_timeout (or of 1s if it is 0) for each lock, and tries 12 times (then 55P03)';

CREATE FUNCTION dataconnect_mirror_staged(mirror regclass)
RETURNS regclass
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    temporary text := format('dataconnect_staged_%s', mirror::oid);
BEGIN
    EXECUTE format('CREATE TEMP TABLE %I ON COMMIT DROP AS SELECT %s FROM %s WITH NO DATA', temporary,
        (SELECT string_agg(quote_ident(s.column_name), ', ') FROM @extschema@.dataconnect_mirror_stored(mirror) s), mirror);
    PERFORM @extschema@.dataconnect_mirror_lend(mirror, format('pg_temp.%I', temporary)::regclass);
    RETURN format('pg_temp.%I', temporary)::regclass;
END $$;

COMMENT ON FUNCTION dataconnect_mirror_staged(regclass)
IS 'creates an empty temporary table, until the transaction ends, with the columns of a mirror that are loaded';

-- Steps may have been changed since periods were loaded, so periods are told by what is known of
-- them.  A day after the last one belongs to the period that ends there, if their step is the same.
CREATE FUNCTION dataconnect_mirror_period(mirror regclass, day date, OUT period_from date, OUT period_to date)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(here.period_from, before.period_from, day),
        least(coalesce(here.period_to, s.step_to), (
            SELECT min(p.period_from) FROM @extschema@.dataconnect_mirror_period_mine p
            WHERE p.target = mirror AND p.period_from > day))
    FROM @extschema@.dataconnect_mirror_mine m
        CROSS JOIN LATERAL @extschema@.dataconnect_mirror_step(day, m.step) s
        LEFT JOIN LATERAL (
            SELECT p.period_from, p.period_to FROM @extschema@.dataconnect_mirror_period_mine p
            WHERE p.target = mirror AND p.period_from <= day AND p.period_to > day
            ORDER BY p.period_from DESC LIMIT 1) here ON true
        LEFT JOIN LATERAL (
            SELECT p.period_from FROM @extschema@.dataconnect_mirror_period_mine p
            WHERE p.target = mirror AND p.period_to = day AND p.period_from >= s.step_from
            ORDER BY p.period_from DESC LIMIT 1) before ON true
    WHERE m.target = mirror
$$;

COMMENT ON FUNCTION dataconnect_mirror_period(regclass, date)
IS 'the period in which a day lies, or would be loaded: its first day, and the day after its last';

CREATE FUNCTION dataconnect_mirror_record(
    mirror regclass,
    a date,
    b date,
    records bigint,
    rejected bigint,
    request text,
    replaces boolean,
    loaded_at timestamptz DEFAULT clock_timestamp())
RETURNS void
LANGUAGE sql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
    INSERT INTO @extschema@.dataconnect_mirror_period_mine AS p (target, period_from, period_to, loaded_at, records, rejected, request)
    VALUES (mirror, a, b, $8, $4, $5, $6)
    ON CONFLICT (target, period_from) DO UPDATE
    SET period_to = greatest(p.period_to, excluded.period_to),
        loaded_at = excluded.loaded_at,
        records = CASE WHEN replaces THEN 0 ELSE p.records END + excluded.records,
        rejected = CASE WHEN replaces THEN 0 ELSE p.rejected END + excluded.rejected,
        request = excluded.request
$$;

COMMENT ON FUNCTION dataconnect_mirror_record(regclass, date, date, bigint, bigint, text, boolean, timestamptz)
IS 'notes what was loaded of a period: in place of what was known of it, or added to it';

-- Days that have no partition yet. Without a live part nothing is taken from readers, so the
-- table, which may end later, is attached at once.
CREATE FUNCTION dataconnect_mirror_load_new(mirror regclass, a date, b date, ends date)
RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m @extschema@.dataconnect_mirror_mine := @extschema@.dataconnect_mirror_get(mirror);
    partition regclass := @extschema@.dataconnect_mirror_new_partition(mirror, a, ends);
    load record;
BEGIN
    SELECT * INTO load FROM @extschema@.dataconnect_mirror_fill(mirror, a, b, partition);
    PERFORM @extschema@.dataconnect_mirror_complete_partition(mirror, partition);
    PERFORM @extschema@.dataconnect_mirror_moved(mirror, partition, a, b);
    IF m.live_table IS NOT NULL THEN
        PERFORM @extschema@.dataconnect_mirror_keep(mirror, partition, a, b, load.records, load.rejected, load.request, NULL);
        RETURN;
    END IF;
    PERFORM @extschema@.dataconnect_mirror_locked(mirror, ARRAY[
        format('LOCK TABLE ONLY %s IN SHARE UPDATE EXCLUSIVE MODE', mirror),
        format('SELECT @extschema@.dataconnect_mirror_check_code(%s, %s)', mirror::oid, partition::oid),
        'ALTER TABLE ' || mirror || ' ATTACH PARTITION ' || partition || ' '
            || @extschema@.dataconnect_mirror_bounds(mirror, a, ends, 'FOR VALUES FROM (%2$L) TO (%3$L)')]);
    EXECUTE format('ALTER TABLE %s DROP CONSTRAINT dataconnect_mirror_bounds', partition);
    UPDATE @extschema@.dataconnect_mirror_mine SET horizon = b WHERE target = mirror;
    PERFORM @extschema@.dataconnect_mirror_record(mirror, a, b, load.records, load.rejected, load.request, true);
END $$;

COMMENT ON FUNCTION dataconnect_mirror_load_new(regclass, date, date, date)
IS 'loads the days of a mirror from a to before b into a new table, which is attached later; without a live part it is attached at once, up to before ends, and the horizon moves to b';

-- Days that may be here already: only what differs is written.
CREATE FUNCTION dataconnect_mirror_reread(mirror regclass, period_from date, a date, b date, period_to date)
RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    staged regclass := @extschema@.dataconnect_mirror_staged(mirror);
    load record;
    difference record;
    whole boolean;
BEGIN
    SELECT * INTO load FROM @extschema@.dataconnect_mirror_read(mirror, a, b, staged);
    SELECT * INTO difference FROM @extschema@.dataconnect_mirror_apply(mirror, staged, a, b);
    -- All of a period is counted anew: rows may have gone with a partition.
    whole := a = period_from AND NOT EXISTS (
        SELECT FROM @extschema@.dataconnect_mirror_period_mine p
        WHERE p.target = mirror AND p.period_from = dataconnect_mirror_reread.period_from AND p.period_to > b);
    PERFORM @extschema@.dataconnect_mirror_record(mirror, period_from, b,
        CASE WHEN whole THEN load.records ELSE difference.added - difference.vanished END, 0, load.request, whole);
    UPDATE @extschema@.dataconnect_mirror_period_mine p
    SET added = difference.added, changed = difference.changed, vanished = difference.vanished,
        rejected = CASE WHEN whole THEN load.rejected ELSE greatest(p.rejected, load.rejected) END
    WHERE p.target = mirror AND p.period_from = dataconnect_mirror_reread.period_from;
    UPDATE @extschema@.dataconnect_mirror_mine m SET horizon = greatest(m.horizon, b) WHERE m.target = mirror;
END $$;

COMMENT ON FUNCTION dataconnect_mirror_reread(regclass, date, date, date, date)
IS 'reads days of a mirror again, from a to before b, and writes the rows that are new, changed or gone; period_from and period_to are those of their period';

-- The work of one transaction. progress has the days that are read again, from "at" to "until";
-- "busy" once readers have kept their locks, "deadline" once only older snapshots are waited for.
CREATE FUNCTION dataconnect_mirror_work(mirror regclass, progress jsonb)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
SET DateStyle = 'ISO, YMD'
AS $$
DECLARE
    m @extschema@.dataconnect_mirror_mine := @extschema@.dataconnect_mirror_get(mirror);
    today date := @extschema@.dataconnect_mirror_today(m.source, m.by_column);
    goal date := CASE WHEN m.live = '0' THEN today + 1 ELSE (today - m.live)::date END;
    day date := progress ->> 'at';
    until date := least((progress ->> 'until')::date, m.horizon);
    loaded date := m.horizon;
    ends date;
    late date;
    pending regclass := @extschema@.dataconnect_mirror_attachable(mirror);
    period record;
    place record;
    step record;
BEGIN
    IF m.by_column IS NULL THEN
        PERFORM @extschema@.dataconnect_mirror_whole(mirror, (progress ->> 'only')::boolean);
        RETURN NULL;
    END IF;

    IF pending IS NOT NULL AND NOT progress ? 'busy' THEN
        BEGIN
            late := @extschema@.dataconnect_mirror_attach(mirror, pending, (progress ->> 'began')::timestamptz);
        EXCEPTION WHEN lock_not_available THEN
            RETURN progress || '{"busy": true}';
        END;
        RETURN @extschema@.dataconnect_mirror_attached(mirror, progress, late);
    END IF;

    IF jsonb_array_length(progress -> 'lost') > 0 THEN
        SELECT * INTO period FROM @extschema@.dataconnect_mirror_period(mirror, (progress #>> '{lost,0}')::date);
        PERFORM @extschema@.dataconnect_mirror_reread(mirror, period.period_from, period.period_from,
            least(period.period_to, m.horizon), period.period_to);
        RETURN progress #- '{lost,0}';
    END IF;

    -- What is late comes first: days leave its range when the horizon moves.
    day := greatest(day, m.since);
    IF day < until THEN
        SELECT * INTO period FROM @extschema@.dataconnect_mirror_period(mirror, day);
        PERFORM @extschema@.dataconnect_mirror_reread(mirror, period.period_from, day, least(period.period_to, until), period.period_to);
        RETURN progress || jsonb_build_object('at', least(period.period_to, until));
    END IF;
    IF (progress ->> 'only')::boolean THEN
        RETURN NULL;
    END IF;

    -- After the pending tables, or between two of them.
    LOOP
        SELECT p.period_to INTO ends FROM @extschema@.dataconnect_mirror_pending_mine p
        WHERE p.target = mirror AND p.folded IS NULL AND p.period_from = loaded;
        EXIT WHEN NOT FOUND;
        loaded := ends;
    END LOOP;
    IF loaded < goal THEN
        SELECT * INTO period FROM @extschema@.dataconnect_mirror_period(mirror, loaded);
        ends := least(period.period_to, goal);
        -- The local partition in which the horizon lies.  If the step was changed, or partitions
        -- were joined, it need not begin with a step.
        SELECT t.from_day, t.to_day INTO place
        FROM @extschema@.dataconnect_mirror_partitions(mirror) t
        WHERE t.from_day <= loaded AND t.to_day > loaded AND t.partition IS DISTINCT FROM m.live_table
        LIMIT 1;
        IF NOT m.managed OR place.to_day > loaded THEN
            PERFORM @extschema@.dataconnect_mirror_reread(mirror, period.period_from, m.horizon, least(ends, place.to_day), period.period_to);
        ELSIF m.live_table IS NULL THEN
            PERFORM @extschema@.dataconnect_mirror_load_new(mirror, m.horizon, ends, period.period_to);
        ELSE
            SELECT least(ends, min(p.period_from)) INTO ends FROM @extschema@.dataconnect_mirror_pending_mine p
            WHERE p.target = mirror AND p.folded IS NULL AND p.period_from > loaded;
            PERFORM @extschema@.dataconnect_mirror_load_new(mirror, loaded, ends, ends);
        END IF;
        RETURN progress;
    END IF;

    IF m.managed AND m.live_table IS NOT NULL THEN
        SELECT * INTO step FROM @extschema@.dataconnect_mirror_foldable(mirror, (progress ->> 'folded')::date);
        IF step.b IS NOT NULL THEN
            BEGIN
                PERFORM @extschema@.dataconnect_mirror_fold(mirror, step.a, step.b);
            EXCEPTION WHEN unique_violation OR lock_not_available THEN
                RAISE WARNING 'partitions of mirror "%" from % to before % stay as they are: %', mirror, step.a, step.b, SQLERRM;
            END;
            RETURN progress || jsonb_build_object('folded', step.b);
        END IF;
    END IF;

    -- In the end.
    IF pending IS NOT NULL THEN
        RETURN @extschema@.dataconnect_mirror_attached(mirror, progress,
            @extschema@.dataconnect_mirror_attach(mirror, pending, (progress ->> 'began')::timestamptz));
    ELSIF EXISTS (SELECT FROM @extschema@.dataconnect_mirror_pending_mine p WHERE p.target = mirror) THEN
        IF NOT progress ? 'deadline' THEN
            progress := progress || jsonb_build_object('deadline', clock_timestamp() + @extschema@.dataconnect_mirror_patience());
        ELSIF clock_timestamp() > (progress ->> 'deadline')::timestamptz THEN
            RAISE EXCEPTION 'transactions have snapshots from before the load of mirror "%"', mirror
                USING ERRCODE = 'lock_not_available',
                      DETAIL = (
                          SELECT format('They would miss the rows from %s on, which are loaded and not yet in place. One is that of %s.',
                              min(p.period_from), min(@extschema@.dataconnect_mirror_old_snapshot(p.loaded_xid)))
                          FROM @extschema@.dataconnect_mirror_pending_mine p WHERE p.target = mirror);
        END IF;
        RETURN progress;
    END IF;
    RETURN NULL;
END $$;

COMMENT ON FUNCTION dataconnect_mirror_work(regclass, jsonb)
IS 'one piece of a refresh; returns what dataconnect_mirror_next() is to go on with, or NULL at the end';

CREATE FUNCTION dataconnect_mirror_attached(mirror regclass, progress jsonb, late date)
RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET DateStyle = 'ISO, YMD'
AS $$
    SELECT CASE WHEN $3 IS NULL OR (progress ->> 'only')::boolean THEN progress - 'deadline'
        ELSE progress - 'deadline' || jsonb_build_object('at', least((progress ->> 'at')::date, $3), 'until', m.horizon) END
    FROM @extschema@.dataconnect_mirror_mine m WHERE m.target = mirror
$$;

COMMENT ON FUNCTION dataconnect_mirror_attached(regclass, jsonb, date)
IS 'how a refresh goes on after a table was attached: if it was loaded by another one, days from late on are read again';

-- Begins a refresh: what an earlier one has loaded is attached first, one table in each
-- transaction; then it is known what is to be read again.
CREATE FUNCTION dataconnect_mirror_begin(mirror regclass, "from" date, "to" date, progress jsonb)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
SET DateStyle = 'ISO, YMD'
AS $$
DECLARE
    first ALIAS FOR $2;
    past ALIAS FOR $3;
    m @extschema@.dataconnect_mirror_mine;
    began CONSTANT text := coalesce(progress ->> 'began', clock_timestamp()::text);
    pending regclass;
    late date;
BEGIN
    PERFORM @extschema@.dataconnect_mirror_check(mirror);
    PERFORM @extschema@.dataconnect_mirror_follow_source(mirror);
    PERFORM @extschema@.dataconnect_mirror_tidy(mirror);
    pending := @extschema@.dataconnect_mirror_attachable(mirror);
    progress := jsonb_build_object('began', began) || coalesce(progress, '{}') - 'begins';
    IF pending IS NOT NULL AND NOT progress ? 'busy' THEN
        BEGIN
            late := least((progress ->> 'late')::date, @extschema@.dataconnect_mirror_attach(mirror, pending, began::timestamptz));
            RETURN progress || jsonb_strip_nulls(jsonb_build_object('begins', true, 'late', late));
        EXCEPTION WHEN lock_not_available THEN
            progress := progress || '{"busy": true}';
        END;
    END IF;

    m := @extschema@.dataconnect_mirror_get(mirror);
    IF first IS NULL AND past IS NULL THEN
        -- Without a live part, the last day was not over when it was loaded.
        RETURN progress || jsonb_build_object('only', false, 'lost', @extschema@.dataconnect_mirror_lost(mirror), 'until', m.horizon, 'at',
            least((progress ->> 'late')::date,
                CASE WHEN m.live = '0' THEN least((m.horizon - m.late)::date, m.horizon - 1) ELSE (m.horizon - m.late)::date END));
    END IF;
    IF m.by_column IS NULL THEN
        RETURN progress || jsonb_build_object('only', true);
    ELSIF coalesce(first, m.since) >= coalesce(past, m.horizon) OR first >= m.horizon OR past <= m.since THEN
        RAISE EXCEPTION 'no loaded day of mirror "%" is from % to before %', mirror, coalesce(first, m.since), coalesce(past, m.horizon)
            USING ERRCODE = 'invalid_parameter_value',
                  DETAIL = format('It is loaded from %s to before %s.', m.since, m.horizon);
    END IF;
    RETURN progress || jsonb_build_object('only', true, 'at', coalesce(first, m.since), 'until', coalesce(past, m.horizon));
END $$;

COMMENT ON FUNCTION dataconnect_mirror_begin(regclass, date, date, jsonb)
IS 'checks a mirror, follows changes of its source, and returns what dataconnect_mirror_next() is to do; fails for days that are not loaded (22023)';

CREATE FUNCTION dataconnect_mirror_raise(code text, message text, detail text, hint text)
RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF detail IS NULL AND hint IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = code, MESSAGE = message;
    ELSIF detail IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = code, MESSAGE = message, HINT = hint;
    ELSIF hint IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = code, MESSAGE = message, DETAIL = detail;
    END IF;
    RAISE EXCEPTION USING ERRCODE = code, MESSAGE = message, DETAIL = detail, HINT = hint;
END $$;

COMMENT ON FUNCTION dataconnect_mirror_raise(text, text, text, text)
IS 'raises an error that was caught and recorded';

CREATE FUNCTION dataconnect_mirror_lock(mirror regclass)
RETURNS bigint
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 1684237312::bigint << 32 | mirror::oid::bigint
$$;

COMMENT ON FUNCTION dataconnect_mirror_lock(regclass)
IS 'the number of the advisory lock that whoever changes a mirror has';

CREATE FUNCTION dataconnect_mirror_next(mirror regclass, "from" date, "to" date, progress jsonb)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
SET standard_conforming_strings = on
SET TimeZone = 'UTC'
SET DateStyle = 'ISO, YMD'
SET IntervalStyle = 'postgres'
SET extra_float_digits = 1
AS $$
DECLARE
    -- Refreshes that a service that is down, or readers with locks, only put off.
    put_off CONSTANT text[] := ARRAY['HV00N', 'HV00M', 'HV000', '53400', '55P03'];
    code text;
    message text;
    detail text;
    hint text;
BEGIN
    IF progress ? 'error' THEN
        PERFORM @extschema@.dataconnect_mirror_raise(progress #>> '{error,code}', progress #>> '{error,message}',
            progress #>> '{error,detail}', progress #>> '{error,hint}');
    ELSIF mirror IS NULL THEN
        RAISE EXCEPTION 'mirror must be a table' USING ERRCODE = 'null_value_not_allowed';
    ELSIF current_setting('transaction_isolation') <> 'read committed' THEN
        -- Else what another refresh has just done would not be seen.
        RAISE EXCEPTION 'a refresh needs the isolation level READ COMMITTED'
            USING ERRCODE = 'invalid_transaction_state', HINT = 'SET default_transaction_isolation = ''read committed'';';
    END IF;
    IF NOT EXISTS (SELECT FROM @extschema@.dataconnect_mirror_mine WHERE target = mirror) THEN
        PERFORM @extschema@.dataconnect_mirror_check(mirror);    -- says why
    END IF;
    IF clock_timestamp() < (progress ->> 'deadline')::timestamptz
        AND @extschema@.dataconnect_mirror_attachable(mirror) IS NULL
        AND EXISTS (SELECT FROM @extschema@.dataconnect_mirror_pending_mine WHERE target = mirror)
    THEN
        RETURN progress;
    END IF;
    -- Citus cannot write by other connections once it has read shards by this one.
    IF @extschema@.dataconnect_mirror_is_distributed(mirror) THEN
        PERFORM set_config('citus.enable_local_execution', 'off', true);
    END IF;
    IF NOT pg_try_advisory_xact_lock(@extschema@.dataconnect_mirror_lock(mirror)) THEN
        RAISE NOTICE 'mirror "%" is being refreshed by another session', mirror;
        RETURN NULL;
    END IF;
    -- No refresh waits for the snapshot of another one, see dataconnect_mirror_old_snapshot().
    PERFORM pg_advisory_xact_lock_shared(1684237313::bigint << 32);

    BEGIN
        IF progress IS NULL OR progress ? 'begins' THEN
            RETURN @extschema@.dataconnect_mirror_begin(mirror, $2, $3, progress);
        END IF;
        -- The tables may have been altered since the piece before.  What follows from that is
        -- committed first, because its locks would hold up readers for as long as a load lasts.
        PERFORM @extschema@.dataconnect_mirror_check(mirror);
        PERFORM @extschema@.dataconnect_mirror_follow_source(mirror);
        PERFORM @extschema@.dataconnect_mirror_tidy(mirror);
        IF pg_current_xact_id_if_assigned() IS NOT NULL AND NOT progress ? 'followed' THEN
            RETURN progress || '{"followed": true}';
        END IF;
        progress := @extschema@.dataconnect_mirror_work(mirror, progress - 'followed');
        IF progress IS NULL THEN
            UPDATE @extschema@.dataconnect_mirror_mine SET refreshed_at = clock_timestamp(), result = 'ok' WHERE target = mirror;
        END IF;
        RETURN progress;
    EXCEPTION WHEN OTHERS THEN
        GET STACKED DIAGNOSTICS code = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
    END;
    detail := nullif(detail, '');
    hint := nullif(hint, '');
    IF (progress IS NULL OR progress ? 'begins') AND code = '22023' THEN
        -- The call was wrong, and not the mirror.
        PERFORM @extschema@.dataconnect_mirror_raise(code, message, detail, hint);
    END IF;
    UPDATE @extschema@.dataconnect_mirror_mine
    SET refreshed_at = clock_timestamp(), result = format('%s: %s', code, message) WHERE target = mirror;
    IF code = ANY (put_off) THEN
        RAISE WARNING 'refresh of mirror "%" ended early: %', mirror, message
            USING DETAIL = coalesce(detail, 'SQLSTATE ' || code || '.'),
                  HINT = coalesce(hint || ' ', '') || 'The next refresh goes on where this one ended.';
        RETURN NULL;
    END IF;
    RETURN jsonb_build_object('error', jsonb_strip_nulls(jsonb_build_object('code', code, 'message', message, 'detail', detail, 'hint', hint)));
END $$;

COMMENT ON FUNCTION dataconnect_mirror_next(regclass, date, date, jsonb)
IS 'the work of one transaction of dataconnect_refresh(): progress is NULL at first, then what the call before returned; returns NULL at the end';

CREATE FUNCTION dataconnect_mirror_may_commit()
RETURNS void
AS 'MODULE_PATHNAME'
LANGUAGE C VOLATILE;

COMMENT ON FUNCTION dataconnect_mirror_may_commit()
IS 'fails inside of a transaction block (25001)';

-- No SET, because a procedure with one cannot commit. So nothing here may depend on the caller's
-- search_path: no operator, and no name without a schema.
CREATE PROCEDURE dataconnect_refresh(mirror regclass, "from" date DEFAULT NULL, "to" date DEFAULT NULL)
LANGUAGE plpgsql
AS $$
DECLARE
    progress pg_catalog.jsonb;
BEGIN
    PERFORM @extschema@.dataconnect_mirror_may_commit();
    LOOP
        progress := @extschema@.dataconnect_mirror_next(mirror, $2, $3, progress);
        COMMIT;
        EXIT WHEN progress IS NULL;
        PERFORM @extschema@.dataconnect_mirror_nap(progress);
    END LOOP;
END $$;

COMMENT ON PROCEDURE dataconnect_refresh(regclass, date, date)
IS 'refreshes a mirror: reads the last days that are here again (late), loads what is missing up to the horizon, and commits after each period; with "from" or "to", only reads these days again, from the first to before the second (of a whole table, all rows, also if the service says that nothing has changed); may be cut short at any time, and goes on the next time; returns with a notice if another session refreshes the mirror, with a warning if the service cannot answer (HV00N, HV00M, HV000, 53400) or readers hold their locks or snapshots for long (55P03: what is loaded by then is put in place by the next refresh); fails inside of a transaction block (25001), for days that are not loaded (22023), for tables that are no mirrors (42809), for others'' mirrors (42501), and if the target or the source was changed so that it cannot go on (55000); for example: CALL dataconnect_refresh(''sales'')';
