/*
 * offline.c
 *	  The setting dataconnect_fdw.offline.  See offline.h.
 *
 * It is for restoring a dump, which refreshes materialized views, and for copies
 * of a database that must not use its credentials.  A request then raises an
 * error; an empty result would be mistaken for the service's answer.
 */
#include "postgres.h"

#include "utils/guc.h"

#include "net/offline.h"

bool dcf_offline = false;

void
dcf_offline_init(void)
{
	DefineCustomBoolVariable(
		"dataconnect_fdw.offline",
		"Sends no requests: a query that needs a reply fails at once.",
		"Does not affect replies that have begun.", &dcf_offline, false,
		PGC_USERSET, 0, NULL, NULL, NULL);
}

void
dcf_offline_check(void)
{
	if (dcf_offline)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("requests to the service are turned off"),
				 errdetail("The setting \"dataconnect_fdw.offline\" is on."),
				 errhint("Set it to off. A materialized view that was "
						 "restored in the meantime needs REFRESH "
						 "MATERIALIZED VIEW.")));
}
