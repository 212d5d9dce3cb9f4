/*
 * url.h *	  Query strings: encoding, decoding, and iterating over their pairs.
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
 * Percent-encode a name or value of a query string or a form body.  Only
 * unreserved characters (RFC 3986) and ':' are left; a space becomes %20, which
 * is as good as '+' in a form.  Writes at most size bytes, without NUL, and
 * returns the length of the whole result: if that exceeds size, it was cut.
 */
extern size_t dcf_url_encode(const char *src, size_t len, char *dst,
							 size_t size);

/*
 * Decode %XX, and '+' to a space as in forms.  dst has room for len bytes.
 * Returns false, and leaves *dstlen alone, for a '%' without two hexadecimal
 * digits.
 */
extern bool dcf_url_decode(const char *src, size_t len, char *dst,
						   size_t *dstlen);

/*
 * Iterate over the pairs of "a=1&b=2".  *pos starts at 0.  name and value are set
 * to spans of query, still encoded; without a '=', value is empty and begins
 * where name ends.  Empty pairs are skipped.  Returns false after the last pair.
 */
extern bool dcf_url_next_pair(const char *query, size_t len, size_t *pos,
							  DcfSpan *name, DcfSpan *value);

#endif /* DCF_URL_H */
