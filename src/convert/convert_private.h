/*
 * convert_private.h
 *	  What the files of the converter share: convert.c (making a converter),
 *	  convert_field.c (a field's way through it, NULLs), convert_value.c,
 *	  convert_time.c and convert_interval.c (one function for each kind of
 *	  type), convert_array.c, convert_range.c and convert_row.c (types that have
 *	  parts), convert_part.c (a part), convert_pure.c (what takes no memory),
 *	  convert_buffer.c (C strings), convert_guard.c (calling functions of types,
 *	  errors), convert_to_param.c (the way back).
 */
#ifndef DCF_CONVERT_PRIVATE_H
#define DCF_CONVERT_PRIVATE_H

#include "postgres.h"
#include "access/tupdesc.h"
#include "fmgr.h"
#include "utils/typcache.h"

#include "base/compat.h"
#include "convert/convert.h"

/*
 * Make a Datum of the converter's base type, in the current memory context,
 * of a value that is not NULL.  bytes are UTF-8 and not NUL-terminated: a
 * string or text with its escapes decoded, else the JSON text; they may lie in the
 * scratch buffer.  field is what they came from.  Refuses with
 * dcf_convert_refuse() what does not fit.
 */
typedef Datum (*DcfConvertFn)(DcfConverter *converter, const DcfField *field,
							  const char *bytes, size_t len);

/*
 * Make a Datum without memory and without errors of a value that is not NULL and
 * has no escapes; false where that cannot be.
 */
typedef bool (*DcfConvertPureFn)(const DcfConverter *converter,
								 const DcfField *field, Datum *value);

typedef struct DcfNullText
{
	const char *text; /* UTF-8 */
	size_t len;
} DcfNullText;

typedef struct DcfPartType
{
	Oid type;
	int32 typmod;
} DcfPartType;

struct DcfConverter
{
	DcfConvertPureFn plain; /* tried first; or NULL */
	bool is_numeric;		/* and no domain */
	DcfConvertFn convert;
	MemoryContext context; /* where this lives */

	const char *relation;
	const char *column;

	Oid type; /* the column's own */
	int32 typmod;
	Oid base_type; /* below all domains */
	int32 base_typmod;
	void *domain_cache; /* domain_check()'s */

	FmgrInfo input; /* the base type's input function */
	Oid ioparam;
	bool by_name;  /* it looks names up by search_path */
	bool own_text; /* convert reads any text: input heeds settings */

	/*
	 * Of the element, of the bounds, or of each attribute: InvalidOid and NULL
	 * for one that was dropped.
	 */
	DcfPartType *part_types;
	DcfConverter **parts;
	int nparts;
	char delimiter;		   /* an array's, between its elements */
	TypeCacheEntry *range; /* a range's, or a multirange's ranges' */
	TupleDesc row;		   /* a row's */

	List *null_strings; /* as they were given */
	bool is_text;		/* null_texts say what is NULL */
	DcfNullText *null_texts;
	int n_null_texts;

	bool in_place;	/* a text may stay in its field */
	bool transcode; /* the database is not in UTF-8 */
	pg_tz *timezone;

	char *scratch;
	size_t scratch_size;

	/* What is being converted, for messages; record 0 is the default. */
	uint64 record;
	const char *shown;
	size_t shown_len;
};

/* Whether the value came as text, which any type may be written as. */
static inline bool
dcf_convert_is_string(const DcfField *field)
{
	return field->kind == DCF_FIELD_STRING || field->kind == DCF_FIELD_TEXT;
}

/* convert_buffer.c */

/* Room for size bytes until the next call; what was there is lost. */
extern char *dcf_convert_scratch(DcfConverter *converter, size_t size);

/*
 * The bytes as a NUL-terminated string in the database encoding, valid until
 * the scratch buffer is used again.  bytes may be the scratch buffer itself.
 */
extern char *dcf_convert_cstring(DcfConverter *converter, const char *bytes,
								 size_t len);

/* After each value: give back a scratch buffer that has become large. */
extern void dcf_convert_trim_scratch(DcfConverter *converter);

/* Any type, by its input function. */
extern Datum dcf_convert_other(DcfConverter *converter, const DcfField *field,
							   const char *bytes, size_t len);

/* convert_part.c */

/*
 * Convert a part of a literal (UTF-8; NULL for one that is missing): as the
 * type's input function does, but for types that have a reader of their own,
 * which gives what a column of that type would read.
 */
extern Datum dcf_convert_part(DcfConverter *part, uint64 record,
							  const char *bytes, size_t len);

/* convert_guard.c */

/* Makes a Datum by functions that raise errors of their own. */
typedef Datum (*DcfConvertRead)(DcfConverter *converter, void *arg);

/*
 * Call it, under the same settings whatever the session's are: DateStyle is ISO,
 * YMD, IntervalStyle postgres, TimeZone the converter's, array_nulls on,
 * xmloption content, and where by_name is set search_path pg_catalog, pg_temp.
 * Messages below ERROR are not heard, and an error becomes a refusal: either may
 * quote the value.  Only what is not about the value passes, as a cancel does.
 */
extern Datum dcf_convert_guarded(DcfConverter *converter, DcfConvertRead read,
								 void *arg);

/* The same by the base type's input function. */
extern Datum dcf_convert_input(DcfConverter *converter, char *text);

/* The bytes in the database encoding, as pg_any_to_server(). */
extern char *dcf_convert_transcode(DcfConverter *converter, const char *bytes,
								   size_t len);

/* Raise unless the column's domain allows the value. */
extern void dcf_convert_check_domain(DcfConverter *converter, Datum value,
									 bool isnull);

/* Raise the error that the current value does not fit, with that SQLSTATE. */
pg_noreturn extern void dcf_convert_refuse(DcfConverter *converter,
										   int sqlstate);

/* convert_value.c */

/* Sets what depends on the base type: convert, is_text, own_text, part_types. */
extern void dcf_convert_choose(DcfConverter *converter);

/* convert_pure.c */

/* The function for a base type, or NULL where there is none. */
extern DcfConvertPureFn dcf_convert_choose_pure(Oid base_type,
												int32 base_typmod);

/* Whether a number may be read of the field. */
static inline bool
dcf_convert_may_be_number(const DcfField *field)
{
	return field->kind == DCF_FIELD_NUMBER || dcf_convert_is_string(field);
}

/*
 * Read a whole number within [min, max], however it is written (14.0, 1e3); no
 * spaces.  Returns 0, or the SQLSTATE to refuse it with.
 */
extern int dcf_convert_parse_integer(const DcfField *field, const char *bytes,
									 size_t len, int64 min, int64 max,
									 int64 *result);

/*
 * Whether the field is a number of at most 18 digits that the numeric type takes
 * without rounding: digits / 10^scale, with as many digits behind the point as
 * numeric_in() would give it.
 */
extern bool dcf_convert_decimal(const DcfConverter *converter,
								const DcfField *field, const char *bytes,
								size_t len, int64 *digits, int *scale);

/* convert_time.c */

/* The functions for a type of date or time, or NULL where there is none. */
extern DcfConvertFn dcf_convert_choose_time(Oid base_type);
extern DcfConvertPureFn dcf_convert_choose_pure_time(Oid base_type,
													 int32 base_typmod);

/* convert_interval.c */
extern Datum dcf_convert_interval(DcfConverter *converter,
								  const DcfField *field, const char *bytes,
								  size_t len);

/*
 * convert_array.c, convert_range.c, convert_row.c: set the types of the parts,
 * and return the function that converts the whole; NULL for a base type of
 * another kind.
 */
extern DcfConvertFn dcf_convert_prepare_array(DcfConverter *converter);
extern DcfConvertFn dcf_convert_prepare_range(DcfConverter *converter);
extern DcfConvertFn dcf_convert_prepare_row(DcfConverter *converter);

#endif /* DCF_CONVERT_PRIVATE_H */
