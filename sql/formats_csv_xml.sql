--
-- Replies as CSV and as XML: values, NULLs, shapes, errors
--
\getenv srcdir PG_ABS_SRCDIR
\set setup :srcdir '/test/regress/setup.psql'
\i :setup
ALTER SERVER sandbox OPTIONS (ADD max_retries '0');
\pset format unaligned
\pset tuples_only on
\pset null '(null)'

-- messages without the source's line numbers
CREATE FUNCTION try(query text) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    result text;
    state text; message text; detail text; hint text;
BEGIN
    EXECUTE query INTO result;
    RETURN coalesce(result, '(null)');
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT,
        detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
    RETURN format(E'%s %s\n  detail: %s\n  hint: %s', state, message, detail, hint);
END $$;

CREATE FOREIGN TABLE typed (
    "Text" text, "Int" integer, "Money" numeric, "Real" double precision, "Bool" boolean,
    "Day" date, "Stamp" timestamp, "Zoned" timestamptz, "Uuid" uuid, "Bytes" bytea, "Json" jsonb
) SERVER sandbox OPTIONS (endpoint '/test/typed', format 'csv');
CREATE FOREIGN TABLE pair (a text, b text) SERVER sandbox OPTIONS (endpoint '/test/pair', format 'csv');

-- the format requested: the table's, else the server's
\! $DATACONNECT_SANDBOX_CTL fault '[{"body": "a,b\r\n1,2\r\n"}, {"body": "<Table><Record><a>1</a></Record></Table>"}, {"body": "a,b\r\n1,2\r\n"}]'
SELECT * FROM pair;
ALTER FOREIGN TABLE pair OPTIONS (SET format 'xml');
SELECT * FROM pair;
ALTER FOREIGN TABLE pair OPTIONS (DROP format);
ALTER SERVER sandbox OPTIONS (ADD format 'CSV');
SELECT * FROM pair;
ALTER SERVER sandbox OPTIONS (DROP format);
\! sh -c "$LOG"

--
-- CSV
--
ALTER FOREIGN TABLE pair OPTIONS (ADD format 'csv');

-- every type from its text, NULL, empty, and the text null; .NET's booleans
\! $DATACONNECT_SANDBOX_CTL fault '{"body": "Text,Int,Money,Real,Bool,Day,Stamp,Zoned,Uuid,Bytes,Json\r\nx,-12,14.5000,1e3,True,2026-03-01,2026-03-01T12:18:08.723,2026-03-01T12:18:08.7Z,A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11,AQID,12\r\ny,\"7\",\"1\",\"-0.5\",False,2026-03-01T00:00:00,2026-03-01,2026-03-01T12:18:08,a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11,\"\",\"say \"\"é\"\"\\\"\r\n,,,,,,,,,,\r\n\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\"\r\nnull,null,null,null,null,null,null,null,null,null,null\r\nz,0,0,0,0,,,,,,\r\nz,1,1,1,1,,,,,,{}\r\n"}'
SELECT * FROM typed;

-- an empty field of text is NULL, a quoted one is not, unless null_strings says so
\! $DATACONNECT_SANDBOX_CTL fault '{"count": 2, "body": "a,b\r\n,\"\"\r\n\"\",\r\nnull,\"null\"\r\n \t, \r\n"}'
SELECT a IS NULL, b IS NULL, a, b FROM pair;
ALTER FOREIGN TABLE pair OPTIONS (ADD null_strings 'null,""');
SELECT a IS NULL, b IS NULL, a, b FROM pair;
ALTER FOREIGN TABLE pair OPTIONS (DROP null_strings);

-- quotes, commas, line ends and other alphabets; LF as well as CRLF; a byte order mark
\! $DATACONNECT_SANDBOX_CTL fault '{"bom": true, "body": "\"b\",x,\"a\"\n\"a \"\"b\"\", \\\",1,\"\r\n\"\n東京 😀,2,\"\"\"\"\r\n"}'
SELECT quote_nullable(a), quote_nullable(b) FROM pair;

-- one column: an empty line is a record
CREATE FOREIGN TABLE single ("ID #" text, id text OPTIONS (name 'ID #')) SERVER sandbox OPTIONS (endpoint '/test/single', format 'csv');
\! $DATACONNECT_SANDBOX_CTL fault '{"body": "ID #\r\n1\r\n\r\n\"\"\r\n"}'
SELECT *, "ID #" IS NULL FROM single;

-- a header alone is an empty result
\! $DATACONNECT_SANDBOX_CTL fault '{"body": "b,a\r\n"}'
SELECT count(*) FROM pair;

-- a missing key is NULL; a column that is not read may be repeated
\! $DATACONNECT_SANDBOX_CTL fault '{"body": "x,a,x\r\n1,2,3\r\n"}'
SELECT * FROM pair;

-- a header with none of the table's columns is refused, with and without records
\! $DATACONNECT_SANDBOX_CTL fault '{"count": 2, "body": "A, b,\"q \"\"r\"\"\"\r\n"}'
SELECT try('SELECT count(*) FROM pair');
SELECT try('SELECT count(a) FROM pair');
\! $DATACONNECT_SANDBOX_CTL fault '{"body": "A,B,C,D,E,F,G,H,I,J,K,L,M,N,O,P,Q,R,S,T,U\r\n1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21\r\n"}'
SELECT try('SELECT count(*) FROM pair');

-- values that do not fit; the record's number does not count the header
\! $DATACONNECT_SANDBOX_CTL fault '{"body": "Int,Text\r\n1,x\r\n\"2,5\",y\r\n"}'
SELECT try('SELECT sum("Int") FROM typed');
\! $DATACONNECT_SANDBOX_CTL fault '{"body": "Bool,Text\r\nyes?,x\r\n"}'
SELECT try('SELECT count("Bool") FROM typed');

-- not CSV
\! $DATACONNECT_SANDBOX_CTL fault '[{"body": "a,b\r\n1,2\r\n3\r\n4,5\r\n"}, {"body": "a,b\r\n1,2\r\n3,4,5\r\n"}, {"body": "a,b\r\n\"1\"x,2\r\n"}, {"body": "a,b\r\nx\"1\",2\r\n"}, {"body": "a,b,a\r\n1,2,3\r\n"}, {"body": {"base64": "YSxiDQr/LDINCg=="}}, {"body": "a,b\r\n\u0000,2\r\n"}, {"body": "\r\n"}, {"body": "[{\"a\":1,\"b\":2}]"}, {"body": ""}]'
SELECT try('SELECT count(*) FROM pair') FROM generate_series(1, 10);

-- the last line needs no line end; an empty last line is no record, and nothing may follow it
\! $DATACONNECT_SANDBOX_CTL fault '[{"body": "a,b\r\n1,2\r\n3,4"}, {"body": "a,b\n1,2\n3,\"4\r\n\""}, {"bom": true, "body": "a,b\r\n1,"}, {"body": "b,a"}, {"body": "a,b\r\n1,2\r\n\r\n"}, {"body": "a,b\r\n\r\n\r\n"}]'
SELECT try('SELECT concat(count(*), '' '', string_agg(quote_nullable(b), '','')) FROM pair') FROM generate_series(1, 6);
\! $DATACONNECT_SANDBOX_CTL fault '[{"body": "ID #\r\n1"}, {"body": "ID #\r\n\"\""}, {"body": "ID #\r\n1\r\n"}, {"body": "ID #\r\n1\r\n\r\n"}]'
SELECT try('SELECT concat(count(*), '' '', string_agg(quote_nullable(id), '','')) FROM single') FROM generate_series(1, 4);
\! $DATACONNECT_SANDBOX_CTL fault '[{"body": "a,b\r\n1,2\r\n\r\n3,4\r\n"}, {"body": "a,b\r\n1,2\r\n3"}, {"body": "a,b,a"}, {"body": "Service is busy."}]'
SELECT try('SELECT count(*) FROM pair') FROM generate_series(1, 4);

-- a message of its own for markup
\! $DATACONNECT_SANDBOX_CTL fault '[{"body": "<html>\n<title>\nLog in\n</title>\n</html>\n", "content_type": "text/html"}, {"body": "<Table />", "content_type": "text/csv"}, {"body": "<Table><Record><a>1</a></Record></Table>"}]'
SELECT try('SELECT count(*) FROM pair') FROM generate_series(1, 3);
-- a header that looks like markup
CREATE FOREIGN TABLE odd (few integer OPTIONS (name '<5'), many integer OPTIONS (name '5-10')) SERVER sandbox OPTIONS (endpoint '/test/odd', format 'csv');
\! $DATACONNECT_SANDBOX_CTL fault '{"body": "<5,5-10\r\n1,2"}'
SELECT * FROM odd;

-- cut short
\! $DATACONNECT_SANDBOX_CTL fault '[{"body": "a,b\r\n1,2\r\n3,4\r"}, {"body": "a,b\r\n1,2\r\n3,\"4\r\n"}, {"body": "a,\"b"}, {"body": "a,b\r\n1,2\r\n3,4\r\n", "cut": {"after": 10, "how": "short_length"}}]'
SELECT regexp_replace(try('SELECT count(*) FROM pair'), 'the body: .*', 'the body: …', 'n') FROM generate_series(1, 4);

--
-- XML
--
ALTER FOREIGN TABLE typed OPTIONS (SET format 'xml');
ALTER FOREIGN TABLE pair OPTIONS (SET format 'xml');

-- every type from its text; absent, empty, and the text null
\! $DATACONNECT_SANDBOX_CTL fault '{"body": "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Table>\n  <Record>\n    <Text>x</Text><Int>-12</Int><Money>14.5000</Money><Real>1e3</Real><Bool>True</Bool><Day>2026-03-01</Day><Stamp>2026-03-01T12:18:08.723</Stamp><Zoned>2026-03-01T12:18:08.7Z</Zoned><Uuid>A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11</Uuid><Bytes>AQID</Bytes><Json>12</Json>\n  </Record>\n  <Record><Text/><Int/><Money/><Real/><Bool/><Day/><Stamp/><Zoned/><Uuid/><Bytes/><Json/></Record>\n  <Record/>\n  <Record><Text>null</Text><Int>null</Int><Money>null</Money><Real>null</Real><Bool>null</Bool><Day>null</Day><Stamp>null</Stamp><Zoned>null</Zoned><Uuid>null</Uuid><Bytes>null</Bytes><Json>null</Json></Record>\n  <Record><Bool>0</Bool><Json>say &quot;é&quot;&#9;\\</Json></Record>\n</Table>\n"}'
SELECT * FROM typed;

-- absent is NULL; empty is not, except by null_strings or xsi:nil
\! $DATACONNECT_SANDBOX_CTL fault '{"count": 2, "body": "<Table xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><Record><b/></Record><Record><a></a><b> </b></Record><Record><a>null</a></Record><Record><a xsi:nil=\"true\"/><b xsi:nil=\"false\"/></Record><Record><a i:nil=\"1\" xmlns:i=\"http://www.w3.org/2001/XMLSchema-instance\"/><b i:other=\"true\" xmlns:i=\"urn:x\"/></Record><Record><a xsi:nil=\"true\">x</a><b nil=\"true\"/></Record></Table>"}'
SELECT a IS NULL, b IS NULL, a, b FROM pair;
ALTER FOREIGN TABLE pair OPTIONS (ADD null_strings 'null,""');
SELECT a IS NULL, b IS NULL, a, b FROM pair;
ALTER FOREIGN TABLE pair OPTIONS (DROP null_strings);

-- all ways to write a text; line ends as XML has them; a byte order mark
\! $DATACONNECT_SANDBOX_CTL fault '{"bom": true, "body": "<Table><Record><a>&lt;&amp;&gt;&quot;&apos;&#233;&#x6771;</a><b><![CDATA[<x>&amp;]]]]><![CDATA[>]]></b></Record><Record><a>東<!-- x -->京<?x y?> 😀</a><b>\r\n\r\n&#13;&#10;</b></Record></Table>\n<!-- the end -->\n"}'
SELECT quote_nullable(a), quote_nullable(b) FROM pair;

-- names as .NET writes them; decoded once, and only if they are valid
CREATE FOREIGN TABLE named ("ID #" text, "State / Prov" text, "_x0041_" text, "1st" text, "😀" text, "x_" text) SERVER sandbox OPTIONS (endpoint '/test/named', format 'xml');
\! $DATACONNECT_SANDBOX_CTL fault '{"body": "<Table><Record><ID_x0020__x0023_>1</ID_x0020__x0023_><State_X0020__x002f__x0020_Prov>2</State_X0020__x002f__x0020_Prov><_x005F_x0041_>3</_x005F_x0041_><_x0031_st>4</_x0031_st><_xD83D__xDE00_>5</_xD83D__xDE00_><x_>6</x_></Record><Record><_x0001F600_>7</_x0001F600_><A>8</A><_xD83D_>9</_xD83D_></Record></Table>"}'
SELECT * FROM named;

-- the last of repeated elements counts; other elements are ignored, and so is the schema, wherever it is
\! $DATACONNECT_SANDBOX_CTL fault '[{"body": "<Table><Record><a>1</a><A>2</A><b>3</b><a>4</a></Record></Table>"}, {"body": "<Table><Schema><a>0</a></Schema><Record><a>1</a></Record><Schema/><Record><b x=\"y\">2</b></Record><Schema><Column_Name>a</Column_Name></Schema></Table>"}]'
SELECT * FROM pair;
SELECT * FROM pair;

-- no records
\! $DATACONNECT_SANDBOX_CTL fault '[{"body": "<Table></Table>"}, {"body": "<Table/>"}, {"body": "<Table><Schema><Column_Name>a</Column_Name></Schema></Table>"}]'
SELECT count(*) FROM pair;
SELECT count(*) FROM pair;
SELECT count(*) FROM pair;

-- all records have the first one's name; a mixture is an error
\! $DATACONNECT_SANDBOX_CTL fault '[{"body": "<Table><Records><a>1</a></Records><Records><b>2</b></Records></Table>"}, {"body": "<Table><Schema><a>0</a></Schema><Table1/><Table1><a>1</a></Table1><Schema/></Table>"}, {"body": "<Table><Row_x0020_1><a>1</a></Row_x0020_1></Table>"}, {"body": "<Table><Record/><Record/></Table>"}, {"body": "<Table><Records><b>1</b><Records>2</Records></Records></Table>"}]'
SELECT * FROM pair;
SELECT * FROM pair;
SELECT * FROM pair;
SELECT count(*) FROM pair;
SELECT * FROM pair;
\! $DATACONNECT_SANDBOX_CTL fault '[{"body": "<Table><Record><a>1</a></Record><Records><a>2</a></Records></Table>"}, {"body": "<Table><Record><a>1</a></Record><record><a>2</a></record></Table>"}, {"body": "<Table><a/><b/></Table>"}, {"body": "<Table><a/></Table>"}, {"body": "<Table><Id>1</Id></Table>"}, {"body": "<Table><Error><Message>no</Message></Error></Table>"}]'
SELECT try('SELECT count(*) FROM pair') FROM generate_series(1, 6);
\! (printf '<Table><'; printf 'x%.0s' $(seq 128); printf '/></Table>') | $DATACONNECT_SANDBOX_CTL document '/test/pair?Response=Xml' @/dev/stdin
SELECT split_part(try('SELECT count(*) FROM pair'), ' The reply', 1);

-- a declaration of UTF-16 before UTF-8 is ignored
\! $DATACONNECT_SANDBOX_CTL fault '[{"body": "<?xml version=\"1.0\" encoding=\"utf-16\"?>\r\n<Table>\r\n<Record><a>é 東京 😀</a></Record></Table>"}, {"bom": true, "body": "<?xml version=\"1.0\" encoding=\"UTF-16\" standalone=\"yes\"?><Table />", "content_type": "text/xml; charset=utf-16"}]'
SELECT * FROM pair;
SELECT * FROM pair;

-- a first record with none of the table's columns is refused; a later one is not
\! $DATACONNECT_SANDBOX_CTL fault '[{"body": "<Table><Record><A>1</A><q_x0020__x0022_>2</q_x0020__x0022_></Record></Table>"}, {"body": "<Table><Record/></Table>"}, {"body": "<Table><Record><a>1</a></Record><Record><A>2</A></Record></Table>"}]'
SELECT try('SELECT count(*) FROM pair');
SELECT try('SELECT count(*) FROM pair');
SELECT * FROM pair;

-- values that do not fit
\! $DATACONNECT_SANDBOX_CTL fault '{"body": "<Table><Record><Int>1</Int></Record><Record><Int>2<!-- -->,5</Int></Record></Table>"}'
SELECT try('SELECT sum("Int") FROM typed');

-- no document type, hence no entities
\! $DATACONNECT_SANDBOX_CTL fault '[{"body": "<!DOCTYPE Table><Table><Record><a>1</a></Record></Table>"}, {"body": "<?xml version=\"1.0\"?><!DOCTYPE Table [<!ENTITY e \"x\"><!ENTITY f SYSTEM \"file:///etc/passwd\">]><Table><Record><a>&e;&f;</a></Record></Table>"}, {"body": "<!DOCTYPE html><html><title>Log in</title></html>", "content_type": "text/html"}, {"body": "<Table><Record><a>&e;</a></Record></Table>"}]'
SELECT try('SELECT count(*) FROM pair') FROM generate_series(1, 4);

-- UTF-8 and nothing else
\! $DATACONNECT_SANDBOX_CTL fault '[{"body": "<?xml version=\"1.0\" encoding=\"iso-8859-1\"?><Table><Record><a>1</a></Record></Table>"}, {"body": {"base64": "//48AFQAYQBiAGwAZQAvAD4A"}}, {"body": {"base64": "PABUAGEAYgBsAGUALwA+AA=="}}, {"body": {"base64": "PFRhYmxlPjxSZWNvcmQ+PGE+/zwvYT48L1JlY29yZD48L1RhYmxlPg=="}}]'
SELECT try('SELECT count(*) FROM pair') FROM generate_series(1, 4);

-- XML of another shape
\! $DATACONNECT_SANDBOX_CTL fault '[{"body": "<html><title>Log in</title></html>", "content_type": "text/html"}, {"body": "<Table><Row><a>1</a></Row></Table>"}, {"body": "<Table><Record><a>1<b>2</b></a></Record></Table>"}, {"body": "<Table><Record><a>1</a></Record><Record>2</Record></Table>"}, {"body": "<Table>Error</Table>"}, {"body": "<Table><Schema><a><b/></a></Schema></Table>"}]'
SELECT try('SELECT count(*) FROM pair') FROM generate_series(1, 6);

-- not XML
\! $DATACONNECT_SANDBOX_CTL fault '[{"body": "[{\"a\":1,\"b\":2}]", "content_type": "application/json"}, {"body": "<Table><Record><a>1</b></Record></Table>"}, {"body": "<Table><Record><a>1</a></Record></Table>x"}, {"body": "<Table><Record><a>1</a></Record></Table><Table/>"}, {"body": "<Table><Record><a>\u0001</a></Record></Table>"}]'
SELECT try('SELECT count(*) FROM pair') FROM generate_series(1, 5);

-- cut short
\! $DATACONNECT_SANDBOX_CTL fault '[{"body": "<Table><Record><a>1</a></Record><Record><a>2</a></Record>"}, {"body": "<Table><Record><a>1</a></Record><Record><a>2"}, {"body": "<Table><Record><a>1</a></Record></Table"}, {"body": "<?xml version=\"1.0\"?>"}]'
SELECT try('SELECT count(*) FROM pair') FROM generate_series(1, 4);

-- a record may be large, up to max_record_size; a longer one is not read to its end
\! (printf '<Table><Record><a>'; printf '%0300000d' 0; printf '</a></Record></Table>') | $DATACONNECT_SANDBOX_CTL document '/test/pair?Response=Xml' @/dev/stdin
\! (printf 'a,b\r\n'; printf '%0300000d' 0; printf ',x\r\n') | $DATACONNECT_SANDBOX_CTL document '/test/pair?Response=Csv' @/dev/stdin
SELECT try('SELECT length(a) FROM pair');
ALTER SERVER sandbox OPTIONS (ADD max_record_size '200kB');
SELECT try('SELECT length(a) FROM pair');
\! (printf '<Table><Record><a>'; printf '%0300000d' 0) | $DATACONNECT_SANDBOX_CTL document '/test/pair?Response=Xml' @/dev/stdin
SELECT try('SELECT length(a) FROM pair');
ALTER FOREIGN TABLE pair OPTIONS (SET format 'csv');
SELECT try('SELECT length(a) FROM pair');
ALTER SERVER sandbox OPTIONS (DROP max_record_size);
SELECT try('SELECT length(a) FROM pair');
ALTER FOREIGN TABLE pair OPTIONS (SET format 'xml');

-- what expat keeps in memory is limited, too
\! (printf '<Table><Record><a>1</a><!--'; printf '%0200000d' 0; printf '%s' '--></Record></Table>') | $DATACONNECT_SANDBOX_CTL document '/test/pair?Response=Xml' @/dev/stdin
SELECT regexp_replace(split_part(try('SELECT count(*) FROM pair'), ' The reply', 1), 'byte \d{3,}', 'byte N');
\! (printf '<Table><Record><a>1</a>'; seq -f '<x%.0f/>' 1 80000; printf '</Record></Table>') | $DATACONNECT_SANDBOX_CTL document '/test/pair?Response=Xml' @/dev/stdin
SELECT regexp_replace(split_part(try('SELECT count(*) FROM pair'), ' The reply', 1), 'byte \d{3,}', 'byte N');
\! (printf '<Table>'; for i in $(seq 40); do printf '<Record><a>%d</a><!--%050000d--></Record>' $i 0; done; printf '</Table>') | $DATACONNECT_SANDBOX_CTL document '/test/pair?Response=Xml' @/dev/stdin
SELECT try('SELECT (count(*), sum(a::integer)) FROM pair');

-- after all this, a valid reply works
\! $DATACONNECT_SANDBOX_CTL document '/test/pair?Response=Xml' '<Table><Record><a>1</a></Record></Table>'
SELECT * FROM pair;

DROP FUNCTION try;
SET client_min_messages = warning;
DROP SERVER sandbox CASCADE;
