/*
 * period_step.h
 *	  The comparisons and steps that period.c's programs consist of.
 */
#ifndef DCF_PERIOD_STEP_H
#define DCF_PERIOD_STEP_H

#include "request/period.h"

/*
 * The values that "x op value" allows for x, which is in space. value is not
 * NULL.
 */
extern DcfPeriod dcf_period_compare(DcfBindingOp op, DcfPeriodSpace space,
									Datum value, Oid valuetype);

/* The local times whose year y satisfies "y op value". value is a number. */
extern DcfPeriod dcf_period_year(DcfBindingOp op, Datum value, Oid valuetype);

/* The elements of a range or multirange of dates or times. */
extern DcfPeriods dcf_period_range(Datum range);
extern DcfPeriods dcf_period_multirange(Datum multirange);

/*
 * Steps.  Replace a period of a function's results by the period of its
 * arguments. zone is a time zone's name (text), or 0 for the session's.
 */
extern void dcf_period_trunc(DcfPeriod *period, DcfPeriodUnit unit);
extern void dcf_period_trunc_time(DcfPeriod *period, DcfPeriodUnit unit);
extern void dcf_period_to_local(DcfPeriod *period, Datum zone);
extern void dcf_period_to_instant(DcfPeriod *period, Datum zone);
extern void dcf_period_shift(DcfPeriod *period, DcfPeriodSpace space,
							 const Interval *by, bool back);

#endif /* DCF_PERIOD_STEP_H */
