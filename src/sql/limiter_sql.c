/*
 * limiter_sql.c
 *	  The SQL function behind the view dataconnect_concurrency, and
 *	  dataconnect_resume().
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_foreign_server.h"
#include "catalog/pg_user_mapping.h"
#include "fmgr.h"
#include "foreign/foreign.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"

#include "base/catch_error.h"
#include "base/compat.h"
#include "base/wipe.h"
#include "net/circuit_breaker.h"
#include "net/limiter.h"
#include "account_sql.h"
#include "result_row.h"

PG_FUNCTION_INFO_V1(dataconnect_governor);
PG_FUNCTION_INFO_V1(dataconnect_resume);

/*
 * The limiter of a user's mapping, or of the mapping for public (InvalidOid),
 * with the current options.
 */
static DcfLimiter *
create_limiter(Oid serverid, Oid userid)
{
	UserMapping *mapping = GetUserMapping(userid, serverid);
	DcfLimiter *limiter =
		dcf_limiter_create(serverid, userid,
						   dcf_option_server(GetForeignServer(serverid)),
						   dcf_option_user(mapping));

	/* The limiter has only a hash of the credentials. */
	dcf_wipe_options(mapping->options);
	return limiter;
}

/* An entry of the limiter compared with the current options. */
typedef struct Comparison
{
	const DcfLimiterState *state;
	bool outdated;
	TimestampTz unreachable_since; /* 0: the hosts can be reached */
} Comparison;

/*
 * A DcfCatchErrorFn; arg is a Comparison.  An entry is outdated if the server
 * and mapping that last used it now belong to another account.  For any other,
 * find out since when its hosts cannot be reached.
 */
static void
compare(void *arg)
{
	Comparison *comparison = arg;
	const DcfLimiterState *state = comparison->state;

	/* GetUserMapping() would fall back to the mapping for public. */
	comparison->outdated =
		!SearchSysCacheExists2(USERMAPPINGUSERSERVER,
							   ObjectIdGetDatum(state->userid),
							   ObjectIdGetDatum(state->serverid)) ||
		!dcf_limiter_has_state(create_limiter(state->serverid, state->userid),
							   state);
	if (!comparison->outdated)
		comparison->unreachable_since = dcf_circuit_breaker_unreachable_since(
			dcf_option_server(GetForeignServer(state->serverid)));
}

/*
 * Add the row of an account.  Its entry names the server, the user and the
 * database that used it last, each of which may be gone.
 */
static void
put_state(FunctionCallInfo fcinfo, const DcfLimiterState *state)
{
	DcfResultRow *row = dcf_result_row_begin(fcinfo);
	ForeignServer *server =
		dcf_account_set_names(row, state->databaseid, state->serverid,
							  state->userid);
	Comparison comparison = {.state = state};

	dcf_result_row_bool(row, "shared", state->shared);
	dcf_result_row_int4(row, "in_flight", state->in_flight);
	dcf_result_row_int4(row, "allowed", state->limit);
	dcf_result_row_int4(row, "waiting", state->waiting);
	/* A pause is in milliseconds, a timestamp in microseconds. */
	dcf_result_row_time(row, "paused_until",
						state->paused == 0 ?
							0 :
							GetCurrentTimestamp() + state->paused * 1000);
	/* If the options cannot be read, the account is unknown. */
	if (server == NULL || dcf_catch_error(compare, &comparison) != NULL)
		dcf_result_row_null(row, "outdated");
	else
		dcf_result_row_bool(row, "outdated", comparison.outdated);
	dcf_result_row_time(row, "unreachable_since",
						comparison.unreachable_since);
	dcf_result_row_end(row);
}

Datum
dataconnect_governor(PG_FUNCTION_ARGS)
{
	int n;
	DcfLimiterState *states = dcf_limiter_states(&n);

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < n; i++)
		if (dcf_account_may_see(states[i].databaseid, states[i].serverid,
								states[i].userid))
			put_state(fcinfo, &states[i]);
	return (Datum) 0;
}

/* End the pauses of a mapping's account; whether there was one. */
static bool
resume(Oid serverid, Oid userid)
{
	return dcf_limiter_resume(create_limiter(serverid, userid));
}

/* resume() for all mappings of a server; how many had a pause. */
static int
resume_all(Oid serverid)
{
	Relation mappings = table_open(UserMappingRelationId, AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple tuple;
	int n = 0;

	ScanKeyInit(&key, Anum_pg_user_mapping_umserver, BTEqualStrategyNumber,
				F_OIDEQ, ObjectIdGetDatum(serverid));
	/* No index of pg_user_mapping begins with the server. */
	scan = systable_beginscan(mappings, InvalidOid, false, NULL, 1, &key);
	while ((tuple = systable_getnext(scan)) != NULL)
		if (resume(serverid,
				   ((Form_pg_user_mapping) GETSTRUCT(tuple))->umuser))
			n++;
	systable_endscan(scan);
	table_close(mappings, AccessShareLock);
	return n;
}

/*
 * A member of the server's owner resumes all of its mappings, anyone else the
 * one that they use.  The outage of a host concerns all users, so anyone may end
 * it; it counts as one more in the result.
 */
Datum
dataconnect_resume(PG_FUNCTION_ARGS)
{
	ForeignServer *server =
		GetForeignServerByName(NameStr(*PG_GETARG_NAME(0)), false);
	AclResult may_use =
		dcf_compat_server_aclcheck(server->serverid, GetUserId(), ACL_USAGE);
	int n;

	if (may_use != ACLCHECK_OK)
		aclcheck_error(may_use, OBJECT_FOREIGN_SERVER, server->servername);
	if (has_privs_of_role(GetUserId(), server->owner))
		n = resume_all(server->serverid);
	else
		n = resume(server->serverid, GetUserId()) ? 1 : 0;
	if (dcf_circuit_breaker_forget(dcf_option_server(server)))
		n++;
	PG_RETURN_INT32(n);
}
