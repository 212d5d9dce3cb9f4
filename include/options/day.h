/*
 * day.h
 *	  Days as options name them: by their date, or from today.
 */
#ifndef DCF_DAY_H
#define DCF_DAY_H

#include "postgres.h"
#include "datatype/timestamp.h"
#include "pgtime.h"

/* What dcf_day_parse() takes, to follow "must be". */
#define DCF_DAY_FORMS \
	"a date as YYYY-MM-DD, or today, tomorrow, yesterday, or days or weeks from today such as +30d or -2w, at most 36525 days"

/* The most days from today. */
#define DCF_DAY_MAX_OFFSET 36525

typedef struct DcfDay
{
	bool is_relative;
	int number; /* days from today if relative, else from 2000-01-01 */
} DcfDay;

/* Read a day, words case apart; false for what is none. */
extern bool dcf_day_parse(const char *text, DcfDay *day);

/*
 * The midnight at which it begins, local.  Today is the day that clocks show in
 * the time zone when the transaction starts.
 */
extern Timestamp dcf_day_start(const DcfDay *day, pg_tz *timezone);

#endif /* DCF_DAY_H */
