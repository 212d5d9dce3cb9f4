/*
 * convert_buffer.c
 *	  The converter's buffer, and values as C strings in it.
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "convert_private.h"

/* A buffer that grew beyond this is given back after the value. */
#define SCRATCH_KEPT  (1024 * 1024)
#define SCRATCH_START 256

static void release_scratch(DcfConverter *converter);

char *
dcf_convert_scratch(DcfConverter *converter, size_t size)
{
	if (size > converter->scratch_size)
	{
		size_t wanted = Max(converter->scratch_size, SCRATCH_START);

		while (wanted < size)
			wanted *= 2;
		release_scratch(converter);
		converter->scratch =
			MemoryContextAllocHuge(converter->context, wanted);
		converter->scratch_size = wanted;
	}
	return converter->scratch;
}

void
dcf_convert_trim_scratch(DcfConverter *converter)
{
	if (converter->scratch_size > SCRATCH_KEPT)
		release_scratch(converter);
}

static void
release_scratch(DcfConverter *converter)
{
	if (converter->scratch)
		pfree(converter->scratch);
	converter->scratch = NULL;
	converter->scratch_size = 0;
}

char *
dcf_convert_cstring(DcfConverter *converter, const char *bytes, size_t len)
{
	char *text;

	/* Above what a value can have, and what an int can say. */
	if (len >= MaxAllocSize)
		dcf_convert_refuse(converter, ERRCODE_STRING_DATA_RIGHT_TRUNCATION);

	if (converter->transcode)
	{
		text = dcf_convert_transcode(converter, bytes, len);
		if (text != bytes)
			return text;
	}

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
dcf_convert_other(DcfConverter *converter, const DcfField *field,
				  const char *bytes, size_t len)
{
	return dcf_convert_input(converter,
							 dcf_convert_cstring(converter, bytes, len));
}
