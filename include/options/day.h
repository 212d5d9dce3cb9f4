/*
 * day.h
 *	  Days as options name them: a date, or an offset from today.
 */
#ifndef DCF_DAY_H
#define DCF_DAY_H

#include "postgres.h"
#include "datatype/timestamp.h"
#include "pgtime.h"

/* What dcf_day_parse() accepts, as the end of "The value must be ...". */
#define DCF_DAY_FORMS \
	"a date as YYYY-MM-DD, or today, tomorrow, yesterday, or days or weeks from today such as +30d or -2w, at most 36525 days"

/* The largest offset from today, in days. */
#define DCF_DAY_MAX_OFFSET 36525

typedef struct DcfDay
{
	bool is_relative;
	int number; /* days from today if relative, else from 2000-01-01 */
} DcfDay;

/* Parse a day, ignoring case; false if the text is none of DCF_DAY_FORMS. */
extern bool dcf_day_parse(const char *text, DcfDay *day);

/*
 * The local midnight at which the day begins.  Today is the date in the time zone
 * at the start of the transaction.
 */
extern Timestamp dcf_day_start(const DcfDay *day, pg_tz *timezone);

#endif /* DCF_DAY_H */
