/*
 * period_set.h
 *	  Sets of periods: made, united, intersected, searched.
 *
 * Sets are allocated in the current memory context.
 */
#ifndef DCF_PERIOD_SET_H
#define DCF_PERIOD_SET_H

#include "request/period.h"

/* All of time. */
extern DcfPeriods dcf_period_all(void);

/* One period; the empty set if it is empty. */
extern DcfPeriods dcf_period_single(DcfPeriod period);

/* What two sets have in common; what either has. */
extern DcfPeriods dcf_period_intersect(DcfPeriods one, DcfPeriods other);
extern DcfPeriods dcf_period_unite(DcfPeriods one, DcfPeriods other);

/* Make a set, in place, of periods in any order, which may be empty or meet. */
extern DcfPeriods dcf_period_normalize(DcfPeriods periods);

/* Make one period of the one at index earlier and the next. */
extern void dcf_period_join(DcfPeriods *periods, int earlier);

/*
 * The index of the last period that begins at a time or before it; 0 if all
 * begin later.
 */
extern int dcf_period_find(const DcfPeriods *periods, Timestamp time);

#endif /* DCF_PERIOD_SET_H */
