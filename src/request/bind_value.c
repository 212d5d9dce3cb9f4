/*
 * bind_value.c
 *	  Sets of values of a column.  See bind_value.h.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"
#include "utils/typcache.h"

#include "base/compat.h"
#include "bind_fit.h"
#include "request/bind_value.h"

/* The argument of compare(). */
typedef struct Order
{
	FmgrInfo *cmp;
	Oid collation;
} Order;

static Order column_order(const DcfColumn *column);
static int compare(const void *one, const void *other, void *arg);
static bool is_integer(Oid type);
static bool is_coerced(Oid type);
static bool coerce(const DcfColumn *column, Datum value, Oid valuetype,
				   Datum *result);
static bool coerce_integer(Oid type, Datum value, Oid valuetype,
						   Datum *result);
static int time_rank(Oid type);
static bool is_time(Oid type);
static bool coerce_time(Oid type, Datum value, Oid valuetype, Datum *result);
static bool refine_time(Datum value, Oid from, Oid to, Datum *result);
static void sort_unique(const DcfColumn *column, DcfBindValues *set);

DcfBindValues
dcf_bind_values_from(const DcfColumn *column, Datum value, Oid valuetype,
					 bool is_array)
{
	Datum *elems = &value;
	int nelems = 1;

	if (is_array)
	{
		valuetype = get_base_element_type(valuetype);
		nelems = dcf_bind_array_values(value, valuetype, &elems);
	}
	return dcf_bind_values_make(column, elems, nelems, valuetype);
}

DcfBindValues
dcf_bind_values_make(const DcfColumn *column, const Datum *values, int nvalues,
					 Oid valuetype)
{
	DcfBindValues set = {0};
	DcfBindFit *fit;

	valuetype = getBaseType(valuetype);

	/*
	 * An instant is a date or a local time only in some time zone.  An empty
	 * array needs none.
	 */
	if (is_time(column->basetype) && column->basetype != TIMESTAMPTZOID &&
		valuetype == TIMESTAMPTZOID)
	{
		set.by_session = nvalues > 0;
		return set;
	}

	/*
	 * coerce() converts integers and times to the column's type.  Values of
	 * other types keep theirs until they are cast.
	 */
	fit = dcf_bind_fit_create(column,
							  is_coerced(column->basetype) ? column->basetype :
															 valuetype);
	set.values = palloc(sizeof(Datum) * Max(nvalues, 1));
	for (int i = 0; i < nvalues; i++)
	{
		Datum *result = &set.values[set.count];

		CHECK_FOR_INTERRUPTS();
		if (coerce(column, values[i], valuetype, result) &&
			(!fit || dcf_bind_fit_value(fit, result)))
			set.count++;
	}
	if (fit)
		dcf_bind_fit_end(fit);
	sort_unique(column, &set);
	return set;
}

DcfBindValues
dcf_bind_values_intersect(const DcfColumn *column, const DcfBindValues *one,
						  const DcfBindValues *other)
{
	Order order = column_order(column);
	DcfBindValues both = {0};
	int i = 0;
	int j = 0;

	/* Both sets have the same order, so one merge finds what they share. */
	both.values = palloc(sizeof(Datum) * Max(one->count, 1));
	while (i < one->count && j < other->count)
	{
		int c = compare(&one->values[i], &other->values[j], &order);

		if (c == 0)
			both.values[both.count++] = one->values[i];
		if (c <= 0)
			i++;
		if (c >= 0)
			j++;
	}
	return both;
}

int
dcf_bind_values_find(const DcfColumn *column, const DcfBindValues *set,
					 Datum value, Oid valuetype)
{
	Order order;
	Datum coerced;
	const Datum *found;

	/*
	 * Whether the value fits the column is not checked: one that does not fit
	 * equals no value of the set.
	 */
	if (!coerce(column, value, getBaseType(valuetype), &coerced))
		return -1;
	if (set->count == 1)
		return dcf_bind_values_equal(column, coerced, set->values[0]) ? 0 : -1;
	order = column_order(column);
	found = bsearch_arg(&coerced, set->values, set->count, sizeof(Datum),
						compare, &order);
	return found ? (int) (found - set->values) : -1;
}

bool
dcf_bind_values_equal(const DcfColumn *column, Datum one, Datum other)
{
	Order order = column_order(column);

	return compare(&one, &other, &order) == 0;
}

bool
dcf_bind_values_between(const DcfColumn *column, Datum value, Datum least,
						Datum greatest)
{
	Order order = column_order(column);

	return compare(&value, &least, &order) >= 0 &&
		compare(&value, &greatest, &order) <= 0;
}

int
dcf_bind_array_values(Datum array, Oid elemtype, Datum **values)
{
	int16 typlen;
	bool typbyval;
	char typalign;
	bool *nulls;
	int nelems;
	int nvalues = 0;

	get_typlenbyvalalign(elemtype, &typlen, &typbyval, &typalign);
	deconstruct_array(DatumGetArrayTypeP(array), elemtype, typlen, typbyval,
					  typalign, values, &nulls, &nelems);
	for (int i = 0; i < nelems; i++)
		if (!nulls[i])
			(*values)[nvalues++] = (*values)[i];
	return nvalues;
}

/* Equality and order of the column's values. */
static Order
column_order(const DcfColumn *column)
{
	TypeCacheEntry *typentry =
		lookup_type_cache(column->basetype, TYPECACHE_CMP_PROC_FINFO);
	Order order = {&typentry->cmp_proc_finfo, column->collation};

	/*
	 * qual_bind.c binds only columns whose type has a btree operator family.
	 */
	if (!OidIsValid(typentry->cmp_proc_finfo.fn_oid))
		elog(ERROR, "type %s has no order", format_type_be(column->basetype));
	return order;
}

/* For qsort_arg(), which may take long enough to need interrupts. */
static int
compare(const void *one, const void *other, void *arg)
{
	Order *order = arg;

	CHECK_FOR_INTERRUPTS();
	return DatumGetInt32(FunctionCall2Coll(order->cmp, order->collation,
										   *(const Datum *) one,
										   *(const Datum *) other));
}

static bool
is_integer(Oid type)
{
	return type == INT2OID || type == INT4OID || type == INT8OID;
}

/*
 * Whether columns of the type are also compared with other types, whose values
 * have to be converted.
 */
static bool
is_coerced(Oid type)
{
	return is_integer(type) || is_time(type);
}

/*
 * Convert a value to the equal one of the column's base type.  False if there
 * is none.
 */
static bool
coerce(const DcfColumn *column, Datum value, Oid valuetype, Datum *result)
{
	Oid type = column->basetype;

	if (is_integer(type))
		return coerce_integer(type, value, valuetype, result);
	if (is_time(type))
		return coerce_time(type, value, valuetype, result);
	*result = value; /* binary coercible */
	return true;
}

/* False if the number is beyond the range of type. */
static bool
coerce_integer(Oid type, Datum value, Oid valuetype, Datum *result)
{
	int64 number = valuetype == INT2OID ? DatumGetInt16(value) :
		valuetype == INT4OID			? DatumGetInt32(value) :
										  DatumGetInt64(value);

	if ((type == INT2OID &&
		 (number < PG_INT16_MIN || number > PG_INT16_MAX)) ||
		(type == INT4OID && (number < PG_INT32_MIN || number > PG_INT32_MAX)))
		return false;
	*result = type == INT2OID ? Int16GetDatum((int16) number) :
		type == INT4OID		  ? Int32GetDatum((int32) number) :
								Int64GetDatum(number);
	return true;
}

/* From the coarsest to the finest: date, timestamp, timestamptz. */
static int
time_rank(Oid type)
{
	return type == DATEOID ? 0 : type == TIMESTAMPOID ? 1 : 2;
}

static bool
is_time(Oid type)
{
	return type == DATEOID || type == TIMESTAMPOID || type == TIMESTAMPTZOID;
}

/*
 * PostgreSQL compares two types of time as the finer one.  A value of the
 * coarser type has one counterpart in the finer one, unless it is out of
 * range.  A value of the finer type has one in the coarser only if it survives
 * the conversion there and back: a time of day cannot become a date.
 */
static bool
coerce_time(Oid type, Datum value, Oid valuetype, Datum *result)
{
	Datum back;

	*result = value;
	if (type == valuetype)
		return true;
	if (time_rank(type) > time_rank(valuetype))
		return refine_time(value, valuetype, type, result);

	/*
	 * What remains is a timestamp for a date column.  Instants for a coarser
	 * column never get here; see by_session.
	 */
	*result = DirectFunctionCall1(timestamp_date, value);
	return refine_time(*result, type, valuetype, &back) &&
		DatumGetTimestamp(back) == DatumGetTimestamp(value);
}

/*
 * Convert to a finer type; false if it is out of that type's range.
 * PostgreSQL's plain conversion functions would raise an error instead.
 */
static bool
refine_time(Datum value, Oid from, Oid to, Datum *result)
{
	int overflow = 0;

	if (from == TIMESTAMPOID)
		*result = TimestampTzGetDatum(
			dcf_compat_timestamp2timestamptz(DatumGetTimestamp(value),
											 &overflow));
	else if (to == TIMESTAMPOID)
		*result = TimestampGetDatum(
			dcf_compat_date2timestamp(DatumGetDateADT(value), &overflow));
	else
		*result = TimestampTzGetDatum(
			dcf_compat_date2timestamptz(DatumGetDateADT(value), &overflow));
	return overflow == 0;
}

/* Sort the set and remove duplicates. */
static void
sort_unique(const DcfColumn *column, DcfBindValues *set)
{
	Order order;
	int kept = 0;

	if (set->count < 2)
		return;
	order = column_order(column);
	qsort_arg(set->values, set->count, sizeof(Datum), compare, &order);
	for (int i = 1; i < set->count; i++)
		if (compare(&set->values[kept], &set->values[i], &order) != 0)
			set->values[++kept] = set->values[i];
	set->count = kept + 1;
}
