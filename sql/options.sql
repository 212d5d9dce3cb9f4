--
-- Options: the reference, names, values, contradictions
--
\getenv srcdir PG_ABS_SRCDIR
\set setup :srcdir '/test/regress/setup.psql'
\i :setup
\pset format unaligned
\pset tuples_only on
\pset null (none)
CREATE SERVER unmapped FOREIGN DATA WRAPPER dataconnect_fdw
    OPTIONS (url 'http://localhost');

-- the error of creating an object with these options, or "accepted"; no object is left
CREATE FUNCTION pg_temp.try(context text, options text) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    command text := CASE context
        WHEN 'wrapper' THEN 'ALTER FOREIGN DATA WRAPPER dataconnect_fdw OPTIONS (%s)'
        WHEN 'server' THEN 'CREATE SERVER probe FOREIGN DATA WRAPPER dataconnect_fdw OPTIONS (%s)'
        WHEN 'user mapping' THEN 'CREATE USER MAPPING FOR CURRENT_USER SERVER unmapped OPTIONS (%s)'
        WHEN 'table' THEN 'CREATE FOREIGN TABLE probe (a text) SERVER unmapped OPTIONS (%s)'
        WHEN 'column' THEN 'CREATE FOREIGN TABLE probe (a text OPTIONS (%s)) SERVER unmapped OPTIONS (endpoint ''/x'')'
        WHEN 'import' THEN 'IMPORT FOREIGN SCHEMA lists LIMIT TO (stores) FROM SERVER unmapped INTO public OPTIONS (%s)'
    END;
    state text; message text; detail text; hint text;
BEGIN
    EXECUTE format(command, options);
    RAISE EXCEPTION USING ERRCODE = 'ZZZZZ';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT,
        detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
    IF state = 'ZZZZZ' THEN
        RETURN 'accepted';
    END IF;
    RETURN concat_ws(' / ', state || ' ' || message, nullif(detail, ''), nullif(hint, ''));
END $$;

-- the same for one option, together with those that it requires
CREATE FUNCTION pg_temp.try(context text, name text, value text) RETURNS text
LANGUAGE sql AS $$
SELECT pg_temp.try(context, format('%s%I %L', CASE
    WHEN context = 'server' AND name <> 'url' THEN 'url ''http://localhost'', '
    WHEN context = 'table' AND name <> 'endpoint' THEN 'endpoint ''/x'', '
    WHEN name IN ('default', 'list', 'required') THEN 'param ''A'', '
    WHEN name LIKE 'param\__%' THEN 'name ''A'', '
    END, name, value))
$$;

--
-- The reference: doc/options.md agrees with the code about each option
--
\set file :srcdir '/doc/options.md'
\set reference `cat :'file'`
CREATE TEMP TABLE lines AS
SELECT n, line FROM regexp_split_to_table(:'reference', '\n') WITH ORDINALITY AS t (line, n);
CREATE TEMP VIEW documented AS
SELECT (SELECT lower(substring(s.line, '^## (.*) options$')) FROM lines s
        WHERE s.n < l.n AND s.line LIKE '## %' ORDER BY s.n DESC LIMIT 1) AS context,
       substring(l.line, '^### `(.*)`$') AS name,
       (SELECT p.line FROM lines p WHERE p.n = l.n + 1) AS properties
FROM lines l WHERE l.line LIKE '### %';
CREATE TEMP VIEW coded AS
SELECT context, name,
       format('**%s**', type)
       || coalesce(' `' || array_to_string(enum_values, '`, `') || '`', '')
       || coalesce(' in ' || unit, '')
       || coalesce(', ' || min_value || ' to ' || max_value, '')
       || coalesce('; default `' || default_value || '`', '')
       || CASE WHEN description LIKE '%(required)' THEN '; required' ELSE '' END
       || CASE WHEN secret THEN '; secret' ELSE '' END
       || CASE WHEN superuser_only THEN '; superuser only' ELSE '' END AS properties
FROM dataconnect_options();
SELECT 'only in the code', * FROM (TABLE coded EXCEPT ALL TABLE documented) AS a;
SELECT 'only in the reference', * FROM (TABLE documented EXCEPT ALL TABLE coded) AS a;

-- all options
SELECT * FROM dataconnect_options();
-- the libraries in use
SELECT regexp_replace(regexp_replace(dataconnect_version(), '[\d.]+\d[a-z]?', 'N', 'g'), '(ISA-L|zlib) N', '(ISA-L or zlib) N');

--
-- Names
--
SELECT context, name, pg_temp.try(context, name, 'x')
FROM (VALUES ('server', 'urll'), ('server', 'idle_timout'), ('server', 'x'), ('server', 'something_else'),
             ('server', 'endpoint'), ('server', 'rows'), ('server', 'param'), ('server', 'passwort'),
             ('server', 'URL'), ('server', repeat('u', 63)),
             ('table', 'url'), ('table', 'param'), ('table', 'connect_timeout'),
             ('column', 'param_form'), ('column', 'format'), ('column', 'endpoint'),
             ('user mapping', 'url'), ('user mapping', 'user'), ('user mapping', 'ca_file'),
             ('wrapper', 'url')) AS t (context, name);

-- required
SELECT pg_temp.try('server', 'language ''en-us''');
SELECT pg_temp.try('table', 'rows ''1''');
CREATE SERVER probe FOREIGN DATA WRAPPER dataconnect_fdw;
CREATE FOREIGN TABLE probe (a text) SERVER unmapped;
ALTER SERVER unmapped OPTIONS (DROP url);
-- a wrong name is reported before a missing one
SELECT pg_temp.try('server', 'urls ''http://localhost''');

--
-- Values
--
-- each default, limit and enum value is valid; a value one beyond a limit is not
SELECT count(*), pg_temp.try(context, name, value)
FROM dataconnect_options(), unnest(array[default_value, min_value, max_value] || enum_values || upper(enum_values::text)::text[]) AS value
WHERE value IS NOT NULL GROUP BY 2;
SELECT context, name, pg_temp.try(context, name, (max_value::numeric + 1)::text),
       pg_temp.try(context, name, (min_value::numeric - 1)::text)
FROM dataconnect_options() WHERE max_value IS NOT NULL;

-- numbers, times and sizes
SELECT value, pg_temp.try('server', 'idle_timeout', value)
FROM unnest('{90s,1.5min,250,2 h,"",s,ten,10x,10 S,0.4,400us,0.4ms,-1,-0.4,0,1e3,25d,NaN,0x10}'::text[]) AS value;
SELECT value, pg_temp.try('server', 'max_record_size', value)
FROM unnest('{1kB,1024,1MB,1000MB,0.5MB,1B,1001MB,2GB,16mb,1 s}'::text[]) AS value;
SELECT value, pg_temp.try('server', 'max_retries', value) FROM unnest('{0,3,2.4,1 s,""}'::text[]) AS value;
SELECT value, pg_temp.try('table', 'rows', value) FROM unnest('{0,0.5,1e6,1e300,Infinity,NaN,-1,"",many}'::text[]) AS value;

-- enum values
SELECT value, pg_temp.try('server', 'compression', value) FROM unnest('{on,OFF,t,1,maybe,"",2}'::text[]) AS value;
SELECT value, pg_temp.try('server', 'method', value) FROM unnest('{Post,put,""}'::text[]) AS value;
SELECT value, pg_temp.try('table', 'format', value) FROM unnest('{JsonDataTable,csv,xml,excel}'::text[]) AS value;
SELECT value, pg_temp.try('table', 'window_round', value) FROM unnest('{none,hour,true}'::text[]) AS value;
SELECT value, pg_temp.try('server', 'timezone', value)
FROM unnest('{utc,America/Regina,Europe/Berlin,Regina,"",../../etc/passwd}'::text[]) AS value;
SELECT value, pg_temp.try('server', 'language', value) FROM unnest('{en-us,fr,"",en us,"de&x=1",é}'::text[]) AS value;
SELECT value, pg_temp.try('table', 'open_from', value)
FROM unnest('{2020-02-29,2021-02-29,2020-1-1,20200101,2020-01-01T00:00:00,12:00,"",0000-01-01}'::text[]) AS value;
SELECT value, pg_temp.try('table', 'open_to', value)
FROM unnest('{today,Tomorrow,YESTERDAY,+30d,-90d,+0d,-2w,+4W,+36525d,+36526d,+5218w,+99999w,+999999d,30d,+d,+-1d,+1.5d,+1m,+1y,+1 d,+1dd,now,todays," today"}'::text[]) AS value;

-- addresses
SELECT value, pg_temp.try('server', 'url', value)
FROM unnest('{https://dataconnect.iqmetrix.net,HTTPS://h:8443/a/b/,http://127.0.0.1:8080,"http://[::1]:1/",
              "",dataconnect.iqmetrix.net,//h,ftp://h,file:///etc/passwd,http://,https:///x,http://:80,http://h:99999,
              http://h/?a=1,http://h/#a,http://h/ x,https://user:pass@h}'::text[]) AS value;
SELECT name, pg_temp.try('server', name, 'localhost:3128') FROM unnest('{token_url,proxy}'::text[]) AS name;
SELECT value, pg_temp.try('server', 'ca_file', value) FROM unnest('{/etc/ssl/ca.pem,ca.pem,../ca.pem,""}'::text[]) AS value;
SELECT value, pg_temp.try('server', 'allowed_hosts', value)
FROM unnest(array['a.example.com', ' A.Example.com ,b-1.example.com, 10.0.0.1', '', 'a,', ',a', 'a,,b', '*.example.com',
                  'https://a', 'a:443', 'a/b', 'a b', '-a', 'a-.b', 'a..b', 'a.', 'é.example.com', repeat('a', 64),
                  repeat('a.', 130) || 'com']) AS value;
SELECT value, pg_temp.try('table', 'endpoint', value)
FROM unnest('{/Reports/InvoiceDetail,/Session,/session/,/sessions,/a/,/,/a.b/..c/...,"/é&+;=",
              "",Reports,"Reports/x",/a?b=1,/a#b,/a%2fb,/a b,//h/x,/a//b,/a//,/a/../b,/..,/.,/a/./b,"/a\\\\b"}'::text[]) AS value;

-- parameters
SELECT context, value, pg_temp.try(context, 'params', value)
FROM (VALUES ('server', 'CompanyID=14205&DatePercision=True'), ('table', ''), ('table', 'a'), ('table', 'a=&b=='),
             ('server', 'CompanyID'), ('table', 'a=1&b'), ('table', 'a&b=1'), ('table', '%3D'),
             ('table', '&a=1&&b=2&'), ('table', 'a=%26%23%2B%25&b=x+y z'), ('table', 'a=%C3%A9&b=é'),
             ('table', 'a=%'), ('table', 'a=1&b=%4'), ('table', 'a=1&b=%zz'), ('table', '%=1'),
             ('table', 'a=%FF'), ('table', 'a=%C3'), ('table', 'a=%ED%A0%80'), ('table', '%E9=1'),
             ('table', 'a=%00'), ('table', 'a=1&b=x%0D%0AHost:y'), ('table', 'a%0A=1'), ('table', 'a=%7F'), ('table', 'a=%C2%85'),
             ('table', '=1'), ('table', '+a=1'), ('table', 'a%20=1'), ('table', '?a=1'), ('table', 'a=1#b'),
             ('table', 'a=1&b=2&A=3'), ('table', 'a=1&b=2&%42=3'),
             ('table', 'Auth=c4n4ry'), ('server', 'x=1&auth=c4n4ry'), ('table', '%41uth=c4n4ry'), ('table', 'Authority=1'),
             ('server', 'Response=Csv'), ('table', 'RESPONSE=Csv'), ('table', 'Email.To=a@example.com'), ('table', 'email.x=1'),
             ('table', 'Email=1'), ('server', 'languagecode=fr'), ('table', 'LanguageCode=fr'),
             ('table', 'CSV.Delimiter=;'), ('server', 'csv.headers=False'), ('table', 'CSV.FileExtension=txt')) AS t (context, value);
SELECT name, value, pg_temp.try('column', name, value)
FROM unnest('{param,param_from,param_to}'::text[]) AS name,
     unnest('{StartDate,"a&b#c%d+e=f","",Auth,RESPONSE,Email.Cc," a"}'::text[]) AS value;
SELECT pg_temp.try('column', 'param', 'LanguageCode');

-- texts
SELECT value, pg_temp.try('table', 'null_strings', value)
FROM unnest(array['', 'null', 'null, n/a', '""', '"a, b",""', 'a b', 'a,,b', 'a,', '"a']) AS value;
SELECT name, value, pg_temp.try('column', name, value)
FROM unnest('{name,default}'::text[]) AS name, unnest('{ID #,"50% & more + \"x\" = é",""}'::text[]) AS value;

-- control characters are refused; U+0085 is one, U+00A0 is not
SELECT DISTINCT regexp_replace(pg_temp.try(context, name, value), '"\w+"', '"..."')
FROM dataconnect_options(), unnest(array[E'a\nb', E'a\rb', E'a\tb', E'\x01', E'\x7f', E'/x\u0085']) AS value;
SELECT pg_temp.try('column', 'name', E'a\u00a0b');

--
-- Options that contradict or need each other
--
SELECT options, pg_temp.try('column', options)
FROM unnest(array[
    'name ''A''',
    'param ''A''',
    'name ''A'', param ''A''',
    'name ''A'', param_from ''B''',
    'name ''A'', param_to ''B''',
    'name ''A'', param_from ''B'', param_to ''C'', required ''true''',
    'param ''A'', required ''true''',
    'param ''A'', required ''true'', list ''true''',
    'param ''A'', default ''1'', list ''true''',
    'required ''false'', list ''false''',
    'name ''A'', param ''A'', param_from ''B''',
    'name ''A'', param ''A'', param_to ''B''',
    'param ''A'', param_from ''B''',
    'param_from ''B''',
    'param_to ''B''',
    'param_from ''B'', param_to ''C''',
    'name ''A'', param_from ''B'', param_to ''b''',
    'name ''A'', param_from ''B'', default ''1''',
    'name ''A'', param_to ''B'', default ''1''',
    'name ''A'', param_from ''B'', list ''true''',
    'name ''A'', param_to ''B'', list ''true''',
    'param ''A'', required ''true'', default ''1''',
    'default ''1''',
    'name ''A'', default ''1''',
    'list ''true''',
    'name ''A'', list ''true''',
    'required ''true''',
    'name ''A'', required ''true''']) AS options;
SELECT options, pg_temp.try('user mapping', options)
FROM unnest(array[
    '',
    'token ''a''',
    'username ''a'', password ''b''',
    'username ''a'', password ''b'', client_id ''c'', client_secret ''d''',
    'username ''a:b'', password ''b'', client_id ''c'', client_secret ''d''',
    'password_required ''false''',
    'token ''a'', username ''b'', password ''c''',
    'token ''a'', password ''b''',
    'token ''a'', client_id ''b''',
    'token ''a'', client_secret ''b''',
    'username ''a''',
    'password ''a''',
    'client_id ''a''',
    'client_secret ''a''',
    'client_id ''a'', client_secret ''b''',
    'username ''a'', password ''b'', client_id ''c''',
    'username ''a'', password ''b'', client_secret ''c''',
    'username ''a:b'', password ''c''',
    'token_file ''/a''',
    'username ''a'', password_file ''/b''',
    'username ''a'', password ''b'', client_id ''c'', client_secret_file ''/d''',
    'token ''a'', token_file ''/b''',
    'token_file ''/a'', username ''b''',
    'token_file ''/a'', password_file ''/b''',
    'token ''a'', client_secret_file ''/b''',
    'password_file ''/a''',
    'username ''a'', password ''b'', password_file ''/c''',
    'client_secret ''a'', client_secret_file ''/b''',
    'client_secret_file ''/a''',
    'token_file ''a''',
    'token_file ''''']) AS options
WHERE options <> '';
SELECT pg_temp.try('table', 'endpoint ''/x'', open_from ''2020-01-02'', open_to ''2020-01-01''');
SELECT pg_temp.try('table', 'endpoint ''/x'', open_from ''2020-01-01'', open_to ''2020-01-01''');
SELECT pg_temp.try('table', 'endpoint ''/x'', open_to ''1700-01-01''');
SELECT pg_temp.try('table', 'endpoint ''/x'', open_from ''tomorrow'', open_to ''today''');
SELECT pg_temp.try('table', 'endpoint ''/x'', open_from ''-1w'', open_to ''-7d''');
SELECT pg_temp.try('table', 'endpoint ''/x'', open_from ''-90d'', open_to ''2020-01-01''');

--
-- ALTER sees all options together
--
CREATE USER MAPPING FOR CURRENT_USER SERVER unmapped;
ALTER USER MAPPING FOR CURRENT_USER SERVER unmapped OPTIONS (ADD username 'a');
ALTER USER MAPPING FOR CURRENT_USER SERVER unmapped OPTIONS (ADD username 'a', ADD password 'b');
ALTER USER MAPPING FOR CURRENT_USER SERVER unmapped OPTIONS (ADD token 'c');
ALTER USER MAPPING FOR CURRENT_USER SERVER unmapped OPTIONS (DROP username, DROP password, ADD token 'c');
CREATE FOREIGN TABLE altered (
    a text OPTIONS (param 'A', required 'true'),
    b date OPTIONS (name 'B')
) SERVER unmapped OPTIONS (endpoint '/x');
ALTER FOREIGN TABLE altered ALTER COLUMN a OPTIONS (ADD "default" '1');
ALTER FOREIGN TABLE altered ALTER COLUMN a OPTIONS (DROP required, ADD "default" '1');
ALTER FOREIGN TABLE altered ALTER COLUMN b OPTIONS (ADD param_from 'B', ADD param_to 'A');
ALTER FOREIGN TABLE altered ALTER COLUMN b OPTIONS (DROP name);
ALTER FOREIGN TABLE altered OPTIONS (SET endpoint 'x');
ALTER FOREIGN TABLE altered OPTIONS (DROP endpoint);
-- errors that only the whole table shows are raised when it is used
EXPLAIN SELECT * FROM altered;

--
-- Wrong options that got into the catalog nevertheless are errors when they are read
--
UPDATE pg_attribute SET attfdwoptions = '{param=A,default=1,required=true}'
WHERE attrelid = 'altered'::regclass AND attname = 'a';
EXPLAIN SELECT * FROM altered;
UPDATE pg_attribute SET attfdwoptions = NULL WHERE attrelid = 'altered'::regclass;
UPDATE pg_foreign_table SET ftoptions = '{endpoint=/x,rows=many}' WHERE ftrelid = 'altered'::regclass;
EXPLAIN SELECT * FROM altered;
UPDATE pg_foreign_table SET ftoptions = '{rows=1}' WHERE ftrelid = 'altered'::regclass;
EXPLAIN SELECT * FROM altered;
UPDATE pg_foreign_table SET ftoptions = '{endpoint=/x,token=c4n4ry}' WHERE ftrelid = 'altered'::regclass;
EXPLAIN SELECT * FROM altered;
UPDATE pg_foreign_table SET ftoptions = '{endpoint=/x}' WHERE ftrelid = 'altered'::regclass;
UPDATE pg_foreign_server SET srvoptions = '{url=http://localhost,timezone=Mars}' WHERE srvname = 'unmapped';
EXPLAIN SELECT * FROM altered;

SET client_min_messages = warning;
DROP SERVER unmapped CASCADE;
