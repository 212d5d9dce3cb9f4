/*
 * qual_family.h
 *	  What a query does with the columns of a partitioned table: the same for
 *	  all partitions, so it is found once.
 */
#ifndef DCF_QUAL_FAMILY_H
#define DCF_QUAL_FAMILY_H

#include "postgres.h"
#include "nodes/pathnodes.h"

#include "planner/qual.h"

/* The result of a walk through the query for one column. */
typedef struct DcfFamilyWalk
{
	bool known;
	Bitmapset *columns;		   /* output columns of the query that carry it */
	List *relations;		   /* what the walk has followed it to */
	DcfComparison *comparison; /* the first one, or NULL */
} DcfFamilyWalk;

/*
 * The place for the results about a partition's column, shared by all
 * partitions, which lasts as long as the query is planned.  NULL if the
 * relation is no partition or inheritance child.
 */
extern DcfFamilyWalk *dcf_family_walk(PlannerInfo *root,
									  const RelOptInfo *baserel,
									  AttrNumber attnum);

/*
 * The sent columns (attnums) of a relation that may be in an equivalence class
 * with columns of other relations, by which a join could give values.
 */
extern Bitmapset *dcf_family_equated(PlannerInfo *root, RelOptInfo *baserel,
									 const DcfRelation *relation);

#endif /* DCF_QUAL_FAMILY_H */
