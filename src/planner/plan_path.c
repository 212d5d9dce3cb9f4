/*
 * plan_path.c
 *	  What a path of a foreign table sends, reads and costs.
 */
#include "postgres.h"

#include "access/sysattr.h"
#include "optimizer/optimizer.h"
#include "optimizer/restrictinfo.h"

#include "plan_private.h"
#include "request/writing.h"

static bool is_result_relation(PlannerInfo *root, RelOptInfo *baserel);
static int find_unreadable(PlannerInfo *root, RelOptInfo *baserel,
						   const DcfRelation *relation);
static void add_keys(PlannerInfo *root, RelOptInfo *baserel, RestrictInfo *key,
					 DcfQuals *quals);
static Bitmapset *add_split_column(const DcfRelation *relation,
								   Bitmapset *fetched);
static Bitmapset *find_fan_out(const DcfRelation *relation,
							   const Bitmapset *fetched);

List *
dcf_plan_clauses(RelOptInfo *baserel, const ParamPathInfo *info)
{
	return info ?
		list_concat_copy(baserel->baserestrictinfo, info->ppi_clauses) :
		baserel->baserestrictinfo;
}

DcfBinding *
dcf_plan_bind_key(PlannerInfo *root, RelOptInfo *baserel, RestrictInfo *key,
				  Relids outer)
{
	DcfRelationPlan *state = baserel->fdw_private;
	DcfQuals *quals = dcf_qual_classify(root, baserel, state->relation,
										list_make1(key), outer, NIL, NIL);

	return quals->bindings != NIL ? linitial(quals->bindings) : NULL;
}

/*
 * Add the binding for a batched join's keys.  The join checks the key's clause
 * itself, so it is none of the path's clauses, but its column is needed.
 */
static void
add_keys(PlannerInfo *root, RelOptInfo *baserel, RestrictInfo *key,
		 DcfQuals *quals)
{
	Relids outer = bms_copy(key->clause_relids);
	DcfBinding *binding;

	outer = bms_del_member(outer, baserel->relid);
	binding = dcf_plan_bind_key(root, baserel, key, outer);
	binding->op = DCF_BIND_KEYS;
	quals->bindings = lappend(quals->bindings, binding);
	quals->sent = lappend(quals->sent, key);
	quals->local = lappend(quals->local, key);
}

List *
dcf_plan_implied(PlannerInfo *root, RelOptInfo *baserel, List *clauses,
				 Relids outer)
{
	DcfRelationPlan *state = baserel->fdw_private;
	DcfQuals *quals;

	/*
	 * Without an outer relation, an equivalence class gives no value that the
	 * clauses do not.
	 */
	if (bms_is_empty(outer))
		return NIL;
	quals = dcf_qual_classify(root, baserel, state->relation, clauses, outer,
							  state->bounds, NIL);
	return dcf_qual_implied(root, baserel, state->relation, quals, outer);
}

void
dcf_plan_path(PlannerInfo *root, RelOptInfo *baserel, List *clauses,
			  Relids outer, const DcfPlanBatch *batch, DcfPathPlan *path)
{
	DcfRelationPlan *state = baserel->fdw_private;

	path->clauses = clauses;
	dcf_plan_classify(root, baserel, outer, state->uses->implied, path);
	if (batch)
		add_keys(root, baserel, batch->key, path->quals);
	dcf_plan_estimate(root, baserel, batch, path);
}

void
dcf_plan_classify(PlannerInfo *root, RelOptInfo *baserel, Relids outer,
				  List *implied, DcfPathPlan *path)
{
	DcfRelationPlan *state = baserel->fdw_private;

	path->quals =
		dcf_qual_classify(root, baserel, state->relation, path->clauses, outer,
						  state->bounds, implied);
}

void
dcf_plan_estimate(PlannerInfo *root, RelOptInfo *baserel,
				  const DcfPlanBatch *batch, DcfPathPlan *path)
{
	DcfRelationPlan *state = baserel->fdw_private;

	path->fetched =
		add_split_column(state->relation,
						 dcf_qual_fetched(root, baserel, state->relation,
										  path->quals));
	path->fan_out = find_fan_out(state->relation, path->fetched);
	path->estimate.tuples = state->tuples;
	path->estimate.keys = batch ? batch->nvalues : 1;
	path->estimate.batches = batch ? batch->batches : 1;
	dcf_estimate(root, baserel, state->relation, path->quals, path->fan_out,
				 &path->estimate);
}

void
dcf_plan_check(PlannerInfo *root, RelOptInfo *baserel, DcfPathPlan *path)
{
	DcfRelationPlan *state = baserel->fdw_private;

	path->deferred = NULL;
	path->comparison = NULL;
	path->conditional = NIL;
	if (dcf_writing_is(state->relation))
	{
		int unreadable = find_unreadable(root, baserel, state->relation);

		if (unreadable != 0)
		{
			path->deferred = palloc0(sizeof(DcfDeferredError));
			path->deferred->unreadable = unreadable;
			return;
		}
	}
	else if (is_result_relation(root, baserel))
		return;
	path->deferred = dcf_qual_check(root, baserel, state->relation,
									state->uses, state->joined, path->quals,
									&path->comparison, &path->conditional);
}

/*
 * Of a table that is written, the first column but the id that the query reads, or
 * DCF_UNREADABLE_TABLE if it reads a row as a whole, or is no UPDATE of the table; else 0.
 * The executor itself always wants the row as a whole, only to hand it over.
 */
static int
find_unreadable(PlannerInfo *root, RelOptInfo *baserel,
				const DcfRelation *relation)
{
	const DcfColumn *id = dcf_writing_id(relation);
	Bitmapset *attnums = NULL;
	ListCell *lc;

	if (!is_result_relation(root, baserel))
		return DCF_UNREADABLE_TABLE;
	foreach(lc, list_concat_copy(baserel->baserestrictinfo, baserel->joininfo))
		pull_varattnos((Node *) lfirst_node(RestrictInfo, lc)->clause,
					   baserel->relid, &attnums);
	/* What is SET; a partition has the expressions of its parent. */
	foreach(lc, root->parse->targetList)
	{
		const TargetEntry *target = lfirst_node(TargetEntry, lc);

		if (!target->resjunk)
			pull_varattnos((Node *) target->expr, root->parse->resultRelation,
						   &attnums);
	}
	if (bms_is_member(0 - FirstLowInvalidHeapAttributeNumber, attnums))
		return DCF_UNREADABLE_TABLE;
	bms_free(attnums);
	attnums = NULL;
	pull_varattnos((Node *) baserel->reltarget->exprs, baserel->relid,
				   &attnums);
	foreach(lc, baserel->baserestrictinfo)
		pull_varattnos((Node *) lfirst_node(RestrictInfo, lc)->clause,
					   baserel->relid, &attnums);
	for (int i = 0; i < relation->natts; i++)
	{
		AttrNumber attnum = i + 1;

		if (relation->columns[i].kind != DCF_COLUMN_DROPPED &&
			!(id && id->attnum == attnum) &&
			bms_is_member(attnum - FirstLowInvalidHeapAttributeNumber,
						  attnums))
			return attnum;
	}
	return 0;
}

/* Whether the table is the target of UPDATE, DELETE or MERGE. */
static bool
is_result_relation(PlannerInfo *root, RelOptInfo *baserel)
{
	return root->parse->commandType != CMD_SELECT &&
		bms_is_member(baserel->relid, root->all_result_relids);
}

/* The column by which requests are halved decides which half returns a row. */
static Bitmapset *
add_split_column(const DcfRelation *relation, Bitmapset *fetched)
{
	if (relation->split && dcf_column_is_read(relation->split))
		return bms_add_member(fetched, relation->split->attnum);
	return fetched;
}

/*
 * List columns (attnums) that need a request for each value: the query reads
 * their values, and the reply does not show them.
 */
static Bitmapset *
find_fan_out(const DcfRelation *relation, const Bitmapset *fetched)
{
	Bitmapset *fan_out = NULL;

	for (int i = 0; i < relation->natts; i++)
		if (relation->columns[i].kind == DCF_COLUMN_PARAMETER &&
			relation->columns[i].options->list &&
			bms_is_member(i + 1, fetched))
			fan_out = bms_add_member(fan_out, i + 1);
	return fan_out;
}
