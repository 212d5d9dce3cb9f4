/*
 * token.h
 *	  What goes into the Authorization header for one user mapping.
 *
 * Three ways: a token given as it is (Bearer), a user name and password
 * (Basic), or these with a client's id and secret, for which the token service
 * at the server's token_url gives out a token that lives for some hours.
 *
 * A new token is requested by the refresh token, if there is one, and by the
 * password if that fails.  Credentials that were refused are not sent again in
 * the same transaction: services lock accounts after a few failures.
 *
 * The token service gets no cookies, and no slot of the limiter: it is another
 * service, and a request waits for it.
 */
#ifndef DCF_TOKEN_H
#define DCF_TOKEN_H

#include "postgres.h"

#include "net/http.h"
#include "options/option.h"

typedef struct DcfToken DcfToken;

/*
 * In the current memory context; options and user must outlive it.  Raises
 * ERRCODE_FDW_INVALID_ATTRIBUTE_VALUE for credentials that cannot be sent.
 */
extern DcfToken *dcf_token_create(const DcfServerOptions *options,
								  const DcfUserOptions *user);

/* Whether the mapping has credentials at all. */
extern bool dcf_token_is_given(const DcfUserOptions *user);

/*
 * The header's value, or NULL for none; a secret, valid until the next call.
 * Asks the token service if need be: raises what dcf_exchange_run() does and
 * ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION, unless the old token is good for
 * some more time.
 */
extern const char *dcf_token_authorization(DcfToken *token, DcfHttpPool *pool,
										   int64 deadline);

/*
 * The service did not accept this value.  Whether there is another to be had:
 * if so, the next call of dcf_token_authorization() gives it.
 */
extern bool dcf_token_discard(DcfToken *token, const char *authorization);

#endif /* DCF_TOKEN_H */
