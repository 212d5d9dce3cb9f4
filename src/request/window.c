/*
 * window.c
 *	  Ranges of time that are sent.  See window.h.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "pgtime.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/timestamp.h"

#include "base/compat.h"
#include "request/window.h"

/* The years that an ISO date with four digits can express. */
#define FIRST_YEAR 1
#define LAST_YEAR  9999

static bool to_column_terms(const DcfWindow *window, Datum value,
							Oid valuetype, Timestamp *result, bool *inexact);
static void narrow_lower(DcfWindow *window, Timestamp bound, bool exclusive);
static void narrow_upper(DcfWindow *window, Timestamp bound, bool exclusive);
static Timestamp midnight_near(const DcfWindow *window, Timestamp time,
							   int days);
static Timestamp lower_bound(const DcfWindow *window);
static Timestamp upper_bound(const DcfWindow *window, bool *exclusive);
static Timestamp first_day(TimestampTz instant, pg_tz *timezone);
static Timestamp last_day_end(TimestampTz instant, bool exclusive,
							  pg_tz *timezone);
static Timestamp floor_day(Timestamp local);
static Timestamp end_of_day(Timestamp local, bool exclusive);
static Timestamp floor_to(Timestamp time, int64 unit);
static bool next_setback(TimestampTz instant, pg_tz *timezone,
						 TimestampTz *when, Timestamp *local_before,
						 Timestamp *local_after);
static Timestamp local_from_utc(TimestampTz instant, pg_tz *timezone);
static int offset_at(Timestamp local, pg_tz *timezone);
static char *format_utc(Timestamp utc);
static Timestamp utc_earliest(Timestamp local, pg_tz *timezone);
static Timestamp utc_latest(Timestamp local, pg_tz *timezone);

void
dcf_window_init(DcfWindow *window, Oid type, int32 typmod, pg_tz *timezone,
				bool round_day)
{
	memset(window, 0, sizeof(*window));
	window->type = type;
	window->timezone = timezone;

	/* 2000-01-01 is PostgreSQL's zero.  The other is tomorrow. */
	window->open_lower = 0;
	window->open_upper = GetCurrentTransactionStartTimestamp() + USECS_PER_DAY;

	/* A date in a reply may be any time of that day. */
	window->round_day = round_day || type == DATEOID;

	/* timestamp(0) rounds 23:59:59.997 to the next day's midnight. */
	if (type != DATEOID && typmod >= 0 && typmod < DCF_SERVICE_DIGITS)
	{
		window->slack = USECS_PER_SEC / 2;
		for (int i = 0; i < typmod; i++)
			window->slack /= 10;
	}
}

bool
dcf_window_accepts(Oid columntype, Oid valuetype)
{
	return (valuetype == DATEOID || valuetype == TIMESTAMPOID ||
			valuetype == TIMESTAMPTZOID) &&
		(columntype == DATEOID || columntype == TIMESTAMPOID ||
		 columntype == TIMESTAMPTZOID);
}

void
dcf_window_narrow(DcfWindow *window, DcfBindingOp op, Datum value,
				  Oid valuetype)
{
	Timestamp bound;
	bool inexact = false;

	/* An infinite bound excludes nothing that PostgreSQL would not. */
	if (!to_column_terms(window, value, valuetype, &bound, &inexact))
		return;
	if (inexact)
		window->inexact = true;

	if (op == DCF_BIND_FROM || op == DCF_BIND_AFTER || op == DCF_BIND_EQUAL)
		narrow_lower(window, bound, op == DCF_BIND_AFTER);
	if (op == DCF_BIND_TO || op == DCF_BIND_BEFORE || op == DCF_BIND_EQUAL)
		narrow_upper(window, bound, op == DCF_BIND_BEFORE);
}

/*
 * Compares in the column's own terms, whose order may differ from that of the
 * instants sent: a time that clocks skip is a later instant than the time
 * shown after it.
 */
void
dcf_window_cut(DcfWindow *window, const Timestamp *lower,
			   const Timestamp *upper)
{
	if (lower)
		narrow_lower(window, *lower, false);
	if (upper)
		narrow_upper(window, *upper, true);
}

void
dcf_window_limit(DcfWindow *window, Timestamp lower, bool lower_exclusive,
				 Timestamp upper, bool upper_exclusive)
{
	if (lower != DT_NOBEGIN)
		narrow_lower(window, lower, lower_exclusive);
	if (upper != DT_NOEND)
		narrow_upper(window, upper, upper_exclusive);
}

bool
dcf_window_meets(const DcfWindow *earlier, const DcfWindow *later)
{
	char *end = dcf_window_to(earlier);
	char *start = dcf_window_from(later);

	/* Texts of one length with the year first, so they sort by time. */
	return !end || !start || strcmp(end, start) >= 0;
}

/* The bounds for computing; open ends count as open_lower and open_upper. */
static void
assume_bounds(const DcfWindow *window, Timestamp *lower, Timestamp *upper)
{
	*lower = window->has_lower && dcf_window_is_sendable(window->lower) ?
		window->lower :
		window->open_lower;
	*upper = window->has_upper && dcf_window_is_sendable(window->upper) ?
		window->upper :
		window->open_upper;
}

bool
dcf_window_middle(const DcfWindow *window, Timestamp *middle)
{
	Timestamp lower;
	Timestamp upper;
	Timestamp between;

	assume_bounds(window, &lower, &upper);
	between = lower / 2 + upper / 2;
	if (lower >= upper)
		return false;
	if (window->round_day)
	{
		*middle = midnight_near(window, between, 0);

		/* Rounding down may reach the bound itself: take the next midnight. */
		if (*middle <= lower)
			*middle = midnight_near(window, lower, 1);
	}
	else
	{
		*middle = floor_to(between, USECS_PER_SEC);
		if (*middle <= lower)
			*middle = floor_to(lower, USECS_PER_SEC) + USECS_PER_SEC;
	}

	/* In the last day or second, no such time lies between the bounds. */
	return *middle > lower && *middle < upper;
}

void
dcf_window_days(const DcfWindow *window, double *sent, double *exact)
{
	Timestamp lower;
	Timestamp upper;

	assume_bounds(window, &lower, &upper);
	*exact = ((double) upper - (double) lower) / USECS_PER_DAY;

	/*
	 * The same midnights as dcf_window_from() and dcf_window_to() send: only
	 * an excluded midnight, or one that stands for an open end, needs no
	 * further day.
	 */
	if (window->round_day)
	{
		Timestamp midnight = midnight_near(window, upper, 0);

		lower = midnight_near(window, lower, 0);
		if (midnight != upper ||
			(window->has_upper && !window->upper_exclusive))
			upper = midnight_near(window, upper, 1);
	}
	*sent = ((double) upper - (double) lower) / USECS_PER_DAY;

	/* The bounds are midnights that stand for whole days. */
	if (window->type == DATEOID)
		*exact = *sent;
}

Timestamp
dcf_window_time(const DcfWindow *window, Datum value)
{
	int overflow = 0;

	if (window->type != DATEOID)
		return DatumGetTimestamp(value);
	/* Dates out of the range of timestamps become infinite. */
	return dcf_compat_date2timestamp(DatumGetDateADT(value), &overflow);
}

void
dcf_window_asked(const DcfWindow *window, Timestamp *from, Timestamp *to)
{
	const bool utc = window->type == TIMESTAMPTZOID;

	*from = DT_NOBEGIN;
	*to = DT_NOEND;
	if (window->has_lower && dcf_window_is_sendable(lower_bound(window)))
	{
		*from = lower_bound(window);
		if (window->round_day)
			*from = utc ? utc_earliest(first_day(*from, window->timezone),
									   window->timezone) :
						  floor_day(*from);
	}
	if (window->has_upper)
	{
		bool exclusive;
		Timestamp bound = upper_bound(window, &exclusive);

		if (!dcf_window_is_sendable(bound))
			return;
		/* Times are sent with three digits, rounded up. */
		*to = bound + USECS_PER_SEC / 1000;
		if (window->round_day)
			*to = utc ?
				utc_latest(last_day_end(bound, exclusive, window->timezone) +
							   USECS_PER_DAY,
						   window->timezone) :
				end_of_day(bound, exclusive) + USECS_PER_DAY;
	}
}

bool
dcf_window_is_empty(const DcfWindow *window)
{
	if (!window->has_lower || !window->has_upper)
		return false;

	/* Both bounds will be widened by a day. */
	if (window->inexact)
		return window->lower - USECS_PER_DAY > window->upper + USECS_PER_DAY;
	return window->lower > window->upper ||
		(window->lower == window->upper &&
		 (window->lower_exclusive || window->upper_exclusive));
}

char *
dcf_window_from(const DcfWindow *window)
{
	Timestamp bound = lower_bound(window);

	if (!window->has_lower || !dcf_window_is_sendable(bound))
		return NULL;

	/*
	 * Days begin at local midnights, so round in local time, then convert.
	 * Without rounding, a timestamptz is in UTC already.
	 */
	if (window->round_day)
		bound = window->type == TIMESTAMPTZOID ?
			first_day(bound, window->timezone) :
			floor_day(bound);
	if (window->round_day || window->type != TIMESTAMPTZOID)
		bound = utc_earliest(bound, window->timezone);

	/* The conversion may have left the years that can be sent. */
	return dcf_window_is_sendable(bound) ?
		format_utc(floor_to(bound, USECS_PER_SEC / 1000)) :
		NULL;
}

char *
dcf_window_to(const DcfWindow *window)
{
	bool exclusive;
	Timestamp bound = upper_bound(window, &exclusive);

	if (!window->has_upper || !dcf_window_is_sendable(bound))
		return NULL;
	if (window->round_day)
		bound = window->type == TIMESTAMPTZOID ?
			last_day_end(bound, exclusive, window->timezone) :
			end_of_day(bound, exclusive);
	if (window->round_day || window->type != TIMESTAMPTZOID)
		bound = utc_latest(bound, window->timezone);

	/* Negated twice, rounding down becomes rounding up. */
	return dcf_window_is_sendable(bound) ?
		format_utc(-floor_to(-bound, USECS_PER_SEC / 1000)) :
		NULL;
}

bool
dcf_window_is_shown_twice(Timestamp local, pg_tz *timezone)
{
	Timestamp earliest;
	Timestamp latest;

	if (!dcf_window_is_sendable(local))
		return false;
	earliest = utc_earliest(local, timezone);
	latest = utc_latest(local, timezone);

	/*
	 * They also differ for a time that clocks skip, but neither instant shows
	 * that time.
	 */
	return earliest != latest && local_from_utc(earliest, timezone) == local &&
		local_from_utc(latest, timezone) == local;
}

/*
 * Convert a value to the terms of the window's bounds.  False if it is
 * infinite or out of the column type's range.  Sets *inexact if the conversion
 * does not keep order.
 */
static bool
to_column_terms(const DcfWindow *window, Datum value, Oid valuetype,
				Timestamp *result, bool *inexact)
{
	int overflow = 0;

	if (valuetype == DATEOID)
	{
		DateADT date = DatumGetDateADT(value);

		if (DATE_NOT_FINITE(date))
			return false;

		/* The session's time zone decides, as in PostgreSQL's comparison. */
		if (window->type == TIMESTAMPTZOID)
			*result = dcf_compat_date2timestamptz(date, &overflow);
		else
			*result = dcf_compat_date2timestamp(date, &overflow);
		return overflow == 0;
	}

	*result = DatumGetTimestamp(value);
	if (TIMESTAMP_NOT_FINITE(*result))
		return false;
	if (valuetype == TIMESTAMPOID && window->type == TIMESTAMPTZOID)
		*result = dcf_compat_timestamp2timestamptz(*result, &overflow);
	else if (valuetype == TIMESTAMPTZOID && window->type != TIMESTAMPTZOID)
	{
		/*
		 * PostgreSQL will compare by converting the column in the session's
		 * time zone, which does not keep order when clocks are set back.
		 */
		*result = DatumGetTimestamp(
			DirectFunctionCall1(timestamptz_timestamp, value));
		*inexact = true;
	}
	return overflow == 0 && !TIMESTAMP_NOT_FINITE(*result);
}

/* Raise the lower bound, if this one is higher. */
static void
narrow_lower(DcfWindow *window, Timestamp bound, bool exclusive)
{
	if (!window->has_lower || bound > window->lower ||
		(bound == window->lower && exclusive))
	{
		window->has_lower = true;
		window->lower = bound;
		window->lower_exclusive = exclusive;
	}
}

/* Lower the upper bound, if this one is lower. */
static void
narrow_upper(DcfWindow *window, Timestamp bound, bool exclusive)
{
	if (!window->has_upper || bound < window->upper ||
		(bound == window->upper && exclusive))
	{
		window->has_upper = true;
		window->upper = bound;
		window->upper_exclusive = exclusive;
	}
}

/*
 * The bound in terms of the service's values: before the column's precision
 * rounded them, and widened if it is inexact.
 */
static Timestamp
lower_bound(const DcfWindow *window)
{
	return window->lower - window->slack -
		(window->inexact ? USECS_PER_DAY : 0);
}

/*
 * Likewise.  An exclusive bound that is a multiple of the precision needs no
 * widening: what is rounded to less than it is less than it.
 */
static Timestamp
upper_bound(const DcfWindow *window, bool *exclusive)
{
	Timestamp bound = window->upper + (window->inexact ? USECS_PER_DAY : 0);

	*exclusive = window->upper_exclusive;
	if (window->slack == 0 ||
		(*exclusive && bound == floor_to(bound, 2 * window->slack)))
		return bound;
	*exclusive = false;
	return bound + window->slack;
}

/*
 * The midnight that begins the first calendar day shown by clocks at an
 * instant or later.  That is the instant's own day, unless clocks are set back
 * across midnight later on that day and show the day before again.
 */
static Timestamp
first_day(TimestampTz instant, pg_tz *timezone)
{
	Timestamp first = floor_day(local_from_utc(instant, timezone));
	TimestampTz when;
	Timestamp local_before;
	Timestamp local_after;

	if (next_setback(instant, timezone, &when, &local_before, &local_after))
		first = Min(first, floor_day(local_after));
	return first;
}

/* Likewise the midnight after the last calendar day shown up to an instant. */
static Timestamp
last_day_end(TimestampTz instant, bool exclusive, pg_tz *timezone)
{
	Timestamp last = end_of_day(local_from_utc(instant, timezone), exclusive);
	TimestampTz when = instant - USECS_PER_DAY;
	Timestamp local_before;
	Timestamp local_after;

	/*
	 * Clocks are set back by at most a day.  So only a setback of the last day
	 * can have shown a later day than the instant does.
	 */
	while (next_setback(when, timezone, &when, &local_before, &local_after) &&
		   when <= instant)
		last = Max(last, end_of_day(local_before, true));
	return last;
}

static Timestamp
floor_day(Timestamp local)
{
	return floor_to(local, USECS_PER_DAY);
}

/*
 * The midnight at or before a time, or a number of days later, in the terms of
 * the window's bounds.
 */
static Timestamp
midnight_near(const DcfWindow *window, Timestamp time, int days)
{
	if (window->type != TIMESTAMPTZOID)
		return floor_day(time) + days * USECS_PER_DAY;
	return utc_earliest(floor_day(local_from_utc(time, window->timezone)) +
							days * USECS_PER_DAY,
						window->timezone);
}

/* The first midnight after a local time; if exclusive, at or after it. */
static Timestamp
end_of_day(Timestamp local, bool exclusive)
{
	Timestamp midnight = floor_day(local);

	return exclusive && midnight == local ? midnight :
											midnight + USECS_PER_DAY;
}

/* Round down to a multiple of unit, also below zero. */
static Timestamp
floor_to(Timestamp time, int64 unit)
{
	int64 rest = time % unit;

	return time - (rest < 0 ? rest + unit : rest);
}

bool
dcf_window_is_sendable(Timestamp time)
{
	int first = date2j(FIRST_YEAR, 1, 1) - POSTGRES_EPOCH_JDATE;
	int end = date2j(LAST_YEAR + 1, 1, 1) - POSTGRES_EPOCH_JDATE;

	return time >= first * USECS_PER_DAY && time < end * USECS_PER_DAY;
}

/*
 * When clocks are next set back after an instant, and what they show just
 * before and after.  False if the next change of the zone's offset is not a
 * setback.
 */
static bool
next_setback(TimestampTz instant, pg_tz *timezone, TimestampTz *when,
			 Timestamp *local_before, Timestamp *local_after)
{
	pg_time_t start = timestamptz_to_time_t(instant);
	pg_time_t change;
	long before;
	long after;
	int is_dst;

	if (pg_next_dst_boundary(&start, &before, &is_dst, &change, &after,
							 &is_dst, timezone) != 1 ||
		after >= before)
		return false;
	*when = time_t_to_timestamptz(change);
	*local_before = *when + before * USECS_PER_SEC;
	*local_after = *when + after * USECS_PER_SEC;
	return true;
}

/* An instant as local time. */
static Timestamp
local_from_utc(TimestampTz instant, pg_tz *timezone)
{
	struct pg_tm tm;
	fsec_t fsec;
	int tz;
	Timestamp local;

	if (timestamp2tm(instant, &tz, &tm, &fsec, NULL, timezone) != 0 ||
		tm2timestamp(&tm, fsec, NULL, &local) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("timestamp out of range")));
	return local;
}

/*
 * The offset of a local time, in seconds west of UTC.  For a time that clocks
 * show twice or skip, PostgreSQL chooses one of two.
 */
static int
offset_at(Timestamp local, pg_tz *timezone)
{
	struct pg_tm tm;
	fsec_t fsec;

	if (timestamp2tm(local, NULL, &tm, &fsec, NULL, NULL) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("timestamp out of range")));
	return DetermineTimeZoneOffset(&tm, timezone);
}

/*
 * The earliest instant that a local time can be.  A time that clocks show
 * twice or skip has two, with the offsets in force a day before and a day
 * after.
 */
static Timestamp
utc_earliest(Timestamp local, pg_tz *timezone)
{
	int before = offset_at(local - USECS_PER_DAY, timezone);
	int at = offset_at(local, timezone);
	int after = offset_at(local + USECS_PER_DAY, timezone);

	return local + Min(at, Min(before, after)) * USECS_PER_SEC;
}

/* The latest instant that a local time can be. */
static Timestamp
utc_latest(Timestamp local, pg_tz *timezone)
{
	int before = offset_at(local - USECS_PER_DAY, timezone);
	int at = offset_at(local, timezone);
	int after = offset_at(local + USECS_PER_DAY, timezone);

	return local + Max(at, Max(before, after)) * USECS_PER_SEC;
}

/* As the documentation shows times: with milliseconds and Z. */
static char *
format_utc(Timestamp utc)
{
	struct pg_tm tm;
	fsec_t fsec;

	if (timestamp2tm(utc, NULL, &tm, &fsec, NULL, NULL) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("timestamp out of range")));
	return psprintf("%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", tm.tm_year,
					tm.tm_mon, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
					(int) (fsec / 1000));
}
