/*
 * batch_private.h
 *	  What the batch*.c files share: a batched join's plan, and the rows that
 *	  it holds while it runs.
 */
#ifndef DCF_BATCH_PRIVATE_H
#define DCF_BATCH_PRIVATE_H

#include "postgres.h"
#include "executor/tuptable.h"
#include "nodes/execnodes.h"
#include "nodes/extensible.h"
#include "nodes/plannodes.h"

#define DCF_BATCH_NAME "DataConnect Batched Join"

/* Positions in CustomScan.custom_plans. */
enum
{
	DCF_BATCH_OUTER,
	DCF_BATCH_INNER
};

/* Positions in CustomScan.custom_exprs. */
enum
{
	DCF_BATCH_VALUE,  /* the key, of the outer side */
	DCF_BATCH_COLUMN, /* the column that it is equal to, a Var */
	DCF_BATCH_QUALS	  /* what joins two rows: from here on, the key's clause
					   * the first */
};

/* The join's type is all there is in CustomScan.custom_private. */

/* In batch_exec.c. */
extern Node *dcf_batch_create_state(CustomScan *scan);

/* A row of the outer side. */
typedef struct DcfBatchRow
{
	struct DcfBatchRow *next; /* with the same key */
	bool matched;
	Datum *values;
	bool *isnull;
} DcfBatchRow;

/* A value of the key, and the rows that have it. */
typedef struct DcfBatchKey
{
	struct DcfBatchKey *next; /* with the same hash */
	Datum value;
	int number; /* in the order of the outer side, from 0 */
	int nrows;	/* in the chunk */
	DcfBatchRow *rows;
} DcfBatchKey;

/*
 * As many rows of the outer side as memory holds, which are joined before more
 * are read; and the keys of these rows and of those before.
 */
typedef struct DcfBatchChunk
{
	MemoryContext keys_context;
	MemoryContext rows_context;
	int16 typlen; /* of the key's values */
	bool typbyval;
	struct FmgrInfo *equal;
	Oid collation;
	struct HTAB *table; /* of keys, by hash */
	DcfBatchKey **keys; /* by number */
	int nkeys;
	int allocated;
	DcfBatchRow *nulls; /* rows without a key */
	bool empty;			/* there are no rows */
} DcfBatchChunk;

/* Without rows or keys, in contexts of its own below parent. */
extern DcfBatchChunk *dcf_batch_chunk_create(MemoryContext parent, Oid keytype,
											 Oid collation);

/* Forget all rows; keys as well. */
extern void dcf_batch_chunk_clear(DcfBatchChunk *chunk);
extern void dcf_batch_chunk_forget(DcfBatchChunk *chunk);

/* Whether there is no memory for more rows; never of an empty one. */
extern bool dcf_batch_chunk_is_full(const DcfBatchChunk *chunk);

/* Whether keys leave little memory for rows. */
extern bool dcf_batch_chunk_is_crowded(const DcfBatchChunk *chunk);

/*
 * Copy a row in, with its key; hash is the key's.  The comparison of keys may
 * leave memory behind in the current context.
 */
extern void dcf_batch_chunk_add(DcfBatchChunk *chunk, TupleTableSlot *slot,
								Datum value, uint32 hash);
extern void dcf_batch_chunk_add_null(DcfBatchChunk *chunk,
									 TupleTableSlot *slot);

/* The first of the keys with this hash, or NULL. */
extern DcfBatchKey *dcf_batch_chunk_find(const DcfBatchChunk *chunk,
										 uint32 hash);

#endif /* DCF_BATCH_PRIVATE_H */
