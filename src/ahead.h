/*
 * ahead.h
 *	  Decompressing a long body ahead of its reader, in a thread.
 *
 * One reader puts compressed bytes in and takes pieces of what they come to, in
 * order; memory is bounded, and a thread that has nothing to do, or is ahead far
 * enough, sleeps.  The thread knows nothing but this memory: it does no I/O,
 * allocates nothing, and calls nothing but dcf_inflate_run() and pthread's
 * functions.
 *
 * Pure C over pthread: no PostgreSQL.
 */
#ifndef DCF_AHEAD_H
#define DCF_AHEAD_H

#include <stdbool.h>
#include <stddef.h>

#include "inflate.h"

/*
 * Bytes in front of a piece that are the reader's, to put what it has not
 * consumed of the one before.
 */
#define DCF_AHEAD_MARGIN ((size_t) 64 * 1024)

typedef struct DcfAhead DcfAhead;

typedef enum DcfAheadState
{
	DCF_AHEAD_PIECE, /* here it is */
	DCF_AHEAD_EMPTY, /* all that was put in has been taken */
	DCF_AHEAD_WRONG	 /* the input is; so it will stay */
} DcfAheadState;

/* Bytes of memory, aligned as by malloc, that dcf_ahead_start() needs. */
extern size_t dcf_ahead_size(void);

/*
 * Start a thread that goes on where inflate is, which is the thread's from now
 * on; NULL if there can be none, and nothing has changed.  The thread inherits
 * the caller's signal mask: block them all.  To be stopped before the memory,
 * or the memory of inflate, is released.
 */
extern DcfAhead *dcf_ahead_start(void *memory, DcfInflate *inflate);

/* End the thread; waits while it works on a piece, well below a second. */
extern void dcf_ahead_stop(DcfAhead *self);

/* Put compressed bytes in; returns for how many there was room. */
extern size_t dcf_ahead_put(DcfAhead *self, const char *in, size_t len);

/* Whether more should be put in soon, lest the thread run out of input. */
extern bool dcf_ahead_hungry(DcfAhead *self);

/*
 * Take the next piece, waiting if the thread is at it.  *piece has *len bytes,
 * never none, which may be written to, and DCF_AHEAD_MARGIN bytes before them;
 * it is the taker's until it is given back, and there are no more than two such
 * at a time.  With DCF_AHEAD_WRONG *reason is as from dcf_inflate_run().
 */
extern DcfAheadState dcf_ahead_take(DcfAhead *self, char **piece, size_t *len,
									const char **reason);

/* Whether that would be DCF_AHEAD_EMPTY; never waits. */
extern bool dcf_ahead_is_empty(DcfAhead *self);

/* Give the piece back that was taken first of those not given back. */
extern void dcf_ahead_give_back(DcfAhead *self);

/* After DCF_AHEAD_EMPTY: as dcf_inflate_ended(). */
extern bool dcf_ahead_ended(DcfAhead *self);

#endif /* DCF_AHEAD_H */
