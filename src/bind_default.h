/*
 * bind_default.h
 *	  The value of a column of which a query says nothing.
 */
#ifndef DCF_BIND_DEFAULT_H
#define DCF_BIND_DEFAULT_H

#include "postgres.h"

#include "compat.h"
#include "relation.h"

/*
 * What is sent, in UTF-8: the column's default, or else what goes with every
 * request of the table.  palloc'd.  NULL where that is nothing, and for a
 * window, which has no one value.
 */
extern char *dcf_default_find(const DcfRelation *relation,
							  const DcfColumn *column);

/* Whether it is no value of the column: empty, where that is no text. */
extern bool dcf_default_is_null(const DcfColumn *column, const char *utf8);

/*
 * Its value.  Raises ERRCODE_FDW_INVALID_ATTRIBUTE_VALUE where that does not fit
 * the column, and what dcf_convert_text() does.
 */
extern Datum dcf_default_value(const DcfRelation *relation,
							   const DcfColumn *column, const char *utf8);

/*
 * The value of a parameter column in the rows of a request that no query has
 * made: what goes with the request (dcf_request_fixed()), by the column's input
 * function.  False where that is not one value: nothing, NULL, or a list.
 */
extern bool dcf_default_sent(const DcfRelation *relation,
							 const DcfColumn *column,
							 const DcfRequest *request, Datum *value);

/*
 * Raise ERRCODE_NOT_NULL_VIOLATION: nothing is sent for a column whose domain
 * refuses NULL.
 */
pg_noreturn extern void dcf_default_raise_null(const DcfRelation *relation,
											   const DcfColumn *column);

#endif /* DCF_BIND_DEFAULT_H */
