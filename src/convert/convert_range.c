/*
 * convert_range.c
 *	  Ranges and multiranges.  Their bounds are converted as columns of their
 *	  type are.
 */
#include "postgres.h"

#include "utils/lsyscache.h"
#include "utils/multirangetypes.h"
#include "utils/rangetypes.h"

#include "convert_private.h"
#include "core/literal.h"

static const char empty_word[] = "empty";

/* What a range, or a multirange, is made of. */
typedef struct RangeParts
{
	RangeBound lower;
	RangeBound upper;
	bool empty;
} RangeParts;

typedef struct Ranges
{
	RangeType **ranges;
	int n;
	int room;
} Ranges;

/* A text, and how far it is read. */
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
	converter->range =
		lookup_type_cache(is_multirange ?
							  get_multirange_range(converter->base_type) :
							  converter->base_type,
						  TYPECACHE_RANGE_INFO);
	converter->nparts = 1;
	converter->part_types = palloc(sizeof(DcfPartType));
	converter->part_types[0].type = converter->range->rngelemtype->type_id;
	converter->part_types[0].typmod = -1;
	return is_multirange ? convert_multirange : convert_range;
}

pg_noreturn static void refuse(DcfConverter *converter);

static void
refuse(DcfConverter *converter)
{
	dcf_convert_refuse(converter, ERRCODE_INVALID_TEXT_REPRESENTATION);
}

/* Pass over white space, and over the character if it is there. */
static bool
take(Cursor *cursor, char wanted)
{
	dcf_literal_skip_space(cursor->bytes, cursor->len, &cursor->pos);
	if (cursor->pos >= cursor->len || cursor->bytes[cursor->pos] != wanted)
		return false;
	cursor->pos++;
	return true;
}

static bool
at_end(Cursor *cursor)
{
	dcf_literal_skip_space(cursor->bytes, cursor->len, &cursor->pos);
	return cursor->pos == cursor->len;
}

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

static Datum
convert_multirange(DcfConverter *converter, const DcfField *field,
				   const char *bytes, size_t len)
{
	Cursor cursor = {bytes, len, 0};
	Ranges ranges = {.room = 4};

	ranges.ranges = palloc(sizeof(RangeType *) * ranges.room);
	if (!take(&cursor, '{'))
		refuse(converter);
	if (!take(&cursor, '}'))
	{
		do
		{
			if (ranges.n == ranges.room)
			{
				ranges.room *= 2;
				ranges.ranges =
					repalloc(ranges.ranges, sizeof(RangeType *) * ranges.room);
			}
			ranges.ranges[ranges.n++] = read_range(converter, &cursor);
		} while (take(&cursor, ','));
		if (!take(&cursor, '}'))
			refuse(converter);
	}
	if (!at_end(&cursor))
		refuse(converter);
	return dcf_convert_guarded(converter, build_multirange, &ranges);
}

static Datum
build_multirange(DcfConverter *converter, void *arg)
{
	Ranges *ranges = arg;

	return MultirangeTypePGetDatum(make_multirange(converter->base_type,
												   converter->range, ranges->n,
												   ranges->ranges));
}

static RangeType *
read_range(DcfConverter *converter, Cursor *cursor)
{
	RangeParts parts = {0};
	const size_t empty_len = strlen(empty_word);

	dcf_literal_skip_space(cursor->bytes, cursor->len, &cursor->pos);
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

static void
read_bound(DcfConverter *converter, Cursor *cursor, const char *stops,
		   RangeBound *bound)
{
	char *text = palloc(cursor->len - cursor->pos + 1);
	size_t len;

	if (!dcf_literal_next_part(cursor->bytes, cursor->len, &cursor->pos, stops,
							   text, &len, &bound->infinite))
		refuse(converter);
	if (!bound->infinite)
		bound->val = dcf_convert_part(converter->parts[0], converter->record,
									  text, len);
}

/* Bounds in the wrong order are an error, and canonical functions may raise. */
static Datum
build_range(DcfConverter *converter, void *arg)
{
	RangeParts *parts = arg;

	return RangeTypePGetDatum(
		dcf_compat_make_range(converter->range, &parts->lower, &parts->upper,
							  parts->empty));
}
