/*
 * sample_sql.h
 *	  Checks of servers and tables for the SQL functions that take one or send requests.
 */
#ifndef DCF_SAMPLE_SQL_H
#define DCF_SAMPLE_SQL_H

#include "postgres.h"
#include "foreign/foreign.h"

/*
 * Raise unless the caller may use the server (ERRCODE_INSUFFICIENT_PRIVILEGE)
 * and it belongs to this wrapper (ERRCODE_WRONG_OBJECT_TYPE).
 */
extern void dcf_sample_check_server(const ForeignServer *server);

/* The server of a name, after that check; ERRCODE_UNDEFINED_OBJECT for no server. */
extern ForeignServer *dcf_sample_get_server(const char *name);

/*
 * The server of a foreign table of this wrapper.  Raises as above, and unless the
 * caller may read the table (ERRCODE_INSUFFICIENT_PRIVILEGE).  Takes no lock.
 */
extern ForeignServer *dcf_sample_check_table(Oid relid);

/* Whether a wrapper is this one: it may have any name, but has our handler. */
extern bool dcf_sample_is_ours(const ForeignDataWrapper *wrapper);

#endif /* DCF_SAMPLE_SQL_H */
