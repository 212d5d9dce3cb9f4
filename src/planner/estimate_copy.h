/*
 * estimate_copy.h
 *	  Which part of a path's requests copies save.
 */
#ifndef DCF_ESTIMATE_COPY_H
#define DCF_ESTIMATE_COPY_H

#include "postgres.h"
#include "nodes/pathnodes.h"

#include "planner/qual.h"
#include "request/relation.h"

/*
 * The part of the requests, 0 to 1, whose replies are young copies now; 0 also if
 * the requests are not known yet.  fan_out: as for dcf_estimate().
 */
extern double dcf_estimate_copied(PlannerInfo *root, const RelOptInfo *baserel,
								  const DcfRelation *relation,
								  const DcfQuals *quals, Bitmapset *fan_out);

#endif /* DCF_ESTIMATE_COPY_H */
