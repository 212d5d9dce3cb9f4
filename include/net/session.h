/*
 * session.h
 *	  What lasts between statements for a server and user mapping: connections,
 *	  cookies, the token and the preferred endpoint.
 *
 * ALTER or DROP of the server or the mapping makes a session stale: scans that
 * hold it go on, and the next scan gets a new session.  If a file has another secret,
 * the account is another one: the next request has a new session.
 *
 * Credentials go only to the option url, to token_url, and to a preferred endpoint
 * in the same registrable domain or in allowed_hosts.  They go over plain http
 * only to this machine, unless allow_insecure_http is on (trust.h).
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
 * Find or create the session for a server and a user, and hold it until cxt is
 * reset.  Raises ERRCODE_S_R_E_PROHIBITED_SQL_STATEMENT_ATTEMPTED if the user is
 * no superuser and the mapping needs credentials but has none.  Sends nothing.
 */
extern DcfSession *dcf_session_get(Oid serverid, Oid userid,
								   MemoryContext cxt);

/*
 * The session for the next request: this one, or, if its files have other secrets
 * now, one with these, which lives as long as this one.  A stale session remains what
 * it is.  Raises what dcf_option_user() does.
 */
extern DcfSession *dcf_session_current(DcfSession *session);

/* The server's options that the session uses; valid as long as the session. */
extern const DcfServerOptions *dcf_session_options(const DcfSession *session);

#endif /* DCF_SESSION_H */
