/*
 * backoff.c
 *	  How long to wait before the next try of a request.  See backoff.h.
 */
#include "core/backoff.h"

#include "core/http_date.h"
#include "cursor.h"

#define MS_PER_SECOND 1000
#define MAX_SECONDS	  (DCF_DELAY_MAX_MS / MS_PER_SECOND)

int64_t
dcf_backoff_delay(int attempt, int64_t max_ms, uint64_t random)
{
	int64_t whole = DCF_BACKOFF_BASE_MS;
	int64_t half;

	/* With this bound, doubling cannot overflow. */
	if (max_ms > DCF_DELAY_MAX_MS)
		max_ms = DCF_DELAY_MAX_MS;
	for (; attempt > 1 && whole < max_ms; attempt--)
		whole *= 2;
	if (whole > max_ms)
		whole = max_ms;
	if (whole < 1)
		return 1;

	/* Round up: at least one half of the bound, and never 0. */
	half = whole - whole / 2;
	return half + (int64_t) (random % (uint64_t) (whole - half + 1));
}

int64_t
dcf_backoff_refused(int attempt, int64_t max_ms, uint64_t random)
{
	if (attempt <= 1 && max_ms > DCF_BACKOFF_CHANCE_MS)
		max_ms = DCF_BACKOFF_CHANCE_MS;
	return dcf_backoff_delay(attempt, max_ms, random);
}

/* Seconds as a delay in milliseconds, between 0 and DCF_DELAY_MAX_MS. */
static int64_t
limited_delay(int64_t seconds)
{
	if (seconds <= 0)
		return 0;
	return seconds < MAX_SECONDS ? seconds * MS_PER_SECOND : DCF_DELAY_MAX_MS;
}

/*
 * Each take_ function parses something at the start of what is left of a header's
 * value, and returns false if that is not there.
 */

/* A number of seconds; larger ones are cut to MAX_SECONDS. */
static bool
take_seconds(DcfCursor *v, int64_t *seconds)
{
	int64_t n = 0;

	if (!dcf_cursor_at_digit(v))
		return false;
	for (; dcf_cursor_at_digit(v); v->p++)
	{
		n = n * 10 + (*v->p - '0');
		/* Cut at each digit, so that any number of digits fits. */
		if (n > MAX_SECONDS)
			n = MAX_SECONDS;
	}
	*seconds = n;
	return true;
}

/* The digits of a fraction, as milliseconds rounded up (0 to 1000). */
static bool
take_milliseconds(DcfCursor *v, int *milliseconds)
{
	int ms = 0;
	int unit = 100;
	bool more = false;

	if (!dcf_cursor_at_digit(v))
		return false;
	for (; dcf_cursor_at_digit(v); v->p++, unit /= 10)
	{
		ms += unit * (*v->p - '0');
		/* From the fourth digit on, unit is 0: any digit but 0 rounds up. */
		more = more || (unit == 0 && *v->p != '0');
	}
	*milliseconds = ms + (more ? 1 : 0);
	return true;
}

bool
dcf_seconds_parse(const char *value, size_t len, int64_t *delay_ms)
{
	DcfCursor v = dcf_cursor_trim(value, len);
	int64_t seconds;
	int64_t delay;
	int milliseconds = 0;

	if (!take_seconds(&v, &seconds))
		return false;
	if (v.p < v.end && *v.p == '.')
	{
		v.p++;
		if (!take_milliseconds(&v, &milliseconds))
			return false;
	}
	if (v.p != v.end)
		return false;
	delay = limited_delay(seconds) + milliseconds;
	*delay_ms = delay < DCF_DELAY_MAX_MS ? delay : DCF_DELAY_MAX_MS;
	return true;
}

bool
dcf_retry_after_parse(const char *value, size_t len, int64_t now,
					  int64_t *delay_ms)
{
	DcfCursor v = dcf_cursor_trim(value, len);
	int64_t seconds;

	if (dcf_cursor_at_digit(&v))
	{
		if (!take_seconds(&v, &seconds) || v.p != v.end)
			return false;
		*delay_ms = limited_delay(seconds);
		return true;
	}
	if (!dcf_http_date_parse(value, len, now, &seconds))
		return false;
	if (seconds <= now)
		*delay_ms = 0;
	/*
	 * now may be any number: a difference that could overflow is never
	 * computed.
	 */
	else if (now <= seconds - MAX_SECONDS)
		*delay_ms = DCF_DELAY_MAX_MS;
	else
		*delay_ms = limited_delay(seconds - now);
	return true;
}
