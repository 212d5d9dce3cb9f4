/*
 * preferred_endpoint.h
 *	  The host to which the requests about a company go.
 */
#ifndef DCF_PREFERRED_ENDPOINT_H
#define DCF_PREFERRED_ENDPOINT_H

#include "postgres.h"

#include "net/session.h"
#include "request/request.h"

/*
 * The URL to which the request's endpoint is appended: the option "url", or the
 * endpoint that the service prefers for the request's company.  Asks the
 * service for it at the first such request of a session.  Valid as long as the
 * session.
 *
 * If the question fails, a WARNING tells so once, and the option "url" is
 * returned.  Raises only what dcf_session_check_confidential() and
 * dcf_token_authorization() do, and query cancellation.  deadline is by
 * dcf_wait_now(), 0 for none.
 */
extern const char *dcf_preferred_endpoint_url(DcfSession *session,
											  const DcfRequest *request,
											  int64 deadline);

#endif /* DCF_PREFERRED_ENDPOINT_H */
