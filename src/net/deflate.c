/*
 * deflate.c
 *	  Compression by whichever library is chosen.  See deflate.h.
 */
#include "deflate.h"
#include "deflate_stream.h"

#include <stdint.h>

/* The element of a stream's memory, which has its alignment. */
typedef union Unit
{
	void *pointer;
	uint64_t number;
} Unit;

struct DcfDeflate
{
	const DcfDeflateRoutine *routine;
	Unit stream[];
};

/* The functions of a library. */
static const DcfDeflateRoutine *
routine_of(DcfInflateLibrary library)
{
#ifdef DCF_HAVE_ISAL
	if (library == DCF_INFLATE_ISAL)
		return &dcf_isal_deflate;
#endif
	return &dcf_zlib_deflate;
}

size_t
dcf_deflate_size(DcfInflateLibrary library)
{
	return sizeof(DcfDeflate) + routine_of(library)->size();
}

DcfDeflate *
dcf_deflate_init(void *memory, DcfInflateLibrary library)
{
	DcfDeflate *self = memory;

	self->routine = routine_of(library);
	self->routine->start(self->stream);
	return self;
}

bool
dcf_deflate_run(DcfDeflate *self, const char *in, size_t *inlen, char *out,
				size_t *outlen, bool last)
{
	return self->routine->run(self->stream, (const unsigned char *) in, inlen,
							  (unsigned char *) out, outlen, last);
}
