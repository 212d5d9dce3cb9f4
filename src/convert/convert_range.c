/*
 * convert_range.c
 *	  Converter functions for ranges and multiranges, from their literals.
 *
 * The bounds are converted like columns of their type.
 */
#include "postgres.h"

#include "utils/lsyscache.h"
#include "utils/multirangetypes.h"
#include "utils/rangetypes.h"

#include "convert_private.h"
#include "core/literal.h"

static const char empty_word[] = "empty";

/* The arguments of make_range(). */
typedef struct RangeParts
{
	RangeBound lower;
	RangeBound upper;
	bool empty;
} RangeParts;

/* The ranges of a multirange. */
typedef struct Ranges
{
	RangeType **ranges;
	int n;
	int size; /* allocated length of ranges */
} Ranges;

/* A text and the position up to which it was read. */
typedef struct Cursor
{
	const char *bytes;
	size_t len;
	size_t pos;
} Cursor;

static Datum convert_range(DcfConverter *converter, const DcfField *field,
						   const char *bytes, size_t len);
static Datum convert_multirange(DcfConverter *converter, const DcfField *field,
								const char *bytes, size_t len);
static RangeType *read_range(DcfConverter *converter, Cursor *cursor);
static void read_bound(DcfConverter *converter, Cursor *cursor,
					   const char *stops, RangeBound *bound);
static Datum build_range(DcfConverter *converter, void *arg);
static Datum build_multirange(DcfConverter *converter, void *arg);

DcfConvertFn
dcf_convert_prepare_range(DcfConverter *converter)
{
	bool is_multirange = type_is_multirange(converter->base_type);

	if (!is_multirange && !type_is_range(converter->base_type))
		return NULL;
	/* The type cache lasts as long as the backend. */
	converter->range =
		lookup_type_cache(is_multirange ?
							  get_multirange_range(converter->base_type) :
							  converter->base_type,
						  TYPECACHE_RANGE_INFO);
	converter->nparts = 1;
	converter->part_types = palloc(sizeof(DcfPartType));
	converter->part_types[0].type = converter->range->rngelemtype->type_id;
	/* A range type has no typmod for its bounds. */
	converter->part_types[0].typmod = -1;
	return is_multirange ? convert_multirange : convert_range;
}

pg_noreturn static void refuse(DcfConverter *converter);

/* Refuse the value as no literal of the type. */
static void
refuse(DcfConverter *converter)
{
	dcf_convert_refuse(converter, ERRCODE_INVALID_TEXT_REPRESENTATION);
}

/* Skip white space, then the character; false if that does not come next. */
static bool
take(Cursor *cursor, char wanted)
{
	dcf_literal_skip_space(cursor->bytes, cursor->len, &cursor->pos);
	if (cursor->pos >= cursor->len || cursor->bytes[cursor->pos] != wanted)
		return false;
	cursor->pos++;
	return true;
}

/* Whether only white space is left. */
static bool
at_end(Cursor *cursor)
{
	dcf_literal_skip_space(cursor->bytes, cursor->len, &cursor->pos);
	return cursor->pos == cursor->len;
}

/* The converter function of ranges: one literal, with white space around it. */
static Datum
convert_range(DcfConverter *converter, const DcfField *field,
			  const char *bytes, size_t len)
{
	Cursor cursor = {bytes, len, 0};
	RangeType *range = read_range(converter, &cursor);

	if (!at_end(&cursor))
		refuse(converter);
	return RangeTypePGetDatum(range);
}

/* The converter function of multiranges: range literals between braces. */
static Datum
convert_multirange(DcfConverter *converter, const DcfField *field,
				   const char *bytes, size_t len)
{
	Cursor cursor = {bytes, len, 0};
	Ranges ranges = {.size = 4};

	ranges.ranges = palloc(sizeof(RangeType *) * ranges.size);
	if (!take(&cursor, '{'))
		refuse(converter);
	if (!take(&cursor, '}'))
	{
		do
		{
			if (ranges.n == ranges.size)
			{
				ranges.size *= 2;
				ranges.ranges =
					repalloc(ranges.ranges, sizeof(RangeType *) * ranges.size);
			}
			ranges.ranges[ranges.n++] = read_range(converter, &cursor);
		} while (take(&cursor, ','));
		if (!take(&cursor, '}'))
			refuse(converter);
	}
	if (!at_end(&cursor))
		refuse(converter);
	/*
	 * Each range is valid by itself; make_multirange() sorts and merges them.
	 */
	return dcf_convert_guarded(converter, build_multirange, &ranges);
}

/* A DcfConvertRead: comparing bounds calls functions of their type. */
static Datum
build_multirange(DcfConverter *converter, void *arg)
{
	Ranges *ranges = arg;

	return MultirangeTypePGetDatum(make_multirange(converter->base_type,
												   converter->range, ranges->n,
												   ranges->ranges));
}

/* Read one range literal, such as [1,5) or empty. */
static RangeType *
read_range(DcfConverter *converter, Cursor *cursor)
{
	RangeParts parts = {0};
	const size_t empty_len = strlen(empty_word);

	dcf_literal_skip_space(cursor->bytes, cursor->len, &cursor->pos);
	/* The zeroed struct stands for two bounds that are finite and exclusive. */
	parts.lower.lower = true;
	if (cursor->len - cursor->pos >= empty_len &&
		pg_strncasecmp(cursor->bytes + cursor->pos, empty_word, empty_len) ==
			0)
	{
		cursor->pos += empty_len;
		parts.empty = true;
	}
	else
	{
		parts.lower.inclusive = take(cursor, '[');
		if (!parts.lower.inclusive && !take(cursor, '('))
			refuse(converter);
		/*
		 * The stops are those of range_in(), which also ends a bound at any of
		 * them.
		 */
		read_bound(converter, cursor, ",)]", &parts.lower);
		if (!take(cursor, ','))
			refuse(converter);
		read_bound(converter, cursor, ",)]", &parts.upper);
		parts.upper.inclusive = take(cursor, ']');
		if (!parts.upper.inclusive && !take(cursor, ')'))
			refuse(converter);
	}
	return DatumGetRangeTypeP(
		dcf_convert_guarded(converter, build_range, &parts));
}

/* Read a bound up to one of the characters of stops; empty means infinite. */
static void
read_bound(DcfConverter *converter, Cursor *cursor, const char *stops,
		   RangeBound *bound)
{
	/* Decoded, the bound is at most as long as the rest of the literal. */
	char *text = palloc(cursor->len - cursor->pos + 1);
	size_t len;

	if (!dcf_literal_next_part(cursor->bytes, cursor->len, &cursor->pos, stops,
							   text, &len, &bound->infinite))
		refuse(converter);
	if (!bound->infinite)
		bound->val = dcf_convert_part(converter->parts[0], converter->record,
									  text, len);
}

/* A DcfConvertRead: bounds in the wrong order raise, as may canonical functions. */
static Datum
build_range(DcfConverter *converter, void *arg)
{
	RangeParts *parts = arg;

	return RangeTypePGetDatum(
		dcf_compat_make_range(converter->range, &parts->lower, &parts->upper,
							  parts->empty));
}
