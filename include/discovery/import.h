/*
 * import.h
 *	  IMPORT FOREIGN SCHEMA.
 *
 * Remote schemas are
 * - each category of the catalogue;
 * - "all", or "everything", which needs no quotes: all categories but "partner";
 * - "bridge": the tables behind the bridge, as the service lists them now;
 * - a path, which begins with a slash: one endpoint, whose columns are inferred
 *   from a sample of its records.
 */
#ifndef DCF_IMPORT_H
#define DCF_IMPORT_H

#include "postgres.h"
#include "nodes/parsenodes.h"
#include "nodes/pg_list.h"

/*
 * The CREATE FOREIGN TABLE commands (char *) for the tables that the statement
 * imports.  A WARNING tells of a table in LIMIT TO or EXCEPT that the schema
 * lacks.  Raises ERRCODE_FDW_SCHEMA_NOT_FOUND, and for "bridge" and paths what a
 * scan raises.
 */
extern List *dcf_import_schema(ImportForeignSchemaStmt *stmt, Oid serverid);

#endif /* DCF_IMPORT_H */
