/*
 * window_open.h
 *	  Open ends of a window: what the options open_from and open_to say is sent
 *	  for them.
 *
 * A start is the midnight at which the option's day begins, in the column's time
 * zone; an end likewise, but for today, which is meant to have its rows: the
 * next midnight.  Today is the day when the transaction starts.  An option that
 * would leave nothing between it and the window's other end is not used, but the
 * default.
 */
#ifndef DCF_WINDOW_OPEN_H
#define DCF_WINDOW_OPEN_H

#include "postgres.h"
#include "datatype/timestamp.h"

#include "request/window.h"

/* The texts to send, palloc'd; the options are such as dcf_day_parse() takes. */
extern char *dcf_window_open_from(const DcfWindow *window,
								  const char *open_from);
extern char *dcf_window_open_to(const DcfWindow *window, const char *open_to);

/* The same as local times. */
extern Timestamp dcf_window_open_lower(const DcfWindow *window,
									   const char *open_from);
extern Timestamp dcf_window_open_upper(const DcfWindow *window,
									   const char *open_to);

/*
 * Have the window's open ends count as what is sent: a day from today as it is,
 * a date where it is nearer than 2000 or tomorrow.
 */
extern void dcf_window_open_count(DcfWindow *window, const char *open_from,
								  const char *open_to);

#endif /* DCF_WINDOW_OPEN_H */
