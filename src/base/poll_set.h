/*
 * poll_set.h
 *	  The kernel's set of sockets to wait for, whose descriptor can be waited for.
 *
 * Changing the set never raises and allocates nothing in the process.
 */
#ifndef DCF_POLL_SET_H
#define DCF_POLL_SET_H

#include "postgres.h"

typedef struct DcfPollSet
{
	int fd;		  /* readable while a socket is ready or the timer due */
	int timer_fd; /* -1: not used so far, or not needed */
} DcfPollSet;

#define DCF_POLL_SET_CLOSED \
	{                       \
		-1, -1              \
	}

typedef struct DcfPollEvent
{
	pgsocket fd;
	uint32 events; /* of WL_SOCKET_READABLE and WL_SOCKET_WRITEABLE */
} DcfPollEvent;

/* Open a set.  False, with errno, if that fails. */
extern bool dcf_poll_set_open(DcfPollSet *set);

/*
 * Watch a socket for events, whether the set has it or not; 0 removes it, and
 * cannot fail.  False, with errno, if that fails.
 */
extern bool dcf_poll_set_change(DcfPollSet *set, pgsocket fd, uint32 events);

/* The sockets that are ready, at most max.  Does not wait. */
extern int dcf_poll_set_take(DcfPollSet *set, DcfPollEvent *events, int max);

/*
 * Set the timer, which makes the set's descriptor readable after ms
 * milliseconds; -1 stops it.  False, with errno, if that fails.
 */
extern bool dcf_poll_set_arm(DcfPollSet *set, int64 ms);

#endif /* DCF_POLL_SET_H */
