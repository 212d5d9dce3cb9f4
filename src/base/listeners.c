/*
 * listeners.c
 *	  Backends that listen for news.  See listeners.h.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "base/listeners.h"

Size
dcf_listeners_size(bool for_all)
{
	return offsetof(DcfListeners, latches) +
		sizeof(Latch *) * (Size) (for_all ? MaxBackends : 1);
}

void
dcf_listeners_listen(DcfListeners *listeners, int *count, bool listen)
{
	int i = 0;

	if (listen && (*count)++ == 0)
		listeners->latches[listeners->n++] = MyLatch;
	if (listen || --*count > 0)
		return;
	while (listeners->latches[i] != MyLatch)
		i++;
	/* The order does not matter: the last one fills the gap. */
	listeners->latches[i] = listeners->latches[--listeners->n];
}

void
dcf_listeners_wake(const DcfListeners *listeners)
{
	for (int i = 0; i < listeners->n; i++)
		SetLatch(listeners->latches[i]);
}
