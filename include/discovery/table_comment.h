/*
 * table_comment.h
 *	  The texts of the comments on a foreign table and its columns.
 *
 * They say what a table definition knows from the catalogue, from the bridge's
 * schema or from a reply.  Foreign text in them is made fit to show.  All texts
 * are palloc'd and in the database encoding.
 */
#ifndef DCF_TABLE_COMMENT_H
#define DCF_TABLE_COMMENT_H

#include "postgres.h"

#include "discovery/table_def.h"

/* The table's path, category and records, and what a query must give. */
extern char *dcf_table_comment_table(const DcfTableDef *def,
									 const DcfServerOptions *server);

/* Whether the column is read or sent, its name and type there, its values. */
extern char *dcf_table_comment_column(const DcfTableDefColumn *column);

/* COMMENT ON COLUMN, with a semicolon.  table is quoted where need be. */
extern char *dcf_table_comment_column_ddl(const char *table,
										  const DcfTableDefColumn *column);

/* COMMENT ON for the table and for each column, a line each. */
extern char *dcf_table_comment_ddl(const DcfTableDef *def,
								   const DcfServerOptions *server);

#endif /* DCF_TABLE_COMMENT_H */
