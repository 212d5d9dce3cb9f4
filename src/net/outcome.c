/*
 * outcome.c
 *	  Judging replies.  See outcome.h.
 */
#include "postgres.h"

#include <time.h>

#include "utils/datetime.h"

#include "base/json_document.h"
#include "core/backoff.h"
#include "core/markup.h"
#include "core/text.h"
#include "outcome.h"

/* Most white space at the start of a body that is skipped to judge it. */
#define MAX_BLANK 4096

/*
 * Find out how the body begins; false if more of it has to come first.  At the end of
 * an empty body that is DCF_BODY_BLANK.
 */
static bool
look_at_body(DcfBody *body, DcfBodyStart *start)
{
	for (;;)
	{
		size_t len;
		const char *bytes = dcf_body_buffer(body, &len);

		*start = dcf_markup_look(bytes, len);
		if (*start == DCF_BODY_MARKUP || *start == DCF_BODY_OTHER)
			return true;
		if (len > MAX_BLANK)
		{
			*start = DCF_BODY_OTHER;
			return true;
		}
		switch (dcf_body_fill(body, false))
		{
			case DCF_BODY_MORE:
				break;
			case DCF_BODY_ENDED:
				return true;
			default:
				return false;
		}
	}
}

bool
dcf_outcome_gather(DcfBody *body, int idle_timeout, int64 *until)
{
	int64 now = dcf_wait_now();

	if (*until == 0 && idle_timeout > 0)
		*until = now + idle_timeout;
	/* A body that is only shown is not worth a longer wait. */
	return (*until != 0 && now >= *until) ||
		dcf_body_gather(body, DCF_JSON_DOCUMENT_MAX) != DCF_BODY_LATER;
}

/*
 * The outcome of a reply with status 200.  If it is markup that was not requested,
 * the rest of it tells an empty table from a page.
 */
static DcfOutcome
judge_body(const char *expects, DcfBody *body, int idle_timeout, int64 *until)
{
	DcfBodyStart start;
	const char *bytes;
	size_t len;

	if (!look_at_body(body, &start))
		return DCF_OUTCOME_UNKNOWN;
	if (start == DCF_BODY_BLANK)
		return DCF_OUTCOME_BLANK;
	if (start == DCF_BODY_OTHER || expects == NULL)
		return DCF_OUTCOME_REPLY;
	if (!dcf_outcome_gather(body, idle_timeout, until))
		return DCF_OUTCOME_UNKNOWN;
	bytes = dcf_body_buffer(body, &len);
	return dcf_markup_is_empty_table(bytes, len) ? DCF_OUTCOME_EMPTY_TABLE :
												   DCF_OUTCOME_PAGE;
}

/* The outcome of a reply with another status. */
static DcfOutcome
judge_refusal(DcfBody *body, int status, int idle_timeout, int64 *until)
{
	const char *bytes;
	size_t len;

	if (status == 429 || status == 502 || status == 503 || status == 504)
		return DCF_OUTCOME_LATER;
	if (status < 500 || status > 599)
		return DCF_OUTCOME_REFUSAL;
	if (!dcf_outcome_gather(body, idle_timeout, until))
		return DCF_OUTCOME_UNKNOWN;
	bytes = dcf_body_buffer(body, &len);
	return dcf_markup_look(bytes, len) == DCF_BODY_MARKUP ?
		DCF_OUTCOME_LATER :
		DCF_OUTCOME_REFUSAL;
}

DcfOutcome
dcf_outcome_judge(const char *expects, const DcfHttpHead *head, DcfBody *body,
				  int idle_timeout, int64 *until)
{
	if (head->status != 200)
		return judge_refusal(body, head->status, idle_timeout, until);
	return judge_body(expects, body, idle_timeout, until);
}

/* Parse X-RateLimit-Reset, a time in UTC, into milliseconds from now. */
static bool
parse_reset_time(const char *value, int64 now, int64 *delay_ms)
{
	DcfIsoTime iso;
	int64 then;

	if (!dcf_text_parse_iso(value, strlen(value), &iso))
	{
		/* Digits alone could be anything; an HTTP date begins with a name. */
		return !(*value >= '0' && *value <= '9') &&
			dcf_retry_after_parse(value, strlen(value), now, delay_ms);
	}
	if (!iso.has_date || !iso.has_time)
		return false;
	then = (int64) (date2j(iso.year, iso.month, iso.day) - UNIX_EPOCH_JDATE) *
			SECS_PER_DAY +
		iso.hour * SECS_PER_HOUR + iso.minute * SECS_PER_MINUTE + iso.second -
		(iso.has_zone ? iso.offset : 0);
	/* Round up, so as not to come before the limit is reset. */
	if (iso.usec > 0)
		then++;
	*delay_ms = Min(Max(then - now, 0) * 1000, DCF_DELAY_MAX_MS);
	return true;
}

/*
 * Of the two headers about the rate limit, the seconds are preferred to the time,
 * because the service's clock may differ from ours.  Retry-After is independent
 * of them; the longer wait counts.
 */
int64
dcf_outcome_requested_wait(const DcfHttpHead *head)
{
	int64 now = (int64) time(NULL);
	int64 reset;
	int64 retry;

	if (!dcf_seconds_parse(head->rate_reset_seconds,
						   strlen(head->rate_reset_seconds), &reset) &&
		!parse_reset_time(head->rate_reset, now, &reset))
		reset = 0;
	if (!dcf_retry_after_parse(head->retry_after, strlen(head->retry_after),
							   now, &retry))
		retry = 0;
	return Max(reset, retry);
}
