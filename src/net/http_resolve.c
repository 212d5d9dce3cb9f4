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

#include "base/url_parts.h"
#include "transfer_private.h"
#include "name_lookup.h"

/* Longest wait for the lookup. */
#define LONGEST_MS 2000

struct DcfHttpLookup
{
	DcfNameLookup *lookup;
	DcfWatcher watcher; /* of its descriptor */
	int64 until;		/* by dcf_wait_now() */
};

/* The name that libcurl could not resolve; NULL if that is not known. */
static const char *
find_host(const DcfTransfer *transfer)
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

/* The watcher's function.  That the wait has ended is enough. */
static void
on_ready(void *arg, pgsocket fd, uint32 events)
{
}

/* Start the lookup.  None is started if no thread or descriptor is to be had. */
static void
start(DcfTransfer *transfer)
{
	MemoryContext old = MemoryContextSwitchTo(transfer->context);
	const char *host = find_host(transfer);
	DcfHttpLookup *lookup = palloc0(sizeof(DcfHttpLookup));
	sigset_t saved;

	MemoryContextSwitchTo(old);
	if (host == NULL)
		return;
	lookup->watcher.on_ready = on_ready;
	lookup->until = dcf_wait_now() + LONGEST_MS;
	if (transfer->deadline != 0)
		lookup->until = Min(lookup->until, transfer->deadline);
	dcf_wait_join(&lookup->watcher);
	dcf_signal_mask_block(&saved);
	lookup->lookup = dcf_name_lookup_start(host);
	dcf_signal_mask_restore(&saved);
	if (lookup->lookup == NULL)
	{
		dcf_wait_leave(&lookup->watcher);
		return;
	}
	transfer->lookup = lookup;
	dcf_wait_watch(&lookup->watcher, dcf_name_lookup_fd(lookup->lookup),
				   WL_SOCKET_READABLE);
}

void
dcf_http_end_lookup(DcfTransfer *transfer)
{
	DcfHttpLookup *lookup = transfer->lookup;

	if (lookup == NULL)
		return;
	transfer->lookup = NULL;
	dcf_wait_leave(&lookup->watcher);
	dcf_name_lookup_release(lookup->lookup);
}

bool
dcf_http_check_name(DcfTransfer *transfer)
{
	if (transfer->result != CURLE_COULDNT_RESOLVE_HOST &&
		transfer->result != CURLE_COULDNT_RESOLVE_PROXY)
		return true;
	if (!transfer->name_checked)
		start(transfer);
	transfer->name_checked = true;
	if (transfer->lookup == NULL)
		return true;
	if (!dcf_name_lookup_is_done(transfer->lookup->lookup) &&
		dcf_wait_now() < transfer->lookup->until)
		return false;
	transfer->name_unknown =
		dcf_name_lookup_found_none(transfer->lookup->lookup);
	dcf_http_end_lookup(transfer);
	return true;
}

void
dcf_http_plan_lookup(const DcfTransfer *transfer, DcfWaitPlan *plan)
{
	dcf_wait_plan_note(plan, transfer->lookup->until, DCF_WAIT_CONNECT);
}
