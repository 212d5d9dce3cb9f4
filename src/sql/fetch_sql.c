/*
 * fetch_sql.c
 *	  The SQL functions that send a request of their own, with any format:
 *	  dataconnect_fetch() and dataconnect_email().
 *
 * They send it under the caller's user mapping.  The caller needs USAGE on the
 * server.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "net/session.h"
#include "reply/whole.h"
#include "sample_sql.h"

PG_FUNCTION_INFO_V1(dataconnect_fetch);
PG_FUNCTION_INFO_V1(dataconnect_email);

/* Leaves room below MaxAllocSize for the row around it. */
#define LARGEST_BODY 1000000000

/* A text argument, NULL for SQL's NULL. */
static char *
get_text(FunctionCallInfo fcinfo, int n)
{
	return PG_ARGISNULL(n) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(n));
}

/* The largest size of a reply. */
static size_t
get_max_bytes(FunctionCallInfo fcinfo, int n)
{
	int32 max = PG_GETARG_INT32(n);

	if (max < 0 || max > LARGEST_BODY)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid value for max_bytes: %d", max),
				 errhint("Valid values are 0 to %d.", LARGEST_BODY)));
	return max;
}

/* Send a request, and wait for the reply to begin. */
static DcfReply *
send_request(DcfSession *session, Oid serverid, const DcfRequest *request)
{
	DcfReply *reply = dcf_reply_create(session, request, NULL, NULL, false,
									   CurrentMemoryContext);

	dcf_reply_trace_question(reply, GetUserId(), serverid);
	(void) dcf_reply_await(reply);
	return reply;
}

/* Its params may replace what every request sends. */
static DcfRequest *
create_request(const DcfSession *session, const DcfTableOptions *table,
			   char *params)
{
	DcfRequest *request =
		dcf_request_create(dcf_session_options(session), table);

	dcf_request_set_query(request, dcf_option_utf8(params));
	request->raw = true;
	return request;
}

Datum
dataconnect_fetch(PG_FUNCTION_ARGS)
{
	ForeignServer *server;
	DcfTableOptions *table;
	DcfSession *session;
	DcfReply *reply;
	const char *content_type;
	size_t max;
	TupleDesc tupdesc;
	Datum values[4];
	bool nulls[4] = {false};

	/* Not strict: the method may be NULL. */
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(2) ||
		PG_ARGISNULL(4))
		PG_RETURN_NULL();
	if (get_call_result_type(fcinfo, NULL, &tupdesc) != TYPEFUNC_COMPOSITE ||
		tupdesc->natts != lengthof(values))
		elog(ERROR, "dataconnect_fetch() has other result columns");
	server = dcf_sample_get_server(NameStr(*PG_GETARG_NAME(0)));
	max = get_max_bytes(fcinfo, 4);
	table = dcf_option_fetch(get_text(fcinfo, 1), get_text(fcinfo, 2),
							 get_text(fcinfo, 3), dcf_option_server(server));
	session =
		dcf_session_get(server->serverid, GetUserId(), CurrentMemoryContext);
	reply = send_request(session, server->serverid,
						 create_request(session, table, get_text(fcinfo, 2)));

	content_type = dcf_reply_content_type(reply);
	values[0] = Int32GetDatum(dcf_body_head(dcf_reply_body(reply))->status);
	nulls[1] = content_type[0] == '\0';
	values[1] = CStringGetTextDatum(content_type);
	values[2] = TimestampTzGetDatum(dcf_reply_fetched_at(reply));
	values[3] = PointerGetDatum(dcf_whole_read(reply, max));
	dcf_reply_close(reply);
	PG_RETURN_DATUM(
		HeapTupleGetDatum(heap_form_tuple(tupdesc, values, nulls)));
}

/* A parameter whose value is in the database encoding. */
static void
set_param(DcfRequest *request, const char *name, char *value)
{
	dcf_request_set(request, name, dcf_option_utf8(value), false);
}

Datum
dataconnect_email(PG_FUNCTION_ARGS)
{
	ForeignServer *server;
	char *to = get_text(fcinfo, 3);
	char *cc = get_text(fcinfo, 4);
	DcfTableOptions *table;
	DcfSession *session;
	DcfRequest *request;
	DcfReply *reply;
	char *text;

	/* Not strict: nobody may get a copy. */
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(2) || to == NULL)
		PG_RETURN_NULL();
	server = dcf_sample_get_server(NameStr(*PG_GETARG_NAME(0)));
	table = dcf_option_email(get_text(fcinfo, 1), get_text(fcinfo, 2), to, cc,
							 dcf_option_server(server));
	session =
		dcf_session_get(server->serverid, GetUserId(), CurrentMemoryContext);
	request = create_request(session, table, get_text(fcinfo, 2));
	request->once = true;
	set_param(request, "Email.To", to);
	if (cc)
		set_param(request, "Email.Cc", cc);
	reply = send_request(session, server->serverid, request);
	text = dcf_whole_acknowledgement(reply);
	dcf_reply_close(reply);
	PG_RETURN_TEXT_P(cstring_to_text(text));
}
