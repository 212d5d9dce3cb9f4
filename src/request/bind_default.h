/*
 * bind_default.h
 *	  The value of a column that a query says nothing about.
 */
#ifndef DCF_BIND_DEFAULT_H
#define DCF_BIND_DEFAULT_H

#include "postgres.h"

#include "base/compat.h"
#include "request/relation.h"

/*
 * What is sent for the column, in UTF-8, palloc'd: its option default, or the
 * parameter as every request of the table sends it.  NULL if nothing is sent,
 * and for a window, which has no single value.
 */
extern char *dcf_bind_default_find(const DcfRelation *relation,
								   const DcfColumn *column);

/*
 * Whether the rows show NULL for it: it is empty, and the column's type is no
 * string.
 */
extern bool dcf_bind_default_is_null(const DcfColumn *column,
									 const char *utf8);

/*
 * The default as a value of the column, in the current memory context.  Raises
 * ERRCODE_FDW_INVALID_ATTRIBUTE_VALUE if it does not fit the column, and what
 * dcf_convert_default() raises.
 */
extern Datum dcf_bind_default_value(const DcfRelation *relation,
									const DcfColumn *column, const char *utf8);

/*
 * Set *value to what a parameter column shows in the rows of a request that no
 * query has made: the parameter as the request sends it.  False if that is not
 * one value: nothing, NULL, or a list.  Raises what dcf_convert_default() raises.
 */
extern bool dcf_bind_default_sent(const DcfRelation *relation,
								  const DcfColumn *column,
								  const DcfRequest *request, Datum *value);

/*
 * Raise ERRCODE_NOT_NULL_VIOLATION: nothing is sent for a column whose domain
 * refuses NULL.
 */
pg_noreturn extern void
dcf_bind_default_raise_null(const DcfRelation *relation,
							const DcfColumn *column);

#endif /* DCF_BIND_DEFAULT_H */
