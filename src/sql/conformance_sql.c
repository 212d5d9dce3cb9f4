/*
 * conformance_sql.c
 *	  Questions about how the service answers, for dataconnect_conformance():
 *	  dataconnect_conformance_ask(), dataconnect_conformance_overlap().
 *
 * Each sends GET requests under the caller's user mapping, once, and takes whatever
 * comes.  The caller needs USAGE on the server.
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "base/foreign_text.h"
#include "base/wipe.h"
#include "core/text.h"
#include "net/session.h"
#include "reply/reply.h"
#include "request/writing.h"
#include "result_row.h"
#include "sample_sql.h"

PG_FUNCTION_INFO_V1(dataconnect_conformance_ask);
PG_FUNCTION_INFO_V1(dataconnect_conformance_overlap);

/* Room for the head of a reply. */
#define HEAD_SIZE (16 * 1024)

/* Most bytes of a body that are read. */
#define LARGEST_BODY (16 * 1024 * 1024)

/* Most bytes of a header's value that are shown. */
#define SHOWN_VALUE 60

/*
 * How long the first request of two is ahead of the second.  They come over
 * different connections, so that nothing else keeps their order.
 */
#define AHEAD_MS 100

static const char byte_order_mark[] = "\xEF\xBB\xBF";

/* A request and what has come of it.  Times are by dcf_wait_now(), 0: not yet. */
typedef struct Question
{
	DcfRequest *request;
	DcfReply *reply; /* NULL: not sent yet */
	char *head;
	size_t bytes;	/* of the body that were read */
	int64 begun;	/* to be sent */
	int64 sent;		/* its connection is up */
	int64 answered; /* the head and the first byte of the body are there */
	int64 ended;
} Question;

/* A text argument. */
static char *
get_text(FunctionCallInfo fcinfo, int n)
{
	return text_to_cstring(PG_GETARG_TEXT_PP(n));
}

/* An argument that has a range. */
static int
get_int(FunctionCallInfo fcinfo, int n, const char *name, int max)
{
	int32 value = PG_GETARG_INT32(n);

	if (value < 1 || value > max)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid value for %s: %d", name, value),
				 errhint("Valid values are 1 to %d.", max)));
	return value;
}

/* A GET of the endpoint in argument 1 with these params. */
static DcfRequest *
create_request(FunctionCallInfo fcinfo, DcfSession *session, char *params,
			   int timeout)
{
	const DcfServerOptions *options = dcf_session_options(session);
	DcfTableOptions *table =
		dcf_option_fetch(get_text(fcinfo, 1), params, "get", options);
	DcfRequest *request = dcf_request_create(options, table);

	dcf_writing_refuse(table->endpoint);
	dcf_request_set_query(request, dcf_option_utf8(params));
	request->raw = true;
	request->any_reply_within = timeout;
	return request;
}

/* Begin to send a request; with the cookies of another one, if that is not NULL. */
static void
begin(Question *question, DcfSession *session, Oid serverid,
	  const Question *twin)
{
	DcfReplyNotes notes = {.head_size = HEAD_SIZE,
						   .twin = twin ? twin->reply : NULL};

	/* All of it is wiped later, so it is all one text at first. */
	question->head = palloc(HEAD_SIZE);
	memset(question->head, ' ', HEAD_SIZE - 1);
	question->head[HEAD_SIZE - 1] = '\0';
	notes.head = dcf_wipe_later(question->head, CurrentMemoryContext);
	question->head[0] = '\0';
	question->begun = dcf_wait_now();
	question->reply = dcf_reply_create(session, question->request, NULL, NULL,
									   false, CurrentMemoryContext);
	dcf_reply_set_notes(question->reply, &notes);
	dcf_reply_trace_question(question->reply, GetUserId(), serverid);
}

/* --- One question ----------------------------------------------------------- */

/*
 * Read the body, up to max bytes; whether that is all of it.  Raises what
 * dcf_body_fill() does.
 */
static bool
read_body(DcfReply *reply, size_t max, StringInfo into)
{
	DcfBody *body = dcf_reply_body(reply);
	ErrorContextCallback watch;
	ErrorContextCallback callback;
	DcfBodyStatus status = DCF_BODY_MORE;
	bool whole = true;

	dcf_reply_watch(reply, &watch);
	dcf_reply_push_context(reply, &callback);
	for (;;)
	{
		size_t len;
		const char *bytes = dcf_body_buffer(body, &len);
		size_t n = Min(len, max - into->len);

		appendBinaryStringInfo(into, bytes, n);
		dcf_body_consume(body, n);
		dcf_reply_check_data(reply, 0);
		whole = n == len;
		if (status == DCF_BODY_ENDED || !whole)
			break;
		status = dcf_body_fill(body, true);
	}
	dcf_reply_pop_context(&callback);
	dcf_reply_unwatch(reply, &watch);
	return whole;
}

/*
 * Make a body a text of the database: unless both are UTF-8, bytes beyond ASCII
 * become question marks, and so do NULs.
 */
static void
make_text(StringInfo body, bool is_utf8)
{
	bool keep = is_utf8 && GetDatabaseEncoding() == PG_UTF8;

	for (int i = 0; i < body->len; i++)
	{
		if (body->data[i] == '\0' || (!keep && IS_HIGHBIT_SET(body->data[i])))
			body->data[i] = '?';
	}
}

/* Whether to show the form of a header's value: those about limits. */
static bool
is_shown(const char *name, size_t len)
{
	static const char limit[] = "X-RateLimit-";
	static const char retry[] = "Retry-After";

	return (len > strlen(limit) &&
			pg_strncasecmp(name, limit, strlen(limit)) == 0) ||
		(len == strlen(retry) && pg_strncasecmp(name, retry, len) == 0);
}

/* The form of a value: its digits are 9, its letters a. */
static char *
mask(const char *value, size_t len)
{
	char *form = pnstrdup(value, Min(len, SHOWN_VALUE));

	for (char *c = form; *c; c++)
	{
		if (*c >= '0' && *c <= '9')
			*c = '9';
		else if (isalpha((unsigned char) *c) || IS_HIGHBIT_SET(*c))
			*c = 'a';
	}
	return form;
}

/* The names of the headers (char *), some with the form of their value. */
static List *
list_headers(const char *head)
{
	List *headers = NIL;

	while (*head)
	{
		size_t len = strcspn(head, "\r\n");
		size_t name = strcspn(head, ":\r\n");
		char *header = pnstrdup(head, name);

		if (head[name] == ':' && is_shown(head, name))
		{
			const char *value = head + name + 1;

			value += strspn(value, " \t");
			header =
				psprintf("%s: %s", header, mask(value, head + len - value));
		}
		if (name > 0 && head[name] == ':')
			headers =
				lappend(headers, dcf_foreign_text(header, strlen(header)));
		head += len;
		head += strspn(head, "\r\n");
	}
	return headers;
}

/* Add the row of a reply whose body was read. */
static void
put_answer(FunctionCallInfo fcinfo, const Question *question, StringInfo body,
		   bool whole)
{
	const DcfReply *reply = question->reply;
	const DcfHttpHead *head = dcf_body_head(dcf_reply_body(reply));
	bool is_utf8 = dcf_text_is_utf8(body->data, body->len);
	bool has_mark = body->len >= (int) strlen(byte_order_mark) &&
		memcmp(body->data, byte_order_mark, strlen(byte_order_mark)) == 0;
	DcfResultRow *row = dcf_result_row_begin(fcinfo);
	DcfReplyCounters counters;

	dcf_reply_counters(reply, &counters);
	dcf_result_row_int4(row, "status", head->status);
	dcf_result_row_text(row, "content_type", dcf_reply_content_type(reply));
	dcf_result_row_text(row, "coding",
						dcf_foreign_text_buffer(head->content_coding,
												sizeof(head->content_coding)));
	dcf_result_row_texts(row, "headers", list_headers(question->head));
	dcf_result_row_texts(row, "cookies", dcf_reply_cookie_names(reply));
	dcf_result_row_bool(row, "marks_end",
						dcf_body_marks_end(dcf_reply_body(reply)));
	dcf_result_row_bool(row, "is_whole", whole);
	dcf_result_row_bool(row, "is_utf8", is_utf8);
	dcf_result_row_bool(row, "has_mark", has_mark);
	dcf_result_row_int8(row, "bytes", counters.body.bytes_decoded);
	dcf_result_row_int8(row, "ms", dcf_wait_now() - question->begun);
	make_text(body, is_utf8);
	dcf_result_row_text(row, "body",
						body->data + (has_mark ? strlen(byte_order_mark) : 0));
	dcf_result_row_end(row);
}

Datum
dataconnect_conformance_ask(PG_FUNCTION_ARGS)
{
	ForeignServer *server = dcf_sample_get_server(NameStr(*PG_GETARG_NAME(0)));
	int max = get_int(fcinfo, 3, "max_bytes", LARGEST_BODY);
	int timeout = get_int(fcinfo, 4, "timeout", INT_MAX);
	DcfSession *session =
		dcf_session_get(server->serverid, GetUserId(), CurrentMemoryContext);
	Question question = {0};
	StringInfoData body;
	bool whole;

	InitMaterializedSRF(fcinfo, 0);
	initStringInfo(&body);
	question.request =
		create_request(fcinfo, session, get_text(fcinfo, 2), timeout);
	begin(&question, session, server->serverid, NULL);
	(void) dcf_reply_await(question.reply);
	whole = read_body(question.reply, max, &body);
	if (whole)
		dcf_reply_keep(question.reply, 0);
	put_answer(fcinfo, &question, &body, whole);
	dcf_reply_close(question.reply);
	return (Datum) 0;
}

/* --- Two at once -------------------------------------------------------------- */

/* Read what has come of the body, which nobody wants. */
static void
drain(Question *question)
{
	DcfBody *body = dcf_reply_body(question->reply);
	ErrorContextCallback watch;
	ErrorContextCallback callback;
	DcfBodyStatus status;

	dcf_reply_watch(question->reply, &watch);
	dcf_reply_push_context(question->reply, &callback);
	do
	{
		size_t len;

		(void) dcf_body_buffer(body, &len);
		dcf_body_consume(body, len);
		dcf_reply_check_data(question->reply, 0);
		question->bytes += len;
		status = dcf_body_fill(body, false);
	} while (status == DCF_BODY_MORE && question->bytes < LARGEST_BODY);
	dcf_reply_pop_context(&callback);
	dcf_reply_unwatch(question->reply, &watch);
	if (status != DCF_BODY_LATER)
		question->ended = dcf_wait_now();
}

/* Go on without waiting. */
static void
advance(Question *question)
{
	if (question->ended)
		return;
	if (question->answered == 0 &&
		dcf_reply_step(question->reply) != DCF_REPLY_LATER)
		question->answered = dcf_wait_now();
	if (question->sent == 0 &&
		dcf_reply_phase(question->reply) >= DCF_SCAN_SENT)
		question->sent = dcf_wait_now();
	if (question->answered)
		drain(question);
}

/* Wait for what is under way, and at most until a time; -1: no time. */
static void
wait_for(Question *questions, int n, int64 until)
{
	DcfWaitPlan plan;

	dcf_wait_plan_begin(&plan);
	if (until >= 0)
		dcf_wait_plan_note(&plan, until, DCF_WAIT_REPLY);
	for (int i = 0; i < n; i++)
	{
		if (questions[i].reply && !questions[i].ended)
			dcf_reply_plan(questions[i].reply, DCF_CLAIM_NEEDED, &plan);
	}
	dcf_wait(&plan);
	for (int i = 0; i < n; i++)
	{
		if (questions[i].reply && !questions[i].ended)
			dcf_reply_waited(questions[i].reply);
	}
}

/* Set a column to the status of a reply, or to NULL. */
static void
put_status(DcfResultRow *row, const char *column, const Question *question)
{
	if (question->answered == 0)
		dcf_result_row_null(row, column);
	else
		dcf_result_row_int4(row, column,
							dcf_body_head(dcf_reply_body(question->reply))
								->status);
}

/* Set a column to the ms since the first request began, or to NULL. */
static void
put_ms(DcfResultRow *row, const char *column, const Question *first,
	   int64 time)
{
	if (time == 0)
		dcf_result_row_null(row, column);
	else
		dcf_result_row_int8(row, column, time - first->begun);
}

Datum
dataconnect_conformance_overlap(PG_FUNCTION_ARGS)
{
	ForeignServer *server = dcf_sample_get_server(NameStr(*PG_GETARG_NAME(0)));
	int timeout = get_int(fcinfo, 4, "timeout", INT_MAX);
	DcfSession *session =
		dcf_session_get(server->serverid, GetUserId(), CurrentMemoryContext);
	Question questions[2] = {0};
	Question *first = &questions[0];
	Question *second = &questions[1];
	DcfResultRow *row;

	InitMaterializedSRF(fcinfo, 0);
	first->request =
		create_request(fcinfo, session, get_text(fcinfo, 2), timeout);
	second->request =
		create_request(fcinfo, session, get_text(fcinfo, 3), timeout);
	begin(first, session, server->serverid, NULL);
	for (;;)
	{
		int64 due;

		advance(first);
		due = first->sent && !second->reply ? first->sent + AHEAD_MS : -1;
		if (due >= 0 && due <= dcf_wait_now() && !first->ended)
			begin(second, session, server->serverid, first);
		if (second->reply)
			advance(second);
		if (first->ended && (!second->reply || second->ended))
			break;
		wait_for(questions, lengthof(questions), second->reply ? -1 : due);
	}

	row = dcf_result_row_begin(fcinfo);
	put_status(row, "status", first);
	put_status(row, "second_status", second);
	put_ms(row, "ended", first, first->ended);
	put_ms(row, "second_begun", first, second->begun);
	put_ms(row, "second_answered", first, second->answered);
	dcf_result_row_end(row);
	if (second->reply)
		dcf_reply_close(second->reply);
	dcf_reply_close(first->reply);
	return (Datum) 0;
}
