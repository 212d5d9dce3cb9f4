/*
 * import_comment.h
 *	  Comments on the tables of an IMPORT FOREIGN SCHEMA and on their columns.
 *
 * PostgreSQL accepts only CREATE FOREIGN TABLE commands from an import, and runs
 * them when the wrapper has returned.  A ProcessUtility hook recognises these
 * commands and adds the comments after each.  The comments belong to the same
 * statement and user, and event triggers see them.
 */
#ifndef DCF_IMPORT_COMMENT_H
#define DCF_IMPORT_COMMENT_H

#include "postgres.h"

#include "discovery/table_def.h"

/* Set the hook; from _PG_init(). */
extern void dcf_import_comment_init(void);

/*
 * When the command is run, comment on the table that it creates and on its
 * columns.  The request is forgotten with the current memory context, as long
 * as which command, def and server must live.
 */
extern void dcf_import_comment_add(const char *command, const DcfTableDef *def,
								   const DcfServerOptions *server);

#endif /* DCF_IMPORT_COMMENT_H */
