/*
 * deflate_stream.h
 *	  The interface by which each library compresses.  Private to deflate*.c.
 */
#ifndef DCF_DEFLATE_STREAM_H
#define DCF_DEFLATE_STREAM_H

#include <stdbool.h>
#include <stddef.h>

typedef struct DcfDeflateRoutine
{
	size_t (*size)(void);

	/* Begin in memory of size() bytes. */
	void (*start)(void *stream);

	/* As dcf_deflate_run(). */
	bool (*run)(void *stream, const unsigned char *in, size_t *inlen,
				unsigned char *out, size_t *outlen, bool last);
} DcfDeflateRoutine;

extern const DcfDeflateRoutine dcf_zlib_deflate;

#ifdef DCF_HAVE_ISAL
extern const DcfDeflateRoutine dcf_isal_deflate;
#endif

#endif /* DCF_DEFLATE_STREAM_H */
