/*
 * governor_sql.c
 *	  The SQL function behind the view dataconnect_concurrency.
 */
#include "postgres.h"

#include "catalog/pg_authid.h"
#include "commands/dbcommands.h"
#include "fmgr.h"
#include "foreign/foreign.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

#include "governor.h"

enum
{
	COLUMN_DATABASE_NAME,
	COLUMN_SERVER_NAME,
	COLUMN_USER_NAME,
	COLUMN_SHARED,
	COLUMN_IN_FLIGHT,
	COLUMN_ALLOWED,
	COLUMN_WAITING,
	COLUMN_PAUSED_UNTIL,
	COLUMNS
};

PG_FUNCTION_INFO_V1(dataconnect_governor);

/* As with pg_stat_activity: one's own, or all for who may read statistics. */
static bool
may_see(const DcfGovernorState *state)
{
	return has_privs_of_role(GetUserId(), ROLE_PG_READ_ALL_STATS) ||
		(OidIsValid(state->userid) &&
		 has_privs_of_role(GetUserId(), state->userid));
}

/* text may be NULL. */
static void
set_name(Datum *values, bool *nulls, int column, const char *text)
{
	nulls[column] = (text == NULL);
	if (text)
		values[column] = DirectFunctionCall1(namein, CStringGetDatum(text));
}

/* NULL in another database, and of one that was dropped. */
static const char *
server_name(const DcfGovernorState *state)
{
	ForeignServer *server;

	if (state->databaseid != MyDatabaseId)
		return NULL;
	server = GetForeignServerExtended(state->serverid, FSV_MISSING_OK);
	return server ? server->servername : NULL;
}

static void
put_state(ReturnSetInfo *result, const DcfGovernorState *state)
{
	Datum values[COLUMNS] = {0};
	bool nulls[COLUMNS] = {false};

	set_name(values, nulls, COLUMN_DATABASE_NAME,
			 get_database_name(state->databaseid));
	set_name(values, nulls, COLUMN_SERVER_NAME, server_name(state));
	set_name(values, nulls, COLUMN_USER_NAME,
			 OidIsValid(state->userid) ?
				 GetUserNameFromId(state->userid, true) :
				 "public");
	values[COLUMN_SHARED] = BoolGetDatum(state->shared);
	values[COLUMN_IN_FLIGHT] = Int32GetDatum(state->in_flight);
	values[COLUMN_ALLOWED] = Int32GetDatum(state->limit);
	values[COLUMN_WAITING] = Int32GetDatum(state->waiting);
	nulls[COLUMN_PAUSED_UNTIL] = (state->paused == 0);
	values[COLUMN_PAUSED_UNTIL] =
		TimestampTzGetDatum(GetCurrentTimestamp() + state->paused * 1000);
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

Datum
dataconnect_governor(PG_FUNCTION_ARGS)
{
	int n;
	DcfGovernorState *states = dcf_governor_states(&n);

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < n; i++)
		if (may_see(&states[i]))
			put_state((ReturnSetInfo *) fcinfo->resultinfo, &states[i]);
	return (Datum) 0;
}
