/*
 * estimate.h
 *	  Estimates of a scan's rows and costs.
 *
 * The estimate of a reply comes from the first of these that is known:
 *
 * - the service's count of a bridge table, with the server's option
 *   remote_estimate;
 * - what earlier replies have taught;
 * - ANALYZE;
 * - the table's option rows;
 * - DCF_ROWS_DEFAULT.
 *
 * What replies have taught precedes ANALYZE, because it is about requests like
 * this one, while ANALYZE has seen one reply.
 *
 * Clauses that the service applies are not applied to such an estimate again.
 * No reply is estimated above max_rows unless its request can be halved.
 * Parts of a halved request are assumed to be proportional to the whole, so
 * that halving always ends.
 */
#ifndef DCF_ESTIMATE_H
#define DCF_ESTIMATE_H

#include "postgres.h"
#include "nodes/pathnodes.h"

#include "planner/qual.h"
#include "request/relation.h"

typedef struct DcfEstimate
{
	/* input: pg_class.reltuples; below 1 if ANALYZE never ran */
	double tuples;
	double keys; /* input: keys of a batched join; 1 for other scans */

	/* input: requests that ask for these keys; 1 for other scans */
	double batches;
	DcfEstimateSource source;
	double requests;		 /* at least 1 */
	double rows_per_request; /* in a reply, before max_rows */
	double rows_sent;		 /* the same, but for open ends as they are sent */
	double days;			 /* of the window; 0: none, or not known */

	/* what the scan returns, after max_rows and PostgreSQL's own filter */
	double rows;
	Cost startup_cost;
	Cost total_cost;
} DcfEstimate;

/*
 * Estimate a scan with these clauses. estimate holds the inputs, and receives
 * the rest. fan_out: columns (attnums) as in DcfFdwPrivate.
 * baserel->reltarget->width must be set.  With remote_estimate, the service
 * may be asked for the count of a bridge table (see bridge.h).
 */
extern void dcf_estimate(PlannerInfo *root, RelOptInfo *baserel,
						 const DcfRelation *relation, const DcfQuals *quals,
						 Bitmapset *fan_out, DcfEstimate *estimate);

#endif /* DCF_ESTIMATE_H */
