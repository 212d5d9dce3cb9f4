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

/* The encodings in which a text may have the secret. */
typedef enum Encoding
{
	ENCODING_PLAIN,
	ENCODING_PERCENT,
	ENCODING_JSON,
	ENCODING_HTML,
	ENCODING_CSV,
	ENCODINGS /* the number of them */
} Encoding;

/* The longest HTML reference that is decoded, "&#x10FFFF;". */
#define MAX_REFERENCE 10

/* The longest encoding of a character: two surrogates in JSON. */
#define MAX_ENCODED 12

/*
 * A decoded piece of a text: a character or one byte of it.  The decode_
 * functions get a unit with the text's first byte, and change it if the text
 * begins with an escape.
 */
typedef struct Unit
{
	char bytes[4];
	size_t nbytes;
	size_t used; /* bytes of the text; 0 if the text ends inside */
} Unit;

/* %XX, and '+' for a space. */
static void
decode_percent(const char *text, size_t len, Unit *unit)
{
	if (text[0] == '+')
		unit->bytes[0] = ' ';
	/* The escape may go on after the text. */
	else if (text[0] == '%' && len < 3)
		unit->used = 0;
	else if (text[0] == '%' &&
			 dcf_url_decode(text, 3, unit->bytes, &unit->nbytes))
		unit->used = 3;
}

/* The length of the JSON escape at text; len is at least 2. */
static size_t
json_escape_length(const char *text, size_t len)
{
	if (text[1] != 'u')
		return 2;
	/* A high surrogate is followed by a low one. */
	if (len >= 4 && (text[2] == 'd' || text[2] == 'D') &&
		strchr("89abAB", text[3]) != NULL && text[3] != '\0')
		return 12;
	return 6;
}

/* The escapes of JSON strings. */
static void
decode_json(const char *text, size_t len, Unit *unit)
{
	char decoded[MAX_ENCODED];
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
	/* A malformed escape is copied as it is, and may exceed a character. */
	if (n > sizeof(unit->bytes))
		return;
	memcpy(unit->bytes, decoded, n);
	unit->nbytes = n;
	unit->used = escape;
}

/* The character of the HTML reference between '&' and ';'; 0 if it is unknown. */
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
	/* At most MAX_REFERENCE characters, so code does not overflow. */
	for (i = hex ? 2 : 1; i < len; i++)
	{
		int digit = dcf_hex_value(name[i]);

		if (digit < 0 || digit >= base)
			return 0;
		code = code * (uint32_t) base + (uint32_t) digit;
	}
	return code <= 0x10FFFF ? code : 0;
}

/* HTML's character references. */
static void
decode_html(const char *text, size_t len, Unit *unit)
{
	size_t limit = len < MAX_REFERENCE ? len : MAX_REFERENCE;
	const char *end;
	uint32_t code;

	if (text[0] != '&')
		return;
	end = memchr(text, ';', limit);
	if (end == NULL)
	{
		/* Without ";" in this distance, "&" is a plain character. */
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

/* A quotation mark inside of quoted fields of CSV. */
static void
decode_csv(const char *text, size_t len, Unit *unit)
{
	if (text[0] != '"')
		return;
	/* Another one may follow the text. */
	if (len < 2)
		unit->used = 0;
	else if (text[1] == '"')
		unit->used = 2;
}

/* Decode the first unit of a text of at least one byte. */
static void
decode_unit(Encoding encoding, const char *text, size_t len, Unit *unit)
{
	unit->bytes[0] = text[0];
	unit->nbytes = 1;
	unit->used = 1;
	switch (encoding)
	{
		case ENCODING_PERCENT:
			decode_percent(text, len, unit);
			break;
		case ENCODING_JSON:
			decode_json(text, len, unit);
			break;
		case ENCODING_HTML:
			decode_html(text, len, unit);
			break;
		case ENCODING_CSV:
			decode_csv(text, len, unit);
			break;
		default:
			break;
	}
}

/* The same if the encoded text is itself inside a JSON string. */
static void
decode_inside_json(Encoding encoding, const char *text, size_t len, Unit *unit)
{
	char inner[MAX_ENCODED];
	size_t ends[MAX_ENCODED]; /* in the text, of each byte of inner */
	size_t n = 0;
	size_t pos = 0;

	decode_unit(ENCODING_JSON, text, len, unit);
	/*
	 * Only these bytes begin an escape of the inner encoding.  A quotation mark
	 * that is not escaped ends the string.
	 */
	if (unit->used == 0 || text[0] == '"' ||
		strchr("%+\\&\"", unit->bytes[0]) == NULL)
		return;

	/* Escapes that begin with these bytes are ASCII up to their end. */
	while (n < MAX_ENCODED && pos < len)
	{
		Unit next;

		decode_unit(ENCODING_JSON, text + pos, len - pos, &next);
		if (next.used == 0 || text[pos] == '"')
			break;
		pos += next.used;
		inner[n] = next.bytes[0];
		ends[n++] = pos;
	}
	if (n == 1 && inner[0] == '"' && pos < len)
		return;
	decode_unit(encoding, inner, n, unit);
	if (unit->used > 0)
		/* From the length in inner to that in the text. */
		unit->used = ends[unit->used - 1];
}

/*
 * How many bytes at the start of the text are the secret; 0 if none.  Sets *open if
 * the text ends before that is known.
 */
static size_t
match(Encoding encoding, bool inside_json, const char *text, size_t len,
	  bool cut, const char *secret, size_t secret_len, bool *open)
{
	size_t pos = 0;
	size_t matched = 0;

	while (matched < secret_len)
	{
		Unit unit = {.used = 0};

		if (pos < len && inside_json)
			decode_inside_json(encoding, text + pos, len - pos, &unit);
		else if (pos < len)
			decode_unit(encoding, text + pos, len - pos, &unit);
		/*
		 * The text ends inside the secret.  If it was cut, what it has may be
		 * the secret's start.
		 */
		if (unit.used == 0)
		{
			*open = true;
			return cut && matched >= DCF_SECRET_MIN ? len : 0;
		}
		/*
		 * Units are compared as bytes: the escape of a character stands for
		 * all its bytes.
		 */
		if (unit.nbytes > secret_len - matched ||
			memcmp(unit.bytes, secret + matched, unit.nbytes) != 0)
			return 0;
		matched += unit.nbytes;
		pos += unit.used;
	}
	return pos;
}

/* Whether the byte begins something other than itself in one of the encodings. */
static bool
is_escape(char byte)
{
	return byte == '%' || byte == '+' || byte == '\\' || byte == '&';
}

/*
 * Whether the text, of at least one byte, may begin with the secret.  A quick look,
 * as nearly all bytes of a reply are looked at in vain.
 */
static bool
may_match(const char *text, size_t len, const char *secret)
{
	if (text[0] == secret[0])
		return len < 2 || text[1] == secret[1] || text[1] == '"' ||
			is_escape(text[1]) || is_escape(text[0]);
	if (!is_escape(text[0]))
		return false;
	if (text[0] == '+')
		return secret[0] == ' ';
	/* An escape of JSON that stands for the byte behind it, as \" does. */
	if (text[0] == '\\' && len >= 2 && strchr("bfnrtu", text[1]) == NULL)
		return text[1] == secret[0] || is_escape(text[1]);
	return true;
}

size_t
dcf_secret_mark(const char *text, size_t len, bool cut, const char *secret,
				size_t secret_len, bool *mark)
{
	size_t settled = len;

	if (secret_len < DCF_SECRET_MIN)
		return len;
	for (size_t i = 0; i < len; i++)
	{
		bool open = false;

		if (!may_match(text + i, len - i, secret))
			continue;
		for (int encoding = 0; encoding < ENCODINGS; encoding++)
		{
			for (int inside_json = 0; inside_json < 2; inside_json++)
			{
				size_t n = match((Encoding) encoding, inside_json, text + i,
								 len - i, cut, secret, secret_len, &open);

				memset(mark + i, true, n);
			}
		}
		if (open && settled == len)
			settled = i;
	}
	return settled;
}
