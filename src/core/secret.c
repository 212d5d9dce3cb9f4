/*
 * secret.c
 *	  Finding a secret in foreign text.  See secret.h.
 */
#include "core/secret.h"

#include <stdint.h>
#include <string.h>

#include "core/json_reader.h"
#include "core/url.h"
#include "hex.h"
#include "utf8.h"

/* Ways to write a character.  A text keeps to one. */
typedef enum Writing
{
	WRITTEN_PLAIN,
	WRITTEN_PERCENT,
	WRITTEN_JSON,
	WRITTEN_HTML,
	WRITINGS
} Writing;

/* The longest reference of HTML's that is understood, "&#x10FFFF;". */
#define MAX_REFERENCE 10

/* The longest way to write a character: two surrogates in JSON. */
#define MAX_WRITTEN 12

/* What one character, or one byte of it, looks like in a text. */
typedef struct Unit
{
	char bytes[4];
	size_t nbytes;
	size_t used; /* of the text; 0 if the text ends inside */
} Unit;

static void
read_percent(const char *text, size_t len, Unit *unit)
{
	if (text[0] == '+')
		unit->bytes[0] = ' ';
	else if (text[0] == '%' && len < 3)
		unit->used = 0;
	else if (text[0] == '%' &&
			 dcf_url_decode(text, 3, unit->bytes, &unit->nbytes))
		unit->used = 3;
}

/* The bytes of the JSON escape at text; len is at least 2. */
static size_t
json_escape_length(const char *text, size_t len)
{
	if (text[1] != 'u')
		return 2;
	/* A high surrogate has a low one behind it. */
	if (len >= 4 && (text[2] == 'd' || text[2] == 'D') &&
		strchr("89abAB", text[3]) != NULL && text[3] != '\0')
		return 12;
	return 6;
}

static void
read_json(const char *text, size_t len, Unit *unit)
{
	char decoded[MAX_WRITTEN];
	size_t escape;
	size_t n;

	if (text[0] != '\\')
		return;
	escape = len < 2 ? 2 : json_escape_length(text, len);
	if (len < escape)
	{
		unit->used = 0;
		return;
	}
	n = dcf_json_unescape(text, escape, decoded);
	if (n > sizeof(unit->bytes))
		return;
	memcpy(unit->bytes, decoded, n);
	unit->nbytes = n;
	unit->used = escape;
}

/* The character of a reference between '&' and ';'; 0 if it is unknown. */
static uint32_t
decode_reference(const char *name, size_t len)
{
	static const struct
	{
		const char *name;
		uint32_t code;
	} known[] = {{"amp", '&'},
				 {"lt", '<'},
				 {"gt", '>'},
				 {"quot", '"'},
				 {"apos", '\''}};
	bool hex = len > 1 && (name[1] == 'x' || name[1] == 'X');
	int base = hex ? 16 : 10;
	uint32_t code = 0;
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
	{
		if (strlen(known[i].name) == len &&
			memcmp(name, known[i].name, len) == 0)
			return known[i].code;
	}
	if (len < 2 || name[0] != '#')
		return 0;
	for (i = hex ? 2 : 1; i < len; i++)
	{
		int digit = dcf_hex_value(name[i]);

		if (digit < 0 || digit >= base)
			return 0;
		code = code * (uint32_t) base + (uint32_t) digit;
	}
	return code <= 0x10FFFF ? code : 0;
}

static void
read_html(const char *text, size_t len, Unit *unit)
{
	size_t looked_at = len < MAX_REFERENCE ? len : MAX_REFERENCE;
	const char *end;
	uint32_t code;

	if (text[0] != '&')
		return;
	end = memchr(text, ';', looked_at);
	if (end == NULL)
	{
		if (len < MAX_REFERENCE)
			unit->used = 0;
		return;
	}
	code = decode_reference(text + 1, (size_t) (end - text) - 1);
	if (code == 0)
		return;
	unit->nbytes = dcf_utf8_encode(code, unit->bytes);
	unit->used = (size_t) (end - text) + 1;
}

/* What stands first in a text of at least one byte. */
static void
read_unit(Writing writing, const char *text, size_t len, Unit *unit)
{
	unit->bytes[0] = text[0];
	unit->nbytes = 1;
	unit->used = 1;
	switch (writing)
	{
		case WRITTEN_PERCENT:
			read_percent(text, len, unit);
			break;
		case WRITTEN_JSON:
			read_json(text, len, unit);
			break;
		case WRITTEN_HTML:
			read_html(text, len, unit);
			break;
		default:
			break;
	}
}

/* The same of a text that is itself written in JSON. */
static void
read_inside_json(Writing writing, const char *text, size_t len, Unit *unit)
{
	char inner[MAX_WRITTEN];
	size_t ends[MAX_WRITTEN]; /* in the text, of each byte of inner */
	size_t n = 0;
	size_t pos = 0;

	read_unit(WRITTEN_JSON, text, len, unit);
	if (unit->used == 0 || strchr("%+\\&", unit->bytes[0]) == NULL)
		return;

	/* Whatever begins so is ASCII up to its end. */
	while (n < MAX_WRITTEN && pos < len)
	{
		Unit next;

		read_unit(WRITTEN_JSON, text + pos, len - pos, &next);
		if (next.used == 0)
			break;
		pos += next.used;
		inner[n] = next.bytes[0];
		ends[n++] = pos;
	}
	read_unit(writing, inner, n, unit);
	if (unit->used > 0)
		unit->used = ends[unit->used - 1];
}

/* How many bytes of the text, from its start, are the secret; 0: it is not. */
static size_t
match(Writing writing, bool inside_json, const char *text, size_t len,
	  bool cut, const char *secret, size_t secret_len)
{
	size_t pos = 0;
	size_t matched = 0;

	while (matched < secret_len)
	{
		Unit unit = {.used = 0};

		if (pos < len && inside_json)
			read_inside_json(writing, text + pos, len - pos, &unit);
		else if (pos < len)
			read_unit(writing, text + pos, len - pos, &unit);
		if (unit.used == 0)
			return cut && matched >= DCF_SECRET_MIN ? len : 0;
		if (unit.nbytes > secret_len - matched ||
			memcmp(unit.bytes, secret + matched, unit.nbytes) != 0)
			return 0;
		matched += unit.nbytes;
		pos += unit.used;
	}
	return pos;
}

void
dcf_secret_mark(const char *text, size_t len, bool cut, const char *secret,
				size_t secret_len, bool *mark)
{
	if (secret_len < DCF_SECRET_MIN)
		return;
	for (size_t i = 0; i < len; i++)
	{
		for (int writing = 0; writing < WRITINGS; writing++)
		{
			for (int inside_json = 0; inside_json < 2; inside_json++)
			{
				size_t n = match((Writing) writing, inside_json, text + i,
								 len - i, cut, secret, secret_len);

				memset(mark + i, true, n);
			}
		}
	}
}
