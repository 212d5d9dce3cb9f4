/*
 * batch_pass.c
 *	  The keys whose inner rows are read together.  See batch_pass.h.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/datum.h"
#include "utils/memutils.h"

#include "batch_pass.h"

/*
 * Bytes for a key that is requested, beside twice its length: it is in an array, and
 * a value and a text of the set of requests.
 */
#define KEY_OVERHEAD 64

/* An array must not exceed 1 GB. */
#define MAX_BYTES ((Size) 64 * 1024 * 1024)

DcfBatchPass *
dcf_batch_pass_create(MemoryContext parent)
{
	DcfBatchPass *pass = MemoryContextAllocZero(parent, sizeof(DcfBatchPass));

	pass->context =
		AllocSetContextCreate(parent, "dataconnect_fdw batches of a join",
							  ALLOCSET_DEFAULT_SIZES);
	return pass;
}

void
dcf_batch_pass_clear(DcfBatchPass *pass)
{
	MemoryContextReset(pass->context);
	pass->first = pass->end = 0;
	pass->nbatches = pass->open = 0;
	pass->batches = NULL;
}

void
dcf_batch_pass_begin(DcfBatchPass *pass, const DcfBatchChunk *chunk, int end,
					 int size)
{
	MemoryContextReset(pass->context);
	pass->first = pass->end;
	pass->end = end;
	pass->size = size;
	pass->nbatches = (end - pass->first + size - 1) / size;
	pass->batches =
		MemoryContextAllocZero(pass->context,
							   sizeof(DcfBatchProgress) * pass->nbatches);
	pass->open = 0;
	for (int i = pass->first; i < end; i++)
	{
		const DcfBatchKey *key = chunk->keys[i];

		pass->batches[dcf_batch_pass_batch(pass, key)].nunmatched +=
			key->nrows;
	}
}

int
dcf_batch_pass_limit(const DcfBatchChunk *chunk, int first, int size)
{
	Size limit = Min(get_hash_memory_limit() / 4, MAX_BYTES);
	Size bytes = 0;
	int end = first;

	while (end < chunk->nkeys && (bytes < limit || (end - first) % size != 0))
		bytes += KEY_OVERHEAD +
			2 *
				datumGetSize(chunk->keys[end++]->value, chunk->typbyval,
							 chunk->typlen);
	return end;
}

bool
dcf_batch_pass_has(const DcfBatchPass *pass, const DcfBatchKey *key)
{
	return key->number >= pass->first && key->number < pass->end;
}

int
dcf_batch_pass_batch(const DcfBatchPass *pass, const DcfBatchKey *key)
{
	return (key->number - pass->first) / pass->size;
}

int
dcf_batch_pass_open(DcfBatchPass *pass)
{
	while (pass->open < pass->nbatches && pass->batches[pass->open].ended)
		pass->open++;
	return pass->open < pass->nbatches ? pass->open : -1;
}
