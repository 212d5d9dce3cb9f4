/*
 * markup.c
 *	  Recognising HTML pages and XML.  See markup.h.
 */
#include "core/markup.h"

#include <string.h>

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static const char *
skip_space(const char *p, const char *end)
{
	while (p < end && is_space(*p))
		p++;
	return p;
}

/* Skip a byte order mark; an incomplete one at the end counts, too. */
static const char *
skip_byte_order_mark(const char *p, const char *end)
{
	static const char mark[] = {'\xEF', '\xBB', '\xBF'};
	size_t n =
		(size_t) (end - p) < sizeof(mark) ? (size_t) (end - p) : sizeof(mark);

	return n > 0 && memcmp(p, mark, n) == 0 ? p + n : p;
}

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static char
to_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char) (c - 'A' + 'a') : c;
}

DcfBodyStart
dcf_markup_look(const char *body, size_t len)
{
	const char *end = body + len;
	const char *p = skip_space(skip_byte_order_mark(body, end), end);

	if (p == end)
		return DCF_BODY_BLANK;
	if (*p != '<')
		return DCF_BODY_OTHER;
	if (++p == end)
		return DCF_BODY_OPEN;
	/* A tag, a declaration, a processing instruction or a closing tag. */
	return is_letter(*p) || *p == '!' || *p == '?' || *p == '/' ?
		DCF_BODY_MARKUP :
		DCF_BODY_OTHER;
}

/*
 * The byte after a (lower-case) text at p, ignoring case; NULL if p is NULL or
 * the text is not there.
 */
static const char *
take(const char *p, const char *end, const char *text)
{
	size_t len = strlen(text);

	if (p == NULL || (size_t) (end - p) < len)
		return NULL;
	for (size_t i = 0; i < len; i++)
		if (to_lower(p[i]) != text[i])
			return NULL;
	return p + len;
}

/* The first occurrence of a (lower-case) text from p on, or NULL. */
static const char *
find(const char *p, const char *end, const char *text)
{
	for (; p < end; p++)
		if (take(p, end, text) != NULL)
			return p;
	return NULL;
}

/* Whether the name of a tag ends at p. */
static bool
ends_name(const char *p, const char *end)
{
	return p < end && (is_space(*p) || *p == '>' || *p == '/');
}

/* The byte after the tag whose name ends at p, or NULL. */
static const char *
take_tag(const char *p, const char *end)
{
	if (p == NULL || !ends_name(p, end))
		return NULL;
	p = find(p, end, ">");
	return p ? p + 1 : NULL;
}

bool
dcf_markup_is_empty_table(const char *body, size_t len)
{
	const char *end = body + len;
	const char *p = skip_space(skip_byte_order_mark(body, end), end);

	if (take(p, end, "<?xml") != NULL)
	{
		p = find(p, end, "?>");
		if (p == NULL)
			return false;
		p = skip_space(p + 2, end);
	}
	p = take_tag(take(p, end, "<table"), end);
	if (p == NULL)
		return false;
	/*
	 * p is after ">", so this is the byte before it.  "<Table />" has no
	 * closing tag.
	 */
	if (p[-2] != '/')
	{
		p = take_tag(take(skip_space(p, end), end, "</table"), end);
		if (p == NULL)
			return false;
	}
	return skip_space(p, end) == end;
}

bool
dcf_markup_title(const char *body, size_t len, const char **title,
				 size_t *title_len)
{
	const char *end = body + len;
	const char *p = body;
	const char *after;

	do
	{
		/* A longer name, such as <titlebar>, is not the tag. */
		p = find(p, end, "<title");
		if (p == NULL)
			return false;
		p += strlen("<title");
	} while (!ends_name(p, end));
	after = take_tag(p, end);
	if (after == NULL)
		return false;
	after = skip_space(after, end);
	/* The closing tag may be cut off; the title then goes to the end. */
	p = find(after, end, "<");
	if (p == NULL)
		p = end;
	while (p > after && is_space(p[-1]))
		p--;
	*title = after;
	*title_len = (size_t) (p - after);
	return *title_len > 0;
}
