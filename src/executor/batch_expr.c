/*
 * batch_expr.c
 *	  The clause that supplies a batched join's keys.  See batch_expr.h.
 *
 * The types of its sides may differ (int4 and int8), so each side has a hash function
 * of its own; these agree on equal values.
 */
#include "postgres.h"

#include "nodes/nodeFuncs.h"
#include "utils/array.h"
#include "utils/lsyscache.h"

#include "batch_expr.h"
#include "executor/batch_exec.h"

/* The clause may have the key on either side. */
DcfBatchExpr *
dcf_batch_expr_create(CustomScanState *node, int nouter)
{
	const CustomScan *plan = (const CustomScan *) node->ss.ps.plan;
	DcfBatchExpr *expr = palloc0(sizeof(DcfBatchExpr));
	Expr *value = list_nth(plan->custom_exprs, DCF_BATCH_VALUE);
	Var *column = list_nth_node(Var, plan->custom_exprs, DCF_BATCH_COLUMN);
	OpExpr *op = list_nth_node(OpExpr, plan->custom_exprs, DCF_BATCH_QUALS);
	RegProcedure hash[2];
	bool value_on_left = equal(linitial(op->args), value);

	expr->value = ExecInitExpr(value, &node->ss.ps);
	expr->column = column->varattno - nouter;
	expr->type = getBaseType(exprType((Node *) value));
	if (!get_op_hash_functions(op->opno, &hash[0], &hash[1]))
		elog(ERROR, "operator %u has no hash functions", op->opno);
	fmgr_info(hash[value_on_left ? 0 : 1], &expr->hash_value);
	fmgr_info(hash[value_on_left ? 1 : 0], &expr->hash_column);
	expr->collation = op->inputcollid;
	return expr;
}

Datum
dcf_batch_expr_value(DcfBatchExpr *expr, ExprContext *econtext, uint32 *hash,
					 bool *isnull)
{
	Datum value = ExecEvalExpr(expr->value, econtext, isnull);

	if (!*isnull)
		*hash = DatumGetUInt32(
			FunctionCall1Coll(&expr->hash_value, expr->collation, value));
	return value;
}

/* The hash function may leak, such as a detoasted copy. */
uint32
dcf_batch_expr_hash(DcfBatchExpr *expr, ExprContext *econtext, Datum value)
{
	MemoryContext old = MemoryContextSwitchTo(econtext->ecxt_per_tuple_memory);
	uint32 hash = DatumGetUInt32(
		FunctionCall1Coll(&expr->hash_column, expr->collation, value));

	MemoryContextSwitchTo(old);
	return hash;
}

Datum
dcf_batch_expr_array(const DcfBatchExpr *expr, const DcfBatchChunk *chunk,
					 int first, int end, MemoryContext cxt)
{
	MemoryContext old = MemoryContextSwitchTo(cxt);
	Datum *values = palloc(sizeof(Datum) * (end - first));
	int16 typlen;
	bool typbyval;
	char typalign;
	ArrayType *array;

	get_typlenbyvalalign(expr->type, &typlen, &typbyval, &typalign);
	for (int i = first; i < end; i++)
		values[i - first] = chunk->keys[i]->value;
	array = construct_array(values, end - first, expr->type, typlen, typbyval,
							typalign);
	pfree(values);
	MemoryContextSwitchTo(old);
	return PointerGetDatum(array);
}
