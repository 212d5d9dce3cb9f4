/*
 * inflate.c
 *	  Decompression of a body of one or more streams.  See inflate.h.
 */
#include "net/inflate.h"

#include <string.h>

#include "inflate_stream.h"

/* The byte that a gzip member begins with. */
#define GZIP_FIRST 0x1f

typedef enum State
{
	STATE_NEW,	 /* no byte yet */
	STATE_FIRST, /* deflate: the first byte is held, to tell the wrapper */
	STATE_INSIDE,
	STATE_ENDED,  /* after the last byte of a stream */
	STATE_PADDING /* in the zeros behind the last stream */
} State;

struct DcfInflate
{
	const DcfStreamRoutine *routine;
	DcfInflateFormat format;
	State state;
	unsigned char first;				 /* in STATE_FIRST */
	unsigned char back[DCF_STREAM_BACK]; /* input given back by the */
	size_t nback;						 /* last stream, to be read first */
	bool more; /* output was full: there may be more without input */
	DcfStreamUnit stream[];
};

/* The functions of a library. */
static const DcfStreamRoutine *
routine_of(DcfInflateLibrary library)
{
#ifdef DCF_HAVE_ISAL
	if (library == DCF_INFLATE_ISAL)
		return &dcf_isal_stream;
#endif
	return &dcf_zlib_stream;
}

size_t
dcf_inflate_size(DcfInflateLibrary library)
{
	return sizeof(DcfInflate) + routine_of(library)->size();
}

DcfInflate *
dcf_inflate_init(void *memory, DcfInflateLibrary library,
				 DcfInflateFormat format)
{
	DcfInflate *self = memory;

	memset(self, 0, sizeof(DcfInflate));
	self->routine = routine_of(library);
	self->format = format;
	return self;
}

/* Begin a stream. */
static void
start(DcfInflate *self, DcfWrapper wrapper)
{
	self->routine->start(self->stream, wrapper);
	self->state = STATE_INSIDE;
}

/* Whether two bytes are a header of zlib's format (RFC 1950, 2.2). */
static bool
is_zlib_header(unsigned char first, unsigned char second)
{
	const unsigned deflated = 8;

	return (first & 0x0f) == deflated && (first >> 4) <= 7 &&
		((first << 8) | second) % 31 == 0;
}

/*
 * After the end of a stream: begin the next member of gzip, or skip zeros, with
 * which some servers pad a body (gzip skips them, too).  *used is the length of
 * the input, and becomes the number of zeros skipped.
 */
static const char *
leave_member(DcfInflate *self, const unsigned char *in, size_t *used)
{
	size_t len = *used;

	*used = 0;
	if (self->format != DCF_INFLATE_GZIP)
		return "followed by something else";
	if (self->state == STATE_ENDED && in[0] == GZIP_FIRST)
	{
		start(self, DCF_WRAPPER_GZIP);
		return NULL;
	}
	self->state = STATE_PADDING;
	while (*used < len && in[*used] == 0)
		(*used)++;
	return *used < len ? "followed by something else" : NULL;
}

/*
 * Outside of a stream: begin the first or next one.  *used is the length of the
 * input, at least 1, and becomes the number of bytes used.  Returns NULL, or what
 * is wrong.
 */
static const char *
enter_stream(DcfInflate *self, const unsigned char *in, size_t *used)
{
	if (self->state == STATE_ENDED || self->state == STATE_PADDING)
		return leave_member(self, in, used);
	*used = 0;
	if (self->format == DCF_INFLATE_GZIP)
		start(self, DCF_WRAPPER_GZIP);
	else if (self->state == STATE_NEW)
	{
		self->first = *in;
		self->state = STATE_FIRST;
		*used = 1;
	}
	else
	{
		/*
		 * Only both bytes tell the wrapper.  Feed the first, which was held;
		 * the next step feeds the second.
		 */
		size_t one = 1;
		size_t none = 0;
		char nowhere; /* zlib wants an address even for no room */
		const char *reason = NULL;

		start(self,
			  is_zlib_header(self->first, *in) ? DCF_WRAPPER_ZLIB :
												 DCF_WRAPPER_RAW);
		(void) self->routine->run(self->stream, &self->first, &one, &nowhere,
								  &none, &reason);
		return reason;
	}
	return NULL;
}

/*
 * A stream has ended: take back the bytes that it read beyond its end.  Those
 * taken back before are used up, because every member is longer.
 */
static void
end_stream(DcfInflate *self)
{
	self->state = STATE_ENDED;
	if (self->routine->give_back)
		self->nback = self->routine->give_back(self->stream, self->back);
}

/* One step of the stream, or into it; the lengths become what was used. */
static DcfStreamStep
take_step(DcfInflate *self, const unsigned char *in, size_t *inlen, char *out,
		  size_t *outlen, const char **reason)
{
	size_t room = *outlen;
	DcfStreamStep step;

	if (self->state != STATE_INSIDE)
	{
		*outlen = 0;
		*reason = enter_stream(self, in, inlen);
		return *reason ? DCF_STREAM_WRONG : DCF_STREAM_ON;
	}
	step = self->routine->run(self->stream, in, inlen, out, outlen, reason);
	/* A stream that has ended has no more output, even if out is full. */
	if (step != DCF_STREAM_WRONG)
		self->more = *outlen == room && step != DCF_STREAM_END;
	return step;
}

/* Drop the first n of the bytes taken back. */
static void
use_back(DcfInflate *self, size_t n)
{
	self->nback -= n;
	memmove(self->back, self->back + n, self->nback);
}

const char *
dcf_inflate_run(DcfInflate *self, const char *in, size_t *inlen, char *out,
				size_t *outlen)
{
	const unsigned char *src = (const unsigned char *) in;
	size_t in_left = *inlen;
	size_t out_left = *outlen;
	const char *reason = NULL;
	DcfStreamStep step = DCF_STREAM_ON;

	/*
	 * The bytes taken back precede the input.  Without input there may still
	 * be output, which did not fit before.
	 */
	while (step != DCF_STREAM_STUCK && out_left > 0 &&
		   (in_left > 0 || self->nback > 0 || self->more))
	{
		bool back = self->nback > 0;
		size_t in_used = back ? self->nback : in_left;
		size_t out_used = out_left;

		step = take_step(self, back ? self->back : src, &in_used, out,
						 &out_used, &reason);
		if (step == DCF_STREAM_WRONG)
			break;
		if (back)
			use_back(self, in_used);
		else
		{
			src += in_used;
			in_left -= in_used;
		}
		out += out_used;
		out_left -= out_used;
		if (step == DCF_STREAM_END)
			end_stream(self);
	}
	*inlen -= in_left;
	*outlen -= out_left;
	return reason;
}

bool
dcf_inflate_ended(const DcfInflate *self)
{
	/* A byte that was taken back may be the start of another stream. */
	return (self->state == STATE_ENDED || self->state == STATE_PADDING) &&
		self->nback == 0;
}

const char *
dcf_inflate_name(DcfInflateLibrary library)
{
	return routine_of(library)->name;
}

const char *
dcf_inflate_version(DcfInflateLibrary library)
{
	return routine_of(library)->version();
}
