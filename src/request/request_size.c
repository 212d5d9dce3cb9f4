/*
 * request_size.c
 *	  How much a request asks for.  See request_size.h.
 */
#include "postgres.h"

#include "datatype/timestamp.h"
#include "utils/datetime.h"
#include "utils/timestamp.h"

#include "request/request_size.h"
#include "request/window_open.h"

/* This many sent columns have bits of their own; later ones share them. */
#define PLACES 31

/* A window counts as at least this long, if it is not rounded to days. */
#define LEAST_DAYS (1.0 / HOURS_PER_DAY)

static void add_days(DcfRequestSize *reqsize, double days, double days_sent,
					 double wanted);

void
dcf_request_size_init(DcfRequestSize *reqsize)
{
	memset(reqsize, 0, sizeof(*reqsize));
	reqsize->wanted = 1;
	reqsize->values = 1;
}

uint64
dcf_request_size_bits(int nth_sent)
{
	return UINT64CONST(3) << (nth_sent % PLACES * 2);
}

int
dcf_request_size_place(const DcfRelation *relation, const DcfColumn *column)
{
	int place = 0;

	for (int i = 0; i < column->attnum - 1; i++)
		if (dcf_column_is_sent(&relation->columns[i]))
			place++;
	return place;
}

/*
 * Set the column's lower bit; both if it is a window with an open end.  So a
 * window with one bound is told apart from one with both.
 */
static void
add_column(DcfRequestSize *reqsize, const DcfRelation *relation,
		   const DcfColumn *column, bool open)
{
	uint64 bits =
		dcf_request_size_bits(dcf_request_size_place(relation, column));

	reqsize->given |= open ? bits : bits & (bits >> 1);
}

/* What is sent for a window: a bound without a parameter is not. */
static DcfWindow
sent_window(const DcfColumn *column, const DcfWindow *window)
{
	DcfWindow sent = *window;

	sent.has_lower = sent.has_lower && column->options->param_from;
	sent.has_upper = sent.has_upper && column->options->param_to;
	return sent;
}

/*
 * A rounded window is never shorter than a day.  The length must be above 0, because
 * others divide by it.
 */
static double
at_least(double days, const DcfWindow *window)
{
	return Max(days, window->round_day ? 1 : LEAST_DAYS);
}

double
dcf_request_size_sent_days(const DcfRelation *relation,
						   const DcfColumn *column, const DcfWindow *window)
{
	const DcfColumnOptions *options = column->options;
	DcfWindow sent = sent_window(column, window);
	double days;
	double unused;

	/* An open end of a required window is sent as open_from or open_to. */
	if (options->required && options->param_from && !sent.has_lower)
	{
		sent.has_lower = true;
		sent.lower = dcf_window_open_lower(window, relation->table->open_from);
	}
	if (options->required && options->param_to && !sent.has_upper)
	{
		sent.has_upper = true;
		sent.upper_exclusive = true;
		sent.upper = dcf_window_open_upper(window, relation->table->open_to);
	}
	dcf_window_days(&sent, &days, &unused);
	return at_least(days, window);
}

void
dcf_request_size_window(DcfRequestSize *reqsize, const DcfRelation *relation,
						const DcfColumn *column, bool lower, bool upper,
						const DcfWindow *window)
{
	DcfWindow sent;
	double days;
	double wanted;

	/*
	 * A bound for which the endpoint has no parameter makes no request
	 * smaller.
	 */
	lower = lower && column->options->param_from;
	upper = upper && column->options->param_to;
	if (!lower && !upper)
		return;
	add_column(reqsize, relation, column, !lower || !upper);
	if (!window)
	{
		add_days(reqsize, -1, -1, 1);
		return;
	}
	sent = sent_window(column, window);
	dcf_window_days(&sent, &days, &wanted);
	days = at_least(days, window);

	/* A window in which no time lies has a negative length. */
	add_days(reqsize, days,
			 Max(dcf_request_size_sent_days(relation, column, window), days),
			 Max(wanted, 0) / days);
}

void
dcf_request_size_values(DcfRequestSize *reqsize, const DcfRelation *relation,
						const DcfColumn *column, double count)
{
	add_column(reqsize, relation, column, false);

	/* Once unknown, the product stays unknown. */
	if (count < 0)
		reqsize->values = -1;
	else if (reqsize->values >= 0)
		reqsize->values *= Max(count, 1);
}

void
dcf_request_size_value(DcfRequestSize *reqsize, const DcfRelation *relation,
					   const DcfColumn *column, const Datum *value,
					   Oid valuetype)
{
	DcfWindow window;
	bool known;

	add_column(reqsize, relation, column, false);
	if (!dcf_window_accepts(column->basetype, column->basetype))
		return;

	/* A window converts the value to a time in the column's terms. */
	dcf_window_init(&window, column->basetype, -1, column->timezone, false);
	if (value && dcf_window_accepts(column->basetype, valuetype))
		dcf_window_narrow(&window, DCF_BIND_EQUAL, *value, valuetype);

	/* An infinite value sets no bound, so it counts as not known. */
	known = window.has_lower;

	/* The first of two such columns is the start; wait for the second. */
	if (!reqsize->has_start)
	{
		reqsize->has_start = true;
		reqsize->start_known = known;
		reqsize->start = window.lower;
		return;
	}
	reqsize->has_start = false;
	if (known && reqsize->start_known)
	{
		double days =
			((double) window.lower - (double) reqsize->start) / USECS_PER_DAY;

		/* The service counts whole days, and at least one. */
		days = Max(days, 1);
		add_days(reqsize, days, days, 1);
	}
	else
		add_days(reqsize, -1, -1, 1);
}

double
dcf_request_size_part(const DcfRequestSize *part, const DcfRequestSize *whole)
{
	double days = whole->days > 0 ? part->days / whole->days : 1;
	double values = whole->values > 0 ? part->values / whole->values : 1;

	return days * values;
}

/*
 * With several windows, the shortest one decides.  Any known length is
 * preferred to an unknown one.
 */
static void
add_days(DcfRequestSize *reqsize, double days, double days_sent, double wanted)
{
	bool is_first = !(reqsize->given & DCF_REQUEST_SIZE_DAYS);

	reqsize->given |= DCF_REQUEST_SIZE_DAYS;
	reqsize->wanted *= Min(wanted, 1);
	if (is_first || reqsize->days < 0 || (days >= 0 && days < reqsize->days))
	{
		reqsize->days = days;
		reqsize->days_sent = days_sent;
	}
}
