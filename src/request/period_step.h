/*
 * period_step.h
 *	  What period.c's programs are made of.
 */
#ifndef DCF_PERIOD_STEP_H
#define DCF_PERIOD_STEP_H

#include "request/period.h"

/* What a comparison says of the value on its left, of a type in space. */
extern DcfPeriod dcf_period_compare(DcfBindingOp op, DcfPeriodSpace space,
									Datum value, Oid valuetype);
extern DcfPeriod dcf_period_year(DcfBindingOp op, Datum value, Oid valuetype);

/* Of a range's elements; its type is found in itself. */
extern DcfPeriods dcf_period_range(Datum range);
extern DcfPeriods dcf_period_multirange(Datum multirange);

/*
 * Of the periods of a function's result make those of its argument.  zone is
 * a name, or 0 for the session's.
 */
extern void dcf_period_trunc(DcfPeriod *period, DcfPeriodUnit unit);
extern void dcf_period_trunc_time(DcfPeriod *period, DcfPeriodUnit unit);
extern void dcf_period_to_local(DcfPeriod *period, Datum zone);
extern void dcf_period_to_instant(DcfPeriod *period, Datum zone);
extern void dcf_period_shift(DcfPeriod *period, DcfPeriodSpace space,
							 const Interval *by, bool back);

#endif /* DCF_PERIOD_STEP_H */
