/*
 * text_time.c
 *	  Dates, times and time spans in foreign text.  See text.h.
 */
#include "core/text.h"

#include <limits.h>

/* Digits of the days in .NET's longest time span. */
#define SPAN_DAY_DIGITS 8

/* hh:mm:ss */
#define SPAN_TIME_LENGTH 8

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/*
 * A text and the position in it.  Each take_ function parses something at the
 * position and advances it, or returns false.
 */
typedef struct IsoCursor
{
	const char *src;
	size_t len;
	size_t pos;
} IsoCursor;

/* A number of exactly ndigits digits between min and max. */
static bool
take_number(IsoCursor *cursor, int ndigits, int min, int max, int *value)
{
	int n = 0;

	if (cursor->len - cursor->pos < (size_t) ndigits)
		return false;
	for (int i = 0; i < ndigits; i++)
	{
		char c = cursor->src[cursor->pos + i];

		if (!is_digit(c))
			return false;
		n = n * 10 + (c - '0');
	}
	if (n < min || n > max)
		return false;
	cursor->pos += ndigits;
	*value = n;
	return true;
}

static bool
take_char(IsoCursor *cursor, char c)
{
	if (cursor->pos >= cursor->len || cursor->src[cursor->pos] != c)
		return false;
	cursor->pos++;
	return true;
}

static int
days_in_month(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return days[month - 1] + (month == 2 && leap ? 1 : 0);
}

/* YYYY-MM-DD, with a day that the month has. */
static bool
take_date(IsoCursor *cursor, DcfIsoTime *iso)
{
	iso->has_date = true;
	return take_number(cursor, 4, 1, 9999, &iso->year) &&
		take_char(cursor, '-') && take_number(cursor, 2, 1, 12, &iso->month) &&
		take_char(cursor, '-') &&
		take_number(cursor, 2, 1, days_in_month(iso->year, iso->month),
					&iso->day);
}

/*
 * The fraction digits / unit in microseconds, rounded like in PostgreSQL's input
 * functions: in floating point, half to even.  The quotient is what strtod()
 * returns for the digits.
 */
static int
round_fraction(int digits, double unit)
{
	double exact = digits / unit * 1e6;
	int whole = (int) exact;
	double rest = exact - whole;

	return whole + (rest > 0.5 || (rest == 0.5 && whole % 2 == 1));
}

/* The digits after the point: 1 to 9 of them. */
static bool
take_fraction(IsoCursor *cursor, int *usec)
{
	int digits = 0;
	int ndigits = 0;
	double unit = 1;

	while (cursor->pos < cursor->len && is_digit(cursor->src[cursor->pos]))
	{
		if (++ndigits > 9)
			return false;
		digits = digits * 10 + (cursor->src[cursor->pos++] - '0');
		unit *= 10;
	}
	if (ndigits == 0)
		return false;
	*usec = round_fraction(digits, unit);
	return true;
}

/* HH:MM, HH:MM:SS or HH:MM:SS with a fraction. */
static bool
take_time(IsoCursor *cursor, DcfIsoTime *iso)
{
	iso->has_time = true;
	if (!take_number(cursor, 2, 0, 23, &iso->hour) ||
		!take_char(cursor, ':') ||
		!take_number(cursor, 2, 0, 59, &iso->minute))
		return false;
	if (!take_char(cursor, ':'))
		return true;
	if (!take_number(cursor, 2, 0, 59, &iso->second))
		return false;
	return !take_char(cursor, '.') || take_fraction(cursor, &iso->usec);
}

/* Z, or an offset as +HH, +HHMM or +HH:MM. */
static bool
take_zone(IsoCursor *cursor, DcfIsoTime *iso)
{
	int sign = 1;
	int hours;
	int minutes = 0;

	iso->has_zone = true;
	if (take_char(cursor, 'Z') || take_char(cursor, 'z'))
		return true;
	if (take_char(cursor, '-'))
		sign = -1;
	else if (!take_char(cursor, '+'))
		return false;
	if (!take_number(cursor, 2, 0, 15, &hours))
		return false;
	/* Minutes must follow a colon, or fill what is left. */
	if (take_char(cursor, ':') || cursor->pos < cursor->len)
	{
		if (!take_number(cursor, 2, 0, 59, &minutes))
			return false;
	}
	iso->offset = sign * (hours * 3600 + minutes * 60);
	return true;
}

bool
dcf_text_parse_iso(const char *src, size_t len, DcfIsoTime *result)
{
	IsoCursor cursor = {src, len, 0};
	DcfIsoTime iso = {0};

	/* A year has four digits, so a colon here means a time without a date. */
	if (len > 2 && src[2] == ':')
	{
		if (!take_time(&cursor, &iso))
			return false;
	}
	else
	{
		if (!take_date(&cursor, &iso))
			return false;
		if ((take_char(&cursor, 'T') || take_char(&cursor, 't') ||
			 take_char(&cursor, ' ')) &&
			!take_time(&cursor, &iso))
			return false;
	}
	/* A date alone has no zone. */
	if (iso.has_time && cursor.pos < len && !take_zone(&cursor, &iso))
		return false;
	if (cursor.pos != len)
		return false;
	*result = iso;
	return true;
}

/* The number of digits at the position. */
static size_t
count_digits(const IsoCursor *cursor)
{
	size_t n = 0;

	while (cursor->pos + n < cursor->len &&
		   is_digit(cursor->src[cursor->pos + n]))
		n++;
	return n;
}

bool
dcf_text_parse_span(const char *src, size_t len, DcfTimeSpan *result)
{
	IsoCursor cursor = {src, len, 0};
	DcfTimeSpan span = {0};
	DcfIsoTime time = {0};
	size_t ndigits;

	span.negative = take_char(&cursor, '-');
	ndigits = count_digits(&cursor);
	if (ndigits == 0 || ndigits > SPAN_DAY_DIGITS)
		return false;
	/*
	 * A point after the first digits makes them days; a colon makes them
	 * hours.
	 */
	if (cursor.pos + ndigits < len && src[cursor.pos + ndigits] == '.' &&
		(!take_number(&cursor, (int) ndigits, 0, INT_MAX, &span.days) ||
		 !take_char(&cursor, '.')))
		return false;

	/* The seconds are required: "12:30" may mean minutes and seconds. */
	if (len - cursor.pos < SPAN_TIME_LENGTH ||
		src[cursor.pos + SPAN_TIME_LENGTH - 3] != ':' ||
		!take_time(&cursor, &time) || cursor.pos != len)
		return false;
	span.hour = time.hour;
	span.minute = time.minute;
	span.second = time.second;
	span.usec = time.usec;
	*result = span;
	return true;
}
