-- The mirror, part 4: rows are read from the service, and what differs is written.

-- Texts of rows are compared, so all functions that make them have the same settings. Those
-- that only call them need no settings.

CREATE FUNCTION dataconnect_mirror_get(mirror regclass)
RETURNS dataconnect_mirror_mine
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m @extschema@.dataconnect_mirror_mine;
BEGIN
    IF mirror IS NULL THEN
        RAISE EXCEPTION 'mirror must be a table' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    SELECT * INTO m FROM @extschema@.dataconnect_mirror_mine WHERE target = mirror;
    IF NOT FOUND THEN
        PERFORM @extschema@.dataconnect_mirror_refuse(mirror);
    END IF;
    RETURN m;
END $$;

COMMENT ON FUNCTION dataconnect_mirror_get(regclass)
IS 'what is known of a mirror of the caller''s; fails if the table is none (42809) or another''s (42501)';

-- Triggers, rules, constraints, defaults and generated columns of a mirror are its owner's. The
-- caller may have more rights: a superuser, or a member of several roles. So whatever writes rows
-- does it as the owner, in an operation that can leave nothing behind for later.
CREATE FUNCTION dataconnect_mirror_write(mirror regclass, statement text, OUT processed bigint, OUT returned text[])
AS 'MODULE_PATHNAME'
LANGUAGE C VOLATILE STRICT;

COMMENT ON FUNCTION dataconnect_mirror_write(regclass, text)
IS 'executes a statement that writes rows of a mirror, as the mirror''s owner; returns the number of rows, and the first value of each row that it returns; fails unless the caller has the owner''s rights (42501)';

CREATE FUNCTION dataconnect_mirror_is_owner(mirror regclass)
RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT c.relowner = r.oid FROM pg_class c, pg_roles r WHERE c.oid = mirror AND r.rolname = current_user
$$;

COMMENT ON FUNCTION dataconnect_mirror_is_owner(regclass)
IS 'whether the caller is a table''s owner, and does not only have the owner''s rights';

CREATE FUNCTION dataconnect_mirror_lend(mirror regclass, loaded regclass)
RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT @extschema@.dataconnect_mirror_is_owner(mirror) THEN
        EXECUTE format('GRANT SELECT ON %s TO %I', loaded, (SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = mirror));
    END IF;
END $$;

COMMENT ON FUNCTION dataconnect_mirror_lend(regclass, regclass)
IS 'lets a mirror''s owner read a temporary table of the caller''s';

-- The time at which a row was fetched differs each time, and so do other origins.
CREATE FUNCTION dataconnect_mirror_stored(mirror regclass)
RETURNS TABLE (column_name name, fetched_at boolean)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT t.attname, t.attname IS NOT DISTINCT FROM m.fetched_at_column
    FROM @extschema@.dataconnect_mirror_mine m
        JOIN pg_attribute t ON t.attrelid = m.target
        LEFT JOIN @extschema@.dataconnect_mirror_columns(m.source) s ON s.column_name = t.attname
    WHERE m.target = mirror AND t.attnum > 0 AND NOT t.attisdropped
        AND t.attgenerated = '' AND t.attidentity <> 'a'
        AND (s.kind IN ('response', 'filtered', 'window') OR t.attname = m.fetched_at_column)
    ORDER BY t.attnum
$$;

COMMENT ON FUNCTION dataconnect_mirror_stored(regclass)
IS 'the columns of a mirror that are filled: those that the source reads from the reply, and the one with the time of the reply';

CREATE FUNCTION dataconnect_mirror_range(mirror regclass, a date, b date)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(nullif(concat_ws(' AND ',
        CASE WHEN a IS NOT NULL THEN format('r.%I >= %L', m.by_column, @extschema@.dataconnect_mirror_bound(a, t.atttypid, z.zone)) END,
        CASE WHEN b IS NOT NULL THEN format('r.%I < %L', m.by_column, @extschema@.dataconnect_mirror_bound(b, t.atttypid, z.zone)) END), ''), 'true')
    FROM @extschema@.dataconnect_mirror_mine m
        LEFT JOIN pg_attribute t ON t.attrelid = m.target AND t.attname = m.by_column,
        LATERAL @extschema@.dataconnect_mirror_zone(m.source, m.by_column) z (zone)
    WHERE m.target = mirror
$$;

COMMENT ON FUNCTION dataconnect_mirror_range(regclass, date, date)
IS 'the condition for the rows of a mirror''s days, with the alias r; a bound that is NULL is none';

CREATE FUNCTION dataconnect_mirror_day(mirror regclass)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN t.atttypid = 'timestamptz'::regtype
        THEN format('(r.%I AT TIME ZONE %L)::date', m.by_column, @extschema@.dataconnect_mirror_zone(m.source, m.by_column))
        ELSE format('r.%I::date', m.by_column) END
    FROM @extschema@.dataconnect_mirror_mine m
        JOIN pg_attribute t ON t.attrelid = m.target AND t.attname = m.by_column
    WHERE m.target = mirror
$$;

COMMENT ON FUNCTION dataconnect_mirror_day(regclass)
IS 'an expression for the day of a mirror''s row with the alias r; NULL for a whole table';

CREATE FUNCTION dataconnect_mirror_foreign_code(relations regclass[])
RETURNS TABLE (place text, code text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH RECURSIVE near (relation) AS (
        SELECT r::oid FROM unnest(relations) r
        -- A partition that is attached or detached is compared with these.
        UNION SELECT o.confrelid FROM pg_constraint o WHERE o.contype = 'f' AND o.conrelid = ANY (relations)
        UNION SELECT o.conrelid FROM pg_constraint o WHERE o.contype = 'f' AND o.confrelid = ANY (relations)
    ), below (relation) AS (
        SELECT n.relation FROM near n
        UNION SELECT i.inhrelid FROM below b JOIN pg_inherits i ON i.inhparent = b.relation
    ), above (relation) AS (
        SELECT n.relation FROM near n
        UNION SELECT i.inhparent FROM above a JOIN pg_inherits i ON i.inhrelid = a.relation
    ), tables AS MATERIALIZED (
        SELECT b.relation FROM below b UNION SELECT a.relation FROM above a
    ), places (classid, objid) AS (
        SELECT 'pg_class'::regclass, i.indexrelid FROM tables JOIN pg_index i ON i.indrelid = relation
        WHERE i.indexprs IS NOT NULL OR i.indpred IS NOT NULL
        UNION ALL
        SELECT 'pg_class'::regclass, k.partrelid FROM tables JOIN pg_partitioned_table k ON k.partrelid = relation
        WHERE k.partexprs IS NOT NULL
        UNION ALL
        SELECT 'pg_constraint'::regclass, o.oid FROM tables JOIN pg_constraint o ON o.conrelid = relation WHERE o.contype = 'c'
        UNION ALL
        SELECT 'pg_statistic_ext'::regclass, s.oid FROM tables JOIN pg_statistic_ext s ON s.stxrelid = relation
        WHERE s.stxexprs IS NOT NULL
        UNION ALL
        SELECT 'pg_policy'::regclass, p.oid FROM tables JOIN pg_policy p ON p.polrelid = relation
        WHERE row_security_active(relation)
        UNION ALL
        -- Virtual columns, of PostgreSQL 18.
        SELECT 'pg_attrdef'::regclass, d.oid FROM tables
            JOIN pg_attrdef d ON d.adrelid = relation
            JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
        WHERE a.attgenerated = 'v'
    )
    SELECT pg_describe_object(p.classid, p.objid, 0), pg_describe_object(d.refclassid, d.refobjid, 0)
    FROM places p
        JOIN pg_depend d ON d.classid = p.classid AND d.objid = p.objid,
        -- The operator of one role may call the function of another.
        LATERAL (
            SELECT f.proowner FROM pg_proc f WHERE d.refclassid = 'pg_proc'::regclass AND f.oid = d.refobjid
            UNION ALL
            SELECT unnest(ARRAY[q.oprowner, f.proowner]) FROM pg_operator q JOIN pg_proc f ON f.oid = q.oprcode
            WHERE d.refclassid = 'pg_operator'::regclass AND q.oid = d.refobjid
            UNION ALL
            SELECT t.typowner FROM pg_type t WHERE d.refclassid = 'pg_type'::regclass AND t.oid = d.refobjid) u (owner)
        JOIN pg_roles r ON r.oid = u.owner
    WHERE NOT r.rolsuper AND r.rolname <> current_user
$$;

COMMENT ON FUNCTION dataconnect_mirror_foreign_code(regclass[])
IS 'functions, operators and types of roles other than the caller and superusers that expressions use which are evaluated while queries of these tables are planned, or while a partition is attached';

CREATE FUNCTION dataconnect_mirror_check_tables(target regclass, tables regclass[])
RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    place text;
    code text;
BEGIN
    IF @extschema@.dataconnect_mirror_is_owner(target) THEN
        RETURN;
    END IF;
    SELECT c.place, c.code INTO place, code FROM @extschema@.dataconnect_mirror_foreign_code(tables) c ORDER BY c.place COLLATE "C", c.code COLLATE "C" LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'mirror "%" may run code of another role', target
            USING ERRCODE = 'insufficient_privilege',
                  DETAIL = format('Used by %s: %s.', place, code),
                  HINT = format('Become the owner of the mirror first: SET ROLE %I;', (SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = target));
    END IF;
END $$;

COMMENT ON FUNCTION dataconnect_mirror_check_tables(regclass, regclass[])
IS 'fails if the caller is not a mirror''s owner, and to plan queries of these tables may run code of another role, who is no superuser (42501)';

-- Rows are read as the caller. Of what makes them, constraints of domains and casts are code, which
-- the owner of a type can have written.
--
-- So are functions that belong to a table: the planner and ATTACH PARTITION evaluate what they take
-- to be constant in expressions of indexes, statistics, partition keys and CHECK constraints, also
-- of partitions. An owner can call any function immutable, and can do so at any time: what a
-- function says of itself is not asked.
CREATE FUNCTION dataconnect_mirror_check_code(mirror regclass, loaded regclass DEFAULT NULL)
RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m @extschema@.dataconnect_mirror_mine := @extschema@.dataconnect_mirror_get(mirror);
    wrong name;
BEGIN
    IF @extschema@.dataconnect_mirror_is_owner(mirror) THEN
        RETURN;
    END IF;
    SELECT a.attname INTO wrong
    FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
        JOIN pg_type e ON e.oid IN (t.oid, t.typelem)
        JOIN pg_roles r ON r.oid = e.typowner
    WHERE a.attrelid IN (mirror, m.source::regclass) AND a.attnum > 0 AND NOT a.attisdropped
        AND NOT r.rolsuper AND r.rolname <> current_user
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'column "%" of mirror "%" has a type that may run code of another role', wrong, mirror
            USING ERRCODE = 'insufficient_privilege',
                  HINT = format('Become the owner of the mirror first: SET ROLE %I;', (SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = mirror));
    END IF;
    PERFORM @extschema@.dataconnect_mirror_check_tables(mirror,
        array_remove(ARRAY[mirror, m.source::regclass, m.live_table::regclass, loaded], NULL)
        || ARRAY(SELECT p.pending::regclass FROM @extschema@.dataconnect_mirror_pending_mine p WHERE p.target = mirror));
END $$;

COMMENT ON FUNCTION dataconnect_mirror_check_code(regclass, regclass)
IS 'fails if the caller is not a mirror''s owner, and to read the mirror, its source or loaded, or to attach a partition, may run code of another role, who is no superuser: of the type of a column, or of what the planner evaluates (42501)';

-- The service may count the last day that is asked for: rows of that day are the next period's.
-- Other rows outside of the period are strays. For a window, the foreign table itself drops both,
-- and EXPLAIN tells how many strays there were. With parameter columns, a scan of their own drops
-- them, so that the plan tells it.
CREATE FUNCTION dataconnect_mirror_query(mirror regclass, a date, b date, columns text, condition text DEFAULT 'true')
RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m @extschema@.dataconnect_mirror_mine := @extschema@.dataconnect_mirror_get(mirror);
    period record;
    inside text := @extschema@.dataconnect_mirror_range(mirror, a, b);
    quals text := @extschema@.dataconnect_mirror_quals(m.source, m.by_column, m.params);
BEGIN
    PERFORM @extschema@.dataconnect_mirror_check_code(mirror);
    IF m.by_column IS NULL THEN
        RETURN format('SELECT %s FROM %s r WHERE (%s)%s', columns, m.source, condition, quals);
    END IF;
    SELECT * INTO period FROM @extschema@.dataconnect_mirror_period_columns(m.source, m.by_column);
    IF period.start_column IS NULL THEN
        RETURN format('SELECT %s FROM %s r WHERE %s AND (%s)%s', columns, m.source, inside, condition, quals);
    END IF;
    RETURN format('SELECT %s FROM (SELECT * FROM %s r WHERE r.%I = %L AND r.%I = %L%s AND (%s) AND (%s) IS NOT TRUE OFFSET 0) r WHERE %s',
        columns, m.source,
        period.start_column, (SELECT @extschema@.dataconnect_mirror_bound(a, c.type_oid, @extschema@.dataconnect_mirror_zone(m.source, c.column_name))
                              FROM @extschema@.dataconnect_mirror_columns(m.source) c WHERE c.column_name = period.start_column),
        period.stop_column, (SELECT @extschema@.dataconnect_mirror_bound(b, c.type_oid, @extschema@.dataconnect_mirror_zone(m.source, c.column_name))
                             FROM @extschema@.dataconnect_mirror_columns(m.source) c WHERE c.column_name = period.stop_column),
        quals, condition, @extschema@.dataconnect_mirror_range(mirror, b, b + 1), inside);
END $$;

COMMENT ON FUNCTION dataconnect_mirror_query(regclass, date, date, text, text)
IS 'a query of the source for the rows of a mirror''s days, with the alias r; columns is its SELECT list';

-- A max_age of 0 keeps a copy of the reply. Where no query reads copies, there is no need.
CREATE FUNCTION dataconnect_mirror_anew(mirror regclass)
RETURNS text
LANGUAGE sql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT set_config('dataconnect_fdw.max_age', '-1', true)
    FROM @extschema@.dataconnect_mirror_get(mirror) m
    WHERE @extschema@.dataconnect_mirror_table_option(m.source, 'max_age') IS NULL
$$;

COMMENT ON FUNCTION dataconnect_mirror_anew(regclass)
IS 'for functions whose settings ask the service anew: lets them keep no copies if the source has none';

-- EXPLAIN (ANALYZE) runs the INSERT, and says what was asked and what was dropped.
CREATE FUNCTION dataconnect_mirror_read(
    mirror regclass,
    a date,
    b date,
    into_table regclass,
    condition text DEFAULT 'true',
    OUT records bigint,
    OUT rejected bigint,
    OUT request text)
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
SET DateStyle = 'ISO, YMD'
SET TimeZone = 'UTC'
SET dataconnect_fdw.max_age = 0
SET dataconnect_fdw.stale_if_error = 0
AS $$
DECLARE
    m @extschema@.dataconnect_mirror_mine := @extschema@.dataconnect_mirror_get(mirror);
    plan jsonb;
    columns text;
    selected text;
    refused boolean := false;
    half record;
    strays text;
BEGIN
    PERFORM @extschema@.dataconnect_mirror_anew(mirror);
    SELECT string_agg(quote_ident(s.column_name), ', '),
        string_agg(CASE WHEN s.fetched_at THEN coalesce(quote_ident(o.column_name), format('%L::timestamptz', clock_timestamp()))
            ELSE quote_ident(s.column_name) END, ', ')
    INTO columns, selected
    FROM @extschema@.dataconnect_mirror_stored(mirror) s
        LEFT JOIN LATERAL (
            SELECT c.column_name FROM @extschema@.dataconnect_mirror_columns(m.source) c WHERE c.origin = 'fetched_at' LIMIT 1) o ON s.fetched_at;
    BEGIN
        EXECUTE format('EXPLAIN (ANALYZE, TIMING OFF, BUFFERS OFF, COSTS OFF, SUMMARY OFF, FORMAT JSON) INSERT INTO %s (%s) %s',
            into_table, columns, @extschema@.dataconnect_mirror_query(mirror, a, b, selected, condition)) INTO plan;
    EXCEPTION WHEN program_limit_exceeded THEN
        IF b IS NULL OR b - a < 2 THEN
            RAISE;
        END IF;
        refused := true;
    END;
    IF refused THEN
        SELECT * INTO records, rejected, request
        FROM @extschema@.dataconnect_mirror_read(mirror, a, a + (b - a) / 2, into_table, condition);
        SELECT * INTO half
        FROM @extschema@.dataconnect_mirror_read(mirror, a + (b - a) / 2, b, into_table, condition);
        records := records + half.records;
        rejected := rejected + half.rejected;
        RETURN;
    END IF;
    records := (plan #>> '{0,Plan,Plans,0,Actual Rows}')::numeric;
    rejected := coalesce(jsonb_path_query_first(plan, 'strict $.** ? (@."Node Type" == "Subquery Scan")') ->> 'Rows Removed by Filter', '0')::numeric
        + coalesce(jsonb_path_query_first(plan, 'strict $.** ? (@."Node Type" == "Foreign Scan")') ->> 'Records Outside', '0')::numeric;
    request := jsonb_path_query_first(plan, 'strict $.** ? (@."Node Type" == "Foreign Scan")') ->> 'Request';
    strays := format('have no "%s" ', coalesce(m.by_column, m.modified_column))
        || CASE WHEN m.by_column IS NULL THEN 'as it was asked for' ELSE format('from %s to %s', a, b - 1) END || ': ' || request;
    IF rejected > 0 AND m.outside = 'error' THEN
        RAISE EXCEPTION 'reply for mirror "%" has records outside of the period', mirror
            USING ERRCODE = 'check_violation',
                  DETAIL = format('Of %s records, %s %s', records + rejected, rejected, strays),
                  HINT = 'With the option outside ''refuse'' they are counted and left out.';
    ELSIF rejected > 0 THEN
        RAISE WARNING '% of % records for mirror "%" are outside of the period and were left out', rejected, records + rejected, mirror
            USING DETAIL = 'They ' || strays;
    END IF;
END $$;

COMMENT ON FUNCTION dataconnect_mirror_read(regclass, date, date, regclass, text)
IS 'asks the service for the rows of a mirror''s days and inserts them into a table with the mirror''s columns; returns their number, the number of rows outside of the days, which are left out, and the request (if it was refused as too large, that of the first part); condition is another one for the query, with the alias r; fails if the option outside is ''error'' and there are such rows (23514)';

-- Requests are sent by the user mapping of the caller. So for another owner the rows are read
-- first, and written then.
CREATE FUNCTION dataconnect_mirror_fill(
    mirror regclass,
    a date,
    b date,
    into_table regclass,
    OUT records bigint,
    OUT rejected bigint,
    OUT request text)
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    staged regclass;
    columns text;
BEGIN
    IF @extschema@.dataconnect_mirror_is_owner(mirror) THEN
        SELECT * INTO records, rejected, request FROM @extschema@.dataconnect_mirror_read(mirror, a, b, into_table);
        RETURN;
    END IF;
    staged := @extschema@.dataconnect_mirror_staged(mirror);
    SELECT * INTO records, rejected, request FROM @extschema@.dataconnect_mirror_read(mirror, a, b, staged);
    SELECT string_agg(quote_ident(s.column_name), ', ') INTO columns FROM @extschema@.dataconnect_mirror_stored(mirror) s;
    PERFORM @extschema@.dataconnect_mirror_write(mirror, format('INSERT INTO %s (%s) SELECT %s FROM %s', into_table, columns, columns, staged));
    EXECUTE format('DROP TABLE %s', staged);
END $$;

COMMENT ON FUNCTION dataconnect_mirror_fill(regclass, date, date, regclass)
IS 'inserts the rows of a mirror''s days into a table of its owner, as dataconnect_mirror_read() does';

CREATE FUNCTION dataconnect_mirror_equal(type oid)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce((
        SELECT format('OPERATOR(%I.%s)', n.nspname, o.oprname)
        FROM pg_opclass c JOIN pg_am m ON m.oid = c.opcmethod AND m.amname = 'btree'
            JOIN pg_amop a ON a.amopfamily = c.opcfamily AND a.amoplefttype = c.opcintype
                AND a.amoprighttype = c.opcintype AND a.amopstrategy = 3
            JOIN pg_operator o ON o.oid = a.amopopr
            JOIN pg_namespace n ON n.oid = o.oprnamespace
        WHERE c.opcintype = type AND c.opcdefault), '=')
$$;

COMMENT ON FUNCTION dataconnect_mirror_equal(oid)
IS 'the operator by which an index of a type finds equal values';

-- Rows with the same key are the same row. Rows without a key, because the mirror has none or a
-- part of it is NULL, are the same row if their text is the same. Equal rows are numbered, so
-- that each has at most one partner.
CREATE FUNCTION dataconnect_mirror_join(
    mirror regclass,
    here text,
    there text,
    here_columns text,
    there_columns text,
    select_list text)
RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m @extschema@.dataconnect_mirror_mine := @extschema@.dataconnect_mirror_get(mirror);
    side CONSTANT text := '(SELECT %s, %s AS line, row_number() OVER (PARTITION BY %s) AS n%s FROM %s AND %s)';
    line text;
    keys text;
    named text;
    equal text;
    nullable boolean;
    with_key text;
    without_key text;
    condition text;
BEGIN
    SELECT format('(ROW(%s)::text COLLATE "C")', string_agg(format('r.%I', s.column_name), ', ')) INTO line
    FROM @extschema@.dataconnect_mirror_stored(mirror) s WHERE NOT s.fetched_at;
    SELECT string_agg(format('r.%I', k.name), ', ' ORDER BY k.n),
        coalesce(string_agg(format(', r.%I AS k%s', k.name, k.n), '' ORDER BY k.n), ''),
        string_agg(format('h.k%s %s t.k%s', k.n, @extschema@.dataconnect_mirror_equal(a.atttypid), k.n), ' AND ' ORDER BY k.n),
        bool_or(NOT a.attnotnull)
    INTO keys, named, equal, nullable
    FROM unnest(m.key_columns) WITH ORDINALITY AS k (name, n)
        JOIN pg_attribute a ON a.attrelid = m.target AND a.attname = k.name;
    IF keys IS NOT NULL THEN
        condition := format('ROW(%s) IS NOT NULL', keys);
        with_key := format('SELECT h.line AS here_line, t.line AS there_line, %s FROM %s h FULL JOIN %s t ON %s AND h.n = t.n',
            select_list, format(side, here_columns, line, keys, named, here, condition),
            format(side, there_columns, line, keys, named, there, condition), equal);
        condition := format('(%s) IS FALSE', condition);
    END IF;
    IF keys IS NULL OR nullable THEN
        condition := coalesce(condition, 'true');
        without_key := format('SELECT h.line AS here_line, t.line AS there_line, %s FROM %s h FULL JOIN %s t ON h.line = t.line AND h.n = t.n',
            select_list, format(side, here_columns, line, line, named, here, condition),
            format(side, there_columns, line, line, named, there, condition));
    END IF;
    RETURN concat_ws(' UNION ALL ', with_key, without_key);
END $$;

COMMENT ON FUNCTION dataconnect_mirror_join(regclass, text, text, text, text, text)
IS 'a query that pairs rows of a mirror (here) with rows of the source (there), both FROM and WHERE with the alias r: here_line and there_line are the texts of both, or NULL; select_list may use the columns that are asked of each side as those of h and t, and the key as their k1, k2, ...';

CREATE FUNCTION dataconnect_mirror_is_distributed(mirror regclass)
RETURNS boolean
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    found_it boolean := false;
BEGIN
    IF to_regclass('pg_catalog.pg_dist_partition') IS NOT NULL THEN
        EXECUTE 'SELECT EXISTS (SELECT FROM pg_catalog.pg_dist_partition WHERE logicalrelid = $1)' INTO found_it USING mirror;
    END IF;
    RETURN found_it;
END $$;

COMMENT ON FUNCTION dataconnect_mirror_is_distributed(regclass)
IS 'whether Citus keeps a table''s rows; these have no ctid here, so they are found by their key';

CREATE FUNCTION dataconnect_mirror_has_key(mirror regclass, other regclass)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    -- Citus cannot join each kind of table to one that is here.
    SELECT CASE WHEN @extschema@.dataconnect_mirror_is_distributed(mirror)
        THEN format('(%s) IN (SELECT %s FROM %s s)', string_agg(format('r.%I', k.name), ', ' ORDER BY k.n),
            string_agg(format('s.%I', k.name), ', ' ORDER BY k.n), other)
        ELSE format('EXISTS (SELECT 1 FROM %s s WHERE %s)', other,
            string_agg(format('r.%1$I %2$s s.%1$I', k.name, @extschema@.dataconnect_mirror_equal(t.atttypid)), ' AND ' ORDER BY k.n)) END
    FROM @extschema@.dataconnect_mirror_mine m, unnest(m.key_columns) WITH ORDINALITY AS k (name, n), pg_attribute t
    WHERE m.target = mirror AND t.attrelid = m.target AND t.attname = k.name
$$;

COMMENT ON FUNCTION dataconnect_mirror_has_key(regclass, regclass)
IS 'the condition that another table, which is no part of the mirror, has the key of a mirror''s row with the alias r';

-- A row whose date has changed is in another period than it was. The index on the key finds it;
-- the range of the new keys spares looking into periods that have none of them. Only a partition
-- that is pruned may be foreign: no row of one can be deleted.
CREATE FUNCTION dataconnect_mirror_moved(
    mirror regclass,
    loaded regclass,
    a date,
    b date)
RETURNS bigint
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
SET enable_partition_pruning = on
SET DateStyle = 'ISO, YMD'
SET TimeZone = 'UTC'
SET IntervalStyle = 'postgres'
SET extra_float_digits = 1
SET bytea_output = 'hex'
AS $$
DECLARE
    m @extschema@.dataconnect_mirror_mine := @extschema@.dataconnect_mirror_get(mirror);
    k record;
    bounds record;
    ranges text := '';
    day date;
    other regclass;
    found bigint;
    moved bigint := 0;
    days text[];
BEGIN
    IF m.key_columns IS NULL OR m.by_column IS NULL THEN
        RETURN 0;
    END IF;
    PERFORM @extschema@.dataconnect_mirror_check_code(mirror, loaded);
    FOR k IN
        SELECT c.name, t.typnamespace = 'pg_catalog'::regnamespace AS is_ordered
        FROM unnest(m.key_columns) WITH ORDINALITY AS c (name, n)
            JOIN pg_attribute a ON a.attrelid = m.target AND a.attname = c.name
            JOIN pg_type t ON t.oid = a.atttypid
        ORDER BY c.n
    LOOP
        CONTINUE WHEN NOT k.is_ordered;
        EXECUTE format('SELECT (SELECT s.%1$I FROM %2$s s WHERE s.%1$I IS NOT NULL ORDER BY 1 LIMIT 1)::text AS first,
                (SELECT s.%1$I FROM %2$s s WHERE s.%1$I IS NOT NULL ORDER BY 1 DESC LIMIT 1)::text AS last',
            k.name, loaded) INTO bounds;
        IF bounds.first IS NULL THEN
            RETURN 0;
        END IF;
        ranges := ranges || format(' AND r.%I BETWEEN %L AND %L', k.name, bounds.first, bounds.last);
    END LOOP;
    SELECT w.returned INTO days FROM @extschema@.dataconnect_mirror_write(mirror, format(
        'DELETE FROM %s r WHERE %s%s AND (%s OR r.%I IS NULL) AND (%s) IS NOT TRUE RETURNING %s',
        mirror, @extschema@.dataconnect_mirror_has_key(mirror, loaded), ranges,
        @extschema@.dataconnect_mirror_range(mirror, NULL, m.horizon), m.by_column,
        @extschema@.dataconnect_mirror_range(mirror, a, b), @extschema@.dataconnect_mirror_day(mirror))) w;
    FOR day, found IN SELECT d::date, count(*) FROM unnest(days) d GROUP BY 1 LOOP
        moved := moved + found;
        UPDATE @extschema@.dataconnect_mirror_period_mine p SET records = p.records - found
        WHERE p.target = mirror AND day >= p.period_from AND day < p.period_to;
    END LOOP;
    -- What waits to be attached was read before.
    FOR other IN
        SELECT p.pending FROM @extschema@.dataconnect_mirror_pending_mine p
        WHERE p.target = mirror AND p.folded IS NULL AND p.pending <> loaded
            AND @extschema@.dataconnect_mirror_pending_fault(mirror, p.pending) IS NULL
    LOOP
        SELECT w.processed INTO found FROM @extschema@.dataconnect_mirror_write(mirror,
            format('DELETE FROM %s r WHERE %s%s', other, @extschema@.dataconnect_mirror_has_key(mirror, loaded), ranges)) w;
        moved := moved + found;
        UPDATE @extschema@.dataconnect_mirror_pending_mine p SET records = p.records - found
        WHERE p.target = mirror AND p.pending = other AND found > 0;
    END LOOP;
    RETURN moved;
END $$;

COMMENT ON FUNCTION dataconnect_mirror_moved(regclass, regclass, date, date)
IS 'deletes from a mirror what other days have of the keys of rows that were just read for these days, because the date of such a row has changed; loaded has these rows, or only their keys; returns the number';

-- What differs is found first. So there is one place that decides what is the same row, and
-- whoever follows the changes of the table sees no others.
CREATE FUNCTION dataconnect_mirror_apply(
    mirror regclass,
    staged regclass,
    a date,
    b date,
    condition text DEFAULT 'true',
    OUT added bigint,
    OUT changed bigint,
    OUT vanished bigint)
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
SET enable_partition_pruning = on
SET DateStyle = 'ISO, YMD'
SET TimeZone = 'UTC'
SET IntervalStyle = 'postgres'
SET extra_float_digits = 1
SET bytea_output = 'hex'
SET lc_monetary = 'C'
AS $$
DECLARE
    m @extschema@.dataconnect_mirror_mine := @extschema@.dataconnect_mirror_get(mirror);
    distributed CONSTANT boolean := @extschema@.dataconnect_mirror_is_distributed(mirror);
    inside CONSTANT text := @extschema@.dataconnect_mirror_range(mirror, a, b);
    here text := format('%s r WHERE %s AND (%s)', mirror, inside, condition);
    there CONSTANT text := format('%s r WHERE true', staged);
    tuple text := 'r.tableoid AS rel, r.ctid AS tid';
    columns text;
    assignments text;
    keys text;
    equal text;
    named text;
    both_named text;
    twice text;
    something boolean;
    missing boolean;
BEGIN
    SELECT string_agg(format('%I', c.column_name), ', '), string_agg(format('%1$I = s.%1$I', c.column_name), ', ')
    INTO columns, assignments FROM @extschema@.dataconnect_mirror_stored(mirror) c;
    SELECT string_agg(format('%I', k.name), ', ' ORDER BY k.n),
        string_agg(format('r.%I %s d.k%s', k.name, @extschema@.dataconnect_mirror_equal(t.atttypid), k.n), ' AND ' ORDER BY k.n),
        coalesce(string_agg(format(', k%s', k.n), '' ORDER BY k.n), ''),
        coalesce(string_agg(format(', coalesce(h.k%1$s, t.k%1$s) AS k%1$s', k.n), '' ORDER BY k.n), '')
    INTO keys, equal, named, both_named
    FROM unnest(m.key_columns) WITH ORDINALITY AS k (name, n)
        JOIN pg_attribute t ON t.attrelid = m.target AND t.attname = k.name;

    IF keys IS NOT NULL THEN
        EXECUTE format('SELECT ROW(%1$s)::text FROM %2$s s WHERE ROW(%1$s) IS NOT NULL GROUP BY %1$s HAVING count(*) > 1 LIMIT 1',
            keys, staged) INTO twice;
        IF twice IS NOT NULL THEN
            RAISE EXCEPTION 'reply for mirror "%" has a key twice', mirror
                USING ERRCODE = 'unique_violation',
                      DETAIL = format('Key (%s)=%s is in several records.', keys, twice),
                      HINT = 'Name more columns in the key, or mirror without one.';
        END IF;
    ELSIF distributed THEN
        RAISE EXCEPTION 'mirror "%" needs a key, because its table is distributed', mirror
            USING ERRCODE = 'feature_not_supported';
    END IF;

    -- Again, because the owner may have altered the table since the service was asked.
    PERFORM @extschema@.dataconnect_mirror_check_code(mirror);
    -- Rows that Citus keeps are fetched, to be compared here.
    IF distributed THEN
        EXECUTE format('CREATE TEMP TABLE dataconnect_mirror_here ON COMMIT DROP AS SELECT %s FROM %s r WHERE %s', columns, mirror, inside);
        here := format('pg_temp.dataconnect_mirror_here r WHERE (%s)', condition);
    END IF;

    -- Where nothing is, nothing need be compared.
    EXECUTE format('SELECT EXISTS (SELECT FROM %s)', here) INTO something;
    IF NOT something THEN
        PERFORM @extschema@.dataconnect_mirror_moved(mirror, staged, a, b);
        SELECT w.processed INTO added FROM @extschema@.dataconnect_mirror_write(mirror,
            format('INSERT INTO %s (%s) SELECT %s FROM %s', mirror, columns, columns, staged)) w;
        changed := 0;
        vanished := 0;
        IF distributed THEN
            DROP TABLE pg_temp.dataconnect_mirror_here;
        END IF;
        RETURN;
    END IF;

    EXECUTE format('CREATE TEMP TABLE dataconnect_mirror_differences ON COMMIT DROP AS
            SELECT CASE WHEN here_line IS NULL THEN ''new'' WHEN there_line IS NULL THEN ''vanished'' ELSE ''changed'' END AS change,
                rel, tid, staged_tid%s
            FROM (%s) pairs WHERE here_line IS DISTINCT FROM there_line',
        named, @extschema@.dataconnect_mirror_join(mirror, here, there, 'r.tableoid AS rel, r.ctid AS tid', 'r.ctid AS tid',
            'h.rel, h.tid, t.tid AS staged_tid' || both_named));
    ANALYZE pg_temp.dataconnect_mirror_differences (change, tid, staged_tid);
    PERFORM @extschema@.dataconnect_mirror_lend(mirror, 'pg_temp.dataconnect_mirror_differences'::regclass);
    SELECT count(*) FILTER (WHERE d.change = 'new'), count(*) FILTER (WHERE d.change = 'changed'),
        count(*) FILTER (WHERE d.change = 'vanished')
    INTO added, changed, vanished FROM pg_temp.dataconnect_mirror_differences d;

    IF distributed THEN
        EXECUTE format('SELECT EXISTS (SELECT FROM pg_temp.dataconnect_mirror_differences d WHERE (ROW(%s) IS NOT NULL) IS FALSE)',
            substr(named, 3)) INTO missing;
        IF missing THEN
            RAISE EXCEPTION 'mirror "%" has rows without a key, and its table is distributed', mirror
                USING ERRCODE = 'feature_not_supported',
                      DETAIL = format('A row with NULL in key (%s) is new, or has changed or vanished.', keys);
        END IF;
        -- A reference table cannot be joined here.
        PERFORM @extschema@.dataconnect_mirror_write(mirror, format('DELETE FROM %s r
                WHERE %s AND (%s) IN (SELECT %s FROM pg_temp.dataconnect_mirror_differences d WHERE d.change <> ''new'')',
            mirror, inside, keys, substr(named, 3)));
    ELSE
        PERFORM @extschema@.dataconnect_mirror_write(mirror, format('DELETE FROM %s r USING pg_temp.dataconnect_mirror_differences d
                WHERE %s AND r.tableoid = d.rel AND r.ctid = d.tid AND d.change = ''vanished''',
            mirror, inside));
        PERFORM @extschema@.dataconnect_mirror_write(mirror, format('UPDATE %s r SET %s
                FROM pg_temp.dataconnect_mirror_differences d JOIN %s s ON s.ctid = d.staged_tid
                WHERE %s AND r.tableoid = d.rel AND r.ctid = d.tid AND d.change = ''changed''',
            mirror, assignments, staged, inside));
    END IF;
    IF added > 0 AND keys IS NOT NULL THEN
        EXECUTE format('CREATE TEMP TABLE dataconnect_mirror_new ON COMMIT DROP AS SELECT %s FROM %s s
                WHERE s.ctid IN (SELECT d.staged_tid FROM pg_temp.dataconnect_mirror_differences d WHERE d.change = ''new'')',
            keys, staged);
        PERFORM @extschema@.dataconnect_mirror_lend(mirror, 'pg_temp.dataconnect_mirror_new'::regclass);
        PERFORM @extschema@.dataconnect_mirror_moved(mirror, 'pg_temp.dataconnect_mirror_new'::regclass, a, b);
        DROP TABLE pg_temp.dataconnect_mirror_new;
    END IF;
    PERFORM @extschema@.dataconnect_mirror_write(mirror, format('INSERT INTO %s (%s) SELECT %s FROM %s r WHERE %s', mirror, columns, columns, staged,
        CASE WHEN distributed THEN format('EXISTS (SELECT 1 FROM pg_temp.dataconnect_mirror_differences d WHERE %s)', equal)
            ELSE 'r.ctid IN (SELECT d.staged_tid FROM pg_temp.dataconnect_mirror_differences d WHERE d.change = ''new'')' END));
    DROP TABLE pg_temp.dataconnect_mirror_differences;
    IF distributed THEN
        DROP TABLE pg_temp.dataconnect_mirror_here;
    END IF;
END $$;

COMMENT ON FUNCTION dataconnect_mirror_apply(regclass, regclass, date, date, text)
IS 'makes a mirror''s rows of these days (all rows of a whole table) equal to those of another table, and writes only what differs; returns the numbers of rows that were added, changed and deleted; rows are compared as texts; condition selects the rows of the mirror that are compared, with the alias r; fails if a key is twice in the other table (23505), or if the mirror is distributed by Citus and rows have no key (0A000)';
