/*
 * explain.h
 *	  What EXPLAIN shows of a scan: the request as it would be sent, without
 *	  secrets; the clauses that the service evaluates; the source of the estimate;
 *	  with ANALYZE also what the requests cost.  EXPLAIN itself sends nothing.
 */
#ifndef DCF_EXPLAIN_H
#define DCF_EXPLAIN_H

#include "postgres.h"
#include "nodes/execnodes.h"

#include "base/compat.h"

/* The ExplainForeignScan callback. */
extern void dcf_explain_scan(ForeignScanState *node, ExplainState *es);

#endif /* DCF_EXPLAIN_H */
