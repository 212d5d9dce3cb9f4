/*
 * deferred_error.c
 *	  Why a scan cannot run as planned.  See deferred_error.h.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "utils/builtins.h"

#include "request/deferred_error.h"
#include "request/parameter_hint.h"

static void append_example(StringInfo buf, const DcfParameterHint *param_hint,
						   const DcfColumn *column);
pg_noreturn static void raise_missing(const DcfRelation *relation,
									  const DcfDeferredError *deferred);
pg_noreturn static void raise_unsent(const DcfRelation *relation,
									 const DcfDeferredError *deferred);
pg_noreturn static void raise_unreadable(const DcfRelation *relation,
										 int unreadable);

void
dcf_deferred_error_raise(const DcfRelation *relation,
						 const DcfDeferredError *deferred)
{
	if (deferred->unreadable != 0)
		raise_unreadable(relation, deferred->unreadable);
	/* With missing columns, unsent only names a window among them. */
	if (!bms_is_empty(deferred->missing))
		raise_missing(relation, deferred);
	raise_unsent(relation, deferred);
}

char *
dcf_deferred_error_show(const DcfRelation *relation,
						const DcfDeferredError *deferred)
{
	StringInfoData buf;
	int member = -1;

	if (deferred->unreadable == DCF_UNREADABLE_TABLE)
		return pstrdup("the table is only written");
	if (deferred->unreadable != 0)
		return psprintf("column \"%s\" is only written",
						relation->columns[deferred->unreadable - 1].attname);
	initStringInfo(&buf);
	if (bms_is_empty(deferred->missing))
	{
		appendStringInfo(&buf, "no value for column \"%s\"",
						 relation->columns[deferred->unsent - 1].attname);
		if (deferred->clause)
			appendStringInfo(&buf, " follows from %s", deferred->clause);
		return buf.data;
	}
	while ((member = bms_next_member(deferred->missing, member)) >= 0)
		appendStringInfo(&buf, "%s \"%s\"",
						 buf.len > 0 ? "," :
							 bms_num_members(deferred->missing) > 1 ?
									   "no values for required columns" :
									   "no value for required column",
						 relation->columns[member - 1].attname);
	if (deferred->clause)
		appendStringInfo(&buf, "; no period follows from %s",
						 deferred->clause);
	return buf.data;
}

/* Whether a scan cannot run without a value for the column. */
static bool
is_required(const DcfColumn *column)
{
	return dcf_column_is_sent(column) && column->options->required;
}

DcfDeferredError *
dcf_deferred_error_missing(const DcfRelation *relation, const Bitmapset *bound)
{
	Bitmapset *missing = NULL;
	DcfDeferredError *deferred;

	for (int i = 0; i < relation->natts; i++)
	{
		const DcfColumn *column = &relation->columns[i];

		if (is_required(column) && !bms_is_member(column->attnum, bound))
			missing = bms_add_member(missing, column->attnum);
	}
	if (bms_is_empty(missing))
		return NULL;
	deferred = palloc0(sizeof(DcfDeferredError));
	deferred->missing = missing;
	return deferred;
}

/* A clause on a required column that would run. */
static void
append_example(StringInfo buf, const DcfParameterHint *param_hint,
			   const DcfColumn *column)
{
	const char *name = quote_identifier(column->attname);

	if (column->kind == DCF_COLUMN_WINDOW)
		appendStringInfo(buf, "%s >= '2026-01-01' AND %s < '2026-02-01'", name,
						 name);
	else
		appendStringInfo(buf, "%s = %s", name,
						 dcf_parameter_hint_example(param_hint, column));
}

/*
 * Name the required columns without a value, and show a WHERE that would run,
 * with all required columns.
 */
static void
raise_missing(const DcfRelation *relation, const DcfDeferredError *deferred)
{
	DcfParameterHint *param_hint = dcf_parameter_hint_start(relation);
	int nmissing = bms_num_members(deferred->missing);
	StringInfoData names;
	StringInfoData example;
	StringInfoData hints;
	const char *unusable = "";
	bool has_end = false;

	/* A missing window is compared, but in a way that gives no period. */
	if (deferred->clause)
		unusable = psprintf(
			" No period of \"%s\" follows from %s. Only a comparison of the column itself, or of an expression that keeps its order such as date_trunc(), gives one.",
			relation->columns[deferred->unsent - 1].attname, deferred->clause);
	initStringInfo(&names);
	initStringInfo(&example);
	initStringInfo(&hints);
	for (int i = 0; i < relation->natts; i++)
	{
		const DcfColumn *column = &relation->columns[i];
		char *values;

		if (!is_required(column))
			continue;

		/*
		 * Columns that have a value are in the example, too, so that it runs
		 * as it stands.
		 */
		appendStringInfoString(&example, example.len > 0 ? " AND " : "");
		append_example(&example, param_hint, column);
		has_end |= dcf_parameter_hint_is_end(column);
		if (!bms_is_member(column->attnum, deferred->missing))
			continue;
		appendStringInfo(&names, "%s\"%s\"", names.len > 0 ? ", " : "",
						 column->attname);
		values = dcf_parameter_hint_values(param_hint, column);
		if (values)
			appendStringInfo(&hints, " %s.", values);
	}
	if (has_end)
		appendStringInfoString(&hints,
							   " The service may include the whole last day.");
	ereport(
		ERROR,
		(errcode(ERRCODE_FDW_DYNAMIC_PARAMETER_VALUE_NEEDED),
		 errmsg_plural(
			 "required parameter of foreign table \"%s\" is missing",
			 "required parameters of foreign table \"%s\" are missing",
			 nmissing, relation->relname),
		 errdetail_plural(
			 "The query gives no value for column %s that is known before the scan starts.%s",
			 "The query gives no values for columns %s that are known before the scan starts.%s",
			 nmissing, names.data, unusable),
		 errhint("For example: WHERE %s.%s", example.data, hints.data)));
}

/* Name a column that is compared although no value follows for it. */
static void
raise_unsent(const DcfRelation *relation, const DcfDeferredError *deferred)
{
	const DcfColumn *column = &relation->columns[deferred->unsent - 1];
	const char *reason = column->is_preset ?
		"Its default, or the value that every request sends, would be sent instead." :
		"The column is sent to the service, not read from the reply.";

	ereport(
		ERROR,
		(errcode(ERRCODE_FDW_DYNAMIC_PARAMETER_VALUE_NEEDED),
		 errmsg("column \"%s\" of foreign table \"%s\" has no value to send",
				column->attname, relation->relname),
		 deferred->clause ?
			 errdetail("No value follows from the comparison %s. %s",
					   deferred->clause, reason) :
			 errdetail(
				 "The query compares the column in a way from which no value follows. %s",
				 reason),
		 errhint(
			 "Compare it by =, IN or IS NULL with a value that is known before the scan starts: a constant, a query parameter, an uncorrelated subquery, or a column of a table that can be joined first.")));
}

/* What is at the service is not known here. */
static void
raise_unreadable(const DcfRelation *relation, int unreadable)
{
	const char *endpoint = relation->table->endpoint;

	if (unreadable == DCF_UNREADABLE_TABLE)
		ereport(
			ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("foreign table \"%s\" cannot be read", relation->relname),
			 errdetail("Each request to %s writes.", endpoint),
			 errhint(
				 "RETURNING shows what the service answers to an INSERT or UPDATE.")));
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("column \"%s\" of foreign table \"%s\" cannot be read",
					relation->columns[unreadable - 1].attname,
					relation->relname),
			 errdetail("Each request to %s writes, so the old value is not "
					   "known.",
					   endpoint),
			 errhint("Select the rows of an UPDATE by their id alone, and SET "
					 "values that do not depend on the old ones.")));
}
