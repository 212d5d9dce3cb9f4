/*
 * buffer.h
 *	  Bytes that are added at the end and consumed from the start.
 */
#ifndef DCF_BUFFER_H
#define DCF_BUFFER_H

#include "postgres.h"

/* Bytes at base[start .. end), with room up to base[size]. */
typedef struct DcfBuffer
{
	char *base; /* NULL if size is 0 */
	size_t start;
	size_t end;
	size_t size;
} DcfBuffer;

/* The number of bytes that are not consumed. */
static inline size_t
dcf_buffer_live(const DcfBuffer *buffer)
{
	return buffer->end - buffer->start;
}

/* Consume n bytes.  An empty buffer starts at its base again. */
static inline void
dcf_buffer_use(DcfBuffer *buffer, size_t n)
{
	buffer->start += n;
	if (buffer->start == buffer->end)
		buffer->start = buffer->end = 0;
}

/* Move the unconsumed bytes to the base. */
extern void dcf_buffer_drop_consumed(DcfBuffer *buffer);

/*
 * Have room for more bytes at the end: if need be, enlarge the buffer, and at least
 * double it if that is no more than max.  The base lives in cxt.
 */
extern void dcf_buffer_enlarge(DcfBuffer *buffer, size_t more, size_t max,
							   MemoryContext cxt);

/* Overwrite all of the buffer. */
extern void dcf_buffer_wipe(DcfBuffer *buffer);

#endif /* DCF_BUFFER_H */
