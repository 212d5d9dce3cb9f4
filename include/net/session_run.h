/*
 * session_run.h
 *	  Requests sent with a session's credentials.
 */
#ifndef DCF_SESSION_RUN_H
#define DCF_SESSION_RUN_H

#include "postgres.h"

#include "net/exchange.h"
#include "net/session.h"

/*
 * Set up an exchange by the options of the session's server.  deadline is by
 * dcf_wait_now(), 0 for none.  The session must outlive the exchange.
 */
extern void dcf_session_init_exchange(DcfSession *session,
									  DcfExchange *exchange, int64 deadline);

/*
 * Send the first try without waiting for the reply, which dcf_session_run()
 * does.  May wait for a slot of the limiter and for a new token.  The transfer
 * lives in cxt.  Raises what dcf_offline_check(), dcf_token_authorization() and
 * dcf_exchange_begin() do.
 */
extern void dcf_session_begin(DcfSession *session, DcfExchange *exchange,
							  MemoryContext cxt);

/*
 * Run the exchange, beginning it if that has not been done, and return what
 * dcf_exchange_run() does.  After a 401 with a token from the token service, the
 * request is sent once more with a new token.
 */
extern DcfBody *dcf_session_run(DcfSession *session, DcfExchange *exchange,
								MemoryContext cxt);

/*
 * Raise ERRCODE_FDW_INVALID_ATTRIBUTE_VALUE if the session has credentials and
 * they may not be sent to the option "url" (trust.h).
 */
extern void dcf_session_check_confidential(const DcfSession *session);

/* Largest reply that callers of dcf_session_ask() read, in bytes. */
#define DCF_SESSION_ANSWER_MAX (8 * 1024 * 1024)

/*
 * Send GET to a path below the option "url" and return the reply, of any
 * status, in the current memory context.  The server's "params" go with it,
 * except CompanyID: these questions are about the log-in itself.  With brief,
 * there is one short try (exchange.h).  *exchange is filled for
 * dcf_exchange_describe().
 */
extern DcfBody *dcf_session_ask(DcfSession *session, const char *path,
								bool brief, int64 deadline,
								DcfExchange *exchange);

#endif /* DCF_SESSION_RUN_H */
