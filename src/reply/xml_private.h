/*
 * xml_private.h
 *	  What the files of the XML reader share: xml_memory.c (a limit on what expat
 *	  allocates), xml_record.c (elements into records), xml_reader.c (feeding
 *	  expat, and the format's functions).  Only these include expat.h.
 *
 * Nothing that raises may be called while expat is running: its callbacks
 * copy into buffers made beforehand.  These are large enough because text, once
 * decoded, is never longer than its source, and of the source only so many bytes
 * are fed at a time.
 */
#ifndef DCF_XML_PRIVATE_H
#define DCF_XML_PRIVATE_H

#include "postgres.h"

#include <expat.h>

#include "core/field.h"
#include "core/key_table.h"
#include "reply/format.h"

typedef struct DcfXmlMemory
{
	size_t allocated; /* by the parser */
	bool refused;	  /* it wanted too much */
} DcfXmlMemory;

typedef struct DcfXmlBuffer
{
	char *data;
	size_t len;
	size_t room;
} DcfXmlBuffer;

/* The longest name that records may have, with a NUL behind it. */
#define DCF_XML_RECORD_NAME 128

typedef struct DcfXmlReader
{
	const DcfFormatConfig *config;
	MemoryContext context; /* where this lives */
	MemoryContextCallback release;
	XML_Parser parser; /* NULL before the first reply */
	DcfXmlMemory memory;
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
	char record_name[DCF_XML_RECORD_NAME]; /* "" before the first */

	/* The record being read, or the current one. */
	uint64 record_start;
	int key; /* whose field is being read, or -1 */
	bool nil;
	size_t field_start;
	int nmatched;
	DcfField *fields;
	size_t *starts;		/* of each field's text */
	DcfXmlBuffer text;	/* of all fields, decoded */
	bool named;			/* a record has ended that had fields */
	DcfXmlBuffer names; /* of the first such record, each with a NUL behind
						 * it */
} DcfXmlReader;

/* What expat allocates with. */
extern const XML_Memory_Handling_Suite dcf_xml_memory_suite;

/*
 * Say whose parser runs from here on; NULL: none.  expat does not say for whom
 * it allocates.
 */
extern void dcf_xml_memory_use(DcfXmlMemory *memory);

/* Begin a reply with a new parser, which calls xml_record.c from then on. */
extern void dcf_xml_record_start(DcfXmlReader *reader);

/*
 * The reply has ended: whether its records, if none of them had a field, may be
 * rows of NULLs.  Elements of any name might as well be fields of a single row.
 */
extern bool dcf_xml_record_may_be_empty(const DcfXmlReader *reader);

/* Where in the input expat is; it may have been fed more. */
extern uint64 dcf_xml_offset(const DcfXmlReader *reader);

/* Note the first error; nothing after it counts. */
extern void dcf_xml_fail(DcfXmlReader *reader, DcfReadErrorCode code,
						 const char *reason, uint64 offset);

#endif /* DCF_XML_PRIVATE_H */
