/*
 * batch_pass.h
 *	  The keys of a batched join's chunk whose inner rows are read together, and how
 *	  far each batch of them is.
 */
#ifndef DCF_BATCH_PASS_H
#define DCF_BATCH_PASS_H

#include "postgres.h"

#include "batch_chunk.h"

typedef struct DcfBatchProgress
{
	int64 nunmatched; /* outer rows that are joined to none so far */
	bool ended;
} DcfBatchProgress;

typedef struct DcfBatchPass
{
	MemoryContext context; /* reset when a pass begins */
	int first; /* the pass has keys first .. end - 1 of the chunk */
	int end;
	int size; /* keys in a batch; the last one may have fewer */
	int nbatches;
	DcfBatchProgress *batches;
	int open; /* all batches before this one have ended */
} DcfBatchPass;

/* A pass without keys, with a context of its own below parent. */
extern DcfBatchPass *dcf_batch_pass_create(MemoryContext parent);

/* No keys, before those of a new chunk. */
extern void dcf_batch_pass_clear(DcfBatchPass *pass);

/* Go on with the keys up to end, in batches of "size". */
extern void dcf_batch_pass_begin(DcfBatchPass *pass,
								 const DcfBatchChunk *chunk, int end,
								 int size);

/*
 * Where a pass in batches of "size" should end that begins with key "first".  While
 * keys are requested, they take memory beside the chunk, so this is limited.
 */
extern int dcf_batch_pass_limit(const DcfBatchChunk *chunk, int first,
								int size);

extern bool dcf_batch_pass_has(const DcfBatchPass *pass,
							   const DcfBatchKey *key);

/* The batch of a key that the pass has. */
extern int dcf_batch_pass_batch(const DcfBatchPass *pass,
								const DcfBatchKey *key);

/* The first batch that has not ended; -1 after the last. */
extern int dcf_batch_pass_open(DcfBatchPass *pass);

#endif /* DCF_BATCH_PASS_H */
