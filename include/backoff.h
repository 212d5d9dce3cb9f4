/*
 * backoff.h
 *	  How long to wait before a request is tried again.
 *
 * Pure C: no clock, no randomness of its own.  Times are milliseconds.
 */
#ifndef DCF_BACKOFF_H
#define DCF_BACKOFF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The first wait is drawn from half of this up to this. */
#define DCF_BACKOFF_BASE_MS 500

/*
 * The wait before try number attempt + 1 (attempt counts the failures so far,
 * from 1): DCF_BACKOFF_BASE_MS doubled for each failure, at most max_ms, and
 * of that a part between one half and the whole chosen by random (any 64
 * bits).  At least 1.
 */
extern int64_t dcf_backoff_delay(int attempt, int64_t max_ms, uint64_t random);

/*
 * Read the value of a Retry-After header: seconds, or an HTTP date (all three
 * forms of RFC 9110).  now is the Unix time in seconds.  A date in the past
 * gives 0.  False if it is neither.
 */
extern bool dcf_retry_after_parse(const char *value, size_t len, int64_t now,
								  int64_t *delay_ms);

/*
 * Read a number of seconds, whole or decimal, as X-RateLimit-ResetSeconds has
 * it.  False if it is not a non-negative number; huge values saturate.
 */
extern bool dcf_seconds_parse(const char *value, size_t len,
							  int64_t *delay_ms);

#endif							/* DCF_BACKOFF_H */
