/*
 * convert_value.c
 *	  Choosing the converter function of a type, and the functions of all scalar
 *	  types but dates, times and intervals.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "common/int.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/json.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/numeric.h"
#include "utils/uuid.h"

#include "base/compat.h"
#include "convert_private.h"
#include "core/text.h"

static Datum convert_int2(DcfConverter *converter, const DcfField *field,
						  const char *bytes, size_t len);
static Datum convert_int4(DcfConverter *converter, const DcfField *field,
						  const char *bytes, size_t len);
static Datum convert_int8(DcfConverter *converter, const DcfField *field,
						  const char *bytes, size_t len);
static Datum convert_number(DcfConverter *converter, const DcfField *field,
							const char *bytes, size_t len);
static Datum convert_numeric(DcfConverter *converter, const DcfField *field,
							 const char *bytes, size_t len);
static Datum convert_money(DcfConverter *converter, const DcfField *field,
						   const char *bytes, size_t len);
static Datum convert_bool(DcfConverter *converter, const DcfField *field,
						  const char *bytes, size_t len);
static Datum convert_text(DcfConverter *converter, const DcfField *field,
						  const char *bytes, size_t len);
static Datum convert_varchar(DcfConverter *converter, const DcfField *field,
							 const char *bytes, size_t len);
static Datum convert_uuid(DcfConverter *converter, const DcfField *field,
						  const char *bytes, size_t len);
static Datum convert_bytea(DcfConverter *converter, const DcfField *field,
						   const char *bytes, size_t len);
static Datum convert_json(DcfConverter *converter, const DcfField *field,
						  const char *bytes, size_t len);
static Datum convert_name(DcfConverter *converter, const DcfField *field,
						  const char *bytes, size_t len);
static Datum convert_char(DcfConverter *converter, const DcfField *field,
						  const char *bytes, size_t len);
static DcfConvertFn choose_reader(DcfConverter *converter);
static bool input_uses_search_path(Oid base_type);
static DcfConvertFn choose_scalar(Oid base_type, int32 base_typmod);

void
dcf_convert_choose(DcfConverter *converter)
{
	char category;
	bool preferred;

	get_type_category_preferred(converter->base_type, &category, &preferred);
	converter->is_text = category == TYPCATEGORY_STRING;
	converter->uses_search_path = input_uses_search_path(converter->base_type);

	/*
	 * The readers come first.  A part of a literal calls its converter
	 * function only if it is a reader, see dcf_convert_part().
	 */
	converter->convert = choose_reader(converter);
	converter->reads_literal = converter->convert != NULL;
	if (converter->convert == NULL)
		converter->convert =
			choose_scalar(converter->base_type, converter->base_typmod);
}

/* The function that reads the type's literals in place of its input function. */
static DcfConvertFn
choose_reader(DcfConverter *converter)
{
	DcfConvertFn reader = dcf_convert_choose_time(converter->base_type);

	if (reader == NULL && converter->base_type == INTERVALOID)
		reader = dcf_convert_interval;
	if (reader == NULL && converter->base_type == CASHOID)
		reader = convert_money;
	if (reader == NULL)
		/*
		 * These also set part_types, so the first that knows the type ends the
		 * search.
		 */
		reader = dcf_convert_prepare_array(converter);
	if (reader == NULL)
		reader = dcf_convert_prepare_range(converter);
	if (reader == NULL)
		reader = dcf_convert_prepare_row(converter);
	return reader;
}

/* Whether the type's input function looks up names in search_path. */
static bool
input_uses_search_path(Oid base_type)
{
	switch (base_type)
	{
		case REGPROCOID:
		case REGPROCEDUREOID:
		case REGOPEROID:
		case REGOPERATOROID:
		case REGCLASSOID:
		case REGCOLLATIONOID:
		case REGTYPEOID:
		case REGCONFIGOID:
		case REGDICTIONARYOID:
			return true;
		default:
			return false;
	}
}

/*
 * The function for values of scalar types; types that are not listed take any
 * text that their input function accepts.
 */
static DcfConvertFn
choose_scalar(Oid base_type, int32 base_typmod)
{
	switch (base_type)
	{
		case INT2OID:
			return convert_int2;
		case INT4OID:
			return convert_int4;
		case INT8OID:
			return convert_int8;
		case NUMERICOID:
			return convert_numeric;
		case FLOAT4OID:
		case FLOAT8OID:
			return convert_number;
		case BOOLOID:
			return convert_bool;
		case TEXTOID:
			return convert_text;
		case VARCHAROID:
			return base_typmod < 0 ? convert_text : convert_varchar;
		case BPCHAROID:
			return base_typmod < 0 ? convert_text : dcf_convert_by_input;
		case BYTEAOID:
			return convert_bytea;
		case UUIDOID:
			return convert_uuid;
		case JSONOID:
		case JSONBOID:
			return convert_json;
		case NAMEOID:
			return convert_name;
		case CHAROID:
			return convert_char;
		default:
			return dcf_convert_by_input;
	}
}

/* A whole number between min and max, or refuse the value. */
static int64
parse_integer(DcfConverter *converter, const DcfField *field,
			  const char *bytes, size_t len, int64 min, int64 max)
{
	int64 result;
	int sqlstate =
		dcf_convert_parse_integer(field, bytes, len, min, max, &result);

	if (sqlstate != 0)
		dcf_convert_refuse(converter, sqlstate);
	return result;
}

static Datum
convert_int2(DcfConverter *converter, const DcfField *field, const char *bytes,
			 size_t len)
{
	return Int16GetDatum((int16) parse_integer(converter, field, bytes, len,
											   PG_INT16_MIN, PG_INT16_MAX));
}

static Datum
convert_int4(DcfConverter *converter, const DcfField *field, const char *bytes,
			 size_t len)
{
	return Int32GetDatum((int32) parse_integer(converter, field, bytes, len,
											   PG_INT32_MIN, PG_INT32_MAX));
}

static Datum
convert_int8(DcfConverter *converter, const DcfField *field, const char *bytes,
			 size_t len)
{
	return Int64GetDatum(parse_integer(converter, field, bytes, len,
									   PG_INT64_MIN, PG_INT64_MAX));
}

/* A number as C string, in a form that every input function accepts. */
static char *
number_text(DcfConverter *converter, const DcfField *field, const char *bytes,
			size_t len)
{
	bool integral;

	if (!dcf_convert_may_be_number(field) ||
		!dcf_text_is_number(bytes, len, &integral))
		dcf_convert_refuse(converter, ERRCODE_INVALID_TEXT_REPRESENTATION);
	return dcf_convert_cstring(converter, bytes, len);
}

/*
 * A number by its type's input function; numeric and the float types also accept
 * NaN and infinity.
 */
static Datum
convert_number(DcfConverter *converter, const DcfField *field,
			   const char *bytes, size_t len)
{
	if (dcf_convert_is_string(field) && dcf_text_is_float_name(bytes, len))
		return dcf_convert_input(converter,
								 dcf_convert_cstring(converter, bytes, len));
	return dcf_convert_input(converter,
							 number_text(converter, field, bytes, len));
}

/* Longer numbers, and those to be rounded, go to the input function. */
static Datum
convert_numeric(DcfConverter *converter, const DcfField *field,
				const char *bytes, size_t len)
{
	int64 digits;
	int scale;

	if (dcf_convert_decimal(converter, field, bytes, len, &digits, &scale))
		return NumericGetDatum(int64_div_fast_to_numeric(digits, scale));
	return convert_number(converter, field, bytes, len);
}

/*
 * money through numeric: cash_in() depends on lc_monetary, and reads "1.50" as
 * 150 where the point separates thousands.
 */
static Datum
read_money(DcfConverter *converter, void *text)
{
	Datum number =
		DirectFunctionCall3(numeric_in, CStringGetDatum((char *) text),
							ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1));

	return DirectFunctionCall1(numeric_cash, number);
}

static Datum
convert_money(DcfConverter *converter, const DcfField *field,
			  const char *bytes, size_t len)
{
	return dcf_convert_guarded(converter, read_money,
							   number_text(converter, field, bytes, len));
}

/* JSON's true and false, 0, 1, and the strings that boolin() accepts. */
static Datum
convert_bool(DcfConverter *converter, const DcfField *field, const char *bytes,
			 size_t len)
{
	bool result;

	if (field->kind == DCF_FIELD_TRUE || field->kind == DCF_FIELD_FALSE)
		return BoolGetDatum(field->kind == DCF_FIELD_TRUE);
	if (!parse_bool_with_len(bytes, len, &result))
		dcf_convert_refuse(converter, ERRCODE_INVALID_TEXT_REPRESENTATION);
	return BoolGetDatum(result);
}

/* text, and varchar and bpchar without a length limit. */
static Datum
convert_text(DcfConverter *converter, const DcfField *field, const char *bytes,
			 size_t len)
{
	if (converter->transcode)
		return CStringGetTextDatum(dcf_convert_cstring(converter, bytes, len));
	if (len >= MaxAllocSize - VARHDRSZ)
		dcf_convert_refuse(converter, ERRCODE_STRING_DATA_RIGHT_TRUNCATION);
	return PointerGetDatum(cstring_to_text_with_len(bytes, (int) len));
}

/* A text has at most as many characters as bytes, so a short one fits. */
static Datum
convert_varchar(DcfConverter *converter, const DcfField *field,
				const char *bytes, size_t len)
{
	if (len <= (size_t) (converter->base_typmod - VARHDRSZ))
		return convert_text(converter, field, bytes, len);
	/*
	 * varcharin() counts characters; it cuts excess blanks and refuses any
	 * other excess.
	 */
	return dcf_convert_by_input(converter, field, bytes, len);
}

/* The usual form with four hyphens; uuid_in() accepts more. */
static Datum
convert_uuid(DcfConverter *converter, const DcfField *field, const char *bytes,
			 size_t len)
{
	pg_uuid_t *result = palloc(sizeof(pg_uuid_t));

	if (dcf_convert_is_string(field) &&
		dcf_text_parse_uuid(bytes, len, result->data))
		return UUIDPGetDatum(result);
	return dcf_convert_by_input(converter, field, bytes, len);
}

/* Decode base64 that must have exactly result_len bytes. */
static bool
decode_base64(const char *bytes, size_t len, uint8 *result, size_t result_len)
{
	return dcf_compat_b64_decode(bytes, (int) len, result, (int) result_len) ==
		(int) result_len;
}

/*
 * Base64 without anything else, with padding or without.  PostgreSQL's decoder
 * requires padding, and skips white space and whatever follows the padding.
 */
static Datum
convert_bytea(DcfConverter *converter, const DcfField *field,
			  const char *bytes, size_t len)
{
	static const size_t bytes_of_rest[] = {0, 0, 1, 2};
	char last[4] = {'=', '=', '=', '='};
	size_t padding = 0;
	size_t whole; /* characters before an incomplete last group */
	size_t whole_bytes;
	size_t rest;
	bytea *result;

	/* Padding is optional, but it must complete a group of four. */
	while (len % 4 == 0 && padding < 2 && padding < len &&
		   bytes[len - padding - 1] == '=')
		padding++;
	len -= padding;
	rest = len % 4;

	/* One character of a group has only six bits, less than a byte. */
	if (!dcf_convert_is_string(field) || rest == 1 || len >= MaxAllocSize)
		dcf_convert_refuse(converter, ERRCODE_INVALID_TEXT_REPRESENTATION);
	for (size_t i = 0; i < len; i++)
		/* strchr() also finds a NUL, which is refused as well. */
		if (strchr("= \t\r\n", bytes[i]) != NULL)
			dcf_convert_refuse(converter, ERRCODE_INVALID_TEXT_REPRESENTATION);

	whole = len - rest;
	whole_bytes = whole / 4 * 3;
	/*
	 * The last group is decoded apart, completed with the padding that it
	 * lacks.
	 */
	memcpy(last, bytes + whole, rest);
	result = palloc(VARHDRSZ + whole_bytes + bytes_of_rest[rest]);
	SET_VARSIZE(result, VARHDRSZ + whole_bytes + bytes_of_rest[rest]);
	if (!decode_base64(bytes, whole, (uint8 *) VARDATA(result), whole_bytes) ||
		(rest > 0 &&
		 !decode_base64(last, sizeof(last),
						(uint8 *) VARDATA(result) + whole_bytes,
						bytes_of_rest[rest])))
		dcf_convert_refuse(converter, ERRCODE_INVALID_TEXT_REPRESENTATION);
	return PointerGetDatum(result);
}

/* The type json stores the text, which the reader has already validated. */
static Datum
json_as_is(DcfConverter *converter, const DcfField *field, const char *bytes,
		   size_t len)
{
	if (field->kind == DCF_FIELD_STRING)
	{
		bytes = field->data - 1; /* with its quotes */
		len = field->len + 2;
	}
	return convert_text(converter, field, bytes, len);
}

/*
 * json and jsonb take the JSON value itself, a string with its quotes.  A text
 * of CSV or XML becomes a JSON string, whatever it looks like.
 */
static Datum
convert_json(DcfConverter *converter, const DcfField *field, const char *bytes,
			 size_t len)
{
	char *quoted;

	if (field->kind == DCF_FIELD_TEXT)
	{
		StringInfoData buf;

		initStringInfo(&buf);
		escape_json(&buf, dcf_convert_cstring(converter, bytes, len));
		return dcf_convert_input(converter, buf.data);
	}
	if (converter->base_type == JSONOID && !converter->transcode)
		return json_as_is(converter, field, bytes, len);
	if (field->kind != DCF_FIELD_STRING)
		return dcf_convert_by_input(converter, field, bytes, len);

	/* This overwrites the decoded string in the scratch buffer. */
	converter->shown = field->data;
	converter->shown_len = field->len;

	/* The escapes of the reply are kept: they are JSON already. */
	quoted = dcf_convert_scratch(converter, field->len + 3);
	quoted[0] = '"';
	memcpy(quoted + 1, field->data, field->len);
	quoted[field->len + 1] = '"';
	return dcf_convert_by_input(converter, field, quoted, field->len + 2);
}

/* namein() would truncate a longer text. */
static Datum
convert_name(DcfConverter *converter, const DcfField *field, const char *bytes,
			 size_t len)
{
	char *text = dcf_convert_cstring(converter, bytes, len);

	if (strlen(text) >= NAMEDATALEN)
		dcf_convert_refuse(converter, ERRCODE_STRING_DATA_RIGHT_TRUNCATION);
	return dcf_convert_input(converter, text);
}

/* charin() would truncate a longer text. */
static Datum
convert_char(DcfConverter *converter, const DcfField *field, const char *bytes,
			 size_t len)
{
	if (len > 1)
		dcf_convert_refuse(converter, ERRCODE_STRING_DATA_RIGHT_TRUNCATION);
	return dcf_convert_input(converter,
							 dcf_convert_cstring(converter, bytes, len));
}
