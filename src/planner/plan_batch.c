/*
 * plan_batch.c
 *	  The foreign table's part of batched joins.  See plan.h.
 */
#include "postgres.h"

#include "foreign/fdwapi.h"
#include "nodes/value.h"
#include "optimizer/pathnode.h"
#include "utils/memutils.h"

#include "base/compat.h"
#include "plan_private.h"

int
dcf_plan_batch_size(const RelOptInfo *rel)
{
	DcfRelationPlan *state = rel->fdw_private;

	/*
	 * fdw_private of another wrapper has another type.  The callback tells
	 * whose it is.
	 */
	if (rel->reloptkind != RELOPT_BASEREL || !rel->fdwroutine ||
		rel->fdwroutine->GetForeignPlan != dcf_plan_create || !state)
		return 0;
	return state->relation->table->batch_size;
}

bool
dcf_plan_batch_key(PlannerInfo *root, RelOptInfo *baserel,
				   RestrictInfo *clause, Relids outer, Expr **value,
				   Var **column)
{
	DcfRelationPlan *state = baserel->fdw_private;
	DcfBinding *binding;
	const DcfColumn *sent;
	Node *node;

	if (!IsA(clause->clause, OpExpr))
		return false;
	binding = dcf_plan_bind_key(root, baserel, clause, outer);
	if (!binding || binding->op != DCF_BIND_EQUAL || binding->unless)
		return false;
	sent = &state->relation->columns[binding->attnum - 1];
	if (sent->kind != DCF_COLUMN_FILTERED || !sent->options->list)
		return false;

	/*
	 * The binding has one operand; the other is the column, perhaps under a
	 * binary coercible cast.
	 */
	*value = binding->value;
	node = linitial(((OpExpr *) clause->clause)->args);
	if (node == (Node *) *value)
		node = lsecond(((OpExpr *) clause->clause)->args);
	while (IsA(node, RelabelType))
		node = (Node *) ((RelabelType *) node)->arg;
	*column = castNode(Var, node);
	return true;
}

List *
dcf_plan_batch_params(const RelOptInfo *baserel, Relids outer)
{
	DcfRelationPlan *state = baserel->fdw_private;
	List *result = NIL;
	ListCell *lc;

	/*
	 * A lateral reference to the outer side has several values in one batch.
	 */
	if (bms_overlap(baserel->lateral_relids, outer))
		return NIL;
	result = list_make1(baserel->lateral_relids);
	foreach(lc, state->sets)
	{
		Relids params = bms_difference(lfirst(lc), outer);
		ListCell *lc_known;
		bool known = false;

		foreach(lc_known, result)
			known |= bms_equal(lfirst(lc_known), params);
		if (!known)
			result = lappend(result, params);
	}
	return result;
}

Path *
dcf_plan_batch_path(PlannerInfo *root, RelOptInfo *baserel, RestrictInfo *key,
					double nvalues, double batches, Relids params)
{
	/* ParamPathInfos must live as long as the relation, not just this join. */
	MemoryContext old = MemoryContextSwitchTo(GetMemoryChunkContext(baserel));
	ParamPathInfo *info =
		get_baserel_parampathinfo(root, baserel, bms_copy(params));
	const DcfPlanBatch batch = {key, nvalues, batches};
	List *clauses = dcf_plan_clauses(baserel, info);
	List *implied = dcf_plan_implied(root, baserel, clauses, params);
	ForeignPath *result;
	DcfPathPlan path;

	MemoryContextSwitchTo(old);
	dcf_plan_path(root, baserel, list_concat_copy(clauses, implied), params,
				  &batch, &path);
	dcf_plan_check(root, baserel, &path);

	/* A path of last resort exists without a batched join. */
	if (path.deferred || path.conditional != NIL)
		return NULL;
	result = dcf_compat_foreignscan_path(root, baserel, path.estimate.rows, 0,
										 path.estimate.startup_cost,
										 path.estimate.total_cost, params);

	/* The form that read_batch() in plan.c expects. */
	result->fdw_private =
		list_make2(implied,
				   list_make3(key, makeFloat(psprintf("%.0f", nvalues)),
							  makeFloat(psprintf("%.0f", batches))));
	return (Path *) result;
}
