/*
 * bind_value.h
 *	  Sets of values of a column: made from what a query compares it with,
 *	  without NULLs and duplicates, and intersected.
 *
 * Equality and order are those of the column's type and collation.
 */
#ifndef DCF_BIND_VALUE_H
#define DCF_BIND_VALUE_H

#include "postgres.h"

#include "request/relation.h"

typedef struct DcfBindValues
{
	int count;
	Datum *values;	 /* of the column's type, in ascending order */
	bool by_session; /* nothing is known of them: they are instants, and the
					  * session's TimeZone decides which values of a date or
					  * timestamp column are equal to them */
} DcfBindValues;

/*
 * The values of the column that are equal to value, or to an element of it if
 * it is an array.  A value that no value of the column's type is equal to gives
 * none: an integer too large for it, a text longer than its length, a number
 * with more digits than its scale, one that its domain refuses.
 */
extern DcfBindValues dcf_bind_values_from(const DcfColumn *column, Datum value,
										  Oid valuetype, bool is_array);

extern DcfBindValues dcf_bind_values_intersect(const DcfColumn *column,
											   const DcfBindValues *one,
											   const DcfBindValues *other);

/* Which of the values is equal to this one, of an element's type; or -1. */
extern int dcf_bind_values_find(const DcfColumn *column,
								const DcfBindValues *set, Datum value,
								Oid valuetype);

extern bool dcf_bind_values_equal(const DcfColumn *column, Datum one,
								  Datum other);

/* Whether a value is not less than one, and not greater than another. */
extern bool dcf_bind_values_between(const DcfColumn *column, Datum value,
									Datum least, Datum greatest);

/* The elements of an array that are not NULL, palloc'd; returns how many. */
extern int dcf_bind_array_values(Datum array, Oid elemtype, Datum **values);

#endif /* DCF_BIND_VALUE_H */
