/*
 * convert.c
 *	  One field of a record into the Datum of a column: the way through, and
 *	  NULLs.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "parser/scansup.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/numeric.h"

#include "convert/convert.h"
#include "convert_private.h"
#include "core/csv_reader.h"
#include "core/json_reader.h"
#include "core/literal.h"
#include "core/text.h"

/* A scratch buffer that grew beyond this is given back after the value. */
#define SCRATCH_KEPT  (1024 * 1024)
#define SCRATCH_START 256

static void set_type(DcfConverter *converter, Oid type, int32 typmod);
static void set_null_texts(DcfConverter *converter, List *null_strings);
static Datum convert_value(DcfConverter *converter, const DcfField *field,
						   bool *isnull);
static const char *unescape(DcfConverter *converter, const DcfField *field,
							size_t *len);
static bool is_null_text(const DcfConverter *converter, const char *bytes,
						 size_t len);
static Datum convert_trimmed(DcfConverter *part, const char *bytes,
							 size_t len);
static Datum convert_default(DcfConverter *converter, const char *text);
static void release_scratch(DcfConverter *converter);

DcfConverter *
dcf_convert_create(const char *relation, Form_pg_attribute attribute,
				   pg_tz *timezone, List *null_strings)
{
	DcfConverter *converter = palloc0(sizeof(DcfConverter));

	converter->context = CurrentMemoryContext;
	converter->relation = relation;
	converter->column = pstrdup(NameStr(attribute->attname));
	converter->timezone = timezone;
	converter->null_strings = null_strings;
	set_type(converter, attribute->atttypid, attribute->atttypmod);
	return converter;
}

DcfConverter *
dcf_convert_create_part(const DcfConverter *whole, Oid type, int32 typmod)
{
	DcfConverter *part = palloc0(sizeof(DcfConverter));

	part->context = whole->context;
	part->relation = whole->relation;
	part->column = whole->column;
	part->timezone = whole->timezone;
	part->null_strings = whole->null_strings;
	set_type(part, type, typmod);
	return part;
}

static void
set_type(DcfConverter *converter, Oid type, int32 typmod)
{
	Oid input;

	converter->type = type;
	converter->typmod = typmod;
	converter->base_typmod = typmod;
	converter->base_type = getBaseTypeAndTypmod(type, &converter->base_typmod);
	converter->transcode = GetDatabaseEncoding() != PG_UTF8 &&
		GetDatabaseEncoding() != PG_SQL_ASCII;

	getTypeInputInfo(converter->base_type, &input, &converter->ioparam);
	fmgr_info(input, &converter->input);

	dcf_convert_choose(converter);
	if (converter->is_text)
		set_null_texts(converter, converter->null_strings);

	/* A domain's check may raise. */
	if (converter->type == converter->base_type)
	{
		converter->plain = dcf_convert_choose_pure(converter->base_type,
												   converter->base_typmod);
		converter->is_numeric = converter->base_type == NUMERICOID;
	}
}

/* null_strings are in the database encoding; they are compared in UTF-8. */
static void
set_null_texts(DcfConverter *converter, List *null_strings)
{
	ListCell *lc;

	converter->null_texts =
		palloc(sizeof(DcfNullText) * Max(list_length(null_strings), 1));
	foreach(lc, null_strings)
	{
		const char *text = lfirst(lc);
		DcfNullText *null_text =
			&converter->null_texts[converter->n_null_texts++];

		null_text->text = pg_server_to_any(text, (int) strlen(text), PG_UTF8);
		null_text->len = strlen(null_text->text);
	}
}

void
dcf_convert_allow_in_place(DcfConverter *converter)
{
	converter->in_place = true;
}

/* This is done for every field: in the order of how often they come. */
static inline bool
convert_plain(const DcfConverter *converter, const DcfField *field,
			  Datum *value, bool *isnull)
{
	if (!converter->plain)
		return false;
	if (dcf_convert_is_string(field))
	{
		if (field->escaped)
			return false;
		*isnull = is_null_text(converter, field->data, field->len);
	}
	else
		*isnull =
			field->kind == DCF_FIELD_ABSENT || field->kind == DCF_FIELD_NULL;
	return *isnull || converter->plain(converter, field, value);
}

bool
dcf_convert_pure(const DcfConverter *converter, const DcfField *field,
				 Datum *value, bool *isnull, DcfPending *pending)
{
	if (convert_plain(converter, field, value, isnull))
		return true;
	pending->field = *field;
	if (!converter->is_numeric || field->escaped ||
		!dcf_convert_decimal(converter, field, field->data, field->len,
							 &pending->digits, &pending->scale))
		pending->scale = -1;
	return false;
}

Datum
dcf_convert_pending(DcfConverter *converter, const DcfPending *pending,
					uint64 record, bool *isnull)
{
	if (pending->scale < 0)
		return dcf_convert_field(converter, &pending->field, record, isnull);
	*isnull = false;
	return NumericGetDatum(
		int64_div_fast_to_numeric(pending->digits, pending->scale));
}

Datum
dcf_convert_field(DcfConverter *converter, const DcfField *field,
				  uint64 record, bool *isnull)
{
	Datum result = (Datum) 0;

	if (convert_plain(converter, field, &result, isnull))
		return result;
	converter->record = record;
	converter->shown = NULL;
	result = convert_value(converter, field, isnull);
	if (converter->type != converter->base_type)
		dcf_convert_check_domain(converter, result, *isnull);
	if (converter->scratch_size > SCRATCH_KEPT)
		release_scratch(converter);
	return result;
}

Datum
dcf_convert_part(DcfConverter *part, uint64 record, const char *bytes,
				 size_t len)
{
	Datum result = (Datum) 0;

	part->record = record;
	part->shown = bytes;
	part->shown_len = len;
	if (bytes && part->own_text)
		result = convert_trimmed(part, bytes, len);
	else if (bytes)
		result =
			dcf_convert_input(part, dcf_convert_cstring(part, bytes, len));
	if (part->type != part->base_type)
		dcf_convert_check_domain(part, result, bytes == NULL);
	if (part->scratch_size > SCRATCH_KEPT)
		release_scratch(part);
	return result;
}

/* Input functions pass over white space around a value. */
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

Datum
dcf_convert_text(DcfConverter *converter, const char *text)
{
	Datum result;

	converter->record = 0;
	result = convert_default(converter, text);
	if (converter->type != converter->base_type)
		dcf_convert_check_domain(converter, result, false);
	return result;
}

/* The value as a Datum of the base type. */
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

/* Decode a field's escapes into the scratch buffer. */
static const char *
unescape(DcfConverter *converter, const DcfField *field, size_t *len)
{
	char *decoded = dcf_convert_scratch(converter, field->len + 1);

	*len = field->kind == DCF_FIELD_STRING ?
		dcf_json_unescape(field->data, field->len, decoded) :
		dcf_csv_unescape(field->data, field->len, decoded);
	return decoded;
}

/*
 * The text of an option is the administrator's: the input function reads it,
 * with "today" and all.  Only a time or a span as the service writes it means
 * here what it means in a reply.
 */
static Datum
convert_default(DcfConverter *converter, const char *text)
{
	DcfIsoTime iso;
	DcfTimeSpan span;

	converter->shown = pg_server_to_any(text, (int) strlen(text), PG_UTF8);
	converter->shown_len = strlen(converter->shown);

	if ((dcf_convert_choose_time(converter->base_type) != NULL &&
		 dcf_text_parse_iso(text, strlen(text), &iso)) ||
		(converter->base_type == INTERVALOID &&
		 dcf_text_parse_span(text, strlen(text), &span)))
	{
		DcfField field = {text, strlen(text), DCF_FIELD_STRING, false};

		return converter->convert(converter, &field, field.data, field.len);
	}
	return dcf_convert_input(converter, pstrdup(text));
}

/* Whether a string stands for NULL in this column. */
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

char *
dcf_convert_scratch(DcfConverter *converter, size_t size)
{
	if (size > converter->scratch_size)
	{
		size_t wanted = Max(converter->scratch_size, SCRATCH_START);

		while (wanted < size)
			wanted *= 2;
		release_scratch(converter);
		converter->scratch =
			MemoryContextAllocHuge(converter->context, wanted);
		converter->scratch_size = wanted;
	}
	return converter->scratch;
}

static void
release_scratch(DcfConverter *converter)
{
	if (converter->scratch)
		pfree(converter->scratch);
	converter->scratch = NULL;
	converter->scratch_size = 0;
}

char *
dcf_convert_cstring(DcfConverter *converter, const char *bytes, size_t len)
{
	char *text;

	/* Above what a value can have, and what an int can say. */
	if (len >= MaxAllocSize)
		dcf_convert_refuse(converter, ERRCODE_STRING_DATA_RIGHT_TRUNCATION);

	if (converter->transcode)
	{
		text = dcf_convert_transcode(converter, bytes, len);
		if (text != bytes)
			return text;
	}

	if (bytes == converter->scratch && len < converter->scratch_size)
		text = converter->scratch;
	else
	{
		text = dcf_convert_scratch(converter, len + 1);
		memcpy(text, bytes, len);
	}
	text[len] = '\0';
	return text;
}
