/*
 * session_run.c
 *	  Requests sent with a session's credentials.  See session_run.h.
 */
#include "postgres.h"

#include "base/wipe.h"
#include "net/company.h"
#include "net/offline.h"
#include "net/session_run.h"
#include "net/trust.h"
#include "session_private.h"

/*
 * Put the session's Authorization header into the request.  It is a copy: other
 * requests of the session may replace the token while this one waits for a
 * retry.
 */
static void
authorize(DcfSession *session, DcfExchange *exchange, MemoryContext cxt)
{
	const char *authorization =
		dcf_token_authorization(session->token, session->pool,
								exchange->http.deadline);

	exchange->http.authorization = authorization ?
		dcf_wipe_later(MemoryContextStrdup(cxt, authorization), cxt) :
		NULL;
}

void
dcf_session_init_exchange(DcfSession *session, DcfExchange *exchange,
						  int64 deadline)
{
	dcf_exchange_init(exchange, session->pool, session->options, deadline);
}

void
dcf_session_begin(DcfSession *session, DcfExchange *exchange,
				  MemoryContext cxt)
{
	dcf_offline_check();
	exchange->limiter = session->limiter;
	exchange->http.cookies = true;
	authorize(session, exchange, cxt);
	dcf_exchange_begin(exchange, cxt);
}

DcfBody *
dcf_session_run(DcfSession *session, DcfExchange *exchange, MemoryContext cxt)
{
	DcfBody *body;

	if (exchange->begun == NULL)
		dcf_session_begin(session, exchange, cxt);
	body = dcf_exchange_run(exchange, cxt);
	/*
	 * The service may revoke a token before its end.  A 401 for the new token
	 * is final.
	 */
	if (dcf_transfer_head(dcf_body_transfer(body))->status != 401 ||
		!dcf_token_discard(session->token, exchange->http.authorization))
		return body;

	dcf_transfer_close(dcf_body_transfer(body));
	authorize(session, exchange, cxt);
	return dcf_exchange_run(exchange, cxt);
}

void
dcf_session_check_confidential(const DcfSession *session)
{
	if (dcf_token_is_given(session->user))
		dcf_trust_check_confidential(session->options->url, "url",
									 session->options);
}

DcfBody *
dcf_session_ask(DcfSession *session, const char *path, bool brief,
				int64 deadline, DcfExchange *exchange)
{
	DcfTableOptions table = {0};
	DcfRequest *request;

	dcf_session_check_confidential(session);
	table.endpoint = unconstify(char *, path);
	table.method = DCF_METHOD_GET;
	request = dcf_request_create(session->options, &table);
	/* The reply is to cover the log-in itself and all of its companies. */
	dcf_request_omit(request, DCF_COMPANY_PARAM);
	dcf_session_init_exchange(session, exchange, deadline);
	exchange->expects = "JSON";
	if (brief)
		dcf_exchange_make_brief(exchange);
	exchange->http.url = dcf_request_url(request, session->options->url);
	exchange->http.max_buffer = 2 * DCF_SESSION_ANSWER_MAX;
	return dcf_session_run(session, exchange, CurrentMemoryContext);
}
