/*
 * session_private.h
 *	  The session, as the files of src/net see it.
 */
#ifndef DCF_SESSION_PRIVATE_H
#define DCF_SESSION_PRIVATE_H

#include "postgres.h"
#include "lib/ilist.h"

#include "net/http.h"
#include "net/limiter.h"
#include "net/session.h"
#include "options/option.h"
#include "token.h"

struct DcfSession
{
	dlist_node node;	   /* in session.c's list of sessions */
	MemoryContext context; /* owns all below; a child of CacheMemoryContext */
	Oid umid;			   /* of the user mapping */
	Oid serverid;
	Oid userid;			/* of the mapping; InvalidOid for PUBLIC */
	uint32 server_hash; /* hash values that syscache invalidations give */
	uint32 mapping_hash;
	bool stale; /* an option may have changed: not to be used again */
	DcfSession *successor; /* with new secrets from files, held; or NULL */
	int holders;		   /* contexts that hold it; it ends at 0 once stale */
	DcfServerOptions *options;
	DcfUserOptions *user;
	DcfHttpPool *pool;
	DcfToken *token;
	DcfLimiter *limiter;
	struct DcfPreferred *preferred; /* of preferred_endpoint.c; NULL before
									 * its first use */
};

/*
 * After a 401: as dcf_session_current(), but the files are read in any case.  NULL if
 * there is nothing new.
 */
extern DcfSession *dcf_session_renew(DcfSession *session);

#endif /* DCF_SESSION_PRIVATE_H */
