-- Conformance, part 1: questions to the service, and what comes back. A reply is kept as it
-- came, until part 2 has told its form.

CREATE FUNCTION dataconnect_conformance_ask(
    server name,
    endpoint text,
    params text,
    max_bytes integer,
    timeout integer,
    OUT status integer,
    OUT content_type text,
    OUT coding text,
    OUT headers text[],
    OUT cookies text[],
    OUT marks_end boolean,
    OUT is_whole boolean,
    OUT is_utf8 boolean,
    OUT has_mark boolean,
    OUT bytes bigint,
    OUT ms bigint,
    OUT body text)
RETURNS SETOF record
AS 'MODULE_PATHNAME'
LANGUAGE C VOLATILE STRICT
ROWS 1;

COMMENT ON FUNCTION dataconnect_conformance_ask(name, text, text, integer, integer)
IS 'for dataconnect_conformance(): sends a GET once, waits at most timeout ms, and returns a reply of any status; headers are names, those about limits with the form of their value (digits as 9), cookies are names; body is at most max_bytes long, with question marks for what the database encoding may lack; needs USAGE on the server (42501)';

CREATE FUNCTION dataconnect_conformance_overlap(
    server name,
    endpoint text,
    params text,
    second_params text,
    timeout integer,
    OUT status integer,
    OUT second_status integer,
    OUT ended bigint,
    OUT second_begun bigint,
    OUT second_answered bigint)
RETURNS SETOF record
AS 'MODULE_PATHNAME'
LANGUAGE C VOLATILE STRICT
ROWS 1;

COMMENT ON FUNCTION dataconnect_conformance_overlap(name, text, text, text, integer)
IS 'for dataconnect_conformance(): sends a GET and, 100 ms later, another with the same cookies; returns their statuses, when the first reply had come whole, when the second request began, and when its reply did, in ms since the first request began; the second''s are NULL if the first reply was there before; needs USAGE on the server (42501)';

-- The functions send requests: superusers decide who may call them.
REVOKE EXECUTE ON FUNCTION dataconnect_conformance_ask(name, text, text, integer, integer) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION dataconnect_conformance_overlap(name, text, text, text, integer) FROM PUBLIC;

CREATE TYPE dataconnect_conformance_answer AS (
    name text,
    failure text,
    status integer,
    content_type text,
    coding text,
    headers text[],
    cookies text[],
    marks_end boolean,
    is_whole boolean,
    is_utf8 boolean,
    has_mark boolean,
    bytes bigint,
    ms bigint,
    kind text,
    body text,
    document json,
    records integer);

COMMENT ON TYPE dataconnect_conformance_answer
IS 'for dataconnect_conformance(): what came of the question of that name; failure is an SQLSTATE if there was no reply, or ''failed'' for one that is none; document is the body if it is JSON, and then body is NULL; records is the number of records';

CREATE FUNCTION dataconnect_conformance_kind(body text)
RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE
        WHEN body !~ '\S' THEN 'empty'
        WHEN body ~ '^\s*<Table\s*/>\s*$' THEN 'empty XML table'
        WHEN body ~* '^\s*(<!doctype\s+html|<html)' THEN 'HTML page'
        WHEN body ~ '^\s*<' THEN 'XML'
        WHEN body ~ '^\s*\[' THEN 'JSON array'
        WHEN body ~ '^\s*\{' THEN 'JSON object'
        WHEN body ~ '^\s*"' THEN 'JSON text'
        ELSE 'text' END
$$;

COMMENT ON FUNCTION dataconnect_conformance_kind(text)
IS 'for dataconnect_conformance(): what a body looks like at its beginning';

CREATE FUNCTION dataconnect_conformance_read(answer dataconnect_conformance_answer)
RETURNS dataconnect_conformance_answer
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    answer.kind := @extschema@.dataconnect_conformance_kind(answer.body);
    IF answer.kind ~ '^JSON' AND answer.is_whole THEN
        -- Of characters that the database may lack, only that they are there is of interest.
        IF strpos(answer.body, '\u') > 0 THEN
            answer.body := regexp_replace(answer.body, '\\u(?!00[2-7])[0-9A-Fa-f]{4}', '\\u003f', 'g');
        END IF;
        BEGIN
            answer.document := answer.body::json;
            answer.body := NULL;
        EXCEPTION WHEN data_exception OR statement_too_complex THEN
            answer.kind := 'broken JSON';
        END;
    END IF;
    IF answer.kind = 'JSON array' AND answer.document IS NOT NULL THEN
        answer.records := json_array_length(answer.document);
    ELSIF json_typeof(answer.document -> 'Records') = 'array' THEN
        answer.records := json_array_length(answer.document -> 'Records');
    END IF;
    RETURN answer;
END $$;

COMMENT ON FUNCTION dataconnect_conformance_read(dataconnect_conformance_answer)
IS 'for dataconnect_conformance(): an answer with kind, document and records, as its body gives them';

-- A limit of the role is the caller's, although it has the state of the service's limits.
CREATE FUNCTION dataconnect_conformance_is_failure(state text, message text)
RETURNS boolean
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT state IN ('HV000', 'HV00M', 'HV00N', '28000') OR state = '53400' AND message !~ ' exceeds .*max_'
$$;

COMMENT ON FUNCTION dataconnect_conformance_is_failure(text, text)
IS 'for dataconnect_conformance(): whether an error tells of the service or the network; all others are of the caller';

CREATE FUNCTION dataconnect_conformance_get(
    server name, name text, endpoint text, params text, max_bytes integer, timeout integer)
RETURNS dataconnect_conformance_answer
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    answer @extschema@.dataconnect_conformance_answer;
    a record;
BEGIN
    -- An error shows the statement as it is written here, and blanks in place of INTO and its list.
    a := @extschema@.dataconnect_conformance_ask(server, endpoint, params, max_bytes, timeout);
    answer := ROW(name, NULL, a.status, a.content_type, a.coding, a.headers, a.cookies, a.marks_end, a.is_whole,
        a.is_utf8, a.has_mark, a.bytes, a.ms, NULL, a.body, NULL, NULL);
    RETURN @extschema@.dataconnect_conformance_read(answer);
EXCEPTION WHEN OTHERS THEN
    IF NOT @extschema@.dataconnect_conformance_is_failure(SQLSTATE, SQLERRM) THEN
        RAISE;
    END IF;
    answer := NULL;
    answer.name := name;
    answer.failure := SQLSTATE;
    RETURN answer;
END $$;

COMMENT ON FUNCTION dataconnect_conformance_get(name, text, text, text, integer, integer)
IS 'for dataconnect_conformance(): asks, and returns the answer, or a failure of the service or the network';

CREATE FUNCTION dataconnect_conformance_find(answers dataconnect_conformance_answer[], name text)
RETURNS dataconnect_conformance_answer
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT a FROM unnest(answers) a WHERE a.name = $2 LIMIT 1
$$;

COMMENT ON FUNCTION dataconnect_conformance_find(dataconnect_conformance_answer[], text)
IS 'for dataconnect_conformance(): the answer of a name, or NULL if that was not asked';

CREATE FUNCTION dataconnect_conformance_query(params jsonb)
RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(string_agg(@extschema@.dataconnect_mirror_encode(p.key) || '=' || @extschema@.dataconnect_mirror_encode(p.value), '&'), '')
    FROM jsonb_each_text(params) p
$$;

COMMENT ON FUNCTION dataconnect_conformance_query(jsonb)
IS 'for dataconnect_conformance(): parameters as a query string';
