/*
 * url_parts.c
 *	  Checking and splitting URLs with libcurl's parser.  See url_parts.h.
 */
#include "postgres.h"

#include <curl/curl.h>

#include "utils/builtins.h"
#include "utils/memutils.h"

#include "base/url_parts.h"

/* libcurl normalizes a host, which may make it longer (0x7f.1: 127.0.0.1). */
#define HOST_SLACK 64

/*
 * The URLs that were split last: each request splits those of its server, which
 * are few, and libcurl's parser takes several µs.
 */
#define NKNOWN 4

typedef struct KnownUrl
{
	char *url; /* NULL if the place is free */
	DcfUrlParts parts;
} KnownUrl;

static KnownUrl known[NKNOWN];
static int next_place;

static bool
starts_with(const char *text, const char *prefix)
{
	return pg_strncasecmp(text, prefix, strlen(prefix)) == 0;
}

/* Check what libcurl's parser would accept.  Returns the reason to refuse, or NULL. */
static const char *
check_text(const char *url)
{
	const char *authority;
	const char *p;

	/* This comes first: what follows relies on "://". */
	if (!starts_with(url, "http://") && !starts_with(url, "https://"))
		return "must start with http:// or https://";
	authority = strstr(url, "://") + 3;
	for (p = url; *p; p++)
	{
		if ((unsigned char) *p <= ' ' || (unsigned char) *p >= 0x7f)
			return "must consist of visible ASCII characters";
	}
	if (strchr(url, '#'))
		return "must not have a fragment";
	if (strchr(url, '?'))
		return "must not have a query string";
	/*
	 * Credentials belong in the user mapping.  A user name may also disguise
	 * the host, as in https://known.example@other.example.
	 */
	if (memchr(authority, '@', strcspn(authority, "/")))
		return "must not contain a user name or password";
	if (*authority == '\0' || *authority == '/' || *authority == ':')
		return "must name a host";
	return NULL;
}

/* Copy a part of the URL to dst; false if there is none or it does not fit. */
static bool
get_part(CURLU *handle, CURLUPart what, unsigned int flags, char *dst,
		 size_t size)
{
	char *part = NULL;
	bool ok = curl_url_get(handle, what, &part, flags) == CURLUE_OK &&
		strlen(part) < size;

	if (ok)
		strlcpy(dst, part, size);
	curl_free(part);
	return ok;
}

/* Strip the brackets of an IPv6 address and fold to lower case, in place. */
static void
normalize_host(char *host)
{
	size_t len = strlen(host);
	char *p;

	if (len >= 2 && host[0] == '[' && host[len - 1] == ']')
	{
		memmove(host, host + 1, len - 2);
		host[len - 2] = '\0';
	}
	for (p = host; *p; p++)
		*p = pg_ascii_tolower((unsigned char) *p);
}

char *
dcf_url_parts_origin(const char *url)
{
	const char *authority = strstr(url, "://");

	if (authority == NULL)
		elog(ERROR, "URL has no scheme");
	authority += 3;
	return pnstrdup(url, authority - url + strcspn(authority, "/?"));
}

/* A copy of parts in the current memory context. */
static DcfUrlParts
copy_parts(const DcfUrlParts *parts)
{
	DcfUrlParts copy;

	copy.scheme = pstrdup(parts->scheme);
	copy.host = pstrdup(parts->host);
	copy.port = parts->port;
	copy.path = pstrdup(parts->path);
	return copy;
}

static const KnownUrl *
find_known(const char *url)
{
	for (int i = 0; i < NKNOWN; i++)
		if (known[i].url && strcmp(known[i].url, url) == 0)
			return &known[i];
	return NULL;
}

/* Remember a URL's parts, in place of those remembered first. */
static void
remember(const char *url, const DcfUrlParts *parts)
{
	KnownUrl *place = &known[next_place];
	MemoryContext old = MemoryContextSwitchTo(TopMemoryContext);
	KnownUrl fresh = {pstrdup(url), copy_parts(parts)};

	MemoryContextSwitchTo(old);
	if (place->url)
	{
		pfree(place->url);
		pfree(place->parts.scheme);
		pfree(place->parts.host);
		pfree(place->parts.path);
	}
	*place = fresh;
	next_place = (next_place + 1) % NKNOWN;
}

/* Split a URL that is not known. */
static const char *
parse(const char *url, DcfUrlParts *parts)
{
	const char *reason = check_text(url);
	size_t size = strlen(url) + HOST_SLACK;
	char *host = palloc(size);
	char *path = palloc(size);
	char port[8];
	size_t len;
	bool ok;
	CURLU *handle;

	if (reason)
		return reason;

	/* Nothing raises before the handle is freed. */
	handle = curl_url();
	if (handle == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_OUT_OF_MEMORY), errmsg("out of memory")));
	ok = curl_url_set(handle, CURLUPART_URL, url, 0) == CURLUE_OK &&
		get_part(handle, CURLUPART_HOST, 0, host, size) &&
		get_part(handle, CURLUPART_PORT, CURLU_DEFAULT_PORT, port,
				 sizeof(port)) &&
		get_part(handle, CURLUPART_PATH, 0, path, size);
	curl_url_cleanup(handle);
	if (!ok || host[0] == '\0')
		return "is malformed";

	normalize_host(host);
	len = strlen(path);
	/* Endpoints begin with a slash; libcurl gives "/" for an empty path. */
	while (len > 0 && path[len - 1] == '/')
		path[--len] = '\0';
	parts->scheme = pstrdup(starts_with(url, "https") ? "https" : "http");
	parts->host = host;
	/* libcurl has checked that the port is a number up to 65535. */
	parts->port = pg_strtoint32(port);
	parts->path = path;
	return NULL;
}

const char *
dcf_url_parts_parse(const char *url, DcfUrlParts *parts)
{
	const KnownUrl *found = find_known(url);
	const char *reason;

	if (found)
	{
		*parts = copy_parts(&found->parts);
		return NULL;
	}
	reason = parse(url, parts);
	if (reason == NULL)
		remember(url, parts);
	return reason;
}
