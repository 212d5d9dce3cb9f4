/*
 * test_backoff.c
 *	  Delays between tries, and the headers that request one.
 */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "core/backoff.h"

#define COUNT(array) ((int) (sizeof(array) / sizeof((array)[0])))

/* 1994-11-06 08:49:37 UTC, the example of RFC 9110. */
#define EXAMPLE INT64_C(784111777)

static void
delay(void)
{
	static const struct
	{
		int attempt;
		int64_t max_ms;
		int64_t least;
		int64_t most;
	} cases[] = {
		{1, 60000, 250, 500},
		{2, 60000, 500, 1000},
		{3, 60000, 1000, 2000},
		{7, 60000, 16000, 32000},
		{8, 60000, 30000, 60000},
		{9, 60000, 30000, 60000},
		{64, 60000, 30000, 60000},
		{2147483647, 60000, 30000, 60000},
		{0, 60000, 250, 500},
		{-2147483647 - 1, 60000, 250, 500},
		{1, 300, 150, 300},
		{5, 301, 151, 301},
		{1, 3, 2, 3},
		{1, 2, 1, 2},
		{1, 1, 1, 1},
		{1, 0, 1, 1},
		{1, -5, 1, 1},
		{1, INT64_MIN, 1, 1},
		{2147483647, INT64_MAX, DCF_DELAY_MAX_MS / 2, DCF_DELAY_MAX_MS},
	};

	for (int i = 0; i < COUNT(cases); i++)
	{
		int64_t least = INT64_MAX;
		int64_t most = 0;
		uint64_t random = 0;

		for (int k = 0; k < 3000; k++, random += UINT64_C(0x9E3779B97F4A7C15))
		{
			int64_t wait = dcf_backoff_delay(cases[i].attempt, cases[i].max_ms,
											 k == 1 ? UINT64_MAX : random);

			least = wait < least ? wait : least;
			most = wait > most ? wait : most;
		}
		CHECK(least >= cases[i].least && most <= cases[i].most,
			  "try %d of at most %lld: from %lld to %lld", cases[i].attempt,
			  (long long) cases[i].max_ms, (long long) least,
			  (long long) most);
		CHECK(least - cases[i].least <= cases[i].least / 10 &&
				  cases[i].most - most <= cases[i].most / 10,
			  "try %d of at most %lld: spread only from %lld to %lld",
			  cases[i].attempt, (long long) cases[i].max_ms, (long long) least,
			  (long long) most);
	}
}

typedef bool (*Parser)(const char *value, size_t len, int64_t *delay_ms);

/* The time now for the cases of Retry-After below. */
static int64_t now = EXAMPLE - 10;

static bool
parse_retry_after(const char *value, size_t len, int64_t *delay_ms)
{
	return dcf_retry_after_parse(value, len, now, delay_ms);
}

/* Expected is the delay, or -1 if the value is invalid. */
static void
check_header(Parser parse, const char *value, size_t len, int64_t expected)
{
	char *copy = malloc(len);
	int64_t found = -1;
	bool ok;

	if (len > 0)
		memcpy(copy, value, len);
	ok = parse(copy, len, &found);
	CHECK(ok == (expected >= 0) && found == expected, "'%s': %lld, not %lld",
		  value, (long long) found, (long long) expected);
	free(copy);
}

typedef struct Header
{
	const char *value;
	int64_t expected;
} Header;

static void
seconds(void)
{
	static const Header cases[] = {{"0", 0},
								   {"7", 7000},
								   {"007", 7000},
								   {" 7\t", 7000},
								   {"0.0", 0},
								   {"1.5", 1500},
								   {"0.25", 250},
								   {"0.001", 1},
								   {"0.0001", 1},
								   {"0.0010000", 1},
								   {"0.0010001", 2},
								   {"0.9999", 1000},
								   {"12.3456789", 12346},
								   {"31622400", DCF_DELAY_MAX_MS},
								   {"31622399.9", DCF_DELAY_MAX_MS - 100},
								   {"31622399", 31622399000},
								   {"31622400.5", DCF_DELAY_MAX_MS},
								   {"31622399.99999", DCF_DELAY_MAX_MS},
								   {"9223372036854775807", DCF_DELAY_MAX_MS},
								   {"18446744073709551617", DCF_DELAY_MAX_MS},
								   {"99999999999999999999999999999999999999.9",
									DCF_DELAY_MAX_MS},
								   {"", -1},
								   {" ", -1},
								   {"-1", -1},
								   {"-0", -1},
								   {"+1", -1},
								   {".5", -1},
								   {"5.", -1},
								   {"1.2.3", -1},
								   {"1e3", -1},
								   {"1,5", -1},
								   {"1 2", -1},
								   {"0x10", -1},
								   {"NaN", -1},
								   {"inf", -1},
								   {"7s", -1},
								   {"7\n", -1}};

	for (int i = 0; i < COUNT(cases); i++)
		check_header(dcf_seconds_parse, cases[i].value, strlen(cases[i].value),
					 cases[i].expected);
	check_header(dcf_seconds_parse, "7\0", 2, -1);
}

static void
retry_after(void)
{
	static const Header cases[] = {/* Seconds. */
								   {"0", 0},
								   {"120", 120000},
								   {" 120 ", 120000},
								   {"31622399", 31622399000},
								   {"31622401", DCF_DELAY_MAX_MS},
								   {"99999999999999999999", DCF_DELAY_MAX_MS},
								   {"", -1},
								   {"-1", -1},
								   {"1.5", -1},
								   {"12x", -1},
								   {"1 2", -1},

								   /* The three forms of a date. */
								   {"Sun, 06 Nov 1994 08:49:37 GMT", 10000},
								   {"Sunday, 06-Nov-94 08:49:37 GMT", 10000},
								   {"Sun Nov  6 08:49:37 1994", 10000},
								   {"Sun Nov 06 08:49:37 1994", 10000},
								   {"\tSun, 06 Nov 1994 08:49:37 GMT ", 10000},
								   {"Mon, 06 Nov 1994 08:49:37 GMT", 10000},
								   {"Sun, 06 Nov 1994 08:49:27 GMT", 0},
								   {"Sun, 06 Nov 1994 08:49:26 GMT", 0},
								   {"Thu, 01 Jan 1970 00:00:00 GMT", 0},
								   {"Mon, 01 Jan 0001 00:00:00 GMT", 0},
								   {"Sun, 01 Jan 0000 00:00:00 GMT", 0},
								   {"Sun, 06 Nov 1994 08:49:60 GMT", 33000},
								   {"Mon, 07 Nov 1994 08:49:37 GMT", 86410000},
								   {"Fri, 31 Dec 9999 23:59:59 GMT",
									DCF_DELAY_MAX_MS},
								   {"Friday, 06-Nov-43 08:49:37 GMT",
									DCF_DELAY_MAX_MS},
								   {"Monday, 06-Nov-45 08:49:37 GMT", 0},

								   /* Not quite. */
								   {"Sun, 06 Nov 1994 08:49:37", -1},
								   {"Sun, 06 Nov 1994 08:49:37 UTC", -1},
								   {"Sun, 06 Nov 1994 08:49:37 GMTx", -1},
								   {"Sun, 06 Nov 1994 08:49:37 +0000", -1},
								   {"Sun, 6 Nov 1994 08:49:37 GMT", -1},
								   {"Sun, 00 Nov 1994 08:49:37 GMT", -1},
								   {"Sun, 31 Nov 1994 08:49:37 GMT", -1},
								   {"Sun, 29 Feb 1995 08:49:37 GMT", -1},
								   {"Sun, 32 Dec 1994 08:49:37 GMT", -1},
								   {"Sun, 06 Nov 94 08:49:37 GMT", -1},
								   {"Sun, 06 Nov 1994 24:00:00 GMT", -1},
								   {"Sun, 06 Nov 1994 08:60:37 GMT", -1},
								   {"Sun, 06 Nov 1994 08:49:61 GMT", -1},
								   {"Sun, 06 nov 1994 08:49:37 GMT", -1},
								   {"Sun 06 Nov 1994 08:49:37 GMT", -1},
								   {"Xyz, 06 Nov 1994 08:49:37 GMT", -1},
								   {"06 Nov 1994 08:49:37 GMT", -1},
								   {"Sunday, 06 Nov 1994 08:49:37 GMT", -1},
								   {"Sunday, 06-Nov-1994 08:49:37 GMT", -1},
								   {"Sun Nov 6 08:49:37 1994", -1},
								   {"Sun Nov  0 08:49:37 1994", -1},
								   {"Sun Nov  6 08:49:37 1994 GMT", -1},
								   {"1994-11-06T08:49:37Z", -1},
								   {"soon", -1}};

	for (int i = 0; i < COUNT(cases); i++)
	{
		size_t len = strlen(cases[i].value);

		check_header(parse_retry_after, cases[i].value, len,
					 cases[i].expected);

		/* A truncated date is invalid; trailing white space may go. */
		for (size_t cut = 0; cut + 1 < len; cut++)
		{
			char *copy = malloc(cut);
			int64_t found;

			memcpy(copy, cases[i].value, cut);
			if (strchr(cases[i].value, ':') != NULL && cases[i].expected >= 0)
				CHECK(!parse_retry_after(copy, cut, &found), "'%s' cut at %zu",
					  cases[i].value, cut);
			free(copy);
		}
	}
}

/* The calendar, day by day: each date is a day after the previous one. */
static void
retry_after_calendar(void)
{
	static const char *const months[] = {"Jan", "Feb", "Mar", "Apr",
										 "May", "Jun", "Jul", "Aug",
										 "Sep", "Oct", "Nov", "Dec"};
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int64_t midnight = 0;
	int nwrong = 0;

	for (int year = 1970; year <= 2410; year++)
	{
		bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

		for (int month = 0; month < 12; month++)
		{
			int ndays = days[month] + (month == 1 && leap ? 1 : 0);

			for (int day = 1; day <= ndays + 1; day++)
			{
				char value[64];
				int64_t wait = -1;
				bool ok;

				snprintf(value, sizeof(value),
						 "Sat, %02d %s %04d 00:00:05 GMT", day, months[month],
						 year);
				ok = dcf_retry_after_parse(value, strlen(value), midnight,
										   &wait);
				if (day > ndays)
					nwrong += ok;
				else
				{
					nwrong += !ok || wait != 5000;
					midnight += 86400;
				}
			}
		}
	}
	CHECK(nwrong == 0, "%d days are wrong", nwrong);
}

/* A clock that is far off, and the century of a two-digit year. */
static void
retry_after_now(void)
{
	static const struct
	{
		const char *value;
		int64_t now;
		int64_t expected;
	} cases[] = {
		{"Sun, 06 Nov 1994 08:49:37 GMT", INT64_MIN, DCF_DELAY_MAX_MS},
		{"Sun, 06 Nov 1994 08:49:37 GMT", INT64_MAX, 0},
		{"Sunday, 06-Nov-94 08:49:37 GMT", INT64_MIN, DCF_DELAY_MAX_MS},
		{"Sunday, 06-Nov-94 08:49:37 GMT", INT64_MAX, 0},
		{"5", INT64_MIN, 5000},
		{"5", INT64_MAX, 5000},

		/* In 2026: 76 is 2076, 77 is 1977. */
		{"Friday, 01-May-26 00:00:05 GMT", INT64_C(1777593600), 5000},
		{"Friday, 01-May-76 00:00:00 GMT", INT64_C(1777593600),
		 DCF_DELAY_MAX_MS},
		{"Sunday, 01-May-77 00:00:00 GMT", INT64_C(1777593600), 0},

		/* On the last day of 1999, 00 is tomorrow; in 2099, too. */
		{"Saturday, 01-Jan-00 00:00:00 GMT", INT64_C(946684790), 10000},
		{"Friday, 01-Jan-00 00:00:00 GMT", INT64_C(4102444790), 10000},
	};

	for (int i = 0; i < COUNT(cases); i++)
	{
		now = cases[i].now;
		check_header(parse_retry_after, cases[i].value, strlen(cases[i].value),
					 cases[i].expected);
	}
}

int
main(void)
{
	RUN(delay);
	RUN(seconds);
	RUN(retry_after);
	RUN(retry_after_calendar);
	RUN(retry_after_now);
	return check_finish();
}
