/*
 * allowance.h
 *	  How many requests at once a service lets through, learned from those that
 *	  it refuses (429).
 *
 * A request that is refused while others are under way says that these are as
 * many as the service takes: so many are allowed from then on.  One that is
 * refused where fewer are under way than are allowed says that somebody else
 * keeps the service busy: then half as many are tried, and more again with each
 * that is let through.
 *
 * What was refused once is not tried again soon: after a while without a
 * refusal one more is, then another after each DCF_PROBE_STEP_MS; where that is
 * refused the while doubles.
 *
 * Pure C: no clock of its own.  Times are milliseconds.
 */
#ifndef DCF_ALLOWANCE_H
#define DCF_ALLOWANCE_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

/* The while, at first and at most, and between two steps up. */
#define DCF_PROBE_FIRST_MS (60 * 1000)
#define DCF_PROBE_LAST_MS  (16 * DCF_PROBE_FIRST_MS)
#define DCF_PROBE_STEP_MS  (5 * 1000)

typedef struct DcfAllowance
{
	int in_flight; /* requests under way */
	int allowed;   /* at most so many, as far as is known */
	int ceiling;   /* to where allowed grows with each success */
	bool probing;  /* the ceiling was raised, and not refused since */
	int64_t probe_at;
	int64_t probe_wait;
} DcfAllowance;

/* Nothing is under way, and nothing known. */
extern void dcf_allowance_init(DcfAllowance *allowance);

/* How many may be under way of a user who wants at most max (from 1). */
extern int dcf_allowance_limit(const DcfAllowance *allowance, int max);

/*
 * A request that is under way was let through.  max is what its user wants at
 * most; now is any clock that is not set back.
 */
extern void dcf_allowance_accept(DcfAllowance *allowance, int max,
								 int64_t now);

/* A request was refused, and is no longer counted as under way. */
extern void dcf_allowance_refuse(DcfAllowance *allowance, int max,
								 int64_t now);

#endif /* DCF_ALLOWANCE_H */
