/*
 * rescan.h
 *	  Which scans of a statement are likely to read the same rows again, as its
 *	  plan shows.
 */
#ifndef DCF_RESCAN_H
#define DCF_RESCAN_H

#include "postgres.h"
#include "nodes/bitmapset.h"
#include "nodes/execnodes.h"
#include "nodes/plannodes.h"

/*
 * A foreign scan in a statement's plan.  repeated: it stands where it may be
 * read again, and nothing above it keeps its rows.
 */
typedef struct DcfRescanCandidate
{
	const ForeignScan *scan;
	bool repeated;
} DcfRescanCandidate;

/* All foreign scans of base relations, in the current memory context. */
extern List *dcf_rescan_list(const PlannedStmt *statement);

/*
 * Whether the rows of a scan in this list are worth being kept: it is repeated,
 * or another scan may ask the same.  *fetched gets the columns that all of
 * these need.
 */
extern bool dcf_rescan_find(const List *scans, const PlannedStmt *statement,
							const ForeignScan *scan, Bitmapset **fetched);

#endif /* DCF_RESCAN_H */
