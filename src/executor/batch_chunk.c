/*
 * batch_chunk.c
 *	  The outer rows of a batched join.  See batch_chunk.h.
 *
 * Values that are equal, such as 7.0 and 7.00, are one key: it is requested once.
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"
#include "utils/datum.h"
#include "utils/hsearch.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/typcache.h"

#include "batch_chunk.h"

/* Keys to allocate room for at first. */
#define FIRST_KEYS 128

/*
 * A hash table entry: all keys with one hash.  dynahash compares bytes, which
 * differ for equal values such as 7.0 and 7.00.  So it only finds the hash,
 * and the type's equality finds the key.
 */
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
dcf_batch_chunk_create(MemoryContext parent, Oid keytype, Oid collation)
{
	DcfBatchChunk *chunk =
		MemoryContextAllocZero(parent, sizeof(DcfBatchChunk));
	TypeCacheEntry *typentry =
		lookup_type_cache(keytype, TYPECACHE_EQ_OPR_FINFO);

	/* The planner makes no batched join without one. */
	if (!OidIsValid(typentry->eq_opr_finfo.fn_oid))
		elog(ERROR, "type %u has no equality", keytype);
	chunk->equal = &typentry->eq_opr_finfo;
	chunk->collation = collation;
	get_typlenbyval(keytype, &chunk->typlen, &chunk->typbyval);
	chunk->keys_context =
		AllocSetContextCreate(parent, "dataconnect_fdw keys of a join",
							  ALLOCSET_DEFAULT_SIZES);
	chunk->rows_context =
		AllocSetContextCreate(parent, "dataconnect_fdw rows of a join",
							  ALLOCSET_DEFAULT_SIZES);
	dcf_batch_chunk_forget(chunk);
	return chunk;
}

void
dcf_batch_chunk_clear(DcfBatchChunk *chunk)
{
	for (int i = 0; i < chunk->nkeys; i++)
	{
		chunk->keys[i]->rows = NULL;
		chunk->keys[i]->nrows = 0;
	}
	MemoryContextReset(chunk->rows_context);
	chunk->nulls = NULL;
	chunk->empty = true;
}

void
dcf_batch_chunk_forget(DcfBatchChunk *chunk)
{
	HASHCTL control = {.keysize = sizeof(uint32),
					   .entrysize = sizeof(Bucket),
					   .hcxt = chunk->keys_context};

	/* The table's context is below that of the keys. */
	MemoryContextReset(chunk->keys_context);
	chunk->table =
		hash_create("dataconnect_fdw keys of a join", FIRST_KEYS, &control,
					HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	chunk->keys = MemoryContextAlloc(chunk->keys_context,
									 sizeof(DcfBatchKey *) * FIRST_KEYS);
	chunk->allocated = FIRST_KEYS;
	/* dcf_batch_chunk_clear() must not visit keys that are gone. */
	chunk->nkeys = 0;
	dcf_batch_chunk_clear(chunk);
}

bool
dcf_batch_chunk_is_full(const DcfBatchChunk *chunk)
{
	return !chunk->empty &&
		MemoryContextMemAllocated(chunk->keys_context, true) +
			MemoryContextMemAllocated(chunk->rows_context, true) >=
		get_hash_memory_limit();
}

bool
dcf_batch_chunk_is_crowded(const DcfBatchChunk *chunk)
{
	return MemoryContextMemAllocated(chunk->keys_context, true) >=
		get_hash_memory_limit() / 2;
}

void
dcf_batch_chunk_add(DcfBatchChunk *chunk, TupleTableSlot *slot, Datum value,
					uint32 hash)
{
	DcfBatchKey *key = find_or_add_key(chunk, value, hash);

	key->rows = copy_row(chunk, slot, key->rows);
	key->nrows++;
}

void
dcf_batch_chunk_add_null(DcfBatchChunk *chunk, TupleTableSlot *slot)
{
	chunk->nulls = copy_row(chunk, slot, chunk->nulls);
}

DcfBatchKey *
dcf_batch_chunk_find(const DcfBatchChunk *chunk, uint32 hash)
{
	Bucket *bucket = hash_search(chunk->table, &hash, HASH_FIND, NULL);

	return bucket ? bucket->keys : NULL;
}

/*
 * The key that equals value; a new one copies it, because it outlives the
 * rows of the chunk.  Keys do not move, only the array of pointers to them
 * does.
 */
static DcfBatchKey *
find_or_add_key(DcfBatchChunk *chunk, Datum value, uint32 hash)
{
	bool found;
	Bucket *bucket = hash_search(chunk->table, &hash, HASH_ENTER, &found);
	MemoryContext old;
	DcfBatchKey *key;

	if (!found)
		bucket->keys = NULL;
	for (key = bucket->keys; key; key = key->next)
		if (DatumGetBool(FunctionCall2Coll(chunk->equal, chunk->collation,
										   key->value, value)))
			return key;

	old = MemoryContextSwitchTo(chunk->keys_context);
	key = palloc0(sizeof(DcfBatchKey));
	key->next = bucket->keys;
	key->value = datumCopy(value, chunk->typbyval, chunk->typlen);
	key->number = chunk->nkeys;
	bucket->keys = key;
	if (chunk->nkeys == chunk->allocated)
	{
		chunk->allocated *= 2;
		/* Memory is the only limit, so the array may exceed 1 GB. */
		chunk->keys = repalloc_huge(chunk->keys,
									sizeof(DcfBatchKey *) * chunk->allocated);
	}
	chunk->keys[chunk->nkeys++] = key;
	MemoryContextSwitchTo(old);
	return key;
}

/*
 * A copy of a row in rows_context, in front of next.  Its values stay Datums,
 * so that a join need not deform the row again for each inner row.
 */
static DcfBatchRow *
copy_row(DcfBatchChunk *chunk, TupleTableSlot *slot, DcfBatchRow *next)
{
	TupleDesc desc = slot->tts_tupleDescriptor;
	MemoryContext old = MemoryContextSwitchTo(chunk->rows_context);
	DcfBatchRow *row = palloc(sizeof(DcfBatchRow) +
							  desc->natts * (sizeof(Datum) + sizeof(bool)));

	row->next = next;
	row->matched = false;
	row->values = (Datum *) (row + 1);
	row->isnull = (bool *) (row->values + desc->natts);
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
	chunk->empty = false;
	MemoryContextSwitchTo(old);
	return row;
}
