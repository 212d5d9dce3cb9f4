/*
 * http_json.h
 *	  Small JSON replies, read whole.
 *
 * Both wait for the end of the reply, and raise what dcf_http_fill() does.  The
 * document is released with the current memory context.
 */
#ifndef DCF_HTTP_JSON_H
#define DCF_HTTP_JSON_H

#include "base/json_document.h"
#include "net/http.h"

/* A JSON object; NULL for anything else and for more than DCF_JSON_DOCUMENT_MAX. */
extern json_t *dcf_http_read_json(DcfHttpTransfer *transfer);

/* Any JSON document of up to max bytes; NULL if it is none. */
extern json_t *dcf_http_read_any_json(DcfHttpTransfer *transfer, size_t max);

#endif /* DCF_HTTP_JSON_H */
