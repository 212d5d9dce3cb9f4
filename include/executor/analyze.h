/*
 * analyze.h
 *	  ANALYZE.  It asks the service for something only where the table's option
 *	  analyze_params says what, and then its statistics are of that reply; of a
 *	  partition, of the reply's rows within its bounds.  Else it takes the number of rows from what was learned, if anything was.
 */
#ifndef DCF_ANALYZE_H
#define DCF_ANALYZE_H

#include "postgres.h"
#include "foreign/fdwapi.h"
#include "utils/rel.h"

/* False, with a warning that says what to do, where there is nothing to go by. */
extern bool dcf_analyze_table(Relation rel, AcquireSampleRowsFunc *func,
							  BlockNumber *totalpages);

#endif /* DCF_ANALYZE_H */
