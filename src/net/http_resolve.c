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
} Lookup;

/* Release function of the resource. */
static void
release(void *arg)
{
	dcf_name_lookup_release(((Lookup *) arg)->lookup);
}

/* Start the lookup; NULL if no thread or descriptor is to be had. */
static DcfNameLookup *
start(const char *host, Lookup *tied)
{
	sigset_t saved;

	dcf_http_enter_curl(&saved);
	tied->lookup = dcf_name_lookup_start(host);
	dcf_http_leave_curl(&saved);
	return tied->lookup;
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
await(const DcfHttpTransfer *transfer, DcfNameLookup *lookup)
{
	DcfWaitSet *waits = dcf_wait_create(false);
	int64 until = dcf_wait_now() + LONGEST_MS;
	WaitEvent event;

	if (transfer->deadline != 0)
		until = Min(until, transfer->deadline);
	dcf_wait_watch(waits, dcf_name_lookup_fd(lookup), WL_SOCKET_READABLE);
	for (;;)
	{
		int64 left = until - dcf_wait_now();

		if (dcf_wait_for(waits, Max(left, 0), DCF_WAIT_CONNECT, &event, 1) > 0)
			return true;
		if (left <= 0)
			return false;
	}
}

/* Whether the name certainly does not exist. */
static bool
is_unknown(const DcfHttpTransfer *transfer)
{
	const char *host = find_host(transfer);
	Lookup *tied = palloc0(sizeof(Lookup));
	bool unknown;

	if (host == NULL || start(host, tied) == NULL)
		return false;
	dcf_resource_tie(&tied->resource, CurrentMemoryContext, release, tied);
	unknown = await(transfer, tied->lookup) &&
		dcf_name_lookup_found_none(tied->lookup);
	return unknown;
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
