/*
 * markup.h
 *	  Recognising HTML pages and XML in place of the requested format.
 *
 * Pure C: no I/O, no allocation, no PostgreSQL.
 *
 * Public programs show that the service now and then answers a request for JSON
 * with "<Table />", an empty table of its XML writer.  Gateways and log-in pages
 * answer with HTML.  The Content-Type is not reliable, so the body is examined:
 * neither JSON nor the service's CSV headers look like markup.
 */
#ifndef DCF_MARKUP_H
#define DCF_MARKUP_H

#include <stdbool.h>
#include <stddef.h>

/* How a body begins, after a byte order mark and white space. */
typedef enum DcfBodyStart
{
	DCF_BODY_BLANK,	 /* nothing else has arrived yet */
	DCF_BODY_OPEN,	 /* with '<'; the next byte will decide */
	DCF_BODY_MARKUP, /* with a tag, a declaration or a comment */
	DCF_BODY_OTHER
} DcfBodyStart;

/* Examine the beginning of a body, which may still be incomplete. */
extern DcfBodyStart dcf_markup_look(const char *body, size_t len);

/*
 * Whether the whole body is an empty element "Table", with or without an XML
 * declaration.
 */
extern bool dcf_markup_is_empty_table(const char *body, size_t len);

/*
 * Find the title of an HTML page that may be truncated: a span of the body,
 * trimmed.  Returns false if there is none or it is empty.
 */
extern bool dcf_markup_title(const char *body, size_t len, const char **title,
							 size_t *title_len);

#endif /* DCF_MARKUP_H */
