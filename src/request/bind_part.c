/*
 * bind_part.c
 *	  Parts of what a request asks for by one column.  See bind_part.h.
 */
#include "postgres.h"

#include "bind_part.h"

bool
dcf_bind_part_exist(const DcfBindColumn *bcol)
{
	if (bcol->column->kind == DCF_COLUMN_WINDOW)
		return bcol->has_window;
	return bcol->column->options->list && bcol->has_values && !bcol->fan_out &&
		bcol->values.count > 1;
}

DcfBindPart
dcf_bind_part_whole(const DcfBindColumn *bcol, int position)
{
	if (bcol->column->kind == DCF_COLUMN_WINDOW)
		return (DcfBindPart){0};
	if (bcol->has_batches)
		return (DcfBindPart){.first = bcol->batches.items[position].first,
							 .count = bcol->batches.items[position].count};
	if (bcol->fan_out)
		return (DcfBindPart){.first = position, .count = 1};
	return (DcfBindPart){.count = bcol->values.count};
}

/*
 * Divide a part of a window at its middle.  The first part excludes the middle
 * and the second includes it, so each time is in exactly one.
 */
static bool
halve_window(const DcfBindColumn *bcol, int position, const DcfBindPart *part,
			 DcfBindPart *first, DcfBindPart *second)
{
	DcfWindow window = dcf_bind_part_window(bcol, position, part);
	Timestamp middle;

	if (!dcf_window_middle(&window, &middle))
		return false;
	*first = *second = *part;
	first->has_upper = second->has_lower = true;
	first->upper = second->lower = middle;
	return true;
}

bool
dcf_bind_part_halve(const DcfBindColumn *bcol, int position,
					const DcfBindPart *part, DcfBindPart *first,
					DcfBindPart *second)
{
	if (bcol->column->kind == DCF_COLUMN_WINDOW)
		return halve_window(bcol, position, part, first, second);
	if (part->count < 2)
		return false;
	*first = *second = *part;
	first->count = part->count / 2;
	second->first += first->count;
	second->count -= first->count;
	return true;
}

DcfWindow
dcf_bind_part_window(const DcfBindColumn *bcol, int position,
					 const DcfBindPart *part)
{
	DcfWindow window = *dcf_bind_column_window(bcol, position);

	dcf_window_cut(&window, part->has_lower ? &part->lower : NULL,
				   part->has_upper ? &part->upper : NULL);
	return window;
}

bool
dcf_bind_part_has(const DcfBindColumn *bcol, const DcfBindPart *part,
				  Datum value, bool isnull)
{
	Timestamp time;

	if (bcol->column->kind == DCF_COLUMN_PARAMETER)
		return true;
	if (isnull)
		return false;

	/*
	 * The values are sorted, so a part is a range.  A row between two parts is
	 * in neither: it equals no value of the list, so PostgreSQL would remove
	 * it anyway.
	 */
	if (bcol->column->kind == DCF_COLUMN_FILTERED)
		return dcf_bind_values_between(
			bcol->column, value, bcol->values.values[part->first],
			bcol->values.values[part->first + part->count - 1]);
	time = dcf_window_time(&bcol->window, value);
	return (!part->has_lower || time >= part->lower) &&
		(!part->has_upper || time < part->upper);
}
