/*
 * remote_count.c
 *	  The service's counts of the rows of a table behind the bridge.  See
 *	  bridge.h.
 *
 * The planner uses the count of all rows but can do without.  So a failure does
 * not fail the statement, and is not retried for a while: in an outage, planning
 * loses the estimate, not time.
 */
#include "postgres.h"

#include <math.h>

#include "utils/hsearch.h"
#include "utils/inval.h"
#include "utils/syscache.h"

#include "base/catch_error.h"
#include "base/wait.h"
#include "discovery/bridge.h"
#include "discovery/table_def.h"
#include "endpoint_query.h"
#include "net/company.h"
#include "net/offline.h"
#include "reply/limits.h"
#include "request/request.h"

#define DELTA_ENDPOINT "/bridge/current/delta"

/* Counts rows changed since then.  SQL Server's datetime begins there. */
#define SINCE_PARAM "RowDateTime"
#define SINCE_EVER	"1753-01-01T00:00:00.000Z"

/* Tables whose key would be longer get no count. */
#define MAX_KEY 512

/* No retry until this long after a failure. */
#define FAILURE_MS (60 * 1000)

/*
 * A table's count or last failure.  A failure that concerns all tables of a
 * server and user has an entry of its own.
 */
typedef struct Count
{
	char key[MAX_KEY];
	double rows;  /* -1: not known */
	int64 failed; /* when, by dcf_wait_now(); 0: it has not */
} Count;

/* A request for a count. */
typedef struct CountQuery
{
	const DcfRelation *relation;
	Oid userid;
	const char *table;	 /* UTF-8 */
	const char *company; /* UTF-8; NULL: the mapping's own */
	const char *since;	 /* rows that changed then or later are counted */
	double rows;		 /* the result; -1: none */
} CountQuery;

/* This session's counts.  A change of any option makes all of them stale. */
static HTAB *counts = NULL;
static bool stale = false;

/* A SyscacheCallbackFunction. */
static void
forget(Datum arg, int cacheid, uint32 hashvalue)
{
	stale = true;
}

/* Create the table, or empty it if it is stale. */
static void
init_counts(void)
{
	static bool initialized = false;
	HASHCTL control = {.keysize = MAX_KEY, .entrysize = sizeof(Count)};

	if (!initialized)
	{
		CacheRegisterSyscacheCallback(FOREIGNSERVEROID, forget, (Datum) 0);
		CacheRegisterSyscacheCallback(USERMAPPINGOID, forget, (Datum) 0);
		initialized = true;
	}
	if (stale && counts)
	{
		hash_destroy(counts);
		counts = NULL;
	}
	stale = false;
	if (counts == NULL)
		counts = hash_create("dataconnect_fdw bridge counts", 64, &control,
							 HASH_ELEM | HASH_STRINGS);
}

/*
 * The length of what precedes DCF_BRIDGE_DATA in an endpoint; -1 if the endpoint
 * does not end in it.
 */
static int
prefix_length(const char *endpoint)
{
	int len = (int) strlen(endpoint) - (int) strlen(DCF_BRIDGE_DATA);

	return len >= 0 && pg_strcasecmp(endpoint + len, DCF_BRIDGE_DATA) == 0 ?
		len :
		-1;
}

/* Whether the foreign table is one of the bridge's; sets table and company. */
static bool
find_table(CountQuery *query)
{
	const DcfRelation *relation = query->relation;
	DcfRequest *request;

	if (prefix_length(relation->table->endpoint) < 0)
		return false;
	request = dcf_request_create(relation->server, relation->table);
	query->table = dcf_request_fixed(request, DCF_BRIDGE_TABLE);
	query->company = dcf_request_fixed(request, DCF_COMPANY_PARAM);
	return query->table != NULL;
}

/* False if the key does not fit. */
static bool
make_key(const CountQuery *query, char *key)
{
	return snprintf(key, MAX_KEY, "%u %u %s %s", query->relation->serverid,
					query->userid, query->company ? query->company : "",
					query->table) < MAX_KEY;
}

/*
 * The key for all tables of the server, as seen by the user.  It has fewer
 * words than a table's key, so the two cannot be equal.
 */
static void
make_server_key(const CountQuery *query, char *key)
{
	snprintf(key, MAX_KEY, "%u %u", query->relation->serverid, query->userid);
}

/*
 * A DcfCatchErrorFn: send the query; arg is a CountQuery.  Of the table's own
 * parameters only table and company are sent.  An answer that is not a number
 * leaves the count unknown, without an error.
 */
static void
run_query(void *arg)
{
	static const char *const keys[] = {"DeltaCount"};
	CountQuery *query = arg;
	const char *endpoint = query->relation->table->endpoint;
	StringInfoData params;
	DcfEndpointQuery *reader;
	char *text;
	char *end;

	initStringInfo(&params);
	appendStringInfo(&params, "%s=%s&%s", DCF_BRIDGE_TABLE,
					 dcf_request_encode(query->table),
					 dcf_table_def_pair(SINCE_PARAM, query->since));
	if (query->company)
		appendStringInfo(&params, "&%s=%s", DCF_COMPANY_PARAM,
						 dcf_request_encode(query->company));
	reader =
		dcf_endpoint_query_open(query->relation->serverid, query->userid,
								psprintf("%.*s" DELTA_ENDPOINT,
										 prefix_length(endpoint), endpoint),
								params.data, keys, lengthof(keys), true);
	if (dcf_endpoint_query_next(reader, &text) && text)
	{
		double rows = strtod(text, &end);

		if (end != text && *end == '\0' && isfinite(rows) && rows >= 0)
			query->rows = rows;
	}
	dcf_endpoint_query_close(reader);
}

/* Whether requests for other tables are likely to fail in the same way. */
static bool
concerns_all(const ErrorData *error)
{
	switch (error->sqlerrcode)
	{
		case ERRCODE_FDW_UNABLE_TO_ESTABLISH_CONNECTION:
		case ERRCODE_FDW_UNABLE_TO_CREATE_REPLY:
		case ERRCODE_CONFIGURATION_LIMIT_EXCEEDED:
		case ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION:
			return true;
	}
	return false;
}

/* A new entry for a key, or the old one emptied. */
static Count *
enter(const char *key)
{
	bool found;
	Count *count;

	/* Catalog lookups of the request may have processed invalidations. */
	init_counts();
	count = hash_search(counts, key, HASH_ENTER, &found);
	count->rows = -1;
	count->failed = 0;
	return count;
}

/* Whether a failure is so recent that the service is not asked again. */
static bool
has_failed(const Count *count)
{
	return count && count->failed != 0 &&
		dcf_wait_now() < count->failed + FAILURE_MS;
}

double
dcf_remote_count(const DcfRelation *relation, Oid userid)
{
	CountQuery count_query = {.relation = relation,
							  .userid = userid,
							  .since = SINCE_EVER,
							  .rows = -1};
	char key[MAX_KEY];
	char server[MAX_KEY];
	Count *count;
	ErrorData *error;

	if (!find_table(&count_query) || !make_key(&count_query, key))
		return -1;
	make_server_key(&count_query, server);
	init_counts();
	count = hash_search(counts, key, HASH_FIND, NULL);
	if (count && count->failed == 0)
		return count->rows;
	/* A count that is known is used offline as well. */
	if (dcf_offline || !dcf_limits_allow_request() || has_failed(count) ||
		has_failed(hash_search(counts, server, HASH_FIND, NULL)))
		return -1;

	error = dcf_catch_error(run_query, &count_query);
	if (error == NULL)
	{
		enter(key)->rows = count_query.rows;
		return count_query.rows;
	}
	enter(concerns_all(error) ? server : key)->failed = dcf_wait_now();
	ereport(DEBUG1,
			(errmsg_internal("estimating rows without the service's count: %s",
							 dcf_catch_error_show(error))));
	return -1;
}

double
dcf_remote_delta(const DcfRelation *relation, Oid userid, const char *since)
{
	CountQuery query = {.relation = relation,
						.userid = userid,
						.since = since,
						.rows = -1};

	if (find_table(&query))
		run_query(&query);
	return query.rows;
}
