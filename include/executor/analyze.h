/*
 * analyze.h
 *	  ANALYZE.
 *
 * With the table's option "analyze_params", one request with these parameters is
 * sent, and the sample is drawn from its reply; for a partition, only from the rows
 * within its bounds.  Without the option nothing is sent, and only the number of
 * rows is updated, from the statistics of earlier replies (reply_stats.h).
 */
#ifndef DCF_ANALYZE_H
#define DCF_ANALYZE_H

#include "postgres.h"
#include "foreign/fdwapi.h"
#include "utils/rel.h"

/*
 * The AnalyzeForeignTable callback.  Returns false, with a warning, if there is neither
 * the option nor a statistic.
 */
extern bool dcf_analyze_table(Relation rel, AcquireSampleRowsFunc *func,
							  BlockNumber *totalpages);

#endif /* DCF_ANALYZE_H */
