/*
 * session_private.h
 *	  A session, as the files of net and reply.c use it.
 */
#ifndef DCF_SESSION_PRIVATE_H
#define DCF_SESSION_PRIVATE_H

#include "postgres.h"
#include "lib/ilist.h"

#include "net/exchange.h"
#include "net/token.h"
#include "net/session.h"

struct DcfSession
{
	dlist_node node;	   /* in session.c's list */
	MemoryContext context; /* of all that belongs to it */
	Oid umid;			   /* its user mapping */
	uint32 server_hash;	   /* as syscache invalidations name them */
	uint32 mapping_hash;
	bool stale; /* an option may have changed */
	int holders;
	DcfServerOptions *options;
	DcfUserOptions *user;
	DcfHttpPool *pool;
	DcfToken *token;
	DcfLimiter *limiter;
	struct DcfPreferred
		*preferred; /* preferred_endpoint.c's; NULL until asked for */
};

/*
 * The URL that a request's endpoint is appended to: the option url, or what the
 * service prefers for the company that the request is about, after asking if
 * need be.  Valid as long as the session.  Failures of these questions are told
 * of by a WARNING, once.  Raises what dcf_trust_check_confidential() and
 * dcf_token_authorization() do.  deadline as in http.h.
 */
extern const char *dcf_session_choose_base(DcfSession *session,
										   const DcfRequest *request,
										   int64 deadline);

/* Raise if credentials may not go to the option url. */
extern void dcf_session_check_confidential(const DcfSession *session);

/* The longest answer to dcf_session_ask(), in bytes. */
#define DCF_SESSION_ANSWER_MAX (8 * 1024 * 1024)

/*
 * GET a path below the option url, with the parameters that go with every
 * request but CompanyID.  A brief one is made so (exchange.h).  *exchange is
 * for dcf_exchange_describe().
 */
extern DcfHttpTransfer *dcf_session_ask(DcfSession *session, const char *path,
										bool brief, int64 deadline,
										DcfExchange *exchange);

/*
 * Send what exchange has under the session's credentials, without waiting for a
 * reply: dcf_session_run() does that.
 */
extern void dcf_session_begin(DcfSession *session, DcfExchange *exchange,
							  MemoryContext cxt);

/*
 * Send what exchange has, unless it has begun, under the session's credentials, once more with new
 * ones after a 401.
 */
extern DcfHttpTransfer *
dcf_session_run(DcfSession *session, DcfExchange *exchange, MemoryContext cxt);

#endif /* DCF_SESSION_PRIVATE_H */
