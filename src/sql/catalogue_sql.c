/*
 * catalogue_sql.c
 *	  The SQL functions behind the views dataconnect_endpoints,
 *	  dataconnect_parameters and dataconnect_columns.
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"

#include "discovery/catalogue_table.h"
#include "result_row.h"

PG_FUNCTION_INFO_V1(dataconnect_catalogue_endpoints);
PG_FUNCTION_INFO_V1(dataconnect_catalogue_parameters);
PG_FUNCTION_INFO_V1(dataconnect_catalogue_columns);

/* Set an array of texts; NULL for an empty list. */
static void
set_texts(DcfResultRow *row, const char *column, const List *texts)
{
	if (texts == NIL)
		dcf_result_row_null(row, column);
	else
		dcf_result_row_texts(row, column, texts);
}

/* "SearchMethod = 1 or 2"; NULL for no condition. */
static char *
show_condition(const DcfCatalogueCondition *condition)
{
	StringInfoData text;
	ListCell *cell;

	if (condition == NULL)
		return NULL;
	initStringInfo(&text);
	appendStringInfo(&text, "%s =", condition->parameter);
	foreach(cell, condition->values)
		appendStringInfo(&text, "%s %s",
						 foreach_current_index(cell) > 0 ? " or" : "",
						 (char *) lfirst(cell));
	return text.data;
}

/*
 * All tables that can be imported, documented or only seen in use, with the
 * names of imports without options.  An import of all categories leaves out
 * partners' endpoints, so these follow.
 */
static List *
all_tables(const List *endpoints)
{
	DcfImportOptions *options = dcf_option_import(NIL);
	List *defs;

	options->all_sources = true;
	defs = dcf_catalogue_tables(endpoints, NULL, options, NULL);
	defs = list_concat(defs,
					   dcf_catalogue_tables(endpoints, DCF_CATEGORY_PARTNER,
											options, NULL));
	return list_concat(defs,
					   dcf_catalogue_tables(endpoints, DCF_CATEGORY_IMPORT,
											options, NULL));
}

/*
 * in_use: the thing was seen in use but is not documented.  All things of an
 * endpoint seen in use have that source.
 */
static void
set_source(DcfResultRow *row, const DcfCatalogueEndpoint *endpoint,
		   bool in_use)
{
	dcf_result_row_text(row, "source",
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

/* The number of columns that are read from the reply. */
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

/*
 * Add the row of a table; or, with def NULL, of an endpoint that cannot be a
 * table.  An endpoint that becomes several tables has a row for each.
 */
static void
put_endpoint(FunctionCallInfo fcinfo, const DcfCatalogueEndpoint *endpoint,
			 const DcfTableDef *def)
{
	DcfResultRow *row;

	row = dcf_result_row_begin(fcinfo);
	dcf_result_row_text(row, "endpoint", endpoint->path);
	dcf_result_row_text(row, "category", endpoint->category);
	dcf_result_row_text(row, "method", endpoint->method);
	dcf_result_row_text(row, "table_name", def ? def->relname : NULL);
	dcf_result_row_text(row, "params", def ? def->params : NULL);
	if (def)
		dcf_result_row_texts(row, "required_columns", required_columns(def));
	else
		dcf_result_row_null(row, "required_columns");
	dcf_result_row_int4(row, "column_count",
						def ? count_fields(def) :
							  list_length(endpoint->columns));
	set_source(row, endpoint, false);
	dcf_result_row_end(row);
}

Datum
dataconnect_catalogue_endpoints(PG_FUNCTION_ARGS)
{
	const List *endpoints = dcf_catalogue_load();
	ListCell *cell;

	InitMaterializedSRF(fcinfo, 0);
	foreach(cell, all_tables(endpoints))
	{
		const DcfTableDef *def = lfirst(cell);

		put_endpoint(fcinfo, def->documented, def);
	}
	/* The others have a row as well, without a table. */
	foreach(cell, endpoints)
	{
		const DcfCatalogueEndpoint *endpoint = lfirst(cell);

		if (!dcf_catalogue_is_table(endpoint))
			put_endpoint(fcinfo, endpoint, NULL);
	}
	return (Datum) 0;
}

/* A PutColumn: a row for a column that sends a parameter. */
static void
put_parameter(FunctionCallInfo fcinfo, const DcfTableDef *def,
			  const DcfTableDefColumn *column, int position)
{
	const DcfCatalogueParam *param = column->param;
	DcfResultRow *row;

	if (param == NULL)
		return;
	row = dcf_result_row_begin(fcinfo);
	dcf_result_row_text(row, "endpoint", def->endpoint);
	dcf_result_row_text(row, "table_name", def->relname);
	dcf_result_row_text(row, "parameter", param->name);
	dcf_result_row_text(row, "column_name", column->attname);
	dcf_result_row_text(row, "type", column->type);
	dcf_result_row_bool(row, "required", column->options.required);
	dcf_result_row_bool(row, "list", column->options.list);
	dcf_result_row_text(row, "default_value", param->default_value);
	set_texts(row, "legal_values", param->values);
	set_texts(row, "labels", param->labels);
	set_texts(row, "unrestricted_values", param->all);
	dcf_result_row_text(row, "lookup", param->lookup);
	dcf_result_row_text(row, "example", param->example);
	dcf_result_row_text(row, "used_when", show_condition(param->used_when));
	dcf_result_row_text(row, "required_when",
						show_condition(param->required_when));
	dcf_result_row_text(row, "ignored_if", param->ignored_if);
	set_source(row, def->documented, param->in_use);
	dcf_result_row_end(row);
}

/* A PutColumn: a row for a column that is read from the reply. */
static void
put_column(FunctionCallInfo fcinfo, const DcfTableDef *def,
		   const DcfTableDefColumn *column, int position)
{
	const DcfCatalogueColumn *field = column->field;
	DcfResultRow *row;

	if (field == NULL)
		return;
	row = dcf_result_row_begin(fcinfo);
	dcf_result_row_text(row, "endpoint", def->endpoint);
	dcf_result_row_text(row, "table_name", def->relname);
	dcf_result_row_int4(row, "position", position);
	dcf_result_row_text(row, "name", field->name);
	dcf_result_row_text(row, "column_name", column->attname);
	dcf_result_row_text(row, "type", column->type);
	dcf_result_row_text(row, "sql_server_type", field->type);
	dcf_result_row_text(row, "kind", field->kind);
	dcf_result_row_text(row, "example", field->example);
	set_source(row, def->documented, field->in_use);
	dcf_result_row_end(row);
}

/* Adds the row of a column, if it has one; position counts from 1. */
typedef void (*PutColumn)(FunctionCallInfo fcinfo, const DcfTableDef *def,
						  const DcfTableDefColumn *column, int position);

/* Call put for each column of each table. */
static Datum
put_columns(FunctionCallInfo fcinfo, PutColumn put)
{
	ListCell *cell;

	InitMaterializedSRF(fcinfo, 0);
	foreach(cell, all_tables(dcf_catalogue_load()))
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
