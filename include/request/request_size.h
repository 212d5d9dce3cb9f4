/*
 * request_size.h
 *	  How much a request asks for: by which columns, for how many days, for how
 *	  many values of a list.  What one request returned tells by it what another
 *	  will.
 *
 * The planner measures the bindings of a path, as far as it knows their values,
 * and the scan the requests that come of them; both by these functions, so
 * that one measure can be held against the other.
 */
#ifndef DCF_REQUEST_SIZE_H
#define DCF_REQUEST_SIZE_H

#include "postgres.h"

#include "request/relation.h"
#include "request/window.h"

typedef struct DcfRequestSize
{
	uint64 given;	  /* columns that the query gives something to send for,
								 * and whether there are days */
	double days;	  /* of a window or period, an open end counting as in
								 * dcf_window_middle(); 0: none, -1: not known */
	double days_sent; /* those days, but an end that is sent as open_from or
								 * open_to as it is sent; never less than days */
	double wanted;	  /* the part of the days that the query wants */
	double values;	  /* of lists that go in one request, multiplied; -1: not
								 * known */

	/* The period's start, until its end comes. */
	bool has_start;
	bool start_known;
	Timestamp start;
} DcfRequestSize;

/* In DcfRequestSize.given, of a measure that has days, be they known or not. */
#define DCF_REQUEST_SIZE_DAYS (UINT64CONST(1) << 63)

/* And all columns, be the ends of windows given or not. */
#define DCF_REQUEST_SIZE_COLUMNS UINT64CONST(0x1555555555555555)

/* A request for everything. */
extern void dcf_request_size_init(DcfRequestSize *reqsize);

/*
 * Add a window, of which the query gives the lower bound, the upper one, or
 * both.  window is what is days_sent for, be it a part of that; NULL if the bounds
 * are not known.
 */
extern void dcf_request_size_window(DcfRequestSize *reqsize,
									const DcfRelation *relation,
									const DcfColumn *column, bool lower,
									bool upper, const DcfWindow *window);

/*
 * Add a column of which one request sends so many values, of a list; -1: not
 * known.  Columns come in their order.
 */
extern void dcf_request_size_values(DcfRequestSize *reqsize,
									const DcfRelation *relation,
									const DcfColumn *column, double count);

/*
 * Add the one value of a column that may be a date or time: two such columns,
 * one after the other, are a period.  NULL: not known.
 */
extern void dcf_request_size_value(DcfRequestSize *reqsize,
								   const DcfRelation *relation,
								   const DcfColumn *column, const Datum *value,
								   Oid valuetype);

/* What part of a whole a part is, by days and values. */
extern double dcf_request_size_part(const DcfRequestSize *part,
									const DcfRequestSize *whole);

/* The bits of a sent column in DcfRequestSize.given. */
extern uint64 dcf_request_size_bits(int nth_sent);

/* Which of the columns that are sent it is, from 0. */
extern int dcf_request_size_place(const DcfRelation *relation,
								  const DcfColumn *column);

#endif /* DCF_REQUEST_SIZE_H */
