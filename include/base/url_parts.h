/*
 * url_parts.h
 *	  Checking a URL and splitting it into parts.
 *
 * libcurl's own parser does this, so the host that is checked here is the host
 * that libcurl connects to.  Raises only ERRCODE_FDW_OUT_OF_MEMORY.
 */
#ifndef DCF_URL_PARTS_H
#define DCF_URL_PARTS_H

#include "postgres.h"

/* All palloc'd. */
typedef struct DcfUrlParts
{
	char *scheme; /* "http" or "https" */
	char *host;	  /* in lower case, without brackets */
	int port;	  /* the scheme's default if the URL has none */
	char *path;	  /* "" or "/...", without a trailing slash */
} DcfUrlParts;

/*
 * Check that a URL has the scheme http or https and a host, and no user, query
 * or fragment.  Returns NULL and sets *parts if so; else a static text that
 * completes "The URL ...", such as "must start with http:// or https://".
 */
extern const char *dcf_url_parts_parse(const char *url, DcfUrlParts *parts);

/* The URL up to its path (scheme, host and port as written), palloc'd. */
extern char *dcf_url_parts_origin(const char *url);

#endif /* DCF_URL_PARTS_H */
