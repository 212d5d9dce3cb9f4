/*
 * exchange.c
 *	  Tries and retries.  See exchange.h.
 */
#include "postgres.h"

#include "common/pg_prng.h"

#include "base/foreign_text.h"
#include "base/json_document.h"
#include "base/wait.h"
#include "core/backoff.h"
#include "net/blocking.h"
#include "net/exchange.h"
#include "net/refusal.h"
#include "outcome.h"

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
	/* A reader consumes all but a record that is not complete yet. */
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
	/* The message about the deadline shows this time. */
	http->total_timeout = DCF_EXCHANGE_BRIEF_MS;
}

int64
dcf_exchange_deadline(const DcfServerOptions *options)
{
	if (options->total_timeout <= 0)
		return 0;
	return dcf_wait_now() + options->total_timeout;
}

/* Raise that all tries brought a reply without data. */
pg_noreturn static void
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

/* Raise that all tries brought an empty XML table. */
pg_noreturn static void
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

/* Raise that the reply is a page, with its title or its start. */
pg_noreturn static void
raise_page(const DcfExchange *exchange, const DcfBody *body)
{
	size_t len;
	const char *text = dcf_body_buffer(body, &len);
	char *title = dcf_foreign_text_title(text, len);

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
					   dcf_foreign_text_start(text, len)),
		 errhint("Check the server's option \"url\", and that the credentials "
				 "are valid: it may be a page to log in.")));
}

/* The wait before the next try, which grows with each failure; in ms. */
static int64
choose_backoff(const DcfExchange *exchange)
{
	return dcf_backoff_delay(exchange->failures,
							 exchange->options->retry_max_wait,
							 pg_prng_uint64(&pg_global_prng_state));
}

/*
 * After a reply for which a retry makes sense: count the failure, and return how
 * many ms to wait, or -1 if no more tries are allowed.
 */
static int64
choose_wait(DcfExchange *exchange, const DcfHttpHead *head)
{
	int longest = exchange->options->retry_max_wait;
	/* Without a slot there is no limiter that could make others wait. */
	bool too_many = head->status == 429 && exchange->slot;
	int64 requested = dcf_outcome_requested_wait(head);

	/* The refusal of a probe of the limit does not count. */
	if (!too_many || !dcf_limiter_was_probe(exchange->slot))
		exchange->failures++;
	if (requested > longest)
	{
		exchange->requested_wait = requested;
		return -1;
	}
	if (exchange->failures > exchange->max_retries)
		return -1;
	/* After a 429 the limiter makes the whole account wait. */
	if (requested > 0)
		return too_many ? 0 : requested;
	if (!too_many)
		return choose_backoff(exchange);
	if (dcf_limiter_was_probe(exchange->slot))
		return 0;
	return dcf_backoff_refused(exchange->failures, longest,
							   pg_prng_uint64(&pg_global_prng_state));
}

/*
 * Report the status of a reply to the limiter.  This happens when the exchange
 * has seen the head and when the transfer ends, in either order; the limiter
 * ignores the second report.
 */
static void
tell_limiter(DcfLimiterSlot *slot, const DcfHttpHead *head)
{
	if (head->status == 429)
		dcf_limiter_refuse(slot, dcf_outcome_requested_wait(head));
	else if (head->status == 200)
		dcf_limiter_accept(slot);
}

/* A DcfHttpEndFn: release the slot.  The head may not have been judged yet. */
static void
end_try(void *arg, const DcfHttpHead *head)
{
	tell_limiter(arg, head);
	dcf_limiter_release(arg);
}

/* Take a slot of the limiter, and have it released with the transfer. */
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

/* Called when a probe is connected. */
static void
note_connected(void *arg)
{
	dcf_circuit_breaker_connect(arg);
}

/*
 * Before a try: check the circuit breaker and take a slot.  The check comes twice,
 * because the circuit may have opened during the wait for the slot.
 */
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
	exchange->begun = dcf_transfer_begin(exchange->pool, &exchange->http, cxt);
	exchange->tries++;
}

/*
 * After a try that failed without a reply: wait for the next one, or raise if
 * there is none.  Tries of other requests that fail in the meantime count, too.
 *
 * The failure is hopeless, and opens the circuit, after all tries that the
 * server's options allow, or after connect_timeout.  A single try whose connection
 * was closed is no proof: the reason may lie in that request.
 */
static void
wait_for_host(DcfExchange *exchange, DcfTransfer *transfer)
{
	DcfHttpFailure failure = dcf_transfer_failure(transfer);
	bool hopeless;

	/*
	 * Such a failure is raised without a wait each time, so the circuit need
	 * not know of it.
	 */
	if (failure == DCF_FAILURE_LASTING)
		dcf_transfer_raise_failure(transfer, exchange->tries);
	exchange->failures++;
	hopeless = failure == DCF_FAILURE_TIMEOUT ||
		(exchange->failures > exchange->options->max_retries &&
		 !(failure == DCF_FAILURE_BROKEN && exchange->failures == 1));
	if (!dcf_circuit_breaker_fail(exchange->breaker, failure,
								  dcf_transfer_failure_message(transfer),
								  hopeless) ||
		exchange->failures > exchange->max_retries)
		dcf_transfer_raise_failure(transfer, exchange->tries);
	dcf_transfer_close(transfer);
	while (dcf_circuit_breaker_wait(exchange->breaker,
									choose_backoff(exchange),
									exchange->http.deadline,
									exchange->http.total_timeout))
	{
		if (++exchange->failures > exchange->max_retries)
			dcf_circuit_breaker_give_up(exchange->breaker);
	}
}

/*
 * Wait for the first byte of the body, or its end.  A refusal is reported even if
 * its body is cut or invalid.
 */
static DcfBody *
begin_body(const DcfExchange *exchange, DcfTransfer *transfer)
{
	DcfBody *body = dcf_body_create(transfer);

	if (dcf_transfer_head(transfer)->status == 200)
		(void) dcf_body_fill(body, true);
	else
		dcf_blocking_gather(body, 1, exchange->http.idle_timeout);
	return body;
}

/* dcf_exchange_run() without the cleanup after an error. */
static DcfBody *
run(DcfExchange *exchange, MemoryContext cxt)
{
	for (;;)
	{
		DcfTransfer *transfer;
		DcfBody *body;
		DcfOutcome outcome;
		int64 wait;

		if (exchange->begun == NULL)
			dcf_exchange_begin(exchange, cxt);
		transfer = exchange->begun;
		exchange->begun = NULL;
		if (dcf_blocking_await(transfer) == DCF_TRANSFER_UNREACHABLE)
		{
			wait_for_host(exchange, transfer);
			continue;
		}
		dcf_circuit_breaker_answer(exchange->breaker);
		/* Before the body is judged, as that may wait for more of it. */
		if (exchange->slot)
			tell_limiter(exchange->slot, dcf_transfer_head(transfer));
		body = begin_body(exchange, transfer);
		outcome = dcf_outcome_judge(exchange->expects, body,
									exchange->http.idle_timeout);
		if (outcome == DCF_OUTCOME_REPLY || outcome == DCF_OUTCOME_REFUSAL)
			return body;
		if (outcome == DCF_OUTCOME_PAGE)
			raise_page(exchange, body);
		wait = choose_wait(exchange, dcf_transfer_head(transfer));
		if (wait < 0)
		{
			/*
			 * DCF_OUTCOME_LATER is left: a refusal, which the caller raises.
			 */
			if (outcome == DCF_OUTCOME_BLANK)
				raise_empty(exchange);
			if (outcome == DCF_OUTCOME_EMPTY_TABLE)
				raise_empty_table(exchange);
			return body;
		}
		/* Read the reply to its end, so that its connection can be reused. */
		dcf_blocking_gather(body, DCF_JSON_DOCUMENT_MAX,
							exchange->http.idle_timeout);
		dcf_transfer_close(transfer);
		dcf_blocking_sleep(wait, exchange->http.deadline,
						   exchange->http.total_timeout);
	}
}

DcfBody *
dcf_exchange_run(DcfExchange *exchange, MemoryContext cxt)
{
	DcfBody *body;

	/* cxt may outlive the error, as a cursor's does in a subtransaction. */
	PG_TRY();
	{
		body = run(exchange, cxt);
	}
	PG_CATCH();
	{
		if (exchange->breaker)
			dcf_circuit_breaker_leave(exchange->breaker);
		PG_RE_THROW();
	}
	PG_END_TRY();
	return body;
}

void
dcf_exchange_describe(const DcfExchange *exchange, DcfBody *body,
					  DcfRefusal *refusal)
{
	const DcfHttpHead *head = dcf_transfer_head(dcf_body_transfer(body));
	DcfLimiterPause pause;
	const char *text;
	char *copy;

	dcf_blocking_gather(body, DCF_JSON_DOCUMENT_MAX,
						exchange->http.idle_timeout);
	memset(refusal, 0, sizeof(DcfRefusal));
	refusal->status = head->status;
	refusal->content_type = head->content_type;
	refusal->location =
		dcf_foreign_text_buffer(head->location, sizeof(head->location));
	text = dcf_body_buffer(body, &refusal->body_len);
	refusal->body_len = Min(refusal->body_len, DCF_JSON_DOCUMENT_MAX);
	copy = palloc(refusal->body_len + 1);
	memcpy(copy, text, refusal->body_len);
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
