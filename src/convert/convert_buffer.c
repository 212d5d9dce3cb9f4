/*
 * convert_buffer.c
 *	  The converter's scratch buffer, and C strings in it.
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "convert_private.h"

/* A larger buffer is freed after the value that needed it. */
#define SCRATCH_MAX_IDLE (1024 * 1024)
#define SCRATCH_INITIAL	 256

static void release_scratch(DcfConverter *converter);

char *
dcf_convert_scratch(DcfConverter *converter, size_t size)
{
	if (size > converter->scratch_size)
	{
		size_t new_size = Max(converter->scratch_size, SCRATCH_INITIAL);

		/*
		 * Doubling keeps the number of reallocations small when values grow
		 * slowly.
		 */
		while (new_size < size)
			new_size *= 2;
		/*
		 * The old contents are not kept, so they are freed first and not
		 * copied.
		 */
		release_scratch(converter);
		converter->scratch =
			/* Doubled, the size may exceed the 1 GB that palloc() allows. */
			MemoryContextAllocHuge(converter->context, new_size);
		converter->scratch_size = new_size;
	}
	return converter->scratch;
}

void
dcf_convert_trim_scratch(DcfConverter *converter)
{
	if (converter->scratch_size > SCRATCH_MAX_IDLE)
		release_scratch(converter);
}

static void
release_scratch(DcfConverter *converter)
{
	if (converter->scratch)
		pfree(converter->scratch);
	converter->scratch = NULL;
	/* The size is cleared, too: the allocation that follows may raise. */
	converter->scratch_size = 0;
}

char *
dcf_convert_cstring(DcfConverter *converter, const char *bytes, size_t len)
{
	char *text;

	/* No value can be larger; also, len is passed on as an int. */
	if (len >= MaxAllocSize)
		dcf_convert_refuse(converter, ERRCODE_STRING_DATA_RIGHT_TRUNCATION);

	if (converter->transcode)
	{
		text = dcf_convert_transcode(converter, bytes, len);
		/*
		 * A converted text is a new C string; an unconverted one is the
		 * argument, without NUL.
		 */
		if (text != bytes)
			return text;
	}

	/*
	 * A decoded string is already in the buffer, with room for the NUL:
	 * dcf_convert_scratch() might free it before the copy.
	 */
	if (bytes == converter->scratch && len < converter->scratch_size)
		text = converter->scratch;
	else
	{
		text = dcf_convert_scratch(converter, len + 1);
		memcpy(text, bytes, len);
	}
	text[len] = '\0';
	return text;
}

Datum
dcf_convert_by_input(DcfConverter *converter, const DcfField *field,
					 const char *bytes, size_t len)
{
	return dcf_convert_input(converter,
							 dcf_convert_cstring(converter, bytes, len));
}
