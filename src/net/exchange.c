/*
 * exchange.c
 *	  Tries and retries.  See exchange.h.
 */
#include "postgres.h"

#include "common/pg_prng.h"

#include "core/backoff.h"
#include "exchange_error.h"
#include "net/exchange.h"
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
	exchange->context = CurrentMemoryContext;
	exchange->entering = exchange->since = dcf_wait_now();
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
dcf_exchange_make_single(DcfExchange *exchange, int duration)
{
	DcfHttpRequest *http = &exchange->http;
	int64 end = dcf_wait_now() + duration;

	exchange->max_retries = 0;
	if (http->deadline != 0 && http->deadline <= end)
		return;
	http->deadline = end;
	/* The message about the deadline shows this time. */
	http->total_timeout = duration;
}

void
dcf_exchange_make_brief(DcfExchange *exchange)
{
	dcf_exchange_make_single(exchange, DCF_EXCHANGE_BRIEF_MS);
}

void
dcf_exchange_make_once(DcfExchange *exchange)
{
	exchange->once = true;
	exchange->http.fresh = true;
}

/*
 * With a status from 400 on, only those that blame the request show that it was not
 * taken.  408 may be said while it is being worked on, and a redirect after it.
 */
DcfTaken
dcf_exchange_taken(const DcfExchange *exchange)
{
	if (exchange->transfer == NULL ||
		!dcf_transfer_is_connected(exchange->transfer))
		return DCF_TAKEN_NO;
	if (exchange->status / 100 == 2)
		return DCF_TAKEN_YES;
	return exchange->status / 100 == 4 && exchange->status != 408 ?
		DCF_TAKEN_NO :
		DCF_TAKEN_UNKNOWN;
}

int64
dcf_exchange_deadline(const DcfServerOptions *options)
{
	if (options->total_timeout <= 0)
		return 0;
	return dcf_wait_now() + options->total_timeout;
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
choose_wait(DcfExchange *exchange)
{
	const DcfHttpHead *head = dcf_transfer_head(exchange->transfer);
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
	if (exchange->single || exchange->failures > exchange->max_retries)
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

/* Called when a try is connected. */
static void
note_connected(void *arg)
{
	const DcfExchange *exchange = arg;

	if (exchange->probing)
		dcf_circuit_breaker_connect(exchange->breaker);
	if (exchange->on_connect)
		exchange->on_connect(exchange->on_connect_arg);
}

void
dcf_exchange_check_deadline(const DcfExchange *exchange)
{
	const DcfHttpRequest *http = &exchange->http;

	if (http->deadline != 0 && http->deadline <= dcf_wait_now())
		dcf_http_raise_total(http->total_timeout);
}

/* Wait for leave to send the next try. */
static void
begin_entering(DcfExchange *exchange)
{
	exchange->state = DCF_EXCHANGE_ENTERING;
	exchange->entering = dcf_wait_now();
	exchange->backed_off += exchange->entering - exchange->since;
	exchange->since = exchange->entering;
	exchange->needed = false;
}

/*
 * The deadline does not count the time in which the request was only ready to be
 * sent, while others were under way.
 */
static void
start_clock(DcfExchange *exchange)
{
	if (exchange->needed)
		return;
	exchange->needed = true;
	if (exchange->http.deadline != 0)
		exchange->http.deadline += dcf_wait_now() - exchange->entering;
}

/*
 * Get leave for the next try if possible now; plan may be NULL if the claim is only
 * to look.  If the host may be unreachable, one request at a time is enough.
 */
static bool
enter(DcfExchange *exchange, DcfLimiterClaim claim, DcfWaitPlan *plan)
{
	DcfHttpRequest *http = &exchange->http;

	if (claim == DCF_CLAIM_NEEDED)
	{
		start_clock(exchange);
		dcf_exchange_check_deadline(exchange);
	}
	if (exchange->breaker == NULL)
		exchange->breaker =
			dcf_circuit_breaker_create(http->url, exchange->options,
									   exchange->context);
	if (exchange->limiter)
	{
		if (claim != DCF_CLAIM_NEEDED &&
			!dcf_circuit_breaker_is_clear(exchange->breaker))
			return false;
		/* Here as well as before the try: an outage needs no wait for a slot. */
		dcf_circuit_breaker_check(exchange->breaker);
		if (exchange->slot == NULL)
			exchange->slot =
				dcf_limiter_slot(exchange->limiter, exchange->path,
								 &exchange->wait, exchange->context);
		if (!dcf_limiter_claim(exchange->slot, claim, plan))
			return false;
		http->on_end = end_try;
		http->on_end_arg = exchange->slot;
	}
	start_clock(exchange);
	exchange->permitted = true;
	return true;
}

/* The wait for leave is over.  A pause after a 429 is not the queue's. */
static void
count_wait(DcfExchange *exchange)
{
	int64 now = dcf_wait_now();
	int64 wait = now - exchange->since;
	int64 paused = Min(dcf_limiter_paused(&exchange->wait, now), wait);

	exchange->queued += wait - paused;
	exchange->backed_off += paused;
}

/* Send the next try, which has leave. */
static void
send_try(DcfExchange *exchange)
{
	DcfHttpRequest *http = &exchange->http;

	exchange->permitted = false;
	if (exchange->tries == 0 && exchange->on_send)
		exchange->on_send(exchange->on_send_arg);
	count_wait(exchange);
	exchange->status = 0;
	exchange->probing = dcf_circuit_breaker_enter(exchange->breaker);
	http->on_connect =
		exchange->probing || exchange->on_connect ? note_connected : NULL;
	http->on_connect_arg = exchange;
	exchange->transfer =
		dcf_transfer_begin(exchange->pool, http, exchange->context);
	/* The other transfer may end before another try. */
	http->cookies_of = NULL;
	exchange->tries++;
	exchange->answered = false;
	exchange->gather_until = 0;
	exchange->state = DCF_EXCHANGE_SENT;
}

/* Close a transfer that is not the last one. */
static void
end_transfer(DcfExchange *exchange)
{
	dcf_transfer_close(exchange->transfer);
	exchange->transfer = NULL;
	exchange->body = NULL;
}

/*
 * After a try that failed without a reply: begin to wait for the next one, or raise
 * if there is none.  Tries of other requests that fail in the meantime count, too.
 *
 * The failure is hopeless, and opens the circuit, after all tries that the
 * server's options allow, or after connect_timeout.  A single try whose connection
 * was closed is no proof: the reason may lie in that request.
 */
static void
lose_host(DcfExchange *exchange)
{
	DcfTransfer *transfer = exchange->transfer;
	DcfHttpFailure failure = dcf_transfer_failure(transfer);
	bool hopeless;

	/*
	 * Such a failure is raised without a wait each time, so the circuit need
	 * not know of it.
	 */
	if (failure == DCF_FAILURE_LASTING)
		dcf_transfer_raise_failure(transfer, exchange->tries);
	exchange->failures++;
	if (exchange->once && failure == DCF_FAILURE_BROKEN)
		exchange->max_retries = 0;
	hopeless = failure == DCF_FAILURE_TIMEOUT ||
		(exchange->failures > exchange->options->max_retries &&
		 !(failure == DCF_FAILURE_BROKEN && exchange->failures == 1));
	if (!dcf_circuit_breaker_fail(exchange->breaker, failure,
								  dcf_transfer_failure_message(transfer),
								  hopeless) ||
		exchange->failures > exchange->max_retries)
		dcf_transfer_raise_failure(transfer, exchange->tries);
	end_transfer(exchange);
	dcf_circuit_breaker_begin_wait(exchange->breaker,
								   choose_backoff(exchange));
	exchange->since = dcf_wait_now();
	exchange->state = DCF_EXCHANGE_UNREACHED;
}

/* In DCF_EXCHANGE_UNREACHED: whether the wait is over; else note it in the plan. */
static bool
await_host(DcfExchange *exchange, DcfWaitPlan *plan)
{
	switch (dcf_circuit_breaker_poll(exchange->breaker, plan))
	{
		case DCF_BREAKER_LATER:
			dcf_exchange_check_deadline(exchange);
			return false;
		case DCF_BREAKER_COUNTED:
			if (++exchange->failures > exchange->max_retries)
				dcf_circuit_breaker_give_up(exchange->breaker);
			dcf_circuit_breaker_begin_wait(exchange->breaker,
										   choose_backoff(exchange));
			break;
		case DCF_BREAKER_DUE:
			begin_entering(exchange);
			break;
	}
	return true;
}

/* Report the head once, before the body is judged, as that may take longer. */
static void
note_answer(DcfExchange *exchange)
{
	const DcfHttpHead *head = dcf_transfer_head(exchange->transfer);

	if (exchange->answered)
		return;
	exchange->answered = true;
	exchange->status = head->status;
	exchange->refused += head->status == 429;
	dcf_circuit_breaker_answer(exchange->breaker);
	if (exchange->slot)
		tell_limiter(exchange->slot, head);
	exchange->body = dcf_body_create(dcf_transfer_source(exchange->transfer));
	if (exchange->on_body)
		exchange->on_body(exchange->on_body_arg, exchange->body);
}

/* Whether enough of a body has come that is not read as data. */
static bool
has_gathered(DcfExchange *exchange)
{
	return dcf_outcome_gather(exchange->body, exchange->http.idle_timeout,
							  &exchange->gather_until);
}

/* The reply's outcome is known: end the exchange, raise, or plan another try. */
static void
decide(DcfExchange *exchange, DcfOutcome outcome)
{
	int status = dcf_transfer_head(exchange->transfer)->status;
	int64 wait;

	exchange->gather_until = 0;
	/* The service may have taken the request, except with a 429. */
	if (exchange->once && status != 429)
		outcome = status == 200 ? DCF_OUTCOME_REPLY : DCF_OUTCOME_REFUSAL;
	if (outcome == DCF_OUTCOME_PAGE)
		dcf_exchange_raise_page(exchange);
	if (outcome == DCF_OUTCOME_REPLY || outcome == DCF_OUTCOME_REFUSAL)
	{
		exchange->state = outcome == DCF_OUTCOME_REPLY ? DCF_EXCHANGE_DONE :
														 DCF_EXCHANGE_REFUSED;
		return;
	}
	wait = choose_wait(exchange);
	if (wait >= 0)
	{
		exchange->since = dcf_wait_now();
		exchange->next_try = exchange->since + wait;
		exchange->state = DCF_EXCHANGE_DRAINING;
		return;
	}
	if (outcome == DCF_OUTCOME_BLANK)
		dcf_exchange_raise_empty(exchange);
	if (outcome == DCF_OUTCOME_EMPTY_TABLE)
		dcf_exchange_raise_empty_table(exchange);
	/* DCF_OUTCOME_LATER is left: a refusal, which the caller raises. */
	exchange->state = DCF_EXCHANGE_REFUSED;
}

/* In DCF_EXCHANGE_SENT: go on if the network has brought enough. */
static bool
receive(DcfExchange *exchange)
{
	DcfOutcome outcome;

	switch (dcf_transfer_state(exchange->transfer))
	{
		case DCF_TRANSFER_STARTED:
			return false;
		case DCF_TRANSFER_UNREACHABLE:
			lose_host(exchange);
			return true;
		case DCF_TRANSFER_HEAD:
			break;
	}
	note_answer(exchange);
	outcome = dcf_outcome_judge(exchange->expects,
								dcf_transfer_head(exchange->transfer),
								exchange->body, exchange->http.idle_timeout,
								&exchange->gather_until);
	if (outcome == DCF_OUTCOME_UNKNOWN)
		return false;
	decide(exchange, outcome);
	return true;
}

/* Take one step; false if the exchange has to wait. */
static bool
take_step(DcfExchange *exchange)
{
	DcfWaitPlan unused;

	switch (exchange->state)
	{
		case DCF_EXCHANGE_ENTERING:
			if (!exchange->permitted && !enter(exchange, DCF_CLAIM_LOOK, NULL))
				return false;
			send_try(exchange);
			return true;
		case DCF_EXCHANGE_SENT:
			return receive(exchange);
		case DCF_EXCHANGE_REFUSED:
			if (!has_gathered(exchange))
				return false;
			exchange->state = DCF_EXCHANGE_DONE;
			return true;
		case DCF_EXCHANGE_DRAINING:
			/* A reply read to its end leaves its connection fit for the next. */
			if (!has_gathered(exchange))
				return false;
			end_transfer(exchange);
			exchange->state = DCF_EXCHANGE_PAUSING;
			return true;
		case DCF_EXCHANGE_PAUSING:
			if (exchange->next_try > dcf_wait_now())
			{
				dcf_exchange_check_deadline(exchange);
				return false;
			}
			begin_entering(exchange);
			return true;
		case DCF_EXCHANGE_UNREACHED:
			dcf_wait_plan_begin(&unused);
			return await_host(exchange, &unused);
		case DCF_EXCHANGE_DONE:
			break;
	}
	return false;
}

bool
dcf_exchange_step(DcfExchange *exchange)
{
	/* The context may outlive an error, as a cursor's does in a subtransaction. */
	PG_TRY();
	{
		while (take_step(exchange))
			;
	}
	PG_CATCH();
	{
		if (exchange->breaker)
			dcf_circuit_breaker_leave(exchange->breaker);
		PG_RE_THROW();
	}
	PG_END_TRY();
	return exchange->state == DCF_EXCHANGE_DONE;
}

/* Wait for the rest of a body that is not read as data. */
static void
plan_gathering(DcfExchange *exchange, DcfWaitPlan *plan)
{
	dcf_body_plan(exchange->body, plan);
	if (exchange->gather_until != 0)
		dcf_wait_plan_note(plan, exchange->gather_until, DCF_WAIT_REPLY);
}

void
dcf_exchange_plan(DcfExchange *exchange, DcfLimiterClaim claim,
				  DcfWaitPlan *plan)
{
	const DcfHttpRequest *http = &exchange->http;

	switch (exchange->state)
	{
		case DCF_EXCHANGE_ENTERING:
			/* A look is for dcf_exchange_step(), which sends at once. */
			if (exchange->permitted ||
				(claim != DCF_CLAIM_LOOK && enter(exchange, claim, plan)))
				plan->ready = true;
			else if (exchange->needed && http->deadline != 0)
			{
				dcf_exchange_check_deadline(exchange);
				dcf_wait_plan_note(plan, http->deadline, DCF_WAIT_QUEUE);
			}
			break;
		case DCF_EXCHANGE_SENT:
			if (exchange->body)
				plan_gathering(exchange, plan);
			else if (dcf_transfer_is_ready(exchange->transfer))
				/* The head has come since the last step, in another's wait. */
				plan->ready = true;
			else
				dcf_transfer_plan(exchange->transfer, plan);
			break;
		case DCF_EXCHANGE_REFUSED:
		case DCF_EXCHANGE_DRAINING:
			plan_gathering(exchange, plan);
			break;
		case DCF_EXCHANGE_PAUSING:
			dcf_wait_plan_note(plan, exchange->next_try, DCF_WAIT_RETRY);
			if (http->deadline != 0)
				dcf_wait_plan_note(plan, http->deadline, DCF_WAIT_RETRY);
			break;
		case DCF_EXCHANGE_UNREACHED:
			if (await_host(exchange, plan))
				plan->ready = true;
			else if (http->deadline != 0)
				dcf_wait_plan_note(plan, http->deadline, DCF_WAIT_RETRY);
			break;
		case DCF_EXCHANGE_DONE:
			plan->ready = true;
			break;
	}
}

void
dcf_exchange_waited(DcfExchange *exchange)
{
	if (exchange->body)
		dcf_body_waited(exchange->body);
	else if (exchange->transfer)
		dcf_transfer_waited(exchange->transfer);
	/* The next in the queue is to wait no longer, but not to overtake, either. */
	if (exchange->state == DCF_EXCHANGE_ENTERING && exchange->slot &&
		!exchange->permitted && !enter(exchange, DCF_CLAIM_LOOK, NULL))
		dcf_limiter_rest(exchange->slot);
}

void
dcf_exchange_repeat(DcfExchange *exchange)
{
	end_transfer(exchange);
	/* Its clock goes on. */
	exchange->state = DCF_EXCHANGE_ENTERING;
	dcf_exchange_begin_queuing(exchange);
}

void
dcf_exchange_move(DcfExchange *exchange, DcfHttpPool *pool,
				  const DcfLimiter *limiter)
{
	/* The end of the transfer releases its slot. */
	dcf_exchange_repeat(exchange);
	exchange->pool = pool;
	exchange->slot = NULL;
	if (exchange->limiter)
		exchange->limiter = limiter;
}
