/*
 * convert_interval.c
 *	  The converter function for intervals.
 */
#include "postgres.h"

#include <ctype.h>

#include "utils/fmgrprotos.h"
#include "utils/timestamp.h"

#include "convert_private.h"
#include "core/text.h"

/* An interval for a time span, rounded to the column's precision. */
static Datum
from_span(const DcfConverter *converter, const DcfTimeSpan *span)
{
	Interval *result = palloc0(sizeof(Interval));
	int64 seconds =
		(span->hour * MINS_PER_HOUR + span->minute) * SECS_PER_MINUTE +
		span->second;

	/* Days stay days: in PostgreSQL, a day may have 23 or 25 hours. */
	result->day = span->negative ? -span->days : span->days;
	result->time = seconds * USECS_PER_SEC + span->usec;
	if (span->negative)
		result->time = -result->time;
	/*
	 * interval_scale() rounds, and clears fields that interval(...) excludes.
	 */
	if (converter->base_typmod < 0)
		return IntervalPGetDatum(result);
	return DirectFunctionCall2(interval_scale, IntervalPGetDatum(result),
							   Int32GetDatum(converter->base_typmod));
}

/*
 * Whether the text contains something like "1.02:".  It looks like the days and
 * hours of a .NET time span, but interval_in() reads it in another way.
 */
static bool
has_days_and_hours(const char *bytes, size_t len)
{
	for (size_t i = 1; i < len; i++)
	{
		size_t end = i + 1;

		/* No colon follows the digits of a fraction of seconds. */
		if (bytes[i] != '.' || !isdigit((unsigned char) bytes[i - 1]))
			continue;
		while (end < len && isdigit((unsigned char) bytes[end]))
			end++;
		if (end > i + 1 && end < len && bytes[end] == ':')
			return true;
	}
	return false;
}

/* A .NET time span, or whatever else interval_in() reads except infinity. */
Datum
dcf_convert_interval(DcfConverter *converter, const DcfField *field,
					 const char *bytes, size_t len)
{
	DcfTimeSpan span;
	Datum result;

	if (dcf_convert_is_string(field) && dcf_text_parse_span(bytes, len, &span))
		return from_span(converter, &span);
	if (has_days_and_hours(bytes, len))
		dcf_convert_refuse(converter, ERRCODE_INVALID_DATETIME_FORMAT);

	/*
	 * The guard has set IntervalStyle, which decides how a leading sign is
	 * read.
	 */
	result = dcf_convert_by_input(converter, field, bytes, len);
	if (!dcf_compat_interval_is_finite(DatumGetIntervalP(result)))
		dcf_convert_refuse(converter, ERRCODE_INVALID_DATETIME_FORMAT);
	return result;
}
