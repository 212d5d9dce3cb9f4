/*
 * body_private.h
 *	  What body.c and body_thread.c share.
 */
#ifndef DCF_BODY_PRIVATE_H
#define DCF_BODY_PRIVATE_H

#include "postgres.h"

#include "base/resource.h"
#include "net/body.h"
#include "net/inflate.h"
#include "net/inflate_thread.h"
#include "net/read_thread.h"
#include "coding.h"
#include "source_private.h"

/* Why there are no more bytes, besides what has befallen the source. */
typedef enum DcfBodyProblem
{
	DCF_BODY_NO_PROBLEM = 0,
	DCF_BODY_BAD_CODING, /* unknown or invalid compression */
	DCF_BODY_NO_END,	 /* the compressed data are cut */
	DCF_BODY_TOO_LONG	 /* the buffer may not grow further */
} DcfBodyProblem;

/*
 * The caller sees buffer[start .. shown).  The buffer is the inbox (a body without
 * coding is received there), own, or a piece of the thread's.
 *
 * A long body has a thread: if it is compressed, one that decompresses and may
 * read, and otherwise one that reads.
 */
struct DcfBody
{
	DcfSource *source;
	DcfInbox *inbox; /* of the source */
	DcfResource resource;
	DcfCoding coding;
	DcfBuffer *buffer;
	size_t shown;
	DcfBuffer own;
	uint64 decoded;
	DcfInflate *inflate;	/* from the first byte on */
	DcfBodyProblem problem; /* once set, it stays */
	const char *reason;		/* of DCF_BODY_BAD_CODING, or NULL */

	DcfBodyTap tap; /* or NULL */
	void *tap_arg;
	uint64 tapped; /* of inbox->received: what the tap has got */

	DcfInflateThread *thread;	/* uses inflate from then on; or NULL */
	DcfReadThread *read_thread; /* the inbox is lent its room; or NULL */
	DcfBuffer unlent;			/* the inbox's own buffer meanwhile */
	bool no_thread;				/* none is wanted, or could be started */
	DcfBodyReader reader;		/* for the thread; read is NULL for none */
	bool reads_by_choice;		/* it reads as long as that is faster */
	int nread; /* pieces that it has read since the last look … */
	int nlate; /* … and those of them that the backend waited for */
	DcfBuffer piece;
	int piece_number; /* if the thread has read the buffer; or -1 */
};

/* There will be no more bytes; false. */
static inline bool
dcf_body_fail(DcfBody *body, DcfBodyProblem problem, const char *reason)
{
	body->problem = problem;
	body->reason = reason;
	return false;
}

/* body_thread.c, for a body that is compressed */

/* Whether the settings and the machine allow a thread. */
extern bool dcf_body_allows_thread(void);

/* Receive what can be without waiting. */
extern void dcf_body_look(DcfBody *body);

/*
 * Give the tap what has come.  To be called before any received byte is consumed, so
 * the last ones are still in the inbox.
 */
static inline void
dcf_body_tap_arrived(DcfBody *body)
{
	const DcfBuffer *bytes = &body->inbox->bytes;
	size_t len = body->inbox->received - body->tapped;

	if (body->tap && len > 0)
		body->tap(body->tap_arg, bytes->base + bytes->end - len, len);
	body->tapped = body->inbox->received;
}

/*
 * Start the thread, which decodes the rest of the body, and gives the reader the
 * unconsumed bytes first.  If it cannot be started, the backend goes on.
 */
extern void dcf_body_start_thread(DcfBody *body);

/*
 * Give the thread what has come, and put its next piece behind the buffer's bytes
 * if there is one.  False, with the problem set, if the data are invalid.
 */
extern bool dcf_body_decode_in_thread(DcfBody *body);

/* At the end of the body: make what the thread's reader has left the buffer. */
extern void dcf_body_take_rest(DcfBody *body);

/* body_read_thread.c, for a body that is not */

/*
 * Start a thread that reads the rest of the body, if that is wanted, and give it the
 * unconsumed bytes first.
 */
extern void dcf_body_start_reading(DcfBody *body);

/*
 * Receive what has come, and make the next piece that was read the buffer, if there is
 * one.  All of the buffer must be consumed, unless the thread has stopped.  At the end,
 * or if it has stopped, the thread is ended, and the inbox is the buffer again, with
 * what was not consumed.
 */
extern void dcf_body_read_on(DcfBody *body);

/* End the thread, wherever it is; returns its memory, for pfree(). */
extern void *dcf_body_end_reading(DcfBody *body);

#endif /* DCF_BODY_PRIVATE_H */
