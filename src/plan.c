/*
 * plan.c
 *	  The planner's callbacks.  See plan.h.
 */
#include "postgres.h"

#include "access/table.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/planmain.h"
#include "optimizer/restrictinfo.h"
#include "rewrite/rewriteManip.h"
#include "utils/partcache.h"
#include "utils/rel.h"

#include "compat.h"
#include "estimate.h"
#include "plan.h"
#include "qual.h"
#include "relation.h"
#include "spec.h"

/* In RelOptInfo.fdw_private, from GetForeignRelSize on. */
typedef struct RelationPlan
{
	DcfRelation *relation;
	DcfQuals *quals;
	Bitmapset *fetched;
	Bitmapset *split;
	DcfEstimate estimate;
} RelationPlan;

static DcfRelation *load_relation(Oid foreigntableid, Index relid,
								  List **bounds);
static List *partition_bounds(Relation rel, Index relid);
static bool is_result_relation(PlannerInfo *root, RelOptInfo *baserel);
static Bitmapset *find_split(const DcfRelation *relation,
							 const Bitmapset *fetched);

void
dcf_plan_rel_size(PlannerInfo *root, RelOptInfo *baserel, Oid foreigntableid)
{
	RelationPlan *state = palloc0(sizeof(RelationPlan));
	List *bounds;

	baserel->fdw_private = state;
	state->relation = load_relation(foreigntableid, baserel->relid, &bounds);
	state->quals = dcf_qual_classify(root, baserel, state->relation, bounds);

	/* UPDATE and DELETE are refused by the executor, in its own words. */
	if (!is_result_relation(root, baserel))
		dcf_qual_check(root, baserel, state->relation, state->quals);

	state->fetched =
		dcf_qual_fetched(root, baserel, state->relation, state->quals);
	state->split = find_split(state->relation, state->fetched);
	dcf_estimate(root, baserel, state->relation, state->quals, state->split,
				 &state->estimate);
	baserel->rows = state->estimate.rows;
}

void
dcf_plan_paths(PlannerInfo *root, RelOptInfo *baserel, Oid foreigntableid)
{
	RelationPlan *state = baserel->fdw_private;

	add_path(baserel,
			 (Path *) dcf_compat_foreignscan_path(root, baserel, baserel->rows,
												  state->estimate.startup_cost,
												  state->estimate.total_cost,
												  baserel->lateral_relids));
}

ForeignScan *
dcf_plan_create(PlannerInfo *root, RelOptInfo *baserel, Oid foreigntableid,
				ForeignPath *best_path, List *tlist, List *scan_clauses,
				Plan *outer_plan)
{
	RelationPlan *state = baserel->fdw_private;
	DcfSpec spec = {0};
	List *local = list_copy(state->quals->bounds);
	List *fdw_private;
	List *fdw_exprs;
	ListCell *lc;

	/* A clause used up by what is sent needs no check; all others do. */
	foreach(lc, scan_clauses)
	{
		RestrictInfo *rinfo = lfirst_node(RestrictInfo, lc);

		if (!list_member_ptr(state->quals->sent, rinfo) ||
			list_member_ptr(state->quals->local, rinfo))
			local = lappend(local, rinfo);
	}

	spec.bindings = state->quals->bindings;
	spec.split = state->split;
	spec.fetched = state->fetched;
	spec.clauses = extract_actual_clauses(state->quals->sent, false);
	spec.source = state->estimate.source;
	spec.rows_per_request = state->estimate.rows_per_request;
	dcf_spec_write(&spec, &fdw_private, &fdw_exprs);

	return make_foreignscan(tlist, extract_actual_clauses(local, false),
							baserel->relid, fdw_exprs, fdw_private, NIL, NIL,
							outer_plan);
}

static DcfRelation *
load_relation(Oid foreigntableid, Index relid, List **bounds)
{
	Relation rel = table_open(foreigntableid, NoLock);
	DcfRelation *relation = dcf_relation_load(rel);

	*bounds = partition_bounds(rel, relid);
	table_close(rel, NoLock);
	return relation;
}

/* What holds for the rows of a partition, as clauses; NIL if it is none. */
static List *
partition_bounds(Relation rel, Index relid)
{
	List *bounds = RelationGetPartitionQual(rel);

	if (bounds == NIL)
		return NIL;
	bounds = (List *) expression_planner((Expr *) bounds);
	ChangeVarNodes((Node *) bounds, 1, relid, 0);
	return bounds;
}

static bool
is_result_relation(PlannerInfo *root, RelOptInfo *baserel)
{
	return root->parse->commandType != CMD_SELECT &&
		bms_is_member(baserel->relid, root->all_result_relids);
}

/*
 * The values of a list go in one request, unless the query wants to know
 * which of them a row belongs to, and the reply does not say.
 */
static Bitmapset *
find_split(const DcfRelation *relation, const Bitmapset *fetched)
{
	Bitmapset *split = NULL;

	for (int i = 0; i < relation->natts; i++)
		if (relation->columns[i].kind == DCF_COLUMN_PARAMETER &&
			relation->columns[i].options->list &&
			bms_is_member(i + 1, fetched))
			split = bms_add_member(split, i + 1);
	return split;
}
