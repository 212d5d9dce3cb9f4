/*
 * http_date.h
 *	  Dates in headers of HTTP, and in certificates.
 *
 * Pure C.  Results are Unix times in seconds.
 */
#ifndef DCF_HTTP_DATE_H
#define DCF_HTTP_DATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Parse an HTTP date in any of the three forms of RFC 9110 (whether the day of the
 * week fits the date is not checked).  now, a Unix time, tells the century of a
 * year with two digits.  Returns false, and leaves *seconds alone, for anything
 * else.  White space around the value is skipped.
 */
extern bool dcf_http_date_parse(const char *value, size_t len, int64_t now,
								int64_t *seconds);

/*
 * The same for the end of a certificate as TLS libraries write it:
 * "Nov  6 08:49:37 2026 GMT" (OpenSSL), "2026-11-06 08:49:37 GMT" (the others).
 */
extern bool dcf_http_date_parse_certificate(const char *value, size_t len,
											int64_t *seconds);

#endif /* DCF_HTTP_DATE_H */
