/*
 * bind_part.h
 *	  Parts of what a request asks for by one column, for requests that the
 *	  service refuses because they ask for too much.
 *
 * Parts do not overlap, and together they are the whole.  What is sent for a
 * part of a window is widened as for any window, so the replies may overlap;
 * by its value each row is of just one part.
 */
#ifndef DCF_BIND_PART_H
#define DCF_BIND_PART_H

#include "postgres.h"

#include "bind_column.h"

typedef struct DcfBindPart
{
	/* Of a window: from lower on, before upper, in the column's own terms. */
	bool has_lower, has_upper;
	Timestamp lower, upper;

	/* Of a list: indexes into the bcol's values. */
	int first;
	int count;
} DcfBindPart;

/*
 * Whether a column asks for something of which there are parts: a window that
 * the query gives a bound, or a list that goes out in one request.  NULL values
 * of the column have no part in either.
 */
extern bool dcf_bind_part_exist(const DcfBindColumn *bcol);

extern DcfBindPart dcf_bind_part_whole(const DcfBindColumn *bcol);

/*
 * Two parts in place of one, of the window that the bcol's position tells.  False if they would not ask for less: a window is
 * halved down to days, or to seconds with window_round 'none'.
 */
extern bool dcf_bind_part_halve(const DcfBindColumn *bcol, int position,
								const DcfBindPart *part, DcfBindPart *first,
								DcfBindPart *second);

/* The window to send for a part. */
extern DcfWindow dcf_bind_part_window(const DcfBindColumn *bcol, int position,
									  const DcfBindPart *part);

/*
 * Whether a row with this value of the column is of the part, provided that it
 * is of the whole.  Of a parameter column, which no row has, every row is.
 */
extern bool dcf_bind_part_has(const DcfBindColumn *bcol,
							  const DcfBindPart *part, Datum value,
							  bool isnull);

#endif /* DCF_BIND_PART_H */
