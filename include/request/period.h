/*
 * period.h
 *	  The periods in which a window column's values must lie, computed from
 *	  clauses that compare an expression over the column, such as
 *	  date_trunc('month', c) = v.
 *
 * A clause becomes a program for a machine with a stack of sets of periods.  A
 * comparison pushes the set of values that its expression may have.  A step
 * then turns the set for a function's result into the set for its argument.  A
 * step may widen periods, but never narrows them: PostgreSQL checks each row
 * again.
 *
 * Times are as in DcfWindow: local for date (its midnight) and timestamp, UTC
 * for timestamptz.
 *
 * A bound outside the years 1 to 9999 is dropped before each step, so no step
 * overflows.  At most 24 periods are sent; see dcf_period_windows().  Filtered
 * columns are not sent together with periods, because their requests would
 * multiply.
 */
#ifndef DCF_PERIOD_H
#define DCF_PERIOD_H

#include "postgres.h"
#include "datatype/timestamp.h"
#include "nodes/pg_list.h"
#include "nodes/primnodes.h"

#include "request/bind.h"
#include "request/fdw_private.h"
#include "request/window.h"

/* An open end is DT_NOBEGIN or DT_NOEND. */
typedef struct DcfPeriod
{
	Timestamp lower, upper;
	bool lower_exclusive, upper_exclusive;
} DcfPeriod;

/* In ascending order.  No period is empty or meets the next. */
typedef struct DcfPeriods
{
	int count;
	DcfPeriod *items;
} DcfPeriods;

/*
 * The codes of a program. "+" lists the codes that follow as operands; "takes"
 * means the next of the program's values.
 */
typedef enum DcfPeriodCode
{
	/*
	 * Push a set.  Each takes the value that the expression is compared with.
	 */
	DCF_PERIOD_COMPARE,	 /* + DcfBindingOp, DcfPeriodSpace */
	DCF_PERIOD_ANY,		 /* = an element of the array; + DcfPeriodSpace */
	DCF_PERIOD_YEAR,	 /* the expression's year; + DcfBindingOp */
	DCF_PERIOD_YEAR_ANY, /* = an element of the array */
	DCF_PERIOD_RANGE,	 /* in the range */
	DCF_PERIOD_MULTIRANGE,

	/* Steps, from a function's result to its argument. */
	/* undo date_trunc() of a timestamp; + DcfPeriodUnit */
	DCF_PERIOD_TRUNC,

	/* the same of a timestamptz, by less than a day */
	DCF_PERIOD_TRUNC_TIME,
	DCF_PERIOD_TO_LOCAL,	/* undo a cast of timestamp to timestamptz */
	DCF_PERIOD_TO_INSTANT,	/* undo a cast of timestamptz to timestamp */
	DCF_PERIOD_TO_LOCAL_AT, /* undo AT TIME ZONE; takes the zone's name */
	DCF_PERIOD_TO_INSTANT_AT,
	DCF_PERIOD_PLUS, /* takes the interval added; + DcfPeriodSpace */
	DCF_PERIOD_MINUS,
	DCF_PERIOD_PLUS_DAYS, /* takes the integer added to a date */
	DCF_PERIOD_MINUS_DAYS,

	/* Replace the topmost sets by one; + their number. */
	DCF_PERIOD_AND,
	DCF_PERIOD_OR
} DcfPeriodCode;

typedef enum DcfPeriodSpace
{
	DCF_PERIOD_LOCAL,
	DCF_PERIOD_INSTANT
} DcfPeriodSpace;

typedef enum DcfPeriodUnit
{
	DCF_UNIT_MICROSECOND,
	DCF_UNIT_MILLISECOND,
	DCF_UNIT_SECOND,
	DCF_UNIT_MINUTE,
	DCF_UNIT_HOUR,
	DCF_UNIT_DAY,
	DCF_UNIT_WEEK,
	DCF_UNIT_MONTH,
	DCF_UNIT_QUARTER,
	DCF_UNIT_YEAR,
	DCF_UNIT_DECADE,
	DCF_UNIT_CENTURY,
	DCF_UNIT_MILLENNIUM
} DcfPeriodUnit;

/*
 * The unit with that name of date_trunc(), compared without regard to case; -1
 * if there is none.
 */
extern int dcf_period_unit(const char *name);

/*
 * Run a program (an IntList). values are taken in order, none of them unknown.
 * With an empty result no row can match.  Palloc'd in the current memory
 * context.
 */
extern DcfPeriods dcf_period_run(const List *program,
								 const DcfBoundValue *values);

/*
 * The values of a program: the fields of the record that its expressions were
 * evaluated to.  Palloc'd.
 */
extern DcfBoundValue *dcf_period_values(Datum record);

/*
 * Which ends a binding of a window column bounds, as far as can be told
 * without its value.
 */
extern void dcf_period_ends(const DcfBinding *binding, bool *lower,
							bool *upper);

/*
 * The periods of a column that equals an element of an array of dates or
 * times. space is the column's own.  Elements less than a week apart share one
 * period, because a gap that short is not worth a request.
 */
extern DcfPeriods dcf_period_any(DcfPeriodSpace space, Datum array,
								 Oid arraytype);

/*
 * The windows to request, in ascending order, palloc'd: the intersections of a
 * window with each period.  Periods that meet once they are widened for
 * sending are merged, and so are the nearest ones while there are more than
 * 24.  If apart is false, all are merged, because the endpoint takes only one
 * end. periods is updated to match the result.
 */
extern DcfWindow *dcf_period_windows(const DcfWindow *window, bool apart,
									 DcfPeriods *periods);

#endif /* DCF_PERIOD_H */
