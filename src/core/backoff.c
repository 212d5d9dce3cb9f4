/*
 * backoff.c
 *	  How long to wait before the next try of a request.  See backoff.h.
 */
#include "core/backoff.h"

#include <string.h>

#define MS_PER_SECOND 1000
#define MAX_SECONDS	  (DCF_DELAY_MAX_MS / MS_PER_SECOND)

int64_t
dcf_backoff_delay(int attempt, int64_t max_ms, uint64_t random)
{
	int64_t whole = DCF_BACKOFF_BASE_MS;
	int64_t half;

	/* With this bound, doubling cannot overflow. */
	if (max_ms > DCF_DELAY_MAX_MS)
		max_ms = DCF_DELAY_MAX_MS;
	for (; attempt > 1 && whole < max_ms; attempt--)
		whole *= 2;
	if (whole > max_ms)
		whole = max_ms;
	if (whole < 1)
		return 1;

	/* Round up: at least one half of the bound, and never 0. */
	half = whole - whole / 2;
	return half + (int64_t) (random % (uint64_t) (whole - half + 1));
}

int64_t
dcf_backoff_refused(int attempt, int64_t max_ms, uint64_t random)
{
	if (attempt <= 1 && max_ms > DCF_BACKOFF_CHANCE_MS)
		max_ms = DCF_BACKOFF_CHANCE_MS;
	return dcf_backoff_delay(attempt, max_ms, random);
}

/* Seconds as a delay in milliseconds, between 0 and DCF_DELAY_MAX_MS. */
static int64_t
limited_delay(int64_t seconds)
{
	if (seconds <= 0)
		return 0;
	return seconds < MAX_SECONDS ? seconds * MS_PER_SECOND : DCF_DELAY_MAX_MS;
}

/*
 * What is left of a header's value.  Each take_ function parses something at its
 * start, and returns false if that is not there.
 */
typedef struct Value
{
	const char *p;
	const char *end;
} Value;

/*
 * The value without the white space around it (RFC 9110 allows spaces and
 * tabs).
 */
static Value
trim(const char *value, size_t len)
{
	Value v = {value, value + len};

	while (v.p < v.end && (*v.p == ' ' || *v.p == '\t'))
		v.p++;
	while (v.p < v.end && (v.end[-1] == ' ' || v.end[-1] == '\t'))
		v.end--;
	return v;
}

static bool
at_digit(const Value *v)
{
	return v->p < v->end && *v->p >= '0' && *v->p <= '9';
}

/* A number of seconds; larger ones are cut to MAX_SECONDS. */
static bool
take_seconds(Value *v, int64_t *seconds)
{
	int64_t n = 0;

	if (!at_digit(v))
		return false;
	for (; at_digit(v); v->p++)
	{
		n = n * 10 + (*v->p - '0');
		/* Cut at each digit, so that any number of digits fits. */
		if (n > MAX_SECONDS)
			n = MAX_SECONDS;
	}
	*seconds = n;
	return true;
}

/* The digits of a fraction, as milliseconds rounded up (0 to 1000). */
static bool
take_milliseconds(Value *v, int *milliseconds)
{
	int ms = 0;
	int unit = 100;
	bool more = false;

	if (!at_digit(v))
		return false;
	for (; at_digit(v); v->p++, unit /= 10)
	{
		ms += unit * (*v->p - '0');
		/* From the fourth digit on, unit is 0: any digit but 0 rounds up. */
		more = more || (unit == 0 && *v->p != '0');
	}
	*milliseconds = ms + (more ? 1 : 0);
	return true;
}

bool
dcf_seconds_parse(const char *value, size_t len, int64_t *delay_ms)
{
	Value v = trim(value, len);
	int64_t seconds;
	int64_t delay;
	int milliseconds = 0;

	if (!take_seconds(&v, &seconds))
		return false;
	if (v.p < v.end && *v.p == '.')
	{
		v.p++;
		if (!take_milliseconds(&v, &milliseconds))
			return false;
	}
	if (v.p != v.end)
		return false;
	delay = limited_delay(seconds) + milliseconds;
	*delay_ms = delay < DCF_DELAY_MAX_MS ? delay : DCF_DELAY_MAX_MS;
	return true;
}

/* An HTTP date; months are 1 to 12. */
typedef struct HttpDate
{
	int year;
	int month;
	int day;
	int hour;
	int minute;
	int second;
} HttpDate;

/* A literal text, in its exact case. */
static bool
take_text(Value *v, const char *text)
{
	size_t n = strlen(text);

	if ((size_t) (v->end - v->p) < n || memcmp(v->p, text, n) != 0)
		return false;
	v->p += n;
	return true;
}

/* One of several names; sets its index. */
static bool
take_name(Value *v, const char *const *names, int nnames, int *index)
{
	for (*index = 0; *index < nnames; (*index)++)
	{
		if (take_text(v, names[*index]))
			return true;
	}
	return false;
}

/* A number of exactly ndigits digits, at most max. */
static bool
take_digits(Value *v, int ndigits, int max, int *number)
{
	*number = 0;
	for (int i = 0; i < ndigits; i++, v->p++)
	{
		if (!at_digit(v))
			return false;
		*number = *number * 10 + (*v->p - '0');
	}
	return *number <= max;
}

/* The month's English name, case-sensitive as in RFC 9110. */
static bool
take_month(Value *v, HttpDate *date)
{
	static const char *const names[] = {"Jan", "Feb", "Mar", "Apr",
										"May", "Jun", "Jul", "Aug",
										"Sep", "Oct", "Nov", "Dec"};

	if (!take_name(v, names, 12, &date->month))
		return false;
	date->month++;
	return true;
}

/* A time of day; second 60 is a leap second (RFC 9110). */
static bool
take_clock(Value *v, HttpDate *date)
{
	return take_digits(v, 2, 23, &date->hour) && take_text(v, ":") &&
		take_digits(v, 2, 59, &date->minute) && take_text(v, ":") &&
		take_digits(v, 2, 60, &date->second);
}

/* "Sun, 06 Nov 1994 08:49:37 GMT", after the day's name. */
static bool
take_imf_fixdate(Value *v, HttpDate *date)
{
	return take_text(v, ", ") && take_digits(v, 2, 31, &date->day) &&
		take_text(v, " ") && take_month(v, date) && take_text(v, " ") &&
		take_digits(v, 4, 9999, &date->year) && take_text(v, " ") &&
		take_clock(v, date) && take_text(v, " GMT");
}

/*
 * The approximate year of a Unix time, from 1970 to 9999.  It only serves to find
 * the century of a two-digit year.
 */
static int
year_of(int64_t seconds)
{
	const int64_t seconds_per_year = 31556952;

	if (seconds < 0)
		return 1970;
	if (seconds / seconds_per_year > 9999 - 1970)
		return 9999;
	return (int) (1970 + seconds / seconds_per_year);
}

/* "Sunday, 06-Nov-94 08:49:37 GMT", after the day's name. */
static bool
take_rfc850_date(Value *v, int64_t now, HttpDate *date)
{
	int this_year = year_of(now);

	if (!take_text(v, ", ") || !take_digits(v, 2, 31, &date->day) ||
		!take_text(v, "-") || !take_month(v, date) || !take_text(v, "-") ||
		!take_digits(v, 2, 99, &date->year) || !take_text(v, " ") ||
		!take_clock(v, date) || !take_text(v, " GMT"))
		return false;

	/* More than 50 years ahead means the past century (RFC 9110, 5.6.7). */
	date->year += this_year - this_year % 100;
	if (date->year > this_year + 50)
		date->year -= 100;
	else if (date->year + 50 < this_year)
		date->year += 100;
	return true;
}

/* "Sun Nov  6 08:49:37 1994", after the day's name. */
static bool
take_asctime_date(Value *v, HttpDate *date)
{
	return take_text(v, " ") && take_month(v, date) && take_text(v, " ") &&
		/* A day below 10 has a space in place of its first digit. */
		(take_text(v, " ") ? take_digits(v, 1, 9, &date->day) :
							 take_digits(v, 2, 31, &date->day)) &&
		take_text(v, " ") && take_clock(v, date) && take_text(v, " ") &&
		take_digits(v, 4, 9999, &date->year);
}

/*
 * A date in any of the three forms, told apart by what follows the day's name.
 */
static bool
take_http_date(Value *v, int64_t now, HttpDate *date)
{
	/* Long names first: "Sun" also begins "Sunday". */
	static const char *const long_days[] = {"Sunday",	 "Monday",	 "Tuesday",
											"Wednesday", "Thursday", "Friday",
											"Saturday"};
	static const char *const short_days[] = {"Sun", "Mon", "Tue", "Wed",
											 "Thu", "Fri", "Sat"};
	int weekday;

	if (take_name(v, long_days, 7, &weekday))
		return take_rfc850_date(v, now, date);
	if (!take_name(v, short_days, 7, &weekday))
		return false;
	if (v->p < v->end && *v->p == ',')
		return take_imf_fixdate(v, date);
	return take_asctime_date(v, date);
}

/*
 * Days from 1970-01-01 to a date of the Gregorian calendar.  Years start in March
 * here: the leap day is then the last of its year, and each five months have 153
 * days.
 */
static int64_t
days_since_epoch(int year, int month, int day)
{
	int64_t y = month > 2 ? year : year - 1;
	int64_t m = month > 2 ? month - 3 : month + 9;

	/* Adding a cycle of 400 years keeps the dividends positive. */
	y += 400;
	/*
	 * 719468 is the number of days from 0000-03-01 to 1970-01-01, 146097 that
	 * of 400 years.
	 */
	return y * 365 + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 -
		(719468 + 146097);
}

/* Whether the day exists; month 13 works as the next year's January. */
static bool
is_in_month(const HttpDate *date)
{
	return date->day >= 1 &&
		date->day <= days_since_epoch(date->year, date->month + 1, 1) -
			days_since_epoch(date->year, date->month, 1);
}

bool
dcf_retry_after_parse(const char *value, size_t len, int64_t now,
					  int64_t *delay_ms)
{
	Value v = trim(value, len);
	HttpDate date;
	int64_t seconds;

	if (at_digit(&v))
	{
		if (!take_seconds(&v, &seconds) || v.p != v.end)
			return false;
		*delay_ms = limited_delay(seconds);
		return true;
	}
	if (!take_http_date(&v, now, &date) || v.p != v.end || !is_in_month(&date))
		return false;
	seconds = days_since_epoch(date.year, date.month, date.day) * 86400 +
		date.hour * 3600 + date.minute * 60 + date.second;
	if (seconds <= now)
		*delay_ms = 0;
	/*
	 * now may be any number: a difference that could overflow is never
	 * computed.
	 */
	else if (now <= seconds - MAX_SECONDS)
		*delay_ms = DCF_DELAY_MAX_MS;
	else
		*delay_ms = limited_delay(seconds - now);
	return true;
}
