/*
 * session_run.c
 *	  Sending under a session's credentials.  See session_private.h.
 */
#include "postgres.h"

#include "base/wipe.h"
#include "net/company.h"
#include "net/offline.h"
#include "net/session_private.h"
#include "net/trust.h"

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
	exchange->limiter = session->limiter;
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

void
dcf_session_check_confidential(const DcfSession *session)
{
	if (dcf_token_is_given(session->user))
		dcf_trust_check_confidential(session->options->url, "url",
									 session->options);
}

DcfHttpTransfer *
dcf_session_ask(DcfSession *session, const char *path, bool brief,
				int64 deadline, DcfExchange *exchange)
{
	DcfTableOptions table = {0};
	DcfRequest *request;

	dcf_session_check_confidential(session);
	table.endpoint = unconstify(char *, path);
	table.method = DCF_METHOD_GET;
	request = dcf_request_create(session->options, &table);
	/* The log-in itself is asked about, and a list of all companies. */
	dcf_request_omit(request, DCF_COMPANY_PARAM);
	dcf_exchange_init(exchange, session->pool, session->options, deadline);
	exchange->expects = "JSON";
	if (brief)
		dcf_exchange_make_brief(exchange);
	exchange->spec.url = dcf_request_url(request, session->options->url);
	exchange->spec.max_window = 2 * DCF_SESSION_ANSWER_MAX;
	return dcf_session_run(session, exchange, CurrentMemoryContext);
}
