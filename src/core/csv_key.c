/*
 * csv_key.c
 *	  Decoding doubled quotes, and finding keys by name in a CSV header.
 */
#include "csv_key.h"

size_t
dcf_csv_unescape(const char *src, size_t len, char *dst)
{
	size_t written = 0;

	while (len > 0)
	{
		const char *quote = memchr(src, '"', len);
		/* The first quote of a pair is copied with the text before it. */
		size_t plain = quote ? (size_t) (quote - src) + 1 : len;

		memcpy(dst + written, src, plain);
		written += plain;
		src += plain;
		len -= plain;
		if (quote && len > 0)
		{
			src++; /* the second of the two */
			len--;
		}
	}
	return written;
}

/* How many bytes the first character takes in a text with doubled quotes. */
static inline size_t
written_length(const char *src, size_t len)
{
	return len > 1 && src[0] == '"' ? 2 : 1;
}

/* Whether a text with doubled quotes is the key's name. */
static bool
escaped_equals(const DcfKey *key, const char *src, size_t len)
{
	size_t matched = 0;

	while (len > 0)
	{
		size_t used = written_length(src, len);

		if (matched == key->len || key->name[matched] != *src)
			return false;
		matched++;
		src += used;
		len -= used;
	}
	return matched == key->len;
}

int
dcf_csv_key_find(const DcfKeyTable *table, const char *src, size_t len,
				 bool escaped)
{
	uint32_t hash = DCF_KEY_HASH_START;
	size_t slot;

	if (!escaped)
		return dcf_key_find(table, src, len);
	for (size_t i = 0; i < len; i += written_length(src + i, len - i))
		hash = dcf_key_hash_step(hash, src[i]);
	slot = dcf_key_first_slot(table, hash);
	/* At least half of the slots are empty, so the search ends. */
	while (table->slots[slot] >= 0 &&
		   !escaped_equals(&table->keys[table->slots[slot]], src, len))
		slot = dcf_key_next_slot(table, slot);
	return table->slots[slot];
}

bool
dcf_csv_next_name(const char *header, size_t len, size_t *pos, DcfField *name)
{
	size_t end = *pos;
	bool quoted;

	/*
	 * After the last name, *pos is beyond the end.  At the end exactly, an
	 * empty name follows the last comma.
	 */
	if (end > len)
		return false;
	*name = (DcfField){.kind = DCF_FIELD_TEXT};
	quoted = end < len && header[end] == '"';
	name->data = header + end + (quoted ? 1 : 0);
	if (quoted)
	{ /* Quotes inside are doubled; a single one ends the name. */
		for (end++; end < len; end++)
		{
			if (header[end] != '"')
				continue;
			if (end + 1 == len || header[end + 1] != '"')
				break;
			name->escaped = true;
			end++;
		}
	}
	else
	{
		while (end < len && header[end] != ',')
			end++;
	}
	name->len = (size_t) (header + end - name->data);
	/* Over the closing quote, if there is one, and the comma or the end. */
	*pos = end + (quoted ? 2 : 1);
	return true;
}
