/*
 * url.h
 *	  Query strings: encoding, decoding and walking.
 *
 * Pure C: no I/O, no allocation, no PostgreSQL.  Lengths are in bytes.
 */
#ifndef DCF_URL_H
#define DCF_URL_H

#include <stdbool.h>
#include <stddef.h>

typedef struct DcfSpan
{
	const char *data;
	size_t len;
} DcfSpan;

/*
 * Percent-encode for use as a name or value in a query string or a form body.
 * Only unreserved characters (RFC 3986) and ':' stay as they are; a space
 * becomes %20, which forms understand as well as '+'.  Writes at most size
 * bytes, no NUL, and returns the length of the whole result, so a return
 * value above size means that it was cut.
 */
extern size_t dcf_url_encode(const char *src, size_t len, char *dst,
							 size_t size);

/*
 * Decode %XX and, as forms do, '+'.  dst has room for len bytes.  Returns
 * false, and leaves *dstlen unset, for a '%' without two hexadecimal digits.
 */
extern bool dcf_url_decode(const char *src, size_t len, char *dst,
						   size_t *dstlen);

/*
 * Walk the pairs of "a=1&b=2".  *pos starts at 0.  name and value are spans of
 * query, still encoded; where there is no '=', value is empty and begins where
 * name ends.  Empty pieces between two '&' are passed over.  False after the
 * last pair.
 */
extern bool dcf_url_next_pair(const char *query, size_t len, size_t *pos,
							  DcfSpan *name, DcfSpan *value);

#endif /* DCF_URL_H */
