-- Conformance, part 2: what to ask.

-- A parameter without a value here needs one of the caller's.
CREATE FUNCTION dataconnect_conformance_plan(report text, day date, params text)
RETURNS jsonb
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    -- Names have one spelling here, since two of one request would be the same parameter.
    given CONSTANT jsonb := (
        SELECT coalesce(jsonb_object_agg(coalesce(p.parameter, g.name), g.value), '{}')
        FROM @extschema@.dataconnect_mirror_decode(params) g
            LEFT JOIN (SELECT DISTINCT p.parameter FROM @extschema@.dataconnect_parameters p WHERE lower(p.endpoint) = lower(report)) p
                ON lower(p.parameter) = lower(g.name));
    plan jsonb := jsonb_build_object('report', report, 'day', day, 'from', 'StartDate', 'to', 'StopDate',
        'columns', '{}'::jsonb, 'filters', '[]'::jsonb);
    p record;
    part record;
    required jsonb := '{}';
BEGIN
    -- Of several kinds of records, those with most columns.
    SELECT e.table_name, e.params INTO part FROM @extschema@.dataconnect_endpoints e
    WHERE lower(e.endpoint) = lower(report) ORDER BY e.column_count DESC LIMIT 1;
    SELECT coalesce(jsonb_object_agg(d.name, d.value), '{}') INTO required FROM @extschema@.dataconnect_mirror_decode(coalesce(part.params, '')) d;
    FOR p IN
        SELECT c.* FROM @extschema@.dataconnect_parameters c
        WHERE lower(c.endpoint) = lower(report) AND c.table_name IS NOT DISTINCT FROM part.table_name
    LOOP
        IF p.required AND p.type IN ('date', 'timestamp') AND p.parameter ~* 'start' THEN
            plan := plan || jsonb_build_object('from', p.parameter);
        ELSIF p.required AND p.type IN ('date', 'timestamp') AND p.parameter ~* 'stop' THEN
            plan := plan || jsonb_build_object('to', p.parameter);
        ELSIF p.required THEN
            required := required || jsonb_build_object(p.parameter,
                coalesce(p.default_value, p.unrestricted_values[1], p.example, p.legal_values[1]));
        ELSIF p.type IN ('text', 'integer', 'bigint') AND p.used_when IS NULL THEN
            plan := jsonb_insert(plan, '{filters,-1}', jsonb_build_object('param', p.parameter, 'list', p.list), true);
        END IF;
    END LOOP;
    RETURN plan || jsonb_build_object(
        'params', jsonb_strip_nulls(required) || given - ARRAY[plan ->> 'from', plan ->> 'to'],
        'columns', (
            SELECT coalesce(jsonb_object_agg(c.name, jsonb_build_object('type', c.type, 'money', c.sql_server_type ~* 'money')), '{}')
            FROM @extschema@.dataconnect_columns c
            WHERE lower(c.endpoint) = lower(report) AND c.table_name IS NOT DISTINCT FROM part.table_name));
END $$;

COMMENT ON FUNCTION dataconnect_conformance_plan(text, date, text)
IS 'for dataconnect_conformance(): what the catalogue says of a report: names of its period''s parameters, required ones with documented values, columns, and parameters that may filter';

CREATE FUNCTION dataconnect_conformance_params(plan jsonb, "from" timestamp, "to" timestamp, more jsonb DEFAULT '{}')
RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT @extschema@.dataconnect_conformance_query((plan -> 'params') || jsonb_build_object(
        plan ->> 'from', to_char("from", 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
        plan ->> 'to', to_char("to", 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) || more)
$$;

COMMENT ON FUNCTION dataconnect_conformance_params(jsonb, timestamp, timestamp, jsonb)
IS 'for dataconnect_conformance(): the query string for a period, as a query would send it';

-- The values of the first records; a key that is there twice has two.
CREATE FUNCTION dataconnect_conformance_values(records json, most integer DEFAULT 1000)
RETURNS TABLE (record bigint, place bigint, key text, value json, kind text, val text)
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT r.n, f.n, f.key, f.value, json_typeof(f.value), f.value #>> '{}'
    FROM (
            SELECT * FROM json_array_elements(CASE WHEN json_typeof(records) = 'array' THEN records END)
                WITH ORDINALITY AS r (record, n) LIMIT most) r,
        LATERAL json_each(CASE WHEN json_typeof(r.record) = 'object' THEN r.record END) WITH ORDINALITY AS f (key, value, n)
$$;

COMMENT ON FUNCTION dataconnect_conformance_values(json, integer)
IS 'for dataconnect_conformance(): the values of the first records, by default 1,000';

-- ISO 8601, as convert_time.c reads it.
CREATE FUNCTION dataconnect_conformance_is_time(value text)
RETURNS boolean
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT value ~ '^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d([.]\d{1,9})?)?(Z|[+-]\d\d(:?\d\d)?)?)?$'
$$;

COMMENT ON FUNCTION dataconnect_conformance_is_time(text)
IS 'for dataconnect_conformance(): whether the extension reads a text as a time';

-- Which time the service filters by is not documented, so all count whose days are those that
-- were asked for, or next to them. Of the filters the one is best whose value has letters
-- and selects least.
CREATE FUNCTION dataconnect_conformance_narrow(plan jsonb, base dataconnect_conformance_answer)
RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    day CONSTANT date := plan ->> 'day';
    found jsonb;
BEGIN
    SELECT coalesce(jsonb_agg(t.key ORDER BY t.place), '[]') INTO found
    FROM (
        SELECT v.key, min(v.place) AS place
        FROM @extschema@.dataconnect_conformance_values(base.document) v
        WHERE v.kind <> 'null' AND v.val <> '' AND v.val <> 'null'
        GROUP BY v.key
        HAVING bool_and(@extschema@.dataconnect_conformance_is_time(v.val))
            AND bool_and(left(v.val, 10) BETWEEN to_char(day - 1, 'YYYY-MM-DD') AND to_char(day + 2, 'YYYY-MM-DD'))) t;
    plan := plan || jsonb_build_object('times', found);
    WITH fields AS MATERIALIZED (
        SELECT * FROM @extschema@.dataconnect_conformance_values(base.document)),
    chosen AS (
        SELECT f ->> 'param' AS param, f -> 'list' AS list, v.key, v.val, min(v.record) AS record, count(*) AS n,
            min(t.val) AS first_time
        FROM jsonb_array_elements(plan -> 'filters') f
            JOIN fields v ON lower(f ->> 'param') IN (lower(v.key), lower(v.key) || 's')
            LEFT JOIN fields t ON t.record = v.record AND t.key = plan #>> '{times,0}'
        WHERE v.val ~ '^[A-Za-z0-9._-]{1,40}$' AND v.val <> 'null'
            AND coalesce(left(t.val, 10) = to_char(day, 'YYYY-MM-DD'), true)
        GROUP BY 1, f -> 'list', v.key, v.val
        HAVING count(*) < base.records
        ORDER BY v.val ~ '[A-Za-z]' DESC, min(coalesce(substr(t.val, 12, 2), '0')) >= '20', n, v.val),
    best AS (
        SELECT * FROM chosen LIMIT 1)
    SELECT jsonb_build_object('param', b.param, 'list', b.list, 'key', b.key, 'value', b.val,
        'hour', coalesce(substr(b.first_time, 12, 2), ''),
        'second', (SELECT c.val FROM chosen c WHERE c.param = b.param AND c.key = b.key AND lower(c.val) <> lower(b.val) LIMIT 1))
    INTO found FROM best b;
    plan := plan || jsonb_build_object('filter', found);
    SELECT jsonb_build_object('key', s.key, 'values', s.stores) INTO found
    FROM (
        SELECT v.key, (array_agg(DISTINCT v.val))[1:2] AS stores, min(v.place) AS place
        FROM @extschema@.dataconnect_conformance_values(base.document) v
        WHERE v.key ~* '(^|_)(StoreID|LocationID)$' AND v.val ~ '^\d{1,9}$'
        GROUP BY v.key HAVING count(DISTINCT v.val) > 2) s
    ORDER BY s.key !~* '^StoreID$', s.place LIMIT 1;
    RETURN plan || jsonb_build_object('stores', found);
END $$;

COMMENT ON FUNCTION dataconnect_conformance_narrow(jsonb, dataconnect_conformance_answer)
IS 'for dataconnect_conformance(): the plan with what the report''s records add: times, a filter with two of its values, and stores';

CREATE FUNCTION dataconnect_conformance_swap(value text)
RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT translate(value, 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ', 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz')
$$;

COMMENT ON FUNCTION dataconnect_conformance_swap(text)
IS 'for dataconnect_conformance(): a text with capitals and small letters exchanged';

CREATE FUNCTION dataconnect_conformance_pair(name text, value text)
RETURNS jsonb
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN name IS NULL OR value IS NULL THEN '{}' ELSE jsonb_build_object(name, value) END
$$;

COMMENT ON FUNCTION dataconnect_conformance_pair(text, text)
IS 'for dataconnect_conformance(): a parameter, or none';

CREATE FUNCTION dataconnect_conformance_first_questions(plan jsonb)
RETURNS TABLE (name text, endpoint text, params text, max_bytes integer)
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT q.name, q.endpoint, q.params, q.max_bytes
    FROM (SELECT (plan ->> 'day')::timestamp) d (day), LATERAL (VALUES
        ('ping', '/ping', '', 65536),
        ('report', plan ->> 'report', @extschema@.dataconnect_conformance_params(plan, d.day, d.day + interval '1 day'), 4194304),
        ('days around', plan ->> 'report', @extschema@.dataconnect_conformance_params(plan, d.day - interval '1 day', d.day + interval '2 days'), 4194304))
        AS q (name, endpoint, params, max_bytes)
$$;

COMMENT ON FUNCTION dataconnect_conformance_first_questions(jsonb)
IS 'for dataconnect_conformance(): the questions that come first, in their order';

CREATE FUNCTION dataconnect_conformance_questions(plan jsonb, too_much boolean)
RETURNS TABLE (name text, endpoint text, params text, max_bytes integer)
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    report CONSTANT text := plan ->> 'report';
    day CONSTANT timestamp := plan ->> 'day';
    filter CONSTANT jsonb := @extschema@.dataconnect_conformance_pair(plan #>> '{filter,param}', plan #>> '{filter,value}');
    later CONSTANT timestamp := day + make_interval(hours => coalesce(nullif(plan #>> '{filter,hour}', '')::integer, 0) + 2);
    few CONSTANT integer := 1048576;
    p CONSTANT text := @extschema@.dataconnect_conformance_params(plan, day, day + interval '1 day', filter);
BEGIN
    RETURN QUERY
    SELECT q.name, q.endpoint, q.params, q.max_bytes FROM (VALUES
        (true, 'narrow', report, p, few),
        (true, 'none', report, @extschema@.dataconnect_conformance_params(plan, '1900-01-01', '1900-01-02', filter), few),
        (plan #>> '{filter,value}' ~ '[A-Za-z]', 'filter case', report, @extschema@.dataconnect_conformance_params(plan, day, day + interval '1 day',
            @extschema@.dataconnect_conformance_pair(plan #>> '{filter,param}', @extschema@.dataconnect_conformance_swap(plan #>> '{filter,value}'))), few),
        (length(plan #>> '{filter,value}') > 3, 'filter part', report, @extschema@.dataconnect_conformance_params(plan, day, day + interval '1 day',
            @extschema@.dataconnect_conformance_pair(plan #>> '{filter,param}', left(plan #>> '{filter,value}', -1))), few),
        (plan #> '{filter,list}' = 'true' AND plan #>> '{filter,second}' IS NOT NULL, 'list', report,
            @extschema@.dataconnect_conformance_params(plan, day, day + interval '1 day', @extschema@.dataconnect_conformance_pair(
                plan #>> '{filter,param}', (plan #>> '{filter,value}') || ',' || (plan #>> '{filter,second}'))), few),
        (plan #>> '{stores,key}' IS NOT NULL AND NOT plan -> 'params' ?| '{LocationType,LocationTypeIDs,ForWho,ForWhoIDs}', 'stores', report,
            @extschema@.dataconnect_conformance_params(plan, day, day + interval '1 day', jsonb_build_object('LocationType', 'Store',
                'LocationTypeIDs', (plan #>> '{stores,values,0}') || ',' || (plan #>> '{stores,values,1}'))), 4 * few),
        (true, 'one day', report, @extschema@.dataconnect_conformance_params(plan, day, day, filter), 4 * few),
        (filter <> '{}' AND later < day + interval '1 day', 'hours', report,
            @extschema@.dataconnect_conformance_params(plan, later, day + interval '1 day', filter), few),
        (filter <> '{}' AND later < day + interval '1 day', 'precise hours', report,
            @extschema@.dataconnect_conformance_params(plan, later, day + interval '1 day', filter || '{"DatePercision": "True"}'), few),
        (true, 'path', @extschema@.dataconnect_conformance_swap(report), p, few),
        (true, 'names', report, @extschema@.dataconnect_conformance_query((
            SELECT jsonb_object_agg(@extschema@.dataconnect_conformance_swap(d.name), d.value)
            FROM @extschema@.dataconnect_mirror_decode(p) d)), few),
        (true, 'unknown', report, p || '&DataconnectFdwCheck=1', few),
        (true, 'dates', report, @extschema@.dataconnect_conformance_query((plan -> 'params') || filter || jsonb_build_object(
            plan ->> 'from', to_char(day, 'YYYY-MM-DD'), plan ->> 'to', to_char(day + interval '1 day', 'YYYY-MM-DD'))), few),
        (true, 'datatable', report, p || '&Response=JsonDataTable', few),
        (true, 'csv', report, p || '&Response=Csv', 65536),
        (true, 'xml', report, p || '&Response=Xml', 65536),
        (true, 'bad value', report, @extschema@.dataconnect_conformance_query((plan -> 'params') || filter || jsonb_build_object(
            plan ->> 'from', 'no date', plan ->> 'to', 'no date')), 65536),
        (true, 'no endpoint', '/reports/dataconnect_fdw_check', '', 65536),
        (too_much, 'too much', report, @extschema@.dataconnect_conformance_params(plan, '1900-01-01', '2100-01-01'), 65536),
        (true, 'schema', '/bridge/current/schema', '', 65536),
        (true, 'partner', '/partner/relationships', '', 65536),
        (true, 'master', '/master/relationships', '', 65536))
        AS q (wanted, name, endpoint, params, max_bytes)
    WHERE q.wanted;
END $$;

COMMENT ON FUNCTION dataconnect_conformance_questions(jsonb, boolean)
IS 'for dataconnect_conformance(): the questions after these, in their order';

CREATE FUNCTION dataconnect_conformance_last_questions(plan jsonb, bridge_table text)
RETURNS TABLE (name text, endpoint text, params text, max_bytes integer)
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT q.name, q.endpoint, q.params, 65536
    FROM (VALUES
        ('delta', '/bridge/current/delta', @extschema@.dataconnect_conformance_query(jsonb_build_object('Table', bridge_table,
            'RowDateTime', to_char((plan ->> 'day')::timestamp, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')))),
        ('abandon', '/session/abandon', ''),
        ('after abandon', plan ->> 'report', (
            SELECT n.params FROM @extschema@.dataconnect_conformance_questions(plan, false) n WHERE n.name = 'narrow')))
        AS q (name, endpoint, params)
    WHERE q.name <> 'delta' OR bridge_table IS NOT NULL
$$;

COMMENT ON FUNCTION dataconnect_conformance_last_questions(jsonb, text)
IS 'for dataconnect_conformance(): the questions that come last, in their order: about a table behind the bridge, and the end of the session';
