/*
 * reply.c
 *	  The reply to a request, from the service or a copy.  See reply.h.
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "base/foreign_text.h"
#include "net/preferred_endpoint.h"
#include "reply/limits.h"
#include "reply_private.h"

/*
 * The deadline is for everything: questions about the endpoint, the log-in, the
 * queue and all tries.
 */
DcfReply *
dcf_reply_create(DcfSession *session, const DcfRequest *request,
				 const char *relation, const DcfHintCallback *hint,
				 bool can_halve, MemoryContext cxt)
{
	MemoryContext own = AllocSetContextCreate(cxt, "dataconnect_fdw reply",
											  ALLOCSET_SMALL_SIZES);
	MemoryContext old = MemoryContextSwitchTo(own);
	DcfReply *reply = palloc0(sizeof(DcfReply));

	session = dcf_session_current(session);
	reply->context = reply->call_context = own;
	reply->session = session;
	reply->request = request;
	reply->shown =
		dcf_request_show(request, dcf_session_options(session)->url);
	reply->relation = relation ? pstrdup(relation) : NULL;
	if (hint)
		reply->hint = *hint;
	reply->can_halve = can_halve;
	reply->deadline = dcf_exchange_deadline(dcf_session_options(session));
	MemoryContextSwitchTo(old);
	return reply;
}

DcfReplyStatus
dcf_reply_step(DcfReply *reply)
{
	MemoryContext old = MemoryContextSwitchTo(reply->context);
	ErrorContextCallback callback;
	DcfReplyStatus status;

	dcf_reply_watch(reply, &callback);
	status =
		reply->copy ? dcf_reply_step_copy(reply) : dcf_reply_step_call(reply);
	dcf_reply_unwatch(reply, &callback);
	MemoryContextSwitchTo(old);
	return status;
}

DcfReplyStatus
dcf_reply_await(DcfReply *reply)
{
	DcfReplyStatus status;

	while ((status = dcf_reply_step(reply)) == DCF_REPLY_LATER)
	{
		DcfWaitPlan plan;
		ErrorContextCallback callback;

		dcf_wait_plan_begin(&plan);
		dcf_reply_plan(reply, DCF_CLAIM_NEEDED, &plan);
		dcf_reply_watch(reply, &callback);
		dcf_wait(&plan);
		dcf_reply_unwatch(reply, &callback);
		dcf_reply_waited(reply);
	}
	return status;
}

bool
dcf_reply_is_entering(const DcfReply *reply)
{
	return reply->body == NULL && !reply->looking &&
		(!reply->has_url || dcf_call_is_entering(&reply->call));
}

bool
dcf_reply_is_sent(const DcfReply *reply)
{
	return reply->has_url && !dcf_call_is_entering(&reply->call);
}

void
dcf_reply_plan(DcfReply *reply, DcfLimiterClaim claim, DcfWaitPlan *plan)
{
	ErrorContextCallback callback;

	dcf_reply_watch(reply, &callback);
	if (reply->copy)
		dcf_reply_plan_copy(reply, claim, plan);
	else
		dcf_reply_plan_call(reply, claim, plan);
	dcf_reply_unwatch(reply, &callback);
}

void
dcf_reply_waited(DcfReply *reply)
{
	if (reply->body)
		dcf_body_waited(reply->body);
	else if (reply->has_url)
		dcf_call_waited(&reply->call);
	else if (!reply->looking)
		dcf_preferred_endpoint_waited(reply->session);
}

DcfBody *
dcf_reply_body(const DcfReply *reply)
{
	return reply->body;
}

bool
dcf_reply_is_done(const DcfReply *reply)
{
	return reply->body && dcf_body_has_arrived(reply->body);
}

DcfTaken
dcf_reply_taken(const DcfReply *reply)
{
	return reply->has_url ? dcf_exchange_taken(&reply->call.exchange) :
							DCF_TAKEN_NO;
}

const char *
dcf_reply_request(const DcfReply *reply)
{
	return reply->shown;
}

TimestampTz
dcf_reply_fetched_at(const DcfReply *reply)
{
	return reply->fetched_at;
}

const char *
dcf_reply_content_type(const DcfReply *reply)
{
	const DcfHttpHead *head = dcf_body_head(reply->body);

	return dcf_foreign_text_buffer(head->content_type,
								   sizeof(head->content_type));
}

void
dcf_reply_counters(const DcfReply *reply, DcfReplyCounters *counters)
{
	/* There is no body before the head, and between two tries. */
	const DcfBody *body =
		reply->body ? reply->body : reply->call.exchange.body;

	memset(counters, 0, sizeof(DcfReplyCounters));
	counters->body.first_byte_ms = -1;
	counters->tries = reply->call.exchange.tries;
	counters->waited = reply->copy && dcf_copy_has_waited(reply->copy);
	counters->is_copy = reply->is_copy;
	counters->is_stale = reply->is_stale;
	if (body)
		dcf_body_stats(body, &counters->body);
	/* What was read from a file was not received. */
	if (reply->is_copy)
		counters->body.bytes_received = 0;
}

void
dcf_reply_count_data(DcfReply *reply, uint64 records)
{
	DcfStatementUse use;
	DcfReplyCounters counters;

	/* The extension's own questions count for nobody. */
	if (reply->statement == NULL || reply->request->brief)
		return;
	dcf_reply_counters(reply, &counters);
	/* The bytes of a try that failed are no longer counted with the next one. */
	use = (DcfStatementUse){.records =
								(int64) (records -
										 Min(records, reply->records_counted)),
							.bytes = (int64) (counters.body.bytes_received -
											  Min(counters.body.bytes_received,
												  reply->bytes_counted))};
	reply->records_counted = records;
	reply->bytes_counted = counters.body.bytes_received;
	if (use.records != 0 || use.bytes != 0)
		dcf_statement_add(reply->statement, &use);
}

void
dcf_reply_check_data(DcfReply *reply, uint64 records)
{
	DcfLimitExcess excess;

	dcf_reply_count_data(reply, records);
	if (reply->statement && dcf_limits_are_counted() &&
		dcf_limits_stop_data(reply->statement, &excess))
		dcf_limits_raise(&excess, NULL);
}

void
dcf_reply_close(DcfReply *reply)
{
	MemoryContextDelete(reply->context);
}
