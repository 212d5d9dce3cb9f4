/*
 * convert_array.c
 *	  Converter functions for arrays: JSON arrays, and array literals in a text.
 *
 * The elements are converted like columns of their type.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"

#include "convert_private.h"
#include "core/literal.h"

#define INITIAL_SIZE 16

/* The elements of an array, in the order of construct_md_array(). */
typedef struct Elements
{
	Datum *values;
	bool *isnull;
	int n;
	int size; /* allocated length of values and isnull */
	int ndim;
	int dims[MAXDIM]; /* -1 if not known yet */
} Elements;

static Datum convert_array(DcfConverter *converter, const DcfField *field,
						   const char *bytes, size_t len);
static Datum convert_json_array(DcfConverter *converter,
								const DcfField *field);
static void add_elements(DcfConverter *converter, const DcfField *array,
						 int depth, Elements *elements);
static void add_element(Elements *elements, Datum value, bool isnull);
static Datum convert_literal(DcfConverter *converter, char *literal);
static Datum read_texts(DcfConverter *converter, void *literal);
static Datum build(DcfConverter *converter, const Elements *elements,
				   int *bounds);

DcfConvertFn
dcf_convert_prepare_array(DcfConverter *converter)
{
	Oid element = get_element_type(converter->base_type);
	int16 len;
	bool byval;
	char align;
	Oid ioparam;
	Oid input;

	/* oidvector and int2vector have element types, but other literals. */
	if (!OidIsValid(element) || converter->input.fn_oid != F_ARRAY_IN)
		return NULL;
	/* Only the delimiter is used: the element's converter looks up the rest. */
	get_type_io_data(element, IOFunc_input, &len, &byval, &align,
					 &converter->delimiter, &ioparam, &input);
	converter->nparts = 1;
	converter->part_types = palloc(sizeof(DcfPartType));
	converter->part_types[0].type = element;
	/* An array type has the typmod of its elements, as in varchar(3)[]. */
	converter->part_types[0].typmod = converter->base_typmod;
	return convert_array;
}

/*
 * The converter function of arrays.  A JSON array is read directly; a string,
 * also one of CSV or XML, holds PostgreSQL's literal.
 */
static Datum
convert_array(DcfConverter *converter, const DcfField *field,
			  const char *bytes, size_t len)
{
	if (field->kind == DCF_FIELD_ARRAY)
		return convert_json_array(converter, field);
	if (!dcf_convert_is_string(field))
		dcf_convert_refuse(converter, ERRCODE_INVALID_TEXT_REPRESENTATION);
	return convert_literal(converter,
						   dcf_convert_cstring(converter, bytes, len));
}

/* Nested JSON arrays become dimensions, as in json_populate_record(). */
static Datum
convert_json_array(DcfConverter *converter, const DcfField *field)
{
	Elements elements = {0};

	/*
	 * The first elements determine the depth; add_elements() checks all others
	 * against it.
	 */
	elements.ndim = dcf_literal_json_depth(field->data, field->len);
	if (elements.ndim > MAXDIM)
		dcf_convert_refuse(converter, ERRCODE_INVALID_TEXT_REPRESENTATION);
	for (int i = 0; i < elements.ndim; i++)
		elements.dims[i] = -1;
	add_elements(converter, field, 0, &elements);
	return build(converter, &elements, NULL);
}

/*
 * Add the elements of a JSON array at a depth, and of the arrays in it.  All
 * arrays at one depth must have the same length, as SQL arrays are rectangular.
 */
static void
add_elements(DcfConverter *converter, const DcfField *array, int depth,
			 Elements *elements)
{
	bool is_last = depth == elements->ndim - 1;
	DcfField element;
	size_t pos = 0;
	int n = 0;

	while (dcf_literal_next_json(array->data, array->len, &pos, &element))
	{
		bool isnull;
		Datum value;

		CHECK_FOR_INTERRUPTS();
		n++;
		/*
		 * At the last depth an array is too deep; above it, anything else is
		 * not deep enough.
		 */
		if ((element.kind == DCF_FIELD_ARRAY) == is_last)
			dcf_convert_refuse(converter, ERRCODE_INVALID_TEXT_REPRESENTATION);
		if (!is_last)
		{
			add_elements(converter, &element, depth + 1, elements);
			continue;
		}
		value = dcf_convert_field(converter->parts[0], &element, NULL,
								  converter->record, &isnull);
		add_element(elements, value, isnull);
	}
	/*
	 * The first array at this depth has set the length; -1 means that this is
	 * the first.
	 */
	if (elements->dims[depth] >= 0 && elements->dims[depth] != n)
		dcf_convert_refuse(converter, ERRCODE_INVALID_TEXT_REPRESENTATION);
	elements->dims[depth] = n;
}

/* Append one element, in row-major order. */
static void
add_element(Elements *elements, Datum value, bool isnull)
{
	if (elements->n == elements->size)
	{
		elements->size = Max(elements->size * 2, INITIAL_SIZE);
		/*
		 * The Datums may take more than 1 GB before the array's own limit is
		 * checked.
		 */
		elements->values = elements->values ?
			repalloc_huge(elements->values, sizeof(Datum) * elements->size) :
			palloc(sizeof(Datum) * elements->size);
		elements->isnull = elements->isnull ?
			repalloc_huge(elements->isnull, sizeof(bool) * elements->size) :
			palloc(sizeof(bool) * elements->size);
	}
	elements->values[elements->n] = value;
	elements->isnull[elements->n++] = isnull;
}

/*
 * Let array_in() read the literal as an array of texts, then convert each.  Text
 * arrays are delimited by commas, so a type with another delimiter is left to
 * its input function.
 */
static Datum
convert_literal(DcfConverter *converter, char *literal)
{
	Elements elements = {0};
	ArrayType *texts;

	if (converter->delimiter != ',')
		return dcf_convert_input(converter, literal);

	texts = DatumGetArrayTypeP(
		dcf_convert_guarded(converter, read_texts, literal));
	elements.ndim = ARR_NDIM(texts);
	memcpy(elements.dims, ARR_DIMS(texts), sizeof(int) * elements.ndim);
	deconstruct_array(texts, TEXTOID, -1, false, TYPALIGN_INT,
					  &elements.values, &elements.isnull, &elements.n);
	for (int i = 0; i < elements.n; i++)
	{
		char *utf8 = NULL;

		CHECK_FOR_INTERRUPTS();
		/*
		 * array_in() has made the elements texts in the database encoding, but
		 * converters read UTF-8.
		 */
		if (!elements.isnull[i])
		{
			char *element = TextDatumGetCString(elements.values[i]);

			utf8 = pg_server_to_any(element, (int) strlen(element), PG_UTF8);
		}
		elements.values[i] =
			dcf_convert_part(converter->parts[0], converter->record, utf8,
							 utf8 ? strlen(utf8) : 0);
	}
	return build(converter, &elements, ARR_LBOUND(texts));
}

/* A DcfConvertRead: array_in() for text[]. */
static Datum
read_texts(DcfConverter *converter, void *literal)
{
	/*
	 * array_in() takes the element type from this argument, not from the
	 * column.
	 */
	return InputFunctionCall(&converter->input, literal, TEXTOID, -1);
}

/* Make the array.  bounds: the lower bound of each dimension; NULL: all 1. */
static Datum
build(DcfConverter *converter, const Elements *elements, int *bounds)
{
	int ones[MAXDIM];
	int dims[MAXDIM];
	Oid type = converter->parts[0]->type;
	int16 len;
	bool byval;
	char align;

	/* An empty array has no dimensions in PostgreSQL, also for [[], []]. */
	if (elements->n == 0)
		return PointerGetDatum(construct_empty_array(type));
	for (int i = 0; i < elements->ndim; i++)
	{
		ones[i] = 1;
		dims[i] = elements->dims[i];
	}
	get_typlenbyvalalign(type, &len, &byval, &align);
	return PointerGetDatum(construct_md_array(elements->values,
											  elements->isnull, elements->ndim,
											  dims, bounds ? bounds : ones,
											  type, len, byval, align));
}
