/*
 * batch_chunk.c
 *	  The rows of a batched join's outer side.  See batch_private.h.
 *
 * Keys are the same if their bytes are: whether two values that differ are
 * equal is for the join's clause to say, and for both to be asked costs no
 * request.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/datum.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"

#include "batch_private.h"

#define FIRST_KEYS 128

/* An entry of the table. */
typedef struct Bucket
{
	uint32 hash;
	DcfBatchKey *keys;
} Bucket;

static DcfBatchKey *find_or_add_key(DcfBatchChunk *chunk, Datum value,
									uint32 hash);
static DcfBatchRow *copy_row(DcfBatchChunk *chunk, TupleTableSlot *slot,
							 DcfBatchRow *next);

DcfBatchChunk *
dcf_batch_chunk_create(MemoryContext parent, int16 typlen, bool typbyval)
{
	DcfBatchChunk *chunk =
		MemoryContextAllocZero(parent, sizeof(DcfBatchChunk));

	chunk->typlen = typlen;
	chunk->typbyval = typbyval;
	chunk->context =
		AllocSetContextCreate(parent, "dataconnect_fdw batched join",
							  ALLOCSET_DEFAULT_SIZES);
	dcf_batch_chunk_reset(chunk);
	return chunk;
}

void
dcf_batch_chunk_reset(DcfBatchChunk *chunk)
{
	HASHCTL control = {.keysize = sizeof(uint32),
					   .entrysize = sizeof(Bucket),
					   .hcxt = chunk->context};

	/* The table's context is below the chunk's. */
	MemoryContextReset(chunk->context);
	chunk->table =
		hash_create("dataconnect_fdw keys of a join", FIRST_KEYS, &control,
					HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	chunk->keys =
		MemoryContextAlloc(chunk->context, sizeof(DcfBatchKey *) * FIRST_KEYS);
	chunk->allocated = FIRST_KEYS;
	chunk->nkeys = 0;
	chunk->nulls = NULL;
}

bool
dcf_batch_chunk_is_full(const DcfBatchChunk *chunk)
{
	return (chunk->nkeys > 0 || chunk->nulls) &&
		MemoryContextMemAllocated(chunk->context, true) >=
		get_hash_memory_limit();
}

void
dcf_batch_chunk_add(DcfBatchChunk *chunk, TupleTableSlot *slot, Datum value,
					uint32 hash)
{
	MemoryContext old = MemoryContextSwitchTo(chunk->context);
	DcfBatchKey *key = find_or_add_key(chunk, value, hash);

	key->rows = copy_row(chunk, slot, key->rows);
	key->nrows++;
	MemoryContextSwitchTo(old);
}

void
dcf_batch_chunk_add_null(DcfBatchChunk *chunk, TupleTableSlot *slot)
{
	MemoryContext old = MemoryContextSwitchTo(chunk->context);

	chunk->nulls = copy_row(chunk, slot, chunk->nulls);
	MemoryContextSwitchTo(old);
}

DcfBatchKey *
dcf_batch_chunk_find(const DcfBatchChunk *chunk, uint32 hash)
{
	Bucket *bucket = hash_search(chunk->table, &hash, HASH_FIND, NULL);

	return bucket ? bucket->keys : NULL;
}

static DcfBatchKey *
find_or_add_key(DcfBatchChunk *chunk, Datum value, uint32 hash)
{
	bool found;
	Bucket *bucket = hash_search(chunk->table, &hash, HASH_ENTER, &found);
	DcfBatchKey *key;

	if (!found)
		bucket->keys = NULL;
	for (key = bucket->keys; key; key = key->next)
		if (datum_image_eq(key->value, value, chunk->typbyval, chunk->typlen))
			return key;

	key = palloc0(sizeof(DcfBatchKey));
	key->next = bucket->keys;
	key->value = datumCopy(value, chunk->typbyval, chunk->typlen);
	key->number = chunk->nkeys;
	bucket->keys = key;
	if (chunk->nkeys == chunk->allocated)
	{
		chunk->allocated *= 2;
		chunk->keys = repalloc_huge(chunk->keys,
									sizeof(DcfBatchKey *) * chunk->allocated);
	}
	chunk->keys[chunk->nkeys++] = key;
	return key;
}

static DcfBatchRow *
copy_row(DcfBatchChunk *chunk, TupleTableSlot *slot, DcfBatchRow *next)
{
	TupleDesc desc = slot->tts_tupleDescriptor;
	DcfBatchRow *row = palloc(sizeof(DcfBatchRow));

	row->next = next;
	row->matched = false;
	row->values = palloc(sizeof(Datum) * desc->natts);
	row->isnull = palloc(sizeof(bool) * desc->natts);
	slot_getallattrs(slot);
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(desc, i);

		row->isnull[i] = slot->tts_isnull[i];
		row->values[i] = row->isnull[i] ?
			(Datum) 0 :
			datumCopy(slot->tts_values[i], attribute->attbyval,
					  attribute->attlen);
	}
	return row;
}
