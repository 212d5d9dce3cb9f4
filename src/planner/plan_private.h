/*
 * plan_private.h
 *	  What the plan*.c files share: the planner's state of a foreign table, and
 *	  what follows from the clauses of one of its paths.
 *
 * All of it lives as long as the planner's RelOptInfo.
 */
#ifndef DCF_PLAN_PRIVATE_H
#define DCF_PLAN_PRIVATE_H

#include "postgres.h"
#include "nodes/pathnodes.h"

#include "planner/estimate.h"
#include "planner/plan.h"
#include "planner/qual.h"
#include "request/fdw_private.h"
#include "request/relation.h"

/* What follows from a path's clauses. */
typedef struct DcfPathPlan
{
	/* the path's own, and those implied by equivalence classes */
	List *clauses;
	DcfQuals *quals;
	/* or NULL.  Set by dcf_plan_check(), like comparison and conditional */
	DcfDeferredError *deferred;
	DcfComparison *comparison;
	List *conditional; /* of DcfQualUnsent * */
	Bitmapset *fetched;
	Bitmapset *fan_out;
	DcfEstimate estimate;
} DcfPathPlan;

/* RelOptInfo.fdw_private, from GetForeignRelSize on. */
typedef struct DcfRelationPlan
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
	DcfPathPlan least;
} DcfRelationPlan;

/* The batched join that a path is the inner side of. */
typedef struct DcfPlanBatch
{
	RestrictInfo *key;
	double nvalues;
	double batches;
} DcfPlanBatch;

/* The clauses of a path: restrictions, and join clauses if parameterised. */
extern List *dcf_plan_clauses(RelOptInfo *baserel, const ParamPathInfo *info);

/*
 * Clauses from equivalence classes that a path parameterised by outer may use
 * in addition.  The path stores them, because they cannot be derived again
 * once it has been reparameterised for a partition.
 */
extern List *dcf_plan_implied(PlannerInfo *root, RelOptInfo *baserel,
							  List *clauses, Relids outer);

/*
 * Work out what a path with these clauses sends, reads and costs: classify,
 * then estimate.  batch may be NULL.  Whether it can run says
 * dcf_plan_check().
 */
extern void dcf_plan_path(PlannerInfo *root, RelOptInfo *baserel,
						  List *clauses, Relids outer,
						  const DcfPlanBatch *batch, DcfPathPlan *path);

/* Find the bindings that the path's clauses and the implied ones give. */
extern void dcf_plan_classify(PlannerInfo *root, RelOptInfo *baserel,
							  Relids outer, List *implied, DcfPathPlan *path);

/* Find the columns to fetch and to fan out, and estimate the path. */
extern void dcf_plan_estimate(PlannerInfo *root, RelOptInfo *baserel,
							  const DcfPlanBatch *batch, DcfPathPlan *path);

/*
 * Find out whether the path can run.  Not for the target of UPDATE or DELETE of a
 * table that is not written, which the executor refuses with its own message.
 */
extern void dcf_plan_check(PlannerInfo *root, RelOptInfo *baserel,
						   DcfPathPlan *path);

/* The binding of a clause that supplies keys from outer, or NULL. */
extern DcfBinding *dcf_plan_bind_key(PlannerInfo *root, RelOptInfo *baserel,
									 RestrictInfo *key, Relids outer);

#endif /* DCF_PLAN_PRIVATE_H */
