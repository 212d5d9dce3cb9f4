/*
 * body_json.h
 *	  Reading small JSON replies whole.
 */
#ifndef DCF_BODY_JSON_H
#define DCF_BODY_JSON_H

#include "base/json_document.h"
#include "net/body.h"

/*
 * Read the rest of the body, without waiting; false as long as more of it has to
 * come.  Then *document is a JSON value, which is released with the current memory
 * context; NULL if the body is none, or longer than max bytes.  Raises what
 * dcf_body_fill() does.
 */
extern bool dcf_body_read_json(DcfBody *body, size_t max, json_t **document);

#endif /* DCF_BODY_JSON_H */
