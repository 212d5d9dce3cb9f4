/*
 * body_json.c
 *	  Reading small JSON replies whole.  See body_json.h.
 */
#include "postgres.h"

#include "body_json.h"

bool
dcf_body_read_json(DcfBody *body, size_t max, json_t **document)
{
	DcfBodyStatus status;
	const char *bytes;
	size_t len;

	*document = NULL;
	do
	{
		(void) dcf_body_buffer(body, &len);
		if (len > max)
			return true;
		status = dcf_body_fill(body, false);
	} while (status == DCF_BODY_MORE);
	if (status == DCF_BODY_LATER)
		return false;
	bytes = dcf_body_buffer(body, &len);
	*document = dcf_json_document_parse(bytes, len);
	return true;
}
