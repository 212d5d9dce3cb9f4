/*
 * convert.c
 *	  Creating converters, and converting the option "default".  See convert.h.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "convert/convert.h"
#include "convert_private.h"
#include "core/text.h"

static void set_type(DcfConverter *converter, Oid type, int32 typmod);
static void create_parts(DcfConverter *converter);
static void set_null_texts(DcfConverter *converter, List *null_strings);
static Datum read_default(DcfConverter *converter, const char *text);

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
	converter->room = palloc(sizeof(DcfConvertRoom));
	set_type(converter, attribute->atttypid, attribute->atttypmod);
	return converter;
}

/* The converter of a part, which may have parts itself. */
static DcfConverter *
create_part(const DcfConverter *whole, Oid type, int32 typmod)
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

/* Look up all that depends on the type, and create the converters of its parts. */
static void
set_type(DcfConverter *converter, Oid type, int32 typmod)
{
	Oid input;

	converter->type = type;
	converter->typmod = typmod;
	converter->base_typmod = typmod;
	converter->base_type = getBaseTypeAndTypmod(type, &converter->base_typmod);
	/*
	 * Replies are UTF-8.  With SQL_ASCII, PostgreSQL stores bytes as they are.
	 */
	converter->transcode = GetDatabaseEncoding() != PG_UTF8 &&
		GetDatabaseEncoding() != PG_SQL_ASCII;

	getTypeInputInfo(converter->base_type, &input, &converter->ioparam);
	fmgr_info(input, &converter->input);

	/*
	 * The choice of the converter function also finds the types of the parts.
	 */
	dcf_convert_choose(converter);
	create_parts(converter);
	/* Other types have fixed texts for NULL, see is_null_text(). */
	if (converter->is_text)
		set_null_texts(converter, converter->null_strings);

	/* No fast path for a domain: its check may raise. */
	if (converter->type == converter->base_type)
		converter->pure = dcf_convert_choose_pure(converter->base_type,
												  converter->base_typmod);
}

/*
 * Create the converters of the parts, which recurses into parts of parts.  A
 * dropped attribute gets none.
 */
static void
create_parts(DcfConverter *converter)
{
	converter->parts =
		/* A composite type may have no attributes at all. */
		palloc0(sizeof(DcfConverter *) * Max(converter->nparts, 1));
	for (int i = 0; i < converter->nparts; i++)
	{
		const DcfPartType *part = &converter->part_types[i];

		if (OidIsValid(part->type))
			converter->parts[i] =
				create_part(converter, part->type, part->typmod);
	}
}

/* Convert null_strings to UTF-8, the encoding of the fields they are compared to. */
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

Datum
dcf_convert_default(DcfConverter *converter, const char *text)
{
	Datum result;

	/* Record 0 makes the messages name the option and no record. */
	converter->record = 0;
	result = read_default(converter, text);
	if (converter->type != converter->base_type)
		dcf_convert_check_domain(converter, result, false);
	return result;
}

/*
 * An administrator wrote the option's text, so the input function reads it, with
 * special values such as "today".  But a time or a time span in the service's
 * form means what it means in a reply.
 */
static Datum
read_default(DcfConverter *converter, const char *text)
{
	DcfIsoTime iso;
	DcfTimeSpan span;

	/* Messages show UTF-8, like the bytes of a reply. */
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
