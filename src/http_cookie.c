/*
 * http_cookie.c
 *	  Cookies as secrets: who has a session's may be taken for its user.
 */
#include "postgres.h"

#include "error.h"
#include "http_private.h"

/* Shorter values say something, a language perhaps, and identify nobody. */
#define MIN_SECRET 16

/* libcurl shows a cookie as a line of Netscape's file: its value comes last. */
static const char *
value_of(const char *cookie)
{
	const char *tab = strrchr(cookie, '\t');

	return tab ? tab + 1 : cookie;
}

static List *
copy_values(const struct curl_slist *cookie)
{
	List *values = NIL;

	for (; cookie; cookie = cookie->next)
	{
		const char *value = value_of(cookie->data);

		if (strlen(value) >= MIN_SECRET)
			values = lappend(values, pstrdup(value));
	}
	return values;
}

/* A DcfSecretsFn: the cookies that a pool has now. */
static List *
list_cookies(const void *holder)
{
	const DcfHttpPool *pool = holder;
	CURL *easy = curl_easy_init();
	struct curl_slist *cookies = NULL;
	List *volatile values = NIL;

	/* The pool's are to be had only by a handle that shares them. */
	if (easy && curl_easy_setopt(easy, CURLOPT_SHARE, pool->share) == CURLE_OK)
		(void) curl_easy_getinfo(easy, CURLINFO_COOKIELIST, &cookies);
	PG_TRY();
	{
		values = copy_values(cookies);
	}
	PG_FINALLY();
	{
		curl_slist_free_all(cookies);
		curl_easy_cleanup(easy);
	}
	PG_END_TRY();
	return values;
}

void
dcf_http_hide_cookies(DcfHttpPool *pool)
{
	dcf_error_add_holder(list_cookies, pool, pool->context);
}
