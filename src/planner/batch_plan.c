/*
 * batch_plan.c
 *	  Batched joins, the planner's side.  See batch_plan.h.
 */
#include "postgres.h"

#include <math.h>

#include "nodes/extensible.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "nodes/value.h"
#include "optimizer/appendinfo.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/paths.h"
#include "optimizer/restrictinfo.h"
#include "utils/lsyscache.h"
#include "utils/selfuncs.h"

#include "base/compat.h"
#include "executor/batch_exec.h"
#include "planner/batch_plan.h"
#include "planner/plan.h"

/* Two relations to be joined, in this order. */
typedef struct BatchJoin
{
	PlannerInfo *root;
	RelOptInfo *joinrel;
	RelOptInfo *outerrel;
	RelOptInfo *innerrel; /* a foreign table of this wrapper */
	JoinType type;
	JoinPathExtraData *extra;
	int batch_size;
} BatchJoin;

/* Estimates for one join. */
typedef struct KeyCounts
{
	double nvalues; /* distinct keys on the outer side */
	double batches;
} KeyCounts;

/*
 * A join clause that supplies keys: column = value, value from the outer side.
 */
typedef struct Key
{
	RestrictInfo *clause;
	Expr *value;
	Var *column;
} Key;

static set_join_pathlist_hook_type next_hook = NULL;

static void consider_join(PlannerInfo *root, RelOptInfo *joinrel,
						  RelOptInfo *outerrel, RelOptInfo *innerrel,
						  JoinType jointype, JoinPathExtraData *extra);
static bool is_possible(const BatchJoin *join);
static bool is_key(const BatchJoin *join, RestrictInfo *clause, Key *key);
static List *find_outer_paths(BatchJoin *join);
static void add_batched_path(const BatchJoin *join, const Key *key,
							 Path *outer, Relids params);
static bool is_worth_adding(const BatchJoin *join, const Path *outer,
							Relids params, Relids required);
static List *key_first(const Key *key, List *clauses);
static KeyCounts count_keys(const BatchJoin *join, const Key *key,
							const Path *outer);
static void set_cost(const BatchJoin *join, CustomPath *path,
					 const Path *outer, const Path *inner, double batches);
static Plan *plan_join(PlannerInfo *root, RelOptInfo *rel, CustomPath *path,
					   List *tlist, List *clauses, List *plans);
static List *reparameterize(PlannerInfo *root, List *private,
							RelOptInfo *child);
static List *order_by_security(List *clauses);
static List *make_scan_tlist(RelOptInfo *rel, List *plans);
static Node *find_same_column(List *exprs, Node *node);
static Node *match_tlist(Node *node, void *context);

static const CustomPathMethods path_methods =
	{.CustomName = DCF_BATCH_NAME,
	 .PlanCustomPath = plan_join,
	 .ReparameterizeCustomPathByChild = reparameterize};

static const CustomScanMethods scan_methods = {.CustomName = DCF_BATCH_NAME,
											   .CreateCustomScanState =
												   dcf_batch_create_state};

void
dcf_batch_init(void)
{
	RegisterCustomScanMethods(&scan_methods);
	next_hook = set_join_pathlist_hook;
	set_join_pathlist_hook = consider_join;
}

/*
 * The planner's hook: add a batched path for each clause that supplies keys,
 * each path of the outer side and each useful parameterisation.
 */
static void
consider_join(PlannerInfo *root, RelOptInfo *joinrel, RelOptInfo *outerrel,
			  RelOptInfo *innerrel, JoinType jointype,
			  JoinPathExtraData *extra)
{
	BatchJoin join = {root,
					  joinrel,
					  outerrel,
					  innerrel,
					  jointype,
					  extra,
					  dcf_plan_batch_size(innerrel)};
	List *outers = NIL;
	bool searched = false;
	ListCell *lc;

	if (next_hook)
		next_hook(root, joinrel, outerrel, innerrel, jointype, extra);
	if (!is_possible(&join))
		return;
	foreach(lc, extra->restrictlist)
	{
		ListCell *lc_outer;
		ListCell *lc_params;
		Key key;

		if (!is_key(&join, lfirst_node(RestrictInfo, lc), &key))
			continue;
		/* Once: it also turns a join with distinct outer rows into an inner one. */
		if (!searched)
			outers = find_outer_paths(&join);
		searched = true;
		foreach(lc_outer, outers)
			foreach(lc_params,
					dcf_plan_batch_params(innerrel, outerrel->relids))
				add_batched_path(&join, &key, lfirst(lc_outer),
								 lfirst(lc_params));
	}
}

/*
 * Whether a batched join may be used.  Not if rows are locked or changed: then
 * EvalPlanQual joins a changed row again with the rows that it was joined
 * with, and this node does not keep those.  Nor with one key in
 * a batch: a parameterised nested loop does the same.
 */
static bool
is_possible(const BatchJoin *join)
{
	ListCell *lc;

	if (join->batch_size < 2 ||
		(join->root->parse->commandType != CMD_SELECT &&
		 join->root->parse->commandType != CMD_INSERT) ||
		join->root->parse->rowMarks != NIL ||
		(join->type != JOIN_INNER && join->type != JOIN_LEFT &&
		 join->type != JOIN_SEMI && join->type != JOIN_ANTI &&
		 join->type != JOIN_UNIQUE_OUTER))
		return false;

	/*
	 * Nothing would evaluate a pseudoconstant clause: create_plan() puts a
	 * gating Result above a custom join only for custom_restrictinfo, which
	 * CustomPath has from PostgreSQL 17 on.
	 */
	foreach(lc, join->extra->restrictlist)
		if (lfirst_node(RestrictInfo, lc)->pseudoconstant)
			return false;
	return true;
}

/* Whether a clause supplies keys.  Sets *key. */
static bool
is_key(const BatchJoin *join, RestrictInfo *clause, Key *key)
{
	OpExpr *op = (OpExpr *) clause->clause;

	/*
	 * A clause pushed down from above an outer join filters its result, so it
	 * does not decide which rows match.
	 */
	if (IS_OUTER_JOIN(join->type) &&
		RINFO_IS_PUSHED_DOWN(clause, join->joinrel->relids))
		return false;

	/*
	 * Rows meet in a hash by this operator before any other clause is checked,
	 * so it must not leak.  NULL is never a key, so it must be strict.
	 */
	if (!IsA(op, OpExpr) || list_length(op->args) != 2 ||
		(clause->security_level > 0 && !clause->leakproof) ||
		!op_strict(op->opno) ||
		!op_hashjoinable(op->opno, exprType(linitial(op->args))))
		return false;
	key->clause = clause;

	/* A value without columns of the outer side is one key for all rows. */
	return dcf_plan_batch_key(join->root, join->innerrel, clause,
							  join->outerrel->relids, &key->value,
							  &key->column) &&
		bms_overlap(pull_varnos(join->root, (Node *) key->value),
					join->outerrel->relids);
}

/*
 * The paths of the outer side to consider, as for a hash join.  Turns
 * JOIN_UNIQUE_OUTER into an inner join with the distinct rows of the outer
 * side.
 */
static List *
find_outer_paths(BatchJoin *join)
{
	RelOptInfo *rel = join->outerrel;
	List *result = NIL;
	ListCell *lc;

	if (join->type == JOIN_UNIQUE_OUTER)
	{
		Path *path = rel->cheapest_total_path;

		join->type = JOIN_INNER;
		if (bms_overlap(PATH_REQ_OUTER(path), join->innerrel->relids))
			return NIL;
		path =
			dcf_compat_unique_outer_path(join->root, rel, join->extra->sjinfo);
		return path ? list_make1(path) : NIL;
	}

	/* NULL if all paths of the outer side are parameterised. */
	if (rel->cheapest_startup_path)
		result = lappend(result, rel->cheapest_startup_path);
	foreach(lc, rel->cheapest_parameterized_paths)
	{
		Path *path = lfirst(lc);

		if (!bms_overlap(PATH_REQ_OUTER(path), join->innerrel->relids))
			result = list_append_unique_ptr(result, path);
	}
	return result;
}

/* Add the path for one key, outer path and parameterisation. */
static void
add_batched_path(const BatchJoin *join, const Key *key, Path *outer,
				 Relids params)
{
	const KeyCounts counts = count_keys(join, key, outer);
	Path *inner = dcf_plan_batch_path(join->root, join->innerrel, key->clause,
									  counts.nvalues, counts.batches, params);
	CustomPath *path;
	List *clauses = join->extra->restrictlist;
	Relids required;

	if (!inner)
		return;

	/*
	 * Neither side gets parameters from the other, so the join needs what
	 * either of them needs.
	 */
	required = calc_non_nestloop_required_outer(outer, inner);
	if (!is_worth_adding(join, outer, params, required))
		return;

	path = makeNode(CustomPath);
	path->path.pathtype = T_CustomScan;
	path->path.parent = join->joinrel;
	path->path.pathtarget = join->joinrel->reltarget;
	path->path.param_info =
		get_joinrel_parampathinfo(join->root, join->joinrel, outer, inner,
								  join->extra->sjinfo, required, &clauses);
	path->path.rows = path->path.param_info ? path->path.param_info->ppi_rows :
											  join->joinrel->rows;
	path->flags = CUSTOMPATH_SUPPORT_PROJECTION;
	path->custom_paths = list_make2(outer, inner);
	path->custom_private =
		list_make2(key_first(key, clauses), makeInteger(join->type));
	path->methods = &path_methods;
	set_cost(join, path, outer, inner, counts.batches);
	add_path(join->joinrel, (Path *) path);
}

/*
 * As for the planner's own joins, a parameterised path is useful only if the
 * join order needs it, or if one part of what is sent comes from this join's
 * outer side and another from elsewhere.
 */
static bool
is_worth_adding(const BatchJoin *join, const Path *outer, Relids params,
				Relids required)
{
	if (dcf_compat_needs_own_join(join->extra->sjinfo, required))
		return false;
	return bms_is_empty(required) ||
		bms_overlap(required, join->extra->param_source_rels) ||
		(!bms_is_subset(params, join->innerrel->lateral_relids) &&
		 bms_is_subset(PATH_REQ_OUTER(outer), join->outerrel->lateral_relids));
}

/* The clauses with the key's first, where plan_join() expects it. */
static List *
key_first(const Key *key, List *clauses)
{
	return lcons(key->clause,
				 list_delete_ptr(list_copy(clauses), key->clause));
}

/* Estimate how many keys the outer side has, and how many batches. */
static KeyCounts
count_keys(const BatchJoin *join, const Key *key, const Path *outer)
{
	double nvalues = estimate_num_groups(join->root, list_make1(key->value),
										 Max(outer->rows, 1), NULL, NULL);

	return (KeyCounts){nvalues, ceil(nvalues / join->batch_size)};
}

/*
 * The outer side runs first; each batch runs the inner side; each inner row
 * probes the hash.  The startup of the first batch is in startup_cost already.
 */
static void
set_cost(const BatchJoin *join, CustomPath *path, const Path *outer,
		 const Path *inner, double batches)
{
	double inner_rows = batches * inner->rows;
	const PathTarget *target = path->path.pathtarget;
	QualCost quals;

	cost_qual_eval(&quals, linitial(path->custom_private), join->root);
	path->path.startup_cost = outer->total_cost + inner->startup_cost +
		quals.startup + target->cost.startup;
	path->path.total_cost = path->path.startup_cost + inner->total_cost -
		inner->startup_cost + (batches - 1) * inner->total_cost +
		outer->rows * (cpu_tuple_cost + cpu_operator_cost) +
		inner_rows * (cpu_operator_cost + quals.per_tuple) +
		path->path.rows * (cpu_tuple_cost + target->cost.per_tuple);
	dcf_compat_sum_disabled(&path->path, outer, inner);
}

/* The callback that makes a plan node from the path. */
static Plan *
plan_join(PlannerInfo *root, RelOptInfo *rel, CustomPath *path, List *tlist,
		  List *clauses, List *plans)
{
	CustomScan *scan = makeNode(CustomScan);
	Path *outer = list_nth(path->custom_paths, DCF_BATCH_OUTER);
	Path *inner = list_nth(path->custom_paths, DCF_BATCH_INNER);
	JoinType type = (JoinType) intVal(lsecond(path->custom_private));
	List *joined = order_by_security(linitial(path->custom_private));
	List *others = NIL;
	Expr *value;
	Var *column;

	/*
	 * Reparameterising for a partition may have replaced the clause, so the
	 * value and the column are found again.
	 */
	if (!dcf_plan_batch_key(root, inner->parent, linitial(joined),
							outer->parent->relids, &value, &column))
		elog(ERROR, "a batched join has no key");

	/*
	 * Clauses that an outer join got from above go to the node's qual, which
	 * is checked after the join.
	 */
	if (IS_OUTER_JOIN(type))
		extract_actual_join_clauses(joined, rel->relids, &joined, &others);
	else
		joined = extract_actual_clauses(joined, false);

	scan->scan.plan.targetlist = tlist;
	scan->custom_scan_tlist = make_scan_tlist(rel, plans);
	scan->scan.plan.qual =
		(List *) match_tlist((Node *) others, scan->custom_scan_tlist);

	/*
	 * The executor expects the key's value, then its column, then the clauses.
	 */
	scan->custom_exprs =
		(List *) match_tlist((Node *) lcons(value, lcons(column, joined)),
							 scan->custom_scan_tlist);
	scan->custom_private = list_make1(makeInteger(type));
	scan->custom_plans = plans;
	scan->flags = path->flags;
	scan->methods = &scan_methods;
	return &scan->scan.plan;
}

/*
 * Callback: adjust a path parameterised by a parent to one of its partitions.
 */
static List *
reparameterize(PlannerInfo *root, List *private, RelOptInfo *child)
{
	return list_make2(dcf_compat_adjust_to_child(root, linitial(private),
												 child),
					  lsecond(private));
}

/*
 * Order clauses so that those of a security barrier view are checked before
 * any that could leak.  The key's clause stays first; it is leakproof or has
 * level 0.
 */
static List *
order_by_security(List *clauses)
{
	List *result = list_make1(linitial(clauses));
	Index level = 0;
	Index highest = 0;
	ListCell *lc;

	do
	{
		for_each_from(lc, clauses, 1)
		{
			RestrictInfo *clause = lfirst_node(RestrictInfo, lc);

			highest = Max(highest, clause->security_level);
			if (clause->security_level == level)
				result = lappend(result, clause);
		}
	} while (++level <= highest);
	return result;
}

/*
 * The columns of both sides, in the form that the join's result has them,
 * because setrefs.c finds them only by equality: above an outer join they are
 * marked as nullable by it.  The plans may return a placeholder itself, or the
 * columns in it.
 */
static List *
make_scan_tlist(RelOptInfo *rel, List *plans)
{
	List *above = list_concat(pull_var_clause((Node *) rel->reltarget->exprs,
											  PVC_INCLUDE_PLACEHOLDERS),
							  pull_var_clause((Node *) rel->reltarget->exprs,
											  PVC_RECURSE_PLACEHOLDERS));
	List *result = NIL;
	ListCell *lc;
	ListCell *lc_entry;

	foreach(lc, plans)
		foreach(lc_entry, ((Plan *) lfirst(lc))->targetlist)
		{
			Node *expr = (Node *) lfirst_node(TargetEntry, lc_entry)->expr;
			Node *listed = find_same_column(above, expr);
			int number = list_length(result) + 1;

			expr = copyObject(listed ? listed : expr);
			result =
				lappend(result,
						makeTargetEntry((Expr *) expr, number, NULL, false));
		}
	return result;
}

/*
 * The expression for the same column or placeholder; NULL if there is none.
 * Not equal(), because that also compares which outer joins make the column
 * nullable.
 */
static Node *
find_same_column(List *exprs, Node *node)
{
	ListCell *lc;

	foreach(lc, exprs)
	{
		Node *expr = lfirst(lc);

		if (IsA(expr, TargetEntry))
			expr = (Node *) ((TargetEntry *) expr)->expr;
		if (nodeTag(expr) != nodeTag(node))
			continue;
		if (IsA(node, Var) && ((Var *) expr)->varno == ((Var *) node)->varno &&
			((Var *) expr)->varattno == ((Var *) node)->varattno)
			return expr;
		if (IsA(node, PlaceHolderVar) &&
			((PlaceHolderVar *) expr)->phid == ((PlaceHolderVar *) node)->phid)
			return expr;
	}
	return NULL;
}

/* Mutator: replace columns by the form that the target list has. */
static Node *
match_tlist(Node *node, void *context)
{
	Node *listed;

	if (node == NULL)
		return NULL;
	listed = find_same_column(context, node);
	if (listed)
		return copyObject(listed);
	return expression_tree_mutator(node, match_tlist, context);
}
