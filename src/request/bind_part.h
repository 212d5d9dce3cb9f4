/*
 * bind_part.h
 *	  Parts of what a request asks for by one column, for requests that ask for
 *	  more than the service returns at once.
 *
 * Parts do not overlap, and together they are the whole.  What is sent for a
 * part of a window is widened like any window, so replies may overlap; each
 * row belongs to exactly one part, by its value.
 */
#ifndef DCF_BIND_PART_H
#define DCF_BIND_PART_H

#include "postgres.h"

#include "bind_column.h"

typedef struct DcfBindPart
{
	/* A window: from lower on, before upper, in the terms of DcfWindow. */
	bool has_lower, has_upper;
	Timestamp lower, upper;

	/* A list: a range of indexes into the column's values. */
	int first;
	int count;
} DcfBindPart;

/*
 * Whether the column can be divided: a window that the query bounds, or a list
 * of several values in one request.  Rows with NULL in the column belong to no
 * part, and match neither.
 */
extern bool dcf_bind_part_exist(const DcfBindColumn *bcol);

/* The part that is all that a request at a position asks for. */
extern DcfBindPart dcf_bind_part_whole(const DcfBindColumn *bcol,
									   int position);

/*
 * Divide a part of the window at a position, or of the list, into two.  False
 * if it is too small: a window is halved down to days, or to seconds with
 * window_round 'none'; a list down to one value.
 */
extern bool dcf_bind_part_halve(const DcfBindColumn *bcol, int position,
								const DcfBindPart *part, DcfBindPart *first,
								DcfBindPart *second);

/* The window to send for a part of the window at a position. */
extern DcfWindow dcf_bind_part_window(const DcfBindColumn *bcol, int position,
									  const DcfBindPart *part);

/*
 * Whether a row with this value belongs to the part, given that it belongs to
 * the whole.  For a parameter column, which no reply contains, it always does.
 */
extern bool dcf_bind_part_has(const DcfBindColumn *bcol,
							  const DcfBindPart *part, Datum value,
							  bool isnull);

#endif /* DCF_BIND_PART_H */
