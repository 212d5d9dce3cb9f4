/*
 * catalogue_sql.c
 *	  The SQL functions behind the views dataconnect_endpoints,
 *	  dataconnect_parameters and dataconnect_columns.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "discovery/catalogue_table.h"

PG_FUNCTION_INFO_V1(dataconnect_catalogue_endpoints);
PG_FUNCTION_INFO_V1(dataconnect_catalogue_parameters);
PG_FUNCTION_INFO_V1(dataconnect_catalogue_columns);

#define MAX_COLUMNS 17

/* A row of the result, filled from left to right. */
typedef struct Row
{
	ReturnSetInfo *result;
	int n;
	Datum values[MAX_COLUMNS];
	bool nulls[MAX_COLUMNS];
} Row;

static void
start_row(Row *row, FunctionCallInfo fcinfo)
{
	row->result = (ReturnSetInfo *) fcinfo->resultinfo;
	row->n = 0;
}

static void
end_row(Row *row)
{
	/* The functions of an older version of the extension have fewer columns. */
	Assert(row->n >= row->result->setDesc->natts);
	tuplestore_putvalues(row->result->setResult, row->result->setDesc,
						 row->values, row->nulls);
}

static void
add_datum(Row *row, Datum value, bool isnull)
{
	Assert(row->n < MAX_COLUMNS);
	row->values[row->n] = value;
	row->nulls[row->n] = isnull;
	row->n++;
}

static void
add_text(Row *row, const char *text)
{
	add_datum(row, text ? CStringGetTextDatum(text) : (Datum) 0, text == NULL);
}

static void
add_int(Row *row, int value)
{
	add_datum(row, Int32GetDatum(value), false);
}

static void
add_bool(Row *row, bool value)
{
	add_datum(row, BoolGetDatum(value), false);
}

/* An array of text; NULL for an empty list, unless told to keep it. */
static void
add_texts(Row *row, const List *texts, bool keep_empty)
{
	ArrayBuildState *state =
		initArrayResult(TEXTOID, CurrentMemoryContext, false);
	ListCell *cell;

	foreach(cell, texts)
		state = accumArrayResult(state, CStringGetTextDatum(lfirst(cell)),
								 false, TEXTOID, CurrentMemoryContext);
	add_datum(row, makeArrayResult(state, CurrentMemoryContext),
			  texts == NIL && !keep_empty);
}

/* "SearchMethod = 1 or 2" */
static void
add_condition(Row *row, const DcfCatalogueCondition *condition)
{
	StringInfoData text;
	ListCell *cell;

	if (condition == NULL)
	{
		add_text(row, NULL);
		return;
	}
	initStringInfo(&text);
	appendStringInfo(&text, "%s =", condition->parameter);
	foreach(cell, condition->values)
		appendStringInfo(&text, "%s %s",
						 foreach_current_index(cell) > 0 ? " or" : "",
						 (char *) lfirst(cell));
	add_text(row, text.data);
}

/* All that can be imported, whatever its source. */
static List *
all_drafts(const List *endpoints)
{
	DcfImportOptions *options = dcf_option_import(NIL);

	options->all_sources = true;
	return list_concat(dcf_catalogue_tables(endpoints, NULL, options, NULL),
					   dcf_catalogue_tables(endpoints, DCF_CATEGORY_PARTNER,
											options, NULL));
}

/* The endpoint's source counts for all that it has. */
static void
add_source(Row *row, const DcfCatalogueEndpoint *endpoint, bool in_use)
{
	add_text(row,
			 endpoint->in_use || in_use ? DCF_CATALOGUE_IN_USE :
										  DCF_CATALOGUE_DOCUMENTED);
}

/* Names of the columns that a query must give a value for. */
static List *
required_columns(const DcfTableDef *def)
{
	List *names = NIL;
	ListCell *cell;

	foreach(cell, def->columns)
	{
		const DcfTableDefColumn *column = lfirst(cell);

		if (column->options.required)
			names = lappend(names, column->attname);
	}
	return names;
}

static int
count_fields(const DcfTableDef *def)
{
	int n = 0;
	ListCell *cell;

	foreach(cell, def->columns)
	{
		if (((DcfTableDefColumn *) lfirst(cell))->field)
			n++;
	}
	return n;
}

/* An endpoint that is not imported has no draft. */
static void
put_endpoint(FunctionCallInfo fcinfo, const DcfCatalogueEndpoint *endpoint,
			 const DcfTableDef *def)
{
	Row row;

	start_row(&row, fcinfo);
	add_text(&row, endpoint->path);
	add_text(&row, endpoint->category);
	add_text(&row, endpoint->method);
	add_text(&row, def ? def->relname : NULL);
	add_text(&row, def ? def->params : NULL);
	add_texts(&row, def ? required_columns(def) : NIL, def != NULL);
	add_int(&row, def ? count_fields(def) : list_length(endpoint->columns));
	add_source(&row, endpoint, false);
	end_row(&row);
}

Datum
dataconnect_catalogue_endpoints(PG_FUNCTION_ARGS)
{
	List *endpoints = dcf_catalogue_load();
	ListCell *cell;

	InitMaterializedSRF(fcinfo, 0);
	foreach(cell, all_drafts(endpoints))
	{
		const DcfTableDef *def = lfirst(cell);

		put_endpoint(fcinfo, def->documented, def);
	}
	foreach(cell, endpoints)
	{
		const DcfCatalogueEndpoint *endpoint = lfirst(cell);

		if (!dcf_catalogue_is_table(endpoint))
			put_endpoint(fcinfo, endpoint, NULL);
	}
	return (Datum) 0;
}

/* The row of a column that is a parameter; none for another. */
static void
put_parameter(FunctionCallInfo fcinfo, const DcfTableDef *def,
			  const DcfTableDefColumn *column, int position)
{
	const DcfCatalogueParam *param = column->param;
	Row row;

	if (param == NULL)
		return;
	start_row(&row, fcinfo);
	add_text(&row, def->endpoint);
	add_text(&row, def->relname);
	add_text(&row, param->name);
	add_text(&row, column->attname);
	add_text(&row, column->type);
	add_bool(&row, column->options.required);
	add_bool(&row, column->options.list);
	add_text(&row, param->default_value);
	add_texts(&row, param->values, false);
	add_texts(&row, param->labels, false);
	add_texts(&row, param->all, false);
	add_text(&row, param->lookup);
	add_text(&row, param->example);
	add_condition(&row, param->used_when);
	add_condition(&row, param->required_when);
	add_text(&row, param->ignored_if);
	add_source(&row, def->documented, param->in_use);
	end_row(&row);
}

/* The row of a column that is read from the reply; none for another. */
static void
put_column(FunctionCallInfo fcinfo, const DcfTableDef *def,
		   const DcfTableDefColumn *column, int position)
{
	const DcfCatalogueColumn *field = column->field;
	Row row;

	if (field == NULL)
		return;
	start_row(&row, fcinfo);
	add_text(&row, def->endpoint);
	add_text(&row, def->relname);
	add_int(&row, position);
	add_text(&row, field->name);
	add_text(&row, column->attname);
	add_text(&row, column->type);
	add_text(&row, field->type);
	add_text(&row, field->kind);
	add_text(&row, field->example);
	add_source(&row, def->documented, field->in_use);
	end_row(&row);
}

/* Puts the row of a column; position counts from 1. */
typedef void (*PutColumn)(FunctionCallInfo fcinfo, const DcfTableDef *def,
						  const DcfTableDefColumn *column, int position);

static Datum
put_columns(FunctionCallInfo fcinfo, PutColumn put)
{
	ListCell *cell;

	InitMaterializedSRF(fcinfo, 0);
	foreach(cell, all_drafts(dcf_catalogue_load()))
	{
		const DcfTableDef *def = lfirst(cell);
		ListCell *inner;

		foreach(inner, def->columns)
			put(fcinfo, def, lfirst(inner), foreach_current_index(inner) + 1);
	}
	return (Datum) 0;
}

Datum
dataconnect_catalogue_parameters(PG_FUNCTION_ARGS)
{
	return put_columns(fcinfo, put_parameter);
}

Datum
dataconnect_catalogue_columns(PG_FUNCTION_ARGS)
{
	return put_columns(fcinfo, put_column);
}
