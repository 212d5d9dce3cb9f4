/*
 * json_document.h
 *	  Small JSON documents, parsed whole: tokens, sessions, refusals, and the
 *	  catalogue.  Replies with records go through core/json_reader.h.
 *
 * Documents and their texts are UTF-8.
 */
#ifndef DCF_JSON_DOCUMENT_H
#define DCF_JSON_DOCUMENT_H

#include "postgres.h"

#include <jansson.h>

/* The largest document that is read from the service, in bytes. */
#define DCF_JSON_DOCUMENT_MAX (64 * 1024)

/*
 * Parse a document of any JSON type.  It is released with the current memory
 * context.  Returns NULL if the bytes are not JSON.
 */
extern json_t *dcf_json_document_parse(const char *bytes, size_t len);

/*
 * The same for a file that a person wrote, an array or an object.  A duplicate
 * key is an error.  On NULL, *error has the reason and the line.
 */
extern json_t *dcf_json_document_load(const char *bytes, size_t len,
									  json_error_t *error);

/*
 * The member of an object with this name, ignoring ASCII case.  NULL if there is
 * none, or if document is not an object.
 */
extern json_t *dcf_json_document_member(json_t *document, const char *name);

/*
 * The text of such a member, or NULL unless it is a string that is not empty.
 * It belongs to the document.
 */
extern const char *dcf_json_document_text(json_t *document, const char *name);

/*
 * The text of such a member that may also be an integer, palloc'd; NULL unless
 * it is either.
 */
extern char *dcf_json_document_number(json_t *document, const char *name);

#endif /* DCF_JSON_DOCUMENT_H */
