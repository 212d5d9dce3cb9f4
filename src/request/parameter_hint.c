/*
 * parameter_hint.c
 *	  What the catalogue knows of parameters, for messages.  See
 *	  parameter_hint.h.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"

#include "base/foreign_text.h"
#include "catalogue/catalogue.h"
#include "request/parameter_hint.h"

/* Show at most this many values of a parameter. */
#define SHOWN_VALUES 12

/* A hint for a refused request describes at most this many parameters. */
#define MAX_PARAMS 4

struct DcfParameterHint
{
	const DcfCatalogueEndpoint *endpoint; /* NULL: not documented */
};

DcfParameterHint *
dcf_parameter_hint_start(const DcfRelation *relation)
{
	DcfParameterHint *param_hint = palloc0(sizeof(DcfParameterHint));

	param_hint->endpoint =
		dcf_catalogue_find(dcf_catalogue_load(), relation->table->endpoint);
	return param_hint;
}

/* What the catalogue knows of a column's parameter, or NULL. */
static const DcfCatalogueParam *
find_param(const DcfParameterHint *param_hint, const DcfColumn *column)
{
	if (param_hint->endpoint == NULL || column->options->param == NULL)
		return NULL;
	return dcf_catalogue_param(param_hint->endpoint, column->options->param);
}

static bool
is_number_type(Oid type)
{
	return type == INT2OID || type == INT4OID || type == INT8OID ||
		type == NUMERICOID || type == FLOAT4OID || type == FLOAT8OID;
}

static bool
is_time_type(Oid type)
{
	return type == DATEOID || type == TIMESTAMPOID || type == TIMESTAMPTZOID;
}

/*
 * A value of the catalogue as an SQL literal of the column's type; NULL if it
 * is not one.  A number is accepted only if it needs no quotes.
 */
static char *
literal(const DcfColumn *column, const char *value)
{
	if (!is_number_type(column->basetype))
		return quote_literal_cstr(value);
	return value[0] != '\0' && value[strspn(value, "-0123456789")] == '\0' ?
		pstrdup(value) :
		NULL;
}

/*
 * The documentation names these parameters StopDate, ReportStopDate and so on.
 */
bool
dcf_parameter_hint_is_end(const DcfColumn *column)
{
	static const char end[] = "StopDate";
	const char *param = column->options->param;

	if (param == NULL || !is_time_type(column->basetype))
		return false;

	/* There is no portable strcasestr(). */
	while (*param != '\0' && pg_strncasecmp(param, end, strlen(end)) != 0)
		param++;
	return *param != '\0';
}

/*
 * Some literal of the column's type.  A start and an end together make a
 * month.
 */
static const char *
any_value(const DcfColumn *column)
{
	if (is_number_type(column->basetype))
		return "1";
	if (is_time_type(column->basetype))
		return dcf_parameter_hint_is_end(column) ? "'2026-01-31'" :
												   "'2026-01-01'";
	return column->basetype == BOOLOID ? "true" : "'...'";
}

char *
dcf_parameter_hint_example(const DcfParameterHint *param_hint,
						   const DcfColumn *column)
{
	const DcfCatalogueParam *param = find_param(param_hint, column);
	const char *value = NULL;
	char *example = NULL;

	/* Not for dates: the documented examples are years old. */
	if (param && strcmp(param->type, "datetime") != 0)
		value =
			param->values != NIL ? linitial(param->values) : param->example;
	if (value && value[0] != '\0')
		example = literal(column, value);
	return example ? example : pstrdup(any_value(column));
}

/* The legal values, with their labels: 1 (include) or -1 (exclude). */
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
dcf_parameter_hint_values(const DcfParameterHint *param_hint,
						  const DcfColumn *column)
{
	const DcfCatalogueParam *param = find_param(param_hint, column);
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
		appendStringInfo(&text, "takes values that endpoint %s lists",
						 param->lookup);
		if (param->all != NIL)
			appendStringInfo(&text, ", or %s for all",
							 (char *) linitial(param->all));
	}
	return text.data;
}

/* Whether a list has a text, compared without regard to case. */
static bool
is_in(const List *texts, const char *text, size_t len)
{
	ListCell *lc;

	foreach(lc, texts)
		if (strlen(lfirst(lc)) == len &&
			pg_strncasecmp(lfirst(lc), text, len) == 0)
			return true;
	return false;
}

/*
 * The first value of a comma-separated list that is not legal, as foreign
 * text; NULL if all are legal.
 */
static char *
find_illegal(const DcfCatalogueParam *param, const char *sent)
{
	for (;;)
	{
		size_t len = strcspn(sent, ",");

		if (!is_in(param->values, sent, len) && !is_in(param->all, sent, len))
			return dcf_foreign_text(sent, len);
		if (sent[len] == '\0')
			return NULL;
		sent += len + 1;
	}
}

/* The name under which a query knows a parameter: the column that sends it. */
static const char *
name_param(const DcfRelation *relation, const char *name)
{
	for (int i = 0; i < relation->natts; i++)
	{
		const DcfColumn *column = &relation->columns[i];

		if (dcf_column_is_sent(column) && column->options->param &&
			pg_strcasecmp(column->options->param, name) == 0)
			return quote_identifier(column->attname);
	}
	return name;
}

/*
 * Add a sentence about a parameter that was sent, if its value is illegal and
 * illegal is true, or neither. *warned counts the sentences of both kinds,
 * which share one limit.
 */
static void
append_sent(StringInfo text, const DcfRelation *relation,
			const DcfCatalogueEndpoint *endpoint, const DcfParam *sent,
			bool illegal, int *warned)
{
	const DcfCatalogueParam *param = dcf_catalogue_param(endpoint, sent->name);
	char *wrong;

	/* To the service, an empty value is none. */
	if (param == NULL || param->values == NIL || sent->value[0] == '\0')
		return;
	wrong = find_illegal(param, sent->value);
	if ((wrong != NULL) != illegal || (*warned)++ >= MAX_PARAMS)
		return;
	appendStringInfo(text, "%s%s is ", text->len > 0 ? " " : "",
					 name_param(relation, param->name));
	append_values(text, param);
	if (wrong)
		appendStringInfo(text, ", not \"%s\"", wrong);
	appendStringInfoChar(text, '.');
}

char *
dcf_parameter_hint_refused(const DcfRelation *relation,
						   const DcfRequest *request)
{
	const DcfCatalogueEndpoint *endpoint =
		dcf_catalogue_find(dcf_catalogue_load(), relation->table->endpoint);
	List *sent = list_concat_copy(request->params, request->fixed);
	StringInfoData text;
	int warned = 0;
	ListCell *lc;

	if (endpoint == NULL)
		return NULL;
	initStringInfo(&text);

	/*
	 * Illegal values come first, so that the limit cuts off only the others.
	 */
	foreach(lc, sent)
		append_sent(&text, relation, endpoint, lfirst(lc), true, &warned);
	foreach(lc, sent)
		append_sent(&text, relation, endpoint, lfirst(lc), false, &warned);
	return text.len > 0 ? text.data : NULL;
}
