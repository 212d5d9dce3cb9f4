/*
 * fetch.h
 *	  The row source that sends requests: several are under way at once.
 *
 * Each request under way is read by a stream, which has the reply with its buffer
 * and a record reader.  Rows come from any stream that has some; those of one request
 * keep their order.  If the plan may not read all rows, the first request is sent
 * alone, and each reply read to its end doubles how many may be under way, up to
 * max_concurrency.  Memory holds only the streams' buffers and one row.
 *
 * Time-outs count only while somebody waits.  The first byte may have arrived while
 * nobody did, so libcurl checks once more before that time-out is raised.
 */
#ifndef DCF_FETCH_H
#define DCF_FETCH_H

#include "postgres.h"

#include "reply/row_source.h"
#include "request/fdw_private.h"
#include "request/relation.h"

/*
 * A source of the rows that the service returns for a relation.  It lives in the
 * current memory context and uses relation, priv, warned and stats until its end.
 * userid is the user whose user mapping is used.
 *
 * warned has the columns about which the statement has already warned, and stats is what
 * the requests are counted in.  Each may be NULL: then the source has its own.
 *
 * Values of a row that are passed by reference are in the memory context that was
 * current during next(), or in a stream's buffer.
 */
extern DcfRowSource *dcf_fetch_create(const DcfRelation *relation,
									  const DcfFdwPrivate *priv, Oid userid,
									  DcfWarned *warned, DcfRowStats *stats);

/*
 * A source of the rows of one request, with all columns; start() takes no values.
 * request and hint must live as long as the source.  hint is shown if the service
 * refuses the request with status 413, and may be NULL.  The reply adds nothing to
 * the reply statistics.
 */
extern DcfRowSource *dcf_fetch_create_fixed(const DcfRelation *relation,
											DcfRequest *request,
											const char *hint, Oid userid);

#endif /* DCF_FETCH_H */
