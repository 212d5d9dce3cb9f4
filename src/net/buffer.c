/*
 * buffer.c
 *	  Bytes that are added at the end and consumed from the start.  See buffer.h.
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "buffer.h"

void
dcf_buffer_drop_consumed(DcfBuffer *buffer)
{
	size_t live = dcf_buffer_live(buffer);

	if (buffer->start == 0)
		return;
	memmove(buffer->base, buffer->base + buffer->start, live);
	buffer->start = 0;
	buffer->end = live;
}

void
dcf_buffer_enlarge(DcfBuffer *buffer, size_t more, size_t max,
				   MemoryContext cxt)
{
	size_t size = Min(buffer->size * 2, max);

	if (buffer->size - buffer->end >= more)
		return;
	size = Max(size, buffer->end + more);
	buffer->base = buffer->base ? repalloc_huge(buffer->base, size) :
								  MemoryContextAllocHuge(cxt, size);
	buffer->size = size;
}

void
dcf_buffer_wipe(DcfBuffer *buffer)
{
	if (buffer->base)
		explicit_bzero(buffer->base, buffer->size);
}
