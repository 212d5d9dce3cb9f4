/*
 * exchange.c
 *	  A request sent until there is a reply.  See exchange.h.
 *
 * The service asks clients to come again later in several ways: too many
 * requests at once (429), overload (503), gateways in between (502, 504, and pages
 * of other statuses from 500 on, which are not the service's own), and a reply of
 * status 200 without any body, or with its XML writer's empty table where other
 * than XML was asked for.  Neither is an empty result: that is "[]".
 */
#include "postgres.h"

#include <time.h>

#include "common/pg_prng.h"
#include "utils/datetime.h"

#include "base/foreign_text.h"
#include "base/json_document.h"
#include "base/wait.h"
#include "core/backoff.h"
#include "core/markup.h"
#include "core/text.h"
#include "net/exchange.h"
#include "net/refusal.h"

/* A body is not looked at further for its first byte that is no white space. */
#define MAX_BLANK 4096

/* What a try has brought. */
typedef enum Outcome
{
	OUTCOME_REPLY,		 /* to be read */
	OUTCOME_REFUSAL,	 /* another status, for good */
	OUTCOME_LATER,		 /* another status; the service may answer later */
	OUTCOME_BLANK,		 /* no body, or white space alone */
	OUTCOME_EMPTY_TABLE, /* where no XML was asked for */
	OUTCOME_PAGE,		 /* other markup there */
} Outcome;

void
dcf_exchange_init(DcfExchange *exchange, DcfHttpPool *pool,
				  const DcfServerOptions *options, int64 deadline)
{
	DcfHttpRequest *http = &exchange->http;

	memset(exchange, 0, sizeof(DcfExchange));
	exchange->pool = pool;
	exchange->path = "";
	exchange->options = options;
	exchange->max_retries = options->max_retries;
	http->compression = options->compression;
	http->connect_timeout = options->connect_timeout;
	http->first_byte_timeout = options->first_byte_timeout;
	http->idle_timeout = options->idle_timeout;
	http->deadline = deadline;
	http->total_timeout = options->total_timeout;
	http->max_buffer = options->max_record_size;
	http->ca_file = options->ca_file;
	http->tls_verify = options->tls_verify;
	http->proxy = options->proxy;
}

void
dcf_exchange_make_brief(DcfExchange *exchange)
{
	DcfHttpRequest *http = &exchange->http;
	int64 end = dcf_wait_now() + DCF_EXCHANGE_BRIEF_MS;

	exchange->max_retries = 0;
	if (http->deadline != 0 && http->deadline <= end)
		return;
	http->deadline = end;
	http->total_timeout = DCF_EXCHANGE_BRIEF_MS;
}

int64
dcf_exchange_deadline(const DcfServerOptions *options)
{
	if (options->total_timeout <= 0)
		return 0;
	return dcf_wait_now() + options->total_timeout;
}

/* How the body begins, waiting for as much of it as it takes to know. */
static DcfBodyStart
look_at_body(DcfHttpTransfer *transfer)
{
	for (;;)
	{
		size_t len;
		const char *body = dcf_http_buffer(transfer, &len);
		DcfBodyStart start = dcf_markup_look(body, len);

		if (start == DCF_BODY_MARKUP || start == DCF_BODY_OTHER)
			return start;
		if (len > MAX_BLANK)
			return DCF_BODY_OTHER;
		if (!dcf_http_fill(transfer))
			return start;
	}
}

/* What a reply of status 200 is. */
static Outcome
judge_body(const DcfExchange *exchange, DcfHttpTransfer *transfer)
{
	DcfBodyStart start = look_at_body(transfer);
	const char *body;
	size_t len;

	if (start == DCF_BODY_BLANK)
		return OUTCOME_BLANK;
	if (start == DCF_BODY_OTHER || exchange->expects == NULL)
		return OUTCOME_REPLY;
	dcf_http_gather(transfer, DCF_JSON_DOCUMENT_MAX);
	body = dcf_http_buffer(transfer, &len);
	return dcf_markup_is_empty_table(body, len) ? OUTCOME_EMPTY_TABLE :
												  OUTCOME_PAGE;
}

/* What a reply of another status is. */
static Outcome
judge_refusal(DcfHttpTransfer *transfer, int status)
{
	const char *body;
	size_t len;

	if (status == 429 || status == 502 || status == 503 || status == 504)
		return OUTCOME_LATER;
	if (status < 500 || status > 599)
		return OUTCOME_REFUSAL;
	dcf_http_gather(transfer, DCF_JSON_DOCUMENT_MAX);
	body = dcf_http_buffer(transfer, &len);
	return dcf_markup_look(body, len) == DCF_BODY_MARKUP ? OUTCOME_LATER :
														   OUTCOME_REFUSAL;
}

static Outcome
judge(const DcfExchange *exchange, DcfHttpTransfer *transfer,
	  DcfHttpStart start)
{
	int status = dcf_http_head(transfer)->status;

	if (status != 200)
		return judge_refusal(transfer, status);
	return start == DCF_HTTP_EMPTY ? OUTCOME_BLANK :
									 judge_body(exchange, transfer);
}

/* Read X-RateLimit-Reset, a time in UTC: how many milliseconds from now. */
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
	if (iso.usec > 0)
		then++;
	*delay_ms = Min(Max(then - now, 0) * 1000, DCF_DELAY_MAX_MS);
	return true;
}

/*
 * The wait that the reply asks for, in milliseconds; 0: none.  Seconds count
 * before the time of the same reset, which the service tells by a clock of its
 * own.  Retry-After is about something else: the longer one counts.
 */
static int64
get_requested_wait(const DcfHttpHead *head)
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

pg_noreturn static void raise_empty(const DcfExchange *exchange);

static void
raise_empty(const DcfExchange *exchange)
{
	ereport(ERROR,
			(errcode(ERRCODE_FDW_UNABLE_TO_CREATE_REPLY),
			 errmsg("reply from the service was empty"),
			 errdetail_plural("The service answered with status 200 but "
							  "without any data, after %d try.",
							  "The service answered with status 200 but "
							  "without any data, after %d tries.",
							  exchange->tries, exchange->tries),
			 errhint("Try again later.")));
}

pg_noreturn static void raise_empty_table(const DcfExchange *exchange);

static void
raise_empty_table(const DcfExchange *exchange)
{
	ereport(ERROR,
			(errcode(ERRCODE_FDW_UNABLE_TO_CREATE_REPLY),
			 errmsg("service sent markup instead of %s", exchange->expects),
			 errdetail_plural("The service answered with status 200 and an "
							  "empty XML table, after %d try.",
							  "The service answered with status 200 and an "
							  "empty XML table, after %d tries.",
							  exchange->tries, exchange->tries),
			 errhint("Try again later.")));
}

pg_noreturn static void raise_page(const DcfExchange *exchange,
								   const DcfHttpTransfer *transfer);

static void
raise_page(const DcfExchange *exchange, const DcfHttpTransfer *transfer)
{
	size_t len;
	const char *body = dcf_http_buffer(transfer, &len);
	char *title = dcf_foreign_text_title(body, len);

	ereport(
		ERROR,
		(errcode(ERRCODE_FDW_UNABLE_TO_CREATE_REPLY),
		 errmsg("service sent markup instead of %s", exchange->expects),
		 title ?
			 errdetail("The service answered with status 200 and a page with "
					   "the title \"%s\".",
					   title) :
			 errdetail("The service answered with status 200 and a text that "
					   "begins with: %s",
					   dcf_foreign_text_start(body, len)),
		 errhint("Check the server's option \"url\", and that the credentials "
				 "are valid: it may be a page to log in.")));
}

/* The wait that grows from one failure to the next. */
static int64
choose_backoff(const DcfExchange *exchange)
{
	return dcf_backoff_delay(exchange->failures,
							 exchange->options->retry_max_wait,
							 pg_prng_uint64(&pg_global_prng_state));
}

/*
 * After a try that was answered, and may go better the next time: how long to
 * wait, or -1 if there is to be no next one.
 */
static int64
choose_wait(DcfExchange *exchange, DcfHttpTransfer *transfer)
{
	const DcfHttpHead *head = dcf_http_head(transfer);
	int longest = exchange->options->retry_max_wait;
	bool too_many = head->status == 429 && exchange->slot;
	int64 asked = get_requested_wait(head);

	/* A probe had no fair chance. */
	if (!too_many || !dcf_limiter_was_probe(exchange->slot))
		exchange->failures++;
	if (asked > longest)
	{
		exchange->requested_wait = asked;
		return -1;
	}
	if (exchange->failures > exchange->max_retries)
		return -1;
	/* What is asked of all, the governor has all wait for. */
	if (asked > 0)
		return too_many ? 0 : asked;
	if (!too_many)
		return choose_backoff(exchange);
	if (dcf_limiter_was_probe(exchange->slot))
		return 0;
	return dcf_backoff_refused(exchange->failures, longest,
							   pg_prng_uint64(&pg_global_prng_state));
}

/* What a reply's head says to the governor. */
static void
tell_limiter(DcfLimiterSlot *slot, const DcfHttpHead *head)
{
	if (head->status == 429)
		dcf_limiter_refuse(slot, get_requested_wait(head));
	else if (head->status == 200)
		dcf_limiter_accept(slot);
}

/* A DcfHttpEndFn: a try has ended, perhaps before anybody looked at its head. */
static void
end_try(void *arg, const DcfHttpHead *head)
{
	tell_limiter(arg, head);
	dcf_limiter_release(arg);
}

/* Wait for the governor's leave to try. */
static void
take_slot(DcfExchange *exchange, MemoryContext cxt)
{
	DcfHttpRequest *http = &exchange->http;

	if (exchange->limiter == NULL)
		return;
	if (exchange->slot == NULL)
		exchange->slot =
			dcf_limiter_slot(exchange->limiter, exchange->path, cxt);
	if (!dcf_limiter_take(exchange->slot, http->deadline))
		dcf_http_raise_total(http->total_timeout);
	http->on_end = end_try;
	http->on_end_arg = exchange->slot;
}

/* A probe has found the host. */
static void
note_connected(void *arg)
{
	dcf_circuit_breaker_connect(arg);
}

/* Hear whether the host is to be tried: before the wait for a slot, and after. */
static void
enter(DcfExchange *exchange, MemoryContext cxt)
{
	DcfHttpRequest *http = &exchange->http;

	if (exchange->breaker == NULL)
		exchange->breaker =
			dcf_circuit_breaker_create(http->url, exchange->options, cxt);
	dcf_circuit_breaker_check(exchange->breaker);
	take_slot(exchange, cxt);
	http->on_connect = NULL;
	if (dcf_circuit_breaker_enter(exchange->breaker))
	{
		http->on_connect = note_connected;
		http->on_connect_arg = exchange->breaker;
	}
}

void
dcf_exchange_begin(DcfExchange *exchange, MemoryContext cxt)
{
	enter(exchange, cxt);
	exchange->begun = dcf_http_begin(exchange->pool, &exchange->http, cxt);
	exchange->tries++;
}

/*
 * A try has failed without an answer.  Raises if it was the last, or waits.
 * What others try meanwhile, in vain, counts as well.  A request that has fewer
 * tries than others of its server says nothing for these, nor does the only try
 * of one, if it was broken off: that can be about what it asked for.
 */
static void
wait_for_host(DcfExchange *exchange, DcfHttpTransfer *transfer)
{
	DcfHttpFailure failure = dcf_http_failure(transfer);
	bool hopeless;

	if (failure == DCF_FAILURE_LASTING)
		dcf_http_raise_failure(transfer, exchange->tries);
	exchange->failures++;
	hopeless = failure == DCF_FAILURE_TIMEOUT ||
		(exchange->failures > exchange->options->max_retries &&
		 !(failure == DCF_FAILURE_BROKEN && exchange->failures == 1));
	if (!dcf_circuit_breaker_fail(exchange->breaker, failure,
								  dcf_http_failure_message(transfer),
								  hopeless) ||
		exchange->failures > exchange->max_retries)
		dcf_http_raise_failure(transfer, exchange->tries);
	dcf_http_close(transfer);
	while (dcf_circuit_breaker_wait(exchange->breaker,
									choose_backoff(exchange),
									exchange->http.deadline,
									exchange->http.total_timeout))
	{
		if (++exchange->failures > exchange->max_retries)
			dcf_circuit_breaker_give_up(exchange->breaker);
	}
}

static DcfHttpTransfer *
run(DcfExchange *exchange, MemoryContext cxt)
{
	for (;;)
	{
		DcfHttpTransfer *transfer;
		DcfHttpStart start;
		Outcome outcome;
		int64 wait;

		if (exchange->begun == NULL)
			dcf_exchange_begin(exchange, cxt);
		transfer = exchange->begun;
		exchange->begun = NULL;
		start = dcf_http_await(transfer);
		if (start == DCF_HTTP_UNREACHABLE)
		{
			/* It had no fair chance, and gets one now. */
			if (dcf_http_was_neglected(transfer))
			{
				dcf_http_close(transfer);
				exchange->tries--;
			}
			else
				wait_for_host(exchange, transfer);
			continue;
		}
		dcf_circuit_breaker_answer(exchange->breaker);
		if (exchange->slot)
			tell_limiter(exchange->slot, dcf_http_head(transfer));
		outcome = judge(exchange, transfer, start);
		if (outcome == OUTCOME_REPLY || outcome == OUTCOME_REFUSAL)
			return transfer;
		if (outcome == OUTCOME_PAGE)
			raise_page(exchange, transfer);
		wait = choose_wait(exchange, transfer);
		if (wait < 0)
		{
			if (outcome == OUTCOME_BLANK)
				raise_empty(exchange);
			if (outcome == OUTCOME_EMPTY_TABLE)
				raise_empty_table(exchange);
			return transfer;
		}
		/* A reply read to its end leaves its connection fit for the next. */
		if (start == DCF_HTTP_BODY)
			dcf_http_gather(transfer, DCF_JSON_DOCUMENT_MAX);
		dcf_http_close(transfer);
		dcf_http_sleep(wait, exchange->http.deadline,
					   exchange->http.total_timeout);
	}
}

DcfHttpTransfer *
dcf_exchange_run(DcfExchange *exchange, MemoryContext cxt)
{
	DcfHttpTransfer *transfer;

	/* Memory may outlive an error, as a cursor's does in a subtransaction. */
	PG_TRY();
	{
		transfer = run(exchange, cxt);
	}
	PG_CATCH();
	{
		if (exchange->breaker)
			dcf_circuit_breaker_leave(exchange->breaker);
		PG_RE_THROW();
	}
	PG_END_TRY();
	return transfer;
}

void
dcf_exchange_describe(const DcfExchange *exchange, DcfHttpTransfer *transfer,
					  DcfRefusal *refusal)
{
	const DcfHttpHead *head = dcf_http_head(transfer);
	DcfLimiterPause pause;
	const char *body;
	char *copy;

	dcf_http_gather(transfer, DCF_JSON_DOCUMENT_MAX);
	memset(refusal, 0, sizeof(DcfRefusal));
	refusal->status = head->status;
	refusal->content_type = head->content_type;
	refusal->location =
		dcf_foreign_text_buffer(head->location, sizeof(head->location));
	body = dcf_http_buffer(transfer, &refusal->body_len);
	refusal->body_len = Min(refusal->body_len, DCF_JSON_DOCUMENT_MAX);
	copy = palloc(refusal->body_len + 1);
	memcpy(copy, body, refusal->body_len);
	refusal->body = copy;
	refusal->max_rows = exchange->options->max_rows;
	refusal->tries = exchange->tries;
	refusal->requested_wait = exchange->requested_wait;
	if (exchange->limiter && head->status == 429 &&
		dcf_limiter_show_pause(exchange->limiter, &pause))
	{
		refusal->paused_until = pause.until;
		refusal->resume = pause.command;
	}
}
