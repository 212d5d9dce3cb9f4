/*
 * http_date.c
 *	  Dates in headers and certificates.  See http_date.h.
 *
 * Each take_ function parses something at the start of what is left of the text,
 * and returns false if that is not there.
 */
#include "core/http_date.h"

#include <string.h>

#include "core/text.h"
#include "cursor.h"

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
take_text(DcfCursor *v, const char *text)
{
	size_t n = strlen(text);

	if ((size_t) (v->end - v->p) < n || memcmp(v->p, text, n) != 0)
		return false;
	v->p += n;
	return true;
}

/* One of several names; sets its index. */
static bool
take_name(DcfCursor *v, const char *const *names, int nnames, int *index)
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
take_digits(DcfCursor *v, int ndigits, int max, int *number)
{
	*number = 0;
	for (int i = 0; i < ndigits; i++, v->p++)
	{
		if (!dcf_cursor_at_digit(v))
			return false;
		*number = *number * 10 + (*v->p - '0');
	}
	return *number <= max;
}

/* The month's English name, case-sensitive as in RFC 9110. */
static bool
take_month(DcfCursor *v, HttpDate *date)
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
take_clock(DcfCursor *v, HttpDate *date)
{
	return take_digits(v, 2, 23, &date->hour) && take_text(v, ":") &&
		take_digits(v, 2, 59, &date->minute) && take_text(v, ":") &&
		take_digits(v, 2, 60, &date->second);
}

/* "Sun, 06 Nov 1994 08:49:37 GMT", after the day's name. */
static bool
take_imf_fixdate(DcfCursor *v, HttpDate *date)
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
take_rfc850_date(DcfCursor *v, int64_t now, HttpDate *date)
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

/* "Nov  6 08:49:37 1994" */
static bool
take_asctime_rest(DcfCursor *v, HttpDate *date)
{
	return take_month(v, date) && take_text(v, " ") &&
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
take_http_date(DcfCursor *v, int64_t now, HttpDate *date)
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
	/* "Sun Nov  6 08:49:37 1994" */
	return take_text(v, " ") && take_asctime_rest(v, date);
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

/* The Unix time of a date whose day exists. */
static bool
convert(const HttpDate *date, int64_t *seconds)
{
	if (!is_in_month(date))
		return false;
	*seconds = days_since_epoch(date->year, date->month, date->day) * 86400 +
		date->hour * 3600 + date->minute * 60 + date->second;
	return true;
}

bool
dcf_http_date_parse(const char *value, size_t len, int64_t now,
					int64_t *seconds)
{
	DcfCursor v = dcf_cursor_trim(value, len);
	HttpDate date;

	return take_http_date(&v, now, &date) && v.p == v.end &&
		convert(&date, seconds);
}

/* OpenSSL's form, which is asctime()'s without the day's name. */
static bool
take_openssl_date(DcfCursor *v, HttpDate *date)
{
	return take_asctime_rest(v, date) && take_text(v, " GMT");
}

/* The form of libcurl's own reader of certificates. */
static bool
take_iso_date(DcfCursor *v, HttpDate *date)
{
	static const char zone[] = " GMT";
	size_t len = v->end - v->p;
	DcfIsoTime iso;

	if (len < strlen(zone) ||
		memcmp(v->end - strlen(zone), zone, strlen(zone)) != 0 ||
		!dcf_text_parse_iso(v->p, len - strlen(zone), &iso) || !iso.has_date ||
		!iso.has_time || iso.has_zone)
		return false;
	*date = (HttpDate){iso.year, iso.month,	 iso.day,
					   iso.hour, iso.minute, iso.second};
	v->p = v->end;
	return true;
}

bool
dcf_http_date_parse_certificate(const char *value, size_t len,
								int64_t *seconds)
{
	DcfCursor v = dcf_cursor_trim(value, len);
	HttpDate date;
	bool found = dcf_cursor_at_digit(&v) ? take_iso_date(&v, &date) :
										   take_openssl_date(&v, &date);

	return found && v.p == v.end && convert(&date, seconds);
}
