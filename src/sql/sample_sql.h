/*
 * sample_sql.h
 *	  Checks of servers for the SQL functions that take one or send requests.
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

/* Whether a wrapper is this one: it may have any name, but has our handler. */
extern bool dcf_sample_is_ours(const ForeignDataWrapper *wrapper);

#endif /* DCF_SAMPLE_SQL_H */
