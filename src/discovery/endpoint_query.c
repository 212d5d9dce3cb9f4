/*
 * endpoint_query.c
 *	  Requests for the wrapper's own use.  See endpoint_query.h.
 */
#include "postgres.h"

#include "executor/tuptable.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "endpoint_query.h"
#include "reply/fetch.h"
#include "request/relation.h"
#include "request/request.h"

struct DcfEndpointQuery
{
	DcfRowSource *source; /* NULL once ended */
	MemoryContext row;	  /* the current record */
	TupleTableSlot *slot;
};

DcfEndpointQuery *
dcf_endpoint_query_open(Oid serverid, Oid userid, const char *endpoint,
						const char *params, const char *const *keys, int nkeys,
						bool brief)
{
	DcfEndpointQuery *query = palloc0(sizeof(DcfEndpointQuery));
	DcfRelation *relation =
		dcf_relation_create(serverid, endpoint, params, keys, nkeys);
	DcfRequest *request =
		dcf_request_create(relation->server, relation->table);

	request->brief = brief;
	query->row = AllocSetContextCreate(CurrentMemoryContext,
									   "dataconnect_fdw endpoint query",
									   ALLOCSET_SMALL_SIZES);
	query->slot = MakeSingleTupleTableSlot(relation->tupdesc, &TTSOpsVirtual);
	query->source = dcf_fetch_create_fixed(relation, request, NULL, userid);
	query->source->routine->start(query->source, NULL);
	return query;
}

bool
dcf_endpoint_query_next(DcfEndpointQuery *query, char **texts)
{
	DcfRowSource *source = query->source;
	TupleTableSlot *slot = query->slot;
	MemoryContext old;
	bool found;

	if (source == NULL)
		return false;
	ExecClearTuple(slot);
	/* next() resets this context, and with it the previous texts. */
	old = MemoryContextSwitchTo(query->row);
	found = source->routine->next(source, true, &slot) == DCF_ROW_READY;
	for (int i = 0; found && i < source->relation->natts; i++)
	{
		bool isnull;
		Datum value = slot_getattr(slot, i + 1, &isnull);

		texts[i] = isnull ? NULL : TextDatumGetCString(value);
	}
	MemoryContextSwitchTo(old);
	if (!found)
		dcf_endpoint_query_close(query);
	return found;
}

void
dcf_endpoint_query_close(DcfEndpointQuery *query)
{
	if (query->source)
		query->source->routine->end(query->source);
	query->source = NULL;
}
