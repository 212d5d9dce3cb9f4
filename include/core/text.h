/*
 * text.h
 *	  Foreign text: making it safe to show, and parsing its values.
 *
 * Pure C: no I/O, no allocation, no PostgreSQL.
 */
#ifndef DCF_TEXT_H
#define DCF_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Copy foreign bytes for a message.  Each control character, line break, NUL,
 * byte of invalid UTF-8, and character that changes the direction or order of a
 * line (U+061C, U+200E/F, U+202A..E, U+2066..9, U+FEFF, U+2028/9) becomes '?'.
 * The result is NUL-terminated valid UTF-8 of at most size - 1 bytes; a longer
 * one is cut at a character boundary and ends in "...".  size is at least 4.
 * Returns the result's length.
 */
extern size_t dcf_text_make_safe(const char *src, size_t len, char *dst,
								 size_t size);

/* Whether the bytes are valid UTF-8 (RFC 3629) without U+0000. */
extern bool dcf_text_is_utf8(const char *src, size_t len);

/*
 * Whether the bytes are a decimal number: optional sign, at least one digit and
 * at most one point, optional exponent; no spaces, NaN or Infinity.  If so,
 * *integral tells whether it has neither point nor exponent.
 */
extern bool dcf_text_is_number(const char *src, size_t len, bool *integral);

/* Results of dcf_text_parse_whole(). */
typedef enum DcfWhole
{
	DCF_WHOLE_OK,
	DCF_WHOLE_NO_NUMBER,	/* dcf_text_is_number() is false */
	DCF_WHOLE_FRACTION,		/* 14.5 */
	DCF_WHOLE_OUT_OF_RANGE, /* whole, but exceeds 64 bits */
} DcfWhole;

/*
 * Parse a whole number in any notation ("14", "14.0", "1.4e1"), without rounding.
 * *result is set only for DCF_WHOLE_OK.
 */
extern DcfWhole dcf_text_parse_whole(const char *src, size_t len,
									 int64_t *result);

/*
 * Whether the bytes are .NET's name of a special floating-point value: NaN,
 * Infinity and -Infinity (in JSON), INF and -INF (in XML).
 */
extern bool dcf_text_is_float_name(const char *src, size_t len);

/*
 * Parse a decimal number of at most DCF_DECIMAL_DIGITS digits: optional sign, at
 * least one digit and at most one point.  It is value / 10^scale, with scale
 * digits after the point.  Returns false, and sets nothing, for anything else.
 */
#define DCF_DECIMAL_DIGITS 18

extern bool dcf_text_parse_decimal(const char *src, size_t len, int64_t *value,
								   int *scale);

/*
 * Parse a UUID in its usual form, 8-4-4-4-12 hexadecimal digits of either case,
 * to 16 bytes.  Returns false for anything else; bytes is then undefined.
 */
extern bool dcf_text_parse_uuid(const char *src, size_t len,
								unsigned char *bytes);

/*
 * A date and time in ISO 8601, in the service's form:
 * YYYY-MM-DD [ (T|t|space) HH:MM[:SS[.f...]] [ Z|z|(+|-)HH[[:]MM] ] ],
 * or only the time part.  Ranges are checked: the day by month and leap year,
 * year 1 to 9999, hour 0 to 23, second 0 to 59, offset below 16 h.  Fractions
 * have up to 9 digits (.NET writes 7) and are rounded to microseconds like in
 * PostgreSQL's input functions, so usec may be 1000000.  Absent parts are 0.
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

/* Returns false, and leaves *result alone, for any other text. */
extern bool dcf_text_parse_iso(const char *src, size_t len,
							   DcfIsoTime *result);

/*
 * A time span in .NET's form: [-][d.]hh:mm:ss[.f...], where d has up to 8 digits,
 * hh is 00 to 23, and fractions are as above.  The sign is that of the whole.
 */
typedef struct DcfTimeSpan
{
	bool negative;
	int days;
	int hour, minute, second, usec;
} DcfTimeSpan;

/* Returns false, and leaves *result alone, for any other text. */
extern bool dcf_text_parse_span(const char *src, size_t len,
								DcfTimeSpan *result);

/* Whether valid UTF-8 contains a C0 or C1 control character or DEL. */
extern bool dcf_text_has_control(const char *src, size_t len);

#endif /* DCF_TEXT_H */
