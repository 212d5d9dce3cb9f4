/*
 * sample_sql.h
 *	  What the SQL functions that ask the service have in common: sample_sql.c,
 *	  check_sql.c.
 */
#ifndef DCF_SAMPLE_SQL_H
#define DCF_SAMPLE_SQL_H

#include "postgres.h"
#include "foreign/foreign.h"

/*
 * Raise unless the server is one of ours (ERRCODE_WRONG_OBJECT_TYPE) that the
 * caller may use (ERRCODE_INSUFFICIENT_PRIVILEGE).
 */
extern void dcf_sample_check_server(const ForeignServer *server);

/* Whether it is this wrapper, under whatever name. */
extern bool dcf_sample_is_ours(const ForeignDataWrapper *wrapper);

#endif /* DCF_SAMPLE_SQL_H */
