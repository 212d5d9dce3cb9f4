/*
 * adaptive_limit.h
 *	  How many concurrent requests a service accepts, learned from its refusals
 *	  (429) and from the requests that it accepts.
 *
 * The service counts the requests of a whole company, or those for one resource.
 * It documents neither which of the two nor how many it accepts.  So there is
 * one limit for all requests of an account and one for each resource, and a
 * request needs room in both.
 *
 * A refusal may mean "too many at once", or it may be random.  If as many
 * concurrent requests were accepted a moment ago, a refusal counts only after the
 * next request is refused as well.  When a refusal counts, the limit becomes the
 * number of requests that are under way.  Within one round trip, no limit falls
 * below half of what was accepted just before.
 *
 * From time to time, one request beyond the limit is sent as a probe.  If it is
 * accepted, the limit rises and the next probe follows at once.  If it is
 * refused, the pause before the next one doubles.  Each probe has a price in
 * accepted requests, so only a small share of all requests is refused.
 *
 * Pure C, without a clock of its own: times are milliseconds of a monotonic
 * clock, from 1.
 */
#ifndef DCF_ADAPTIVE_LIMIT_H
#define DCF_ADAPTIVE_LIMIT_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

/* The least time from a refusal to the next probe. */
#define DCF_PROBE_WAIT_MS 2000

/*
 * The price of a probe in accepted requests, at least and at most.  A minute
 * counts like one of them, and for the last one two seconds suffice.
 */
#define DCF_PROBE_MIN 1
#define DCF_PROBE_MAX 512

/* A request that is not refused within this time counts as accepted. */
#define DCF_PROBE_PASSED_MS 2000

/* After a refusal, nothing is sent until a request ends, or for this time. */
#define DCF_ADAPTIVE_LIMIT_HOLD_MS 100

/*
 * One limit.  A level is a number of concurrent requests, the request in question
 * included.  Requests are numbered by the counter sent.
 */
typedef struct DcfAdaptiveLimit
{
	int in_flight;		/* requests under way */
	int allowed;		/* the limit; INT_MAX as long as none is known */
	uint32_t sent;		/* number of requests so far, modulo 2^32 */
	uint32_t refused;	/* how many of them were refused */
	int64_t held_until; /* nothing is sent before this time */

	/* The highest level that was accepted, in this second and the last. */
	int best;
	int best_before;
	int64_t best_since;

	/* The highest level that was accepted since allowed was last lowered. */
	int proven;

	/* A refusal that may be random, and the next request, which tests it. */
	int doubted;		/* the level that was refused; 0: none in doubt */
	int tests_left;		/* tests that must fail before the refusal counts */
	int passed;			/* the highest level accepted since the refusal */
	int64_t doubted_at; /* time of the refusal */
	bool testing;		/* a test is under way */
	int test_level;
	uint32_t test_sent; /* number of the test's request */
	int64_t test_begun;

	int chance; /* share of requests refused at random, in units of 2^-16 */

	/* The last time that allowed was lowered. */
	uint32_t lowered_sent; /* number of the last request before it */
	int lowest;			   /* requests before it cannot lower it further */

	/* Probes. */
	bool probing;		 /* a probe is under way */
	uint32_t probe_sent; /* number of its request */
	int64_t probe_begun;
	int64_t probe_at;	  /* earliest time of the next one */
	int64_t credit_since; /* when credit was set to zero */
	int credit;			  /* accepted requests since then */
	int price;			  /* of the next probe, in such requests */
	int step;			  /* how much its success raises allowed */
	int confirmed;		  /* times the level it reached was accepted again */
} DcfAdaptiveLimit;

/* The state of one limit when a request was sent. */
typedef struct DcfAdaptiveLimitMark
{
	int level;		  /* requests under way, including this one */
	uint32_t sent;	  /* the request's number */
	uint32_t refused; /* the limit's counter */
	bool probe;		  /* the request is a probe */
	bool beyond;	  /* the request exceeds the limit, and is no probe */
} DcfAdaptiveLimitMark;

/* A request under way; the caller keeps it until the request has ended. */
typedef struct DcfAdaptiveLimitTicket
{
	DcfAdaptiveLimitMark total;
	DcfAdaptiveLimitMark resource;
	int64_t sent_at;
} DcfAdaptiveLimitTicket;

/* Nothing is under way, and no limit is known. */
extern void dcf_adaptive_limit_init(DcfAdaptiveLimit *limit);

/* The smaller of the limit and max, the caller's own limit (from 1). */
extern int dcf_adaptive_limit_current(const DcfAdaptiveLimit *limit, int max);

/*
 * In all functions below, total is the account's limit, and resource the limit
 * of the request's resource, or NULL.  All calls for one request must pass the
 * same.
 */

/* Whether a request may be sent now. */
extern bool dcf_adaptive_limit_has_room(DcfAdaptiveLimit *total,
										DcfAdaptiveLimit *resource, int max,
										int64_t now);

/* Whether no request for the resource has room, whatever its max. */
extern bool dcf_adaptive_limit_is_full(DcfAdaptiveLimit *resource,
									   int64_t now);

/*
 * The time at which there may be room even if no request ends or is accepted
 * before; 0 if there will be none.
 */
extern int64_t dcf_adaptive_limit_next(DcfAdaptiveLimit *total,
									   DcfAdaptiveLimit *resource, int max,
									   int64_t now);

/* A request is sent, whether there is room or not.  Sets *ticket. */
extern void dcf_adaptive_limit_send(DcfAdaptiveLimit *total,
									DcfAdaptiveLimit *resource, int max,
									int64_t now,
									DcfAdaptiveLimitTicket *ticket);

/* The request was accepted, and is still under way. */
extern void dcf_adaptive_limit_accept(DcfAdaptiveLimit *total,
									  DcfAdaptiveLimit *resource,
									  const DcfAdaptiveLimitTicket *ticket,
									  int64_t now);

/*
 * The request was refused, and is no longer under way.  retry_after is how long
 * the service asked to wait, or 0.  Returns true if it was a probe: its refusal
 * should not count as a try of the request.
 */
extern bool dcf_adaptive_limit_refuse(DcfAdaptiveLimit *total,
									  DcfAdaptiveLimit *resource,
									  const DcfAdaptiveLimitTicket *ticket,
									  int max, int64_t retry_after,
									  int64_t now);

/* The request has ended without a refusal, whether it was accepted or not. */
extern void dcf_adaptive_limit_end(DcfAdaptiveLimit *total,
								   DcfAdaptiveLimit *resource,
								   const DcfAdaptiveLimitTicket *ticket,
								   int64_t now);

#endif /* DCF_ADAPTIVE_LIMIT_H */
