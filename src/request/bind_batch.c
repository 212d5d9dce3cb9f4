/*
 * bind_batch.c
 *	  The keys of a batched join, cut into batches.  See bind_batch.h.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/lsyscache.h"

#include "bind_batch.h"

static void add_batch(DcfBindBatches *batches, int number,
					  const DcfBindValues *set);
static DcfBindValues values_of(const DcfBindBatches *batches, int position);

DcfBindBatches
dcf_bind_batch_cut(const DcfColumn *column, Datum array, Oid arraytype,
				   int size)
{
	Oid type = get_base_element_type(arraytype);
	DcfBindBatches batches = {0};
	Datum *keys;
	int nkeys = dcf_bind_array_values(array, type, &keys);

	batches.items = palloc(sizeof(DcfBindBatch) * (nkeys / size + 1));
	batches.values.values = palloc(sizeof(Datum) * Max(nkeys, 1));
	for (int first = 0; first < nkeys; first += size)
	{
		DcfBindValues set =
			dcf_bind_values_make(column, &keys[first],
								 Min(size, nkeys - first), type);

		CHECK_FOR_INTERRUPTS();
		batches.values.by_session |= set.by_session;
		add_batch(&batches, first / size, &set);
		if (set.values)
			pfree(set.values);
	}
	pfree(keys);
	return batches;
}

/* Add the values of a set behind those of the batches so far. */
static void
add_batch(DcfBindBatches *batches, int number, const DcfBindValues *set)
{
	DcfBindValues *all = &batches->values;

	if (set->count == 0)
		return;
	batches->items[batches->count++] =
		(DcfBindBatch){number, all->count, set->count};
	memcpy(&all->values[all->count], set->values, sizeof(Datum) * set->count);
	all->count += set->count;
}

/* The values of one batch, a set like any other. */
static DcfBindValues
values_of(const DcfBindBatches *batches, int position)
{
	const DcfBindBatch *batch = &batches->items[position];

	return (DcfBindValues){.count = batch->count,
						   .values = &batches->values.values[batch->first]};
}

void
dcf_bind_batch_limit(DcfBindBatches *batches, const DcfColumn *column,
					 const DcfBindValues *set)
{
	const DcfBindBatches all = *batches;

	/* What is kept is never behind what is still to be read. */
	batches->count = 0;
	batches->values.count = 0;
	for (int i = 0; i < all.count; i++)
	{
		DcfBindValues one = values_of(&all, i);
		DcfBindValues both = dcf_bind_values_intersect(column, &one, set);

		CHECK_FOR_INTERRUPTS();
		add_batch(batches, all.items[i].number, &both);
		pfree(both.values);
	}
}

bool
dcf_bind_batch_has(const DcfBindBatches *batches, const DcfColumn *column,
				   int position, Datum value)
{
	DcfBindValues set = values_of(batches, position);

	return dcf_bind_values_find(column, &set, value, column->basetype) >= 0;
}

int
dcf_bind_batch_find(const DcfBindBatches *batches, const DcfColumn *column,
					Datum value, Oid valuetype)
{
	for (int i = 0; i < batches->count; i++)
	{
		DcfBindValues set = values_of(batches, i);
		int found = dcf_bind_values_find(column, &set, value, valuetype);

		if (found >= 0)
			return batches->items[i].first + found;
	}
	return -1;
}
