/*
 * told.h
 *	  What a statement has been warned of, so that it is warned once, however many
 *	  scans, rescans and requests it has of a table.
 */
#ifndef DCF_TOLD_H
#define DCF_TOLD_H

#include "postgres.h"
#include "nodes/bitmapset.h"
#include "nodes/execnodes.h"

/* Of one table: the columns (by attnum) that were told of. */
typedef struct DcfTold DcfTold;

/* For a reader that no statement shares; in the current memory context. */
extern DcfTold *dcf_told_create(void);

/* The same for all scans of the table in one execution, as long as it lasts. */
extern DcfTold *dcf_told_join(EState *estate, Oid relid);

extern bool dcf_told_has(const DcfTold *told, AttrNumber attnum);
extern void dcf_told_add(DcfTold *told, AttrNumber attnum);

#endif /* DCF_TOLD_H */
