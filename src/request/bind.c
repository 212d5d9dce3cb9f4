/*
 * bind.c
 *	  Values of bindings become a set of requests.  See bind.h.
 *
 * The requests are enumerated like the readings of an odometer: each column
 * that fans out has a position in its list of values or windows.  The last
 * position moves with each request, and one that has gone round moves the one
 * before it.  Columns of a group share a position.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"

#include "bind_column.h"
#include "bind_default.h"
#include "bind_group.h"
#include "bind_part.h"
#include "request/bind.h"
#include "request/window_open.h"

/* EXPLAIN shows this many values of a list, then the number of the others. */
#define SHOWN_VALUES 5

struct DcfRequestSet
{
	MemoryContext context;
	const DcfRelation *relation;
	DcfBindColumn *bcols; /* by attnum - 1 */
	bool empty;			  /* no row can match */
	bool shared;		  /* several requests may return the same row */
	int *positions;		  /* of the next request, by attnum - 1 */
	List *groups;		  /* of DcfBindGroup * */
	bool finished;
	/* the column that requests are halved by, or NULL */
	const DcfBindColumn *halved;
	List *pending; /* of DcfBoundRequest *: halves, to be sent next */
	/* the only request, or NULL if the columns make them */
	DcfRequest *fixed;
	const char *hint; /* for fixed, or NULL */
};

struct DcfBoundRequest
{
	const DcfRequestSet *set;
	int *positions;	  /* by attnum - 1 */
	DcfBindPart part; /* of set->halved */
	bool in_part;	  /* part is less than the whole */
};

static void find_groups(DcfRequestSet *set, const DcfFdwPrivate *priv,
						const DcfBoundValue *values);
static void find_halved(DcfRequestSet *set, const DcfFdwPrivate *priv);
static void bind_all(DcfRequestSet *set, const DcfFdwPrivate *priv,
					 const DcfBoundValue *values);
static DcfBoundRequest *create_bound(const DcfRequestSet *set,
									 const int *positions);
static DcfBoundRequest *copy_bound(const DcfBoundRequest *bound,
								   const DcfBindPart *part);
static bool advance(DcfRequestSet *set);
static void add_column_size(DcfRequestSize *reqsize,
							const DcfBoundRequest *bound, int i, bool whole);
static DcfRequest *build(const DcfBoundRequest *bound, bool as_template);
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
static char *name_open_ends(const DcfRequestSet *set);
static const char *name_open_option(const DcfRelation *relation, bool lower);
static const char *name_split(const DcfRequestSet *set);
static char *name_columns(List *columns);

/* A set without values. */
static DcfRequestSet *
create_set(const DcfRelation *relation)
{
	DcfRequestSet *set = palloc0(sizeof(DcfRequestSet));

	set->context = CurrentMemoryContext;
	set->relation = relation;
	set->bcols = palloc(sizeof(DcfBindColumn) * Max(relation->natts, 1));
	for (int i = 0; i < relation->natts; i++)
		dcf_bind_column_init(&set->bcols[i], relation, &relation->columns[i]);
	set->positions = palloc0(sizeof(int) * Max(relation->natts, 1));
	return set;
}

DcfRequestSet *
dcf_bind_create_fixed(const DcfRelation *relation, DcfRequest *request,
					  const char *hint)
{
	DcfRequestSet *set = create_set(relation);

	set->fixed = request;
	set->hint = hint;
	for (int i = 0; i < relation->natts; i++)
	{
		DcfBindColumn *bcol = &set->bcols[i];

		if (bcol->column->kind == DCF_COLUMN_PARAMETER)
			bcol->has_default_value =
				dcf_bind_default_sent(relation, bcol->column, request,
									  &bcol->default_value);
	}
	return set;
}

DcfRequestSet *
dcf_bind_create(const DcfRelation *relation, const DcfFdwPrivate *priv,
				const DcfBoundValue *values, bool for_explain)
{
	DcfRequestSet *set = create_set(relation);

	bind_all(set, priv, values);

	/* If no row can match, raise no error about a value. */
	for (int i = 0; i < relation->natts && !set->empty; i++)
	{
		DcfBindColumn *bcol = &set->bcols[i];

		if (!dcf_column_is_sent(bcol->column))
			continue;
		dcf_bind_column_finish(bcol, relation, priv, !for_explain);
		set->empty = bcol->empty;
		set->shared |=
			bcol->fan_out && bcol->column->kind != DCF_COLUMN_PARAMETER;
	}
	if (!set->empty)
		find_groups(set, priv, values);
	if (!set->empty)
		find_halved(set, priv);
	return set;
}

DcfBoundValue *
dcf_bind_copy_values(const DcfFdwPrivate *priv, const DcfBoundValue *values)
{
	int n = list_length(priv->bindings);
	DcfBoundValue *copies = palloc(sizeof(DcfBoundValue) * Max(n, 1));

	for (int i = 0; i < n; i++)
	{
		int16 typlen;
		bool typbyval;

		copies[i] = values[i];
		if (!OidIsValid(values[i].type) || values[i].isnull)
			continue;
		get_typlenbyval(values[i].type, &typlen, &typbyval);
		copies[i].value = datumCopy(values[i].value, typbyval, typlen);
	}
	return copies;
}

/*
 * Set the positions of grouped columns to the first combinations.  A group
 * without any makes the set empty.
 */
static void
find_groups(DcfRequestSet *set, const DcfFdwPrivate *priv,
			const DcfBoundValue *values)
{
	ListCell *lc;

	set->groups = dcf_bind_group_create(set->bcols, priv, values);
	foreach(lc, set->groups)
	{
		const DcfBindGroup *group = lfirst(lc);

		if (group->nrows == 0)
		{
			set->empty = true;
			return;
		}
		dcf_bind_group_apply(group, set->positions);
	}
}

/*
 * A request that asks for too much is halved by the column that the table's
 * option "split" names.  A batched join's request can always be halved by its
 * keys, because the wrapper has put them together.
 */
static void
find_halved(DcfRequestSet *set, const DcfFdwPrivate *priv)
{
	const DcfColumn *split = set->relation->split;
	AttrNumber attnums[] = {split ? split->attnum : 0,
							dcf_fdw_private_keys(priv)};

	for (size_t i = 0; i < lengthof(attnums) && !set->halved; i++)
	{
		const DcfBindColumn *bcol = &set->bcols[Max(attnums[i], 1) - 1];

		if (attnums[i] != 0 && dcf_bind_part_exist(bcol))
			set->halved = bcol;
	}
}

/* Distribute the bindings' values to their columns. */
static void
bind_all(DcfRequestSet *set, const DcfFdwPrivate *priv,
		 const DcfBoundValue *values)
{
	ListCell *lc;

	foreach(lc, priv->bindings)
	{
		DcfBinding *binding = lfirst(lc);
		DcfBindColumn *bcol = &set->bcols[binding->attnum - 1];

		dcf_bind_column_bind(bcol, binding,
							 &values[foreach_current_index(lc)]);
		set->empty |= bcol->empty;
	}
}

double
dcf_bind_count(const DcfRequestSet *set)
{
	double count = 1;
	ListCell *lc;

	if (set->empty)
		return 0;
	for (int i = 0; i < set->relation->natts; i++)
		if (set->bcols[i].fan_out && !set->bcols[i].grouped)
			count *= dcf_bind_column_count(&set->bcols[i]);
	foreach(lc, set->groups)
		count *= ((const DcfBindGroup *) lfirst(lc))->nrows;
	return count;
}

DcfBoundRequest *
dcf_bind_next(DcfRequestSet *set)
{
	DcfBoundRequest *bound;

	if (set->pending != NIL)
	{
		DcfBoundRequest *half = linitial(set->pending);

		set->pending = list_delete_first(set->pending);
		bound = copy_bound(half, &half->part);
		pfree(half);
		return bound;
	}
	if (set->empty || set->finished)
		return NULL;
	bound = create_bound(set, set->positions);
	set->finished = !advance(set);
	return bound;
}

bool
dcf_bind_has_next(const DcfRequestSet *set)
{
	return set->pending != NIL || !(set->empty || set->finished);
}

/* A request at these positions, as a whole, in one allocation. */
static DcfBoundRequest *
create_bound(const DcfRequestSet *set, const int *positions)
{
	int natts = set->relation->natts;
	DcfBoundRequest *bound =
		palloc0(sizeof(DcfBoundRequest) + sizeof(int) * natts);

	bound->set = set;
	bound->positions = (int *) (bound + 1);
	memcpy(bound->positions, positions, sizeof(int) * natts);
	if (set->halved)
		bound->part = dcf_bind_part_whole(set->halved);
	return bound;
}

/*
 * Copies, because a half must outlive the memory context of the request that
 * was halved.
 */
static DcfBoundRequest *
copy_bound(const DcfBoundRequest *bound, const DcfBindPart *part)
{
	DcfBoundRequest *copy = create_bound(bound->set, bound->positions);

	copy->part = *part;
	copy->in_part = true;
	return copy;
}

/* The position of the column that the request is halved by. */
static int
halved_position(const DcfBoundRequest *bound)
{
	return bound->positions[bound->set->halved->column->attnum - 1];
}

bool
dcf_bind_can_halve(const DcfBoundRequest *bound)
{
	DcfBindPart first;
	DcfBindPart second;

	return bound->set->halved &&
		dcf_bind_part_halve(bound->set->halved, halved_position(bound),
							&bound->part, &first, &second);
}

void
dcf_bind_halve(DcfRequestSet *set, const DcfBoundRequest *bound)
{
	MemoryContext old = MemoryContextSwitchTo(set->context);
	DcfBindPart first;
	DcfBindPart second;

	if (!dcf_bind_part_halve(set->halved, halved_position(bound), &bound->part,
							 &first, &second))
		elog(ERROR, "request cannot be halved");
	set->pending = lcons(copy_bound(bound, &second), set->pending);
	set->pending = lcons(copy_bound(bound, &first), set->pending);
	MemoryContextSwitchTo(old);
}

void
dcf_bind_request_size(const DcfBoundRequest *bound, bool whole,
					  DcfRequestSize *reqsize)
{
	const DcfRelation *relation = bound->set->relation;

	dcf_request_size_init(reqsize);
	for (int i = 0; i < relation->natts; i++)
		if (dcf_column_is_sent(&relation->columns[i]) &&
			bound->set->bcols[i].has_binding)
			add_column_size(reqsize, bound, i, whole);
}

/*
 * Add what the request asks for by the i-th column, or with whole, what it
 * asked for before it was halved.
 */
static void
add_column_size(DcfRequestSize *reqsize, const DcfBoundRequest *bound, int i,
				bool whole)
{
	const DcfRelation *relation = bound->set->relation;
	const DcfBindColumn *bcol = &bound->set->bcols[i];
	const DcfBindPart *part =
		bcol == bound->set->halved && !whole ? &bound->part : NULL;
	int count = part ? part->count : bcol->values.count;

	if (bcol->column->kind == DCF_COLUMN_WINDOW)
	{
		int position = bound->positions[i];
		const DcfWindow window = part ?
			dcf_bind_part_window(bcol, position, part) :
			*dcf_bind_column_window(bcol, position);

		dcf_request_size_window(reqsize, relation, bcol->column,
								bcol->window.has_lower, bcol->window.has_upper,
								&window);
	}
	else if (bcol->has_values && !bcol->fan_out && count > 1)
		dcf_request_size_values(reqsize, relation, bcol->column, count);
	else if (bcol->has_values)
		dcf_request_size_value(
			reqsize, relation, bcol->column,
			&bcol->values.values[part ? part->first : bound->positions[i]],
			bcol->column->basetype);
}

/*
 * Move to the next request; false after the last.  Single columns move first,
 * from the last one on, then the groups.
 */
static bool
advance(DcfRequestSet *set)
{
	for (int i = set->relation->natts - 1; i >= 0; i--)
	{
		const DcfBindColumn *bcol = &set->bcols[i];

		if (!bcol->fan_out || bcol->grouped)
			continue;
		if (++set->positions[i] < dcf_bind_column_count(bcol))
			return true;
		set->positions[i] = 0;
	}
	for (int i = list_length(set->groups) - 1; i >= 0; i--)
	{
		DcfBindGroup *group = list_nth(set->groups, i);

		group->at = (group->at + 1) % group->nrows;
		dcf_bind_group_apply(group, set->positions);
		if (group->at > 0)
			return true;
	}
	return false;
}

DcfRequest *
dcf_bind_request(const DcfBoundRequest *bound)
{
	return bound->set->fixed ? bound->set->fixed : build(bound, false);
}

DcfRequest *
dcf_bind_template(DcfRequestSet *set)
{
	return set->empty ? NULL : build(create_bound(set, set->positions), true);
}

/* Build the request; as_template, with placeholders where requests differ. */
static DcfRequest *
build(const DcfBoundRequest *bound, bool as_template)
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
	const DcfBindPart *part = bcol == bound->set->halved ? &bound->part : NULL;
	const char *param;

	if (bcol->column->kind == DCF_COLUMN_WINDOW)
	{
		if (as_template && bcol->fan_out)
			show_windows(request, bound->set->relation, bcol);
		else
			add_window(request, bound->set->relation, bcol,
					   bound->positions[i], part);
		return;
	}
	param = dcf_option_utf8(bcol->column->options->param);
	if (bcol->not_sent)
		dcf_request_omit(request, param);
	else if (bcol->shown)
		dcf_request_set(request, param, bcol->shown, true);
	else if (!bcol->has_values)
		return;
	else if (!bcol->fan_out)
		dcf_column_send(request, bcol->column, join_values(bcol, part));
	else if (as_template)
		dcf_request_set(request, param,
						show_texts(bcol->texts, bcol->values.count), true);
	else
		dcf_column_send(request, bcol->column,
						bcol->texts[bound->positions[i]]);
}

/* Add one or both ends of the window at a position, or of a part of it. */
static void
add_window(DcfRequest *request, const DcfRelation *relation,
		   const DcfBindColumn *bcol, int position, const DcfBindPart *part)
{
	const DcfColumnOptions *options = bcol->column->options;
	const DcfWindow window = part ?
		dcf_bind_part_window(bcol, position, part) :
		*dcf_bind_column_window(bcol, position);

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

/* The values of a list, or of a part of it, separated by commas. */
static char *
join_values(const DcfBindColumn *bcol, const DcfBindPart *part)
{
	StringInfoData buf;
	int first = part ? part->first : 0;
	int end = part ? first + part->count : bcol->values.count;

	initStringInfo(&buf);
	for (int i = first; i < end; i++)
	{
		CHECK_FOR_INTERRUPTS();
		appendStringInfo(&buf, "%s%s", i > first ? "," : "", bcol->texts[i]);
	}
	return buf.data;
}

/* A placeholder such as (a|b|c|... 4 more). */
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
 * as what is sent for it.
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

Datum
dcf_bind_sent(const DcfBoundRequest *bound, AttrNumber attnum, bool *isnull)
{
	const DcfBindColumn *bcol = &bound->set->bcols[attnum - 1];

	*isnull = false;
	if (bcol->has_default_value)
		return bcol->default_value;
	if (bcol->has_values && bcol->values.values &&
		(bcol->fan_out || bcol->values.count == 1))
		return bcol->values.values[bound->positions[attnum - 1]];
	*isnull = true;
	return (Datum) 0;
}

bool
dcf_bind_owns_row(const DcfBoundRequest *bound, const Datum *values,
				  const bool *isnull)
{
	const DcfRequestSet *set = bound->set;

	for (int i = 0; set->shared && i < set->relation->natts; i++)
	{
		const DcfBindColumn *bcol = &set->bcols[i];

		if (bcol->fan_out && bcol->column->kind != DCF_COLUMN_PARAMETER &&
			(isnull[i] ||
			 !dcf_bind_column_has(bcol, bound->positions[i], values[i])))
			return false;
	}
	if (bound->in_part)
	{
		int i = set->halved->column->attnum - 1;

		return dcf_bind_part_has(set->halved, &bound->part, values[i],
								 isnull[i]);
	}
	return true;
}

/*
 * Name windows if there are any, else periods given by two columns, else the
 * columns that the query gives no value for.
 */
char *
dcf_bind_narrow_hint(const DcfRequestSet *set)
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

		if (more[0] == '\0')
			more = name_split(set);
		return psprintf("Narrow the range of %s.%s", name_columns(windows),
						more);
	}
	if (times != NIL)
		return psprintf("Request a shorter period with %s.",
						name_columns(times));
	if (others != NIL)
		return psprintf("Narrow the request with a value for %s.",
						name_columns(others));
	return pstrdup(
		"Request less with other values in WHERE, or divide the query into several.");
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

/* A sentence that proposes the option "split", or "" if it would not help. */
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
