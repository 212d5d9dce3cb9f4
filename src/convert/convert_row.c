/*
 * convert_row.c
 *	  The converter function for composite types, from their literals.
 *
 * The attributes are converted like columns of their type.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "utils/lsyscache.h"

#include "convert_private.h"
#include "core/literal.h"

static Datum convert_row(DcfConverter *converter, const DcfField *field,
						 const char *bytes, size_t len);
static void read_attribute(DcfConverter *converter, const char *bytes,
						   size_t len, size_t *pos, int i, Datum *value,
						   bool *isnull);

DcfConvertFn
dcf_convert_prepare_row(DcfConverter *converter)
{
	if (get_typtype(converter->base_type) != TYPTYPE_COMPOSITE)
		return NULL;
	/* A copy: a descriptor of the type cache would have to be released. */
	converter->row = lookup_rowtype_tupdesc_copy(converter->base_type,
												 converter->base_typmod);
	converter->nparts = converter->row->natts;
	converter->part_types =
		palloc0(sizeof(DcfPartType) * Max(converter->nparts, 1));
	for (int i = 0; i < converter->nparts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(converter->row, i);

		/*
		 * The zeroed entry keeps InvalidOid, for which create_parts() makes no
		 * converter.
		 */
		if (attribute->attisdropped)
			continue;
		converter->part_types[i].type = attribute->atttypid;
		converter->part_types[i].typmod = attribute->atttypmod;
	}
	return convert_row;
}

/* Refuse the value unless the condition holds. */
static void
expect(DcfConverter *converter, bool holds)
{
	if (!holds)
		dcf_convert_refuse(converter, ERRCODE_INVALID_TEXT_REPRESENTATION);
}

/*
 * The converter function of composite types.  As in record_in(), white space
 * is allowed only around the parentheses.
 */
static Datum
convert_row(DcfConverter *converter, const DcfField *field, const char *bytes,
			size_t len)
{
	Datum *values = palloc0(sizeof(Datum) * Max(converter->nparts, 1));
	bool *isnull = palloc(sizeof(bool) * Max(converter->nparts, 1));
	bool first = true;
	size_t pos = 0;

	dcf_literal_skip_space(bytes, len, &pos);
	expect(converter, pos < len && bytes[pos++] == '(');
	for (int i = 0; i < converter->nparts; i++)
	{
		isnull[i] = true;
		/* A dropped attribute has no place in the literal, and so no comma. */
		if (converter->parts[i] == NULL)
			continue;
		expect(converter, first || (pos < len && bytes[pos++] == ','));
		first = false;
		read_attribute(converter, bytes, len, &pos, i, &values[i], &isnull[i]);
	}
	expect(converter, pos < len && bytes[pos++] == ')');
	dcf_literal_skip_space(bytes, len, &pos);
	expect(converter, pos == len);
	return HeapTupleGetDatum(heap_form_tuple(converter->row, values, isnull));
}

/* Read attribute i at *pos up to the comma or parenthesis; empty means NULL. */
static void
read_attribute(DcfConverter *converter, const char *bytes, size_t len,
			   size_t *pos, int i, Datum *value, bool *isnull)
{
	char *text = palloc(len - *pos + 1);
	size_t text_len;

	expect(converter,
		   dcf_literal_next_part(bytes, len, pos, ",)", text, &text_len,
								 isnull));
	/* NULL goes there, too: the attribute's domain may refuse it. */
	*value = dcf_convert_part(converter->parts[i], converter->record,
							  *isnull ? NULL : text, text_len);
}
