/*
 * copy_key.c
 *	  The keys by which copies are found.  See copy.h.
 */
#include "postgres.h"

#include "base/url_parts.h"
#include "copy_private.h"
#include "net/account.h"
#include "session_private.h"

/* A key as a text: 32 hexadecimal digits. */
static char *
show_key(const DcfSharedKey *key)
{
	char *text = palloc(2 * sizeof(key->bytes) + 1);

	for (size_t i = 0; i < sizeof(key->bytes); i++)
		snprintf(text + 2 * i, 3, "%02x", key->bytes[i]);
	return text;
}

DcfSharedKey
dcf_copy_service_key(const DcfServerOptions *server)
{
	DcfUrlParts parts;
	const char *texts[4];

	if (dcf_url_parts_parse(server->url, &parts) != NULL)
		elog(ERROR, "invalid URL in option \"url\"");
	texts[0] = parts.scheme;
	texts[1] = parts.host;
	texts[2] = psprintf("%d", parts.port);
	texts[3] = parts.path;
	return dcf_shared_key(texts, lengthof(texts));
}

DcfSharedKey
dcf_copy_endpoint_key(const DcfSharedKey *service, const char *endpoint)
{
	const char *texts[] = {show_key(service), endpoint};

	return dcf_shared_key(texts, lengthof(texts));
}

/*
 * A reply that came by a proxy, or whose certificate was not verified, is no copy
 * for those who would not have taken it.
 */
DcfSharedKey
dcf_copy_key(const DcfServerOptions *server, const DcfUserOptions *user,
			 const DcfRequest *request)
{
	DcfSharedKey service = dcf_copy_service_key(server);
	DcfSharedKey account = dcf_account_key(server, user);
	const char *texts[8];

	texts[0] = show_key(&service);
	texts[1] = show_key(&account);
	texts[2] = server->proxy;
	texts[3] = server->ca_file;
	texts[4] = server->tls_verify ? "verified" : NULL;
	texts[5] = request->endpoint;
	texts[6] = psprintf("%d", (int) request->format);
	texts[7] = dcf_request_identity(request);
	return dcf_shared_key(texts, lengthof(texts));
}

DcfSharedKey
dcf_copy_session_key(const DcfSession *session, const DcfRequest *request)
{
	return dcf_copy_key(session->options, session->user, request);
}
