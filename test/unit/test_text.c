/*
 * test_text.c
 *	  Foreign text: making it safe, and parsing its values.
 */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "core/text.h"

#define COUNT(array) ((int) (sizeof(array) / sizeof((array)[0])))

typedef struct Bytes
{
	const char *data;
	size_t len;
} Bytes;

#define BYTES(text)            \
	{                          \
		text, sizeof(text) - 1 \
	}

/* A copy of exactly the text's size, so that overruns are detected. */
static char *
bare(const char *data, size_t len)
{
	char *copy = malloc(len);

	if (len > 0)
		memcpy(copy, data, len);
	return copy;
}

/* A text, and whether it is UTF-8; bad is the number of invalid bytes. */
static const struct
{
	Bytes text;
	int bad;
} utf8_cases[] = {
	{BYTES(""), 0},
	{BYTES("plain"), 0},
	{BYTES("\x7F"), 0},
	{BYTES("\xC2\x80"), 0},
	{BYTES("\xDF\xBF"), 0},
	{BYTES("\xE0\xA0\x80"), 0},
	{BYTES("\xE1\x80\x80"), 0},
	{BYTES("\xEC\xBF\xBF"), 0},
	{BYTES("\xED\x80\x80"), 0},
	{BYTES("\xED\x9F\xBF"), 0},
	{BYTES("\xEE\x80\x80"), 0},
	{BYTES("\xEF\xBF\xBF"), 0},
	{BYTES("\xF0\x90\x80\x80"), 0},
	{BYTES("\xF1\x80\x80\x80"), 0},
	{BYTES("\xF3\xBF\xBF\xBF"), 0},
	{BYTES("\xF4\x80\x80\x80"), 0},
	{BYTES("\xF4\x8F\xBF\xBF"), 0},
	{BYTES("a\xC3\xA9z\xE2\x82\xACz\xF0\x9F\x98\x80z"), 0},
	/* Continuation without a beginning. */
	{BYTES("\x80"), 1},
	{BYTES("\xBF"), 1},
	{BYTES("a\x80z"), 1},
	{BYTES("\xC3\xA9\xA9"), 1},
	/* Overlong. */
	{BYTES("\xC0\x80"), 2},
	{BYTES("\xC1\xBF"), 2},
	{BYTES("\xE0\x80\x80"), 3},
	{BYTES("\xE0\x9F\xBF"), 3},
	{BYTES("\xF0\x80\x80\x80"), 4},
	{BYTES("\xF0\x8F\xBF\xBF"), 4},
	/* Surrogates. */
	{BYTES("\xED\xA0\x80"), 3},
	{BYTES("\xED\xAF\xBF\xED\xB0\x80"), 6},
	{BYTES("\xED\xBF\xBF"), 3},
	/* Above U+10FFFF. */
	{BYTES("\xF4\x90\x80\x80"), 4},
	{BYTES("\xF5\x80\x80\x80"), 4},
	{BYTES("\xF7\xBF\xBF\xBF"), 4},
	{BYTES("\xF8\x88\x80\x80\x80"), 5},
	{BYTES("\xFC\x84\x80\x80\x80\x80"), 6},
	{BYTES("\xFE"), 1},
	{BYTES("\xFF"), 1},
	/* Cut by the end, or by another character. */
	{BYTES("\xC3"), 1},
	{BYTES("\xC3z"), 1},
	{BYTES("\xC3\xC3\xA9"), 1},
	{BYTES("\xE2\x82"), 2},
	{BYTES("\xE2\x82z"), 2},
	{BYTES("\xE2z\x82"), 2},
	{BYTES("\xF0\x9F\x98"), 3},
	{BYTES("\xF0\x9F\x98\xF0\x9F\x98\x80"), 3},
	{BYTES("\xF0\x9F"), 2},
	{BYTES("\xF0"), 1},
	/* Latin-1. */
	{BYTES("caf\xE9"), 1},
	{BYTES("na\xEFve"), 1},
};

static void
is_utf8(void)
{
	static const Bytes zeros[] = {BYTES("\0"), BYTES("a\0"), BYTES("\0a")};

	for (int i = 0; i < COUNT(utf8_cases); i++)
	{
		Bytes text = utf8_cases[i].text;
		char *copy = bare(text.data, text.len);

		CHECK(dcf_text_is_utf8(copy, text.len) == (utf8_cases[i].bad == 0),
			  "case %d", i);
		free(copy);
	}
	for (int i = 0; i < COUNT(zeros); i++)
		CHECK(!dcf_text_is_utf8(zeros[i].data, zeros[i].len), "U+0000");
}

/* Make text safe in exactly size bytes. */
static void
check_safe(const char *src, size_t len, size_t size, const char *expected)
{
	char *copy = bare(src, len);
	char *dst = malloc(size);
	size_t n = dcf_text_make_safe(copy, len, dst, size);

	CHECK(n == strlen(expected) && dst[n] == '\0' &&
			  memcmp(dst, expected, n) == 0,
		  "'%s' in %zu bytes is '%s', not '%s'", src, size, dst, expected);
	free(copy);
	free(dst);
}

static void
make_safe(void)
{
	static const struct
	{
		Bytes text;
		const char *safe;
	} cases[] = {
		{BYTES(""), ""},
		{BYTES("plain \"text\" \\ %s"), "plain \"text\" \\ %s"},
		{BYTES("a\r\nb\tc\vd\x1B[1m"), "a??b?c?d?[1m"},
		{BYTES("\x01\x1F\x20\x7E\x7F"), "?? ~?"},
		{BYTES("a\0b"), "a?b"},
		{BYTES("\xC2\x80\xC2\x85\xC2\x9F\xC2\xA0"), "???\xC2\xA0"},
		{BYTES("\xD8\x9B\xD8\x9C\xD8\x9D"), "\xD8\x9B?\xD8\x9D"},
		{BYTES("\xE2\x80\x8D\xE2\x80\x8E\xE2\x80\x8F\xE2\x80\x90"),
		 "\xE2\x80\x8D??\xE2\x80\x90"},
		{BYTES("\xE2\x80\xA7\xE2\x80\xA8\xE2\x80\xA9\xE2\x80\xAA\xE2\x80\xAB"
			   "\xE2\x80\xAC\xE2\x80\xAD\xE2\x80\xAE\xE2\x80\xAF"),
		 "\xE2\x80\xA7???????\xE2\x80\xAF"},
		{BYTES("\xE2\x81\xA5\xE2\x81\xA6\xE2\x81\xA7\xE2\x81\xA8\xE2\x81\xA9"
			   "\xE2\x81\xAA"),
		 "\xE2\x81\xA5????\xE2\x81\xAA"},
		{BYTES("\xEF\xBB\xBE\xEF\xBB\xBF\xEF\xBC\x80"),
		 "\xEF\xBB\xBE?\xEF\xBC\x80"},
		{BYTES("\xF0\x9F\x98\x80\xC3\xA9"), "\xF0\x9F\x98\x80\xC3\xA9"},
		{BYTES("caf\xE9 x"), "caf? x"},
	};

	for (int i = 0; i < COUNT(cases); i++)
		check_safe(cases[i].text.data, cases[i].text.len, 100, cases[i].safe);

	/* Each invalid byte becomes one mark, and nothing else is lost. */
	for (int i = 0; i < COUNT(utf8_cases); i++)
	{
		Bytes text = utf8_cases[i].text;
		char safe[100];
		size_t len =
			dcf_text_make_safe(text.data, text.len, safe, sizeof(safe));
		int nmarks = 0;

		for (size_t k = 0; k < len; k++)
			nmarks += safe[k] == '?';
		if (strchr(text.data, 0x7F) != NULL || text.data[0] == '\xC2')
			continue; /* a control character as well */
		CHECK(nmarks == utf8_cases[i].bad, "case %d: %s", i, safe);
		CHECK(len == text.len, "case %d: %s", i, safe);
		CHECK(dcf_text_is_utf8(safe, len), "case %d: %s", i, safe);
	}
}

static void
make_safe_cut(void)
{
	check_safe("abc", 3, 4, "abc");
	check_safe("abcd", 4, 4, "...");
	check_safe("abcd", 4, 5, "abcd");
	check_safe("abcde", 5, 5, "a...");
	check_safe("abcdefgh", 8, 8, "abcd...");
	check_safe("", 0, 4, "");

	/* Never cut inside a character, whatever room remains. */
	check_safe("\xC3\xA9\xC3\xA9", 4, 4, "...");
	check_safe("\xC3\xA9\xC3\xA9", 4, 5, "\xC3\xA9\xC3\xA9");
	check_safe("\xC3\xA9\xC3\xA9\xC3\xA9", 6, 5, "...");
	check_safe("\xC3\xA9\xC3\xA9\xC3\xA9", 6, 6, "\xC3\xA9...");
	check_safe("a\xF0\x9F\x98\x80zzz", 8, 8, "a...");
	check_safe("a\xF0\x9F\x98\x80zzz", 8, 9, "a\xF0\x9F\x98\x80zzz");
	check_safe("a\xF0\x9F\x98\x80zzzz", 9, 9, "a\xF0\x9F\x98\x80...");
	check_safe("\x80\x80\x80\x80\x80\x80", 6, 6, "??...");
	check_safe("\xF0\x9F\x98\x80", 4, 4, "...");
	check_safe("\xF0\x9F\x98", 3, 4, "???");
}

static void
is_number(void)
{
	static const char *const integers[] =
		{"0",
		 "7",
		 "007",
		 "-7",
		 "+7",
		 "-0",
		 "123456789012345678901234567890123456789"};
	static const char *const others[] =
		{"0.5",
		 ".5",
		 "5.",
		 "-.5",
		 "+5.",
		 "1e5",
		 "1E5",
		 "1e+5",
		 "1e-5",
		 "1.5e5",
		 "5.e5",
		 ".5E5",
		 "-12345678901234567890.12345678901234567890e-999999"};
	static const char *const wrong[] =
		{"",		 "+",	  "-",	   ".",		"-.",  "e5",
		 ".e5",		 "1e",	  "1e+",   "1e-",	"--1", "+-1",
		 "1-",		 "1.2.3", "1e5.5", "1e5e5", " 1",  "1 ",
		 "1 2",		 "1,5",	  "1_000", "0x10",	"NaN", "nan",
		 "Infinity", "inf",	  "-inf",  "1f",	"1d",  "\xD9\xA1"};
	bool integral;

	for (int i = 0; i < COUNT(integers); i++)
	{
		char *copy = bare(integers[i], strlen(integers[i]));

		integral = false;
		CHECK(dcf_text_is_number(copy, strlen(integers[i]), &integral) &&
				  integral,
			  "%s", integers[i]);
		free(copy);
	}
	for (int i = 0; i < COUNT(others); i++)
	{
		char *copy = bare(others[i], strlen(others[i]));

		integral = true;
		CHECK(dcf_text_is_number(copy, strlen(others[i]), &integral) &&
				  !integral,
			  "%s", others[i]);
		free(copy);
	}
	for (int i = 0; i < COUNT(wrong); i++)
	{
		char *copy = bare(wrong[i], strlen(wrong[i]));

		CHECK(!dcf_text_is_number(copy, strlen(wrong[i]), &integral), "%s",
			  wrong[i]);
		free(copy);
	}
	CHECK(!dcf_text_is_number("1\0", 2, &integral), "a NUL behind");
}

/* As written for a check: date or -, time or -, zone or -. */
static const char *
iso_text(const char *src, size_t len)
{
	static char text[120];
	DcfIsoTime iso;
	char *copy = bare(src, len);
	char date[40] = "-";
	char time[40] = "-";
	char zone[40] = "-";

	memset(&iso, 0xA5, sizeof(iso));
	if (!dcf_text_parse_iso(copy, len, &iso))
	{
		free(copy);
		return "wrong";
	}
	free(copy);
	if (iso.has_date)
		snprintf(date, sizeof(date), "%d-%d-%d", iso.year, iso.month, iso.day);
	else if (iso.year != 0 || iso.month != 0 || iso.day != 0)
		return "a date left behind";
	if (iso.has_time)
		snprintf(time, sizeof(time), "%d:%d:%d.%d", iso.hour, iso.minute,
				 iso.second, iso.usec);
	else if (iso.hour != 0 || iso.minute != 0 || iso.second != 0 ||
			 iso.usec != 0)
		return "a time left behind";
	if (iso.has_zone)
		snprintf(zone, sizeof(zone), "%d", iso.offset);
	else if (iso.offset != 0)
		return "an offset left behind";
	snprintf(text, sizeof(text), "%s %s %s", date, time, zone);
	return text;
}

static void
iso_good(void)
{
	static const struct
	{
		const char *src;
		const char *text;
	} cases[] = {
		/* The service's form. */
		{"2016-05-13T12:18:08.723", "2016-5-13 12:18:8.723000 -"},
		{"2016-05-13T12:18:08.72", "2016-5-13 12:18:8.720000 -"},
		{"2016-05-13T12:18:08", "2016-5-13 12:18:8.0 -"},
		{"2016-05-13T12:18:08.723Z", "2016-5-13 12:18:8.723000 0"},
		{"2016-05-13", "2016-5-13 - -"},
		{"2016-05-13T12:18:08.7234567-06:00",
		 "2016-5-13 12:18:8.723457 -21600"},

		/* Each part. */
		{"2016-05-13t12:18:08z", "2016-5-13 12:18:8.0 0"},
		{"2016-05-13 12:18", "2016-5-13 12:18:0.0 -"},
		{"2016-05-13 12:18Z", "2016-5-13 12:18:0.0 0"},
		{"12:18", "- 12:18:0.0 -"},
		{"12:18:08", "- 12:18:8.0 -"},
		{"12:18:08.5+02", "- 12:18:8.500000 7200"},
		{"12:18-00:30", "- 12:18:0.0 -1800"},
		{"2016-05-13T00:00:00+0530", "2016-5-13 0:0:0.0 19800"},
		{"2016-05-13T00:00:00-05", "2016-5-13 0:0:0.0 -18000"},
		{"2016-05-13T00:00:00+00:00", "2016-5-13 0:0:0.0 0"},

		/* The ends of ranges. */
		{"0001-01-01T00:00:00", "1-1-1 0:0:0.0 -"},
		{"9999-12-31T23:59:59.999999999", "9999-12-31 23:59:59.1000000 -"},
		{"2016-02-29", "2016-2-29 - -"},
		{"2000-02-29", "2000-2-29 - -"},
		{"2400-02-29", "2400-2-29 - -"},
		{"2015-01-31", "2015-1-31 - -"},
		{"2015-04-30", "2015-4-30 - -"},
		{"00:00+15:59", "- 0:0:0.0 57540"},
		{"00:00-15:59", "- 0:0:0.0 -57540"},

		/* Rounding. */
		{"00:00:00.1", "- 0:0:0.100000 -"},
		{"00:00:00.000001", "- 0:0:0.1 -"},
		{"00:00:00.0000004", "- 0:0:0.0 -"},
		{"00:00:00.0000005", "- 0:0:0.0 -"},
		{"00:00:00.000000499", "- 0:0:0.0 -"},
		{"00:00:00.1234565", "- 0:0:0.123456 -"},
		{"00:00:00.1234575", "- 0:0:0.123458 -"},
		{"00:00:00.12345651", "- 0:0:0.123457 -"},
		{"00:00:00.123456499", "- 0:0:0.123456 -"},
		{"00:00:00.9999995", "- 0:0:0.1000000 -"},
		{"00:00:00.999999499", "- 0:0:0.999999 -"},
	};

	for (int i = 0; i < COUNT(cases); i++)
	{
		const char *text = iso_text(cases[i].src, strlen(cases[i].src));

		CHECK(strcmp(text, cases[i].text) == 0, "%s: %s", cases[i].src, text);
	}
}

static void
iso_bad(void)
{
	static const char *const cases[] =
		{"", " ", "2016", "2016-", "2016-05", "2016-05-", "2016-05-1",
		 "2016-5-13", "16-05-13", "02016-05-13", "20160513", "2016/05/13",
		 "13.05.2016", "2016-05-13x", " 2016-05-13", "2016-05-13 ",
		 "2016-05-13T", "2016-05-13Z", "2016-05-13+02:00", "2016-05-13  12:18",
		 "2016-05-13T12", "2016-05-13T12:", "2016-05-13T12:1",
		 "2016-05-13T1:18", "2016-05-13T12:18:", "2016-05-13T12:18:8",
		 "2016-05-13T12:18:08.", "2016-05-13T12:18:08,5",
		 "2016-05-13T12:18:08.Z", "2016-05-13T12Z",
		 "2016-05-13T12:18:08.1234567890", "2016-05-13T12:18:08.0000000000",
		 "2016-05-13T12:18:08 Z", "2016-05-13T12:18:08ZZ",
		 "2016-05-13T12:18:08Z ", "2016-05-13T12:18:08+", "2016-05-13T12:18+2",
		 "2016-05-13T12:18:08+02:", "2016-05-13T12:18:08+02:0",
		 "2016-05-13T12:18:08+020", "2016-05-13T12:18:08+02:000",
		 "2016-05-13T12:18:08+02000", "2016-05-13T12:18:08GMT",
		 "2016-05-13_12:18:08", "2016-05-13TT12:18:08",

		 /* Out of range. */
		 "0000-01-01", "10000-01-01", "2016-00-01", "2016-13-01", "2016-01-00",
		 "2016-01-32", "2016-04-31", "2015-02-29", "1900-02-29", "2100-02-29",
		 "2016-02-30", "24:00", "24:00:00", "2016-05-13T24:00:00", "23:60",
		 "23:59:60", "00:00+16:00", "00:00-16", "00:00+00:60", "99:99",

		 /* Signs and odd digits where digits belong. */
		 "-016-05-13", "+016-05-13", "2016--5-13", "2016-+5-13", "2016- 5-13",
		 "-1:00", "12:-1", "12:18:+8", "00:00+-2:00", "201\xD9\xA1-05-13",
		 "\xFF\xFF:00", "null", "now", "today", "infinity"};

	for (int i = 0; i < COUNT(cases); i++)
	{
		const char *text = iso_text(cases[i], strlen(cases[i]));

		CHECK(strcmp(text, "wrong") == 0, "%s: %s", cases[i], text);
	}
	CHECK(strcmp(iso_text("2016-05-13\0", 11), "wrong") == 0, "a NUL behind");
	CHECK(strcmp(iso_text("2016-05-13\0"
						  "12:18",
						  16),
				 "wrong") == 0,
		  "a NUL between");
}

/* A failure leaves the result as it was. */
static void
iso_unset(void)
{
	DcfIsoTime before;
	DcfIsoTime after;

	memset(&before, 0x5A, sizeof(before));
	after = before;
	CHECK(!dcf_text_parse_iso("2016-05-13T12:18:08.5x", 22, &after),
		  "refused");
	CHECK(memcmp(&before, &after, sizeof(before)) == 0, "unset");
}

/* A number parsed by parse_decimal(); scale is -1 if it returns false. */
static const struct
{
	const char *text;
	int64_t value;
	int scale;
} decimal_cases[] = {
	{"0", 0, 0},
	{"-0", 0, 0},
	{"+7", 7, 0},
	{"14.5", 145, 1},
	{"14.50", 1450, 2},
	{"-0.0001", -1, 4},
	{".5", 5, 1},
	{"5.", 5, 0},
	{"007", 7, 0},
	{"999999999999999999", INT64_C(999999999999999999), 0},
	{"-99999999.9999999999", -INT64_C(999999999999999999), 10},
	{"1000000000000000000", 0, -1},
	{"0.0000000000000000001", 0, -1},
	{"", 0, -1},
	{".", 0, -1},
	{"-", 0, -1},
	{"1e3", 0, -1},
	{"1.2.3", 0, -1},
	{"1-", 0, -1},
	{" 1", 0, -1},
	{"0x10", 0, -1},
};

static void
decimal(void)
{
	for (int i = 0; i < COUNT(decimal_cases); i++)
	{
		const char *text = decimal_cases[i].text;
		char *copy = bare(text, strlen(text));
		int64_t value = 0;
		int scale = -1;
		bool taken =
			dcf_text_parse_decimal(copy, strlen(text), &value, &scale);

		CHECK(taken == (decimal_cases[i].scale >= 0) &&
				  value == decimal_cases[i].value &&
				  scale == decimal_cases[i].scale,
			  "\"%s\": %lld / 10^%d", text, (long long) value, scale);
		free(copy);
	}
}

/* A number parsed by parse_whole(). */
static const struct
{
	const char *text;
	DcfWhole status;
	int64_t value;
} whole_cases[] = {
	{"0", DCF_WHOLE_OK, 0},
	{"-0", DCF_WHOLE_OK, 0},
	{"+014", DCF_WHOLE_OK, 14},
	{"14.0", DCF_WHOLE_OK, 14},
	{"14.", DCF_WHOLE_OK, 14},
	{".0", DCF_WHOLE_OK, 0},
	{"1.4e1", DCF_WHOLE_OK, 14},
	{"-1.50E+1", DCF_WHOLE_OK, -15},
	{"1400e-2", DCF_WHOLE_OK, 14},
	{"0.0014e4", DCF_WHOLE_OK, 14},
	{"9223372036854775807", DCF_WHOLE_OK, INT64_MAX},
	{"-9223372036854775808", DCF_WHOLE_OK, INT64_MIN},
	{"9223372036854775808", DCF_WHOLE_OUT_OF_RANGE, 0},
	{"-9223372036854775809", DCF_WHOLE_OUT_OF_RANGE, 0},
	{"922337203685477580.7e1", DCF_WHOLE_OK, INT64_MAX},
	{"-9.223372036854775808e18", DCF_WHOLE_OK, INT64_MIN},
	{"1e19", DCF_WHOLE_OUT_OF_RANGE, 0},
	{"1e99999999999999999999999", DCF_WHOLE_OUT_OF_RANGE, 0},
	{"0e99999999999999999999999", DCF_WHOLE_OK, 0},
	{"0e-99999999999999999999999", DCF_WHOLE_OK, 0},
	{"1e-99999999999999999999999", DCF_WHOLE_FRACTION, 0},
	{"14.5", DCF_WHOLE_FRACTION, 0},
	{"145e-1", DCF_WHOLE_FRACTION, 0},
	{"0.1", DCF_WHOLE_FRACTION, 0},
	{"99999999999999999999.5", DCF_WHOLE_FRACTION, 0},
	{"", DCF_WHOLE_NO_NUMBER, 0},
	{"-", DCF_WHOLE_NO_NUMBER, 0},
	{".", DCF_WHOLE_NO_NUMBER, 0},
	{"1e", DCF_WHOLE_NO_NUMBER, 0},
	{"1 ", DCF_WHOLE_NO_NUMBER, 0},
	{"0x1", DCF_WHOLE_NO_NUMBER, 0},
	{"NaN", DCF_WHOLE_NO_NUMBER, 0},
};

static void
whole(void)
{
	for (int i = 0; i < COUNT(whole_cases); i++)
	{
		const char *text = whole_cases[i].text;
		char *copy = bare(text, strlen(text));
		int64_t value = 0;
		DcfWhole status = dcf_text_parse_whole(copy, strlen(text), &value);

		CHECK(status == whole_cases[i].status && value == whole_cases[i].value,
			  "\"%s\": %d, %lld", text, (int) status, (long long) value);
		free(copy);
	}
}

static void
float_name(void)
{
	static const char *const names[] = {"NaN", "Infinity", "-Infinity", "INF",
										"-INF"};
	static const char *const others[] = {"",		  "-",		   "nan",
										 "-NaN",	  "+Infinity", "Infinit",
										 "Infinity ", "inf",	   "--INF",
										 "1"};

	for (int i = 0; i < COUNT(names); i++)
		CHECK(dcf_text_is_float_name(names[i], strlen(names[i])), "%s",
			  names[i]);
	for (int i = 0; i < COUNT(others); i++)
		CHECK(!dcf_text_is_float_name(others[i], strlen(others[i])), "%s",
			  others[i]);
}

/* The result of parse_span(), as "-1 2:3:4.5" or "wrong". */
static const struct
{
	const char *src;
	const char *text;
} span_cases[] = {
	{"00:00:00", "+0 0:0:0.0"},
	{"02:03:04", "+0 2:3:4.0"},
	{"1.02:03:04", "+1 2:3:4.0"},
	{"-1.02:03:04.5", "-1 2:3:4.500000"},
	{"0.23:59:59.9999999", "+0 23:59:59.1000000"},
	{"10675199.02:48:05.4775807", "+10675199 2:48:5.477581"},
	{"99999999.00:00:00", "+99999999 0:0:0.0"},
	{"-00:00:00.1234565", "-0 0:0:0.123456"},
	{"", "wrong"},
	{"-", "wrong"},
	{"1", "wrong"},
	{"1.", "wrong"},
	{".02:03:04", "wrong"},
	{"100000000.00:00:00", "wrong"},
	{"1.24:00:00", "wrong"},
	{"1.02:60:00", "wrong"},
	{"1.02:03:60", "wrong"},
	{"1.02:03", "wrong"},
	{"02:03", "wrong"},
	{"2:03:04", "wrong"},
	{"1.2:03:04", "wrong"},
	{"1.002:03:04", "wrong"},
	{"1..02:03:04", "wrong"},
	{"1.-02:03:04", "wrong"},
	{"+1.02:03:04", "wrong"},
	{" 1.02:03:04", "wrong"},
	{"1.02:03:04 ", "wrong"},
	{"1.02:03:04.", "wrong"},
	{"1.02:03:04.1234567890", "wrong"},
	{"1.02:03:04Z", "wrong"},
	{"1:02:03:04", "wrong"},
	{"1 02:03:04", "wrong"},
};

static void
span(void)
{
	for (int i = 0; i < COUNT(span_cases); i++)
	{
		const char *src = span_cases[i].src;
		char *copy = bare(src, strlen(src));
		char text[80] = "wrong";
		DcfTimeSpan result;

		memset(&result, 0xA5, sizeof(result));
		if (dcf_text_parse_span(copy, strlen(src), &result))
			snprintf(text, sizeof(text), "%c%d %d:%d:%d.%d",
					 result.negative ? '-' : '+', result.days, result.hour,
					 result.minute, result.second, result.usec);
		CHECK(strcmp(text, span_cases[i].text) == 0, "%s: %s", src, text);
		free(copy);
	}
}

static void
uuid(void)
{
	static const char good[] = "00112233-4455-6677-8899-aAbBcCdDeEfF";
	static const unsigned char expected[16] = {0x00, 0x11, 0x22, 0x33,
											   0x44, 0x55, 0x66, 0x77,
											   0x88, 0x99, 0xAA, 0xBB,
											   0xCC, 0xDD, 0xEE, 0xFF};
	unsigned char bytes[16];
	size_t len = sizeof(good) - 1;
	char *copy = bare(good, len);

	CHECK(dcf_text_parse_uuid(copy, len, bytes) &&
			  memcmp(bytes, expected, sizeof(bytes)) == 0,
		  "%s", good);
	CHECK(!dcf_text_parse_uuid(copy, len - 1, bytes), "one digit less");
	for (size_t i = 0; i < len; i++)
	{
		char kept = copy[i];

		copy[i] = kept == '-' ? '0' : 'g';
		CHECK(!dcf_text_parse_uuid(copy, len, bytes), "wrong at %zu", i);
		copy[i] = kept;
	}
	free(copy);
}

int
main(void)
{
	RUN(is_utf8);
	RUN(make_safe);
	RUN(make_safe_cut);
	RUN(is_number);
	RUN(iso_good);
	RUN(iso_bad);
	RUN(iso_unset);
	RUN(decimal);
	RUN(whole);
	RUN(float_name);
	RUN(span);
	RUN(uuid);
	return check_finish();
}
