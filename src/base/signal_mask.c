/*
 * signal_mask.c
 *	  Blocking signals.  See signal_mask.h.
 */
#include "postgres.h"

#include "base/signal_mask.h"

void
dcf_signal_mask_block(sigset_t *saved)
{
	sigset_t all;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, saved);
}

void
dcf_signal_mask_restore(const sigset_t *saved)
{
	pthread_sigmask(SIG_SETMASK, saved, NULL);
}
