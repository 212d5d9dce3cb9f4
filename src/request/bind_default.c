/*
 * bind_default.c
 *	  The value of a column that a query says nothing about.  See
 *	  bind_default.h.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "base/foreign_text.h"
#include "bind_default.h"
#include "bind_fit.h"
#include "convert/convert.h"
#include "request/request.h"

char *
dcf_bind_default_find(const DcfRelation *relation, const DcfColumn *column)
{
	const DcfColumnOptions *options = column->options;
	DcfRequest *request;
	const char *fixed;

	if (options->default_value)
		return dcf_option_utf8(options->default_value);

	/* A window has only parameters for its ends. */
	if (!options->param)
		return NULL;

	/* The params of the server or the table may contain the parameter. */
	request = dcf_request_create(relation->server, relation->table);
	fixed = dcf_request_fixed(request, dcf_option_utf8(options->param));
	return fixed ? pstrdup(fixed) : NULL;
}

bool
dcf_bind_default_is_null(const DcfColumn *column, const char *utf8)
{
	char category;
	bool preferred;

	if (utf8[0] != '\0')
		return false;
	get_type_category_preferred(column->basetype, &category, &preferred);
	return category != TYPCATEGORY_STRING;
}

/*
 * Convert without the column's length or precision, which would truncate or
 * round it: the service gets the whole text.
 */
Datum
dcf_bind_default_value(const DcfRelation *relation, const DcfColumn *column,
					   const char *utf8)
{
	FormData_pg_attribute attribute =
		*TupleDescAttr(relation->tupdesc, column->attnum - 1);
	char *text = pg_any_to_server(utf8, strlen(utf8), PG_UTF8);
	DcfBindFit *fit = dcf_bind_fit_create(column, column->basetype);
	Datum value;

	attribute.atttypid = column->basetype;
	attribute.atttypmod = -1;
	value =
		dcf_convert_default(dcf_convert_create(relation->relname, &attribute,
											   column->timezone,
											   relation->table->null_strings),
							text);

	/* The rows would show another value than the one that was sent. */
	if (fit && !dcf_bind_fit_value(fit, &value))
		ereport(
			ERROR,
			(errcode(ERRCODE_FDW_INVALID_ATTRIBUTE_VALUE),
			 errmsg(
				 "default of column \"%s\" of foreign table \"%s\" does not fit the column's type",
				 column->attname, relation->relname),
			 errdetail("The default is \"%s\", and the column is of type %s.",
					   dcf_foreign_text(text, strlen(text)),
					   format_type_with_typemod(
						   column->type,
						   TupleDescAttr(relation->tupdesc, column->attnum - 1)
							   ->atttypmod)),
			 errhint(
				 "Change the default or the column's type, or give the column a value in WHERE.")));
	if (fit)
		dcf_bind_fit_end(fit);
	return value;
}

bool
dcf_bind_default_sent(const DcfRelation *relation, const DcfColumn *column,
					  const DcfRequest *request, Datum *value)
{
	const char *utf8 =
		dcf_request_fixed(request, dcf_option_utf8(column->options->param));
	DcfConverter *converter;

	if (!utf8 || dcf_bind_default_is_null(column, utf8) ||
		(column->options->list && strchr(utf8, ',')))
		return false;
	converter =
		dcf_convert_create(relation->relname,
						   TupleDescAttr(relation->tupdesc,
										 column->attnum - 1),
						   column->timezone, relation->table->null_strings);
	*value =
		dcf_convert_default(converter,
							pg_any_to_server(utf8, strlen(utf8), PG_UTF8));
	return true;
}

void
dcf_bind_default_raise_null(const DcfRelation *relation,
							const DcfColumn *column)
{
	ereport(
		ERROR,
		(errcode(ERRCODE_NOT_NULL_VIOLATION),
		 errmsg("parameter column \"%s\" of foreign table \"%s\" has no value",
				column->attname, relation->relname),
		 errdetail(
			 "No value is sent for the column, and its type %s does not allow "
			 "NULL.",
			 format_type_be(column->type)),
		 errhint("Give the column a value in WHERE, or do not select it.")));
}
