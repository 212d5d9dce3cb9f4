/*
 * plan_ancestors.h
 *	  What stands above a node of a plan.
 */
#ifndef DCF_PLAN_ANCESTORS_H
#define DCF_PLAN_ANCESTORS_H

#include "postgres.h"
#include "nodes/plannodes.h"

/*
 * The plan nodes above a node of a statement's plan, and the SubPlans through
 * which it is reached, the nearest first: as set_deparse_context_plan() takes
 * them.  Takes the first way that EXPLAIN takes.  A list in the current memory
 * context; NIL also if the node is not found.
 */
extern List *dcf_plan_ancestors_find(const PlannedStmt *statement,
									 const Plan *plan);

#endif /* DCF_PLAN_ANCESTORS_H */
