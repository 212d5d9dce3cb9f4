/*
 * wait.c
 *	  Waiting for the latch, sockets and a time-out.  See wait.h.
 */
#include "postgres.h"

#include <time.h>

#include "miscadmin.h"

#include "base/compat.h"
#include "base/file_descriptor.h"
#include "base/resource.h"
#include "base/wait.h"

/* The longest single wait; callers loop. */
#define MAX_WAIT_MS (60 * 60 * 1000)

/* Events of every set besides its sockets: the latch and postmaster death. */
#define FIXED_EVENTS 2

/* Initial size of the array of sockets. */
#define INITIAL_SIZE 8

typedef struct Watched
{
	pgsocket fd;
	uint32 events;
} Watched;

struct DcfWaitSet
{
	MemoryContext context;
	DcfResource resource;
	Watched *watched;
	int nwatched;
	int size;
	bool lost;			  /* a socket could not be added: out of memory */
	uint64 generation;	  /* incremented with each change of watched */
	uint64 built;		  /* the generation that events was built from */
	WaitEventSet *events; /* NULL if not built */
};

int64
dcf_wait_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64) now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void
dcf_wait_plan_begin(DcfWaitPlan *plan)
{
	plan->until = -1;
	plan->reason = DCF_WAIT_QUEUE;
	plan->ready = false;
}

void
dcf_wait_plan_note(DcfWaitPlan *plan, int64 at, DcfWaitReason reason)
{
	static const int telling[] = {[DCF_WAIT_QUEUE] = 0,
								  [DCF_WAIT_RETRY] = 1,
								  [DCF_WAIT_CONNECT] = 2,
								  [DCF_WAIT_REPLY] = 3};

	if (at >= 0 && (plan->until < 0 || at < plan->until))
		plan->until = at;
	if (telling[reason] > telling[plan->reason])
		plan->reason = reason;
}

/* The release function of the set's resource; no-op if nothing is built. */
static void
release_set(void *arg)
{
	DcfWaitSet *set = arg;

	if (set->events)
		FreeWaitEventSet(set->events);
	set->events = NULL;
}

DcfWaitSet *
dcf_wait_create(bool lasting)
{
	DcfWaitSet *set = palloc0(sizeof(DcfWaitSet));

	/*
	 * The array of sockets stays in this context, also when a later call
	 * enlarges it from another one.
	 */
	set->context = CurrentMemoryContext;
	dcf_resource_tie(&set->resource, set->context, release_set, set);
	if (lasting)
		dcf_resource_disown(&set->resource);
	return set;
}

/*
 * Enlarge the array to n sockets; false if out of memory.  Must not raise: it is
 * called from libcurl's callbacks.
 */
static bool
enlarge(DcfWaitSet *set, int n)
{
	Watched *larger =
		MemoryContextAllocExtended(set->context, n * sizeof(Watched),
								   MCXT_ALLOC_NO_OOM);

	if (larger == NULL)
		return false;
	if (set->watched)
	{
		memcpy(larger, set->watched, set->nwatched * sizeof(Watched));
		pfree(set->watched);
	}
	set->watched = larger;
	set->size = n;
	return true;
}

void
dcf_wait_watch(DcfWaitSet *set, pgsocket fd, uint32 events)
{
	int i;

	/*
	 * A change is counted even if the events are the same.  The kernel drops a
	 * closed socket from an epoll set, so one that was reopened with the same
	 * number must be added again.
	 */
	set->generation++;
	for (i = 0; i < set->nwatched; i++)
	{
		if (set->watched[i].fd == fd)
			break;
	}
	if (events == 0)
	{
		if (i < set->nwatched)
			/* The order does not matter: the last one fills the gap. */
			set->watched[i] = set->watched[--set->nwatched];
		return;
	}
	if (i == set->nwatched)
	{
		if (i == set->size && !enlarge(set, Max(2 * i, INITIAL_SIZE)))
		{
			/*
			 * The socket is in no set.  A wait would miss its events, so
			 * build_events() raises instead.
			 */
			set->lost = true;
			return;
		}
		set->nwatched++;
	}
	set->watched[i].fd = fd;
	set->watched[i].events = events;
}

void
dcf_wait_add(DcfWaitSet *set, const DcfWaitSet *other)
{
	for (int i = 0; i < other->nwatched; i++)
		dcf_wait_watch(set, other->watched[i].fd, other->watched[i].events);
}

void
dcf_wait_forget_lost(DcfWaitSet *set)
{
	set->lost = false;
}

bool
dcf_wait_has(const DcfWaitSet *set, pgsocket fd)
{
	for (int i = 0; i < set->nwatched; i++)
		if (set->watched[i].fd == fd)
			return true;
	return false;
}

/*
 * Make the wait event set that matches the watched sockets, unless there is one.
 * PostgreSQL cannot remove an event from a set, so a change needs a new set.
 */
static void
build_events(DcfWaitSet *set)
{
	int i;

	if (set->lost)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_OUT_OF_MEMORY), errmsg("out of memory")));
	if (set->events && set->built == set->generation)
		return;

	release_set(set);
	/*
	 * A set takes a descriptor (epoll or kqueue), and PostgreSQL reports the
	 * lack of one as an internal error.
	 */
	dcf_file_descriptor_check();
	set->events =
		dcf_compat_create_wait_event_set(FIXED_EVENTS + set->nwatched);
	set->built = set->generation - 1; /* rebuild if the next lines raise */
	AddWaitEventToSet(set->events, WL_LATCH_SET, PGINVALID_SOCKET, MyLatch,
					  NULL);
	AddWaitEventToSet(set->events, WL_EXIT_ON_PM_DEATH, PGINVALID_SOCKET, NULL,
					  NULL);
	for (i = 0; i < set->nwatched; i++)
		AddWaitEventToSet(set->events, set->watched[i].events,
						  set->watched[i].fd, NULL, NULL);
	set->built = set->generation;
}

/* The wait event for pg_stat_activity, registered at first use. */
static uint32
get_wait_event(DcfWaitReason reason)
{
	static uint32 events[4];

	if (events[reason] == 0)
	{
		events[DCF_WAIT_CONNECT] = dcf_compat_wait_event("DataconnectConnect");
		events[DCF_WAIT_REPLY] = dcf_compat_wait_event("DataconnectReply");
		events[DCF_WAIT_RETRY] = dcf_compat_wait_event("DataconnectRetry");
		events[DCF_WAIT_QUEUE] = dcf_compat_wait_event("DataconnectQueue");
	}
	return events[reason];
}

int
dcf_wait_for(DcfWaitSet *set, int64 timeout, DcfWaitReason reason,
			 WaitEvent *occurred, int max)
{
	uint32 event = get_wait_event(reason);
	bool latch_set = false;
	int n = 0;

	CHECK_FOR_INTERRUPTS();
	/* WaitEventSetWait() takes at most INT_MAX. */
	if (timeout < 0 || timeout > MAX_WAIT_MS)
		timeout = MAX_WAIT_MS;

	if (set)
	{
		int i;
		int found;

		build_events(set);
		found = WaitEventSetWait(set->events, (long) timeout, occurred, max,
								 event);
		for (i = 0; i < found; i++)
		{
			if (occurred[i].events & WL_LATCH_SET)
				latch_set = true;
			else if (occurred[i].events & WL_SOCKET_MASK)
				/* n never exceeds i, so the array is compacted in place. */
				occurred[n++] = occurred[i];
		}
	}
	else
	{
		int rc =
			WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
					  (long) timeout, event);

		latch_set = (rc & WL_LATCH_SET) != 0;
	}

	if (latch_set)
	{
		/*
		 * Reset first: an interrupt that arrives after the check sets the
		 * latch again, and the next wait returns at once.
		 */
		ResetLatch(MyLatch);
		CHECK_FOR_INTERRUPTS();
	}
	return n;
}
