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

#include "request/bind.h"
#include "request/fdw_private.h"
#include "request/relation.h"

typedef struct DcfFetch DcfFetch;

/* Counted over all sets of requests. */
typedef struct DcfFetchStats
{
	uint64 requests;	 /* replies opened, refused ones among them */
	uint64 halved;		 /* those that were refused, and asked in halves */
	uint64 halved_early; /* not sent, but asked in halves at once, because they
						  * were expected to be refused */
	uint64 retries;		 /* tries beyond the first */
	uint64 bytes_received;
	uint64 bytes_decoded;
	uint64 records;
	uint64 records_ahead; /* of them, read in the thread that decompresses */
	double first_byte_ms; /* of the first reply; -1 before it */
	int at_once;		  /* the most requests under way at a time */
	uint64 replays;		  /* how often rows came from those kept */
} DcfFetchStats;

typedef enum DcfFetchStatus
{
	DCF_FETCH_ROW,
	DCF_FETCH_END,
	DCF_FETCH_LATER /* there is none yet, and nobody waited */
} DcfFetchStatus;

/*
 * For rows of a relation, in the current memory context, which it must not
 * outlive; nor relation, spec and stats.  spec->fetched says which columns are
 * filled.  userid is the user whose mapping is used.
 */
extern DcfFetch *dcf_fetch_create(const DcfRelation *relation,
								  const DcfFdwPrivate *priv, Oid userid,
								  DcfFetchStats *stats);

/*
 * Begin with the requests that follow from the values of the spec's bindings,
 * which are copied.  Sends nothing.  Raises what dcf_bind_create() does.
 */
extern void dcf_fetch_start(DcfFetch *fetch, const DcfBoundValue *values);

/*
 * Those of parameters live only until the plan sets them again.  In the current
 * memory context.
 */
extern DcfBoundValue *dcf_fetch_copy_values(const DcfFdwPrivate *priv,
											const DcfBoundValue *values);

/*
 * The next row: all of the relation's columns in values and isnull.  Without
 * wait, only one that is there; but a log-in is waited for, and a request that
 * is sent again.  What is passed by reference is in the current memory context,
 * which is reset before, or in a window, and valid until the next call.
 */
extern DcfFetchStatus dcf_fetch_next(DcfFetch *fetch, bool wait, Datum *values,
									 bool *isnull);

/*
 * After DCF_FETCH_LATER: wait until something happens to one of these, or only
 * look.  False if none of them has a request under way.
 */
extern bool dcf_fetch_wait_any(DcfFetch **fetches, int n, bool wait);

/* Whether more is to come over the network for what is under way. */
extern bool dcf_fetch_is_busy(const DcfFetch *fetch);

/* End all requests, at once.  The fetch can be started again. */
extern void dcf_fetch_stop(DcfFetch *fetch);

/* With what is under way counted in: stats has it from the end of a reply on. */
extern void dcf_fetch_add_open(const DcfFetch *fetch, DcfFetchStats *stats);

#endif /* DCF_FETCH_H */
