/*
 * adaptive_limit.h
 *	  How many requests at once a service lets through, learned from those that
 *	  it refuses (429) and those that it does not.
 *
 * A service that counts does so over all requests of a company, or over those
 * for one resource: which of the two, and how many, a client is not told.  So
 * there is an allowance for all requests of an account, and one for those of
 * each resource, and a request needs room in both.
 *
 * A refusal can mean "too many at once" or be one that comes now and then.  Of
 * as many requests as have just been let through it counts only if the next try
 * is refused as well.  Else the requests that are under way are as many as the
 * service takes: so many are allowed from then on.  In one round trip no
 * allowance falls below half of what had just been let through.
 *
 * Beyond what is allowed one more is sent after a while, as a probe.  If it is
 * let through, more are allowed, and the next probe follows at once.  If it is
 * refused, the while doubles.  Probes that fail are paid for by requests that
 * are let through, so that few of all requests are refused.
 *
 * Pure C: no clock of its own.  Times are milliseconds by any clock that is not
 * set back, from 1.
 */
#ifndef DCF_ADAPTIVE_LIMIT_H
#define DCF_ADAPTIVE_LIMIT_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

/* From a refusal to the next probe, at least; half where many are by chance. */
#define DCF_PROBE_WAIT_MS 2000

/*
 * Between two probes so many requests are let through, at least and at most; a
 * minute counts as one, and two seconds as the last.
 */
#define DCF_PROBE_MIN 1
#define DCF_PROBE_MAX 512

/* What is not refused within this time is let through. */
#define DCF_PROBE_PASSED_MS 2000

/* After a refusal, until one that runs ends, but no longer than this. */
#define DCF_ADAPTIVE_LIMIT_HOLD_MS 100

typedef struct DcfAdaptiveLimit
{
	int in_flight;		/* requests under way */
	int allowed;		/* at most so many, as far as is known */
	uint32_t sent;		/* requests so far, modulo 2^32 */
	uint32_t refused;	/* of them */
	int64_t held_until; /* nothing is sent before */

	/* The most that were let through at once, in this second and the last. */
	int best;
	int best_before;
	int64_t best_since;

	/* The most that were let through at once since allowed was lowered. */
	int proven;

	/* A refusal that may be by chance, and the next request, which tells. */
	int doubted;	/* one of so many was refused; 0: none */
	int tests_left; /* until that counts */
	int passed;		/* one of so many has been let through since then */
	int64_t doubted_at;
	bool testing;
	int test_level;
	uint32_t test_sent;
	int64_t test_begun;

	int chance; /* how often it was, of 2^16 */

	/* The last time that allowed was lowered. */
	uint32_t lowered_sent;
	int lowest; /* by requests sent before then */

	/* Probes. */
	bool probing;
	uint32_t probe_sent;
	int64_t probe_begun;
	int64_t probe_at; /* no next one before */
	int64_t credit_since;
	int credit;	   /* requests let through since then */
	int price;	   /* of the next one */
	int step;	   /* what it adds */
	int confirmed; /* successes of as many as the last one made allowed */
} DcfAdaptiveLimit;

/* How things stood with one allowance when a request was sent. */
typedef struct DcfAdaptiveLimitMark
{
	int level; /* requests under way, with this one */
	uint32_t sent;
	uint32_t refused;
	bool probe;
	bool beyond; /* more than allowed, and no probe */
} DcfAdaptiveLimitMark;

/* A request that is under way. */
typedef struct DcfAdaptiveLimitTicket
{
	DcfAdaptiveLimitMark total;
	DcfAdaptiveLimitMark resource;
	int64_t sent_at;
} DcfAdaptiveLimitTicket;

/* Nothing is under way, and nothing known. */
extern void dcf_adaptive_limit_init(DcfAdaptiveLimit *limit);

/* How many may be under way of a user who wants at most max (from 1). */
extern int dcf_adaptive_limit_limit(const DcfAdaptiveLimit *limit, int max);

/*
 * Below, total is the allowance of all requests of an account, and resource the
 * one of those for the request's resource, or NULL, the same in all calls for
 * one request.
 */

/* Whether a request may be sent now. */
extern bool dcf_adaptive_limit_has_room(DcfAdaptiveLimit *total,
										DcfAdaptiveLimit *resource, int max,
										int64_t now);

/* Whether the service takes no more for a resource now, whoever asks. */
extern bool dcf_adaptive_limit_is_full(DcfAdaptiveLimit *resource,
									   int64_t now);

/*
 * When there may be room although no request ends or is let through; 0 if not
 * by time alone.
 */
extern int64_t dcf_adaptive_limit_next(DcfAdaptiveLimit *total,
									   DcfAdaptiveLimit *resource, int max,
									   int64_t now);

/* A request is sent, perhaps although there is no room. */
extern void dcf_adaptive_limit_send(DcfAdaptiveLimit *total,
									DcfAdaptiveLimit *resource, int max,
									int64_t now,
									DcfAdaptiveLimitTicket *ticket);

/* It was let through, and is still under way. */
extern void dcf_adaptive_limit_accept(DcfAdaptiveLimit *total,
									  DcfAdaptiveLimit *resource,
									  const DcfAdaptiveLimitTicket *ticket,
									  int64_t now);

/*
 * It was refused, and is no longer under way.  asked is how long the service
 * wants to be left alone, or 0.  True if it was a probe: then the request has
 * had no fair chance.
 */
extern bool dcf_adaptive_limit_refuse(DcfAdaptiveLimit *total,
									  DcfAdaptiveLimit *resource,
									  const DcfAdaptiveLimitTicket *ticket,
									  int max, int64_t asked, int64_t now);

/* It has ended, let through or not. */
extern void dcf_adaptive_limit_end(DcfAdaptiveLimit *total,
								   DcfAdaptiveLimit *resource,
								   const DcfAdaptiveLimitTicket *ticket,
								   int64_t now);

#endif /* DCF_ADAPTIVE_LIMIT_H */
