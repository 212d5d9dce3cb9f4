/*
 * markup.h
 *	  Telling pages and XML from what was asked for.
 *
 * Pure C: no I/O, no allocation, no PostgreSQL.
 *
 * Seen in public programs: the service answers a request for JSON with
 * "<Table />", its XML writer's empty table, now and then.  Gateways and log-in
 * pages answer with HTML.  Neither is JSON, nor a CSV header as the service
 * writes it, whatever the Content-Type says.
 */
#ifndef DCF_MARKUP_H
#define DCF_MARKUP_H

#include <stdbool.h>
#include <stddef.h>

/* How a body begins, behind a byte order mark and white space. */
typedef enum DcfBodyStart
{
	DCF_BODY_BLANK,	 /* there is nothing else yet */
	DCF_BODY_OPEN,	 /* with '<', and the next byte tells */
	DCF_BODY_MARKUP, /* with a tag, a declaration or a comment */
	DCF_BODY_OTHER
} DcfBodyStart;

extern DcfBodyStart dcf_markup_look(const char *body, size_t len);

/*
 * Whether the whole body is an element "Table" without content, perhaps with an
 * XML declaration in front.
 */
extern bool dcf_markup_is_empty_table(const char *body, size_t len);

/*
 * The title of an HTML page, of which the end may be missing: a span of the body
 * without white space around it.  False if there is none, or it is empty.
 */
extern bool dcf_markup_title(const char *body, size_t len, const char **title,
							 size_t *title_len);

#endif /* DCF_MARKUP_H */
