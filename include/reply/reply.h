/*
 * reply.h
 *	  From a request to a reply under way.
 *
 * A reply lives in a memory context of its own, and ends with that or by
 * dcf_reply_close().  Errors that end one have the request as their context.
 */
#ifndef DCF_REPLY_H
#define DCF_REPLY_H

#include "postgres.h"

#include "net/http.h"
#include "net/session.h"
#include "request/request.h"

typedef struct DcfReply DcfReply;

typedef struct DcfReplyCounters
{
	int tries; /* requests sent, this one's first included */
	DcfHttpStats http;
} DcfReplyCounters;

/*
 * Who has a hint for a request that was refused.  give() gets the status and
 * returns the hint as DcfRefusal has it, palloc'd, or NULL; arg lives as long
 * as the reply.
 */
typedef struct DcfHinter
{
	char *(*give)(const void *arg, int status);
	const void *arg;
} DcfHinter;

/*
 * Send a request without waiting for its reply; but logs in first if need be,
 * and waits for the governor's leave unless slot has it (else NULL).
 *
 * relation is the foreign table's name for messages, or NULL.  hinter is copied
 * and may be NULL.  The reply lives in cxt.
 */
extern DcfReply *dcf_reply_begin(DcfSession *session,
								 const DcfRequest *request,
								 const char *relation, const DcfHinter *hinter,
								 bool may_ask_less, DcfLimiterSlot *slot,
								 MemoryContext cxt);

/*
 * Wait for a reply to begin, once: waits and tries again where that is right
 * (429, 502, 503, 504, pages with a status from 500 on, an empty body or an empty
 * XML table in its place, no connection: up to max_retries times,
 * with backoff, honouring Retry-After and X-RateLimit-ResetSeconds within
 * retry_max_wait; once after a 401 with a renewable token), and raises every
 * other status as the error it means.  But a 413 to a request that may_ask_less
 * is false: then the reply can only be closed.
 */
extern bool dcf_reply_await(DcfReply *reply);

/*
 * Whether the reply to be awaited has begun, or more bytes of an awaited one are
 * there: the next call need not wait for long, unless it tries again.
 */
extern bool dcf_reply_is_ready(const DcfReply *reply);

/*
 * Wait until something happens to one of some replies, none of which is ready,
 * or only look; perhaps one is then.
 */
extern void dcf_reply_wait_any(DcfReply **replies, int n, bool wait);

/*
 * The transfer of an awaited reply, for all that http.h says of a body, except
 * that dcf_reply_fill() waits for more of it.
 */
extern DcfHttpTransfer *dcf_reply_transfer(const DcfReply *reply);
extern bool dcf_reply_fill(DcfReply *reply);

/* Whether it was awaited, and no more of it is to come over the network. */
extern bool dcf_reply_is_done(const DcfReply *reply);

/* For messages: the Content-Type, made safe, palloc'd; "" if there is none. */
extern const char *dcf_reply_content_type(const DcfReply *reply);

extern void dcf_reply_counters(const DcfReply *reply, DcfReplyCounters *stats);
extern void dcf_reply_close(DcfReply *reply);

#endif /* DCF_REPLY_H */
