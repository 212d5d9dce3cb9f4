/*
 * reply.c
 *	  From a request to a reply under way.  See reply.h.
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
	DcfHinter hinter;	   /* its give is NULL for none */
	bool may_ask_less;
	DcfSession *session;
	DcfExchange exchange;
	DcfHttpTransfer *transfer; /* NULL until it was awaited */
};

/* CONTEXT of all that goes wrong while the reply is awaited or read. */
static void
tell_context(void *arg)
{
	DcfReply *reply = arg;

	if (reply->relation)
		errcontext("request for foreign table \"%s\": %s", reply->relation,
				   reply->request);
	else
		errcontext("request: %s", reply->request);
}

static void
push_context(DcfReply *reply, ErrorContextCallback *callback)
{
	callback->callback = tell_context;
	callback->arg = reply;
	callback->previous = error_context_stack;
	error_context_stack = callback;
}

static void
pop_context(const ErrorContextCallback *callback)
{
	error_context_stack = callback->previous;
}

static void
prepare(DcfExchange *exchange, DcfSession *session, const DcfRequest *request,
		int64 deadline)
{
	DcfHttpRequest *http = &exchange->http;
	const char *base = dcf_preferred_endpoint_url(session, request, deadline);

	dcf_session_init_exchange(session, exchange, deadline);
	exchange->expects = dcf_format_unlike_markup(request->format);
	exchange->path = request->endpoint;
	http->url = dcf_request_url(request, base);
	if (dcf_request_is_post(request, base))
		http->post_body = dcf_request_body(request, &http->content_type);
}

static void
raise_refusal(DcfReply *reply)
{
	DcfRefusal refusal;

	dcf_exchange_describe(&reply->exchange, reply->transfer, &refusal);
	refusal.relation = reply->relation;
	refusal.request = reply->request;
	if (reply->hinter.give)
		refusal.hint = reply->hinter.give(reply->hinter.arg, refusal.status);
	dcf_refusal_raise(&refusal);
}

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
				const char *relation, const DcfHinter *hinter,
				bool may_ask_less, DcfLimiterSlot *slot, MemoryContext cxt)
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
	if (hinter)
		reply->hinter = *hinter;
	reply->may_ask_less = may_ask_less;
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
	if (status == DCF_STATUS_TOO_MUCH && reply->may_ask_less)
		/* A reply read to its end leaves its connection fit for the next. */
		dcf_http_gather(reply->transfer, DCF_JSON_DOCUMENT_MAX);
	else if (status != 200)
		raise_refusal(reply);
	MemoryContextSwitchTo(old);
	return status == 200;
}

/* The transfer that the reply comes by, or will. */
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

const char *
dcf_reply_content_type(const DcfReply *reply)
{
	const DcfHttpHead *head = dcf_http_head(reply->transfer);

	return dcf_foreign_text_buffer(head->content_type,
								   sizeof(head->content_type));
}

void
dcf_reply_counters(const DcfReply *reply, DcfReplyCounters *stats)
{
	const DcfHttpTransfer *transfer = current_transfer(reply);

	memset(stats, 0, sizeof(DcfReplyCounters));
	stats->tries = reply->exchange.tries;
	/* While it is tried again there is none. */
	if (transfer)
		dcf_http_stats(transfer, &stats->http);
}

void
dcf_reply_close(DcfReply *reply)
{
	MemoryContextDelete(reply->context);
}
