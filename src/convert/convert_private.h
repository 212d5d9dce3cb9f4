/*
 * convert_private.h
 *	  What the files of the converter share.
 *
 * convert.c creates a converter; convert_field.c runs it.  It tries the fast path
 * (convert_pure.c), handles NULLs, and calls the converter function of the type:
 * convert_value.c, convert_time.c and convert_interval.c for scalar types,
 * convert_array.c, convert_range.c and convert_row.c for types that have parts
 * (convert_part.c).  convert_guard.c calls PostgreSQL's input functions and
 * raises the errors; convert_buffer.c makes C strings.  convert_to_param.c is
 * the other direction.
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
 * A converter function: converts a value that is not NULL to a Datum of the base
 * type, in the current memory context.  bytes are UTF-8, not NUL-terminated: a
 * string with its escapes decoded, or the JSON text of any other value.  They may
 * be in the scratch buffer.  field is the field that they came from.  A value
 * that does not fit is refused with dcf_convert_refuse().
 */
typedef Datum (*DcfConvertFn)(DcfConverter *converter, const DcfField *field,
							  const char *bytes, size_t len);

/*
 * The fast path for a value that is not NULL and has no escapes: converts it
 * without errors and without memory but room, or returns false.  room is NULL if
 * there is none.
 */
typedef bool (*DcfConvertPureFn)(const DcfConverter *converter,
								 const DcfField *field, DcfConvertRoom *room,
								 Datum *value);

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
	DcfConvertPureFn pure; /* tried first; NULL if the type has none */
	DcfConvertRoom *room;  /* of a column; a part has none, because an array
							* keeps many values of one part */
	DcfConvertFn convert;
	MemoryContext context; /* of the converter itself */

	const char *relation;
	const char *column;

	Oid type; /* of the column, perhaps a domain */
	int32 typmod;
	Oid base_type; /* below all domains */
	int32 base_typmod;
	void *domain_cache; /* of domain_check() */

	FmgrInfo input; /* the base type's input function */
	Oid ioparam;
	bool uses_search_path; /* the input function looks names up */
	bool reads_literal;	   /* convert reads the type's literals, not input */

	/*
	 * The parts: an array's element, a range's bound, or each attribute of a
	 * row; InvalidOid and NULL for a dropped attribute.
	 */
	DcfPartType *part_types;
	DcfConverter **parts;
	int nparts;
	char delimiter;		   /* between the elements of an array literal */
	TypeCacheEntry *range; /* the range type, also of a multirange */
	TupleDesc row;		   /* the composite type */

	List *null_strings; /* as given, in the database encoding */
	bool is_text;		/* a string type: null_texts are its NULLs */
	DcfNullText *null_texts;
	int n_null_texts;

	bool in_place;	/* see dcf_convert_allow_in_place() */
	bool transcode; /* the database encoding is not UTF-8 */
	pg_tz *timezone;

	char *scratch;
	size_t scratch_size;

	/* The current value, for messages; record 0 stands for the default. */
	uint64 record;
	const char *shown;
	size_t shown_len;
};

/* Whether the value is a string, which may be a literal of any type. */
static inline bool
dcf_convert_is_string(const DcfField *field)
{
	return field->kind == DCF_FIELD_STRING || field->kind == DCF_FIELD_TEXT;
}

/* convert_buffer.c */

/* The scratch buffer, with at least size bytes; its contents are undefined. */
extern char *dcf_convert_scratch(DcfConverter *converter, size_t size);

/*
 * Convert bytes to a C string in the database encoding, valid until the scratch
 * buffer is used again.  bytes may be in the scratch buffer.
 */
extern char *dcf_convert_cstring(DcfConverter *converter, const char *bytes,
								 size_t len);

/* Free a scratch buffer that has become large; called after each value. */
extern void dcf_convert_trim_scratch(DcfConverter *converter);

/* The converter function that calls the type's input function. */
extern Datum dcf_convert_by_input(DcfConverter *converter,
								  const DcfField *field, const char *bytes,
								  size_t len);

/* convert_part.c */

/*
 * Convert a part of a literal (UTF-8; NULL for a NULL part): by its type's input
 * function, or, if reads_literal, as a column of its type.
 */
extern Datum dcf_convert_part(DcfConverter *part, uint64 record,
							  const char *bytes, size_t len);

/* convert_guard.c */

/* Makes a Datum, calling functions of PostgreSQL that may raise. */
typedef Datum (*DcfConvertRead)(DcfConverter *converter, void *arg);

/*
 * Call read(converter, arg) under fixed settings: DateStyle "ISO, YMD",
 * IntervalStyle "postgres", TimeZone the converter's, array_nulls on, xmloption
 * "content", and if uses_search_path, search_path "pg_catalog, pg_temp".
 * Messages below ERROR are suppressed and errors are replaced by a refusal,
 * because both may quote the value.  Errors that do not concern the value, such
 * as a cancel, pass unchanged.
 */
extern Datum dcf_convert_guarded(DcfConverter *converter, DcfConvertRead read,
								 void *arg);

/* The same for the base type's input function. */
extern Datum dcf_convert_input(DcfConverter *converter, char *text);

/* pg_any_to_server(), with the current value as error context. */
extern char *dcf_convert_transcode(DcfConverter *converter, const char *bytes,
								   size_t len);

/* Raise unless the column's domain allows the value. */
extern void dcf_convert_check_domain(DcfConverter *converter, Datum value,
									 bool isnull);

/* Raise an error with this SQLSTATE: the current value does not fit. */
pg_noreturn extern void dcf_convert_refuse(DcfConverter *converter,
										   int sqlstate);

/* convert_value.c */

/* Set the fields that depend on the base type, convert and part_types first. */
extern void dcf_convert_choose(DcfConverter *converter);

/* convert_pure.c */

/* The fast path of a base type, or NULL. */
extern DcfConvertPureFn dcf_convert_choose_pure(Oid base_type,
												int32 base_typmod);

/* Whether the field can be a number, by its kind. */
static inline bool
dcf_convert_may_be_number(const DcfField *field)
{
	return field->kind == DCF_FIELD_NUMBER || dcf_convert_is_string(field);
}

/*
 * Parse a whole number between min and max in any notation (14.0, 1e3), without
 * spaces.  Returns 0, or the SQLSTATE to refuse the value with.
 */
extern int dcf_convert_parse_integer(const DcfField *field, const char *bytes,
									 size_t len, int64 min, int64 max,
									 int64 *result);

/*
 * Parse a number of at most 18 digits that the column's numeric type takes
 * without rounding, as digits / 10^scale.  scale is the display scale that
 * numeric_in() would give it.  False for any other field.
 */
extern bool dcf_convert_decimal(const DcfConverter *converter,
								const DcfField *field, const char *bytes,
								size_t len, int64 *digits, int *scale);

/* convert_time.c */

/* The functions for date and time types; NULL for other types. */
extern DcfConvertFn dcf_convert_choose_time(Oid base_type);
extern DcfConvertPureFn dcf_convert_choose_pure_time(Oid base_type,
													 int32 base_typmod);

/* convert_interval.c */
extern Datum dcf_convert_interval(DcfConverter *converter,
								  const DcfField *field, const char *bytes,
								  size_t len);

/*
 * convert_array.c, convert_range.c, convert_row.c: set the types of the parts
 * and return the converter function; NULL for a base type of another kind.
 */
extern DcfConvertFn dcf_convert_prepare_array(DcfConverter *converter);
extern DcfConvertFn dcf_convert_prepare_range(DcfConverter *converter);
extern DcfConvertFn dcf_convert_prepare_row(DcfConverter *converter);

#endif /* DCF_CONVERT_PRIVATE_H */
