/*
 * convert_part.c
 *	  Parts of literals: elements of an array, bounds of a range, attributes of a
 *	  row.
 */
#include "postgres.h"

#include "parser/scansup.h"

#include "convert_private.h"
#include "core/literal.h"

static Datum convert_trimmed(DcfConverter *part, const char *bytes,
							 size_t len);

Datum
dcf_convert_part(DcfConverter *part, uint64 record, const char *bytes,
				 size_t len)
{
	Datum result = (Datum) 0;

	/*
	 * A part has a converter of its own, so messages show the part and its
	 * type.
	 */
	part->record = record;
	part->shown = bytes;
	part->shown_len = len;
	if (bytes && part->reads_literal)
		result = convert_trimmed(part, bytes, len);
	else if (bytes)
		result =
			dcf_convert_input(part, dcf_convert_cstring(part, bytes, len));
	/* A NULL part goes through the domain's check, too. */
	if (part->type != part->base_type)
		dcf_convert_check_domain(part, result, bytes == NULL);
	dcf_convert_trim_scratch(part);
	return result;
}

/* Convert a part without white space around it, which input functions skip. */
static Datum
convert_trimmed(DcfConverter *part, const char *bytes, size_t len)
{
	DcfField field = {.kind = DCF_FIELD_TEXT};
	size_t start = 0;

	dcf_literal_skip_space(bytes, len, &start);
	while (len > start && scanner_isspace(bytes[len - 1]))
		len--;
	field.data = bytes + start;
	field.len = len - start;
	return part->convert(part, &field, field.data, field.len);
}
