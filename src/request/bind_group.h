/*
 * bind_group.h
 *	  Columns whose values belong together: one request for each combination
 *	  that the query names, instead of all combinations that are possible.
 */
#ifndef DCF_BIND_GROUP_H
#define DCF_BIND_GROUP_H

#include "postgres.h"

#include "bind_column.h"

typedef struct DcfBindGroup
{
	int ncolumns;
	int *columns; /* their indexes, attnum - 1 */
	int nrows;	  /* distinct combinations */

	/*
	 * ncolumns entries for each combination: indexes into the columns' values
	 */
	int *rows;
	int at; /* the current combination */
} DcfBindGroup;

/*
 * The groups of a plan's bindings, a list of DcfBindGroup *, after
 * dcf_bind_column_finish().  Marks their columns as grouped.  Leaves out
 * columns of a group that do not fan out.  In a group with no rows, no row can
 * match.
 */
extern List *dcf_bind_group_create(DcfBindColumn *bcols,
								   const DcfFdwPrivate *priv,
								   const DcfBoundValue *values);

/*
 * Set the positions (by attnum - 1) of the group's columns to the current
 * combination.
 */
extern void dcf_bind_group_apply(const DcfBindGroup *group, int *positions);

#endif /* DCF_BIND_GROUP_H */
