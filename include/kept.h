/*
 * kept.h
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
#ifndef DCF_KEPT_H
#define DCF_KEPT_H

#include "postgres.h"
#include "nodes/execnodes.h"

#include "row_source.h"

/*
 * A source of the same rows that keeps them, for a scan that begins, or one that
 * is rescanned and has stopped.  It lives as long as the statement and takes the
 * place of "source", with which it counts.  "source" itself if its rows are not
 * worth keeping, or are kept already.  With "rescanned" they are worth it,
 * whatever the plan shows.
 */
extern DcfRowSource *dcf_kept_join(ForeignScanState *node,
								   DcfRowSource *source, bool rescanned);

#endif /* DCF_KEPT_H */
