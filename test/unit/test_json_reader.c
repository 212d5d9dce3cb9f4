/*
 * test_json_reader.c
 *	  Documents with their expected results, each read in every way.
 */
#include "json_check.h"

#define COUNT(array) ((int) (sizeof(array) / sizeof((array)[0])))

static const DcfKey keys[] = {{"a", 1},	   {"b", 1},
							  {"ID #", 4}, {"na\xC3\xAFve", 6},
							  {"", 0},	   {"q\"\\", 3}};

static const DcfJsonConfig array_config = {NULL, keys, COUNT(keys), 0};
static const DcfJsonConfig member_config = {"Records", keys, COUNT(keys), 0};
static const DcfJsonConfig no_keys_config = {NULL, NULL, 0, 0};

/* A document, its length, and the expected result. */
typedef struct Good
{
	const char *doc;
	const char *values; /* a;b;ID #;naive;;q"\ of each record */
} Good;

static const Good good_arrays[] = {
	{"[]", ""},
	{" [ ] \r\n\t", ""},
	{"\xEF\xBB\xBF[]", ""},
	{"\xEF\xBB\xBF [{}]", "-;-;-;-;-;-\n"},
	{"[{},{}]", "-;-;-;-;-;-\n-;-;-;-;-;-\n"},
	{"[ { } , { } ]", "-;-;-;-;-;-\n-;-;-;-;-;-\n"},
	{"[{\"a\":1}]", "1;-;-;-;-;-\n"},
	{"[ { \"a\" : 1 , \"b\" : 2 } ]", "1;2;-;-;-;-\n"},
	{"[{\"b\":2,\"a\":1}]", "1;2;-;-;-;-\n"},
	{"[{\"x\":0,\"b\":2,\"y\":0,\"a\":1,\"z\":0}]", "1;2;-;-;-;-\n"},
	{"[{\"a\":null,\"b\":true,\"ID #\":false}]", "null;true;false;-;-;-\n"},

	/* Keys: all kinds, order changing, the last of duplicates, escapes. */
	{"[{\"ID #\":1,\"na\xC3\xAFve\":2,\"\":3,\"q\\\"\\\\\":4}]",
	 "-;-;1;2;3;4\n"},
	{"[{\"a\":1,\"b\":2},{\"b\":3,\"a\":4},{\"a\":5,\"b\":6}]",
	 "1;2;-;-;-;-\n4;3;-;-;-;-\n5;6;-;-;-;-\n"},
	{"[{\"a\":1},{\"b\":2},{}]", "1;-;-;-;-;-\n-;2;-;-;-;-\n-;-;-;-;-;-\n"},
	{"[{\"a\":1,\"a\":2}]", "2;-;-;-;-;-\n"},
	{"[{\"a\":\"x\",\"b\":0,\"\\u0061\":[\"y\"]}]", "[\"y\"];0;-;-;-;-\n"},
	{"[{\"\\u0061\":1,\"\\u0062\":2}]", "1;2;-;-;-;-\n"},
	{"[{\"na\\u00EFve\":1,\"\\u0049D\\u0020#\":2,\"q\\u0022\\u005c\":3}]",
	 "-;-;2;1;-;3\n"},
	{"[{\"A\":1,\"aa\":2,\"ab\":3,\"ID\":4,\"ID #x\":5,\"\\\\\":6}]",
	 "-;-;-;-;-;-\n"},
	{"[{\"a\":1,\"b\":2,\"\\u0049D\":3,\"\\u0049D #x\":4}]", "1;2;-;-;-;-\n"},
	{"[{\"\\u0061a\":1,\"\\n\":2,\"a\\u0001\":3}]", "-;-;-;-;-;-\n"},

	/* Strings. */
	{"[{\"a\":\"\",\"b\":\" \"}]", "'';' ';-;-;-;-\n"},
	{"[{\"a\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"}]",
	 "'\"\\/\b\f\n\r\t';-;-;-;-;-\n"},
	{"[{\"a\":\"\\\\\",\"b\":\"\\\\\\\"\"}]", "'\\';'\\\"';-;-;-;-\n"},
	{"[{\"a\":\"\\u0001\\u007F\\u0080\\u07ff\\u0800\\uFFFF\"}]",
	 "'\x01\x7F\xC2\x80\xDF\xBF\xE0\xA0\x80\xEF\xBF\xBF';-;-;-;-;-\n"},
	{"[{\"a\":\"\\ud800\\udc00\\uDBFF\\uDFFF\"}]",
	 "'\xF0\x90\x80\x80\xF4\x8F\xBF\xBF';-;-;-;-;-\n"},
	{"[{\"a\":\"\\uD7FF\\uE000\\uDa00\\uDe00\"}]",
	 "'\xED\x9F\xBF\xEE\x80\x80\xF2\x90\x88\x80';-;-;-;-;-\n"},
	{"[{\"a\":\"\x7F\xC2\x80\xDF\xBF\xE0\xA0\x80\xED\x9F\xBF\xEE\x80\x80"
	 "\xEF\xBF\xBF\xF0\x90\x80\x80\xF4\x8F\xBF\xBF\"}]",
	 "'\x7F\xC2\x80\xDF\xBF\xE0\xA0\x80\xED\x9F\xBF\xEE\x80\x80"
	 "\xEF\xBF\xBF\xF0\x90\x80\x80\xF4\x8F\xBF\xBF';-;-;-;-;-\n"},
	{"[{\"a\":\"]}{[,:\",\"b\":\"\xEF\xBB\xBF\"}]",
	 "']}{[,:';'\xEF\xBB\xBF';-;-;-;-\n"},
	{"[{\"a\":\"0123456\\n9012345\\\"8901234\xC3\xA4 plain again, and long\"}]",
	 "'0123456\n9012345\"8901234\xC3\xA4 plain again, and long';-;-;-;-;-\n"},

	/* Numbers. */
	{"[{\"a\":0,\"b\":-0}]", "0;0;-;-;-;-\n"},
	{"[{\"a\":0.0,\"b\":-12.50}]", "0.0;-12.5;-;-;-;-\n"},
	{"[{\"a\":1e2,\"b\":1E+2,\"\":1e-2}]", "100.0;100.0;-;-;0.01;-\n"},
	{"[{\"a\":0e0,\"b\":10203040506}]", "0.0;10203040506;-;-;-;-\n"},
	{"[{\"a\":9223372036854775807,\"b\":-9223372036854775808}]",
	 "9223372036854775807;-9223372036854775808;-;-;-;-\n"},
	{"[{\"a\":9223372036854775808,\"b\":-1e999}]",
	 "beyond jansson;beyond jansson;-;-;-;-\n"},

	/* Fields that are containers, with look-alikes of keys inside. */
	{"[{\"a\":[],\"b\":{}}]", "[];{};-;-;-;-\n"},
	{"[{\"a\":[1,{\"a\":\"]\"},[[]]],\"b\":{\"b\":{\"a\":[true]}}}]",
	 "[1,{\"a\":\"]\"},[[]]];{\"b\":{\"a\":[true]}};-;-;-;-\n"},
	{"[{\"x\":{\"a\":1,\"b\":[2]},\"b\":3}]", "-;3;-;-;-;-\n"},
	{"[{\"a\": [ 1 , 2 ] , \"b\": { \"c\" : null } }]",
	 "[1,2];{\"c\":null};-;-;-;-\n"},
};

/* One object is the only record. */
static const Good good_objects[] = {
	{"{}", "-;-;-;-;-;-\n"},
	{"\xEF\xBB\xBF\r\n{ } \n", "-;-;-;-;-;-\n"},
	{"{\"a\":1}", "1;-;-;-;-;-\n"},
	{" { \"x\" : [ { } ] , \"b\" : \"y\\n\" , \"a\" : null } \t",
	 "null;'y\n';-;-;-;-\n"},
	{"{\"a\":1,\"b\":2,\"a\":{\"Error\":true,\"Records\":[]}}",
	 "{\"Error\":true,\"Records\":[]};2;-;-;-;-\n"},
	{"{\"a\":[true,[{\"Error\":true}]],\"ID #\":false}",
	 "[true,[{\"Error\":true}]];-;false;-;-;-\n"},
	{"{\"Error\":\"true\",\"a\":1}", "1;-;-;-;-;-\n"},
	{"{\"Error\":null,\"Records\":{\"Schema\":[]},\"Schema\":0,\"a\":1}",
	 "1;-;-;-;-;-\n"},
	{"{\"error\":true,\"Errors\":true,\"records\":[],\"a\":1}",
	 "1;-;-;-;-;-\n"},
	{"{\"a\":true,\"Error\":0,\"b\":[]}", "true;[];-;-;-;-\n"},
};

static const Good good_members[] = {
	{"{\"Records\":[]}", ""},
	{"\xEF\xBB\xBF { \"Records\" : [ ] } ", ""},
	{"{\"Records\":[{\"a\":1}],\"Schema\":[{\"a\":2},[{\"Records\":[]}],3]}",
	 "1;-;-;-;-;-\n"},
	{"{\"a\":7,\"x\":{\"Records\":5},\"Records\":[{\"b\":[1]},{\"a\":2}]}",
	 "-;[1];-;-;-;-\n2;-;-;-;-;-\n"},
	{"{\"\\u0052ecords\":[{\"Records\":1,\"a\":2}]}", "2;-;-;-;-;-\n"},
	{"{\"records\":1,\"Record\":\"Records\",\"\":[[]],\"RecordsX\":null,"
	 "\"Records\":[{}],\"Z\\n\":-1.5e3,\"y\":true}",
	 "-;-;-;-;-;-\n"},
};

/* A document that is refused: why, where, and after how many records. */
typedef struct Bad
{
	const char *doc;
	size_t len;
	DcfReadErrorCode code;
	unsigned offset;
	unsigned record;
} Bad;

#define BAD(text, code, offset, record)                           \
	{                                                             \
		text, sizeof(text) - 1, DCF_READ_E_##code, offset, record \
	}

static const Bad bad_arrays[] = {
	/* A record's beginning within a record, after it was seen before one. */
	BAD("[{},{\"a\":1},{\"a\":1{\"a\":2}]", SYNTAX, 18, 2),
	BAD("[{},{\"a\":1,\"b\":2},{\"b\":1},{\"a\":1{\"b\":2}]", SYNTAX, 32, 3),
	BAD("[{},{\"a\":1,\"b\":2},{\"a\":1,{\"a\":2}]", SYNTAX, 25, 2),
	BAD("[{},{\"a\":1,\"b\":2},{,\"b\":2}]", SYNTAX, 19, 2),
	/* Cut short. */
	BAD("", CUT, 0, 0),
	BAD(" \r\n", CUT, 3, 0),
	BAD("\xEF\xBB", CUT, 2, 0),
	BAD("\xEF\xBB\xBF", CUT, 3, 0),
	BAD("[", CUT, 1, 0),
	BAD("[{}", CUT, 3, 1),
	BAD("[{},", CUT, 4, 1),
	BAD("[{\"a\":1", CUT, 7, 0),

	/* An object that is no record. */
	BAD(" {\"Records\":[]}", SHAPE, 12, 0),
	BAD("{\"a\":1,\"\\u0052ecords\" : [", SHAPE, 24, 0),
	BAD("{\"Schema\":[],\"a\":1}", SHAPE, 10, 0),
	BAD("{\"Error\":true,\"Message\":\"a\"}", SHAPE, 12, 0),
	BAD("{\"a\":1,\"\\u0045rror\": true}", SHAPE, 24, 0),
	BAD("{\"Error\":false,\"Message\":\"a\"}", SHAPE, 13, 0),
	BAD("{\"Error\":1,\"Error\":false}", SHAPE, 23, 0),
	BAD("{\"a\":1", CUT, 6, 0),
	BAD("{\"a\":1,", CUT, 7, 0),
	BAD("{\"a\":1]", SYNTAX, 6, 0),
	BAD("{\"a\"}", SYNTAX, 4, 0),
	BAD("{\"a\":1,}", SYNTAX, 7, 0),
	BAD("{,}", SYNTAX, 1, 0),
	BAD("{\"a\":\"\xC3\"}", UTF8, 7, 0),
	BAD("{\"a\":1}{", TRAILING, 7, 1),
	BAD("{\"a\":1} ]", TRAILING, 8, 1),
	BAD("{\"a\":1},{\"a\":2}", TRAILING, 7, 1),
	BAD("{}\0", TRAILING, 2, 1),

	/* Not records. */
	BAD("\"x\"", SHAPE, 0, 0),
	BAD("12", SHAPE, 0, 0),
	BAD("-1", SHAPE, 0, 0),
	BAD("null", SHAPE, 0, 0),
	BAD("true", SHAPE, 0, 0),
	BAD("<!DOCTYPE html>", SHAPE, 0, 0),
	BAD("\xEF\xBB\xBF <r/>", SHAPE, 4, 0),
	BAD("[1]", SHAPE, 1, 0),
	BAD("[null]", SHAPE, 1, 0),
	BAD("[\"\"]", SHAPE, 1, 0),
	BAD("[[]]", SHAPE, 1, 0),
	BAD("[[{}]]", SHAPE, 1, 0),
	BAD("[{}, 1]", SHAPE, 5, 1),
	BAD("[{},false]", SHAPE, 4, 1),

	/* Not JSON: around the records. */
	BAD("x", SYNTAX, 0, 0),
	BAD("]", SYNTAX, 0, 0),
	BAD("\0", SYNTAX, 0, 0),
	BAD("\v[]", SYNTAX, 0, 0),
	BAD("\xC2\xA0[]", SYNTAX, 0, 0),
	BAD("\xEF\xBB[]", SYNTAX, 2, 0),
	BAD("\xEF\xBB\xBF\xEF\xBB\xBF[]", SYNTAX, 3, 0),
	BAD(" \xEF\xBB\xBF[]", SYNTAX, 1, 0),
	BAD("\xFF\xFE[\0]\0", SYNTAX, 0, 0),
	BAD("[,]", SYNTAX, 1, 0),
	BAD("[{},]", SYNTAX, 4, 1),
	BAD("[{}}", SYNTAX, 3, 1),
	BAD("[}", SYNTAX, 1, 0),
	BAD("[{}{}]", SYNTAX, 3, 1),
	BAD("[{} null]", SYNTAX, 4, 1),
	BAD("[<]", SYNTAX, 1, 0),
	BAD("[{}\0]", SYNTAX, 3, 1),

	/* Inside a record. */
	BAD("[{]", SYNTAX, 2, 0),
	BAD("[{,}]", SYNTAX, 2, 0),
	BAD("[{a:1}]", SYNTAX, 2, 0),
	BAD("[{'a':1}]", SYNTAX, 2, 0),
	BAD("[{1:1}]", SYNTAX, 2, 0),
	BAD("[{\"a\"}]", SYNTAX, 5, 0),
	BAD("[{\"a\" 1}]", SYNTAX, 6, 0),
	BAD("[{\"a\",1}]", SYNTAX, 5, 0),
	BAD("[{\"a\":}]", SYNTAX, 6, 0),
	BAD("[{\"a\":,}]", SYNTAX, 6, 0),
	BAD("[{\"a\":1,}]", SYNTAX, 8, 0),
	BAD("[{\"a\":1 \"b\":2}]", SYNTAX, 8, 0),
	BAD("[{\"a\":1;\"b\":2}]", SYNTAX, 7, 0),
	BAD("[{\"a\":1]", SYNTAX, 7, 0),
	BAD("[{\"a\"::1}]", SYNTAX, 6, 0),
	BAD("[{\"a\":[1}]", SYNTAX, 8, 0),
	BAD("[{\"a\":[1,]}]", SYNTAX, 9, 0),
	BAD("[{\"a\":[,1]}]", SYNTAX, 7, 0),
	BAD("[{\"a\":{\"b\":1]}]", SYNTAX, 12, 0),
	BAD("[{\"a\":{\"b\"]}]", SYNTAX, 10, 0),
	BAD("[{\"a\":/**/1}]", SYNTAX, 6, 0),
	BAD("[{\"a\":\xC3\xA4}]", SYNTAX, 6, 0),

	/* Words. */
	BAD("[{\"a\":nul}]", SYNTAX, 9, 0),
	BAD("[{\"a\":nulL}]", SYNTAX, 9, 0),
	BAD("[{\"a\":nullx}]", SYNTAX, 10, 0),
	BAD("[{\"a\":tru3}]", SYNTAX, 9, 0),
	BAD("[{\"a\":fals\"\"}]", SYNTAX, 10, 0),
	BAD("[{\"a\":True}]", SYNTAX, 6, 0),
	BAD("[{\"a\":NaN}]", SYNTAX, 6, 0),
	BAD("[{\"x\":[ture]}]", SYNTAX, 8, 0),

	/* Numbers. */
	BAD("[{\"a\":01}]", SYNTAX, 7, 0),
	BAD("[{\"a\":-01}]", SYNTAX, 8, 0),
	BAD("[{\"a\":00}]", SYNTAX, 7, 0),
	BAD("[{\"a\":+1}]", SYNTAX, 6, 0),
	BAD("[{\"a\":-}]", SYNTAX, 7, 0),
	BAD("[{\"a\":--1}]", SYNTAX, 7, 0),
	BAD("[{\"a\":.5}]", SYNTAX, 6, 0),
	BAD("[{\"a\":1.}]", SYNTAX, 8, 0),
	BAD("[{\"a\":-.5}]", SYNTAX, 7, 0),
	BAD("[{\"a\":1.e5}]", SYNTAX, 8, 0),
	BAD("[{\"a\":1.2.3}]", SYNTAX, 9, 0),
	BAD("[{\"a\":1e}]", SYNTAX, 8, 0),
	BAD("[{\"a\":1e+}]", SYNTAX, 9, 0),
	BAD("[{\"a\":1e5.5}]", SYNTAX, 9, 0),
	BAD("[{\"a\":1e+-5}]", SYNTAX, 9, 0),
	BAD("[{\"a\":1e5e5}]", SYNTAX, 9, 0),
	BAD("[{\"a\":0x1}]", SYNTAX, 7, 0),
	BAD("[{\"a\":1-2}]", SYNTAX, 7, 0),
	BAD("[{\"x\":1,5}]", SYNTAX, 8, 0),
	BAD("[{\"a\":-Infinity}]", SYNTAX, 7, 0),
	BAD("[{\"a\":1\0}]", SYNTAX, 7, 0),

	/* Strings and keys. */
	BAD("[{\"a\":\"\n\"}]", SYNTAX, 7, 0),
	BAD("[{\"a\":\"0123456\t\"}]", SYNTAX, 14, 0),
	BAD("[{\"a\":\"01234567\x1F\"}]", SYNTAX, 15, 0),
	BAD("[{\"a\":\"\0\"}]", SYNTAX, 7, 0),
	BAD("[{\"a\nb\":1}]", SYNTAX, 4, 0),
	BAD("[{\"a\":\"\\x41\"}]", SYNTAX, 8, 0),
	BAD("[{\"a\":\"\\U0041\"}]", SYNTAX, 8, 0),
	BAD("[{\"a\":\"\\'\"}]", SYNTAX, 8, 0),
	BAD("[{\"a\":\"\\\n\"}]", SYNTAX, 8, 0),
	BAD("[{\"a\":\"\\u12G4\"}]", SYNTAX, 11, 0),
	BAD("[{\"a\":\"\\u123\"}]", SYNTAX, 12, 0),
	BAD("[{\"a\":\"\\u\"}]", SYNTAX, 9, 0),
	BAD("[{\"a\":\"\\u 123\"}]", SYNTAX, 9, 0),
	BAD("[{\"a\":\"\\u0000\"}]", SYNTAX, 12, 0),
	BAD("[{\"a\":\"x\\u0000\"}]", SYNTAX, 13, 0),
	BAD("[{\"\\u0000\":1}]", SYNTAX, 8, 0),
	BAD("[{\"a\":{\"\\u0000\":1}}]", SYNTAX, 13, 0),
	BAD("[{\"a\":\"\\ud800\"}]", SYNTAX, 13, 0),
	BAD("[{\"a\":\"\\ud800x\"}]", SYNTAX, 13, 0),
	BAD("[{\"a\":\"\\ud800\\n\"}]", SYNTAX, 14, 0),
	BAD("[{\"a\":\"\\ud800\\u0041\"}]", SYNTAX, 15, 0),
	BAD("[{\"a\":\"\\ud800\\ud7ff\"}]", SYNTAX, 16, 0),
	BAD("[{\"a\":\"\\ud800\\ud800\"}]", SYNTAX, 16, 0),
	BAD("[{\"a\":\"\\ud800\\udbff\"}]", SYNTAX, 16, 0),
	BAD("[{\"a\":\"\\udbff\\ue000\"}]", SYNTAX, 15, 0),
	BAD("[{\"a\":\"\\udc00\"}]", SYNTAX, 10, 0),
	BAD("[{\"a\":\"\\uDFFF\\uD800\"}]", SYNTAX, 10, 0),
	BAD("[{\"a\":\"\\ud800\\udc00\\udc00\"}]", SYNTAX, 22, 0),

	/* UTF-8: stray, overlong, surrogates, too high, cut by what follows. */
	BAD("[{\"a\":\"\x80\"}]", UTF8, 7, 0),
	BAD("[{\"a\":\"0123456\xBF\"}]", UTF8, 14, 0),
	BAD("[{\"a\":\"\xC0\x80\"}]", UTF8, 7, 0),
	BAD("[{\"a\":\"\xC1\xBF\"}]", UTF8, 7, 0),
	BAD("[{\"a\":\"\xC3\"}]", UTF8, 8, 0),
	BAD("[{\"a\":\"\xC3\\n\"}]", UTF8, 8, 0),
	BAD("[{\"a\":\"\xC3\xC3\xA4\"}]", UTF8, 8, 0),
	BAD("[{\"a\":\"\xE0\x9F\xBF\"}]", UTF8, 8, 0),
	BAD("[{\"a\":\"\xE2\x82\"}]", UTF8, 9, 0),
	BAD("[{\"a\":\"\xED\xA0\x80\"}]", UTF8, 8, 0),
	BAD("[{\"a\":\"\xED\xBF\xBF\"}]", UTF8, 8, 0),
	BAD("[{\"a\":\"\xF0\x8F\xBF\xBF\"}]", UTF8, 8, 0),
	BAD("[{\"a\":\"\xF0\x9F\x98\"}]", UTF8, 10, 0),
	BAD("[{\"a\":\"\xF4\x90\x80\x80\"}]", UTF8, 8, 0),
	BAD("[{\"a\":\"\xF5\x80\x80\x80\"}]", UTF8, 7, 0),
	BAD("[{\"a\":\"\xF8\x88\x80\x80\x80\"}]", UTF8, 7, 0),
	BAD("[{\"a\":\"\xFF\"}]", UTF8, 7, 0),
	BAD("[{\"caf\xE9\":1}]", UTF8, 7, 0),
	BAD("[{\"x\":[\"\xE9\"]}]", UTF8, 9, 0),

	/* After the end. */
	BAD("[]]", TRAILING, 2, 0),
	BAD("[] x", TRAILING, 3, 0),
	BAD("[{}],", TRAILING, 4, 1),
	BAD("[{}][]", TRAILING, 4, 1),
	BAD("[]\0", TRAILING, 2, 0),
	BAD("[]\xEF\xBB\xBF", TRAILING, 2, 0),
};

static const Bad bad_members[] = {
	BAD("", CUT, 0, 0),
	BAD("{\"Rec", CUT, 5, 0),
	BAD("{\"Records\":[{}]", CUT, 15, 1),
	BAD("{\"Records\":[{}],\"S\":[", CUT, 21, 1),
	BAD("[]", SHAPE, 0, 0),
	BAD("[{\"Records\":[]}]", SHAPE, 0, 0),
	BAD("\"Records\"", SHAPE, 0, 0),
	BAD("7", SHAPE, 0, 0),
	BAD("false", SHAPE, 0, 0),
	BAD("<Table/>", SHAPE, 0, 0),
	BAD("{}", SHAPE, 1, 0),
	BAD("{\"records\":[]}", SHAPE, 13, 0),
	BAD("{\"x\":{\"Records\":[]}}", SHAPE, 19, 0),
	BAD("{\"Error\":true,\"Message\":\"Records\"}", SHAPE, 33, 0),
	BAD("{\"Records\":{}}", SHAPE, 11, 0),
	BAD("{\"Records\":null}", SHAPE, 11, 0),
	BAD("{\"Records\": \"[]\"}", SHAPE, 12, 0),
	BAD("{\"Records\":[1]}", SHAPE, 12, 0),
	BAD("{\"Records\":[[]]}", SHAPE, 12, 0),
	BAD("{\"Records\":[{}],\"Records\":[]}", SHAPE, 24, 1),
	BAD("{\"Records\":[],\"\\u0052ecords\":0}", SHAPE, 27, 0),
	BAD("{\"Records\":[],}", SYNTAX, 14, 0),
	BAD("{\"x\":01,\"Records\":[]}", SYNTAX, 6, 0),
	BAD("{\"Records\"[]}", SYNTAX, 10, 0),
	BAD("{\"Records\":]}", SYNTAX, 11, 0),
	BAD("{\"Records\":[]]", SYNTAX, 13, 0),
	BAD("{\"Records\":[],\"x\":\"\xC0\"}", UTF8, 19, 0),
	BAD("{\"Records\":[]}{", TRAILING, 14, 0),
};

static void
check_good(const Good *cases, int ncases, const DcfJsonConfig *config)
{
	for (int i = 0; i < ncases; i++)
	{
		const char *doc = cases[i].doc;
		size_t len = strlen(doc);
		Reading reading = read_document(doc, len, config, uncut);

		CHECK(reading.accepted, "%s: refused at %d: %s", shown(doc, len),
			  (int) reading.error.offset, reading.error.reason);
		CHECK(strcmp(reading.values.data, cases[i].values) == 0, "%s: gave %s",
			  shown(doc, len), reading.values.data);
		reading_free(&reading);
		check_document(doc, len, config);
		check_document(doc, len, &no_keys_config);
	}
}

static void
check_bad(const Bad *cases, int ncases, const DcfJsonConfig *config)
{
	for (int i = 0; i < ncases; i++)
	{
		const Bad *bad = &cases[i];
		Reading reading = read_document(bad->doc, bad->len, config, uncut);
		const DcfReadError *error = &reading.error;

		CHECK(error->code == bad->code && error->offset == bad->offset &&
				  error->record == bad->record,
			  "%s: error %d at %d after %d records: %s",
			  shown(bad->doc, bad->len), error->code, (int) error->offset,
			  (int) error->record, error->reason);
		reading_free(&reading);
		check_document(bad->doc, bad->len, config);
	}
}

static void
good_documents(void)
{
	check_good(good_arrays, COUNT(good_arrays), &array_config);
	check_good(good_objects, COUNT(good_objects), &array_config);
	check_good(good_members, COUNT(good_members), &member_config);
}

static void
bad_documents(void)
{
	check_bad(bad_arrays, COUNT(bad_arrays), &array_config);
	check_bad(bad_members, COUNT(bad_members), &member_config);
}

/* The reason says what was expected and what was found. */
static void
reasons(void)
{
	static const struct
	{
		const char *doc;
		const char *member;
		const char *reason;
	} cases[] = {
		{"{\"Records\":[]}", NULL,
		 "expected an array of records, found an object that holds them"},
		{"{\"Error\":true}", NULL,
		 "expected an array of records, found an error"},
		{"{\"Error\":false}", NULL,
		 "expected an array of records, found a message"},
		{"\"", NULL, "expected an array of records, found a string"},
		{"-", NULL, "expected an array of records, found a number"},
		{"5", NULL, "expected an array of records, found a number"},
		{"n", NULL, "expected an array of records, found a bare word"},
		{"<", NULL, "expected an array of records, found markup"},
		{"[", "R",
		 "expected an object that holds the records, found an array"},
		{"\"", "R",
		 "expected an object that holds the records, found a string"},
		{"0", "R",
		 "expected an object that holds the records, found a number"},
		{"t", "R",
		 "expected an object that holds the records, found a bare word"},
		{"<", "R", "expected an object that holds the records, found markup"},
		{"{}", "R", "the member that holds the records is missing"},
		{"{\"R\":1}", "R",
		 "the member that holds the records is not an array"},
		{"{\"R\":[],\"R\"", "R",
		 "the member that holds the records is given twice"},
		{"[3", NULL, "a record is not an object"},
		{" ", NULL, "input is empty"},
		{"[", NULL, "input ended before its last closing bracket"},
		{"[{", NULL, "input ended inside a record"},
		{"{", NULL, "input ended inside a record"},
	};

	for (int i = 0; i < COUNT(cases); i++)
	{
		DcfJsonConfig config = {cases[i].member, NULL, 0, 0};
		Reading reading =
			read_document(cases[i].doc, strlen(cases[i].doc), &config, uncut);

		CHECK(reading.error.reason != NULL &&
				  strcmp(reading.error.reason, cases[i].reason) == 0,
			  "%s: %s", cases[i].doc, reading.error.reason);
		reading_free(&reading);
	}
}

/* A table may have a column "Error", the name of the error member. */
static void
error_column(void)
{
	static const DcfKey error_key[] = {{"Error", 5}};
	static const DcfJsonConfig config = {NULL, error_key, 1, 0};
	static const Good good[] = {{"{\"Error\":false,\"a\":1}", "false\n"},
								{"{\"Error\":\"none\"}", "'none'\n"},
								{"[{\"Error\":true}]", "true\n"}};
	static const Bad wrong[] = {BAD("{\"a\":1,\"Error\":true}", SHAPE, 18, 0)};

	check_good(good, COUNT(good), &config);
	check_bad(wrong, COUNT(wrong), &config);
}

/* Numbers and containers are returned as written. */
static void
spans(void)
{
	static const char doc[] =
		"[{\"a\":-0.50E+01 ,\"b\":{ \"x\" :\t1.0 },\"ID #\":12345678901234567890"
		"1234567890,\"\":[ ],\"q\\\"\\\\\":\"a\\u0041\"}]";
	static const char *const texts[] = {"-0.50E+01",
										"{ \"x\" :\t1.0 }",
										"123456789012345678901234567890",
										"",
										"[ ]",
										"a\\u0041"};
	static const DcfFieldKind kinds[] = {DCF_FIELD_NUMBER, DCF_FIELD_OBJECT,
										 DCF_FIELD_NUMBER, DCF_FIELD_ABSENT,
										 DCF_FIELD_ARRAY,  DCF_FIELD_STRING};
	void *memory = malloc(dcf_json_size(&array_config));
	DcfJsonReader *reader = dcf_json_init(memory, &array_config);
	size_t consumed;

	CHECK(dcf_json_next(reader, doc, sizeof(doc) - 1, &consumed) ==
			  DCF_READ_RECORD,
		  "a record");
	CHECK(consumed == sizeof(doc) - 2, "consumed %zu", consumed);
	CHECK(dcf_json_matched(reader) == 5, "matched %d",
		  dcf_json_matched(reader));
	for (int i = 0; i < COUNT(texts); i++)
	{
		const DcfField *field = &dcf_json_fields(reader)[i];

		CHECK(field->kind == kinds[i] && field->len == strlen(texts[i]) &&
				  (field->len == 0 ||
				   memcmp(field->data, texts[i], field->len) == 0),
			  "field %d: kind %d, %.*s", i, field->kind, (int) field->len,
			  field->len ? field->data : "");
		CHECK(field->escaped == (i == 5), "field %d: escaped", i);
	}
	free(memory);
}

/* A call without new bytes changes nothing; an error remains. */
static void
calls(void)
{
	void *memory = malloc(dcf_json_size(&array_config));
	DcfJsonReader *reader = dcf_json_init(memory, &array_config);
	size_t consumed = 99;

	CHECK(dcf_json_next(reader, NULL, 0, &consumed) == DCF_READ_MORE &&
			  consumed == 0,
		  "nothing at first");
	CHECK(dcf_json_next(reader, "[ {\"a\"", 6, &consumed) == DCF_READ_MORE &&
			  consumed == 2,
		  "the record is kept: %zu", consumed);
	CHECK(dcf_json_next(reader, "{\"a\"", 4, &consumed) == DCF_READ_MORE &&
			  consumed == 0,
		  "nothing new");
	CHECK(dcf_json_next(reader, "{\"a\":}", 6, &consumed) == DCF_READ_WRONG,
		  "an error");
	CHECK(dcf_json_next(reader, "{\"a\":1}", 7, &consumed) == DCF_READ_WRONG,
		  "still an error");
	CHECK(!dcf_json_finish(reader), "an error at the end");
	CHECK(dcf_json_error(reader)->code == DCF_READ_E_SYNTAX &&
			  dcf_json_error(reader)->offset == 7,
		  "the first error counts");

	reader = dcf_json_init(memory, &array_config);
	CHECK(dcf_json_next(reader, "[", 1, &consumed) == DCF_READ_MORE, "more");
	CHECK(!dcf_json_finish(reader), "cut");
	CHECK(dcf_json_next(reader, "]", 1, &consumed) == DCF_READ_WRONG,
		  "nothing comes after the end");
	free(memory);
}

static void
next_key(void)
{
	static const char record[] =
		"{ \"a\" : 1 ,\"\":\"},{\\\"\\\\\",\"b\\n\":[{\"x\":\"]\"},\"y\"] , "
		"\"c\":{\"z\":{}},\"a\":null }";
	static const char *const names[] = {"a", "", "b\\n", "c", "a"};
	DcfField key;
	size_t pos = 0;

	for (int i = 0; i < COUNT(names); i++)
	{
		bool found = dcf_json_next_key(record, sizeof(record) - 1, &pos, &key);

		CHECK(found && key.kind == DCF_FIELD_STRING &&
				  key.len == strlen(names[i]) &&
				  memcmp(key.data, names[i], key.len) == 0 &&
				  key.escaped == (i == 2),
			  "key %d: %.*s", i, found ? (int) key.len : 0,
			  found ? key.data : "");
	}
	CHECK(!dcf_json_next_key(record, sizeof(record) - 1, &pos, &key),
		  "no more");
	CHECK(!dcf_json_next_key(record, sizeof(record) - 1, &pos, &key),
		  "still no more");
	pos = 0;
	CHECK(!dcf_json_next_key("{ }", 3, &pos, &key), "an empty record");
}

/* Even in a malformed span, nothing is read or written beyond it. */
static void
unescape_malformed(void)
{
	static const char *const spans[] =
		{"\\",		"x\\",		 "\\u",			 "\\u12",		   "\\u12G4",
		 "\\ud800", "\\ud800\\", "\\ud800\\u12", "\\ud800\\u0041", "\\udc00",
		 "\\q"};

	for (int i = 0; i < COUNT(spans); i++)
	{
		size_t len = strlen(spans[i]);
		char *src = memcpy(malloc(len), spans[i], len);
		char *dst = malloc(len);

		CHECK(dcf_json_unescape(src, len, dst) <= len, "%s", spans[i]);
		free(src);
		free(dst);
	}
}

int
main(void)
{
	RUN(good_documents);
	RUN(bad_documents);
	RUN(reasons);
	RUN(error_column);
	RUN(spans);
	RUN(calls);
	RUN(next_key);
	RUN(unescape_malformed);
	return check_finish();
}
