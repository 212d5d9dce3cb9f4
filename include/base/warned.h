/*
 * warned.h
 *	  What a statement was warned about, so that it warns once of each column and
 *	  request, however many scans, rescans and requests of a table it has.
 */
#ifndef DCF_WARNED_H
#define DCF_WARNED_H

#include "postgres.h"
#include "nodes/bitmapset.h"
#include "nodes/execnodes.h"

/* The columns of one table, by attnum, and the requests that were warned of. */
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

/* Whether this is the first warning of a request, as it is shown; notes it. */
extern bool dcf_warned_add_request(DcfWarned *warned, const char *request);

#endif /* DCF_WARNED_H */
