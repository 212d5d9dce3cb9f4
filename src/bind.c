/*
 * bind.c
 *	  Values into requests.  See bind.h.
 *
 * Columns that need a request for each of their values count through like the
 * wheels of an odometer.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"

#include "bind.h"
#include "bind_default.h"
#include "bind_group.h"
#include "bind_part.h"
#include "bind_slot.h"
#include "window_open.h"

/* Values of a list shown in EXPLAIN before it says how many more there are. */
#define SHOWN_VALUES 5

struct DcfRequestSet
{
	MemoryContext context;
	const DcfRelation *relation;
	DcfSlot *slots; /* one for each column, by attnum - 1 */
	bool empty;		/* no row can match */
	bool shared;	/* several requests may return the same row */
	int *wheels;	/* index into each slot's values or windows, of the
					 * next request */
	List *groups;	/* of DcfGroup *: columns that turn together */
	bool finished;
	const DcfSlot *halved; /* the column that requests can be halved by, or
							* NULL */
	List *pending;		   /* of DcfAsked *, halves: next */
	DcfRequest *fixed;	   /* the only one, or NULL: by the slots */
	const char *hint;	   /* of the fixed one, or NULL */
};

struct DcfAsked
{
	const DcfRequestSet *set;
	int *wheels;  /* index into each slot's values or windows */
	DcfPart part; /* of the column that requests are halved by */
	bool in_part; /* and that is not the whole */
};

static void find_groups(DcfRequestSet *set, const DcfSpec *spec,
						const DcfBoundValue *values);
static void find_halved(DcfRequestSet *set, const DcfSpec *spec);
static void bind_all(DcfRequestSet *set, const DcfSpec *spec,
					 const DcfBoundValue *values);
static DcfAsked *create_asked(const DcfRequestSet *set, const int *wheels);
static DcfAsked *copy_asked(const DcfAsked *asked, const DcfPart *part);
static bool advance(DcfRequestSet *set);
static void measure_slot(DcfMeasure *measure, const DcfAsked *asked, int i,
						 bool whole);
static DcfRequest *build(const DcfAsked *asked, bool as_template);
static void add_params(DcfRequest *request, const DcfAsked *asked, int i,
					   bool as_template);
static void add_window(DcfRequest *request, const DcfRelation *relation,
					   const DcfSlot *slot, int wheel, const DcfPart *part);
static void show_windows(DcfRequest *request, const DcfRelation *relation,
						 const DcfSlot *slot);
static void add_bound(DcfRequest *request, const DcfColumn *column,
					  char *param, char *text, const char *shown, char *open);
static char *join_values(const DcfSlot *slot, const DcfPart *part);
static char *show_texts(char *const *texts, int count);
static char *name_open_ends(const DcfRequestSet *set);
static const char *name_open_option(const DcfRelation *relation, bool lower);
static const char *name_split(const DcfRequestSet *set);
static char *name_columns(List *columns);

/* With slots of which nothing is known. */
static DcfRequestSet *
create_set(const DcfRelation *relation)
{
	DcfRequestSet *set = palloc0(sizeof(DcfRequestSet));

	set->context = CurrentMemoryContext;
	set->relation = relation;
	set->slots = palloc(sizeof(DcfSlot) * Max(relation->natts, 1));
	for (int i = 0; i < relation->natts; i++)
		dcf_slot_init(&set->slots[i], relation, &relation->columns[i]);
	set->wheels = palloc0(sizeof(int) * Max(relation->natts, 1));
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
		DcfSlot *slot = &set->slots[i];

		if (slot->column->kind == DCF_COLUMN_PARAMETER)
			slot->has_default_value =
				dcf_default_sent(relation, slot->column, request,
								 &slot->default_value);
	}
	return set;
}

DcfRequestSet *
dcf_bind_create(const DcfRelation *relation, const DcfSpec *spec,
				const DcfBoundValue *values, bool for_explain)
{
	DcfRequestSet *set = create_set(relation);

	bind_all(set, spec, values);

	/* Where nothing is to be sent, nothing can be wrong with it. */
	for (int i = 0; i < relation->natts && !set->empty; i++)
	{
		DcfSlot *slot = &set->slots[i];

		if (!dcf_column_is_sent(slot->column))
			continue;
		dcf_slot_finish(slot, relation, spec, !for_explain);
		set->empty = slot->empty;
		set->shared |=
			slot->one_by_one && slot->column->kind != DCF_COLUMN_PARAMETER;
	}
	if (!set->empty)
		find_groups(set, spec, values);
	if (!set->empty)
		find_halved(set, spec);
	return set;
}

DcfBoundValue *
dcf_bind_copy_values(const DcfSpec *spec, const DcfBoundValue *values)
{
	int n = list_length(spec->bindings);
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

static void
find_groups(DcfRequestSet *set, const DcfSpec *spec,
			const DcfBoundValue *values)
{
	ListCell *lc;

	set->groups = dcf_group_create(set->slots, spec, values);
	foreach(lc, set->groups)
	{
		const DcfGroup *group = lfirst(lc);

		if (group->nrows == 0)
		{
			set->empty = true;
			return;
		}
		dcf_group_turn(group, set->wheels);
	}
}

/*
 * A request that asks for too much is halved by the column that the table's
 * options name.  A batch of a join's values can be as well: they were put
 * together here.
 */
static void
find_halved(DcfRequestSet *set, const DcfSpec *spec)
{
	const DcfColumn *split = set->relation->split;
	AttrNumber attnums[] = {split ? split->attnum : 0, dcf_spec_keys(spec)};

	for (size_t i = 0; i < lengthof(attnums) && !set->halved; i++)
	{
		const DcfSlot *slot = &set->slots[Max(attnums[i], 1) - 1];

		if (attnums[i] != 0 && dcf_part_exist(slot))
			set->halved = slot;
	}
}

static void
bind_all(DcfRequestSet *set, const DcfSpec *spec, const DcfBoundValue *values)
{
	ListCell *lc;

	foreach(lc, spec->bindings)
	{
		DcfBinding *binding = lfirst(lc);
		DcfSlot *slot = &set->slots[binding->attnum - 1];

		dcf_slot_bind(slot, binding, &values[foreach_current_index(lc)]);
		set->empty |= slot->empty;
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
		if (set->slots[i].one_by_one && !set->slots[i].grouped)
			count *= dcf_slot_count(&set->slots[i]);
	foreach(lc, set->groups)
		count *= ((const DcfGroup *) lfirst(lc))->nrows;
	return count;
}

DcfAsked *
dcf_bind_next(DcfRequestSet *set)
{
	DcfAsked *asked;

	if (set->pending != NIL)
	{
		DcfAsked *half = linitial(set->pending);

		set->pending = list_delete_first(set->pending);
		asked = copy_asked(half, &half->part);
		pfree(half);
		return asked;
	}
	if (set->empty || set->finished)
		return NULL;
	asked = create_asked(set, set->wheels);
	set->finished = !advance(set);
	return asked;
}

bool
dcf_bind_has_next(const DcfRequestSet *set)
{
	return set->pending != NIL || !(set->empty || set->finished);
}

/* In one piece. */
static DcfAsked *
create_asked(const DcfRequestSet *set, const int *wheels)
{
	int natts = set->relation->natts;
	DcfAsked *asked = palloc0(sizeof(DcfAsked) + sizeof(int) * natts);

	asked->set = set;
	asked->wheels = (int *) (asked + 1);
	memcpy(asked->wheels, wheels, sizeof(int) * natts);
	if (set->halved)
		asked->part = dcf_part_whole(set->halved);
	return asked;
}

static DcfAsked *
copy_asked(const DcfAsked *asked, const DcfPart *part)
{
	DcfAsked *copy = create_asked(asked->set, asked->wheels);

	copy->part = *part;
	copy->in_part = true;
	return copy;
}

static int
halved_wheel(const DcfAsked *asked)
{
	return asked->wheels[asked->set->halved->column->attnum - 1];
}

bool
dcf_bind_can_halve(const DcfAsked *asked)
{
	DcfPart first;
	DcfPart second;

	return asked->set->halved &&
		dcf_part_halve(asked->set->halved, halved_wheel(asked), &asked->part,
					   &first, &second);
}

void
dcf_bind_halve(DcfRequestSet *set, const DcfAsked *asked)
{
	MemoryContext old = MemoryContextSwitchTo(set->context);
	DcfPart first;
	DcfPart second;

	if (!dcf_part_halve(set->halved, halved_wheel(asked), &asked->part, &first,
						&second))
		elog(ERROR, "request cannot be halved");
	set->pending = lcons(copy_asked(asked, &second), set->pending);
	set->pending = lcons(copy_asked(asked, &first), set->pending);
	MemoryContextSwitchTo(old);
}

void
dcf_bind_measure(const DcfAsked *asked, bool whole, DcfMeasure *measure)
{
	const DcfRelation *relation = asked->set->relation;

	dcf_measure_init(measure);
	for (int i = 0; i < relation->natts; i++)
		if (dcf_column_is_sent(&relation->columns[i]) &&
			asked->set->slots[i].bound)
			measure_slot(measure, asked, i, whole);
}

static void
measure_slot(DcfMeasure *measure, const DcfAsked *asked, int i, bool whole)
{
	const DcfRelation *relation = asked->set->relation;
	const DcfSlot *slot = &asked->set->slots[i];
	const DcfPart *part =
		slot == asked->set->halved && !whole ? &asked->part : NULL;
	int count = part ? part->count : slot->values.count;

	if (slot->column->kind == DCF_COLUMN_WINDOW)
	{
		int wheel = asked->wheels[i];
		const DcfWindow window = part ? dcf_part_window(slot, wheel, part) :
										*dcf_slot_window(slot, wheel);

		dcf_measure_window(measure, relation, slot->column,
						   slot->window.has_lower, slot->window.has_upper,
						   &window);
	}
	else if (slot->has_values && !slot->one_by_one && count > 1)
		dcf_measure_values(measure, relation, slot->column, count);
	else if (slot->has_values)
		dcf_measure_value(measure, relation, slot->column,
						  &slot->values
							   .values[part ? part->first : asked->wheels[i]],
						  slot->column->basetype);
}

/*
 * Turn the last wheel; where one has gone round, the one before it, too.  The
 * first are those that several columns share.
 */
static bool
advance(DcfRequestSet *set)
{
	for (int i = set->relation->natts - 1; i >= 0; i--)
	{
		const DcfSlot *slot = &set->slots[i];

		if (!slot->one_by_one || slot->grouped)
			continue;
		if (++set->wheels[i] < dcf_slot_count(slot))
			return true;
		set->wheels[i] = 0;
	}
	for (int i = list_length(set->groups) - 1; i >= 0; i--)
	{
		DcfGroup *group = list_nth(set->groups, i);

		group->at = (group->at + 1) % group->nrows;
		dcf_group_turn(group, set->wheels);
		if (group->at > 0)
			return true;
	}
	return false;
}

DcfRequest *
dcf_bind_request(const DcfAsked *asked)
{
	return asked->set->fixed ? asked->set->fixed : build(asked, false);
}

DcfRequest *
dcf_bind_template(DcfRequestSet *set)
{
	return set->empty ? NULL : build(create_asked(set, set->wheels), true);
}

static DcfRequest *
build(const DcfAsked *asked, bool as_template)
{
	const DcfRelation *relation = asked->set->relation;
	DcfRequest *request =
		dcf_request_create(relation->server, relation->table);

	for (int i = 0; i < relation->natts; i++)
		if (dcf_column_is_sent(&relation->columns[i]))
			add_params(request, asked, i, as_template);
	return request;
}

static void
add_params(DcfRequest *request, const DcfAsked *asked, int i, bool as_template)
{
	const DcfSlot *slot = &asked->set->slots[i];
	const DcfPart *part = slot == asked->set->halved ? &asked->part : NULL;
	const char *param;

	if (slot->column->kind == DCF_COLUMN_WINDOW)
	{
		if (as_template && slot->one_by_one)
			show_windows(request, asked->set->relation, slot);
		else
			add_window(request, asked->set->relation, slot, asked->wheels[i],
					   part);
		return;
	}
	param = dcf_option_utf8(slot->column->options->param);
	if (slot->not_sent)
		dcf_request_omit(request, param);
	else if (slot->shown)
		dcf_request_set(request, param, slot->shown, true);
	else if (!slot->has_values)
		return;
	else if (!slot->one_by_one)
		dcf_column_send(request, slot->column, join_values(slot, part));
	else if (as_template)
		dcf_request_set(request, param,
						show_texts(slot->texts, slot->values.count), true);
	else
		dcf_column_send(request, slot->column, slot->texts[asked->wheels[i]]);
}

static void
add_window(DcfRequest *request, const DcfRelation *relation,
		   const DcfSlot *slot, int wheel, const DcfPart *part)
{
	const DcfColumnOptions *options = slot->column->options;
	const DcfWindow window = part ? dcf_part_window(slot, wheel, part) :
									*dcf_slot_window(slot, wheel);

	if (options->param_from)
		add_bound(request, slot->column, options->param_from,
				  slot->has_window ? dcf_window_from(&window) : NULL,
				  slot->shown_from,
				  dcf_window_open_from(&window, relation->table->open_from));
	if (options->param_to)
		add_bound(request, slot->column, options->param_to,
				  slot->has_window ? dcf_window_to(&window) : NULL,
				  slot->shown_to,
				  dcf_window_open_to(&window, relation->table->open_to));
}

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

static char *
join_values(const DcfSlot *slot, const DcfPart *part)
{
	StringInfoData buf;
	int first = part ? part->first : 0;
	int end = part ? first + part->count : slot->values.count;

	initStringInfo(&buf);
	for (int i = first; i < end; i++)
	{
		CHECK_FOR_INTERRUPTS();
		appendStringInfo(&buf, "%s%s", i > first ? "," : "", slot->texts[i]);
	}
	return buf.data;
}

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

/* The bounds of several windows; one that is open is shown as such. */
static void
show_windows(DcfRequest *request, const DcfRelation *relation,
			 const DcfSlot *slot)
{
	int count = slot->periods.count;
	const DcfTableOptions *table = relation->table;
	char **from = palloc(sizeof(char *) * count);
	char **to = palloc(sizeof(char *) * count);
	bool required = slot->column->options->required;

	for (int i = 0; i < count; i++)
	{
		const DcfWindow *window = &slot->windows[i];

		from[i] = dcf_window_from(window);
		to[i] = dcf_window_to(window);
		if (!from[i])
			from[i] =
				required ? dcf_window_open_from(window, table->open_from) : "";
		if (!to[i])
			to[i] = required ? dcf_window_open_to(window, table->open_to) : "";
	}
	dcf_request_set(request,
					dcf_option_utf8(slot->column->options->param_from),
					show_texts(from, count), true);
	dcf_request_set(request, dcf_option_utf8(slot->column->options->param_to),
					show_texts(to, count), true);
}

Datum
dcf_bind_sent(const DcfAsked *asked, AttrNumber attnum, bool *isnull)
{
	const DcfSlot *slot = &asked->set->slots[attnum - 1];

	*isnull = false;
	if (slot->has_default_value)
		return slot->default_value;
	if (slot->has_values && slot->values.values &&
		(slot->one_by_one || slot->values.count == 1))
		return slot->values.values[asked->wheels[attnum - 1]];
	*isnull = true;
	return (Datum) 0;
}

bool
dcf_bind_owns_row(const DcfAsked *asked, const Datum *values,
				  const bool *isnull)
{
	const DcfRequestSet *set = asked->set;

	for (int i = 0; set->shared && i < set->relation->natts; i++)
	{
		const DcfSlot *slot = &set->slots[i];

		if (slot->one_by_one && slot->column->kind != DCF_COLUMN_PARAMETER &&
			(isnull[i] || !dcf_slot_has(slot, asked->wheels[i], values[i])))
			return false;
	}
	if (asked->in_part)
	{
		int i = set->halved->column->attnum - 1;

		return dcf_part_has(set->halved, &asked->part, values[i], isnull[i]);
	}
	return true;
}

/*
 * A window narrows best, then a period, then what the query says nothing
 * about.
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
		const DcfSlot *slot = &set->slots[i];
		const DcfColumn *column = slot->column;

		if (column->kind == DCF_COLUMN_WINDOW)
			windows = lappend(windows, (void *) column);
		else if (dcf_column_is_sent(column) &&
				 dcf_window_accepts(column->basetype, column->basetype))
			times = lappend(times, (void *) column);
		else if (dcf_column_is_sent(column) && !slot->has_values)
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
		return psprintf("Ask for a shorter period by %s.",
						name_columns(times));
	if (others != NIL)
		return psprintf("Narrow the request by a value for %s.",
						name_columns(others));
	return pstrdup(
		"Ask for less by the values in WHERE, or by a request for each part.");
}

/* Sentences about ends of windows that the query leaves open, or "". */
static char *
name_open_ends(const DcfRequestSet *set)
{
	StringInfoData buf;

	initStringInfo(&buf);
	for (int i = 0; i < set->relation->natts; i++)
	{
		const DcfSlot *slot = &set->slots[i];
		const DcfColumn *column = slot->column;
		bool lower;
		bool upper;

		if (column->kind != DCF_COLUMN_WINDOW)
			continue;
		lower = column->options->param_from &&
			!(slot->has_window && dcf_window_from(&slot->window));
		upper = column->options->param_to &&
			!(slot->has_window && dcf_window_to(&slot->window));
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

/* What else there is to do about the open end of a required window, or "". */
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

/* A sentence about the window by which requests could be halved, or "". */
static const char *
name_split(const DcfRequestSet *set)
{
	for (int i = 0; i < set->relation->natts && !set->relation->split; i++)
	{
		const DcfSlot *slot = &set->slots[i];

		if (slot->column->kind == DCF_COLUMN_WINDOW &&
			slot->column->options->param_from &&
			slot->column->options->param_to && dcf_part_exist(slot))
			return psprintf(
				" Or set the table's option \"split\" to \"%s\": then it is asked in halves.",
				slot->column->attname);
	}
	return "";
}

/* "column "a" (parameter A)", or several of these. */
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
