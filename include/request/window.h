/*
 * window.h
 *	  Ranges of time, widened so that the service returns a superset.
 *
 * The service may compare only the day of a bound (documented: DatePercision),
 * and it is not documented whether the last day is then included.  So an
 * inclusive upper bound is sent as the midnight after its day, an exclusive
 * one as the first midnight at or after it, and a lower bound as the midnight
 * before it.  Days are those of the column's time zone.
 *
 * Bounds are in the column's own terms: local time for date (its midnight) and
 * timestamp, UTC for timestamptz.
 */
#ifndef DCF_WINDOW_H
#define DCF_WINDOW_H

#include "postgres.h"
#include "datatype/timestamp.h"
#include "pgtime.h"

#include "request/fdw_private.h"

/* Fractional digits of the service's times. */
#define DCF_SERVICE_DIGITS 3

typedef struct DcfWindow
{
	Oid type; /* DATEOID, TIMESTAMPOID or TIMESTAMPTZOID */
	pg_tz *timezone;
	bool round_day;

	/* microseconds by which the column's precision may have rounded a value */
	int64 slack;

	/* The tightest bounds so far. */
	bool has_lower, has_upper;
	bool lower_exclusive, upper_exclusive;

	/*
	 * a bound was converted in a way that does not keep order: widen by a day,
	 * and draw no conclusions from it
	 */
	bool inexact;
	Timestamp lower, upper;

	/*
	 * What open ends count as when the window is halved or its days counted.
	 */
	Timestamp open_lower, open_upper;
} DcfWindow;

/*
 * A window without bounds over a column of a type that dcf_window_accepts().
 * typmod is the type's precision, or -1.
 */
extern void dcf_window_init(DcfWindow *window, Oid type, int32 typmod,
							pg_tz *timezone, bool round_day);

/*
 * Whether values of this type can bound a window over a column of that type:
 * both are date, timestamp or timestamptz.
 */
extern bool dcf_window_accepts(Oid columntype, Oid valuetype);

/*
 * Narrow the window by a comparison with a value of an accepted type.  An
 * infinite value has no effect.
 */
extern void dcf_window_narrow(DcfWindow *window, DcfBindingOp op, Datum value,
							  Oid valuetype);

/*
 * Narrow the window to times from lower on and before upper.  NULL: no bound.
 */
extern void dcf_window_cut(DcfWindow *window, const Timestamp *lower,
						   const Timestamp *upper);

/* Narrow the window to bounds. DT_NOBEGIN and DT_NOEND are none. */
extern void dcf_window_limit(DcfWindow *window, Timestamp lower,
							 bool lower_exclusive, Timestamp upper,
							 bool upper_exclusive);

/*
 * Whether what is sent for a window ends where a later one's begins, or later.
 */
extern bool dcf_window_meets(const DcfWindow *earlier, const DcfWindow *later);

/*
 * Whether a time lies in the years 1 to 9999, so that an ISO date with a year
 * of four digits can express it.
 */
extern bool dcf_window_is_sendable(Timestamp time);

/*
 * A time at which to halve the window: near its middle, at a midnight of the
 * column's time zone, or at a whole second if times are sent unrounded.  False
 * if both parts would not be shorter than the window.
 *
 * An open end, and a bound outside the years 1 to 9999, counts as 2000-01-01
 * or tomorrow, or as dcf_window_open_count() has set it.
 */
extern bool dcf_window_middle(const DcfWindow *window, Timestamp *middle);

/*
 * The length of the window in days: sent is that of what is sent, after
 * widening; exact is that of the bounds.  Open ends count as in
 * dcf_window_middle().  May be negative.
 */
extern void dcf_window_days(const DcfWindow *window, double *sent,
							double *exact);

/* A value of the column as a time in the terms of the bounds. */
extern Timestamp dcf_window_time(const DcfWindow *window, Datum value);

/*
 * The times that a service may return for what is sent, in the terms of the bounds: from
 * *from on, before *to.  If days are sent, it may count all of the last one.  An open end is
 * infinite.
 */
extern void dcf_window_asked(const DcfWindow *window, Timestamp *from,
							 Timestamp *to);

/* Whether no value can lie in it. */
extern bool dcf_window_is_empty(const DcfWindow *window);

/*
 * The text to send for a lower bound (dcf_window_to(): upper), palloc'd.  NULL
 * for an open end; a bound outside the years 1 to 9999 is one.  Both raise
 * ERRCODE_DATETIME_VALUE_OUT_OF_RANGE if the time cannot be computed.
 */
extern char *dcf_window_from(const DcfWindow *window);
extern char *dcf_window_to(const DcfWindow *window);

/* Whether a local time occurs twice, because clocks are set back. */
extern bool dcf_window_is_shown_twice(Timestamp local, pg_tz *timezone);

#endif /* DCF_WINDOW_H */
