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
 * service for it at the first such request of a session, without waiting: true once
 * *url is set, which is valid as long as the session.
 *
 * If the question fails, a WARNING tells so once, and *url is the option "url".
 * Raises only what dcf_call_check_confidential() and dcf_token_step() do, and
 * query cancellation.  deadline is by dcf_wait_now(), 0 for none.
 */
extern bool dcf_preferred_endpoint_step(DcfSession *session,
										const DcfRequest *request,
										int64 deadline, const char **url);

/* Whether requests with credentials may be sent to a URL that the service names. */
extern bool dcf_preferred_endpoint_is_trusted(const DcfServerOptions *options,
											  const char *url);

/* Before and after a wait for it, as for an exchange. */
extern void dcf_preferred_endpoint_plan(DcfSession *session,
										DcfWaitPlan *plan);
extern void dcf_preferred_endpoint_waited(DcfSession *session);

#endif /* DCF_PREFERRED_ENDPOINT_H */
