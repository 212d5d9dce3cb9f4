/*
 * xml_fast.h
 *	  The fast path of the XML reader: a plain record that is in the buffer as a
 *	  whole, in one pass.
 *
 * A plain record is an element with at least one field.  It has no attributes,
 * and its fields have only text: characters in UTF-8 and the five predefined
 * entities.  All names are ones that an XML parser has accepted before, in the
 * same reply.  Anything else, which includes every error, is left to that parser.
 *
 * Pure C: no I/O, no allocation, no globals, no PostgreSQL.
 */
#ifndef DCF_XML_FAST_H
#define DCF_XML_FAST_H

#include "core/field.h"

/* More than PostgreSQL's columns: a reply may have fields that no column reads. */
#define DCF_XML_TAGS	  2048
#define DCF_XML_TAG_SIZE  128
#define DCF_XML_TAG_SLOTS (DCF_XML_TAGS * 4) /* a power of two */

typedef struct DcfXmlTag
{
	uint16_t len;				 /* of text */
	uint16_t next;				 /* the tag that followed last time, or 0 */
	int key;					 /* the wanted key that it has, or -1 */
	char text[DCF_XML_TAG_SIZE]; /* the name and '>', then zeroes */
} DcfXmlTag;

/*
 * The names of a reply's fields.  Tag 0 is that of the records; its next is the
 * first field.
 */
typedef struct DcfXmlTags
{
	uint16_t n;						   /* fields are 1 .. n */
	uint16_t slots[DCF_XML_TAG_SLOTS]; /* a tag, or 0 */
	DcfXmlTag tags[DCF_XML_TAGS + 1];  /* not initialized beyond n */
} DcfXmlTags;

typedef enum DcfXmlFastStatus
{
	DCF_XML_FAST_RECORD, /* read */
	DCF_XML_FAST_MORE,	 /* the buffer ends before the record */
	DCF_XML_FAST_OTHER	 /* not a plain record */
} DcfXmlFastStatus;

/* A record that was read, with the white space before it. */
typedef struct DcfXmlFastRecord
{
	size_t start;	/* offset of its start tag in the buffer */
	size_t end;		/* offset of the byte after it */
	size_t escaped; /* bytes of all fields that must be decoded */
	int nmatched;	/* wanted keys that it has */
} DcfXmlFastRecord;

/* Begin a reply; the name of its records, without a NUL, is still unknown. */
extern void dcf_xml_fast_begin(DcfXmlTags *tags);

/* The name of the records is known.  Without this, no record is plain. */
extern void dcf_xml_fast_set_record(DcfXmlTags *tags, const char *name,
									size_t len);

/*
 * Remember the name of a field as it is written, if there is room; key: the
 * wanted key that it has, or -1.
 */
extern void dcf_xml_fast_learn(DcfXmlTags *tags, const char *name, size_t len,
							   int key);

/*
 * Read the next record in the buffer, which begins after another record.  Fields
 * are spans of the buffer; one that is escaped must be decoded by
 * dcf_xml_fast_decode().  For any other status, only the fields have changed.
 */
extern DcfXmlFastStatus dcf_xml_fast_read(DcfXmlTags *tags, const char *data,
										  size_t len, DcfField *fields,
										  int nfields,
										  DcfXmlFastRecord *record);

/*
 * Decode the text of an escaped field, which is still in the buffer: entities and
 * line ends.  dst has room for len bytes, which the result never exceeds; returns
 * its length.
 */
extern size_t dcf_xml_fast_decode(const char *src, size_t len, char *dst);

#endif /* DCF_XML_FAST_H */
