/*
 * trust.c
 *	  Which hosts may receive credentials.  See trust.h.
 */
#include "postgres.h"

#include <arpa/inet.h>

#include <libpsl.h>

#include "base/url_parts.h"
#include "net/trust.h"

bool
dcf_trust_is_address(const char *host)
{
	unsigned char address[16];

	return inet_pton(AF_INET, host, address) == 1 ||
		inet_pton(AF_INET6, host, address) == 1;
}

bool
dcf_trust_is_loopback(const char *host)
{
	static const unsigned char loopback6[16] = {[15] = 1};
	unsigned char address[16];

	/* libcurl resolves this name to this machine without the DNS. */
	if (strcmp(host, "localhost") == 0)
		return true;
	if (inet_pton(AF_INET, host, address) == 1)
		return address[0] == 127;
	if (inet_pton(AF_INET6, host, address) == 1)
		return memcmp(address, loopback6, sizeof(loopback6)) == 0;
	return false;
}

bool
dcf_trust_same_site(const char *a, const char *b)
{
	const psl_ctx_t *list = psl_builtin();
	const char *site_a;
	const char *site_b;

	if (strcmp(a, b) == 0)
		return true;
	/* libpsl may be built without a list, and takes an address for a name. */
	if (list == NULL || dcf_trust_is_address(a) || dcf_trust_is_address(b))
		return false;
	site_a = psl_registrable_domain(list, a);
	site_b = psl_registrable_domain(list, b);
	/* A public suffix itself has no registrable domain. */
	return site_a && site_b && strcmp(site_a, site_b) == 0;
}

bool
dcf_trust_in_list(const char *host, List *hosts)
{
	ListCell *cell;

	foreach(cell, hosts)
	{
		if (strcmp(lfirst(cell), host) == 0)
			return true;
	}
	return false;
}

/*
 * Whether a proxy runs on this machine.  Another one would resolve "localhost" to
 * itself, and could read the request.
 */
static bool
is_proxy_here(const char *proxy)
{
	DcfUrlParts parts;

	return dcf_url_parts_parse(proxy, &parts) == NULL &&
		dcf_trust_is_loopback(parts.host);
}

bool
dcf_trust_is_confidential(const DcfUrlParts *parts,
						  const DcfServerOptions *options)
{
	if (options->allow_insecure_http || strcmp(parts->scheme, "https") == 0)
		return true;
	return dcf_trust_is_loopback(parts->host) &&
		(options->proxy == NULL || is_proxy_here(options->proxy));
}

void
dcf_trust_check_confidential(const char *url, const char *option,
							 const DcfServerOptions *options)
{
	DcfUrlParts parts;
	const char *reason = dcf_url_parts_parse(url, &parts);

	if (reason)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_INVALID_ATTRIBUTE_VALUE),
				 errmsg("invalid value for option \"%s\"", option),
				 errdetail("URL %s.", reason)));
	if (!dcf_trust_is_confidential(&parts, options))
		ereport(ERROR,
				(errcode(ERRCODE_FDW_INVALID_ATTRIBUTE_VALUE),
				 errmsg("credentials would go to host \"%s\" without "
						"encryption",
						parts.host),
				 dcf_trust_is_loopback(parts.host) ?
					 errdetail("The server's option \"%s\" is a URL of plain "
							   "http, and its option \"proxy\" leads to "
							   "another machine.",
							   option) :
					 errdetail("The server's option \"%s\" is a URL of plain "
							   "http.",
							   option),
				 errhint("Use https there, or have a superuser set the "
						 "server's option \"allow_insecure_http\".")));
}
