/*
 * bind.c
 *	  Values of bindings become a set of requests.  See bind.h.
 *
 * The requests are enumerated like the readings of an odometer: each column
 * that fans out has a position in its list of values or windows.  The last
 * position moves with each request, and one that has gone round moves the one
 * before it.  Columns of a group share a position.  The batches of a batched join's
 * keys move last, so that all requests of a batch come before the next batch.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"

#include "bind_column.h"
#include "bind_default.h"
#include "bind_group.h"
#include "bind_part.h"
#include "bind_private.h"
#include "request/bind.h"
#include "request/window_open.h"

static void find_groups(DcfRequestSet *set, const DcfFdwPrivate *priv,
						const DcfBoundValue *values);
static void find_batched(DcfRequestSet *set, const DcfFdwPrivate *priv);
static void find_halved(DcfRequestSet *set, const DcfFdwPrivate *priv);
static void bind_all(DcfRequestSet *set, const DcfFdwPrivate *priv,
					 const DcfBoundValue *values);
static DcfBoundRequest *create_bound(const DcfRequestSet *set,
									 const int *positions);
static DcfBoundRequest *copy_bound(const DcfBoundRequest *bound,
								   const DcfBindPart *part);
static bool advance(DcfRequestSet *set);
static bool next_batch(DcfRequestSet *set);
static void add_column_size(DcfRequestSize *reqsize,
							const DcfBoundRequest *bound, int i, bool whole);

/*
 * A set without values.  Every column has an entry, sent or not, so attnum - 1
 * is the index everywhere.
 */
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

		/* Nothing is bound, so dcf_bind_sent() shows the default. */
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

	/*
	 * All bindings of a column are intersected before its values become texts.
	 */
	bind_all(set, priv, values);

	/* If no row can match, raise no error about a value. */
	for (int i = 0; i < relation->natts && !set->empty; i++)
	{
		DcfBindColumn *bcol = &set->bcols[i];

		if (!dcf_column_is_sent(bcol->column))
			continue;
		dcf_bind_column_finish(bcol, relation, priv, !for_explain);
		set->empty = bcol->empty;

		/*
		 * Rows of a parameter column show what was sent, so requests that
		 * differ only in one never return the same row.
		 */
		set->shared |=
			bcol->fan_out && bcol->column->kind != DCF_COLUMN_PARAMETER;
	}

	/*
	 * Groups hold indexes into the finished values.  Halving depends on which
	 * columns fan out.
	 */
	if (!set->empty)
		find_groups(set, priv, values);
	if (!set->empty)
		find_batched(set, priv);
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

		/* A skipped value has neither type nor Datum. */
		if (!OidIsValid(values[i].type) || values[i].isnull)
			continue;
		get_typlenbyval(values[i].type, &typlen, &typbyval);
		copies[i].value = datumCopy(values[i].value, typbyval, typlen);
	}
	return copies;
}

/*
 * Set the positions of grouped columns to the first combinations.  A group
 * without any makes the set empty.  Needed even before the first request,
 * because the first combination need not consist of first values.
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

/* The keys have batches unless they cannot be sent, or are not known yet. */
static void
find_batched(DcfRequestSet *set, const DcfFdwPrivate *priv)
{
	AttrNumber attnum = dcf_fdw_private_keys(priv);

	if (attnum > 0 && set->bcols[attnum - 1].has_batches)
		set->batched = &set->bcols[attnum - 1];
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

	/*
	 * The option is tried first.  An attnum of 0 stands for no column; Max()
	 * only keeps the index valid.
	 */
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

		dcf_bind_column_bind(bcol, set->relation, binding,
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

	/* A product of lengths may exceed any integer, hence double. */
	for (int i = 0; i < set->relation->natts; i++)
		if (set->bcols[i].fan_out && !set->bcols[i].grouped)
			count *= dcf_bind_column_count(&set->bcols[i]);

	/* The columns of a group move together: only their combinations count. */
	foreach(lc, set->groups)
		count *= ((const DcfBindGroup *) lfirst(lc))->nrows;
	if (set->batched)
		count *= set->batched->batches.count;
	return count;
}

DcfBoundRequest *
dcf_bind_next(DcfRequestSet *set)
{
	DcfBoundRequest *bound;

	/*
	 * Halves precede new requests, and the first half is taken next.  So
	 * pending grows with the depth of halving, not with the number of parts.
	 */
	if (set->pending != NIL)
	{
		DcfBoundRequest *half = linitial(set->pending);

		/*
		 * The half is in the set's context; the caller gets a copy in its own.
		 */
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

/* The position of the column that the request is halved by. */
static int
halved_position(const DcfBoundRequest *bound)
{
	return bound->positions[bound->set->halved->column->attnum - 1];
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
		bound->part = dcf_bind_part_whole(set->halved, halved_position(bound));
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

	/* In reverse, because each is put in front. */
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

	/* Defaults do not count: the planner's sizes leave them out as well. */
	for (int i = 0; i < relation->natts; i++)
		if (dcf_column_is_sent(&relation->columns[i]) &&
			bound->set->bcols[i].has_binding)
			add_column_size(reqsize, bound, i, whole);
}

bool
dcf_bind_next_size(const DcfRequestSet *set, DcfRequestSize *reqsize)
{
	DcfBoundRequest *bound;

	if (set->empty || set->finished)
		return false;
	bound = create_bound(set, set->positions);
	dcf_bind_request_size(bound, true, reqsize);
	pfree(bound);
	return true;
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
	int position = bound->positions[i];
	const DcfBindPart part = bcol == bound->set->halved && !whole ?
		bound->part :
		dcf_bind_part_whole(bcol, position);

	if (bcol->column->kind == DCF_COLUMN_WINDOW)
	{
		const DcfWindow window = dcf_bind_part_window(bcol, position, &part);

		/*
		 * The ends are those that the query bounds.  A part may have gained a
		 * bound by halving.
		 */
		dcf_request_size_window(reqsize, relation, bcol->column,
								bcol->window.has_lower, bcol->window.has_upper,
								&window);
	}
	else if (bcol->has_values && part.count > 1)
		dcf_request_size_values(reqsize, relation, bcol->column, part.count);
	else if (bcol->has_values)
		dcf_request_size_value(reqsize, relation, bcol->column,
							   &bcol->values.values[part.first],
							   bcol->column->basetype);
}

/*
 * Move to the next request; false after the last.  Single columns move first,
 * from the last one on, then the groups, then the batches.
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

		/* At 0 the group has gone round, so the one before it moves, too. */
		if (group->at > 0)
			return true;
	}
	return next_batch(set);
}

/* The number of the batch at a position of the column of keys. */
static int
batch_number(const DcfRequestSet *set, const int *positions)
{
	int position = positions[set->batched->column->attnum - 1];

	return set->batched->batches.items[position].number;
}

/* Move to the next batch of keys; false after the last, or without keys. */
static bool
next_batch(DcfRequestSet *set)
{
	return set->batched &&
		++set->positions[set->batched->column->attnum - 1] <
		set->batched->batches.count;
}

int
dcf_bind_batch(const DcfBoundRequest *bound)
{
	return bound->set->batched ? batch_number(bound->set, bound->positions) :
								 -1;
}

bool
dcf_bind_has_batch(const DcfRequestSet *set, int number)
{
	ListCell *lc;

	foreach(lc, set->pending)
		if (dcf_bind_batch(lfirst(lc)) == number)
			return true;
	return !set->finished && batch_number(set, set->positions) <= number;
}

void
dcf_bind_skip_batch(DcfRequestSet *set, int number)
{
	ListCell *lc;

	foreach(lc, set->pending)
		if (dcf_bind_batch(lfirst(lc)) == number)
			set->pending = foreach_delete_current(set->pending, lc);
	while (set->batched && !set->finished &&
		   batch_number(set, set->positions) == number)
		set->finished = !advance(set);
}

DcfRequest *
dcf_bind_request(const DcfBoundRequest *bound)
{
	return bound->set->fixed ? bound->set->fixed :
							   dcf_bind_build(bound, false);
}

DcfRequest *
dcf_bind_template(DcfRequestSet *set)
{
	return set->empty ?
		NULL :
		dcf_bind_build(create_bound(set, set->positions), true);
}

Datum
dcf_bind_sent(const DcfBoundRequest *bound, AttrNumber attnum, bool *isnull)
{
	const DcfBindColumn *bcol = &bound->set->bcols[attnum - 1];

	*isnull = false;
	if (bcol->has_default_value)
		return bcol->default_value;

	/*
	 * A default has a text but no Datum.  Of several values in one request
	 * none is known to be the row's; the planner lets the column fan out if
	 * the query reads it.
	 */
	if (bcol->has_values && bcol->values.values &&
		(bcol->fan_out || bcol->values.count == 1))
		return bcol->values.values[bound->positions[attnum - 1]];
	*isnull = true;
	return (Datum) 0;
}

/* Whether the row's key is in the request's batch. */
static bool
batch_has(const DcfBoundRequest *bound, const Datum *values,
		  const bool *isnull)
{
	const DcfBindColumn *bcol = bound->set->batched;
	int i = bcol->column->attnum - 1;

	return !isnull[i] &&
		dcf_bind_batch_has(&bcol->batches, bcol->column, bound->positions[i],
						   values[i]);
}

bool
dcf_bind_owns_row(const DcfBoundRequest *bound, const Datum *values,
				  const bool *isnull)
{
	const DcfRequestSet *set = bound->set;

	for (int i = 0; set->shared && i < set->relation->natts; i++)
	{
		const DcfBindColumn *bcol = &set->bcols[i];

		/* NULL equals no value that was sent, so no request owns the row. */
		if (bcol->fan_out && bcol->column->kind != DCF_COLUMN_PARAMETER &&
			(isnull[i] ||
			 !dcf_bind_column_has(bcol, bound->positions[i], values[i])))
			return false;
	}

	if (set->batched && set->batched->batches.count > 1 &&
		!batch_has(bound, values, isnull))
		return false;

	/*
	 * Last, because dcf_bind_part_has() assumes that the whole request owns
	 * the row.
	 */
	if (bound->in_part)
	{
		int i = set->halved->column->attnum - 1;

		return dcf_bind_part_has(set->halved, &bound->part, values[i],
								 isnull[i]);
	}
	return true;
}
