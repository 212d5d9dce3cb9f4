/*
 * plan_ancestors.c
 *	  The ancestors of a plan node.  See plan_ancestors.h.
 *
 * PostgreSQL's planstate_tree_walker() would need the topmost PlanState, which an
 * ExplainForeignScan callback does not get.  So the plan tree is walked, including
 * the expressions in which SubPlans stand.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "nodes/nodeFuncs.h"

#include "base/compat.h"
#include "plan_ancestors.h"

typedef struct Search
{
	const PlannedStmt *statement;
	const Plan *target;
	List *above; /* ancestors of the node searched now, nearest first */
} Search;

static bool search(Search *s, Plan *plan);
static bool search_children(Search *s, Plan *plan);
static bool search_list(Search *s, const List *plans);
static bool search_subplans(Search *s, const List *subplans);
static List *list_subplans(Plan *plan);
static bool collect_subplans(Node *node, List **subplans);
static List *list_join_exprs(Plan *plan);
static List *list_scan_exprs(Plan *plan);
static List *list_other_exprs(Plan *plan);

List *
dcf_plan_ancestors_find(const PlannedStmt *statement, const Plan *plan)
{
	Search s = {.statement = statement, .target = plan};

	return search(&s, statement->planTree) ? s.above : NIL;
}

/*
 * Whether the target is at or below plan; if so, s->above has its ancestors.
 * If not, s->above is as before.  InitPlans come first, then children, then
 * other SubPlans: EXPLAIN shows them in this order, and shows a subquery only
 * once.
 */
static bool
search(Search *s, Plan *plan)
{
	if (plan == NULL)
		return false;
	if (plan == s->target)
		return true;
	check_stack_depth();

	s->above = lcons(plan, s->above);
	if (search_subplans(s, plan->initPlan) || search_children(s, plan) ||
		search_subplans(s, list_subplans(plan)))
		return true;
	s->above = list_delete_first(s->above);
	return false;
}

/* The nodes below plan that are not in expressions. */
static bool
search_children(Search *s, Plan *plan)
{
	if (search(s, plan->lefttree) || search(s, plan->righttree))
		return true;
	switch (nodeTag(plan))
	{
		case T_Append:
			return search_list(s, ((Append *) plan)->appendplans);
		case T_MergeAppend:
			return search_list(s, ((MergeAppend *) plan)->mergeplans);
		case T_SubqueryScan:
			return search(s, ((SubqueryScan *) plan)->subplan);
		case T_CustomScan:
			return search_list(s, ((CustomScan *) plan)->custom_plans);
		default: /* BitmapAnd and BitmapOr have no foreign scan below */
			return false;
	}
}

static bool
search_list(Search *s, const List *plans)
{
	ListCell *lc;

	foreach(lc, plans)
		if (search(s, lfirst(lc)))
			return true;
	return false;
}

/* Each SubPlan's own plan, with the SubPlan as one of the ancestors. */
static bool
search_subplans(Search *s, const List *subplans)
{
	ListCell *lc;

	foreach(lc, subplans)
	{
		SubPlan *subplan = lfirst(lc);

		s->above = lcons(subplan, s->above);
		if (search(s, exec_subplan_get_plan(s->statement, subplan)))
			return true;
		s->above = list_delete_first(s->above);
	}
	return false;
}

/*
 * The SubPlans in a node's expressions.  A PlanState has a list of them, but a
 * Plan has not.  Lists such as indexqualorig only repeat other lists, so they
 * are not searched.
 */
static List *
list_subplans(Plan *plan)
{
	List *exprs = list_make2(plan->targetlist, plan->qual);
	List *subplans = NIL;

	exprs = list_concat(exprs, list_join_exprs(plan));
	exprs = list_concat(exprs, list_scan_exprs(plan));
	exprs = list_concat(exprs, list_other_exprs(plan));
	collect_subplans((Node *) exprs, &subplans);
	return subplans;
}

/*
 * An expression_tree_walker() callback.  Below a SubPlan it finds those in
 * the arguments; search_subplans() visits the SubPlan's own plan.
 */
static bool
collect_subplans(Node *node, List **subplans)
{
	if (node == NULL)
		return false;
	if (IsA(node, SubPlan))
		*subplans = lappend(*subplans, node);
	return expression_tree_walker(node, collect_subplans, subplans);
}

/* The expressions of joins, beside targetlist and qual. */
static List *
list_join_exprs(Plan *plan)
{
	switch (nodeTag(plan))
	{
		case T_NestLoop:
			return list_make1(((NestLoop *) plan)->join.joinqual);
		case T_MergeJoin:
			return list_make2(((MergeJoin *) plan)->join.joinqual,
							  ((MergeJoin *) plan)->mergeclauses);
		case T_HashJoin:
			return list_make3(((HashJoin *) plan)->join.joinqual,
							  ((HashJoin *) plan)->hashclauses,
							  ((HashJoin *) plan)->hashkeys);
		case T_Hash:
			return list_make1(((Hash *) plan)->hashkeys);
		default:
			return NIL;
	}
}

/* The expressions of scans, beside targetlist and qual. */
static List *
list_scan_exprs(Plan *plan)
{
	switch (nodeTag(plan))
	{
		case T_SampleScan:
			return list_make1(((SampleScan *) plan)->tablesample);
		case T_IndexScan:
			return list_make2(((IndexScan *) plan)->indexqual,
							  ((IndexScan *) plan)->indexorderby);
		case T_IndexOnlyScan:
			return list_make2(((IndexOnlyScan *) plan)->indexqual,
							  ((IndexOnlyScan *) plan)->indexorderby);
		case T_BitmapIndexScan:
			return list_make1(((BitmapIndexScan *) plan)->indexqual);
		case T_TidScan:
			return list_make1(((TidScan *) plan)->tidquals);
		case T_TidRangeScan:
			return list_make1(((TidRangeScan *) plan)->tidrangequals);
		case T_FunctionScan:
			return list_make1(((FunctionScan *) plan)->functions);
		case T_TableFuncScan:
			return list_make1(((TableFuncScan *) plan)->tablefunc);
		case T_ValuesScan:
			return list_make1(((ValuesScan *) plan)->values_lists);
		case T_ForeignScan:
			return list_make1(((ForeignScan *) plan)->fdw_exprs);
		case T_CustomScan:
			return list_make1(((CustomScan *) plan)->custom_exprs);
		default:
			return NIL;
	}
}

/* The expressions of other nodes, beside targetlist and qual. */
static List *
list_other_exprs(Plan *plan)
{
	switch (nodeTag(plan))
	{
		case T_Result:
			return list_make1(((Result *) plan)->resconstantqual);
		case T_Memoize:
			return list_make1(((Memoize *) plan)->param_exprs);
		case T_WindowAgg:
			return list_make2(((WindowAgg *) plan)->startOffset,
							  ((WindowAgg *) plan)->endOffset);
		case T_Limit:
			return list_make2(((Limit *) plan)->limitOffset,
							  ((Limit *) plan)->limitCount);
		case T_ModifyTable:
			return list_make5(((ModifyTable *) plan)->withCheckOptionLists,
							  ((ModifyTable *) plan)->returningLists,
							  ((ModifyTable *) plan)->onConflictSet,
							  ((ModifyTable *) plan)->onConflictWhere,
							  list_make2(((ModifyTable *) plan)
											 ->mergeActionLists,
										 dcf_compat_merge_join_conditions(
											 (ModifyTable *) plan)));
		default:
			return NIL;
	}
}
