/*
 * xml_reader.h
 *	  The format of the service's XML replies, read by expat.
 *
 *		<Table><Record><Column>text</Column>...</Record>...</Table>
 *
 * format.h has what is true for all formats.  In XML:
 *
 *	- Every field is DCF_FIELD_TEXT, also an empty one.  A column without an element in a
 *	  record is absent.  An empty element with the attribute nil="true" (with any prefix,
 *	  usually xsi) is DCF_FIELD_NULL.  If a record has an element twice, the last one
 *	  counts.  Elements that are no key are skipped.
 *	- Names of elements are decoded as in xml_name.h.
 *	- <Schema> elements before or after the records are skipped.  The first other element
 *	  sets the name of all records ("Record", "Records" and "Table1" are seen in public
 *	  programs).
 *	- A declaration of encoding="utf-16" is ignored: .NET's StringWriter writes it in
 *	  front of text that is sent as UTF-8.
 *
 * Refused are: a document type declaration, and so all entities but the five of XML; an
 * encoding other than UTF-8; an outermost element other than <Table>; other elements
 * beside the records; records of an unknown name none of which has a field; elements
 * inside a field; text outside of fields; a tag or comment longer than 64 kB; a record
 * longer than max_record_size; so many different names that expat would need more than
 * 4 MB; and everything that expat finds not well-formed.
 */
#ifndef DCF_XML_READER_H
#define DCF_XML_READER_H

#include "reply/format.h"

extern const DcfFormatRoutine dcf_xml_routine;

/* The version of expat, palloc'd, for dataconnect_version(). */
extern char *dcf_xml_version(void);

#endif /* DCF_XML_READER_H */
