/*
 * scan.c
 *	  The executor's callbacks.  See scan.h.
 */
#include "postgres.h"

#include "access/sysattr.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/ruleutils.h"
#include "utils/snapmgr.h"

#include "compat.h"
#include "learn.h"
#include "record.h"
#include "request.h"
#include "scan.h"
#include "session.h"

struct DcfScan
{
	DcfRelation *relation;
	DcfSpec *spec;
	List *value_states; /* of ExprState *, for bindings with a value */
	DcfRecordReader *reader;
	Oid userid;					   /* whose user mapping is used */
	DcfSession *session;		   /* from the first row on */
	MemoryContext set_context;	   /* requests, and their values; reset by a
								 * rescan */
	MemoryContext request_context; /* one request and its reply */
	DcfRequestSet *set;			   /* NULL before the first row */
	DcfReply *reply;			   /* NULL between two requests */
	DcfMeasure measure;			   /* of its request */
	Bitmapset *sent;			   /* fetched parameter columns, by attnum */
	DcfScanStats stats;
};

static DcfScan *get_scan(ForeignScanState *node);
static Oid find_user(ForeignScanState *node);
static Bitmapset *find_sent(const DcfScan *scan);
static bool next_reply(ForeignScanState *node);
static bool open_reply(DcfScan *scan, const DcfRequest *request);
static bool is_too_much(DcfScan *scan);
static void start_requests(ForeignScanState *node);
static void add_reply(const DcfScan *scan, DcfScanStats *stats);
static void close_reply(DcfScan *scan, bool whole);
static void teach(const DcfScan *scan, bool whole);
static bool next_row(ForeignScanState *node, TupleTableSlot *slot);
static bool is_told_by_explain(Expr *value);
static bool contain_param_walker(Node *node, void *context);

void
dcf_scan_begin(ForeignScanState *node, int eflags)
{
	ForeignScan *plan = (ForeignScan *) node->ss.ps.plan;
	MemoryContext context = node->ss.ps.state->es_query_cxt;
	DcfScan *scan = palloc0(sizeof(DcfScan));
	ListCell *lc;

	node->fdw_state = scan;
	scan->relation = dcf_relation_load(node->ss.ss_currentRelation);
	scan->userid = find_user(node);
	scan->spec = dcf_spec_read(plan);
	foreach(lc, scan->spec->bindings)
	{
		DcfBinding *binding = lfirst(lc);

		if (binding->value)
			scan->value_states =
				lappend(scan->value_states,
						ExecInitExpr(binding->value, &node->ss.ps));
	}
	scan->sent = find_sent(scan);
	scan->reader = dcf_record_create(scan->relation, scan->spec->fetched);
	scan->set_context =
		AllocSetContextCreate(context, "dataconnect_fdw requests",
							  ALLOCSET_SMALL_SIZES);
	scan->request_context =
		AllocSetContextCreate(context, "dataconnect_fdw reply",
							  ALLOCSET_SMALL_SIZES);
	scan->stats.first_byte_ms = -1;
}

TupleTableSlot *
dcf_scan_iterate(ForeignScanState *node)
{
	DcfScan *scan = get_scan(node);
	TupleTableSlot *slot = node->ss.ss_ScanTupleSlot;

	ExecClearTuple(slot);
	for (;;)
	{
		if (!scan->reply && !next_reply(node))
			return slot;
		if (next_row(node, slot))
			return ExecStoreVirtualTuple(slot);
		close_reply(scan, true);
	}
}

void
dcf_scan_rescan(ForeignScanState *node)
{
	DcfScan *scan = get_scan(node);

	close_reply(scan, false);
	MemoryContextReset(scan->set_context);
	scan->set = NULL;
}

void
dcf_scan_end(ForeignScanState *node)
{
	DcfScan *scan = get_scan(node);

	/* Under an error nobody calls this; the contexts' callbacks do the same. */
	if (scan)
		close_reply(scan, false);
}

const DcfRelation *
dcf_scan_relation(const DcfScan *scan)
{
	return scan->relation;
}

const DcfSpec *
dcf_scan_spec(const DcfScan *scan)
{
	return scan->spec;
}

DcfScanStats
dcf_scan_stats(const DcfScan *scan)
{
	DcfScanStats stats = scan->stats;

	add_reply(scan, &stats);
	return stats;
}

DcfBoundValue *
dcf_scan_values(ForeignScanState *node, List *deparse_context)
{
	DcfScan *scan = get_scan(node);
	ExprContext *econtext = node->ss.ps.ps_ExprContext;
	DcfBoundValue *values;
	ListCell *lc;
	int i = 0;
	int nstates = 0;

	values = palloc0(sizeof(DcfBoundValue) *
					 Max(list_length(scan->spec->bindings), 1));
	foreach(lc, scan->spec->bindings)
	{
		DcfBinding *binding = lfirst(lc);
		DcfBoundValue *bound = &values[i++];

		if (!binding->value)
			continue;
		bound->type = exprType((Node *) binding->value);
		if (deparse_context != NIL && !is_told_by_explain(binding->value))
		{
			bound->unknown = true;
			bound->shown = deparse_expression((Node *) binding->value,
											  deparse_context, false, false);
			nstates++;
		}
		else
			bound->value =
				ExecEvalExpr(list_nth(scan->value_states, nstates++), econtext,
							 &bound->isnull);
	}
	return values;
}

static DcfScan *
get_scan(ForeignScanState *node)
{
	return (DcfScan *) node->fdw_state;
}

/*
 * The user whom the query runs as.  A cursor may be read as somebody else, but
 * permissions were checked when it was opened.
 */
static Oid
find_user(ForeignScanState *node)
{
	ForeignScan *plan = (ForeignScan *) node->ss.ps.plan;
	Oid userid = dcf_compat_check_as_user(plan,
										  exec_rt_fetch(plan->scan.scanrelid,
														node->ss.ps.state));

	return OidIsValid(userid) ? userid : GetUserId();
}

static Bitmapset *
find_sent(const DcfScan *scan)
{
	Bitmapset *sent = NULL;

	for (int i = 0; i < scan->relation->natts; i++)
		if (scan->relation->columns[i].kind == DCF_COLUMN_PARAMETER &&
			bms_is_member(i + 1, scan->spec->fetched))
			sent = bms_add_member(sent, i + 1);
	return sent;
}

/* Open the reply to the next request; false after the last. */
static bool
next_reply(ForeignScanState *node)
{
	DcfScan *scan = get_scan(node);
	DcfRequest *request;
	MemoryContext old;

	if (!scan->set)
		start_requests(node);

	old = MemoryContextSwitchTo(scan->request_context);
	do
	{
		MemoryContextReset(scan->request_context);
		request = dcf_bind_next(scan->set);
	} while (request && !open_reply(scan, request));
	MemoryContextSwitchTo(old);
	return request != NULL;
}

/* False if the request has to be asked in halves, which come next. */
static bool
open_reply(DcfScan *scan, const DcfRequest *request)
{
	dcf_bind_measure(scan->set, false, &scan->measure);
	if (is_too_much(scan))
	{
		scan->stats.halved_early++;
		dcf_bind_halve(scan->set);
		return false;
	}
	scan->reply =
		dcf_reply_open(scan->session, request, scan->relation->relname,
					   dcf_bind_narrow_hint(scan->set),
					   dcf_bind_can_halve(scan->set), scan->request_context);
	if (!scan->reply)
	{
		scan->stats.requests++;
		scan->stats.halved++;
		dcf_bind_halve(scan->set);
		return false;
	}
	dcf_record_attach(scan->reader, scan->reply);
	return true;
}

/*
 * Whether the request, of which halves can be asked for, is expected to return
 * more records than the service allows.  Of a part that is in proportion to the
 * whole, so that halves are always less.
 */
static bool
is_too_much(DcfScan *scan)
{
	double max_rows = scan->relation->server->max_rows;
	DcfMeasure whole;
	double part;

	if (!dcf_bind_can_halve(scan->set))
		return false;
	dcf_bind_measure(scan->set, true, &whole);
	part = dcf_measure_part(&scan->measure, &whole);
	if (scan->spec->source == DCF_ESTIMATE_REMOTE)
		return scan->spec->rows_per_request * part > max_rows;
	return dcf_learn_records(scan->relation, &whole) * part > max_rows;
}

static void
start_requests(ForeignScanState *node)
{
	DcfScan *scan = get_scan(node);
	MemoryContext old = MemoryContextSwitchTo(scan->set_context);

	scan->set = dcf_bind_create(scan->relation, scan->spec,
								dcf_scan_values(node, NIL), false);
	MemoryContextSwitchTo(old);

	/* Where nothing can match, not even credentials are called for. */
	if (!scan->session && dcf_bind_count(scan->set) > 0)
		scan->session = dcf_session_get(scan->relation->serverid, scan->userid,
										node->ss.ps.state->es_query_cxt);
}

/* Count what the open reply, if there is one, has cost so far. */
static void
add_reply(const DcfScan *scan, DcfScanStats *stats)
{
	DcfReplyStats reply;

	if (!scan->reply)
		return;
	dcf_reply_stats(scan->reply, &reply);
	stats->requests++;
	stats->retries += reply.tries - 1;
	stats->bytes_received += reply.http.bytes_received;
	stats->bytes_decoded += reply.http.bytes_decoded;
	stats->records += dcf_record_count(scan->reader);
	if (stats->first_byte_ms < 0)
		stats->first_byte_ms = reply.http.first_byte_ms;
}

/* whole: it was read to its end. */
static void
close_reply(DcfScan *scan, bool whole)
{
	if (!scan->reply)
		return;
	add_reply(scan, &scan->stats);
	teach(scan, whole);
	dcf_reply_close(scan->reply);
	scan->reply = NULL;
}

static void
teach(const DcfScan *scan, bool whole)
{
	DcfReplyStats stats;
	DcfReplyFacts facts = {.whole = whole};
	size_t unread;

	dcf_reply_stats(scan->reply, &stats);
	(void) dcf_reply_window(scan->reply, &unread);
	facts.records = dcf_record_count(scan->reader);
	facts.bytes = stats.http.bytes_decoded - unread;
	facts.first_byte_ms = stats.http.first_byte_ms;
	dcf_learn_teach(scan->relation, &scan->measure, &facts);
}

/*
 * Fill the slot with the next row of the reply, values in the current memory
 * context: the executor's for one row, which has nothing else in it.
 */
static bool
next_row(ForeignScanState *node, TupleTableSlot *slot)
{
	DcfScan *scan = get_scan(node);
	int member;

	do
	{
		ResetExprContext(node->ss.ps.ps_ExprContext);
		memset(slot->tts_isnull, true,
			   sizeof(bool) * slot->tts_tupleDescriptor->natts);
		if (!dcf_record_next(scan->reader, slot->tts_values, slot->tts_isnull))
			return false;
	} while (
		!dcf_bind_owns_row(scan->set, slot->tts_values, slot->tts_isnull));

	member = -1;
	while ((member = bms_next_member(scan->sent, member)) >= 0)
		slot->tts_values[member - 1] =
			dcf_bind_sent(scan->set, member, &slot->tts_isnull[member - 1]);
	return true;
}

/*
 * Not the value of a parameter, for which the plan would have to run.  Nor that
 * of a function where there is no snapshot it could read by: auto_explain looks
 * at a cursor's plan as the transaction ends.
 */
static bool
is_told_by_explain(Expr *value)
{
	return IsA(value, Const) ||
		(ActiveSnapshotSet() && !contain_param_walker((Node *) value, NULL));
}

static bool
contain_param_walker(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Param))
		return true;
	return expression_tree_walker(node, contain_param_walker, context);
}
