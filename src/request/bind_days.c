/*
 * bind_days.c
 *	  The longest period that a request of a set asks for.  See bind.h.
 *
 * Columns fan out independently, so the longest of the shortest periods is the
 * shortest of the longest ones.  Only columns of a group move together.
 */
#include "postgres.h"

#include "datatype/timestamp.h"

#include "bind_group.h"
#include "bind_private.h"

/* The longest of a column's windows. */
static double
longest_window(const DcfRequestSet *set, const DcfBindColumn *bcol)
{
	int count = bcol->fan_out ? dcf_bind_column_count(bcol) : 1;
	double longest = 0;

	for (int i = 0; i < count; i++)
	{
		double days =
			dcf_request_size_sent_days(set->relation, bcol->column,
									   dcf_bind_column_window(bcol, i));

		longest = Max(longest, days);
	}
	return longest;
}

/* A parameter column that may be the start or the end of a period. */
static bool
is_time(const DcfBindColumn *bcol)
{
	return bcol->column->kind == DCF_COLUMN_PARAMETER && bcol->has_binding &&
		dcf_window_accepts(bcol->column->basetype, bcol->column->basetype);
}

/* Whether the query gives it values.  Without Datums these are not known, or defaults. */
static bool
has_times(const DcfBindColumn *bcol)
{
	return bcol->has_values && bcol->values.values;
}

/* The time that a value of the column means; false for an infinite one. */
static bool
get_time(const DcfBindColumn *bcol, int i, Timestamp *time)
{
	const DcfColumn *column = bcol->column;
	DcfWindow window;

	dcf_window_init(&window, column->basetype, -1, column->timezone, false);
	dcf_window_narrow(&window, DCF_BIND_EQUAL, bcol->values.values[i],
					  column->basetype);
	*time = window.lower;
	return window.has_lower;
}

/* The days from a start to an end: the service counts whole days, and one at least. */
static double
days_between(Timestamp from, Timestamp to)
{
	return Max(((double) to - (double) from) / USECS_PER_DAY, 1);
}

/* The group in which two columns move together; or NULL. */
static const DcfBindGroup *
find_group(const DcfRequestSet *set, const DcfBindColumn *one,
		   const DcfBindColumn *other)
{
	ListCell *lc;

	foreach(lc, set->groups)
	{
		const DcfBindGroup *group = lfirst(lc);
		int found = 0;

		for (int i = 0; i < group->ncolumns; i++)
			found += &set->bcols[group->columns[i]] == one ||
				&set->bcols[group->columns[i]] == other;
		if (found == 2)
			return group;
	}
	return NULL;
}

/* The longest period of the combinations in a group. */
static double
longest_of_group(const DcfRequestSet *set, DcfBindGroup group,
				 const DcfBindColumn *start, const DcfBindColumn *end)
{
	int *positions = palloc0(sizeof(int) * set->relation->natts);
	double longest = 0;

	for (group.at = 0; group.at < group.nrows; group.at++)
	{
		Timestamp from;
		Timestamp to;

		dcf_bind_group_apply(&group, positions);
		if (get_time(start, positions[start->column->attnum - 1], &from) &&
			get_time(end, positions[end->column->attnum - 1], &to))
			longest = Max(longest, days_between(from, to));
	}
	pfree(positions);
	return longest;
}

/* The first or the last of a column's times; false if it has none. */
static bool
find_end(const DcfBindColumn *bcol, bool last, Timestamp *end)
{
	bool found = false;

	for (int i = 0; i < bcol->values.count; i++)
	{
		Timestamp time;

		if (!get_time(bcol, i, &time) ||
			(found && (last ? time <= *end : time >= *end)))
			continue;
		*end = time;
		found = true;
	}
	return found;
}

/* The longest of the periods from one column's values to another's. */
static double
longest_pair(const DcfRequestSet *set, const DcfBindColumn *start,
			 const DcfBindColumn *end)
{
	const DcfBindGroup *group = find_group(set, start, end);
	Timestamp from;
	Timestamp to;

	if (group)
		return longest_of_group(set, *group, start, end);
	return find_end(start, false, &from) && find_end(end, true, &to) ?
		days_between(from, to) :
		0;
}

/* Of two lengths the shorter one; 0 is none. */
static double
shorter(double one, double other)
{
	return one > 0 && (other <= 0 || one < other) ? one : other;
}

double
dcf_bind_days(const DcfRequestSet *set)
{
	const DcfBindColumn *start = NULL;
	double days = 0;

	for (int i = 0; i < set->relation->natts && !set->empty && !set->fixed;
		 i++)
	{
		const DcfBindColumn *bcol = &set->bcols[i];

		if (bcol->column->kind == DCF_COLUMN_WINDOW)
			days = shorter(longest_window(set, bcol), days);
		if (!is_time(bcol))
			continue;
		if (start && has_times(start) && has_times(bcol))
			days = shorter(longest_pair(set, start, bcol), days);
		start = start ? NULL : bcol;
	}
	return days;
}
