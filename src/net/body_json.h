/*
 * body_json.h
 *	  Reading small JSON replies whole.
 *
 * Both functions wait for the end of the reply, and raise what dcf_body_fill()
 * does.  The document is released with the current memory context.
 */
#ifndef DCF_BODY_JSON_H
#define DCF_BODY_JSON_H

#include "base/json_document.h"
#include "net/body.h"

/*
 * A JSON object; NULL if the reply is anything else, or longer than
 * DCF_JSON_DOCUMENT_MAX bytes.
 */
extern json_t *dcf_body_read_json(DcfBody *body);

/* Any JSON value; NULL if the reply is none, or longer than max bytes. */
extern json_t *dcf_body_read_any_json(DcfBody *body, size_t max);

#endif /* DCF_BODY_JSON_H */
