/*
 * known_rows.h
 *	  The rows that an UPDATE changes, as far as its clauses give them.
 *
 * The service has no request that reads them, so nothing is sent.  For each id that the
 * query names there is a row with the id, whose other columns are NULL.
 */
#ifndef DCF_KNOWN_ROWS_H
#define DCF_KNOWN_ROWS_H

#include "postgres.h"

#include "reply/row_source.h"

/* relation is dcf_writing_target()'s.  It lives in the current memory context. */
extern DcfRowSource *dcf_known_rows_create(const DcfRelation *relation,
										   const DcfFdwPrivate *priv,
										   Oid userid);

#endif /* DCF_KNOWN_ROWS_H */
