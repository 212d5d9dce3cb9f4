/*
 * listeners.h
 *	  The latches of the backends that listen for news of something shared.
 *
 * A condition variable would not do: a process can sleep on one at a time, and what
 * it sleeps on changes with every wait for a buffer.
 */
#ifndef DCF_LISTENERS_H
#define DCF_LISTENERS_H

#include "postgres.h"
#include "storage/latch.h"

/* In a DcfShared, whose lock is held for each call; zeros at first. */
typedef struct DcfListeners
{
	int n;
	Latch *latches[FLEXIBLE_ARRAY_MEMBER];
} DcfListeners;

/* Bytes for all backends, or for this one alone. */
extern Size dcf_listeners_size(bool for_all);

/*
 * Have the backend's latch set at any news, until it is called with false as often
 * as it was with true; *count is the backend's own count of that, and 0 at first.
 */
extern void dcf_listeners_listen(DcfListeners *listeners, int *count,
								 bool listen);

/* There is news. */
extern void dcf_listeners_wake(const DcfListeners *listeners);

#endif /* DCF_LISTENERS_H */
