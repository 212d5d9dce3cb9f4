/*
 * warned.h
 *	  What a statement has been warned of, so that it is warned once, however many
 *	  scans, rescans and requests it has of a table.
 */
#ifndef DCF_WARNED_H
#define DCF_WARNED_H

#include "postgres.h"
#include "nodes/bitmapset.h"
#include "nodes/execnodes.h"

/* Of one table: the columns (by attnum) that were told of. */
typedef struct DcfWarned DcfWarned;

/* For a reader that no statement shares; in the current memory context. */
extern DcfWarned *dcf_warned_create(void);

/* The same for all scans of the table in one execution, as long as it lasts. */
extern DcfWarned *dcf_warned_join(EState *estate, Oid relid);

extern bool dcf_warned_has(const DcfWarned *warned, AttrNumber attnum);
extern void dcf_warned_add(DcfWarned *warned, AttrNumber attnum);

#endif /* DCF_WARNED_H */
