/*
 * plan.h
 *	  The planner's callbacks: from a query's clauses to a ForeignScan whose
 *	  fdw_private says what to send (see request/fdw_private.h).
 *
 * No callback raises an error for a missing value; see
 * request/deferred_error.h.
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

/* Whether a path may run asynchronously below an Append. */
extern bool dcf_plan_is_async_capable(ForeignPath *path);

extern ForeignScan *dcf_plan_create(PlannerInfo *root, RelOptInfo *baserel,
									Oid foreigntableid, ForeignPath *best_path,
									List *tlist, List *scan_clauses,
									Plan *outer_plan);

/* For batched joins (batch_plan.h), whose inner side is such a scan. */

/*
 * The largest number of keys in a request; 0 if a relation is no foreign table
 * of this wrapper or has no batch_size.
 */
extern int dcf_plan_batch_size(const RelOptInfo *rel);

/*
 * Whether a join clause can supply keys: its other side contains only columns
 * of the relations in outer, its values can go into one list, and the reply
 * shows each row's value. *value receives the expression to collect keys from,
 * *column the column that it is compared with.
 */
extern bool dcf_plan_batch_key(PlannerInfo *root, RelOptInfo *baserel,
							   RestrictInfo *clause, Relids outer,
							   Expr **value, Var **column);

/*
 * The sets of relations (Relids), other than those in outer, by which a
 * batched path could be parameterised, the smallest set first.
 */
extern List *dcf_plan_batch_params(const RelOptInfo *baserel, Relids outer);

/*
 * A path for the inner side that sends one batch, of a number of batches that
 * together ask for about nvalues keys; NULL if it could not run.  It is not
 * added to the relation's paths.
 */
extern Path *dcf_plan_batch_path(PlannerInfo *root, RelOptInfo *baserel,
								 RestrictInfo *key, double nvalues,
								 double batches, Relids params);

#endif /* DCF_PLAN_H */
