/*
 * plan_ancestors.h
 *	  The ancestors of a plan node.
 */
#ifndef DCF_PLAN_ANCESTORS_H
#define DCF_PLAN_ANCESTORS_H

#include "postgres.h"
#include "nodes/plannodes.h"

/*
 * The plan nodes above "plan", and the SubPlans through which it is reached, nearest
 * first, as set_deparse_context_plan() takes them.  If a subquery is used in
 * several places, the ancestors are those under which EXPLAIN shows it.  The list is
 * in the current memory context; NIL also if the node is not found.
 */
extern List *dcf_plan_ancestors_find(const PlannedStmt *statement,
									 const Plan *plan);

#endif /* DCF_PLAN_ANCESTORS_H */
