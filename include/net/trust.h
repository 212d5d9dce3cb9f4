/*
 * trust.h
 *	  Which hosts may be trusted with what.  Host names are in lower case.
 */
#ifndef DCF_TRUST_H
#define DCF_TRUST_H

#include "postgres.h"
#include "nodes/pg_list.h"

#include "base/url_parts.h"
#include "net/http.h"
#include "options/option.h"

/* Whether the name stands for this machine itself, without asking any DNS. */
extern bool dcf_trust_is_loopback(const char *host);

/*
 * Whether two hosts belong to one registrable domain (a.example.com and
 * b.example.com; not a.co.uk and b.co.uk) by the public suffix list.
 */
extern bool dcf_trust_same_site(const char *a, const char *b);

/* Whether the list (of char *) has the host. */
extern bool dcf_trust_in_list(const char *host, List *hosts);

/*
 * Whether credentials may be sent there by the server's options: over https,
 * to this machine itself without leaving it, or, with allow_insecure_http,
 * anywhere.
 */
extern bool dcf_trust_is_confidential(const DcfUrlParts *parts,
									  const DcfServerOptions *options);

/*
 * Raise ERRCODE_FDW_INVALID_ATTRIBUTE_VALUE if credentials may not be sent to
 * a URL, the value of the given option.
 */
extern void dcf_trust_check_confidential(const char *url, const char *option,
										 const DcfServerOptions *options);

#endif /* DCF_TRUST_H */
