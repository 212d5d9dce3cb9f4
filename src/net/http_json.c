/*
 * http_json.c
 *	  Reading small JSON replies whole.  See http_json.h.
 */
#include "postgres.h"

#include "http_json.h"

json_t *
dcf_http_read_json(DcfHttpTransfer *transfer)
{
	json_t *document = dcf_http_read_any_json(transfer, DCF_JSON_DOCUMENT_MAX);

	return json_is_object(document) ? document : NULL;
}

json_t *
dcf_http_read_any_json(DcfHttpTransfer *transfer, size_t max)
{
	const char *body;
	size_t len;

	for (;;)
	{
		body = dcf_http_buffer(transfer, &len);
		if (len > max)
			return NULL;
		if (!dcf_http_fill(transfer))
			break;
	}
	return dcf_json_document_parse(body, len);
}
