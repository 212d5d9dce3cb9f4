/*
 * json_scan.c
 *	  Scanning one JSON string, number or word.  See json_scan.h.
 */
#include "json_scan.h"

#include "hex.h"
#include "vector.h"

/* States within a string. */
enum
{
	STRING_PLAIN,
	STRING_UTF8,	   /* inside a character of several bytes */
	STRING_ESCAPE,	   /* after a backslash */
	STRING_HEX,		   /* inside \uXXXX */
	STRING_LOW_ESCAPE, /* before the backslash of a low surrogate */
	STRING_LOW_U	   /* before the u of a low surrogate */
};

/* States within a number: the part that was read last. */
enum
{
	NUMBER_MINUS,
	NUMBER_ZERO, /* a leading 0 */
	NUMBER_INTEGER,
	NUMBER_POINT,
	NUMBER_FRACTION,
	NUMBER_E,
	NUMBER_E_SIGN,
	NUMBER_EXPONENT
};

void
dcf_json_scan_begin(DcfJsonScan *scan, char first)
{
	switch (first)
	{
		case '"':
			scan->state = STRING_PLAIN;
			scan->escaped = false;
			break;
		case '-':
			scan->state = NUMBER_MINUS;
			break;
		case '0':
			scan->state = NUMBER_ZERO;
			break;
		case 't':
			scan->word = "rue";
			break;
		case 'f':
			scan->word = "alse";
			break;
		case 'n':
			scan->word = "ull";
			break;
		default:
			scan->state = NUMBER_INTEGER;
			break;
	}
}

/* Set the error. */
static DcfJsonScanResult
wrong(DcfJsonScan *scan, DcfReadErrorCode code, const char *reason)
{
	scan->code = code;
	scan->reason = reason;
	return DCF_SCAN_WRONG;
}

/*
 * Take one digit of \uXXXX.  A digit is refused as soon as the code unit cannot
 * be valid any more.
 */
static DcfJsonScanResult
scan_hex_digit(DcfJsonScan *scan, char c)
{
	int digit = dcf_hex_value(c);

	if (digit < 0)
		return wrong(scan, DCF_READ_E_SYNTAX,
					 "not a hexadecimal digit after \\u");
	scan->unit = (uint16_t) (scan->unit << 4 | digit);
	scan->ndigits++;

	if (scan->low_half)
	{
		/* A low surrogate is DC00 to DFFF. */
		if ((scan->ndigits == 1 && digit != 0xD) ||
			(scan->ndigits == 2 && digit < 0xC))
			return wrong(scan, DCF_READ_E_SYNTAX,
						 "a high surrogate without its low one");
	}
	else if (scan->ndigits == 2 && scan->unit >= 0xDC && scan->unit <= 0xDF)
		return wrong(scan, DCF_READ_E_SYNTAX,
					 "a low surrogate without its high one");

	if (scan->ndigits < 4)
		return DCF_SCAN_DONE;
	/* U+0000 is valid JSON, but no text of PostgreSQL can hold it. */
	if (scan->unit == 0)
		return wrong(scan, DCF_READ_E_SYNTAX, "U+0000 in a string");
	if (!scan->low_half && scan->unit >= 0xD800 && scan->unit <= 0xDBFF)
		scan->state = STRING_LOW_ESCAPE;
	else
		scan->state = STRING_PLAIN;
	return DCF_SCAN_DONE;
}

/* Take the byte after a backslash. */
static DcfJsonScanResult
scan_escape(DcfJsonScan *scan, char c)
{
	switch (c)
	{
		case '"':
		case '\\':
		case '/':
		case 'b':
		case 'f':
		case 'n':
		case 'r':
		case 't':
			scan->state = STRING_PLAIN;
			return DCF_SCAN_DONE;
		case 'u':
			scan->state = STRING_HEX;
			scan->ndigits = 0;
			scan->unit = 0;
			scan->low_half = false;
			return DCF_SCAN_DONE;
		default:
			return wrong(scan, DCF_READ_E_SYNTAX,
						 "unknown escape in a string");
	}
}

/* Take a byte that is neither plain nor a quote, in the state STRING_PLAIN. */
static DcfJsonScanResult
scan_special(DcfJsonScan *scan, char c)
{
	if (c == '\\')
	{
		scan->escaped = true;
		scan->state = STRING_ESCAPE;
		return DCF_SCAN_DONE;
	}
	if ((unsigned char) c < 0x20)
		return wrong(scan, DCF_READ_E_SYNTAX, "control character in a string");
	scan->utf8.need = 0;
	if (!dcf_utf8_step(&scan->utf8, (unsigned char) c))
		return wrong(scan, DCF_READ_E_UTF8, "invalid UTF-8 in a string");
	/* The byte begins a character of several bytes: ASCII does not get here. */
	scan->state = STRING_UTF8;
	return DCF_SCAN_DONE;
}

/* Take one byte of a string in any state but STRING_PLAIN. */
static DcfJsonScanResult
scan_odd_byte(DcfJsonScan *scan, char c)
{
	switch (scan->state)
	{
		case STRING_UTF8:
			if (!dcf_utf8_step(&scan->utf8, (unsigned char) c))
				return wrong(scan, DCF_READ_E_UTF8,
							 "invalid UTF-8 in a string");
			if (scan->utf8.need == 0)
				scan->state = STRING_PLAIN;
			return DCF_SCAN_DONE;
		case STRING_ESCAPE:
			return scan_escape(scan, c);
		case STRING_HEX:
			return scan_hex_digit(scan, c);
		default:
			if (c != (scan->state == STRING_LOW_ESCAPE ? '\\' : 'u'))
				return wrong(scan, DCF_READ_E_SYNTAX,
							 "a high surrogate without its low one");
			if (scan->state == STRING_LOW_ESCAPE)
			{
				scan->state = STRING_LOW_U;
				return DCF_SCAN_DONE;
			}
			scan_escape(scan, c);
			/* scan_escape() clears low_half, so it is set after the call. */
			scan->low_half = true;
			return DCF_SCAN_DONE;
	}
}

DcfJsonScanResult
dcf_json_scan_string(DcfJsonScan *scan, const char **p, const char *end)
{
	const char *at = *p;
	DcfJsonScanResult result = DCF_SCAN_MORE;

	while (at < end)
	{
		if (scan->state == STRING_PLAIN)
		{
			/* Plain text is skipped several bytes at a time. */
			at = dcf_vector_skip_portable(at, end);
			if (at == end)
				break;
			if (*at == '"')
			{
				*p = at + 1;
				return DCF_SCAN_DONE;
			}
			result = scan_special(scan, *at);
		}
		else
			result = scan_odd_byte(scan, *at);
		if (result == DCF_SCAN_WRONG)
			break;
		result = DCF_SCAN_MORE;
		at++;
	}
	*p = at;
	return result;
}

/*
 * The state after the next byte of a number; -1 if the byte is not part of it.
 */
static inline int
next_number_state(int state, char c)
{
	if (c >= '0' && c <= '9')
	{
		switch (state)
		{
			case NUMBER_MINUS:
				return c == '0' ? NUMBER_ZERO : NUMBER_INTEGER;
			case NUMBER_ZERO:
				return -1;
			case NUMBER_POINT:
				return NUMBER_FRACTION;
			case NUMBER_E:
			case NUMBER_E_SIGN:
				return NUMBER_EXPONENT;
			default:
				return state;
		}
	}
	if (c == '.')
		return state == NUMBER_ZERO || state == NUMBER_INTEGER ? NUMBER_POINT :
																 -1;
	if (c == 'e' || c == 'E')
		return state == NUMBER_ZERO || state == NUMBER_INTEGER ||
				state == NUMBER_FRACTION ?
			NUMBER_E :
			-1;
	if (c == '+' || c == '-')
		return state == NUMBER_E ? NUMBER_E_SIGN : -1;
	return -1;
}

DcfJsonScanResult
dcf_json_scan_number(DcfJsonScan *scan, const char **p, const char *end)
{
	const char *at = *p;
	int state = scan->state;

	for (; at < end; at++)
	{
		int next = next_number_state(state, *at);

		if (next < 0)
			break;
		state = next;
	}
	scan->state = (uint8_t) state;
	*p = at;
	/*
	 * Even a complete number may go on in the next buffer.  It always ends: a
	 * number is inside a container.
	 */
	if (at == end)
		return DCF_SCAN_MORE;
	if (state == NUMBER_ZERO && *at >= '0' && *at <= '9')
		return wrong(scan, DCF_READ_E_SYNTAX, "leading zero in a number");
	if (state == NUMBER_ZERO || state == NUMBER_INTEGER ||
		state == NUMBER_FRACTION || state == NUMBER_EXPONENT)
		return DCF_SCAN_DONE;
	return wrong(scan, DCF_READ_E_SYNTAX, "malformed number");
}

DcfJsonScanResult
dcf_json_scan_word(DcfJsonScan *scan, const char **p, const char *end)
{
	for (; *scan->word != '\0'; scan->word++, (*p)++)
	{
		if (*p == end)
			return DCF_SCAN_MORE;
		if (**p != *scan->word)
			return wrong(scan, DCF_READ_E_SYNTAX,
						 "a word other than true, false and null");
	}
	return DCF_SCAN_DONE;
}
