/*
 * test_csv_reader.c
 *	  Documents with their expected results, each read in every way.
 */
#include "csv_check.h"

#define COUNT(array) ((int) (sizeof(array) / sizeof((array)[0])))

static const DcfKey keys[] = {{"a", 1},	   {"b", 1},
							  {"ID #", 4}, {"na\xC3\xAFve", 6},
							  {"", 0},	   {"q\"\\", 3}};

static const DcfCsvConfig config = {keys, COUNT(keys), 0};
static const DcfCsvConfig no_keys_config = {NULL, 0, 0};

/* The results of Python's csv module: see make_csv_cases.py. */
typedef struct Case
{
	const char *doc;
	size_t len;
	const char *values; /* a;b;ID #;naive;;q"\ of each record, or NULL */
} Case;

#define CASE(doc, values) {doc, sizeof(doc) - 1, values},

static const Case cases[] = {
#include "csv_cases.h"
};

static void
as_python_reads(void)
{
	int naccepted = 0;

	for (int i = 0; i < COUNT(cases); i++)
	{
		const Case *one = &cases[i];
		Reading reading = read_document(one->doc, one->len, &config, uncut);

		CHECK(reading.accepted == (one->values != NULL), "%s: %s",
			  shown(one->doc, one->len),
			  reading.accepted ? "accepted" : reading.error.reason);
		if (one->values != NULL)
		{
			naccepted++;
			CHECK(reading.values.len == strlen(one->values) &&
					  strcmp(reading.values.data, one->values) == 0,
				  "%s: reads as %s", shown(one->doc, one->len),
				  reading.values.data);
		}
		check_document(one->doc, one->len, &config);
		check_document(one->doc, one->len, &no_keys_config);
		reading_free(&reading);
	}
	CHECK(naccepted > 50 && COUNT(cases) - naccepted > 500,
		  "%d of %d cases are sound", naccepted, COUNT(cases));
}

/* A document that is refused: why, where, and after how many records. */
typedef struct Bad
{
	const char *doc;
	size_t len;
	DcfReadErrorCode code;
	unsigned offset;
	unsigned record;
	const char *reason;
} Bad;

#define BAD(text, code, offset, record, reason)                           \
	{                                                                     \
		text, sizeof(text) - 1, DCF_READ_E_##code, offset, record, reason \
	}

static const Bad bad[] = {
	BAD("", CUT, 0, 0, "input is empty"),
	BAD("\xEF\xBB", CUT, 2, 0, "input ended before the header"),
	BAD("\xEF\xBB\xBF", CUT, 3, 0, "input ended before the header"),
	BAD("a,b\r", CUT, 4, 0, "input ended inside a line end"),
	BAD("a,\"b", CUT, 4, 0, "input ended inside a quoted field"),
	BAD("a,b\n1,2\n3", CUT, 9, 1,
		"input ended before the last field of a record"),
	BAD("a,b,x\n1,2,3\n4,", CUT, 14, 1,
		"input ended before the last field of a record"),
	BAD("a\n1\n2\r", CUT, 6, 1, "input ended inside a line end"),
	BAD("a,b\n1,2\n\r", CUT, 9, 1, "input ended inside a line end"),
	BAD("a\n1\n\xC3", CUT, 5, 1, "input ended inside a character"),
	BAD("a\n1\n\"2\n", CUT, 7, 1, "input ended inside a quoted field"),

	BAD("\r\n", SYNTAX, 0, 0, "the header is empty"),
	BAD("\xEF\xBB\xBF\n", SYNTAX, 3, 0, "the header is empty"),
	BAD("a,b,a\n", SYNTAX, 5, 0, "the header has a key twice"),
	BAD("a,\"a\",b\n", SYNTAX, 5, 0, "the header has a key twice"),
	BAD("a,b,a", SYNTAX, 5, 0, "the header has a key twice"),
	BAD("a,b\n1,2\n3\n4,5\n", SYNTAX, 9, 1,
		"a record has fewer fields than the header"),
	BAD("a,b\n1,2\n\r\n3,4\n", SYNTAX, 10, 1,
		"something follows an empty line"),
	BAD("a,b\n\n\n,", SYNTAX, 6, 0, "something follows an empty line"),
	BAD("a,b\n\n\r,", SYNTAX, 6, 0, "a carriage return without a line feed"),
	BAD("a,b\n1,2\n3,4,5\n", SYNTAX, 11, 1,
		"a record has more fields than the header"),
	BAD("a\n\"1\",\n", SYNTAX, 5, 0,
		"a record has more fields than the header"),
	BAD("a\n1\rx\n", SYNTAX, 4, 0, "a carriage return without a line feed"),
	BAD("a\r\r\n", SYNTAX, 2, 0, "a carriage return without a line feed"),
	BAD("a\n1\"\n", SYNTAX, 3, 0,
		"a quote in a field that has none around it"),
	BAD("a\n\"1\"2\n", SYNTAX, 5, 0, "something follows a closing quote"),
	BAD("a\n\"1\" \n", SYNTAX, 5, 0, "something follows a closing quote"),
	BAD("a\n1\n\0\n", SYNTAX, 4, 1, "a NUL byte"),
	BAD("a\n\"12345678\0\"\n", SYNTAX, 11, 0, "a NUL byte"),

	BAD("a\n\x80\n", UTF8, 2, 0, "invalid UTF-8"),
	BAD("a\n\xC3\n", UTF8, 3, 0, "invalid UTF-8"),
	BAD("a\n\xC3,\n", UTF8, 3, 0, "invalid UTF-8"),
	BAD("a\n\"\xC3\"\n", UTF8, 4, 0, "invalid UTF-8"),
	BAD("a\n1\n\xED\xA0\x80\n", UTF8, 5, 1, "invalid UTF-8"),
	BAD("\xFF\xFE"
		"a\0",
		UTF8, 0, 0, "invalid UTF-8"),
};

static void
errors(void)
{
	for (int i = 0; i < COUNT(bad); i++)
	{
		const Bad *one = &bad[i];
		Reading reading = read_document(one->doc, one->len, &config, uncut);
		const DcfReadError *error = &reading.error;

		CHECK(!reading.accepted && error->code == one->code &&
				  error->offset == one->offset &&
				  error->record == one->record &&
				  strcmp(error->reason, one->reason) == 0,
			  "%s: error %d at %d after %d: %s", shown(one->doc, one->len),
			  error->code, (int) error->offset, (int) error->record,
			  error->reason);
		check_document(one->doc, one->len, &config);
		reading_free(&reading);
	}
}

/* The header is returned as soon as it is complete, with all its names. */
static void
header(void)
{
	static const char doc[] = "\xEF\xBB\xBF"
							  "ID #,,\"x\"\"y,\nz\",na\xC3\xAFve,\r\n";
	Reading reading = read_document(doc, sizeof(doc) - 1, &config, each_byte);

	/* Two names are empty, so the header has this key twice. */
	CHECK(!reading.accepted && !reading.header, "an empty name twice");
	reading_free(&reading);

	reading = read_document(doc, sizeof(doc) - 1, &no_keys_config, each_byte);
	CHECK(reading.accepted && reading.header && reading.nmatched == 0 &&
			  reading.nrecords == 0,
		  "a header alone");
	CHECK(strcmp(reading.names.data,
				 "'ID #'\n''\n'x\"y,\nz'\n'na\xC3\xAFve'\n''\n") == 0,
		  "names: %s", reading.names.data);
	reading_free(&reading);

	reading = read_document("x,\"b\",y\n", 8, &config, uncut);
	CHECK(reading.accepted && reading.nmatched == 1, "one key");
	reading_free(&reading);
}

int
main(void)
{
	RUN(as_python_reads);
	RUN(errors);
	RUN(header);
	return check_finish();
}
