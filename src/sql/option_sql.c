/*
 * option_sql.c
 *	  The SQL function dataconnect_options().
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"

#include "options/option_table.h"
#include "result_row.h"

PG_FUNCTION_INFO_V1(dataconnect_options);

/* choices is NULL unless the option is an enum. */
static void
set_enum_values(DcfResultRow *row, const DcfOptionChoice *choices)
{
	List *names = NIL;

	if (choices == NULL)
	{
		dcf_result_row_null(row, "enum_values");
		return;
	}
	for (const DcfOptionChoice *choice = choices; choice->name; choice++)
		names = lappend(names, unconstify(char *, choice->name));
	dcf_result_row_texts(row, "enum_values", names);
}

static void
put_option(FunctionCallInfo fcinfo, const DcfOption *option)
{
	DcfResultRow *row = dcf_result_row_begin(fcinfo);
	bool is_number = dcf_option_type_is_number(option->type);

	dcf_result_row_text(row, "context",
						dcf_option_context_name(option->context));
	dcf_result_row_text(row, "name", option->name);
	dcf_result_row_text(row, "type", dcf_option_type_name(option->type));
	dcf_result_row_text(row, "unit", dcf_option_type_unit(option->type));
	/* The limits are of type double; whole numbers get no fraction. */
	dcf_result_row_text(row, "min_value",
						is_number ? psprintf("%.15g", option->min) : NULL);
	dcf_result_row_text(row, "max_value",
						is_number ? psprintf("%.15g", option->max) : NULL);
	dcf_result_row_text(row, "default_value", option->default_value);
	set_enum_values(row, option->choices);
	dcf_result_row_bool(row, "secret", option->secret);
	dcf_result_row_bool(row, "superuser_only", option->superuser_only);
	dcf_result_row_text(row, "description", option->description);
	dcf_result_row_end(row);
}

Datum
dataconnect_options(PG_FUNCTION_ARGS)
{
	int i;

	InitMaterializedSRF(fcinfo, 0);
	for (i = 0; i < dcf_options_length; i++)
		put_option(fcinfo, &dcf_options[i]);
	return (Datum) 0;
}
