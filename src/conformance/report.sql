-- Conformance, part 5: asking, in order, and showing the result.

-- Two questions in a row without any reply mean that the next ones will have none, either; nor
-- will a refused log-in be accepted.
CREATE FUNCTION dataconnect_conformance_is_over(answers dataconnect_conformance_answer[])
RETURNS boolean
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(bool_and(a.failure <> 'failed') AND count(a.failure) = 2 OR bool_or(a.failure = '28000' OR a.status = 401), false)
    FROM unnest(answers[greatest(cardinality(answers) - 1, 1):]) a
$$;

COMMENT ON FUNCTION dataconnect_conformance_is_over(dataconnect_conformance_answer[])
IS 'for dataconnect_conformance(): whether to ask no more';

-- Two requests with one cookie, of which the second is smaller.
CREATE FUNCTION dataconnect_conformance_ask_lock(server name, plan jsonb, answers dataconnect_conformance_answer[], ms integer)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    report CONSTANT text := plan ->> 'report';
    all_params CONSTANT text := (SELECT q.params FROM @extschema@.dataconnect_conformance_first_questions(plan) q WHERE q.name = 'report');
    few_params CONSTANT text := (SELECT q.params FROM @extschema@.dataconnect_conformance_questions(plan, false) q WHERE q.name = 'narrow');
    lock record;
BEGIN
    lock := @extschema@.dataconnect_conformance_overlap(server, report, all_params, few_params, ms);
    IF lock.status <> 200 OR lock.second_status <> 200 THEN
        RETURN @extschema@.dataconnect_conformance_row('session_lock', NULL, format('statuses %s and %s', lock.status, lock.second_status));
    END IF;
    RETURN @extschema@.dataconnect_conformance_check_lock(answers, lock.ended, lock.second_begun, lock.second_answered);
EXCEPTION WHEN OTHERS THEN
    IF NOT @extschema@.dataconnect_conformance_is_failure(SQLSTATE, SQLERRM) THEN
        RAISE;
    END IF;
    RETURN @extschema@.dataconnect_conformance_row('session_lock', NULL, 'no reply (' || SQLSTATE || ')');
END $$;

COMMENT ON FUNCTION dataconnect_conformance_ask_lock(name, jsonb, dataconnect_conformance_answer[], integer)
IS 'for dataconnect_conformance(): asks whether sessions are locked';

CREATE FUNCTION dataconnect_conformance_results(server name, plan jsonb, too_much boolean, ms integer)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    a @extschema@.dataconnect_conformance_answer;
    base @extschema@.dataconnect_conformance_answer;
    answers @extschema@.dataconnect_conformance_answer[] := '{}';
    q record;
    again integer := 6;
    bridge_table text;
    checks jsonb := '{}';
BEGIN
    FOR stage IN 1..3 LOOP
        FOR q IN
            SELECT * FROM @extschema@.dataconnect_conformance_first_questions(plan) WHERE stage = 1
            UNION ALL
            SELECT * FROM @extschema@.dataconnect_conformance_questions(plan, too_much) WHERE stage = 2
            UNION ALL
            SELECT * FROM @extschema@.dataconnect_conformance_last_questions(plan, bridge_table) WHERE stage = 3
        LOOP
            EXIT WHEN @extschema@.dataconnect_conformance_is_over(answers);
            -- Without the report, what is compared with it tells nothing.
            CONTINUE WHEN q.endpoint = plan ->> 'report' AND q.name NOT IN ('report', 'bad value', 'too much')
                AND NOT @extschema@.dataconnect_conformance_is_list(@extschema@.dataconnect_conformance_find(answers, 'report'));
            LOOP
                a := @extschema@.dataconnect_conformance_get(server, q.name, q.endpoint, q.params, q.max_bytes, ms);
                EXIT WHEN again = 0 OR a.status IS DISTINCT FROM 200 OR a.kind NOT IN ('empty', 'empty XML table');
                again := again - 1;
                a.name := 'failed';
                answers := answers || a;
            END LOOP;
            IF a.status = 200 AND a.kind IN ('empty', 'empty XML table') AND q.name NOT IN ('report', 'none', 'xml') THEN
                a.status := NULL;
                a.failure := 'failed';
            END IF;
            answers := answers || a;
        END LOOP;
        IF stage = 1 THEN
            base := @extschema@.dataconnect_conformance_find(answers, 'report');
            plan := @extschema@.dataconnect_conformance_narrow(plan, base);
        ELSIF stage = 2 THEN
            a := @extschema@.dataconnect_conformance_find(answers, 'schema');
            bridge_table := substring(coalesce(a.body, a.document::text) FROM '"TableName"\s*:\s*"([^"\\]+)"');
            IF @extschema@.dataconnect_conformance_is_list(base) AND NOT @extschema@.dataconnect_conformance_is_over(answers) THEN
                checks := @extschema@.dataconnect_conformance_ask_lock(server, plan, answers, ms);
            END IF;
        END IF;
    END LOOP;
    IF @extschema@.dataconnect_conformance_is_list(base) THEN
        checks := checks || @extschema@.dataconnect_conformance_check_values(plan, base)
            || @extschema@.dataconnect_conformance_check_days(plan, answers)
            || @extschema@.dataconnect_conformance_check_parameters(plan, answers)
            || @extschema@.dataconnect_conformance_check_formats(answers);
    END IF;
    RETURN checks || @extschema@.dataconnect_conformance_check_records(plan, base)
        || @extschema@.dataconnect_conformance_check_transport(answers)
        || @extschema@.dataconnect_conformance_check_refusals(answers)
        || @extschema@.dataconnect_conformance_check_lists(answers);
END $$;

COMMENT ON FUNCTION dataconnect_conformance_results(name, jsonb, boolean, integer)
IS 'for dataconnect_conformance(): asks, and returns {check: [result, seen]}; replies that failed are asked for again, up to six times in all';

CREATE FUNCTION dataconnect_conformance(
    server name,
    report text DEFAULT '/reports/ProductDetailReport',
    day date DEFAULT NULL,
    params text DEFAULT '',
    too_much boolean DEFAULT false,
    timeout interval DEFAULT '1 minute')
RETURNS TABLE (check_name text, assumption text, expected text, seen text, result text)
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
SET DateStyle = 'ISO, YMD'
SET IntervalStyle = 'postgres'
SET standard_conforming_strings = on
AS $$
DECLARE
    ms CONSTANT numeric := trunc(extract(epoch FROM timeout) * 1000);
    plan jsonb;
    results jsonb;
BEGIN
    IF server IS NULL OR report IS NULL OR params IS NULL OR too_much IS NULL OR ms IS NULL THEN
        RETURN;
    END IF;
    IF ms NOT BETWEEN 1 AND 86400000 THEN
        RAISE EXCEPTION 'invalid value for timeout: %', timeout
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Valid values are up to 1 day.';
    END IF;
    IF NOT isfinite(day) OR day NOT BETWEEN '1753-01-02' AND '9999-12-29' THEN
        RAISE EXCEPTION 'invalid value for day: %', day
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Choose a day that is over, and of which there are records.';
    END IF;
    -- A malformed one is an error here, which shows less of the code.
    PERFORM @extschema@.dataconnect_mirror_decode(params);
    plan := @extschema@.dataconnect_conformance_plan(report, coalesce(day, current_date - 1), params);
    results := @extschema@.dataconnect_conformance_results(server, plan, too_much, ms::integer);
    RETURN QUERY
    SELECT c.name, c.assumption, c.expected, coalesce(results #>> ARRAY[c.name, '1'], 'not asked'), coalesce(results #>> ARRAY[c.name, '0'], 'SKIP')
    FROM @extschema@.dataconnect_conformance_checks() c ORDER BY c.place;
END $$;

COMMENT ON FUNCTION dataconnect_conformance(name, text, date, text, boolean, interval)
IS 'asks the service some small things and says of each assumption about it what was seen; result is PASS if the extension works with it, FAIL if not, SKIP if it was not seen; sends up to 38 GETs, usually fewer than 30, most of them for a few records: report and day (yesterday) should have some, params is a query string that narrows the report, too_much also asks for two centuries of it, to see the refusal; timeout is that of each request; shows no values, names or secrets; needs USAGE on the server (42501), and EXECUTE on dataconnect_conformance_ask() and _overlap(); for example: SELECT check_name, seen, result FROM dataconnect_conformance(''dataconnect'', day => ''2026-03-02'')';

CREATE FUNCTION dataconnect_conformance_text(
    server name,
    report text DEFAULT '/reports/ProductDetailReport',
    day date DEFAULT NULL,
    params text DEFAULT '',
    too_much boolean DEFAULT false,
    timeout interval DEFAULT '1 minute')
RETURNS text
LANGUAGE sql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT format(E'%s\nPostgreSQL %s\nreport: %s%s\n%s PASS, %s FAIL, %s SKIP\n%s',
        @extschema@.dataconnect_version(), split_part(current_setting('server_version'), ' ', 1),
        CASE WHEN report = '/reports/ProductDetailReport' THEN report ELSE 'another' END, CASE WHEN params <> '' THEN ', with params' ELSE '' END,
        count(*) FILTER (WHERE c.result = 'PASS'), count(*) FILTER (WHERE c.result = 'FAIL'), count(*) FILTER (WHERE c.result = 'SKIP'),
        string_agg(format('%s %s: %s', c.result, c.check_name, c.seen)
            || CASE WHEN c.result = 'FAIL' THEN format(E'\n     expected: %s (%s)', c.expected, c.assumption) ELSE '' END, E'\n' ORDER BY c.n))
    FROM @extschema@.dataconnect_conformance(server, report, day, params, too_much, timeout) WITH ORDINALITY
        AS c (check_name, assumption, expected, seen, result, n)
    HAVING count(*) > 0
$$;

COMMENT ON FUNCTION dataconnect_conformance_text(name, text, date, text, boolean, interval)
IS 'what dataconnect_conformance() sees, as a text for an issue: without data, names, addresses and secrets; asks the service anew; for example: SELECT dataconnect_conformance_text(''dataconnect'', day => ''2026-03-02'')';

-- The functions send requests: superusers decide who may call them.
REVOKE EXECUTE ON FUNCTION dataconnect_conformance(name, text, date, text, boolean, interval) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION dataconnect_conformance_text(name, text, date, text, boolean, interval) FROM PUBLIC;
