/*
 * import_comment.h
 *	  Comments on the tables of an IMPORT FOREIGN SCHEMA and on their columns.
 *
 * PostgreSQL takes nothing but CREATE FOREIGN TABLE from an import.  It runs the
 * commands right afterwards, each through the hook for utility commands, and
 * that adds the comments once the table is there: in the same statement, under
 * the same user, and seen by event triggers.
 */
#ifndef DCF_IMPORT_COMMENT_H
#define DCF_IMPORT_COMMENT_H

#include "postgres.h"

#include "discovery/table_def.h"

/* Set the hook; from _PG_init(). */
extern void dcf_import_comment_init(void);

/*
 * Comment on the table that this command creates, and on its columns.  Command,
 * draft and server must live as long as the current memory context, and with it
 * the wish ends.
 */
extern void dcf_import_comment_add(const char *command, const DcfTableDef *def,
								   const DcfServerOptions *server);

#endif /* DCF_IMPORT_COMMENT_H */
