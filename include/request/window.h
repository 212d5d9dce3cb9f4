/*
 * window.h
 *	  Ranges of time, widened so that what the service returns is a superset.
 *
 * The service may count only the day of a bound (PROTOCOL: DatePercision), and
 * whether its last day is then included is not documented.  So an inclusive
 * upper bound is sent as the next midnight after its day, an exclusive one as
 * the first midnight not before it, a lower bound as the midnight before it.
 * Days are those of the column's time zone.
 */
#ifndef DCF_WINDOW_H
#define DCF_WINDOW_H

#include "postgres.h"
#include "datatype/timestamp.h"
#include "pgtime.h"

#include "request/fdw_private.h"

/* Digits that the service's times have behind the point. */
#define DCF_SERVICE_DIGITS 3

typedef struct DcfWindow
{
	Oid type; /* DATEOID, TIMESTAMPOID or TIMESTAMPTZOID */
	pg_tz *timezone;
	bool round_day;
	int64 slack; /* microseconds by which rounding to the column's
								 * precision may have moved a value */

	/* The tightest bounds so far, in the column's own terms. */
	bool has_lower, has_upper;
	bool lower_exclusive, upper_exclusive;
	bool inexact;			/* a bound came through a conversion that does
								 * not keep order: widen by a day, and draw no
								 * conclusion */
	Timestamp lower, upper; /* local for date and timestamp, UTC for
								 * timestamptz */

	/* What an open end counts as, where windows are halved and measured. */
	Timestamp open_lower, open_upper;
} DcfWindow;

/* typmod is the type's precision, -1 for none. */
extern void dcf_window_init(DcfWindow *window, Oid type, int32 typmod,
							pg_tz *timezone, bool round_day);

/* Whether values of this type can bound a window over a column of that type. */
extern bool dcf_window_accepts(Oid columntype, Oid valuetype);

/* Narrow the window by a comparison with a value of an accepted type. */
extern void dcf_window_narrow(DcfWindow *window, DcfBindingOp op, Datum value,
							  Oid valuetype);

/* Cut the window at times of the column's own terms: from lower on, before
 * upper; NULL for no cut. */
extern void dcf_window_cut(DcfWindow *window, const Timestamp *lower,
						   const Timestamp *upper);

/* Narrow the window to bounds in the column's own terms; DT_NOBEGIN and
 * DT_NOEND are none. */
extern void dcf_window_limit(DcfWindow *window, Timestamp lower,
							 bool lower_exclusive, Timestamp upper,
							 bool upper_exclusive);

/* Whether what is sent for a window ends where a later one's begins, or after
 * that. */
extern bool dcf_window_meets(const DcfWindow *earlier, const DcfWindow *later);

/* Within the years 1 to 9999, which ISO dates of four digits have. */
extern bool dcf_window_is_sendable(Timestamp time);

/*
 * A time at which to cut the window so that both parts ask for less: about its
 * middle, at a midnight of the column's time zone, or a whole second where
 * times are sent as they are.  False if there is none.  An open end, and a
 * bound that is sent as one, counts as 2000 or tomorrow, or as
 * dcf_window_open_count() says.
 */
extern bool dcf_window_middle(const DcfWindow *window, Timestamp *middle);

/*
 * How many days the window covers: as it is sent, widened, and as it is.  An
 * open end, and a bound that is sent as one, counts as for
 * dcf_window_middle().  May be negative.
 */
extern void dcf_window_days(const DcfWindow *window, double *sent,
							double *exact);

/* A value of the column as the window's bounds are. */
extern Timestamp dcf_window_time(const DcfWindow *window, Datum value);

/* Whether no value can lie in it. */
extern bool dcf_window_is_empty(const DcfWindow *window);

/*
 * The texts to send, palloc'd; NULL for an open end.  A bound outside the
 * years 1 to 9999 is an open end.
 */
extern char *dcf_window_from(const DcfWindow *window);
extern char *dcf_window_to(const DcfWindow *window);

/* Whether clocks that are set back show a local time twice. */
extern bool dcf_window_is_shown_twice(Timestamp local, pg_tz *timezone);

#endif /* DCF_WINDOW_H */
