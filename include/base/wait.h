/*
 * wait.h
 *	  The one function that waits: for the process latch, sockets and a time-out.
 *
 * Independent of HTTP.  libcurl's callbacks add and remove the sockets of a set,
 * so dcf_wait_watch() never raises.
 */
#ifndef DCF_WAIT_H
#define DCF_WAIT_H

#include "postgres.h"
#include "storage/latch.h"

typedef struct DcfWaitSet DcfWaitSet;

/* The reason for a wait, shown as wait event in pg_stat_activity. */
typedef enum DcfWaitReason
{
	DCF_WAIT_CONNECT,
	DCF_WAIT_REPLY,
	DCF_WAIT_RETRY,
	DCF_WAIT_QUEUE
} DcfWaitReason;

/* The monotonic clock, in milliseconds. */
extern int64 dcf_wait_now(void);

/*
 * What a wait is for, gathered from all that take part in it.  ready: something
 * can go on at once, so the wait only looks.
 */
typedef struct DcfWaitPlan
{
	int64 until; /* by dcf_wait_now(); -1: no time */
	DcfWaitReason reason;
	bool ready;
} DcfWaitPlan;

/* Nothing takes part yet. */
extern void dcf_wait_plan_begin(DcfWaitPlan *plan);

/*
 * Something waits for reason, at most until at (-1: for an event only).  The
 * earliest time counts.  Of the reasons the most telling does: REPLY, then
 * CONNECT, RETRY, QUEUE.
 */
extern void dcf_wait_plan_note(DcfWaitPlan *plan, int64 at,
							   DcfWaitReason reason);

/*
 * Create a set in the current memory context.  Its kernel resources are released
 * with that context, or before by the current resource owner unless lasting.
 */
extern DcfWaitSet *dcf_wait_create(bool lasting);

/*
 * Watch a socket for events, a mask of WL_SOCKET_READABLE and
 * WL_SOCKET_WRITEABLE; 0 stops watching it.  Call this for each change that
 * libcurl reports, also for a socket that was closed and opened again with the
 * same number.  If memory runs out, this returns, and every later wait on the
 * set raises ERRCODE_FDW_OUT_OF_MEMORY.
 */
extern void dcf_wait_watch(DcfWaitSet *set, pgsocket fd, uint32 events);

/* Add all sockets that another set watches now. */
extern void dcf_wait_add(DcfWaitSet *set, const DcfWaitSet *other);

/* Clear the out-of-memory state: the socket that was lost is closed. */
extern void dcf_wait_forget_lost(DcfWaitSet *set);

/* Whether the set watches a socket. */
extern bool dcf_wait_has(const DcfWaitSet *set, pgsocket fd);

/*
 * Wait until a watched socket is ready, timeout milliseconds have passed (-1:
 * no limit), or the process latch is set.  set may be NULL.  Returns the number
 * of socket events stored in occurred, at most max.  0 does not imply that the
 * time-out has expired.  Raises what CHECK_FOR_INTERRUPTS() raises.
 */
extern int dcf_wait_for(DcfWaitSet *set, int64 timeout, DcfWaitReason reason,
						WaitEvent *occurred, int max);

#endif /* DCF_WAIT_H */
