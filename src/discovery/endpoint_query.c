/*
 * endpoint_query.c
 *	  Questions of the wrapper's own to the service.  See endpoint_query.h.
 */
#include "postgres.h"

#include "nodes/bitmapset.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "endpoint_query.h"
#include "net/session.h"
#include "reply/record.h"
#include "reply/reply.h"
#include "request/relation.h"
#include "request/request.h"

struct DcfEndpointQuery
{
	DcfRelation *relation;
	DcfReply *reply;
	DcfRecordReader *reader;
	MemoryContext row; /* of the current record */
	Datum *values;
	bool *isnull;
};

DcfEndpointQuery *
dcf_endpoint_query_open(Oid serverid, Oid userid, const char *endpoint,
						const char *params, const char *const *keys, int nkeys,
						bool brief)
{
	DcfEndpointQuery *query = palloc0(sizeof(DcfEndpointQuery));
	DcfSession *session =
		dcf_session_get(serverid, userid, CurrentMemoryContext);
	DcfRelation *relation =
		dcf_relation_create(serverid, endpoint, params, keys, nkeys);
	DcfRequest *request =
		dcf_request_create(relation->server, relation->table);

	query->relation = relation;
	query->row =
		AllocSetContextCreate(CurrentMemoryContext, "dataconnect_fdw listing",
							  ALLOCSET_SMALL_SIZES);
	query->values = palloc0(sizeof(Datum) * nkeys);
	query->isnull = palloc0(sizeof(bool) * nkeys);
	query->reader = dcf_record_create(relation, bms_add_range(NULL, 1, nkeys));
	query->reply =
		dcf_reply_open(session, request, brief, CurrentMemoryContext);
	dcf_record_attach(query->reader, query->reply);
	return query;
}

bool
dcf_endpoint_query_next(DcfEndpointQuery *query, char **texts)
{
	MemoryContext old;
	bool found;

	if (query->reply == NULL)
		return false;
	MemoryContextReset(query->row);
	old = MemoryContextSwitchTo(query->row);
	found = dcf_record_next(query->reader, true, query->values,
							query->isnull) == DCF_RECORD_ROW;
	for (int i = 0; found && i < query->relation->natts; i++)
		texts[i] =
			query->isnull[i] ? NULL : TextDatumGetCString(query->values[i]);
	MemoryContextSwitchTo(old);
	if (!found)
		dcf_endpoint_query_close(query);
	return found;
}

void
dcf_endpoint_query_close(DcfEndpointQuery *query)
{
	if (query->reply == NULL)
		return;
	dcf_reply_close(query->reply);
	query->reply = NULL;
}
