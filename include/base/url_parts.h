/*
 * url_parts.h
 *	  The form of a URL, and its parts.
 *
 * libcurl's parser checks a URL, and connects to it later, so the two cannot
 * take different hosts out of it.  Raises only ERRCODE_FDW_OUT_OF_MEMORY.
 */
#ifndef DCF_URL_PARTS_H
#define DCF_URL_PARTS_H

#include "postgres.h"

/* All palloc'd. */
typedef struct DcfUrlParts
{
	char *scheme; /* "http" or "https" */
	char *host;	  /* in lower case, without brackets */
	int port;	  /* the scheme's own if the URL has none */
	char *path;	  /* "" or "/..." without a trailing slash */
} DcfUrlParts;

/*
 * Check a URL's form: http or https, a host, no user, query or fragment.  Sets
 * the parts and returns NULL; or returns a static reason that completes "URL
 * ..." ("must start with http:// or https://").
 */
extern const char *dcf_url_parts_parse(const char *url, DcfUrlParts *parts);

/* Scheme, host and port as the URL writes them, palloc'd. */
extern char *dcf_url_parts_origin(const char *url);

#endif /* DCF_URL_PARTS_H */
