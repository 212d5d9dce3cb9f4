/*
 * option_error.c
 *	  Refusing an option's value.
 */
#include "postgres.h"

#include "options/option_private.h"

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
