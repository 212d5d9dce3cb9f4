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
	int *columns; /* indexes of slots */
	int nrows;	  /* combinations, none twice */
	int *rows;	  /* ncolumns of each: indexes into the slots' values */
	int at;		  /* the row whose turn it is */
} DcfBindGroup;

/*
 * The groups of a spec's bindings, of DcfBindGroup *, after dcf_bind_column_finish().  The
 * slots in them are marked as such.  Columns of a group that need no request for
 * each value are left out.  A group without rows: no row can match.
 */
extern List *dcf_bind_group_create(DcfBindColumn *slots,
								   const DcfFdwPrivate *priv,
								   const DcfBoundValue *values);

/* Note in wheels, indexes into each slot's values, those of the row at. */
extern void dcf_bind_group_turn(const DcfBindGroup *group, int *wheels);

#endif /* DCF_BIND_GROUP_H */
