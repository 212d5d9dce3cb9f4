/*
 * qual_check.c
 *	  Refusing a query that says too little.  See qual.h.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "utils/builtins.h"

#include "compat.h"
#include "lesson.h"
#include "qual.h"

static Bitmapset *bound_columns(const DcfQuals *quals, bool with_value);
static bool is_required(const DcfColumn *column);
static int count_missing(const DcfRelation *relation, Bitmapset *bound);
pg_noreturn static void raise_missing(const DcfRelation *relation,
									  Bitmapset *bound, int missing);
static const DcfColumn *find_misused(PlannerInfo *root, RelOptInfo *baserel,
									 const DcfRelation *relation,
									 const Bitmapset *joined,
									 const DcfQuals *quals);
pg_noreturn static void raise_misused(const DcfRelation *relation,
									  const DcfColumn *column);

bool
dcf_qual_suffice(PlannerInfo *root, RelOptInfo *baserel,
				 const DcfRelation *relation, const Bitmapset *joined,
				 const DcfQuals *quals)
{
	return count_missing(relation, bound_columns(quals, true)) == 0 &&
		find_misused(root, baserel, relation, joined, quals) == NULL;
}

void
dcf_qual_raise_missing(PlannerInfo *root, RelOptInfo *baserel,
					   const DcfRelation *relation, const Bitmapset *joined,
					   const DcfQuals *quals)
{
	Bitmapset *bound = bound_columns(quals, true);
	int missing = count_missing(relation, bound);

	if (missing > 0)
		raise_missing(relation, bound, missing);
	raise_misused(relation,
				  find_misused(root, baserel, relation, joined, quals));
}

static Bitmapset *
bound_columns(const DcfQuals *quals, bool with_value)
{
	Bitmapset *bound = NULL;
	ListCell *lc;

	foreach(lc, quals->bindings)
	{
		DcfBinding *binding = lfirst(lc);

		if (binding->op != DCF_BIND_NULL || !with_value)
			bound = bms_add_member(bound, binding->attnum);
	}
	return bound;
}

static bool
is_required(const DcfColumn *column)
{
	return dcf_column_is_sent(column) && column->options->required;
}

/* A clause on a required column that could run. */
static void
append_example(StringInfo buf, const DcfLesson *lesson,
			   const DcfColumn *column)
{
	const char *name = quote_identifier(column->attname);

	if (column->kind == DCF_COLUMN_WINDOW)
		appendStringInfo(buf, "%s >= '2026-01-01' AND %s < '2026-02-01'", name,
						 name);
	else
		appendStringInfo(buf, "%s = %s", name,
						 dcf_lesson_example(lesson, column));
}

/* Name the required columns without a value, and show what would run. */
static void
raise_missing(const DcfRelation *relation, Bitmapset *bound, int missing)
{
	DcfLesson *lesson = dcf_lesson_start(relation);
	StringInfoData names;
	StringInfoData example;
	StringInfoData lessons;

	initStringInfo(&names);
	initStringInfo(&example);
	initStringInfo(&lessons);
	for (int i = 0; i < relation->natts; i++)
	{
		const DcfColumn *column = &relation->columns[i];
		char *values;

		if (!is_required(column))
			continue;
		appendStringInfoString(&example, example.len > 0 ? " AND " : "");
		append_example(&example, lesson, column);
		if (bms_is_member(column->attnum, bound))
			continue;
		appendStringInfo(&names, "%s\"%s\"", names.len > 0 ? ", " : "",
						 column->attname);
		values = dcf_lesson_values(lesson, column);
		if (values)
			appendStringInfo(&lessons, " %s.", values);
	}
	ereport(
		ERROR,
		(errcode(ERRCODE_FDW_DYNAMIC_PARAMETER_VALUE_NEEDED),
		 errmsg_plural(
			 "required parameter of foreign table \"%s\" is missing",
			 "required parameters of foreign table \"%s\" are missing",
			 missing, relation->relname),
		 errdetail_plural(
			 "The query gives no value for column %s that is known before the scan starts.",
			 "The query gives no values for columns %s that are known before the scan starts.",
			 missing, names.data),
		 errhint("For example: WHERE %s.%s", example.data, lessons.data)));
}

/* Required columns without a value. */
static int
count_missing(const DcfRelation *relation, Bitmapset *bound)
{
	int missing = 0;

	for (int i = 0; i < relation->natts; i++)
	{
		const DcfColumn *column = &relation->columns[i];

		if (is_required(column) && !bms_is_member(column->attnum, bound))
			missing++;
	}
	return missing;
}

/*
 * A parameter column that was not sent is NULL in every row.  A clause about
 * it would not find what its author is after, so it is an error.  Gives such a
 * column, or NULL.  So is one that would get its default, or what goes with every
 * request, where a join could give it a value.
 */
static const DcfColumn *
find_misused(PlannerInfo *root, RelOptInfo *baserel,
			 const DcfRelation *relation, const Bitmapset *joined,
			 const DcfQuals *quals)
{
	Bitmapset *bound = bound_columns(quals, false);
	Bitmapset *unsent = NULL;
	int attnum;

	for (int i = 0; i < relation->natts; i++)
	{
		const DcfColumn *column = &relation->columns[i];

		if (bms_is_member(column->attnum, joined) &&
			!bms_is_member(column->attnum, bound) &&
			dcf_column_is_preset(relation, column))
			return column;
		if (column->kind == DCF_COLUMN_PARAMETER &&
			!column->options->default_value &&
			!bms_is_member(column->attnum, bound))
			unsent = bms_add_member(unsent, column->attnum);
	}
	if (bms_is_empty(unsent))
		return NULL;
	attnum = bms_next_member(bms_int_members(unsent,
											 dcf_qual_compared(root, baserel,
															   quals)),
							 -1);
	return attnum < 0 ? NULL : &relation->columns[attnum - 1];
}

static void
raise_misused(const DcfRelation *relation, const DcfColumn *column)
{
	bool preset = dcf_column_is_preset(relation, column);

	ereport(
		ERROR,
		(errcode(ERRCODE_FDW_DYNAMIC_PARAMETER_VALUE_NEEDED),
		 preset ?
			 errmsg("column \"%s\" of foreign table \"%s\" has no value",
					column->attname, relation->relname) :
			 errmsg(
				 "parameter column \"%s\" of foreign table \"%s\" has no value",
				 column->attname, relation->relname),
		 preset ?
			 errdetail(
				 "A join could give it one, but not in this query; its default, or what goes with every request, would be sent instead.") :
			 errdetail(
				 "The column is sent to the service, not read from the reply, and the query compares it in a way that gives no value to send."),
		 errhint(
			 "Compare it by =, IN or IS NULL with something that is known before the scan starts: a constant, a query parameter, an uncorrelated subquery, or a column of a table that can be joined first.")));
}
