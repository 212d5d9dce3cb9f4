/*
 * batch_explain.h
 *	  What EXPLAIN shows of a batched join.
 */
#ifndef DCF_BATCH_EXPLAIN_H
#define DCF_BATCH_EXPLAIN_H

#include "postgres.h"
#include "nodes/execnodes.h"

#include "base/compat.h"

/* scan: the foreign scan of the inner side. */
extern void dcf_batch_explain(CustomScanState *node,
							  const ForeignScanState *scan, JoinType type,
							  List *ancestors, ExplainState *es);

#endif /* DCF_BATCH_EXPLAIN_H */
