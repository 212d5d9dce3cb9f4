/*
 * remote_count.c
 *	  The service's count of the rows of a table behind the bridge.
 *
 * The planner asks, and can do without: no failure fails a statement, and what
 * has failed is left alone for some time, so that an outage costs a plan its
 * estimate and not its time.
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
#include "request/request.h"

#define DELTA_ENDPOINT "/bridge/current/delta"

/* The beginning of SQL Server's time: all rows are newer. */
#define SINCE_PARAM "RowDateTime"
#define SINCE_EVER	"1753-01-01T00:00:00.000Z"

/* Longer names of tables are not counted. */
#define MAX_KEY 512

/* How long what has failed is not asked for again. */
#define FAILURE_MS (60 * 1000)

/* A table's count, or the last failure of all that a mapping asks a server. */
typedef struct Count
{
	char key[MAX_KEY];
	double rows;  /* -1: not known */
	int64 failed; /* by dcf_wait_now(); 0: not */
} Count;

/* What is asked, and what comes of it. */
typedef struct Asking
{
	const DcfRelation *relation;
	Oid userid;
	const char *table; /* UTF-8 */
	const char *company;
	double rows;
} Asking;

/* Of this session.  Options that change make all of it stale. */
static HTAB *counts = NULL;
static bool stale = false;

static void
forget(Datum arg, int cacheid, uint32 hashvalue)
{
	stale = true;
}

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
 * How long what stands in front of the bridge's own path is, in the endpoint of
 * a table of it; -1 for another endpoint.
 */
static int
prefix_length(const char *endpoint)
{
	int len = (int) strlen(endpoint) - (int) strlen(DCF_BRIDGE_DATA);

	return len >= 0 && pg_strcasecmp(endpoint + len, DCF_BRIDGE_DATA) == 0 ?
		len :
		-1;
}

/* Whether a table is one of the bridge's: table and company are set then. */
static bool
find_table(Asking *asking)
{
	const DcfRelation *relation = asking->relation;
	DcfRequest *request;

	if (prefix_length(relation->table->endpoint) < 0)
		return false;
	request = dcf_request_create(relation->server, relation->table);
	asking->table = dcf_request_fixed(request, DCF_BRIDGE_TABLE);
	asking->company = dcf_request_fixed(request, DCF_COMPANY_PARAM);
	return asking->table != NULL;
}

static bool
make_key(const Asking *asking, char *key)
{
	return snprintf(key, MAX_KEY, "%u %u %s %s", asking->relation->serverid,
					asking->userid, asking->company ? asking->company : "",
					asking->table) < MAX_KEY;
}

/* What stands for all tables. */
static void
make_server_key(const Asking *asking, char *key)
{
	snprintf(key, MAX_KEY, "%u %u", asking->relation->serverid,
			 asking->userid);
}

/* A DcfCatchErrorFn. */
static void
ask(void *arg)
{
	static const char *const keys[] = {"DeltaCount"};
	Asking *asking = arg;
	const char *endpoint = asking->relation->table->endpoint;
	StringInfoData params;
	DcfEndpointQuery *query;
	char *text;
	char *end;

	initStringInfo(&params);
	appendStringInfo(&params, "%s=%s&%s", DCF_BRIDGE_TABLE,
					 dcf_request_encode(asking->table),
					 dcf_table_def_pair(SINCE_PARAM, SINCE_EVER));
	if (asking->company)
		appendStringInfo(&params, "&%s=%s", DCF_COMPANY_PARAM,
						 dcf_request_encode(asking->company));
	query =
		dcf_endpoint_query_open(asking->relation->serverid, asking->userid,
								psprintf("%.*s" DELTA_ENDPOINT,
										 prefix_length(endpoint), endpoint),
								params.data, keys, lengthof(keys), true);
	if (dcf_endpoint_query_next(query, &text) && text)
	{
		double rows = strtod(text, &end);

		if (end != text && *end == '\0' && isfinite(rows) && rows >= 0)
			asking->rows = rows;
	}
	dcf_endpoint_query_close(query);
}

/* Whether the next question, of whatever table, is likely to fail as well. */
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

static Count *
enter(const char *key)
{
	bool found;
	Count *count;

	/* What the attempt has looked up may have brought invalidations. */
	init_counts();
	count = hash_search(counts, key, HASH_ENTER, &found);
	count->rows = -1;
	count->failed = 0;
	return count;
}

static bool
has_failed(const Count *count)
{
	return count && count->failed != 0 &&
		dcf_wait_now() < count->failed + FAILURE_MS;
}

double
dcf_remote_count(const DcfRelation *relation, Oid userid)
{
	Asking asking = {.relation = relation, .userid = userid, .rows = -1};
	char key[MAX_KEY];
	char server[MAX_KEY];
	Count *count;
	ErrorData *error;

	if (!find_table(&asking) || !make_key(&asking, key))
		return -1;
	make_server_key(&asking, server);
	init_counts();
	count = hash_search(counts, key, HASH_FIND, NULL);
	if (count && count->failed == 0)
		return count->rows;
	if (dcf_offline || has_failed(count) ||
		has_failed(hash_search(counts, server, HASH_FIND, NULL)))
		return -1;

	error = dcf_catch_error(ask, &asking);
	if (error == NULL)
	{
		enter(key)->rows = asking.rows;
		return asking.rows;
	}
	enter(concerns_all(error) ? server : key)->failed = dcf_wait_now();
	ereport(DEBUG1,
			(errmsg_internal("rows of a foreign table are estimated without "
							 "the service's count: %s",
							 dcf_catch_error_show(error))));
	return -1;
}
