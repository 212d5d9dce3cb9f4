/*
 * offline.c
 *	  The setting dataconnect_fdw.offline.  See offline.h.
 *
 * It is for restoring a dump, whose materialized views are refreshed, and for
 * copies of a database that are not to use its credentials.  A request is an
 * error then, and never an empty result: that would be taken for one.
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
		"Sends nothing to any service: a query that needs a reply fails at once.",
		"Replies that have begun go on as they are.", &dcf_offline, false,
		PGC_USERSET, 0, NULL, NULL, NULL);
}

void
dcf_offline_check(void)
{
	if (dcf_offline)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("requests to the service are turned off"),
				 errdetail("The setting dataconnect_fdw.offline is on."),
				 errhint("Set it to off. A materialized view that was "
						 "restored meanwhile needs REFRESH MATERIALIZED "
						 "VIEW.")));
}
