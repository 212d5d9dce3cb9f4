/*
 * period_set.h
 *	  Operations on sets of periods.
 *
 * Results are allocated in the current memory context.
 */
#ifndef DCF_PERIOD_SET_H
#define DCF_PERIOD_SET_H

#include "request/period.h"

/* The set with one period that is open at both ends. */
extern DcfPeriods dcf_period_all(void);

/* The set with this period; the empty set if the period is empty. */
extern DcfPeriods dcf_period_single(DcfPeriod period);

/* The times that are in both sets. */
extern DcfPeriods dcf_period_intersect(DcfPeriods one, DcfPeriods other);

/* The times that are in either set. */
extern DcfPeriods dcf_period_unite(DcfPeriods one, DcfPeriods other);

/* Sort the periods, in place, drop empty ones and merge those that meet. */
extern DcfPeriods dcf_period_normalize(DcfPeriods periods);

/* Merge the period at index earlier with the next. */
extern void dcf_period_join(DcfPeriods *periods, int earlier);

/*
 * The index of the last period that begins at or before a time; 0 if all begin
 * later.
 */
extern int dcf_period_find(const DcfPeriods *periods, Timestamp time);

#endif /* DCF_PERIOD_SET_H */
