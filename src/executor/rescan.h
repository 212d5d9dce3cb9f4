/*
 * rescan.h
 *	  Which scans of a statement will probably read the same rows again, to judge
 *	  by its plan.
 */
#ifndef DCF_RESCAN_H
#define DCF_RESCAN_H

#include "postgres.h"
#include "nodes/bitmapset.h"
#include "nodes/execnodes.h"
#include "nodes/plannodes.h"

/*
 * A foreign scan in a statement's plan.  repeated: a node above may rescan it, and
 * no node between them keeps its rows.
 */
typedef struct DcfRescanCandidate
{
	const ForeignScan *scan;
	bool repeated;
} DcfRescanCandidate;

/*
 * All foreign scans of base relations in a statement's plan: a List of
 * DcfRescanCandidate *, in the current memory context.
 */
extern List *dcf_rescan_list(const PlannedStmt *statement);

/*
 * Whether the rows of a scan in this list are worth caching: it is repeated, or
 * another scan may send the same requests.  Adds to *fetched the columns that those
 * other scans need.
 */
extern bool dcf_rescan_find(const List *scans, const PlannedStmt *statement,
							const ForeignScan *scan, Bitmapset **fetched);

#endif /* DCF_RESCAN_H */
