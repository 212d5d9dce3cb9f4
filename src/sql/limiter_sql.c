/*
 * limiter_sql.c
 *	  The SQL function behind the view dataconnect_concurrency, and
 *	  dataconnect_resume().
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_foreign_server.h"
#include "catalog/pg_user_mapping.h"
#include "commands/dbcommands.h"
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
#include "result_row.h"

PG_FUNCTION_INFO_V1(dataconnect_governor);
PG_FUNCTION_INFO_V1(dataconnect_resume);

/* Not of a server of another database, nor of one that was dropped. */
static ForeignServer *
find_server(const DcfLimiterState *state)
{
	if (state->databaseid != MyDatabaseId)
		return NULL;
	return GetForeignServerExtended(state->serverid, FSV_MISSING_OK);
}

/*
 * As with pg_stat_activity: one's own, or all for who may read statistics.  The
 * mapping for public is everyone's who may use its server.
 */
static bool
may_see(const DcfLimiterState *state)
{
	if (has_privs_of_role(GetUserId(), ROLE_PG_READ_ALL_STATS))
		return true;
	if (OidIsValid(state->userid))
		return has_privs_of_role(GetUserId(), state->userid);
	return find_server(state) &&
		dcf_compat_server_aclcheck(state->serverid, GetUserId(), ACL_USAGE) ==
		ACLCHECK_OK;
}

/* Of the mapping for a user, or for public (InvalidOid), as it is now. */
static DcfLimiter *
create_governor(Oid serverid, Oid userid)
{
	UserMapping *mapping = GetUserMapping(userid, serverid);
	DcfLimiter *limiter =
		dcf_limiter_create(serverid, userid,
						   dcf_option_server(GetForeignServer(serverid)),
						   dcf_option_user(mapping));

	dcf_wipe_options(mapping->options);
	return limiter;
}

typedef struct Comparison
{
	const DcfLimiterState *state;
	bool outdated;
	TimestampTz unreachable_since; /* 0: it is not */
} Comparison;

/*
 * A DcfCatchErrorFn: whether the server and the mapping of who asked last belong to
 * another account by now, and else whether its hosts are away.
 */
static void
compare(void *arg)
{
	Comparison *comparison = arg;
	const DcfLimiterState *state = comparison->state;

	comparison->outdated =
		!SearchSysCacheExists2(USERMAPPINGUSERSERVER,
							   ObjectIdGetDatum(state->userid),
							   ObjectIdGetDatum(state->serverid)) ||
		!dcf_limiter_has_state(create_governor(state->serverid, state->userid),
							   state);
	if (!comparison->outdated)
		comparison->unreachable_since = dcf_circuit_breaker_unreachable_since(
			dcf_option_server(GetForeignServer(state->serverid)));
}

/* NULL for no time. */
static void
set_time(DcfResultRow *row, const char *column, TimestampTz time)
{
	if (time == 0)
		dcf_result_row_null(row, column);
	else
		dcf_result_row_datum(row, column, TimestampTzGetDatum(time));
}

static void
put_state(FunctionCallInfo fcinfo, const DcfLimiterState *state)
{
	DcfResultRow *row = dcf_result_row_begin(fcinfo);
	ForeignServer *server = find_server(state);
	Comparison comparison = {.state = state};

	dcf_result_row_name(row, "database_name",
						get_database_name(state->databaseid));
	dcf_result_row_name(row, "server_name",
						server ? server->servername : NULL);
	dcf_result_row_name(row, "user_name",
						OidIsValid(state->userid) ?
							GetUserNameFromId(state->userid, true) :
							"public");
	dcf_result_row_bool(row, "shared", state->shared);
	dcf_result_row_int4(row, "in_flight", state->in_flight);
	dcf_result_row_int4(row, "allowed", state->limit);
	dcf_result_row_int4(row, "waiting", state->waiting);
	set_time(row, "paused_until",
			 state->paused == 0 ?
				 0 :
				 GetCurrentTimestamp() + state->paused * 1000);
	/* Options that cannot be read belong to no account. */
	if (server == NULL || dcf_catch_error(compare, &comparison) != NULL)
		dcf_result_row_null(row, "outdated");
	else
		dcf_result_row_bool(row, "outdated", comparison.outdated);
	set_time(row, "unreachable_since", comparison.unreachable_since);
	dcf_result_row_end(row);
}

Datum
dataconnect_governor(PG_FUNCTION_ARGS)
{
	int n;
	DcfLimiterState *states = dcf_limiter_states(&n);

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < n; i++)
		if (may_see(&states[i]))
			put_state(fcinfo, &states[i]);
	return (Datum) 0;
}

/* Have requests of a mapping sent again; whether anything kept them back. */
static bool
resume(Oid serverid, Oid userid)
{
	return dcf_limiter_resume(create_governor(serverid, userid));
}

/* Of all mappings of a server: how many of them were kept back. */
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
 * Who owns the server sees to all of its mappings, others to the one that they
 * use.  That a host is away is nobody's own: it counts as one more.
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
