/*
 * explain.h
 *	  What EXPLAIN shows of a scan: the request as it would be sent (never a
 *	  secret, never sent), what the service filters, where the estimate came
 *	  from; after ANALYZE also what the exchange took.
 */
#ifndef DCF_EXPLAIN_H
#define DCF_EXPLAIN_H

#include "postgres.h"
#include "nodes/execnodes.h"

#include "base/compat.h"

extern void dcf_explain_scan(ForeignScanState *node, ExplainState *es);

#endif /* DCF_EXPLAIN_H */
