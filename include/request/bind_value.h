/*
 * bind_value.h
 *	  Sets of values that a column may have: made from the values that a query
 *	  compares it with, and intersected.
 *
 * A set has neither NULLs nor duplicates.  Equality and order are those of the
 * column's type and collation.  Sets are allocated in the current memory
 * context.
 */
#ifndef DCF_BIND_VALUE_H
#define DCF_BIND_VALUE_H

#include "postgres.h"

#include "request/relation.h"

typedef struct DcfBindValues
{
	int count;
	Datum *values; /* of the column's type, in ascending order */

	/*
	 * count is 0 because the values are instants, and the session's TimeZone
	 * decides which dates or timestamps are equal to them
	 */
	bool by_session;
} DcfBindValues;

/*
 * The values of the column that are equal to value, or to its elements if it
 * is an array.  None is equal to an integer beyond the column's range, a text
 * longer than its length, a number with more digits than its scale, or a value
 * that its domain refuses.
 */
extern DcfBindValues dcf_bind_values_from(const DcfColumn *column, Datum value,
										  Oid valuetype, bool is_array);

/* The same for several values, none of them NULL. */
extern DcfBindValues dcf_bind_values_make(const DcfColumn *column,
										  const Datum *values, int nvalues,
										  Oid valuetype);

/* The values that are in both sets; shares their Datums. */
extern DcfBindValues dcf_bind_values_intersect(const DcfColumn *column,
											   const DcfBindValues *one,
											   const DcfBindValues *other);

/*
 * The index of the value in the set that is equal to value, which is not NULL;
 * -1 if there is none.
 */
extern int dcf_bind_values_find(const DcfColumn *column,
								const DcfBindValues *set, Datum value,
								Oid valuetype);

/* Whether two values of the column's type are equal. */
extern bool dcf_bind_values_equal(const DcfColumn *column, Datum one,
								  Datum other);

/* Whether value lies between least and greatest, both included. */
extern bool dcf_bind_values_between(const DcfColumn *column, Datum value,
									Datum least, Datum greatest);

/*
 * Set *values to the elements of an array that are not NULL, palloc'd, and
 * return their number.  Elements of a by-reference type point into the array.
 */
extern int dcf_bind_array_values(Datum array, Oid elemtype, Datum **values);

#endif /* DCF_BIND_VALUE_H */
