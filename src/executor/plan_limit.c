/*
 * plan_limit.c
 *	  What a whole plan would ask for.  See plan_limit.h.
 */
#include "postgres.h"

#include "lib/ilist.h"
#include "utils/memutils.h"

#include "executor/plan_limit.h"
#include "executor/scan.h"
#include "reply/limit_plan.h"
#include "request/writing.h"

/* The scans of one execution of a plan. */
typedef struct Execution
{
	MemoryContextCallback release;
	dlist_node node; /* in executions */
	EState *estate;
	List *scans; /* of ForeignScanState * */
	bool checked;
} Execution;

/* Those that are going on. */
static dlist_head executions = DLIST_STATIC_INIT(executions);

static Execution *find_execution(const EState *estate);
static void forget(void *arg);
static Execution *create_execution(EState *estate);
static bool is_certain_in(const List *plans, const Plan *scan, bool early);
static bool is_certain(const Plan *top, const Plan *scan, bool early);
static bool repeats(const List *scans, const ForeignScanState *node);
static bool add_scan(DcfLimitPlan *plan, ForeignScanState *node);
static bool is_independent(const ForeignScanState *node);
static DcfLimitPlan collect(const Execution *execution, bool for_explain,
							const ForeignScanState *node, bool *counts);
static void check_plan(ForeignScanState *node);

static Execution *
find_execution(const EState *estate)
{
	dlist_iter iter;

	dlist_foreach(iter, &executions)
	{
		Execution *execution = dlist_container(Execution, node, iter.cur);

		if (execution->estate == estate)
			return execution;
	}
	return NULL;
}

/* The reset callback of the execution's memory context. */
static void
forget(void *arg)
{
	dlist_delete(&((Execution *) arg)->node);
}

static Execution *
create_execution(EState *estate)
{
	Execution *execution = palloc0(sizeof(Execution));

	execution->estate = estate;
	execution->release.func = forget;
	execution->release.arg = execution;
	dlist_push_head(&executions, &execution->node);
	MemoryContextRegisterResetCallback(CurrentMemoryContext,
									   &execution->release);
	return execution;
}

void
dcf_plan_limit_begin_scan(ForeignScanState *node, int eflags)
{
	EState *estate = node->ss.ps.state;
	MemoryContext old;
	Execution *execution;

	dcf_scan_begin(node, eflags);
	/* The rows of an UPDATE are not requested. */
	if (!dcf_limits_are_planned() ||
		dcf_writing_is(dcf_scan_relation(node->fdw_state)))
		return;
	old = MemoryContextSwitchTo(estate->es_query_cxt);
	execution = find_execution(estate);
	if (execution == NULL)
		execution = create_execution(estate);
	execution->scans = lappend(execution->scans, node);
	dcf_scan_on_start(node, check_plan);
	MemoryContextSwitchTo(old);
}

static bool
is_certain_in(const List *plans, const Plan *scan, bool early)
{
	ListCell *lc;

	foreach(lc, plans)
		if (is_certain(lfirst(lc), scan, early))
			return true;
	return false;
}

/*
 * Whether the scan is at or below the top, and runs if the top does.  What is read after
 * something else may not be needed.  early: the top may not be read to its end, so what
 * comes second may not be read at all.  A node without a place here has one input, or
 * is a hash or merge join: both its sides count, although one that is empty may spare
 * the other.  Otherwise a join with a long Append would only be stopped on the way.
 */
static bool
is_certain(const Plan *top, const Plan *scan, bool early)
{
	if (top == NULL)
		return false;
	if (top == scan)
		return true;
	switch (nodeTag(top))
	{
		case T_Limit:
			early = true;
			break;
		case T_Sort:
		case T_Hash:
			early = false;
			break;
		case T_Agg:
			early &= ((const Agg *) top)->aggstrategy == AGG_SORTED;
			break;
		case T_Result:
			if (((const Result *) top)->resconstantqual)
				return false;
			break;
		case T_NestLoop:
		case T_RecursiveUnion:
			return is_certain(top->lefttree, scan, early);
		case T_Append:
			if (early && ((const Append *) top)->appendplans != NIL)
				return is_certain(linitial(
									  ((const Append *) top)->appendplans),
								  scan, early);
			return is_certain_in(((const Append *) top)->appendplans, scan,
								 early);
		case T_MergeAppend:
			return is_certain_in(((const MergeAppend *) top)->mergeplans, scan,
								 early);
		case T_SubqueryScan:
			return is_certain(((const SubqueryScan *) top)->subplan, scan,
							  early);
		case T_CustomScan:
			return is_certain_in(((const CustomScan *) top)->custom_plans,
								 scan, early);
		default:
			break;
	}
	return is_certain(top->lefttree, scan, early) ||
		is_certain(top->righttree, scan, early);
}

/* Whether the scan may send the same requests as one in the list. */
static bool
repeats(const List *scans, const ForeignScanState *node)
{
	const ForeignScan *scan = (const ForeignScan *) node->ss.ps.plan;
	ListCell *lc;

	foreach(lc, scans)
	{
		const ForeignScanState *other = lfirst(lc);

		if (dcf_scan_relation(other->fdw_state)->relid ==
				dcf_scan_relation(node->fdw_state)->relid &&
			dcf_fdw_private_may_be_same(scan,
										(const ForeignScan *)
											other->ss.ps.plan))
			return true;
	}
	return false;
}

/* Add a scan whose values are known to the plan; false if it cannot run. */
static bool
add_scan(DcfLimitPlan *plan, ForeignScanState *node)
{
	DcfScan *scan = node->fdw_state;
	const DcfFdwPrivate *priv = dcf_scan_private(scan);
	DcfBoundValue *values = dcf_scan_values(node, NIL);

	if (dcf_scan_deferred_error(scan, values))
		return false;
	dcf_limit_plan_add(plan, dcf_scan_relation(scan), priv, values,
					   dcf_scan_source(scan)->userid,
					   dcf_bind_create(dcf_scan_relation(scan), priv, values,
									   true));
	return true;
}

/* Whether the scan's values do not depend on the rest of the plan. */
static bool
is_independent(const ForeignScanState *node)
{
	return bms_is_empty(node->ss.ps.plan->allParam) &&
		dcf_fdw_private_keys(dcf_scan_private(node->fdw_state)) == 0;
}

/*
 * The plan without what is not certain; for_explain: nor values of parameters.  Sets
 * *counts to whether the node counts, if it is not NULL.
 */
static DcfLimitPlan
collect(const Execution *execution, bool for_explain,
		const ForeignScanState *node, bool *counts)
{
	DcfLimitPlan plan = {0};
	const Plan *top = execution->estate->es_plannedstmt->planTree;
	List *added = NIL;
	ListCell *lc;

	foreach(lc, execution->scans)
	{
		ForeignScanState *scan = lfirst(lc);

		if (!is_independent(scan) ||
			!is_certain(top, scan->ss.ps.plan, false) ||
			(for_explain && !dcf_scan_is_known(scan)))
			continue;
		if (scan == node)
			*counts = true;
		/* One that was passed over may never run, so it spares this one nothing. */
		if (!repeats(added, scan) && add_scan(&plan, scan))
			added = lappend(added, scan);
	}
	return plan;
}

/*
 * Called when a scan starts: refuse a plan that exceeds a limit.  It is looked at once,
 * and a single scan is compared by its own source.
 */
static void
check_plan(ForeignScanState *node)
{
	Execution *execution = find_execution(node->ss.ps.state);
	DcfLimitPlan plan;
	DcfLimitExcess excess;
	char *hint;

	if (execution->checked)
		return;
	execution->checked = true;
	if (list_length(execution->scans) < 2)
		return;
	plan = collect(execution, false, NULL, NULL);
	if (dcf_limit_plan_exceeds(&plan,
							   dcf_scan_source(node->fdw_state)->statement,
							   &excess, &hint))
		dcf_limits_raise(&excess, hint);
}

char *
dcf_plan_limit_show(ForeignScanState *node)
{
	const Execution *execution = find_execution(node->ss.ps.state);
	DcfLimitPlan plan = {0};
	DcfLimitExcess excess;
	bool counts = false;

	if (execution == NULL || !dcf_scan_is_known(node))
		return NULL;
	add_scan(&plan, node);
	if (dcf_limit_plan_exceeds(&plan, NULL, &excess, NULL))
		return dcf_limits_show(&excess);
	plan = collect(execution, true, node, &counts);
	if (counts && dcf_limit_plan_exceeds(&plan, NULL, &excess, NULL))
		return dcf_limits_show(&excess);
	return NULL;
}
