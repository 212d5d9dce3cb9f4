/*
 * inflate_thread.h
 *	  Decompressing a long body ahead of its taker, in a thread, and perhaps
 *	  reading its records there, too.
 *
 * The taker puts compressed bytes in and takes pieces of what they come to, in
 * order; memory is bounded, and a thread that has nothing to do, or is ahead far
 * enough, sleeps.  The thread knows nothing but this memory: it does no I/O,
 * allocates nothing, and calls nothing but dcf_inflate_run(), the function that
 * reads, and pthread's functions.
 *
 * Pure C over pthread: no PostgreSQL.
 */
#ifndef DCF_INFLATE_THREAD_H
#define DCF_INFLATE_THREAD_H

#include <stdbool.h>
#include <stddef.h>

#include "net/inflate.h"

/*
 * Bytes in front of a piece, for what was not consumed of the one before: the
 * taker's to write to where the piece was not read.
 */
#define DCF_INFLATE_THREAD_MARGIN ((size_t) 64 * 1024)

/* What came of reading a piece. */
typedef enum DcfInflateThreadRead
{
	DCF_INFLATE_THREAD_READ,	  /* as far as there are whole records */
	DCF_INFLATE_THREAD_READ_FULL, /* there was no more room for them */
	DCF_INFLATE_THREAD_READ_STOP  /* the taker has to see to what comes next */
} DcfInflateThreadRead;

/*
 * Reads data[0 .. len), which may be written to, into rows.  What is not
 * *consumed comes again, with more behind it but after DCF_INFLATE_THREAD_READ_FULL;
 * nothing comes after DCF_INFLATE_THREAD_READ_STOP.  arg is the thread's as long as it
 * reads.
 */
typedef DcfInflateThreadRead (*DcfInflateThreadReadFn)(void *arg, char *data,
													   size_t len, void *rows,
													   size_t *consumed);

typedef struct DcfInflateThreadReader
{
	DcfInflateThreadReadFn read;
	void *arg;
	size_t rows_size; /* bytes for the rows of one piece */
} DcfInflateThreadReader;

typedef struct DcfInflateThreadPiece
{
	char *bytes; /* may be written to */
	size_t len;	 /* never 0 */
	void *rows;	 /* what was read of it, or NULL: aligned as by malloc */
} DcfInflateThreadPiece;

typedef struct DcfInflateThread DcfInflateThread;

typedef enum DcfInflateThreadState
{
	DCF_INFLATE_THREAD_PIECE, /* here it is */
	DCF_INFLATE_THREAD_EMPTY, /* all that was put in has been taken */
	DCF_INFLATE_THREAD_WRONG  /* the input is; so it will stay */
} DcfInflateThreadState;

/* Bytes of memory, aligned as by malloc, that dcf_inflate_thread_start() needs. */
extern size_t dcf_inflate_thread_size(const DcfInflateThreadReader *reader);

/*
 * Start a thread that goes on where inflate is, which is the thread's from now
 * on; NULL if there can be none, and nothing has changed.  The thread inherits
 * the caller's signal mask: block them all.  To be stopped before the memory,
 * or the memory of inflate, is released.
 *
 * With a reader, or else NULL, pieces are read, beginning with unread[0 .. len),
 * DCF_INFLATE_THREAD_MARGIN bytes at the most, which stand before what inflate gives
 * next and were not consumed.  Such a piece ends where the reader has consumed
 * it.  The thread stops to read for good where the reader says so, or consumes
 * nothing of more than DCF_INFLATE_THREAD_MARGIN bytes: a piece with rows then goes on
 * behind what they consumed.  The reader's arg is the taker's again when that
 * piece is taken, or after DCF_INFLATE_THREAD_EMPTY.
 */
extern DcfInflateThread *
dcf_inflate_thread_start(void *memory, DcfInflate *inflate,
						 const DcfInflateThreadReader *reader,
						 const char *unread, size_t len);

/* End the thread; waits while it works on a piece, well below a second. */
extern void dcf_inflate_thread_stop(DcfInflateThread *self);

/* Put compressed bytes in; returns for how many there was room. */
extern size_t dcf_inflate_thread_put(DcfInflateThread *self, const char *in,
									 size_t len);

/* Whether more should be put in soon, lest the thread run out of input. */
extern bool dcf_inflate_thread_needs_input(DcfInflateThread *self);

/*
 * Take the next piece, waiting if the thread is at it.  It is the taker's until
 * it is given back, and there are no more than two such at a time.  With
 * DCF_INFLATE_THREAD_WRONG *reason is as from dcf_inflate_run().
 */
extern DcfInflateThreadState
dcf_inflate_thread_take(DcfInflateThread *self, DcfInflateThreadPiece *piece,
						const char **reason);

/* Whether that would be DCF_INFLATE_THREAD_EMPTY; never waits. */
extern bool dcf_inflate_thread_is_empty(DcfInflateThread *self);

/* Give the piece back that was taken first of those not given back. */
extern void dcf_inflate_thread_give_back(DcfInflateThread *self);

/* After DCF_INFLATE_THREAD_EMPTY: as dcf_inflate_ended(). */
extern bool dcf_inflate_thread_ended(DcfInflateThread *self);

#endif /* DCF_INFLATE_THREAD_H */
