/*
 * batch_store.c
 *	  Inner rows of a batched join for later chunks.  See batch_store.h.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/tuplestore.h"

#include "base/compat.h"
#include "batch_store.h"

struct DcfBatchStore
{
	MemoryContext context;
	Tuplestorestate *rows; /* NULL: none yet */
	TupleTableSlot *slot;
};

/*
 * The slot has the inner columns, at their positions, followed by the number of
 * the key.  A tuplestore returns minimal tuples.
 */
DcfBatchStore *
dcf_batch_store_create(EState *estate, TupleDesc inner)
{
	DcfBatchStore *store = palloc0(sizeof(DcfBatchStore));
	TupleDesc desc = CreateTemplateTupleDesc(inner->natts + 1);

	for (int i = 1; i <= inner->natts; i++)
		TupleDescCopyEntry(desc, i, inner, i);
	TupleDescInitEntry(desc, inner->natts + 1, "key", INT4OID, -1, 0);
	TupleDescFinalize(desc);
	store->slot = ExecInitExtraTupleSlot(estate, desc, &TTSOpsMinimalTuple);
	store->context = CurrentMemoryContext;
	return store;
}

void
dcf_batch_store_add(DcfBatchStore *store, TupleTableSlot *inner, int key)
{
	TupleDesc desc = store->slot->tts_tupleDescriptor;
	int natts = desc->natts - 1;
	Datum *values = palloc(sizeof(Datum) * desc->natts);
	bool *isnull = palloc(sizeof(bool) * desc->natts);

	if (!store->rows)
	{
		MemoryContext old = MemoryContextSwitchTo(store->context);

		store->rows = tuplestore_begin_heap(true, false, work_mem);
		MemoryContextSwitchTo(old);
	}
	slot_getallattrs(inner);
	memcpy(values, inner->tts_values, sizeof(Datum) * natts);
	memcpy(isnull, inner->tts_isnull, sizeof(bool) * natts);
	values[natts] = Int32GetDatum(key);
	isnull[natts] = false;
	tuplestore_putvalues(store->rows, desc, values, isnull);
	pfree(values);
	pfree(isnull);
}

void
dcf_batch_store_rewind(DcfBatchStore *store)
{
	if (store->rows)
		tuplestore_rescan(store->rows);
}

/* Not a copy: nothing is added to the store while it is read. */
TupleTableSlot *
dcf_batch_store_next(DcfBatchStore *store, int *key)
{
	TupleTableSlot *slot = store->slot;
	bool isnull;

	if (!store->rows ||
		!tuplestore_gettupleslot(store->rows, true, false, slot))
		return NULL;
	*key = DatumGetInt32(
		slot_getattr(slot, slot->tts_tupleDescriptor->natts, &isnull));
	return slot;
}

void
dcf_batch_store_clear(DcfBatchStore *store)
{
	/* The slot may point into the store. */
	ExecClearTuple(store->slot);
	if (store->rows)
		tuplestore_clear(store->rows);
}

void
dcf_batch_store_end(DcfBatchStore *store)
{
	if (store->rows)
		tuplestore_end(store->rows);
}
