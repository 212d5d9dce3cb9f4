/*
 * xml_judge.h
 *	  Reading a document with the XML reader, in pieces of any size, with and
 *	  without its fast path.  For the unit tests and the fuzzer.
 *
 * The reader is compiled into the program, with stand-ins for the few functions
 * of PostgreSQL that it calls.
 */
#ifndef XML_JUDGE_H
#define XML_JUDGE_H

#include <stdarg.h>

#include "reply/xml_memory.c"
#include "reply/xml_reader.c"
#include "reply/xml_record.c"

#include "document.h"

/* Not those of PostgreSQL. */
#undef printf
#undef fprintf
#undef vprintf

MemoryContext CurrentMemoryContext = NULL;
static MemoryContextCallback *release_callback;

/* What palloc() returned, to be freed together. */
static void *blocks[64];
static int nblocks;

static void *
keep(void *block)
{
	if (nblocks == lengthof(blocks))
		abort();
	return blocks[nblocks++] = block;
}

void *
palloc(Size size)
{
	return keep(malloc(size));
}

void *
palloc0(Size size)
{
	return keep(calloc(1, size));
}

void *
MemoryContextAllocHuge(MemoryContext context, Size size)
{
	(void) context;
	return keep(malloc(size));
}

void *
repalloc_huge(void *pointer, Size size)
{
	for (int i = 0; i < nblocks; i++)
		if (blocks[i] == pointer)
			return blocks[i] = realloc(pointer, size);
	abort();
}

char *
pstrdup(const char *in)
{
	return keep(strdup(in));
}

char *
psprintf(const char *fmt, ...)
{
	return pstrdup(fmt);
}

void
MemoryContextRegisterResetCallback(MemoryContext context,
								   MemoryContextCallback *cb)
{
	(void) context;
	release_callback = cb;
}

int
pg_strcasecmp(const char *s1, const char *s2)
{
	return strcasecmp(s1, s2);
}

/* The reader raises only "out of memory". */
bool
errstart(int elevel, const char *domain)
{
	(void) elevel;
	(void) domain;
	abort();
}

bool
errstart_cold(int elevel, const char *domain)
{
	return errstart(elevel, domain);
}

int
errcode(int sqlerrcode)
{
	return sqlerrcode;
}

int
errmsg(const char *fmt, ...)
{
	(void) fmt;
	return 0;
}

int
errdetail(const char *fmt, ...)
{
	(void) fmt;
	return 0;
}

void
errfinish(const char *filename, int lineno, const char *funcname)
{
	(void) filename;
	(void) lineno;
	(void) funcname;
	abort();
}

/* The result of reading a document. */
typedef struct Reading
{
	bool accepted;
	DcfReadError error;
	Text records;	  /* the fields of each */
	Text names;		  /* keys of the first record with fields */
	Text progress;	  /* number of records after each piece */
	uint64_t skipped; /* bytes read on the fast path */
	const char *problem;
} Reading;

static void
reading_free(Reading *reading)
{
	free(reading->records.data);
	free(reading->names.data);
	free(reading->progress.data);
}

static void
note_record(Reading *reading, const DcfXmlReader *reader)
{
	const DcfField *fields = dcf_xml_routine.fields(reader);
	int nfound = 0;

	for (int i = 0; i < reader->config->nkeys; i++)
	{
		const DcfField *field = &fields[i];

		if (field->kind == DCF_FIELD_ABSENT)
			text_add_string(&reading->records, "-");
		else if (field->kind == DCF_FIELD_NULL)
			text_add_string(&reading->records, "null");
		else
		{
			text_add_string(&reading->records, "'");
			text_add(&reading->records, field->data, field->len);
			text_add_string(&reading->records, "'");
		}
		text_add_string(&reading->records, ";");
		nfound += field->kind != DCF_FIELD_ABSENT;
		if (field->escaped)
			reading->problem = "a field is not decoded";
	}
	text_add_string(&reading->records, "\n");
	if (nfound != dcf_xml_routine.matched(reader))
		reading->problem = "the number of fields is not that of matched keys";
}

static void
note_names(Reading *reading, const DcfXmlReader *reader)
{
	size_t pos = 0;
	size_t len;
	char *name;

	text_add_string(&reading->names, "");
	/* Those of an unfinished record are of no use. */
	while (reader->named &&
		   (name = dcf_xml_routine.next_key(reader, &pos, &len)) != NULL)
	{
		text_add(&reading->names, name, len + 1);
		free(name);
		nblocks--;
	}
}

/* Give the reader a buffer until it wants more; *start moves on. */
static DcfReadStatus
give(Reading *reading, DcfXmlReader *reader, const char *doc, size_t *start,
	 size_t end, bool ended)
{
	size_t len = end - *start;
	char *block = malloc(len);
	const char *buffer = block;
	DcfReadStatus status;

	if (len > 0)
		memcpy(block, doc + *start, len);
	do
	{
		size_t consumed;

		status = ended ?
			dcf_xml_routine.finish(reader, buffer, len, &consumed) :
			dcf_xml_routine.next(reader, buffer, len, &consumed);
		if (consumed > len)
		{
			reading->problem = "consumed more than there was";
			break;
		}
		if (status == DCF_READ_RECORD)
			note_record(reading, reader);
		buffer += consumed;
		len -= consumed;
		*start += consumed;
	} while (status == DCF_READ_RECORD);
	free(block);
	return status;
}

/* Read a document.  Each buffer is allocated with exactly its size. */
static Reading
read_document(const char *doc, size_t len, const DcfFormatConfig *config,
			  Cuts cuts, bool stepwise)
{
	Reading reading = {0};
	DcfXmlReader *reader = dcf_xml_routine.create(config);
	DcfReadStatus status = DCF_READ_MORE;
	size_t start = 0;
	size_t given = 0;

	dcf_xml_routine.start(reader);
	reader->stepwise = stepwise;
	text_add_string(&reading.records, "");
	while (given < len && status == DCF_READ_MORE && reading.problem == NULL)
	{
		given += next_piece(&cuts, given, len - given);
		status = give(&reading, reader, doc, &start, given, false);
		text_add(&reading.progress, &reader->nrecords, sizeof(uint64));
	}
	if (status == DCF_READ_MORE)
		status = give(&reading, reader, doc, &start, given, true);
	reading.accepted = status == DCF_READ_END;
	reading.error = *dcf_xml_routine.error(reader);
	if (reading.accepted == (status == DCF_READ_WRONG) ||
		reading.accepted != (reading.error.code == DCF_READ_OK))
		reading.problem = "the last status and the error do not agree";
	if (reading.accepted && start != len)
		reading.problem = "not all bytes are consumed";
	reading.skipped = reader->skipped;
	note_names(&reading, reader);
	release_callback->func(release_callback->arg);
	while (nblocks > 0)
		free(blocks[--nblocks]);
	return reading;
}

static bool
same_reading(const Reading *one, const Reading *other)
{
	return one->accepted == other->accepted &&
		one->error.code == other->error.code &&
		(one->error.reason == other->error.reason ||
		 strcmp(one->error.reason, other->error.reason) == 0) &&
		one->error.offset == other->error.offset &&
		one->error.record == other->error.record &&
		text_is(&one->names, &other->names) &&
		text_is(&one->records, &other->records);
}

#endif /* XML_JUDGE_H */
