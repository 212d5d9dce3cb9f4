/*
 * listing.c
 *	  Questions of the wrapper's own to the service.  See listing.h.
 */
#include "postgres.h"

#include "executor/tuptable.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "fetch.h"
#include "listing.h"
#include "relation.h"
#include "request.h"

struct DcfListing
{
	DcfRowSource *source; /* NULL after its end */
	MemoryContext row;	  /* of the current record */
	TupleTableSlot *slot;
};

DcfListing *
dcf_listing_open(Oid serverid, Oid userid, const char *endpoint,
				 const char *params, const char *const *keys, int nkeys,
				 bool brief)
{
	DcfListing *listing = palloc0(sizeof(DcfListing));
	DcfRelation *relation =
		dcf_relation_create(serverid, endpoint, params, keys, nkeys);
	DcfRequest *request =
		dcf_request_create(relation->server, relation->table);

	request->brief = brief;
	listing->row =
		AllocSetContextCreate(CurrentMemoryContext, "dataconnect_fdw listing",
							  ALLOCSET_SMALL_SIZES);
	listing->slot =
		MakeSingleTupleTableSlot(relation->tupdesc, &TTSOpsVirtual);
	listing->source = dcf_fetch_create_fixed(relation, request, NULL, userid);
	listing->source->routine->start(listing->source, NULL);
	return listing;
}

bool
dcf_listing_next(DcfListing *listing, char **texts)
{
	DcfRowSource *source = listing->source;
	TupleTableSlot *slot = listing->slot;
	MemoryContext old;
	bool found;

	if (source == NULL)
		return false;
	ExecClearTuple(slot);
	old = MemoryContextSwitchTo(listing->row);
	found = source->routine->next(source, true, &slot) == DCF_ROW_READY;
	for (int i = 0; found && i < source->relation->natts; i++)
	{
		bool isnull;
		Datum value = slot_getattr(slot, i + 1, &isnull);

		texts[i] = isnull ? NULL : TextDatumGetCString(value);
	}
	MemoryContextSwitchTo(old);
	if (!found)
		dcf_listing_close(listing);
	return found;
}

void
dcf_listing_close(DcfListing *listing)
{
	if (listing->source)
		listing->source->routine->end(listing->source);
	listing->source = NULL;
}
