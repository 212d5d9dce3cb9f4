/*
 * csv_fast.c
 *	  The fast path of the CSV reader.  See csv_fast.h.
 */
#include "csv_state.h"

#include "vector.h"

#if defined(DCF_HAVE_SSE2) || defined(DCF_HAVE_NEON)

/* The record that is being read. */
typedef struct Line
{
	const char *field;	/* the start of the field */
	const char *closed; /* after its closing quote, if it has quotes; or NULL */
	bool escaped;
	size_t column;
	const DcfCsvPlace *place; /* of the next wanted field */
} Line;

/* A field has ended at its comma or line end; store it if it is wanted. */
static inline void
end_field(DcfCsvReader *reader, Line *line, const char *end)
{
	if (line->column == line->place->column)
	{
		DcfField *field = &reader->fields[line->place->key];

		line->place++;
		if (line->closed == NULL)
		{
			field->data = line->field;
			field->len = (size_t) (end - line->field);
			field->kind = field->len == 0 ? DCF_FIELD_NULL : DCF_FIELD_TEXT;
			field->escaped = false;
		}
		else
		{
			field->data = line->field + 1;
			field->len = (size_t) (end - line->field) - 2;
			field->kind = DCF_FIELD_TEXT;
			field->escaped = line->escaped;
		}
	}
	line->column++;
	line->closed = NULL;
	line->field = end + 1;
}

/*
 * Skip a character that is not ASCII, or a control character; DCF_UTF8_MAX bytes are
 * readable.  NULL for anything else.
 */
static const char *
skip_odd(const char *p)
{
	DcfUtf8 utf8 = {0};

	if (*p == '\0' || *p == '"')
		return NULL;
	do
	{
		if (!dcf_utf8_step(&utf8, (unsigned char) *p++))
			return NULL;
	} while (utf8.need > 0);
	return p;
}

/* The fast path goes no further than the start of this field. */
static void
hand_over(DcfCsvReader *reader, DcfCsvCursor *cursor, const Line *line)
{
	const char *start = cursor->start + reader->start;
	int next = (int) (line->place - reader->places);

	for (int i = reader->next; i < next; i++)
	{
		int key = reader->places[i].key;

		reader->starts[key] = (size_t) (reader->fields[key].data - start);
	}
	reader->next = next;
	reader->column = line->column;
	cursor->p = line->field;
}

/* The record has ended; p is after its line end. */
static void
end_record(DcfCsvReader *reader, DcfCsvCursor *cursor, const char *p)
{
	/* Its first fields are from before the last hand_over(). */
	dcf_csv_set_data(reader, cursor->start + reader->start, reader->next);
	reader->nrecords++;
	reader->column = 0;
	reader->next = 0;
	reader->start = (size_t) (p - cursor->start);
	cursor->p = p;
}

/* Whether the fast path may begin here. */
static inline bool
can_begin(const DcfCsvReader *reader, const DcfCsvCursor *cursor)
{
	if (!reader->header_read || reader->state != AT_FIELD ||
		reader->empty_line || cursor->end - cursor->p <= DCF_VECTOR_MASK)
		return false;
	/* An empty line is no record, unless the header has one field. */
	return reader->column > 0 || reader->ncolumns == 1 ||
		(*cursor->p != '\n' && *cursor->p != '\r');
}

#endif

#ifdef DCF_HAVE_SSE2
#define FAST(name) sse2_##name
#define FAST_TARGET
#define SKIP_PLAIN dcf_vector_skip_sse2
#define MASK	   dcf_vector_mask_sse2
#include "csv_fast_line.h"
#endif

#ifdef DCF_HAVE_AVX2
#define FAST(name)	avx2_##name
#define FAST_TARGET DCF_TARGET_AVX2
#define SKIP_PLAIN	dcf_vector_skip_avx2
#define MASK		dcf_vector_mask_avx2
#include "csv_fast_line.h"
#endif

#ifdef DCF_HAVE_NEON
#define FAST(name) neon_##name
#define FAST_TARGET
#define SKIP_PLAIN dcf_vector_skip_neon
#define MASK	   dcf_vector_mask_neon
#include "csv_fast_line.h"
#endif

DcfCsvFastLine
dcf_csv_fast_line(DcfSimd simd)
{
	switch (dcf_simd_choose(simd))
	{
#ifdef DCF_HAVE_AVX2
		case DCF_SIMD_AVX2:
			return avx2_line;
#endif
#ifdef DCF_HAVE_SSE2
		case DCF_SIMD_SSE2:
			return sse2_line;
#endif
#ifdef DCF_HAVE_NEON
		case DCF_SIMD_NEON:
			return neon_line;
#endif
		default:
			return NULL;
	}
}
