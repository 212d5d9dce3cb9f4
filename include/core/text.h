/*
 * text.h
 *	  Foreign text: making it fit to show, and recognising its forms.
 *
 * Pure C: no I/O, no allocation, no PostgreSQL.
 */
#ifndef DCF_TEXT_H
#define DCF_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Copy foreign bytes into a message: each control character, line break, NUL,
 * byte of invalid UTF-8, and character that changes the direction or order of
 * a line (U+061C, U+200E/F, U+202A..E, U+2066..9, U+FEFF, U+2028/9) becomes
 * '?'.  Result is NUL-terminated valid UTF-8 of at most size - 1 bytes; if it had
 * to be cut it ends in "..." at a character boundary.  size is at least 4.
 * Returns its length.
 */
extern size_t dcf_text_make_safe(const char *src, size_t len, char *dst,
								 size_t size);

/* Whether the bytes are valid UTF-8 (RFC 3629) without U+0000. */
extern bool dcf_text_is_utf8(const char *src, size_t len);

/*
 * Whether the bytes are a decimal number: optional sign, digits with at most
 * one point and at least one digit, optional exponent.  No spaces, no names
 * (NaN, Infinity).  *integral: no point and no exponent; unset if false.
 */
extern bool dcf_text_is_number(const char *src, size_t len, bool *integral);

/* The integer that a number is, if it is one: "14", "14.0", "1.4e1". */
typedef enum DcfWhole
{
	DCF_WHOLE_OK,
	DCF_WHOLE_NO_NUMBER,	/* not what dcf_text_is_number() takes */
	DCF_WHOLE_FRACTION,		/* 14.5 */
	DCF_WHOLE_OUT_OF_RANGE, /* whole, but not of 64 bits */
} DcfWhole;

/* *result is set for DCF_WHOLE_OK alone.  Nothing is ever rounded. */
extern DcfWhole dcf_text_parse_whole(const char *src, size_t len,
									 int64_t *result);

/*
 * Whether the bytes are how .NET writes a floating point value that is no
 * number: NaN, Infinity and -Infinity in JSON, INF and -INF in XML.
 */
extern bool dcf_text_is_float_name(const char *src, size_t len);

/*
 * A decimal number of at most DCF_DECIMAL_DIGITS digits: optional sign, digits
 * with at most one point and at least one digit.  It is value / 10^scale, with
 * scale digits behind the point.  False, and both unset, for anything else.
 */
#define DCF_DECIMAL_DIGITS 18

extern bool dcf_text_parse_decimal(const char *src, size_t len, int64_t *value,
								   int *scale);

/*
 * A UUID in its usual form, 8-4-4-4-12 hexadecimal digits of either case, into
 * 16 bytes.  False for anything else; bytes are then undefined.
 */
extern bool dcf_text_parse_uuid(const char *src, size_t len,
								unsigned char *bytes);

/*
 * A date and time in ISO 8601 as the service writes it, and nothing around it:
 * YYYY-MM-DD [ (T|t|space) HH:MM[:SS[.f...]] [ Z|z|(+|-)HH[[:]MM] ] ],
 * or the time part alone.  Fields are range-checked (days by month and leap
 * year, year 1 to 9999, hour 0 to 23, second 0 to 59, offset below 16 h).
 * Fractions of up to 9 digits (.NET's times have 7), rounded to microseconds as
 * PostgreSQL's input functions round: usec may be 1000000.  Parts that are absent
 * are 0.
 */
typedef struct DcfIsoTime
{
	bool has_date;
	bool has_time;
	bool has_zone;
	int year, month, day;
	int hour, minute, second, usec;
	int offset; /* seconds east of UTC */
} DcfIsoTime;

/* False, and *result unset, for anything else. */
extern bool dcf_text_parse_iso(const char *src, size_t len,
							   DcfIsoTime *result);

/*
 * A span of time as .NET writes it, and nothing around it:
 * [-][d.]hh:mm:ss[.f...], where d has up to 8 digits, hh is 00 to 23, and
 * fractions are as above.  The sign is that of the whole.
 */
typedef struct DcfTimeSpan
{
	bool negative;
	int days;
	int hour, minute, second, usec;
} DcfTimeSpan;

/* False, and *result unset, for anything else. */
extern bool dcf_text_parse_span(const char *src, size_t len,
								DcfTimeSpan *result);

/* Whether UTF-8 has a C0 or C1 control character, or DEL. */
extern bool dcf_text_has_control(const char *src, size_t len);

#endif /* DCF_TEXT_H */
