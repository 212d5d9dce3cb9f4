-- The mirror, part 2: what a source's definition says. Everything is read from the catalogs
-- at each use, so that an ALTER of the source takes effect at once.

CREATE FUNCTION dataconnect_mirror_decode(query text)
RETURNS TABLE (name text, value text)
LANGUAGE plpgsql IMMUTABLE STRICT
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    pair text;
    sides text[];
BEGIN
    IF query ~ '%(?![0-9A-Fa-f]{2})' THEN
        RAISE invalid_parameter_value;
    END IF;
    FOREACH pair IN ARRAY string_to_array(query, '&') LOOP
        CONTINUE WHEN pair = '';
        SELECT array_agg((
            SELECT convert_from(decode(coalesce(string_agg(
                CASE WHEN piece[1] ~ '^%' THEN substr(piece[1], 2)
                     ELSE encode(convert_to(piece[1], 'UTF8'), 'hex') END, '' ORDER BY at), ''), 'hex'), 'UTF8')
            FROM regexp_matches(replace(side, '+', ' '), '%[0-9A-Fa-f]{2}|[^%]+|%', 'g') WITH ORDINALITY AS m (piece, at)) ORDER BY n)
        INTO sides
        FROM unnest(ARRAY[split_part(pair, '=', 1), substr(pair, strpos(pair || '=', '=') + 1)]) WITH ORDINALITY AS s (side, n);
        name := sides[1];
        value := sides[2];
        RETURN NEXT;
    END LOOP;
EXCEPTION WHEN invalid_parameter_value OR character_not_in_repertoire OR untranslatable_character THEN
    RAISE EXCEPTION 'invalid query string "%"', query
        USING ERRCODE = 'invalid_parameter_value',
              HINT = 'Write a percent sign as %25, a plus sign as %2B and & as %26.';
END $$;

COMMENT ON FUNCTION dataconnect_mirror_decode(text)
IS 'the names and values of a query string, decoded; fails if it is malformed (22023); for example: SELECT * FROM dataconnect_mirror_decode(''HideRebates=-1&Note=a%26b'')';

CREATE FUNCTION dataconnect_mirror_encode(value text)
RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(string_agg(
        CASE WHEN c ~ '^[A-Za-z0-9_.~,:-]$' THEN c
             ELSE regexp_replace(upper(encode(convert_to(c, 'UTF8'), 'hex')), '(..)', '%\1', 'g') END, '' ORDER BY n), '')
    FROM regexp_split_to_table(value, '') WITH ORDINALITY AS s (c, n)
$$;

COMMENT ON FUNCTION dataconnect_mirror_encode(text)
IS 'a name or value as a query string writes it';

-- The kinds are those of doc/options.md; a generated column is never read.
CREATE FUNCTION dataconnect_mirror_columns(source regclass)
RETURNS TABLE (
    attnum smallint,
    column_name name,
    type_oid oid,
    type text,
    kind text,
    key text,
    param text,
    param_from text,
    param_to text,
    required boolean,
    default_value text,
    list boolean,
    zone text,
    origin text,
    options text[])
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT a.attnum, a.attname, a.atttypid, format_type(a.atttypid, a.atttypmod),
        CASE WHEN a.attgenerated <> '' THEN 'generated'
             WHEN o.value IS NOT NULL THEN 'origin'
             WHEN o.param_from IS NOT NULL OR o.param_to IS NOT NULL THEN 'window'
             WHEN o.param IS NULL THEN 'response'
             WHEN o.name IS NULL THEN 'parameter'
             ELSE 'filtered' END,
        coalesce(o.name, a.attname), o.param, o.param_from, o.param_to,
        coalesce(o.required::boolean, false), o.default_value,
        coalesce(o.list::boolean, false), o.zone, lower(o.value), a.attfdwoptions
    FROM pg_attribute a,
        LATERAL (
            SELECT max(option_value) FILTER (WHERE option_name = 'name') AS name,
                max(option_value) FILTER (WHERE option_name = 'param') AS param,
                max(option_value) FILTER (WHERE option_name = 'param_from') AS param_from,
                max(option_value) FILTER (WHERE option_name = 'param_to') AS param_to,
                max(option_value) FILTER (WHERE option_name = 'required') AS required,
                max(option_value) FILTER (WHERE option_name = 'default') AS default_value,
                max(option_value) FILTER (WHERE option_name = 'list') AS list,
                max(option_value) FILTER (WHERE option_name = 'timezone') AS zone,
                max(option_value) FILTER (WHERE option_name = 'value') AS value
            FROM pg_options_to_table(a.attfdwoptions)) o
    WHERE a.attrelid = source AND a.attnum > 0 AND NOT a.attisdropped
    ORDER BY a.attnum
$$;

COMMENT ON FUNCTION dataconnect_mirror_columns(regclass)
IS 'the columns of a foreign table with their kinds and options, in their order';

CREATE FUNCTION dataconnect_mirror_table_option(source regclass, option text)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(
        (SELECT option_value FROM pg_options_to_table(t.ftoptions) WHERE option_name = option),
        (SELECT option_value FROM pg_options_to_table(s.srvoptions) WHERE option_name = option))
    FROM pg_foreign_table t JOIN pg_foreign_server s ON s.oid = t.ftserver
    WHERE t.ftrelid = source
$$;

COMMENT ON FUNCTION dataconnect_mirror_table_option(regclass, text)
IS 'the value of an option of a foreign table or else of its server, or NULL';

CREATE FUNCTION dataconnect_mirror_zone(source regclass, by_column name)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(
        (SELECT zone FROM @extschema@.dataconnect_mirror_columns(source) WHERE column_name = by_column),
        @extschema@.dataconnect_mirror_table_option(source, 'timezone'),
        'UTC')
$$;

COMMENT ON FUNCTION dataconnect_mirror_zone(regclass, name)
IS 'the time zone in which the days of a column begin';

CREATE FUNCTION dataconnect_mirror_bound(day date, type oid, zone text)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET TimeZone = 'UTC'
SET DateStyle = 'ISO, YMD'
AS $$
    SELECT CASE type
        WHEN 'date'::regtype THEN day::text
        WHEN 'timestamp'::regtype THEN day::timestamp::text
        WHEN 'timestamptz'::regtype THEN (day::timestamp AT TIME ZONE zone)::text END
$$;

COMMENT ON FUNCTION dataconnect_mirror_bound(date, oid, text)
IS 'the beginning of a day as the text of a date, timestamp or timestamptz (with its offset); times with a zone begin at midnight there';

CREATE FUNCTION dataconnect_mirror_today(source regclass, by_column name)
RETURNS date
LANGUAGE sql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT (clock_timestamp() AT TIME ZONE @extschema@.dataconnect_mirror_zone(source, by_column))::date
$$;

COMMENT ON FUNCTION dataconnect_mirror_today(regclass, name)
IS 'the present day in the time zone of a column';

CREATE FUNCTION dataconnect_mirror_words(name text)
RETURNS text[]
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(array_agg(lower(m[1])), '{}')
    FROM regexp_matches(name, '[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+', 'g') m
$$;

COMMENT ON FUNCTION dataconnect_mirror_words(text)
IS 'the words of a name such as LastDateModified, in lower case';

-- The service names a pair StartDate and StopDate, or with a word before, between or after.
CREATE FUNCTION dataconnect_mirror_period_columns(
    source regclass,
    by_column name,
    OUT start_column name,
    OUT stop_column name,
    OUT param_from text,
    OUT param_to text)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    by_kind text;
    by_options text[];
    pairs bigint;
BEGIN
    SELECT c.kind, c.options, c.param_from, c.param_to INTO by_kind, by_options, param_from, param_to
    FROM @extschema@.dataconnect_mirror_columns(source) c WHERE c.column_name = by_column;
    IF by_kind = 'window' THEN
        RETURN;
    END IF;
    WITH dates AS (
        SELECT c.column_name, c.param, lower(c.param) AS word, c.required
        FROM @extschema@.dataconnect_mirror_columns(source) c
        WHERE c.kind = 'parameter' AND c.type_oid IN ('date'::regtype, 'timestamp'::regtype, 'timestamptz'::regtype)
    ), candidates AS (
        SELECT a.column_name AS start_column, b.column_name AS stop_column, a.param AS param_from, b.param AS param_to,
            CASE WHEN @extschema@.dataconnect_mirror_words(c.key) <@ @extschema@.dataconnect_mirror_words(a.param) THEN 1
                 WHEN a.word = 'startdate' THEN 2
                 WHEN a.required AND b.required THEN 3
                 ELSE 4 END AS rank
        FROM dates a
        JOIN dates b ON b.word <> a.word AND b.word IN (
            replace(a.word, 'start', 'stop'), replace(a.word, 'start', 'end'),
            replace(a.word, 'begin', 'end'), replace(a.word, 'from', 'to'))
        JOIN @extschema@.dataconnect_mirror_columns(source) c ON c.column_name = by_column
    ), best AS (
        SELECT *, count(*) OVER () AS number FROM candidates WHERE rank = (SELECT min(rank) FROM candidates)
    )
    SELECT b.start_column, b.stop_column, b.param_from, b.param_to, b.number
    INTO start_column, stop_column, param_from, param_to, pairs
    FROM best b LIMIT 1;
    IF pairs IS NULL THEN
        RAISE EXCEPTION 'foreign table "%" has no parameters for a period', source
            USING ERRCODE = 'fdw_dynamic_parameter_value_needed',
                  DETAIL = format('Neither has column "%s" the options param_from and param_to, nor has the table two parameter columns of dates such as StartDate and StopDate.', by_column),
                  HINT = format('Give the column its parameters by ALTER FOREIGN TABLE %s ALTER COLUMN %I OPTIONS (ADD name ''...'', ADD param_from ''...'', ADD param_to ''...''), or leave by out to mirror the whole table.', source, by_column);
    ELSIF pairs > 1 THEN
        RAISE EXCEPTION 'foreign table "%" has several pairs of parameters for a period', source
            USING ERRCODE = 'fdw_dynamic_parameter_value_needed',
                  DETAIL = format('One pair is %s and %s.', param_from, param_to),
                  HINT = format('Let column "%s" have a pair: ALTER FOREIGN TABLE %s DROP COLUMN %I, DROP COLUMN %I, ALTER COLUMN %I OPTIONS (%sADD param_from %L, ADD param_to %L).',
                      by_column, source, start_column, stop_column, by_column,
                      CASE WHEN EXISTS (SELECT FROM pg_options_to_table(by_options) WHERE option_name = 'name') THEN ''
                          ELSE format('ADD name %L, ', by_column) END,
                      param_from, param_to);
    END IF;
END $$;

COMMENT ON FUNCTION dataconnect_mirror_period_columns(regclass, name)
IS 'how a period is asked for: param_from and param_to are the parameters; start_column and stop_column are the parameter columns that send them, or NULL if the column is a window itself; fails if there are none, or several pairs (HV002)';

-- The names of the source's own endpoint, without its prefix, say what the catalogue knows.
CREATE FUNCTION dataconnect_mirror_example(source regclass, param text)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(
        (SELECT coalesce(p.unrestricted_values[1], p.default_value, p.example, p.legal_values[1])
         FROM @extschema@.dataconnect_parameters p
         WHERE lower(p.parameter) = lower(param)
             AND lower(p.endpoint) = lower(@extschema@.dataconnect_mirror_table_option(dataconnect_mirror_example.source, 'endpoint'))
         LIMIT 1), '...')
$$;

COMMENT ON FUNCTION dataconnect_mirror_example(regclass, text)
IS 'a value of a parameter for messages, from the catalogue';

-- What each request of a mirror sends beside its period.
CREATE FUNCTION dataconnect_mirror_values(source regclass, by_column name, params text)
RETURNS TABLE (column_name name, type text, param text, value text, list boolean)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    start_column name;
    stop_column name;
    col record;
    wrong text;
    missing text;
    example text;
BEGIN
    IF by_column IS NOT NULL THEN
        SELECT p.start_column, p.stop_column INTO start_column, stop_column
        FROM @extschema@.dataconnect_mirror_period_columns(source, by_column) p;
    END IF;

    SELECT d.name INTO wrong
    FROM @extschema@.dataconnect_mirror_decode(params) d
    GROUP BY d.name
    HAVING count(*) > 1 OR NOT EXISTS (
        SELECT FROM @extschema@.dataconnect_mirror_columns(source) c
        WHERE c.kind = 'parameter' AND lower(c.param) = lower(d.name)
            AND c.column_name IS DISTINCT FROM start_column AND c.column_name IS DISTINCT FROM stop_column)
    LIMIT 1;
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION 'params cannot give "%" for foreign table "%"', wrong, source
            USING ERRCODE = 'undefined_column',
                  DETAIL = coalesce((
                      SELECT 'Each of these parameters may be given once: ' || string_agg(c.param, ', ' ORDER BY c.attnum) || '.'
                      FROM @extschema@.dataconnect_mirror_columns(source) c
                      WHERE c.kind = 'parameter'
                          AND c.column_name IS DISTINCT FROM start_column AND c.column_name IS DISTINCT FROM stop_column),
                      'The foreign table has no parameter columns beside those of the period.'),
                  HINT = 'A parameter that no column has belongs in the foreign table''s own option params.';
    END IF;

    -- A required column needs its value in each query, even if the table's params have one. Only a
    -- parameter column can be given one here.
    FOR col IN
        SELECT k.*, CASE WHEN k.kind = 'parameter' THEN coalesce(given.value, CASE WHEN k.required THEN own.value END) END AS sent
        FROM @extschema@.dataconnect_mirror_columns(source) k
            LEFT JOIN @extschema@.dataconnect_mirror_decode(params) given ON lower(given.name) = lower(k.param)
            LEFT JOIN LATERAL (
                SELECT d.value
                FROM @extschema@.dataconnect_mirror_decode(@extschema@.dataconnect_mirror_table_option(source, 'params')) d
                WHERE lower(d.name) = lower(k.param)
                LIMIT 1) own ON true
        WHERE k.kind IN ('parameter', 'filtered', 'window')
            AND k.column_name IS DISTINCT FROM start_column AND k.column_name IS DISTINCT FROM stop_column
        ORDER BY k.attnum
    LOOP
        IF col.required AND col.kind <> 'parameter' AND col.column_name IS DISTINCT FROM by_column THEN
            RAISE EXCEPTION 'foreign table "%" cannot be mirrored while column "%" is required', source, col.column_name
                USING ERRCODE = 'fdw_dynamic_parameter_value_needed',
                      HINT = concat(CASE WHEN by_column IS NULL AND col.kind = 'window'
                              THEN format('To mirror it by days, add by => %L and since. To mirror all of it, make', col.column_name)
                              ELSE 'Make' END,
                          format(' it optional: ALTER FOREIGN TABLE %s ALTER COLUMN %I OPTIONS (DROP required). If the service needs %s, fix it in the table''s option params.',
                              source, col.column_name, coalesce(col.param, col.param_from, col.param_to)));
        ELSIF col.required AND col.kind = 'parameter' AND col.sent IS NULL THEN
            example := concat(example, '&', @extschema@.dataconnect_mirror_encode(col.param), '=',
                @extschema@.dataconnect_mirror_example(source, col.param));
            missing := concat_ws(', ', missing, col.param);
        ELSIF coalesce(col.sent, col.default_value) IS NOT NULL AND col.kind <> 'window' THEN
            column_name := col.column_name;
            type := col.type;
            param := col.param;
            value := coalesce(col.sent, col.default_value);
            list := col.list;
            RETURN NEXT;
        END IF;
    END LOOP;
    IF missing IS NOT NULL THEN
        RAISE EXCEPTION 'foreign table "%" needs a value for %', source, missing
            USING ERRCODE = 'fdw_dynamic_parameter_value_needed',
                  HINT = format('Add params => %L.', concat_ws('&', nullif(params, ''), substr(example, 2)));
    END IF;
END $$;

COMMENT ON FUNCTION dataconnect_mirror_values(regclass, name, text)
IS 'the parameter and filtered columns that have a value in each request of a mirror: from params, from the table''s own params if the column is required, or the column''s default; fails if a required one has none (HV002), or if params has a name that no parameter column has (42703)';

-- The default of a filtered column is sent by itself: as a condition, it would also filter.
CREATE FUNCTION dataconnect_mirror_quals(source regclass, by_column name, params text)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(string_agg(
        CASE WHEN v.list THEN format(' AND %I = ANY (%L)', v.column_name, string_to_array(v.value, ','))
             ELSE format(' AND %I = %L', v.column_name, v.value) END, ''), '')
    FROM @extschema@.dataconnect_mirror_values(source, by_column, params) v
    JOIN @extschema@.dataconnect_mirror_columns(source) c USING (column_name)
    WHERE c.kind = 'parameter'
$$;

COMMENT ON FUNCTION dataconnect_mirror_quals(regclass, name, text)
IS 'conditions for a query of the source that give its parameter columns their values, each with AND in front';

-- What the partition that asks the service is made of. A query without an end gets the rows up to
-- now: services refuse a far end (413).
CREATE FUNCTION dataconnect_mirror_live_params(source regclass, by_column name, params text)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH fixed AS (
        SELECT v.param, v.value, row_number() OVER () AS n
        FROM @extschema@.dataconnect_mirror_values(source, by_column, params) v
    ), own AS (
        SELECT d.name AS param, d.value, row_number() OVER () AS n
        FROM pg_foreign_table t,
            LATERAL (SELECT option_value FROM pg_options_to_table(t.ftoptions) WHERE option_name = 'params') o,
            LATERAL @extschema@.dataconnect_mirror_decode(o.option_value) d
        WHERE t.ftrelid = source
            AND NOT EXISTS (SELECT FROM fixed f WHERE lower(f.param) = lower(d.name))
    )
    SELECT string_agg(@extschema@.dataconnect_mirror_encode(p.param) || '=' || @extschema@.dataconnect_mirror_encode(p.value), '&' ORDER BY p.kind, p.n)
    FROM (SELECT 1 AS kind, o.* FROM own o UNION ALL SELECT 2, f.* FROM fixed f) p
$$;

COMMENT ON FUNCTION dataconnect_mirror_live_params(regclass, name, text)
IS 'the option params of the partition that the service answers, or NULL: the source''s own, and the values of its parameter columns';

CREATE FUNCTION dataconnect_mirror_live_columns(source regclass, by_column name)
RETURNS TABLE (column_name name, options text[])
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH c AS MATERIALIZED (
        SELECT * FROM @extschema@.dataconnect_mirror_columns(source) c
        WHERE c.kind IN ('response', 'filtered', 'window')
    ), o AS (
        SELECT c.column_name, o.option_name, o.option_value
        FROM c, LATERAL pg_options_to_table(c.options) o
        WHERE CASE
            WHEN c.column_name = by_column THEN o.option_name IN ('timezone')
            WHEN c.kind = 'filtered' AND c.default_value IS NOT NULL THEN o.option_name IN ('timezone')
            ELSE o.option_name <> 'name' END
        UNION ALL
        SELECT c.column_name, 'name', c.key FROM c
        UNION ALL
        SELECT by_column, o.option_name, o.option_value
        FROM @extschema@.dataconnect_mirror_period_columns(source, by_column) p,
            LATERAL (VALUES ('param_from', p.param_from), ('param_to', p.param_to), ('required', 'true')) o (option_name, option_value)
        WHERE o.option_value IS NOT NULL
    )
    SELECT o.column_name, array_agg(o.option_name || '=' || o.option_value ORDER BY o.option_name) FROM o GROUP BY 1
$$;

COMMENT ON FUNCTION dataconnect_mirror_live_columns(regclass, name)
IS 'the options, each as name=value, of the columns in the partition that the service answers: those of the source, with the period''s parameters for the column by which rows are placed';

CREATE FUNCTION dataconnect_mirror_live_table(source regclass, by_column name, params text)
RETURNS TABLE (option text, value text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT o.option_name, o.option_value
    FROM pg_foreign_table t, LATERAL pg_options_to_table(t.ftoptions) o
    WHERE t.ftrelid = source AND o.option_name NOT IN ('params', 'split')
    UNION ALL
    SELECT 'params', p FROM @extschema@.dataconnect_mirror_live_params(source, by_column, params) p WHERE p IS NOT NULL
    UNION ALL
    SELECT 'split', by_column
    UNION ALL
    SELECT 'open_to', 'tomorrow'
    WHERE NOT EXISTS (
        SELECT FROM pg_foreign_table t, LATERAL pg_options_to_table(t.ftoptions) o
        WHERE t.ftrelid = source AND o.option_name = 'open_to')
    ORDER BY 1
$$;

COMMENT ON FUNCTION dataconnect_mirror_live_table(regclass, name, text)
IS 'the options of the partition that the service answers: those of the source, with params of its own, split by the column by which rows are placed, and open_to ''tomorrow'' unless the source has another';
