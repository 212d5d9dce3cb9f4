/*
 * inflate_thread.h
 *	  A thread that decompresses a long body, and may read its records, too.
 *
 * The caller puts compressed bytes in and takes decompressed pieces out, in
 * order.  Memory is bounded: the thread sleeps while it has no input, or while
 * all pieces are full.  It uses no other memory, does no I/O, allocates nothing,
 * and calls only dcf_inflate_run(), the reader's function and pthread's functions.
 *
 * Pure C over pthread: no PostgreSQL.
 */
#ifndef DCF_INFLATE_THREAD_H
#define DCF_INFLATE_THREAD_H

#include <stdbool.h>
#include <stddef.h>

#include "net/inflate.h"

/*
 * Bytes in front of each piece, for the unconsumed bytes of the piece before.
 * The caller may write there, unless the thread has read the piece.
 */
#define DCF_INFLATE_THREAD_MARGIN ((size_t) 64 * 1024)

/* Pieces that are filled in turn. */
#define DCF_INFLATE_THREAD_PIECES 8

/* Result of reading a piece. */
typedef enum DcfInflateThreadRead
{
	DCF_INFLATE_THREAD_READ,	  /* all complete records were read */
	DCF_INFLATE_THREAD_READ_FULL, /* there was no room for more rows */
	DCF_INFLATE_THREAD_READ_STOP  /* the caller has to read on */
} DcfInflateThreadRead;

/*
 * Read data[0 .. len), which may be overwritten, in the piece of this number, 0 to
 * DCF_INFLATE_THREAD_PIECES - 1.  The bytes from *consumed on are given again in
 * the next call, followed by more bytes unless the result was
 * DCF_INFLATE_THREAD_READ_FULL.  There is no call after
 * DCF_INFLATE_THREAD_READ_STOP.  While the thread reads, only it may use arg, but
 * for what has been read from pieces that the caller has taken.
 */
typedef DcfInflateThreadRead (*DcfInflateThreadReadFn)(void *arg, int piece,
													   char *data, size_t len,
													   size_t *consumed);

typedef struct DcfInflateThreadReader
{
	DcfInflateThreadReadFn read;
	void *arg;
} DcfInflateThreadReader;

typedef struct DcfInflateThreadPiece
{
	char *bytes; /* may be written to */
	size_t len;	 /* never 0 */
	int number;
	bool was_read;
	bool was_ahead; /* it was there before it was wanted */
} DcfInflateThreadPiece;

typedef struct DcfInflateThread DcfInflateThread;

typedef enum DcfInflateThreadState
{
	DCF_INFLATE_THREAD_PIECE, /* there is a piece */
	DCF_INFLATE_THREAD_EMPTY, /* everything that was put in has been taken */
	DCF_INFLATE_THREAD_WRONG  /* the input is invalid; final */
} DcfInflateThreadState;

/* Bytes of memory, aligned as by malloc, that dcf_inflate_thread_start() needs. */
extern size_t dcf_inflate_thread_size(void);

/*
 * Start a thread that continues the stream of inflate, which only the thread may
 * use from now on.  NULL if no thread can be started; then nothing has changed.
 * The caller must block all signals: the thread inherits the mask.  Stop the
 * thread before releasing its memory or that of inflate.
 *
 * With a reader, which may be NULL, the thread reads the pieces.  It begins with
 * unread[0 .. len), the unconsumed bytes before those that inflate gives next, at
 * most DCF_INFLATE_THREAD_MARGIN.  A piece that was read ends with the last
 * consumed byte.  The thread stops reading for good if the reader says so, or
 * leaves more than DCF_INFLATE_THREAD_MARGIN bytes unconsumed.  That last piece
 * was read, too, and has bytes behind those that were consumed.  The caller may use
 * the reader's arg again after taking that piece, or after
 * DCF_INFLATE_THREAD_EMPTY.
 */
extern DcfInflateThread *
dcf_inflate_thread_start(void *memory, DcfInflate *inflate,
						 const DcfInflateThreadReader *reader,
						 const char *unread, size_t len);

/*
 * Read no more.  Pieces that are read already still come; the first one that was not
 * begins with the first unconsumed byte, and nothing may be written in front of it.  After taking that one, or after
 * DCF_INFLATE_THREAD_EMPTY, the caller may use the reader's arg again.
 */
extern void dcf_inflate_thread_stop_reading(DcfInflateThread *self);

/* End the thread.  Waits until it has finished its piece, well below a second. */
extern void dcf_inflate_thread_stop(DcfInflateThread *self);

/* Put compressed bytes in; returns how many there was room for. */
extern size_t dcf_inflate_thread_put(DcfInflateThread *self, const char *in,
									 size_t len);

/* Whether less than half of the room for input is used. */
extern bool dcf_inflate_thread_needs_input(DcfInflateThread *self);

/*
 * Take the next piece, waiting while the thread works on it.  The caller owns the
 * piece until it gives it back, and may own at most two.  With
 * DCF_INFLATE_THREAD_WRONG, *reason is as from dcf_inflate_run().
 */
extern DcfInflateThreadState
dcf_inflate_thread_take(DcfInflateThread *self, DcfInflateThreadPiece *piece,
						const char **reason);

/*
 * After DCF_INFLATE_THREAD_EMPTY, and if nothing will be put in any more: take
 * the bytes that the reader has not consumed, which may be none.  They are not
 * read, need not be given back, and remain until the thread is stopped.
 */
extern void dcf_inflate_thread_take_rest(DcfInflateThread *self,
										 DcfInflateThreadPiece *piece);

/* Whether taking would give DCF_INFLATE_THREAD_EMPTY; never waits. */
extern bool dcf_inflate_thread_is_empty(DcfInflateThread *self);

/* Give back the piece that was taken first. */
extern void dcf_inflate_thread_give_back(DcfInflateThread *self);

/* After DCF_INFLATE_THREAD_EMPTY: dcf_inflate_ended() of the stream. */
extern bool dcf_inflate_thread_ended(DcfInflateThread *self);

#endif /* DCF_INFLATE_THREAD_H */
