/*
 * json_key.c
 *	  Decoding JSON strings, and finding keys by name in a record.
 */
#include "json_scan.h"

#include <string.h>

#include "hex.h"
#include "utf8.h"

/* The value of four hexadecimal digits, or -1. */
static int32_t
decode_hex(const char *src, size_t len)
{
	int32_t value = 0;

	if (len < 4)
		return -1;
	for (int i = 0; i < 4; i++)
	{
		int digit = dcf_hex_value(src[i]);

		if (digit < 0)
			return -1;
		value = value << 4 | digit;
	}
	return value;
}

/*
 * Decode the \uXXXX at src, and a following low surrogate after a high one, to
 * dst (room for 4).  Returns the number of bytes of src used, or 0 if it is
 * malformed, which never happens in a span that the reader has accepted.
 */
static size_t
decode_unicode(const char *src, size_t len, char *dst, size_t *dstlen)
{
	int32_t unit = decode_hex(src + 2, len - 2);
	int32_t low;

	if (unit < 0)
		return 0;
	/* No surrogate: one code unit is the whole character. */
	if (unit < 0xD800 || unit > 0xDFFF)
	{
		*dstlen = dcf_utf8_encode((uint32_t) unit, dst);
		return 6;
	}
	if (unit > 0xDBFF || len < 12 || src[6] != '\\' || src[7] != 'u')
		return 0;
	low = decode_hex(src + 8, len - 8);
	if (low < 0xDC00 || low > 0xDFFF)
		return 0;
	*dstlen = dcf_utf8_encode(0x10000 + ((uint32_t) (unit - 0xD800) << 10) +
								  (uint32_t) (low - 0xDC00),
							  dst);
	return 12;
}

/*
 * Decode the first escape or plain byte of a string span to dst (room for 4).
 * len is at least 1.  Returns the number of bytes of src used.  A malformed
 * escape is copied byte by byte.
 */
static size_t
decode_one(const char *src, size_t len, char *dst, size_t *dstlen)
{
	static const char from[] = "\"\\/bfnrt";
	static const char to[] = "\"\\/\b\f\n\r\t";
	const char *found;
	size_t used;

	*dstlen = 1;
	dst[0] = src[0];
	if (src[0] != '\\' || len < 2)
		return 1;
	if (src[1] == 'u')
	{
		used = decode_unicode(src, len, dst, dstlen);
		return used > 0 ? used : 1;
	}
	/* The length leaves out the NUL at the end of from. */
	found = memchr(from, src[1], sizeof(from) - 1);
	if (found == NULL)
		return 1;
	dst[0] = to[found - from];
	return 2;
}

size_t
dcf_json_unescape(const char *src, size_t len, char *dst)
{
	size_t written = 0;

	while (len > 0)
	{
		const char *backslash = memchr(src, '\\', len);
		size_t plain = backslash ? (size_t) (backslash - src) : len;
		char decoded[4];
		size_t ndecoded;
		size_t used;

		memcpy(dst + written, src, plain);
		written += plain;
		src += plain;
		len -= plain;
		if (len == 0)
			break;
		used = decode_one(src, len, decoded, &ndecoded);
		memcpy(dst + written, decoded, ndecoded);
		written += ndecoded;
		src += used;
		len -= used;
	}
	return written;
}

bool
dcf_json_key_equals(const DcfKey *key, const char *src, size_t len,
					bool escaped)
{
	size_t matched = 0;

	if (!escaped)
		return dcf_key_equals(key, src, len);
	while (len > 0)
	{
		char decoded[4];
		size_t ndecoded;
		size_t used = decode_one(src, len, decoded, &ndecoded);

		/*
		 * matched never exceeds the key's length, so the difference does not
		 * wrap.
		 */
		if (key->len - matched < ndecoded ||
			memcmp(key->name + matched, decoded, ndecoded) != 0)
			return false;
		matched += ndecoded;
		src += used;
		len -= used;
	}
	return matched == key->len;
}

/* The hash of a string span with escapes, once decoded. */
static uint32_t
hash_escaped(const char *src, size_t len)
{
	uint32_t hash = DCF_KEY_HASH_START;

	while (len > 0)
	{
		char decoded[4];
		size_t ndecoded;
		size_t used = decode_one(src, len, decoded, &ndecoded);

		for (size_t i = 0; i < ndecoded; i++)
			hash = dcf_key_hash_step(hash, decoded[i]);
		src += used;
		len -= used;
	}
	return hash;
}

int
dcf_json_key_find(const DcfKeyTable *table, const char *src, size_t len,
				  bool escaped)
{
	size_t slot;

	if (!escaped)
		return dcf_key_find(table, src, len);
	slot = dcf_key_first_slot(table, hash_escaped(src, len));
	while (
		table->slots[slot] >= 0 &&
		!dcf_json_key_equals(&table->keys[table->slots[slot]], src, len, true))
		slot = dcf_key_next_slot(table, slot);
	return table->slots[slot];
}

/* The position after the string whose opening quote is at pos. */
static size_t
skip_string(const char *record, size_t len, size_t pos)
{
	for (pos++; pos < len && record[pos] != '"'; pos++)
	{
		/*
		 * The byte after a backslash may be a quote; the digits of \uXXXX are
		 * none.
		 */
		if (record[pos] == '\\')
			pos++;
	}
	return pos < len ? pos + 1 : len;
}

/* The position of the comma after the value of a key, or the record's end. */
static size_t
skip_value(const char *record, size_t len, size_t pos)
{
	size_t depth = 0;

	while (pos < len && (depth > 0 || record[pos] != ','))
	{
		char c = record[pos];

		if (c == '"')
		{
			pos = skip_string(record, len, pos);
			continue;
		}
		if (c == '{' || c == '[')
			depth++;
		/* At depth 0, a closing brace is that of the record itself. */
		else if ((c == '}' || c == ']') && depth-- == 0)
			return len;
		pos++;
	}
	return pos;
}

bool
dcf_json_next_key(const char *record, size_t len, size_t *pos, DcfField *key)
{
	size_t start = *pos;
	size_t after;

	/* Before a key there are only white space, a brace and a comma. */
	while (start < len && record[start] != '"')
		start++;
	if (start >= len)
	{
		*pos = len;
		return false;
	}
	after = skip_string(record, len, start);
	key->data = record + start + 1;
	key->len = after - start - 2;
	key->kind = DCF_FIELD_STRING;
	key->escaped = key->len > 0 && memchr(key->data, '\\', key->len) != NULL;
	*pos = skip_value(record, len, after);
	return true;
}
