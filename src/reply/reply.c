/*
 * reply.c
 *	  A request that was sent, and its reply.  See reply.h.
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "base/foreign_text.h"
#include "base/json_document.h"
#include "net/offline.h"
#include "net/preferred_endpoint.h"
#include "net/refusal.h"
#include "net/session_run.h"
#include "reply/format.h"
#include "reply/reply.h"

struct DcfReply
{
	MemoryContext context; /* the reply's own */
	char *relation;		   /* or NULL */
	char *request;		   /* for messages */
	DcfHintCallback hint;  /* give is NULL if there is none */
	bool can_halve;
	DcfSession *session;
	DcfExchange exchange;
	DcfHttpTransfer *transfer; /* NULL until it was awaited */
};

/* An error context callback: names the table and shows the request. */
static void
add_error_context(void *arg)
{
	DcfReply *reply = arg;

	if (reply->relation)
		errcontext("request for foreign table \"%s\": %s", reply->relation,
				   reply->request);
	else
		errcontext("request: %s", reply->request);
}

/*
 * Until pop_context(), errors show the request as their CONTEXT. After an
 * error PostgreSQL itself restores the stack, at the next PG_CATCH() or in the
 * main loop.
 */
static void
push_context(DcfReply *reply, ErrorContextCallback *callback)
{
	callback->callback = add_error_context;
	callback->arg = reply;
	callback->previous = error_context_stack;
	error_context_stack = callback;
}

static void
pop_context(const ErrorContextCallback *callback)
{
	error_context_stack = callback->previous;
}

/*
 * The exchange for a request: URL, body and deadline.  May ask the service for
 * the preferred endpoint first.
 */
static void
prepare(DcfExchange *exchange, DcfSession *session, const DcfRequest *request,
		int64 deadline)
{
	DcfHttpRequest *http = &exchange->http;
	const char *base = dcf_preferred_endpoint_url(session, request, deadline);

	dcf_session_init_exchange(session, exchange, deadline);
	/* In other formats than XML, markup is an error page. */
	exchange->expects = dcf_format_unlike_markup(request->format);
	exchange->path = request->endpoint;
	http->url = dcf_request_url(request, base);
	if (dcf_request_is_post(request, base))
		http->post_body = dcf_request_body(request, &http->content_type);
}

/* Raise the error that the reply's status means. */
static void
raise_refusal(DcfReply *reply)
{
	DcfRefusal refusal;

	dcf_exchange_describe(&reply->exchange, reply->transfer, &refusal);
	refusal.relation = reply->relation;
	refusal.request = reply->request;
	if (reply->hint.give)
		refusal.hint = reply->hint.give(reply->hint.arg, refusal.status);
	dcf_refusal_raise(&refusal);
}

/*
 * Send the first try.  The deadline is for everything: questions about the
 * endpoint, the log-in, the queue and all tries.  What fails meanwhile has the
 * request as CONTEXT.
 */
static void
begin(DcfReply *reply, const DcfRequest *request, DcfLimiterSlot *slot)
{
	DcfSession *session = reply->session;
	int64 deadline = dcf_exchange_deadline(dcf_session_options(session));
	ErrorContextCallback callback;

	push_context(reply, &callback);
	prepare(&reply->exchange, session, request, deadline);
	if (request->brief)
		dcf_exchange_make_brief(&reply->exchange);
	reply->exchange.slot = slot;
	dcf_session_begin(session, &reply->exchange, reply->context);
	pop_context(&callback);
}

DcfReply *
dcf_reply_begin(DcfSession *session, const DcfRequest *request,
				const char *relation, const DcfHintCallback *hint,
				bool can_halve, DcfLimiterSlot *slot, MemoryContext cxt)
{
	MemoryContext own = AllocSetContextCreate(cxt, "dataconnect_fdw reply",
											  ALLOCSET_SMALL_SIZES);
	MemoryContext old = MemoryContextSwitchTo(own);
	DcfReply *reply = palloc0(sizeof(DcfReply));

	reply->context = own;
	reply->session = session;
	reply->request =
		dcf_request_show(request, dcf_session_options(session)->url);
	reply->relation = relation ? pstrdup(relation) : NULL;
	if (hint)
		reply->hint = *hint;
	reply->can_halve = can_halve;
	begin(reply, request, slot);
	MemoryContextSwitchTo(old);
	return reply;
}

bool
dcf_reply_await(DcfReply *reply)
{
	MemoryContext old = MemoryContextSwitchTo(reply->context);
	ErrorContextCallback callback;
	int status;

	push_context(reply, &callback);
	reply->transfer =
		dcf_session_run(reply->session, &reply->exchange, reply->context);
	pop_context(&callback);

	status = dcf_http_head(reply->transfer)->status;
	if (status == DCF_STATUS_TOO_MUCH && reply->can_halve)
		/* A reply read to its end leaves its connection fit for the next. */
		dcf_http_gather(reply->transfer, DCF_JSON_DOCUMENT_MAX);
	else if (status != 200)
		raise_refusal(reply);
	MemoryContextSwitchTo(old);
	return status == 200;
}

/*
 * The transfer, awaited or not.  NULL between two tries, which others see only
 * if dcf_reply_await() raised there.
 */
static DcfHttpTransfer *
current_transfer(const DcfReply *reply)
{
	return reply->transfer ? reply->transfer : reply->exchange.begun;
}

bool
dcf_reply_is_ready(const DcfReply *reply)
{
	return dcf_http_is_ready(current_transfer(reply));
}

bool
dcf_reply_is_done(const DcfReply *reply)
{
	return reply->transfer && dcf_http_is_done(reply->transfer);
}

void
dcf_reply_wait_any(DcfReply **replies, int n, bool wait)
{
	DcfHttpTransfer **transfers = palloc(sizeof(DcfHttpTransfer *) * n);

	for (int i = 0; i < n; i++)
		transfers[i] = current_transfer(replies[i]);
	dcf_http_wait_any(transfers, n, wait);
	pfree(transfers);
}

DcfHttpTransfer *
dcf_reply_transfer(const DcfReply *reply)
{
	return reply->transfer;
}

bool
dcf_reply_fill(DcfReply *reply)
{
	ErrorContextCallback callback;
	bool more;

	push_context(reply, &callback);
	more = dcf_http_fill(reply->transfer);
	pop_context(&callback);
	return more;
}

void
dcf_reply_raise_too_long(DcfReply *reply, size_t max)
{
	ErrorContextCallback callback;

	push_context(reply, &callback);
	dcf_refusal_raise_too_long(max);
}

const char *
dcf_reply_content_type(const DcfReply *reply)
{
	const DcfHttpHead *head = dcf_http_head(reply->transfer);

	return dcf_foreign_text_buffer(head->content_type,
								   sizeof(head->content_type));
}

void
dcf_reply_counters(const DcfReply *reply, DcfReplyCounters *counters)
{
	const DcfHttpTransfer *transfer = current_transfer(reply);

	memset(counters, 0, sizeof(DcfReplyCounters));
	counters->tries = reply->exchange.tries;
	/* There is none between two tries. */
	if (transfer)
		dcf_http_stats(transfer, &counters->http);
}

void
dcf_reply_close(DcfReply *reply)
{
	MemoryContextDelete(reply->context);
}
