/*
 * batch_chunk.h
 *	  The rows of a batched join's outer side that are in memory, by their key.
 */
#ifndef DCF_BATCH_CHUNK_H
#define DCF_BATCH_CHUNK_H

#include "postgres.h"
#include "executor/tuptable.h"

/* A copy of an outer row. */
typedef struct DcfBatchRow
{
	struct DcfBatchRow *next; /* with the same key */
	bool matched;			  /* some inner row has been joined to it */
	Datum *values;
	bool *isnull;
} DcfBatchRow;

/* A value of the key, and the rows of the chunk that have it. */
typedef struct DcfBatchKey
{
	struct DcfBatchKey *next; /* with the same hash */
	Datum value;
	int number; /* from 0, in the order of the outer side */
	int nrows;	/* length of rows */
	DcfBatchRow *rows;
} DcfBatchKey;

/*
 * A chunk is as many outer rows as memory holds; all inner rows are joined to it
 * before the next one is read.  The keys of earlier chunks stay, without rows.
 */
typedef struct DcfBatchChunk
{
	MemoryContext keys_context;
	MemoryContext rows_context;
	int16 typlen; /* of the key's type */
	bool typbyval;
	struct FmgrInfo *equal;
	Oid collation;
	struct HTAB *table; /* from a hash to its keys */
	DcfBatchKey **keys; /* by number */
	int nkeys;
	int allocated;
	DcfBatchRow *nulls; /* rows whose key is NULL */
	bool empty;			/* the chunk has no rows, not even in nulls */
} DcfBatchChunk;

/*
 * An empty chunk without keys, in contexts of its own below parent.  keytype must
 * have an equality operator.
 */
extern DcfBatchChunk *dcf_batch_chunk_create(MemoryContext parent, Oid keytype,
											 Oid collation);

/* Drop all rows; the keys stay. */
extern void dcf_batch_chunk_clear(DcfBatchChunk *chunk);

/* Drop all rows and keys. */
extern void dcf_batch_chunk_forget(DcfBatchChunk *chunk);

/*
 * Whether rows and keys together use as much memory as a hash table may
 * (hash_mem_multiplier).  An empty chunk is never full.
 */
extern bool dcf_batch_chunk_is_full(const DcfBatchChunk *chunk);

/* Whether the keys alone use half of that memory. */
extern bool dcf_batch_chunk_is_crowded(const DcfBatchChunk *chunk);

/*
 * Add a copy of a row with its key, whose hash is "hash".  The equality function may
 * leak into the current memory context.
 */
extern void dcf_batch_chunk_add(DcfBatchChunk *chunk, TupleTableSlot *slot,
								Datum value, uint32 hash);

/* Add a copy of a row whose key is NULL. */
extern void dcf_batch_chunk_add_null(DcfBatchChunk *chunk,
									 TupleTableSlot *slot);

/* The first key with this hash, or NULL. */
extern DcfBatchKey *dcf_batch_chunk_find(const DcfBatchChunk *chunk,
										 uint32 hash);

#endif /* DCF_BATCH_CHUNK_H */
