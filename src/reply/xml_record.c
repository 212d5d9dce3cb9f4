/*
 * xml_record.c
 *	  Elements into records: expat's callbacks.  See xml_private.h.
 *
 * The parser is suspended at the end of each record, so that records are returned one
 * at a time.
 */
#include "postgres.h"

#include "core/xml_name.h"
#include "xml_private.h"

/* Before expat 2.9, positions are of type long. */
#if XML_MAJOR_VERSION > 2 || XML_MINOR_VERSION >= 9
#define current_byte_index XML_GetCurrentByteIndex64
#define current_byte_count XML_GetCurrentByteCount64
#else
#define current_byte_index XML_GetCurrentByteIndex
#define current_byte_count XML_GetCurrentByteCount
#endif

uint64
dcf_xml_offset(const DcfXmlReader *reader)
{
	return reader->skipped +
		(uint64) Max(current_byte_index(reader->parser), 0);
}

void
dcf_xml_fail(DcfXmlReader *reader, DcfReadErrorCode code, const char *reason,
			 uint64 offset)
{
	if (reader->error.code != DCF_READ_OK)
		return;
	reader->error.code = code;
	reader->error.reason = reason;
	reader->error.offset = offset;
	reader->error.record = reader->nrecords;
}

/* Note an error, and stop the parser. */
static void
fail_at(DcfXmlReader *reader, DcfReadErrorCode code, const char *reason,
		uint64 offset)
{
	dcf_xml_fail(reader, code, reason, offset);
	(void) XML_StopParser(reader->parser, XML_FALSE);
}

/* The same at expat's position. */
static void
fail_here(DcfXmlReader *reader, DcfReadErrorCode code, const char *reason)
{
	fail_at(reader, code, reason, dcf_xml_offset(reader));
}

/* Guards what xml_private.h promises: decoded text is no longer than its source. */
static bool
check_room(DcfXmlReader *reader, const DcfXmlBuffer *buffer, size_t len)
{
	if (len < buffer->room - buffer->len)
		return true;
	fail_here(reader, DCF_READ_E_SYNTAX, "text longer than its source");
	return false;
}

/* The fields of the record before are valid until here. */
static void
begin_record(DcfXmlReader *reader)
{
	reader->in_record = true;
	reader->record_start = dcf_xml_offset(reader);
	reader->nmatched = 0;
	reader->text.len = 0;
	for (int i = 0; i < reader->config->nkeys; i++)
		reader->fields[i] = (DcfField){.kind = DCF_FIELD_ABSENT};
}

/*
 * Point the fields into the text, and suspend the parser.  The text may move
 * while a record is read, when feed() makes room for a slice.
 */
static void
end_record(DcfXmlReader *reader)
{
	uint64 end =
		dcf_xml_offset(reader) + (uint64) current_byte_count(reader->parser);

	if (end - reader->record_start > reader->config->max_record_size)
	{
		fail_at(reader, DCF_READ_E_TOO_LONG, "a record is too long",
				reader->record_start);
		return;
	}
	reader->in_record = false;
	reader->record_end = end;
	reader->nrecords++;
	reader->named = reader->names.len > 0;
	for (int i = 0; i < reader->config->nkeys; i++)
	{
		if (reader->fields[i].kind != DCF_FIELD_ABSENT)
			reader->fields[i].data = reader->text.data + reader->starts[i];
	}
	(void) XML_StopParser(reader->parser, XML_TRUE);
}

/*
 * Whether an attribute says that there is no value.  The prefix is the writer's choice:
 * .NET writes xsi or i.
 */
static bool
is_nil(const char **attributes)
{
	for (; attributes[0] != NULL; attributes += 2)
	{
		const char *colon = strchr(attributes[0], ':');

		if (colon != NULL && strcmp(colon + 1, "nil") == 0)
			return strcmp(attributes[1], "true") == 0 ||
				strcmp(attributes[1], "1") == 0;
	}
	return false;
}

/*
 * Find the field's key; the first record's keys are also kept for next_key().
 * A later name is decoded behind the text, whose length it does not change, so
 * the field's own text overwrites it.
 */
static void
begin_field(DcfXmlReader *reader, const char *name, const char **attributes)
{
	bool first = !reader->named;
	DcfXmlBuffer *buffer = first ? &reader->names : &reader->text;
	size_t name_len = strlen(name);
	size_t len;
	char *decoded;

	if (!check_room(reader, buffer, name_len + 1))
		return;
	decoded = buffer->data + buffer->len;
	len = dcf_xml_decode_name(name, name_len, decoded);
	reader->key = dcf_key_find(&reader->table, decoded, len);
	dcf_xml_fast_learn(reader->tags, name, name_len, reader->key);
	if (first)
	{
		decoded[len] = '\0';
		buffer->len += len + 1;
	}
	reader->nil = is_nil(attributes);
	reader->field_start = reader->text.len;
}

/* Set the field; its data pointer is set when the record ends. */
static void
end_field(DcfXmlReader *reader)
{
	DcfField *field;

	if (reader->key < 0)
		return;
	field = &reader->fields[reader->key];
	/* Of a repeated element the last counts, but the key counts once. */
	if (field->kind == DCF_FIELD_ABSENT)
		reader->nmatched++;
	field->len = reader->text.len - reader->field_start;
	field->kind =
		reader->nil && field->len == 0 ? DCF_FIELD_NULL : DCF_FIELD_TEXT;
	reader->starts[reader->key] = reader->field_start;
}

/*
 * An element inside the table.  The first one that is no schema sets the name of records.
 */
static void
begin_table_child(DcfXmlReader *reader, const char *name)
{
	size_t len = strlen(name);

	if (strcmp(name, "Schema") == 0)
	{
		reader->in_record = false;
		return;
	}
	if (len >= sizeof(reader->record_name))
	{
		fail_here(reader, DCF_READ_E_SHAPE, "the name of records is too long");
		return;
	}
	if (reader->record_name[0] == '\0')
	{
		memcpy(reader->record_name, name, len + 1);
		dcf_xml_fast_set_record(reader->tags, name, len);
	}
	if (strcmp(name, reader->record_name) == 0)
		begin_record(reader);
	else
		fail_here(reader, DCF_READ_E_SHAPE,
				  "an element beside the records that is neither one of them "
				  "nor \"Schema\"");
}

/*
 * expat may call back once more after it was stopped, for example for the end
 * of an empty element; an error keeps these calls from doing anything.
 */
static void
start_element(void *arg, const char *name, const char **attributes)
{
	DcfXmlReader *reader = arg;

	if (reader->error.code != DCF_READ_OK)
		return;
	switch (reader->depth++)
	{
		case 0:
			if (strcmp(name, "Table") != 0)
				fail_here(reader, DCF_READ_E_SHAPE,
						  "the outermost element is not \"Table\"");
			break;
		case 1:
			begin_table_child(reader, name);
			break;
		case 2:
			if (reader->in_record)
				begin_field(reader, name, attributes);
			else
				reader->key = -1;
			break;
		default:
			fail_here(reader, DCF_READ_E_SHAPE, "an element inside a field");
			break;
	}
}

/*
 * Once decremented, depth is that of the parent: 2 ends a field, 1 a record.
 */
static void
end_element(void *arg, const char *name)
{
	DcfXmlReader *reader = arg;

	if (reader->error.code != DCF_READ_OK)
		return;
	reader->depth--;
	if (!reader->in_record)
		return;
	if (reader->depth == 2)
		end_field(reader);
	else if (reader->depth == 1)
		end_record(reader);
}

/* Text of a field; outside of fields only white space is allowed. */
static void
take_text(void *arg, const char *text, int len)
{
	DcfXmlReader *reader = arg;

	if (reader->error.code != DCF_READ_OK)
		return;
	if (reader->depth == 3)
	{
		if (reader->key < 0 || !check_room(reader, &reader->text, len))
			return;
		memcpy(reader->text.data + reader->text.len, text, len);
		reader->text.len += len;
		return;
	}
	for (int i = 0; i < len; i++)
	{
		if (strchr(" \t\r\n", text[i]) == NULL)
		{
			/* expat's pieces of text depend on how it is fed. */
			fail_at(reader, DCF_READ_E_SHAPE, "text outside of fields",
					dcf_xml_offset(reader) + (uint64) i);
			return;
		}
	}
}

/* Refuse an XML declaration with another encoding. */
static void
take_declaration(void *arg, const char *version, const char *encoding,
				 int standalone)
{
	DcfXmlReader *reader = arg;

	/*
	 * .NET's StringWriter declares UTF-16 also for text that is sent as UTF-8.
	 * begins_utf16() has refused text that really is UTF-16.
	 */
	if (encoding != NULL && pg_strcasecmp(encoding, "utf-8") != 0 &&
		pg_strcasecmp(encoding, "utf-16") != 0)
		fail_here(reader, DCF_READ_E_UTF8,
				  "it declares another encoding than UTF-8");
}

/* Without a document type there are no entities that could be expanded. */
static void
refuse_doctype(void *arg, const char *name, const char *system_id,
			   const char *public_id, int has_internal_subset)
{
	fail_here((DcfXmlReader *) arg, DCF_READ_E_SHAPE,
			  "a document type declaration");
}

bool
dcf_xml_record_may_be_empty(const DcfXmlReader *reader)
{
	static const char *const names[] = {"Record", "Records", "Table1"};

	if (reader->nrecords == 0 || reader->named)
		return true;
	for (int i = 0; i < (int) lengthof(names); i++)
		if (strcmp(reader->record_name, names[i]) == 0)
			return true;
	return false;
}

void
dcf_xml_record_start(DcfXmlReader *reader)
{
	XML_SetUserData(reader->parser, reader);
	XML_SetElementHandler(reader->parser, start_element, end_element);
	XML_SetCharacterDataHandler(reader->parser, take_text);
	XML_SetXmlDeclHandler(reader->parser, take_declaration);
	XML_SetStartDoctypeDeclHandler(reader->parser, refuse_doctype);

	reader->error = (DcfReadError){.code = DCF_READ_OK};
	reader->depth = 0;
	reader->in_record = false;
	reader->nrecords = 0;
	reader->record_end = 0;
	reader->record_name[0] = '\0';
	reader->nmatched = 0;
	reader->text.len = 0;
	reader->names.len = 0;
	reader->named = false;
	dcf_xml_fast_begin(reader->tags);
}
