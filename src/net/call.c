/*
 * call.c
 *	  Requests with a session's credentials.  See call.h.
 */
#include "postgres.h"

#include "base/wipe.h"
#include "net/call.h"
#include "net/company.h"
#include "net/offline.h"
#include "net/trust.h"
#include "session_private.h"

void
dcf_call_init(DcfCall *call, DcfSession *session, int64 deadline)
{
	session = dcf_session_current(session);
	memset(call, 0, sizeof(DcfCall));
	call->session = session;
	dcf_exchange_init(&call->exchange, session->pool, session->options,
					  deadline);
	call->exchange.limiter = session->limiter;
	call->exchange.http.cookies = true;
}

void
dcf_call_set_question(DcfExchange *exchange, const char *path, bool brief)
{
	DcfTableOptions table = {.method = DCF_METHOD_GET};
	DcfRequest *request;

	table.endpoint = unconstify(char *, path);
	request = dcf_request_create(exchange->options, &table);
	/* The reply is to cover the log-in itself and all of its companies. */
	dcf_request_omit(request, DCF_COMPANY_PARAM);
	exchange->expects = "JSON";
	if (brief)
		dcf_exchange_make_brief(exchange);
	exchange->http.url = dcf_request_url(request, exchange->options->url);
	/* /session answers with tokens. */
	exchange->http.confidential = strcmp(path, "/session") == 0;
	exchange->http.max_buffer = 2 * DCF_CALL_ANSWER_MAX;
}

void
dcf_call_ask(DcfCall *call, DcfSession *session, const char *path, bool brief,
			 int64 deadline)
{
	dcf_call_check_confidential(session);
	dcf_call_init(call, session, deadline);
	dcf_call_set_question(&call->exchange, path, brief);
}

/*
 * Put the session's Authorization header into the request, once there is a valid one.
 * It is a copy: other requests of the session may replace the token while this one
 * waits for a retry.
 */
static bool
authorize(DcfCall *call)
{
	DcfSession *session = call->session;
	DcfExchange *exchange = &call->exchange;
	const char *authorization;

	dcf_offline_check();
	if (!dcf_token_step(session->token, session->pool,
						exchange->http.deadline))
		return false;
	authorization = dcf_token_authorization(session->token);
	exchange->http.authorization = authorization ?
		dcf_wipe_later(MemoryContextStrdup(exchange->context, authorization),
					   exchange->context) :
		NULL;
	dcf_exchange_begin_queuing(exchange);
	call->authorized = true;
	return true;
}

/*
 * After the service has refused the credentials: see to it that the request is sent
 * with others, if there are any.  A file may have another secret, and the token service
 * another token: the service may revoke one before its end.
 */
static bool
renew(DcfCall *call)
{
	DcfExchange *exchange = &call->exchange;
	DcfSession *renewed = dcf_session_renew(call->session);

	if (renewed)
	{
		call->session = renewed;
		dcf_exchange_move(exchange, renewed->pool, renewed->limiter);
	}
	else if (dcf_token_discard(call->session->token,
							   exchange->http.authorization))
		dcf_exchange_repeat(exchange);
	else
		return false;
	call->renewed = true;
	call->authorized = false;
	return true;
}

bool
dcf_call_step(DcfCall *call)
{
	for (;;)
	{
		if (!call->authorized && !authorize(call))
		{
			dcf_exchange_check_deadline(&call->exchange);
			return false;
		}
		if (!dcf_exchange_step(&call->exchange))
			return false;
		/* A 401 for the new credentials is final. */
		if (dcf_call_status(call) != 401 || call->renewed || !renew(call))
			return true;
	}
}

void
dcf_call_plan(DcfCall *call, DcfLimiterClaim claim, DcfWaitPlan *plan)
{
	if (call->authorized)
		dcf_exchange_plan(&call->exchange, claim, plan);
	else
	{
		dcf_token_plan(call->session->token, plan);
		if (call->exchange.http.deadline != 0)
			dcf_wait_plan_note(plan, call->exchange.http.deadline,
							   DCF_WAIT_REPLY);
	}
}

void
dcf_call_waited(DcfCall *call)
{
	dcf_token_waited(call->session->token);
	/* Without a token it needs no slot yet. */
	if (call->authorized)
		dcf_exchange_waited(&call->exchange);
}

void
dcf_call_check_confidential(const DcfSession *session)
{
	if (dcf_token_is_given(session->user))
		dcf_trust_check_confidential(session->options->url, "url",
									 session->options);
}
