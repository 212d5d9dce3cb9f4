/*
 * inflate.h
 *	  Decompressing a reply's body, and being sure that all of it was there.
 *
 * gzip (RFC 1952, one or more members) and deflate, which in HTTP means zlib's
 * format (RFC 1950) but is sent by some servers without its wrapper.
 */
#ifndef DCF_INFLATE_H
#define DCF_INFLATE_H

#include "postgres.h"

typedef enum DcfInflateFormat
{
	DCF_INFLATE_GZIP,
	DCF_INFLATE_DEFLATE
} DcfInflateFormat;

typedef struct DcfInflate DcfInflate;

/* In the current memory context, with all that it allocates later. */
extern DcfInflate *dcf_inflate_create(DcfInflateFormat format);

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

#endif /* DCF_INFLATE_H */
