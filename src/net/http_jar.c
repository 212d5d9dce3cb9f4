/*
 * http_jar.c
 *	  Cookie jars.  See http_private.h.
 *
 * Cookies identify a session of the service.  The service may answer the
 * requests of one session one after another, each only after the last byte of
 * the reply before (seen).  So two open transfers must not have the same cookies:
 * one would wait for the other, and forever if the other waits to be read.
 *
 * A jar holds the cookies as text.  When a transfer begins, its libcurl handle
 * gets a copy of them; when it ends, the handle's cookies replace them.
 *
 * The jar used most recently is used first, so consecutive statements stay in
 * one session.  A jar is destroyed if its transfer was aborted or cut, or ended
 * with status 502 or 504: the service may still hold that session's lock.  A jar
 * belongs to one scheme, host and port, even if a cookie's domain has more hosts.
 *
 * Only a request that asks whether the service locks sessions shares another's jar
 * (cookies_of in http.h).
 *
 * libcurl's own sharing of cookies is not used: a handle has only one share
 * object, which would separate the TLS sessions as well, and libcurl would store
 * any number of cookies.
 */
#include "postgres.h"

#include "base/foreign_text.h"
#include "transfer_private.h"

/* The limits of browsers: cookies of a host, bytes of name and value together. */
#define MAX_COOKIES		180
#define MAX_COOKIE_SIZE 4096

/* Fields of a line in Netscape's format. */
#define NFIELDS	   7
#define FIELD_NAME 5

struct DcfHttpJar
{
	dlist_node node; /* in the pool's jars, while no transfer uses it */
	char *cookies;	 /* lines in Netscape's format, each with a NUL */
	size_t len;		 /* of all lines together */
	char origin[FLEXIBLE_ARRAY_MEMBER]; /* scheme, host and port */
};

/* The length of a URL's scheme, host and port. */
static size_t
origin_len(const char *url)
{
	const char *host = strstr(url, "://");

	return host ? (host - url) + 3 + strcspn(host + 3, "/?#") : strlen(url);
}

/* Wipe and free the jar's cookies. */
static void
clear_jar(DcfHttpJar *jar)
{
	if (jar->cookies)
	{
		explicit_bzero(jar->cookies, jar->len);
		pfree(jar->cookies);
	}
	jar->cookies = NULL;
	jar->len = 0;
}

static void
destroy_jar(DcfHttpJar *jar)
{
	clear_jar(jar);
	pfree(jar);
}

/* Whether a jar is for the URL's origin. */
static bool
is_for(const DcfHttpJar *jar, const char *url)
{
	size_t len = origin_len(url);

	return strlen(jar->origin) == len &&
		pg_strncasecmp(jar->origin, url, len) == 0;
}

/* The jar used most recently for the URL's origin, or a new one. */
static DcfHttpJar *
find_jar(DcfHttpPool *pool, const char *url)
{
	size_t len = origin_len(url);
	DcfHttpJar *jar;
	dlist_iter iter;

	dlist_foreach(iter, &pool->jars)
	{
		jar = dlist_container(DcfHttpJar, node, iter.cur);
		if (is_for(jar, url))
		{
			dlist_delete(&jar->node);
			pool->njars--;
			return jar;
		}
	}
	jar = MemoryContextAllocZero(pool->context,
								 offsetof(DcfHttpJar, origin) + len + 1);
	memcpy(jar->origin, url, len);
	return jar;
}

/* Give the transfer's handle a copy of a jar's cookies. */
static void
send_cookies(DcfTransfer *transfer, const DcfHttpJar *jar)
{
	/* An empty name of a file switches libcurl's cookie engine on. */
	dcf_http_check(curl_easy_setopt(transfer->easy, CURLOPT_COOKIEFILE, ""));
	for (size_t at = 0; at < jar->len; at += strlen(jar->cookies + at) + 1)
		dcf_http_check(curl_easy_setopt(transfer->easy, CURLOPT_COOKIELIST,
										jar->cookies + at));
}

void
dcf_http_take_jar(DcfTransfer *transfer, const char *url)
{
	transfer->jar = find_jar(transfer->pool, url);
	send_cookies(transfer, transfer->jar);
}

void
dcf_http_share_jar(DcfTransfer *transfer, const char *url,
				   const DcfTransfer *other)
{
	if (other->jar && is_for(other->jar, url))
		send_cookies(transfer, other->jar);
	else
		dcf_http_take_jar(transfer, url);
}

bool
dcf_http_has_cookies(const DcfTransfer *transfer)
{
	return transfer->jar && transfer->jar->len > 0;
}

/* The name of a cookie in a line from libcurl, with what follows; or NULL. */
static const char *
find_name(const char *line)
{
	for (int i = 0; i < FIELD_NAME && line; i++)
	{
		line = strchr(line, '\t');
		line = line ? line + 1 : NULL;
	}
	return line;
}

/* Whether a cookie, as a line from libcurl, is small enough for a jar. */
static bool
fits_jar(const char *line)
{
	line = find_name(line);
	/* One byte more for the tab between name and value. */
	return line && strlen(line) <= MAX_COOKIE_SIZE + 1;
}

/*
 * Replace the cookies of a jar by these lines, the last ones if there are too
 * many.  Must not raise: if memory is short, the jar stays empty.
 */
static void
store_cookies(DcfHttpJar *jar, const struct curl_slist *lines,
			  MemoryContext cxt)
{
	size_t len = 0;
	int n = 0;

	clear_jar(jar);
	for (const struct curl_slist *line = lines; line; line = line->next)
		n += fits_jar(line->data);
	while (n > MAX_COOKIES)
	{
		n -= fits_jar(lines->data);
		lines = lines->next;
	}
	for (const struct curl_slist *line = lines; line; line = line->next)
		len += fits_jar(line->data) ? strlen(line->data) + 1 : 0;
	if (len == 0)
		return;
	jar->cookies = MemoryContextAllocExtended(cxt, len, MCXT_ALLOC_NO_OOM);
	if (jar->cookies == NULL)
		return;
	for (const struct curl_slist *line = lines; line; line = line->next)
	{
		size_t size = strlen(line->data) + 1;

		if (!fits_jar(line->data))
			continue;
		memcpy(jar->cookies + jar->len, line->data, size);
		jar->len += size;
	}
}

/* Return a jar to the pool.  If there are too many, the oldest is destroyed. */
static void
add_jar(DcfHttpPool *pool, DcfHttpJar *jar)
{
	dlist_push_head(&pool->jars, &jar->node);
	if (++pool->njars <= pool->max_jars)
		return;
	jar = dlist_container(DcfHttpJar, node, dlist_tail_node(&pool->jars));
	dlist_delete(&jar->node);
	pool->njars--;
	destroy_jar(jar);
}

/* Whether the service may have seen the request. */
static bool
was_sent(const DcfTransfer *transfer)
{
	return transfer->connected_at != 0;
}

/*
 * Whether the service has finished the request.  A status 502 or 504 comes from a
 * gateway that gave up waiting, so the service may still be busy.
 */
static bool
is_answered(const DcfTransfer *transfer)
{
	int status = transfer->head.status;

	return transfer->source.done && transfer->result == CURLE_OK &&
		transfer->head_done && status != 502 && status != 504;
}

void
dcf_http_return_jar(DcfTransfer *transfer)
{
	DcfHttpPool *pool = transfer->pool;
	DcfHttpJar *jar = transfer->jar;
	struct curl_slist *cookies = NULL;

	if (jar == NULL)
		return;
	transfer->jar = NULL;
	if (is_answered(transfer))
	{
		(void) curl_easy_getinfo(transfer->easy, CURLINFO_COOKIELIST,
								 &cookies);
		store_cookies(jar, cookies, pool->context);
		for (struct curl_slist *line = cookies; line; line = line->next)
			explicit_bzero(line->data, strlen(line->data));
		curl_slist_free_all(cookies);
		add_jar(pool, jar);
	}
	else if (!was_sent(transfer))
		add_jar(pool, jar);
	else
		destroy_jar(jar);
}

List *
dcf_http_list_jars(DcfHttpPool *pool)
{
	List *cookies = NIL;
	dlist_iter iter;

	dlist_foreach(iter, &pool->jars)
	{
		DcfHttpJar *jar = dlist_container(DcfHttpJar, node, iter.cur);

		for (size_t at = 0; at < jar->len; at += strlen(jar->cookies + at) + 1)
			cookies = lappend(cookies, jar->cookies + at);
	}
	return cookies;
}

/* Whether a List of char * has a text. */
static bool
has_text(const List *texts, const char *text)
{
	ListCell *lc;

	foreach(lc, texts)
	{
		if (strcmp(lfirst(lc), text) == 0)
			return true;
	}
	return false;
}

List *
dcf_http_cookie_names(DcfHttpPool *pool)
{
	List *names = NIL;
	ListCell *lc;

	foreach(lc, dcf_http_list_jars(pool))
	{
		const char *name = find_name(lfirst(lc));
		char *shown = dcf_foreign_text(name, strcspn(name, "\t"));

		if (!has_text(names, shown))
			names = lappend(names, shown);
	}
	return names;
}

void
dcf_http_wipe_jars(DcfHttpPool *pool)
{
	dlist_mutable_iter iter;

	dlist_foreach_modify(iter, &pool->jars)
	{
		DcfHttpJar *jar = dlist_container(DcfHttpJar, node, iter.cur);

		dlist_delete(&jar->node);
		destroy_jar(jar);
	}
	pool->njars = 0;
}
