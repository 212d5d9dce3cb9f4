/*
 * convert_time.c
 *	  Converter functions for dates and times.
 *
 * The service writes most times without a zone.  They are in the zone of the
 * column's option "timezone", or else the server's.
 *
 * Only ISO 8601 is accepted.  The types' input functions are not used: they
 * depend on DateStyle and TimeZone, and accept "now".
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/fmgrprotos.h"
#include "utils/timestamp.h"

#include "convert_private.h"
#include "core/text.h"

static Datum convert_date(DcfConverter *converter, const DcfField *field,
						  const char *bytes, size_t len);
static Datum convert_time(DcfConverter *converter, const DcfField *field,
						  const char *bytes, size_t len);
static Datum convert_timetz(DcfConverter *converter, const DcfField *field,
							const char *bytes, size_t len);
static Datum convert_timestamp(DcfConverter *converter, const DcfField *field,
							   const char *bytes, size_t len);
static Datum convert_timestamptz(DcfConverter *converter,
								 const DcfField *field, const char *bytes,
								 size_t len);

DcfConvertFn
dcf_convert_choose_time(Oid base_type)
{
	switch (base_type)
	{
		case DATEOID:
			return convert_date;
		case TIMEOID:
			return convert_time;
		case TIMETZOID:
			return convert_timetz;
		case TIMESTAMPOID:
			return convert_timestamp;
		case TIMESTAMPTZOID:
			return convert_timestamptz;
		default:
			return NULL;
	}
}

static bool pure_date(const DcfConverter *converter, const DcfField *field,
					  DcfConvertRoom *room, Datum *value);
static bool pure_timestamp(const DcfConverter *converter,
						   const DcfField *field, DcfConvertRoom *room,
						   Datum *value);

DcfConvertPureFn
dcf_convert_choose_pure_time(Oid base_type, int32 base_typmod)
{
	if (base_type == DATEOID)
		return pure_date;
	/* A precision would need rounding, which timestamp_scale() does. */
	if (base_type == TIMESTAMPOID && base_typmod < 0)
		return pure_timestamp;
	return NULL;
}

pg_noreturn static void refuse(DcfConverter *converter);

/* Refuse the value as none of the column's type. */
static void
refuse(DcfConverter *converter)
{
	dcf_convert_refuse(converter, ERRCODE_INVALID_TEXT_REPRESENTATION);
}

/* Parse an ISO date, time or both, or refuse the value; absent parts are zero. */
static void
parse(DcfConverter *converter, const DcfField *field, const char *bytes,
	  size_t len, DcfIsoTime *iso)
{
	if (!dcf_convert_is_string(field) || !dcf_text_parse_iso(bytes, len, iso))
		refuse(converter);
}

/* Microseconds since midnight, up to and including 24 hours. */
static TimeADT
time_of_day(const DcfIsoTime *iso)
{
	return ((iso->hour * MINS_PER_HOUR + iso->minute) * SECS_PER_MINUTE +
			iso->second) *
		USECS_PER_SEC +
		iso->usec;
}

/* A thread may call this: date2j() is mere arithmetic. */
static DateADT
day_of(int year, int month, int day)
{
	/* Years 1 to 9999 are within the range of every date type. */
	return date2j(year, month, day) - POSTGRES_EPOCH_JDATE;
}

/* Date and time as written, ignoring the zone. */
static Timestamp
as_written(const DcfIsoTime *iso)
{
	return day_of(iso->year, iso->month, iso->day) * USECS_PER_DAY +
		time_of_day(iso);
}

/* Parse a date without a zone, with or without a time. */
static bool
parse_local(const DcfField *field, DcfIsoTime *iso)
{
	/*
	 * A zone would need PostgreSQL's time zone code, which a thread must not
	 * run.
	 */
	return dcf_convert_is_string(field) &&
		dcf_text_parse_iso(field->data, field->len, iso) && iso->has_date &&
		!iso->has_zone;
}

/* The day of a date without a zone; its time does not matter. */
static bool
pure_date(const DcfConverter *converter, const DcfField *field,
		  DcfConvertRoom *room, Datum *value)
{
	DcfIsoTime iso;

	if (!parse_local(field, &iso))
		return false;
	*value = DateADTGetDatum(day_of(iso.year, iso.month, iso.day));
	return true;
}

/* A date, with or without a time, as it is written. */
static bool
pure_timestamp(const DcfConverter *converter, const DcfField *field,
			   DcfConvertRoom *room, Datum *value)
{
	DcfIsoTime iso;

	if (!parse_local(field, &iso))
		return false;
	*value = TimestampGetDatum(as_written(&iso));
	return true;
}

/* The offset of a date and time, in seconds east of UTC; without one, timezone's. */
static int
offset_of(const DcfIsoTime *iso, pg_tz *timezone)
{
	struct pg_tm tm = {0};

	if (iso->has_zone)
		return iso->offset;

	tm.tm_year = iso->year;
	tm.tm_mon = iso->month;
	tm.tm_mday = iso->day;
	tm.tm_hour = iso->hour;
	tm.tm_min = iso->minute;
	tm.tm_sec = iso->second;
	/*
	 * PostgreSQL counts seconds west of UTC.  For a time that occurs twice or
	 * never, at a change of daylight saving, it decides as for a timestamptz
	 * literal.
	 */
	return -DetermineTimeZoneOffset(&tm, timezone);
}

/* The instant of a date and time, in its own zone or in timezone. */
static TimestampTz
instant_of(const DcfIsoTime *iso, pg_tz *timezone)
{
	return as_written(iso) - offset_of(iso, timezone) * USECS_PER_SEC;
}

/* The local time in the column's zone at an instant. */
static Timestamp
local_of(DcfConverter *converter, TimestampTz instant)
{
	struct pg_tm tm;
	fsec_t fsec;
	int west;

	if (timestamp2tm(instant, &west, &tm, &fsec, NULL, converter->timezone) !=
		0)
		dcf_convert_refuse(converter, ERRCODE_DATETIME_FIELD_OVERFLOW);
	return instant - west * USECS_PER_SEC;
}

/* A date, with or without a time, as local time in the column's zone. */
static Timestamp
to_local(DcfConverter *converter, const DcfIsoTime *iso)
{
	if (!iso->has_zone)
		return as_written(iso);
	return local_of(converter, instant_of(iso, converter->timezone));
}

/* Split a local time into a day and microseconds since its midnight. */
static void
split_local(Timestamp local, DateADT *day, TimeADT *time)
{
	*day = local / USECS_PER_DAY;
	*time = local % USECS_PER_DAY;
	/*
	 * C rounds a quotient towards zero, but days before 2000 must round down.
	 */
	if (*time < 0)
	{
		(*day)--;
		*time += USECS_PER_DAY;
	}
}

/* The day.  A fraction that would round up to midnight is cut, not rounded. */
static Datum
convert_date(DcfConverter *converter, const DcfField *field, const char *bytes,
			 size_t len)
{
	DcfIsoTime iso;
	DateADT day;
	TimeADT time;

	parse(converter, field, bytes, len, &iso);
	if (!iso.has_date)
		refuse(converter);

	iso.usec = 0;
	split_local(to_local(converter, &iso), &day, &time);
	return DateADTGetDatum(day);
}

/*
 * The offset of a time without a date, in seconds east of UTC: its own, or
 * timezone's if that zone has always the same.  False if there is neither.
 */
static bool
offset_without_date(const DcfIsoTime *iso, pg_tz *timezone, long *offset)
{
	if (iso->has_zone)
	{
		*offset = iso->offset;
		return true;
	}
	return pg_get_timezone_offset(timezone, offset);
}

/*
 * Wrap a shifted time of day around midnight.  The shift between two zones may
 * exceed a day, so this loops.
 */
static TimeADT
wrap_day(TimeADT time)
{
	while (time < 0)
		time += USECS_PER_DAY;
	while (time > USECS_PER_DAY)
		time -= USECS_PER_DAY;
	return time;
}

/* Parse a .NET time span below a day, which may stand for a time of day. */
static bool
parse_short_span(const DcfField *field, const char *bytes, size_t len,
				 DcfIsoTime *iso)
{
	DcfTimeSpan span;

	if (!dcf_convert_is_string(field) ||
		!dcf_text_parse_span(bytes, len, &span) || span.negative ||
		span.days > 0)
		return false;
	*iso = (DcfIsoTime){.has_time = true,
						.hour = span.hour,
						.minute = span.minute,
						.second = span.second,
						.usec = span.usec};
	return true;
}

/* The time of day, in the column's zone. */
static Datum
convert_time(DcfConverter *converter, const DcfField *field, const char *bytes,
			 size_t len)
{
	DcfIsoTime iso;
	DateADT day;
	TimeADT time;
	long local_offset;

	if (!parse_short_span(field, bytes, len, &iso))
		parse(converter, field, bytes, len, &iso);
	if (!iso.has_time)
		refuse(converter);

	/*
	 * With a zone, the time is shifted.  The shift depends on the day, unless
	 * the column's zone has one offset for all time.
	 */
	if (!iso.has_zone)
		time = time_of_day(&iso);
	else if (iso.has_date)
		split_local(to_local(converter, &iso), &day, &time);
	else if (pg_get_timezone_offset(converter->timezone, &local_offset))
		time = wrap_day(time_of_day(&iso) +
						(local_offset - iso.offset) * USECS_PER_SEC);
	else
		refuse(converter);

	if (converter->base_typmod < 0)
		return TimeADTGetDatum(time);
	return DirectFunctionCall2(time_scale, TimeADTGetDatum(time),
							   Int32GetDatum(converter->base_typmod));
}

/* The time of day with its zone, or the column's if it has none. */
static Datum
convert_timetz(DcfConverter *converter, const DcfField *field,
			   const char *bytes, size_t len)
{
	DcfIsoTime iso;
	long offset;
	TimeTzADT *result;

	parse(converter, field, bytes, len, &iso);
	if (!iso.has_time)
		refuse(converter);

	if (iso.has_date)
		offset = offset_of(&iso, converter->timezone);
	else if (!offset_without_date(&iso, converter->timezone, &offset))
		refuse(converter);
	/* timetz_recv() has the same limit. */
	if (offset <= -TZDISP_LIMIT || offset >= TZDISP_LIMIT)
		dcf_convert_refuse(converter,
						   ERRCODE_INVALID_TIME_ZONE_DISPLACEMENT_VALUE);

	result = palloc(sizeof(TimeTzADT));
	result->time = time_of_day(&iso);
	/* The type counts seconds west of UTC. */
	result->zone = (int32) -offset;
	if (converter->base_typmod < 0)
		return TimeTzADTPGetDatum(result);
	return DirectFunctionCall2(timetz_scale, TimeTzADTPGetDatum(result),
							   Int32GetDatum(converter->base_typmod));
}

/* A timestamp without zone: local time in the column's zone. */
static Datum
convert_timestamp(DcfConverter *converter, const DcfField *field,
				  const char *bytes, size_t len)
{
	DcfIsoTime iso;
	Timestamp local;

	parse(converter, field, bytes, len, &iso);
	if (!iso.has_date)
		refuse(converter);

	local = to_local(converter, &iso);
	if (converter->base_typmod < 0)
		return TimestampGetDatum(local);
	return DirectFunctionCall2(timestamp_scale, TimestampGetDatum(local),
							   Int32GetDatum(converter->base_typmod));
}

/* An instant; a time without a zone is in the column's. */
static Datum
convert_timestamptz(DcfConverter *converter, const DcfField *field,
					const char *bytes, size_t len)
{
	DcfIsoTime iso;
	TimestampTz instant;

	parse(converter, field, bytes, len, &iso);
	if (!iso.has_date)
		refuse(converter);

	instant = instant_of(&iso, converter->timezone);
	if (converter->base_typmod < 0)
		return TimestampTzGetDatum(instant);
	return DirectFunctionCall2(timestamptz_scale, TimestampTzGetDatum(instant),
							   Int32GetDatum(converter->base_typmod));
}
