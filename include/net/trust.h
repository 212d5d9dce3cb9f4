/*
 * trust.h
 *	  Which hosts may receive credentials.  Host names are in lower case.
 */
#ifndef DCF_TRUST_H
#define DCF_TRUST_H

#include "postgres.h"
#include "nodes/pg_list.h"

#include "base/url_parts.h"
#include "net/http.h"
#include "options/option.h"

/* Whether a host is an IP address, not a name. */
extern bool dcf_trust_is_address(const char *host);

/* Whether a host name or address means this machine, without asking the DNS. */
extern bool dcf_trust_is_loopback(const char *host);

/*
 * Whether two hosts have the same registrable domain by the public suffix list
 * (a.example.com and b.example.com have; a.co.uk and b.co.uk have not).
 */
extern bool dcf_trust_same_site(const char *a, const char *b);

/* Whether a List of char * contains the host. */
extern bool dcf_trust_in_list(const char *host, List *hosts);

/*
 * Whether the server's options allow sending credentials to a URL: over https; to
 * this machine, unless a proxy elsewhere is used; anywhere with
 * allow_insecure_http.
 */
extern bool dcf_trust_is_confidential(const DcfUrlParts *parts,
									  const DcfServerOptions *options);

/*
 * Raise ERRCODE_FDW_INVALID_ATTRIBUTE_VALUE if credentials may not be sent to a
 * URL, which is the value of the named option.
 */
extern void dcf_trust_check_confidential(const char *url, const char *option,
										 const DcfServerOptions *options);

#endif /* DCF_TRUST_H */
