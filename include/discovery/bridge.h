/*
 * bridge.h
 *	  The tables behind the bridge.  /bridge/current/schema lists their columns,
 *	  .../data returns the rows of one, .../delta counts rows (all documented).
 */
#ifndef DCF_BRIDGE_H
#define DCF_BRIDGE_H

#include "postgres.h"
#include "nodes/parsenodes.h"
#include "nodes/pg_list.h"

#include "options/option.h"
#include "request/relation.h"

/* The endpoint that returns a table's rows, and the parameter that names it. */
#define DCF_BRIDGE_DATA	 "/bridge/current/data"
#define DCF_BRIDGE_TABLE "Table"

/*
 * Ask the service for its tables, under the current user's mapping.  Returns a
 * definition (DcfTableDef *) of each table that the statement imports, in the
 * order of their names.  A WARNING tells of each table that cannot be a foreign
 * table, and of each column that cannot be one; both are left out.  *names is
 * set to the names (char *) of all tables, imported or not.  Raises what a scan
 * raises.
 */
extern List *dcf_bridge_tables(Oid serverid, ImportForeignSchemaStmt *stmt,
							   const DcfImportOptions *options, List **names);

/*
 * The service's count of the rows of a foreign table's bridge table; -1 if the
 * foreign table has none, or if the service gave no count.  A session asks once
 * for each table and keeps the answer until a server or user mapping changes.
 * The service must answer within DCF_EXCHANGE_BRIEF_MS.  A failure is not
 * raised; the next attempt comes a minute later at the earliest.  userid is the
 * user whose mapping is used.
 */
extern double dcf_remote_count(const DcfRelation *relation, Oid userid);

/*
 * The service's count of the rows of a foreign table's bridge table that changed
 * at or after a time, as the service takes one (ISO 8601); -1 if the foreign
 * table has none, or if the answer is no count.  Asks each time, within
 * DCF_EXCHANGE_BRIEF_MS, and raises what a scan raises.
 */
extern double dcf_remote_delta(const DcfRelation *relation, Oid userid,
							   const char *since);

#endif /* DCF_BRIDGE_H */
