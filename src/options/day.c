/*
 * day.c
 *	  Absolute and relative days.  See day.h.
 */
#include "postgres.h"

#include "access/xact.h"
#include "utils/datetime.h"
#include "utils/timestamp.h"

#include "core/text.h"
#include "options/day.h"

#define DAYS_OF_WEEK 7

/* Digits of DCF_DAY_MAX_OFFSET. */
#define MAX_DIGITS 5

/* Parse an offset from today in days or weeks: "+30d", "-2w". */
static bool
parse_offset(const char *text, int *days)
{
	size_t digits;
	int number = 0;

	if (text[0] != '+' && text[0] != '-')
		return false;
	/*
	 * At most MAX_DIGITS digits, so neither the number nor seven times it
	 * overflows.
	 */
	digits = strspn(text + 1, "0123456789");
	if (digits == 0 || digits > MAX_DIGITS)
		return false;
	for (size_t i = 1; i <= digits; i++)
		number = number * 10 + (text[i] - '0');
	if (pg_strcasecmp(text + 1 + digits, "w") == 0)
		number *= DAYS_OF_WEEK;
	else if (pg_strcasecmp(text + 1 + digits, "d") != 0)
		return false;
	*days = text[0] == '-' ? -number : number;
	return number <= DCF_DAY_MAX_OFFSET;
}

bool
dcf_day_parse(const char *text, DcfDay *day)
{
	static const struct
	{
		const char *name;
		int number;
	} words[] = {{"yesterday", -1}, {"today", 0}, {"tomorrow", 1}};
	DcfIsoTime iso;

	day->is_relative = true;
	for (size_t i = 0; i < lengthof(words); i++)
		if (pg_strcasecmp(text, words[i].name) == 0)
		{
			day->number = words[i].number;
			return true;
		}
	if (parse_offset(text, &day->number))
		return true;

	/* Not date_in(): its reading would depend on DateStyle. */
	if (!dcf_text_parse_iso(text, strlen(text), &iso) || !iso.has_date ||
		iso.has_time)
		return false;
	day->is_relative = false;
	day->number = date2j(iso.year, iso.month, iso.day) - POSTGRES_EPOCH_JDATE;
	return true;
}

/* The current day in the time zone, in days from 2000-01-01. */
static int
today(pg_tz *timezone)
{
	struct pg_tm tm;
	fsec_t fsec;
	int tz;

	/*
	 * The start of the transaction, as for CURRENT_DATE: all scans of a
	 * transaction agree on the day.
	 */
	if (timestamp2tm(GetCurrentTransactionStartTimestamp(), &tz, &tm, &fsec,
					 NULL, timezone) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("timestamp out of range")));
	return date2j(tm.tm_year, tm.tm_mon, tm.tm_mday) - POSTGRES_EPOCH_JDATE;
}

Timestamp
dcf_day_start(const DcfDay *day, pg_tz *timezone)
{
	int days = day->number + (day->is_relative ? today(timezone) : 0);

	/* A local midnight is not yet an instant, so no offset is applied. */
	return days * USECS_PER_DAY;
}
