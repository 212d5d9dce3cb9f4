/*
 * mirror_sql.c
 *	  What the mirror (src/mirror) cannot ask in SQL.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/dependency.h"
#include "catalog/objectaddress.h"
#include "catalog/pg_class.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/lsyscache.h"

#include "base/compat.h"

PG_FUNCTION_INFO_V1(dataconnect_mirror_may_commit);
PG_FUNCTION_INFO_V1(dataconnect_mirror_goes_with);

/*
 * Fails inside of a transaction block, where a procedure cannot commit.
 * PostgreSQL would say "invalid transaction termination", and only at COMMIT.
 */
Datum
dataconnect_mirror_may_commit(PG_FUNCTION_ARGS)
{
	if (IsTransactionBlock() || IsSubTransaction())
		ereport(
			ERROR,
			(errcode(ERRCODE_ACTIVE_SQL_TRANSACTION),
			 errmsg(
				 "dataconnect_refresh cannot run inside a transaction block"),
			 errdetail("It commits after each period."),
			 errhint(
				 "CALL it as a statement of its own, outside of BEGIN and COMMIT; in drivers, turn autocommit on.")));
	PG_RETURN_VOID();
}

/*
 * Lets a table be dropped with another one, as a partition is. ATTACH records
 * the same, and DETACH removes both.
 */
Datum
dataconnect_mirror_goes_with(PG_FUNCTION_ARGS)
{
	Oid relids[2] = {PG_GETARG_OID(0), PG_GETARG_OID(1)};
	ObjectAddress addresses[2];

	for (int i = 0; i < 2; i++)
	{
		if (get_rel_relkind(relids[i]) !=
			(i == 0 ? RELKIND_RELATION : RELKIND_PARTITIONED_TABLE))
			ereport(ERROR,
					(errcode(ERRCODE_WRONG_OBJECT_TYPE),
					 errmsg("a table can only go with a partitioned table")));
		if (!dcf_compat_owns_table(relids[i], GetUserId()))
			aclcheck_error(ACLCHECK_NOT_OWNER, OBJECT_TABLE,
						   get_rel_name(relids[i]));
		ObjectAddressSet(addresses[i], RelationRelationId, relids[i]);
	}
	recordDependencyOn(&addresses[0], &addresses[1], DEPENDENCY_AUTO);
	PG_RETURN_VOID();
}
