/*
 * period_step.c
 *	  Comparisons and inverse functions of time.  See period_step.h.
 *
 * A bound outside the years 1 to 9999 is dropped, so no computation here
 * leaves the range of timestamps.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/lsyscache.h"
#include "utils/multirangetypes.h"
#include "utils/numeric.h"
#include "utils/rangetypes.h"
#include "utils/timestamp.h"
#include "utils/typcache.h"

#include "base/compat.h"
#include "period_step.h"
#include "request/period_set.h"
#include "request/window.h"

/*
 * Larger intervals give no bound.  Their sum is less than the time between
 * PostgreSQL's first timestamp and the year 1, so nothing overflows.
 */
#define MAX_MONTHS (1000 * MONTHS_PER_YEAR)
#define MAX_DAYS   365000
#define MAX_TIME   (MAX_DAYS * USECS_PER_DAY)

/*
 * Adding months maps days 29 to 31 to the last day of a shorter month, so the
 * inverse is off by up to 3 days.
 */
#define MONTH_SLACK (4 * USECS_PER_DAY)

/* A unit of date_trunc(). */
typedef struct Unit
{
	const char *name;
	Interval span;
} Unit;

static const Unit units[] = {
	[DCF_UNIT_MICROSECOND] = {"microseconds", {.time = 1}},
	[DCF_UNIT_MILLISECOND] = {"milliseconds", {.time = 1000}},
	[DCF_UNIT_SECOND] = {"second", {.time = USECS_PER_SEC}},
	[DCF_UNIT_MINUTE] = {"minute", {.time = USECS_PER_MINUTE}},
	[DCF_UNIT_HOUR] = {"hour", {.time = USECS_PER_HOUR}},
	[DCF_UNIT_DAY] = {"day", {.day = 1}},
	[DCF_UNIT_WEEK] = {"week", {.day = 7}},
	[DCF_UNIT_MONTH] = {"month", {.month = 1}},
	[DCF_UNIT_QUARTER] = {"quarter", {.month = 3}},
	[DCF_UNIT_YEAR] = {"year", {.month = MONTHS_PER_YEAR}},
	[DCF_UNIT_DECADE] = {"decade", {.month = 10 * MONTHS_PER_YEAR}},
	[DCF_UNIT_CENTURY] = {"century", {.month = 100 * MONTHS_PER_YEAR}},
	[DCF_UNIT_MILLENNIUM] = {"millennium", {.month = 1000 * MONTHS_PER_YEAR}}};

static bool has_lower(const DcfPeriod *period);
static bool has_upper(const DcfPeriod *period);
static void open_unsendable(DcfPeriod *period);

int
dcf_period_unit(const char *name)
{
	for (size_t i = 0; i < lengthof(units); i++)
		if (pg_strcasecmp(name, units[i].name) == 0)
			return i;
	return -1;
}

/* A date or time in the terms of a space; infinite if out of its range. */
static Timestamp
time_in_space(Datum value, Oid type, DcfPeriodSpace space)
{
	int overflow = 0;

	if (type == DATEOID)
		return space == DCF_PERIOD_INSTANT ?
			dcf_compat_date2timestamptz(DatumGetDateADT(value), &overflow) :
			dcf_compat_date2timestamp(DatumGetDateADT(value), &overflow);
	if (type == TIMESTAMPOID && space == DCF_PERIOD_INSTANT)
		return dcf_compat_timestamp2timestamptz(DatumGetTimestamp(value),
												&overflow);
	return DatumGetTimestamp(value);
}

/* The times t with "t op bound". */
static DcfPeriod
period_of(DcfBindingOp op, Timestamp bound)
{
	DcfPeriod period = {.lower = DT_NOBEGIN, .upper = DT_NOEND};

	if (op == DCF_BIND_FROM || op == DCF_BIND_AFTER || op == DCF_BIND_EQUAL)
	{
		period.lower = bound;
		period.lower_exclusive = op == DCF_BIND_AFTER;
	}
	if (op == DCF_BIND_TO || op == DCF_BIND_BEFORE || op == DCF_BIND_EQUAL)
	{
		period.upper = bound;
		period.upper_exclusive = op == DCF_BIND_BEFORE;
	}
	open_unsendable(&period);
	return period;
}

/*
 * PostgreSQL compares a timestamp with a timestamptz as two instants; it
 * converts the timestamp in the session's time zone.
 */
DcfPeriod
dcf_period_compare(DcfBindingOp op, DcfPeriodSpace space, Datum value,
				   Oid valuetype)
{
	DcfPeriod period;

	if (valuetype != TIMESTAMPTZOID || space == DCF_PERIOD_INSTANT)
		return period_of(op, time_in_space(value, valuetype, space));
	period = period_of(op, DatumGetTimestamp(value));
	dcf_period_to_local(&period, (Datum) 0);
	return period;
}

/*
 * A number rounded up or down.  A numeric is rounded before it becomes a
 * double, which could lose digits.
 */
static double
whole_number(Datum value, Oid type, bool up)
{
	double result;

	switch (type)
	{
		case INT2OID:
			return DatumGetInt16(value);
		case INT4OID:
			return DatumGetInt32(value);
		case INT8OID:
			return (double) DatumGetInt64(value);
		case FLOAT4OID:
			result = DatumGetFloat4(value);
			break;
		case FLOAT8OID:
			result = DatumGetFloat8(value);
			break;
		default:
			value =
				DirectFunctionCall1(up ? numeric_ceil : numeric_floor, value);
			result = DatumGetFloat8(
				DirectFunctionCall1(numeric_float8_no_overflow, value));
			break;
	}
	return up ? ceil(result) : floor(result);
}

/*
 * The start of the first year that is not less than a number, or with greater,
 * of the first that is greater.  Infinite for NaN, and for years that cannot
 * be sent.
 */
static Timestamp
start_of_year(Datum value, Oid type, bool greater)
{
	double year = greater ? whole_number(value, type, false) + 1 :
							whole_number(value, type, true);

	if (isnan(year) || year < 1 || year > 9999)
		return DT_NOEND;
	return (Timestamp) (date2j((int) year, 1, 1) - POSTGRES_EPOCH_JDATE) *
		USECS_PER_DAY;
}

/* Year y is the period from the start of y to before that of y + 1. */
DcfPeriod
dcf_period_year(DcfBindingOp op, Datum value, Oid valuetype)
{
	DcfPeriod period = {.lower = DT_NOBEGIN, .upper = DT_NOEND};

	if (op == DCF_BIND_FROM || op == DCF_BIND_AFTER || op == DCF_BIND_EQUAL)
		period.lower = start_of_year(value, valuetype, op == DCF_BIND_AFTER);
	if (op == DCF_BIND_TO || op == DCF_BIND_BEFORE || op == DCF_BIND_EQUAL)
		period.upper = start_of_year(value, valuetype, op != DCF_BIND_BEFORE);
	period.upper_exclusive = true;
	open_unsendable(&period);
	return period;
}

/* The period of a range; the empty set for an empty range. */
static DcfPeriods
range_periods(TypeCacheEntry *type, const RangeType *range)
{
	Oid elemtype = getBaseType(type->rngelemtype->type_id);
	DcfPeriodSpace space =
		elemtype == TIMESTAMPTZOID ? DCF_PERIOD_INSTANT : DCF_PERIOD_LOCAL;
	DcfPeriods periods = {0};
	RangeBound lower;
	RangeBound upper;
	bool empty;
	DcfPeriod *period;

	range_deserialize(type, range, &lower, &upper, &empty);
	if (empty)
		return periods;
	periods = dcf_period_all();
	period = periods.items;
	if (!lower.infinite)
	{
		period->lower = time_in_space(lower.val, elemtype, space);
		period->lower_exclusive = !lower.inclusive;
	}
	if (!upper.infinite)
	{
		period->upper = time_in_space(upper.val, elemtype, space);
		period->upper_exclusive = !upper.inclusive;
	}

	/* The bounds may be infinite times, or beyond what can be sent. */
	open_unsendable(period);
	return periods;
}

DcfPeriods
dcf_period_range(Datum range)
{
	RangeType *value = DatumGetRangeTypeP(range);
	TypeCacheEntry *type =
		lookup_type_cache(RangeTypeGetOid(value), TYPECACHE_RANGE_INFO);

	return range_periods(type, value);
}

DcfPeriods
dcf_period_multirange(Datum multirange)
{
	MultirangeType *value = DatumGetMultirangeTypeP(multirange);
	TypeCacheEntry *type = lookup_type_cache(MultirangeTypeGetOid(value),
											 TYPECACHE_MULTIRANGE_INFO);
	DcfPeriods periods = {0};
	RangeType **ranges;
	int32 count;

	multirange_deserialize(type->rngtype, value, &count, &ranges);
	for (int i = 0; i < count; i++)
		periods =
			dcf_period_unite(periods, range_periods(type->rngtype, ranges[i]));
	return periods;
}

/* The start of the unit that contains a local time. */
static Timestamp
floor_unit(Timestamp time, DcfPeriodUnit unit)
{
	Datum name = PointerGetDatum(cstring_to_text(units[unit].name));

	return DatumGetTimestamp(
		DirectFunctionCall2(timestamp_trunc, name, TimestampGetDatum(time)));
}

/* The start of the unit after the one that contains a local time. */
static Timestamp
next_unit(Timestamp time, DcfPeriodUnit unit)
{
	return DatumGetTimestamp(
		DirectFunctionCall2(timestamp_pl_interval,
							TimestampGetDatum(floor_unit(time, unit)),
							IntervalPGetDatum(&units[unit].span)));
}

/* The first start of a unit at or after a local time. */
static Timestamp
ceil_unit(Timestamp time, DcfPeriodUnit unit)
{
	Timestamp start = floor_unit(time, unit);

	return start == time ? time : next_unit(time, unit);
}

/*
 * The inverse of date_trunc() for a timestamp.  It keeps order, returns starts
 * of units, and a time lies before the start of the next unit.  So for a start
 * s, trunc(t) >= s means t >= s, and trunc(t) <= s means t < next(s).  Other
 * bounds are first moved to a start.
 */
void
dcf_period_trunc(DcfPeriod *period, DcfPeriodUnit unit)
{
	if (has_lower(period))
		period->lower = period->lower_exclusive ?
			next_unit(period->lower, unit) :
			ceil_unit(period->lower, unit);
	if (has_upper(period))
		period->upper = period->upper_exclusive ?
			ceil_unit(period->upper, unit) :
			next_unit(period->upper, unit);
	period->lower_exclusive = false;
	period->upper_exclusive = true;
	open_unsendable(period);
}

/*
 * The inverse of date_trunc() for a timestamptz and a unit shorter than a day.
 * Such units are those of local clocks and need not begin with UTC's.  So only
 * this is used: a time lies less than one unit after its result.
 */
void
dcf_period_trunc_time(DcfPeriod *period, DcfPeriodUnit unit)
{
	if (has_upper(period))
	{
		period->upper += units[unit].span.time;
		period->upper_exclusive = true;
	}
	open_unsendable(period);
}

/* Convert between a local time and an instant. */
static Timestamp
convert(Timestamp time, Datum zone, bool to_instant)
{
	Datum value = TimestampGetDatum(time);

	if (zone == (Datum) 0)
		value = DirectFunctionCall1(to_instant ? timestamp_timestamptz :
												 timestamptz_timestamp,
									value);
	else
		value =
			DirectFunctionCall2(to_instant ? timestamp_zone : timestamptz_zone,
								zone, value);
	return DatumGetTimestamp(value);
}

/*
 * Convert a bound.  If the zone's offset does not change from a day before to
 * a day after the bound, the conversion keeps order there, and no time from
 * farther away gets across the bound, because offsets never change by more
 * than a day.  Otherwise widen the bound by a day.
 */
static void
convert_bound(Timestamp *bound, bool *exclusive, Datum zone, bool to_instant,
			  int64 wider)
{
	Timestamp at = convert(*bound, zone, to_instant);

	if (at - convert(*bound - USECS_PER_DAY, zone, to_instant) !=
			USECS_PER_DAY ||
		convert(*bound + USECS_PER_DAY, zone, to_instant) - at !=
			USECS_PER_DAY)
	{
		at += wider;
		*exclusive = false;
	}
	*bound = at;
}

/* Convert both bounds. */
static void
convert_period(DcfPeriod *period, Datum zone, bool to_instant)
{
	if (has_lower(period))
		convert_bound(&period->lower, &period->lower_exclusive, zone,
					  to_instant, -USECS_PER_DAY);
	if (has_upper(period))
		convert_bound(&period->upper, &period->upper_exclusive, zone,
					  to_instant, USECS_PER_DAY);
	open_unsendable(period);
}

void
dcf_period_to_local(DcfPeriod *period, Datum zone)
{
	convert_period(period, zone, false);
}

void
dcf_period_to_instant(DcfPeriod *period, Datum zone)
{
	convert_period(period, zone, true);
}

/*
 * The inverse of adding an interval (back: false) or subtracting one.  Adding
 * keeps order, but months may map several days to one, and days added to an
 * instant are those of the session's time zone; slack covers both.
 */
void
dcf_period_shift(DcfPeriod *period, DcfPeriodSpace space, const Interval *by,
				 bool back)
{
	PGFunction shift = space == DCF_PERIOD_INSTANT ?
		(back ? timestamptz_pl_interval : timestamptz_mi_interval) :
		(back ? timestamp_pl_interval : timestamp_mi_interval);
	int64 slack = by->month != 0 ? MONTH_SLACK : 0;

	if (space == DCF_PERIOD_INSTANT && (by->month != 0 || by->day != 0))
		slack += USECS_PER_DAY;
	if (by->month < -MAX_MONTHS || by->month > MAX_MONTHS ||
		by->day < -MAX_DAYS || by->day > MAX_DAYS || by->time < -MAX_TIME ||
		by->time > MAX_TIME)
	{
		period->lower = DT_NOBEGIN;
		period->upper = DT_NOEND;
		return;
	}
	if (has_lower(period))
		period->lower =
			DatumGetTimestamp(
				DirectFunctionCall2(shift, TimestampGetDatum(period->lower),
									IntervalPGetDatum(by))) -
			slack;
	if (has_upper(period))
		period->upper =
			DatumGetTimestamp(
				DirectFunctionCall2(shift, TimestampGetDatum(period->upper),
									IntervalPGetDatum(by))) +
			slack;
	if (slack != 0)
		period->lower_exclusive = period->upper_exclusive = false;
	open_unsendable(period);
}

static bool
has_lower(const DcfPeriod *period)
{
	return period->lower != DT_NOBEGIN;
}

static bool
has_upper(const DcfPeriod *period)
{
	return period->upper != DT_NOEND;
}

/* Drop bounds outside the years that can be sent. */
static void
open_unsendable(DcfPeriod *period)
{
	if (!dcf_window_is_sendable(period->lower))
	{
		period->lower = DT_NOBEGIN;
		period->lower_exclusive = false;
	}
	if (!dcf_window_is_sendable(period->upper))
	{
		period->upper = DT_NOEND;
		period->upper_exclusive = false;
	}
}
