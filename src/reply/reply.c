/*
 * reply.c
 *	  A request that was sent, and its reply.  See reply.h.
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "base/foreign_text.h"
#include "net/call.h"
#include "net/preferred_endpoint.h"
#include "net/refusal.h"
#include "net/status.h"
#include "reply/format.h"
#include "reply/reply.h"

struct DcfReply
{
	MemoryContext context; /* the reply's own */
	char *relation;		   /* or NULL */
	char *shown;		   /* the request, for messages */
	DcfHintCallback hint;  /* give is NULL if there is none */
	bool can_halve;
	DcfSession *session;
	const DcfRequest *request;
	int64 deadline;
	bool has_url; /* the endpoint is known, and the call is set up */
	bool begun;	  /* dcf_reply_step() has nothing more to do */
	DcfCall call;
};

/* An error context callback: names the table and shows the request. */
static void
add_error_context(void *arg)
{
	DcfReply *reply = arg;

	if (reply->relation)
		errcontext("request for foreign table \"%s\": %s", reply->relation,
				   reply->shown);
	else
		errcontext("request: %s", reply->shown);
}

void
dcf_reply_push_context(DcfReply *reply, ErrorContextCallback *callback)
{
	callback->callback = add_error_context;
	callback->arg = reply;
	callback->previous = error_context_stack;
	error_context_stack = callback;
}

void
dcf_reply_pop_context(const ErrorContextCallback *callback)
{
	error_context_stack = callback->previous;
}

/*
 * The deadline is for everything: questions about the endpoint, the log-in, the
 * queue and all tries.
 */
DcfReply *
dcf_reply_create(DcfSession *session, const DcfRequest *request,
				 const char *relation, const DcfHintCallback *hint,
				 bool can_halve, MemoryContext cxt)
{
	MemoryContext own = AllocSetContextCreate(cxt, "dataconnect_fdw reply",
											  ALLOCSET_SMALL_SIZES);
	MemoryContext old = MemoryContextSwitchTo(own);
	DcfReply *reply = palloc0(sizeof(DcfReply));

	reply->context = own;
	reply->session = session;
	reply->request = request;
	reply->shown =
		dcf_request_show(request, dcf_session_options(session)->url);
	reply->relation = relation ? pstrdup(relation) : NULL;
	if (hint)
		reply->hint = *hint;
	reply->can_halve = can_halve;
	reply->deadline = dcf_exchange_deadline(dcf_session_options(session));
	MemoryContextSwitchTo(old);
	return reply;
}

/* Set up the call once the endpoint is known; false if that is still to come. */
static bool
find_url(DcfReply *reply)
{
	const DcfRequest *request = reply->request;
	DcfExchange *exchange = &reply->call.exchange;
	DcfHttpRequest *http = &exchange->http;
	const char *base;

	if (!dcf_preferred_endpoint_step(reply->session, request, reply->deadline,
									 &base))
		return false;
	dcf_call_init(&reply->call, reply->session, reply->deadline);
	/* In other formats than XML, markup is an error page. */
	exchange->expects = dcf_format_unlike_markup(request->format);
	exchange->path = request->endpoint;
	http->url = dcf_request_url(request, base);
	if (dcf_request_is_post(request, base))
		http->post_body = dcf_request_body(request, &http->content_type);
	if (request->brief)
		dcf_exchange_make_brief(exchange);
	reply->has_url = true;
	return true;
}

/* Raise the error that the reply's status means. */
static void
raise_refusal(DcfReply *reply)
{
	DcfRefusal refusal;

	dcf_exchange_describe(&reply->call.exchange, &refusal);
	refusal.relation = reply->relation;
	refusal.request = reply->shown;
	if (reply->hint.give)
		refusal.hint = reply->hint.give(reply->hint.arg, refusal.status);
	dcf_refusal_raise(&refusal);
}

DcfReplyStatus
dcf_reply_step(DcfReply *reply)
{
	MemoryContext old = MemoryContextSwitchTo(reply->context);
	ErrorContextCallback callback;
	int status;

	dcf_reply_push_context(reply, &callback);
	reply->begun =
		(reply->has_url || find_url(reply)) && dcf_call_step(&reply->call);
	dcf_reply_pop_context(&callback);
	if (!reply->begun)
	{
		MemoryContextSwitchTo(old);
		return DCF_REPLY_LATER;
	}
	status = dcf_call_status(&reply->call);
	if (status != 200 && !(status == DCF_STATUS_TOO_MUCH && reply->can_halve))
		raise_refusal(reply);
	MemoryContextSwitchTo(old);
	return status == 200 ? DCF_REPLY_BEGUN : DCF_REPLY_TOO_MUCH;
}

DcfReplyStatus
dcf_reply_await(DcfReply *reply)
{
	DcfReplyStatus status;

	while ((status = dcf_reply_step(reply)) == DCF_REPLY_LATER)
	{
		DcfWaitPlan plan;

		dcf_wait_plan_begin(&plan);
		dcf_reply_plan(reply, DCF_CLAIM_NEEDED, &plan);
		dcf_wait(&plan);
		dcf_reply_waited(reply);
	}
	return status;
}

bool
dcf_reply_is_entering(const DcfReply *reply)
{
	return !reply->begun &&
		(!reply->has_url || dcf_call_is_entering(&reply->call));
}

void
dcf_reply_plan(DcfReply *reply, DcfLimiterClaim claim, DcfWaitPlan *plan)
{
	ErrorContextCallback callback;

	dcf_reply_push_context(reply, &callback);
	if (reply->begun)
		dcf_body_plan(reply->call.exchange.body, plan);
	else if (reply->has_url)
		dcf_call_plan(&reply->call, claim, plan);
	else
		dcf_preferred_endpoint_plan(reply->session, plan);
	dcf_reply_pop_context(&callback);
}

void
dcf_reply_waited(DcfReply *reply)
{
	if (reply->begun)
		dcf_body_waited(reply->call.exchange.body);
	else if (reply->has_url)
		dcf_call_waited(&reply->call);
	else
		dcf_preferred_endpoint_waited(reply->session);
}

DcfBody *
dcf_reply_body(const DcfReply *reply)
{
	return reply->call.exchange.body;
}

bool
dcf_reply_is_done(const DcfReply *reply)
{
	return reply->begun && dcf_transfer_is_done(reply->call.exchange.transfer);
}

const char *
dcf_reply_content_type(const DcfReply *reply)
{
	const DcfHttpHead *head = dcf_transfer_head(reply->call.exchange.transfer);

	return dcf_foreign_text_buffer(head->content_type,
								   sizeof(head->content_type));
}

void
dcf_reply_counters(const DcfReply *reply, DcfReplyCounters *counters)
{
	const DcfExchange *exchange = &reply->call.exchange;

	memset(counters, 0, sizeof(DcfReplyCounters));
	counters->body.first_byte_ms = -1;
	if (!reply->has_url)
		return;
	counters->tries = exchange->tries;
	/* There is none before the head, and between two tries. */
	if (exchange->body)
		dcf_body_stats(exchange->body, &counters->body);
}

void
dcf_reply_close(DcfReply *reply)
{
	MemoryContextDelete(reply->context);
}
