/*
 * xml_reader.c
 *	  The XML format, by expat's push parser.  See xml_reader.h.
 *
 * expat buffers what it was fed and has not parsed, so all bytes fed are consumed.
 * Where the fast path may go on, expat is fed one record at a time, up to its end.
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "reply/xml_reader.h"
#include "xml_private.h"

/*
 * Weak, and declared here, because no version says whether expat has it, and an update
 * may add it after this was built.
 */
XMLPARSEAPI(XML_Bool)
XML_SetReparseDeferralEnabled(XML_Parser parser, XML_Bool enabled)
	__attribute__((weak));

/* The most bytes fed at a time. */
#define SLICE (32 * 1024)

/*
 * The longest tag or comment in bytes.  For each slice, expat buffers an unfinished one
 * and parses it again from its start.
 */
#define MAX_MARKUP (64 * 1024)

/* The longest unfinished record that waits for more bytes to be read at once. */
#define MAX_WAITING (16 * 1024)

/* After that many records in a row that were not plain, expat is fed several. */
#define MANY_REFUSED 4

/*
 * A memory-context reset callback; also ends the reply before.  expat accepts
 * that there is no parser yet.
 */
static void
free_parser(void *arg)
{
	DcfXmlReader *reader = arg;

	dcf_xml_memory_use(&reader->memory);
	XML_ParserFree(reader->parser);
	dcf_xml_memory_use(NULL);
	reader->parser = NULL;
}

/*
 * The parser is created for each reply by xml_start(), and the buffers grow at
 * need in feed(), because nothing may be allocated while expat is running.
 */
static void *
xml_create(const DcfFormatConfig *config)
{
	DcfXmlReader *reader = palloc0(sizeof(DcfXmlReader));
	int size = Max(config->nkeys, 1);

	reader->config = config;
	reader->context = CurrentMemoryContext;
	reader->fields = palloc0(sizeof(DcfField) * size);
	reader->starts = palloc(sizeof(size_t) * size);
	reader->tags = palloc(sizeof(DcfXmlTags));
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

/*
 * expat 2.6, and Debian's 2.5 with the fix of CVE-2023-52425, delay parsing an
 * unfinished tag or comment again until twice as much of it has been fed.
 * check_parsed() would then take it for too long.
 */
static void
disable_reparse_deferral(XML_Parser parser)
{
	if (XML_SetReparseDeferralEnabled)
		(void) XML_SetReparseDeferralEnabled(parser, XML_FALSE);
}

static void
xml_start(void *self)
{
	DcfXmlReader *reader = self;

	free_parser(reader);
	reader->memory.refused = false;
	dcf_xml_memory_use(&reader->memory);
	/* Overrides the declared encoding, which take_declaration() checks. */
	reader->parser = XML_ParserCreate_MM("UTF-8", &dcf_xml_memory_suite, NULL);
	dcf_xml_memory_use(NULL);
	if (reader->parser == NULL)
		out_of_memory();
	disable_reparse_deferral(reader->parser);
	dcf_xml_record_start(reader);
	reader->fed = 0;
	reader->skipped = 0;
	reader->refused = 0;
	reader->ended = false;
	reader->suspended = false;
}

/* Make sure that len more bytes fit into the buffer. */
static void
make_room(DcfXmlReader *reader, DcfXmlBuffer *buffer, size_t len)
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

/*
 * Note expat's error.  One that a callback noted before stays the first: expat
 * reports the stop that followed as an error of its own.
 */
static void
note_expat_error(DcfXmlReader *reader)
{
	enum XML_Error code = XML_GetErrorCode(reader->parser);
	uint64 offset = dcf_xml_offset(reader);

	switch (code)
	{
		case XML_ERROR_NO_MEMORY:
			if (!reader->memory.refused)
				out_of_memory();
			dcf_xml_fail(reader, DCF_READ_E_SHAPE, "too many different names",
						 offset);
			break;
		case XML_ERROR_NO_ELEMENTS:
		case XML_ERROR_UNCLOSED_TOKEN:
		case XML_ERROR_PARTIAL_CHAR:
		case XML_ERROR_UNCLOSED_CDATA_SECTION:
			dcf_xml_fail(reader, DCF_READ_E_CUT,
						 reader->in_record ?
							 "input ended inside a record" :
							 "input ended before its last end tag",
						 reader->fed);
			break;
		case XML_ERROR_JUNK_AFTER_DOC_ELEMENT:
			dcf_xml_fail(reader, DCF_READ_E_TRAILING,
						 "something follows the end", offset);
			break;
		default:
			dcf_xml_fail(reader, DCF_READ_E_SYNTAX, XML_ErrorString(code),
						 offset);
			break;
	}
}

/* After expat has run: check its status, and limits that it does not know. */
static DcfReadStatus
check_parsed(DcfXmlReader *reader, enum XML_Status status)
{
	reader->suspended = status == XML_STATUS_SUSPENDED;
	if (status == XML_STATUS_ERROR)
		note_expat_error(reader);
	else if (status == XML_STATUS_OK && !reader->ended)
	{
		/* The start of the unfinished tag, comment or text. */
		uint64 offset = dcf_xml_offset(reader);

		if (reader->fed - offset > MAX_MARKUP)
			dcf_xml_fail(reader, DCF_READ_E_SYNTAX,
						 "a tag or comment is too long", offset);
		else if (reader->in_record &&
				 reader->fed - reader->record_start >
					 reader->config->max_record_size)
			dcf_xml_fail(reader, DCF_READ_E_TOO_LONG, "a record is too long",
						 reader->record_start);
	}
	if (reader->error.code != DCF_READ_OK)
		return DCF_READ_WRONG;
	return reader->suspended ? DCF_READ_RECORD : DCF_READ_MORE;
}

/* Resume the parser, which is suspended at the end of each record. */
static DcfReadStatus
resume_parser(DcfXmlReader *reader)
{
	enum XML_Status status;

	if (reader->error.code != DCF_READ_OK)
		return DCF_READ_WRONG;
	if (!reader->suspended)
		return DCF_READ_MORE;
	dcf_xml_memory_use(&reader->memory);
	status = XML_ResumeParser(reader->parser);
	dcf_xml_memory_use(NULL);
	return check_parsed(reader, status);
}

/*
 * expat detects UTF-16 by the first two bytes, whatever encoding it was given: by a byte
 * order mark or by a NUL.  Neither occurs in UTF-8 text.
 */
static bool
begins_utf16(const DcfXmlReader *reader, const char *data, size_t len)
{
	for (size_t i = 0; i < len && reader->fed + i < 2; i++)
	{
		if (data[i] == '\0' || (unsigned char) data[i] >= 0xFE)
			return true;
	}
	return false;
}

/*
 * Feed expat, after making room for all that its callbacks may copy: this
 * slice and the unfinished markup before it, which check_parsed() limits.
 */
static DcfReadStatus
feed(DcfXmlReader *reader, const char *data, size_t len, bool ended)
{
	enum XML_Status status;

	if (begins_utf16(reader, data, len))
	{
		dcf_xml_fail(reader, DCF_READ_E_UTF8, "it is not in UTF-8",
					 reader->fed);
		return DCF_READ_WRONG;
	}
	make_room(reader, &reader->text, MAX_MARKUP + len + 1);
	if (!reader->named)
		make_room(reader, &reader->names, MAX_MARKUP + len + 1);
	reader->fed += len;
	reader->ended = ended;

	dcf_xml_memory_use(&reader->memory);
	status = XML_Parse(reader->parser, data, (int) len, ended);
	dcf_xml_memory_use(NULL);
	return check_parsed(reader, status);
}

/*
 * Whether the fast path may read on: expat is suspended after a record, and has
 * parsed all that it was fed.
 */
static bool
may_be_fast(const DcfXmlReader *reader)
{
	return reader->suspended && reader->record_end == reader->fed &&
		reader->named && reader->error.code == DCF_READ_OK &&
		!reader->stepwise;
}

/* Decode the fields that need it; their spans have so many bytes together. */
static void
decode_fields(DcfXmlReader *reader, size_t len)
{
	DcfXmlBuffer *text = &reader->text;

	text->len = 0;
	make_room(reader, text, len);
	for (int i = 0; i < reader->config->nkeys; i++)
	{
		DcfField *field = &reader->fields[i];
		char *decoded = text->data + text->len;

		if (!field->escaped)
			continue;
		field->len = dcf_xml_fast_decode(field->data, field->len, decoded);
		field->data = decoded;
		field->escaped = false;
		text->len += field->len;
	}
}

/* Read a record on the fast path. */
static DcfXmlFastStatus
read_fast(DcfXmlReader *reader, const char *data, size_t len, size_t *consumed)
{
	DcfXmlFastRecord record;
	DcfXmlFastStatus status =
		dcf_xml_fast_read(reader->tags, data, len, reader->fields,
						  reader->config->nkeys, &record);

	if (status != DCF_XML_FAST_RECORD)
		return status;
	/* expat is to refuse it. */
	if (record.end - record.start > reader->config->max_record_size)
		return DCF_XML_FAST_OTHER;
	if (record.escaped > 0)
		decode_fields(reader, record.escaped);
	reader->nmatched = record.nmatched;
	reader->nrecords++;
	reader->fed += record.end;
	reader->skipped += record.end;
	reader->record_end = reader->fed;
	*consumed += record.end;
	return DCF_XML_FAST_RECORD;
}

/*
 * How many bytes to feed expat: up to the end of a record, where the fast path
 * may go on.  After many records that it did not read, several at once.
 */
static size_t
slice_length(const DcfXmlReader *reader, const char *data, size_t len)
{
	size_t name_len = strlen(reader->record_name);
	size_t most = Min(len, SLICE);
	const char *end = data + most;
	const char *p = data;

	if (reader->stepwise || name_len == 0)
		return most;
	if (reader->refused > MANY_REFUSED)
		p += Min(most, (size_t) 512 << Min(reader->refused - MANY_REFUSED, 6));
	while ((p = memchr(p, '<', (size_t) (end - p))) != NULL)
	{
		p++;
		if ((size_t) (end - p) < name_len + 2)
			break;
		if (p[0] == '/' && memcmp(p + 1, reader->record_name, name_len) == 0 &&
			p[1 + name_len] == '>')
			return (size_t) (p + name_len + 2 - data);
	}
	return most;
}

/* Read on; ended: no more bytes will come. */
static DcfReadStatus
read_on(DcfXmlReader *reader, const char *data, size_t len, bool ended,
		size_t *consumed)
{
	DcfReadStatus status = DCF_READ_MORE;

	*consumed = 0;
	while (status == DCF_READ_MORE)
	{
		const char *rest = data + *consumed;
		size_t left = len - *consumed;
		size_t slice;

		if (may_be_fast(reader))
		{
			DcfXmlFastStatus fast = read_fast(reader, rest, left, consumed);

			if (fast == DCF_XML_FAST_RECORD)
			{
				reader->refused = 0;
				return DCF_READ_RECORD;
			}
			if (fast == DCF_XML_FAST_MORE && !ended &&
				left <= Min(MAX_WAITING, reader->config->max_record_size / 2))
				return DCF_READ_MORE;
			if (fast == DCF_XML_FAST_OTHER &&
				reader->refused < 2 * MANY_REFUSED + 6)
				reader->refused++;
		}
		status = resume_parser(reader);
		if (status != DCF_READ_MORE || left == 0)
			break;
		slice = slice_length(reader, rest, left);
		status = feed(reader, rest, slice, false);
		*consumed += slice;
	}
	return status;
}

static DcfReadStatus
xml_next(void *self, const char *data, size_t len, size_t *consumed)
{
	return read_on(self, data, len, false, consumed);
}

/* expat may not have parsed all that it was fed, so there may be more records. */
static DcfReadStatus
xml_finish(void *self, const char *data, size_t len, size_t *consumed)
{
	DcfXmlReader *reader = self;
	DcfReadStatus status = read_on(reader, data, len, true, consumed);

	if (status == DCF_READ_MORE && !reader->ended)
		status = feed(reader, "", 0, true);
	if (status != DCF_READ_MORE)
		return status;
	if (!dcf_xml_record_may_be_empty(reader))
	{
		dcf_xml_fail(reader, DCF_READ_E_SHAPE,
					 "elements of an unknown name, none of which has fields",
					 reader->fed);
		return DCF_READ_WRONG;
	}
	return DCF_READ_END;
}

static const DcfField *
xml_fields(const void *self)
{
	const DcfXmlReader *reader = self;

	return reader->fields;
}

static int
xml_matched(const void *self)
{
	const DcfXmlReader *reader = self;

	return reader->nmatched;
}

/* The keys that begin_field() kept: those of the first record with fields. */
static char *
xml_next_key(const void *self, size_t *pos, size_t *len)
{
	const DcfXmlReader *reader = self;
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
	const DcfXmlReader *reader = self;

	return &reader->error;
}

/* The reader enforces max_record_size itself. */
static size_t
xml_record_length(const void *self)
{
	return 0;
}

const DcfFormatRoutine dcf_xml_routine = {
	.name = "XML",
	.keys_in = "first record",
	.shows_cut = true,
	.leaves_nulls_out = true,
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
