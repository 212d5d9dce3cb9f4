/*
 * measure.c
 *	  How much a request asks for.  See measure.h.
 */
#include "postgres.h"

#include "datatype/timestamp.h"
#include "utils/datetime.h"
#include "utils/timestamp.h"

#include "measure.h"
#include "window_open.h"

/* Sent columns that have bits of their own; more share them. */
#define PLACES 31

/* The shortest window that makes a difference, where days do not count. */
#define LEAST_DAYS (1.0 / HOURS_PER_DAY)

static void add_days(DcfMeasure *measure, double days, double asked,
					 double kept);

void
dcf_measure_init(DcfMeasure *measure)
{
	memset(measure, 0, sizeof(*measure));
	measure->kept = 1;
	measure->values = 1;
}

uint64
dcf_measure_bits(int nth_sent)
{
	return UINT64CONST(3) << (nth_sent % PLACES * 2);
}

int
dcf_measure_place(const DcfRelation *relation, const DcfColumn *column)
{
	int place = 0;

	for (int i = 0; i < column->attnum - 1; i++)
		if (dcf_column_is_sent(&relation->columns[i]))
			place++;
	return place;
}

/* The lower of a column's bits, or both: a window with an open end. */
static void
add_column(DcfMeasure *measure, const DcfRelation *relation,
		   const DcfColumn *column, bool open)
{
	uint64 bits = dcf_measure_bits(dcf_measure_place(relation, column));

	measure->given |= open ? bits : bits & (bits >> 1);
}

void
dcf_measure_window(DcfMeasure *measure, const DcfRelation *relation,
				   const DcfColumn *column, bool lower, bool upper,
				   const DcfWindow *window)
{
	const DcfColumnOptions *options = column->options;
	DcfWindow sent;
	double days;
	double wanted;
	double asked;
	double unused;

	lower = lower && options->param_from;
	upper = upper && options->param_to;
	if (!lower && !upper)
		return;
	add_column(measure, relation, column, !lower || !upper);
	if (!window)
	{
		add_days(measure, -1, -1, 1);
		return;
	}

	sent = *window;
	sent.has_lower = sent.has_lower && options->param_from;
	sent.has_upper = sent.has_upper && options->param_to;
	dcf_window_days(&sent, &days, &wanted);
	days = Max(days, window->round_day ? 1 : LEAST_DAYS);
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
	dcf_window_days(&sent, &asked, &unused);
	add_days(measure, days, Max(asked, days), Max(wanted, 0) / days);
}

void
dcf_measure_values(DcfMeasure *measure, const DcfRelation *relation,
				   const DcfColumn *column, double count)
{
	add_column(measure, relation, column, false);
	if (count < 0)
		measure->values = -1;
	else if (measure->values >= 0)
		measure->values *= Max(count, 1);
}

void
dcf_measure_value(DcfMeasure *measure, const DcfRelation *relation,
				  const DcfColumn *column, const Datum *value, Oid valuetype)
{
	DcfWindow window;
	bool known;

	add_column(measure, relation, column, false);
	if (!dcf_window_accepts(column->basetype, column->basetype))
		return;
	dcf_window_init(&window, column->basetype, -1, column->timezone, false);
	if (value && dcf_window_accepts(column->basetype, valuetype))
		dcf_window_narrow(&window, DCF_BIND_EQUAL, *value, valuetype);
	known = window.has_lower;
	if (!measure->has_start)
	{
		measure->has_start = true;
		measure->start_known = known;
		measure->start = window.lower;
		return;
	}
	measure->has_start = false;
	if (known && measure->start_known)
	{
		double days =
			((double) window.lower - (double) measure->start) / USECS_PER_DAY;

		/* The service counts days, and one that begins is one. */
		days = Max(days, 1);
		add_days(measure, days, days, 1);
	}
	else
		add_days(measure, -1, -1, 1);
}

double
dcf_measure_part(const DcfMeasure *part, const DcfMeasure *whole)
{
	double days = whole->days > 0 ? part->days / whole->days : 1;
	double values = whole->values > 0 ? part->values / whole->values : 1;

	return days * values;
}

/* Of several windows the shortest says the most. */
static void
add_days(DcfMeasure *measure, double days, double asked, double kept)
{
	bool is_first = !(measure->given & DCF_MEASURE_DAYS);

	measure->given |= DCF_MEASURE_DAYS;
	measure->kept *= Min(kept, 1);
	if (is_first || measure->days < 0 || (days >= 0 && days < measure->days))
	{
		measure->days = days;
		measure->asked = asked;
	}
}
