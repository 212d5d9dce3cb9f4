/*
 * reply_trace.c
 *	  What becomes of a request, for monitoring.  See reply.h.
 *
 * A reply ends in one place, whatever the way: its memory context is deleted.  A
 * reset callback there adds the request to the list and to the totals, and logs it.
 * It must not raise, and finds the bodies gone, so each body leaves its counts when
 * its own memory goes.
 *
 * Which error ended a request is noted by error context callbacks, which PostgreSQL
 * calls when it is raised.
 */
#include "postgres.h"

#include "access/xact.h"
#include "miscadmin.h"
#include "utils/backend_status.h"
#include "utils/guc.h"

#include "reply/reply_trace.h"
#include "reply/request_log.h"
#include "reply/request_stats.h"
#include "reply_private.h"

/* A body whose counts are to be kept. */
typedef struct BodyTrace
{
	DcfReply *reply;
	const DcfBody *body;
	MemoryContextCallback release;
} BodyTrace;

/* The setting, in ms. */
static int log_min_duration = -1;

/* The error of the last wait; 0 if it ended without one. */
static int wait_sqlstate = 0;

void
dcf_reply_trace_init(void)
{
	dcf_request_log_init();
	dcf_request_stats_init();
	dcf_progress_init();
	DefineCustomIntVariable(
		"dataconnect_fdw.log_min_request_duration",
		"Sets the time from which on a request is logged, and logs all that fail.",
		"-1 logs none, 0 logs all.", &log_min_duration, -1, -1, INT_MAX,
		PGC_SUSET, GUC_UNIT_MS, NULL, NULL, NULL);
}

/* The reset callback of a body's memory. */
static void
note_body(void *arg)
{
	BodyTrace *trace = arg;

	dcf_body_stats(trace->body, &trace->reply->trace.body);
}

void
dcf_reply_trace_body(DcfReply *reply, DcfBody *body)
{
	MemoryContext context = GetMemoryChunkContext(body);
	BodyTrace *trace;

	if (reply->trace.subject == NULL)
		return;
	reply->trace.body_try = reply->call.exchange.tries;
	trace = MemoryContextAlloc(context, sizeof(BodyTrace));
	trace->reply = reply;
	trace->body = body;
	trace->release.func = note_body;
	trace->release.arg = trace;
	MemoryContextRegisterResetCallback(context, &trace->release);
}

/* Whether the error means that somebody ended the query. */
static bool
is_cancel(int sqlstate)
{
	return ERRCODE_TO_CATEGORY(sqlstate) ==
		ERRCODE_TO_CATEGORY(ERRCODE_QUERY_CANCELED) ||
		ERRCODE_TO_CATEGORY(sqlstate) ==
		ERRCODE_TO_CATEGORY(ERRCODE_INVALID_TRANSACTION_STATE) ||
		/* The client is gone. */
		sqlstate == ERRCODE_CONNECTION_FAILURE;
}

/* How the request ended, with the error if there was one. */
static DcfRequestEnd
find_end(const DcfReplyTrace *trace, int *sqlstate)
{
	bool aborting = !IsTransactionState();

	*sqlstate = 0;
	if (trace->whole)
		return DCF_REQUEST_COMPLETE;
	if (trace->halved)
		return DCF_REQUEST_HALVED;
	*sqlstate = trace->sqlstate;
	if (*sqlstate == 0 && aborting)
		*sqlstate = wait_sqlstate;
	if (*sqlstate != 0)
		return is_cancel(*sqlstate) ? DCF_REQUEST_CANCELLED :
									  DCF_REQUEST_FAILED;
	return aborting ? DCF_REQUEST_ABORTED : DCF_REQUEST_EARLY;
}

/* The time that an exchange's last wait, which did not end, has taken. */
static void
add_last_wait(const DcfReply *reply, DcfRequestFacts *facts)
{
	const DcfExchange *exchange = &reply->call.exchange;
	int64 now = dcf_wait_now();
	double wait = (double) (now - exchange->since);
	double paused;

	if (!reply->has_url || !reply->call.authorized)
		return;
	switch (exchange->state)
	{
		case DCF_EXCHANGE_ENTERING:
			paused =
				Min((double) dcf_limiter_paused(&exchange->wait, now), wait);
			facts->queued += wait - paused;
			facts->backed_off += paused;
			break;
		case DCF_EXCHANGE_DRAINING:
		case DCF_EXCHANGE_PAUSING:
		case DCF_EXCHANGE_UNREACHED:
			facts->backed_off += wait;
			break;
		default:
			break;
	}
}

/*
 * Parts of the time are counted in whole ms: keep those of a short request within its
 * total.  The queue is the least certain of them.
 */
static void
fit_parts(DcfRequestFacts *facts)
{
	double left = facts->total;

	facts->first_byte = Min(facts->first_byte, left);
	left -= Max(facts->first_byte, 0);
	facts->backed_off = Min(facts->backed_off, left);
	left -= facts->backed_off;
	facts->queued = Min(facts->queued, left);
}

/* Collect what is known; its pointers into the bodies are invalid by now. */
static void
collect(const DcfReply *reply, DcfRequestFacts *facts)
{
	const DcfExchange *exchange = &reply->call.exchange;
	const DcfReplyTrace *trace = &reply->trace;
	/* That of an earlier try, which was read to retry it, is not the reply. */
	bool has_body = trace->body_try == exchange->tries;
	instr_time now;

	INSTR_TIME_SET_CURRENT(now);
	INSTR_TIME_SUBTRACT(now, trace->clock);
	facts->subject = *trace->subject;
	facts->pid = MyProcPid;
	facts->queryid = trace->queryid;
	facts->began = trace->began;
	facts->end = find_end(trace, &facts->sqlstate);
	facts->status = reply->is_copy ? 0 : exchange->status;
	facts->tries = exchange->tries;
	facts->refused = exchange->refused;
	facts->waited = reply->copy && dcf_copy_has_waited(reply->copy);
	facts->is_copy = reply->is_copy;
	facts->is_stale = reply->is_stale;
	facts->queued = (double) exchange->queued;
	facts->backed_off = (double) exchange->backed_off;
	add_last_wait(reply, facts);
	facts->total = INSTR_TIME_GET_MILLISEC(now);
	facts->first_byte = has_body ? trace->body.first_byte_ms : -1;
	facts->bytes =
		has_body && !reply->is_copy ? trace->body.bytes_received : 0;
	fit_parts(facts);
	facts->records = trace->records ? *trace->records : 0;
	strlcpy(facts->request, reply->shown, sizeof(facts->request));
}

static bool
is_to_be_logged(const DcfRequestFacts *facts)
{
	if (log_min_duration < 0)
		return false;
	return facts->end == DCF_REQUEST_FAILED ||
		facts->total >= log_min_duration;
}

/* What a line has only sometimes; text of a part that is left out is "". */
typedef struct LineParts
{
	char table[2 * NAMEDATALEN + 16];
	char first_byte[40];
} LineParts;

static void
make_parts(const DcfRequestFacts *facts, LineParts *parts)
{
	const DcfRequestSubject *subject = &facts->subject;

	memset(parts, 0, sizeof(LineParts));
	if (OidIsValid(subject->relid))
		snprintf(parts->table, sizeof(parts->table), ", table \"%s.%s\"",
				 NameStr(subject->schema), NameStr(subject->table));
	if (facts->first_byte >= 0)
		snprintf(parts->first_byte, sizeof(parts->first_byte),
				 ", first byte %.0f ms", facts->first_byte);
}

/* One line in the server log. */
static void
write_line(const DcfRequestFacts *facts)
{
	const char *sqlstate =
		facts->sqlstate ? unpack_sql_state(facts->sqlstate) : "none";
	LineParts parts;

	make_parts(facts, &parts);
	/* ereport() would look for interrupts, and raise. */
	HOLD_INTERRUPTS();
	ereport(
		LOG_SERVER_ONLY,
		(errmsg_internal(
			 "dataconnect_fdw request %s in %.1f ms, server \"%s\"%s, status %d, SQLSTATE %s, %d %s, queue %.0f ms, backoff %.0f ms%s, %llu bytes, %llu records%s: %s",
			 dcf_request_end_name(facts->end), facts->total,
			 NameStr(facts->subject.server), parts.table, facts->status,
			 sqlstate, facts->tries, facts->tries == 1 ? "try" : "tries",
			 facts->queued, facts->backed_off, parts.first_byte,
			 (unsigned long long) facts->bytes,
			 (unsigned long long) facts->records,
			 facts->is_copy ? ", from a copy" : "", facts->request),
		 errhidestmt(true), errhidecontext(true)));
	RESUME_INTERRUPTS();
}

/* The reset callback of a reply's memory. */
static void
end_request(void *arg)
{
	const DcfReply *reply = arg;
	DcfRequestFacts facts;

	collect(reply, &facts);
	/* It only waited for its turn, and was not needed. */
	if (facts.tries == 0 && !facts.is_copy && facts.sqlstate == 0)
		return;
	if (reply->trace.kept)
	{
		dcf_request_log_add(&facts);
		dcf_request_stats_add(&facts);
	}
	if (is_to_be_logged(&facts))
		write_line(&facts);
}

bool
dcf_reply_trace_is_on(void)
{
	return dcf_request_log_is_on() || log_min_duration >= 0;
}

void
dcf_reply_trace(DcfReply *reply, const DcfRequestSubject *subject,
				void (*on_connect)(void *arg), void *arg)
{
	DcfReplyTrace *trace = &reply->trace;

	wait_sqlstate = 0;
	trace->kept = dcf_request_log_is_on();
	if (trace->kept)
		dcf_request_stats_prepare();
	trace->subject = subject;
	trace->queryid = (uint64) pgstat_get_my_query_id();
	trace->began = GetCurrentTimestamp();
	INSTR_TIME_SET_CURRENT(trace->clock);
	trace->body.first_byte_ms = -1;
	trace->release.func = end_request;
	trace->release.arg = reply;
	MemoryContextRegisterResetCallback(reply->context, &trace->release);
	reply->on_connect = on_connect;
	reply->on_connect_arg = arg;
}

void
dcf_reply_trace_question(DcfReply *reply, Oid userid, Oid serverid)
{
	MemoryContext old;

	if (!dcf_reply_trace_is_on())
		return;
	old = MemoryContextSwitchTo(reply->context);
	dcf_reply_trace(reply,
					dcf_request_subject_create(userid, serverid, InvalidOid),
					NULL, NULL);
	MemoryContextSwitchTo(old);
}

void
dcf_reply_count_records(DcfReply *reply, const uint64 *records)
{
	reply->trace.records = records;
}

DcfScanPhase
dcf_reply_phase(const DcfReply *reply)
{
	const DcfExchange *exchange = &reply->call.exchange;

	if (reply->body)
		return DCF_SCAN_READING;
	if (reply->looking)
		return DCF_SCAN_COPYING;
	if (!reply->has_url || !reply->call.authorized)
		return DCF_SCAN_LOGGING_IN;
	switch (exchange->state)
	{
		case DCF_EXCHANGE_ENTERING:
			return exchange->wait.send_at > dcf_wait_now() ?
				DCF_SCAN_BACKING_OFF :
				DCF_SCAN_QUEUING;
		case DCF_EXCHANGE_SENT:
			return dcf_transfer_is_connected(exchange->transfer) ?
				DCF_SCAN_SENT :
				DCF_SCAN_CONNECTING;
		case DCF_EXCHANGE_DRAINING:
		case DCF_EXCHANGE_PAUSING:
		case DCF_EXCHANGE_UNREACHED:
			return DCF_SCAN_BACKING_OFF;
		case DCF_EXCHANGE_REFUSED:
		case DCF_EXCHANGE_DONE:
			break;
	}
	return DCF_SCAN_READING;
}

/* An error context callback that adds nothing to the message; notes its code. */
static void
note_error(void *arg)
{
	int *sqlstate = arg;

	*sqlstate = geterrcode();
}

void
dcf_reply_note_error(DcfReply *reply)
{
	int sqlstate = geterrcode();

	if (ERRCODE_TO_CATEGORY(sqlstate) != ERRCODE_WARNING &&
		ERRCODE_TO_CATEGORY(sqlstate) != ERRCODE_SUCCESSFUL_COMPLETION)
		reply->trace.sqlstate = sqlstate;
}

void
dcf_reply_forget_error(DcfReply *reply)
{
	reply->trace.sqlstate = 0;
}

static void
push(ErrorContextCallback *callback, int *sqlstate)
{
	callback->callback = note_error;
	callback->arg = sqlstate;
	callback->previous = error_context_stack;
	error_context_stack = callback;
}

void
dcf_reply_watch(DcfReply *reply, ErrorContextCallback *callback)
{
	push(callback, &reply->trace.sqlstate);
}

/* What was noted was a warning, or was caught. */
void
dcf_reply_unwatch(DcfReply *reply, const ErrorContextCallback *callback)
{
	error_context_stack = callback->previous;
	reply->trace.sqlstate = 0;
}

void
dcf_reply_watch_wait(ErrorContextCallback *callback)
{
	wait_sqlstate = 0;
	push(callback, &wait_sqlstate);
}

void
dcf_reply_unwatch_wait(const ErrorContextCallback *callback)
{
	error_context_stack = callback->previous;
	wait_sqlstate = 0;
}
