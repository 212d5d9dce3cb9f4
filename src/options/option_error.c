/*
 * option_error.c
 *	  The error for an invalid value of an option.  See option_table.h.
 */
#include "postgres.h"

#include "options/option_table.h"

void
dcf_option_reject(const DcfOption *option, const char *value,
				  const char *detail, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_FDW_INVALID_ATTRIBUTE_VALUE),
			 value ? errmsg("invalid value for option \"%s\": \"%s\"",
							option->name, value) :
					 errmsg("invalid value for option \"%s\"", option->name),
			 detail ? errdetail_internal("%s", detail) : 0,
			 hint ? errhint("%s", hint) : 0));
}
