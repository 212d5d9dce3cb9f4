/*
 * table_comment.h
 *	  What a foreign table and its columns are, as texts for COMMENT ON.
 *
 * The facts are the draft's own: of the catalogue, of the bridge's schema, of a
 * reply.  Foreign text among them is made safe.  In the database encoding,
 * palloc'd.
 */
#ifndef DCF_TABLE_COMMENT_H
#define DCF_TABLE_COMMENT_H

#include "postgres.h"

#include "discovery/table_def.h"

/*
 * Which path of the server it asks, of which category, and what a query must
 * give.
 */
extern char *dcf_table_comment_table(const DcfTableDef *def,
									 const DcfServerOptions *server);

/*
 * Whether it is read or sent, under which name, of which type, and which values
 * it takes.
 */
extern char *dcf_table_comment_column(const DcfTableDefColumn *column);

/* The COMMENT ON statement for a column of a table, whose name is quoted. */
extern char *dcf_table_comment_column_ddl(const char *table,
										  const DcfTableDefColumn *column);

/* COMMENT ON statements for the table and its columns, each with semicolon. */
extern char *dcf_table_comment_ddl(const DcfTableDef *def,
								   const DcfServerOptions *server);

#endif /* DCF_TABLE_COMMENT_H */
