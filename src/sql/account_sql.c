/*
 * account_sql.c
 *	  Whose an entry in shared memory is.  See account_sql.h.
 */
#include "postgres.h"

#include "catalog/pg_authid.h"
#include "commands/dbcommands.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/lsyscache.h"

#include "account_sql.h"
#include "base/compat.h"

ForeignServer *
dcf_account_server(Oid databaseid, Oid serverid)
{
	if (databaseid != MyDatabaseId)
		return NULL;
	return GetForeignServerExtended(serverid, FSV_MISSING_OK);
}

ForeignServer *
dcf_account_set_names(DcfResultRow *row, Oid databaseid, Oid serverid,
					  Oid userid)
{
	ForeignServer *server = dcf_account_server(databaseid, serverid);

	dcf_result_row_name(row, "database_name", get_database_name(databaseid));
	dcf_result_row_name(row, "server_name",
						server ? server->servername : NULL);
	dcf_result_row_name(row, "user_name",
						OidIsValid(userid) ? GetUserNameFromId(userid, true) :
											 "public");
	return server;
}

bool
dcf_account_is_own(Oid databaseid, Oid serverid, Oid userid)
{
	if (OidIsValid(userid))
		return has_privs_of_role(GetUserId(), userid);
	return dcf_account_server(databaseid, serverid) &&
		dcf_compat_server_aclcheck(serverid, GetUserId(), ACL_USAGE) ==
		ACLCHECK_OK;
}

bool
dcf_account_may_see(Oid databaseid, Oid serverid, Oid userid)
{
	return has_privs_of_role(GetUserId(), ROLE_PG_READ_ALL_STATS) ||
		dcf_account_is_own(databaseid, serverid, userid);
}
