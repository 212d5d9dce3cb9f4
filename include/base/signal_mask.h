/*
 * signal_mask.h
 *	  Blocking signals around whatever may start a thread.
 *
 * Threads inherit the mask, and PostgreSQL's signal handlers must run in the main
 * thread only.
 */
#ifndef DCF_SIGNAL_MASK_H
#define DCF_SIGNAL_MASK_H

#include <signal.h>

/* Block all signals, and restore the mask that was saved. */
extern void dcf_signal_mask_block(sigset_t *saved);
extern void dcf_signal_mask_restore(const sigset_t *saved);

#endif /* DCF_SIGNAL_MASK_H */
