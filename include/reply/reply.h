/*
 * reply.h
 *	  The reply to a request, from before it is sent to the bytes of its body.
 *
 * A reply has a memory context of its own.  It ends with that context, or by
 * dcf_reply_close().  The CONTEXT of errors shows the request.
 *
 * A reply never waits by itself; it is stepped, planned and waited for like an
 * exchange (exchange.h).  Once it has begun, its body (body.h) is read.
 *
 * A reply may come from a copy (copy.h): one that is young enough, one that another
 * session is fetching, or an older one because the service cannot answer.  Then
 * nothing is sent, or nothing more.
 */
#ifndef DCF_REPLY_H
#define DCF_REPLY_H

#include "postgres.h"

#include "utils/timestamp.h"

#include "base/statement.h"
#include "base/warned.h"
#include "net/body.h"
#include "net/exchange.h"
#include "net/limiter.h"
#include "net/session.h"
#include "options/freshness.h"
#include "reply/progress.h"
#include "reply/request_subject.h"
#include "request/request.h"

typedef struct DcfReply DcfReply;

typedef struct DcfReplyCounters
{
	int tries;		   /* times the request was sent, the first included */
	bool waited;	   /* for another session that fetches the reply */
	bool is_copy;	   /* the reply has begun, and is a copy … */
	bool is_stale;	   /* … that is read because the service cannot answer */
	DcfBodyStats body; /* of the last try */
} DcfReplyCounters;

/*
 * Returns a hint for a request that was refused with this status (status.h), palloc'd,
 * or NULL.  After a 413, or if it was not sent, it replaces the usual hint, otherwise
 * it is added to that one.
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

/*
 * Before the first step: read a copy of the reply if there is one, and otherwise
 * leave one, as the freshness says, which keeps copies.  warned must live as long as
 * the reply: a WARNING reports a stale copy once a statement and request.
 *
 * A stale copy replaces these errors until the reply has begun: the service cannot
 * be reached, or does not answer in time; status 429 or one from 500 on; a log-in
 * that fails so; a full queue.
 */
extern void dcf_reply_use_copies(DcfReply *reply,
								 const DcfFreshness *freshness,
								 DcfWarned *warned);

/*
 * Before the first step: the statement for which the request and what it brings count
 * (limits.h), which must live as long as the reply.  Otherwise it is the one that runs
 * during the first step.
 */
extern void dcf_reply_charge(DcfReply *reply, DcfStatement *statement);

/*
 * Count what has come since the last call.  records: those of the reply that were read
 * so far.  Does not raise.
 */
extern void dcf_reply_count_data(DcfReply *reply, uint64 records);

/* The same, and raise if the statement has read or received more than it may. */
extern void dcf_reply_check_data(DcfReply *reply, uint64 records);

/* Whether requests are to be traced. */
extern bool dcf_reply_trace_is_on(void);

/*
 * Before the first step: when the request ends, whatever the way, it is added to the
 * list and the totals of requests (request_log.h), and logged if it was slow.
 * subject must live as long as the reply.  on_connect may be NULL; it is called
 * during a wait when the phase changes, and must not raise.
 */
extern void dcf_reply_trace(DcfReply *reply, const DcfRequestSubject *subject,
							void (*on_connect)(void *arg), void *arg);

/* The same, if requests are to be traced, for a request that is for no table. */
extern void dcf_reply_trace_question(DcfReply *reply, Oid userid,
									 Oid serverid);

/* What of a reply to a request with any_reply_within is noted, besides its body. */
typedef struct DcfReplyNotes
{
	char *head; /* where to copy the lines of its head, as in http.h */
	size_t head_size;
	const DcfReply
		*twin; /* under way: send its cookies, and keep none.  Or NULL */
} DcfReplyNotes;

/* Before the first step.  Copies *notes; what it points to must live as long. */
extern void dcf_reply_set_notes(DcfReply *reply, const DcfReplyNotes *notes);

/* The names of the cookies that were sent or have come (char *), palloc'd. */
extern List *dcf_reply_cookie_names(const DcfReply *reply);

/* Where the records that were read are counted; must live as long as the reply. */
extern void dcf_reply_count_records(DcfReply *reply, const uint64 *records);

/* The request's phase. */
extern DcfScanPhase dcf_reply_phase(const DcfReply *reply);

/*
 * Until dcf_reply_unwatch(), errors are those of the request.  After an error
 * PostgreSQL itself restores the stack.
 */
extern void dcf_reply_watch(DcfReply *reply, ErrorContextCallback *callback);
extern void dcf_reply_unwatch(DcfReply *reply,
							  const ErrorContextCallback *callback);

/* In an error context callback: the error, unless it is a warning, ends the request. */
extern void dcf_reply_note_error(DcfReply *reply);

/* What was noted did not end it. */
extern void dcf_reply_forget_error(DcfReply *reply);

/*
 * Around a wait: an error is one of all requests that it ends.  The latter is not
 * called after an error.
 */
extern void dcf_reply_watch_wait(ErrorContextCallback *callback);
extern void dcf_reply_unwatch_wait(const ErrorContextCallback *callback);

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
 * status than 200 is raised as an error, unless the request takes any reply.
 */
extern DcfReplyStatus dcf_reply_step(DcfReply *reply);

/* dcf_reply_step() until the reply has begun, waiting as long as necessary. */
extern DcfReplyStatus dcf_reply_await(DcfReply *reply);

/* Whether it only waits for leave to send its request. */
extern bool dcf_reply_is_entering(const DcfReply *reply);

/* Whether its request has been sent, and the reply is not a copy. */
extern bool dcf_reply_is_sent(const DcfReply *reply);

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

/*
 * The reply was read to its end, is well-formed, and has so many records: others may
 * have a copy of it.
 */
extern void dcf_reply_keep(DcfReply *reply, uint64 records);

/* Whether the service has acted upon the request; as dcf_exchange_taken(). */
extern DcfTaken dcf_reply_taken(const DcfReply *reply);

/* The request as in messages; lives as long as the reply. */
extern const char *dcf_reply_request(const DcfReply *reply);

/* When a reply that has begun began to arrive; of a copy, when it was fetched. */
extern TimestampTz dcf_reply_fetched_at(const DcfReply *reply);

/* The Content-Type for messages, made safe, palloc'd; "" if there is none. */
extern const char *dcf_reply_content_type(const DcfReply *reply);

/* What the request has cost so far. */
extern void dcf_reply_counters(const DcfReply *reply,
							   DcfReplyCounters *counters);

/* End the request.  A connection whose reply is incomplete is closed. */
extern void dcf_reply_close(DcfReply *reply);

#endif /* DCF_REPLY_H */
