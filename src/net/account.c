/*
 * account.c
 *	  The key of an account.  See account.h.
 */
#include "postgres.h"

#include "base/url_parts.h"
#include "net/account.h"

DcfSharedKey
dcf_account_key(const DcfServerOptions *server, const DcfUserOptions *user)
{
	DcfUrlParts parts;
	const char *texts[6];

	if (dcf_url_parts_parse(server->url, &parts) != NULL)
		elog(ERROR, "invalid URL in option \"url\"");
	texts[0] = psprintf("%s:%d", parts.host, parts.port);
	texts[1] = user->token;
	texts[2] = user->username;
	texts[3] = user->password;
	texts[4] = user->client_id;
	texts[5] = user->client_secret;
	return dcf_shared_key(texts, lengthof(texts));
}
