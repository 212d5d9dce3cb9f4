/*
 * mirror_sql.c
 *	  What the mirror (src/mirror) cannot ask in SQL.
 */
#include "postgres.h"

#include "access/xact.h"
#include "fmgr.h"

PG_FUNCTION_INFO_V1(dataconnect_mirror_may_commit);

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
