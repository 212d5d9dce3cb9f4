/*
 * inflate_isal.c
 *	  A compressed stream, decompressed by ISA-L.  See inflate_stream.h.
 */
#ifdef DCF_HAVE_ISAL

#include "inflate_stream.h"

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <isa-l.h>

#define STRING_OF(token) #token
#define STRING(macro)	 STRING_OF(macro)

/*
 * The wrapper's header is read by a function of its own.  isal_inflate() keeps a
 * partly read header on its stack, so it fails if the header is continued in the
 * next call (ISA-L 2.30).
 */
typedef struct IsalStream
{
	struct inflate_state state;
	DcfWrapper wrapper;
	bool in_head;
	struct isal_gzip_header gzip;
	struct isal_zlib_header zlib;
	size_t nback; /* bytes read beyond the end, in earlier calls */
} IsalStream;

static size_t
stream_size(void)
{
	return sizeof(IsalStream);
}

/* Every stream begins with fresh headers, as ISA-L fills them in parts. */
static void
start(void *stream, DcfWrapper wrapper)
{
	/* With these flags ISA-L reads and compares the check sum. */
	static const uint32_t crc_flags[] = {[DCF_WRAPPER_GZIP] =
											 ISAL_GZIP_NO_HDR_VER,
										 [DCF_WRAPPER_ZLIB] =
											 ISAL_ZLIB_NO_HDR_VER,
										 [DCF_WRAPPER_RAW] = ISAL_DEFLATE};
	IsalStream *self = stream;

	isal_inflate_init(&self->state);
	self->state.crc_flag = crc_flags[wrapper];
	self->wrapper = wrapper;
	self->in_head = wrapper != DCF_WRAPPER_RAW;
	self->nback = 0;
	memset(&self->gzip, 0, sizeof(self->gzip));
	memset(&self->zlib, 0, sizeof(self->zlib));
}

/* Read the wrapper's header; returns as isal_inflate() does. */
static int
read_head(IsalStream *self)
{
	int rc = self->wrapper == DCF_WRAPPER_GZIP ?
		isal_read_gzip_header(&self->state, &self->gzip) :
		isal_read_zlib_header(&self->state, &self->zlib);

	if (rc != ISAL_DECOMP_OK)
		return rc;
	self->in_head = false;
	return self->zlib.dict_flag ? ISAL_NEED_DICT : ISAL_DECOMP_OK;
}

/* Decompress at most INT_MAX bytes at once, as sizes have 32 bits. */
static DcfStreamStep
run(void *stream, const unsigned char *in, size_t *inlen, char *out,
	size_t *outlen, const char **reason)
{
	IsalStream *self = stream;
	struct inflate_state *state = &self->state;
	uint32_t in_size = (uint32_t) (*inlen < INT_MAX ? *inlen : INT_MAX);
	uint32_t out_size = (uint32_t) (*outlen < INT_MAX ? *outlen : INT_MAX);
	int rc = ISAL_DECOMP_OK;

	state->next_in = (unsigned char *) (uintptr_t) in;
	state->avail_in = in_size;
	state->next_out = (unsigned char *) out;
	state->avail_out = out_size;
	if (self->in_head)
		rc = read_head(self);
	if (!self->in_head && rc == ISAL_DECOMP_OK)
		rc = isal_inflate(state);
	/* Positive codes only ask for input, room or a dictionary. */
	if (rc < 0)
	{
		*reason = "not valid";
		return DCF_STREAM_WRONG;
	}
	if (rc == ISAL_NEED_DICT)
	{
		*reason = "in need of a dictionary";
		return DCF_STREAM_WRONG;
	}
	*inlen = in_size - state->avail_in;
	*outlen = out_size - state->avail_out;
	if (state->block_state == ISAL_BLOCK_FINISH)
	{
		/*
		 * ISA-L may have read bytes beyond the stream's end: return them.
		 * Those of this call are not counted as used.  Those of earlier calls,
		 * which precede them, are left to give_back().
		 */
		size_t beyond = (size_t) state->read_in_length / 8;

		self->nback = beyond > *inlen ? beyond - *inlen : 0;
		*inlen -= beyond - self->nback;
		return DCF_STREAM_END;
	}
	return *inlen > 0 || *outlen > 0 ? DCF_STREAM_ON : DCF_STREAM_STUCK;
}

static size_t
give_back(const void *stream, unsigned char *bytes)
{
	const IsalStream *self = stream;
	/*
	 * read_in has the bits that were not decoded, the next one lowest.  Skip
	 * those of a byte that belongs to the stream in part.
	 */
	uint64_t beyond = self->state.read_in >> (self->state.read_in_length % 8);

	for (size_t i = 0; i < self->nback; i++)
		bytes[i] = (unsigned char) (beyond >> (8 * i));
	return self->nback;
}

/* ISA-L cannot be asked, so this is the release at compile time. */
static const char *
version(void)
{
	return STRING(ISAL_MAJOR_VERSION) "." STRING(ISAL_MINOR_VERSION);
}

const DcfStreamRoutine dcf_isal_stream = {
	.name = "ISA-L",
	.version = version,
	.size = stream_size,
	.start = start,
	.run = run,
	.give_back = give_back,
};

#endif
