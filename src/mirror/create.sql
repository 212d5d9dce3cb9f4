-- The mirror, part 3: dataconnect_mirror() makes the target and what is known of it. Nothing
-- is asked of the service: the first refresh does that.

CREATE FUNCTION dataconnect_mirror_whole_days(option text, given interval)
RETURNS interval
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
SET IntervalStyle = 'postgres'
AS $$
DECLARE
    days interval;
BEGIN
    IF given IS NULL OR NOT isfinite(given) THEN
        RAISE EXCEPTION '% must be an interval', option USING ERRCODE = 'invalid_parameter_value';
    END IF;
    days := justify_hours(given);
    IF days <> date_trunc('day', days) OR extract(day FROM days) < 0
        OR extract(year FROM days) * 12 + extract(month FROM days) < 0 THEN
        RAISE EXCEPTION '% must be whole days or months, not "%"', option, given
            USING ERRCODE = 'invalid_parameter_value', HINT = format('For example: %s => ''3 days''.', option);
    END IF;
    IF days > '1000 years' THEN
        RAISE EXCEPTION '% must be at most 1000 years, not "%"', option, given USING ERRCODE = 'invalid_parameter_value';
    END IF;
    RETURN days;
END $$;

COMMENT ON FUNCTION dataconnect_mirror_whole_days(text, interval)
IS 'an option of dataconnect_mirror() as whole days and months; fails if it has a part of a day, is negative or longer than 1000 years (22023)';

CREATE FUNCTION dataconnect_mirror_free_name(schema oid, base text, ending text)
RETURNS name
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    head text;
    tail text := ending;
    n integer := 1;
BEGIN
    LOOP
        head := base;
        WHILE octet_length(head || tail) > 63 LOOP
            head := left(head, -1);
        END LOOP;
        IF NOT EXISTS (SELECT FROM pg_class c WHERE c.relnamespace = schema AND c.relname = head || tail) THEN
            RETURN head || tail;
        END IF;
        n := n + 1;
        tail := ending || '_' || n;
    END LOOP;
END $$;

COMMENT ON FUNCTION dataconnect_mirror_free_name(oid, text, text)
IS 'a name that no relation of the schema has: base, cut to fit, with the ending';

-- A partition as the target's other ones; only the target's owner can have made it.
CREATE FUNCTION dataconnect_mirror_give_to_owner(partition regclass, target regclass)
RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    owner regrole := (SELECT relowner FROM pg_class WHERE oid = target);
BEGIN
    IF owner <> (SELECT relowner FROM pg_class WHERE oid = partition) THEN
        EXECUTE format('ALTER TABLE %s OWNER TO %s', partition, owner);
    END IF;
END $$;

COMMENT ON FUNCTION dataconnect_mirror_give_to_owner(regclass, regclass)
IS 'makes the owner of a mirror the owner of one of its partitions, where a member of the owner has created it';

-- PARTITION OF gives the table the columns, constraints and comments of the target; the
-- source's options are added to them.
CREATE FUNCTION dataconnect_mirror_make_live(target regclass)
RETURNS regclass
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    mirror record;
    place record;
    live_name name;
    partition regclass;
    columns text;
BEGIN
    SELECT m.*, a.atttypid AS by_type, @extschema@.dataconnect_mirror_zone(m.source, m.by_column) AS zone
    INTO STRICT mirror
    FROM @extschema@.dataconnect_mirror_mine m
    JOIN pg_attribute a ON a.attrelid = m.target AND a.attname = m.by_column
    WHERE m.target = dataconnect_mirror_make_live.target;
    SELECT n.oid, n.nspname, c.relname INTO STRICT place
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = mirror.target;

    live_name := @extschema@.dataconnect_mirror_free_name(place.oid, place.relname, '_live');
    EXECUTE format('CREATE FOREIGN TABLE %I.%I PARTITION OF %s FOR VALUES FROM (%L) TO (MAXVALUE) SERVER %I OPTIONS (%s)',
        place.nspname, live_name, mirror.target,
        @extschema@.dataconnect_mirror_bound(mirror.horizon, mirror.by_type, mirror.zone),
        (SELECT s.srvname FROM pg_foreign_table t JOIN pg_foreign_server s ON s.oid = t.ftserver WHERE t.ftrelid = mirror.source),
        (SELECT string_agg(format('%I %L', option, value), ', ')
         FROM @extschema@.dataconnect_mirror_live_table(mirror.source, mirror.by_column, mirror.params)));
    partition := format('%I.%I', place.nspname, live_name)::regclass;

    SELECT string_agg(format('ALTER COLUMN %I OPTIONS (%s)', c.column_name,
        @extschema@.dataconnect_mirror_option_changes(NULL, c.options)), ', ' ORDER BY a.attnum)
    INTO columns
    FROM @extschema@.dataconnect_mirror_live_columns(mirror.source, mirror.by_column) c
    JOIN pg_attribute a ON a.attrelid = mirror.target AND a.attname = c.column_name AND NOT a.attisdropped;
    IF mirror.fetched_at_column IS NOT NULL THEN
        columns := columns || format(', ALTER COLUMN %I OPTIONS (ADD value ''fetched_at'')', mirror.fetched_at_column);
    END IF;
    EXECUTE format('ALTER FOREIGN TABLE %s %s', partition, columns);
    PERFORM @extschema@.dataconnect_mirror_give_to_owner(partition, mirror.target);
    EXECUTE format('COMMENT ON FOREIGN TABLE %s IS %L', partition,
        format('the days of %s from the horizon on, as the service has them now', mirror.target));

    UPDATE @extschema@.dataconnect_mirror_mine SET live_table = partition WHERE target = mirror.target;
    RETURN partition;
END $$;

COMMENT ON FUNCTION dataconnect_mirror_make_live(regclass)
IS 'creates the partition of a mirror that the service answers, from the horizon on, as the source is defined now';

CREATE FUNCTION dataconnect_mirror_check_source(source regclass)
RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF source IS NULL THEN
        RAISE EXCEPTION 'source must be a foreign table' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    IF NOT EXISTS (
        SELECT FROM pg_foreign_table t
        JOIN pg_foreign_server s ON s.oid = t.ftserver
        JOIN pg_foreign_data_wrapper w ON w.oid = s.srvfdw
        WHERE t.ftrelid = source AND w.fdwhandler = '@extschema@.dataconnect_fdw_handler()'::regprocedure)
    THEN
        RAISE EXCEPTION '"%" is not a foreign table of dataconnect_fdw', source
            USING ERRCODE = 'wrong_object_type',
                  HINT = 'IMPORT FOREIGN SCHEMA or CREATE FOREIGN TABLE makes one.';
    END IF;
    IF NOT has_table_privilege(source, 'SELECT') THEN
        RAISE EXCEPTION 'permission denied for foreign table "%"', source
            USING ERRCODE = 'insufficient_privilege', HINT = 'A mirror reads it as its caller.';
    END IF;
END $$;

COMMENT ON FUNCTION dataconnect_mirror_check_source(regclass)
IS 'fails unless the table is a foreign table of this extension (42809) that the caller may read (42501)';

CREATE FUNCTION dataconnect_mirror_check_columns(source regclass, option text, names name[])
RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    wrong name;
BEGIN
    SELECT n INTO wrong FROM unnest(names) n
    WHERE n IS NULL OR NOT EXISTS (
        SELECT FROM @extschema@.dataconnect_mirror_columns(source) c
        WHERE c.column_name = n AND c.kind IN ('response', 'filtered', 'window'))
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION '% names "%", which no column of the replies of "%" is called', option, wrong, source
            USING ERRCODE = 'undefined_column',
                  DETAIL = format('Its columns are: %s.', (
                      SELECT string_agg(quote_ident(c.column_name), ', ' ORDER BY c.attnum)
                      FROM @extschema@.dataconnect_mirror_columns(source) c
                      WHERE c.kind IN ('response', 'filtered', 'window')));
    END IF;
END $$;

COMMENT ON FUNCTION dataconnect_mirror_check_columns(regclass, text, name[])
IS 'fails if the replies of a foreign table do not have all these columns (42703); option is the word for the message';

CREATE FUNCTION dataconnect_mirror_check_by(source regclass, by_column name, since date)
RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    dates text := (
        SELECT string_agg(quote_ident(c.column_name), ', ' ORDER BY c.attnum)
        FROM @extschema@.dataconnect_mirror_columns(source) c
        WHERE c.kind IN ('response', 'filtered', 'window')
            AND c.type_oid IN ('date'::regtype, 'timestamp'::regtype, 'timestamptz'::regtype));
    type text;
BEGIN
    IF by_column IS NULL THEN
        IF since IS NOT NULL THEN
            RAISE EXCEPTION 'since needs by, the column that places a row in a period'
                USING ERRCODE = 'invalid_parameter_value',
                      HINT = coalesce('These columns are dates or times: ' || dates || '.', 'No column is a date or time: mirror the whole table.');
        END IF;
        RETURN;
    END IF;
    PERFORM @extschema@.dataconnect_mirror_check_columns(source, 'by', ARRAY[by_column]);
    SELECT c.type INTO type
    FROM @extschema@.dataconnect_mirror_columns(source) c
    WHERE c.column_name = by_column
        AND c.type_oid NOT IN ('date'::regtype, 'timestamp'::regtype, 'timestamptz'::regtype);
    IF FOUND THEN
        RAISE EXCEPTION 'column "%" has type %, which is no date or time', by_column, type
            USING ERRCODE = 'datatype_mismatch',
                  HINT = coalesce('These columns are: ' || dates || '.', 'No column is: leave by out to mirror the whole table.');
    END IF;
    IF since IS NULL OR NOT isfinite(since) THEN
        RAISE EXCEPTION 'by needs since, the first day to mirror'
            USING ERRCODE = 'invalid_parameter_value', HINT = 'For example: since => ''2024-01-01''.';
    ELSIF since NOT BETWEEN '0001-01-01' AND '9999-12-31' THEN
        RAISE EXCEPTION 'since must be a day of the years 1 to 9999, not %', since USING ERRCODE = 'invalid_parameter_value';
    END IF;
END $$;

COMMENT ON FUNCTION dataconnect_mirror_check_by(regclass, name, date)
IS 'fails unless the column is a date or time of the replies (42703, 42804) and since is a day (22023), or both are NULL';

-- A target of the caller's own: only its rows will change.
CREATE FUNCTION dataconnect_mirror_check_adopted(
    target regclass,
    source regclass,
    by_column name,
    live interval,
    key_columns name[],
    fetched_at_column name)
RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    relation record;
    missing name;
BEGIN
    SELECT c.relkind, pg_has_role(c.relowner, 'USAGE') AS is_owner,
        c.relispartition OR c.relpersistence = 't' OR c.oid < 16384
            OR EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e') AS is_taken
    INTO relation FROM pg_class c WHERE c.oid = target;
    IF NOT relation.is_owner THEN
        RAISE EXCEPTION 'must be owner of table "%"', target USING ERRCODE = 'insufficient_privilege';
    ELSIF relation.relkind NOT IN ('r', 'p') THEN
        RAISE EXCEPTION '"%" is not a table', target
            USING ERRCODE = 'wrong_object_type', HINT = 'Choose another target.';
    ELSIF relation.is_taken THEN
        RAISE EXCEPTION 'table "%" cannot be filled by a mirror', target
            USING ERRCODE = 'wrong_object_type',
                  DETAIL = 'It is temporary, a partition, or belongs to an extension or to PostgreSQL.',
                  HINT = 'Choose another target.';
    ELSIF EXISTS (SELECT FROM @extschema@.dataconnect_mirror_mine m WHERE m.target = dataconnect_mirror_check_adopted.target) THEN
        RAISE EXCEPTION 'table "%" is a mirror already', target
            USING ERRCODE = 'duplicate_object',
                  HINT = format('CALL @extschema@.dataconnect_refresh(%L) refreshes it; DROP TABLE %s ends it.', target, target);
    ELSIF by_column IS NOT NULL AND live <> '0' THEN
        RAISE EXCEPTION 'relation "%" already exists', target
            USING ERRCODE = 'duplicate_table',
                  DETAIL = 'A table that exists can be filled, but gets no partition that the service answers.',
                  HINT = 'Add live => ''0'' to fill this table, or choose another target.';
    END IF;

    SELECT n INTO missing
    FROM unnest(key_columns || by_column || fetched_at_column) n
    WHERE n IS NOT NULL AND NOT EXISTS (
        SELECT FROM pg_attribute a WHERE a.attrelid = target AND a.attname = n AND a.attnum > 0 AND NOT a.attisdropped)
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'table "%" has no column "%"', target, missing
            USING ERRCODE = 'undefined_column',
                  HINT = format('Add it: ALTER TABLE %s ADD COLUMN %I %s.', target, missing, coalesce(
                      (SELECT c.type FROM @extschema@.dataconnect_mirror_columns(source) c WHERE c.column_name = missing),
                      'timestamptz'));
    END IF;
    IF EXISTS (
        SELECT FROM pg_attribute a
        JOIN @extschema@.dataconnect_mirror_columns(source) c ON c.column_name = a.attname
        WHERE a.attrelid = target AND a.attname = by_column AND a.atttypid <> c.type_oid)
    THEN
        RAISE EXCEPTION 'column "%" of table "%" has another type than in "%"', by_column, target, source
            USING ERRCODE = 'datatype_mismatch';
    END IF;
END $$;

COMMENT ON FUNCTION dataconnect_mirror_check_adopted(regclass, regclass, name, interval, name[], name)
IS 'fails unless an existing table can become the target of a mirror: of the caller (42501), a table (42809), no mirror (42710), without a live part (42P07), and with the columns that are needed (42703, 42804)';

CREATE FUNCTION dataconnect_mirror(
    source regclass,
    target text,
    "by" name DEFAULT NULL,
    since date DEFAULT NULL,
    step interval DEFAULT '1 month',
    live interval DEFAULT '7 days',
    key name[] DEFAULT NULL,
    late interval DEFAULT '3 days',
    params text DEFAULT '',
    outside text DEFAULT 'refuse',
    indexes name[] DEFAULT '{}',
    fetched_at boolean DEFAULT false,
    modified name DEFAULT NULL,
    fillfactor integer DEFAULT NULL,
    tablespace name DEFAULT NULL,
    unlogged boolean DEFAULT false,
    schema regnamespace DEFAULT quote_ident(current_schema())::regnamespace)
RETURNS regclass
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
SET standard_conforming_strings = on
SET DateStyle = 'ISO, YMD'
SET IntervalStyle = 'postgres'
AS $$
#variable_conflict use_column
DECLARE
    by_column ALIAS FOR $3;
    parts text[];
    schema_name name;
    relation regclass;
    adopted boolean;
    filled boolean;
    fetched_at_column name := CASE WHEN fetched_at THEN 'fetched_at' END;
    storage text[] := CASE WHEN fillfactor IS NOT NULL THEN ARRAY['fillfactor=' || fillfactor] END;
    columns text;
    statement text;
BEGIN
    -- The options, before anything is made.
    PERFORM @extschema@.dataconnect_mirror_check_source(source);
    PERFORM @extschema@.dataconnect_mirror_check_by(source, by_column, since);
    PERFORM @extschema@.dataconnect_mirror_check_columns(source, 'key', key);
    PERFORM @extschema@.dataconnect_mirror_check_columns(source, 'indexes', indexes);
    params := coalesce(params, '');
    PERFORM @extschema@.dataconnect_mirror_values(source, by_column, params);
    IF key = '{}' THEN
        key := NULL;
    END IF;
    IF outside IS NULL OR outside NOT IN ('refuse', 'error') THEN
        RAISE EXCEPTION 'outside must be ''refuse'' or ''error'', not "%"', outside
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF fillfactor NOT BETWEEN 10 AND 100 THEN
        RAISE EXCEPTION 'fillfactor must be 10 to 100, not %', fillfactor
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF by_column IS NULL THEN
        step := NULL;
        live := NULL;
        late := NULL;
        IF modified IS NOT NULL THEN
            PERFORM @extschema@.dataconnect_mirror_check_columns(source, 'modified', ARRAY[modified]);
            IF key IS NULL OR NOT EXISTS (
                SELECT FROM @extschema@.dataconnect_mirror_columns(source) c
                WHERE c.column_name = modified AND c.kind = 'window')
            THEN
                RAISE EXCEPTION 'modified needs key, and a column with the option param_from'
                    USING ERRCODE = 'invalid_parameter_value',
                          HINT = format('Leave modified out, or give the column its parameter: ALTER FOREIGN TABLE %s ALTER COLUMN %I OPTIONS (ADD param_from ''...'').', source, modified);
            END IF;
        END IF;
    ELSE
        step := @extschema@.dataconnect_mirror_whole_days('step', step);
        live := @extschema@.dataconnect_mirror_whole_days('live', live);
        late := @extschema@.dataconnect_mirror_whole_days('late', late);
        IF (extract(day FROM step) > 0) = (extract(year FROM step) * 12 + extract(month FROM step) > 0) THEN
            RAISE EXCEPTION 'step must be some days or some months, not "%"', step
                USING ERRCODE = 'invalid_parameter_value', HINT = 'For example: step => ''1 month''.';
        END IF;
        IF modified IS NOT NULL THEN
            RAISE EXCEPTION 'modified is for whole tables, without by'
                USING ERRCODE = 'invalid_parameter_value',
                      HINT = 'late says how many days each refresh reads again.';
        END IF;
        IF since > @extschema@.dataconnect_mirror_today(source, by_column) THEN
            RAISE EXCEPTION 'since is in the future: %', since USING ERRCODE = 'invalid_parameter_value';
        END IF;
    END IF;
    IF fetched_at AND EXISTS (
        SELECT FROM @extschema@.dataconnect_mirror_columns(source) c
        WHERE c.column_name = fetched_at_column AND c.kind <> 'origin')
    THEN
        RAISE EXCEPTION 'foreign table "%" has a column "%" itself', source, fetched_at_column
            USING ERRCODE = 'duplicate_column', HINT = 'Rename it, or leave fetched_at out.';
    END IF;

    -- The target's name.
    parts := parse_ident(target);
    IF cardinality(parts) = 2 THEN
        schema_name := parts[1];
    ELSE
        SELECT n.nspname INTO schema_name FROM pg_namespace n WHERE n.oid = schema;
    END IF;
    IF target IS NULL OR cardinality(parts) > 2 OR schema_name IS NULL OR octet_length(parts[cardinality(parts)]) > 63
        OR octet_length(parts[1]) > 63 THEN
        RAISE EXCEPTION 'invalid target: %', coalesce(target, 'NULL')
            USING ERRCODE = 'invalid_name',
                  HINT = 'Give a name of at most 63 bytes, with a schema if the search path has none: target => ''mirrors.sales''.';
    END IF;
    IF schema_name ~ '^pg_temp' THEN
        RAISE EXCEPTION 'a mirror cannot be a temporary table' USING ERRCODE = 'wrong_object_type';
    END IF;
    relation := to_regclass(format('%I.%I', schema_name, parts[cardinality(parts)]));
    adopted := relation IS NOT NULL;
    statement := format('%I.%I', schema_name, parts[cardinality(parts)]);

    IF adopted THEN
        PERFORM @extschema@.dataconnect_mirror_check_adopted(relation, source, by_column, live, key, fetched_at_column);
        PERFORM @extschema@.dataconnect_mirror_hold(relation);
        IF storage IS NOT NULL OR tablespace IS NOT NULL OR unlogged OR indexes <> '{}' THEN
            RAISE EXCEPTION 'table "%" exists: its indexes and storage are its owner''s', relation
                USING ERRCODE = 'invalid_parameter_value',
                      HINT = 'Leave indexes, fillfactor, tablespace and unlogged out.';
        END IF;
        PERFORM @extschema@.dataconnect_mirror_check_tables(relation, ARRAY[relation]);
        EXECUTE format('SELECT EXISTS (SELECT 1 FROM %s)', relation) INTO filled;
        IF filled THEN
            RAISE WARNING 'table "%" has rows; a refresh deletes those that the service does not return', relation
                USING HINT = format('Choose another target if they shall stay: SELECT @extschema@.dataconnect_unmirror(%L) undoes this.', relation);
        END IF;
    ELSE
        SELECT string_agg(format('%I %s', c.column_name, c.type)
                || CASE WHEN a.attcollation <> t.typcollation
                        THEN (SELECT format(' COLLATE %I.%I', n.nspname, l.collname)
                              FROM pg_collation l JOIN pg_namespace n ON n.oid = l.collnamespace
                              WHERE l.oid = a.attcollation)
                        ELSE '' END, ', ' ORDER BY c.attnum)
        INTO columns
        FROM @extschema@.dataconnect_mirror_columns(source) c
        JOIN pg_attribute a ON a.attrelid = source AND a.attnum = c.attnum
        JOIN pg_type t ON t.oid = a.atttypid
        WHERE c.kind IN ('response', 'filtered', 'window');
        columns := concat_ws(', ', columns, quote_ident(fetched_at_column) || ' timestamptz');
        IF by_column IS NULL THEN
            EXECUTE format('CREATE %s TABLE %s (%s) %s %s', CASE WHEN unlogged THEN 'UNLOGGED' END, statement, columns,
                'WITH (' || storage[1] || ')', 'TABLESPACE ' || quote_ident(tablespace));
        ELSE
            EXECUTE format('CREATE TABLE %s (%s) PARTITION BY RANGE (%I) %s', statement, columns, by_column,
                'TABLESPACE ' || quote_ident(tablespace));
        END IF;
        relation := statement::regclass;
        FOR statement IN
            SELECT format('COMMENT ON COLUMN %s.%I IS %L', relation, c.column_name, col_description(source, c.attnum))
            FROM @extschema@.dataconnect_mirror_columns(source) c
            WHERE c.kind IN ('response', 'filtered', 'window') AND col_description(source, c.attnum) IS NOT NULL
            UNION ALL
            SELECT format('CREATE INDEX ON %s (%I)', relation, i) FROM unnest(indexes) i
            UNION ALL
            SELECT format('CREATE UNIQUE INDEX ON %s (%s)', relation, string_agg(quote_ident(k), ', '))
            FROM unnest(key) k WHERE by_column IS NULL HAVING count(*) > 0
        LOOP
            EXECUTE statement;
        END LOOP;
    END IF;

    INSERT INTO @extschema@.dataconnect_mirror_mine (target, source, by_column, since, step, live, late, key_columns,
        params, outside, modified_column, fetched_at_column, managed, source_columns, storage, unlogged, horizon)
    VALUES (relation, source, by_column, since, step, live, late, key,
        params, outside, modified, fetched_at_column, NOT adopted,
        (SELECT array_agg(c.column_name) FROM @extschema@.dataconnect_mirror_columns(source) c
         WHERE c.kind IN ('response', 'filtered', 'window')),
        storage, unlogged, since);
    IF live <> '0' THEN
        PERFORM @extschema@.dataconnect_mirror_make_live(relation);
    END IF;
    RETURN relation;
END $$;

COMMENT ON FUNCTION dataconnect_mirror(regclass, text, name, date, interval, interval, name[], interval, text, text, name[], boolean, name, integer, name, boolean, regnamespace)
IS 'makes a local table that CALL dataconnect_refresh() keeps like a foreign table, and returns it; asks the service for nothing. source: the foreign table; target: name of the new table, or, with live ''0'' or without by, of one to fill; by: column that places a row in a period, and since: first day, or neither to keep the whole table; step: days or months of a partition; live: days that the service answers, the last ones; key: columns that are unique; late: days before these that each refresh reads again; params: query string with values for the source''s other parameter columns; outside: ''refuse'' (count, with a warning) or ''error'' for rows outside of the asked period; indexes: columns to index; fetched_at: add a column fetched_at; modified: of a whole table, column with param_from by which only modified rows are asked for; fillfactor, tablespace, unlogged: of the local partitions; schema: of the target, if it names none. Fails if a required parameter has no value (HV002), for a wrong column (42703, 42804) or option (22023, 42602), if the target exists (42P07) or is a mirror (42710), without privileges (42501); for example: SELECT dataconnect_mirror(''rq.sales_by_invoice_report'', target => ''sales'', by => ''date_created'', since => ''2024-01-01'', key => ''{sale_invoice_id}'', params => ''HideRebates=-1'')';
