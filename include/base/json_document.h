/*
 * json_document.h
 *	  Small JSON documents, read whole: tokens, sessions, refusals.
 */
#ifndef DCF_JSON_DOCUMENT_H
#define DCF_JSON_DOCUMENT_H

#include "postgres.h"

#include <jansson.h>

/* The most of a document that is read, in bytes. */
#define DCF_JSON_DOCUMENT_MAX (64 * 1024)

/*
 * A document, released with the current memory context; NULL if the bytes are
 * not JSON.
 */
extern json_t *dcf_json_document_parse(const char *bytes, size_t len);

/*
 * The same of a document that somebody wrote: keys given twice are an error,
 * and *error says what is wrong and where.
 */
extern json_t *dcf_json_document_load(const char *bytes, size_t len,
									  json_error_t *error);

/*
 * A member of an object, its name compared without regard to case; NULL if
 * there is none or document is no object.
 */
extern json_t *dcf_json_document_member(json_t *document, const char *name);

/*
 * The text of such a member, if it is a text that is not empty; else NULL.  In
 * UTF-8, and lives as long as the document.
 */
extern const char *dcf_json_document_text(json_t *document, const char *name);

/*
 * A member that is a whole number, or a text that is not empty, as text,
 * palloc'd; NULL if it is neither.
 */
extern char *dcf_json_document_number(json_t *document, const char *name);

#endif /* DCF_JSON_DOCUMENT_H */
