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
/* Whether a path may run below an Append at the same time as others. */
extern bool dcf_plan_is_async_capable(ForeignPath *path);

extern ForeignScan *dcf_plan_create(PlannerInfo *root, RelOptInfo *baserel,
									Oid foreigntableid, ForeignPath *best_path,
									List *tlist, List *scan_clauses,
									Plan *outer_plan);

#endif /* DCF_PLAN_H */
