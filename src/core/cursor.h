/*
 * cursor.h
 *	  What is left of a text that is parsed from its start.
 */
#ifndef DCF_CURSOR_H
#define DCF_CURSOR_H

#include <stdbool.h>
#include <stddef.h>

typedef struct DcfCursor
{
	const char *p;
	const char *end;
} DcfCursor;

/* The text without the spaces and tabs around it. */
static inline DcfCursor
dcf_cursor_trim(const char *text, size_t len)
{
	DcfCursor c = {text, text + len};

	while (c.p < c.end && (*c.p == ' ' || *c.p == '\t'))
		c.p++;
	while (c.p < c.end && (c.end[-1] == ' ' || c.end[-1] == '\t'))
		c.end--;
	return c;
}

static inline bool
dcf_cursor_at_digit(const DcfCursor *c)
{
	return c->p < c->end && *c->p >= '0' && *c->p <= '9';
}

#endif /* DCF_CURSOR_H */
