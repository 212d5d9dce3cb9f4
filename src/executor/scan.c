/*
 * scan.c
 *	  The executor's callbacks.  See scan.h.
 */
#include "postgres.h"

#include "access/sysattr.h"
#include "executor/executor.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/ruleutils.h"
#include "utils/snapmgr.h"

#include "base/compat.h"
#include "executor/scan.h"
#include "known_rows.h"
#include "reply/fetch.h"
#include "request/writing.h"
#include "row_cache.h"

/* A binding's expressions, ready to be evaluated. */
typedef struct BindingState
{
	ExprState *value;  /* NULL: no value, or one from a batched join */
	ExprState *unless; /* NULL: the binding is unconditional */
} BindingState;

struct DcfScan
{
	const DcfRelation *relation;
	DcfFdwPrivate *priv;
	BindingState *states; /* one for each binding */
	DcfRowSource *source;
	void (*on_start)(ForeignScanState *node); /* or NULL */
	bool started;							  /* the source has been */
	Datum keys;	 /* from a batched join, for DCF_BIND_KEYS */
	bool nowait; /* during dcf_scan_next() */
	bool late;	 /* the last call found no row that had arrived */
	int batch;	 /* the last call found the end of this batch, or -1 */
};

static DcfScan *get_scan(ForeignScanState *node);
static Oid find_user(ForeignScanState *node);
static BindingState *init_states(ForeignScanState *node,
								 const DcfFdwPrivate *priv);
static void evaluate(ForeignScanState *node, const DcfBinding *binding,
					 const BindingState *state, List *deparse_context,
					 DcfBoundValue *bound);
static void bind_keys(const DcfScan *scan, const DcfBinding *binding,
					  List *deparse_context, DcfBoundValue *bound);
static const char *show_value(Expr *value, List *deparse_context);
static void start(ForeignScanState *node);
static bool is_known_to_explain(Expr *value);
static bool contain_param_walker(Node *node, void *context);

void
dcf_scan_begin(ForeignScanState *node, int eflags)
{
	ForeignScan *plan = (ForeignScan *) node->ss.ps.plan;
	DcfScan *scan = palloc0(sizeof(DcfScan));

	node->fdw_state = scan;
	scan->relation =
		dcf_writing_target(dcf_relation_load(node->ss.ss_currentRelation));
	scan->priv = dcf_fdw_private_read(plan);
	scan->states = init_states(node, scan->priv);
	if (dcf_writing_is(scan->relation))
	{
		scan->source =
			dcf_known_rows_create(scan->relation, scan->priv, find_user(node));
		return;
	}
	scan->source =
		dcf_fetch_create(scan->relation, scan->priv, find_user(node),
						 dcf_warned_join(node->ss.ps.state,
										 scan->relation->relid),
						 NULL);
	scan->source->counts_outside = node->ss.ps.state->es_instrument != 0;
	/* EXPLAIN reads no rows, so it needs no cache. */
	if (!(eflags & EXEC_FLAG_EXPLAIN_ONLY))
		scan->source = dcf_row_cache_join(node, scan->source,
										  (eflags & EXEC_FLAG_REWIND) != 0);
}

/*
 * Compile the expressions of all bindings.  A batched join passes its keys as
 * values: the expression of such a binding belongs to the other side of the
 * join, and only EXPLAIN shows it.
 */
static BindingState *
init_states(ForeignScanState *node, const DcfFdwPrivate *priv)
{
	BindingState *states =
		palloc0(sizeof(BindingState) * Max(list_length(priv->bindings), 1));
	ListCell *lc;

	foreach(lc, priv->bindings)
	{
		DcfBinding *binding = lfirst(lc);
		BindingState *state = &states[foreach_current_index(lc)];

		if (binding->value && binding->op != DCF_BIND_KEYS)
			state->value = ExecInitExpr(binding->value, &node->ss.ps);
		if (binding->unless)
			state->unless = ExecInitExpr(binding->unless, &node->ss.ps);
	}
	return states;
}

TupleTableSlot *
dcf_scan_iterate(ForeignScanState *node)
{
	DcfScan *scan = get_scan(node);
	TupleTableSlot *slot = node->ss.ss_ScanTupleSlot;
	DcfRowStatus status;

	ExecClearTuple(slot);
	if (!scan->started)
		start(node);
	status = scan->source->routine->next(scan->source, !scan->nowait, &slot);
	/* The slot is empty for a row that is late, and at the end of each batch. */
	scan->late = status == DCF_ROW_LATER;
	scan->batch = status == DCF_ROW_BATCH_END ? scan->source->batch : -1;
	return slot;
}

TupleTableSlot *
dcf_scan_next(ForeignScanState *node, bool *late)
{
	DcfScan *scan = get_scan(node);
	TupleTableSlot *slot;

	scan->nowait = true;
	scan->late = false;
	/*
	 * Not ExecProcNode(): the executor's async code counts rows and time.
	 * ExecScan() takes an empty slot for the end, so scan->late tells whether
	 * it was.
	 */
	slot = node->ss.ps.ExecProcNodeReal(&node->ss.ps);
	scan->nowait = false;
	*late = scan->late;
	return slot;
}

/* Raise the deferred error, if there is one; else make the set of requests. */
static void
start(ForeignScanState *node)
{
	DcfScan *scan = get_scan(node);
	DcfBoundValue *values = dcf_scan_values(node, NIL);
	DcfDeferredError *deferred = dcf_scan_deferred_error(scan, values);

	if (deferred)
		dcf_deferred_error_raise(scan->relation, deferred);
	if (scan->on_start)
		scan->on_start(node);
	scan->source->routine->start(scan->source, values);
	scan->started = true;
}

void
dcf_scan_rescan(ForeignScanState *node)
{
	DcfScan *scan = get_scan(node);
	/* A batched join sets other keys before each rescan. */
	bool same_values = scan->started && node->ss.ps.chgParam == NULL &&
		dcf_fdw_private_keys(scan->priv) == 0;

	scan->source->routine->stop(scan->source);
	scan->started = false;
	scan->batch = -1;

	/* The values may stay the same for further rescans. */
	if (same_values && !dcf_writing_is(scan->relation))
		scan->source = dcf_row_cache_join(node, scan->source, true);
}

void
dcf_scan_end(ForeignScanState *node)
{
	DcfScan *scan = get_scan(node);

	/* Not called after an error; memory-context callbacks do the same then. */
	if (scan)
		scan->source->routine->end(scan->source);
}

void
dcf_scan_on_start(ForeignScanState *node, void (*on_start)(ForeignScanState *))
{
	get_scan(node)->on_start = on_start;
}

const DcfRelation *
dcf_scan_relation(const DcfScan *scan)
{
	return scan->relation;
}

const DcfFdwPrivate *
dcf_scan_private(const DcfScan *scan)
{
	return scan->priv;
}

DcfRowSource *
dcf_scan_source(const DcfScan *scan)
{
	return scan->source;
}

DcfDeferredError *
dcf_scan_deferred_error(const DcfScan *scan, const DcfBoundValue *values)
{
	Bitmapset *bound = NULL;	  /* columns with a value */
	Bitmapset *restricted = NULL; /* columns with a binding that applies */
	ListCell *lc;

	if (scan->priv->deferred)
		return scan->priv->deferred;
	foreach(lc, scan->priv->bindings)
	{
		const DcfBinding *binding = lfirst(lc);
		const DcfBoundValue *value = &values[foreach_current_index(lc)];

		/* Its clause restricts nothing, as with "$1 IS NULL OR c = $1". */
		if (value->skipped)
			continue;
		restricted = bms_add_member(restricted, binding->attnum);
		/* IS NULL restricts a column, but gives it no value. */
		if (binding->op != DCF_BIND_NULL &&
			!(binding->op == DCF_BIND_NOT_DISTINCT && value->isnull))
			bound = bms_add_member(bound, binding->attnum);
	}
	foreach(lc, scan->priv->conditional_errors)
	{
		DcfDeferredError *deferred = lfirst(lc);

		if (!bms_is_member(deferred->unsent, restricted))
			return deferred;
	}
	return dcf_deferred_error_missing(scan->relation, bound);
}

DcfBoundValue *
dcf_scan_values(ForeignScanState *node, List *deparse_context)
{
	DcfScan *scan = get_scan(node);
	DcfBoundValue *values;
	ListCell *lc;

	values = palloc0(sizeof(DcfBoundValue) *
					 Max(list_length(scan->priv->bindings), 1));
	foreach(lc, scan->priv->bindings)
	{
		int i = foreach_current_index(lc);

		evaluate(node, lfirst(lc), &scan->states[i], deparse_context,
				 &values[i]);
	}
	return values;
}

/*
 * Evaluate a binding into *bound, in the current memory context.  Under
 * EXPLAIN only what is known without running the plan.  A condition that is
 * true makes the value irrelevant, so it comes first.
 */
static void
evaluate(ForeignScanState *node, const DcfBinding *binding,
		 const BindingState *state, List *deparse_context,
		 DcfBoundValue *bound)
{
	ExprContext *econtext = node->ss.ps.ps_ExprContext;
	bool known = deparse_context == NIL;
	bool isnull;

	if (binding->op == DCF_BIND_KEYS)
	{
		bind_keys(get_scan(node), binding, deparse_context, bound);
		return;
	}
	if (binding->unless && (known || is_known_to_explain(binding->unless)) &&
		DatumGetBool(ExecEvalExpr(state->unless, econtext, &isnull)) &&
		!isnull)
	{
		bound->skipped = true;
		return;
	}
	if (!binding->value)
		return;
	bound->type = exprType((Node *) binding->value);
	if (known ||
		(is_known_to_explain(binding->value) &&
		 (!binding->unless || is_known_to_explain(binding->unless))))
		bound->value = ExecEvalExpr(state->value, econtext, &bound->isnull);
	else
	{
		bound->unknown = true;
		bound->shown = show_value(binding->value, deparse_context);
	}
}

/*
 * The SQL of an expression; of a RowExpr, its distinct fields.  Periods have
 * several values, which the planner packs into a row.
 */
static const char *
show_value(Expr *value, List *deparse_context)
{
	StringInfoData buf;
	List *args = list_make1(value);
	ListCell *lc;

	if (IsA(value, RowExpr))
		args = list_concat_unique(NIL, ((RowExpr *) value)->args);
	initStringInfo(&buf);
	foreach(lc, args)
	{
		char *one =
			deparse_expression(lfirst(lc), deparse_context, false, false);

		appendStringInfo(&buf, "%s%s",
						 foreach_current_index(lc) > 0 ? "|" : "", one);
	}
	return list_length(args) > 1 ? psprintf("(%s)", buf.data) : buf.data;
}

/*
 * The keys from the batched join, an array of the base type of its
 * expression.  Under EXPLAIN there are no keys yet, so the expression is
 * shown.
 */
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

int
dcf_scan_batch_end(ForeignScanState *node)
{
	return get_scan(node)->batch;
}

void
dcf_scan_skip_batch(ForeignScanState *node, int batch)
{
	DcfRowSource *source = get_scan(node)->source;

	source->routine->skip_batch(source, batch);
}

static DcfScan *
get_scan(ForeignScanState *node)
{
	return (DcfScan *) node->fdw_state;
}

/*
 * The user as whom the query runs.  A cursor may be read by another user, but
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
 * Whether EXPLAIN can evaluate an expression.  It cannot if a parameter is needed,
 * because the plan would have to run.  Nor can it without a snapshot, because a
 * function may need one: auto_explain shows a cursor's plan while the transaction
 * ends.
 */
static bool
is_known_to_explain(Expr *value)
{
	return IsA(value, Const) ||
		(ActiveSnapshotSet() && !contain_param_walker((Node *) value, NULL));
}

bool
dcf_scan_is_known(ForeignScanState *node)
{
	ListCell *lc;

	foreach(lc, get_scan(node)->priv->bindings)
	{
		const DcfBinding *binding = lfirst(lc);

		if (binding->op == DCF_BIND_KEYS ||
			(binding->value && !is_known_to_explain(binding->value)) ||
			(binding->unless && !is_known_to_explain(binding->unless)))
			return false;
	}
	return true;
}

/* An expression_tree_walker() callback: is there any Param? */
static bool
contain_param_walker(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Param))
		return true;
	return expression_tree_walker(node, contain_param_walker, context);
}
