/*
 * reply.c
 *	  From a request to a reply under way.  See session.h.
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "document.h"
#include "error.h"
#include "host.h"
#include "session_private.h"

struct DcfReply
{
	MemoryContext context; /* the reply's own */
	char *relation;		   /* or NULL */
	char *request;		   /* for messages */
	DcfHttpTransfer *transfer;
	int tries;
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

DcfHttpTransfer *
dcf_session_run(DcfSession *session, DcfExchange *exchange, MemoryContext cxt)
{
	int64 deadline = exchange->spec.deadline;
	DcfHttpTransfer *transfer;

	exchange->governor = session->governor;
	if (dcf_token_is_given(session->user))
		dcf_host_check_confidential(session->base, "url", session->options);
	exchange->spec.authorization =
		dcf_token_authorization(session->token, session->pool, deadline);
	transfer = dcf_exchange_run(exchange, cxt);
	if (dcf_http_head(transfer)->status != 401 ||
		!dcf_token_discard(session->token))
		return transfer;

	dcf_http_close(transfer);
	exchange->spec.authorization =
		dcf_token_authorization(session->token, session->pool, deadline);
	return dcf_exchange_run(exchange, cxt);
}

static void
prepare(DcfExchange *exchange, DcfSession *session, const DcfRequest *request,
		int64 deadline)
{
	DcfHttpSpec *spec = &exchange->spec;

	dcf_exchange_init(exchange, session->pool, session->options, deadline);
	spec->url = dcf_request_url(request, session->base);
	if (dcf_request_is_post(request, session->base))
		spec->post_body = dcf_request_body(request, &spec->content_type);
}

static void
raise_refusal(DcfReply *reply, const DcfExchange *exchange, const char *narrow)
{
	DcfRefusal refusal;

	dcf_exchange_describe(exchange, reply->transfer, &refusal);
	refusal.relation = reply->relation;
	refusal.request = reply->request;
	refusal.narrow = narrow;
	dcf_error_raise_refusal(&refusal);
}

/* False for a 413 that is not to be raised. */
static bool
open_reply(DcfReply *reply, DcfSession *session, const DcfRequest *request,
		   const char *narrow, bool may_ask_less)
{
	int status;
	ErrorContextCallback callback;
	int64 deadline = dcf_exchange_deadline(session->options);
	DcfExchange exchange;

	push_context(reply, &callback);
	dcf_session_settle_base(session, deadline);
	prepare(&exchange, session, request, deadline);
	reply->transfer = dcf_session_run(session, &exchange, reply->context);
	pop_context(&callback);

	reply->tries = exchange.tries;
	status = dcf_http_head(reply->transfer)->status;
	if (status == DCF_STATUS_TOO_MUCH && may_ask_less)
	{
		/* A reply read to its end leaves its connection fit for the next. */
		dcf_http_gather(reply->transfer, DCF_DOCUMENT_MAX);
		return false;
	}
	if (status != 200)
		raise_refusal(reply, &exchange, narrow);
	return true;
}

DcfReply *
dcf_reply_open(DcfSession *session, const DcfRequest *request,
			   const char *relation, const char *narrow, bool may_ask_less,
			   MemoryContext cxt)
{
	MemoryContext own = AllocSetContextCreate(cxt, "dataconnect_fdw reply",
											  ALLOCSET_SMALL_SIZES);
	MemoryContext old = MemoryContextSwitchTo(own);
	DcfReply *reply = palloc0(sizeof(DcfReply));
	bool opened;

	reply->context = own;
	reply->relation = relation ? pstrdup(relation) : NULL;
	reply->request = dcf_request_show(request, session->base);
	opened = open_reply(reply, session, request, narrow, may_ask_less);
	MemoryContextSwitchTo(old);
	if (opened)
		return reply;
	MemoryContextDelete(own);
	return NULL;
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

const char *
dcf_reply_content_type(const DcfReply *reply)
{
	const DcfHttpHead *head = dcf_http_head(reply->transfer);

	return dcf_error_safe_kept(head->content_type, sizeof(head->content_type));
}

void
dcf_reply_stats(const DcfReply *reply, DcfReplyStats *stats)
{
	stats->tries = reply->tries;
	dcf_http_stats(reply->transfer, &stats->http);
}

void
dcf_reply_close(DcfReply *reply)
{
	MemoryContextDelete(reply->context);
}
