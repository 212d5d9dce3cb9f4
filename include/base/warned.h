/*
 * warned.h
 *	  Which columns a statement was warned about, so that it warns once for each,
 *	  however many scans, rescans and requests of a table it has.
 */
#ifndef DCF_WARNED_H
#define DCF_WARNED_H

#include "postgres.h"
#include "nodes/bitmapset.h"
#include "nodes/execnodes.h"

/* The columns of one table, by attnum, that a warning was given for. */
typedef struct DcfWarned DcfWarned;

/* One that is not shared, in the current memory context. */
extern DcfWarned *dcf_warned_create(void);

/*
 * The one that all scans of the table share in this execution, created by the
 * first.  It lives in the execution's memory context.
 */
extern DcfWarned *dcf_warned_join(EState *estate, Oid relid);

extern bool dcf_warned_has(const DcfWarned *warned, AttrNumber attnum);
extern void dcf_warned_add(DcfWarned *warned, AttrNumber attnum);

#endif /* DCF_WARNED_H */
