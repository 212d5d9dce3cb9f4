/*
 * call.h
 *	  A call: a request with a session's credentials, from the log-in to the reply.
 *
 * A call never waits by itself.  It is stepped, planned and waited for like an
 * exchange (exchange.h), which it contains.  A token that several calls need is
 * requested once, and whoever waits helps to get it.
 */
#ifndef DCF_CALL_H
#define DCF_CALL_H

#include "postgres.h"

#include "net/exchange.h"
#include "net/session.h"

/* Largest answer to a question that callers read, in bytes. */
#define DCF_CALL_ANSWER_MAX (8 * 1024 * 1024)

typedef struct DcfCall
{
	DcfSession *session;  /* may be replaced, if it has secrets from files */
	DcfExchange exchange; /* the caller may complete it before the first step */
	bool authorized;	  /* the exchange has its Authorization header */
	bool renewed;		  /* its credentials were, after a 401 */
} DcfCall;

/*
 * Set up a call by the options of the session's server.  What it needs is allocated
 * in the current memory context.  deadline is by dcf_wait_now(), 0 for none.  The
 * session must outlive the call.
 */
extern void dcf_call_init(DcfCall *call, DcfSession *session, int64 deadline);

/*
 * The same for a question: GET to a path below the option "url".  The server's
 * "params" go with it, except CompanyID: the question is about the log-in itself.
 * With brief, there is one short try (exchange.h).
 */
extern void dcf_call_ask(DcfCall *call, DcfSession *session, const char *path,
						 bool brief, int64 deadline);

/* The same for an exchange without a call, which has no credentials. */
extern void dcf_call_set_question(DcfExchange *exchange, const char *path,
								  bool brief);

/*
 * Go on without waiting.  True once call->exchange is done.  After a 401, the request
 * is sent once more with a new secret of a file, or a new token of the token service.
 * Raises what dcf_option_user(), dcf_offline_check(), dcf_token_step() and
 * dcf_exchange_step() do.
 */
extern bool dcf_call_step(DcfCall *call);

/* As dcf_exchange_plan() and dcf_exchange_waited(). */
extern void dcf_call_plan(DcfCall *call, DcfLimiterClaim claim,
						  DcfWaitPlan *plan);
extern void dcf_call_waited(DcfCall *call);

/*
 * Whether the call only waits for leave to send its request.  Then it does nothing
 * that the caller would miss.
 */
static inline bool
dcf_call_is_entering(const DcfCall *call)
{
	return !call->authorized || dcf_exchange_is_entering(&call->exchange);
}

/* After dcf_call_step(): the HTTP status. */
static inline int
dcf_call_status(const DcfCall *call)
{
	return dcf_transfer_head(call->exchange.transfer)->status;
}

/*
 * Raise ERRCODE_FDW_INVALID_ATTRIBUTE_VALUE if the session has credentials and
 * they may not be sent to the option "url" (trust.h).
 */
extern void dcf_call_check_confidential(const DcfSession *session);

#endif /* DCF_CALL_H */
