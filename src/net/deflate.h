/*
 * deflate.h
 *	  Compression to one member of gzip (RFC 1952), at the library's fastest
 *	  useful level.
 *
 * Pure C over zlib or ISA-L: no I/O, no allocation, no globals, no PostgreSQL.
 */
#ifndef DCF_DEFLATE_H
#define DCF_DEFLATE_H

#include <stdbool.h>
#include <stddef.h>

#include "net/inflate.h"

typedef struct DcfDeflate DcfDeflate;

/* Bytes of memory, aligned as a pointer and a uint64_t, that dcf_deflate_init() needs. */
extern size_t dcf_deflate_size(DcfInflateLibrary library);

/* Begin in memory of dcf_deflate_size() bytes.  Nothing to release. */
extern DcfDeflate *dcf_deflate_init(void *memory, DcfInflateLibrary library);

/*
 * Compress from in[0 .. *inlen) to out[0 .. *outlen), until the input is used up or
 * the output is full.  Both lengths become the number of bytes used.  With last, no
 * more input follows.  Returns whether, then, all output has been given; false
 * without last.
 */
extern bool dcf_deflate_run(DcfDeflate *self, const char *in, size_t *inlen,
							char *out, size_t *outlen, bool last);

#endif /* DCF_DEFLATE_H */
