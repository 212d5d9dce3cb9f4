/*
 * plan.c
 *	  The planner's callbacks.  See plan.h.
 */
#include "postgres.h"

#include "access/table.h"
#include "foreign/fdwapi.h"
#include "nodes/makefuncs.h"
#include "nodes/value.h"
#include "optimizer/appendinfo.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/planmain.h"
#include "optimizer/restrictinfo.h"
#include "rewrite/rewriteManip.h"
#include "utils/memutils.h"
#include "utils/partcache.h"
#include "utils/rel.h"

#include "base/compat.h"
#include "request/writing.h"
#include "plan_private.h"

static const DcfRelation *load_relation(Oid foreigntableid, Index relid,
										List **bounds);
static List *partition_bounds(Relation rel, Index relid);
static DcfQualUses *find_uses(PlannerInfo *root, RelOptInfo *baserel,
							  const DcfQuals *quals);
static Bitmapset *choosing_columns(const DcfRelation *relation);
static DcfDeferredError *make_deferred(const DcfQualUnsent *unsent);
static List *add_recheck(List *rechecks, const DcfQuals *quals,
						 const RestrictInfo *rinfo);
static double last_resort_cost(const PlannerInfo *root);
static DcfPlanBatch read_batch(const ForeignPath *path);
static bool is_least(const RelOptInfo *baserel, const ForeignPath *path,
					 const List *clauses);
static void add_path_for(PlannerInfo *root, RelOptInfo *baserel, Relids outer);
static void add_path_as_planned(PlannerInfo *root, RelOptInfo *baserel,
								Relids outer, ParamPathInfo *info,
								List *implied, DcfPathPlan path);
static bool reads_all_rows(const PlannerInfo *root);

void
dcf_plan_rel_size(PlannerInfo *root, RelOptInfo *baserel, Oid foreigntableid)
{
	DcfRelationPlan *state = palloc0(sizeof(DcfRelationPlan));
	DcfPathPlan *least = &state->least;

	baserel->fdw_private = state;
	state->relation =
		load_relation(foreigntableid, baserel->relid, &state->bounds);
	state->tuples = baserel->tuples;
	state->all_rows = reads_all_rows(root);

	/* The uses of columns depend on which columns the clauses bind. */
	least->clauses = baserel->baserestrictinfo;
	dcf_plan_classify(root, baserel, baserel->lateral_relids, NIL, least);
	state->uses = find_uses(root, baserel, least->quals);

	/* Clauses that follow from the query around may bind more columns. */
	if (state->uses->implied != NIL)
		dcf_plan_classify(root, baserel, baserel->lateral_relids,
						  state->uses->implied, least);
	dcf_plan_estimate(root, baserel, NULL, least);
	baserel->rows = least->estimate.rows;
}

/*
 * The request must be complete when the scan starts.  If only a join can
 * complete it, paths are parameterised by the other side.  A path that cannot
 * run is added nevertheless: the planner needs at least one, and may make a
 * plan only to compare its cost.
 */
void
dcf_plan_paths(PlannerInfo *root, RelOptInfo *baserel, Oid foreigntableid)
{
	DcfRelationPlan *state = baserel->fdw_private;
	Relids least = baserel->lateral_relids;
	ListCell *lc;

	state->sets =
		dcf_qual_outer_sets(root, baserel, state->relation, &state->joined);
	foreach(lc, state->sets)
		if (!bms_equal(lfirst(lc), least))
			add_path_for(root, baserel, lfirst(lc));
	if (bms_is_empty(least))
	{
		dcf_plan_check(root, baserel, &state->least);
		add_path_as_planned(root, baserel, NULL, NULL, NIL, state->least);
	}
	else
		add_path_for(root, baserel, least);
}

/* Add the path that is parameterised by the relations in outer. */
static void
add_path_for(PlannerInfo *root, RelOptInfo *baserel, Relids outer)
{
	ParamPathInfo *info = get_baserel_parampathinfo(root, baserel, outer);
	List *clauses = dcf_plan_clauses(baserel, info);
	List *implied = dcf_plan_implied(root, baserel, clauses, outer);
	DcfPathPlan path;

	dcf_plan_path(root, baserel, list_concat_copy(clauses, implied), outer,
				  NULL, &path);
	dcf_plan_check(root, baserel, &path);
	add_path_as_planned(root, baserel, outer, info, implied, path);
}

/*
 * Add a planned path.  One that cannot run is added only if it is
 * parameterised least.
 */
static void
add_path_as_planned(PlannerInfo *root, RelOptInfo *baserel, Relids outer,
					ParamPathInfo *info, List *implied, DcfPathPlan path)
{
	DcfRelationPlan *state = baserel->fdw_private;
	ForeignPath *result;

	if (path.deferred && !bms_equal(outer, baserel->lateral_relids))
		return;

	/* When a subquery's plan is made, the names of outer columns are gone. */
	if (path.comparison && root->parent_root)
		state->refused = dcf_qual_show(path.comparison);

	/*
	 * PostgreSQL has estimated these rows by selectivity alone; joins use this
	 * field.
	 */
	if (info)
		info->ppi_rows = path.estimate.rows;
	result =
		dcf_compat_foreignscan_path(root, baserel, path.estimate.rows,
									path.deferred || path.conditional != NIL ?
										last_resort_cost(root) :
										0,
									path.estimate.startup_cost,
									path.estimate.total_cost, outer);

	/* The second list is that of a batched join; see read_batch(). */
	result->fdw_private = list_make2(implied, NIL);
	add_path(baserel, (Path *) result);
}

/*
 * The cost of a path that cannot run.  In a generic plan it is higher than in
 * a custom plan, which knows the parameters' values, even if that cannot run
 * either.
 */
static double
last_resort_cost(const PlannerInfo *root)
{
	return root->glob->boundParams ? DCF_LAST_RESORT_COST :
									 DCF_LAST_RESORT_COST * 10;
}

/* Called by reparameterize_path_by_child(). */
List *
dcf_plan_reparameterize(PlannerInfo *root, List *fdw_private,
						RelOptInfo *child)
{
	return (List *) dcf_compat_adjust_to_child(root, (Node *) fdw_private,
											   child);
}

/* An Append starts all its scans at once, even if few rows are needed. */
bool
dcf_plan_is_async_capable(ForeignPath *path)
{
	DcfRelationPlan *state = path->path.parent->fdw_private;

	return state->all_rows && state->relation->table->async_capable;
}

ForeignScan *
dcf_plan_create(PlannerInfo *root, RelOptInfo *baserel, Oid foreigntableid,
				ForeignPath *best_path, List *tlist, List *scan_clauses,
				Plan *outer_plan)
{
	DcfRelationPlan *state = baserel->fdw_private;
	const DcfPlanBatch batch = read_batch(best_path);
	DcfPathPlan path;
	DcfFdwPrivate priv = {0};
	List *local;
	List *used_up = NIL;
	List *fdw_private;
	List *fdw_exprs;
	ListCell *lc;

	/* Only the least path has kept what follows from its clauses. */
	if (is_least(baserel, best_path, scan_clauses))
		path = state->least;
	else
	{
		dcf_plan_path(root, baserel,
					  list_concat_copy(scan_clauses,
									   linitial(best_path->fdw_private)),
					  PATH_REQ_OUTER(&best_path->path),
					  batch.key ? &batch : NULL, &path);
		dcf_plan_check(root, baserel, &path);
	}

	/* Deparsed only now, because most paths do not become plans. */
	if (path.comparison)
		path.deferred->clause =
			state->refused ? state->refused : dcf_qual_show(path.comparison);

	/*
	 * PostgreSQL checks all clauses except those that are fully expressed by
	 * what is sent.  EvalPlanQual, which joins a changed row again without a
	 * new request, rechecks those as well.
	 */
	local = list_copy(path.quals->bounds);
	foreach(lc, path.clauses)
	{
		RestrictInfo *rinfo = lfirst_node(RestrictInfo, lc);

		if (list_member_ptr(path.quals->local, rinfo))
			local = lappend(local, rinfo);
		else
			used_up = add_recheck(used_up, path.quals, rinfo);
	}

	dcf_relation_check_generated(state->relation, path.fetched);
	priv.bindings = path.quals->bindings;
	priv.fan_out = path.fan_out;
	priv.fetched = path.fetched;
	priv.clauses = extract_actual_clauses(path.quals->sent, false);
	priv.source = path.estimate.source;
	priv.rows_per_request = path.estimate.rows_sent;
	priv.days = path.estimate.days;
	priv.all_rows = state->all_rows;
	priv.deferred = path.deferred;
	foreach(lc, path.conditional)
		priv.conditional_errors =
			lappend(priv.conditional_errors, make_deferred(lfirst(lc)));
	dcf_fdw_private_write(&priv, &fdw_private, &fdw_exprs);

	return make_foreignscan(tlist, extract_actual_clauses(local, false),
							baserel->relid, fdw_exprs, fdw_private, NIL,
							used_up, outer_plan);
}

/*
 * Whether a path is state->least, with its clauses in the same order.
 * PostgreSQL sorts the clauses by their cost for a plan; bindings are in the
 * order of their clauses.
 */
static bool
is_least(const RelOptInfo *baserel, const ForeignPath *path,
		 const List *clauses)
{
	const DcfRelationPlan *state = baserel->fdw_private;
	ListCell *one;
	ListCell *other;

	if (!bms_is_empty(baserel->lateral_relids) ||
		PATH_REQ_OUTER(&path->path) || linitial(path->fdw_private) != NIL ||
		lsecond(path->fdw_private) != NIL ||
		list_length(clauses) != list_length(state->least.clauses))
		return false;
	forboth(one, clauses, other, state->least.clauses)
		if (lfirst(one) != lfirst(other))
			return false;
	return true;
}

/* The error for a column that lacks a value under a condition. */
static DcfDeferredError *
make_deferred(const DcfQualUnsent *unsent)
{
	DcfDeferredError *deferred = palloc0(sizeof(DcfDeferredError));

	deferred->unsent = unsent->attnum;
	if (unsent->comparison)
		deferred->clause = dcf_qual_show(unsent->comparison);
	return deferred;
}

/*
 * Add the recheck of a clause that is fully expressed by what is sent.  If the
 * binding's condition holds, or any value will do, the column is NULL although
 * the clause holds.
 */
static List *
add_recheck(List *rechecks, const DcfQuals *quals, const RestrictInfo *rinfo)
{
	ListCell *lc_binding;
	ListCell *lc_clause;

	forboth(lc_binding, quals->bindings, lc_clause, quals->sent)
	{
		const DcfBinding *binding = lfirst(lc_binding);
		Expr *clause = rinfo->clause;

		if (lfirst(lc_clause) != rinfo || rinfo->pseudoconstant)
			continue;
		if (binding->unless)
			clause = make_orclause(list_make2(binding->unless, clause));
		return lappend(rechecks, clause);
	}
	return rechecks;
}

/* The batched join from the path's fdw_private. */
static DcfPlanBatch
read_batch(const ForeignPath *path)
{
	DcfPlanBatch batch = {NULL, 1, 1};
	List *private = lsecond(path->fdw_private);

	if (private != NIL)
	{
		batch.key = linitial_node(RestrictInfo, private);
		batch.nvalues = floatVal(lsecond(private));
		batch.batches = floatVal(lthird(private));
	}
	return batch;
}

/* What the query does with columns that its clauses do not always bind. */
static DcfQualUses *
find_uses(PlannerInfo *root, RelOptInfo *baserel, const DcfQuals *quals)
{
	DcfRelationPlan *state = baserel->fdw_private;
	Bitmapset *attnums = choosing_columns(state->relation);

	return dcf_qual_uses(root, baserel, state->relation,
						 bms_del_members(attnums,
										 dcf_qual_always_bound(quals)),
						 quals);
}

/* Columns (attnums) for which a missing value changes the result. */
static Bitmapset *
choosing_columns(const DcfRelation *relation)
{
	Bitmapset *attnums = NULL;

	for (int i = 0; i < relation->natts; i++)
	{
		const DcfColumn *column = &relation->columns[i];

		if (dcf_column_is_sent(column) &&
			(column->kind == DCF_COLUMN_PARAMETER ||
			 column->options->required || column->is_preset))
			attnums = bms_add_member(attnums, column->attnum);
	}
	return attnums;
}

/*
 * The table's definition, and the bounds of the partition that it is.  The
 * planner holds a lock on the table already.
 */
static const DcfRelation *
load_relation(Oid foreigntableid, Index relid, List **bounds)
{
	Relation rel = table_open(foreigntableid, NoLock);
	const DcfRelation *relation = dcf_writing_target(dcf_relation_load(rel));

	/* What was written is not known, so it cannot be compared with the bounds. */
	*bounds = dcf_writing_is(relation) ? NIL : partition_bounds(rel, relid);
	table_close(rel, NoLock);
	return relation;
}

/* A partition's bounds as clauses; NIL if the table is no partition. */
static List *
partition_bounds(Relation rel, Index relid)
{
	List *bounds = RelationGetPartitionQual(rel);

	if (bounds == NIL)
		return NIL;
	/* Simplifying may have turned one clause into several. */
	bounds =
		make_ands_implicit(expression_planner(make_ands_explicit(bounds)));

	/* RelationGetPartitionQual() numbers the partition 1. */
	ChangeVarNodes((Node *) bounds, 1, relid, 0);
	return bounds;
}

/*
 * Whether the query has nothing that may end a scan early (LIMIT, EXISTS, a
 * cursor), or needs all rows before it returns the first.  A tuple_fraction of
 * 0 stands for all rows.
 */
static bool
reads_all_rows(const PlannerInfo *root)
{
	const Query *parse = root->parse;

	return root->tuple_fraction == 0 || parse->hasAggs ||
		parse->groupClause != NIL || parse->distinctClause != NIL ||
		parse->sortClause != NIL;
}
