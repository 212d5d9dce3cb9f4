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
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/ruleutils.h"
#include "utils/snapmgr.h"

#include "compat.h"
#include "kept.h"
#include "scan.h"

struct DcfScan
{
	DcfRelation *relation;
	DcfSpec *spec;
	List *value_states;	 /* of ExprState *, for bindings with a value */
	Oid userid;			 /* whose user mapping is used */
	DcfKeptReader *kept; /* where the rows are kept, or NULL */
	DcfFetch *fetch;	 /* else; NULL before the first row */
	bool started;		 /* one of them is */
	Datum keys;			 /* from a batched join, for DCF_BIND_KEYS */
	bool hurried;		 /* nobody waits for a row that is not there */
	bool late;			 /* and it was not */
	DcfFetchStats stats;
};

static DcfScan *get_scan(ForeignScanState *node);
static Oid find_user(ForeignScanState *node);
static void bind_keys(const DcfScan *scan, const DcfBinding *binding,
					  List *deparse_context, DcfBoundValue *bound);
static void start(ForeignScanState *node);
static DcfFetch *create_fetch(ForeignScanState *node);
static void stop(DcfScan *scan);
static bool is_told_by_explain(Expr *value);
static bool contain_param_walker(Node *node, void *context);

void
dcf_scan_begin(ForeignScanState *node, int eflags)
{
	ForeignScan *plan = (ForeignScan *) node->ss.ps.plan;
	DcfScan *scan = palloc0(sizeof(DcfScan));
	ListCell *lc;

	node->fdw_state = scan;
	scan->relation = dcf_relation_load(node->ss.ss_currentRelation);
	scan->spec = dcf_spec_read(plan);
	foreach(lc, scan->spec->bindings)
	{
		DcfBinding *binding = lfirst(lc);

		if (binding->value && binding->op != DCF_BIND_KEYS)
			scan->value_states =
				lappend(scan->value_states,
						ExecInitExpr(binding->value, &node->ss.ps));
	}
	scan->stats.first_byte_ms = -1;
	scan->userid = find_user(node);
	if (!(eflags & EXEC_FLAG_EXPLAIN_ONLY))
		scan->kept =
			dcf_kept_join(node, scan->relation, scan->spec, scan->userid,
						  (eflags & EXEC_FLAG_REWIND) != 0, &scan->stats);
}

TupleTableSlot *
dcf_scan_iterate(ForeignScanState *node)
{
	DcfScan *scan = get_scan(node);
	TupleTableSlot *slot = node->ss.ss_ScanTupleSlot;
	DcfFetchStatus status;

	ExecClearTuple(slot);
	if (!scan->started)
		start(node);
	if (scan->kept)
		status = dcf_kept_next(scan->kept, !scan->hurried, slot, &slot);
	else
	{
		status = dcf_fetch_next(scan->fetch, !scan->hurried, slot->tts_values,
								slot->tts_isnull);
		if (status == DCF_FETCH_ROW)
			ExecStoreVirtualTuple(slot);
	}
	scan->late = status == DCF_FETCH_LATER;
	return slot;
}

TupleTableSlot *
dcf_scan_next(ForeignScanState *node, bool wait, bool *late)
{
	DcfScan *scan = get_scan(node);
	TupleTableSlot *slot;

	scan->hurried = !wait;
	scan->late = false;
	slot = node->ss.ps.ExecProcNodeReal(&node->ss.ps);
	scan->hurried = false;
	*late = scan->late;
	return slot;
}

DcfFetch *
dcf_scan_fetch(ForeignScanState *node)
{
	DcfScan *scan = get_scan(node);

	return scan->kept ? dcf_kept_fetch(scan->kept) : scan->fetch;
}

static void
start(ForeignScanState *node)
{
	DcfScan *scan = get_scan(node);
	DcfBoundValue *values = dcf_scan_values(node, NIL);

	if (scan->kept)
		scan->stats.replays += dcf_kept_start(scan->kept, values);
	else
	{
		if (!scan->fetch)
			scan->fetch = create_fetch(node);
		dcf_fetch_start(scan->fetch, values);
	}
	scan->started = true;
}

static DcfFetch *
create_fetch(ForeignScanState *node)
{
	DcfScan *scan = get_scan(node);
	MemoryContext old = MemoryContextSwitchTo(node->ss.ps.state->es_query_cxt);
	DcfFetch *fetch = dcf_fetch_create(scan->relation, scan->spec,
									   scan->userid, &scan->stats);

	MemoryContextSwitchTo(old);
	return fetch;
}

static void
stop(DcfScan *scan)
{
	if (scan->kept)
		dcf_kept_stop(scan->kept);
	if (scan->fetch)
		dcf_fetch_stop(scan->fetch);
	scan->started = false;
}

void
dcf_scan_rescan(ForeignScanState *node)
{
	DcfScan *scan = get_scan(node);
	bool unforeseen = scan->started && !scan->kept &&
		node->ss.ps.chgParam == NULL && dcf_spec_keys(scan->spec) == 0;

	stop(scan);

	/* The next time may not be the last one, either. */
	if (unforeseen)
		scan->kept = dcf_kept_join(node, scan->relation, scan->spec,
								   scan->userid, true, &scan->stats);
}

void
dcf_scan_end(ForeignScanState *node)
{
	DcfScan *scan = get_scan(node);

	/* Under an error nobody calls this; the contexts' callbacks do the same. */
	if (!scan)
		return;
	stop(scan);
	if (scan->kept)
		dcf_kept_leave(scan->kept);
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

DcfFetchStats
dcf_scan_stats(const DcfScan *scan)
{
	DcfFetchStats stats = scan->stats;

	if (scan->kept)
		dcf_kept_add_open(scan->kept, &stats);
	if (scan->fetch)
		dcf_fetch_add_open(scan->fetch, &stats);
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
		if (binding->op == DCF_BIND_KEYS)
		{
			bind_keys(scan, binding, deparse_context, bound);
			continue;
		}
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

/* The values that a batched join has given, or what stands for them. */
static void
bind_keys(const DcfScan *scan, const DcfBinding *binding,
		  List *deparse_context, DcfBoundValue *bound)
{
	Oid type = getBaseType(exprType((Node *) binding->value));

	bound->type = get_array_type(type);
	bound->value = scan->keys;
	if (deparse_context == NIL)
		return;
	bound->unknown = true;
	bound->shown = psprintf("%s,...",
							deparse_expression((Node *) binding->value,
											   deparse_context, true, false));
}

void
dcf_scan_set_keys(ForeignScanState *node, Datum array)
{
	get_scan(node)->keys = array;
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
