/*
 * http_jar.c
 *	  Cookie jars.  See http_private.h.
 *
 * The cookies of a service name a session of it, and a service may answer the
 * requests of one session one after another: each only when the reply before
 * has been sent to its last byte.  So no two exchanges that are open at the
 * same time may have the same cookies: one would wait for the other, perhaps
 * for good, where the other waits to be read.
 *
 * A jar is texts.  An exchange's handle of libcurl gets a copy of them, takes
 * the reply's cookies, and its cookies are the jar's when it has ended.
 *
 * The jar that was used last is used first, so consecutive statements stay in
 * one session.  A jar is thrown away if its exchange was aborted or cut, or
 * ended with 502 or 504: the service may still hold that session's lock.  A
 * jar goes to one scheme, host and port, even if a cookie's domain has more
 * hosts.
 *
 * libcurl's shared cookies are not used: a handle has only one share, which
 * would separate the TLS sessions as well, and it keeps any number of cookies.
 */
#include "postgres.h"

#include "http_private.h"

/* As browsers bound cookies: how many of a host, bytes of name and value. */
#define MAX_COOKIES		180
#define MAX_COOKIE_SIZE 4096

/* Fields of a line in Netscape's format. */
#define NFIELDS	   7
#define FIELD_NAME 5

struct DcfHttpJar
{
	dlist_node node; /* in the pool's jars, while no exchange has it */
	char *cookies;	 /* lines of Netscape's format, each with a NUL */
	size_t len;		 /* of all of them */
	char origin[FLEXIBLE_ARRAY_MEMBER]; /* where they go: scheme, host, port */
};

/* How much of a URL names the service: all before the path. */
static size_t
origin_len(const char *url)
{
	const char *host = strstr(url, "://");

	return host ? (host - url) + 3 + strcspn(host + 3, "/?#") : strlen(url);
}

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

/* The one that was used last of those for this service, or a new one. */
static DcfHttpJar *
find_jar(DcfHttpPool *pool, const char *url)
{
	size_t len = origin_len(url);
	DcfHttpJar *jar;
	dlist_iter iter;

	dlist_foreach(iter, &pool->jars)
	{
		jar = dlist_container(DcfHttpJar, node, iter.cur);
		if (strlen(jar->origin) == len &&
			pg_strncasecmp(jar->origin, url, len) == 0)
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

void
dcf_http_take_jar(DcfHttpTransfer *transfer, const char *url)
{
	const DcfHttpJar *jar;

	transfer->jar = find_jar(transfer->pool, url);
	jar = transfer->jar;
	/* Without a file's name libcurl only begins to look after cookies. */
	dcf_http_check(curl_easy_setopt(transfer->easy, CURLOPT_COOKIEFILE, ""));
	for (size_t at = 0; at < jar->len; at += strlen(jar->cookies + at) + 1)
		dcf_http_check(curl_easy_setopt(transfer->easy, CURLOPT_COOKIELIST,
										jar->cookies + at));
}

/* Whether libcurl's line is a cookie that a jar keeps. */
static bool
fits_jar(const char *line)
{
	for (int i = 0; i < FIELD_NAME && line; i++)
	{
		line = strchr(line, '\t');
		line = line ? line + 1 : NULL;
	}
	/* The tab between name and value is the one byte more. */
	return line && strlen(line) <= MAX_COOKIE_SIZE + 1;
}

/*
 * Fill a jar with the cookies of an exchange, those that came last where there
 * are too many.  Without memory for them it stays empty: nothing may be raised.
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

/* Keep a jar for the next exchange; if there are too many, the oldest goes. */
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
was_sent(const DcfHttpTransfer *transfer)
{
#if LIBCURL_VERSION_NUM >= 0x075000
	return transfer->connected_at != 0;
#else
	return true;
#endif
}

/*
 * Whether the service has done with the request.  A gateway that gave up waiting
 * for it (502, 504) does not know.
 */
static bool
is_answered(const DcfHttpTransfer *transfer)
{
	int status = transfer->head.status;

	return transfer->done && transfer->result == CURLE_OK &&
		transfer->head_done && status != 502 && status != 504;
}

void
dcf_http_return_jar(DcfHttpTransfer *transfer)
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
