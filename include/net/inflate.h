/*
 * inflate.h
 *	  Decompressing a reply's body, and being sure that all of it was there.
 *
 * gzip (RFC 1952, one or more members, zeros behind the last) and deflate, which in HTTP means zlib's
 * format (RFC 1950) but is sent by some servers without its wrapper.
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
	DCF_INFLATE_DEFLATE
} DcfInflateFormat;

/* Both take and refuse the same; ISA-L is the faster one. */
typedef enum DcfInflateLibrary
{
	DCF_INFLATE_ZLIB,
	DCF_INFLATE_ISAL /* where DCF_HAVE_ISAL is defined */
} DcfInflateLibrary;

#ifdef DCF_HAVE_ISAL
#define DCF_INFLATE_BEST DCF_INFLATE_ISAL
#else
#define DCF_INFLATE_BEST DCF_INFLATE_ZLIB
#endif

typedef struct DcfInflate DcfInflate;

/* Bytes of memory, aligned as by malloc, that dcf_inflate_init() needs. */
extern size_t dcf_inflate_size(DcfInflateLibrary library);

/* Begin in memory of dcf_inflate_size() bytes; nothing to release. */
extern DcfInflate *dcf_inflate_init(void *memory, DcfInflateLibrary library,
									DcfInflateFormat format);

/*
 * Decompress from in[0 .. *inlen) to out[0 .. *outlen); both lengths become
 * what was used.  Goes on until the input is used up or the output is full.
 * Returns NULL, or what is wrong with the input: static, to follow "is" ("not
 * valid").
 */
extern const char *dcf_inflate_run(DcfInflate *self, const char *in,
								   size_t *inlen, char *out, size_t *outlen);

/* Whether the input ended where the compressed data did, check sum included. */
extern bool dcf_inflate_ended(const DcfInflate *self);

/* "ISA-L" or "zlib", and the release that is in use; static. */
extern const char *dcf_inflate_name(DcfInflateLibrary library);
extern const char *dcf_inflate_version(DcfInflateLibrary library);

#endif /* DCF_INFLATE_H */
