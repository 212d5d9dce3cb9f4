/*
 * convert_pure.c
 *	  The fast path: conversions without memory and errors, which suffice for
 *	  most values.
 *
 * A thread may run them (see dcf_convert_pure()), so they use nothing of
 * PostgreSQL but macros and inline arithmetic.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "common/int.h"
#include "utils/uuid.h"

#include "base/numeric_typmod.h"
#include "convert_private.h"
#include "core/text.h"

static bool pure_int2(const DcfConverter *converter, const DcfField *field,
					  DcfConvertRoom *room, Datum *value);
static bool pure_int4(const DcfConverter *converter, const DcfField *field,
					  DcfConvertRoom *room, Datum *value);
static bool pure_int8(const DcfConverter *converter, const DcfField *field,
					  DcfConvertRoom *room, Datum *value);
static bool pure_float8(const DcfConverter *converter, const DcfField *field,
						DcfConvertRoom *room, Datum *value);
static bool pure_bool(const DcfConverter *converter, const DcfField *field,
					  DcfConvertRoom *room, Datum *value);
static bool pure_text(const DcfConverter *converter, const DcfField *field,
					  DcfConvertRoom *room, Datum *value);
static bool pure_varchar(const DcfConverter *converter, const DcfField *field,
						 DcfConvertRoom *room, Datum *value);
static bool pure_numeric(const DcfConverter *converter, const DcfField *field,
						 DcfConvertRoom *room, Datum *value);
static bool pure_uuid(const DcfConverter *converter, const DcfField *field,
					  DcfConvertRoom *room, Datum *value);
static bool pure_json(const DcfConverter *converter, const DcfField *field,
					  DcfConvertRoom *room, Datum *value);

/* numeric.c's short format, with an uncompressed header. */
typedef struct ShortNumeric
{
	int32 vl_len_;
	uint16 header;
	int16 groups[5];
} ShortNumeric;

StaticAssertDecl(sizeof(ShortNumeric) <= sizeof(DcfConvertRoom),
				 "a short numeric must find room");
StaticAssertDecl(UUID_LEN <= sizeof(DcfConvertRoom), "a uuid must find room");

DcfConvertPureFn
dcf_convert_choose_pure(Oid base_type, int32 base_typmod)
{
	switch (base_type)
	{
		case INT2OID:
			return pure_int2;
		case INT4OID:
			return pure_int4;
		case INT8OID:
			/* Passed by reference, the Datum would need memory. */
			return FLOAT8PASSBYVAL ? pure_int8 : NULL;
		case FLOAT8OID:
			return FLOAT8PASSBYVAL ? pure_float8 : NULL;
		case NUMERICOID:
			return pure_numeric;
		case UUIDOID:
			return pure_uuid;
		case BOOLOID:
			return pure_bool;
		case TEXTOID:
			return pure_text;
		case VARCHAROID:
			return base_typmod < 0 ? pure_text : pure_varchar;
		/* With a length limit, bpchar must be padded with blanks. */
		case BPCHAROID:
			return base_typmod < 0 ? pure_text : NULL;
		case JSONOID:
			return pure_json;
		default:
			return dcf_convert_choose_pure_time(base_type, base_typmod);
	}
}

void
dcf_convert_allow_in_place(DcfConverter *converter)
{
	converter->in_place = !converter->transcode &&
		(converter->pure == pure_text || converter->pure == pure_varchar ||
		 converter->pure == pure_json);
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
	/* Most numbers are plain decimals, which take one pass. */
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

/* A failure only means that the slow path parses again and raises the error. */
static bool
pure_integer(const DcfField *field, int64 min, int64 max, int64 *result)
{
	return dcf_convert_parse_integer(field, field->data, field->len, min, max,
									 result) == 0;
}

static bool
pure_int2(const DcfConverter *converter, const DcfField *field,
		  DcfConvertRoom *room, Datum *value)
{
	int64 integer;

	if (!pure_integer(field, PG_INT16_MIN, PG_INT16_MAX, &integer))
		return false;
	*value = Int16GetDatum((int16) integer);
	return true;
}

static bool
pure_int4(const DcfConverter *converter, const DcfField *field,
		  DcfConvertRoom *room, Datum *value)
{
	int64 integer;

	if (!pure_integer(field, PG_INT32_MIN, PG_INT32_MAX, &integer))
		return false;
	*value = Int32GetDatum((int32) integer);
	return true;
}

static bool
pure_int8(const DcfConverter *converter, const DcfField *field,
		  DcfConvertRoom *room, Datum *value)
{
	int64 integer;

	if (!pure_integer(field, PG_INT64_MIN, PG_INT64_MAX, &integer))
		return false;
	*value = Int64GetDatum(integer);
	return true;
}

/*
 * A whole number below 2^53 and a power of ten up to 10^18 are exact as doubles,
 * so their quotient is rounded once, like the result of strtod().
 */
static bool
pure_float8(const DcfConverter *converter, const DcfField *field,
			DcfConvertRoom *room, Datum *value)
{
	static const double powers[] = {1e0,  1e1,	1e2,  1e3,	1e4,  1e5,	1e6,
									1e7,  1e8,	1e9,  1e10, 1e11, 1e12, 1e13,
									1e14, 1e15, 1e16, 1e17, 1e18};
	int64 digits;
	int scale;

	/* Zero is left out: as an integer, it has lost its sign. */
	if (!dcf_convert_may_be_number(field) ||
		!dcf_text_parse_decimal(field->data, field->len, &digits, &scale) ||
		digits == 0 || digits >= (INT64CONST(1) << 53) ||
		digits <= -(INT64CONST(1) << 53))
		return false;
	*value = Float8GetDatum((double) digits / powers[scale]);
	return true;
}

/*
 * Change value / 10^scale to the scale of a numeric type.  False if that would
 * round it, or if it exceeds the type's precision.
 */
static bool
fit_numeric(int32 typmod, int64 *value, int *scale)
{
	int precision;
	int wanted;
	uint64 limit = 1;
	uint64 magnitude;

	if (!dcf_numeric_typmod_unpack(typmod, &precision, &wanted))
		return true;
	/* Rounding is left to numeric_in(). */
	if (wanted < *scale || wanted > DCF_DECIMAL_DIGITS)
		return false;
	for (; *scale < wanted; (*scale)++)
		if (pg_mul_s64_overflow(*value, 10, value))
			return false;
	if (precision > DCF_DECIMAL_DIGITS)
		return true;
	/* The precision counts all digits, those after the point included. */
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

/*
 * Make the Datum of digits / 10^scale as numeric_in() does, in the short format of
 * numeric.c, which pg_upgrade keeps: a header with sign, scale and weight, then
 * groups of four decimal digits, without groups of zeros at either end.  False if
 * these are too many.
 */
static bool
make_numeric(int64 digits, int scale, ShortNumeric *numeric)
{
	static const int powers[] = {1, 10, 100, 1000};
	uint64 rest = digits < 0 ? -(uint64) digits : (uint64) digits;
	int after = scale % 4; /* digits in an incomplete last group */
	int16 groups[DCF_DECIMAL_DIGITS / 4 + 2]; /* the last one first */
	int n = 0;
	int zeros = 0;
	int weight;

	if (after > 0)
	{
		groups[n++] = (int16) (rest % powers[after] * powers[4 - after]);
		rest /= powers[after];
	}
	for (; rest > 0; rest /= 10000)
		groups[n++] = (int16) (rest % 10000);
	while (zeros < n && groups[zeros] == 0)
		zeros++;
	if (n - zeros > (int) lengthof(numeric->groups))
		return false;
	/* The power of 10,000 that the first group counts. */
	weight = zeros < n ? n - 1 - (scale + 3) / 4 : 0;
	numeric->header = (uint16) (0x8000 | (digits < 0 ? 0x2000 : 0) |
								scale << 7 | (weight & 0x7F));
	for (int i = 0; i < n - zeros; i++)
		numeric->groups[i] = groups[n - 1 - i];
	SET_VARSIZE(numeric,
				offsetof(ShortNumeric, groups) + sizeof(int16) * (n - zeros));
	return true;
}

static bool
pure_numeric(const DcfConverter *converter, const DcfField *field,
			 DcfConvertRoom *room, Datum *value)
{
	int64 digits;
	int scale;

	*value = PointerGetDatum(room);
	return room != NULL &&
		dcf_convert_decimal(converter, field, field->data, field->len, &digits,
							&scale) &&
		make_numeric(digits, scale, (ShortNumeric *) room);
}

/* The usual form; others take the slow path. */
static bool
pure_uuid(const DcfConverter *converter, const DcfField *field,
		  DcfConvertRoom *room, Datum *value)
{
	*value = PointerGetDatum(room);
	return room != NULL && dcf_convert_is_string(field) &&
		dcf_text_parse_uuid(field->data, field->len, (unsigned char *) room);
}

/* Only JSON's own words, and those of .NET; "yes" takes the slow path. */
static bool
pure_bool(const DcfConverter *converter, const DcfField *field,
		  DcfConvertRoom *room, Datum *value)
{
	if (field->kind == DCF_FIELD_TEXT && field->len == 4 &&
		memcmp(field->data + 1, "rue", 3) == 0)
	{
		*value = BoolGetDatum(true);
		return (field->data[0] | 0x20) == 't';
	}
	if (field->kind == DCF_FIELD_TEXT && field->len == 5 &&
		memcmp(field->data + 1, "alse", 4) == 0)
	{
		*value = BoolGetDatum(false);
		return (field->data[0] | 0x20) == 'f';
	}
	*value = BoolGetDatum(field->kind == DCF_FIELD_TRUE);
	return field->kind == DCF_FIELD_TRUE || field->kind == DCF_FIELD_FALSE;
}

/*
 * Make a short varlena in place, without a copy: its one-byte header overwrites
 * the byte before the text.  False if that is not allowed or not possible.
 */
static bool
make_in_place(const DcfConverter *converter, const char *bytes, size_t len,
			  Datum *value)
{
	char *text = (char *) (uintptr_t) bytes - VARHDRSZ_SHORT;

	if (!converter->in_place || len + VARHDRSZ_SHORT > VARATT_SHORT_MAX)
		return false;
	/* PostgreSQL reads short varlenas at any address, without alignment. */
	SET_VARSIZE_SHORT(text, len + VARHDRSZ_SHORT);
	*value = PointerGetDatum(text);
	return true;
}

/* text, and varchar and bpchar without a length limit. */
static bool
pure_text(const DcfConverter *converter, const DcfField *field,
		  DcfConvertRoom *room, Datum *value)
{
	return dcf_convert_is_string(field) &&
		make_in_place(converter, field->data, field->len, value);
}

/* A text has at most as many characters as bytes, so it fits for sure. */
static bool
pure_varchar(const DcfConverter *converter, const DcfField *field,
			 DcfConvertRoom *room, Datum *value)
{
	return field->len <= (size_t) (converter->base_typmod - VARHDRSZ) &&
		pure_text(converter, field, room, value);
}

/* json keeps a string's quotes; before them is a colon or white space. */
static bool
pure_json(const DcfConverter *converter, const DcfField *field,
		  DcfConvertRoom *room, Datum *value)
{
	return field->kind == DCF_FIELD_STRING &&
		make_in_place(converter, field->data - 1, field->len + 2, value);
}
