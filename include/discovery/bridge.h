/*
 * bridge.h
 *	  The tables behind the bridge: /bridge/current/schema lists them, .../data
 *	  is their rows, .../delta counts rows.
 */
#ifndef DCF_BRIDGE_H
#define DCF_BRIDGE_H

#include "postgres.h"
#include "nodes/parsenodes.h"
#include "nodes/pg_list.h"

#include "options/option.h"
#include "request/relation.h"

/* Where a table's rows are, by the parameter that names it. */
#define DCF_BRIDGE_DATA	 "/bridge/current/data"
#define DCF_BRIDGE_TABLE "Table"

/*
 * Ask the service for its tables, under the current user's mapping, and draft
 * a foreign table (of DcfTableDef *) for each that the statement wants, in the
 * order of their names.  One that cannot be a foreign table, or a column of it
 * that cannot be one, is passed over with a WARNING.  *names gets the names of
 * all tables (of char *), wanted or not.
 */
extern List *dcf_bridge_tables(Oid serverid, ImportForeignSchemaStmt *stmt,
							   const DcfImportOptions *options, List **names);

/*
 * How many rows the table behind a foreign table has, as the service counts
 * them when first asked in this session; -1 where the foreign table is none of
 * the bridge's, or the service has not answered (within
 * DCF_EXCHANGE_BRIEF_MS, once a minute): no failure of it is raised.  userid is
 * the user whose mapping is used.
 */
extern double dcf_remote_count(const DcfRelation *relation, Oid userid);

#endif /* DCF_BRIDGE_H */
