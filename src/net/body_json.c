/*
 * body_json.c
 *	  Reading small JSON replies whole.  See body_json.h.
 */
#include "postgres.h"

#include "body_json.h"

json_t *
dcf_body_read_json(DcfBody *body)
{
	json_t *document = dcf_body_read_any_json(body, DCF_JSON_DOCUMENT_MAX);

	return json_is_object(document) ? document : NULL;
}

json_t *
dcf_body_read_any_json(DcfBody *body, size_t max)
{
	const char *text;
	size_t len;

	for (;;)
	{
		text = dcf_body_buffer(body, &len);
		if (len > max)
			return NULL;
		if (dcf_body_fill(body, true) != DCF_BODY_MORE)
			break;
	}
	return dcf_json_document_parse(text, len);
}
