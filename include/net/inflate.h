/*
 * inflate.h
 *	  Decompression of a reply's body, which also checks that it is complete.
 *
 * Supports gzip (RFC 1952; one or more members, with zeros behind the last) and
 * deflate.  In HTTP, deflate means zlib's format (RFC 1950), but some servers
 * leave zlib's wrapper out (RFC 1951); both are accepted.
 *
 * Pure C over zlib or ISA-L: no I/O, no allocation, no globals, no PostgreSQL.
 */
#ifndef DCF_INFLATE_H
#define DCF_INFLATE_H

#include <stdbool.h>
#include <stddef.h>

typedef enum DcfInflateFormat
{
	DCF_INFLATE_GZIP,
	DCF_INFLATE_DEFLATE,
	DCF_INFLATE_NONE /* of a body that is not compressed; not for this module */
} DcfInflateFormat;

/* Both accept and reject the same data; ISA-L is faster. */
typedef enum DcfInflateLibrary
{
	DCF_INFLATE_ZLIB,
	DCF_INFLATE_ISAL /* only if DCF_HAVE_ISAL is defined */
} DcfInflateLibrary;

#ifdef DCF_HAVE_ISAL
#define DCF_INFLATE_BEST DCF_INFLATE_ISAL
#else
#define DCF_INFLATE_BEST DCF_INFLATE_ZLIB
#endif

typedef struct DcfInflate DcfInflate;

/* Bytes of memory, aligned as by malloc, that dcf_inflate_init() needs. */
extern size_t dcf_inflate_size(DcfInflateLibrary library);

/* Begin a stream in memory of dcf_inflate_size() bytes.  Nothing to release. */
extern DcfInflate *dcf_inflate_init(void *memory, DcfInflateLibrary library,
									DcfInflateFormat format);

/*
 * Decompress from in[0 .. *inlen) to out[0 .. *outlen), until the input is used
 * up or the output is full.  Both lengths become the number of bytes used.
 * Returns NULL, or what is wrong with the input: a static text that follows "is"
 * ("not valid").  Not to be called again after that.
 */
extern const char *dcf_inflate_run(DcfInflate *self, const char *in,
								   size_t *inlen, char *out, size_t *outlen);

/* Whether the input so far ends at the end of a stream, with its check sum. */
extern bool dcf_inflate_ended(const DcfInflate *self);

/* The library's name, "ISA-L" or "zlib", and its release; static. */
extern const char *dcf_inflate_name(DcfInflateLibrary library);
extern const char *dcf_inflate_version(DcfInflateLibrary library);

#endif /* DCF_INFLATE_H */
