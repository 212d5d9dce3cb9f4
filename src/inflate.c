/*
 * inflate.c
 *	  From streams to a body.  See inflate.h.
 */
#include "inflate.h"

#include <string.h>

#include "inflate_stream.h"

typedef enum State
{
	STATE_NEW,	 /* no byte yet */
	STATE_FIRST, /* deflate: the first byte is kept back */
	STATE_INSIDE,
	STATE_ENDED /* after the last byte of a stream */
} State;

struct DcfInflate
{
	const DcfStreamRoutine *routine;
	DcfInflateFormat format;
	State state;
	unsigned char first; /* in STATE_FIRST */
	bool more;			 /* output was full: there may be more of it
								 * without more input */
	DcfStreamUnit stream[];
};

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

static void
start(DcfInflate *self, DcfWrapper wrapper)
{
	self->routine->start(self->stream, wrapper);
	self->state = STATE_INSIDE;
}

/* Whether two bytes are the header of zlib's format. */
static bool
is_zlib_header(unsigned char first, unsigned char second)
{
	const unsigned deflated = 8;

	return (first & 0x0f) == deflated && (first >> 4) <= 7 &&
		((first << 8) | second) % 31 == 0;
}

/*
 * Get from the start of the input, or from the end of a stream, into the next
 * stream.  Uses up at most one byte, and that only to look at it.
 */
static const char *
enter_stream(DcfInflate *self, const unsigned char *in, size_t *used)
{
	*used = 0;
	if (self->format == DCF_INFLATE_GZIP)
		start(self, DCF_WRAPPER_GZIP); /* the first member, or the next */
	else if (self->state == STATE_ENDED)
		return "followed by something else";
	else if (self->state == STATE_NEW)
	{
		self->first = *in;
		self->state = STATE_FIRST;
		*used = 1;
	}
	else
	{
		size_t one = 1;
		size_t none = 0;
		char nowhere; /* zlib wants an address even so */
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

const char *
dcf_inflate_run(DcfInflate *self, const char *in, size_t *inlen, char *out,
				size_t *outlen)
{
	const unsigned char *src = (const unsigned char *) in;
	size_t in_left = *inlen;
	size_t out_left = *outlen;
	const char *reason = NULL;

	while (reason == NULL && out_left > 0 && (in_left > 0 || self->more))
	{
		size_t in_used = in_left;
		size_t out_used = out_left;
		DcfStreamStep step;

		if (self->state != STATE_INSIDE)
		{
			reason = enter_stream(self, src, &in_used);
			src += in_used;
			in_left -= in_used;
			continue;
		}

		step = self->routine->run(self->stream, src, &in_used, out, &out_used,
								  &reason);
		if (step == DCF_STREAM_WRONG)
			break;
		src += in_used;
		in_left -= in_used;
		out += out_used;
		out_left -= out_used;
		/* At its end a stream has nothing more, even if the output is full. */
		self->more = out_left == 0 && step != DCF_STREAM_END;
		if (step == DCF_STREAM_END)
			self->state = STATE_ENDED;
		else if (step == DCF_STREAM_STUCK)
			break;
	}
	*inlen -= in_left;
	*outlen -= out_left;
	return reason;
}

bool
dcf_inflate_ended(const DcfInflate *self)
{
	return self->state == STATE_ENDED;
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
