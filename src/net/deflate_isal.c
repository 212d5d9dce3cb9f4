/*
 * deflate_isal.c
 *	  Compression by ISA-L.  See deflate_stream.h.
 */
#ifdef DCF_HAVE_ISAL

#include "deflate_stream.h"

#include <limits.h>
#include <stdint.h>

#include <isa-l.h>

/*
 * Level 1 is faster than level 0 on JSON, because it writes less: 155 MB/s to 19 %,
 * against 131 MB/s to 24 %.
 */
typedef struct IsalDeflate
{
	struct isal_zstream stream;
	uint8_t level[ISAL_DEF_LVL1_DEFAULT];
} IsalDeflate;

static size_t
stream_size(void)
{
	return sizeof(IsalDeflate);
}

static void
start(void *stream)
{
	IsalDeflate *self = stream;

	isal_deflate_init(&self->stream);
	self->stream.gzip_flag = IGZIP_GZIP;
	self->stream.level = 1;
	self->stream.level_buf = self->level;
	self->stream.level_buf_size = sizeof(self->level);
}

/* Compress at most INT_MAX bytes at once, as sizes have 32 bits. */
static bool
run(void *stream, const unsigned char *in, size_t *inlen, unsigned char *out,
	size_t *outlen, bool last)
{
	struct isal_zstream *z = &((IsalDeflate *) stream)->stream;
	uint32_t in_size = (uint32_t) (*inlen < INT_MAX ? *inlen : INT_MAX);
	uint32_t out_size = (uint32_t) (*outlen < INT_MAX ? *outlen : INT_MAX);

	z->next_in = (uint8_t *) (uintptr_t) in;
	z->avail_in = in_size;
	z->next_out = out;
	z->avail_out = out_size;
	z->end_of_stream = last && in_size == *inlen;
	/* It fails only for parameters that it does not know. */
	(void) isal_deflate(z);
	*inlen = in_size - z->avail_in;
	*outlen = out_size - z->avail_out;
	return z->internal_state.state == ZSTATE_END;
}

const DcfDeflateRoutine dcf_isal_deflate = {
	.size = stream_size,
	.start = start,
	.run = run,
};

#endif
