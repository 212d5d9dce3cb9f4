/*
 * scan.h
 *	  The executor's callbacks, and the state of a scan.
 *
 * A scan sends its first request when the first row is asked for.  It holds
 * one reply at a time, hands on a row as soon as its record has arrived, and
 * keeps no more than the reply's window and the row.
 */
#ifndef DCF_SCAN_H
#define DCF_SCAN_H

#include "postgres.h"
#include "executor/executor.h"
#include "nodes/execnodes.h"

#include "bind.h"
#include "relation.h"
#include "spec.h"

/* Counted over all rescans, for EXPLAIN ANALYZE. */
typedef struct DcfScanStats
{
	uint64 requests;	 /* replies opened, refused ones among them */
	uint64 halved;		 /* those that were refused, and asked in halves */
	uint64 halved_early; /* requests that were asked in halves at once, because
						  * they were expected to be refused */
	uint64 retries;		 /* tries beyond the first */
	uint64 bytes_received;
	uint64 bytes_decoded;
	uint64 records;
	double first_byte_ms; /* of the first request; -1 before it */
} DcfScanStats;

typedef struct DcfScan DcfScan;

extern void dcf_scan_begin(ForeignScanState *node, int eflags);
extern TupleTableSlot *dcf_scan_iterate(ForeignScanState *node);
extern void dcf_scan_rescan(ForeignScanState *node);
extern void dcf_scan_end(ForeignScanState *node);

/* For EXPLAIN.  The strings and structs live as long as the scan. */
extern const DcfRelation *dcf_scan_relation(const DcfScan *scan);
extern const DcfSpec *dcf_scan_spec(const DcfScan *scan);
extern DcfScanStats dcf_scan_stats(const DcfScan *scan);

/*
 * The values of the spec's bindings, in the current memory context.  With a
 * context of deparse_expression(), not NIL: only those that need no run of the
 * plan, the others unknown.
 */
extern DcfBoundValue *dcf_scan_values(ForeignScanState *node,
									  List *deparse_context);

#endif /* DCF_SCAN_H */
