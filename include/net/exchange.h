/*
 * exchange.h
 *	  A request with its retries, until there is a reply worth reading.
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

#include "net/body.h"
#include "net/circuit_breaker.h"
#include "net/limiter.h"
#include "net/refusal.h"
#include "options/option.h"

typedef struct DcfExchange
{
	DcfHttpPool *pool;
	const DcfServerOptions *options;
	const DcfLimiter *limiter;	/* gives a slot for each try; or NULL */
	const char *path;			/* for the limiter: endpoint, or "" */
	DcfLimiterSlot *slot;		/* set by the caller or by the first try */
	DcfCircuitBreaker *breaker; /* of the host; set by the first try */
	const char *
		expects; /* format name for messages, if the reply must not be markup; or NULL */
	DcfHttpRequest http;  /* the caller sets url, body and headers */
	int max_retries;	  /* of the options; 0 if brief */
	int tries;			  /* number of times it was sent */
	int failures;		  /* failed tries that count towards max_retries */
	int64 requested_wait; /* as in DcfRefusal */
	DcfTransfer *begun;	  /* the first try, or NULL */
} DcfExchange;

/*
 * Set up a request by the server's options, which must outlive it.  deadline is by
 * dcf_wait_now(), 0 for none.
 */
extern void dcf_exchange_init(DcfExchange *exchange, DcfHttpPool *pool,
							  const DcfServerOptions *options, int64 deadline);

/* Longest duration of a brief exchange, in milliseconds. */
#define DCF_EXCHANGE_BRIEF_MS 10000

/*
 * Before the exchange begins: allow only one try, which ends within
 * DCF_EXCHANGE_BRIEF_MS or at the deadline.  For questions that may go unanswered.
 */
extern void dcf_exchange_make_brief(DcfExchange *exchange);

/* The deadline by total_timeout of a request that begins now; 0: none. */
extern int64 dcf_exchange_deadline(const DcfServerOptions *options);

/*
 * Send the first try of dcf_exchange_run() and return.  Waits only for a slot of
 * the limiter.
 */
extern void dcf_exchange_begin(DcfExchange *exchange, MemoryContext cxt);

/*
 * Send the request, and retry it as the options say.  Returns a reply of status
 * 200 with at least one byte of its body, or of another status that is final or
 * left after all retries.  The transfer and its body live in cxt.
 *
 * Raises what dcf_transfer_state(), dcf_body_fill(), dcf_limiter_take() and
 * dcf_circuit_breaker_enter() do, and ERRCODE_FDW_UNABLE_TO_CREATE_REPLY for a
 * body that stays blank and for markup in place of the expected format: for an
 * empty XML table after all retries, for other markup at once.
 *
 * May be called again with another authorization; the counts go on.
 */
extern DcfBody *dcf_exchange_run(DcfExchange *exchange, MemoryContext cxt);

/*
 * Fill *refusal from a reply with another status than 200, with at most
 * DCF_JSON_DOCUMENT_MAX bytes of its body, in the current memory context.
 */
extern void dcf_exchange_describe(const DcfExchange *exchange, DcfBody *body,
								  DcfRefusal *refusal);

#endif /* DCF_EXCHANGE_H */
