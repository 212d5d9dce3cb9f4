/*
 * xml_private.h
 *	  What the files of the XML reader share: xml_memory.c (a limit on what expat
 *	  allocates), xml_record.c (elements into records), xml_reader.c (feeding
 *	  expat, and the format's functions).  Only these include expat.h.
 *
 * Plain records are read by core/xml_fast.h, and expat is not fed them: this begins
 * after a record at whose end expat has parsed all that it was fed.  expat knows all
 * their names, so it would accept them, and would be in the same state after them.
 *
 * No function that may raise is called while expat is running.  expat's callbacks copy
 * into buffers allocated beforehand.  These are large enough, because decoded text is
 * never longer than its source, and only a slice of the source is fed at a time.
 */
#ifndef DCF_XML_PRIVATE_H
#define DCF_XML_PRIVATE_H

#include "postgres.h"

#include <expat.h>

#include "core/field.h"
#include "core/key_table.h"
#include "core/xml_fast.h"
#include "reply/format.h"

typedef struct DcfXmlMemory
{
	size_t allocated; /* bytes, by the parser */
	bool refused;	  /* an allocation exceeded the limit */
} DcfXmlMemory;

typedef struct DcfXmlBuffer
{
	char *data;
	size_t len;
	size_t room;
} DcfXmlBuffer;

/* Bytes for the name of records, with its NUL. */
#define DCF_XML_RECORD_NAME 128

typedef struct DcfXmlReader
{
	const DcfFormatConfig *config;
	MemoryContext context; /* in which the reader lives */
	MemoryContextCallback release;
	XML_Parser parser; /* NULL before the first reply */
	DcfXmlMemory memory;
	DcfKeyTable table;
	DcfReadError error;

	/* The input. */
	uint64 fed;		/* bytes of the reply, read by expat or on the fast path */
	uint64 skipped; /* those of them that expat was not fed */
	bool ended;
	bool suspended; /* at the end of a record */

	/* The fast path. */
	bool stepwise; /* never take it; for tests */
	int refused;   /* records in a row that it did not read */
	DcfXmlTags *tags;

	/* Open elements. */
	int depth;		/* 1 in the table, 2 in a record, 3 in a field */
	bool in_record; /* false from depth 2 on: in a schema */
	uint64 nrecords;
	char record_name[DCF_XML_RECORD_NAME]; /* "" before the first */

	/* The record being read, or the current one. */
	uint64 record_start;
	uint64 record_end; /* of the one before; 0: none */
	int key;		   /* index of the field being read, or -1 */
	bool nil;		   /* the field has the attribute nil */
	size_t field_start;
	int nmatched;
	DcfField *fields;
	size_t *starts;		/* offset of each field in text */
	DcfXmlBuffer text;	/* of all fields, decoded */
	bool named;			/* some record had fields */
	DcfXmlBuffer names; /* keys of the first such record, NUL-terminated */
} DcfXmlReader;

/* The allocator that is given to expat. */
extern const XML_Memory_Handling_Suite dcf_xml_memory_suite;

/*
 * Set the account that allocations are charged to from now on; NULL: none.  Needed
 * around each call of expat, because its allocator gets no argument for it.
 */
extern void dcf_xml_memory_use(DcfXmlMemory *memory);

/* Begin a reply: set the new parser's callbacks. */
extern void dcf_xml_record_start(DcfXmlReader *reader);

/*
 * At the end of a reply: whether its records, if none of them had a field, may be rows of
 * NULLs.  Only records of a name seen before: elements of another name could just as
 * well be the fields of one row.
 */
extern bool dcf_xml_record_may_be_empty(const DcfXmlReader *reader);

/* The offset in the reply that expat has reached; it may have been fed more. */
extern uint64 dcf_xml_offset(const DcfXmlReader *reader);

/* Note an error.  Only the first one counts. */
extern void dcf_xml_fail(DcfXmlReader *reader, DcfReadErrorCode code,
						 const char *reason, uint64 offset);

#endif /* DCF_XML_PRIVATE_H */
