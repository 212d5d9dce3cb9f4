/*
 * reply.h
 *	  A request that was sent, and its reply.
 *
 * A reply has a memory context of its own.  It ends with that context, or by
 * dcf_reply_close().  The CONTEXT of errors shows the request.
 */
#ifndef DCF_REPLY_H
#define DCF_REPLY_H

#include "postgres.h"

#include "net/body.h"
#include "net/session.h"
#include "request/request.h"

typedef struct DcfReply DcfReply;

typedef struct DcfReplyCounters
{
	int tries; /* times the request was sent, the first included */
	DcfBodyStats body;
} DcfReplyCounters;

/*
 * Returns a hint for a request that was refused with this status, palloc'd, or NULL.
 * After a 413 it replaces the usual hint, otherwise it is added to that one.
 */
typedef struct DcfHintCallback
{
	char *(*give)(const void *arg, int status);
	const void *arg; /* must live as long as the reply */
} DcfHintCallback;

/*
 * Send a request and return without waiting for the reply.  It does wait for a log-in,
 * if there is no valid token, and for the limiter, unless the caller passes a slot;
 * slot may be NULL.
 *
 * relation is the foreign table's name for messages, copied, or NULL.  hint is copied
 * and may be NULL.  can_halve: see dcf_reply_await().  The reply lives in cxt.
 */
extern DcfReply *dcf_reply_begin(DcfSession *session,
								 const DcfRequest *request,
								 const char *relation,
								 const DcfHintCallback *hint, bool can_halve,
								 DcfLimiterSlot *slot, MemoryContext cxt);

/*
 * Wait for the reply's head and the first byte of its body; to be called once.
 *
 * Tries again up to max_retries times, with backoff, after 429, 502, 503, 504, an HTML
 * page with a status from 500 on, an empty body, an empty XML table, or a failed
 * connection; Retry-After and X-RateLimit-ResetSeconds are honoured within
 * retry_max_wait.  Tries once more after a 401 if the token can be renewed.  Any other
 * status than 200 is raised as an error.
 *
 * Only a 413 to a request that can_halve returns false instead.  Then the reply can
 * only be closed.
 */
extern bool dcf_reply_await(DcfReply *reply);

/*
 * Whether the next call can go on at once: the reply has begun but was not awaited, or
 * an awaited one has more bytes.  That call may still wait if it has to try again.
 */
extern bool dcf_reply_is_ready(const DcfReply *reply);

/*
 * Let replies, none of which is ready, progress; with wait, until something happens to
 * one of them.  That one need not be ready then.
 */
extern void dcf_reply_wait_any(DcfReply **replies, int n, bool wait);

/*
 * The body of an awaited reply.  For more bytes, call dcf_reply_fill() in place of
 * dcf_body_fill(): its errors have the request as CONTEXT.
 */
extern DcfBody *dcf_reply_body(const DcfReply *reply);
extern DcfBodyStatus dcf_reply_fill(DcfReply *reply, bool wait);

/*
 * Raise ERRCODE_PROGRAM_LIMIT_EXCEEDED for a record of more than max bytes, with
 * the request as CONTEXT: just as dcf_reply_fill() does where it notices first.
 */
pg_noreturn extern void dcf_reply_raise_too_long(DcfReply *reply, size_t max);

/* Whether an awaited reply has arrived completely. */
extern bool dcf_reply_is_done(const DcfReply *reply);

/* The Content-Type for messages, made safe, palloc'd; "" if there is none. */
extern const char *dcf_reply_content_type(const DcfReply *reply);

/* What the request has cost so far. */
extern void dcf_reply_counters(const DcfReply *reply,
							   DcfReplyCounters *counters);

/* End the request.  A connection whose reply is incomplete is closed. */
extern void dcf_reply_close(DcfReply *reply);

#endif /* DCF_REPLY_H */
