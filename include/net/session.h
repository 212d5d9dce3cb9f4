/*
 * session.h
 *	  What is kept between statements for each (server, user mapping): the
 *	  pool of connections with its cookies, the token, the preferred
 *	  endpoint.
 *
 * ALTER or DROP of the server or the mapping makes a session stale: scans that
 * hold it go on, the next one gets a new session.  Credentials go only to the
 * configured host (or, PreferredEndpoint, to one in the same registrable
 * domain or in allowed_hosts; the token service's get what that protocol
 * needs), and never over plain http to a host that is not loopback unless
 * allow_insecure_http is on.
 */
#ifndef DCF_SESSION_H
#define DCF_SESSION_H

#include "postgres.h"
#include "foreign/foreign.h"

#include "net/http.h"
#include "net/limiter.h"
#include "net/refusal.h"
#include "options/option.h"
#include "request/request.h"

typedef struct DcfSession DcfSession;

/*
 * The session for a server and the user whose mapping is used, made if need
 * be, held until cxt is reset.  Checks that a mapping of a non-superuser has
 * credentials (ERRCODE_S_R_E_PROHIBITED_SQL_STATEMENT_ATTEMPTED otherwise).
 * Sends nothing.
 */
extern DcfSession *dcf_session_get(Oid serverid, Oid userid,
								   MemoryContext cxt);

/* The server's options as this session has them. */
extern const DcfServerOptions *dcf_session_options(const DcfSession *session);

/*
 * The governor's leave for one more request of an endpoint, if it is to be had
 * at once; else NULL.  It is given back when cxt is reset.
 */
extern DcfLimiterSlot *dcf_session_try_slot(const DcfSession *session,
											const char *endpoint,
											MemoryContext cxt);

#endif /* DCF_SESSION_H */
