/*
 * batch_store.h
 *	  Inner rows of a batched join that later chunks of the outer side need again,
 *	  in a tuplestore, each with the number of the key that it matches.
 */
#ifndef DCF_BATCH_STORE_H
#define DCF_BATCH_STORE_H

#include "postgres.h"
#include "executor/executor.h"

typedef struct DcfBatchStore DcfBatchStore;

/*
 * An empty store for rows of this type, in the current memory context.  End it with
 * dcf_batch_store_end(), except after an error.
 */
extern DcfBatchStore *dcf_batch_store_create(EState *estate, TupleDesc inner);

extern void dcf_batch_store_add(DcfBatchStore *store, TupleTableSlot *inner,
								int key);

/* Read from the first row on. */
extern void dcf_batch_store_rewind(DcfBatchStore *store);

/*
 * The next row, in a slot that can stand for one of the inner node, and its key;
 * NULL after the last.  The row is valid until the next call.
 */
extern TupleTableSlot *dcf_batch_store_next(DcfBatchStore *store, int *key);

/* Drop all rows. */
extern void dcf_batch_store_clear(DcfBatchStore *store);

extern void dcf_batch_store_end(DcfBatchStore *store);

#endif /* DCF_BATCH_STORE_H */
