/*
 * plan.h
 *	  The planner's callbacks: from a query's clauses to a ForeignScan that
 *	  carries a spec.
 */
#ifndef DCF_PLAN_H
#define DCF_PLAN_H

#include "postgres.h"
#include "nodes/pathnodes.h"
#include "nodes/plannodes.h"

extern void dcf_plan_rel_size(PlannerInfo *root, RelOptInfo *baserel,
							  Oid foreigntableid);
extern void dcf_plan_paths(PlannerInfo *root, RelOptInfo *baserel,
						   Oid foreigntableid);
extern List *dcf_plan_reparameterize(PlannerInfo *root, List *fdw_private,
									 RelOptInfo *child);

/* Whether a path may run below an Append at the same time as others. */
extern bool dcf_plan_is_async_capable(ForeignPath *path);

extern ForeignScan *dcf_plan_create(PlannerInfo *root, RelOptInfo *baserel,
									Oid foreigntableid, ForeignPath *best_path,
									List *tlist, List *scan_clauses,
									Plan *outer_plan);

/*
 * For batched joins, of which such a scan is the inner side: its requests ask
 * for the values that a key has in many rows of the outer side.
 */

/* The most values in a request; 0 where the relation is none of ours. */
extern int dcf_plan_batch_size(const RelOptInfo *rel);

/*
 * The expression whose values to collect of a join clause, which has no other
 * columns than those of the relations in outer; and the column that it is
 * compared with.  False where its values cannot go into one request, or the
 * reply does not say which of them a row belongs to.
 */
extern bool dcf_plan_batch_key(PlannerInfo *root, RelOptInfo *baserel,
							   RestrictInfo *clause, Relids outer,
							   Expr **value, Var **column);

/*
 * By which relations (of Relids) besides those in outer a batched path could be
 * parameterised, the fewest first.
 */
extern List *dcf_plan_batch_params(const RelOptInfo *baserel, Relids outer);

/*
 * A path that asks for its share of about so many values of the key, which are
 * asked for in so many batches; NULL where it could not run.  It is never added
 * to the relation's.
 */
extern Path *dcf_plan_batch_path(PlannerInfo *root, RelOptInfo *baserel,
								 RestrictInfo *key, double nvalues,
								 double batches, Relids params);

#endif /* DCF_PLAN_H */
