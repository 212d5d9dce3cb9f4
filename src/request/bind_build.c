/*
 * bind_build.c
 *	  A request from the current values of its columns.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "miscadmin.h"

#include "bind_default.h"
#include "bind_private.h"
#include "request/window_open.h"

/* EXPLAIN shows this many values of a list, then the number of the others. */
#define SHOWN_VALUES 5

static void add_params(DcfRequest *request, const DcfBoundRequest *bound,
					   int i, bool as_template);
static void add_window(DcfRequest *request, const DcfRelation *relation,
					   const DcfBindColumn *bcol, int position,
					   const DcfBindPart *part);
static void show_windows(DcfRequest *request, const DcfRelation *relation,
						 const DcfBindColumn *bcol);
static void add_bound(DcfRequest *request, const DcfColumn *column,
					  char *param, char *text, const char *shown, char *open);
static char *join_values(const DcfBindColumn *bcol, const DcfBindPart *part);
static char *show_texts(char *const *texts, int count);

/* Build the request; as_template, with placeholders where requests differ. */
DcfRequest *
dcf_bind_build(const DcfBoundRequest *bound, bool as_template)
{
	const DcfRelation *relation = bound->set->relation;
	DcfRequest *request =
		dcf_request_create(relation->server, relation->table);

	for (int i = 0; i < relation->natts; i++)
		if (dcf_column_is_sent(&relation->columns[i]))
			add_params(request, bound, i, as_template);
	return request;
}

/* Add the parameters of the i-th column. */
static void
add_params(DcfRequest *request, const DcfBoundRequest *bound, int i,
		   bool as_template)
{
	const DcfBindColumn *bcol = &bound->set->bcols[i];
	int position = bound->positions[i];
	const DcfBindPart part = bcol == bound->set->halved ?
		bound->part :
		dcf_bind_part_whole(bcol, position);
	const char *param;

	if (bcol->column->kind == DCF_COLUMN_WINDOW)
	{
		if (as_template && bcol->fan_out)
			show_windows(request, bound->set->relation, bcol);
		else
			add_window(request, bound->set->relation, bcol, position, &part);
		return;
	}
	param = dcf_option_utf8(bcol->column->options->param);

	/*
	 * This also omits what every request of the table sends, which would
	 * filter rows that the query wants.
	 */
	if (bcol->not_sent)
		dcf_request_omit(request, param);
	else if (bcol->shown)
		dcf_request_set(request, param, bcol->shown, true);
	else if (!bcol->has_values)
		return;
	else if (!bcol->fan_out)
		dcf_column_send(request, bcol->column, join_values(bcol, &part));
	else if (as_template)
		dcf_request_set(request, param,
						show_texts(bcol->texts, bcol->values.count), true);
	else
		dcf_column_send(request, bcol->column, bcol->texts[position]);
}

/* Add one or both ends of the window at a position, or of a part of it. */
static void
add_window(DcfRequest *request, const DcfRelation *relation,
		   const DcfBindColumn *bcol, int position, const DcfBindPart *part)
{
	const DcfColumnOptions *options = bcol->column->options;
	const DcfWindow window = dcf_bind_part_window(bcol, position, part);

	if (options->param_from)
		add_bound(request, bcol->column, options->param_from,
				  bcol->has_window ? dcf_window_from(&window) : NULL,
				  bcol->shown_from,
				  dcf_window_open_from(&window, relation->table->open_from));
	if (options->param_to)
		add_bound(request, bcol->column, options->param_to,
				  bcol->has_window ? dcf_window_to(&window) : NULL,
				  bcol->shown_to,
				  dcf_window_open_to(&window, relation->table->open_to));
}

/*
 * Add one end of a window: a placeholder, the bound's text, or, if the column
 * is required, what is sent for an open end.
 */
static void
add_bound(DcfRequest *request, const DcfColumn *column, char *param,
		  char *text, const char *shown, char *open)
{
	param = dcf_option_utf8(param);
	if (shown)
		dcf_request_set(request, param, shown, true);
	else if (text)
		dcf_request_set(request, param, text, false);
	else if (column->options->required)
		dcf_request_set(request, param, open, false);
}

/*
 * The values of a part of a list, separated by commas.  A query's
 * value that contains a comma is never put into a list; see list_obstacle().
 */
static char *
join_values(const DcfBindColumn *bcol, const DcfBindPart *part)
{
	StringInfoData buf;

	initStringInfo(&buf);
	for (int i = part->first; i < part->first + part->count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		appendStringInfo(&buf, "%s%s", i > part->first ? "," : "",
						 bcol->texts[i]);
	}
	return buf.data;
}

/*
 * A placeholder such as (a|b|c|... 4 more).  The texts are encoded here,
 * because a placeholder is shown as it is.
 */
static char *
show_texts(char *const *texts, int count)
{
	StringInfoData buf;
	int shown = Min(count, SHOWN_VALUES);

	initStringInfo(&buf);
	for (int i = 0; i < shown; i++)
		appendStringInfo(&buf, "%s%s", i > 0 ? "|" : "(",
						 dcf_request_encode(texts[i]));
	if (shown < count)
		appendStringInfo(&buf, "|... %d more", count - shown);
	appendStringInfoChar(&buf, ')');
	return buf.data;
}

/*
 * Placeholders for several windows.  An open end is shown as an empty text, or
 * as what is sent for it.  Only a column with both parameters has several
 * windows; see finish_window().
 */
static void
show_windows(DcfRequest *request, const DcfRelation *relation,
			 const DcfBindColumn *bcol)
{
	int count = bcol->periods.count;
	const DcfTableOptions *table = relation->table;
	char **from = palloc(sizeof(char *) * count);
	char **to = palloc(sizeof(char *) * count);
	bool required = bcol->column->options->required;

	for (int i = 0; i < count; i++)
	{
		const DcfWindow *window = &bcol->windows[i];

		from[i] = dcf_window_from(window);
		to[i] = dcf_window_to(window);
		if (!from[i])
			from[i] =
				required ? dcf_window_open_from(window, table->open_from) : "";
		if (!to[i])
			to[i] = required ? dcf_window_open_to(window, table->open_to) : "";
	}
	dcf_request_set(request,
					dcf_option_utf8(bcol->column->options->param_from),
					show_texts(from, count), true);
	dcf_request_set(request, dcf_option_utf8(bcol->column->options->param_to),
					show_texts(to, count), true);
}
