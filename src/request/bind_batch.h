/*
 * bind_batch.h
 *	  The keys of a batched join, cut into batches: the values of one request
 *	  each.
 */
#ifndef DCF_BIND_BATCH_H
#define DCF_BIND_BATCH_H

#include "postgres.h"

#include "request/bind_value.h"

/* A range of the values of DcfBindBatches. */
typedef struct DcfBindBatch
{
	int number; /* of the batch, from 0, in the order of the keys */
	int first;
	int count; /* at least 1 */
} DcfBindBatch;

typedef struct DcfBindBatches
{
	int count;
	DcfBindBatch *items; /* in the order of their numbers */

	/*
	 * those of all batches, one batch after another; only within a batch are
	 * they in ascending order and without duplicates
	 */
	DcfBindValues values;
} DcfBindBatches;

/*
 * Cut an array of keys into batches of "size" elements, and find the column's
 * values that are equal to them (dcf_bind_values_from()).  A batch without any
 * is left out.
 */
extern DcfBindBatches dcf_bind_batch_cut(const DcfColumn *column, Datum array,
										 Oid arraytype, int size);

/* Keep only the values that are in the set, and the batches that have some. */
extern void dcf_bind_batch_limit(DcfBindBatches *batches,
								 const DcfColumn *column,
								 const DcfBindValues *set);

/* Whether a value of the column's type, not NULL, is in the batch. */
extern bool dcf_bind_batch_has(const DcfBindBatches *batches,
							   const DcfColumn *column, int position,
							   Datum value);

/*
 * The index of the value in any batch that is equal to value, which is not NULL;
 * -1 if there is none.
 */
extern int dcf_bind_batch_find(const DcfBindBatches *batches,
							   const DcfColumn *column, Datum value,
							   Oid valuetype);

#endif /* DCF_BIND_BATCH_H */
