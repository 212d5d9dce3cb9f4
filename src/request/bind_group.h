/*
 * bind_group.h
 *	  Columns whose values go along with each other: a request for each of the
 *	  combinations that the query names, not for all that there are.
 */
#ifndef DCF_BIND_GROUP_H
#define DCF_BIND_GROUP_H

#include "postgres.h"

#include "bind_column.h"

typedef struct DcfBindGroup
{
	int ncolumns;
	int *columns; /* indexes of bcols */
	int nrows;	  /* combinations, none twice */
	int *rows;	  /* ncolumns of each: indexes into the bcols' values */
	int at;		  /* the row whose turn it is */
} DcfBindGroup;

/*
 * The groups of a spec's bindings, of DcfBindGroup *, after dcf_bind_column_finish().  The
 * bcols in them are marked as such.  Columns of a group that need no request for
 * each value are left out.  A group without rows: no row can match.
 */
extern List *dcf_bind_group_create(DcfBindColumn *bcols,
								   const DcfFdwPrivate *priv,
								   const DcfBoundValue *values);

/* Note in positions, indexes into each bcol's values, those of the row at. */
extern void dcf_bind_group_apply(const DcfBindGroup *group, int *positions);

#endif /* DCF_BIND_GROUP_H */
