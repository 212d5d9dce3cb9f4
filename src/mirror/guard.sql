-- The mirror, part 9: what happens to a mirror when its tables are dropped or changed.
--
-- Drops are watched by an event trigger.  All other changes are found by the next refresh, which
-- calls dataconnect_mirror_check() and dataconnect_mirror_follow_source() before it reads.

-- SECURITY DEFINER: whoever may drop the target may not write the state.
CREATE FUNCTION dataconnect_mirror_dropped()
RETURNS event_trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    gone oid[];
    lost record;
BEGIN
    SELECT array_agg(objid) INTO gone
    FROM pg_event_trigger_dropped_objects()
    WHERE classid = 'pg_class'::regclass AND objsubid = 0;

    DELETE FROM @extschema@.dataconnect_mirror_pending_state WHERE target = ANY (gone) OR pending = ANY (gone);
    DELETE FROM @extschema@.dataconnect_mirror_period_state WHERE target = ANY (gone);
    DELETE FROM @extschema@.dataconnect_mirror_state WHERE target = ANY (gone);

    -- pg_restore --clean drops tables one by one, in any order, and then the state.
    IF NOT current_setting('check_function_bodies')::boolean THEN
        RETURN;
    END IF;

    SELECT object_type, object_identity, target, objid = source AS is_source INTO lost
    FROM pg_event_trigger_dropped_objects()
        JOIN @extschema@.dataconnect_mirror_state ON objid IN (source, live_table)
    WHERE classid = 'pg_class'::regclass AND objsubid = 0
    ORDER BY is_source DESC, target
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'dependent_objects_still_exist',
            MESSAGE = format('cannot drop %s %s, because mirror %s needs it',
                lost.object_type, lost.object_identity, lost.target),
            DETAIL = CASE WHEN lost.is_source
                THEN 'The mirror is filled from this table.'
                ELSE 'The table is the part of the mirror that the service answers.' END,
            HINT = concat(format('Drop the mirror first (DROP TABLE %1$s), or keep its rows as a plain table (SELECT %2$s.dataconnect_unmirror(%3$L)).',
                    lost.target, '@extschema@', lost.target),
                CASE WHEN lost.is_source THEN format(' To mirror another foreign table instead: UPDATE %s.dataconnect_mirror_mine SET source = ''...'' WHERE target = %L::regclass;',
                    '@extschema@', lost.target) END);
    END IF;
END
$$;

COMMENT ON FUNCTION dataconnect_mirror_dropped()
IS 'forgets a mirror whose table is dropped, and refuses to drop a table that a mirror needs (2BP01); called by the event trigger dataconnect_fdw_mirrors';

REVOKE EXECUTE ON FUNCTION dataconnect_mirror_dropped() FROM PUBLIC;

CREATE EVENT TRIGGER dataconnect_fdw_mirrors
ON sql_drop
EXECUTE FUNCTION dataconnect_mirror_dropped();

COMMENT ON EVENT TRIGGER dataconnect_fdw_mirrors
IS 'forgets mirrors that are dropped, and refuses to drop a table that a mirror needs';

-- Whoever owns a table may write the state of its mirror by hand, but may neither have a
-- superuser's refresh read or change the tables of others, nor keep others from dropping them.
CREATE FUNCTION dataconnect_mirror_check_state()
RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    -- A dump may leave the source out. The next refresh says that it is missing.
    IF TG_OP = 'UPDATE' OR NEW.source <> 0 THEN
        PERFORM @extschema@.dataconnect_mirror_check_source(NEW.source);
    END IF;
    IF (TG_OP = 'UPDATE' OR NEW.live_table <> 0) AND NEW.live_table IS NOT NULL
        AND NOT EXISTS (SELECT FROM pg_inherits WHERE inhrelid = NEW.live_table AND inhparent = NEW.target)
    THEN
        RAISE EXCEPTION '"%" is not a partition of mirror "%"', NEW.live_table, NEW.target
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;

COMMENT ON FUNCTION dataconnect_mirror_check_state()
IS 'lets a mirror only name foreign tables (42809) that the caller may read (42501), and partitions of its own (23514); a trigger';

REVOKE EXECUTE ON FUNCTION dataconnect_mirror_check_state() FROM PUBLIC;

-- A refresh attaches pending tables, and drops useless ones.
CREATE FUNCTION dataconnect_mirror_check_pending()
RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT @extschema@.dataconnect_mirror_is_mine(NEW.pending) THEN
        RAISE EXCEPTION 'must be owner of table "%"', NEW.pending USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END
$$;

COMMENT ON FUNCTION dataconnect_mirror_check_pending()
IS 'lets a mirror only name pending tables of the caller''s (42501); a trigger';

REVOKE EXECUTE ON FUNCTION dataconnect_mirror_check_pending() FROM PUBLIC;

-- What a dump says of tables that were not restored.
CREATE FUNCTION dataconnect_mirror_skip()
RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION dataconnect_mirror_skip()
IS 'lets a row be left out; a trigger';

REVOKE EXECUTE ON FUNCTION dataconnect_mirror_skip() FROM PUBLIC;

-- Before the other triggers, by their names.
CREATE TRIGGER dataconnect_mirror_absent
BEFORE INSERT ON dataconnect_mirror_state
FOR EACH ROW WHEN (NEW.target = 0) EXECUTE FUNCTION dataconnect_mirror_skip();

CREATE TRIGGER dataconnect_mirror_absent
BEFORE INSERT ON dataconnect_mirror_period_state
FOR EACH ROW WHEN (NEW.target = 0) EXECUTE FUNCTION dataconnect_mirror_skip();

CREATE TRIGGER dataconnect_mirror_absent
BEFORE INSERT ON dataconnect_mirror_pending_state
FOR EACH ROW WHEN (NEW.target = 0 OR NEW.pending = 0) EXECUTE FUNCTION dataconnect_mirror_skip();

CREATE TRIGGER dataconnect_mirror_check_pending
BEFORE INSERT OR UPDATE OF pending ON dataconnect_mirror_pending_state
FOR EACH ROW EXECUTE FUNCTION dataconnect_mirror_check_pending();

CREATE TRIGGER dataconnect_mirror_check_state
BEFORE INSERT OR UPDATE OF source, live_table ON dataconnect_mirror_state
FOR EACH ROW EXECUTE FUNCTION dataconnect_mirror_check_state();

CREATE FUNCTION dataconnect_unmirror(mirror regclass)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m @extschema@.dataconnect_mirror_mine := @extschema@.dataconnect_mirror_get(mirror);
    p record;
BEGIN
    PERFORM pg_advisory_xact_lock(@extschema@.dataconnect_mirror_lock(mirror));
    m := @extschema@.dataconnect_mirror_get(mirror);
    FOR p IN SELECT q.pending FROM @extschema@.dataconnect_mirror_pending_mine q WHERE q.target = mirror
        AND @extschema@.dataconnect_mirror_pending_fault(mirror, q.pending) IS DISTINCT FROM 'is not its own'
    LOOP
        EXECUTE format('DROP TABLE %s', p.pending);
    END LOOP;
    DELETE FROM @extschema@.dataconnect_mirror_pending_mine WHERE target = mirror;
    DELETE FROM @extschema@.dataconnect_mirror_period_mine WHERE target = mirror;
    DELETE FROM @extschema@.dataconnect_mirror_mine WHERE target = mirror;
    IF EXISTS (SELECT FROM pg_inherits WHERE inhrelid = m.live_table AND inhparent = mirror) THEN
        EXECUTE format('DROP FOREIGN TABLE %s', m.live_table);
    END IF;
END
$$;

COMMENT ON FUNCTION dataconnect_unmirror(regclass)
IS 'ends a mirror: its table keeps the local rows, and loses the part that the service answers; fails for tables that are no mirrors (42809) and for others'' mirrors (42501); for example: SELECT dataconnect_unmirror(''sales'')';

-- Bounds as texts, in UTC, and as days.  Without a bound there is NULL and an infinite day.
CREATE FUNCTION dataconnect_mirror_partitions(mirror regclass)
RETURNS TABLE (
    partition regclass,
    is_default boolean,
    is_leaving boolean,
    from_text text,
    to_text text,
    from_day date,
    to_day date,
    is_of_days boolean)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET TimeZone = 'UTC'
SET DateStyle = 'ISO, YMD'
AS $$
    -- The zone is looked up once, and not for each partition.
    WITH zone AS MATERIALIZED (
        SELECT CASE WHEN a.atttypid = 'timestamptz'::regtype
            THEN @extschema@.dataconnect_mirror_zone(m.source, m.by_column) ELSE 'UTC' END AS name
        FROM @extschema@.dataconnect_mirror_mine m
            JOIN pg_partitioned_table k ON k.partrelid = m.target
            JOIN pg_attribute a ON a.attrelid = k.partrelid AND a.attnum = k.partattrs[0]
        WHERE m.target = mirror AND m.managed
    )
    SELECT i.inhrelid, b.bound = 'DEFAULT', i.inhdetachpending, e.ends[1], e.ends[2],
        coalesce(l.first::date, '-infinity'), coalesce(l.last::date, 'infinity'),
        coalesce(l.first::date::timestamp AT TIME ZONE z.name = e.ends[1]::timestamptz
            AND l.last::date::timestamp AT TIME ZONE z.name = e.ends[2]::timestamptz, false)
    FROM zone z, pg_inherits i
        JOIN pg_class c ON c.oid = i.inhrelid
        -- With OFFSET each is computed once.
        CROSS JOIN LATERAL (SELECT pg_get_expr(c.relpartbound, c.oid) OFFSET 0) b (bound)
        CROSS JOIN LATERAL (
            SELECT regexp_match(b.bound, '^FOR VALUES FROM \((?:''(.*)''|MINVALUE)\) TO \((?:''(.*)''|MAXVALUE)\)$') OFFSET 0) e (ends)
        CROSS JOIN LATERAL (
            SELECT e.ends[1]::timestamptz AT TIME ZONE z.name, e.ends[2]::timestamptz AT TIME ZONE z.name OFFSET 0) l (first, last)
    WHERE i.inhparent = mirror
    ORDER BY 6, 1
$$;

COMMENT ON FUNCTION dataconnect_mirror_partitions(regclass)
IS 'the partitions of a mirror with their bounds, as texts in UTC and as days of the column''s time zone, and whether both are the beginning of a day';

-- Why a table has no state that the caller sees.
CREATE FUNCTION dataconnect_mirror_refuse(mirror regclass)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_class WHERE oid = mirror) THEN
        RAISE EXCEPTION 'the mirror does not exist' USING ERRCODE = 'undefined_table', DETAIL = format('No table has the OID %s.', mirror::oid);
    ELSIF NOT @extschema@.dataconnect_mirror_is_mine(mirror) THEN
        RAISE EXCEPTION 'must be owner of table "%"', mirror USING ERRCODE = 'insufficient_privilege';
    END IF;
    RAISE EXCEPTION 'table "%" is no mirror', mirror
        USING ERRCODE = 'wrong_object_type',
              HINT = format('SELECT mirror FROM %1$s.dataconnect_mirrors lists the mirrors, and %1$s.dataconnect_mirror() makes one.', '@extschema@');
END
$$;

COMMENT ON FUNCTION dataconnect_mirror_refuse(regclass)
IS 'fails, and says why a table is no mirror of the caller''s (42P01, 42501, 42809)';

-- Takes a lock, and reads nothing.  While it waits, the table may be renamed.  Before PostgreSQL 16,
-- the owner of an empty table can make it a view, whose functions would run as the caller, even
-- while a query is planned.
CREATE FUNCTION dataconnect_mirror_hold(relation regclass)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    LOOP
        BEGIN
            -- A foreign table cannot be locked by LOCK, nor become a view.
            EXECUTE format(CASE (SELECT relkind FROM pg_class WHERE oid = relation) WHEN 'f' THEN 'SELECT FROM %s WHERE false'
                ELSE 'LOCK TABLE ONLY %s IN ACCESS SHARE MODE' END, relation);
            EXIT;
        EXCEPTION WHEN undefined_table OR invalid_schema_name THEN
            IF NOT EXISTS (SELECT FROM pg_class WHERE oid = relation) THEN
                RAISE;
            END IF;
        END;
    END LOOP;
    IF (SELECT relkind NOT IN ('r', 'p', 'f') FROM pg_class WHERE oid = relation) THEN
        RAISE EXCEPTION '"%" is not a table', relation USING ERRCODE = 'wrong_object_type';
    END IF;
END
$$;

COMMENT ON FUNCTION dataconnect_mirror_hold(regclass)
IS 'lets nobody alter a table until the transaction ends; fails if it is none (42809)';

-- What a DBA may have changed of the target.  Partitions before the first day are the user's own.
CREATE FUNCTION dataconnect_mirror_check(mirror regclass)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m @extschema@.dataconnect_mirror_mine;
    owner oid;
    by_type oid;
    zone text;
    horizon date;
    first date;
    reached date;
    has_live boolean := false;
    p record;
BEGIN
    SELECT * INTO m FROM @extschema@.dataconnect_mirror_mine WHERE target = mirror;
    IF NOT FOUND THEN
        PERFORM @extschema@.dataconnect_mirror_refuse(mirror);
    END IF;
    PERFORM @extschema@.dataconnect_mirror_hold(mirror);
    IF NOT EXISTS (SELECT FROM pg_foreign_table WHERE ftrelid = m.source) THEN
        RAISE EXCEPTION 'the foreign table of mirror "%" does not exist', mirror
            USING ERRCODE = 'undefined_table',
                  HINT = format('If it was made anew: UPDATE %1$s.dataconnect_mirror_mine SET source = ''...'' WHERE target = %2$L::regclass; otherwise keep the rows as a plain table: SELECT %1$s.dataconnect_unmirror(%2$L);',
                      '@extschema@', mirror);
    END IF;
    -- The caller may read more than the owner, whose table this is.
    SELECT relowner INTO owner FROM pg_class WHERE oid = mirror;
    IF NOT has_table_privilege(owner, m.source, 'SELECT') THEN
        RAISE EXCEPTION 'the owner of mirror "%" may not read foreign table "%"', mirror, m.source
            USING ERRCODE = 'insufficient_privilege',
                  HINT = format('GRANT SELECT ON %s TO %I;', m.source, pg_get_userbyid(owner));
    END IF;
    -- The lock plans a query. A new column may have such a type, whose constraints ADD COLUMN checks.
    PERFORM @extschema@.dataconnect_mirror_check_code(mirror);
    PERFORM @extschema@.dataconnect_mirror_hold(m.source);
    PERFORM @extschema@.dataconnect_mirror_check_code(mirror);
    -- Rows that policies hide would be inserted again.
    IF row_security_active(mirror) THEN
        RAISE EXCEPTION 'policies hide rows of mirror "%" from its owner', mirror
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = format('ALTER TABLE %s NO FORCE ROW LEVEL SECURITY;', mirror);
    END IF;
    IF m.by_column IS NULL OR NOT m.managed THEN
        RETURN;
    END IF;
    PERFORM @extschema@.dataconnect_mirror_warn_published(mirror);

    SELECT a.atttypid INTO by_type
    FROM pg_partitioned_table k JOIN pg_attribute a ON a.attrelid = k.partrelid AND a.attnum = k.partattrs[0]
    WHERE k.partrelid = mirror;
    zone := CASE WHEN by_type = 'timestamptz'::regtype
        THEN @extschema@.dataconnect_mirror_zone(m.source, m.by_column) ELSE 'UTC' END;
    horizon := coalesce(m.horizon, m.since);
    reached := m.since;
    FOR p IN SELECT * FROM @extschema@.dataconnect_mirror_partitions(mirror) LOOP
        IF p.is_default THEN
            RAISE EXCEPTION 'mirror "%" has a default partition', mirror
                USING ERRCODE = 'object_not_in_prerequisite_state',
                      DETAIL = format('Each partition that is added would have to be compared with the rows of "%s".', p.partition),
                      HINT = format('ALTER TABLE %s DETACH PARTITION %s;', mirror, p.partition);
        ELSIF p.is_leaving THEN
            RAISE EXCEPTION 'partition "%" of mirror "%" is being detached', p.partition, mirror
                USING ERRCODE = 'object_not_in_prerequisite_state',
                      HINT = format('If nothing detaches it now: ALTER TABLE %s DETACH PARTITION %s FINALIZE;', mirror, p.partition);
        ELSIF p.partition = m.live_table THEN
            has_live := true;
            IF p.to_text IS NOT NULL
                OR p.from_text IS DISTINCT FROM @extschema@.dataconnect_mirror_bound(horizon, by_type, zone)
            THEN
                RAISE EXCEPTION 'the part of mirror "%" that the service answers begins at %, but the mirror is loaded up to %',
                        mirror, p.from_text, horizon
                    USING ERRCODE = 'object_not_in_prerequisite_state',
                          DETAIL = format('The bounds of partition "%s" were changed, or the time zone of the column or server.', p.partition),
                          HINT = format('ALTER TABLE %1$s DETACH PARTITION %2$s; ALTER TABLE %1$s ATTACH PARTITION %2$s FOR VALUES FROM (%3$L) TO (MAXVALUE);',
                              mirror, p.partition, @extschema@.dataconnect_mirror_bound(horizon, by_type, zone));
            END IF;
        ELSIF p.to_day <= m.since THEN
            CONTINUE;
        ELSE
            IF NOT p.is_of_days THEN
                RAISE EXCEPTION 'partition "%" of mirror "%" does not begin and end with a day', p.partition, mirror
                    USING ERRCODE = 'object_not_in_prerequisite_state',
                          DETAIL = format('It is from %s to %s; the days are those of time zone %s.', p.from_text, p.to_text, zone),
                          HINT = 'If the time zone of the column or server was changed, make a new mirror.';
            END IF;
            -- Old partitions may be dropped: the mirror then begins later.
            IF p.from_day > reached AND p.from_day <= horizon THEN
                IF first IS NOT NULL THEN
                    PERFORM @extschema@.dataconnect_mirror_refuse_hole(mirror, reached, p.from_day, by_type, zone);
                END IF;
                PERFORM @extschema@.dataconnect_mirror_begin_at(mirror, p.from_day);
            END IF;
            first := coalesce(first, p.from_day);
            reached := p.to_day;
        END IF;
        PERFORM @extschema@.dataconnect_mirror_follow_owner(mirror, owner, p.partition);
    END LOOP;
    IF m.live_table IS NOT NULL AND NOT has_live THEN
        RAISE EXCEPTION 'mirror "%" has lost the part that the service answers', mirror
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = CASE WHEN EXISTS (SELECT FROM pg_class WHERE oid = m.live_table)
                      THEN format('ALTER TABLE %s ATTACH PARTITION %s FOR VALUES FROM (%L) TO (MAXVALUE);', mirror, m.live_table,
                          @extschema@.dataconnect_mirror_bound(horizon, by_type, zone))
                      ELSE format('Keep the rows as a plain table (SELECT %s.dataconnect_unmirror(%L)), and make a new mirror.',
                          '@extschema@', mirror) END;
    ELSIF first IS NULL AND m.since < horizon THEN
        PERFORM @extschema@.dataconnect_mirror_begin_at(mirror, horizon);
    ELSIF reached < horizon THEN
        PERFORM @extschema@.dataconnect_mirror_refuse_hole(mirror, reached, horizon, by_type, zone);
    ELSIF reached > horizon AND m.live_table IS NOT NULL THEN
        RAISE EXCEPTION 'the local partitions of mirror "%" end at %, but it is loaded up to %', mirror, reached, horizon
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = 'Detach the partition that was added.';
    END IF;
END
$$;

COMMENT ON FUNCTION dataconnect_mirror_check(regclass)
IS 'checks that a mirror''s partitions are those that were made for it, without a gap (55000); dropped ones at the beginning move the mirror''s first day; gives partitions to the mirror''s owner; called by dataconnect_refresh()';

-- A partition is loaded before it is attached. While it is loaded, it is not the root's, and
-- nothing sends its rows.
CREATE FUNCTION dataconnect_mirror_warn_published(mirror regclass)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    publication name;
BEGIN
    FOR publication IN
        SELECT p.pubname
        FROM pg_publication_tables p
            JOIN pg_class c ON c.relname = p.tablename
            JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = p.schemaname
        WHERE c.oid = mirror
    LOOP
        RAISE WARNING 'publication "%" does not send the rows of new partitions of mirror "%"', publication, mirror
            USING HINT = 'Publish the local partitions, or mirror into a table of your own with live => ''0''.';
    END LOOP;
END
$$;

COMMENT ON FUNCTION dataconnect_mirror_warn_published(regclass)
IS 'warns if a publication publishes a mirror through its root';

CREATE FUNCTION dataconnect_mirror_begin_at(mirror regclass, day date)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_partition_pruning = on
AS $$
DECLARE
    p record;
BEGIN
    UPDATE @extschema@.dataconnect_mirror_mine SET since = day WHERE target = mirror;
    DELETE FROM @extschema@.dataconnect_mirror_period_mine WHERE target = mirror AND period_to <= day;
    -- A period may have several partitions, of which the first ones are gone.
    FOR p IN
        SELECT q.period_from, q.period_to FROM @extschema@.dataconnect_mirror_period_mine q
        WHERE q.target = mirror AND q.period_from < day
    LOOP
        EXECUTE format('UPDATE @extschema@.dataconnect_mirror_period_mine q SET period_from = $1, records = (SELECT count(*) FROM %s r WHERE %s)
                WHERE q.target = $2 AND q.period_from = $3',
            mirror, @extschema@.dataconnect_mirror_range(mirror, day, p.period_to)) USING day, mirror, p.period_from;
    END LOOP;
    RAISE NOTICE 'mirror "%" now begins at %, because its older partitions are gone', mirror, day;
END
$$;

COMMENT ON FUNCTION dataconnect_mirror_begin_at(regclass, date)
IS 'forgets the periods of a mirror before a day';

CREATE FUNCTION dataconnect_mirror_follow_owner(mirror regclass, owner oid, partition regclass)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    other oid;
    kind text;
BEGIN
    SELECT relowner, CASE relkind WHEN 'f' THEN 'FOREIGN TABLE' ELSE 'TABLE' END INTO other, kind
    FROM pg_class WHERE oid = partition;
    IF other <> owner THEN
        EXECUTE format('ALTER %s %s OWNER TO %I', kind, partition, pg_get_userbyid(owner));
    END IF;
EXCEPTION WHEN insufficient_privilege THEN
    RAISE EXCEPTION 'mirror "%" and its partition "%" have different owners', mirror, partition
        USING ERRCODE = 'insufficient_privilege',
              DETAIL = format('Role %I owns the mirror, and %I the partition.', pg_get_userbyid(owner), pg_get_userbyid(other)),
              HINT = format('Let a superuser, or a member of both roles, call: SELECT %s.dataconnect_mirror_check(%L);', '@extschema@', mirror);
END
$$;

COMMENT ON FUNCTION dataconnect_mirror_follow_owner(regclass, oid, regclass)
IS 'gives a partition to the owner of its mirror (42501 if the caller may not)';

CREATE FUNCTION dataconnect_mirror_refuse_hole(mirror regclass, from_day date, to_day date, by_type oid, zone text)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RAISE EXCEPTION 'mirror "%" has no partition for % to %', mirror, from_day, to_day
        USING ERRCODE = 'object_not_in_prerequisite_state',
              DETAIL = 'A partition was detached or dropped.',
              HINT = format('Attach it again, or make an empty one (CREATE TABLE ... PARTITION OF %1$s FOR VALUES FROM (%2$L) TO (%3$L)) and load it (CALL %4$s.dataconnect_refresh(%5$L, %6$L, %7$L)).',
                  mirror, @extschema@.dataconnect_mirror_bound(from_day, by_type, zone),
                  @extschema@.dataconnect_mirror_bound(to_day, by_type, zone), '@extschema@', mirror, from_day, to_day);
END
$$;

COMMENT ON FUNCTION dataconnect_mirror_refuse_hole(regclass, date, date, oid, text)
IS 'fails, and says how to fill a gap between the partitions of a mirror';

-- What may have changed of the source.  By the columns of the last refresh, a new column of the
-- source is told from one that the user has dropped from the target.
CREATE FUNCTION dataconnect_mirror_differences(mirror regclass)
RETURNS TABLE (
    column_name name,
    there text,
    here text,
    is_known boolean)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH m AS (
        SELECT * FROM @extschema@.dataconnect_mirror_mine WHERE target = mirror
    ), there AS (
        SELECT c.column_name, c.type, c.attnum FROM m, @extschema@.dataconnect_mirror_columns(m.source) c
        WHERE c.kind IN ('response', 'filtered', 'window')
    ), here AS (
        SELECT a.attname, format_type(a.atttypid, a.atttypmod) AS type
        FROM m JOIN pg_attribute a ON a.attrelid = m.target
        WHERE a.attnum > 0 AND NOT a.attisdropped AND a.attname IS DISTINCT FROM m.fetched_at_column
    ), known AS (
        SELECT k FROM m, unnest(coalesce(m.source_columns, (SELECT array_agg(t.column_name) FROM there t))) k
    )
    SELECT coalesce(t.column_name, h.attname, k.k), t.type, h.type, k.k IS NOT NULL
    FROM there t
        FULL JOIN here h ON h.attname = t.column_name
        FULL JOIN known k ON k.k = coalesce(t.column_name, h.attname)
    ORDER BY t.attnum, 1
$$;

COMMENT ON FUNCTION dataconnect_mirror_differences(regclass)
IS 'the columns of a mirror with their types in the source and in the target, NULL where it has none, and whether the source had them at the last refresh';

-- PostgreSQL allows USING for no foreign table, and without USING only casts that assignments use.
CREATE FUNCTION dataconnect_mirror_retype(m dataconnect_mirror_mine, changed name, here text, there text)
RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    bound text := '...';
BEGIN
    IF here::regtype = there::regtype OR (SELECT typcategory = 'S' FROM pg_type WHERE oid = there::regtype)
        OR EXISTS (SELECT FROM pg_cast
            WHERE castsource = here::regtype AND casttarget = there::regtype AND castcontext IN ('a', 'i'))
    THEN
        RETURN format('ALTER TABLE %s ALTER COLUMN %I TYPE %s;', m.target, changed, there);
    ELSIF m.live_table IS NULL THEN
        RETURN format('ALTER TABLE %s ALTER COLUMN %I TYPE %s USING %I::%s;', m.target, changed, there, changed, there);
    END IF;
    SELECT p.from_text INTO bound FROM @extschema@.dataconnect_mirror_partitions(m.target) p WHERE p.partition = m.live_table;
    RETURN format('BEGIN; ALTER TABLE %1$s DETACH PARTITION %2$s; ALTER TABLE %1$s ALTER COLUMN %3$I TYPE %4$s USING %3$I::%4$s; ALTER FOREIGN TABLE %2$s ALTER COLUMN %3$I TYPE %4$s; ALTER TABLE %1$s ATTACH PARTITION %2$s FOR VALUES FROM (%5$L) TO (MAXVALUE); COMMIT;',
        m.target, m.live_table, changed, there, bound);
END
$$;

COMMENT ON FUNCTION dataconnect_mirror_retype(dataconnect_mirror_mine, name, text, text)
IS 'the commands that give a column of a mirror another type';

-- As it mostly is.
CREATE FUNCTION dataconnect_mirror_is_alike(mirror regclass)
RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT bool_and(d.is_known AND d.there IS NOT NULL AND d.here IS NOT NULL AND (d.there = d.here OR NOT m.managed))
        AND bool_or(d.column_name = m.by_column) IS NOT FALSE
        AND coalesce(m.key_columns <@ array_agg(d.column_name), true)
        AND m.fetched_at_column IS NULL
    FROM @extschema@.dataconnect_mirror_mine m, @extschema@.dataconnect_mirror_differences(mirror) d
    WHERE m.target = mirror
    GROUP BY m.by_column, m.key_columns, m.fetched_at_column
$$;

COMMENT ON FUNCTION dataconnect_mirror_is_alike(regclass)
IS 'whether source and target of a mirror have the same columns as at the last refresh, and none need be followed';

CREATE FUNCTION dataconnect_mirror_follow_source(mirror regclass)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m @extschema@.dataconnect_mirror_mine := @extschema@.dataconnect_mirror_get(mirror);
    same CONSTANT boolean := @extschema@.dataconnect_mirror_is_alike(mirror);
    c record;
    message text;
    detail text;
    hint text;
BEGIN
    IF NOT same THEN
        PERFORM @extschema@.dataconnect_mirror_follow_rename(mirror);

        FOR c IN SELECT * FROM @extschema@.dataconnect_mirror_differences(mirror) LOOP
            IF c.is_known AND c.there IS NULL AND c.here IS NOT NULL THEN
                PERFORM @extschema@.dataconnect_mirror_refuse_gone(m, c.column_name, c.here);
            ELSIF c.there <> c.here AND m.managed THEN
                RAISE EXCEPTION 'column "%" of mirror "%" has type %, but type % in foreign table "%"',
                        c.column_name, mirror, c.here, c.there, m.source
                    USING ERRCODE = 'object_not_in_prerequisite_state',
                          HINT = CASE WHEN c.column_name = m.by_column
                              THEN 'Rows are placed by this column: change the foreign table back, or make a new mirror.'
                              ELSE @extschema@.dataconnect_mirror_retype(m, c.column_name, c.here, c.there) END;
            END IF;
        END LOOP;
    END IF;
    m := @extschema@.dataconnect_mirror_get(mirror);
    BEGIN
        PERFORM @extschema@.dataconnect_mirror_values(m.source, m.by_column, m.params);
    EXCEPTION WHEN fdw_dynamic_parameter_value_needed OR undefined_column THEN
        GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
        PERFORM @extschema@.dataconnect_mirror_raise(SQLSTATE, message, nullif(detail, ''),
            format('%s To change params: UPDATE %s.dataconnect_mirror_mine SET params = ''...'' WHERE target = %L::regclass;',
                hint, '@extschema@', mirror));
    END;
    IF NOT same THEN
        PERFORM @extschema@.dataconnect_mirror_add_column(m, d.column_name)
        FROM @extschema@.dataconnect_mirror_differences(mirror) d
        WHERE NOT d.is_known AND d.there IS NOT NULL AND d.here IS NULL;
        SELECT array_agg(d.column_name) INTO m.source_columns
        FROM @extschema@.dataconnect_mirror_differences(mirror) d WHERE d.there IS NOT NULL;
        UPDATE @extschema@.dataconnect_mirror_mine SET source_columns = m.source_columns
        WHERE target = mirror AND source_columns IS DISTINCT FROM m.source_columns;
    END IF;
    IF EXISTS (SELECT FROM pg_inherits WHERE inhrelid = m.live_table AND inhparent = mirror) THEN
        PERFORM @extschema@.dataconnect_mirror_follow_options(mirror);
    END IF;
END
$$;

COMMENT ON FUNCTION dataconnect_mirror_follow_source(regclass)
IS 'makes a mirror follow its foreign table: adds new columns (old rows have NULL) and sets the options of the part that the service answers; fails if a column is gone or has another type (55000); called by dataconnect_refresh()';

CREATE FUNCTION dataconnect_mirror_refuse_gone(m dataconnect_mirror_mine, gone name, type text)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    renamed name[];
BEGIN
    SELECT array_agg(d.column_name) INTO renamed
    FROM @extschema@.dataconnect_mirror_differences(m.target) d
    WHERE d.there = type AND d.here IS NULL AND NOT d.is_known;
    RAISE EXCEPTION 'foreign table "%" no longer reads column "%" of mirror "%" from the reply', m.source, gone, m.target
        USING ERRCODE = 'object_not_in_prerequisite_state',
              HINT = concat_ws(' ', 'If it was renamed, rename it here as well:',
                  format('ALTER TABLE %s RENAME COLUMN %I TO %s;', m.target, gone, CASE WHEN cardinality(renamed) = 1 THEN quote_ident(renamed[1]) ELSE '...' END),
                  CASE WHEN gone = m.by_column OR gone = ANY (m.key_columns) THEN 'The mirror needs it.'
                      ELSE format('Otherwise drop it: ALTER TABLE %s DROP COLUMN %I;', m.target, gone) END);
END
$$;

COMMENT ON FUNCTION dataconnect_mirror_refuse_gone(dataconnect_mirror_mine, name, text)
IS 'fails because the source has lost a column, and says what to do';

-- Columns that are gone from both sides, and others that are new on both, were renamed.  Which
-- became which is told by their places among the columns that have stayed.
CREATE FUNCTION dataconnect_mirror_renamed(mirror regclass)
RETURNS TABLE (old_name name, new_name name)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH different AS MATERIALIZED (
        SELECT * FROM @extschema@.dataconnect_mirror_differences(mirror)
    ), old AS (
        SELECT k.name, d.there IS NULL AND d.here IS NULL AS moved,
            count(*) FILTER (WHERE d.there IS NOT NULL) OVER (ORDER BY k.n) AS place, k.n
        FROM @extschema@.dataconnect_mirror_mine m, unnest(m.source_columns) WITH ORDINALITY AS k (name, n)
            JOIN different d ON d.column_name = k.name
        WHERE m.target = mirror
    ), new AS (
        SELECT c.column_name AS name, d.here IS NOT NULL AND NOT d.is_known AS moved,
            count(*) FILTER (WHERE d.is_known) OVER (ORDER BY c.attnum) AS place, c.attnum AS n
        FROM @extschema@.dataconnect_mirror_mine m, @extschema@.dataconnect_mirror_columns(m.source) c
            JOIN different d ON d.column_name = c.column_name
        WHERE m.target = mirror AND d.there IS NOT NULL
    ), old_ranked AS (
        SELECT name, place, row_number() OVER (PARTITION BY place ORDER BY n) AS rank, count(*) OVER (PARTITION BY place) AS number
        FROM old WHERE moved
    ), new_ranked AS (
        SELECT name, place, row_number() OVER (PARTITION BY place ORDER BY n) AS rank, count(*) OVER (PARTITION BY place) AS number
        FROM new WHERE moved
    )
    SELECT o.name, n.name FROM old_ranked o JOIN new_ranked n USING (place, rank, number)
$$;

COMMENT ON FUNCTION dataconnect_mirror_renamed(regclass)
IS 'the columns of a mirror that were renamed in both the source and the target';

CREATE FUNCTION dataconnect_mirror_follow_rename(mirror regclass)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m @extschema@.dataconnect_mirror_mine;
    renamed jsonb;
    lost name;
    other name;
BEGIN
    SELECT jsonb_object_agg(r.old_name, r.new_name) INTO renamed
    FROM @extschema@.dataconnect_mirror_renamed(mirror) r;
    IF renamed IS NOT NULL THEN
        -- All at once, because several may have been.
        UPDATE @extschema@.dataconnect_mirror_mine
        SET by_column = coalesce(renamed ->> by_column::text, by_column),
            modified_column = coalesce(renamed ->> modified_column::text, modified_column),
            key_columns = (SELECT array_agg(coalesce(renamed ->> k.name::text, k.name)::name ORDER BY k.n)
                FROM unnest(key_columns) WITH ORDINALITY AS k (name, n)),
            source_columns = (SELECT array_agg(coalesce(renamed ->> k.name::text, k.name)::name ORDER BY k.n)
                FROM unnest(source_columns) WITH ORDINALITY AS k (name, n))
        WHERE target = mirror;
    END IF;
    m := @extschema@.dataconnect_mirror_get(mirror);

    SELECT n INTO lost
    FROM unnest(m.key_columns || m.by_column || m.fetched_at_column) n
    WHERE n IS NOT NULL AND NOT EXISTS (
        SELECT FROM pg_attribute a WHERE a.attrelid = mirror AND a.attname = n AND NOT a.attisdropped)
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'mirror "%" has lost column "%"', mirror, lost
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = format('If it was renamed, rename it back: ALTER TABLE %s RENAME COLUMN ... TO %I;', mirror, lost);
    END IF;

    -- A column that the user has dropped is not mirrored.  One that the user has renamed would not
    -- be, either.
    SELECT d.column_name, e.column_name INTO lost, other
    FROM @extschema@.dataconnect_mirror_differences(mirror) d
        JOIN @extschema@.dataconnect_mirror_differences(mirror) e
            ON e.here = d.there AND e.there IS NULL AND NOT e.is_known
        JOIN pg_attribute a ON a.attrelid = mirror AND a.attname = e.column_name AND a.attgenerated = ''
    WHERE d.is_known AND d.here IS NULL AND m.managed
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'mirror "%" has a column "%" in place of "%"', mirror, other, lost
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  DETAIL = 'Columns are filled by their names.',
                  HINT = format('Rename it back (ALTER TABLE %1$s RENAME COLUMN %2$I TO %3$I;), or rename that of the foreign table as well (ALTER FOREIGN TABLE %4$s RENAME COLUMN %3$I TO %2$I;).',
                      mirror, other, lost, m.source);
    END IF;
END
$$;

COMMENT ON FUNCTION dataconnect_mirror_follow_rename(regclass)
IS 'follows a column that was renamed in both the source and the target; fails if one was renamed only in the target, or if one that the mirror needs is gone (55000)';

CREATE FUNCTION dataconnect_mirror_add_column(m dataconnect_mirror_mine, added name)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    definition text;
BEGIN
    SELECT format('%I %s%s', a.attname, format_type(a.atttypid, a.atttypmod),
            CASE WHEN a.attcollation <> t.typcollation THEN format(' COLLATE %I.%I', n.nspname, l.collname) END)
    INTO definition
    FROM pg_attribute a
        JOIN pg_type t ON t.oid = a.atttypid
        LEFT JOIN pg_collation l ON l.oid = a.attcollation
        LEFT JOIN pg_namespace n ON n.oid = l.collnamespace
    WHERE a.attrelid = m.source AND a.attname = added;
    IF added = m.fetched_at_column THEN
        RAISE EXCEPTION 'mirror "%" has a column "%" of its own', m.target, added
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = format('Rename that of the foreign table: ALTER FOREIGN TABLE %s RENAME COLUMN %I TO ...;', m.source, added);
    ELSIF NOT m.managed THEN
        RAISE WARNING 'table "%" does not have the new column "%" of foreign table "%"', m.target, added, m.source
            USING HINT = format('To mirror it as well: ALTER TABLE %s ADD COLUMN %s;', m.target, definition);
        RETURN;
    END IF;
    PERFORM @extschema@.dataconnect_mirror_locked(m.target, ARRAY[format('ALTER TABLE %s ADD COLUMN %s', m.target, definition)]);
    IF m.by_column IS NULL THEN
        -- Not only what was modified is read now.
        DELETE FROM @extschema@.dataconnect_mirror_period_mine WHERE target = m.target;
    END IF;
    EXECUTE format('COMMENT ON COLUMN %s.%I IS %L', m.target, added,
        (SELECT col_description(m.source, attnum) FROM pg_attribute WHERE attrelid = m.source AND attname = added));
    RAISE NOTICE 'mirror "%" gets the new column "%"', m.target, added
        USING DETAIL = CASE WHEN m.by_column IS NULL THEN 'All rows are read again.' ELSE 'Rows that are loaded already have NULL in it.' END;
END
$$;

COMMENT ON FUNCTION dataconnect_mirror_add_column(dataconnect_mirror_mine, name)
IS 'adds a new column of the source to a mirror; for a table that is the user''s own, only warns';

-- What changes options that are into those that are wanted; both as name=value.
CREATE FUNCTION dataconnect_mirror_option_changes(present text[], wanted text[])
RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT string_agg(CASE
        WHEN w.option_name IS NULL THEN format('DROP %I', p.option_name)
        WHEN p.option_name IS NULL THEN format('ADD %I %L', w.option_name, w.option_value)
        ELSE format('SET %I %L', w.option_name, w.option_value) END, ', ' ORDER BY coalesce(w.option_name, p.option_name))
    FROM pg_options_to_table(present) p
        FULL JOIN pg_options_to_table(wanted) w ON w.option_name = p.option_name
    WHERE w.option_value IS DISTINCT FROM p.option_value
$$;

COMMENT ON FUNCTION dataconnect_mirror_option_changes(text[], text[])
IS 'what stands in ALTER FOREIGN TABLE ... OPTIONS () to change options into others, each as name=value; NULL if they are the same';

CREATE FUNCTION dataconnect_mirror_follow_options(mirror regclass)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m @extschema@.dataconnect_mirror_mine := @extschema@.dataconnect_mirror_get(mirror);
    old regclass := m.live_table;
    changes text;
BEGIN
    -- A table cannot move to another server.
    IF (SELECT ftserver FROM pg_foreign_table WHERE ftrelid = m.live_table)
        <> (SELECT ftserver FROM pg_foreign_table WHERE ftrelid = m.source)
    THEN
        PERFORM @extschema@.dataconnect_mirror_locked(mirror, ARRAY[format('ALTER TABLE %s DETACH PARTITION %s', mirror, old)]);
        PERFORM @extschema@.dataconnect_mirror_make_live(mirror);
        EXECUTE format('DROP FOREIGN TABLE %s', old);
        RETURN;
    END IF;

    SELECT string_agg(format('ALTER COLUMN %I OPTIONS (%s)', d.attname, d.changes), ', ')
    INTO changes
    FROM (
        SELECT a.attname, @extschema@.dataconnect_mirror_option_changes(a.attfdwoptions, c.options)
        FROM pg_attribute a
            JOIN @extschema@.dataconnect_mirror_live_columns(m.source, m.by_column) c ON c.column_name = a.attname
        WHERE a.attrelid = m.live_table AND NOT a.attisdropped
            AND a.attname IS DISTINCT FROM m.fetched_at_column) d (attname, changes)
    WHERE d.changes IS NOT NULL;
    SELECT concat_ws(', ', changes, 'OPTIONS (' || @extschema@.dataconnect_mirror_option_changes(t.ftoptions,
        (SELECT array_agg(o.option || '=' || o.value)
         FROM @extschema@.dataconnect_mirror_live_table(m.source, m.by_column, m.params) o)) || ')')
    INTO changes
    FROM pg_foreign_table t WHERE t.ftrelid = m.live_table;
    IF changes <> '' THEN
        PERFORM @extschema@.dataconnect_mirror_locked(mirror, ARRAY[format('ALTER FOREIGN TABLE %s %s', m.live_table, changes)]);
    END IF;
END
$$;

COMMENT ON FUNCTION dataconnect_mirror_follow_options(regclass)
IS 'gives the part of a mirror that the service answers the server and options of the source';

-- An unlogged table is empty after a crash, or where a standby was promoted; others may have been
-- truncated, or restored from a dump without their rows.
CREATE FUNCTION dataconnect_mirror_lost(mirror regclass)
RETURNS jsonb
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET DateStyle = 'ISO, YMD'
AS $$
DECLARE
    m @extschema@.dataconnect_mirror_mine := @extschema@.dataconnect_mirror_get(mirror);
    days date[];
    emptied regclass;
BEGIN
    -- The rows of a table of the user's own may be elsewhere, such as on Citus's workers.
    IF NOT m.managed THEN
        RETURN '[]';
    ELSIF m.by_column IS NULL THEN
        DELETE FROM @extschema@.dataconnect_mirror_period_mine p
        USING pg_class c
        WHERE p.target = mirror AND p.records > 0
            AND c.oid = mirror AND c.relkind = 'r' AND pg_relation_size(c.oid) = 0;
        IF FOUND THEN
            emptied := mirror;
        END IF;
    ELSE
        WITH empty AS MATERIALIZED (
            SELECT t.partition, t.from_day, t.to_day
            FROM @extschema@.dataconnect_mirror_partitions(mirror) t
            WHERE (SELECT bool_and(c.relkind IN ('r', 'p') AND (c.relkind = 'p' OR pg_relation_size(c.oid) = 0))
                   FROM pg_partition_tree(t.partition) r JOIN pg_class c ON c.oid = r.relid)
        ), emptied_periods AS (
            -- Noted until they are read: the first one of several in a partition already fills it.
            UPDATE @extschema@.dataconnect_mirror_period_mine p SET loaded_at = '-infinity', records = 0
            FROM empty e
            WHERE p.period_from >= e.from_day AND p.period_from < e.to_day
                AND p.target = mirror AND p.records > 0 AND p.period_from >= m.since
                -- A step's days may be in several partitions, and some days have no rows.
                AND NOT EXISTS (
                    SELECT FROM @extschema@.dataconnect_mirror_partitions(mirror) t
                    WHERE t.from_day < p.period_to AND t.to_day > p.period_from AND t.partition IS DISTINCT FROM m.live_table
                        AND t.partition NOT IN (SELECT o.partition FROM empty o))
            RETURNING e.partition
        )
        SELECT min(e.partition::oid)::regclass INTO emptied FROM emptied_periods e;
        SELECT array_agg(p.period_from ORDER BY p.period_from) INTO days
        FROM @extschema@.dataconnect_mirror_period_mine p
        WHERE p.target = mirror AND p.loaded_at = '-infinity' AND p.period_from >= m.since;
    END IF;
    IF emptied IS NOT NULL THEN
        RAISE WARNING 'mirror "%" has lost rows, which are read again', mirror
            USING DETAIL = format('Table "%s" is empty.', emptied);
    END IF;
    RETURN coalesce(to_jsonb(days), '[]');
END
$$;

COMMENT ON FUNCTION dataconnect_mirror_lost(regclass)
IS 'the first days of periods that had rows and whose partition is empty; forgets that a whole table was read if it is empty';
