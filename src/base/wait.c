/*
 * wait.c
 *	  Waiting for sockets, the latch and a time.  See wait.h.
 *
 * The sockets are in a set of the kernel (poll_set.h) that libcurl's callbacks
 * change.  PostgreSQL's wait event set could neither be changed there nor shrink.
 * It has three events: the latch, the postmaster's death, and the set of sockets.
 * Both last as long as the backend.
 */
#include "postgres.h"

#include <time.h>

#include "miscadmin.h"
#include "storage/fd.h"
#include "utils/memutils.h"

#include "base/compat.h"
#include "base/file_descriptor.h"
#include "base/wait.h"
#include "poll_set.h"

/* The longest single wait; callers loop. */
#define MAX_WAIT_MS (60 * 60 * 1000)

/* Sockets served after one wait; further ones come with the next. */
#define MAX_EVENTS 16

/* Events of PostgreSQL's wait event set. */
#define OUTER_EVENTS 3

/* Initial size of the table of sockets. */
#define INITIAL_SIZE 64

/* Time in no wait (ms) from which on the watchers count as not served. */
#define AWAY_MS 500

static DcfPollSet sockets = DCF_POLL_SET_CLOSED;
static bool armed;			/* its timer is */
static WaitEventSet *outer; /* NULL if not built */
static bool outer_is_built; /* completely */

/* Sockets by their number. */
typedef struct WatchedSocket
{
	DcfWatcher *watcher; /* NULL: the set does not have it */
	uint32 events;
	bool resting; /* in the set, though nobody waits for it */
} WatchedSocket;

static WatchedSocket *watched;
static int watched_size;

static dlist_head watchers = DLIST_STATIC_INIT(watchers);
static int nlost; /* watchers that have lost a socket */

static uint64 nwaits; /* begun so far, own and lent */
static bool raised;	  /* the last own one has not ended */
static int64 lent_until;

/* By dcf_wait_now(): when the last wait ended; the last long time in none. */
static int64 ended_at;
static int64 away_from;
static int64 away_to;

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
	static uint64 nplans = 0;

	plan->number = ++nplans;
	plan->until = -1;
	plan->attended_until = INT64_MAX;
	plan->reason = DCF_WAIT_COPY;
	plan->ready = false;
}

void
dcf_wait_plan_note(DcfWaitPlan *plan, int64 at, DcfWaitReason reason)
{
	static const int telling[] = {[DCF_WAIT_COPY] = 0,
								  [DCF_WAIT_QUEUE] = 1,
								  [DCF_WAIT_RETRY] = 2,
								  [DCF_WAIT_CONNECT] = 3,
								  [DCF_WAIT_REPLY] = 4};

	if (at >= 0 && (plan->until < 0 || at < plan->until))
		plan->until = at;
	if (telling[reason] > telling[plan->reason])
		plan->reason = reason;
}

/*
 * Count a descriptor that lasts, before it is opened.  PostgreSQL would report
 * the lack of one as an internal error.
 */
static void
acquire_descriptor(void)
{
	dcf_file_descriptor_check();
	if (!AcquireExternalFD())
		dcf_file_descriptor_raise();
}

/* After acquire_descriptor(): the kernel refused to open it. */
static void
raise_not_opened(void)
{
	ReleaseExternalFD();
	if (dcf_file_descriptor_is_exhausted(errno))
		dcf_file_descriptor_raise();
	ereport(ERROR,
			(errcode_for_socket_access(), errmsg("could not wait: %m")));
}

static void
open_sockets(void)
{
	if (sockets.fd >= 0)
		return;
	acquire_descriptor();
	if (!dcf_poll_set_open(&sockets))
		raise_not_opened();
}

/* Build PostgreSQL's wait event set, unless that is done. */
static void
build_outer(void)
{
	if (outer_is_built)
		return;
	open_sockets();
	/* An earlier call may have raised. */
	if (outer)
		FreeWaitEventSet(outer);
	outer = NULL;
	dcf_file_descriptor_check();
	outer = dcf_compat_create_wait_event_set(OUTER_EVENTS);
	AddWaitEventToSet(outer, WL_LATCH_SET, PGINVALID_SOCKET, MyLatch, NULL);
	/* Without a postmaster, there is no descriptor that tells its death. */
	if (IsUnderPostmaster)
		AddWaitEventToSet(outer, WL_EXIT_ON_PM_DEATH, PGINVALID_SOCKET, NULL,
						  NULL);
	AddWaitEventToSet(outer, WL_SOCKET_READABLE, sockets.fd, NULL, NULL);
	outer_is_built = true;
}

void
dcf_wait_join(DcfWatcher *watcher)
{
	open_sockets();
	watcher->due = -1;
	watcher->lost = false;
	dlist_push_tail(&watchers, &watcher->node);
}

void
dcf_wait_leave(DcfWatcher *watcher)
{
	for (int fd = 0; fd < watched_size; fd++)
		if (watched[fd].watcher == watcher)
			dcf_wait_watch(watcher, fd, 0);
	dcf_wait_forget_lost(watcher);
	dlist_delete(&watcher->node);
}

/*
 * Enlarge the table to have room for a socket; false if out of memory.  Must not
 * raise: it is called from libcurl's callbacks.
 */
static bool
enlarge(pgsocket fd)
{
	int size = Max(watched_size, INITIAL_SIZE);
	WatchedSocket *larger;

	while (size <= fd)
		size *= 2;
	larger = MemoryContextAllocExtended(TopMemoryContext,
										size * sizeof(WatchedSocket),
										MCXT_ALLOC_NO_OOM | MCXT_ALLOC_ZERO);
	if (larger == NULL)
		return false;
	if (watched)
	{
		memcpy(larger, watched, watched_size * sizeof(WatchedSocket));
		pfree(watched);
	}
	watched = larger;
	watched_size = size;
	return true;
}

/* Remove a socket from the set. */
static void
forget_socket(pgsocket fd)
{
	watched[fd] = (WatchedSocket){0};
	(void) dcf_poll_set_change(&sockets, fd, 0);
}

void
dcf_wait_watch(DcfWatcher *watcher, pgsocket fd, uint32 events)
{
	if (events == 0)
	{
		/* The socket may be closed, and its number another watcher's. */
		if (fd < watched_size && watched[fd].watcher == watcher)
			forget_socket(fd);
		return;
	}
	if (fd < watched_size && watched[fd].watcher == watcher &&
		watched[fd].resting && watched[fd].events == events)
		watched[fd].resting = false;
	else if ((fd < watched_size || enlarge(fd)) &&
			 dcf_poll_set_change(&sockets, fd, events))
		watched[fd] = (WatchedSocket){.watcher = watcher, .events = events};
	else if (!watcher->lost)
	{
		/* A wait would miss the socket's events, so it raises instead. */
		watcher->lost = true;
		nlost++;
	}
}

void
dcf_wait_rest(DcfWatcher *watcher, pgsocket fd)
{
	if (fd >= watched_size || watched[fd].watcher != watcher)
		return;
	/* One that can be written to would be ready all the time. */
	if (watched[fd].events == WL_SOCKET_READABLE)
		watched[fd].resting = true;
	else
		forget_socket(fd);
}

void
dcf_wait_forget_lost(DcfWatcher *watcher)
{
	nlost -= watcher->lost;
	watcher->lost = false;
}

/* The wait event for pg_stat_activity, registered at first use. */
static uint32
get_wait_event(DcfWaitReason reason)
{
	static uint32 events[5];

	if (events[reason] == 0)
	{
		events[DCF_WAIT_CONNECT] = dcf_compat_wait_event("DataconnectConnect");
		events[DCF_WAIT_REPLY] = dcf_compat_wait_event("DataconnectReply");
		events[DCF_WAIT_RETRY] = dcf_compat_wait_event("DataconnectRetry");
		events[DCF_WAIT_QUEUE] = dcf_compat_wait_event("DataconnectQueue");
		events[DCF_WAIT_COPY] = dcf_compat_wait_event("DataconnectCopy");
	}
	return events[reason];
}

static void
check_lost(void)
{
	if (nlost > 0)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_OUT_OF_MEMORY), errmsg("out of memory")));
}

/* Milliseconds until the plan's time or that of a watcher. */
static int64
get_timeout(const DcfWaitPlan *plan, int64 now)
{
	int64 until = plan->until;
	dlist_iter iter;

	if (plan->ready)
		return 0;
	dlist_foreach(iter, &watchers)
	{
		DcfWatcher *watcher = dlist_container(DcfWatcher, node, iter.cur);

		if (watcher->due >= 0 && (until < 0 || watcher->due < until))
			until = watcher->due;
	}
	if (until < 0)
		return MAX_WAIT_MS;
	return Min(Max(until - now, 0), MAX_WAIT_MS);
}

/* Note how long the backend was in no wait. */
static void
note_away(int64 now)
{
	if (now - ended_at <= AWAY_MS)
		return;
	away_from = ended_at;
	away_to = now;
}

bool
dcf_wait_was_away(int64 since)
{
	return away_to - Max(away_from, since) > AWAY_MS;
}

/* Wait for a socket, the latch, or timeout milliseconds. */
static void
await_any(int64 timeout, DcfWaitReason reason)
{
	WaitEvent occurred[OUTER_EVENTS];
	int n = WaitEventSetWait(outer, (long) timeout, occurred, OUTER_EVENTS,
							 get_wait_event(reason));

	for (int i = 0; i < n; i++)
	{
		/*
		 * Reset first: an interrupt that arrives after the check sets the
		 * latch again, and the next wait returns at once.
		 */
		if (occurred[i].events & WL_LATCH_SET)
			ResetLatch(MyLatch);
	}
	CHECK_FOR_INTERRUPTS();
}

/* Call the watchers of the sockets that are ready. */
static void
serve_ready(void)
{
	DcfPollEvent events[MAX_EVENTS];
	int n = dcf_poll_set_take(&sockets, events, MAX_EVENTS);

	for (int i = 0; i < n; i++)
	{
		pgsocket fd = events[i].fd;
		DcfWatcher *watcher = fd < watched_size && !watched[fd].resting ?
			watched[fd].watcher :
			NULL;

		/* A call before may have closed it; then nobody watches it. */
		if (watcher)
			watcher->on_ready(watcher->arg, fd, events[i].events);
		else if (fd < watched_size)
			forget_socket(fd);
		else
			(void) dcf_poll_set_change(&sockets, fd, 0);
	}
}

/* Call the watchers whose time has come. */
static void
serve_due(void)
{
	int64 now = dcf_wait_now();
	dlist_iter iter;

	dlist_foreach(iter, &watchers)
	{
		DcfWatcher *watcher = dlist_container(DcfWatcher, node, iter.cur);

		if (watcher->due < 0 || watcher->due > now)
			continue;
		/* Before the call, in which the watcher may set it again. */
		watcher->due = -1;
		watcher->on_due(watcher->arg);
	}
}

void
dcf_wait(const DcfWaitPlan *plan)
{
	int64 now = dcf_wait_now();
	int64 timeout = get_timeout(plan, now);

	nwaits++;
	raised = true;
	CHECK_FOR_INTERRUPTS();
	check_lost();
	build_outer();
	note_away(now);
	if (armed)
		(void) dcf_poll_set_arm(&sockets, -1);
	armed = false;
	if (timeout > 0)
		await_any(timeout, plan->reason);
	serve_ready();
	serve_due();
	ended_at = dcf_wait_now();
	raised = false;
}

pgsocket
dcf_wait_lend(const DcfWaitPlan *plan)
{
	static bool has_timer = false;
	int64 now = dcf_wait_now();
	int64 timeout = get_timeout(plan, now);

	check_lost();
	open_sockets();
	if (!has_timer)
		acquire_descriptor();
	if (!dcf_poll_set_arm(&sockets, timeout))
		raise_not_opened();
	has_timer = armed = true;
	nwaits++;
	lent_until = now + timeout;
	return sockets.fd;
}

uint64
dcf_wait_number(void)
{
	return nwaits + 1;
}

int64
dcf_wait_end(uint64 number)
{
	if (number != nwaits)
		return 0;
	if (armed)
		return Min(dcf_wait_now(), lent_until);
	return raised ? 0 : ended_at;
}
