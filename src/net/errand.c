/*
 * errand.c
 *	  Work that calls of a session share.  See errand.h.
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "errand.h"

/* Release function of the resource. */
static void
lose(void *arg)
{
	((DcfErrand *) arg)->lost = true;
}

void *
dcf_errand_begin(MemoryContext session, size_t size)
{
	MemoryContext context =
		AllocSetContextCreate(session, "dataconnect_fdw errand",
							  ALLOCSET_SMALL_SIZES);
	DcfErrand *errand = MemoryContextAllocZero(context, size);

	errand->context = context;
	dcf_resource_tie(&errand->resource, context, lose, errand);
	return errand;
}

void
dcf_errand_end(DcfErrand *errand)
{
	if (errand)
		MemoryContextDelete(errand->context);
}
