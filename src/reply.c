/*
 * reply.c
 *	  From a request to a reply under way.  See session.h.
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "document.h"
#include "error.h"
#include "format.h"
#include "host.h"
#include "offline.h"
#include "session_private.h"
#include "wipe.h"

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

/* A copy, as other requests may lead to another token meanwhile. */
static void
authorize(DcfSession *session, DcfExchange *exchange, MemoryContext cxt)
{
	const char *authorization =
		dcf_token_authorization(session->token, session->pool,
								exchange->spec.deadline);

	exchange->spec.authorization = authorization ?
		dcf_wipe_later(MemoryContextStrdup(cxt, authorization), cxt) :
		NULL;
}

void
dcf_session_begin(DcfSession *session, DcfExchange *exchange,
				  MemoryContext cxt)
{
	dcf_offline_check();
	exchange->governor = session->governor;
	exchange->spec.cookies = true;
	authorize(session, exchange, cxt);
	dcf_exchange_begin(exchange, cxt);
}

DcfHttpTransfer *
dcf_session_run(DcfSession *session, DcfExchange *exchange, MemoryContext cxt)
{
	DcfHttpTransfer *transfer;

	if (exchange->begun == NULL)
		dcf_session_begin(session, exchange, cxt);
	transfer = dcf_exchange_run(exchange, cxt);
	if (dcf_http_head(transfer)->status != 401 ||
		!dcf_token_discard(session->token, exchange->spec.authorization))
		return transfer;

	dcf_http_close(transfer);
	authorize(session, exchange, cxt);
	return dcf_exchange_run(exchange, cxt);
}

static void
prepare(DcfExchange *exchange, DcfSession *session, const DcfRequest *request,
		int64 deadline)
{
	DcfHttpSpec *spec = &exchange->spec;
	const char *base = dcf_session_choose_base(session, request, deadline);

	dcf_exchange_init(exchange, session->pool, session->options, deadline);
	exchange->expects = dcf_format_unlike_markup(request->format);
	exchange->path = request->endpoint;
	spec->url = dcf_request_url(request, base);
	if (dcf_request_is_post(request, base))
		spec->post_body = dcf_request_body(request, &spec->content_type);
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
	dcf_error_raise_refusal(&refusal);
}

static void
begin(DcfReply *reply, const DcfRequest *request, DcfSlot *slot)
{
	DcfSession *session = reply->session;
	int64 deadline = dcf_exchange_deadline(session->options);
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
				bool may_ask_less, DcfSlot *slot, MemoryContext cxt)
{
	MemoryContext own = AllocSetContextCreate(cxt, "dataconnect_fdw reply",
											  ALLOCSET_SMALL_SIZES);
	MemoryContext old = MemoryContextSwitchTo(own);
	DcfReply *reply = palloc0(sizeof(DcfReply));

	reply->context = own;
	reply->session = session;
	reply->request = dcf_request_show(request, session->options->url);
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
		dcf_http_gather(reply->transfer, DCF_DOCUMENT_MAX);
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

const char *
dcf_reply_window(const DcfReply *reply, size_t *len)
{
	return dcf_http_window(reply->transfer, len);
}

void
dcf_reply_consume(DcfReply *reply, size_t n)
{
	dcf_http_consume(reply->transfer, n);
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

bool
dcf_reply_marks_end(const DcfReply *reply)
{
	return dcf_http_marks_end(reply->transfer);
}

void
dcf_reply_read_ahead(DcfReply *reply, const struct DcfAheadReader *reader)
{
	dcf_http_read_ahead(reply->transfer, reader);
}

const void *
dcf_reply_rows(const DcfReply *reply)
{
	return dcf_http_rows(reply->transfer);
}

void
dcf_reply_forget_rows(DcfReply *reply)
{
	dcf_http_forget_rows(reply->transfer);
}

const char *
dcf_reply_content_type(const DcfReply *reply)
{
	const DcfHttpHead *head = dcf_http_head(reply->transfer);

	return dcf_error_safe_kept(head->content_type, sizeof(head->content_type));
}

void
dcf_reply_stats(const DcfReply *reply, DcfReplyStats *stats)
{
	const DcfHttpTransfer *transfer = current_transfer(reply);

	memset(stats, 0, sizeof(DcfReplyStats));
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
