/*
 * inflate_stream.h
 *	  The interface of a compressed stream, which each library implements.
 *	  Private to inflate*.c.
 */
#ifndef DCF_INFLATE_STREAM_H
#define DCF_INFLATE_STREAM_H

#include <stddef.h>
#include <stdint.h>

/* The element of a stream's memory, which has its alignment. */
typedef union DcfStreamUnit
{
	void *pointer;
	uint64_t number;
} DcfStreamUnit;

/* Most bytes that a library reads beyond the end of a stream: one word. */
#define DCF_STREAM_BACK 8

typedef enum DcfWrapper
{
	DCF_WRAPPER_GZIP, /* one member */
	DCF_WRAPPER_ZLIB,
	DCF_WRAPPER_RAW
} DcfWrapper;

typedef enum DcfStreamStep
{
	DCF_STREAM_ON,	  /* used some input or room, and may go on */
	DCF_STREAM_STUCK, /* needs more input or more room */
	DCF_STREAM_END,	  /* all output was given; the check sum is right */
	DCF_STREAM_WRONG  /* the input is invalid: see the reason */
} DcfStreamStep;

typedef struct DcfStreamRoutine
{
	const char *name;
	const char *(*version)(void);
	size_t (*size)(void);

	/* Begin a new stream in memory of size() bytes. */
	void (*start)(void *stream, DcfWrapper wrapper);

	/*
	 * Decompress; the lengths become the number of bytes used.  With
	 * DCF_STREAM_WRONG, *reason is a static text that follows "is".
	 */
	DcfStreamStep (*run)(void *stream, const unsigned char *in, size_t *inlen,
						 char *out, size_t *outlen, const char **reason);

	/*
	 * After the end: copy the bytes that earlier calls read beyond the stream's
	 * end, at most DCF_STREAM_BACK, and return their number.  They precede the
	 * input that is left.  NULL if the library never reads beyond the end.
	 */
	size_t (*give_back)(const void *stream, unsigned char *bytes);
} DcfStreamRoutine;

extern const DcfStreamRoutine dcf_zlib_stream;

#ifdef DCF_HAVE_ISAL
extern const DcfStreamRoutine dcf_isal_stream;
#endif

#endif /* DCF_INFLATE_STREAM_H */
