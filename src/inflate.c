/*
 * inflate.c
 *	  Decompression by zlib.  See inflate.h.
 */
#include "postgres.h"

#include <limits.h>

#include <zlib.h>

#include "inflate.h"

/* zlib takes the window's size as an exponent, and the format added to it. */
#define WINDOW_BITS 15
#define WINDOW_GZIP (WINDOW_BITS + 16)
#define WINDOW_RAW	(-WINDOW_BITS)

typedef enum State
{
	STATE_NEW,	 /* no byte yet */
	STATE_FIRST, /* deflate: the first byte is kept back */
	STATE_INSIDE,
	STATE_ENDED /* after the last byte of a stream */
} State;

struct DcfInflate
{
	MemoryContext context;
	DcfInflateFormat format;
	State state;
	unsigned char first; /* in STATE_FIRST */
	bool more;			 /* output was full: there may be more of it
								 * without more input */
	z_stream stream;
};

/* zlib expects NULL where there is no memory. */
static voidpf
allocate(voidpf opaque, uInt items, uInt size)
{
	DcfInflate *self = opaque;

	return MemoryContextAllocExtended(self->context, (Size) items * size,
									  MCXT_ALLOC_NO_OOM);
}

static void
release(voidpf opaque, voidpf address)
{
	pfree(address);
}

DcfInflate *
dcf_inflate_create(DcfInflateFormat format)
{
	DcfInflate *self = palloc0(sizeof(DcfInflate));

	self->context = CurrentMemoryContext;
	self->format = format;
	self->stream.zalloc = allocate;
	self->stream.zfree = release;
	self->stream.opaque = self;
	return self;
}

static void
start(DcfInflate *self, int window_bits)
{
	int rc = inflateInit2(&self->stream, window_bits);

	if (rc == Z_MEM_ERROR)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_OUT_OF_MEMORY), errmsg("out of memory")));
	if (rc != Z_OK)
		elog(ERROR, "zlib could not be started: error %d", rc);
	self->state = STATE_INSIDE;
}

/* Whether two bytes are the header of zlib's format. */
static bool
is_zlib_header(unsigned char first, unsigned char second)
{
	return (first & 0x0f) == Z_DEFLATED && (first >> 4) <= 7 &&
		((first << 8) | second) % 31 == 0;
}

/* Feed the stream; the lengths become what was used. */
static int
run_stream(DcfInflate *self, const unsigned char *in, size_t *inlen, char *out,
		   size_t *outlen)
{
	z_stream *stream = &self->stream;
	uInt in_size = (uInt) Min(*inlen, INT_MAX);
	uInt out_size = (uInt) Min(*outlen, INT_MAX);
	int rc;

	stream->next_in = unconstify(unsigned char *, in);
	stream->avail_in = in_size;
	stream->next_out = (unsigned char *) out;
	stream->avail_out = out_size;
	rc = inflate(stream, Z_NO_FLUSH);
	*inlen = in_size - stream->avail_in;
	*outlen = out_size - stream->avail_out;
	return rc;
}

static const char *
reason_of(int rc)
{
	if (rc == Z_MEM_ERROR)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_OUT_OF_MEMORY), errmsg("out of memory")));
	return rc == Z_NEED_DICT ? "in need of a dictionary" : "not valid";
}

/*
 * Get from the start of the input, or from the end of a stream, into the next
 * stream.  Uses up at most one byte, and that only to look at it.
 */
static const char *
enter_stream(DcfInflate *self, const unsigned char *in, size_t *used)
{
	*used = 0;
	if (self->state == STATE_ENDED)
	{
		if (self->format != DCF_INFLATE_GZIP)
			return "followed by something else";
		/* The next member of a gzip file; inflate() checks its header. */
		inflateReset(&self->stream);
		self->state = STATE_INSIDE;
	}
	else if (self->format == DCF_INFLATE_GZIP)
		start(self, WINDOW_GZIP);
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
		int rc;

		start(self,
			  is_zlib_header(self->first, *in) ? WINDOW_BITS : WINDOW_RAW);
		rc = run_stream(self, &self->first, &one, &nowhere, &none);
		if (rc != Z_OK && rc != Z_BUF_ERROR)
			return reason_of(rc);
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

	while (out_left > 0 && (in_left > 0 || self->more))
	{
		size_t in_used;
		size_t out_used;
		int rc;

		if (self->state != STATE_INSIDE)
		{
			reason = enter_stream(self, src, &in_used);
			src += in_used;
			in_left -= in_used;
			if (reason)
				break;
			continue;
		}

		in_used = in_left;
		out_used = out_left;
		rc = run_stream(self, src, &in_used, out, &out_used);
		src += in_used;
		in_left -= in_used;
		out += out_used;
		out_left -= out_used;
		/* At its end a stream has nothing more, even if the output is full. */
		self->more = out_left == 0 && rc != Z_STREAM_END;
		if (rc == Z_STREAM_END)
			self->state = STATE_ENDED;
		else if (rc == Z_BUF_ERROR)
			break;
		else if (rc != Z_OK)
		{
			reason = reason_of(rc);
			break;
		}
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
