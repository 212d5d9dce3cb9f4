/*
 * estimate.h
 *	  How many rows a scan returns, and what it costs.
 *
 * What the service filters is not counted again as a filter of PostgreSQL's,
 * and no reply is estimated above max_rows unless its request can be split.
 * What replies have taught goes before ANALYZE: it is about the same question,
 * and statistics are about one reply.  Parts of a halved request are taken to
 * be in proportion to the whole, so halving always ends.
 */
#ifndef DCF_ESTIMATE_H
#define DCF_ESTIMATE_H

#include "postgres.h"
#include "nodes/pathnodes.h"

#include "planner/qual.h"
#include "request/relation.h"

typedef struct DcfEstimate
{
	double tuples; /* given: pg_class.reltuples, or less than 1 where
								 * ANALYZE never ran */
	double keys;   /* given: values of a batched join's key, and
								 * the requests they are sent_factor for by; 1
								 * where it is none */
	double batches;
	DcfEstimateSource source;
	double requests;		 /* at least 1 */
	double rows_per_request; /* in a reply, not limited by max_rows */
	double rows_sent;		 /* the same as the service may see it: an open
								 * end of a window as it is sent */
	double days;			 /* of the window; 0: none, or not known */
	double rows;			 /* what the scan returns, each reply limited by
								 * max_rows, after PostgreSQL's own filter */
	Cost startup_cost;
	Cost total_cost;
} DcfEstimate;

/*
 * Sources in this order: the service's count of a bridge table, where the
 * server's option remote_estimate is on; what earlier replies have taught; the
 * statistics of ANALYZE, where it had a sample with the selectivity of what the
 * service filters; the table's option rows (records in one reply);
 * DCF_ROWS_DEFAULT.
 * baserel->reltarget->width must be set.
 */

extern void dcf_estimate(PlannerInfo *root, RelOptInfo *baserel,
						 const DcfRelation *relation, const DcfQuals *quals,
						 Bitmapset *fan_out, DcfEstimate *estimate);

#endif /* DCF_ESTIMATE_H */
