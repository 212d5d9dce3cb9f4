-- Conformance, part 3: what may be shown of an answer. It is sent to strangers, so no value, no
-- name and no address of the service gets through: only words that are written here, classes of
-- sizes, and forms in which digits are 9 and letters a.

CREATE FUNCTION dataconnect_conformance_form(value text)
RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN value IS NULL THEN 'null'
        WHEN value IN ('', 'null') THEN '"' || value || '"'
        WHEN @extschema@.dataconnect_conformance_is_time(value) THEN '"' || translate(value, '012345678', '999999999') || '"'
        WHEN value ~ '^[0-9/:. TZ+-]+$' AND length(value) <= 40 THEN '"' || translate(value, '012345678TZ', '999999999aa') || '"'
        WHEN value ~ '^/Date\(' THEN '"/Date(...)/"'
        ELSE 'text' END
$$;

COMMENT ON FUNCTION dataconnect_conformance_form(text)
IS 'for dataconnect_conformance(): the form of a time: its digits as 9; other texts are only called so';

CREATE FUNCTION dataconnect_conformance_size(n bigint, unit text)
RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN n IS NULL OR n = 0 THEN 'no ' || unit
        WHEN n = 1 THEN '1 ' || rtrim(unit, 's')
        ELSE 'up to ' || rpad('1', length(n::text) + 1 - (n::text ~ '^10*$')::integer, '0') || ' ' || unit END
$$;

COMMENT ON FUNCTION dataconnect_conformance_size(bigint, text)
IS 'for dataconnect_conformance(): the class of a number: powers of ten';

CREATE FUNCTION dataconnect_conformance_content_type(content_type text)
RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN coalesce(content_type, '') = '' THEN 'no content type'
        WHEN lower(content_type) ~ '^(application|text)/(json|problem[+]json|xml|csv|html|plain|octet-stream|vnd.ms-excel)( *; *charset=(utf-8|us-ascii|iso-8859-1|windows-1252))?$'
            THEN lower(content_type)
        ELSE 'another content type' END
$$;

COMMENT ON FUNCTION dataconnect_conformance_content_type(text)
IS 'for dataconnect_conformance(): a usual content type as it is, others not';

-- The words of errors, by which the extension finds the message.
CREATE FUNCTION dataconnect_conformance_body(answer dataconnect_conformance_answer)
RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE
        WHEN answer.kind = 'JSON object' AND answer.document IS NOT NULL THEN 'JSON object with ' || coalesce((
            SELECT string_agg(CASE WHEN f.key IN ('Error', 'Message', 'ExceptionMessage', 'ExceptionType', 'StackTrace', 'MessageDetail', 'Code', 'Status',
                    'error', 'error_description', 'message', 'code', 'status', 'detail', 'title', 'type', 'traceId', 'errors', 'Records', 'Schema')
                    THEN f.key ELSE 'another key' END || ' (' || CASE json_typeof(f.value)
                        WHEN 'string' THEN @extschema@.dataconnect_conformance_size(length(f.value #>> '{}'), 'characters')
                        ELSE json_typeof(f.value) END || ')', ', ' ORDER BY n)
            FROM json_each(answer.document) WITH ORDINALITY AS f (key, value, n) WHERE n <= 12), 'no keys')
        WHEN answer.kind = 'JSON array' AND answer.records IS NOT NULL
            THEN 'JSON array of ' || @extschema@.dataconnect_conformance_size(answer.records, 'records')
        WHEN answer.kind = 'text' THEN 'text of ' || @extschema@.dataconnect_conformance_size(length(answer.body), 'characters')
        WHEN answer.kind = 'empty' THEN 'empty body'
        ELSE answer.kind END || CASE WHEN answer.is_whole THEN '' ELSE ', cut at the limit of this check' END
$$;

COMMENT ON FUNCTION dataconnect_conformance_body(dataconnect_conformance_answer)
IS 'for dataconnect_conformance(): what a body is';

CREATE FUNCTION dataconnect_conformance_shown(answer dataconnect_conformance_answer)
RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN answer.failure = 'HV00N' THEN 'no connection (HV00N)'
        WHEN answer.failure = '28000' THEN 'the log-in was refused (28000)'
        WHEN answer.failure = 'HV00M' THEN 'no reply in time, or one that was cut or not decoded (HV00M)'
        WHEN answer.failure = 'failed' THEN 'a reply that failed, and again'
        WHEN answer.failure IS NOT NULL THEN 'no reply (' || answer.failure || ')'
        WHEN answer.status IS NULL THEN 'not asked'
        ELSE concat_ws(', ', 'status ' || answer.status, @extschema@.dataconnect_conformance_content_type(answer.content_type),
            @extschema@.dataconnect_conformance_body(answer),
            (SELECT string_agg(h, ', ') FROM unnest(answer.headers) h WHERE h ~* '^(retry-after|x-ratelimit-(limit|remaining|reset|resetseconds)): [a9 .,:/+-]*$')) END
$$;

COMMENT ON FUNCTION dataconnect_conformance_shown(dataconnect_conformance_answer)
IS 'for dataconnect_conformance(): what may be shown of an answer';

CREATE FUNCTION dataconnect_conformance_is_list(answer dataconnect_conformance_answer)
RETURNS boolean
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(answer.status = 200 AND answer.kind = 'JSON array' AND answer.records IS NOT NULL, false)
$$;

COMMENT ON FUNCTION dataconnect_conformance_is_list(dataconnect_conformance_answer)
IS 'for dataconnect_conformance(): whether an answer is records in JSON, whole';

CREATE FUNCTION dataconnect_conformance_row(name text, result text, seen text)
RETURNS jsonb
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT jsonb_build_object(name, jsonb_build_array(coalesce(result, 'SKIP'), coalesce(seen, 'not asked')))
$$;

COMMENT ON FUNCTION dataconnect_conformance_row(text, text, text)
IS 'for dataconnect_conformance(): the result of a check';

CREATE FUNCTION dataconnect_conformance_verdict(is_right boolean)
RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE is_right WHEN true THEN 'PASS' WHEN false THEN 'FAIL' ELSE 'SKIP' END
$$;

COMMENT ON FUNCTION dataconnect_conformance_verdict(boolean)
IS 'for dataconnect_conformance(): PASS, FAIL, or SKIP for NULL';
