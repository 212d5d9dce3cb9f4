/*
 * inflate_stream.h
 *	  One compressed stream by one library.  Private to src/inflate*.c.
 */
#ifndef DCF_INFLATE_STREAM_H
#define DCF_INFLATE_STREAM_H

#include <stddef.h>
#include <stdint.h>

/* What memory for a stream is made of, for the sake of its alignment. */
typedef union DcfStreamUnit
{
	void *pointer;
	uint64_t number;
} DcfStreamUnit;

/* A word, in which a library keeps what it has read of the input. */
#define DCF_STREAM_BACK 8

typedef enum DcfWrapper
{
	DCF_WRAPPER_GZIP, /* one member */
	DCF_WRAPPER_ZLIB,
	DCF_WRAPPER_RAW
} DcfWrapper;

typedef enum DcfStreamStep
{
	DCF_STREAM_ON,	  /* it took or gave something and may go on */
	DCF_STREAM_STUCK, /* nothing to take, or no room to give */
	DCF_STREAM_END,	  /* all is given, and its check sum is right */
	DCF_STREAM_WRONG  /* see the reason */
} DcfStreamStep;

typedef struct DcfStreamRoutine
{
	const char *name;
	const char *(*version)(void);
	size_t (*size)(void);

	/* Begin a stream; 0 bytes of it were read. */
	void (*start)(void *stream, DcfWrapper wrapper);

	/*
	 * Read on; the lengths become what was used.  *reason is static, to follow
	 * "is".
	 */
	DcfStreamStep (*run)(void *stream, const unsigned char *in, size_t *inlen,
						 char *out, size_t *outlen, const char **reason);

	/*
	 * After the end: up to DCF_STREAM_BACK bytes of earlier input that were read
	 * but are not the stream's, and stand before what is left of the input.
	 * Returns how many.  NULL for a library that never reads on.
	 */
	size_t (*give_back)(const void *stream, unsigned char *bytes);
} DcfStreamRoutine;

extern const DcfStreamRoutine dcf_zlib_stream;

#ifdef DCF_HAVE_ISAL
extern const DcfStreamRoutine dcf_isal_stream;
#endif

#endif /* DCF_INFLATE_STREAM_H */
