/*
 * copy_sql.c
 *	  The SQL function behind the view dataconnect_cache, and
 *	  dataconnect_cache_drop().
 */
#include "postgres.h"

#include "fmgr.h"
#include "foreign/foreign.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

#include "account_sql.h"
#include "base/compat.h"
#include "net/copy.h"
#include "result_row.h"
#include "sample_sql.h"

PG_FUNCTION_INFO_V1(dataconnect_copies);
PG_FUNCTION_INFO_V1(dataconnect_cache_drop_server);
PG_FUNCTION_INFO_V1(dataconnect_cache_drop_table);

/* A DcfCopyFilter. */
static bool
may_see(const DcfCopyState *state, void *arg)
{
	return dcf_account_may_see(state->databaseid, state->serverid,
							   state->userid);
}

/* Set a number; one that is negative is not known: NULL. */
static void
set_number(DcfResultRow *row, const char *column, int64 number)
{
	if (number < 0)
		dcf_result_row_null(row, column);
	else
		dcf_result_row_int8(row, column, number);
}

static void
put_state(FunctionCallInfo fcinfo, const DcfCopyState *state)
{
	DcfResultRow *row = dcf_result_row_begin(fcinfo);

	dcf_result_row_text(row, "request", state->request);
	(void) dcf_account_set_names(row, state->databaseid, state->serverid,
								 state->userid);
	dcf_result_row_bool(row, "shared", state->shared);
	dcf_result_row_bool(row, "fetching", state->fetching);
	dcf_result_row_int8(row, "bytes", (int64) state->bytes);
	set_number(row, "records", state->records);
	dcf_result_row_time(row, "fetched_at", state->fetched_at);
	dcf_result_row_int8(row, "hits", state->hits);
	dcf_result_row_int4(row, "readers", state->readers);
	dcf_result_row_int4(row, "waiting", state->waiting);
	dcf_result_row_end(row);
}

Datum
dataconnect_copies(PG_FUNCTION_ARGS)
{
	int n;
	DcfCopyState *states = dcf_copy_states(may_see, NULL, &n);

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < n; i++)
		put_state(fcinfo, &states[i]);
	return (Datum) 0;
}

/*
 * A DcfCopyFilter: as with dataconnect_resume(), a member of the server's owner
 * drops the copies of all its mappings, and anyone else those of their own.
 */
static bool
may_drop(const DcfCopyState *state, void *arg)
{
	ForeignServer *server =
		dcf_account_server(state->databaseid, state->serverid);

	return superuser() ||
		(server && has_privs_of_role(GetUserId(), server->owner)) ||
		dcf_account_is_own(state->databaseid, state->serverid, state->userid);
}

Datum
dataconnect_cache_drop_server(PG_FUNCTION_ARGS)
{
	DcfCopyScope scope = {.may_drop = may_drop};

	if (!PG_ARGISNULL(0))
	{
		ForeignServer *server =
			GetForeignServerByName(NameStr(*PG_GETARG_NAME(0)), false);

		dcf_sample_check_server(server);
		scope.server = dcf_option_server(server);
		scope.serverid = server->serverid;
	}
	PG_RETURN_INT64(dcf_copy_drop(&scope));
}

Datum
dataconnect_cache_drop_table(PG_FUNCTION_ARGS)
{
	Oid relid = PG_GETARG_OID(0);
	ForeignServer *server = dcf_sample_check_table(relid);
	DcfServerOptions *options = dcf_option_server(server);
	DcfTableOptions *table = dcf_option_table(GetForeignTable(relid), options);
	DcfCopyScope scope = {.server = options,
						  .serverid = server->serverid,
						  .endpoint =
							  dcf_request_create(options, table)->endpoint,
						  .may_drop = may_drop};

	PG_RETURN_INT64(dcf_copy_drop(&scope));
}
