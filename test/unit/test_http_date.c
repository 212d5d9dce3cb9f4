/*
 * test_http_date.c
 *	  Tests of src/core/http_date.c; test_backoff.c has more of HTTP dates.
 */
#include "check.h"

#include <stdlib.h>
#include <string.h>

#include "core/http_date.h"

#define COUNT(array) ((int) (sizeof(array) / sizeof((array)[0])))

typedef struct Case
{
	const char *value;
	int64_t expected; /* -1: not accepted */
} Case;

/* Parse a copy without a NUL behind it, so that a read beyond the end is seen. */
static int64_t
parse(const char *value, size_t len, bool certificate)
{
	char *copy = malloc(len + 1);
	int64_t seconds = -7;
	bool ok;

	memcpy(copy, value, len);
	copy = realloc(copy, len ? len : 1);
	ok = certificate ? dcf_http_date_parse_certificate(copy, len, &seconds) :
					   dcf_http_date_parse(copy, len, 784111777, &seconds);
	CHECK(ok || seconds == -7, "'%s' sets a result", value);
	free(copy);
	return ok ? seconds : -1;
}

static void
http(void)
{
	static const Case cases[] = {{"Sun, 06 Nov 1994 08:49:37 GMT", 784111777},
								 {"Sunday, 06-Nov-94 08:49:37 GMT", 784111777},
								 {"Sun Nov  6 08:49:37 1994", 784111777},
								 {" Sun Nov  6 08:49:37 1994\t", 784111777},
								 {"Thu, 01 Jan 1970 00:00:00 GMT", 0},
								 {"Sun, 31 Feb 2026 00:00:00 GMT", -1},
								 {"Nov  6 08:49:37 1994 GMT", -1},
								 {"1994-11-06 08:49:37 GMT", -1},
								 {"784111777", -1},
								 {"", -1}};

	for (int i = 0; i < COUNT(cases); i++)
	{
		int64_t found = parse(cases[i].value, strlen(cases[i].value), false);

		CHECK(found == cases[i].expected, "'%s' is %lld", cases[i].value,
			  (long long) found);
	}
}

static void
certificate(void)
{
	static const Case cases[] = {{"Nov  6 08:49:37 1994 GMT", 784111777},
								 {"Nov 16 08:49:37 1994 GMT", 784975777},
								 {"1994-11-06 08:49:37 GMT", 784111777},
								 {" 1994-11-06 08:49:37 GMT ", 784111777},
								 {"Dec 31 23:59:59 9999 GMT", 253402300799},
								 {"9999-12-31 23:59:59 GMT", 253402300799},

								 {"Nov  6 08:49:37 1994", -1},
								 {"Nov  6 08:49:37 1994 UTC", -1},
								 {"Nov  6 08:49:37 1994 GMTx", -1},
								 {"Sun Nov  6 08:49:37 1994 GMT", -1},
								 {"Feb 30 08:49:37 1994 GMT", -1},
								 {"Nov  0 08:49:37 1994 GMT", -1},
								 {"Nov  6 24:49:37 1994 GMT", -1},
								 {"1994-02-30 08:49:37 GMT", -1},
								 {"1994-11-06 GMT", -1},
								 {"08:49:37 GMT", -1},
								 {"1994-11-06 08:49:37Z GMT", -1},
								 {"1994-11-06 08:49:37", -1},
								 {" GMT", -1},
								 {"GMT", -1},
								 {"7", -1},
								 {"", -1}};

	for (int i = 0; i < COUNT(cases); i++)
	{
		const char *value = cases[i].value;
		size_t len = strlen(value);
		int64_t found = parse(value, len, true);

		CHECK(found == cases[i].expected, "'%s' is %lld", value,
			  (long long) found);
		/* The start of a date is none; white space at the end may go. */
		for (size_t cut = 0; cut + 1 < len; cut++)
			CHECK(parse(value, cut, true) == -1, "'%s' cut at %zu", value,
				  cut);
	}
}

int
main(void)
{
	RUN(http);
	RUN(certificate);
	return check_finish();
}
