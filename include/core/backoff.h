/*
 * backoff.h
 *	  How long to wait before the next try of a request.
 *
 * Pure C, without a clock or random numbers of its own.  Times are milliseconds.
 */
#ifndef DCF_BACKOFF_H
#define DCF_BACKOFF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The first delay is between half of this and this. */
#define DCF_BACKOFF_BASE_MS 500

/*
 * The longest delay that this module returns (a year).  Longer ones are cut, so
 * callers can add a delay to any clock without overflow.
 */
#define DCF_DELAY_MAX_MS (INT64_C(366) * 24 * 3600 * 1000)

/*
 * The delay after the failed try number attempt (from 1).  The upper bound is
 * DCF_BACKOFF_BASE_MS, doubled with each further failure, but at most max_ms.
 * random (64 random bits) chooses a value between half of the bound and the
 * bound.  The result is at least 1, even if max_ms is less.
 */
extern int64_t dcf_backoff_delay(int attempt, int64_t max_ms, uint64_t random);

/*
 * The same after a refusal for too many requests (429).  The first one may be
 * random, so its bound is only DCF_BACKOFF_CHANCE_MS.
 */
#define DCF_BACKOFF_CHANCE_MS 50
extern int64_t dcf_backoff_refused(int attempt, int64_t max_ms,
								   uint64_t random);

/*
 * Parse the value of a Retry-After header: whole seconds, or an HTTP date in any
 * of the three forms of RFC 9110 (whether the day of the week fits the date is
 * not checked).  now is the Unix time in seconds.  A date in the past gives 0.
 * Returns false, and leaves *delay_ms alone, for anything else.  White space
 * around the value is skipped.
 */
extern bool dcf_retry_after_parse(const char *value, size_t len, int64_t now,
								  int64_t *delay_ms);

/*
 * Parse a number of seconds with or without a fraction, the form of
 * X-RateLimit-ResetSeconds.  Milliseconds are rounded up.  Returns false, and
 * leaves *delay_ms alone, for anything but digits with at most one point between
 * them.  White space around the value is skipped.
 */
extern bool dcf_seconds_parse(const char *value, size_t len,
							  int64_t *delay_ms);

#endif /* DCF_BACKOFF_H */
