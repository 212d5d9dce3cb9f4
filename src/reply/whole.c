/*
 * whole.c
 *	  Replies that are wanted as a whole.  See whole.h.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "utils/memutils.h"

#include "base/foreign_text.h"
#include "base/json_document.h"
#include "core/markup.h"
#include "core/text.h"
#include "reply/whole.h"

/* Room for the first bytes. */
#define FIRST_SIZE (64 * 1024)

/* A bytea that grows. */
typedef struct Bytes
{
	bytea *value;
	size_t len; /* of the data */
	size_t size;
} Bytes;

static void
append(Bytes *bytes, const char *data, size_t len)
{
	if (bytes->size - bytes->len < len)
	{
		/* len is bounded, and so is the sum. */
		bytes->size = Min(Max(2 * bytes->size, bytes->len + len),
						  MaxAllocSize - VARHDRSZ);
		bytes->value = repalloc(bytes->value, VARHDRSZ + bytes->size);
	}
	memcpy(VARDATA(bytes->value) + bytes->len, data, len);
	bytes->len += len;
}

pg_noreturn static void
raise_too_long(size_t max)
{
	ereport(ERROR,
			(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
			 errmsg("reply is too long"),
			 errdetail("It is longer than max_bytes (%zu) allows.", max),
			 errhint("Raise max_bytes, or narrow the request.")));
}

/* Without a mark, a reply that was cut looks like a whole one. */
static void
check_marked(const DcfBody *body)
{
	if (!dcf_body_marks_end(body))
		ereport(ERROR,
				(errcode(ERRCODE_FDW_UNABLE_TO_CREATE_REPLY),
				 errmsg("reply may have been cut short"),
				 errdetail(
					 "It came without a length, chunks or compression.")));
}

bytea *
dcf_whole_read(DcfReply *reply, size_t max)
{
	DcfBody *body = dcf_reply_body(reply);
	Bytes bytes = {.value = palloc(VARHDRSZ + FIRST_SIZE), .size = FIRST_SIZE};
	ErrorContextCallback watch;
	ErrorContextCallback callback;
	DcfBodyStatus status = DCF_BODY_MORE;

	dcf_reply_watch(reply, &watch);
	dcf_reply_push_context(reply, &callback);
	check_marked(body);
	for (;;)
	{
		size_t len;
		const char *data = dcf_body_buffer(body, &len);

		if (len > max - bytes.len)
			raise_too_long(max);
		append(&bytes, data, len);
		dcf_body_consume(body, len);
		dcf_reply_check_data(reply, 0);
		if (status == DCF_BODY_ENDED)
			break;
		status = dcf_body_fill(body, true);
	}
	dcf_reply_pop_context(&callback);
	dcf_reply_unwatch(reply, &watch);
	dcf_reply_keep(reply, 0);
	SET_VARSIZE(bytes.value, VARHDRSZ + bytes.len);
	return bytes.value;
}

/* Wait for the body, or for as much of it as is shown; it may stay incomplete. */
static void
gather(DcfReply *reply)
{
	DcfBody *body = dcf_reply_body(reply);

	while (dcf_body_gather(body, DCF_JSON_DOCUMENT_MAX) == DCF_BODY_LATER)
	{
		DcfWaitPlan plan;

		dcf_wait_plan_begin(&plan);
		dcf_reply_plan(reply, DCF_CLAIM_NEEDED, &plan);
		dcf_wait(&plan);
		dcf_reply_waited(reply);
	}
}

/* The bytes of the body that have come, at most so many as are gathered. */
static const char *
get_start(const DcfReply *reply, size_t *len)
{
	const char *bytes = dcf_body_buffer(dcf_reply_body(reply), len);

	*len = Min(*len, DCF_JSON_DOCUMENT_MAX);
	return bytes;
}

char *
dcf_whole_refusal(DcfReply *reply)
{
	json_t *document;
	const char *message;
	const char *bytes;
	size_t len;

	gather(reply);
	bytes = get_start(reply, &len);
	document = dcf_json_document_parse(bytes, len);
	if (!json_is_true(dcf_json_document_member(document, "Error")))
		return NULL;
	message = dcf_json_document_text(document, "Message");
	return message ? dcf_foreign_text(message, strlen(message)) :
					 dcf_foreign_text_start(bytes, len);
}

void
dcf_whole_raise_refusal(const DcfReply *reply, const char *said)
{
	ereport(ERROR,
			(errcode(ERRCODE_FDW_ERROR),
			 errmsg("service did not accept the request"),
			 errdetail("%s was answered with an error: \"%s\".",
					   dcf_reply_request(reply), said)));
}

bool
dcf_whole_is_blank(const DcfReply *reply)
{
	size_t len;
	const char *bytes = get_start(reply, &len);

	return dcf_markup_look(bytes, len) == DCF_BODY_BLANK;
}

char *
dcf_whole_acknowledgement(DcfReply *reply)
{
	ErrorContextCallback watch;
	const char *said;
	const char *bytes;
	size_t len;

	dcf_reply_watch(reply, &watch);
	said = dcf_whole_refusal(reply);
	if (said)
		dcf_whole_raise_refusal(reply, said);
	dcf_reply_unwatch(reply, &watch);
	dcf_reply_keep(reply, 0);
	bytes = get_start(reply, &len);
	/* Other encodings may lack one of its characters. */
	if (GetDatabaseEncoding() == PG_UTF8 && dcf_text_is_utf8(bytes, len) &&
		memchr(bytes, '\0', len) == NULL)
		return pnstrdup(bytes, len);
	return dcf_foreign_text(bytes, len);
}
