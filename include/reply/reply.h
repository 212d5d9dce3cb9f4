/*
 * reply.h
 *	  The reply to a request, from before it is sent to the bytes of its body.
 *
 * A reply has a memory context of its own.  It ends with that context, or by
 * dcf_reply_close().  The CONTEXT of errors shows the request.
 *
 * A reply never waits by itself; it is stepped, planned and waited for like an
 * exchange (exchange.h).  Once it has begun, its body (body.h) is read.
 */
#ifndef DCF_REPLY_H
#define DCF_REPLY_H

#include "postgres.h"

#include "net/body.h"
#include "net/limiter.h"
#include "net/session.h"
#include "request/request.h"

typedef struct DcfReply DcfReply;

typedef struct DcfReplyCounters
{
	int tries;		   /* times the request was sent, the first included */
	DcfBodyStats body; /* of the last try */
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
 * Prepare a request, which sends nothing yet.  request must live as long as the
 * reply.  relation is the foreign table's name for messages, copied, or NULL.  hint
 * is copied and may be NULL.  can_halve: see DCF_REPLY_TOO_MUCH.  The reply lives
 * in cxt.
 */
extern DcfReply *dcf_reply_create(DcfSession *session,
								  const DcfRequest *request,
								  const char *relation,
								  const DcfHintCallback *hint, bool can_halve,
								  MemoryContext cxt);

typedef enum DcfReplyStatus
{
	DCF_REPLY_LATER,   /* not begun yet */
	DCF_REPLY_BEGUN,   /* the head and the first byte of the body have come */
	DCF_REPLY_TOO_MUCH /* status 413 to a request that can_halve: to be closed */
} DcfReplyStatus;

/*
 * Go on without waiting: ask for the preferred endpoint, log in, take a slot of the
 * limiter if there is one, send, and try again as exchange.h says.  Not to be called
 * again after another result than DCF_REPLY_LATER.
 *
 * Tries again up to max_retries times, with backoff, after 429, 502, 503, 504, an HTML
 * page with a status from 500 on, an empty body, an empty XML table, or a failed
 * connection; Retry-After and X-RateLimit-ResetSeconds are honoured within
 * retry_max_wait.  Tries once more after a 401 if the token can be renewed.  Any other
 * status than 200 is raised as an error.
 */
extern DcfReplyStatus dcf_reply_step(DcfReply *reply);

/* dcf_reply_step() until the reply has begun, waiting as long as necessary. */
extern DcfReplyStatus dcf_reply_await(DcfReply *reply);

/* Whether it only waits for leave to send its request. */
extern bool dcf_reply_is_entering(const DcfReply *reply);

/*
 * Before and after a wait: for dcf_reply_step(), or for more bytes of the body.  If
 * the next step or dcf_body_fill() can go on at once, the plan is ready.
 */
extern void dcf_reply_plan(DcfReply *reply, DcfLimiterClaim claim,
						   DcfWaitPlan *plan);
extern void dcf_reply_waited(DcfReply *reply);

/* The body of a reply that has begun. */
extern DcfBody *dcf_reply_body(const DcfReply *reply);

/*
 * Until dcf_reply_pop_context(), errors show the request as their CONTEXT.  After an
 * error PostgreSQL itself restores the stack.
 */
extern void dcf_reply_push_context(DcfReply *reply,
								   ErrorContextCallback *callback);
extern void dcf_reply_pop_context(const ErrorContextCallback *callback);

/* Whether the reply has arrived completely. */
extern bool dcf_reply_is_done(const DcfReply *reply);

/* The Content-Type for messages, made safe, palloc'd; "" if there is none. */
extern const char *dcf_reply_content_type(const DcfReply *reply);

/* What the request has cost so far. */
extern void dcf_reply_counters(const DcfReply *reply,
							   DcfReplyCounters *counters);

/* End the request.  A connection whose reply is incomplete is closed. */
extern void dcf_reply_close(DcfReply *reply);

#endif /* DCF_REPLY_H */
