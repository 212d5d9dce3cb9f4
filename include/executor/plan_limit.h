/*
 * plan_limit.h
 *	  Compares what a whole plan would ask for with the limits on statements
 *	  (reply/limits.h), before its first scan sends anything.
 *
 * It counts the scans that will run in any case and whose values are known: those that
 * no nested loop, subquery or condition decides about.  Of other joins both sides count,
 * as if neither were empty.  All others are compared when they start.  Of scans that may send the same requests only one is counted, because the
 * others read its rows from the row cache.
 */
#ifndef DCF_PLAN_LIMIT_H
#define DCF_PLAN_LIMIT_H

#include "postgres.h"
#include "nodes/execnodes.h"

/*
 * The BeginForeignScan callback: begins the scan.  If there are limits, the first scan of
 * the plan that starts raises ERRCODE_CONFIGURATION_LIMIT_EXCEEDED if the plan exceeds
 * one.
 */
extern void dcf_plan_limit_begin_scan(ForeignScanState *node, int eflags);

/*
 * For EXPLAIN: the limit that this scan, or the whole plan, would exceed in a statement
 * of its own, in a few words, palloc'd; or NULL.
 */
extern char *dcf_plan_limit_show(ForeignScanState *node);

#endif /* DCF_PLAN_LIMIT_H */
