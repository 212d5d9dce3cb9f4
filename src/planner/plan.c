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
#include "planner/estimate.h"
#include "planner/plan.h"
#include "planner/qual.h"
#include "request/fdw_private.h"
#include "request/relation.h"

/* What follows from a path's clauses. */
typedef struct PathPlan
{
	/* the path's own, and those implied by equivalence classes */
	List *clauses;
	DcfQuals *quals;
	/* or NULL.  Set by check_path(), like comparison and conditional */
	DcfDeferredError *deferred;
	DcfComparison *comparison;
	List *conditional; /* of DcfQualUnsent * */
	Bitmapset *fetched;
	Bitmapset *fan_out;
	DcfEstimate estimate;
} PathPlan;

/* RelOptInfo.fdw_private, from GetForeignRelSize on. */
typedef struct RelationPlan
{
	const DcfRelation *relation;
	List *bounds;

	/*
	 * columns (attnums) that joins could give values; from GetForeignPaths on,
	 * like sets
	 */
	Bitmapset *joined;
	/* of columns that clauses do not always give a value */
	DcfQualUses *uses;

	/*
	 * the comparison that gives no path a value, as SQL, if it had to be
	 * deparsed before the plan is made; or NULL
	 */
	char *refused;
	List *sets;	   /* of Relids: by which paths could be parameterised */
	bool all_rows; /* the query probably reads all rows */
	/* pg_class.reltuples; the planner later overwrites baserel->tuples */
	double tuples;
	/* the path parameterised least; checked from GetForeignPaths on */
	PathPlan least;
} RelationPlan;

/* The batched join that a path is the inner side of. */
typedef struct Batch
{
	RestrictInfo *key;
	double nvalues;
	double batches;
} Batch;

static const DcfRelation *load_relation(Oid foreigntableid, Index relid,
										List **bounds);
static List *partition_bounds(Relation rel, Index relid);
static bool is_result_relation(PlannerInfo *root, RelOptInfo *baserel);
static DcfQualUses *find_uses(PlannerInfo *root, RelOptInfo *baserel,
							  const DcfQuals *quals);
static Bitmapset *choosing_columns(const DcfRelation *relation);
static void check_path(PlannerInfo *root, RelOptInfo *baserel, PathPlan *path);
static DcfDeferredError *make_deferred(const DcfQualUnsent *unsent);
static List *add_recheck(List *rechecks, const DcfQuals *quals,
						 const RestrictInfo *rinfo);
static List *implied_clauses(PlannerInfo *root, RelOptInfo *baserel,
							 List *clauses, Relids outer);
static double last_resort_cost(const PlannerInfo *root);
static List *path_clauses(RelOptInfo *baserel, const ParamPathInfo *info);
static Batch read_batch(const ForeignPath *path);
static DcfBinding *bind_key(PlannerInfo *root, RelOptInfo *baserel,
							RestrictInfo *key, Relids outer);
static void add_keys(PlannerInfo *root, RelOptInfo *baserel, RestrictInfo *key,
					 DcfQuals *quals);
static void plan_path(PlannerInfo *root, RelOptInfo *baserel, List *clauses,
					  Relids outer, const Batch *batch, PathPlan *path);
static void classify_path(PlannerInfo *root, RelOptInfo *baserel, Relids outer,
						  List *implied, PathPlan *path);
static void estimate_path(PlannerInfo *root, RelOptInfo *baserel,
						  const Batch *batch, PathPlan *path);
static bool is_least(const RelOptInfo *baserel, const ForeignPath *path,
					 const List *clauses);
static void add_path_for(PlannerInfo *root, RelOptInfo *baserel, Relids outer);
static void add_path_as_planned(PlannerInfo *root, RelOptInfo *baserel,
								Relids outer, ParamPathInfo *info,
								List *implied, PathPlan path);
static bool reads_all_rows(const PlannerInfo *root);
static Bitmapset *add_split_column(const DcfRelation *relation,
								   Bitmapset *fetched);
static Bitmapset *find_fan_out(const DcfRelation *relation,
							   const Bitmapset *fetched);

void
dcf_plan_rel_size(PlannerInfo *root, RelOptInfo *baserel, Oid foreigntableid)
{
	RelationPlan *state = palloc0(sizeof(RelationPlan));
	PathPlan *least = &state->least;

	baserel->fdw_private = state;
	state->relation =
		load_relation(foreigntableid, baserel->relid, &state->bounds);
	state->tuples = baserel->tuples;
	state->all_rows = reads_all_rows(root);

	/* The uses of columns depend on which columns the clauses bind. */
	least->clauses = baserel->baserestrictinfo;
	classify_path(root, baserel, baserel->lateral_relids, NIL, least);
	state->uses = find_uses(root, baserel, least->quals);
	if (state->uses->implied != NIL)
		classify_path(root, baserel, baserel->lateral_relids,
					  state->uses->implied, least);
	estimate_path(root, baserel, NULL, least);
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
	RelationPlan *state = baserel->fdw_private;
	Relids least = baserel->lateral_relids;
	ListCell *lc;

	state->sets =
		dcf_qual_outer_sets(root, baserel, state->relation, &state->joined);
	foreach(lc, state->sets)
		if (!bms_equal(lfirst(lc), least))
			add_path_for(root, baserel, lfirst(lc));
	if (bms_is_empty(least))
	{
		check_path(root, baserel, &state->least);
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
	List *clauses = path_clauses(baserel, info);
	List *implied = implied_clauses(root, baserel, clauses, outer);
	PathPlan path;

	plan_path(root, baserel, list_concat_copy(clauses, implied), outer, NULL,
			  &path);
	check_path(root, baserel, &path);
	add_path_as_planned(root, baserel, outer, info, implied, path);
}

/*
 * Add a planned path.  One that cannot run is added only if it is
 * parameterised least.
 */
static void
add_path_as_planned(PlannerInfo *root, RelOptInfo *baserel, Relids outer,
					ParamPathInfo *info, List *implied, PathPlan path)
{
	RelationPlan *state = baserel->fdw_private;
	ForeignPath *result;

	if (path.deferred && !bms_equal(outer, baserel->lateral_relids))
		return;

	/* When a subquery's plan is made, the names of outer columns are gone. */
	if (path.comparison && root->parent_root)
		state->refused = dcf_qual_show(path.comparison);
	if (info)
		info->ppi_rows = path.estimate.rows;
	result =
		dcf_compat_foreignscan_path(root, baserel, path.estimate.rows,
									path.deferred || path.conditional != NIL ?
										last_resort_cost(root) :
										0,
									path.estimate.startup_cost,
									path.estimate.total_cost, outer);
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
	RelationPlan *state = path->path.parent->fdw_private;

	return state->all_rows && state->relation->table->async_capable;
}

ForeignScan *
dcf_plan_create(PlannerInfo *root, RelOptInfo *baserel, Oid foreigntableid,
				ForeignPath *best_path, List *tlist, List *scan_clauses,
				Plan *outer_plan)
{
	RelationPlan *state = baserel->fdw_private;
	const Batch batch = read_batch(best_path);
	PathPlan path;
	DcfFdwPrivate priv = {0};
	List *local;
	List *used_up = NIL;
	List *fdw_private;
	List *fdw_exprs;
	ListCell *lc;

	if (is_least(baserel, best_path, scan_clauses))
		path = state->least;
	else
	{
		plan_path(root, baserel,
				  list_concat_copy(scan_clauses,
								   linitial(best_path->fdw_private)),
				  PATH_REQ_OUTER(&best_path->path), batch.key ? &batch : NULL,
				  &path);
		check_path(root, baserel, &path);
	}
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

/* Whether a path is state->least, with its clauses in the same order. */
static bool
is_least(const RelOptInfo *baserel, const ForeignPath *path,
		 const List *clauses)
{
	const RelationPlan *state = baserel->fdw_private;
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

int
dcf_plan_batch_size(const RelOptInfo *rel)
{
	RelationPlan *state = rel->fdw_private;

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
	RelationPlan *state = baserel->fdw_private;
	DcfBinding *binding;
	const DcfColumn *sent;
	Node *node;

	if (!IsA(clause->clause, OpExpr))
		return false;
	binding = bind_key(root, baserel, clause, outer);
	if (!binding || binding->op != DCF_BIND_EQUAL || binding->unless)
		return false;
	sent = &state->relation->columns[binding->attnum - 1];
	if (sent->kind != DCF_COLUMN_FILTERED || !sent->options->list)
		return false;

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
	RelationPlan *state = baserel->fdw_private;
	List *result = NIL;
	ListCell *lc;

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
	const Batch batch = {key, nvalues, batches};
	List *clauses = path_clauses(baserel, info);
	List *implied = implied_clauses(root, baserel, clauses, params);
	ForeignPath *result;
	PathPlan path;

	MemoryContextSwitchTo(old);
	plan_path(root, baserel, list_concat_copy(clauses, implied), params,
			  &batch, &path);
	check_path(root, baserel, &path);
	if (path.deferred || path.conditional != NIL)
		return NULL;
	result = dcf_compat_foreignscan_path(root, baserel, path.estimate.rows, 0,
										 path.estimate.startup_cost,
										 path.estimate.total_cost, params);
	result->fdw_private =
		list_make2(implied,
				   list_make3(key, makeFloat(psprintf("%.0f", nvalues)),
							  makeFloat(psprintf("%.0f", batches))));
	return (Path *) result;
}

/* The clauses of a path: restrictions, and join clauses if parameterised. */
static List *
path_clauses(RelOptInfo *baserel, const ParamPathInfo *info)
{
	return info ?
		list_concat_copy(baserel->baserestrictinfo, info->ppi_clauses) :
		baserel->baserestrictinfo;
}

/* The batched join from the path's fdw_private. */
static Batch
read_batch(const ForeignPath *path)
{
	Batch batch = {NULL, 1, 1};
	List *private = lsecond(path->fdw_private);

	if (private != NIL)
	{
		batch.key = linitial_node(RestrictInfo, private);
		batch.nvalues = floatVal(lsecond(private));
		batch.batches = floatVal(lthird(private));
	}
	return batch;
}

/* The binding of a clause that supplies keys from outer, or NULL. */
static DcfBinding *
bind_key(PlannerInfo *root, RelOptInfo *baserel, RestrictInfo *key,
		 Relids outer)
{
	RelationPlan *state = baserel->fdw_private;
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
	binding = bind_key(root, baserel, key, outer);
	binding->op = DCF_BIND_KEYS;
	quals->bindings = lappend(quals->bindings, binding);
	quals->sent = lappend(quals->sent, key);
	quals->local = lappend(quals->local, key);
}

/*
 * Clauses from equivalence classes that a path parameterised by outer may use
 * in addition.  The path stores them, because they cannot be derived again
 * once it has been reparameterised for a partition.
 */
static List *
implied_clauses(PlannerInfo *root, RelOptInfo *baserel, List *clauses,
				Relids outer)
{
	RelationPlan *state = baserel->fdw_private;
	DcfQuals *quals;

	if (bms_is_empty(outer))
		return NIL;
	quals = dcf_qual_classify(root, baserel, state->relation, clauses, outer,
							  state->bounds, NIL);
	return dcf_qual_implied(root, baserel, state->relation, quals, outer);
}

/* Work out what a path with these clauses sends, reads and costs. */
static void
plan_path(PlannerInfo *root, RelOptInfo *baserel, List *clauses, Relids outer,
		  const Batch *batch, PathPlan *path)
{
	RelationPlan *state = baserel->fdw_private;

	path->clauses = clauses;
	classify_path(root, baserel, outer, state->uses->implied, path);
	if (batch)
		add_keys(root, baserel, batch->key, path->quals);
	estimate_path(root, baserel, batch, path);
}

/* Find the bindings that the path's clauses give. */
static void
classify_path(PlannerInfo *root, RelOptInfo *baserel, Relids outer,
			  List *implied, PathPlan *path)
{
	RelationPlan *state = baserel->fdw_private;

	path->quals =
		dcf_qual_classify(root, baserel, state->relation, path->clauses, outer,
						  state->bounds, implied);
}

/* Find the columns to fetch and to fan out, and estimate the path. */
static void
estimate_path(PlannerInfo *root, RelOptInfo *baserel, const Batch *batch,
			  PathPlan *path)
{
	RelationPlan *state = baserel->fdw_private;

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

/*
 * Find out whether the path can run.  Not for the target of UPDATE or DELETE,
 * which the executor refuses with its own message.
 */
static void
check_path(PlannerInfo *root, RelOptInfo *baserel, PathPlan *path)
{
	RelationPlan *state = baserel->fdw_private;

	path->deferred = NULL;
	path->comparison = NULL;
	path->conditional = NIL;
	if (!is_result_relation(root, baserel))
		path->deferred =
			dcf_qual_check(root, baserel, state->relation, state->uses,
						   state->joined, path->quals, &path->comparison,
						   &path->conditional);
}

/* What the query does with columns that its clauses do not always bind. */
static DcfQualUses *
find_uses(PlannerInfo *root, RelOptInfo *baserel, const DcfQuals *quals)
{
	RelationPlan *state = baserel->fdw_private;
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

/* The table's definition, and the bounds of the partition that it is. */
static const DcfRelation *
load_relation(Oid foreigntableid, Index relid, List **bounds)
{
	Relation rel = table_open(foreigntableid, NoLock);
	const DcfRelation *relation = dcf_relation_load(rel);

	*bounds = partition_bounds(rel, relid);
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
	ChangeVarNodes((Node *) bounds, 1, relid, 0);
	return bounds;
}

/* Whether the table is the target of UPDATE, DELETE or MERGE. */
static bool
is_result_relation(PlannerInfo *root, RelOptInfo *baserel)
{
	return root->parse->commandType != CMD_SELECT &&
		bms_is_member(baserel->relid, root->all_result_relids);
}

/*
 * Whether the query has nothing that may end a scan early (LIMIT, EXISTS, a
 * cursor), or needs all rows before it returns the first.
 */
static bool
reads_all_rows(const PlannerInfo *root)
{
	const Query *parse = root->parse;

	return root->tuple_fraction == 0 || parse->hasAggs ||
		parse->groupClause != NIL || parse->distinctClause != NIL ||
		parse->sortClause != NIL;
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
