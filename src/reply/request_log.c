/*
 * request_log.c
 *	  The last requests.  See request_log.h.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/guc.h"

#include "base/shared.h"
#include "reply/request_log.h"

#define MAX_REQUESTS 100000

/* The ring, shared or a backend's own, under the lock of "shared". */
typedef struct Ring
{
	uint64 added; /* so far; the next one is at added % size */
	int size;
	DcfRequestFacts requests[FLEXIBLE_ARRAY_MEMBER];
} Ring;

static Size compute_size(bool for_all);
static void init_ring(void *memory, bool for_all);

static DcfShared shared = {.name = "DataconnectRequests",
						   .compute_size = compute_size,
						   .init = init_ring};
static int track_requests = 1000;

void
dcf_request_log_init(void)
{
	/* The shared ring cannot grow. */
	DefineCustomIntVariable(
		"dataconnect_fdw.track_requests",
		"Sets how many requests the view dataconnect_requests shows.",
		"0 keeps nothing of requests: the views dataconnect_stats and dataconnect_progress stay as they are.",
		&track_requests, 1000, 0, MAX_REQUESTS,
		process_shared_preload_libraries_in_progress ? PGC_POSTMASTER :
													   PGC_USERSET,
		0, NULL, NULL, NULL);
	dcf_shared_request(&shared);
}

static Size
compute_size(bool for_all)
{
	return offsetof(Ring, requests) +
		sizeof(DcfRequestFacts) * (Size) track_requests;
}

/* The requests are not touched, so memory is used only as they come. */
static void
init_ring(void *memory, bool for_all)
{
	Ring *ring = memory;

	ring->added = 0;
	ring->size = track_requests;
}

bool
dcf_request_log_is_on(void)
{
	if (track_requests == 0)
		return false;
	(void) dcf_shared_get(&shared);
	return true;
}

void
dcf_request_log_add(const DcfRequestFacts *facts)
{
	Ring *ring = dcf_shared_get(&shared);

	dcf_shared_lock(&shared, ring, LW_EXCLUSIVE);
	ring->requests[ring->added++ % (uint64) ring->size] = *facts;
	dcf_shared_unlock(&shared, ring);
}

DcfRequestFacts *
dcf_request_log_list(int *n)
{
	DcfRequestFacts *requests;
	Ring *ring;
	uint64 first;

	*n = 0;
	if (track_requests == 0)
		return NULL;
	/* The size never changes, and nothing may be allocated under the lock. */
	ring = dcf_shared_get(&shared);
	requests =
		MemoryContextAllocHuge(CurrentMemoryContext,
							   sizeof(DcfRequestFacts) * (Size) ring->size);
	dcf_shared_lock(&shared, ring, LW_SHARED);
	first = ring->added > (uint64) ring->size ? ring->added - ring->size : 0;
	for (uint64 i = first; i < ring->added; i++)
		requests[(*n)++] = ring->requests[i % (uint64) ring->size];
	dcf_shared_unlock(&shared, ring);
	return requests;
}

const char *
dcf_request_end_name(DcfRequestEnd end)
{
	switch (end)
	{
		case DCF_REQUEST_COMPLETE:
			return "complete";
		case DCF_REQUEST_EARLY:
			return "ended early";
		case DCF_REQUEST_HALVED:
			return "halved";
		case DCF_REQUEST_FAILED:
			return "failed";
		case DCF_REQUEST_CANCELLED:
			return "cancelled";
		case DCF_REQUEST_ABORTED:
			return "aborted";
	}
	return NULL;
}
