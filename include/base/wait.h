/*
 * wait.h
 *	  The one function that waits: for the process latch, sockets and a time.
 *
 * Knows nothing of HTTP.  Sockets are watched from within libcurl's callbacks,
 * so dcf_wait_watch() does not raise.
 */
#ifndef DCF_WAIT_H
#define DCF_WAIT_H

#include "postgres.h"
#include "storage/latch.h"

typedef struct DcfWaitSet DcfWaitSet;

/* What the wait is for, as pg_stat_activity shows it. */
typedef enum DcfWaitReason
{
	DCF_WAIT_CONNECT,
	DCF_WAIT_REPLY,
	DCF_WAIT_RETRY,
	DCF_WAIT_QUEUE
} DcfWaitReason;

/* Milliseconds of a clock that is never set back. */
extern int64 dcf_wait_now(void);

/*
 * In the current memory context, released with it; or with the current resource
 * owner, unless it is lasting.
 */
extern DcfWaitSet *dcf_wait_create(bool lasting);

/*
 * Watch a socket for WL_SOCKET_READABLE and WL_SOCKET_WRITEABLE, or no more if
 * events is 0.  To be called at each change libcurl tells of: a socket that
 * was closed and opened again under the same number is a change.  Where there
 * is no memory to note a socket, waits raise an error from then on.
 */
extern void dcf_wait_watch(DcfWaitSet *set, pgsocket fd, uint32 events);

/* Watch what another set watches, too. */
extern void dcf_wait_add(DcfWaitSet *set, const DcfWaitSet *other);

/* Nobody waits any more for a socket that could not be noted. */
extern void dcf_wait_forget_lost(DcfWaitSet *set);

/* Whether a socket is watched. */
extern bool dcf_wait_has(const DcfWaitSet *set, pgsocket fd);

/*
 * Wait until a watched socket is ready, timeout milliseconds have passed (-1:
 * no limit) or the process latch was set.  Returns how many of the events
 * occurred are set, sockets only; 0 does not mean that the time is up.  set
 * may be NULL.  Raises what CHECK_FOR_INTERRUPTS() does.
 */
extern int dcf_wait_for(DcfWaitSet *set, int64 timeout, DcfWaitReason reason,
						WaitEvent *occurred, int max);

#endif /* DCF_WAIT_H */
