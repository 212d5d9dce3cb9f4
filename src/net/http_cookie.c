/*
 * http_cookie.c
 *	  Cookies as secrets that no message shows.
 *
 * The cookie of a session is as good as a password while the session lasts.
 */
#include "postgres.h"

#include "base/foreign_text.h"
#include "base/wipe.h"
#include "transfer_private.h"

/* Shorter values identify no session; they may be words, such as a language. */
#define MIN_SECRET 16

/* The value of a cookie, which comes last in a line of Netscape's format. */
static const char *
value_of(const char *cookie)
{
	const char *tab = strrchr(cookie, '\t');

	return tab ? tab + 1 : cookie;
}

/*
 * Add a copy of a cookie's value, if it is long enough to be a secret.  It is wiped with
 * the current memory context.
 */
static List *
add_value(List *values, const char *cookie)
{
	const char *value = value_of(cookie);

	return strlen(value) < MIN_SECRET ?
		values :
		lappend(values, dcf_wipe_later(pstrdup(value), CurrentMemoryContext));
}

/* Add a cookie's name, which comes before the value. */
static List *
add_name(List *names, const char *cookie)
{
	const char *end = strrchr(cookie, '\t');
	const char *start = end;

	if (end == NULL)
		return names;
	while (start > cookie && start[-1] != '\t')
		start--;
	return lappend(names, dcf_foreign_text(start, end - start));
}

/* Add something of each cookie of an open transfer's handle. */
static List *
add_exchange(List *values, CURL *easy,
			 List *(*add)(List *values, const char *cookie))
{
	struct curl_slist *cookies = NULL;
	List *volatile all = values;

	(void) curl_easy_getinfo(easy, CURLINFO_COOKIELIST, &cookies);
	PG_TRY();
	{
		for (const struct curl_slist *cookie = cookies; cookie;
			 cookie = cookie->next)
			all = add(all, cookie->data);
	}
	PG_FINALLY();
	{
		curl_slist_free_all(cookies);
	}
	PG_END_TRY();
	return all;
}

/* A DcfSecretsFn: all cookies of a pool, in jars and in open transfers. */
static List *
list_cookies(const void *holder)
{
	DcfHttpPool *pool = unconstify(void *, holder);
	List *values = NIL;
	ListCell *lc;
	dlist_iter iter;

	foreach(lc, dcf_http_list_jars(pool))
		values = add_value(values, lfirst(lc));
	dlist_foreach(iter, &pool->transfers)
	{
		DcfTransfer *transfer = dlist_container(DcfTransfer, node, iter.cur);

		if (transfer->easy)
			values = add_exchange(values, transfer->easy, add_value);
	}
	return values;
}

void
dcf_http_hide_cookies(DcfHttpPool *pool)
{
	dcf_foreign_text_hide(list_cookies, pool, pool->context);
}

List *
dcf_transfer_cookie_names(const DcfTransfer *transfer)
{
	return transfer->easy ? add_exchange(NIL, transfer->easy, add_name) : NIL;
}
