/*
 * listing.c
 *	  Questions of the wrapper's own to the service.  See listing.h.
 */
#include "postgres.h"

#include "nodes/bitmapset.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "listing.h"
#include "record.h"
#include "relation.h"
#include "request.h"
#include "session.h"

struct DcfListing
{
	DcfRelation *relation;
	DcfReply *reply;
	DcfRecordReader *reader;
	MemoryContext row; /* of the current record */
	Datum *values;
	bool *isnull;
};

DcfListing *
dcf_listing_open(Oid serverid, Oid userid, const char *endpoint,
				 const char *params, const char *const *keys, int nkeys,
				 bool brief)
{
	DcfListing *listing = palloc0(sizeof(DcfListing));
	DcfSession *session =
		dcf_session_get(serverid, userid, CurrentMemoryContext);
	DcfRelation *relation =
		dcf_relation_create(serverid, endpoint, params, keys, nkeys);
	DcfRequest *request =
		dcf_request_create(relation->server, relation->table);

	listing->relation = relation;
	listing->row =
		AllocSetContextCreate(CurrentMemoryContext, "dataconnect_fdw listing",
							  ALLOCSET_SMALL_SIZES);
	listing->values = palloc0(sizeof(Datum) * nkeys);
	listing->isnull = palloc0(sizeof(bool) * nkeys);
	listing->reader =
		dcf_record_create(relation, bms_add_range(NULL, 1, nkeys));
	listing->reply =
		dcf_reply_open(session, request, brief, CurrentMemoryContext);
	dcf_record_attach(listing->reader, listing->reply);
	return listing;
}

bool
dcf_listing_next(DcfListing *listing, char **texts)
{
	MemoryContext old;
	bool found;

	if (listing->reply == NULL)
		return false;
	MemoryContextReset(listing->row);
	old = MemoryContextSwitchTo(listing->row);
	found = dcf_record_next(listing->reader, true, listing->values,
							listing->isnull) == DCF_RECORD_ROW;
	for (int i = 0; found && i < listing->relation->natts; i++)
		texts[i] = listing->isnull[i] ?
			NULL :
			TextDatumGetCString(listing->values[i]);
	MemoryContextSwitchTo(old);
	if (!found)
		dcf_listing_close(listing);
	return found;
}

void
dcf_listing_close(DcfListing *listing)
{
	if (listing->reply == NULL)
		return;
	dcf_reply_close(listing->reply);
	listing->reply = NULL;
}
