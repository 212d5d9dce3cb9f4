/*
 * read_thread.h
 *	  A thread that reads the records of a long body which is not compressed.
 *
 * The caller receives the bytes straight into the thread's room, and takes the
 * pieces that were read, in order.  No byte is copied, but for a record that
 * crosses from one buffer to the next.  Memory is bounded: there is no room while
 * all buffers are full, and the thread sleeps while nothing is unread, or while all
 * pieces are made.  It uses no other memory, does no I/O, allocates nothing, and
 * calls only the reader's function and pthread's functions.
 *
 * The reader is as for the inflate thread (inflate_thread.h): it gets all bytes in
 * order, and again those that it has not consumed.
 *
 * Pure C over pthread: no PostgreSQL.
 */
#ifndef DCF_READ_THREAD_H
#define DCF_READ_THREAD_H

#include <stdbool.h>
#include <stddef.h>

#include "net/inflate_thread.h"

/* Room is at least so long, if there is any. */
#define DCF_READ_THREAD_ROOM ((size_t) 256 * 1024)

typedef struct DcfReadThread DcfReadThread;

typedef enum DcfReadThreadState
{
	DCF_READ_THREAD_PIECE,	/* there is a piece */
	DCF_READ_THREAD_EMPTY,	/* everything was read and taken, but for an
							 * incomplete record */
	DCF_READ_THREAD_STOPPED /* the thread reads no more, and all that it has
							 * read was taken; final */
} DcfReadThreadState;

/* Bytes of memory, aligned as by malloc, that dcf_read_thread_start() needs. */
extern size_t dcf_read_thread_size(void);

/*
 * Start a thread that reads from unread[0 .. len) on, which is copied and has at
 * most DCF_INFLATE_THREAD_MARGIN bytes.  NULL if no thread can be started.  The
 * caller must block all signals: the thread inherits the mask.  End the thread
 * before releasing its memory.
 *
 * The thread stops for good if the reader says so, or if an incomplete record of
 * more than DCF_INFLATE_THREAD_MARGIN bytes reaches the end of a buffer.  If the
 * reader says so, its last piece has bytes behind those that were consumed.
 */
extern DcfReadThread *
dcf_read_thread_start(void *memory, const DcfInflateThreadReader *reader,
					  const char *unread, size_t len);

/*
 * Where the bytes are to be written that come next; NULL if all buffers are full.
 * The room remains the caller's until dcf_read_thread_add() or the next call.
 */
extern char *dcf_read_thread_room(DcfReadThread *self, size_t *len);

/* The first n bytes of the room have been written. */
extern void dcf_read_thread_add(DcfReadThread *self, size_t n);

/*
 * Take the next piece, waiting while the thread reads.  It is always one that was
 * read, and was_ahead is not set.  The caller owns it until giving it back.  The
 * reader's arg is the caller's again after DCF_READ_THREAD_STOPPED, or as long as
 * nothing is added after DCF_READ_THREAD_EMPTY.
 */
extern DcfReadThreadState dcf_read_thread_take(DcfReadThread *self,
											   DcfInflateThreadPiece *piece);

/* Give back the piece that was taken first. */
extern void dcf_read_thread_give_back(DcfReadThread *self);

/* Whether taking would give DCF_READ_THREAD_EMPTY; never waits. */
extern bool dcf_read_thread_is_empty(DcfReadThread *self);

/* Read no more.  What has been read can still be taken. */
extern void dcf_read_thread_stop_reading(DcfReadThread *self);

/*
 * Whether the thread is worth going on with.  It is not once the caller has waited
 * for it markedly longer than reading takes, as when it gets no processor: then the
 * caller had better read itself.
 */
extern bool dcf_read_thread_pays(const DcfReadThread *self);

/*
 * After DCF_READ_THREAD_STOPPED or DCF_READ_THREAD_EMPTY: the bytes that have been
 * added, but were not consumed.  To be called until it returns false; the bytes
 * remain until the thread is ended.  After this nothing can be added or taken.
 */
extern bool dcf_read_thread_rest(DcfReadThread *self, const char **bytes,
								 size_t *len);

/* End the thread.  Waits until it has read its piece, well below a second. */
extern void dcf_read_thread_end(DcfReadThread *self);

#endif /* DCF_READ_THREAD_H */
