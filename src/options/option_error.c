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

bool
dcf_option_has_control(const char *utf8, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
	{
		unsigned char c = utf8[i];

		if (c < 0x20 || c == 0x7f)
			return true;
		if (c == 0xc2 && i + 1 < len && (unsigned char) utf8[i + 1] < 0xa0)
			return true;
	}
	return false;
}
