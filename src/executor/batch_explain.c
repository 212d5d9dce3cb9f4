/*
 * batch_explain.c
 *	  What EXPLAIN shows of a batched join.  See batch_explain.h.
 */
#include "postgres.h"

#include "nodes/makefuncs.h"
#include "utils/ruleutils.h"

#include "base/compat.h"
#include "batch_explain.h"
#include "executor/batch_exec.h"
#include "executor/scan.h"

static void explain_quals(CustomScanState *node, List *ancestors,
						  ExplainState *es);
static const char *join_name(JoinType type);

void
dcf_batch_explain(CustomScanState *node, const ForeignScanState *scan,
				  JoinType type, List *ancestors, ExplainState *es)
{
	const DcfTableOptions *table = dcf_scan_relation(scan->fdw_state)->table;

	ExplainPropertyText("Join Type", join_name(type), es);
	explain_quals(node, ancestors, es);
	ExplainPropertyInteger("Batch Size", NULL, table->batch_size, es);
	if (es->analyze)
		ExplainPropertyUInteger("Batches", NULL,
								dcf_scan_source(scan->fdw_state)
									->stats->batches,
								es);
}

/* Labels as EXPLAIN has them for PostgreSQL's own joins, where there are any. */
static void
explain_quals(CustomScanState *node, List *ancestors, ExplainState *es)
{
	CustomScan *plan = (CustomScan *) node->ss.ps.plan;
	List *context =
		set_deparse_context_plan(es->deparse_cxt, &plan->scan.plan, ancestors);
	List *others = list_copy_tail(plan->custom_exprs, DCF_BATCH_QUALS + 1);
	const NodeInstrumentation *run = node->ss.ps.instrument;
	Node *key = list_nth(plan->custom_exprs, DCF_BATCH_QUALS);

	ExplainPropertyText("Batch Cond",
						deparse_expression(key, context, true, false), es);
	if (others == NIL)
		return;
	ExplainPropertyText("Join Filter",
						deparse_expression((Node *) make_ands_explicit(others),
										   context, true, false),
						es);
	if (es->analyze && run && run->nloops > 0 &&
		(run->nfiltered2 > 0 || es->format != EXPLAIN_FORMAT_TEXT))
		ExplainPropertyFloat("Rows Removed by Join Filter", NULL,
							 run->nfiltered2 / run->nloops, 0, es);
}

static const char *
join_name(JoinType type)
{
	return type == JOIN_LEFT ? "Left" :
		type == JOIN_SEMI	 ? "Semi" :
		type == JOIN_ANTI	 ? "Anti" :
							   "Inner";
}
