/*
 * session_private.h
 *	  A session, as session.c keeps it and reply.c uses it.
 */
#ifndef DCF_SESSION_PRIVATE_H
#define DCF_SESSION_PRIVATE_H

#include "postgres.h"
#include "lib/ilist.h"

#include "exchange.h"
#include "session.h"
#include "token.h"

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
	DcfGovernor *governor;
	char *base;		   /* the option url, or the preferred endpoint */
	bool base_settled; /* the service was asked for a preferred one,
								 * or need not be */
};

/*
 * Before the first request of a session: ask for the preferred endpoint, if
 * the server's options want it.  deadline as in http.h.
 */
extern void dcf_session_settle_base(DcfSession *session, int64 deadline);

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
