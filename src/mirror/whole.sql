-- The mirror, part 7: whole tables.

-- The service's clock may differ from ours. If the service does not answer this question, the
-- table is asked for, and whatever is wrong is raised then.
CREATE FUNCTION dataconnect_mirror_is_unchanged(mirror regclass, last timestamptz)
RETURNS boolean
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN coalesce((
        SELECT @extschema@.dataconnect_delta(m.source, last - interval '1 hour') = 0
        FROM @extschema@.dataconnect_mirror_get(mirror) m), false);
EXCEPTION WHEN fdw_error OR fdw_unable_to_create_reply OR fdw_unable_to_establish_connection OR fdw_table_not_found
    OR fdw_invalid_attribute_value OR configuration_limit_exceeded OR insufficient_privilege OR invalid_authorization_specification THEN
    RETURN false;
END $$;

COMMENT ON FUNCTION dataconnect_mirror_is_unchanged(regclass, timestamptz)
IS 'whether the service says that no row of a bridge table has changed since the last time; false if it says nothing';

-- A time in the future, which a service may have in a row, would hide all that comes before it.
CREATE FUNCTION dataconnect_mirror_modified(mirror regclass, last timestamptz)
RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET DateStyle = 'ISO, YMD'
SET TimeZone = 'UTC'
AS $$
DECLARE
    m @extschema@.dataconnect_mirror_mine := @extschema@.dataconnect_mirror_get(mirror);
    type regtype;
    bound text;
BEGIN
    IF m.modified_column IS NULL OR last IS NULL THEN
        RETURN NULL;
    END IF;
    PERFORM @extschema@.dataconnect_mirror_check_code(mirror);
    SELECT t.atttypid INTO type FROM pg_attribute t WHERE t.attrelid = m.target AND t.attname = m.modified_column;
    EXECUTE format('SELECT CASE WHEN max(r.%1$I) IS NOT NULL THEN (least(max(r.%1$I), %2$L::timestamptz%3$s) - interval ''1 day'')::%4$s::text END FROM %5$s r',
        m.modified_column, last,
        CASE WHEN type <> 'timestamptz'::regtype
            THEN format(' AT TIME ZONE %L', @extschema@.dataconnect_mirror_zone(m.source, m.modified_column)) ELSE '' END,
        type, m.target) INTO bound;
    RETURN format('r.%I >= %L', m.modified_column, bound);
END $$;

COMMENT ON FUNCTION dataconnect_mirror_modified(regclass, timestamptz)
IS 'the condition, with the alias r, for rows that were modified since a day before the newest one that is here, and at most a day before the last request; NULL if there is none here, if there was no request, or without the option modified';

-- Of rows that were not asked for, nothing is known: they are not compared.
CREATE FUNCTION dataconnect_mirror_whole_read(
    mirror regclass,
    modified text,
    OUT records bigint,
    OUT request text,
    OUT added bigint,
    OUT changed bigint,
    OUT vanished bigint,
    OUT rejected bigint)
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m @extschema@.dataconnect_mirror_mine := @extschema@.dataconnect_mirror_get(mirror);
    staged regclass;
    something boolean := true;
    missing boolean;
BEGIN
    -- An empty table of ours, whose key is unique, is filled at once.
    IF m.managed THEN
        PERFORM @extschema@.dataconnect_mirror_check_code(mirror);
        EXECUTE format('SELECT EXISTS (SELECT FROM %s)', mirror) INTO something;
    END IF;
    IF NOT something THEN
        SELECT r.records, r.request, r.records, 0, 0, r.rejected INTO records, request, added, changed, vanished, rejected
        FROM @extschema@.dataconnect_mirror_fill(mirror, NULL, NULL, mirror) r;
        RETURN;
    END IF;
    staged := @extschema@.dataconnect_mirror_staged(mirror);
    SELECT r.records, r.request, r.rejected INTO records, request, rejected
    FROM @extschema@.dataconnect_mirror_read(mirror, NULL, NULL, staged, coalesce(modified, 'true')) r;
    IF modified IS NOT NULL THEN
        EXECUTE format('SELECT EXISTS (SELECT FROM %s s WHERE (ROW(%s) IS NOT NULL) IS FALSE)', staged,
            (SELECT string_agg(format('s.%I', k), ', ') FROM unnest(m.key_columns) k)) INTO missing;
        IF missing THEN
            RAISE EXCEPTION 'reply for mirror "%" has a record without a key', mirror
                USING ERRCODE = 'not_null_violation',
                      DETAIL = 'With the option modified, records replace those with the same key.',
                      HINT = 'Make the mirror without that option: all records are then read.';
        END IF;
    END IF;
    SELECT w.added, w.changed, w.vanished INTO added, changed, vanished
    FROM @extschema@.dataconnect_mirror_apply(mirror, staged, NULL, NULL,
        CASE WHEN modified IS NULL THEN 'true' ELSE @extschema@.dataconnect_mirror_has_key(mirror, staged) END) w;
    EXECUTE format('DROP TABLE %s', staged);
END $$;

COMMENT ON FUNCTION dataconnect_mirror_whole_read(regclass, text)
IS 'reads a whole table, or the rows of a condition (with the alias r), and makes its mirror''s rows equal; fails if such a row has no key (23502)';

CREATE FUNCTION dataconnect_mirror_whole(
    mirror regclass,
    again boolean DEFAULT false,
    OUT records bigint,
    OUT request text,
    OUT added bigint,
    OUT changed bigint,
    OUT vanished bigint)
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m @extschema@.dataconnect_mirror_mine := @extschema@.dataconnect_mirror_get(mirror);
    -- What changes while a request runs is asked for the next time.
    asked_at CONSTANT timestamptz := clock_timestamp();
    last timestamptz := (SELECT p.loaded_at FROM @extschema@.dataconnect_mirror_period_mine p
                         WHERE p.target = mirror AND NOT again);
    modified text;
    all_read boolean := false;
    rejected bigint := 0;
BEGIN
    IF last IS NOT NULL AND @extschema@.dataconnect_mirror_is_unchanged(mirror, last) THEN
        SELECT 0, 0, 0, 0 INTO records, added, changed, vanished;
    ELSE
        modified := @extschema@.dataconnect_mirror_modified(mirror, last);
        all_read := modified IS NULL;
        SELECT * INTO records, request, added, changed, vanished, rejected
        FROM @extschema@.dataconnect_mirror_whole_read(mirror, modified);
    END IF;
    INSERT INTO @extschema@.dataconnect_mirror_period_mine AS p
        (target, period_from, period_to, loaded_at, records, rejected, request, added, changed, vanished)
    VALUES (mirror, '-infinity', 'infinity', asked_at, $3, rejected, $4, $5, $6, $7)
    ON CONFLICT (target, period_from) DO UPDATE
    SET loaded_at = excluded.loaded_at,
        records = CASE WHEN all_read THEN excluded.records ELSE p.records + excluded.added - excluded.vanished END,
        rejected = excluded.rejected,
        request = coalesce(excluded.request, p.request),
        added = excluded.added, changed = excluded.changed, vanished = excluded.vanished;
END $$;

COMMENT ON FUNCTION dataconnect_mirror_whole(regclass, boolean)
IS 'reads a whole table again, makes its mirror equal, and notes that; if the service says that nothing has changed (bridge tables), nothing is read, and with the option modified only rows that were modified since; again: read all in any case; returns the number of rows that were read, the request (NULL if there was none), and the numbers of rows that were added, changed and deleted';
