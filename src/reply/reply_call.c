/*
 * reply_call.c
 *	  A request that is sent.  See reply_private.h.
 */
#include "postgres.h"

#include "base/foreign_text.h"
#include "net/preferred_endpoint.h"
#include "net/refusal.h"
#include "net/status.h"
#include "reply/format.h"
#include "reply_private.h"

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

/* A DcfBodyTap. */
static void
put(void *arg, const char *bytes, size_t len)
{
	dcf_copy_put(arg, bytes, len);
}

/* A try has status 200: make a copy of its body, if that is to be. */
static void
begin_copy(DcfReply *reply, DcfBody *body)
{
	DcfCopyHead head = {.fetched_at = reply->fetched_at};

	/* The body will not be read. */
	if (!dcf_body_format(body, &head.format))
		return;
	strlcpy(head.content_type, dcf_body_head(body)->content_type,
			sizeof(head.content_type));
	dcf_copy_begin(reply->copy, &head);
	dcf_body_set_tap(body, put, reply->copy);
}

/* The exchange's on_body: a body begins, maybe after that of an earlier try. */
static void
begin_body(void *arg, DcfBody *body)
{
	DcfReply *reply = arg;

	dcf_reply_trace_body(reply, body);
	if (reply->call.exchange.status != 200)
		return;
	reply->fetched_at = GetCurrentTimestamp();
	if (reply->copy == NULL)
		return;
	/* The copy is found by the credentials that the call began with. */
	if (reply->call.session == reply->session)
		begin_copy(reply, body);
	else
		dcf_copy_give_up(reply->copy);
}

/* The name of the format if the reply must not be markup, else NULL. */
static const char *
expected_format(const DcfRequest *request)
{
	const char *response;

	if (!request->raw)
		return dcf_format_unlike_markup(request->format);
	response = dcf_request_value(request, "Response");
	if (request->once || response == NULL || response[0] == '\0' ||
		pg_strncasecmp(response, "Xml", 3) == 0)
		return NULL;
	return dcf_foreign_text(response, strlen(response));
}

void
dcf_reply_set_notes(DcfReply *reply, const DcfReplyNotes *notes)
{
	reply->notes = *notes;
}

List *
dcf_reply_cookie_names(const DcfReply *reply)
{
	const DcfTransfer *transfer = reply->call.exchange.transfer;

	return transfer ? dcf_transfer_cookie_names(transfer) : NIL;
}

/* Take what comes, and note how. */
static void
take_any(DcfReply *reply)
{
	DcfExchange *exchange = &reply->call.exchange;

	exchange->expects = NULL;
	exchange->once = true;
	exchange->single = true;
	dcf_exchange_make_single(exchange, reply->request->any_reply_within);
	exchange->http.head = reply->notes.head;
	exchange->http.head_size = reply->notes.head_size;
}

/* Called before the first try is sent. */
static void
on_send(void *arg)
{
	DcfReply *reply = arg;
	const DcfReply *twin = reply->notes.twin;

	dcf_reply_count_request(reply);
	/* Only now: the twin may have sent its request again while this one waited. */
	if (twin)
		reply->call.exchange.http.cookies_of = twin->call.exchange.transfer;
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
	exchange->expects = expected_format(request);
	exchange->path = request->endpoint;
	exchange->on_body = begin_body;
	exchange->on_body_arg = reply;
	exchange->on_send = on_send;
	exchange->on_send_arg = reply;
	exchange->on_connect = reply->on_connect;
	exchange->on_connect_arg = reply->on_connect_arg;
	http->url = dcf_request_url(request, base);
	if (dcf_request_is_post(request, base))
		http->post_body = dcf_request_body(request, &http->content_type);
	if (request->brief)
		dcf_exchange_make_brief(exchange);
	if (request->once)
		dcf_exchange_make_once(exchange);
	if (request->any_reply_within > 0)
		take_any(reply);
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
	refusal.is_order = reply->request->once;
	if (reply->hint.give)
		refusal.hint = reply->hint.give(reply->hint.arg, refusal.status);
	dcf_refusal_raise(&refusal);
}

DcfReplyStatus
dcf_reply_step_call(DcfReply *reply)
{
	MemoryContext old = MemoryContextSwitchTo(reply->call_context);
	ErrorContextCallback callback;
	bool done;
	bool taken;
	int status;

	dcf_reply_push_context(reply, &callback);
	dcf_reply_check_limit(reply);
	done = (reply->has_url || find_url(reply)) && dcf_call_step(&reply->call);
	dcf_reply_pop_context(&callback);
	if (!done)
	{
		MemoryContextSwitchTo(old);
		return DCF_REPLY_LATER;
	}
	status = dcf_call_status(&reply->call);
	/* Its detail shows the request, so it needs no CONTEXT. */
	taken = status == 200 || reply->request->any_reply_within > 0 ||
		((reply->request->raw || reply->request->once) && status / 100 == 2);
	if (!taken && !(status == DCF_STATUS_TOO_MUCH && reply->can_halve))
		raise_refusal(reply);
	MemoryContextSwitchTo(old);
	reply->body = reply->call.exchange.body;
	reply->trace.halved = !taken;
	/* With status 200 it is known already. */
	if (reply->fetched_at == 0)
		reply->fetched_at = GetCurrentTimestamp();
	return taken ? DCF_REPLY_BEGUN : DCF_REPLY_TOO_MUCH;
}

void
dcf_reply_plan_call(DcfReply *reply, DcfLimiterClaim claim, DcfWaitPlan *plan)
{
	ErrorContextCallback callback;

	dcf_reply_push_context(reply, &callback);
	if (reply->body)
		dcf_body_plan(reply->body, plan);
	else if (reply->has_url)
		dcf_call_plan(&reply->call, claim, plan);
	else
		dcf_preferred_endpoint_plan(reply->session, plan);
	dcf_reply_pop_context(&callback);
}
