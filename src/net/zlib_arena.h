/*
 * zlib_arena.h
 *	  Memory for a stream of zlib, which allocates by callbacks.
 */
#ifndef DCF_ZLIB_ARENA_H
#define DCF_ZLIB_ARENA_H

#include <stddef.h>
#include <stdint.h>

#include <zlib.h>

/* The element of an arena, which has its alignment. */
typedef union DcfZlibUnit
{
	void *pointer;
	uint64_t number;
} DcfZlibUnit;

/* A stream, followed by the memory that it may take. */
typedef struct DcfZlibArena
{
	z_stream stream;
	size_t size; /* of units, in bytes */
	size_t used;
	DcfZlibUnit units[];
} DcfZlibArena;

/* zlib's allocator: from the arena, never freed. */
static inline voidpf
dcf_zlib_arena_allocate(voidpf opaque, uInt items, uInt size)
{
	DcfZlibArena *self = opaque;
	size_t unit = sizeof(DcfZlibUnit);
	size_t wanted = ((size_t) items * size + unit - 1) / unit * unit;

	if (wanted > self->size - self->used)
		return NULL;
	self->used += wanted;
	return (char *) self->units + self->used - wanted;
}

/* zlib's deallocator.  The arena is reused as a whole by the next stream. */
static inline void
dcf_zlib_arena_release(voidpf opaque, voidpf address)
{
	(void) opaque;
	(void) address;
}

/* Begin a stream in an arena that gives zlib size bytes, a multiple of 8. */
static inline z_stream *
dcf_zlib_arena_init(void *memory, size_t size)
{
	static const z_stream empty = {0};
	DcfZlibArena *self = memory;

	self->stream = empty;
	self->stream.zalloc = dcf_zlib_arena_allocate;
	self->stream.zfree = dcf_zlib_arena_release;
	self->stream.opaque = self;
	self->size = size;
	self->used = 0;
	return &self->stream;
}

#endif /* DCF_ZLIB_ARENA_H */
