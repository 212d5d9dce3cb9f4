/*
 * option_sql.c
 *	  The SQL function dataconnect_options().
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "options/option_private.h"

enum
{
	COLUMN_CONTEXT,
	COLUMN_NAME,
	COLUMN_TYPE,
	COLUMN_UNIT,
	COLUMN_MIN_VALUE,
	COLUMN_MAX_VALUE,
	COLUMN_DEFAULT_VALUE,
	COLUMN_ENUM_VALUES,
	COLUMN_SECRET,
	COLUMN_SUPERUSER_ONLY,
	COLUMN_DESCRIPTION,
	COLUMNS
};

PG_FUNCTION_INFO_V1(dataconnect_options);

static Datum
enum_values(const DcfOptionChoice *choices)
{
	ArrayBuildState *state = NULL;
	const DcfOptionChoice *choice;

	for (choice = choices; choice->name; choice++)
		state = accumArrayResult(state, CStringGetTextDatum(choice->name),
								 false, TEXTOID, CurrentMemoryContext);
	return makeArrayResult(state, CurrentMemoryContext);
}

/* text may be NULL. */
static void
set_text(Datum *values, bool *nulls, int column, const char *text)
{
	nulls[column] = (text == NULL);
	if (text)
		values[column] = CStringGetTextDatum(text);
}

static void
put_option(ReturnSetInfo *result, const DcfOption *option)
{
	Datum values[COLUMNS] = {0};
	bool nulls[COLUMNS] = {false};
	bool is_number = dcf_option_type_is_number(option->type);

	set_text(values, nulls, COLUMN_CONTEXT,
			 dcf_option_context_name(option->context));
	set_text(values, nulls, COLUMN_NAME, option->name);
	set_text(values, nulls, COLUMN_TYPE, dcf_option_type_name(option->type));
	set_text(values, nulls, COLUMN_UNIT, dcf_option_type_unit(option->type));
	set_text(values, nulls, COLUMN_MIN_VALUE,
			 is_number ? psprintf("%.15g", option->min) : NULL);
	set_text(values, nulls, COLUMN_MAX_VALUE,
			 is_number ? psprintf("%.15g", option->max) : NULL);
	set_text(values, nulls, COLUMN_DEFAULT_VALUE, option->default_value);
	nulls[COLUMN_ENUM_VALUES] = (option->choices == NULL);
	if (option->choices)
		values[COLUMN_ENUM_VALUES] = enum_values(option->choices);
	values[COLUMN_SECRET] = BoolGetDatum(option->secret);
	values[COLUMN_SUPERUSER_ONLY] = BoolGetDatum(option->superuser_only);
	set_text(values, nulls, COLUMN_DESCRIPTION, option->description);

	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

Datum
dataconnect_options(PG_FUNCTION_ARGS)
{
	int i;

	InitMaterializedSRF(fcinfo, 0);
	for (i = 0; i < dcf_options_length; i++)
		put_option((ReturnSetInfo *) fcinfo->resultinfo, &dcf_options[i]);
	return (Datum) 0;
}
