/*
 * bind.c
 *	  Values into requests.  See bind.h.
 *
 * The values of each sent column are gathered from all its bindings, which
 * must all hold: sets of values are intersected, windows narrowed.  Columns
 * that need a request for each value then count through like the wheels of an
 * odometer.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "utils/lsyscache.h"

#include "bind.h"
#include "bind_value.h"
#include "convert.h"
#include "window.h"

/* Values of a list shown in EXPLAIN before it says how many more there are. */
#define SHOWN_VALUES 5

/* What is known of one sent column. */
typedef struct Slot
{
	const DcfColumn *column;
	bool bound;	   /* the query says something about it */
	bool not_sent; /* IS NULL */
	bool has_values;
	DcfValues values;
	char **texts;		 /* what is sent for each of values */
	Datum default_value; /* where the default is sent and its value is
								 * asked for */
	bool has_default_value;
	bool one_by_one; /* a request for each value */
	int current;	 /* of values, in the request last returned */
	DcfWindow window;
	bool has_window;
	const char *shown; /* placeholders for what is not known yet */
	const char *shown_from;
	const char *shown_to;
} Slot;

struct DcfRequestSet
{
	const DcfRelation *relation;
	Slot *slots; /* one for each column, by attnum - 1 */
	bool empty;	 /* no row can match */
	bool started;
	bool finished;
};

static void bind_unknown(Slot *slot, const DcfBinding *binding,
						 const char *shown);
static void bind_known(DcfRequestSet *set, Slot *slot,
					   const DcfBinding *binding, const DcfBoundValue *value);
static void bind_window(DcfRequestSet *set, Slot *slot, DcfBindingOp op,
						const DcfBoundValue *value);
static void bind_window_any(DcfRequestSet *set, Slot *slot,
							const DcfBoundValue *value);
static void note_window(DcfRequestSet *set, Slot *slot);
static void finish_slot(DcfRequestSet *set, Slot *slot, const DcfSpec *spec);
static char *find_default(const DcfRequestSet *set, const DcfColumn *column);
static void use_default(DcfRequestSet *set, Slot *slot, const DcfSpec *spec,
						char *utf8);
static void make_texts(DcfRequestSet *set, Slot *slot);
static const char *why_not_sendable(const Slot *slot);
static bool advance(DcfRequestSet *set);
static DcfRequest *build(DcfRequestSet *set, bool as_template);
static void add_params(DcfRequest *request, const DcfRelation *relation,
					   const Slot *slot, bool as_template);
static void add_window(DcfRequest *request, const DcfRelation *relation,
					   const Slot *slot);
static void add_bound(DcfRequest *request, const DcfRelation *relation,
					  const DcfColumn *column, char *param, char *text,
					  const char *shown, const char *open);
static char *join_values(const Slot *slot);
static char *show_values(const Slot *slot);
static char *name_columns(List *columns);

DcfRequestSet *
dcf_bind_create(const DcfRelation *relation, const DcfSpec *spec,
				const DcfBoundValue *values)
{
	DcfRequestSet *set = palloc0(sizeof(DcfRequestSet));
	ListCell *lc;
	int i = 0;

	set->relation = relation;
	set->slots = palloc0(sizeof(Slot) * Max(relation->natts, 1));
	for (int att = 0; att < relation->natts; att++)
	{
		Slot *slot = &set->slots[att];

		slot->column = &relation->columns[att];
		dcf_window_init(&slot->window, slot->column->basetype,
						slot->column->basetypmod, relation->server->timezone,
						relation->table->window_round_day);
	}

	foreach(lc, spec->bindings)
	{
		DcfBinding *binding = lfirst(lc);
		Slot *slot = &set->slots[binding->attnum - 1];

		slot->bound = true;
		if (binding->op != DCF_BIND_NULL && values[i].unknown)
			bind_unknown(slot, binding, values[i].shown);
		else
			bind_known(set, slot, binding, &values[i]);
		i++;
	}

	for (int att = 0; att < relation->natts; att++)
		if (dcf_column_is_sent(&relation->columns[att]))
			finish_slot(set, &set->slots[att], spec);
	return set;
}

static void
bind_unknown(Slot *slot, const DcfBinding *binding, const char *shown)
{
	if (slot->column->kind != DCF_COLUMN_WINDOW)
	{
		slot->shown = shown;
		return;
	}
	if (binding->op != DCF_BIND_TO && binding->op != DCF_BIND_BEFORE)
		slot->shown_from = shown;
	if (binding->op != DCF_BIND_FROM && binding->op != DCF_BIND_AFTER)
		slot->shown_to = shown;
}

static void
bind_known(DcfRequestSet *set, Slot *slot, const DcfBinding *binding,
		   const DcfBoundValue *value)
{
	DcfValues found;

	if (binding->op == DCF_BIND_NULL)
	{
		slot->not_sent = true;
		return;
	}
	if (value->isnull)
	{
		set->empty = true;
		return;
	}
	if (slot->column->kind == DCF_COLUMN_WINDOW)
	{
		if (binding->op == DCF_BIND_ANY)
			bind_window_any(set, slot, value);
		else
			bind_window(set, slot, binding->op, value);
		return;
	}

	found = dcf_values_from(slot->column, value->value, value->type,
							binding->op == DCF_BIND_ANY);
	if (slot->has_values)
		found = dcf_values_intersect(slot->column, &slot->values, &found);
	slot->values = found;
	slot->has_values = true;
	if (found.count == 0)
		set->empty = true;
}

static void
bind_window(DcfRequestSet *set, Slot *slot, DcfBindingOp op,
			const DcfBoundValue *value)
{
	dcf_window_narrow(&slot->window, op, value->value,
					  getBaseType(value->type));
	note_window(set, slot);
}

/* For IN: the window from the first to the last of the values. */
static void
bind_window_any(DcfRequestSet *set, Slot *slot, const DcfBoundValue *value)
{
	Oid elemtype = get_base_element_type(value->type);
	Datum *elems;
	int nelems = dcf_array_values(value->value, elemtype, &elems);

	if (nelems == 0)
	{
		set->empty = true;
		return;
	}
	dcf_window_narrow_any(&slot->window, elems, nelems, getBaseType(elemtype));
	note_window(set, slot);
}

/* The window is narrower than before. */
static void
note_window(DcfRequestSet *set, Slot *slot)
{
	slot->has_window = true;
	if (dcf_window_is_empty(&slot->window))
		set->empty = true;
}

/* All bindings are in: settle what to send for the column, and how. */
static void
finish_slot(DcfRequestSet *set, Slot *slot, const DcfSpec *spec)
{
	const DcfColumnOptions *options = slot->column->options;
	const char *reason;

	if (slot->not_sent && (slot->has_values || slot->shown))
		set->empty = true;
	if (set->empty)
		return;
	if (!slot->bound)
	{
		char *utf8 = find_default(set, slot->column);

		if (utf8)
			use_default(set, slot, spec, utf8);
		return;
	}
	if (!slot->has_values)
		return;

	make_texts(set, slot);
	slot->one_by_one = slot->values.count > 1 &&
		(!options->list || bms_is_member(slot->column->attnum, spec->split));

	/* A filtered column can do without being sent: it is checked here again. */
	reason = why_not_sendable(slot);
	if (reason)
	{
		if (slot->column->kind == DCF_COLUMN_PARAMETER || options->required)
			ereport(
				ERROR,
				(errcode(ERRCODE_FDW_INVALID_ATTRIBUTE_VALUE),
				 errmsg(
					 "value for column \"%s\" of foreign table \"%s\" cannot be sent",
					 slot->column->attname, set->relation->relname),
				 errdetail_internal("%s", reason)));
		slot->has_values = false;
		slot->one_by_one = false;
	}
}

/*
 * What is sent where the query says nothing, in UTF-8: the column's default,
 * or else what goes with every request of the table.  NULL where that is
 * nothing, and for a window, which has no one value.
 */
static char *
find_default(const DcfRequestSet *set, const DcfColumn *column)
{
	const DcfColumnOptions *options = column->options;
	DcfRequest *request;
	const char *fixed;

	if (options->default_value)
		return dcf_option_utf8(options->default_value);
	if (!options->param)
		return NULL;
	request = dcf_request_create(set->relation->server, set->relation->table);
	fixed = dcf_request_fixed(request, dcf_option_utf8(options->param));
	return fixed ? pstrdup(fixed) : NULL;
}

/*
 * The default is sent as the DBA wrote it.  Its value is worked out only if
 * the query asks: "*" is no integer, and need not be.
 */
static void
use_default(DcfRequestSet *set, Slot *slot, const DcfSpec *spec, char *utf8)
{
	const DcfColumn *column = slot->column;

	slot->texts = palloc(sizeof(char *));
	slot->texts[0] = utf8;
	slot->values.count = 1;
	slot->has_values = true;
	if (column->kind == DCF_COLUMN_PARAMETER &&
		bms_is_member(column->attnum, spec->fetched))
	{
		DcfConverter *converter;

		converter = dcf_convert_create(set->relation->relname,
									   TupleDescAttr(set->relation->tupdesc,
													 column->attnum - 1),
									   set->relation->server->timezone,
									   set->relation->table->null_strings);
		slot->default_value =
			dcf_convert_text(converter,
							 pg_any_to_server(utf8, strlen(utf8), PG_UTF8));
		slot->has_default_value = true;
	}
}

static void
make_texts(DcfRequestSet *set, Slot *slot)
{
	slot->texts = palloc(sizeof(char *) * Max(slot->values.count, 1));
	for (int i = 0; i < slot->values.count; i++)
		slot->texts[i] = dcf_convert_to_param(slot->column->basetype,
											  slot->values.values[i],
											  set->relation->server->timezone);
}

/*
 * Why the service might take the values for something else, a sentence; NULL
 * if it cannot.
 */
static const char *
why_not_sendable(const Slot *slot)
{
	const DcfColumnOptions *options = slot->column->options;

	for (int i = 0; i < slot->values.count; i++)
	{
		const char *text = slot->texts[i];

		if (options->list && strchr(text, ',') != NULL)
			return psprintf(
				"Parameter \"%s\" is a list, in which a value cannot have a comma.",
				options->param);
		if (options->list && text[0] == '\0' && slot->values.count > 1)
			return psprintf(
				"Parameter \"%s\" is a list, in which none of several values can be empty.",
				options->param);

		/* It has no such values: it writes them for NULL. */
		if (slot->column->kind == DCF_COLUMN_FILTERED &&
			(text[0] == '\0' || strcmp(text, "null") == 0))
			return psprintf(
				"The service writes \"%s\" for a missing value, which parameter \"%s\" need not find.",
				text, options->param);
	}
	return NULL;
}

double
dcf_bind_count(const DcfRequestSet *set)
{
	double count = 1;

	if (set->empty)
		return 0;
	for (int i = 0; i < set->relation->natts; i++)
		if (set->slots[i].one_by_one)
			count *= set->slots[i].values.count;
	return count;
}

DcfRequest *
dcf_bind_next(DcfRequestSet *set)
{
	if (set->empty || set->finished)
		return NULL;
	if (set->started && !advance(set))
	{
		set->finished = true;
		return NULL;
	}
	set->started = true;
	return build(set, false);
}

/* Turn the last wheel; where one has gone round, the one before it, too. */
static bool
advance(DcfRequestSet *set)
{
	for (int i = set->relation->natts - 1; i >= 0; i--)
	{
		Slot *slot = &set->slots[i];

		if (!slot->one_by_one)
			continue;
		if (++slot->current < slot->values.count)
			return true;
		slot->current = 0;
	}
	return false;
}

DcfRequest *
dcf_bind_template(DcfRequestSet *set)
{
	return set->empty ? NULL : build(set, true);
}

static DcfRequest *
build(DcfRequestSet *set, bool as_template)
{
	const DcfRelation *relation = set->relation;
	DcfRequest *request =
		dcf_request_create(relation->server, relation->table);

	for (int i = 0; i < relation->natts; i++)
		if (dcf_column_is_sent(&relation->columns[i]))
			add_params(request, relation, &set->slots[i], as_template);
	return request;
}

static void
add_params(DcfRequest *request, const DcfRelation *relation, const Slot *slot,
		   bool as_template)
{
	const char *param;

	if (slot->column->kind == DCF_COLUMN_WINDOW)
	{
		add_window(request, relation, slot);
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
		dcf_request_set(request, param, join_values(slot), false);
	else if (as_template)
		dcf_request_set(request, param, show_values(slot), true);
	else
		dcf_request_set(request, param, slot->texts[slot->current], false);
}

static void
add_window(DcfRequest *request, const DcfRelation *relation, const Slot *slot)
{
	const DcfColumnOptions *options = slot->column->options;

	add_bound(request, relation, slot->column, options->param_from,
			  slot->has_window ? dcf_window_from(&slot->window) : NULL,
			  slot->shown_from, relation->table->open_from);
	add_bound(request, relation, slot->column, options->param_to,
			  slot->has_window ? dcf_window_to(&slot->window) : NULL,
			  slot->shown_to, relation->table->open_to);
}

static void
add_bound(DcfRequest *request, const DcfRelation *relation,
		  const DcfColumn *column, char *param, char *text, const char *shown,
		  const char *open)
{
	if (!param)
		return;
	param = dcf_option_utf8(param);
	if (shown)
		dcf_request_set(request, param, shown, true);
	else if (text)
		dcf_request_set(request, param, text, false);
	else if (column->options->required)
		dcf_request_set(request, param,
						dcf_window_option(open, relation->server->timezone),
						false);
}

static char *
join_values(const Slot *slot)
{
	StringInfoData buf;

	initStringInfo(&buf);
	for (int i = 0; i < slot->values.count; i++)
		appendStringInfo(&buf, "%s%s", i > 0 ? "," : "", slot->texts[i]);
	return buf.data;
}

static char *
show_values(const Slot *slot)
{
	StringInfoData buf;
	int shown = Min(slot->values.count, SHOWN_VALUES);

	initStringInfo(&buf);
	for (int i = 0; i < shown; i++)
		appendStringInfo(&buf, "%s%s", i > 0 ? "|" : "(",
						 dcf_request_encode(slot->texts[i]));
	if (shown < slot->values.count)
		appendStringInfo(&buf, "|... %d more", slot->values.count - shown);
	appendStringInfoChar(&buf, ')');
	return buf.data;
}

Datum
dcf_bind_sent(const DcfRequestSet *set, AttrNumber attnum, bool *isnull)
{
	const Slot *slot = &set->slots[attnum - 1];

	*isnull = false;
	if (slot->has_default_value)
		return slot->default_value;
	if (slot->has_values && slot->values.values &&
		(slot->one_by_one || slot->values.count == 1))
		return slot->values.values[slot->current];
	*isnull = true;
	return (Datum) 0;
}

bool
dcf_bind_owns_row(const DcfRequestSet *set, const Datum *values,
				  const bool *isnull)
{
	for (int i = 0; i < set->relation->natts; i++)
	{
		const Slot *slot = &set->slots[i];

		if (slot->one_by_one && slot->column->kind == DCF_COLUMN_FILTERED &&
			(isnull[i] ||
			 !dcf_values_equal(slot->column, values[i],
							   slot->values.values[slot->current])))
			return false;
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

	for (int i = 0; i < set->relation->natts; i++)
	{
		const Slot *slot = &set->slots[i];
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
		return psprintf("Narrow the range of %s.", name_columns(windows));
	if (times != NIL)
		return psprintf("Ask for a shorter period by %s.",
						name_columns(times));
	if (others != NIL)
		return psprintf("Narrow the request by a value for %s.",
						name_columns(others));
	return pstrdup(
		"Ask for less by the values in WHERE, or by a request for each part.");
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
