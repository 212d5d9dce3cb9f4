/*
 * batch_expr.h
 *	  The two sides of a batched join's clause that supplies keys: an expression over
 *	  the outer row, whose value is the key, and a column of the inner row.
 */
#ifndef DCF_BATCH_EXPR_H
#define DCF_BATCH_EXPR_H

#include "postgres.h"
#include "executor/executor.h"
#include "nodes/plannodes.h"

#include "batch_chunk.h"

typedef struct DcfBatchExpr
{
	ExprState *value;
	AttrNumber column; /* of the inner rows */
	Oid type;		   /* the key's base type */
	Oid collation;
	FmgrInfo hash_value;
	FmgrInfo hash_column;
} DcfBatchExpr;

/* For a node whose scan tuple has nouter columns of the outer side first. */
extern DcfBatchExpr *dcf_batch_expr_create(CustomScanState *node, int nouter);

/*
 * Evaluate the key of the outer row in the node's scan tuple, and its hash unless it
 * is NULL, in the current memory context, into which these functions may leak.
 */
extern Datum dcf_batch_expr_value(DcfBatchExpr *expr, ExprContext *econtext,
								  uint32 *hash, bool *isnull);

/* The hash of a value of the column, which equal keys have, too. */
extern uint32 dcf_batch_expr_hash(DcfBatchExpr *expr, ExprContext *econtext,
								  Datum value);

/* Keys first .. end - 1 of a chunk as an array, in a memory context. */
extern Datum dcf_batch_expr_array(const DcfBatchExpr *expr,
								  const DcfBatchChunk *chunk, int first,
								  int end, MemoryContext cxt);

#endif /* DCF_BATCH_EXPR_H */
