/*
 * xml_name.c
 *	  Decoding the names of XML elements.  See xml_name.h.
 */
#include "core/xml_name.h"

#include <string.h>

#include "hex.h"
#include "utf8.h"

/* The length of an escape with four digits, and with eight. */
#define SHORT_ESCAPE 7
#define LONG_ESCAPE	 11

/* Read an escape of this length at src; false if there is none. */
static bool
read_escape(const char *src, size_t len, size_t escape_len, uint32_t *code)
{
	if (len < escape_len || src[0] != '_' ||
		(src[1] != 'x' && src[1] != 'X') || src[escape_len - 1] != '_')
		return false;
	*code = 0;
	for (size_t i = 2; i < escape_len - 1; i++)
	{
		int digit = dcf_hex_value(src[i]);

		if (digit < 0)
			return false;
		*code = *code << 4 | (uint32_t) digit;
	}
	return true;
}

/* The length of the escape at src and its code point; 0 if there is none. */
static size_t
find_escape(const char *src, size_t len, uint32_t *code)
{
	uint32_t low;

	/*
	 * The forms exclude each other: where the short one ends with an
	 * underscore, the long one has a digit.
	 */
	if (read_escape(src, len, LONG_ESCAPE, code))
		return LONG_ESCAPE;
	if (!read_escape(src, len, SHORT_ESCAPE, code))
		return 0;
	/* Two short escapes may be the halves of a surrogate pair. */
	if (*code >= 0xD800 && *code <= 0xDBFF &&
		read_escape(src + SHORT_ESCAPE, len - SHORT_ESCAPE, SHORT_ESCAPE,
					&low) &&
		low >= 0xDC00 && low <= 0xDFFF)
	{
		*code = 0x10000 + ((*code - 0xD800) << 10) + (low - 0xDC00);
		return 2 * SHORT_ESCAPE;
	}
	return SHORT_ESCAPE;
}

size_t
dcf_xml_decode_name(const char *src, size_t len, char *dst)
{
	size_t written = 0;

	while (len > 0)
	{
		uint32_t code;
		size_t used = find_escape(src, len, &code);

		/*
		 * An escape of a lone surrogate or of no character at all is copied as
		 * it is.
		 */
		if (used > 0 && code > 0 && code <= 0x10FFFF &&
			(code < 0xD800 || code > 0xDFFF))
			written += dcf_utf8_encode(code, dst + written);
		else
		{
			if (used == 0)
				used = 1;
			memcpy(dst + written, src, used);
			written += used;
		}
		src += used;
		len -= used;
	}
	return written;
}
