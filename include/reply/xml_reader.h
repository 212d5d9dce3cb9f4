/*
 * xml_reader.h
 *	  The format of the service's XML replies, read by expat.
 *
 *		<Table><Record><Column>text</Column>...</Record>...</Table>
 *
 * What holds of all formats is in format.h.  Beyond that:
 *
 *	- Every field is DCF_FIELD_TEXT, the empty one too.  A column without an
 *	  element in a record is absent; an empty element with the attribute
 *	  xsi:nil="true", whatever the prefix, is DCF_FIELD_NULL.  Of an element
 *	  given twice the last counts.  An element that is no key is passed over.
 *	- The names of elements are decoded as in xml_name.h.
 *	- <Schema> elements may stand before or after the records, and are passed
 *	  over.  Records are called as the first other element is ("Record", "Records"
 *	  and "Table1" are seen in public programs), all of them alike.
 *	- A declaration of encoding="utf-16" does not count: .NET's StringWriter
 *	  writes it in front of what is sent as UTF-8.
 *
 * Refused are: any document type declaration (and with it all entities but
 * the five of XML), another encoding than UTF-8, another element around the
 * records, other elements beside them, records of a name not seen before none
 * of which has a field, elements inside a field, text outside of fields, a tag
 * or comment of more than 64 kB, a record of more than max_record_size, so many
 * different names that expat would take much memory, and whatever expat does not
 * take for well-formed.
 */
#ifndef DCF_XML_READER_H
#define DCF_XML_READER_H

#include "reply/format.h"

extern const DcfFormatRoutine dcf_xml_routine;

/* For dataconnect_version(): the library that serves us, palloc'd. */
extern char *dcf_xml_version(void);

#endif /* DCF_XML_READER_H */
