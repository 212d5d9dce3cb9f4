/*
 * xml_name.h
 *	  Decoding the names of XML elements to names of columns.
 *
 * Pure C: no I/O, no allocation, no PostgreSQL.
 */
#ifndef DCF_XML_NAME_H
#define DCF_XML_NAME_H

#include <stddef.h>

/*
 * Decode an element's name (UTF-8) like .NET's XmlConvert.DecodeName: _xHHHH_ and
 * _xHHHHHHHH_ stand for the character with that code point, two _xHHHH_ with
 * surrogates for one beyond U+FFFF.  Escapes that UTF-8 text cannot contain
 * (U+0000, a lone surrogate, a number beyond U+10FFFF) are copied unchanged.  dst
 * has room for len bytes, which the result never exceeds; returns the result's
 * length.
 */
extern size_t dcf_xml_decode_name(const char *src, size_t len, char *dst);

#endif /* DCF_XML_NAME_H */
