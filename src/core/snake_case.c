/*
 * snake_case.c
 *	  SQL names from the service's names.  See snake_case.h.
 */
#include <stdbool.h>
#include <string.h>

#include "core/snake_case.h"

/* The caller's buffer; len also counts what does not fit. */
typedef struct Output
{
	char *dst;
	size_t size;
	size_t len;
} Output;

static bool
is_upper(unsigned char c)
{
	return c >= 'A' && c <= 'Z';
}

static bool
is_digit(unsigned char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_lower(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || c >= 0x80;
}

static bool
is_word(unsigned char c)
{
	return is_upper(c) || is_lower(c) || is_digit(c);
}

static char
to_lower(unsigned char c)
{
	return (char) (is_upper(c) ? c + ('a' - 'A') : c);
}

static void
put(Output *out, char c)
{
	if (out->len < out->size)
		out->dst[out->len] = c;
	out->len++;
}

static void
put_text(Output *out, const char *text)
{
	while (*text)
		put(out, *text++);
}

/* src[i], or a separator after the end. */
static char
peek(const char *src, size_t len, size_t i)
{
	return i < len ? src[i] : ' ';
}

/*
 * Whether an 's' at i + 1 is the plural of an abbreviation that ends at i, as in
 * "IDs" and "RMAsReport", and not the end of the word "Is" before another word.
 */
static bool
is_plural(const char *src, size_t len, size_t i)
{
	unsigned char after = (unsigned char) peek(src, len, i + 2);

	return peek(src, len, i + 1) == 's' && !is_lower(after) &&
		!(src[i] == 'I' && is_upper(after));
}

/* Whether a word begins at src[i], which follows a letter or digit. */
static bool
begins_word(const char *src, size_t len, size_t i)
{
	unsigned char before = (unsigned char) src[i - 1];

	if (!is_upper((unsigned char) src[i]))
		return false;
	if (!is_upper(before))
	{
		/* A single small letter is no word, as in "iQclerk" and "eMail". */
		return !is_lower(before) ||
			(i > 1 && is_word((unsigned char) src[i - 2]));
	}
	/*
	 * Between capitals, the last one begins a word if a small letter follows:
	 * "IDList".
	 */
	return is_lower((unsigned char) peek(src, len, i + 1)) &&
		!is_plural(src, len, i);
}

size_t
dcf_snake_case(const char *src, size_t len, char *dst, size_t size)
{
	Output out = {.dst = dst, .size = size};
	bool in_word = false;

	for (size_t i = 0; i < len; i++)
	{
		unsigned char c = (unsigned char) src[i];
		const char *symbol = c == '#' ? "no" : c == '%' ? "percent" : NULL;

		if (!is_word(c) && !symbol)
		{
			in_word = false;
			continue;
		}
		/*
		 * A symbol is a word of its own.  A leading digit gets an underscore,
		 * as SQL names cannot begin with one.
		 */
		if (!in_word || symbol || begins_word(src, len, i))
		{
			if (out.len > 0 || is_digit(c))
				put(&out, '_');
		}
		if (symbol)
			put_text(&out, symbol);
		else
			put(&out, to_lower(c));
		/* What follows a symbol begins a new word. */
		in_word = !symbol;
	}
	if (out.len == 0)
		put_text(&out, "unnamed");
	return out.len;
}

void
dcf_snake_case_borrow(const char *name, size_t len, const char *other,
					  size_t otherlen, char *dst)
{
	size_t same = 0;

	memcpy(dst, name, len);
	for (size_t i = 0; i < len; i++)
		if (is_upper((unsigned char) name[i]))
			return;
	while (same < len && same < otherlen &&
		   name[same] == to_lower((unsigned char) other[same]))
		same++;
	/* The names differ before either ends. */
	if (same < len && same < otherlen)
		return;
	/* The other name is longer: it must go on with a new word. */
	if (same < otherlen && !is_upper((unsigned char) other[same]))
		return;

	memcpy(dst, other, same);
	/*
	 * This name is longer: the rest begins a word, unless it is the "s" of a
	 * plural.
	 */
	if (same > 0 && same < len && !(same + 1 == len && name[same] == 's') &&
		name[same] >= 'a' && name[same] <= 'z')
		dst[same] = (char) (name[same] - ('a' - 'A'));
}
