/*
 * fetch.h
 *	  The rows of a set of requests, several of which are under way at the same
 *	  time.
 *
 * Each request has a lane: its reply with its window, and a reader.  Rows come
 * from whichever lane has some; those of one request in its order.  The first
 * request goes out alone where few rows may be wanted; each reply that was read
 * to its end then doubles how many may be open.  Nothing is kept but the lanes'
 * windows and one row.
 *
 * Time-outs count only while somebody waits.  The first byte may have come
 * while nobody looked, so libcurl is asked once more before that time-out is
 * raised.
 */
#ifndef DCF_FETCH_H
#define DCF_FETCH_H

#include "postgres.h"

#include "reply/row_source.h"
#include "request/fdw_private.h"
#include "request/relation.h"

/*
 * The rows of a relation that the service returns, in the current memory
 * context, which they must not outlive; nor relation, spec, told and stats.
 * userid is the user whose mapping is used.  What is passed by reference in a row is in
 * the current memory context of the call, or in a window.  stats is where the
 * requests count.  told and stats may be NULL: for this source alone.
 */
extern DcfRowSource *dcf_fetch_create(const DcfRelation *relation,
									  const DcfFdwPrivate *priv, Oid userid,
									  DcfWarned *warned, DcfRowStats *stats);

/*
 * The rows of one request, as it is, with all columns; start gets no values.
 * The request lives as long, and so does hint, which is for a reply of status 413
 * and may be NULL.  Nothing is learned of the reply.
 */
extern DcfRowSource *dcf_fetch_create_fixed(const DcfRelation *relation,
											DcfRequest *request,
											const char *hint, Oid userid);

#endif /* DCF_FETCH_H */
