/*
 * xml_name.h
 *	  Names of columns as names of XML elements.
 *
 * Pure C: no I/O, no allocation, no PostgreSQL.
 */
#ifndef DCF_XML_NAME_H
#define DCF_XML_NAME_H

#include <stddef.h>

/*
 * Decode an element's name (UTF-8) as .NET's XmlConvert.DecodeName does:
 * _xHHHH_ and _xHHHHHHHH_ stand for the character with that number, two of
 * _xHHHH_ for one beyond U+FFFF.  What no UTF-8 text can have stays as it is:
 * U+0000, a surrogate alone, a number beyond U+10FFFF.  dst has room for len
 * bytes (the result is never longer); returns the result's length.
 */
extern size_t dcf_xml_decode_name(const char *src, size_t len, char *dst);

#endif /* DCF_XML_NAME_H */
