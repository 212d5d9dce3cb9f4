/*
 * batch_exec.c
 *	  Execution of batched joins.  See batch_exec.h.
 *
 * Outer rows are read until memory is full or there are no more, and hashed by
 * their key.  The scan below gets batch_size keys at a time, and its rows are joined
 * as they stream in.  The join's clauses decide which rows match, so a row that the
 * service returns without having been asked for it does no harm.
 *
 * If memory is full before the outer side has ended, inner rows also go to a
 * tuplestore, each with the number of its key.  For the next outer rows the tuplestore
 * is read again, and only new keys are requested.
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
#include "batch_chunk.h"
#include "executor/batch_exec.h"
#include "executor/scan.h"

/* What next() does next. */
typedef enum Step
{
	STEP_READ,	   /* read outer rows into the chunk */
	STEP_BATCH,	   /* start the next batch of keys */
	STEP_INNER,	   /* read an inner row */
	STEP_MATCH,	   /* try the next outer row with the inner row's hash */
	STEP_UNMATCHED /* return the next outer row that was joined to none */
} Step;

typedef struct BatchedJoin
{
	CustomScanState css; /* has to be first */
	JoinType type;
	PlanState *outer;
	PlanState *inner;
	ForeignScanState *scan; /* the inner node, or below it */
	int batch_size;
	ExprState *value;
	AttrNumber column; /* of the inner rows; compared with the key */
	Oid type_of_value; /* the key's base type */
	int16 typlen;
	bool typbyval;
	char typalign;
	FmgrInfo hash_value;
	FmgrInfo hash_column;
	Oid collation;
	ExprState *quals;
	ExprState *same_key; /* the first of quals: the key's clause */

	Step step;
	bool outer_done;
	DcfBatchChunk *chunk;
	MemoryContext array_context; /* of the array of the batch's keys */
	int first;					 /* the batch is keys first .. end - 1 */
	int end;
	int nrequested; /* keys requested for earlier chunks */
	bool replaying; /* the batch is those keys: rows come from the store */
	Tuplestorestate *store; /* inner rows for later chunks, or NULL */
	TupleTableSlot *store_slot;
	int64 nunmatched; /* outer rows of the batch not joined so far */
	TupleTableSlot *inner_slot;
	DcfBatchKey *key;  /* next key whose rows to try; NULL: none */
	DcfBatchRow *row;  /* next row to try or return; NULL: see key */
	int unmatched_key; /* next key whose unmatched rows to return */
	uint64 batches;	   /* over all rescans */
} BatchedJoin;

static void begin(CustomScanState *node, EState *estate, int eflags);
static TupleTableSlot *next(CustomScanState *node);
static void end(CustomScanState *node);
static void rescan(CustomScanState *node);
static void explain(CustomScanState *node, List *ancestors, ExplainState *es);
static void init_key(BatchedJoin *join, const CustomScan *plan);
static ForeignScanState *find_scan(PlanState *node);
static bool emits_unmatched(const BatchedJoin *join);
static TupleTableSlot *make_store_slot(const BatchedJoin *join,
									   EState *estate);
static void forget_keys(BatchedJoin *join);
static bool fill_chunk(BatchedJoin *join);
static void add_outer_row(BatchedJoin *join, TupleTableSlot *slot);
static Step start_batch(BatchedJoin *join);
static Datum make_array(const BatchedJoin *join);
static DcfBatchKey *find_key(BatchedJoin *join, Datum value);
static Step read_inner(BatchedJoin *join);
static bool needs_no_more_inner(const BatchedJoin *join);
static TupleTableSlot *next_inner(BatchedJoin *join);
static void store_row(BatchedJoin *join);
static DcfBatchKey *find_stored_key(const BatchedJoin *join, DcfBatchKey *key);
static DcfBatchRow *next_match(BatchedJoin *join);
static bool try_join(BatchedJoin *join, DcfBatchRow *row);
static DcfBatchRow *next_outer(BatchedJoin *join);
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

/* The BeginCustomScan callback.  The inner scan starts with the first batch. */
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
	/* store_row() looks for a row's keys, whatever the other clauses say. */
	join->same_key =
		ExecInitQual(list_make1(list_nth(plan->custom_exprs, DCF_BATCH_QUALS)),
					 &node->ss.ps);
	join->store_slot = make_store_slot(join, estate);
	join->chunk = dcf_batch_chunk_create(estate->es_query_cxt,
										 join->type_of_value, join->collation);
	join->array_context =
		AllocSetContextCreate(estate->es_query_cxt,
							  "dataconnect_fdw batch of a join",
							  ALLOCSET_DEFAULT_SIZES);
	join->step = STEP_READ;
}

/*
 * Look up the key's expression, type and hash functions.  The types of the
 * two sides may differ (int4 and int8), so each side has a function of its
 * own; these agree on equal values.  The clause may have the key on either
 * side.
 */
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
	/* The Var is of the scan tuple, which has outer columns first. */
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

/* A Result for a clause without columns may stand above the scan. */
static ForeignScanState *
find_scan(PlanState *node)
{
	while (!IsA(node, ForeignScanState))
		node = outerPlanState(node);
	return (ForeignScanState *) node;
}

/*
 * The ExecCustomScan callback: one step after another until there is a row.
 * No step leaves anything in the per-tuple context for the next one: outer
 * rows are in the chunk, and the inner row is in the slot of its node or of
 * the store.
 */
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
				if (!fill_chunk(join))
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
				/* An anti join only notes that the row has a match. */
				else if (try_join(join, row) && join->type != JOIN_ANTI)
					slot = emit(join);
				break;
			case STEP_UNMATCHED:
				row = next_outer(join);
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

	if (join->store)
		tuplestore_end(join->store);
	ExecEndNode(join->outer);
	ExecEndNode(join->inner);
}

/*
 * start_batch() rescans the inner side, so only the outer side is done here.
 * ExecReScan() passes changed parameters on to lefttree and righttree only.
 * ExecProcNode() rescans a child whose parameters have changed.  Inner rows
 * that were stored may depend on the old parameters, so they are forgotten.
 */
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
	forget_keys(join);
	join->step = STEP_READ;
	join->outer_done = false;
}

/* Whether the join returns outer rows that match nothing. */
static bool
emits_unmatched(const BatchedJoin *join)
{
	return join->type == JOIN_LEFT || join->type == JOIN_ANTI;
}

/* Forget which keys were requested, with all inner rows stored for them. */
static void
forget_keys(BatchedJoin *join)
{
	dcf_batch_chunk_forget(join->chunk);
	/* next_inner() makes the slot point into the store. */
	ExecClearTuple(join->store_slot);
	if (join->store)
		tuplestore_clear(join->store);
	join->nrequested = 0;
}

/*
 * Read the next chunk of outer rows.  False if there are no more: as an empty
 * chunk is never full, a chunk stays empty only at the end of the outer side.
 */
static bool
fill_chunk(BatchedJoin *join)
{
	DcfBatchChunk *chunk = join->chunk;

	/* A chunk is joined with all of its keys before the next one is read. */
	join->nrequested = chunk->nkeys;
	/* Leave memory for rows, even if some keys are requested again. */
	if (dcf_batch_chunk_is_crowded(chunk))
		forget_keys(join);
	dcf_batch_chunk_clear(chunk);
	while (!join->outer_done && !dcf_batch_chunk_is_full(chunk))
	{
		TupleTableSlot *slot = ExecProcNode(join->outer);

		CHECK_FOR_INTERRUPTS();
		if (TupIsNull(slot))
			join->outer_done = true;
		else
			add_outer_row(join, slot);
	}
	join->end = 0;
	join->replaying = false;
	return !chunk->empty;
}

/*
 * Add an outer row to the chunk, by its key.  A NULL key never matches: such
 * a row is kept only if the join returns rows without a match.  The
 * expression of the key reads the scan slot, so that is filled first.
 */
static void
add_outer_row(BatchedJoin *join, TupleTableSlot *slot)
{
	ExprContext *econtext = join->css.ss.ps.ps_ExprContext;
	MemoryContext old;
	Datum value;
	bool isnull;

	ResetExprContext(econtext);
	slot_getallattrs(slot);
	fill_slot(join, slot->tts_values, slot->tts_isnull, NULL);
	/* The functions for hash and equality may leak; the chunk copies. */
	old = MemoryContextSwitchTo(econtext->ecxt_per_tuple_memory);
	value = ExecEvalExpr(join->value, econtext, &isnull);
	if (!isnull)
		dcf_batch_chunk_add(join->chunk, slot, value,
							DatumGetUInt32(FunctionCall1Coll(&join->hash_value,
															 join->collation,
															 value)));
	else if (emits_unmatched(join))
		dcf_batch_chunk_add_null(join->chunk, slot);
	MemoryContextSwitchTo(old);
}

/*
 * Start the next batch.  The first batch of a chunk is all keys that earlier chunks
 * have requested, whose inner rows are in the store.  Then come batches of new keys,
 * then the outer rows with a NULL key, then the next chunk.
 */
static Step
start_batch(BatchedJoin *join)
{
	DcfBatchChunk *chunk = join->chunk;

	join->first = join->end;
	join->replaying = join->first < join->nrequested;
	join->end = join->replaying ?
		join->nrequested :
		Min(join->first + join->batch_size, chunk->nkeys);
	join->key = NULL;
	join->row = NULL;
	/* No keys left: return the rows with a NULL key, once. */
	if (join->first == join->end)
	{
		join->row = chunk->nulls;
		chunk->nulls = NULL;
		return join->row ? STEP_UNMATCHED : STEP_READ;
	}
	join->nunmatched = 0;
	for (int i = join->first; i < join->end; i++)
		join->nunmatched += chunk->keys[i]->nrows;
	if (join->replaying)
	{
		if (join->store)
			tuplestore_rescan(join->store);
		return STEP_INNER;
	}
	/* Another chunk will follow, which needs these inner rows again. */
	if (!join->outer_done && !join->store)
		join->store = tuplestore_begin_heap(true, false, work_mem);
	dcf_scan_set_keys(join->scan, make_array(join));
	ExecReScan(join->inner);
	join->batches++;
	return STEP_INNER;
}

/*
 * The batch's keys as an array, valid until the next batch.  The scan does
 * not copy it, so it is in a context that lasts longer than a row.
 */
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
 * Read an inner row and find the outer rows to try it with.  Returns the next step:
 * STEP_MATCH, or what follows the batch's last inner row.
 */
static Step
read_inner(BatchedJoin *join)
{
	TupleTableSlot *slot = needs_no_more_inner(join) ? NULL : next_inner(join);
	Datum value;
	bool isnull;

	join->row = NULL;
	if (TupIsNull(slot))
	{
		join->unmatched_key = join->first;
		return emits_unmatched(join) ? STEP_UNMATCHED : STEP_BATCH;
	}
	join->inner_slot = slot;
	value = slot_getattr(slot, join->column, &isnull);
	/* A NULL in the column matches no key. */
	if (isnull)
		return STEP_INNER;
	join->key = find_key(join, value);
	if (join->replaying)
		join->key = find_stored_key(join, join->key);
	else if (!join->outer_done)
		store_row(join);
	return STEP_MATCH;
}

/*
 * The first key with the hash of a column's value.  The hash function may leak, such
 * as a detoasted copy, so it runs in the per-tuple context.
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
 * A semi or anti join needs no more inner rows once all outer rows of the batch have
 * matched, unless later chunks need them in the store.
 */
static bool
needs_no_more_inner(const BatchedJoin *join)
{
	return (join->type == JOIN_SEMI || join->type == JOIN_ANTI) &&
		join->nunmatched == 0 && (join->replaying || join->outer_done);
}

/*
 * The batch's next inner row, from the scan or the store.  A row from the
 * store is not copied: nothing is added to the store while it is read.
 */
static TupleTableSlot *
next_inner(BatchedJoin *join)
{
	if (!join->replaying)
		return ExecProcNode(join->inner);
	if (!join->store ||
		!tuplestore_gettupleslot(join->store, true, false, join->store_slot))
		return NULL;
	return join->store_slot;
}

/*
 * A slot for an inner row followed by the number of its key.  The inner
 * columns keep their positions, so such a slot can stand for one of the inner
 * node.  A tuplestore returns minimal tuples.
 */
static TupleTableSlot *
make_store_slot(const BatchedJoin *join, EState *estate)
{
	TupleDesc inner = ExecGetResultType(join->inner);
	TupleDesc desc = CreateTemplateTupleDesc(inner->natts + 1);

	for (int i = 1; i <= inner->natts; i++)
		TupleDescCopyEntry(desc, i, inner, i);
	TupleDescInitEntry(desc, inner->natts + 1, "key", INT4OID, -1, 0);
	return ExecInitExtraTupleSlot(estate, desc, &TTSOpsMinimalTuple);
}

/* Store the inner row once for each key of the batch that it matches. */
static void
store_row(BatchedJoin *join)
{
	TupleDesc desc = join->store_slot->tts_tupleDescriptor;
	int natts = desc->natts - 1;
	const TupleTableSlot *inner = join->inner_slot;
	Datum *values = palloc(sizeof(Datum) * desc->natts);
	bool *isnull = palloc(sizeof(bool) * desc->natts);

	/* Keys with one hash need not be equal, nor be in this batch. */
	for (DcfBatchKey *key = join->key; key; key = key->next)
	{
		if (key->number < join->first || key->number >= join->end)
			continue;

		/*
		 * The batch's keys are new, so each has a row of this chunk, by which
		 * its clause can be evaluated.
		 */
		fill_slot(join, key->rows->values, key->rows->isnull,
				  join->inner_slot);
		if (!ExecQual(join->same_key, join->css.ss.ps.ps_ExprContext))
			continue;
		/* fill_slot() has deformed the inner row. */
		memcpy(values, inner->tts_values, sizeof(Datum) * natts);
		memcpy(isnull, inner->tts_isnull, sizeof(bool) * natts);
		values[natts] = Int32GetDatum(key->number);
		isnull[natts] = false;
		tuplestore_putvalues(join->store, desc, values, isnull);
	}
	pfree(values);
	pfree(isnull);
}

/* Among keys with the same hash, the one that the stored row belongs to. */
static DcfBatchKey *
find_stored_key(const BatchedJoin *join, DcfBatchKey *key)
{
	TupleTableSlot *slot = join->store_slot;
	bool isnull;
	Datum number =
		slot_getattr(slot, slot->tts_tupleDescriptor->natts, &isnull);

	while (key && key->number != DatumGetInt32(number))
		key = key->next;
	return key;
}

/*
 * The batch's next outer row with the hash of the inner row; or NULL.  Keys
 * of other batches are passed over: the service may return a row without
 * having been asked for it, and returns it again for the batch that has its
 * key.
 */
static DcfBatchRow *
next_match(BatchedJoin *join)
{
	DcfBatchRow *row;

	while (!join->row && join->key)
	{
		if (join->key->number >= join->first && join->key->number < join->end)
			join->row = join->key->rows;
		/* A stored row belongs to one key only. */
		join->key = join->replaying ? NULL : join->key->next;
	}
	row = join->row;
	if (row)
		join->row = row->next;
	return row;
}

/* Join an outer row to the inner row, in the scan slot.  False: no match. */
static bool
try_join(BatchedJoin *join, DcfBatchRow *row)
{
	PlanState *node = &join->css.ss.ps;

	/* For these joins one match is enough. */
	if (row->matched && (join->type == JOIN_SEMI || join->type == JOIN_ANTI))
		return false;
	fill_slot(join, row->values, row->isnull, join->inner_slot);
	if (!ExecQual(join->quals, node->ps_ExprContext))
	{
		InstrCountFiltered2(node, 1);
		return false;
	}
	if (!row->matched)
		join->nunmatched--;
	row->matched = true;
	return true;
}

/* The batch's next outer row, matched or not; NULL after the last. */
static DcfBatchRow *
next_outer(BatchedJoin *join)
{
	DcfBatchRow *row;

	while (!join->row && join->unmatched_key < join->end)
		join->row = join->chunk->keys[join->unmatched_key++]->rows;
	row = join->row;
	if (row)
		join->row = row->next;
	return row;
}

/*
 * Fill the scan slot with an outer row and an inner row, or NULLs.  The slot
 * points to their values, and all expressions of the node read it.
 */
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

/*
 * Filter and project the row in the scan slot; NULL if it is filtered.  The
 * filter has the clauses that PostgreSQL evaluates after an outer join, not
 * those of the join.
 */
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

/* The ExplainCustomScan callback. */
static void
explain(CustomScanState *node, List *ancestors, ExplainState *es)
{
	BatchedJoin *join = (BatchedJoin *) node;

	explain_quals(join, ancestors, es);
	ExplainPropertyInteger("Batch Size", NULL, join->batch_size, es);
	if (es->analyze)
		ExplainPropertyUInteger("Batches", NULL, join->batches, es);
}

/* Labels as EXPLAIN has them for PostgreSQL's own joins, where there are any. */
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
