/*
 * xml_reader.c
 *	  XML replies, by expat's push parser.  See xml_reader.h.
 *
 * The parser is suspended at the end of each record, so that one record at a
 * time is handed out.  It keeps the bytes it was given, therefore all bytes
 * that were fed count as consumed.
 *
 * Nothing that raises may be called while expat is running: its callbacks
 * copy into buffers made beforehand.  These are large enough because text, once
 * decoded, is never longer than its source, and of the source only so many bytes
 * are fed at a time.
 */
#include "postgres.h"

#include <expat.h>

#include "utils/memutils.h"

#include "key_table.h"
#include "xml_name.h"
#include "xml_reader.h"

/* Bytes fed at a time. */
#define SLICE (32 * 1024)

/*
 * expat looks again at a tag or comment from its start for each slice, and
 * keeps it, until its end is there.
 */
#define MAX_MARKUP (64 * 1024)

/*
 * The most that a parser may allocate.  It keeps each name of an element or
 * attribute it has ever seen.
 */
#define MAX_PARSER (4 * 1024 * 1024)

typedef struct Buffer
{
	char *data;
	size_t len;
	size_t room;
} Buffer;

typedef struct XmlReader
{
	const DcfFormatConfig *config;
	MemoryContext context; /* where this lives */
	MemoryContextCallback release;
	XML_Parser parser; /* NULL before the first reply */
	size_t allocated;  /* by the parser */
	bool refused;	   /* more than MAX_PARSER */
	DcfKeyTable table;
	DcfReadError error;

	/* The input. */
	uint64 fed;
	bool ended;
	bool suspended; /* at the end of a record */

	/* Open elements. */
	int depth;		/* 1 inside the table, 2 inside a record, 3 a field */
	bool in_record; /* else, from depth 2 on, in a part of the schema */
	uint64 nrecords;

	/* The record being read, or the current one. */
	uint64 record_start;
	int key; /* whose field is being read, or -1 */
	bool nil;
	size_t field_start;
	int nmatched;
	DcfField *fields;
	size_t *starts; /* of each field's text */
	Buffer text;	/* of all fields, decoded */
	Buffer names;	/* of the first record, each with a NUL behind it */
} XmlReader;

/* --- Memory for expat ----------------------------------------------------- */

/* Each block begins with its size, in room that keeps the rest aligned. */
#define BLOCK_HEADER MAXALIGN(sizeof(size_t))

/* Whose parser is running: expat does not say for whom it allocates. */
static XmlReader *running = NULL;

static void *
expat_realloc(void *pointer, size_t size)
{
	char *block = pointer ? (char *) pointer - BLOCK_HEADER : NULL;
	size_t old_size = block ? *(size_t *) block : 0;

	if (size > MAX_PARSER || running->allocated - old_size + size > MAX_PARSER)
	{
		running->refused = true;
		return NULL;
	}
	block = realloc(block, BLOCK_HEADER + size);
	if (block == NULL)
		return NULL;
	running->allocated += size - old_size;
	*(size_t *) block = size;
	return block + BLOCK_HEADER;
}

static void *
expat_malloc(size_t size)
{
	return expat_realloc(NULL, size);
}

static void
expat_free(void *pointer)
{
	char *block;

	if (pointer == NULL)
		return;
	block = (char *) pointer - BLOCK_HEADER;
	running->allocated -= *(size_t *) block;
	free(block);
}

static const XML_Memory_Handling_Suite expat_memory = {
	.malloc_fcn = expat_malloc,
	.realloc_fcn = expat_realloc,
	.free_fcn = expat_free,
};

static void
free_parser(void *arg)
{
	XmlReader *reader = arg;

	running = reader;
	XML_ParserFree(reader->parser);
	running = NULL;
	reader->parser = NULL;
}

/* 2.9: positions of 64 bits everywhere; before, of long. */
#if XML_MAJOR_VERSION > 2 || XML_MINOR_VERSION >= 9
#define current_byte_index XML_GetCurrentByteIndex64
#define current_byte_count XML_GetCurrentByteCount64
#else
#define current_byte_index XML_GetCurrentByteIndex
#define current_byte_count XML_GetCurrentByteCount
#endif

/* --- What expat calls ----------------------------------------------------- */

/* Where in the input expat is; it may have been fed more. */
static uint64
event_offset(const XmlReader *reader)
{
	return (uint64) Max(current_byte_index(reader->parser), 0);
}

/* Note the first error; nothing after it counts. */
static void
fail(XmlReader *reader, DcfReadErrorCode code, const char *reason,
	 uint64 offset)
{
	if (reader->error.code != DCF_READ_OK)
		return;
	reader->error.code = code;
	reader->error.reason = reason;
	reader->error.offset = offset;
	reader->error.record = reader->nrecords;
}

/* Fail at what expat has just come to, and stop it. */
static void
fail_here(XmlReader *reader, DcfReadErrorCode code, const char *reason)
{
	fail(reader, code, reason, event_offset(reader));
	(void) XML_StopParser(reader->parser, XML_FALSE);
}

/* Room that there must be, by what was said above, is there. */
static bool
has_room(XmlReader *reader, const Buffer *buffer, size_t len)
{
	if (len < buffer->room - buffer->len)
		return true;
	fail_here(reader, DCF_READ_E_SYNTAX, "text longer than its source");
	return false;
}

static void
begin_record(XmlReader *reader)
{
	reader->in_record = true;
	reader->record_start = event_offset(reader);
	reader->nmatched = 0;
	reader->text.len = 0;
	for (int i = 0; i < reader->config->nkeys; i++)
		reader->fields[i] = (DcfField){.kind = DCF_FIELD_ABSENT};
}

static void
end_record(XmlReader *reader)
{
	uint64 end =
		event_offset(reader) + (uint64) current_byte_count(reader->parser);

	if (end - reader->record_start > reader->config->max_record_size)
	{
		fail_here(reader, DCF_READ_E_TOO_LONG, "a record is too long");
		return;
	}
	reader->in_record = false;
	reader->nrecords++;
	for (int i = 0; i < reader->config->nkeys; i++)
	{
		if (reader->fields[i].kind != DCF_FIELD_ABSENT)
			reader->fields[i].data = reader->text.data + reader->starts[i];
	}
	(void) XML_StopParser(reader->parser, XML_TRUE);
}

/*
 * Whether one of the attributes says that there is no value.  Its prefix is
 * the writer's choice: some of .NET's write xsi, others i.
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

static void
begin_field(XmlReader *reader, const char *name, const char **attributes)
{
	bool first = reader->nrecords == 0;
	Buffer *buffer = first ? &reader->names : &reader->text;
	size_t len = strlen(name);
	char *decoded;

	if (!has_room(reader, buffer, len + 1))
		return;
	decoded = buffer->data + buffer->len;
	len = dcf_xml_decode_name(name, len, decoded);
	reader->key = dcf_key_find(&reader->table, decoded, len);
	if (first)
	{
		decoded[len] = '\0';
		buffer->len += len + 1;
	}
	reader->nil = is_nil(attributes);
	reader->field_start = reader->text.len;
}

static void
end_field(XmlReader *reader)
{
	DcfField *field;

	if (reader->key < 0)
		return;
	field = &reader->fields[reader->key];
	if (field->kind == DCF_FIELD_ABSENT)
		reader->nmatched++;
	field->len = reader->text.len - reader->field_start;
	field->kind =
		reader->nil && field->len == 0 ? DCF_FIELD_NULL : DCF_FIELD_TEXT;
	reader->starts[reader->key] = reader->field_start;
}

static void
start_element(void *arg, const char *name, const char **attributes)
{
	XmlReader *reader = arg;

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
			if (strcmp(name, "Record") == 0)
				begin_record(reader);
			else if (strcmp(name, "Schema") == 0)
				reader->in_record = false;
			else
				fail_here(reader, DCF_READ_E_SHAPE,
						  "an element other than \"Record\" and \"Schema\"");
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

static void
end_element(void *arg, const char *name)
{
	XmlReader *reader = arg;

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

static void
take_text(void *arg, const char *text, int len)
{
	XmlReader *reader = arg;

	if (reader->error.code != DCF_READ_OK)
		return;
	if (reader->depth == 3)
	{
		if (reader->key < 0 || !has_room(reader, &reader->text, len))
			return;
		memcpy(reader->text.data + reader->text.len, text, len);
		reader->text.len += len;
		return;
	}
	for (int i = 0; i < len; i++)
	{
		if (strchr(" \t\r\n", text[i]) == NULL)
		{
			fail_here(reader, DCF_READ_E_SHAPE, "text outside of fields");
			return;
		}
	}
}

static void
take_declaration(void *arg, const char *version, const char *encoding,
				 int standalone)
{
	XmlReader *reader = arg;

	if (encoding != NULL && pg_strcasecmp(encoding, "utf-8") != 0)
		fail_here(reader, DCF_READ_E_UTF8,
				  "it declares another encoding than UTF-8");
}

static void
refuse_doctype(void *arg, const char *name, const char *system_id,
			   const char *public_id, int has_internal_subset)
{
	fail_here((XmlReader *) arg, DCF_READ_E_SHAPE,
			  "a document type declaration");
}

/* --- The reader ----------------------------------------------------------- */

static void *
xml_create(const DcfFormatConfig *config)
{
	XmlReader *reader = palloc0(sizeof(XmlReader));
	int size = Max(config->nkeys, 1);

	reader->config = config;
	reader->context = CurrentMemoryContext;
	reader->fields = palloc0(sizeof(DcfField) * size);
	reader->starts = palloc(sizeof(size_t) * size);
	dcf_key_table_init(&reader->table, config->keys, config->nkeys,
					   palloc(sizeof(int) * dcf_key_slots(config->nkeys)));
	reader->release.func = free_parser;
	reader->release.arg = reader;
	MemoryContextRegisterResetCallback(reader->context, &reader->release);
	return reader;
}

static void
out_of_memory(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory"),
			 errdetail("Failed in the XML parser.")));
}

static void
xml_start(void *self)
{
	XmlReader *reader = self;

	free_parser(reader);
	reader->refused = false;
	running = reader;
	/* What the reply declares does not count; take_declaration() looks. */
	reader->parser = XML_ParserCreate_MM("UTF-8", &expat_memory, NULL);
	running = NULL;
	if (reader->parser == NULL)
		out_of_memory();
	XML_SetUserData(reader->parser, reader);
	XML_SetElementHandler(reader->parser, start_element, end_element);
	XML_SetCharacterDataHandler(reader->parser, take_text);
	XML_SetXmlDeclHandler(reader->parser, take_declaration);
	XML_SetStartDoctypeDeclHandler(reader->parser, refuse_doctype);

	reader->error = (DcfReadError){.code = DCF_READ_OK};
	reader->fed = 0;
	reader->ended = false;
	reader->suspended = false;
	reader->depth = 0;
	reader->in_record = false;
	reader->nrecords = 0;
	reader->nmatched = 0;
	reader->text.len = 0;
	reader->names.len = 0;
}

static void
make_room(XmlReader *reader, Buffer *buffer, size_t len)
{
	size_t room = buffer->room;

	if (room - buffer->len >= len)
		return;
	room = Max(room * 2, buffer->len + len);
	buffer->data = buffer->data ?
		repalloc_huge(buffer->data, room) :
		MemoryContextAllocHuge(reader->context, room);
	buffer->room = room;
}

/* Note what made expat give up, unless a callback did. */
static void
note_failure(XmlReader *reader)
{
	enum XML_Error code = XML_GetErrorCode(reader->parser);
	uint64 offset = event_offset(reader);

	switch (code)
	{
		case XML_ERROR_NO_MEMORY:
			if (!reader->refused)
				out_of_memory();
			fail(reader, DCF_READ_E_SHAPE, "too many different names", offset);
			break;
		case XML_ERROR_NO_ELEMENTS:
		case XML_ERROR_UNCLOSED_TOKEN:
		case XML_ERROR_PARTIAL_CHAR:
		case XML_ERROR_UNCLOSED_CDATA_SECTION:
			fail(reader, DCF_READ_E_CUT,
				 reader->in_record ? "input ended inside a record" :
									 "input ended before its last end tag",
				 reader->fed);
			break;
		case XML_ERROR_JUNK_AFTER_DOC_ELEMENT:
			fail(reader, DCF_READ_E_TRAILING, "something follows the end",
				 offset);
			break;
		default:
			fail(reader, DCF_READ_E_SYNTAX, XML_ErrorString(code), offset);
			break;
	}
}

/* What came of letting expat run. */
static DcfReadStatus
judge(XmlReader *reader, enum XML_Status status)
{
	reader->suspended = status == XML_STATUS_SUSPENDED;
	if (status == XML_STATUS_ERROR)
		note_failure(reader);
	else if (status == XML_STATUS_OK && !reader->ended)
	{
		/* The start of what expat cannot take before it has the end. */
		uint64 offset = event_offset(reader);

		if (reader->fed - offset > MAX_MARKUP)
			fail(reader, DCF_READ_E_SYNTAX, "a tag or comment is too long",
				 offset);
		else if (reader->in_record &&
				 reader->fed - reader->record_start >
					 reader->config->max_record_size)
			fail(reader, DCF_READ_E_TOO_LONG, "a record is too long",
				 reader->record_start);
	}
	if (reader->error.code != DCF_READ_OK)
		return DCF_READ_WRONG;
	return reader->suspended ? DCF_READ_RECORD : DCF_READ_MORE;
}

static DcfReadStatus
resume(XmlReader *reader)
{
	enum XML_Status status;

	running = reader;
	status = XML_ResumeParser(reader->parser);
	running = NULL;
	return judge(reader, status);
}

/*
 * expat knows UTF-16 by its first two bytes, whatever encoding it was told:
 * by a byte order mark, or by a NUL.  None of these is in UTF-8 text.
 */
static bool
begins_utf16(const XmlReader *reader, const char *data, size_t len)
{
	for (size_t i = 0; i < len && reader->fed + i < 2; i++)
	{
		if (data[i] == '\0' || (unsigned char) data[i] >= 0xFE)
			return true;
	}
	return false;
}

static DcfReadStatus
feed(XmlReader *reader, const char *data, size_t len, bool ended)
{
	enum XML_Status status;

	if (begins_utf16(reader, data, len))
	{
		fail(reader, DCF_READ_E_UTF8, "it is not in UTF-8", reader->fed);
		return DCF_READ_WRONG;
	}
	make_room(reader, &reader->text, MAX_MARKUP + len + 1);
	if (reader->nrecords == 0)
		make_room(reader, &reader->names, MAX_MARKUP + len + 1);
	reader->fed += len;
	reader->ended = ended;

	running = reader;
	status = XML_Parse(reader->parser, data, (int) len, ended);
	running = NULL;
	return judge(reader, status);
}

static DcfReadStatus
xml_next(void *self, const char *data, size_t len, size_t *consumed)
{
	XmlReader *reader = self;
	DcfReadStatus status = DCF_READ_MORE;

	*consumed = 0;
	if (reader->error.code != DCF_READ_OK)
		return DCF_READ_WRONG;
	if (reader->suspended)
		status = resume(reader);
	while (status == DCF_READ_MORE && *consumed < len)
	{
		size_t slice = Min(len - *consumed, SLICE);

		status = feed(reader, data + *consumed, slice, false);
		*consumed += slice;
	}
	return status;
}

/* expat may have put off a part of what it was fed, and records with it. */
static DcfReadStatus
xml_finish(void *self)
{
	XmlReader *reader = self;
	DcfReadStatus status = DCF_READ_MORE;

	if (reader->error.code != DCF_READ_OK)
		return DCF_READ_WRONG;
	if (reader->suspended)
		status = resume(reader);
	if (status == DCF_READ_MORE && !reader->ended)
		status = feed(reader, "", 0, true);
	return status == DCF_READ_MORE ? DCF_READ_END : status;
}

static const DcfField *
xml_fields(const void *self)
{
	const XmlReader *reader = self;

	return reader->fields;
}

static int
xml_matched(const void *self)
{
	const XmlReader *reader = self;

	return reader->nmatched;
}

static char *
xml_next_key(const void *self, size_t *pos, size_t *len)
{
	const XmlReader *reader = self;
	char *name;

	if (*pos == reader->names.len)
		return NULL;
	name = pstrdup(reader->names.data + *pos);
	*len = strlen(name);
	*pos += *len + 1;
	return name;
}

static const DcfReadError *
xml_error(const void *self)
{
	const XmlReader *reader = self;

	return &reader->error;
}

/* Fields are kept in a buffer of max_record_size. */
static size_t
xml_record_length(const void *self)
{
	return 0;
}

const DcfFormatRoutine dcf_xml_routine = {
	.name = "XML",
	.keys_in = "first record",
	.shows_cut = true,
	.create = xml_create,
	.start = xml_start,
	.next = xml_next,
	.finish = xml_finish,
	.fields = xml_fields,
	.matched = xml_matched,
	.next_key = xml_next_key,
	.record_length = xml_record_length,
	.error = xml_error,
};

char *
dcf_xml_version(void)
{
	XML_Expat_Version version = XML_ExpatVersionInfo();

	return psprintf("expat %d.%d.%d", version.major, version.minor,
					version.micro);
}
