/*
 * http_resolve.c
 *	  Finding out whether a name that libcurl could not resolve exists.
 *
 * libcurl reports the same error if a name does not exist and if no name server
 * answers; the result of getaddrinfo() is lost.  So after such an error, and only
 * then, the name is looked up once more.  A name server that has just said that
 * the name does not exist says so again at once, so a short wait is enough.
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "base/url_parts.h"
#include "http_private.h"
#include "name_lookup.h"

/* Longest wait for the lookup. */
#define LONGEST_MS 2000

typedef struct Lookup
{
	DcfResource resource;
	DcfNameLookup *lookup;
	DcfWatcher watcher;
	bool ended;
} Lookup;

/* Release function of the resource. */
static void
release(void *arg)
{
	Lookup *tied = arg;

	dcf_wait_leave(&tied->watcher);
	if (tied->lookup)
		dcf_name_lookup_release(tied->lookup);
}

/* The watcher's function. */
static void
on_ready(void *arg, pgsocket fd, uint32 events)
{
	((Lookup *) arg)->ended = true;
}

/* Start the lookup; false if no thread or descriptor is to be had. */
static bool
start(const char *host, Lookup *tied)
{
	sigset_t saved;

	tied->watcher.on_ready = on_ready;
	tied->watcher.arg = tied;
	dcf_wait_join(&tied->watcher);
	dcf_resource_tie(&tied->resource, CurrentMemoryContext, release, tied);
	dcf_http_enter_curl(&saved);
	tied->lookup = dcf_name_lookup_start(host);
	dcf_http_leave_curl(&saved);
	return tied->lookup != NULL;
}

/* The name that libcurl could not resolve; NULL if that is not known. */
static const char *
find_host(const DcfHttpTransfer *transfer)
{
	const char *url = transfer->proxy;
	DcfUrlParts parts;

	if (transfer->result == CURLE_COULDNT_RESOLVE_HOST)
	{
		char *effective = NULL;

		if (curl_easy_getinfo(transfer->easy, CURLINFO_EFFECTIVE_URL,
							  &effective) != CURLE_OK ||
			effective == NULL)
			return NULL;
		url = dcf_url_parts_origin(effective);
	}
	if (url == NULL || dcf_url_parts_parse(url, &parts) != NULL)
		return NULL;
	return parts.host;
}

/* Wait for the lookup's end; false if it takes too long. */
static bool
await(const DcfHttpTransfer *transfer, Lookup *tied)
{
	int64 until = dcf_wait_now() + LONGEST_MS;
	DcfWaitPlan plan;

	if (transfer->deadline != 0)
		until = Min(until, transfer->deadline);
	dcf_wait_plan_begin(&plan);
	dcf_wait_plan_note(&plan, until, DCF_WAIT_CONNECT);
	dcf_wait_watch(&tied->watcher, dcf_name_lookup_fd(tied->lookup),
				   WL_SOCKET_READABLE);
	do
		dcf_wait(&plan);
	while (!tied->ended && dcf_wait_now() < until);
	return tied->ended;
}

/* Whether the name certainly does not exist. */
static bool
is_unknown(const DcfHttpTransfer *transfer)
{
	const char *host = find_host(transfer);
	Lookup *tied = palloc0(sizeof(Lookup));

	return host != NULL && start(host, tied) && await(transfer, tied) &&
		dcf_name_lookup_found_none(tied->lookup);
}

void
dcf_http_check_name(DcfHttpTransfer *transfer)
{
	MemoryContext context;
	MemoryContext old;

	if (transfer->result != CURLE_COULDNT_RESOLVE_HOST &&
		transfer->result != CURLE_COULDNT_RESOLVE_PROXY)
		return;
	context =
		AllocSetContextCreate(transfer->context, "dataconnect_fdw lookup",
							  ALLOCSET_SMALL_SIZES);
	old = MemoryContextSwitchTo(context);
	transfer->name_unknown = is_unknown(transfer);
	MemoryContextSwitchTo(old);
	MemoryContextDelete(context);
}
