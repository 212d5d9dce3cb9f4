/*
 * batch_exec.c
 *	  Execution of batched joins.  See batch_exec.h.
 *
 * Outer rows are read until memory is full or there are no more: a chunk.  They are
 * hashed by their key.  The scan below gets the keys in passes, almost always in one.
 * It requests batch_size keys at a time, several such batches together, and the rows
 * are joined as they stream in.  The join's clauses decide which rows match, and the
 * scan returns each row once, so a row that the service returns without having been
 * asked for it does no harm.
 *
 * If memory is full before the outer side has ended, inner rows also go to a store.
 * For the next chunk they are read from there, and only new keys are requested.
 */
#include "postgres.h"

#include "executor/executor.h"
#include "miscadmin.h"
#include "nodes/value.h"

#include "base/compat.h"
#include "batch_chunk.h"
#include "batch_explain.h"
#include "batch_expr.h"
#include "batch_pass.h"
#include "batch_store.h"
#include "executor/batch_exec.h"
#include "executor/scan.h"

/* What next() does next. */
typedef enum Step
{
	STEP_READ,	   /* read outer rows into the chunk */
	STEP_PASS,	   /* begin the next pass over keys of the chunk */
	STEP_INNER,	   /* read an inner row */
	STEP_MATCH,	   /* try the next outer row with the inner row's hash */
	STEP_UNMATCHED /* return the next outer row of a batch that was joined to
					* none */
} Step;

typedef struct BatchedJoin
{
	CustomScanState css; /* has to be first */
	JoinType type;
	PlanState *outer;
	PlanState *inner;
	ForeignScanState *scan; /* the inner node, or below it */
	int batch_size;
	DcfBatchExpr *expr; /* supplies the keys */
	ExprState *quals;
	ExprState *same_key; /* the first of quals: the clause of expr */

	Step step;
	bool outer_done;
	DcfBatchChunk *chunk;
	DcfBatchStore *store; /* inner rows for later chunks */
	int nrequested;		  /* keys requested for earlier chunks */
	DcfBatchPass *pass;
	bool replaying;	 /* the pass is those keys: rows come from the store */
	bool inner_done; /* no more inner rows in this pass */
	int matched;	 /* batch whose outer rows are all joined, or -1 */
	TupleTableSlot *inner_slot;
	DcfBatchKey *key;  /* next key whose rows to try; NULL: none */
	DcfBatchRow *row;  /* next row to try or return; NULL: see key */
	int batch;		   /* that row's, while rows are tried */
	int unmatched_key; /* next key whose unmatched rows to return */
	int unmatched_end;
} BatchedJoin;

static void begin(CustomScanState *node, EState *estate, int eflags);
static TupleTableSlot *next(CustomScanState *node);
static void end(CustomScanState *node);
static void rescan(CustomScanState *node);
static void explain(CustomScanState *node, List *ancestors, ExplainState *es);
static ForeignScanState *find_scan(PlanState *node);
static bool emits_unmatched(const BatchedJoin *join);
static void forget_keys(BatchedJoin *join);
static bool fill_chunk(BatchedJoin *join);
static void add_outer_row(BatchedJoin *join, TupleTableSlot *slot);
static Step begin_pass(BatchedJoin *join);
static void begin_scan(BatchedJoin *join);
static Step read_inner(BatchedJoin *join);
static TupleTableSlot *next_inner(BatchedJoin *join, int *stored_key);
static void skip_matched(BatchedJoin *join);
static Step end_batch(BatchedJoin *join);
static void store_row(BatchedJoin *join);
static DcfBatchRow *next_match(BatchedJoin *join);
static bool try_join(BatchedJoin *join, DcfBatchRow *row);
static bool needs_one_match(const BatchedJoin *join);
static void count_match(BatchedJoin *join);
static DcfBatchRow *next_outer(BatchedJoin *join);
static void fill_slot(BatchedJoin *join, const Datum *values,
					  const bool *isnull, TupleTableSlot *inner);
static TupleTableSlot *emit(BatchedJoin *join);

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

/* The BeginCustomScan callback.  The inner scan starts with the first pass. */
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
	join->expr =
		dcf_batch_expr_create(node,
							  list_length(join->outer->plan->targetlist));
	join->quals =
		ExecInitQual(list_copy_tail(plan->custom_exprs, DCF_BATCH_QUALS),
					 &node->ss.ps);
	/* store_row() looks for a row's keys, whatever the other clauses say. */
	join->same_key =
		ExecInitQual(list_make1(list_nth(plan->custom_exprs, DCF_BATCH_QUALS)),
					 &node->ss.ps);
	join->store =
		dcf_batch_store_create(estate, ExecGetResultType(join->inner));
	join->chunk =
		dcf_batch_chunk_create(estate->es_query_cxt, join->expr->type,
							   join->expr->collation);
	join->pass = dcf_batch_pass_create(estate->es_query_cxt);
	join->step = STEP_READ;
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
				join->step = STEP_PASS;
				break;
			case STEP_PASS:
				join->step = begin_pass(join);
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
					join->step = STEP_INNER;
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

	dcf_batch_store_end(join->store);
	ExecEndNode(join->outer);
	ExecEndNode(join->inner);
}

/*
 * Ends the requests under way: what the outer side sends must not wait for them.
 * ExecReScan() passes changed parameters on to lefttree and righttree only.
 * ExecProcNode() rescans a child whose parameters have changed.  Inner rows that were
 * stored may depend on the old parameters, so they are forgotten.
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
	ExecReScan(join->inner);
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
	dcf_batch_store_clear(join->store);
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
	dcf_batch_pass_clear(join->pass);
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
	uint32 hash;
	bool isnull;

	ResetExprContext(econtext);
	slot_getallattrs(slot);
	fill_slot(join, slot->tts_values, slot->tts_isnull, NULL);
	/* The functions for hash and equality may leak; the chunk copies. */
	old = MemoryContextSwitchTo(econtext->ecxt_per_tuple_memory);
	value = dcf_batch_expr_value(join->expr, econtext, &hash, &isnull);
	if (!isnull)
		dcf_batch_chunk_add(join->chunk, slot, value, hash);
	else if (emits_unmatched(join))
		dcf_batch_chunk_add_null(join->chunk, slot);
	MemoryContextSwitchTo(old);
}

/*
 * Begin the next pass.  The first one of a chunk is over all keys that earlier chunks
 * have requested, whose inner rows are in the store.  Then come the new keys, then
 * the outer rows with a NULL key, then the next chunk.
 */
static Step
begin_pass(BatchedJoin *join)
{
	DcfBatchChunk *chunk = join->chunk;
	DcfBatchPass *pass = join->pass;
	int size = join->batch_size;
	int end;

	join->replaying = pass->end < join->nrequested;
	if (join->replaying)
		end = size = join->nrequested;
	else
		end = dcf_batch_pass_limit(chunk, pass->end, size);
	dcf_batch_pass_begin(pass, chunk, end, size);
	join->key = NULL;
	join->row = NULL;
	join->matched = -1;
	join->inner_done = pass->nbatches == 0;
	/* No keys left: return the rows with a NULL key, once. */
	if (join->inner_done)
	{
		join->row = chunk->nulls;
		chunk->nulls = NULL;
		join->unmatched_key = join->unmatched_end = 0;
		return join->row ? STEP_UNMATCHED : STEP_READ;
	}
	if (!join->replaying)
		begin_scan(join);
	/* The chunk may have no rows for the stored keys. */
	else if (pass->batches[0].nunmatched == 0)
		join->inner_done = true;
	else
		dcf_batch_store_rewind(join->store);
	return STEP_INNER;
}

/* Have the scan below request the pass's keys. */
static void
begin_scan(BatchedJoin *join)
{
	const DcfBatchPass *pass = join->pass;

	dcf_scan_set_keys(join->scan,
					  dcf_batch_expr_array(join->expr, join->chunk,
										   pass->first, pass->end,
										   pass->context));
	ExecReScan(join->inner);
}

/*
 * Read an inner row and find the outer rows to try it with.  Returns the next step:
 * STEP_MATCH, or what follows the end of a batch or of the pass.
 */
static Step
read_inner(BatchedJoin *join)
{
	ExprContext *econtext = join->css.ss.ps.ps_ExprContext;
	TupleTableSlot *slot;
	Datum value;
	bool isnull;
	int stored_key = -1;

	skip_matched(join);
	slot = join->inner_done ? NULL : next_inner(join, &stored_key);
	join->row = NULL;
	if (TupIsNull(slot))
		return end_batch(join);
	join->inner_slot = slot;
	value = slot_getattr(slot, join->expr->column, &isnull);
	/* A NULL in the column matches no key. */
	if (isnull)
		return STEP_INNER;
	if (join->replaying)
		join->key = join->chunk->keys[stored_key];
	else
		join->key = dcf_batch_chunk_find(join->chunk,
										 dcf_batch_expr_hash(join->expr,
															 econtext, value));
	if (!join->replaying && !join->outer_done)
		store_row(join);
	return STEP_MATCH;
}

/* The pass's next inner row, from the scan, or from the store with its key. */
static TupleTableSlot *
next_inner(BatchedJoin *join, int *stored_key)
{
	return join->replaying ? dcf_batch_store_next(join->store, stored_key) :
							 ExecProcNode(join->inner);
}

/*
 * Once all outer rows of a batch are joined, the rest of its inner rows is not needed:
 * count_match() knows.  Not before the next row is read, because the slot may point
 * into the reply.
 */
static void
skip_matched(BatchedJoin *join)
{
	DcfBatchPass *pass = join->pass;

	if (join->matched < 0)
		return;
	pass->batches[join->matched].ended = true;
	if (!join->replaying)
		dcf_scan_skip_batch(join->scan, join->matched);
	join->matched = -1;
	join->inner_done |= dcf_batch_pass_open(pass) < 0;
}

/*
 * After an empty slot: return the unmatched outer rows of a batch that has ended.  With
 * the end of the pass all of its batches end, one after another.
 */
static Step
end_batch(BatchedJoin *join)
{
	DcfBatchPass *pass = join->pass;
	int batch = -1;

	if (!join->inner_done && !join->replaying)
		batch = dcf_scan_batch_end(join->scan);
	if (batch < 0)
	{
		join->inner_done = true;
		batch = dcf_batch_pass_open(pass);
	}
	if (batch < 0)
		return STEP_PASS;
	pass->batches[batch].ended = true;
	if (!emits_unmatched(join))
		return STEP_INNER;
	join->unmatched_key = pass->first + batch * pass->size;
	join->unmatched_end = Min(join->unmatched_key + pass->size, pass->end);
	return STEP_UNMATCHED;
}

/* Store the inner row once for each key of the pass that it matches. */
static void
store_row(BatchedJoin *join)
{
	/* Keys with one hash need not be equal, nor be in this pass. */
	for (DcfBatchKey *key = join->key; key; key = key->next)
	{
		if (!dcf_batch_pass_has(join->pass, key))
			continue;

		/*
		 * The pass's keys are new, so each has a row of this chunk, by which
		 * its clause can be evaluated.
		 */
		fill_slot(join, key->rows->values, key->rows->isnull,
				  join->inner_slot);
		if (ExecQual(join->same_key, join->css.ss.ps.ps_ExprContext))
			dcf_batch_store_add(join->store, join->inner_slot, key->number);
	}
}

/*
 * The next outer row with the hash of the inner row; or NULL.  Keys of other passes are
 * passed over: the service may return a row without having been asked for it.
 */
static DcfBatchRow *
next_match(BatchedJoin *join)
{
	DcfBatchRow *row;

	while (!join->row && join->key)
	{
		if (dcf_batch_pass_has(join->pass, join->key))
		{
			join->row = join->key->rows;
			join->batch = dcf_batch_pass_batch(join->pass, join->key);
		}
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
	if (row->matched && needs_one_match(join))
		return false;
	fill_slot(join, row->values, row->isnull, join->inner_slot);
	if (!ExecQual(join->quals, node->ps_ExprContext))
	{
		InstrCountFiltered2(node, 1);
		return false;
	}
	if (!row->matched)
		count_match(join);
	row->matched = true;
	return true;
}

static bool
needs_one_match(const BatchedJoin *join)
{
	return join->type == JOIN_SEMI || join->type == JOIN_ANTI;
}

/*
 * Note an outer row's first match.  After that of a batch's last row, its inner rows may
 * be of no use any more, unless later chunks need them in the store.
 */
static void
count_match(BatchedJoin *join)
{
	DcfBatchProgress *batch = &join->pass->batches[join->batch];

	batch->nunmatched--;
	if (batch->nunmatched == 0 && needs_one_match(join) &&
		(join->replaying || join->outer_done))
		join->matched = join->batch;
}

/* The next outer row of the batch that has ended, matched or not; or NULL. */
static DcfBatchRow *
next_outer(BatchedJoin *join)
{
	DcfBatchRow *row;

	while (!join->row && join->unmatched_key < join->unmatched_end)
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
	const BatchedJoin *join = (BatchedJoin *) node;

	dcf_batch_explain(node, join->scan, join->type, ancestors, es);
}
