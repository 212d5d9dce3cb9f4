/*
 * lesson.c
 *	  What the catalogue knows of parameters, for messages.  See lesson.h.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"

#include "catalogue.h"
#include "lesson.h"

/* Longer lists of values are not shown whole. */
#define SHOWN_VALUES 12

struct DcfLesson
{
	const DcfCatalogueEndpoint *endpoint; /* NULL: not documented */
};

DcfLesson *
dcf_lesson_start(const DcfRelation *relation)
{
	DcfLesson *lesson = palloc0(sizeof(DcfLesson));

	lesson->endpoint =
		dcf_catalogue_find(dcf_catalogue_load(), relation->table->endpoint);
	return lesson;
}

static const DcfCatalogueParam *
find_param(const DcfLesson *lesson, const DcfColumn *column)
{
	if (lesson->endpoint == NULL || column->options->param == NULL)
		return NULL;
	return dcf_catalogue_param(lesson->endpoint, column->options->param);
}

static bool
is_number_type(Oid type)
{
	return type == INT2OID || type == INT4OID || type == INT8OID ||
		type == NUMERICOID || type == FLOAT4OID || type == FLOAT8OID;
}

/* A value of the catalogue as a literal of the column's type, or NULL. */
static char *
literal(const DcfColumn *column, const char *value)
{
	if (!is_number_type(column->basetype))
		return quote_literal_cstr(value);
	return value[0] != '\0' && value[strspn(value, "-0123456789")] == '\0' ?
		pstrdup(value) :
		NULL;
}

/* Whether a parameter is named as the service names the end of a period. */
static bool
is_end(const char *param)
{
	static const char end[] = "StopDate";
	size_t len = param ? strlen(param) : 0;

	return len >= sizeof(end) - 1 &&
		pg_strcasecmp(param + len - (sizeof(end) - 1), end) == 0;
}

/* Some value of the type; of a period's end one after that of its start. */
static const char *
any_value(const DcfColumn *column)
{
	if (is_number_type(column->basetype))
		return "1";
	switch (column->basetype)
	{
		case BOOLOID:
			return "true";
		case DATEOID:
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
			return is_end(column->options->param) ? "'2026-02-01'" :
													"'2026-01-01'";
		default:
			return "'...'";
	}
}

char *
dcf_lesson_example(const DcfLesson *lesson, const DcfColumn *column)
{
	const DcfCatalogueParam *param = find_param(lesson, column);
	const char *value = NULL;
	char *example = NULL;

	/* The documented dates are years ago. */
	if (param && strcmp(param->type, "datetime") != 0)
		value =
			param->values != NIL ? linitial(param->values) : param->example;
	if (value && value[0] != '\0')
		example = literal(column, value);
	return example ? example : pstrdup(any_value(column));
}

static void
append_values(StringInfo text, const DcfCatalogueParam *param)
{
	int length = list_length(param->values);
	ListCell *cell;

	foreach(cell, param->values)
	{
		int i = foreach_current_index(cell);

		if (i == SHOWN_VALUES)
		{
			appendStringInfoString(text, ", ...");
			return;
		}
		appendStringInfo(text, "%s%s",
						 i == 0				 ? "" :
							 i == length - 1 ? " or " :
											   ", ",
						 (char *) lfirst(cell));
		if (param->labels != NIL)
			appendStringInfo(text, " (%s)",
							 (char *) list_nth(param->labels, i));
	}
}

char *
dcf_lesson_values(const DcfLesson *lesson, const DcfColumn *column)
{
	const DcfCatalogueParam *param = find_param(lesson, column);
	StringInfoData text;

	if (param == NULL || (param->values == NIL && param->lookup == NULL))
		return NULL;
	initStringInfo(&text);
	appendStringInfo(&text, "%s ", quote_identifier(column->attname));
	if (param->values != NIL)
	{
		appendStringInfoString(&text, "is ");
		append_values(&text, param);
	}
	else
	{
		appendStringInfo(&text, "has its values listed by endpoint %s",
						 param->lookup);
		if (param->all != NIL)
			appendStringInfo(&text, ", and %s for all",
							 (char *) linitial(param->all));
	}
	return text.data;
}
