/*
 * bind_hint.c
 *	  How to ask for less: the hint of a request that asks for too much.
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "bind_private.h"
#include "request/window_open.h"

static char *name_open_ends(const DcfRequestSet *set);
static const char *name_open_option(const DcfRelation *relation, bool lower);
static const char *name_split(const DcfRequestSet *set);
static char *name_columns(List *columns);

/*
 * Name windows if there are any, else periods given by two columns, else the
 * columns that the query gives no value for.
 */
static char *
name_narrower(const DcfRequestSet *set, bool may_split)
{
	List *windows = NIL;
	List *times = NIL;
	List *others = NIL;

	if (set->fixed)
		return set->hint ? pstrdup(set->hint) : NULL;
	for (int i = 0; i < set->relation->natts; i++)
	{
		const DcfBindColumn *bcol = &set->bcols[i];
		const DcfColumn *column = bcol->column;

		if (column->kind == DCF_COLUMN_WINDOW)
			windows = lappend(windows, (void *) column);
		else if (dcf_column_is_sent(column) &&
				 dcf_window_accepts(column->basetype, column->basetype))
			times = lappend(times, (void *) column);
		else if (dcf_column_is_sent(column) && !bcol->has_values)
			others = lappend(others, (void *) column);
	}
	if (windows != NIL)
	{
		const char *more = name_open_ends(set);

		if (more[0] == '\0' && may_split)
			more = name_split(set);
		return psprintf("Narrow the range of %s.%s", name_columns(windows),
						more);
	}
	/* One time alone is no period. */
	if (list_length(times) > 1)
		return psprintf("Request a shorter period with %s.",
						name_columns(times));
	if (others != NIL)
		return psprintf("Narrow the request with a value for %s.",
						name_columns(others));
	return pstrdup(
		"Request less with other values in WHERE, or divide the query into several.");
}

char *
dcf_bind_narrow_hint(const DcfRequestSet *set)
{
	return name_narrower(set, true);
}

char *
dcf_bind_less_hint(const DcfRequestSet *set)
{
	return name_narrower(set, false);
}

/* Name the columns of which each value, or each period, has a request of its own. */
char *
dcf_bind_fewer_hint(const DcfRequestSet *set)
{
	List *columns = NIL;

	if (set->batched)
		return psprintf(
			"Join fewer values of %s, or raise the table's option \"batch_size\".",
			name_columns(list_make1((void *) set->batched->column)));
	if (set->pending != NIL)
		return dcf_bind_less_hint(set);
	for (int i = 0; i < set->relation->natts; i++)
		if (set->bcols[i].fan_out)
			columns = lappend(columns, (void *) set->bcols[i].column);
	return columns == NIL ?
		NULL :
		psprintf("Each value of %s needs a request: ask for fewer in WHERE.",
				 name_columns(columns));
}

/* A sentence for each window with an end that the query leaves open, or "". */
static char *
name_open_ends(const DcfRequestSet *set)
{
	StringInfoData buf;

	initStringInfo(&buf);
	for (int i = 0; i < set->relation->natts; i++)
	{
		const DcfBindColumn *bcol = &set->bcols[i];
		const DcfColumn *column = bcol->column;
		bool lower;
		bool upper;

		if (column->kind != DCF_COLUMN_WINDOW)
			continue;

		/* A bound that cannot be sent counts as missing: its text is NULL. */
		lower = column->options->param_from &&
			!(bcol->has_window && dcf_window_from(&bcol->window));
		upper = column->options->param_to &&
			!(bcol->has_window && dcf_window_to(&bcol->window));
		if (lower || upper)
			appendStringInfo(&buf, " Give column \"%s\" %s%s.",
							 column->attname,
							 lower && upper ? "bounds" :
								 lower		? "a lower bound" :
											  "an upper bound",
							 column->options->required ?
								 name_open_option(set->relation, lower) :
								 "");
	}
	return buf.data;
}

/*
 * How an option could limit the open end of a required window; "" if it
 * already does.
 */
static const char *
name_open_option(const DcfRelation *relation, bool lower)
{
	if (lower)
		return strcmp(relation->table->open_from, DCF_OPEN_FROM) == 0 ?
			", or set the table's option \"open_from\", for example to '-90d'" :
			"";
	return strcmp(relation->table->open_to, DCF_OPEN_TO) == 0 ?
		", or set the table's option \"open_to\", for example to 'tomorrow'" :
		"";
}

/*
 * A sentence that proposes the option "split", or "" if it would not help.
 * Proposes only a window that find_split() in relation.c accepts.
 */
static const char *
name_split(const DcfRequestSet *set)
{
	for (int i = 0; i < set->relation->natts && !set->relation->split; i++)
	{
		const DcfBindColumn *bcol = &set->bcols[i];

		if (bcol->column->kind == DCF_COLUMN_WINDOW &&
			bcol->column->options->param_from &&
			bcol->column->options->param_to && dcf_bind_part_exist(bcol))
			return psprintf(
				" Or set the table's option \"split\" to \"%s\" to have such requests halved.",
				bcol->column->attname);
	}
	return "";
}

/* The text: column "a" (parameter A), column "b" (parameter B) or ... */
static char *
name_columns(List *columns)
{
	StringInfoData buf;
	ListCell *lc;

	initStringInfo(&buf);
	foreach(lc, columns)
	{
		const DcfColumn *column = lfirst(lc);
		const DcfColumnOptions *options = column->options;
		const char *first = options->param ? options->param :
			options->param_from			   ? options->param_from :
											 options->param_to;
		bool both = options->param_from && options->param_to;

		appendStringInfo(&buf, "%scolumn \"%s\" (%s %s%s%s)",
						 buf.len == 0			? "" :
							 lnext(columns, lc) ? ", " :
												  " or ",
						 column->attname, both ? "parameters" : "parameter",
						 first, both ? ", " : "",
						 both ? options->param_to : "");
	}
	return buf.data;
}
