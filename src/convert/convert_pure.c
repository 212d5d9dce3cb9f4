/*
 * convert_pure.c
 *	  Converter functions for what takes neither memory nor anything that could
 *	  raise: most of what comes.
 *
 * A thread may call them (see dcf_convert_pure()), so they call nothing of
 * PostgreSQL's but macros and inline functions of arithmetic.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "common/int.h"

#include "convert_private.h"
#include "core/text.h"

static bool plain_int2(const DcfConverter *converter, const DcfField *field,
					   Datum *value);
static bool plain_int4(const DcfConverter *converter, const DcfField *field,
					   Datum *value);
static bool plain_int8(const DcfConverter *converter, const DcfField *field,
					   Datum *value);
static bool plain_float8(const DcfConverter *converter, const DcfField *field,
						 Datum *value);
static bool plain_bool(const DcfConverter *converter, const DcfField *field,
					   Datum *value);
static bool plain_text(const DcfConverter *converter, const DcfField *field,
					   Datum *value);
static bool plain_varchar(const DcfConverter *converter, const DcfField *field,
						  Datum *value);
static bool plain_json(const DcfConverter *converter, const DcfField *field,
					   Datum *value);

DcfConvertPureFn
dcf_convert_choose_pure(Oid base_type, int32 base_typmod)
{
	switch (base_type)
	{
		case INT2OID:
			return plain_int2;
		case INT4OID:
			return plain_int4;
		case INT8OID:
			return FLOAT8PASSBYVAL ? plain_int8 : NULL;
		case FLOAT8OID:
			return FLOAT8PASSBYVAL ? plain_float8 : NULL;
		case BOOLOID:
			return plain_bool;
		case TEXTOID:
			return plain_text;
		case VARCHAROID:
			return base_typmod < 0 ? plain_text : plain_varchar;
		case BPCHAROID:
			return base_typmod < 0 ? plain_text : NULL;
		case JSONOID:
			return plain_json;
		default:
			return dcf_convert_choose_pure_time(base_type, base_typmod);
	}
}

int
dcf_convert_parse_integer(const DcfField *field, const char *bytes, size_t len,
						  int64 min, int64 max, int64 *result)
{
	int64 value;
	int scale;
	DcfWhole status = DCF_WHOLE_OK;

	if (!dcf_convert_may_be_number(field))
		return ERRCODE_INVALID_TEXT_REPRESENTATION;
	/* What mostly comes takes one pass. */
	if (!dcf_text_parse_decimal(bytes, len, &value, &scale) || scale != 0)
		status = dcf_text_parse_whole(bytes, len, &value);
	if (status == DCF_WHOLE_OUT_OF_RANGE)
		return ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE;
	if (status != DCF_WHOLE_OK)
		return ERRCODE_INVALID_TEXT_REPRESENTATION;
	if (value < min || value > max)
		return ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE;
	*result = value;
	return 0;
}

static bool
plain_integer(const DcfField *field, int64 min, int64 max, int64 *result)
{
	return dcf_convert_parse_integer(field, field->data, field->len, min, max,
									 result) == 0;
}

static bool
plain_int2(const DcfConverter *converter, const DcfField *field, Datum *value)
{
	int64 integer;

	if (!plain_integer(field, PG_INT16_MIN, PG_INT16_MAX, &integer))
		return false;
	*value = Int16GetDatum((int16) integer);
	return true;
}

static bool
plain_int4(const DcfConverter *converter, const DcfField *field, Datum *value)
{
	int64 integer;

	if (!plain_integer(field, PG_INT32_MIN, PG_INT32_MAX, &integer))
		return false;
	*value = Int32GetDatum((int32) integer);
	return true;
}

static bool
plain_int8(const DcfConverter *converter, const DcfField *field, Datum *value)
{
	int64 integer;

	if (!plain_integer(field, PG_INT64_MIN, PG_INT64_MAX, &integer))
		return false;
	*value = Int64GetDatum(integer);
	return true;
}

/*
 * A whole number below 2^53 divided by a power of ten that is exact, too, is
 * rounded just once, as strtod() does it.
 */
static bool
plain_float8(const DcfConverter *converter, const DcfField *field,
			 Datum *value)
{
	static const double powers[] = {1e0,  1e1,	1e2,  1e3,	1e4,  1e5,	1e6,
									1e7,  1e8,	1e9,  1e10, 1e11, 1e12, 1e13,
									1e14, 1e15, 1e16, 1e17, 1e18};
	int64 digits;
	int scale;

	/* Zero may be negative, which an integer does not tell. */
	if (!dcf_convert_may_be_number(field) ||
		!dcf_text_parse_decimal(field->data, field->len, &digits, &scale) ||
		digits == 0 || digits >= (INT64CONST(1) << 53) ||
		digits <= -(INT64CONST(1) << 53))
		return false;
	*value = Float8GetDatum((double) digits / powers[scale]);
	return true;
}

/*
 * Bring value / 10^scale to the scale of a numeric type, where that takes no
 * rounding and the type's precision allows the value.
 */
static bool
fit_numeric(int32 typmod, int64 *value, int *scale)
{
	int precision;
	int wanted;
	uint64 limit = 1;
	uint64 magnitude;

	if (typmod < (int32) VARHDRSZ)
		return true;

	/* As numeric.c packs them. */
	precision = ((typmod - VARHDRSZ) >> 16) & 0xffff;
	wanted = (((typmod - VARHDRSZ) & 0x7ff) ^ 1024) - 1024;
	if (wanted < *scale || wanted > DCF_DECIMAL_DIGITS)
		return false;
	for (; *scale < wanted; (*scale)++)
		if (pg_mul_s64_overflow(*value, 10, value))
			return false;
	if (precision > DCF_DECIMAL_DIGITS)
		return true;
	while (precision-- > 0)
		limit *= 10;
	magnitude = *value < 0 ? -(uint64) *value : (uint64) *value;
	return magnitude < limit;
}

bool
dcf_convert_decimal(const DcfConverter *converter, const DcfField *field,
					const char *bytes, size_t len, int64 *digits, int *scale)
{
	return dcf_convert_may_be_number(field) &&
		dcf_text_parse_decimal(bytes, len, digits, scale) &&
		fit_numeric(converter->base_typmod, digits, scale);
}

static bool
plain_bool(const DcfConverter *converter, const DcfField *field, Datum *value)
{
	*value = BoolGetDatum(field->kind == DCF_FIELD_TRUE);
	return field->kind == DCF_FIELD_TRUE || field->kind == DCF_FIELD_FALSE;
}

/*
 * What stands in a reply as it does in a tuple needs no copy: the byte before it
 * makes room for the header of a short varlena.
 */
static bool
stay(const DcfConverter *converter, const DcfField *field, const char *bytes,
	 size_t len, Datum *value)
{
	char *text = (char *) (uintptr_t) bytes - VARHDRSZ_SHORT;

	if (!converter->in_place || converter->transcode ||
		field->kind != DCF_FIELD_STRING ||
		len + VARHDRSZ_SHORT > VARATT_SHORT_MAX)
		return false;
	SET_VARSIZE_SHORT(text, len + VARHDRSZ_SHORT);
	*value = PointerGetDatum(text);
	return true;
}

/* text, and varchar and bpchar without a length. */
static bool
plain_text(const DcfConverter *converter, const DcfField *field, Datum *value)
{
	return stay(converter, field, field->data, field->len, value);
}

/* No more bytes than characters are allowed are no more characters. */
static bool
plain_varchar(const DcfConverter *converter, const DcfField *field,
			  Datum *value)
{
	return field->len <= (size_t) (converter->base_typmod - VARHDRSZ) &&
		plain_text(converter, field, value);
}

/* A string with its quotes, before which there is a colon. */
static bool
plain_json(const DcfConverter *converter, const DcfField *field, Datum *value)
{
	return stay(converter, field, field->data - 1, field->len + 2, value);
}
