/*
 * scan.h
 *	  The executor's callbacks, and the state of a scan (DcfScan), which is in
 *	  ForeignScanState.fdw_state and lives in the query's context.
 *
 * A scan sends its first request when the first row is requested, and returns each
 * row as soon as its record has arrived.
 */
#ifndef DCF_SCAN_H
#define DCF_SCAN_H

#include "postgres.h"
#include "executor/executor.h"
#include "nodes/execnodes.h"

#include "reply/row_source.h"
#include "request/bind.h"
#include "request/fdw_private.h"
#include "request/relation.h"

typedef struct DcfScan DcfScan;

/* Begin a scan, for BeginForeignScan.  Sends nothing. */
extern void dcf_scan_begin(ForeignScanState *node, int eflags);

/* Have a function called before each set of requests is made; it may raise. */
extern void dcf_scan_on_start(ForeignScanState *node,
							  void (*on_start)(ForeignScanState *));

/* IterateForeignScan. */
extern TupleTableSlot *dcf_scan_iterate(ForeignScanState *node);

/*
 * The node's next row, filtered and projected, without waiting; after the last an
 * empty slot or NULL.  *late is set if no row has arrived yet, and the result then
 * means nothing.
 */
extern TupleTableSlot *dcf_scan_next(ForeignScanState *node, bool *late);

/* ReScanForeignScan and EndForeignScan. */
extern void dcf_scan_rescan(ForeignScanState *node);
extern void dcf_scan_end(ForeignScanState *node);

/*
 * Set the values of DCF_BIND_KEYS for a scan below a batched join: an array of the
 * base type of the key's expression, not copied, which must stay valid until the
 * rescan's first row.  To be called before a rescan.  The requests send the table's
 * batch_size of them at a time; several are under way together.
 *
 * The node then ends more than once.  After each empty slot, dcf_scan_batch_end()
 * returns the number of the batch whose rows have all been returned, or -1 at the end of
 * all.  Batch 0 has the first batch_size keys, and so on.  A batch whose end is
 * not reported ends with all: for example, if no request could return a row for it.
 */
extern void dcf_scan_set_keys(ForeignScanState *node, Datum array);
extern int dcf_scan_batch_end(ForeignScanState *node);

/* The rest of the rows of a batch that has returned one is not needed. */
extern void dcf_scan_skip_batch(ForeignScanState *node, int batch);

/* The first two live as long as the scan; a rescan may replace the source. */
extern const DcfRelation *dcf_scan_relation(const DcfScan *scan);
extern const DcfFdwPrivate *dcf_scan_private(const DcfScan *scan);
extern DcfRowSource *dcf_scan_source(const DcfScan *scan);

/*
 * The values of the plan's bindings, one for each, in the current memory context.
 *
 * For EXPLAIN, deparse_context is that of deparse_expression(): then values that are
 * known only while the plan runs are "unknown", and their expressions are shown.
 * Otherwise it is NIL.
 */
extern DcfBoundValue *dcf_scan_values(ForeignScanState *node,
									  List *deparse_context);

/* Whether EXPLAIN knows all values, without running the plan. */
extern bool dcf_scan_is_known(ForeignScanState *node);

/*
 * Why the scan cannot run with these values, or NULL: either the plan says so, or a
 * required column has no value because its clause's condition is not met.
 */
extern DcfDeferredError *dcf_scan_deferred_error(const DcfScan *scan,
												 const DcfBoundValue *values);

#endif /* DCF_SCAN_H */
