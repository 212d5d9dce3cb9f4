/*
 * reply_copy.c
 *	  Replies from copies, and copies of replies.  See reply.h and net/copy.h.
 *
 * What fails while a stale copy may be read is caught, and raised again if there is
 * none.  Everything that the call has made belongs to its memory context.
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "base/catch_error.h"
#include "net/copy_source.h"
#include "reply_private.h"

/* Arguments and results of attempts; see dcf_catch_error(). */
typedef struct Attempt
{
	DcfReply *reply;
	DcfLimiterClaim claim;
	DcfWaitPlan *plan;
	DcfReplyStatus status;
} Attempt;

void
dcf_reply_use_copies(DcfReply *reply, const DcfFreshness *freshness,
					 DcfWarned *warned)
{
	reply->copy = dcf_copy_open(reply->session, reply->request,
								freshness->max_age, reply->context);
	reply->looking = true;
	reply->warned = warned;
	reply->stale_if_error = freshness->stale_if_error;
	if (reply->stale_if_error > 0)
		reply->call_context =
			AllocSetContextCreate(reply->context, "dataconnect_fdw call",
								  ALLOCSET_SMALL_SIZES);
}

/* Read the copy, which is open. */
static void
read_copy(DcfReply *reply)
{
	DcfSource *source = dcf_copy_source_create(
		reply->copy, dcf_session_options(reply->session)->max_record_size,
		reply->context);

	reply->looking = false;
	reply->is_copy = true;
	reply->fetched_at = dcf_copy_head(reply->copy)->fetched_at;
	reply->body = dcf_body_create(source);
	dcf_reply_trace_body(reply, reply->body);
}

/* The total_timeout also counts the wait for another session. */
static void
check_deadline(DcfReply *reply)
{
	ErrorContextCallback callback;

	if (reply->deadline == 0 || reply->deadline > dcf_wait_now())
		return;
	dcf_reply_push_context(reply, &callback);
	dcf_http_raise_total(dcf_session_options(reply->session)->total_timeout);
}

/* Whether the request only waits for a slot of the limiter. */
static bool
is_queued(const DcfReply *reply)
{
	return reply->has_url && reply->call.authorized &&
		dcf_exchange_is_entering(&reply->call.exchange);
}

/*
 * A session that has rows of other requests may step without a wait for long: others
 * go on waiting for what it fetches.
 */
static void
attend(DcfReply *reply)
{
	DcfWaitPlan unused;

	dcf_wait_plan_begin(&unused);
	dcf_copy_plan(reply->copy, &unused);
}

/* Look for a copy first.  If there is none to read or to wait for, send. */
static DcfReplyStatus
take_step(DcfReply *reply)
{
	DcfReplyStatus status;

	if (reply->looking)
	{
		switch (dcf_copy_step(reply->copy))
		{
			case DCF_COPY_HIT:
				read_copy(reply);
				return DCF_REPLY_BEGUN;
			case DCF_COPY_LATER:
				check_deadline(reply);
				return DCF_REPLY_LATER;
			case DCF_COPY_FETCH:
			case DCF_COPY_NONE:
				reply->looking = false;
				break;
		}
	}
	status = dcf_reply_step_call(reply);
	if (!is_queued(reply))
		dcf_copy_note_queued(reply->copy, false);
	if (status == DCF_REPLY_LATER)
		attend(reply);
	if (status == DCF_REPLY_TOO_MUCH)
		dcf_copy_give_up(reply->copy);
	return status;
}

/* A DcfCatchErrorFn. */
static void
attempt_step(void *arg)
{
	Attempt *attempt = arg;

	MemoryContextSwitchTo(attempt->reply->context);
	attempt->status = take_step(attempt->reply);
}

/* A DcfCatchErrorFn. */
static void
attempt_plan(void *arg)
{
	const Attempt *attempt = arg;

	MemoryContextSwitchTo(attempt->reply->context);
	dcf_reply_plan_call(attempt->reply, attempt->claim, attempt->plan);
}

/*
 * Whether the error means that the service cannot answer.  Of a refusal the status
 * decides, since several share a SQLSTATE.
 */
static bool
is_outage(const DcfReply *reply, const ErrorData *error)
{
	const DcfExchange *exchange = &reply->call.exchange;

	if (reply->over_limit)
		return false;
	if (reply->has_url && exchange->state == DCF_EXCHANGE_DONE)
	{
		int status = dcf_transfer_head(exchange->transfer)->status;

		return status == 429 || status >= 500;
	}
	switch (error->sqlerrcode)
	{
		case ERRCODE_FDW_UNABLE_TO_ESTABLISH_CONNECTION:
		case ERRCODE_FDW_UNABLE_TO_CREATE_REPLY:
		case ERRCODE_CONFIGURATION_LIMIT_EXCEEDED:
		case ERRCODE_FDW_ERROR: /* a log-in that was answered with 5xx */
			return true;
	}
	return false;
}

/* A sentence about the error.  That of a refusal shows the request itself. */
static char *
explain_stale(const DcfReply *reply, const ErrorData *error)
{
	const char *why = dcf_catch_error_show(error);

	return strstr(why, reply->shown) ?
		psprintf("The service could not answer: %s", why) :
		psprintf("The service could not answer %s: %s", reply->shown, why);
}

/* Warn once that the rows are old, and why. */
static void
warn_stale(DcfReply *reply, const ErrorData *error)
{
	int64 seconds = dcf_copy_opened_age(reply->copy) / 1000;
	ErrorContextCallback callback;

	if (!dcf_warned_add_request(reply->warned, reply->shown))
		return;
	dcf_reply_push_context(reply, &callback);
	ereport(
		WARNING,
		(reply->relation ?
			 errmsg(
				 "rows of foreign table \"%s\" are from a copy that is " INT64_FORMAT
				 " s old",
				 reply->relation, seconds) :
			 errmsg("rows are from a copy that is " INT64_FORMAT " s old",
					seconds),
		 errdetail_internal("%s", explain_stale(reply, error))));
	dcf_reply_pop_context(&callback);
}

/* Read a stale copy in place of the reply that failed; false if there is none. */
static bool
read_stale(DcfReply *reply, const ErrorData *error)
{
	if (!is_outage(reply, error) ||
		!dcf_copy_open_stale(reply->copy, reply->stale_if_error))
		return false;
	reply->has_url = false;
	reply->call.exchange.transfer = NULL;
	reply->call.exchange.body = NULL;
	MemoryContextReset(reply->call_context);
	read_copy(reply);
	reply->is_stale = true;
	warn_stale(reply, error);
	return true;
}

DcfReplyStatus
dcf_reply_step_copy(DcfReply *reply)
{
	Attempt attempt = {.reply = reply};
	ErrorData *error = reply->error;

	if (reply->stale_if_error == 0)
		return take_step(reply);
	if (error == NULL)
		error = dcf_catch_error(attempt_step, &attempt);
	if (error == NULL)
		return attempt.status;
	if (!read_stale(reply, error))
	{
		/* That calls no error context callbacks. */
		reply->trace.sqlstate = error->sqlerrcode;
		ReThrowError(error);
	}
	return DCF_REPLY_BEGUN;
}

/* The call, of which an error may be one that a stale copy replaces. */
static void
plan_call(DcfReply *reply, DcfLimiterClaim claim, DcfWaitPlan *plan)
{
	Attempt attempt = {.reply = reply, .claim = claim, .plan = plan};
	MemoryContext old;

	if (reply->stale_if_error == 0 || reply->body)
	{
		dcf_reply_plan_call(reply, claim, plan);
		return;
	}
	old = MemoryContextSwitchTo(reply->context);
	if (reply->error == NULL)
		reply->error = dcf_catch_error(attempt_plan, &attempt);
	MemoryContextSwitchTo(old);
	if (reply->error)
		plan->ready = true;
}

void
dcf_reply_plan_copy(DcfReply *reply, DcfLimiterClaim claim, DcfWaitPlan *plan)
{
	if (!reply->looking)
	{
		plan_call(reply, claim, plan);
		dcf_copy_note_queued(reply->copy, is_queued(reply));
	}
	else if (reply->deadline != 0)
		dcf_wait_plan_note(plan, reply->deadline, DCF_WAIT_COPY);
	dcf_copy_plan(reply->copy, plan);
}

void
dcf_reply_keep(DcfReply *reply, uint64 records)
{
	reply->trace.whole = true;
	if (reply->copy && !reply->is_copy)
		dcf_copy_keep(reply->copy, records);
}
