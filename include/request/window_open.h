/*
 * window_open.h
 *	  What is sent for the open end of a required window: the options open_from
 *	  and open_to.
 *
 * A start is the midnight at which the option's day begins in the column's
 * time zone.  So is an end, except for "today": its rows are wanted, so the
 * next midnight is sent.  Today is the day on which the transaction started.
 * If an option would leave nothing between it and the window's other end, its
 * default is used instead.
 */
#ifndef DCF_WINDOW_OPEN_H
#define DCF_WINDOW_OPEN_H

#include "postgres.h"
#include "datatype/timestamp.h"

#include "request/window.h"

/*
 * The texts to send, palloc'd.  The options have passed dcf_day_parse(); else
 * elog(ERROR).
 */
extern char *dcf_window_open_from(const DcfWindow *window,
								  const char *open_from);
extern char *dcf_window_open_to(const DcfWindow *window, const char *open_to);

/* The same as local times. */
extern Timestamp dcf_window_open_lower(const DcfWindow *window,
									   const char *open_from);
extern Timestamp dcf_window_open_upper(const DcfWindow *window,
									   const char *open_to);

/*
 * Let the window's open ends count as what is sent for them (see
 * dcf_window_middle()): a relative day always, a date only if it is nearer
 * than 2000-01-01 or tomorrow.
 */
extern void dcf_window_open_count(DcfWindow *window, const char *open_from,
								  const char *open_to);

#endif /* DCF_WINDOW_OPEN_H */
