/*
 * order.c
 *	  Orders.  See order.h.
 */
#include "postgres.h"

#include "utils/datum.h"
#include "utils/memutils.h"

#include "net/session.h"
#include "record.h"
#include "reply/limits.h"
#include "reply/order.h"
#include "reply/request_log.h"
#include "reply/request_subject.h"
#include "reply/whole.h"
#include "request/parameter_hint.h"

struct DcfOrders
{
	const DcfRelation *relation;
	Oid userid;
	MemoryContext context;		 /* their own */
	MemoryContext order_context; /* of the order under way */
	DcfStatement *statement;	 /* that they count for */
	DcfSession *session;		 /* from the first order on */
	DcfRecordReader *reader;
	Datum *values; /* of a record */
	bool *isnull;
	DcfRequestSubject *subject; /* NULL: not traced */
	DcfProgress *progress;		/* or NULL */
	const DcfRequest *request;	/* of the order under way … */
	DcfReply *reply;			/* … and its reply; or NULL */
	bool refused;				/* the reply says that it was not taken */
	uint64 done;				/* orders that were taken */
	uint64 requests;
	uint64 retries;
};

static void begin(DcfOrders *orders);
static void check_limits(const DcfOrders *orders);
static void show_progress(void *arg);
static char *give_hint(const void *arg, int status);
static bool read_reply(DcfOrders *orders, Datum *values, bool *isnull);
static void keep_record(const DcfOrders *orders, Datum *values, bool *isnull);
static void await_more(DcfReply *reply);
static void count_tries(DcfOrders *orders);

DcfOrders *
dcf_orders_create(const DcfRelation *relation, Oid userid)
{
	DcfOrders *orders = palloc0(sizeof(DcfOrders));

	orders->relation = relation;
	orders->userid = userid;
	orders->context = CurrentMemoryContext;
	orders->statement = dcf_statement_join(CurrentMemoryContext);
	return orders;
}

/* Make what all orders share. */
static void
begin(DcfOrders *orders)
{
	const DcfRelation *relation = orders->relation;
	MemoryContext old = MemoryContextSwitchTo(orders->context);
	int natts = Max(relation->natts, 1);

	orders->order_context =
		AllocSetContextCreate(orders->context, "dataconnect_fdw order",
							  ALLOCSET_SMALL_SIZES);
	orders->values = palloc(sizeof(Datum) * natts);
	orders->isnull = palloc(sizeof(bool) * natts);
	orders->reader =
		dcf_record_create(relation, bms_add_range(NULL, 1, relation->natts),
						  dcf_warned_create());
	if (dcf_reply_trace_is_on())
		orders->subject =
			dcf_request_subject_create(orders->userid, relation->serverid,
									   relation->relid);
	if (orders->subject && dcf_request_log_is_on())
		orders->progress = dcf_progress_begin(orders->subject);
	/* The last, as it tells whether all is made. */
	orders->session =
		dcf_session_get(relation->serverid, orders->userid, orders->context);
	MemoryContextSwitchTo(old);
}

/* Also a reply's on_connect, so it must not raise. */
static void
show_progress(void *arg)
{
	const DcfOrders *orders = arg;
	DcfProgressState state = {.done = orders->done,
							  .records = orders->done,
							  .expected = -1};

	state.open = orders->reply != NULL;
	state.planned = orders->done + state.open;
	if (orders->reply)
		state.phase = dcf_reply_phase(orders->reply);
	dcf_progress_set(orders->progress, &state);
}

/* A DcfHintCallback: which values are legal, if one was refused. */
static char *
give_hint(const void *arg, int status)
{
	const DcfOrders *orders = arg;

	return status == DCF_STATUS_BAD_VALUE ?
		dcf_parameter_hint_refused(orders->relation, orders->request) :
		NULL;
}

/* What earlier orders have received is only looked at now: they had been taken. */
static void
check_limits(const DcfOrders *orders)
{
	DcfLimitExcess excess;

	if (dcf_limits_are_counted() &&
		dcf_limits_stop_data(orders->statement, &excess))
		dcf_limits_raise(&excess, NULL);
}

void
dcf_orders_expect(const DcfOrders *orders, int64 n)
{
	DcfLimitExcess excess;

	if (dcf_limits_stop_planned(orders->statement, n, &excess))
		dcf_limits_raise(&excess, NULL);
}

bool
dcf_orders_send(DcfOrders *orders, DcfRequest *request, Datum *values,
				bool *isnull)
{
	MemoryContext old;
	bool has_record;

	check_limits(orders);
	if (orders->session == NULL)
		begin(orders);
	old = MemoryContextSwitchTo(orders->order_context);
	orders->request = request;
	orders->refused = false;
	orders->reply =
		dcf_reply_create(orders->session, request, orders->relation->relname,
						 &(DcfHintCallback){give_hint, orders}, false,
						 orders->order_context);
	dcf_reply_charge(orders->reply, orders->statement);
	if (orders->subject)
		dcf_reply_trace(orders->reply, orders->subject, show_progress, orders);
	show_progress(orders);
	(void) dcf_reply_await(orders->reply);
	show_progress(orders);
	has_record = read_reply(orders, values, isnull);
	dcf_reply_count_data(orders->reply, has_record);
	dcf_reply_keep(orders->reply, has_record);
	orders->done++;
	MemoryContextSwitchTo(old);
	return has_record;
}

/* Read the reply to its end; true if it has a record, which is kept. */
static bool
read_reply(DcfOrders *orders, Datum *values, bool *isnull)
{
	DcfReply *reply = orders->reply;
	const char *said = dcf_whole_refusal(reply);
	ErrorContextCallback callback;
	bool found = false;

	if (said)
	{
		orders->refused = true;
		dcf_whole_raise_refusal(reply, said);
	}
	if (dcf_body_head(dcf_reply_body(reply))->status != 200 &&
		dcf_whole_is_blank(reply))
		return false;
	dcf_record_attach(orders->reader, reply);
	for (;;)
	{
		/* A record's values are valid until the next call. */
		switch (
			dcf_record_next(orders->reader, orders->values, orders->isnull))
		{
			case DCF_RECORD_ROW:
				if (!found)
					keep_record(orders, values, isnull);
				found = true;
				break;
			case DCF_RECORD_LATER:
				await_more(reply);
				break;
			case DCF_RECORD_END:
				if (found)
					return true;
				dcf_reply_push_context(reply, &callback);
				ereport(ERROR,
						(errcode(ERRCODE_FDW_UNABLE_TO_CREATE_REPLY),
						 errmsg("reply from the service has no record"),
						 errdetail(
							 "It should show the row that was written.")));
		}
	}
}

/* Copy the values of the columns that are read. */
static void
keep_record(const DcfOrders *orders, Datum *values, bool *isnull)
{
	const DcfRelation *relation = orders->relation;

	for (int i = 0; i < relation->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(relation->tupdesc, i);

		if (!dcf_column_is_read(&relation->columns[i]))
			continue;
		isnull[i] = orders->isnull[i];
		if (!isnull[i])
			values[i] = datumCopy(orders->values[i], attribute->attbyval,
								  attribute->attlen);
	}
}

/* Wait for more of the body. */
static void
await_more(DcfReply *reply)
{
	DcfWaitPlan plan;

	dcf_wait_plan_begin(&plan);
	dcf_reply_plan(reply, DCF_CLAIM_NEEDED, &plan);
	dcf_wait(&plan);
	dcf_reply_waited(reply);
}

/* Add the tries of the order under way. */
static void
count_tries(DcfOrders *orders)
{
	DcfReplyCounters counters;

	dcf_reply_counters(orders->reply, &counters);
	orders->requests += counters.tries;
	orders->retries += Max(counters.tries - 1, 0);
}

void
dcf_orders_close(DcfOrders *orders)
{
	if (orders->reply == NULL)
		return;
	count_tries(orders);
	dcf_reply_close(orders->reply);
	orders->reply = NULL;
	orders->request = NULL;
	show_progress(orders);
	MemoryContextReset(orders->order_context);
}

void
dcf_orders_note_error(DcfOrders *orders)
{
	if (orders->reply)
		dcf_reply_note_error(orders->reply);
}

DcfTaken
dcf_orders_taken(const DcfOrders *orders)
{
	DcfTaken taken;

	if (orders->reply == NULL || orders->refused)
		return DCF_TAKEN_NO;
	taken = dcf_reply_taken(orders->reply);
	return taken == DCF_TAKEN_YES ? DCF_TAKEN_UNKNOWN : taken;
}

uint64
dcf_orders_requests(const DcfOrders *orders)
{
	return orders->requests;
}

uint64
dcf_orders_retries(const DcfOrders *orders)
{
	return orders->retries;
}

void
dcf_orders_end(DcfOrders *orders)
{
	dcf_orders_close(orders);
	dcf_progress_end(orders->progress);
	orders->progress = NULL;
}
