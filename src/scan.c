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
#include "scan.h"

struct DcfScan
{
	DcfRelation *relation;
	DcfSpec *spec;
	List *value_states; /* of ExprState *, for bindings with a value */
	DcfFetch *fetch;
	bool started; /* fetch is */
	Datum keys;	  /* from a batched join, for DCF_BIND_KEYS */
	DcfFetchStats stats;
};

static DcfScan *get_scan(ForeignScanState *node);
static Oid find_user(ForeignScanState *node);
static void bind_keys(const DcfScan *scan, const DcfBinding *binding,
					  List *deparse_context, DcfBoundValue *bound);
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
	scan->fetch = dcf_fetch_create(scan->relation, scan->spec, find_user(node),
								   &scan->stats);
}

TupleTableSlot *
dcf_scan_iterate(ForeignScanState *node)
{
	DcfScan *scan = get_scan(node);
	TupleTableSlot *slot = node->ss.ss_ScanTupleSlot;

	ExecClearTuple(slot);
	if (!scan->started)
	{
		dcf_fetch_start(scan->fetch, dcf_scan_values(node, NIL));
		scan->started = true;
	}
	if (dcf_fetch_next(scan->fetch, true, slot->tts_values,
					   slot->tts_isnull) == DCF_FETCH_ROW)
		ExecStoreVirtualTuple(slot);
	return slot;
}

void
dcf_scan_rescan(ForeignScanState *node)
{
	DcfScan *scan = get_scan(node);

	dcf_fetch_stop(scan->fetch);
	scan->started = false;
}

void
dcf_scan_end(ForeignScanState *node)
{
	DcfScan *scan = get_scan(node);

	/* Under an error nobody calls this; the contexts' callbacks do the same. */
	if (scan)
		dcf_fetch_stop(scan->fetch);
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
