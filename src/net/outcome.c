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
#include "net/blocking.h"
#include "outcome.h"

/* Most white space at the start of a body that is skipped to judge it. */
#define MAX_BLANK 4096

/* Find out how the body begins, waiting for as much of it as necessary. */
static DcfBodyStart
look_at_body(DcfBody *body)
{
	for (;;)
	{
		size_t len;
		const char *text = dcf_body_buffer(body, &len);
		DcfBodyStart start = dcf_markup_look(text, len);

		if (start == DCF_BODY_MARKUP || start == DCF_BODY_OTHER)
			return start;
		if (len > MAX_BLANK)
			return DCF_BODY_OTHER;
		if (dcf_body_fill(body, true) != DCF_BODY_MORE)
			return start;
	}
}

/*
 * The outcome of a reply with status 200 and a body.  If it is markup that was
 * not requested, the rest of it tells an empty table from a page.
 */
static DcfOutcome
judge_body(const char *expects, DcfBody *body, int idle_timeout)
{
	DcfBodyStart start = look_at_body(body);
	const char *text;
	size_t len;

	if (start == DCF_BODY_BLANK)
		return DCF_OUTCOME_BLANK;
	if (start == DCF_BODY_OTHER || expects == NULL)
		return DCF_OUTCOME_REPLY;
	dcf_blocking_gather(body, DCF_JSON_DOCUMENT_MAX, idle_timeout);
	text = dcf_body_buffer(body, &len);
	return dcf_markup_is_empty_table(text, len) ? DCF_OUTCOME_EMPTY_TABLE :
												  DCF_OUTCOME_PAGE;
}

/* The outcome of a reply with another status. */
static DcfOutcome
judge_refusal(DcfBody *body, int status, int idle_timeout)
{
	const char *text;
	size_t len;

	if (status == 429 || status == 502 || status == 503 || status == 504)
		return DCF_OUTCOME_LATER;
	if (status < 500 || status > 599)
		return DCF_OUTCOME_REFUSAL;
	dcf_blocking_gather(body, DCF_JSON_DOCUMENT_MAX, idle_timeout);
	text = dcf_body_buffer(body, &len);
	return dcf_markup_look(text, len) == DCF_BODY_MARKUP ? DCF_OUTCOME_LATER :
														   DCF_OUTCOME_REFUSAL;
}

DcfOutcome
dcf_outcome_judge(const char *expects, DcfBody *body, int idle_timeout)
{
	int status = dcf_transfer_head(dcf_body_transfer(body))->status;
	size_t len;

	if (status != 200)
		return judge_refusal(body, status, idle_timeout);
	(void) dcf_body_buffer(body, &len);
	return len == 0 ? DCF_OUTCOME_BLANK :
					  judge_body(expects, body, idle_timeout);
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
