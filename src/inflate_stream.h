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
} DcfStreamRoutine;

extern const DcfStreamRoutine dcf_zlib_stream;

#ifdef DCF_HAVE_ISAL
extern const DcfStreamRoutine dcf_isal_stream;
#endif

#endif /* DCF_INFLATE_STREAM_H */
