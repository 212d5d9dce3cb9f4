/*
 * text.c
 *	  Foreign text: making it fit to show, and recognising its forms.
 */
#include "text.h"

#include <stdint.h>
#include <string.h>

#include "utf8.h"

/*
 * The length of the UTF-8 character at src and its code point; 0 if there is
 * no whole and valid one.
 */
static size_t
character_length(const unsigned char *src, size_t len, uint32_t *code)
{
	DcfUtf8 state = {0};
	size_t i = 0;

	do
	{
		if (i >= len || !dcf_utf8_step(&state, src[i]))
			return 0;
		if (i == 0)
			*code = state.need == 0 ? src[0] : src[0] & (0x3F >> state.need);
		else
			*code = *code << 6 | (src[i] & 0x3F);
		i++;
	} while (state.need > 0);
	return i;
}

static bool
is_safe(uint32_t code)
{
	if (code < 0x20 || (code >= 0x7F && code <= 0x9F))
		return false; /* C0, DEL, C1 */
	if (code == 0x061C || code == 0x200E || code == 0x200F ||
		(code >= 0x202A && code <= 0x202E) ||
		(code >= 0x2066 && code <= 0x2069))
		return false; /* direction */
	return code != 0x2028 && code != 0x2029 && code != 0xFEFF;
}

size_t
dcf_text_make_safe(const char *src, size_t len, char *dst, size_t size)
{
	static const char dots[] = "...";
	const size_t ndots = sizeof(dots) - 1;
	size_t room = size - 1;
	size_t written = 0;
	size_t cut = 0; /* last boundary with room for the dots */
	size_t i = 0;

	while (i < len)
	{
		uint32_t code = 0;
		size_t n =
			character_length((const unsigned char *) src + i, len - i, &code);
		const char *piece = src + i;
		size_t npiece = n;

		if (n == 0 || !is_safe(code))
		{
			piece = "?";
			npiece = 1;
		}
		if (npiece > room - written)
		{
			memcpy(dst + cut, dots, ndots);
			written = cut + ndots;
			break;
		}
		memcpy(dst + written, piece, npiece);
		written += npiece;
		if (room - written >= ndots)
			cut = written;
		i += n > 0 ? n : 1;
	}
	dst[written] = '\0';
	return written;
}

bool
dcf_text_is_utf8(const char *src, size_t len)
{
	DcfUtf8 state = {0};

	for (size_t i = 0; i < len; i++)
	{
		if (src[i] == '\0' || !dcf_utf8_step(&state, (unsigned char) src[i]))
			return false;
	}
	return state.need == 0;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Pass over digits; says how many there were. */
static size_t
skip_digits(const char *src, size_t len, size_t *pos)
{
	size_t start = *pos;

	while (*pos < len && is_digit(src[*pos]))
		(*pos)++;
	return *pos - start;
}

static bool
skip_sign(const char *src, size_t len, size_t *pos)
{
	if (*pos >= len || (src[*pos] != '+' && src[*pos] != '-'))
		return false;
	(*pos)++;
	return true;
}

bool
dcf_text_is_number(const char *src, size_t len, bool *integral)
{
	size_t pos = 0;
	size_t ndigits;
	bool whole = true;

	skip_sign(src, len, &pos);
	ndigits = skip_digits(src, len, &pos);
	if (pos < len && src[pos] == '.')
	{
		whole = false;
		pos++;
		ndigits += skip_digits(src, len, &pos);
	}
	if (ndigits == 0)
		return false;
	if (pos < len && (src[pos] == 'e' || src[pos] == 'E'))
	{
		whole = false;
		pos++;
		skip_sign(src, len, &pos);
		if (skip_digits(src, len, &pos) == 0)
			return false;
	}
	if (pos != len)
		return false;
	*integral = whole;
	return true;
}

bool
dcf_text_parse_decimal(const char *src, size_t len, int64_t *value, int *scale)
{
	const char *end = src + len;
	const char *p = src;
	const char *point = NULL;
	bool negative = false;
	int64_t digits = 0;
	int ndigits = 0;

	if (p < end && (*p == '-' || *p == '+'))
		negative = *p++ == '-';
	for (; p < end; p++)
	{
		if (is_digit(*p))
		{
			if (++ndigits > DCF_DECIMAL_DIGITS)
				return false;
			digits = digits * 10 + (*p - '0');
		}
		else if (*p == '.' && point == NULL)
			point = p;
		else
			return false;
	}
	if (ndigits == 0)
		return false;
	*value = negative ? -digits : digits;
	*scale = point ? (int) (end - point) - 1 : 0;
	return true;
}

static int
hex_digit(char c)
{
	if (is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool
dcf_text_parse_uuid(const char *src, size_t len, unsigned char *bytes)
{
	size_t pos = 0;

	if (len != 36)
		return false;
	for (int i = 0; i < 16; i++)
	{
		int high;
		int low;

		if (i == 4 || i == 6 || i == 8 || i == 10)
		{
			if (src[pos++] != '-')
				return false;
		}
		high = hex_digit(src[pos++]);
		low = hex_digit(src[pos++]);
		if (high < 0 || low < 0)
			return false;
		bytes[i] = (unsigned char) (high << 4 | low);
	}
	return true;
}

/* What is left of a date and time while it is being read. */
typedef struct IsoCursor
{
	const char *src;
	size_t len;
	size_t pos;
} IsoCursor;

/* Exactly ndigits digits with a value from min to max. */
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

/* The digits after the point: 1 to 9 of them, rounded to microseconds. */
static bool
take_fraction(IsoCursor *cursor, int *usec)
{
	int nanos = 0;
	int ndigits = 0;

	while (cursor->pos < cursor->len && is_digit(cursor->src[cursor->pos]))
	{
		if (++ndigits > 9)
			return false;
		nanos = nanos * 10 + (cursor->src[cursor->pos++] - '0');
	}
	if (ndigits == 0)
		return false;
	for (; ndigits < 9; ndigits++)
		nanos *= 10;
	*usec = (nanos + 500) / 1000;
	return true;
}

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
	if (!take_number(cursor, 2, 0, 23, &hours))
		return false;
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
	if (iso.has_time && cursor.pos < len && !take_zone(&cursor, &iso))
		return false;
	if (cursor.pos != len)
		return false;
	*result = iso;
	return true;
}
