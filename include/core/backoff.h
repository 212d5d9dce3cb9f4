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
 * No delay given by this module is longer (a year): what is longer is cut to
 * it, so that callers can add a delay to any clock.
 */
#define DCF_DELAY_MAX_MS (INT64_C(366) * 24 * 3600 * 1000)

/*
 * The wait before try number attempt + 1 (attempt counts the failures so far,
 * from 1): DCF_BACKOFF_BASE_MS doubled for each failure, at most max_ms, and
 * of that a part between one half and the whole chosen by random (any 64
 * bits).  At least 1, also where max_ms is less.
 */
extern int64_t dcf_backoff_delay(int attempt, int64_t max_ms, uint64_t random);

/*
 * The same after refusals of one that asks too much at once (429).  The first
 * may be by chance: then the whole is DCF_BACKOFF_CHANCE_MS.
 */
#define DCF_BACKOFF_CHANCE_MS 50
extern int64_t dcf_backoff_refused(int attempt, int64_t max_ms,
								   uint64_t random);

/*
 * Read the value of a Retry-After header: whole seconds, or an HTTP date (all
 * three forms of RFC 9110; the day of the week is not held against the date).
 * now is the Unix time in seconds.  A date in the past gives 0.  False, and
 * *delay_ms unset, if it is neither.  White space around it is passed over.
 */
extern bool dcf_retry_after_parse(const char *value, size_t len, int64_t now,
								  int64_t *delay_ms);

/*
 * Read a number of seconds, whole or with decimals, as X-RateLimit-ResetSeconds
 * has it; parts of a millisecond are rounded up.  False, and *delay_ms unset,
 * if it is not digits with at most one point between them.  White space around
 * it is passed over.
 */
extern bool dcf_seconds_parse(const char *value, size_t len,
							  int64_t *delay_ms);

#endif /* DCF_BACKOFF_H */
