/*
 * period.h
 *	  Sets of periods in which a window column's values must lie, worked out
 *	  from conditions that say so in other words.
 *
 * A condition about a column is written as a program: codes for a machine with
 * a stack of sets.  Comparisons push what they say of an expression over the
 * column; steps make of the periods of a function's result those of its
 * argument.  A step may make periods wider, never narrower: PostgreSQL checks
 * each row again.
 *
 * Times are as in a DcfWindow: local for date and timestamp, a date being its
 * midnight, and UTC for timestamptz.
 *
 * A bound outside of the years that can be sent is dropped first, so no step
 * overflows.  At most 24 periods are sent.  Filtered columns are not sent
 * beside periods, because their requests would multiply.
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

/* An end that is open is DT_NOBEGIN or DT_NOEND. */
typedef struct DcfPeriod
{
	Timestamp lower, upper;
	bool lower_exclusive, upper_exclusive;
} DcfPeriod;

/* In ascending order; none empty, none meets another. */
typedef struct DcfPeriods
{
	int count;
	DcfPeriod *items;
} DcfPeriods;

/* The codes of a program; "takes": the next of its values. */
typedef enum DcfPeriodCode
{
	/* Push a set: takes what is compared with. */
	DCF_PERIOD_COMPARE,	 /* + DcfBindingOp, DcfPeriodSpace */
	DCF_PERIOD_ANY,		 /* = an element of the array; + DcfPeriodSpace */
	DCF_PERIOD_YEAR,	 /* of the local year; + DcfBindingOp */
	DCF_PERIOD_YEAR_ANY, /* = an element of the array */
	DCF_PERIOD_RANGE,	 /* in the range */
	DCF_PERIOD_MULTIRANGE,

	/* Steps, from a function's result to its argument. */
	DCF_PERIOD_TRUNC,		/* local date_trunc(); + DcfPeriodUnit */
	DCF_PERIOD_TRUNC_TIME,	/* the same of instants, by less than a day */
	DCF_PERIOD_TO_LOCAL,	/* of timestamp -> timestamptz, in the session */
	DCF_PERIOD_TO_INSTANT,	/* of timestamptz -> timestamp */
	DCF_PERIOD_TO_LOCAL_AT, /* the same in a zone, whose name it takes */
	DCF_PERIOD_TO_INSTANT_AT,
	DCF_PERIOD_PLUS, /* + an interval that it takes; + DcfPeriodSpace */
	DCF_PERIOD_MINUS,
	DCF_PERIOD_PLUS_DAYS, /* + an integer, of a date */
	DCF_PERIOD_MINUS_DAYS,

	/* Replace so many sets, which follows, by one. */
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

/* The unit of that name, as date_trunc() takes it, or -1. */
extern int dcf_period_unit(const char *name);

/*
 * Run a program (an IntList) over its values, none unknown, in the order in
 * which it takes them.  An empty set: no row can match.
 */
extern DcfPeriods dcf_period_run(const List *program,
								 const DcfBoundValue *values);

/* The values of a program, from the record that they are evaluated to. */
extern DcfBoundValue *dcf_period_values(Datum record);

/*
 * Which ends a binding of a window gives, as far as can be told without its
 * value.
 */
extern void dcf_period_ends(const DcfBinding *binding, bool *lower,
							bool *upper);

/*
 * The periods of days or times that a column is in a list of, which is in the
 * column's own space.  Those less than a week apart are one.
 */
extern DcfPeriods dcf_period_any(DcfPeriodSpace space, Datum array,
								 Oid arraytype);

/*
 * The windows to ask for, in ascending order: what is left of a window in each
 * of the periods.  Those that meet as they are sent become one, and so do the
 * nearest of too many; with apart false all of them.  periods then goes along
 * with windows.
 */
extern DcfWindow *dcf_period_windows(const DcfWindow *window, bool apart,
									 DcfPeriods *periods);

#endif /* DCF_PERIOD_H */
