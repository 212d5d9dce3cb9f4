-- The mirror, part 5: tables that are loaded, and wait until they may become partitions.
--
-- A transaction sees the catalogs as they are now, but rows as its snapshot has them. If a table
-- were attached whose rows a snapshot does not see, its reader would lose these days without an
-- error: the live part begins later, and the rows are not there. So a table is loaded and
-- committed first. It is attached once no snapshot is older than its rows, as CREATE INDEX
-- CONCURRENTLY does it. Until then the service answers its days.

CREATE FUNCTION dataconnect_mirror_goes_with(pending regclass, target regclass)
RETURNS void
AS 'MODULE_PATHNAME'
LANGUAGE C VOLATILE STRICT;

COMMENT ON FUNCTION dataconnect_mirror_goes_with(regclass, regclass)
IS 'lets a table be dropped with a mirror, as a partition is; fails unless the caller owns both (42501)';

-- A snapshot that does not see a transaction has an xmin that is not after it. The xmin of a
-- session is that of its oldest snapshot, also of one that was imported or that a parallel worker
-- has. Everyone may see it. VACUUM has one, but reads no rows of a mirror; a refresh of another
-- mirror reads that one alone, and each of its statements has a snapshot of its own. A standby's is
-- that of its walsender or slot, with hot_standby_feedback alone.
CREATE FUNCTION dataconnect_mirror_old_snapshot(loaded xid8)
RETURNS text
LANGUAGE sql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH now AS MATERIALIZED (
        SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS next
    )
    SELECT holder
    FROM now, (
        SELECT 'process ' || a.pid, a.backend_xmin
        FROM pg_stat_get_activity(NULL) a
        WHERE a.pid <> pg_backend_pid()
            AND (a.datid = 0 OR a.datid IS NULL OR a.datid = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database()))
            AND a.pid NOT IN (SELECT v.pid FROM pg_stat_progress_vacuum v)
            AND a.pid NOT IN (SELECT l.pid FROM pg_locks l WHERE l.locktype = 'advisory' AND l.classid = 1684237313
                AND l.objid = 0 AND l.database = a.datid AND l.mode = 'ShareLock' AND l.granted)
        UNION ALL
        SELECT format('replication slot "%s"', s.slot_name), s.xmin
        FROM pg_replication_slots s) h (holder, xmin)
    WHERE h.xmin IS NOT NULL
        -- The 32 bits of an xmin are within 2^31 of the next transaction's.
        AND now.next - (4294967296 + now.next % 4294967296 - h.xmin::text::bigint + 2147483648) % 4294967296 + 2147483648
            <= loaded::text::bigint
    LIMIT 1
$$;

COMMENT ON FUNCTION dataconnect_mirror_old_snapshot(xid8)
IS 'who has a snapshot that may not see what a transaction has committed (a process, or a replication slot for its standby), or NULL if nobody';

-- What a pending table was made for. A change of it makes the table useless.
CREATE FUNCTION dataconnect_mirror_shape(mirror regclass)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT md5(concat_ws(E'\n', m.source::text, s.srvname, t.ftoptions::text, m.by_column, m.key_columns::text, m.params, m.outside,
        @extschema@.dataconnect_mirror_zone(m.source, m.by_column),
        (SELECT string_agg(concat_ws(' ', quote_ident(a.attname), format_type(a.atttypid, a.atttypmod), a.attcollation::regcollation,
                a.attnotnull, a.attgenerated, pg_get_expr(d.adbin, d.adrelid)), ', ' ORDER BY a.attname)
         FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum AND a.attgenerated <> ''
         WHERE a.attrelid = mirror AND a.attnum > 0 AND NOT a.attisdropped),
        (SELECT string_agg(d.def, ', ' ORDER BY d.def)
         FROM (SELECT pg_get_constraintdef(o.oid) FROM pg_constraint o WHERE o.conrelid = mirror
             UNION ALL SELECT regexp_replace(pg_get_indexdef(i.indexrelid), '^.*? USING ', '') FROM pg_index i WHERE i.indrelid = mirror) d (def)),
        (SELECT string_agg(concat_ws(' ', quote_ident(c.column_name), c.type, c.options::text), ', ' ORDER BY c.column_name)
         FROM @extschema@.dataconnect_mirror_columns(m.source) c)))
    FROM @extschema@.dataconnect_mirror_mine m
        JOIN pg_foreign_table t ON t.ftrelid = m.source
        JOIN pg_foreign_server s ON s.oid = t.ftserver
    WHERE m.target = mirror
$$;

COMMENT ON FUNCTION dataconnect_mirror_shape(regclass)
IS 'a hash of all that the rows and the definition of a mirror''s partition depend on';

-- Every change of a table's rows changes the set of these; VACUUM does not.
CREATE FUNCTION dataconnect_mirror_fingerprint(partitions regclass[])
RETURNS text
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    partition regclass;
    part text;
    fingerprint text;
BEGIN
    FOREACH partition IN ARRAY partitions LOOP
        EXECUTE format('SELECT concat_ws('' '', %L, count(*), sum(hashtextextended(r.ctid::text || r.xmin::text, 0))) FROM ONLY %s r',
            partition::oid, partition) INTO part;
        fingerprint := concat_ws(', ', fingerprint, part);
    END LOOP;
    RETURN fingerprint;
END $$;

COMMENT ON FUNCTION dataconnect_mirror_fingerprint(regclass[])
IS 'a text that is another one once any row of the tables was written';

CREATE FUNCTION dataconnect_mirror_keep(
    mirror regclass,
    pending regclass,
    a date,
    b date,
    records bigint,
    rejected bigint,
    request text,
    folded text)
RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM @extschema@.dataconnect_mirror_goes_with(pending, mirror);
    EXECUTE format('COMMENT ON TABLE %s IS %L', pending,
        format('days of %s that are loaded, and attached by a refresh once no transaction has an older snapshot', mirror));
    INSERT INTO @extschema@.dataconnect_mirror_pending_mine (target, pending, table_oid, period_from, period_to,
        loaded_at, loaded_xid, records, rejected, request, shape, folded)
    VALUES (mirror, $2, $2::oid, a, b, clock_timestamp(), pg_current_xact_id(), $5, $6, $7,
        @extschema@.dataconnect_mirror_shape(mirror), $8);
END $$;

COMMENT ON FUNCTION dataconnect_mirror_keep(regclass, regclass, date, date, bigint, bigint, text, text)
IS 'notes a table that is loaded with days of a mirror and is to be attached by a later transaction; folded is the fingerprint of the partitions that it replaces, or NULL';

-- The caller may be a superuser, and the owner of a mirror may write its state.
CREATE FUNCTION dataconnect_mirror_pending_fault(mirror regclass, pending regclass)
RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m @extschema@.dataconnect_mirror_mine := @extschema@.dataconnect_mirror_get(mirror);
    p @extschema@.dataconnect_mirror_pending_mine;
    c record;
BEGIN
    SELECT * INTO p FROM @extschema@.dataconnect_mirror_pending_mine q WHERE q.target = mirror AND q.pending = $2;
    SELECT * INTO c FROM pg_class t WHERE t.oid = $2;
    IF NOT FOUND OR c.relkind <> 'r' OR c.relispartition
        OR c.relowner <> (SELECT t.relowner FROM pg_class t WHERE t.oid = mirror)
            AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = $2
                AND d.refclassid = 'pg_class'::regclass AND d.refobjid = mirror AND d.deptype = 'a')
    THEN
        RETURN 'is not its own';
    ELSIF m.live_table IS NULL OR p.period_from >= p.period_to OR p.period_from < m.since
        OR p.folded IS NULL AND p.period_from < m.horizon OR p.folded IS NOT NULL AND p.period_to > m.horizon
    THEN
        RETURN 'is for days that are in place';
    ELSIF p.shape <> @extschema@.dataconnect_mirror_shape(mirror) THEN
        RETURN 'was loaded before the mirror or its foreign table was altered';
    ELSIF EXISTS (
            (SELECT a.attname, a.atttypid, a.atttypmod, a.attcollation FROM pg_attribute a WHERE a.attrelid = mirror AND a.attnum > 0 AND NOT a.attisdropped)
            EXCEPT (SELECT a.attname, a.atttypid, a.atttypmod, a.attcollation FROM pg_attribute a WHERE a.attrelid = $2 AND a.attnum > 0 AND NOT a.attisdropped))
        OR EXISTS (
            (SELECT a.attname FROM pg_attribute a WHERE a.attrelid = $2 AND a.attnum > 0 AND NOT a.attisdropped)
            EXCEPT (SELECT a.attname FROM pg_attribute a WHERE a.attrelid = mirror AND a.attnum > 0 AND NOT a.attisdropped))
        OR NOT EXISTS (
            SELECT FROM pg_constraint o WHERE o.conrelid = $2 AND o.conname = 'dataconnect_mirror_bounds' AND o.convalidated)
    THEN
        RETURN 'was altered';
    ELSIF p.records > 0 AND pg_relation_size($2) = 0 THEN
        RETURN 'has lost its rows';
    END IF;
    RETURN NULL;
END $$;

COMMENT ON FUNCTION dataconnect_mirror_pending_fault(regclass, regclass)
IS 'why a pending table of a mirror cannot be attached, or NULL if it can';

CREATE FUNCTION dataconnect_mirror_tidy(mirror regclass)
RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    p record;
    fault text;
    name text;
BEGIN
    FOR p IN SELECT * FROM @extschema@.dataconnect_mirror_pending_mine q WHERE q.target = mirror ORDER BY q.period_from LOOP
        fault := @extschema@.dataconnect_mirror_pending_fault(mirror, p.pending);
        name := p.pending;
        IF fault IS NOT NULL THEN
            DELETE FROM @extschema@.dataconnect_mirror_pending_mine q WHERE q.target = mirror AND q.pending = p.pending;
            IF fault <> 'is not its own' THEN
                PERFORM @extschema@.dataconnect_mirror_locked(mirror, ARRAY['DROP TABLE ' || p.pending]);
            END IF;
            RAISE NOTICE 'a table with loaded days of mirror "%" is given up: they are loaded again', mirror
                USING DETAIL = format('Table "%s", from %s to before %s, %s.', name, p.period_from, p.period_to, fault);
            CONTINUE;
        END IF;
        -- After a restore. What the dump says of transactions is of another server.
        IF NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = p.pending
            AND d.refclassid = 'pg_class'::regclass AND d.refobjid = mirror AND d.deptype = 'a')
        THEN
            PERFORM @extschema@.dataconnect_mirror_goes_with(p.pending, mirror);
        END IF;
        IF p.table_oid <> p.pending::oid OR p.loaded_xid >= pg_snapshot_xmax(pg_current_snapshot()) THEN
            UPDATE @extschema@.dataconnect_mirror_pending_mine q SET table_oid = p.pending::oid, loaded_xid = pg_current_xact_id()
            WHERE q.target = mirror AND q.pending = p.pending;
        END IF;
        PERFORM @extschema@.dataconnect_mirror_follow_owner(mirror, (SELECT c.relowner FROM pg_class c WHERE c.oid = mirror), p.pending);
    END LOOP;
END $$;

COMMENT ON FUNCTION dataconnect_mirror_tidy(regclass)
IS 'drops pending tables of a mirror that cannot be attached, with a notice, and makes restored ones known';

CREATE FUNCTION dataconnect_mirror_attachable(mirror regclass)
RETURNS regclass
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    p record;
BEGIN
    FOR p IN
        SELECT q.pending, q.loaded_xid
        FROM @extschema@.dataconnect_mirror_pending_mine q
            JOIN @extschema@.dataconnect_mirror_mine m ON m.target = q.target
        WHERE q.target = mirror AND (q.folded IS NOT NULL OR q.period_from = m.horizon)
        ORDER BY q.period_from
    LOOP
        IF @extschema@.dataconnect_mirror_old_snapshot(p.loaded_xid) IS NULL THEN
            RETURN p.pending;
        END IF;
    END LOOP;
    RETURN NULL;
END $$;

COMMENT ON FUNCTION dataconnect_mirror_attachable(regclass)
IS 'the next pending table of a mirror that every snapshot sees, or NULL';

-- Days that a refresh since the load would have read again are late.
CREATE FUNCTION dataconnect_mirror_attach(mirror regclass, pending regclass, began timestamptz)
RETURNS date
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
SET DateStyle = 'ISO, YMD'
AS $$
DECLARE
    m @extschema@.dataconnect_mirror_mine := @extschema@.dataconnect_mirror_get(mirror);
    p @extschema@.dataconnect_mirror_pending_mine;
    first date;
    late date;
BEGIN
    SELECT * INTO STRICT p FROM @extschema@.dataconnect_mirror_pending_mine q WHERE q.target = mirror AND q.pending = $2;
    IF p.folded IS NOT NULL THEN
        PERFORM @extschema@.dataconnect_mirror_attach_fold(mirror, pending);
        RETURN NULL;
    END IF;
    PERFORM @extschema@.dataconnect_mirror_locked(mirror, ARRAY[
        format('ALTER TABLE %s DETACH PARTITION %s', mirror, m.live_table),
        format('LOCK TABLE ONLY %s IN ACCESS EXCLUSIVE MODE', pending),
        format('SELECT @extschema@.dataconnect_mirror_check_code(%s)', mirror::oid),
        format('ALTER TABLE %s ATTACH PARTITION %s ', mirror, pending)
            || @extschema@.dataconnect_mirror_bounds(mirror, p.period_from, p.period_to, 'FOR VALUES FROM (%2$L) TO (%3$L)'),
        format('ALTER TABLE %s ATTACH PARTITION %s ', mirror, m.live_table)
            || @extschema@.dataconnect_mirror_bounds(mirror, p.period_to, p.period_to, 'FOR VALUES FROM (%2$L) TO (MAXVALUE)')]);
    EXECUTE format('ALTER TABLE %s DROP CONSTRAINT dataconnect_mirror_bounds', pending);
    EXECUTE format('COMMENT ON TABLE %s IS NULL', pending);
    DELETE FROM @extschema@.dataconnect_mirror_pending_mine q WHERE q.target = mirror AND q.pending = $2;
    UPDATE @extschema@.dataconnect_mirror_mine SET horizon = p.period_to WHERE target = mirror;
    SELECT q.period_from INTO first FROM @extschema@.dataconnect_mirror_period(mirror, p.period_from) q;
    PERFORM @extschema@.dataconnect_mirror_record(mirror, first, p.period_to, p.records, p.rejected, p.request, first = p.period_from, p.loaded_at);
    IF p.loaded_at < began THEN
        late := ((p.loaded_at AT TIME ZONE @extschema@.dataconnect_mirror_zone(m.source, m.by_column))::date - m.live - m.late)::date;
        IF late < p.period_to THEN
            RETURN greatest(late, p.period_from);
        END IF;
    END IF;
    RETURN NULL;
END $$;

COMMENT ON FUNCTION dataconnect_mirror_attach(regclass, regclass, timestamptz)
IS 'attaches a pending table to a mirror, and moves the horizon; returns the first day that is to be read again because it was loaded before a refresh that has begun later, or NULL; fails if readers hold their locks (55P03)';

CREATE FUNCTION dataconnect_mirror_parts(mirror regclass, a date, b date)
RETURNS regclass[]
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m @extschema@.dataconnect_mirror_mine := @extschema@.dataconnect_mirror_get(mirror);
BEGIN
    RETURN (
        SELECT array_agg(p.partition ORDER BY p.from_day)
        FROM @extschema@.dataconnect_mirror_partitions(mirror) p
        WHERE p.from_day >= a AND p.to_day <= b AND p.partition IS DISTINCT FROM m.live_table);
END $$;

COMMENT ON FUNCTION dataconnect_mirror_parts(regclass, date, date)
IS 'the local partitions of a mirror within some days';

-- A partition that somebody uses by its own name stays.
CREATE FUNCTION dataconnect_mirror_foldable(mirror regclass, after date, OUT a date, OUT b date)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m @extschema@.dataconnect_mirror_mine := @extschema@.dataconnect_mirror_get(mirror);
BEGIN
    SELECT greatest(s.step_from, m.since), s.step_to INTO a, b
    FROM @extschema@.dataconnect_mirror_partitions(mirror) p
        JOIN pg_class c ON c.oid = p.partition,
        LATERAL @extschema@.dataconnect_mirror_step(p.from_day, m.step) s
    WHERE p.from_day >= m.since AND p.to_day <= m.horizon AND s.step_to <= m.horizon
        AND s.step_to > coalesce(after, '-infinity')
    GROUP BY s.step_from, s.step_to
    HAVING count(*) > 1 AND min(p.from_day) = greatest(s.step_from, m.since) AND max(p.to_day) = s.step_to
        AND bool_and(c.relkind = 'r') AND NOT bool_or(
            EXISTS (SELECT FROM pg_depend d WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = c.oid
                AND d.classid IN ('pg_rewrite'::regclass, 'pg_publication_rel'::regclass, 'pg_proc'::regclass))
            OR EXISTS (SELECT FROM pg_constraint o WHERE o.confrelid = c.oid AND o.conparentid = 0)
            OR EXISTS (SELECT FROM pg_publication_tables u
                JOIN pg_namespace n ON n.nspname = u.schemaname
                WHERE n.oid = c.relnamespace AND u.tablename = c.relname))
        AND EXISTS (SELECT FROM @extschema@.dataconnect_mirror_period_mine q
            WHERE q.target = mirror AND q.period_from = greatest(s.step_from, m.since) AND q.period_to = s.step_to)
        AND NOT EXISTS (SELECT FROM @extschema@.dataconnect_mirror_pending_mine q
            WHERE q.target = mirror AND q.folded IS NOT NULL AND q.period_to = s.step_to)
    ORDER BY s.step_from
    LIMIT 1;
END $$;

COMMENT ON FUNCTION dataconnect_mirror_foldable(regclass, date)
IS 'the first step of a mirror that is complete and in several partitions, and ends after a day; none whose partitions are published, or used by views or foreign keys';

-- The rows are copied, and not read again: so nothing is asked, and what the owner has changed or
-- added stays.
CREATE FUNCTION dataconnect_mirror_fold(mirror regclass, a date, b date)
RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
SET enable_partition_pruning = on
SET DateStyle = 'ISO, YMD'
SET TimeZone = 'UTC'
AS $$
DECLARE
    parts CONSTANT regclass[] := @extschema@.dataconnect_mirror_parts(mirror, a, b);
    whole CONSTANT regclass := @extschema@.dataconnect_mirror_new_partition(mirror, a, b);
    columns text;
    records bigint;
BEGIN
    PERFORM @extschema@.dataconnect_mirror_hold_rows(mirror, parts);
    SELECT string_agg(quote_ident(t.attname), ', ' ORDER BY t.attnum) INTO columns
    FROM pg_attribute t WHERE t.attrelid = mirror AND t.attnum > 0 AND NOT t.attisdropped AND t.attgenerated = '';
    SELECT w.processed INTO records FROM @extschema@.dataconnect_mirror_write(mirror, format('INSERT INTO %s (%s) %s', whole, columns,
        (SELECT string_agg(format('SELECT %s FROM ONLY %s', columns, part), ' UNION ALL ' ORDER BY n)
         FROM unnest(parts) WITH ORDINALITY AS p (part, n)))) w;
    PERFORM @extschema@.dataconnect_mirror_complete_partition(mirror, whole);
    PERFORM @extschema@.dataconnect_mirror_check_code(mirror);
    PERFORM @extschema@.dataconnect_mirror_keep(mirror, whole, a, b, records, 0, NULL, @extschema@.dataconnect_mirror_fingerprint(parts));
END $$;

COMMENT ON FUNCTION dataconnect_mirror_fold(regclass, date, date)
IS 'copies the partitions of a mirror''s step into one table, which replaces them later';

-- Readers go on. Writers come through the mirror, and must not have its lock while they wait.
CREATE FUNCTION dataconnect_mirror_hold_rows(mirror regclass, parts regclass[])
RETURNS void
LANGUAGE sql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT @extschema@.dataconnect_mirror_locked(mirror, array_agg(format('LOCK TABLE ONLY %s IN SHARE MODE', t.relation) ORDER BY t.n))
    FROM unnest(mirror || parts) WITH ORDINALITY AS t (relation, n)
$$;

COMMENT ON FUNCTION dataconnect_mirror_hold_rows(regclass, regclass[])
IS 'lets nobody write rows of a mirror and these partitions until the transaction ends';

CREATE FUNCTION dataconnect_mirror_attach_fold(mirror regclass, pending regclass)
RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
SET DateStyle = 'ISO, YMD'
AS $$
DECLARE
    p @extschema@.dataconnect_mirror_pending_mine;
    parts regclass[];
    name name;
BEGIN
    SELECT * INTO STRICT p FROM @extschema@.dataconnect_mirror_pending_mine q WHERE q.target = mirror AND q.pending = $2;
    parts := @extschema@.dataconnect_mirror_parts(mirror, p.period_from, p.period_to);
    PERFORM @extschema@.dataconnect_mirror_hold_rows(mirror, parts);
    PERFORM @extschema@.dataconnect_mirror_check_code(mirror);
    DELETE FROM @extschema@.dataconnect_mirror_pending_mine q WHERE q.target = mirror AND q.pending = $2;
    IF parts IS NULL OR @extschema@.dataconnect_mirror_fingerprint(parts) <> p.folded THEN
        -- Rows were written since. The next refresh copies them.
        EXECUTE format('DROP TABLE %s', pending);
        RETURN;
    END IF;
    SELECT c.relname INTO name FROM pg_class c WHERE c.oid = parts[1];
    PERFORM @extschema@.dataconnect_mirror_locked(mirror,
        (SELECT array_agg(format('ALTER TABLE %s DETACH PARTITION %s', mirror, part)) FROM unnest(parts) part)
        || format('LOCK TABLE ONLY %s IN ACCESS EXCLUSIVE MODE', pending)
        || format('SELECT @extschema@.dataconnect_mirror_check_code(%s, %s)', mirror::oid, pending::oid)
        || (format('ALTER TABLE %s ATTACH PARTITION %s ', mirror, pending)
            || @extschema@.dataconnect_mirror_bounds(mirror, p.period_from, p.period_to, 'FOR VALUES FROM (%2$L) TO (%3$L)'))
        || (SELECT array_agg('DROP TABLE ' || part) FROM unnest(parts) part));
    EXECUTE format('ALTER TABLE %s DROP CONSTRAINT dataconnect_mirror_bounds', pending);
    EXECUTE format('COMMENT ON TABLE %s IS NULL', pending);
    IF to_regclass((SELECT format('%I.%I', n.nspname, name) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = $2)) IS NULL THEN
        EXECUTE format('ALTER TABLE %s RENAME TO %I', pending, name);
    END IF;
END $$;

COMMENT ON FUNCTION dataconnect_mirror_attach_fold(regclass, regclass)
IS 'puts a copy of a mirror''s step in place of its partitions, or drops it if their rows were written since; fails if readers hold their locks (55P03)';

-- As often as a lock is tried for.
CREATE FUNCTION dataconnect_mirror_patience()
RETURNS interval
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT least(15 * coalesce(nullif(setting::bigint, 0), 1000), 60000) * interval '1 ms' FROM pg_settings WHERE name = 'lock_timeout'
$$;

COMMENT ON FUNCTION dataconnect_mirror_patience()
IS 'how long a refresh waits in the end for older snapshots: 15 times lock_timeout (15s if it is 0), at most a minute';

-- Whoever waits has a snapshot as well, so not for long.
CREATE FUNCTION dataconnect_mirror_nap(progress jsonb)
RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF progress ? 'deadline' THEN
        PERFORM pg_sleep(0.05);
    END IF;
END $$;

COMMENT ON FUNCTION dataconnect_mirror_nap(jsonb)
IS 'waits for a moment if a refresh only waits for older snapshots';
