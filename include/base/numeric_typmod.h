/*
 * numeric_typmod.h
 *	  The precision and scale of a numeric type.
 */
#ifndef DCF_NUMERIC_TYPMOD_H
#define DCF_NUMERIC_TYPMOD_H

#include "postgres.h"

/*
 * Unpack the typmod of numeric(precision, scale) as numeric.c does, which
 * exports no function for it.  scale may be negative.  False for numeric
 * without a precision.  Pure: a thread may call it.
 */
static inline bool
dcf_numeric_typmod_unpack(int32 typmod, int *precision, int *scale)
{
	if (typmod < (int32) VARHDRSZ)
		return false;
	*precision = ((typmod - VARHDRSZ) >> 16) & 0xffff;
	*scale = (((typmod - VARHDRSZ) & 0x7ff) ^ 1024) - 1024;
	return true;
}

#endif /* DCF_NUMERIC_TYPMOD_H */
