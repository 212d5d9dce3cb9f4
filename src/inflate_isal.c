/*
 * inflate_isal.c
 *	  A compressed stream by ISA-L.  See inflate_stream.h.
 */
#ifdef DCF_HAVE_ISAL

#include "inflate_stream.h"

#include <limits.h>
#include <stdint.h>

#include <isa-l.h>

#define STRING_OF(token) #token
#define STRING(macro)	 STRING_OF(macro)

static size_t
stream_size(void)
{
	return sizeof(struct inflate_state);
}

static void
start(void *stream, DcfWrapper wrapper)
{
	static const uint32_t crc_flags[] = {[DCF_WRAPPER_GZIP] = ISAL_GZIP,
										 [DCF_WRAPPER_ZLIB] = ISAL_ZLIB,
										 [DCF_WRAPPER_RAW] = ISAL_DEFLATE};
	struct inflate_state *state = stream;

	isal_inflate_init(state);
	state->crc_flag = crc_flags[wrapper];
}

static DcfStreamStep
run(void *stream, const unsigned char *in, size_t *inlen, char *out,
	size_t *outlen, const char **reason)
{
	struct inflate_state *state = stream;
	uint32_t in_size = (uint32_t) (*inlen < INT_MAX ? *inlen : INT_MAX);
	uint32_t out_size = (uint32_t) (*outlen < INT_MAX ? *outlen : INT_MAX);
	int rc;

	state->next_in = (unsigned char *) (uintptr_t) in;
	state->avail_in = in_size;
	state->next_out = (unsigned char *) out;
	state->avail_out = out_size;
	rc = isal_inflate(state);
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
		/* It may have looked ahead; those bytes are not the stream's. */
		size_t ahead = (size_t) state->read_in_length / 8;

		if (ahead > *inlen)
		{
			*reason = "followed by something else";
			return DCF_STREAM_WRONG;
		}
		*inlen -= ahead;
		return DCF_STREAM_END;
	}
	return *inlen > 0 || *outlen > 0 ? DCF_STREAM_ON : DCF_STREAM_STUCK;
}

/* The library does not tell; this is what it was built with. */
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
};

#endif
