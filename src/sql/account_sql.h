/*
 * account_sql.h
 *	  Whose an entry in shared memory is, for the functions that show entries: it
 *	  names a database, a server, and the user of a mapping (InvalidOid for
 *	  PUBLIC), each of which may be gone.
 */
#ifndef DCF_ACCOUNT_SQL_H
#define DCF_ACCOUNT_SQL_H

#include "postgres.h"
#include "foreign/foreign.h"

#include "result_row.h"

/* NULL if the server belongs to another database or was dropped. */
extern ForeignServer *dcf_account_server(Oid databaseid, Oid serverid);

/*
 * Set the columns database_name, server_name and user_name ("public" for PUBLIC); NULL
 * for what is gone.  Returns dcf_account_server().
 */
extern ForeignServer *dcf_account_set_names(DcfResultRow *row, Oid databaseid,
											Oid serverid, Oid userid);

/*
 * Whether an entry is the current user's own: of a mapping of theirs, or of the one
 * for public of a server that they may use.
 */
extern bool dcf_account_is_own(Oid databaseid, Oid serverid, Oid userid);

/*
 * Whether the current user may see an entry: as in pg_stat_activity, their own ones;
 * and all, if they are a member of pg_read_all_stats, as pg_monitor is.
 */
extern bool dcf_account_may_see(Oid databaseid, Oid serverid, Oid userid);

#endif /* DCF_ACCOUNT_SQL_H */
