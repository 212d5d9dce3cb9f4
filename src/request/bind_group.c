/*
 * bind_group.c
 *	  Columns whose values belong together.  See bind_group.h.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/array.h"
#include "utils/lsyscache.h"

#include "bind_group.h"

/* The arrays of one group, one for each column, all of one length. */
typedef struct Arrays
{
	int count;
	const DcfBindColumn **bcols;
	Oid *types; /* of their elements */
	Datum **elems;
	bool **nulls;
	int length;
} Arrays;

static DcfBindGroup *create_group(DcfBindColumn *bcols,
								  const DcfFdwPrivate *priv,
								  const DcfBoundValue *values, int number);
static bool add_array(Arrays *arrays, const DcfBindColumn *bcol,
					  const DcfBoundValue *value);
static bool find_row(const Arrays *arrays, int nth, int *row);
static int compare_rows(const void *one, const void *other, void *arg);

List *
dcf_bind_group_create(DcfBindColumn *bcols, const DcfFdwPrivate *priv,
					  const DcfBoundValue *values)
{
	List *groups = NIL;
	List *numbers = NIL;
	ListCell *lc;

	foreach(lc, priv->bindings)
	{
		const DcfBinding *binding = lfirst(lc);
		DcfBindGroup *group;

		if (binding->group == 0 || list_member_int(numbers, binding->group))
			continue;
		numbers = lappend_int(numbers, binding->group);
		group = create_group(bcols, priv, values, binding->group);
		if (group)
			groups = lappend(groups, group);
	}
	return groups;
}

/*
 * The group with a number.  NULL if it has fewer than two usable columns, or
 * shares a column with another group: then all combinations are requested,
 * which is a superset.
 */
static DcfBindGroup *
create_group(DcfBindColumn *bcols, const DcfFdwPrivate *priv,
			 const DcfBoundValue *values, int number)
{
	int max = list_length(priv->bindings);
	Arrays arrays = {.bcols = palloc(sizeof(DcfBindColumn *) * max),
					 .types = palloc(sizeof(Oid) * max),
					 .elems = palloc(sizeof(Datum *) * max),
					 .nulls = palloc(sizeof(bool *) * max)};
	DcfBindGroup *group = palloc0(sizeof(DcfBindGroup));
	int *all;
	int nkept = 0;
	ListCell *lc;

	group->columns = palloc(sizeof(int) * max);

	/* A column for which nothing is sent restricts no combination. */
	foreach(lc, priv->bindings)
	{
		const DcfBinding *binding = lfirst(lc);
		const DcfBindColumn *bcol = &bcols[binding->attnum - 1];

		if (binding->group != number || !bcol->has_values ||
			values[foreach_current_index(lc)].skipped)
			continue;
		if (bcol->grouped ||
			!add_array(&arrays, bcol, &values[foreach_current_index(lc)]))
			return NULL;
	}

	/*
	 * A column whose values share one request has no position.  It still
	 * excludes combinations in find_row().
	 */
	for (int i = 0; i < arrays.count; i++)
		if (arrays.bcols[i]->fan_out)
			group->columns[group->ncolumns++] =
				arrays.bcols[i]->column->attnum - 1;
	if (arrays.count < 2)
		return NULL;

	all = palloc(sizeof(int) * arrays.count * Max(arrays.length, 1));

	/* A row that is rejected is overwritten by the next. */
	for (int i = 0; i < arrays.length; i++)
	{
		int *row = &all[nkept * group->ncolumns];

		CHECK_FOR_INTERRUPTS();
		nkept += find_row(&arrays, i, row);
	}
	group->rows = all;

	/* One request asks for all combinations, unless none is left. */
	if (group->ncolumns == 0)
	{
		group->nrows = Min(nkept, 1);
		return group;
	}
	qsort_arg(all, nkept, sizeof(int) * group->ncolumns, compare_rows, group);

	/* Equal combinations are neighbours now: keep the first of them. */
	for (int i = 0; i < nkept; i++)
		if (group->nrows == 0 ||
			compare_rows(&all[(group->nrows - 1) * group->ncolumns],
						 &all[i * group->ncolumns], group) != 0)
			memmove(&all[group->nrows++ * group->ncolumns],
					&all[i * group->ncolumns], sizeof(int) * group->ncolumns);
	for (int i = 0; i < group->ncolumns; i++)
		bcols[group->columns[i]].grouped = true;
	return group;
}

/*
 * False if the value is not known or NULL, or its length differs.  The nth
 * elements of a group's arrays belong together, so all need one length.
 */
static bool
add_array(Arrays *arrays, const DcfBindColumn *bcol,
		  const DcfBoundValue *value)
{
	int n = arrays->count;
	int16 typlen;
	bool typbyval;
	char typalign;
	int length;

	if (value->unknown || value->isnull)
		return false;
	arrays->bcols[n] = bcol;
	arrays->types[n] = get_base_element_type(value->type);
	get_typlenbyvalalign(arrays->types[n], &typlen, &typbyval, &typalign);
	deconstruct_array(DatumGetArrayTypeP(value->value), arrays->types[n],
					  typlen, typbyval, typalign, &arrays->elems[n],
					  &arrays->nulls[n], &length);
	if (n > 0 && length != arrays->length)
		return false;
	arrays->length = length;
	arrays->count++;
	return true;
}

/*
 * Find the nth combination's values among those of their columns.  False if
 * one is NULL or excluded by other clauses.
 */
static bool
find_row(const Arrays *arrays, int nth, int *row)
{
	int ncolumns = 0;

	for (int i = 0; i < arrays->count; i++)
	{
		const DcfBindColumn *bcol = arrays->bcols[i];
		int found = arrays->nulls[i][nth] ?
			-1 :
			dcf_bind_column_find(bcol, arrays->elems[i][nth],
								 arrays->types[i]);

		if (found < 0)
			return false;
		if (bcol->fan_out)
			row[ncolumns++] = found;
	}
	return true;
}

/* Orders combinations by the indexes of their values, for qsort_arg(). */
static int
compare_rows(const void *one, const void *other, void *arg)
{
	const DcfBindGroup *group = arg;
	const int *a = one;
	const int *b = other;

	for (int i = 0; i < group->ncolumns; i++)
		if (a[i] != b[i])
			return a[i] < b[i] ? -1 : 1;
	return 0;
}

void
dcf_bind_group_apply(const DcfBindGroup *group, int *positions)
{
	for (int i = 0; i < group->ncolumns; i++)
		positions[group->columns[i]] =
			group->rows[group->at * group->ncolumns + i];
}
