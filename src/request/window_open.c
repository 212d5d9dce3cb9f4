/*
 * window_open.c
 *	  What is sent for open ends of windows.  See window_open.h.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/datetime.h"
#include "utils/timestamp.h"

#include "options/day.h"
#include "options/option.h"
#include "request/window_open.h"

/* Parse an option that the validator has accepted. */
static DcfDay
parse_day(const char *text)
{
	DcfDay day;

	if (!dcf_day_parse(text, &day))
		elog(ERROR, "not a day: \"%s\"", text);
	return day;
}

/* The local time at which open_from's day begins. */
static Timestamp
start_of(const char *open_from, pg_tz *timezone)
{
	DcfDay day = parse_day(open_from);

	return dcf_day_start(&day, timezone);
}

/* The local time that open_to means: today's rows are wanted, too. */
static Timestamp
end_of(const char *open_to, pg_tz *timezone)
{
	DcfDay day = parse_day(open_to);
	Timestamp midnight = dcf_day_start(&day, timezone);

	return day.is_relative && day.number == 0 ? midnight + USECS_PER_DAY :
												midnight;
}

/* A bound as a local time; false if it is out of the range of timestamps. */
static bool
to_local(const DcfWindow *window, Timestamp bound, Timestamp *local)
{
	struct pg_tm tm;
	fsec_t fsec;
	int tz;

	*local = bound;
	return window->type != TIMESTAMPTZOID ||
		(timestamp2tm(bound, &tz, &tm, &fsec, NULL, window->timezone) == 0 &&
		 tm2timestamp(&tm, fsec, NULL, local) == 0);
}

Timestamp
dcf_window_open_lower(const DcfWindow *window, const char *open_from)
{
	Timestamp lower = start_of(open_from, window->timezone);
	Timestamp upper;

	if (window->has_upper && to_local(window, window->upper, &upper) &&
		lower >= upper)
		return start_of(DCF_OPEN_FROM, window->timezone);
	return lower;
}

Timestamp
dcf_window_open_upper(const DcfWindow *window, const char *open_to)
{
	Timestamp upper = end_of(open_to, window->timezone);
	Timestamp lower;

	if (window->has_lower && to_local(window, window->lower, &lower) &&
		upper <= lower)
		return end_of(DCF_OPEN_TO, window->timezone);
	return upper;
}

/*
 * A window of local times without bounds, to format times for sending.  The
 * options' days are local times, whatever the column's type is.
 */
static DcfWindow
bare_window(const DcfWindow *window)
{
	DcfWindow bare;

	dcf_window_init(&bare, TIMESTAMPOID, -1, window->timezone, true);
	return bare;
}

char *
dcf_window_open_from(const DcfWindow *window, const char *open_from)
{
	DcfWindow bare = bare_window(window);
	Timestamp lower = dcf_window_open_lower(window, open_from);

	char *text;

	dcf_window_cut(&bare, &lower, NULL);
	text = dcf_window_from(&bare);

	/* East of UTC, the first day that can be sent begins before it in UTC. */
	return text ? text : dcf_window_open_from(window, DCF_OPEN_FROM);
}

char *
dcf_window_open_to(const DcfWindow *window, const char *open_to)
{
	DcfWindow bare = bare_window(window);
	Timestamp upper = dcf_window_open_upper(window, open_to);

	dcf_window_cut(&bare, NULL, &upper);
	return dcf_window_to(&bare);
}

void
dcf_window_open_count(DcfWindow *window, const char *open_from,
					  const char *open_to)
{
	Timestamp lower = start_of(open_from, window->timezone);
	Timestamp upper = end_of(open_to, window->timezone);

	if (parse_day(open_from).is_relative || lower > window->open_lower)
		window->open_lower = lower;
	if (parse_day(open_to).is_relative || upper < window->open_upper)
		window->open_upper = upper;
}
