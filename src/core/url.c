/*
 * url.c
 *	  Query strings.  See url.h.
 */
#include "core/url.h"

#include <string.h>

#include "hex.h"

/*
 * The unreserved characters of RFC 3986, and the colon, which RFC 3986 allows
 * in a query and times contain.
 */
static bool
stays_plain(unsigned char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
		(c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' ||
		c == '~' || c == ':';
}

size_t
dcf_url_encode(const char *src, size_t len, char *dst, size_t size)
{
	static const char digits[] = "0123456789ABCDEF";
	size_t written = 0;

	for (size_t i = 0; i < len; i++)
	{
		unsigned char c = (unsigned char) src[i];
		char piece[3] = {'%', digits[c >> 4], digits[c & 15]};
		size_t n = sizeof(piece);

		if (stays_plain(c))
		{
			piece[0] = (char) c;
			n = 1;
		}
		for (size_t k = 0; k < n; k++, written++)
		{
			if (written < size)
				dst[written] = piece[k];
		}
	}
	return written;
}

bool
dcf_url_decode(const char *src, size_t len, char *dst, size_t *dstlen)
{
	size_t written = 0;

	for (size_t i = 0; i < len; i++)
	{
		char c = src[i];

		if (c == '%')
		{
			int high;
			int low;

			if (len - i < 3)
				return false;
			high = dcf_hex_value(src[i + 1]);
			low = dcf_hex_value(src[i + 2]);
			if (high < 0 || low < 0)
				return false;
			c = (char) (unsigned char) (high * 16 + low);
			i += 2;
		}
		else if (c == '+')
			c = ' ';
		dst[written++] = c;
	}
	*dstlen = written;
	return true;
}

/* memchr(), but an empty span may be at any address. */
static const char *
find_byte(const char *src, char byte, size_t len)
{
	return len > 0 ? memchr(src, byte, len) : NULL;
}

bool
dcf_url_next_pair(const char *query, size_t len, size_t *pos, DcfSpan *name,
				  DcfSpan *value)
{
	while (*pos < len)
	{
		const char *piece = query + *pos;
		size_t left = len - *pos;
		const char *amp = find_byte(piece, '&', left);
		size_t size = amp ? (size_t) (amp - piece) : left;
		const char *equals = find_byte(piece, '=', size);

		*pos += amp ? size + 1 : size;
		/* "&&" has an empty pair, which means nothing. */
		if (size == 0)
			continue;

		name->data = piece;
		name->len = equals ? (size_t) (equals - piece) : size;
		value->data = equals ? equals + 1 : piece + size;
		value->len = equals ? size - name->len - 1 : 0;
		return true;
	}
	return false;
}
