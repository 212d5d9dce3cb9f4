/*
 * type_check.c
 *	  Whether a column's type still suits the service's values.  See
 *	  type_check.h.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "parser/parse_type.h"
#include "utils/lsyscache.h"

#include "base/compat.h"
#include "discovery/type_check.h"

/* Whether a column of the declared type takes every value of the found type. */
static bool
takes(Oid declared, Oid found)
{
	static const struct
	{
		Oid declared;
		Oid found;
	} wider[] = {
		{INT4OID, INT2OID},		   {INT8OID, INT2OID},
		{INT8OID, INT4OID},		   {NUMERICOID, INT2OID},
		{NUMERICOID, INT4OID},	   {NUMERICOID, INT8OID},
		{NUMERICOID, FLOAT4OID},   {NUMERICOID, FLOAT8OID},
		{FLOAT8OID, FLOAT4OID},	   {FLOAT8OID, INT2OID},
		{FLOAT8OID, INT4OID},	   {TIMESTAMPOID, DATEOID},
		{TIMESTAMPTZOID, DATEOID}, {TIMESTAMPTZOID, TIMESTAMPOID},
		{JSONOID, JSONBOID},	   {CASHOID, NUMERICOID},
	};
	char category;
	bool preferred;

	get_type_category_preferred(declared, &category, &preferred);
	if (declared == found || category == TYPCATEGORY_STRING)
		return true;
	for (int i = 0; i < (int) lengthof(wider); i++)
	{
		if (wider[i].declared == declared && wider[i].found == found)
			return true;
	}
	return false;
}

bool
dcf_type_check_changed(Oid declared, const DcfSampleField *field)
{
	Oid found;
	int32 typmod;
	char declared_category;
	char found_category;
	bool preferred;

	/* Without a type or a value, the field's type is only a placeholder. */
	if (field->sql_type == NULL && field->value == NULL)
		return false;
	dcf_compat_parse_type(field->type, &found, &typmod);
	if (takes(declared, found))
		return false;
	if (field->sql_type)
		return true;
	get_type_category_preferred(declared, &declared_category, &preferred);
	get_type_category_preferred(found, &found_category, &preferred);
	/* Integers may be the 0 and 1 of a boolean, or fit a smallint. */
	if (found == INT4OID &&
		(declared_category == TYPCATEGORY_BOOLEAN || declared == INT2OID))
		return false;
	/* Within a category only numbers count: takes() found them too wide. */
	return declared_category != found_category ||
		declared_category == TYPCATEGORY_NUMERIC;
}
