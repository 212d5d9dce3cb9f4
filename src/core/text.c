/*
 * text.c
 *	  Foreign text, except dates and times.  See text.h.
 */
#include "core/text.h"

#include <stdint.h>
#include <string.h>

#include "hex.h"
#include "utf8.h"

/*
 * The length of the UTF-8 character at src, and its code point; 0 if it is
 * invalid or incomplete.
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
			/*
			 * The first byte of a character of need + 1 bytes has 6 - need
			 * bits of it.
			 */
			*code = state.need == 0 ? src[0] : src[0] & (0x3F >> state.need);
		else
			*code = *code << 6 | (src[i] & 0x3F);
		i++;
	} while (state.need > 0);
	return i;
}

/* Whether a message may show the character; see dcf_text_make_safe(). */
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
	size_t cut = 0; /* the last boundary that leaves room for the dots */
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
			/*
			 * The dots replace what was written after the last boundary with
			 * room for them.
			 */
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

/* Skip digits; returns their number. */
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

/*
 * The exponent from pos to the end, limited to a bound far above the length of
 * any text.
 */
static int64_t
read_exponent(const char *src, size_t len, size_t pos)
{
	const int64_t bound = INT64_C(1) << 60;
	int64_t exponent = 0;
	bool negative = src[pos] == '-';

	skip_sign(src, len, &pos);
	for (; pos < len; pos++)
		/*
		 * Further digits are ignored: the exponent is already out of any
		 * range.
		 */
		if (exponent < bound / 10)
			exponent = exponent * 10 + (src[pos] - '0');
	return negative ? -exponent : exponent;
}

/* Append a digit to a negative number, whose range includes INT64_MIN. */
static bool
append_digit(int64_t *value, int digit)
{
	return !__builtin_mul_overflow(*value, 10, value) &&
		!__builtin_sub_overflow(*value, digit, value);
}

DcfWhole
dcf_text_parse_whole(const char *src, size_t len, int64_t *result)
{
	bool negative = len > 0 && src[0] == '-';
	bool fits = true;
	bool integral;
	int64_t value = 0;
	int64_t places; /* digits before the point, once the exponent moved it */
	size_t end = 0;
	size_t pos = 0;

	if (!dcf_text_is_number(src, len, &integral))
		return DCF_WHOLE_NO_NUMBER;
	skip_sign(src, len, &pos);
	end = pos;
	/*
	 * places counts the digits before the point; a positive exponent moves the
	 * point to the right.
	 */
	places = (int64_t) skip_digits(src, len, &end);
	if (end < len && src[end] == '.')
	{
		end++;
		skip_digits(src, len, &end);
	}
	if (end < len)
		places += read_exponent(src, len, end + 1);

	for (; pos < end; pos++)
	{
		if (src[pos] == '.')
			continue;
		/*
		 * After the moved point, only zeros are allowed.  A fraction counts
		 * even if the number is too large.
		 */
		if (places-- > 0)
			fits = fits && append_digit(&value, src[pos] - '0');
		else if (src[pos] != '0')
			return DCF_WHOLE_FRACTION;
	}
	/*
	 * The exponent may demand more digits than there are.  The loop ends at an
	 * overflow, after at most 19 steps.
	 */
	for (; fits && value != 0 && places > 0; places--)
		fits = append_digit(&value, 0);
	if (!fits || (!negative && value == INT64_MIN))
		return DCF_WHOLE_OUT_OF_RANGE;
	*result = negative ? value : -value;
	return DCF_WHOLE_OK;
}

bool
dcf_text_is_float_name(const char *src, size_t len)
{
	if (len == 3 && memcmp(src, "NaN", 3) == 0)
		return true;
	if (len > 0 && src[0] == '-')
	{
		src++;
		len--;
	}
	return (len == 8 && memcmp(src, "Infinity", 8) == 0) ||
		(len == 3 && memcmp(src, "INF", 3) == 0);
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
			/* 18 digits fit int64 without a check for overflow. */
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
			/* A hyphen is expected before bytes 4, 6, 8 and 10. */
			if (src[pos++] != '-')
				return false;
		}
		high = dcf_hex_value(src[pos++]);
		low = dcf_hex_value(src[pos++]);
		if (high < 0 || low < 0)
			return false;
		bytes[i] = (unsigned char) (high << 4 | low);
	}
	return true;
}

bool
dcf_text_has_control(const char *src, size_t len)
{
	for (size_t i = 0; i < len; i++)
	{
		unsigned char c = (unsigned char) src[i];

		if (c < 0x20 || c == 0x7F)
			return true;
		/* U+0080 to U+009F are C2 80 to C2 9F in UTF-8. */
		if (c == 0xC2 && i + 1 < len && (unsigned char) src[i + 1] < 0xA0)
			return true;
	}
	return false;
}
