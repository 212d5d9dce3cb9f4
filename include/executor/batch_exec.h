/*
 * batch_exec.h
 *	  Execution of batched joins (planner/batch_plan.h), and the layout of their
 *	  plan, which the planner writes and the executor reads.
 *
 * CustomScan.custom_private has only the JoinType, as an Integer node.  The inner
 * plan is a ForeignScan with a binding DCF_BIND_KEYS, perhaps below a Result.
 */
#ifndef DCF_BATCH_EXEC_H
#define DCF_BATCH_EXEC_H

#include "postgres.h"
#include "nodes/extensible.h"
#include "nodes/plannodes.h"

/* The node's name in EXPLAIN, and CustomName of its method tables. */
#define DCF_BATCH_NAME "DataConnect Batched Join"

/* Positions in CustomScan.custom_plans. */
enum
{
	DCF_BATCH_OUTER,
	DCF_BATCH_INNER
};

/* Positions in CustomScan.custom_exprs. */
enum
{
	DCF_BATCH_VALUE,  /* the key: an expression over the outer row */
	DCF_BATCH_COLUMN, /* Var of the foreign table that equals the key */
	DCF_BATCH_QUALS	  /* from here on the join's clauses; the first one, an
					   * OpExpr, compares the two above */
};

/* The CreateCustomScanState callback. */
extern Node *dcf_batch_create_state(CustomScan *scan);

#endif /* DCF_BATCH_EXEC_H */
