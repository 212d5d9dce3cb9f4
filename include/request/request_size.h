/*
 * request_size.h
 *	  How much a request asks for: by which columns, for how many days, for how
 *	  many values of a list.  From it and from earlier replies follows how much
 *	  a request will return.
 *
 * The planner fills it from a path's bindings, as far as their values are
 * known; the executor from the requests that result.  Both use these
 * functions, so that the sizes can be compared.
 */
#ifndef DCF_REQUEST_SIZE_H
#define DCF_REQUEST_SIZE_H

#include "postgres.h"

#include "request/relation.h"
#include "request/window.h"

typedef struct DcfRequestSize
{
	/*
	 * a bit set: the columns that the query gives a value for, see
	 * dcf_request_size_bits(), and DCF_REQUEST_SIZE_DAYS
	 */
	uint64 given;

	/*
	 * length of the window or period; an open end counts as in
	 * dcf_window_middle(). 0: none; -1: not known
	 */
	double days;

	/*
	 * the same, but open ends count as open_from and open_to, which are sent
	 * for them; never less than days
	 */
	double days_sent;
	double wanted; /* the fraction of days that the query wants, 0 to 1 */

	/* product of the lengths of the lists in one request; -1: not known */
	double values;

	/* Private: a period's start, while its end is not yet added. */
	bool has_start;
	bool start_known;
	Timestamp start;
} DcfRequestSize;

/*
 * In DcfRequestSize.given: there is a window or period, even if its length is
 * not known.
 */
#define DCF_REQUEST_SIZE_DAYS (UINT64CONST(1) << 63)

/*
 * In DcfRequestSize.given: the lower bit of each column, which does not tell
 * whether a window has both ends.
 */
#define DCF_REQUEST_SIZE_COLUMNS UINT64CONST(0x1555555555555555)

/* The size of a request for everything. */
extern void dcf_request_size_init(DcfRequestSize *reqsize);

/*
 * Add a window of which the query bounds the lower end, the upper end, or
 * both. window is what the request asks for, which may be only a part of that;
 * NULL if the bounds are not known.
 */
extern void dcf_request_size_window(DcfRequestSize *reqsize,
									const DcfRelation *relation,
									const DcfColumn *column, bool lower,
									bool upper, const DcfWindow *window);

/*
 * The length in days of what is sent for a window, whether the query bounds it or not:
 * an open end of a required one is open_from or open_to, any other counts as in
 * dcf_window_middle().  At least 1, or an hour if times are sent unrounded.
 */
extern double dcf_request_size_sent_days(const DcfRelation *relation,
										 const DcfColumn *column,
										 const DcfWindow *window);

/*
 * Add a column of which one request sends a list of count values; -1: not
 * known.  Add columns in the table's order.
 */
extern void dcf_request_size_values(DcfRequestSize *reqsize,
									const DcfRelation *relation,
									const DcfColumn *column, double count);

/*
 * Add a column with one value; NULL if it is not known.  Two consecutive
 * columns of dates or times count as the start and the end of a period.
 */
extern void dcf_request_size_value(DcfRequestSize *reqsize,
								   const DcfRelation *relation,
								   const DcfColumn *column, const Datum *value,
								   Oid valuetype);

/*
 * The ratio of part to whole, by days and values.  Unknown sizes count as
 * equal.
 */
extern double dcf_request_size_part(const DcfRequestSize *part,
									const DcfRequestSize *whole);

/*
 * The two bits of the nth sent column (from 0) in DcfRequestSize.given.
 * Columns from the 32nd on share bits.
 */
extern uint64 dcf_request_size_bits(int nth_sent);

/* Which of the sent columns it is, from 0. */
extern int dcf_request_size_place(const DcfRelation *relation,
								  const DcfColumn *column);

#endif /* DCF_REQUEST_SIZE_H */
