/*
 * body.h
 *	  The body of a reply: decoded bytes, and how they were decoded.
 *
 * A body takes the bytes of a source (source.h), decompresses them, and
 * offers the decoded ones in a buffer.  It knows nothing of records, but a long
 * body is decoded in a thread, which can also call a reader for the bytes.
 *
 * A body is complete only with its declared length or last chunk, and with the
 * last byte of its compressed stream.
 */
#ifndef DCF_BODY_H
#define DCF_BODY_H

#include "postgres.h"

#include "base/wait.h"
#include "net/http.h"
#include "net/inflate_thread.h"
#include "net/source.h"

typedef struct DcfBody DcfBody;

typedef enum DcfBodyStatus
{
	DCF_BODY_MORE,	/* the buffer has more bytes than before */
	DCF_BODY_LATER, /* no more bytes have come yet */
	DCF_BODY_ENDED, /* the body is complete, and the buffer has all of it */
	DCF_BODY_FAILED /* the next dcf_body_fill() raises why */
} DcfBodyStatus;

typedef struct DcfBodyStats
{
	uint64 bytes_received; /* of the body, still compressed */
	uint64 bytes_decoded;  /* after decompression */
	double first_byte_ms;  /* from the start of the source to the arrival of
							* the first bytes that could be decoded; -1
							* before */
} DcfBodyStats;

/*
 * The body of a reply whose head has come; to be created once for each source.
 * Lives as long as the source.
 */
extern DcfBody *dcf_body_create(DcfSource *source);

/*
 * Get more bytes behind those in the buffer.  Without wait, this never waits for
 * the network, and may return DCF_BODY_LATER.
 *
 * Raises ERRCODE_FDW_UNABLE_TO_CREATE_REPLY for a body that is incomplete, an
 * unknown compression, invalid compressed data, and a time-out;
 * ERRCODE_PROGRAM_LIMIT_EXCEEDED, naming max_record_size, if the buffer would
 * have to grow beyond max_buffer.  Never returns DCF_BODY_FAILED.
 */
extern DcfBodyStatus dcf_body_fill(DcfBody *body, bool wait);

/*
 * The same, but it never waits, and returns DCF_BODY_FAILED for what
 * dcf_body_fill() would raise.  For bodies that are only shown in a message.
 */
extern DcfBodyStatus dcf_body_try_fill(DcfBody *body);

/*
 * dcf_body_try_fill() until the buffer has max bytes: then DCF_BODY_MORE.  For
 * small bodies that are wanted as a whole.
 */
extern DcfBodyStatus dcf_body_gather(DcfBody *body, size_t max);

/*
 * Whether the next dcf_body_fill() has anything to do.  It may still find that the
 * bytes which have come give no decoded ones.
 */
extern bool dcf_body_is_ready(const DcfBody *body);

/*
 * Take part in the next dcf_wait(): the plan is ready if the body is, and otherwise
 * as the source's.  Then call dcf_body_waited().
 */
extern void dcf_body_plan(DcfBody *body, DcfWaitPlan *plan);
extern void dcf_body_waited(DcfBody *body);

/*
 * The decoded bytes that are not consumed yet, contiguous; *len may be 0.  Valid
 * until the body is filled again.
 */
extern const char *dcf_body_buffer(const DcfBody *body, size_t *len);

/* Drop the first n bytes of the buffer, which must have as many. */
extern void dcf_body_consume(DcfBody *body, size_t n);

/*
 * Whether the reply says where its body ends, by compression, by chunks, or by
 * one valid Content-Length.  Otherwise the body ends where the connection is
 * closed, so a body that was cut may look complete.
 */
extern bool dcf_body_marks_end(const DcfBody *body);

/* Whether no more bytes come; some may be unread. */
extern bool dcf_body_has_arrived(const DcfBody *body);

/* The head of the reply; valid as long as the body. */
extern const DcfHttpHead *dcf_body_head(const DcfBody *body);

/*
 * How the body is compressed.  False if that is unknown: then an empty body alone
 * is valid.
 */
extern bool dcf_body_format(const DcfBody *body, DcfInflateFormat *format);

/*
 * Called with the bytes of the body as received, each once and in order, before any
 * decoding.  Must neither raise nor wait.
 */
typedef void (*DcfBodyTap)(void *arg, const char *bytes, size_t len);

/* Set the tap of a body that was never filled; arg must outlive it. */
extern void dcf_body_set_tap(DcfBody *body, DcfBodyTap tap, void *arg);

/* Counts and times up to now. */
extern void dcf_body_stats(const DcfBody *body, DcfBodyStats *stats);

/* Pieces that the thread fills in turn; see dcf_body_piece(). */
#define DCF_BODY_PIECES DCF_INFLATE_THREAD_PIECES

/* Who reads in the thread. */
typedef struct DcfBodyReader
{
	DcfInflateThreadReadFn read;
	void (*begin)(void *arg); /* called once before the thread starts, by the
							   * backend; may allocate what read() needs */
	bool beside_inflate;	  /* also in a thread that decompresses */
	void *arg;				  /* must outlive the source */
} DcfBodyReader;

/*
 * If the body becomes long enough, let a thread read it: the one that decompresses,
 * or one that only reads.  It begins with the bytes that are not consumed then.  Copies *reader.
 */
extern void dcf_body_read_in_thread(DcfBody *body,
									const DcfBodyReader *reader);

/*
 * The number of the piece that is the buffer, 0 to DCF_BODY_PIECES - 1, as
 * reader->read() got it; -1 if the thread has not read the buffer, or the piece
 * was forgotten.  As long as the thread goes on reading, what it has read covers
 * the whole buffer.
 */
extern int dcf_body_piece(const DcfBody *body);
extern void dcf_body_forget_piece(DcfBody *body);

#endif /* DCF_BODY_H */
