/*
 * exchange.h
 *	  A request with its retries, until there is a reply worth reading.
 *
 * An exchange is a state machine that never waits by itself.  dcf_exchange_step()
 * goes as far as it can at once.  Whoever has nothing else to do calls
 * dcf_exchange_plan() for each of the exchanges that he waits for, then
 * dcf_wait(), then dcf_exchange_waited() for each of them, and steps again.  So
 * one exchange that has to wait does not hold up another.
 *
 * Failures that another try would meet again are not retried: an untrusted
 * certificate, a peer without TLS or without a common version, a proxy that
 * refuses, a host name that does not exist.  http to a TLS port mostly looks like
 * a service that closes connections, so it is retried.
 *
 * The start of a body is examined, too.  A body of white space alone counts as
 * empty, and markup in place of JSON or CSV never reaches a reader.
 */
#ifndef DCF_EXCHANGE_H
#define DCF_EXCHANGE_H

#include "postgres.h"

#include "base/wait.h"
#include "net/body.h"
#include "net/circuit_breaker.h"
#include "net/limiter.h"
#include "net/refusal.h"
#include "net/transfer.h"
#include "options/option.h"

/* What the exchange waits for. */
typedef enum DcfExchangeState
{
	DCF_EXCHANGE_ENTERING,	/* the circuit breaker's leave, and a slot */
	DCF_EXCHANGE_SENT,		/* the head, and enough of the body to judge it */
	DCF_EXCHANGE_REFUSED,	/* the rest of a refusal, which is the reply */
	DCF_EXCHANGE_DRAINING,	/* the rest of a reply that is not the last one */
	DCF_EXCHANGE_PAUSING,	/* the time of the next try */
	DCF_EXCHANGE_UNREACHED, /* the same, after a try without a reply */
	DCF_EXCHANGE_DONE		/* nothing: the reply is there */
} DcfExchangeState;

typedef struct DcfExchange
{
	/* Set by dcf_exchange_init() and its caller, before the first step. */
	DcfHttpPool *pool;
	const DcfServerOptions *options;
	const DcfLimiter *limiter; /* gives a slot for each try; or NULL */
	const char *path;		   /* for the limiter: endpoint, or "" */
	const char *expects;	   /* name of the format, for messages, if the
								* reply must not be markup; else NULL */
	DcfHttpRequest http;	   /* the caller sets url, body and headers */
	int max_retries;		   /* of the options; 0 if brief */
	bool single;			   /* never tried again, whatever the answer */
	bool once;				   /* see dcf_exchange_make_once(); alone it also
								* makes any body of status 200 a reply */

	/*
	 * Called with each body before its first byte, whatever its status, so once
	 * for each try that is answered; must not raise.  NULL for nothing.
	 */
	void (*on_body)(void *arg, DcfBody *body);
	void *on_body_arg;

	/* Called before the first try is sent; or NULL. */
	void (*on_send)(void *arg);
	void *on_send_arg;

	/* Called during a wait when a try is connected; must not raise.  Or NULL. */
	void (*on_connect)(void *arg);
	void *on_connect_arg;

	/* Valid once the exchange is done. */
	DcfTransfer *transfer;
	DcfBody *body;
	int64 requested_wait; /* as in DcfRefusal */
	int tries;			  /* number of times it was sent */

	/* What it has cost so far; valid at any time, also after an error. */
	int status;		  /* of the last try; 0 before its head */
	int refused;	  /* tries that were answered with 429 */
	int64 queued;	  /* ms of waiting for leave, without the current wait */
	int64 backed_off; /* ms between tries, and of pauses, likewise */
	int64 since;	  /* when the current one of these waits began */
	DcfLimiterWait wait; /* for the slot: the part that is a pause */

	/* Private. */
	DcfExchangeState state;
	MemoryContext context;
	DcfLimiterSlot *slot;		/* from the first try on, if limiter is set */
	DcfCircuitBreaker *breaker; /* of the host; from the first try on */
	bool permitted;				/* to send the next try */
	bool needed;				/* its clock runs: somebody waited for it */
	bool probing;		/* this try is to tell the breaker of its connection */
	bool answered;		/* the head of this try has been reported */
	int failures;		/* failed tries that count towards max_retries */
	int64 entering;		/* when it began to wait for leave */
	int64 next_try;		/* in DCF_EXCHANGE_PAUSING, by dcf_wait_now() */
	int64 gather_until; /* when to stop reading a refusal; 0: not begun */
} DcfExchange;

/*
 * Set up a request by the server's options, which must outlive it.  Its transfers
 * live in the current memory context.  deadline is by dcf_wait_now(), 0 for none.
 */
extern void dcf_exchange_init(DcfExchange *exchange, DcfHttpPool *pool,
							  const DcfServerOptions *options, int64 deadline);

/* Longest duration of a brief exchange, in milliseconds. */
#define DCF_EXCHANGE_BRIEF_MS 10000

/*
 * Before the first step: allow only one try, which ends within
 * DCF_EXCHANGE_BRIEF_MS or at the deadline.  For questions that may go unanswered.
 */
extern void dcf_exchange_make_brief(DcfExchange *exchange);

/* The same with another duration, in milliseconds. */
extern void dcf_exchange_make_single(DcfExchange *exchange, int duration);

/*
 * Before the first step: send the request again only if the service has certainly not
 * taken it: there was no connection, or status 429.  A 503 may be the gateway's, which
 * has passed the request on.  Any body of status 200 is a reply, even an empty one.
 */
extern void dcf_exchange_make_once(DcfExchange *exchange);

/* What is known of whether the service has acted upon a request. */
typedef enum DcfTaken
{
	DCF_TAKEN_NO,	   /* it was not sent, or the service says so */
	DCF_TAKEN_UNKNOWN, /* it may have been sent, and there is no clear answer */
	DCF_TAKEN_YES	   /* any 2xx status */
} DcfTaken;

/*
 * By the last try.  Valid at any time, also in an error context callback; raises
 * nothing.
 */
extern DcfTaken dcf_exchange_taken(const DcfExchange *exchange);

/* The deadline by total_timeout of a request that begins now; 0: none. */
extern int64 dcf_exchange_deadline(const DcfServerOptions *options);

/*
 * Go on without waiting.  True once the exchange is done: exchange->transfer has
 * a reply of status 200 with at least one byte of its body, or of another status
 * that is final or left after all retries, with up to DCF_JSON_DOCUMENT_MAX bytes
 * of its body.
 *
 * Raises what dcf_transfer_state(), dcf_body_fill() and
 * dcf_circuit_breaker_enter() do, and ERRCODE_FDW_UNABLE_TO_CREATE_REPLY for a
 * body that stays blank and for markup in place of the expected format: for an
 * empty XML table after all retries, for other markup at once.
 */
extern bool dcf_exchange_step(DcfExchange *exchange);

/*
 * Before a wait: note in the plan for what the exchange, which is not done, waits.
 * claim says how much it needs a slot.  Raises what dcf_limiter_claim() does.
 */
extern void dcf_exchange_plan(DcfExchange *exchange, DcfLimiterClaim claim,
							  DcfWaitPlan *plan);

/*
 * After the wait.  May take a slot, so step all exchanges soon that wait for leave
 * to be sent.
 */
extern void dcf_exchange_waited(DcfExchange *exchange);

/* Whether it waits for leave to send, so that it does nothing for anybody. */
static inline bool
dcf_exchange_is_entering(const DcfExchange *exchange)
{
	return exchange->state == DCF_EXCHANGE_ENTERING;
}

/* Its caller has what it needs: it waits for leave from now on. */
static inline void
dcf_exchange_begin_queuing(DcfExchange *exchange)
{
	exchange->since = dcf_wait_now();
}

/* Raise the time-out if the deadline is over; for a wait before the first step. */
extern void dcf_exchange_check_deadline(const DcfExchange *exchange);

/*
 * Send a request that is done once more, with another authorization.  The counts go
 * on.
 */
extern void dcf_exchange_repeat(DcfExchange *exchange);

/* The same for another account: with its connections, and its slots. */
extern void dcf_exchange_move(DcfExchange *exchange, DcfHttpPool *pool,
							  const DcfLimiter *limiter);

/*
 * Fill *refusal from a reply with another status than 200, in the current memory
 * context.
 */
extern void dcf_exchange_describe(const DcfExchange *exchange,
								  DcfRefusal *refusal);

#endif /* DCF_EXCHANGE_H */
