/*
 * reply.c
 *	  A request that was sent, and its reply.  See reply.h.
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "base/foreign_text.h"
#include "base/json_document.h"
#include "net/blocking.h"
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
	DcfBody *body; /* NULL until it was awaited */
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

	dcf_exchange_describe(&reply->exchange, reply->body, &refusal);
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
	reply->body =
		dcf_session_run(reply->session, &reply->exchange, reply->context);
	pop_context(&callback);

	status = dcf_transfer_head(dcf_body_transfer(reply->body))->status;
	if (status == DCF_STATUS_TOO_MUCH && reply->can_halve)
		/* A reply read to its end leaves its connection fit for the next. */
		dcf_blocking_gather(reply->body, DCF_JSON_DOCUMENT_MAX,
							reply->exchange.http.idle_timeout);
	else if (status != 200)
		raise_refusal(reply);
	MemoryContextSwitchTo(old);
	return status == 200;
}

bool
dcf_reply_is_ready(const DcfReply *reply)
{
	/* NULL between two tries, which others see only if the try raised. */
	DcfTransfer *transfer = reply->exchange.begun;

	if (reply->body)
		return dcf_body_is_ready(reply->body);
	return transfer == NULL || dcf_transfer_is_ready(transfer);
}

bool
dcf_reply_is_done(const DcfReply *reply)
{
	return reply->body && dcf_transfer_is_done(dcf_body_transfer(reply->body));
}

void
dcf_reply_wait_any(DcfReply **replies, int n, bool wait)
{
	DcfWaitPlan plan;

	dcf_wait_plan_begin(&plan);
	for (int i = 0; i < n; i++)
	{
		if (replies[i]->body)
			dcf_body_plan(replies[i]->body, &plan);
		else
			dcf_transfer_plan(replies[i]->exchange.begun, &plan);
	}
	plan.ready |= !wait;
	dcf_wait(&plan);
	for (int i = 0; i < n; i++)
	{
		if (replies[i]->body)
			dcf_body_waited(replies[i]->body);
		else
			dcf_transfer_waited(replies[i]->exchange.begun);
	}
}

DcfBody *
dcf_reply_body(const DcfReply *reply)
{
	return reply->body;
}

DcfBodyStatus
dcf_reply_fill(DcfReply *reply, bool wait)
{
	ErrorContextCallback callback;
	DcfBodyStatus status;

	push_context(reply, &callback);
	status = dcf_body_fill(reply->body, wait);
	pop_context(&callback);
	return status;
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
	const DcfHttpHead *head =
		dcf_transfer_head(dcf_body_transfer(reply->body));

	return dcf_foreign_text_buffer(head->content_type,
								   sizeof(head->content_type));
}

void
dcf_reply_counters(const DcfReply *reply, DcfReplyCounters *counters)
{
	memset(counters, 0, sizeof(DcfReplyCounters));
	counters->tries = reply->exchange.tries;
	counters->body.first_byte_ms = -1;
	if (reply->body)
		dcf_body_stats(reply->body, &counters->body);
}

void
dcf_reply_close(DcfReply *reply)
{
	MemoryContextDelete(reply->context);
}
