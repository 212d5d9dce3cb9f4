/*
 * bind_asked.c
 *	  The times that a request asks for, to tell which rows of its reply lie outside.  See
 *	  bind.h.
 */
#include "postgres.h"

#include "utils/timestamp.h"

#include "bind_private.h"

typedef struct Span
{
	const DcfWindow *window; /* of the column */
	int column;				 /* attnum - 1 */
	Timestamp from, to;		 /* from on, before to */
} Span;

struct DcfBindAsked
{
	int nspans;
	Span spans[FLEXIBLE_ARRAY_MEMBER];
};

DcfBindAsked *
dcf_bind_asked(const DcfBoundRequest *bound, const Bitmapset *fetched)
{
	const DcfRequestSet *set = bound->set;
	DcfBindAsked *asked = NULL;
	int attnum = -1;

	if (set->fixed)
		return NULL;
	while ((attnum = bms_next_member(fetched, attnum)) > 0)
	{
		const DcfBindColumn *bcol = &set->bcols[attnum - 1];
		DcfBindPart part = {0};
		DcfWindow window;
		Span *span;

		if (bcol->column->kind != DCF_COLUMN_WINDOW || !bcol->has_window)
			continue;
		if (!asked)
			asked = palloc0(offsetof(DcfBindAsked, spans) +
							sizeof(Span) * bms_num_members(fetched));
		if (bcol == set->halved)
			part = bound->part;
		window =
			dcf_bind_part_window(bcol, bound->positions[attnum - 1], &part);
		span = &asked->spans[asked->nspans++];
		span->window = &bcol->window;
		span->column = attnum - 1;
		dcf_window_asked(&window, &span->from, &span->to);
	}
	return asked;
}

bool
dcf_bind_asked_has(const DcfBindAsked *asked, const Datum *values,
				   const bool *isnull)
{
	for (int i = 0; asked && i < asked->nspans; i++)
	{
		const Span *span = &asked->spans[i];
		Timestamp time;

		if (isnull[span->column])
			return false;
		time = dcf_window_time(span->window, values[span->column]);
		if (time < span->from || time >= span->to)
			return false;
	}
	return true;
}
