/*
 * qual_family.h
 *	  What a query says of the columns of a partitioned table, which is the same
 *	  for all of its partitions, and so is found out once.
 */
#ifndef DCF_QUAL_FAMILY_H
#define DCF_QUAL_FAMILY_H

#include "postgres.h"
#include "nodes/pathnodes.h"

#include "planner/qual.h"

/* What a walk through the query found of one column. */
typedef struct DcfFamilyWalk
{
	bool known;
	Bitmapset *columns;		   /* of the query's output that have it */
	DcfComparison *comparison; /* the first one, or NULL */
} DcfFamilyWalk;

/*
 * Where to keep what is found of a partition's column, for the other
 * partitions; as long as the query is planned.  NULL if the relation is no
 * partition or child.
 */
extern DcfFamilyWalk *dcf_family_walk(PlannerInfo *root,
									  const RelOptInfo *baserel,
									  AttrNumber attnum);

/*
 * The sent columns (attnums) of a relation that may be in an equivalence class
 * by which a join could give them values.
 */
extern Bitmapset *dcf_family_equated(PlannerInfo *root, RelOptInfo *baserel,
									 const DcfRelation *relation);

#endif /* DCF_QUAL_FAMILY_H */
