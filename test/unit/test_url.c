/*
 * test_url.c
 *	  Query strings.
 */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "core/url.h"

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
bare(Bytes bytes)
{
	char *copy = malloc(bytes.len);

	if (bytes.len > 0)
		memcpy(copy, bytes.data, bytes.len);
	return copy;
}

static void
encode(void)
{
	static const struct
	{
		Bytes plain;
		const char *encoded;
	} cases[] = {
		{BYTES(""), ""},
		{BYTES("AZaz09-._~"), "AZaz09-._~"},
		{BYTES("2016-01-01T08:00:00.000Z"), "2016-01-01T08:00:00.000Z"},
		{BYTES("a b"), "a%20b"},
		{BYTES("1,2"), "1%2C2"},
		{BYTES("&=#%+?/;"), "%26%3D%23%25%2B%3F%2F%3B"},
		{BYTES("\r\n"), "%0D%0A"},
		{BYTES("a\0b"), "a%00b"},
		{BYTES("\x7F\xC3\xA9\xFF"), "%7F%C3%A9%FF"},
		{BYTES("@[`{!\"'()*$<>\\^|"),
		 "%40%5B%60%7B%21%22%27%28%29%2A%24%3C%3E%5C%5E%7C"},
	};

	for (int i = 0; i < COUNT(cases); i++)
	{
		size_t want = strlen(cases[i].encoded);
		char *src = bare(cases[i].plain);

		for (size_t size = 0; size <= want; size++)
		{
			char *dst = malloc(size);
			size_t len = dcf_url_encode(src, cases[i].plain.len, dst, size);

			CHECK(len == want, "%s: length %zu", cases[i].encoded, len);
			CHECK(size == 0 || memcmp(dst, cases[i].encoded, size) == 0,
				  "%s in %zu bytes: %.*s", cases[i].encoded, size, (int) size,
				  dst);
			free(dst);
		}
		free(src);
	}
}

static void
decode(void)
{
	static const struct
	{
		Bytes encoded;
		Bytes plain;
	} cases[] = {
		{BYTES(""), BYTES("")},
		{BYTES("abc"), BYTES("abc")},
		{BYTES("a+b%20c%2Bd"), BYTES("a b c+d")},
		{BYTES("%41%4a%4A%fF%00"), BYTES("AJJ\xFF\0")},
		{BYTES("%2541"), BYTES("%41")},
		{BYTES("%25"), BYTES("%")},
		{BYTES("\xC3\xA9&="), BYTES("\xC3\xA9&=")},
	};

	for (int i = 0; i < COUNT(cases); i++)
	{
		char *src = bare(cases[i].encoded);
		char *dst = malloc(cases[i].encoded.len);
		size_t len = 99;

		CHECK(dcf_url_decode(src, cases[i].encoded.len, dst, &len), "%s",
			  cases[i].encoded.data);
		CHECK(len == cases[i].plain.len &&
				  (len == 0 || memcmp(dst, cases[i].plain.data, len) == 0),
			  "%s: %.*s", cases[i].encoded.data, (int) len, dst);
		free(src);
		free(dst);
	}
}

static void
decode_malformed(void)
{
	static const Bytes cases[] = {BYTES("%"),		  BYTES("%4"),
								  BYTES("a%"),		  BYTES("%G1"),
								  BYTES("%1G"),		  BYTES("%%41"),
								  BYTES("% 41"),	  BYTES("%+1"),
								  BYTES("41%0"),	  BYTES("%4\0"),
								  BYTES("%-1"),		  BYTES("%0x"),
								  BYTES("%\xB1\xB1"), BYTES("%/0"),
								  BYTES("%:0"),		  BYTES("%@0"),
								  BYTES("%`0"),		  BYTES("%g0")};

	for (int i = 0; i < COUNT(cases); i++)
	{
		char *src = bare(cases[i]);
		char *dst = malloc(cases[i].len);
		size_t len = 99;

		CHECK(!dcf_url_decode(src, cases[i].len, dst, &len), "%s",
			  cases[i].data);
		CHECK(len == 99, "%s: length set", cases[i].data);
		free(src);
		free(dst);
	}
}

/* Decoding restores every byte. */
static void
round_trip(void)
{
	char all[256];
	char encoded[3 * sizeof(all)];
	char decoded[sizeof(encoded)];
	size_t len;
	size_t back = 0;

	for (size_t i = 0; i < sizeof(all); i++)
		all[i] = (char) i;
	len = dcf_url_encode(all, sizeof(all), encoded, sizeof(encoded));
	CHECK(len <= sizeof(encoded) && len == 67 + 3 * (256 - 67), "length %zu",
		  len);
	CHECK(dcf_url_decode(encoded, len, decoded, &back), "decoded");
	CHECK(back == sizeof(all) && memcmp(decoded, all, back) == 0, "the same");
}

static void
pairs(void)
{
	/* Expected: "name=value;" for each pair. */
	static const struct
	{
		Bytes query;
		const char *walked;
	} cases[] = {
		{BYTES(""), ""},
		{BYTES("&"), ""},
		{BYTES("&&&"), ""},
		{BYTES("a"), "[a|]"},
		{BYTES("a="), "[a|]"},
		{BYTES("=1"), "[|1]"},
		{BYTES("="), "[|]"},
		{BYTES("a=1"), "[a|1]"},
		{BYTES("a=1&b=2"), "[a|1][b|2]"},
		{BYTES("&a=1&&b=2&"), "[a|1][b|2]"},
		{BYTES("a=1=2&b"), "[a|1=2][b|]"},
		{BYTES("a&b=2"), "[a|][b|2]"},
		{BYTES("a%26=%3D+"), "[a%26|%3D+]"},
		{BYTES("CompanyID=14205&DatePercision=True"),
		 "[CompanyID|14205][DatePercision|True]"},
	};

	for (int i = 0; i < COUNT(cases); i++)
	{
		char *query = bare(cases[i].query);
		char walked[200] = "";
		size_t pos = 0;
		DcfSpan name;
		DcfSpan value;

		while (
			dcf_url_next_pair(query, cases[i].query.len, &pos, &name, &value))
		{
			size_t used = strlen(walked);

			snprintf(walked + used, sizeof(walked) - used, "[%.*s|%.*s]",
					 (int) name.len, name.data, (int) value.len, value.data);
		}
		CHECK(strcmp(walked, cases[i].walked) == 0, "%s: %s",
			  cases[i].query.data, walked);
		CHECK(!dcf_url_next_pair(query, cases[i].query.len, &pos, &name,
								 &value),
			  "%s: no pair after the last", cases[i].query.data);
		free(query);
	}
}

int
main(void)
{
	RUN(encode);
	RUN(decode);
	RUN(decode_malformed);
	RUN(round_trip);
	RUN(pairs);
	return check_finish();
}
