/*
 * exchange.h
 *	  A request sent until there is a reply worth reading.
 *
 * What waiting does not mend is not tried again: a certificate that is not
 * trusted, a peer without TLS or with none that both speak, a proxy that
 * refuses, a name that does not exist.  http to a port that speaks TLS mostly
 * looks like a service that breaks off connections, so that is tried again.
 *
 * The first byte of a body that is no white space is looked at, too: a blank
 * body counts as empty, and markup in place of JSON or CSV never reaches a
 * reader.
 */
#ifndef DCF_EXCHANGE_H
#define DCF_EXCHANGE_H

#include "postgres.h"

#include "net/circuit_breaker.h"
#include "net/http.h"
#include "net/limiter.h"
#include "net/refusal.h"
#include "options/option.h"

typedef struct DcfExchange
{
	DcfHttpPool *pool;
	const DcfServerOptions *options;
	const DcfLimiter *limiter;	/* whose leave each try needs, or NULL */
	const char *path;			/* what it is asked for; "" without governor */
	DcfLimiterSlot *slot;		/* if not taken before, by the first try */
	DcfCircuitBreaker *breaker; /* of the host; made by the first try */
	const char *expects;	/* what is asked for, for messages, where markup
								  * is not that; or NULL */
	DcfHttpRequest http;	/* set url, body and headers before running */
	int max_retries;		/* by the options, unless it is brief */
	int tries;				/* how often it was sent */
	int failures;			/* how many of those count as retries */
	int64 requested_wait;	/* as in DcfRefusal */
	DcfHttpTransfer *begun; /* the first try, or NULL */
} DcfExchange;

/* For a request by the server's options; the deadline is 0 or when to end. */
extern void dcf_exchange_init(DcfExchange *exchange, DcfHttpPool *pool,
							  const DcfServerOptions *options, int64 deadline);

/* The longest that a brief exchange takes, in milliseconds. */
#define DCF_EXCHANGE_BRIEF_MS 10000

/*
 * Before it begins: one try alone, that ends within DCF_EXCHANGE_BRIEF_MS or by
 * the deadline, as there is another way if it fails.
 */
extern void dcf_exchange_make_brief(DcfExchange *exchange);

/* When a request that begins now has to end by the options; 0: never. */
extern int64 dcf_exchange_deadline(const DcfServerOptions *options);

/*
 * Send the request without waiting for anything but the governor: its transfer is the first try
 * of dcf_exchange_run().
 */
extern void dcf_exchange_begin(DcfExchange *exchange, MemoryContext cxt);

/*
 * Send the request, again after a while where that is right, and return a
 * reply: of status 200 with at least one byte of its body, or of another
 * status that no try has changed.  Raises what dcf_http_await() does, and
 * ERRCODE_FDW_UNABLE_TO_CREATE_REPLY for a body that stays blank, and for markup
 * in place of what is expected: an empty XML table after as many tries, anything
 * else at once.  May be called again with another authorization; the counts go
 * on.
 */
extern DcfHttpTransfer *dcf_exchange_run(DcfExchange *exchange,
										 MemoryContext cxt);

/* What a reply of another status tells, with up to 64 kB of its body. */
extern void dcf_exchange_describe(const DcfExchange *exchange,
								  DcfHttpTransfer *transfer,
								  DcfRefusal *refusal);

#endif /* DCF_EXCHANGE_H */
