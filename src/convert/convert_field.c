/*
 * convert_field.c
 *	  Converting a field of a record: NULLs, escapes, and the fast path.
 */
#include "postgres.h"

#include "convert_private.h"
#include "core/csv_reader.h"
#include "core/json_reader.h"

static Datum convert_value(DcfConverter *converter, const DcfField *field,
						   bool *isnull);
static const char *unescape(DcfConverter *converter, const DcfField *field,
							size_t *len);
static bool is_null_text(const DcfConverter *converter, const char *bytes,
						 size_t len);

/*
 * The fast path, which every field tries first; false if the value needs more.
 * The kinds of fields are checked in the order of their frequency.
 */
static inline bool
try_pure(const DcfConverter *converter, const DcfField *field,
		 const char *buffer, DcfConvertRoom *room, Datum *value, bool *isnull)
{
	if (!converter->pure)
		return false;
	/* Is there room for a varlena header? */
	if (converter->in_place && (buffer == NULL || field->data <= buffer))
		return false;
	if (dcf_convert_is_string(field))
	{
		/* Decoding needs the scratch buffer, which a thread must not use. */
		if (field->escaped)
			return false;
		*isnull = is_null_text(converter, field->data, field->len);
	}
	else
		*isnull =
			field->kind == DCF_FIELD_ABSENT || field->kind == DCF_FIELD_NULL;
	return *isnull || converter->pure(converter, field, room, value);
}

bool
dcf_convert_pure(const DcfConverter *converter, const DcfField *field,
				 const char *buffer, DcfConvertRoom *room, Datum *value,
				 bool *isnull)
{
	return try_pure(converter, field, buffer, room, value, isnull);
}

Datum
dcf_convert_field(DcfConverter *converter, const DcfField *field,
				  const char *buffer, uint64 record, bool *isnull)
{
	Datum result = (Datum) 0;

	if (try_pure(converter, field, buffer, converter->room, &result, isnull))
		return result;
	/* From here on, a message may need to show the value. */
	converter->record = record;
	converter->shown = NULL;
	result = convert_value(converter, field, isnull);
	/* The domain is checked for NULLs, too: it may be NOT NULL. */
	if (converter->type != converter->base_type)
		dcf_convert_check_domain(converter, result, *isnull);
	dcf_convert_trim_scratch(converter);
	return result;
}

/* Convert the value to a Datum of the base type. */
static inline Datum
convert_value(DcfConverter *converter, const DcfField *field, bool *isnull)
{
	const char *bytes = field->data;
	size_t len = field->len;

	*isnull = true;
	if (dcf_convert_is_string(field))
	{
		if (field->escaped)
			bytes = unescape(converter, field, &len);
		if (is_null_text(converter, bytes, len))
			return (Datum) 0;
	}
	else if (field->kind == DCF_FIELD_ABSENT || field->kind == DCF_FIELD_NULL)
		return (Datum) 0;
	else if (field->kind == DCF_FIELD_FALSE)
	{
		bytes = "false";
		len = 5;
	}
	else if (field->kind == DCF_FIELD_TRUE)
	{
		bytes = "true";
		len = 4;
	}

	*isnull = false;
	converter->shown = bytes;
	converter->shown_len = len;
	return converter->convert(converter, field, bytes, len);
}

/* Decode a field's escapes into the scratch buffer; sets *len. */
static const char *
unescape(DcfConverter *converter, const DcfField *field, size_t *len)
{
	char *decoded = dcf_convert_scratch(converter, field->len + 1);

	/*
	 * A decoded text is never longer than its escaped form.  The byte more is
	 * for dcf_convert_cstring().
	 */
	*len = field->kind == DCF_FIELD_STRING ?
		dcf_json_unescape(field->data, field->len, decoded) :
		dcf_csv_unescape(field->data, field->len, decoded);
	return decoded;
}

/* Whether a string means NULL in this column. */
static inline bool
is_null_text(const DcfConverter *converter, const char *bytes, size_t len)
{
	int i;

	if (!converter->is_text)
		return len == 0 || (len == 4 && memcmp(bytes, "null", 4) == 0);

	for (i = 0; i < converter->n_null_texts; i++)
	{
		const DcfNullText *null_text = &converter->null_texts[i];

		if (len == null_text->len && memcmp(bytes, null_text->text, len) == 0)
			return true;
	}
	return false;
}
