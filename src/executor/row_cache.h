/*
 * row_cache.h
 *	  Rows that a statement has fetched and will probably read again: in a rescan
 *	  with the same values, or in another scan with the same requests.
 *
 * The first reader fetches the rows of a set of requests into a tuplestore, which
 * uses a file beyond work_mem.  All other readers read the tuplestore; one that
 * reaches its end before all rows were fetched fetches the next row itself.
 *
 * Rows stay cached while no scan reads them, until all of these need more memory
 * than a hash table may have (hash_mem_multiplier).  The least recently used ones
 * are dropped first.
 */
#ifndef DCF_ROW_CACHE_H
#define DCF_ROW_CACHE_H

#include "postgres.h"
#include "nodes/execnodes.h"

#include "reply/row_source.h"

/*
 * A row source that returns the same rows as "source" from the statement's cache.
 * It replaces "source", which must not be started, counts into the same statistics,
 * and lives as long as the statement.
 *
 * Returns "source" itself if the plan shows no reason to cache its rows, or if it
 * is cached already.  With "rescanned" the rows are cached whatever the plan shows.
 */
extern DcfRowSource *dcf_row_cache_join(ForeignScanState *node,
										DcfRowSource *source, bool rescanned);

#endif /* DCF_ROW_CACHE_H */
