/*
 * account.h
 *	  The key of an account: a host with credentials.
 */
#ifndef DCF_ACCOUNT_H
#define DCF_ACCOUNT_H

#include "postgres.h"

#include "base/shared.h"
#include "options/option.h"

/*
 * It hashes host, port and all credentials, so that a user without the password has
 * another key.
 */
extern DcfSharedKey dcf_account_key(const DcfServerOptions *server,
									const DcfUserOptions *user);

#endif /* DCF_ACCOUNT_H */
