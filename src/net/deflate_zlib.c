/*
 * deflate_zlib.c
 *	  Compression by zlib.  See deflate_stream.h.
 */
#include "deflate_stream.h"

#include <limits.h>

#include "zlib_arena.h"

/* A window of 32 kB in the format of gzip, and zlib's usual memory for matches. */
#define WINDOW_BITS (15 + 16)
#define MEM_LEVEL	8

/* The manual says 256 kB and about 6 kB more; newer releases take a little more. */
#define ARENA_SIZE ((size_t) 384 * 1024)

static size_t
stream_size(void)
{
	return sizeof(DcfZlibArena) + ARENA_SIZE;
}

static void
start(void *stream)
{
	/* If it fails, the stream has no state, and gives no output. */
	(void) deflateInit2(dcf_zlib_arena_init(stream, ARENA_SIZE), Z_BEST_SPEED,
						Z_DEFLATED, WINDOW_BITS, MEM_LEVEL,
						Z_DEFAULT_STRATEGY);
}

/* Compress at most INT_MAX bytes at once, as sizes have 32 bits. */
static bool
run(void *stream, const unsigned char *in, size_t *inlen, unsigned char *out,
	size_t *outlen, bool last)
{
	z_stream *z = &((DcfZlibArena *) stream)->stream;
	uInt in_size = (uInt) (*inlen < INT_MAX ? *inlen : INT_MAX);
	uInt out_size = (uInt) (*outlen < INT_MAX ? *outlen : INT_MAX);
	bool finish = last && in_size == *inlen;
	int rc;

	z->next_in = (unsigned char *) (uintptr_t) in;
	z->avail_in = in_size;
	z->next_out = out;
	z->avail_out = out_size;
	rc = deflate(z, finish ? Z_FINISH : Z_NO_FLUSH);
	*inlen = in_size - z->avail_in;
	*outlen = out_size - z->avail_out;
	return rc == Z_STREAM_END;
}

const DcfDeflateRoutine dcf_zlib_deflate = {
	.size = stream_size,
	.start = start,
	.run = run,
};
