/*
 * inflate_zlib.c
 *	  A compressed stream, decompressed by zlib.  See inflate_stream.h.
 */
#include "inflate_stream.h"

#include <limits.h>
#include <stdint.h>
#include <string.h>

#include "zlib_arena.h"

/* zlib wants the size of its window as an exponent, plus or minus the format. */
#define WINDOW_BITS 15
#define WINDOW_GZIP (WINDOW_BITS + 16)
#define WINDOW_RAW	(-WINDOW_BITS)

/*
 * Memory for zlib.  Its manual says 32 kB and about 7 kB more for a window of 15
 * bits; on 64-bit machines it is a little more.
 */
#define ARENA_SIZE (64 * 1024)

static size_t
stream_size(void)
{
	return sizeof(DcfZlibArena) + ARENA_SIZE;
}

static void
start(void *stream, DcfWrapper wrapper)
{
	static const int window_bits[] = {[DCF_WRAPPER_GZIP] = WINDOW_GZIP,
									  [DCF_WRAPPER_ZLIB] = WINDOW_BITS,
									  [DCF_WRAPPER_RAW] = WINDOW_RAW};

	/* If it fails, the stream has no state, which inflate() reports. */
	(void) inflateInit2(dcf_zlib_arena_init(stream, ARENA_SIZE),
						window_bits[wrapper]);
}

/* Decompress at most INT_MAX bytes at once, as sizes have 32 bits. */
static DcfStreamStep
run(void *stream, const unsigned char *in, size_t *inlen, char *out,
	size_t *outlen, const char **reason)
{
	z_stream *z = &((DcfZlibArena *) stream)->stream;
	uInt in_size = (uInt) (*inlen < INT_MAX ? *inlen : INT_MAX);
	uInt out_size = (uInt) (*outlen < INT_MAX ? *outlen : INT_MAX);
	int rc;

	z->next_in = (unsigned char *) (uintptr_t) in;
	z->avail_in = in_size;
	z->next_out = (unsigned char *) out;
	z->avail_out = out_size;
	rc = inflate(z, Z_NO_FLUSH);
	*inlen = in_size - z->avail_in;
	*outlen = out_size - z->avail_out;
	/* zlib returns Z_OK only if it has used input or made output. */
	switch (rc)
	{
		case Z_OK:
			return DCF_STREAM_ON;
		case Z_BUF_ERROR:
			return DCF_STREAM_STUCK;
		case Z_STREAM_END:
			return DCF_STREAM_END;
		case Z_NEED_DICT:
			*reason = "in need of a dictionary";
			return DCF_STREAM_WRONG;
		case Z_DATA_ERROR:
			*reason = "not valid";
			return DCF_STREAM_WRONG;
		default:
			*reason = "not readable, as zlib could not be initialized";
			return DCF_STREAM_WRONG;
	}
}

const DcfStreamRoutine dcf_zlib_stream = {
	.name = "zlib",
	.version = zlibVersion,
	.size = stream_size,
	.start = start,
	.run = run,
};
