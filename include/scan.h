/*
 * scan.h
 *	  The executor's callbacks, and the state of a scan.
 *
 * A scan sends its first request when the first row is asked for, and hands on
 * a row as soon as its record has arrived.
 */
#ifndef DCF_SCAN_H
#define DCF_SCAN_H

#include "postgres.h"
#include "executor/executor.h"
#include "nodes/execnodes.h"

#include "bind.h"
#include "relation.h"
#include "row_source.h"
#include "spec.h"

typedef struct DcfScan DcfScan;

extern void dcf_scan_begin(ForeignScanState *node, int eflags);
extern TupleTableSlot *dcf_scan_iterate(ForeignScanState *node);
/*
 * The next row that passes the node's filter, or an empty slot or NULL after the
 * last.  Without wait, late tells that there is none yet.
 */
extern TupleTableSlot *dcf_scan_next(ForeignScanState *node, bool wait,
									 bool *late);

extern void dcf_scan_rescan(ForeignScanState *node);
extern void dcf_scan_end(ForeignScanState *node);

/*
 * Give a scan below a batched join the values to ask for: an array of the base
 * type of the key's expression, which must last until the next ones, or a
 * rescan.  To be called before a rescan.
 */
extern void dcf_scan_set_keys(ForeignScanState *node, Datum array);

/* They live as long as the scan, the source until a rescan. */
extern const DcfRelation *dcf_scan_relation(const DcfScan *scan);
extern const DcfSpec *dcf_scan_spec(const DcfScan *scan);
extern DcfRowSource *dcf_scan_source(const DcfScan *scan);

/*
 * The values of the spec's bindings, in the current memory context.  With a
 * context of deparse_expression(), not NIL: only those that need no run of the
 * plan, the others unknown.
 */
extern DcfBoundValue *dcf_scan_values(ForeignScanState *node,
									  List *deparse_context);

/*
 * Why the scan cannot run with these values, or NULL: as it was planned, or
 * because conditions leave a required column without one.
 */
extern DcfLack *dcf_scan_lack(const DcfScan *scan,
							  const DcfBoundValue *values);

#endif /* DCF_SCAN_H */
