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
	List *bounds;
	Bitmapset *joined; /* columns that joins could give values, from
						* GetForeignPaths on */
	double tuples;	   /* as the catalogue has them: the planner makes more of
					* the relation's once it has a size */
} RelationPlan;

/* What a path does, which its clauses say. */
typedef struct PathPlan
{
	List *clauses; /* the path's, and what else they come to */
	DcfQuals *quals;
	Bitmapset *fetched;
	Bitmapset *split;
	DcfEstimate estimate;
} PathPlan;

static DcfRelation *load_relation(Oid foreigntableid, Index relid,
								  List **bounds);
static List *partition_bounds(Relation rel, Index relid);
static bool is_result_relation(PlannerInfo *root, RelOptInfo *baserel);
static bool suffices(PlannerInfo *root, RelOptInfo *baserel,
					 const PathPlan *path);
static void plan_path(PlannerInfo *root, RelOptInfo *baserel, List *clauses,
					  Relids outer, PathPlan *path);
static bool add_path_for(PlannerInfo *root, RelOptInfo *baserel, Relids outer,
						 bool must);
static Bitmapset *add_split_column(const DcfRelation *relation,
								   Bitmapset *fetched);
static Bitmapset *find_split(const DcfRelation *relation,
							 const Bitmapset *fetched);

void
dcf_plan_rel_size(PlannerInfo *root, RelOptInfo *baserel, Oid foreigntableid)
{
	RelationPlan *state = palloc0(sizeof(RelationPlan));
	PathPlan path;

	baserel->fdw_private = state;
	state->relation =
		load_relation(foreigntableid, baserel->relid, &state->bounds);
	state->tuples = baserel->tuples;
	plan_path(root, baserel, baserel->baserestrictinfo,
			  baserel->lateral_relids, &path);
	baserel->rows = path.estimate.rows;
}

/*
 * The request must be complete when the scan starts.  Where only a join can
 * make it so, paths are parameterised by the other side of the join.  A path
 * that cannot run is there even so, because the planner needs one to begin
 * with; it comes last, and dcf_plan_create() refuses it.
 */
void
dcf_plan_paths(PlannerInfo *root, RelOptInfo *baserel, Oid foreigntableid)
{
	RelationPlan *state = baserel->fdw_private;
	Relids least = baserel->lateral_relids;
	bool runs = false;
	List *sets =
		dcf_qual_outer_sets(root, baserel, state->relation, &state->joined);
	ListCell *lc;

	foreach(lc, sets)
		if (!bms_equal(lfirst(lc), least))
			runs |= add_path_for(root, baserel, lfirst(lc), false);
	(void) add_path_for(root, baserel, least, !runs);
}

/*
 * Add the path that is parameterised by these relations.  False if it cannot
 * run: if it must, that is an error, and else it is added only if it is the one
 * that is parameterised least.
 */
static bool
add_path_for(PlannerInfo *root, RelOptInfo *baserel, Relids outer, bool must)
{
	RelationPlan *state = baserel->fdw_private;
	ParamPathInfo *info = get_baserel_parampathinfo(root, baserel, outer);
	List *clauses = baserel->baserestrictinfo;
	PathPlan path;
	bool runs;

	if (info)
		clauses = list_concat_copy(clauses, info->ppi_clauses);
	plan_path(root, baserel, clauses, outer, &path);
	runs = suffices(root, baserel, &path);
	if (!runs && must)
		dcf_qual_raise_missing(root, baserel, state->relation, state->joined,
							   path.quals);
	if (!runs && !bms_equal(outer, baserel->lateral_relids))
		return false;
	if (info)
		info->ppi_rows = path.estimate.rows;
	add_path(baserel,
			 (Path *) dcf_compat_foreignscan_path(root, baserel,
												  path.estimate.rows, !runs,
												  path.estimate.startup_cost,
												  path.estimate.total_cost,
												  outer));
	return runs;
}

ForeignScan *
dcf_plan_create(PlannerInfo *root, RelOptInfo *baserel, Oid foreigntableid,
				ForeignPath *best_path, List *tlist, List *scan_clauses,
				Plan *outer_plan)
{
	RelationPlan *state = baserel->fdw_private;
	PathPlan path;
	DcfSpec spec = {0};
	List *local;
	List *used_up = NIL;
	List *fdw_private;
	List *fdw_exprs;
	ListCell *lc;

	plan_path(root, baserel, scan_clauses, PATH_REQ_OUTER(&best_path->path),
			  &path);
	if (!suffices(root, baserel, &path))
		dcf_qual_raise_missing(root, baserel, state->relation, state->joined,
							   path.quals);

	/*
	 * A clause used up by what is sent needs no check, and all others do.
	 * Where a row that was joined has changed, and the join's rows are checked
	 * again without being asked for, it is checked as well.
	 */
	local = list_copy(path.quals->bounds);
	foreach(lc, path.clauses)
	{
		RestrictInfo *rinfo = lfirst_node(RestrictInfo, lc);

		if (!list_member_ptr(path.quals->sent, rinfo) ||
			list_member_ptr(path.quals->local, rinfo))
			local = lappend(local, rinfo);
		else
			used_up = lappend(used_up, rinfo);
	}

	spec.bindings = path.quals->bindings;
	spec.split = path.split;
	spec.fetched = path.fetched;
	spec.clauses = extract_actual_clauses(path.quals->sent, false);
	spec.source = path.estimate.source;
	spec.rows_per_request = path.estimate.rows_asked;
	spec.days = path.estimate.days;
	dcf_spec_write(&spec, &fdw_private, &fdw_exprs);

	return make_foreignscan(tlist, extract_actual_clauses(local, false),
							baserel->relid, fdw_exprs, fdw_private, NIL,
							extract_actual_clauses(used_up, false),
							outer_plan);
}

/* Work out what a path with these clauses does. */
static void
plan_path(PlannerInfo *root, RelOptInfo *baserel, List *clauses, Relids outer,
		  PathPlan *path)
{
	RelationPlan *state = baserel->fdw_private;
	List *implied;

	path->quals = dcf_qual_classify(root, baserel, state->relation, clauses,
									outer, state->bounds);
	implied =
		dcf_qual_implied(root, baserel, state->relation, path->quals, outer);
	path->clauses = list_concat_copy(clauses, implied);
	if (implied != NIL)
		path->quals = dcf_qual_classify(root, baserel, state->relation,
										path->clauses, outer, state->bounds);
	path->fetched =
		add_split_column(state->relation,
						 dcf_qual_fetched(root, baserel, state->relation,
										  path->quals));
	path->split = find_split(state->relation, path->fetched);
	path->estimate.tuples = state->tuples;
	dcf_estimate(root, baserel, state->relation, path->quals, path->split,
				 &path->estimate);
}

/* UPDATE and DELETE are refused by the executor, in its own words. */
static bool
suffices(PlannerInfo *root, RelOptInfo *baserel, const PathPlan *path)
{
	RelationPlan *state = baserel->fdw_private;

	return is_result_relation(root, baserel) ||
		dcf_qual_suffice(root, baserel, state->relation, state->joined,
						 path->quals);
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

/* By its value a row is of one part of a request that was split. */
static Bitmapset *
add_split_column(const DcfRelation *relation, Bitmapset *fetched)
{
	if (relation->split && dcf_column_is_read(relation->split))
		return bms_add_member(fetched, relation->split->attnum);
	return fetched;
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
