/*
 * import.h
 *	  IMPORT FOREIGN SCHEMA.
 *
 * Remote schemas: each category of the catalogue; "all" of them but "partner",
 * also called "everything", which needs no quotes; "bridge" (the tables behind
 * the bridge, as the service lists them now); and, beginning with a slash, the
 * path of one endpoint, of which a sample is asked for.
 */
#ifndef DCF_IMPORT_H
#define DCF_IMPORT_H

#include "postgres.h"
#include "nodes/parsenodes.h"
#include "nodes/pg_list.h"

/*
 * The CREATE FOREIGN TABLE commands (of char *) for the tables that the
 * statement wants.  Raises ERRCODE_FDW_SCHEMA_NOT_FOUND.
 */
extern List *dcf_import_schema(ImportForeignSchemaStmt *stmt, Oid serverid);

#endif /* DCF_IMPORT_H */
