-- Conformance, part 4: what the answers say about each assumption. All of these functions only
-- look at answers.

-- The order is that of the result.
CREATE FUNCTION dataconnect_conformance_checks()
RETURNS TABLE (place integer, name text, assumption text, expected text)
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    VALUES
    (1, 'ping', '/ping answers without a log-in, with one bare object', 'a JSON object'),
    (2, 'report', 'a report answers with an array of flat objects', 'status 200, JSON array'),
    (3, 'compression', 'replies are compressed if the request accepts it', 'gzip or deflate'),
    (4, 'end_marked', 'a reply says where its body ends', 'a length, chunks or compression'),
    (5, 'encoding', 'replies are UTF-8', 'UTF-8'),
    (6, 'keys', 'all records have the same keys', 'the same keys'),
    (7, 'columns', 'the report has the documented columns', 'documented columns'),
    (8, 'times', 'times are ISO 8601, with or without fraction and zone', '"9999-99-99T99:99:99.999"'),
    (9, 'numbers', 'numbers are JSON numbers, or texts of one', 'numbers'),
    (10, 'integers', 'whole numbers fit their documented type', 'within the range'),
    (11, 'money', 'money has up to four decimals', '0 to 4 decimals'),
    (12, 'booleans', 'booleans are true and false, or 0 and 1', 'true, false, 0, 1'),
    (13, 'missing_values', 'a missing value is null, "" or "null"', 'null, "", "null"'),
    (14, 'empty_result', 'no records are an empty array', 'JSON array of no records'),
    (15, 'whole_days', 'a request for a day, up to the next midnight, has all records of the day', 'all records'),
    (16, 'other_days', 'records of other days may come, too', 'only the days of the request'),
    (17, 'last_day', 'the day of StopDate is counted', 'counted'),
    (18, 'time_of_day', 'only the days of StartDate and StopDate count', 'only the day counts'),
    (19, 'date_precision', 'with DatePercision=True their times count as well', 'the time of day counts'),
    (20, 'date_form', 'dates may be sent without a time', 'accepted'),
    (21, 'equal_filter', 'a parameter with a column''s name returns at least the records with that value', 'equal values'),
    (22, 'filter_case', 'what it returns for the value in other letters', 'any'),
    (23, 'filter_part', 'what it returns for a part of the value', 'any'),
    (24, 'list_filter', 'a list returns at least the records of each of its values', 'records of both values'),
    (25, 'location_list', 'LocationTypeIDs takes a list of stores', 'records of both stores'),
    (26, 'path_case', 'the case of a path does not matter', 'it does not matter'),
    (27, 'parameter_case', 'the case of a parameter''s name does not matter', 'it does not matter'),
    (28, 'unknown_parameter', 'an unknown parameter is ignored', 'ignored'),
    (29, 'post', 'POST means the same as GET', 'the same'),
    (30, 'json_datatable', 'JsonDataTable is an object with Records, then Schema', 'Records, Schema'),
    (31, 'schema_types', 'types have names of SQL Server or .NET', 'known names'),
    (32, 'csv', 'Csv begins with a line of column names', 'the keys of the records'),
    (33, 'xml', 'Xml is one element with an element for each record', 'Table, Record'),
    (34, 'session_cookie', 'a session is kept in a cookie', 'DataConnectState'),
    (35, 'session_lock', 'requests of one session are answered one after another', 'one after another'),
    (36, 'ended_session', 'the cookie of a session that has ended is no error', 'a new session'),
    (37, 'bad_value', 'a value that is none is refused with status 400', 'status 400'),
    (38, 'unknown_endpoint', 'an endpoint that does not exist is status 404', 'status 404'),
    (39, 'too_much', 'a request for too many records is refused with status 413', 'status 413'),
    (40, 'rate_limit', 'too many requests at once are refused with status 429', 'status 429'),
    (41, 'other_refusals', 'statuses 401, 403 and from 500 on', 'none'),
    (42, 'failed_replies', 'an empty body, or <Table /> for Json, is a reply that failed, and is tried again', 'none'),
    (43, 'bridge_schema', '/bridge/current/schema lists columns with table, name and type', 'TableName, Column_Name, Type'),
    (44, 'bridge_delta', '/bridge/current/delta counts rows', 'DeltaCount'),
    (45, 'companies', '/partner/relationships or /master/relationships list companies', 'CompanyID')
$$;

COMMENT ON FUNCTION dataconnect_conformance_checks()
IS 'the checks of dataconnect_conformance(), in their order; for example: SELECT name, assumption FROM dataconnect_conformance_checks()';

-- --- Values -----------------------------------------------------------------------------------

CREATE FUNCTION dataconnect_conformance_check_values(plan jsonb, base dataconnect_conformance_answer)
RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    checks jsonb;
BEGIN
    -- A value is missing if it is null, or a text that stands for it where no text is expected.
    WITH fields AS MATERIALIZED (
        SELECT v.*, c.value ->> 'type' AS type, (c.value ->> 'money')::boolean AS money,
            v.kind = 'null' OR v.val IN ('', 'null') AS missing
        FROM @extschema@.dataconnect_conformance_values(base.document) v
            LEFT JOIN jsonb_each(plan -> 'columns') c ON c.key = v.key),
    kinds AS (
        SELECT f.*, CASE WHEN f.type IN ('timestamp', 'timestamptz', 'date') THEN 'times'
                WHEN f.type IS NULL AND f.val ~ '^(\d{4}-\d\d-\d\d|\d{1,2}[/.]\d{1,2}[/.]\d{4}|/Date\()' THEN 'times'
                WHEN f.type = 'boolean' OR f.type IS NULL AND f.kind = 'boolean' THEN 'booleans'
                WHEN f.type IN ('smallint', 'integer', 'bigint') THEN 'integers'
                WHEN f.type IN ('real', 'double precision', 'money') OR f.type ~ '^numeric' OR f.type IS NULL AND f.kind = 'number' THEN 'numbers'
                ELSE 'texts' END AS class
        FROM fields f),
    numbers AS (
        SELECT k.*, CASE WHEN k.kind IN ('number', 'string') AND k.val ~ '^[+-]?(\d+[.]?\d*|[.]\d+)([eE][+-]?\d{1,3})?$'
            THEN k.val::numeric END AS number
        FROM kinds k WHERE k.class IN ('integers', 'numbers') AND NOT k.missing),
    seen AS (
        SELECT 'times' AS name, count(*) > 0 AS any,
            bool_and(k.kind = 'string' AND @extschema@.dataconnect_conformance_is_time(k.val)) AS is_right,
            (SELECT string_agg(f.form, ', ' ORDER BY f.n DESC, f.form) FROM (
                SELECT @extschema@.dataconnect_conformance_form(t.val) AS form, count(*) AS n
                FROM kinds t WHERE t.class = 'times' AND NOT t.missing GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 8) f) AS shown
        FROM kinds k WHERE k.class = 'times' AND NOT k.missing
        UNION ALL
        SELECT 'numbers', count(*) > 0, bool_and(n.number IS NOT NULL),
            string_agg(DISTINCT CASE WHEN n.number IS NULL THEN coalesce(nullif(n.kind, 'string'), 'text that is no number')
                WHEN n.kind = 'number' THEN 'JSON numbers' ELSE 'texts of numbers' END, ', ')
        FROM numbers n
        UNION ALL
        SELECT 'integers', count(*) > 0, bool_and(n.number = trunc(n.number) AND abs(n.number) <= CASE n.type
                WHEN 'smallint' THEN 32767 WHEN 'integer' THEN 2147483647 ELSE 9223372036854775807 END),
            'up to ' || max(length(trunc(abs(n.number))::text)) || ' digits' || CASE WHEN bool_or(n.number <> trunc(n.number)) THEN ', some with decimals'
                WHEN bool_or(abs(n.number) > CASE n.type WHEN 'smallint' THEN 32767 WHEN 'integer' THEN 2147483647 ELSE 9223372036854775807 END)
                THEN ', some beyond the range' ELSE '' END
        FROM numbers n WHERE n.class = 'integers'
        UNION ALL
        SELECT 'money', count(*) > 0, bool_and(coalesce(scale(n.number) <= 4, false)),
            CASE WHEN bool_and(n.number IS NULL) THEN 'no numbers' ELSE min(scale(n.number)) || ' to ' || max(scale(n.number)) || ' decimals' END
                || CASE WHEN bool_or(n.number <> trim_scale(n.number) OR scale(n.number) <> scale(trim_scale(n.number))) THEN ', with trailing zeros' ELSE '' END
        FROM numbers n WHERE n.money
        UNION ALL
        SELECT 'booleans', count(*) > 0, bool_and(lower(k.val) IN ('true', 'false', '0', '1', 't', 'f', 'yes', 'no', 'y', 'n', 'on', 'off')),
            string_agg(DISTINCT CASE WHEN lower(k.val) IN ('true', 'false', '0', '1', 't', 'f', 'yes', 'no', 'y', 'n', 'on', 'off')
                THEN CASE k.kind WHEN 'string' THEN '"' || k.val || '"' ELSE k.val END ELSE 'another ' || k.kind END, ', ')
        FROM kinds k WHERE k.class = 'booleans' AND NOT k.missing
        UNION ALL
        SELECT 'missing_values', count(*) > 0, true,
            string_agg(DISTINCT CASE WHEN k.kind = 'null' THEN 'null' ELSE '"' || k.val || '"' END
                || CASE WHEN k.class = 'texts' THEN ' in texts' ELSE ' in other columns' END, ', ')
        FROM kinds k WHERE k.missing)
    SELECT jsonb_object_agg(s.name, jsonb_build_array(
        CASE WHEN s.any THEN @extschema@.dataconnect_conformance_verdict(s.is_right) ELSE 'SKIP' END,
        CASE WHEN s.any THEN s.shown ELSE 'none in these records' END)) INTO checks
    FROM seen s;
    RETURN checks;
END $$;

COMMENT ON FUNCTION dataconnect_conformance_check_values(jsonb, dataconnect_conformance_answer)
IS 'for dataconnect_conformance(): how times, numbers, money, booleans and missing values come';

CREATE FUNCTION dataconnect_conformance_check_records(plan jsonb, base dataconnect_conformance_answer)
RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    shapes bigint;
    sets bigint;
    nested boolean;
    repeated boolean;
    documented bigint;
    others bigint;
BEGIN
    SELECT count(DISTINCT r.keys), count(DISTINCT r.sorted), coalesce(bool_or(r.nested), false), coalesce(bool_or(r.repeated), false)
    INTO shapes, sets, nested, repeated
    FROM (
        SELECT array_agg(v.key ORDER BY v.place) AS keys, array_agg(v.key ORDER BY v.key) AS sorted,
            bool_or(v.kind IN ('object', 'array')) AS nested, count(*) > count(DISTINCT v.key) AS repeated
        FROM @extschema@.dataconnect_conformance_values(base.document) v GROUP BY v.record) r;
    SELECT count(*) FILTER (WHERE plan -> 'columns' ? k.key), count(*) FILTER (WHERE NOT plan -> 'columns' ? k.key)
    INTO documented, others
    FROM (SELECT DISTINCT v.key FROM @extschema@.dataconnect_conformance_values(base.document) v) k;
    RETURN @extschema@.dataconnect_conformance_row('report',
            CASE WHEN base.status = 200 AND NOT base.is_whole THEN NULL
                ELSE @extschema@.dataconnect_conformance_verdict(@extschema@.dataconnect_conformance_is_list(base)) END,
            @extschema@.dataconnect_conformance_shown(base) || CASE WHEN base.is_whole IS FALSE THEN ': narrow the report by params' ELSE '' END
                || CASE WHEN @extschema@.dataconnect_conformance_is_list(base) AND base.records = 0 THEN ': choose another day' ELSE '' END
                || CASE WHEN nested THEN ', with nested values' ELSE '' END)
        || CASE WHEN shapes > 0 THEN @extschema@.dataconnect_conformance_row('keys',
            @extschema@.dataconnect_conformance_verdict(NOT repeated),
            CASE WHEN repeated THEN 'the same key twice in a record' WHEN sets > 1 THEN 'some keys are not in all records'
                WHEN shapes > 1 THEN 'the same keys, in another order' ELSE 'the same keys' END) ELSE '{}' END
        || CASE WHEN plan -> 'columns' <> '{}' AND shapes > 0 THEN @extschema@.dataconnect_conformance_row('columns',
            @extschema@.dataconnect_conformance_verdict(documented > 0),
            format('%s of %s documented columns, %s', documented, (SELECT count(*) FROM jsonb_object_keys(plan -> 'columns')),
                @extschema@.dataconnect_conformance_size(others, 'others'))) ELSE '{}' END;
END $$;

COMMENT ON FUNCTION dataconnect_conformance_check_records(jsonb, dataconnect_conformance_answer)
IS 'for dataconnect_conformance(): the form of the records';

-- --- Periods ----------------------------------------------------------------------------------

CREATE FUNCTION dataconnect_conformance_check_days(plan jsonb, answers dataconnect_conformance_answer[])
RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    day CONSTANT text := plan ->> 'day';
    next_day CONSTANT text := to_char((plan ->> 'day')::date + 1, 'YYYY-MM-DD');
    base CONSTANT @extschema@.dataconnect_conformance_answer := @extschema@.dataconnect_conformance_find(answers, 'report');
    wide CONSTANT @extschema@.dataconnect_conformance_answer := @extschema@.dataconnect_conformance_find(answers, 'days around');
    one CONSTANT @extschema@.dataconnect_conformance_answer := @extschema@.dataconnect_conformance_find(answers, 'one day');
    none CONSTANT @extschema@.dataconnect_conformance_answer := @extschema@.dataconnect_conformance_find(answers, 'none');
    narrow CONSTANT @extschema@.dataconnect_conformance_answer := @extschema@.dataconnect_conformance_find(answers, 'narrow');
    dates CONSTANT @extschema@.dataconnect_conformance_answer := @extschema@.dataconnect_conformance_find(answers, 'dates');
    times bigint;
    complete bigint;
    counted bigint;
    elsewhere boolean;
    checks jsonb := '{}';
BEGIN
    SELECT count(*) FILTER (WHERE t.around > 0), count(*) FILTER (WHERE t.around > 0 AND t.here >= t.around),
        bool_and(t.elsewhere)
    INTO times, complete, elsewhere
    FROM (
        SELECT count(*) FILTER (WHERE a.name = 'days around' AND left(v.val, 10) = day) AS around,
            count(*) FILTER (WHERE a.name = 'report' AND left(v.val, 10) = day) AS here,
            coalesce(bool_or(a.name = 'report' AND left(v.val, 10) NOT IN (day, next_day, '', 'null')), false) AS elsewhere
        FROM (VALUES ('report', base.document), ('days around', wide.document)) a (name, document),
            LATERAL @extschema@.dataconnect_conformance_values(a.document, 1000000) v
        WHERE plan -> 'times' ? v.key GROUP BY v.key) t;
    IF @extschema@.dataconnect_conformance_is_list(wide) AND times > 0 THEN
        checks := checks || @extschema@.dataconnect_conformance_row('whole_days', @extschema@.dataconnect_conformance_verdict(complete > 0),
            CASE WHEN complete > 0 THEN format('all records, by %s of %s times', complete, times) ELSE 'records of the day are missing' END);
    ELSE
        checks := checks || @extschema@.dataconnect_conformance_row('whole_days', NULL,
            CASE WHEN @extschema@.dataconnect_conformance_is_list(wide) THEN 'no record has a time on this day' ELSE @extschema@.dataconnect_conformance_shown(wide) END);
    END IF;
    IF jsonb_array_length(plan -> 'times') > 0 THEN
        checks := checks || @extschema@.dataconnect_conformance_row('other_days', 'PASS',
            CASE WHEN elsewhere THEN 'other days, too' ELSE 'only the days of the request' END);
    ELSE
        checks := checks || @extschema@.dataconnect_conformance_row('other_days', NULL, 'no time lies in the days of the request');
    END IF;
    SELECT count(DISTINCT v.record) INTO counted FROM @extschema@.dataconnect_conformance_values(one.document, 1000000) v
    WHERE v.key = plan #>> '{times,0}' AND left(v.val, 10) = day;
    checks := checks || CASE
        WHEN NOT @extschema@.dataconnect_conformance_is_list(one) OR plan #>> '{times,0}' IS NULL OR times = 0 THEN
            @extschema@.dataconnect_conformance_row('last_day', NULL, @extschema@.dataconnect_conformance_shown(one))
        ELSE @extschema@.dataconnect_conformance_row('last_day', 'PASS', CASE WHEN counted > 0 THEN 'counted' ELSE 'not counted' END) END;
    checks := checks || @extschema@.dataconnect_conformance_check_hours(plan, answers);
    checks := checks || @extschema@.dataconnect_conformance_row('empty_result',
        CASE WHEN none.status IS NULL THEN NULL
            ELSE @extschema@.dataconnect_conformance_verdict(@extschema@.dataconnect_conformance_is_list(none) AND none.records = 0) END,
        @extschema@.dataconnect_conformance_shown(none));
    RETURN checks || @extschema@.dataconnect_conformance_row('date_form',
        CASE WHEN dates.status IS NULL THEN NULL WHEN dates.status = 200 THEN @extschema@.dataconnect_conformance_verdict(dates.records = narrow.records) ELSE 'PASS' END,
        CASE WHEN dates.status = 200 AND dates.records = narrow.records THEN 'accepted' WHEN dates.status = 200 THEN 'accepted, with other records'
            ELSE @extschema@.dataconnect_conformance_shown(dates) END);
END $$;

COMMENT ON FUNCTION dataconnect_conformance_check_days(jsonb, dataconnect_conformance_answer[])
IS 'for dataconnect_conformance(): which days a request returns';

CREATE FUNCTION dataconnect_conformance_check_hours(plan jsonb, answers dataconnect_conformance_answer[])
RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    narrow CONSTANT @extschema@.dataconnect_conformance_answer := @extschema@.dataconnect_conformance_find(answers, 'narrow');
    hours CONSTANT @extschema@.dataconnect_conformance_answer := @extschema@.dataconnect_conformance_find(answers, 'hours');
    precise CONSTANT @extschema@.dataconnect_conformance_answer := @extschema@.dataconnect_conformance_find(answers, 'precise hours');
    days_only boolean;
BEGIN
    IF NOT @extschema@.dataconnect_conformance_is_list(narrow) OR NOT @extschema@.dataconnect_conformance_is_list(hours) THEN
        RETURN @extschema@.dataconnect_conformance_row('time_of_day', NULL, @extschema@.dataconnect_conformance_shown(hours))
            || @extschema@.dataconnect_conformance_row('date_precision', NULL, @extschema@.dataconnect_conformance_shown(precise));
    END IF;
    days_only := hours.records >= narrow.records;
    RETURN @extschema@.dataconnect_conformance_row('time_of_day', 'PASS',
            CASE WHEN days_only THEN 'only the day counts' ELSE 'the time of day counts' END)
        || CASE WHEN @extschema@.dataconnect_conformance_is_list(precise) AND days_only THEN
                @extschema@.dataconnect_conformance_row('date_precision', 'PASS',
                    CASE WHEN precise.records < hours.records THEN 'the time of day counts' ELSE 'it has no effect' END)
            ELSE @extschema@.dataconnect_conformance_row('date_precision', NULL,
                CASE WHEN days_only THEN @extschema@.dataconnect_conformance_shown(precise) ELSE 'the time of day always counts' END) END;
END $$;

COMMENT ON FUNCTION dataconnect_conformance_check_hours(jsonb, dataconnect_conformance_answer[])
IS 'for dataconnect_conformance(): whether the time of day counts in a period';

-- --- Parameters and paths ---------------------------------------------------------------------

-- How many records of the report have one of these values, and how an answer for them differs.
CREATE FUNCTION dataconnect_conformance_check_filter(
    name text, base dataconnect_conformance_answer, answer dataconnect_conformance_answer, key text, wanted jsonb, may_lack boolean)
RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    there bigint;
    here bigint;
    more bigint;
BEGIN
    IF NOT @extschema@.dataconnect_conformance_is_list(answer) OR key IS NULL THEN
        RETURN @extschema@.dataconnect_conformance_row(name, NULL, @extschema@.dataconnect_conformance_shown(answer));
    END IF;
    SELECT count(*) INTO there FROM @extschema@.dataconnect_conformance_values(base.document, 1000000) v WHERE v.key = $4 AND wanted ? v.val;
    SELECT count(*) FILTER (WHERE wanted ? v.val), count(*) FILTER (WHERE NOT coalesce(wanted ? v.val, false)) INTO here, more
    FROM @extschema@.dataconnect_conformance_values(answer.document, 1000000) v WHERE v.key = $4;
    RETURN @extschema@.dataconnect_conformance_row(name, @extschema@.dataconnect_conformance_verdict(may_lack OR here >= there),
        CASE WHEN here < there THEN 'records are missing' WHEN more = 0 THEN 'equal values'
            WHEN answer.records >= base.records THEN 'all records: it has no effect' ELSE 'other values, too' END);
END $$;

COMMENT ON FUNCTION dataconnect_conformance_check_filter(text, dataconnect_conformance_answer, dataconnect_conformance_answer, text, jsonb, boolean)
IS 'for dataconnect_conformance(): compares an answer for values of a column with the report''s records that have them';

CREATE FUNCTION dataconnect_conformance_check_like(
    name text, base dataconnect_conformance_answer, answer dataconnect_conformance_answer, nothing text, something text)
RETURNS jsonb
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN NOT @extschema@.dataconnect_conformance_is_list(answer) THEN
            @extschema@.dataconnect_conformance_row(name, NULL, @extschema@.dataconnect_conformance_shown(answer))
        ELSE @extschema@.dataconnect_conformance_row(name, 'PASS', CASE WHEN answer.records = 0 THEN nothing
            WHEN answer.records >= base.records THEN 'all records: it has no effect' ELSE something END) END
$$;

COMMENT ON FUNCTION dataconnect_conformance_check_like(text, dataconnect_conformance_answer, dataconnect_conformance_answer, text, text)
IS 'for dataconnect_conformance(): whether a value that no record has finds records';

CREATE FUNCTION dataconnect_conformance_check_same(
    name text, narrow dataconnect_conformance_answer, answer dataconnect_conformance_answer, same text, refused text, refused_is_right boolean)
RETURNS jsonb
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN answer.status IS NULL OR NOT @extschema@.dataconnect_conformance_is_list(narrow)
            OR answer.status IN (401, 403, 429) OR answer.status >= 500 THEN
            @extschema@.dataconnect_conformance_row(name, NULL, @extschema@.dataconnect_conformance_shown(answer))
        WHEN @extschema@.dataconnect_conformance_is_list(answer) AND answer.records = narrow.records THEN
            @extschema@.dataconnect_conformance_row(name, 'PASS', same)
        WHEN answer.status = 200 THEN
            @extschema@.dataconnect_conformance_row(name, 'FAIL', 'other records: ' || @extschema@.dataconnect_conformance_shown(answer))
        ELSE @extschema@.dataconnect_conformance_row(name, @extschema@.dataconnect_conformance_verdict(refused_is_right),
            refused || ': ' || @extschema@.dataconnect_conformance_shown(answer)) END
$$;

COMMENT ON FUNCTION dataconnect_conformance_check_same(text, dataconnect_conformance_answer, dataconnect_conformance_answer, text, text, boolean)
IS 'for dataconnect_conformance(): whether an answer is the same as without a change of the request';

CREATE FUNCTION dataconnect_conformance_check_parameters(plan jsonb, answers dataconnect_conformance_answer[])
RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    base CONSTANT @extschema@.dataconnect_conformance_answer := @extschema@.dataconnect_conformance_find(answers, 'report');
    narrow CONSTANT @extschema@.dataconnect_conformance_answer := @extschema@.dataconnect_conformance_find(answers, 'narrow');
    key CONSTANT text := plan #>> '{filter,key}';
BEGIN
    RETURN @extschema@.dataconnect_conformance_check_filter('equal_filter', base, CASE WHEN key IS NOT NULL THEN narrow END,
            key, jsonb_build_array(plan #> '{filter,value}'), false)
        || @extschema@.dataconnect_conformance_check_like('filter_case', base, @extschema@.dataconnect_conformance_find(answers, 'filter case'),
            'the case of letters matters', 'the case of letters does not matter')
        || @extschema@.dataconnect_conformance_check_like('filter_part', base, @extschema@.dataconnect_conformance_find(answers, 'filter part'),
            'none: the whole value counts', 'records of longer values, too')
        || @extschema@.dataconnect_conformance_check_filter('list_filter', base, @extschema@.dataconnect_conformance_find(answers, 'list'),
            key, jsonb_build_array(plan #> '{filter,value}', plan #> '{filter,second}'), false)
        -- Which store the service compares is not documented.
        || @extschema@.dataconnect_conformance_check_filter('location_list', base, @extschema@.dataconnect_conformance_find(answers, 'stores'),
            plan #>> '{stores,key}', plan #> '{stores,values}', true)
        || @extschema@.dataconnect_conformance_check_same('path_case', narrow, @extschema@.dataconnect_conformance_find(answers, 'path'),
            'it does not matter', 'it matters', true)
        || @extschema@.dataconnect_conformance_check_same('parameter_case', narrow, @extschema@.dataconnect_conformance_find(answers, 'names'),
            'it does not matter', 'it matters', false)
        || @extschema@.dataconnect_conformance_check_same('unknown_parameter', narrow, @extschema@.dataconnect_conformance_find(answers, 'unknown'),
            'ignored', 'refused', true);
END $$;

COMMENT ON FUNCTION dataconnect_conformance_check_parameters(jsonb, dataconnect_conformance_answer[])
IS 'for dataconnect_conformance(): what parameters and paths do';

-- --- Formats ----------------------------------------------------------------------------------

CREATE FUNCTION dataconnect_conformance_types(datatable json)
RETURNS TABLE (shown text)
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT DISTINCT CASE WHEN lower(regexp_replace(t.type, '^System[.]|[(].*$', '', 'g')) IN (
            'bigint', 'binary', 'bit', 'char', 'date', 'datetime', 'datetime2', 'datetimeoffset', 'decimal', 'float', 'image', 'int', 'money', 'nchar',
            'ntext', 'numeric', 'nvarchar', 'real', 'rowversion', 'smalldatetime', 'smallint', 'smallmoney', 'sql_variant', 'text', 'time', 'timestamp',
            'tinyint', 'uniqueidentifier', 'varbinary', 'varchar', 'xml', 'boolean', 'byte', 'byte[]', 'double', 'guid', 'int16', 'int32', 'int64',
            'single', 'string', 'timespan') THEN regexp_replace(t.type, '[(].*$', '(...)') ELSE 'another type' END
    FROM json_array_elements(CASE WHEN json_typeof(datatable -> 'Schema') = 'array' THEN datatable -> 'Schema' END) s,
        LATERAL (VALUES (s ->> 'Type'), (s ->> 'SafeType')) t (type)
    WHERE t.type IS NOT NULL
$$;

COMMENT ON FUNCTION dataconnect_conformance_types(json)
IS 'for dataconnect_conformance(): the names of types that the schema of a JsonDataTable has';

CREATE FUNCTION dataconnect_conformance_check_formats(answers dataconnect_conformance_answer[])
RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    narrow CONSTANT @extschema@.dataconnect_conformance_answer := @extschema@.dataconnect_conformance_find(answers, 'narrow');
    datatable CONSTANT @extschema@.dataconnect_conformance_answer := @extschema@.dataconnect_conformance_find(answers, 'datatable');
    csv CONSTANT @extschema@.dataconnect_conformance_answer := @extschema@.dataconnect_conformance_find(answers, 'csv');
    xml CONSTANT @extschema@.dataconnect_conformance_answer := @extschema@.dataconnect_conformance_find(answers, 'xml');
    keys CONSTANT text[] := (SELECT array_agg(v.key ORDER BY v.place) FROM @extschema@.dataconnect_conformance_values(narrow.document) v WHERE v.record = 1);
    types CONSTANT text[] := (SELECT array_agg(t.shown ORDER BY lower(t.shown)) FROM @extschema@.dataconnect_conformance_types(datatable.document) t);
    header CONSTANT text[] := string_to_array(replace(regexp_replace(csv.body, '\r?\n.*$', ''), '"', ''), ',');
    elements CONSTANT text[] := regexp_match(xml.body, '^\s*(?:<[?][^>]*>)?\s*<([[:alpha:]_][\w.-]*)[^>]*>\s*(?:<([[:alpha:]_][\w.-]*)[^>]*>)?');
    checks jsonb := '{}';
BEGIN
    IF datatable.status = 200 THEN
        checks := checks || @extschema@.dataconnect_conformance_row('json_datatable',
                @extschema@.dataconnect_conformance_verdict(coalesce(json_typeof(datatable.document -> 'Records') = 'array', false)),
                @extschema@.dataconnect_conformance_body(datatable))
            || @extschema@.dataconnect_conformance_row('schema_types', CASE WHEN types IS NOT NULL THEN 'PASS' END,
                coalesce(array_to_string(types, ', '), 'no schema'));
    ELSE
        checks := checks || @extschema@.dataconnect_conformance_row('json_datatable', NULL, @extschema@.dataconnect_conformance_shown(datatable));
    END IF;
    IF csv.status = 200 AND keys IS NOT NULL THEN
        checks := checks || @extschema@.dataconnect_conformance_row('csv', @extschema@.dataconnect_conformance_verdict(header @> keys),
            CASE WHEN header = keys THEN 'the keys of the records' WHEN header @> keys THEN 'the keys, in another order' ELSE 'another first line' END
            || ', ' || @extschema@.dataconnect_conformance_content_type(csv.content_type)
            || CASE WHEN csv.body ~ '\r\n' THEN ', CRLF' WHEN csv.body ~ '\n' THEN ', LF' ELSE ', no line end' END
            || CASE WHEN csv.is_whole AND csv.body !~ '\n$' THEN ', the last line has none' ELSE '' END);
    ELSE
        checks := checks || @extschema@.dataconnect_conformance_row('csv', NULL, @extschema@.dataconnect_conformance_shown(csv));
    END IF;
    IF xml.status = 200 AND narrow.records > 0 THEN
        checks := checks || @extschema@.dataconnect_conformance_row('xml',
            @extschema@.dataconnect_conformance_verdict(coalesce(elements[2] IS NOT NULL, false)),
            CASE WHEN elements IS NULL THEN @extschema@.dataconnect_conformance_body(xml)
                ELSE (SELECT string_agg(CASE WHEN e IN ('Table', 'Record', 'Records', 'Table1', 'NewDataSet', 'DocumentElement') THEN e ELSE 'another element' END, ', ')
                    FROM unnest(elements) e) END
            || ', ' || @extschema@.dataconnect_conformance_content_type(xml.content_type));
    ELSE
        checks := checks || @extschema@.dataconnect_conformance_row('xml', NULL, @extschema@.dataconnect_conformance_shown(xml));
    END IF;
    RETURN checks;
END $$;

COMMENT ON FUNCTION dataconnect_conformance_check_formats(dataconnect_conformance_answer[])
IS 'for dataconnect_conformance(): how the other formats look';

-- --- Transport, sessions and refusals -----------------------------------------------------------

CREATE FUNCTION dataconnect_conformance_check_transport(answers dataconnect_conformance_answer[])
RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    known CONSTANT text[] := '{DataConnectState,ApplicationGatewayAffinity,ApplicationGatewayAffinityCORS,ARRAffinity,ARRAffinitySameSite,ASP.NET_SessionId}';
    ping CONSTANT @extschema@.dataconnect_conformance_answer := @extschema@.dataconnect_conformance_find(answers, 'ping');
    s record;
BEGIN
    SELECT string_agg(DISTINCT CASE WHEN a.coding = '' THEN 'none' WHEN lower(a.coding) IN ('gzip', 'x-gzip', 'deflate', 'br', 'zstd') THEN lower(a.coding)
            ELSE 'another' END, ', ') AS coding,
        bool_and(lower(a.coding) IN ('', 'gzip', 'x-gzip', 'deflate')) AS coding_known,
        bool_and(a.marks_end) AS marked, bool_and(a.is_utf8) AS utf8, bool_or(a.has_mark) AS mark, count(*) AS n
    INTO s FROM unnest(answers) a WHERE a.status = 200;
    RETURN @extschema@.dataconnect_conformance_row('ping',
            CASE WHEN ping.status = 200 THEN @extschema@.dataconnect_conformance_verdict(ping.kind = 'JSON object') END,
            CASE WHEN ping.status = 200 AND ping.kind = 'JSON object' THEN 'a JSON object' ELSE @extschema@.dataconnect_conformance_shown(ping) END)
        || @extschema@.dataconnect_conformance_row('compression', @extschema@.dataconnect_conformance_verdict(s.coding_known), s.coding)
        || @extschema@.dataconnect_conformance_row('end_marked', @extschema@.dataconnect_conformance_verdict(s.marked),
            CASE WHEN s.marked THEN 'in all replies' WHEN s.n > 0 THEN 'not in all replies' END)
        || @extschema@.dataconnect_conformance_row('encoding', @extschema@.dataconnect_conformance_verdict(s.utf8),
            CASE WHEN s.utf8 THEN 'UTF-8' || CASE WHEN s.mark THEN ', with a byte order mark' ELSE '' END WHEN s.n > 0 THEN 'not UTF-8' END)
        || (SELECT @extschema@.dataconnect_conformance_row('session_cookie', CASE WHEN s.n > 0 THEN 'PASS' END,
                CASE WHEN s.n > 0 THEN coalesce(string_agg(DISTINCT CASE WHEN c = ANY (known) THEN c ELSE 'another cookie' END, ', '), 'no cookie') END)
            FROM unnest(answers) a, unnest(a.cookies) c);
END $$;

COMMENT ON FUNCTION dataconnect_conformance_check_transport(dataconnect_conformance_answer[])
IS 'for dataconnect_conformance(): compression, ends, encoding and cookies of all replies';

-- The second request was sent while the first was under way. If it was locked, it took the rest
-- of the first one's time, and then what it takes alone; if not, only that. The other questions
-- for the same records show what it takes alone; the middle between both answers decides.
CREATE FUNCTION dataconnect_conformance_check_lock(
    answers dataconnect_conformance_answer[], ended bigint, begun bigint, answered bigint)
RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    rest CONSTANT bigint := coalesce(ended - begun, 0);
    took CONSTANT bigint := answered - begun;
    quickest bigint;
    slowest bigint;
BEGIN
    SELECT min(a.ms), max(a.ms) INTO quickest, slowest
    FROM unnest(answers) a WHERE a.name IN ('narrow', 'names', 'unknown', 'dates') AND a.status = 200;
    RETURN CASE WHEN NOT EXISTS (SELECT FROM unnest(answers) a, unnest(a.cookies) c) THEN
            @extschema@.dataconnect_conformance_row('session_lock', NULL, 'there is no cookie')
        WHEN answered < ended - 20 THEN @extschema@.dataconnect_conformance_row('session_lock', 'PASS', 'at the same time')
        WHEN rest <= 50 THEN
            @extschema@.dataconnect_conformance_row('session_lock', NULL, 'the report is too quick to tell: try one that takes longer')
        WHEN took > slowest + rest / 2 THEN @extschema@.dataconnect_conformance_row('session_lock', 'PASS', 'one after another')
        WHEN took < quickest + rest / 2 THEN @extschema@.dataconnect_conformance_row('session_lock', 'PASS', 'at the same time')
        ELSE @extschema@.dataconnect_conformance_row('session_lock', NULL, 'the times differ too much to tell: ask again, or try a report that takes longer') END;
END $$;

COMMENT ON FUNCTION dataconnect_conformance_check_lock(dataconnect_conformance_answer[], bigint, bigint, bigint)
IS 'for dataconnect_conformance(): what the times of two requests with one cookie say';

CREATE FUNCTION dataconnect_conformance_check_refusals(answers dataconnect_conformance_answer[])
RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    narrow CONSTANT @extschema@.dataconnect_conformance_answer := @extschema@.dataconnect_conformance_find(answers, 'narrow');
    bad CONSTANT @extschema@.dataconnect_conformance_answer := @extschema@.dataconnect_conformance_find(answers, 'bad value');
    missing CONSTANT @extschema@.dataconnect_conformance_answer := @extschema@.dataconnect_conformance_find(answers, 'no endpoint');
    much CONSTANT @extschema@.dataconnect_conformance_answer := @extschema@.dataconnect_conformance_find(answers, 'too much');
    abandon CONSTANT @extschema@.dataconnect_conformance_answer := @extschema@.dataconnect_conformance_find(answers, 'abandon');
    anew CONSTANT @extschema@.dataconnect_conformance_answer := @extschema@.dataconnect_conformance_find(answers, 'after abandon');
    answered boolean;
    limited text;
    others text;
    failed text;
BEGIN
    SELECT count(a.status) > 0, string_agg(DISTINCT @extschema@.dataconnect_conformance_shown(a), '; ') FILTER (WHERE a.status = 429),
        string_agg(DISTINCT @extschema@.dataconnect_conformance_shown(a), '; ') FILTER (
            WHERE a.failure <> 'failed' OR a.status = 401 OR a.status >= 500
                -- A user need not have all of these.
                OR a.status = 403 AND a.name NOT IN ('partner', 'master', 'schema', 'delta', 'no endpoint', 'abandon')),
        string_agg(DISTINCT a.kind || ' with status 200', '; ') FILTER (WHERE a.status = 200 AND
            (a.kind = 'empty' OR a.kind IN ('empty XML table', 'HTML page') AND a.name <> 'xml'))
    INTO answered, limited, others, failed FROM unnest(answers) a;
    RETURN @extschema@.dataconnect_conformance_row('bad_value',
            CASE WHEN bad.status IN (401, 403, 429) OR bad.status IS NULL THEN NULL
                ELSE @extschema@.dataconnect_conformance_verdict(bad.status BETWEEN 400 AND 499) END, @extschema@.dataconnect_conformance_shown(bad))
        || @extschema@.dataconnect_conformance_row('unknown_endpoint',
            CASE WHEN missing.status IN (401, 429) OR missing.status IS NULL THEN NULL
                ELSE @extschema@.dataconnect_conformance_verdict(missing.status BETWEEN 400 AND 499) END, @extschema@.dataconnect_conformance_shown(missing))
        || @extschema@.dataconnect_conformance_row('too_much',
            CASE WHEN much.status = 413 THEN 'PASS' WHEN much.status BETWEEN 400 AND 599 AND much.status NOT IN (401, 403, 429) THEN 'FAIL' END,
            CASE WHEN much.name IS NULL THEN 'not asked: too_much is false'
                WHEN much.status = 200 THEN 'status 200: these may not be too many' ELSE @extschema@.dataconnect_conformance_shown(much) END)
        || @extschema@.dataconnect_conformance_row('rate_limit', CASE WHEN limited IS NOT NULL THEN 'PASS' END, coalesce(limited, 'not met, and not provoked'))
        || @extschema@.dataconnect_conformance_row('other_refusals', CASE WHEN others IS NULL THEN 'PASS' ELSE 'FAIL' END, coalesce(others, 'none'))
        || @extschema@.dataconnect_conformance_row('failed_replies', CASE WHEN answered THEN 'PASS' END, coalesce(failed, 'none'))
        || CASE WHEN abandon.status = 200 AND anew.status IS NOT NULL THEN
                @extschema@.dataconnect_conformance_row('ended_session', @extschema@.dataconnect_conformance_verdict(anew.status = narrow.status),
                    CASE WHEN anew.status IS DISTINCT FROM narrow.status THEN @extschema@.dataconnect_conformance_shown(anew)
                        WHEN EXISTS (SELECT FROM unnest(anew.headers) h WHERE h ~* '^set-cookie') THEN 'a new session' ELSE 'no new cookie' END)
            ELSE @extschema@.dataconnect_conformance_row('ended_session', NULL, @extschema@.dataconnect_conformance_shown(abandon)) END
        || @extschema@.dataconnect_conformance_row('post', NULL, 'not asked: this function sends no POST');
END $$;

COMMENT ON FUNCTION dataconnect_conformance_check_refusals(dataconnect_conformance_answer[])
IS 'for dataconnect_conformance(): how refusals look, and what failed in passing';

CREATE FUNCTION dataconnect_conformance_check_lists(answers dataconnect_conformance_answer[])
RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    schema CONSTANT @extschema@.dataconnect_conformance_answer := @extschema@.dataconnect_conformance_find(answers, 'schema');
    delta CONSTANT @extschema@.dataconnect_conformance_answer := @extschema@.dataconnect_conformance_find(answers, 'delta');
    -- Only the beginning of a long list is read.
    text CONSTANT text := coalesce(schema.body, left(schema.document::text, 65536));
    words CONSTANT text[] := (SELECT array_agg(w ORDER BY n) FROM unnest('{TableName,Column_Name,Type,Length,ORDINAL_POSITION}'::text[])
        WITH ORDINALITY AS u (w, n) WHERE strpos(text, '"' || w || '"') > 0);
    count json;
    companies text;
BEGIN
    count := CASE WHEN json_typeof(delta.document) = 'array' THEN delta.document -> 0 ELSE delta.document END -> 'DeltaCount';
    SELECT string_agg(a.name || ': ' || CASE WHEN a.status = 200 AND a.kind = 'JSON array' THEN coalesce((
            SELECT string_agg(w, ', ') FROM unnest('{CompanyID,CompanyName,DoingBusinessAs,PreferredEndpoint}'::text[]) w
            WHERE strpos(coalesce(a.body, a.document::text), '"' || w || '"') > 0), 'no companies') ELSE @extschema@.dataconnect_conformance_shown(a) END, '; ' ORDER BY a.name)
    INTO companies FROM unnest(answers) a WHERE a.name IN ('partner', 'master');
    RETURN @extschema@.dataconnect_conformance_row('bridge_schema',
            CASE WHEN schema.status = 200 THEN @extschema@.dataconnect_conformance_verdict(coalesce(words @> '{TableName,Column_Name,Type}', false)) END,
            CASE WHEN schema.status = 200 THEN coalesce(array_to_string(words, ', '), @extschema@.dataconnect_conformance_shown(schema))
                ELSE @extschema@.dataconnect_conformance_shown(schema) END)
        || @extschema@.dataconnect_conformance_row('bridge_delta',
            CASE WHEN delta.status = 200 THEN @extschema@.dataconnect_conformance_verdict(coalesce(count #>> '{}' ~ '^\d+$', false)) END,
            CASE WHEN delta.status = 200 THEN 'DeltaCount is ' || CASE WHEN count #>> '{}' ~ '^\d+$' THEN 'a ' || json_typeof(count) ELSE 'no number' END ELSE @extschema@.dataconnect_conformance_shown(delta) END)
        || @extschema@.dataconnect_conformance_row('companies',
            CASE WHEN companies ~ 'CompanyID' THEN 'PASS'
                WHEN EXISTS (SELECT FROM unnest(answers) a WHERE a.name IN ('partner', 'master') AND a.status = 200 AND (a.records > 0 OR a.kind <> 'JSON array')) THEN 'FAIL' END,
            companies);
END $$;

COMMENT ON FUNCTION dataconnect_conformance_check_lists(dataconnect_conformance_answer[])
IS 'for dataconnect_conformance(): the bridge, and lists of companies';
