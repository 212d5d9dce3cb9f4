/*
 * window.c
 *	  Ranges of time for the service.  See window.h.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "pgtime.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/timestamp.h"

#include "text.h"
#include "window.h"

/*
 * Clocks set back across midnight make the calendar day go back, too.  No zone
 * in the database of time zones has done so by more.
 */
#define CLOCK_SETBACK (2 * USECS_PER_HOUR)

/* The years that can be sent. */
#define FIRST_YEAR 1
#define LAST_YEAR  9999

static bool to_column_terms(const DcfWindow *window, Datum value,
							Oid valuetype, Timestamp *result, bool *inexact);
static void narrow_lower(DcfWindow *window, Timestamp bound, bool exclusive);
static void narrow_upper(DcfWindow *window, Timestamp bound, bool exclusive);
static Timestamp floor_day(Timestamp local);
static Timestamp floor_to(Timestamp time, int64 unit);
static bool is_sendable(Timestamp time);
static Timestamp local_from_utc(TimestampTz instant, pg_tz *timezone);
static int offset_at(Timestamp local, pg_tz *timezone);
static char *format_utc(Timestamp utc);
static Timestamp utc_earliest(Timestamp local, pg_tz *timezone);
static Timestamp utc_latest(Timestamp local, pg_tz *timezone);

void
dcf_window_init(DcfWindow *window, Oid type, pg_tz *timezone, bool round_day)
{
	memset(window, 0, sizeof(*window));
	window->type = type;
	window->timezone = timezone;

	/* A date in the reply may stand for any time of that day. */
	window->round_day = round_day || type == DATEOID;
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

	/* An infinite bound says nothing that the recheck would not. */
	if (!to_column_terms(window, value, valuetype, &bound, &inexact))
		return;
	if (inexact)
		window->inexact = true;

	if (op == DCF_BIND_FROM || op == DCF_BIND_AFTER || op == DCF_BIND_EQUAL)
		narrow_lower(window, bound, op == DCF_BIND_AFTER);
	if (op == DCF_BIND_TO || op == DCF_BIND_BEFORE || op == DCF_BIND_EQUAL)
		narrow_upper(window, bound, op == DCF_BIND_BEFORE);
}

bool
dcf_window_is_empty(const DcfWindow *window)
{
	if (!window->has_lower || !window->has_upper || window->inexact)
		return false;
	return window->lower > window->upper ||
		(window->lower == window->upper &&
		 (window->lower_exclusive || window->upper_exclusive));
}

char *
dcf_window_from(const DcfWindow *window)
{
	Timestamp bound = window->lower;

	if (!window->has_lower)
		return NULL;
	if (window->inexact)
		bound -= USECS_PER_DAY;
	if (!is_sendable(bound))
		return NULL;

	if (window->type == TIMESTAMPTZOID)
	{
		if (!window->round_day)
			return format_utc(floor_to(bound, USECS_PER_SEC / 1000));
		bound = Min(local_from_utc(bound, window->timezone),
					local_from_utc(bound + CLOCK_SETBACK, window->timezone));
	}
	if (window->round_day)
		bound = floor_day(bound);
	bound = utc_earliest(bound, window->timezone);
	return is_sendable(bound) ?
		format_utc(floor_to(bound, USECS_PER_SEC / 1000)) :
		NULL;
}

char *
dcf_window_to(const DcfWindow *window)
{
	Timestamp bound = window->upper;

	if (!window->has_upper)
		return NULL;
	if (window->inexact)
		bound += USECS_PER_DAY;
	if (!is_sendable(bound))
		return NULL;

	if (window->type == TIMESTAMPTZOID)
	{
		if (!window->round_day)
			return format_utc(-floor_to(-bound, USECS_PER_SEC / 1000));
		bound = Max(local_from_utc(bound, window->timezone),
					local_from_utc(bound - CLOCK_SETBACK, window->timezone));
	}
	if (window->round_day &&
		!(window->upper_exclusive && floor_day(bound) == bound))
		bound = floor_day(bound) + USECS_PER_DAY;
	bound = utc_latest(bound, window->timezone);
	if (!is_sendable(bound))
		return NULL;
	return format_utc(-floor_to(-bound, USECS_PER_SEC / 1000));
}

char *
dcf_window_option(const char *text, pg_tz *timezone)
{
	DcfIsoTime iso;
	Timestamp time;

	if (!dcf_text_parse_iso(text, strlen(text), &iso) || !iso.has_date)
		elog(ERROR, "not a date: \"%s\"", text);
	time = (Timestamp) (date2j(iso.year, iso.month, iso.day) -
						POSTGRES_EPOCH_JDATE) *
		USECS_PER_DAY;
	if (iso.has_time)
		time += (iso.hour * SECS_PER_HOUR + iso.minute * SECS_PER_MINUTE +
				 iso.second) *
				USECS_PER_SEC +
			iso.usec;
	if (iso.has_zone)
		time -= (int64) iso.offset * USECS_PER_SEC;
	else
		time = utc_earliest(time, timezone);
	return format_utc(time);
}

/*
 * A bound as the column's type has it.  False for an infinite one, and for one
 * that the column's type cannot hold.
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
		if (window->type == TIMESTAMPTZOID)
			*result = date2timestamptz_opt_overflow(date, &overflow);
		else
			*result = date2timestamp_opt_overflow(date, &overflow);
		return overflow == 0;
	}

	*result = DatumGetTimestamp(value);
	if (TIMESTAMP_NOT_FINITE(*result))
		return false;
	if (valuetype == TIMESTAMPOID && window->type == TIMESTAMPTZOID)
		*result = timestamp2timestamptz_opt_overflow(*result, &overflow);
	else if (valuetype == TIMESTAMPTZOID && window->type != TIMESTAMPTZOID)
	{
		/*
		 * PostgreSQL will compare by reading the column in the session's time
		 * zone, where clocks that are set back break the order.
		 */
		*result = DatumGetTimestamp(
			DirectFunctionCall1(timestamptz_timestamp, value));
		*inexact = true;
	}
	return overflow == 0 && !TIMESTAMP_NOT_FINITE(*result);
}

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

static Timestamp
floor_day(Timestamp local)
{
	return floor_to(local, USECS_PER_DAY);
}

/* Round down, also below zero, to a multiple of unit. */
static Timestamp
floor_to(Timestamp time, int64 unit)
{
	int64 rest = time % unit;

	return time - (rest < 0 ? rest + unit : rest);
}

/* Within the years that ISO dates of four digits have. */
static bool
is_sendable(Timestamp time)
{
	int first = date2j(FIRST_YEAR, 1, 1) - POSTGRES_EPOCH_JDATE;
	int end = date2j(LAST_YEAR + 1, 1, 1) - POSTGRES_EPOCH_JDATE;

	return time >= first * USECS_PER_DAY && time < end * USECS_PER_DAY;
}

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

/* Seconds west of UTC of a local time. */
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
 * A local time that clocks show twice, or skip, could be two instants; these
 * give the one that keeps a window wide.  The offsets in force a day before
 * and after are the two in question.
 */
static Timestamp
utc_earliest(Timestamp local, pg_tz *timezone)
{
	int before = offset_at(local - USECS_PER_DAY, timezone);
	int at = offset_at(local, timezone);
	int after = offset_at(local + USECS_PER_DAY, timezone);

	return local + Min(at, Min(before, after)) * USECS_PER_SEC;
}

static Timestamp
utc_latest(Timestamp local, pg_tz *timezone)
{
	int before = offset_at(local - USECS_PER_DAY, timezone);
	int at = offset_at(local, timezone);
	int after = offset_at(local + USECS_PER_DAY, timezone);

	return local + Max(at, Max(before, after)) * USECS_PER_SEC;
}

/* As PROTOCOL shows dates: milliseconds, and Z. */
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
