/*
 * token.h
 *	  The Authorization header of a user mapping.
 *
 * A mapping has one of: a token (Bearer); username and password (Basic); or these
 * with client_id and client_secret, for which the token service at the server's
 * token_url issues a token that is valid for some hours.
 *
 * A new token is requested with the refresh token, if there is one, and with the
 * password if that fails.  Credentials that were refused are not sent again in
 * the same transaction, because services lock accounts after a few failures.
 *
 * Requests to the token service have no cookies and take no slot of the limiter:
 * it is another service, and a request that may hold a slot waits for it.
 */
#ifndef DCF_TOKEN_H
#define DCF_TOKEN_H

#include "postgres.h"

#include "base/wait.h"
#include "net/session_facts.h"
#include "net/transfer.h"
#include "options/option.h"

typedef struct DcfToken DcfToken;

/*
 * Create the token state in the current memory context, whose reset wipes all
 * secrets, those in *user, too.  options and user must outlive it.  Raises
 * ERRCODE_FDW_INVALID_ATTRIBUTE_VALUE for credentials that cannot be sent.
 */
extern DcfToken *dcf_token_create(const DcfServerOptions *options,
								  const DcfUserOptions *user);

/* Whether the mapping has a token, or username and password. */
extern bool dcf_token_is_given(const DcfUserOptions *user);

/*
 * Request a token if one is needed, without waiting; true once none is.  A request under
 * way is shared by all that need the token; whoever steps goes on with it.  deadline
 * is by dcf_wait_now(), 0 for none, and counts for a request that begins now.
 *
 * Raises what dcf_exchange_step() does, ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION
 * for refused credentials, and ERRCODE_FDW_OPTION_NAME_NOT_FOUND without token_url,
 * but not while the old token is still valid.
 */
extern bool dcf_token_step(DcfToken *token, DcfHttpPool *pool, int64 deadline);

/* Before and after a wait for dcf_token_step(), as for an exchange. */
extern void dcf_token_plan(DcfToken *token, DcfWaitPlan *plan);
extern void dcf_token_waited(DcfToken *token);

/*
 * After dcf_token_step(): the header's value, or NULL for none; secret, valid until
 * the next step.
 */
extern const char *dcf_token_authorization(const DcfToken *token);

extern void dcf_token_describe(const DcfToken *token, DcfTokenFacts *facts);

/*
 * The service refused this value with a 401.  If the token service can issue
 * another, returns true, and the next dcf_token_step() requests it.
 */
extern bool dcf_token_discard(DcfToken *token, const char *authorization);

#endif /* DCF_TOKEN_H */
