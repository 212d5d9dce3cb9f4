/*
 * literal.c
 *	  Splitting arrays, ranges and rows into their parts.  See literal.h.
 */
#include "core/literal.h"

#include <string.h>

static bool
is_json_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The position of the closing quote, or len; pos is after the opening quote. */
static size_t
string_end(const char *src, size_t len, size_t pos, bool *escaped)
{
	*escaped = false;
	while (pos < len && src[pos] != '"')
	{
		if (src[pos] == '\\')
		{
			*escaped = true;
			pos++;
		}
		pos++;
	}
	/* A backslash at the end has moved pos beyond it. */
	return pos < len ? pos : len;
}

/* The position after the object or array that begins at pos. */
static size_t
nested_end(const char *src, size_t len, size_t pos)
{
	size_t depth = 0;
	bool escaped;

	while (pos < len)
	{
		char c = src[pos++];

		if (c == '"')
			pos = string_end(src, len, pos, &escaped) + 1;
		else if (c == '[' || c == '{')
			depth++;
		else if ((c == ']' || c == '}') && --depth == 0)
			break;
	}
	return pos < len ? pos : len;
}

/* The position after the number or word that begins at pos. */
static size_t
scalar_end(const char *src, size_t len, size_t pos)
{
	while (pos < len && src[pos] != ',' && src[pos] != ']' &&
		   !is_json_space(src[pos]))
		pos++;
	return pos;
}

/* The kind of a valid JSON value, by its first byte. */
static DcfFieldKind
kind_of(char first)
{
	switch (first)
	{
		case 'n':
			return DCF_FIELD_NULL;
		case 't':
			return DCF_FIELD_TRUE;
		case 'f':
			return DCF_FIELD_FALSE;
		case '{':
			return DCF_FIELD_OBJECT;
		case '[':
			return DCF_FIELD_ARRAY;
		case '"':
			return DCF_FIELD_STRING;
		default:
			return DCF_FIELD_NUMBER;
	}
}

bool
dcf_literal_next_json(const char *src, size_t len, size_t *pos,
					  DcfField *element)
{
	/* The first call skips the opening bracket. */
	size_t start = *pos == 0 ? 1 : *pos;
	size_t end;
	bool escaped = false;

	/* The reader has validated the commas, so they need no check here. */
	while (start < len && (is_json_space(src[start]) || src[start] == ','))
		start++;
	if (start >= len || src[start] == ']')
		return false;

	element->kind = kind_of(src[start]);
	if (element->kind == DCF_FIELD_STRING)
	{
		start++;
		end = string_end(src, len, start, &escaped);
	}
	else if (element->kind == DCF_FIELD_OBJECT ||
			 element->kind == DCF_FIELD_ARRAY)
		end = nested_end(src, len, start);
	else
		end = scalar_end(src, len, start);

	/* A string's span ends before its closing quote. */
	*pos = element->kind == DCF_FIELD_STRING ? end + 1 : end;
	element->data = src + start;
	element->len = end - start;
	element->escaped = escaped;
	return true;
}

int
dcf_literal_json_depth(const char *src, size_t len)
{
	int depth = 0;

	for (size_t i = 0; i < len && (src[i] == '[' || is_json_space(src[i]));
		 i++)
		if (src[i] == '[')
			depth++;
	return depth;
}

/* Like isspace() in the C locale. */
static bool
is_space(char c)
{
	return is_json_space(c) || c == '\v' || c == '\f';
}

void
dcf_literal_skip_space(const char *src, size_t len, size_t *pos)
{
	while (*pos < len && is_space(src[*pos]))
		(*pos)++;
}

bool
dcf_literal_next_part(const char *src, size_t len, size_t *pos,
					  const char *stops, char *out, size_t *out_len,
					  bool *missing)
{
	size_t i = *pos;
	size_t n = 0;
	bool quoted = false;

	for (; i < len; i++)
	{
		/* strchr() would find a NUL at the end of stops. */
		if (!quoted && src[i] != '\0' && strchr(stops, src[i]) != NULL)
		{
			*missing = i == *pos;
			*pos = i;
			*out_len = n;
			return true;
		}
		if (src[i] == '\\')
		{
			if (++i == len)
				return false;
			out[n++] = src[i];
		}
		else if (src[i] != '"')
			out[n++] = src[i];
		else if (quoted && i + 1 < len && src[i + 1] == '"')
			out[n++] = src[++i];
		else
			/*
			 * As in range_in() and record_in(), quotes may begin and end
			 * anywhere in a part.
			 */
			quoted = !quoted;
	}
	return false;
}
