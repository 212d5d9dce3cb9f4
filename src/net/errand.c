/*
 * errand.c
 *	  Work that calls of a session share.  See errand.h.
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "errand.h"

/*
 * Release function of the resource.  If the errand's memory is being deleted, that has
 * no children any more.
 */
static void
lose(void *arg)
{
	DcfErrand *errand = arg;

	errand->lost = true;
	MemoryContextDeleteChildren(errand->memory);
}

void *
dcf_errand_begin(MemoryContext session, size_t size)
{
	MemoryContext memory =
		AllocSetContextCreate(session, "dataconnect_fdw errand",
							  ALLOCSET_SMALL_SIZES);
	DcfErrand *errand = MemoryContextAllocZero(memory, size);

	errand->memory = memory;
	errand->context =
		AllocSetContextCreate(memory, "dataconnect_fdw errand's requests",
							  ALLOCSET_SMALL_SIZES);
	dcf_resource_tie_transient(&errand->resource, memory, lose, errand);
	return errand;
}

ResourceOwner
dcf_errand_enter(DcfErrand *errand)
{
	errand->entered = true;
	return dcf_resource_share_owner(&errand->resource);
}

void
dcf_errand_leave(DcfErrand *errand, ResourceOwner owner)
{
	errand->entered = false;
	CurrentResourceOwner = owner;
}

void
dcf_errand_end(DcfErrand *errand)
{
	if (errand)
		MemoryContextDelete(errand->memory);
}
