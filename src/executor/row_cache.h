/*
 * row_cache.h
 *	  Rows that a statement has fetched, kept for who wants them again: a rescan
 *	  with the same values, or another scan that asks the same.
 *
 * The rows of one set of requests are fetched when the first reader wants them,
 * go into a tuplestore, which takes up to work_mem before it goes to a file,
 * and are read from there by all others, also while the first is not through.
 * Rows that nobody reads stay as long as all of these take no more memory than
 * a hash table may (hash_mem_multiplier); those not used for longest are dropped
 * first.
 */
#ifndef DCF_ROW_CACHE_H
#define DCF_ROW_CACHE_H

#include "postgres.h"
#include "executor/tuptable.h"
#include "nodes/execnodes.h"

#include "reply/fetch.h"

/* What one scan reads of its statement's kept rows. */
typedef struct DcfRowCacheReader DcfRowCacheReader;

/*
 * For a scan that begins; NULL if its rows are not worth keeping.  With
 * "rescanned" they are, whatever the plan shows.  The reader is the statement's,
 * spec is the scan's own, and stats is where its requests count.
 */
extern DcfRowCacheReader *dcf_row_cache_join(ForeignScanState *node,
											 const DcfRelation *relation,
											 const DcfFdwPrivate *priv,
											 Oid userid, bool rescanned,
											 DcfFetchStats *stats);

/*
 * Begin to read the rows that follow from the values of the spec's bindings.
 * True if somebody has begun to fetch them before.
 */
extern bool dcf_row_cache_start(DcfRowCacheReader *reader,
								const DcfBoundValue *values);

/*
 * The next row, as dcf_fetch_next() gives it: in slot, or in one that *result
 * is set to.
 */
extern DcfFetchStatus dcf_row_cache_next(DcfRowCacheReader *reader, bool wait,
										 TupleTableSlot *slot,
										 TupleTableSlot **result);

/* What fetches the rows being read; NULL if all are there. */
extern DcfFetch *dcf_row_cache_fetch(const DcfRowCacheReader *reader);

/* With what is under way for the reader's own requests counted in. */
extern void dcf_row_cache_add_open(const DcfRowCacheReader *reader,
								   DcfFetchStats *stats);

/* Read no more for now; the rows stay for the next start, if they can. */
extern void dcf_row_cache_stop(DcfRowCacheReader *reader);

/* The scan has ended; with a statement's last one all rows go. */
extern void dcf_row_cache_leave(DcfRowCacheReader *reader);

#endif /* DCF_ROW_CACHE_H */
