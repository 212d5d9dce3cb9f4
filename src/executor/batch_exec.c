/*
 * batch_exec.c
 *	  The executor's side of batched joins.  See batch_plan.h.
 *
 * Rows of the outer side are read until memory is full or there are no more,
 * and hashed by their key.  Of the keys so many at once as the table's options
 * allow are given to the scan below, whose rows stream by and are joined to
 * those of the outer side.  A row that nobody asked for joins nothing.
 *
 * Where memory is full, the rows of the inner side are kept, in a file if need
 * be, each with the number of its key.  They are read again for the next rows of
 * the outer side, and only keys that are new then are asked for.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "nodes/value.h"
#include "utils/array.h"
#include "utils/lsyscache.h"
#include "utils/ruleutils.h"
#include "utils/tuplestore.h"

#include "base/compat.h"
#include "executor/batch_private.h"
#include "executor/scan.h"

/* What comes next. */
typedef enum Step
{
	STEP_READ,	/* rows of the outer side */
	STEP_BATCH, /* the next keys */
	STEP_INNER, /* a row of the inner side */
	STEP_MATCH, /* the next row of the outer side that may go with it */
	STEP_ALONE	/* a row of the outer side that went with none */
} Step;

typedef struct BatchedJoin
{
	CustomScanState css; /* has to be first */
	JoinType type;
	PlanState *outer;
	PlanState *inner;
	ForeignScanState *scan; /* the inner side, or below it */
	int batch_size;
	ExprState *value;
	AttrNumber column; /* of the inner side's rows */
	Oid type_of_value; /* below any domain */
	int16 typlen;
	bool typbyval;
	char typalign;
	FmgrInfo hash_value;
	FmgrInfo hash_column;
	Oid collation;
	ExprState *quals;
	ExprState *same_key; /* of these, the key's clause */

	Step step;
	bool outer_done;
	DcfBatchChunk *chunk;
	MemoryContext array_context; /* of the batch's keys as an array */
	int first;					 /* of the chunk's keys, those of the batch */
	int end;
	int asked;	/* keys that have been, before this chunk */
	bool again; /* the batch is of these: their rows are read again */
	Tuplestorestate *kept; /* or NULL */
	TupleTableSlot *kept_slot;
	int64 unmatched; /* rows of the batch that went with none so far */
	TupleTableSlot *inner_slot;
	DcfBatchKey *key; /* the next row to look at */
	DcfBatchRow *row;
	int alone;		/* the next key whose rows may have gone with none */
	uint64 batches; /* over all rescans */
} BatchedJoin;

static void begin(CustomScanState *node, EState *estate, int eflags);
static TupleTableSlot *next(CustomScanState *node);
static void end(CustomScanState *node);
static void rescan(CustomScanState *node);
static void explain(CustomScanState *node, List *ancestors, ExplainState *es);
static void init_key(BatchedJoin *join, const CustomScan *plan);
static ForeignScanState *find_scan(PlanState *node);
static bool keeps_unmatched(const BatchedJoin *join);
static TupleTableSlot *make_kept_slot(const BatchedJoin *join, EState *estate);
static void forget(BatchedJoin *join);
static bool read_outer(BatchedJoin *join);
static void add_outer(BatchedJoin *join, TupleTableSlot *slot);
static Step start_batch(BatchedJoin *join);
static Datum make_array(const BatchedJoin *join);
static DcfBatchKey *find_key(BatchedJoin *join, Datum value);
static Step read_inner(BatchedJoin *join);
static bool is_satisfied(const BatchedJoin *join);
static TupleTableSlot *next_inner(BatchedJoin *join);
static void keep_row(BatchedJoin *join);
static DcfBatchKey *find_kept_key(const BatchedJoin *join, DcfBatchKey *key);
static DcfBatchRow *next_match(BatchedJoin *join);
static bool is_joined(BatchedJoin *join, DcfBatchRow *row);
static DcfBatchRow *next_alone(BatchedJoin *join);
static void fill_slot(BatchedJoin *join, const Datum *values,
					  const bool *isnull, TupleTableSlot *inner);
static TupleTableSlot *emit(BatchedJoin *join);
static void explain_quals(const BatchedJoin *join, List *ancestors,
						  ExplainState *es);
static const char *join_name(JoinType type);

static const CustomExecMethods exec_methods = {.CustomName = DCF_BATCH_NAME,
											   .BeginCustomScan = begin,
											   .ExecCustomScan = next,
											   .EndCustomScan = end,
											   .ReScanCustomScan = rescan,
											   .ExplainCustomScan = explain};

Node *
dcf_batch_create_state(CustomScan *scan)
{
	BatchedJoin *join = palloc0(sizeof(BatchedJoin));

	NodeSetTag(join, T_CustomScanState);
	join->css.methods = &exec_methods;
	return (Node *) join;
}

static void
begin(CustomScanState *node, EState *estate, int eflags)
{
	BatchedJoin *join = (BatchedJoin *) node;
	CustomScan *plan = (CustomScan *) node->ss.ps.plan;

	join->type = (JoinType) intVal(linitial(plan->custom_private));
	join->outer = ExecInitNode(list_nth(plan->custom_plans, DCF_BATCH_OUTER),
							   estate, eflags);
	join->inner = ExecInitNode(list_nth(plan->custom_plans, DCF_BATCH_INNER),
							   estate, eflags);
	node->custom_ps = list_make2(join->outer, join->inner);
	join->scan = find_scan(join->inner);
	join->batch_size =
		dcf_scan_relation(join->scan->fdw_state)->table->batch_size;
	init_key(join, plan);
	join->quals =
		ExecInitQual(list_copy_tail(plan->custom_exprs, DCF_BATCH_QUALS),
					 &node->ss.ps);
	join->same_key =
		ExecInitQual(list_make1(list_nth(plan->custom_exprs, DCF_BATCH_QUALS)),
					 &node->ss.ps);
	join->kept_slot = make_kept_slot(join, estate);
	join->chunk = dcf_batch_chunk_create(estate->es_query_cxt,
										 join->type_of_value, join->collation);
	join->array_context =
		AllocSetContextCreate(estate->es_query_cxt,
							  "dataconnect_fdw batch of a join",
							  ALLOCSET_DEFAULT_SIZES);
	join->step = STEP_READ;
}

static void
init_key(BatchedJoin *join, const CustomScan *plan)
{
	Expr *value = list_nth(plan->custom_exprs, DCF_BATCH_VALUE);
	Var *column = list_nth_node(Var, plan->custom_exprs, DCF_BATCH_COLUMN);
	OpExpr *op = list_nth_node(OpExpr, plan->custom_exprs, DCF_BATCH_QUALS);
	int nouter = list_length(join->outer->plan->targetlist);
	RegProcedure hash[2];
	bool value_on_left = equal(linitial(op->args), value);

	join->value = ExecInitExpr(value, &join->css.ss.ps);
	join->column = column->varattno - nouter;
	join->type_of_value = getBaseType(exprType((Node *) value));
	get_typlenbyvalalign(join->type_of_value, &join->typlen, &join->typbyval,
						 &join->typalign);
	if (!get_op_hash_functions(op->opno, &hash[0], &hash[1]))
		elog(ERROR, "operator %u has no hash functions", op->opno);
	fmgr_info(hash[value_on_left ? 0 : 1], &join->hash_value);
	fmgr_info(hash[value_on_left ? 1 : 0], &join->hash_column);
	join->collation = op->inputcollid;
}

/* A clause about nothing in the table may stand between. */
static ForeignScanState *
find_scan(PlanState *node)
{
	while (!IsA(node, ForeignScanState))
		node = outerPlanState(node);
	return (ForeignScanState *) node;
}

static TupleTableSlot *
next(CustomScanState *node)
{
	BatchedJoin *join = (BatchedJoin *) node;

	for (;;)
	{
		TupleTableSlot *slot = NULL;
		DcfBatchRow *row;

		CHECK_FOR_INTERRUPTS();
		ResetExprContext(node->ss.ps.ps_ExprContext);
		switch (join->step)
		{
			case STEP_READ:
				if (!read_outer(join))
					return NULL;
				join->step = STEP_BATCH;
				break;
			case STEP_BATCH:
				join->step = start_batch(join);
				break;
			case STEP_INNER:
				join->step = read_inner(join);
				break;
			case STEP_MATCH:
				row = next_match(join);
				if (!row)
					join->step = STEP_INNER;
				else if (is_joined(join, row) && join->type != JOIN_ANTI)
					slot = emit(join);
				break;
			case STEP_ALONE:
				row = next_alone(join);
				if (!row)
					join->step = STEP_BATCH;
				else if (!row->matched)
				{
					fill_slot(join, row->values, row->isnull, NULL);
					slot = emit(join);
				}
				break;
		}
		if (slot)
			return slot;
	}
}

static void
end(CustomScanState *node)
{
	BatchedJoin *join = (BatchedJoin *) node;

	if (join->kept)
		tuplestore_end(join->kept);
	ExecEndNode(join->outer);
	ExecEndNode(join->inner);
}

/* The inner side is begun again for each batch. */
static void
rescan(CustomScanState *node)
{
	BatchedJoin *join = (BatchedJoin *) node;

	if (node->ss.ps.chgParam)
	{
		UpdateChangedParamSet(join->outer, node->ss.ps.chgParam);
		UpdateChangedParamSet(join->inner, node->ss.ps.chgParam);
	}
	if (!join->outer->chgParam)
		ExecReScan(join->outer);
	ExecClearTuple(node->ss.ss_ScanTupleSlot);
	forget(join);
	join->step = STEP_READ;
	join->outer_done = false;
}

static bool
keeps_unmatched(const BatchedJoin *join)
{
	return join->type == JOIN_LEFT || join->type == JOIN_ANTI;
}

/* Forget which keys have been asked for, and their rows. */
static void
forget(BatchedJoin *join)
{
	dcf_batch_chunk_forget(join->chunk);
	ExecClearTuple(join->kept_slot);
	if (join->kept)
		tuplestore_clear(join->kept);
	join->asked = 0;
}

/* False if there are no more. */
static bool
read_outer(BatchedJoin *join)
{
	DcfBatchChunk *chunk = join->chunk;

	join->asked = chunk->nkeys;
	if (dcf_batch_chunk_is_crowded(chunk))
		forget(join);
	dcf_batch_chunk_clear(chunk);
	while (!join->outer_done && !dcf_batch_chunk_is_full(chunk))
	{
		TupleTableSlot *slot = ExecProcNode(join->outer);

		CHECK_FOR_INTERRUPTS();
		if (TupIsNull(slot))
			join->outer_done = true;
		else
			add_outer(join, slot);
	}
	join->end = 0;
	join->again = false;
	return !chunk->empty;
}

/* A row without a key is joined to none. */
static void
add_outer(BatchedJoin *join, TupleTableSlot *slot)
{
	ExprContext *econtext = join->css.ss.ps.ps_ExprContext;
	MemoryContext old;
	Datum value;
	bool isnull;

	ResetExprContext(econtext);
	slot_getallattrs(slot);
	fill_slot(join, slot->tts_values, slot->tts_isnull, NULL);
	old = MemoryContextSwitchTo(econtext->ecxt_per_tuple_memory);
	value = ExecEvalExpr(join->value, econtext, &isnull);
	if (!isnull)
		dcf_batch_chunk_add(join->chunk, slot, value,
							DatumGetUInt32(FunctionCall1Coll(&join->hash_value,
															 join->collation,
															 value)));
	else if (keeps_unmatched(join))
		dcf_batch_chunk_add_null(join->chunk, slot);
	MemoryContextSwitchTo(old);
}

/*
 * Read the rows again of keys that have been asked for before; then give the scan
 * below the next keys; where there are none, see to the rows without a key, and
 * then to more of the outer side.
 */
static Step
start_batch(BatchedJoin *join)
{
	DcfBatchChunk *chunk = join->chunk;

	join->first = join->end;
	join->again = join->first < join->asked;
	join->end = join->again ?
		join->asked :
		Min(join->first + join->batch_size, chunk->nkeys);
	join->key = NULL;
	join->row = NULL;
	if (join->first == join->end)
	{
		join->row = chunk->nulls;
		chunk->nulls = NULL;
		return join->row ? STEP_ALONE : STEP_READ;
	}
	join->unmatched = 0;
	for (int i = join->first; i < join->end; i++)
		join->unmatched += chunk->keys[i]->nrows;
	if (join->again)
	{
		if (join->kept)
			tuplestore_rescan(join->kept);
		return STEP_INNER;
	}
	if (!join->outer_done && !join->kept)
		join->kept = tuplestore_begin_heap(true, false, work_mem);
	dcf_scan_set_keys(join->scan, make_array(join));
	ExecReScan(join->inner);
	join->batches++;
	return STEP_INNER;
}

/* The batch's keys, to last as long as the batch. */
static Datum
make_array(const BatchedJoin *join)
{
	MemoryContext old;
	int nvalues = join->end - join->first;
	Datum *values;
	ArrayType *array;

	MemoryContextReset(join->array_context);
	old = MemoryContextSwitchTo(join->array_context);
	values = palloc(sizeof(Datum) * nvalues);

	for (int i = 0; i < nvalues; i++)
		values[i] = join->chunk->keys[join->first + i]->value;
	array = construct_array(values, nvalues, join->type_of_value, join->typlen,
							join->typbyval, join->typalign);
	MemoryContextSwitchTo(old);
	return PointerGetDatum(array);
}

/*
 * A row of the inner side, with the rows to try it with; where there is none,
 * what comes then.
 */
static Step
read_inner(BatchedJoin *join)
{
	TupleTableSlot *slot = is_satisfied(join) ? NULL : next_inner(join);
	Datum value;
	bool isnull;

	join->row = NULL;
	if (TupIsNull(slot))
	{
		join->alone = join->first;
		return keeps_unmatched(join) ? STEP_ALONE : STEP_BATCH;
	}
	join->inner_slot = slot;
	value = slot_getattr(slot, join->column, &isnull);
	if (isnull)
		return STEP_INNER;
	join->key = find_key(join, value);
	if (join->again)
		join->key = find_kept_key(join, join->key);
	else if (!join->outer_done)
		keep_row(join);
	return STEP_MATCH;
}

/*
 * The first of the keys that have the hash of a column's value.  A hash function
 * may leave memory behind: a copy of a value that was packed.
 */
static DcfBatchKey *
find_key(BatchedJoin *join, Datum value)
{
	ExprContext *econtext = join->css.ss.ps.ps_ExprContext;
	MemoryContext old = MemoryContextSwitchTo(econtext->ecxt_per_tuple_memory);
	uint32 hash = DatumGetUInt32(
		FunctionCall1Coll(&join->hash_column, join->collation, value));

	MemoryContextSwitchTo(old);
	return dcf_batch_chunk_find(join->chunk, hash);
}

/*
 * Where each row of the outer side is wanted once, and all have gone with one, the
 * others need not be read, but to be kept.
 */
static bool
is_satisfied(const BatchedJoin *join)
{
	return (join->type == JOIN_SEMI || join->type == JOIN_ANTI) &&
		join->unmatched == 0 && (join->again || join->outer_done);
}

static TupleTableSlot *
next_inner(BatchedJoin *join)
{
	if (!join->again)
		return ExecProcNode(join->inner);
	if (!join->kept ||
		!tuplestore_gettupleslot(join->kept, true, false, join->kept_slot))
		return NULL;
	return join->kept_slot;
}

/* Of the inner side's rows, with the number of a key behind. */
static TupleTableSlot *
make_kept_slot(const BatchedJoin *join, EState *estate)
{
	TupleDesc inner = ExecGetResultType(join->inner);
	TupleDesc desc = CreateTemplateTupleDesc(inner->natts + 1);

	for (int i = 1; i <= inner->natts; i++)
		TupleDescCopyEntry(desc, i, inner, i);
	TupleDescInitEntry(desc, inner->natts + 1, "key", INT4OID, -1, 0);
	return ExecInitExtraTupleSlot(estate, desc, &TTSOpsMinimalTuple);
}

/* Keep the inner side's row once for each key of the batch that it has. */
static void
keep_row(BatchedJoin *join)
{
	TupleDesc desc = join->kept_slot->tts_tupleDescriptor;
	int natts = desc->natts - 1;
	const TupleTableSlot *inner = join->inner_slot;
	Datum *values = palloc(sizeof(Datum) * desc->natts);
	bool *isnull = palloc(sizeof(bool) * desc->natts);

	for (DcfBatchKey *key = join->key; key; key = key->next)
	{
		if (key->number < join->first || key->number >= join->end)
			continue;
		fill_slot(join, key->rows->values, key->rows->isnull,
				  join->inner_slot);
		if (!ExecQual(join->same_key, join->css.ss.ps.ps_ExprContext))
			continue;
		memcpy(values, inner->tts_values, sizeof(Datum) * natts);
		memcpy(isnull, inner->tts_isnull, sizeof(bool) * natts);
		values[natts] = Int32GetDatum(key->number);
		isnull[natts] = false;
		tuplestore_putvalues(join->kept, desc, values, isnull);
	}
	pfree(values);
	pfree(isnull);
}

/* Of keys with the same hash, the one that the kept row was kept for. */
static DcfBatchKey *
find_kept_key(const BatchedJoin *join, DcfBatchKey *key)
{
	TupleTableSlot *slot = join->kept_slot;
	bool isnull;
	Datum number =
		slot_getattr(slot, slot->tts_tupleDescriptor->natts, &isnull);

	while (key && key->number != DatumGetInt32(number))
		key = key->next;
	return key;
}

/* The next row of the batch that has the hash of the inner side's; or NULL. */
static DcfBatchRow *
next_match(BatchedJoin *join)
{
	DcfBatchRow *row;

	while (!join->row && join->key)
	{
		if (join->key->number >= join->first && join->key->number < join->end)
			join->row = join->key->rows;
		join->key = join->again ? NULL : join->key->next;
	}
	row = join->row;
	if (row)
		join->row = row->next;
	return row;
}

/* Join a row to the inner side's in the slot.  False if they do not go. */
static bool
is_joined(BatchedJoin *join, DcfBatchRow *row)
{
	PlanState *node = &join->css.ss.ps;

	if (row->matched && (join->type == JOIN_SEMI || join->type == JOIN_ANTI))
		return false;
	fill_slot(join, row->values, row->isnull, join->inner_slot);
	if (!ExecQual(join->quals, node->ps_ExprContext))
	{
		InstrCountFiltered2(node, 1);
		return false;
	}
	if (!row->matched)
		join->unmatched--;
	row->matched = true;
	return true;
}

/* The next row that may have gone with none; NULL after the last. */
static DcfBatchRow *
next_alone(BatchedJoin *join)
{
	DcfBatchRow *row;

	while (!join->row && join->alone < join->end)
		join->row = join->chunk->keys[join->alone++]->rows;
	row = join->row;
	if (row)
		join->row = row->next;
	return row;
}

/* A row of the outer side beside one of the inner, or NULLs. */
static void
fill_slot(BatchedJoin *join, const Datum *values, const bool *isnull,
		  TupleTableSlot *inner)
{
	TupleTableSlot *slot = join->css.ss.ss_ScanTupleSlot;
	int nouter = list_length(join->outer->plan->targetlist);
	int ninner = slot->tts_tupleDescriptor->natts - nouter;

	ExecClearTuple(slot);
	memcpy(slot->tts_values, values, sizeof(Datum) * nouter);
	memcpy(slot->tts_isnull, isnull, sizeof(bool) * nouter);
	if (inner)
	{
		slot_getallattrs(inner);
		memcpy(slot->tts_values + nouter, inner->tts_values,
			   sizeof(Datum) * ninner);
		memcpy(slot->tts_isnull + nouter, inner->tts_isnull,
			   sizeof(bool) * ninner);
	}
	else
		memset(slot->tts_isnull + nouter, true, sizeof(bool) * ninner);
	ExecStoreVirtualTuple(slot);
	join->css.ss.ps.ps_ExprContext->ecxt_scantuple = slot;
}

/* The joined row as the node above wants it; NULL if it is filtered. */
static TupleTableSlot *
emit(BatchedJoin *join)
{
	PlanState *node = &join->css.ss.ps;

	if (!ExecQual(node->qual, node->ps_ExprContext))
	{
		InstrCountFiltered1(node, 1);
		return NULL;
	}
	return node->ps_ProjInfo ? ExecProject(node->ps_ProjInfo) :
							   join->css.ss.ss_ScanTupleSlot;
}

static void
explain(CustomScanState *node, List *ancestors, ExplainState *es)
{
	BatchedJoin *join = (BatchedJoin *) node;

	explain_quals(join, ancestors, es);
	ExplainPropertyInteger("Batch Size", NULL, join->batch_size, es);
	if (es->analyze)
		ExplainPropertyUInteger("Batches", NULL, join->batches, es);
}

static void
explain_quals(const BatchedJoin *join, List *ancestors, ExplainState *es)
{
	CustomScan *plan = (CustomScan *) join->css.ss.ps.plan;
	List *context =
		set_deparse_context_plan(es->deparse_cxt, &plan->scan.plan, ancestors);
	List *others = list_copy_tail(plan->custom_exprs, DCF_BATCH_QUALS + 1);
	const Instrumentation *run = join->css.ss.ps.instrument;
	Node *key = list_nth(plan->custom_exprs, DCF_BATCH_QUALS);

	ExplainPropertyText("Join Type", join_name(join->type), es);
	ExplainPropertyText("Batch Cond",
						deparse_expression(key, context, true, false), es);
	if (others == NIL)
		return;
	ExplainPropertyText("Join Filter",
						deparse_expression((Node *) make_ands_explicit(others),
										   context, true, false),
						es);
	if (es->analyze && run && run->nloops > 0 &&
		(run->nfiltered2 > 0 || es->format != EXPLAIN_FORMAT_TEXT))
		ExplainPropertyFloat("Rows Removed by Join Filter", NULL,
							 run->nfiltered2 / run->nloops, 0, es);
}

static const char *
join_name(JoinType type)
{
	return type == JOIN_LEFT ? "Left" :
		type == JOIN_SEMI	 ? "Semi" :
		type == JOIN_ANTI	 ? "Anti" :
							   "Inner";
}
