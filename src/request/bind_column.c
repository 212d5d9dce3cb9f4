/*
 * bind_column.c
 *	  What a query says about one sent column.  See bind_column.h.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

#include "bind_column.h"
#include "bind_default.h"
#include "bind_fit.h"
#include "convert/convert.h"
#include "request/period_set.h"
#include "request/window_open.h"

static void bind_unknown(DcfBindColumn *slot, const DcfBinding *binding,
						 const char *shown);
static void bind_values(DcfBindColumn *slot, bool is_array,
						const DcfBoundValue *value);
static void bind_window(DcfBindColumn *slot, const DcfBinding *binding,
						const DcfBoundValue *value);
static void bind_periods(DcfBindColumn *slot, DcfPeriods periods);
static void finish_window(DcfBindColumn *slot);
static bool has_empty(const DcfBindColumn *slot);
static void use_default(DcfBindColumn *slot, char *utf8);
static void find_unsent_value(DcfBindColumn *slot, const DcfRelation *relation,
							  const char *utf8);
static const char *make_texts(DcfBindColumn *slot);
static const char *find_obstacle(const DcfBindColumn *slot);
static const char *list_obstacle(const DcfBindColumn *slot, const char *text);
static bool rounds_times(const DcfColumn *column);
static const char *filter_obstacle(const DcfColumn *column, Datum value,
								   const char *text);
static void raise_by_session(const DcfBindColumn *slot,
							 const DcfRelation *relation);
static void send_nothing(DcfBindColumn *slot, const DcfRelation *relation,
						 const char *reason);

void
dcf_bind_column_init(DcfBindColumn *slot, const DcfRelation *relation,
					 const DcfColumn *column)
{
	memset(slot, 0, sizeof(*slot));
	slot->column = column;
	dcf_window_init(&slot->window, column->basetype, column->basetypmod,
					column->timezone, relation->table->window_round_day);
	if (column->kind == DCF_COLUMN_WINDOW && column->options->required)
		dcf_window_open_count(&slot->window, relation->table->open_from,
							  relation->table->open_to);
}

void
dcf_bind_column_bind(DcfBindColumn *slot, const DcfBinding *binding,
					 const DcfBoundValue *value)
{
	if (value->skipped)
		return;
	slot->bound = true;
	if (binding->op == DCF_BIND_NULL ||
		(binding->op == DCF_BIND_NOT_DISTINCT && value->isnull))
		slot->not_sent = true;
	else if (value->unknown)
		bind_unknown(slot, binding, value->shown);
	else if (value->isnull)
		slot->empty = true;
	else if (slot->column->kind == DCF_COLUMN_WINDOW)
		bind_window(slot, binding, value);
	else
		bind_values(slot,
					binding->op == DCF_BIND_ANY ||
						binding->op == DCF_BIND_KEYS,
					value);
}

static void
bind_unknown(DcfBindColumn *slot, const DcfBinding *binding, const char *shown)
{
	bool lower;
	bool upper;

	if (slot->column->kind != DCF_COLUMN_WINDOW)
	{
		slot->shown = shown;
		return;
	}
	dcf_period_ends(binding, &lower, &upper);
	if (lower)
		slot->shown_from = shown;
	if (upper)
		slot->shown_to = shown;
}

static void
bind_values(DcfBindColumn *slot, bool is_array, const DcfBoundValue *value)
{
	DcfBindValues found = dcf_bind_values_from(slot->column, value->value,
											   value->type, is_array);

	slot->by_session |= found.by_session;
	if (slot->has_values)
		found = dcf_bind_values_intersect(slot->column, &slot->values, &found);
	slot->values = found;
	slot->has_values = true;
	if (found.count == 0 && !slot->by_session)
		slot->empty = true;
}

static void
bind_window(DcfBindColumn *slot, const DcfBinding *binding,
			const DcfBoundValue *value)
{
	slot->has_window = true;
	if (binding->op == DCF_BIND_PERIODS)
		bind_periods(slot,
					 dcf_period_run(binding->program,
									dcf_period_values(value->value)));
	else if (binding->op == DCF_BIND_ANY)
		bind_periods(slot,
					 dcf_period_any(slot->column->basetype == TIMESTAMPTZOID ?
										DCF_PERIOD_INSTANT :
										DCF_PERIOD_LOCAL,
									value->value, value->type));
	else
		dcf_window_narrow(&slot->window, binding->op, value->value,
						  getBaseType(value->type));
	if (dcf_window_is_empty(&slot->window))
		slot->empty = true;
}

static void
bind_periods(DcfBindColumn *slot, DcfPeriods periods)
{
	slot->periods = slot->has_periods ?
		dcf_period_intersect(slot->periods, periods) :
		periods;
	slot->has_periods = true;
	if (slot->periods.count == 0)
		slot->empty = true;
}

/*
 * A request for each period; but one that goes until now, or begins with the
 * first record, would return the others' rows as well.
 */
static void
finish_window(DcfBindColumn *slot)
{
	const DcfColumnOptions *options = slot->column->options;
	DcfPeriods *periods = &slot->periods;

	if (!slot->has_periods)
		return;
	slot->windows =
		dcf_period_windows(&slot->window,
						   options->param_from && options->param_to, periods);
	if (periods->count == 0)
	{
		slot->empty = true;
		return;
	}
	slot->one_by_one = periods->count > 1;
	dcf_window_limit(&slot->window, periods->items[0].lower,
					 periods->items[0].lower_exclusive,
					 periods->items[periods->count - 1].upper,
					 periods->items[periods->count - 1].upper_exclusive);
}

int
dcf_bind_column_count(const DcfBindColumn *slot)
{
	return slot->column->kind == DCF_COLUMN_WINDOW ? slot->periods.count :
													 slot->values.count;
}

bool
dcf_bind_column_has(const DcfBindColumn *slot, int wheel, Datum value)
{
	if (slot->column->kind != DCF_COLUMN_WINDOW)
		return dcf_bind_values_equal(slot->column, value,
									 slot->values.values[wheel]);
	return dcf_period_find(&slot->periods,
						   dcf_window_time(&slot->window, value)) == wheel;
}

const DcfWindow *
dcf_bind_column_window(const DcfBindColumn *slot, int wheel)
{
	return slot->one_by_one ? &slot->windows[wheel] : &slot->window;
}

void
dcf_bind_column_finish(DcfBindColumn *slot, const DcfRelation *relation,
					   const DcfFdwPrivate *priv, bool with_default)
{
	const DcfColumn *column = slot->column;
	const char *obstacle;

	/* IS NULL is false for a domain that refuses NULL. */
	if (slot->not_sent &&
		(slot->has_values || slot->shown || !dcf_bind_fit_takes_null(column)))
		slot->empty = true;
	if (slot->empty)
		return;
	if (column->kind == DCF_COLUMN_WINDOW)
		finish_window(slot);
	if (!slot->bound)
	{
		char *utf8 = dcf_bind_default_find(relation, column);

		if (utf8)
			use_default(slot, utf8);
		if (with_default && column->kind == DCF_COLUMN_PARAMETER &&
			bms_is_member(column->attnum, priv->fetched))
			find_unsent_value(slot, relation, utf8);
		return;
	}
	if (!slot->has_values)
		return;
	if (slot->by_session)
		raise_by_session(slot, relation);

	slot->one_by_one = slot->values.count > 1 &&
		(!column->options->list || bms_is_member(column->attnum, priv->split));
	obstacle = make_texts(slot);
	if (!obstacle && column->kind == DCF_COLUMN_PARAMETER && has_empty(slot))
		slot->one_by_one = slot->values.count > 1;
	if (!obstacle)
		obstacle = find_obstacle(slot);
	if (obstacle)
		send_nothing(slot, relation, obstacle);
}

/* An empty value is no item of a list. */
static bool
has_empty(const DcfBindColumn *slot)
{
	/* It is the least of texts, but not in each collation. */
	for (int i = 0; i < slot->values.count; i++)
		if (slot->texts[i][0] == '\0')
			return true;
	return false;
}

/* The default is sent as the DBA wrote it. */
static void
use_default(DcfBindColumn *slot, char *utf8)
{
	slot->texts = palloc(sizeof(char *));
	slot->texts[0] = utf8;
	slot->values.count = 1;
	slot->has_values = true;
}

/*
 * The value that the rows have where the query gives none; utf8 is the default,
 * or NULL.  Worked out only if the query asks: "*" is no integer, and need not
 * be.
 */
static void
find_unsent_value(DcfBindColumn *slot, const DcfRelation *relation,
				  const char *utf8)
{
	if (utf8 && !dcf_bind_default_is_null(slot->column, utf8))
	{
		slot->default_value =
			dcf_bind_default_value(relation, slot->column, utf8);
		slot->has_default_value = true;
	}
	else if (!dcf_bind_fit_takes_null(slot->column))
		dcf_bind_default_raise_null(relation, slot->column);
}

/* Returns why there is no text for a value, a sentence; or NULL. */
static const char *
make_texts(DcfBindColumn *slot)
{
	const char *reason = NULL;

	slot->texts = palloc(sizeof(char *) * Max(slot->values.count, 1));
	for (int i = 0; i < slot->values.count && !reason; i++)
	{
		CHECK_FOR_INTERRUPTS();
		slot->texts[i] = dcf_convert_to_param(slot->column->basetype,
											  slot->values.values[i],
											  slot->column->timezone, &reason);
	}
	return reason;
}

/*
 * Why the service might take the values for something else, a sentence; NULL
 * if it cannot.
 */
static const char *
find_obstacle(const DcfBindColumn *slot)
{
	const char *obstacle = NULL;

	for (int i = 0; i < slot->values.count && !obstacle; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (slot->column->options->list)
			obstacle = list_obstacle(slot, slot->texts[i]);
		if (slot->column->kind == DCF_COLUMN_FILTERED && !obstacle)
			obstacle = filter_obstacle(slot->column, slot->values.values[i],
									   slot->texts[i]);
	}
	return obstacle;
}

static const char *
list_obstacle(const DcfBindColumn *slot, const char *text)
{
	const char *param = slot->column->options->param;

	if (strchr(text, ',') != NULL)
		return psprintf(
			"Parameter \"%s\" is a list, in which a value cannot have a comma.",
			param);
	if (text[0] == '\0' && slot->values.count > 1 && !slot->one_by_one)
		return psprintf(
			"Parameter \"%s\" is a list, in which none of several values can be empty.",
			param);
	return NULL;
}

/* Whether times of the service come out rounded, as other ones. */
static bool
rounds_times(const DcfColumn *column)
{
	return (column->basetype == TIMESTAMPOID ||
			column->basetype == TIMESTAMPTZOID ||
			column->basetype == TIMEOID || column->basetype == TIMETZOID) &&
		column->basetypmod >= 0 && column->basetypmod < DCF_SERVICE_DIGITS;
}

/* Why the service might not find by a value all that is equal to it. */
static const char *
filter_obstacle(const DcfColumn *column, Datum value, const char *text)
{
	/* It has no such values: it writes them for NULL.  The DBA may know better. */
	if ((text[0] == '\0' && !column->options->send_empty) ||
		strcmp(text, "null") == 0)
		return psprintf(
			"The service writes \"%s\" for a missing value, which parameter \"%s\" need not find.",
			text, column->options->param);
	if (rounds_times(column))
		return psprintf(
			"The column rounds times, and parameter \"%s\" need not find those that become \"%s\".",
			column->options->param, text);
	if (column->basetype == TIMESTAMPOID &&
		dcf_window_is_shown_twice(DatumGetTimestamp(value), column->timezone))
		return psprintf(
			"Clocks show this time twice, and parameter \"%s\" takes one instant, \"%s\".",
			column->options->param, text);
	return NULL;
}

/*
 * The same query would ask for something else in a session with another
 * TimeZone.  Only parameter columns come to this: of others the service is not
 * asked for such an equality.
 */
static void
raise_by_session(const DcfBindColumn *slot, const DcfRelation *relation)
{
	const DcfColumn *column = slot->column;
	const char *type = column->basetype == DATEOID ? "date" : "timestamp";

	ereport(
		ERROR,
		(errcode(ERRCODE_FDW_INVALID_ATTRIBUTE_VALUE),
		 errmsg(
			 "value for column \"%s\" of foreign table \"%s\" cannot be sent",
			 column->attname, relation->relname),
		 errdetail(
			 "The column is of type %s, and the value is a timestamp with time zone: which %s it is depends on the session's TimeZone.",
			 type, type),
		 errhint(
			 "Cast it: (value AT TIME ZONE '%s')::%s is the %s in the %s's time zone.",
			 pg_get_timezone_name(column->timezone), type,
			 column->basetype == DATEOID ? "day" : "time",
			 column->options->timezone ? "column" : "server")));
}

/*
 * A filtered column can do without being sent: it is checked here again.  Then
 * nothing else may be sent for it, either.
 */
static void
send_nothing(DcfBindColumn *slot, const DcfRelation *relation,
			 const char *reason)
{
	const DcfColumn *column = slot->column;

	if (column->kind == DCF_COLUMN_PARAMETER || column->options->required)
		ereport(
			ERROR,
			(errcode(ERRCODE_FDW_INVALID_ATTRIBUTE_VALUE),
			 errmsg(
				 "value for column \"%s\" of foreign table \"%s\" cannot be sent",
				 column->attname, relation->relname),
			 errdetail_internal("%s", reason)));
	slot->has_values = false;
	slot->one_by_one = false;
	slot->not_sent = true;
}
