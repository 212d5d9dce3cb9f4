/*
 * wait.h
 *	  The one function that waits: for sockets, the process latch and a time.
 *
 * A backend has one wait set.  Whatever has sockets joins it as a watcher, and
 * every wait serves all watchers: nothing that waits holds up anything else.
 * Independent of HTTP.  libcurl's callbacks change the sockets, so that part
 * never raises.
 */
#ifndef DCF_WAIT_H
#define DCF_WAIT_H

#include "postgres.h"

#include "lib/ilist.h"
#include "storage/latch.h"

/* The reason for a wait, shown as wait event in pg_stat_activity. */
typedef enum DcfWaitReason
{
	DCF_WAIT_CONNECT,
	DCF_WAIT_REPLY,
	DCF_WAIT_RETRY,
	DCF_WAIT_QUEUE,
	DCF_WAIT_COPY
} DcfWaitReason;

/* The monotonic clock, in milliseconds. */
extern int64 dcf_wait_now(void);

/*
 * What a wait is for, gathered from all that take part in it.  ready: something
 * can go on at once, so the wait only looks.
 */
typedef struct DcfWaitPlan
{
	uint64 number;		  /* of the plan: others have other numbers */
	int64 until;		  /* by dcf_wait_now(); -1: no time */
	int64 attended_until; /* by then all who take part look again; INT64_MAX: as
						   * soon as the latch is set */
	DcfWaitReason reason;
	bool ready;
} DcfWaitPlan;

/* Nothing takes part yet; the latch is attended to. */
extern void dcf_wait_plan_begin(DcfWaitPlan *plan);

/*
 * Something waits for reason, at most until at (-1: for an event only).  The
 * earliest time counts.  Of the reasons the most telling does: REPLY, then
 * CONNECT, RETRY, QUEUE, COPY.
 */
extern void dcf_wait_plan_note(DcfWaitPlan *plan, int64 at,
							   DcfWaitReason reason);

/*
 * Wait once, until a watched socket is ready, a watcher's time or the plan's has
 * come, or the process latch is set; then call the watchers concerned.  May
 * return early.  Raises what CHECK_FOR_INTERRUPTS() and the watchers raise, and
 * ERRCODE_FDW_OUT_OF_MEMORY while a watcher has lost a socket.
 */
extern void dcf_wait(const DcfWaitPlan *plan);

/*
 * Something that has sockets, a time, or both.  Its functions are called from
 * dcf_wait() only.  They may raise, and change sockets and times of any watcher,
 * but neither wait nor let a watcher join or leave.
 */
typedef struct DcfWatcher
{
	/* A socket is ready for some of these events, or only seems so. */
	void (*on_ready)(void *arg, pgsocket fd, uint32 events);
	/* The time due has come; due is -1 again before the call. */
	void (*on_due)(void *arg);
	void *arg;
	int64 due; /* by dcf_wait_now(); -1: never.  To be set at any time */

	/* Private. */
	dlist_node node;
	bool lost; /* a socket could not be added: out of memory */
} DcfWatcher;

/*
 * Let the watcher take part in every wait until it leaves; its memory must last
 * as long.  Sets due to -1.  Raises ERRCODE_INSUFFICIENT_RESOURCES if no file
 * descriptors are left.
 */
extern void dcf_wait_join(DcfWatcher *watcher);

/* Watch no more sockets for the watcher, and forget it. */
extern void dcf_wait_leave(DcfWatcher *watcher);

/*
 * Watch a socket for events, a mask of WL_SOCKET_READABLE and
 * WL_SOCKET_WRITEABLE; 0 stops watching it.  Call this for each change that
 * libcurl reports, also for a socket that was closed and opened again with the
 * same number.  Never raises.  If memory runs out, the watcher has lost the
 * socket until dcf_wait_forget_lost().
 */
extern void dcf_wait_watch(DcfWatcher *watcher, pgsocket fd, uint32 events);

/*
 * Stop watching a socket that stays open and will probably be watched again for
 * reading: then neither needs a call of the kernel.  Before the socket is closed,
 * and again when its number is that of another, stop it by dcf_wait_watch().
 */
extern void dcf_wait_rest(DcfWatcher *watcher, pgsocket fd);

/* The socket that the watcher has lost, if any, is closed. */
extern void dcf_wait_forget_lost(DcfWatcher *watcher);

/*
 * Whether since that time (by dcf_wait_now()) the backend was once for more than
 * half a second in no wait, so that nobody served the watchers.
 */
extern bool dcf_wait_was_away(int64 since);

/*
 * Lend the wait set to somebody else's wait: a descriptor, the same each time,
 * that is readable while dcf_wait() with this plan would find something to do.
 * It is so until the next dcf_wait().  Raises as dcf_wait_join().
 */
extern pgsocket dcf_wait_lend(const DcfWaitPlan *plan);

/* The number of the next wait, own or lent. */
extern uint64 dcf_wait_number(void);

/*
 * When that wait has ended, by dcf_wait_now(); 0 if an error ended it, or if
 * another wait has begun since.  Nobody tells when a lent wait ends: it is over at
 * the plan's time.
 */
extern int64 dcf_wait_end(uint64 number);

#endif /* DCF_WAIT_H */
