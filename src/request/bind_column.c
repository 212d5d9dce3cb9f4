/*
 * bind_column.c
 *	  What a query says about one sent column, and what is sent for it.  See
 *	  bind_column.h.
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

static void bind_unknown(DcfBindColumn *bcol, const DcfBinding *binding,
						 const char *shown);
static void bind_values(DcfBindColumn *bcol, bool is_array,
						const DcfBoundValue *value);
static void bind_keys(DcfBindColumn *bcol, const DcfRelation *relation,
					  const DcfBoundValue *value);
static void bind_window(DcfBindColumn *bcol, const DcfBinding *binding,
						const DcfBoundValue *value);
static void bind_periods(DcfBindColumn *bcol, DcfPeriods periods);
static void finish_window(DcfBindColumn *bcol);
static void finish_batches(DcfBindColumn *bcol);
static bool has_empty(const DcfBindColumn *bcol);
static void use_default(DcfBindColumn *bcol, char *utf8);
static void find_unsent_value(DcfBindColumn *bcol, const DcfRelation *relation,
							  const char *utf8);
static const char *make_texts(DcfBindColumn *bcol);
static const char *find_obstacle(const DcfBindColumn *bcol);
static const char *list_obstacle(const DcfBindColumn *bcol, const char *text);
static bool rounds_times(const DcfColumn *column);
static const char *filter_obstacle(const DcfColumn *column, Datum value,
								   const char *text);
static void raise_by_session(const DcfBindColumn *bcol,
							 const DcfRelation *relation);
static void send_nothing(DcfBindColumn *bcol, const DcfRelation *relation,
						 const char *reason);

void
dcf_bind_column_init(DcfBindColumn *bcol, const DcfRelation *relation,
					 const DcfColumn *column)
{
	memset(bcol, 0, sizeof(*bcol));
	bcol->column = column;

	/* Other kinds of column never look at their window. */
	dcf_window_init(&bcol->window, column->basetype, column->basetypmod,
					column->timezone, relation->table->window_round_day);

	/*
	 * The options open_from and open_to are sent only for a required window,
	 * so only its open ends count as them.
	 */
	if (column->kind == DCF_COLUMN_WINDOW && column->options->required)
		dcf_window_open_count(&bcol->window, relation->table->open_from,
							  relation->table->open_to);
}

void
dcf_bind_column_bind(DcfBindColumn *bcol, const DcfRelation *relation,
					 const DcfBinding *binding, const DcfBoundValue *value)
{
	/* A skipped binding says nothing, so the default is still sent. */
	if (value->skipped)
		return;
	bcol->has_binding = true;

	/*
	 * IS NULL has no value, and of an unknown value isnull says nothing, so
	 * these come first.  No other comparison with NULL is true.
	 */
	if (binding->op == DCF_BIND_NULL ||
		(binding->op == DCF_BIND_NOT_DISTINCT && value->isnull))
		bcol->not_sent = true;
	else if (value->unknown)
		bind_unknown(bcol, binding, value->shown);
	else if (value->isnull)
		bcol->empty = true;
	else if (bcol->column->kind == DCF_COLUMN_WINDOW)
		bind_window(bcol, binding, value);
	else if (binding->op == DCF_BIND_KEYS)
		bind_keys(bcol, relation, value);
	else
		bind_values(bcol, binding->op == DCF_BIND_ANY, value);
}

/*
 * EXPLAIN of a value that only execution knows: remember its placeholder.
 * Several bindings share a placeholder: the last one is shown.
 */
static void
bind_unknown(DcfBindColumn *bcol, const DcfBinding *binding, const char *shown)
{
	bool lower;
	bool upper;

	if (bcol->column->kind != DCF_COLUMN_WINDOW)
	{
		bcol->shown = shown;
		return;
	}
	dcf_period_ends(binding, &lower, &upper);
	if (lower)
		bcol->shown_from = shown;
	if (upper)
		bcol->shown_to = shown;
}

/*
 * Intersect the column's values with those of a binding.  An empty set means
 * that no row can match, unless only the session's TimeZone decides about the
 * values: then dcf_bind_column_finish() raises an error.
 */
static void
bind_values(DcfBindColumn *bcol, bool is_array, const DcfBoundValue *value)
{
	DcfBindValues found = dcf_bind_values_from(bcol->column, value->value,
											   value->type, is_array);

	bcol->by_session |= found.by_session;
	if (bcol->has_values)
		found = dcf_bind_values_intersect(bcol->column, &bcol->values, &found);
	bcol->values = found;
	bcol->has_values = true;
	if (found.count == 0 && !bcol->by_session)
		bcol->empty = true;
}

/* Cut the keys of a batched join.  A plan binds keys to one column, once. */
static void
bind_keys(DcfBindColumn *bcol, const DcfRelation *relation,
		  const DcfBoundValue *value)
{
	bcol->batches = dcf_bind_batch_cut(bcol->column, value->value, value->type,
									   relation->table->batch_size);
	bcol->by_session |= bcol->batches.values.by_session;
	bcol->has_batches = true;
}

/*
 * Narrow the window by a comparison, or intersect its periods with those that
 * a binding implies.
 */
static void
bind_window(DcfBindColumn *bcol, const DcfBinding *binding,
			const DcfBoundValue *value)
{
	bcol->has_window = true;
	if (binding->op == DCF_BIND_PERIODS)
		bind_periods(bcol,
					 dcf_period_run(binding->program,
									dcf_period_values(value->value)));
	else if (binding->op == DCF_BIND_ANY)
		bind_periods(bcol,
					 dcf_period_any(bcol->column->basetype == TIMESTAMPTZOID ?
										DCF_PERIOD_INSTANT :
										DCF_PERIOD_LOCAL,
									value->value, value->type));
	else
		dcf_window_narrow(&bcol->window, binding->op, value->value,
						  getBaseType(value->type));

	/* Periods outside the window are dropped later, by finish_window(). */
	if (dcf_window_is_empty(&bcol->window))
		bcol->empty = true;
}

/* Intersect the column's periods with others. */
static void
bind_periods(DcfBindColumn *bcol, DcfPeriods periods)
{
	bcol->periods = bcol->has_periods ?
		dcf_period_intersect(bcol->periods, periods) :
		periods;
	bcol->has_periods = true;
	if (bcol->periods.count == 0)
		bcol->empty = true;
}

/*
 * Make one window for each period, so that each gets its own request.  If the
 * endpoint takes only one end of a range, each request would return the rows
 * of other periods as well, so there is only one window.
 */
static void
finish_window(DcfBindColumn *bcol)
{
	const DcfColumnOptions *options = bcol->column->options;
	DcfPeriods *periods = &bcol->periods;

	if (!bcol->has_periods)
		return;
	bcol->windows =
		dcf_period_windows(&bcol->window,
						   options->param_from && options->param_to, periods);
	if (periods->count == 0)
	{
		bcol->empty = true;
		return;
	}
	bcol->fan_out = periods->count > 1;

	/*
	 * Without fan_out the window itself is sent, so it is narrowed to what its
	 * periods span.
	 */
	dcf_window_limit(&bcol->window, periods->items[0].lower,
					 periods->items[0].lower_exclusive,
					 periods->items[periods->count - 1].upper,
					 periods->items[periods->count - 1].upper_exclusive);
}

/*
 * Limit the batches to the values that other bindings leave.  As in
 * bind_values(), it is an error if only the session's TimeZone decides.
 */
static void
finish_batches(DcfBindColumn *bcol)
{
	if (!bcol->has_batches)
		return;
	if (bcol->has_values)
		dcf_bind_batch_limit(&bcol->batches, bcol->column, &bcol->values);
	bcol->values = bcol->batches.values;
	bcol->has_values = true;
	if (bcol->values.count == 0 && !bcol->by_session)
		bcol->empty = true;
}

int
dcf_bind_column_count(const DcfBindColumn *bcol)
{
	return bcol->column->kind == DCF_COLUMN_WINDOW ? bcol->periods.count :
													 bcol->values.count;
}

int
dcf_bind_column_find(const DcfBindColumn *bcol, Datum value, Oid valuetype)
{
	return bcol->has_batches ?
		dcf_bind_batch_find(&bcol->batches, bcol->column, value, valuetype) :
		dcf_bind_values_find(bcol->column, &bcol->values, value, valuetype);
}

bool
dcf_bind_column_has(const DcfBindColumn *bcol, int position, Datum value)
{
	if (bcol->column->kind != DCF_COLUMN_WINDOW)
		return dcf_bind_values_equal(bcol->column, value,
									 bcol->values.values[position]);

	/*
	 * Windows are widened for sending, so a reply also has rows between the
	 * periods.  Each such row belongs to one request, too, so that it is not
	 * returned twice.
	 */
	return dcf_period_find(&bcol->periods,
						   dcf_window_time(&bcol->window, value)) == position;
}

const DcfWindow *
dcf_bind_column_window(const DcfBindColumn *bcol, int position)
{
	return bcol->fan_out ? &bcol->windows[position] : &bcol->window;
}

void
dcf_bind_column_finish(DcfBindColumn *bcol, const DcfRelation *relation,
					   const DcfFdwPrivate *priv, bool with_default)
{
	const DcfColumn *column = bcol->column;
	const char *obstacle;

	finish_batches(bcol);

	/* IS NULL and a value contradict each other; a domain may refuse NULL. */
	if (bcol->not_sent &&
		(bcol->has_values || bcol->shown || !dcf_bind_fit_takes_null(column)))
		bcol->empty = true;
	if (bcol->empty)
		return;
	if (column->kind == DCF_COLUMN_WINDOW)
		finish_window(bcol);
	if (!bcol->has_binding)
	{
		char *utf8 = dcf_bind_default_find(relation, column);

		if (utf8)
			use_default(bcol, utf8);
		if (with_default && column->kind == DCF_COLUMN_PARAMETER &&
			bms_is_member(column->attnum, priv->fetched))
			find_unsent_value(bcol, relation, utf8);
		return;
	}
	if (!bcol->has_values)
		return;
	if (bcol->by_session)
		raise_by_session(bcol, relation);

	/* Decided before the texts are checked: list_obstacle() depends on it. */
	bcol->fan_out = bcol->values.count > 1 &&
		(!column->options->list ||
		 bms_is_member(column->attnum, priv->fan_out));
	obstacle = make_texts(bcol);

	/*
	 * A list cannot contain the empty text.  A filtered column may send
	 * nothing instead, but a parameter column must send its values, so each
	 * gets a request.
	 */
	if (!obstacle && column->kind == DCF_COLUMN_PARAMETER && has_empty(bcol))
		bcol->fan_out = bcol->values.count > 1;
	if (!obstacle)
		obstacle = find_obstacle(bcol);
	if (obstacle)
		send_nothing(bcol, relation, obstacle);
}

/* Whether a value is the empty text, which cannot be an item of a list. */
static bool
has_empty(const DcfBindColumn *bcol)
{
	/* The empty text sorts first only in some collations, so check all. */
	for (int i = 0; i < bcol->values.count; i++)
		if (bcol->texts[i][0] == '\0')
			return true;
	return false;
}

/*
 * Send the default exactly as the option has it. values.values stays NULL,
 * because the text need not be a value of the column's type.
 */
static void
use_default(DcfBindColumn *bcol, char *utf8)
{
	bcol->texts = palloc(sizeof(char *));
	bcol->texts[0] = utf8;
	bcol->values.count = 1;
	bcol->has_values = true;
}

/*
 * Find the value that rows show if the query gives none. utf8 is what is sent,
 * or NULL.  Called only if the query reads the column: a default such as "*"
 * for an integer column is legal as long as nobody reads it.
 */
static void
find_unsent_value(DcfBindColumn *bcol, const DcfRelation *relation,
				  const char *utf8)
{
	if (utf8 && !dcf_bind_default_is_null(bcol->column, utf8))
	{
		bcol->default_value =
			dcf_bind_default_value(relation, bcol->column, utf8);
		bcol->has_default_value = true;
	}
	else if (!dcf_bind_fit_takes_null(bcol->column))
		dcf_bind_default_raise_null(relation, bcol->column);
}

/*
 * Set texts; returns why a value has none, as a sentence, or NULL.  Then the
 * texts after it are not set; nothing is sent for the column, so nothing reads
 * them.
 */
static const char *
make_texts(DcfBindColumn *bcol)
{
	const char *reason = NULL;

	bcol->texts = palloc(sizeof(char *) * Max(bcol->values.count, 1));
	for (int i = 0; i < bcol->values.count && !reason; i++)
	{
		CHECK_FOR_INTERRUPTS();
		bcol->texts[i] = dcf_convert_to_param(bcol->column->basetype,
											  bcol->values.values[i],
											  bcol->column->timezone, &reason);
	}
	return reason;
}

/*
 * Why the service might understand the values differently than PostgreSQL, as
 * a sentence; NULL if it cannot.
 */
static const char *
find_obstacle(const DcfBindColumn *bcol)
{
	const char *obstacle = NULL;

	for (int i = 0; i < bcol->values.count && !obstacle; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (bcol->column->options->list)
			obstacle = list_obstacle(bcol, bcol->texts[i]);
		if (bcol->column->kind == DCF_COLUMN_FILTERED && !obstacle)
			obstacle = filter_obstacle(bcol->column, bcol->values.values[i],
									   bcol->texts[i]);
	}
	return obstacle;
}

/* Why a text cannot be an item of a list, as a sentence, or NULL. */
static const char *
list_obstacle(const DcfBindColumn *bcol, const char *text)
{
	const char *param = bcol->column->options->param;

	if (strchr(text, ',') != NULL)
		return psprintf(
			"Parameter \"%s\" is a list, whose values cannot contain commas.",
			param);
	if (text[0] == '\0' && bcol->values.count > 1 && !bcol->fan_out)
		return psprintf(
			"Parameter \"%s\" is a list, in which an empty value cannot stand beside others.",
			param);
	return NULL;
}

/*
 * Whether the column's precision is less than that of the service's times, so
 * that equal times of the column may differ in the service.
 */
static bool
rounds_times(const DcfColumn *column)
{
	return (column->basetype == TIMESTAMPOID ||
			column->basetype == TIMESTAMPTZOID ||
			column->basetype == TIMEOID || column->basetype == TIMETZOID) &&
		column->basetypmod >= 0 && column->basetypmod < DCF_SERVICE_DIGITS;
}

/*
 * Why the service might not return all rows whose value is equal to this one,
 * as a sentence, or NULL.
 */
static const char *
filter_obstacle(const DcfColumn *column, Datum value, const char *text)
{
	/*
	 * The service writes these texts for NULL. send_empty says that it finds
	 * '' all the same.
	 */
	if ((text[0] == '\0' && !column->options->send_empty) ||
		strcmp(text, "null") == 0)
		return psprintf(
			"The service writes \"%s\" for a missing value, and parameter \"%s\" may not find it.",
			text, column->options->param);
	if (rounds_times(column))
		return psprintf(
			"The column rounds times, and parameter \"%s\" may not find the times that become \"%s\".",
			column->options->param, text);
	if (column->basetype == TIMESTAMPOID &&
		dcf_window_is_shown_twice(DatumGetTimestamp(value), column->timezone))
		return psprintf(
			"This time occurs twice because clocks are set back, and parameter \"%s\" accepts only one instant, \"%s\".",
			column->options->param, text);
	return NULL;
}

/*
 * Refuse a value that means something else in a session with another TimeZone.
 * Only a parameter column is compared with such a value; see
 * equality_accepts() in qual_bind.c.
 */
static void
raise_by_session(const DcfBindColumn *bcol, const DcfRelation *relation)
{
	const DcfColumn *column = bcol->column;
	const char *type = column->basetype == DATEOID ? "date" : "timestamp";

	dcf_column_raise_not_sent(
		relation, column,
		psprintf(
			"The column is of type %s, and the value is a timestamp with time zone: which %s it is depends on the session's TimeZone.",
			type, type),
		psprintf(
			"Cast it: (value AT TIME ZONE '%s')::%s is the %s in the %s's time zone.",
			pg_get_timezone_name(column->timezone), type,
			column->basetype == DATEOID ? "day" : "time",
			column->options->timezone ? "column" : "server"));
}

/*
 * Do not send a value that has an obstacle.  An optional filtered column does
 * not need it, because PostgreSQL checks the clause again; but then no default
 * may be sent for it either, which would lose rows.  For other columns raise
 * an error.
 */
static void
send_nothing(DcfBindColumn *bcol, const DcfRelation *relation,
			 const char *reason)
{
	const DcfColumn *column = bcol->column;

	if (column->kind == DCF_COLUMN_PARAMETER || column->options->required)
		dcf_column_raise_not_sent(relation, column, reason, NULL);
	bcol->has_values = false;
	bcol->has_batches = false;
	bcol->fan_out = false;
	bcol->not_sent = true;
}
